"""From a CSV file to numbers a network can learn from, and later rows to the same inputs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

from jangrad.datasets.columns import (
    Column,
    Columns,
    Scale,
    holds_text,
    is_missing,
    leave_out,
)
from jangrad.datasets.digits import labels_of, losses
from jangrad.datasets.notation import check_mark, in_plain_numbers
from jangrad.datasets.sheet import Sheet, read_sheet
from jangrad.errors import ConfigError, DataError, did_you_mean, either

# A column of text becomes an input for each text: beyond this it is likely names or notes.
MOST_TEXTS = 20
POLICIES = ("mean", "error", "drop")


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
        rows, inputs = _count(len(self.X), "row"), _count(len(self.inputs), "input")
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


def read_csv(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    ignore: Sequence[str] = (),
    missing: str = "mean",
    classes: bool = False,
    decimal: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """The table in a CSV file, as inputs and targets to learn from.

    The first line names the columns. Cells are separated by commas, semicolons, tabs or pipes; the
    text is UTF-8. A column of text becomes one input for each of its texts, 20 at most. A cell is
    missing where it is empty or says ?, NA, N/A, NaN or null (or none, among numbers).

    Numbers are written as in Python, with a decimal point. Where the separator is no comma, they
    may have a decimal comma if some of them can be nothing else (1,5 or 1.299,99; but 1,234 may
    be 1234): a note says so. What stays in doubt is refused until `decimal` says it.

    Args:
        path: the file.
        target: the column to predict; the last one when left out. If it holds text, each text is a
            class; the classes are sorted and `y` has their indices.
        ignore: columns that are no inputs, such as names or numbers of rows.
        missing: what to do about missing cells of inputs: "mean" fills them with the mean of their
            column (for text, with the share of each text), "error" refuses them, "drop" leaves out
            every row with one. A missing target is refused, or dropped with "drop".
        classes: True where the numbers of the target are labels of classes, not amounts.
        decimal: "," or "." as the decimal mark; the other one, and spaces, then group thousands.
        delimiter: what separates the cells: ",", ";", "\\t" or "|".

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
    if missing not in POLICIES:
        raise ConfigError(
            f"there is no way `{missing}` to handle missing cells",
            try_=did_you_mean(str(missing), POLICIES),
        )
    check_mark(decimal)
    ignored = [ignore] if isinstance(ignore, str) else list(ignore)
    sheet = read_sheet(path, delimiter=delimiter)
    notes = list(sheet.notes)
    if sheet.empty:
        notes.append(f"left out for being empty: {_rows(sheet.empty)}")
    if target is None:
        target = sheet.names[-1]
        notes.append(f"the target is the last column, `{target}`")
    for name in (target, *ignored):
        if name not in sheet.names:
            raise DataError(
                f"there is no column `{name}`",
                where=f"{sheet.file}, the names in its first line",
                try_=did_you_mean(str(name), sheet.names),
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
    sheet, guessed = in_plain_numbers(sheet, (*names, target), decimal)
    notes += guessed
    text = {name: holds_text(sheet, name) for name in (*names, target)}
    if missing == "drop":
        sheet = _dropped(sheet, text, notes)
    else:
        _check_target(sheet, target, text[target])
    columns = tuple(_column(sheet, name, text[name], notes) for name in names)
    y, labels, scale = _targets(sheet, target, as_classes=classes or text[target])
    if labels is None:
        notes.extend(losses(target, sheet.cells(target)))
        if len(y) > 1 and min(y) == max(y):
            notes.append(
                f"the target `{target}` is {y[0]:g} in every row: there is nothing to learn"
            )
    like = Columns(columns, target, labels, scale, missing)
    X = _inputs(sheet, like, "the mean of the column", notes)
    return Table(X, y, like, tuple(notes))


def read_rows(
    path: str | os.PathLike[str],
    like: Columns,
    *,
    decimal: str | None = None,
    delimiter: str | None = None,
) -> Table:
    """The rows of a CSV file as inputs of a network that was trained on another.

    Columns are found by name, in any order; columns that were no inputs (such as the target) are
    passed over. Missing cells are filled with the means of the training data where the training
    did so, and are else refused: every row gets a prediction, and an empty line before the last
    row is a row in which everything is missing, so that predictions stand where their rows do.

    Args:
        path: the file; its first line names the columns.
        like: the `columns` of the `Table` the network was trained on.
        decimal, delimiter: as `read_csv` takes them; this file may be written in another way.

    Returns:
        A `Table` with an empty `y`.

    Raises:
        DataError: a column is not there, or the file or a cell cannot be used.
        ConfigError: an option is out of its range.
    """
    check_mark(decimal)
    sheet = read_sheet(path, every_row=True, delimiter=delimiter)
    _check_names(sheet, like)
    numbers = [column.name for column in like.columns if column.values is None]
    sheet, guessed = in_plain_numbers(sheet, numbers, decimal)
    notes = [*sheet.notes, *guessed]
    if sheet.empty:
        notes.append(f"nothing stands in {_rows(sheet.empty)}: a row of means is predicted there")
    X = _inputs(sheet, like, "the mean in the training data", notes)
    return Table(X, [], like, tuple(notes))


def _check_names(sheet: Sheet, like: Columns) -> None:
    """That every column is there that the network was trained with."""
    absent = [column.name for column in like.columns if column.name not in sheet.names]
    if not absent:
        return
    known = [column.name for column in like.columns]
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


def _dropped(sheet: Sheet, text: dict[str, bool], notes: list[str]) -> Sheet:
    """The sheet without the rows in which a cell of these columns is missing."""
    gone = {
        i
        for name in text
        for i, cell in enumerate(sheet.cells(name))
        if is_missing(cell, text=text[name])
    }
    if not gone:
        return sheet
    if len(gone) == len(sheet.rows):
        raise DataError(
            "no row is left: each has a missing cell",
            where=sheet.file,
            try_=f"{_policy('mean')}, or leave out the columns that are"
            f" mostly missing ({either('`ignore`', '--ignore NAME')})",
        )
    lines = [sheet.lines[i] for i in sorted(gone)]
    notes.append(f"left out for missing cells: {_rows(lines)}")
    return sheet.without(gone)


def _rows(lines: Sequence[int]) -> str:
    """`2 rows, at line 4, 7`."""
    shown = ", ".join(map(str, lines[:5])) + (" ..." if len(lines) > 5 else "")
    return f"{_count(len(lines), 'row')}, at line {shown}"


def _check_target(sheet: Sheet, target: str, text: bool) -> None:
    for i, cell in enumerate(sheet.cells(target)):
        if is_missing(cell, text=text):
            raise DataError(
                f"the target `{target}` is missing: {_shown(cell)}",
                where=sheet.place(i, target),
                why="a row without a target teaches nothing, and a made-up one would mislead",
                try_=f"fill it in, delete the row, or {_policy('drop')} to leave out such rows",
            )


def _column(sheet: Sheet, name: str, text: bool, notes: list[str]) -> Column:
    """What is learned of an input's column."""
    cells = [cell for cell in sheet.cells(name) if not is_missing(cell, text=text)]
    kinds = {cell if text else float(cell) for cell in cells}
    if len(cells) > 1 and len(kinds) == 1:
        notes.append(
            f"`{name}` is {cells[0]:.60} in every row where it is known, so it tells no row from"
            " another"
        )
    if not text:
        notes.extend(losses(name, cells))
        return Column(name, None, (_scale(sheet, name, [float(cell) for cell in cells]),))
    values = tuple(sorted(set(cells)))
    if len(values) > MOST_TEXTS:
        raise DataError(
            f"the column `{name}` holds {len(values)} different texts, such as `{cells[0]:.60}`",
            where=sheet.place(0, name),
            why=f"each would be an input of its own; {MOST_TEXTS} are the most",
            try_=f"{leave_out(name)}, or write numbers in it",
        )
    shares = [Scale.of([1.0 if cell == value else 0.0 for cell in cells]) for value in values]
    notes.append(f"`{name}` is text: one input for each of {', '.join(values)}")
    return Column(name, values, tuple(shares))


def _scale(sheet: Sheet, name: str, numbers: list[float]) -> Scale:
    try:
        return Scale.of(numbers)
    except DataError as error:
        where = f"{sheet.file}, column `{name}`"
        raise DataError(error.what, where=where, why=error.why, try_=error.try_) from None


def _targets(
    sheet: Sheet, target: str, *, as_classes: bool
) -> tuple[list[float], tuple[str, ...] | None, Scale | None]:
    """The targets, and their classes or their scale."""
    cells = sheet.cells(target)
    if not as_classes:
        y = [float(cell) for cell in cells]
        return y, None, _scale(sheet, target, y)
    labels, classes = labels_of(cells)
    if len(classes) == 1:
        raise DataError(
            f"the target `{target}` has only one class, `{classes[0]}`",
            where=f"{sheet.file}, column `{target}`",
            why="there is nothing to tell apart",
            try_="rows of another class, or another target",
        )
    index = {label: i for i, label in enumerate(classes)}
    return [index[label] for label in labels], tuple(classes), None


def _inputs(sheet: Sheet, like: Columns, mean: str, notes: list[str]) -> list[list[float]]:
    """The rows as the network's inputs; `mean` says in the notes whose mean fills a cell."""
    usual = [_usual(column, sheet.cells(column.name)) for column in like.columns]
    if None not in usual:
        return [list(row) for row in zip(*(x for each in usual for x in each or ()), strict=True)]
    places = [sheet.at[column.name] for column in like.columns]
    filled = dict.fromkeys(like.columns, 0)
    X = []
    for i, row in enumerate(sheet.rows):
        inputs: list[float] = []
        for at, column in zip(places, like.columns, strict=True):
            if not column.is_missing(row[at]):
                inputs += column.read(row[at], sheet.place(i, column.name))
                continue
            if like.missing != "mean":
                raise DataError(
                    f"`{column.name}` is missing: {_shown(row[at])}",
                    where=sheet.place(i, column.name),
                    why=f"the training data is read with {_policy(like.missing)}, which leaves no"
                    " number to fill in",
                    try_=f"fill it in, or read the training data with {_policy('mean')}",
                )
            inputs += [scale.mean for scale in column.scales]
            filled[column] += 1
        X.append(inputs)
    for column, count in filled.items():
        if count:
            number = f"{mean}, {column.scales[0].mean:.6g}"
            fill = number if column.values is None else "the share of each text"
            notes.append(f"`{column.name}`: filled {_count(count, 'missing cell')} with {fill}")
    return X


def _usual(column: Column, cells: list[str]) -> list[list[float]] | None:
    """A column's inputs, each for all rows, where each cell is a number or a text that it knows."""
    if column.values is not None:
        if not column.values or not {*cells} <= {*column.values}:
            return None
        return [[1.0 if cell == value else 0.0 for cell in cells] for value in column.values]
    try:
        numbers = [*map(float, cells)]
    except ValueError:
        return None
    return [numbers] if all(map(math.isfinite, numbers)) and "_" not in "".join(cells) else None


def _policy(missing: str) -> str:
    return either(f'missing="{missing}"', f"--missing {missing}")


def _shown(cell: str) -> str:
    return f"the cell says `{cell}`" if cell else "the cell is empty"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
