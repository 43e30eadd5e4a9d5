"""Objects and modules that a compiled function reads: whatever they are, their change counts."""

import concurrent.futures
import contextlib
import ctypes
import dataclasses
import enum
import functools
import gc
import importlib
import io
import itertools
import logging
import multiprocessing
import operator
import queue
import random
import sys
import threading
import types
import weakref
from array import array
from collections import UserDict, deque
from multiprocessing import shared_memory

import numpy as np
import pytest

from jangrad import MLP, Value, compile_step, grad, jit
from jangrad.errors import Untraceable
from jangrad.guards import look, observers
from jangrad.micrograd.engine import Value as Open
from jangrad.nn import Layer, Module

WAYS = {}
_count = itertools.count()


def way(make):
    """A function of a number, and what gives it another number to find, told which.

    It is made with what writes modules: `written(**files)` imports the first of them.
    """
    WAYS[make.__name__] = make
    return make


# -- modules --------------------------------------------------------------------------------------


def package(written, text):
    """A package with such a module of the function `f`, and its module with a rate."""
    whole = written(
        __init__="", cfg="rate = 1.5\ndef scaled(x):\n    return x * rate\n", model=text
    )
    name = whole.__name__
    model = importlib.import_module(f"{name}.model")
    return model.f, lambda i: setattr(importlib.import_module(f"{name}.cfg"), "rate", 1.5 + i)


@way
def a_module_beside_its_own(written):
    return package(written, "def f(x):\n    from . import cfg\n    return x * cfg.rate\n")


@way
def a_number_of_a_module_beside_its_own(written):
    return package(written, "def f(x):\n    from .cfg import rate\n    return x * rate\n")


@way
def a_function_of_a_module_beside_its_own(written):
    return package(written, "def f(x):\n    from .cfg import scaled\n    return scaled(x)\n")


@way
def a_module_that_is_first_imported_inside(written):
    name = written(__init__="", late="rate = 1.5\n").__name__
    found = {}
    exec(f"def f(x):\n    import {name}.late\n    return x * {name}.late.rate\n", found)

    def change(i):
        importlib.import_module(f"{name}.late").rate = 1.5 + i

    return found["f"], change


@way
def a_module_that_answers_for_names(written):
    held = written(__init__="held = {'rate': 1.5}\ndef __getattr__(name):\n    return held[name]\n")
    return lambda x: x * held.rate, lambda i: held.held.update(rate=1.5 + i)


@way
def a_name_over_what_a_module_answers(written):
    held = written(__init__="def __getattr__(name):\n    return 1.5\n")
    return lambda x: x * held.rate, lambda i: setattr(held, "rate", 1.5 + i)


@way
def a_module_that_answers_for_every_name(written):
    """As modules of settings do, that are made by hand."""
    settings, held = types.ModuleType("settings"), {"rate": 1.5}
    settings.__getattr__ = lambda name: held.get(name, 2.0)
    return lambda x: x * settings.rate, lambda i: held.update(rate=1.5 + i)


@way
def a_property_of_a_module(written):
    class Settings(types.ModuleType):
        @property
        def rate(self):
            return self._held

    settings = Settings("settings")
    settings._held = 1.5
    return lambda x: x * settings.rate, lambda i: setattr(settings, "_held", 1.5 + i)


@way
def a_module_that_is_called_as_one_of_pythons(written):
    held = written(name="antigravity", antigravity="rate = 1.5\n")
    return lambda x: x * held.rate, lambda i: setattr(held, "rate", 1.5 + i)


@way
def a_project_in_a_folder_of_packages(written):
    held = written(
        folder="my-packages", __init__="rate = 1.5\ndef scaled(x):\n    return x * rate\n"
    )
    return lambda x: held.scaled(x) + held.rate, lambda i: setattr(held, "rate", 1.5 + i)


# -- methods --------------------------------------------------------------------------------------


@way
def a_method_of_an_array(written):
    k = np.array([1.5])
    get = k.__getitem__
    return lambda x: x * get(0), lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_method_of_an_array_of_pythons(written):
    k = array("d", [1.5])
    get = k.__getitem__
    return lambda x: x * get(0), lambda i: k.__setitem__(0, 1.5 + i)


