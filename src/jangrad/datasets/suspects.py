"""Numbers that may be none: marks of what is not known, dates without dashes, names of rows.

They are read as they stand, for nobody can be sure; a note says what they look like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What programs write where nothing is known, beside amounts that are far from it.
_MARKS = frozenset(
    {-99.0, *(sign * (10.0**digits - 1.0) for digits in range(3, 8) for sign in (-1.0, 1.0))}
)
_FIRST, _LAST = 19000101.0, 21001231.0  # as dates
_SLIPS, _ALONE = 3, 20.0  # rows of a slip at most; and how many ranges of the others it is away
_COUNTED = 10  # rows: of fewer, numbers that go up by one may be anything


def suspects(name: str, numbers: NDArray[Any], low: float, high: float) -> list[str]:
    """What a column's numbers may be instead of amounts, a sentence each.

    Args:
        name: of the column.
        numbers: its numbers, none of them nan.
        low, high: the least of them and the largest.

    >>> import numpy as np
    >>> suspects("age", np.array([31.0, -999.0, 52.0, 47.0]), -999.0, 52.0)[0][:60]
    '`age`: -999 stands in 1 row, far from all others (31 to 52):'
    >>> suspects("age", np.array([31.0, 4000.0, *range(20, 40)]), 20.0, 4000.0)[0][61:]
    'if it is a slip, mend it or delete the row, for it outweighs the others'
    >>> suspects("day", np.array([20240131.0, 20240201.0]), 20240131.0, 20240201.0)[0][:63]
    '`day`: read as numbers, though 20240131 looks like a date: 2024'
    """
    notes = []
    above = int((numbers > 0.5 * low + 0.5 * high).sum())
    alone = {low} if len(numbers) - above <= _SLIPS else {high} if above <= _SLIPS else set()
    for mark in sorted({low, high} & _MARKS | alone):
        others = numbers[numbers != mark]
        if not len(others):
            continue
        least, most = float(others.min()), float(others.max())
        rows, range_ = len(numbers) - len(others), most - least
        gap = min(abs(mark - least), abs(mark - most))
        few = rows <= _SLIPS and len(numbers) >= _COUNTED
        stands = (
            f"`{name}`: {mark:g} stands in {rows:,} row{'s' * (rows != 1)}, far from all others"
        )
        stands += f" ({least:g} to {most:g})"
        if mark in _MARKS and gap > range_:
            notes.append(f"{stands}: if it says that nothing is known, leave the cells empty")
        elif few and range_ and gap > max(_ALONE * range_, -least, most):
            said = "if it is a slip, mend it or delete the row, for it outweighs the others"
            notes.append(f"{stands}: {said}")
    if low < high and low >= _FIRST and high <= _LAST and _are_dates(numbers):
        first = f"{numbers[0]:.0f}"
        notes.append(
            f"`{name}`: read as numbers, though {first} looks like a date:"
            f" {first[:4]}-{first[4:6]}-{first[6:]} would be read as one"
        )
    return notes


def counts_rows(numbers: NDArray[Any], rows: Any) -> bool:
    """Whether a column only says which row it is in: each number is the last one plus 1.

    Args:
        numbers: the column's, in these rows; none of them nan.
        rows: which rows they are, in order.

    >>> import numpy as np
    >>> counts_rows(np.arange(1.0, 21.0), np.arange(20))
    True
    >>> counts_rows(np.arange(1.0, 40.0, 2.0), np.arange(20))
    False
    """
    return (
        len(rows) == len(numbers) >= _COUNTED
        and bool(numbers[-1] - numbers[0] == rows[-1] - rows[0])
        and bool((numbers - numbers[0] == rows - rows[0]).all())
    )


def _are_dates(numbers: NDArray[Any]) -> bool:
    import numpy as np

    days = numbers.astype(np.int64)
    months = days // 100 % 100
    whole = (days == numbers) & (months >= 1) & (months <= 12)
    return bool((whole & (days % 100 >= 1) & (days % 100 <= 31)).all())
