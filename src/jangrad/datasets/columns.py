"""What a cell of a table means: columns of numbers, columns of text, and what was learned of them.

A description is made from the training data, kept as JSON in the model file, and used again to read
the rows to predict: same inputs, same order, same fills.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jangrad.datasets.kinds import KINDS, ORDERS, READERS, parts
from jangrad.datasets.sheet import Sheet
from jangrad.errors import DataError, ModelFileError, either, offers

# Anywhere; and in columns of numbers only, since `none` is also a fine category.
MISSING = frozenset({"", "?", "na", "n/a", "#n/a", "#na", "<na>", "nan", "-nan", "null"})
MISSING_NUMBER = MISSING | {"none"}


def is_missing(cell: str, *, text: bool) -> bool:
    """Whether a cell of a column of text, or of numbers, says that nothing is known."""
    return cell.casefold() in (MISSING if text else MISSING_NUMBER)


def parse_number(cell: str) -> float | None:
    """The number in a cell, written as Python and most programs write it; None where there is none.

    >>> parse_number("-1.5e3"), parse_number("1,5"), parse_number("1_000")
    (-1500.0, None, None)
    """
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def holds_text(sheet: Sheet, name: str) -> bool:
    """Whether the column is one of text; it is one of numbers as soon as one cell is a number.

    Raises:
        DataError: every cell is missing, numbers and text are mixed, or a number is infinite.
    """
    texts = sheet.texts(name)
    known = [cell for cell in texts.cells if not is_missing(cell, text=True)]
    if not known:
        raise DataError(
            f"the column `{name}` holds nothing: every cell is missing",
            where=sheet.file,
            try_=leave_out(name),
        )
    numbers = {cell for cell in known if parse_number(cell) is not None}
    for cell in known:
        odd = cell not in numbers or not math.isfinite(float(cell))
        if odd and numbers and not is_missing(cell, text=False):
            counts = dict(zip(texts.cells, texts.counts().tolist(), strict=True))
            some, every = (sum(counts[cell] for cell in cells) for cells in (numbers, known))
            others = f"{some} of {every} cells of `{name}` are"
            row = int(texts.firsts[texts.cells.index(cell)])
            at_the_edge = row in (0, len(sheet.lines) - 1) and not re.search(r"\d", cell)
            number_in(cell, sheet.place(row, name), others, at_the_edge=at_the_edge)
    return not numbers


def leave_out(name: str) -> str:
    """The advice to do without a column."""
    if not offers("--ignore"):  # of a network that has learned from it
        return f"train without the column (jangrad train --ignore {quoted(name)})"
    return f"leave the column `{name}` out ({either('`ignore`', f'--ignore {quoted(name)}')})"


def quoted(word: str) -> str:
    """A word as it is typed in a command: in quotes where the shell would not take it for one.

    >>> quoted("age"), quoted("sales in $")
    ('age', "'sales in $'")
    """
    import shlex

    return shlex.quote(word)


def number_in(cell: str, place: str, others: str, *, at_the_edge: bool = False) -> float:
    """The finite number in a cell, or a DataError that says how many others are numbers.

    At the edge, in the first row or the last, words stand now and then that are no row at all.
    """
    number = parse_number(cell)
    if number is None:
        raise DataError(
            f"`{cell:.60}` is not a number",
            where=place,
            why=f"a column is all numbers or all text, and {others} numbers",
            try_="correct the cell, or leave it empty if the number is not known"
            + ("; or delete the line, if it holds units, sums or a remark" if at_the_edge else ""),
        )
    if not math.isfinite(number):
        raise DataError(
            f"`{cell:.60}` is not a finite number",
            where=place,
            why="whatever is computed from it is infinite too, or not a number",
            try_="correct the cell, or leave it empty if the number is not known",
        )
    return number


@dataclass(frozen=True)
class Scale:
    """Mean and standard deviation of some numbers, to bring them to mean 0 and deviation 1.

    Attributes:
        mean: the mean.
        std: the standard deviation, > 0.

    >>> scale = Scale.of([1.0, 3.0])
    >>> scale, scale.apply(5.0), scale.undo(3.0)
    (Scale(mean=2.0, std=1.0), 3.0, 5.0)
    """

    mean: float
    std: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Scale:
        """The scale of one or more numbers; the deviation is taken as 1 where all are equal.

        Raises:
            DataError: when they lie so far apart that their deviation is no float.
        """
        n = len(numbers)
        if min(numbers) == max(numbers):  # a rounded mean would leave a deviation of 1e-17
            return cls(float(numbers[0]), 1.0)
        mean = math.fsum(x / n for x in numbers)  # divided first: a sum may overflow
        apart = [x - mean for x in numbers]
        std = math.hypot(*apart) / math.sqrt(n)
        if not 1e-300 < std < math.inf:  # the length has lost its digits, or is none
            most = max(map(abs, apart))
            std = math.hypot(*(x / most for x in apart)) / math.sqrt(n) * most or most
            if not math.isfinite(std):
                raise DataError(
                    f"numbers from {min(numbers)} to {max(numbers)} cannot be brought to one scale",
                    why="their distance is no float",
                    try_="their logarithms, or numbers in a larger unit",
                )
        return cls(mean, std)

    def apply(self, x: float) -> float:
        """The number in standard deviations from the mean."""
        return (x - self.mean) / self.std

    def undo(self, z: float) -> float:
        """The number that is z standard deviations from the mean."""
        return self.mean + z * self.std


@dataclass(frozen=True)
class Column:
    """One column of the file and the inputs it becomes.

    A column of numbers is one input, and so is one of yes and no. A date is its year, month,
    weekday and the days elapsed since 2000-01-01; with a time also its hour.

    Attributes:
        name: as the first line of the file has it.
        values: the texts of a column of text, each of them one input, 1.0 where the cell is that
            text and else 0.0; None for other columns.
        scales: mean and deviation of each input in the training data, missing cells left out.
        kind: one of `jangrad.datasets.kinds.KINDS`.
    """

    name: str
    values: tuple[str, ...] | None
    scales: tuple[Scale, ...]
    kind: str = "number"

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs: `age`; or `sex=female`, `sex=male`; or `day: year`, ...."""
        return inputs_of(self.name, self.kind, self.values)

    def is_missing(self, cell: str) -> bool:
        """Whether the cell says that nothing is known."""
        return is_missing(cell, text=self.kind not in ("number", "percent"))

    def read(self, cell: str, place: str) -> list[float] | None:
        """The inputs a cell becomes; None for a text or word that the training data did not hold.

        Args:
            cell: the text of the cell.
            place: where it stands, for the error.

        Raises:
            DataError: the cell is no finite number, or no date, in a column of them.
        """
        if self.values is not None:
            cell = alike(cell, self.values)
            if cell not in self.values:
                return None
            return [1.0 if cell == value else 0.0 for value in self.values]
        if self.kind in READERS:
            found = READERS[self.kind](cell)
            if found is None and self.kind != "boolean":
                example = ORDERS[self.kind[-3:]]
                raise DataError(
                    f"`{cell:.60}` is not a date",
                    where=place,
                    why=f"`{self.name}` was learned from dates written like {example}",
                    try_=f"a date like {example}, or an empty cell if it is not known",
                )
            return found
        return [number_in(cell, place, f"`{self.name}` was learned from")]


