"""Data as `fit` is given it: checked once, turned into plain lists, cut into batches."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from jangrad.engine import as_float
from jangrad.errors import DataError, NotANumber, ShapeError

Rows = list[list[float]]
Targets = list[Any]  # numbers, or rows of numbers

_ONLY_FLOATS = frozenset({float})


def read_data(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> tuple[Rows, Targets]:
    """The rows and their targets as plain lists of floats.

    Args:
        X: rows of numbers: a list of lists, or a 2-d array.
        y: one number a row, or one list of numbers a row.
        names: what messages call the two.

    Raises:
        ShapeError: when rows differ in length, or X and y do.
        DataError: when there are no rows, or a number is missing, nan, inf or text.
    """
    rows, targets = _listed(X, names[0]), _listed(y, names[1])
    certain = _is_finite_table(X)
    if not rows:
        raise DataError(f"`{names[0]}` has no rows", why="there is nothing to learn from")
    if len(rows) != len(targets):
        raise ShapeError(
            f"`{names[0]}` has {len(rows)} rows, but `{names[1]}` has {len(targets)}",
            why="each row has one target",
        )
    if not isinstance(rows[0], (list, tuple)):
        raise ShapeError(
            f"row 0 of `{names[0]}` is {rows[0]!r:.60}, not a list of numbers",
            why="a network is called with one row, a list of its inputs",
            try_=f"[[x] for x in {names[0]}] if each row is a single number",
        )
    rows = rows if certain else _table(rows, names[0])
    if isinstance(targets[0], (list, tuple)):
        return rows, _table(targets, names[1])
    return rows, [_number(target, f"{names[1]}[{i}]") for i, target in enumerate(targets)]


def batches(count: int, size: int, shuffle: random.Random) -> Iterator[list[int]]:
    """The row numbers of each batch, epoch after epoch, without end; the last of one may be short.

    Args:
        count: how many rows there are.
        size: how many a batch holds; all rows in their order if it is `count` or more.
        shuffle: deals them afresh for each epoch.
    """
    order = list(range(count))
    while True:
        if size < count:
            shuffle.shuffle(order)
        for start in range(0, count, size):
            yield order[start : start + size]


def _listed(data: Any, name: str) -> list[Any]:
    if hasattr(data, "to_numpy"):  # a pandas table or column
        data = data.to_numpy()
    if hasattr(data, "tolist"):  # a NumPy array
        data = data.tolist()
    if isinstance(data, (str, bytes, dict)) or not hasattr(data, "__iter__"):
        raise DataError(
            f"`{name}` is {data!r:.60} ({type(data).__name__}), not rows of data",
            try_="a list or a NumPy array",
        )
    return [row.tolist() if hasattr(row, "tolist") else row for row in data]


def _is_finite_table(data: Any) -> bool:
    """Whether it is an array of rows of floats that NumPy has found finite."""
    if getattr(data, "ndim", 0) != 2 or not hasattr(data, "tolist") or not all(data.shape):
        return False
    import numpy as np  # the array has brought it

    return bool(data.dtype.kind == "f" and np.isfinite(data).all())


def _table(rows: Sequence[Any], name: str) -> Rows:
    width = len(rows[0])
    if not width:
        raise ShapeError(f"row 0 of `{name}` is empty")
    table = []
    for i, row in enumerate(rows):
        if not isinstance(row, (list, tuple)) or len(row) != width:
            size = len(row) if isinstance(row, (list, tuple)) else repr(row)[:60]
            raise ShapeError(
                f"row {i} of `{name}` has {size} numbers, but row 0 has {width}"
                if isinstance(row, (list, tuple))
                else f"row {i} of `{name}` is {size}, but row 0 is a list of {width} numbers",
                why="all rows have the same columns",
            )
        # A sum of finite numbers that overflows is looked at one by one, as nan and inf are.
        if _ONLY_FLOATS.issuperset(map(type, row)) and math.isfinite(sum(row)):
            table.append(list(row))
        else:
            table.append([_number(number, f"{name}[{i}][{j}]") for j, number in enumerate(row)])
    return table


def _number(number: Any, place: str) -> float:
    if type(number) is not float:
        try:
            number = as_float(number)
        except NotANumber:
            raise DataError(
                f"`{place}` is {number!r:.60} ({type(number).__name__}), not a number",
                try_="text labels as class numbers 0, 1, 2 ...; rows with missing numbers left out",
            ) from None
    if not math.isfinite(number):
        raise DataError(
            f"`{place}` is {number}",
            why="one such number makes the loss and every weight nan",
            try_="leave the row out, or fill the gap with the column's mean",
        )
    return float(number)
