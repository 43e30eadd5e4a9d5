"""What a number that a compiled function is given must be; checked when a call brings it.

Python checks the numbers of a loss where it is computed. While a function is traced there are none,
so the trace notes what an argument has to be: a need, an integer so that many lie in an array.
Above 0 it is a row of a table of so many rows; the others are of losses' targets.
"""

from __future__ import annotations

from jangrad.errors import DataError, JangradError, NoSuchRow

SIGN, UNIT, COUNT = -1, -2, -3


def is_met(need: int, number: float) -> bool:
    """Whether the number is what is needed.

    >>> is_met(3, 2.0), is_met(3, 3.0), is_met(SIGN, -1.0), is_met(UNIT, 1.5), is_met(COUNT, 2.5)
    (True, False, True, False, True)
    """
    if need == SIGN:
        return number in (-1.0, 1.0)
    if need == UNIT:
        return 0.0 <= number <= 1.0
    if need == COUNT:
        return number >= 0.0
    return number % 1.0 == 0.0 and 0 <= number < need


def refusal(need: int, number: float, place: str = "") -> JangradError:
    """The error for a number that is not what is needed.

    Args:
        need, number: which.
        place: where it is, such as `y[2]` in backticks, or whose it is; "" where that is plain.
    """
    target = place if "`" in place else f"a target of {place}" if place else "a target"
    if need == SIGN:
        return DataError(
            f"{target} is {number:g}, but `hinge` needs targets that are -1 or 1",
            why="the sign of a target says on which side of 0 its output belongs",
            try_="2 * y - 1 for targets of 0 and 1, or binary_cross_entropy",
        )
    if need == UNIT:
        return DataError(
            f"{target} is {number:g}, but `binary_cross_entropy` needs targets of 0 or 1",
            why="a target is the probability of a 1",
            try_="(y + 1) / 2 for targets of -1 and 1, or hinge",
        )
    if need == COUNT:
        return DataError(
            f"{target} is {number:g}, but `poisson` needs targets of 0 or more",
            why="a target is a count, or a mean of counts",
            try_="squared_error for amounts of either sign",
        )
    return NoSuchRow.among(need, number, place)
