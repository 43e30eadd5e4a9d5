"""How compiled functions are called: by name, as methods, with what is no number, as copies."""

import copy
import inspect
import operator
import pickle
import subprocess
import sys
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from typing import NamedTuple

import numpy as np
import pytest

import jangrad
from jangrad import (
    MLP,
    Module,
    Value,
    compile_step,
    fit,
    grad,
    gradient,
    jacobian,
    jit,
    table,
    tanh,
)
from jangrad.errors import ConfigError, ForeignName, NotANumber, ShapeError, Untraceable

w = Value(2.0)


class Mode(Enum):
    TRAIN = "train"
    TEST = "test"


def power(x, n=2, *, scale=1.0, mode="plain", active=True):
    """A function with arguments of every sort."""
    if not active:
        return x * 0.0
    y = scale * x**n
    return -y if mode == "negative" else y


@jit
def double(x):
    """Twice the number."""
    return x * 2.0


class Line:
    def __init__(self, slope):
        self.slope = Value(slope)

    @jit
    def at(self, x, offset=0.0):
        return self.slope * x + offset

    @jit(dtype="float32")
    def half(self, x):
        return self.slope * x / 2.0

    @staticmethod
    @jit
    def static(x):
        return x + 1.0

    @jit
    @staticmethod
    def static_inside(x):
        return x + 2.0

    @classmethod
    @jit
    def of_class(cls, x):
        return x * len(cls.__name__)


class Steep(Line):
    @jit
    def at(self, x, offset=0.0):
        return 10.0 * super().at(x, offset)


@dataclass
class Pair:
    a: float
    b: float

    @jit
    def sum(self, x):
        return self.a * x + self.b


class Slotted:
    __slots__ = ("w",)

    def __init__(self):
        self.w = Value(3.0)

    @jit
    def at(self, x):
        return self.w * x


# -- names, defaults, and what is no number -----------------------------------------------------


def test_arguments_by_name():
    """As Python binds them; given by position or by name they are one program."""
    f = jit(power)
    assert [f(3.0), f(3.0, 3), f(3.0, n=3), f(x=3.0, n=3), f(n=3, x=3.0)] == [9, 27, 27, 27, 27]
    assert f(3.0, scale=2.0) == 18.0
    assert f.shapes == ["f(number)", "f(number, number)", "f(number, scale=number)"]
    assert jit(lambda *xs, **named: sum(xs) + named["k"])(1.0, 2.0, k=3.0) == 6.0
    for wrong in (lambda: f(3.0, m=1.0), lambda: f(), lambda: f(1.0, x=2.0)):
        with pytest.raises(TypeError, match=r"power\(\)"):
            wrong()


def test_arguments_that_are_no_numbers_choose_a_program():
    """Text, None, True and False and members of an Enum are seen as they are."""
    f = jit(power)
    for mode in ("plain", "negative", "plain"):
        for active in (True, False):
            assert f(3.0, mode=mode, active=active) == power(3.0, mode=mode, active=active)
    assert len(f.shapes) == 4
    assert "f(number, mode='plain', active=True)" in f.shapes
    g = jit(lambda x, mode: x * 2.0 if mode is Mode.TRAIN else x)
    assert [g(3.0, Mode.TRAIN), g(3.0, Mode.TEST)] == [6.0, 3.0]
    h = jit(lambda x, y=None: x if y is None else x * y)
    assert [h(3.0), h(3.0, None), h(3.0, 2.0), h(3.0, y=None)] == [3.0, 3.0, 6.0, 3.0]
    assert jit(lambda xs: sum(xs))([True, False, True]) == 2.0
    with pytest.raises(NotANumber, match="text"):
        jit(lambda xs: xs[0])(["1.0"])


def test_equal_arguments_of_different_classes_are_not_the_same():
    """1, True and two members of enums may be equal, and have one hash."""
    First, Second = IntEnum("First", ["ONE"]), IntEnum("Second", ["ONE"])
    Text = Enum("Text", {"A": "a"}, type=str)
    kinds = [First, Second, bool, Text, str]

    def f(x, e):
        return x * next(i for i, kind in enumerate(kinds) if type(e) is kind)

    compiled = jit(f)
    for given in (First.ONE, Second.ONE, True, "a", Text.A, First.ONE):
        assert compiled(1.0, given) == f(1.0, given)


