"""What `fit` has compiled serves the next `fit` of the same network, and never wrongly."""

from __future__ import annotations

import copy
import functools
import gc
import threading

import numpy as np
import pytest

from jangrad import Value, exp, strict
from jangrad.compiler.run import memory_cache
from jangrad.errors import DataError, NonFinite
from jangrad.nn import MLP, Module, l2_penalty
from jangrad.train import SGD, Adam, fit
from jangrad.train.compiled import fit_steps, reuse

X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
Y = [1.0, -1.0, -1.0, 1.0]
penalty = functools.partial(l2_penalty, strength=1e-3)


class Scaled(Module):
    """A network that reads a plain number."""

    def __init__(self):
        self.weights = [Value(0.1), Value(-0.2), Value(0.3)]
        self.scale = 2.0

    def __call__(self, row):
        return self.scale * sum(w * x for w, x in zip(self.weights, row, strict=True))


@pytest.fixture(autouse=True)
def nothing_kept():
    """Each test begins as a process does."""
    reuse.kept.clear()


@pytest.fixture
def traces(monkeypatch):
    """How often a loss is traced."""
    made = []

    def counted(*given, **options):
        made.append(1)
        return original(*given, **options)

    original = fit_steps.trace
    monkeypatch.setattr(fit_steps, "trace", counted)
    return made


def net_of(seed=0):
    return MLP(3, [4, 4, 1], activation="tanh", seed=seed)


def train(net, *data, **options):
    options = {"steps": 40, "learning_rate": 0.05, "progress": False, **options}
    return fit(net, *(data or (X, Y)), engine="native", **options)


def numbers(net, history):
    """All that a training leaves, to the last bit."""
    found = history.loss, history.gradient_norm, history.validation
    return found, [p.data for p in net.parameters()]


HELD_OUT = (X[:2], Y[:2])
SETTINGS = [
    {},
    {"optimizer": "sgd"},
    {"batch_size": 3, "seed": 5},
    {"batch_size": 1, "dtype": "float32"},
    {"penalty": penalty},
    {"validation": HELD_OUT, "patience": 3, "batch_size": 2},
    {"threads": 2},
    {"loss": "hinge"},
]


@pytest.mark.parametrize("options", SETTINGS, ids=" ".join)
def test_a_second_fit_is_not_traced_and_gives_what_a_first_one_gives(options, traces):
    """To the last bit."""
    net = net_of()
    copy.deepcopy(net)  # by which Python notes in a class that it has no slots
    train(net, **options)
    assert traces
    other = copy.deepcopy(net)
    before = len(traces)
    again = numbers(net, train(net, **options))
    assert len(traces) == before
    assert again == numbers(other, train(other, **options))
    assert len(traces) > before


def test_other_rows_are_learned_from(traces):
    """As many or more, in arrays as in lists, where each step has a batch or all."""
    net, other = net_of(), net_of()
    train(net, batch_size=2)
    train(net, X[::-1] * 3, Y * 3, batch_size=2)
    assert len(traces) == 1
    train(other, batch_size=2)
    reuse.kept.clear()
    train(other, X[::-1] * 3, Y * 3, batch_size=2)
    assert net.state() == other.state()
    rows = np.array(X)
    assert numbers(net, train(net, rows, Y)) == numbers(other, train(other, rows, Y))


def test_a_number_that_the_network_reads_is_seen():
    """As in Python, after it has changed between two trainings."""
    net = Scaled()
    train(net)
    net.scale = -1.0
    other = copy.deepcopy(net)
    reuse.kept.clear()
    expected = numbers(other, train(other))
    assert numbers(net, train(net)) == expected


@pytest.mark.parametrize("change", ["activation", "layer", "weight", "call"])
def test_another_structure_is_seen(change, monkeypatch):
    """Whatever has been replaced."""
    net = net_of()
    train(net)
    if change == "activation":
        net.layers[0].neurons[0].activation = "relu"
    elif change == "layer":
        net.layers.insert(1, copy.deepcopy(net.layers[1]))
    elif change == "weight":
        net.layers[0].neurons[0].weights[0] = Value(0.7)
    else:
        called = MLP.__call__
        monkeypatch.setattr(MLP, "__call__", lambda net, row: [2.0 * v for v in called(net, row)])
    other = copy.deepcopy(net)
    again = numbers(net, train(net))
    reuse.kept.clear()
    assert again == numbers(other, train(other))


