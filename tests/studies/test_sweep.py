"""Sweeps: every copy as `fit` trains it, and what they say together."""

import re
from functools import partial

import numpy as np
import pytest
from matplotlib.ticker import FuncFormatter

from jangrad import MLP, Module, Neuron, Value, fit, sweep
from jangrad.datasets import four_rows
from jangrad.errors import ConfigError
from jangrad.nn import huber, l1_penalty, l2_penalty
from jangrad.studies import in_lanes, shares
from jangrad.train import cosine
from jangrad.train.optimizers import OPTIMIZERS

ROWS, TARGETS = four_rows()
LANES, TURNS = "machine code, copies side by side", "machine code, one copy after the other"
#: What only rounding tells apart.
NEAR = {"rtol": 1e-9, "atol": 1e-12}


def assert_as_fit(found, make, data=(ROWS, TARGETS), numbers=(), **options):
    """That each copy of a sweep has the numbers that `fit` gives, and ends as it does."""
    for place in np.ndindex(*found.loss.shape):
        settings = {n: items[i] for (n, items), i in zip(found.axes.items(), place, strict=True)}
        seed, rate = settings.pop("seed"), settings.pop("rate")
        net = make(seed)
        for p in net.parameters():
            p.data *= settings.get("scale", 1.0)
        how = {**options, **settings}
        how.pop("scale", None)
        if isinstance(how.get("penalty"), float):
            how["penalty"] = partial(l2_penalty, strength=how["penalty"])
        kind = OPTIMIZERS[how.pop("optimizer", "adam")]
        own = {name: how.pop(name) for name in numbers}
        rated = {} if rate is None else {"learning_rate": rate}
        how["optimizer"] = kind(net.parameters(), **rated, **own)
        history = fit(net, *data, seed=seed, engine="native", progress=False, **how)
        ended = history.stopped_by
        ended = history.diagnosis.kind if ended == "diagnosis" else ended
        assert (found.ended[place], found.steps[place]) == (ended, len(history))
        losses = np.array(history.loss)
        kept = found.at[found.at < len(losses)]
        np.testing.assert_allclose(found.losses[: len(kept), *place], losses[kept], **NEAR)
        if ended in ("divergence", "not finite"):
            assert found.loss[place] == np.inf
        elif "batch_size" not in how:
            np.testing.assert_allclose(found.loss[place], losses[-1], **NEAR)
        if ended == "finished":
            weights = [p.data for p in net.parameters()]
            np.testing.assert_allclose(found.weights[place], weights, **NEAR)


def fourth_power(outputs, targets):
    return sum((o[0] - t) ** 4 for o, t in zip(outputs, targets, strict=True))


def tanh(seed):
    return MLP(3, [4, 4, 1], "tanh", seed=seed)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
def test_each_copy_has_the_numbers_of_fit_with_each_optimiser(name):
    net = tanh(7)
    before = net.state()
    options = {"steps": 60, "optimizer": name}
    found = sweep(net, ROWS, TARGETS, rates=[0.01, 0.05], seeds=3, weights=True, **options)
    assert net.state() == before
    assert found.how == LANES
    assert_as_fit(found, tanh, **options)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "prelu", "gelu", "sin"])
def test_with_each_activation(activation):
    def make(seed):
        return MLP(3, [4, 4, 1], activation, seed=seed)

    options = {"steps": 50, "optimizer": "sgd"}
    found = sweep(make, ROWS, TARGETS, rates=[0.01, 0.05], seeds=2, weights=True, **options)
    assert found.how == LANES
    assert_as_fit(found, make, **options)


