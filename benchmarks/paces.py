"""The pace that estimators choose beside scikit-learn's, on generated tables: scores and time.

    python benchmarks/paces.py                   # every table, twelve seeds
    python benchmarks/paces.py moons --seeds 4

Each seed makes a table, of which `rows` are learned from and 2,000 are kept. The score is accuracy,
or R². Behind it: how much higher it is than with `max_iter=200`, which takes scikit-learn's pace,
seed by seed with the standard error; the same of the mean log likelihood of the classes; and how
many times as long that takes, in the least of the later fits, by time of the processor.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from statistics import fmean, stdev
from typing import Any

import numpy as np
from sklearn import datasets

KEPT = 2_000
Make = Callable[[int, int], tuple[Any, Any]]


def classes(**options: Any) -> Make:
    """Clusters of scikit-learn."""
    return lambda rows, seed: datasets.make_classification(rows, random_state=seed, **options)


def straight(columns: int, noise: float) -> Make:
    """A sum of columns, and chance."""
    return lambda rows, seed: datasets.make_regression(
        rows, columns, noise=noise, random_state=seed
    )


def spirals(rows: int, seed: int) -> tuple[Any, Any]:
    """Two, with noise."""
    draw = np.random.default_rng(seed)
    turn, side = np.sqrt(draw.uniform(size=rows)) * 3.0 * np.pi, draw.integers(0, 2, rows)
    angle = turn + side * np.pi
    X = np.stack([turn * np.cos(angle), turn * np.sin(angle)], axis=1) / 3.0
    return X + 0.1 * draw.normal(size=X.shape), side


def unscaled(rows: int, seed: int) -> tuple[Any, Any]:
    """Skewed columns, whose units differ by ten orders of magnitude."""
    X, y = classes(n_features=10, n_informative=6, n_redundant=0)(rows, seed)
    return np.exp(X) * 10.0 ** np.arange(-5, 5), y


def chance(rows: int, seed: int) -> tuple[Any, Any]:
    """Labels that nothing foretells."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(rows, 10)), draw.integers(0, 2, rows)


def faint(rows: int, seed: int) -> tuple[Any, Any]:
    """Targets of which most is chance."""
    draw = np.random.default_rng(seed)
    X = draw.normal(size=(rows, 10))
    return X, X @ np.arange(10.0) / 10.0 + 3.0 * draw.normal(size=rows)


TABLES: dict[str, tuple[int, bool, Make]] = {
    "tiny": (20, True, classes(n_features=5, n_informative=3, n_redundant=0, class_sep=1.5)),
    "more columns than rows": (60, True, classes(n_features=500, n_informative=20)),
    "moons": (400, True, lambda n, s: datasets.make_moons(n, noise=0.25, random_state=s)),
    "circles": (
        400,
        True,
        lambda n, s: datasets.make_circles(n, noise=0.15, factor=0.5, random_state=s),
    ),
    "spirals": (600, True, spirals),
    "unscaled": (800, True, unscaled),
    "twenty columns": (1000, True, classes(n_features=20, n_informative=6, flip_y=0.05)),
    "one in twenty": (1500, True, classes(n_informative=6, weights=[0.95], flip_y=0.01)),
    "a sphere": (2000, True, lambda n, s: datasets.make_hastie_10_2(n, random_state=s)),
    "eight classes": (3000, True, classes(n_features=16, n_informative=10, n_classes=8)),
    "chance": (300, True, chance),
    "wrong labels": (10_000, True, classes(n_features=20, n_informative=5, flip_y=0.3)),
    "50,000 rows": (50_000, True, classes(n_features=20, n_informative=12, n_classes=4)),
    "tiny amounts": (20, False, straight(4, 20.0)),
    "straight": (300, False, straight(20, 50.0)),
    "friedman1": (500, False, lambda n, s: datasets.make_friedman1(n, noise=1.0, random_state=s)),
    "friedman2": (300, False, lambda n, s: datasets.make_friedman2(n, noise=100.0, random_state=s)),
    "friedman3": (1000, False, lambda n, s: datasets.make_friedman3(n, noise=0.1, random_state=s)),
    "faint": (400, False, faint),
}  # fmt: skip


def fitted(kind: Any, X: Any, y: Any, rows: int, **options: Any) -> tuple[float, float, float]:
    """Score, mean log likelihood of the classes or 0, and seconds."""
    start = time.process_time()
    model = kind(**options).fit(X[:rows], y[:rows])
    took, likely = time.process_time() - start, 0.0
    X, y = X[rows:], y[rows:]
    if hasattr(model, "predict_log_proba"):
        places = np.searchsorted(model.classes_, y)
        likely = model.predict_log_proba(X)[np.arange(len(y)), places].mean()
    return float(model.score(X, y)), float(likely), took


def gain(more: list[float]) -> str:
    """A mean and its standard error."""
    return f"{fmean(more):+.4f} ± {stdev(more) / len(more) ** 0.5:.4f}"


def main() -> None:
    """Show the tables that were asked for."""
    from jangrad.sklearn import JangradClassifier, JangradRegressor

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--seeds", type=int, default=12)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # that 200 epochs are not enough
    print(f"{'':24}{'score':>8}{'more':>18}{'likelihood':>19}{'time':>8}")
    for name, (rows, labels, make) in TABLES.items():
        if options.words and not any(word in name for word in options.words):
            continue
        kind = JangradClassifier if labels else JangradRegressor
        found = []
        for seed in range(options.seeds):
            X, y = make(rows + KEPT, seed)
            usual = fitted(kind, X, y, rows, random_state=seed, max_iter=200)
            found.append((fitted(kind, X, y, rows, random_state=seed), usual))
        score, likely = ([a[i] - b[i] for a, b in found] for i in range(2))
        times = [min(pair[i][2] for pair in found[1:]) for i in range(2)]
        line = f"{name:24}{fmean(a[0] for a, _ in found):8.4f}{gain(score):>18}"
        line += f"{gain(likely) if labels else '':>19}{times[1] / times[0]:7.1f}x"
        print(line, flush=True)


if __name__ == "__main__":
    main()
