"""Operations of the table in ONNX's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jangrad import rules
from jangrad.algebra import Algebra, fold
from jangrad.compiler.exporting import Operation

#: Operations that ONNX has under another name.
WORDS = {
    "add": "Add",
    "sub": "Sub",
    "mul": "Mul",
    "div": "Div",
    "neg": "Neg",
    "minus": "Sub",
    "pow": "Pow",
    "raised": "Pow",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "abs": "Abs",
    "minimum": "Min",
    "maximum": "Max",
    "at_least": "Max",
    "at_most": "Min",
    "sign": "Sign",
    "floor": "Floor",
    "ceil": "Ceil",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "tanh": "Tanh",
    "erf": "Erf",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "asin": "Asin",
    "acos": "Acos",
    "atan": "Atan",
    "acosh": "Acosh",
    "atanh": "Atanh",
    "stop_gradient": "Identity",
    "shift": "Identity",
}
#: Those that it lacks, as rules of others.
RULES = {
    "expm1": "exp(x) - 1",
    "exp2": "exp(x * ln_2)",
    "log1p": "log(1 + x)",
    "log2": "log(x) / ln_2",
    "log10": "log(x) / ln_10",
    "erfc": "1 - erf(x)",
    "sinh": "0.5 * (exp(x) - exp(-x))",
    "cosh": "0.5 * (exp(x) + exp(-x))",
    "asinh": "sign(x) * log(abs(x) + sqrt(x * x + 1))",
    "cbrt": "sign(x) * abs(x) ** (1 / 3)",
    "mod": "a - b * floor(a / b)",
    "atan2": "atan(a / b) if b > 0 else (atan(a / b) + (pi if a >= 0 else -pi) if b < 0 else"
    " (pi / 2 if a > 0 else (-pi / 2 if a < 0 else 0)))",
    "less": "1 if a < b else 0",
    "less_equal": "1 if a <= b else 0",
    "equal": "1 if a == b else 0",
}
#: Those of which onnxruntime has no double precision, as rules of others.
DOUBLE_RULES = {
    "tan": "sin(x) / cos(x)",
    "asin": "2 * atan(x / (1 + sqrt((1 - x) * (1 + x))))",
    "acos": "pi / 2 - 2 * atan(x / (1 + sqrt((1 - x) * (1 + x))))",
    "acosh": "log(x + sqrt((x - 1) * (x + 1)))",
    "atanh": "0.5 * log((1 + x) / (1 - x))",
}
# The tangent of the difference between atan(x) and a y of single precision: the difference.
_STEP = "(x * cos(y) - sin(y)) / (cos(y) + x * sin(y))"
_SIGNS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}
_TESTS = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual", "==": "Equal"}

# `TensorProto.FLOAT` and `DOUBLE`.
_FLOAT, _DOUBLE = 1, 11

#: Makes a node of ONNX, and gives the name of what it computes.
Make = Callable[..., str]


class OnnxRule(Algebra[str]):
    """A rule of the table as nodes; what each part computes, by its name.

    Args:
        make: makes a node.
        constant: makes a number.
        given: what inputs are.
        double: whether numbers are of double precision.
    """

    def __init__(
        self, make: Make, constant: Callable[[float], str], given: dict[str, str], double: bool
    ) -> None:
        self._make, self._constant, self._given = make, constant, given
        self._double = double

    def num(self, value: float) -> str:
        return self._constant(value)

    def const(self, name: str) -> str:
        return self._constant(rules.CONSTANTS[name])

    def name(self, name: str) -> str:
        return self._given[name]

    def bin(self, sign: str, left: str, right: str) -> str:
        if sign == "%":
            return self.call("mod", [left, right])
        return self._make(_SIGNS[sign], left, right)

    def neg(self, operand: str) -> str:
        return self._make("Neg", operand)

    def call(self, function: str, parts: Sequence[str]) -> str:
        return operation(self._make, self._constant, Operation(function), parts, self._double)

    def choice(self, test: str, chosen: str, other: str) -> str:
        return self._make("Where", test, chosen, other)

    def cmp(self, sign: str, left: str, right: str) -> str:
        if sign == "!=":
            return self._make("Not", self._make("Equal", left, right))
        return self._make(_TESTS[sign], left, right)

    def logic(self, word: str, parts: Sequence[str]) -> str:
        found = parts[0]
        for part in parts[1:]:
            found = self._make("And" if word == "and" else "Or", found, part)
        return found


def operation(
    make: Make,
    constant: Callable[[float], str],
    op: Operation,
    parts: Sequence[str],
    double: bool,
) -> str:
    """An operation of these, number by number."""
    rule = op.rule
    if op.partial < 0:
        if double and op.name == "atan":
            return _atan(make, constant, parts[0])
        if double and op.name in DOUBLE_RULES:
            rule = rules.rule_of(DOUBLE_RULES[op.name])
        elif op.name in WORDS:
            return make(WORDS[op.name], *parts)
        elif op.name in RULES:
            rule = rules.rule_of(RULES[op.name])
    given = dict(zip(op.arguments, parts, strict=True))
    return fold(rule, OnnxRule(make, constant, given, double))


def _atan(make: Make, constant: Callable[[float], str], x: str) -> str:
    """In double precision, from that of single."""
    x = make("Max", make("Min", x, constant(1e300)), constant(-1e300))  # inf less inf is nan
    y = make("Cast", make("Atan", make("Cast", x, to=_FLOAT)), to=_DOUBLE)
    given = {"x": x, "y": y}
    step = fold(rules.rule_of(_STEP), OnnxRule(make, constant, given, double=True))
    return make("Add", y, step)
