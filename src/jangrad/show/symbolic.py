"""Derivatives by SymPy, with a bound on the work, since the text may come from anywhere.

SymPy's numbers are exact: `10**10**10` would be computed for ever, and simplifying a short sum to a
high power takes hours. So numbers are bounded by their digits, and the rest by counting calls.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from inspect import CO_GENERATOR
from types import FrameType
from typing import TYPE_CHECKING, Any

from jangrad import ops, rules
from jangrad.algebra import Algebra, fold
from jangrad.errors import ExpressionError

if TYPE_CHECKING:
    import sympy

_BITS = 10_000  # of an exact number: 3,000 digits, which Python still writes out
_POWER = 10_000  # of anything but a name
_TERMS = 10_000  # that brackets multiplied out may have
_EVENTS = 4_000_000  # calls and returns; some seconds
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
_COMPARED = {"<": "Lt", "<=": "Le", ">": "Gt", ">=": "Ge", "==": "Eq", "!=": "Ne"}


class _SpentError(BaseException):
    """The calls are used up. SymPy must not catch it."""


def derivative(
    whole: Callable[[Mapping[str, Any]], Any], names: Sequence[str], name: str
) -> sympy.Expr:
    """The derivative with respect to a name.

    Args:
        whole: computes the expression from what each name stands for.
        names: all names in it.
        name: one of them.

    Raises:
        ExpressionError: when it holds too large a number, or takes too many calls.
    """
    import sympy

    symbols = {each: sympy.Symbol(each, real=True) for each in names}
    try:
        with _bounded():
            found = sympy.diff(whole(symbols), symbols[name])
    except _SpentError:
        raise ExpressionError(
            "the expression is nested too deeply for SymPy",
            where="",
            why="the rules applied to it give millions of parts",
            try_="evaluate_expression(...).backtrack(), which computes with ordinary numbers",
        ) from None
    except ExpressionError:
        raise
    except (ArithmeticError, MemoryError, RecursionError, TypeError, ValueError) as error:
        raise ExpressionError(f"SymPy cannot keep it exactly: {error}", where="") from None
    # Where it takes too long or fails, what was found is right as it is.
    with suppress(_SpentError, Exception), _bounded():
        if _terms(found, {}) <= _TERMS:
            found = sympy.simplify(found)
    for atom in found.atoms(sympy.Rational):
        _checked(atom)
    # Real while it is found, so that abs has a derivative; plain afterwards, for `.subs("a", 2)`.
    plain: sympy.Expr = found.xreplace({s: sympy.Symbol(each) for each, s in symbols.items()})
    return plain


@contextmanager
def _bounded() -> Iterator[None]:
    """So many calls and no more: a count is the same on every machine, a time is not."""
    left = _EVENTS

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal left
        left -= 1
        # A generator may be closed by the collector, which would swallow the error and go on.
        if left < 0 and event == "call" and not frame.f_code.co_flags & CO_GENERATOR:
            raise _SpentError

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def _terms(e: Any, known: dict[Any, float]) -> float:
    """How many terms it would have with all brackets multiplied out, about; of its parts the most.

    Counting calls is not enough: SymPy multiplies out in loops that call nothing.
    """
    if e not in known:
        inside = [_terms(part, known) for part in e.args]
        if e.is_Add:
            known[e] = sum(inside)
        elif e.is_Mul:
            known[e] = math.prod(inside)
        elif e.is_Pow and e.exp.is_Integer:
            # the ways to choose so many of them in any order, from above
            power = float(min(abs(e.exp), 10**300))
            few = min(power, inside[0] - 1.0)
            ways = few * (1.0 + math.log((inside[0] + power) / few)) if few > 0.0 else 0.0
            known[e] = math.exp(min(ways, 700.0))
        else:
            known[e] = max(inside, default=1.0)
    return known[e]


def _power(base: Any, exponent: Any) -> Any:
    root, inner = base.as_base_exp()
    if exponent.is_Rational and inner.is_Rational and not root.is_Symbol:
        size = abs(exponent * inner) * (_bits(root) if root.is_Rational else 1)
        if size > (_BITS if root.is_Rational else _POWER):
            raise _too_large(f"`({base!s:.40}) ** {exponent!s:.40}`")
    return _checked(base**exponent)


def _bits(x: Any) -> int:
    return max(int(x.p).bit_length(), int(x.q).bit_length())


def _checked(x: Any) -> Any:
    if x.is_Rational and _bits(x) > _BITS:
        raise _too_large("a number of it")
    return x


def _too_large(what: str) -> ExpressionError:
    return ExpressionError(
        f"{what} is too large to be kept exactly",
        where="",
        why="SymPy computes with every digit; thousands of them take for ever",
        try_="smaller powers; evaluate_expression computes with ordinary numbers",
    )


class Exact(Algebra[Any]):
    """A rule in SymPy's numbers and names.

    Args:
        inputs: what the names stand for.
    """

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        import sympy

        self.sympy, self.inputs = sympy, inputs

    def num(self, value: float) -> Any:
        return self.sympy.nsimplify(value)

    def const(self, name: str) -> Any:
        return self.sympy.Float(rules.CONSTANTS[name])

    def name(self, name: str) -> Any:
        return self.inputs[name]

    def bin(self, sign: str, left: Any, right: Any) -> Any:
        if sign == "%":
            return left - right * _known()["floor"](left / right)
        return _SIGNS[sign](left, right)

    def neg(self, operand: Any) -> Any:
        return -operand

    def call(self, function: str, parts: Sequence[Any]) -> Any:
        """SymPy's own function of that name, else the table's rule written with SymPy's."""
        known = _known().get(function)
        if known is not None:
            return known(*parts)
        row = ops.OPS[function]
        inputs = dict(zip(row.inputs, parts, strict=True))
        return fold(rules.rule_of(row.value), Exact(inputs))

    def choice(self, test: Any, chosen: Any, other: Any) -> Any:
        return self.sympy.Piecewise((chosen, test), (other, True))

    def cmp(self, sign: str, left: Any, right: Any) -> Any:
        return getattr(self.sympy, _COMPARED[sign])(left, right)

    def logic(self, word: str, parts: Sequence[Any]) -> Any:
        return (self.sympy.And if word == "and" else self.sympy.Or)(*parts)


