"""Which rows of the training have moved a prediction, a loss or a weight, and by how much.

Each step of a training is made of the gradients of its rows. So what a step has moved is shared out
among them, exactly where a weight is asked for, and to first order where it is a prediction; summed
over all steps it says what each row has done. Source: Pruthi, Liu, Kale and Sundararajan,
Estimating Training Data Influence by Tracing Gradient Descent (2020).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.engine import Value
from jangrad.errors import ConfigError, NameNotFound, did_you_mean
from jangrad.explain.asked import outputs_in
from jangrad.explain.learned import Learned, learned_from, repeated
from jangrad.explain.minimum import ends_at_minimum, moved_at_minimum
from jangrad.explain.quantities import Answer
from jangrad.explain.recorded import recorded
from jangrad.explain.replay import Data, Learner, Slopes
from jangrad.explain.subject import Feature, Subject, subject_of
from jangrad.explain.wording import aligned, bar, cut, short, signed
from jangrad.show.notebook import Plotted
from jangrad.train.resolve import Penalty
from jangrad.train.rows import read_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOLD = 5  # rows that raised it most, and as many that lowered it
_LINE = 78  # letters, two less than many terminals have
_BAR = 10  # letters of the longest, so that there is room for the row


class Influence(NamedTuple):
    """What one row of the training has done.

    Attributes:
        row: its number, from 0 on, among those that were learned from.
        moved: by how much it has moved what was asked for, up or down.
        place: where it stands: `"row 3"`, or `"line 17"` of a file.
    """

    row: int
    moved: float
    place: str


@dataclass(frozen=True, eq=False, repr=False)
class Influences(Plotted):
    """What each row of the training has done; `str()` says it in words.

    Attributes:
        rows: a table with an `Influence` for each row of the training, in their order.
        of: what was moved.
        together: by how much all rows together have moved it, the sum.
        begin, end: what it was before the training and after it.
        steps: how many steps are accounted for.
        later: whether what later steps make of it was followed.
        since: the first step that is accounted for; `begin` is what it was before this one.
    """

    rows: list[Influence]
    of: str
    together: float
    begin: float
    end: float
    steps: int
    later: bool
    _features: tuple[Feature, ...] = field(repr=False)
    _inputs: NDArray[Any] = field(repr=False)
    _targets: list[Any] = field(repr=False)
    since: int = 0

    @property
    def moved(self) -> NDArray[Any]:
        """By how much each row has moved it, an array of shape (rows,)."""
        return np.array([one.moved for one in self.rows])

    def _told(self, row: int, letters: int) -> str:
        """As much of a row of the training as has room in so many letters; its first cell has."""
        found = ""
        for i, feature in enumerate(self._features):
            cell = f"{cut(feature.name)} {cut(feature.said(self._inputs[row], short))}"
            longer = f"{found}, {cell}" if found else cell
            rest = ", ..." if i < len(self._features) - 1 else ""
            if len(longer) + len(rest) > letters:
                return f"{found}, ..." if found else cut(cell)
            found = longer
        return found

    def __str__(self) -> str:
        order = np.argsort(-self.moved, kind="stable").tolist()
        most = float(np.abs(self.moved).max())
        was = f"before step {self.since:,}" if self.since else "before the training"
        lines = [
            f"{self.of} was {short(self.begin)} {was} and is {short(self.end)} after"
            f" {self.steps:,} {'more ' if self.since else ''}steps;",
            f"its {len(self.rows):,} rows moved it by {signed(self.together)} together",
        ]
        if self.later:
            lines[1] = "what each row did to it, beside a training without it, to first order:"
        raised = [i for i in order[:_TOLD] if self.moved[i] > 0.0]
        lowered = [i for i in order[: -_TOLD - 1 : -1] if self.moved[i] < 0.0]
        both = [*raised, *lowered]
        heads = [
            [self.rows[i].place, signed(self.moved[i]), f"target {_target(self._targets[i])}"]
            for i in both
        ]
        bars = [bar(self.moved[i], most, _BAR) for i in both]
        columns = [*zip(*heads, strict=True), bars]
        left = _LINE - sum(2 + max(map(len, column), default=0) for column in columns) - 2
        told = [self._told(i, left) for i in both]
        table = aligned(
            [[*head, row, end] for head, row, end in zip(heads, told, bars, strict=True)],
            right=(1,),
        )
        for what, some in (("raised", table[: len(raised)]), ("lowered", table[len(raised) :])):
            lines += [f"the rows that {what} it most:", *some] if some else []
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rows that have moved it most as bars, and return matplotlib's axes."""
        from jangrad.explain.explanation_plots import draw_bars

        names = [f"{one.place}, target {_target(self._targets[one.row])}" for one in self.rows]
        title = f"what single rows of the training did to {self.of}"
        return draw_bars(names, [one.moved for one in self.rows], title, ax)


