"""Plots of a network's parameters with matplotlib: how they are spread, and what is dead."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from jangrad.errors import DataError
from jangrad.show.network_layers import layers_of
from jangrad.show.plots import FAINT, _axes, _plain_frame, colours_on, ink
from jangrad.show.unit_states import DEAD, SATURATED, states_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BINS = 30


def plot_weights(net: Any, ax: Axes | None = None) -> Axes:
    """How the weights and biases of each layer are spread: one histogram a layer.

    Args:
        net: an MLP, a Layer or a Neuron.
        ax: matplotlib axes to draw on; a new figure when left out.

    Returns:
        The axes; `ax.figure.savefig("net.png")` writes the picture.

    Raises:
        ConfigError: when the network has no layers of neurons.
        DataError: when all of them are nan or infinite.
    """
    layers = [[p.data for n in layer for p in (*n.weights, n.bias)] for layer in layers_of(net)]
    return _ridges(layers, "weights and biases", ax)


def plot_gradients(net: Any, ax: Axes | None = None) -> Axes:
    """How the gradients of each layer are spread: one histogram a layer.

    A layer whose gradients are much narrower than the others' learns much more slowly.

    Args:
        net: an MLP, a Layer or a Neuron, after a backward pass.
        ax: matplotlib axes to draw on; a new figure when left out.

    Returns:
        The axes.

    Raises:
        DataError: when no gradient has been computed, or all are nan or infinite.
        ConfigError: as for `plot_weights`.
    """
    layers = [
        [p.grad for n in layer for p in (*n.weights, n.bias) if p.has_grad]
        for layer in layers_of(net)
    ]
    if not any(layers):
        raise DataError(
            "no parameter has a gradient",
            why="`fit` need not leave any behind",
            try_="loss.backward() first, then this plot",
        )
    return _ridges(layers, "gradients", ax)


def plot_dead_units(net: Any, rows: Iterable[Sequence[float]], ax: Axes | None = None) -> Axes:
    """How many units of each layer have stopped learning: dead ones, and saturated ones.

    A unit that gives 0 for every row is dead. One of tanh or sigmoid is saturated that is next to
    one of its ends for nine rows of ten, where its slope is next to 0.

    Args:
        net: an MLP, a Layer or a Neuron.
        rows: the data to judge by, rows of as many numbers as the network has inputs.
        ax: matplotlib axes to draw on; a new figure when left out.

    Returns:
        The axes; `ax.figure.savefig("net.png")` writes the picture.

    Raises:
        DataError: when there are no rows.
        ShapeError: when a row does not fit the network.
        ConfigError: as for `plot_weights`.
    """
    layers, rows = layers_of(net), list(rows)
    states = states_of(net, layers, rows)
    ax = _axes(ax, (6.0, 0.6 * len(layers) + 1.4))
    first, second, third = colours_on(ax)[:3]
    for number, units in enumerate(states):
        counts = [units.count(""), units.count(DEAD), units.count(SATURATED)]
        left = 0
        shades = ((first, ""), (second, "//"), (third, ".."))
        for count, (colour, hatch) in zip(counts, shades, strict=True):
            shade = 0.85 if hatch else 1.0
            ax.barh(number, count, left=left, color=colour, height=0.6, hatch=hatch, alpha=shade)
            left += count
        said = [f"{n} {what}" for n, what in zip(counts[1:], (DEAD, SATURATED), strict=True) if n]
        text = f"{len(units)} alive"
        if said:
            text = ", ".join(said).replace(" ", f" of {len(units)} ", 1)
        colour = second if counts[1] else third if said else ink()
        _beside(ax, text, (len(units), number), "data", colour)
    ax.set_yticks(range(len(layers)), [f"layer {i}" for i in range(len(layers))])
    ax.invert_yaxis()
    ax.set_xlabel("units")
    ax.set_title(_found(states, len(rows)), loc="left", fontsize=11)
    ax.set_xlim(0, max(map(len, states)))
    ax.locator_params(axis="x", integer=True)
    _plain_frame(ax)
    return ax


def _found(states: list[list[str]], rows: int) -> str:
    """What was found, in two lines, for several such plots beside each other leave little room."""
    every = [state for units in states for state in units]
    dead, saturated = every.count(DEAD), every.count(SATURATED)
    title = f"{dead} of {len(every)} units dead\n(they give 0 for all of {rows} rows)"
    if saturated:
        title = f"{dead} of {len(every)} units dead, {saturated} saturated\n(judged by {rows} rows)"
    return title


def _ridges(layers: list[list[float]], what: str, ax: Axes | None) -> Axes:
    """Histograms above each other on one axis, each as high as it can be."""
    import numpy as np

    finite = [[x for x in layer if math.isfinite(x)] for layer in layers]
    everything = [x for layer in finite for x in layer]
    if not everything:
        raise DataError(
            f"there are no finite {what} to draw",
            try_="jangrad.strict(), which names the operation that gave the first nan or inf",
        )
    low, high = min(everything), max(everything)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, _BINS + 1)
    ax = _axes(ax, (6.4, 0.9 * len(layers) + 1.5))
    colours = colours_on(ax)
    for number, layer in enumerate(finite):
        counts, _ = np.histogram(layer, edges)
        heights = 0.85 * counts / max(counts.max(), 1)
        colour = colours[number % len(colours)]
        ax.stairs(number - heights, edges, baseline=number, fill=True, color=colour, alpha=0.75)
        ax.axhline(number, color=FAINT, linewidth=0.8, zorder=0)
        said = f"{len(layer)} numbers"
        if layer:
            said += f"\nstd {np.std(layer):.2g}"
        _beside(ax, said, (1.0, number - 0.3), ("axes fraction", "data"), colour)
    ax.set_yticks(range(len(layers)), [f"layer {i}" for i in range(len(layers))])
    ax.set_ylim(len(layers) - 0.8, -1.05)
    ax.axvline(0.0, color="#888888", linewidth=0.8, zorder=0)
    ax.set_title(what, loc="left", fontsize=11)
    _plain_frame(ax)
    return ax


def _beside(ax: Axes, text: str, place: tuple[float, float], coords: Any, colour: str) -> None:
    """A text to the right of a place, outside the frame too."""
    ax.annotate(
        text,
        place,
        (6, 0),
        xycoords=coords,
        textcoords="offset points",
        va="center",
        fontsize=9,
        color=colour,
        annotation_clip=False,
    )
