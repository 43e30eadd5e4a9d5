"""Functions for JAX: numbers and gradients are the engine's, under jit, vmap and grad."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from tests.compiler.strategies import data_of, flat, programs
from tests.export.test_numpy_random import arrays, on_values, scale_of

from jangrad import MLP, Value, graph, jit, table
from jangrad.errors import ConfigError, NameNotFound
from jangrad.export import to_jax

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "12")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
)


@pytest.mark.usefixtures("own_operations")
@some
@given(program=programs() | programs(looking=True))
def test_random_programs(program):
    """The value and the gradient by each parameter."""
    f, parameters = program.make()
    row = program.rows[0]
    root = on_values(f, row, program.indices)
    assume(isinstance(root, Value))
    scale = scale_of(root)
    compiled = jit(f)
    compiled(*row)
    pure = to_jax(compiled)
    both = jax.jit(jax.value_and_grad(pure))
    found, slopes = both(pure.parameters, *arrays(row, program.indices))
    assert abs(float(found) - data_of(root)) <= 1e-12 * scale
    used = {id(node) for node in graph.ordered(root)}
    at = 0
    for name, numbers in program.parameters.items():
        count = len(list(flat(numbers)))
        values, at = parameters[at : at + count], at + count
        if any(id(v) in used for v in values):
            expected = [v.grad if v.has_grad else 0.0 for v in values]
            assert np.abs(np.ravel(slopes[name]) - expected).max() <= 1e-12 * scale


@pytest.fixture
def net():
    return MLP(3, [4, 2], "relu", seed=1)


def test_a_network_under_every_transformation(net):
    """jit, vmap and grad, the parameters named as the network names them."""
    pure = to_jax(net)
    assert list(pure.parameters) == [
        f"layers.{i}.neurons.{part}" for i in range(2) for part in ("weights", "bias")
    ]
    X = np.random.default_rng(0).normal(size=(5, 3))
    expected = net.predict(X)
    np.testing.assert_allclose(pure(pure.parameters, X), expected, rtol=1e-12)
    np.testing.assert_allclose(jax.jit(pure)(pure.parameters, X), expected, rtol=1e-12)
    each = jax.vmap(lambda x: pure(pure.parameters, x[None])[0])(X)
    np.testing.assert_allclose(each, expected, rtol=1e-12)
    slopes = jax.grad(lambda p: pure(p, X).sum())(pure.parameters)
    sum(sum(net(row)) for row in X.tolist()).backtrack()
    expected = [[w.grad for w in n.weights] for n in net.layers[0].neurons]
    np.testing.assert_allclose(slopes["layers.0.neurons.weights"], expected, rtol=1e-12)


def test_gradients_at_kinks_are_those_of_the_table():
    """Where JAX by itself would take the mean of both sides."""
    w = [Value(0.0), Value(1.0)]
    f = jit(lambda x: w[0].relu() + (w[1] - x).maximum(0.0) + w[1].clamp(1.0, 3.0) + abs(w[0]))
    f(1.0)
    pure = to_jax(f)
    slopes = jax.grad(pure)(pure.parameters, 1.0)
    f.function(1.0).backtrack()
    np.testing.assert_array_equal(slopes["w"], [v.grad for v in w])


def test_parameters_come_back(net):
    """With one call, all of them or none."""
    pure = to_jax(net)
    twice = {name: 2.0 * x for name, x in pure.parameters.items()}
    before = net.state()
    pure.load(twice)
    assert net.state() == {name: 2.0 * x for name, x in before.items()}
    with pytest.raises(NameNotFound, match="missing"):
        pure.load({})
    with pytest.raises(NameNotFound, match="unknown"):
        pure.load({**twice, "more": 1.0})
    with pytest.raises(ConfigError, match="shape"):
        pure.load({**twice, "layers.0.neurons.bias": np.zeros(3)})
    assert net.state() == {name: 2.0 * x for name, x in before.items()}


def test_it_says_what_it_is(net):
    """And its source can be read."""
    pure = to_jax(net)
    assert repr(pure) == "to_jax(mlp, 4 arrays of parameters)"
    assert "jax.nn.relu(x @ W1.T + b1)" in pure.source


def test_a_window_is_gathered():
    """JAX has no sliding windows."""
    w = [Value(0.5), Value(-1.0), Value(0.25)]
    f = jit(lambda x: [sum(w[k] * x[t + k] for k in range(3)).tanh() for t in range(6)])
    x = np.linspace(-1.0, 1.0, 8)
    expected = f(x.tolist())
    pure = to_jax(f)
    np.testing.assert_allclose(pure(pure.parameters, x), expected, rtol=1e-12)


def test_arguments_may_be_lists(net):
    """Of rows, of whole numbers, and of lists of several lengths, under jit and grad too."""
    pure = to_jax(net)
    rows = [[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]]
    np.testing.assert_allclose(pure(pure.parameters, rows), net.predict(rows), rtol=1e-12)
    w = [Value(0.5), Value(-1.0)]
    f = jit(lambda x, p: sum(a / b for a, b in zip(w, x, strict=True)) ** 2 * p["k"][0] + p["s"])
    x, p = [2, -4], {"k": [3, 1], "s": 2}
    value = f(x, p)
    pure = to_jax(f)
    for run in (pure, jax.jit(pure)):
        np.testing.assert_allclose(run(pure.parameters, x, p), value, rtol=1e-12)
    slopes = jax.grad(pure)(pure.parameters, x, p)
    f.function(x, p).backtrack()
    np.testing.assert_allclose(slopes["w"], [v.grad for v in w], rtol=1e-12)


def test_lists_of_whole_numbers_may_be_divided_by():
    """They are real numbers, but those that pick rows."""
    w = [Value(0.5), Value(-1.0), Value(2.0)]
    f = jit(lambda x, i: sum(a**-1 for a in x) * table(w)[i[1]])
    arguments = [2, 4], [0, 2]
    value = f(*arguments)
    pure = to_jax(f)
    np.testing.assert_allclose(pure(pure.parameters, *arguments), value, rtol=1e-12)
