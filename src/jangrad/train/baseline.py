"""What a network that always says the same would lose: the least that a training should beat."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from jangrad.train.config import Config

# Of so many rows a first guess is made; all are looked at where that says that it matters.
_SOME = 1000
_NEAR = 0.8


class Baseline(NamedTuple):
    """The best that does not look at the inputs.

    Attributes:
        loss: what it loses.
        said: what it always says, in words.
        right: the share of rows that it gets right, where targets are classes.
    """

    loss: float
    said: str
    right: float | None = None


def baseline_near(config: Config, loss: float) -> Baseline | None:
    """The baseline, if a loss is not clearly better; None where it is, or there is none known.

    Args:
        config: the training.
        loss: of the rows, without a penalty.
    """
    if callable(config.loss) or config.row_weights is not None:
        return None
    count = len(config.targets)
    stride = max(1, count // _SOME)
    guess = _baseline(config, [config.targets[i] for i in range(0, count, stride)])
    if guess is None or loss < _NEAR * guess.loss:
        return None
    found = guess if stride == 1 else _baseline(config, list(config.targets))
    if found is None or loss < _NEAR * found.loss or loss == found.loss == 0.0:
        return None
    return found


def _baseline(config: Config, targets: Sequence[Any]) -> Baseline | None:
    """The least loss of outputs that are the same for every row."""
    if config.loss == "softmax_cross_entropy":
        shares = _shares([t[0] if isinstance(t, list) else t for t in targets])
        entropy = math.fsum(-s * math.log(s) for s in shares.values())
        return Baseline(entropy, "the shares of the classes", max(shares.values()))
    columns = list(zip(*(t if isinstance(t, list) else [t] for t in targets), strict=True))
    if config.loss == "squared_error":
        return Baseline(_mean([_variance(c) for c in columns]), "the mean")
    if config.loss == "absolute_error":
        return Baseline(_mean([_spread(c) for c in columns]), "the median")
    if config.loss not in ("binary_cross_entropy", "hinge"):
        return None
    ones = [_mean([t > 0.5 if config.loss != "hinge" else t > 0.0 for t in c]) for c in columns]
    right = max(ones[0], 1.0 - ones[0]) if len(ones) == 1 else None
    if config.loss == "hinge":
        least = _mean([2.0 * min(p, 1.0 - p) for p in ones])
        return Baseline(least, "the more frequent class", right)
    means = [_mean(c) for c in columns]
    entropies = [sum(-p * math.log(p) for p in (m, 1.0 - m) if p > 0.0) for m in means]
    return Baseline(_mean(entropies), "the share of 1s", right)


def _shares(classes: Sequence[float]) -> dict[float, float]:
    return {c: k / len(classes) for c, k in Counter(classes).items()}


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)


def _variance(numbers: Sequence[float]) -> float:
    mean = _mean(numbers)
    return math.fsum((x - mean) ** 2 for x in numbers) / len(numbers)


def _spread(numbers: Sequence[float]) -> float:
    """The mean distance from the median."""
    ordered = sorted(numbers)
    middle = ordered[len(ordered) // 2]
    return math.fsum(abs(x - middle) for x in numbers) / len(numbers)
