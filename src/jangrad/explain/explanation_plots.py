"""Pictures of explanations, with matplotlib: bars, curves, changes, units.

What raises an answer is blue, what lowers it orange, in all of them; colours and frames are those
of `jangrad.show.plots`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from jangrad.errors import DataError
from jangrad.explain.search import evenly
from jangrad.explain.wording import MOST, cut, short, signed
from jangrad.show.plots import FAINT, PALETTE, _axes, _plain_frame, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jangrad.explain.ablation import Ablation
    from jangrad.explain.dependence import Dependence
    from jangrad.explain.nearest import Counterfactual

_UP, _DOWN = PALETTE[0], PALETTE[1]
_CURVES = 60  # of single rows at most
_ROOM = 50  # letters that texts below an axis may have, side by side
_AXIS = "#999999"


def draw_bars(
    names: Sequence[str],
    numbers: Sequence[float],
    title: str,
    ax: Axes | None = None,
    *,
    spreads: Sequence[float] | None = None,
    signs: bool = True,
) -> Axes:
    """Bars to both sides of 0, the largest first; a line across its end for the spread of each.

    Args:
        names, numbers: of each bar; beyond a dozen the smallest are left out, which is said.
        title: what is drawn.
        ax: where; a new figure when left out.
        spreads: of each number.
        signs: whether numbers are written with their signs.
    """
    order = sorted(range(len(numbers)), key=lambda i: -abs(numbers[i]))
    shown, left = order[:MOST], len(order) - MOST
    ax = _axes(ax, (7.0, 0.34 * len(shown) + 1.1))
    reach = [abs(numbers[i]) + (spreads[i] if spreads else 0.0) for i in shown]
    for y, i in enumerate(shown):
        x = numbers[i]
        ax.barh(y, x, color=_UP if x >= 0.0 else _DOWN, height=0.62)
        if spreads:
            ends = [x - spreads[i], x + spreads[i]]
            ax.plot(ends, [y, y], color=ink(), linewidth=1.1, solid_capstyle="butt")
        away = 1.0 if x >= 0.0 else -1.0
        ax.annotate(
            signed(x) if signs else short(x),
            (x + away * (spreads[i] if spreads else 0.0), y),
            (5 * away, 0),
            textcoords="offset points",
            va="center",
            ha="left" if away > 0.0 else "right",
            fontsize=9,
            color=ink(),
            annotation_clip=False,
        )
    ax.set_yticks(range(len(shown)), [_plain(names[i]) for i in shown])
    ax.invert_yaxis()
    ends = [0.0, *(numbers[i] for i in shown)]
    low, high = min(ends), max(ends)
    # For the numbers beside the bars, of which a shorter axis has less.
    room = max(0.28 * (max(reach, default=0.0) or 1.0), 0.2 * (high - low))
    ax.set_xlim(low - (room if low < 0.0 else 0.05 * room), high + (room if high > 0.0 else 0.0))
    ax.axvline(0.0, color=_AXIS, linewidth=0.9)
    ax.locator_params(axis="x", nbins=5)  # so that labels of small numbers stand beside each other
    _titled(ax, title)
    if left > 0:
        more = f"and {left:,} smaller one{'s' * (left != 1)}"
        ax.set_xlabel(more, color=ink(), fontsize=9, loc="right")
    _plain_frame(ax)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    return ax


def draw_dependence(found: Dependence, ax: Axes | None = None, *, at: float | None = None) -> Axes:
    """The mean over the curves of single rows; of a column of texts a dot for each, with its span.

    Args:
        found: what is drawn.
        at: the number of the column in the one row that is drawn; it gets an orange dot.
        ax: where; a new figure when left out.
    """
    ax = _axes(ax, (6.0, 3.8))
    numbers = [point.number for point in found.rows]
    means = [point.mean for point in found.rows]
    several = len(found.curves) > 1
    if found.kind == "text":
        if several:
            ax.vlines(numbers, *_spans(found), color=_UP, alpha=0.35, linewidth=7)
        ax.plot(numbers, means, "o", color=_UP, markersize=9, markeredgecolor="white")
        ax.set_xticks(numbers, [_plain(point.value) for point in found.rows])
        ax.set_xlim(min(numbers) - 0.5, max(numbers) + 0.5)
        if sum(len(cut(point.value)) for point in found.rows) > _ROOM:
            ax.tick_params(axis="x", rotation=30)
    else:
        step = max(1, len(found.curves) // _CURVES)
        for curve in found.curves[::step] if several else ():
            ax.plot(numbers, curve, color=_UP, alpha=0.16, linewidth=0.8)
        ax.plot(numbers, means, color=ink() if several else _UP, linewidth=2.2)
        if several:
            ax.annotate(
                "mean",
                (numbers[-1], means[-1]),
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9.5,
                color=ink(),
                annotation_clip=False,
            )
    if found.kind == "date":
        some = [found.rows[i] for i in evenly(len(found.rows), 2).tolist()]
        ax.set_xticks([point.number for point in some], [point.value[:10] for point in some])
    if at is not None:
        here = float(np.interp(at, numbers, means))
        ax.plot([at], [here], "o", color=_DOWN, markersize=9, markeredgecolor="white")
    ax.grid(axis="y", color=FAINT, linewidth=0.6)
    ax.set_axisbelow(True)
    ax.set_xlabel(_plain(found.column), color=ink())
    of_rows = "the bars hold 8 in 10 rows" if found.kind == "text" else "each thin line is a row"
    _titled(ax, f"{found.answer}; {of_rows}" if several else found.answer)
    _plain_frame(ax)
    return ax


def _spans(found: Dependence) -> tuple[list[float], list[float]]:
    return [point.low for point in found.rows], [point.high for point in found.rows]


def draw_changes(found: Counterfactual, ax: Axes | None = None) -> Axes:
    """Each change on the range of its column, which is drawn from 0 to 1."""
    if not found.rows:
        raise DataError("there is no change to draw", why=str(found))
    shown = found.rows[:MOST]
    ax = _axes(ax, (7.0, 0.5 * len(shown) + 1.2))
    for y, (change, places) in enumerate(zip(shown, found.places, strict=False)):
        words = f"{cut(change.before)} \u2192 {cut(change.after)}"
        if places is not None:
            before, after = places
            ax.plot([0.0, 1.0], [y, y], color=FAINT, linewidth=5, solid_capstyle="round", zorder=0)
            ax.annotate(
                "",
                (after, y),
                (before, y),
                arrowprops={"arrowstyle": "-|>", "color": ink(), "linewidth": 1.3, "shrinkA": 0},
            )
            ax.plot([before], [y], "o", color="white", markeredgecolor=ink(), markersize=8)
            ax.plot([after], [y], "o", color=_DOWN, markeredgecolor="white", markersize=9)
        ax.annotate(
            words,
            (1.0, y),
            (12, 0),
            textcoords="offset points",
            va="center",
            fontsize=9.5,
            color=ink(),
            annotation_clip=False,
        )
    ax.set_yticks(range(len(shown)), [_plain(change.column) for change in shown])
    ax.set_ylim(len(shown) - 0.5, -0.5)
    ax.set_xlim(-0.05, 1.05)
    ax.set_xticks([0.0, 1.0], ["least in the data", "most in the data"])
    _titled(ax, f"{found.before}; with these changes {found.after}")
    _plain_frame(ax)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.tick_params(axis="both", length=0)
    return ax


def draw_units(found: Ablation, ax: Axes | None = None) -> Axes:
    """Each layer's units side by side, with what happens without them as bars."""
    layers = sorted({one.layer for one in found.rows})
    sizes = dict(zip(((one.layer, one.unit) for one in found.rows), found.sizes, strict=True))
    most = max(map(abs, sizes.values())) or 1.0
    ax = _axes(ax, (7.0, 1.0 * len(layers) + 1.0))
    widest = 0
    for y, layer in enumerate(layers):
        units = [unit for one, unit in sizes if one == layer]
        widest = max(widest, len(units))
        ax.axhline(y, color=FAINT, linewidth=0.8, zorder=0)
        for unit in units:
            x = sizes[layer, unit] / most
            ax.bar(unit, -0.8 * x, bottom=y, width=0.8, color=_UP if x >= 0.0 else _DOWN)
    ax.set_yticks(range(len(layers)), [f"layer {layer}" for layer in layers])
    ax.set_ylim(len(layers) - 0.15, -1.0)
    ax.set_xlim(-0.7, widest - 0.3)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("unit", color=ink())
    what = f"growth of the {found.measure}" if found.measure else "move of the outputs"
    _titled(ax, f"{what} without each unit; the largest is {short(most)}")
    _plain_frame(ax)
    return ax


def _plain(text: str) -> str:
    """A name on an axis: short, and without the signs that matplotlib reads as formulas."""
    return cut(text).replace("$", r"\$")


def _titled(ax: Axes, title: str) -> None:
    words = title.replace("`", "").replace("$", r"\$")
    ax.set_title(words, loc="left", fontsize=11, color=ink())