def composed(text: str) -> str:
    """The text in Unicode's form NFC: a letter and its accent as one sign, where there is one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def alike(cell: str, known: Sequence[str]) -> str:
    """The known text that a cell is: the same, or else one that Unicode takes for the same.

    Models of earlier formats may know either way of writing a letter, or both as two texts.

    >>> alike("Orle\\N{COMBINING ACUTE ACCENT}ans", ["Orléans"]) == "Orléans"
    True
    """
    if cell in known:
        return cell
    wanted = composed(cell)
    return next((text for text in known if composed(text) == wanted), cell)


def unseen(column: Column, cell: str, place: str) -> DataError:
    """The error for a text that was not learned from, where no mean may stand for it."""
    return DataError(
        f"`{cell:.60}` is not one of the texts `{column.name}` was learned from",
        where=place,
        why="the network has no input for it",
        try_="one of " + ", ".join(column.values or ("yes", "no")),
    )


def inputs_of(name: str, kind: str, values: Sequence[str] | None) -> list[str]:
    """The names of the inputs that a column of this kind becomes."""
    if values is not None:
        return [f"{name}={value}" for value in values]
    dates = kind in READERS and kind != "boolean"
    return [f"{name}: {part}" for part in parts(kind)] if dates else [name]


@dataclass(frozen=True)
class Columns:
    """How a table is read: which columns, as which inputs, with which fills and classes.

    Args:
        columns: the columns that are inputs, in the order of the network's inputs.
        target: the name of the column to predict.
        classes: the labels of a target of classes, sorted; the class is the index. None where the
            target is a number.
        target_scale: mean and deviation of a target of numbers, or None.
        missing: what is done about missing cells: "mean", "error" or "drop" (see `read_csv`).
    """

    columns: tuple[Column, ...]
    target: str
    classes: tuple[str, ...] | None
    target_scale: Scale | None
    missing: str

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs, in order."""
        return [name for column in self.columns for name in column.inputs]

    def standardise(self, X: Sequence[Sequence[float]]) -> list[list[float]]:
        """The rows with every input at mean 0 and deviation 1 over the training data."""
        scales = [(scale.mean, scale.std) for column in self.columns for scale in column.scales]
        return [[(x - mean) / std for (mean, std), x in zip(scales, row, strict=True)] for row in X]

    def to_dict(self) -> dict[str, Any]:
        """The description as lists, dictionaries, text and finite numbers: what JSON can hold."""
        scale = self.target_scale
        return {
            "columns": [
                {
                    "name": column.name,
                    "kind": column.kind,
                    "values": None if column.values is None else list(column.values),
                    "scales": [[scale.mean, scale.std] for scale in column.scales],
                }
                for column in self.columns
            ],
            "target": self.target,
            "classes": None if self.classes is None else list(self.classes),
            "target_scale": None if scale is None else [scale.mean, scale.std],
            "missing": self.missing,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Columns:
        """The description that `to_dict` wrote.

        Raises:
            ModelFileError: a part is absent or of another kind.
        """
        try:
            columns = tuple(
                Column(
                    _str(c["name"]),
                    _texts(c["values"]),
                    tuple(map(_scale, c["scales"])),
                    _kind(c),
                )
                for c in data["columns"]
            )
            target_scale = data["target_scale"]
            made = cls(
                columns,
                _str(data["target"]),
                _texts(data["classes"]),
                None if target_scale is None else _scale(target_scale),
                _str(data["missing"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            problem = f"`{error.args[0]}` is absent" if isinstance(error, KeyError) else str(error)
            raise ModelFileError(
                f"the description of the table's columns is damaged: {problem}"
            ) from None
        for column in made.columns:
            if len(column.scales) != len(column.inputs):
                raise ModelFileError(
                    "the description of the table's columns is damaged:"
                    f" `{column.name}` has {len(column.inputs)} inputs, {len(column.scales)} scales"
                )
        return made


def _str(data: object) -> str:
    if not isinstance(data, str):
        raise TypeError(f"{data!r:.60} is not text")
    return data


def _kind(column: Mapping[str, Any]) -> str:
    """The kind of a column; files of the first format tell text by its values alone."""
    text = column["values"] is not None
    kind = column.get("kind", "text" if text else "number")
    if kind not in KINDS or (kind == "text") != text:
        raise TypeError(f"{kind!r:.60} is not the kind of `{column['name']}`")
    return str(kind)


def _texts(data: object) -> tuple[str, ...] | None:
    if data is None:
        return None
    if not isinstance(data, list):
        raise TypeError(f"{data!r:.60} is not a list of texts")
    return tuple(map(_str, data))


def _scale(data: object) -> Scale:
    numbers = data if isinstance(data, list) else []
    good = len(numbers) == 2 and all(isinstance(x, int | float) for x in numbers)
    if not good or not all(map(math.isfinite, numbers)) or numbers[1] <= 0:
        raise TypeError(f"{data!r:.60} is not a mean and a deviation")
    return Scale(float(numbers[0]), float(numbers[1]))
