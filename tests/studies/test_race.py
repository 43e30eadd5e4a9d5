"""A race: each rate makes the steps of `fit`, its sharpness is that of the Hessian, and its verdict
follows from its numbers."""

import json
import math
import re
from functools import partial

import matplotlib
import numpy as np
import pytest
from tests.interfaces.program import jangrad

from jangrad import MLP, Value, fit, hessian, race, sharpness
from jangrad.datasets import four_rows, moons
from jangrad.errors import ConfigError, DataError
from jangrad.nn import Module, Neuron, l2_penalty, squared_error
from jangrad.show.plots import plot_history
from jangrad.studies.boundaries import around, threshold_of
from jangrad.train import SGD

matplotlib.use("agg")
X, Y = moons(40, seed=0)


def small(seed=0):
    return MLP(2, [6, 1], "tanh", seed=seed)


@pytest.fixture(scope="module")
def raced():
    """The story of three rates: one too slow, one that works, one that is lost."""
    return race(small(), X, Y, [0.001, 0.1, 2.0], steps=120)


@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_size": 10, "seed": 3},
        {"optimizer": "adam", "loss": "hinge"},
        {"penalty": partial(l2_penalty, strength=0.01)},
    ],
)
def test_each_rate_makes_the_steps_of_fit(engine, options):
    """Losses and weights, to the last bit; the network is left as it was."""
    net, steps = small(), 25
    before = net.state()
    found = race(net, X, Y, [0.3, 0.01], steps=steps, engine=engine, **options)
    assert net.state() == before
    assert [lane.rate for lane in found.lanes] == [0.01, 0.3]
    for lane in found.lanes:
        alone = small()
        given = {"optimizer": "sgd", "learning_rate": lane.rate, "engine": engine, **options}
        history = fit(alone, X, Y, steps=steps, **given)
        assert lane.history.loss == history.loss
        assert found.at(lane.rate).state() == alone.state()
        assert (lane.steps[0], lane.steps[-1]) == (0, steps)


def test_an_optimiser_that_is_made_already_is_left_as_it_was():
    net = small()
    momentum = SGD(net.parameters(), learning_rate=0.7, momentum=0.9)
    found = race(net, X, Y, [0.01], steps=20, optimizer=momentum)
    assert (momentum.learning_rate, momentum.steps) == (0.7, 0)
    alone = small()
    fit(alone, X, Y, steps=20, optimizer=SGD(alone.parameters(), learning_rate=0.01, momentum=0.9))
    assert found.at(0.01).state() == alone.state()
    assert found.lanes[0].limit == pytest.approx(2 * 1.9 / 0.01)


@pytest.mark.parametrize("penalty", [None, partial(l2_penalty, strength=0.05)])
def test_sharpness_is_the_largest_eigenvalue(penalty):
    """Of the Hessian that second derivatives give, at every moment that was looked at."""
    net = MLP(2, [3, 1], "tanh", seed=1)
    rows, targets = X[:12], Y[:12]
    found = race(net, rows, targets, [0.2], steps=40, penalty=penalty)
    lane = found.lanes[0]
    for step, sharp in list(zip(lane.looked, lane.sharpness, strict=True))[::7]:
        numbers = lane.weights[lane.steps.index(step)]
        copy = found.at(0.2, step)

        def loss(weights, copy=copy):
            parameters = copy.parameters()
            values = dict(zip(map(id, parameters), weights, strict=True))
            hidden = copy.layers[0].neurons
            total = 0.0
            for row, target in zip(rows, targets, strict=True):
                inputs = [
                    sum(values[id(w)] * x for w, x in zip(n.weights, row, strict=False))
                    + values[id(n.bias)]
                    for n in hidden
                ]
                last = copy.layers[1].neurons[0]
                out = values[id(last.bias)]
                for w, z in zip(last.weights, inputs, strict=False):
                    out = out + values[id(w)] * z.tanh()
                total = total + (out - target) ** 2
            total = total / len(rows)
            return total if penalty is None else total + penalty(list(weights))

        matrix = np.array(hessian(loss)(numbers), dtype=float)
        largest = np.abs(np.linalg.eigvalsh(matrix)).max()
        assert sharp == pytest.approx(largest, rel=0.02)


