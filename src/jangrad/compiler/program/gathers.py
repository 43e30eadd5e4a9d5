"""Arrays of tables, out of the sums in which a trace holds them.

In a trace an array is a sum of what is scattered to each of its places, and a gradient of an array
a sum of what is scattered to places that are looked up. Here the first become arrays, the second
scatter-adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jangrad.compiler.program.codes import ARRAY, CONST, ELEMENT, GATHER, SCATTER, SCATTER_ADD
from jangrad.compiler.program.differentiate import only, reached
from jangrad.compiler.program.ir import Ints, Program, distinct
from jangrad.record import Record


def with_gathers(program: Program, rows: Mapping[int, int]) -> tuple[Program, Ints]:
    """The program with arrays and scatter-adds.

    Args:
        program: of a trace.
        rows: of each input that picks rows, of how many at most.

    Returns:
        The program, and the node that each node has become; -1 where there is none any more.
    """
    if not (program.op == GATHER).any():
        return program, np.arange(len(program))
    longer, became = _rebuilt(program, _found(program, rows))
    kept = reached(longer)
    return only(longer, kept), np.where(kept, np.cumsum(kept) - 1, -1)[became]


class _Found(Record):
    """What nodes of a trace are.

    Attributes:
        op, slot: of each node; that of a single scatter that is no sum stays.
        drops: the edges that go.
        arrays: the items of each array, and their places.
        wrapped: the single scatters that get a scatter-add of their own behind them.
    """

    op: Ints
    slot: Ints
    drops: Any
    arrays: dict[int, tuple[Ints, Ints]]
    wrapped: Any


def _found(program: Program, rows: Mapping[int, int]) -> _Found:
    """Tell arrays, whose items have fixed places, from scatter-adds, of which these are read."""
    gathers = np.flatnonzero(program.op == GATHER)
    second = program.ptr[:-1] + 1  # the edge to the index of a gather or scatter
    of = program.child[program.ptr[gathers]]
    by = program.child[second[gathers]]
    fixed = program.op[by] == CONST
    extent = np.where(fixed, program.value[by] + 1, 0).astype(np.int64)
    extent[~fixed] = [rows[slot] for slot in program.slot[by[~fixed]].tolist()]
    op, slot = program.op.copy(), program.slot.copy()
    slot[gathers[fixed]] = extent[fixed] - 1
    op[gathers[fixed]] = ELEMENT
    drops = np.zeros(len(program.child), bool)
    drops[second[gathers[fixed]]] = True
    wrapped = np.zeros(len(program), bool)
    arrays: dict[int, tuple[Ints, Ints]] = {}
    order = np.argsort(of, kind="stable")
    vectors, starts = np.unique(of[order], return_index=True)
    for v, mine in zip(vectors.tolist(), np.split(order, starts[1:]), strict=True):
        scatters = _scatters_in(program, v)
        at = program.child[second[scatters]]
        if (program.op[at] == CONST).all():
            places = program.value[at].astype(np.int64)
            assert not fixed[mine].any(), "an array is looked at by numbers that a call brings"
            assert len(distinct(places)) == len(places), "one item lies at each place"
            arrays[v] = (program.child[program.ptr[scatters]], places)
            op[v], slot[v] = ARRAY, max(places.max() + 1, extent[mine].max())
            drops[program.ptr[v] : program.ptr[v + 1]] = True
            continue
        assert fixed[mine].all(), "a gradient of an array is looked at place by place"
        slot[v] = max(*(rows[i] for i in program.slot[at].tolist()), *extent[mine].tolist())
        wrapped[v] = op[v] == SCATTER
        if not wrapped[v]:
            op[v] = SCATTER_ADD
    return _Found(op, slot, drops, arrays, wrapped)


def _rebuilt(program: Program, found: _Found) -> tuple[Program, Ints]:
    """The program with the nodes and edges that are new, and where each node now stands."""
    size, wrapped = len(program), found.wrapped
    # A constant 0 comes first, for places where nothing lies.
    moved = 1 + np.arange(size) + np.cumsum(wrapped) - wrapped
    behind = moved[wrapped] + 1
    old = np.zeros(1 + size + len(behind), np.int64)  # the node that each is, or comes from
    old[moved] = np.arange(size)
    old[behind] = np.flatnonzero(wrapped)
    op = found.op[old]
    op[0], op[behind] = CONST, SCATTER_ADD
    counts = np.diff(program.ptr)
    owner = np.repeat(np.arange(size), counts)[~found.drops]
    counts = np.bincount(owner, minlength=size)
    child = program.child[~found.drops]
    child = moved[child] + np.where(found.op[owner] == ELEMENT, wrapped[child], 0)
    ends = np.r_[0, np.cumsum(counts)]
    lengths = counts[old]
    # The edges that are new: their node, where they go, what they lead to.
    nothing = np.zeros(0, np.int64)
    new: list[tuple[int, int, Ints]] = [(0, 0, nothing)]
    for v, (items, places) in found.arrays.items():
        filled = np.zeros(found.slot[v], np.int64)
        filled[places] = moved[items]
        new.append((int(moved[v]), int(ends[v]), filled))
    for v in np.flatnonzero(wrapped).tolist():
        new.append((int(moved[v]) + 1, int(ends[v + 1]), moved[v : v + 1]))
    new.sort(key=lambda edges: edges[0])
    nodes, where, what = zip(*new, strict=True)
    sizes = [len(w) for w in what]
    lengths[list(nodes)] = sizes
    longer = program._replace(
        op=op,
        value=np.r_[0.0, program.value[old[1:]]],
        slot=found.slot[old],
        ptr=np.r_[0, np.cumsum(lengths)],
        child=np.insert(child, np.repeat(where, sizes), np.concatenate(what)),
        key=program.key[old],
        batched=np.zeros(len(old), np.int8),
        outputs=moved[program.outputs],
    )
    return longer, moved


def _scatters_in(program: Program, v: int) -> list[int]:
    """The scatters that a sum of them is made of."""
    found: list[int] = []
    waiting = [v]
    while waiting:
        n = waiting.pop()
        if program.op[n] == SCATTER:
            found.append(n)
        else:
            waiting += program.inputs_of(n)[::-1]
    return found
