"""Several neurons at once, where the sum of one would keep the processor waiting.

Each sum keeps its order; what is added to its neighbours does not wait for it.
"""

from __future__ import annotations

from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import each_of

_AT_ONCE = (4, 5, 3, 2)


def several_at_once(loops: ir.LoopProgram) -> ir.LoopProgram:
    """The program with some turns at once of each loop around one long sum."""
    once, rows, after = (
        [_function(part) if isinstance(part, ir.Function) else part for part in phase]
        for phase in loops.phases
    )
    return loops._replace(once=once, rows=rows, after=after)


def _function(part: ir.Function) -> ir.Function:
    return part._replace(
        nests=tuple(n._replace(body=tuple(map(_statement, n.body))) for n in part.nests)
    )


def _statement(s: ir.Statement) -> ir.Statement:
    if not isinstance(s, ir.Loop):
        return s
    if isinstance(s.body[0], ir.Loop):
        return s._replace(body=tuple(map(_statement, s.body)))
    inside = list(each_of(s.body))
    sums = sum(isinstance(each, ir.Update) for each in inside)
    is_short = any(isinstance(each, ir.Update) for each in s.body)
    stops = [s.stop, *(each.stop for each in inside if isinstance(each, ir.Loop))]
    if sums != 1 or is_short or not all(isinstance(stop, int) for stop in stops):
        return s
    assert isinstance(s.stop, int), "as all are"
    turns = s.stop - s.start
    return s._replace(unroll=next((n for n in _AT_ONCE if turns % n == 0 and turns > n), 1))
