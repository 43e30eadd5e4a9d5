"""The compiler once, small: when this fails, look here first."""

from __future__ import annotations

import numpy as np
import pytest

from jangrad import MLP, Value, grad, jit
from jangrad.compiler.program.trace import trace
from jangrad.train import SGD
from jangrad.train.compiled.trainer import Trainer


def test_a_function_of_numbers() -> None:
    """It is traced at its first call, reads parameters at each, and gives what Python gives."""
    w = [Value(1.0), Value(-2.0)]
    calls = []

    @jit
    def f(x):
        calls.append(x)
        return sum(wi * xi * xi for wi, xi in zip(w, x, strict=True))

    assert f([3.0, 2.0]) == 1.0
    w[0].data = 2.0
    assert f([3.0, 2.0]) == 10.0
    assert len(calls) == 1


def test_a_network_over_rows() -> None:
    """map gives for each row what the network gives for it."""
    net = MLP(3, [5, 2], "tanh", seed=1)
    rows = np.random.default_rng(0).normal(size=(11, 3))
    found = jit(lambda x: net(x)).map(rows)
    expected = [[v.data for v in net(row.tolist())] for row in rows]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_second_derivatives() -> None:
    """Derivatives compile like anything else."""
    assert jit(grad(grad(lambda x: x**4)))(2.0) == 48.0


def test_training_steps() -> None:
    """Ten steps in one call go where ten steps by hand go."""
    w = Value(0.0)
    loss = lambda x, y: (w * x - y) ** 2
    optimizer = SGD([w], 0.05)
    trainer = Trainer(
        trace(loss, [0.0, 0.0], [w], per_row=(0, 1)),
        *(1, optimizer.rule, {}),
        rows=3,
    )
    data = np.array([[1.0, 3.0], [2.0, 6.5], [0.5, 1.0]])
    trainer.set_rows(data)
    results = trainer.run([0.05] * 10)
    for k in range(10):
        mean = sum(loss(x, y) for x, y in data.tolist()) / 3.0
        mean.backtrack()
        assert results[k, :2].tolist() == pytest.approx([mean.data, abs(w.grad)], rel=1e-13)
        w.data -= 0.05 * w.grad
    assert trainer.memory.parameters() == pytest.approx([w.data], rel=1e-14)
