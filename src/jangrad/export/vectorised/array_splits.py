"""Axes that loops have in two: places `size * i + j`, of heads and of numbers in each."""

from __future__ import annotations

from collections.abc import Mapping

from jangrad.export.vectorised.array_program import (
    Along,
    Array,
    Expression,
    Index,
    Label,
    ReadArray,
    Reduce,
    reads_in,
)
from jangrad.export.vectorised.array_turns import rewritten

Sizes = Mapping[Label, int]


def two_of(one: Index, size: int, sizes: Sizes) -> tuple[Label, Label] | None:
    """The labels of an index that runs over all of an axis in two; None where it is none."""
    if not isinstance(one, Along) or one.base or one.turn is not None or len(one.steps) != 2:
        return None
    (outer, stride), (inner, step) = sorted(one.steps, key=lambda of: -of[1])
    whole = step == 1 and stride == sizes[inner] and sizes[outer] * stride == size
    return (outer, inner) if whole else None


def split_read(read: ReadArray, sizes: Sizes) -> ReadArray:
    """A read of an array with axes that are two where its indices have them in two."""
    shape: list[int] = []
    at: list[Index] = []
    for one, size in zip(read.at, read.array.shape, strict=True):
        two = two_of(one, size, sizes)
        if two is None:
            shape.append(size)
            at.append(one)
            continue
        shape += [sizes[label] for label in two]
        at += [Along(0, ((label, 1),)) for label in two]
    if len(shape) == len(read.array.shape):
        return read
    return ReadArray(read.array.shaped(tuple(shape)), tuple(at))


def joined(reduce: Reduce, sizes: dict[Label, int]) -> Reduce:
    """A sum over two labels that are one axis of an array: over one, if all arrays let it be."""
    if reduce.kind != "sum" or reduce.mask is not None:
        return reduce
    for read in reads_in(reduce.body):
        for one, size in zip(read.at, read.array.shape, strict=True):
            two = two_of(one, size, sizes)
            if two is None or not {*two} <= {*reduce.labels}:
                continue
            label = len(sizes)
            sizes[label] = size
            body = _over_one(reduce.body, two, label, sizes)
            if body is not None:
                labels = tuple(k for k in reduce.labels if k not in two)
                return Reduce("sum", (*labels, label), body)
    return reduce


def _over_one(
    e: Expression, two: tuple[Label, Label], label: Label, sizes: Sizes
) -> Expression | None:
    """The expression over one label instead of two; None where it has them apart."""
    fails = False

    def change(read: ReadArray) -> Expression:
        nonlocal fails
        found = _read_over_one(read, two, label, sizes)
        fails |= found is None
        return found or read

    changed = rewritten(e, change)
    return None if fails else changed


def _read_over_one(
    read: ReadArray, two: tuple[Label, Label], label: Label, sizes: Sizes
) -> ReadArray | None:
    one = Along(0, ((label, 1),))
    outer, inner = (Along(0, ((x, 1),)) for x in two)
    shape: list[int] = []
    at: list[Index] = []
    waiting = list(zip(read.at, read.array.shape, strict=True))
    while waiting:
        index, size = waiting.pop(0)
        if two_of(index, size, sizes) == two:
            at.append(one)
            shape.append(size)
        elif index == outer and waiting and waiting[0] == (inner, sizes[two[1]]):
            _, more = waiting.pop(0)
            if size != sizes[two[0]]:
                return None
            at.append(one)
            shape.append(size * more)
        elif isinstance(index, Along) and not {*two} & {k for k, _ in index.steps}:
            at.append(index)
            shape.append(size)
        else:
            return None
    array = read.array
    return ReadArray(array if shape == [*array.shape] else array.shaped(tuple(shape)), tuple(at))


def split_axes(array: Array, at: tuple[Index, ...], sizes: Sizes) -> bool:
    """Whether some axes of an array are read in two."""
    return any(two_of(one, n, sizes) is not None for one, n in zip(at, array.shape, strict=True))
