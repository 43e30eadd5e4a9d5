"""The layers of a network, and what each of their neurons gives for a row."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError


def signals_of(
    net: Any, given: Any, layers: list[list[Any]], values: Sequence[Any]
) -> list[list[Value]]:
    """What each neuron gives for a row, layer by layer.

    Args:
        net: the network.
        given: what it gives for the row; that must be what the last layer gives.
        layers: its neurons.
        values: the row.

    Raises:
        ConfigError: when it gives something else.
    """
    found = []
    for layer in layers:
        values = [neuron(values) for neuron in layer]
        found.append(values)
    outputs = [given] if isinstance(given, Value) else list(given)
    if len(outputs) != len(values) or not all(
        a.data == b.data or (isnan(a.data) and isnan(b.data))
        for a, b in zip(outputs, values, strict=True)
    ):
        raise ConfigError(
            f"`{type(net).__name__}` does more than call its layers one after the other",
            why="the picture shows what each neuron gives, and would show other numbers than"
            " the network computes",
            try_="net.show() without a row; or net(row)[0].backtrack() for all it computes",
        )
    return found


def layers_of(net: Any) -> list[list[Any]]:
    """The neurons of each layer.

    Raises:
        ConfigError: when the network has no layers of neurons, or one does not follow the other.
    """
    if hasattr(net, "layers"):
        found = [getattr(layer, "neurons", None) for layer in net.layers]
    else:
        found = [getattr(net, "neurons", [net])]
    if not found or not all(
        layer and all(hasattr(n, "weights") and hasattr(n, "bias") for n in layer)
        for layer in found
    ):
        raise ConfigError(
            f"`{type(net).__name__}` has no layers of neurons to draw",
            why="the picture shows neurons, with `weights` and a `bias`, in `layers`",
            try_="an MLP, a Layer or a Neuron; or net(row)[0].backtrack().save('net.svg')",
        )
    layers = [list(layer) for layer in found if layer]
    for c, layer in enumerate(layers):
        before = len(layers[c - 1]) if c else len(layer[0].weights)
        for neuron in layer:
            if len(neuron.weights) != before:
                raise ShapeError(
                    f"a neuron of layer {c} has {len(neuron.weights)} weights for {before} inputs",
                    why="each neuron is drawn with a line from every one of its inputs",
                )
    return layers
