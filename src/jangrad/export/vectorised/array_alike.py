"""Classes of scalars, and what is written a little differently so that there are fewer of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    CONST,
    MUL,
    SUM,
    Classes,
    Ints,
    Program,
    classify,
    inputs_of,
)
from jangrad.export.vectorised.array_loops import Chains


class Sorted(NamedTuple):
    """A program and its classes.

    Attributes:
        program, classes: them.
        tags: of each leaf.
        moved: where each node of the program as it was given is now.
    """

    program: Program
    classes: Classes
    tags: Ints
    moved: Ints


def sorted_alike(program: Program, tags: Ints) -> Sorted:
    """The classes of a program.

    Args:
        program: the scalars.
        tags: a number for each leaf; those with different numbers are not alike.
    """
    classes = classify(program, tags, fewest=True)
    return Sorted(program, classes, tags, np.arange(len(program)))


def summed_alone(found: Sorted) -> Sorted:
    """Products are sums of one, where others of them are summed, if fewer classes are left so.

    What a loop sums over 1, 2, 3 ... positions begins with a product that is summed with nothing.
    """
    alone = _unsummed(found.program, found.classes)
    if not alone.any():
        return found
    summed = _with_sums(found, alone)
    return summed if len(summed.classes) < len(found.classes) else found


def begun_with_0(found: Sorted) -> Sorted | None:
    """Running sums that begin with a 0, which was left out; None where there are none.

    `v = 0.0`, and `v = v + a * b` at each step, gives `a * b` first and a sum from then on.
    """
    program, classes = found.program, found.classes
    inputs = [inputs_of(program, classes, c) for c in range(len(classes))]
    chains = Chains(program, classes, inputs)
    kinds = chains.kinds(1)
    running: list[tuple[int, int, int]] = []  # a sum, a class in it, and what else is in it
    for c, groups in enumerate(inputs):
        if chains.op[c] == SUM and len(groups) == 2:
            first, second = (group.kind for group in groups)
            running += [(c, first, kinds[second]), (c, second, kinds[first])]
    known = {(before, more) for _, before, more in running}
    alone = np.zeros(len(program), bool)
    for c, first, more in running:
        if (c, more) in known and chains.op[first] != SUM and kinds[first] == more:
            alone[classes.members[first]] = True
    return _with_sums(found, alone, zero=True) if alone.any() else None


def _unsummed(program: Program, classes: Classes) -> Ints:
    """Products that nothing sums, of classes that are summed elsewhere."""
    counts = np.diff(program.ptr)
    user = np.repeat(np.arange(len(program)), counts)
    by_sum = program.op[user] == SUM
    in_sum = np.zeros(len(program), bool)
    in_sum[program.child[by_sum]] = True
    kinds = np.zeros(len(classes), bool)
    kinds[classes.of[in_sum]] = True
    found: Ints = (program.op == MUL) & ~in_sum & kinds[classes.of]
    return found


def _with_sums(found: Sorted, alone: Ints, *, zero: bool = False) -> Sorted:
    """The program in which each of these is a sum, of itself alone or of itself and 0."""
    p, front = found.program, int(zero)
    extra = np.cumsum(alone) + front
    first = np.arange(len(p)) + extra - alone  # behind the sums before it
    moved = np.arange(len(p)) + extra  # of a product its sum, which follows it
    size = len(p) + int(extra[-1])
    is_sum = np.zeros(size, bool)
    is_sum[moved[alone]] = True
    counts = np.full(size, 1 + front)
    counts[:front] = 0  # the 0 itself
    counts[first] = np.diff(p.ptr)
    ptr = np.r_[0, np.cumsum(counts)]
    child = np.zeros(int(ptr[-1]), np.int64)
    child[np.repeat(~is_sum, counts)] = moved[p.child]
    child[ptr[:-1][is_sum]] = first[alone]

    def spread(numbers: Any) -> Any:
        found = np.zeros(size, numbers.dtype)
        found[first] = numbers
        found[moved[alone]] = numbers[alone]
        return found

    op = spread(p.op)
    op[is_sum], op[:front] = SUM, CONST
    tags = np.zeros(size, np.int64)
    tags[first] = found.tags
    made = p._replace(
        op=op,
        value=spread(p.value),
        slot=spread(p.slot),
        ptr=ptr,
        child=child,
        key=spread(p.key),
        batched=spread(p.batched),
        outputs=moved[p.outputs],
    )
    return Sorted(made, classify(made, tags, fewest=True), tags, moved[found.moved])
