"""What `jit` promises: shapes, retracing, parameters read at each call, arguments and results."""

import gc
import math
import os
import re
import threading
from collections import namedtuple

import numpy as np
import pytest

import jangrad
from jangrad import (
    MLP,
    Value,
    compile_step,
    engine,
    grad,
    hessian,
    hvp,
    jacobian,
    jit,
    ops,
    table,
    value_and_grad,
)
from jangrad.compiler import Compiled
from jangrad.compiler.run import native
from jangrad.errors import NoSuchRow, ShapeError
from jangrad.train import SGD

Point = namedtuple("Point", "x y")
ROWS = [1, 3, 4, 5, 63, 64, 65, 1000]


# -- tracing --------------------------------------------------------------------------------------


def counted(f):
    """The function compiled, and the list of its traces."""
    traces = []

    def g(*arguments):
        traces.append(arguments)
        return f(*arguments)

    return jit(g), traces


def test_a_nesting_is_traced_once():
    """Numbers may change, and lists of other lengths are other functions."""
    f, traces = counted(lambda x: sum(x))
    assert [f([1.0, 2.0]), f([3.0, 4.0]), f([1.0, 2.0, 3.0]), f((1.0, 2.0))] == [3, 7, 6, 3]
    assert len(traces) == 3
    assert f.shapes == ["f(list[2])", "f(list[3])", "f(tuple[2])"]
    assert repr(f) == "jit(g, 3 shapes)"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (([1.0, [2.0]],), ([[1.0], 2.0],)),
        ((1.0, [2.0]), ([1.0], 2.0)),
        ((1.0,), (1.0, 2.0)),
        (([1.0], [2.0, 3.0]), ([1.0, 2.0], [3.0])),
        (({"a": 1.0, "b": 2.0},), ({"b": 1.0, "a": 2.0},)),
        ((np.zeros((2, 3)),), (np.zeros((3, 2)),)),
        (([],), ([[]],)),
    ],
)
def test_nestings_with_as_many_numbers_are_told_apart(first, second):
    """The second call is not answered by the program of the first."""
    f, traces = counted(lambda *x: 1.0)
    f(*first)
    f(*second)
    assert len(traces) == 2


