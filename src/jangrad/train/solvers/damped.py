"""Levenberg-Marquardt: Gauss and Newton's step, damped to a length at which the model holds.

The step to the minimum of |r + J p|^2 within |D p| <= radius; the radius follows the gain ratio:
what the sum of squares has fallen by what the linear model of the residuals had promised. D is the
largest length so far of each column of J, so that the units of a parameter do not matter.

Source: Moré, The Levenberg-Marquardt Algorithm: Implementation and Theory (1978), in the form of
MINPACK's `lmder` (Moré, Garbow and Hillstrom, User Guide for MINPACK-1, 1980); Nocedal and Wright,
Numerical Optimization, 2nd ed. (2006), section 10.3 and algorithm 4.3. Systems are solved by QR,
for the condition of the normal equations is the square, but where damping makes that a good one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from jangrad.train.solvers.point import Evaluate, Point

# The first radius, in lengths of the parameters.
_FIRST = 100.0
# The gain ratios at which a step is taken, and the radius shrinks, and grows.
_TAKEN, _POOR, _GOOD = 1e-4, 0.25, 0.75
# A loss a hundred times as large, of which no parabola tells how far to go.
_WORST = -99.0
# How near the length of a step comes to the radius, and after how many corrections at most.
_NEAR, _CORRECTIONS = 0.1, 10
_EPSILON = float(np.finfo(float).eps)
# Of the largest number of R: a damping that only keeps a singular system solvable.
_LEAST = math.sqrt(_EPSILON)
# Of the square of the size of R: the condition of the normal equations is at most its inverse.
_SAFE = 1e-10


class Damped:
    """The method; arguments as of `jangrad.train.LevenbergMarquardt`."""

    def __init__(self, ftol: float, xtol: float, gtol: float) -> None:
        self._ftol, self._xtol, self._gtol = ftol, xtol, gtol
        self.forget()

    def forget(self) -> None:
        self._scale: Any = None
        self._radius = self._damping = 0.0

    def state(self) -> dict[str, Any]:
        scale = None if self._scale is None else self._scale.tolist()
        return {"scale": scale, "radius": self._radius, "damping": self._damping}

    def load(self, state: dict[str, Any]) -> None:
        self._scale = None if state["scale"] is None else np.array(state["scale"])
        self._radius, self._damping = float(state["radius"]), float(state["damping"])

    def test(self, at: Point) -> str:
        """Whether the residuals are at right angles to all columns of the Jacobian."""
        lengths = np.linalg.norm(at.jacobian, axis=0) * math.sqrt(at.loss)
        slopes = 0.5 * np.abs(at.gradient)
        return "gtol" if (slopes <= self._gtol * lengths).all() else ""

    def advance(self, at: Point, evaluate: Evaluate) -> tuple[Point | None, str]:
        columns = np.linalg.norm(at.jacobian, axis=0)
        first = self._scale is None
        if first:
            self._scale = np.where(columns > 0.0, columns, 1.0)
            self._radius = _FIRST * (float(np.linalg.norm(self._scale * at.x)) or 1.0)
        self._scale = np.maximum(self._scale, columns)
        scale = self._scale
        model = _Model(at, scale)
        while True:
            scaled, self._damping = model.step(self._radius, self._damping)
            length = float(np.linalg.norm(scaled))
            if first:
                self._radius, first = min(self._radius, length), False
            there = evaluate(at.x + scaled / scale)
            # All of these are shares of the sum of squares.
            bent = float(np.linalg.norm(model.of(scaled))) ** 2 / at.loss
            damped = self._damping * length**2 / at.loss
            fallen = 1.0 - there.loss / at.loss if there.is_finite else -math.inf
            if fallen < _WORST:
                fallen = -math.inf
            promised, slope = bent + 2.0 * damped, -(bent + damped)
            gain = fallen / promised if promised else 0.0
            self._follow(gain, fallen, slope, length)
            size = float(np.linalg.norm(scale * (there.x if gain >= _TAKEN else at.x)))
            told = self._told(fallen, promised, gain, size)
            if gain >= _TAKEN:
                return there, told
            if told:
                return None, told

    def _follow(self, gain: float, fallen: float, slope: float, length: float) -> None:
        """Let the radius follow the gain ratio of a step."""
        if gain <= _POOR:
            # The lowest point of the parabola through what is known along the step.
            shorter = 0.5 if fallen >= 0.0 else max(0.5 * slope / (slope + 0.5 * fallen), 0.1)
            self._radius = shorter * min(self._radius, length / 0.1)
            self._damping /= shorter
        elif gain >= _GOOD or self._damping == 0.0:
            self._radius = 2.0 * length
            self._damping *= 0.5

    def _told(self, fallen: float, promised: float, gain: float, size: float) -> str:
        """The test that is passed after a step."""
        if abs(fallen) <= self._ftol and promised <= self._ftol and gain <= 2.0:
            return "ftol"
        if self._radius <= self._xtol * size:
            return "xtol"
        least = abs(fallen) <= _EPSILON and promised <= _EPSILON and gain <= 2.0
        return "precision" if least or self._radius <= _EPSILON * size else ""


class _Model:
    """The linear model of the residuals at a point, for scaled steps D p."""

    def __init__(self, at: Point, scale: Any) -> None:
        count = len(at.x)
        both: Any = np.column_stack([at.jacobian / scale, at.residuals])
        both = np.linalg.qr(both, mode="r") if len(both) >= count else both
        self._r, self._c = both[:count, :count], both[:count, count]
        diagonal = np.abs(np.diagonal(self._r))
        self._largest = float(np.abs(self._r).max())
        rank = len(self._r) == count and diagonal.min() > 0.0
        self._slope = self._c @ self._r
        self._steepest = float(np.linalg.norm(self._slope))
        self._size = float(np.linalg.norm(self._r)) ** 2
        self._newton = None
        if rank:
            self._newton, self._turned = self._solved(0.0)

    def of(self, scaled: Any) -> Any:
        """By how much the residuals change, up to a rotation."""
        return self._r @ scaled

    def _solved(self, damping: float) -> tuple[Any, Callable[[Any], float]]:
        """The damped step, and what gives |T^-t v|^2 for the triangle T of its system.

        By the normal equations where their condition is good: they are several times as fast.
        """
        r, c, count = self._r, self._c, self._r.shape[1]
        if damping > _SAFE * self._size:
            system = self._gram + damping * np.eye(count)
            step = -np.linalg.solve(system, self._slope)
            return step, lambda v: float(v @ np.linalg.solve(system, v))
        if damping:
            below = np.zeros((count, count + 1))
            below[:, :count][np.diag_indices(count)] = math.sqrt(damping)
            both: Any = np.linalg.qr(np.vstack([np.column_stack([r, c]), below]), mode="r")
            r, c = both[:count, :count], both[:count, count]
        return -np.linalg.solve(r, c), lambda v: float(np.sum(np.linalg.solve(r.T, v) ** 2))

    @cached_property
    def _gram(self) -> Any:
        return self._r.T @ self._r

    def step(self, radius: float, damping: float) -> tuple[Any, float]:
        """The scaled step of about this length, shorter only if it leads to the model's minimum.

        Args:
            radius: its length.
            damping: a guess.

        Returns:
            The step, and its damping.
        """
        if self._newton is None:
            least = (_LEAST * self._largest) ** 2
        else:
            length = float(np.linalg.norm(self._newton))
            if length <= (1.0 + _NEAR) * radius:
                return self._newton, 0.0
            least = _correction(self._newton, length, radius, self._turned)
        damping = max(min(damping, self._steepest / radius), least)
        for _ in range(_CORRECTIONS):
            scaled, turned = self._solved(damping)
            length = float(np.linalg.norm(scaled))
            excess = length - radius
            if abs(excess) <= _NEAR * radius or (excess < 0.0 and damping <= least):
                break
            if excess > 0.0:
                least = max(least, damping)
            damping = max(least, damping + _correction(scaled, length, radius, turned))
        return scaled, damping


def _correction(scaled: Any, length: float, radius: float, turned: Callable[[Any], float]) -> float:
    """By how much Newton's method, for a length that is to be the radius, corrects a damping."""
    return (length - radius) / radius / turned(scaled / length)
