"""A training as it is looked at when something has gone wrong, and what may be found behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from jangrad.errors import JangradError
from jangrad.forks import once
from jangrad.train.config import Config
from jangrad.train.layers import layers_of, signals_in
from jangrad.train.resolve import outputs_of
from jangrad.train.trial import affordable, is_calm, short_run

_ROWS = 64  # that the network is called with
#: Losses that grow with the size of targets.
DISTANCES = ("squared_error", "absolute_error", "huber", "quantile")


@dataclass(frozen=True)
class Cause:
    """Why a training went wrong.

    Attributes:
        name: `"outlier"`, `"scale of inputs"`, ...
        why, try_: the words.
        fix: what `try_fix` changes, by name.
        row, column, layer: where it is, counted from 0; None where it is in none.
    """

    name: str
    why: str
    try_: str
    fix: dict[str, Any] = field(default_factory=dict)
    row: int | None = None
    column: int | None = None
    layer: int | None = None


@dataclass
class Scene:
    """A training as it is looked at.

    Attributes:
        config: its settings.
        first, now: the weights that it began with, and those that it has come to.
        at: a context in which the network has some weights.
        curvature: the sharpest curvature of the loss of some rows at the first weights.
    """

    config: Config
    first: Sequence[float]
    now: Sequence[float]
    at: Callable[[Sequence[float]], AbstractContextManager[None]]
    curvature: Callable[[Sequence[int]], float | None]

    @property
    def targets_of_size(self) -> Any:
        """The targets, where the loss grows with their size; else None."""
        return self.config.targets if self.config.loss in DISTANCES else None

    @once
    def some(self) -> list[int]:
        """Rows that stand for all."""
        count = len(self.config.rows)
        return list(range(0, count, max(1, count // _ROWS)))[:_ROWS]

    @once
    def layers(self) -> list[Any]:
        """The layers of the network, where it gives what they give one after the other."""
        rows = self.config.rows
        return layers_of(self.config.net) if signals_in(self.config.net, [rows[0]]) else []

    def signals(self, weights: Sequence[float]) -> list[list[list[float]]]:
        """For each of some rows, what each layer gives."""
        with self.at(weights):
            return signals_in(self.config.net, [self.config.rows[i] for i in self.some])

    def gradient_sizes(self) -> list[float]:
        """For each layer the root mean square of its gradients at the first weights."""
        with self.at(self.first):
            self.backward(self.some)
            return [
                math.sqrt(math.fsum(p.grad**2 for p in found) / len(found))
                for layer in self.layers
                if (found := list(layer.parameters()))
            ]

    def is_calm(self, rate: float) -> bool:
        """Whether some steps at a rate go down, from the first weights, on a few rows."""
        optimizer = self.config.optimizer
        with self.at(self.first):
            rows = affordable(self.loss, self.some)
            loss = partial(self.loss, rows)
            return is_calm(short_run(loss, optimizer.parameters, optimizer, rate))

    def is_amount(self, column: int | None) -> bool:
        """Whether a column may hold any number; one that picks rows of a table may not."""
        return column is None or is_amount(self.config.net, self.config.rows[0], column)

    def right_share(self) -> float | None:
        """The share of some rows that are right now; None where targets are no classes."""
        config = self.config
        if config.right is None:
            return None
        hits = []
        with self.at(self.now):
            for i in self.some:
                outputs = [out.data for out in outputs_of(config.net, config.rows[i])]
                hits.append(config.right(outputs, config.targets[i]))
        return sum(hits) / len(hits)

    def backward(self, rows: Sequence[int]) -> Any:
        """The loss of some rows, with gradients in the parameters, inside `at`."""
        config = self.config
        for p in config.parameters:
            p.zero_grad()
        loss = self.loss(rows)
        loss.backward()
        return loss

    def loss(self, rows: Sequence[int]) -> Any:
        """The loss of some rows, inside `at`."""
        config = self.config
        outputs = [outputs_of(config.net, config.rows[i]) for i in rows]
        return config.loss_of(outputs, [config.targets[i] for i in rows])


def row_gradients(scene: Scene, rows: Sequence[int]) -> dict[int, float]:
    """For each of these rows the gradient norm of its loss alone, at the first weights."""
    found = {}
    with scene.at(scene.first):
        for i in rows:
            scene.backward([i])
            found[i] = math.hypot(*(p.grad for p in scene.config.optimizer.parameters))
    return found


def is_amount(net: Any, row: Sequence[float], column: int) -> bool:
    """Whether a column may hold any number; one that picks rows of a table may not."""
    changed = list(row)
    changed[column] += 0.5
    try:
        outputs_of(net, changed)
    except (JangradError, LookupError, TypeError):
        return False
    return True
