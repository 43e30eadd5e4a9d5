"""Irregular nodes: one function for each operation, called for records of a table.

A record's nodes are ready together. They are computed a vector at a time, whose operands lie side
by side in the table; or, where every row of a batch has its own, one after the other for all rows
of a chunk. A long sum is computed from vectors of terms.
"""

from __future__ import annotations

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan import gather_program
from jangrad.compiler.plan.gather_program import RECORD, GatherProgram
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.codes import REDUCE_MAX
from jangrad.compiler.program.ir import MANY, OPERATIONS

#: Which vector or scalar of a record, the numbers of a vector, and which term.
_VECTOR, _LANE, _TERM = ir.Index("member", 0), ir.Index("member", 1), ir.Index("term", 0)
#: Of a long sum the terms of a vector.
_APART = ir.Index("term", 1)


def functions_of_records(
    irregular: GatherProgram, target: Target, chunk: int
) -> tuple[ir.Function, ...]:
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
        found.append(ir.Function(name, (ir.Nest(label, body),), fields=RECORD[1:]))
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

    def body(self) -> tuple[ir.Statement, ...]:
        """The loops of one record."""
        if self.computed.long:
            return self._long()
        tile = self._tile()
        if self.rows:
            inner = ir.Loop(ir.ROW, 0, self.chunk, tile, lanes=self.lanes)
        else:
            inner = ir.Loop(_LANE, 0, self.lanes, tile, lanes=self.lanes)
        return (ir.Loop(_VECTOR, 0, ir.Field("vectors"), (inner,)),)

    def _tile(self) -> tuple[ir.Statement, ...]:
        op = self.computed.op
        width = 1 if self.rows else self.lanes
        lane: list[tuple[ir.Coordinate, int]] = [] if self.rows else [(_LANE, 1)]
        begin: tuple[ir.Coordinate, int] = (ir.Field("out"), 1)
        out = ir.At(self.numbers, ir.Affine(0, (begin, (_VECTOR, width), *lane)), self._row())
        if op in MANY:
            term = self._operand(0, [(ir.Field("terms", _VECTOR), width), (_TERM, width), *lane])
            update = ir.Update("t", term, op)
            more = ir.Loop(_TERM, 0, ir.Field("terms"), (update,))
            return ir.Set("t", self._nothing()), more, ir.Epilogue((ir.Store(out, ir.Local("t")),))
        count = len(OPERATIONS[op].arguments)
        place: list[tuple[ir.Coordinate, int]] = [(_VECTOR, count * width), *lane]
        terms = [self._operand(j * width, place) for j in range(count)]
        if self.computed.exponent is not None:
            terms[-1] = Const(self.computed.exponent)
        return (ir.Epilogue((ir.Store(out, ir.Call(op, tuple(terms))),)),)

    def _long(self) -> tuple[ir.Statement, ...]:
        """One scalar from vectors of terms."""
        op = self.computed.op
        update = ir.Update("v", self._operand(0, [(_TERM, self.lanes), (_APART, 1)]), op)
        vector = ir.Loop(_APART, 0, self.lanes, (update,), lanes=self.lanes)
        out = ir.At(self.numbers, ir.Affine(0, ((ir.Field("out"), 1),)))
        return (
            ir.Set("v", self._nothing()),
            ir.Loop(_TERM, 0, ir.Field("terms"), (vector,)),
            ir.Fold("t", "v", op=op, in_order=True),
            ir.Epilogue((ir.Store(out, ir.Local("t")),)),
        )

    def _nothing(self) -> Const:
        """What changes no sum, not even the sign of 0; or is never the largest."""
        return Const(float("-inf") if self.computed.op == REDUCE_MAX else -0.0)

    def _operand(self, constant: int, place: list[tuple[ir.Coordinate, int]]) -> ir.Expression:
        """The number whose address is in this place of the record's part of the table."""
        lookup = ir.Lookup(self.tables, ir.Affine(constant, ((ir.Field("begin"), 1), *place)))
        return ir.Load(ir.At(self.numbers, ir.Affine(0, ((lookup, 1),)), self._row()))

    def _row(self) -> ir.Affine | None:
        return ir.Affine(0, ((ir.ROW, 1),)) if self.rows else None
