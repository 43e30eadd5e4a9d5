"""What is explained: a network, the columns its inputs come from, and what its outputs mean.

A network of the user's has an input a column. An estimator's `network_` and the network of a table
are behind a scale, and a column of the table may be several inputs: one for each text, or the parts
of a date. Explanations are of columns, in the user's units.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jangrad.datasets import Column, Columns, Table
from jangrad.datasets.kinds import DATES, FIRST, TIMES, parts, written_date
from jangrad.errors import ConfigError, DataError, ShapeError, did_you_mean
from jangrad.explain.asked import Asked, ask
from jangrad.explain.quantities import Amount, Answer, LogOdds, Own, Probability, RawOutput
from jangrad.export.answers import inputs_of
from jangrad.show.formula import number


@dataclass(frozen=True)
class Feature:
    """A column, as people know it.

    Attributes:
        name: as they call it.
        places: which inputs it has become.
        column: how it was read, where it is of a table.
    """

    name: str
    places: tuple[int, ...]
    column: Column | None = None

    @property
    def kind(self) -> str:
        """One of `jangrad.datasets.kinds.KINDS`."""
        return "number" if self.column is None else self.column.kind

    @property
    def is_number(self) -> bool:
        """Whether any number may stand in it."""
        return self.kind in ("number", "percent")

    @property
    def is_date(self) -> bool:
        """Whether its inputs are parts of a date."""
        return self.kind in DATES or self.kind in TIMES

    @property
    def elapsed(self) -> int:
        """Which of a date's inputs are the elapsed days."""
        return parts(self.kind).index("elapsed days")

    def said(self, row: NDArray[Any], number: Callable[[float], str] = number) -> str:
        """What stands in it, of a row of inputs in the user's units; numbers as they are told."""
        numbers = [float(row[i]) for i in self.places]
        column = self.column
        if column is None or self.kind == "number":
            return number(numbers[0])
        if self.kind == "percent":
            return f"{number(numbers[0])} %"
        if column.values is not None:
            known = [v for v, x in zip(column.values, numbers, strict=True) if x == 1.0]
            return known[0] if known and sum(numbers) == 1.0 else "not known"
        if self.kind == "boolean":
            return {0.0: "no", 1.0: "yes"}.get(numbers[0], "not known")
        when = FIRST + timedelta(days=numbers[self.elapsed])
        return written_date(when if self.kind in TIMES else when.date(), self.kind)


