"""What each row does to a minimum: how it moves with what the row counts, to first order.

A full-batch method ends where the gradients of all rows together are 0. If one of them counts a
little less that place lies elsewhere, by its gradient and the curvature there; on the way that was
taken nothing depends. Sources: Cook and Weisberg, Residuals and Influence in Regression (1982);
Koh and Liang, Understanding Black-box Predictions via Influence Functions (2017).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jangrad.errors import ConfigError
from jangrad.explain.replay import Data, Learner, Slopes
from jangrad.train.full_batch import FULL_BATCH
from jangrad.train.kept_run import KeptRun

_MOST = 5000  # parameters, of which the curvature is a square
_FLAT = 1e-10  # of the largest curvature: along less of it nothing is known
_NEAR = 0.05  # of the way that the training has made may still lie before it


def ends_at_minimum(run: Any) -> bool:
    """Whether a full-batch method has made the steps of a run."""
    names = {kind.__name__ for kind in FULL_BATCH.values()}
    return isinstance(run, KeptRun) and run.settings.get("optimizer") in names


def moved_at_minimum(
    learner: Learner, run: KeptRun, weights: NDArray[Any], data: Data, slopes: Slopes
) -> NDArray[Any]:
    """How what has these slopes moves with what each row counts.

    Args:
        learner: of the network.
        run: of the training.
        weights: that the network has.
        data: what it has learned from.
        slopes: of what is asked about.

    Raises:
        ConfigError: when the weights are no minimum of these rows, or too many.
    """
    if not np.array_equal(weights, run.final):
        raise ConfigError(
            "the network has other weights than at the end of the training",
            why="only there it is at a minimum",
            try_="the network as the training left it",
        )
    learning = np.array(run.learning)
    if len(learning) > _MOST:
        raise ConfigError(
            f"{len(learning):,} parameters learn, and {_MOST:,} are the most here",
            why="the curvature is a square of as many numbers on each side",
            try_='optimizer="adam", whose steps are followed one by one',
        )
    rows = np.arange(len(data.X))
    learner.put(weights)
    curvature = np.empty((len(learning), len(learning)))
    for i, place in enumerate(learning):
        along = np.zeros(len(weights))
        along[place] = 1.0
        curvature[i] = learner.bends(along, rows, data)[learning]
    sizes, directions = np.linalg.eigh(0.5 * (curvature + curvature.T))
    bent = sizes > _FLAT * sizes[-1]

    def against(x: NDArray[Any]) -> NDArray[Any]:
        """What has this gradient, by the curvature; nothing along what is flat."""
        parts = (directions.T @ x)[bent] / sizes[bent]
        return np.asarray(directions[:, bent] @ parts)

    left = np.linalg.norm(against(learner.gradient(rows, data)[learning]))
    way = np.linalg.norm((weights - np.array(run.weights(0)))[learning])
    if not left <= _NEAR * way or sizes[0] < -1e-6 * sizes[-1]:
        raise ConfigError(
            "the weights are no minimum of these rows"
            + (f": one lies about {left / way:.0%} of the training further" if left < way else ""),
            why="what a row does is read off the curvature there",
            try_="more steps, with resume=True; or rows, targets, loss, row_weights and penalty as"
            " they were given to `fit`",
        )
    direction = np.zeros(len(weights))
    direction[learning] = against(slopes()[learning])
    return learner.along_each(direction, rows, data)
