"""Formulas: rules of the table with the names or numbers of the user's own graph put in.

A formula is a rule whose names are any text, so that one and the same thing is printed as text,
printed as LaTeX, and evaluated by the tests.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from jangrad import ieee, ops, rules
from jangrad.algebra import Algebra, BinOp, In, Neg, Num, Rebuilt, Rule, fold
from jangrad.errors import ConfigError

Numbers = Mapping[str, float]

_SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": ieee.div,
    "%": ieee.mod,
    "**": ieee.power,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# What reads as an operator in a label, and what holds an operator together.
_OPERATORS = re.compile(r"[-+*/^%<>=|&,;@\u00b7\u00d7\u2212\u22c5]")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")


#: How many digits numbers are written in, unless it is said.
DIGITS = 6
_digits: ContextVar[int] = ContextVar("digits", default=DIGITS)


@contextmanager
def in_digits(digits: int) -> Iterator[None]:
    """Numbers are written in so many digits in here.

    Raises:
        ConfigError: when that is no integer from 1 to 17.

    >>> with in_digits(2):
    ...     number(2 / 3)
    '0.67'
    """
    if type(digits) is not int or not 1 <= digits <= 17:
        raise ConfigError(f"`digits` is {digits!r:.60}, not an integer from 1 to 17")
    before = _digits.set(digits)
    try:
        yield
    finally:
        _digits.reset(before)


def number(x: float) -> str:
    """A number as people read it: six digits or those that were asked for, no trailing zeros.

    >>> number(10.0), number(2 / 3), number(1.5e-9), number(-0.0)
    ('10', '0.666667', '1.5e-09', '0')
    """
    text = f"{x:.{_digits.get()}g}"
    return "0" if text == "-0" else text


def value(x: float) -> str:
    """The number of a node, as `number` writes it; but 1 / -0 is another than 1 / 0, so that here
    a zero keeps its sign.

    >>> value(-0.0), value(0.0), value(2.5)
    ('-0', '0', '2.5')
    """
    return number(x) if x else f"{x:g}"


def constant(x: float) -> Rule:
    """A number as a formula; a negative one is a minus and a number, as Python reads it."""
    if math.copysign(1.0, x) < 0.0 and not math.isnan(x):
        return Neg(Num(-x))
    return Num(x)


def variable(label: str) -> Rule:
    """A name as a formula; any text may be a name."""
    return In(label)


def is_compound(label: str) -> bool:
    """Whether a name reads as more than one: it holds an operator outside of brackets.

    >>> [is_compound(name) for name in ("x1*w1 + b", "w-1", "net.layers[-1].bias", "f(a + b)")]
    [True, True, False, False]
    """
    while (outside := _BRACKETS.sub("", label)) != label:
        label = outside
    return _OPERATORS.search(label) is not None


def of_rule(rule: str, operands: Mapping[str, Rule], numbers: Numbers) -> Rule:
    """The rule with its inputs put in; of its branches only the one that is taken.

    Args:
        rule: a rule of the table.
        operands: what stands for `x`, `a`, `b` and `y`.
        numbers: their values, which decide between the branches.

    >>> text(of_rule("b * a ** (b - 1)", {"a": variable("w"), "b": constant(3.0)}, {}))
    '3 * w ** 2'
    """
    return fold(fold(rules.rule_of(rule), _Taken(numbers)), _Put(operands))


def put(formula: Rule, operands: Mapping[str, Rule]) -> Rule:
    """The formula with these put in for its names, and nothing else changed."""
    return fold(formula, _Named(operands))


class _Named(Rebuilt):
    def __init__(self, operands: Mapping[str, Rule]) -> None:
        self.operands = operands

    def name(self, name: str) -> Rule:
        return self.operands.get(name, In(name))


class _Taken(Rebuilt):
    """Of each choice the side that is taken."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers

    def choice(self, test: Rule, chosen: Rule, other: Rule) -> Rule:
        return chosen if evaluate(test, self.numbers) else other


class _Put(_Named):
    """Puts operands in from the leaves up, dropping what changes nothing: x ** 1, x * 1, x + 0."""

    def num(self, value: float) -> Rule:
        return constant(float(value))

    def neg(self, operand: Rule) -> Rule:
        return operand.operand if isinstance(operand, Neg) else Neg(operand)

    def bin(self, sign: str, left: Rule, right: Rule) -> Rule:
        u, v = as_number(left), as_number(right)
        if u is not None and v is not None and sign in "+-*":
            return constant(_SIGNS[sign](u, v))
        if v == (0.0 if sign in "+-" else 1.0) and sign != "%":
            return left
        if (u == 0.0 and sign == "+") or (u == 1.0 and sign == "*"):
            return right
        return BinOp(sign, left, right)


