"""Permutation importance and partial dependence, against loops and scikit-learn."""

import numpy as np
import pytest
from tests.explain.tables import houses, trained

from jangrad import MLP, fit
from jangrad.errors import ConfigError, DataError, ShapeError
from jangrad.explain import partial_dependence, permutation_importance
from jangrad.nn import LOSSES

RNG = np.random.default_rng(1)
X = RNG.normal(size=(120, 3))
Y = 2.0 * X[:, 0] - X[:, 1] * X[:, 0]


@pytest.fixture(scope="module")
def net():
    found = MLP(3, [8, 1], "tanh", seed=0)
    fit(found, X, Y, learning_rate=0.02, steps=200, progress=False)
    return found


def shuffles(rows, columns, repeats, seed):
    """The orders that are drawn, column by column."""
    rng = np.random.default_rng(seed)
    return [[rng.permutation(rows) for _ in range(repeats)] for _ in range(columns)]


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_importance_by_loops(net, loss):
    """The loss as Python computes it, of rows one column of which is put in another order."""

    def error(rows):
        return LOSSES[loss](net.predict(rows.tolist()), Y.tolist())

    found = permutation_importance(net, X, Y, loss=loss, repeats=3, seed=5)
    assert found.error == pytest.approx(error(X))
    for j, orders in enumerate(shuffles(120, 3, 3, 5)):
        grown = []
        for order in orders:
            rows = X.copy()
            rows[:, j] = X[order, j]
            grown.append(error(rows) - error(X))
        assert found.repeats[j] == pytest.approx(grown, rel=1e-9)
        assert found.rows[j].importance == pytest.approx(np.mean(grown))
        assert found.rows[j].spread == pytest.approx(np.std(grown))
    assert found.rows[0].importance > found.rows[1].importance > 20 * found.rows[2].importance


def test_importance_as_scikit_learn_has_it(net):
    """The mean over 100 shuffles of its own is the same, within its error."""
    inspection = pytest.importorskip("sklearn.inspection")
    from jangrad.sklearn import JangradClassifier

    y = np.where(Y > 0.0, "up", "down")
    model = JangradClassifier([8], max_iter=60, n_iter_no_change=np.inf, random_state=0).fit(X, y)
    theirs = inspection.permutation_importance(
        model, X, y, scoring="accuracy", n_repeats=100, random_state=0
    )
    ours = permutation_importance(model, X, y, repeats=100)
    assert ours.measure == "share of wrong answers"
    assert ours.error == pytest.approx(1.0 - model.score(X, y))
    apart = np.abs(theirs.importances_mean - [one.importance for one in ours.rows])
    spread = np.hypot(theirs.importances_std, [one.spread for one in ours.rows]) / 10.0
    assert (apart <= 4.0 * spread + 1e-9).all()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return trained(tmp_path_factory.mktemp("model"), "price")


def test_importance_of_a_table(model):
    """In the target's units; all inputs of a text are shuffled together."""
    rows = houses(150, seed=7)
    prices = [row["price"] for row in rows]
    found = permutation_importance(model, rows, prices, repeats=2, seed=3)
    answers = np.array([each["price"] for each in model.answers(rows)])
    assert found.error == pytest.approx(np.sqrt(np.mean((answers - prices) ** 2)))
    order = shuffles(150, 5, 2, 3)[2][0]
    mixed = [row | {"town": rows[k]["town"]} for row, k in zip(rows, order, strict=True)]
    answers = np.array([each["price"] for each in model.answers(mixed)])
    grown = np.sqrt(np.mean((answers - prices) ** 2)) - found.error
    assert found.repeats[2, 0] == pytest.approx(grown, rel=1e-6)
    names = [one.column for one in sorted(found.rows, key=lambda one: -one.importance)]
    assert names[:2] == ["area", "town"]


def test_importance_in_words(net):
    """The largest first, with its spread."""
    text = str(permutation_importance(net, X, Y, names=["age", "mass", "name"]))
    lines = text.splitlines()
    assert lines[0].startswith("mean squared_error of 120 rows: ")
    assert "shuffled among the rows, 5 times each" in lines[1]
    assert [line.split()[0] for line in lines[2:]] == ["age", "mass", "name"]
    assert "give or take" in lines[2]


def test_curves_by_loops(net):
    """The answer for each row and value is what `predict` says of that row with that value."""
    found = partial_dependence(net, X, 1, points=7)
    values = [point.number for point in found.rows]
    assert len(values) == 7
    assert set(values) <= {*X[:, 1]}
    assert (values[0], values[-1]) == (X[:, 1].min(), X[:, 1].max())
    for k, value in enumerate(values):
        rows = X.copy()
        rows[:, 1] = value
        curve = np.asarray(net.predict(rows))[:, 0]
        assert found.curves[:, k] == pytest.approx(curve)
        assert found.rows[k].mean == pytest.approx(curve.mean())
        assert found.rows[k].low == pytest.approx(np.quantile(curve, 0.1))
        assert found.rows[k].high == pytest.approx(np.quantile(curve, 0.9))


def test_curves_as_scikit_learn_has_them():
    """On the same values, of the probability of the second class."""
    inspection = pytest.importorskip("sklearn.inspection")
    from jangrad.sklearn import JangradClassifier

    model = JangradClassifier([8], max_iter=60, n_iter_no_change=np.inf, random_state=0)
    model.fit(X, Y > 0.0)
    ours = partial_dependence(model, X, "x0", points=9)
    values = [point.number for point in ours.rows]
    theirs = inspection.partial_dependence(
        model, X, [0], custom_values={0: values}, kind="both", response_method="predict_proba"
    )
    assert [point.mean for point in ours.rows] == pytest.approx(theirs["average"][0])
    assert ours.curves == pytest.approx(theirs["individual"][0])


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda net: permutation_importance(net, X[:1], Y[:1]), ConfigError, "one row cannot"),
        (lambda net: permutation_importance(net, X, Y[:5]), ShapeError, "120 rows, but 5 targets"),
        (lambda net: permutation_importance(net, X, Y, repeats=0), ConfigError, "repeats"),
        (lambda net: permutation_importance(net, X, Y, loss="mse"), ConfigError, "`squared_error`"),
        (lambda net: permutation_importance(net, X, Y * np.nan), DataError, "row 0 is no number"),
        (lambda net: partial_dependence(net, X, "x9"), ConfigError, "no column `x9`"),
        (lambda net: partial_dependence(net, X, 3), ConfigError, "no column `3`"),
        (lambda net: partial_dependence(net, X, 0, points=1), ConfigError, "points"),
        (
            lambda _: partial_dependence(MLP(3, [3]), X, 0),
            ConfigError,
            r"gives 3 answers(.|\n)*one of 0, 1, 2",
        ),
    ],
)
def test_what_does_not_fit_is_said(net, call, kind, words):
    """With what there is instead."""
    with pytest.raises(kind, match=words):
        call(net)
