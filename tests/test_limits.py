"""Functions over lists and of two numbers where formulas have a hole and the function has none."""

import math
from itertools import product

import pytest

import jangrad
from jangrad import (
    Value,
    entropy,
    grad,
    hessian,
    ieee,
    jacfwd,
    jit,
    kl_divergence,
    log_softmax,
    logsumexp,
    maximum,
    norm,
    softmax,
    sqrt,
    value_and_grad,
    xlogy,
)
from jangrad.errors import DomainError, ShapeError
from jangrad.nn import huber

INF, NAN, ROOT = math.inf, math.nan, math.sqrt(0.5)


def in_all_engines(f, at):
    """Value and gradient by backward, as graphs, and compiled."""
    leaves = [Value(x) for x in at]
    root = f(leaves)
    root.backward()
    yield root.data, [v.grad for v in leaves]
    yield value_and_grad(f)(at)
    value, slopes = jit(value_and_grad(f))(at)
    yield value, slopes.tolist()
    yield f(list(at)), None


def agrees(f, at, value, slopes):
    for found, gradient in in_all_engines(f, at):
        assert found == pytest.approx(value, rel=1e-15, nan_ok=True)
        if gradient is not None:
            assert gradient == pytest.approx(slopes, rel=1e-13, nan_ok=True)


@pytest.mark.parametrize(
    ("at", "value", "slopes"),
    [
        ([3.0, 4.0], 5.0, [0.6, 0.8]),
        ([0.0, -0.0], 0.0, [0.0, 0.0]),
        ([NAN, 3.0], NAN, [NAN, NAN]),
        ([3.0, NAN], NAN, [NAN, NAN]),
        ([1e200, 1e200], math.hypot(1e200, 1e200), [ROOT, ROOT]),
        ([1e-200, -1e-200], math.hypot(1e-200, 1e-200), [ROOT, -ROOT]),
        ([3e-162, 4e-162], 5e-162, [0.6, 0.8]),
        ([3e-320, 4e-320], math.hypot(3e-320, 4e-320), [0.6, 0.8]),
        ([1e308, 0.0, 1e-308], 1e308, [1.0, 0.0, 0.0]),
    ],
)
def test_norm(at, value, slopes):
    """It is scaled, so that no square leaves the range, and nan stays nan."""
    if max(map(abs, at)) < 1e-300 and any(at):
        slopes = pytest.approx(slopes, rel=1e-3)  # subnormal numbers have few digits
        assert all(gradient in (None, slopes) for _, gradient in in_all_engines(norm, at))
        return
    agrees(norm, at, value, slopes)


def test_norm_in_single_precision():
    """Squares leave the range of single precision sooner."""
    for x in (1e30, 1e-30):
        assert jit(norm, dtype="float32")([x, x]) == pytest.approx(x * math.sqrt(2), rel=1e-6)
        slopes = jit(grad(norm), dtype="float32")([x, x])
        assert slopes == pytest.approx([ROOT, ROOT], rel=1e-6)


@pytest.mark.parametrize("second", [hessian, lambda f: jacfwd(grad(f)), lambda f: jit(hessian(f))])
@pytest.mark.parametrize("x", [1e150, 1e-150, 1.0])
def test_second_derivatives_of_long_and_short_lists(second, x):
    right = 0.5**1.5 / x
    rows = second(norm)([x, x])
    assert [*rows[0], *rows[1]] == pytest.approx([right, -right, -right, right], rel=1e-12)


def test_no_second_derivative_of_a_length_at_zero_is_a_number():
    """The square of a length has one, but not by way of the length, and nan says so."""
    square = hessian(lambda v: norm(v) ** 2)
    compiled = jit(square)
    for found in (square([0.0, 0.0]), compiled([0.0, 0.0]).tolist()):
        assert all(math.isnan(x) for row in found for x in row)
    for found in (square([1.0, 2.0]), compiled([1.0, 2.0]).tolist()):
        assert [*found[0], *found[1]] == pytest.approx([2.0, 0.0, 0.0, 2.0], abs=1e-15)


@pytest.mark.parametrize(
    ("at", "value", "slopes"),
    [
        ([-INF, -INF], -INF, [0.5, 0.5]),
        ([INF, 1.0], INF, [1.0, 0.0]),
        ([INF, INF, 0.0], INF, [0.5, 0.5, 0.0]),
        ([INF, -INF], INF, [1.0, 0.0]),
        ([-INF, 1.0], 1.0, [0.0, 1.0]),
        ([NAN, 1.0], NAN, [NAN, NAN]),
        ([1.0, NAN], NAN, [NAN, NAN]),
        ([1e308, -1e308], 1e308, [1.0, 0.0]),
    ],
)
def test_logsumexp_of_infinities(at, value, slopes):
    """-inf counts for nothing, inf for all; the gradient is the softmax."""
    agrees(logsumexp, at, value, slopes)
    for i in range(len(at)):
        for found, _ in in_all_engines(lambda v, i=i: softmax(v)[i], at):
            assert found == pytest.approx(slopes[i], nan_ok=True)
        for found, gradient in in_all_engines(lambda v, i=i: log_softmax(v)[i], at):
            wanted = NAN if math.isnan(slopes[i]) else -INF
            assert found == pytest.approx(
                math.log(slopes[i]) if slopes[i] > 0.0 else wanted, nan_ok=True
            )
            ones = [float(j == i) - s for j, s in enumerate(slopes)]
            assert gradient is None or gradient == pytest.approx(ones, nan_ok=True)