def test_equal_keys_of_different_classes_are_not_the_same():
    """A dict may have 1, 1.0 or True for a key."""

    def f(d):
        return sum(
            v * (2 if isinstance(k, bool) else 3 if isinstance(k, int) else 4) for k, v in d.items()
        )

    compiled = jit(f)
    assert [compiled(d) for d in ({1: 1.0}, {True: 1.0}, {1.0: 1.0})] == [3.0, 2.0, 4.0]


class Two(NamedTuple):
    a: object
    b: object


@dataclass(frozen=True)
class Frozen:
    a: object
    b: object = field(default=0, repr=False)


EQUAL_KEYS = {
    "classes in tuples": [(1, 2), (True, 2), (1.0, 2), Two(1, 2), Two(True, 2)],
    "in tuples in tuples": [((1, 2), 3), ((1.0, 2), 3), (Two(1, 2), 3)],
    "in sets": [frozenset({1, 2}), frozenset({True, 2}), frozenset({1, 2.0})],
    "in objects": [Frozen(1), Frozen(True), Frozen(1, False)],
    "signs of zero": [0.0, -0.0, 0, False],
    "digits": [Decimal("1.0"), Decimal("1.00"), 1],
}


@pytest.mark.parametrize("keys", EQUAL_KEYS.values(), ids=EQUAL_KEYS)
def test_equal_keys_are_told_apart_wherever_a_function_could(keys):
    """As arguments, in what a function reads, and in its results."""
    told = {str([(type(k), vars(k) if hasattr(k, "__dict__") else k)]): k for k in keys}

    def number_of(key):
        return list(told).index(str([(type(key), vars(key) if hasattr(key, "__dict__") else key)]))

    assert len(set(keys)) == 1
    compiled = jit(lambda d: sum(v * (2 + number_of(k)) for k, v in d.items()))
    for _ in range(2):
        assert [compiled({k: 1.0}) for k in keys] == list(range(2, len(keys) + 2))
    read = {}
    of_read = jit(lambda x: sum(x * v * (2 + number_of(k)) for k, v in read.items()))
    key = None
    giving = jit(lambda x: {key: x})
    for n, key in enumerate(keys):
        read.clear()
        read[key] = 1.0
        assert of_read(1.0) == 2 + n
        assert [number_of(k) for k in giving(1.0)] == [n]


def test_the_order_of_keys_of_a_result_is_that_of_now():
    """Also where another order has the same keys, and a named tuple the same items."""
    order = ["a", "b"]
    f = jit(lambda x: dict.fromkeys(order, x))
    assert list(f(1.0)) == ["a", "b"]
    order.reverse()
    assert list(f(1.0)) == ["b", "a"]
    kind = tuple
    g = jit(lambda x: kind([x, x]))
    assert type(g(1.0)) is tuple
    kind = Two._make
    assert type(g(1.0)) is Two


def test_what_a_member_of_an_enum_holds_may_change():
    """It is looked at as what the function closes over is."""

    class Colour(Enum):
        RED = 1

        def __init__(self, _):
            self.weight = 2.0

    compiled = jit(lambda x, c: x * c.weight)
    assert compiled(1.0, Colour.RED) == 2.0
    Colour.RED.weight = 7.0
    assert compiled(1.0, Colour.RED) == 7.0


TWICE = {
    "*": lambda v: (v * 2)[1],
    "reflected *": lambda v: (2 * v)[1],
    "+": lambda v: (v + v)[1],
    "+ a list": lambda v: operator.add(v, [1.0])[1],
    "reflected +": lambda v: operator.add([1.0], v)[1],
    "*=": lambda v: operator.imul(v, 2)[1],
    "+=": lambda v: operator.iadd(v, v)[1],
}


