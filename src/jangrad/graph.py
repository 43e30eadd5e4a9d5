"""Order, sharing and counts of a graph. It knows only that a node has `.children`.

Nothing here recurses, so a graph may be as deep as memory allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter, is_, lt
from threading import get_ident
from typing import Any, Protocol, Self, TypeVar


class HasChildren(Protocol):
    """What this file needs of a node."""

    @property
    def children(self) -> tuple[Self, ...]:
        """The nodes it was computed from, in order; a node may occur twice."""
        ...

    def __hash__(self) -> int: ...


N = TypeVar("N", bound=HasChildren)


_IS_LEAF = attrgetter("is_leaf")


def are_leaves(objects: Collection[object], kind: type) -> bool:
    """Whether all are of this very class, and were computed from no others."""
    return {*map(type, objects)} <= {kind} and all(map(_IS_LEAF, objects))


def are_distinct(objects: Iterable[object]) -> bool:
    """Whether none of them comes twice.

    What was made one after the other lies so in memory, so that sorting takes a third of the time
    of a set.
    """
    ids = sorted(map(id, objects))
    return all(map(lt, ids, islice(ids, 1, None)))


def are_same(some: Sequence[object], others: Sequence[object]) -> bool:
    """Whether both hold the same objects, in the same order."""
    return len(some) == len(others) and all(map(is_, some, others))


def ordered(*roots: N) -> list[N]:
    """Every node behind the roots, once, inputs before the nodes that use them.

    The order is the one in which Python evaluates `left op right`, so it is the same in every run.

    >>> from jangrad import Value
    >>> a = Value(2.0)
    >>> c = a * a
    >>> [v.data for v in ordered(c + 1.0)]
    [2.0, 4.0, 5.0]
    """
    order: list[N] = []
    done: set[int] = set()  # ids, for a node may be one that cannot be looked up, in a trace
    for root in roots:
        stack = [(root, iter(root.children))] if id(root) not in done else []
        while stack:
            node, rest = stack[-1]
            for child in rest:
                if id(child) not in done:
                    stack.append((child, iter(child.children)))
                    break
            else:
                stack.pop()
                if id(node) not in done:
                    done.add(id(node))
                    order.append(node)
    return order


def uses(nodes: list[N]) -> Counter[N]:
    """How many inputs of the given nodes each node is; `a * a` counts a twice."""
    return Counter(child for node in nodes for child in node.children)


# In each thread the nodes that are being copied, inputs first, by `id`.
_listed: dict[int, set[int]] = {}


def is_listed(node: HasChildren) -> bool:
    """Whether a list of nodes that is being copied has this one already."""
    return id(node) in _listed.get(get_ident(), ())


class Behind:
    """All nodes behind one, inputs first: a list for whoever copies or pickles it."""

    def __init__(self, root: HasChildren) -> None:
        self.root = root

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._each()

    def _each(self) -> Iterator[HasChildren]:
        nodes = ordered(self.root)[:-1]
        thread = get_ident()
        known = _listed.setdefault(thread, set())
        ours = set(map(id, nodes)) - known
        known |= ours
        try:
            yield from nodes
        finally:
            known -= ours
            if not known:
                _listed.pop(thread, None)