def test_parameters_are_read_at_each_call():
    """A changed weight is seen, in calls and over rows, also one that is a result itself."""
    w, b = Value(2.0), Value(1.0)
    f = jit(lambda x: (w * x, b))
    assert f(3.0) == (6.0, 1.0)
    w.data, b.data = -1.0, 5.0
    assert f(3.0) == (-3.0, 5.0)
    assert [part.tolist() for part in f.map([3.0, 4.0])] == [[-3.0, -4.0], [5.0, 5.0]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_parameter_is_seen_however_it_was_changed(dtype):
    """Assigned, moved by a step of either kind, made anew in place; and between two calls alike."""
    w = Value(2.0)
    f = jit(lambda x: w * x, dtype=dtype)
    sgd = SGD([w], 0.5)
    step = compile_step(lambda: w, [w], sgd)

    def by_python():
        w.backward()
        sgd.step()

    assert f(1.0) == f(1.0) == 2.0
    for change, wanted in (
        (lambda: setattr(w, "data", 4.0), 4.0),
        (by_python, 3.5),
        (step, 3.0),
        (lambda: w.__init__(8.0), 8.0),
    ):
        change()
        assert f(1.0) == f(1.0) == f.map([1.0])[0] == wanted


def test_a_number_is_no_part_of_a_trace():
    """Constants of the function are kept, arguments never."""
    f = jit(lambda x, y: (x * x + 3.0 * y, Value(2.0) * x))
    assert f(2.0, 5.0) == (19.0, 4.0)
    assert f(-1.0, 0.0) == (1.0, -2.0)


# -- arguments and results ------------------------------------------------------------------------


def test_arguments_may_be_nested():
    """Lists, tuples, named tuples, dicts, arrays, integers, numbers of NumPy."""

    @jit
    def f(a, b, c, d):
        return a["u"] + a["v"][1] * b.x - b.y + c[1][2] + d

    a, b = {"u": 1, "v": (2.0, 3.0)}, Point(4.0, 5)
    c = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert f(a, b, c, np.float64(0.5)) == 1 + 3 * 4 - 5 + 5 + 0.5
    assert f.shapes == ["f(dict(u=number, v=tuple[2]), Point[2], array[2, 3], number)"]


def test_a_list_that_holds_itself_is_refused():
    """As Python does it, in lists and in dicts; the function works on."""
    f = jit(lambda x: x[0] * 2.0)
    loop, named = [1.0], {}
    loop.append(loop)
    named["again"] = [named]
    for endless in (loop, named):
        with pytest.raises(RecursionError):
            f(endless)
    assert f([3.0]) == 6.0


def test_results_may_be_nested():
    """Lists of one length become arrays; tuples, named tuples and dicts stay what they are."""
    w = Value(2.0)

    @jit
    def f(x):
        y = [xi * w for xi in x]
        return {
            "list": y,
            "rows": [y, x],
            "apart": [y, x[0]],
            "point": Point(x[0], [w]),
            "plain": 3,
            "array": np.array(y),
        }

    found = f([1.0, 2.0])
    assert found["list"].tolist() == [2.0, 4.0]
    assert found["rows"].tolist() == [[2.0, 4.0], [1.0, 2.0]]
    assert [np.asarray(part).tolist() for part in found["apart"]] == [[2.0, 4.0], 1.0]
    assert isinstance(found["point"], Point)
    assert found["point"].y.tolist() == [2.0]
    assert (found["plain"], found["array"].tolist()) == (3.0, [2.0, 4.0])
    mapped = f.map([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert mapped["list"].tolist() == [[2.0, 4.0], [6.0, 8.0], [10.0, 12.0]]
    assert mapped["rows"].shape == (3, 2, 2)
    assert mapped["point"].x.tolist() == [1.0, 3.0, 5.0]


def test_a_product_that_is_a_result_and_a_term():
    """What the function returns is stored, though a single sum uses it up."""

    @jit
    def f(x):
        product = x[0] * x[1]
        return product, product + 1.0

    rows = np.random.default_rng(0).normal(size=(9, 2))
    product = rows[:, 0] * rows[:, 1]
    np.testing.assert_allclose(f.map(rows), (product, product + 1.0), rtol=1e-15, atol=0)
    assert f(rows[0]) == pytest.approx((product[0], product[0] + 1.0), rel=1e-15)


def test_a_small_program_is_straight_line_code():
    """No loop, nothing between its scalars in memory, and a long operation translated once."""
    w = Value(0.5)
    f = jit(lambda x: sum(jangrad.tanh(w * a + 0.25 * b) / (1.0 + a * a) for a, b in x))
    numbers = [(0.1, 2.0), (-0.3, 0.5), (1.5, -0.25)]
    assert f(numbers) == pytest.approx(f.function(numbers).data, rel=1e-14)
    (once,) = re.findall(r"define internal void @once\(.*?\n}", f.llvm(), re.DOTALL)
    assert once.count("store") == 1
    assert once.count("call double @tanh.1.once") == 3
    assert f.llvm().count("define internal double @tanh.1.once") == 1
    assert "phi" not in once


def test_programs_with_nothing_to_do():
    """No result, no parameters, no arguments, an argument as the result, the same result twice."""
    w = Value(2.0)
    assert jit(lambda x: [])([1.0]) == []
    assert jit(lambda: ({}, []))() == ({}, [])
    assert jit(lambda: w * 3.0)() == 6.0
    assert jit(lambda: w)() == 2.0
    assert jit(lambda x: x)(5.0) == 5.0
    assert jit(lambda x: x)([1.0, 2.0]).tolist() == [1.0, 2.0]
    assert jit(lambda x: 4.0)(1.0) == 4.0
    assert jit(lambda x: x * 2.0)(3.0) == 6.0

    def twice(x):
        y = x * w
        return y, y, x, x, [y, x]

    assert [np.asarray(part).tolist() for part in jit(twice)(3.0)] == [6.0, 6.0, 3.0, 3.0, [6.0, 3.0]]  # noqa: E501  # fmt: skip
    assert jit(lambda x: 4.0).map([1.0, 2.0]).tolist() == [4.0, 4.0]
    assert jit(lambda x: x).map([1.0, 2.0]).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "step",
    [
        lambda h, x: jangrad.tanh(h) + x,
        lambda h, x: h * x,
        lambda h, x: h - x,
        lambda h, x: 0.9 * h,
    ],
    ids=["tanh", "product", "difference", "multiple"],
)
def test_long_chains(step):
    """Of any length: nothing recurses over the program."""

    def f(x):
        h = x
        for _ in range(600):
            h = step(h, x)
        return h

    x = Value(0.999)
    out = f(x)
    out.backtrack()
    value, slope = jit(value_and_grad(f))(0.999)
    assert value == pytest.approx(out.data, rel=1e-12)
    assert slope == pytest.approx(x.grad, rel=1e-12)


def test_results_belong_to_the_caller():
    """A later call does not change them, and neither are arguments written."""
    f = jit(lambda x: [xi * 2.0 for xi in x])
    x = np.array([1.0, 2.0])
    first = f(x)
    second = f(x + 1.0)
    assert (first.tolist(), second.tolist(), x.tolist()) == ([2.0, 4.0], [4.0, 6.0], [1.0, 2.0])
    rows = np.ones((5, 2))
    one, two = f.map(rows), f.map(rows * 3.0)
    assert (one.min(), one.max(), two.min(), rows.max()) == (2.0, 2.0, 6.0, 1.0)
    both = jit(lambda x: (lambda y: {"a": y, "b": y, "all": [y, y[::-1]]})([xi + 1.0 for xi in x]))
    found = both.map(rows)
    found["a"][:] = 0.0
    assert (found["b"].min(), found["all"].min(), f.map(rows).max()) == (2.0, 2.0, 2.0)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_results_of_rows_have_the_order_of_the_function(dtype):
    """Where they are all that is computed, in order or out of it, of any shape, or one for all."""
    w = Value(3.0)
    rows = np.arange(12.0).reshape(4, 3)
    for function, wanted in (
        (lambda x: [xi + xi for xi in x], 2.0 * rows),
        (lambda x: [[xi + xi, xi * xi] for xi in x], np.stack([2.0 * rows, rows**2], -1)),
        (lambda x: [x[2], x[0]], rows[:, [2, 0]]),
        (lambda x: [w + 0.0, x[1]], np.c_[np.full(4, 3.0), rows[:, 1]]),
        (lambda x: [x[1]], rows[:, 1:2]),
    ):
        found = jit(function, dtype=dtype).map(rows)
        assert (found.dtype, found.shape) == (np.dtype(float), wanted.shape)
        assert found.tolist() == wanted.tolist()


def test_it_composes():
    """A compiled function inside a traced one is a part of it; derivatives of all kinds compile."""
    inner = jit(lambda x: x**3)
    assert jit(lambda x: inner(x) + 1.0)(2.0) == 9.0
    assert jit(grad(lambda x: inner(x)))(2.0) == 12.0
    f = lambda x: x[0] ** 3 * x[1] + x[1] ** 2
    assert jit(grad(f))([2.0, 3.0]).tolist() == [36.0, 14.0]
    value, slopes = jit(value_and_grad(f))([2.0, 3.0])
    assert (value, slopes.tolist()) == (33.0, [36.0, 14.0])
    assert jit(hessian(f))([2.0, 3.0]).tolist() == [[36.0, 12.0], [12.0, 2.0]]
    assert jit(hvp(f))([2.0, 3.0], [1.0, -1.0]).tolist() == [24.0, 10.0]


def test_derivatives_of_compiled_functions_are_compiled():
    """`grad(jit(f))` is `jit(grad(f))`, of the same precision, and so on for each operator."""
    f = jit(lambda x: x[0] ** 3 * x[1] + x[1] ** 2)
    at = [2.0, 3.0]
    for operator in (grad, hessian, jacobian, hvp):
        one, other = operator(f), jit(operator(f.function))
        more = ([1.0, -1.0],) if operator is hvp else ()
        assert isinstance(one, Compiled)
        assert np.array_equal(one(at, *more), other(at, *more))
    value, slopes = value_and_grad(f)(at)
    assert (value, slopes.tolist()) == (33.0, [36.0, 14.0])
    assert grad(jit(lambda x: x * x)).map([1.0, 2.0]).tolist() == [2.0, 4.0]
    assert grad(grad(jit(lambda x: x**3)))(2.0) == 12.0
    assert grad(jit(lambda x: x / 3.0, dtype="float32"))(2.0) == float(np.float32(1 / 3))


def test_a_compiled_function_inside_a_derivative_is_a_part_of_it():
    """Nothing that it computes is lost to the gradient: what it is given, what it closes over."""
    inner = jit(lambda x: x**3)
    assert grad(lambda x: inner(x) * 2.0)(2.0) == 24.0
    assert grad(lambda x: jit(lambda y: x * y)(3.0))(2.0) == 3.0
    assert grad(lambda x: x * grad(inner)(x))(2.0) == 36.0
    assert inner(2.0) == 8.0


def test_single_precision():
    """dtype="float32" gives what float32 can hold."""
    f = jit(lambda x: sum(xi * xi for xi in x), dtype="float32")
    assert f([1e-3] * 1000) == pytest.approx(1e-3, rel=1e-5)
    assert jit(lambda x: x + 0.0, dtype="float32")(0.1) == float(np.float32(0.1))
    decorated = jit(dtype="float32")(lambda x: x * x)
    assert decorated.map([3.0, 4.0]).tolist() == [9.0, 16.0]


# -- over rows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", ROWS)
@pytest.mark.parametrize("straight_line", [True, False])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_rows_of_any_number(count, straight_line, dtype, limited):
    """Also where the last vector is not full."""
    if not straight_line:
        limited(straight_scalars=0)
    net = MLP(2, [3, 2], "tanh", seed=0)
    f = jit(lambda x, scale: [scale * v for v in net(x)], dtype=dtype)
    rows = np.random.default_rng(count).normal(size=(count, 2))
    scales = np.linspace(-1.0, 1.0, count)
    found = f.map(rows, scales)
    kept = {0, 1, count // 2, count - 2, count - 1} & set(range(count))
    for i in kept:
        expected = [v.data * scales[i] for v in net(rows[i].tolist())]
        tolerance = 1e-14 if dtype == "float64" else 1e-6
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=tolerance)
    assert found.shape == (count, 2)
    assert np.isfinite(found).all()


def test_rows_in_any_form():
    """Lists, tuples, dicts, arrays of any layout and type."""
    f = jit(lambda x: x[0] - 2.0 * x[1])
    whole = np.arange(8.0).reshape(2, 4)
    for rows in (whole[:, ::2], np.asfortranarray(whole)[:, ::2], whole[:, ::2].astype(np.int32)):
        assert f.map(rows).tolist() == [-4.0, -8.0]
    assert f.map([(0, 2), (4, 6)]).tolist() == [-4.0, -8.0]
    by_name = jit(lambda d: d["a"] + d["b"][0])
    assert by_name.map([{"a": 1, "b": [2]}, {"a": 3, "b": [4]}]).tolist() == [3.0, 7.0]
    mixed = jit(lambda x: x[0] + x[1][0] * x[1][1])
    assert mixed.map([[1, [2, 3]], [4, [5, 6]]]).tolist() == [7.0, 34.0]


def test_rows_look_at_parameters_as_they_are():
    """Between two maps of one function."""
    w = Value(1.0)
    f = jit(lambda x: w * x)
    assert f.map([1.0, 2.0]).tolist() == [1.0, 2.0]
    w.data = 10.0
    assert f.map([1.0, 2.0, 3.0]).tolist() == [10.0, 20.0, 30.0]


# -- tables ---------------------------------------------------------------------------------------


def test_rows_of_a_table_are_looked_up_at_each_call():
    """Of Values and numbers, and a row that is picked twice gets both gradients."""
    rows = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], [5.0, 6.0]]
    f = jit(lambda i: table(rows)[i])
    assert [f(i).tolist() for i in range(3)] == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    pick = jit(grad(lambda x, i, j: table(x)[i] * table(x)[j]))
    assert pick([2.0, 3.0, 4.0], 1, 1).tolist() == [0.0, 6.0, 0.0]
    assert pick([2.0, 3.0, 4.0], 0, 2).tolist() == [4.0, 0.0, 2.0]


