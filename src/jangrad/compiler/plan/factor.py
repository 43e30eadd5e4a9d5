"""Loop nests from addresses (delinearisation): what one user's loop reads has constant strides.

The addresses of a class's members are stacked as [access, member, term] and axes are split off the
members, the innermost first: the longest prefix with one stride for each access that divides the
members and repeats. What is left when nothing more can be split off is a table of rows.
"""

from __future__ import annotations

import numpy as np

from jangrad.compiler.program.ir import Ints
from jangrad.record import Record


class Axis(Record):
    """A loop: how often, and how far each access moves a turn."""

    size: int
    strides: list[int]


def delinearise(addresses: Ints, fixed: Ints) -> tuple[list[Axis], Ints, Ints]:
    """Recover the axes of loops from the addresses of their members.

    Args:
        addresses: shape (accesses, members, terms); the terms of one access move together.
        fixed: shape (things, members), what must not change along an axis.

    Returns:
        The axes, outermost first; the addresses of the members that are left, of the same rank; and
        of these what is fixed.
    """
    axes: list[Axis] = []
    while addresses.shape[1] > 1:
        members = addresses.shape[1]
        steps = np.diff(addresses, axis=1)
        breaks = (steps != steps[:, :1, :1]).any(axis=(0, 2))
        if len(fixed):
            breaks |= (np.diff(fixed, axis=1) != 0).any(axis=0)
        broken = np.flatnonzero(breaks)
        size = _longest(addresses, fixed, int(broken[0]) + 1 if len(broken) else members)
        if size == 1:
            break
        axes.append(Axis(size, (addresses[:, 1, 0] - addresses[:, 0, 0]).tolist()))
        addresses, fixed = addresses[:, ::size], fixed[:, ::size]
    return axes[::-1], addresses, fixed


def _longest(addresses: Ints, fixed: Ints, size: int) -> int:
    """The longest prefix, of at most this size, that divides the members and repeats."""
    accesses, members, terms = addresses.shape
    strides = addresses[:, 1, 0] - addresses[:, 0, 0] if members > 1 else np.zeros(accesses)
    for k in range(size, 1, -1):
        if members % k:
            continue
        rows = addresses.reshape(accesses, members // k, k, terms)
        wanted = strides[:, None, None, None] * np.arange(k)[None, None, :, None]
        kept = fixed.reshape(len(fixed), members // k, k)
        if (rows - rows[:, :, :1] == wanted).all() and (kept == kept[:, :, :1]).all():
            return k
    return 1


def separate(addresses: Ints) -> list[Axis] | None:
    """The axes of a reduction whose terms lie alike for every member; None where they do not.

    Args:
        addresses: shape (accesses, members, terms).
    """
    if not (addresses - addresses[:, :, :1] == addresses[:, :1] - addresses[:, :1, :1]).all():
        return None
    terms = addresses[:, :1].transpose(0, 2, 1)
    axes, rest, _ = delinearise(
        np.ascontiguousarray(terms), np.zeros((0, terms.shape[1]), np.int64)
    )
    return axes if rest.shape[1] == 1 else None


def line(numbers: Ints) -> tuple[int, int] | None:
    """Start and step where the numbers lie on a line, else None."""
    if len(numbers) == 1:
        return int(numbers[0]), 0
    steps = np.diff(numbers)
    if (steps != steps[0]).any():
        return None
    return int(numbers[0]), int(steps[0])
