"""A schedule that looks at the training, or changes what the loss reads, in whatever way."""

import functools
import itertools
import operator
import random
import types
import weakref
from collections import deque
from contextvars import ContextVar

import numpy as np
import pytest

from jangrad import MLP, fit
from jangrad.train import SGD, constant, warm_up
from jangrad.train.schedules import is_blind
from jangrad.train.sight import Sight

X, Y = [[0.1], [0.5], [1.0]], [1.0, 0.0, 1.0]


def looking(kind, net):
    """A schedule that comes to the network in this way."""

    def rate(step, net):
        return 0.05 / (1 + 10 * abs(net.layers[0].neurons[0].bias.data))

    class OfClass:
        model = net

    class Slots:
        __slots__ = ("model",)

        def __init__(self):
            self.model = net

        def __call__(self, step):
            return self.rate

        @property
        def rate(self):
            return rate(0, self.model)

    class Helped:
        def __init__(self):
            self.parts = {"it": deque([net])}

        def helper(self):
            return rate(0, self.parts["it"][0])

        def __call__(self, step):
            return self.helper()

    module = types.ModuleType("state_of_a_training")
    module.net = net
    reference, variable = weakref.ref(net), ContextVar("net")
    variable.set(net)
    generated = (rate(0, net) for _ in iter(int, 1))
    objects, table = np.array([net], object), [1.0 + 0 * i for i in range(2000)]
    nested = [[[[[[[net]]]]]]]
    first = operator.itemgetter(0)
    return {
        "by name": functools.partial(rate, net=net),
        "by a class": lambda step: rate(step, OfClass.model),
        "by slots": Slots(),
        "by a helper": Helped(),
        "by a method": Helped().helper.__self__.__call__,
        "by a module": lambda step: rate(step, module.net),
        "by a weak reference": lambda step: rate(step, reference()),
        "by a variable of a context": lambda step: rate(step, variable.get()),
        "by a generator": lambda step: next(generated),
        "by an array": lambda step: rate(step, objects[0]),
        "behind many numbers": lambda step: table[step] * rate(step, net),
        "far away": lambda step: rate(step, nested[0][0][0][0][0][0][0]),
        "by a method of C": lambda step, get=[net].__getitem__: rate(step, get(0)),
        "by a function of C": lambda step: rate(step, first([net])),
        "behind a warm-up": warm_up(3, then=functools.partial(rate, net=net)),
    }[kind]


KINDS = [
    *("by name", "by a class", "by slots", "by a helper", "by a method", "by a module"),
    *("by a weak reference", "by a variable of a context", "by a generator", "by an array"),
    *("behind many numbers", "far away", "by a method of C", "by a function of C"),
    "behind a warm-up",
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_schedule_sees_each_step_however_it_comes_to_the_network(kind):
    rates = []
    for engine in ("eager", "native"):
        net = MLP(1, [3, 1], "tanh", seed=1)
        options = {"steps": 30, "optimizer": "sgd", "engine": engine, "progress": False}
        rates.append(fit(net, X, Y, schedule=looking(kind, net), **options).rate)
    assert rates[1] == pytest.approx(rates[0], rel=1e-9)
    assert len({*rates[0]}) > 25


def test_a_callback_may_give_a_schedule_something_to_look_at():
    """From that step on it is asked step by step."""
    rates = []
    for engine in ("eager", "native"):
        net, shown = MLP(1, [3, 1], "tanh", seed=1), {}

        def schedule(step, shown=shown):
            return 0.05 / (1 + abs(shown["net"].layers[0].neurons[0].bias.data)) if shown else 0.05

        def show(step, shown=shown, net=net):
            if step.step == 9:
                shown["net"] = net

        options = {"callbacks": [show], "callback_every": 10, "optimizer": "sgd", "steps": 30}
        found = fit(net, X, Y, schedule=schedule, engine=engine, progress=False, **options)
        rates.append(found.rate)
    assert rates[1] == pytest.approx(rates[0], rel=1e-9)
    assert len({*rates[0]}) == 21


@pytest.mark.parametrize("change", ["factor", "momentum", "weight"])
@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: warm_up(3, then=s)])
def test_what_a_schedule_changes_counts_behind_a_warm_up_too(change, wrap):
    losses = []
    for engine in ("eager", "native"):
        net, factor = MLP(1, [1], seed=0), [1.0]
        optimizer = SGD(net.parameters(), 0.01, momentum=0.9)

        def schedule(step, factor=factor, optimizer=optimizer, net=net):
            if change == "factor":
                factor[0] *= 0.95
            elif change == "momentum":
                optimizer.momentum = max(0.0, 0.9 - 0.05 * step)
            elif step == 10:
                net.layers[0].neurons[0].bias.data = 1.0
            return 0.02

        def loss(outputs, targets, factor=factor):
            return factor[0] * sum((z[0] - t) ** 2 for z, t in zip(outputs, targets, strict=True))

        options = {"optimizer": optimizer, "steps": 30, "engine": engine, "progress": False}
        losses.append(fit(net, X, Y, loss=loss, schedule=wrap(schedule), **options).loss)
    assert losses[1] == pytest.approx(losses[0], rel=1e-9)


class Counter:
    """A schedule that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, step):
        self.calls += 1
        return 5.0


def counting(since):
    calls = [0]

    def schedule(step):
        calls[0] += step >= since
        return 5.0

    return schedule, lambda: calls[0]


def drawing():
    generator = random.Random(0)
    return lambda step: 5.0 + 0.0 * generator.random(), generator.random


def iterating():
    rates = itertools.repeat(5.0, 1000)
    return lambda step: next(rates), lambda: len(list(rates))


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: warm_up(1, then=s)])
@pytest.mark.parametrize("make", [
    lambda: (counter := Counter(), lambda: counter.calls),
    lambda: counting(0),
    lambda: counting(3),
    drawing,
    iterating,
])  # fmt: skip
def test_a_schedule_with_a_state_of_its_own_is_asked_for_no_step_that_is_not_made(make, wrap):
    """The next training with it goes on from the same rates, whichever engine made the steps."""
    found = []
    X = [[0.1 * i] for i in range(12)]
    for engine in ("eager", "native"):
        schedule, state = make()
        net = MLP(1, [4, 1], "relu", seed=0)
        options = {"optimizer": "sgd", "steps": 100, "engine": engine, "progress": False}
        history = fit(net, X, [3.0 * x - 1.0 for (x,) in X], schedule=wrap(schedule), **options)
        assert history.stopped_by == "diagnosis"
        found.append((len(history.loss), state()))
    assert found[0] == found[1]


def test_schedules_that_see_nothing_are_asked_ahead():
    """So bursts of machine code stay as long as they can be."""
    net = MLP(1, [1], seed=0)
    rates = {"first": 0.1}
    things = (net, *net.parameters())
    for blind in (lambda step: 0.1 * 0.99**step, lambda step: rates["first"] / (1 + step)):
        assert not Sight(blind, things).sees()
        assert not Sight(warm_up(3, then=blind), things).sees()
        assert not is_blind(blind)
    assert is_blind(warm_up(3, then=constant(0.1)))
    assert not is_blind(functools.wraps(constant(0.1))(lambda step: net.n_inputs))