def test_a_recursion_of_impossible_paths():
    """As in connectionist temporal classification: -inf joins -inf, and then a number."""

    def f(v):
        return logsumexp([logsumexp([v[0], v[1]]), logsumexp([v[2], v[3]])])

    agrees(f, [-INF, -INF, 1.0, -INF], 1.0, [0.0, 0.0, 1.0, 0.0])


@pytest.mark.parametrize(
    ("a", "b", "value", "slopes"),
    [
        (0.0, 0.0, 0.0, [0.0, 0.0]),
        (0.0, 2.0, 0.0, [math.log(2.0), 0.0]),
        (0.0, INF, 0.0, [INF, 0.0]),
        (0.0, -1.0, 0.0, [0.0, -0.0]),
        (0.0, NAN, NAN, [NAN, NAN]),
        (2.0, 0.0, -INF, [-INF, INF]),
        (2.0, 3.0, 2.0 * math.log(3.0), [math.log(3.0), 2.0 / 3.0]),
        (2.0, -1.0, NAN, [NAN, -2.0]),
    ],
)
def test_xlogy(a, b, value, slopes):
    """Values as in SciPy; slopes as in PyTorch, but 0 and not nan at (0, 0)."""
    agrees(lambda v: xlogy(v[0], v[1]), [a, b], value, slopes)


def test_xlogy_again():
    """The mixed second derivative is 1 / b also at a = 0."""
    f = hessian(lambda v: xlogy(v[0], v[1]))
    assert f([0.0, 2.0]) == [[0.0, 0.5], [0.5, -0.0]]
    assert jit(f)([0.0, 2.0]).tolist() == [[0.0, 0.5], [0.5, -0.0]]


def test_entropy_and_divergence():
    """What is impossible adds nothing, and gets no gradient from itself."""
    half = math.log(2.0)
    agrees(entropy, [0.0, 1.0], 0.0, [0.0, -1.0])
    agrees(entropy, [0.5, 0.5], half, [half - 1.0, half - 1.0])
    agrees(lambda z: entropy(softmax(z)), [0.0, -INF], 0.0, [0.0, 0.0])
    agrees(lambda z: entropy(softmax(z)), [0.0, -1000.0], 0.0, [0.0, 0.0])
    other = [0.25, 0.75]
    agrees(
        lambda p: kl_divergence(p, other), [0.0, 1.0], -math.log(0.75), [0.0, 1 - math.log(0.75)]
    )
    agrees(lambda q: kl_divergence([0.0, 1.0], q), [0.0, 1.0], 0.0, [0.0, -1.0])
    assert kl_divergence([1.0], [0.0]) == INF
    with pytest.raises(ShapeError, match="they have 1 and 2"):
        kl_divergence([1.0], [0.5, 0.5])


@pytest.mark.parametrize("at", [0.0, 0.5, -0.5, 2.0])
def test_huber_bends_inside_delta(at):
    """Its second derivative is 1 inside delta, at 0 too, and 0 outside."""

    def f(x):
        return huber([[x]], [0.0])

    assert grad(grad(f))(at) == jit(grad(grad(f)))(at) == float(abs(at) < 1.0)


@pytest.mark.parametrize("at", [(1.0, NAN), (NAN, 1.0)])
def test_a_maximum_that_is_detached_stays_nan(at):
    """Compiled as in the engine."""
    assert math.isnan(jit(lambda a, b: maximum(a, b).detach())(*at))


def test_powers_at_zero_to_any_order():
    """The polynomials' derivatives, for plain exponents; with one that varies, their limits."""
    for k in (0, 1, 2, 3, 4):
        f = jit_f = lambda x, k=k: x**k
        right = 1.0
        for order in range(1, 5):
            right *= k - order + 1
            f = grad(f)
            jit_f = grad(jit_f)
            wanted = right if order == k else 0.0
            assert f(0.0) == jit(jit_f)(0.0) == wanted
    assert grad(grad(lambda x: x**0))(1e-200) == jit(grad(grad(lambda x: x**0)))(1e-200) == 0.0
    curves = hessian(lambda v: v[0] ** v[1])
    assert curves([0.0, 2.0]) == jit(curves)([0.0, 2.0]).tolist() == [[2.0, 0.0], [0.0, 0.0]]
    # a ** (b - 1) * (1 + b * log(a)) at b = 1 has no finite limit
    for found in (curves([0.0, 1.0]), jit(curves)([0.0, 1.0]).tolist()):
        assert found[0][1] == found[1][0] == -INF


