"""Copies of a training in machine code, one in each lane of the vector registers."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.compiler.running import (
    Executable,
    Number,
    Trace,
    Variants,
    address,
    aligned,
    load_or_compile,
    share_out,
)
from jangrad.guards import undone_on_errors
from jangrad.record import Record
from jangrad.switches import within
from jangrad.train.batch_loss import checked_loss
from jangrad.train.compiled.data import check_lookups, table
from jangrad.train.compiled.fit_steps import of_a_loss, traced
from jangrad.train.config import Config
from jangrad.train.resolve import outputs_of
from jangrad.train.update_rule import UpdateRule

if TYPE_CHECKING:
    from jangrad.compiler.building import Passes, Source

# Straight-line code of so many scalars, with so many inputs, is done sooner than loops; LLVM takes
# more than twice as long for code that is twice as long.
_STRAIGHT = {"straight_scalars": 3000, "straight_terms": 6000}


class StepLosses(Record):
    """The losses of copies before each of some steps.

    Attributes:
        chunks: as machine code leaves them, shape (chunks, steps, copies of a chunk).
        copies: how many there are; the last places may hold one again.
    """

    chunks: Any
    copies: int

    @property
    def steps(self) -> int:
        return int(self.chunks.shape[1])

    def at(self, steps: Any) -> Any:
        """Those before these steps, shape (steps, copies)."""
        found = self.chunks[:, steps].transpose(1, 0, 2)
        return found.reshape(len(found), -1)[:, : self.copies].astype(float)

    def of(self, copies: Any) -> Any:
        """Those of these copies, shape (steps, copies)."""
        chunk, lane = np.divmod(copies, self.chunks.shape[2])
        return self.chunks[chunk, :, lane].T.astype(float)

    def one(self, steps: Any, copies: Any) -> Any:
        """That of each copy before the step of the same place."""
        chunk, lane = np.divmod(copies, self.chunks.shape[2])
        return self.chunks[chunk, steps, lane].astype(float)

    def above(self, limits: Any, among: Any) -> Any:
        """Which copies have a loss above a limit of their own, or one that is no number.

        Args:
            limits: one a copy.
            among: the copies that are asked about, as a mask.
        """
        chunks, _, lanes = self.chunks.shape
        least, asked = np.full((2, chunks * lanes), [[np.inf], [0.0]])
        least[: self.copies], asked[: self.copies] = limits, among
        least, asked = least.reshape(-1, lanes), asked.reshape(-1, lanes) > 0.0
        # The numbers of a chunk lie side by side, and few have a large one among them.
        fine = self.chunks.reshape(chunks, -1).max(axis=1) <= least.min(axis=1)
        some = np.flatnonzero(asked.any(axis=1) & ~fine)
        found = np.zeros((chunks, lanes), bool)
        for chunk in some:
            found[chunk] = ~(self.chunks[chunk].max(axis=0) <= least[chunk])
        return (found & asked).ravel()[: self.copies]

    def sums(self, first: int) -> Any:
        """Of each copy the sum over the steps from this one on."""
        return self.chunks[:, first:].sum(axis=1).ravel()[: self.copies]


class SideBySide:
    """Many copies of a training.

    Args:
        executable: a step of a copy.
        start: the parameters of each copy, shape (copies, count).
        settings: what tells the copies apart, shape (copies, settings): the rate, the options that
            are None, the strength of the penalty if it has one.
        own_rows: as for `copies_source`.
        threads: how many share out the copies.
    """

    def __init__(
        self, executable: Executable, start: Any, settings: Any, *, own_rows: bool, threads: int
    ) -> None:
        self.dtype, self.own_rows = executable.dtype, own_rows
        self.executable = executable
        self.chunk = chunk = executable.binary.chunk
        self.copies, self.made = len(start), 0
        self.chunks = -(-self.copies // chunk)
        self.places = self.chunks * chunk
        # Where there are more places than copies, the last one comes again.
        self._which = np.minimum(np.arange(self.places), self.copies - 1)
        sizes = executable.binary.sizes
        self._buffers = {
            name: aligned(self.places * size, self.dtype)
            for name, size in sizes.items()
            if name.startswith(("C", "H"))
        }
        # Behind the parameters and what the optimiser remembers.
        self._still = f"C{sum(name.startswith('C') for name in sizes) - 1}"
        self._losses = np.empty(0, self.dtype)
        self._lay("C0", start)
        self._lay("H", settings)
        executable.read_parameters()
        ends = np.linspace(0, self.chunks, min(threads, self.chunks) + 1).astype(int).tolist()
        self._parts = [_Part(self, a, b) for a, b in pairwise(ends)]

    def _lay(self, name: str, numbers: Any) -> None:
        whole = numbers[self._which].reshape(self.chunks, self.chunk, -1)
        self._buffers[name].reshape(self.chunks, -1, self.chunk)[:] = whole.transpose(0, 2, 1)

    def set_data(self, rows: Any) -> None:
        """The numbers of the batch that all copies have at every step, as the trace took them."""
        self.executable.buffers["X"][:] = rows
        for part in self._parts:
            part.point()

    def run(self, steps: int, rates: Any = None, data: Any = None, order: Any = None) -> StepLosses:
        """Make some steps.

        Args:
            steps: how many.
            rates: of each step, the same for all copies; where they have none of their own.
            data: where each copy has its own batches, all rows, shape (rows, numbers a row).
            order: the rows of each step and copy, shape (steps, copies, rows of a batch).

        Returns:
            The losses before each step, in memory that the next run uses too.
        """
        size = steps * self.places
        if len(self._losses) < size:
            self._losses = np.empty(size, self.dtype)
        losses = self._losses[:size].reshape(self.chunks, steps, self.chunk)
        if rates is not None:
            rates = np.asarray(rates, self.dtype)
        if order is not None:
            order = np.ascontiguousarray(order[:, self._which], np.int32)
        given = (steps, self.made, self.places, losses, rates, data, order)
        count = len(self._parts)
        share_out(lambda _, part: self._parts[part].run(*given), count, count)
        self.made += steps
        return StepLosses(losses, self.copies)

    def parameters(self, some: Any = None) -> Any:
        """Those of each copy, or of some, as they are now, shape (copies, count)."""
        return self._numbers("C0", some)

    def still(self) -> Any:
        """For how many steps each copy has had no gradient in each of the groups of parameters that
        are watched, and the most so far in the first: shape (copies, groups + 1)."""
        return self._numbers(self._still)

    def _numbers(self, name: str, copies: Any = None) -> Any:
        whole = self._buffers[name].reshape(self.chunks, -1, self.chunk)
        if copies is None:
            every = whole.transpose(0, 2, 1).astype(float)
            return every.reshape(self.places, -1)[: self.copies]
        chunk, lane = np.divmod(copies, self.chunk)
        return whole[chunk, :, lane].astype(float)


class _Part:
    """Some chunks of copies, for one thread."""

    def __init__(self, whole: SideBySide, first: int, stop: int) -> None:
        self._whole, self._first, self._chunks = whole, first, stop - first
        executable = whole.executable
        self._copies = executable.code.address("copies")
        self._own = {"S": aligned(1, whole.dtype), "E": aligned(whole.chunk, whole.dtype)}
        if whole.own_rows:
            size = executable.binary.sizes["X"] * whole.chunk
            self._own["X"] = aligned(size, whole.dtype)
        self._arena = aligned(executable.binary.arena, np.uint8)
        self.point()

    def point(self) -> None:
        """Find the buffers."""
        whole, executable = self._whole, self._whole.executable
        sizes, first = executable.binary.sizes, whole.chunk * self._first
        moved = {name: held[sizes[name] * first :] for name, held in whole._buffers.items()}
        buffers = {**executable.buffers, **moved, **self._own}
        addresses = [address(buffers[name]) for name in executable.binary.outside]
        self._table = np.array(addresses, np.uint64)

    def run(
        self, steps: int, made: int, stride: int, losses: Any, rates: Any, data: Any, order: Any
    ) -> None:
        start = self._first * self._whole.chunk
        kind = ctypes.CFUNCTYPE(
            None,
            *[ctypes.c_void_p] * 2,
            *[ctypes.c_int64] * 4,
            *[ctypes.c_void_p] * 4,
            *[ctypes.c_int64] * 2,
        )
        size = width = 0
        at = None
        if order is not None:
            size, width = order.shape[2], data.shape[1]
            at = address(order) + 4 * start * size
        kind(self._copies)(
            *(address(self._table), address(self._arena)),
            *(self._chunks, steps, made, stride),
            address(losses) + start * steps * losses.itemsize,
            *(None if given is None else address(given) for given in (rates, data)),
            *(at, size, width),
        )


def traced_copies(config: Config, *, strength: bool) -> tuple[Trace, Any]:
    """The trace of what a step of a run loses, as `SideBySide` takes it, and the data.

    Args:
        config: the run.
        strength: whether its penalty is multiplied by a number of each copy.

    Returns:
        The trace of a function of the numbers of a batch, row after row, each with its targets
        and its weight behind it; all rows so, shape (rows, numbers a row).

    Raises:
        Untraceable, NoGradient: when the network, the loss or the penalty cannot be traced, or no
            gradient leads to what learns.
    """
    learning = list(config.optimizer.parameters)
    inputs, target = len(config.rows[0]), config.targets[0]
    data = table(config.rows, config.targets, np.float64, weights=config.row_weights)
    width, weighted = data.shape[1], config.row_weights is not None

    def whole(batch: Any) -> Any:
        rows = [outputs_of(config.net, list(row[:inputs])) for row in batch]
        ends = [list(row[inputs : width - weighted]) for row in batch]
        targets = ends if isinstance(target, list) else [end[0] for end in ends]
        weights = [row[-1] for row in batch] if weighted else None
        loss = config.mean_loss(rows, targets, weights)
        if config.penalty is None:
            return checked_loss(loss)
        penalty = config.penalty(learning)
        return (checked_loss(loss), penalty) if strength else checked_loss(loss + penalty)

    def tracer(*, lines: bool = False) -> Trace:
        batch = data[: config.size].tolist()
        return of_a_loss(traced(whole, [batch], learning, lines=lines), config, alone=not strength)

    with undone_on_errors(config.roots) as seen:
        found = Variants(tracer, config.roots, lambda made: made, doubt=True, fresh=seen).now.made
    check_lookups([(slot % width, need) for slot, need in found.lookups], data, inputs)
    return found, data


def copies_executable(
    trace: Trace,
    count: int,
    rule: UpdateRule,
    options: Mapping[str, float | None],
    watched: Sequence[Sequence[int]],
    number: Number,
    *,
    strength: bool,
    own_rows: bool,
    exact: bool,
) -> Executable:
    """A step of a copy in machine code; arguments as for `copies_source`, but for the trace."""
    program = trace.program
    what = count, rule, options, watched, strength, own_rows, exact

    def source(passes: Passes) -> Source:
        from jangrad.train.compiled.copies_program import copies_source

        return copies_source(program, *what, passes)

    settings = "copies", *what, rule.state
    with within(**_STRAIGHT):
        return load_or_compile(
            *(program, settings, trace.params, source, number, True), calls=rule.functions
        )
