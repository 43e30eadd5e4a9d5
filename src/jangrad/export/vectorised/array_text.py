"""Operations on whole arrays as Python's syntax: what the NumPy and JAX exporters print."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

from jangrad import ops, rules
from jangrad.algebra import fold
from jangrad.compiler.exporting import MUL, NEG, OPERATIONS, Operation
from jangrad.export.vectorised.array_nodes import (
    Added,
    Called,
    Chosen,
    Einsum,
    Indexed,
    Named,
    Node,
    Places,
    Product,
    Reduced,
    Scalar,
    Spread,
    Transposed,
    Turn,
    Whole,
    Windows,
)
from jangrad.export.vectorised.node_looks import (
    axes,
    counted,
    is_called,
    is_mean,
    is_negative,
    is_product,
    is_test,
    leads,
    positive,
    rank,
)

#: Functions of NumPy that are operations of the table, number by number.
FUNCTIONS = {
    **{name: name for name in ("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt")},
    **{name: name for name in ("cbrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "hypot")},
    **{name: name for name in ("floor", "ceil", "abs", "sign", "minimum", "maximum", "logaddexp")},
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "at_least": "maximum",
    "at_most": "minimum",
}
#: What is shorter as an expression, and does not need its parts twice.
PATTERNS = {
    "relu": "np.maximum(x, 0)",
    "relu6": "np.clip(x, 0, 6)",
    "softplus": "np.logaddexp(x, 0)",
    "logsigmoid": "-np.logaddexp(-x, 0)",
    "sigmoid": "1 / (1 + np.exp(-x))",
    "raised": "a ** b",
    "stop_gradient": "x",
    "shift": "x",
}
_TESTS: dict[str, type[ast.cmpop]] = {"less": ast.Lt, "less_equal": ast.LtE, "equal": ast.Eq}
_TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE}
_SIGNS: dict[str, type[ast.operator]] = {
    "add": ast.Add,
    "sub": ast.Sub,
    "mul": ast.Mult,
    "div": ast.Div,
    "mod": ast.Mod,
    "pow": ast.Pow,
}
_LARGEST_WHOLE = 1e6
# Items of arrays that are no longer than this may stand twice in an expression.
_TWICE = 11
_ZERO, _ONE = ast.Constant(0), ast.Constant(1)


def name(text: str) -> ast.expr:
    """A variable."""
    return ast.Name(text, ast.Load())


def call(function: str, *parts: ast.expr, **named: ast.expr) -> ast.expr:
    """A call of `np.exp` or the like."""
    first, *rest = function.split(".")
    target = name(first)
    for step in rest:
        target = ast.Attribute(target, step, ast.Load())
    return ast.Call(target, list(parts), [ast.keyword(k, v) for k, v in named.items()])


def method(of: ast.expr, called: str, **named: ast.expr) -> ast.expr:
    """A call of a method."""
    return ast.Call(
        ast.Attribute(of, called, ast.Load()), [], [ast.keyword(k, v) for k, v in named.items()]
    )


def number(value: float) -> ast.expr:
    """A number, whole ones without a point."""
    if math.isnan(value) or math.isinf(value):
        found = ast.Attribute(name("np"), "nan" if math.isnan(value) else "inf", ast.Load())
        return ast.UnaryOp(ast.USub(), found) if value < 0 else found
    square = value * value
    if value > 0 and value != int(value) and math.sqrt(round(square)) == value:
        return call("np.sqrt", ast.Constant(round(square)))
    plain = int(value) if value == int(value) and abs(value) < _LARGEST_WHOLE else float(value)
    if math.copysign(1.0, value) < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-plain if plain else 0.0))
    return ast.Constant(plain)


def where(test: ast.expr, chosen: ast.expr, other: ast.expr) -> ast.expr:
    """`np.where`, which gives floats."""
    sides, known = [chosen, other], [known_number(chosen), known_number(other)]
    if None not in known:
        sides = [ast.Constant(x) for x in known]
    return call("np.where", test, *sides)


def negative(tree: ast.expr) -> ast.expr:
    """With the other sign; a sign before a sign is none."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    return ast.UnaryOp(ast.USub(), tree)


