"""Fusion: what may join a kernel, what may not, and that the numbers stay."""

import numpy as np
import pytest
from tests.compiler.ways import WAYS, compiled_as

from jangrad import MLP, Value, jit, logsumexp, maximum, tanh
from jangrad.compiler.plan.kernels import Region, Target, with_own_outputs
from jangrad.compiler.program.buffers import INPUTS, PARAMETERS, RESULTS
from jangrad.compiler.program.trace import trace
from jangrad.compiler.run import memory_cache, pipeline
from jangrad.compiler.run.memory_cache import load_or_compile
from jangrad.compiler.run.pipeline import Source
from jangrad.nn import squared_error
from jangrad.train import Adam
from jangrad.train.compiled.trainer import Trainer

N = 24


def kernels_of(executable):
    return executable._lower().plan.kernels


def joined(executable):
    """For each kernel that others joined what it and they compute."""
    return [
        [k.operation, *(f.operation for f in k.fused)] for k in kernels_of(executable) if k.fused
    ]


def test_a_layer_and_its_activation_are_one_kernel():
    """The sums and the tanh of each row; the sums themselves are not even stored."""
    weights = [[Value(0.01 * (i - j)) for j in range(90)] for i in range(N)]
    f = jit(lambda x: [tanh(sum(w * v for w, v in zip(row, x, strict=True))) for row in weights])
    X = np.random.default_rng(0).normal(size=(30, 90))
    W = np.array([[w.data for w in row] for row in weights])
    np.testing.assert_allclose(f.map(X), np.tanh(X @ W.T), rtol=1e-12, atol=1e-15)
    (version,) = f._versions.values()
    (kernel,) = kernels_of(version.now.executable)
    assert joined(version.now.executable) == [["sum", "tanh"]]
    assert not kernel.kept
    assert kernel.fused[0].kept
    assert "then tanh to Y" in f.report()


def test_an_update_is_one_kernel():
    """Adam's two memories, the step and the parameter, over all parameters at once."""
    net = MLP(30, [40, 1], "tanh", seed=0)
    adam = Adam(net.parameters(), 0.1)
    found = trace(
        lambda x, t: squared_error([net(x)], [t]), [[1.0] * 30, 1.0], net.parameters(), (0, 1)
    )
    trainer = Trainer(found, len(adam), adam.rule, adam.options, rows=200)
    assert ["sum", "sum", "sqrt", "div", "sum"] in joined(trainer.executable)


def run(function, sizes, targets):
    """A function of parameters whose outputs go to these buffers, run once."""
    params = [Value(float(i) / N) for i in range(N)]
    found = trace(lambda: function(params), [], params)
    program = with_own_outputs(found.program)
    source = Source(program, [Region(INPUTS, 0, 0)], targets, {INPUTS: 0, **sizes})
    made = load_or_compile(program, (targets, "fuse"), params, lambda _: source, "double", False)
    made.run()
    return made, np.array([p.data for p in params])


@pytest.mark.parametrize("shift", [0, 1, N - 1])
def test_parameters_are_read_as_they_were(shift):
    """Written in place while others read them: at the same place at once, else afterwards."""

    def function(p):
        turned = [*p[shift:], *p[:shift]]
        return [*(3.0 * v * v for v in turned), *(v - 0.25 * v * v * v for v in p)]

    targets = [Target(RESULTS, 0, N), Target(PARAMETERS, 0, N)]
    made, p = run(function, {RESULTS: N}, targets)
    np.testing.assert_allclose(made.buffers["R"], 3.0 * np.roll(p, -shift) ** 2, rtol=1e-15)
    np.testing.assert_allclose(made.buffers["P"], p - 0.25 * p**3, rtol=1e-15)
    writers = [k for k in kernels_of(made) if PARAMETERS in {a.buffer for a in k.writes}]
    assert len(writers[0].fused) == (shift == 0)


def test_what_is_read_from_elsewhere_does_not_join():
    """A chain whose links read their neighbours' numbers stays a chain of kernels."""

    def function(p):
        first = [tanh(v) for v in p]
        second = [tanh(a * b) for a, b in zip(first, first[::-1], strict=True)]
        return [a + b for a, b in zip(second, [*second[1:], second[0]], strict=True)]

    made, p = run(function, {RESULTS: N}, [Target(RESULTS, 0, N)])
    first = np.tanh(p)
    second = np.tanh(first * first[::-1])
    np.testing.assert_allclose(made.buffers["R"], second + np.roll(second, -1), rtol=1e-14)
    assert joined(made) == []


def test_numbers_are_the_same_without_it(monkeypatch):
    """To the last digits, over 50 steps of a network with everything in it."""

    def train():
        net = MLP(5, [17, 9, 2], ["gelu", "tanh"], seed=2)
        adam = Adam(net.parameters(), 0.02)
        found = trace(
            lambda x, t: squared_error([net(x)], [t]),
            [[0.0] * 5, [0.0] * 2],
            net.parameters(),
            (0, 1),
        )
        trainer = Trainer(found, len(adam), adam.rule, adam.options, rows=150)
        trainer.set_rows(np.random.default_rng(1).normal(size=(150, 7)))
        return trainer.run([0.02] * 50), np.array(trainer.memory.parameters())

    with_it = train()
    monkeypatch.setenv("JANGRAD_CACHE", "0")
    monkeypatch.setattr(pipeline, "fuse", lambda plan, rows: plan)
    memory_cache._programs.clear()
    for a, b in zip(with_it, train(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
def test_sums_beside_the_largest(way):
    """Sums inside of what is compared, and inside of what joins the comparison, are sums."""
    rows = np.array([[-1.25, 0.5, 2.0], [3.0, -4.0, 0.25], [-0.5, -0.25, -3.0]])
    one = lambda x: logsumexp([x[0]])
    more = lambda x: maximum(x[0] + x[1], x[1] + x[2]).detach() * x[0]
    with compiled_as(way):
        assert jit(one).map(rows).tolist() == rows[:, 0].tolist()
        assert jit(more).map(rows).tolist() == [more(list(map(Value, row))).data for row in rows]
