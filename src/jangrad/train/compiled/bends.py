"""How sharply a loss curves, by machine code: at one set of weights after the other."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jangrad.compiler import jit
from jangrad.derivatives import gradient
from jangrad.engine import Value
from jangrad.lists import dot
from jangrad.tape import write_data
from jangrad.train.resolve import Loss, Penalty, outputs_of
from jangrad.train.rows import Rows, Targets

_TURNS = 60
_CLOSE = 0.003  # two turns that differ by less have arrived
_ASIDE = 0.2  # of the last direction's length, so that no other one is overlooked


class Bends:
    """The sharpness of a loss at any weights: the size of its Hessian's largest eigenvalue.

    Power iteration by exact products of the Hessian with a vector. It begins with the direction
    that was sharpest at the weights before, from which the next is seldom far.

    Args:
        net: the network.
        loss_of: a loss that is a mean over rows.
        parameters: of the network.
        data: rows and targets.
        penalty: what is added to the loss.

    Source: LeCun, Simard and Pearlmutter, Automatic Learning Rate Maximization (1992), equation 11;
    Pearlmutter, Fast Exact Multiplication by the Hessian (1994).
    """

    def __init__(
        self,
        net: Any,
        loss_of: Loss,
        parameters: list[Value],
        data: tuple[Rows, Targets],
        penalty: Penalty | None = None,
    ) -> None:
        self._parameters = parameters
        self._rows, self._targets = (np.asarray(each) for each in data)
        # Any direction will do, but the same in each process.
        self._aside = np.sin(1.0 + 1.7 * np.arange(len(parameters)) ** 1.3)
        self._aside /= np.linalg.norm(self._aside)
        self._last = self._aside

        def of_row(direction: Any, row: Any, target: Any) -> Any:
            slopes = gradient(loss_of([outputs_of(net, list(row))], [target]), parameters)
            return gradient(dot(slopes, list(direction)), parameters)

        self._of_row = jit(of_row)
        self._of_penalty = None
        if penalty is not None:

            def of_penalty(direction: Any) -> Any:
                slopes = gradient(penalty(parameters), parameters)
                return gradient(dot(slopes, list(direction)), parameters)

            self._of_penalty = jit(of_penalty)

    def sharpness(self, weights: Sequence[float]) -> float | None:
        """It to within about a percent; None where the loss does not curve, or is not finite.

        Args:
            weights: with which the parameters are left.

        Raises:
            NoCompiler, Untraceable: as `jit`.
        """
        write_data(self._parameters, array("d", weights))
        direction = self._last + _ASIDE * self._aside
        curvature = 0.0
        for _ in range(_TURNS):
            length = float(np.linalg.norm(direction))
            if length == 0.0 or not math.isfinite(length):
                self._last = self._aside
                return None
            self._last = direction / length
            direction = self._times(self._last)
            before, curvature = curvature, float(np.linalg.norm(direction))
            if abs(curvature - before) <= _CLOSE * curvature:
                break
        return curvature if math.isfinite(curvature) and curvature > 0.0 else None

    def _times(self, direction: NDArray[Any]) -> NDArray[Any]:
        """The Hessian times a direction."""
        given = direction, self._rows, self._targets
        total = np.asarray(self._of_row.map(*given, in_axes=(None, 0, 0), reduce="sum"))
        found: NDArray[Any] = total / len(self._rows)
        if self._of_penalty is not None:
            found = found + np.asarray(self._of_penalty(direction))
        return found
