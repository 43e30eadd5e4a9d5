"""Plots with matplotlib: loss curves, and what a network of two inputs says over the plane.

Colours are those of Okabe and Ito, Color Universal Design (2008), which people with any common
colour blindness can tell apart; the yellow is left out, for it is too pale on white.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from numbers import Real
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.arrays import walked_again
from jangrad.engine import Value
from jangrad.errors import DataError, ShapeError, printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
# On a dark ground the pale ones come first, and white in the place of black.
_ON_DARK = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#D55E00", "#FFFFFF")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
FAINT = "#99999970"  # on light and on dark grounds
_LINE = "#333333"  # between regions, whose colours are pale on every ground
_DASHED = (0, (4, 2))
# A logarithmic axis helps once the losses span this factor.
_WIDE = 30.0
# A diverged run is cut off this far above the largest first loss, or it would flatten the others.
_CUT = 1000.0
_DIVERGED = ("divergence", "not finite")
_GRID = 90  # points along each side of the plane


class Curves(Protocol):
    """What a loss curve is drawn from; `jangrad.train.History` is one."""

    @property
    def loss(self) -> Sequence[float]: ...
    @property
    def validation(self) -> Mapping[str, Sequence[float]]: ...
    @property
    def diagnosis(self) -> Any: ...


class Predicts(Protocol):
    """What a boundary is drawn from: a network with `predict(rows)`."""

    def predict(self, rows: Any, /) -> Any: ...


def plot_history(
    histories: Curves | Sequence[float] | Mapping[str, Curves | Sequence[float]],
    ax: Axes | None = None,
) -> Axes:
    """Loss curves over the steps: one run, or several by name, in one picture.

    Validation is dashed, a noisy loss is drawn faint under the mean around each step, and where a
    run came to grief there is a cross. A run that diverged leaves the picture at its upper edge,
    where an arrow says how far up it goes, and by which step. The loss axis is logarithmic where
    the losses span a factor of 30; a loss of exactly 0 lies at 0, to which the axis runs evenly
    below the smallest other loss.

    Args:
        histories: what `fit` returned, or a list of losses; or a dict of such, whose keys become
            the labels.
        ax: matplotlib axes to draw on; a new figure when left out.

    Returns:
        The axes; `ax.figure.savefig("loss.png")` writes the picture.

    Raises:
        DataError: when there is no finite loss to draw, or something else than runs was given.
    """
    runs = _named(histories)
    finite = [x for run in runs.values() for x in _all_losses(run) if math.isfinite(x)]
    if not finite:
        raise DataError("there is no finite loss to draw", try_="a history of one step or more")
    ax = _axes(ax, (7.0, 4.2))
    top = _top(list(runs.values()))
    shown = [min(x, top) if top > 0.0 else x for x in finite]
    positive = [x for x in shown if x > 0.0]
    wide = bool(positive) and min(shown) >= 0.0 and max(positive) > _WIDE * min(positive)
    even = min(positive) if wide and min(shown) == 0.0 else None  # below it the axis runs evenly

    labels = []
    longest = max(len(run.loss) for run in runs.values())
    colours = colours_on(ax)
    for number, (name, run) in enumerate(runs.items()):
        colour = colours[number % len(colours)]
        more = _DASHED if number >= len(colours) else "-"  # there are no other colours
        losses = [x if math.isfinite(x) else math.nan for x in run.loss]
        x = list(range(len(losses)))
        if _is_noisy(losses):
            ax.plot(x, losses, color=colour, alpha=0.25, linewidth=0.8)
            losses = _running_mean(losses, max(3, len(losses) // 40))
        ax.plot(x, losses, color=colour, linewidth=1.8, linestyle=more, solid_capstyle="round")
        end = max((i for i in x if math.isfinite(losses[i])), default=None)
        if end is None:
            continue
        text = name
        if run.diagnosis is not None:
            text = f"{name}: {run.diagnosis.kind}" if name else run.diagnosis.kind
        place = float(end), losses[end]
        if 0.0 < top < losses[end]:
            place = _leaves_at(losses, top, wide), top
            text = f"{text}, to {losses[end]:.3g} at step {end}".lstrip(", ")
            ax.plot(*place, "^", color=colour, markersize=9, clip_on=False, zorder=3)
        elif run.diagnosis is not None:
            ax.plot(*place, "X", color=colour, markersize=9, markeredgecolor=ax.get_facecolor())
        held = run.validation.get("loss", ())
        if held:
            steps = run.validation["step"]
            held = [x if math.isfinite(x) else math.nan for x in held]
            ax.plot(steps, held, color=colour, linewidth=1.8, linestyle=_DASHED)
            if math.isfinite(held[-1]) and not 0.0 < top < held[-1]:
                labels.append(_label(ax, steps[-1], held[-1], f"{name} validation".strip(), colour))
            text = text or "training"
        if text:
            labels.append(_label(ax, *place, text, colour))

    if even is not None:
        lowest = max(math.floor(math.log10(even)), -100)
        decades = math.log10(max(shown)) - lowest
        ax.set_yscale("symlog", linthresh=10.0**lowest, linscale=max(1.0, 0.1 * decades))
        ax.set_ylim(0.0, None)
    elif wide:
        ax.set_yscale("log")
    else:
        low, high = min(shown), max(shown)
        ax.set_ylim(0.0 if 0.0 <= low < 0.5 * high else None, None)
    if 0.0 < top < max(finite):
        ax.set_ylim(None, top)
    ax.set_xlim(-0.01 * longest, max(1.0, longest - 1.0) * 1.005)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("step")
    ax.set_title("loss", loc="left", fontsize=11)
    _plain_frame(ax)
    ax.grid(axis="y", linewidth=0.6, alpha=0.5)
    _spread(ax, labels)
    return ax


def plot_decision_boundary(
    net: Predicts, X: Any, y: Any, ax: Axes | None = None, *, threshold: float | None = None
) -> Axes:
    """What a network of two inputs says over the plane, with the rows it was to learn.

    One output with two kinds of target is drawn as two regions and the line between them; several
    outputs as one region for each class, that of the largest output; any other single output as
    a shaded surface.

    Args:
        net: anything with `predict(rows)`.
        X: n rows of two numbers.
        y: n targets: classes, or numbers.
        ax: matplotlib axes to draw on; a new figure when left out.
        threshold: for two classes, the output at which one turns into the other. Left out it is 0,
            which suits targets of -1 and 1, and the raw outputs of binary cross-entropy; give 0.5
            for targets of 0 and 1 learned by squared error.

    Returns:
        The axes.

    Raises:
        ShapeError: when the rows do not have two numbers each.
        DataError: when there are no rows, or not as many targets.
    """
    import numpy as np

    X, y = walked_again(X), walked_again(y)
    points = np.asarray(X, dtype=float)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ShapeError(
            f"a decision boundary needs rows of two numbers, but X has the shape {points.shape}",
            why="the two inputs are the two directions of the picture",
        )
    targets = np.asarray(y, dtype=float)
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if not len(points) or len(targets) != len(points):
        raise DataError(f"X has {len(points)} rows and y has {len(targets)}")
    if targets.ndim == 2:  # one number for each class
        targets = targets.argmax(axis=1)
    ax = _axes(ax, (5.4, 4.8))

    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.12 * np.where(high > low, high - low, 1.0)
    first = np.linspace(low[0] - margin[0], high[0] + margin[0], _GRID)
    second = np.linspace(low[1] - margin[1], high[1] + margin[1], _GRID)
    across, up = np.meshgrid(first, second)
    said = np.asarray(net.predict(np.column_stack([across.ravel(), up.ravel()]).tolist()))
    said = said.reshape(_GRID, _GRID, -1)

    kinds = np.unique(targets)
    if said.shape[2] > 1:
        _draw_classes(ax, across, up, said)
        _draw_points(ax, points, targets, np.arange(said.shape[2]))
    elif len(kinds) <= 2:
        _draw_two(ax, across, up, said[:, :, 0], 0.0 if threshold is None else threshold)
        _draw_points(ax, points, targets, kinds)
    else:
        _draw_surface(ax, across, up, said[:, :, 0], points, targets)
    ax.set_xlim(first[0], first[-1])
    ax.set_ylim(second[0], second[-1])
    _plain_frame(ax)
    return ax


# -- loss curves ------------------------------------------


def _named(histories: Any) -> dict[str, Curves]:
    """The runs by name, once they are runs."""
    named = dict(histories) if isinstance(histories, Mapping) else {"": histories}
    named = {name: _as_run(run) for name, run in named.items()}
    for name, run in named.items():
        if not (hasattr(run, "loss") and hasattr(run, "validation")):
            given = (
                "`histories`" if not isinstance(histories, Mapping) else f"`histories[{name!r}]`"
            )
            raise DataError(
                f"{given} is {run!r:.60} ({type(run).__name__}), not what `fit` returned",
                try_='{"one": history, "another": history}, to draw several runs by name'
                if isinstance(run, list | tuple)
                else "history = fit(...); plot_history(history)",
            )
    return {printable(str(name), line=True): run for name, run in named.items()}


def _as_run(run: Any) -> Any:
    """A run; also of a list of losses, as a training loop of one's own collects them."""
    if not isinstance(run, (list, tuple)) or not run or not all(map(_is_number, run)):
        return run
    losses = [x.data if isinstance(x, Value) else float(x) for x in run]
    return SimpleNamespace(loss=losses, validation={}, diagnosis=None)