@dataclass(frozen=True, eq=False)
class Subject:
    """A network, and what it is asked.

    Attributes:
        net: from scaled inputs to outputs.
        features: its columns, in order.
        mean, size: what is taken from each input, and what it is divided by then.
        answers: the numbers it can be asked for: each probability, amount or output.
        labels: of the classes it tells apart, in the order of its answers; () where it does not.
        loss: of its training, where that is known; else "squared_error".
        values: of the labels, as targets hold them.
        read: how rows become inputs in the user's units.
        chooses: whether it chooses one of the classes.
    """

    net: Any
    features: tuple[Feature, ...]
    mean: NDArray[Any]
    size: NDArray[Any]
    answers: tuple[Answer, ...]
    labels: tuple[str, ...]
    values: tuple[Any, ...]
    loss: Any
    read: Callable[[Any], NDArray[Any]]
    chooses: bool = False

    # -- rows -------------------------------------------------------------------------------------

    def rows(self, given: Any) -> NDArray[Any]:
        """Rows as inputs in the user's units, of shape (rows, inputs); one row is one of one.

        Raises:
            ShapeError: when they are no rows of as many numbers as there are inputs.
            DataError: when there are none, or one holds something else than finite numbers.
        """
        found = self.read(given)
        if not len(np.atleast_1d(found)):
            raise DataError("there are no rows", why="there is nothing to explain")
        found = found.reshape(1, -1) if found.ndim == 1 else found
        width = len(self.mean)
        if found.ndim != 2 or found.shape[1] != width:
            raise ShapeError(
                f"the rows have the shape {found.shape}, but {self.net!r:.80} takes {width} inputs",
                try_=f"an array of shape (rows, {width})",
            )
        if not np.isfinite(found).all():
            i, j = np.argwhere(~np.isfinite(found))[0].tolist()
            name = next(f.name for f in self.features if j in f.places)
            raise DataError(
                f"`{name}` of row {i} is {found[i, j]}",
                why="no part of an answer can be put down to what is no number",
                try_="rows without gaps, or the column's mean in each",
            )
        return found

    def row(self, given: Any) -> NDArray[Any]:
        """One row, as inputs in the user's units.

        Raises:
            ShapeError: when it is several.
        """
        found = self.rows(given)
        if len(found) != 1:
            raise ShapeError(f"one row is explained, but {len(found)} were given", try_="rows[0]")
        return np.asarray(found[0])

    def scaled(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The network's own inputs."""
        return np.asarray((rows - self.mean) / self.size)

    def baseline(self, given: Any) -> NDArray[Any]:
        """The row to compare with: where nothing is said the one whose scaled inputs are all 0."""
        return self.mean.copy() if given is None else self.row(given)

    def feature(self, name: Any) -> Feature:
        """The column of this name, or of this place among them.

        Raises:
            ConfigError: when there is none.
        """
        if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
            if 0 <= name < len(self.features):
                return self.features[name]
        elif found := [f for f in self.features if f.name == name]:
            return found[0]
        raise ConfigError(
            f"there is no column `{name}`",
            try_=did_you_mean(str(name), [f.name for f in self.features]),
        )

    # -- answers ----------------------------------------------------------------------------------

    def asked(self, answer: Answer) -> Asked:
        """An answer of the network, as it is compiled."""
        return ask(self.net, answer)

    def outputs(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The network's raw outputs, of shape (rows, outputs)."""
        return np.asarray(self.net.predict(self.scaled(rows)))

    def chosen(self, rows: NDArray[Any]) -> NDArray[Any]:
        """The place of each row's answer: of the class that is chosen, of the largest output."""
        if len(self.answers) == 1:
            return np.zeros(len(rows), int)
        outputs: Any = self.outputs(rows)
        if outputs.shape[1] == 1:
            return np.asarray(outputs[:, 0] > 0.0, int)
        return np.asarray(outputs.argmax(axis=1))

    def pick(self, output: Any) -> Answer | None:
        """The answer that is asked for; None where each row's own is.

        Raises:
            ConfigError: when there is none.
        """
        if output is None:
            return self.answers[0] if len(self.answers) == 1 else None
        if callable(output):
            return output if isinstance(output, LogOdds) else Own(output)
        return self.answers[self.place(output)]

    def place(self, output: Any) -> int:
        """The place of an answer, of a class by its label.

        Raises:
            ConfigError: when there is none.
        """
        for known in (self.values, self.labels, tuple(a.name for a in self.answers)):
            if output in known:
                return known.index(output)
        is_place = isinstance(output, (int, np.integer)) and not isinstance(output, bool)
        if is_place and not self.labels and 0 <= output < len(self.answers):
            return int(output)
        names = self.labels or range(len(self.answers))
        raise ConfigError(
            f"there is no output {output!r:.60}",
            why="what is explained is one number that the network gives",
            try_=f"{did_you_mean(str(output), names)}; or a function of its list of outputs",
        )

    def one(self, output: Any) -> Answer:
        """The answer that is asked for, one for all rows; of two classes the second.

        Raises:
            ConfigError: when none is, of several.
        """
        found = self.pick(output)
        if found is None and len(self.answers) == 2 and self.labels:
            return self.answers[1]
        if found is None:
            names = ", ".join(map(repr, self.labels or range(len(self.answers))))
            raise ConfigError(
                f"{self.net!r:.80} gives {len(self.answers)} answers",
                why="one of them is explained, the same for all rows",
                try_=f"output=..., one of {names}",
            )
        return found

    @cached_property
    def is_amount(self) -> bool:
        """Whether its answers are amounts in units of the target."""
        return isinstance(self.answers[0], Amount)

    # -- targets ----------------------------------------------------------------------------------

    def targets(self, given: Any, rows: int) -> NDArray[Any]:
        """Targets as the user has them, as the network's loss wants them.

        Raises:
            ShapeError: when there are more or fewer than rows.
            DataError: when one is none of the classes, or no number.
        """
        given = given.to_numpy() if hasattr(given, "to_numpy") else given
        listed = list(given) if hasattr(given, "__iter__") else []
        if len(listed) != rows:
            raise ShapeError(f"there are {rows} rows, but {len(listed)} targets")
        if self.chooses:
            return np.array([float(self._class(y, i)) for i, y in enumerate(listed)])
        try:
            y = np.array(listed, dtype=float)
        except (TypeError, ValueError):
            raise DataError(
                f"the targets are {listed!r:.60}, which are not all numbers",
                try_="a number a row, or a list of numbers",
            ) from None
        if not np.isfinite(y).all():
            raise DataError(f"the target of row {np.argwhere(~np.isfinite(y))[0][0]} is no number")
        if not self.is_amount:
            return y
        places: Any = self.answers
        mean = np.array([a.mean for a in places])
        size = np.array([a.size for a in places])
        scaled = np.asarray((y.reshape(rows, -1) - mean) / size)
        return np.asarray(scaled[:, 0]) if scaled.shape[1] == 1 else scaled

    def _class(self, y: Any, i: int) -> int:
        for known in (self.values, self.labels):
            if y in known:
                return known.index(y)
        raise DataError(
            f"the target of row {i} is {y!r:.60}, none of the classes",
            try_=f"one of {', '.join(self.labels[:20])}",
        )

    def error(self, rows: NDArray[Any], targets: NDArray[Any]) -> float:
        """How wrong it is, where `error_name` says what that is."""
        if self.chooses:
            return float((self.chosen(rows) != targets).mean())
        found = [self.asked(answer).values(self.scaled(rows)) for answer in self.answers]
        sizes: Any = self.answers
        known = targets.reshape(len(rows), -1).T
        squares = [
            (y - a.mean - a.size * t) ** 2 for y, a, t in zip(found, sizes, known, strict=True)
        ]
        return float(np.sqrt(np.mean(squares)))

    @property
    def error_name(self) -> str | None:
        """What `error` gives; None where it gives nothing."""
        if self.chooses:
            return "share of wrong answers"
        return "root mean square error" if self.is_amount else None


def subject_of(model: Any, rows: Any = None, names: Sequence[str] | None = None) -> Subject:
    """What is explained.

    Args:
        model: a network, an estimator of `jangrad.sklearn` that was fitted, or a `Model` that was
            trained on a table.
        rows: some, whose columns have names perhaps.
        names: of the columns, where nothing else says them.

    Raises:
        ConfigError: when it is none of them, or there are more or fewer names than inputs.
    """
    if isinstance(getattr(model, "columns", None), Columns) and hasattr(model, "net"):
        return _of_table(model.net, model.columns, getattr(model, "about", {}))
    if hasattr(model, "network_"):
        return _of_estimator(model, names)
    if (
        not callable(getattr(model, "predict", None))
        or not callable(model)
        or hasattr(model, "get_params")
    ):
        steps = getattr(model, "steps", None)
        raise ConfigError(
            f"{model!r:.80} ({type(model).__name__}) is no network",
            why="gradients go through a network of jangrad's",
            try_="its last step, model[-1], and rows that went through the others,"
            " model[:-1].transform(X)"
            if steps
            else "an MLP or another Module, an estimator of jangrad.sklearn after `fit`, or a model"
            " of jangrad.tabular",
        )
    return _of_network(model, rows, names)


# -- networks ---------------------------------------------------------------------------------


def _of_network(net: Any, rows: Any, names: Sequence[str] | None) -> Subject:
    first = _numbers(rows)
    width = getattr(net, "n_inputs", None) or (first.shape[-1] if first.ndim else 0)
    listed = _named(names, rows, width)
    count = len(np.asarray(net.predict(np.zeros((1, width))))[0])
    answers = tuple(
        RawOutput(i, f"output {i}" if count > 1 else "the output") for i in range(count)
    )
    features = tuple(Feature(name, (i,)) for i, name in enumerate(listed))
    zeros, ones = np.zeros(width), np.ones(width)
    return Subject(net, features, zeros, ones, answers, (), (), "squared_error", _numbers)


def _numbers(rows: Any) -> NDArray[Any]:
    rows = rows.to_numpy() if hasattr(rows, "to_numpy") else rows
    try:
        return np.asarray(rows, dtype=float)
    except (TypeError, ValueError):
        raise DataError(
            f"the rows are {rows!r:.80}, not rows of numbers",
            try_="a list of lists, or an array of shape (rows, inputs)",
        ) from None


def _named(names: Sequence[str] | None, rows: Any, width: int) -> list[str]:
    if names is None:
        columns = getattr(rows, "columns", None)
        names = [f"x{i}" for i in range(width)] if columns is None else list(map(str, columns))
    listed = list(map(str, names))
    if len(listed) != width or len({*listed}) != width:
        raise ConfigError(
            f"{width} columns are called {', '.join(listed)!r:.80}",
            try_="a name for each of them, no two alike",
        )
    return listed


# -- estimators -------------------------------------------------------------------------------


def _of_estimator(model: Any, names: Sequence[str] | None) -> Subject:
    width = model.n_features_in_
    known = getattr(model, "feature_names_in_", None)
    listed = _named(names if known is None else list(known), None, width)
    features = tuple(Feature(name, (i,)) for i, name in enumerate(listed))
    mean = np.broadcast_to(np.asarray(model.input_mean_, float), (width,)).copy()
    size = np.broadcast_to(np.asarray(model.input_scale_, float), (width,)).copy()
    if hasattr(model, "classes_"):
        values = tuple(np.asarray(model.classes_).tolist())
        labels = tuple(map(str, values))
        several = model.n_outputs_ > 1 and model.out_activation_ == "logistic"
        answers = _labelled(labels) if several else _probabilities(labels)
        loss = "softmax_cross_entropy"
        if model.out_activation_ == "logistic":
            loss = "binary_cross_entropy"
        return Subject(
            *(model.network_, features, mean, size, answers, labels, values, loss, _numbers),
            chooses=not several,
        )
    means, sizes = (np.ravel(x).tolist() for x in (model.target_mean_, model.target_scale_))
    names_of = ["the target"] if len(means) == 1 else [f"target {i}" for i in range(len(means))]
    is_log = model.out_activation_ == "exp"
    answers = tuple(Amount(i, name, means[i], sizes[i], is_log) for i, name in enumerate(names_of))
    loss = model._loss()
    return Subject(model.network_, features, mean, size, answers, (), (), loss, _numbers)


def _probabilities(labels: Sequence[str]) -> tuple[Answer, ...]:
    names = [f"the probability of `{label}`" for label in labels]
    if len(labels) == 2:
        return Probability(0, names[0], -1.0), Probability(0, names[1], 1.0)
    return tuple(Probability(i, name) for i, name in enumerate(names))


def _labelled(labels: Sequence[str]) -> tuple[Answer, ...]:
    """Each label has its own logit, where a row may have several of them."""
    return tuple(
        Probability(i, f"the probability of `{label}`", 1.0) for i, label in enumerate(labels)
    )


# -- tables -----------------------------------------------------------------------------------


def _of_table(net: Any, columns: Columns, about: Mapping[str, Any]) -> Subject:
    features, at = [], 0
    for column in columns.columns:
        count = len(column.inputs)
        features.append(Feature(column.name, tuple(range(at, at + count)), column))
        at += count
    scales = [scale for column in columns.columns for scale in column.scales]
    labels = columns.classes or ()
    target = columns.target_scale
    answers: tuple[Answer, ...] = _probabilities(labels)
    if not labels:
        mean, size = (0.0, 1.0) if target is None else (target.mean, target.std)
        answers = (Amount(0, f"`{columns.target}`", mean, size),)
    usual = "squared_error"
    if labels:
        usual = "binary_cross_entropy" if len(labels) == 2 else "softmax_cross_entropy"

    def read(rows: Any) -> NDArray[Any]:
        if isinstance(rows, Table):
            return np.array(rows.X, dtype=float)
        if isinstance(rows, np.ndarray) and rows.dtype.kind in "fiu":
            return rows.astype(float)  # in the user's units, an input each
        rows = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
        return np.array(inputs_of([rows] if isinstance(rows, Mapping) else rows, columns))

    return Subject(
        net,
        tuple(features),
        np.array([scale.mean for scale in scales]),
        np.array([scale.std for scale in scales]),
        answers,
        labels,
        labels,
        about.get("loss", usual),
        read,
        chooses=bool(labels),
    )
