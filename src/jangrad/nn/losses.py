"""Losses: how wrong a network is, over a batch of rows.

Each takes the outputs of a network, one list of Values a row (or a flat list where there is one
output), and the targets in the same shape, and returns one Value: the mean or the sum over all
outputs. Classifying losses take raw outputs ("logits") and are exact where sigmoid or softmax would
round to 0 or 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from jangrad import functions
from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, ShapeError


def squared_error(outputs: Any, targets: Any, reduction: str = "mean") -> Value:
    """(output - target) ** 2.

    >>> squared_error([[Value(1.0)], [Value(3.0)]], [[0.0], [0.0]]).data
    5.0
    """
    return _reduced([(o - t) ** 2 for o, t in _pairs(outputs, targets)], reduction)


def absolute_error(outputs: Any, targets: Any, reduction: str = "mean") -> Value:
    """|output - target|; where they are equal the gradient 0 is chosen."""
    return _reduced([abs(o - t) for o, t in _pairs(outputs, targets)], reduction)


def huber(outputs: Any, targets: Any, reduction: str = "mean", delta: float = 1.0) -> Value:
    """Half the square up to a distance of delta, then a straight line of slope delta.

    Source: Huber, Robust Estimation of a Location Parameter (1964).
    """
    if not delta > 0:
        raise ConfigError(f"`delta` of the Huber loss is {delta}, but it must be above 0")

    def one(o: Any, t: Any) -> Any:
        e = o - t
        size = abs(e)
        return functions.where(size <= delta, 0.5 * e * e, delta * (size - 0.5 * delta))

    return _reduced([one(o, t) for o, t in _pairs(outputs, targets)], reduction)


def hinge(outputs: Any, targets: Any, reduction: str = "mean") -> Value:
    """relu(1 - target * output), for targets -1 and 1.

    Source: Cortes and Vapnik, Support-Vector Networks (1995).
    """
    pairs = _pairs(outputs, targets)
    _only(pairs, (-1.0, 1.0), "hinge")
    return _reduced([functions.relu(1.0 - t * o) for o, t in pairs], reduction)


def binary_cross_entropy(outputs: Any, targets: Any, reduction: str = "mean") -> Value:
    """-log of the probability given to the target: softplus(output) - target * output.

    Outputs are raw: the probability of class 1 is sigmoid(output). Targets lie between 0 and 1.

    >>> binary_cross_entropy([Value(-1000.0)], [1]).data
    1000.0
    """
    pairs = _pairs(outputs, targets)
    for row, (_, t) in enumerate(pairs):
        if not isinstance(t, Value) and not 0.0 <= t <= 1.0:
            raise DataError(
                f"target {row} is {t}, but binary cross-entropy takes targets from 0 to 1",
                why="a target is the probability of class 1",
                try_="0 and 1 in place of -1 and 1, or the hinge loss",
            )
    return _reduced([functions.softplus(o) - t * o for o, t in pairs], reduction)


def softmax_cross_entropy(outputs: Any, targets: Any, reduction: str = "mean") -> Value:
    """-log of the softmax probability of the target class: logsumexp(row) - row[target].

    Args:
        outputs: rows of raw outputs, one a class.
        targets: the class of every row, a whole number from 0.
        reduction: "mean" or "sum" over the rows.
    """
    rows, labels = list(outputs), list(targets)
    _same_length(rows, labels)
    terms = []
    for number, (row, label) in enumerate(zip(rows, labels, strict=True)):
        if isinstance(label, (list, tuple)) and len(label) == 1:
            label = label[0]
        if isinstance(row, Value) or len(row) < 2:
            raise ShapeError(
                f"row {number} has one output, but softmax cross-entropy needs one a class",
                try_="binary_cross_entropy for two classes with one output",
            )
        if isinstance(label, Value) or label != int(label) or not 0 <= label < len(row):
            raise DataError(
                f"the target of row {number} is {label}, but there are {len(row)} classes",
                why=f"targets are whole numbers from 0 to {len(row) - 1}",
            )
        # the log probabilities, not log of the softmax: that would be -inf for a hopeless row
        terms.append(-functions.log_softmax(row)[int(label)])
    return _reduced(terms, reduction)


def l1_penalty(parameters: Iterable[Value], strength: float) -> Value:
    """strength * sum of |p|: pulls parameters to exactly 0."""
    return strength * functions.sum(abs(p) for p in parameters)  # type: ignore[no-any-return]


def l2_penalty(parameters: Iterable[Value], strength: float) -> Value:
    """strength * sum of p * p, without a factor 1/2, as in micrograd's moons demo."""
    return strength * functions.sum(p * p for p in parameters)  # type: ignore[no-any-return]


#: The losses by name.
LOSSES: dict[str, Callable[..., Value]] = {
    "squared_error": squared_error,
    "absolute_error": absolute_error,
    "huber": huber,
    "hinge": hinge,
    "binary_cross_entropy": binary_cross_entropy,
    "softmax_cross_entropy": softmax_cross_entropy,
}


def _pairs(outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    """(output, target) pairs of two lists of numbers, or of rows of them."""
    outputs, targets = list(outputs), list(targets)
    _same_length(outputs, targets)
    pairs: list[tuple[Any, Any]] = []
    for row, (output, target) in enumerate(zip(outputs, targets, strict=True)):
        left, right = _row(output), _row(target)
        if len(left) != len(right):
            raise ShapeError(f"row {row} has {len(left)} output(s), but {len(right)} target(s)")
        pairs += zip(left, right, strict=True)
    for _, target in pairs:
        if not isinstance(target, Value) and not math.isfinite(target):
            raise DataError(f"a target is {target}", why="no output is near it")
    return pairs


def _row(item: Any) -> list[Any]:
    return list(item) if hasattr(item, "__len__") else [item]


def _same_length(outputs: Sequence[Any], targets: Sequence[Any]) -> None:
    if len(outputs) != len(targets):
        raise ShapeError(f"there are {len(outputs)} rows of outputs, but {len(targets)} targets")
    if not outputs:
        raise ShapeError("a loss over no rows has no value")


def _only(pairs: list[tuple[Any, Any]], allowed: tuple[float, ...], name: str) -> None:
    for row, (_, target) in enumerate(pairs):
        if not isinstance(target, Value) and target not in allowed:
            raise DataError(
                f"target {row} is {target}, but the {name} loss takes -1 and 1",
                why="the sign of the target says on which side the output should be",
                try_="2 * target - 1 for targets 0 and 1, or binary_cross_entropy",
            )


def _reduced(terms: list[Any], reduction: str) -> Value:
    if reduction not in ("mean", "sum"):
        raise ConfigError(f"there is no reduction `{reduction}`", try_='"mean" or "sum"')
    total = functions.sum(terms)
    return total / len(terms) if reduction == "mean" else total  # type: ignore[no-any-return]