@way
def a_method_of_a_deque(written):
    k = deque([1.5])
    get = k.__getitem__
    return lambda x: x * get(0), lambda i: k.__setitem__(0, 1.5 + i)


@way
def the_length_of_a_list(written):
    k = [1.5]
    size = k.__len__
    return lambda x: x * size(), lambda i: k.append(i)


@way
def what_a_function_has_kept(written):
    """It goes on to give it, until it is told to forget."""
    k = [1.5]

    @functools.lru_cache
    def factor():
        return k[0]

    def change(i):
        if i % 2:
            k[0] = 1.5 + i
        else:
            factor.cache_clear()

    return lambda x: x * factor(), change


@way
def what_a_function_has_kept_for_arguments(written):
    k = [1.5]

    @functools.lru_cache(maxsize=2)
    def factor(n, *, twice=False):
        return [k[0] * n * (2 if twice else 1)]

    def change(i):
        if i % 2:
            k[0] = 1.5 + i
        elif i:
            factor.cache_clear()
        else:
            factor(1)[0] = 7.5

    return lambda x: x * factor(1)[0] + factor(2, twice=True)[0], change


# -- objects of classes that are written in C -----------------------------------------------------


@way
def an_attribute_of_a_kind_of_array(written):
    class Metres(np.ndarray):
        pass

    k = np.ones(2).view(Metres)
    k.scale = 1.5
    return lambda x: x * k.scale, lambda i: setattr(k, "scale", 1.5 + i)


@way
def a_property_of_a_kind_of_array(written):
    scale = [1.5]

    class Metres(np.ndarray):
        @property
        def scale(self):
            return scale[0]

    k = np.ones(2).view(Metres)
    return lambda x: x * k.scale, lambda i: scale.__setitem__(0, 1.5 + i)


@way
def what_fills_a_masked_array(written):
    k = np.ma.array([1.0, 2.0], mask=[0, 1], fill_value=1.5)
    return lambda x: x * float(k.fill_value), lambda i: setattr(k, "fill_value", 1.5 + i)


@way
def a_polynomial(written):
    k = np.polynomial.Polynomial([1.0, 1.5])
    return lambda x: k(x), lambda i: k.coef.__setitem__(1, 1.5 + i)


@way
def a_polynomial_of_the_old_kind(written):
    k = np.poly1d([1.0, 1.5])
    return lambda x: x * k[0] + float(k(2.0)), lambda i: k.__setitem__(0, 1.5 + i)


@way
def functions_of_numpys_of_ones_own(written):
    k = [1.5]
    vectorized = np.vectorize(lambda t: t * k[0])
    ufunc = np.frompyfunc(lambda t: t + k[0], 1, 1)
    return lambda x: x * float(vectorized(2.0)) + float(ufunc(2.0)), lambda i: k.__setitem__(
        0, 1.5 + i
    )


@way
def a_class_of_numbers(written):
    class Temperature(float):
        __slots__ = ()
        offset = 1.5

    k = Temperature(2.0)
    return lambda x: x * k + k.offset, lambda i: setattr(Temperature, "offset", 1.5 + i)


@way
def a_method_of_a_class_of_numbers(written):
    scale = [1.5]

    class Temperature(float):
        __slots__ = ()

        def scaled(self):
            return self * scale[0]

    k = Temperature(2.0)
    return lambda x: x * k.scaled(), lambda i: scale.__setitem__(0, 1.5 + i)


@way
def a_structure_of_c(written):
    class Rates(ctypes.Structure):
        _fields_ = (("rate", ctypes.c_double),)
        scale = 1.5

    k = Rates(1.5)

    def change(i):
        k.rate = Rates.scale = 1.5 + i

    return lambda x: x * k.rate + k.scale, change


@way
def a_pointer_of_c(written):
    k = ctypes.c_double(1.5)
    pointer = ctypes.pointer(k)
    return lambda x: x * pointer.contents.value, lambda i: setattr(k, "value", 1.5 + i)


