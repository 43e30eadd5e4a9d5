"""Random recurrences in NumPy and JAX: value, rows, gradient and a step of training.

`JANGRAD_EXAMPLES=500 pytest tests/export/test_array_recurrences.py` tries as many.
"""

import os

import numpy as np
import pytest
from tests.export.recurrences import recurrence
from tests.export.test_array_programs import run
from tests.export.test_numpy_random import scale_of

from jangrad import jit
from jangrad.export import to_jax, to_numpy
from jangrad.export.vectorised.exported import exported

COUNT = int(os.environ.get("JANGRAD_EXAMPLES", "30"))


def by_the_engine(f, arguments):
    """Value, gradients by the names and the paths of arrays, and the largest number on the way."""
    root = f.function(*arguments)
    scale = scale_of(root)
    groups = exported(f).groups
    slopes = [
        np.reshape([v.grad if v.has_grad else 0.0 for v in g.values.flat], g.values.shape)
        for g in groups
    ]
    names, paths = [g.name for g in groups], [g.path for g in groups]
    by_name, by_path = dict(zip(names, slopes, strict=True)), dict(zip(paths, slopes, strict=True))
    return root.data, by_name, by_path, scale


def close(found, expected, scale):
    assert found.keys() == expected.keys()
    for name, slope in expected.items():
        np.testing.assert_allclose(found[name], slope, rtol=0, atol=1e-12 * scale)


def numpy_agrees(made):
    """The value, rows, the gradient, and the value after a step of gradient descent."""
    f, row = jit(made.make()), made.rows[0]
    f(*row)
    value, slopes, _, scale = by_the_engine(f, row)
    assert abs(run(to_numpy(f), row) - value) <= 1e-12 * scale
    source = to_numpy(f, gradient=True)
    found, gradient = run(source, row)
    assert abs(found - value) <= 1e-12 * scale
    close(gradient, slopes, scale)
    for group in exported(f).groups:
        for at, leaf in np.ndenumerate(group.values):
            leaf.data -= 0.01 * float(np.asarray(gradient[group.name])[at])
    source.parameters = {name: x - 0.01 * gradient[name] for name, x in source.parameters.items()}
    assert abs(run(source, row)[0] - f.function(*row).data) <= 1e-12 * scale
    columns = list(zip(*made.rows, strict=True))
    f.map(*columns)
    roots = [f.function(*row) for row in made.rows]
    scale = max(map(scale_of, roots))
    found = run(to_numpy(f), columns)
    np.testing.assert_allclose(found, [r.data for r in roots], rtol=0, atol=1e-12 * scale)
    total = sum(f.function(*row) for row in made.rows) / 3.0
    scale = max(scale, scale_of(total))
    _, gradient = run(to_numpy(f, gradient=True), columns)
    groups = exported(f).groups
    slopes = {g.name: np.vectorize(lambda v: v.grad)(g.values) for g in groups}
    close(gradient, slopes, scale)


def jax_agrees(made):
    """The value, the gradient, and rows."""
    import jax

    jax.config.update("jax_enable_x64", True)
    f, row = jit(made.make()), made.rows[0]
    f(*row)
    value, _, slopes, scale = by_the_engine(f, row)
    pure = to_jax(f)
    inputs = [np.array(x) for x in row]
    found, gradient = jax.jit(jax.value_and_grad(pure))(pure.parameters, *inputs)
    assert abs(float(found) - value) <= 1e-12 * scale
    close(gradient, slopes, scale)
    columns = list(zip(*made.rows, strict=True))
    f.map(*columns)
    roots = [f.function(*row) for row in made.rows]
    pure = to_jax(f)
    found = jax.jit(pure)(pure.parameters, *map(np.array, columns))
    scale = max(map(scale_of, roots))
    np.testing.assert_allclose(found, [r.data for r in roots], rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("seed", range(COUNT))
def test_numpy_gives_what_the_engine_gives(seed):
    """Of random recurrences."""
    numpy_agrees(recurrence(seed))


@pytest.mark.parametrize("seed", range(1000, 1000 + max(1, COUNT // 5)))
def test_jax_gives_what_the_engine_gives(seed):
    """Of other ones."""
    pytest.importorskip("jax")
    jax_agrees(recurrence(seed))


def test_most_of_them_are_loops():
    """Which is what they are drawn for."""
    rolled = 0
    for seed in range(20):
        made = recurrence(seed)
        f = jit(made.make())
        f(*made.rows[0])
        rolled += "for t in range(" in to_numpy(f)
    assert rolled >= 10
