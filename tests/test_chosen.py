"""Only the chosen side gets a gradient, whatever inf or nan the other side holds."""

import math

import numpy as np
import pytest

import jangrad as jg
from jangrad import Value, compile_step, grad, jit, log, relu, sqrt, where

INF = math.inf

#: What is computed, where, and its slope there, which is that of the chosen side alone.
CHOICES = {
    "log of 0": (lambda x: where(x > 0, log(x), 2.0 * x), 0.0, 2.0),
    "root of a negative": (lambda x: where(x >= 0, x, sqrt(-x)), 1.0, 1.0),
    "root at 0": (lambda x: where(x < 1, x, sqrt(x)), 0.0, 1.0),
    "times a root at 0": (lambda x: where(x == 0, 0.0 * x, x * sqrt(x)), 0.0, 0.0),
    "a tower that overflows": (lambda x: where(x < 15, x, 10.0 ** jg.exp(x)), 10.0, 1.0),
    "times inf": (lambda x: where(x > 0, 0.0, x * INF), 1.0, 0.0),
    "a quotient by 0": (lambda x: where(abs(x) < 0.5, 1.0, jg.sin(x) / x), 0.0, 0.0),
    "a power of a negative": (lambda x: where(x > 0, abs(x) ** 0.5, x), -4.0, 1.0),
    "a product with inf": (lambda x: where(x > 0, x, x * jg.exp(-1e3 * x)), 0.5, 1.0),
    "chosen twice": (lambda x: where(x > 0, where(x > 1, log(x - 1), x), sqrt(-x)), 1.0, 1.0),
    "relu of a log": (lambda x: relu(log(x)), 0.0, 0.0),
    "relu6 of a quotient": (lambda x: jg.relu6(1.0 / x), 0.0, 0.0),
    "the smaller": (lambda x: jg.minimum(x, -log(x)), 0.0, 1.0),
    "the larger": (lambda x: jg.maximum(x, log(x)), 0.0, 1.0),
    "clamped from below": (lambda x: jg.clamp(log(x), low=-5.0), 0.0, 0.0),
    "clamped from above": (lambda x: jg.clamp(1.0 / x, high=5.0) + x, 0.0, 1.0),
    "an absolute value at 0": (lambda x: abs(sqrt(x)) + x, 0.0, 1.0),
    "an infinite factor": (lambda x: relu(x) * INF + 3.0 * x, -1.0, 3.0),
    "an infinite slope on the way": (lambda x: sqrt(relu(x)) + x, -1.0, 1.0),
    "detached": (lambda x: x + sqrt(x).detach(), 0.0, 1.0),
    "a condition": (lambda x: where(sqrt(x) < 1.0, x, 2.0 * x), 0.0, 1.0),
}


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("name", CHOICES)
def test_backward(name):
    """The unchosen side gets nothing, so what lies behind it gets nothing either."""
    f, at, slope = CHOICES[name]
    x = Value(at)
    f(x).backward()
    assert same(x.grad, slope)


@pytest.mark.parametrize("name", CHOICES)
def test_gradients_as_graphs(name):
    """`grad`, by Python and compiled, gives the same slope."""
    f, at, slope = CHOICES[name]
    for found in (grad(f)(at), jit(grad(f))(at), jit(grad(f)).map([at, at])[1]):
        assert same(found, slope)


@pytest.mark.parametrize("name", CHOICES)
def test_forward_mode(name):
    """`jvp` and `jacfwd`, by Python and compiled: what does not move is not moved by inf."""
    f, at, slope = CHOICES[name]
    along = jg.jvp(f)
    matrix = jg.jacfwd(lambda v: [f(v[0])])
    for found in (
        along(at, 1.0)[1],
        jit(along)(at, 1.0)[1],
        jit(lambda x: along(x, 1.0)[1]).map([at, at])[1],
        matrix([at])[0][0],
        jit(matrix)([at])[0][0],
    ):
        assert same(found, slope)


def test_forward_mode_below_choices():
    """An infinite slope behind one that is shut, sums, tables and second derivatives of such."""
    cases = [
        (lambda x: jg.log(jg.maximum(x, 0.0)), -1.0, 0.0),
        (lambda x: 1.0 / jg.relu6(x), -1.0, 0.0),
        (lambda x: sqrt(jg.clamp(x, 0.0, 9.0)) + x, -1.0, 1.0),
        (lambda x: sqrt(relu(x) + relu(-x - 2.0)), -3.0, -0.5),
        (lambda x: sqrt(relu(x) + relu(-x - 2.0)), -1.0, 0.0),
        (lambda x: sqrt(jg.table([relu(x), x * x])[0]), -1.0, 0.0),
        (lambda x: sqrt(jg.table([relu(x), x * x])[1]), 2.0, 1.0),
        (lambda x: jg.exp(2.0 * sqrt(relu(x))) * x, -1.0, 1.0),
    ]
    for f, at, slope in cases:
        for compiled in (jg.jvp(f), jit(jg.jvp(f))):
            assert compiled(at, 1.0)[1] == slope
        assert jit(grad(f))(at) == slope
    twice = [
        (lambda x: where(x > 0, log(x) * x, 3.0 * x * x), 0.0, 6.0),
        (lambda x: sqrt(relu(x)) + x**3, -1.0, -6.0),
        (lambda x: relu(log(x)) + x**3, 0.0, 0.0),
    ]
    for f, at, right in twice:
        for second in (jg.jvp(grad(f)), jit(jg.jvp(grad(f))), jit(jg.jvp(jg.jacfwd(f)))):
            assert np.ravel(second(at, 1.0)[1])[0] == right


