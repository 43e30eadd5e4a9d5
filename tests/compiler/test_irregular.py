"""Graphs without structure: scalars computed from tables, alone or beside loop nests."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.test_random_programs import close
from tests.compiler.ways import compiled_as

from jangrad import Value, compile_step, functions, jit, logsumexp, ops, sin, tanh, value_and_grad
from jangrad.compiler.loops.target import Target
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import native
from jangrad.train import SGD
from jangrad.train.compiled.trainer import Trainer


def dag(count, seed, leaves=20):
    """Random operations on random operands, as a function of `leaves` numbers: all that it makes.

    Each is kept near 1 by what follows it, so that rounding tells nothing about large numbers.
    """
    draw = random.Random(seed)
    names = ["add", "sub", "mul", "tanh", "sin", "sigmoid", "exp", "softplus", "maximum", "atan"]
    steps = [(draw.choice(names), draw.random(), draw.random()) for _ in range(count)]

    def f(x):
        known = [*x]
        for name, a, b in steps:
            operands = [known[int(part * len(known))] for part in (a, b)]
            call = functions.lift(name)
            found = call(*operands[: len(ops.OPS[name].inputs)])
            known.append(sin(found) if name in ("exp", "mul", "softplus") else found * 0.5)
        return known[leaves:]

    return f, [draw.uniform(-1.0, 1.0) for _ in range(leaves)]


def both_ways(f, x):
    """Values and the gradient of the mean by the engine, and by machine code."""

    def mean(x):
        made = f(x)
        return sum(made) / len(made)

    leaves = [Value(number) for number in x]
    made = f(leaves)
    (sum(made) / len(made)).backward()
    expected = [v.data for v in made], [v.grad for v in leaves]
    compiled, slope = jit(f), jit(value_and_grad(mean))
    close(compiled(x), expected[0], 1.0)
    close(slope(x)[1], expected[1], max(1.0, *map(abs, expected[1])))
    return compiled, slope


@pytest.mark.parametrize("count", [600, 3_000])
def test_a_random_graph_is_computed_from_tables(count):
    """Values and gradients are the engine's, and the code does not grow with the graph."""
    f, x = dag(count, seed=count)
    for compiled in both_ways(f, x):
        assert "scalars without structure, from tables" in compiled.report()
        assert "known.append" in compiled.report()
        assert len(compiled.llvm().splitlines()) < 6_000


def test_a_chain_is_computed_from_tables():
    """Each scalar needs the one before: a record each."""

    def f(x):
        a, b, made = x[0], x[1], []
        for _ in range(300):
            a, b = a + 0.01 * (a - a * b), b + 0.01 * (a * b - b)
            made.append(a)
        return made[-5:]

    compiled, _ = both_ways(f, [1.0, 0.5])
    assert "tables" in compiled.report()


@pytest.mark.parametrize("nests_first", [True, False])
def test_a_graph_between_loop_nests(nests_first):
    """A layer feeds a graph that feeds a layer; the layers stay loop nests."""
    draw = np.random.default_rng(0)
    first, last = draw.normal(size=(2, 20, 20)) / 5.0
    weights = [[[Value(v) for v in row] for row in matrix] for matrix in (first, last)]
    between, x = dag(600, seed=1)

    def layer(matrix, x):
        return [tanh(sum(w * xi for w, xi in zip(row, x, strict=True))) for row in matrix]

    def f(x):
        inner = layer(weights[0], x) if nests_first else x
        made = between(inner)
        # A loop nest that reads the graph, and scalars that read the loop nest, over and over.
        for matrix in weights:
            made = [*made[:-20], *layer(matrix, made[-20:])]
            made = between(made[-20:])
        return [*layer(weights[1], made[-20:]), made[7]]

    for compiled in both_ways(f, x):
        report = compiled.report()
        assert "tables" in report
        assert "sum over 20" in report


def test_a_graph_beside_a_loop_nest():
    """What has nothing to do with the graph is compiled as if it were alone."""
    weights = [[Value(0.01 * (i - j)) for j in range(30)] for i in range(30)]
    beside, x = dag(600, seed=2)
    x += [0.1 * i for i in range(10)]

    def f(x):
        rows = [tanh(sum(w * xi for w, xi in zip(row, x, strict=True))) for row in weights]
        return [sum(rows), *beside(x[:20])]

    compiled, _ = both_ways(f, x)
    assert "= sum        30; sum over 30; of mul" in compiled.report()


@pytest.mark.parametrize("terms", [1, 2, 31, 32, 33, 34, 65, 200])
def test_sums_and_largest_of_any_length(terms):
    """A few terms for many scalars at once, or many terms of one."""
    draw = random.Random(terms)
    x = [draw.uniform(-2.0, 2.0) for _ in range(230)]
    picks = [draw.sample(range(len(x)), terms) for _ in range(3)]

    def f(x):
        made = [sin(v) for v in x]
        return [
            *(sum(made[i] for i in pick) / terms for pick in picks),
            *(logsumexp([made[i] for i in pick]) for pick in picks),
        ]

    with compiled_as("tables"):
        compiled, _ = both_ways(f, x)
        assert "tables" in compiled.report()