def test_the_sharpness_of_many_weights_is_that_of_few():
    """By machine code as by Python, which `sharpness` chooses by the size of the problem."""
    net = MLP(2, [16, 16, 1], "tanh", seed=0)
    rows, targets = moons(60, seed=0)
    assert len(net.parameters()) * len(rows) > 10_000
    by_machine = sharpness(net, rows, targets)
    halves = [sharpness(net, rows[:25], targets[:25]), by_machine]
    assert all(x > 0.0 for x in halves)

    def own(outputs, targets):  # which no machine code is made for
        return squared_error(outputs, targets)

    assert by_machine == pytest.approx(sharpness(net, rows, targets, loss=own), rel=0.02)


def test_verdicts_follow_from_the_numbers(raced):
    slow, good, lost = raced.lanes
    assert [lane.verdict.kind for lane in raced.lanes] == ["too slow", "best", "diverged"]
    assert raced.best is good
    as_low = next(k for k, x in enumerate(good.history.loss) if x <= slow.end) + 1
    assert slow.verdict.words[0] == f"too slow: 0.1 is as low after {as_low} steps"
    assert f"lost at step {len(lost.history) - 1}" in lost.verdict.words[0]
    assert lost.verdict.words[1] == (
        f"the rate is {2.0 / raced.limit:.2g} times the limit of the start"
    )
    assert raced.limit == pytest.approx(2.0 / raced.sharpness)


def test_rates_that_come_as_low_are_told_by_when():
    """A line through noise: every rate ends at the same loss, of which no one is better."""
    rows = [[i / 10 - 1.0] for i in range(20)]
    targets = [2.0 * x + 1.0 + 0.3 * (-1) ** i for i, (x,) in enumerate(rows)]
    found = race(MLP(1, [1], seed=0), rows, targets, [0.01, 0.2, 0.3, 0.6], steps=1500)
    slow, high, *_ = found.lanes
    ends = [lane.end for lane in found.lanes]
    assert max(ends) == pytest.approx(min(ends), rel=1e-6)

    def there(lane):
        return next(k for k, x in enumerate(lane.history.loss) if x <= 1.25 * min(ends)) + 1

    best = min(found.lanes, key=there)
    assert found.best is best is found.lanes[-1]
    assert [lane.verdict.kind for lane in found.lanes] == ["too slow", "as good", "as good", "best"]
    assert slow.verdict.words[0] == (
        f"too slow: as low after {there(slow)} steps, and 0.6 after {there(best)}"
    )
    assert high.verdict.words[0] == "about as good as 0.6"
    lower = race(MLP(1, [1], seed=0), rows, targets, [0.01], steps=2)
    assert str(lower).startswith("1 rate from one start, 2 steps of SGD each;")


def test_a_bar_counts_the_steps_of_all_rates(capsys, monkeypatch):
    """Also those that a lost rate does not make; none where nobody looks, or it is refused."""
    for progress in (None, False):
        race(small(), X, Y, [0.01, 2.0], steps=300, progress=progress)
        assert capsys.readouterr().err == ""
    found = race(small(), X, Y, [0.01, 2.0], steps=300, progress=True)
    assert len(found.lanes[1].history) < 300
    assert "600/600" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("x", "`step` is 'x', but needs an integer >= 0"),
        (2.5, "`step` is 2.5"),
        (-1, "`step` is -1"),
        (9999, r"(?s)no weights were kept after step 9999.*61 moments, from step 0 to 120"),
    ],
)
def test_a_moment_that_is_none_is_answered(raced, step, said):
    with pytest.raises(ConfigError, match=said):
        raced.at(0.1, step)


def test_the_edge_of_stability_is_told():
    """At a rate that is high but not lost the sharpness comes to 2 / rate, and stays around it."""
    rows, targets = moons(60, seed=0)
    found = race(MLP(2, [16, 16, 1], "tanh", seed=0), rows, targets, [0.15], steps=1000)
    lane = found.lanes[0]
    edge = lane.verdict.edge
    later = [s for k, s in zip(lane.looked, lane.sharpness, strict=True) if k >= edge]
    assert np.median(later) == pytest.approx(2 / 0.15, rel=0.2)
    assert "on the edge of stability" in str(found)
    assert f"it curves by about {2 / 0.15:.3g}" in str(found)
    rises = sum(b > a for a, b in zip(lane.history.loss, lane.history.loss[1:], strict=False))
    assert f"the loss rose in {rises} of 1000 steps" in str(found)


