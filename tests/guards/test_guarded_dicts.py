"""Dicts that are changed, replaced, or changed by others while they are looked at."""

import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

from jangrad import MLP, fit, jit
from jangrad.errors import Untraceable
from jangrad.train import SGD


class Held:
    """An object with attributes."""


def test_another_dict_of_attributes():
    """Of an object of the user's, and what is assigned to it since."""
    held = Held()
    held.k = 1.0
    f = jit(lambda x: x * held.k)
    assert f(2.0) == 2.0
    held.__dict__ = {"k": 5.0}
    assert f(2.0) == 10.0
    held.k = 7.0
    assert f(2.0) == 14.0
    del held.k
    with pytest.raises(AttributeError, match="k"):
        f(2.0)


def test_another_dict_of_a_functions_attributes():
    """A function may hold numbers too."""

    def f(x):
        return x * f.rate

    f.rate = 1.0
    compiled = jit(f)
    assert compiled(2.0) == 2.0
    f.__dict__ = {"rate": 4.0}
    assert compiled(2.0) == 8.0


def test_another_dict_of_a_networks_attributes():
    """It is another network then."""
    net = MLP(2, [3, 1], seed=1)
    f = jit(lambda x: net([x, 1.0])[0])
    f(1.0)
    net.__dict__ = dict(vars(MLP(2, [3, 1], seed=9)))
    assert f(1.0) == pytest.approx(net([1.0, 1.0])[0].data)


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_another_dict_by_a_callback(engine):
    """It is seen between two steps."""
    held = Held()
    held.factor = 1.0

    def change(step):
        held.__dict__ = {"factor": held.factor * 0.5}

    def loss(outputs, targets):
        pairs = zip(outputs, targets, strict=True)
        return held.factor * sum((output[0] - target) ** 2 for output, target in pairs)

    options = {"steps": 4, "callbacks": [change], "progress": False, "learning_rate": 1e-15}
    net = MLP(2, [3, 1], seed=1)
    found = fit(net, [[1.0, 2.0], [0.0, 1.0]], [1.0, 0.0], loss=loss, engine=engine, **options)
    assert found.loss == pytest.approx([found.loss[0] * 0.5**k for k in range(4)])


def test_a_refused_trace_gives_the_old_dict_back():
    """Also where the function has put another in its place."""
    held = Held()
    held.k = 1.0
    before = vars(held)

    def f(x):
        held.__dict__ = {"k": held.k + 1.0}
        return x * held.k

    with pytest.raises(Exception, match="changes each time"):
        jit(f)(1.0)
    assert vars(held) is before
    assert before == {"k": 1.0}


def test_a_variable_that_is_deleted():
    """As Python has it."""
    k = 1.0

    def f(x):
        return x * k

    def remove():
        nonlocal k
        del k

    compiled = jit(f)
    assert compiled(1.0) == 1.0
    remove()
    with pytest.raises(NameError, match="k"):
        compiled(1.0)


def test_names_of_fields_that_change_in_place():
    """An array is the same one, and so is its type."""
    held = np.zeros(2, [("a", "f8"), ("b", "f8")])
    held["a"], held["b"] = 1.0, 2.0
    f = jit(lambda x: x * float(held["a"][0]))
    assert f(1.0) == 1.0
    held.dtype.names = ("b", "a")
    assert f(1.0) == 2.0


def test_an_attribute_of_ones_own_on_an_optimiser():
    """Whatever its name begins with."""
    optimizer = SGD(MLP(2, [3, 1]).parameters(), learning_rate=0.1)
    optimizer._factor = 1.0
    f = jit(lambda x: x * optimizer._factor)
    assert f(1.0) == 1.0
    optimizer._factor = 3.0
    assert f(1.0) == 3.0


def test_a_dict_that_another_thread_changes():
    """A number each time, and no error of a loop over the dict."""
    held, ended = {"k": 1.0, "m": 2.0}, threading.Event()

    def change():
        i = 0
        while not ended.is_set():
            i += 1
            held.pop("m")
            held["m"] = float(i % 3)
            held["k"] = float(i % 5)

    f = jit(lambda x: x * held["k"])
    assert f(1.0) == 1.0
    interval = sys.getswitchinterval()
    thread = threading.Thread(target=change)
    sys.setswitchinterval(1e-5)
    thread.start()
    try:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            with suppress(Untraceable):  # as which it may be refused
                assert f(1.0) in range(5)
    finally:
        ended.set()
        thread.join()
        sys.setswitchinterval(interval)
