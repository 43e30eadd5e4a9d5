"""L-BFGS: Newton's method with what the last steps tell of the curvature.

Source: Nocedal and Wright, Numerical Optimization, 2nd ed. (2006), algorithms 7.4 and 7.5, with
the first guess of the inverse Hessian of equation 7.20; tests of convergence as in Zhu, Byrd, Lu
and Nocedal, Algorithm 778: L-BFGS-B (1997).
"""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from jangrad.train.solvers.line_search import search
from jangrad.train.solvers.point import Evaluate, Point

# Of the square of a change of the gradient: less curvature along a step is rounding.
_CURVED = 1e-15


class Lbfgs:
    """The method; arguments as of `jangrad.train.LBFGS`."""

    def __init__(self, history_size: int, ftol: float, gtol: float) -> None:
        self._ftol, self._gtol = ftol, gtol
        self._pairs: deque[tuple[Any, Any]] = deque(maxlen=history_size)

    def forget(self) -> None:
        self._pairs.clear()

    def test(self, at: Point) -> str:
        return "gtol" if np.abs(at.gradient).max() <= self._gtol else ""

    def advance(self, at: Point, evaluate: Evaluate) -> tuple[Point | None, str]:
        found = search(at, *self._direction(at.gradient), evaluate)
        if found is None and self._pairs:  # they no longer fit: down the gradient itself
            self.forget()
            found = search(at, *self._direction(at.gradient), evaluate)
        if found is None:
            return None, "precision"
        step, change = found.x - at.x, found.gradient - at.gradient
        if step @ change > _CURVED * (change @ change):
            self._pairs.append((step, change))
        fall = at.loss - found.loss
        level = fall <= self._ftol * max(abs(at.loss), abs(found.loss), 1.0)
        return found, "ftol" if level else ""

    def _direction(self, gradient: Any) -> tuple[Any, float]:
        """Where to go, and the first length to try."""
        if not self._pairs:
            length = float(np.linalg.norm(gradient))
            return -gradient, min(1.0, 1.0 / length)
        direction, shares = -gradient, []
        for step, change in reversed(self._pairs):
            share = (step @ direction) / (step @ change)
            direction = direction - share * change
            shares.append(share)
        step, change = self._pairs[-1]
        direction = direction * ((step @ change) / (change @ change))
        for (step, change), share in zip(self._pairs, reversed(shares), strict=True):
            direction = direction + (share - (change @ direction) / (step @ change)) * step
        if not direction @ gradient < 0.0:  # rounding, or an overflow
            self.forget()
            return self._direction(gradient)
        return direction, 1.0

    def state(self) -> dict[str, Any]:
        return {"pairs": [[part.tolist() for part in pair] for pair in self._pairs]}

    def load(self, state: dict[str, Any]) -> None:
        self.forget()
        for step, change in state["pairs"]:
            self._pairs.append((np.array(step), np.array(change)))
