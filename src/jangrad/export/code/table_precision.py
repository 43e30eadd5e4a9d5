"""How far the answers of a table's model may be from double precision in fewer digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from jangrad.compiler import jit
from jangrad.datasets import Column, Columns
from jangrad.errors import ConfigError
from jangrad.export.code.table_model import TableModel

_ROWS = 64
_SINGLE = 1e-3  # of the deviation; dates within a year lose a tenth of it
_FIXED = 0.25  # what is farther off says little of the target


def check_single(whole: TableModel, columns: Columns) -> None:
    """That the function in single precision answers rows like those of the training.

    Raises:
        ConfigError: when it is off by a noticeable part of the target's deviation.
    """
    draw = np.random.default_rng(0)
    given = [[x for c in columns.columns for x in _cells(c, draw)] for _ in range(_ROWS)]
    single, double = (jit(whole.function, dtype=d) for d in ("float32", "float64"))
    differences = [np.subtract(_numbers(single, row), _numbers(double, row)) for row in given]
    worst = float(np.nan_to_num(np.abs(differences), nan=np.inf).max())
    if worst > _SINGLE * unit_of(columns):
        raise off(worst, columns, "float32", _SINGLE)


def most_off(columns: Columns) -> float:
    """How far answers in fixed point may be from those in double precision."""
    return _FIXED * unit_of(columns)


def unit_of(columns: Columns) -> float:
    """What an error is large or small against: the target's deviation, 1 of a probability."""
    return columns.target_scale.std if columns.target_scale else 1.0


def off(worst: float, columns: Columns, dtype: str, part: float = _FIXED) -> ConfigError:
    """The error that says how far off answers are, and why."""
    what = "its deviation" if columns.target_scale else "1"
    why = f", and {columns.far_from_0}" if columns.far_from_0 else ""
    return ConfigError(
        f"in {dtype} `{columns.target}` differs by {worst / unit_of(columns):.1e} of {what}",
        why=f"it may differ by {part:g}{why}; what differs more is not written",
        try_="--dtype float64"
        + ("; or train on numbers less a constant, such as their minimum" if why else ""),
    )


def _cells(column: Column, draw: Any) -> list[float]:
    """Numbers that a column may be given."""
    if column.values is not None:
        return [float(draw.integers(len(column.values)))]
    found = [float(s.mean + s.std * draw.normal()) for s in column.scales]
    return found if column.kind in ("number", "percent") else [float(round(x)) for x in found]


def _numbers(function: Any, row: list[float]) -> Any:
    return np.atleast_1d(np.asarray(function(*row), float))