def test_adam_has_no_such_limit():
    found = race(small(), X, Y, steps=30, optimizer="adam")
    assert [lane.rate for lane in found.lanes] == [0.0001, 0.001, 0.01, 0.1, 1.0]
    assert found.limit is None
    assert {lane.limit for lane in found.lanes} == {None}
    assert "overshoot" not in str(found)


def test_rates_are_chosen_around_the_limit():
    found = race(small(), X, Y, steps=20)
    parts = [lane.rate / found.limit for lane in found.lanes]
    assert parts == pytest.approx([0.01, 0.1, 0.5, 1.1, 4.0], rel=0.05)


def test_a_rate_that_is_lost_was_followed_closely(raced):
    """Weights of nearly every step on the way, though it ended long before the others."""
    lost = raced.lanes[2]
    assert len(lost.history) < 60
    assert lost.steps == list(range(lost.steps[-1] + 1))
    assert lost.steps[-1] >= len(lost.history) - 1


def test_what_raced_and_when(raced):
    with pytest.raises(ConfigError, match=r"no rate of this race is 0\.5") as caught:
        raced.at(0.5)
    assert "0.001, 0.1, 2" in caught.value.try_
    with pytest.raises(ConfigError, match="no weights were kept after step 61") as caught:
        raced.at(0.1, 61)
    assert "step=60, the nearest" in caught.value.try_ or "step=62" in caught.value.try_


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ([], "`rates` is empty"),
        (0.1, "`rates` is 0.1, not a list of rates"),
        ([0.1, -1.0], r"`rates\[1\]` is -1.0, but needs rates\[1\] > 0"),
        ([0.1, 0.1], "`rates` has 0.1 twice"),
        ([0.1 + k for k in range(13)], "there are 13 rates"),
    ],
)
def test_rates_that_make_no_race(rates, words):
    with pytest.raises(ConfigError, match=words):
        race(small(), X, Y, rates)


def test_what_takes_no_rate_does_not_race():
    with pytest.raises(ConfigError, match="'lbfgs' takes no rate"):
        race(small(), X, Y, optimizer="lbfgs")


def test_a_loss_that_is_no_number_does_not_race():
    net = small()
    net.parameters()[0].data = math.nan
    with pytest.raises(DataError, match="the loss is nan before any step"):
        race(net, X, Y, [0.1])


@pytest.mark.parametrize("calls", [3, 30, 40])
def test_an_interrupt_keeps_the_rates_that_are_done(calls):
    """Where none is, it is passed on; the network is as it was."""
    net, made = small(), [0]
    before = net.state()

    def struck(outputs, targets):
        made[0] += 1
        if made[0] == calls:
            raise KeyboardInterrupt
        return squared_error(outputs, targets)

    if calls == 3:
        with pytest.raises(KeyboardInterrupt):
            race(net, X, Y, [0.01, 0.1], steps=10, loss=struck, engine="eager")
    else:
        found = race(net, X, Y, [0.01, 0.1], steps=10, loss=struck, engine="eager")
        assert [lane.rate for lane in found.lanes] == [0.01]
        assert "interrupted: the higher rates are missing" in str(found)
    assert net.state() == before


class Own(Module):
    """A network of one's own, which no page draws."""

    def __init__(self):
        self.neuron = Neuron(2, "tanh", seed=0)

    def __call__(self, row):
        return [self.neuron(row) * Value(1.0)]


def test_a_network_of_ones_own_races_too():
    found = race(Own(), X, Y, [0.01, 0.1], steps=20)
    assert found.best.rate == 0.1
    page = found.page()
    assert '"net":null' in page
    found.plot()


