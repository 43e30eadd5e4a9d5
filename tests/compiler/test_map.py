"""Maps over rows: by threads, summed over rows, with shared arguments, from and into arrays."""

import gc
import math
import re
import weakref

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.compiler.strategies import programs
from tests.compiler.test_random_programs import Eager, close, many
from tests.compiler.ways import WAYS, compiled_as

import jangrad
from jangrad import (
    Value,
    compile_step,
    exp,
    grad,
    gradient,
    hessian,
    jit,
    log,
    maximum,
    strict,
    table,
    tanh,
    value_and_grad,
    where,
)
from jangrad.compiler.run.outputs import MOST_ROWS_OF_SUM
from jangrad.errors import ConfigError, NoSuchRow, ShapeError

pytestmark = pytest.mark.usefixtures("own_operations")

#: What docs/compiler.md promises of a sum, times the sum of the absolute numbers.
PROMISED = {"float64": 1e-12, "float32": 5e-4}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def plain(found):
    """All numbers of a result, in order."""
    if isinstance(found, dict):
        return [x for part in found.values() for x in plain(part)]
    if isinstance(found, (list, tuple)):
        return [x for part in found for x in plain(part)]
    return np.ravel(found).tolist()


# -- random programs ------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@settings(many, max_examples=many.max_examples // 4)
@given(
    program=programs(most_rows=9) | programs(most_rows=9, looking=True),
    copies=st.sampled_from([1, 2, 5, 23]),
    threads=st.integers(1, 3),
    data=st.data(),
)
def test_sums_are_those_of_python(program, copies, threads, data, way):
    """Of the result and its gradient by the parameters, whatever arguments the rows share."""
    rows = program.rows
    assume(rows[0])
    in_axes = [0] * len(rows[0])
    if data.draw(st.booleans()):  # what they share may have any place
        rows = [rows[0]] * len(rows)
        shared = data.draw(st.lists(st.sampled_from([None, 0]), min_size=len(in_axes) - 1))
        in_axes = [*shared[: len(in_axes) - 1], 0]
    rows = rows * copies
    f, parameters = program.make()

    def both(*row):
        root = f(*row) + 0.0
        return {"value": root, "slopes": gradient(root, parameters)}

    eager = [Eager(program, row) for row in program.rows]
    scale = max(e.scale for e in eager) * len(rows)
    eager = (eager if rows[0] is not rows[-1] else [eager[0]] * len(program.rows)) * copies
    expected = [sum(e.value for e in eager)]
    expected += [sum(slopes) for slopes in zip(*(e.parameters for e in eager), strict=True)]
    batches = [
        rows[0][k] if axis is None else [row[k] for row in rows] for k, axis in enumerate(in_axes)
    ]
    with compiled_as(way):
        compiled = jit(both)
        total = compiled.map(*batches, in_axes=in_axes, reduce="sum", threads=threads)
        mean = compiled.map(*batches, in_axes=in_axes, reduce="mean")
        every = compiled.map(*batches, in_axes=in_axes, threads=threads)
    close(plain(total), expected, scale)
    np.testing.assert_array_equal(plain(mean), np.array(plain(total)) / len(rows))
    close(plain({k: v.sum(axis=0) for k, v in every.items()}), expected, scale)


