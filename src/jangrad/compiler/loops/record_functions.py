"""Irregular nodes: one function for each operation, called for records of a table.

A record's nodes are ready together. They are computed a vector at a time, whose operands lie side
by side in the table; or, where every row of a batch has its own, one after the other for all rows
of a chunk. A long sum is computed from vectors of terms.
"""

from __future__ import annotations

from jangrad.compiler.loops.loop_ir import (
    ROW,
    Affine,
    At,
    Call,
    Coordinate,
    Epilogue,
    Expression,
    Field,
    Fold,
    Function,
    Index,
    Load,
    Local,
    Lookup,
    Loop,
    Nest,
    Set,
    Statement,
    Store,
    Update,
)
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan import gather_program
from jangrad.compiler.plan.gather_program import RECORD, GatherProgram
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.codes import REDUCE_MAX
from jangrad.compiler.program.ir import MANY, OPERATIONS

#: Which vector or scalar of a record, the numbers of a vector, and which term.
_VECTOR, _LANE, _TERM = Index("member", 0), Index("member", 1), Index("term", 0)
#: Of a long sum the terms of a vector.
_APART = Index("term", 1)


def functions_of_records(
    irregular: GatherProgram, target: Target, chunk: int
) -> tuple[Function, ...]:
    """The functions, by the numbers that records call them by.

    Args:
        irregular: what to compute.
        target, chunk: the machine, and how many rows are computed at once.
    """
    found = []
    for k, computed in enumerate(irregular.functions):
        body = _Scheduler(irregular, computed, target, chunk).body()
        label = f"function {k} of {irregular.scalars}: {OPERATIONS[computed.op]}"
        name = f"compute{irregular.scalars}.{k}"
        found.append(Function(name, (Nest(label, body),), fields=RECORD[1:]))
    return tuple(found)


class _Scheduler:
    def __init__(
        self,
        irregular: GatherProgram,
        computed: gather_program.Function,
        target: Target,
        chunk: int,
    ) -> None:
        self.computed, self.lanes, self.chunk = computed, target.lanes, chunk
        self.rows = irregular.batched
        self.numbers, self.tables = irregular.buffers

    def body(self) -> tuple[Statement, ...]:
        """The loops of one record."""
        if self.computed.long:
            return self._long()
        tile = self._tile()
        if self.rows:
            inner = Loop(ROW, 0, self.chunk, tile, lanes=self.lanes)
        else:
            inner = Loop(_LANE, 0, self.lanes, tile, lanes=self.lanes)
        return (Loop(_VECTOR, 0, Field("vectors"), (inner,)),)

    def _tile(self) -> tuple[Statement, ...]:
        op = self.computed.op
        width = 1 if self.rows else self.lanes
        lane: list[tuple[Coordinate, int]] = [] if self.rows else [(_LANE, 1)]
        out = At(self.numbers, Affine(0, ((Field("out"), 1), (_VECTOR, width), *lane)), self._row())
        if op in MANY:
            term = self._operand(0, [(Field("terms", _VECTOR), width), (_TERM, width), *lane])
            update = Update("t", term, op)
            more = Loop(_TERM, 0, Field("terms"), (update,))
            return Set("t", self._nothing()), more, Epilogue((Store(out, Local("t")),))
        count = len(OPERATIONS[op].arguments)
        place: list[tuple[Coordinate, int]] = [(_VECTOR, count * width), *lane]
        terms = [self._operand(j * width, place) for j in range(count)]
        if self.computed.exponent is not None:
            terms[-1] = Const(self.computed.exponent)
        return (Epilogue((Store(out, Call(op, tuple(terms))),)),)

    def _long(self) -> tuple[Statement, ...]:
        """One scalar from vectors of terms."""
        op = self.computed.op
        update = Update("v", self._operand(0, [(_TERM, self.lanes), (_APART, 1)]), op)
        vector = Loop(_APART, 0, self.lanes, (update,), lanes=self.lanes)
        out = At(self.numbers, Affine(0, ((Field("out"), 1),)))
        return (
            Set("v", self._nothing()),
            Loop(_TERM, 0, Field("terms"), (vector,)),
            Fold("t", "v", op=op, in_order=True),
            Epilogue((Store(out, Local("t")),)),
        )

    def _nothing(self) -> Const:
        """What changes no sum, not even the sign of 0; or is never the largest."""
        return Const(float("-inf") if self.computed.op == REDUCE_MAX else -0.0)

    def _operand(self, constant: int, place: list[tuple[Coordinate, int]]) -> Expression:
        """The number whose address is in this place of the record's part of the table."""
        lookup = Lookup(self.tables, Affine(constant, ((Field("begin"), 1), *place)))
        return Load(At(self.numbers, Affine(0, ((lookup, 1),)), self._row()))

    def _row(self) -> Affine | None:
        return Affine(0, ((ROW, 1),)) if self.rows else None
