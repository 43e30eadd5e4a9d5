r"""The derivation in LaTeX: `\frac{\partial e}{\partial a}` and what it is equal to."""

from __future__ import annotations

import ast
import re
from itertools import groupby

from jangrad import ops
from jangrad.show import equations, formula
from jangrad.show.derivation import Derivation, Node

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    **{c: "\\" + c for c in "{}$&#%_"},
}


def name(handle: str) -> str:
    r"""A handle as LaTeX: letters in italics, `w1` with an index, anything else as upright text.

    >>> name("a"), name("w1"), name("learning_rate"), name("50% & up")
    ('a', 'w_{1}', '\\mathrm{learning\\_rate}', '\\text{50\\% \\& up}')
    """
    if len(handle) == 1 and handle.isalpha():
        return handle
    if match := re.fullmatch(r"([A-Za-z])_?(\d+)", handle):
        return f"{match[1]}_{{{match[2]}}}"
    safe = "".join(_SPECIAL.get(c, c) for c in handle)
    return rf"\mathrm{{{safe}}}" if handle.isidentifier() else rf"\text{{{safe}}}"


def number(x: float) -> str:
    r"""A number as LaTeX: `1.5 \cdot 10^{-9}`."""
    text = formula.number(x)
    special = {"inf": r"\infty", "-inf": r"-\infty", "nan": r"\mathrm{nan}"}
    if text in special:
        return special[text]
    digits, e, exponent = text.partition("e")
    return rf"{digits} \cdot 10^{{{int(exponent)}}}" if e else digits


def of(tree: ast.expr, needs: int = 0) -> str:
    """A formula as LaTeX, in parentheses where it binds less tightly than is needed."""
    text, level = _of(tree)
    return rf"\left({text}\right)" if level < needs else text


def _of(tree: ast.expr) -> tuple[str, int]:
    match tree:
        case ast.Constant(value):
            return number(float(value)), ops.ATOM  # type: ignore[arg-type]
        case ast.Name(label):
            return name(label), 1 if formula.is_compound(label) else ops.ATOM
        case ast.UnaryOp(_, operand):
            double = isinstance(operand, ast.UnaryOp)
            return "-" + of(operand, ops.ATOM if double else ops.PREFIX), ops.PREFIX
        case ast.BinOp(left, ast.Div(), right):
            return rf"\frac{{{of(left)}}}{{{of(right)}}}", ops.POWER
        case ast.BinOp(left, ast.Pow(), right):
            return f"{{{of(left, ops.ATOM)}}}^{{{of(right)}}}", ops.POWER
        case ast.BinOp(left, operation, right):
            additive = isinstance(operation, (ast.Add, ast.Sub))
            sign = {ast.Add: " + ", ast.Sub: " - "}.get(type(operation), r" \cdot ")
            level = ops.ADDITIVE if additive else ops.MULTIPLICATIVE
            # A minus may follow a sign only in parentheses.
            bracket = ops.POWER if isinstance(right, ast.UnaryOp) else level + 1
            tight = level if isinstance(operation, ast.Add) and bracket != ops.POWER else bracket
            return of(left, level) + sign + of(right, tight), level
        case ast.Call(ast.Name(function), parts) if _in_table(function, parts):
            row = ops.OPS[function]
            arguments = {
                n: of(part, 0 if _is_enclosed(n, row.latex) else ops.ATOM)
                for n, part in zip(row.inputs, parts, strict=True)
            }
            return row.latex.format(**arguments), row.level
        case ast.Call(ast.Name(function), parts):
            inside = ", ".join(map(of, parts))
            return rf"\operatorname{{{name(function)}}}\left({inside}\right)", ops.ATOM
    raise TypeError(f"no formula: {ast.dump(tree)}")


def _in_table(function: str, parts: list[ast.expr]) -> bool:
    """Whether it is the table's; a user's own may have the name and other inputs."""
    return function in ops.OPS and len(ops.OPS[function].inputs) == len(parts)


def _is_enclosed(argument: str, notation: str) -> bool:
    """Whether brackets, a root, a fraction or an exponent hold it together wherever it stands."""
    holder = r"[(|]|, |\\(?:sqrt|frac)\{\{|\^\{\{|\}\}\{\{"
    places = notation.count(f"{{{argument}}}")
    return len(re.findall(rf"(?:{holder})\{{{argument}\}}", notation)) == places


def gradient(derivation: Derivation, node: Node) -> str:
    """One gradient, from the chain rule to its number."""
    return " = ".join(_gradient(derivation, node))


def everything(derivation: Derivation) -> str:
    """All values and all gradients, one a line, aligned at the first equals sign."""
    rows = [_value(node) for node in derivation]
    rows += [_gradient(derivation, node) for node in reversed(derivation.nodes)]
    lines = [f"{left} &= {' = '.join(sides)}" for left, *sides in rows]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"


def document(derivation: Derivation) -> str:
    """A whole LaTeX document with the derivation."""
    return "\n".join(
        (
            r"\documentclass{article}",
            r"\usepackage{amsmath}",
            r"\begin{document}",
            r"\[",
            everything(derivation),
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
    left = _d(root, node)
    if node is root:
        return [left, "1"]
    terms = equations.by_user(node)
    shown, rest = terms[: equations.TERMS], terms[equations.TERMS :]
    more = r" + \cdots" if rest else ""
    chain = [_d(root, user) + r" \cdot " + _d(user, node) for user, _ in shown]
    symbols: list[str] = []
    for user, positions in shown:
        upstream = formula.constant(equations.grad(user))
        local = equations.local_formula(user, positions)
        product = of(ast.BinOp(upstream, ast.Mult(), local), ops.MULTIPLICATIVE)
        behind_a_plus = symbols and isinstance(upstream, ast.UnaryOp)
        symbols.append(rf"\left({product}\right)" if behind_a_plus else product)
    amounts = [equations.amount(user, positions) for user, positions in shown]
    if rest:
        amounts.append(sum(equations.amount(u, where) for u, where in rest))
    first, *others = map(formula.constant, amounts)
    added = [of(first, 0), *(of(amount, ops.POWER) for amount in others)]
    sides = [" + ".join(chain) + more, " + ".join(symbols) + more, " + ".join(added)]
    return [left, *(side for side, _ in groupby([*sides, number(equations.grad(node))]))]


def _d(top: Node, bottom: Node) -> str:
    above, below = (of(formula.variable(node.handle), ops.ATOM) for node in (top, bottom))
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"