def without_sign(tree: ast.expr) -> ast.expr | None:
    """What it is with the other sign, where it begins with one."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return tree.operand
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, (ast.Mult, ast.Div)):
        left = without_sign(tree.left)
        return None if left is None else ast.BinOp(left, tree.op, tree.right)
    return None


def joined(sizes: Sequence[ast.expr]) -> ast.expr:
    """A tuple."""
    return ast.Tuple(list(sizes), ast.Load())


class Syntax:
    """Nodes as Python's syntax.

    Attributes:
        patterns, functions: how operations are spelled.
        helpers: the functions that have to be defined, by name, as text.
        needs_windows, needs_erf: whether these are to be imported.
        sigmoids, names_sigmoid: how many there are; whether they are calls of a function.
        rows, turn: the variables with the number of rows, and of a loop's step.
    """

    def __init__(self) -> None:
        self.patterns, self.functions = PATTERNS, FUNCTIONS
        self.helpers: dict[str, str] = {}
        self.inlined: set[str] = set()
        self.needs_windows = self.needs_erf = self.uses_rows = False
        self.sigmoids, self.names_sigmoid = 0, False
        self.rows, self.turn = "n", "t"

    def expression(self, node: Node) -> ast.expr:
        match node:
            case Scalar(value):
                return number(value)
            case Named(array) if array.of is not None:
                lengths = [self.size(None)] if array.per_row else []
                lengths += [self.size(size) for size in array.shape]
                return ast.Call(
                    ast.Attribute(name(array.of.name), "reshape", ast.Load()), lengths, []
                )
            case Named(array):
                return name(array.name)
            case Indexed(of, items):
                return self._indexed(of, items)
            case Transposed(of, order):
                return self._transposed(self.expression(of), order)
            case Windows():
                return self.windows(node)
            case Called(operation, parts):
                return self._called(operation, [self.expression(part) for part in parts], parts)
            case Added(parts):
                return self._added(parts)
            case Reduced():
                return self._reduced(node)
            case Product(left, right):
                return ast.BinOp(self.expression(left), ast.MatMult(), self.expression(right))
            case Einsum(spec, parts):
                return call("np.einsum", ast.Constant(spec), *map(self.expression, parts))
            case Chosen(mask, of, other):
                return where(self.expression(mask), self.expression(of), number(other))
            case Turn(_, stride, base):
                return self._turn(stride, base)
            case Places(size):
                return call("np.arange", self.size(size))
            case Whole(of):
                found = self.expression(of)
                return ast.Call(ast.Attribute(found, "astype", ast.Load()), [name("int")], [])
            case Spread(of, shape):
                each = [self.size(size) for size in shape]
                sizes = joined(each)
                if isinstance(of, Scalar):
                    short = each[0] if len(each) == 1 else sizes
                    if of.value == 0.0:
                        return call("np.zeros", short)
                    return call("np.full", short, ast.Constant(float(of.value)))
                if shape == (1,):  # of a single number
                    return call("np.array", ast.List([self.expression(of)], ast.Load()))
                return call("np.broadcast_to", self.expression(of), sizes)

    def size(self, size: int | None) -> ast.expr:
        """How long an axis is; None for the number of rows."""
        if size is None:
            self.uses_rows = True
            return name(self.rows)
        return ast.Constant(size)

    def windows(self, node: Windows) -> ast.expr:
        """All stretches of a size along an axis, or along several."""
        self.needs_windows = True
        sizes, axes = [number(node.size)], [node.axis]
        while isinstance(node.of, Windows):
            node = node.of
            sizes.insert(0, number(node.size))
            axes.insert(0, node.axis)
        each = [number(axis) for axis in axes]
        size, axis = (sizes[0], each[0]) if len(axes) == 1 else (joined(sizes), joined(each))
        named = {} if axes == list(range(node.rank)) else {"axis": axis}
        return call("sliding_window_view", self.expression(node.of), size, **named)

    # -- parts of arrays --------------------------------------------------------------------------

    def _indexed(self, of: Node, items: Sequence[Any]) -> ast.expr:
        found = self.expression(of)
        return ast.Subscript(found, self.items(items), ast.Load())

    def items(self, items: Sequence[Any]) -> ast.expr:
        """What stands between the brackets."""
        shown = [self._item(item) for item in items]
        return shown[0] if len(shown) == 1 else joined(shown)

    def _item(self, item: Any) -> ast.expr:
        if item is None or item is Ellipsis or isinstance(item, int):
            return ast.Constant(item)
        if isinstance(item, slice):
            parts = (item.start, item.stop, item.step)
            return ast.Slice(
                *(
                    None
                    if part is None
                    else self.expression(part)
                    if isinstance(part, Turn)
                    else number(part)
                    for part in parts
                )
            )
        return self.expression(item)

    def _turn(self, stride: int, base: int) -> ast.expr:
        """`2 * t + 1`; what falls is `5 - t`."""
        t = name(self.turn)
        times = t if abs(stride) == 1 else ast.BinOp(number(abs(stride)), ast.Mult(), t)
        if stride < 0:
            return ast.BinOp(number(base), ast.Sub(), times)
        if not base:
            return times
        return ast.BinOp(times, ast.Add() if base > 0 else ast.Sub(), number(abs(base)))

    def _transposed(self, of: ast.expr, order: tuple[int, ...]) -> ast.expr:
        if order == (1, 0):
            return ast.Attribute(of, "T", ast.Load())
        moved = [k for k, axis in enumerate(order) if k != axis]
        if len(moved) == 2:
            return call("np.swapaxes", of, *map(ast.Constant, moved))
        return ast.Call(
            ast.Attribute(of, "transpose", ast.Load()), list(map(ast.Constant, order)), []
        )

    def _reduced(self, node: Reduced) -> ast.expr:
        kind, of, axes, rank, keep, mask, _ = node
        named: dict[str, ast.expr] = {}
        if len(axes) < rank:
            # One alone is counted from the end, where rows may stand in front.
            last = len(axes) == 1 and axes[0] == rank - 1 and rank > 1
            shown = [-1] if last else list(axes)
            named["axis"] = (
                number(shown[0]) if len(shown) == 1 else joined([number(x) for x in shown])
            )
        if keep:
            named["keepdims"] = ast.Constant(True)
        if mask is not None:
            named["where"] = self.expression(mask)
            if kind == "max":
                named["initial"] = number(-math.inf)
        return method(self.expression(of), kind, **named)

    # -- arithmetic -------------------------------------------------------------------------------

    def _added(self, parts: Sequence[Node]) -> ast.expr:
        """A sum; what is negative is subtracted, numbers come last."""
        choices, parts = self._choices(parts)
        parts = counted(parts)
        signs = [False] * len(choices) + [is_negative(part) for part in parts]
        ranks = [0] * len(choices) + [rank(part) for part in parts]
        found: ast.expr | None = None
        for k in sorted(range(len(signs)), key=lambda k: (signs[k], ranks[k])):
            if k < len(choices):
                shown = choices[k]
            else:
                part = parts[k - len(choices)]
                shown = self.expression(positive(part) if signs[k] and found else part)
            if found is None:
                found = shown
                continue
            found = ast.BinOp(found, ast.Sub() if signs[k] else ast.Add(), shown)
        assert found is not None
        return found

    def _choices(self, parts: Sequence[Node]) -> tuple[list[ast.expr], list[Node]]:
        """Each `where(test, u, v)`, of which a trace adds both sides; and what else is added."""
        choices: list[ast.expr] = []
        left = list(parts)
        for first in [part for part in parts if is_called(part, "side")]:
            for second in left if first in left else []:
                chosen = self._choice(first, second)
                if chosen is not None:
                    choices.append(chosen)
                    left.remove(first)
                    left.remove(second)
                    break
        return choices, left

    def _choice(self, first: Node, second: Node) -> ast.expr | None:
        """The choice of which these are the two sides."""
        if not (is_called(first, "side") and is_called(second, "side")):
            return None
        assert isinstance(first, Called)
        assert isinstance(second, Called)
        test, other = first.parts[0], second.parts[0]
        if is_called(other, "equal") and isinstance(other, Called):
            a, b = other.parts
            if b == Scalar(0.0) and ast.dump(self.expression(a)) == ast.dump(self.expression(test)):
                sides = (self.expression(first.parts[1]), self.expression(second.parts[1]))
                return where(self.condition(test), *sides)
        return None

    def condition(self, test: Node) -> ast.expr:
        """Whether a number is not 0."""
        if isinstance(test, Called) and is_test(test):
            a, b = test.parts
            if test.operation.name == "equal" and b == Scalar(0.0) and is_test(a):
                return _opposite(self.condition(a))
            return self._compared(test.operation.name, a, b)
        return ast.Compare(self.expression(test), [ast.NotEq()], [_ZERO])

    def _compared(self, test: str, a: Node, b: Node) -> ast.expr:
        sign = _TESTS[test]
        if isinstance(a, Scalar) and not isinstance(b, Scalar):  # x > 0, not 0 < x
            a, b, sign = b, a, _TURNED.get(sign, sign)
        return ast.Compare(self.expression(a), [sign()], [self.expression(b)])

    def _called(
        self, operation: Operation, shown: list[ast.expr], parts: Sequence[Node]
    ) -> ast.expr:
        op = operation.name
        if operation.partial >= 0:
            return self._by_rule(operation, shown)
        if op == "div" and is_mean(*parts):
            (total, _) = parts
            assert isinstance(total, Reduced)
            return self._reduced(total._replace(kind="mean"))
        if op in ("gate", "side"):
            test = self.condition(parts[0])
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Invert):
                return where(test.operand, _ZERO, shown[1])
            return where(test, shown[1], _ZERO)
        if op in _TESTS:
            return where(self.condition(Called(operation, tuple(parts))), _ONE, _ZERO)
        if operation == OPERATIONS[NEG]:
            return negative(shown[0])
        if op == "pow" and known_number(shown[1]) == 1.0:
            return shown[0]
        if operation == OPERATIONS[MUL]:
            shown = self._in_order(parts, shown)
        if op == "minus":
            return ast.BinOp(shown[0], ast.Sub(), shown[1])
        if op in _SIGNS:
            return ast.BinOp(shown[0], _SIGNS[op](), shown[1])
        if op in self.functions:
            return call(f"np.{self.functions[op]}", *shown)
        if op == "sigmoid" and op in self.patterns:
            self.sigmoids += 1
            if self.names_sigmoid:
                self.helpers[op] = f"def sigmoid(x):\n    return {self.patterns[op]}"
                return call(op, *shown)
        if op in self.patterns:
            names = dict(zip(ops.OPS[op].inputs, shown, strict=True))
            return _substituted(ast.parse(self.patterns[op], mode="eval").body, names)
        if op in ("erf", "erfc"):
            return self.error_function(op, shown[0])
        return self._by_rule(operation, shown)

    def _in_order(self, parts: Sequence[Any], shown: list[ast.expr]) -> list[ast.expr]:
        """`0.1 * w * x`, not `x * (0.1 * w)`: numbers first, then parameters."""
        a, b = parts
        turns = isinstance(b, Scalar) or (leads(b) and not leads(a))
        if is_product(b) and not is_product(a) and axes(a) == axes(b) is not None:
            turns |= any(map(leads, b.parts)) and not leads(a)
        first, second = shown[::-1] if turns else shown
        # `h / root * gain`, not `gain * (h / root)`; `-r * t`, not `t * -r`.
        if isinstance(first, ast.BinOp) and isinstance(first.op, (ast.Mult, ast.Div)):
            return [first, second]
        joins = isinstance(second, ast.BinOp) and isinstance(second.op, (ast.Mult, ast.Div))
        negative = isinstance(second, ast.UnaryOp) and not isinstance(first, ast.UnaryOp)
        if (joins and known_number(first) is None) or negative:
            return [second, first]
        return [first, second]

    def error_function(self, op: str, x: ast.expr) -> ast.expr:
        """`erf` and `erfc`, which NumPy lacks."""
        self.needs_erf = True
        self.helpers[op] = f"{op} = np.vectorize(math.{op}, otypes=[float])"
        return call(op, x)

    def _by_rule(self, operation: Operation, shown: list[ast.expr]) -> ast.expr:
        """By the rule of the table: in place, or by a function where its inputs come again."""
        rule, arguments = operation.rule, operation.arguments
        given = dict(zip(arguments, shown, strict=True))
        tree = fold(rule, NumpyRule(self, {}))
        used = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
        known = {k: part for k, part in given.items() if known_number(part) is not None}
        simple = all(
            _is_short(part) or argument in known or used.count(argument) <= 1
            for argument, part in given.items()
        )
        here = fold(rule, NumpyRule(self, given if simple else known))
        if simple and (known or len(ast.unparse(tree)) <= 48):
            return here
        named = operation.name if operation.partial < 0 else f"{operation.name}_backward"
        if operation.partial >= 0 and len(ops.OPS[operation.name].partials) > 1:
            named += f"_{ops.OPS[operation.name].inputs[operation.partial]}"
        head = f"def {named}({', '.join(arguments)}):"
        self.helpers.pop(named, None)  # behind those that it calls
        self.helpers[named] = f"{head}\n    return {ast.unparse(tree)}"
        return call(named, *shown)


class NumpyRule(rules.Python):
    """A rule of the table in the words of NumPy.

    Args:
        syntax: where helpers are noted.
        given: what inputs are, by name.
    """

    def __init__(self, syntax: Syntax, given: dict[str, ast.expr]) -> None:
        super().__init__()
        self._syntax, self._given = syntax, given

    def num(self, value: float) -> ast.expr:
        return number(value)

    def const(self, name: str) -> ast.expr:
        if name == "pi":
            return ast.Attribute(ast.Name("np", ast.Load()), "pi", ast.Load())
        return ast.Constant(rules.CONSTANTS[name])

    def name(self, name: str) -> ast.expr:
        return self._given.get(name) or super().name(name)

    def bin(self, sign: str, left: ast.expr, right: ast.expr) -> ast.expr:
        a, b = known_number(left), known_number(right)
        if a is not None and b is not None and sign in "+-*":
            return number(a + b if sign == "+" else a - b if sign == "-" else a * b)
        if b == 1.0 and sign in ("**", "*", "/"):
            return left
        if a == 1.0 and sign == "*":
            return right
        if sign == "*" and _is_inverse(right):
            return ast.BinOp(left, ast.Div(), right.right)  # type: ignore[attr-defined]
        return super().bin(sign, left, right)

    def neg(self, operand: ast.expr) -> ast.expr:
        return negative(operand)

    def call(self, function: str, parts: Sequence[ast.expr]) -> ast.expr:
        return self._syntax._called(Operation(function), list(parts), [_Shown(p) for p in parts])

    def cmp(self, sign: str, left: ast.expr, right: ast.expr) -> ast.expr:
        a, b = known_number(left), known_number(right)
        if a is not None and b is not None:
            return ast.Constant(bool(eval(f"{a!r} {sign} {b!r}")))
        test = _test_of(left)
        if test is not None and b == 0.0 and sign in ("==", "!="):
            return _opposite(test) if sign == "==" else test
        return super().cmp(sign, left, right)

    def choice(self, test: ast.expr, chosen: ast.expr, other: ast.expr) -> ast.expr:
        if isinstance(test, ast.Constant):
            return chosen if test.value else other
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Invert):
            return where(test.operand, other, chosen)
        return where(test, chosen, other)

    def logic(self, word: str, parts: Sequence[ast.expr]) -> ast.expr:
        decides = word == "or"
        if any(isinstance(p, ast.Constant) and p.value is decides for p in parts):
            return ast.Constant(decides)
        left = [p for p in parts if not isinstance(p, ast.Constant)]
        if not left:
            return ast.Constant(not decides)
        found = left[0]
        for part in left[1:]:
            found = ast.BinOp(found, ast.BitAnd() if word == "and" else ast.BitOr(), part)
        return found


def _test_of(tree: ast.expr) -> ast.expr | None:
    """The test of `np.where(test, 1, 0)`."""
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) == "np.where":
        test, chosen, other = tree.args
        if (known_number(chosen), known_number(other)) == (1.0, 0.0):
            return test
    return None


def _opposite(test: ast.expr) -> ast.expr:
    """Whether a test fails."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Invert):
        return test.operand
    return ast.UnaryOp(ast.Invert(), test)


