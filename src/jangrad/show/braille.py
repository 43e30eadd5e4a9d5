"""A curve in the terminal: every braille character is a cell of 2 x 4 dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

_BLANK = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # row, then column
_LEAST = 1e-300  # of a number whose logarithm is drawn


def curve(numbers: Sequence[float], width: int = 60, height: int = 6) -> list[str]:
    """A falling or rising curve, as lines of text with its limits beside it.

    The axis is logarithmic, or even where a number is negative.

    Args:
        numbers: one a step; inf and nan are left out. On a logarithmic axis numbers below 1e-300
            lie at the lower edge.
        width, height: of the drawing, in characters.

    Returns:
        `height` lines: a label of ten characters, then the drawing.

    >>> len(curve([1.0, 0.1, 0.01], width=10, height=3))
    3
    >>> curve([-1.0, 1.0], width=2, height=1)
    ['       -1 ⡠⠊']
    """
    kept = [(i, x) for i, x in enumerate(numbers) if math.isfinite(x)]
    even = any(x < 0.0 for _, x in kept)
    floor = -math.inf if even else min((x for _, x in kept if x > _LEAST), default=math.inf)
    if not kept or floor == math.inf:
        return ["(nothing to draw)"]
    points = [(i, x if even else math.log10(max(x, floor))) for i, x in kept]
    low, high = min(y for _, y in points), max(y for _, y in points)
    span = max(high - low, 1e-9)
    cells = [[0] * width for _ in range(height)]
    last = max(len(numbers) - 1, 1)

    def dot(i: int, y: float) -> tuple[int, int]:
        return round(i / last * (2 * width - 1)), round((high - y) / span * (4 * height - 1))

    for (i, y), (next_i, next_y) in pairwise([points[0], *points]):
        (column, row), (next_column, next_row) = dot(i, y), dot(next_i, next_y)
        # A straight line between neighbours, so that a steep fall is one line and not loose dots.
        count = max(abs(next_column - column), abs(next_row - row), 1)
        for k in range(count + 1):
            across = column + round((next_column - column) * k / count)
            down = row + round((next_row - row) * k / count)
            cells[down // 4][across // 2] |= _DOTS[down % 4][across % 2]
    labels = {0: max(x for _, x in kept), height - 1: min(x for _, x in kept)}
    return [
        f"{_short(labels[r]) if r in labels else '':>9} " + "".join(chr(_BLANK + c) for c in line)
        for r, line in enumerate(cells)
    ]


def _short(x: float) -> str:
    return f"{x:.3g}" if x == 0.0 or 1e-3 <= abs(x) < 1e5 else f"{x:.0e}"
