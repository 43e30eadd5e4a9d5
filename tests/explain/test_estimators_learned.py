"""What rows of its training have moved in an estimator: the steps follow from its seed."""

import copy
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn")

from jangrad.errors import ConfigError, ShapeError
from jangrad.explain import influences
from jangrad.sklearn import JangradClassifier, JangradRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = np.sin(X[:, 0]) + X[:, 1]
LABELS = np.where(Y > 0.0, "up", "down")
NAME = "layers.0.neurons.0.weights.0"
COUNTS = np.linspace(0.5, 2.0, len(X))


def regressor(**options):
    """One that was trained."""
    given = {"alpha": 0.0, "max_iter": 60, "random_state": 0} | options
    return JangradRegressor([5], "tanh", **given).fit(X, Y, sample_weight=COUNTS)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"solver": "sgd", "batch_size": 7},
        {"solver": "rmsprop", "shuffle": False, "batch_size": 20},
        {"early_stopping": True, "learning_rate_init": 0.05, "n_iter_no_change": 3},
        {"standardize": False, "batch_size": 25, "random_state": None},
    ],
)
def test_rows_share_out_what_a_weight_has_moved(options):
    """All of it, whichever rows were held out, counted more or put back."""
    model = regressor(**options)
    found = influences(model, None, X, Y, weight=NAME)
    assert found.end == model.network_.state()[NAME]
    assert found.end != found.begin
    assert found.together == pytest.approx(found.end - found.begin, rel=1e-9)
    held_out = 6 if options.get("early_stopping") else 0
    assert len(found.rows) == len(X) - held_out
    places = [int(one.place.removeprefix("row ")) for one in found.rows]
    assert len({*places}) == len(places)
    assert held_out or places == [*range(len(X))]


def test_penalties_and_classes():
    """The penalty moves weights too, by no row; each class counts what `class_weight` says."""
    model = JangradClassifier([5], alpha=5.0, class_weight="balanced", random_state=0, max_iter=50)
    model.fit(X, LABELS)
    found = influences(model, None, X, LABELS, row=X[3])
    assert found.of == "the probability of `up`"
    assert found.end == pytest.approx(model.predict_proba(X[3:4])[0, 1])
    assert found.steps == 50
    model = JangradRegressor([3], solver="adamw", alpha=0.1, random_state=0).fit(X, Y)
    found = influences(model, None, X, Y, row=X[3], later=True)
    assert found.end == pytest.approx(model.predict(X[3:4])[0])


def test_what_a_row_does_is_what_a_training_without_it_shows():
    """`later=True`, beside trainings in which one row counts a little more or less."""
    model = regressor(standardize=False, max_iter=40)
    found = influences(model, None, X, Y, row=X[0], later=True)

    def answered(row, step):
        counts = COUNTS.copy()
        counts[row] += step
        # Weights are divided by their mean: so the rest counts what it did before.
        other = JangradRegressor([5], "tanh", alpha=0.0, max_iter=40, random_state=0)
        other.set_params(standardize=False)
        return other.fit(X, Y, sample_weight=counts).predict(X[:1])[0]

    mean = COUNTS.mean()
    slopes = found.moved / (COUNTS / mean)  # by what a row counts, once divided
    common = (slopes * COUNTS / mean).sum() / len(X)
    for row in (0, 17):
        slope = (answered(row, 1e-3) - answered(row, -1e-3)) / 2e-3
        assert slope * mean == pytest.approx(slopes[row] - common, rel=1e-3, abs=1e-7)


def test_copies_and_changed_hyper_parameters():
    """The training counts, as it was, and not what was set after it."""
    model = regressor(solver="sgd", batch_size=7)
    wanted = influences(model, None, X, Y, weight=NAME).moved
    other = pickle.loads(pickle.dumps(copy.deepcopy(model)))
    other.set_params(solver="adam", alpha=1.0, hidden_layer_sizes=[9], batch_size=3, shuffle=False)
    assert influences(other, None, X, Y, weight=NAME).moved == pytest.approx(wanted)


def test_what_cannot_be_known_is_said():
    """With what to do instead."""
    model = regressor()
    for rows, targets, kind, words in (
        (X[::-1], Y[::-1], ConfigError, "do not follow from these rows"),
        (X[:5], Y[:5], ShapeError, "5 rows and 5 targets, but `fit` was given 60"),
        (X, None, ShapeError, "the X and y of `fit`"),
    ):
        with pytest.raises(kind, match=words):
            influences(model, None, rows, targets, weight=NAME)
    with pytest.raises(ConfigError, match="those that the estimator was fitted with"):
        influences(model, None, X, Y, weight=NAME, row_weights=COUNTS)
    model.partial_fit(X, Y)
    with pytest.raises(ConfigError, match=r"not all known(.|\n)*`partial_fit` or `warm_start`"):
        influences(model, None, X, Y, weight=NAME)
    full = regressor(solver="lbfgs")
    with pytest.raises(ConfigError, match=r"solver `lbfgs`(.|\n)*load_run"):
        influences(full, None, X, Y, weight=NAME)
    away = regressor(solver="sgd", learning_rate_init=5.0, n_iter_no_change=2)
    with pytest.raises(ConfigError, match=r"no step has led(.|\n)*smaller learning_rate_init"):
        influences(away, None, X, Y, weight=NAME)
