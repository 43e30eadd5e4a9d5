"""fit: what it promises in its docstring, and what it says when training goes wrong."""

import functools
import io
import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from jangrad import MLP, Value, fit, table
from jangrad.datasets import four_rows, moons
from jangrad.errors import ConfigError, DataError, SaveError, ShapeError
from jangrad.interfaces import demo
from jangrad.micrograd import engine as micrograd
from jangrad.micrograd import nn as micrograd_nn
from jangrad.nn import LOSSES, Module, Neuron, l2_penalty
from jangrad.train import SGD, History, Optimizer, cosine, exponential
from jangrad.train.layers import dead_units
from jangrad.train.resolve import zero_loss

X, Y = four_rows()


def small(seed=0, activation="tanh"):
    return MLP(3, [4, 1], activation, seed=seed)


@pytest.mark.parametrize("seed", range(20))
def test_the_demo_learns_the_four_rows_with_every_seed(seed):
    """To 1e-3 with the demo's settings, and says so of each row."""
    net = MLP(3, [4, 4, 1], demo.ACTIVATION, init=demo.INIT, seed=seed)
    history = fit(net, X, Y, optimizer="sgd", learning_rate=demo.SLOWER, steps=demo.STEPS)
    assert history.loss[-1] < 1e-3
    assert history.diagnosis is None
    assert [row[0] for row in net.predict(X)] == pytest.approx(Y, abs=0.1)


def test_steps_and_epochs_count_what_they_say():
    """Epochs are passes; a batch that does not divide the rows leaves a short last one."""
    assert len(fit(small(), X, Y, steps=7)) == 7
    assert len(fit(small(), X, Y, epochs=3)) == 3
    assert len(fit(small(), X, Y, epochs=3, batch_size=3)) == 6
    assert len(fit(small(), X, Y, epochs=2, batch_size=100)) == 2


def test_full_batch_gradient_descent_is_the_loop_one_writes():
    """The same weights, bit for bit, as the loop by hand."""
    by_hand, by_fit = small(1), small(1)
    fit(by_fit, X, Y, optimizer="sgd", learning_rate=0.05, steps=10)
    for _ in range(10):
        outputs = [by_hand(row) for row in X]
        loss = LOSSES["squared_error"](outputs, Y)
        by_hand.zero_grad()
        loss.backward()
        for p in by_hand.parameters():
            p.data -= 0.05 * p.grad
    assert by_fit.state() == by_hand.state()


