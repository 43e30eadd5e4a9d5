"""Free functions: every operation of the table, and the usual sums over lists.

They take Values and plain numbers alike. With plain numbers only, the result is a plain float, so
one formula serves both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any, Protocol, overload

from jangrad import ops, rules
from jangrad.arrays import items_of
from jangrad.engine import (
    Value,
    apply,
    as_float,
    is_symbol,
    tracing,
    weighted_sum,
)
from jangrad.errors import (
    ConfigError,
    OperationError,
    ShapeError,
    SilentDetach,
)
from jangrad.registry import add_row

if TYPE_CHECKING:
    from jangrad.engine import Operand


class Unary(Protocol):
    """A function of one Value or number."""

    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...


class Binary(Protocol):
    """A function of two Values or numbers."""

    @overload
    def __call__(self, a: Value, b: Operand, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: Value, /) -> Value: ...
    @overload
    def __call__(self, a: float, b: float, /) -> float: ...


def lift(name: str) -> Any:
    """The operation as a free function, documented from its row."""
    row = ops.OPS[name]
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
    slopes = [f"d/d{i} = {rule}" for i, rule in zip(row.inputs, row.partials, strict=True)]
    notes = [f"At {k.zero} = 0 the partials are chosen: {', '.join(k.chosen)}." for k in row.kinks]
    needs = [f"Needs {row.domain}; beyond it the result is inf or nan."] if row.domain else []
    function.__doc__ = "\n".join(
        [
            f"{row.text.format(x='x', a='a', b='b')} = {row.value}\n",
            f"With y the value: {', '.join(slopes)}.",
            *needs,
            *notes,
            f"Source: {row.source}.",
        ]
    )
    return function


exp: Unary = lift("exp")
expm1: Unary = lift("expm1")
log: Unary = lift("log")
log1p: Unary = lift("log1p")
sqrt: Unary = lift("sqrt")
sin: Unary = lift("sin")
cos: Unary = lift("cos")
tan: Unary = lift("tan")
atan: Unary = lift("atan")
tanh: Unary = lift("tanh")
sigmoid: Unary = lift("sigmoid")
softplus: Unary = lift("softplus")
logsigmoid: Unary = lift("logsigmoid")
erf: Unary = lift("erf")
erfc: Unary = lift("erfc")
relu: Unary = lift("relu")
relu6: Unary = lift("relu6")
selu: Unary = lift("selu")
gelu: Unary = lift("gelu")
gelu_tanh: Unary = lift("gelu_tanh")
silu: Unary = lift("silu")
minimum: Binary = lift("minimum")
maximum: Binary = lift("maximum")
at_least: Binary = lift("at_least")
at_most: Binary = lift("at_most")
prelu: Binary = lift("leaky_relu")
_leaky_relu: Binary = prelu
_elu: Binary = lift("elu")
_pick_a: Binary = lift("pick_a")
_pick_b: Binary = lift("pick_b")
_equal: Binary = lift("equal")
_gate: Binary = lift("gate")
_side: Binary = lift("side")
_minus: Binary = lift("minus")
xlogy: Binary = lift("xlogy")
rel_entr: Binary = lift("rel_entr")


def leaky_relu(x: Any, slope: float = 0.01) -> Any:
    """x for x > 0, else slope * x; `prelu(x, slope)` when the slope is a Value to be learned."""
    return _leaky_relu(x, slope)


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else alpha * (exp(x) - 1)."""
    return _elu(x, alpha)