@pytest.mark.parametrize("index", [3, -1, 0.5, math.nan, math.inf])
def test_a_row_that_is_not_there(index):
    """Is an error at the call, and over rows, and the function works on."""
    f = jit(lambda i: table([1.0, 2.0, 3.0])[i])
    for call in (lambda: f(index), lambda: f.map([0, index, 1])):
        with pytest.raises(NoSuchRow, match="of a table of 3 rows"):
            call()
    assert f(2) == 3.0


# -- numbers that are not finite ------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 6.0, 1e-320, 1e300, -1e300, 40.0, -40.0]
SPECIAL += [math.inf, -math.inf, math.nan]
NOT_TRACED = (
    "where_true",
    "where_false",
    "gather",
    "scatter",
)  # decided before, or arrays and no numbers
ROWS_OF_OPS = [row for row in ops.OPS.values() if row.name not in NOT_TRACED]


def eager(row, point, graph):
    """Value and partials, or None where the engine refuses."""
    values = [Value(x) for x in point]
    try:
        out = engine.apply(row.name, *values)
        if not graph:
            return [out.data]
        out.backtrack()
    except jangrad.errors.JangradError:
        return None
    return [out.data, *(v.grad for v in values)]


@pytest.mark.parametrize("row", ROWS_OF_OPS, ids=lambda row: row.name)
def test_values_and_slopes_at_special_points(row):
    """nan where the engine has nan, the same infinities, the chosen slopes at kinks, and numbers
    that agree to a few units in the last place: slopes with those of the rule for the value that
    was found, for near its ends 1 - tanh(x)**2 has few digits of its own."""
    f = lambda x: engine.apply(row.name, *x)
    compiled = jit(lambda x: (f(x), grad(f)(x)))
    points = [[x] for x in SPECIAL]
    if len(row.inputs) == 2:
        points = [[a, b] for a in SPECIAL for b in SPECIAL]
    values, slopes = compiled.map(points)
    for point, value, slope in zip(points, values, slopes, strict=True):
        expected = eager(row, point, graph=True)
        if expected is not None:
            agree([value], expected[:1], (row.name, point))
            if "y" in rules_of(row):
                expected[1:] = ops.partials(row.name, tuple(point), float(value))
            agree(slope, expected[1:], (row.name, point))


