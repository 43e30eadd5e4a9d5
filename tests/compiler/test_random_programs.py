"""Random programs: the engine, the interpreter and machine code give the same numbers.

`JANGRAD_EXAMPLES=20000 pytest tests/compiler/test_random_programs.py` tries as many of each kind.
"""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.compiler.strategies import data_of, flat, programs
from tests.compiler.ways import WAYS, compiled_as

from jangrad import Value, compile_step, grad, graph, jit
from jangrad.compiler.plan.kernels import with_own_outputs
from jangrad.compiler.program.codes import BATCH_SUM, MUL
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.ir import verify
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run.outputs import Outputs
from jangrad.errors import NoGradient
from jangrad.train import SGD
from jangrad.train.compiled.trainer import Trainer

many = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "80")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
#: For what is tried in each of the ways.
some = settings(many, max_examples=many.max_examples // 2)

pytestmark = pytest.mark.usefixtures("own_operations")


class Eager:
    """What the engine gives for one row: the result, all gradients, and how large numbers were."""

    def __init__(self, program, row):
        f, parameters = program.make()
        inputs = []

        def given(x):
            if isinstance(x, list):
                return [given(item) for item in x]
            inputs.append(Value(x))
            return inputs[-1]

        arguments = [x if i in program.indices else given(x) for i, x in enumerate(row)]
        root = f(*arguments)
        self.value = data_of(root)
        self.scale = max(1.0, abs(self.value))
        if isinstance(root, Value):
            root.backtrack()
            for node in graph.ordered(root):
                self.scale = max(self.scale, abs(node.data), abs(node.grad))
                self.scale = max(self.scale, abs(node.data * node.grad))
        self.parameters = [p.grad if p.has_grad else 0.0 for p in parameters]
        self.inputs = [x.grad if x.has_grad else 0.0 for x in inputs]


def close(found, expected, scale, tolerance=1e-12):
    """Whether numbers agree, relative to the largest there was.

    The slopes of atan2 at 0, 0 are no numbers; where the engine says so, nan is what is right.
    """
    found, expected = np.asarray(found, float), np.asarray(expected, float)
    assert found.shape == expected.shape
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite])
    assert np.isfinite(found[finite]).all()
    worst = np.abs(found - expected)[finite].max(initial=0.0)
    assert worst <= tolerance * scale, f"off by {worst:g} where numbers are up to {scale:g}"


def numbers_of(row):
    return [float(x) for x in flat(row)]


def without_indices(program, slopes, row):
    """The gradients by the inputs that are no indices."""
    argument = [k for k, x in enumerate(row) for _ in flat(x)]
    return [s for k, s in zip(argument, slopes, strict=False) if k not in program.indices]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@some
@given(program=programs())
def test_calls_give_what_the_engine_gives(program, dtype, way):
    """jit(f), in both precisions, however it is computed."""
    f, _ = program.make()
    row = program.rows[0]
    eager = Eager(program, row)
    # Single precision: errors grow along a program, and so does what is allowed.
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    with compiled_as(way):
        found = jit(f, dtype=dtype)(*row)
    close(found, eager.value, eager.scale, tolerance)


@pytest.mark.parametrize("way", WAYS)
@some
@given(program=programs(most_rows=9) | programs(most_rows=9, looking=True))
def test_maps_give_what_the_engine_gives(program, way):
    """f.map over rows."""
    assume(program.rows[0])  # without an argument there are no rows
    f, _ = program.make()
    with compiled_as(way):
        found = jit(f).map(*zip(*program.rows, strict=True))
    eager = [Eager(program, row) for row in program.rows]
    close(found, [e.value for e in eager], max(e.scale for e in eager))


@many
@given(program=programs())
def test_gradients_traced_from_python(program):
    """jit(grad(f)): the gradient as Values, compiled like any other function."""
    row = program.rows[0]
    assume(row and 0 not in program.indices)
    f, _ = program.make()
    eager = Eager(program, row)
    count = len(numbers_of(row[:1]))
    found = jit(grad(f))(*row)
    close(list(flat(np.asarray(found).tolist())), eager.inputs[:count], eager.scale)