@pytest.mark.parametrize(
    ("loss", "targets", "outputs"),
    [
        ("absolute_error", TARGETS, 1),
        ("hinge", TARGETS, 1),
        ("binary_cross_entropy", [1, 0, 0, 1], 1),
        ("softmax_cross_entropy", [2, 0, 0, 1], 3),
        ("poisson", [2, 0, 0, 1], 1),
        ("squared_error", [[1.0, 2.0], [0.0, -1.0], [0.5, 0.5], [1.0, 1.0]], 2),
        (partial(huber, delta=0.5), TARGETS, 1),
        (fourth_power, TARGETS, 1),
    ],
)
def test_with_each_loss(loss, targets, outputs):
    def make(seed):
        return MLP(3, [3, outputs], "tanh", seed=seed)

    options = {"steps": 40, "optimizer": "sgd", "loss": loss}
    found = sweep(make, ROWS, targets, rates=[0.003, 0.01], seeds=2, weights=True, **options)
    assert found.how == LANES
    assert_as_fit(found, make, (ROWS, targets), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 2},
        {"batch_size": 1, "shuffle": False},
        {"row_weights": [1.0, 2.0, 0.5, 0.5]},
        {"batch_size": 2, "row_weights": [1.0, 2.0, 0.5, 0.5]},
        {"penalty": [0.0, 0.01]},
        {"penalty": [partial(l1_penalty, strength=0.1), None]},
        {"penalty": lambda parameters: sum(p**4 for p in parameters)},
        {"scale": [0.5, 1.5]},
        {"dtype": "float64", "threads": 2},
    ],
)
def test_with_batches_weights_penalties_and_scales(options):
    threads = {"threads": options.pop("threads", 1)}
    options = {"steps": 40, "optimizer": "sgd", **options}
    found = sweep(
        tanh, ROWS, TARGETS, rates=[0.01, 0.05], seeds=3, weights=True, **options, **threads
    )
    assert found.how == LANES
    assert_as_fit(found, tanh, **{n: o for n, o in options.items() if n not in found.axes})


def test_options_of_optimisers_are_axes_without_a_program_each():
    options = {"steps": 40, "optimizer": "sgd"}
    found = sweep(tanh, ROWS, TARGETS, rates=[0.01], seeds=2, momentum=[0.0, 0.5, 0.9],
                  weights=True, **options)  # fmt: skip
    assert found.loss.shape == (1, 2, 3)
    assert len(found.groups) == 2  # gradient descent without momentum has another rule
    assert_as_fit(found, tanh, numbers=["momentum"], **options)


def test_schedules_and_optimisers_are_axes():
    options = {"steps": 30, "schedule": [cosine(0.1, 30), cosine(0.01, 30)]}
    found = sweep(tanh, ROWS, TARGETS, seeds=2, optimizer=["sgd", "adam"], weights=True, **options)
    assert found.loss.shape == (1, 2, 2, 2)
    assert_as_fit(found, tanh, steps=30)
    text = str(found)
    assert "8 trainings (1 rate x 2 seeds x 2 optimizer x 2 schedule) of 30 steps" in text
    assert ", schedule=cosine with 0.1, 30, 0.0\n" in text
    assert "too slow" not in text
    assert "\nthe loss goes from" in text
    assert found.verdict.best is not None
    assert not found.verdict.rated


def test_what_goes_wrong_ends_where_fit_ends_it():
    def make(seed):
        return MLP(3, [4, 4, 1], seed=seed)

    options = {"steps": 150, "optimizer": "sgd"}
    rates = [0.01, 0.3, 1.0, 3.0]
    found = sweep(make, ROWS, TARGETS, rates=rates, seeds=6, weights=True, **options)
    assert {"finished", "dead network", "divergence"} <= {*found.ended.ravel().tolist()}
    # At a rate where trainings are chaotic, rounding is not all that they differ by.
    steady = sweep(make, ROWS, TARGETS, rates=[0.01, 3.0], seeds=6, weights=True, **options)
    assert_as_fit(steady, make, **options)
    whole = found.ended == "finished"
    assert np.isnan(found.weights[~whole]).all()
    assert np.isfinite(found.weights[whole]).all()
    assert (found.losses[-1][found.diverged] == np.inf).all()


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_what_an_optimiser_remembers_of_a_lost_copy_is_forgotten(optimizer, monkeypatch):
    monkeypatch.setattr(in_lanes, "suits", lambda copies, config: False)
    momentum = {"momentum": 0.9} if optimizer == "sgd" else {}
    rates = [0.01, 3.0] if momentum else [0.01, 1e300]
    options = {"steps": 30, "optimizer": optimizer}
    found = sweep(tanh, ROWS, TARGETS, rates=rates, seeds=3, weights=True, **momentum, **options)
    assert found.how == TURNS
    assert (found.ended[1] != "finished").all()
    if momentum:
        options["optimizer"] = "heavy"
        monkeypatch.setitem(OPTIMIZERS, "heavy", partial(OPTIMIZERS["sgd"], **momentum))
    assert_as_fit(found, tanh, **options)