def rules_of(row):
    """What the rules of its slopes are written in."""
    return set(re.findall(r"\w+", " ".join(row.partials)))


def agree(found, expected, where):
    for x, y in zip(found, expected, strict=True):
        if math.isnan(y) or math.isinf(y) or y == 0.0:
            assert x == y or (math.isnan(x) and math.isnan(y)), (where, found, expected)
        else:
            assert math.isclose(x, y, rel_tol=1e-13, abs_tol=5e-324), (where, found, expected)


def test_softmax_far_out():
    """The largest is taken out at each call, and infinite ones give what they give in Python."""
    for x in ([1000.0, 999.0], [-1000.0, 0.0], [0.0, -math.inf], [3.0, 3.0]):
        found = jit(lambda x: jangrad.softmax(x))(x)
        np.testing.assert_allclose(found, jangrad.softmax(x), rtol=1e-14)


# -- looking inside -------------------------------------------------------------------------------


def test_the_compiler_shows_what_it_did():
    """report, ir, llvm and asm; before the first call there is nothing to show."""
    weights = [Value(0.1 * k) for k in range(8)]

    def f(x):
        hidden = [jangrad.tanh(w * xi) for w, xi in zip(weights, x, strict=True)]
        return sum(hidden)

    f = jit(f)
    with pytest.raises(ShapeError, match="nothing has been compiled yet"):
        f.report()
    f([1.0] * 8)
    report = f.report()
    assert "f(list[8])" in report
    assert "sum over 8" in report
    assert "8; of tanh, mul" in report
    assert "test_jit.py:" in report
    assert "jangrad.tanh(w * xi)" in report
    assert "return sum(hidden)" in report
    assert "arena" in report
    assert "operations" in report
    assert f.ir().count("= tanh %") == 8
    assert f.ir().splitlines()[-1].startswith("return %")
    assert "define void @run(" in f.llvm()
    assert len(f.asm().splitlines()) > 10


