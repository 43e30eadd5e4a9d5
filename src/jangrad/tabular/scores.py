"""How good predictions are, in the target's own units and with an interval that says how sure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jangrad.errors import ModelFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Z = 1.959963984540054  # of 95 % of a normal distribution
_FEWEST = 5  # errors
ACCURACY, ERROR = "accuracy", "root mean square error"


@dataclass(frozen=True)
class Score:
    """What a network reaches on rows that nothing of its training has seen.

    Attributes:
        rows: how many there were.
        metric: "accuracy", the share of rows whose class is right; or "root mean square error", in
            the target's units.
        value: what was reached.
        interval: where the true value lies with 95 % confidence.
        baselines: what simple models reach on the same rows, by name.
        more: other figures: "log loss"; or "mean absolute error" and "R2".
    """

    rows: int
    metric: str
    value: float
    interval: tuple[float, float]
    baselines: Mapping[str, float] = field(default_factory=dict)
    more: Mapping[str, float] = field(default_factory=dict)

    def text(self, value: float) -> str:
        """A value of the metric: `97.1 %`, or `12.3`."""
        return f"{value:.1%}".replace("%", " %") if self.metric == ACCURACY else f"{value:.4g}"

    def between(self) -> str:
        """The interval in words: `95 % interval: 0.95 to 0.99`."""
        low, high = self.interval
        if low == 0.0 and high == math.inf:
            return f"{self.rows} row{'s' * (self.rows != 1)}: too few for an interval"
        return f"95 % interval: {self.text(low)} to {self.text(high)}"

    def verdict(self) -> str:
        """What the baselines say of it; "" where it is surely better than all of them."""
        if not self.baselines:
            return ""
        more = self.metric == ACCURACY
        best = (max if more else min)(self.baselines, key=lambda name: self.baselines[name])
        reached = self.baselines[best]
        if reached == self.value == float(more):  # neither is ever wrong
            return f"{best} does as well"
        low, high = self.interval
        if reached < low if more else reached > high:
            return ""
        if self.value <= reached if more else self.value >= reached:
            return f"no better than {best}: a network has found nothing more here"
        return f"perhaps no better than {best}: {self.rows} rows cannot tell them apart"

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Score:
        """The score that `to_dict` wrote.

        Raises:
            ModelFileError: a part is absent or of another kind.
        """
        try:
            between = data["interval"]
            low, high = (0.0, math.inf) if between is None else map(float, between)
            return cls(int(data["rows"]), str(data["metric"]), float(data["value"]), (low, high))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ModelFileError(
                f"the score of the model's training is damaged: {error!r:.60}"
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """The score for JSON; None for an interval where the rows are too few for one."""
        known = math.isfinite(self.interval[1])
        return {
            "rows": self.rows,
            "metric": self.metric,
            "value": self.value,
            "interval": list(self.interval) if known else None,
            "baselines": dict(self.baselines),
            **self.more,
        }


def wilson(right: int, rows: int) -> tuple[float, float]:
    """The interval of a share of which so many rows of all are right, with 95 % confidence.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).

    >>> low, high = wilson(9, 10)
    >>> f"{low:.3f} {high:.3f}"
    '0.596 0.982'
    """
    share, square = right / rows, _Z * _Z / rows
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / rows + square / (4 * rows))
    # At its ends the interval is exact, and rounding must not take 0 or 1 out of it.
    low = 0.0 if right == 0 else max(0.0, middle - half)
    return low, 1.0 if right == rows else min(1.0, middle + half)


def spread_of_error(errors: NDArray[Any]) -> tuple[float, float]:
    """The interval of a root mean square error, with 95 % confidence.

    The mean of the squares is about normal, with the deviation of the squares over the root of the
    number of rows; the roots of its bounds are returned. Fewer than five errors, which may be alike
    by chance, say nothing of others: then the interval is from 0 to inf.
    """
    if len(errors) < _FEWEST:
        return 0.0, math.inf
    unit = float(abs(errors).max()) or 1.0  # squares of tiny numbers are 0, of huge ones inf
    squares = (errors / unit) ** 2
    half = _Z * float(squares.std()) / math.sqrt(len(errors))
    mean = float(squares.mean())
    return math.sqrt(max(0.0, mean - half)) * unit, math.sqrt(mean + half) * unit


def root_mean_square(errors: NDArray[Any]) -> float:
    """The length of errors as if all were equal, also of numbers whose squares are no floats."""
    unit = float(abs(errors).max()) or 1.0
    return math.sqrt(float(((errors / unit) ** 2).mean())) * unit


def score_of_classes(shares: NDArray[Any], y: NDArray[Any]) -> Score:
    """The score of probabilities, shape (rows, classes), against the indices of the classes."""
    import numpy as np

    right = int((shares.argmax(axis=1) == y).sum())
    true = shares[np.arange(len(y)), y]
    loss = float(-np.log(np.maximum(true, 1e-15)).mean())
    return Score(len(y), ACCURACY, right / len(y), wilson(right, len(y)), more={"log loss": loss})


def score_of_numbers(found: NDArray[Any], y: NDArray[Any]) -> Score:
    """The score of predicted numbers against the true ones, in their units."""
    errors = found - y
    error, around = root_mean_square(errors), root_mean_square(y - y.mean())
    more = {"mean absolute error": float(abs(errors).mean())}
    if around > 0.0:
        more["R2"] = 1.0 - (error / around) ** 2
    return Score(len(y), ERROR, error, spread_of_error(errors), more=more)
