"""The little language in which the rules of `op_table.py` are written.

A rule is one Python expression, kept as text so that it can be shown to a reader, and parsed once
into the tree of `algebra.py`; its grammar stands there. `x` is the input of a one-input operation,
`a` and `b` those of a two-input one, and `y` is the operation's own result. A test looks at numbers
only: a derivative does not run through it.

Here rules are read, asked what they use and what they contribute, and made Python functions.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, reduce
from typing import Any, TypeVar

from jangrad.algebra import (
    ONE,
    ZERO,
    Algebra,
    BinOp,
    Call,
    Cmp,
    Const,
    Functions,
    If,
    In,
    Logic,
    Names,
    Neg,
    Num,
    Rule,
    fold,
)
from jangrad.errors import OperationError, did_you_mean

CONSTANTS: dict[str, float] = {
    "pi": math.pi,
    "ln_2": math.log(2.0),
    "ln_10": math.log(10.0),
    "sqrt_half": math.sqrt(0.5),
    "inv_sqrt_2pi": 1.0 / math.sqrt(2.0 * math.pi),
    "sqrt_2_over_pi": math.sqrt(2.0 / math.pi),
    "two_over_sqrt_pi": 2.0 / math.sqrt(math.pi),
    # Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14 with full digits
    "selu_alpha": 1.6732632423543772848170429916717,
    "selu_scale": 1.0507009873554804934193349852946,
}

T = TypeVar("T")


# -- reading ---------------------------------------------------------------------------------------

_SIGNS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
    ast.Pow: "**",
}
_COMPARED: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Refused(Exception):
    """Why a text is no rule; who asked for one words it.

    Attributes:
        problem: "syntax", "node", "test", "number", "chain", "constant", "name", "function",
            "call" or "count".
        part: what it is about, as text; of a syntax error the reason.
        at: of a syntax error the character.
        operator: where an operator is none of the language, its name in Python's grammar.
        choices: what a name or function may be.
        given, wanted: how many numbers a function is given, and how many it takes.
    """

    def __init__(
        self,
        problem: str,
        part: str,
        *,
        at: int | None = None,
        operator: str = "",
        choices: Collection[str] = (),
        given: int = 0,
        wanted: int = 0,
    ) -> None:
        super().__init__(problem, part)
        self.problem, self.part, self.at, self.operator = problem, part, at, operator
        self.choices, self.given, self.wanted = choices, given, wanted


def _syntax_tree(text: str) -> ast.expr:
    # Python 3.11 counts the depth of all threads that parse at this moment in one place, and may
    # take another one's for a fault of its own (CPython issue 106905).
    for _ in range(100):
        with suppress(SystemError):
            return ast.parse(text.strip(), mode="eval").body
    return ast.parse(text.strip(), mode="eval").body


class _Reader:
    """Python's syntax tree as a rule: the grammar above, one method for each of its two words."""

    def __init__(
        self,
        names: Collection[str] | None,
        functions: Mapping[str, int] | None,
        constants: Collection[str],
        choices: bool,
    ) -> None:
        self.names, self.functions, self.constants = names, functions, constants
        self.choices = choices

    def rule(self, node: ast.expr) -> Rule:
        match node:
            case ast.Name(name):
                return self._name(name)
            case ast.Constant(value):
                if isinstance(value, bool):  # in the notation of `where`; names of no number
                    return self._name(str(value))
                if not isinstance(value, (int, float)):
                    raise Refused("constant", repr(value))
                return Num(value)
            case ast.BinOp(left, sign, right):
                if type(sign) not in _SIGNS:
                    raise Refused("node", ast.unparse(node), operator=type(sign).__name__)
                return BinOp(_SIGNS[type(sign)], self.rule(left), self.rule(right))
            case ast.UnaryOp(ast.USub(), operand):
                return Neg(self.rule(operand))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.rule(operand)
            case ast.UnaryOp(sign, _):
                raise Refused("node", ast.unparse(node), operator=type(sign).__name__)
            case ast.Call(ast.Name(function), [_, *_] as parts, []):
                return self._call(node, function, parts)
            case ast.Call():
                raise Refused("call", ast.unparse(node))
            case ast.IfExp(test, chosen, other) if self.choices:
                return If(self.test(test), self.rule(chosen), self.rule(other))
            case ast.Compare() | ast.BoolOp() if self.choices:
                raise Refused("test", ast.unparse(node))
        raise Refused("node", ast.unparse(node))

    def test(self, node: ast.expr) -> Rule:
        match node:
            case ast.Compare(left, [sign], [right]):
                if type(sign) not in _COMPARED:
                    raise Refused("node", ast.unparse(node), operator=type(sign).__name__)
                return Cmp(_COMPARED[type(sign)], self.rule(left), self.rule(right))
            case ast.Compare():
                raise Refused("chain", ast.unparse(node))
            case ast.BoolOp(sign, parts):
                word = "and" if isinstance(sign, ast.And) else "or"
                return Logic(word, tuple(map(self.test, parts)))
        self.rule(node)
        raise Refused("number", ast.unparse(node))

    def _name(self, name: str) -> Rule:
        if self.names is not None and name in self.names:
            return In(name)
        if name in self.constants:
            return Const(name)
        if self.names is not None:
            raise Refused("name", name, choices={*self.names, *self.constants})
        return In(name)

    def _call(self, node: ast.Call, function: str, parts: Sequence[ast.expr]) -> Rule:
        if self.functions is not None:
            if function not in self.functions:
                raise Refused("function", function, choices=self.functions)
            wanted = self.functions[function]
            if len(parts) != wanted:
                raise Refused("count", function, given=len(parts), wanted=wanted)
        return Call(function, tuple(map(self.rule, parts)))


