"""What a traced function asks by identity, hash or text is refused or recorded, in any thread."""

import copy
import math
import operator
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from fractions import Fraction

import numpy as np
import pytest

import jangrad
from jangrad import Module, Value, compile_step, fit, grad, jit, strict, trace_lines, where
from jangrad.errors import JangradError, NotANumber, Untraceable

w, b = Value(2.0), Value(3.0)
POINTS = [0.0, 0.5, 1.0, 1.5, float("nan"), float("inf")]

RECORDED = {
    "equal": lambda x, y: where(x == y, 1.0, 0.0),
    "unequal": lambda x, y: where(x != y, 1.0, 0.0),
    "unequal to a number": lambda x, y: where(x != 1, y, 0.0),
    "number equal": lambda x, y: where(1 == x, y, 0.0),  # noqa: SIM300
    "number unequal": lambda x, y: where(1.0 != x, y, 0.0),  # noqa: SIM300
    "equal to a Fraction": lambda x, y: where(x == Fraction(1, 2), y, 0.0),
    "equal to an array without axes": lambda x, y: where(x == np.float64(0.5), y, 0.0),
    "equal to itself": lambda x, y: where(x == x, 1.0, 0.0),
    "unequal to itself": lambda x, y: where(x != x, 1.0, 0.0),
    "equal to a parameter": lambda x, y: where(x == w - w + x, 1.0, 0.0),
    "both": lambda x, y: where((x > 0) & (x < 1), y, 5.0),
    "either": lambda x, y: where((x <= 0) | (x >= 1), 2.0, 3.0),
    "one of both": lambda x, y: where((x > 0) ^ (y > 0), 2.0, 3.0),
    "three": lambda x, y: where((x > 0) & (y > 0) & (x != y), 2.0, 3.0),
    "with True": lambda x, y: where(True & (x > y), 2.0, 3.0),
    "with False": lambda x, y: where((x > y) | False, 2.0, 3.0),
    "unlike True": lambda x, y: where((x > y) ^ np.True_, 2.0, 3.0),
    "counted": lambda x, y: ((x > 0) & (y > 0)) * 3.0 + (x > y),
    "in a list that holds it": lambda x, y: 1.0 if x in [x, y] else 0.0,
    "its place in a list": lambda x, y: y * [x, y].index(x),
    "its real part": lambda x, y: x.real * y.conjugate() + x.imag,
    "equal to nothing": lambda x, y: 1.0 if x == None else 0.0,  # noqa: E711
    "equal to text": lambda x, y: 1.0 if x == "x" or x != "x" else 0.0,
}


@pytest.mark.parametrize("name", RECORDED)
def test_tests_are_recorded(name):
    """`==`, `!=`, `&`, `|`, `^` give in compiled code, and over rows, what they give in Python."""
    f = RECORDED[name]
    compiled, at = jit(f), [(x, y) for x in POINTS for y in POINTS]
    plain = [float(jangrad.sum([f(x, y)], Value(0.0)).data) for x, y in at]
    np.testing.assert_array_equal([compiled(x, y) for x, y in at], plain)
    np.testing.assert_array_equal(compiled.map(*map(list, zip(*at, strict=True))), plain)


BESIDE = [
    *(2**53 + 1, -(2**53) - 1, 10**400, -(10**400), 2**1024 - 1, 3, True),
    *(
        Fraction(1, 10),
        Fraction(1, 3),
        Fraction(-1, 2),
        0.1,
        math.inf,
        math.nan,
        np.int64(2**53 + 1),
    ),
]
ORDERED = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("number", BESIDE, ids=lambda number: f"{number!r:.30}")
def test_comparisons_are_as_exact_as_pythons(number):
    """Python compares exactly with a number that no float is: by Values and compiled too."""
    at = [2.0**53, 2.0**53 + 2, -(2.0**53), 0.1, 0.1 - 2**-56, 1 / 3, -0.5, 1e308, 1.0, 3.0]
    at += [math.inf, -math.inf, math.nan]
    for ordered in ORDERED:
        expected = [float(ordered(x, number)) for x in at]
        turned = [float(ordered(number, x)) for x in at]
        assert [float(ordered(Value(x), number)) for x in at] == expected
        one = jit(lambda x, ordered=ordered: where(ordered(x, number), 1.0, 0.0) + 0.0 * (x == x))
        other = jit(lambda x, ordered=ordered: where(ordered(number, x), 1.0, 0.0) + 0.0 * (x == x))
        assert [one(x) for x in at] == one.map(at).tolist() == expected
        if not isinstance(number, np.generic):  # NumPy asks first
            assert [other(x) for x in at] == turned


