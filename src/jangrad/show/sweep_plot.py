"""Pictures of a sweep: the map of rates and seeds, and the loss against the rate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.errors import DataError
from jangrad.show.plots import _plain_frame, colours_on, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHED = (0, (4, 2))
_STILL = "#999999"  # of trainings that can learn no more
_NOT_MADE = "#d9dde3"  # broken off before
_LEAST = 1e-12  # losses below this part of the largest are drawn as if they were it
_WIDTH = 118  # letters a line
_STRIP = 0.08  # of the height of a plot, for words below its curves
_PAD = 20  # points between axes and titles


class Judged(Protocol):
    """A verdict on the rates; `jangrad.studies.sweep_verdict.SweepVerdict` is one."""

    @property
    def best(self) -> float | None: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def unstable(self) -> float | None: ...
    @property
    def start(self) -> float: ...
    def lines(self, limits: Sequence[float], /) -> list[str]: ...


class Swept(Protocol):
    """What is drawn; `jangrad.studies.Sweep` is one."""

    @property
    def axes(self) -> Mapping[str, Sequence[Any]]: ...
    @property
    def ended(self) -> Any: ...
    @property
    def diverged(self) -> Any: ...
    @property
    def score(self) -> Any: ...
    @property
    def limits(self) -> Sequence[float]: ...
    @property
    def verdict(self) -> Judged: ...
    def at_best(self, numbers: Any, /) -> Any: ...


def plot_sweep(sweep: Swept) -> Figure:
    """The map of rates and seeds, the loss against the rate with its spread, and the verdict.

    Losses are those of the rows that were held out where there are any. Where a sweep has more
    axes, the best settings of these are shown.

    Args:
        sweep: what `sweep` has returned.

    Returns:
        matplotlib's figure.

    Raises:
        DataError: when it went through fewer than two rates, or no training has a loss.
    """
    import matplotlib.pyplot as plt
    import numpy as np

    rates = sweep.axes["rate"]
    if len(rates) < 2:
        raise DataError(
            f"a sweep of {len(rates)} rate has no curve of rates",
            try_="sweep(..., rates=[0.001, 0.01, 0.1])",
        )
    order = np.argsort(np.array(rates, float), kind="stable")
    losses, lost = (sweep.at_best(x)[order] for x in (sweep.score, sweep.diverged))
    ended = sweep.at_best(sweep.ended)[order]
    if not np.isfinite(losses).any():
        raise DataError("no training of this sweep has a finite loss", try_="lower rates")
    figure, (left, right) = plt.subplots(1, 2, figsize=(12.0, 5.8), width_ratios=(1.15, 1.1))
    x = np.array(rates, float)[order]
    broken_off = np.isin(ended, ("interrupt", "not begun"))
    shown = _Shown(losses, lost, np.isfinite(losses) | ~broken_off, sweep.verdict.start)
    still = np.isin(ended, ("dead network", "no gradient"))
    _draw_map(left, x, sweep.axes["seed"], shown, still)
    if sweep.limits:
        left.axvline(_middle(sweep.limits), color="white", linewidth=1.2, linestyle=_DASHED)
    _draw_curve(right, x, shown, sweep)
    lines = [*sweep.verdict.lines(sweep.limits), *shown.said()]
    words = "\n".join(fill(line, _WIDTH) for line in lines)
    figure.text(0.02, 0.02, words, va="bottom", fontsize=10, color=ink(), linespacing=1.5)
    below = 0.13 + 0.04 * (1 + words.count("\n"))
    figure.subplots_adjust(left=0.055, right=0.98, top=0.87, bottom=below, wspace=0.15)
    return figure


class _Shown:
    """Losses as they are drawn: on a logarithmic scale where they span it.

    Args:
        losses: shape (rates, seeds); inf where there is none.
        lost: which have diverged.
        made: which were not broken off before they had a loss; the others are not drawn.
        start: the loss before any step.
    """

    def __init__(self, losses: Any, lost: Any, made: Any, start: float) -> None:
        import numpy as np

        finite = losses[np.isfinite(losses)]
        self.lost, self.made, self.start = lost | (made & ~np.isfinite(losses)), made, start
        positive = finite[finite > 0.0]
        self.logarithmic = bool(len(positive)) and float(finite.min()) >= 0.0
        self.top = float(finite.max())
        if math.isfinite(start) and start > 0.0:  # what ends far above the start is no use
            self.top = min(self.top, 3.0 * start)
        self.low = float(finite.min())
        if self.logarithmic:
            self.low = max(float(positive.min()), _LEAST * self.top)
        kept = made & ~self.lost
        self.losses = np.where(kept, np.clip(losses, self.low, self.top), np.nan)
        kept = losses[kept]
        self.below, self.above = (bool(x.any()) for x in (kept < self.low, kept > self.top))

    def said(self) -> list[str]:
        """Where losses are not drawn as they are, in lines."""
        ends = [("below", f"{self.low:.1g}")] * self.below
        ends += [("above", f"{self.top:.2g}")] * self.above
        return [f"losses {where} {end} are drawn as {end}" for where, end in ends]


def _plainly(ax: Axes, shown: _Shown) -> None:
    """Label losses as 0.3, and not by powers of ten, where the axis spans little."""
    from matplotlib.ticker import FuncFormatter

    least, most = ax.get_ylim()
    if shown.logarithmic and most < 30.0 * least:  # else they stand upon each other
        for formatter in (ax.yaxis.set_major_formatter, ax.yaxis.set_minor_formatter):
            formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))


def _middle(limits: Sequence[float]) -> float:
    """Their middle on a logarithmic scale."""
    return math.exp(sum(map(math.log, limits)) / len(limits))


def _edges(centres: Any, *, logarithmic: bool) -> Any:
    """Where one cell ends and the next begins."""
    import numpy as np

    at = np.log(centres) if logarithmic else np.asarray(centres, float)
    inner = (at[1:] + at[:-1]) / 2.0
    ends = [at[0] - (inner[0] - at[0]), *inner, at[-1] + (at[-1] - inner[-1])]
    return np.exp(ends) if logarithmic else np.array(ends)


def _draw_map(ax: Axes, x: Any, seeds: Sequence[Any], shown: _Shown, still: Any) -> None:
    import numpy as np
    from matplotlib.colors import ListedColormap, LogNorm, Normalize
    from matplotlib.patches import Patch

    across = _edges(x, logarithmic=True)
    up = np.arange(len(seeds) + 1) - 0.5
    kind = LogNorm if shown.logarithmic and shown.low < shown.top else Normalize
    drawn = ax.pcolormesh(
        *(across, up, shown.losses.T),
        cmap="viridis_r",
        norm=kind(shown.low, shown.top),
        rasterized=True,
    )
    legend = []
    _, lost_colour = colours_on(ax)[:2]
    for where, colour, name in (
        (shown.lost, lost_colour, "diverged"),
        (still, _STILL, "dead"),
        (~shown.made, _NOT_MADE, "not made"),
    ):
        if where.any():
            cells = np.where(where, 1.0, np.nan).T
            ax.pcolormesh(across, up, cells, cmap=ListedColormap([colour]), rasterized=True)
            legend.append(Patch(color=colour, label=name))
    ax.set_xscale("log")
    ax.set_xlabel("learning rate")
    ax.set_ylabel("seed")
    some = np.unique(np.linspace(0, len(seeds) - 1, min(len(seeds), 9)).round().astype(int))
    ax.set_yticks(some, [str(seeds[i]) for i in some])
    ax.set_title("each training: loss at the end", loc="left", fontsize=11, color=ink(), pad=_PAD)
    if legend:
        ax.legend(
            handles=legend,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=3,
            frameon=False,
            borderaxespad=0.2,
        )
    _plainly(ax.figure.colorbar(drawn, ax=ax, pad=0.02).ax, shown)


def _draw_curve(ax: Axes, x: Any, shown: _Shown, sweep: Swept) -> None:
    import numpy as np

    line, limit_colour, good = colours_on(ax)[:3]
    judged, limits = sweep.verdict, sweep.limits
    if judged.best is not None:
        edges = _edges(x, logarithmic=True)
        low, high = (int(np.flatnonzero(x == r)[0]) for r in (judged.low, judged.high))
        ax.axvspan(edges[low], edges[high + 1], color=good, alpha=0.12, linewidth=0)
        ax.annotate(
            "good",
            (math.sqrt(edges[low] * edges[high + 1]), 1.0),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            color=good,
            weight="bold",
        )
    known = shown.made.any(axis=1)
    worst = max(shown.top, shown.start) if math.isfinite(shown.start) else shown.top
    filled, at_rates = np.where(shown.lost, worst, shown.losses)[known], x[known]
    for least, most, alpha in ((0.1, 0.9, 0.18), (0.25, 0.75, 0.3)):
        below, above = (np.nanquantile(filled, q, axis=1, method="nearest") for q in (least, most))
        ax.fill_between(at_rates, below, above, color=line, alpha=alpha, linewidth=0)
    middle = np.nanquantile(filled, 0.5, axis=1, method="nearest")
    ax.plot(at_rates, middle, "o-", color=line, linewidth=2.0, markersize=4)
    share = shown.lost[known].sum(axis=1) / shown.made[known].sum(axis=1)
    lost = share >= 0.5
    ax.plot(
        at_rates[lost], middle[lost], "X", color=limit_colour, markersize=8, clip_on=False, zorder=4
    )
    ax.set_xscale("log")
    if shown.logarithmic:
        ax.set_yscale("log")
    if math.isfinite(shown.start):
        ax.axhline(shown.start, color=ink(), linewidth=0.8, linestyle=(0, (2, 3)))
        ax.annotate(
            "before any step",
            (x[0], shown.start),
            (0, 4),
            textcoords="offset points",
            color=ink(),
            fontsize=9,
        )
    if limits and x[0] <= _middle(limits) <= x[-1]:
        if min(limits) < max(limits):
            ax.axvspan(min(limits), max(limits), color=limit_colour, alpha=0.1, linewidth=0)
        at = _middle(limits)
        ax.axvline(at, color=limit_colour, linewidth=1.2, linestyle=_DASHED)
        least, most = ax.get_ylim()  # with room for words below all curves
        if shown.logarithmic:
            ax.set_ylim(least * (least / most) ** _STRIP, most)
        else:
            ax.set_ylim(least - (most - least) * _STRIP, most)
        right = math.log(at / x[0]) > 0.6 * math.log(x[-1] / x[0])
        ax.annotate(
            "2 / sharpness of the start",
            (at, 0.02),
            (-5 if right else 5, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if right else "left",
            color=limit_colour,
            fontsize=9,
        )
    _plainly(ax, shown)
    ax.set_xlim(x[0], x[-1])
    ax.set_xlabel("learning rate")
    said = "over the seeds: the middle, half of them, 8 of 10"
    ax.set_title(said, loc="left", fontsize=11, color=ink(), pad=_PAD)
    _plain_frame(ax)