def influences(
    model: Any,
    run: Any,
    rows: Any,
    y: Any = None,
    *,
    row: Any = None,
    target: Any = None,
    output: Any = None,
    weight: str | Value | None = None,
    loss: Any = None,
    row_weights: Any = None,
    penalty: Penalty | None = None,
    later: bool = False,
    names: Sequence[str] | None = None,
) -> Influences:
    """By how much each row of the training has moved a weight, a prediction, or the loss of a row.

    What a row does by its own gradient is counted, in the steps that it made, and with momentum in
    those after them. Those of `weight` are exact: together with a penalty they sum to what the
    weight has moved. That later steps would have been others without the row is another question,
    which `later` answers.

    Args:
        model: the network that was trained, as the training has left it; an estimator of
            `jangrad.sklearn`; or the model of a table.
        run: what a `Recorder` has recorded; or a training that `fit` has kept, its folder or what
            `jangrad.train.load_run` gives of it; of the model of a table the folder in which its
            training was kept (`checkpoint`); None for an estimator, whose steps follow from its
            seed.
        rows, y: the n rows and targets of the training, in their order, for an estimator all that
            `fit` was given; of the model of a table the file that it was trained on, and no
            targets.
        row: whose prediction is asked about; or, with `target`, its loss.
        target: of that row.
        output: which prediction, as for `gradient_x_input`; left out, the only one, of two classes
            that of the second.
        weight: a parameter, or its name, `"layers.0.neurons.1.weights.2"`, instead of a row.
        loss, row_weights, penalty: as they were given to `fit`; an estimator knows its own.
        later: True to ask by how much it would be another without the row, to first order: what
            the steps after it have made of each change is followed, by a second derivative a step.
            At the minimum of a full-batch method, which is asked for with it, the curvature there
            says it instead.
        names: as for `gradient_x_input`.

    Returns:
        The Influences.

    Raises:
        ConfigError: when the run does not fit: the network has other weights, or the steps do not
            follow from these rows; or it is not said what is asked about.
        NameNotFound: when there is no such weight.
        CheckpointError: when the folder does not hold the training of this model.
        ShapeError, DataError: when rows or targets do not fit, or the file is another table.

    Sources: Pruthi et al., Estimating Training Data Influence by Tracing Gradient Descent (2020);
    for `later` Hara, Nitanda and Maehara, Data Cleansing for Models Trained with SGD (2019), and
    Koh and Liang, Understanding Black-box Predictions via Influence Functions (2017).

    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> from jangrad.explain import Recorder
    >>> net, (X, y) = MLP(3, [4, 1], "tanh", seed=0), four_rows()
    >>> recorder = Recorder(net, len(X), optimizer="sgd")
    >>> options = {"optimizer": "sgd", "learning_rate": 0.1, "steps": 20}
    >>> _ = fit(net, X, y, callbacks=[recorder], **options)
    >>> before = recorder.run.moments[0].weights[0]
    >>> found = influences(net, recorder.run, X, y, weight="layers.0.neurons.0.weights.0")
    >>> bool(abs(net.layers[0].neurons[0].weights[0].data - before - found.together) < 1e-12)
    True
    """
    if isinstance(weight, Value):
        weight = _name_of(getattr(model, "network_", model), weight)
    if isinstance(rows, (str, os.PathLike)):
        rows = learned_from(model, run, rows)
    elif hasattr(model, "network_") and run is None:
        if row_weights is not None or penalty is not None or loss is not None:
            raise ConfigError(
                "`loss`, `row_weights` and `penalty` are those that the estimator was fitted with",
                try_="none of them, where `run` is None",
            )
        rows = repeated(model, rows, y)
    places: Sequence[str] | None = None
    if isinstance(rows, Learned):
        learned = rows
        run, rows, y, places = learned.run, learned.rows, learned.y, learned.places
        if learned.row_weights is not None:
            row_weights = learned.row_weights
        penalty = learned.penalty or penalty
    subject = subject_of(model, rows, names)
    raw = subject.rows(rows)
    X, T = subject.scaled(raw), subject.targets(y, len(raw))
    counts = read_weights(row_weights, len(raw))
    learner = Learner(subject, loss, penalty)
    weights = np.array([p.data for p in subject.net.parameters()])
    data = Data(X, T, np.ones(len(raw)) if counts is None else np.array(counts))
    of, slopes, value = _asked_about(subject, learner, row, target, output, weight)
    if ends_at_minimum(run) and later:
        first: Any = np.array(run.weights(0))
        steps = len(run)
        moved = moved_at_minimum(learner, run, weights, data, slopes)
    else:
        record = recorded(run).until(weights)
        if not record.moments:
            raise ConfigError("no step was recorded", try_="callbacks=[recorder], in `fit`")
        first, steps = record.moments[0].weights, len(record.moments)
        replay = learner.replay(record, data)
        moved = learner.followed(replay, slopes) if later else learner.shared_out(replay, slopes)
    learner.put(first)
    begin = value()
    learner.put(weights)
    return Influences(
        [
            Influence(i, x, f"row {i}" if places is None else places[i])
            for i, x in enumerate(moved.tolist())
        ],
        of,
        float(moved.sum()),
        begin,
        value(),
        steps,
        later,
        subject.features,
        raw,
        list(y.to_numpy() if hasattr(y, "to_numpy") else y),
    )


