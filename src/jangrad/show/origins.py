"""Where a nan or inf comes from: the first numbers in a derivation that are no finite ones.

Forward, where an operation makes one of finite inputs, or a leaf is one. Backward, where a slope
makes one of a finite gradient; what comes after either has only caught it.
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

from jangrad.show import formula
from jangrad.show.derivation import Derivation, Node, contributions_of
from jangrad.show.equations import value_expression
from jangrad.show.formula import number


class Origin(NamedTuple):
    """A number from which others are nan or inf.

    Attributes:
        node: whose value it is, or whose slope.
        mark: `"nan begins here"`.
        text: where it is and how it came to be, in one line.
    """

    node: Node
    mark: str
    text: str


def origins(derivation: Derivation) -> list[Origin]:
    """Where what is not finite begins, inputs before what uses them; `[]` where all is finite.

    >>> from jangrad import Value
    >>> x = Value(-0.2, "x")
    >>> for origin in origins((x.sqrt() + 1.0).backtrack().derivation):
    ...     print(origin.text)
    nan begins at v1 = sqrt(x): sqrt of -0.2, which needs x > 0
    """
    fine = isfinite(derivation.root.data)
    if fine and all(isfinite(node.grad or 0.0) for node in derivation):
        return []
    found = [
        Origin(node, f"{number(node.data)} begins here", _of_value(node))
        for node in (derivation.nodes if fine else _caught(derivation))
        if not isfinite(node.data) and all(isfinite(part.data) for part in node.children)
    ]
    return found or _backward(derivation)


def _caught(derivation: Derivation) -> list[Node]:
    """The nodes that are not finite and lead to the root through such nodes alone."""
    found = {derivation.root}
    for node in reversed(derivation.nodes):
        if node in found:
            parts = contributions_of(node, 1.0)
            for given, part in zip(node.inputs, parts, strict=True):
                if isinstance(given, Node) and part is not None and not isfinite(given.data):
                    found.add(given)
    return [node for node in derivation if node in found]


def _backward(derivation: Derivation) -> list[Origin]:
    found = []
    for node in derivation:
        if node.grad is None or not isfinite(node.grad):
            continue
        for part, slope in zip(node.handed_down, node.partials, strict=True):
            if not isfinite(part):
                mark = f"its slope is {number(slope)}"
                what = f"gradients are {number(part)} below {_formula(node)}: {mark}"
                found.append(Origin(node, mark, what + _line(node)))
                break
    return found


def _of_value(node: Node) -> str:
    begins = f"{number(node.data)} begins at {_formula(node)}"
    if not node.op:
        return f"{begins}, which was given"
    numbers = [number(part.data if isinstance(part, Node) else part) for part in node.inputs]
    domain = node.row.domain
    left = node.data != node.data or "0" in numbers  # else it has only grown too large
    needs = f", which needs {domain}" if domain and left else ""
    return f"{begins}: {node.row.name} of {' and '.join(numbers)}{needs}{_line(node)}"


def _formula(node: Node) -> str:
    return f"{node.handle} = {formula.text(value_expression(node))}" if node.op else node.handle


def _line(node: Node) -> str:
    return f", at {node.made_at}" if node.made_at else ""
