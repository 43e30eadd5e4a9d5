"""The rows that a network is to predict: as many numbers in each, and all of them numbers.

Arrays of NumPy's and lists of ints and floats are seen to be right as wholes. Everything else is
looked at number by number, for errors that name the place, and for all that stands for a number.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, islice
from typing import Any

from jangrad.arrays import Listed
from jangrad.engine import Value
from jangrad.errors import NonFinite, ShapeError
from jangrad.nn.number_lists import as_rows, is_list, listed

_FLOATS = {float}
_PLAIN = {float, int}
_LISTS = {list, tuple}


class Batch:
    """Rows that have been checked.

    Attributes:
        count: how many there are.
        single: whether one row was given, and not a list of them.
        as_array: whether an array was given, or a table, so that outputs are an array too.
        is_regular: whether all rows are numbers, as many of them, and all of arrays or none.
        of_arrays: whether each is, or is from, an array, if they are regular.
        width: how many numbers each has then.

    Raises:
        ShapeError: when a row has not as many numbers as the network has inputs.
        NotANumber: when something in a row is not a number.
    """

    single = False
    is_regular = True
    of_arrays = False

    def __init__(self, net: Any, rows: Any) -> None:
        self.as_array = getattr(rows, "ndim", 0) > 0
        if self.as_array and hasattr(rows, "to_numpy"):  # a table of pandas
            numbers = rows.to_numpy()
            rows = numbers if numbers.dtype.kind in "fiub" else rows
        self._given: Any = None  # an array of two axes, or lists of ints and floats
        self._lists: list[list[Any]] | None = None
        if not (self._is_array(rows) if self.as_array else self._is_lists(rows)):
            self._read(rows)
        width = getattr(net, "n_inputs", None)
        if width is not None and self.count and self.width != width:
            self._refuse(net, width)

    def _is_array(self, rows: Any) -> bool:
        """Whether it is an array of NumPy's with numbers in one or two axes."""
        kind = getattr(sys.modules.get("numpy"), "ndarray", None)
        if type(rows) is not kind or rows.dtype.kind not in "fiub" or rows.ndim > 2:
            return False
        self.single = rows.ndim == 1
        self._given = rows.reshape(1, -1) if self.single else rows
        self.count, self.width = self._given.shape
        self.of_arrays = True
        return bool(rows.size)

    def _is_lists(self, rows: Any) -> bool:
        """Whether it is a list of ints and floats, or of lists of as many of them."""
        if type(rows) not in _LISTS or not rows:
            return False
        kinds = {*map(type, rows)}
        self.single = kinds <= _PLAIN
        if not (self.single or kinds <= _LISTS):
            return False
        self._given = [rows] if self.single else rows
        self.count, self.width = len(self._given), len(self._given[0])
        if {*map(len, self._given)} != {self.width} or not self.width:
            return False
        numbers = {*map(type, chain.from_iterable(self._given))}
        self._with_ints = int in numbers
        return numbers <= _PLAIN

    def _read(self, rows: Any) -> None:
        """Look at each number."""
        given = listed(rows, "rows")
        self._given = None
        self.single = bool(given) and not any(is_list(row) for row in given)
        items = [given] if self.single else given
        self._lists = as_rows(items, "rows") if given else []
        self._arrays = [self.as_array or hasattr(row, "ndim") for row in items]
        self.count = len(self._lists)
        widths = {*map(len, self._lists)}
        self.width = widths.pop() if len(widths) == 1 else -1
        self.of_arrays = bool(self._arrays) and self._arrays[0]
        numbers = {*map(type, chain.from_iterable(self._lists))} <= _FLOATS
        self.is_regular = numbers and self.width > 0 and len({*self._arrays}) == 1

    def _refuse(self, net: Any, width: int) -> None:
        for i, row in enumerate(self.lists):
            if len(row) != width:
                has = "1 number" if len(row) == 1 else f"{len(row)} numbers"
                raise ShapeError(
                    f"`rows[{i}]` has {has}, but {net!r} takes {width}",
                    try_="[[x] for x in the_list], if each number is a row of its own"
                    if self.single and width == 1
                    else f"rows of {width}",
                )

    @property
    def lists(self) -> Iterator[list[Any]]:
        """Each row as a new list of floats and Values.

        Raises:
            NotANumber: for an integer that is no float, before the first row.
        """
        if self._lists is None and not hasattr(self._given, "ndim") and self._with_ints:
            self._lists = as_rows(self._given, "rows")
        if self._lists is not None:
            return map(list, self._lists)
        if hasattr(self._given, "ndim"):
            return (row.astype(float).tolist() for row in self._given)
        return map(list, self._given)

    @property
    def array(self) -> Any:
        """The rows as an array of shape (rows, numbers), which may be the given one."""
        import numpy as np

        if hasattr(self._given, "ndim"):
            return self._given
        count, width = self.count, self.width
        given: Any = self._lists if self._given is None else self._given
        with suppress(OverflowError):  # an integer that is no float, which is said with its place
            numbers = np.fromiter(chain.from_iterable(given), np.float64, count * width)
            return numbers.reshape(count, width)
        return np.array([*self.lists])

    def row(self, i: int) -> Any:
        """What the network is called with for one row, where they are regular."""
        given: Any = self._lists if self._given is None else self._given
        if hasattr(given, "ndim"):
            return Listed(given[i].astype(float).tolist())
        return Listed(given[i]) if self.of_arrays else list(given[i])

    @property
    def rows(self) -> Iterator[Any]:
        """What the network is called with for each row."""
        if self.is_regular:
            return map(Listed, self.lists) if self.of_arrays else self.lists
        pairs = zip(self.lists, self._arrays, strict=True)
        return (Listed(row) if of_array else row for row, of_array in pairs)

    @property
    def first(self) -> Any:
        """The first row, as something that traces like all of them."""
        return self.array[0] if self.of_arrays else [0.0] * self.width


def by_python(
    net: Any, batch: Batch, done: list[list[float]], last: int | None = None
) -> list[list[float]]:
    """The outputs for all rows, or the first ones, of which some are done already."""
    outputs = list(done)
    try:
        for row in islice(batch.rows, len(done), last):
            outputs.append(plain(net(row)))
    except NonFinite as error:
        raise (error if batch.single else error.during(f"row {len(outputs)}")) from None
    return outputs


def next_by_python(net: Any, batch: Batch, done: list[list[float]]) -> None:
    """Compute one row more."""
    done[:] = by_python(net, batch, done, len(done) + 1)


def plain(outputs: Any) -> list[float]:
    """What a network has given for a row, as numbers."""
    items = outputs if is_list(outputs) else [outputs]
    return [x.data if isinstance(x, Value) else float(x) for x in items]
