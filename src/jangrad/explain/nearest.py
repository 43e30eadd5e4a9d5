"""The nearest row of which the network says something else: what would have had to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.errors import ConfigError
from jangrad.explain.quantities import Answer, Beyond, Lead
from jangrad.explain.search import Moved, Search, evenly
from jangrad.explain.subject import Feature, Subject, subject_of
from jangrad.explain.wording import aligned, cut, short
from jangrad.show.notebook import Plotted
from jangrad.train.settings import number_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_DATA = 20_000  # rows that are tried
_MOST_DATES = 200  # different dates that are tried


class Change(NamedTuple):
    """What is otherwise in one column.

    Attributes:
        column: its name.
        before, after: what stands in it, as a person writes it.
        distance: of a number or a date in standard deviations of the data, 1 of another text.
    """

    column: str
    before: str
    after: str
    distance: float


@dataclass(frozen=True, eq=False, repr=False)
class Counterfactual(Plotted):
    """The nearest row that was found of which another decision is made; `str()` says it in words.

    It is true where one was found.

    Attributes:
        rows: a table with a `Change` for each column that is otherwise, the largest first; empty
            where none was found.
        distance: the sum of their distances; inf where none was found.
        before: the decision for the row that was given.
        after: the decision that was looked for, or the one that is made of the row found.
        row: all columns of the row found by their names, numbers with all their digits, so that
            the model can be asked about it; None where none was found.
        inputs: its inputs in the user's units, an array; None where none was found.
        tried: how many rows were looked at.
        places: of each column in `rows` where it was and where it is between the least in the data,
            0, and the most, 1; None for one that is no number.
    """

    rows: list[Change]
    distance: float
    before: str
    after: str
    row: dict[str, float | str] | None
    inputs: NDArray[Any] | None
    tried: int
    places: list[tuple[float, float] | None]

    def __bool__(self) -> bool:
        """Whether one was found."""
        return self.row is not None

    def __str__(self) -> str:
        if self.row is None:
            return (
                f"{self.before}; within the ranges of the data nothing was found\n"
                f"that makes it {self.after} ({self.tried:,} rows were tried)"
            )
        table = [
            [cut(one.column), cut(one.before), "->", cut(one.after), f"({short(one.distance)})"]
            for one in self.rows
        ]
        columns = f"{len(self.rows)} column{'s' * (len(self.rows) != 1)}"
        return "\n".join(
            [
                f"{self.before}, and {self.after} if {columns} were otherwise:",
                *aligned(table, right=(4,)),
                f"distance {short(self.distance)}; in brackets: standard deviations of the data,"
                " 1 for a text",
            ]
        )

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each change on the range of its column, and return matplotlib's axes.

        Args:
            ax: matplotlib axes to draw on; a new figure when left out.

        Raises:
            DataError: when none was found.
        """
        from jangrad.explain.explanation_plots import draw_changes

        return draw_changes(self, ax)


