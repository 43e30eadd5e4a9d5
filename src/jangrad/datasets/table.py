"""From a CSV file to numbers a network can learn from, and later rows to the same inputs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from jangrad.datasets.columns import Columns, alike, number_in, parse_number
from jangrad.datasets.digits import labels_of
from jangrad.datasets.kinds import is_percentage
from jangrad.datasets.notation import in_plain_numbers
from jangrad.datasets.reading import Notation, Reading, opened, takes
from jangrad.datasets.sheet import Sheet
from jangrad.datasets.source import (
    Source,
    amounts,
    check_target,
    rows_at,
    source_of,
    without_percent,
)
from jangrad.datasets.standard_inputs import StandardInputs, counted
from jangrad.errors import ConfigError, DataError, did_you_mean


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of numbers read from a file.

    Args:
        X: the rows, one float an input; as they stand in the file, not standardised.
        y: the targets: numbers, or the index of the class in `columns.classes`. Empty where the
            rows were read to be predicted.
        columns: how the file was read; JSON-able, and what `read_rows` needs.
        notes: what was decided or filled in, a sentence each, to be shown to the user.
    """

    X: list[list[float]]
    y: list[float]
    columns: Columns
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows, inputs = counted(len(self.X), "row"), counted(len(self.inputs), "input")
        kinds = f", classes {', '.join(self.classes)}" if self.classes else ""
        return f"<Table: {rows} of {inputs}, target `{self.target}`{kinds}>"

    @property
    def inputs(self) -> list[str]:
        """The names of the network's inputs, in order."""
        return self.columns.inputs

    @property
    def target(self) -> str:
        """The name of the column to predict."""
        return self.columns.target

    @property
    def classes(self) -> list[str] | None:
        """The labels of the classes, sorted, or None where the target is a number."""
        return None if self.columns.classes is None else list(self.columns.classes)


@takes(Reading)
def read_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    classes: bool = False,
    **reading: Unpack[Reading],
) -> Table:
    """The table in a CSV file, as inputs and targets to learn from.

    The first line names the columns. Cells are separated by commas, semicolons, tabs or pipes; the
    text is UTF-8, or UTF-16 with its mark. A column of text becomes an input for each of its texts,
    20 at most; one of yes and no, or true and false, one input; one of dates its year, month,
    weekday and elapsed days. Percentages are read in percent. A cell is missing where it is empty
    or says ?, NA, N/A, NaN or null (or none, among numbers).

    Numbers are written as in Python, with a decimal point. Where the separator is no comma, they
    may have a decimal comma if some of them can be nothing else (1,5 or 1.299,99; but 1,234 may
    be 1234): a note says so. What stays in doubt is refused until `decimal` says it.

    Args:
        path: the file.
        target: the column to predict; the last one when left out. If it holds text, each text is a
            class; the classes are sorted and `y` has their indices.
        classes: True where the numbers of the target are labels of classes, not amounts.
        ignore: columns that are no inputs, such as names or numbers of rows.
        missing: what to do about missing cells of inputs: "mean" fills them with the mean of their
            column (for text, with the share of each text), "error" refuses them, "drop" leaves out
            every row with one. A missing target is refused, or dropped with "drop".
        decimal: "," or "." as the decimal mark; the other one, and spaces, then group thousands.
        delimiter: what separates the cells: ",", ";", "\\t" or "|".
        encoding: a name such as "cp1252", for a file that is not in UTF-8.

    Returns:
        A `Table`, with a note for everything that was filled, dropped or decided.

    Raises:
        DataError: the file or a cell cannot be used; the error names file, line and column.
        ConfigError: an option that does not exist or is out of its range, or the target among the
            ignored columns.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("weight,colour,fruit\\n150,red,apple\\n120,yellow,banana\\n")
    ...     table = read_csv(path, target="fruit")
    >>> table.inputs, table.classes
    (['weight', 'colour=red', 'colour=yellow'], ['apple', 'banana'])
    >>> table.X, table.y
    ([[150.0, 1.0, 0.0], [120.0, 0.0, 1.0]], [0, 1])
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("weight;price\\n150;1,20\\n1.120;2,50\\n")
    ...     table = read_csv(path, target="price", decimal=",")
    >>> table.X, table.y
    ([[150.0], [1120.0]], [1.2, 2.5])
    """
    source = read_source(path, target, **reading)
    described = source.describe()
    y, labels = source.targets(classes=classes)
    scale = None if labels else source.scale_of_target(y)
    like = Columns(described, source.target, labels, scale, source.missing)
    X = StandardInputs(source.sheet, like, "the mean of the column", source.notes).listed()
    return Table(X, y.tolist(), like, tuple(source.notes))