class Bounded(Exact):
    """What a user has typed: numbers exactly as their digits say, with a bound on all of them."""

    def num(self, value: float) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise _too_large("a number of it")
        return _checked(self.sympy.Rational(repr(value)))

    def bin(self, sign: str, left: Any, right: Any) -> Any:
        return _power(left, right) if sign == "**" else _checked(super().bin(sign, left, right))


@cache
def _known() -> dict[str, Callable[..., Any]]:
    """SymPy's functions by the table's names, and what it has no function for."""
    import sympy

    same = (
        *("exp", "log", "sqrt", "erf", "erfc", "sin", "cos", "tan", "asin", "acos", "atan"),
        *("atan2", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    )

    class Floor(sympy.floor):  # type: ignore[misc]
        """With the slope that is chosen everywhere."""

        def _eval_derivative(self, symbol: Any) -> Any:
            return sympy.Integer(0)

    return {
        **{name: getattr(sympy, name) for name in same},
        "abs": sympy.Abs,
        "floor": Floor,
        "ceil": lambda x: -Floor(-x),
        "exp2": lambda x: 2**x,
        "log2": lambda x: sympy.log(x) / sympy.log(2),
        "log10": lambda x: sympy.log(x) / sympy.log(10),
        "cbrt": lambda x: sympy.sign(x) * sympy.Abs(x) ** sympy.Rational(1, 3),
        "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
        "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
        "minimum": sympy.Min,
        "maximum": sympy.Max,
        "expm1": lambda x: sympy.exp(x) - 1,
        "log1p": lambda x: sympy.log(1 + x),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    }
