"""Formulas: rules of the table with the names or numbers of the user's own graph put in.

A formula is a Python syntax tree, so that one and the same thing is printed as text, printed as
LaTeX, and evaluated by the tests.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from jangrad import ieee, ops, rules

Numbers = Mapping[str, float]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: ieee.div,
    ast.Pow: ieee.power,
}
_TESTS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
# What reads as an operator in a label, and what holds an operator together.
_SIGNS = re.compile(r"[-+*/^%<>=|&,;@\u00b7\u00d7\u2212\u22c5]")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


def number(x: float) -> str:
    """A number as people read it: six digits, no trailing zeros.

    >>> number(10.0), number(2 / 3), number(1.5e-9), number(-0.0)
    ('10', '0.666667', '1.5e-09', '0')
    """
    text = f"{x:.6g}"
    return "0" if text == "-0" else text


def constant(x: float) -> ast.expr:
    """A number as a formula; a negative one is a minus and a number, as Python reads it."""
    if math.copysign(1.0, x) < 0.0 and not math.isnan(x):
        return ast.UnaryOp(ast.USub(), ast.Constant(-x))
    return ast.Constant(x)


def variable(label: str) -> ast.expr:
    """A name as a formula; any text may be a name."""
    return ast.Name(label, ast.Load())


def is_compound(label: str) -> bool:
    """Whether a name reads as more than one: it holds an operator outside of brackets.

    >>> [is_compound(name) for name in ("x1*w1 + b", "w-1", "net.layers[-1].bias", "f(a + b)")]
    [True, True, False, False]
    """
    while (outside := _BRACKETS.sub("", label)) != label:
        label = outside
    return _SIGNS.search(label) is not None


def of_rule(rule: str, operands: Mapping[str, ast.expr], numbers: Numbers) -> ast.expr:
    """The rule with its inputs put in; of its branches only the one that is taken.

    Args:
        rule: a rule of the table.
        operands: what stands for `x`, `a`, `b` and `y`.
        numbers: their values, which decide between the branches.

    >>> text(of_rule("b * a ** (b - 1)", {"a": variable("w"), "b": constant(3.0)}, {}))
    '3 * w ** 2'
    """
    tree = ast.parse(rule.strip(), mode="eval").body
    formula: ast.expr = _Put(operands, numbers).visit(tree)
    return formula


class _Put(ast.NodeTransformer):
    """Puts operands in from the leaves up, dropping what changes nothing: x ** 1, x * 1, x + 0."""

    def __init__(self, operands: Mapping[str, ast.expr], numbers: Numbers) -> None:
        self.operands = operands
        self.numbers = numbers

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.operands.get(node.id, node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return constant(float(node.value))  # type: ignore[arg-type]

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], [])

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        return self.visit(node.body if evaluate(node.test, self.numbers) else node.orelse)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner = self.visit(node.operand)
        if isinstance(inner, ast.UnaryOp):
            return inner.operand
        return ast.UnaryOp(ast.USub(), inner)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.right)
        u, v = as_number(left), as_number(right)
        both = u is not None and v is not None
        if both and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            return constant(evaluate(ast.BinOp(left, node.op, right), {}))
        additive = isinstance(node.op, (ast.Add, ast.Sub))
        if v == (0.0 if additive else 1.0):
            kept: ast.expr = left
        elif (u == 0.0 and isinstance(node.op, ast.Add)) or (
            u == 1.0 and isinstance(node.op, ast.Mult)
        ):
            kept = right
        else:
            kept = ast.BinOp(left, node.op, right)
        return kept


def as_number(formula: ast.expr) -> float | None:
    """The number that a formula is; None if it is more than a number."""
    if isinstance(formula, ast.Constant):
        return float(formula.value)  # type: ignore[arg-type]
    if isinstance(formula, ast.UnaryOp):
        inner = as_number(formula.operand)
        return None if inner is None else -inner
    return None


def evaluate(formula: ast.expr, numbers: Numbers) -> float:
    """The formula's value; a test gives True or False.

    >>> evaluate(ast.parse("w * tanh(0.5)", mode="eval").body, {"w": 2.0})
    0.9242343145200195
    """
    match formula:
        case ast.Constant(value):
            return float(value)  # type: ignore[arg-type]
        case ast.Name(label):
            return numbers[label] if label in numbers else rules.CONSTANTS[label]
        case ast.UnaryOp(_, operand):
            return -evaluate(operand, numbers)
        case ast.BinOp(left, operation, right):
            return _ARITHMETIC[type(operation)](evaluate(left, numbers), evaluate(right, numbers))
        case ast.Call(ast.Name("where"), [ast.Constant(condition), left, right]):
            return evaluate(left if condition else right, numbers)
        case ast.Call(ast.Name(function), arguments):
            return ops.evaluate(function, *(evaluate(part, numbers) for part in arguments))
        case ast.Compare(left, [test], [right]):
            return _TESTS[type(test)](evaluate(left, numbers), evaluate(right, numbers))
        case ast.BoolOp(ast.And(), parts):
            return all(evaluate(part, numbers) for part in parts)
        case ast.BoolOp(_, parts):
            return any(evaluate(part, numbers) for part in parts)
    raise TypeError(f"no formula: {ast.dump(formula)}")


def text(formula: ast.expr) -> str:
    """The formula as Python writes it, its numbers in six digits.

    >>> text(ast.BinOp(variable("a b"), ast.Mult(), constant(-1 / 3)))
    'a b * (-0.333333)'
    >>> text(ast.BinOp(variable("a + b"), ast.Mult(), variable("c")))
    '(a + b) * c'
    """
    return ast.unparse(_rounded(formula))


def is_label(tree: ast.expr) -> bool:
    """Whether it is a name that reads as a formula of its own."""
    return isinstance(tree, ast.Name) and is_compound(tree.id)


def _is_negative(tree: ast.expr) -> bool:
    return isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Constant)


def _rounded(node: Any) -> Any:
    """A copy in which each number is a name that reads as it is to be printed.

    What would be read otherwise beside an operator stands in parentheses: 2 * (-3), (a + b) * c.
    """
    if isinstance(node, list):
        return [_rounded(part) for part in node]
    if isinstance(node, ast.BinOp):
        left = _enclosed(node.left) if is_label(node.left) else _rounded(node.left)
        right = _enclosed(node.right) if _stands_apart(node.right) else _rounded(node.right)
        return ast.BinOp(left, node.op, right)
    if isinstance(node, ast.UnaryOp) and _stands_apart(node.operand):
        return ast.UnaryOp(node.op, _enclosed(node.operand))
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        return ast.Name(number(float(node.value)))  # type: ignore[arg-type]
    if isinstance(node, ast.AST):
        return type(node)(**{name: _rounded(part) for name, part in ast.iter_fields(node)})
    return node


def _stands_apart(tree: ast.expr) -> bool:
    return _is_negative(tree) or is_label(tree)


def _enclosed(tree: ast.expr) -> ast.expr:
    return ast.Name(f"({ast.unparse(_rounded(tree))})")
