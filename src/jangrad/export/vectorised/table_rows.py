"""Rows on which an exported model of a table is tried, and what jangrad answers to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from jangrad.datasets import Column, Columns
from jangrad.datasets.kinds import BOOLEANS, DATES, FIRST, TIMES, moment, written_date
from jangrad.export.answers import answers_to
from jangrad.export.vectorised.differences import ALLOWED, allowed, apart
from jangrad.nn import MLP

_ROWS = 64


def is_date(column: Column) -> bool:
    """Whether a column is one of dates, with a time or without."""
    return column.kind in DATES or column.kind in TIMES


class Tried(NamedTuple):
    """Rows, and the answers to them.

    Attributes:
        cells: of each column by its name; None where nothing is known, dates as `datetime64[s]`.
        labels: the class of each row, None where none is known; of a target of classes only.
        numbers: the target, shape (rows, 1), or the probabilities of the classes.
    """

    cells: dict[str, list[Any]]
    labels: list[str | None]
    numbers: Any


def tried_rows(net: MLP, columns: Columns) -> Tried:
    """Rows like those of the training, some of their cells empty, and what `predict` answers."""
    draw = np.random.default_rng(0)
    written = {c.name: [_cell(c, columns, i, draw) for i in range(_ROWS)] for c in columns.columns}
    rows = [dict(zip(written, row, strict=True)) for row in zip(*written.values(), strict=True)]
    found = answers_to(net, columns, rows)
    cells = {c.name: [_given(cell, c) for cell in written[c.name]] for c in columns.columns}
    if columns.classes is None:
        return Tried(cells, [], np.array([[row[columns.target]] for row in found]))
    inside = [next(v for v in row.values() if isinstance(v, dict)) for row in found]
    labels = [row[columns.target] for row in found]
    return Tried(cells, labels, np.array([list(each.values()) for each in inside]))


def _cell(column: Column, columns: Columns, i: int, draw: Any) -> Any:
    """A cell as it is written in the table; the second row is empty, as are some others."""
    if columns.missing == "mean" and (i == 1 or draw.random() < 0.1):
        return ""
    if column.values is not None:
        return str(draw.choice(column.values))
    if column.kind == "boolean":
        return str(draw.choice([*BOOLEANS]))
    if is_date(column):
        days = column.scales[3]
        when = FIRST + timedelta(days=days.mean + days.std * draw.normal())
        when = when.replace(microsecond=0)
        return written_date(when if column.kind in TIMES else when.date(), column.kind)
    (scale,) = column.scales
    return float(scale.mean + scale.std * draw.normal())


def _given(cell: Any, column: Column) -> Any:
    """A cell as exported models are given it."""
    if column.values is not None or column.kind == "boolean":
        return cell
    if is_date(column):
        return np.datetime64(moment(cell, column.kind) or "NaT", "s")
    return None if cell == "" else cell


def difference(
    tried: Tried, labels: Any, numbers: Any, columns: Columns, dtype: str, where: str
) -> float:
    """How far the answers of an exported model are from jangrad's.

    Args:
        tried: the rows.
        labels, numbers: what the model answers.
        columns: of the table.
        dtype: in which it computes.
        where: it was run, for the error.

    Returns:
        The largest difference, of 1 or of the largest number; in single precision an amount is
        counted in deviations from its mean, so that a large mean hides nothing.

    Raises:
        ConfigError: when it is larger than the precision allows, or a class is another one.
    """
    expected, scale = tried.numbers, columns.target_scale
    unit = "1 or of its largest number"
    worst = apart(numbers, expected)
    if scale is not None and dtype == "float32":
        unit = "its deviation or of its farthest from the mean"
        worst = apart((numbers - scale.mean) / scale.std, (expected - scale.mean) / scale.std)
    other = [
        label != (wanted or "") and not np.ptp(np.sort(each)[-2:]) <= 2 * ALLOWED[dtype]
        for label, wanted, each in zip(
            labels, tried.labels, expected[: len(tried.labels)], strict=True
        )
    ]
    if any(other) or not np.array_equal(np.isfinite(numbers), np.isfinite(expected)):
        worst = np.inf
    lost = f", and {columns.far_from_0}" if dtype == "float32" and columns.far_from_0 else ""
    return allowed(worst, columns.target, where, dtype, lost, unit)
