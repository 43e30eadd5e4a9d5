"""A loop program, one turn after the other, in plain floats: slow, obvious, the tests' oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.buffers import WHOLE_INPUTS, Buffer
from jangrad.compiler.program.interpret import evaluate

#: Of each buffer its numbers: places, or places and rows where each row has its own.
Memory = Mapping[Buffer, Any]


def run(part: ir.Part, memory: Memory, first: bool = True, threads: int = 1) -> None:
    """Run a part of a program on these numbers.

    Args:
        part: what to run: loops, irregular nodes, or a superstep of threads.
        memory: what it reads and writes, shape (places,) or (places, rows).
        first: whether no chunk of rows came before.
        threads: how many make a superstep, one after the other.
    """
    if isinstance(part, ir.Superstep):
        for share in part.shares:
            _run_share(share, memory, threads)
        return
    if isinstance(part, ir.Irregular):
        tables = {part.scalars.buffers[1]: part.scalars.tables}
        for function, fields in part.records():
            for nest in function.nests:
                _Run({**memory, **tables}, first, fields).block(nest.body, {}, {})
        return
    for nest in part.nests:
        _Run(memory, first, {}).block(nest.body, {}, {})


def _run_share(share: ir.Share, memory: Memory, threads: int) -> None:
    """The slices of all threads, or what the first one does alone."""
    for thread in range(threads if share.moves else 1):
        functions = share.functions
        if share.moves:
            functions = functions[-1:] if thread == threads - 1 else functions[:1]
        for function in functions:
            for whose in range(threads if function.sums_rows else 1):
                mine = {b: memory[b.of(whose)] for b in memory if not b.thread or not b.per_row}
                mine |= {b: _from(b, mine[b], step * thread) for b, step in share.moves.items()}
                run(function, mine, whose == 0)


def _from(buffer: Buffer, numbers: Any, moved: int) -> Any:
    """The places of a buffer so many numbers further on."""
    each = numbers.shape[1] if buffer.per_row and buffer != WHOLE_INPUTS else 1
    return numbers[moved // each :]


class _Run:
    def __init__(self, memory: Memory, first: bool, fields: Mapping[str, int]) -> None:
        self.memory, self.first, self.fields = memory, first, fields

    def block(
        self,
        body: Sequence[ir.Statement | ir.Store | ir.ScatterAdd],
        turn: dict[ir.Index, int],
        known: dict[str, float],
    ) -> None:
        """Statements, where the loops around stand at a turn and these locals are known."""
        for s in body:
            if isinstance(s, ir.Loop) and isinstance(s.body[0], ir.Straight):
                assert isinstance(s.stop, int)
                turns = [{**turn, s.over: i} for i in range(s.start, s.stop)]
                self.straight(s.body[0], turns)
            elif isinstance(s, ir.Straight):
                self.straight(s, [turn])
            elif isinstance(s, ir.Loop):
                stop = s.stop if isinstance(s.stop, int) else self.symbol(s.stop, turn)
                for i in range(s.start, stop):
                    self.block(s.body, {**turn, s.over: i}, known)
            elif isinstance(s, ir.Set):
                known[s.name] = self.value(s.value, turn, known)
            elif isinstance(s, ir.Update):
                known[s.name] = evaluate(s.op, [known[s.name], self.value(s.value, turn, known)])
            elif isinstance(s, ir.Fold):
                known[s.name] = known[s.of]
            elif isinstance(s, ir.Epilogue):
                self.block(s.body, turn, known)
            elif isinstance(s, ir.Store):
                value = self.value(s.value, turn, known)
                earlier = 0.0 if self.first or not s.adds else self.load(s.at, turn)
                self.memory[s.at.buffer][self.where(s.at, turn)] = earlier + value
            else:
                value = self.value(s.value, turn, known)
                self.memory[s.item.array.buffer][self.item(s.item, turn)] += value

    def straight(self, s: ir.Straight, turns: Sequence[dict[ir.Index, int]]) -> None:
        """Each step for all turns before the next one; a nest once."""
        known: list[dict[str, float]] = [{} for _ in turns]
        for step in s.steps:
            if isinstance(step, ir.Nest):
                self.block(step.body, {}, {})
            elif isinstance(step, ir.RowSums):
                place = self.place(step.at.place, {})
                for k, e in enumerate(step.values):
                    rows = zip(turns, known, strict=True)
                    total = sum(self.value(e, turn, mine) for turn, mine in rows)
                    adds = step.adds and not self.first
                    numbers = self.memory[step.at.buffer]
                    numbers[place + k] = numbers[place + k] + total if adds else total
            else:
                for turn, mine in zip(turns, known, strict=True):
                    self.block([step], turn, mine)

    def value(self, e: ir.Expression, turn: dict[ir.Index, int], known: dict[str, float]) -> float:
        if isinstance(e, Const):
            return e.number
        if isinstance(e, ir.Local):
            return known[e.name]
        if isinstance(e, ir.Load):
            return self.load(e.at, turn)
        if isinstance(e, ir.Gather):
            return float(self.memory[e.array.buffer][self.item(e, turn)])
        if isinstance(e, ir.Select):
            chosen = self.value(e.of, turn, known) == e.number
            return self.value(e.equal if chosen else e.other, turn, known)
        return float(evaluate(e.op, [self.value(term, turn, known) for term in e.terms]))

    def load(self, at: ir.At, turn: dict[ir.Index, int]) -> float:
        return float(self.memory[at.buffer][self.where(at, turn)])

    def item(self, e: ir.Gather, turn: dict[ir.Index, int]) -> tuple[int, ...]:
        """Where the item is that is told; the nearest one, if there is none of that number."""
        place, *row = self.where(e.array, turn)
        told = self.load(e.by, turn)
        index = int(min(max(told, 0.0), e.items.size - 1.0)) if told == told else 0
        return (place + index * e.items.stride, *row)

    def where(self, at: ir.At, turn: dict[ir.Index, int]) -> tuple[int, ...]:
        place = self.place(at.place, turn)
        return (place,) if at.row is None else (place, self.place(at.row, turn))

    def place(self, place: ir.Affine, turn: dict[ir.Index, int]) -> int:
        total = place.constant
        for symbol, stride in place.parts:
            total += stride * self.symbol(symbol, turn)
        return total

    def symbol(self, symbol: ir.Coordinate, turn: dict[ir.Index, int]) -> int:
        if isinstance(symbol, ir.Lookup):
            table = symbol.table
            table = self.memory[table] if isinstance(table, Buffer) else table
            return int(table.ravel()[self.place(symbol.place, turn)])
        if isinstance(symbol, ir.Field):
            return self.fields[symbol.name] * (1 if symbol.times is None else turn[symbol.times])
        return turn[symbol]