def counterfactual(
    model: Any,
    row: Any,
    data: Any,
    *,
    to: Any = None,
    output: Any = None,
    above: float | None = None,
    below: float | None = None,
    fixed: Sequence[str] = (),
    names: Sequence[str] | None = None,
) -> Counterfactual:
    """The nearest row of which another decision is made, held to what occurs in the data.

    Numbers stay between the least and the largest of their column, and are integers where all of
    them are; a text is one of those in the data, and a date one of its dates. The distance is the
    sum over columns of the change in standard deviations, and 1 for another text, so it is least
    where few columns change; up to a twentieth of it is given for a column less. What is found is
    checked. That nothing is nearer is sure for one column, and for two up to a grid, and beyond
    that as sure as a search from many places is.

    Args:
        model: as for `gradient_x_input`.
        row: one row, as for `gradient_x_input`.
        data: rows whose ranges, spreads and texts count, such as the training data.
        to: the class, or the number of the largest output, that is to be reached; any other when
            left out.
        output: with `above` or `below`: which answer is meant, where there are several.
        above, below: one of them: what an amount is to be above, or below. A network of one output
            is asked for the other sign when both are left out.
        fixed: columns that cannot change.
        names: as for `gradient_x_input`.

    Returns:
        The Counterfactual; false where none was found, which its text says.

    Raises:
        ShapeError, DataError: as for `gradient_x_input`.
        ConfigError: when it is not said what is to be reached, or it is so already, or no column
            may change.

    Source: Wachter, Mittelstadt and Russell, Counterfactual Explanations Without Opening the Black
    Box (2017).

    >>> from jangrad import MLP
    >>> net = MLP(2, [1], seed=0)
    >>> _ = net.load_state({name: x for name, x in zip(net.state(), [2.0, -1.0, 0.5])})
    >>> print(counterfactual(net, [0.0, 1.0], [[-2.5, 0.5], [2.5, 2.0]], names=["a", "b"]))
    the output is below 0, and above 0 if 1 column were otherwise:
      a  0  ->  0.25  (0.1)
    distance 0.1; in brackets: standard deviations of the data, 1 for a text
    """
    subject = subject_of(model, row, names)
    origin, known = subject.row(row), subject.rows(data)
    margin, before, after = _wanted(subject, origin, to, output, above, below)
    asked = subject.asked(margin)
    held = {subject.feature(name).name for name in fixed}
    free = [f for f in subject.features if f.name not in held]
    moved = [one for one in (_moved(f, known) for f in free) if one is not None]
    if not moved:
        raise ConfigError(
            "no column may change",
            why="each is fixed, or the same in all rows of the data",
            try_="data with the rows of the training",
        )

    def margins(rows: NDArray[Any]) -> NDArray[Any]:
        return asked.values(subject.scaled(rows))

    def slopes(rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        values, found = asked.slopes(subject.scaled(rows))
        return values, found / subject.size

    if float(margins(origin[None])[0]) > 0.0:
        raise ConfigError(
            f"it is {after} already",
            why="what is to be reached is another decision than this row's",
        )
    search = Search(margins, slopes, origin, moved)
    some = known[:: -(-len(known) // _MOST_DATA)]
    found = search.nearest(some)
    if found is None:
        return Counterfactual([], np.inf, before, after, None, None, search.tried, [])
    return _told(subject, origin, found, known, before, after, search)


def _told(
    subject: Subject,
    origin: NDArray[Any],
    found: NDArray[Any],
    known: NDArray[Any],
    before: str,
    after: str,
    search: Search,
) -> Counterfactual:
    changes = []
    for feature in subject.features:
        one = _moved(feature, known)
        cost = 0.0 if one is None else float(one.cost(origin, found[None])[0])
        if cost:
            change = Change(feature.name, feature.said(origin), feature.said(found), cost)
            changes.append((change, _places(feature, origin, found, known)))
    changes.sort(key=lambda pair: -pair[0].distance)
    if subject.chooses or (len(subject.answers) > 1 and not subject.is_amount):
        after = _decision(subject, int(subject.chosen(found[None])[0]))
    return Counterfactual(
        [change for change, _ in changes],
        sum(change.distance for change, _ in changes),
        before,
        after,
        {
            f.name: float(found[f.places[0]]) if f.is_number else f.said(found)
            for f in subject.features
        },
        found,
        search.tried,
        [places for _, places in changes],
    )


def _places(
    feature: Feature, origin: NDArray[Any], found: NDArray[Any], known: NDArray[Any]
) -> tuple[float, float] | None:
    if not feature.is_number:
        return None
    place = feature.places[0]
    low, high = float(known[:, place].min()), float(known[:, place].max())
    return (float(origin[place]) - low) / (high - low), (float(found[place]) - low) / (high - low)


def _decision(subject: Subject, place: int) -> str:
    return f"`{subject.labels[place]}`" if subject.labels else f"output {place}"


def _wanted(
    subject: Subject,
    origin: NDArray[Any],
    to: Any,
    output: Any,
    above: float | None,
    below: float | None,
) -> tuple[Answer, str, str]:
    """What is to be above 0; the decision as it is, and as it is to be."""
    bounds = [bound for bound in (above, below) if bound is not None]
    several = len(subject.answers) > 1 and not (subject.labels and not subject.chooses)
    if not bounds and several and not subject.is_amount:
        now = int(subject.chosen(origin[None])[0])
        wanted = None if to is None else subject.place(to)
        other = f"another than {_decision(subject, now)}"
        after = other if wanted is None else _decision(subject, wanted)
        before = f"the answer is {_decision(subject, now)}"
        if getattr(subject.answers[0], "sign", 0.0):  # one logit for two classes
            aim = 1 - now if wanted is None else wanted
            return Lead(aim, sign=1.0 if aim == 1 else -1.0), before, _decision(subject, aim)
        return Lead(now, loses=True) if wanted is None else Lead(wanted), before, after
    if to is not None:
        raise ConfigError(
            "`to` is a class, but none is chosen here", try_="above=..., or below=..."
        )
    answer = subject.one(output)
    value = float(subject.asked(answer).values(subject.scaled(origin[None]))[0])
    if not bounds and not subject.is_amount and not subject.labels:
        bounds, above = [0.0], 0.0 if value <= 0.0 else None
        below = 0.0 if above is None else None
        before = f"{answer.name} is {'below' if above is not None else 'above'} 0"
    else:
        before = f"{answer.name} is {short(value)}"
    if len(bounds) != 1:
        raise ConfigError(
            f"{answer.name} is an amount" if not bounds else "both `above` and `below` were given",
            why="another amount is another decision only from some bound on",
            try_="above=..., or below=...",
        )
    bound = number_in("above" if above is not None else "below", bounds[0])
    sign, side = (1.0, "above") if above is not None else (-1.0, "below")
    return Beyond(answer, bound, sign), before, f"{side} {short(bound)}"


def _moved(feature: Feature, known: NDArray[Any]) -> Moved | None:
    """What a column may become; None where it is the same in all rows."""
    places = list(feature.places)
    here = np.unique(known[:, places], axis=0)
    if feature.kind == "text":  # a cell that is not known is no text that can be chosen
        here = here[(here == 1.0).sum(axis=1) == 1]
    if feature.kind == "boolean":
        here = here[np.isin(here[:, 0], (0.0, 1.0))]
    if len(here) < 1 or (len(here) == 1 and feature.kind not in ("text", "boolean")):
        return None
    if feature.kind in ("text", "boolean"):
        return Moved(feature.places, here, 0.0)
    numbers = known[:, places]
    if feature.is_number:
        spread = float(numbers.std())
        if (here == np.round(here)).all():
            whole = np.arange(here.min(), here.max() + 1.0) if np.ptp(here) < 1e5 else here[:, 0]
            return Moved(feature.places, whole[:, None], spread)
        return Moved(feature.places, np.array([here.min(0), here.max(0)]), spread, is_range=True)
    at = feature.elapsed
    here = here[np.argsort(here[:, at])]
    here = here[evenly(len(here), _MOST_DATES)]
    return Moved(feature.places, here, float(numbers[:, at].std()), at=at)
