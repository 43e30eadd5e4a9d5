"""Sums, means and softmaxes over lists of Values and numbers.

With plain numbers only the results are plain floats, so one formula serves both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Set
from typing import TYPE_CHECKING, Any

from jangrad.arrays import items_of
from jangrad.engine import Value, apply, as_float, weighted_sum
from jangrad.errors import ShapeError
from jangrad.functions import exp, lift, log, maximum, rel_entr, sqrt, where, xlogy
from jangrad.watching import tracing

if TYPE_CHECKING:
    from jangrad.engine import Operand

_minus: Any = lift("minus")


def sum(values: Iterable[Any], start: Operand = 0.0) -> Any:
    """The sum from left to right, added to `start` as Python's own does.

    Args:
        values: n Values or plain numbers; n may be 0.
        start: what they are added to; the first value itself where it is 0.

    Raises:
        NotANumber: when something that is no Value is no number either.
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
    """The sum divided by the count.

    Raises:
        ShapeError: when there are no values.

    >>> mean([1.0, 2.0, 6.0])
    3.0
    """
    values = _some(values, "mean")
    return sum(values) / len(values)


def dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    """a[0] * b[0] + a[1] * b[1] + ..., for two lists of one length.

    Args:
        a, b: lists of n Values or plain numbers; of n = 0 the result is 0.0.

    Raises:
        ShapeError: when the lengths differ, or one of them is no list of numbers.

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

    -inf among other numbers counts for nothing, and so does everything next to inf; the gradient is
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
    """log(softmax(v)), exact also where the softmax itself would round to 0.

    >>> [round(v, 4) for v in log_softmax([0.0, 1000.0])]
    [-1000.0, 0.0]
    """
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

    Args:
        p, q: probabilities, n Values or plain numbers each.

    Raises:
        ShapeError: when the lists are empty, differ in length or hold no numbers.

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
    is_one = isinstance(values, Value) or getattr(values, "ndim", 1) == 0
    if is_one or not hasattr(values, "__iter__"):
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
