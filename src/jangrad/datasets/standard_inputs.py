"""The rows of a table as the inputs of a network, made when they are asked for, some at a time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jangrad.datasets.columns import Column, Columns, unseen
from jangrad.datasets.packed import BLOCK, Numbers, Texts
from jangrad.datasets.sheet import Sheet
from jangrad.errors import DataError, either, offers

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MANY = 4_000_000  # numbers
_ALL = slice(None)


class StandardInputs:
    """The rows of a sheet as a network takes them that was trained on these columns.

    Args:
        sheet: where the columns are found by name.
        like: what was learned of them.
        mean: says in the notes whose mean fills a cell.
        notes: what was filled in is added to them, a sentence each.

    Attributes:
        count: how many rows there are.

    Raises:
        DataError: a cell is not of its column's kind, or is not known and may not be filled.
    """

    def __init__(self, sheet: Sheet, like: Columns, mean: str, notes: list[str]) -> None:
        self.count = len(sheet.lines)
        self._like = like
        self._parts = [_part(sheet, column, like.missing, mean, notes) for column in like.columns]

    def listed(self) -> list[list[float]]:
        """All rows, as they stand in the table."""
        import numpy as np

        found: list[list[float]] = np.hstack([part.take(_ALL) for part in self._parts]).tolist()
        return found

    @property
    def dtype(self) -> str:
        """In which the rows are standardised: of many numbers single precision, as no network can
        tell the difference."""
        return "float32" if self.count * len(self._like.inputs) > _MANY else "float64"

    def standardised(self, rows: slice = _ALL, into: Any = None) -> NDArray[Any]:
        """Some rows that follow each other, or all, of mean 0 and deviation 1.

        Args:
            rows: which.
            into: an array of shape (rows, inputs) to be filled; a new one when left out.
        """
        import numpy as np

        first, last, _ = rows.indices(self.count)
        X: Any = into
        if X is None:
            X = np.empty((last - first, len(self._like.inputs)), self.dtype)
        for begin in range(first, last, BLOCK):  # so that the memory between is small
            some, at = slice(begin, min(begin + BLOCK, last)), 0
            for part, column in zip(self._parts, self._like.columns, strict=True):
                for numbers, scale in zip(part.take(some).T, column.scales, strict=True):
                    X[begin - first : some.stop - first, at] = (numbers - scale.mean) / scale.std
                    at += 1
        return np.asarray(X)

    def let_go(self, row: int) -> None:
        """Keep what was read before this row no more, of large columns of numbers."""
        for part in self._parts:
            if isinstance(part, _OfNumbers):
                part.numbers.blocks.let_go(row)


class _OfNumbers:
    """The input of a column of numbers, with the mean where nothing is known."""

    def __init__(self, numbers: Numbers, mean: float) -> None:
        self.numbers, self._mean = numbers, mean

    def take(self, rows: Any) -> NDArray[Any]:
        """The input for some rows, shape (rows, 1)."""
        found = self.numbers.take(rows)
        found[found != found] = self._mean
        return found[:, None]


class _OfTexts:
    """The inputs of a column of which each different cell is some numbers."""

    def __init__(self, texts: Texts, inputs: list[list[float]]) -> None:
        import numpy as np

        self._at, self._inputs = texts.at, np.array(inputs)

    def take(self, rows: Any) -> NDArray[Any]:
        """The inputs for some rows, shape (rows, inputs)."""
        found: NDArray[Any] = self._inputs[self._at[rows]]
        return found


def _part(
    sheet: Sheet, column: Column, missing: str, mean: str, notes: list[str]
) -> _OfNumbers | _OfTexts:
    """The inputs that a column becomes."""
    numbers = sheet.numbers(column.name)
    if numbers is not None and column.kind == "number":
        count = len(numbers.gaps)
        if count and missing == "mean":
            notes.append(_filled(column, count, mean))
        if not count or missing == "mean":
            return _OfNumbers(numbers, column.scales[0].mean)
    texts = sheet.texts(column.name)
    counts = texts.counts().tolist()
    means = [scale.mean for scale in column.scales]
    made: list[list[float]] = []
    filled, unknown = 0, {}
    for i, cell in enumerate(texts.cells):
        found = None
        if not column.is_missing(cell):
            found = _read(sheet, column, cell)
            if found is None:
                unknown[cell] = counts[i]
                if missing != "mean":
                    raise unseen(column, cell, sheet.place_of(cell, column.name))
        elif missing != "mean":
            raise _gap(sheet, column, cell, missing)
        else:
            filled += counts[i]
        made.append(means if found is None else found)
    if filled:
        notes.append(_filled(column, filled, mean))
    if unknown:
        some = ", ".join(f"{cell:.40}" for cell in [*unknown][:5])
        notes.append(
            f"`{column.name}`: {counted(sum(unknown.values()), 'cell')} that the network never"
            f" learned from, read as not known: {some}{' ...' if len(unknown) > 5 else ''}"
        )
    return _OfTexts(texts, made)


def _read(sheet: Sheet, column: Column, cell: str) -> list[float] | None:
    """The inputs that a cell becomes; None for a text or a word that is not known."""
    if column.kind in ("number", "percent"):  # nearly always as Python writes it
        try:
            number = float(cell)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and "_" not in cell:
            return [number]
    try:
        return column.read(cell, "")
    except DataError:
        return column.read(cell, sheet.place_of(cell, column.name))


def _gap(sheet: Sheet, column: Column, cell: str, missing: str) -> DataError:
    return DataError(
        f"`{column.name}` is missing: {shown(cell)}",
        where=sheet.place_of(cell, column.name),
        why=f"the training data is read with {policy(missing)}, which leaves no number to fill in",
        try_=f"fill it in, or read the training data with {policy('mean')}",
    )


def _filled(column: Column, count: int, mean: str) -> str:
    number = f"{mean}, {column.scales[0].mean:.6g}"
    fill = number if column.kind in ("number", "percent") else "what is usual there"
    fill = "the share of each text" if column.kind == "text" else fill
    return f"`{column.name}`: filled {counted(count, 'missing cell')} with {fill}"


def policy(missing: str) -> str:
    """The option that says what is done about missing cells."""
    train = "" if offers("--missing") else "jangrad train "
    return either(f'missing="{missing}"', f"{train}--missing {missing}")


def shown(cell: str) -> str:
    """What stands in a cell in which nothing is known."""
    return f"the cell says `{cell}`" if cell else "the cell is empty"


def counted(number: int, thing: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