def test_a_report_counts_operations_and_bytes():
    """Those of a matrix times a vector, for a row and for a chunk of rows; and a time was taken."""
    weights = [[Value(float(i + j)) for j in range(16)] for i in range(8)]
    f = jit(lambda x: [sum(w * xi for w, xi in zip(row, x, strict=True)) for row in weights])
    f([1.0] * 16)
    f.map([[1.0] * 16] * 4)
    one, rows = f.report().split("\n\n")
    # 8 sums of 16 products; each weight, input and output is touched once.
    assert "a run: 256 operations; 1,216 bytes read and written" in one
    chunk = int(re.search(r"a run over (\d+) rows", rows)[1])
    assert f"{256 * chunk:,} operations, 256 of them for each row" in rows
    assert f"{8 * (8 * 16 + 24 * chunk):,} bytes" in rows
    for report in (one, rows):
        assert re.search(r"estimated [\d.]+ [num]s, measured [\d.]+ [num]s", report)


def test_a_report_changes_nothing():
    """What is measured runs on numbers of its own."""
    w = Value(1.0)
    step = jangrad.compile_step(lambda x: (w * x - 1.0) ** 2, [w], "sgd", learning_rate=0.1)
    step(3.0)
    before = w.data
    assert "measured" in step.report()
    assert w.data == before
    assert step(0.0) == 1.0
    assert w.data == before


