"""Axes of arrays: their order, their gaps, and the slices along them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from jangrad.compiler.exporting import MUL, OPERATIONS
from jangrad.export.vectorised.array_nodes import Indexed, Node, Transposed, Turn
from jangrad.export.vectorised.array_program import (
    ROWS,
    Along,
    Applied,
    Expression,
    Label,
    LookedUp,
    Mask,
    ReadArray,
    labels_in,
    labels_of,
    reads_in,
)


class Laid(NamedTuple):
    """A node and its axes: of each the label, or None for one of size 1."""

    node: Node
    axes: tuple[Label | None, ...]


def those_in(order: Sequence[Label], labels: Any) -> tuple[Label, ...]:
    """Those of the labels, in this order."""
    return tuple(label for label in order if label in labels)


def with_gaps(order: Sequence[Label], present: Sequence[Label]) -> tuple[Label | None, ...]:
    """The order from the first label that is present on, with None for those that are not."""
    found: list[Label | None] = [label if label in present else None for label in order]
    while found and found[0] is None:
        found.pop(0)
    return tuple(found)


def sliced(base: int, step: int, count: int, size: int) -> slice:
    """The slice of so many places, as short as it can be written.

    >>> sliced(0, 1, 3, 3), sliced(1, 2, 2, 5), sliced(2, -1, 3, 3)
    (slice(None, None, None), slice(1, None, 2), slice(None, None, -1))
    """
    last = base + step * (count - 1)
    if step > 0:
        start = base or None
        stop = None if last + step >= size else last + 1
        return slice(start, stop, step if step > 1 else None)
    return slice(None if base == size - 1 else base, None if last + step < 0 else last - 1, step)


def natural_order(read: ReadArray) -> tuple[Label, ...]:
    """Its labels in the order of the array's axes."""
    found: list[Label] = [ROWS] * read.array.per_row
    for one in read.at:
        inside = labels_in(one)
        steps = (
            [label for label, _ in one.steps]
            if isinstance(one, Along)
            else list(one.labels)
            if isinstance(one, LookedUp)
            else sorted(inside)
        )
        found += [label for label in steps if label not in found]
    return tuple(found)


def preferred(expression: Expression, order: tuple[Label, ...]) -> tuple[Label, ...]:
    """Its labels in the order in which it has them already, if it has one."""
    labels = labels_of(expression)
    if isinstance(expression, ReadArray):
        return natural_order(expression)
    return those_in(order, labels)


def order_inside(
    body: Expression, over: tuple[Label, ...], present: tuple[Label, ...], mask: Mask | None
) -> tuple[Label, ...]:
    """An order of the labels of a body of which some are summed, with few transpositions."""
    labels = labels_of(body) | frozenset(mask.labels if mask else ())
    for read in reads_in(body):
        natural = natural_order(read)
        if frozenset(natural) == labels and those_in(natural, present) == those_in(present, labels):
            return natural
    return (*present, *over)


def indexed(node: Node, items: list[Any]) -> Node:
    """A part of an array; itself where it is all of it."""
    while items and items[-1] == slice(None):
        items = items[:-1]
    return Indexed(node, tuple(items)) if items else node


def with_new(
    items: list[Any], present: tuple[Label, ...], axes: tuple[Label | None, ...]
) -> list[Any]:
    """Items with a new axis for each None among the axes."""
    found: list[Any] = []
    waiting = list(items)
    for axis in axes:
        while waiting and isinstance(waiting[0], (int, Turn)):
            found.append(waiting.pop(0))
        found.append(None if axis is None else waiting.pop(0))
    return found + waiting


def widened(laid: Laid, axes: tuple[Label | None, ...]) -> Laid:
    """The same with these axes, of which some are new."""
    if laid.axes == axes:
        return laid
    items = [None if axis is None else slice(None) for axis in axes]
    return Laid(indexed(laid.node, items), axes)


def turned(laid: Laid, order: tuple[Label, ...]) -> Laid:
    """The same with its axes in this order."""
    if laid.axes == order:
        return laid
    turns = tuple(laid.axes.index(label) for label in order)
    return Laid(Transposed(laid.node, turns), order)


def factors_of(body: Expression) -> list[Expression]:
    if isinstance(body, Applied) and body.operation == OPERATIONS[MUL]:
        return [factor for part in body.parts for factor in factors_of(part)]
    return [body]


def product_of(factors: list[Expression]) -> Expression:
    found = factors[0]
    for factor in factors[1:]:
        found = Applied(OPERATIONS[MUL], (found, factor))
    return found


def turns_in(node: Any) -> int:
    """How often it is transposed."""
    if isinstance(node, Transposed):
        return 1 + turns_in(node.of)
    if isinstance(node, tuple):
        return sum(turns_in(part) for part in node)
    return 0
