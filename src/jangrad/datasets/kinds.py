"""What the cells of a column may be beside numbers and text: yes or no, dates, percentages.

A column is of such a kind only where all of its cells are that can be known; a date whose day and
month may be exchanged is decided by the other dates of its column, or refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial

_PAIRS = (("false", "true"), ("no", "yes"), ("off", "on"), ("f", "t"), ("n", "y"))
#: Words that say yes or no, with what they become.
BOOLEANS = {word: float(i) for pair in _PAIRS for i, word in enumerate(pair)}

#: The orders of day, month and year that a column of dates may have, with an example of each.
ORDERS = {"ymd": "2024-03-31", "dmy": "31.03.2024", "mdy": "03/31/2024"}
DATES = tuple(f"date {order}" for order in ORDERS)
TIMES = tuple(f"time {order}" for order in ORDERS)
KINDS = ("number", "percent", "text", "boolean", *DATES, *TIMES)

_DATE = (
    r"(?:(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<t>[-/.])(?P<b>\d{1,2})(?P=t)(?P<z>\d{4}))"
)
_TIME = (
    r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|[-+]\d{2}:?\d{2})?)?"
)
_MOMENT = re.compile(_DATE + _TIME, re.ASCII | re.IGNORECASE)
_PERCENT = re.compile(r"[-+−]?[\d.,'’\s]*\d[\d.,]*\s*%")
FIRST = datetime(2000, 1, 1)  # from which elapsed days are counted; only differences matter
_DAY = timedelta(days=1)


def boolean(cell: str) -> float | None:
    """1.0 or 0.0 for a word that says yes or no, in letters of any case; None for another.

    >>> boolean("True"), boolean("no"), boolean("maybe")
    (1.0, 0.0, None)
    """
    return BOOLEANS.get(cell.casefold())


def are_booleans(cells: Iterable[str]) -> bool:
    """Whether they are both words of one pair, such as yes and no, and nothing else."""
    found = {cell.casefold() for cell in set(cells)}
    return any(found == set(pair) for pair in _PAIRS)


def is_percentage(cell: str) -> bool:
    """Whether it is a number with a percent sign behind it.

    >>> is_percentage("12.5 %"), is_percentage("12")
    (True, False)
    """
    return _PERCENT.fullmatch(cell) is not None


def is_date(cell: str) -> bool:
    """Whether it is written like a date, of any order and with or without a time."""
    return _MOMENT.fullmatch(cell) is not None


def moment(cell: str, kind: str) -> datetime | None:
    """The date in a cell, with its time if it has one, in UTC where a zone is given; None for none.

    Args:
        cell: the text.
        kind: one of DATES or TIMES, which says what stands first.

    >>> moment("31.03.2024", "date dmy"), moment("2024-02-30", "date ymd")
    (datetime.datetime(2024, 3, 31, 0, 0), None)
    """
    found = _MOMENT.fullmatch(cell)
    order = kind[-3:]
    if found is None or (found["y"] is None) != (order != "ymd"):
        return None
    if order == "ymd":
        year, month, day = found["y"], found["m"], found["d"]
    else:
        year, day, month = found["z"], found["a"], found["b"]
        if order == "mdy":
            day, month = month, day
    clock = (int(found["H"] or 0), int(found["M"] or 0), int(found["S"] or 0))
    zone = found["zone"]
    try:
        there = datetime(int(year), int(month), int(day), *clock)
        if zone is None or zone.upper() in ("Z", "UTC"):
            return there
        ahead = timedelta(hours=int(zone[:3]), minutes=int(zone[0] + zone[-2:]))
        return there.replace(tzinfo=timezone(ahead)).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None


def kinds_of_dates(cells: Sequence[str]) -> list[str]:
    """The kinds that read every cell as a date; two where day and month may be exchanged.

    >>> kinds_of_dates(["2024-01-02"]), kinds_of_dates(["1/2/2024"]), kinds_of_dates(["1/20/2024"])
    (['date ymd'], ['date dmy', 'date mdy'], ['date mdy'])
    """
    if not cells or not is_date(cells[0]):
        return []
    different = set(cells)
    if any(not is_date(cell) for cell in different):
        return []
    timed = any(":" in cell for cell in different)
    # Between points the day stands first, wherever dates are written so.
    orders = [
        order for order in ORDERS if order != "mdy" or not any("." in c[:3] for c in different)
    ]
    kinds = [f"{'time' if timed else 'date'} {order}" for order in orders]
    return [kind for kind in kinds if all(moment(cell, kind) for cell in different)]


def written_date(when: date, kind: str) -> str:
    """A date of Python's as a column of this kind writes it.

    >>> written_date(datetime(2024, 3, 31, 6, 30), "time dmy")
    '31.03.2024 06:30:00'
    """
    order = {"ymd": "%Y-%m-%d", "dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y"}.get(kind[-3:], "%Y-%m-%d")
    return when.strftime(f"{order} %H:%M:%S%z" if isinstance(when, datetime) else order)


def parts(kind: str) -> tuple[str, ...]:
    """What becomes of a date: the names of its inputs."""
    names = ("year", "month", "weekday", "elapsed days")
    return (*names, "hour") if kind in TIMES else names


def numbers_of_date(cell: str, kind: str) -> list[float] | None:
    """The inputs that a date becomes; Monday is weekday 0, days are counted from 2000-01-01.

    >>> numbers_of_date("2000-01-03", "date ymd")
    [2000.0, 1.0, 0.0, 2.0]
    """
    when = moment(cell, kind)
    if when is None:
        return None
    found = [float(when.year), float(when.month), float(when.weekday()), (when - FIRST) / _DAY]
    return [*found, when.hour + when.minute / 60] if kind in TIMES else found


#: What a cell of these kinds becomes, or None where it is not of the kind.
READERS: dict[str, Callable[[str], list[float] | None]] = {
    kind: partial(numbers_of_date, kind=kind) for kind in (*DATES, *TIMES)
} | {"boolean": lambda cell: None if (one := boolean(cell)) is None else [one]}
