"""Training as one program: loss, gradients and the optimiser's update, step after step, no Python.

A step is what `run` computes: the loss over all chunks of its rows, every gradient, the new
parameters and the new state of the optimiser, written over the old ones. `steps` repeats it, with
the rate of each step from a table; where batches change, it first gathers their rows.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.compiler.running import (
    RESULTS,
    Executable,
    Number,
    Trace,
    address,
    aligned,
    dtype_of,
    has_choices,
    host,
    load_or_compile,
)
from jangrad.record import Record
from jangrad.train.compiled.memory import Memory
from jangrad.train.compiled.thread_team import ThreadTeam, shares
from jangrad.train.update_rule import UpdateRule

if TYPE_CHECKING:
    from jangrad.compiler.building import Passes, Source


class PackedBatches(Record):
    """The batches of many steps, the first index being the step's.

    Attributes:
        rows: the numbers of the rows of all batches, one batch's after the other's.
        starts: where each batch begins there.
        counts: how many rows it has.
        order: the rows at all places of machine code, some perhaps more than once.
        weights: what each counts.
        filled: how many chunks of places the batch has, the first of all.
    """

    rows: Any
    starts: Any
    counts: Any
    order: Any
    weights: Any
    filled: Any

    def part(self, steps: slice) -> PackedBatches:
        """Those of some steps."""
        return PackedBatches(self.rows, *(each[steps] for each in self[1:]))


class Trainer:
    """A training step in machine code, with the numbers that it works on.

    Args:
        trace: of one row's loss, and perhaps a penalty, its second output; the parameters begin
            with those that learn.
        count: how many learn.
        rule, options: the optimiser's; the options are the memory's, where one is given.
        number: "double" or "float".
        rows: how many rows a step has.
        with_norm: whether the gradient norm is wanted; else it is 0.
        watched: which parameters are watched for a gradient.
        memory: to work on; one of its own when left out.
        threads: how many make a step together, at most: each has whole vectors of rows.
        checked: whether the loss of a step is nan where anything in it is not finite.
        exact: whether all is cut off that is not chosen; else not before a step comes to nan, where
            `may_guess` allows that.
    """

    def __init__(
        self,
        trace: Trace,
        count: int,
        rule: UpdateRule,
        options: Mapping[str, float],
        *,
        number: Number = "double",
        rows: int = 1,
        with_norm: bool = True,
        watched: Sequence[int] = (),
        memory: Memory | None = None,
        threads: int = 1,
        checked: bool = False,
        exact: bool = False,
    ) -> None:
        self.trace = trace
        self._guesses = not exact and not checked and may_guess(trace, rule)
        lanes = host().target(number).lanes
        self.threads, each = shares(rows, threads, lanes)
        self._rows = -(-each // lanes) * lanes  # so folds that differ by a row share their code
        self.dtype = dtype_of(number)
        states = len(rule.state)
        self.memory = memory or Memory(trace.params, count, states, self.dtype, options)
        self._watched = np.array(watched, np.int64)
        self._watching = (
            ctypes.c_void_p(address(self._watched)),
            ctypes.c_int64(len(watched)),
        )

        def compiled() -> Executable:
            return step_executable(
                *(trace, count, rule, self.memory.constants, number),
                per_row=True,
                rows=self._rows,
                with_norm=with_norm,
                repeated=True,
                threads=self.threads,
                checked=checked,
                exact=not self._guesses,
            )

        def twin(*, checked: bool) -> Trainer:
            return Trainer(
                *(trace, count, rule, options),
                number=number,
                rows=rows,
                with_norm=with_norm,
                watched=watched,
                memory=self.memory,
                threads=threads,
                checked=checked,
                exact=True,
            )

        #: Makes the same steps on the same numbers, with all cut off that is not chosen.
        self.twin = twin
        self._compiled = compiled
        self._exact: Trainer | None = None
        self._uncut = True  # until a step comes to nan
        self._same_rows: Any = None
        self._team: ThreadTeam | None = None
        self.compile()

    def compile(self) -> None:
        """Make the machine code, for options as the memory has them; all rows must be set anew."""
        self.executable = self._compiled()
        self._exact = None
        self.width = self.executable.binary.sizes["X"]
        self.chunk = self.executable.binary.chunk
        self.chunks = self.threads * -(-self._rows // self.chunk)
        self._chunks = ctypes.c_int64(self.chunks)
        self._latest: tuple[bytes, Any] = b"", None  # what `_dealt` told last
        kind = ctypes.CFUNCTYPE(
            None,
            *[ctypes.c_void_p] * 2,
            *[ctypes.c_int64] * 2,
            *[ctypes.c_void_p] * 3,
            ctypes.c_int64,
            *[ctypes.c_void_p] * 4,
        )
        self._steps = kind(self.executable.code.address("steps"))
        self._hold_rows(self.chunks)
        self.point()

    def _hold_rows(self, chunks: int) -> None:
        for name in ("X", "XT"):  # each row twice: beside the others, and whole
            self.executable.buffers[name] = aligned(chunks * self.chunk * self.width, self.dtype)

    def rest(self) -> None:
        """Hold no rows and no threads, and forget what steps came to, until `resume`."""
        self._same_rows, self._exact, self._uncut = None, None, True
        self._latest, self._team = (b"", None), None
        self._hold_rows(0)

    def resume(self) -> None:
        """Be as when it was compiled; all rows must be set anew."""
        self._hold_rows(self.chunks)
        self.point()

    def point(self) -> None:
        """Work where the memory now has its buffers."""
        self.executable.buffers.update(self.memory.buffers)
        self.executable.point()
        if self._exact is not None:
            self._exact.point()
        several = self.threads > 1
        self._team = ThreadTeam(self.executable, self.threads, self.chunks) if several else None

    # -- steps ------------------------------------------------------------------------------------

    def set_rows(self, rows: Any) -> None:
        """The rows of every step to come, when all steps have the same.

        Args:
            rows: shape (rows, numbers a row), what the trace took.
        """
        self._same_rows = rows
        if self._exact is not None:
            self._exact.set_rows(rows)
        whole = self.executable.buffers["XT"].reshape(-1, self.width)
        which, whole[:, -1], _ = self._dealt(np.array([[len(rows)]]), every=True)
        whole[:, :-1] = rows[which[0]]
        turned = whole.reshape(self.chunks, self.chunk, self.width).transpose(0, 2, 1)
        self.executable.buffers["X"].reshape(turned.shape)[:] = turned

    def packed(self, rows: Any, counts: Any) -> PackedBatches:
        """Batches as machine code takes them, of these rows and of so many rows each."""
        return self._packed(rows, (counts.cumsum() - counts)[:, None], counts[:, None])

    def _packed(self, rows: Any, starts: Any, counts: Any) -> PackedBatches:
        which, weights, filled = self._dealt(counts)
        return PackedBatches(rows, starts, counts, rows.take(starts + which), weights, filled)

    def _dealt(self, counts: Any, *, every: bool = False) -> Any:
        """Which row of its batch is at each place, with what weight, and how many chunks it fills.

        Where there are more places than rows in these, rows come again and share their weight. None
        has the weight 0, for 0 times what is infinite is no number. With `every`, and where threads
        share the places, all chunks are filled.
        """
        key = counts.tobytes()
        if self._latest[0] != key:  # the same batches are often asked for again
            size = self.chunks * self.chunk
            if counts.size == 1:  # of all steps, where sorting would take longer than the rest
                different, at = counts.ravel(), np.zeros(1, np.int64)
            else:
                different, at = np.unique(counts, return_inverse=True)  # of most data two
            filled = -(-different // self.chunk)
            if every or self.threads > 1:
                filled[:] = self.chunks
            places, each = filled[:, None] * self.chunk, different[:, None]
            which = np.arange(size) % each
            copies = np.maximum(-((which - places) // each), 1)  # 1 where no place is filled
            weights = np.divide(1.0, each * copies, dtype=self.dtype)
            at = at.ravel()
            self._latest = key, (which[at], weights[at], filled[at].astype(np.int64))
        return self._latest[1]

    def run(self, rates: Any, data: Any = None, batches: PackedBatches | None = None) -> Any:
        """Make a step for each rate.

        Args:
            rates: at least one.
            data: where each step has a batch of its own, all rows: an array of shape (rows,
                numbers a row), of the trainer's dtype.
            batches: these, `packed`.

        Returns:
            An array of shape (steps, 3): the loss before each step, the length of its gradient, and
            whether any gradient has reached a watched parameter.
        """
        given = np.asarray(rates, self.dtype)
        if not self._guesses:
            return self._run(given, data, batches)
        if not self._uncut:
            return self._cut(given, data, batches)
        memory = self.memory
        mark = memory.mark()
        try:
            results = self._run(given, data, batches)
        except BaseException:
            memory.leave(mark)
            raise
        if not memory.has_nan():
            return results
        self._uncut = False
        return memory.search(
            *(mark, results),
            lambda steps: self._run(given[steps], data, batches and batches.part(steps)),
            lambda steps: self._cut(given[steps], data, batches and batches.part(steps)),
        )

    def _cut(self, rates: Any, data: Any, batches: PackedBatches | None) -> Any:
        """Make these steps with all cut off that is not chosen."""
        if self._exact is None:
            self._exact = self.twin(checked=False)
            if self._same_rows is not None:
                self._exact.set_rows(self._same_rows)
        return self._exact.run(rates, data, batches and self._exact._packed(*batches[:3]))

    def _run(self, given: Any, data: Any, batches: PackedBatches | None) -> Any:
        count = len(given)
        if batches is None:
            order, weights, filled = None, None, np.full(count, self.chunks, np.int64)
        else:
            order, weights, filled = batches[3:]
        if self._team is not None:
            found = self._team.run(self._steps, given, self._watched, data, order, weights)
            self.memory.steps += count
            return found
        results = np.empty((count, RESULTS), self.dtype)
        rows: Any = (None, None, None, address(filled))
        if data is not None:
            rows = (*(address(each) for each in (data, order, weights)), address(filled))
        steps = (count, address(given), address(results), *self._watching, *rows)
        arguments = (*self.executable._arguments, self._chunks, *steps)
        try:
            self._steps(*arguments)
        finally:  # Ctrl-C strikes behind machine code, which always comes to its end
            self.memory.steps += count
        return results


def may_guess(trace: Trace, rule: UpdateRule) -> bool:
    """Whether steps that leave uncut what is not chosen are right unless they come to nan.

    It is multiplied by 0 then, which gives 0 or nan, and the rule passes nan on.
    """
    return rule.keeps_nan and has_choices(trace.program)


def step_executable(
    trace: Trace,
    count: int,
    rule: UpdateRule,
    options: Mapping[str, float | None],
    number: Number,
    *,
    per_row: bool = False,
    rows: int | None = None,
    with_norm: bool = True,
    repeated: bool = False,
    threads: int = 1,
    checked: bool = False,
    exact: bool = True,
) -> Executable:
    """A step in machine code; arguments as for `Trainer` and `write`, options as in `Memory`.

    `exact` is as for `differentiate`.
    """
    program = trace.program  # alone: what is kept must not hold on to the Values in the trace
    what = count, rule, options, per_row, with_norm, threads, checked, exact

    def source(passes: Passes) -> Source:
        from jangrad.train.compiled.step_program import step_source

        return step_source(program, *what, passes)

    return load_or_compile(
        *(program, (*what, rule.state), trace.params, source, number, per_row, rows),
        calls=rule.functions,
        repeated=repeated,
        threads=threads,
    )
