"""Straight-line code: largest numbers of any count, and updates where gradients are summed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.compiler.ways import compiled_as

from jangrad import MLP, Value, compile_step, fit, jit, logsumexp
from jangrad.compiler.program.trace import trace
from jangrad.nn import LOSSES, l2_penalty
from jangrad.train import OPTIMIZERS
from jangrad.train.compiled.trainer import Trainer

X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
Y = [1.0, -1.0, -1.0, 1.0]


def runs(rows: int, **options: Any) -> list[list[float]]:
    """What is learned and the losses, by Python and by machine code."""
    found = []
    for engine in ("eager", "native"):
        net = MLP(3, [4, 3, 1], "tanh", seed=rows)
        history = fit(net, X[:rows], Y[:rows], steps=40, engine=engine, progress=False, **options)
        found.append([p.data for p in net.parameters()] + history.loss + history.gradient_norm)
    return found


def test_the_largest_of_many_and_of_few() -> None:
    """Each count has a function of its own: what is left out of one would be infinite."""
    x = [800.0 * i for i in range(9)]
    with compiled_as("straight-line"):
        found = jit(lambda x: [logsumexp(x[: i + 1]) for i in range(len(x))])(x)
    assert found.tolist() == x


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_every_optimiser_over_few_rows(optimizer: str) -> None:
    """Parameters, losses and lengths of gradients are the engine's."""
    for rows in (1, 3, 4):
        eager, native = runs(rows, optimizer=optimizer, learning_rate=0.01)
        assert native == pytest.approx(eager, rel=1e-10, abs=1e-14)


def test_a_penalty_over_few_rows() -> None:
    """Its gradient is added behind the rows, and the update comes after."""
    penalty = partial(l2_penalty, strength=0.01)
    eager, native = runs(4, optimizer="adam", penalty=penalty)
    assert native == pytest.approx(eager, rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("optimizer", ["adagrad", "rmsprop", "sgd"])
def test_the_update_has_no_function_of_its_own(optimizer: str) -> None:
    """With one vector of rows nothing but the rows' function writes parameters.

    Adam's has one, for it needs the corrections of the step, which are computed behind the rows.
    """
    net = MLP(3, [4, 3, 1], "tanh", seed=0)
    chosen = OPTIMIZERS[optimizer](net.parameters(), 0.01)
    loss = LOSSES["squared_error"]
    traced = trace(
        lambda x, y: loss([net(x)], [y]), [X[0], Y[0]], chosen.parameters, per_row=(0, 1)
    )
    given = (len(chosen.parameters), chosen.rule, chosen.options)
    for rows, own in ((4, False), (100, True)):
        trainer = Trainer(traced, *given, rows=rows)
        functions = trainer.executable.llvm().split("\ndefine ")[1:]
        writers = [f for f in functions if "ptr noalias %P" in f.split("{")[0]]
        assert (len(writers) > 1) == own


@pytest.mark.parametrize("count", [3, 9, 20])
def test_a_gradient_of_old_parameters(count: int) -> None:
    """Sums over the rows whose terms read parameters that earlier sums have updated already."""
    v, w = ([Value(a * i + b) for i in range(count)] for a, b in ((0.1, 0.3), (0.05, -0.4)))
    old = np.array([p.data for p in v]), np.array([p.data for p in w])
    rows = np.random.default_rng(0).normal(size=(4, count))
    step = compile_step(
        lambda x: sum(wi * xi * vi for wi, xi, vi in zip(w, x, v, strict=True)),
        [*v, *w], "sgd", learning_rate=0.5, per_row=True,
    )  # fmt: skip
    step(rows)
    mean = 0.5 * rows.mean(0)
    assert [p.data for p in v] == pytest.approx((old[0] - mean * old[1]).tolist(), rel=1e-14)
    assert [p.data for p in w] == pytest.approx((old[1] - mean * old[0]).tolist(), rel=1e-14)


def test_a_long_sum_is_a_loop():
    """A line for each of its terms would keep LLVM busy for seconds, of a call and of rows."""
    numbers = [float(k % 7) for k in range(3000)]
    f, g = jit(lambda xs: sum(xs)), jit(lambda xs: sum(xs))
    assert f(numbers) == sum(numbers)
    assert g.map([numbers] * 3).tolist() == [sum(numbers)] * 3
    assert len(f.llvm().splitlines()) < 200
    assert len(g.llvm().splitlines()) < len(numbers)