def test_a_function_that_does_not_repeat_itself_has_no_lines():
    """The report is there all the same."""
    more = iter([False, False, True])  # it is traced twice, for nobody can look into this

    f = jit(lambda x: x + x if next(more) else x)
    assert f(2.0) == 2.0
    assert "test_jit.py" not in f.report()


# -- other processors -----------------------------------------------------------------------------


def machines():
    """This processor, as if its vectors were those of AVX-512, and as if it had less and less."""
    here = native.host()
    found = [("as it is", here), ("64 bytes", here._replace(vector_bytes=64, registers=32))]
    if here.triple.startswith("x86"):
        off = here.features + ",-avx512f,-avx512vl,-avx512dq,-avx512bw,-avx512cd"
        for name, less, width in (
            ("no AVX-512", "", 32),
            ("no AVX2", ",-avx2,-fma,-fma4", 32),
            ("SSE only", ",-avx2,-fma,-fma4,-avx,-xop", 16),
        ):
            host = here._replace(features=off + less, vector_bytes=width, registers=16)
            found.append((name, host))
    return [pytest.param(host, id=name) for name, host in found]


@pytest.mark.parametrize("machine", machines())
@pytest.mark.parametrize("straight_line", [True, False])
def test_another_processor_gives_the_same_numbers(machine, straight_line, monkeypatch, limited):
    """Other vectors, other instructions: sums are in another order, nothing else."""
    net = MLP(3, [9, 4], "tanh", seed=0)
    rows = np.random.default_rng(0).normal(size=(21, 3)).tolist()

    def loss(x, label):
        return -table(jangrad.log_softmax(net(x)))[label] + 0.1 * jangrad.gelu(x[0])

    labels = [k % 4 for k in range(21)]
    expected = [
        -jangrad.log_softmax(net(x))[k].data + 0.1 * jangrad.gelu(x[0])
        for x, k in zip(rows, labels, strict=True)
    ]
    monkeypatch.setattr(native, "host", lambda: machine)
    if not straight_line:
        limited(straight_scalars=0)
    f = jit(loss)
    np.testing.assert_allclose(f.map(rows, labels), expected, rtol=0, atol=1e-13)
    assert f(rows[0], labels[0]) == pytest.approx(expected[0], abs=1e-13)
    slopes = jit(grad(loss))(rows[0], labels[0])
    leaves = [Value(x) for x in rows[0]]
    root = -jangrad.log_softmax(net(leaves))[labels[0]] + 0.1 * jangrad.gelu(leaves[0])
    root.backtrack()
    np.testing.assert_allclose(slopes, [v.grad for v in leaves], rtol=0, atol=1e-13)


