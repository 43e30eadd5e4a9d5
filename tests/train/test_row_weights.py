"""Rows that count more than others, or lie in their order; patience that overlooks little."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from jangrad import MLP, fit
from jangrad.datasets import blobs, moons
from jangrad.errors import ConfigError, DataError, ShapeError
from jangrad.train import History

ENGINES = pytest.mark.parametrize("engine", ["eager", "native"])
X, Y = moons(24, noise=0.3, seed=1)
COUNTS = [i % 4 for i in range(24)]


def trained(engine: str, rows: Any = X, y: Any = Y, **options: Any) -> tuple[History, MLP]:
    net = MLP(2, [4, 1], "tanh", seed=3)
    usual = {"optimizer": "sgd", "learning_rate": 0.05, "steps": 60, "progress": False}
    return fit(net, rows, y, engine=engine, **{**usual, **options}), net


def numbers(net: MLP) -> list[float]:
    return list(net.state().values())


@ENGINES
@pytest.mark.parametrize("loss", ["squared_error", "hinge", "huber"])
def test_a_whole_number_is_as_many_rows(engine: str, loss: str) -> None:
    """Weights of mean 1 train as rows that are there so often; validation counts them alike."""
    mean = sum(COUNTS) / len(COUNTS)
    weights = [count / mean for count in COUNTS]
    held_out = X[:9], Y[:9], COUNTS[:9]
    history, net = trained(engine, loss=loss, row_weights=weights, validation=held_out)
    often = [i for i, count in enumerate(COUNTS) for _ in range(count)]
    some = [i for i in often if i < 9]
    repeated, same = trained(
        *(engine, [X[i] for i in often], [Y[i] for i in often]),
        loss=loss,
        validation=([X[i] for i in some], [Y[i] for i in some]),
    )
    assert history.engine == engine
    assert history.loss == pytest.approx(repeated.loss, rel=1e-9)
    assert numbers(net) == pytest.approx(numbers(same), rel=1e-9)
    measured, expected = history.validation, repeated.validation
    times = sum(COUNTS[:9]) / 9
    assert measured["loss"] == pytest.approx([times * x for x in expected["loss"]], rel=1e-9)
    if loss == "hinge":
        assert measured["accuracy"] == pytest.approx(expected["accuracy"], rel=1e-12)


def test_both_engines_weigh_alike() -> None:
    """In batches, of classes, with rows held out; a second fit takes the code of the first."""
    rows, classes = blobs(40, seed=2)
    weights = np.linspace(0.0, 2.0, 40)
    runs = []
    for engine in ("eager", "native"):
        net = MLP(2, [5, 3], "tanh", seed=1)
        for _ in range(2):
            history = fit(
                *(net, rows, classes),
                loss="softmax_cross_entropy",
                row_weights=weights,
                validation=(rows[:11], classes[:11], weights[:11]),
                batch_size=16,
                epochs=5,
                engine=engine,
                progress=False,
            )
        runs.append((history, numbers(net)))
    (eager, by_python), (native, by_machine) = runs
    assert native.loss == pytest.approx(eager.loss, rel=1e-9)
    assert native.validation["loss"] == pytest.approx(eager.validation["loss"], rel=1e-9)
    assert native.validation["accuracy"] == pytest.approx(eager.validation["accuracy"])
    assert by_machine == pytest.approx(by_python, rel=1e-9)
    net = MLP(2, [5, 3], "tanh", seed=1)
    options = {"loss": "softmax_cross_entropy", "epochs": 5, "batch_size": 16, "progress": False}
    weighted = fit(net, rows, classes, row_weights=weights, engine="native", **options)
    plain = fit(net, rows, classes, engine="native", **options)  # whose code is another
    assert plain.loss != weighted.loss


@pytest.mark.parametrize(
    ("weights", "error", "words"),
    [
        ([1.0], ShapeError, "`row_weights` has 1 numbers for 24 rows"),
        ([1.0] * 23 + [-2.0], DataError, r"`row_weights\[23\]` is -2"),
        ([0.0] * 24, DataError, "all 24 `row_weights` are 0"),
        ([1.0] * 23 + [float("nan")], DataError, r"`row_weights\[23\]` is nan"),
        (["a"] * 24, DataError, r"`row_weights\[0\]` is 'a'"),
    ],
)
def test_bad_weights(weights: Any, error: type[Exception], words: str) -> None:
    """The message names the row."""
    with pytest.raises(error, match=words):
        trained("eager", row_weights=weights)


def test_weights_of_validation_and_of_losses_of_ones_own() -> None:
    """The first are checked alike; the second are the loss's own business."""
    with pytest.raises(ShapeError, match="`the validation weights` has 1 numbers for 24 rows"):
        trained("eager", validation=(X, Y, [1.0]))
    with pytest.raises(ConfigError, match="`row_weights` were given with a loss of one's own"):
        trained("eager", row_weights=[1.0] * 24, loss=lambda o, t: o[0][0] * 1.0)


@ENGINES
@pytest.mark.parametrize("held_out", [None, (X, Y)])
def test_patience_takes_no_notice_of_little(engine: str, held_out: Any) -> None:
    """It ends as soon as no epoch was better than the best by more than the tolerance."""
    options = {"patience": 5, "validation": held_out, "steps": 4000}
    history, _ = trained(engine, tolerance=1e-4, **options)
    figures = history.validation["loss"] if held_out else history.loss
    best, waited = figures[0], 0
    for figure in figures[1:]:
        waited = 0 if figure < best - 1e-4 else waited + 1
        best = min(best, figure)
        assert waited < 5 or figure is figures[-1]
    assert (waited, history.stopped_by) == (5, "patience")
    patient, _ = trained(engine, **options)
    assert len(patient) > len(history)
    with pytest.raises(ConfigError, match="`tolerance` is -1, but needs tolerance >= 0"):
        trained(engine, tolerance=-1)


@ENGINES
def test_rows_in_their_order(engine: str) -> None:
    """Each epoch's batches are cut from the rows as they lie, whatever the seed."""
    history, net = trained(engine, batch_size=10, steps=7, shuffle=False, seed=5)
    by_hand = MLP(2, [4, 1], "tanh", seed=3)
    losses = []
    for step in range(7):
        rows = slice(step % 3 * 10, step % 3 * 10 + 10)
        one = {"optimizer": "sgd", "learning_rate": 0.05, "steps": 1, "progress": False}
        losses += fit(by_hand, X[rows], Y[rows], engine="eager", **one).loss
    assert history.loss == pytest.approx(losses, rel=1e-9)
    assert numbers(net) == pytest.approx(numbers(by_hand), rel=1e-9)


@ENGINES
def test_a_short_batch_counts_less_in_the_figure_of_its_epoch(engine: str) -> None:
    """Patience looks at the mean over the rows, of whom the last batch may have few."""
    options = {"batch_size": 23, "steps": 301, "patience": 40, "learning_rate": 0.4}
    history, _ = trained(engine, **options)
    losses = history.loss
    figures = [(23 * a + b) / 24 for a, b in zip(losses[::2], losses[1::2], strict=False)]
    figures += losses[len(losses) - 1 :] if len(losses) % 2 else []  # ended within an epoch
    best = figures.index(min(figures))
    assert history.best_step == min(2 * best + 1, len(losses) - 1)
    plain = [a + b for a, b in zip(losses[::2], losses[1::2], strict=False)]
    assert plain.index(min(plain)) != best  # or nothing was tested
