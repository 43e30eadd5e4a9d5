"""How far to go along a direction: the strong Wolfe conditions.

Source: Nocedal and Wright, Numerical Optimization, 2nd ed. (2006), algorithms 3.5 and 3.6, with the
cubic interpolation of equation 3.59; its safeguards, and how far a step may be lengthened, are
those of Moré and Thuente, Line Search Algorithms with Guaranteed Sufficient Decrease (1994). Near a
minimum, where differences of losses are rounding, slopes decide: the approximate Wolfe conditions
of Hager and Zhang, A New Conjugate Gradient Method (2005), section 4.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from jangrad.train.solvers.point import Evaluate, Point, Unbounded

# How much of the decrease that the slope promises, and how much of the slope, may be left.
_DECREASE, _SLOPE = 1e-4, 0.9
# By how much a step may be lengthened at once, and shortened where it is not finite.
_LONGER, _SHORTER = 4.0, 0.1
_TRIALS = 40
# What is left of an interval after a trial, beyond which the next one halves it.
_SLOW = 0.66
# Of the loss: differences that are no more than its rounding.
_ROUNDING = 1e-15


class _Trial(NamedTuple):
    """A step along the direction.

    Attributes:
        length: of the step, in multiples of the direction.
        point: where it leads to.
        slope: of the loss along the direction, there.
    """

    length: float
    point: Point
    slope: float

    @property
    def loss(self) -> float:
        return self.point.loss


def search(at: Point, direction: Any, first: float, evaluate: Evaluate) -> Point | None:
    """The point of a step that meets the strong Wolfe conditions, as nearly as can be found.

    Args:
        at: where the step begins.
        direction: along which the loss falls there.
        first: the first length to try, in multiples of the direction.
        evaluate: gives points; one that is not finite shortens the step.

    Returns:
        The point, or None where none that is lower was found.

    Raises:
        Unbounded: when the loss is -inf somewhere, or still falls after `_TRIALS` lengthenings.
    """

    def trial(length: float) -> _Trial:
        point = evaluate(at.x + length * direction)
        if point.loss == -math.inf:
            raise Unbounded(point)
        if not point.is_finite:
            return _Trial(length, point._replace(loss=math.inf), math.inf)
        with np.errstate(over="ignore"):
            return _Trial(length, point, float(point.gradient @ direction))

    start = _Trial(0.0, at, float(at.gradient @ direction))

    def is_too_far(here: _Trial) -> bool:
        return here.loss > start.loss + _DECREASE * here.length * start.slope

    def is_good(here: _Trial) -> bool:
        if abs(here.slope) > -_SLOPE * start.slope:
            return False
        level = here.loss <= start.loss + _ROUNDING * abs(start.loss)
        return not is_too_far(here) or (level and here.slope <= (2 * _DECREASE - 1) * start.slope)

    before, here, tried = start, trial(first), 1
    while not is_good(here):
        if is_too_far(here) or here.loss >= before.loss or here.slope >= 0.0:
            break
        if tried == _TRIALS:
            raise Unbounded(here.point)
        before, here, tried = here, trial(_beyond(before, here)), tried + 1
    # A step between the two ends is good; `low` has the least loss of all that fall enough.
    far = is_too_far(here) or here.loss >= before.loss
    low, high = (before, here) if far else (here, before)
    halve = False
    while not is_good(here) and tried < _TRIALS:
        width = high.length - low.length
        if high.loss == math.inf:
            length = low.length + _SHORTER * width
        else:
            length = _inside(low, high, 0.5 if halve else (_lowest(low, high) - low.length) / width)
        if length in (low.length, high.length):  # no number lies between
            break
        here, tried = trial(length), tried + 1
        if is_too_far(here) or here.loss >= low.loss:
            high = here
        elif here.slope * width >= 0.0:
            low, high = here, low
        else:
            low = here
        halve = abs(high.length - low.length) > _SLOW * abs(width)
    if is_good(here):
        return here.point
    return low.point if low.loss < start.loss else None


def _beyond(before: _Trial, here: _Trial) -> float:
    """The next length, where the loss still falls."""
    step = here.length - before.length
    least, most = here.length + 1.1 * step, here.length + _LONGER * step
    length = _lowest(before, here)
    return min(max(length, least), most) if here.length < length else most


def _lowest(a: _Trial, b: _Trial) -> float:
    """Where the cubic through both, with their slopes, is lowest; nan where it is nowhere."""
    width = b.length - a.length
    mean = a.slope + b.slope - 3.0 * (b.loss - a.loss) / width
    root = mean * mean - a.slope * b.slope
    if not 0.0 <= root < math.inf:
        return math.nan
    root = math.copysign(math.sqrt(root), width)
    below = b.slope - a.slope + 2.0 * root
    return b.length - width * (b.slope + root - mean) / below if below else math.nan


def _inside(low: _Trial, high: _Trial, share: float) -> float:
    """The length at this share of the way, if it is well between the two; else their middle."""
    return low.length + (share if 0.05 <= share <= 0.95 else 0.5) * (high.length - low.length)