@takes(Reading)
def read_source(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    brief: bool = False,
    **reading: Unpack[Reading],
) -> Source:
    """The cells of a CSV file, told apart by kind; arguments and errors are those of `read_csv`.

    With `brief` the inputs of a table of many numbers are kept in single precision.
    """

    def whole(names: Sequence[str]) -> Sequence[str]:
        return [target or names[-1]]

    ignore = reading.get("ignore", ())
    ignored = [ignore] if isinstance(ignore, str) else list(ignore)
    sheet = opened(path, reading, whole if brief else None)
    notes = list(sheet.notes)
    if sheet.empty:
        notes.append(f"left out for being empty: {rows_at(sheet.empty)}")
    if target is None:
        target = sheet.names[-1]
        notes.append(f"the target is the last column, `{target}`")
    for name in (target, *ignored):
        if name not in sheet.names:
            alone = sheet.names[0] if len(sheet.names) == 1 else ""
            raise DataError(
                f"there is no column `{name}`",
                where=f"{sheet.file}, the names in its first line",
                why=alone and f"that line is one name, `{alone:.60}`, for it holds no separator",
                try_="commas, semicolons, tabs or pipes between the cells"
                if alone
                else did_you_mean(str(name), sheet.names),
            )
    if target in ignored:
        raise ConfigError(f"`{target}` is both the target and ignored")
    left_out = {target, *ignored}
    names = [name for name in sheet.names if name not in left_out]
    if not names:
        raise DataError(
            f"no column is left as an input beside the target `{target}`",
            where=sheet.file,
            try_="columns separated by commas, semicolons, tabs or pipes",
        )
    missing = reading.get("missing", "mean")
    source = source_of(sheet, names, target, missing, reading.get("decimal"))
    source.notes[:0] = notes
    return source


@takes(Notation)
def read_rows(path: str | os.PathLike[str], like: Columns, **written: Unpack[Notation]) -> Table:
    """The rows of a CSV file as inputs of a network that was trained on another.

    Columns are found by name, in any order; columns that were no inputs (such as the target) are
    passed over. Missing cells are filled with the means of the training data where the training
    did so, and are else refused: every row gets a prediction, and an empty line before the last
    row is a row in which everything is missing, so that predictions stand where their rows do.

    Args:
        path: the file; its first line names the columns.
        like: the `columns` of the `Table` the network was trained on.
        decimal, delimiter, encoding: as `read_csv` takes them; this file may be written otherwise.

    Returns:
        A `Table` with an empty `y`.

    Raises:
        DataError: a column is not there, or the file or a cell cannot be used.
        ConfigError: an option does not exist or is out of its range.
    """
    found, notes = read_inputs(path, like, **written)
    return Table(found.listed(), [], like, tuple(notes))


@takes(Notation)
def read_inputs(
    path: str | os.PathLike[str], like: Columns, *, brief: bool = False, **written: Unpack[Notation]
) -> tuple[StandardInputs, list[str]]:
    """The rows as `read_rows` gives them, some at a time; and its notes. `brief` as for a source.

    The errors are those of `read_rows`, and none comes once the rows are asked for.
    """
    sheet = opened(path, written, (lambda _: ()) if brief else None, every_row=True)
    _check_names(sheet, like)
    sheet, guessed = _as_in_training(sheet, like, written.get("decimal"))
    notes = [*sheet.notes, *guessed]
    if sheet.empty:
        notes.append(f"nothing stands in {rows_at(sheet.empty)}: a row of means is predicted there")
    return StandardInputs(sheet, like, "the mean in the training data", notes), notes


@dataclass(frozen=True)
class LabelledRows:
    """The rows of a file and their targets, as a network knows them that was trained on another.

    Args:
        inputs: the rows.
        y: the targets, amounts or the indices of their classes, an array of shape (rows).
        sheet: the cells that both were made of.
        notes: what was filled in, a sentence each.
        like: how it was read.
    """

    inputs: StandardInputs
    y: Any
    sheet: Sheet
    notes: tuple[str, ...]
    like: Columns

    def table(self) -> Table:
        """The same as lists."""
        return Table(self.inputs.listed(), self.y.tolist(), self.like, self.notes)