def test_larger_networks_are_trained_one_after_the_other():
    def make(seed):
        return MLP(2, [8, 1], "tanh", seed=seed)

    X = [[i / 20, (i * i % 7) / 7] for i in range(20)]
    data = X, [x[0] - x[1] for x in X]
    for options in ({}, {"batch_size": 6}):
        options = {"steps": 40, "optimizer": "sgd", "penalty": [0.0, 1e-3], **options}
        found = sweep(make, *data, rates=[0.01, 0.1], seeds=2, weights=True, **options)
        assert found.how == TURNS
        assert_as_fit(found, make, data, **{n: o for n, o in options.items() if n != "penalty"})


def test_what_cannot_be_compiled_is_trained_by_python():
    class Odd(Module):
        def __init__(self, seed):
            self.inner = MLP(3, [2, 1], "tanh", seed=seed)

        def __call__(self, xs):
            out = self.inner(xs)
            return out if out[0].data > -100.0 else [out[0] * 2.0]

    found = sweep(
        lambda seed: Odd(seed), ROWS, TARGETS, rates=[0.01, 0.1], seeds=2, steps=5, optimizer="sgd"
    )
    assert found.how == "Python, one copy after the other"
    net = Odd(1)
    history = fit(net, ROWS, TARGETS, learning_rate=0.1, seed=1, steps=5, optimizer="sgd",
                  progress=False)  # fmt: skip
    assert found.losses[:, 1, 1].tolist() == history.loss


def test_rows_that_are_held_out_are_measured_at_the_end():
    options = {"loss": "hinge", "steps": 30, "optimizer": "sgd"}
    held = ROWS[:3], TARGETS[:3]
    found = sweep(tanh, ROWS, TARGETS, rates=[0.01, 0.1], seeds=2, validation=held, **options)
    for place, rate in ((0, 0), 0.01), ((1, 1), 0.1):
        history = fit(tanh(place[1]), ROWS, TARGETS, learning_rate=rate, seed=place[1],
                      validation=held, progress=False, **options)  # fmt: skip
        for name in ("loss", "accuracy"):
            assert found.validation[name][place] == pytest.approx(history.validation[name][-1])
    assert (found.score == found.validation["loss"]).all()


def test_a_network_of_the_sweep_is_as_fit_leaves_it():
    found = sweep(tanh(0), ROWS, TARGETS, rates=[0.01, 0.1], seeds=[3, 5], steps=40,
                  optimizer="sgd", weights=True)  # fmt: skip
    net = found.network(rate=0.1, seed=5)
    weights = [p.data for p in net.parameters()]
    np.testing.assert_allclose(found.weights[found.place(rate=0.1, seed=5)], weights, **NEAR)


def test_patience_ends_copies_as_in_fit():
    options = {"steps": 200, "optimizer": "sgd", "patience": 5, "tolerance": 0.05}
    found = sweep(tanh, ROWS, TARGETS, rates=[0.3, 0.01], seeds=2, weights=True, **options)
    assert "patience" in found.ended
    assert_as_fit(found, tanh, **options)


