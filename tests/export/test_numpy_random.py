"""Random programs as NumPy source: its numbers, and its gradients, are those of the engine.

`JANGRAD_EXAMPLES=2000 pytest tests/export/test_numpy_random.py` tries as many of each kind.
"""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from tests.compiler.strategies import data_of, flat, programs

from jangrad import Value, graph, jit
from jangrad.export import to_numpy

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "40")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
)

pytestmark = [
    pytest.mark.usefixtures("own_operations"),
    # What is not chosen may be inf or nan.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


def scale_of(root):
    """The largest number on the way, and its gradients."""
    scale = max(1.0, abs(data_of(root)))
    if isinstance(root, Value):
        root.backtrack()
        for node in graph.ordered(root):
            scale = max(scale, abs(node.data), abs(node.grad), abs(node.data * node.grad))
    return scale


def on_values(f, row, indices):
    """The function of Values, and these."""
    made = []

    def given(x):
        if isinstance(x, list):
            return [given(item) for item in x]
        made.append(Value(x))
        return made[-1]

    return f(*[x if i in indices else given(x) for i, x in enumerate(row)])


def arrays(row, indices):
    return [np.array(x, int if i in indices else float) for i, x in enumerate(row)]


def run(source, arguments):
    space = {}
    exec(compile(source, "exported.py", "exec"), space)
    return space[source.name](*arguments, **source.parameters)


@some
@given(program=programs() | programs(looking=True))
def test_numpy_gives_what_the_engine_gives(program):
    """Of one call."""
    f, _ = program.make()
    row = program.rows[0]
    root = on_values(f, row, program.indices)
    compiled = jit(f)
    compiled(*row)
    found = run(to_numpy(compiled), arrays(row, program.indices))
    assert abs(found - data_of(root)) <= 1e-12 * scale_of(root)


@some
@given(program=programs(most_rows=6) | programs(most_rows=6, looking=True))
def test_numpy_gives_what_the_engine_gives_for_rows(program):
    """Of a map, rows in front."""
    assume(program.rows[0])
    f, _ = program.make()
    columns = list(zip(*program.rows, strict=True))
    roots = [on_values(f, row, program.indices) for row in program.rows]
    compiled = jit(f)
    compiled.map(*columns)
    found = run(to_numpy(compiled), arrays(columns, program.indices))
    found = np.broadcast_to(found, len(roots))
    for each, root in zip(found, roots, strict=True):
        assert abs(each - data_of(root)) <= 1e-12 * scale_of(root)


@some
@given(program=programs() | programs(looking=True))
def test_gradients_are_those_of_the_engine(program):
    """By each parameter."""
    f, parameters = program.make()
    row = program.rows[0]
    root = on_values(f, row, program.indices)
    assume(isinstance(root, Value))
    scale = scale_of(root)
    compiled = jit(f)
    compiled(*row)
    used = {id(node) for node in graph.ordered(root)}
    assume(any(id(p) in used for p in parameters))
    source = to_numpy(compiled, gradient=True)
    _, gradients = run(source, arrays(row, program.indices))
    expected = {name: np.zeros(x.shape) for name, x in source.parameters.items()}
    values, at = {}, 0
    for name, numbers in program.parameters.items():
        count = len(list(flat(numbers)))
        values[name], at = parameters[at : at + count], at + count
    for name in expected:
        slopes = [p.grad if p.has_grad else 0.0 for p in values[name]]
        close = np.abs(gradients[name] - np.reshape(slopes, expected[name].shape))
        assert close.max() <= 1e-12 * scale
