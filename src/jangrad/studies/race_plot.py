"""A race as one picture: losses, sharpness against its limits, and what each rate has learned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from jangrad.show.plots import (
    _plain_frame,
    colours_on,
    ink,
    plot_decision_boundary,
    plot_history,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from jangrad.studies.race import Lane, Race

_DASHED = (0, (4, 2))
_COLUMNS = 5  # maps beside each other
_ABOVE = 2.0  # times the sharpest of the lanes that were not lost: what leaves the picture


def plot_race(race: Race) -> Figure:
    """The figure; `figure.savefig("race.png")` writes it."""
    import matplotlib.pyplot as plt

    maps = has_map(race)
    rows = math.ceil(len(race.lanes) / _COLUMNS) if maps else 0
    figure = plt.figure(figsize=(11.0, 4.4 + 2.5 * rows), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=[4.4, 2.5 * rows]) if rows else [figure]
    above = parts[0].subplots(1, 2)
    colours = lane_colours(race, above[0])
    _draw_losses(race, above[0])
    _draw_sharpness(race, above[1], colours)
    if rows:
        columns = min(_COLUMNS, len(race.lanes))
        below = parts[1].subplots(rows, columns, squeeze=False).ravel()
        for ax, lane, colour in zip(below, race.lanes, colours, strict=False):
            _draw_map(race, lane, ax, colour)
        for ax in below[len(race.lanes) :]:
            ax.set_visible(False)
    return figure


def has_map(race: Race) -> bool:
    """Whether the rows have two numbers, and the network predicts."""
    return len(race.rows[0]) == 2 and hasattr(race.net, "predict")


def lane_colours(race: Race, ax: Axes) -> list[str]:
    """One for each rate; of many some come twice, and their lines are dashed."""
    colours = colours_on(ax)
    return [colours[k % len(colours)] for k in range(len(race.lanes))]


def _draw_losses(race: Race, ax: Axes) -> None:
    plot_history({f"{lane.rate:g}": lane.history for lane in race.lanes}, ax)
    ax.set_title(f"loss, {race.steps} steps of {race.optimizer}", loc="left", fontsize=11,
                 pad=14)  # fmt: skip


def _draw_sharpness(race: Race, ax: Axes, colours: list[str]) -> None:
    """Each lane's, and in its colour, dashed, the curvature that its rate allows."""
    top = _ABOVE * race.sharpest
    shown = [x for lane in race.lanes for x in lane.sharpness if 0.0 < x <= top]
    limits = [lane.limit for lane in race.lanes if lane.limit is not None and lane.limit < top]
    for k, (lane, colour) in enumerate(zip(race.lanes, colours, strict=True)):
        again: Any = (0, (6, 2)) if k >= len(colours_on(ax)) else "-"
        ax.plot(lane.looked, lane.sharpness, color=colour, linewidth=1.8, linestyle=again)
        if lane.limit is not None and lane.limit < top:
            ax.axhline(lane.limit, color=colour, linewidth=1.1, linestyle=_DASHED)
            ax.annotate(f"2/{lane.rate:g}" if race.plain else f"limit of {lane.rate:g}",
                        (1.0, lane.limit), (4, 0), xycoords=("axes fraction", "data"),
                        textcoords="offset points", va="center", color=colour, fontsize=9,
                        annotation_clip=False)  # fmt: skip
    if shown:
        low, high = min(shown + limits), max(shown + limits)
        if high > 10.0 * low:
            ax.set_yscale("log")
        ax.set_ylim(0.9 * low, 1.1 * high)
    ax.set_xlim(0, race.steps)
    ax.set_xlabel("step")
    dashed = "" if race.limit is None else "; dashed: what the rate allows"
    ax.set_title(f"sharpness{dashed}", loc="left", fontsize=11, pad=14)
    if race.limit is None:
        ax.annotate(f"{race.optimizer} has no such limit: it divides by the size of the gradients",
                    (0.5, -0.2), xycoords="axes fraction", ha="center", fontsize=9,
                    color=ink())  # fmt: skip
    _plain_frame(ax)
    ax.grid(axis="y", linewidth=0.6, alpha=0.5)


def _draw_map(race: Race, lane: Lane, ax: Axes, colour: str) -> None:
    net: Any = race.at(lane.rate)
    finite = all(map(math.isfinite, lane.weights[-1]))
    if finite:
        plot_decision_boundary(net, race.rows, race.targets, ax, threshold=race.threshold)
        if (legend := ax.get_legend()) is not None:
            legend.remove()
    ax.set_xticks([])
    ax.set_yticks([])
    _plain_frame(ax)
    ax.set_title(f"{lane.rate:g}: {lane.verdict.kind}", color=colour, fontsize=10, loc="left")
