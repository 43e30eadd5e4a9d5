"""A trace that is refused has changed nothing, and taken nothing away."""

import array
import contextvars
import threading
import time
from collections import OrderedDict, defaultdict, deque

import numpy as np
import pytest

from jangrad import jit
from jangrad.errors import Untraceable


def counters():
    """Functions that give another number at each call, by things of all kinds."""

    class Row(list):
        pass

    class Slots:
        __slots__ = ("n",)

        def __setattr__(self, name, value):
            raise AttributeError("frozen")

    class Held:
        n = 0

    table, row, made, ordered = (
        [3.0, 2.0, 1.0],
        Row([3.0, 2.0, 1.0]),
        defaultdict(int),
        OrderedDict(),
    )
    taken, unique, raw, slots = deque([1.0, 2.0, 3.0]), set(), array.array("d", [1.0]), Slots()
    objects, numbers, thread = np.ones(1, object), np.ones(1), threading.local()
    variable = contextvars.ContextVar("variable")
    variable.set(0)
    thread.n = ordered["n"] = 0
    object.__setattr__(slots, "n", 0)

    def count(held, key):
        held[key] += 1
        return float(held[key])

    def of_set():
        unique.add(len(unique))
        return len(unique)

    def of_thread():
        thread.n += 1
        return thread.n

    def of_context():
        variable.set(variable.get() + 1)
        return variable.get()

    def of_slots():
        object.__setattr__(slots, "n", slots.n + 1)
        return slots.n

    def of_class():
        Held.n += 1
        return Held.n

    def of_class_anew():
        Held.made = getattr(Held, "made", 0) + 1
        return Held.made

    def of_function():
        of_function.n = getattr(of_function, "n", 0) + 1
        return of_function.n

    return {
        "list": table.pop,
        "subclass of list": row.pop,
        "deque": taken.popleft,
        "set": of_set,
        "defaultdict": lambda: count(made, "n"),
        "OrderedDict": lambda: count(ordered, "n"),
        "array of Python's": lambda: count(raw, 0),
        "array": lambda: count(numbers, 0),
        "array of objects": lambda: count(objects, 0),
        "thread": of_thread,
        "context": of_context,
        "slots": of_slots,
        "class": of_class,
        "class without it": of_class_anew,
        "function": of_function,
    }


@pytest.mark.parametrize("name", counters())
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