def test_ctrl_c_keeps_what_is_done(monkeypatch, capsys):
    calls = []

    def struck(self, *given):
        calls.append(given)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(self, *given)

    real = in_lanes._Lanes._look
    monkeypatch.setattr(in_lanes._Lanes, "_look", struck)
    found = sweep(tanh, ROWS, TARGETS, rates=[0.01, 0.1], seeds=4, steps=100_000, optimizer="sgd")
    assert found.interrupted
    assert (found.ended == "interrupt").all()
    assert 0 < found.steps.max() < 100_000
    assert np.isfinite(found.loss).all()
    assert "interrupted: 0 of 8 trainings are done" in capsys.readouterr().err
    made = int(found.steps.max())
    assert f"8 trainings (2 rates x 4 seeds) of {made} steps" in str(found)
    assert "; ended early 8 by interrupt\n" in str(found)


def test_ctrl_c_between_copies_keeps_those_that_are_done(monkeypatch):
    monkeypatch.setattr(in_lanes, "suits", lambda copies, config: False)
    told = []

    def strike(*given, **named):
        told.append(given)
        if len(told) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(shares.one_by_one._Turns, "_pass", strike)
    found = sweep(tanh, ROWS, TARGETS, rates=[0.01, 0.1], seeds=2, steps=10, optimizer="sgd")
    assert found.ended.ravel().tolist() == ["finished", "finished", "interrupt", "not begun"]
    text = str(found)
    assert "; ended early 1 by interrupt, 1 not begun\n" in text
    assert found.verdict.best == 0.01  # of the other rate nothing is known
    assert "nan" not in text


def test_the_verdict_names_slow_good_and_unstable_rates():
    rates = np.geomspace(1e-4, 10.0, 16)
    found = sweep(tanh, ROWS, TARGETS, rates=rates, seeds=8, steps=200, optimizer="sgd")
    judged = found.verdict
    assert 1e-4 < judged.low <= judged.best <= judged.high < judged.unstable <= 10.0
    assert found.best == {"rate": judged.best}
    text = str(found)
    assert "128 trainings (16 rates x 8 seeds) of 200 steps" in text
    assert f"too slow below {judged.low:.2g}; good from" in text
    assert "2 / sharpness at the start is" in text
    assert min(found.limits) < judged.unstable


def test_the_verdict_says_where_the_best_rate_is_the_last_that_was_tried():
    found = sweep(tanh, ROWS, TARGETS, rates=[0.001, 0.01], seeds=2, steps=50, optimizer="sgd",
                  penalty=[0.0, 1e-3])  # fmt: skip
    assert "too slow below 0.01; best at 0.01; no higher rate was tried" in str(found)
    assert "8 trainings (2 rates x 2 seeds x 2 penalty) of 50 steps" in str(found)


def test_losses_of_different_kinds_are_judged_each_by_itself():
    """A number of one says nothing beside that of another."""
    losses = ["huber", partial(huber, delta=0.5), "squared_error"]
    options = {"rates": [0.001, 0.1], "seeds": 3, "steps": 50, "optimizer": "sgd"}
    found = sweep(tanh, ROWS, TARGETS, loss=losses, scale=[0.5, 1.0], weights=True, **options)
    for ask in (lambda: found.best, lambda: found.verdict, found.plot):
        with pytest.raises(ConfigError, match=r"(?s)has 3 losses.*found.of\(loss="):
            ask()
    for loss in losses:
        alone, part = sweep(tanh, ROWS, TARGETS, loss=loss, **options), found.of(loss=loss)
        np.testing.assert_array_equal(part.of(scale=1.0).loss[:, :, 0, 0], alone.loss)
        assert part.best["loss"] is loss
        one = part.network(rate=0.1, seed=2, scale=0.5)
        weights = [p.data for p in one.parameters()]
        place = part.place(rate=0.1, seed=2, scale=0.5)
        np.testing.assert_allclose(part.weights[place], weights, **NEAR)
        assert "\n".join(str(part).splitlines()[1:]) in str(found)
    assert "loss=huber with delta=0.5" in str(found)
    with pytest.raises(ConfigError, match="no axis `los`"):
        found.of(los="huber")
    with pytest.raises(ConfigError, match=r"(?s)='hinge'.*one of 'huber', huber with delta=0.5"):
        found.of(loss="hinge")


