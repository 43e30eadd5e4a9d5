"""Lists of numbers as users give them: rows, batches of rows, and errors that name the place.

A place is written as Python would reach it, `rows[2][0]`, so that nobody has to guess where
counting starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from jangrad.arrays import items_of
from jangrad.engine import Value, as_float
from jangrad.errors import NotANumber, ShapeError


def is_list(x: Any) -> bool:
    """True for what holds numbers in order: a list, a tuple, an array with axes."""
    return isinstance(x, (list, tuple)) or getattr(x, "ndim", 0) > 0


def listed(xs: Any, name: str) -> list[Any]:
    """The items as a list.

    Raises:
        ShapeError: when xs is one number, text or anything else without items.
    """
    if isinstance(xs, list):  # as rows of arrays are too
        return xs if type(xs) is list else list(xs)
    if isinstance(xs, (str, bytes, Value)) or not hasattr(xs, "__iter__"):
        raise ShapeError(
            f"`{name}` is to be a list, not {xs!r:.60} ({type(xs).__name__})",
            try_=f"a list, of one item too: [{xs!r:.30}]",
        )
    if isinstance(xs, (Mapping, Set)):
        raise ShapeError(
            f"`{name}` is to be a list, not a {type(xs).__name__}",
            why="a set has no order, and of a dict it would be the keys",
            try_="[d[name] for name in names], in an order that you choose",
        )
    return list(items_of(xs))


def number(x: Any, place: str) -> Value | float:
    """The Value itself, or the plain number as a float.

    Raises:
        NotANumber: when it is neither; the message names the place.
    """
    if type(x) is float or isinstance(x, Value):
        return x
    try:
        return as_float(x)
    except NotANumber as error:
        raise NotANumber(
            f"`{place}` is to be a real number, not {x!r:.60} ({type(x).__name__})",
            why=error.why,
            try_=error.try_,
        ) from None


def as_rows(batch: Any, name: str) -> list[list[Value | float]]:
    """A batch as a list of rows; a plain item is read as a row of one.

    Raises:
        ShapeError: when the batch is not a list, is empty, or has an empty row.
        NotANumber: when an item is not a number.
    """
    items = listed(batch, name)
    if not items:
        raise ShapeError(f"`{name}` is empty", try_="at least one row")
    rows = []
    for i, item in enumerate(items):
        if not is_list(item):
            rows.append([number(item, f"{name}[{i}]")])
            continue
        row = [number(x, f"{name}[{i}][{j}]") for j, x in enumerate(item)]
        if not row:
            raise ShapeError(f"`{name}[{i}]` is an empty row", try_="at least one number a row")
        rows.append(row)
    return rows


def input_row(xs: Any, n_inputs: int, who: object) -> list[Any]:
    """The inputs of one call as a list of the right length.

    Raises:
        ShapeError: when they are another number than `n_inputs`, or are rows themselves.
    """
    row = listed(xs, "inputs")
    if row and is_list(row[0]):
        raise ShapeError(
            f"{who!r} takes one row of numbers, but `inputs[0]` is a row itself",
            try_="[net(row) for row in rows], or net.predict(rows) for plain numbers",
        )
    if len(row) != n_inputs:
        raise ShapeError(
            f"{who!r} takes {_inputs(n_inputs)}, but {len(row)} {_were(len(row))} given",
            why="each weight is multiplied with one input",
            try_=f"a row of {n_inputs}",
        )
    return row


def _inputs(count: int) -> str:
    return "1 input" if count == 1 else f"{count} inputs"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
