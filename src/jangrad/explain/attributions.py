"""What each column has to do with an answer: three ways to say it, of which each has its use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.explain.integrate import integrated
from jangrad.explain.quantities import Answer
from jangrad.explain.subject import Feature, Subject, subject_of
from jangrad.explain.wording import MOST, aligned, bar, cut, rest, short, signed
from jangrad.show.notebook import Plotted
from jangrad.train.settings import number_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SLOPES = "gradient x input"
_INTEGRATED = "integrated gradients"
_OCCLUSION = "occlusion"
_SAID = {
    _SLOPES: "slope times distance from the baseline",
    _INTEGRATED: "integrated gradients, which sum to the difference",
    _OCCLUSION: "what is lost where the column is that of the baseline",
}


class ColumnPart(NamedTuple):
    """What one column has to do with the answer for one row.

    Attributes:
        row: which row, from 0.
        column: the name of the column.
        value: what stands in it.
        answer: what was explained.
        part: in the answer's units.
    """

    row: int
    column: str
    value: str
    answer: str
    part: float


@dataclass(frozen=True, eq=False, repr=False)
class Attributions(Plotted):
    """What each column has to do with the answer for each row; `str()` says it in words.

    Attributes:
        method: "gradient x input", "integrated gradients" or "occlusion".
        columns: the names of the columns, in order.
        parts: in the answer's units, an array of shape (rows, columns).
        values: the answer for each row.
        baselines: the answer for the baseline, which is the same for all rows of one answer.
        answers: what was explained of each row.
    """

    method: str
    columns: tuple[str, ...]
    parts: NDArray[Any]
    values: NDArray[Any]
    baselines: NDArray[Any]
    answers: tuple[str, ...]
    _features: tuple[Feature, ...] = field(repr=False)
    _inputs: NDArray[Any] = field(repr=False)

    @property
    def rows(self) -> list[ColumnPart]:
        """A table with a line for each column of each row; a frame of pandas takes it."""
        return [
            ColumnPart(i, name, cell, self.answers[i], part)
            for i, parts in enumerate(self.parts.tolist())
            for name, cell, part in zip(self.columns, self.cells(i), parts, strict=True)
        ]

    def cells(self, row: int) -> list[str]:
        """What stands in the columns of a row, as a person writes it."""
        return [feature.said(self._inputs[row]) for feature in self._features]

    def words(self, row: int = 0) -> str:
        """The explanation of one row."""
        parts = self.parts[row]
        lines = [
            f"{self.answers[row]} is {short(self.values[row])};"
            f" at the baseline it is {short(self.baselines[row])}",
            f"each column's part ({_SAID[self.method]}):",
        ]
        shown = np.argsort(-np.abs(parts), kind="stable")[:MOST]
        cells, most = self.cells(row), float(np.abs(parts).max())
        table = [
            [cut(self.columns[j]), cut(cells[j]), signed(parts[j]), bar(parts[j], most)]
            for j in shown
        ]
        lines += aligned(table, right=(2,)) + rest(len(parts) - MOST, "column")
        if self.method == _INTEGRATED:
            lines.append(f"together {signed(float(parts.sum()))}")
        return "\n".join(lines)

    def __str__(self) -> str:
        if len(self.values) == 1:
            return self.words()
        sizes = np.abs(self.parts).mean(axis=0)
        shown, most = np.argsort(-sizes, kind="stable")[:MOST], float(sizes.max())
        table = [[cut(self.columns[j]), short(sizes[j]), bar(sizes[j], most)] for j in shown]
        whose = {*self.answers}
        lines = [
            f"{self.method} of {len(self.values):,} rows:"
            f" {self.answers[0] if len(whose) == 1 else 'the answer of each'}",
            "the mean size of each column's part:",
            *aligned(table, right=(1,)),
            *rest(len(sizes) - MOST, "column"),
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def plot(self, row: int | None = None, ax: Axes | None = None) -> Axes:
        """Draw the parts as bars, the largest first.

        Args:
            row: which row; left out, the only one, or of several the mean sizes.
            ax: matplotlib axes to draw on; a new figure when left out.

        Returns:
            The axes; `ax.figure.savefig("parts.svg")` writes the picture.

        Raises:
            IndexError: when there is no such row.
        """
        from jangrad.explain.explanation_plots import draw_bars

        if row is None and len(self.values) > 1:
            sizes = np.abs(self.parts).mean(axis=0)
            title = f"{self.method}: mean size of the parts, {len(self.values):,} rows"
            return draw_bars(self.columns, sizes.tolist(), title, ax)
        row = row or 0
        cells = self.cells(row)
        names = [f"{name} = {cell}" for name, cell in zip(self.columns, cells, strict=True)]
        ends = f"{short(self.baselines[row])} at the baseline, {short(self.values[row])} here"
        title = f"{self.answers[row]}: {ends}".replace("`", "")
        return draw_bars(names, self.parts[row].tolist(), title, ax)


def gradient_x_input(
    model: Any,
    rows: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    names: Sequence[str] | None = None,
) -> Attributions:
    """The slope of the answer by each column, times how far the column is from the baseline.

    It is what a change of the column would do if the answer were a straight line from here on: one
    gradient a row, and no more than a first look where the answer bends.

    Args:
        model: a network of n inputs, an estimator of `jangrad.sklearn` that was fitted, or a
            `jangrad.tabular.Model`.
        rows: rows of numbers, or one row; of a table's model dicts by the names of its columns, a
            frame, or what `jangrad.datasets.read_rows` gives.
        output: what is explained: a class by its label, an output by its number, or a function of
            the list of outputs that gives a Value; left out, each row's own answer, which of
            several outputs is the largest.
        baseline: a row to compare with; left out, zeros, or where inputs are standardised inside
            the mean of the training data.
        names: of a network's columns, n texts; left out, those of a frame, or x0, x1, ....

    Returns:
        The Attributions; the parts of a column that is several inputs are summed.

    Raises:
        ShapeError: when rows or the baseline do not fit the model.
        DataError: when there are no rows, or a number is nan or infinite.
        ConfigError: when the model is none, or there is no such output.

    Source: Shrikumar et al., Not Just a Black Box (2016).

    >>> from jangrad import MLP
    >>> net = MLP(2, [1], seed=0)
    >>> _ = net.load_state({name: x for name, x in zip(net.state(), [2.0, -3.0, 0.5])})
    >>> print(gradient_x_input(net, [1.0, 2.0]))
    the output is -3.5; at the baseline it is 0.5
    each column's part (slope times distance from the baseline):
      x1  2  -6  --------------------
      x0  1  +2  +++++++
    """

    def parts(subject: Subject, answer: Answer, X: NDArray[Any], start: NDArray[Any]) -> Any:
        asked = subject.asked(answer)
        values, slopes = asked.slopes(X)
        return slopes * (X - start), values, float(asked.values(start[None])[0])

    return _attributed(_SLOPES, parts, model, rows, output, baseline, names)


def integrated_gradients(
    model: Any,
    rows: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
) -> Attributions:
    """What each column adds to the answer on the straight way from the baseline to the row.

    The parts of a row sum to the difference between its answer and that of the baseline, which is
    checked, on pieces of the way too: these are halved until it is so.

    Args:
        model, rows, output, baseline, names: as for `gradient_x_input`.
        tolerance: > 0; by how much the sum may differ, as a share of all that the columns add and
            take away on the way.

    Returns:
        The Attributions.

    Raises:
        WrongGradient: when the parts do not sum to the difference, since the answer jumps.
        NonFinite: when an answer or a slope on the way is nan or infinite.
        ShapeError, DataError, ConfigError: as for `gradient_x_input`.

    Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks (2017).

    >>> from jangrad import MLP
    >>> from jangrad.datasets import four_rows
    >>> net, (X, y) = MLP(3, [4, 1], "tanh", seed=0), four_rows()
    >>> found = integrated_gradients(net, X)
    >>> bool(abs(found.parts.sum(axis=1) - (found.values - found.baselines)).max() < 1e-6)
    True
    """
    tolerance = number_in("tolerance", tolerance, above=0.0)

    def parts(subject: Subject, answer: Answer, X: NDArray[Any], start: NDArray[Any]) -> Any:
        return integrated(subject.asked(answer), start, X, tolerance)

    return _attributed(_INTEGRATED, parts, model, rows, output, baseline, names)


def occlusion(
    model: Any,
    rows: Any,
    *,
    output: Any = None,
    baseline: Any = None,
    names: Sequence[str] | None = None,
) -> Attributions:
    """By how much the answer falls where one column is that of the baseline, and the others stay.

    For the model of a table the baseline is what an empty cell means, so a part says what is lost
    where the cell is not known.

    Args:
        model, rows, output, baseline, names: as for `gradient_x_input`.

    Returns:
        The Attributions; the answer without a column is the value less the part.

    Raises:
        ShapeError, DataError, ConfigError: as for `gradient_x_input`.

    Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014).

    >>> from jangrad import MLP
    >>> net = MLP(2, [1], seed=0)
    >>> _ = net.load_state({name: x for name, x in zip(net.state(), [2.0, -3.0, 0.5])})
    >>> occlusion(net, [[1.0, 2.0]], baseline=[0.0, 1.0]).parts.tolist()
    [[2.0, -3.0]]
    """

    def parts(subject: Subject, answer: Answer, X: NDArray[Any], start: NDArray[Any]) -> Any:
        asked = subject.asked(answer)
        values = asked.values(X)
        lost = np.zeros(X.shape)
        for feature in subject.features:
            without = X.copy()
            without[:, feature.places] = start[list(feature.places)]
            lost[:, feature.places[0]] = values - asked.values(without)
        return lost, values, float(asked.values(start[None])[0])

    return _attributed(_OCCLUSION, parts, model, rows, output, baseline, names)


def _attributed(
    method: str,
    parts_of: Callable[[Subject, Answer, NDArray[Any], NDArray[Any]], Any],
    model: Any,
    rows: Any,
    output: Any,
    baseline: Any,
    names: Sequence[str] | None,
) -> Attributions:
    """The parts of all rows, those of one answer together."""
    subject = subject_of(model, rows, names)
    raw = subject.rows(rows)
    X, start = subject.scaled(raw), subject.scaled(subject.baseline(baseline))
    one = subject.pick(output)
    chosen = np.zeros(len(raw), int) if one is not None else subject.chosen(raw)
    answers = [one] if one is not None else subject.answers
    inputs, values, bases = np.zeros(X.shape), np.zeros(len(X)), np.zeros(len(X))
    for k in np.unique(chosen).tolist():
        some = chosen == k
        inputs[some], values[some], bases[some] = parts_of(subject, answers[k], X[some], start)
    parts = np.stack([inputs[:, f.places].sum(axis=1) for f in subject.features], axis=1)
    return Attributions(
        method,
        tuple(f.name for f in subject.features),
        parts,
        values,
        bases,
        tuple(answers[k].name for k in chosen.tolist()),
        subject.features,
        raw,
    )
