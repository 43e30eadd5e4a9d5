"""Attributes of what threads share, of exceptions, and states of generators: read, they count."""

import inspect
import logging
import queue
import random
import threading
import time

import numpy as np
import pytest
from tests.guards.following import check_that_a_change_is_seen

from jangrad import jit
from jangrad.errors import Untraceable
from jangrad.guards import look

WAYS = {}


def way(make):
    """A function of a number, and what gives it another number to find."""
    WAYS[make.__name__] = make
    return make


class Thread(threading.Thread):
    """One of the user's."""


def _hung(kind):
    """An attribute that a user gives an object of the class."""

    def make():
        held = kind()
        held.k = 2.0
        return lambda x: x * held.k, lambda: setattr(held, "k", 3.0)

    return make


for _kind in (
    *(threading.Thread, Thread, threading.Event, threading.Condition, threading.Semaphore),
    *(queue.Queue, logging.NullHandler, logging.Formatter),
):
    WAYS[f"an attribute of {_kind.__name__} of {_kind.__module__}"] = _hung(_kind)


@way
def an_attribute_of_a_log():
    log = logging.getLogger("of an attribute")
    log.k = 2.0
    return lambda x: x * log.k, lambda: setattr(log, "k", 3.0)


@way
def an_attribute_that_comes_later():
    event = threading.Event()
    return lambda x: x * getattr(event, "later", 2.0), lambda: setattr(event, "later", 3.0)


@way
def a_number_in_a_list_that_is_an_attribute():
    event = threading.Event()
    event.ks = [2.0]
    return lambda x: x * event.ks[0], lambda: event.ks.__setitem__(0, 3.0)


@way
def how_much_a_queue_takes():
    q = queue.Queue(2)
    return lambda x: x * q.maxsize, lambda: setattr(q, "maxsize", 3)


@way
def the_handlers_of_a_log():
    log = logging.getLogger("of handlers")
    log.handlers.clear()
    return lambda x: x * len(log.handlers), lambda: log.addHandler(logging.NullHandler())


@way
def the_level_of_a_handler():
    handler = logging.NullHandler(level=2)
    return lambda x: x * handler.level, lambda: handler.setLevel(3)


@way
def the_number_of_an_error():
    error = OSError(2, "x")
    return lambda x: x * error.errno, lambda: setattr(error, "errno", 3)


@way
def the_number_of_an_error_of_ones_own():
    error = type("Own", (OSError,), {})(2, "x")
    return lambda x: x * error.errno, lambda: setattr(error, "errno", 3)


@way
def the_number_of_an_error_by_a_text():
    error = OSError(2, "x")
    return lambda x: x * getattr(error, "err" + "no"), lambda: setattr(error, "errno", 3)


@way
def the_name_of_what_could_not_be_imported():
    error = ImportError("x", name="ab")
    return lambda x: x * len(error.name), lambda: setattr(error, "name", "abc")


@way
def what_the_end_of_an_iteration_gives():
    error = StopIteration([2.0])
    return lambda x: x * error.value[0], lambda: error.value.__setitem__(0, 3.0)


@way
def another_value_of_the_end_of_an_iteration():
    error = StopIteration(2.0)
    return lambda x: x * error.value, lambda: setattr(error, "value", 3.0)


@way
def the_code_of_an_exit():
    error = SystemExit(2)
    return lambda x: x * error.code, lambda: setattr(error, "code", 3)


@way
def where_a_text_is_none():
    error = UnicodeDecodeError("utf-8", b"abcd", 2, 4, "x")
    return lambda x: x * error.start, lambda: setattr(error, "start", 3)


@way
def the_object_whose_attribute_is_missing():
    error = AttributeError("x", name="k", obj=[2.0])
    return lambda x: x * error.obj[0], lambda: error.obj.__setitem__(0, 3.0)


@way
def the_state_of_a_generator():
    drawn = random.Random(1)
    return lambda x: x * drawn.getstate()[1][-1], drawn.random


@way
def the_state_of_pythons_generator():
    return lambda x: x * random.getstate()[1][-1], random.random


@way
def the_state_of_a_generator_of_numpy():
    drawn = np.random.default_rng(1)
    held = drawn.bit_generator
    return lambda x: x * (drawn.bit_generator.state["state"]["state"] % 97), held.random_raw


@way
def the_state_of_a_source_of_bits():
    bits = np.random.PCG64(1)
    return lambda x: x * (bits.state["state"]["state"] % 97), bits.random_raw


@way
def the_state_of_a_generator_of_numpy_of_the_old_kind():
    drawn = np.random.RandomState(1)
    return lambda x: x * float(drawn.get_state()[2]), drawn.random_sample


@way
def the_state_of_a_generator_of_torch():
    torch = pytest.importorskip("torch")
    drawn = torch.Generator()
    return lambda x: x * (drawn.initial_seed() % 97), lambda: drawn.manual_seed(5)


def counting():
    v = 1.0
    while True:
        v = yield v


def begun():
    counts = counting()
    next(counts)
    return counts


@way
def whether_a_generator_has_ended():
    counts = begun()
    return lambda x: x * (1.0 if counts.gi_frame is None else 2.0), counts.close


@way
def the_state_of_a_generator_by_inspect():
    counts = begun()
    return lambda x: x * len(inspect.getgeneratorstate(counts)), counts.close


@way
def the_variables_of_a_generator():
    counts = begun()
    return lambda x: x * inspect.getgeneratorlocals(counts)["v"], lambda: counts.send(5.0)


@way
def whether_a_coroutine_has_ended():
    async def wait():
        return 1.0

    waiting = wait()
    return lambda x: x * len(inspect.getcoroutinestate(waiting)), waiting.close


@pytest.mark.parametrize("make", WAYS.values(), ids=WAYS)
def test_a_call_computes_what_python_would(make):
    check_that_a_change_is_seen(make)


def test_what_a_queue_counts_by_itself_is_not_looked_at_where_nobody_asks():
    q = queue.Queue()
    q.k = 2.0

    def f(x):
        return x * q.k

    seen = look([(f, "f")])
    q.put(1.0)
    assert q.unfinished_tasks == 1
    assert seen.holds()
    q.k = 3.0
    assert not seen.holds()


def test_a_thread_that_runs_and_ends_is_the_same():
    held = threading.Thread(target=time.sleep, args=(0.01,))
    held.k = 2.0
    seen = look([(lambda x: x * held.k, "f")])
    held.start()
    assert seen.holds()
    held.join()
    assert seen.holds()


def test_a_function_that_draws_is_refused_though_it_asks_for_a_state():
    drawn = random.Random(1)
    before = drawn.getstate()

    def f(x):
        return x * drawn.random() + drawn.getstate()[0]

    with pytest.raises(Untraceable, match="draws random numbers, by `random`"):
        jit(f)(1.0)
    assert drawn.getstate() == before


def test_who_asks_no_state_may_draw_elsewhere():
    drawn = random.Random(1)
    seen = look([(lambda x: x if x else drawn.random(), "f")])
    drawn.random()
    assert seen.holds()
