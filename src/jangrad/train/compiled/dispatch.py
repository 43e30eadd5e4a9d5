"""Training steps of many shapes on the same numbers: one program for each shape, one loop over all.

The loop is machine code (`emit/stepping.py`): it copies the arguments of a step to where the
program of its shape reads them and calls it. All programs share the parameters, the optimiser's
memory, and the arena, for they run one after the other.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from jangrad.compiler.running import (
    RESULTS,
    Executable,
    MachineCode,
    Number,
    Trace,
    address,
    aligned,
    cached,
    compiler_version,
    dispatch,
    dtype_of,
    host,
    translate,
)
from jangrad.engine import Value
from jangrad.train.compiled.memory import Memory
from jangrad.train.compiled.trainer import may_guess, step_executable
from jangrad.train.update_rule import UpdateRule


class Dispatch:
    """Steps of many shapes.

    Args:
        parameters: those that learn.
        rule, options: the optimiser's.
        number: "double" or "float".
        watched: which parameters are watched for a gradient.
        with_norm: whether the gradient norm is wanted; else it is 0.

    Attributes:
        memory: the numbers that the steps work on.
        members: the programs, in the order in which they were added.
    """

    def __init__(
        self,
        parameters: Sequence[Value],
        rule: UpdateRule,
        options: Mapping[str, float],
        number: Number = "double",
        watched: Sequence[int] = (),
        *,
        with_norm: bool = True,
    ) -> None:
        self._with_norm = with_norm
        self.rule, self.number = rule, number
        self.dtype = dtype_of(number)
        sizes = (len(parameters), len(rule.state))
        self.memory = Memory(list(parameters), *sizes, self.dtype, options)
        self.members: list[Executable] = []
        self._traces: list[tuple[Trace, bool, bool]] = []
        self._guesses = False  # whether any of them does
        self._uncut = True  # until a step comes to nan
        self._twins: dict[tuple[int, bool], int] = {}
        self._arena = aligned(0, np.uint8)
        self._watched = np.array(watched, np.int64)
        self._watching = (
            ctypes.c_void_p(address(self._watched)),
            ctypes.c_int64(len(watched)),
        )
        self._table = np.zeros((0, 5), np.uint64)

    def add(self, trace: Trace, *, checked: bool = False, exact: bool = False) -> int:
        """Compile a step of a new shape; returns its number.

        Args:
            trace: of the loss, with `memory.params` as its first parameters.
            checked: whether the loss of a step is nan where anything in it is not finite.
            exact: whether all is cut off that is not chosen; else not before a step comes to nan,
                where `may_guess` allows that.
        """
        guesses = not exact and not checked and may_guess(trace, self.rule)
        made_of = trace, checked, not guesses
        member = self._compiled(*made_of)
        self.members.append(member)
        self._traces.append(made_of)
        self._guesses |= guesses
        if len(trace.params) > len(self.memory.params):
            self.memory.hold(trace.params)
        if member.binary.arena > len(self._arena):
            self._arena = aligned(member.binary.arena, np.uint8)
        self._point()
        return len(self.members) - 1

    def use(self, options: Mapping[str, float]) -> None:
        """Go on with these options of the optimiser."""
        if self.memory.use(options):
            self.members = [self._compiled(*made_of) for made_of in self._traces]
            self._arena = aligned(max((m.binary.arena for m in self.members), default=0), np.uint8)
            self._point()

    def trace_of(self, member: int) -> Trace:
        """What a member was made of."""
        return self._traces[member][0]

    def checked(self, which: Any) -> Any:
        """The numbers of the same programs with their losses checked."""
        return self._exact(which, checked=True)

    def _exact(self, which: Any, *, checked: bool = False) -> Any:
        """The numbers of the same programs with all cut off that is not chosen."""
        for member in np.flatnonzero(np.bincount(which)).tolist():
            key, (found, _, exact) = (member, checked), self._traces[member]
            if key not in self._twins and (checked or not exact):
                self._twins[key] = self.add(found, checked=checked, exact=True)
        twins = [self._twins.get((k, checked), k) for k in range(len(self.members))]
        return np.array(twins)[which]

    def _compiled(self, trace: Trace, checked: bool, exact: bool) -> Executable:
        given = (trace, self.memory.count, self.rule, self.memory.constants, self.number)
        return step_executable(*given, with_norm=self._with_norm, checked=checked, exact=exact)

    def width(self, member: int) -> int:
        """How many numbers a step of this shape takes; at least 1, unread if it takes none."""
        return max(self.members[member].binary.sizes["X"], 1)

    def run(self, which: Any, offsets: Any, data: Any, rates: Any) -> Any:
        """Make a step for each entry.

        Args:
            which: the number of each step's program; at least one.
            offsets: where each step's arguments begin in the data.
            data: arguments, one step's after the other's or shared; of its dtype.
            rates: of each step; of its dtype.

        Returns:
            An array of shape (steps, 3), as that of `Trainer.run`.
        """
        if not self._guesses:
            return self._run(which, offsets, data, rates)

        def some(number: Callable[[Any], Any], steps: slice) -> Any:
            return self._run(number(which[steps]), offsets[steps], data, rates[steps])

        cut = partial(some, self._exact)
        if self._uncut:
            found, self._uncut = self.memory.guess(len(which), partial(some, np.asarray), cut)
            return found
        return cut(slice(None))

    def _run(self, which: Any, offsets: Any, data: Any, rates: Any) -> Any:
        count = len(which)
        results = np.empty((count, RESULTS), self.dtype)
        given = map(address, (which, offsets, data, rates, results))
        arguments = (self._at, count, *given, *self._shared, *self._watching)
        _, run = _dispatch(self.number)
        try:
            run(*arguments)
        finally:  # Ctrl-C strikes behind machine code, which always comes to its end
            self.memory.steps += count
        return results

    def _point(self) -> None:
        """Tell all programs where the shared buffers are."""
        rows = []
        for k, member in enumerate(self.members):
            member.buffers.update(self.memory.buffers)
            member.buffers["X"] = aligned(self.width(k), self.dtype)
            member.point()
            rows.append(
                [
                    member.code.address("run"),
                    address(member.table),
                    address(self._arena),
                    address(member.buffers["X"]),
                    self.width(k),
                ]
            )
        self._table = np.array(rows, np.uint64)
        self._at = ctypes.c_void_p(address(self._table))
        shared = (address(self.memory.buffers[name]) for name in "SRG")
        self._shared = [ctypes.c_void_p(each) for each in shared]


@cache
def _dispatch(number: Number) -> tuple[MachineCode, Any]:
    machine, text = host(), dispatch(number)
    made = cached([text, repr(machine), compiler_version()], lambda: translate(text, machine))
    code = MachineCode(made, machine)
    kind = ctypes.CFUNCTYPE(
        None, ctypes.c_void_p, ctypes.c_int64, *[ctypes.c_void_p] * 9, ctypes.c_int64
    )
    return code, kind(code.address("dispatch"))
