"""Which units of a network have stopped learning, judged by rows: dead ones, and saturated ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jangrad.errors import DataError
from jangrad.show.network_layers import signals_of

DEAD, SATURATED = "dead", "saturated"
#: Where the outputs of an activation have two ends, at which its slope is next to 0.
ENDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}
#: A unit is at an end from so much of the way to it on, and saturated for so many of the rows.
NEAR, NEARLY_ALL = 0.99, 0.9


def states_of(net: Any, layers: list[list[Any]], rows: Sequence[Any]) -> list[list[str]]:
    """For each unit of each layer `"dead"`, `"saturated"` or `""`.

    A unit that gives 0 for every row is dead. One of tanh or sigmoid is saturated that is at one of
    its ends, or next to it, for nine rows of ten.

    Raises:
        DataError: when there are no rows, or one of them is a number.
        ShapeError: when a row does not fit the network.
        ConfigError: when the network does more than call its layers one after the other.
    """
    if not rows:
        raise DataError("there are no rows to judge by", try_="the rows it was trained on")
    alive = [[False] * len(layer) for layer in layers]
    at_end = [[0] * len(layer) for layer in layers]
    for i, row in enumerate(rows):
        if not hasattr(row, "__iter__"):
            raise DataError(
                f"`rows[{i}]` is {row!r:.60} ({type(row).__name__}), not a row of numbers",
                try_="[row] for the one row" if i == 0 else "a list of rows",
            )
        for c, values in enumerate(signals_of(net, net(row), layers, row)):
            for j, value in enumerate(values):
                alive[c][j] |= value.data != 0.0
                at_end[c][j] += _is_at_end(layers[c][j], value.data)
    enough = NEARLY_ALL * len(rows)
    return [
        [
            DEAD if not lives else SATURATED if count >= enough else ""
            for lives, count in zip(some, counts, strict=True)
        ]
        for some, counts in zip(alive, at_end, strict=True)
    ]


def _is_at_end(neuron: Any, x: float) -> bool:
    kind = getattr(neuron, "activation", "")
    if not isinstance(kind, str) or kind not in ENDS:
        return False
    low, high = ENDS[kind]
    near = (1.0 - NEAR) * (high - low) / 2.0
    return x < low + near or x > high - near
