"""The loop program: what the machine does, as data that schedulers make and printers print.

    function    nests, one after the other; a function that sums over rows is told whether its chunk
                of rows is the first one
    nest        what it computes, for people; statements
    statement   for index in start..stop: statements
                local = expression
                local += expression       or the larger of the two, with `largest`
                local = sum local         the sum of the parts that a loop over vectors has left
                then: ends                what is done with these numbers, and comes last
    end         local = expression
                at = expression
                at += expression          the sum so far, which begins in the first chunk of rows
                at[at; size] += expression   an item that a number says (scatter-add)
    expression  number | local | at | operation expressions | at[at; size] (gather)
    at          buffer[place], or buffer[place, row] where each row of the batch has its own
    place       constant + stride * index + ..., or + stride * table[place]
    index       m     members that no axis covers       i0 i1 ...  the axes of a class's members
                r     the rows of a chunk               k0 k1 ...  the axes of a sum's terms

A loop has either loops inside, or the statements of a tile: these begin with a local, end with
`then`, and the loops among them are sums, each around one `+=`.

A loop may take several turns at once: `lanes` of them are the numbers of one vector, of which there
are `unroll`. Turns at once do not depend on each other. A statement is done for all of them before
the next one begins, but what is behind `then` is done for one vector after the other. A sum over
several turns at once is made in as many parts; `sum` adds up those of its vectors. At most one of
the loops around a statement has lanes.

In a gather or scatter-add, `at[at; size]` is the item, of so many, that the second number says; a
number that is no place counts as the nearest one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jangrad.compiler.plan.nests import Const, Spaced
from jangrad.compiler.plan.pool import Loose
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.codes import LARGEST, SUM
from jangrad.compiler.program.ir import OPERATIONS, Ints


class Index(NamedTuple):
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


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """A number of a table of addresses."""

    table: Ints
    place: Affine

    def __str__(self) -> str:
        return f"table{self.table.size}[{self.place}]"


@dataclass(frozen=True, slots=True)
class Affine:
    """A constant, and so many times each index or number of a table."""

    constant: int
    parts: tuple[tuple[Index | Lookup, int], ...] = ()

    def stride(self, index: Index | None) -> int | None:
        """How far it moves a turn of this index; None where a table says so."""
        total = 0
        for symbol, stride in self.parts:
            if symbol == index:
                total += stride
            elif isinstance(symbol, Lookup) and symbol.place.stride(index) != 0:
                return None
        return total

    def __str__(self) -> str:
        shown = [f"{symbol}" if s == 1 else f"{s} {symbol}" for symbol, s in self.parts]
        return " + ".join([*shown, *([str(self.constant)] if self.constant or not shown else [])])


@dataclass(frozen=True, slots=True)
class At:
    """A place in a buffer."""

    buffer: Buffer
    place: Affine
    row: Affine | None = None

    def __str__(self) -> str:
        row = "" if self.row is None else f", {self.row}"
        return f"{self.buffer}[{self.place}{row}]"


@dataclass(frozen=True, slots=True)
class Local:
    """A number that has a name."""

    name: str


@dataclass(frozen=True, slots=True)
class Load:
    """What lies there."""

    at: At


@dataclass(frozen=True, slots=True)
class Gather:
    """The item of a column that the number at `by` says."""

    column: At
    items: Spaced
    by: At


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the program (`OPERATIONS`)."""

    op: int
    terms: tuple[Expression, ...]


Expression = Const | Local | Load | Gather | Call


@dataclass(frozen=True, slots=True)
class Loop:
    """`stop` is a place in a table where the turns differ in number; there is one at least."""

    index: Index
    start: int
    stop: int | Lookup
    body: tuple[Statement, ...]
    unroll: int = 1
    lanes: int = 1

    @property
    def step(self) -> int:
        """How many turns are taken at once."""
        return self.unroll * self.lanes


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Update:
    """`op` is that of a sum, or of the largest."""

    name: str
    value: Expression
    op: int = SUM


@dataclass(frozen=True, slots=True)
class Fold:
    """The sum of the parts of `of`.

    `along` is a member index of which so many turns are taken at once that their sums are vectors.
    """

    name: str
    of: str
    along: Index | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """`adds` says that it is added to what the chunks of rows before have left."""

    at: At
    value: Expression
    adds: bool = False


@dataclass(frozen=True, slots=True)
class ScatterAdd:
    item: Gather
    value: Expression


@dataclass(frozen=True, slots=True)
class Epilogue:
    body: tuple[Set | Store | ScatterAdd, ...]


Statement = Loop | Set | Update | Fold | Epilogue


@dataclass(frozen=True, slots=True)
class Nest:
    """The loops of one kernel."""

    label: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """Loops that are called together.

    Attributes:
        name: what it is called.
        nests: its loops.
        sums_rows: whether it is told which chunk of rows is the first one.
        is_group: whether it has the loops of several kernels, none of them over rows.
        stage: before which irregular scalars it runs.
    """

    name: str
    nests: tuple[Nest, ...]
    sums_rows: bool = False
    is_group: bool = False
    stage: int = 0

    def __str__(self) -> str:
        head = [f"{self.name}, one function:"] * self.is_group
        return "\n".join(head + [line for nest in self.nests for line in _nest(nest)])


