"""How the columns of a later table differ from those that a network was trained on."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.datasets import Column
from jangrad.datasets.kinds import FIRST, parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 10
_NOTABLE = 0.1  # of the index: below it no reader of it is worried
_SURE = 3.090232306167813  # deviations of a normal distribution, which one in 1,000 exceeds


class Drift(NamedTuple):
    """How much a column has changed.

    Attributes:
        name: of the column.
        stability: the population stability index: 0 where nothing has, above 0.25 a great deal.
        is_sure: whether so much is more than chance: once in 1,000 columns that have not changed.
        before, now: the mean, of dates too, or the commonest text and its share.
        missing: shares of missing cells, before and now.
    """

    name: str
    stability: float
    is_sure: bool
    before: str
    now: str
    missing: tuple[float, float]


def profile(column: Column, cells: Sequence[str]) -> dict[str, Any]:
    """What a later table is compared with, as JSON: numbers between deciles, or texts, counted."""
    known = _known(column, cells)
    if column.kind in ("text", "boolean"):
        counts = dict(sorted(Counter(map(str, known)).items()))
        return {"rows": len(cells), "missing": len(cells) - len(known), "counts": counts}
    return _deciles(sorted(map(float, known)), len(cells))


def profile_of_numbers(numbers: NDArray[Any]) -> dict[str, Any]:
    """The same of a column that is an array, with nan where nothing is known."""
    known = numbers[numbers == numbers]
    known.sort()
    return _deciles(known, len(numbers))


def _deciles(numbers: Any, rows: int) -> dict[str, Any]:
    count = len(numbers)
    edges = sorted({float(numbers[count * k // _BINS]) for k in range(1, _BINS)} if count else ())
    ends = [bisect_left(numbers, edge) for edge in edges]
    counts = [b - a for a, b in pairwise([0, *ends, count])]
    mean = math.fsum(x / count for x in numbers) if count else 0.0
    return {"rows": rows, "missing": rows - count, "edges": edges, "counts": counts, "mean": mean}


def drift(column: Column, before: Mapping[str, Any], cells: Sequence[str]) -> Drift:
    """How much the cells of a later table differ from a profile.

    Source: Siddiqi, Credit Risk Scorecards (2006), for the index; Yurdakul, Statistical Properties
    of the Population Stability Index (2018): without a change it is (1/n + 1/m) times a chi-square
    variable with one degree of freedom less than there are bins.
    """
    known = _known(column, cells)
    gaps = before["missing"], len(cells) - len(known)
    if column.kind in ("text", "boolean"):
        here = Counter(map(str, known))
        names = sorted({*before["counts"], *here})
        old = [before["counts"].get(name, 0) for name in names]
        new = [here[name] for name in names]
        words = [_commonest(before["counts"]), _commonest(here)]
    else:
        numbers = [float(x) for x in known]
        old, new = before["counts"], _binned(numbers, before["edges"])
        mean = math.fsum(numbers) / len(numbers) if numbers else math.nan
        words = [_told(x, column.kind) for x in (before["mean"], mean)]
    n, m = before["rows"], len(cells)
    pairs = [(a, b) for a, b in zip([*old, gaps[0]], [*new, gaps[1]], strict=True) if a or b]
    index = 0.0
    for a, b in pairs:
        # Half a row more in each bin: a bin that is empty in one of the tables is no infinity.
        p, q = (a + 0.5) / (n + 0.5 * len(pairs)), (b + 0.5) / (m + 0.5 * len(pairs))
        index += (p - q) * math.log(p / q)
    limit = (1 / n + 1 / m) * _chi_square(len(pairs) - 1)
    shares = gaps[0] / n, gaps[1] / m
    return Drift(column.name, index, index > max(limit, _NOTABLE), words[0], words[1], shares)


def _known(column: Column, cells: Sequence[str]) -> list[str] | list[float]:
    """What is compared of the known cells: a text as it is, a number, a date's elapsed days."""
    known = [cell for cell in cells if not column.is_missing(cell)]
    if column.kind == "text":
        return known
    read = [column.read(cell, column.name) for cell in known]
    if column.kind == "boolean":
        return ["?" if found is None else "yes" if found[0] else "no" for found in read]
    is_date = column.kind not in ("number", "percent")
    at = parts(column.kind).index("elapsed days") if is_date else 0
    return [found[at] for found in read if found is not None]


def _binned(numbers: Sequence[float], edges: Sequence[float]) -> list[int]:
    counts = [0] * (len(edges) + 1)
    for x in numbers:
        counts[bisect_right(edges, x)] += 1
    return counts


def _told(mean: float, kind: str) -> str:
    """A mean as a person writes it; of elapsed days the date."""
    if kind in ("number", "percent") or mean != mean:
        return f"{mean:.4g}"
    return f"{FIRST + timedelta(days=mean):%Y-%m-%d}"


def _commonest(counts: Mapping[str, int]) -> str:
    if not counts:
        return "nothing"
    text = max(counts, key=lambda name: counts[name])
    return f"{text:.20} {counts[text] / sum(counts.values()):.0%}"


def _chi_square(degrees: int) -> float:
    """What a chi-square variable exceeds once in 1,000, to 1 %: of 9 degrees 27.9.

    Source: Wilson and Hilferty, The Distribution of Chi-Square (1931).

    >>> f"{_chi_square(9):.1f}"
    '28.1'
    """
    if degrees < 1:
        return 0.0
    part = 2 / (9 * degrees)
    return float(degrees * (1 - part + _SURE * math.sqrt(part)) ** 3)
