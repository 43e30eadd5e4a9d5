"""Operations in the instructions of a machine: the rules of the table, run on symbols.

A symbol is a vector of numbers that the machine will hold, or a number known now. Rules are
ordinary expressions, so running one on symbols writes its instructions; what is known now is
computed now.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any

from jangrad import ops, rules
from jangrad.algebra import Algebra, Rule, fold
from jangrad.compiler.program.codes import BATCH_SUM, MUL, NEG, REDUCE_MAX, SUM
from jangrad.compiler.program.ir import OPERATIONS
from jangrad.compiler.vector_functions import Lanes
from jangrad.compiler.vector_functions.alone import vector_function

# Whole powers up to this one are products.
_MOST_FACTORS = 8


class Symbol:
    """A vector of numbers in the machine (`name`), or the same number everywhere (`number`)."""

    __slots__ = ("m", "name", "number")

    def __init__(self, m: Lanes, name: Any = None, number: float = 0.0) -> None:
        self.m = m
        self.name = name
        self.number = number

    @property
    def known(self) -> bool:
        return self.name is None

    @property
    def vector(self) -> Any:
        """Its name in the machine."""
        return self.m.const(self.number) if self.name is None else self.name

    def __add__(self, other: Symbol) -> Symbol:
        return _arithmetic("+", self, other)

    def __mul__(self, other: Symbol) -> Symbol:
        return _arithmetic("*", self, other)

    def __neg__(self) -> Symbol:
        if self.known:
            return Symbol(self.m, None, -self.number)
        return Symbol(self.m, self.m.neg(self.name))


def _arithmetic(sign: str, a: Symbol, b: Symbol) -> Symbol:
    """What a sign of a rule computes; of known numbers it is a number."""
    m = a.m
    if a.known and b.known:
        return Symbol(m, None, ops.evaluate(_ROWS[sign], a.number, b.number))
    if sign == "*":
        for one, rest in ((a, b), (b, a)):
            if one.known and abs(one.number) == 1.0:
                return rest if one.number == 1.0 else -rest
    if sign == "/" and b.known and b.number == 1.0:
        return a
    if sign == "**" and b.known:
        found = _power(a, b.number)
        if found is not None:
            return found
    if sign in ("%", "**"):
        return Symbol(m, vector_function(_FUNCTIONS[sign])(m, a.vector, b.vector))
    return Symbol(m, getattr(m, _ROWS[sign])(a.vector, b.vector))


#: What the table calls signs, and vectors the first four; the vector functions of the others.
_ROWS = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "**": "pow"}
_FUNCTIONS = {"%": "mod", "**": "power"}


def _power(a: Symbol, exponent: float) -> Symbol | None:
    """A power that is a few products, a root or a quotient of these."""
    m = a.m
    one = Symbol(m, None, 1.0)
    if exponent == 0.0:
        return one
    if abs(exponent) in (0.5, 1.5):  # + 0.0 turns -0.0 into 0.0, whose power is inf, not -inf
        positive = a + Symbol(m, None, 0.0)
        root = Symbol(m, m.sqrt(positive.name))
        if exponent > 0.0:
            return root if exponent == 0.5 else positive * root
        inverse = _arithmetic("/", one, root)
        return inverse if exponent == -0.5 else _power(inverse, 3.0)
    if exponent % 1.0 or abs(exponent) > _MOST_FACTORS:
        return None
    # The reciprocal comes first: a power that overflowed would leave 0 of a small number.
    square = a if exponent > 0.0 else _arithmetic("/", one, a)
    result, rest = None, int(abs(exponent))
    while True:
        if rest & 1:
            result = square if result is None else result * square
        rest >>= 1
        if not rest:
            return result
        square = square * square


class Test:
    """A vector of answers in the machine; an answer that is known now is a plain bool."""

    __slots__ = ("m", "mask")

    def __init__(self, m: Lanes, mask: Any) -> None:
        self.m = m
        self.mask = mask


def _compared(sign: str, a: Symbol, b: Symbol) -> Test | bool:
    """The answer of a comparison; it is known where both numbers are."""
    name, folded = _TESTS[sign]
    if a.known and b.known:
        found: bool = folded(a.number, b.number)
        return found
    mask = getattr(a.m, name)(a.vector, b.vector)
    return Test(a.m, a.m.negated(mask) if sign == "!=" else mask)


_TESTS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "<": ("lt", operator.lt),
    "<=": ("le", operator.le),
    ">": ("gt", operator.gt),
    ">=": ("ge", operator.ge),
    "==": ("eq", operator.eq),
    "!=": ("eq", operator.ne),
}


def _joined(word: str, p: Any, q: Any) -> Any:
    """Whether both hold, or either does."""
    for known, other in ((p, q), (q, p)):
        if isinstance(known, bool):
            return other if known == (word == "and") else known
    return Test(p.m, (p.m.both if word == "and" else p.m.either)(p.mask, q.mask))


def _where(test: Any, u: Any, v: Any) -> Any:
    if isinstance(test, bool):
        return u if test else v
    m = test.m
    return Symbol(m, m.select(test.mask, u.vector, v.vector))


class _Vectors(Algebra[Any]):
    """A rule on symbols; a test is a `Test`, or a plain bool where its answer is known now."""

    def __init__(self, m: Lanes, inputs: Mapping[str, Symbol]) -> None:
        self.m, self.inputs = m, inputs

    def num(self, value: float) -> Symbol:
        return Symbol(self.m, None, float(value))

    def const(self, name: str) -> Symbol:
        return Symbol(self.m, None, rules.CONSTANTS[name])

    def name(self, name: str) -> Symbol:
        return self.inputs[name]

    def bin(self, sign: str, left: Symbol, right: Symbol) -> Symbol:
        return _arithmetic(sign, left, right)

    def neg(self, operand: Symbol) -> Symbol:
        return -operand

    def call(self, function: str, parts: Sequence[Symbol]) -> Symbol:
        return _call(self.m, function, parts)

    def choice(self, test: Any, chosen: Symbol, other: Symbol) -> Any:
        return _where(test, chosen, other)

    def cmp(self, sign: str, left: Symbol, right: Symbol) -> Test | bool:
        return _compared(sign, left, right)

    def logic(self, word: str, parts: Sequence[Any]) -> Any:
        return reduce(partial(_joined, word), parts)


def _call(m: Lanes, name: str, symbols: Sequence[Symbol]) -> Symbol:
    """An operation of the table on symbols; of known numbers it is a number."""
    if all(s.known for s in symbols):
        return Symbol(m, None, ops.evaluate(name, *(s.number for s in symbols)))
    row = ops.OPS[name]
    if row.native:
        return Symbol(m, vector_function(name)(m, *(s.vector for s in symbols)))
    return _computed(m, rules.rule_of(row.value), row.inputs, symbols)


def _computed(m: Lanes, rule: Rule, names: Sequence[str], symbols: Sequence[Symbol]) -> Symbol:
    found: Symbol = fold(rule, _Vectors(m, dict(zip(names, symbols, strict=True))))
    return found


def larger(a: Symbol, b: Symbol) -> Symbol:
    """The larger of two, b where a is nan."""
    return Symbol(a.m, a.m.max(a.vector, b.vector))


def choose(a: Symbol, b: float, equal: Symbol, other: Symbol) -> Symbol:
    """`equal` where a is b, else `other`."""
    found: Symbol = _where(_compared("==", a, Symbol(a.m, None, b)), equal, other)
    return found


def operate(op: int, terms: list[Symbol]) -> Symbol:
    """The instructions of one operation of the IR."""
    first = terms[0]
    if op in (SUM, BATCH_SUM):
        for term in terms[1:]:
            first = first + term
        return first
    if op == REDUCE_MAX:
        for term in terms[1:]:
            first = larger(first, term)
        return first
    if op == NEG:
        return -first
    if op == MUL:
        return first * terms[1]
    operation = OPERATIONS[op]
    if operation.partial < 0:
        return _call(first.m, operation.name, terms)
    return _computed(first.m, operation.rule, operation.arguments, terms)
