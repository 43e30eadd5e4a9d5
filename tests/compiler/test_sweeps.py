"""The walks over all scalars give the same as plain Python and as machine code."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from tests.compiler.strategies import programs
from tests.compiler.ways import compiled_as

import jangrad
from jangrad import MLP
from jangrad.compiler.plan import irregular, kernels
from jangrad.compiler.program import arguments, classes, differentiate, ir, sweeps, trace
from jangrad.compiler.program.interpret import interpret


def load_plain(name):
    """A file from its source, where the compiled one would be found first."""
    file = Path(ir.__file__).with_name(f"{name}.py")
    spec = spec_from_file_location(f"plain_{name}", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PLAIN, PLAIN_ADJOINTS = load_plain("sweeps"), load_plain("adjoints")


def everything(function, row, parameters):
    """The program with its gradients, its classes and their order, its tables, as text."""
    program = trace.trace(function, row, parameters, per_row=range(len(row))).program
    root = int(program.outputs[0])
    longer, slopes = differentiate.differentiate(program, root)
    longer = longer._replace(outputs=np.r_[root, slopes])
    pruned = differentiate.prune(longer)
    found = classes.classify(pruned)
    ragged = classes._classify(pruned, None, ragged=True)
    parts = [pruned, *found.members, len(ragged), found.level.tolist()]
    with compiled_as("tables and loop nests"):
        for batched in (False, True):
            marks = irregular.find(pruned, found, np.zeros(len(pruned), np.int8), batched)
            if marks is not None:
                cut = irregular.cut(pruned, found, marks, 4)
                parts += [
                    cut.wavefront.tolist(),
                    cut.irregular.tables.tolist(),
                    cut.irregular.wavefronts,
                ]
    return "\n".join(map(str, parts)), pruned


def as_plain(patch):
    """Let every file of the compiler use the plain functions."""
    for user in (arguments, classes, differentiate, ir, irregular, trace):
        patch.setattr(user, "sweeps", PLAIN)
    patch.setattr(kernels, "spread", PLAIN.spread)
    patch.setattr(differentiate, "adjoints", PLAIN_ADJOINTS)


def test_arguments_are_flattened_the_same():
    """Of every kind, in one order, and with one nesting."""
    given = ([1, 2.5, (True, [np.float32(3.0)])], {"x": [4.0], "y": np.arange(6).reshape(2, 3)}, 7)
    flat = arguments.flatten(given)
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        assert arguments.flatten(given) == flat
    assert flat[0] == [1, 2.5, 1.0, 3.0, 4.0, 0, 1, 2, 3, 4, 5, 7]


def test_objects_are_told_apart_the_same():
    """By their addresses."""
    objects, ids = [1.0, "a", None, [2.0]], np.zeros(4, np.int64)
    for walks in (sweeps, PLAIN):
        walks.write_ids(objects, ids)
        assert ids.tolist() == [id(x) for x in objects]


@pytest.mark.usefixtures("own_operations")
@settings(max_examples=40)
@given(program=programs(most=6))
def test_programs_are_the_same(program):
    """Trace, gradients, classes."""
    f, parameters = program.make()
    row = program.rows[0]
    text, _ = everything(f, row, parameters)
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        assert everything(f, row, parameters)[0] == text


def test_a_network_is_the_same():
    """With hashes that are large numbers, and sums of several lengths."""
    net = MLP(3, [8, 5], "relu", seed=0)

    def loss(x, label):
        parts = [sum(x[: k + 1]) * v for k, v in enumerate(net(x)[:3])]
        return -jangrad.table(jangrad.log_softmax(net(x)))[label] + sum(parts)

    row = [[1.0, 2.0, 3.0], 2]
    text, program = everything(loss, row, net.parameters())
    with pytest.MonkeyPatch.context() as patch:
        as_plain(patch)
        again, _ = everything(loss, row, net.parameters())
    assert again == text
    numbers = interpret(program, [p.data for p in net.parameters()], [[1.0, 2.0, 3.0, 2.0]])
    assert np.isfinite(numbers).all()
    assert not PLAIN.compiled
