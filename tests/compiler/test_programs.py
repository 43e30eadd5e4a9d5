"""Programs as users write them, with plain loops over Values, against the same in PyTorch."""

import random
from functools import partial

import pytest
from tests.compiler.programs import attention, batch_norm, conv1d, gpt, kalman, ode, rnn

from jangrad import Value, compile_step, gradient, jit
from jangrad.train import SGD

torch = pytest.importorskip("torch")

PROGRAMS = {
    module.__name__.rpartition(".")[2]: module
    for module in (rnn, conv1d, attention, batch_norm, ode, kalman)
}
NAMES = [[26, 4, 12, 12, 0, 26], [26, 0, 13, 13, 0, 26], [26, 9, 26]]


def eager(loss, parameters, inputs):
    """The loss, and its gradients in the order of the parameters."""
    e = loss(parameters, *inputs)
    e.backward()
    return e.data, [p.grad for p in flat(parameters)]


def compiled(loss, parameters, inputs):
    """The same from machine code, the gradient traced with the loss."""
    leaves = flat(parameters)

    def both(*inputs):
        root = loss(parameters, *inputs)
        return [root, *gradient(root, leaves)]

    value, *gradients = jit(both)(*inputs).tolist()
    return value, gradients


def compiled_backwards(loss, parameters, inputs):
    """The same, the gradient made by the compiler itself: a step of length 1 moves by it."""
    leaves = flat(parameters)
    before = [p.data for p in leaves]
    value = compile_step(partial(loss, parameters), leaves, SGD(leaves, 1.0))(*inputs)
    gradients = [b - p.data for b, p in zip(before, leaves, strict=True)]
    for p, b in zip(leaves, before, strict=True):
        p.data = b
    return value, gradients


# Every way of running a program: (loss, parameters, inputs) -> value, gradients.
RUNS = {"eager": eager, "jit": compiled, "compile_step": compiled_backwards}


def flat(nested):
    """All Values of nested lists and dicts, in order."""
    if isinstance(nested, Value):
        return [nested]
    items = nested.values() if isinstance(nested, dict) else nested
    return [leaf for item in items for leaf in flat(item)]


def normal(seed):
    """`draw(shape, spread)` gives nested lists of normal numbers."""
    rng = random.Random(seed)

    def draw(shape, spread):
        if not shape:
            return rng.gauss(0, spread)
        return [draw(shape[1:], spread) for _ in range(shape[0])]

    return draw


def as_values(nested):
    """The same lists and dicts, with a Value for each number."""
    if isinstance(nested, dict):
        return {name: as_values(item) for name, item in nested.items()}
    return [as_values(x) for x in nested] if isinstance(nested, list) else Value(nested)


def as_tensor(nested):
    return torch.tensor(nested, dtype=torch.float64)


def agree(found, expected):
    """Value and gradients agree to 1e-12 of the largest."""
    value, gradients = found
    loss, wanted = expected
    assert value == pytest.approx(loss, rel=1e-12)
    largest = max(map(abs, wanted))
    assert largest > 0
    assert gradients == pytest.approx(wanted, rel=1e-12, abs=1e-12 * largest)


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_program_gives_the_loss_and_gradients_of_pytorch(name, run, seed):
    """Loss and all gradients agree to 1e-12."""
    program, draw = PROGRAMS[name], normal(seed)
    parameters, inputs = program.parameters(draw), program.inputs(draw)
    tensors = {key: as_tensor(x).requires_grad_() for key, x in parameters.items()}
    expected = program.in_torch(tensors, *map(as_tensor, inputs))
    expected.backward()
    wanted = [g for x in tensors.values() for g in x.grad.flatten().tolist()]
    agree(RUNS[run](program.loss, as_values(parameters), inputs), (expected.item(), wanted))


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("tokens", NAMES, ids=len)
def test_a_gpt_of_token_ids_gives_the_loss_and_gradients_of_pytorch(tokens, run):
    """A transformer on names of several lengths, with letters that repeat."""
    model = gpt.GPT()
    tensors = [
        as_tensor([[p.data for p in row] for row in matrix]).requires_grad_()
        for matrix in model.matrices()
    ]
    expected = gpt.in_torch(tensors, torch.tensor(tokens))
    expected.backward()
    wanted = [g for x in tensors for g in x.grad.flatten().tolist()]
    found = RUNS[run](lambda _, names: model.loss(names), model.matrices(), (tokens,))
    agree(found, (expected.item(), wanted))
