"""The nearest point at which something holds, among those that a table allows.

Distances are sums over columns, as in Wachter, Mittelstadt and Russell, Counterfactual Explanations
Without Opening the Black Box (2017): the change of a number divided by its spread, 1 for another
text. Such a distance is least where few columns change.

The search is over the whole of one column and of two at once, on a grid, and over the rows of the
data. From the best of what it finds it goes down: each column back towards where it was, as far as
it holds; and along the gradient, where one column is exchanged for another that does more for the
same distance. In a straight line's half-space that ends at the nearest point; elsewhere nobody can
promise more than the nearest that was found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ALONE, _PAIRED = 65, 25  # values of a column that are tried, alone and with another
_MOST_PAIRED = 8  # columns
_STARTS = 16  # from so many places the search goes down, and as many of one column
_CLIMBS, _ROUNDS, _EXCHANGES = 40, 12, 12
_SECTIONS = 17
_FINE = 1e-12  # of a way
_RADIUS = 1.0  # spreads
_AS_NEAR = 0.05  # so little farther is as good, where fewer columns change


@dataclass(frozen=True)
class Moved:
    """A column that may change.

    Attributes:
        places: its inputs.
        values: what it may be, of shape (values, inputs): two ends, or all.
        spread: of its numbers in the data, > 0; 0.0 where another value is another text.
        at: which of its inputs says how far two values are apart.
        is_range: whether it may be anything between two ends.
    """

    places: tuple[int, ...]
    values: NDArray[Any]
    spread: float
    at: int = 0
    is_range: bool = False

    def cost(self, origin: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
        """How far it has moved in each row."""
        if self.spread:
            place = self.places[self.at]
            return np.asarray(np.abs(rows[:, place] - origin[place]) / self.spread)
        places = list(self.places)
        return np.asarray((rows[:, places] != origin[places]).any(axis=1).astype(float))

    def tried(self, most: int) -> NDArray[Any]:
        """Some of its values, evenly."""
        if self.is_range:
            return np.linspace(self.values[0], self.values[1], most)
        if len(self.values) <= most:
            return self.values
        return np.asarray(self.values[evenly(len(self.values), most)])


def evenly(count: int, most: int) -> NDArray[Any]:
    """The places of some of so many things, evenly and with both ends.

    >>> evenly(9, 3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, count - 1, min(count, most)).round().astype(int)


