"""What classes read, and which of them are inlined into their users."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jangrad.compiler.program import codes
from jangrad.compiler.program.classes import Classes
from jangrad.compiler.program.ir import LEAVES, MANY, OPERATIONS, OVER_ROWS, Ints, Program, distinct
from jangrad.costs import COSTLY
from jangrad.record import Record

_ONE = np.ones(1, np.int64)

#: Sums of so few terms may be inlined into their user.
_SHORT = 4
#: Expressions of so many operations one inside the other are cut: the rest is read from memory.
_DEEPEST = 50


class Inputs(Record):
    """What the members of a class read of one other class.

    Attributes:
        kind: the class that is read.
        many: how many of it each member reads, shape (members,).
        nodes: which, shape (members, most of `many`); a member with fewer repeats its first.
    """

    kind: int
    many: Ints
    nodes: Ints


def inputs_of(program: Program, classes: Classes, c: int) -> list[Inputs]:
    """What class c reads, of one other class after the other; of a sum in any order."""
    p, members = program, classes.members[c]
    op = int(p.op[members[0]])
    if op in LEAVES:
        return []
    if len(members) == 1:
        return _inputs_of_one(p, classes, int(members[0]), op)
    counts = p.ptr[members + 1] - p.ptr[members]
    width = int(counts.max())
    columns = np.minimum(np.arange(width)[None], counts[:, None] - 1)
    inputs = p.child[p.ptr[members][:, None] + columns]
    kinds = classes.of[inputs]
    if op not in (*MANY, codes.ARRAY):
        if op == codes.MUL and width == 2:  # w * x and x * w are alike
            swap = kinds[:, 0] > kinds[:, 1]
            inputs = np.where(swap[:, None], inputs[:, ::-1], inputs)
            kinds = classes.of[inputs]
        assert (kinds == kinds[:1]).all(), "two computations share a hash"
        ones = np.ones(len(members), np.int64)
        return [Inputs(int(kinds[0, j]), ones, inputs[:, j : j + 1]) for j in range(width)]
    groups = []
    if (kinds == kinds[0]).all() and (counts == width).all():  # as in most loops
        for kind in distinct(kinds[0]):
            (at,) = np.nonzero(kinds[0] == kind)
            groups.append(Inputs(kind, np.full(len(members), len(at)), inputs[:, at]))
        return groups
    valid = np.arange(width)[None] < counts[:, None]
    for kind in np.flatnonzero(np.bincount(kinds[valid])).tolist():
        mine = valid & (kinds == kind)
        many = mine.sum(axis=1)
        assert many.min() > 0, "two computations share a hash"
        order = np.argsort(~mine, axis=1, kind="stable")[:, : many.max()]
        found = np.take_along_axis(inputs, order, 1)
        spare = np.arange(many.max())[None] >= many[:, None]
        groups.append(Inputs(kind, many, np.where(spare, found[:, :1], found)))
    return groups


def _inputs_of_one(program: Program, classes: Classes, node: int, op: int) -> list[Inputs]:
    """The same for a class of one member, of which a program may have thousands."""
    inputs = program.inputs_of(node)
    kinds = classes.of[inputs].tolist()
    if op not in (*MANY, codes.ARRAY):
        if op == codes.MUL and kinds[0] > kinds[1]:
            inputs, kinds = inputs[::-1], kinds[::-1]
        return [
            Inputs(kind, _ONE, np.array([[c]], np.int64))
            for kind, c in zip(kinds, inputs, strict=True)
        ]
    groups: dict[int, list[int]] = {}
    for kind, c in zip(kinds, inputs, strict=True):
        groups.setdefault(kind, []).append(c)
    return [
        Inputs(kind, np.array([len(mine)], np.int64), np.array([mine], np.int64))
        for kind, mine in sorted(groups.items())
    ]


def inlined(
    program: Program,
    classes: Classes,
    inputs: Sequence[Sequence[Inputs]],
    ops: Sequence[int],
    batched: Sequence[bool],
    kept: Sequence[bool],
) -> list[bool]:
    """Whether each class is inlined into its users.

    Args:
        program: the scalars.
        classes: of them.
        inputs: what each class reads.
        ops: its operation.
        batched: whether it has a number for each row.
        kept: whether its members are outputs.
    """
    p = program
    uses = np.bincount(p.child, minlength=len(p))
    users: list[set[int]] = [set() for _ in range(len(classes))]
    for c, groups in enumerate(inputs):
        for kind, _, _ in groups:
            users[kind].add(c)
    found: list[bool] = []
    depth: list[int] = []
    for c, members in enumerate(classes.members):
        op = ops[c]
        below = max((depth[kind] for kind, _, _ in inputs[c] if found[kind]), default=0)
        depth.append(1 + below)
        fits = (
            below < _DEEPEST
            and op not in (*LEAVES, *OVER_ROWS, codes.SCATTER_ADD, codes.ARRAY, codes.ELEMENT)
            and not kept[c]
            and uses[members].max() == 1
            and not _is_costly(op)
            and all(
                (batched[u] == batched[c] or ops[u] in OVER_ROWS) and ops[u] != codes.ARRAY
                for u in users[c]
            )
        ) or op == codes.SCATTER
        if fits and op in MANY:
            fits = all((many == many[0]).all() for _, many, _ in inputs[c])
            fits = fits and sum(m.shape[1] for _, _, m in inputs[c]) <= _SHORT
        found.append(bool(fits))
    return found


def _is_costly(op: int) -> bool:
    """Whether it takes as long as a division: vectors of it are to lie side by side."""
    return op not in (codes.GATHER, codes.SCATTER) and OPERATIONS[op].cost >= COSTLY
