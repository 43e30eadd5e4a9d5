"""Classes of scalars, and what is written a little differently so that there are fewer of them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jangrad.compiler.vectorising import MUL, SUM, Classes, Ints, Program, classify


class Sorted(NamedTuple):
    """A program and its classes.

    Attributes:
        program, classes: them.
        moved: where each node of the program as it was given is now.
    """

    program: Program
    classes: Classes
    moved: Ints


def sorted_alike(program: Program, tags: Ints) -> Sorted:
    """The classes of a program in which products are sums of one, where others of them are summed.

    What a loop sums over 1, 2, 3 ... positions begins with a product that is summed with nothing.

    Args:
        program: the scalars.
        tags: a number for each leaf; those with different numbers are not alike.
    """
    classes = classify(program, tags, fewest=True)
    plain = Sorted(program, classes, np.arange(len(program)))
    alone = _unsummed(program, classes)
    if not alone.any():
        return plain
    summed, moved, first = _with_sums(program, alone)
    again = np.zeros(len(summed), np.int64)
    again[first] = tags
    found = classify(summed, again, fewest=True)
    return Sorted(summed, found, moved) if len(found) < len(classes) else plain


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


def _with_sums(program: Program, alone: Ints) -> tuple[Program, Ints, Ints]:
    """The program in which these are summed; where what each was used for is now, and itself."""
    p = program
    extra = np.cumsum(alone)
    first = np.arange(len(p)) + extra - alone  # behind the sums before it
    moved = np.arange(len(p)) + extra  # of a product its sum, which follows it
    size = len(p) + int(extra[-1])
    is_sum = np.zeros(size, bool)
    is_sum[moved[alone]] = True
    counts = np.ones(size, np.int64)
    counts[first] = np.diff(p.ptr)
    ptr = np.r_[0, np.cumsum(counts)]
    child = np.empty(int(ptr[-1]), np.int64)
    old = np.repeat(~is_sum, counts)
    child[old] = moved[p.child]
    child[~old] = first[alone]

    def spread(numbers: Ints) -> Ints:
        found = np.zeros(size, numbers.dtype)
        found[first] = numbers
        found[moved[alone]] = numbers[alone]
        return found

    op = spread(p.op)
    op[is_sum] = SUM
    made = replace(
        p,
        op=op,
        value=spread(p.value),
        slot=spread(p.slot),
        ptr=ptr,
        child=child,
        key=spread(p.key),
        lane=spread(p.lane),
        outputs=moved[p.outputs],
    )
    return made, moved, first
