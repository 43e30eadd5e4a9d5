"""Arguments in lists, tuples, dicts and arrays of other classes, and what is done to them."""

import functools
import time
from collections import Counter, OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest

from jangrad import Module, Value, compile_step, fit, grad, jit
from jangrad.errors import NotANumber, Untraceable

Point = namedtuple("Point", "x y")
SCALE = [1.0]


class Numbers(list):
    """Its constructor takes something else than items."""

    def __init__(self, first, *others):
        super().__init__([first, *others])

    def mean(self):
        return sum(self) / len(self) * SCALE[0]


class Two(tuple):
    __slots__ = ()

    def __new__(cls, a, b):
        return tuple.__new__(cls, (a, b))

    def product(self):
        return self[0] * self[1]


class Answers(dict):
    """Its items are its attributes, as many programs write it: each other name is a KeyError."""

    __getattr__ = dict.__getitem__


class AnswersByPlace(list):
    """The same of a list."""

    def __getattr__(self, name):
        return {"a": self[0], "b": self[1]}[name]


class Defaults(dict):
    def __missing__(self, key):
        return SCALE[0]

    def get(self, key, default=None):
        return 7.0


class Open(dict):
    """Its items are its attributes."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        self.__dict__ = self


KINDS = {
    "a list": (lambda x: x.mean(), Numbers(2.0, 4.0)),
    "a tuple": (lambda x: x.product(), Two(2.0, 4.0)),
    "a named tuple": (lambda p: p.x * p.y, Point(2.0, 4.0)),
    "a dict": (lambda d: d["a"] * d["b"] + d.get("a"), Defaults(a=2.0)),
    "items that are attributes": (lambda d: d.a * d.b, Open(a=2.0, b=4.0)),
    "an ordered dict": (lambda d: next(iter(d.values())), OrderedDict(a=2.0, b=4.0)),
    "counts": (lambda d: d["a"] + d["b"], Counter(a=2)),
    "a matrix": (lambda x: x[0][1], np.array([[2.0, 4.0]]).view(np.matrix)),
    "inside": (lambda d: d["a"][0].mean(), {"a": [Numbers(2.0, 4.0)]}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_keep_their_class(kind):
    """Without a call of its constructor; and what its code reads is looked at."""
    function, given = KINDS[kind]
    compiled = jit(function)
    for scale in (1.0, 3.0, 1.0):
        SCALE[0] = scale
        expected = 4.0 if kind == "a matrix" else function(given)
        assert compiled(given) == expected


def test_what_fills_a_missing_key_is_a_part_of_the_argument():
    """Each has a program of its own, and what it reads is looked at."""
    fill = [1.0]
    f = jit(lambda d: d["a"] + (d["b"] if "b" in d else d.default_factory()))
    one, other = defaultdict(lambda: fill[0], a=2.0), defaultdict(lambda: 10.0, a=2.0)
    assert [f(one), f(other), f(one)] == [3.0, 12.0, 3.0]
    fill[0] = 5.0
    assert f(one) == 7.0


def test_results_keep_their_class():
    """As they do in Python."""
    found = jit(lambda x: (Two(x, 2.0 * x), Point(x, x)))(3.0)
    assert found == ((3.0, 6.0), (3.0, 3.0))
    assert [*map(type, found)] == [Two, Point]
    assert jit(lambda x: np.array(2.0 * x))(3.0) == 6.0
    assert jit(lambda t: t.tm_sec + t[0])(time.struct_time(range(9))) == 5.0


def test_results_may_lie_deeper_than_arrays_can():
    """They are lists there."""

    def deep(x):
        for _ in range(70):
            x = [x]
        return x

    found, rows = jit(deep)(3.0), jit(deep).map([3.0, 4.0])
    while isinstance(rows, list):
        (found,), (rows,) = found, rows
    assert found.ravel().tolist() == [3.0]
    assert rows.ravel().tolist() == [3.0, 4.0]


def test_attributes_of_a_list_are_refused():
    """Nobody knows whether they are numbers, and which."""

    class Slotted(list):
        __slots__ = ("unit",)

    named, slotted = Numbers(1.0), Slotted([1.0])
    named.unit = slotted.unit = 2.0
    for given in (named, slotted, [named], {"a": slotted}):
        f = jit(lambda x: x)
        with pytest.raises(NotANumber, match="with attributes: unit") as error:
            f(given)
        assert "`x.unit`" in error.value.try_
    assert jit(lambda x: x[0])(Slotted([1.0])) == 1.0


def test_masked_numbers_are_refused():
    """In calls, over rows and in steps."""
    given = np.ma.array([1.0, 2.0], mask=[False, True])
    w = Value(1.0)
    step = compile_step(lambda x: w * x, [w], "sgd", per_row=True)
    for call in (jit(lambda x: x[0]), jit(lambda x: 2.0 * x).map, step):
        with pytest.raises(NotANumber, match="masked numbers") as error:
            call(given)
        assert "filled" in error.value.try_
    assert jit(lambda x: 2.0 * x).map(np.ma.array([1.0, 2.0])).tolist() == [2.0, 4.0]


# -- what a function does to its arguments --------------------------------------------------------


def _double(xs):
    xs[0] = 2.0 * xs[0]
    return sum(xs)


def _note(d):
    d["sum"] = d["a"] + d["b"]
    return d["sum"]


def _first_of_all(a, b):
    a[0] = 5.0 * b[0]
    return b[0]


CHANGES = {
    "an item": (_double, [[1.0, 2.0]]),
    "an item of an array": (_double, [np.array([1.0, 2.0])]),
    "a key": (_note, [{"a": 1.0, "b": 2.0}]),
    "what is appended": (lambda xs: xs.append(1.0) or sum(xs), [[1.0]]),
    "what is taken out": (lambda xs: xs.pop(), [[1.0, 2.0]]),
    "their order": (lambda xs: xs.reverse() or xs[0], [[1.0, 2.0]]),
    "deep inside": (lambda xs: _double(xs[1]["a"]), [(0.0, {"a": [1.0, 2.0]})]),
    "a list that is given twice": (_first_of_all, [ones := [1.0], ones]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_function_that_changes_its_argument_is_refused(change):
    """The caller's list would stay as it is, and its copy be another for each of two names."""
    function, given = CHANGES[change]
    w = Value(1.0)
    step = compile_step(lambda *xs: w * function(*xs), [w], "sgd")
    for call in (jit(function), step, lambda *xs: jit(function).map(*([x] for x in xs))):
        with pytest.raises(Untraceable, match="changes its argument 1") as error:
            call(*given)
        assert "a new list" in error.value.try_


