"""Data as `fit` is given it: checked once and turned into lists of floats.

Much of it stays in an array, whose rows are lists once they are asked for: ten million floats of
Python would take a second to make, and hundreds of megabytes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Any, overload

from jangrad.arrays import Listed, row_of
from jangrad.engine import as_float
from jangrad.errors import DataError, NotANumber, ShapeError

Rows = Sequence[list[float]]
Targets = Sequence[Any]  # numbers, or rows of numbers
Weights = list[float] | None  # what each row counts; None where all count 1
HeldOut = tuple[Rows, Targets, Weights]

_PLAIN = frozenset({float, int})
# Of so many numbers NumPy is told, which would take longer to import than to look at fewer.
_MANY = 10_000


class PlainRows(Sequence[list[float]]):
    """Many rows of numbers, in an array of floats of shape (rows, numbers a row)."""

    def __init__(self, numbers: Any, *, array: bool) -> None:
        self._numbers, self._array = numbers, array  # whether it is one of the user's

    @classmethod
    def of(cls, data: Any) -> PlainRows | None:
        """A copy of an array or of a list of rows; None where it is small, or not all numbers.

        An array that nobody can write into, nor into what it is a part of, is taken as it is.
        """
        listed = isinstance(data, (list, tuple))
        if listed:
            size = len(data) * len(data[0]) if data and hasattr(data[0], "__len__") else 0
        else:
            size = getattr(data, "size", 0) if getattr(data, "ndim", 0) == 2 else 0
        if not isinstance(size, int) or size < _MANY:
            return None
        import numpy as np

        if not (
            {*map(type, data)} <= {list, tuple, np.ndarray} if listed else type(data) is np.ndarray
        ):
            return None
        try:
            numbers = data if not listed and _is_fixed(data) else np.array(data)
        except ValueError:  # rows of different lengths
            return None
        if numbers.ndim != 2 or numbers.dtype.kind not in "fiub":
            return None
        narrow = numbers.dtype.kind == "f" and numbers.itemsize <= 8
        return cls(numbers if narrow else numbers.astype(float), array=not listed)

    def check(self, name: str) -> None:
        """That all numbers are finite."""
        import numpy as np

        finite = np.isfinite(self._numbers)
        if not finite.all():
            i, j = np.argwhere(~finite)[0].tolist()
            _number(float(self._numbers[i, j]), f"{name}[{i}][{j}]")

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, i: int) -> list[float]: ...
    @overload
    def __getitem__(self, i: slice) -> list[list[float]]: ...
    def __getitem__(self, i: Any) -> Any:
        return row_of(self._numbers[i]) if self._array else self._numbers[i].tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._numbers.astype(dtype or self._numbers.dtype, copy=bool(copy))


class PlainTargets(Sequence[float]):
    """Many targets, in an array of floats."""

    def __init__(self, numbers: Any) -> None:
        self._numbers = numbers

    @classmethod
    def of(cls, data: Any) -> PlainTargets | None:
        """A copy of an array, as of `PlainRows`; None where it is small, or not of numbers."""
        if getattr(data, "ndim", 0) != 1 or len(data) < _MANY or not hasattr(data, "flags"):
            return None
        kind = getattr(data.dtype, "kind", "")
        if kind == "f" and data.itemsize <= 8 and _is_fixed(data):
            return cls(data)
        return cls(data.astype(float)) if kind in ("f", "i", "u") else None

    def check(self, name: str) -> None:
        """That all numbers are finite."""
        import numpy as np

        finite = np.isfinite(self._numbers)
        if not finite.all():
            i = int(finite.argmin())
            _number(float(self._numbers[i]), f"{name}[{i}]")

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, i: int) -> float: ...
    @overload
    def __getitem__(self, i: slice) -> list[float]: ...
    def __getitem__(self, i: Any) -> Any:
        return self._numbers[i].tolist()

    def __iter__(self) -> Iterator[float]:
        for first in range(0, len(self), _MANY):
            yield from self._numbers[first : first + _MANY].tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return self._numbers.astype(dtype or self._numbers.dtype, copy=bool(copy))


def _is_fixed(array: Any) -> bool:
    """Whether neither it nor what it is a part of can be written into."""
    whole = array if array.base is None else array.base
    owned = type(whole) is type(array) and whole.base is None
    return owned and not (array.flags.writeable or whole.flags.writeable)


def read_data(X: Any, y: Any, names: tuple[str, str] = ("X", "y")) -> tuple[Rows, Targets]:
    """The rows and their targets, in lists of floats or in tables.

    Args:
        X: rows of numbers: a list of lists, a 2-d array, or such a table.
        y: one number a row, or one list of numbers a row.
        names: what messages call the two.

    Raises:
        ShapeError: when rows differ in length, or X and y do.
        DataError: when there are no rows, or a number is missing, nan, inf or text.
    """
    rows, targets = _listed(X, names[0]), _listed(y, names[1])
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
    rows = _table(rows, names[0])
    if isinstance(targets, PlainTargets):
        targets.check(names[1])
        return rows, targets
    if isinstance(targets[0], (list, tuple)):
        return rows, _table(targets, names[1])
    return rows, _floats(targets, names[1])


def read_weights(weights: Any, rows: int, name: str = "row_weights") -> Weights:
    """What each row counts, as floats.

    Args:
        weights: one number a row, 0 or more; None where all count 1.
        rows: how many there are.
        name: what messages call the weights.

    Raises:
        ShapeError: when there are more or fewer than rows.
        DataError: when one is below 0, nan, inf or no number, or all are 0.
    """
    if weights is None:
        return None
    listed = _listed(weights, name)
    if len(listed) != rows:
        raise ShapeError(f"`{name}` has {len(listed)} numbers for {rows} rows")
    numbers = _floats(listed, name)
    if min(numbers) < 0.0:
        i = next(i for i, number in enumerate(numbers) if number < 0.0)
        raise DataError(
            f"`{name}[{i}]` is {numbers[i]:g}",
            why="a weight says how much a row counts: 2 is that row twice, 0 is never",
        )
    if not any(numbers):
        raise DataError(f"all {rows} `{name}` are 0", why="there is nothing to learn from")
    return numbers


def copies(rows: Iterable[Any]) -> list[Any]:
    """Targets, or rows, to be handed to who may write into them."""
    return [row[:] if isinstance(row, list) else row for row in rows]


def _listed(data: Any, name: str) -> Sequence[Any]:
    if isinstance(data, (PlainRows, PlainTargets)):
        return data
    if hasattr(data, "to_numpy"):  # a pandas table or column
        data = data.to_numpy()
    if (table := PlainRows.of(data)) is not None:
        return table
    if (column := PlainTargets.of(data)) is not None:
        return column
    if getattr(data, "ndim", 0) == 1 and getattr(data.dtype, "kind", "") in ("f", "i", "u"):
        numbers: list[Any] = data.tolist()
        return numbers
    one = getattr(data, "ndim", 1) == 0
    if isinstance(data, (str, bytes, dict, Set)) or one or not hasattr(data, "__iter__"):
        raise DataError(
            f"`{name}` is {data!r:.60} ({type(data).__name__}), not rows of data",
            why="a set has no order, and holds equal rows once" if isinstance(data, Set) else "",
            try_="a list or a NumPy array",
        )
    return [*map(row_of, data)]


def _table(rows: Sequence[Any], name: str) -> Rows:
    if isinstance(rows, PlainRows):
        rows.check(name)
        return rows
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
        numbers = _floats(row, f"{name}[{i}]")
        table.append(Listed(numbers) if isinstance(row, Listed) else numbers)
    return table


def _floats(numbers: Sequence[Any], name: str) -> list[float]:
    if _PLAIN.issuperset(map(type, numbers)):
        try:
            found = [*map(float, numbers)]
        except OverflowError:  # of an integer
            found = [math.inf]
        # A sum of finite numbers that overflows is looked at one by one, as nan and inf are.
        if math.isfinite(sum(found)):
            return found
    return [_number(number, f"{name}[{i}]") for i, number in enumerate(numbers)]


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
