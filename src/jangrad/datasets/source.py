"""The cells of a table, told apart by kind, before anything is learned of them.

Which rows are learned from is decided later: means, deviations and the texts of a column are those
of these rows alone, so that nothing is known of the rows that a network is tested on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jangrad.datasets.columns import (
    Column,
    Columns,
    Scale,
    holds_text,
    inputs_of,
    is_missing,
    leave_out,
)
from jangrad.datasets.columns import unseen as unseen_text
from jangrad.datasets.digits import labels_of, losses
from jangrad.datasets.kinds import (
    READERS,
    are_booleans,
    is_date,
    is_percentage,
    kinds_of_dates,
    moment,
    parts,
)
from jangrad.datasets.notation import in_plain_numbers
from jangrad.datasets.sheet import Sheet
from jangrad.errors import DataError, either

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A column of text becomes an input for each text: beyond this it is likely names or notes.
MOST_TEXTS = 20
_MOST_LABELS = 10  # so many whole numbers from 0 or 1 upwards are surely labels
_MANY = 4_000_000  # numbers
_NAMED = 8  # columns and texts that a note names before it says ...


@dataclass(frozen=True)
class Source:
    """A sheet whose columns are known by kind, and its target.

    Args:
        sheet: the cells; numbers are written as Python writes them.
        kinds: by its name the kind of each column that is an input, and of the target.
        target: the name of the column to predict.
        missing: "mean", "error" or "drop"; the rows are dropped already.
        notes: what was decided, a sentence each.
    """

    sheet: Sheet
    kinds: dict[str, str]
    target: str
    missing: str
    notes: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """The columns that are inputs, in order."""
        return [name for name in self.kinds if name != self.target]

    @cached_property
    def looks_like_labels(self) -> bool:
        """Whether the target is text, or few whole numbers from 0 or 1 upwards, or -1 and 1."""
        if self.kinds[self.target] != "number":
            return self.kinds[self.target] != "percent"
        found = self.different(self.target)
        count = len(found)
        few = 2 <= count <= _MOST_LABELS and len(self.sheet.rows) >= 2 * count
        rows_of_numbers = ({float(i + first) for i in range(count)} for first in (0, 1))
        return few and (found == {-1.0, 1.0} or any(found == row for row in rows_of_numbers))

    def different(self, name: str) -> set[float]:
        """The different numbers in a column of them that has no gaps."""
        numbers = self.sheet.numbers(name)
        found: Iterable[Any] = self.sheet.cells(name) if numbers is None else numbers.tolist()
        return set(map(float, found))

    def targets(self, *, classes: bool) -> tuple[list[float], tuple[str, ...] | None]:
        """The targets, numbers or indices of classes, and the labels of these.

        Raises:
            DataError: there is only one class.
        """
        if not classes and self.kinds[self.target] in ("number", "percent"):
            numbers = self.sheet.numbers(self.target)
            if numbers is None:
                cells = self.sheet.cells(self.target)
                self.notes.extend(losses(self.target, cells))
                y = [float(cell) for cell in cells]
            else:
                y = numbers.tolist()
            if len(y) > 1 and min(y) == max(y):
                self.notes.append(
                    f"the target `{self.target}` is {y[0]:g} in every row: there is nothing to"
                    " learn"
                )
            return y, None
        labels, found = labels_of(self.sheet.cells(self.target))
        if len(found) == 1:
            raise DataError(
                f"the target `{self.target}` has only one class, `{found[0]}`",
                where=f"{self.sheet.file}, column `{self.target}`",
                why="there is nothing to tell apart",
                try_="rows of another class, or another target",
            )
        index = {label: i for i, label in enumerate(found)}
        return [index[label] for label in labels], tuple(found)

    def describe(self, rows: Sequence[int] | None = None) -> tuple[Column, ...]:
        """What is learned of the columns that are inputs, from these rows or from all.

        Raises:
            DataError: a column of text holds too many texts, or numbers lie too far apart.
        """
        constant: list[tuple[str, str]] = []
        same: dict[int, list[str]] = {}
        found = []
        for name in self.names:
            numbers = self.sheet.numbers(name)
            if numbers is not None:
                same.setdefault(hash(numbers.tobytes()), []).append(name)
                numbers = numbers if rows is None else numbers[rows]
                numbers = numbers[numbers == numbers]
                if len(numbers) > 1 and numbers.min() == numbers.max():
                    constant.append((name, f"{numbers[0]:g}"))
                found.append(Column(name, None, (self._scale(name, numbers),)))
                continue
            cells = self.sheet.cells(name)
            same.setdefault(hash(tuple(cells)), []).append(name)
            if rows is not None:
                cells = [cells[i] for i in rows]
            kind = self.kinds[name]
            text = kind not in ("number", "percent")
            known = [cell for cell in cells if not is_missing(cell, text=text)]
            different = set(known) if text else {float(cell) for cell in known}
            if len(known) > 1 and len(different) == 1:
                constant.append((name, known[0]))
            found.append(self._column(name, kind, known))
        if constant:
            self.notes.append(_constant(constant))
        if len(self.sheet.rows) > 2:
            numbers = self.sheet.numbers(self.target)
            key = tuple(self.sheet.cells(self.target)) if numbers is None else numbers.tobytes()
            same.setdefault(hash(key), []).append(self.target)
            constants = {name for name, _ in constant}
            self.notes.extend(
                _duplicates([n for n in names if n not in constants] for names in same.values())
            )
        return tuple(found)

    def _column(self, name: str, kind: str, known: list[str]) -> Column:
        if kind in READERS:
            inputs = [numbers for cell in known for numbers in [READERS[kind](cell)] if numbers]
            width = len(inputs_of(name, kind, None))
            if kind != "boolean" and known:
                said = f"{moment(known[0], kind):%Y-%m-%d}"
                said = said if said == known[0] else f"{known[0]:.40} is {said}"
                self.notes.append(f"`{name}` is a date ({said}): {', '.join(parts(kind))}")
            scales = [self._scale(name, list(x)) for x in zip(*inputs, strict=True)]
            return Column(name, None, tuple(scales or [Scale(0.0, 1.0)] * width), kind)
        if kind != "text":
            self.notes.extend(losses(name, known))
            return Column(name, None, (self._scale(name, [float(cell) for cell in known]),), kind)
        values = tuple(sorted(set(known)))
        if len(values) > MOST_TEXTS:
            raise DataError(
                f"the column `{name}` holds {len(values)} different texts, such as"
                f" `{known[0]:.60}`",
                where=self.sheet.place(0, name),
                why=f"each would be an input of its own; {MOST_TEXTS} are the most{_odd(known)}",
                try_=f"{leave_out(name)}, or write numbers in it",
            )
        shares = [self._scale(name, [float(cell == value) for cell in known]) for value in values]
        self.notes.append(f"`{name}` is text: one input for each of {', '.join(values)}")
        return Column(name, values, tuple(shares), kind)

    def _scale(self, name: str, numbers: Any) -> Scale:
        if not len(numbers):  # in none of the rows that are learned from
            return Scale(0.0, 1.0)
        try:
            if hasattr(numbers, "std") and 1e-150 < float(numbers.std()) < 1e150:
                return Scale(float(numbers.mean()), float(numbers.std()))
            return Scale.of(numbers)
        except DataError as error:
            where = f"{self.sheet.file}, column `{name}`"
            raise DataError(error.what, where=where, why=error.why, try_=error.try_) from None

    def scale_of_target(self, numbers: list[float]) -> Scale:
        """Mean and deviation of a target of numbers.

        Raises:
            DataError: they lie too far apart.
        """
        return self._scale(self.target, numbers)


def source_of(
    sheet: Sheet, names: Sequence[str], target: str, missing: str, decimal: str | None
) -> Source:
    """The source of a sheet in which these columns are inputs.

    Raises:
        DataError: a column holds nothing, or cells of two kinds; the target is missing in a row;
            every row is dropped; or a date or a number may mean two things.
    """
    columns = (*names, target)
    sheet, kinds, notes = kinds_of(sheet, columns, decimal)
    if missing == "drop":
        sheet = _dropped(sheet, kinds, notes)
    else:
        check_target(sheet, target, kinds[target])
    return Source(sheet, kinds, target, missing, notes)


def kinds_of(
    sheet: Sheet, names: Iterable[str], decimal: str | None
) -> tuple[Sheet, dict[str, str], list[str]]:
    """The sheet in plain numbers, the kind of each of these columns, and what was found out."""
    kinds: dict[str, str] = {}
    percent: dict[str, str] = {}
    rest = []
    for name in names:
        if sheet.numbers(name) is not None:
            kinds[name] = "number"
            continue
        known = _known(sheet, name)
        kinds[name] = _date(sheet, name, known)
        if kinds[name]:
            continue
        rest.append(name)
        if known and all(map(is_percentage, known)):
            percent[name] = known[0]
    sheet, notes = in_plain_numbers(without_percent(sheet, percent), rest, decimal)
    for name, first in percent.items():
        value = next(c for c in sheet.cells(name) if not is_missing(c, text=False))
        notes.append(f"`{name}` is in percent: {first:.40} is read as {value:.40}")
    for name in rest:
        text = holds_text(sheet, name)
        words = text and are_booleans(_known(sheet, name))
        kinds[name] = (
            "percent" if name in percent else "boolean" if words else "text" if text else "number"
        )
    return sheet, kinds, notes


def without_percent(sheet: Sheet, names: Iterable[str]) -> Sheet:
    """The sheet without the percent signs of these columns."""
    cells = {
        (name, i): cell[:-1].strip()
        for name in names
        for i, cell in enumerate(sheet.cells(name))
        if cell.endswith("%")
    }
    return sheet.changed(cells)


def _known(sheet: Sheet, name: str) -> list[str]:
    return [cell for cell in sheet.cells(name) if not is_missing(cell, text=True)]


def _date(sheet: Sheet, name: str, known: list[str]) -> str:
    """The kind of a column of dates; "" where it is none.

    Raises:
        DataError: day and month may be exchanged in all cells, or a cell is no date of a calendar.
    """
    if not known or not all(map(is_date, known)):
        return ""
    kinds = kinds_of_dates(known)
    if len(kinds) == 2 and any(moment(c, kinds[0]) != moment(c, kinds[1]) for c in set(known)):
        first = next(c for c in known if moment(c, kinds[0]) != moment(c, kinds[1]))
        readings = " or ".join(f"{moment(first, kind):%Y-%m-%d}" for kind in kinds)
        raise DataError(
            f"`{first:.40}` may be {readings}",
            where=sheet.place(sheet.cells(name).index(first), name),
            why="day and month may be exchanged in every cell of the column",
            try_=f"dates such as 2024-03-31, or {leave_out(name)}",
        )
    if kinds:
        return kinds[0]
    tried = [k for cell in known for k in kinds_of_dates([cell])]
    best = max(set(tried), key=tried.count) if tried else "date ymd"
    bad = next((cell for cell in known if moment(cell, best) is None), known[0])
    raise DataError(
        f"`{bad:.40}` is no date of the calendar, or not written as the others are",
        where=sheet.place(sheet.cells(name).index(bad), name),
        why="a column of dates has all of them in one order",
        try_=f"correct the cell, or leave it empty if the date is not known; or {leave_out(name)}",
    )


def _odd(known: list[str]) -> str:
    """What the cells are but for a few, when a column is refused for its texts."""
    for what, test in (("dates", is_date), ("percentages", is_percentage)):
        others = [cell for cell in known if not test(cell)]
        if 0 < len(others) < len(known) / 2:
            return f"; {len(known) - len(others)} of them are {what}, but `{others[0]:.40}` is not"
    return ""


def _constant(columns: list[tuple[str, str]]) -> str:
    if len(columns) == 1:
        ((name, cell),) = columns
        return (
            f"`{name}` is {cell:.60} in every row where it is known, so it tells no row from"
            " another"
        )
    return f"{_listed([name for name, _ in columns])} never vary, so they tell no row from another"


def _duplicates(groups: Iterable[list[str]]) -> list[str]:
    return [f"{_listed(names)} are the same in every row" for names in groups if len(names) > 1]


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_NAMED])
    return f"{shown} and {len(names) - _NAMED} other columns" if len(names) > _NAMED else shown


def _gaps(sheet: Sheet, name: str, kind: str) -> list[int]:
    """The rows in which the cell of a column is missing."""
    numbers = sheet.numbers(name)
    if numbers is not None:
        gaps: list[int] = (numbers != numbers).nonzero()[0].tolist()
        return gaps
    text = kind not in ("number", "percent")
    return [i for i, cell in enumerate(sheet.cells(name)) if is_missing(cell, text=text)]


def _dropped(sheet: Sheet, kinds: dict[str, str], notes: list[str]) -> Sheet:
    """The sheet without the rows in which a cell of these columns is missing."""
    gone = {i for name, kind in kinds.items() for i in _gaps(sheet, name, kind)}
    if not gone:
        return sheet
    if len(gone) == len(sheet.rows):
        raise DataError(
            "no row is left: each has a missing cell",
            where=sheet.file,
            try_=f"{policy('mean')}, or leave out the columns that are"
            f" mostly missing ({either('`ignore`', '--ignore NAME')})",
        )
    lines = [sheet.lines[i] for i in sorted(gone)]
    notes.append(f"left out for missing cells: {rows_at(lines)}")
    return sheet.without(gone)


def check_target(sheet: Sheet, target: str, kind: str) -> None:
    """That every row has a target.

    Raises:
        DataError: one has none, with its place.
    """
    for i in _gaps(sheet, target, kind)[:1]:
        raise DataError(
            f"the target `{target}` is missing: {shown(sheet.cells(target)[i])}",
            where=sheet.place(i, target),
            why="a row without a target teaches nothing, and a made-up one would mislead",
            try_=f"fill it in, delete the row, or {policy('drop')} to leave out such rows",
        )


def inputs(sheet: Sheet, like: Columns, mean: str, notes: list[str]) -> list[list[float]]:
    """The rows as the network's inputs; `mean` says in the notes whose mean fills a cell.

    Raises:
        DataError: a cell is not of its column's kind, or is not known and may not be filled.
    """
    made = [_inputs(sheet, column, like.missing, mean, notes) for column in like.columns]
    columns = [x if isinstance(x, list) else x.tolist() for each in made for x in each]
    return [list(row) for row in zip(*columns, strict=True)]


def standardised(sheet: Sheet, like: Columns, mean: str, notes: list[str]) -> NDArray[Any]:
    """The rows as `inputs` gives them, of mean 0 and deviation 1, shape (rows, inputs).

    Of many numbers in single precision: no network tells the difference.
    """
    import numpy as np

    shape = len(sheet.rows), len(like.inputs)
    X = np.empty(shape, dtype=np.float32 if math.prod(shape) > _MANY else np.float64)
    at = 0
    for column in like.columns:
        made = _inputs(sheet, column, like.missing, mean, notes)
        for numbers, scale in zip(made, column.scales, strict=True):
            X[:, at] = scale.apply(np.asarray(numbers, dtype=np.float64))  # type: ignore[arg-type]
            at += 1
    return X


def _inputs(
    sheet: Sheet, column: Column, missing: str, mean: str, notes: list[str]
) -> Sequence[Any]:
    """The inputs that a column becomes, each for all rows."""
    numbers = sheet.numbers(column.name)
    if numbers is not None and missing == "mean":
        gaps = numbers != numbers
        if count := int(gaps.sum()):
            numbers = numbers.copy()
            numbers[gaps] = column.scales[0].mean
            notes.append(_filled(column, count, mean))
        return [numbers]
    cells = sheet.cells(column.name)
    usual = _usual(column, cells)
    if usual is not None:
        return usual
    means = [scale.mean for scale in column.scales]
    rows: list[list[float]] = []
    filled, unseen = 0, []
    for i, cell in enumerate(cells):
        place = sheet.place(i, column.name)
        found = None
        if not column.is_missing(cell):
            found = column.read(cell, place)
            if found is None:
                unseen.append(cell)
                if missing != "mean":
                    raise unseen_text(column, cell, place)
        elif missing != "mean":
            raise DataError(
                f"`{column.name}` is missing: {shown(cell)}",
                where=place,
                why=f"the training data is read with {policy(missing)}, which leaves no"
                " number to fill in",
                try_=f"fill it in, or read the training data with {policy('mean')}",
            )
        else:
            filled += 1
        rows.append(means if found is None else found)
    if filled:
        notes.append(_filled(column, filled, mean))
    if unseen:
        texts = list(dict.fromkeys(unseen))
        some = ", ".join(f"{text:.40}" for text in texts[:5]) + (" ..." if len(texts) > 5 else "")
        notes.append(
            f"`{column.name}`: {counted(len(unseen), 'cell')} that the network never learned from,"
            f" read as not known: {some}"
        )
    return [list(x) for x in zip(*rows, strict=True)]


def _filled(column: Column, count: int, mean: str) -> str:
    number = f"{mean}, {column.scales[0].mean:.6g}"
    fill = number if column.kind in ("number", "percent") else "what is usual there"
    fill = "the share of each text" if column.kind == "text" else fill
    return f"`{column.name}`: filled {counted(count, 'missing cell')} with {fill}"


def _usual(column: Column, cells: list[str]) -> list[list[float]] | None:
    """A column's inputs, each for all rows, where each cell is a number or a text that it knows."""
    if column.values is not None:
        if not column.values or not {*cells} <= {*column.values}:
            return None
        return [[1.0 if cell == value else 0.0 for cell in cells] for value in column.values]
    if column.kind in READERS:
        return None
    try:
        numbers = [*map(float, cells)]
    except ValueError:
        return None
    return [numbers] if all(map(math.isfinite, numbers)) and "_" not in "".join(cells) else None


def policy(missing: str) -> str:
    """The option that says what is done about missing cells."""
    return either(f'missing="{missing}"', f"--missing {missing}")


def shown(cell: str) -> str:
    """What stands in a cell in which nothing is known."""
    return f"the cell says `{cell}`" if cell else "the cell is empty"


def counted(number: int, thing: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def rows_at(lines: Sequence[int]) -> str:
    """`2 rows, at line 4, 7`."""
    some = ", ".join(map(str, lines[:5])) + (" ..." if len(lines) > 5 else "")
    return f"{counted(len(lines), 'row')}, at line {some}"
