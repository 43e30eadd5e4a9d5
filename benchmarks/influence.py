"""Do the rows matter that `influences` names? Each is left out, and the training repeated.

    python benchmarks/influence.py

For each of some predictions: the rank correlation (Spearman) between what each row of the training
is said to have moved it, and by how much it really changes where the training is repeated with the
same batches and that row counts nothing; first of `influences(...)`, then with `later=True`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad import MLP, fit
from jangrad.datasets import moons
from jangrad.explain import Recorder, influences

_LOSS = "binary_cross_entropy"


class Problem(NamedTuple):
    """Rows and 0 or 1 of each, rows to be predicted, and the network that learns."""

    X: list[list[float]]
    y: list[float]
    asked: list[list[float]]
    make: Callable[[], MLP]


def convex(rows: int = 100, asked: int = 8) -> Problem:
    """A logistic regression of five inputs, on noisy labels."""
    draw = np.random.default_rng(0)
    X, weights = draw.normal(size=(rows, 5)), draw.normal(size=5)
    y = (X @ weights + draw.normal(size=rows) > 0.0).astype(float)
    rest = draw.normal(size=(asked, 5))
    return Problem(X.tolist(), y.tolist(), rest.tolist(), lambda: MLP(5, [1], seed=0))


def bent(rows: int = 100, asked: int = 8) -> Problem:
    """Two moons, and a network of eight hidden units."""
    X, y = moons(rows, seed=0)
    rest, _ = moons(asked, seed=5)
    return Problem(X, [0.5 * (t + 1.0) for t in y], rest, lambda: MLP(2, [8, 1], "tanh", seed=0))


def correlations(problem: Problem, **options: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """The rank correlation of each prediction that is asked about, without and with `later`.

    Args:
        problem: what is learned.
        options: of `fit`.
    """
    X, y, asked, make = problem
    net = make()
    known = {name: options[name] for name in ("optimizer", "batch_size") if name in options}
    recorder = Recorder(net, len(X), **known)
    fit(net, X, y, loss=_LOSS, progress=False, callbacks=[recorder], **options)
    whole = np.array(net.predict(asked))[:, 0]
    changed = np.empty((len(X), len(asked)))
    for i in range(len(X)):
        counts = np.ones(len(X))
        counts[i] = 0.0
        other = make()
        fit(other, X, y, loss=_LOSS, row_weights=counts, progress=False, **options)
        changed[i] = whole - np.array(other.predict(asked))[:, 0]

    def ranked(later: bool) -> NDArray[Any]:
        said = (
            influences(net, recorder.run, X, y, row=row, loss=_LOSS, later=later).moved
            for row in asked
        )
        return np.array([_ranked(a, b) for a, b in zip(said, changed.T, strict=True)])

    return ranked(False), ranked(True)


def _ranked(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Spearman's correlation of numbers that are all different."""
    return float(np.corrcoef(*(np.argsort(np.argsort(x)) for x in (a, b)))[0, 1])


def main() -> None:
    """Print a line for each training."""
    print(f"{'problem':<10}{'training':<42}{'mean':>7}{'least':>7}{'later':>8}{'least':>7}")
    short = {"learning_rate": 0.1, "epochs": 10, "batch_size": 10}
    long = short | {"epochs": 100}
    adam = {"optimizer": "adam", "learning_rate": 0.01, "epochs": 30, "batch_size": 10}
    for name, problem in (("convex", convex()), ("moons", bent())):
        for words, options in (
            ("SGD, rate 0.1, 100 steps of 10 rows", {"optimizer": "sgd"} | short),
            ("SGD, rate 0.1, 1,000 steps of 10 rows", {"optimizer": "sgd"} | long),
            ("Adam, rate 0.01, 300 steps of 10 rows", adam),
        ):
            found, later = correlations(problem, **options)
            print(
                f"{name:<10}{words:<42}{found.mean():>7.2f}{found.min():>7.2f}"
                f"{later.mean():>8.2f}{later.min():>7.2f}"
            )


if __name__ == "__main__":
    main()