# -- objects of classes that are written in Python ------------------------------------------------


class Rate:
    __slots__ = ("__weakref__", "k")
    scale = 1.5

    def __init__(self):
        self.k = 1.5

    @property
    def twice(self):
        return 2.0 * self.k


@way
def what_a_proxy_stands_for(written):
    class Here(Rate):
        pass

    rate = Here()
    proxy = weakref.proxy(rate)

    def change(i, rate=rate):
        rate.k, Here.scale = 1.5 + i, 2.5 + i

    return lambda x: x * proxy.k + proxy.twice * proxy.scale, change


@way
def a_method_that_is_held_weakly(written):
    class Here(Plain):
        def get(self):
            return self.k

    rate = Here()
    rate.k = 1.5
    method = weakref.WeakMethod(rate.get)
    return lambda x: x * method()(), lambda i: setattr(rate, "k", 1.5 + i)


@way
def an_attribute_of_the_class_with_a_special_name(written):
    class Config:
        __factor__ = 1.5

    return lambda x: x * Config().__factor__, lambda i: setattr(Config, "__factor__", 1.5 + i)


@way
def what_a_member_of_an_enum_holds(written):
    class Rates(enum.Enum):
        FIRST = [1.5]  # noqa: RUF012

    return lambda x: x * Rates.FIRST.value[0], lambda i: Rates.FIRST.value.__setitem__(0, 1.5 + i)


@way
def what_a_class_of_pythons_keeps_for_one_of_ones_own(written):
    class Rates(UserDict):
        pass

    rates = Rates(k=1.5)
    return lambda x: x * rates["k"], lambda i: rates.__setitem__("k", 1.5 + i)


@way
def an_attribute_inside_a_text(written):
    rate = Rate()
    return lambda x: x * float(str.format("{0.k}", rate)), lambda i: setattr(rate, "k", 1.5 + i)


# -- what threads and processes share --------------------------------------------------------------


@way
def a_number_that_processes_share(written):
    one, many = multiprocessing.Value("d", 1.5), multiprocessing.Array("d", [1.5])

    def change(i):
        one.value, many[0] = 1.5 + i, 2.5 + i

    return lambda x: x * one.value + many[0], change


@way
def memory_that_processes_share(written):
    memory = shared_memory.SharedMemory(create=True, size=8)
    weakref.finalize(memory.buf.obj, memory.unlink)
    memory.buf[0] = 1
    return lambda x: x * float(memory.buf[0]), lambda i: memory.buf.__setitem__(0, 1 + i)


def _an_event(kind):
    event = kind()
    return (
        lambda x: x * 2.0 if event.is_set() else x + 1.0,
        lambda i: event.set() if i % 2 else event.clear(),
    )


@way
def an_event(written):
    return _an_event(threading.Event)


@way
def an_event_of_processes(written):
    return _an_event(multiprocessing.Event)


@way
def a_queue(written):
    numbers = queue.Queue()
    numbers.put(1.5)
    return lambda x: x * numbers.queue[0] + numbers.qsize(), lambda i: numbers.put(1.5 + i)


@way
def whether_a_task_is_over(written):
    task = concurrent.futures.Future()

    def change(i):
        if i == 1 and not task.done():
            task.set_result(1.5)

    return lambda x: x * task.result() if task.done() else x + 1.0, change


@way
def the_level_of_a_log(written):
    log = logging.getLogger("jangrad_test")
    log.setLevel(logging.INFO)
    levels = [logging.INFO, logging.DEBUG, logging.ERROR, logging.DEBUG]
    return lambda x: x * 2.0 if log.isEnabledFor(logging.DEBUG) else x, lambda i: log.setLevel(
        levels[i]
    )


# -- what comes later, and what is called without its name ----------------------------------------


@way
def an_attribute_that_a_module_gets_later(written):
    held = written(__init__="")
    return lambda x: x * getattr(held, "rate", 1.0), lambda i: setattr(held, "rate", 1.5 + i)


