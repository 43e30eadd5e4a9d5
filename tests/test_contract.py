"""The page of promises: each sentence names the tests that hold it, and they are there."""

import ast
import ctypes
import gc
import json
import math
import random
import re
import threading
import weakref
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jangrad import MLP, Module, Neuron, Value, engine, fit, jit, strict
from jangrad.errors import DomainError, NonFinite, Untraceable
from jangrad.nn import mlp

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
SENTENCES = [" ".join(item.split()) for item in re.findall(r"^- (.+(?:\n  .+)*)", PAGE, re.M)]


@cache
def names_of(file):
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence[:40])
def test_each_sentence_is_held(sentence):
    """By at least one test, which exists under that name."""
    held_by = re.findall(r"`(tests/[a-z_/]+\.py)::(\w+)`", sentence)
    assert held_by
    for file, name in held_by:
        assert name in names_of(file), f"{file} has no {name}"


def test_what_asks_a_value_for_nothing():
    """There is no hook by which jangrad could say it better, but none gives a number."""
    for use in (json.dumps, np.isnan, np.isfinite):
        with pytest.raises(TypeError):
            use(Value(1.0))
        use(Value(1.0).data)


def test_equality_and_hashing():
    """A Value equals its number, is found in a list by it, and in a set by itself alone."""
    v, w = Value(1.5), Value(1.5)
    assert v == 1.5
    assert all(v == own for own in (Fraction(3, 2), Decimal("1.5"), 1.5 + 0j, np.float32(1.5)))
    assert not any(v == other for other in (Fraction(1, 3), Decimal("1.25"), 1.5 + 1j, None, "1.5"))
    assert 1.5 in [v]
    assert 1.5 not in {v}
    assert v != w
    assert v in {v}
    assert w not in {v: 1}


def test_types_are_those_of_the_trace():
    """An argument is a Value while its function is traced, whatever it is for Python."""
    assert jit(lambda x: x * (1.0 if isinstance(x, float) else 2.0))(3.0) == 6.0


def test_plain_numbers_in_plain_numbers_out():
    """A Value that a compiled function closes over gets no gradient through a plain result."""
    w = Value(2.0)
    assert type(jit(lambda x: w * x)(3.0)) is float


def test_what_is_patched_into_the_standard_library(monkeypatch):
    """Nobody looks there before a call; `check=True` traces again and says so."""
    f, checked = jit(lambda x: x * math.pi), jit(lambda x: x * math.pi, check=True)
    assert f(1.0) == checked(1.0) == math.pi
    monkeypatch.setattr(math, "pi", 3.0)
    assert f(1.0) != 3.0
    with pytest.raises(Untraceable):
        checked(1.0)


def test_settings_of_numpy_pointers_and_names_put_together():
    """Nobody looks there either."""
    numbers = (ctypes.c_double * 2)(1.0, 2.0)
    pointer = ctypes.cast(numbers, ctypes.POINTER(ctypes.c_double))
    v, parts = Value(1.0, label="two"), ("la", "bel")
    with np.errstate(over="warn"), np.printoptions(precision=8):
        for f, change in (
            (lambda x: x * len(np.geterr()["over"]), lambda: np.seterr(over="ignore")),
            (
                lambda x: x * np.get_printoptions()["precision"],
                lambda: np.set_printoptions(precision=4),
            ),
            (lambda x: x * pointer[1], lambda: numbers.__setitem__(1, 3.0)),
            (
                lambda x: x * len(getattr(v, "".join(parts))),
                lambda: setattr(v, "label", "three"),
            ),
        ):
            kept, checked, before = jit(f), jit(f, check=True), f(1.0)
            assert kept(1.0) == checked(1.0) == before
            change()
            assert kept(1.0) == before != f(1.0)
            with pytest.raises(Untraceable):
                checked(1.0)


class Probe:
    """Something of which one can tell whether it still lives."""


def test_attributes_of_ones_own_that_lead_back_keep_their_value():
    """What leads elsewhere goes with its Value; a cycle stays, where Values are compiled."""
    kept = []
    for back in (False, True):
        v, probe = Value(2.0), Probe()
        v.probe, seen = probe, weakref.ref(probe)
        if back:
            v.double = v * 2.0
        del v, probe
        gc.collect()
        kept.append(seen() is not None)
    assert kept == [False, engine.compiled]