@pytest.mark.parametrize("twice", TWICE.values(), ids=TWICE)
@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_an_array_is_never_joined_or_repeated_as_lists_are(twice, kind):
    """NumPy computes with each element there; what stands for the array is a list."""
    numbers = [1.0, 2.0, 3.0]
    given = pytest.importorskip("torch").tensor(numbers) if kind == "torch" else np.array(numbers)
    step = compile_step(twice, [Value(1.0)], "sgd")
    inside = grad(lambda y: jit(twice).map(given[None])[0] * y)
    calls = [lambda: inside(1.0), lambda: jit(twice).map(given[None]), lambda: step(given)]
    calls += [lambda f=f: f(twice)(given) for f in (jit, grad, lambda f: jit(grad(f)), jacobian)]
    for call in calls:
        with pytest.raises(Untraceable, match="of an array that is an argument"):
            call()


@pytest.mark.parametrize(
    ("use", "error", "told"),
    [
        (lambda v: v.shape, ForeignName, r"(?s)has no `shape`: it is a list.*try: len\(v\)"),
        (lambda v: v.sum(), ForeignName, r"(?s)has no `sum`.*try: jangrad\.sum\(v\); numpy\.array"),
        (lambda v: v.reshape(2), ForeignName, r"(?s)has no `reshape`.*try: numpy\.array\(v\)"),
        (lambda v: v.nothing, AttributeError, "no attribute 'nothing'"),
        (lambda v: v - 1.0, Untraceable, r"(?s)`-` of an array.*\[3 \* x for x in v\]"),
        (lambda v: 1.0 / v, Untraceable, "`/` of an array"),
        (lambda v: v**2, Untraceable, r"`\*\*` of an array"),
        (lambda v: -v, Untraceable, "`-` of an array"),
        (abs, Untraceable, "`abs` of an array"),
        (lambda v: v[1:] * 2, Untraceable, r"`\*` of an array"),
        (lambda v: v.copy() * 2, Untraceable, r"`\*` of an array"),
        (lambda v: v[:, 0], Untraceable, r"(?s)`v\[:, 0\]` of an array.*\[row\[1\] for row in v\]"),
        (lambda v: v[None], Untraceable, r"`v\[None\]` of an array"),
        (lambda v: v[np.array([0])], Untraceable, r"`v\[array\(\[0\]\)\]` of an array"),
        (lambda v: v[True], Untraceable, r"`v\[True\]` of an array"),
        (lambda v: v[0] if v else v[1], Untraceable, r"(?s)`if v:` of an array.*`if len\(v\):`"),
        (lambda v: v[0] * (v < 1.0), Untraceable, "`<` of an array"),
        (
            lambda v: v.append(1.0),
            Untraceable,
            r"(?s)`v\.append\(\.\.\.\)` of an array.*\[\*v, x\]",
        ),
        (lambda v: v.pop(), Untraceable, r"`v\.pop\(\.\.\.\)` of an array"),
    ],
)
def test_what_an_array_could_says_how_it_is_done_with_a_list(use, error, told):
    """In a trace and in a derivative; for `hasattr` there is none."""
    for call in (jit(use), grad(use)):
        with pytest.raises(error, match=told):
            call(np.array([1.0, 2.0]))
    assert jit(lambda v: v[1] * (2.0 if hasattr(v, "shape") else 3.0))(np.array([1.0, 2.0])) == 6.0
    assert jit(lambda v: sum(v[1:]) + v[-1])(np.array([1.0, 2.0])) == 4.0


def assigned(how):
    """Functions that write into an array, where a list would do something else."""

    def by_range(v):
        v[1:] = [5.0]
        return v[0] * 1.0

    def into_range(v):
        part = v[1:]
        part[0] = 100.0
        return v[1] * 1.0

    def of_row(v):
        v[0] = v[1]
        return v[0][1] * 1.0

    def swapped(v):
        v[0], v[1] = v[1], v[0]
        return v[0][1] * 1.0

    def deleted(v):
        del v[0]
        return v[0] * 1.0

    return {f.__name__: f for f in (by_range, into_range, of_row, swapped, deleted)}[how]