class Straight(NamedTuple):
    """Straight-line code for all scalars of a phase, in order, each in a register."""

    name: str

    def __str__(self) -> str:
        return f"{self.name}: straight-line code, every scalar of the program in a register"


class Irregular(NamedTuple):
    """The irregular scalars of one stage, computed from tables."""

    scalars: Loose
    stage: int

    @property
    def name(self) -> str:
        return f"stage{self.scalars.scalars}.{self.stage}"

    def __str__(self) -> str:
        first, last = self.scalars.stages[self.stage]
        records = f"records {first}..{last} of {self.scalars.buffers[1]}"
        return f"{self.name}: irregular scalars of {self.scalars.scalars}, by {records}"


Part = Function | Straight | Irregular


@dataclass(frozen=True)
class LoopProgram:
    """All that the machine does.

    Attributes:
        once, rows, after: what runs once, for each chunk of rows, and behind the rows; in order.
        sizes: how many places each buffer has.
        constants: what is in those that are not written.
        chunk: how many rows are computed at once.
    """

    once: list[Part]
    rows: list[Part]
    after: list[Part]
    sizes: dict[Buffer, int]
    constants: dict[Buffer, Any]
    chunk: int

    @property
    def phases(self) -> tuple[list[Part], list[Part], list[Part]]:
        return self.once, self.rows, self.after

    @property
    def functions(self) -> list[Function]:
        """Those that are loops."""
        return [part for phase in self.phases for part in phase if isinstance(part, Function)]

    def __str__(self) -> str:
        holders: dict[str, list[str]] = {}
        for buffer, size in self.sizes.items():
            if size:
                each = ", for every row" if buffer.per_row else ""
                holders.setdefault(f"{buffer.role}{each}", []).append(f"{buffer}[{size}]")
        lines = [f"{role}: {' '.join(buffers)}" for role, buffers in holders.items()]
        for title, phase in zip(
            ("once", f"for each {self.chunk} rows", "at the end"), self.phases, strict=True
        ):
            if phase:
                lines += ["", f"-- {title}", *map(str, phase)]
        return "\n".join(lines)


# -- for people -----------------------------------------------------------------------------------


def _nest(nest: Nest) -> Iterator[str]:
    yield f"{nest.label}:"
    yield from _lines(nest.body, "  ")


def _lines(body: Sequence[Statement | Store | ScatterAdd], indent: str) -> Iterator[str]:
    for s in body:
        if isinstance(s, Loop):
            at_once = " x ".join(
                [f"{s.unroll}"] * (s.unroll > 1) + [f"a vector of {s.lanes}"] * (s.lanes > 1)
            )
            yield f"{indent}for {s.index} in {s.start}..{s.stop}" + (
                f", {at_once} at once:" if at_once else ":"
            )
            yield from _lines(s.body, indent + "  ")
        elif isinstance(s, Epilogue):
            yield f"{indent}then:"
            yield from _lines(s.body, indent + "  ")
        elif isinstance(s, Set):
            yield f"{indent}{s.name} = {_text(s.value)}"
        elif isinstance(s, Update) and s.op == LARGEST:
            yield f"{indent}{s.name} = largest({s.name}, {_text(s.value)})"
        elif isinstance(s, Update):
            yield f"{indent}{s.name} += {_text(s.value)}"
        elif isinstance(s, Fold):
            yield f"{indent}{s.name} = sum {s.of}"
        elif isinstance(s, Store):
            yield f"{indent}{s.at} {'+=' if s.adds else '='} {_text(s.value)}"
        else:
            yield f"{indent}{_text(s.item)} += {_text(s.value)}"


def _text(e: Expression) -> str:
    if isinstance(e, Const):
        return f"{e.number:.17g}"
    if isinstance(e, Local):
        return e.name
    if isinstance(e, Load):
        return str(e.at)
    if isinstance(e, Gather):
        return f"{e.column}[{e.by}; {e.items.size}]"
    terms, name = [_text(t) for t in e.terms], str(OPERATIONS[e.op])
    if name in ("sum", "mul"):
        return (
            f"({(' + ' if name == 'sum' else ' * ').join(terms)})" if len(terms) > 1 else terms[0]
        )
    return f"-{terms[0]}" if name == "neg" else f"{name}({', '.join(terms)})"


# -- what holds of every loop program -------------------------------------------------------------


def verify(program: LoopProgram) -> None:
    """Check a program: its loops, its locals, and that no access leaves its buffer.

    Raises:
        AssertionError: saying what is wrong, and in which function.
    """
    for function in program.functions:
        for nest in function.nests:
            try:
                _Check(program.sizes, program.chunk).block(nest.body, {}, lanes=False)
            except AssertionError as error:
                raise AssertionError(f"{function.name} ({nest.label}): {error}") from None


Range = tuple[int, int]  # the least and the largest


