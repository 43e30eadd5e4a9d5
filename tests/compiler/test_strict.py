"""`with strict():` holds in machine code, and names what Python names."""

import math

import numpy as np
import pytest
from hypothesis import given, reject
from tests.compiler.strategies import programs
from tests.compiler.test_random_programs import Eager, close, some
from tests.compiler.ways import WAYS, compiled_as

from jangrad import (
    Value,
    entropy,
    exp,
    grad,
    hessian,
    jit,
    kl_divergence,
    log,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    norm,
    softmax,
    sqrt,
    strict,
    table,
    tanh,
    where,
    xlogy,
)
from jangrad.compiler.program.codes import MUL, SUM
from jangrad.compiler.program.finite_checks import checked, checked_first
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.ir import verify
from jangrad.compiler.program.trace import trace
from jangrad.errors import NonFinite
from jangrad.nn import MLP

pytestmark = pytest.mark.usefixtures("own_operations")


def raised(function, *arguments):
    """The text of the error that this raises inside `strict()`."""
    with pytest.raises(NonFinite) as caught, strict():
        function(*arguments)
    return str(caught.value)


# -- calls ----------------------------------------------------------------------------------------


def test_a_call_names_operation_inputs_and_line():
    """As uncompiled code does; outside, the number comes through."""
    f = jit(lambda x: 2.0 * log(x - 3.0))
    text = raised(f, 1.0)
    assert text.startswith("`log` gave nan from (-2.0)")
    assert "where: test_strict.py" in text
    assert "2.0 * log(x - 3.0)" in text
    assert math.isnan(f(1.0))
    with strict():
        assert f(4.0) == 0.0


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("function", [
    lambda x, y: 1.0 / (1.0 / x) + y,
    lambda x, y: tanh(y / x),
    lambda x, y: exp(-(1.0 / x)) * y,
    lambda x, y: where(y > 0.0, y, 1.0 / x),
    lambda x, y: maximum(-1.0 / abs(x), y),
    lambda x, y: [y, (y / x - y / x) ** 0.0],
    lambda x, y: sum([tanh(y * i / x) for i in range(1, 9)]),
])  # fmt: skip
def test_what_is_hidden_again_is_found(function, way):
    """An inf whose inverse is 0, which is cut off, or not chosen: each is named."""
    with compiled_as(way):
        f = jit(function)
        assert np.isfinite(f(0.0, 2.0)).all()
        text = raised(f, 0.0, 2.0)
        assert text.startswith("`div` gave ")
        assert "`div` needs b != 0" in text
        with strict():
            np.testing.assert_allclose(f(0.5, 2.0), f(0.5, 2.0))


def test_the_first_in_the_order_of_the_program_is_named():
    """Not the one that machine code comes to first."""
    f = jit(lambda x: [tanh(exp(x[0] * 1000.0)), 1.0 / x[1], log(x[2])])
    assert raised(f, [1.0, 0.0, -1.0]).startswith("`exp` gave inf from (1000.0)")
    assert raised(f, [0.0, 0.0, -1.0]).startswith("`div` gave inf from (1.0, 0.0)")
    assert raised(f, [0.0, 1.0, -1.0]).startswith("`log` gave nan from (-1.0)")


def test_a_compiled_gradient_names_whose_it_is():
    """`jit(grad(f))` as `grad(f)`."""
    text = raised(jit(grad(lambda x: sum(sqrt(v) for v in x))), [1.0, 0.0])
    assert text.startswith("the gradient of `sqrt` at (0.0): `div` gave inf")


def test_parameters_that_it_closes_over_are_as_they_are_now():
    """They are read at each call, also by the one that explains."""
    w = Value(1.0)
    f = jit(lambda x: log(w) * x)
    with strict():
        assert f(2.0) == 0.0
    w.data = -4.0
    assert raised(f, 2.0).startswith("`log` gave nan from (-4.0)")


def test_a_number_that_picks_a_row_is_none_to_compute_with():
    """It is given to the function as a plain number."""
    f = jit(lambda i, x: log(table([1.0, x])[i]))
    assert raised(f, 1, -3.0).startswith("`log` gave nan from (-3.0)")
    with strict():
        assert f(0, 1.0) == 0.0


def test_an_item_that_is_not_picked_is_found():
    """An array is computed whole, as by Python."""
    f = jit(lambda i, x: table([1.0, 1.0 / x])[i])
    assert f(0, 0.0) == 1.0
    assert raised(f, 0, 0.0).startswith("`div` gave inf from (1.0, 0.0)")


def test_what_no_result_depends_on_is_not_computed():
    """The one thing that Python names and compiled code does not."""
    with strict():
        assert jit(lambda x, y: [1.0 / x, y][1])(0.0, 2.0) == 2.0


def test_single_precision_ends_earlier():
    """What float32 alone cannot hold is told as such."""
    f = jit(lambda x: 1.0 / exp(x), dtype="float32")
    text = raised(f, 100.0)
    assert text.startswith("`exp` gave inf from (100) in float32")
    assert "where: test_strict.py" in text
    assert "1.0 / exp(x)" in text
    assert raised(f.map, [1.0, 100.0]).startswith("row 1: `exp` gave inf from (100) in float32")
    g = jit(lambda x: tanh(x + 2e38 + 0.0 * x), dtype="float32")
    assert raised(g, 3e38).startswith("`add` gave inf from (3e+38")
    assert 'try: dtype="float64"' in text
    assert raised(f, 1000.0).startswith("`exp` gave inf from (1000.0)")


