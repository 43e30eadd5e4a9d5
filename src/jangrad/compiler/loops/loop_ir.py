"""The loop program: what the machine does, as data that schedulers make and printers print.

    program     functions that run once, for each chunk of rows, and behind the rows; buffers
    superstep   functions of the first thread, and functions of each thread for a slice
    function    nests, one after the other; a function that sums over rows is told whether its chunk
                of rows is the first one
    nest        what it computes, for people; statements
    statement   for index in start..stop: statements
                local = expression
                local += expression       or the larger of the two, with `largest`
                local = sum local         the sum of the parts that a loop over vectors has left,
                                          or the largest of them
                then: ends                what is done with these numbers, and comes last
                in order: steps           straight-line code, with a name for every number
    end         local = expression
                at = expression
                at += expression          the sum so far, which begins in the first chunk of rows
                at[at; size] += expression   an item that a number says (scatter-add)
    step        end | nest
                buffer[place..stop] = sums over r: expressions   or += as above; side by side
    expression  number | local | at | operation expressions | at[at; size] (gather)
                expression if expression == number else expression
    at          buffer[place], or buffer[place, row] where each row of the batch has its own
    place       constant + stride * coordinate + ...
    coordinate  index | table[place] | field | field * index, where a record has fields
    index       m     members that no axis covers       i0 i1 ...  the axes of a class's members
                r     the rows of a chunk               k0 k1 ...  the axes of a sum's terms

A loop has either loops inside, or straight-line code, or the statements of a tile: these begin with
a local, end with `then`, and the loops among them are sums, each around one `+=`.

A loop may take several turns at once: `lanes` of them are the numbers of one vector, of which there
are `unroll`. Turns at once do not depend on each other. A statement is done for all of them before
the next one begins, but what is behind `then` is done for one vector after the other. A sum over
several turns at once is made in as many parts; `sum` adds up those of its vectors. At most one of
the loops around a statement has lanes. Each step of straight-line code is done for all turns of the
loop around it before the next one begins, a nest once for all of them.

Several threads run it each for its own rows. Behind these they take supersteps, with a barrier
before each; a function there that sums over rows is called for the rows of each thread in turn.

Irregular nodes are computed from a table of records, one after the other. A record says which
function computes them, and its other numbers are the fields in the places and loops of that.

In a gather or scatter-add, `at[at; size]` is the item, of so many, that the second number says; a
number that is no place counts as the nearest one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jangrad.compiler.plan.gather_program import GatherProgram
from jangrad.compiler.plan.nests import Const, Strided
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.ir import Ints
from jangrad.record import Record


class Index(Record):
    """What a loop counts.

    Attributes:
        kind: "group" (of members that no axis covers), "member", "term", or "row" of the batch.
        axis: which axis of the members, or of the terms.
    """

    kind: str
    axis: int = 0

    def __str__(self) -> str:
        return {"group": "m", "row": "r", "member": f"i{self.axis}", "term": f"k{self.axis}"}[
            self.kind
        ]


GROUP, ROW = Index("group"), Index("row")


class Field(Record):
    """A number of the record that a function is called for; times an index, if one is given."""

    name: str
    times: Index | None = None

    def __str__(self) -> str:
        return self.name if self.times is None else f"{self.name} {self.times}"


class Lookup(Record):
    """A number of a table of addresses: of one that is known, or of that of the records."""

    table: Ints | Buffer
    place: Affine

    def __str__(self) -> str:
        name = self.table if isinstance(self.table, Buffer) else f"table{self.table.size}"
        return f"{name}[{self.place}]"


#: What a place is told by, beside numbers.
Coordinate = Index | Lookup | Field


class Affine(Record):
    """A constant, and so many times each coordinate."""

    constant: int
    parts: tuple[tuple[Coordinate, int], ...] = ()

    def stride(self, index: Index | None) -> int | None:
        """How far it moves a turn of this index; None where a table or a record says so."""
        total = 0
        for symbol, stride in self.parts:
            if isinstance(symbol, Lookup):
                if symbol.place.stride(index) != 0:
                    return None
            elif isinstance(symbol, Field):
                if index is not None and symbol.times == index:
                    return None
            elif symbol == index:
                total += stride
        return total

    def __str__(self) -> str:
        shown = [f"{symbol}" if s == 1 else f"{s} {symbol}" for symbol, s in self.parts]
        return " + ".join([*shown, *([str(self.constant)] if self.constant or not shown else [])])


class At(Record):
    """A place in a buffer."""

    buffer: Buffer
    place: Affine
    row: Affine | None = None

    def __str__(self) -> str:
        row = "" if self.row is None else f", {self.row}"
        return f"{self.buffer}[{self.place}{row}]"


class Local(Record):
    """A number that has a name."""

    name: str


class Load(Record):
    """What lies there."""

    at: At


class Gather(Record):
    """The item of an array that the number at `by` says."""

    array: At
    items: Strided
    by: At


class Call(Record):
    """An operation of the program (`OPERATIONS`)."""

    op: int
    terms: tuple[Expression, ...]


class Select(Record):
    """`equal` where `of` is this number, else `other`."""

    of: Expression
    number: float
    equal: Expression
    other: Expression


Expression = Const | Local | Load | Gather | Call | Select


class Loop(Record):
    """`stop` says how many turns there are, one at least, where that is no known number."""

    over: Index
    start: int
    stop: int | Lookup | Field
    body: tuple[Statement, ...]
    unroll: int = 1
    lanes: int = 1

    @property
    def step(self) -> int:
        """How many turns are taken at once."""
        return self.unroll * self.lanes


class Set(Record):
    name: str
    value: Expression


class Update(Record):
    """`op` is that of a sum, or of the largest."""

    name: str
    value: Expression
    op: int = SUM


class Fold(Record):
    """The sum of the parts of `of`, or the largest of them.

    `along` is a member index of which so many turns are taken at once that their sums are vectors.
    Sums are added in any order, unless they are to be `in_order`.
    """

    name: str
    of: str
    along: Index | None = None
    op: int = SUM
    in_order: bool = False


class Store(Record):
    """`adds` says that it is added to what the chunks of rows before have left."""

    at: At
    value: Expression
    adds: bool = False


class ScatterAdd(Record):
    item: Gather
    value: Expression


class Epilogue(Record):
    body: tuple[Set | Store | ScatterAdd, ...]


class RowSums(Record):
    """Sums over the rows of a chunk, stored side by side from `at` on; `adds` is as for `Store`."""

    at: At
    values: tuple[Expression, ...]
    adds: bool = False


class Straight(Record):
    """Straight-line code. What all rows share is loaded where it is used: registers are few."""

    steps: tuple[Step, ...]


Statement = Loop | Set | Update | Fold | Epilogue | Straight


class Nest(Record):
    """The loops of one kernel, or the straight-line code of many."""

    label: str
    body: tuple[Statement, ...]


Step = Set | Store | ScatterAdd | RowSums | Nest


class Function(Record):
    """Loops that are called together.

    Attributes:
        name: what it is called.
        nests: its loops.
        sums_rows: whether it is told which chunk of rows is the first one.
        is_group: whether it has the loops of several kernels, none of them over rows.
        wavefront: before which irregular nodes it runs.
        fields: the numbers of a record that it is called with.
    """

    name: str
    nests: tuple[Nest, ...]
    sums_rows: bool = False
    is_group: bool = False
    wavefront: int = 0
    fields: tuple[str, ...] = ()


class Irregular(Record):
    """The irregular nodes of one wavefront, computed by functions that records name."""

    scalars: GatherProgram
    functions: tuple[Function, ...]
    wavefront: int

    @property
    def name(self) -> str:
        return f"wavefront{self.scalars.scalars}.{self.wavefront}"

    def records(self) -> Iterator[tuple[Function, dict[str, int]]]:
        """The functions that are called, in order, and with which fields."""
        first, last = self.scalars.wavefronts[self.wavefront]
        for which, *fields in self.scalars.records[first:last].tolist():
            function = self.functions[which]
            yield function, dict(zip(function.fields, fields, strict=True))


class Share(Record):
    """What the first thread does alone, or each thread on a slice of the numbers.

    Attributes:
        functions: those of the first thread in order; or that of all slices, and that of the last
            one if it is another.
        moves: how far it is in each buffer from the slice of a thread to that of the next; empty
            for what the first thread does alone.
    """

    functions: tuple[Function, ...]
    moves: dict[Buffer, int]


class Superstep(Record):
    """What threads do from one barrier to the next; none needs what another does meanwhile."""

    shares: tuple[Share, ...]


Part = Function | Irregular | Superstep


class LoopProgram(Record):
    """All that the machine does.

    Attributes:
        once, rows, after: what runs once, for each chunk of rows, and behind the rows; in order.
        sizes: how many places each buffer has.
        constants: what is in those that are not written.
        chunk: how many rows are computed at once.
        threads: how many run it, each over its own rows; what is behind these they share.
    """

    once: list[Part]
    rows: list[Part]
    after: list[Part]
    sizes: dict[Buffer, int]
    constants: dict[Buffer, Any]
    chunk: int
    threads: int = 1

    @property
    def phases(self) -> tuple[list[Part], list[Part], list[Part]]:
        return self.once, self.rows, self.after

    @property
    def functions(self) -> list[Function]:
        """Those that are loops."""
        return [part for phase in self.phases for part in phase if isinstance(part, Function)]

    @property
    def irregular(self) -> list[Irregular]:
        """Those that are irregular nodes."""
        return [part for phase in self.phases for part in phase if isinstance(part, Irregular)]
