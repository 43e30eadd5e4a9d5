"""Sweeps: every copy as `fit` trains it, and what they say together."""

import numpy as np
import pytest

from jangrad import MLP, fit, sweep
from jangrad.datasets import four_rows
from jangrad.errors import ConfigError

RATES = [0.01, 0.05, 3.0]


def fitted(rate, seed, *, net=None, **options):
    """A copy as `fit` trains it: its History, its ending and its network."""
    net = net or MLP(3, [4, 4, 1], "tanh", seed=seed)
    how = {"learning_rate": rate, "seed": seed, "engine": "native", "progress": False}
    history = fit(net, *four_rows(), **how, **options)
    ended = history.stopped_by
    return history, history.diagnosis.kind if ended == "diagnosis" else ended, net


def assert_same(found, rates, seeds, fitted_as, **options):
    """That each copy of a sweep has the numbers that `fit` gives."""
    for rate in rates:
        for seed in seeds:
            place = found.place(rate=rate, seed=seed)
            history, ended, net = fitted_as(rate, seed, **options)
            assert found.ended[place] == ended
            assert found.steps[place] == len(history)
            if ended in ("divergence", "not finite"):
                assert found.loss[place] == np.inf
                continue
            losses = np.array(history.loss)
            kept = found.at[found.at < len(losses)]
            np.testing.assert_allclose(found.losses[: len(kept), *place], losses[kept], rtol=1e-9)
            assert found.loss[place] == pytest.approx(losses[-1], rel=1e-9)
            weights = [p.data for p in net.parameters()]
            if ended == "finished":
                np.testing.assert_allclose(found.weights[place], weights, rtol=1e-9, atol=1e-12)


def test_each_copy_has_the_numbers_of_fit():
    net = MLP(3, [4, 4, 1], "tanh", seed=7)
    before = net.state()
    options = {"steps": 60, "optimizer": "sgd"}
    found = sweep(net, *four_rows(), rates=RATES, seeds=3, weights=True, **options)
    assert net.state() == before
    assert_same(found, RATES, range(3), fitted, **options)
    assert found.diverged[2].all()


def test_what_does_not_exist_is_answered():
    with pytest.raises(ConfigError, match="no option `momentun`"):
        sweep(MLP(3, [1]), *four_rows(), rates=[0.1], momentun=0.9)