def test_runs_are_the_same_bits_in_every_process():
    """Same seeds, same numbers: mini-batches, Adam, validation, another hash seed."""
    code = """
from jangrad import MLP, fit
from jangrad.datasets import moons
X, y = moons(30, seed=1)
net = MLP(2, [4, 1], "tanh", seed=2)
h = fit(net, X, y, loss="hinge", epochs=4, batch_size=7, seed=3, validation=(X[:5], y[:5]))
print([x.hex() for x in h.loss], [x.hex() for x in net.state().values()])
"""
    outputs = set()
    for hash_seed in ("0", "1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            check=True,
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1


def test_shuffling_hangs_on_the_seed():
    """Another seed deals other batches."""
    runs = [fit(small(), X, Y, epochs=3, batch_size=2, seed=seed).loss for seed in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_every_loss_by_its_name(name):
    """Each goes down, and classes are counted as right where the loss knows classes."""
    inputs, targets = moons(24, seed=0)
    outputs = 1
    if name in ("binary_cross_entropy", "poisson"):
        targets = [(t + 1) / 2 for t in targets]
    if name == "softmax_cross_entropy":
        targets, outputs = [int(t > 0) for t in targets], 2
    net = MLP(2, [5, outputs], "tanh", seed=0)
    history = fit(
        net, inputs, targets, loss=name, learning_rate=0.05, steps=60, validation=(inputs, targets)
    )
    assert history.loss[-1] < 0.8 * history.loss[0]
    classes = name in ("hinge", "binary_cross_entropy", "softmax_cross_entropy")
    assert ("accuracy" in history.validation) == classes


def test_a_loss_of_ones_own():
    """Any function of outputs and targets that returns a Value."""

    def loss(outputs, targets):
        return sum(abs(o[0] - t) for o, t in zip(outputs, targets, strict=True))

    history = fit(small(), X, Y, loss=loss, steps=30)
    assert history.loss[-1] < history.loss[0]


def test_a_penalty_is_added():
    """And is part of the loss that is recorded."""
    plain = fit(small(), X, Y, steps=1).loss[0]
    net = small()
    size = sum(p.data**2 for p in net.parameters())
    penalty = functools.partial(l2_penalty, strength=0.5)
    assert fit(net, X, Y, steps=1, penalty=penalty).loss[0] == pytest.approx(plain + 0.5 * size)


def test_schedules_and_optimisers_made_before():
    """The rate of each step is recorded; an optimiser of one's own holds what is to learn."""
    history = fit(small(), X, Y, optimizer="sgd", schedule=exponential(0.1, 0.5), steps=3)
    assert history.rate == [0.1, 0.05, 0.025]
    net = small()
    last = net.layers[-1].parameters()
    before = net.state()
    fit(net, X, Y, optimizer=SGD(last, learning_rate=0.1), steps=3)
    changed = {name for name, x in net.state().items() if x != before[name]}
    assert changed == {name for name in before if name.startswith("layers.1")}


def test_anything_with_parameters_and_a_call_is_trained():
    """A single Neuron, and a module written by hand."""

    class Line(Module):
        def __init__(self):
            self.slope, self.offset = Value(0.0), Value(0.0)

        def __call__(self, xs):
            return [self.slope * xs[0] + self.offset]

    line = Line()
    fit(line, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], learning_rate=0.1, steps=300)
    assert list(line.state().values()) == pytest.approx([2.0, 1.0], abs=1e-2)
    neuron = Neuron(3, "tanh", seed=0)
    assert fit(neuron, X, Y, steps=20).loss[-1] < 4.0


def test_validation_early_stopping_and_the_best_weights():
    """After so many epochs without a better figure the best weights are put back."""
    inputs, targets = moons(20, seed=0)
    held = moons(10, noise=0.4, seed=5)
    net = MLP(2, [8, 1], "tanh", seed=0)
    history = fit(
        net, inputs, targets, learning_rate=0.05, epochs=400, validation=held, patience=15
    )
    figures = history.validation["loss"]
    assert history.stopped_by == "patience"
    assert history.restored
    best = min(figures)
    assert figures[history.validation["step"].index(history.best_step)] == best
    now = LOSSES["squared_error"]([net(row) for row in held[0]], held[1]).data
    assert now == pytest.approx(best, rel=1e-12)


def test_callbacks_see_each_step_and_may_end_it():
    """Step, epoch, loss, rate; True ends the training."""
    seen = []

    def watch(step):
        seen.append(step)
        return step.step == 4

    history = fit(small(), X, Y, epochs=50, batch_size=2, callbacks=[watch])
    assert [s.step for s in seen] == [0, 1, 2, 3, 4]
    assert [s.epoch for s in seen] == [0, 0, 1, 1, 2]
    assert [s.loss for s in seen] == history.loss
    assert history.stopped_by == "callback"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_cleanly_with_what_was_learned():
    """A real SIGINT: the history is returned, the weights are those of a whole step."""
    code = """
import signal
from jangrad import MLP, fit
# A program that is started in the background is told to ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
net = MLP(3, [4, 1], "tanh", seed=0)
def tell(step):
    if step.step == 5:
        print("started", flush=True)
h = fit(net, [[1.0, 2.0, 3.0]], [1.0], steps=10_000_000, callbacks=[tell], patience=None)
print(h.stopped_by, len(h) > 5, all(x == x for x in net.state().values()))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "started\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out == "interrupt True True\n"
    assert "what was learned is kept" in err
    assert "Traceback" not in err


def test_progress_is_quiet_where_nobody_looks(capfd):
    """No bar into a pipe; with `progress=True` there is one, on stderr."""
    fit(small(), X, Y, steps=5)
    assert capfd.readouterr() == ("", "")
    fit(small(), X, Y, steps=5, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "loss" in err


def test_divergence_is_noticed_and_said_and_the_rate_to_try_works(capsys):
    """Which step, how fast the loss grew, the rate used, a rate to try; the best weights stay."""
    net = MLP(3, [4, 4, 1], demo.ACTIVATION, seed=0)
    start = net.state()
    history = fit(net, X, Y, optimizer="sgd", learning_rate=demo.TOO_HIGH, steps=1000)
    found = history.diagnosis
    assert found.kind == "divergence"
    assert len(history) < 100
    assert found.rate == demo.TOO_HIGH
    assert found.growth > 1.0
    for part in ("the loss diverged", "times a step", "learning rate 1", "learning_rate="):
        assert part in str(found)
    assert str(found) in capsys.readouterr().err
    assert net.state() == start
    again = fit(net, X, Y, optimizer="sgd", learning_rate=found.rate_to_try, steps=1000)
    assert again.diagnosis is None
    assert again.loss[-1] < 0.01 * again.loss[0]


def test_numbers_that_are_too_large_for_any_usual_rate_are_to_be_scaled():
    """With a rate of 1e-10 nothing would be learned of them either."""
    rows = [[100.0 + i, 2000.0 - i] for i in range(20)]
    history = fit(
        MLP(2, [4, 1], seed=0), rows, [3e5 + 1e3 * i for i in range(20)], optimizer="sgd",
        learning_rate=0.01, steps=50, progress=False,
    )  # fmt: skip
    assert history.diagnosis.rate_to_try < 1e-5
    assert history.diagnosis.try_.startswith("inputs and targets scaled to about -1 .. 1")


def test_a_dead_network_is_noticed_and_said(capsys):
    """Every unit of a layer gives 0: nothing can learn, and the words say so."""
    net = MLP(2, [3, 1], "relu", seed=0)
    for name, value in net.named_parameters().items():
        if name.startswith("layers.0") and name.endswith("bias"):
            value.data = -100.0
    history = fit(net, [[0.1, 0.2], [0.3, -0.1]], [1.0, -1.0], steps=200)
    assert history.diagnosis.kind == "dead network"
    assert "gives 0 for every row" in capsys.readouterr().err


@pytest.mark.parametrize(("seed", "all_of_a_layer"), [(0, True), (1, True), (2, False), (3, True)])
def test_dead_units_are_counted_over_all_rows(seed, all_of_a_layer):
    """As many as give 0 for every row, in each layer, however late a unit's first row comes."""
    net = MLP(2, [12, 9, 1], "relu", init="uniform", seed=seed)
    for layer, shift in zip(net.layers, (-1.3, -1.5, 0.0), strict=True):
        for neuron in layer.neurons:
            neuron.bias.data = shift
    inputs, targets = moons(60, seed=seed)
    history = fit(net, inputs, targets, learning_rate=1e-12, steps=25, progress=False)
    signals, dead = inputs, []
    for layer in net.layers:
        signals = [[unit.data for unit in layer(row)] for row in signals]
        dead.append(sum(not any(unit) for unit in zip(*signals, strict=True)))
    assert 0 < dead[0] < 12
    assert (dead[1] == 9) == all_of_a_layer
    if all_of_a_layer:
        assert "layer 2 of 3 (9 units) gives 0" in history.diagnosis.what
    else:
        assert 2 * (dead[0] + dead[1]) > 21
        assert f"{dead[0] + dead[1]} of 21 hidden units give 0" in history.diagnosis.what


def test_a_loss_that_is_small_asks_of_no_more_rows_than_tell_that_each_layer_lives():
    """Dead units that do no harm cost no look at every row."""
    looked = []

    class Rows(list):
        def __iter__(self):
            for row in super().__iter__():
                looked.append(row)
                yield row

    net = MLP(2, [12, 1], "relu", init="uniform", seed=0)
    for neuron in net.layers[0].neurons[1:]:
        neuron.bias.data = -1e3
    net.layers[0].neurons[0].bias.data = 1e3
    rows = Rows([[float(i), 1.0] for i in range(50)])
    assert dead_units(net, rows, halves=False) == [(12, 11), (1, 0)]
    assert len(looked) == 1
    assert dead_units(net, rows) == [(12, 11), (1, 0)]
    assert len(looked) == 51


def test_nan_in_the_first_step_is_said():
    """A loss that is nan from the start is no divergence."""
    net = small()
    net.layers[-1].parameters()[0].data = math.inf
    history = fit(net, X, Y, steps=5, progress=False)
    assert history.diagnosis.kind == "not finite"
    assert history.diagnosis.step == 0


def test_a_history_goes_to_json_and_back(tmp_path):
    """nan and inf too; a foreign text is refused."""
    history = fit(small(), X, Y, steps=3, validation=(X, Y))
    history.loss[1] = math.inf
    assert History.from_json(history.to_json()) == history
    json.loads(history.to_json(), parse_constant=pytest.fail)
    history.save(tmp_path / "run.json")
    assert History.load(tmp_path / "run.json") == history
    other = tmp_path / "mine.json"
    other.write_text('{"format": "jangrad history of mine", "precious": 1}')
    with pytest.raises(SaveError, match="not a saved History, so it is not replaced"):
        history.save(other)
    history.save(tmp_path / "run.json")
    for text in ("", "{}", "[1]", '{"format": "jangrad history 1"}'):
        with pytest.raises(DataError, match="not a saved History"):
            History.from_json(text)


class Giving(Module):
    """A network that gives one thing for each row."""

    def __init__(self, given):
        self.weight, self._given = Value(1.0), given

    def __call__(self, row):
        return self._given


class Fixed:
    """Its parameters are no method."""

    parameters = (Value(1.0),)

    def __call__(self, row):
        return [self.parameters[0] * row[0]]


class Still(Optimizer):
    """An optimiser whose class does not say what it is made with."""

    def step(self):
        pass


def net2():
    return MLP(2, [1], seed=0)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit(net2(), [[1, 2], [3]], [1, 2]), ShapeError, "row 1 of `X` has 1 numbers"),
        (lambda: fit(net2(), [[1, math.nan]], [1]), DataError, r"`X\[0\]\[1\]` is nan"),
        (lambda: fit(net2(), [[1, "a"]], [1]), DataError, r"`X\[0\]\[1\]` is 'a'"),
        (lambda: fit(net2(), [], []), DataError, "has no rows"),
        (lambda: fit(net2(), [[1, 2]], [1, 2]), ShapeError, "`X` has 1 rows, but `y` has 2"),
        (lambda: fit(net2(), [1, 2], [1, 2]), ShapeError, "not a list of numbers"),
        (lambda: fit(net2(), [[1, 2, 3]], [1]), ShapeError, "takes 2 inputs"),
        (lambda: fit(net2(), [[1, 2]], [[1, 2]]), ShapeError, "has 1 outputs"),
        (lambda: fit(net2(), [[1, 2]], [1], loss="hinge2"), ConfigError, "did you mean `hinge`"),
        (lambda: fit(net2(), [[1, 2]], [1], optimizer="adan"), ConfigError, "did you mean `adam`"),
        (lambda: fit(net2(), [[1, 2]], [1], learning_rate=-1), ConfigError, "learning_rate > 0"),
        (lambda: fit(net2(), [[1, 2]], [1], steps=0), ConfigError, "steps"),
        (lambda: fit(net2(), [[1, 2]], [1], steps=1, epochs=1), ConfigError, "both"),
        (lambda: fit(net2(), [[1, 2]], [1], batch_size=0), ConfigError, "batch_size"),
        (lambda: fit(net2(), [[1, 2]], [1], validation=3), DataError, "not a pair"),
        (lambda: fit(3, [[1, 2]], [1]), ConfigError, "which is no network"),
        (lambda: fit(net2(), [[1, 2]], [1], loss=lambda o, t: 3.0), ConfigError, "not a Value"),
        (lambda: fit(net2(), [[1, 2]], {1.0}), DataError, "`y` is {1.0} .*(.|\n)*no order"),
        (lambda: fit(net2(), {(1, 2)}, [1]), DataError, "`X` is .*(.|\n)*no order"),
        (lambda: fit(Giving([1.0]), [[1, 2]], [1]), ConfigError, r"not a Value"),
        (lambda: fit(Giving(1.0), [[1, 2]], [1]), ConfigError, r"`Giving` gave 1.0 \(float\)"),
        (lambda: fit(Giving(None), [[1, 2]], [1]), ConfigError, "`Giving` gave None(.|\n)*`ret"),
        (lambda: fit(Fixed(), [[1, 2]], [1]), ConfigError, "not a method(.|\n)*without @property"),
        (lambda: fit(net2(), [[1, 2]], [1], optimizer=Still), ConfigError, r"super\(\).__init__"),
        (lambda: fit(MLP, [[1, 2]], [1]), ConfigError, "is the class `MLP`"),
        (lambda: fit(net2(), [[1, 2]], [1], optimizer="SGD"), ConfigError, "did you mean `sgd`"),
        (lambda: fit(net2(), [[1, 2]], [1], optimizer=object()), ConfigError, "an UpdateRule"),
        (lambda: fit(net2(), [[1, 2]], [1], loss=lambda o: o), ConfigError, "list of targets"),
        (lambda: fit(net2(), [[1, 2]], [1], schedule="cosine"), ConfigError, "not a function"),
        (lambda: fit(net2(), [[1, 2]], [1], schedule=0.1), ConfigError, r"train\.cosine\(0\.1"),
        (lambda: fit(net2(), [[1, 2]], [1], schedule=cosine), ConfigError, "argument: 'steps'"),
        (lambda: fit(net2(), [[1, 2]], [1], penalty=0.1), ConfigError, r"partial\("),
        (lambda: fit(net2(), [[1, 2]], [1], penalty=l2_penalty), ConfigError, "'strength'"),
        (lambda: fit(net2(), [[1, 2]], [1], callbacks=print), ConfigError, r"callbacks=\[print\]"),
        (lambda: fit(net2(), [[1, 2]], [1], callbacks=None), ConfigError, "list of functions"),
        (lambda: fit(net2(), [[1, 2]], [1], callbacks=[3]), ConfigError, r"`callbacks\[0\]` is 3"),
        (
            lambda: fit(net2(), [[1, 2]], [1], callbacks=[lambda step: (yield step)]),
            ConfigError,
            r"(?s)`callbacks\[0\]` is .* would never run.*a function that does it at once",
        ),
    ],
)
def test_bad_input_of_each_kind(call, error, words):
    """The message names the thing, its value and what to write instead."""
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cross_entropy", "`softmax_cross_entropy`, where targets are class numbers"),
        ("CrossEntropyLoss", "`softmax_cross_entropy`, where targets are class numbers"),
        ("BCEWithLogitsLoss", "`binary_cross_entropy`; one of"),
        ("mse", "`squared_error`; one of"),
        ("hing", r"did you mean `hinge`\?; one of"),
        (
            "nonsense",
            "one of absolute_error, binary_cross_entropy, hinge, huber, poisson, quantile, soft",
        ),
    ],
)
def test_losses_by_the_names_of_other_libraries(name, meant):
    """The one that is meant is named, and all of them listed."""
    with pytest.raises(ConfigError, match=rf"there is no loss '{name}'(.|\n)*try: {meant}"):
        fit(MLP(1, [1]), [[1.0]], [1.0], loss=name)