def test_of_penalties_it_is_said_that_each_loss_has_one_in_it():
    options = {"rates": [0.1], "seeds": 2, "steps": 20, "penalty": [0.0, 0.1]}
    said = "each loss has its penalty in it"
    assert said in str(sweep(tanh, ROWS, TARGETS, **options))
    assert said not in str(sweep(tanh, ROWS, TARGETS, **options, validation=(ROWS, TARGETS)))


def test_a_sweep_without_a_good_rate_says_so():
    found = sweep(tanh, ROWS, TARGETS, rates=[50.0, 100.0], seeds=4, steps=50, optimizer="sgd")
    assert found.verdict.best is None
    assert "no rate lowers the loss" in str(found)


def test_plot_shows_map_curve_limit_and_verdict():
    found = sweep(tanh, ROWS, TARGETS, rates=np.geomspace(1e-3, 3, 8), seeds=4, steps=60,
                  optimizer="sgd", momentum=[0.0, 0.5])  # fmt: skip
    figure = found.plot()
    left, right = figure.axes[:2]
    assert left.get_ylabel() == "seed"
    assert right.get_xscale() == "log"
    words = {text.get_text() for text in right.texts}
    assert {"good", "before any step", "2 / sharpness of the start"} <= words
    assert "unstable from" in figure.texts[0].get_text()
    assert "drawn" not in figure.texts[0].get_text()


def test_plot_says_where_losses_are_not_drawn_as_they_are():
    options = {"steps": 1000, "optimizer": "sgd"}
    found = sweep(tanh, ROWS, TARGETS, rates=[0.001, 0.1], seeds=4, **options)
    assert found.loss.min() < 1e-14
    (end,) = re.findall(r"losses below (\S+) are drawn as \1", found.plot().texts[0].get_text())
    assert float(end) == pytest.approx(1e-12 * found.loss.max(), rel=0.5)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"momentun": 0.9}, "no option `momentun`"),
        ({"learning_rate": 0.1}, "no option `learning_rate`"),
        ({"record": "folder"}, "no option `record`"),
        ({"rates": []}, "`rates` is an empty list"),
        ({"rates": [0.1, -1.0]}, "`rates` is -1.0"),
        ({"rates": [True]}, "`rates` is True"),
        ({"rates": False}, "`rates` is False"),
        ({"seeds": 2, "scale": []}, "`scale` is an empty list"),
        ({"schedule": cosine(0.1, 5)}, "both `rates` and `schedule`"),
        ({"optimizer": "lbfgs"}, "no learning rate"),
        ({"backend": "thread"}, "no backend 'thread'"),
        ({"momentum": 0.9, "optimizer": "adam"}, "no option `momentum`"),
    ],
)
def test_what_does_not_exist_is_answered(options, said):
    with pytest.raises(ConfigError, match=said):
        sweep(tanh(0), ROWS, TARGETS, **{"rates": [0.1], "steps": 5, **options})


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
def test_what_a_penalty_pulls_at_is_not_dead(penalty):
    make = lambda seed: MLP(1, [5, 1, 2], "relu", seed=seed)
    rows = [[i / 8 - 1.0] for i in range(16)]
    data = rows, [[x, x * x] for (x,) in rows]
    options = {"optimizer": "sgd", "steps": 60, "penalty": partial(penalty, strength=1e-3)}
    found = sweep(make(0), *data, rates=[0.1, 0.2], seeds=8, weights=True, **options)
    assert_as_fit(found, make, data, **options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 0}, "seeds"),
        ({"seeds": -1}, "seeds"),
        ({"at": []}, "`at` is an empty list"),
        ({"at": [0, 9]}, "`at` has step 9, and there are 3"),
        ({"net": lambda: tanh(0)}, "takes no seed"),
    ],
)
def test_what_makes_no_training_is_answered(options, said):
    net = options.pop("net", tanh(0))
    with pytest.raises(ConfigError, match=said):
        sweep(net, ROWS, TARGETS, steps=3, **options)


