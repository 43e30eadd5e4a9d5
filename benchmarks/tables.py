"""Tables to learn from: the estimators beside those of other libraries, on one pinned core.

    python benchmarks/tables.py                 every table but the largest
    python benchmarks/tables.py iris wine       those whose names have one of these words in them
    python benchmarks/tables.py --large         the one of 200,000 rows too
    python benchmarks/tables.py --seeds 3       fewer splits than ten, which is for small tables
    python benchmarks/tables.py --batch 32      rows a step, instead of what each takes by itself

Each contender runs in a process of its own, with its defaults: 100 hidden units, Adam, at most 200
epochs. All networks see standardised columns and, for regression, standardised targets. A fifth of
the rows, by class, is kept for the score: accuracy, or R².

first:   seconds of the processor from the import to the end of the first fit, in a new process; of
         jangrad also with nothing on disk of what it keeps there
again:   the least of the later fits, in the same process
score:   the mean over the seeds, which choose split and weights, and its standard deviation
against: how much higher the score is than jangrad's, seed by seed, and the standard error of that

Behind a time stands how many times jangrad's it is. `pip install '.[bench]'` brings the others.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import NotInstalled, in_a_process, pin

SEEDS, FEW = 10, 3  # for small tables, and for those of more rows than this
MANY = 5_000
Data = tuple[Any, Any]


# -- tables ----------------------------------------------


def known(name: str) -> Data:
    """One that comes with scikit-learn."""
    from sklearn import datasets

    X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    return X, y


def houses(rows: int) -> Data:
    """Like California's houses: eight skewed columns, a price that is cut off, and chance."""
    draw = np.random.default_rng(0)
    income, rooms, people = draw.gamma(4.0, 1.0, (3, rows))
    age, north, west = draw.uniform(size=(3, rows))
    beds, crowd = 1.0 + 0.2 * draw.normal(size=rows), draw.lognormal(1.0, 0.3, rows)
    near = np.exp(-20.0 * (north - 0.4) ** 2 - 20.0 * (west - 0.6) ** 2)
    price = 0.4 * income + 1.5 * near * np.sqrt(income) - 0.3 * crowd + 0.4 * age * (rooms > 5.0)
    price += 0.1 * np.sin(6.0 * north) * people + 0.3 * draw.normal(size=rows)
    X = np.stack([income, rooms, people, age, north, west, beds, crowd], axis=1)
    return X, np.minimum(price, np.quantile(price, 0.95))


def clusters(rows: int) -> Data:
    """Five classes of two clusters each, of twenty columns, one label in fifty wrong."""
    from sklearn.datasets import make_classification

    X, y = make_classification(
        *(rows, 20), n_informative=10, n_classes=5, flip_y=0.02, random_state=0
    )
    return X, y


TABLES: dict[str, tuple[Callable[[], Data], bool]] = {
    "iris": (lambda: known("iris"), True),
    "wine": (lambda: known("wine"), True),
    "breast cancer": (lambda: known("breast_cancer"), True),
    "digits": (lambda: known("digits"), True),
    "diabetes": (lambda: known("diabetes"), False),
    "houses, 20,000 rows": (lambda: houses(20_000), False),
    "clusters, 10,000 rows": (lambda: clusters(10_000), True),
    "clusters, 200,000 rows": (lambda: clusters(200_000), True),
}
LARGE = "clusters, 200,000 rows"


def split(y: Any, seed: int, classes: bool) -> tuple[Any, Any]:
    """The numbers of the rows to learn from and of the fifth that is kept, of each class alike."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(y))
    if classes:  # by class, and within it by chance: every fifth row is kept
        order = order[np.argsort(y[order], kind="stable")]
    kept = np.arange(len(y)) % 5 == seed % 5
    return draw.permutation(order[~kept]), order[kept]


# -- contenders ----------------------------------------------

# Each gives a function from seed, rows and targets to one from rows to predictions.
Learner = Callable[[int, Any, Any], Callable[[Any], Any]]


def jangrad(classes: bool, batch: Any) -> Learner:
    """The estimators of `jangrad.sklearn`."""
    from jangrad.sklearn import JangradClassifier, JangradRegressor

    kind = JangradClassifier if classes else JangradRegressor
    return lambda seed, X, y: kind(random_state=seed, batch_size=batch).fit(X, y).predict


def single(classes: bool, batch: Any) -> Learner:
    """The same for rows of float32."""
    learn = jangrad(classes, batch)
    return lambda seed, X, y: learn(seed, X.astype(np.float32), y)


def mlp(classes: bool, batch: Any) -> Learner:
    """scikit-learn's own networks, in the pipeline that standardises for them."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kind = MLPClassifier if classes else MLPRegressor

    def learn(seed: int, X: Any, y: Any) -> Callable[[Any], Any]:
        mean, size = (0.0, 1.0) if classes else (y.mean(), y.std())
        t = y if classes else (y - mean) / size
        model = make_pipeline(StandardScaler(), kind(random_state=seed, batch_size=batch)).fit(X, t)
        return model.predict if classes else lambda rows: model.predict(rows) * size + mean

    return learn


