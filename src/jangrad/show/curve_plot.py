"""The picture of a curve with its tangent, by matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jangrad.errors import DataError
from jangrad.show.formula import number
from jangrad.show.plots import _axes, _plain_frame, colours_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jangrad.show.curve import Curve

_WILD = 20.0  # times as high as most of it: then the picture leaves the ends out


def plot_curve(curve: Curve, ax: Axes | None) -> Axes:
    """The curve, the point where it is, and the tangent there.

    Raises:
        DataError: when none of its points is finite.
    """
    import numpy as np

    x, y = np.array(curve.x), np.array(curve.y)
    finite = y[np.isfinite(y)]
    if not len(finite):
        raise DataError(
            f"`{curve.root}` is nowhere finite from {number(x[0])} to {number(x[-1])}",
            try_="another range: low=..., high=...",
        )
    ax = _axes(ax, (6.4, 4.2))
    blue, orange = colours_on(ax)[:2]
    ax.plot(x, np.where(np.isfinite(y), y, math.nan), color=blue, linewidth=2.0)
    low, high = _seen(finite)
    if math.isfinite(curve.value) and math.isfinite(curve.slope):
        ends = [x[0], x[-1]]
        tangent = [curve.tangent(end) for end in ends]
        ax.plot(ends, tangent, color=orange, linewidth=1.6, linestyle=(0, (5, 2)))
        ax.plot(curve.at, curve.value, "o", color=orange, markersize=8, zorder=3)
        low, high = min(low, curve.value), max(high, curve.value)
        ax.annotate(
            f"slope {number(curve.slope)}",
            (curve.at, curve.value),
            (10, -14 if curve.slope >= 0.0 else 8),
            textcoords="offset points",
            color=orange,
            fontsize=10,
        )
    margin = 0.08 * (high - low) or 1.0
    ax.set_ylim(low - margin, high + margin)
    ax.set_xlim(x[0], x[-1])
    name, root = (said.replace("$", r"\$") for said in (curve.name, curve.root))
    ax.set_xlabel(name)
    ax.set_ylabel(root)
    ax.set_title(f"{root} against {name}, and its tangent", loc="left", fontsize=11)
    _plain_frame(ax)
    return ax


def _seen(finite: object) -> tuple[float, float]:
    """From where to where it is drawn: all of it, or most of it where the rest is far away."""
    import numpy as np

    low, first, last, high = np.percentile(finite, (0, 10, 90, 100))  # type: ignore[call-overload]
    if high - low > _WILD * (last - first) > 0.0:
        return float(2 * first - last), float(2 * last - first)
    return float(low), float(high)
