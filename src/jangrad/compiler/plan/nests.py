"""What a kernel is: its loops, what it reads and sums, and where that lies."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from jangrad.compiler.plan.factor import line
from jangrad.compiler.plan.gather_program import GatherProgram
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.classes import Classes
from jangrad.compiler.program.ir import OPERATIONS, Ints, Program
from jangrad.record import Record


class Const(Record):
    """A number that is known."""

    number: float


class Read(Record):
    """What an access of the segment, or of the fused operation, reads."""

    access: int


class Computed(Record):
    """In a fused operation: the kernel's number (0), or that of its j-th fused one."""

    which: int


class Apply(Record):
    """An operation of the program (`OPERATIONS`).

    The terms of a gather are two reads: of the array and of the index; those of a scatter the
    number and a read of its index.
    """

    op: int
    terms: tuple[Term, ...]


Term = Const | Read | Computed | Apply


class Strided(Record):
    """Where the items of an array are: so many, so far from each other."""

    size: int
    stride: int


class Operand(Record):
    """What a class reads: the buffer, the address for each member and term; of an array also how
    its items lie."""

    buffer: Buffer
    at: Ints
    items: Strided | None = None


class Access(Record):
    """Where a kernel reads (or writes) for each member and term.

    Attributes:
        buffer: which one.
        rows: the address of each row of members that no axis covers.
        line: the same as (start, step) where it lies on a line.
        inner: the stride along each axis of the members.
        reduce: the stride along each axis of the reduction.
        table: the addresses of all terms, shape (rows, terms), where the terms have no axes.
        items: where it reads or adds to one item of an array, how these lie from the address on.
    """

    buffer: Buffer
    rows: Ints
    inner: list[int]
    reduce: tuple[int, ...] = ()
    table: Ints | None = None
    items: Strided | None = None

    def __str__(self) -> str:
        """The place as loop programs have it (`loop_ir.py`), in which m counts the rows."""
        if self.table is not None:
            place = ["table[m, k0]"]
        elif self.line is None:
            place = ["table[m]"]
        else:
            place = [_times(self.line[1], "m")]
        place += [_times(stride, f"i{i}") for i, stride in enumerate(self.inner)]
        place += [_times(stride, f"k{k}") for k, stride in enumerate(self.reduce)]
        place += [str(self.line[0])] if self.line is not None and self.table is None else []
        told = " + ".join([part for part in place if part not in ("", "0")]) or "0"
        return f"{self.buffer}[{told}{', r' * self.buffer.per_row}]"

    @property
    def line(self) -> tuple[int, int] | None:
        return line(self.rows)


def _times(stride: int, index: str) -> str:
    return "" if stride == 0 else index if stride == 1 else f"{stride} {index}"


class Segment(Record):
    """Terms that are computed alike, summed.

    Attributes:
        term: what each of them computes.
        accesses: what it reads.
        axes: the sizes of the reduction's axes; empty for a single term.
        counts: how many terms each row of members has, where they differ.
        over_rows: whether the terms are also summed over the rows of the batch.
    """

    term: Term
    accesses: list[Access]
    axes: list[int]
    counts: Ints | None
    over_rows: bool


class FusedOperation(Record):
    """A computation that joins a kernel, number by number (`fuse.py`).

    Attributes:
        operation: what it computes.
        out: where it writes.
        term: what it computes of these, of what the kernel and the fused ones before it computed.
        accesses: what it reads besides.
        kept: whether what it computes is stored.
    """

    operation: str
    out: Access
    term: Term
    accesses: list[Access]
    kept: bool = True