@pytest.mark.parametrize("how", ["by_range", "into_range", "of_row", "swapped", "deleted"])
def test_what_is_assigned_into_an_array_follows_no_list(how):
    """An array is written in place and its rows are copied; one number means the same in both."""
    given = np.array([[1.0, 2.0], [3.0, 4.0]]) if how in ("of_row", "swapped") else np.ones(3)
    for call in (grad, jit):
        with pytest.raises(Untraceable, match=r"`v.*` of an array"):
            call(assigned(how))(given)

    def one(v):
        v[0] = v[1] * 3.0
        return v[0] * v[2]

    assert grad(one)(np.array([1.0, 2.0, 4.0])) == [0.0, 12.0, 6.0]


def test_rows_of_a_table_of_an_array_are_no_lists_either():
    """`table(W)[i] + table(W)[i]` is a sum there; rows of lists are lists."""
    rows = [[1.0, 2.0], [3.0, 4.0]]
    for call in (lambda f: f(1), lambda f: jit(f)(1)):
        with pytest.raises(Untraceable, match=r"`\+` of an array"):
            call(lambda i: (table(np.array(rows))[i] + table(np.array(rows))[i])[0])
        assert call(lambda i: (table(rows)[i] + table(rows)[i])[2] * 1.0) == 3.0
        assert call(lambda i: sum(table(np.array(rows))[i]) * 1.0) == 7.0


def test_an_array_beside_one_is_computed_with_element_by_element():
    """A plain array computes with what stands for an array as with the array."""
    w, x = np.array([0.5, 0.25]), np.array([1.0, 2.0])
    for f in (lambda v: (v * w)[1], lambda v: (w * v)[1], lambda v: (w + v)[1]):
        assert jit(f)(x) == f(x)
        assert grad(f)(x) == [0.0, 1.0 if f(x) == 2.25 else 0.25]
    assert jit(lambda v: (v * 2)[2])([1.0, 2.0]) == 1.0  # a list is a list


def test_integers_that_are_no_floats():
    """They are refused wherever numbers are given, compiled before or not."""
    w, huge = [Value(1.0)], 10**400
    f = jit(lambda x: x * 1.0)
    step = compile_step(lambda x: (w[0] - x) ** 2, w, "sgd")
    rows = compile_step(lambda x: (w[0] - x) ** 2, w, "sgd", per_row=True)
    for _ in range(2):
        for call in (
            f,
            lambda x: f.map([x]),
            step,
            lambda x: step.run([(x,)]),
            lambda x: rows([x]),
        ):
            with pytest.raises(NotANumber, match="too many digits for a float"):
                call(huge)
        assert f(2.0) == 2.0
        step(2.0)
    with pytest.raises(ConfigError, match="needs rate >= 0"):
        step.run([(1.0,)], rates=[huge])


def test_over_rows_by_name():
    """Rows by name; what all rows share is one number, or none."""
    f = jit(power)
    xs = [1.0, 2.0, 3.0]
    assert f.map(xs, n=3).tolist() == [1.0, 8.0, 27.0]
    assert f.map(xs, scale=[1.0, 2.0, 3.0]).tolist() == [1.0, 8.0, 27.0]
    assert f.map(xs, 3, mode="negative").tolist() == [-1.0, -8.0, -27.0]
    assert f.map(np.array(xs), n=np.array(2)).tolist() == [1.0, 4.0, 9.0]
    assert jit(lambda s, x: s * x).map(2.0, xs).tolist() == [2.0, 4.0, 6.0]
    with pytest.raises(ShapeError, match="as many rows"):
        f.map(xs, n=[1.0, 2.0])
    with pytest.raises(ShapeError, match="as many rows"):
        f.map(1.0, n=2.0)


def test_derivatives_by_name():
    """On either side of `jit`, and over rows."""
    for slope in (grad(jit(power)), jit(grad(power))):
        assert slope(3.0, n=3) == 27.0
        assert slope(3.0, 3, mode="negative") == -27.0
        assert slope.map([1.0, 2.0], n=3).tolist() == [3.0, 12.0]


