"""Free functions: every operation of the table, and your own.

They take Values and plain numbers alike. With plain numbers only, the result is a plain float, so
one formula serves both.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, overload

from jangrad import ops, rules
from jangrad.engine import Value, apply, as_float, is_symbol
from jangrad.errors import (
    ConfigError,
    OperationError,
    SilentDetach,
)
from jangrad.registry import add_row
from jangrad.watching import tracing

if TYPE_CHECKING:
    from jangrad.engine import Operand


class Unary(Protocol):
    """A function of one Value or number."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...


class BinaryFunction(Protocol):
    """A function of two Values or numbers."""

    @overload
    def __call__(self, a: Value, b: Operand, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: float, /) -> float: ...


def lift(name: str) -> Any:
    """The operation as a free function, documented from its row; the same one for each call."""
    row = ops.OPS[name]
    made = _lifted.get(name)
    if made is None or made[0] is not row:
        made = _lifted[name] = row, _lift(row)
    return made[1]


_lifted: dict[str, tuple[ops.Op, Any]] = {}


def _lift(row: ops.Op) -> Any:
    name = row.name
    # A user's operation may have the name of any attribute of Value, so only ours are methods.
    form = ops.UNARY if row.inputs == ("x",) else ops.BOTH
    method: Callable[..., Value] | None = getattr(Value, name, None) if name in ops.OURS else None

    def unary(x: Operand, /) -> Operand:
        if isinstance(x, Value):
            return method(x) if method else apply(name, x)
        return ops.evaluate(name, as_float(x))

    def binary(a: Operand, b: Operand, /) -> Operand:
        if isinstance(a, Value):
            return method(a, b) if method else apply(name, a, b)
        if isinstance(b, Value):
            return apply(name, a, b)
        return ops.evaluate(name, as_float(a), as_float(b))

    function = unary if form == ops.UNARY else binary
    function.__name__ = function.__qualname__ = name
    # `help(atan2)` shows y and x.
    code = function.__code__
    named = (*row.called, *code.co_varnames[code.co_argcount :])
    function.__code__ = code.replace(co_varnames=named)
    # The generator has printed the same text for the method; to make it once more takes a moment.
    said = (method.__doc__ or "").splitlines() if method else row.doc.splitlines()
    doc = "\n".join(map(str.strip, said)).split("\n\nSource: ")
    inputs = ", ".join(row.called)
    function.__doc__ = "\n\n".join(
        [
            doc[0],
            f"Args:\n    {inputs}: Value or number; of numbers alone the result is one.",
            "Raises:\n    NotANumber: when an input is neither.",
            *(f"Source: {source}" for source in doc[1:]),
        ]
    )
    return function


# fmt: off
# <functions>
minimum: BinaryFunction = lift("minimum")
maximum: BinaryFunction = lift("maximum")
at_least: BinaryFunction = lift("at_least")
at_most: BinaryFunction = lift("at_most")
sign: Unary = lift("sign")
floor: Unary = lift("floor")
ceil: Unary = lift("ceil")
exp: Unary = lift("exp")
expm1: Unary = lift("expm1")
exp2: Unary = lift("exp2")
log: Unary = lift("log")
log1p: Unary = lift("log1p")
log2: Unary = lift("log2")
log10: Unary = lift("log10")
logaddexp: BinaryFunction = lift("logaddexp")
xlogy: BinaryFunction = lift("xlogy")
rel_entr: BinaryFunction = lift("rel_entr")
sqrt: Unary = lift("sqrt")
cbrt: Unary = lift("cbrt")
hypot: BinaryFunction = lift("hypot")
sin: Unary = lift("sin")
cos: Unary = lift("cos")
tan: Unary = lift("tan")
asin: Unary = lift("asin")
acos: Unary = lift("acos")
atan: Unary = lift("atan")
tanh: Unary = lift("tanh")
atan2: BinaryFunction = lift("atan2")
sinh: Unary = lift("sinh")
cosh: Unary = lift("cosh")
asinh: Unary = lift("asinh")
acosh: Unary = lift("acosh")
atanh: Unary = lift("atanh")
sigmoid: Unary = lift("sigmoid")
softplus: Unary = lift("softplus")
logsigmoid: Unary = lift("logsigmoid")
erf: Unary = lift("erf")
erfc: Unary = lift("erfc")
relu: Unary = lift("relu")
_leaky_relu: BinaryFunction = lift("leaky_relu")
relu6: Unary = lift("relu6")
_elu: BinaryFunction = lift("elu")
selu: Unary = lift("selu")
gelu: Unary = lift("gelu")
gelu_tanh: Unary = lift("gelu_tanh")
silu: Unary = lift("silu")
# </functions>
# fmt: on