def test_what_a_network_of_zeros_would_lose():
    """The same as the loss of all rows at once, without building them all."""
    X, y = [[0.0]] * 5, [2.0, 0.0, 1.0, 1.0, 1.0]
    for loss, outputs in (("softmax_cross_entropy", 3), ("squared_error", 1), ("hinge", 1)):
        targets = [2.0 * (t > 0.0) - 1.0 for t in y] if loss == "hinge" else y
        whole = LOSSES[loss]([[Value(0.0)] * outputs for _ in X], targets).data
        assert zero_loss(loss, LOSSES[loss], outputs, targets) == pytest.approx(whole, rel=1e-15)


def test_a_network_that_picks_rows_of_a_table_is_compiled_where_that_pays():
    """One row reaches few of its parameters; the estimate counts those, not all."""
    draw = random.Random(0)

    class Bigram(Module):
        def __init__(self):
            self.W = [[Value(draw.gauss(0, 1)) for _ in range(12)] for _ in range(12)]

        def __call__(self, row):
            return table(self.W)[row[0]]

    X = [[draw.randrange(12)] for _ in range(1000)]
    y = [draw.randrange(12) for _ in X]
    history = fit(Bigram(), X, y, loss="softmax_cross_entropy", steps=400, learning_rate=1.0)
    assert history.engine == "native"