class _Check:
    def __init__(self, sizes: Mapping[Buffer, int], chunk: int) -> None:
        self.sizes, self.chunk = sizes, chunk

    def block(self, body: tuple[Statement, ...], indices: dict[Index, Range], lanes: bool) -> None:
        """Loops around tiles, or the statements of a tile."""
        assert body, "a loop over nothing"
        if not isinstance(body[0], Loop):
            self.tile(body, indices, lanes)
            return
        for s in body:
            assert isinstance(s, Loop), "a tile that does not begin with a local"
            inside, with_lanes = self.loop(s, indices, lanes)
            self.block(s.body, inside, with_lanes)

    def tile(self, body: tuple[Statement, ...], indices: dict[Index, Range], lanes: bool) -> None:
        known: set[str] = set()
        for s in body:
            if isinstance(s, Set):
                self.expression(s.value, indices, known)
                known.add(s.name)
            elif isinstance(s, Fold):
                assert s.of in known, f"{s.of} has no number yet"
                known = {s.name} | {name for name in known if name != s.of}
            elif isinstance(s, Epilogue):
                assert s is body[-1], "`then` comes last"
                self.epilogue(s, indices, known)
            else:
                self.sum(s, indices, known, lanes)
        assert isinstance(body[-1], Epilogue), "a tile ends with `then`"

    def sum(
        self, s: Loop | Update, indices: dict[Index, Range], known: set[str], lanes: bool
    ) -> None:
        if isinstance(s, Loop):
            indices, lanes = self.loop(s, indices, lanes)
            assert len(s.body) == 1, f"a sum over {s.index} of several things"
            (inner,) = s.body
            assert isinstance(inner, (Loop, Update)), f"a loop over {s.index} that sums nothing"
            self.sum(inner, indices, known, lanes)
            return
        assert s.name in known, f"{s.name} has no number yet"
        assert s.op in (SUM, LARGEST), f"no way to join numbers is {s.op}"
        self.expression(s.value, indices, known)

    def epilogue(self, s: Epilogue, indices: dict[Index, Range], known: set[str]) -> None:
        known = set(known)
        for each in s.body:
            self.expression(each.value, indices, known)
            if isinstance(each, Set):
                known.add(each.name)
            elif isinstance(each, Store):
                self.at(each.at, indices, written=True)
            else:
                self.at(each.item.column, indices, each.item.items, written=True)
                self.at(each.item.by, indices)

    def loop(
        self, s: Loop, indices: dict[Index, Range], lanes: bool
    ) -> tuple[dict[Index, Range], bool]:
        """The ranges of the indices inside, and whether vectors run there."""
        assert s.index not in indices, f"a loop over {s.index} inside another"
        assert not (lanes and s.lanes > 1), f"vectors along {s.index}, and along another index"
        if isinstance(s.stop, int):
            assert s.start < s.stop, f"a loop over {s.index} from {s.start} to {s.stop}"
            assert (s.stop - s.start) % s.step == 0, f"{s.index}: not so many turns at once"
            last = s.stop - 1
        else:
            assert s.step == 1, f"{s.index}: several turns at once of who knows how many"
            low, high = self.place(Affine(0, ((s.stop, 1),)), indices)
            assert low > s.start, f"a loop over {s.index} from {s.start} to {low}"
            last = high - 1
        return {**indices, s.index: (s.start, last)}, lanes or s.lanes > 1

    def expression(self, e: Expression, indices: dict[Index, Range], known: set[str]) -> None:
        if isinstance(e, Local):
            assert e.name in known, f"{e.name} has no number yet"
        elif isinstance(e, Load):
            self.at(e.at, indices)
        elif isinstance(e, Gather):
            self.at(e.column, indices, e.items)
            self.at(e.by, indices)
        elif isinstance(e, Call):
            for term in e.terms:
                self.expression(term, indices, known)

    def at(
        self,
        at: At,
        indices: dict[Index, Range],
        items: Spaced | None = None,
        *,
        written: bool = False,
    ) -> None:
        assert at.buffer.per_row == (at.row is not None), f"{at}: one number a row, or one"
        assert not (written and at.buffer.role == "constants"), f"{at} is written"
        low, high = self.place(at.place, indices)
        if items is not None:
            far = (items.size - 1) * items.stride
            low, high = low + min(far, 0), high + max(far, 0)
        size = self.sizes[at.buffer._replace(thread=0)]  # those of all threads are alike
        assert 0 <= low <= high < size, f"{at}: from {low} to {high}, of {size}"
        if at.row is not None:
            low, high = self.place(at.row, indices)
            assert 0 <= low <= high < self.chunk, f"{at}: row {high} of {self.chunk}"

    def place(self, place: Affine, indices: dict[Index, Range]) -> Range:
        low = high = place.constant
        for symbol, stride in place.parts:
            if isinstance(symbol, Lookup):
                first, last = self.place(symbol.place, indices)
                assert 0 <= first <= last < symbol.table.size, f"{symbol} is read at {last}"
                found: Any = symbol.table.ravel()[first : last + 1]
                ends = int(found.min()) * stride, int(found.max()) * stride
            else:
                assert symbol in indices, f"there is no loop over {symbol}"
                ends = tuple(end * stride for end in indices[symbol])  # type: ignore[assignment]
            low, high = low + min(ends), high + max(ends)
        return low, high