def _is_inverse(tree: ast.expr) -> bool:
    """Whether it is 1 / something."""
    divided = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div)
    return divided and known_number(tree.left) == 1.0  # type: ignore[attr-defined]


def known_number(tree: ast.expr) -> float | None:
    """The number that a tree is, if it is one."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        inner = known_number(tree.operand)
        return None if inner is None else -inner
    value = tree.value if isinstance(tree, ast.Constant) else None
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class _Shown(tuple):  # type: ignore[type-arg]
    """A part that is syntax already."""

    def __new__(cls, tree: ast.expr) -> Any:
        return super().__new__(cls, (tree,))


def _is_short(tree: ast.expr) -> bool:
    """Whether it may stand twice in an expression: a variable, or an item of one."""
    if isinstance(tree, ast.Subscript):
        return isinstance(tree.value, ast.Name) and len(ast.unparse(tree)) <= _TWICE
    return isinstance(tree, ast.Name)


class _Substitution(ast.NodeTransformer):
    def __init__(self, names: dict[str, ast.expr]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> Any:
        return self.names.get(node.id, node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        operand = self.visit(node.operand)
        return negative(operand) if isinstance(node.op, ast.USub) else ast.UnaryOp(node.op, operand)


def _substituted(tree: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    found: ast.expr = _Substitution(names).visit(tree)
    return found