def test_numbers_of_numpy_are_numbers():
    found = sweep(tanh(0), ROWS, TARGETS, rates=np.array(0.1), seeds=np.int64(2), steps=6, at=5)
    assert found.loss.shape == (1, 2)
    assert found.at.tolist() == [5]
    found = sweep(tanh(0), ROWS, TARGETS, rates=np.float32(0.5), steps=3, penalty=np.float32(0.5))
    assert found.axes["rate"] == [0.5]


def test_without_rates_the_verdict_speaks_of_none():
    text = str(sweep(tanh(0), ROWS, TARGETS, seeds=3, steps=20))
    assert "nan" not in text
    assert "at this rate" not in text
    assert "the loss goes from" in text


def test_dead_networks_are_no_luck():
    net = MLP(3, [2, 1, 1], "relu", seed=0)
    targets = [3.0, 1.0, 1.0, 3.0]
    found = sweep(net, ROWS, targets, rates=[0.1], seeds=32, steps=60, optimizer="sgd")
    dead = int((found.ended == "dead network").sum())
    assert dead
    assert f"{dead} of 32 seeds end as dead networks" in str(found)


@pytest.mark.parametrize("engine", ["auto", "eager"])
def test_gradients_of_the_network_are_left_as_they_were(engine):
    net = tanh(0)
    for p in net.parameters():
        p.grad = 7.0
    sweep(net, ROWS, TARGETS, seeds=2, steps=5, engine=engine)
    assert {p.grad for p in net.parameters()} == {7.0}


def test_the_verdict_starts_before_any_step_whatever_is_kept():
    options = {"rates": [0.1], "seeds": 2, "steps": 20}
    whole, last = (sweep(tanh(0), ROWS, TARGETS, **options, at=at) for at in (None, [19]))
    assert last.verdict.start == whole.verdict.start
    assert last.at.tolist() == [19]
    np.testing.assert_array_equal(last.losses[0], whole.losses[-1])


class OnFrozen(Module):
    """A layer that learns behind one that is drawn from the seed and stays as it is."""

    def __init__(self, seed):
        self.a, self.b = MLP(3, [3], "tanh", seed=seed), MLP(3, [1], seed=seed)

    def __call__(self, x):
        return self.b(self.a(x))

    def parameters(self):
        return self.b.parameters()


def test_networks_that_differ_in_what_does_not_learn_are_trained_each_as_itself():
    options = {"optimizer": "sgd", "steps": 30}
    make = lambda seed: OnFrozen(seed)
    found = sweep(make, ROWS, TARGETS, rates=[0.05, 0.1], seeds=3, weights=True, **options)
    assert_as_fit(found, OnFrozen, **options)
    assert "each seed on a network of its own" in found.how
    again = found.network(rate=0.1, seed=1)
    frozen = [p.data for p in OnFrozen(1).a.parameters()]
    assert [p.data for p in again.a.parameters()] == frozen
    alike = sweep(tanh, ROWS, TARGETS, rates=[0.05, 0.1], seeds=3, **options)
    assert alike.how == LANES


def test_seeds_need_to_know_how_a_network_is_drawn():
    with pytest.raises(ConfigError, match="nobody knows how a `Neuron`") as caught:
        sweep(Neuron(3, seed=0), ROWS, TARGETS, rates=[0.1], seeds=2)
    assert "lambda seed: Neuron(..., seed=seed)" in caught.value.try_
    with pytest.raises(ConfigError, match="the network of seed 1 has 11 parameters"):
        sweep(lambda seed: MLP(3, [1 + seed, 1]), ROWS, TARGETS, rates=[0.1], seeds=2)
    with pytest.raises(ConfigError, match="made for one network"):
        sweep(tanh(0), ROWS, TARGETS, rates=[0.1],
              optimizer=OPTIMIZERS["sgd"]([Value(0.0)]))  # fmt: skip
    found = sweep(Neuron(3, seed=0), ROWS, TARGETS, rates=[0.001, 0.01], steps=5)
    with pytest.raises(ConfigError, match="no training of the sweep has rate=0"):
        found.network(rate=0.5)
    with pytest.raises(ConfigError, match="which `rate` is not said"):
        found.place()