@pytest.mark.parametrize(
    "second",
    [
        {"learning_rate": 0.2},
        {"optimizer": "sgd"},
        {"loss": "absolute_error"},
        {"penalty": penalty},
        {"dtype": "float32"},
        {"batch_size": 2},
        {"check": True},
    ],
    ids=" ".join,
)
def test_other_settings_are_followed(second):
    """After a training with those that are usual."""
    net = net_of()
    train(net)
    other = copy.deepcopy(net)
    again = numbers(net, train(net, **second))
    reuse.kept.clear()
    assert again == numbers(other, train(other, **second))


def test_an_optimiser_goes_on_where_it_was():
    """Its memory, its count of steps and its options are its own."""
    net, other = net_of(), net_of()
    ours, theirs = (Adam(n.parameters(), learning_rate=0.05) for n in (net, other))
    for beta1 in (0.9, 0.9, 0.5):
        ours.options["beta1"] = theirs.options["beta1"] = beta1
        train(net, optimizer=ours, learning_rate=None)
        reuse.kept.clear() if beta1 == 0.5 else None
        train(other, optimizer=theirs, learning_rate=None)
        assert net.state() == other.state()
        assert ours.state() == theirs.state()


@pytest.mark.parametrize("what", ["options", "scale", "weights", "memory"])
def test_what_a_callback_changes_leaves_nothing_behind(what):
    """The next training is as if there had been none before."""
    net = Scaled()
    optimizer = SGD(net.parameters(), learning_rate=0.01, momentum=0.9)

    def callback(step):
        if step.step != 20:
            return
        if what == "options":
            optimizer.options["momentum"] = 0.5
        elif what == "scale":
            net.scale = 3.0
        elif what == "weights":
            net.weights[1].data = 0.5
        else:
            optimizer.load_state({**optimizer.state(), "steps": 3})

    given = {"optimizer": optimizer, "learning_rate": None}
    train(net, callbacks=[callback], **given)
    state = net.state(), optimizer.state()
    second = numbers(net, train(net, **given))
    net.load_state(state[0])
    optimizer.load_state(state[1])
    reuse.kept.clear()
    assert numbers(net, train(net, **given)) == second


def test_bad_targets_are_refused_by_a_second_training_too():
    """As by the first."""
    net = MLP(3, [2], seed=0)
    train(net, X, [0, 1, 0, 1], loss="softmax_cross_entropy")
    with pytest.raises(DataError, match=r"`y\[1\]` is 2.0"):
        train(net, X, [0, 2, 0, 1], loss="softmax_cross_entropy")


def test_strict_holds_in_a_second_training():
    """What was compiled without it does not look for nan."""

    class Power(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, row):
            return exp(self.w * row[0])

    net = Power()
    train(net, [[1.0], [2.0]], [1.0, 1.0], steps=3)
    with strict(), pytest.raises(NonFinite, match="step 0, row 1"):
        train(net, [[1.0], [2000.0]], [1.0, 1.0], steps=3)
    train(net, [[1.0], [2.0]], [1.0, 1.0], steps=3)


def test_a_network_that_dies_takes_its_code_with_it():
    """And at most eight are kept."""
    nets = [net_of(seed) for seed in range(10)]
    for net in nets:
        train(net, steps=2)
    assert len(reuse.kept) == 8
    del net
    nets.clear()
    gc.collect()
    assert not len(reuse.kept)


def test_no_rows_are_kept():
    """A million of them may be the largest thing that there is."""
    net = net_of()
    train(net, X * 300, Y * 300)
    ((_, kept),) = reuse.kept._found.values()
    trainer = kept.native._trainer
    assert sum(trainer.executable.buffers[name].size for name in ("X", "XT")) == 0
    assert kept.native._data is None


def test_a_training_within_another_of_the_same_network_has_code_of_its_own():
    """One in a callback, or in another thread."""
    net, other = net_of(), net_of()
    for each in (net, other):
        train(each)

    def within(step):
        if step.step == 5:
            train(net, steps=3)

    def apart(step):
        if step.step == 5:
            thread = threading.Thread(target=train, args=(other,), kwargs={"steps": 3})
            thread.start()
            thread.join()

    train(net, callbacks=[within])
    train(other, callbacks=[apart])
    assert net.state() == other.state()


def test_steps_of_nearly_as_many_rows_share_their_code():
    """Folds of cross-validation differ by a row; machine code takes whole vectors of rows."""
    draw = np.random.default_rng(0)
    rows, y = draw.normal(size=(24, 3)), draw.normal(size=24)
    memory_cache._programs.clear()
    train(net_of(), rows, y)
    count = len(memory_cache._programs)
    history = train(net_of(), rows[:23], y[:23])
    assert len(memory_cache._programs) == count > 0
    options = {"steps": 40, "learning_rate": 0.05, "progress": False, "engine": "eager"}
    assert history.loss == pytest.approx(fit(net_of(), rows[:23], y[:23], **options).loss, rel=1e-9)
