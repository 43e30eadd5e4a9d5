"""Where a method is: the parameters, with what the function gives for them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np


class Point(NamedTuple):
    """A point.

    Attributes:
        x: the parameters, an array of n.
        loss: what is to be made small there.
        gradient: of the loss, an array of n.
        residuals, jacobian: of a sum of squares, arrays of m and of shape (m, n).
    """

    x: Any
    loss: float
    gradient: Any
    residuals: Any = None
    jacobian: Any = None

    @property
    def is_finite(self) -> bool:
        """Whether a step may go there."""
        return math.isfinite(self.loss) and bool(np.isfinite(self.gradient).all())


class Unbounded(Exception):
    """The function still falls however long a step is.

    Attributes:
        point: the farthest that was tried.
    """

    def __init__(self, point: Point) -> None:
        super().__init__(point)
        self.point = point


#: Gives the point at some parameters. What it raises ends the method.
Evaluate = Callable[[Any], Point]


class Method(Protocol):
    """What makes steps."""

    def test(self, at: Point) -> str:
        """The test of convergence that a point passes by itself, "" if none."""

    def advance(self, at: Point, evaluate: Evaluate) -> tuple[Point | None, str]:
        """A lower point, None if there is none to be found; and the test that is passed.

        Raises:
            Unbounded: when the function has no minimum.
        """

    def forget(self) -> None:
        """Take the next point as the first: the function has changed."""

    def state(self) -> dict[str, Any]:
        """What is remembered, as plain numbers that JSON can hold."""

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""


def sum_of_squares(x: Any, residuals: Any, jacobian: Any) -> Point:
    """The point whose loss is the sum of the squares of the residuals."""
    with np.errstate(all="ignore"):  # of a trial that is thrown away where it is not finite
        loss = float(residuals @ residuals)
        return Point(x, loss, 2.0 * (residuals @ jacobian), residuals, jacobian)
