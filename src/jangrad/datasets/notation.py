"""How the numbers of a file are written: which mark is the decimal one, and what groups thousands.

A number that Python reads is taken as it is. `1,234` is 1.234 to one writer and 1234 to another,
so a comma is a decimal one only where it can be nothing else, for the whole file at once; what
stays in doubt is refused, and the user may say it. Whatever was found out is told in a note.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from jangrad.datasets.columns import leave_out, parse_number
from jangrad.datasets.kinds import is_date
from jangrad.datasets.sheet import Sheet
from jangrad.errors import ConfigError, DataError, either

MARKS = (".", ",")
_NAMES = {".": "point", ",": "comma"}
_BLANK = r"'’_\s"  # what groups thousands and is never a decimal mark
_CURRENCIES = "$€£¥₹₽₩₺₴₪"
_UNITS = _CURRENCIES + "%‰"
_LIKE_A_NUMBER = re.compile(
    rf"[-+]?[{_CURRENCIES}]?\s*[-+]?\d[\d.,{_BLANK}]*[{_UNITS}]?|\(\d[\d.,]*\)|\d[\d.,]*-"
)
_DIGIT = re.compile(r"\d")
_HEX = re.compile(r"([-+]?)0x([0-9a-f]{1,64})", re.IGNORECASE)
_UNDERSCORES = re.compile(r"[-+]?[1-9]\d{0,2}(_\d{3})+(\.\d*)?")
# typeset minus signs, and the decimal points of Arabic and of wide digits
_TYPESET = {ord(a): b for a, b in zip("−﹣－–٫．", "----..", strict=True)}
_GROUPS = {
    mark: re.compile(rf"[-+]?[1-9]\d{{0,2}}([{group}{_BLANK}])\d{{3}}(\1\d{{3}})*([{mark}]\d*)?")
    for mark, group in ((".", ","), (",", "."))
}
_Cell = tuple[str, str]  # a column's name, and what stands in it
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
    names = [name for name in names if sheet.numbers(name) is None]
    odd = [
        (name, cell)
        for name in names
        for cell in sheet.texts(name).cells
        if parse_number(cell) is None and _DIGIT.search(cell)
    ]
    notes: list[str] = []
    signs = dict(_signs(odd, notes))
    sheet = _changed(sheet, signs)
    odd = [(name, signs.get((name, cell), cell)) for name, cell in odd]
    found = _decimal_comma(sheet, odd) if decimal is None else ""
    if found:
        notes.append(
            f"numbers are written with a decimal comma: {found:.40} is read as"
            f" {written(found, ','):.40}"
        )
    elif decimal is None:
        notes += _decimal_points(sheet, names)
    mark = "," if found else decimal
    if mark is not None:
        odd = [(name, cell) for name in names for cell in sheet.texts(name).cells]
    return _changed(sheet, dict(_marks(sheet, odd, mark, found or None))), notes


def _changed(sheet: Sheet, cells: Mapping[_Cell, str]) -> Sheet:
    by_name: dict[str, dict[str, str]] = {}
    for (name, old), new in cells.items():
        by_name.setdefault(name, {})[old] = new
    for name, changes in by_name.items():
        sheet = sheet.changed(name, changes)
    return sheet


def _signs(odd: Sequence[_Cell], notes: list[str]) -> Iterator[tuple[_Cell, str]]:
    """The cells that are one number in any file: 0x10, 1_000, and those in typeset signs."""
    told = set()
    for name, cell in odd:
        plain = "".join(map(_ascii, cell.translate(_TYPESET)))
        kind = "".join(sorted({sign for sign in cell if ord(sign) in _TYPESET}))
        if number := _HEX.fullmatch(plain):
            plain, kind = f"{number[1]}{int(number[2], 16)}", "hex"
        elif _UNDERSCORES.fullmatch(plain):
            plain, kind = plain.replace("_", ""), "underscores"
        elif plain == cell or not (_LIKE_A_NUMBER.fullmatch(plain) or _PLAIN.fullmatch(plain)):
            continue
        if (name, kind) not in told:
            notes.append(f"`{name}`: {cell:.70} is read as {plain:.80}")
            told.add((name, kind))
        yield (name, cell), plain


def _ascii(sign: str) -> str:
    """A digit of any script as one of ours, anything else as it is."""
    digit = unicodedata.decimal(sign, None)
    return sign if digit is None else str(digit)


def _decimal_comma(sheet: Sheet, odd: Sequence[_Cell]) -> str:
    """A cell that shows that commas are decimal ones in all of the file; "" where none does."""
    if sheet.separator == ",":
        return ""
    sure = ""
    for _, cell in odd:
        if "," not in cell or cell[0] in _UNITS or cell[-1] in _UNITS:
            continue
        if written(cell, ",") is None:
            if _LIKE_A_NUMBER.fullmatch(cell):
                return ""
        elif not sure and written(cell, ".") is None:
            sure = cell
    return sure


def _decimal_points(sheet: Sheet, names: Sequence[str]) -> list[str]:
    """A note where points, the decimal ones to Python, could all group thousands."""
    first = None
    if sheet.separator != ",":
        for name in names:
            for cell in sheet.texts(name).cells:
                if "." not in cell or parse_number(cell) is None:
                    continue
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
    sheet: Sheet, cells: Sequence[_Cell], mark: str | None, found: str | None
) -> Iterator[tuple[_Cell, str]]:
    """The cells to rewrite: every number, with this decimal mark; None is as Python does.

    `found` is the cell that showed the mark: then points group thousands only beside a comma.
    """
    for name, cell in cells:
        if (mark is None or "." not in cell) and parse_number(cell) is not None:
            continue
        plain = written(cell, mark) if mark and ("," in cell or not found) else None
        if plain is not None:
            yield (name, cell), plain
        elif is_date(cell):  # 31.12.2024 is a number to nobody
            continue
        elif _LIKE_A_NUMBER.fullmatch(cell) or _PLAIN.fullmatch(cell):
            raise _unsure(cell, sheet.place_of(cell, name), name, mark, found)


def _unsure(cell: str, place: str, name: str, mark: str | None, found: str | None) -> DataError:
    """What to tell of a cell that is a number to the eye: which one, and how to say it."""
    if said := mark is not None and not found:
        what = f"`{cell:.60}` is not a number with a decimal {_NAMES[mark or '.']}"
        why = f"{_way(mark or '.')} says that numbers are written so"
    else:
        what = f"`{cell:.60}` is not written as a number that can be read for certain"
        why = "separators mean different things to different writers: 1,234"
    if any(unit in cell for unit in _UNITS):
        why = "a column of numbers holds them alone, all in one unit"
    elif cell[0] == "(" or cell[-1] == "-":
        why = "it may be a number below 0, as it is written in books"
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
