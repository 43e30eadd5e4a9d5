"""Any gradient against finite differences, kinks included.

The slope is Ridders' extrapolation of central differences: the step shrinks until the estimate of
its error stops falling. Where the function has a kink the two one-sided slopes differ, and any
gradient between them is one that backpropagation may choose.

Sources: Ridders, Accurate Computation of F'(x) and F'(x)F''(x) (1982); Clarke, Optimization and
Nonsmooth Analysis (1983), for gradients at a kink.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jangrad import graph
from jangrad.engine import Value
from jangrad.errors import ConfigError, DomainError, ShapeError, WrongGradient, printable

_FIRST_STEP = 0.02  # of the size of the number, or of 1
_SHRINK = 1.6
_STEPS = 46  # down to 1e-11, for numbers that lie that close to the edge of a domain
_CLOSE = 1e-4  # of the size of the number: slopes on its two sides tell a kink from a curve
_ENOUGH = 1e-10  # of the slope: an error so small need not be made smaller
_ROUNDING = 4e-16
# A gradient may be off by so much of its size: far below the 0.05 % of a wrong rule, far above
# what the extrapolation leaves on smooth functions.
_TOLERANCE = 1e-6


class Slope(NamedTuple):
    """A slope found by differences, and how far it may be off."""

    slope: float
    error: float


class Checked(NamedTuple):
    """One gradient that was checked.

    Attributes:
        name: which number it belongs to: `x`, `x[0]`, or its label.
        at: that number.
        gradient: by backtracking.
        slopes: by differences: the slope, or at a kink the slopes on the left and on the right.
    """

    name: str
    at: float
    gradient: float
    slopes: tuple[float, ...]

    @property
    def is_kink(self) -> bool:
        """True where the slopes on both sides differ."""
        return len(self.slopes) == 2


class Report(list[Checked]):
    """What was checked, one line a number when it is printed."""

    def __str__(self) -> str:
        return "\n".join(map(_line, self))

    __repr__ = __str__


def gradcheck(f: Callable[[Any], Any], at: Any, *more: Any) -> Report:
    """Compare the gradient of f with finite differences at one point.

    Args:
        f: a function of `at` that returns one Value.
        at: a number, or nested lists of numbers; or Values, such as `net.parameters()`, which are
            moved and put back, as are the gradients of all that f uses.
        more: nothing; a second point is answered.

    Returns:
        A Report: every gradient with its slope by differences.

    Raises:
        ConfigError: when several points are given, as to a function of several arguments.
        WrongGradient: when a gradient is not the slope, with both numbers; also when f is not
            finite there or is not the same function at every call.
        ShapeError: when f does not return one Value, or `at` holds no number.

    >>> import jangrad
    >>> gradcheck(lambda x: x[0] * x[1].tanh(), [2.0, 0.5])
    d/dx[0] = 0.462117, by differences 0.462117
    d/dx[1] = 1.5729, by differences 1.5729
    >>> gradcheck(abs, 0.0)
    d/dx = 0, by differences -1 on the left and 1 on the right
    """
    if more:
        raise ConfigError(
            f"`gradcheck` takes one point, but was given {1 + len(more)}",
            why="f is called with the point as a whole",
            try_="gradcheck(lambda x: f(*x), [a, b])",
        )
    point = _as_values(at)
    leaves = list(_leaves(point, "x"))
    if not leaves:
        raise ShapeError("`at` holds no number", try_="a number, a list of numbers, or Values")
    before = [leaf.value.data for leaf in leaves]
    nodes: list[tuple[Value, float | None]] = []
    try:
        root = _root(f, point)
        nodes += [(v, v.grad if v.has_grad else None) for v in graph.ordered(root)]
        if not math.isfinite(root.data):
            raise WrongGradient(
                f"the function is {root.data} there, so it has no slope to compare with",
                try_="a point inside its domain",
            )
        root.backtrack()
        gradients = [leaf.value.grad if leaf.value.has_grad else 0.0 for leaf in leaves]
        if _root(f, point).data != root.data:
            raise WrongGradient(
                "the function gave two values for the same numbers",
                why="its slope would be that of its own randomness",
                try_="a fixed seed inside the function",
            )
        return Report(
            _check(leaf, gradient, f, point, root.data)
            for leaf, gradient in zip(leaves, gradients, strict=True)
        )
    finally:
        for leaf, data in zip(leaves, before, strict=True):
            leaf.value.data = data
        for value, grad in nodes:
            value.grad = grad


class _Leaf(NamedTuple):
    name: str
    value: Value


def _as_values(at: Any) -> Any:
    if isinstance(at, Value):
        return at
    if hasattr(at, "tolist"):
        at = at.tolist()
    return [_as_values(part) for part in at] if isinstance(at, (list, tuple)) else Value(at)


def _leaves(point: Any, name: str) -> Iterator[_Leaf]:
    if isinstance(point, Value):
        yield _Leaf(printable(point.label, line=True) or name, point)
    else:
        for i, part in enumerate(point):
            yield from _leaves(part, f"{name}[{i}]")


def _root(f: Callable[[Any], Any], point: Any) -> Value:
    root = f(point)
    if not isinstance(root, Value):
        raise ShapeError(
            f"the function returned {root!r:.60} ({type(root).__name__}), not one Value",
            try_="jangrad.sum(...) of what it returns, to check all of it at once",
        )
    return root


def _check(
    leaf: _Leaf, gradient: float, f: Callable[[Any], Any], point: Any, here: float
) -> Checked:
    x = leaf.value.data

    def value(h: float) -> float:
        leaf.value.data = x + h
        try:
            return _root(f, point).data
        except (ArithmeticError, DomainError):  # the step left the domain
            return math.nan
        finally:
            leaf.value.data = x

    scale = max(1.0, abs(x))
    central = _extrapolated(lambda h: (value(h) - value(-h)) / (2.0 * h), here, scale, 2.0)
    smooth = Checked(leaf.name, x, gradient, (central.slope,))
    agrees = _agrees(gradient, central)
    if agrees and not _bends(value, here, scale):
        return smooth
    left = _extrapolated(lambda h: (here - value(-h)) / h, here, scale, 1.0)
    right = _extrapolated(lambda h: (value(h) - here) / h, here, scale, 1.0)
    low, high = sorted((left, right), key=lambda side: side.slope)
    checked = Checked(leaf.name, x, gradient, (left.slope, right.slope))
    apart = high.slope - low.slope > 10.0 * (low.error + high.error + _TOLERANCE * abs(high.slope))
    inside = (
        _agrees(gradient, low) or _agrees(gradient, high) or (low.slope < gradient < high.slope)
    )
    if apart and inside:
        return checked
    if agrees:
        return smooth
    if not apart:
        checked = smooth
    raise WrongGradient(
        f"the gradient for `{leaf.name}` = {x:.9g} is {gradient:.9g}, but the slope by differences"
        f" is {' on the left and '.join(f'{s:.9g}' for s in checked.slopes)}"
        + (" on the right" if checked.is_kink else f" (± {central.error:.1g})"),
        why="a gradient is the slope; at a kink it lies between the slopes of both sides",
        try_="look at the partials of the operations, your own first: jangrad.operation",
    )


def _bends(value: Callable[[float], float], here: float, scale: float) -> bool:
    """True where there may be a kink: central differences do not see one such as that of abs."""
    h = _CLOSE * scale
    left, right = (here - value(-h)) / h, (value(h) - here) / h
    return abs(right - left) > 0.01 * (abs(left) + abs(right))


def _agrees(gradient: float, found: Slope) -> bool:
    size = max(abs(gradient), abs(found.slope))
    return abs(gradient - found.slope) <= _TOLERANCE * size + 10.0 * found.error


def _extrapolated(
    difference: Callable[[float], float], here: float, scale: float, order: float
) -> Slope:
    """The limit of a difference for a step going to 0, by Ridders' scheme.

    Args:
        difference: the difference quotient for a step.
        here: the function's value, which decides how much rounding a step leaves.
        scale: of the number that is moved.
        order: 2 for central differences, whose error falls with the square of the step, else 1.
    """
    best = Slope(math.nan, math.inf)
    column: list[float] = []
    for k in range(_STEPS):
        h = _FIRST_STEP * scale / _SHRINK**k
        new = [difference(h)]
        if not math.isfinite(new[0]):
            column = []
            continue
        rounding = _ROUNDING * (abs(here) / h + abs(new[0]) * scale / h)
        for level, old in enumerate(column[: 8 if order == 2.0 else 5]):
            factor = _SHRINK ** (order * (level + 1) if order == 2.0 else level + 1)
            new.append((factor * new[level] - old) / (factor - 1.0))
            error = max(abs(new[-1] - new[level]), abs(new[-1] - old)) + rounding
            if error < best.error:
                best = Slope(new[-1], error)
        column = new
        if best.error < _ENOUGH * abs(best.slope):
            break
    return best


def _line(checked: Checked) -> str:
    if checked.is_kink:
        left, right = checked.slopes
        found = f"{left:.6g} on the left and {right:.6g} on the right"
    else:
        found = f"{checked.slopes[0]:.6g}"
    return f"d/d{checked.name} = {checked.gradient:.6g}, by differences {found}"