@settings(many, max_examples=many.max_examples // 2)
@given(program=programs(most=6))
def test_second_derivatives(program):
    """jit(grad(sum of grad(f))): derivatives of derivatives, against the same uncompiled."""
    row = program.rows[0]
    assume(row and 0 not in program.indices)
    f, _ = program.make()

    def total(x, *rest):
        return sum((v * v for v in flat(grad(f)(x, *rest))), start=x0(x) * 0.0)

    expected = np.array([data_of(slope) for slope in flat(grad(total)(*row))])
    found = np.array(list(flat(np.asarray(jit(grad(total))(*row)).tolist())), float)
    # Second derivatives are products of many slopes, and so are their errors.
    close(found, expected, max(Eager(program, row).scale, np.abs(expected).max()) ** 2, 1e-11)


def x0(x):
    """The first number of a nesting."""
    return next(flat(x))


@pytest.mark.parametrize("way", WAYS)
@some
@given(program=programs() | programs(looking=True))
def test_gradients_made_by_the_compiler(program, way):
    """differentiate: by parameters and by inputs, interpreted and as machine code."""
    f, parameters = program.make()
    row = program.rows[0]
    eager = Eager(program, row)
    traced = trace(f, row, parameters).program
    verify(traced)
    root = int(traced.outputs[0])
    longer, by_parameter = differentiate(traced, root)
    longer = longer._replace(outputs=np.array([root]))
    verify(longer)
    longer, by_input = differentiate(longer, root, wrt_inputs=True)
    longer = longer._replace(outputs=np.r_[root, by_parameter, by_input])
    verify(longer)
    pruned = with_own_outputs(prune(longer))
    verify(pruned)
    expected = [eager.value, *eager.parameters, *eager.inputs]
    data = [p.data for p in parameters]
    with compiled_as(way):
        machine = Outputs(pruned, parameters, False).call(numbers_of(row))
    slow = [numbers[0] for numbers in interpret(pruned, data, [numbers_of(row)])]
    for found in (slow, machine):
        count = 1 + len(parameters)
        slopes = without_indices(program, list(found[count:]), row)
        close([*found[:count], *slopes], expected, eager.scale)


@pytest.mark.parametrize("way", WAYS)
@some
@given(program=programs(most_rows=9) | programs(most_rows=9, looking=True))
def test_gradients_of_a_batch(program, way):
    """Of the sum over rows by each parameter, and by the inputs of each row."""
    row = program.rows[0]
    assume(row)
    f, parameters = program.make()
    eager = [Eager(program, row) for row in program.rows]
    rows = [[*numbers_of(row), 1.0] for row in program.rows]
    scale = max(e.scale for e in eager) * len(rows)
    traced = trace(f, row, parameters, per_row=range(len(row))).program
    verify(traced)
    assume(traced.batched[traced.outputs[0]])  # it looks at an argument
    grower = Grower(traced)
    weight = grower.input(1, batched=True)  # so that rows that fill the last vector do not count
    longer = grower.finish(grower.nodes(BATCH_SUM, grower.nodes(MUL, traced.outputs, weight)))
    verify(longer)
    root = int(longer.outputs[0])
    longer, by_parameter = differentiate(longer, root)
    longer, by_input = differentiate(longer, root, wrt_inputs=True)
    longer = longer._replace(outputs=np.r_[root, by_parameter, by_input])
    verify(longer)
    pruned = prune(longer)
    verify(pruned)
    count = 1 + len(parameters)
    with compiled_as(way):
        outputs = Outputs(pruned, parameters, True)
        spare = -len(rows) % outputs.executable.binary.chunk
        machine = outputs.map(np.array(rows + [[*rows[-1][:-1], 0.0]] * spare))
    slow = interpret(pruned, [p.data for p in parameters], rows)
    slow = [x * len(rows) if len(x) == 1 else x for x in slow]
    shared = [sum(e.value for e in eager)]
    shared += [sum(slopes) for slopes in zip(*(e.parameters for e in eager), strict=True)]
    for found in (slow, machine):
        close([x[0] for x in found[:count]], shared, scale)
        for k, e in enumerate(eager):
            slopes = without_indices(program, [x[k] for x in found[count:]], row)
            close(slopes, e.inputs, scale)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@some
@given(program=programs() | programs(looking=True))
def test_a_step_follows_the_gradient(program, dtype, way):
    """compile_step, in both precisions: each parameter moves by what the engine says."""
    f, parameters = program.make()
    row = program.rows[0]
    eager = Eager(program, row)
    tolerance = 1e-12 if dtype == "float64" else 1e-4
    before = [p.data for p in parameters]
    with compiled_as(way):
        step = compile_step(f, parameters, "sgd", learning_rate=1.0, dtype=dtype)
        learns = trace(f, row, parameters).uses(parameters)
        if not learns:
            with pytest.raises(NoGradient, match="depends on none of the parameters"):
                step(*row)
        assume(learns)
        loss = step(*row)
    close(loss, eager.value, eager.scale, tolerance)
    moved = [b - p.data for b, p in zip(before, parameters, strict=True)]
    close(moved, eager.parameters, max(eager.scale, 2.0), tolerance)


@pytest.mark.parametrize("way", WAYS)
@some
@given(
    program=programs(most_rows=9) | programs(most_rows=9, looking=True),
    threads=st.integers(1, 4),
    data=st.data(),
)
def test_a_step_on_rows_follows_their_mean(program, threads, data, way):
    """By threads, in both precisions, on all rows and on batches of different sizes."""
    row = program.rows[0]
    assume(row)
    f, parameters = program.make()
    number = data.draw(st.sampled_from(["double", "float"]))
    tolerance = 1e-12 if number == "double" else 1e-4
    eager = [Eager(program, row) for row in program.rows]
    scale = max(e.scale for e in eager)
    found = trace(f, row, parameters, per_row=range(len(row)))
    rule = SGD(parameters)
    with compiled_as(way):
        trainer = Trainer(
            *(found, len(parameters), rule.rule, rule.options),
            number=number,
            rows=len(eager),
            threads=threads,
        )
    table = np.array([numbers_of(row) for row in program.rows], trainer.dtype)
    trainer.set_rows(table)
    several = st.lists(st.integers(0, len(eager) - 1), min_size=1, max_size=len(eager))
    for batch in (None, *data.draw(st.lists(several, max_size=2))):
        if batch is None:
            ((loss, _, _),) = trainer.run([0.0])
        else:
            packed = trainer.packed(np.array(batch), np.array([len(batch)]))
            ((loss, _, _),) = trainer.run([0.0], table, packed)
        mine = [eager[i] for i in (range(len(eager)) if batch is None else batch)]
        close(loss, np.mean([e.value for e in mine]), scale, tolerance)
        slopes = np.mean([e.parameters for e in mine], axis=0)
        close(trainer.memory.buffers["G"], slopes, scale, tolerance)