@pytest.mark.parametrize("engine", ["eager", "native"])
def test_a_diagnosis_without_memory_costs_no_training(monkeypatch, engine):
    """What was learned is kept and returned, though there is no room to look what went wrong."""

    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr("jangrad.train.diagnosis.Watch.look_back", exhausted)
    net = small()
    history = fit(net, X, Y, steps=200, engine=engine)
    assert (len(history), history.stopped_by, history.diagnosis) == (200, "finished", None)
    assert history.loss[-1] < history.loss[0]


def test_a_program_without_streams_trains(monkeypatch):
    """As under pythonw, where `sys.stderr` is None: there is no bar."""
    monkeypatch.setattr(sys, "stderr", None)
    assert len(fit(MLP(1, [1]), [[1.0], [2.0]], [1.0, 2.0], steps=3)) == 3


class Gone(io.StringIO):
    """A terminal whose window was closed."""

    def isatty(self):
        return True

    def write(self, text):
        raise OSError(5, "Input/output error")

    flush = write


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("rate", [0.01, 50.0])
def test_no_training_is_lost_to_a_terminal_that_is_gone(monkeypatch, rate):
    """Nor is what is said of how it went."""
    monkeypatch.setattr(sys, "stderr", Gone())
    net = MLP(1, [4, 1], "relu", seed=0)
    X = [[1.0], [2.0]]
    history = fit(net, X, [1.0, 2.0], steps=50, learning_rate=rate, optimizer="sgd", progress=True)
    assert history.stopped_by == ("finished" if rate < 1.0 else "diagnosis")