def read(
    text: str,
    names: Collection[str] | None = None,
    functions: Mapping[str, int] | None = None,
    *,
    constants: Collection[str] = CONSTANTS,
    choices: bool = True,
    test: bool = False,
) -> Rule:
    """A text as a rule.

    Args:
        text: a Python expression.
        names: the names it may use beside the constants; None for any.
        functions: the functions it may call, and how many inputs each has; None for any.
        constants: the constants it may use.
        choices: whether it may hold `u if test else v`.
        test: True for a test, False for a rule.

    Raises:
        Refused: when it holds anything but the language above. Nothing of it is ever run.
    """
    try:
        reader = _Reader(names, functions, constants, choices)
        tree = _syntax_tree(text)
        return reader.test(tree) if test else reader.rule(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = getattr(error, "msg", None) or "it is nested too deeply"
        raise Refused("syntax", reason, at=getattr(error, "offset", None)) from None


def parse(
    text: str, names: Iterable[str], functions: Mapping[str, int], *, test: bool = False
) -> Rule:
    """A rule of the user's, checked to hold nothing but the language above.

    Args:
        text: the rule.
        names: the input names it may use, beside the constants.
        functions: the functions it may call, and how many inputs each has.
        test: True for a test, such as a domain, False for a rule.

    Raises:
        OperationError: when the text cannot be read, or uses anything else.
    """
    try:
        return read(text, {*names}, functions, test=test)
    except Refused as error:
        raise _worded(text, error) from None


def _worded(text: str, error: Refused) -> OperationError:
    part = error.part
    match error.problem:
        case "syntax":
            return OperationError(
                f"the rule `{text}` cannot be read: {part}", try_="an expression such as 3*x**2"
            )
        case "test" | "number":
            other = "number" if error.problem == "test" else "test"
            return OperationError(
                f"the rule `{text}` uses `{part}` as a {other}",
                why="True and False are no numbers to differentiate, and a number is no test",
                try_="1 if x > 0 else 0",
            )
        case "chain":
            return OperationError(
                f"the rule `{text}` compares more than two: `{part}`", try_="0 < x and x < 1"
            )
        case "constant":
            return OperationError(f"the rule `{text}` holds {part}, which is not a number")
        case "name" | "function":
            return OperationError(
                f"the rule `{text}` uses the {error.problem} `{part}`, which it does not know",
                try_=did_you_mean(part, error.choices),
            )
        case "call":
            return OperationError(f"the rule `{text}` holds the call `{part}`")
        case "count":
            return OperationError(
                f"the rule `{text}` gives {error.given} numbers to `{part}`, which takes"
                f" {error.wanted}"
            )
    return OperationError(
        f"the rule `{text}` uses {error.operator or f'`{part}`'}, which a rule cannot hold",
        why="rules are also printed as C and shown to readers, so they hold only numbers,"
        " inputs, + - * / % **, the table's functions and `u if test else v`",
    )


@cache
def _known(text: str) -> Rule:
    return read(text)


def rule_of(rule: str | Rule) -> Rule:
    """A rule that `parse` has accepted, parsed once."""
    return _known(rule) if isinstance(rule, str) else rule


# -- what a rule uses ------------------------------------------------------------------------------


def names_of(rule: Rule) -> list[str]:
    """The input names a rule uses, each once, in the order of the text.

    >>> names_of(rule_of("b * log(a) + b"))
    ['b', 'a']
    """
    found: list[str] = fold(rule, Names())
    return list(dict.fromkeys(found))


@cache
def names_in(rule: str | Rule) -> frozenset[str]:
    """The input names a rule uses, and the upstream gradient: `{"a", "y"}` for `y / a`."""
    return frozenset(names_of(rule_of(rule)))


@cache
def functions_in(rule: str | Rule) -> frozenset[str]:
    """The functions a rule calls: `{"exp"}` for `y * exp(-x)`."""
    found: list[str] = fold(rule_of(rule), Functions())
    return frozenset(found)


# -- what a partial contributes --------------------------------------------------------------------


def at_ends(rule: Rule, end: Callable[[Rule], T], choice: Callable[[Rule, T, T], T]) -> T:
    """The rule as its tests choose it: `choice` of the ends between which each of them chooses."""
    if not isinstance(rule, If):
        return end(rule)
    return choice(rule.test, at_ends(rule.chosen, end, choice), at_ends(rule.other, end, choice))


def _choice(test: Rule, chosen: Rule, other: Rule) -> Rule:
    return chosen if chosen == other else If(test, chosen, other)


@cache
def contribution(partial: str) -> Rule:
    """What a partial makes of the upstream gradient `g`, as a rule.

    What a test has chosen is multiplied, and what it has not is not: a partial that is written as 0
    contributes nothing, also of an upstream gradient that is inf or nan.

    >>> text_of(contribution("1 if x > 0 else (y if x < 0 else 0)"))
    'g if x > 0 else g * y if x < 0 else 0'
    """
    return at_ends(rule_of(partial), _multiplied, _choice)


@cache
def contributes(partial: str) -> Rule:
    """Whether a partial contributes anything: 1, or 0 where it is written as 0, by the same tests.

    >>> text_of(contributes("1 if x > 0 else (y if x < 0 else 0)")), text_of(contributes("exp(x)"))
    ('1 if x > 0 else 1 if x < 0 else 0', '1')
    """
    return at_ends(rule_of(partial), lambda rule: ZERO if rule == ZERO else ONE, _choice)


@cache
def names_at_ends(partial: str) -> frozenset[str]:
    """The input names that a rule uses, but for those in its tests.

    >>> set(names_at_ends("1 if a > 0 else b"))
    {'b'}
    """
    return at_ends(rule_of(partial), names_in, lambda _, chosen, other: chosen | other)


def _multiplied(partial: Rule) -> Rule:
    g = In("g")
    if partial in (ZERO, ONE):
        return partial if partial == ZERO else g
    return Neg(g) if partial == Neg(ONE) else BinOp("*", g, partial)


# -- as Python -------------------------------------------------------------------------------------

_NODES = {sign: node for node, sign in _SIGNS.items()}
_TESTS = {sign: node for node, sign in _COMPARED.items()}

#: What is called in the place of a sign or word of the language. Plain floats raise where IEEE
#: arithmetic does not; `==` of two Values or symbols may ask whether they are the same one; and a
#: test has no answer yet in a trace or in vectors of numbers.
IEEE = {"/": "_div", "%": "_mod", "**": "_power"}
COMPARED = {"==": "_equal", "!=": "_unequal"}
CHOSEN = {**COMPARED, "if": "_where", "and": "_both", "or": "_either"}


class Python(Algebra[ast.expr]):
    """Python's syntax tree.

    Args:
        calls: functions in the place of signs and words: `IEEE`, `COMPARED`, `CHOSEN`.
        names: what the inputs are called, if not by their names.
    """

    def __init__(
        self, calls: Mapping[str, str] | None = None, names: Mapping[str, str] | None = None
    ) -> None:
        self.calls, self.names = calls or {}, names or {}

    def num(self, value: float) -> ast.expr:
        return ast.Constant(value)

    def const(self, name: str) -> ast.expr:
        return ast.Name(name, ast.Load())

    def name(self, name: str) -> ast.expr:
        return ast.Name(self.names.get(name, name), ast.Load())

    def bin(self, sign: str, left: ast.expr, right: ast.expr) -> ast.expr:
        # A nonzero number below the line cannot raise.
        safe = sign == "/" and isinstance(right, ast.Constant) and right.value
        if sign in self.calls and not safe:
            return self._called(sign, left, right)
        return ast.BinOp(left, _NODES[sign](), right)

    def neg(self, operand: ast.expr) -> ast.expr:
        return ast.UnaryOp(ast.USub(), operand)

    def call(self, function: str, parts: Sequence[ast.expr]) -> ast.expr:
        return ast.Call(ast.Name(function, ast.Load()), list(parts), [])

    def choice(self, test: ast.expr, chosen: ast.expr, other: ast.expr) -> ast.expr:
        if "if" in self.calls:
            return self._called("if", test, chosen, other)
        return ast.IfExp(test, chosen, other)

    def cmp(self, sign: str, left: ast.expr, right: ast.expr) -> ast.expr:
        if sign in self.calls:
            return self._called(sign, left, right)
        return ast.Compare(left, [_TESTS[sign]()], [right])

    def logic(self, word: str, parts: Sequence[ast.expr]) -> ast.expr:
        if word in self.calls:
            return reduce(lambda left, right: self._called(word, left, right), parts)
        return ast.BoolOp(ast.And() if word == "and" else ast.Or(), list(parts))

    def _called(self, sign: str, *parts: ast.expr) -> ast.expr:
        return ast.Call(ast.Name(self.calls[sign], ast.Load()), list(parts), [])


def text_of(rule: str | Rule, python: Python | None = None) -> str:
    """A rule as Python's text."""
    return ast.unparse(fold(rule_of(rule), python or Python()))


def build(
    rule: str | Rule,
    arguments: Iterable[str],
    namespace: Mapping[str, Any],
    calls: Mapping[str, str] = IEEE,
) -> Callable[..., Any]:
    """A Python function of the arguments that computes a rule.

    Args:
        rule: a rule that `parse` has accepted.
        arguments: the names of the function's arguments, in order.
        namespace: what the rule's functions mean here, and those of `calls`.
        calls: which functions stand in the place of signs and words, those of plain floats if
            nothing is said.
    """
    lambda_ = ast.Lambda(
        ast.arguments([], [ast.arg(name) for name in arguments], None, [], [], None, []),
        fold(rule_of(rule), Python(calls)),
    )
    code = ast.fix_missing_locations(ast.Expression(lambda_))
    function: Callable[..., Any] = eval(
        compile(code, "<jangrad rule>", "eval"), {"__builtins__": {}, **CONSTANTS, **namespace}
    )
    return function