_where_true: BinaryFunction = lift("where_true")
_where_false: BinaryFunction = lift("where_false")
_equal: BinaryFunction = lift("equal")
_gate: BinaryFunction = lift("gate")
_side: BinaryFunction = lift("side")


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x for x > 0, else slope * x; at 0 the derivative is the slope.

    Args:
        x: a Value or a plain number.
        slope: a number; `prelu(x, slope)` when it is a Value to be learned.

    Raises:
        NotANumber: when one of them is no number.

    Source: Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models
    (2013).

    >>> leaky_relu(-2.0), leaky_relu(3.0, slope=0.5)
    (-0.02, 3.0)
    """
    return _leaky_relu(x, slope)


def prelu(x: Any, slope: Any) -> Any:
    """`leaky_relu` with a slope that is learned.

    Args:
        x: a Value or a plain number.
        slope: a Value, which gets the gradient x where x <= 0 and 0 elsewhere.

    Raises:
        NotANumber: when one of them is no number.

    Source: He et al., Delving Deep into Rectifiers (2015).

    >>> slope = Value(0.25)
    >>> _ = prelu(-2.0, slope).backtrack()
    >>> slope.grad
    -2.0
    """
    return _leaky_relu(x, slope)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else alpha * (exp(x) - 1).

    Args:
        x: a Value or a plain number.
        alpha: a number or a Value; minus the limit for x towards -inf.

    Raises:
        NotANumber: when one of them is no number.

    Source: Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by
    Exponential Linear Units (2016).

    >>> elu(2.0), round(elu(-1.0), 4)
    (2.0, -0.6321)
    """
    return _elu(x, alpha)


def clamp(x: Any, low: Operand | None = None, high: Operand | None = None) -> Any:
    """x held between low and high, either of which may be left out; at a bound the derivative is 1.

    Args:
        x: a Value or a plain number.
        low, high: numbers or Values; None for no bound. Where low > high, the result is high.

    Raises:
        NotANumber: when one of them is no number.

    >>> clamp(7.0, 0.0, 6.0)
    6.0
    """
    x = x if low is None else at_least(x, low)
    return x if high is None else at_most(x, high)


