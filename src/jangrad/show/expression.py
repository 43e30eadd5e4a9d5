"""Expressions typed in as text: read safely, then computed with Values.

An expression holds names, numbers, + - * / **, parentheses and the functions of the operation
table; nothing else, so text from anywhere may be read.
"""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jangrad import functions, ops
from jangrad.engine import Value
from jangrad.errors import ExpressionError, did_you_mean

if TYPE_CHECKING:
    import sympy

_LONGEST = 10_000  # characters; Python's own parser sets the limit on nesting
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _functions() -> list[str]:
    """The table's functions, the user's own too; `where` needs a condition, so it is left out."""
    return [name for name in ops.OPS if name not in ops.INNER]


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
    tree = _read(text)
    names = _names_in(tree)
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
    result = _compute(tree, lambda name: values[name], _value_function, _value_operator)
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

    tree = _read(text)
    names, name = _names_in(tree), as_python_reads(name)
    if name not in names:
        raise ExpressionError(
            f"`{name}` is not in `{text:.80}`", where="", try_=did_you_mean(name, names)
        )
    return symbolic.derivative(
        lambda variable: _compute(
            tree, variable, symbolic.function, symbolic.operator_of, symbolic.number
        ),
        names,
        name,
    )


def as_python_reads(name: str) -> str:
    """A name with letters that mean the same made one, such as the two signs for micro (NFKC)."""
    return unicodedata.normalize("NFKC", name)


def _with_signs(text: str) -> str:
    """The text with the * of mathematics' `2a`, if that is all that it lacks."""
    signed = re.sub(r"(?<![\w.])(\d+\.?\d*) ?(?=[^\W\d])", r"\1*", text.strip())
    try:
        ast.parse(signed, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return signed


def _read(text: str) -> ast.expr:
    """The syntax tree, checked node by node."""
    if len(text) > _LONGEST:
        raise ExpressionError(f"the expression has {len(text):,} characters", where="")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or "it is nested too deeply"
        place = getattr(error, "offset", None)
        at = f" at character {place}" if place else ""
        raise ExpressionError(
            f"`{text:.80}` cannot be read{at}: {reason}",
            where="",
            try_=_with_signs(text) or "an expression such as a*a + a*b",
        ) from None
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    for node in ast.walk(tree):
        _check(node, text, is_function=id(node) in called)
    return tree


def _check(node: ast.AST, text: str, *, is_function: bool) -> None:
    match node:
        case ast.Name(name) if is_function:
            if name not in _functions():
                raise ExpressionError(
                    f"`{text:.80}` calls `{name}`, which is not in the table",
                    where="",
                    try_=did_you_mean(name, _functions()),
                )
        case ast.Call(ast.Name(name), arguments, []):
            wanted = len(ops.OPS[name].inputs) if name in _functions() else len(arguments)
            if len(arguments) != wanted:
                raise ExpressionError(
                    f"`{name}` takes {wanted} number{'s' * (wanted > 1)},"
                    f" not {len(arguments)}: `{ast.unparse(node):.80}`",
                    where="",
                )
        case ast.Constant(value) if type(value) in (int, float):
            pass
        case ast.BinOp(_, sign, _) if type(sign) in OPERATORS:
            pass
        case ast.UnaryOp(ast.USub() | ast.UAdd()) | ast.Name() | ast.Load():
            pass
        case ast.operator() | ast.unaryop():
            pass
        case _:
            raise ExpressionError(
                f"`{text:.80}` holds `{_source(node)}`, which an expression cannot",
                where="",
                why="it holds names, numbers, + - * / **, parentheses and functions such as tanh",
                try_="a ** b for a power" if isinstance(getattr(node, "op", 0), ast.BitXor) else "",
            )


def _source(node: ast.AST) -> str:
    return ast.unparse(node)[:80] if isinstance(node, ast.expr) else type(node).__name__


def _names_in(tree: ast.expr) -> list[str]:
    """The names in the order of the text, functions left out."""
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called]
    found.sort(key=lambda n: (n.lineno, n.col_offset))
    return list(dict.fromkeys(n.id for n in found))


def _compute(
    tree: ast.expr,
    variable: Callable[[str], Any],
    function: Callable[[str], Callable[..., Any]],
    sign_of: Callable[[type[ast.operator]], Callable[[Any, Any], Any]],
    constant: Callable[[float], Any] = lambda x: x,
) -> Any:
    def compute(part: ast.expr) -> Any:
        match part:
            case ast.Constant(value):
                return constant(value)  # type: ignore[arg-type]
            case ast.Name(name):
                return variable(name)
            case ast.UnaryOp(sign, operand):
                return -compute(operand) if isinstance(sign, ast.USub) else compute(operand)
            case ast.BinOp(left, sign, right):
                return sign_of(type(sign))(compute(left), compute(right))
            case ast.Call(ast.Name(name), parts):
                return function(name)(*map(compute, parts))
        raise AssertionError(ast.dump(part))  # _read lets nothing else through

    try:
        return compute(tree)
    except RecursionError:
        raise ExpressionError(
            "the expression is nested too deeply",
            where="",
            why="each operator holds what stands before it, so a long sum is deep",
            try_="fewer terms, or jangrad.sum over a list in Python",
        ) from None


def _value_function(name: str) -> Callable[..., Any]:
    lifted: Callable[..., Any] = functions.lift(name)
    return lifted


def _value_operator(sign: type[ast.operator]) -> Callable[[Any, Any], Any]:
    on_values = OPERATORS[sign]

    def compute(a: Any, b: Any) -> Any:
        if Value in (type(a), type(b)):
            return on_values(a, b)
        # Python's own numbers would raise at 1 / 0, turn complex, or compute 10**10**10 for ever.
        return on_values(Value(a), b).data

    return compute
