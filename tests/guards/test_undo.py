"""A trace that is refused has changed nothing, and taken nothing away."""

import threading
import time

import pytest
from tests.counters import counters

from jangrad import jit
from jangrad.errors import Untraceable

# What an iterator or a cache has given cannot be put back, nor that a context was empty, nor which
# number a set gives next.
NAMES = sorted(counters().keys() - {"iterator", "cache", "empty context", "set"})


@pytest.mark.parametrize("name", NAMES)
def test_a_refused_trace_has_changed_nothing(name):
    """Whatever it has counted or taken is put back, as if it had not been called."""
    number, other = counters()[name], counters()[name]
    for refused in (lambda x: x * number(), lambda x: x if number() * x > 0 else -x):
        with pytest.raises(Untraceable):
            jit(refused)(1.0)
    assert number() == other()


def test_what_a_function_does_before_it_raises_is_done():
    """An error of the user's own comes through as in Python, and so does what is told of it."""
    told = {"calls": 0}

    def f(x):
        told["calls"] += 1
        told["why"] = "no"
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        jit(f)(1.0)
    assert told == {"calls": 1, "why": "no"}


def test_a_refused_trace_leaves_what_another_thread_adds():
    """Only what stays as it is while nothing is traced is put back."""
    fed, kept, counted, over = 0, [], [0], threading.Event()

    def feed():
        nonlocal fed
        while not over.is_set():
            kept.append(fed)
            fed += 1
            time.sleep(1e-4)

    def f(x):
        counted[0] += 1
        time.sleep(0.02)
        return x * counted[0] * len(kept)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        with pytest.raises(Untraceable, match=r"each time|another thread"):
            jit(f)(1.0)
    finally:
        over.set()
        feeder.join()
    assert kept == [*range(fed)]
    assert counted == [0]


def test_what_a_refused_trace_has_taken_from_an_iterator_is_gone():
    """Python knows no way back; `fit` leaves a network that reaches one to Python untraced."""
    numbers = iter([1.0, 2.0, 3.0, 4.0])
    with pytest.raises(Untraceable):
        jit(lambda x: x * next(numbers))(1.0)
    assert list(numbers) != [1.0, 2.0, 3.0, 4.0]
