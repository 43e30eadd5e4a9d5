"""Classes: scalars that are computed alike, from scalars that are computed alike.

The loops that a user wrote are found here: the 1,600 products of a layer become one class. Two
nodes are alike when their operations are, and their inputs are alike one by one; of leaves only the
kind counts, not which parameter or which constant, and scatters must be of one size. A sum may also
be *ragged*: its inputs then count as a set of classes, so that sums over 1, 2, 3 ... positions are
alike.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from jangrad.compiler.program import sweeps
from jangrad.compiler.program.codes import PARAM, STATIC
from jangrad.compiler.program.ir import (
    MANY,
    OPERATIONS,
    SCATTER_ADDS,
    Bytes,
    Ints,
    Program,
    is_ordered,
)
from jangrad.record import Record
from jangrad.switches import limits

_LONGEST_SEARCH = 64


class Classes(Record):
    """Which nodes are alike.

    Attributes:
        of: the class of each node; classes are numbered so that inputs come first.
        place: the place of each node in its class.
        members: the nodes of each class, in the order of their keys.
        level: how high each class stands above the leaves.
    """

    of: Ints
    place: Ints
    members: list[Ints]
    level: Ints

    def __len__(self) -> int:
        return len(self.members)

    def as_text(self, program: Program) -> str:
        """The classes in words, a line each: how many nodes, what they are, of which classes."""
        lines = []
        for c, members in enumerate(self.members):
            op = OPERATIONS[program.op[members[0]]]
            kinds = sorted({int(self.of[k]) for n in members for k in program.inputs_of(n)})
            inputs = " ".join(f"#{kind}" for kind in kinds)
            lines.append(f"#{c} = {len(members)} x {op} {inputs}".rstrip())
        return "\n".join(lines)


def classify(program: Program, tags: Ints | None = None, *, fewest: bool = False) -> Classes:
    """Sort the nodes into classes.

    Args:
        program: the nodes.
        tags: a number for each node; nodes with different numbers are not alike.
        fewest: whether sums of different lengths are alike wherever that leaves fewer classes, also
            where there are not many.
    """
    exact = _classify(program, tags, ragged=False)
    if len(exact) < limits().ragged_classes and not fewest:
        return exact
    ragged = _classify(program, tags, ragged=True)
    fewer = 1 if fewest else limits().ragged_fewer
    return ragged if fewer * len(ragged) < len(exact) else exact


def _classify(program: Program, tags: Ints | None, *, ragged: bool) -> Classes:
    size = len(program)
    ops = np.arange(program.op.max(initial=0) + 1)
    ordered = np.array([is_ordered(op) for op in ops.tolist()], np.int8)
    many = (np.isin(ops, MANY) & ragged).astype(np.int8)
    own = _mixed(1 + np.arange(2 * len(ops)))[2 * program.op + program.batched]
    static = program.op == STATIC
    own[static] ^= _mixed(program.value[static].view(np.uint64))
    sized = np.isin(program.op, SCATTER_ADDS)
    own[sized] ^= _mixed(~program.slot[sized])
    if tags is not None:
        own ^= _mixed(0x51ED + np.arange(tags.max(initial=0) + 1))[tags]
    hashes, level = _hashed(own, program.ptr, program.child, ordered[program.op], many[program.op])
    first, of = np.empty(size, np.int64), np.empty(size, np.int64)
    table = np.zeros(2 << size.bit_length(), np.int64)
    # Before NumPy 2 its integers without a sign did not take Python's beside them.
    found = hashes if sweeps.compiled else hashes.tolist()
    first = first[: sweeps.number_alike(found, table, of, first)]
    order = np.lexsort((first, level[first]))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    of = rank[of]
    key = np.where(program.op == PARAM, program.slot, program.key)
    borders = np.r_[0, np.cumsum(np.bincount(of, minlength=len(order)))]
    filled, by_class, place = np.zeros_like(borders), np.empty_like(of), np.empty_like(of)
    sweeps.group_by_class(np.argsort(key, kind="stable"), of, borders, filled, by_class, place)
    members = [by_class[start:stop] for start, stop in pairwise(borders.tolist())]
    return Classes(of, place, members, level[by_class[borders[:-1]]])


def _hashed(own: Any, ptr: Ints, child: Ints, salted: Bytes, ragged: Bytes) -> tuple[Any, Ints]:
    """The hash and the level of each node."""
    hashes, level = np.zeros(len(own), np.uint64), np.zeros(len(own), np.int64)
    arrays = (own, ptr, child, salted, ragged, np.zeros(_LONGEST_SEARCH, np.uint64))
    if sweeps.compiled:
        sweeps.hash_nodes(*arrays, hashes, level)
    else:  # Python's integers have room where NumPy's overflow
        lists: list[Any] = [array.tolist() for array in (*arrays, hashes, level)]
        sweeps.hash_nodes(*lists)
        hashes, level = np.array(lists[-2], np.uint64), np.array(lists[-1], np.int64)
    return hashes, level


def _mixed(x: Any) -> Any:
    """Each number stirred well, so that sums of them tell sets apart."""
    x = x.astype(np.uint64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