def trees(classes: bool, batch: Any) -> Learner:
    """scikit-learn's boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    return lambda seed, X, y: kind(random_state=seed).fit(X, y).predict


def torch(classes: bool, batch: Any) -> Learner:
    """The same network in PyTorch, by the same rule of when to stop."""
    import torch as t

    t.set_num_threads(1)

    def learn(seed: int, X: Any, y: Any) -> Callable[[Any], Any]:
        t.manual_seed(seed)
        mean, size = X.mean(0), X.std(0)
        size[size == 0.0] = 1.0
        middle, wide = (0.0, 1.0) if classes else (y.mean(), y.std())
        outputs = len(np.unique(y)) if classes else 1
        net = t.nn.Sequential(
            t.nn.Linear(X.shape[1], 100), t.nn.ReLU(), t.nn.Linear(100, outputs)
        ).double()
        optimizer = t.optim.Adam(net.parameters())
        rows = t.tensor((X - mean) / size)
        targets = t.tensor(y) if classes else t.tensor((y - middle) / wide)[:, None]
        loss_of = t.nn.CrossEntropyLoss() if classes else t.nn.MSELoss()
        rows_a_step = min(200, len(X)) if batch == "auto" else batch
        least, waited = np.inf, 0
        for _ in range(200):
            total, order = 0.0, t.randperm(len(X))
            for part in order.split(rows_a_step):
                optimizer.zero_grad()
                loss = loss_of(net(rows[part]), targets[part])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(part)
            total /= len(X)
            waited = 0 if total < least - 1e-4 else waited + 1
            least = min(least, total)
            if waited > 10:
                break

        def predict(some: Any) -> Any:
            with t.no_grad():
                found = net(t.tensor((some - mean) / size)).numpy()
            return found.argmax(1) if classes else found[:, 0] * wide + middle

        return predict

    return learn


CONTENDERS: dict[str, Callable[[bool, Any], Learner]] = {
    "jangrad": jangrad,
    "jangrad, float32": single,
    "scikit-learn MLP": mlp,
    "PyTorch": torch,
    "HistGradientBoosting": trees,
}


# -- measuring ----------------------------------------------


def measure(file: str, contender: str, seeds: int, batch: str) -> dict[str, Any]:
    """In the child: the first fit with its imports, then one for each seed."""
    warnings.simplefilter("ignore")  # that 200 epochs are not enough
    data = np.load(file)
    X, y, classes = data["X"], data["y"], bool(data["classes"])
    times, scores = [], []
    start = time.process_time()
    learn = CONTENDERS[contender](classes, batch if batch == "auto" else int(batch))
    imports = time.process_time() - start
    for seed in range(max(seeds, 2)):  # one to be the first
        learned, kept = split(y, seed, classes)
        X_, y_ = X[learned], y[learned]
        start = time.process_time()
        predict = learn(seed, X_, y_)
        times.append(time.process_time() - start)
        found, true = predict(X[kept]), y[kept]
        wrong = found != true if classes else (found - true) ** 2 / true.var()
        scores.append(float(1.0 - wrong.mean()))
    return {"first": imports + times[0], "again": min(times[1:]), "scores": scores[:seeds]}


def show(name: str, make: Callable[[], Data], classes: bool, options: Any) -> None:
    """All contenders on a table."""
    X, y = make()
    seeds = options.seeds or (SEEDS if len(X) <= MANY else FEW)
    if name == LARGE and not options.seeds:
        seeds = 1
    print(f"\n{name}: {X.shape[0]} x {X.shape[1]}, {seeds} seed{'s' * (seeds != 1)}")
    print(f"  {'':22}{'first':>17}{'again':>19}{'score':>18}{'against jangrad':>19}")
    ours: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "data.npz")
        np.savez(file, X=X, y=y, classes=classes)
        for contender in CONTENDERS:
            given = ["--data", file, contender, str(seeds), options.batch]
            empty = os.path.join(folder, contender)
            try:
                if contender.startswith("jangrad"):
                    new = in_a_process(__file__, *given[:3], "1", *given[4:], JANGRAD_CACHE=empty)
                found = in_a_process(
                    __file__,
                    *given,
                    **({"JANGRAD_CACHE": empty} if contender.startswith("jangrad") else {}),
                )
            except NotInstalled as error:
                print(f"  {contender:22} needs {error}")
                continue
            ours = ours or found
            line = f"  {contender:22}"
            for what in ("first", "again"):
                line += f"{1e3 * found[what]:9.0f} ms {found[what] / ours[what]:5.1f}x"
            scores = found["scores"]
            spread = stdev(scores) if seeds > 1 else 0.0
            line += f"{fmean(scores):11.4f} ± {spread:.4f}"
            if found is not ours:
                more = [a - b for a, b in zip(scores, ours["scores"], strict=True)]
                error = stdev(more) / len(more) ** 0.5 if seeds > 1 else 0.0
                line += f"{fmean(more):+11.4f} ± {error:.4f}"
            print(line, flush=True)
            if contender.startswith("jangrad"):
                print(f"  {'  with nothing on disk':22}{1e3 * new['first']:9.0f} ms", flush=True)


def main() -> None:
    """Show the tables that were asked for."""
    if sys.argv[1:2] == ["--one"]:
        pin()
        _, _, file, contender, seeds, batch = sys.argv[1:]
        print(json.dumps(measure(file, contender, int(seeds), batch)))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--batch", default="auto")
    options = parser.parse_args()
    for name, (make, classes) in TABLES.items():
        asked = any(word in name for word in options.words) or not options.words
        if asked and (name != LARGE or options.large):
            show(name, make, classes, options)


if __name__ == "__main__":
    main()
