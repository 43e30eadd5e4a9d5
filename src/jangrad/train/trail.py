"""From the first bad number of a training back to its step, row, weight and operation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad.engine import Value
from jangrad.errors import NonFinite
from jangrad.train.optimizers import SGD
from jangrad.train.resolve import outputs_of
from jangrad.train.scene import Scene, row_gradients
from jangrad.watching import strict, trace_lines

_STANDS_OUT = 4.0  # a row whose share is so many times the mean one
_ROWS = 64  # of a batch whose gradients are compared


def trail_of_growth(
    scene: Scene, step: int, rate: float | None, row: int | None
) -> tuple[str, ...]:
    """Of a loss that began to grow at a step: the batch, the row, the weight and the operation.

    Args:
        scene: the training; all is computed at the weights that it began with.
        step: the last step whose loss was no larger than at the start.
        rate: its learning rate.
        row: a row that is known to be behind it.
    """
    batch = list(scene.config.deal.batch(step))
    found = [f"step {step}" + (f", a batch of {len(batch)} rows" if len(batch) > 1 else "")]
    rows = batch[:_ROWS]
    if row is not None and row in batch and row not in rows:
        rows.append(row)
    sizes = row_gradients(scene, rows)
    worst = max(sizes, key=lambda i: sizes[i] if math.isfinite(sizes[i]) else math.inf)
    total = math.fsum(s for s in sizes.values() if math.isfinite(s)) or 1.0
    if len(rows) > 1:
        share = sizes[worst] / total if math.isfinite(sizes[worst]) else 1.0
        none = "none of its rows stands out: " if share < min(0.5, _STANDS_OUT / len(rows)) else ""
        found.append(f"{none}row {worst} has {100.0 * share:.0f} % of their gradients' sizes")
    with scene.at(scene.first), trace_lines():
        loss = scene.backward([worst])
        parameters = scene.config.optimizer.parameters
        most = max(parameters, key=lambda p: abs(p.grad))
        name = _name(scene.config.net, most)
        found.append(f"{name} has its largest gradient, {most.grad:.3g}")
        if isinstance(scene.config.optimizer, SGD) and rate is not None:
            moved = -rate * most.grad / (1 if len(rows) == 1 else len(batch))
            found.append(f"row {worst} alone moves it from {most.data:.3g} by {moved:.3g}")
        if math.isfinite(loss.data):
            found += _largest_factor(scene, loss, most)
    return tuple(found)


def _largest_factor(scene: Scene, loss: Value, parameter: Value) -> list[str]:
    """The operation of the largest slope on the largest path from the loss to a parameter."""
    from jangrad.show.derivation import derive
    from jangrad.show.paths import largest_paths

    derivation = derive(loss)
    node = next((n for n in derivation if n.value is parameter), None)
    if node is None:
        return []
    found = largest_paths(derivation, node, 1)
    if not len(found):
        return []
    path = found[0]
    slope, user = max(zip(path.slopes, path.nodes[:-1], strict=True), key=lambda s: abs(s[0]))
    numbers = [i if isinstance(i, float) else i.data for i in user.inputs]
    of = ", ".join(f"{x:.4g}" for x in numbers)
    own = not type(scene.config.net).__module__.startswith("jangrad.")
    line = f", at {user.made_at}" if own and user.made_at else ""
    return [f"the largest factor on the way is {slope:.4g}, of `{user.row.name}` ({of}){line}"]


def origin_of_nan(scene: Scene, step: int) -> tuple[int, NonFinite, str] | None:
    """The row of a step that Python meets the first nan or inf in; its operation, and the line.

    None where it meets none in a single row; the line is "" where it is one of jangrad's own.
    """
    batch = list(scene.config.deal.batch(step))
    config = scene.config
    with scene.at(scene.now if step else scene.first), strict():
        for slopes in (False, True):
            for i in batch:
                for p in config.parameters:
                    p.zero_grad()
                try:
                    outputs = [outputs_of(config.net, config.rows[i])]
                    loss = config.loss_of(outputs, [config.targets[i]])
                    if slopes:
                        loss.backward()
                except NonFinite as error:
                    own = not type(config.net).__module__.startswith("jangrad.")
                    return i, error, error.where if own else ""
    return None


def _name(net: Any, parameter: Value) -> str:
    """How the network calls a parameter."""
    named: Sequence[tuple[str, Value]] = ()
    if hasattr(net, "named_parameters"):
        named = list(net.named_parameters().items())
    for name, value in named:
        if value is parameter:
            return f"`{name}`"
    place = next(i for i, p in enumerate(net.parameters()) if p is parameter)
    return f"parameter {place}"