def test_tensors_are_arguments():
    """As lists, as arrays are; those of which PyTorch is to have a gradient are refused."""
    torch = pytest.importorskip("torch")
    f = jit(lambda x: sum(w * a for a in x))
    assert f(torch.tensor([1.0, 2.0])) == f([1.0, 2.0]) == 6.0
    assert f.map(torch.ones(3, 2)).tolist() == [4.0, 4.0, 4.0]
    assert f(np.array([1.0, 2.0])) == 6.0
    assert f.shapes == ["f(array[2])", "f(list[2])", "f.map(rows of array[2])"]
    with pytest.raises(NotANumber, match="PyTorch"):
        f(torch.ones(2, requires_grad=True))


@pytest.mark.parametrize("given", [range(2), iter([1.0]), {1.0}, {"a": 1.0}.values()])
def test_what_is_no_list_says_how_to_make_one(given):
    """A generator would be empty at the second call."""
    with pytest.raises(NotANumber, match=r"list\(\.\.\.\)"):
        jit(lambda xs: sum(xs))(given)


# -- a part of the expression -------------------------------------------------------------------


def test_given_values_it_is_a_part_of_the_graph():
    """By position, by name and over rows; the gradient passes."""
    v = Value(3.0)
    f = jit(lambda x, s=1.0: s * w * x[0] * x[1])
    for root in (f([v, 5.0]), f([5.0, v]), f([5.0, 1.0], s=v), f.map([[1.0, 1.0], [v, 5.0]])[1]):
        assert gradient(root, [v])[0].data == 10.0
    assert f([3.0, 5.0]) == 30.0
    arrays = jit(lambda x: x[0] * 2.0)(np.array([v, v]))
    assert gradient(arrays, [v])[0].data == 2.0


RESULTS = {
    "a number": lambda x: w * x[0],
    "a list": lambda x: [w * x[0], x[1], 1.0],
    "rows": lambda x: [[w * x[0], x[1]], [x[0], w]],
    "an array": lambda x: np.array([[w * x[0], x[1]]]),
    "ragged": lambda x: [[w * x[0]], [x[1], w]],
    "a tuple": lambda x: (w * x[0], [x[1], w], 2.0),
    "a dict": lambda x: {"a": [w * x[0]], "b": (x[1], [w, x[0]])},
    "tuples in a list": lambda x: [(w * x[0], x[1]), (w, x[0])],
    "nothing that depends": lambda x: [3.0, 4.0],
}


def plain(found):
    """All numbers of a result, with the kinds of what holds them."""
    if isinstance(found, dict):
        return {name: plain(item) for name, item in found.items()}
    if isinstance(found, tuple):
        return tuple(map(plain, found))
    if isinstance(found, list):
        return [plain(item) for item in found]
    if isinstance(found, np.ndarray):
        return found.shape, [x.data if isinstance(x, Value) else x for x in found.ravel().tolist()]
    return found.data if isinstance(found, Value) else found


@pytest.mark.parametrize("name", RESULTS)
def test_over_rows_inside_a_derivative(name):
    """The layout is that of compiled rows; the gradient passes, and parameters are read anew."""
    f, rows = jit(RESULTS[name]), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    wanted, seen = plain(f.map(rows)), []

    def inside(x):
        found = f.map([[x * a, b] for a, b in rows])
        seen.append(plain(f.map(rows)))
        return found

    grad(lambda x: [inside(x), x][1])(1.0)
    assert seen[-1] == wanted
    try:
        w.data = 7.0
        traced = jit(lambda x: f.map([[a, b] for a, b in x]))
        assert plain(traced(rows)) == plain(f.map(rows))
        w.data = 2.0
        assert plain(traced(rows)) == wanted
    finally:
        w.data = 2.0