@pytest.mark.parametrize("suits", [True, False])
def test_joblib_trains_the_same(suits, monkeypatch):
    joblib = pytest.importorskip("joblib")
    if not suits:
        monkeypatch.setattr(in_lanes, "suits", lambda copies, config: False)
    options = {"rates": [0.01, 0.1, 3.0], "seeds": 3, "steps": 30, "optimizer": "sgd"}
    alone = sweep(tanh(0), ROWS, TARGETS, momentum=[0.0, 0.5], weights=True, **options)
    with joblib.parallel_config("threading", n_jobs=2):
        found = sweep(tanh(0), ROWS, TARGETS, momentum=[0.0, 0.5], weights=True, backend="joblib",
                      **options)  # fmt: skip
    for name in ("loss", "losses", "ended", "steps", "weights"):
        np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


def test_dask_trains_the_same_on_two_workers():
    distributed = pytest.importorskip("distributed")
    joblib = pytest.importorskip("joblib")
    options = {"rates": [0.01, 0.1], "seeds": 4, "steps": 30, "optimizer": "sgd", "weights": True}
    alone = sweep(tanh(0), ROWS, TARGETS, **options)
    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with (
        distributed.LocalCluster(**how) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        found = sweep(tanh(0), ROWS, TARGETS, backend="joblib", **options)
    for name in ("loss", "losses", "ended", "steps", "weights"):
        np.testing.assert_array_equal(getattr(found, name), getattr(alone, name))


def test_one_is_no_many():
    """In the head line too."""
    found = sweep(MLP(3, [2, 1], seed=0), *four_rows(), rates=[0.1], steps=1, optimizer="sgd")
    assert str(found).startswith("1 training (1 rate x 1 seed) of 1 step, by")


def test_trainings_that_were_not_begun_are_no_failures(monkeypatch):
    """They were not lost, in words and picture."""
    monkeypatch.setattr(in_lanes, "suits", lambda copies, config: False)
    real, told = shares.one_by_one._Turns._pass, []

    def strike(*given, **named):
        told.append(given)
        if len(told) == 6:
            raise KeyboardInterrupt
        return real(*given, **named)

    monkeypatch.setattr(shares.one_by_one._Turns, "_pass", strike)
    found = sweep(tanh, ROWS, TARGETS, rates=[0.05, 0.1], seeds=8, steps=60, optimizer="sgd")
    assert (found.ended == "finished").sum() == 5
    judged = found.verdict
    assert (judged.best, judged.seeds, judged.unstable) == (0.05, 5, None)
    assert judged.slow == found.loss[0, :5].max()
    assert "inf" not in str(found)
    figure = found.plot()
    legend = figure.axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["not made"]


def test_what_diverged_is_drawn_no_lower_than_the_start_and_labels_stand_apart():
    """Where the worst loss that is finite is far below the start; limits off the axis are words."""
    found = sweep(tanh, ROWS, TARGETS, rates=[0.05, 0.1, 30.0], seeds=3, steps=60, optimizer="sgd")
    assert found.diverged[2].all()
    figure = found.plot()
    right = figure.axes[1]
    middle = max(right.lines, key=lambda line: len(line.get_xdata()))
    assert middle.get_ydata()[2] == found.verdict.start > found.loss[:2].max()
    low, high = right.get_ylim()
    assert high > 30.0 * low
    assert not isinstance(right.yaxis.get_minor_formatter(), FuncFormatter)
    narrow = sweep(tanh, ROWS, TARGETS, rates=[0.001, 0.002], seeds=2, steps=20, optimizer="sgd")
    assert "2 / sharpness" not in " ".join(t.get_text() for t in narrow.plot().axes[1].texts)
