"""Rows that are picked by a number, also by one that is known only when compiled code is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any

from jangrad.arrays import Listed, items_of, row_of
from jangrad.engine import Value, apply, as_float, was_argument
from jangrad.errors import NoSuchRow, NotANumber, ShapeError, Untraceable
from jangrad.lists import sum
from jangrad.watching import refused, tracing


class ValueTable:
    """Rows that an integer picks from, also one that a traced function is given.

    Args:
        rows: numbers or Values, or lists of them, all of one length.

    Raises:
        ShapeError: when there are no rows, or they differ in length.
    """

    def __init__(self, rows: Iterable[Any]) -> None:
        self.rows = _listed(rows)
        if not self.rows:
            raise ShapeError("a table has at least one row")
        widths = {len(row) if isinstance(row, (list, tuple)) else -1 for row in self.rows}
        if len(widths) > 1:
            raise ShapeError(
                f"the rows of a table have one length, but these have {sorted(widths)}"
            )

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        """The row of this index, an integer from 0; a traced one is looked up at each call.

        Raises:
            NoSuchRow: when there is no such row; it is an IndexError.
            NotANumber: when the index is no number, or a Value outside a trace.
            Untraceable: when a traced index is computed, and no argument itself.

        >>> ValueTable([4.0, 5.0])[1], ValueTable([4.0, 5.0])[1.0]
        (5.0, 5.0)
        """
        if not isinstance(index, Value):
            number = as_float(index)  # rows of data are floats, also where they hold indices
            if number % 1.0 or not 0 <= number < len(self.rows):
                raise NoSuchRow.among(len(self.rows), number)
            return self.rows[int(number)]
        trace = tracing()
        if trace is None:
            raise refused(
                NotANumber(
                    f"a row is picked by an integer, not by {index!r}",
                    why="no gradient flows through a choice",
                    try_="int(index.data)",
                )
            )
        if not (index.is_leaf and was_argument(index)):
            raise refused(
                Untraceable(
                    f"a row of a table is picked by {index!r}, which is computed",
                    why="whether there is such a row is checked when a call brings its number",
                    try_="give the row's number to the function as an argument",
                )
            )
        trace.lookups.append((index, len(self.rows)))
        if not isinstance(self.rows[0], (list, tuple)):
            return _picked(trace, self.rows, index)
        kind = Listed if isinstance(self.rows[0], Listed) else list
        return kind(_picked(trace, column, index) for column in zip(*self.rows, strict=True))


def _listed(rows: Any) -> list[Any]:
    """The rows as lists, also those of arrays and of pandas' tables."""
    rows = items_of(rows)
    if isinstance(rows, Set):
        raise ShapeError(
            f"a table is made of a list of rows, not of a {type(rows).__name__}",
            why="a set has no order, and equal rows once",
            try_="jangrad.table([a, b, c]), whose rows are looked up by their places",
        )
    if isinstance(rows, dict):
        raise ShapeError(
            "a table is made of a list of rows, not of a dict",
            why="it would take the keys",
            try_="jangrad.table(list(d.values())), whose rows are looked up by their places",
        )
    if getattr(rows, "ndim", 0) and not getattr(rows, "requires_grad", False):
        return [*map(row_of, rows)]
    return [_listed(row) if getattr(row, "ndim", 0) else row for row in rows]


def _picked(trace: Any, items: Sequence[Any], index: Value) -> Any:
    """One of the items, by its number.

    Where all items are computed alike with something that they share, such as a softmax's sum, it
    is computed for the picked one alone. A column is made once in a trace, however often it is
    used: a dictionary asks whether Values are equal, which is an operation in a trace, so its key
    holds what they are known by.
    """
    if {*map(type, items)} == {Value}:  # as most are, and many times as fast
        key: tuple[Any, ...] = tuple(map(id, items))
    else:
        key = tuple(id(x) if isinstance(x, Value) else as_float(x).hex() for x in items)
    if key.count(key[0]) == len(key):
        return items[0]
    first = items[0]
    op = first.op if isinstance(first, Value) and not first.own_backward else None
    if op in _SHARING and all(isinstance(x, Value) and x.op == op for x in items):
        sides = list(zip(*(x.inputs for x in items), strict=True))
        if any(isinstance(side[0], Value) and all(x is side[0] for x in side) for side in sides):
            return apply(op, *(_picked(trace, side, index) for side in sides))
    column = trace.columns.get(key)
    if column is None:
        values = [x if isinstance(x, Value) else Value(x) for x in items]
        column = trace.columns[key] = sum(
            apply("scatter", x, float(i)) for i, x in enumerate(values)
        )
    return apply("gather", column, index)


# Operations that are cheaper for one item than a column of all.
_SHARING = {"add", "sub", "mul", "div", "minus"}


def table(rows: Iterable[Any]) -> ValueTable:
    """Rows that an integer picks from: `table(rows)[i]` is `rows[i]`.

    Inside a function that `jangrad.jit` compiles, the index may be an argument of it; it is then
    looked up at each call, and a row that is picked twice gets both gradients. Other libraries call
    it a gather, or an embedding.

    Args:
        rows: n numbers or Values, or n lists of them, all of one length.

    Returns:
        A `ValueTable`.

    Raises:
        ShapeError: when there are no rows, or they differ in length.

    >>> table([[1.0, 2.0], [3.0, 4.0]])[1]
    [3.0, 4.0]
    """
    return ValueTable(rows)
