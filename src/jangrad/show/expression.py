"""Expressions typed in as text: read safely, then computed with Values.

An expression holds names, numbers, + - * / % **, parentheses and the functions of the operation
table; nothing else, so text from anywhere may be read.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from jangrad import functions, ops, rules
from jangrad.algebra import Algebra, Rule, fold
from jangrad.engine import Value
from jangrad.errors import ExpressionError, did_you_mean

if TYPE_CHECKING:
    import sympy

T = TypeVar("T")

_LONGEST = 10_000  # characters; Python's own parser sets the limit on nesting
_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "**": operator.pow,
}


def _functions() -> dict[str, int]:
    """The table's functions, the user's own too; `where` needs a condition, so it is left out."""
    return {name: n for name, n in ops.functions().items() if name not in ops.INNER}


def evaluate_expression(text: str, numbers: Mapping[str, float]) -> Value:
    """The expression as a Value, its names being Values with those labels.

    Args:
        text: such as `"a*a + a*b"` or `"tanh(w*x + b)"`.
        numbers: what each name is.

    Raises:
        ExpressionError: when the text cannot be read, or a name has no number or is not used.

    >>> evaluate_expression("a*a + a*b", {"a": 2, "b": 3})
    Value(data=10.0)
    """
    rule = _read(text)
    names = rules.names_of(rule)
    numbers = {as_python_reads(name): number for name, number in numbers.items()}
    missing = [name for name in names if name not in numbers]
    if missing:
        raise ExpressionError(
            f"`{missing[0]}` in `{text}` has no number",
            where="",
            try_=did_you_mean(missing[0], others)
            if (others := [name for name in numbers if name not in names])
            else f"{missing[0]}=1",
        )
    unused = [name for name in numbers if name not in names]
    if unused:
        raise ExpressionError(
            f"`{unused[0]}` has a number but is not in `{text}`",
            where="",
            try_=did_you_mean(unused[0], names) if names else "",
        )
    values = {name: Value(numbers[name], label=name) for name in names}
    result = _folded(rule, _Values(values))
    return result if isinstance(result, Value) else Value(result)


def derivative(text: str, name: str) -> sympy.Expr:
    """The derivative of an expression with respect to a name, simplified by SymPy.

    For checking oneself: it is found by symbolic rules, not by backtracking. The work is bounded,
    for text from anywhere may be read: where simplifying would take long, the derivative comes as
    the rules give it.

    Args:
        text: such as `"a*a + a*b"`.
        name: one of the names in it.

    Raises:
        ExpressionError: when the text cannot be read, the name is not in it, or an exact number in
            it has thousands of digits.
        ModuleNotFoundError: when SymPy is missing: `pip install sympy`.

    >>> derivative("a*a + a*b", "a")
    2*a + b
    """
    try:
        import sympy  # noqa: F401
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "jangrad.derivative needs SymPy\n  try: pip install 'jangrad[sympy]'"
        ) from None
    from jangrad.show import symbolic

    rule = _read(text)
    names, name = rules.names_of(rule), as_python_reads(name)
    if name not in names:
        raise ExpressionError(
            f"`{name}` is not in `{text:.80}`", where="", try_=did_you_mean(name, names)
        )
    return symbolic.derivative(
        lambda symbols: _folded(rule, symbolic.Bounded(symbols)), names, name
    )


def as_python_reads(name: str) -> str:
    """A name with letters that mean the same made one, such as the two signs for micro (NFKC)."""
    return unicodedata.normalize("NFKC", name)


def _with_signs(text: str) -> str:
    """The text with the * of mathematics' `2a`, if that is all that it lacks."""
    signed = re.sub(r"(?<![\w.])(\d+\.?\d*) ?(?=[^\W\d])", r"\1*", text.strip())
    try:
        rules.read(signed)
    except rules.Refused:
        return ""
    return signed


def _read(text: str) -> Rule:
    """The expression: a rule whose names are the user's, without choices."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression has {len(text):,} characters", where="")
    try:
        return rules.read(text, functions=_functions(), constants=(), choices=False)
    except rules.Refused as error:
        raise _worded(text, error) from None


def _worded(text: str, error: rules.Refused) -> ExpressionError:
    part = f"{error.part:.80}"
    match error.problem:
        case "syntax":
            at = f" at character {error.at}" if error.at else ""
            return ExpressionError(
                f"`{text:.80}` cannot be read{at}: {error.part}",
                where="",
                try_=_with_signs(text) or "an expression such as a*a + a*b",
            )
        case "function":
            return ExpressionError(
                f"`{text:.80}` calls `{part}`, which is not in the table",
                where="",
                try_=did_you_mean(error.part, _functions()),
            )
        case "count":
            return ExpressionError(
                f"`{part}` takes {error.wanted} number{'s' * (error.wanted > 1)},"
                f" not {error.given}: `{text:.80}`",
                where="",
            )
    return ExpressionError(
        f"`{text:.80}` holds `{part}`, which an expression cannot",
        where="",
        why="it holds names, numbers, + - * / % **, parentheses and functions such as tanh",
        try_="a ** b for a power" if error.operator == "BitXor" else "",
    )


def _folded(rule: Rule, algebra: Algebra[T]) -> T:
    try:
        return fold(rule, algebra)
    except RecursionError:
        raise ExpressionError(
            "the expression is nested too deeply",
            where="",
            why="each operator holds what stands before it, so a long sum is deep",
            try_="fewer terms, or jangrad.sum over a list in Python",
        ) from None


class _Values(Algebra[Any]):
    """Values, and plain numbers as long as no name is met."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values

    def num(self, value: float) -> float:
        return value

    def const(self, name: str) -> float:
        return rules.CONSTANTS[name]

    def name(self, name: str) -> Value:
        return self.values[name]

    def bin(self, sign: str, left: Any, right: Any) -> Any:
        if Value in (type(left), type(right)):
            return _SIGNS[sign](left, right)
        # Python's own numbers would raise at 1 / 0, turn complex, or compute 10**10**10 for ever.
        return _SIGNS[sign](Value(left), right).data

    def neg(self, operand: Any) -> Any:
        return -operand

    def call(self, function: str, parts: Sequence[Any]) -> Any:
        return functions.lift(function)(*parts)
