"""Losses of the user's own: rewards below 0, hinges that are 0 for some rows, densities."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np
import pytest

from jangrad import MLP, Value, fit, nn, relu, sqrt
from jangrad.datasets import moons
from jangrad.errors import ConfigError, NoGradient
from jangrad.nn import huber, quantile
from jangrad.train import History
from jangrad.train.resolve import resolve_loss

ENGINES = pytest.mark.parametrize("engine", ["eager", "native"])


def rows(count: int = 60) -> tuple[list[list[float]], list[float]]:
    """Rows of two numbers, and a target of either sign."""
    draw = random.Random(0)
    inputs = [[draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0)] for _ in range(count)]
    return inputs, [0.02 * draw.gauss(0.0, 1.0) for _ in range(count)]


def reward(outputs: Any, targets: Any) -> Any:
    """It starts near 0, is of either sign by chance of the batch, and may fall for ever."""
    return sum(-out[0] * target for out, target in zip(outputs, targets, strict=True)) / len(
        outputs
    )


def hinge(outputs: Any, targets: Any) -> Any:
    """0 for a batch whose rows are all on their sides."""
    return sum(relu(1.0 - out[0] * t) for out, t in zip(outputs, targets, strict=True)) / len(
        outputs
    )


def shifted(outputs: Any, targets: Any) -> Any:
    """Squares, of which much was taken away."""
    squares = sum((out[0] - t) ** 2 for out, t in zip(outputs, targets, strict=True))
    return squares / len(outputs) - 100.0


@ENGINES
@pytest.mark.parametrize("init", ["default", "zeros"])
def test_a_reward_is_followed_to_the_last_step(engine: str, init: str) -> None:
    """One batch above 0 is no divergence from a loss that began below it, or at it."""
    net = MLP(2, [4, 1], "tanh", seed=0) if init == "default" else MLP(2, [1], seed=0)
    if init == "zeros":
        for parameter in net.parameters():
            parameter.data = 0.0
    history = fit(
        net,
        *rows(),
        loss=reward,
        batch_size=2,
        steps=200,
        learning_rate=1e-3,
        seed=0,
        engine=engine,
        progress=False,
    )
    assert (len(history), history.diagnosis, history.restored) == (200, None, False)
    assert min(history.loss) < 0.0 < max(history.loss)


@ENGINES
def test_a_batch_without_a_loss_is_no_start_to_diverge_from(engine: str) -> None:
    """A hinge of one's own trains on as the named one does, whatever its first batch gives."""
    inputs, targets = moons(60, noise=0.3, seed=0)
    net = MLP(2, [8, 1], "tanh", seed=0)
    fit(net, inputs, targets, loss="hinge", steps=300, learning_rate=0.1, progress=False)
    firsts = []
    for seed in range(4):
        history = fit(
            net,
            inputs,
            targets,
            loss=hinge,
            batch_size=4,
            steps=60,
            learning_rate=1e-4,
            seed=seed,
            engine=engine,
            progress=False,
        )
        assert (len(history), history.stopped_by, history.restored) == (60, "finished", False)
        firsts.append(history.loss[0])
    assert min(firsts) == 0.0


def diverged(loss: Any, engine: str, size: int | None) -> History:
    """The training at far too high a rate, which the diagnosis ends."""
    history = fit(
        MLP(2, [1], seed=0),
        *rows(),
        loss=loss,
        optimizer="sgd",
        batch_size=size,
        steps=3000,
        learning_rate=10.0,
        engine=engine,
        progress=False,
    )
    assert history.diagnosis is not None
    assert history.diagnosis.kind == "divergence"
    return history


@ENGINES
@pytest.mark.parametrize("size", [None, 10])
def test_what_overflows_has_diverged(engine: str, size: int | None) -> None:
    """Whatever its sign at the start, and the words hold no number that is none."""
    history = diverged(shifted, engine, size)
    assert len(history) < 3000
    assert history.diagnosis.growth is None or history.diagnosis.growth > 1.0


