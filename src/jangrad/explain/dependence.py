"""How the answer moves with one column: on average, and for each row as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.explain.search import evenly
from jangrad.explain.subject import Feature, Subject, subject_of
from jangrad.explain.wording import MOST, aligned, bar, cut, short
from jangrad.show.notebook import Plotted
from jangrad.train.settings import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SOME = 0.1  # of the curves are below the lower edge of the band, and as many above the upper


class CurvePoint(NamedTuple):
    """What is answered where one column has this value in all rows.

    Attributes:
        value: of the column, as a person writes it.
        number: of the column; of a date the days since 2000-01-01, of a text its place among
            them.
        mean: of the answers for all rows.
        low, high: between which eight in ten of the answers lie.
    """

    value: str
    number: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Dependence(Plotted):
    """How the answer moves with one column; `str()` says it in words.

    Attributes:
        column: its name.
        answer: what was explained.
        rows: a table with a `CurvePoint` for each value of the column.
        curves: the answer for each row and value, an array of shape (rows, values).
        kind: of the column: "number", "date" or "text", which is also yes or no.
    """

    column: str
    answer: str
    rows: list[CurvePoint]
    curves: NDArray[Any]
    kind: str

    def __str__(self) -> str:
        means = [point.mean for point in self.rows]
        low, high = min(self.rows, key=_mean), max(self.rows, key=_mean)
        size = max(means) - min(means)
        table = [
            [
                cut(point.value),
                short(point.mean),
                f"{short(point.low)} to {short(point.high)}",
                bar(point.mean - min(means), size),
            ]
            for point in (self.rows[i] for i in evenly(len(means), MOST).tolist())
        ]
        many = f"{len(self.curves):,} row{'s' * (len(self.curves) != 1)}"
        return "\n".join(
            [
                f"{self.answer} where `{self.column}` alone is changed, in {many}:",
                *aligned([[cut(self.column), "mean", "8 in 10 rows", ""], *table], right=(1,)),
                f"from {short(low.mean)} at {cut(low.value)} to {short(high.mean)} at"
                f" {cut(high.value)}",
            ]
        )

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean over the curves of single rows, and return matplotlib's axes."""
        from jangrad.explain.explanation_plots import draw_dependence

        return draw_dependence(self, ax)


def _mean(point: CurvePoint) -> float:
    return point.mean


def partial_dependence(
    model: Any,
    rows: Any,
    column: str | int,
    *,
    output: Any = None,
    data: Any = None,
    points: int = 40,
    names: Sequence[str] | None = None,
) -> Dependence:
    """The answers where one column is changed in all rows, and everything else stays.

    The mean of all rows is the partial dependence; the curve of one row, its individual conditional
    expectation, shows what the mean hides: that the column raises the answer here and lowers it
    there. Where columns go together, some of the rows that are tried do not occur.

    Args:
        model: as for `gradient_x_input`.
        rows: as for `gradient_x_input`; of one row its own curve is given.
        column: its name, or its number from 0.
        output: what is explained, as for `gradient_x_input`, the same for all rows; left out, the
            only answer, or of two classes the probability of the second.
        data: rows whose values of the column are tried, evenly spread over them where they are
            many; left out, `rows`.
        points: how many values at most, at least 2.
        names: as for `gradient_x_input`.

    Returns:
        The Dependence; a column of text has a value for each of its texts.

    Raises:
        ShapeError, DataError: as for `gradient_x_input`.
        ConfigError: when there is no such column or output, or several outputs and none was named.

    Sources: Friedman, Greedy Function Approximation (2001); Goldstein et al., Peeking Inside the
    Black Box (2015).

    >>> from jangrad import MLP
    >>> net = MLP(2, [1], seed=0)
    >>> _ = net.load_state({name: x for name, x in zip(net.state(), [2.0, -3.0, 0.5])})
    >>> print(partial_dependence(net, [[0.0, 1.0], [1.0, 3.0]], "x0"))
    the output where `x0` alone is changed, in 2 rows:
      x0  mean  8 in 10 rows
      0   -5.5  -7.9 to -3.1
      1   -3.5  -5.9 to -1.1  ++++++++++++++++++++
    from -5.5 at 0 to -3.5 at 1
    """
    points = count("points", points, least=2)
    subject = subject_of(model, rows, names)
    raw = subject.rows(rows)
    feature, answer = subject.feature(column), subject.one(output)
    values = values_of(feature, raw if data is None else subject.rows(data), points)
    curves = curves_of(subject, answer, raw, feature, values)
    low, high = np.quantile(curves, [_SOME, 1.0 - _SOME], axis=0)
    kind = "number" if feature.is_number else "date" if feature.is_date else "text"
    found = []
    for k, value in enumerate(values):
        row = raw[0].copy()
        row[list(feature.places)] = value
        at = float(value[feature.elapsed if feature.is_date else 0]) if kind != "text" else float(k)
        found.append(
            CurvePoint(
                feature.said(row), at, float(curves[:, k].mean()), float(low[k]), float(high[k])
            )
        )
    return Dependence(feature.name, answer.name, found, curves, kind)


def values_of(feature: Feature, raw: NDArray[Any], points: int) -> NDArray[Any]:
    """The values of a column to try, in the user's units, of shape (values, inputs of it)."""
    here = np.unique(raw[:, list(feature.places)], axis=0)
    if feature.kind == "text":
        return np.eye(len(feature.places))
    if feature.kind == "boolean":
        return np.array([[0.0], [1.0]])
    if feature.is_date:  # whose parts go together
        here = here[np.argsort(here[:, feature.elapsed])]
    if len(here) <= points:
        return here
    if feature.is_number:
        shares = np.linspace(0.0, 1.0, points)
        return np.unique(np.quantile(raw[:, feature.places[0]], shares, method="nearest"))[:, None]
    return np.asarray(here[evenly(len(here), points)])


def curves_of(
    subject: Subject, answer: Any, raw: NDArray[Any], feature: Feature, values: NDArray[Any]
) -> NDArray[Any]:
    """The answer for each row and each value of the column, of shape (rows, values)."""
    asked = subject.asked(answer)
    curves = np.empty((len(raw), len(values)))
    changed = raw.copy()
    for k, value in enumerate(values):
        changed[:, list(feature.places)] = value
        curves[:, k] = asked.values(subject.scaled(changed))
    return curves