def read_labelled(path: str | os.PathLike[str], like: Columns, written: Notation) -> LabelledRows:
    """The rows of a file with their targets; empty rows are passed over.

    Raises:
        DataError: a column or a target is not there, a target is no number or none of the classes,
            or the file or a cell cannot be used.
    """
    import numpy as np

    sheet = opened(path, written, lambda _: [like.target])
    _check_names(sheet, like, target=True)
    sheet, guessed = _as_in_training(sheet, like, written.get("decimal"))
    notes = [*sheet.notes, *guessed]
    X = StandardInputs(sheet, like, "the mean in the training data", notes)
    target = like.target
    if like.classes is None:
        percent = without_percent(sheet, [target])
        plain, _ = in_plain_numbers(percent, [target], written.get("decimal"))
        check_target(plain, target, "number")
        if plain.numbers(target) is None:
            for cell in plain.texts(target).cells:
                number = parse_number(cell)
                if number is None or not math.isfinite(number):
                    number_in(cell, plain.place_of(cell, target), f"`{target}` was learned from")
        return LabelledRows(X, amounts(plain, target).take(), sheet, tuple(notes), like)
    check_target(sheet, target, "text")
    texts = sheet.texts(target)
    cells = [alike(cell, like.classes) for cell in texts.cells]
    labels, _ = labels_of([*cells, *like.classes])
    count = len(texts.cells)
    index = {label: i for i, label in enumerate(labels[count:])}
    for cell, label in zip(texts.cells, labels[:count], strict=True):
        if label not in index:
            raise DataError(
                f"`{label:.60}` is not one of the classes of `{target}`",
                where=sheet.place_of(cell, target),
                why="the network was trained to tell others apart",
                try_=f"one of {', '.join(like.classes[:20])}; or leave the row out",
            )
    y = np.array([index[label] for label in labels[:count]])[texts.at]
    return LabelledRows(X, y, sheet, tuple(notes), like)


def _as_in_training(sheet: Sheet, like: Columns, decimal: str | None) -> tuple[Sheet, list[str]]:
    """The sheet with its numbers as Python writes them, and percentages where they were learned."""
    percent = [column for column in like.columns if column.kind == "percent"]
    for column in percent:
        for cell in sheet.texts(column.name).cells:
            if not column.is_missing(cell) and not is_percentage(cell):
                raise DataError(
                    f"`{cell:.60}` is not a percentage",
                    where=sheet.place_of(cell, column.name),
                    why=f"`{column.name}` was learned from cells such as 12.5%",
                    try_="a percent sign behind the number, or an empty cell if it is not known",
                )
    sheet = without_percent(sheet, [column.name for column in percent])
    numbers = [column.name for column in like.columns if column.kind in ("number", "percent")]
    return in_plain_numbers(sheet, numbers, decimal)


def _check_names(sheet: Sheet, like: Columns, *, target: bool = False) -> None:
    """That every column is there that the network was trained with; the target too, if wanted."""
    wanted = [*(column.name for column in like.columns), *([like.target] if target else [])]
    absent = [name for name in wanted if name not in sheet.names]
    if not absent:
        return
    known = wanted
    others = [name for name in sheet.names if name not in known]
    pairs = [(name, near) for name in absent for near in _nearest(name, others)]
    what = ", ".join(f"`{name}`" for name in absent)
    raise DataError(
        f"there is no column {what}" if len(absent) == 1 else f"there are no columns {what}",
        where=f"{sheet.file}, the names in its first line",
        why=f"the network was trained with {', '.join(f'`{name}`' for name in known)}",
        try_="the name of the training data in the first line: "
        + ", ".join(f"`{name}` for `{near}`" for name, near in pairs)
        if pairs
        else f"add {'it' if len(absent) == 1 else 'them'}"
        + ("; a cell may be empty where nothing is known" if like.missing == "mean" else ""),
    )


def _nearest(name: str, others: Sequence[str]) -> list[str]:
    """The name that may be meant, if there is one."""
    from difflib import get_close_matches

    by_letters = {other.casefold().strip(): other for other in others}
    return [by_letters[n] for n in get_close_matches(name.casefold(), list(by_letters), n=1)]
