"""The little language in which the rules of `ops.py` are written.

A rule is one Python expression, kept as text so that it can be run on floats, run on Values (second
derivatives, tracing), shown to a reader, and printed as C, LLVM or JavaScript:

    rule      number, constant or input name       2, pi, x, a, b, y
              rule (+ - * / **) rule, -rule
              function(rule)                       a name of the operation table
              rule if test else rule
    test      rule (< <= > >= == !=) rule, test and test, test or test

`x` is the input of a one-input operation, `a` and `b` those of a two-input one, and `y` is the
operation's own result. A test looks at numbers only: a derivative does not run through it.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from jangrad.errors import OperationError, did_you_mean

CONSTANTS: dict[str, float] = {
    "pi": math.pi,
    "sqrt_half": math.sqrt(0.5),
    "inv_sqrt_2pi": 1.0 / math.sqrt(2.0 * math.pi),
    "sqrt_2_over_pi": math.sqrt(2.0 / math.pi),
    "two_over_sqrt_pi": 2.0 / math.sqrt(math.pi),
    # Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14 with full digits
    "selu_alpha": 1.6732632423543772848170429916717,
    "selu_scale": 1.0507009873554804934193349852946,
}

_ALLOWED = (
    *(ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Call, ast.IfExp, ast.Compare),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub, ast.UAdd),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.BoolOp, ast.And, ast.Or),
)


def _read(text: str) -> ast.Expression:
    """The syntax tree of an expression."""
    # Python 3.11 counts the depth of all threads that parse at this moment in one place, and may
    # take another one's for a fault of its own (CPython issue 106905).
    for _ in range(100):
        with suppress(SystemError):
            return ast.parse(text.strip(), mode="eval")
    return ast.parse(text.strip(), mode="eval")


def parse(
    text: str, names: Iterable[str], functions: Iterable[str], *, test: bool = False
) -> ast.expr:
    """The syntax tree of a rule, checked to hold nothing but the language above.

    Args:
        text: the rule.
        names: the input names it may use, beside the constants.
        functions: the functions it may call.
        test: True for a test, such as a domain, False for a rule.

    Raises:
        OperationError: when the text cannot be read, or uses anything else.
    """
    try:
        tree = _read(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or "it is nested too deeply"
        raise OperationError(
            f"the rule `{text}` cannot be read: {reason}", try_="an expression such as 3*x**2"
        ) from None
    names, functions = {*names, *CONSTANTS}, set(functions)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    tests = {id(tree.body)} if test else set()
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp):
            tests.add(id(node.test))
        elif isinstance(node, ast.BoolOp):
            tests.update(map(id, node.values))
        if not isinstance(node, _ALLOWED):
            raise OperationError(
                f"the rule `{text}` uses `{ast.unparse(node)}`, which a rule cannot hold"
                if isinstance(node, ast.expr)
                else f"the rule `{text}` uses {type(node).__name__}, which a rule cannot hold",
                why="rules are also printed as C and shown to readers, so they hold only numbers,"
                " inputs, + - * / **, the table's functions and `u if test else v`",
            )
        if isinstance(node, ast.expr):
            is_test = isinstance(node, (ast.Compare, ast.BoolOp))
            if is_test != (id(node) in tests):
                raise OperationError(
                    f"the rule `{text}` uses `{ast.unparse(node)}` as a"
                    f" {'number' if is_test else 'test'}",
                    why="True and False are no numbers to differentiate, and a number is no test",
                    try_="1 if x > 0 else 0",
                )
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            raise OperationError(
                f"the rule `{text}` compares more than two: `{ast.unparse(node)}`",
                try_="0 < x and x < 1",
            )
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise OperationError(f"the rule `{text}` holds {node.value!r}, which is not a number")
        if isinstance(node, ast.Name):
            choices = functions if id(node) in called else names
            if node.id not in choices:
                kind = "function" if id(node) in called else "name"
                raise OperationError(
                    f"the rule `{text}` uses the {kind} `{node.id}`, which it does not know",
                    try_=did_you_mean(node.id, choices),
                )
        if isinstance(node, ast.Call) and (
            not isinstance(node.func, ast.Name) or node.keywords or not node.args
        ):
            raise OperationError(f"the rule `{text}` holds the call `{ast.unparse(node)}`")
    return tree.body


def names_in(text: str) -> set[str]:
    """The input names a rule uses: `{"a", "y"}` for `y / a`."""
    used = {n.id for n in ast.walk(_read(text)) if isinstance(n, ast.Name)}
    return used & {"x", "a", "b", "y"}


@cache
def functions_in(text: str) -> frozenset[str]:
    """The functions a rule calls: `{"exp"}` for `y * exp(-x)`."""
    calls = (n for n in ast.walk(_read(text)) if isinstance(n, ast.Call))
    return frozenset(call.func.id for call in calls if isinstance(call.func, ast.Name))


@cache
def payment(partial: str) -> str:
    """What a partial makes of the upstream gradient `g`, as a rule.

    What a test has chosen is multiplied, and what it has not is not: a partial that is written as 0
    pays nothing, also of an upstream gradient that is inf or nan.

    >>> payment("1 if x > 0 else (y if x < 0 else 0)")
    'g if x > 0 else g * y if x < 0 else 0'
    """
    return _at_ends(partial, lambda rule: _multiplied(ast.Name("g", ast.Load()), rule))


@cache
def pays(partial: str) -> str:
    """Whether a partial pays anything: 1, or 0 where it is written as 0, by the same tests.

    >>> pays("1 if x > 0 else (y if x < 0 else 0)"), pays("exp(x)")
    ('1 if x > 0 else 1 if x < 0 else 0', '1')
    """
    return _at_ends(partial, lambda rule: ast.Constant(0 if ast.unparse(rule) == "0" else 1))


@cache
def names_at_ends(partial: str) -> frozenset[str]:
    """The input names that a rule uses, but for those in its tests.

    >>> set(names_at_ends("1 if a > 0 else b"))
    {'b'}
    """
    found: set[str] = set()

    def look(rule: ast.expr) -> ast.expr:
        found.update(names_in(ast.unparse(rule)))
        return rule

    _at_ends(partial, look)
    return frozenset(found)


def _at_ends(text: str, change: Callable[[ast.expr], ast.expr]) -> str:
    """The rule with each of the rules changed between which its tests choose."""

    def walk(rule: ast.expr) -> ast.expr:
        if not isinstance(rule, ast.IfExp):
            return change(rule)
        body, rest = walk(rule.body), walk(rule.orelse)
        same = ast.unparse(body) == ast.unparse(rest)
        return body if same else ast.IfExp(rule.test, body, rest)

    return ast.unparse(walk(_read(text).body))


def _multiplied(g: ast.expr, partial: ast.expr) -> ast.expr:
    text = ast.unparse(partial)
    if text == "0":
        return partial
    if text in ("1", "-1"):
        return g if text == "1" else ast.UnaryOp(ast.USub(), g)
    return ast.BinOp(g, ast.Mult(), partial)


class _Ieee(ast.NodeTransformer):
    """`/` and `**` become calls, for plain floats raise where IEEE arithmetic does not."""

    def __init__(self, calls: Container[str]) -> None:
        self.calls = calls

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = {ast.Div: "_div", ast.Pow: "_power"}.get(type(node.op))
        # A nonzero constant below the line cannot raise.
        if name not in self.calls or (
            name == "_div" and isinstance(node.right, ast.Constant) and node.right.value
        ):
            return node
        return ast.Call(ast.Name(str(name), ast.Load()), [node.left, node.right], [])


class _Compared(ast.NodeTransformer):
    """`u == v` becomes the call `_equal(u, v)`, for it is of numbers, not of what holds them."""

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        name = {ast.Eq: "_equal", ast.NotEq: "_unequal"}.get(type(node.ops[0]))
        if name is None:
            return node
        return ast.Call(ast.Name(name, ast.Load()), [node.left, node.comparators[0]], [])


class _Chosen(_Compared):
    """`u if test else v` becomes the call `_where(test, u, v)`, and so on: no test is asked."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        return ast.Call(ast.Name("_where", ast.Load()), [node.test, node.body, node.orelse], [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        name = ast.Name("_both" if isinstance(node.op, ast.And) else "_either", ast.Load())
        result = node.values[0]
        for value in node.values[1:]:
            result = ast.Call(name, [result, value], [])
        return result