@way
def an_attribute_that_a_module_may_not_have(written):
    held = written(__init__="")

    def f(x):
        try:
            return x * held.rate
        except AttributeError:
            return x

    return f, lambda i: setattr(held, "rate", 1.5 + i)


@way
def an_attribute_that_a_class_gets_later(written):
    class Here(Rate):
        pass

    rate = Here()
    return lambda x: x * getattr(rate, "rate", 1.0), lambda i: setattr(Here, "rate", 1.5 + i)


@way
def an_operator_that_a_class_gets_later(written):
    class Here:
        pass

    rate = Here()
    return lambda x: x if rate else 2.0 * x, lambda i: setattr(
        Here, "__bool__", lambda _: i % 2 == 0
    )


@way
def an_attribute_that_a_function_gets_later(written):
    def f(x):
        return x * getattr(f, "rate", 1.0)

    return f, lambda i: setattr(f, "rate", 1.5 + i)


@way
def a_constructor_by_the_class_of_an_object(written):
    scale = [1.5]

    class Number:
        def __init__(self, x):
            self.x = x * scale[0]

        def __add__(self, other):
            return type(self)(self.x + other)

        def __sub__(self, other):
            return self.__class__(self.x - other)

        @classmethod
        def of(cls, x):
            return cls(x)

    k = Number(1.0)
    return lambda x: (k + x).x + (k - x).x + k.of(x).x, lambda i: scale.__setitem__(0, 1.5 + i)


@way
def a_constructor_by_a_copy(written):
    scale = [1.5]

    @dataclasses.dataclass
    class Config:
        rate: float
        scales: list = dataclasses.field(default_factory=lambda: [scale[0]], init=False)

    k = Config(2.0)

    def f(x):
        return x * dataclasses.replace(k, rate=3.0).scales[0]

    return f, lambda i: scale.__setitem__(0, 1.5 + i)


@way
def the_classes_below_a_class(written):
    class Part:
        k = 1.5

    class First(Part):
        pass

    kept = []

    def change(i):
        First.k = 1.5 + i
        kept.append(type("Another", (Part,), {"k": 2.5}))

    return lambda x: x * sum(kind.k for kind in Part.__subclasses__()), change


@way
def how_an_object_is_shown(written):
    class Mode:
        text = "1.5"

        def __str__(self):
            return self.text

        def __repr__(self):
            return "2" + self.text

    mode = Mode()

    def f(x):
        return x * float(str(mode)) + float(f"{mode}") + float(repr(mode))

    return f, lambda i: setattr(mode, "text", str(1.5 + i))


class Plain:
    pass


def a_reader_by_another_name(read):
    plain = Plain()
    plain.secret = 1.5
    return lambda x: x * read(plain, "sec" + "ret"), lambda i: setattr(plain, "secret", 1.5 + i)


@way
def getattr_by_another_name(written):
    return a_reader_by_another_name(getattr)


@way
def attrgetter_by_another_name(written):
    make = operator.attrgetter
    return a_reader_by_another_name(lambda held, name: make(name)(held))


@way
def vars_by_another_name(written):
    attributes = vars
    return a_reader_by_another_name(lambda held, name: attributes(held)[name])


@way
def a_state_that_is_asked_for(written):
    return a_reader_by_another_name(lambda held, name: held.__reduce__()[2][name])


@way
def a_module_that_is_imported_by_a_text(written):
    name = written(__init__="rate = 1.5\n").__name__
    found = {}
    exec(
        "import importlib\ndef f(x):\n"
        f"    return x * importlib.import_module('{name}').rate + __import__('{name}').rate\n",
        found,
    )
    return found["f"], lambda i: setattr(sys.modules[name], "rate", 1.5 + i)


@way
def a_static_variable_of_a_compiled_function(written):
    f = jit(lambda x: x * f.rate + g.rate)
    g = jit(lambda x: x)
    f.rate = g.rate = 1.5

    def change(i):
        f.rate, g.rate = 1.5 + i, 2.5 + i

    return f.function, change