@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.5, 0.3, -2.7])
def test_roots_of_minus_infinity_are_no_numbers(exponent):
    """As those of every negative number: an error in Python, and nan where there is none."""
    with pytest.raises(DomainError):
        Value(-math.inf) ** exponent
    assert math.isnan(ieee.power(-math.inf, exponent))
    assert math.isnan(jit(lambda x: x**exponent)(-math.inf))
    assert math.isnan(jit(lambda x, n: x**n)(-math.inf, exponent))


def test_powers_do_not_depend_on_the_numbers_of_the_first_call():
    """What has no real slope is nan compiled, whichever call was the first."""
    for first in ((2.0, 3.0), (-2.0, 2.0)):
        f, slopes = jit(lambda a, b: a**b), jit(grad(lambda v: v[0] ** v[1]))
        f(*first), slopes(list(first))
        assert f(-2.0, 2.0) == 4.0
        assert slopes([-2.0, 2.0])[0] == -4.0
        assert math.isnan(slopes([-2.0, 2.0])[1])
    for first in (4.0, -4.0):
        root = jit(lambda x: x**0.5)
        root(first)
        assert root(4.0) == 2.0
        assert math.isnan(root(-4.0))


def test_the_exponent_of_a_power_of_0_below_an_infinite_slope():
    """`backward` gives the limit, 0; where the partial is to be differentiated again, it is nan."""

    def f(v):
        return sqrt(v[0] ** v[1])

    a, b = Value(0.0), Value(3.0)
    f([a, b]).backward()
    assert b.grad == 0.0
    for gradient in (grad(f), jit(grad(f))):
        assert math.isnan(gradient([0.0, 3.0])[1])


@pytest.mark.parametrize(
    ("a", "b", "slope"),
    [(1.0, 0.1, -9.0), (6.0, 0.2, -29.0), (-1e-300, 1e300, 1.0), (5.5, 2.0, -2.0)],
)
def test_the_slope_of_a_remainder_is_the_quotient_that_was_taken(a, b, slope):
    """Also where a / b rounds to the next integer, in every engine."""
    f = lambda v: v[0] % v[1]
    x, y = Value(a), Value(b)
    (x % y).backward()
    assert [x.grad, y.grad] == [1.0, slope]
    assert grad(f)([a, b]) == [1.0, slope]
    assert jit(grad(f))([a, b]).tolist() == [1.0, slope]


_POINTS = [0.0, -0.0, 1.0, -2.5, 1e-155, 1e155, 1e300, math.inf]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("f", "points"),
    [
        (jangrad.rel_entr, [(a, b) for a in (0.0, 0.5, 2.0) for b in _POINTS if b > 0.0]),
        (jangrad.atan2, [*product(_POINTS, _POINTS)]),
    ],
)
def test_mixed_second_derivatives_are_one_number(f, points, compiled):
    """Whichever input comes first, also where a rule chooses, and where squares leave the range."""
    second = hessian(lambda p: f(p[0], p[1]))
    second = jit(second) if compiled else second
    for point in points:
        if point in ((0.0, 0.0), (math.inf, math.inf)):
            continue
        rows = second(list(point))
        # Numbers of Python, whose products may underflow whatever NumPy was told of that.
        finite = [abs(float(x)) for row in rows for x in row if math.isfinite(x)]
        near = pytest.approx(
            float(rows[1][0]), rel=1e-14, abs=1e-15 * max(finite, default=0.0), nan_ok=True
        )
        assert float(rows[0][1]) == near, point


def test_the_slope_of_a_term_of_a_divergence_that_is_0():
    assert hessian(lambda p: kl_divergence([p[0], 1.0], [p[1], 1.0]))([0.0, 2.0])[0][1] == -0.5


@pytest.mark.parametrize(
    ("y", "x", "slopes"),
    [
        (1.0, math.inf, (0.0, -0.0)),
        (math.inf, 1.0, (0.0, -0.0)),
        (1e300, 1e300, (5e-301, -5e-301)),
        (1e-300, 1e-300, (5e299, -5e299)),
    ],
)
def test_slopes_of_an_angle(y, x, slopes):
    assert grad(lambda p: jangrad.atan2(p[0], p[1]))([y, x]) == pytest.approx(slopes, rel=1e-15)


@pytest.mark.parametrize("other", [NAN, 1.0, -0.0, math.inf])
def test_the_hypotenuse_of_an_infinite_side_is_infinite(other):
    """Whatever the other is, as in IEEE 754 and C; in each engine, and of many rows at once."""
    pairs = [[a, b] for x in (math.inf, -math.inf) for a, b in ((x, other), (other, x))]
    for at in pairs:
        found = [value for value, _ in in_all_engines(lambda v: jangrad.hypot(*v), at)]
        assert found == [math.inf] * 4
    for dtype in ("float64", "float32"):
        rows = jit(lambda v: jangrad.hypot(*v), dtype=dtype).map(pairs * 5)
        assert list(rows) == [math.inf] * 20
    assert math.isnan(jangrad.hypot(0.0, NAN))
    assert math.isnan(jangrad.hypot(1e308, NAN))