def test_rows_inside_a_trace_are_followed():
    """By derivatives and by training steps, and they are refused where compiled ones are."""
    v = Value(2.0)
    f = jit(lambda x: v * x * x)
    f.map([1.0, 2.0, 3.0])
    assert grad(lambda a: jangrad.sum(jit(lambda x: a * x * x).map([1.0, 2.0, 3.0])))(2.0) == 14.0
    compile_step(lambda: jangrad.sum(f.map([1.0, 2.0, 3.0])), [v], "sgd", learning_rate=1.0)()
    assert v.data == 2.0 - 14.0
    for wrong in ([], [1.0, [2.0]], 1.0):
        with pytest.raises(ShapeError):
            jit(lambda s, wrong=wrong: s * f.map(wrong)[0])(1.0)
    with pytest.raises(ShapeError, match="row 1 is another nesting"):
        grad(lambda s: jit(lambda x: x[0] * s).map([[1.0], [1.0, 2.0]])[0])(1.0)


# -- methods ------------------------------------------------------------------------------------


def test_methods():
    """Each object has its own; `self` is no argument, and its Values are parameters."""
    a, b = Line(2.0), Line(3.0)
    assert [a.at(5.0), b.at(5.0), a.at(5.0, 1.0), b.at(5.0, offset=2.0)] == [10.0, 15.0, 11.0, 17.0]
    a.slope.data = 4.0
    assert [a.at(5.0), b.at(5.0), a.half(5.0)] == [20.0, 15.0, 10.0]
    assert a.at is a.at
    assert a.at.shapes == ["f(number)", "f(number, number)"]
    assert a.at.map([1.0, 2.0]).tolist() == [4.0, 8.0]
    assert grad(a.at)(1.0) == 4.0
    assert [a.static(1.0), Line.static(1.0), a.static_inside(1.0), Line.static_inside(1.0)] == [
        *(2.0, 2.0),
        *(3.0, 3.0),
    ]
    assert [Line.of_class(2.0), a.of_class(2.0), Steep.of_class(2.0)] == [8.0, 8.0, 10.0]
    steep = Steep(2.0)
    assert [steep.at(1.0), Line.at.__get__(steep)(1.0), steep.at(1.0)] == [20.0, 2.0, 20.0]
    assert [Line.at(b, 2.0), Line.at(b, 2.0, offset=1.0)] == [6.0, 7.0]
    assert Pair(2.0, 1.0) == Pair(2.0, 1.0)
    pair = Pair(2.0, 1.0)
    assert [pair.sum(3.0), Pair(3.0, 1.0).sum(3.0)] == [7.0, 10.0]
    assert pair == Pair(2.0, 1.0)
    assert [Slotted().at(2.0), Slotted().at(3.0)] == [6.0, 9.0]


def test_a_compiled_function_keeps_its_name_and_signature():
    """As `functools.wraps` does, of functions and methods."""
    assert (double.__name__, double.__doc__) == ("double", "Twice the number.")
    assert str(inspect.signature(jit(power))) == str(inspect.signature(power))
    assert list(inspect.signature(Line(1.0).at).parameters) == ["x", "offset"]
    assert repr(jit(power)) == "jit(power, 0 shapes)"


def test_a_compiled_part_of_a_class_that_is_no_function_is_not_bound():
    """As Python leaves other callables alone."""

    class Holder:
        act = jit(MLP(1, [1], seed=0))

    assert Holder().act([1.0]) == pytest.approx(Holder.act([1.0]))


# -- copies -------------------------------------------------------------------------------------


class Net(Module):
    def __init__(self):
        self.w = Value(0.5)
        self.act = jit(tanh)
        self.line = Line(2.0)

    def __call__(self, row):
        return self.score(row)

    @jit
    def score(self, row):
        return [self.w * x for x in row]