@way
def attributes_of_wrappers(written):
    @functools.lru_cache
    def cached():
        pass

    @contextlib.contextmanager
    def context():
        yield

    slope = grad(lambda x: x * x)
    cached.k = context.k = slope.k = 1.5

    def change(i):
        cached.k, context.k, slope.k = 1.5 + i, 2.5 + i, 3.5 + i

    return lambda x: x * cached.k + context.k * slope.k, change


@way
def what_functions_and_classes_tell_of_themselves(written):
    class Rates:
        """1.5"""

    def f(x: 2.0):
        """2.5"""
        return x * float(Rates.__doc__) + float(f.__doc__) * f.__annotations__["x"]

    def change(i):
        Rates.__doc__, f.__doc__, f.__annotations__["x"] = f"{1.5 + i}", f"{2.5 + i}", 3.5 + i

    return f, change


@way
def the_name_of_a_class(written):
    class Rates:
        pass

    return lambda x: x * len(Rates.__name__), lambda i: setattr(Rates, "__name__", "x" * i)


@way
def a_list_that_processes_share(written):
    held = shared_memory.ShareableList([1.5])
    weakref.finalize(held.shm.buf.obj, held.shm.unlink)
    return lambda x: x * held[0], lambda i: held.__setitem__(0, 1.5 + i)


@way
def what_a_text_in_memory_holds(written):
    held = io.StringIO("1.5")

    def change(i):
        held.seek(0)
        held.write(f"{1.5 + i}")

    return lambda x: x * float(held.getvalue()), change


@way
def what_led_to_an_exception(written):
    error = ValueError()
    error.__cause__ = KeyError(1.5)

    def change(i):
        error.__cause__ = KeyError(1.5 + i)

    return lambda x: x * error.__cause__.args[0], change


@way
def what_a_slice_holds(written):
    ends = [0.5, 1.5]
    part = slice(ends, None)
    return lambda x: x * part.start[1], lambda i: ends.__setitem__(1, 1.5 + i)


# -- kinds of Python's own with something added ----------------------------------------------------


@way
def a_class_of_what_a_thread_has_of_its_own(written):
    class Own(threading.local):
        rate = 1.5

    own = Own()
    own.k = 1.5

    def change(i):
        own.k, Own.rate = 1.5 + i, 2.5 + i

    return lambda x: x * own.rate + own.k, change


@way
def a_property_of_ones_own(written):
    scale = [1.5]

    class Scaled(property):
        def __get__(self, owner, kind=None):
            return scale[0]

    class Config:
        rate = Scaled()

    config = Config()
    return lambda x: x * config.rate, lambda i: scale.__setitem__(0, 1.5 + i)


@way
def an_attribute_of_a_partial(written):
    k = functools.partial(float)
    k.rate = 1.5
    return lambda x: x * k.rate, lambda i: setattr(k, "rate", 1.5 + i)


@way
def a_class_of_bytes_and_arrays(written):
    class Numbers(array):
        pass

    class Bytes(bytearray):
        pass

    numbers, some = Numbers("d", [1.5]), Bytes(b"1")

    def change(i):
        numbers[0], some[0] = 1.5 + i, 2 + i

    return lambda x: x * numbers[0] + some[0], change


@way
def a_class_whose_class_says_that_all_are_equal(written):
    class Kind(type):
        def __eq__(cls, other):
            return True

        __hash__ = None

    first, second = Kind("First", (), {"k": 1.0}), Kind("Second", (), {"k": 1.5})
    return lambda x: x * first.k * second.k, lambda i: setattr(second, "k", 1.5 + i)


@way
def a_text_of_numpy(written):
    names = list(np.array(["1.5", "2.5"]))
    return lambda x: x * float(names[0]), lambda i: names.__setitem__(0, np.str_(1.5 + i))


# -- Values ---------------------------------------------------------------------------------------


@way
def the_label_of_a_value(written):
    w = Value(2.0, "0")
    return lambda x: x * w if w.label == "0" else x + w, lambda i: setattr(w, "label", str(i))


@way
def an_operator_of_a_kind_of_value(written):
    k = [1.5]

    class Scaled(Open):
        def __mul__(self, other):
            return super().__mul__(other) * k[0]

    w = Scaled(2.0)

    def change(i):
        k[0] = 1.5 + i
        if i == 3:
            Scaled.__mul__ = lambda self, other: Open.__mul__(self, other) * 7.0

    return lambda x: w * x, change


