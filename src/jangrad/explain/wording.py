"""How explanations are written down: columns that stand below each other, signs, bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jangrad.errors import either, printable
from jangrad.show.formula import number

_LONGEST = 32  # letters of a cell
_BAR = 20  # letters of the longest bar
MOST = 12  # lines of a list; the rows have all


def signed(x: float) -> str:
    """A number with its sign, to four digits.

    >>> signed(0.41234), signed(-2.0), signed(0.0)
    ('+0.4123', '-2', '0')
    """
    return number(float(f"{x:.4g}")) if x <= 0.0 or x != x else f"+{number(float(f'{x:.4g}'))}"


def short(x: float) -> str:
    """A number to four digits."""
    return number(float(f"{x:.4g}"))


def share(x: float) -> str:
    """A probability to four digits; to as many that it is no certainty where it is none.

    >>> share(0.31237), share(0.99995476), share(1.0)
    ('0.3124', '0.99995', '1')
    """
    if short(x) != "1" or x >= 1.0:
        return short(x)
    return f"{x:.{math.ceil(-math.log10(1.0 - x))}f}"


def bar(x: float, most: float, longest: int = _BAR) -> str:
    """A bar of plus or minus signs, as long as the number is beside the largest.

    >>> bar(0.5, 1.0), bar(-0.1, 1.0), bar(0.5, 1.0, 8)
    ('++++++++++', '--', '++++')
    """
    length = round(longest * abs(x) / most) if most > 0.0 and abs(x) <= most else 0
    return ("-" if x < 0.0 else "+") * length


def cut(text: str) -> str:
    """A text of one line that is not too long.

    >>> cut("a text that goes on for longer than anybody wants to read")
    'a text that goes on for longe ...'
    """
    line = printable(text, line=True)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3].rstrip()} ..."


def aligned(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Rows of texts as lines, columns below each other; those at `right` end below each other.

    >>> aligned([["area", "12"], ["x", "3"]], right=[1])
    ['  area  12', '  x      3']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            f"{text:>{width}}" if i in right else f"{text:{width}}"
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def rest(count: int, noun: str) -> list[str]:
    """The line that says how many are not listed, and where they are."""
    if count < 1:
        return []
    where = either("`rows` has all", "--json has all")
    return [f"  and {count:,} more {noun}{'s' * (count != 1)} ({where})"]