@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize("truth", [bool, np.bool_, lambda is_five: np.array(is_five)])
def test_a_callback_ends_the_training_by_pythons_true_or_numpys(engine, truth):
    """A comparison with a NumPy number gives one of NumPy's; numbers and lists are no answer."""
    end = lambda step: truth(step.step == 5)
    others = [lambda step: 1, lambda step: [True], lambda step: np.array([True])]
    history = fit(small(), X, Y, steps=20, engine=engine, callbacks=[*others, end])
    assert (len(history), history.stopped_by) == (6, "callback")
    assert len(fit(small(), X, Y, steps=20, engine=engine, callbacks=others)) == 20


def test_a_loss_that_a_decorator_completes_is_called_as_it_is():
    """What it wraps may take more than it is given here."""

    def with_scale(loss):
        @functools.wraps(loss)
        def scaled(outputs, targets):
            return loss(outputs, targets, 2.0)

        return scaled

    @with_scale
    def loss(outputs, targets, scale):
        return sum(scale * (out[0] - t) ** 2 for out, t in zip(outputs, targets, strict=True))

    assert len(fit(small(), X, Y, loss=loss, steps=3)) == 3


class TheLectures:
    """The network of micrograd's lecture on Values: a layer of one neuron gives its Value alone."""

    class Neuron:
        def __init__(self, nin, rng):
            self.w = [Value(rng.uniform(-1, 1)) for _ in range(nin)]
            self.b = Value(rng.uniform(-1, 1))

        def __call__(self, x):
            return sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b).tanh()

        def parameters(self):
            return [*self.w, self.b]

    class Layer:
        def __init__(self, nin, nout, rng):
            self.neurons = [TheLectures.Neuron(nin, rng) for _ in range(nout)]

        def __call__(self, x):
            outs = [n(x) for n in self.neurons]
            return outs[0] if len(outs) == 1 else outs

        def parameters(self):
            return [p for neuron in self.neurons for p in neuron.parameters()]

    def __init__(self, nin, nouts):
        sizes, rng = [nin, *nouts], random.Random(0)
        self.layers = [TheLectures.Layer(a, b, rng) for a, b in itertools.pairwise(sizes)]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]