REFUSED = {
    "if equal": lambda x, y: x if x == y else 0.0,
    "in a list": lambda x, y: 1.0 if x in [y] else 0.0,
    "in a tuple of numbers": lambda x, y: 1.0 if x in (1.0, 2.0) else 0.0,
    "in a set": lambda x, y: 1.0 if x in {1.0, 2.0} else 0.0,
    "a key": lambda x, y: {1.0: 5.0}.get(x, 7.0),
    "a key in a tuple": lambda x, y: {(1.0, 2.0): 5.0}.get((x, y), 7.0),
    "a new key": lambda x, y: len({x: 1.0, y: 2.0}) * x,
    "a set": lambda x, y: len({x, y}) * x,
    "equal lists": lambda x, y: 1.0 if [x] == [y] else 0.0,
    "equal tuples": lambda x, y: 1.0 if (1.0, x) == (1.0, y) else 0.0,
    "index": lambda x, y: [x, y].index(y) * x,
    "count": lambda x, y: [x, y].count(y) * x,
    "remove": lambda x, y: [x, y].remove(y) or x,
    "sorted": lambda x, y: sorted([x, y])[0],
    "min": min,
    "max": lambda x, y: max([x, y]),
    "any": lambda x, y: 1.0 if any([x > 0, y > 0]) else 0.0,
    "chained": lambda x, y: where(0 < x < 1, x, y),
    "not": lambda x, y: where(not x > 0, x, y),
    "and": lambda x, y: where(x > 0 and y > 0, x, y),
    "opposite": lambda x, y: where(~(x > 0), x, y),
    "equal computed Values": lambda x, y: where(w * x == b * y, x, y),
    "formatted": lambda x, y: x * float(f"{x:g}"),
    "formatted without a form": lambda x, y: len(f"{x}") * x,
    "percent": lambda x, y: len("%g" % x) * x,  # noqa: UP031
    "percent s": lambda x, y: len("%s" % x) * x,  # noqa: UP031
    "str": lambda x, y: len(str(x)) * x,
    "repr": lambda x, y: len(repr([x])) * x,
    "a parameter's text": lambda x, y: float(f"{w:g}") * x,
    "pickled": lambda x, y: len(pickle.dumps(x)) * x,
    "copied": lambda x, y: copy.copy(x),
    "whether there is a gradient": lambda x, y: x if w.has_grad else y,
    "whole division": lambda x, y: x // y,
    "whole division of a number": lambda x, y: 2 // y,
    "both": lambda x, y: divmod(x, 2)[1] + divmod(2, x)[0],
    "whether it is whole": lambda x, y: y if x.is_integer() else x,
    "hex": lambda x, y: y * len(x.hex()),
    "a fraction": lambda x, y: y * x.as_integer_ratio()[0],
    "a list so many times": lambda x, y: len([0.0] * x) * y,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_depends_on_one_number_is_refused(name):
    """The message says what to write instead; also where the function catches it."""

    def careful(x, y):
        try:
            return REFUSED[name](x, y)
        except Exception:
            return x * 0.0

    for f in (REFUSED[name], careful):
        compiled = jit(f)
        for _ in range(2):
            with pytest.raises((Untraceable, NotANumber), match=r"\n  try: "):
                compiled(1.0, 2.0)
            with pytest.raises((Untraceable, NotANumber), match=r"\n  try: "):
                compiled.map([1.0], [2.0])
        assert not compiled.shapes


def test_a_refusal_in_a_derivative_is_remembered():
    """Also where the derivative is taken inside a compiled function."""

    def f(x):
        try:
            return x * int(x)
        except TypeError:
            return x * 7.0

    for g in (jit(grad(f)), grad(jit(f)), jit(lambda x: grad(f)(x))):
        with pytest.raises(Untraceable, match="an int"):
            g(3.0)


def test_a_refusal_ends_training_too():
    """`compile_step` and native `fit` make no step of a loss that caught one."""

    def careful(x):
        try:
            return w * x if x > 0 else w
        except TypeError:
            return w * 0.0

    class Net(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, row):
            try:
                return [self.w * int(row[0])]
            except TypeError:
                return [self.w * 0.0]

    before = w.data
    with pytest.raises(Untraceable):
        compile_step(lambda x: careful(x) ** 2, [w])(1.0)
    assert w.data == before
    with pytest.raises(Untraceable):
        fit(Net(), [[1.0]], [2.0], steps=1, engine="native", progress=False)


def test_parameters_are_looked_up_as_ever():
    """A Value is a key by what it is: in a trace as in Python."""
    rates = {w: 0.5, b: 0.25}
    f = jit(lambda x: sum(rates[p] * p * x for p in [w, b]) + (w in [b]) + (w == b) + len({w, b}))
    assert f(2.0) == 0.5 * w.data * 2.0 + 0.25 * b.data * 2.0 + 2


def test_messages_of_ours_name_traced_values():
    """An error whose message shows a Value is that error, not a refusal to show it."""
    with pytest.raises(JangradError, match="traced"):
        jit(lambda x: jangrad.gradient(x, [x, 1.0]))(1.0)


@pytest.mark.parametrize("use", [float, repr, str, lambda v: v.data, lambda v: v.grad, bool])
def test_a_value_of_a_trace_has_no_number_later(use):
    """What a function keeps of its trace is not read as if it were of the last call."""
    kept = []
    f = jit(lambda x: kept.append(x * w) or x * 2.0)
    f(3.0)
    if use in (repr, str):
        assert use(kept[0]) == "Value(traced)"
    else:
        with pytest.raises(Untraceable, match="computed while a function was traced"):
            use(kept[0])


@pytest.mark.parametrize(
    "use",
    [
        lambda v: v * w,
        lambda v: 1.0 - v,
        lambda v: v.relu(),
        lambda v: jangrad.dot([w, v], [v, w]),
        lambda v: v < 1.0,
        lambda v: w >= v,
        lambda v: v == 1.0,
        lambda v: where(v, w, 2.0),
        lambda v: (v**0.5).exp(),
        lambda v: v.detach(),
        lambda v: v.backward(),
    ],
)
@pytest.mark.parametrize("keep", [lambda x: x, lambda x: x * w, lambda x: where(x > w, 1.0, 2.0)])
def test_nothing_is_computed_from_a_value_of_a_trace_later(use, keep):
    """Neither nan nor what the numbers of the trace would have given; a parameter's is known."""
    kept = []
    f = jit(lambda x: kept.append((keep(x), w * 2.0)) or x * 2.0)
    f(3.0)
    for context in (nullcontext, strict, trace_lines):
        with context(), pytest.raises(Untraceable, match=r"a Value that was computed while|traced"):
            use(kept[0][0])
    assert (kept[0][1] * 3.0).data == 6.0 * w.data


def test_beside_and_stand_comparisons():
    """`x > 0 & x < 1` is answered with the parentheses that it lacks, traced or not."""
    v = Value(1.0)
    for call in (lambda: v & True, lambda: 0 | v, lambda: v ^ Value(2.0)):
        with pytest.raises(NotANumber, match="parentheses"):
            call()
    with pytest.raises(NotANumber, match="parentheses"):
        jit(lambda x: where(x > 0 & x, 1.0, 0.0))(1.0)
    with pytest.raises(NotANumber, match="opposite"):
        ~Value(1.0)


# -- threads --------------------------------------------------------------------------------------


def finish(*threads):
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.parametrize("context", [strict, trace_lines])
def test_a_context_that_ends_in_another_thread_leaves_the_trace_guarded(context):
    """In whatever order the contexts of two threads begin and end."""
    begun, leave, left = threading.Event(), threading.Event(), threading.Event()

    def other():
        with context():
            begun.set()
            leave.wait(60)
        left.set()

    def branches(x):
        leave.set()
        left.wait(60)
        return x * 2.0 if x > 0 else x

    thread = threading.Thread(target=other)
    thread.start()
    begun.wait(60)
    with pytest.raises(Untraceable, match="True or False"):
        jit(branches)(1.0)
    finish(thread)
    with strict(), pytest.raises(jangrad.errors.NonFinite):
        Value(1.0) / Value(0.0)
    assert (Value(1.0) / Value(0.0)).data == float("inf")


def test_helper_threads_record_and_refuse():
    """Work that a traced function hands to other threads is traced there."""

    def in_threads(work):
        def f(xs):
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(work, xs))

        return jit(f)

    f = in_threads(lambda x: where((x > 0) & (w > x), x * w, x.detach() * 3.0))
    for xs in ([1.0, -1.0], [-1.0, 1.5]):
        wanted = [x * w.data if 0 < x < w.data else x * 3.0 for x in xs]
        assert f(xs).tolist() == wanted
    for reads in (
        lambda x: x if x > 0 else -x,
        lambda x: x * x.data,
        lambda x: x * float(f"{x:g}"),
        lambda x: x * {1.0: 2.0}.get(x, 3.0),
    ):
        with pytest.raises(Untraceable):
            in_threads(reads)([1.0, -1.0])

    def careful(x):
        try:
            return x if x > 0 else -x
        except TypeError:
            return x

    with pytest.raises(Untraceable):
        in_threads(careful)([1.0, -1.0])


