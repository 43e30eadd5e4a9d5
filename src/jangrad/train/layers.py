"""The layers of a network, and which of their units are dead: give 0 for every row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad.engine import Value
from jangrad.nn.module import Module


def layers_of(net: Any) -> list[Any]:
    """The layers of a network, nearest the data first.

    Those of its attribute `layers`; else the parts that it holds, in the order of definition, which
    may be any: whoever needs to know asks `signals_in`.
    """
    listed = listed_layers(net)
    if listed or not isinstance(net, Module):
        return listed
    held = [part for key, part in vars(net).items() if not key.startswith("_")]
    parts = [one for part in held for one in (part if isinstance(part, (list, tuple)) else [part])]
    modules = [part for part in parts if isinstance(part, Module)]
    return [layer for part in modules for layer in listed_layers(part) or [part]]


def listed_layers(net: Any) -> list[Any]:
    """Its attribute `layers`, nearest the data first; none where the name means another thing."""
    layers = getattr(net, "layers", None)
    if not isinstance(layers, (list, tuple)):
        return []
    known = all(callable(layer) and hasattr(layer, "parameters") for layer in layers)
    return list(layers) if known else []


def _follow_each_other(net: Any, layers: list[Any], row: list[float]) -> bool:
    """Whether the network gives what its layers give one after the other."""
    if type(net).__call__.__module__.startswith("jangrad."):
        return True
    signals: Any = row
    try:
        for layer in layers:
            signals = _signals(layer, signals)
        return _signals(net, row) == list(signals)
    except Exception:  # of code of the user's, that was not made to be called so
        return False


def dead_units(
    net: Any, rows: Sequence[list[float]], *, halves: bool = True
) -> list[tuple[int, int]]:
    """For each layer how many units it has, and how many give 0 for every row.

    Most units are alive in the first rows; once enough are, no more rows are looked at, and of
    the other units no more is computed than they need.

    Args:
        net: of layers.
        rows: to be looked at.
        halves: whether half of the units being dead is worth saying; else only all of a layer.
    """
    layers = layers_of(net)
    if rows and not _follow_each_other(net, layers, rows[0]):
        return []
    alive: list[list[bool]] = [[] for _ in layers]
    found: list[tuple[int, int]] = []
    top = len(layers) - 1
    for row in rows:
        while top >= 0 and alive[top] and all(alive[top]):
            top -= 1
        signals: list[float] = row
        for k, layer in enumerate(layers[: top + 1]):
            neurons = getattr(layer, "neurons", None)
            if k == top and alive[k] and neurons:
                seen = alive[k]
                alive[k] = [seen[i] or bool(n(signals).data) for i, n in enumerate(neurons)]
                break
            signals = _signals(layer, signals)
            before = alive[k] or [False] * len(signals)
            alive[k] = [a or bool(signal) for a, signal in zip(before, signals, strict=True)]
        found = [(len(units), units.count(False)) for units in alive]
        if lives(found) if halves else not dead_layer(found):
            break
    return found


def activation_of(layer: Any) -> str:
    """The name of a layer's activation; "" where it is a function without one, or unknown."""
    neurons = getattr(layer, "neurons", None) or [None]
    kind = getattr(layer, "activation", getattr(neurons[0], "activation", ""))
    return kind if isinstance(kind, str) else ""


#: Activations whose outputs have an end, and where.
RANGES = {
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, math.inf),
    "exp": (0.0, math.inf),
}


def looks_wrong(net: Any) -> bool:
    """Whether its last layer has an activation with an end, or two neurons of a layer are alike.

    Most networks have neither, and nothing more need be asked of them.
    """
    layers = layers_of(net)
    if layers and activation_of(layers[-1]) in RANGES:
        return True
    pairs = [list(getattr(layer, "neurons", ()))[:2] for layer in layers[:-1]]
    return any(
        len(pair) == 2 and _numbers(pair[0].parameters()) == _numbers(pair[1].parameters())
        for pair in pairs
    )


def _numbers(parameters: Any) -> list[float]:
    return [p.data for p in parameters]


def signals_in(net: Any, rows: Sequence[list[float]]) -> list[list[list[float]]]:
    """For each row what each layer gives; `[]` where the network does more than its layers."""
    layers = layers_of(net)
    if not layers or not rows or not _follow_each_other(net, layers, rows[0]):
        return []
    found = []
    for row in rows:
        signals: list[list[float]] = []
        for layer in layers:
            signals.append(_signals(layer, signals[-1] if signals else row))
        found.append(signals)
    return found


def _signals(layer: Any, row: Sequence[float]) -> list[float]:
    """What a layer gives for the numbers; one of a single neuron may give its Value alone."""
    given = layer(row)
    return [x.data for x in ([given] if isinstance(given, Value) else given)]


def lives(layers: list[tuple[int, int]]) -> bool:
    """Whether so few units are dead that there is nothing to say of them.

    Args:
        layers: how many units each has, and how many of them are dead.
    """
    return not (dead_layer(layers) or dead_half(layers))


def dead_layer(layers: list[tuple[int, int]]) -> str:
    """The first layer of which every unit is dead, in words; `""` if there is none."""
    for number, (units, dead) in enumerate(layers, 1):
        if units == dead:
            some = f"{units} unit{'s' * (units != 1)}"
            return f"layer {number} of {len(layers)} ({some}) gives 0 for every row"
    return ""


def dead_half(layers: list[tuple[int, int]]) -> str:
    """How many units are dead, in words, if half of the hidden ones are; else `""`."""
    units, dead = (sum(layer[i] for layer in layers[:-1]) for i in range(2))
    return f"{dead} of {units} hidden units give 0 for every row" if 2 * dead > units else ""
