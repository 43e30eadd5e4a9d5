"""How the columns of a later table differ from those that a network was trained on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.datasets import Column
from jangrad.datasets.columns import alike
from jangrad.datasets.kinds import FIRST, READERS, parts
from jangrad.datasets.packed import Numbers, Texts

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


def profile(column: Column, cells: Numbers | Texts, rows: Any = slice(None)) -> dict[str, Any]:
    """What a later table is compared with, as JSON: numbers between deciles, or texts, counted.

    Args:
        column: what was learned of it.
        cells: in the rows of its table.
        rows: the indices of those that are learned from.
    """
    import numpy as np

    seen = _seen(column, cells, rows)
    about = {"rows": seen.rows, "missing": seen.missing}
    if seen.counts is not None:
        return about | {"counts": seen.counts}
    numbers = np.sort(seen.numbers)
    count = len(numbers)
    edges = sorted({float(numbers[count * k // _BINS]) for k in range(1, _BINS)} if count else ())
    return about | {"edges": edges, "counts": _binned(numbers, edges), "mean": _mean(numbers)}


def drift(column: Column, before: Mapping[str, Any], cells: Numbers | Texts) -> Drift:
    """How much the cells of a later table differ from a profile.

    Source: Siddiqi, Credit Risk Scorecards (2006), for the index; Yurdakul, Statistical Properties
    of the Population Stability Index (2018): without a change it is (1/n + 1/m) times a chi-square
    variable with one degree of freedom less than there are bins.
    """
    seen = _seen(column, cells, slice(None))
    gaps = before["missing"], seen.missing
    if seen.counts is not None:
        here = seen.counts
        names = sorted({*before["counts"], *here})
        old, new = ([counts.get(n, 0) for n in names] for counts in (before["counts"], here))
        words = [_commonest(before["counts"]), _commonest(here)]
    else:
        old, new = before["counts"], _binned(seen.numbers, before["edges"])
        mean = _mean(seen.numbers) if len(seen.numbers) else math.nan
        words = [told(x, column.kind) for x in (before["mean"], mean)]
    n, m = before["rows"], seen.rows
    pairs = [(a, b) for a, b in zip([*old, gaps[0]], [*new, gaps[1]], strict=True) if a or b]
    index = 0.0
    for a, b in pairs:
        # Half a row more in each bin: a bin that is empty in one of the tables is no infinity.
        p, q = (a + 0.5) / (n + 0.5 * len(pairs)), (b + 0.5) / (m + 0.5 * len(pairs))
        index += (p - q) * math.log(p / q)
    limit = (1 / n + 1 / m) * _chi_square(len(pairs) - 1)
    shares = gaps[0] / n, gaps[1] / m
    return Drift(column.name, index, index > max(limit, _NOTABLE), words[0], words[1], shares)


class _Seen(NamedTuple):
    """What is compared of a column.

    Attributes:
        rows, missing: how many, and in how many of them nothing is known.
        counts: how often each text stands there, or "yes" and "no"; None where there are numbers.
        numbers: those that are known; of dates the elapsed days.
    """

    rows: int
    missing: int
    counts: dict[str, int] | None
    numbers: Any


def _seen(column: Column, cells: Numbers | Texts, rows: Any) -> _Seen:
    import numpy as np

    if isinstance(cells, Texts) or column.kind in ("text", "boolean"):
        texts = cells if isinstance(cells, Texts) else cells.texts()
        counts = dict(zip(texts.cells, texts.counts(rows).tolist(), strict=True))
        total = sum(counts.values())
        known = [c for c, count in counts.items() if count and not column.is_missing(c)]
        missing = total - sum(counts[cell] for cell in known)
        if column.kind in ("text", "boolean"):
            found: Counter[str] = Counter()
            for cell in known:
                found[_word(column, cell)] += counts[cell]
            return _Seen(total, missing, dict(sorted(found.items())), None)
        at = parts(column.kind).index("elapsed days") if column.kind in READERS else 0
        read = {cell: column.read(cell, column.name) for cell in known}
        table = [(read.get(cell) or [math.nan] * (at + 1))[at] for cell in texts.cells]
        cells = Numbers.of(np.array(table, dtype=float)[texts.at])
    every = cells.take(rows)
    found_numbers = every[every == every]
    return _Seen(len(every), len(every) - len(found_numbers), None, found_numbers)


def _word(column: Column, cell: str) -> str:
    """A text as it is; of yes and no one of the two, or that it is neither."""
    if column.values is not None:
        return alike(cell, column.values)
    read = column.read(cell, column.name)
    return "?" if read is None else "yes" if read[0] else "no"


def _binned(numbers: NDArray[Any], edges: Sequence[float]) -> list[int]:
    """How many numbers lie below the first edge, from each to the next, and from the last on."""
    import numpy as np

    places = np.searchsorted(np.asarray(edges, dtype=float), numbers, side="right")
    counts: list[int] = np.bincount(places, minlength=len(edges) + 1).tolist()
    return counts


def _mean(numbers: NDArray[Any]) -> float:
    return float((numbers / len(numbers)).sum()) if len(numbers) else 0.0


def told(mean: float, kind: str) -> str:
    """A number as a person writes it; of elapsed days the date."""
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