def _name_of(net: Any, parameter: Value) -> str:
    """What a network calls its parameter."""
    named = net.named_parameters() if hasattr(net, "named_parameters") else {}
    mine = (name for name, p in named.items() if p is parameter)
    return next(mine, parameter.label or repr(parameter))


def _asked_about(
    subject: Subject,
    learner: Learner,
    row: Any,
    target: Any,
    output: Any,
    weight: str | None,
) -> tuple[str, Slopes, Callable[[], float]]:
    """What is moved: in words, its slopes by all parameters, and its number now."""
    if (row is None) == (weight is None):
        raise ConfigError(
            "it is not said what was moved"
            if row is None
            else "both `row` and `weight` were given",
            try_="row=..., for its prediction; row=..., target=..., for its loss; or weight=...,"
            " a parameter or its name",
        )
    if weight is not None:
        if weight not in learner.names:
            raise NameNotFound(
                f"there is no parameter `{weight}`", try_=did_you_mean(weight, learner.names)
            )
        place = learner.names.index(weight)
        one = np.zeros(len(learner.names))
        one[place] = 1.0
        return f"`{weight}`", lambda: one, lambda: learner.parameters[place].data
    inputs = subject.scaled(subject.row(row)[None])
    numbers = inputs[0].tolist()
    if target is not None:
        wanted = subject.targets([target], 1)
        given = wanted[0].tolist()
        loss = learner.losses
        return (
            "the loss of the row",
            learner.slopes_of(lambda: loss.function(numbers, given)),
            lambda: float(loss.each(inputs, wanted)[0]),
        )
    answer = subject.one(output)
    return (
        answer.name,
        learner.slopes_of(lambda: answer(outputs_in(learner.net(numbers)))),
        lambda: _number(learner.net, answer, numbers),
    )


def _number(net: Any, answer: Answer, numbers: list[float]) -> float:
    found = answer(outputs_in(net(numbers)))
    return found.data if isinstance(found, Value) else float(found)


def _target(y: Any) -> str:
    return cut(short(y) if isinstance(y, float) else str(y))
