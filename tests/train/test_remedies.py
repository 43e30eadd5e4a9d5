"""The advice of a diagnosis, tried with networks, optimisers and schedules of the user's own."""

import random
import threading
from functools import partial

import pytest
from tests.train.troubles import X, Y

from jangrad import MLP, Layer, Module, Value, fit, tanh
from jangrad.errors import ConfigError
from jangrad.nn import Embedding, l2_penalty
from jangrad.train import SGD, Adam, cosine

FAR = [[a, b, 2000.0 * (c + 1.0)] for a, b, c in X]


class Bend(Module):
    """A neuron and a factor, by hand."""

    def __init__(self):
        draw = random.Random(1)
        self.w = [Value(draw.uniform(-1.0, 1.0)) for _ in range(3)]
        self.b, self.k = Value(0.0), Value(1.0)

    def __call__(self, row):
        return self.k * tanh(sum(w * x for w, x in zip(self.w, row, strict=True)) + self.b)


class Stack(Module):
    """Layers in a list that is called otherwise."""

    def __init__(self, widths, activation="tanh", output="linear"):
        kinds = [activation] * (len(widths) - 2) + [output]
        self.parts = [Layer(*each, seed=0) for each in zip(widths, widths[1:], kinds, strict=False)]

    def __call__(self, row):
        for part in self.parts:
            row = part(row)
        return row


class Letters(Module):
    """Numbers for each of five things, and a line behind them."""

    def __init__(self):
        self.table, self.out = Embedding(5, 3, seed=0), Layer(3, 1, "linear", seed=1)

    def __call__(self, row):
        return self.out(self.table(row[0]))


THINGS = [[i % 5] for i in range(40)], [float((i % 5) ** 2) for i in range(40)]


def by(kind, rate, **options):
    """An optimiser that is made already."""
    return lambda net: {"optimizer": kind(net.parameters(), rate, **options)}


@pytest.mark.parametrize(
    ("make", "data", "options", "said"),
    [
        (Bend, (FAR, Y), lambda net: {"learning_rate": 0.05}, "every column of X scaled"),
        (Bend, (X, Y), by(SGD, 50.0), "learning_rate="),
        (Bend, (X, Y), by(Adam, 1e-7), "learning_rate="),
        (lambda: Stack([3, 6, 1]), (FAR, Y), by(SGD, 0.05, momentum=0.5), "every column of X"),
        (Letters, THINGS, by(SGD, 3.0), "learning_rate="),
        (Letters, THINGS, by(Adam, 1e-7), "learning_rate="),
        (Letters, (THINGS[0], [1e4 * t for t in THINGS[1]]), by(SGD, 0.1), "targets scaled"),
    ],
)
def test_any_network_and_optimizer_can_be_tried_again(make, data, options, said):
    """From the first weights, on a copy: the first network and optimiser stay as they are."""
    net = make()
    given = options(net)
    history = fit(net, *data, steps=150, progress=False, **given)
    optimizer = given.get("optimizer")
    numbers = [p.data for p in net.parameters()], optimizer and optimizer.state()
    fix = history.diagnosis.try_fix()
    assert said in fix.change
    assert fix.works, fix
    assert type(fix.net) is type(net)
    assert fix.net is not net
    assert tuple(p.data for p in fix.net.parameters()) == fix.weights
    assert ([p.data for p in net.parameters()], optimizer and optimizer.state()) == numbers
    again = make()
    fresh = fit(again, *data, steps=1, progress=False, **options(again))
    if "scaled" not in fix.change:
        assert fix.after.loss[0] == pytest.approx(fresh.loss[0])


def closure():
    """A network whose code holds its parameters, so that a copy would have none."""
    w = [Value(0.1), Value(0.2), Value(0.3)]

    class Line:
        def parameters(self):
            return w

        def __call__(self, row):
            return sum(a * x for a, x in zip(w, row, strict=True))

    return Line()


def locked():
    """One that cannot be copied."""
    net = Bend()
    net._lock = threading.Lock()
    return net


