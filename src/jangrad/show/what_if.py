"""What becomes of a root when numbers behind it are changed, and what its derivatives predict.

The derivative d of the root along the changes, and its second derivative s along them, say that it
changes by d, or by d + s / 2: a line and a parabola through where it is (Taylor). The second is
that of a graph in which one number t moves all of them together, differentiated twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jangrad import ops
from jangrad.derivatives import gradient
from jangrad.engine import Value, apply
from jangrad.errors import ConfigError
from jangrad.show.derivation import Derivation, Node
from jangrad.show.formula import number

_ON_THE_WAY = 3  # named numbers between that are told
_AT_FIRST = 2.0**-12  # so much of each change is a beginning of it
_DIGITS = 1e-9  # two numbers that are nearer than this, relative to their size, are the same


@dataclass(frozen=True, slots=True)
class Changed:
    """A number that is another one now.

    Attributes:
        name: what the tree calls it.
        before, after: the two numbers.
    """

    name: str
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.name}: {number(self.before)} -> {number(self.after)}"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What changes do to a root; `str()` says it.

    Attributes:
        root: the root's `Changed`.
        given: a `Changed` for each number that was moved.
        between: one for each named number between that it moves, inputs first.
        change: by how much the root changes, computed anew.
        by_gradient: by how much according to the gradient: the sum of gradient times change.
        by_curvature: the same with half the second derivative along the change; nan where an
            operation has none.
        at_first: by how much the root changes at the beginning, when each number is moved by
            1 / 4096 of its change.
    """

    root: Changed
    given: tuple[Changed, ...]
    between: tuple[Changed, ...]
    change: float
    by_gradient: float
    by_curvature: float
    at_first: float

    def __str__(self) -> str:
        lines = [f"if {one}" if i == 0 else f"   {one}" for i, one in enumerate(self.given)]
        shown = [str(one) for one in self.between[:_ON_THE_WAY]]
        if rest := len(self.between) - len(shown):
            shown.append(f"{rest} more")
        if shown:
            lines.append(f"on the way {', '.join(shown)}")
        lines.append(str(self.root))
        rows = [
            ("true change", self.change, ""),
            ("by the gradient", self.by_gradient, self._off(self.by_gradient)),
            ("by gradient and curvature", self.by_curvature, self._off(self.by_curvature)),
        ]
        wide = max(len(name) for name, _, _ in rows)
        long = max(len(number(x)) for _, x, _ in rows)
        lines += [
            f"  {name:<{wide}}  {number(x):>{long}}{f'  {off}' if off else ''}"
            for name, x, off in rows
        ]
        if self.by_gradient * self.change < 0.0:
            lines.append(f"  {self.root.name} {self._way()}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _way(self) -> str:
        """How the root comes to move against its gradient."""
        falls = self.by_gradient < 0.0
        if self.at_first * self.by_gradient > 0.0:
            way, end = ("falls", "above") if falls else ("grows", "below")
            return f"{way} at first, as the gradient says, and ends {end} where it began"
        way = "grows" if falls else "falls"
        return (
            f"{way} at once: the gradient is that of another side of a kink or a step, or the curve"
            " bends\n  within the first thousandth of the change"
        )

    def _off(self, predicted: float) -> str:
        if not math.isfinite(predicted) or not math.isfinite(self.change):
            return ""
        off = predicted - self.change
        if abs(off) <= _DIGITS * max(abs(self.change), abs(self.root.before)):
            return "the same"
        return f"{number(abs(off))} too {'high' if off > 0.0 else 'low'}"


def what_if(derivation: Derivation, moves: Mapping[Node, float]) -> WhatIf:
    """What becomes of the root when these numbers are moved.

    Args:
        derivation: with gradients.
        moves: by how much each is moved; one that is computed, beside what it is computed to.

    Raises:
        ConfigError: when what they move has a backward of its own, whose value nobody can compute.
    """
    after = _after(derivation, moves)
    begun = _after(derivation, {node: _AT_FIRST * move for node, move in moves.items()})
    root = derivation.root
    given = tuple(Changed(n.handle, n.data, after[n]) for n in derivation if n in moves)
    between = tuple(
        Changed(n.handle, n.data, x)
        for n, x in after.items()
        if n.name and n not in moves and n is not root and x != n.data
    )
    slope = math.fsum((node.grad or 0.0) * move for node, move in moves.items())
    new = after.get(root, root.data)
    ends = Changed(root.handle, root.data, new)
    curved = slope + 0.5 * _curvature(derivation, moves)
    at_first = begun.get(root, root.data) - root.data
    return WhatIf(ends, given, between, new - root.data, slope, curved, at_first)


def _after(derivation: Derivation, moves: Mapping[Node, float]) -> dict[Node, float]:
    """What each number is that moves."""
    after: dict[Node, float] = {}
    for node in derivation:
        moved = any(part in after for part in node.children)
        if not moved and node not in moves:
            continue
        data = node.data
        if moved:
            check_known(node)
            data = ops.evaluate(node.op, *(_number(part, after) for part in node.inputs))
        after[node] = data + moves.get(node, 0.0)
    return after


def _number(part: Node | float, after: Mapping[Node, float]) -> float:
    return after.get(part, part.data) if isinstance(part, Node) else part


def check_known(node: Node) -> None:
    """Refuse a node whose value cannot be computed anew."""
    if node.own:
        raise ConfigError(
            f"`{node.handle}` has a backward of its own, and nobody knows how its value changes",
            why="only its author knows what it computes",
            try_="the same with operations of jangrad, or jangrad.operation for one of yours",
        )


def _curvature(derivation: Derivation, moves: Mapping[Node, float]) -> float:
    """The second derivative of the root along the moves."""
    t = Value(0.0)
    moved: dict[Node, Value] = {}
    for node in derivation:
        if any(part in moved for part in node.children):
            inputs: list[Any] = [
                moved.get(part, part.data) if isinstance(part, Node) else part
                for part in node.inputs
            ]
            moved[node] = apply(node.op, *inputs)
        if node in moves:
            moved[node] = moved.get(node, node.data) + t * moves[node]
    along = moved.get(derivation.root)
    if along is None:
        return 0.0
    (first,) = gradient(along, [t])
    (second,) = gradient(first, [t])
    return second.data
