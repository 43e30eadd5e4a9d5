"""What nodes look like, for those who print them: negative, a product, a test, a mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad.compiler.exporting import MUL, NEG, OPERATIONS, Operation
from jangrad.export.vectorised.array_nodes import Called, Indexed, Named, Node, Reduced, Scalar

TESTS = ("less", "less_equal", "equal")


def is_mean(total: Any, count: Any) -> bool:
    """Whether a sum is divided by how many there are."""
    if not isinstance(total, Reduced) or total.kind != "sum" or not total.many:
        return False
    if total.many < 0:
        return isinstance(count, Named) and count.array.name == "n"
    return bool(count == Scalar(float(total.many)))


def counted(parts: Sequence[Node]) -> list[Node]:
    """The parts, of which none comes twice in a row: twice it is once."""
    found: list[Node] = []
    for part in parts:
        if found and found[-1] == part and not isinstance(part, Scalar):
            found[-1] = Called(OPERATIONS[MUL], (Scalar(2.0), part))
        else:
            found.append(part)
    return found


def leads(node: Any) -> bool:
    """Whether it stands in front of a product."""
    return isinstance(node, Scalar) or (isinstance(node, Named) and node.array.role == "parameter")


def is_product(node: Any) -> bool:
    return isinstance(node, Called) and node.operation == OPERATIONS[MUL]


def axes(node: Any) -> int | None:
    """How many axes there are, where that is plain to see."""
    match node:
        case Scalar():
            return 0
        case Named(array):
            return len(array.shape) + array.per_row
        case Called(_, parts):
            known = [axes(part) for part in parts]
            return None if None in known else max(known, default=None)  # type: ignore[type-var]
    return None


def is_called(node: Any, op: str) -> bool:
    return isinstance(node, Called) and node.operation == Operation(op)


def is_test(node: Any) -> bool:
    return isinstance(node, Called) and node.operation.partial < 0 and node.operation.name in TESTS


def is_negative(node: Any) -> bool:
    if isinstance(node, Scalar):
        return math.copysign(1.0, node.value) < 0
    if not isinstance(node, Called):
        return False
    if node.operation == OPERATIONS[NEG]:
        return True
    if node.operation == OPERATIONS[MUL]:
        return any(isinstance(part, Scalar) and part.value < 0 for part in node.parts)
    return False


def positive(node: Any) -> Node:
    """What is subtracted instead."""
    if isinstance(node, Scalar):
        return Scalar(-node.value)
    assert isinstance(node, Called)
    if node.operation == OPERATIONS[NEG]:
        return node.parts[0]
    parts = list(node.parts)
    for k, part in enumerate(parts):
        if isinstance(part, Scalar) and part.value < 0:
            parts[k] = Scalar(-part.value)
            if part.value == -1.0:
                return parts[1 - k]
            break
    return node._replace(parts=tuple(parts))


def rank(node: Any) -> int:
    """Products come first, then arrays, then numbers."""
    if isinstance(node, Scalar):
        return 2
    return 1 if isinstance(node, (Named, Indexed)) else 0
