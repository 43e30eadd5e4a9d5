"""Large graphs folded to what fits a screen: one box for the parts of a neuron, a layer, a sample.

A fold may not make a circle: if a box both uses and is used by another, no order of drawing is
left. So boxes are runs of the derivation's order that one node closes: a node swallows the nodes
that lead to it alone. Where that is not enough, whole runs of the order become boxes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import value_expression


class Box(NamedTuple):
    """What is drawn as one: a node, or several under a label; the last node closes it."""

    nodes: tuple[Node, ...]
    label: str = ""


def fold_to(derivation: Derivation, most: int) -> tuple[list[Box], list[tuple[int, int]]]:
    """Boxes, at most so many, and the edges between them.

    Args:
        derivation: what to fold.
        most: boxes at most.

    Returns:
        The boxes, inputs before users, and (input, user) pairs of box numbers, each once.
    """
    nodes = derivation.nodes
    if len(nodes) <= most:
        return _boxes([node.index for node in nodes], nodes)
    home = _swallow(nodes, 2 * len(nodes) / most)
    if len(set(home)) > most:
        home = _runs(home, most)
    return _boxes(home, nodes)


def _swallow(nodes: list[Node], size: float) -> list[int]:
    """For each node the node that closes its box: itself, or the only one that uses it.

    From the root down, a box takes in what leads to it alone while it has room.
    """
    home = [node.index for node in nodes]
    count = [0] * len(nodes)
    for node in reversed(nodes):
        homes = {home[user.index] for user, _ in node.users}
        if len(homes) == 1:
            (place,) = homes
            if count[place] < size:
                home[node.index] = place
        count[home[node.index]] += 1
    return home


def _runs(home: list[int], most: int) -> list[int]:
    """Boxes of the order itself: runs of equal length, each closed by its last node."""
    length = math.ceil(len(home) / (most - 1))
    last = len(home) - 1
    return [
        min((index // length + 1) * length - 1, last - 1) if index < last else last
        for index in range(len(home))
    ]


def _boxes(home: list[int], nodes: list[Node]) -> tuple[list[Box], list[tuple[int, int]]]:
    members: dict[int, list[Node]] = {}
    for node in nodes:
        members.setdefault(home[node.index], []).append(node)
    places = sorted(members)
    number = {place: i for i, place in enumerate(places)}
    boxes = [Box(tuple(members[place]), _label(members[place])) for place in places]
    edges = {
        (number[home[node.index]], number[home[user.index]])
        for node in nodes
        for user, _ in node.users
        if home[node.index] != home[user.index]
    }
    return boxes, sorted(edges)


def _label(nodes: list[Node]) -> str:
    """What the closing node is called, or how it is computed."""
    last = nodes[-1]
    if last.name or len(nodes) == 1:
        return last.name
    return formula.text(value_expression(last)) if last.op else last.handle