class Kernel(Record):
    """A loop nest: rows (from a table, or on a line), inner axes, and for each segment a reduction.

    Attributes:
        name: what it is called.
        operation: what its members compute.
        members: how many scalars.
        out: where it writes.
        rows: how many rows of members no axis covers.
        axes: the sizes of the member axes, outermost first.
        segments: what it sums.
        over_rows: whether it sums over the rows of the batch.
        after: whether it runs behind the rows: what needs their sums, and for threads some sums.
        nodes: its members and those of what is fused, for reports.
        fused: what is computed from each number while it is at hand, in order.
        kept: whether the number itself is stored.
        wavefront: before which irregular nodes it runs.

    A kernel whose `out` has items adds each member to one of these, one after the other, for
    members may meet.
    """

    name: str
    operation: str
    members: int
    out: Access
    rows: int
    axes: list[int]
    segments: list[Segment]
    over_rows: bool
    after: bool
    nodes: Ints
    fused: Sequence[FusedOperation] = ()
    kept: bool = True
    wavefront: int = 0

    @property
    def batched(self) -> bool:
        """Whether it computes each member for every row of the batch."""
        return self.out.buffer.per_row

    def __str__(self) -> str:
        loops = " x ".join(map(str, ([self.rows] if self.rows > 1 else []) + self.axes)) or "1"
        table = " (rows from a table)" if self.rows > 1 and self.out.line is None else ""
        sums = []
        for s in self.segments:
            if s.axes or s.over_rows:
                size = " x ".join(map(str, s.axes)) + (" rows" if s.over_rows else "")
                kind = "ragged " if s.counts is not None else ""
                gather = " by table" if any(a.table is not None for a in s.accesses) else ""
                sums.append(f"{kind}sum over {size.strip()}{gather}")
        fused = ", ".join(dict.fromkeys(operations_of(self)))
        text = f"{self.out.buffer.name if self.kept else '':>5}"
        text += f" = {self.operation:<10} {loops}{table}"
        if sums:
            text += "; " + ", ".join(sums)
        text += f"; of {fused}" if fused else ""
        for f in self.fused:
            text += f", then {f.operation}" + (f" to {f.out.buffer}" if f.kept else "")
        return text

    @property
    def reads(self) -> list[Access]:
        """All that it reads from memory."""
        parts: list[Segment | FusedOperation] = [*self.segments, *self.fused]
        return [access for part in parts for access in part.accesses]

    @property
    def writes(self) -> list[Access]:
        """What it computes, its own numbers first, whether they are stored or not."""
        return [self.out, *(f.out for f in self.fused)]

    @property
    def scatter_index(self) -> Access:
        """The access that says where each member is added, if `out` has items."""
        (segment,) = self.segments
        assert isinstance(segment.term, Apply)
        place = segment.term.terms[1]
        assert isinstance(place, Read)
        return segment.accesses[place.access]

    @property
    def is_reducing(self) -> bool:
        """Whether a number is a sum in a loop."""
        return any(s.axes or s.over_rows for s in self.segments)

    @property
    def is_of_rows(self) -> bool:
        """Whether it runs for each chunk of rows."""
        return (self.batched or self.over_rows) and not self.after


class Plan(Record):
    """All kernels of a program in order, and the buffers between them.

    Attributes:
        kernels: in an order in which they can run.
        sizes: how many numbers the buffer of a class holds, or how many of each row of the batch.
        constants: the numbers in each buffer of constants.
        inlined: how many classes were inlined into their users.
        classes: the classes.
        buffers: of each class the buffer in which it is found, if any.
        address: of each node its place in that buffer.
        items: of each class of arrays or scatter-adds how the items lie.
        program: what the kernels compute; irregular nodes are inputs of it.
        irregular: what is computed by tables instead.
    """

    kernels: list[Kernel]
    sizes: dict[Buffer, int]
    constants: dict[Buffer, np.ndarray]
    inlined: int
    classes: Classes
    buffers: list[Buffer | None]
    address: Ints
    items: dict[int, Strided]
    program: Program
    irregular: Sequence[GatherProgram] = ()

    def __str__(self) -> str:
        lines = []
        for kernel in self.kernels:
            lines.append(str(kernel))
            if kernel.out.buffer not in self.sizes:
                lines.append(f"{'':10}writes {kernel.out}")
            for access in kernel.reads:
                lines.append(f"{'':10}reads {access}")
        for part in self.irregular:
            lines.append(f"{part.scalars.name:>5} = {len(part.nodes)} irregular nodes")
        return "\n".join(lines)


def verify(plan: Plan) -> None:
    """Check the kernels: their loops, and that what they read has been written.

    Raises:
        AssertionError: naming the first kernel that is wrong.
    """
    written: set[Buffer] = set()
    # Those before the rows, over rows, and behind them.
    for k in sorted(plan.kernels, key=lambda k: (k.after, k.is_of_rows)):
        assert k.members == k.rows * prod(k.axes), f"{k.name}: {k.members} members in its loops"
        for access in (*k.reads, *k.writes):
            assert len(access.inner) == len(k.axes), f"{k.name}: {access} has other axes"
            assert len(access.rows) == k.rows, f"{k.name}: {access} has other rows"
        computed = {a.buffer for a in k.writes}
        for access in k.reads:
            known = access.buffer not in plan.sizes or access.buffer in written | computed
            assert known, f"{k.name} reads {access.buffer}, which nobody has written"
            known = access.buffer.role != "constants" or access.buffer in plan.constants
            assert known, f"{k.name} reads {access.buffer}, which has no numbers"
        written |= computed


def operations_of(kernel: Kernel) -> list[str]:
    """The operations that a kernel computes a term with, for reports."""
    found: list[str] = []

    def visit(term: Term) -> None:
        if isinstance(term, Apply):
            found.append(str(OPERATIONS[term.op]))
            for part in term.terms:
                visit(part)

    for segment in kernel.segments:
        visit(segment.term)
    return found
