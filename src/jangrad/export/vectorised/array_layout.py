"""Axes for scalars: from where each member of a class reads, the shape that its array has.

Members stand in a box, one label an axis. A box may have holes, as the triangle of a causal
attention has; then `valid` says which places are taken. Only what is summed over different lengths
has holes: elsewhere they would be computed for nothing, and be inf or nan where nobody looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import prod
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import Ints, delinearise
from jangrad.export.vectorised.array_program import Along, Index, Label, LookedUp

# A box of so many times its members may have holes; beyond that a table is smaller.
_EMPTIEST = 3
# So many different columns are tried together for axes.
_MOST_COLUMNS = 6


class ClassLayout(NamedTuple):
    """Where members stand.

    Attributes:
        shape: the axes.
        places: of each member its place along each axis, shape (axes, members).
    """

    shape: tuple[int, ...]
    places: Ints

    @property
    def flat(self) -> Ints:
        """The number of each member's place in the box."""
        found: Ints = np.zeros(self.places.shape[1], np.int64)
        for size, places in zip(self.shape, self.places, strict=True):
            found = found * size + places
        return found

    def box(self, nodes: Ints) -> tuple[Ints, Any]:
        """The members in the box, another where there is none; where there are, if not all over."""
        found = np.full(prod(self.shape), nodes[0])
        found[self.flat] = nodes
        valid = np.zeros(len(found), bool)
        valid[self.flat] = True
        return found.reshape(self.shape), None if valid.all() else valid.reshape(self.shape)


def layout(columns: list[Ints], count: int, *, holes: bool = False) -> ClassLayout:
    """The axes of members that read at these places.

    Args:
        columns: for each axis of each array that is read the places, shape (members,).
        count: how many members there are.
        holes: whether there may be places without a member.
    """
    if count == 1:
        return ClassLayout((), np.zeros((0, 1), np.int64))
    told = _distinct(columns)
    if not told:
        return ClassLayout((count,), np.arange(count)[None])
    nothing_fixed = np.zeros((0, count), np.int64)
    axes, rest, _ = delinearise(np.stack(told)[:, :, None], nothing_fixed)
    sizes = [axis.size for axis in axes]
    if rest.shape[1] > 1:
        found = _embedded(told, count, _EMPTIEST if holes else 1)
        if found is not None:
            return found
        sizes.insert(0, rest.shape[1])
    places = np.stack(np.unravel_index(np.arange(count), sizes))
    return ClassLayout(tuple(sizes), places)


def in_order(found: ClassLayout, places: list[Ints]) -> ClassLayout | None:
    """The layout with its axes in the order of those of an array; None where it has others.

    Args:
        found: where members stand.
        places: where each of them reads in the array, along its axes.
    """
    if len(places) != len(found.shape) or len(places) < 2:
        return None
    order = []
    for column in places:
        varies = [
            k
            for k, axis in enumerate(found.places)
            if found.shape[k] > 1 and _is_along_one(column, axis)
        ]
        if len(varies) != 1 or varies[0] in order:
            return None
        order.append(varies[0])
    return ClassLayout(tuple(found.shape[k] for k in order), found.places[order])


def _is_along_one(column: Ints, axis: Ints) -> bool:
    """Whether places are a line over a place along one axis, which is not level."""
    first, last = column[axis.argmin()], column[axis.argmax()]
    steps = int(axis.max() - axis.min())
    if first == last or (last - first) % steps:
        return False
    stride = (last - first) // steps
    return bool((column == first + stride * (axis - axis.min())).all())


def _distinct(columns: list[Ints]) -> list[Ints]:
    """The columns that vary, each once, up to what is added to them."""
    found: dict[bytes, Ints] = {}
    for column in columns:
        moved = column - column.min()
        if moved.any():
            found.setdefault(moved.tobytes(), column)
    return list(found.values())