def test_errors_of_other_libraries_that_are_caught_decide_for_good():
    """NumPy has no fabs of a Value, so in a trace the function goes the other way."""

    def f(x):
        try:
            return np.fabs(x)
        except TypeError:
            return 0.0 * x

    assert (f(8.0), jit(f)(8.0)) == (8.0, 0.0)


def test_a_number_in_the_place_of_a_parameter_is_a_constant():
    """So a weight is pruned; `p -= step` only names another Value."""
    neuron = Neuron(2, seed=0)
    neuron.weights[0] = 0.0
    assert list(neuron.named_parameters()) == ["weights.1", "bias"]
    before = neuron.state()
    for p in neuron.parameters():
        p -= 1.0
    assert neuron.state() == before


def test_outside_of_its_domain_an_operation_is_nan_or_inf():
    """And what it hands down means nothing there; only a power is refused at once."""
    for v, expected in (((-Value(2.0)).sqrt(), "nan"), (Value(-1.0).log(), "nan")):
        assert repr(v.data) == expected
    assert (1.0 / Value(0.0)).data == math.inf
    with pytest.raises(NonFinite), strict():
        Value(-1.0).log()
    with pytest.raises(DomainError):
        Value(-2.0) ** 0.5


def test_compiled_code_raises_nothing_at_a_number():
    """What Python refuses outside of a domain is nan, also where the function catches it."""

    def f(x):
        try:
            return x**0.5
        except DomainError:
            return x * 0.0 + 7.0

    assert f(Value(-1.0)).data == 7.0
    assert math.isnan(jit(f)(-1.0))


def test_strict_inside_a_compiled_function_is_refused():
    """It holds where the call stands in it."""

    def f(x):
        with strict():
            return 1.0 / x

    with pytest.raises(NonFinite):
        f(Value(0.0))
    with pytest.raises(Untraceable, match=r"`strict\(\)` inside a compiled function"):
        jit(f)(0.0)
    with strict(), pytest.raises(NonFinite):
        jit(f)(0.0)


def test_a_generator_that_is_made_inside_is_seen_by_what_it_draws():
    """As long as it makes a difference; one with a seed draws the same each time."""
    assert jit(lambda x: x * random.Random(3).random())(1.0) == random.Random(3).random()
    assert jit(lambda x: x if random.Random().random() < 2.0 else 2.0 * x)(1.0) == 1.0
    with pytest.raises(Untraceable, match="first with"):
        jit(lambda x: x * random.Random().random())(1.0)


def test_who_draws_is_not_known():
    """A draw by another thread is refused as one of the function's."""

    def f(x):
        helper = threading.Thread(target=random.random)
        helper.start()
        helper.join()
        return x if x is not None else x * random.random()

    with pytest.raises(Untraceable, match="draws random numbers"):
        jit(f)(1.0)


def test_whole_numbers_that_are_no_doubles_are_rounded():
    large = 2**53
    assert Value(large + 1).data == large
    assert jit(lambda a, b: a == b)(large + 1, large) == 1.0
    assert jit(lambda a: a == large + 1)(large) == 0.0  # what is no argument is compared as it is


def test_fit_calls_the_network_once_more():
    class Counting(Module):
        def __init__(self):
            self.w, self.calls = Value(0.5), []

        def __call__(self, row):
            self.calls.append(row)
            return [self.w * row[0]]

    def ends(step):
        return True

    for chosen in ("eager", "auto"):
        net = Counting()
        fit(net, [[1.0], [2.0]], [1.0, 2.0], callbacks=[ends], engine=chosen, progress=False)
        assert net.calls[:3] == [[1.0], [1.0], [2.0]]


def test_what_is_patched_into_jangrad(monkeypatch):
    """`check=True` traces again and finds it."""
    net = MLP(1, [1], "linear", seed=0)
    f, checked = jit(lambda x: net([x])[0]), jit(lambda x: net([x])[0], check=True)
    before = f(1.0), checked(1.0)
    monkeypatch.setattr(mlp, "activate", lambda name, total: 2.0 * total)
    assert f(1.0) == before[0]
    with pytest.raises(Untraceable):
        checked(1.0)
