"""Anything that holds Values to be learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

from jangrad.engine import Value
from jangrad.errors import NameNotFound, NotANumber, ShapeError, did_you_mean


class Module:
    """Base of networks and of your own layers: it finds the Values among its attributes.

    Parameters are the leaf Values in attributes, in Modules, and in lists, tuples and dicts of these,
    in the order in which the attributes were set. Attributes that start with `_` are left out.
    Write `__call__(self, inputs)`, which gets a list and returns a list.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...     def __call__(self, inputs):
    ...         return [self.slope * inputs[0] + self.offset]
    >>> line = Line()
    >>> line.predict([[3.0]]), list(line.named_parameters())
    ([[7.0]], ['slope', 'offset'])
    """

    def __call__(self, inputs: Sequence[Any]) -> list[Value]:
        """The outputs for one row of inputs."""
        raise TypeError(f"{type(self).__name__} has no __call__(self, inputs) yet")

    def named_parameters(self) -> dict[str, Value]:
        """Every parameter by its path, such as `layers.0.neurons.1.bias`; a shared one once."""
        found: dict[str, Value] = {}
        seen: set[Value] = set()
        for name, value in _walk(self):
            if value not in seen:
                seen.add(value)
                found[name] = value
        return found

    def parameters(self) -> list[Value]:
        """The parameters, in order."""
        return list(self.named_parameters().values())

    def zero_grad(self) -> None:
        """Forget every parameter's gradient, before the next backward pass."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def state(self) -> dict[str, float]:
        """The parameters as plain numbers, by name."""
        return {name: value.data for name, value in self.named_parameters().items()}

    def load_state(self, state: Mapping[str, float]) -> None:
        """Set every parameter from plain numbers; nothing is changed when one does not fit.

        Raises:
            NameNotFound: when a parameter is missing or a name is unknown.
            NotANumber: when a number is nan or infinite.
        """
        named = self.named_parameters()
        missing = [name for name in named if name not in state]
        unknown = [name for name in state if name not in named]
        if missing:
            raise NameNotFound(
                f"the state has no number for `{missing[0]}`"
                + (f" and {len(missing) - 1} more" if len(missing) > 1 else ""),
                why=f"{type(self).__name__} has {len(named)} parameters, the state {len(state)}",
                try_="a state from a network of the same shape",
            )
        if unknown:
            raise NameNotFound(
                f"{type(self).__name__} has no parameter `{unknown[0]}`",
                try_=did_you_mean(unknown[0], named),
            )
        for name, number in state.items():
            if not isfinite(number):
                raise NotANumber(
                    f"the state holds {number} for `{name}`",
                    why="every prediction of the network would be nan",
                )
        for name, value in named.items():
            value.data = float(state[name])

    def predict(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Plain outputs for plain rows.

        Args:
            rows: n rows of numbers, one number an input; lists or a NumPy array.

        Returns:
            n lists of floats, one number an output.

        Raises:
            ShapeError: when `rows` is a single row, or a row has the wrong length.
        """
        rows = list(rows)
        if rows and not hasattr(rows[0], "__len__"):
            raise ShapeError(
                f"`predict` takes a list of rows, but its first item is {rows[0]!r}",
                try_="predict([row]) for a single row",
            )
        return [[output.data for output in self(list(row))] for row in rows]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.parameters())} parameters)"


def _walk(root: object) -> Iterator[tuple[str, Value]]:
    """Every leaf Value below a module, with its path."""
    stack: list[tuple[str, object]] = [("", root)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, Value):
            if item.is_leaf:
                yield path, item
            continue
        if isinstance(item, Module):
            inside = [(k, v) for k, v in vars(item).items() if not k.startswith("_")]
        elif isinstance(item, Mapping):
            inside = [(str(k), v) for k, v in item.items()]
        elif isinstance(item, (list, tuple)):
            inside = [(str(i), v) for i, v in enumerate(item)]
        else:
            continue
        stack.extend((f"{path}.{k}" if path else k, v) for k, v in reversed(inside))
