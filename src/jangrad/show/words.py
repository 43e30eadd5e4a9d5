"""The derivation in words and formulas."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from math import inf, isfinite

from jangrad import ops
from jangrad.show import formula, latex, letters
from jangrad.show.derivation import Derivation, Node
from jangrad.show.equations import (
    TERMS,
    amount,
    by_size,
    by_user,
    factor,
    grad,
    local_formula,
    value_expression,
    with_numbers,
)
from jangrad.show.formula import number
from jangrad.show.paths import largest_paths, percent

_WIDTH = 88
_NEAR, _APART = 1e-7, 1e-3  # how far the sides of a point are, and how far apart slopes at a kink


@dataclass(frozen=True, slots=True)
class FormulaStep:
    """One equation: its left side, and the sides that are equal to it, the last one a number."""

    left: str
    sides: tuple[str, ...]

    def __str__(self) -> str:
        line = " = ".join((self.left, *self.sides))
        if len(line) <= _WIDTH:
            return line
        return f"{self.left}\n" + "\n".join(f"    = {side}" for side in self.sides)


@dataclass(frozen=True, slots=True)
class Explanation:
    """How values or gradients came to be: `str()` in words, `.latex` for a paper or a notebook.

    Attributes:
        text: the words, in lines.
        latex: the formulas, without a document around them.
    """

    text: str
    latex: str

    def __str__(self) -> str:
        """The words as standard output can take them."""
        return letters.for_output(self.text)

    def __repr__(self) -> str:
        return str(self)

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def splitlines(self) -> list[str]:
        """The lines of the text."""
        return self.text.splitlines()

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"

    def _repr_markdown_(self) -> str:
        """What a notebook shows: the words, and the formulas typeset below them."""
        return f"```\n{self.text}\n```\n\n{self._repr_latex_()}"


def value_formula(node: Node) -> str:
    """`c = a * a`: how the node was computed, in the notation of the table."""
    return f"{node.handle} = {formula.text(value_expression(node))}"


def explain(derivation: Derivation, node: Node) -> Explanation:
    """The gradient of the root with respect to one node, path by path."""
    root = derivation.root
    about = [f"{node.handle} = {_how(node)}"]
    if node is root:
        own = gradient_of(root.handle, root.handle)
        about.append(f"It is what was asked about, so its own gradient is 1: {own} = 1")
    else:
        about.append(_used_in(node))
        about.append(str(gradient_step(derivation, node)))
        about += _shares(derivation, node)
        about.append(_meaning(derivation, node))
    return Explanation("\n".join(about), latex.gradient(derivation, node))


def explain_all(derivation: Derivation) -> Explanation:
    """Every value from the leaves up, then every gradient from the root down."""
    forward = [f"  {value_step(node)}" for node in derivation if node.op]
    given = [f"  {node.handle} = {formula.value(node.data)}" for node in derivation if not node.op]
    backward = [
        "  " + str(gradient_step(derivation, node)).replace("\n", "\n  ")
        for node in reversed(derivation.nodes)
    ]
    blocks = (("Given:", given), ("Values, forward:", forward), ("Gradients, backward:", backward))
    return Explanation(
        "\n".join(line for title, lines in blocks if lines for line in (title, *lines)),
        latex.everything(derivation),
    )


def value_step(node: Node) -> FormulaStep:
    """`c = a * a = 2 * 2 = 4`."""
    sides = [
        formula.text(value_expression(node)),
        formula.text(with_numbers(node)),
        formula.value(node.data),
    ]
    return FormulaStep(node.handle, tuple(side for side, _ in groupby(sides)))


def gradient_step(derivation: Derivation, node: Node) -> FormulaStep:
    """`de/da = de/dc * ∂c/∂a + de/dd * ∂d/∂a = 1 * (a + a) + 1 * b = 4 + 3 = 7`."""
    root = derivation.root
    left = gradient_of(root.handle, node.handle)
    if node is root:
        return FormulaStep(left, ("1",))
    terms = by_size(node)
    shown, rest = terms[:TERMS], terms[TERMS:]
    more = f" + ... ({len(rest)} more)" if rest else ""
    chain = [
        f"{gradient_of(root.handle, user.handle)} * {local_slope(user.handle, node.handle)}"
        for user, _ in shown
    ]
    symbols = [
        f"{factor(formula.constant(grad(user)))} * {factor(local_formula(user, positions))}"
        for user, positions in shown
    ]
    amounts = [amount(user, positions) for user, positions in shown]
    sides = [" + ".join(chain) + more, " + ".join(symbols) + more]
    if rest:
        amounts.append(sum(amount(user, positions) for user, positions in rest))
    sides += [_sum(amounts), number(grad(node))]
    return FormulaStep(left, tuple(side for side, _ in groupby(sides)))


def _shares(derivation: Derivation, node: Node) -> list[str]:
    """Which part of what is added each user adds, by size; and the largest of all paths."""
    users = by_size(node)
    sizes = [abs(amount(*use)) for use in users]
    total = sum(sizes)
    if len(users) < 2 or not 0.0 < total < inf:
        return []
    parts = [
        f"{user.handle} adds {percent(size / total)}"
        for (user, _), size in zip(users[:TERMS], sizes, strict=False)
    ]
    if len(users) > TERMS:
        parts.append(f"{len(users) - TERMS} others {percent(sum(sizes[TERMS:]) / total)}")
    lines = [f"By size, {', '.join(parts)}."]
    paths = largest_paths(derivation, node, 1)
    if paths.count > len(users) and paths.size < inf:
        best = paths[0]
        lines.append(f"The largest of {paths.counted} paths, {percent(best.share)}: {best}")
    return lines


def _how(node: Node) -> str:
    if not node.op:
        return f"{formula.value(node.data)}, a number that was given"
    sides = value_step(node).sides
    return " = ".join(sides)


def _used_in(node: Node) -> str:
    users = by_user(node)
    if len(users) > TERMS:  # those that the formula tells
        users = by_size(node)
    uses = [
        value_formula(user) + (f" ({_times(len(positions))})" if len(positions) > 1 else "")
        for user, positions in users[:TERMS]
    ]
    if len(users) > TERMS:
        uses.append(f"{len(users) - TERMS} more")
    listed = uses[0] if len(uses) == 1 else ", ".join(uses[:-1]) + " and in " + uses[-1]
    return f"It is used in {listed}."


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _meaning(derivation: Derivation, node: Node) -> str:
    top, slope = derivation.root, grad(node)
    root = top.handle
    if not isfinite(top.data):
        return f"{root} is {number(top.data)}, so it has no slope here."
    if not isfinite(slope):
        return f"{root} has no finite slope in {node.handle} here."
    kink = _kink(derivation, node)
    if kink:
        return (
            f"{value_formula(kink)} has a kink here: the slopes on its two sides differ,"
            " and which one is taken is a choice."
        )
    if slope == 0.0:
        return f"A small change of {node.handle} does not change {root}."
    way = "grows" if slope > 0.0 else "shrinks"
    size = number(abs(slope))
    much = "just as much" if size == "1" else f"{size} times as much"
    return f"When {node.handle} grows by a little, {root} {way} by {much}."


def _kink(derivation: Derivation, node: Node) -> Node | None:
    """The first operation between it and the root at which the slope is a choice."""
    moved = {node}
    for one in derivation.nodes[node.index :]:
        if not moved.isdisjoint(one.children):
            moved.add(one)
            if one.grad and _has_kink(one):
                return one
    return None


def _has_kink(node: Node) -> bool:
    """Whether a rule with a test has other slopes on the two sides of this point."""
    if node.own or not any(" if " in partial for partial in node.row.partials):
        return False
    here = tuple([part.data if isinstance(part, Node) else part for part in node.inputs])
    for i, x in enumerate(here):
        sides = []
        for move in (-_NEAR, _NEAR):
            there = (*here[:i], x + move * max(1.0, abs(x)), *here[i + 1 :])
            sides.append(ops.partials(node.op, there, ops.evaluate(node.op, *there))[i])
        if abs(sides[1] - sides[0]) > _APART * (1.0 + abs(sides[0])):  # never so for nan
            return True
    return False


def gradient_of(top: str, bottom: str) -> str:
    """What the slope of the root is called, through all paths: `de/da`."""
    return f"d{_simple(top)}/d{_simple(bottom)}"


def local_slope(top: str, bottom: str) -> str:
    """What the slope of one operation is called, its other inputs held: `∂c/∂a`."""
    return f"∂{_simple(top)}/∂{_simple(bottom)}"


def _simple(handle: str) -> str:
    return handle if handle.isidentifier() else f"({handle})"


def _sum(numbers: list[float]) -> str:
    first, *others = map(number, numbers)
    return " + ".join([first, *(f"({x})" if x.startswith("-") else x for x in others)])
