"""Whole paths from a root down to a number, the ones that contribute most first.

A gradient is a sum over paths: along each the local slopes are multiplied. There may be more paths
than could ever be listed, but each of the k largest goes on from one of the k largest to its next
node, for a larger product stays the larger one when both are multiplied by the same slope. So one
walk from the root down, which keeps k products a node, finds them.

Source: Bellman and Kalaba, On kth Best Policies (1960).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from jangrad.show.derivation import Derivation, Node, contributions_of
from jangrad.show.formula import number
from jangrad.show.neurons import neuron_outputs

_WIDTH = 88
_LONGEST = 7  # nodes of a path that are written out
_FACTORS = 8  # slopes of a path that are
_SHORT = 3  # slopes of a path whose 1s are written too
_PLAIN = frozenset({"add", "sub", "mul"})
_PLACE = re.compile(r"\.layers\[(\d+)\]\.neurons\[(\d+)\]")


class Edge(NamedTuple):
    """From a node to one of its inputs, all places together where it is that input.

    Attributes:
        node: the input.
        slope: the sum of the local slopes there; None where none of them is chosen.
    """

    node: Node
    slope: float | None


@dataclass(frozen=True, slots=True)
class Path:
    """A way from the root to a number.

    Attributes:
        nodes: the root first, the number last.
        slopes: the local slope of each step, one fewer than nodes.
        amount: their product: what the path adds to the gradient.
        share: its size as a part of the sizes of all paths, 0 to 1; nan where that is no number.
        names: what is written of the nodes: of a long path the neurons and what has a name.
    """

    nodes: tuple[Node, ...]
    slopes: tuple[float, ...]
    amount: float
    share: float
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " -> ".join(reversed(self.names))

    @property
    def product(self) -> str:
        """The slopes from the root down, multiplied; on a long way without those that are 1."""
        slopes = self.slopes if len(self.slopes) <= _SHORT else [x for x in self.slopes if x != 1.0]
        factors = [f"({number(x)})" if x < 0.0 else number(x) for x in slopes]
        if len(factors) > _FACTORS:
            return f"a product of {len(self.slopes)} slopes"
        return " * ".join(factors) or "1"


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths that contribute most to a gradient; `str()` lists them.

    Attributes:
        root, node: where they begin and end.
        rows: some `Path`s, the largest first.
        count: how many paths there are.
        gradient: the sum of what all of them add.
        size: the sum of the sizes of that, without signs.
    """

    root: Node
    node: Node
    rows: tuple[Path, ...]
    count: int
    gradient: float
    size: float

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Path:
        return self.rows[place]

    def __iter__(self) -> Iterator[Path]:
        return iter(self.rows)

    @property
    def counted(self) -> str:
        """How many there are, in digits people read."""
        return _counted(self.count)

    def __str__(self) -> str:
        top, bottom = self.root.handle, self.node.handle
        if not self.rows:
            return f"There is no path from {bottom} to {top} that hands a gradient down."
        paths = "1 path" if self.count == 1 else f"{self.counted} paths"
        lines = [f"The gradient of {bottom} is {number(self.gradient)}, by {paths} to {top}:"]
        amounts = _right([number(path.amount) for path in self.rows])
        shares = _right([percent(path.share) for path in self.rows])
        for path, amount, share in zip(self.rows, amounts, shares, strict=True):
            lead = f"  {share}  {amount}  "
            whole = f"{lead}{path}"
            product = f"= {path.product}"
            if len(whole) + 2 + len(product) <= _WIDTH:
                lines.append(f"{whole}  {product}")
            else:
                lines += [whole, " " * len(lead) + product]
        rest = self.count - len(self.rows)
        if rest:
            left = sum(path.amount for path in self.rows)
            more = "1 other path adds" if rest == 1 else f"{_counted(rest)} other paths add"
            lines.append(f"  {more} {number(self.gradient - left)} together")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


class _Best(NamedTuple):
    """A product of slopes from the root to a node, and how it goes on towards the root."""

    amount: float
    slope: float
    user: Node | None
    place: int


