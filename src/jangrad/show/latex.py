r"""The derivation in LaTeX: `\frac{\mathrm{d} e}{\mathrm{d} a}` and what it is equal to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from jangrad import ops
from jangrad.algebra import Algebra, BinOp, Neg, Rule, fold
from jangrad.show import equations, formula
from jangrad.show.derivation import Derivation, Node
from jangrad.show.symbols import to_latex as name

# The slope of the root through all paths, and that of one operation, its other inputs held.
_TOTAL, _PARTIAL = r"\mathrm{d}", r"\partial"


def number(x: float) -> str:
    r"""A number as LaTeX: `1.5 \cdot 10^{-9}`."""
    text = formula.number(x)
    special = {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}
    if text in special:
        return special[text]
    digits, e, exponent = text.partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if e else digits


def of(formula: Rule, needs: int = 0) -> str:
    """A formula as LaTeX, in parentheses where it binds less tightly than is needed."""
    return fold(formula, _Latex()).within(needs)


class _Printed(NamedTuple):
    """LaTeX, how tightly it binds, and whether it begins with a minus of its own."""

    text: str
    level: int
    is_minus: bool = False

    def within(self, needs: int) -> str:
        return self.text if self.level >= needs else rf"\left({self.text}\right)"


class _Latex(Algebra[_Printed]):
    def num(self, value: float) -> _Printed:
        return _Printed(number(float(value)), ops.ATOM)

    def const(self, name: str) -> _Printed:
        return self.name(name)

    def name(self, label: str) -> _Printed:
        return _Printed(name(label), 1 if formula.is_compound(label) else ops.ATOM)

    def bin(self, sign: str, left: _Printed, right: _Printed) -> _Printed:
        if sign == "/":
            return _Printed(rf"\frac{{{left.text}}}{{{right.text}}}", ops.POWER)
        if sign == "**":
            return _Printed(f"{{{left.within(ops.ATOM)}}}^{{{right.text}}}", ops.POWER)
        shown = {"*": r" \cdot ", "%": r" \bmod "}.get(sign, f" {sign} ")
        level = ops.ADDITIVE if sign in "+-" else ops.MULTIPLICATIVE
        # A minus may follow a sign only in parentheses.
        tight = ops.POWER if right.is_minus else level + (sign != "+")
        return _Printed(left.within(level) + shown + right.within(tight), level)

    def neg(self, operand: _Printed) -> _Printed:
        inside = operand.within(ops.ATOM if operand.is_minus else ops.PREFIX)
        return _Printed("-" + inside, ops.PREFIX, True)

    def call(self, function: str, parts: Sequence[_Printed]) -> _Printed:
        if not _in_table(function, parts):
            inside = ", ".join(part.text for part in parts)
            return _Printed(rf"\operatorname{{{name(function)}}}\left({inside}\right)", ops.ATOM)
        row = ops.OPS[function]
        arguments = {
            n: part.within(0 if _is_enclosed(n, row.latex) else ops.ATOM)
            for n, part in zip(row.inputs, parts, strict=True)
        }
        return _Printed(row.latex.format(**arguments), row.level)

    def choice(self, test: _Printed, chosen: _Printed, other: _Printed) -> _Printed:
        sides = rf"{chosen.text} & \text{{if }} {test.text} \\ {other.text} & \text{{otherwise}}"
        return _Printed(rf"\begin{{cases}} {sides} \end{{cases}}", ops.ATOM)

    def cmp(self, sign: str, left: _Printed, right: _Printed) -> _Printed:
        shown = {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}.get(sign, sign)
        return _Printed(f"{left.text} {shown} {right.text}", ops.ATOM)

    def logic(self, word: str, parts: Sequence[_Printed]) -> _Printed:
        shown = r" \wedge " if word == "and" else r" \vee "
        return _Printed(shown.join(part.within(ops.ATOM) for part in parts), 0)


def _in_table(function: str, parts: Sequence[object]) -> bool:
    """Whether it is the table's; a user's own may have the name and other inputs."""
    return function in ops.OPS and len(ops.OPS[function].inputs) == len(parts)


def _is_enclosed(argument: str, notation: str) -> bool:
    """Whether brackets, a root, a fraction or an exponent hold it together wherever it stands."""
    holder = r"[(|]|, |\\l(?:floor|ceil) |\\(?:sqrt(?:\[3\])?|frac)\{\{|\^\{\{|\}\}\{\{"
    places = notation.count(f"{{{argument}}}")
    return len(re.findall(rf"(?:{holder})\{{{argument}\}}", notation)) == places


def gradient(derivation: Derivation, node: Node) -> str:
    """One gradient, from the chain rule to its number."""
    return " = ".join(_gradient(derivation, node))


def everything(derivation: Derivation, *, forward_only: bool = False) -> str:
    """All values and all gradients, one a line, aligned at the first equals sign."""
    rows = [_value(node) for node in derivation]
    if not forward_only:
        rows += [_gradient(derivation, node) for node in reversed(derivation.nodes)]
    lines = [f"{left} &= {' = '.join(sides)}" for left, *sides in rows]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def document(formulas: str) -> str:
    """A whole LaTeX document with formulas."""
    # pdflatex has no letters but those of the West.
    others = [] if all(ord(c) < 0x250 for c in formulas) else ["% !TeX program = lualatex"]
    return "\n".join(
        (
            *others,
            r"\documentclass{article}",
            r"\usepackage{amsmath}",
            r"\begin{document}",
            r"\[",
            formulas,
            r"\]",
            r"\end{document}",
            "",
        )
    )


def _value(node: Node) -> list[str]:
    if not node.op:
        return [name(node.handle), number(node.data)]
    sides = [
        of(equations.value_expression(node)),
        of(equations.with_numbers(node)),
        number(node.data),
    ]
    return [name(node.handle), *(side for side, _ in groupby(sides))]


def _gradient(derivation: Derivation, node: Node) -> list[str]:
    root = derivation.root
    left = _d(root, node, _TOTAL)
    if node is root:
        return [left, "1"]
    terms = equations.by_size(node)
    shown, rest = terms[: equations.TERMS], terms[equations.TERMS :]
    more = r" + \cdots" if rest else ""
    chain = [_d(root, user, _TOTAL) + r" \cdot " + _d(user, node, _PARTIAL) for user, _ in shown]
    symbols: list[str] = []
    for user, positions in shown:
        upstream = formula.constant(equations.grad(user))
        local = equations.local_formula(user, positions)
        product = of(BinOp("*", upstream, local), ops.MULTIPLICATIVE)
        behind_a_plus = symbols and isinstance(upstream, Neg)
        symbols.append(rf"\left({product}\right)" if behind_a_plus else product)
    amounts = [equations.amount(user, positions) for user, positions in shown]
    if rest:
        amounts.append(sum(equations.amount(u, where) for u, where in rest))
    first, *others = map(formula.constant, amounts)
    added = [of(first, 0), *(of(amount, ops.POWER) for amount in others)]
    sides = [" + ".join(chain) + more, " + ".join(symbols) + more, " + ".join(added)]
    return [left, *(side for side, _ in groupby([*sides, number(equations.grad(node))]))]


def _d(top: Node, bottom: Node, sign: str) -> str:
    above, below = (of(formula.variable(node.handle), ops.ATOM) for node in (top, bottom))
    return rf"\frac{{{sign} {above}}}{{{sign} {below}}}"
