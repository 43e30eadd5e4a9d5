"""Rows and targets as machine code has them: one table, checked for what a program looks up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jangrad.compiler.running import unmet
from jangrad.errors import DataError
from jangrad.needs import refusal
from jangrad.train.rows import Rows, Targets, Weights

_NAMES = "X", "y"


def check_lookups(
    lookups: Sequence[tuple[int, int]], data: Any, inputs: int, names: tuple[str, str] = _NAMES
) -> None:
    """That the rows of tables which the data asks for are there, and targets are what is needed.

    Args:
        lookups: columns of the data, and what their numbers have to be.
        data: each row with its targets behind it.
        inputs: how many columns come before the targets.
        names: what messages call rows and targets.
    """
    for column, need in lookups:
        numbers = data[:, column]
        wrong = np.flatnonzero(unmet(numbers, need))
        if len(wrong):
            row = int(wrong[0])
            place = f"{names[0]}[{row}][{column}]" if column < inputs else f"{names[1]}[{row}]"
            raise refusal(need, float(numbers[row]), f"`{place}`")


def table(
    rows: Rows,
    targets: Targets,
    dtype: Any,
    names: tuple[str, str] = _NAMES,
    weights: Weights = None,
) -> Any:
    """Each row with its targets behind it, in one piece: shape (rows, inputs + targets).

    Where rows have weights, these are the last column.

    Raises:
        DataError: when one is too large for single precision.
    """
    inputs, behind = np.asarray(rows), np.asarray(targets).reshape(len(rows), -1)
    if weights is None and (whole := _side_by_side(inputs, behind, dtype)) is not None:
        return whole
    if weights is not None:
        behind = np.column_stack([behind, weights])
    with np.errstate(over="ignore", under="ignore"):
        # Of arrays whose columns lie together, as a table's do, NumPy makes another such one.
        found = np.concatenate([inputs, behind], axis=1, dtype=dtype, casting="same_kind")
        found = np.ascontiguousarray(found)
    if not np.isfinite(found).all():
        row, column = np.argwhere(~np.isfinite(found))[0].tolist()
        beyond = column - inputs.shape[1]
        place = f"{names[0]}[{row}][{column}]" if beyond < 0 else f"{names[1]}[{row}]"
        number = inputs[row, column] if beyond < 0 else behind[row, beyond]
        raise DataError(
            f"`{place}` is {number:g}, which {np.dtype(dtype).name} cannot hold",
            why=f"its largest number is {np.finfo(dtype).max:.3g}",
            try_='data scaled to about -1 .. 1; or dtype="float64"',
        )
    return found


def _side_by_side(inputs: Any, behind: Any, dtype: Any) -> Any:
    """The part of an array in which each row has its targets behind it already; None without one.

    It is not copied where nobody can write into it, as of what `fit` was given without a copy.
    """
    whole = inputs.base
    if whole is None or whole is not behind.base or whole.flags.writeable or whole.ndim != 2:
        return None
    width = inputs.shape[1] + behind.shape[1]
    begin, first_input, first_target = (a.ctypes.data for a in (whole, inputs, behind))
    beside = first_input + inputs.shape[1] * whole.itemsize == first_target
    alike = whole.shape[1] == width and whole.flags.c_contiguous and whole.dtype == dtype
    if not (alike and beside and inputs.strides == whole.strides):
        return None
    first = (first_input - begin) // whole.strides[0]
    return whole[first : first + len(inputs)]