def largest_paths(derivation: Derivation, node: Node, most: int) -> Paths:
    """The paths from the root to a node that contribute most.

    Args:
        derivation: with gradients.
        node: where the paths end.
        most: how many are wanted.
    """
    root = derivation.root
    best: dict[Node, list[_Best]] = {root: [_Best(1.0, 1.0, None, 0)]}
    count: dict[Node, int] = {root: 1}
    size: dict[Node, float] = {root: 1.0}
    for user, edges in downwards(derivation, node):
        for part, slope in edges:
            if slope is None or user not in best:
                continue
            count[part] = count.get(part, 0) + count[user]
            size[part] = size.get(part, 0.0) + size[user] * abs(slope)
            found = best.get(part, [])
            found += [
                _Best(one.amount * slope, slope, user, place)
                for place, one in enumerate(best[user])
            ]
            best[part] = nsmallest(most, found, key=_rank)
    total = size.get(node, 0.0)
    neurons = neuron_outputs(derivation)
    rows = [_path(node, place, best, total, neurons) for place in range(len(best.get(node, [])))]
    assert node.grad is not None
    return Paths(root, node, tuple(rows), count.get(node, 0), node.grad, total)


def downwards(derivation: Derivation, node: Node) -> Iterator[tuple[Node, list[Edge]]]:
    """The nodes between a node and the root, the root first, with their inputs that lead to it."""
    between = above(node)
    for user in reversed(derivation.nodes[node.index + 1 :]):
        if user in between:
            yield user, [edge for edge in edges_of(user) if edge.node in between]


def above(node: Node) -> set[Node]:
    """The node and all that is computed from it."""
    found, waiting = {node}, [node]
    while waiting:
        for user, _ in waiting.pop().users:
            if user not in found:
                found.add(user)
                waiting.append(user)
    return found


def edges_of(user: Node) -> list[Edge]:
    """The inputs of a node, each once, with the slopes by which a gradient is handed to them."""
    parts = contributions_of(user, 1.0)
    found: list[Edge] = []
    for child in user.children:
        slopes = [
            part
            for given, part in zip(user.inputs, parts, strict=True)
            if given is child and part is not None
        ]
        found.append(Edge(child, sum(slopes) if slopes else None))
    return found


def told(node: Node) -> str:
    """A node of a path: its name, and what has none with its operation."""
    name = short_name(node.handle)
    return name if node.name or not node.op else f"{name}:{node.row.name}"


def short_name(name: str) -> str:
    """`net[0][1]` for `net.layers[0].neurons[1]`."""
    return _PLACE.sub(r"[\1][\2]", name)


def percent(share: float) -> str:
    """`57 %`, `0.02 %`; of what is no number a question mark.

    >>> percent(4 / 7), percent(0.0002), percent(1.0)
    ('57 %', '0.02 %', '100 %')
    """
    if not math.isfinite(share):
        return "? %"
    part = 100.0 * share
    digits = ".0f" if part >= 9.95 else ".1f" if part >= 0.095 else ".2g"
    return f"{part:{digits}} %"


def _rank(one: _Best) -> float:
    """The largest first; what is no number before all."""
    return -math.inf if one.amount != one.amount else -abs(one.amount)


def _path(
    node: Node, place: int, best: dict[Node, list[_Best]], total: float, neurons: dict[Node, str]
) -> Path:
    amount = best[node][place].amount
    nodes, slopes = [node], []
    while (one := best[nodes[-1]][place]).user is not None:
        nodes.append(one.user)
        slopes.append(one.slope)
        place = one.place
    nodes.reverse()
    slopes.reverse()
    # Of what adds up to nothing, because each is 0, a path is nothing.
    share = abs(amount) / (total or 1.0) if math.isfinite(total) else math.nan
    return Path(tuple(nodes), tuple(slopes), amount, share, _written(nodes, neurons))


def _written(nodes: list[Node], neurons: dict[Node, str]) -> tuple[str, ...]:
    """What is written of a path: sums and products on a long way only if they have a name."""
    if len(nodes) > _LONGEST:
        inner = [n for n in nodes[1:-1] if n.name or n in neurons or n.op not in _PLAIN]
        if not inner:
            return told(nodes[0]), f"({len(nodes) - 2} sums and products)", told(nodes[-1])
        nodes = [nodes[0], *inner, nodes[-1]]
    names = [told(n) if n.name else short_name(neurons.get(n, told(n))) for n in nodes]
    if len(names) > _LONGEST:
        half = _LONGEST // 2
        names = [*names[:half], f"({len(names) - 2 * half} more)", *names[-half:]]
    return tuple(names)


def _counted(count: int) -> str:
    return f"{count:,}" if count < 10**9 else f"about 10^{len(str(count)) - 1}"


def _right(texts: list[str]) -> list[str]:
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts]
