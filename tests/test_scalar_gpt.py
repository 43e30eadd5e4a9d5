"""A script that carries its own scalar Value class runs with `from jangrad import Value`."""

import pytest
from tests.scalar_gpt import GPT, OwnValue

from jangrad import Value

DOCUMENT = [0, 3, 5, 1, 7, 0]


def steps(kind, count):
    """The losses of a few steps of gradient descent, and the last gradients."""
    model = GPT(kind)
    losses = []
    for _ in range(count):
        loss = model.loss(DOCUMENT)
        loss.backward()
        losses.append(loss.data)
        gradients = [p.grad for p in model.parameters]
        for p in model.parameters:
            p.data -= 0.1 * p.grad
            p.grad = 0
    return losses, gradients


def test_a_gpt_in_scalars_gives_the_same_losses_and_gradients():
    """Two steps of a whole transformer, to 1e-12 of the largest gradient."""
    theirs, their_gradients = steps(OwnValue, 2)
    mine, my_gradients = steps(Value, 2)
    assert mine == pytest.approx(theirs, rel=1e-12)
    largest = max(map(abs, their_gradients))
    assert my_gradients == pytest.approx(their_gradients, rel=1e-12, abs=1e-12 * largest)