def test_compiled_steps():
    """A step of descent with rate 1 moves each parameter by the slope of its own choice."""
    parameters = [Value(at) for _, at, _ in CHOICES.values()]
    parts = [(f, p) for (f, _, _), p in zip(CHOICES.values(), parameters, strict=True)]
    compile_step(lambda: sum(f(p) for f, p in parts), parameters, "sgd", learning_rate=1.0)()
    for (name, (_, at, slope)), p in zip(CHOICES.items(), parameters, strict=True):
        assert same(at - p.data, slope), name


@pytest.mark.parametrize("rows", [[1.0], [-1.0], [1.0, -1.0, 2.0], [-1.0, -2.0]])
def test_what_rows_share_is_reached_by_any_of_them(rows):
    """A logarithm at 0 that all rows share counts if some row has chosen it."""
    w, b = Value(0.0), Value(0.5)

    def loss(x):
        shared = log(w)
        return where(x > 0.0, shared, b * x)

    step = compile_step(loss, [w, b], "sgd", learning_rate=1.0, per_row=True)
    step(rows)
    chosen = [x for x in rows if x > 0.0]
    assert w.data == (-INF if chosen else 0.0)
    assert b.data == 0.5 - sum(x for x in rows if x <= 0.0) / len(rows)


def test_second_derivatives():
    """They are those of the chosen side, also of operations that choose inside."""
    cases = [
        (lambda x: where(x > 0, log(x) * x, 3.0 * x * x), 0.0, 6.0),
        (lambda x: where(x > 1, sqrt(x - 1), x * x * x), 1.0, 6.0),
        (jg.elu, 800.0, 0.0),
        (jg.selu, 800.0, 0.0),
        (jg.gelu_tanh, INF, 0.0),
        (lambda x: relu(log(x)) + x**3, 0.0, 0.0),
        (lambda x: 0.0**x, 2.0, 0.0),
    ]
    for f, at, right in cases:
        assert grad(grad(f))(at) == right
        assert jit(grad(grad(f)))(at) == right


def test_choices_in_a_loop():
    """A hundred choices, each below the one before: every slope is that of the chosen sides."""

    def f(x):
        for _ in range(100):
            x = where(x > 1.0, sqrt(x - 1.0) + 1.0, where(x < 0.5, 1.0 / (x - 0.5), x))
        return x

    for at in (0.75, 0.5, 1.0):
        assert grad(f)(at) == jit(grad(f))(at) == 1.0


def test_tables_below_choices():
    """A row that is picked on the unchosen side gets no gradient; a picked inf harms no other."""

    def f(v, i):
        logs = jg.table([log(x) for x in v])
        return where(i > 0.0, logs[i] + logs[0], 2.0 * v[0])

    assert jit(grad(f))([0.0, 1.0], 0).tolist() == [2.0, 0.0]
    assert jit(grad(f))([0.5, 0.25], 1).tolist() == [2.0, 4.0]


def test_rows_that_are_not_picked():
    """They get no gradient at all, also where the slopes of what is in them are infinite."""

    def f(v, i):
        return jg.table([log(x) for x in v])[i]

    assert grad(f)([0.0, 2.0], 1) == jit(grad(f))([0.0, 2.0], 1).tolist() == [0.0, 0.5]
    assert jit(grad(f))([0.0, 2.0], 0).tolist() == [INF, 0.0]

    def picked_below_a_choice(v, i):
        logs = jg.table([log(x) for x in v])
        return where(i > 0.0, logs[i], 2.0 * v[1])

    for pick, slopes in ((0, [0.0, 2.0]), (1, [0.0, 0.5])):
        assert jit(grad(picked_below_a_choice))([0.0, 2.0], pick).tolist() == slopes
    for rows, slopes in (([1, 1], [0.0, 0.5]), ([0, 1], [INF, 0.25])):
        leaves = [Value(0.0), Value(2.0)]
        step = compile_step(
            lambda i, v=leaves: f(v, i), leaves, "sgd", learning_rate=1.0, per_row=True
        )
        step([float(i) for i in rows])
        assert [at - v.data for at, v in zip((0.0, 2.0), leaves, strict=True)] == slopes


def test_a_true_zero_is_no_choice():
    """0 * inf on a path that is taken stays nan: it may be anything, such as 1 for sqrt(x) ** 2."""
    x = Value(0.0)
    (sqrt(x) ** 2).backward()
    assert math.isnan(x.grad)


def test_what_is_reached_once_is_reached():
    """A node that one chosen and one unchosen side share contributes as ever, in either order."""
    for first, second in ((0, 1), (1, 0)):
        x = Value(0.0)
        root = sqrt(x)
        parts = [where(True, root, x), where(False, root, x)]
        (parts[first] + parts[second]).backward()
        assert x.grad == INF


@pytest.mark.usefixtures("own_table")
def test_an_operation_of_ones_own_chooses_too():
    """A partial that is written as 0 contributes nothing, whatever comes from above."""
    own = jg.operation("hinge_of_own", "x if x > 0 else 0", "1 if x > 0 else 0")
    x = Value(0.0)
    (own(log(x)) + 1.0 / own(log(x))).backward()
    assert x.grad == 0.0