@pytest.mark.parametrize("how", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_objects_with_compiled_methods_are_copied(how):
    """The copy is independent: its parameters are its own, and it compiles anew."""
    net = Net()
    assert [net.score([2.0]), net.line.at(1.0), net.act(0.0)] == [1.0, 2.0, 0.0]
    other = how(net)
    other.w.data, other.line.slope.data = 3.0, 7.0
    assert [other.score([2.0]), other.line.at(1.0), other.act(0.0)] == [6.0, 7.0, 0.0]
    assert [net.score([2.0]), net.line.at(1.0)] == [1.0, 2.0]
    method = how(net.score)
    assert method([2.0]) == 1.0
    assert len(other.parameters()) == len(net.parameters())


def test_shallow_copies_have_methods_of_their_own():
    """`copy.copy` shares the Values, and does not call the object that was copied."""
    net = Line(2.0)
    net.at(1.0)
    other = copy.copy(net)
    other.slope = Value(5.0)
    assert [other.at(1.0), net.at(1.0), other.at(1.0)] == [5.0, 2.0, 5.0]


def test_functions_are_copied():
    """By where they stand, as functions are; those that stand nowhere are compiled again."""
    assert copy.deepcopy(double) is double
    assert pickle.loads(pickle.dumps(double)) is double
    f = jit(lambda x: w * x, dtype="float32")
    f(1.0)
    g = copy.deepcopy(f)
    assert g is not f
    assert (g(3.0), g.shapes, g.function) == (6.0, ["f(number)"], f.function)
    assert pickle.loads(pickle.dumps(jit(power, dtype="float32")))(3.0) == 9.0
    net = MLP(2, [2, 1], "tanh", seed=0)
    h = jit(net)
    again = pickle.loads(pickle.dumps(h))
    assert again([1.0, 2.0]) == h([1.0, 2.0])
    again.function.parameters()[0].data += 1.0
    assert again([1.0, 2.0]) != h([1.0, 2.0])


def test_another_process_compiles_what_it_is_sent():
    """What `multiprocessing` sends is the function and its Values, no code."""
    code = (
        "import pickle, sys\n"
        "from jangrad import MLP, jit\n"
        "f = pickle.load(sys.stdin.buffer)\n"
        "print(repr(float(f([1.0, 2.0])[0])))\n"
    )
    f = jit(MLP(2, [3, 1], seed=0))
    wanted = float(f([1.0, 2.0])[0])
    sent = pickle.dumps(f)
    done = subprocess.run(
        [sys.executable, "-c", code], input=sent, capture_output=True, timeout=300
    )
    assert done.stdout.decode().strip() == repr(wanted), done.stderr.decode()


@pytest.mark.parametrize("per_row", [False, True])
@pytest.mark.parametrize("how", [copy.deepcopy, copy.copy, pickle.dumps])
def test_a_training_step_is_not_copied(how, per_row):
    """It trains its own Values; the message says what to copy instead."""
    v = Value(1.0)
    step = compile_step(lambda x: v * x, [v], "sgd", per_row=per_row)
    step([1.0] if per_row else 1.0)
    with pytest.raises(ConfigError, match="these very Values"):
        how(step)


def test_rows_given_to_a_step_of_one_call():
    """The message names `per_row`."""
    v = Value(1.0)
    step = compile_step(lambda x, t: (v * x - t) ** 2, [v], "sgd")
    with pytest.raises(NotANumber, match="per_row=True"):
        step([1.0, 2.0], [2.0, 3.0])


def test_a_count_is_no_argument():
    """`range(n)` of an argument says what to do."""
    with pytest.raises(Untraceable, match="close over it"):
        jit(lambda n: sum(i for i in range(n)))(3)


def test_engines_train_compiled_parts_alike():
    """A network that compiles a part of itself learns all of it, in Python too."""

    class Part(Module):
        def __init__(self):
            self.w = Value(1.0)
            self.inner = jit(lambda x: self.w * x)

        def __call__(self, row):
            return [self.inner(row[0]) + 0.1 * self.w]

    found = []
    for engine in ("eager", "native"):
        net = Part()
        given = {"optimizer": "sgd", "learning_rate": 0.1, "steps": 10, "progress": False}
        fit(net, [[1.0], [2.0]], [3.0, 6.0], penalty=jit(lambda ps: ps[0]), engine=engine, **given)
        found.append(net.w.data)
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    assert found[0] == pytest.approx(14.9 / 5.62, abs=1e-3)
