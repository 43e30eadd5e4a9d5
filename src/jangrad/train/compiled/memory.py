"""The numbers that training steps work on, in buffers that machine code reads and writes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jangrad.compiler.running import Doubles, aligned
from jangrad.engine import Value, as_float
from jangrad.tape import read_data, write_data

#: Makes some of the steps that are to be made.
Steps = Callable[[slice], Any]


#: A state to come back to: what a step changes, and how many were made.
Mark = tuple[Any, int]


class Memory:
    """Parameters, gradients and what the optimiser remembers.

    Args:
        params: the Values behind the parameters, those that learn first.
        count: how many learn.
        states: how many numbers the optimiser remembers for each of them.
        dtype: of all numbers.
        options: the optimiser's own numbers.

    Attributes:
        buffers: P, the parameters; G, the gradients; M0, M1 ..., the optimiser's; S, the rate of
            the step and its number; O, the optimiser's options; R, the step's loss and the length
            of its gradient.
        steps: how many the optimiser has made.
    """

    def __init__(
        self,
        params: list[Value],
        count: int,
        states: int,
        dtype: Any,
        options: Mapping[str, float] | None = None,
    ) -> None:
        self.count = count
        self.dtype = dtype
        self.steps = 0
        self.states = [f"M{k}" for k in range(states)]
        self.options = dict(options or {})
        self._constant = True  # whether programs hold the options' numbers, and need none of O
        sizes = {"G": count, "R": 2, "O": len(self.options)}
        self.buffers: dict[str, Any] = {name: aligned(n, dtype) for name, n in sizes.items()}
        self.hold(params)

    def hold(self, params: list[Value]) -> None:
        """Hold these parameters, which begin with those held before, as they are now."""
        self.params = params
        self._learning = params[: self.count]
        before = dict(self.buffers)
        sizes = {"S": 2, **dict.fromkeys(self.states, self.count), "P": len(params)}
        # What a step changes lies together; each begins where a line of the processor's cache does.
        line = 64 // np.dtype(self.dtype).itemsize
        starts = np.cumsum([0, *(-(-size // line) * line for size in sizes.values())]).tolist()
        whole = aligned(starts[-1], self.dtype)
        for (name, size), start in zip(sizes.items(), starts, strict=False):
            self.buffers[name] = whole[start : start + size]
            if name in before and name != "P":
                self.buffers[name][:] = before[name]
        self._changing = whole[: starts[-2] + self.count]
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

    def is_left(self) -> bool:
        """Whether a Value has another number than the one that is here."""
        found = np.empty(len(self.params))
        read_data(self.params, found)
        here: bytes = self.buffers["P"].tobytes()
        return found.astype(self.dtype).tobytes() != here

    def load(self, state: Sequence[Sequence[float]], steps: int) -> None:
        """Take what the optimiser remembers, and how many steps it has made."""
        for name, numbers in zip(self.states, state, strict=True):
            self.buffers[name][:] = numbers
        self.steps = self.buffers["S"][1] = steps

    @property
    def is_first(self) -> bool:
        """Whether programs hold the options that it was made with."""
        return self._constant

    @property
    def constants(self) -> dict[str, float | None]:
        """The options as programs are to hold them; None for one that they read at each step."""
        return {n: as_float(x) if self._constant else None for n, x in self.options.items()}

    def use(self, options: Mapping[str, float]) -> bool:
        """Take the optimiser's options as they are now; whether programs must be compiled again.

        They are constants of the programs until the first change, and inputs from then on.
        """
        if options == self.options:
            return False
        self.options = {name: options[name] for name in self.options}  # in the order of O
        self.buffers["O"][:] = [as_float(x) for x in self.options.values()]
        was_constant, self._constant = self._constant, False
        return was_constant

    def parameters(self) -> list[float]:
        """The parameters that learn, as they are now."""
        found: list[float] = self.buffers["P"][: self.count].astype(float).tolist()
        return found

    def put(self, numbers: Any) -> None:
        """Take these numbers for the parameters that learn."""
        with np.errstate(over="ignore", under="ignore"):
            self.buffers["P"][: self.count] = numbers

    def gradients(self) -> Any:
        """The gradients of the last step, an array of doubles."""
        return self.buffers["G"].astype(float)

    def state(self) -> tuple[list[float], ...]:
        """What the optimiser remembers, as it is now."""
        return tuple(self.buffers[name].astype(float).tolist() for name in self.states)

    def mark(self) -> Mark:
        """The present state."""
        return self._changing.copy(), self.steps

    def back_to(self, mark: Mark) -> None:
        """Make a state of before the present one."""
        self._changing[:], self.steps = mark

    def guess(self, count: int, quickly: Steps, exactly: Steps) -> tuple[Any, bool]:
        """Make steps quickly until one comes to nan, and that one and those behind it exactly.

        So it makes no difference how many steps are made at once.

        Args:
            count: of the steps, by which a nan that is once there is never lost.
            quickly, exactly: make some of them; they return an array that begins with the losses.

        Returns:
            That array of all steps, and whether they were made quickly.
        """
        mark = self.mark()
        try:
            results = quickly(slice(0, count))
        except BaseException:
            self.leave(mark)
            raise
        if not self.has_nan():
            return results, True
        return self.search(mark, results, quickly, exactly), False

    def search(self, mark: Mark, results: Any, quickly: Steps, exactly: Steps) -> Any:
        """Make steps that came to nan again, from the first one that did exactly.

        Args:
            mark: where they began.
            results: what they gave.
            quickly, exactly: as for `guess`.
        """
        low, high = 0, len(results)  # so many steps come to no nan, and so many do
        shown = int(np.isnan(results[:, 0]).argmax())  # mostly in the loss of the next step
        probes = [shown + 1, shown, shown - 1]
        try:
            while high - low > 1:
                middle = probes.pop() if probes else (low + high) // 2
                if low < middle < high:
                    self.back_to(mark)
                    quickly(slice(0, middle))
                    low, high = (low, middle) if self.has_nan() else (middle, high)
            self.back_to(mark)
            before = [quickly(slice(0, low))] if low else []
            return np.concatenate([*before, exactly(slice(low, len(results)))])
        except BaseException:
            self.leave(mark)
            raise

    def leave(self, mark: Mark) -> None:
        """Go back from a state that has nan, for steps were interrupted."""
        if self.has_nan():
            self.back_to(mark)

    def has_nan(self) -> bool:
        """Whether a nan is in what a step changes."""
        changing = self._changing
        return math.isnan(changing.item(changing.argmin()))  # which is the first nan