@many
@given(
    st.lists(st.floats(-1e200, 1e200), min_size=1, max_size=300),
    st.integers(1, 200),
    st.sampled_from(["float64", "float32"]),
)
def test_hard_sums_are_off_by_what_is_promised(some, copies, dtype):
    """Large and small numbers of both signs, against `math.fsum`."""
    if dtype == "float32":
        some = [float(np.float32(math.copysign(abs(x) ** 0.15, x))) for x in some]
    given = some * copies
    given += [-x for x in reversed(given)] + some[: len(some) // 2]
    found = _itself[dtype].map(given, reduce="sum")
    size = math.fsum(map(abs, given))
    assert abs(found - math.fsum(given)) <= PROMISED[dtype] * size
    # As long a sum as there is before it is added in pairs.
    long = np.resize(given, MOST_ROWS_OF_SUM * 3 + 7)
    found = _itself[dtype].map(long, reduce="mean", threads=2) * len(long)
    # Half of the least double is what a mean below all others may be off by.
    least = len(long) * 5e-324
    assert abs(found - math.fsum(long)) <= PROMISED[dtype] * math.fsum(np.abs(long)) + least


_itself = {dtype: jit(lambda x: x * 1.0, dtype=dtype) for dtype in PROMISED}


# -- threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("count", [1, 7, 60_000, 60_013])
def test_threads_make_no_difference(count, dtype):
    """To any bit of what a map gives, in any nesting, nor to its sums."""
    w = [Value(0.3), Value(-0.7)]

    def f(x, y):
        hidden = [tanh(x[0] * a + x[1] * y) for a in w]
        return {"hidden": hidden, "same": (w[0] * 2.0, exp(y)), "mixed": [x[1], w[1] + 1.0]}

    compiled = jit(f, dtype=dtype)
    given = numbers(count, 2), numbers(count, seed=1)
    ways = [{}, {"threads": 1}, {"threads": 2}, {"threads": 3}, {"threads": 16}]
    one, *others = [plain(compiled.map(*given, **way)) for way in ways]
    assert all(other == one for other in others)
    expected = [f([*map(float, x)], float(y)) for x, y in zip(*given, strict=True)][:50]
    tolerance = 1e-13 if dtype == "float64" else 1e-4  # exp is up to 100
    for name, found in compiled.map(*given, threads=3).items():
        wanted = [[v.data if isinstance(v, Value) else v for v in row[name]] for row in expected]
        found = np.array(found).T if isinstance(found, tuple) else found
        np.testing.assert_allclose(found[:50], wanted, rtol=0, atol=tolerance)
    one, *others = [plain(compiled.map(*given, reduce="sum", **way)) for way in ways]
    assert all(other == one for other in others)


def test_counts_are_exact():
    """Rows are counted, though those that fill no chunk are computed several times."""
    positive = jit(lambda x: [where(x > 0.0, 1.0, 0.0), 1.0], dtype="float32")
    for count in [*range(1, 300, 7), 65_537]:
        x = numbers(count)
        found = positive.map(x, reduce="sum", threads=2)
        assert found.tolist() == [np.count_nonzero(x > 0.0), count]


def test_the_largest_numbers():
    """Rows that fill no chunk may be as large as others, though they are computed several times."""
    for dtype, largest in (("float64", 1.5e308), ("float32", 3e38)):
        f = jit(lambda x: [x * 1.0, -x, 1.0], dtype=dtype)
        for count in (1, 3, 9, 130, 40_001):
            x = np.zeros(count)
            x[-1] = largest
            found = f.map(x, reduce="sum", threads=2)
            assert found == pytest.approx([largest, -largest, count], rel=1e-7)
    assert f.map([math.inf, 0.0], reduce="sum").tolist() == [math.inf, -math.inf, 2.0]


def test_errors_are_those_of_one_thread():
    """The first row that is wrong is named, whoever has met another one before."""
    look = jit(lambda i: table([1.0, 2.0, 3.0])[i])
    rows = np.zeros(400_000, int)
    rows[[150_000, 150_001, 390_000]] = 3, 4, 5
    inverse = jit(lambda x: 1.0 / x)
    numbers = np.where(rows > 2, 0.0, 1.0)
    for options in ({}, {"threads": 2}, {"reduce": "sum"}, {"reduce": "mean", "threads": 3}):
        with pytest.raises(NoSuchRow, match="row 3 was asked of a table of 3 rows"):
            look.map(rows, **options)
        assert look.map(rows[:9], reduce="sum") == 9.0
        with strict(), pytest.raises(ArithmeticError, match=r"row 150000: `div` gave inf"):
            inverse.map(numbers, **options)
        with strict():
            assert inverse.map(numbers[:9], reduce="sum") == 9.0


def test_strict_sums():
    """What Python does not meet is no error, and a sum that is too large is one."""
    masked = jit(lambda x: maximum(x, -math.inf) * 2.0)
    large = jit(lambda x: x * 1e308)
    with strict():
        assert masked.map(np.ones(40_001), reduce="sum", threads=2) == 80_002.0
        with pytest.raises(ArithmeticError, match="the sum over the rows is too large"):
            large.map([1.0, 1.0], reduce="sum")
    assert large.map([1.0, 1.0], reduce="sum") == math.inf
    itself = jit(lambda x: x)
    assert math.isnan(itself.map([math.inf, -math.inf, 1.0], reduce="mean"))
    assert itself.map([math.inf, 1.0], reduce="sum") == math.inf


# -- shared arguments -----------------------------------------------------------------------------


def test_shared_arguments():
    """Lists, nested ones, numbers and dicts, in any place and by name."""
    f = jit(lambda w, x, b, mode="plus": w["a"][0] * x[0] + w["a"][1] * x[1] + (b if mode else -b))
    x, w, b = numbers(1001, 2), {"a": [2.0, -3.0]}, np.array(0.5)
    expected = x @ [2.0, -3.0] + 0.5
    np.testing.assert_allclose(f.map(w, x, b, in_axes=(None, 0, None)), expected, atol=1e-14)
    found = f.map(w, x, b=np.full(1001, 0.5), mode="plus", in_axes=(None, 0, 0, None))
    np.testing.assert_allclose(found, expected, atol=1e-14)
    assert f.shapes == [
        "f.map(rows of dict(a=list[2]) for all, array[2], number for all)",
        "f.map(rows of dict(a=list[2]) for all, array[2], number, 'plus')",
    ]
    two = jit(lambda x, s: [x * s, s])
    for s in (2.0, 3.0):  # which is read at each call
        assert two.map([1.0, 2.0], s, reduce="sum").tolist() == [3.0 * s, 2.0 * s]
        assert two.map([1.0, 2.0], s).tolist() == [[s, s], [2.0 * s, s]]
    pick = jit(lambda x, i: table([x, 2.0 * x, 3.0 * x])[i])
    assert pick.map([1.0, 10.0], 2).tolist() == [3.0, 30.0]
    with pytest.raises(NoSuchRow, match="row 3 was asked"):
        pick.map([1.0, 10.0], 3)
    with strict(), pytest.raises(ArithmeticError, match=r"row 1: `div` gave inf from \(2.0, 0.0\)"):
        jit(lambda s, x: s / x).map(2.0, [1.0, 0.0])


def test_rows_are_let_go():
    """What is compiled holds on to no array that it was given, by a row of it or otherwise."""
    f = jit(lambda s, x, y: s * x[0] + y)
    given = [numbers(5, 2), numbers(5)]
    alive = [weakref.ref(array) for array in given]
    f.map(2.0, *given), f.map(2.0, *given, reduce="sum", threads=2)
    f.map([2.0, 3.0, 4.0, 5.0, 6.0], *given)
    del given
    gc.collect()
    assert [array() for array in alive] == [None, None]


def test_what_changes_around_a_function_is_seen():
    """Also by a sum over rows, by threads."""
    k, w = [1.0], Value(2.0)
    f = jit(lambda x: k[0] * w * x)
    x = np.ones(50_000)
    for k[0] in (1.0, 2.0, 5.0):
        for w.data in (1.0, 3.0):
            assert f.map(x, reduce="sum", threads=2) == k[0] * w.data * 50_000.0
            assert f.map(x, threads=2).tolist() == [k[0] * w.data] * 50_000


def test_what_was_compiled_is_shown():
    """The sum over rows is a part of the program, and of its report."""
    f = jit(lambda x, s: x * s + x)
    f.map([1.0, 2.0], 3.0, reduce="mean")
    assert f.shapes == ["f.map(rows of number, number for all, reduced)"]
    assert f.ir().splitlines()[-2:] == ["%3 = batch_sum %2 %0", "return %3"]
    assert "sum over rows" in f.report()
    f.map([1.0, 2.0], 3.0, reduce="sum")
    assert len(f.shapes) == 1


# -- derivatives ----------------------------------------------------------------------------------


def error(w, x, y):
    """Of a network with three hidden neurons, the last row of w being those of its output."""
    hidden = [tanh(w[j][0] * x[0] + w[j][1] * x[1]) for j in range(3)]
    return (jangrad.dot(w[3], hidden) - y) ** 2


WEIGHTS = [[0.5, -0.2], [0.1, 0.9], [-0.4, 0.3], [1.0, -0.5, 0.25]]


def test_the_gradient_of_a_mean_loss():
    """By shared arguments, in one pass over rows, and of it inside what is differentiated."""
    X, y = numbers(203, 2), numbers(203, seed=1)
    options = {"in_axes": (None, 0, 0), "reduce": "mean"}
    loss = jit(error)

    def whole(w):
        return jangrad.mean(
            [error(w, [*map(float, a)], float(b)) for a, b in zip(X, y, strict=True)]
        )

    value, slopes = value_and_grad(whole)(WEIGHTS)
    expected = [value, *plain(slopes)]
    found = value_and_grad(loss).map(WEIGHTS, X, y, threads=2, **options)
    np.testing.assert_allclose(plain(found), expected, rtol=0, atol=1e-14)
    assert loss.map(WEIGHTS, X, y, **options) == pytest.approx(value, abs=1e-15)
    inside = value_and_grad(lambda w: loss.map(w, X, y, **options))
    np.testing.assert_allclose(plain(inside(WEIGHTS)), expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(plain(jit(inside)(WEIGHTS)), expected, rtol=0, atol=1e-14)
    second = hessian(jit(lambda w, x: (w[0] * x + w[1]) ** 2))
    found = second.map([1.0, 2.0], [1.0, 3.0], in_axes=(None, 0), reduce="sum")
    assert found.tolist() == [[20.0, 8.0], [8.0, 4.0]]


def test_a_sum_inside_what_learns():
    """It is a part of a step and of a graph, in the nesting of one call, as the function is."""
    w = Value(1.0)
    f = jit(lambda x: {"a": [w * x, x], "b": (w * w,)})
    found = grad(lambda s: f.map([s, 2.0, 3.0], reduce="mean")["a"][0])(4.0)
    assert found.data == pytest.approx(1.0 / 3.0)
    total = f.map([Value(4.0), 2.0, 3.0], reduce="sum")
    assert (plain([v.data if isinstance(v, Value) else v for v in total["a"]])) == [9.0, 9.0]
    assert total["b"][0].data == 3.0
    step = compile_step(
        lambda: f.map([1.0, 2.0, 3.0], reduce="mean")["a"][0], [w], "sgd", learning_rate=0.5
    )
    step()
    assert w.data == 0.0
    assert jit(lambda x: f.map([x, x], reduce="sum")["a"][1])(2.5) == 5.0


def test_the_gradient_of_looked_up_rows():
    """Is added where each row has looked, by one scatter-add over all rows."""
    rows, targets = np.arange(1003) * 7 % 5, numbers(1003)

    def loss(w, i, t):
        return (table(w)[i][0] * 2.0 - t) ** 2 + table(w)[i][1]

    weights = numbers(5, 2, seed=1).tolist()
    value, slopes = value_and_grad(jit(loss)).map(
        weights, rows, targets, in_axes=(None, 0, 0), reduce="sum"
    )
    every = value_and_grad(loss)
    results = [every(weights, int(i), float(t)) for i, t in zip(rows, targets, strict=True)]
    assert value == pytest.approx(math.fsum(v for v, _ in results), abs=1e-9)
    np.testing.assert_allclose(slopes, np.sum([s for _, s in results], axis=0), atol=1e-9)


# -- arrays ---------------------------------------------------------------------------------------


def test_arrays_of_any_type_and_order():
    """Integers, halves, swapped bytes, views of every direction; nothing else is read."""
    f = jit(lambda x, y: x[0] + 2.0 * x[1] + 4.0 * y)
    bits = np.random.default_rng(0).integers(0, 2, (30_001, 4))
    record = np.zeros(30_001, [("x", "<f4", 2), ("pad", "i1"), ("y", ">i2")])
    record["x"], record["y"] = bits[:, :2], bits[:, 3]
    tables = [
        bits.astype(np.int8)[:, ::2],
        bits.astype(bool)[:, 2:],
        bits.astype(">f8")[::-1, 1:3],
        np.asfortranarray(bits[:, :2].astype(np.float16)),
        bits[:, 3:1:-1].astype(np.uint64),
        bits[:, :2].astype(np.longdouble),
        np.ma.array(bits[:, :2]),
        bits[:, :2].astype(object),
        record["x"],
    ]
    for X in tables:
        for y in (bits[:, 0], record["y"]):
            expected = X[:, 0].astype(float) + 2.0 * X[:, 1].astype(float) + 4.0 * y
            assert (f.map(X, y, threads=2) == expected).all()
            assert f.map(X, y, reduce="sum", threads=2) == expected.sum()
    grid = numbers(501, 2, 3)[:, ::-1]
    assert (jit(lambda x: x[1][2] - x[0][0]).map(grid) == grid[:, 1, 2] - grid[:, 0, 0]).all()


def test_results_go_where_they_shall(tmp_path):
    """Into arrays of any floats, columns of tables and files, which are returned."""
    f = jit(lambda x: [[2.0 * x[0], x[1]], [x[1], 3.0]])
    X = numbers(40_003, 2)
    expected = f.map(X)
    file = np.lib.format.open_memmap(tmp_path / "out.npy", "w+", "f4", (40_003, 2, 2))
    table = np.zeros((40_003, 2, 5))
    for out in (np.empty((40_003, 2, 2)), file, table[:, :, 1:4:2]):
        for threads in (1, 3):
            out[:] = 0.0
            assert f.map(X, out=out, threads=threads) is out
            assert (out == expected.astype(out.dtype)).all()
    file.flush()
    assert (np.load(tmp_path / "out.npy") == expected.astype("f4")).all()
    one = np.empty(40_003)
    with strict():
        assert jit(lambda x: x[0] * 1.0).map(X, out=one) is one
    assert (one == X[:, 0]).all()


# -- mistakes -------------------------------------------------------------------------------------


def test_options_that_are_wrong_say_so():
    """Which one, and what to write."""
    f, X = jit(lambda x, y: x[0] * y), numbers(4, 2)
    y = X[:, 0].copy()
    read_only = np.empty(4)
    read_only.flags.writeable = False
    whole = np.empty((4, 3))
    wrong = [
        ({"reduce": "max"}, "`reduce` is 'max'", '"sum" or "mean"'),
        ({"threads": 0}, "`threads` is 0, but needs an integer >= 1", ""),
        ({"threads": True}, "`threads` is True", ""),
        ({"threads": 1.5}, "`threads` is 1.5", ""),
        (
            {"in_axes": (0,)},
            r"`in_axes` is \(0,\) for 2 arguments",
            r"in_axes=\(0, 0, \), with None",
        ),
        ({"in_axes": 0}, "`in_axes` is 0 for 2 arguments", ""),
        ({"in_axes": (0, 1)}, "`in_axes` holds 1, which is neither 0 nor None", "moveaxis"),
        ({"in_axes": (0, True)}, "`in_axes` holds True", ""),
        ({"out": [0.0] * 4}, r"`out` is \[0.0, 0.0, 0.0, 0.0\], but needs an array of floats", ""),
        ({"out": np.empty(4, int)}, "`out` is an array of int64", "np.empty"),
        ({"out": read_only}, "floats that can be written", ""),
        ({"out": np.empty(4), "reduce": "sum"}, 'reduce="sum" keeps none', "one of them"),
        ({"out": y}, "`out` lies in the same memory as the rows", "an array of its own"),
    ]
    for options, what, instead in wrong:
        with pytest.raises(ConfigError, match=what) as raised:
            f.map(X, y, **options)
        assert re.search(instead, raised.value.try_ or ""), options
    with pytest.raises(ShapeError, match=r"`out` has the shape \(4, 3\), but the .* \(4,\)"):
        f.map(X, y, out=whole)
    with pytest.raises(ShapeError, match="the function gives tuples, dicts"):
        jit(lambda x: (x, x)).map(y, out=whole)
    with pytest.raises(ShapeError, match="needs as many rows in each argument"):
        f.map(X, y, in_axes=(None, None))
    with pytest.raises(ShapeError, match=r"needs as many rows in each argument.* number"):
        f.map(X, 2.0, in_axes=(0, 0))
    with pytest.raises(ShapeError, match="not a dict") as raised:
        jit(lambda w, x: w["a"] * x).map({"a": 1.0}, y)
    assert "None in its place of in_axes" in raised.value.try_
    with pytest.raises(ConfigError, match="`out` cannot hold Values"):
        grad(lambda s: f.map(X * 1.0, [s] * 4, out=np.empty(4))[0])(1.0)
    mine = jit(lambda x, threads=2.0: x * threads)
    assert mine.map(y, 3.0).tolist() == (3.0 * y).tolist()
    with pytest.raises(ConfigError, match="`threads` is an argument of the function and an option"):
        mine.map(y, threads=3.0)


@settings(many, max_examples=20)
@given(st.integers(1, 400), st.integers(1, 5))
def test_a_mean_of_logarithms(count, threads):
    """A map whose result is one number is a float."""
    x = np.linspace(1.0, 2.0, count)
    found = jit(log).map(x, reduce="mean", threads=threads)
    assert isinstance(found, float)
    assert found == pytest.approx(np.log(x).mean(), abs=1e-14)


def test_unequal_counts_name_in_axes():
    """With what would be written if the shorter argument is the same for all rows."""
    f = jit(lambda w, x: w[0] * x[0] + w[1] * x[1])
    with pytest.raises(ShapeError, match=r"list\[2\], list\[3\](.|\n)*in_axes=\(None, 0\) where"):
        f.map([1.0, 2.0], [[1.0, 2.0]] * 3)


@pytest.mark.parametrize(("wrong", "right"), [("in_axis", "in_axes"), ("thread", "threads")])
def test_misspelt_options_are_answered(wrong, right):
    """By the one that is meant; a function that takes any name gets it."""
    with pytest.raises(ConfigError, match=f"no option `{wrong}`(.|\n)*did you mean `{right}`"):
        jit(lambda x: x).map([1.0, 2.0], **{wrong: 1})
    assert jit(lambda x, **more: x * more[wrong]).map([1.0, 2.0], **{wrong: 2.0}).tolist() == [2, 4]
