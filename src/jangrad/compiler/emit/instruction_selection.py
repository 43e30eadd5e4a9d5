"""Operations in the instructions of a machine: the rules of the table, run on symbols.

A symbol is a vector of numbers that the machine will hold, or a number known now. Rules are
ordinary expressions, so running one on symbols writes its instructions; what is known now is
computed now.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
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

    def _make(self, name: Any) -> Symbol:
        return Symbol(self.m, name)

    def _lift(self, other: Any) -> Symbol:
        return other if isinstance(other, Symbol) else Symbol(self.m, None, float(other))

    def _both(self, other: Any, name: str, folded: Callable[[float, float], float]) -> Symbol:
        other = self._lift(other)
        if self.known and other.known:
            return Symbol(self.m, None, folded(self.number, other.number))
        return self._make(getattr(self.m, name)(self.vector, other.vector))

    def __add__(self, other: Any) -> Symbol:
        return self._both(other, "add", lambda a, b: a + b)

    def __sub__(self, other: Any) -> Symbol:
        return self._both(other, "sub", lambda a, b: a - b)

    def __mul__(self, other: Any) -> Symbol:
        other = self._lift(other)
        for one, rest in ((self, other), (other, self)):
            if one.known and not rest.known:
                if one.number == 1.0:
                    return rest
                if one.number == -1.0:
                    return -rest
        return self._both(other, "mul", lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Symbol:
        other = self._lift(other)
        if other.known and other.number == 1.0:
            return self
        return self._both(other, "div", lambda a, b: ops.evaluate("div", a, b))

    def __rtruediv__(self, other: Any) -> Symbol:
        return self._lift(other) / self

    def __mod__(self, other: Any) -> Symbol:
        other = self._lift(other)
        if self.known and other.known:
            return Symbol(self.m, None, ops.evaluate("mod", self.number, other.number))
        return self._make(vector_function("mod")(self.m, self.vector, other.vector))

    def __neg__(self) -> Symbol:
        if self.known:
            return Symbol(self.m, None, -self.number)
        return self._make(self.m.neg(self.name))

    def __abs__(self) -> Symbol:
        if self.known:
            return Symbol(self.m, None, abs(self.number))
        return self._make(self.m.abs(self.name))

    def __pow__(self, exponent: Any) -> Symbol:
        exponent = self._lift(exponent)
        if self.known and exponent.known:
            return Symbol(self.m, None, ops.evaluate("pow", self.number, exponent.number))
        if exponent.known:
            found = self._power(exponent.number)
            if found is not None:
                return found
        return self._make(vector_function("power")(self.m, self.vector, exponent.vector))

    def _power(self, exponent: float) -> Symbol | None:
        """A power that is a few products, a root or a quotient of these."""
        if exponent == 0.0:
            return Symbol(self.m, None, 1.0)
        if abs(exponent) in (0.5, 1.5):  # + 0.0 turns -0.0 into 0.0, whose power is inf, not -inf
            positive = self + 0.0
            root = self._make(self.m.sqrt(positive.name))
            if exponent > 0.0:
                return root if exponent == 0.5 else positive * root
            return 1.0 / root if exponent == -0.5 else (1.0 / root) ** 3
        if exponent % 1.0 or abs(exponent) > _MOST_FACTORS:
            return None
        # The reciprocal comes first: a power that overflowed would leave 0 of a small number.
        square = self if exponent > 0.0 else 1.0 / self
        result, rest = None, int(abs(exponent))
        while True:
            if rest & 1:
                result = square if result is None else result * square
            rest >>= 1
            if not rest:
                return result
            square = square * square

    # -- tests ------------------------------------------------------------------------------------

    def _compare(self, other: Any, name: str, folded: Callable[[float, float], bool]) -> Any:
        other = self._lift(other)
        if self.known and other.known:
            return folded(self.number, other.number)
        return Test(self.m, getattr(self.m, name)(self.vector, other.vector))

    def __lt__(self, other: Any) -> Any:
        return self._compare(other, "lt", lambda a, b: a < b)

    def __le__(self, other: Any) -> Any:
        return self._compare(other, "le", lambda a, b: a <= b)

    def __gt__(self, other: Any) -> Any:
        return self._compare(other, "gt", lambda a, b: a > b)

    def __ge__(self, other: Any) -> Any:
        return self._compare(other, "ge", lambda a, b: a >= b)


class Test:
    """A vector of answers in the machine; an answer that is known now is a plain bool."""

    __slots__ = ("m", "mask")

    def __init__(self, m: Lanes, mask: Any) -> None:
        self.m = m
        self.mask = mask


def _equal(a: Any, b: Any) -> Any:
    if not isinstance(a, Symbol):
        a, b = b, a
    if not isinstance(a, Symbol):
        return a == b
    return a._compare(b, "eq", lambda p, q: p == q)


def _unequal(a: Any, b: Any) -> Any:
    test = _equal(a, b)
    return not test if isinstance(test, bool) else Test(test.m, test.m.negated(test.mask))


def _both(p: Any, q: Any) -> Any:
    if isinstance(p, bool):
        return q if p else False
    if isinstance(q, bool):
        return p if q else False
    return Test(p.m, p.m.both(p.mask, q.mask))


def _either(p: Any, q: Any) -> Any:
    if isinstance(p, bool):
        return True if p else q
    if isinstance(q, bool):
        return True if q else p
    return Test(p.m, p.m.either(p.mask, q.mask))


def _where(test: Any, u: Any, v: Any) -> Any:
    if isinstance(test, bool):
        return u if test else v
    m = test.m
    u, v = (x if isinstance(x, Symbol) else Symbol(m, None, float(x)) for x in (u, v))
    return Symbol(m, m.select(test.mask, u.vector, v.vector))


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "**": operator.pow,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": _equal,
    "!=": _unequal,
}


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

    def bin(self, sign: str, left: Symbol, right: Symbol) -> Any:
        return _SIGNS[sign](left, right)

    def neg(self, operand: Symbol) -> Symbol:
        return -operand

    def call(self, function: str, parts: Sequence[Symbol]) -> Symbol:
        return _call(self.m, function, parts)

    def choice(self, test: Any, chosen: Symbol, other: Symbol) -> Any:
        return _where(test, chosen, other)

    def cmp(self, sign: str, left: Symbol, right: Symbol) -> Any:
        return _SIGNS[sign](left, right)

    def logic(self, word: str, parts: Sequence[Any]) -> Any:
        return reduce(_both if word == "and" else _either, parts)


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
    found: Symbol = _where(_equal(a, b), equal, other)
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
