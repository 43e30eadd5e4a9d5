"""Operations of the table in ONNX's words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jangrad import rules
from jangrad.algebra import Algebra, fold
from jangrad.compiler.vectorising import Operation

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
_SIGNS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}
_TESTS = {"<": "Less", "<=": "LessOrEqual", ">": "Greater", ">=": "GreaterOrEqual", "==": "Equal"}

#: Makes a node of ONNX, and gives the name of what it computes.
Make = Callable[..., str]


class OnnxRule(Algebra[str]):
    """A rule of the table as nodes; what each part computes, by its name.

    Args:
        make: makes a node.
        constant: makes a number.
        given: what inputs are.
    """

    def __init__(self, make: Make, constant: Callable[[float], str], given: dict[str, str]) -> None:
        self._make, self._constant, self._given = make, constant, given

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
        return operation(self._make, self._constant, Operation(function), parts)

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
    make: Make, constant: Callable[[float], str], op: Operation, parts: Sequence[str]
) -> str:
    """An operation of these, number by number."""
    if op.slope < 0 and op.name in WORDS:
        return make(WORDS[op.name], *parts)
    rule = op.rule
    if op.slope < 0 and op.name in RULES:
        rule = rules.rule_of(RULES[op.name])
    given = dict(zip(op.arguments, parts, strict=True))
    return fold(rule, OnnxRule(make, constant, given))
