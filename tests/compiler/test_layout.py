"""Buffers in one arena: what is still to be read is never written over."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from tests.compiler.strategies import programs

from jangrad.compiler.codes import ACROSS
from jangrad.compiler.differentiate import differentiate, prune
from jangrad.compiler.grow import Grower
from jangrad.compiler.kernels import Region, Target, plan, with_own_outputs
from jangrad.compiler.layout import ALIGNMENT, arrange, phases
from jangrad.compiler.trace import trace

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
    if mapped and traced.lane[traced.outputs[0]]:
        grower = Grower(traced)
        traced = grower.finish(grower.nodes(ACROSS, traced.outputs))
    longer, slopes = differentiate(traced, int(traced.outputs[0]))
    longer.outputs = np.r_[longer.outputs[:1], slopes]
    scalars = with_own_outputs(prune(longer))
    targets = [Target("R", i) for i in range(len(scalars.outputs))]
    found = plan(scalars, [Region("X", 0, scalars.inputs)], targets)
    layout = arrange(found, CHUNK, 8)
    width = {name: 8 * n * (CHUNK if name in found.lanes else 1) for name, n in found.sizes.items()}
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
            for segment in kernel.segments:
                for access in segment.accesses:
                    if access.buffer in width:
                        assert (owner[place(access.buffer)] == number[access.buffer]).all()
            out = kernel.out.buffer
            if out in width:
                if kernel.across and turn > 1:  # it adds to what earlier chunks gave
                    assert (owner[place(out)] == number[out]).all()
                owner[place(out)] = number[out]
