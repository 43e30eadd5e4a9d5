"""How the numbers of a file are written: which mark is the decimal one, and what groups thousands.

A number that Python reads is taken as it is. `1,234` is 1.234 to one writer and 1234 to another,
so a comma is a decimal one only where it can be nothing else, for the whole file at once; what
stays in doubt is refused, and the user may say it. Whatever was found out is told in a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from jangrad.datasets.columns import leave_out, parse_number
from jangrad.datasets.sheet import Sheet
from jangrad.errors import ConfigError, DataError, either

MARKS = (".", ",")
_NAMES = {".": "point", ",": "comma"}
_BLANK = r"'’_\s"  # what groups thousands and is never a decimal mark
_UNITS = "$€£%"
_LIKE_A_NUMBER = re.compile(rf"[-+]?[{_UNITS[:3]}]?\s*\d[\d.,{_BLANK}]*[{_UNITS}]?")
_HEX = re.compile(r"([-+]?)0x([0-9a-f]{1,64})", re.IGNORECASE)
_UNDERSCORES = re.compile(r"[-+]?[1-9]\d{0,2}(_\d{3})+(\.\d*)?")
_MINUS = dict.fromkeys(map(ord, "−–﹣－"), "-")  # minus sign, en dash, small and wide hyphen-minus
_GROUPS = {
    mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}([{group}{_BLANK}])\d{{3}}(\1\d{{3}})*([{mark}]\d*)?")
    for mark, group in ((".", ","), (",", "."))
}
_PLAIN = re.compile(r"[-+]?(\d+[.,]?\d*|[.,]\d+)(e[-+]?\d+)?", re.IGNORECASE)


def written(cell: str, mark: str) -> str | None:
    """The number as Python writes it, where `mark` is the decimal one; None where it is no number.

    >>> written("1.299,99", ","), written("1,234", ","), written("1,234", "."), written("1,5", ".")
    ('1299.99', '1.234', '1234', None)
    """
    other = MARKS[mark == "."]
    if _GROUPS[mark].fullmatch(cell):
        cell = re.sub(rf"[{other}{_BLANK}]", "", cell)
    elif other in cell or not _PLAIN.fullmatch(cell):
        return None
    return cell.replace(mark, ".")


def check_mark(decimal: str | None) -> None:
    """That it is a mark which may be the decimal one, or None."""
    if decimal is not None and decimal not in MARKS:
        raise ConfigError(f"`decimal` is a point or a comma, not {decimal!r:.60}", try_=_way(","))


def in_plain_numbers(
    sheet: Sheet, names: Sequence[str], decimal: str | None
) -> tuple[Sheet, list[str]]:
    """The sheet with the numbers of these columns as Python writes them, and what was guessed.

    Args:
        sheet: as it was read.
        names: the columns to look at; the others stay as they are.
        decimal: the decimal mark; None to find it out.

    Raises:
        DataError: a cell is a number to the eye, and which one cannot be told for certain.
    """
    notes: list[str] = []
    sheet = _changed(sheet, dict(_signs(sheet, names, notes)))
    found = decimal is None and _decimal_comma(sheet, names)
    if found:
        notes.append(
            f"numbers are written with a decimal comma: {found:.40} is read as"
            f" {written(found, ',')}"
        )
    changes = dict(_marks(sheet, names, "," if found else decimal, found or None))
    if decimal is None and not found:
        notes += _decimal_points(sheet, names)
    return _changed(sheet, changes), notes


def _changed(sheet: Sheet, cells: dict[tuple[int, int], str]) -> Sheet:
    rows = list(sheet.rows)
    for (i, at), cell in cells.items():
        if rows[i] is sheet.rows[i]:
            rows[i] = list(rows[i])
        rows[i][at] = cell
    return replace(sheet, rows=rows)


def _signs(
    sheet: Sheet, names: Sequence[str], notes: list[str]
) -> Iterator[tuple[tuple[int, int], str]]:
    """The cells that are one number in any file: 0x10, 1_000, and those with a typeset minus."""
    for name in names:
        at = sheet.names.index(name)
        told: set[str] = set()
        for i, row in enumerate(sheet.rows):
            cell = row[at]
            if parse_number(cell) is not None or not cell:
                continue
            plain, kind = cell, ""
            if (
                ord(cell[0]) in _MINUS
                and len(cell) > 1
                and (cell[1].isdecimal() or cell[1] in ".,")
            ):
                plain, kind = "-" + cell[1:], "minus"
            if number := _HEX.fullmatch(plain):
                plain, kind = f"{number[1]}{int(number[2], 16)}", "hex"
            elif _UNDERSCORES.fullmatch(plain):
                plain, kind = plain.replace("_", ""), "underscores"
            if not kind:
                continue
            if kind not in told:
                notes.append(f"`{name}`: {cell:.70} is read as {plain:.80}")
                told.add(kind)
            yield (i, at), plain


def _numbers(sheet: Sheet, names: Sequence[str], mark: str) -> Iterator[tuple[str, str]]:
    """The cells, without units, that have the mark and look like numbers; with their columns."""
    for name in names:
        at = sheet.names.index(name)
        for row in sheet.rows:
            cell = row[at]
            if mark not in cell or cell[0] in _UNITS or cell[-1] in _UNITS:
                continue
            if _LIKE_A_NUMBER.fullmatch(cell) or _PLAIN.fullmatch(cell):
                yield name, cell


def _decimal_comma(sheet: Sheet, names: Sequence[str]) -> str:
    """A cell that shows that commas are decimal ones in all of the file; "" where none does."""
    if sheet.separator == ",":
        return ""
    sure = ""
    for _, cell in _numbers(sheet, names, ","):
        if written(cell, ",") is None:
            return ""
        if not sure and written(cell, ".") is None:
            sure = cell
    return sure


def _decimal_points(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """A note where points, the decimal ones to Python, could all group thousands."""
    first = None
    if sheet.separator != ",":
        for name, cell in _numbers(sheet, names, "."):
            if not _GROUPS[","].fullmatch(cell):
                return []
            first = first or (name, cell)
    if first is None:
        return []
    name, cell = first
    return [
        f"`{name}`: {cell:.40} is read with a decimal point; {_way(',')} reads it as"
        f" {written(cell, ','):.40}"
    ]


def _marks(
    sheet: Sheet, names: Sequence[str], mark: str | None, found: str | None
) -> Iterator[tuple[tuple[int, int], str]]:
    """The cells to rewrite: every number, with this decimal mark; None is as Python does.

    `found` is the cell that showed the mark: then points group thousands only beside a comma.
    """
    for name in names:
        at = sheet.names.index(name)
        for i, row in enumerate(sheet.rows):
            cell = row[at]
            known = parse_number(cell) is not None
            if known and (mark is None or "." not in cell):
                continue
            plain = written(cell, mark) if mark and ("," in cell or not found) else None
            if plain is not None:
                yield (i, at), plain
            elif _LIKE_A_NUMBER.fullmatch(cell) or _PLAIN.fullmatch(cell):
                raise _unsure(cell, sheet.place(i, name), name, mark, found)


def _unsure(cell: str, place: str, name: str, mark: str | None, found: str | None) -> DataError:
    """What to tell of a cell that is a number to the eye: which one, and how to say it."""
    if said := mark is not None and not found:
        what = f"`{cell:.60}` is not a number with a decimal {_NAMES[mark or '.']}"
        why = f"{_way(mark or '.')} says that numbers are written so"
    else:
        what = f"`{cell:.60}` is not written as a number that can be read for certain"
        why = "separators mean different things to different writers: 1,234"
    if cell[0] in _UNITS or cell[-1] in _UNITS:
        why = "a column of numbers holds them alone, all in one unit"
    elif found:
        why = f"other numbers have a decimal comma, such as {found:.40}"
    readings = {}
    for other in () if said else MARKS:
        number = written(cell, other)
        if number is not None and number not in readings and (not found or other == mark):
            readings[number] = f"{_way(other)} reads it as {number:.40}"
    plain = (
        "digits and a comma, such as 1234,5"
        if mark == ","
        else "digits and a point, such as 1234.5"
    )
    return DataError(
        what,
        where=place,
        why=why,
        try_="; ".join(
            [
                *readings.values(),
                f"{plain}, without separators of thousands or units",
                f"or {leave_out(name)}",
            ]
        ),
    )


def _way(mark: str) -> str:
    return either(f'`decimal="{mark}"`', f"--decimal {mark}")
