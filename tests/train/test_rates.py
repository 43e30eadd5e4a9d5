"""How sharply a loss curves, and rates that were tried before they are advised."""

import math
from functools import partial

import matplotlib as mpl
import numpy as np
import pytest

import jangrad
from jangrad import MLP, Module, Value, fit, hessian, sharpness, suggest_rate
from jangrad.datasets import blobs, four_rows, moons
from jangrad.errors import ConfigError, DataError, ShapeError
from jangrad.nn import Neuron, squared_error
from jangrad.train.trial import affordable, is_calm, short_run

mpl.use("agg")


def test_sharpness_is_the_largest_eigenvalue():
    """Beside the whole Hessian, to a percent."""
    X, y = moons(20, seed=1)
    net = MLP(2, [3, 1], "tanh", seed=1)
    parameters = net.parameters()
    start = [p.data for p in parameters]

    def loss(numbers):
        copy = MLP(2, [3, 1], "tanh", seed=1)
        for layer, old in zip(copy.layers, net.layers, strict=True):
            for neuron, before in zip(layer.neurons, old.neurons, strict=True):
                neuron.weights = [numbers[parameters.index(w)] for w in before.weights]
                neuron.bias = numbers[parameters.index(before.bias)]
        return squared_error([copy(row) for row in X], y)

    whole = np.array(hessian(loss)(start))
    assert sharpness(net, X, y) == pytest.approx(np.abs(np.linalg.eigvalsh(whole)).max(), rel=0.02)
    assert [p.data for p in parameters] == start


def test_the_limit_is_where_descent_turns_into_divergence():
    """Of a parabola exactly: below it the loss falls, above it grows."""
    line = Neuron(2, "linear", seed=0)
    X = [[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]]
    y = [1.0, -1.0, 2.0, -2.0]
    limit = 2.0 / sharpness(line, X, y)
    for rate, works in ((0.95 * limit, True), (1.05 * limit, False)):
        net = Neuron(2, "linear", seed=0)
        run = fit(net, X, y, optimizer="sgd", learning_rate=rate, steps=200, progress=False)
        assert (run.loss[-1] < run.loss[0]) == works
    advice = suggest_rate(line, X, y)
    assert advice.limit == pytest.approx(limit)
    assert advice.rate < limit


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("seed", range(3))
def test_the_advised_rate_does_in_a_training_what_was_tried(optimizer, seed):
    """The same losses as `fit` makes of all rows, and no worse than the neighbours in the table."""
    X, y = moons(40, seed=seed)
    net = MLP(2, [6, 1], "tanh", seed=seed)
    before = net.state()
    advice = suggest_rate(net, X, y, optimizer=optimizer)
    assert net.state() == before
    assert not any(p.has_grad for p in net.parameters())
    run = fit(
        net, X, y, optimizer=optimizer, learning_rate=advice.rate, steps=21, progress=False
    )  # fmt: skip
    told = {one.rate: one for one in advice.rows}
    assert run.loss[20] == pytest.approx(told[advice.rate].loss, rel=1e-6)
    below = [one for one in advice.rows if advice.limit is None or one.rate < advice.limit]
    assert all(one.loss >= told[advice.rate].loss for one in below if one.calm)
    assert told[advice.rate] in below
    assert advice.start == run.loss[0]
    assert f"learning_rate={advice.rate:.2g}" in str(advice)
    assert float(advice) == advice.rate


def test_rates_above_the_limit_that_went_lower_are_told():
    """The README's network trains well at such a rate; the limit is that of the start only."""
    X, y = four_rows()

    def net():
        return MLP(3, [4, 4, 1], "leaky_relu", seed=0)

    advice = suggest_rate(net(), X, y)
    told = {one.rate: one.loss for one in advice.rows}
    higher = [rate for rate in told if rate > advice.limit]
    assert len(higher) == 2
    assert all(told[rate] < told[advice.rate] for rate in higher)
    text = str(advice)
    assert f"{higher[0]:.2g} and {higher[1]:.2g} went down further all the same" in text
    assert text.count("above the limit of the start") == 2
    run = fit(net(), X, y, optimizer="sgd", learning_rate=higher[1], steps=1000, progress=False)
    assert run.diagnosis is None
    assert run.loss[-1] < 1e-9
    assert "all the same" not in str(suggest_rate(MLP(3, [4, 4, 1], "tanh", seed=0), X, y))


