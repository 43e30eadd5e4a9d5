"""The picture of `jangrad check`: confusions and calibration, or predictions beside the truth."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import printable
from jangrad.files import write_at_once
from jangrad.interfaces.pictures import KINDS

if TYPE_CHECKING:
    from jangrad.tabular import Check
    from jangrad.tabular.checking import Bin

_INK, _FAINT, _BLUE, _RED = "#333333", "#d9d9d9", "#0072B2", "#D55E00"
_NAME = 18  # letters of a class
_MOST_COUNTED = 20  # classes whose counts are written into the cells


def draw_check(
    found: Check, target: str, classes: Sequence[str] | None, path: str, *, force: bool = False
) -> None:
    """Draw how often each class was taken for each, and how far probabilities can be trusted.

    Of amounts, the means of the truth beside those of the predictions.

    Raises:
        SaveError: when the file cannot be written.
    """
    os.environ["MPLBACKEND"] = "agg"  # one that opens windows is not needed, nor need it exist
    import matplotlib.pyplot as plt

    if found.confusion is None or classes is None:
        figure, axes = plt.subplots(figsize=(5.4, 5.0), layout="constrained")
        _amounts(axes, found.calibration, target)
    else:
        side = min(14.0, max(4.6, 2.2 + 0.52 * len(classes)))
        figure, (left, right) = plt.subplots(
            1, 2, figsize=(side + 4.4, side), layout="constrained", width_ratios=(side, 4.2)
        )
        _confusion(left, found.confusion, target, classes)
        _sureness(right, found.calibration)
    drawn: Any = io.BytesIO()
    ending = Path(path).suffix.lower()
    figure.savefig(drawn, format=ending[1:], dpi=150)
    plt.close(figure)
    write_at_once(path, drawn.getvalue(), None if force else KINDS[ending])


def _confusion(
    axes: Any, counts: Sequence[Sequence[int]], target: str, classes: Sequence[str]
) -> None:
    """A row for each true class; a cell is as dark as its share of the row."""
    from matplotlib.colors import LinearSegmentedColormap

    shares = [[n / max(1, sum(row)) for n in row] for row in counts]
    colours = LinearSegmentedColormap.from_list("blues", ["#ffffff", _BLUE])
    axes.imshow(shares, cmap=colours, vmin=0.0, vmax=1.0)
    count = len(classes)
    size = 10 if count <= 10 else 8 if count <= _MOST_COUNTED else 6
    names = [_short(label) for label in classes]
    turned = max(map(len, names)) * count > 40
    axes.set_xticks(range(count), names, fontsize=size, rotation=45 if turned else 0,
                    ha="right" if turned else "center", rotation_mode="anchor")  # fmt: skip
    axes.set_yticks(range(count), names, fontsize=size)
    axes.set_xticks([x - 0.5 for x in range(1, count)], minor=True)
    axes.set_yticks([x - 0.5 for x in range(1, count)], minor=True)
    axes.grid(which="minor", color="white", linewidth=2.0 if count <= _MOST_COUNTED else 0.5)
    axes.tick_params(which="both", length=0, colors=_INK)
    for i, row in enumerate(counts if count <= _MOST_COUNTED else ()):
        for j, n in enumerate(row):
            if n:
                ink = "white" if shares[i][j] > 0.5 else _RED if i != j else _INK
                axes.text(j, i, f"{n:,}", ha="center", va="center", color=ink, fontsize=size)
    for spine in axes.spines.values():
        spine.set_color(_FAINT)
    axes.set_xlabel("predicted", color=_INK)
    axes.set_ylabel("true", color=_INK)
    axes.set_title(f"{_short(target)}: rows, by class", loc="left", fontsize=11, color=_INK)


def _sureness(axes: Any, bins: Sequence[Bin]) -> None:
    """How often the chosen class is right beside how sure the network is of it."""
    from matplotlib.ticker import MaxNLocator

    from jangrad.tabular.scores import wilson

    bounds = [wilson(round(b.true * b.rows), b.rows) for b in bins]
    said, true = [b.said for b in bins], [b.true for b in bins]
    low = min([*said, *(low for low, _ in bounds), 0.95])
    low = max(0.0, low - 0.05 * (1.0 - low))
    axes.plot([low, 1.0], [low, 1.0], color=_INK, linewidth=0.8, linestyle=(0, (4, 3)))
    # An interval may lie beside its point by the last bit.
    errors = [[max(0.0, t - a) for t, (a, _) in zip(true, bounds, strict=True)],
              [max(0.0, b - t) for t, (_, b) in zip(true, bounds, strict=True)]]  # fmt: skip
    axes.errorbar(said, true, errors, fmt="o", color=_BLUE, markersize=6, linewidth=1.2)
    _frame(axes, low, 1.0 + 0.02 * (1.0 - low))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda x, _: f"{100 * x:.6g} %")
    axes.set_xlabel("how sure it is of its class", color=_INK)
    axes.set_ylabel("how often it is right, with 95 % intervals", color=_INK)
    axes.set_title("calibration", loc="left", fontsize=11, color=_INK)


def _amounts(axes: Any, bins: Sequence[Bin], target: str) -> None:
    """The mean of what is true beside the mean of what is predicted, of rows that are alike."""
    said, true = [b.said for b in bins], [b.true for b in bins]
    low, high = min([*said, *true]), max([*said, *true])
    room = 0.06 * ((high - low) or abs(high) or 1.0)
    ends = [low - room, high + room]
    axes.plot(ends, ends, color=_INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.plot(said, true, "o", color=_BLUE, markersize=7)
    _frame(axes, *ends)
    axes.set_xlabel(f"{_short(target)} as predicted, mean of a fifth of the rows", color=_INK)
    axes.set_ylabel("true mean of these rows", color=_INK)
    axes.set_title("calibration", loc="left", fontsize=11, color=_INK)


def _frame(axes: Any, low: float, high: float) -> None:
    axes.set_xlim(low, high)
    axes.set_ylim(low, high)
    axes.set_aspect("equal")
    axes.grid(color=_FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=_INK)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_FAINT)


def _short(text: str) -> str:
    """A name as a picture shows it: in one line, and no formula of matplotlib's."""
    shown = printable(text, line=True).replace("$", r"\$")
    return shown if len(shown) <= _NAME else f"{shown[: _NAME - 1]}…"