def _is_number(x: Any) -> bool:
    return isinstance(x, (Value, Real))


def _all_losses(run: Curves) -> list[float]:
    return [*run.loss, *run.validation.get("loss", ())]


def _top(runs: Sequence[Curves]) -> float:
    """Where runs that diverged are cut off; no other one is."""
    firsts = [next((x for x in run.loss if math.isfinite(x)), 0.0) for run in runs]
    calm = [run for run in runs if getattr(run.diagnosis, "kind", "") not in _DIVERGED]
    others = [x for run in calm for x in _all_losses(run) if math.isfinite(x)]
    return max(_CUT * max(firsts), *others, 0.0)


def _leaves_at(losses: Sequence[float], top: float, logarithmic: bool) -> float:
    """Where the line crosses the upper edge for the last time, in steps."""
    step = max(i for i, x in enumerate(losses) if x <= top or i == 0)
    if losses[step] >= top or step + 1 == len(losses):
        return float(step)
    low, high, edge = losses[step], losses[step + 1], top
    if logarithmic and low > 0.0:
        low, high, edge = math.log(low), math.log(high), math.log(edge)
    return step + (edge - low) / (high - low) if high > low else float(step)


def _is_noisy(losses: Sequence[float]) -> bool:
    """Whether the loss goes up and down too often for its line to be read."""
    rises = sum(a < b for a, b in pairwise(losses))
    return len(losses) >= 100 and rises > 0.25 * len(losses)


