"""Derivatives by SymPy, with a bound on the work, since the text may come from anywhere.

SymPy's numbers are exact: `10**10**10` would be computed for ever, and simplifying a short sum to a
high power takes hours. So numbers are bounded by their digits, and the rest by counting calls.
"""

from __future__ import annotations

import ast
import math
import operator
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from inspect import CO_GENERATOR
from types import FrameType
from typing import TYPE_CHECKING, Any

from jangrad import ops, rules
from jangrad.errors import ExpressionError

if TYPE_CHECKING:
    import sympy

_BITS = 10_000  # of an exact number: 3,000 digits, which Python still writes out
_POWER = 10_000  # of anything but a name
_TERMS = 10_000  # that brackets multiplied out may have
_EVENTS = 4_000_000  # calls and returns; some seconds
_BARE: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


class _SpentError(BaseException):
    """The calls are used up. SymPy must not catch it."""


def derivative(
    whole: Callable[[Callable[[str], Any]], Any], names: Sequence[str], name: str
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
            found = sympy.diff(whole(symbols.__getitem__), symbols[name])
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


def number(x: float) -> Any:
    """A number exactly as its digits say."""
    import sympy

    if isinstance(x, float) and not math.isfinite(x):
        raise _too_large("a number of it")
    return _checked(sympy.Rational(repr(x)))


def operator_of(sign: type[ast.operator]) -> Callable[[Any, Any], Any]:
    """The operator on SymPy's numbers and names, with a bound on its result."""
    if sign is not ast.Pow:
        return lambda a, b: _checked(_BARE[sign](a, b))
    return _power


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


def function(name: str) -> Callable[..., Any]:
    """SymPy's own function of that name, else the table's rule written with SymPy's."""
    import sympy

    if name in ("exp", "log", "sqrt", "sin", "cos", "tan", "atan", "tanh", "erf", "erfc"):
        own: Callable[..., Any] = getattr(sympy, name)
        return own
    known: dict[str, Callable[..., Any]] = {
        "abs": sympy.Abs,
        "minimum": sympy.Min,
        "maximum": sympy.Max,
        "expm1": lambda x: sympy.exp(x) - 1,
        "log1p": lambda x: sympy.log(1 + x),
        "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
        "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
    }
    if name in known:
        return known[name]
    row = ops.OPS[name]

    def from_rule(*inputs: Any) -> Any:
        tree = ast.parse(row.value.strip(), mode="eval").body
        return _rule(tree, dict(zip(row.inputs, inputs, strict=True)))

    return from_rule


def _rule(tree: ast.expr, inputs: Mapping[str, Any]) -> Any:
    import sympy

    match tree:
        case ast.IfExp(test, body, otherwise):
            branches = (_rule(part, inputs) for part in (body, otherwise))
            yes, no = branches
            return sympy.Piecewise((yes, _rule(test, inputs)), (no, True))
        case ast.Compare(left, [sign], [right]):
            relation = {ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge}
            both = (_rule(part, inputs) for part in (left, right))
            return {**relation, ast.Eq: sympy.Eq, ast.NotEq: sympy.Ne}[type(sign)](*both)
        case ast.BoolOp(sign, parts):
            joined = sympy.And if isinstance(sign, ast.And) else sympy.Or
            return joined(*(_rule(part, inputs) for part in parts))
        case ast.Constant(value):
            return sympy.nsimplify(value)
        case ast.Name(name):
            return inputs[name] if name in inputs else sympy.Float(rules.CONSTANTS[name])
        case ast.UnaryOp(_, operand):
            return -_rule(operand, inputs)
        case ast.BinOp(left, sign, right):
            both = (_rule(part, inputs) for part in (left, right))
            return _BARE[type(sign)](*both)
        case ast.Call(ast.Name(name), parts):
            return function(name)(*(_rule(part, inputs) for part in parts))
    raise AssertionError(ast.dump(tree))