def test_a_network_that_changes_its_rows_trains_alike():
    """Each call is given a list of its own."""

    class Net(Module):
        def __init__(self):
            self.w = Value(0.5)

        def __call__(self, row):
            row[0] = row[0] * 1.01
            return [self.w * row[0]]

    losses = [
        fit(Net(), [[1.0], [2.0]], [1.0, 2.0], steps=60, engine=engine, progress=False).loss
        for engine in ("eager", "native")
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


# -- what is no number ----------------------------------------------------------------------------


class Text(str):
    __slots__ = ("__dict__",)


@dataclass
class Held:
    number: float


class Kind(Held, Enum):
    """Its members have no hash."""

    ONE = 1.0
    TWO = 2.0


def test_equal_texts_with_attributes_are_not_the_same():
    """A program is for the one that was given, and sees its attributes change."""
    one, other = Text("a"), Text("a")
    one.k, other.k = 2.0, 3.0
    f = jit(lambda x, text: x * text.k)
    assert [f(1.0, one), f(1.0, other), f(1.0, one)] == [2.0, 3.0, 2.0]
    one.k = 5.0
    assert [f(1.0, one), f(1.0, other)] == [5.0, 3.0]


def test_members_of_an_enum_without_a_hash():
    """Each is itself."""
    f = jit(lambda x, kind: x * kind.number)
    assert [f(3.0, Kind.ONE), f(3.0, Kind.TWO), f(3.0, Kind.ONE)] == [3.0, 6.0, 3.0]


def test_names_are_those_of_the_wrapper():
    """And not of what it wraps, which may have them in another order."""

    def f(a, b):
        return 10.0 * a + b

    @functools.wraps(f)
    def swapped(b, a):
        return f(a, b)

    assert jit(swapped)(a=1.0, b=2.0) == swapped(a=1.0, b=2.0) == 12.0
    assert jit(lambda self: 2.0 * self)(self=3.0) == 6.0
    assert jit(lambda self: 2.0 * self).map(self=[3.0]).tolist() == [6.0]


@pytest.mark.parametrize("kind", [Answers, lambda **items: AnswersByPlace(items.values())])
def test_what_answers_for_every_name_is_an_argument(kind):
    def f(d):
        return d.a * d.b

    assert jit(f)(kind(a=2.0, b=3.0)) == 6.0
    assert jit(f).map([kind(a=2.0, b=3.0), kind(a=1.0, b=4.0)]).tolist() == [6.0, 4.0]
    assert jit(lambda rows: f(rows[0]))([kind(a=2.0, b=3.0)]) == 6.0
    with pytest.raises(NotANumber, match="not 'x'"):
        jit(f)(kind(a=1.0, b="x"))
    with pytest.raises(NotANumber, match="not 'x'"):
        jit(f).map([kind(a=1.0, b="x")])


def test_what_answers_for_every_name_is_no_number():
    with pytest.raises(NotANumber, match=r"not \{'a': 2.0\} \(Answers\)"):
        grad(lambda d: d.a)(Answers(a=2.0))