@way
def an_attribute_of_a_kind_of_value(written):
    class Scaled(Open):
        k = 1.5

    w = Scaled(2.0)
    return lambda x: w * x * w.k, lambda i: setattr(Scaled, "k", 1.5 + i)


@way
def a_method_that_is_put_into_values(written):
    Open.scaled = lambda self: self * 1.5
    w = Open(2.0)
    return lambda x: x * w.scaled(), lambda i: setattr(
        Open, "scaled", lambda self: self * (1.5 + i)
    )


# -- what they are for ----------------------------------------------------------------------------


@pytest.fixture(params=WAYS.values(), ids=WAYS, name="found")
def _found(request, tmp_path, monkeypatch):
    def written(folder="", name="", **files):
        name = name or f"jangrad_test_{next(_count)}"
        top = tmp_path / folder
        inside = top if name in files else top / name
        inside.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (inside / f"{file}.py").write_text(text)
        monkeypatch.syspath_prepend(str(top))
        return importlib.import_module(name)

    kept = {*sys.modules}
    yield request.param(written)
    for name in {*sys.modules} - kept:
        if name.startswith("jangrad_test_") or name == "antigravity":
            del sys.modules[name]
    for name in {"scaled"} & vars(Open).keys():
        delattr(Open, name)


def test_a_call_computes_what_python_would(found):
    """Whatever has changed, and when it changes back; also over rows."""
    f, change = found
    compiled = jit(f)
    for i in [0, 1, 2, 3, 3, 1, 0]:
        assert compiled(3.0) == pytest.approx(f(Value(3.0)).data, rel=1e-15)
        change(i)
        assert compiled(3.0) == pytest.approx(expected := f(Value(3.0)).data, rel=1e-15)
        assert compiled.map([3.0, 3.0]).tolist() == pytest.approx([expected] * 2, rel=1e-15)


def test_a_step_computes_what_python_would(found):
    """What a step follows changes alike."""
    f, change = found
    w = Value(0.5)
    step = compile_step(lambda x: (w - f(x)) ** 2, [w], "sgd", learning_rate=1e-3)
    for i in [0, 1, 2, 0]:
        change(i)
        before = w.data
        loss = step(2.0)
        assert loss == pytest.approx((before - f(Value(2.0)).data) ** 2, rel=1e-12)


# -- chance ---------------------------------------------------------------------------------------


class Simple(random.Random):
    """A generator of a lesson, whose state is its own."""

    state = 1

    def random(self):
        self.state = self.state * 7 % 11
        return self.state / 11.0


@pytest.mark.parametrize("make", [random.SystemRandom, Simple])
def test_generators_of_other_kinds_are_refused(make):
    """One has no state that could be seen, the other keeps it where it likes."""
    draws = make()
    with pytest.raises(Untraceable, match=r"first with|each time"):
        jit(lambda x: x * draws.random())(1.0)


def test_what_another_thread_draws_now_and_then_is_not_laid_to_the_function():
    """Though it reaches the same generator."""
    begun, drawn, made = threading.Semaphore(0), threading.Semaphore(0), []

    def draw():
        while begun.acquire(timeout=60) and len(made) < 3:
            if not made:
                random.random()
            made.append(1)
            drawn.release()

    def f(x):
        begun.release()
        drawn.acquire(timeout=60)
        return random.random() if x is None else 2.0 * x

    thread = threading.Thread(target=draw)
    thread.start()
    assert jit(f)(1.0) == 2.0
    assert len(made) == 2
    made += [1, 1]
    begun.release()
    thread.join()


def test_an_object_that_stands_for_nothing_can_be_seen():
    """A mark, such as many modules have, makes no function one that is traced twice."""
    traces, mark = [], object()

    def f(x, given=mark):
        traces.append(x)
        return x * (2.0 if given is mark else 3.0)

    assert jit(f)(1.0) == 2.0
    assert len(traces) == 1


