"""What loop programs read and write, and which of their numbers need no place of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from jangrad.compiler.exporting import PARAMETERS, Buffer, Ints
from jangrad.compiler.exporting import loop_ir as ir

Ends = ir.Set | ir.Store | ir.ScatterAdd
Range = tuple[int, int]  # the least and the largest


def nests_of(loops: ir.LoopProgram) -> Iterator[ir.Nest]:
    """The nests in order."""
    for phase in loops.phases:
        for part in phase:
            assert isinstance(part, ir.Function), "nothing else was asked for"
            yield from part.nests


def span(place: ir.Affine, ranges: Mapping[ir.Index, Range]) -> Range:
    """The least and the largest that a place can be."""
    low = high = place.constant
    for symbol, stride in place.parts:
        if isinstance(symbol, ir.Index):
            ends = ranges[symbol]
        else:
            table = table_of(symbol)
            ends = int(table.min()), int(table.max())
        low += min(stride * end for end in ends)
        high += max(stride * end for end in ends)
    return low, high


def row_and_column(place: ir.Affine, start: int, columns: int) -> tuple[ir.Affine, ir.Affine]:
    """Where a place is in a matrix that lies row after row; no stride is negative.

    Args:
        place: it.
        start: where the matrix begins.
        columns: how many it has.
    """
    row, column = divmod(place.constant - start, columns)
    parts = [(symbol, divmod(stride, columns)) for symbol, stride in place.parts]
    return (
        ir.Affine(row, tuple((symbol, rows) for symbol, (rows, _) in parts if rows)),
        ir.Affine(column, tuple((symbol, steps) for symbol, (_, steps) in parts if steps)),
    )


def table_of(symbol: ir.Lookup | ir.Field) -> Ints:
    """The numbers of a table that is known, as all are here."""
    assert isinstance(symbol, ir.Lookup), "nothing is computed by records"
    assert not isinstance(symbol.table, Buffer), "nor from their tables"
    return symbol.table


class ParameterAccess(NamedTuple):
    """Where loops read or write parameters.

    Attributes:
        by: the expression that reads them, or the statement that writes.
        place: where they are, in all turns of the loops around.
        reach: how far beyond each place an item may be that a number picks.
        ranges: what the loops around count, the innermost last.
    """

    by: ir.Expression | ir.Store
    place: ir.Affine
    reach: int
    ranges: Mapping[ir.Index, Range]

    @property
    def ends(self) -> Range:
        """The first and the last parameter that it may touch."""
        low, high = span(self.place, self.ranges)
        return min(low, low + self.reach), max(high, high + self.reach)


def accesses_to_parameters(loops: ir.LoopProgram) -> Iterator[ParameterAccess]:
    """Each of them."""

    def visit(
        body: Sequence[ir.Statement | Ends], ranges: dict[ir.Index, Range]
    ) -> Iterator[ParameterAccess]:
        for s in body:
            if isinstance(s, ir.Loop):
                stop = s.stop if isinstance(s.stop, int) else int(table_of(s.stop).max())
                yield from visit(s.body, {**ranges, s.over: (s.start, stop - 1)})
            elif isinstance(s, ir.Epilogue):
                yield from visit(s.body, ranges)
            elif not isinstance(s, (ir.Fold, ir.Straight)):
                found: list[tuple[ir.Expression | ir.Store, ir.At, int]] = [*_ats(s.value)]
                found += [(s, s.at, 0)] if isinstance(s, ir.Store) else []
                for by, at, reach in found:
                    if at.buffer == PARAMETERS:
                        yield ParameterAccess(by, at.place, reach, ranges)

    for nest in nests_of(loops):
        yield from visit(nest.body, {})


def _ats(e: ir.Expression) -> Iterator[tuple[ir.Expression, ir.At, int]]:
    """What reads inside of an expression, what it reads, and how far beyond each place."""
    if isinstance(e, ir.Load):
        yield e, e.at, 0
    elif isinstance(e, ir.Gather):
        yield e, e.by, 0
        yield e, e.array, (e.items.size - 1) * e.items.stride
    elif isinstance(e, ir.Call):
        for term in e.terms:
            yield from _ats(term)


def each_of(body: Sequence[ir.Statement | Ends]) -> Iterator[ir.Statement | Ends]:
    """All statements, those in loops too."""
    for s in body:
        yield s
        if isinstance(s, (ir.Loop, ir.Epilogue)):
            yield from each_of(s.body)


def label_of(nest: ir.Nest) -> tuple[str, list[str]]:
    """The name of a kernel, and what it and what is fused compute."""
    kernel, _, told = nest.label.partition(": ")
    return kernel, told.partition(" of ")[2].split(", then ")


def stores_in(nest: ir.Nest) -> Iterator[tuple[Buffer, str]]:
    """Where a nest stores, or adds to an item, and a name for what is stored."""
    _, operations = label_of(nest)
    for s in each_of(nest.body):
        if isinstance(s, ir.Store):
            name = s.value.name if isinstance(s.value, ir.Local) else ""
            yield s.at.buffer, word_of(operations[int(name[1:]) if name[:1] == "f" else 0])
        elif isinstance(s, ir.ScatterAdd):
            yield s.item.array.buffer, word_of(operations[0])


def written_once(loops: ir.LoopProgram) -> dict[Buffer, str]:
    """Buffers of one number that one statement outside of loops writes, with a name for each."""
    times: Counter[Buffer] = Counter()
    outside: dict[Buffer, str] = {}
    for nest in nests_of(loops):
        for buffer, said in stores_in(nest):
            times[buffer] += 1
            outside.setdefault(buffer, said)
        for s in nest.body:
            if isinstance(s, ir.Loop):
                for buffer, _ in stores_in(ir.Nest(nest.label, (s,))):
                    times[buffer] += 1  # for each of its turns
    return {
        buffer: said
        for buffer, said in outside.items()
        if times[buffer] == 1 and loops.sizes[buffer] == 1
        if buffer.role in ("scratch", "results")
    }


def word_of(operation: str) -> str:
    """A name for what an operation computes: `relu'0` gives `relu_slope`."""
    name, _, slope = operation.partition("'")
    return f"{name}_reaches" if slope.endswith("?") else f"{name}_slope" if slope else name


def is_inlined(name: str, rest: Sequence[ir.Statement | Ends]) -> bool:
    """Whether a local is used once, and not in a loop nor behind something that is stored."""
    uses = 0
    stored = False
    for s in rest:
        if isinstance(s, ir.Loop):
            if any(_uses(each, name) for each in each_of(s.body)):
                return False
            continue
        here = _uses(s, name)
        if here and stored:
            return False
        uses += here
        stored = stored or isinstance(s, (ir.Store, ir.ScatterAdd))
    return uses == 1


def _uses(s: ir.Statement | Ends, name: str) -> int:
    if isinstance(s, ir.Fold):
        return 2 * (s.of == name)
    if isinstance(s, (ir.Loop, ir.Epilogue, ir.Straight)):
        return 0
    return _count(s.value, name)


def _count(e: ir.Expression, name: str) -> int:
    if isinstance(e, ir.Local):
        return int(e.name == name)
    return sum(_count(term, name) for term in e.terms) if isinstance(e, ir.Call) else 0