def _embedded(columns: list[Ints], count: int, emptiest: int) -> ClassLayout | None:
    """A box, of so many times the members at most, whose axes are a few of the columns."""
    steps = []
    for column in columns[:_MOST_COLUMNS]:
        moved = column - column.min()
        step = int(np.gcd.reduce(moved))
        steps.append(moved // step)
    for many in range(1, min(3, len(steps)) + 1):
        for chosen in combinations(steps, many):
            shape = tuple(int(column.max()) + 1 for column in chosen)
            if not count <= prod(shape) <= emptiest * count:
                continue
            found = ClassLayout(shape, np.stack(chosen))
            if len(np.unique(found.flat)) < count:
                continue
            if all(_is_along(column, found) for column in columns):
                return found
    return None


def _is_along(column: Ints, found: ClassLayout) -> bool:
    box = np.zeros(prod(found.shape), np.int64)
    valid = np.zeros(len(box), bool)
    box[found.flat], valid[found.flat] = column, True
    return along(box.reshape(found.shape), valid.reshape(found.shape)) is not None


# -- where a box reads ----------------------------------------------------------------------------


def along(places: Ints, valid: Any) -> tuple[int, list[int]] | None:
    """Base and a stride for each axis, where the places have these; None where they have not.

    Args:
        places: a box of them.
        valid: which of them count; None for all.
    """
    strides = []
    for axis in range(places.ndim):
        steps = np.diff(places, axis=axis)
        if valid is not None:
            size = places.shape[axis]
            both = np.take(valid, np.arange(1, size), axis) & np.take(
                valid, np.arange(size - 1), axis
            )
            steps = steps[both]
        flat = steps.ravel()
        if len(flat) and (flat != flat[0]).any():
            return None
        strides.append(int(flat[0]) if len(flat) else 0)
    wanted = np.zeros(places.shape, np.int64)
    for axis, (size, stride) in enumerate(zip(places.shape, strides, strict=True)):
        wanted += (stride * np.arange(size)).reshape([-1] + [1] * (places.ndim - axis - 1))
    missing = places - wanted
    kept = missing.ravel() if valid is None else missing[valid]
    base = int(kept[0])
    return None if (kept != base).any() else (base, strides)


def index_of(places: Ints, labels: Sequence[Label], valid: Any, size: int) -> Index:
    """The index along an axis of an array, for a box of places in it.

    Args:
        places: the box.
        labels: its axes.
        valid: which of its places count; None for all.
        size: how long the axis of the array is.
    """
    found = along(places, valid)
    if found is not None:
        base, strides = found
        ends = [stride * (n - 1) for stride, n in zip(strides, places.shape, strict=True)]
        low = base + sum(min(end, 0) for end in ends)
        high = base + sum(max(end, 0) for end in ends)
        if low >= 0 and high < size:
            steps = zip(labels, strides, strict=True)
            return Along(base, tuple((label, stride) for label, stride in steps if stride))
    table, kept = reduced(places, valid)
    return LookedUp(table, tuple(labels[axis] for axis in kept))


def reduced(table: Any, valid: Any) -> tuple[Any, list[int]]:
    """A box without the axes along which nothing changes, and the axes that are left.

    Where nothing counts, there is what is somewhere else along the axis.
    """
    kept = []
    if valid is not None:
        valid = valid.copy()
    for axis in range(table.ndim):
        first = np.take_along_axis(table, _first(valid, table.shape, axis), axis)
        same = table == first
        if valid is not None:
            same |= ~valid
        if same.all():
            table = first
            if valid is not None:
                valid = valid.any(axis=axis, keepdims=True)
        else:
            kept.append(axis)
    if valid is not None and not valid.all():
        table = np.where(valid, table, table[valid][0])
    return table.reshape([table.shape[axis] for axis in kept]), kept


def _first(valid: Any, shape: tuple[int, ...], axis: int) -> Ints:
    """Along the axis the number of the first place that counts."""
    if valid is None:
        return np.zeros([1 if k == axis else n for k, n in enumerate(shape)], np.int64)
    found: Ints = valid.argmax(axis=axis, keepdims=True)
    return found


# -- terms of sums --------------------------------------------------------------------------------


class Arranged(NamedTuple):
    """The terms of sums in a box.

    Attributes:
        nodes: shape (*members, *axes of the terms).
        valid: which of them are there; None where all are.
    """

    nodes: Ints
    valid: Any


def arrangements(
    nodes: Ints, many: Ints, columns: list[Ints], valid: Any
) -> Iterator[tuple[tuple[int, ...], Arranged]]:
    """Boxes for the terms of sums, from the simplest on: their axes, and the terms in them.

    Args:
        nodes: the terms of each member, shape (*members, most).
        many: how many of them there are, shape (*members).
        columns: where each term reads, along each axis of each array, shaped as the nodes.
        valid: which of the members count; None for all.
    """
    most = nodes.shape[-1]
    there = np.arange(most) < many[..., None]
    if valid is not None:
        there = there & valid[..., None]
    whole = bool(there.all())
    longest = np.unravel_index(int(there.sum(axis=-1).argmax()), many.shape)
    mine = [column[longest] for column in columns]
    for order in _orders(columns, there):
        moved = nodes if order is None else np.take_along_axis(nodes, order, -1)
        told = mine if order is None else [c[longest][order[longest]] for c in columns]
        sizes = _factored(told, most)
        shape = (*nodes.shape[:-1], *sizes)
        yield sizes, Arranged(moved.reshape(shape), None if whole else there.reshape(shape))
    for column in columns:
        found = _placed(nodes, column, there)
        if found is not None:
            yield (found.nodes.shape[-1],), found


def _orders(columns: list[Ints], there: Any) -> Iterator[Ints | None]:
    """Orders of the terms of each member: as they are, and by where they read."""
    yield None
    if len(columns) and there.shape[-1] > 1:
        last = [np.where(there, column, np.iinfo(np.int64).max) for column in columns]
        order = np.lexsort(last[::-1], axis=-1)
        if (order != np.arange(order.shape[-1])).any():
            yield order


def _factored(columns: list[Ints], most: int) -> tuple[int, ...]:
    """The axes of the terms of one member."""
    told = _distinct(columns)
    if not told or most == 1:
        return (most,)
    axes, rest, _ = delinearise(np.stack(told)[:, :, None], np.zeros((0, most), np.int64))
    sizes = [axis.size for axis in axes]
    return tuple(([rest.shape[1]] if rest.shape[1] > 1 else []) + sizes)


def _placed(nodes: Ints, column: Ints, there: Any) -> Arranged | None:
    """The terms at the places where they read along one axis, if these tell them apart."""
    if not there.any():
        return None
    first = int(column[there].min())
    size = int(column[there].max()) + 1 - first
    if size > _EMPTIEST * nodes.shape[-1] + 1:
        return None
    at = np.where(there, column - first, size)  # what is not there goes behind the end
    found = np.full((*nodes.shape[:-1], size + 1), int(nodes[there][0]))
    valid = np.zeros(found.shape, np.int64)
    np.put_along_axis(found, at, nodes, -1)
    flat, places = valid.reshape(-1, size + 1), at.reshape(-1, at.shape[-1])
    np.add.at(flat, (np.arange(len(flat))[:, None], places), 1)
    if valid[..., :size].max(initial=0) > 1:
        return None
    taken = valid[..., :size] == 1
    return Arranged(found[..., :size], None if taken.all() else taken)