def where(condition: object, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`; only the chosen one gets a gradient.

    Args:
        condition: True or False, usually a comparison such as `x > 0`.
        a, b: Values or plain numbers.

    Raises:
        SilentDetach: when the condition is a Value.
        ConfigError: when it is text, a list, an array or None, which are true or not by their size.

    >>> x = Value(-2.0)
    >>> where(x > 0, x, x * x)
    Value(data=4.0)
    """
    if not isinstance(condition, Value):
        if type(condition) is not bool:
            condition = _truth(condition)
        return _where_true(a, b) if condition else _where_false(a, b)
    if tracing() is None and not is_symbol(condition):
        raise SilentDetach.of(repr(condition), "True or False", "`where(v, a, b)`")
    # A traced comparison is 1 or 0, and both sides are there.
    if _is_zero(b):
        return _gate(condition, a)
    if _is_zero(a):
        return _gate(_equal(condition, 0.0), b)
    return _side(condition, a) + _side(_equal(condition, 0.0), b)


def _truth(condition: Any) -> bool:
    """Whether a number, of Python's or NumPy's, is another than 0."""
    sized = hasattr(condition, "__len__") and getattr(condition, "ndim", True)
    if condition is None or sized:
        kind = type(condition).__name__
        raise ConfigError(
            f"the condition of `where` is {condition!r:.60} ({kind}), not True or False",
            why="one of two numbers is chosen, by one comparison",
            try_="[jangrad.where(c, a, b) for c in conditions], for several"
            if sized and not isinstance(condition, (str, bytes))
            else "a comparison, such as x > 0",
        )
    return bool(condition)


def _is_zero(x: Any) -> bool:
    """A plain 0, but not -0."""
    return not isinstance(x, Value) and x == 0.0 and math.copysign(1.0, x) == 1.0


# -- the user's own operations ------------------------------------------


def operation(
    name: str,
    value: str,
    *partials: str,
    domain: str = "",
    text: str = "",
    latex: str = "",
    source: str = "",
) -> Any:
    """Add an operation of your own to the table, in one line, and return it as a function.

    One that is there with the same rules is returned as it is.

    Args:
        name: an identifier that is not taken.
        value: its value, as a rule of `x`, or of `a` and `b` (see `jangrad.rules`).
        partials: the derivative by each input, as rules that may also use the value `y`.
        domain: a test of the inputs where it is defined, `"x > 0"` for example.
        text, latex: its notation, with `{x}` or `{a}` and `{b}`; `name(x)` when left out.
        source: where the formula comes from.

    Raises:
        OperationError: when a rule cannot be read, or finite differences contradict a partial.

    >>> cube = operation("cube", "x ** 3", "3 * x ** 2")
    >>> x = Value(2.0)
    >>> _ = cube(x).backtrack()
    >>> x.grad
    12.0
    """
    for given in (value, *partials):
        if not isinstance(given, str):
            raise OperationError(
                f"`{name}` is given {given!r:.60} ({type(given).__name__}), not a rule",
                why="a rule is text, which is computed in every engine and printed in trees",
                try_=f'operation("{name}", "x ** 3", "3 * x ** 2")',
            )
    used = _names_in(value)
    inputs = ("x",) if "x" in used or not used & {"a", "b"} else ("a", "b")
    if len(partials) != len(inputs):
        raise OperationError(
            f"`{name}` has {len(inputs)} input(s), {' and '.join(inputs)}, but {len(partials)}"
            " partial(s) were given",
            why="each input needs the derivative by it"
            + ("; two inputs are called a and b" if len(partials) == 2 else ""),
            try_=f'operation("{name}", "a * b", "b", "a")'
            if len(partials) == 2
            else f'operation("{name}", "{value}", ' + ", ".join(f'"d/d{i}"' for i in inputs) + ")",
        )
    arguments = ", ".join(f"{{{i}}}" for i in inputs)
    call = rf"\operatorname{{{{{name}}}}}\left({arguments}\right)"
    row = ops.Op(
        name,
        value,
        partials,
        name,
        text or f"{name}({arguments})",
        latex or call.replace("_", r"\_"),
        domain=domain,
        source=source or "the user",
    )
    with _one_at_a_time:
        if ops.OPS.get(name) != row or name not in _own:  # a notebook's cell may be run again
            add_row(row)
            _own[name] = lift(name)
    return _own[name]


# Two threads would give two operations the same codes.
_one_at_a_time = threading.Lock()
_own: dict[str, Any] = {}


def named(name: str) -> Any:
    """The function of an operation, the user's own before others of that name; None without one."""
    return _own.get(name) or globals().get(name)


def __getattr__(name: str) -> Any:
    """An operation of the user's, where a pickle looks for it."""
    if name in _own:
        return _own[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _names_in(rule: str) -> frozenset[str]:
    try:
        return rules.names_in(rules.read(rule))
    except rules.Refused:  # `add_row` says why
        return frozenset("x")