def test_other_threads_read_numbers_during_a_trace():
    """A trace hides numbers from its own thread, not from those that have nothing to do with it."""
    found = []

    def f(x):
        other = threading.Thread(target=lambda: found.append((w.data, f"{w:g}", w > 1, {w: 1}[w])))
        other.start()
        finish(other)
        return x * w

    assert jit(f)(1.0) == w.data
    assert found == [(w.data, f"{w:g}", True, 1)]


def test_a_trace_may_wait_for_a_thread_that_compiles():
    """Another function or the same one, in whatever order: nothing waits for ever."""
    inner = jit(lambda x: x * 2.0)

    def waits(call):
        def f(x):
            found = []
            thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
            thread.start()
            finish(thread)
            return x + found[0]

        return jit(f)

    assert waits(lambda: inner(3.0))(1.0) == 7.0
    assert waits(lambda: waits(lambda: inner(4.0))(1.0))(1.0) == 10.0
    depth = threading.Semaphore(2)

    def again():
        return itself(2.0) if depth.acquire(blocking=False) else 1.0

    itself = waits(again)
    assert itself(1.0) > 1.0


def test_threads_compile_at_once():
    """Each gets what its own function gives, though they trace at the same time."""
    barrier, found = threading.Barrier(4), {}

    def work(k):
        v = Value(float(k))

        def f(xs):
            barrier.wait(60)
            return [v * x + float(k) for x in xs if x is not None], v

        found[k] = [part.tolist() for part in map(np.asarray, jit(f)([1.0, 2.0]))]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    finish(*threads)
    assert found == {k: [[2.0 * k, 3.0 * k], k] for k in range(4)}