class Search:
    """Looks for the nearest row whose margin is above 0.

    Args:
        margins: of rows in the user's units, how much above 0 each is.
        slopes: the same, with their derivatives by each input.
        origin: from where distances are.
        moved: the columns that may change.

    Attributes:
        tried: how many rows were looked at.
    """

    def __init__(
        self,
        margins: Callable[[NDArray[Any]], NDArray[Any]],
        slopes: Callable[[NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]],
        origin: NDArray[Any],
        moved: Sequence[Moved],
    ) -> None:
        self._margins, self._slopes, self._origin = margins, slopes, origin
        self._moved = list(moved)
        self._ranges = [one for one in moved if one.is_range]
        # Above the rounding of what is compared with 0.
        self._least = 1e-9 * abs(float(margins(origin[None])[0]))
        self.tried = 1

    def nearest(self, data: NDArray[Any]) -> NDArray[Any] | None:
        """The nearest row that was found; None where none was.

        Args:
            data: rows that may do, in their columns that may change.
        """
        alone, others = self._starts(data)
        # One column alone is easily told: it counts as it is, and as a place to go down from.
        shortest = [self._back(start) for start in alone]
        ends = [*shortest, *map(self._down, [*alone, *others])]
        if not ends:
            return None
        found = np.array(ends)
        distances = self.distances(found)
        near = np.flatnonzero(distances <= (1.0 + _AS_NEAR) * distances.min())
        changed = [one.cost(self._origin, found[near]) > 0.0 for one in self._moved]
        order = np.lexsort((distances[near], np.sum(changed, axis=0)))
        return np.asarray(found[near[order[0]]])

    def distances(self, rows: NDArray[Any]) -> NDArray[Any]:
        """How far rows are from the origin."""
        return np.asarray(
            sum((one.cost(self._origin, rows) for one in self._moved), np.zeros(len(rows)))
        )

    def _distance(self, row: NDArray[Any]) -> float:
        return float(self.distances(row[None])[0])

    def _hold(self, rows: NDArray[Any]) -> NDArray[Any]:
        self.tried += len(rows)
        return np.asarray(self._margins(rows) > self._least)

    # -- where to begin ---------------------------------------------------------------------------

    def _starts(self, data: NDArray[Any]) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
        """The best places that were found from afar: of one column that has moved, and others."""
        alone: list[NDArray[Any]] = []
        found: list[NDArray[Any]] = []
        reached = []
        for one in self._moved:
            rows = self._with([one], one.tried(_ALONE))
            self.tried += len(rows)
            margins = self._margins(rows)
            reached.append(float(margins.max()))
            alone += self._nearest_of(rows[margins > self._least], 1)
        order = np.argsort(-np.array(reached), kind="stable")[:_MOST_PAIRED]
        for i, j in combinations(sorted(order.tolist()), 2):
            pair = [self._moved[i], self._moved[j]]
            first, second = (one.tried(_PAIRED) for one in pair)
            a, b = np.divmod(np.arange(len(first) * len(second)), len(second))
            rows = self._with(pair, np.hstack([first[a], second[b]]))
            found += self._nearest_of(rows[self._hold(rows)], 1)
        places = [place for one in self._moved for place in one.places]
        rows = np.tile(self._origin, (len(data), 1))
        rows[:, places] = data[:, places]
        found += self._nearest_of(rows[self._hold(rows)], _STARTS)
        climbed = self._climbed()
        found += [] if climbed is None else [climbed]
        return self._nearest_of(alone, _STARTS), self._nearest_of(found, _STARTS)

    def _with(self, columns: Sequence[Moved], values: NDArray[Any]) -> NDArray[Any]:
        """The origin with these values in some columns, a row each."""
        rows = np.tile(self._origin, (len(values), 1))
        rows[:, [place for one in columns for place in one.places]] = values
        return rows

    def _nearest_of(self, some: Any, most: int) -> list[NDArray[Any]]:
        rows = np.asarray(some)
        if not len(rows):
            return []
        return [rows[i] for i in np.argsort(self.distances(rows), kind="stable")[:most]]

    def _climbed(self) -> NDArray[Any] | None:
        """Up the slope from the origin, the cheapest column first, until it holds."""
        row, radius = self._origin, _RADIUS
        at = float(self._margins(row[None])[0])
        for _ in range(_CLIMBS if self._ranges else 0):
            there = self._exchanged(row, radius)
            rows = row + np.linspace(0.0, 1.0, _SECTIONS)[1:, None] * (there - row)
            margins = self._margins(rows)
            self.tried += len(rows)
            if (margins > self._least).any():
                return np.asarray(rows[int((margins > self._least).argmax())])
            best = int(margins.argmax())
            if margins[best] > at:
                row, at = rows[best], float(margins[best])
            else:
                radius /= 4.0
        return None

    # -- and down ---------------------------------------------------------------------------------

    def _down(self, row: NDArray[Any]) -> NDArray[Any]:
        for _ in range(_ROUNDS):
            before = self._distance(row)
            row = self._slid(self._back(row))
            if self._distance(row) > before * (1.0 - 1e-6):
                break
        return row

    def _back(self, row: NDArray[Any]) -> NDArray[Any]:
        """With each column as near to where it was as it holds, those that moved most first."""
        costs = [float(one.cost(self._origin, row[None])[0]) for one in self._moved]
        for i in np.argsort(-np.array(costs), kind="stable").tolist():
            row = self._nearer(row, self._moved[i])
        return row

    def _nearer(self, row: NDArray[Any], one: Moved) -> NDArray[Any]:
        """With one column as near to where it was as it holds, the others staying."""
        cost = float(one.cost(self._origin, row[None])[0])
        if cost == 0.0:
            return row
        back = row.copy()
        places = list(one.places)
        back[places] = self._origin[places]
        if not one.is_range:
            rows = np.tile(row, (len(one.values) + 1, 1))
            rows[:, places] = np.vstack([one.values, self._origin[places]])
            rows = rows[one.cost(self._origin, rows) < cost]
            found = self._nearest_of(rows[self._hold(rows)], 1) if len(rows) else []
            return found[0] if found else row
        if self._hold(back[None])[0]:
            return back
        return self._first(back, row)

    def _first(self, start: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
        """The first row that holds on the way to one that does, of which the start does not."""
        begin, stop = 0.0, 1.0
        while stop - begin > _FINE:
            shares = np.linspace(begin, stop, _SECTIONS)[1:-1]
            rows = start + shares[:, None] * (end - start)
            holds = np.append(self._hold(rows), True)
            k = int(holds.argmax())
            begin, stop = ([begin, *shares.tolist()][k], [*shares.tolist(), stop][k])
        found = start + stop * (end - start)
        return np.asarray(found if self._hold(found[None])[0] else end)

    def _slid(self, row: NDArray[Any]) -> NDArray[Any]:
        """Exchange columns for others that do more for the same distance."""
        radius = _RADIUS
        for _ in range(_EXCHANGES if self._ranges else 0):
            there = self._exchanged(row, radius)
            rows = row + np.linspace(1.0, 0.0, _SECTIONS)[:-1, None] * (there - row)
            less = self.distances(rows) < self._distance(row) * (1.0 - 1e-9)
            rows = rows[less]
            holds = self._hold(rows) if len(rows) else np.zeros(0, bool)
            if holds.any():
                row = rows[int(holds.argmax())]
            else:
                radius /= 4.0
        return row

    def _exchanged(self, row: NDArray[Any], radius: float) -> NDArray[Any]:
        """The nearest row within a radius whose margin is above 0 if it is a straight line.

        Each column goes back as far as it may; then those that raise the margin most for their
        distance go away again, until it is above 0. So the linear program is solved exactly.
        """
        self.tried += 1
        margins, slopes = self._slopes(row[None])
        places = np.array([one.places[0] for one in self._ranges])
        spread = np.array([one.spread for one in self._ranges])
        ends = np.array([one.values[:, 0] for one in self._ranges])
        x, origin, slope = row[places], self._origin[places], slopes[0, places]
        # Where a column is outside its range it is as it was given, and may stay there.
        low = np.maximum(np.minimum(ends[:, 0], x), x - radius * spread)
        high = np.minimum(np.maximum(ends[:, 1], x), x + radius * spread)
        there = np.clip(origin, low, high)
        needed = 2.0 * self._least - float(margins[0]) - float(slope @ (there - x))
        room = np.where(slope > 0.0, high - there, there - low)
        for j in np.argsort(-np.abs(slope) * spread, kind="stable"):
            if needed <= 0.0 or slope[j] == 0.0:
                break
            step = min(room[j], needed / abs(slope[j]))
            there[j] += step if slope[j] > 0.0 else -step
            needed -= step * abs(slope[j])
        found = row.copy()
        found[places] = there
        return found
