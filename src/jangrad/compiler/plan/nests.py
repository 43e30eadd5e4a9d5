"""What a kernel is: its loops, what it reads and sums, and where that lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from jangrad.compiler.plan.buffers import Buffer
from jangrad.compiler.plan.factor import line
from jangrad.compiler.plan.pool import Loose
from jangrad.compiler.program.classes import Classes
from jangrad.compiler.program.ir import OPERATIONS, Ints, Program


@dataclass(frozen=True, slots=True)
class Const:
    """A number that is known."""

    number: float


@dataclass(frozen=True, slots=True)
class Read:
    """What an access of the segment, or of the follower, reads."""

    access: int


@dataclass(frozen=True, slots=True)
class Computed:
    """In a follower: the kernel's number (0), or that of its j-th follower."""

    which: int


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation of the program (`OPERATIONS`).

    The terms of a pick are two reads: of the column and of the number; those of a put the number
    that is put and a read of its place.
    """

    op: int
    terms: tuple[Term, ...]


Term = Const | Read | Computed | Apply


class Spaced(NamedTuple):
    """Where the items of a column are: so many, so far from each other."""

    size: int
    stride: int


class Operand(NamedTuple):
    """What a class reads: the buffer, the address for each member and term; of a column also how
    its items lie."""

    buffer: Buffer
    at: Ints
    items: Spaced | None = None


@dataclass
class Access:
    """Where a kernel reads (or writes) for each member and term.

    Attributes:
        buffer: which one.
        rows: the address of each row of members that no axis covers.
        line: the same as (start, step) where it lies on a line.
        inner: the stride along each axis of the members.
        reduce: the stride along each axis of the reduction.
        table: the addresses of all terms, shape (rows, terms), where the terms have no axes.
        items: where it reads or adds to one item of a column, how these lie from the address on.
    """

    buffer: Buffer
    rows: Ints
    inner: list[int]
    reduce: list[int] = field(default_factory=list)
    table: Ints | None = None
    items: Spaced | None = None

    @property
    def line(self) -> tuple[int, int] | None:
        return line(self.rows)


@dataclass
class Segment:
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


@dataclass
class Follower:
    """A computation that joins a kernel, number by number (`fuse.py`).

    Attributes:
        operation: what it computes.
        out: where it writes.
        term: what it computes of these, of what the kernel and the followers before it computed.
        accesses: what it reads besides.
        kept: whether what it computes is stored.
    """

    operation: str
    out: Access
    term: Term
    accesses: list[Access]
    kept: bool = True


@dataclass
class Kernel:
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
        nodes: its members and its followers', for reports.
        followers: what is computed from each number while it is at hand, in order.
        kept: whether the number itself is stored.
        stage: before which loose scalars it runs.

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
    followers: list[Follower] = field(default_factory=list)
    kept: bool = True
    stage: int = 0

    @property
    def batched(self) -> bool:
        """Whether it computes each member for every row of the batch."""
        return self.out.buffer.per_row

    @property
    def reads(self) -> list[Access]:
        """All that it reads from memory."""
        parts: list[Segment | Follower] = [*self.segments, *self.followers]
        return [access for part in parts for access in part.accesses]

    @property
    def writes(self) -> list[Access]:
        """What it computes, its own numbers first, whether they are stored or not."""
        return [self.out, *(f.out for f in self.followers)]

    @property
    def place_of_puts(self) -> Access:
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


@dataclass
class Plan:
    """All kernels of a program in order, and the buffers between them.

    Attributes:
        kernels: in an order in which they can run.
        sizes: how many numbers the buffer of a class holds, or how many of each row of the batch.
        constants: the numbers in each buffer of constants.
        inlined: how many classes melted into their users.
        classes: the classes.
        homes: of each class the buffer in which it is found, if any.
        address: of each node its place in that buffer.
        items: of each class of columns or scatters how the items lie.
        program: what the kernels compute; loose scalars are inputs of it.
        loose: what is computed by tables instead.
    """

    kernels: list[Kernel]
    sizes: dict[Buffer, int]
    constants: dict[Buffer, np.ndarray]
    inlined: int
    classes: Classes
    homes: list[Buffer | None]
    address: Ints
    items: dict[int, Spaced]
    program: Program
    loose: list[Loose] = field(default_factory=list)


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
