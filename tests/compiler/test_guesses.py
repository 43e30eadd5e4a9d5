"""Steps that leave uncut what is not chosen, until a number comes out as nan."""

import math

import numpy as np
import pytest

from jangrad import MLP, Value, compile_step, fit
from jangrad.nn import Module
from jangrad.train import SGD, Adam, UpdateRule
from jangrad.train.compiled.memory import Memory
from jangrad.train.optimizers import Optimizer

#: The second row shuts the whole first layer, whose weights are multiplied by infinity below it.
X, Y = [[0.5, 1.0], [0.0, 0.5], [-2.0, 0.25]], [1.0, 0.0, 2.0]
STEPS = 60


class Inverse(Module):
    """A network of `1 / a` and `b`."""

    def __init__(self, hidden):
        self.net = MLP(2, [hidden, hidden, 1], init="uniform", seed=3)
        for neuron in self.net.layers[0].neurons:
            neuron.weights[0].data = -abs(neuron.weights[0].data)

    def __call__(self, row):
        return self.net([1 / (row[0] if isinstance(row[0], Value) else Value(row[0])), row[1]])


def error(net, row, target):
    return (net(row)[0] - target) ** 2


def by_python(hidden, kind, rate=0.01):
    net = Inverse(hidden)
    optimizer = kind(net.parameters(), learning_rate=rate)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (sum(error(net, row, y) for row, y in zip(X, Y, strict=True)) / 3).backward()
        optimizer.step()
    found = [p.data for p in net.parameters()]
    assert all(map(math.isfinite, found))
    return found


def in_a_call(net, optimizer):
    step = compile_step(
        lambda row, y: error(net, row, y), net.parameters(), optimizer, per_row=True
    )
    step.run((X, Y), steps=STEPS)


def call_by_call(net, optimizer):
    step = compile_step(
        lambda row, y: error(net, row, y), net.parameters(), optimizer, per_row=True
    )
    for _ in range(STEPS):
        step(X, Y)


def in_batches(net, optimizer):
    step = compile_step(
        lambda row, y: error(net, row, y), net.parameters(), optimizer, per_row=True
    )
    step.run((X, Y), batches=[[0, 1, 2]] * STEPS)


def as_a_whole(net, optimizer):
    def loss(rows, ys):
        return sum(error(net, row, y) for row, y in zip(rows, ys, strict=True)) / 3

    compile_step(loss, net.parameters(), optimizer).run((X, Y), steps=STEPS)


def fitted(**how):
    def train(net, optimizer):
        options = {"loss": "squared_error", "steps": STEPS, "progress": False} | how
        fit(net, X, Y, optimizer=optimizer, engine="native", **options)

    return train


def mean_squared(outputs, targets):
    pairs = zip(outputs, targets, strict=True)
    return sum((output[0] - target) ** 2 for output, target in pairs) / len(outputs)


WAYS = {
    "in a call": in_a_call,
    "call by call": call_by_call,
    "in batches": in_batches,
    "as a whole": as_a_whole,
    "fit": fitted(),
    "fit, threads": fitted(threads=2),
    "fit, own loss": fitted(loss=mean_squared),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [SGD, Adam])
@pytest.mark.parametrize("hidden", [3, 20])
def test_what_is_not_chosen_contributes_nothing(hidden, kind, way):
    """In networks of few and of many products."""
    net = Inverse(hidden)
    WAYS[way](net, kind(net.parameters(), learning_rate=0.01))
    assert [p.data for p in net.parameters()] == pytest.approx(by_python(hidden, kind), rel=1e-9)


@pytest.mark.parametrize(
    "formula",
    ["p - rate * (1 if g > 0 else -1 if g < 0 else 0)", "p - rate * tanh(g)", "p - rate * g**1"],
)
@pytest.mark.parametrize("hidden", [3, 20])
@pytest.mark.parametrize("way", WAYS)
def test_a_rule_that_may_hide_nan_guesses_nothing(way, hidden, formula):
    """Its steps are cut off from the start."""

    def own(parameters, learning_rate):
        return Optimizer(parameters, learning_rate, UpdateRule(f"p = {formula}", (), ()), {})

    net = Inverse(hidden)
    WAYS[way](net, own(net.parameters(), learning_rate=0.001))
    expected = by_python(hidden, own, 0.001)
    assert [p.data for p in net.parameters()] == pytest.approx(expected, rel=1e-9)


def test_rules_that_show_nan():
    """Sums, products, quotients and roots of what varies; of the rest, anything."""

    def keeps(formula):
        return UpdateRule(formula, (), ()).keeps_nan

    assert keeps("p = p - rate * g")
    assert keeps("q = rate if step > 3 else 0; p = p - q * -g / sqrt(g * g)")
    assert not keeps("p = p - rate * (1 if g > 0 else -1)")
    assert not keeps("q = maximum(g, 1); p = p - q")
    assert not keeps("p = p - rate * g ** 2")  # nan ** 0 is 1


def test_true_nan_stays():
    """Of a training that leaves the numbers, as in Python."""
    net, other = Inverse(20), Inverse(20)
    rate = 1e6
    in_a_call(net, SGD(net.parameters(), learning_rate=rate))
    in_batches(other, SGD(other.parameters(), learning_rate=rate))
    found = [[math.isnan(p.data) for p in each.parameters()] for each in (net, other)]
    assert any(found[0])
    assert found[0] == found[1]


def test_a_guess_that_is_interrupted_leaves_a_whole_step():
    """And never the nan that it came to."""
    memory = Memory([Value(1.0), Value(2.0)], 2, 1, np.float64)
    memory.buffers["M0"][:] = 3.0

    def interrupted(steps):
        memory.buffers["P"][0] = math.nan
        memory.steps += 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memory.guess(1, interrupted, interrupted)
    assert memory.parameters() == [1.0, 2.0]
    assert memory.state() == ([3.0, 3.0],)
    assert memory.steps == 0


@pytest.mark.parametrize("bad", [0, 1, 2, 37, 99])
@pytest.mark.parametrize("shows", [True, False])
def test_the_first_step_that_comes_to_nan_is_found(bad, shows):
    """Those before it are made quickly, whether or not a loss shows it."""
    memory = Memory([Value(0.0)], 1, 0, np.float64)

    def make(quick):
        def steps(which):
            results = np.zeros((which.stop - which.start, 3))
            for k in range(which.start, which.stop):
                results[k - which.start] = memory.buffers["P"][0] if shows else 0.0
                nan = quick and k == bad
                memory.buffers["P"][0] += math.nan if nan else 1.0 if quick else 1000.0
                memory.steps += 1
            return results

        return steps

    found, quick = memory.guess(100, make(True), make(False))
    assert not quick
    assert memory.parameters() == [bad + 1000.0 * (100 - bad)]
    assert memory.steps == len(found) == 100
    assert np.isfinite(found).all()


@pytest.mark.parametrize("way", [in_a_call, as_a_whole])
def test_steps_are_the_same_however_many_are_made_at_once(way, monkeypatch):
    """To the last bit, also where some come to nan."""

    def trained():
        net = Inverse(20)
        way(net, Adam(net.parameters(), learning_rate=0.01))
        return [p.data for p in net.parameters()]

    found = [trained()]
    for seconds in (0.0, 1e9):
        monkeypatch.setattr("jangrad.train.bursts._SECONDS", seconds)
        found.append(trained())
    assert found[0] == found[1] == found[2]
