"""A run as its diagnosis looks at it: at other weights, which are taken back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.engine import Value
from jangrad.train.best import Best
from jangrad.train.config import Config
from jangrad.train.optimizers import Optimizer
from jangrad.train.trial import affordable

if TYPE_CHECKING:
    from jangrad.train.scene import Scene


class Running(Protocol):
    """What is asked of a run."""

    config: Config
    optimizer: Optimizer
    best: Best
    weights: list[float]
    first_weights: list[float]
    loss_on: Any

    def put(self, weights: list[float]) -> None: ...


def scene_of(run: Running) -> Scene:
    """A run as it can be looked at now."""
    from jangrad.train.scene import Scene  # for when something is wrong

    at, first = partial(with_weights, run), run.first_weights
    return Scene(run.config, first, run.weights, at, partial(_curvature_at, run, first))


def curvature(run: Running) -> float | None:
    """The sharpest curvature of the loss at the first and the best weights, None if unknown."""
    first, best = list(run.first_weights), list(run.best.weights())
    places = [first] if best == first else [first, best]
    found = [_curvature_at(run, weights, range(len(run.config.rows))) for weights in places]
    return max((c for c in found if c is not None), default=None)


@contextmanager
def with_weights(run: Running, weights: Sequence[float]) -> Iterator[None]:
    """Inside, the network has these weights."""
    kept = run.weights
    try:
        run.put(list(weights))
        yield
    finally:
        run.put(kept)


def _curvature_at(run: Running, weights: Sequence[float], rows: Sequence[int]) -> float | None:
    from jangrad.train.curvature import sharpest_curvature

    try:
        with with_weights(run, weights):
            loss: Value = run.loss_on(affordable(run.loss_on, rows))
            return sharpest_curvature(loss, run.optimizer.parameters)
    except Exception:  # of the user's own: a backward without another, a loss of all rows
        return None
