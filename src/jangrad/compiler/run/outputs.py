"""A program as machine code that is called, or run over the rows of a batch by several threads."""

from __future__ import annotations

import math
import struct
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad import forks
from jangrad.compiler.dtype import Number
from jangrad.compiler.program.arguments import Rows
from jangrad.compiler.program.ir import Program
from jangrad.compiler.program.reduced import summed
from jangrad.compiler.run.blocks import BlockSums, share_out
from jangrad.compiler.run.executable import Doubles, Executable
from jangrad.compiler.run.memory_cache import load_or_compile
from jangrad.engine import Value, as_float

if TYPE_CHECKING:
    from jangrad.compiler.run.pipeline import Passes, Source

#: So many rows are summed one vector after the other at most; such sums are added in pairs.
MOST_ROWS_OF_SUM = 1 << 14
#: Takes the outputs of some rows: the first, the one behind the last, and shape (outputs, rows).
Take = Callable[[int, int, Any], None]
#: Looks at a block of rows before they are computed.
Look = Callable[[list[Any]], None]


class Outputs:
    """A program as machine code, that is given its inputs and gives its outputs.

    Args:
        program: what to run.
        params: the Values of its parameters; the numbers of the first ones come with the rows, if
            these share some.
        mapped: whether it runs over rows.
        number: "double" or "float".
        reduced: whether it gives sums of its outputs over all rows.
        rows: how many there are, if it is mapped over the same number of them again and again.

    Attributes:
        program: what runs.
        batched: of each output whether each row has its own, of which a sum may be given.
    """

    def __init__(
        self,
        program: Program,
        params: list[Value],
        mapped: bool,
        number: Number = "double",
        reduced: bool = False,
        rows: int | None = None,
    ) -> None:
        self._made_of = program, params, mapped, number, reduced, rows
        self.batched = program.batched[program.outputs].astype(bool)
        self.program = program = summed(program) if reduced else program
        self.executable: Executable = load_or_compile(
            *(program, (), params, lambda passes: _source(program, mapped, passes)),
            *(number, mapped, rows),
        )
        self._given, self._taken = (Doubles(self.executable.buffers[name]) for name in "XR")
        self._fill = struct.Struct(f"{program.inputs}d").pack_into
        self._team = [self.executable]
        # The buffers serve one call at a time; one within another, made by a handler of a signal or
        # when an object dies, has buffers of its own.
        self._lock: Any = forks.renewed(self, "_lock", threading.RLock)

    @forks.once
    def _within(self) -> Outputs:
        """The same with buffers of its own."""
        return Outputs(*self._made_of)

    def call(self, numbers: Sequence[float]) -> Any:
        """The outputs for these inputs."""
        if self._lock._is_owned():
            return self._within.call(numbers)
        with self._lock:
            try:
                self._fill(self._given.numbers, 0, *numbers)
            except struct.error:  # an integer that is no float
                self._fill(self._given.numbers, 0, *map(as_float, numbers))
            self._given.give()
            self.executable.run()
            return self._taken.take().copy()

    def map(self, rows: Any) -> Any:
        """The outputs for rows of inputs, one row an output; what all rows share is repeated."""
        rows = rows if isinstance(rows, Rows) else Rows([rows])
        found = np.empty((len(self.batched), len(rows)))

        def take(first: int, last: int, outputs: Any) -> None:
            found[:, first:last] = outputs

        self.map_to(take, rows)
        return found

    def map_on(self, parameters: Any, rows: Any) -> Any:
        """As `map`, with the parameters in this buffer, where others change them."""
        self.executable.share(parameters)
        return self.map(rows)

    def map_to(
        self, take: Take, rows: Rows, threads: int = 1, look: Look | None = None, flag: bool = False
    ) -> list[tuple[int, int]]:
        """Compute the outputs of all rows, block after block, which are computed at once.

        Args:
            take: gets those of each block.
            rows: the inputs.
            threads: how many share out the blocks.
            look: sees the inputs of each block first.
            flag: whether the last output is none: it says of a block by nan that it is doubtful.

        Returns:
            The doubtful blocks, the first and the last but one of their rows each, in order.
        """
        if self._lock._is_owned():
            return self._within.map_to(take, rows, threads, look, flag)
        batched = self.batched[:-1] if flag else self.batched
        doubtful: list[tuple[int, int]] = []

        def compute(executable: Executable, _: int, first: int, last: int) -> None:
            own = executable.map(_block(rows, first, last, look))
            shared = executable.buffers["R"]
            if flag and math.isnan(shared[-1]):
                doubtful.append((first, last))
            if len(own) < len(batched):
                found = np.empty((len(batched), last - first))
                found[batched] = own
                found[~batched] = shared[: len(batched) - len(own), None]
                own = found
            take(first, last, own)

        with self._lock:
            size = self.executable.rows_of_block(-(-len(rows) // threads), rows.width)
            self._over_blocks(compute, rows, size, threads)
        return sorted(doubtful)

    def sums(
        self,
        rows: Rows,
        again: Callable[[int, int], Any],
        threads: int = 1,
        look: Look | None = None,
        flag: bool = False,
    ) -> Any:
        """The sum of each output over all rows, in double precision.

        Blocks are added in pairs, whoever has computed them: the threads make no difference.

        Args:
            rows, threads, look, flag: as for `map_to`.
            again: computes the outputs of each of some rows, where a block is doubtful: by its
                flag, or since rows that came several times were too large for that.
        """
        if self._lock._is_owned():
            return self._within.sums(rows, again, threads, look, flag)
        batched = self.batched[:-1] if flag else self.batched
        total, doubtful = BlockSums(), []

        def compute(executable: Executable, i: int, first: int, last: int) -> None:
            found, is_doubtful = np.zeros(len(batched)), False
            with np.errstate(all="ignore"):
                for results, times in executable.sums(_block(rows, first, last, look)):
                    own = results[: len(batched)][batched].astype(float) / times
                    found[batched] += own
                    found[~batched] = results[: len(batched)][~batched]
                    is_doubtful |= times > 1 and not np.isfinite(own).all()
                    is_doubtful |= flag and math.isnan(results[-1])
                found[~batched] *= last - first
            if is_doubtful:
                doubtful.append((i, first, last))
            else:
                total.add(i, found)

        with self._lock:
            size = self.executable.rows_of_block(min(len(rows), MOST_ROWS_OF_SUM), rows.width)
            self._over_blocks(compute, rows, size, threads)
        for i, first, last in sorted(doubtful):
            with np.errstate(all="ignore"):
                total.add(i, again(first, last).sum(axis=1))
        return total.total()

    def _over_blocks(
        self, compute: Callable[[Executable, int, int, int], None], rows: Rows, size: int, most: int
    ) -> None:
        """Compute each block of so many rows, by an executable for each of the threads."""
        self.executable.read_parameters(rows.shared)
        if len(rows) <= size:
            compute(self.executable, 0, 0, len(rows))
            return
        count = -(-len(rows) // size)
        most = min(most, count)
        while len(self._team) < most:
            self._team.append(self.executable.on([]))
        for other in self._team[1:most]:
            other.share(self.executable.buffers["P"])

        def compute_block(thread: int, i: int) -> None:
            first = i * size
            compute(self._team[thread], i, first, min(first + size, len(rows)))

        share_out(compute_block, count, most)


def _block(rows: Rows, first: int, last: int, look: Look | None) -> list[Any]:
    found = rows.block(first, last)
    if look is not None:
        look(found)
    return found


def _source(program: Program, mapped: bool, passes: Passes) -> Source:
    """A program whose outputs go to Y, if each row has its own, or to R."""
    from jangrad.compiler.plan.kernels import Region, Target, with_own_outputs
    from jangrad.compiler.program.buffers import INPUTS, INPUTS_OF_ROWS, OUTPUTS, RESULTS
    from jangrad.compiler.run.pipeline import Source

    passes("trace", program)
    program = passes("outputs", with_own_outputs(program))
    given = INPUTS_OF_ROWS if mapped else INPUTS
    sizes = {given: program.inputs, **({OUTPUTS: 0} if mapped else {}), RESULTS: 0}
    targets = []
    for batched in program.batched[program.outputs].tolist():
        buffer = OUTPUTS if batched else RESULTS
        targets.append(Target(buffer, sizes[buffer]))
        sizes[buffer] += 1
    return Source(program, [Region(given, 0, program.inputs)], targets, sizes)