def test_powers():
    """Whole ones and halves have code of their own; others read the exponent."""
    exponents = [2.0, 3.0, -1.0, 0.5, -0.5, 1.5, 8.0, -8.0, 9.0, 2.7, -1.3, 0.0, 1.0, 8.5]

    def f(x):
        return [v**exponent for exponent in exponents for v in x]

    x = [0.3, 0.9, 1.0, 1.7]
    with compiled_as("tables"):
        close(jit(f)(x), np.ravel([np.power(x, e) for e in exponents]), 2.0**12)
    edges = [0.0, -0.0, -2.0, float("inf"), 1e-310]
    expected = [(Value(v) ** e).data for e in (2.0, -1.0, 3.0) for v in edges]
    with compiled_as("tables"):
        found = jit(lambda x: [v**e for e in (2.0, -1.0, 3.0) for v in x])(edges)
    np.testing.assert_array_equal(found, expected)


def test_nan_inf_and_signs_of_zero_pass():
    """A sum of zeros keeps their sign, and the last vector of terms adds nothing."""
    numbers = [-0.0] * 40 + [float("nan"), float("inf")]
    with compiled_as("tables"):
        few, many, nan, inf = jit(
            lambda x: [sum(x[1:3], start=x[0]), sum(x[1:40], start=x[0]), sum(x[:41]), x[41] + x[0]]
        )(numbers)
    assert np.signbit([few, many]).all()
    assert few == many == 0.0
    assert np.isnan(nan)
    assert np.isinf(inf)


def test_outputs_of_every_kind():
    """An input, a parameter, a constant, the same twice, and what others read too."""
    w = Value(2.0)

    def f(x):
        y = x[0] * w
        return [x[1], w, y, y, tanh(y), y * 1.0, 3.0]

    with compiled_as("tables"):
        compiled = jit(f)
        for number in (0.5, -1.5):
            w.data = number
            expected = [4.0, number, number, number, np.tanh(number), number, 3.0]
            np.testing.assert_allclose(compiled([1.0, 4.0]), expected, rtol=1e-15)


@pytest.mark.parametrize("count", [600, 2_000])
def test_rows_of_a_random_graph(count):
    """f.map, with parameters that all rows share, and a sum over the rows in training."""
    beside, x = dag(count, seed=count)
    shared = [Value(0.1 * k) for k in range(5)]

    def f(x):
        made = beside([*x[:15], *shared])
        return [sum(made) / len(made), *made[-3:], 2.5, shared[0]]

    rows = np.array(x) + np.random.default_rng(0).normal(size=(37, len(x))) / 10.0
    compiled = jit(f)
    found = compiled.map(rows)
    assert "scalars without structure, from tables" in compiled.report()
    for row, one in zip(rows, found, strict=True):
        close(one, [v.data if isinstance(v, Value) else v for v in f(list(map(Value, row)))], 1.0)


def test_a_step_over_rows_of_a_random_graph():
    """Gradients of what all rows share are summed over the rows."""
    beside, x = dag(300, seed=5)
    start = [0.1 * k for k in range(5)]
    rows = np.array(x[:15]) + np.random.default_rng(0).normal(size=(11, 15)) / 10.0

    def trained(engine):
        shared = [Value(number) for number in start]
        loss = lambda x: sum(beside([*x, *shared])) / 300.0
        if engine:
            for _ in range(3):
                for p in shared:
                    p.zero_grad()
                (sum(loss([Value(v) for v in row]) for row in rows) / len(rows)).backward()
                for p in shared:
                    p.data -= 0.5 * p.grad
        else:
            step = compile_step(loss, shared, SGD(shared, 0.5), per_row=True)
            for _ in range(3):
                step(rows)
        return [p.data for p in shared]

    assert trained(engine=False) == pytest.approx(trained(engine=True), rel=1e-12)


@pytest.mark.parametrize("count", [260, 700])
def test_threads_over_rows_of_a_random_graph(count):
    """The numbers of one thread, from straight-line code and from tables."""
    beside, x = dag(count, seed=6)
    rows = np.array(x[:15]) + np.random.default_rng(0).normal(size=(45, 15)) / 10.0

    def trained(threads):
        shared = [Value(0.1 * k) for k in range(5)]
        found = trace(
            lambda x: sum(beside([*x, *shared])) / count, [rows[0].tolist()], shared, per_row=(0,)
        )
        rule = SGD(shared, 0.5).rule
        trainer = Trainer(
            *(found, 5, rule, {"momentum": 0.0, "weight_decay": 0.0}),
            rows=len(rows),
            threads=threads,
        )
        trainer.set_rows(rows)
        return trainer.run([0.5] * 5)[:, 0].tolist(), trainer.memory.parameters()

    one, three = trained(1), trained(3)
    assert three[0] == pytest.approx(one[0], rel=1e-12)
    assert three[1] == pytest.approx(one[1], rel=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 300), st.sampled_from(["float64", "float32"]))
def test_random_graphs(seed, count, dtype):
    """Of any size, in both precisions, deep or wide: the values are the engine's."""
    f, x = dag(count, seed)
    with compiled_as("tables"):
        found = jit(f, dtype=dtype)(x)
    close(
        found,
        [v.data for v in f([Value(v) for v in x])],
        1.0,
        1e-12 if dtype == "float64" else 1e-4,
    )


@pytest.mark.parametrize("lanes", [2, 8])
def test_vectors_of_any_width(lanes, monkeypatch):
    """As on processors with other registers."""
    monkeypatch.setattr(native.Host, "target", lambda host, number: Target(number, lanes, 16))
    f, x = dag(200, seed=3)
    with compiled_as("tables"):
        both_ways(f, x)