def test_whether_a_lock_is_held_is_not_looked_at():
    """Other threads take and let go of it all the time; `check=True` finds it."""
    lock = threading.Lock()

    def f(x):
        return x * 2.0 if lock.locked() else x

    plain, checked = jit(f), jit(f, check=True)
    assert plain(1.0) == checked(1.0) == 1.0
    with lock:
        assert plain(1.0) == 1.0
        with pytest.raises(Untraceable, match="something else"):
            checked(1.0)


def test_what_stands_for_nothing_any_more_may_be_reached():
    """A proxy of an object that is gone."""
    rate = Rate()
    proxies, k = [weakref.proxy(rate)], [2.0]
    del rate
    f = jit(lambda x: x * k[0] if proxies else x)
    assert f(1.0) == 2.0
    k[0] = 3.0
    assert f(1.0) == 3.0
    rate = Rate()
    proxies.append(weakref.proxy(rate))
    assert f(1.0) == 3.0
    f = jit(lambda x: x * 2.0 if proxies else x)
    del rate
    assert f(1.0) == 2.0


def test_each_thread_has_its_own_name():
    """And its own program, where a function asks for it."""
    f = jit(lambda x: x * 2.0 if threading.current_thread().name == "another" else x)
    scales = {threading.get_ident(): 2.0}
    g = jit(lambda x: x * scales.get(threading.get_ident(), 3.0))
    assert (f(1.0), g(1.0)) == (1.0, 2.0)
    found = []
    thread = threading.Thread(target=lambda: found.append((f(1.0), g(1.0))), name="another")
    thread.start()
    thread.join()
    assert found == [(2.0, 3.0)]
    assert (f(1.0), g(1.0)) == (1.0, 2.0)


def test_what_is_read_of_files_is_traced_twice(tmp_path):
    """An open one gives another line each time; one that is read whole may change."""
    path = tmp_path / "rates.txt"
    path.write_text("1.5\n2.5\n3.5\n4.5\n")
    with (
        path.open() as lines,
        pytest.raises(Untraceable, match=r"first with 1\.5 and then with 2\.5"),
    ):
        jit(lambda x: x * float(lines.readline()))(1.0)
    traces = []
    f = jit(lambda x: traces.append(x) or x * np.loadtxt(path)[0])
    assert f(1.0) == 1.5
    assert len(traces) == 2


@pytest.mark.parametrize("shared", ["queue", "number", "event"])
def test_what_threads_share_and_a_function_changes_is_refused(shared):
    """As a counter is: by its name."""
    numbers, count, event = queue.Queue(), multiprocessing.Value("d", 1.0), threading.Event()
    for k in range(9):
        numbers.put(k)

    def f(x):
        if shared == "queue":
            return x * numbers.get()
        if shared == "number":
            count.value += 1.0
            return x * count.value
        (event.clear if event.is_set() else event.set)()
        return x * event.is_set()

    name = {"queue": "numbers", "number": "count", "event": "event"}[shared]
    with pytest.raises(Untraceable, match=f"`{name}` changes each time"):
        jit(f)(1.0)


def test_generators_of_torch_are_refused():
    """One of the function's own too, and where what it draws makes no difference."""
    torch = pytest.importorskip("torch")
    own = torch.Generator()

    def f(x):
        return x if float(torch.rand(1, generator=own)) < 2.0 else 2.0 * x

    before = own.get_state()
    with pytest.raises(Untraceable, match="random numbers"):
        jit(f)(1.0)
    assert torch.equal(own.get_state(), before)


def test_what_is_held_weakly_is_kept_alive():
    """Its attributes are looked at."""
    rate = Rate()
    weak = weakref.ref(rate)
    f = jit(lambda x: x * (weak().k if weak() else 0.0))
    assert f(2.0) == 3.0
    del rate
    gc.collect()
    assert f(2.0) == 3.0
    assert weak() is not None


