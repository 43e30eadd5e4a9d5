"""What each row of a batch adds to a gradient, from the one backward pass over their common loss.

The gradient of a batch is a sum over paths, and each path leads through the part of one row. So
what reaches a row's part is taken, and handed down once more: one number a row instead of their
sum. A node that one row alone leads to, as nearly all are, has one such number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.show.derivation import Derivation, Node, contributions_of
from jangrad.show.equations import grad
from jangrad.show.formula import number
from jangrad.show.paths import percent

_TOLD = 10


class RowPart(NamedTuple):
    """What one row adds to a gradient.

    Attributes:
        row: its number, from 0.
        amount: what it adds.
        share: its size as a part of the sizes of all rows, 0 to 1.
        name: of a term that has one.
    """

    row: int
    amount: float
    share: float
    name: str = ""


@dataclass(frozen=True, slots=True)
class RowParts:
    """What each row of a batch adds to a gradient; `str()` lists the largest.

    Attributes:
        name: whose gradient it is.
        rows: a `RowPart` for each row, the largest first.
        gradient: all of it.
        rest: what comes through no row, as of a penalty on the weights.
        of: `"row"`; or `"term"`, where they are the terms of a sum.
    """

    name: str
    rows: tuple[RowPart, ...]
    gradient: float
    rest: float
    of: str = "row"

    def __str__(self) -> str:
        if not any(one.amount for one in self.rows):
            lines = [f"None of its {self.of}s adds anything to the gradient of {self.name}"]
            lines.append(f"  try: tree.why({self.name!r}), which says where they end")
            return "\n".join(lines)
        lines = [f"The gradient of {self.name} is {number(self.gradient)}; of its {self.of}s"]
        shown = self.rows[:_TOLD]
        told = [f"{one.row}, {one.name}," if one.name else f"{one.row}" for one in shown]
        wide = max(map(len, told))
        side = "<" if any(one.name for one in shown) else ">"
        amounts = [number(one.amount) for one in shown]
        long = max(map(len, amounts))
        lines += [
            f"  {self.of} {which:{side}{wide}} adds {amount:>{long}}  {percent(one.share):>6}"
            for which, one, amount in zip(told, shown, amounts, strict=True)
        ]
        if left := self.rows[_TOLD:]:
            together = sum(one.amount for one in left)
            lines.append(f"  {len(left):,} others add {number(together)} together")
        if self.rest:
            lines.append(f"  and {number(self.rest)} comes through no {self.of}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def by_row(derivation: Derivation, node: Node, rows: Sequence[Any] | None) -> RowParts:
    """What each row adds to a gradient.

    Args:
        derivation: with gradients.
        node: whose gradient is shared out.
        rows: the Values of each row, through which its paths lead; None for the terms of the sum
            that the root is, or is a multiple of.

    Raises:
        ConfigError: when there are no rows.
    """
    given = _terms(derivation.root) if rows is None else _given(derivation, rows)
    if len(given) < 2:
        raise ConfigError(
            f"`{derivation.root.handle}` is no sum of what rows lose",
            why="what each row adds is told by the terms of the sum",
            try_="tree.by_row(name, rows=outputs), with the outputs of each row",
        )
    doors = {part: i for i, parts in enumerate(given) for part in parts}
    held: dict[Node, dict[int, float]] = {node: {}}
    for one in reversed(derivation.nodes[node.index :]):
        if one in doors:
            held[one] = {doors[one]: grad(one)}
        mine = held.get(one)
        if not mine or one is node:
            continue
        slopes = contributions_of(one, 1.0)
        for part, slope in zip(one.inputs, slopes, strict=True):
            if isinstance(part, Node) and slope is not None:
                sums = held.setdefault(part, {})
                for row, amount in mine.items():
                    sums[row] = sums.get(row, 0.0) + amount * slope
        if one is not node:
            del held[one]
    amounts = [held[node].get(row, 0.0) for row in range(len(given))]
    size = sum(map(abs, amounts)) or 1.0
    names = [""] * len(given) if rows is not None else [_name(term) for (term,) in given]
    parts = [RowPart(i, a, abs(a) / size, names[i]) for i, a in enumerate(amounts)]
    parts.sort(key=lambda part: -part.share)
    rest = grad(node) - sum(amounts)
    if abs(rest) <= 1e-9 * size:
        rest = 0.0
    of = "term" if rows is None else "row"
    return RowParts(node.handle, tuple(parts), grad(node), rest, of)


def _terms(root: Node) -> list[list[Node]]:
    """The terms of the sum that the root is, or is a multiple of.

    None where one of the terms is such a sum itself, and a longer one: nobody knows whose rows are
    meant; but if all of them have names, they are.
    """
    terms = _summands(_without_factor(root))
    inner = max((len(_summands(_without_factor(term))) for term in terms), default=0)
    clear = inner <= len(terms) or all(map(_name, terms))
    return [[term] for term in terms] if len(terms) > 1 and clear else []


def _name(term: Node) -> str:
    """What the user calls it, or what is multiplied by a number to be it."""
    return _without_factor(term, to_name=True).name


def _without_factor(node: Node, *, to_name: bool = False) -> Node:
    """What is multiplied by a plain number, or divided by one, to be this; or has a name before."""
    while (
        not (to_name and node.name)
        and node.op in ("mul", "div")
        and isinstance(node.inputs[0], Node) != isinstance(node.inputs[-1], Node)
    ):
        (node,) = node.children
    return node


def _summands(node: Node) -> list[Node]:
    """The parts of a sum in order; the node alone where it is none."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.op == "add" and (one is node or len(one.users) == 1):
            waiting += reversed([part for part in one.inputs if isinstance(part, Node)])
        else:
            found.append(one)
    return found


def _given(derivation: Derivation, rows: Sequence[Any]) -> list[list[Node]]:
    nodes = {id(node.value): node for node in derivation}
    listed = [[row] if isinstance(row, Value) else list(row) for row in rows]
    return [[nodes[id(value)] for value in row if id(value) in nodes] for row in listed]
