"""The page in which trainings are played back: one HTML file, with play's engine and drawings."""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from html import escape
from typing import Any

from jangrad.nn import MLP
from jangrad.nn.activations import activation_names
from jangrad.play.page_kernels import kernels
from jangrad.show.inlined import asset, inlined, whole_page
from jangrad.show.javascript import quoted
from jangrad.show.live_loss import LiveLoss
from jangrad.studies.boundaries import around, threshold_of

_ROOM, _PLAY = "jangrad.studies", "jangrad.play"
_ENGINE = ("random.mjs", "deal.mjs", "engine.mjs")
_DRAWINGS = ("words.mjs", "palette.mjs", "maps.mjs", "curves.mjs", "network_view.mjs")
_POINTS = 400  # of a loss curve, each the least and the largest of some steps
_LETTERS = 8  # of a name in the picture of a network


def replay_page(
    given: dict[str, Any],
    *,
    title: str,
    about: str,
    own: Sequence[str],
    tools: str = "",
    more: str = "",
) -> str:
    """The page as HTML text.

    Args:
        given: what is played back, as `replay.mjs` reads it.
        title, about: what stands above.
        own: the modules behind `replay.mjs`, the last of which begins.
        tools: HTML of what stands below.
        more: kernels beside those of `play/`, as code.
    """
    modules = [inlined(_PLAY, name) for name in (*_ENGINE, *_DRAWINGS)]
    modules += [inlined(_ROOM, name) for name in ("lanes.mjs", "replay.mjs", *own)]
    layers = given["net"]["layers"] if given["net"] else []
    return whole_page(
        _ROOM,
        "replay.html",
        frames=True,
        title=escape(title),
        about=escape(about),
        style=asset(_ROOM, "replay.css"),
        tools=tools,
        data=quoted(given),
        code=kernels([layer["activation"] for layer in layers]) + more + "".join(modules),
    )


def layers_in_page(net: Any) -> dict[str, Any] | None:
    """The layers of a network as the page's engine knows them; None for one that it does not."""
    if type(net) is not MLP or not set(net.activations) <= set(activation_names()):
        return None
    layers = zip(net.widths, net.activations, strict=True)
    return {
        "inputs": net.n_inputs,
        "layers": [{"units": units, "activation": name} for units, name in layers],
    }


def problem_in_page(
    net: Any, rows: Sequence[Any], targets: Sequence[Any], loss: Any, names: Sequence[str] | None
) -> dict[str, Any]:
    """Network, rows and targets for the page, as far as it can draw them."""
    layers = layers_in_page(net)
    if layers is None:
        return {"net": None}
    X = [list(map(float, row)) for row in rows]
    y = [[*map(float, t)] if isinstance(t, (list, tuple)) else [float(t)] for t in targets]
    classes = loss == "softmax_cross_entropy"
    if classes:
        y = [[int(t[0])] for t in y]
    found: dict[str, Any] = {
        "net": layers,
        "count": len(net.parameters()),
        "X": X,
        "y": y,
        "classes": classes,
        "threshold": threshold_of(loss, targets),
        "names": [name[:_LETTERS] for name in names or [f"x{k + 1}" for k in range(len(X[0]))]],
    }
    if len(X[0]) == 2:
        found["low"], found["high"] = around(X)
    return found


def packed(numbers: Any, kind: str) -> str:
    """Numbers as base64 of little-endian floats: kind "<f4" or "<f8"."""
    import numpy as np

    return base64.b64encode(np.asarray(numbers, kind).tobytes()).decode("ascii")


def thinned(losses: Sequence[float]) -> dict[str, list[Any]]:
    """A loss curve of a few hundred points, on which no spike is lost.

    >>> thinned([4.0, 2.0, 1.0])
    {'steps': [0, 1, 2], 'values': [4.0, 2.0, 1.0]}
    """
    live = LiveLoss(_POINTS)
    live.take(losses)
    steps: list[int] = []
    values: list[Any] = []
    for k, (low, high) in enumerate(zip(live.lows, live.highs, strict=True)):
        first = k * live.width
        for step, value in ((first, high), (first + live.width // 2, low)):
            if step < len(losses) and (not steps or step > steps[-1]):
                steps.append(step)
                values.append(shown(value))
    if losses and steps[-1] < len(losses) - 1:
        steps.append(len(losses) - 1)
        values.append(shown(losses[-1]))
    return {"steps": steps, "values": values}


def shown(x: float) -> float | None:
    """A number as JSON has it; None for nan and inf."""
    return x if math.isfinite(x) else None


def spread(count: int, most: int) -> list[int]:
    """Up to so many of some places, evenly, the first and the last among them.

    >>> spread(10, 4), spread(3, 4)
    ([0, 3, 6, 9], [0, 1, 2])
    """
    if count <= most:
        return list(range(count))
    return [round(k * (count - 1) / (most - 1)) for k in range(most)]
