"""The gather program of irregular nodes: where they lie, and what computes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.ir import Floats, Ints
from jangrad.record import Record

#: What a record tells: the function, where its results begin, how many vectors they are, where the
#: addresses of operands begin, and how many operands each scalar has; for a long sum how many
#: vectors of terms.
RECORD = ("function", "out", "vectors", "begin", "terms")


class Function(Record):
    """What one function computes: an operation, with an exponent that is the same for all powers.

    `long` says that it computes one scalar from many terms, not many scalars at once.
    """

    op: int
    exponent: float | None = None
    long: bool = False


class GatherProgram(Record):
    """A level-scheduled gather program: the irregular nodes of a program, from tables.

    Attributes:
        batched: whether every row of a batch has them for itself.
        size: how many numbers their buffer holds.
        first_number: where in it constants begin.
        numbers: the constants.
        nodes: the scalars, in the order in which they are computed.
        functions: what computes them.
        tables: the records, and behind them the addresses of operands.
        wavefronts: of each wavefront the records (from, to).
        lanes: how many scalars are a vector, whose operands lie side by side in the tables.

    Where every row has its own, vectors run along the rows: a record counts scalars for vectors,
    and places hold a number for each row of a chunk.
    """

    batched: bool
    size: int
    first_number: int
    numbers: Floats
    nodes: Ints
    functions: list[Function]
    tables: Ints
    wavefronts: list[tuple[int, int]]
    lanes: int

    @property
    def scalars(self) -> Buffer:
        """The buffer that they lie in, with what they read."""
        return Buffer("irregular", int(self.batched), self.batched)

    @property
    def buffers(self) -> list[Buffer]:
        """That, and the one for the tables."""
        return [self.scalars, Buffer("records", int(self.batched))]

    @property
    def records(self) -> Ints:
        """The records, shape (records, numbers)."""
        width = len(RECORD)
        return self.tables[: self.wavefronts[-1][1] * width].reshape(-1, width).astype(np.int64)

    def sizes(self, chunk: int) -> dict[Buffer, int]:
        """How much the buffers hold, for so many rows in a chunk."""
        size = self.size * chunk if self.batched else self.size
        return dict(zip(self.buffers, (size, len(self.tables)), strict=True))

    def filled(self, chunk: int, dtype: Any) -> dict[Buffer, Any]:
        """What they hold from the start."""
        with np.errstate(over="ignore"):  # a number may lie beyond single precision: it is inf
            numbers = np.r_[np.zeros(self.first_number), self.numbers].astype(dtype)
        if self.batched:
            numbers = np.repeat(numbers, chunk)
        return dict(zip(self.buffers, (numbers, self.tables), strict=True))