@pytest.mark.parametrize("per_row", [False, True])
def test_a_loss_may_wait_for_a_thread_that_makes_the_same_step(per_row):
    """Both shapes are right afterwards, though one was compiled while the other was traced."""
    v, u = Value(1.0), Value(2.0)
    waits = [True]

    def loss(xs):
        if waits[0] and len(xs) == 2:
            waits[0] = False
            other = threading.Thread(
                target=step, args=([[1.0, 2.0, 3.0]] * 2,) if per_row else ([1.0, 2.0, 3.0],)
            )
            other.start()
            finish(other)
        return jangrad.sum(v * x for x in xs) * (u if len(xs) == 3 else 1.0)

    step = compile_step(loss, [v], "sgd", learning_rate=1.0, per_row=per_row)
    step([[1.0, 2.0]] if per_row else [1.0, 2.0])
    assert v.data == 1.0 - 6.0 * 2.0 - 3.0
    u.data = 3.0
    step([[1.0, 2.0, 3.0]] if per_row else [1.0, 2.0, 3.0])
    assert v.data == 1.0 - 6.0 * 2.0 - 3.0 - 6.0 * 3.0


def test_numbers_that_helper_threads_read_are_watched():
    """The trace cannot refuse them, for other threads read what they like; it is traced anew."""
    v = Value(2.0)

    @jit
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            return x * pool.submit(lambda: v.data if v > 0 else -7.0).result()

    assert [f(1.0), f(3.0)] == [2.0, 6.0]
    for number, wanted in ((5.0, 5.0), (-1.0, -7.0), (2.0, 2.0), (4.0, 4.0)):
        v.data = number
        assert [f(1.0), f(1.0)] == [wanted, wanted]

    @jit
    def g(x):
        other = threading.Thread(target=lambda: v.data)
        other.start()
        finish(other)
        return x * v

    for number in (1.0, 2.0, 3.0):
        v.data = number
        assert g(2.0) == 2.0 * number
