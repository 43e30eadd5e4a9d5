"""The order of kernels that write over numbers which others still have to read.

An optimiser's update writes the new parameters and the new memory where the old ones lie. Whoever
reads an old number runs before it is written over, whoever reads the new one runs behind. Where
that cannot be, as when two numbers are exchanged, the new one is computed apart and copied at last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

import numpy as np

from jangrad.compiler.program.buffers import PARAMETERS, Buffer
from jangrad.compiler.program.ir import Ints
from jangrad.record import Record


class Use(Record):
    """What the kernels of a class touch, beside what is theirs alone.

    Attributes:
        out: the buffer outside that they write, if any.
        places: where in it.
        old: of each buffer outside the places whose numbers they read as they were.
        new: the classes whose results they read.
    """

    out: Buffer | None
    places: Ints
    old: Sequence[tuple[Buffer, Ints]]
    new: Sequence[int]


def ordered(uses: Mapping[int, Use]) -> tuple[list[int], list[int]]:
    """The order in which the kernels of the classes can run.

    Args:
        uses: of each class that has kernels, those that others are made of first.

    Returns:
        The classes in order, those that write parameters as late as can be; and if there is no
        order, the classes that are to be computed apart.
    """
    writers = defaultdict(list)
    for c, use in uses.items():
        if use.out is not None:
            writers[use.out].append(c)
    behind: dict[int, set[int]] = {c: set() for c in uses}
    for c, use in uses.items():
        for other in use.new:
            if other in uses and other != c:
                behind[other].add(c)
        for buffer, places in use.old:
            low, high = places.min(), places.max()
            for other in writers[buffer]:
                written = uses[other].places
                if written.min() > high or written.max() < low or other == c:
                    continue
                if len(np.intersect1d(places, written)):
                    behind[c].add(other)
    waits = dict.fromkeys(uses, 0)
    for others in behind.values():
        for c in others:
            waits[c] += 1
    ready = [(uses[c].out == PARAMETERS, c) for c in uses if not waits[c]]
    heapify(ready)
    found = []
    while ready:
        _, c = heappop(ready)
        found.append(c)
        for other in behind[c]:
            waits[other] -= 1
            if not waits[other]:
                heappush(ready, (uses[other].out == PARAMETERS, other))
    left = uses.keys() - set(found)
    overwritten = {buffer for c in left for buffer, _ in uses[c].old}
    return found, [c for c in uses if c in left and uses[c].out in overwritten]