def clamp(x: Any, low: Operand | None = None, high: Operand | None = None) -> Any:
    """x held between low and high, either of which may be left out; at a bound the slope is 1.

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
        return _pick_a(a, b) if condition else _pick_b(a, b)
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


# -- over lists ------------------------------------------


def sum(values: Iterable[Any], start: Operand = 0.0) -> Any:
    """The sum from left to right, added to `start` as Python's own does.

    Raises:
        ShapeError: when the values are lists, text or a single Value.

    >>> sum([Value(1.0), 2.0, 3.0])
    Value(data=6.0)
    >>> sum([1.0, 2.0], Value(0.5))
    Value(data=3.5)
    """
    rest = _each_of(values, "sum")
    total = next(rest, start) if not isinstance(start, Value) and start == 0.0 else start
    for value in rest:
        total = total + value
    if isinstance(total, bool):  # it was alone
        return int(total)
    if isinstance(total, (str, bytes, list, tuple, type(None))):
        raise ShapeError(
            f"`sum` adds numbers, not {total!r:.60} ({type(total).__name__})",
            why="" if total is None else "+ would join them",
            try_="jangrad.sum(map(jangrad.sum, rows)) for rows of numbers",
        )
    return total


def mean(values: Iterable[Any]) -> Any:
    """The sum divided by the count."""
    values = _some(values, "mean")
    return sum(values) / len(values)


def dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    """a[0] * b[0] + a[1] * b[1] + ..., for two lists of one length.

    >>> dot([1.0, 2.0], [3.0, 4.0])
    11.0
    """
    a, b = _factors(a), _factors(b)
    if len(a) != len(b):
        raise ShapeError(
            f"`dot` needs two lists of one length, but they have {len(a)} and {len(b)}",
        )
    return weighted_sum(a[0] * b[0], a[1:], b[1:]) if a else 0.0


def norm(values: Iterable[Any]) -> Any:
    """The Euclidean length, also of numbers whose squares overflow or vanish; nan if one is nan.

    At the zero vector the gradient 0 is chosen, as in PyTorch; there is no second derivative there
    (it is inf, and that of the square of the length is nan; write `dot(v, v)` for the square).

    Source: Blue, A Portable Fortran Program to Find the Euclidean Norm of a Vector (1978).

    >>> norm([3.0, 4.0]), norm([1e200, 0.0])
    (5.0, 1e+200)
    """
    values = _numbers(values, "norm")
    scale = _norm_scale(_largest([abs(value) for value in values]))
    scaled = values if type(scale) is float and scale == 1.0 else [v * scale for v in values]
    square = sum(value * value for value in scaled)
    if not isinstance(square, Value):
        return math.sqrt(square) / scale
    if tracing() is None:
        return (_norm_at_zero(sum(scaled)) if square.data == 0.0 else sqrt(square)) / scale
    # What is not chosen is computed all the same, so both sides are finite wherever they are not.
    none = square <= 0.0
    at_zero = _norm_at_zero(where(none, sum(scaled), 1.0))
    return where(none, at_zero, sqrt(where(none, 1.0, square))) / scale


def _norm_scale(top: Any) -> Any:
    """A power of 2 for the largest number: its square then lies in the range, single or double."""
    large = where(top > 2.0**500, 2.0**-600, 2.0**-90)
    small = where(top < 2.0**-500, 2.0**600, 2.0**90)
    return where(top > 2.0**50, large, where(top < 2.0**-50, small, 1.0))


def _norm_at_zero(zero: Any) -> Any:
    """0, with the slope 0, but without a second derivative."""
    return zero**1.5


def logsumexp(values: Iterable[Any]) -> Any:
    """log(sum of exp(v)), without overflow: the largest v is taken out first.

    -inf among other numbers counts for nothing, and beside inf all others do; the gradient is
    `softmax(values)`.

    Source: Blanchard, Higham and Higham, Accurately Computing the Log-Sum-Exp (2021).

    >>> logsumexp([1000.0, 1000.0]), logsumexp([-math.inf, -math.inf])
    (1000.6931471805599, -inf)
    """
    values = _numbers(values, "logsumexp")
    shift = _largest(values)
    return log(sum(exp(_shifted(value, shift)) for value in values)) + shift


def softmax(values: Iterable[Any]) -> list[Any]:
    """exp(v) / sum of exp, a list as long as the input, without overflow.

    -inf gets 0 and inf all, in equal shares where several are inf, or all are -inf.

    >>> softmax([0.0, 0.0]), softmax([math.inf, 1.0])
    ([0.5, 0.5], [1.0, 0.0])
    """
    values = _numbers(values, "softmax")
    shift = _largest(values)
    powers = [exp(_shifted(value, shift)) for value in values]
    # A sum even of one power, so that a softmax over 1, 2, 3 ... values is computed alike.
    total = sum(powers) if len(powers) > 1 else powers[0] + 0.0
    return [power / total for power in powers]


def log_softmax(values: Iterable[Any]) -> list[Any]:
    """log(softmax(v)), exact also where the softmax itself would round to 0."""
    values = _numbers(values, "log_softmax")
    shift = _largest(values)
    shifted = [_shifted(value, shift) for value in values]
    total = log(sum(exp(value) for value in shifted))
    return [value - total for value in shifted]


def entropy(probabilities: Iterable[Any]) -> Any:
    """-sum of p log p in nats, where 0 log 0 is 0, and so is its gradient (see `xlogy`).

    Source: Shannon, A Mathematical Theory of Communication (1948).

    >>> entropy([0.5, 0.5]), entropy([0.0, 1.0])
    (0.6931471805599453, 0.0)
    """
    return 0.0 - sum(xlogy(p, p) for p in _numbers(probabilities, "entropy"))


def kl_divergence(p: Iterable[Any], q: Iterable[Any]) -> Any:
    """sum of p log(p / q) in nats: how far the probabilities q are from p; inf if q lacks some.

    Where p is 0 the term and its slope by p are 0, whatever q is.

    Raises:
        ShapeError: when the lists are empty or differ in length.

    Source: Kullback and Leibler, On Information and Sufficiency (1951).

    >>> kl_divergence([0.0, 1.0], [0.5, 0.5])
    0.6931471805599453
    """
    p, q = _numbers(p, "kl_divergence"), numbers_of(q, "kl_divergence")
    if len(p) != len(q):
        raise ShapeError(
            f"`kl_divergence` needs two lists of one length, but they have {len(p)} and {len(q)}"
        )
    return sum(rel_entr(a, b) for a, b in zip(p, q, strict=True))


_NUMBERS = frozenset({Value, float, int})
_ORDERED = frozenset({"dot", "softmax", "log_softmax", "kl_divergence"})


def _each_of(values: Iterable[Any], name: str) -> Iterator[Any]:
    if type(values) is list:
        return iter(values)
    if isinstance(values, Value) or not hasattr(values, "__iter__"):
        raise ShapeError(
            f"`{name}` takes a list of Values or numbers, not {values!r:.60}",
            try_=f"jangrad.{name}([a, b, c])",
        )
    if isinstance(values, dict):
        raise ShapeError(
            f"`{name}` takes a list of Values or numbers, not a {type(values).__name__}",
            why="it would take the keys",
            try_=f"jangrad.{name}(d.values())",
        )
    alike = name not in _ORDERED and isinstance(values, Set)  # a sum of Values has no order
    if isinstance(values, Set) and not (alike and all(isinstance(v, Value) for v in values)):
        raise ShapeError(
            f"`{name}` takes a list of Values or numbers, not a {type(values).__name__}",
            why="a set has no order, and equal numbers once",
            try_=f"jangrad.{name}([a, b, c])",
        )
    return iter(items_of(values))


def numbers_of(values: Iterable[Any], name: str) -> list[Any]:
    """Values and plain numbers, as a list.

    Raises:
        ShapeError: when there are rows, or text, among them.
        NotANumber: when something among them is no number.
    """
    found = list(_each_of(values, name))
    if _NUMBERS.issuperset(map(type, found)):  # as most are
        return found
    for one in found:
        if isinstance(one, (list, tuple, str)) or getattr(one, "ndim", 0) > 0:
            raise ShapeError(
                f"`{name}` takes a list of Values or numbers, but there is {one!r:.60} among them",
                try_=f"[jangrad.{name}(row) for row in rows], if each row is one",
            )
    return [one if isinstance(one, Value) else as_float(one) for one in found]


def _factors(values: Iterable[Any]) -> list[Any]:
    """What `dot` multiplies: numbers, or arrays, but nothing that + would join."""
    found = list(_each_of(values, "dot"))
    for one in found:
        if isinstance(one, (list, tuple, str, bytes, type(None))):
            raise ShapeError(
                f"`dot` multiplies numbers, not {one!r:.60} ({type(one).__name__})",
                why="+ would join them",
                try_="[jangrad.dot(a, row) for row in b] for rows of numbers",
            )
    return found


def _some(values: Iterable[Any], name: str) -> list[Any]:
    return _not_empty(list(_each_of(values, name)), name)


def _numbers(values: Iterable[Any], name: str) -> list[Any]:
    return _not_empty(numbers_of(values, name), name)


def _not_empty(values: list[Any], name: str) -> list[Any]:
    if not values:
        raise ShapeError(f"`{name}` of an empty list has no value")
    return values


def _largest(values: list[Any]) -> Any:
    """The largest number, as a constant: the result does not depend on what is taken out."""
    if tracing() is not None:
        top = values[0]
        for value in values[1:]:
            top = maximum(top, value)
        return apply("shift", top) if isinstance(top, Value) else top
    return max(v.data if isinstance(v, Value) else float(v) for v in values)


def _shifted(value: Any, shift: Any) -> Any:
    """value - shift, where inf - inf is 0."""
    if isinstance(shift, Value) or math.isinf(shift):
        return _minus(value, shift)
    return value - shift


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
    used = rules.names_in(value) if _readable(value) else {"x"}
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
    if ops.OPS.get(name) != row or name not in _own:  # a notebook's cell may be run again
        add_row(row)
        _own[name] = lift(name)
    return _own[name]


_own: dict[str, Any] = {}


def named(name: str) -> Any:
    """The function of an operation, the user's own before others of that name; None without one."""
    return _own.get(name) or globals().get(name)


def __getattr__(name: str) -> Any:
    """An operation of the user's, where a pickle looks for it."""
    if name in _own:
        return _own[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _readable(text: str) -> bool:
    try:
        compile(text.strip(), "<rule>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
