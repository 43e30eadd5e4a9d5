"""Units that are left out, against networks whose weights are set to 0."""

import copy

import numpy as np
import pytest
from tests.explain.tables import houses, trained

from jangrad import MLP, fit
from jangrad.errors import ConfigError, ShapeError
from jangrad.explain import ablation
from jangrad.nn import LOSSES, Module

RNG = np.random.default_rng(3)
X = RNG.normal(size=(40, 3))
Y = np.sin(X[:, 0]) + X[:, 1]


def without(net, layer, unit):
    """A copy in which nothing leads away from a unit."""
    other = copy.deepcopy(net)
    for neuron in other.layers[layer + 1].neurons:
        neuron.weights[unit].data = 0.0
    return other


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "prelu"])
def test_each_unit_by_hand(activation):
    """Outputs and loss are those of a network whose weights behind the unit are 0."""
    net = MLP(3, [6, 4, 1], activation, seed=0)
    fit(net, X, Y, learning_rate=0.02, steps=60, progress=False)
    found = ablation(net, X, Y)
    assert found.whole == pytest.approx(np.asarray(net.predict(X)))
    assert found.loss == pytest.approx(LOSSES["squared_error"](net.predict(X.tolist()), Y.tolist()))
    assert [(one.layer, one.unit) for one in found.rows] == [
        *((0, j) for j in range(6)),
        *((1, j) for j in range(4)),
    ]
    for one, outputs in zip(found.rows, found.outputs, strict=True):
        other = without(net, one.layer, one.unit)
        assert outputs == pytest.approx(np.asarray(other.predict(X)), abs=1e-12)
        loss = LOSSES["squared_error"](other.predict(X.tolist()), Y.tolist())
        assert one.loss == pytest.approx(loss)
        assert one.grown == pytest.approx(loss - found.loss)
        assert one.moved == pytest.approx(np.abs(outputs - found.whole).mean())


def test_without_targets():
    """The outputs alone, and no loss."""
    net = MLP(3, [5, 2], "tanh", seed=0)
    found = ablation(net, X)
    assert np.isnan(found.loss)
    order = np.argsort([-one.moved for one in found.rows])
    lines = str(found).splitlines()
    assert lines[0] == "without a unit (it gives 0) the outputs for 40 rows move on average by"
    assert lines[1].split()[:4] == ["layer", "0,", "unit", str(order[0])]


def test_of_a_table_and_an_estimator(tmp_path):
    """The loss is that of their training, of targets as the user has them."""
    model = trained(tmp_path, "kind")
    rows = houses(60, seed=12)
    labels = [row["kind"] for row in rows]
    found = ablation(model, rows, labels)
    answers = model.answers(rows)
    shares = [each["probabilities"][row["kind"]] for each, row in zip(answers, rows, strict=True)]
    assert found.measure == "mean softmax_cross_entropy"
    assert found.loss == pytest.approx(-np.mean(np.log(shares)))
    pytest.importorskip("sklearn")
    from jangrad.sklearn import JangradRegressor

    estimator = JangradRegressor([4], max_iter=20, n_iter_no_change=np.inf, random_state=0)
    estimator.fit(X, 100.0 * Y)
    error = np.mean((estimator.predict(X) - 100.0 * Y) ** 2) / estimator.target_scale_[0] ** 2
    assert ablation(estimator, X, 100.0 * Y).loss == pytest.approx(error)


def test_words():
    """The unit that is missed most first."""
    net = MLP(1, [2, 1], "linear", seed=0)
    net.load_state(dict(zip(net.state(), [1.0, 0.0, 1.0, 0.0, 3.0, -1.0, 0.0], strict=True)))
    assert str(ablation(net, [[1.0], [2.0]], [2.0, 4.0])) == (
        "mean squared_error of 2 rows: 0; without a unit (it gives 0):\n"
        "  layer 0, unit 0  22.5  +22.5  ++++++++++++++++++++\n"
        "  layer 0, unit 1   2.5   +2.5  ++"
    )


class Other(Module):
    """No MLP."""

    def __init__(self):
        self.net = MLP(3, [2, 1])

    def __call__(self, xs):
        return self.net(xs)


@pytest.mark.parametrize(
    ("net", "kind", "words"),
    [
        (Other(), ConfigError, "units are left out of an MLP, not of Other"),
        (MLP(3, [1]), ConfigError, "has no hidden layer"),
    ],
)
def test_what_has_no_units_is_said(net, kind, words):
    """With what to try."""
    with pytest.raises(kind, match=words):
        ablation(net, X)
    with pytest.raises(ShapeError, match="40 rows, but 2 targets"):
        ablation(MLP(3, [2, 1]), X, [1.0, 2.0])
