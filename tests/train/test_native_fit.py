"""fit in machine code: the same run as by Python, and everything that depends on it."""

import functools
import math
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from jangrad import MLP, Value, compile_step, fit, jit, strict, where
from jangrad.datasets import four_rows, moons
from jangrad.errors import ConfigError, DataError, NonFinite, Untraceable
from jangrad.interfaces import demo
from jangrad.nn import LOSSES, Module, l1_penalty, l2_penalty, squared_error
from jangrad.train import (
    SGD,
    Adam,
    AdamW,
    History,
    cosine,
    exponential,
    step_decay,
    warm_up,
)
from jangrad.train.compiled.trainer import Trainer

X, Y = moons(14, noise=0.3, seed=1)
# Rounding differs between the engines. A run that is on the verge of stability magnifies that, in
# one engine as well, when a weight is changed in its last bit; these are not such.
CLOSE = 1e-9


def network(outputs=1):
    return MLP(2, [4, outputs], "tanh", init="uniform", seed=3)


def targets_for(loss):
    if loss == "softmax_cross_entropy":
        return [float(t > 0) for t in Y]
    return [(t + 1) / 2 for t in Y] if loss in ("binary_cross_entropy", "poisson") else Y


def both(make=network, X=X, y=Y, *, optimizer="sgd", **options):
    """The run by Python and the run in machine code, each with the numbers it came to."""
    runs = []
    for engine in ("eager", "native"):
        net = make()
        chosen = optimizer if isinstance(optimizer, str) else optimizer(net.parameters())
        history = fit(net, X, y, optimizer=chosen, engine=engine, progress=False, **options)
        assert history.engine == engine
        runs.append((history, net))
    return runs


def assert_same(runs, rel=CLOSE):
    (eager, by_python), (native, by_machine) = runs
    assert len(native) == len(eager)
    assert native.loss == pytest.approx(eager.loss, rel=rel)
    assert native.gradient_norm == pytest.approx(eager.gradient_norm, rel=rel)
    assert native.rate == eager.rate
    assert list(native.validation) == list(eager.validation)
    for name, column in eager.validation.items():
        assert native.validation[name] == pytest.approx(column, rel=rel)
    for what in ("stopped_by", "best_step", "restored"):
        assert getattr(native, what) == getattr(eager, what), what
    numbers = list(by_python.state().values())
    assert list(by_machine.state().values()) == pytest.approx(numbers, rel=rel)
    assert str(native.diagnosis) == str(eager.diagnosis)


OPTIMIZERS = {
    "sgd": lambda p: SGD(p, 0.05),
    "momentum": lambda p: SGD(p, 0.02, momentum=0.9),
    "nesterov": lambda p: SGD(p, 0.02, momentum=0.9, nesterov=True),
    "adam": lambda p: Adam(p, 0.01),
    "adam with options": lambda p: Adam(p, 0.001, beta1=0.8, beta2=0.99, epsilon=1e-6),
    "adamw": lambda p: AdamW(p, 0.01, weight_decay=0.1),
    "rmsprop": "rmsprop",
    "adagrad": "adagrad",
}