def ieee(tree: ast.expr, calls: Container[str] = ("_div", "_power")) -> ast.expr:
    """The same rule for plain floats: divisions and powers as calls of `_div` and `_power`."""
    transformed: ast.expr = _Ieee(calls).visit(tree)
    return ast.fix_missing_locations(transformed)


def tree_of(text: str, *, plain: bool = False, chosen: bool = False) -> ast.expr:
    """The syntax tree of a rule as `build` compiles it, which says what the arguments mean."""
    body = _read(text).body
    if chosen:
        body = _Chosen().visit(body)
    elif not plain:
        body = _Compared().visit(body)
    return ast.fix_missing_locations(ieee(body) if plain else body)


def build(
    text: str,
    arguments: Iterable[str],
    namespace: Mapping[str, Any],
    *,
    plain: bool = False,
    chosen: bool = False,
) -> Callable[..., Any]:
    """A Python function of the arguments that computes a rule.

    Args:
        text: a rule that `parse` has accepted.
        arguments: the names of the function's arguments, in order.
        namespace: what the rule's functions mean here.
        plain: True where divisions and powers are calls of `_div` and `_power`, as for plain
            floats; comparisons are then Python's. Else the namespace also holds `_equal` and
            `_unequal`, for `==` of two Values or symbols may ask whether they are the same one.
        chosen: True where a test has no answer yet, as in a trace or in vectors of numbers: the
            namespace then also holds these two, `_where(test, u, v)`, `_both` and `_either`.
    """
    lambda_ = ast.Lambda(
        ast.arguments([], [ast.arg(name) for name in arguments], None, [], [], None, []),
        tree_of(text, plain=plain, chosen=chosen),
    )
    code = ast.fix_missing_locations(ast.Expression(lambda_))
    function: Callable[..., Any] = eval(
        compile(code, "<jangrad rule>", "eval"), {"__builtins__": {}, **CONSTANTS, **namespace}
    )
    return function
