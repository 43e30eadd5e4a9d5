"""What a network of two inputs says over the plane: where two classes meet, and maps of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

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


class Plane:
    """A part of the plane of two inputs around some points, and a grid over it.

    Args:
        points: of shape (n, 2).
        cells: along each side; they are asked for at their middles, the first ones above.

    Attributes:
        low, high: its corners, [x1, x2] each.
    """

    def __init__(self, points: NDArray[Any], cells: int) -> None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = _MARGIN * np.where(high > low, high - low, 1.0)
        self.low, self.high = (low - margin).tolist(), (high + margin).tolist()
        self._cells = cells
        at = (np.arange(cells) + 0.5) / cells
        across = self.low[0] + at * (self.high[0] - self.low[0])
        up = self.high[1] - at * (self.high[1] - self.low[1])
        grid = np.stack([np.tile(across, cells), np.repeat(up, cells)], axis=1)
        self._rows = grid.tolist()

    def map(self, net: Any) -> NDArray[Any]:
        """The outputs over the grid, of shape (cells, cells, outputs)."""
        said = np.asarray(net.predict(self._rows), dtype=float)
        return said.reshape(self._cells, self._cells, -1)