def as_number(formula: Rule) -> float | None:
    """The number that a formula is; None if it is more than a number."""
    if isinstance(formula, Num):
        return float(formula.value)
    if isinstance(formula, Neg):
        inner = as_number(formula.operand)
        return None if inner is None else -inner
    return None


def evaluate(formula: Rule, numbers: Numbers) -> float:
    """The formula's value; a test gives True or False.

    >>> evaluate(rules.read("w * tanh(0.5)"), {"w": 2.0})
    0.9242343145200195
    """
    return fold(formula, _Evaluated(numbers))


class _Evaluated(Algebra[float]):
    """On plain floats, as IEEE 754 has it."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = {"True": True, "False": False, **numbers}

    def num(self, value: float) -> float:
        return float(value)

    def const(self, name: str) -> float:
        return self.numbers[name] if name in self.numbers else rules.CONSTANTS[name]

    def name(self, name: str) -> float:
        return self.numbers[name]

    def bin(self, sign: str, left: float, right: float) -> float:
        return _SIGNS[sign](left, right)

    def neg(self, operand: float) -> float:
        return -operand

    def call(self, function: str, parts: Sequence[float]) -> float:
        if function == "where":
            return self.choice(*parts)
        return ops.evaluate(function, *parts)

    def choice(self, test: float, chosen: float, other: float) -> float:
        return chosen if test else other

    def cmp(self, sign: str, left: float, right: float) -> float:
        return _SIGNS[sign](left, right)

    def logic(self, word: str, parts: Sequence[float]) -> float:
        return all(parts) if word == "and" else any(parts)


# -- as text ---------------------------------------------------------------------------------------


def text(formula: Rule) -> str:
    """The formula as Python writes it, its numbers in six digits.

    What would be read otherwise beside an operator stands in parentheses.

    >>> text(BinOp("*", variable("a b"), constant(-1 / 3)))
    'a b * (-0.333333)'
    >>> text(BinOp("*", variable("a + b"), variable("c")))
    '(a + b) * c'
    """
    return fold(formula, _Text()).text


def is_label(formula: Rule) -> bool:
    """Whether it is a name that reads as a formula of its own."""
    return isinstance(formula, In) and is_compound(formula.name)


class _Printed(NamedTuple):
    """Text, how tightly it binds, and whether it is a number: 0 no, 1 yes, -1 one with a minus."""

    text: str
    level: int
    number: int = 0

    def within(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


# How tightly Python's operators bind.
_CHOICE, _OR, _AND, _TEST, _LABEL, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(10)
_LEVELS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "%": _PRODUCT, "**": _POWER}


class _Text(Algebra[_Printed]):
    def num(self, value: float) -> _Printed:
        return _Printed(number(float(value)), _ATOM, 1)

    def const(self, name: str) -> _Printed:
        return _Printed(name, _ATOM)

    def name(self, name: str) -> _Printed:
        return _Printed(name, _LABEL if is_compound(name) else _ATOM)

    def bin(self, sign: str, left: _Printed, right: _Printed) -> _Printed:
        level = _LEVELS[sign]
        power = sign == "**"
        after = _ATOM if right.number < 0 else level + (not power)
        return _Printed(f"{left.within(level + power)} {sign} {right.within(after)}", level)

    def neg(self, operand: _Printed) -> _Printed:
        inner = operand.within(_ATOM if operand.number < 0 else _SIGN)
        return _Printed(f"-{inner}", _SIGN, -1 if operand.number > 0 else 0)

    def call(self, function: str, parts: Sequence[_Printed]) -> _Printed:
        return _Printed(f"{function}({', '.join(part.text for part in parts)})", _ATOM)

    def choice(self, test: _Printed, chosen: _Printed, other: _Printed) -> _Printed:
        parts = (chosen.within(_OR), test.within(_OR), other.within(_CHOICE))
        return _Printed("{} if {} else {}".format(*parts), _CHOICE)

    def cmp(self, sign: str, left: _Printed, right: _Printed) -> _Printed:
        return _Printed(f"{left.within(_LABEL)} {sign} {right.within(_LABEL)}", _TEST)

    def logic(self, word: str, parts: Sequence[_Printed]) -> _Printed:
        level = _AND if word == "and" else _OR
        return _Printed(f" {word} ".join(part.within(level + 1) for part in parts), level)