@ENGINES
@pytest.mark.parametrize("size", [None, 10])
def test_a_loss_above_zero_is_measured_by_its_first_epoch(engine: str, size: int | None) -> None:
    """As one of a name is by what saying 0 would lose: it diverges long before it overflows."""
    history = diverged(lambda o, t: shifted(o, t) + 101.0, engine, size)
    assert history.loss[-1] < 1e20


@ENGINES
def test_a_loss_that_was_put_under_a_name_is_computed_of_the_whole_batch(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may mix rows, as a root of a mean does; only jangrad's own are taken row by row."""

    def root(outputs: Any, targets: Any, reduction: str = "mean") -> Any:
        return sqrt(nn.squared_error(outputs, targets, reduction))

    monkeypatch.setitem(nn.LOSSES, "rmse", root)
    monkeypatch.setitem(nn.LOSSES, "huber", root)
    histories = [
        fit(MLP(2, [1], seed=0), *rows(), loss=loss, steps=10, engine=engine, progress=False)
        for loss in ("rmse", "huber", root)
    ]
    eager = fit(MLP(2, [1], seed=0), *rows(), loss=root, steps=10, engine="eager", progress=False)
    for history in histories:
        assert history.loss == pytest.approx(eager.loss, rel=1e-12)


@pytest.mark.parametrize("engine", ["eager", "native", "auto"])
@pytest.mark.parametrize(
    ("loss", "error", "words"),
    [
        (lambda o, t: 3.0, ConfigError, "the loss is 3.0"),
        (lambda o, t: o[0][0] > 0.0, ConfigError, "the loss is "),
        (lambda o, t: np.array(o[0][0]), ConfigError, "the loss is "),
        (lambda o, t: Value(3.0), NoGradient, "the loss depends on none of the parameters"),
        (lambda o, t: o[0][0].detach(), NoGradient, "the loss depends on none of the parameters"),
    ],
)
def test_what_is_no_loss_is_refused(engine: str, loss: Any, error: Any, words: str) -> None:
    """By every engine, before the first step."""
    net = MLP(1, [2, 1], seed=0)
    before = net.state()
    with pytest.raises(error, match=words):
        fit(net, [[1.0], [2.0]], [1.0, 2.0], loss=loss, steps=5, engine=engine, progress=False)
    assert net.state() == before


@ENGINES
def test_a_loss_of_dead_units_has_a_gradient_of_0(engine: str) -> None:
    """It depends on parameters that no number of this batch comes through: a case for words."""
    net = MLP(1, [2, 1], "relu", seed=0)
    for p in net.parameters():
        p.data = -1.0
    history = fit(
        *(net, [[1.0], [2.0]], [1.0, 2.0]),
        loss=lambda o, t: sum(relu(a[0]) for a in o),
        steps=5,
        engine=engine,
        progress=False,
    )
    assert history.loss == [0.0] * len(history)


@ENGINES
def test_a_loss_of_jangrads_with_an_option(engine: str) -> None:
    """It is the loss by its name, so batches cost one trace; and it goes to its quantile."""
    X, y = [[0.0]] * 100, [float(i) for i in range(100)]
    net = MLP(1, [1], seed=0)
    loss = functools.partial(quantile, level=0.9)
    options = {"batch_size": 30, "learning_rate": 1.0, "epochs": 200, "progress": False}
    history = fit(net, X, y, loss=loss, engine=engine, **options)
    assert history.engine == engine
    assert 85.0 < net([0.0])[0].data < 95.0
    assert resolve_loss(loss)[:2] == ("quantile", loss)
    assert resolve_loss(functools.partial(huber, delta=2.0))[0] == "huber"
    for own in (
        functools.partial(huber, reduction="sum"),
        functools.partial(quantile, delta=2.0),
        functools.partial(lambda o, t: o),
    ):
        assert resolve_loss(own)[0] is own


def test_a_loss_with_an_option_out_of_its_range() -> None:
    """The message of the loss."""
    with pytest.raises(ConfigError, match="`level` is a number above 0 and below 1, not 2"):
        fit(MLP(1, [1]), [[1.0]], [1.0], loss=functools.partial(quantile, level=2), steps=1)
