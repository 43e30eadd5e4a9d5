"""How wrong outputs are, as one Value to make smaller; and penalties on the parameters.

Every loss takes a batch: a list of rows of outputs, `[net(x) for x in X]`, or a flat list when each
row has one. Targets have the same shape; a row of one may be written as the number itself. The
result is a Value, or a plain float when everything given was plain.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from types import MappingProxyType
from typing import Any, TypeAlias

from jangrad.engine import Value, was_argument
from jangrad.errors import ConfigError, DataError, ShapeError, did_you_mean
from jangrad.functions import clamp, exp, relu, softplus, where, xlogy
from jangrad.ieee import power
from jangrad.lists import log_softmax, numbers_of, sum
from jangrad.needs import COUNT, SIGN, UNIT, is_met, refusal
from jangrad.nn.number_lists import as_rows, is_list, listed
from jangrad.tables import table
from jangrad.watching import tracing

#: Rows of numbers, or numbers.
Batch: TypeAlias = Sequence[Any]


def squared_error(outputs: Batch, targets: Batch, reduction: str = "mean") -> Any:
    """(output - target)², averaged or summed over all numbers of the batch.

    Args:
        outputs: rows of Values or numbers, all of one length.
        targets: plain numbers (or Values) of the same shape.
        reduction: "mean", over all numbers, or "sum".

    Raises:
        ShapeError: when the batch is empty or the shapes differ; the message names the row.
        NotANumber: when something in it is not a number.
        ConfigError: when the reduction is unknown.

    >>> squared_error([[Value(1.0)], [Value(2.0)]], [0.0, 0.0])
    Value(data=2.5)
    """
    return _reduced([_square(z - t) for z, t in _pairs(outputs, targets)], reduction)


def absolute_error(outputs: Batch, targets: Batch, reduction: str = "mean") -> Any:
    """|output - target|, averaged or summed; where both are equal the slope is 0.

    Args:
        outputs, targets: as for `squared_error`.
        reduction: "mean", over all numbers, or "sum".

    Raises:
        ShapeError, NotANumber, ConfigError: as for `squared_error`.

    >>> absolute_error([[Value(1.0)], [Value(2.0)]], [0.0, 0.0])
    Value(data=1.5)
    """
    return _reduced([abs(z - t) for z, t in _pairs(outputs, targets)], reduction)


def huber(outputs: Batch, targets: Batch, reduction: str = "mean", *, delta: float = 1.0) -> Any:
    """d² / 2 for a distance d of at most delta, else delta * (d - delta / 2): outliers pull less.

    Args:
        outputs, targets: as for `squared_error`.
        reduction: "mean", over all numbers, or "sum".
        delta: the distance, > 0, from which a loss grows evenly.

    Raises:
        ConfigError: when delta is not above 0 and finite, or the reduction is unknown.
        ShapeError, NotANumber: as for `squared_error`.

    Source: Huber, Robust Estimation of a Location Parameter (1964).

    >>> huber([[Value(1.0)], [Value(3.0)]], [0.0, 0.0], "sum")
    Value(data=3.0)
    """
    _check_size(delta, "delta", zero=False)
    losses = []
    for z, t in _pairs(outputs, targets):
        distance: Any = z - t
        # One formula for all parts, so that a recorded graph holds for every input.
        near = clamp(distance, -delta, delta)
        losses.append(near * (distance - 0.5 * near))
    return _reduced(losses, reduction)


def quantile(outputs: Batch, targets: Batch, reduction: str = "mean", *, level: float = 0.5) -> Any:
    """level * d where a target is above its output by d, and (1 - level) * d where it is below.

    The best output is the quantile of the targets at this level: 0.9 is exceeded by one in ten,
    0.5 is the median, whose loss is half the absolute error. Where both are equal the slope is 0.

    Args:
        outputs, targets: as for `squared_error`.
        reduction: "mean", over all numbers, or "sum".
        level: between 0 and 1.

    Raises:
        ConfigError: when the level is not between 0 and 1, or the reduction is unknown.
        ShapeError, NotANumber: as for `squared_error`.

    Source: Koenker and Bassett, Regression Quantiles (1978).

    >>> quantile([[Value(1.0)], [Value(1.0)]], [3.0, 0.0], "sum", level=0.9)
    Value(data=1.9)
    """
    _check_size(level, "level", zero=False, below=1.0)
    pairs = _pairs(outputs, targets)
    losses = [level * relu(t - z) + (1.0 - level) * relu(z - t) for z, t in pairs]
    return _reduced(losses, reduction)


def poisson(outputs: Batch, targets: Batch, reduction: str = "mean") -> Any:
    """Half the Poisson deviance of counts, from the logarithms of their means.

    A raw output z means counts whose mean is exp(z); do not apply the exponential yourself. The
    loss is exp(z) - target * z + target * log(target) - target, which is 0 where they agree.

    Args:
        outputs: as for `squared_error`.
        targets: counts, 0 or more.
        reduction: "mean", over all numbers, or "sum".

    Raises:
        DataError: when a target is below 0.
        ShapeError, NotANumber, ConfigError: as for `squared_error`.

    Source: McCullagh and Nelder, Generalized Linear Models (1989), section 2.3.

    >>> poisson([[Value(0.0)], [Value(0.0)]], [1, 0], "sum")
    Value(data=1.0)
    """
    pairs = _needed(COUNT, outputs, targets)
    return _reduced([exp(z) - t * z + (xlogy(t, t) - t) for z, t in pairs], reduction)


def hinge(outputs: Batch, targets: Batch, reduction: str = "mean") -> Any:
    """max(0, 1 - target * output): 0 once an output is beyond 1 on its target's side.

    Args:
        outputs: as for `squared_error`.
        targets: of the same shape, each -1 or 1.
        reduction: "mean", over all numbers, or "sum".

    Raises:
        DataError: when a target is neither -1 nor 1.
        ShapeError, NotANumber, ConfigError: as for `squared_error`.

    Source: Cortes and Vapnik, Support-Vector Networks (1995).

    >>> hinge([[Value(0.5)], [Value(-3.0)]], [1, -1])
    Value(data=0.25)
    """
    pairs = _needed(SIGN, outputs, targets)
    return _reduced([relu(1.0 - t * z) for z, t in pairs], reduction)


def binary_cross_entropy(outputs: Batch, targets: Batch, reduction: str = "mean") -> Any:
    """-log of the probability given to the target, from raw outputs: softplus(z) - z * target.

    A raw output z means the probability sigmoid(z) of a 1; do not apply the sigmoid yourself.

    Args:
        outputs: as for `squared_error`.
        targets: of the same shape, each 0 or 1, or a probability between.
        reduction: "mean", over all numbers, or "sum".

    Raises:
        DataError: when a target is outside 0 to 1.
        ShapeError, NotANumber, ConfigError: as for `squared_error`.

    Source: Cox, The Regression Analysis of Binary Sequences (1958).

    >>> binary_cross_entropy([[Value(1000.0)], [Value(0.0)]], [1, 1], "sum")
    Value(data=0.6931471805599453)
    """
    pairs = _needed(UNIT, outputs, targets)
    return _reduced([softplus(z) - z * t for z, t in pairs], reduction)


def softmax_cross_entropy(outputs: Batch, labels: Batch, reduction: str = "mean") -> Any:
    """-log of the probability given to the right class, from raw outputs: -log_softmax(row)[label].

    A row's raw outputs mean the probabilities softmax(row); do not apply the softmax yourself.

    Args:
        outputs: rows of k raw outputs, Values or numbers, k at least 2.
        labels: one a row, whole plain numbers from 0 to k - 1.
        reduction: "mean", over the rows, or "sum".

    Raises:
        ShapeError: when the batch is empty, a row has one output, or the counts differ.
        DataError: when a label is not an integer, out of range, or a Value.
        NotANumber: when something in it is not a number.
        ConfigError: when the reduction is unknown.

    >>> softmax_cross_entropy([[Value(1000.0), Value(1000.0)]], [1])
    Value(data=0.6931471805599453)
    """
    rows, given = _rows(outputs, "outputs"), _rows(labels, "labels")
    _same_count(rows, given, "labels")
    losses = []
    for i, (row, label) in enumerate(zip(rows, given, strict=True)):
        if len(row) < 2:
            raise ShapeError(
                f"`outputs[{i}]` has 1 output, but `softmax_cross_entropy` needs one a class",
                why="the softmax of one output is 1, whatever it is",
                try_="binary_cross_entropy, or a network with two outputs",
            )
        scores = log_softmax(row)
        traced = _traced(label[0])
        losses.append(-(table(scores)[label[0]] if traced else scores[_label(label, i, len(row))]))
    return _reduced(losses, reduction)


#: The losses by name.
LOSSES: dict[str, Callable[..., Any]] = {
    "squared_error": squared_error,
    "absolute_error": absolute_error,
    "huber": huber,
    "quantile": quantile,
    "poisson": poisson,
    "hinge": hinge,
    "binary_cross_entropy": binary_cross_entropy,
    "softmax_cross_entropy": softmax_cross_entropy,
}
#: The same, whatever a user puts into `LOSSES`.
OUR_LOSSES = MappingProxyType(dict(LOSSES))


def l1_penalty(parameters: Iterable[Value | float], strength: float) -> Any:
    """strength * sum of |p|, to add to a loss: it draws parameters to exactly 0.

    Args:
        parameters: Values or numbers, usually `net.parameters()`.
        strength: >= 0.

    Raises:
        ConfigError: when the strength is below 0 or not finite.
        ShapeError: when `parameters` is no list of numbers.

    Source: Tibshirani, Regression Shrinkage and Selection via the Lasso (1996).

    >>> l1_penalty([Value(3.0), Value(-2.0)], 0.1)
    Value(data=0.5)
    """
    _check_size(strength, "strength", zero=True)
    return strength * sum(abs(p) for p in _parameters(parameters, "l1_penalty"))


def l2_penalty(parameters: Iterable[Value | float], strength: float) -> Any:
    """strength * sum of p², without a factor 1/2, to add to a loss: it keeps parameters small.

    Args:
        parameters: Values or numbers, usually `net.parameters()`.
        strength: >= 0.

    Raises:
        ConfigError: when the strength is below 0 or not finite.
        ShapeError: when `parameters` is no list of numbers.

    Source: Hoerl and Kennard, Ridge Regression (1970); written as in micrograd's demo.

    >>> l2_penalty([Value(3.0), Value(-2.0)], 0.5)
    Value(data=6.5)
    """
    _check_size(strength, "strength", zero=True)
    return strength * sum(p * p for p in _parameters(parameters, "l2_penalty"))


def _square(distance: Any) -> Any:
    """Of plain numbers too inf where it overflows."""
    return distance**2 if isinstance(distance, Value) else power(distance, 2.0)


def _parameters(parameters: Any, name: str) -> list[Any]:
    if hasattr(parameters, "parameters"):
        raise ShapeError(
            f"`{name}` takes a list of Values, not {parameters!r:.60}", try_="net.parameters()"
        )
    return numbers_of(parameters, name)


def _rows(batch: Batch, name: str) -> list[list[Value | float]]:
    """The batch as rows of one length."""
    rows = as_rows(batch, name)
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ShapeError(
                f"`{name}[{i}]` has another length than `{name}[0]`: {len(row)} and {len(rows[0])}",
                why="every row of a batch comes from the same network",
            )
    return rows


def _pairs(outputs: Batch, targets: Batch) -> list[tuple[Value | float, Value | float]]:
    """Each output with its target, row by row."""
    rows, wanted = _rows(outputs, "outputs"), _rows(targets, "targets")
    _same_count(rows, wanted, "targets")
    if len(rows[0]) != len(wanted[0]):
        raise ShapeError(
            f"`outputs[0]` and `targets[0]` differ in length: {len(rows[0])} and {len(wanted[0])}",
            why="each output is compared with its own target",
        )
    return [
        pair
        for row, target in zip(rows, wanted, strict=True)
        for pair in zip(row, target, strict=True)
    ]


def _needed(need: int, outputs: Batch, targets: Batch) -> list[tuple[Value | float, Value | float]]:
    """Each output with its target, which is what is needed.

    While a function is traced, a target that is an argument of it is checked when a call brings its
    number; one that is computed has none that anybody sees, and is nan where it is not as needed.
    """
    targets = targets if isinstance(targets, Sequence) else listed(targets, "targets")
    pairs = _pairs(outputs, targets)
    trace = tracing()
    for k, (z, t) in enumerate(pairs):
        if not isinstance(t, Value) or trace is None:
            if not is_met(need, _plain(t)):
                raise refusal(need, _plain(t), f"`{_place(k, targets)}`")
        elif t.is_leaf and was_argument(t):
            trace.lookups.append((t, need))
        else:
            refused = math.nan
            if need == SIGN:
                pairs[k] = z, where(abs(t) == 1.0, t, refused)
            elif need == COUNT:
                pairs[k] = z, where(t >= 0.0, t, refused)
            else:
                pairs[k] = z, where(t >= 0.0, where(t <= 1.0, t, refused), refused)
    return pairs


def _same_count(rows: list[Any], wanted: list[Any], name: str) -> None:
    if len(rows) != len(wanted):
        raise ShapeError(
            f"`outputs` has {_count(rows)}, but `{name}` has {_count(wanted)}",
            why=f"each row of outputs is compared with its own row of {name}",
            try_=f"[net(x)] and [{name}], if they belong to one row"
            if 1 in (len(rows), len(wanted))
            else "",
        )


def _count(rows: list[Any]) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows)} rows"


def _traced(target: Value | float) -> bool:
    """Whether it has no number yet; `jit` and `fit` check the numbers at each call."""
    return isinstance(target, Value) and tracing() is not None


def _plain(target: Value | float) -> float:
    return target.data if isinstance(target, Value) else target


def _place(k: int, targets: Batch) -> str:
    """Where the k-th number of the targets stands, as Python would reach it."""
    first = listed(targets, "targets")[0]
    if not is_list(first):
        return f"targets[{k}]"
    i, j = divmod(k, len(first))
    return f"targets[{i}][{j}]"


def _label(given: list[Value | float], i: int, k: int) -> int:
    if len(given) != 1:
        raise ShapeError(
            f"`labels[{i}]` has {len(given)} numbers, but a label is one",
            try_="the index of the 1 in a row such as [0, 1, 0]: row.index(1)",
        )
    label = given[0]
    if isinstance(label, Value):
        raise DataError(
            f"`labels[{i}]` is a Value, but a label is a plain integer",
            why="it picks an output, and no gradient flows through a choice",
            try_="int(label.data)",
        )
    if label not in range(k):
        raise DataError(
            f"`labels[{i}]` is {label:g}, but `outputs[{i}]` has {k} outputs",
            why=f"a label is an integer from 0 to {k - 1}: the index of the right output",
        )
    return int(label)


def _reduced(losses: list[Any], reduction: str) -> Any:
    if reduction == "mean":
        return sum(losses) / len(losses)
    if reduction == "sum":
        return sum(losses)
    raise ConfigError(
        f"there is no reduction `{reduction}`", try_=did_you_mean(str(reduction), ("mean", "sum"))
    )


def _check_size(x: Any, name: str, *, zero: bool, below: float = math.inf) -> None:
    """A setting that is a plain number above 0, or 0 where `zero` allows it, and below a limit."""
    if not isinstance(x, Real) or not 0.0 <= float(x) < below or (x == 0 and not zero):
        range_ = "0 or above" if zero else "above 0"
        end = "finite" if below == math.inf else f"below {below:g}"
        raise ConfigError(
            f"`{name}` is a number {range_} and {end}, not {x!r:.60} ({type(x).__name__})"
        )
