"""`engine="auto"` measures by nothing but the steps themselves."""

import os
import queue
import random
import threading
import time
from functools import partial

import numpy as np
import pytest
from tests.counters import counters

from jangrad import MLP, Module, Value, fit
from jangrad.nn import Neuron
from jangrad.train import choice

X, Y = [[0.1], [0.5], [1.0]], [1.0, 0.0, 1.0]


def trained(engine, net, loss="squared_error", **options):
    options = {"steps": 40, "optimizer": "sgd", "learning_rate": 0.01, **options}
    return fit(net, X, Y, loss=loss, engine=engine, progress=False, **options)


def own_loss(outputs, targets):
    return sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True))


@pytest.mark.parametrize("name", counters())
@pytest.mark.parametrize("where", ["loss", "penalty"])
@pytest.mark.parametrize("worth", [False, True])
def test_what_is_measured_counts_as_a_step(name, where, worth, monkeypatch):
    """Nothing is called, and so nothing counted or taken, that eager would not call."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: worth)

    def run(engine):
        number = counters()[name]

        def loss(outputs, targets):
            return sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True)) * number()

        def penalty(parameters):
            return number() * parameters[0] ** 2

        options = {"loss": loss} if where == "loss" else {"penalty": penalty}
        return trained(engine, MLP(1, [3, 1], "tanh", seed=0), **options)

    auto, eager = run("auto"), run("eager")
    assert (auto.engine, auto.loss) == ("eager", eager.loss)


def test_what_another_thread_adds_while_it_is_measured_stays():
    """It is not taken for something that the loss has done."""
    fed, kept, over = 0, [], threading.Event()

    def feed():
        nonlocal fed
        while not over.is_set():
            kept.append(fed)
            fed += 1
            time.sleep(1e-4)

    def loss(outputs, targets):
        time.sleep(0.01)
        return sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True)) + 0 * len(kept)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        trained("auto", MLP(1, [1], seed=0), loss, steps=3)
    finally:
        over.set()
        feeder.join()
    assert kept == [*range(fed)]


def test_who_observes_assignments_sees_those_of_the_steps_alone():
    """Nothing is assigned to put something back."""
    seen = []

    class Observed:
        __slots__ = ("n",)

        def __setattr__(self, name, value):
            seen.append(value)
            object.__setattr__(self, name, value)

    observed = Observed()
    observed.n = 0

    def loss(outputs, targets):
        observed.n = observed.n + 1
        return sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True))

    trained("auto", MLP(1, [1], seed=0), loss, steps=3)
    assert seen == [0, 1, 2, 3]


def test_what_the_first_call_makes_is_compiled(monkeypatch):
    """A first step by Python makes it, and the others are machine code's."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: True)

    class Scaled(Module):
        def __init__(self):
            self.w, self.scale = Value(0.5), None

        def __call__(self, row):
            if self.scale is None:
                self.scale = 3.0
            return [self.w * row[0] * self.scale]

    auto, eager = trained("auto", Scaled()), trained("eager", Scaled())
    assert (auto.engine, eager.engine) == ("native", "eager")
    assert auto.loss == pytest.approx(eager.loss, rel=1e-12)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_each_row_is_asked_for_once_a_step(batch_size):
    """In the order in which eager asks; a penalty is asked for once, too."""

    def asked(engine):
        found = []

        class Asked(Module):
            def __init__(self):
                self.w = Value(0.5)

            def __call__(self, row):
                found.append(row[0])
                return [self.w * row[0] * (1.0 if len(found) else 0.0)]

        def penalty(parameters):
            found.append("penalty")
            return parameters[0] * 0.1

        trained(engine, Asked(), penalty=penalty, steps=4, batch_size=batch_size)
        return found

    auto, eager = asked("auto"), asked("eager")
    assert sorted(map(str, auto)) == sorted(map(str, eager))
    assert [row for row in auto if row != "penalty"] == [row for row in eager if row != "penalty"]


@pytest.mark.parametrize("drawn", [random.random, np.random.rand])
def test_an_activation_of_ones_own_that_draws(drawn, monkeypatch):
    """Also where network and loss are jangrad's, and where it's a neuron that is one's own."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: True)

    def noisy(v):
        return v.tanh() * (1.0 + 0.3 * float(drawn()))

    class Noisy(Neuron):
        def __call__(self, row):
            return noisy(super().__call__(row))

    def losses(engine, *, activation):
        random.seed(3)
        np.random.seed(3)
        net = MLP(1, [3, 1], activation, seed=0)
        if activation == "tanh":
            net.layers[0].neurons[1].__class__ = Noisy
        return trained(engine, net).loss

    for activation in (noisy, "tanh"):
        assert losses("auto", activation=activation) == losses("eager", activation=activation)


def test_an_error_of_the_first_call_has_a_history():
    """It is the first step's, whichever engine was to be chosen."""

    def loss(outputs, targets):
        raise RuntimeError("first")

    with pytest.raises(RuntimeError, match="first") as caught:
        trained("auto", MLP(1, [1], seed=0), loss)
    assert len(caught.value.history) == 0


@pytest.mark.parametrize("loss", ["squared_error", own_loss])
def test_a_step_that_machine_code_leaves_to_python_is_computed_anew(loss, monkeypatch):
    """Nothing is left then of what was begun to be measured."""
    monkeypatch.setattr(choice, "is_faster", lambda *_: True)
    found = []
    for engine in ("eager", "auto", "native"):
        net = MLP(1, [3, 1], "tanh", seed=0)
        history = trained(engine, net, loss, steps=400, learning_rate=3.0)
        found.append((history.stopped_by, len(history), str(history.diagnosis)))
    assert found[0] == found[1] == found[2]
    assert found[0][0] == "diagnosis"


@pytest.mark.parametrize("source", ["queue", "pipe"])
def test_what_can_be_read_once_is_read_by_python(source):
    """A queue by a method that is bound under another name, and the bytes of a pipe."""
    left = []
    for engine in ("eager", "auto"):
        if source == "queue":
            items = queue.Queue()
            for i in range(40_000):
                items.put(i / 40_000)
            noise, count = items.get_nowait, items.qsize
        else:
            end, begin = os.pipe()
            os.write(begin, bytes(range(256)) * 160)
            noise = partial(_byte, end)
            count = partial(_rest, end)
        net = Noisy(noise)
        history = fit(net, [[1.0], [2.0]], [1.0, 2.0], steps=9_000, engine=engine, progress=False)
        left.append((history.loss[-1], count()))
        if source == "pipe":
            os.close(begin)
            os.close(end)
    assert left[0] == left[1]


class Noisy(Module):
    """A network whose output is multiplied by what it reads."""

    def __init__(self, noise):
        self.w, self.noise = Value(0.5), noise

    def __call__(self, row):
        return self.w * row[0] * (1.0 + self.noise())


def _byte(end):
    return os.read(end, 1)[0] / 256


def _rest(end):
    return len(os.read(end, 1_000_000))