def test_a_large_network_does_not_make_the_page_large(raced, monkeypatch):
    """A wide one has curves alone; of others fewer moments are kept, the last among them."""
    wide = race(MLP(3, [40, 1], "tanh"), *four_rows(), [0.01, 0.1], steps=10)
    assert '"net":null' in wide.page()
    whole = raced.page()
    monkeypatch.setattr("jangrad.studies.race_page._BYTES", 3_000)
    small_page = raced.page()
    assert len(whole) - len(small_page) > 10_000
    lane = json.loads(re.search(r'(?s)<script id="data"[^>]*>(.*?)</script>', small_page)[1])[
        "lanes"
    ][0]
    n = len(raced.net.parameters())
    assert len(lane["steps"]) == 3_000 // (4 * 3 * n)
    assert (lane["steps"][0], lane["steps"][-1]) == (0, 120)


def test_the_picture_has_its_parts(raced):
    """Curves as `plot_history` draws them, each limit that has room, and a map for each rate."""
    figure = raced.plot()
    losses, sharp, *maps = [ax for part in figure.subfigs for ax in part.axes]
    alone = plot_history({f"{lane.rate:g}": lane.history for lane in raced.lanes})
    assert [line.get_ydata().tolist() for line in losses.lines] == [
        line.get_ydata().tolist() for line in alone.lines
    ]
    assert sharp.lines[0].get_ydata() == pytest.approx(raced.lanes[0].sharpness)
    assert [ax.get_title(loc="left") for ax in maps] == [
        "0.001: too slow", "0.1: best", "2: diverged",
    ]  # fmt: skip
    matplotlib.pyplot.close("all")


def test_the_plane_around_points():
    assert around([[0.0, 0.0], [1.0, 2.0]]) == ([-0.12, -0.24], [1.12, 2.24])
    assert around([[3.0, 1.0], [3.0, 1.0]]) == ([2.88, 0.88], [3.12, 1.12])


def test_where_two_classes_meet():
    assert threshold_of("squared_error", [1.0, 3.0, 3.0]) == 2.0
    assert threshold_of("binary_cross_entropy", [0.0, 1.0]) == 0.0
    assert threshold_of("squared_error", [1.0, 2.0, 3.0]) is None
    assert threshold_of("softmax_cross_entropy", [0, 1]) is None
    assert threshold_of("squared_error", [[1.0, 0.0], [0.0, 1.0]]) is None


def test_the_command_races_on_a_table(tmp_path):
    rows = "\n".join(f"{a:.3f},{b:.3f},{'ab'[int(t > 0)]}" for (a, b), t in zip(X, Y, strict=True))
    (tmp_path / "data.csv").write_text(f"left,right,kind\n{rows}\n")
    options = ("--target", "kind", "--rates", "0.001,1", "--hidden", "4", "--steps", "60")
    done = jangrad("race", "data.csv", *options, "--out", "race.html", "--plot", "race.svg",
                   cwd=tmp_path, COLUMNS="80")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("2 rates from one start, 60 steps of SGD each")
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "left" in (tmp_path / "race.html").read_text()
    assert "<svg" in (tmp_path / "race.svg").read_text()
    again = jangrad("race", "data.csv", *options, "--json", cwd=tmp_path)
    found = json.loads(again.stdout)
    assert [each["rate"] for each in found["rates"]] == [0.001, 1.0]
    assert found["best"] == 1.0
    wrong = jangrad("race", "data.csv", "--target", "kind", "--rates", "fast", cwd=tmp_path)
    assert wrong.returncode == 1
    assert "--rates is `fast`" in wrong.stderr


def test_the_four_rows_of_the_beginning():
    """The story that jangrad began with: a rate too high, and a slower one that learns."""
    found = race(MLP(3, [4, 4, 1], "tanh", seed=0), *four_rows(), [0.05, 2.0])
    assert [lane.verdict.kind for lane in found.lanes] == ["best", "diverged"]


def test_a_loss_that_stays_where_it_is_is_not_above():
    """And one step has no loss behind it, so it cannot be judged."""
    stuck = MLP(2, [2, 1], "relu", seed=0)
    for neuron in stuck.layers[0].neurons:
        neuron.bias.data = -9.0
    stuck.layers[1].neurons[0].bias.data = sum(Y) / len(Y)
    (lane,) = race(stuck, X, Y, [0.1], steps=3).lanes
    assert lane.history.loss[0] == lane.end
    assert lane.verdict.words[0].startswith("no use: it ends where it began, at")
    with pytest.raises(ConfigError, match="`steps` is 1, but needs an integer >= 2"):
        race(small(), X, Y, [0.1], steps=1)