def test_other_losses_and_machine_code_agree_with_python(monkeypatch):
    """Classes, and a loss of the user's own, which Python tries."""
    X, y = blobs(60, seed=0)
    net = MLP(2, [16, len(set(y))], "tanh", seed=0)
    compiled = suggest_rate(net, X, y, loss="softmax_cross_entropy")
    monkeypatch.setattr("jangrad.train.rates._MANY", math.inf)
    by_hand = suggest_rate(net, X, y, loss="softmax_cross_entropy")
    assert compiled.rate == by_hand.rate
    calm = [(a.loss, b.loss) for a, b in zip(compiled.rows, by_hand.rows, strict=True) if a.calm]
    assert len(calm) > 5
    assert [a for a, _ in calm] == pytest.approx([b for _, b in calm], rel=1e-6)

    def own(outputs, targets):
        return jangrad.mean((out[0] - t) ** 2 for out, t in zip(outputs, targets, strict=True))

    net = MLP(3, [4, 1], "tanh", seed=0)
    assert suggest_rate(net, *four_rows(), loss=own).rate == suggest_rate(net, *four_rows()).rate


class Flat(Module):
    """A network whose output is a number of its own."""

    def __init__(self):
        self.weight = Value(1.0)

    def __call__(self, row):
        return [self.weight * 0.0 + 1.0]


def test_where_no_rate_helps_none_is_advised():
    """The loss does not depend on anything; and what cannot be asked is answered as by `fit`."""
    advice = suggest_rate(Flat(), [[1.0]], [2.0])
    assert advice.rate is None
    assert math.isnan(float(advice))
    assert "no rate lowers the loss of 1 in 20 steps of SGD" in str(advice)
    assert "thrown about" not in str(advice)  # it stayed where it was
    assert sharpness(Flat(), [[1.0]], [2.0]) == 0.0
    net = MLP(2, [1], seed=0)
    with pytest.raises(ShapeError):
        suggest_rate(net, [[1.0]], [2.0])
    with pytest.raises(DataError):
        sharpness(net, [], [])
    with pytest.raises(ConfigError, match="`steps`"):
        suggest_rate(net, [[1.0, 2.0]], [2.0], steps=0)


def test_the_plot_shows_limit_start_and_advice():
    """Lines, marks, and words of the table."""
    advice = suggest_rate(MLP(3, [4, 4, 1], "tanh", seed=0), *four_rows())
    ax = advice.plot()
    words = [text.get_text() for text in ax.texts]
    assert words == [
        "diverged",
        "before any step",
        f"limit {advice.limit:.2g}",
        f"{advice.rate:.2g}",
    ]
    assert ax.get_ylabel() == "loss after 20 steps"
    (curve, lost, start, limit, best) = ax.lines
    assert max(lost.get_xdata()) > advice.limit
    assert limit.get_xdata()[0] == advice.limit
    assert list(best.get_xdata()) == [advice.rate]
    assert start.get_ydata()[0] == advice.start
    assert len(curve.get_xdata()) + len(lost.get_xdata()) == len(advice.rows)


def test_what_is_calm():
    """It went down and was never thrown far up."""
    assert is_calm([1.0, 0.9, 0.5])
    assert is_calm([1.0, 1.4, 0.5])
    assert not is_calm([1.0, 1.6, 0.5])
    assert not is_calm([1.0, 0.9, 1.1])
    assert not is_calm([1.0, math.nan])
    x = Value(1.0)
    optimizer = jangrad.train.SGD([x], 0.1)
    assert short_run(lambda: x * x, [x], optimizer, 0.25, 2) == [1.0, 0.25, 0.0625]
    assert optimizer.steps == 0


def test_a_rate_that_helps_next_to_nothing_is_not_praised():
    """Where signals fade no rate does anything, and that is said beside the best of them."""
    X, y = four_rows()
    net = MLP(3, [4, 4, 4, 1], "tanh", seed=0)
    for p in net.parameters():
        p.data *= 0.01
    advice = suggest_rate(net, X, [1.0, -1.0, 1.0, -1.0])
    assert "next to nothing, and no rate does more" in str(advice)
    assert "next to nothing" not in str(suggest_rate(MLP(3, [4, 1], "tanh", seed=0), X, y))


def test_a_large_graph_is_looked_at_by_some_rows():
    """As many as make it small, 32 at most, and never fewer than four."""
    w = Value(0.5)

    def loss_of(length, rows):
        out = sum(w * float(row) for row in rows)
        for _ in range(length):
            out = out * w
        return out

    assert affordable(partial(loss_of, 10), range(100)) == list(range(32))
    assert affordable(partial(loss_of, 4_000), range(100)) == list(range(9))
    assert affordable(partial(loss_of, 100_000), range(100)) == list(range(4))
    assert affordable(partial(loss_of, 10), [7, 8]) == [7, 8]
