"""Checks of the numbers that optimisers, schedules and `fit` are given."""

from __future__ import annotations

import math
from typing import Any

from jangrad.errors import ConfigError


def number_in(
    name: str,
    number: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
) -> float:
    """The number as a float, once it is finite and in its range.

    Raises:
        ConfigError: when it is not.
    """
    bounds = [
        (bound, sign)
        for bound, sign in ((least, ">="), (above, ">"), (most, "<="), (below, "<"))
        if bound is not None
    ]
    wanted = " and ".join(f"{name} {sign} {bound:g}" for bound, sign in bounds) or "a finite number"
    try:
        value = float(number)
    except (TypeError, ValueError):
        value = math.nan
    inside = (
        math.isfinite(value)
        and not isinstance(number, str)
        and (least is None or value >= least)
        and (above is None or value > above)
        and (most is None or value <= most)
        and (below is None or value < below)
    )
    if not inside:
        raise ConfigError(f"`{name}` is {number!r:.60}, but needs {wanted}")
    return value


def count(name: str, number: Any, *, least: int = 1) -> int:
    """The number as an int, once it is whole and large enough.

    Raises:
        ConfigError: when it is not.
    """
    if type(number) is int and number >= least:
        return number
    try:
        whole = int(number)
    except (TypeError, ValueError, OverflowError):
        whole = least - 1
    if isinstance(number, (str, bool)) or whole != number or whole < least:
        raise ConfigError(f"`{name}` is {number!r:.60}, but needs a whole number >= {least}")
    return whole