# -- threads and memory ---------------------------------------------------------------------------


def in_threads(count, work):
    """Run work(k) in threads; what they raised."""
    raised = []

    def run(k):
        try:
            work(k)
        except Exception as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_one_function_in_many_threads():
    """Calls and maps of one function at once do not mix their numbers."""
    f = jit(lambda x: sum(xi * xi for xi in x))

    def work(k):
        for _ in range(200):
            assert f([float(k), 1.0]) == k * k + 1.0
            assert f.map([[float(k), 2.0]] * 5).tolist() == [k * k + 4.0] * 5

    assert in_threads(4, work) == []


def test_compiling_in_many_threads():
    """Traces wait for one another, and the engine goes on as ever beside them."""
    done = threading.Event()

    def work(k):
        if k == 0:
            while not done.is_set():
                v = Value(2.0)
                out = jangrad.where(v > 1.0, v * v, v)
                out.backtrack()
                assert (out.data, v.grad, v == 2.0) == (4.0, 4.0, True)
            return
        try:
            for n in range(1, 8):
                f = jit(lambda x: sum(jangrad.tanh(xi) * k for xi in x))
                assert f([0.5] * n) == pytest.approx(n * k * math.tanh(0.5), rel=1e-13)
        finally:
            if k == 1:
                done.set()

    assert in_threads(4, work) == []


def test_compilations_do_not_leak():
    """The code and the memory of a function go with it.

    `JANGRAD_EXAMPLES=1000` makes it a thousand.
    """
    resource = pytest.importorskip("resource")
    statm = "/proc/self/statm"
    if not os.path.exists(statm):
        pytest.skip("no /proc")

    def resident():
        gc.collect()
        with open(statm) as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def compile_some(count):
        for k in range(count):
            f = jit(lambda x: jangrad.tanh(x[0]) * float(k) + x[1])  # noqa: B023
            assert f([0.0, 2.0]) == 2.0

    compile_some(50)  # caches fill up
    before = resident()
    compile_some(int(os.environ.get("JANGRAD_EXAMPLES", "200")))
    # A function that stays takes some 70 kB.
    assert resident() - before < 4 << 20


def test_code_lives_as_long_as_it_is_needed():
    """A function outlives the names of what it was made from."""

    def make():
        net = MLP(2, [4, 1], "tanh", seed=0)
        return jit(lambda x: net(x)), [v.data for v in net([1.0, 2.0])]

    f, expected = make()
    gc.collect()
    assert f([1.0, 2.0]).tolist() == pytest.approx(expected, rel=1e-14)
