"""The equations of a derivation as formulas: what words and LaTeX both print."""

from __future__ import annotations

from itertools import groupby

from jangrad import ops, rules
from jangrad.algebra import BinOp, Call, Const, In, Num, Rule
from jangrad.show import formula
from jangrad.show.derivation import Node

TERMS = 6  # of a longer sum the first so many terms are written out


def value_expression(node: Node) -> Rule:
    """The operation as a formula of handles, as the table writes it."""
    row, operands = node.row, node.operands()
    return _put(row, operands)


def with_numbers(node: Node) -> Rule:
    """The operation with numbers in the place of its inputs."""
    operands = {
        name: formula.constant(part.data if isinstance(part, Node) else part)
        for name, part in zip(node.row.inputs, node.inputs, strict=True)
    }
    return _put(node.row, operands)


def by_user(node: Node) -> list[tuple[Node, tuple[int, ...]]]:
    """The nodes that use it, each once, with the positions in which they do."""
    return [
        (user, tuple(position for _, position in group))
        for user, group in groupby(node.users, key=lambda use: use[0])
    ]


def by_size(node: Node) -> list[tuple[Node, tuple[int, ...]]]:
    """The same, those first that contribute most."""
    return sorted(by_user(node), key=lambda use: -abs(amount(*use)))


def local_formula(user: Node, positions: tuple[int, ...]) -> Rule:
    """d user / d input as a formula; `a + a` for the input a of `a * a`."""
    parts = [user.partial_formula(position) for position in positions]
    whole = parts[0]
    for part in parts[1:]:
        whole = BinOp("+", whole, part)
    known = [formula.as_number(part) for part in parts]
    if all(number is not None for number in known):
        return formula.constant(local(user, positions))
    return whole


def local(user: Node, positions: tuple[int, ...]) -> float:
    """The same as a number."""
    return sum(user.partials[position] for position in positions)


def amount(user: Node, positions: tuple[int, ...]) -> float:
    """What the user contributes at these positions."""
    return sum(user.handed_down[position] for position in positions)


def grad(node: Node) -> float:
    """Its gradient, which has been computed."""
    assert node.grad is not None
    return node.grad


def factor(part: Rule) -> str:
    """A formula as one factor of a product."""
    text = formula.text(part)
    alone = isinstance(part, (In, Const, Num, Call)) and not formula.is_label(part)
    return text if alone else f"({text})"


def notation(row: ops.Op) -> Rule:
    """The operation as the table writes it, a formula of its inputs' names."""
    try:
        return rules.read(row.text.format(**{name: name for name in row.inputs}))
    except (rules.Refused, ValueError, LookupError):  # a user's notation need not be Python
        return Call(row.name, tuple(map(In, row.inputs)))


def _put(row: ops.Op, operands: dict[str, Rule]) -> Rule:
    return formula.put(notation(row), operands)
