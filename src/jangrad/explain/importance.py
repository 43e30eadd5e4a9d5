"""How much worse a network does where a column tells it nothing: its cells are dealt out anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.errors import ConfigError
from jangrad.explain.asked import Losses
from jangrad.explain.subject import Subject, subject_of
from jangrad.explain.wording import MOST, aligned, bar, cut, rest, short, signed
from jangrad.show.notebook import Plotted
from jangrad.train.resolve import resolve_loss
from jangrad.train.settings import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Importance(NamedTuple):
    """How much a column matters.

    Attributes:
        column: its name.
        importance: by how much the error grows where the column is permuted, the mean of all
            repeats; about 0, or less by chance, where it does not matter.
        spread: the standard deviation of the repeats.
    """

    column: str
    importance: float
    spread: float


@dataclass(frozen=True, eq=False, repr=False)
class Importances(Plotted):
    """How much each column matters; `str()` says it in words.

    Attributes:
        rows: a table with an `Importance` for each column, in their order.
        error: of the rows as they are.
        measure: what the error is.
        repeats: of each column and repeat, by how much the error grew: an array of shape (columns,
            repeats).
        count: how many rows there were.
    """

    rows: list[Importance]
    error: float
    measure: str
    repeats: NDArray[Any]
    count: int

    def __str__(self) -> str:
        ordered = sorted(self.rows, key=lambda one: -one.importance)
        most = max(abs(one.importance) for one in ordered)
        table = [
            [
                cut(one.column),
                signed(one.importance),
                f"give or take {short(one.spread)}",
                bar(one.importance, most),
            ]
            for one in ordered[:MOST]
        ]
        times = self.repeats.shape[1]
        again = f", {times} times each" if times > 1 else ""
        return "\n".join(
            [
                f"{self.measure} of {self.count:,} rows: {short(self.error)}",
                f"it grows by so much where a column is shuffled among the rows{again}:",
                *aligned(table, right=(1,)),
                *rest(len(ordered) - MOST, "column"),
            ]
        )

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the importances as bars, each with its spread, and return matplotlib's axes."""
        from jangrad.explain.explanation_plots import draw_bars

        names = [one.column for one in self.rows]
        title = f"by how much the {self.measure} grows where a column is shuffled"
        sizes = [one.importance for one in self.rows]
        return draw_bars(names, sizes, title, ax, spreads=[one.spread for one in self.rows])


def permutation_importance(
    model: Any,
    rows: Any,
    y: Any,
    *,
    loss: Any = None,
    repeats: int = 5,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Importances:
    """By how much the error grows where the cells of one column are shuffled among the rows.

    What two columns both say is put down to neither: each makes up for the other. Rows that were
    learned from tell what the network goes by, rows that were not what it is right to go by.

    Args:
        model: as for `gradient_x_input`.
        rows: n rows, as for `gradient_x_input`; two or more.
        y: n targets as the user has them: labels, amounts, or what a network's loss takes.
        loss: a name in `jangrad.nn.LOSSES`, or a function of (outputs, targets), which is averaged
            over rows. Left out, it is the share of wrong answers where classes are told apart, the
            root mean square error in the target's units where a table or an estimator has amounts,
            and else "squared_error".
        repeats: how often each column is shuffled, at least 1.
        seed: of the shuffles.
        names: as for `gradient_x_input`.

    Returns:
        The Importances, in the order of the columns.

    Raises:
        ShapeError, DataError: when rows or targets do not fit the model or each other.
        ConfigError: when the model is none, there is no such loss, or there is one row alone.

    Source: Breiman, Random Forests (2001); Fisher, Rudin and Dominici, All Models are Wrong, but
    Many are Useful (2019).

    >>> from jangrad import MLP
    >>> net = MLP(2, [1], seed=0)
    >>> _ = net.load_state({name: x for name, x in zip(net.state(), [2.0, 0.0, 0.5])})
    >>> X = [[0.0, 5.0], [1.0, 3.0], [2.0, 1.0], [3.0, 2.0]]
    >>> found = permutation_importance(net, X, [0.5, 2.5, 4.5, 6.5], names=["width", "age"])
    >>> found.rows[0].importance > 1.0, found.rows[1].importance
    (True, 0.0)
    """
    repeats = count("repeats", repeats)
    subject = subject_of(model, rows, names)
    raw = subject.rows(rows)
    if len(raw) < 2:
        raise ConfigError(
            "one row cannot be shuffled", why="a column's cells are dealt out among the rows"
        )
    targets = subject.targets(y, len(raw))
    error, measure = _error(subject, loss, targets)
    before = error(raw)
    rng = np.random.default_rng(seed)
    grown = np.empty((len(subject.features), repeats))
    for j, feature in enumerate(subject.features):
        places = list(feature.places)
        shuffled = raw.copy()
        for k in range(repeats):
            shuffled[:, places] = raw[rng.permutation(len(raw))][:, places]
            grown[j, k] = error(shuffled) - before
    found = [
        Importance(feature.name, float(each.mean()), float(each.std()))
        for feature, each in zip(subject.features, grown, strict=True)
    ]
    return Importances(found, before, measure, grown, len(raw))


def _error(
    subject: Subject, loss: Any, targets: NDArray[Any]
) -> tuple[Callable[[NDArray[Any]], float], str]:
    """What is to stay small, as a function of rows, and what it is called."""
    if loss is None and subject.error_name is not None:
        return lambda raw: subject.error(raw, targets), subject.error_name
    named, loss_of, _ = resolve_loss(subject.loss if loss is None else loss)
    losses = Losses(subject.net, loss_of, [])
    name = named if isinstance(named, str) else getattr(named, "__name__", "loss")
    return lambda raw: float(losses.each(subject.scaled(raw), targets).mean()), f"mean {name}"
