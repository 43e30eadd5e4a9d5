"""Why order matters: the classic mistakes of backpropagation, made on the user's own graph.

Each mistake is carried out for real on the derivation's numbers, and shown beside the right answer;
one that changes nothing here is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jangrad import ops
from jangrad.show.derivation import Derivation, Node, contributions_of
from jangrad.show.formula import number

_SHOWN = 8  # how many wrong numbers a mistake lists


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake and what it does to this graph.

    Attributes:
        name: what is done wrong.
        why: why the numbers come out wrong.
        wrong: (what, right, wrong) for every number that changes.
    """

    name: str
    why: str
    wrong: list[tuple[str, float, float]]

    def __str__(self) -> str:
        size = max(len(what) for what, _, _ in self.wrong[:_SHOWN])
        lines = [
            f"  {what:<{size}}  right {number(right):>12}   wrong {number(wrong):>12}"
            for what, right, wrong in self.wrong[:_SHOWN]
        ]
        rest = len(self.wrong) - _SHOWN
        more = [f"  ... and {rest:,} more"] if rest > 0 else []
        return "\n".join([self.name, f"  {self.why}", *lines, *more])


class Mistakes(list[Mistake]):
    """Those mistakes that change something; `print` shows them one below the other."""

    def __str__(self) -> str:
        if not self:
            return "none of the classic mistakes changes a number here"
        return "\n\n".join(map(str, self))

    __repr__ = __str__


def mistakes(derivation: Derivation) -> Mistakes:
    """The classic mistakes that give a wrong number on this graph.

    >>> from jangrad import Value
    >>> from jangrad.show.derivation import derive
    >>> a = Value(3.0, label="a")
    >>> print(mistakes(derive(a * a))[0])
    `=` in the place of `+=`
      a number that is used several times keeps only the contribution of one use
      da  right            6   wrong            3
    """
    found = [_gradients(derivation, *mistake) for mistake in _BACKWARD]
    found.append(_softmax_without_shift(derivation))
    return Mistakes(mistake for mistake in found if mistake is not None)


Backward = Callable[[Derivation], dict[Node, float]]


def _gradients(derivation: Derivation, name: str, why: str, run: Backward) -> Mistake | None:
    wrong = run(derivation)
    pairs = [
        (f"d{node.handle}", node.grad, wrong[node])
        for node in derivation
        if node.grad is not None and not _same(node.grad, wrong[node])
    ]
    return Mistake(name, why, pairs) if pairs else None


def _assigned(derivation: Derivation) -> dict[Node, float]:
    """Each contribution replaces the last one."""
    grads = dict.fromkeys(derivation, 0.0)
    grads[derivation.root] = 1.0
    for node in _reached(derivation):
        for part, contribution in _contributions(node, grads[node]):
            grads[part] = contribution
    return grads


def _unordered(derivation: Derivation) -> dict[Node, float]:
    """Each node hands its gradient on as soon as a walk from the root first reaches it."""
    grads = dict.fromkeys(derivation, 0.0)
    grads[derivation.root] = 1.0
    reached: set[Node] = set()
    stack = [derivation.root]
    while stack:
        node = stack.pop()
        if node in reached:
            continue
        reached.add(node)
        found = _contributions(node, grads[node])
        for part, contribution in found:
            grads[part] += contribution
        stack.extend(part for part, _ in reversed(found))
    return grads


def _not_cleared(derivation: Derivation) -> dict[Node, float]:
    """Two backward passes, every gradient starting from where the first pass left it."""
    grads = {node: node.grad or 0.0 for node in derivation}
    for node in _reached(derivation):
        for part, contribution in _contributions(node, grads[node]):
            grads[part] += contribution
    return grads


def _contributions(node: Node, grad: float) -> list[tuple[Node, float]]:
    """What a node with this gradient hands its inputs; none to those that are not chosen."""
    return [
        (part, contribution)
        for part, contribution in zip(node.inputs, contributions_of(node, grad), strict=True)
        if isinstance(part, Node) and contribution is not None
    ]


def _reached(derivation: Derivation) -> Iterator[Node]:
    """The nodes that a gradient reaches, from the root down."""
    reached = {derivation.root}
    for node in reversed(derivation.nodes):
        if node in reached:
            yield node
            reached.update(part for part, _ in _contributions(node, 0.0))


_BACKWARD: tuple[tuple[str, str, Backward], ...] = (
    (
        "`=` in the place of `+=`",
        "a number that is used several times keeps only the contribution of one use",
        _assigned,
    ),
    (
        "no topological order",
        "a node hands its gradient on before all of its users have contributed",
        _unordered,
    ),
    (
        "gradients not cleared before the second pass",
        "the second pass adds to what the first one left, in inner nodes too",
        _not_cleared,
    ),
)


def _softmax_without_shift(derivation: Derivation) -> Mistake | None:
    """The values again, with exp(x) where exp(x - largest) was."""
    shifts = {
        node.inputs[0]: node.inputs[0].inputs[1]
        for node in derivation
        if node.op == "exp"
        and isinstance(node.inputs[0], Node)
        and node.inputs[0].op == "sub"
        and isinstance(node.inputs[0].inputs[1], float)
    }
    if not shifts:
        return None
    constants = set(shifts.values())
    data: dict[Node, float] = {}
    for node in derivation:
        parts = [data[part] if isinstance(part, Node) else part for part in node.inputs]
        added_back = node.op == "add" and parts[1] in constants and _is_log(node.inputs[0])
        if node in shifts or (added_back and isinstance(node.inputs[1], float)):
            parts[1] = 0.0
        data[node] = ops.evaluate(node.op, *parts) if node.op and not node.own else node.data
    pairs = [
        (node.handle, node.data, data[node])
        for node in derivation
        if not math.isfinite(data[node]) and math.isfinite(node.data)
    ]
    if not pairs:
        return None
    return Mistake(
        "softmax without taking out the largest",
        "exp of a number above 709 is inf, and inf / inf is nan",
        pairs,
    )


def _is_log(part: Node | float) -> bool:
    return isinstance(part, Node) and part.op == "log"


def _same(right: float, wrong: float) -> bool:
    return math.isclose(right, wrong, rel_tol=1e-9, abs_tol=1e-300) or (
        math.isnan(right) and math.isnan(wrong)
    )
