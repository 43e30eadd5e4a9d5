"""Where there is no compiler, Python computes the same."""

import numpy as np
import pytest

from jangrad import MLP, fit
from jangrad.compiler.jit import Compiled
from jangrad.errors import NoCompiler
from jangrad.explain import (
    Recorder,
    ablation,
    counterfactual,
    influences,
    integrated_gradients,
    occlusion,
    partial_dependence,
    permutation_importance,
)

RNG = np.random.default_rng(6)
X = RNG.normal(size=(12, 2))
Y = np.sin(X[:, 0]) - X[:, 1]


def trained():
    """A network, the record of its training, and a row."""
    net = MLP(2, [3, 1], "tanh", seed=0)
    recorder = Recorder(net, 12, batch_size=4)
    options = {"batch_size": 4, "steps": 12, "engine": "eager", "progress": False}
    fit(net, X, Y, callbacks=[recorder], **options)
    return net, recorder.run


ASKED = {
    "parts": lambda net, run: integrated_gradients(net, X).parts,
    "lost": lambda net, run: occlusion(net, X).parts,
    "shuffled": lambda net, run: permutation_importance(net, X, Y).repeats,
    "curves": lambda net, run: partial_dependence(net, X, 0, points=4).curves,
    "units": lambda net, run: ablation(net, X, Y).outputs,
    "losses": lambda net, run: [one.loss for one in ablation(net, X, Y).rows],
    "nearest": lambda net, run: counterfactual(net, X[0], X[:4]).inputs,
    "moved": lambda net, run: influences(net, run, X, Y, row=X[0]).moved,
    "later": lambda net, run: influences(net, run, X, Y, row=X[0], target=Y[0], later=True).moved,
}


@pytest.mark.parametrize("asked", ASKED)
def test_python_gives_the_same(asked, monkeypatch):
    """To rounding, whatever is asked."""
    net, run = trained()
    expected = ASKED[asked](net, run)

    def refuse(*given, **options):
        raise NoCompiler("there is none")

    monkeypatch.setattr(Compiled, "map", refuse)
    monkeypatch.setattr(Compiled, "__call__", refuse)
    tolerance = 1e-5 if asked in ("parts", "nearest") else 1e-9
    assert ASKED[asked](net, run) == pytest.approx(np.array(expected), rel=tolerance, abs=1e-9)
