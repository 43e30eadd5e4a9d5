"""Buffers in one arena: what is still to be read is never written over."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.compiler.strategies import programs

from jangrad import jit, tanh
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.plan.layout import ALIGNMENT, arrange, phases
from jangrad.compiler.program.buffers import INPUTS, INPUTS_OF_ROWS, RESULTS
from jangrad.compiler.program.codes import BATCH_SUM
from jangrad.compiler.program.differentiate import differentiate, prune
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.trace import trace

CHUNK = 8


@pytest.mark.usefixtures("own_operations")
@pytest.mark.parametrize("mapped", [False, True])
@settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(program=programs())
def test_what_is_needed_stays(program, mapped):
    """Before, for each chunk of rows, and after: a read finds what its buffer was given."""
    f, parameters = program.make()
    row = program.rows[0]
    traced = trace(f, row, parameters, per_row=range(len(row)) if mapped else ()).program
    if mapped and traced.batched[traced.outputs[0]]:
        grower = Grower(traced)
        traced = grower.finish(grower.nodes(BATCH_SUM, traced.outputs))
    longer, slopes = differentiate(traced, int(traced.outputs[0]))
    longer = longer._replace(outputs=np.r_[longer.outputs[:1], slopes])
    scalars = with_own_outputs(prune(longer))
    targets = [Target(RESULTS, i) for i in range(len(scalars.outputs))]
    given = INPUTS_OF_ROWS if mapped else INPUTS
    found = fuse(plan(scalars, [Region(given, 0, scalars.inputs)], targets))
    layout = arrange(found, CHUNK, 8)
    width = {b: 8 * n * (CHUNK if b.per_row else 1) for b, n in found.sizes.items()}
    assert all(place % ALIGNMENT == 0 for place in layout.offset.values())
    assert all(layout.offset[name] + width[name] <= layout.size for name in width)
    assert layout.size <= layout.unshared

    owner = np.full(layout.size, -1)
    number = {name: i for i, name in enumerate(width)}

    def place(name):
        return slice(layout.offset[name], layout.offset[name] + width[name])

    before, rows, after = phases(found)
    for turn, kernels in enumerate((before, rows, rows, rows, after)):
        for kernel in kernels:
            for access in kernel.reads:
                if access.buffer in width:
                    assert (owner[place(access.buffer)] == number[access.buffer]).all()
            for out in (access.buffer for access in kernel.writes if access.buffer in width):
                # it adds to what earlier chunks gave, or to what lies there
                if (kernel.over_rows and turn > 1) or kernel.out.items is not None:
                    assert (owner[place(out)] == number[out]).all()
                owner[place(out)] = number[out]


def test_a_sum_in_tiles_keeps_its_place_from_the_first_tile_on():
    """What only the first tile reads, a neighbour's tanh, is not written over by it."""
    rng = np.random.default_rng(0)
    W, X = rng.normal(size=(32, 300)), rng.normal(size=(20, 300))

    @jit
    def f(x):
        hidden = [tanh(xi) for xi in x[:32]]
        sums = [sum(w * xi for w, xi in zip(row, x, strict=True)) for row in W]
        shifted = [s + hidden[(j + 3) % 32] for j, s in enumerate(sums)]
        return [tanh(s) * s for s in shifted], [h * h for h in hidden]

    hidden = np.tanh(X[:, :32])
    shifted = X @ W.T + np.roll(hidden, -3, axis=1)
    found, squares = f.map(X)
    np.testing.assert_allclose(found, np.tanh(shifted) * shifted, rtol=1e-11)
    np.testing.assert_allclose(squares, hidden**2, rtol=1e-11)


def test_a_long_sum_without_order_runs_in_tiles():
    """300 numbers of each row in any order, picked by a table."""
    rng = np.random.default_rng(3)
    picks = [rng.permutation(400)[:300].tolist() for _ in range(32)]
    W, X = rng.normal(size=(32, 300)), rng.normal(size=(9, 400))

    @jit
    def f(x):
        return [
            sum(w * x[i] for w, i in zip(row, pick, strict=True))
            for row, pick in zip(W, picks, strict=True)
        ]

    wanted = np.stack([X[:, pick] @ row for row, pick in zip(W, picks, strict=True)], axis=1)
    np.testing.assert_allclose(f.map(X), wanted, rtol=1e-11, atol=1e-12)
