"""What is asked of a network for many rows: answers and their slopes, losses, gradients of weights.

All of it runs as machine code, compiled once for a network and a question; what cannot be compiled,
Python computes. The numbers of the parameters are read at each call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jangrad.compiler import jit
from jangrad.derivatives import gradient, value_and_grad
from jangrad.engine import Value
from jangrad.errors import NoCompiler, Untraceable
from jangrad.explain.quantities import Answer, Own
from jangrad.guards import weakly
from jangrad.lists import dot
from jangrad.nn.beside import Beside
from jangrad.nn.number_lists import is_list

#: Of so many questions, the latest; their code is small.
_asked: Beside[Any] = Beside(64)


def outputs_in(given: Any) -> list[Any]:
    """What a network has given for a row, as a list."""
    return list(given) if is_list(given) else [given]


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)


class Asked:
    """An answer of a network, and how it moves with the inputs.

    Args:
        net: the network, or what calls it without holding it.
        answer: a function of its outputs.
    """

    def __init__(self, net: Callable[[Any], Any], answer: Answer) -> None:
        def value(row: Any) -> Any:
            return answer(outputs_in(net(row)))

        self._function = value
        self._values = jit(value)
        self._both = value_and_grad(self._values)

    def values(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The answer for each row of an array, of shape (rows,)."""
        try:
            return np.asarray(self._values.map(rows))
        except (NoCompiler, Untraceable):
            return np.array([_number(self._function(row)) for row in rows.tolist()])

    def slopes(self, rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """The same, and its derivative by each input, of shape (rows, inputs)."""
        try:
            values, slopes = self._both.map(rows)
            return np.asarray(values), np.asarray(slopes)
        except (NoCompiler, Untraceable):
            found = [self._by_python(row) for row in rows.tolist()]
            return np.array([value for value, _ in found]), np.array([each for _, each in found])

    def _by_python(self, row: list[float]) -> tuple[float, list[float]]:
        leaves = [Value(x) for x in row]
        root = self._function(leaves)
        if not isinstance(root, Value):
            return float(root), [0.0] * len(row)
        return root.data, [slope.data for slope in gradient(root, leaves)]


def ask(net: Any, answer: Answer) -> Asked:
    """The answer, as it is compiled for this network already, or from now on."""
    if isinstance(answer, Own):  # which may hold on to the network
        return Asked(net, answer)
    found: Asked | None = _asked.of(net, answer)
    if found is None:
        found = Asked(weakly(net), answer)
        _asked.keep(net, found, answer)
    return found


class Losses:
    """What each row loses, for a loss that is a mean over rows.

    Args:
        net: the network.
        loss_of: a function of rows of outputs and their targets.
        parameters: by which gradients are taken, those of the network.
    """

    def __init__(
        self, net: Callable[[Any], Any], loss_of: Callable[..., Any], parameters: Sequence[Value]
    ) -> None:
        def loss(row: Any, target: Any) -> Any:
            return loss_of([outputs_in(net(row))], [target])

        def along(direction: Any, row: Any, target: Any) -> Any:
            return dot(gradient(loss(row, target), parameters), list(direction))

        def slopes(weight: Any, row: Any, target: Any) -> Any:
            return gradient(weight * loss(row, target), parameters)

        def bends(direction: Any, weight: Any, row: Any, target: Any) -> Any:
            slope = dot(gradient(weight * loss(row, target), parameters), list(direction))
            return gradient(slope, parameters)

        self.function = loss
        self._functions = loss, along, slopes, bends
        compiled = [jit(f) for f in self._functions]
        self._loss, self._along, self._slopes, self._bends = compiled

    def each(self, rows: NDArray[Any], targets: NDArray[Any]) -> NDArray[Any]:
        """The loss of each row, of shape (rows,)."""
        try:
            return np.asarray(self._loss.map(rows, targets))
        except (NoCompiler, Untraceable):
            return self._by_python(self._functions[0], rows, targets)

    def along(
        self, direction: NDArray[Any], rows: NDArray[Any], targets: NDArray[Any]
    ) -> NDArray[Any]:
        """The derivative of each row's loss along a direction of the parameters, (rows,)."""
        try:
            return np.asarray(self._along.map(direction, rows, targets, in_axes=(None, 0, 0)))
        except (NoCompiler, Untraceable):
            numbers = direction.tolist()
            return self._by_python(lambda x, y: self._functions[1](numbers, x, y), rows, targets)

    def slopes(
        self, weights: NDArray[Any], rows: NDArray[Any], targets: NDArray[Any]
    ) -> NDArray[Any]:
        """The gradient of the weighted sum of the rows' losses, a number a parameter."""
        try:
            return np.asarray(self._slopes.map(weights, rows, targets, reduce="sum"))
        except (NoCompiler, Untraceable):
            found = self._by_python(self._functions[2], weights, rows, targets)
            return np.asarray(found.sum(axis=0))

    def bends(
        self,
        direction: NDArray[Any],
        weights: NDArray[Any],
        rows: NDArray[Any],
        targets: NDArray[Any],
    ) -> NDArray[Any]:
        """How that gradient moves along a direction of the parameters: the Hessian times it."""
        given = direction, weights, rows, targets
        try:
            axes = (None, 0, 0, 0)
            return np.asarray(self._bends.map(*given, in_axes=axes, reduce="sum"))
        except (NoCompiler, Untraceable):
            numbers = direction.tolist()
            found = self._by_python(lambda *each: self._functions[3](numbers, *each), *given[1:])
            return np.asarray(found.sum(axis=0))

    def _by_python(self, function: Callable[..., Any], *given: NDArray[Any]) -> NDArray[Any]:
        found = [function(*each) for each in zip(*(x.tolist() for x in given), strict=True)]
        return np.array([[*map(_number, x)] if is_list(x) else _number(x) for x in found])
