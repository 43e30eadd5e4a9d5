"""Random expressions as text."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

_ONE = (
    *("tanh({a})", "sin({a})", "sigmoid({a})", "exp(-{a} * {a})", "softplus({a})", "relu({a})"),
    *("abs({a})", "{a} ** 2", "{a} * {a}", "-{a}", "cos({a} + 0.3)", "gelu({a})", "atan({a})"),
    *("elu({a}, 0.7)", "leaky_relu({a}, 0.1)", "clamp({a}, -0.8, 0.9)", "silu({a})"),
)
_TWO = (
    *("{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} * {b} + {a}", "{a} / (1.0 + {b} * {b})"),
    *("maximum({a}, {b})", "minimum({a}, {b})", "tanh({a} * {b})", "{a} * sigmoid({b})"),
    *("where({a} > {b}, {a} * 1.5, {b})", "where({a} <= 0.1, sin({b}), {a})"),
)
# Beside numbers at the edge of what can be computed these give inf and nan, or refuse.
_EDGY_ONE = (
    *("log({a})", "sqrt({a})", "1.0 / {a}", "{a} ** -1", "{a} ** 0.5", "exp({a})", "{a} ** 3"),
    *(
        "{a} ** 0",
        "{a} ** 1",
        "{a} ** -2",
        "log1p({a})",
        "expm1({a})",
        "tan({a})",
        "logsigmoid({a})",
    ),
    *("selu({a})", "gelu_tanh({a})", "relu6({a})", "norm([{a}])", "erf({a})", "{a}.detach() * {a}"),
)
_EDGY_TWO = (
    *("where({a} > 0.0, log({a}), {b})", "where({a} >= 0.0, sqrt({a}), {b} * 2.0)"),
    *("where({b} < 0.0, {a}, {a} / {b})", "where(1.0 / {a} > {b}, {a}, 3.0 * {b})"),
    *("{a} / {b}", "where({a} - {b} != 0.0, {a} / {b}, {b})", "norm([{a}, {b}])", "logsumexp([{a}, {b}])"),
    *("maximum({a}, log({b}))", "minimum(sqrt({a}), {b})", "at_least({a}, {b})", "at_most({a}, {b})"),
    *("clamp({a} / {b}, -2.0, 2.0)", "softmax([{a}, {b}])[0]", "relu({a}) * log({b})", "abs({a}) ** {b}"),
    *("where({a} - {b} == 0.0, {a}, {a} / ({a} - {b}))", "{a} + (sqrt({b}) > 1.0) * {a}"),
)  # fmt: skip


def expression(r: Random, names: Sequence[str], depth: int = 3, *, edgy: bool = False) -> str:
    """An expression of these names; each may be used several times, or never."""
    if depth == 0 or r.random() < 0.15:
        return r.choice(names) if r.random() < 0.85 else str(round(r.uniform(-2.0, 2.0), 2))
    one, two = (_ONE + _EDGY_ONE, _TWO + _EDGY_TWO) if edgy else (_ONE, _TWO)
    if r.random() < 0.4:
        form = r.choice(one)
        a = expression(r, names, depth - 1, edgy=edgy)
        # A method, or an operator of a Value, needs one.
        return form.format(a=f"({a})" if a in names else f"(0.0 * {names[0]} + {a})")
    a, b = (expression(r, names, depth - 1, edgy=edgy) for _ in range(2))
    return r.choice(two).format(a=f"({a})", b=f"({b})")


def number(r: Random) -> str:
    """A number of moderate size."""
    return str(round(r.choice((-1.0, 1.0)) * r.uniform(0.1, 2.0), 3))


_SPECIAL = (
    *("0.0", "-0.0", "1.0", "-1.0", "inf", "-inf", "nan", "5e-324", "1e-300", "-1e-300"),
    *("1e300", "-1e300", "0.5", "-0.5", "2.0", "-2.0", "6.0", "710.0", "-746.0", "1e-200", "1e200"),
)


def special(r: Random) -> str:
    """A number at which something may go wrong."""
    return f'float("{r.choice(_SPECIAL)}")'
