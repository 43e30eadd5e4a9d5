"""How far what was exported is from jangrad, and how far it may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from jangrad.errors import ConfigError, either

#: What differs more, of 1 or of the largest number, is another function.
ALLOWED = {"float64": 1e-10, "float32": 1e-4}


def apart(found: Any, expected: Any) -> float | None:
    """The largest difference, of 1 or of the largest number; None where no number is finite.

    >>> apart([1.0, 8.0], [1.0, 10.0])
    0.2
    """
    # What is the same for all rows may be given once.
    found, expected = np.broadcast_arrays(np.asarray(found, float), np.asarray(expected, float))
    finite = np.isfinite(expected)
    if not finite.any():
        return None
    scale = max(1.0, float(np.abs(expected[finite]).max()))
    differences = np.abs(found[finite] - expected[finite])
    return float(np.nan_to_num(differences, nan=np.inf).max()) / scale


def allowed(
    worst: float | None,
    name: str,
    where: str,
    dtype: str,
    why: str = "",
    unit: str = "1 or of its largest number",
) -> float:
    """The difference, if the precision allows it.

    Args:
        worst: the largest difference that was found, None where there was nothing to compare.
        name: of what was exported.
        where: it was run.
        dtype: in which precision.
        why: it may have lost its digits.
        unit: what the difference is measured in.

    Raises:
        ConfigError: when it is too large, or none.
    """
    if worst is None:
        raise ConfigError(
            f"`{name}` gave nothing but inf and nan, so it could not be compared",
            try_="call f with arguments for which it gives numbers, then export it",
        )
    if worst > ALLOWED[dtype]:
        raise ConfigError(
            f"in {where} `{name}` differs from jangrad by {worst:.1e}, of {unit}",
            why=f"{dtype} allows {ALLOWED[dtype]:.0e}{why}; what differs more is not written",
            try_=either('dtype="float64"', "--dtype float64")
            if dtype == "float32"
            else "fewer steps that lose digits",
        )
    return worst
