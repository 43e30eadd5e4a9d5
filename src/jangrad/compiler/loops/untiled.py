"""Loop programs that take one turn after the other, or one vector, where others take several."""

from __future__ import annotations

from jangrad.compiler.loops.loop_ir import (
    Fold,
    Function,
    Index,
    Loop,
    LoopProgram,
    Part,
    Share,
    Statement,
    Superstep,
)


def untiled(program: LoopProgram) -> LoopProgram:
    """The program without turns at once; those stay whose sums are made into a vector."""
    once, rows, after = ([_part(part) for part in phase] for phase in program.phases)
    return program._replace(once=once, rows=rows, after=after)


def _part(part: Part) -> Part:
    if isinstance(part, Superstep):
        return Superstep(tuple(map(_share, part.shares)))
    return _function(part) if isinstance(part, Function) else part


def _share(share: Share) -> Share:
    return share._replace(functions=tuple(map(_function, share.functions)))


def _function(part: Function) -> Function:
    return part._replace(nests=tuple(n._replace(body=_body(n.body)) for n in part.nests))


def _body(body: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple(_loop(s) if isinstance(s, Loop) else s for s in body)


def _loop(loop: Loop) -> Loop:
    unroll = loop.unroll if loop.over in _made_vectors(loop) else 1
    return loop._replace(body=_body(loop.body), unroll=unroll)


def _made_vectors(loop: Loop) -> set[Index | None]:
    """Along what sums of neighbours become a vector, somewhere in a loop."""
    inside = [_made_vectors(s) for s in loop.body if isinstance(s, Loop)]
    return {s.along for s in loop.body if isinstance(s, Fold)}.union(*inside)
