"""Loops in which each step needs the one before: found in classes that repeat.

What a step computes is a class of its own at every step, for it stands higher. Two such classes are
the same, one step apart, if what they read is: either the very same class, or again two that are
one step apart. So classes are followed down, beside those of the step before, until the first step
is reached, where there is nothing before but the numbers that the loop starts with.

    chain   classes that are the same, a step apart, from the first step on
    state   a chain that is read one step later; it starts with numbers of other classes
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

from jangrad.compiler.exporting import (
    LEAVES,
    MANY,
    MUL,
    Classes,
    Inputs,
    Program,
    plain,
)

# A loop has so many steps at least.
_FEWEST = 3
# Classes are to look alike so many operations down, or else so many; so many below one are tried as
# its step before, and so many pairs are looked at.
_NEAR, _TRIES, _MOST_PAIRS = (4, 1), 4, 200_000


class Chain(NamedTuple):
    """Classes that are the same, a step apart.

    Attributes:
        classes: from the first step on.
        start: the class that a state starts as; None for what is read in its own step alone.
    """

    classes: list[int]
    start: int | None


class Chains:
    """Finds what is the same a step apart."""

    def __init__(self, program: Program, classes: Classes, inputs: list[list[Inputs]]) -> None:
        self.p, self.classes, self.inputs = program, classes, inputs
        self.op = [int(program.op[m[0]]) for m in classes.members]
        self.batched = [int(program.batched[m[0]]) for m in classes.members]
        self.plain = plain().tolist()
        self.budget = _MOST_PAIRS
        self.looks = self.kinds(1)
        # Of each class the one a step before, and the one behind; what those of a first step read.
        self.before: dict[int, int] = {}
        self.behind: dict[int, int] = {}
        self.starts: dict[int, int] = {}

    @property
    def chained(self) -> set[int]:
        """All that have a step before, or behind."""
        return {*self.before, *self.behind}

    def loops(self) -> list[list[Chain]]:
        """The chains of each loop."""
        for near in _NEAR:
            self.before, self.behind, self.starts = {}, {}, {}
            groups: dict[int, list[int]] = {}
            for c, kind in enumerate(self.kinds(near)):
                if self.op[c] not in LEAVES and self.plain[self.op[c]]:
                    groups.setdefault(kind, []).append(c)
            for group in groups.values():
                if len(group) >= _FEWEST:
                    self._pair(group)
            if self._cycles():
                self._go_on()
                return self._cycles()
        return []

    def _go_on(self) -> None:
        """Pair what stands above a chain with its last step."""
        kinds = self.kinds(1)
        last: dict[int, list[int]] = {}
        for c in sorted(self.before):
            if c not in self.behind:
                last.setdefault(kinds[c], []).append(c)
        for c in range(len(self.op)):
            for y in last.get(kinds[c], ()):
                if c not in self.before and self._follow(c, y):
                    last[kinds[c]].append(c)
                    break

    def kinds(self, near: int) -> list[int]:
        """The same number for what looks alike so many operations down."""
        own = [(op, len(m)) for op, m in zip(self.op, self.classes.members, strict=True)]
        found = [hash(one) for one in own]
        for _ in range(near):
            found = [
                hash((one, *sorted(found[kind] for kind, _, _ in inputs)))
                for one, inputs in zip(own, self.inputs, strict=True)
            ]
        return found

    def _pair(self, group: list[int]) -> None:
        """Classes that look alike, from the last step down."""
        for k in range(len(group) - 1, 0, -1):
            if group[k] in self.before:
                continue
            for y in reversed(group[max(0, k - _TRIES) : k]):
                if self.budget > 0 and self._follow(group[k], y):
                    break

    def _follow(self, x: int, y: int) -> bool:
        """Pair all that are a step apart if these two are; whether they are."""
        root, waiting = x, [(x, y)]
        before, after, starts = dict[int, int](), dict[int, int](), dict[int, int]()
        while waiting:
            x, y = waiting.pop()
            self.budget -= 1
            known = before.get(x, self.before.get(x))
            if x == y or known == y:
                continue
            if known is not None or self.budget < 0:
                return False
            begun = starts.get(x, self.starts.get(x))
            taken = y in after or y in self.behind
            paired = None if taken or begun is not None else self.paired(x, y)
            if paired is None:
                if begun not in (None, y):
                    return False
                starts[x] = y
                continue
            before[x], after[y] = y, x
            waiting += [(a.kind, b.kind) for a, b in paired]
        # What begins is what is read of the step before.
        if root not in before or any(
            x in before or x in self.before or not (x in after or x in self.behind) for x in starts
        ):
            return False
        self.before |= before
        self.behind |= after
        self.starts |= starts
        return True

    def paired(self, x: int, y: int) -> list[tuple[Inputs, Inputs]] | None:
        """What two classes read, side by side; None where they compute different things."""
        if self.op[x] != self.op[y] or self.op[x] in LEAVES or self.batched[x] < self.batched[y]:
            return None
        if len(self.classes.members[x]) != len(self.classes.members[y]):
            return None
        if not self.plain[self.op[x]] or self.classes.level[x] <= self.classes.level[y]:
            return None
        first, second = self.inputs[x], list(self.inputs[y])
        if len(first) != len(second):
            return None
        if self.op[x] not in (*MANY, MUL):
            return list(zip(first, second, strict=True))
        found, left = [], []
        for a in first:
            same = [b for b in second if b.kind == a.kind]
            if same:
                second.remove(same[0])
                found.append((a, same[0]))
            else:
                left.append(a)
        # The most alike first: what a state starts as may look like nothing that is left.
        pairs = itertools.product(enumerate(left), enumerate(second))
        likeness = {(i, j): self._likeness(a, b) for (i, a), (j, b) in pairs}
        of_left, of_second = set(range(len(left))), set(range(len(second)))
        for i, j in sorted(likeness, key=likeness.__getitem__, reverse=True):
            if i in of_left and j in of_second:
                of_left.remove(i)
                of_second.remove(j)
                found.append((left[i], second[j]))
        wide = all(
            a.nodes.shape == b.nodes.shape
            and (a.many == a.nodes.shape[1]).all()
            and (b.many == b.nodes.shape[1]).all()
            for a, b in found
        )
        return found if wide else None

    def _likeness(self, a: Inputs, b: Inputs) -> tuple[bool, bool, int]:
        """How much two classes look like one a step apart: what they do, of what, and read both."""
        x, y = a.kind, b.kind
        read = {group.kind for group in self.inputs[x]}
        both = sum(group.kind in read for group in self.inputs[y])
        return self.op[x] == self.op[y], self.looks[x] == self.looks[y], both

    # -- from pairs to loops ----------------------------------------------------------------------

    def _cycles(self) -> list[list[Chain]]:
        """Chains that need each other."""
        after = self.behind
        chains: list[Chain] = []
        chain_of: dict[int, int] = {}
        for first in sorted(set(after) - set(self.before)):
            members = [first]
            while members[-1] in after:
                members.append(after[members[-1]])
            chain_of.update(dict.fromkeys(members, len(chains)))
            chains.append(Chain(members, self.starts.get(first)))
        reads = [
            {
                chain_of[kind]
                for c in chain.classes
                for kind, _, _ in self.inputs[c]
                if kind in chain_of
            }
            for chain in chains
        ]
        reached = [_reached(k, reads) for k in range(len(chains))]
        found, seen = [], set()
        for k in range(len(chains)):
            if k in seen or k not in reached[k]:
                continue
            together = [j for j in reached[k] if k in reached[j]]
            seen.update(together)
            loop = self._in_step([chains[j] for j in sorted(together)])
            if loop is not None:
                found.append(loop)
        return found

    def _in_step(self, chains: list[Chain]) -> list[Chain] | None:
        """The chains in an order in which a step computes them; None where they are no loop."""
        steps = min(len(chain.classes) for chain in chains)
        if steps < _FEWEST:
            return None
        place = {c: (k, e) for k, chain in enumerate(chains) for e, c in enumerate(chain.classes)}
        needs: list[set[int]] = [set() for _ in chains]
        for k, chain in enumerate(chains):
            for step, c in enumerate(chain.classes[:steps]):
                for kind, _, _ in self.inputs[c]:
                    if kind not in place:
                        continue
                    other, at = place[kind]
                    if at == step and other != k:
                        needs[k].add(other)
                    elif at != step - 1 or chains[other].start is None:
                        return None
        order: list[int] = []
        while len(order) < len(chains):
            ready = [k for k in range(len(chains)) if k not in order and needs[k] <= set(order)]
            if not ready:
                return None
            order.append(ready[0])
        return [Chain(chains[k].classes[:steps], chains[k].start) for k in order]


def _reached(first: int, reads: list[set[int]]) -> set[int]:
    """What is read, by what is read, and so on."""
    found: set[int] = set()
    waiting = [first]
    while waiting:
        for k in reads[waiting.pop()] - found:
            found.add(k)
            waiting.append(k)
    return found
