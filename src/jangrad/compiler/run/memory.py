"""The numbers that training steps work on, in buffers that machine code reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jangrad.compiler.run.executable import Doubles, aligned
from jangrad.engine import Value, read_data, write_data


class Mark(NamedTuple):
    """A state to come back to: copies of what a step changes, and how many were made."""

    arrays: list[Any]
    steps: int


class Memory:
    """Parameters, gradients and what the optimiser remembers.

    Args:
        params: the Values behind the parameters, those that learn first.
        count: how many learn.
        states: how many numbers the optimiser remembers for each of them.
        dtype: of all numbers.

    Attributes:
        buffers: P, the parameters; G, the gradients; M0, M1 ..., the optimiser's; S, the rate of
            the step and its number; R, its loss and the length of its gradient.
        steps: how many the optimiser has made.
    """

    def __init__(self, params: list[Value], count: int, states: int, dtype: Any) -> None:
        self.count = count
        self.dtype = dtype
        self.steps = 0
        self.states = [f"M{k}" for k in range(states)]
        sizes = {"G": count, "S": 2, "R": 2, **dict.fromkeys(self.states, count)}
        self.buffers: dict[str, Any] = {name: aligned(n, dtype) for name, n in sizes.items()}
        self.hold(params)

    def hold(self, params: list[Value]) -> None:
        """Hold these parameters, which begin with those held before, as they are now."""
        self.params = params
        self._learning = params[: self.count]
        self.buffers["P"] = aligned(len(params), self.dtype)
        self._numbers = Doubles(self.buffers["P"])
        self._learned = Doubles(self.buffers["P"][: self.count])
        self.read()

    def read(self) -> None:
        """Take the parameters as the Values have them now."""
        read_data(self.params, self._numbers.numbers)
        self._numbers.give()

    def write(self) -> None:
        """Give the Values that learn their numbers."""
        write_data(self._learning, self._learned.take())

    def load(self, state: Sequence[Sequence[float]], steps: int) -> None:
        """Take what the optimiser remembers, and how many steps it has made."""
        for name, numbers in zip(self.states, state, strict=True):
            self.buffers[name][:] = numbers
        self.steps = self.buffers["S"][1] = steps

    def parameters(self) -> list[float]:
        """The parameters that learn, as they are now."""
        found: list[float] = self.buffers["P"][: self.count].astype(float).tolist()
        return found

    def state(self) -> tuple[list[float], ...]:
        """What the optimiser remembers, as it is now."""
        return tuple(self.buffers[name].astype(float).tolist() for name in self.states)

    def mark(self) -> Mark:
        """The present state."""
        return Mark([array.copy() for array in self._changing()], self.steps)

    def back_to(self, mark: Mark) -> None:
        """Make a state of before the present one."""
        for array, kept in zip(self._changing(), mark.arrays, strict=True):
            array[:] = kept
        self.steps = mark.steps

    def _changing(self) -> list[Any]:
        return [self.buffers["P"][: self.count], *(self.buffers[n] for n in ("S", *self.states))]
