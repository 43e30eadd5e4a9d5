"""Rows that are held out are measured in machine code as they are by Python, behind each epoch."""

import functools

import numpy as np
import pytest

from jangrad import MLP, Value, fit, strict, table
from jangrad.datasets import blobs, moons
from jangrad.errors import NonFinite, NoSuchRow
from jangrad.nn import Module, l2_penalty
from jangrad.train.compiled import fit_steps

X, Y = moons(40, noise=0.3, seed=1)
HELD_OUT = X[:13], Y[:13]


def trained(engine, net, *data, **options):
    usual = {"epochs": 12, "batch_size": 16, "optimizer": "sgd", "learning_rate": 0.05}
    options = {**usual, "progress": False, **options}
    X_, y = data or (X, Y)
    return fit(net, X_, y, engine=engine, **options)


def assert_alike(make, *data, **options):
    """Both engines measure the same, and stop and restore at the same step."""
    eager, compiled = (trained(engine, make(), *data, **options) for engine in ("eager", "native"))
    assert compiled.engine == "native"
    assert list(compiled.validation) == list(eager.validation)
    for name, column in eager.validation.items():
        assert compiled.validation[name] == pytest.approx(column, rel=1e-9)
    assert compiled.best_step == eager.best_step
    assert (compiled.stopped_by, len(compiled)) == (eager.stopped_by, len(eager))
    return compiled


@pytest.mark.parametrize("batch_size", [16, 40])
@pytest.mark.parametrize("loss", ["hinge", "binary_cross_entropy", "squared_error"])
def test_losses_with_one_output(loss, batch_size):
    """The loss of each epoch, and the accuracy where targets are classes."""
    targets = [(t + 1) / 2 for t in Y] if loss == "binary_cross_entropy" else Y
    history = assert_alike(
        lambda: MLP(2, [4, 1], activation="tanh", seed=3),
        *(X, targets),
        loss=loss,
        validation=(X[:13], targets[:13]),
        batch_size=batch_size,
        penalty=functools.partial(l2_penalty, strength=1e-3),
    )
    assert ("accuracy" in history.validation) == (loss != "squared_error")
    assert len(history.validation["step"]) == 12


def test_classes():
    """A class is right where its output is the largest."""
    rows, classes = blobs(60, seed=2)
    history = assert_alike(
        lambda: MLP(2, [5, 3], seed=1),
        *(rows, classes),
        loss="softmax_cross_entropy",
        validation=(rows[:20], classes[:20]),
    )
    assert 0.4 < history.validation["accuracy"][-1] <= 1.0


@pytest.mark.parametrize("batch_size", [7, 40])
def test_patience(batch_size):
    """Training ends with the same epoch, and with the weights of the same step."""
    history = assert_alike(
        lambda: MLP(2, [6, 1], seed=3),
        validation=HELD_OUT,
        patience=2,
        epochs=400,
        batch_size=batch_size,
        learning_rate=0.3,
    )
    assert history.stopped_by == "patience"


def test_steps_that_end_within_an_epoch():
    """What is measured last is behind the last step."""
    history = assert_alike(
        lambda: MLP(2, [4, 1], seed=3), validation=HELD_OUT, epochs=None, steps=8
    )
    assert history.validation["step"] == [2, 5, 7]


class Scaled(Module):
    """A network that reads a plain number."""

    def __init__(self):
        self.weights = [Value(0.1), Value(-0.2)]
        self.scale = 1.0

    def __call__(self, row):
        return self.scale * (self.weights[0] * row[0] + self.weights[1] * row[1])


def test_what_a_callback_changes_is_measured():
    """A number that the network reads, and weights."""
    found = []
    for engine in ("eager", "native"):
        net = Scaled()

        def change(step, net=net):
            net.scale += 0.25
            net.weights[0].data += 0.01

        history = trained(engine, net, validation=HELD_OUT, callbacks=[change], callback_every=4)
        found.append(history.validation["loss"])
    assert found[1] == pytest.approx(found[0], rel=1e-9)


def test_no_python_between_epochs(monkeypatch):
    """Steps and measurements of many epochs are made in one burst."""
    bursts = []
    advance = fit_steps.Native.advance

    def counted(self, first, rates):
        bursts.append(len(rates))
        return advance(self, first, rates)

    monkeypatch.setattr(fit_steps.Native, "advance", counted)
    history = trained("native", MLP(2, [4, 1], seed=3), validation=HELD_OUT, epochs=300)
    assert len(history.validation["loss"]) == 300
    assert max(bursts) > 30
    assert sum(bursts) == len(history)


def test_a_row_to_look_up_that_is_not_there_is_refused():
    """Before the first step, by its place."""

    class Table(Module):
        def __init__(self):
            self.rows = [[Value(0.1 * i)] for i in range(4)]

        def __call__(self, row):
            return table(self.rows)[row[0]]

    with pytest.raises(NoSuchRow, match=r"`the validation X\[1\]\[0\]` asks for row 9 "):
        fit(
            *(Table(), [[0], [1], [2], [3]], [0.0, 1.0, 2.0, 3.0]),
            validation=([[0], [9]], [0.0, 1.0]),
            engine="native",
            progress=False,
        )


def test_strict_names_what_is_not_finite():
    """Also where only a row that is held out leads to it."""
    net = Scaled()
    held_out = [[0.0, 1.0], [1e308, 1e308]], [0.0, 0.0]
    with strict(), pytest.raises(NonFinite):
        trained("native", net, validation=held_out)


def test_single_precision():
    """Is that of the steps."""
    net, other = MLP(2, [4, 1], seed=3), MLP(2, [4, 1], seed=3)
    single = trained("native", net, validation=HELD_OUT, dtype="float32")
    double = trained("native", other, np.array(X), np.array(Y), validation=HELD_OUT)
    assert single.validation["loss"] == pytest.approx(double.validation["loss"], rel=1e-4)
    assert single.validation["loss"] != double.validation["loss"]


def test_losses_whose_sum_is_no_number():
    """Their mean is inf, as in Python, and training goes on."""
    held_out = X[:4], [1.7e308] * 4
    found = [
        trained(engine, MLP(2, [3, 1], "tanh", seed=0), loss="absolute_error", validation=held_out)
        for engine in ("eager", "native")
    ]
    assert found[0].validation["loss"] == found[1].validation["loss"] == [float("inf")] * 12
