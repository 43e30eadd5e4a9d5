"""jvp and jacfwd, against jacobian, finite differences and JAX, nested and compiled."""

import math

import pytest

import jangrad
from jangrad import (
    Value,
    exp,
    grad,
    gradient,
    hvp,
    jacfwd,
    jacobian,
    jit,
    jvp,
    log,
    maximum,
    norm,
    sin,
    softmax,
    table,
    tanh,
    where,
)
from jangrad.errors import ShapeError, StaleGraph, Untraceable
from jangrad.micrograd import engine as micrograd

AT, ALONG = [0.7, -1.3, 2.1], [0.5, 2.0, -0.25]


def curved(x):
    """Three results with everything in them."""
    a, b, c = x
    return [
        sin(a) * exp(b) / c + a * a,
        tanh(a * b) ** 3 - log(c) * 2.0 + b,
        maximum(a, b) * where(c > 0, c**a, a) + jangrad.dot(softmax([a, b, c]), [1.0, 2.0, 3.0]),
    ]


def nested(x):
    """A matrix in, a list and a number out."""
    (a, b), (c, d) = x
    return [[a * d - b * c, a + d], norm([a, b, c, d])]


def test_the_derivative_along_a_direction_is_that_of_finite_differences():
    """Value and derivative, nested as the result is."""
    value, slope = jvp(curved)(AT, ALONG)
    step = 1e-6
    ends = [
        curved([Value(x + s * step * v) for x, v in zip(AT, ALONG, strict=True)]) for s in (1, -1)
    ]
    assert value == [r.data for r in curved(list(map(Value, AT)))]
    expected = [(p.data - q.data) / (2 * step) for p, q in zip(*ends, strict=True)]
    assert slope == pytest.approx(expected, rel=1e-8)
    at = [[1.0, 2.0], [3.0, 4.0]]
    value, slope = jvp(nested)(at, [[1.0, 0.0], [0.0, 1.0]])
    assert value == [[-2.0, 5.0], math.sqrt(30)]
    assert slope[0] == [5.0, 2.0]
    assert slope[1] == pytest.approx(5 / math.sqrt(30))


def test_forward_and_backward_give_the_same_matrix():
    """jacfwd and jacobian, of numbers, lists and matrices."""
    for f, x in (
        (curved, AT),
        (lambda x: [x * x, sin(x)], 0.3),
        (lambda x: x[0] * x[1], [2.0, 3.0]),
        (lambda x: [x[0][0] * x[1][1], x[0][1] ** 2, 3.0], [[1.0, 2.0], [3.0, 4.0]]),
    ):
        forward, backward = jacfwd(f)(x), jacobian(f)(x)
        assert str(jangrad.derivatives._shape(forward)) == str(jangrad.derivatives._shape(backward))
        flat = []
        for matrix in (forward, backward):
            flat.append([])
            jangrad.derivatives._each(matrix, flat[-1].append)
        assert flat[0] == pytest.approx(flat[1], rel=1e-13)


def test_it_is_that_of_jax():
    """jax.jvp and jax.jacfwd of the same function."""
    jax = pytest.importorskip("jax")
    np = jax.numpy
    jax.config.update("jax_enable_x64", True)

    def theirs(x):
        a, b, c = x
        return np.stack(
            [
                np.sin(a) * np.exp(b) / c + a * a,
                np.tanh(a * b) ** 3 - np.log(c) * 2.0 + b,
                np.maximum(a, b) * np.where(c > 0, c**a, a)
                + jax.nn.softmax(x) @ np.array([1.0, 2.0, 3.0]),
            ]
        )

    value, slope = jax.jvp(theirs, (np.array(AT),), (np.array(ALONG),))
    mine = jvp(curved)(AT, ALONG)
    assert mine[0] == pytest.approx(value.tolist(), rel=1e-13)
    assert mine[1] == pytest.approx(slope.tolist(), rel=1e-13)
    for row, expected in zip(jacfwd(curved)(AT), jax.jacfwd(theirs)(np.array(AT)), strict=True):
        assert row == pytest.approx(expected.tolist(), rel=1e-13)


def test_every_mode_inside_every_other():
    """Forward over reverse is hvp; reverse over forward, forward over forward: the same."""

    def f(x):
        return x[0] ** 3 * x[1] + sin(x[0] * x[1])

    expected = pytest.approx(hvp(f)([0.8, 1.7], [0.3, -2.0]), rel=1e-12)
    assert jvp(grad(f))([0.8, 1.7], [0.3, -2.0])[1] == expected
    assert grad(lambda x: jvp(f)(x, [0.3, -2.0])[1])([0.8, 1.7]) == expected
    first = jvp(lambda y: jvp(f)(y, [1.0, 0.0])[1])([0.8, 1.7], [0.3, -2.0])[1]
    second = jvp(lambda y: jvp(f)(y, [0.0, 1.0])[1])([0.8, 1.7], [0.3, -2.0])[1]
    assert [first, second] == pytest.approx(hvp(f)([0.8, 1.7], [0.3, -2.0]), rel=1e-12, abs=1e-12)
    third = jvp(lambda x: jvp(lambda y: jvp(lambda z: z**4)(y, 1.0)[1])(x, 1.0)[1])(2.0, 1.0)
    assert third == (48.0, 48.0)


