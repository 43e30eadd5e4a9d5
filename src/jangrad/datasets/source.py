"""The cells of a table, told apart by kind, before anything is learned of them.

Which rows are learned from is decided later: means, deviations and the texts of a column are those
of these rows alone, so that nothing is known of the rows that a network is tested on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jangrad.datasets.columns import (
    Column,
    Scale,
    composed,
    holds_text,
    inputs_of,
    is_missing,
    leave_out,
)
from jangrad.datasets.digits import labels_of, losses
from jangrad.datasets.kinds import (
    ORDERS,
    READERS,
    are_booleans,
    is_date,
    is_percentage,
    kinds_of_dates,
    moment,
    parts,
)
from jangrad.datasets.notation import in_plain_numbers
from jangrad.datasets.packed import Numbers
from jangrad.datasets.sheet import Sheet
from jangrad.datasets.standard_inputs import counted, policy, shown
from jangrad.datasets.suspects import counts_rows, suspects
from jangrad.errors import DataError, either, offers

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A column of text becomes an input for each text: beyond this it is likely names or notes.
MOST_TEXTS = 20
_MOST_LABELS = 10  # so many whole numbers from 0 or 1 upwards are surely labels
_LONG = 100_000  # numbers, whose mean NumPy takes in a hundredth of the time
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
        found = self.different
        count = len(found)
        if not 2 <= count <= _MOST_LABELS or len(self.sheet.lines) < 2 * count:
            return False
        rows_of_numbers = ([float(i + first) for i in range(count)] for first in (0, 1))
        return found.tolist() in ([-1.0, 1.0], *rows_of_numbers)

    @property
    def different(self) -> NDArray[Any]:
        """The different numbers of a target that is a number, in their order."""
        import numpy as np

        found: NDArray[Any] = np.unique(amounts(self.sheet, self.target).take())
        return found

    def targets(self, *, classes: bool) -> tuple[NDArray[Any], tuple[str, ...] | None]:
        """The targets, numbers or indices of classes, and the labels of these.

        Raises:
            DataError: there is only one class, or only one number.
        """
        import numpy as np

        if not classes and self.kinds[self.target] in ("number", "percent"):
            if self.sheet.numbers(self.target) is None:
                self.notes.extend(losses(self.target, self.sheet.texts(self.target).cells))
            y = amounts(self.sheet, self.target).take()
            low, high = float(y.min()), float(y.max())
            self.notes.extend(suspects(self.target, y, low, high))
            if len(y) > 1 and low == high:
                self.notes.append(
                    f"the target `{self.target}` is {y[0]:g} in every row: there is nothing to"
                    " learn"
                )
            return y, None
        texts = self.sheet.texts(self.target)
        labels, found = labels_of(texts.cells)
        if len(found) == 1:
            raise DataError(
                f"the target `{self.target}` has only one class, `{found[0]}`",
                where=f"{self.sheet.file}, column `{self.target}`",
                why="there is nothing to tell apart",
                try_="rows of another class, or another target",
            )
        index = {label: i for i, label in enumerate(found)}
        return np.array([index[label] for label in labels])[texts.at], tuple(found)

    def describe(self, rows: Any = slice(None)) -> tuple[Column, ...]:
        """What is learned of the columns that are inputs, from these rows or from all.

        Raises:
            DataError: a column of text holds too many texts, or numbers lie too far apart.
        """
        constant: list[tuple[str, str]] = []
        same: dict[int, list[str]] = {}
        found = []
        for name in self.names:
            same.setdefault(self._key(name), []).append(name)
            column, only = self._column(name, self.kinds[name], rows)
            found.append(column)
            if only:
                constant.append((name, only))
        if constant:
            self.notes.append(_constant(constant))
        if len(self.sheet.lines) > 2:
            same.setdefault(self._key(self.target), []).append(self.target)
            constants = {name for name, _ in constant}
            self.notes.extend(
                _duplicates([n for n in names if n not in constants] for names in same.values())
            )
        return tuple(found)

    def _key(self, name: str) -> int:
        """What columns of equal cells have alike."""
        return self.sheet.columns[name].key

    def _column(self, name: str, kind: str, rows: Any) -> tuple[Column, str]:
        """What is learned of a column, and the cell that it is in every row, if there is one."""
        import numpy as np

        if kind in ("number", "percent"):
            numbers = amounts(self.sheet, name).take(rows)
            numbers = numbers[numbers == numbers]
            if self.sheet.numbers(name) is None:
                self.notes.extend(losses(name, known_cells(self.sheet, name, text=False)))
            is_one = False
            if len(numbers) > 1:
                low, high = float(numbers.min()), float(numbers.max())
                is_one = low == high
                self.notes.extend(suspects(name, numbers, low, high))
                if counts_rows(numbers, np.arange(len(self.sheet.lines))[rows]):
                    self.notes.append(
                        f"`{name}` goes up by 1 from row to row: if it only numbers the rows,"
                        f" {leave_out(name)}"
                    )
            column = Column(name, None, (self._scale(name, numbers),), kind)
            return column, f"{numbers[0]:g}" if is_one else ""
        texts = self.sheet.texts(name)
        counts = dict(zip(texts.cells, texts.counts(rows).tolist(), strict=True))
        known = [c for c, count in counts.items() if count and not is_missing(c, text=True)]
        total = sum(counts[cell] for cell in known)
        only = known[0] if len(known) == 1 and total > 1 else ""
        if kind in READERS:
            width = len(inputs_of(name, kind, None))
            if kind != "boolean" and known:
                said = f"{moment(known[0], kind):%Y-%m-%d}"
                said = said if said == known[0] else f"{known[0]:.40} is {said}"
                self.notes.append(f"`{name}` is a date ({said}): {', '.join(parts(kind))}")
            made = [READERS[kind](cell) or [math.nan] * width for cell in texts.cells]
            table = np.array(made)[texts.at[rows]]
            scales = [self._scale(name, x[x == x]) for x in table.T]
            return Column(name, None, tuple(scales), kind), only
        if len(known) > MOST_TEXTS:
            odd = _odd(known)
            raise DataError(
                f"the column `{name}` holds {len(known)} different texts, such as `{known[0]:.60}`",
                where=self.sheet.place(0, name),
                why=f"each would be an input of its own; {MOST_TEXTS} are the most{odd}",
                try_=f"leave the cell empty where no date is known; or {leave_out(name)}"
                if "dates" in odd
                else f"{leave_out(name)}, or write numbers in it",
            )
        values = tuple(sorted(known))
        shares = [_of_share(counts[value] / total) for value in values]
        self.notes.append(f"`{name}` is text: one input for each of {', '.join(values)}")
        return Column(name, values, tuple(shares), kind), only

    def _scale(self, name: str, numbers: NDArray[Any]) -> Scale:
        if not len(numbers):  # in none of the rows that are learned from
            return Scale(0.0, 1.0)
        try:
            if len(numbers) > _LONG and 1e-150 < float(numbers.std()) < 1e150:
                return Scale(float(numbers.mean()), float(numbers.std()))
            return Scale.of(numbers.tolist())
        except DataError as error:
            where = f"{self.sheet.file}, column `{name}`"
            raise DataError(error.what, where=where, why=error.why, try_=error.try_) from None

    def scale_of_target(self, numbers: NDArray[Any]) -> Scale:
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
    sheet, merged = _composed(sheet, columns)
    sheet, kinds, notes = kinds_of(sheet, columns, decimal)
    notes = [*merged, *notes]
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
        known = known_cells(sheet, name)
        kinds[name] = _date(sheet, name, known)
        if kinds[name]:
            continue
        rest.append(name)
        if known and all(map(is_percentage, known)):
            percent[name] = known[0]
    sheet, notes = in_plain_numbers(without_percent(sheet, percent), rest, decimal)
    for name, first in percent.items():
        value = known_cells(sheet, name, text=False)[0]
        notes.append(f"`{name}` is in percent: {first:.40} is read as {value:.40}")
    for name in rest:
        text = holds_text(sheet, name)
        words = text and are_booleans(known_cells(sheet, name))
        kinds[name] = (
            "percent" if name in percent else "boolean" if words else "text" if text else "number"
        )
    return sheet, kinds, notes


def _composed(sheet: Sheet, names: Iterable[str]) -> tuple[Sheet, list[str]]:
    """The sheet with the texts of these columns in Unicode's form NFC, and which became one.

    A letter with its accent is one sign or two, which look alike: some systems write one, some
    the other. Source: Unicode Standard Annex 15, Unicode Normalization Forms.
    """
    notes = []
    for name in names:
        if sheet.numbers(name) is not None:
            continue
        cells = sheet.texts(name).cells
        new = {cell: composed(cell) for cell in cells if composed(cell) != cell}
        sheet = sheet.changed(name, new)
        known = {*cells}
        twice = [text for cell, text in new.items() if text in known]
        if twice:
            notes.append(
                f"`{name}`: texts that differ only in how Unicode writes a letter are one (NFC):"
                f" {', '.join(f'{text:.40}' for text in twice[:5])}{' ...' * (len(twice) > 5)}"
            )
    return sheet, notes


def without_percent(sheet: Sheet, names: Iterable[str]) -> Sheet:
    """The sheet without the percent signs of these columns."""
    for name in names:
        cells = sheet.texts(name).cells
        sheet = sheet.changed(name, {c: c[:-1].strip() for c in cells if c.endswith("%")})
    return sheet


def known_cells(sheet: Sheet, name: str, *, text: bool = True) -> list[str]:
    """The different cells of a column, of text or of numbers, in which something is known."""
    return [cell for cell in sheet.texts(name).cells if not is_missing(cell, text=text)]


def amounts(sheet: Sheet, name: str) -> Numbers:
    """A column in which every cell is a number, as Python writes it, or missing."""
    import numpy as np

    numbers = sheet.numbers(name)
    if numbers is None:
        texts = sheet.texts(name)
        gap = math.nan
        found = [gap if is_missing(c, text=False) else float(c) for c in texts.cells]
        numbers = Numbers.of(np.array(found, dtype=float)[texts.at])
    return numbers


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
            where=sheet.place_of(first, name),
            why="day and month may be exchanged in every cell of the column",
            try_=f"dates such as 2024-03-31, or {leave_out(name)}",
        )
    if kinds:
        return kinds[0]
    tried = [k for cell in known for k in kinds_of_dates([cell])]
    best = Counter(tried).most_common(1)[0][0] if tried else "date ymd"
    bad = next((cell for cell in known if moment(cell, best) is None), known[0])
    impossible = not kinds_of_dates([bad])
    raise DataError(
        f"`{bad:.40}` is a day or a time that does not exist"
        if impossible
        else f"`{bad:.40}` is not written as the other dates are",
        where=sheet.place_of(bad, name),
        why=f"the others are written like {ORDERS[best[-3:]]}: the order of day, month and year is"
        " one in all of a column",
        try_=f"correct the cell, or leave it empty if the date is not known; or {leave_out(name)}",
    )


def _of_share(share: float) -> Scale:
    """The scale of zeros and ones, of which these are so many."""
    return Scale(share, math.sqrt(share * (1.0 - share)) if share < 1.0 else 1.0)


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


def _gaps(sheet: Sheet, name: str, kind: str) -> NDArray[Any]:
    """The rows in which the cell of a column is missing."""
    import numpy as np

    numbers = sheet.numbers(name)
    if numbers is not None:
        return numbers.gaps
    text = kind not in ("number", "percent")
    texts = sheet.texts(name)
    missing = np.array([is_missing(cell, text=text) for cell in texts.cells], dtype=bool)
    return np.flatnonzero(missing[texts.at])


def _dropped(sheet: Sheet, kinds: dict[str, str], notes: list[str]) -> Sheet:
    """The sheet without the rows in which a cell of these columns is missing."""
    import numpy as np

    gone = np.unique(np.concatenate([_gaps(sheet, name, kind) for name, kind in kinds.items()]))
    if not len(gone):
        return sheet
    if len(gone) == len(sheet.lines):
        raise DataError(
            "no row is left: each has a missing cell",
            where=sheet.file,
            try_=f"{policy('mean')}, or leave out the columns that are"
            f" mostly missing ({either('`ignore`', '--ignore NAME')})",
        )
    lines = [sheet.lines[i] for i in gone.tolist()]
    notes.append(f"left out for missing cells: {rows_at(lines)}")
    return sheet.without(gone)


def check_target(sheet: Sheet, target: str, kind: str) -> None:
    """That every row has a target.

    Raises:
        DataError: one has none, with its place.
    """
    for i in _gaps(sheet, target, kind)[:1].tolist():
        texts = sheet.texts(target)
        raise DataError(
            f"the target `{target}` is missing: {shown(texts.cells[texts.at[i]])}",
            where=sheet.place(i, target),
            why="a row without a target teaches nothing, and a made-up one would mislead",
            try_=f"fill it in, delete the row, or {policy('drop')} to leave out such rows"
            if offers("--missing")
            else "fill it in, or delete the row",
        )


def rows_at(lines: Sequence[int]) -> str:
    """`2 rows, at line 4, 7`."""
    some = ", ".join(map(str, lines[:5])) + (" ..." if len(lines) > 5 else "")
    return f"{counted(len(lines), 'row')}, at line {some}"
