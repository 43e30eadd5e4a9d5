"""`to_c`: what the C says, compiled by gcc and clang, against the interpreter and by hand."""

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from tests.compiler.programs import attention, batch_norm, conv1d, rnn
from tests.compiler.strategies import programs
from tests.export.builds import COMPILERS, needs, run, self_tested

from jangrad import MLP, Value, ops
from jangrad.compiler.program.ir import Operation
from jangrad.errors import NoGradient
from jangrad.export import self_test
from jangrad.export.c import to_c
from jangrad.export.c_words import C
from jangrad.export.identifiers import Names
from jangrad.export.spelling import Functions
from jangrad.train import SGD

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "24")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink one takes minutes
)


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_compiler_takes_a_network_that_learns(tmp_path, compiler, dtype):
    """Without a warning, as C and as C++; value and training steps are the interpreter's."""
    net = MLP(3, [4, 4, 1], seed=0)
    how = {"loss": "squared_error", "optimizer": "adam", "self_test": True}
    files = to_c(net, tmp_path / "model", dtype=dtype, **how)
    assert self_tested(tmp_path / "model.c", "model", compiler) == "pass\n"
    each = 8 if dtype == "float64" else 4
    # 41 parameters and two decays; of RAM the parameters, their gradient, two moments, a counter.
    assert files.flash == 43 * each
    assert files.ram == 4 * 41 * each + 4


@pytest.mark.parametrize("dtype", ["double", "float"])
def test_every_operation_has_a_spelling(tmp_path, dtype):
    """Each operation of the table, and each of its partials, is C that a compiler takes."""
    functions = Functions(C(dtype), Names())
    for name, row in ops.OPS.items():
        functions.operation(Operation(name))
        for slope in range(len(row.partials)):
            functions.operation(Operation(name, slope))
            functions.operation(Operation(name, slope, True))
    source = tmp_path / "all.c"
    source.write_text("#include <math.h>\n" + "\n".join(functions.texts))
    needs("gcc")
    flags = ("-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-pedantic")
    run("gcc", *flags, "-Wno-unused-function", "-c", source, "-o", tmp_path / "all.o")


@pytest.mark.usefixtures("own_operations")
@some
@given(program=programs() | programs(looking=True))
def test_random_programs(program, tmp_path_factory):
    """Value, gradient and a step of random programs, with sanitizers, as the interpreter's."""
    f, parameters = program.make()
    row = program.rows[0]
    assume(row)
    folder = tmp_path_factory.mktemp("c")
    how = {"self_test": True, "gradient": True}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(self_test, "_ROWS", 1)
        patch.setattr(self_test, "_STEPS", 2)
        try:
            learns = {"loss": f, "loss_arguments": row, "optimizer": SGD(parameters, 1e-4)}
            to_c(f, folder / "f", row, **how, **learns)
        except NoGradient:
            to_c(f, folder / "f", row, **how)
    assert self_tested(folder / "f.c", "f", "gcc", "-O1") == "pass\n"


PROGRAMS = {
    module.__name__.rpartition(".")[2]: module for module in (rnn, conv1d, attention, batch_norm)
}


def draw_from(seed):
    source = random.Random(seed)

    def draw(shape, scale):
        if not shape:
            return source.gauss(0.0, scale)
        return [draw(shape[1:], scale) for _ in range(shape[0])]

    return draw


def values(nested):
    if isinstance(nested, dict):
        return {name: values(item) for name, item in nested.items()}
    return [values(item) for item in nested] if isinstance(nested, list) else Value(nested)


def leaves(nested):
    if isinstance(nested, Value):
        return [nested]
    items = nested.values() if isinstance(nested, dict) else nested
    return [leaf for item in items for leaf in leaves(item)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_users(name, tmp_path):
    """RNN, convolution, attention and batch norm: value, gradient and training steps."""
    module, draw = PROGRAMS[name], draw_from(1)
    parameters = values(module.parameters(draw))
    inputs = module.inputs(draw)

    def loss(*inputs):
        return module.loss(parameters, *inputs)

    chosen = SGD(leaves(parameters), 0.01)
    how = {"loss": loss, "loss_arguments": inputs, "optimizer": chosen, "self_test": True}
    to_c(loss, tmp_path / name, inputs, gradient=True, **how)
    assert self_tested(tmp_path / f"{name}.c", name) == "pass\n"
