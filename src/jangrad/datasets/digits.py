"""Digits that a float would lose: labels are told apart by all of theirs, numbers get a note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from jangrad.datasets.columns import parse_number

_CODE = re.compile(r"0\d+")  # 007 is a name and no amount
_LONG = 300  # digits after the point, before which no float is too small
_EXACT = 15  # digits that a float holds of any number


def labels_of(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    """The label of each cell and the different labels, sorted; numbers as numbers: 2 before 10.

    Numbers are one label if they are equal to the last digit, however they are written: 1.0 is 1.
    Where one is written like a code, with a zero in front, all are taken as they are written.

    >>> labels_of(["10", "2", "2.0"]), labels_of(["07", "7"])
    ((['10', '2', '2'], ['2', '10']), (['07', '7'], ['07', '7']))
    """
    numbers = [parse_number(cell) for cell in cells]
    if any(number is None for number in numbers) or any(map(_CODE.fullmatch, cells)):
        return list(cells), sorted(set(cells))
    exact = [Decimal(cell) for cell in cells]
    spelled: dict[Decimal, str] = {}
    for value, cell in zip(exact, cells, strict=True):
        spelled.setdefault(value, _spelled(value, cell))
    return [spelled[value] for value in exact], [spelled[value] for value in sorted(spelled)]


def _spelled(value: Decimal, cell: str) -> str:
    if not value:
        return "0"
    if value == value.to_integral_value():
        return str(int(value))
    near = repr(float(value))
    return near if Decimal(near) == value else cell


def losses(name: str, cells: Sequence[str]) -> list[str]:
    """What is lost of a column's cells when they are read as numbers, a sentence each."""
    notes = []
    for cell in cells:
        whole = cell.lstrip("+-")
        if len(whole) > _EXACT and whole.isdecimal() and Decimal(cell) != Decimal(float(cell)):
            notes.append(
                f"`{name}`: whole numbers above 9,007,199,254,740,992 lose their last digits:"
                f" {cell:.40} is read as {Decimal(float(cell)):f}"
            )
            break
    small = (cell for cell in cells if "-" in cell[1:] or len(cell) > _LONG)
    gone = next((cell for cell in small if not float(cell) and Decimal(cell)), None)
    if gone is not None:
        notes.append(f"`{name}`: numbers too small for a float are read as 0, such as {gone:.40}")
    codes = [cell for cell in cells if _CODE.fullmatch(cell)]
    if codes:
        notes.append(
            f"`{name}`: read as numbers, though {codes[0]:.40} looks like a code: it is"
            f" {float(codes[0]):g}"
        )
    return notes