@pytest.mark.parametrize("batch_size", [None, 4], ids=["all rows", "batches"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_thousand_steps_with_every_optimiser(name, batch_size):
    """Loss, gradient and weights to 1e-9; the last batch of an epoch is short."""
    runs = both(optimizer=OPTIMIZERS[name], batch_size=batch_size, steps=1000)
    assert_same(runs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_short_batch_takes_no_more_rows_than_its_chunks(monkeypatch, dtype):
    """Of 70 rows in batches of 50 the second has fewer chunks to compute, and the same loss."""
    packed, seen = Trainer.packed, []

    def looked_at(self, *batches):
        found = packed(self, *batches)
        seen.append((self.chunk, *found.filled.tolist()))
        return found

    monkeypatch.setattr(Trainer, "packed", looked_at)
    draw = np.random.default_rng(0)
    X = draw.normal(size=(70, 4))
    histories, states = [], []
    for options in ({"engine": "native", "dtype": dtype}, {"engine": "eager"}):
        net = MLP(4, [16, 1], seed=1)
        histories.append(fit(net, X, X[:, 0], epochs=20, batch_size=50, **options))
        states.append(list(net.state().values()))
    chunk = seen[0][0]
    every = [count for _, *counts in seen for count in counts]
    assert every == [-(-50 // chunk), -(-20 // chunk)] * (len(every) // 2)
    assert every[0] > every[1]
    rel = 1e-9 if dtype == "float64" else 1e-4
    assert histories[0].loss == pytest.approx(histories[1].loss, rel=rel)
    assert states[0] == pytest.approx(states[1], rel=rel, abs=rel)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_the_same_thousand_steps_with_every_loss(loss):
    """Also with batches, and where the target picks an output."""
    outputs = 2 if loss == "softmax_cross_entropy" else 1
    make = functools.partial(network, outputs)
    y = targets_for(loss)
    assert_same(both(make, y=y, loss=loss, learning_rate=0.02, batch_size=5, steps=1000))


@pytest.mark.parametrize(
    "schedule",
    [
        step_decay(0.1, every=100, factor=0.5),
        exponential(0.1, 0.998),
        cosine(0.1, 900),
        warm_up(50, then=cosine(0.1, 900)),
        lambda step: 0.1 if step % 2 else 0.01,
    ],
    ids=["step_decay", "exponential", "cosine", "warm_up", "one's own"],
)
def test_the_same_thousand_steps_with_every_schedule(schedule):
    """The rates are the schedule's own, asked once a step and in order."""
    assert_same(both(schedule=schedule, steps=1000))
    asked = []
    fit(network(), X, Y, schedule=lambda step: asked.append(step) or 0.1, steps=9, engine="native")
    assert asked == list(range(9))


@pytest.mark.parametrize("penalty", [l1_penalty, l2_penalty])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_the_same_thousand_steps_with_every_penalty(penalty, batch_size):
    """A penalty is no row's own: it is added once a step."""
    penalty = functools.partial(penalty, strength=0.01)
    runs = both(penalty=penalty, batch_size=batch_size, learning_rate=0.05, steps=1000)
    assert_same(runs)


def test_several_outputs_and_other_activations():
    """Targets of several numbers, a learned slope, a network of one's own with a free parameter."""

    class Own(Module):
        def __init__(self):
            self.below = MLP(2, [3, 2], "prelu", seed=0)
            self.scale = Value(0.5)

        def __call__(self, xs):
            return [where(o > 0, self.scale * o, o - 0.1 * xs[0]) for o in self.below(xs)]

    y = [[t, -0.5 * t] for t in Y]
    assert_same(both(Own, y=y, learning_rate=0.05, steps=300))
    assert_same(both(Own, y=y, learning_rate=0.05, batch_size=3, steps=300))


def test_only_some_parameters_learn():
    """An optimiser of the last layer leaves the others as they are."""
    net = network()
    before = net.state()
    last = SGD(net.layers[-1].parameters(), 0.1)
    fit(net, X, Y, optimizer=last, steps=50, engine="native")
    again = network()
    fit(again, X, Y, optimizer=SGD(again.layers[-1].parameters(), 0.1), steps=50, engine="eager")
    assert list(net.state().values()) == pytest.approx(list(again.state().values()), rel=CLOSE)
    changed = {name for name, x in net.state().items() if x != before[name]}
    assert changed == {name for name in before if name.startswith("layers.1")}


@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_loss_of_ones_own_is_traced_whole(batch_size):
    """It may mix the rows of a batch, and may read targets that never change."""

    def loss(outputs, targets):
        mean = sum(o[0] for o in outputs) / len(outputs)
        spread = sum((o[0] - mean) ** 2 for o in outputs)
        return sum(abs(o[0] - t) for o, t in zip(outputs, targets, strict=True)) / 8 - 0.01 * spread

    penalty = functools.partial(l2_penalty, strength=0.01)
    runs = both(loss=loss, penalty=penalty, learning_rate=0.01, batch_size=batch_size, steps=1000)
    assert_same(runs)


def test_validation_of_each_epoch():
    """Loss and accuracy of rows that are not learned from, after the steps that eager names."""
    held = moons(9, noise=0.4, seed=5)
    assert_same(both(validation=held, batch_size=4, loss="hinge", learning_rate=0.05, epochs=60))
    assert_same(both(validation=held, learning_rate=0.05, steps=30))


@pytest.mark.parametrize("held", [None, moons(10, noise=0.4, seed=5)], ids=["training", "held out"])
@pytest.mark.parametrize(
    ("batch_size", "rate", "momentum"), [(None, 0.35, 0.9), (4, 0.1, 0.5)], ids=["all", "batches"]
)
def test_early_stopping_gives_the_best_weights_back(held, batch_size, rate, momentum):
    """They are those of the same step, to the last digits."""
    runs = both(
        functools.partial(MLP, 2, [8, 1], "tanh", seed=0),
        optimizer=lambda p: SGD(p, rate, momentum=momentum),
        epochs=3000,
        batch_size=batch_size,
        validation=held,
        patience=5,
    )
    assert_same(runs, rel=1e-7)
    assert runs[0][0].stopped_by == "patience"
    assert runs[0][0].restored


def test_callbacks_every_so_many_steps():
    """They see the network as it is after their step, and the optimiser's memory too."""
    seen = {}
    for engine in ("eager", "native"):
        net = network()
        optimizer = SGD(net.parameters(), 0.05, momentum=0.5)
        told = seen[engine] = []

        def watch(step, net=net, optimizer=optimizer, told=told):
            state = optimizer.state()
            told.append((step.step, step.epoch, step.loss, net.parameters()[0].data))
            told.append((state["steps"], *state["b"]))
            return step.step >= 29

        history = fit(
            *(net, X, Y),
            optimizer=optimizer,
            steps=200,
            batch_size=5,
            callbacks=[watch],
            callback_every=7,
            engine=engine,
        )
        assert history.stopped_by == "callback"
        assert len(history) == 35
    assert [t[0] for t in seen["native"][::2]] == [6, 13, 20, 27, 34]
    for one, other in zip(seen["native"], seen["eager"], strict=True):
        assert one == pytest.approx(other, rel=CLOSE)


def test_an_optimiser_goes_on_from_one_engine_to_the_other():
    """Its count of steps and its memory are those of all steps made."""
    mixed, plain = network(), network()
    for net, engines in ((mixed, ("native", "eager", "native")), (plain, ("eager",) * 3)):
        optimizer = SGD(net.parameters(), 0.05, momentum=0.9)
        for engine in engines:
            fit(net, X, Y, optimizer=optimizer, steps=40, engine=engine)
        assert optimizer.steps == 120
    assert list(mixed.state().values()) == pytest.approx(list(plain.state().values()), rel=CLOSE)


def test_divergence_is_noticed_at_the_same_step():
    """And said with the same words, with the first weights put back."""
    make = functools.partial(MLP, 3, [4, 4, 1], demo.ACTIVATION, seed=0)
    runs = both(make, *four_rows(), learning_rate=demo.TOO_HIGH, steps=1000)
    (eager, _), (native, net) = runs
    assert native.diagnosis.kind == eager.diagnosis.kind == "divergence"
    assert native.diagnosis.step == eager.diagnosis.step
    assert native.diagnosis.rate_to_try == eager.diagnosis.rate_to_try
    assert net.state() == make().state()


def test_divergence_after_a_long_good_run():
    """A rate that rises: noticed in the middle of a burst, and the best weights are put back.

    The schedule overflows at a step that is never reached.
    """
    rising = lambda step: 0.05 if step < 5000 else 0.05 * 1.5 ** (step - 5000)
    runs = both(schedule=rising, steps=20_000)
    (eager, by_python), (native, by_machine) = runs
    assert eager.diagnosis.kind == native.diagnosis.kind
    assert len(eager) == len(native)
    assert native.best_step == eager.best_step
    assert native.restored
    numbers = list(by_python.state().values())
    assert list(by_machine.state().values()) == pytest.approx(numbers, rel=1e-7, abs=1e-8)


def test_a_dead_network_is_noticed():
    """No gradient reaches the first layer, and the words say which is dead."""

    def make():
        net = MLP(2, [3, 1], "relu", seed=0)
        for name, value in net.named_parameters().items():
            if name.startswith("layers.0") and name.endswith("bias"):
                value.data = -100.0
        return net

    runs = both(make, [[0.1, 0.2], [0.3, -0.1]], [1.0, -1.0], learning_rate=0.01, steps=200)
    assert_same(runs)
    assert runs[1][0].diagnosis.kind == "dead network"


def test_nan_in_the_first_step_is_said():
    """As by Python."""

    def make():
        net = network()
        net.layers[-1].parameters()[0].data = math.inf
        return net

    (eager, _), (native, _) = both(make, steps=5)
    assert native.diagnosis == eager.diagnosis
    assert native.diagnosis.kind == "not finite"


def test_strict_names_the_operation_that_gave_nan():
    """As the words of a diagnosis advise; machine code leaves that step to Python."""

    class Root(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, xs):
            return [(self.w * xs[0]).sqrt()]

    options = {"optimizer": "sgd", "learning_rate": 0.5, "steps": 100, "engine": "native"}
    assert fit(Root(), [[1.0]], [-3.0], **options).diagnosis.kind == "not finite"
    with strict(), pytest.raises(NonFinite, match="sqrt"):
        fit(Root(), [[1.0]], [-3.0], **options)


def test_a_run_that_learns_all_goes_on_to_its_end():
    """A loss of 0 has no gradient, and that is no trouble."""
    runs = both(lambda: MLP(1, [1], seed=0), [[1.0], [-1.0]], [1.0, -1.0], loss="hinge", steps=500)
    assert_same(runs)
    assert runs[1][0].stopped_by == "finished"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_a_native_run_at_once_with_what_was_learned():
    """A real SIGINT in the middle of ten million steps: the history and the weights fit."""
    code = """
import signal, sys, time
from jangrad import MLP, fit
from jangrad.nn import LOSSES
signal.signal(signal.SIGINT, signal.default_int_handler)
X, y = [[1.0, 2.0, 3.0], [0.0, 1.0, 0.5]], [1.0, -1.0]
net = MLP(3, [4, 1], "tanh", seed=0)
def tell(step):
    print("started", flush=True)
rate = lambda step: 1e-7
h = fit(net, X, y, optimizer="sgd", schedule=rate, steps=10_000_000, callbacks=[tell],
        callback_every=9_000_000 - 1 if len(sys.argv) > 1 else 1000, engine="native")
now = LOSSES["squared_error"]([net(row) for row in X], y).data
print(h.engine, h.stopped_by, len(h) == len(h.rate) == len(h.gradient_norm) > 5,
      0 <= h.loss[-1] - now < 2 * (h.loss[-2] - h.loss[-1]))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "started\n"
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out.splitlines()[-1] == "native interrupt True True", err
    assert "what was learned is kept" in err
    assert "Traceback" not in err


def test_single_precision():
    """The same run to a few digits; the numbers come from single precision."""
    runs = [
        fit(net := network(), X, Y, learning_rate=0.01, steps=200, optimizer="sgd", dtype=dtype)
        for dtype in ("float64", "float32")
    ]
    assert runs[1].engine == "native"
    assert runs[1].loss == pytest.approx(runs[0].loss, rel=1e-4)
    assert runs[1].loss != runs[0].loss
    assert all(float(np.float32(p.data)) == p.data for p in net.parameters())


def test_auto_takes_the_engine_that_is_done_first():
    """A handful of steps is made by Python, a long run in machine code."""
    short = fit(network(), X, Y, optimizer="sgd", steps=5)
    long = fit(network(), X, Y, optimizer="sgd", learning_rate=1e-3, steps=50_000)
    assert (short.engine, long.engine) == ("eager", "native")


def reads_outputs(outputs, targets):
    total = 0.0
    for output, target in zip(outputs, targets, strict=True):
        total = total + ((output[0] - target) ** 2 if output[0].data > 0 else abs(output[0]))
    return total


def test_what_cannot_be_traced_is_refused_or_left_to_python():
    """`native` says where the number was read; `auto` trains by Python."""
    with pytest.raises(Untraceable, match=r"output\[0\]\.data > 0"):
        fit(network(), X, Y, loss=reads_outputs, steps=10, engine="native")
    history = fit(network(), X, Y, loss=reads_outputs, optimizer="sgd", steps=2000)
    assert history.engine == "eager"
    assert len(history) == 2000


def test_a_loss_that_fails_on_traced_targets_is_explained():
    """A batch's targets are Values while its loss is traced."""

    def loss(outputs, targets):
        known = {float: 1.0}
        return sum(known[type(t)] * (o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True))

    with pytest.raises(Untraceable, match="fails on Values that are traced: KeyError"):
        fit(network(), X, Y, loss=loss, batch_size=5, steps=10, engine="native")
    assert fit(network(), X, Y, loss=loss, steps=10, engine="native").engine == "native"


def test_chance_in_a_network_is_refused():
    """A dropout's mask must not be kept for ever; auto leaves it to Python."""

    class Dropout(Module):
        def __init__(self):
            self.below = network()
            self.draw = random.Random(0)

        def __call__(self, xs):
            return self.below([x if self.draw.random() < 0.5 else 0.0 for x in xs])

    with pytest.raises(Untraceable, match="draws random numbers, by `random`"):
        fit(Dropout(), X, Y, steps=10, engine="native")
    assert fit(Dropout(), X, Y, optimizer="sgd", steps=1500).engine == "eager"


def test_the_history_and_the_bar_say_which_engine_ran(capfd):
    """In its file too; the bar on stderr names machine code."""
    history = fit(network(), X, Y, optimizer="sgd", steps=20, engine="native", progress=True)
    assert "native" in capfd.readouterr().err
    assert History.from_json(history.to_json()).engine == "native"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"engine": "fast"}, "there is no engine 'fast'"),
        ({"dtype": "float16"}, "there is no dtype 'float16'"),
        ({"dtype": "float32", "engine": "eager"}, "a Value is a double"),
        ({"callback_every": 0}, "`callback_every` is 0"),
    ],
)
def test_options_that_do_not_exist(options, words):
    """The message says what there is."""
    with pytest.raises(ConfigError, match=words):
        fit(network(), X, Y, steps=1, **options)


# -- single precision -----------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["squared_error", lambda o, t: squared_error(o, t)])
@pytest.mark.parametrize(("X", "y", "place"), [
    ([[1.0, 2.0], [3.0, 1e39]], [1.0, 2.0], r"`X\[1\]\[1\]` is 1e\+39"),
    ([[1.0, 2.0], [3.0, 4.0]], [-1e300, 2.0], r"`y\[0\]` is -1e\+300"),
])  # fmt: skip
def test_data_that_single_precision_cannot_hold_is_refused(X, y, place, loss):
    """It would be inf there; in double precision it is a number."""
    with np.errstate(all="raise"), pytest.raises(DataError, match=place):
        fit(MLP(2, [1], seed=0), X, y, loss=loss, dtype="float32", batch_size=1)


def test_single_precision_asks_nothing_of_numpys_warnings():
    """A program may have told NumPy to raise them: the too small is 0, the too large is inf."""
    with np.errstate(all="raise"):
        history = fit(MLP(1, [1], seed=0), [[1e-50], [1.0]], [1.0, 2.0], dtype="float32", steps=3)
        assert np.isfinite(history.loss).all()
        f = jit(lambda x: x * 1.0, dtype="float32")
        assert [f(1e300), f(-1e-50)] == [math.inf, 0.0]
        assert f.map([1e300, 1e-50]).tolist() == [math.inf, 0.0]
        w = Value(1e-60)
        step = compile_step(lambda x: w * x, [w], "sgd", dtype="float32")
        assert [step(1e-50), step(2.0)] == [0.0, 0.0]