def test_perturbations_are_not_confused():
    """d/dx of x times the slope of (x + y) in y at 1 is 1, whichever mode is inside."""

    def forward(g):
        return jvp(g)(1.0, 1.0)[1]

    def backward(g):
        return grad(g)(1.0)

    assert jvp(lambda x: x * forward(lambda y: x + y))(5.0, 1.0) == (5.0, 1.0)
    assert jvp(lambda x: x * backward(lambda y: x + y))(5.0, 1.0) == (5.0, 1.0)
    assert grad(lambda x: x * forward(lambda y: x * y))(3.0) == 6.0


def test_what_is_closed_over_stays_a_variable():
    """A Value that f closes over, or the direction holds, can be differentiated by afterwards."""
    w, v = Value(3.0), Value(2.0)
    value, slope = jvp(lambda x: w * x * x)(5.0, 1.0)
    assert (value.data, slope.data) == (75.0, 30.0)
    assert gradient(slope, [w])[0].data == 10.0
    _, slope = jvp(lambda x: x**3)(2.0, v)
    assert gradient(slope, [v])[0].data == 12.0
    assert jvp(lambda x: 7.0)(2.0, 1.0) == (7.0, 0.0)
    assert jvp(lambda x: [x.detach() * x, w * 1.0])(2.0, 1.0)[1][0].data == 2.0


def test_kinks_choose_what_backward_chooses():
    """At a kink, and on the side of a choice that is not taken."""
    for f in (abs, jangrad.relu, lambda x: maximum(x, 0.0), lambda x: maximum(0.0, x)):
        assert jvp(f)(0.0, 1.0)[1] == grad(f)(0.0)
    assert jvp(lambda x: where(x > 0, x, log(x)))(2.0, 3.0) == (2.0, 3.0)
    assert jvp(lambda x: where(x >= 0, x, jangrad.sqrt(x)))(0.0, 3.0) == (0.0, 3.0)
    for f in (
        jvp(lambda x: jangrad.sqrt(x[0]) + x[1]),
        jit(jvp(lambda x: jangrad.sqrt(x[0]) + x[1])),
    ):
        assert math.isnan(f([0.0, 1.0], [0.0, 1.0])[1])  # 0 * inf, as in JAX, in both engines


def test_compiled_it_gives_the_same():
    """jit of it, it of a compiled function, over rows, and with rows picked of a table."""
    expected = jvp(curved)(AT, ALONG)
    for compiled in (jit(jvp(curved)), jvp(jit(curved))):
        value, slope = compiled(AT, ALONG)
        assert value.tolist() == pytest.approx(expected[0], rel=1e-13)
        assert slope.tolist() == pytest.approx(expected[1], rel=1e-13)
    for compiled in (jit(jacfwd(curved)), jacfwd(jit(curved))):
        for row, right in zip(compiled(AT), jacfwd(curved)(AT), strict=True):
            assert row.tolist() == pytest.approx(right, rel=1e-13)
    rows = jit(jvp(lambda x: where(x > 0, x * x, sin(x)))).map([2.0, -1.0], [1.0, 1.0])
    assert rows[1].tolist() == pytest.approx([4.0, math.cos(1.0)])

    def looked_up(x, i):
        return table([[x[0] * 2.0, x[1]], [x[1] ** 2, x[0]]])[i][0] * x[0]

    for i in (0, 1):
        plain = jvp(looked_up)([3.0, 5.0], [1.0, -1.0], i)
        assert jit(jvp(looked_up))([3.0, 5.0], [1.0, -1.0], i) == pytest.approx(plain)


def test_mistakes_are_named():
    """Another nesting, a backward of one's own, a stale graph."""
    for v in ([1.0], 1.0, [1.0, 2.0, 3.0], [[1.0, 2.0]]):
        with pytest.raises(ShapeError, match="is not nested as x"):
            jvp(lambda x: x[0])([1.0, 2.0], v)

    def own(x):
        out = micrograd.Value(x.data, (x,), "same")
        out._backward = lambda: None
        return out

    with pytest.raises(Untraceable, match="`same` has a backward of its own"):
        jvp(own)(1.0, 1.0)
    w = Value(2.0)
    square = w * w
    w.data = 3.0
    with pytest.raises(StaleGraph):
        jvp(lambda x: x * square)(1.0, 1.0)
