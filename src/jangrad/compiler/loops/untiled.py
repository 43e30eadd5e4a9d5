"""Loop programs that take one turn after the other, or one vector, where others take several."""

from __future__ import annotations

from jangrad.compiler.loops import loop_ir as ir


def untiled(program: ir.LoopProgram) -> ir.LoopProgram:
    """The program without turns at once; those stay whose sums are made into a vector."""
    once, rows, after = ([_part(part) for part in phase] for phase in program.phases)
    return program._replace(once=once, rows=rows, after=after)


def _part(part: ir.Part) -> ir.Part:
    if isinstance(part, ir.Superstep):
        made = (
            share._replace(functions=tuple(map(_function, share.functions)))
            for share in part.shares
        )
        return ir.Superstep(tuple(made))
    return _function(part) if isinstance(part, ir.Function) else part


def _function(part: ir.Function) -> ir.Function:
    return part._replace(nests=tuple(n._replace(body=_body(n.body)) for n in part.nests))


def _body(body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
    return tuple(_loop(s) if isinstance(s, ir.Loop) else s for s in body)


def _loop(loop: ir.Loop) -> ir.Loop:
    unroll = loop.unroll if loop.over in _made_vectors(loop) else 1
    return loop._replace(body=_body(loop.body), unroll=unroll)


def _made_vectors(loop: ir.Loop) -> set[ir.Index | None]:
    """Along what sums of neighbours become a vector, somewhere in a loop."""
    inside = [_made_vectors(s) for s in loop.body if isinstance(s, ir.Loop)]
    return {s.along for s in loop.body if isinstance(s, ir.Fold)}.union(*inside)
