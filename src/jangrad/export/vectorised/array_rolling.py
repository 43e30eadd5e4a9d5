"""A program whose loops are rolled up: what a step computes is one class, over all steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    INPUT,
    LEAVES,
    MANY,
    MUL,
    OVER_ROWS,
    Classes,
    Inputs,
    Ints,
    Program,
    classify,
    inputs_of,
)
from jangrad.export.vectorised.array_alike import Sorted, begun_with_0, summed_alone
from jangrad.export.vectorised.array_loops import Chain, Chains

_ANY_ORDER = (*MANY, MUL)


@dataclass
class RolledLoop:
    """A loop in which each step needs the one before.

    Attributes:
        steps: how many.
        classes: what a step computes, in order, each a class over all steps.
        starts: of each state among them the nodes that it starts as.
    """

    steps: int
    classes: list[int] = field(default_factory=list)
    starts: dict[int, Ints] = field(default_factory=dict)


class Rolled(NamedTuple):
    """A program and its classes.

    Attributes:
        program: the scalars. Before them stand nodes for states before the first step.
        classes: of all, whose members are in the order of steps.
        moved: where each node of the program as it was given is now.
        loops: the loops.
        states: how many nodes stand for states before the first step.
    """

    program: Program
    classes: Classes
    moved: Ints
    loops: list[RolledLoop]
    states: int = 0


def rolled(alike: Sorted) -> Rolled:
    """The program with its loops, if it has some."""
    found = _rolled(summed_alone(alike))
    begun = begun_with_0(alike)
    again = None if begun is None else _rolled(summed_alone(begun))
    return again if again is not None and len(again.classes) < len(found.classes) else found


def _rolled(alike: Sorted) -> Rolled:
    program, classes, _, _ = alike
    inputs = [inputs_of(program, classes, c) for c in range(len(classes))]
    chains = Chains(program, classes, inputs)
    loops = [loop for loop in chains.loops() if _stays_in_place(loop, classes, chains)]
    starts = [_starts_of(loop, classes, chains) for loop in loops]
    kept = [(loop, start) for loop, start in zip(loops, starts, strict=True) if start is not None]
    while kept:
        made = _Rolling(alike, kept).made()
        odd = [k for k, loop in enumerate(made.loops) if not _reads_alike(made, loop)]
        if not odd:
            return made
        kept = [one for k, one in enumerate(kept) if k not in odd]
    return Rolled(program, classes, alike.moved, [])


def _reads_alike(rolled: Rolled, loop: RolledLoop) -> bool:
    """Whether all steps of a loop read the same classes, also when other loops are rolled up."""
    p, of = rolled.program, rolled.classes.of
    for c in loop.classes:
        found = set()
        for node in rolled.classes.members[c].tolist():
            if node >= rolled.states:
                kinds = of[p.inputs_of(node)].tolist()
                op = int(p.op[node])
                kinds = sorted(set(kinds) if op in MANY else kinds) if op in _ANY_ORDER else kinds
                found.add(tuple(kinds))
        if len(found) > 1:
            return False
    return True


def unrolled(alike: Sorted) -> Rolled:
    """The program as it is."""
    alike = summed_alone(alike)
    return Rolled(alike.program, alike.classes, alike.moved, [])


def _stays_in_place(loop: list[Chain], classes: Classes, chains: Chains) -> bool:
    """Whether members read of a chain the same places at each step."""
    chained = chains.chained
    for chain in loop:
        for y, x in zip(chain.classes, chain.classes[1:], strict=False):
            for a, b in chains.paired(x, y) or []:
                if a.kind == b.kind or b.kind not in chained:
                    continue
                if (classes.place[a.nodes] != classes.place[b.nodes]).any():
                    return False
    return True


class _Start(NamedTuple):
    """What a state starts as.

    Attributes:
        nodes: of each member.
        reads: where the first step reads them: node, and what it reads, and for which member.
    """

    nodes: Ints
    reads: list[tuple[int, int, int]]


def _starts_of(loop: list[Chain], classes: Classes, chains: Chains) -> dict[int, _Start] | None:
    """Of each state by its first class what it starts as; None where that is not known."""
    found = {
        chain.classes[0]: _Start(np.full(len(classes.members[chain.classes[0]]), -1), [])
        for chain in loop
        if chain.start is not None
    }
    chained = chains.chained
    for chain in loop:
        y, x = chain.classes[:2]
        for a, b in chains.paired(x, y) or []:
            if a.kind == b.kind or a.kind not in found or b.kind in chained:
                continue
            state = found[a.kind]
            places = classes.place[a.nodes]
            for node, mine, given in zip(
                classes.members[y].tolist(), places.tolist(), b.nodes.tolist(), strict=True
            ):
                for place, start in zip(mine, given, strict=True):
                    if state.nodes[place] not in (-1, start):
                        return None
                    state.nodes[place] = start
                    state.reads.append((node, start, place))
    return None if any((state.nodes < 0).any() for state in found.values()) else found


class _Rolling:
    def __init__(
        self,
        alike: Sorted,
        loops: list[tuple[list[Chain], dict[int, _Start]]],
    ) -> None:
        self.p, self.classes, self.tags, self.moved = alike
        self.loops = loops

    def made(self) -> Rolled:
        sizes = [len(state.nodes) for _, starts in self.loops for state in starts.values()]
        more = sum(sizes)
        p = self.p
        size = more + len(p)
        op, batched = np.r_[np.full(more, INPUT), p.op], np.r_[np.zeros(more, np.int8), p.batched]
        key, tags = (
            np.r_[np.zeros(more, np.int64), p.key],
            np.r_[np.zeros(more, np.int64), self.tags],
        )
        ptr = np.r_[np.zeros(more, np.int64), p.ptr]
        child = p.child + more
        cut = np.zeros(size, bool)
        tag, first = int(tags.max(initial=0)), 0
        told: list[tuple[RolledLoop, list[tuple[int, Ints | None]]]] = []
        for loop, starts in self.loops:
            steps = len(loop[0].classes)
            seen: list[tuple[int, Ints | None]] = []
            for chain in loop:
                tag += 1
                members = np.stack([self.classes.members[c] for c in chain.classes]) + more
                state = starts.get(chain.classes[0])
                if state is not None:
                    mine = first + np.arange(members.shape[1])
                    first += members.shape[1]
                    self._read_instead(state, mine, ptr, child, more)
                    members = np.concatenate([mine[None], members])
                nodes = members.ravel()
                tags[nodes], cut[nodes], key[nodes] = tag, True, np.arange(len(nodes))
                batched[nodes] = batched[nodes].max()
                seen.append((int(nodes[0]), None if state is None else state.nodes + more))
            told.append((RolledLoop(steps), seen))
        if (batched[more:] > p.batched).any():  # by a later step; so is what reads the first ones
            for node in range(more, size):
                if op[node] not in (*LEAVES, *OVER_ROWS) and not batched[node]:
                    batched[node] = batched[child[ptr[node] : ptr[node + 1]]].max(initial=0)
        value, slot = np.r_[np.zeros(more), p.value], np.r_[np.zeros(more, np.int64), p.slot]
        made = p._replace(
            op=op,
            value=value,
            slot=slot,
            ptr=ptr,
            child=child,
            key=key,
            batched=batched,
            outputs=p.outputs + more,
        )
        classes = classify(_cut(made, cut), tags, fewest=True)
        for found, seen in told:
            for node, start in seen:
                c = int(classes.of[node])
                found.classes.append(c)
                if start is not None:
                    found.starts[c] = start
        return Rolled(made, classes, self.moved + more, [found for found, _ in told], more)

    def _read_instead(self, state: _Start, mine: Ints, ptr: Ints, child: Ints, more: int) -> None:
        """Let the first step read the nodes of the state, no others."""
        for node, start, place in state.reads:
            a, b = int(ptr[node + more]), int(ptr[node + more + 1])
            at = a + int(np.flatnonzero(child[a:b] == start + more)[0])
            child[at] = mine[place]


def _cut(program: Program, leaves: Ints) -> Program:
    """The program in which these are leaves."""
    counts = np.diff(program.ptr)
    kept = np.repeat(~leaves, counts)
    counts = np.where(leaves, 0, counts)
    return program._replace(
        op=np.where(leaves, INPUT, program.op),
        ptr=np.r_[0, np.cumsum(counts)],
        child=program.child[kept],
    )


def inputs_over_steps(rolled: Rolled, c: int) -> list[Inputs]:
    """What the members of a class read; those before the first step what the first ones do."""
    members = rolled.classes.members[c]
    real = members[members >= rolled.states]
    spare = len(members) - len(real)
    if not spare:
        return inputs_of(rolled.program, rolled.classes, c)
    only = list(rolled.classes.members)
    only[c] = real
    found = inputs_of(rolled.program, rolled.classes._replace(members=only), c)
    return [
        Inputs(kind, np.r_[many[:spare], many], np.r_[nodes[:spare], nodes])
        for kind, many, nodes in found
    ]
