"""The inputs and targets of what is drawn: names, the plane of two, where two classes meet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_MARGIN = 0.12  # of the range of the points, around them


def threshold_of(loss: Any, targets: Sequence[Any]) -> float | None:
    """The output at which one of two classes turns into the other.

    Args:
        loss: its name, where it has one.
        targets: of the rows.

    Returns:
        0 where outputs are scores, for the losses that are made so; the middle where they are to
        come to the two targets themselves; None where there are not two.

    >>> threshold_of("squared_error", [0.0, 1.0, 1.0]), threshold_of("hinge", [-1.0, 1.0])
    (0.5, 0.0)
    """
    flat = [t[0] if isinstance(t, (list, tuple)) and len(t) == 1 else t for t in targets]
    if any(isinstance(t, (list, tuple)) for t in flat) or loss == "softmax_cross_entropy":
        return None
    kinds = sorted({float(t) for t in flat})
    if len(kinds) != 2:
        return None
    return 0.0 if loss in ("hinge", "binary_cross_entropy") else 0.5 * (kinds[0] + kinds[1])


def around(points: Sequence[Sequence[float]]) -> tuple[list[float], list[float]]:
    """The lower and the upper corner of the plane around some points, with a margin.

    >>> around([[0.0, 0.0], [1.0, 2.0]])
    ([-0.12, -0.24], [1.12, 2.24])
    """
    low, high = [], []
    for column in zip(*points, strict=True):
        least, most = min(column), max(column)
        margin = _MARGIN * (most - least if most > least else 1.0)
        low.append(least - margin)
        high.append(most + margin)
    return low, high


def column_names(X: Any) -> list[str] | None:
    """The names of a table's columns; None for rows without names."""
    columns = getattr(X, "columns", None)
    return None if columns is None else [str(name) for name in columns]
