"""Whole programs in scalars as arrays: their value, gradient and training step in NumPy and JAX."""

import random

import numpy as np
import pytest
from tests.compiler.programs import attention, batch_norm, conv1d, gpt, kalman, ode, rnn

from jangrad import Value, jit
from jangrad.export import to_jax, to_numpy
from jangrad.export.vectorised.exported import exported

PROGRAMS = {
    m.__name__.rpartition(".")[2]: m for m in (attention, batch_norm, conv1d, kalman, ode, rnn)
}
NAMES = [26, 4, 12, 12, 0, 26]


def made(name):
    """The compiled function of a program, after a call, and its arguments."""
    if name == "gpt":
        f = jit(gpt.GPT().loss)
        arguments = [NAMES]
    else:
        module = PROGRAMS[name]
        normal = random.Random(0).gauss

        def draw(shape, spread):
            if not shape:
                return normal(0.0, spread)
            return [draw(shape[1:], spread) for _ in range(shape[0])]

        def values(item):
            return [values(x) for x in item] if isinstance(item, list) else Value(item)

        parameters = {key: values(item) for key, item in module.parameters(draw).items()}
        arguments = list(module.inputs(draw))
        f = jit(lambda *inputs: module.loss(parameters, *inputs))
    f(*arguments)
    return f, arguments


def engine(f, arguments):
    """Value and gradients, each by the name and the path of its array."""
    groups = exported(f).groups
    root = f.function(*arguments)
    root.backtrack()
    slopes = [
        np.reshape([v.grad if v.has_grad else 0.0 for v in g.values.flat], g.values.shape)
        for g in groups
    ]
    by_name = {g.name: s for g, s in zip(groups, slopes, strict=True)}
    return root.data, by_name, {g.path: s for g, s in zip(groups, slopes, strict=True)}


def close(found, expected):
    """To 1e-12 of the largest."""
    assert found.keys() == expected.keys()
    scale = max(1.0, *(np.abs(slope).max() for slope in expected.values()))
    for name, slope in expected.items():
        assert found[name].shape == slope.shape
        np.testing.assert_allclose(found[name], slope, rtol=1e-12, atol=1e-12 * scale)


def run(source, arguments):
    space = {}
    exec(compile(source, "exported.py", "exec"), space)
    return space[source.name](*map(np.array, arguments), **source.parameters)


@pytest.mark.parametrize("name", [*PROGRAMS, "gpt"])
def test_numpy_computes_and_learns(name):
    """The value, the gradient, and the value again after a step of gradient descent."""
    f, arguments = made(name)
    value, slopes, _ = engine(f, arguments)
    assert abs(run(to_numpy(f), arguments) - value) <= 1e-12 * max(1.0, abs(value))
    source = to_numpy(f, gradient=True)
    found, gradient = run(source, arguments)
    assert abs(found - value) <= 1e-12 * max(1.0, abs(value))
    close(gradient, slopes)
    for group in exported(f).groups:
        for at, leaf in np.ndenumerate(group.values):
            leaf.data -= 0.01 * float(gradient[group.name][at])
    source.parameters = {name: x - 0.01 * gradient[name] for name, x in source.parameters.items()}
    learned, _ = run(source, arguments)
    assert learned < value
    assert abs(learned - f(*arguments)) <= 1e-12 * max(1.0, abs(learned))


@pytest.mark.parametrize("name", [*PROGRAMS, "gpt"])
def test_jax_computes_and_learns(name):
    """The same, with the gradient that JAX takes; parameters go back with one call."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    f, arguments = made(name)
    value, _, slopes = engine(f, arguments)
    pure = to_jax(f)
    both = jax.jit(jax.value_and_grad(pure))
    inputs = [np.array(x) for x in arguments]
    found, gradient = both(pure.parameters, *inputs)
    assert abs(float(found) - value) <= 1e-12 * max(1.0, abs(value))
    close({path: np.asarray(x) for path, x in gradient.items()}, slopes)
    stepped = jax.tree.map(lambda p, g: p - 0.01 * g, pure.parameters, gradient)
    learned = float(both(stepped, *inputs)[0])
    pure.load(stepped)
    assert learned < value
    assert abs(learned - f(*arguments)) <= 1e-12 * max(1.0, abs(learned))