def _running_mean(losses: Sequence[float], width: int) -> list[float]:
    """The mean of each loss and its neighbours, which a loss of 0 does not draw to 0."""
    reach = width // 2
    means = []
    for i in range(len(losses)):
        some = [x for x in losses[max(0, i - reach) : i + reach + 1] if math.isfinite(x)]
        means.append(math.fsum(some) / len(some) if some else math.nan)
    return means


def _label(ax: Axes, x: float, y: float, text: str, colour: str) -> Annotation:
    return ax.annotate(
        text,
        (x, y),
        (8, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        fontsize=9.5,
        annotation_clip=False,
    )


def _spread(ax: Axes, labels: Sequence[Annotation]) -> None:
    """Move labels apart that would lie on each other, up and down."""
    points_a_pixel = 72.0 / ax.figure.dpi
    height = 13.0  # points a line of text takes
    placed: list[tuple[float, float]] = []
    spots = [(label, *(ax.transData.transform(label.xy) * points_a_pixel)) for label in labels]
    for label, x, y in sorted(spots, key=lambda spot: spot[2]):
        lowest = max((v + height for u, v in placed if abs(u - x) < 120.0), default=-math.inf)
        place = max(y, lowest)
        label.set_position((8, place - y))
        placed.append((x, place))


# -- the plane ------------------------------------------


def _draw_two(ax: Axes, across: Any, up: Any, said: Any, threshold: float) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    above = said - threshold
    scale = float(np.median(np.abs(above))) or 1.0
    # Mixed with white here: contours drawn half transparent show their edges.
    ends = [tuple(0.55 * c + 0.45 for c in to_rgb(PALETTE[side])) for side in (1, 0)]
    shades = LinearSegmentedColormap.from_list("sides", [ends[0], (1.0, 1.0, 1.0), ends[1]])
    sure = np.tanh(above / scale)
    ax.contourf(across, up, sure, levels=np.linspace(-1, 1, 15), cmap=shades)
    if above.min() < 0.0 < above.max():
        ax.contour(across, up, above, levels=[0.0], colors=_LINE, linewidths=1.6)


def _draw_classes(ax: Axes, across: Any, up: Any, said: Any) -> None:
    import numpy as np

    winner = said.argmax(axis=2)
    for number in range(said.shape[2]):
        others = np.delete(said, number, axis=2).max(axis=2)
        lead = said[:, :, number] - others
        if (winner == number).any():
            colour = PALETTE[number % len(PALETTE)]
            ax.contourf(across, up, lead, levels=[0.0, math.inf], colors=[colour], alpha=0.25)
            ax.contour(across, up, lead, levels=[0.0], colors=_LINE, linewidths=0.8)


def _draw_points(ax: Axes, points: Any, targets: Any, kinds: Any) -> None:
    two = len(kinds) <= 2
    for number, kind in enumerate(kinds):
        some = points[targets == kind]
        # The larger of two targets is where the output is high, and drawn in the first colour.
        place = len(kinds) - 1 - number if two else number
        ax.scatter(
            some[:, 0],
            some[:, 1],
            s=34,
            color=PALETTE[place % len(PALETTE)],
            marker=_MARKERS[place % len(_MARKERS)],
            edgecolors="white",
            linewidths=0.8,
            label=f"{kind:g}",
            zorder=3,
        )
    ax.legend(title="target", loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)


def _draw_surface(ax: Axes, across: Any, up: Any, said: Any, points: Any, targets: Any) -> None:
    low = min(float(said.min()), float(targets.min()))
    high = max(float(said.max()), float(targets.max()))
    surface = ax.contourf(across, up, said, levels=24, cmap="cividis", vmin=low, vmax=high)
    ax.scatter(
        points[:, 0],
        points[:, 1],
        s=34,
        c=targets,
        cmap="cividis",
        vmin=low,
        vmax=high,
        edgecolors="white",
        linewidths=0.9,
        zorder=3,
    )
    bar = ax.figure.colorbar(surface, ax=ax, label="output, and target of each point")
    bar.outline.set_visible(False)


# -- both ------------------------------------------


def colours_on(ax: Axes) -> tuple[str, ...]:
    """The colours that stand out from the ground of these axes."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(ax.get_facecolor())
    return PALETTE if 0.3 * red + 0.6 * green + 0.1 * blue > 0.5 else _ON_DARK


def ink() -> str:
    """The colour of text in matplotlib's style, whatever its ground."""
    import matplotlib as mpl

    return str(mpl.rcParams["text.color"])


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def _plain_frame(ax: Axes) -> None:
    """Two lines in the place of a frame; all inks are those of matplotlib's style."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_alpha(0.5)
    ax.tick_params(length=3)