#: Functions with finite results, of which a program also computes what is not chosen.
BESIDE = [
    (lambda x: softmax([x[0], -math.inf, x[1]]), [1.0, 2.0]),
    (lambda x: logsumexp([x[0], -math.inf]), [1.0, 2.0]),
    (grad(lambda x: softmax([x[0], -math.inf, x[1]])[0]), [1.0, 2.0]),
    (grad(norm), [0.0, 0.0]),
    (grad(lambda x: xlogy(x[0], x[1])), [0.0, 0.0]),
    (grad(entropy), [0.0, 1.0]),
    (grad(lambda x: kl_divergence(x, [0.5, 0.5])), [1.0, 0.0]),
    (grad(lambda x: x[0] ** x[1]), [0.0, 0.0]),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("function", "row"), BESIDE)
def test_what_python_does_not_meet_is_no_alarm(function, row, dtype):
    """A mask of -inf, or log(0) times 0, beside what is chosen: the result is Python's."""
    f = jit(function, dtype=dtype)
    with strict():
        expected = np.array(function(row))
        assert f(row) == pytest.approx(expected)
        found = f.map([row, [0.5, 0.25], row])
    assert np.array(found)[[0, 2]].tolist() == [pytest.approx(expected)] * 2
    assert found[1] == pytest.approx(np.array(function([0.5, 0.25])))


def test_after_rows_that_are_no_alarm_others_are_found():
    """A row that looks bad hides none."""
    f = jit(lambda x, y: logsumexp([log(y), x, -math.inf]))
    rows = np.ones(9)
    rows[6] = -1.0
    assert raised(f.map, rows, rows).startswith("row 6: `log` gave nan from (-1.0)")


@pytest.mark.parametrize("function", [
    tanh,
    lambda x: 1.0 / x,
    lambda x: minimum(x, 1.0),
    lambda x: where(x == x, x, 1.0),
    lambda x: x * 1.0,
    lambda x: x,
])  # fmt: skip
def test_an_argument_that_is_not_finite_is_found_at_every_call(function):
    """Also where it is hidden again, and not at the call alone that is traced."""
    f = jit(function)
    f(0.5)
    f.map([0.5])
    for _ in range(2):
        assert raised(f, math.inf).startswith("a Value was made from inf")
        assert raised(f.map, [1.0, math.nan]).startswith("row 1: a Value was made from nan")


# -- maps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["straight-line", "loop nests", "tables"])
@pytest.mark.parametrize("count", [1, 3, 300, 40_000])
def test_a_map_names_the_first_row(count, way):
    """However many rows there are, and wherever it is."""
    with compiled_as(way):
        f = jit(lambda x, y: [1.0 / (1.0 / x), y])
        rows = np.ones(count)
        with strict():
            np.testing.assert_array_equal(f.map(rows, 2.0 * rows), f.map(rows, 2.0 * rows))
        for place in {0, count // 2, count - 1}:
            rows[:] = 1.0
            rows[[place, -1]] = 0.0
            assert raised(f.map, rows, rows).startswith(f"row {place}: `div` gave inf")


def test_what_all_rows_share_is_checked_too():
    """A parameter outside its domain is found in the first row."""
    w = Value(-1.0)
    assert raised(jit(lambda x: x * log(w)).map, [1.0, 2.0]).startswith("row 0: `log` gave nan")


# -- the program ----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@some
@given(program=programs() | programs(looking=True))
def test_finite_programs_pass(program, way):
    """Random programs in which Python meets finite numbers alone: nothing is raised."""
    f, _ = program.make()
    row = program.rows[0]
    try:
        with strict():
            eager = Eager(program, row)
    except NonFinite:
        reject()
    with compiled_as(way), strict():
        found = jit(f)(*row)
    close(found, eager.value, eager.scale)


@pytest.mark.parametrize("row", [[-1.0], [-3.0, 1.0], [1e250, 1e250], [1e308, 1e308], [0.0, -0.0]])
def test_a_length_is_finite_on_both_sides_of_its_choice(row):
    """What it would be at 0 is computed for every vector."""
    expected = norm(row)
    with strict():
        for way in (norm, lambda v: norm(v).exp().log() if max(row) < 9.0 else norm(v)):
            assert jit(way)(row) == pytest.approx(expected)
        assert jit(norm).map([row, row]).tolist() == [expected, expected]
        assert jit(grad(norm))(row).tolist() == pytest.approx(grad(norm)(row))
        if any(row):
            assert jit(hessian(norm))(row) == pytest.approx(np.array(hessian(norm)(row)))


def test_only_what_could_be_hidden_is_looked_at():
    """Of a layer of a network what its activation takes and gives, not each product and sum."""
    net = MLP(8, [32, 1], "tanh", seed=0)
    program = trace(lambda x: net(x), [[0.5] * 8]).program
    longer = checked(program)
    verify(longer)
    looked_at = longer.op[len(program) :]
    assert (looked_at == MUL).sum() == 32 + 1
    assert (looked_at == SUM).sum() == 1


@pytest.mark.parametrize("x", [[1.0, 2.0], [0.0, 2.0], [math.inf, 1.0]])
def test_the_flag_is_0_or_nan(x):
    """By the interpreter: nan for what no output shows."""
    program = trace(lambda x: [tanh(x[1] / x[0]), log_softmax(x)[0]], [[1.0, 2.0]]).program
    (*_, (flag,)) = interpret(checked(program), [], [x])
    ((first,), *_) = interpret(checked_first(program), [], [x])
    fine = x == [1.0, 2.0]
    assert (flag == 0.0, math.isfinite(first)) == (fine, fine)
    assert fine or math.isnan(flag)
