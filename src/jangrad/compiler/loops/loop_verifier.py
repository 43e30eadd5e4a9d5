"""What holds of every loop program: its grammar, and that no access leaves its buffer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.plan.nests import Strided
from jangrad.compiler.program.buffers import WHOLE_INPUTS, Buffer
from jangrad.compiler.program.codes import REDUCE_MAX, SUM
from jangrad.compiler.program.ir import Ints


def verify(program: ir.LoopProgram) -> None:
    """Check a program: its loops, its locals, and that no access leaves its buffer.

    Raises:
        AssertionError: saying what is wrong, and in which function.
    """
    for function in program.functions:
        _verify(function, _Check(program.sizes, program.chunk))
    steps = (part for part in program.after if isinstance(part, ir.Superstep))
    for share in (share for step in steps for share in step.shares):
        assert len(share.functions) <= 2 or not share.moves, "a slice for all, and one for the last"
        for function in share.functions:
            _verify(function, _Check(program.sizes, program.chunk))
            is_last = function is share.functions[-1]
            further = program.threads - (1 if is_last else 2)
            moved = {buffer: step * further for buffer, step in share.moves.items()}
            _verify(function, _Check(program.sizes, program.chunk, moved=moved))
    for part in program.irregular:
        tables = {part.scalars.buffers[1]: part.scalars.tables}
        for function, fields in part.records():
            _verify(function, _Check(program.sizes, program.chunk, fields, tables))


def _verify(function: ir.Function, check: _Check) -> None:
    for nest in function.nests:
        try:
            check.block(nest.body, {}, lanes=False)
        except AssertionError as error:
            raise AssertionError(f"{function.name} ({nest.label}): {error}") from None


Range = tuple[int, int]  # the least and the largest
Ranges = dict[ir.Index, Range]


class _Check:
    def __init__(
        self,
        sizes: Mapping[Buffer, int],
        chunk: int,
        fields: Mapping[str, int] | None = None,
        tables: Mapping[Buffer, Ints] | None = None,
        moved: Mapping[Buffer, int] | None = None,
    ) -> None:
        self.sizes, self.chunk, self.moved = sizes, chunk, moved or {}
        self.fields, self.tables = fields or {}, tables or {}

    def block(self, body: tuple[ir.Statement, ...], indices: Ranges, lanes: bool) -> None:
        """Loops around tiles, or the statements of a tile."""
        assert body, "a loop over nothing"
        if isinstance(body[0], ir.Straight):
            assert len(body) == 1, "straight-line code beside other statements"
            self.straight(body[0], indices)
            return
        if not isinstance(body[0], ir.Loop):
            self.tile(body, indices, lanes)
            return
        for s in body:
            assert isinstance(s, ir.Loop), "a tile that does not begin with a local"
            inside, with_lanes = self.loop(s, indices, lanes)
            self.block(s.body, inside, with_lanes)

    def tile(self, body: tuple[ir.Statement, ...], indices: Ranges, lanes: bool) -> None:
        known: set[str] = set()
        for s in body:
            if isinstance(s, ir.Set):
                self.expression(s.value, indices, known)
                known.add(s.name)
            elif isinstance(s, ir.Fold):
                assert s.of in known, f"{s.of} has no number yet"
                # Where the sums of neighbours become a vector, no other local has such vectors.
                known = {s.name} | (known - {s.of} if s.along is None else set())
            elif isinstance(s, ir.Epilogue):
                assert s is body[-1], "`then` comes last"
                self.epilogue(s, indices, known)
            else:
                assert not isinstance(s, ir.Straight), "straight-line code beside other statements"
                self.sum(s, indices, known, lanes)
        assert isinstance(body[-1], ir.Epilogue), "a tile ends with `then`"

    def straight(self, s: ir.Straight, indices: Ranges) -> None:
        known: set[str] = set()
        for step in s.steps:
            if isinstance(step, ir.Nest):
                self.block(step.body, {}, lanes=False)
            elif isinstance(step, ir.RowSums):
                assert ir.ROW in indices, f"{step.at}: sums over rows, of which there are none"
                for value in step.values:
                    self.expression(value, indices, known)
                self.at(step.at, {}, Strided(len(step.values), 1), written=True)
            else:
                assert not (isinstance(step, ir.Set) and step.name in known), f"{step.name} twice"
                self.end(step, indices, known)

    def sum(self, s: ir.Loop | ir.Update, indices: Ranges, known: set[str], lanes: bool) -> None:
        if isinstance(s, ir.Loop):
            indices, lanes = self.loop(s, indices, lanes)
            assert len(s.body) == 1, f"a sum over {s.over} of several things"
            (inner,) = s.body
            what = f"a loop over {s.over} that sums nothing"
            assert isinstance(inner, (ir.Loop, ir.Update)), what
            self.sum(inner, indices, known, lanes)
            return
        assert s.name in known, f"{s.name} has no number yet"
        assert s.op in (SUM, REDUCE_MAX), f"no way to join numbers is {s.op}"
        self.expression(s.value, indices, known)

    def epilogue(self, s: ir.Epilogue, indices: Ranges, known: set[str]) -> None:
        known = set(known)
        for each in s.body:
            self.end(each, indices, known)

    def end(self, s: ir.Set | ir.Store | ir.ScatterAdd, indices: Ranges, known: set[str]) -> None:
        self.expression(s.value, indices, known)
        if isinstance(s, ir.Set):
            known.add(s.name)
        elif isinstance(s, ir.Store):
            self.at(s.at, indices, written=True)
        else:
            self.at(s.item.array, indices, s.item.items, written=True)
            self.at(s.item.by, indices)

    def loop(self, s: ir.Loop, indices: Ranges, lanes: bool) -> tuple[Ranges, bool]:
        """The ranges of the indices inside, and whether vectors run there."""
        assert s.over not in indices, f"a loop over {s.over} inside another"
        assert not (lanes and s.lanes > 1), f"vectors along {s.over}, and along another index"
        if isinstance(s.stop, int):
            assert s.start < s.stop, f"a loop over {s.over} from {s.start} to {s.stop}"
            assert (s.stop - s.start) % s.step == 0, f"{s.over}: not so many turns at once"
            last = s.stop - 1
        else:
            assert s.step == 1, f"{s.over}: several turns at once of who knows how many"
            low, high = self.place(ir.Affine(0, ((s.stop, 1),)), indices)
            assert low > s.start, f"a loop over {s.over} from {s.start} to {low}"
            last = high - 1
        return {**indices, s.over: (s.start, last)}, lanes or s.lanes > 1

    def expression(self, e: ir.Expression, indices: Ranges, known: set[str]) -> None:
        if isinstance(e, ir.Local):
            assert e.name in known, f"{e.name} has no number yet"
        elif isinstance(e, ir.Load):
            self.at(e.at, indices)
        elif isinstance(e, ir.Gather):
            self.at(e.array, indices, e.items)
            self.at(e.by, indices)
        elif isinstance(e, (ir.Call, ir.Select)):
            for term in e.terms if isinstance(e, ir.Call) else (e.of, e.equal, e.other):
                self.expression(term, indices, known)

    def at(
        self,
        at: ir.At,
        indices: Ranges,
        items: Strided | None = None,
        *,
        written: bool = False,
    ) -> None:
        assert at.buffer.per_row == (at.row is not None), f"{at}: one number a row, or one"
        assert not (written and at.buffer.role == "constants"), f"{at} is written"
        low, high = self.place(at.place, indices)
        lies_whole = at.row is None or at.buffer == WHOLE_INPUTS
        further = self.moved.get(at.buffer, 0) // (1 if lies_whole else self.chunk)
        low, high = low + further, high + further
        if items is not None:
            far = (items.size - 1) * items.stride
            low, high = low + min(far, 0), high + max(far, 0)
        size = self.sizes[at.buffer._replace(thread=0)]  # those of all threads are alike
        assert 0 <= low <= high < size, f"{at}: from {low} to {high}, of {size}"
        if at.row is not None:
            low, high = self.place(at.row, indices)
            assert 0 <= low <= high < self.chunk, f"{at}: row {high} of {self.chunk}"

    def place(self, place: ir.Affine, indices: Ranges) -> Range:
        low = high = place.constant
        for symbol, stride in place.parts:
            if isinstance(symbol, ir.Lookup):
                table = symbol.table
                table = self.tables[table] if isinstance(table, Buffer) else table
                first, last = self.place(symbol.place, indices)
                assert 0 <= first <= last < table.size, f"{symbol} is read at {last}"
                found: Any = table.ravel()[first : last + 1]
                ends = int(found.min()) * stride, int(found.max()) * stride
            elif isinstance(symbol, ir.Field):
                assert symbol.name in self.fields, f"there is no record with {symbol.name}"
                turns = (1, 1)
                if symbol.times is not None:
                    assert symbol.times in indices, f"there is no loop over {symbol.times}"
                    turns = indices[symbol.times]
                times = stride * self.fields[symbol.name]
                ends = turns[0] * times, turns[1] * times
            else:
                assert symbol in indices, f"there is no loop over {symbol}"
                ends = tuple(end * stride for end in indices[symbol])  # type: ignore[assignment]
            low, high = low + min(ends), high + max(ends)
        return low, high