def test_what_is_compiled_of_a_method_is_kept_in_its_object():
    """It lives as long as the object, and holds it."""

    class Line:
        def __init__(self):
            self.slope = 2.0

        @jit
        def at(self, x):
            return self.slope * x

    line = Line()
    assert line.at(3.0) == 6.0
    assert [name for name in vars(line) if name != "slope"] == [f"_jit {Line.__qualname__}.at"]
    gone = weakref.ref(line)
    del line
    gc.collect()
    assert gone() is None


def test_what_is_only_said_may_change():
    """An object in the words of an error, or of a line of a log."""

    class Net:
        def __init__(self):
            self.seen = []

        def __repr__(self):
            return f"Net({len(self.seen)})"

    net = Net()

    def f(x):
        net.seen.append(1)
        print(f"{net!r}", end="")
        if net is None:
            raise ValueError(f"there is no {net}, but {net!s}" + repr(net))
        return 2.0 * x

    compiled = jit(f)
    assert [compiled(1.0), compiled(1.0)] == [2.0, 2.0]
    assert net.seen == [1]


def test_programs_for_several_shapes_share_what_a_large_array_held():
    """One copy of its numbers, until they change, and none when it is gone."""
    held = np.arange(1000.0)
    looks = [look([(lambda x, a=held, n=n: x * a[n], "f")]) for n in range(3)]
    copies = {id(p.value) for seen in looks for p in seen._places if p.kind == "array"}
    assert len(copies) == 1
    held[0] = 5.0
    assert not any(seen.holds() for seen in looks)
    place = id(held)
    assert place in observers._newest
    looks.clear()
    del held
    gc.collect()
    assert place not in observers._newest


def test_the_code_of_dataclasses_makes_no_function_one_that_is_traced_twice():
    """What it wraps a method of the user's class in is Python's, whatever it is called."""

    @dataclasses.dataclass
    class Settings:
        scale: float = 2.0

    settings = Settings()
    assert not look([(lambda x: f"{settings!r}" and settings.scale * x, "f")]).unseen


class Settings:
    """An object of the user's."""

    def __init__(self):
        self.scale = 2.0
        self.layers, self.weights, self.unread = (np.zeros(1000) for _ in range(3))


class Laid(Module):
    """Holds an object of the user's; jangrad's code reads `layers` of what is jangrad's alone."""

    def __init__(self):
        self.inner = MLP(1, [2, 1], seed=0)

    def __call__(self, row):
        return self.inner(row)[0]


def test_names_that_jangrad_reads_of_its_own_are_not_read_of_the_users_objects():
    """So an array that nothing reads is not compared at each call, whatever it is called."""
    net, settings = Laid(), Settings()
    found = look([(lambda row: settings.scale * net(row), "f")])
    assert not [place for place in found._places if place.kind == "array"]
    f = jit(lambda row: settings.scale * net(row))
    before = f([1.0])
    net.inner.layers[0].neurons[0].weights[0] = Value(5.0)
    settings.scale = 3.0
    assert f([1.0]) == pytest.approx(3.0 * net([1.0]).data)
    assert f([1.0]) != pytest.approx(before)


def test_a_variable_that_is_called_as_a_method_that_reads_all_reads_no_more_than_another():
    """A list of `parameters` does not; what `net.parameters` was bound to does."""
    net, settings = Laid(), Settings()
    parameters = net.parameters()
    found = look([(lambda x: (settings, parameters[0] * x)[1], "f")])
    assert not [place for place in found._places if place.kind == "array"]
    gathers = net.parameters
    found = look([(lambda x: (settings, gathers()[0] * x)[1], "f")])
    assert [place for place in found._places if place.kind == "array"]


def test_another_class_of_what_is_not_the_users():
    """A layer of jangrad's that has become another one computes what that one does."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    f = jit(lambda row: net(row)[0])
    before = f([0.5, 1.5])

    class Tripled(Layer):
        def __call__(self, xs):
            return [3.0 * y for y in super().__call__(xs)]

    net.layers[1].__class__ = Tripled
    assert f([0.5, 1.5]) == pytest.approx(3.0 * before, rel=1e-12)
    net.layers[1].__class__ = Layer
    assert f([0.5, 1.5]) == pytest.approx(before, rel=1e-12)