@pytest.mark.parametrize("engine", ["eager", "native"])
@pytest.mark.parametrize("make", [TheLectures, micrograd_nn.MLP])
def test_networks_whose_last_layer_gives_one_value_are_trained(make, engine):
    """The lecture's classes and micrograd's, of which no layer counts as dead that is not."""
    random.seed(3)
    net = make(3, [4, 4, 1])
    history = fit(net, X, Y, steps=300, learning_rate=0.05, engine=engine)
    assert (len(history), history.diagnosis) == (300, None)
    assert history.loss[-1] < 0.01 * history.loss[0]


def test_a_backward_of_ones_own_costs_no_training():
    """Where the loss diverges a rate is told without the second derivative, which there is not."""

    class Line:
        def __init__(self):
            self.w = [micrograd.Value(1.0) for _ in range(3)]

        def __call__(self, xs):
            total = sum(w * x for w, x in zip(self.w, xs, strict=True))
            out = micrograd.Value(total.data, (total,), "same")

            def backward():
                total.grad += out.grad

            out._backward = backward
            return [out]

        def parameters(self):
            return self.w

    history = fit(Line(), X, Y, optimizer="sgd", learning_rate=100.0, steps=50)
    assert history.diagnosis.kind == "divergence"
    assert history.diagnosis.rate_to_try is not None


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_what_was_learned_survives_an_error_of_the_look_back(monkeypatch, error):
    """For the words on a training the user's own code is called, which may do anything."""

    def fails(*_):
        raise error

    monkeypatch.setattr("jangrad.train.diagnosis.Watch.look_back", fails)
    history = fit(small(), X, Y, steps=20)
    assert (len(history), history.diagnosis) == (20, None)


def test_what_stands_among_the_parameters_and_does_not_learn_is_told():
    """A number in the place of a weight; a Value that was computed when it was made."""
    net = small()
    net.layers[0].neurons[1].weights[2] = 0.5
    with pytest.warns(RuntimeWarning, match=r"`layers\[0\]\.neurons\[1\]\.weights\[2\]` does not"):
        fit(net, X, Y, steps=1)

    class Line(Module):
        def __init__(self):
            self.weights = [Value(0.1) * 2.0, Value(0.2), Value(0.3)]
            self.offset = Value(0.5) + 1.0
            self.scale, self.flags, self.last = 2.0, [True, Value(1.0)], None

        def __call__(self, row):
            self.last = sum(w * x for w, x in zip(self.weights, row, strict=True)) + self.offset
            return [self.last * self.scale]

    with pytest.warns(RuntimeWarning) as told:
        fit(Line(), X, Y, steps=1)
    assert {str(w.message).split()[0] for w in told} == {"`weights[0]`", "`offset`"}
    assert {w.filename for w in told} == {__file__}