@pytest.mark.parametrize("make", [closure, locked])
def test_what_cannot_be_copied_is_trained_itself_and_put_back(make):
    """Its second weights are in the Fix."""
    net = make()
    history = fit(net, X, Y, optimizer="sgd", learning_rate=50.0, steps=100, progress=False)
    now = [p.data for p in net.parameters()]
    fix = history.diagnosis.try_fix()
    assert fix.works, fix
    assert fix.net is net
    assert [p.data for p in net.parameters()] == now != list(fix.weights)


def test_a_loss_that_holds_the_network_is_no_loss_of_a_copy():
    """Its penalty would be of the first network's weights."""
    net = Bend()

    def penalty(parameters):
        return 0.1 * net.k * net.k

    options = {"optimizer": "sgd", "learning_rate": 50.0, "penalty": penalty}
    fix = fit(net, X, Y, steps=100, progress=False, **options).diagnosis.try_fix()
    assert fix.net is net
    assert fix.works


def test_a_schedule_keeps_its_shape():
    """Its rates are scaled; a penalty stays."""
    net, small = Bend(), partial(l2_penalty, strength=1e-4)
    options = {"optimizer": "sgd", "schedule": cosine(30.0, 100), "penalty": small}
    history = fit(net, X, Y, steps=100, progress=False, **options)
    better = history.diagnosis.rate_to_try
    fix = history.diagnosis.try_fix()
    assert fix.works
    assert fix.after.rate[0] == pytest.approx(better)
    assert fix.after.rate[50] == pytest.approx(0.5 * better)


@pytest.mark.parametrize(
    ("net", "data", "needs"),
    [
        (Stack([3] + [6] * 8 + [1], "sigmoid"), (X, Y),
         'activation="relu", weights that are drawn anew (layer 1)'),
        (Stack([3, 6, 1], output="tanh"), (X, [20.0 * t for t in Y]), 'output="linear" (layer 2)'),
    ],
)  # fmt: skip
def test_another_network_is_its_author_s_to_build(net, data, needs):
    """What has to be changed is said, and where."""
    history = fit(net, *data, optimizer="sgd", learning_rate=0.1, steps=200, progress=False)
    with pytest.raises(ConfigError, match="`Stack` cannot be built in another way") as caught:
        history.diagnosis.try_fix()
    assert f"the advice needs {needs}" in str(caught.value)
    assert f"The advice was: {history.diagnosis.try_}" in str(caught.value)


def test_numbers_that_pick_a_row_of_a_table_are_not_scaled():
    """300 things are no column out of scale."""

    class Many(Module):
        def __init__(self):
            self.table, self.out = Embedding(300, 2, seed=0), Layer(2, 1, "linear", seed=1)

        def __call__(self, row):
            return self.out(self.table(row[0]))

    rows = [[i] for i in range(300)]
    found = fit(Many(), rows, [i % 2 for i in range(300)], optimizer="sgd", learning_rate=1000.0,
                steps=20, progress=False).diagnosis  # fmt: skip
    assert (found.cause, found.column) == ("rate", None)


def test_a_schedule_of_0_is_replaced():
    """It has no shape that could be scaled, and no step is too short: there was none."""
    options = {"optimizer": "sgd", "schedule": lambda step: 0.0}
    history = fit(Bend(), X, Y, steps=100, progress=False, **options)
    assert "no weight has moved in any step: they were of the rate 0" in str(history.diagnosis)
    fix = history.diagnosis.try_fix()
    assert fix.works
    assert fix.after.rate[0] == history.diagnosis.rate_to_try > 0.0


def test_a_loss_of_0_is_as_good_as_can_be():
    """Also where always predicting the mean, of one row, loses as little."""
    net = MLP(3, [4, 1], "tanh", seed=0)
    history = fit(net, X[:1], Y[:1], optimizer="sgd", learning_rate=50.0, steps=50, progress=False)
    assert history.diagnosis.try_fix().after.loss[-1] == 0.0
    assert history.diagnosis.try_fix().works
