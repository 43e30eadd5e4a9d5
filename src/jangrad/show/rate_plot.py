"""The loss after some steps against the learning rate, with the limit of stability."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from jangrad.show.plots import _axes, _plain_frame, colours_on, ink

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOST = 10.0  # losses this many times above the start are drawn at the upper edge


class TriedRate(Protocol):
    """A rate and the loss behind some steps."""

    @property
    def rate(self) -> float: ...
    @property
    def loss(self) -> float: ...
    @property
    def calm(self) -> bool: ...


class TriedRates(Protocol):
    """What the plot shows; `jangrad.train.RateAdvice` is one."""

    @property
    def rows(self) -> Sequence[TriedRate]: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def limit(self) -> float | None: ...
    @property
    def start(self) -> float: ...
    @property
    def steps(self) -> int: ...


def plot_rates(advice: TriedRates, ax: Axes | None = None) -> Axes:
    """The loss after the steps that were tried at each rate, the start, the limit and the advice.

    What was lost, or thrown far above the start, lies at the upper edge as a cross.

    Args:
        advice: what `suggest_rate` returned.
        ax: matplotlib axes to draw on; a new figure when left out.

    Returns:
        The axes.
    """
    ax = _axes(ax, (7.0, 4.2))
    tried, limits, advised = colours_on(ax)[:3]
    top = _LOST * advice.start if advice.start > 0.0 else math.inf
    shown = [(one.rate, min(one.loss, top), one) for one in advice.rows]
    good = [(rate, loss) for rate, loss, one in shown if math.isfinite(loss) and loss < top]
    ax.plot(*zip(*good, strict=True), "o-", color=tried, linewidth=1.8, markersize=5)
    lost = [rate for rate, loss, _ in shown if not math.isfinite(loss) or loss >= top]
    edge = top if math.isfinite(top) else max(loss for _, loss in good)
    if lost:
        ax.plot(lost, [edge] * len(lost), "X", color=limits, markersize=8, linestyle="none")
        ax.annotate("diverged", (lost[0], edge), (0, -14), textcoords="offset points", ha="center",
                    color=limits)  # fmt: skip
    ax.set_xscale("log")
    if advice.start > 0.0 and all(loss > 0.0 for _, loss in good):
        ax.set_yscale("log")
    ax.axhline(advice.start, color=ink(), linewidth=0.8, linestyle=(0, (2, 3)))
    ax.annotate("before any step", (min(one.rate for one in advice.rows), advice.start), (2, 4),
                textcoords="offset points", color=ink())  # fmt: skip
    if advice.limit is not None:
        ax.axvline(advice.limit, color=limits, linewidth=1.2, linestyle=(0, (4, 2)))
        ax.annotate(f"limit {advice.limit:.2g}", (advice.limit, 0.35), (4, 0), rotation=90,
                    xycoords=("data", "axes fraction"), textcoords="offset points",
                    color=limits, va="bottom")  # fmt: skip
    if advice.rate is not None:
        best = next(loss for rate, loss, _ in shown if rate == advice.rate)
        ax.plot([advice.rate], [best], "o", color=advised, markersize=11, fillstyle="none",
                markeredgewidth=2)  # fmt: skip
        ax.annotate(f"{advice.rate:.2g}", (advice.rate, best), (0, 10), color=advised,
                    textcoords="offset points", ha="center", weight="bold")  # fmt: skip
    ax.set_xlabel("learning rate")
    ax.set_ylabel(f"loss after {advice.steps} steps")
    _plain_frame(ax)
    return ax
