"""What is wrong with the rows of a training that went wrong: outliers, scales, sameness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from jangrad.train.rows import Rows, Targets

_OUT = 50.0  # an outlier is so many times the usual distance away
_FEW = 0.02  # the part of rows that outliers are at most
_LARGE, _UNEQUAL = 30.0, 100.0  # sizes of numbers, and of columns beside each other, out of scale
_LOOKED_AT = 5000  # rows whose numbers say what is usual
_NEIGHBOURS, _COMPARED = 5, 400
_BETTER = 0.1  # part of the baseline's mistakes that neighbours must save to know anything


class Outlier(NamedTuple):
    """A number far from all others of its column.

    Attributes:
        row, column: where it is; column None for a target.
        value: the number.
        low, high: between which the others lie.
    """

    row: int
    column: int | None
    value: float
    low: float
    high: float


class ColumnScale(NamedTuple):
    """A column whose numbers are large, for a network.

    Attributes:
        column: which; None for the targets.
        low, high: between which its numbers lie.
        mean, spread: their mean and standard deviation.
    """

    column: int | None
    low: float
    high: float
    mean: float
    spread: float


def outliers(rows: Rows, targets: Targets | None) -> list[Outlier]:
    """The numbers that are far away from all others of their column, the farthest first."""
    import numpy as np

    found: list[tuple[float, Outlier]] = []
    columns: list[tuple[int | None, Any]] = list(enumerate(np.asarray(rows).T))
    if targets is not None:
        columns += [(None, c) for c in _targets(targets).T]
    for j, x in columns:
        some = x[:: max(1, len(x) // _LOOKED_AT)]
        middle = np.median(some)
        away = np.abs(x - middle)
        usual = float(np.median(np.abs(some - middle)))
        usual = usual or float(np.sort(away)[: max(1, int((1.0 - _FEW) * len(x)))].mean())
        limit = _OUT * (usual or max(1.0, abs(float(middle))))
        far = np.flatnonzero(away > limit)
        if 0 < len(far) <= max(1, _FEW * len(x)):
            rest = np.delete(x, far)
            for i in far.tolist():
                one = Outlier(i, j, float(x[i]), float(rest.min()), float(rest.max()))
                found.append((float(away[i]) / limit, one))
    found.sort(key=lambda pair: -pair[0])
    return [one for _, one in found]


def large_columns(rows: Rows, targets: Targets | None) -> list[ColumnScale]:
    """The columns of large numbers, and those that are large beside the others; the largest first.

    The targets too, unless they are None.
    """
    import numpy as np

    x = np.asarray(rows)
    scales = [_scale(j, column) for j, column in enumerate(x.T)]
    usual = float(np.median([max(abs(s.low), abs(s.high)) for s in scales]))
    found = [
        s
        for s in scales
        if _size(s) > _LARGE or (_size(s) > _UNEQUAL * usual > 0.0 and len(scales) > 1)
    ]
    if targets is not None:
        of_targets = [_scale(None, column) for column in _targets(targets).T]
        found += [s for s in of_targets if _size(s) > _LARGE]
    return sorted(found, key=lambda s: -_size(s))


def _size(scale: ColumnScale) -> float:
    return max(abs(scale.low), abs(scale.high))


def _scale(column: int | None, x: Any) -> ColumnScale:
    return ColumnScale(column, float(x.min()), float(x.max()), float(x.mean()), float(x.std()))


def _targets(targets: Targets) -> Any:
    import numpy as np

    found = np.asarray(targets, dtype=float)
    return found.reshape(len(found), -1)


def constant_columns(rows: Rows) -> list[int]:
    """The columns in which every row has the same number."""
    import numpy as np

    x = np.asarray(rows)
    return np.flatnonzero((x == x[0]).all(axis=0)).tolist()


def same_columns(rows: Rows) -> list[tuple[int, int]]:
    """The pairs of columns that are the same, but for a factor and a shift."""
    import numpy as np

    x = np.asarray(rows)
    spread = x.std(axis=0)
    moving = np.flatnonzero(spread > 0.0).tolist()
    z = (x - x.mean(axis=0)) / np.where(spread > 0.0, spread, 1.0)
    return [
        (i, j)
        for a, i in enumerate(moving)
        for j in moving[a + 1 :]
        if min(np.abs(z[:, i] - z[:, j]).max(), np.abs(z[:, i] + z[:, j]).max()) < 1e-9
    ]


def contradictions(rows: Rows, targets: Targets) -> list[tuple[int, int]]:
    """Pairs of rows with the same inputs and other targets, each row of later ones once."""
    seen: dict[tuple[float, ...], int] = {}
    found = []
    for i in range(len(rows)):
        first = seen.setdefault(tuple(rows[i]), i)
        if targets[i] != targets[first]:
            found.append((first, i))
    return found


def neighbours_know(rows: Rows, targets: Targets, *, classes: bool) -> tuple[float, float] | None:
    """What the nearest rows say of a row, beside what no row says.

    Args:
        rows, targets: of which some are looked at.
        classes: whether targets are classes.

    Returns:
        For classes the shares of rows that five neighbours, and the most frequent class, get right;
        else the mean squares that they and the mean lose. None for fewer than ten rows.

    Source: Cover and Hart, Nearest Neighbor Pattern Classification (1967).
    """
    import numpy as np

    stride = max(1, len(rows) // _COMPARED)
    some = range(0, len(rows), stride)
    if len(some) < 2 * _NEIGHBOURS:
        return None
    x = np.array([rows[i] for i in some], dtype=float)
    y = _targets([targets[i] for i in some])
    spread = x.std(axis=0)
    x = x / np.where(spread > 0.0, spread, 1.0)
    square = (x * x).sum(axis=1)
    apart = square[:, None] + square[None, :] - 2.0 * x @ x.T
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :_NEIGHBOURS]
    if not classes:
        told = y[near].mean(axis=1)
        return float(((told - y) ** 2).mean()), float(((y - y.mean(axis=0)) ** 2).mean())
    votes = [_most_frequent(y[each, 0].tolist()) for each in near]
    most = max(Counter(y[:, 0].tolist()).values()) / len(y)
    return float(np.mean(np.array(votes) == y[:, 0])), most


def know_nothing(known: tuple[float, float], *, classes: bool) -> bool:
    """Whether neighbours do hardly better than what looks at no input."""
    near, nobody = known
    if classes:
        return near - nobody < _BETTER * (1.0 - nobody)
    return near > (1.0 - _BETTER) * nobody


def _most_frequent(labels: Sequence[float]) -> float:
    return max(dict.fromkeys(labels), key=labels.count)
