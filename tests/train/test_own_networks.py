"""Networks that are not jangrad's own through and through: activations, layers."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from jangrad import MLP, Layer, Module, Neuron, Value, fit, log, plot_dead_units
from jangrad.datasets import moons
from jangrad.errors import ConfigError

X = [[0.1 * i] for i in range(12)]
Y = [row[0] ** 2 for row in X]


def chance() -> Callable[[Value], Value]:
    """Noise from everybody's generator."""
    random.seed(3)
    return lambda v: v.tanh() * (1.0 + 0.3 * random.random())


def numpys_chance() -> Callable[[Value], Value]:
    """Noise from NumPy's."""
    np.random.seed(3)
    return lambda v: v.tanh() * (1.0 + 0.3 * np.random.rand())


def counter() -> Callable[[Value], Value]:
    """It counts its calls."""
    calls = [0]

    def activation(v: Value) -> Value:
        calls[0] += 1
        return v.tanh() * (1.0 + 0.001 * calls[0])

    return activation


def iterator() -> Callable[[Value], Value]:
    """It uses up numbers."""
    numbers = itertools.count()
    return lambda v: v.tanh() * (1.0 + 0.001 * float(next(numbers)))


@pytest.mark.parametrize("make", [chance, numpys_chance, counter, iterator])
@pytest.mark.parametrize("place", ["net", "neuron"])
def test_auto_measures_no_activation_of_ones_own_for_good(
    make: Callable[[], Callable[[Value], Value]], place: str
) -> None:
    """The losses of the default engine are those of Python, whoever draws, counts or iterates."""

    def losses(engine: str) -> list[float]:
        activation = make()
        net = MLP(1, [4, 1], activation if place == "net" else "tanh", seed=0)
        if place == "neuron":

            class Own(Neuron):
                def __call__(self, xs: Any, /) -> Value:
                    return activation(super().__call__(xs))

            net.layers[0].neurons[1].__class__ = Own
        return fit(net, X, Y, steps=150, engine=engine, progress=False).loss

    assert losses("auto") == losses("eager")


class Features(Module):
    """It computes features first, of which its layers know."""

    def __init__(self) -> None:
        self.layers = [Layer(1, 4, "tanh", seed=0), Layer(4, 1, "linear", seed=1)]

    def __call__(self, xs: Any, /) -> Any:
        return self.layers[1](self.layers[0]([xs[0] * xs[0] + xs[1]]))


class Negative(Module):
    """Its layers, fed with the rows themselves, would be dead."""

    def __init__(self) -> None:
        self.layers = [Layer(1, 3, "relu", seed=0), Layer(3, 1, "linear", seed=0)]
        for neuron in self.layers[0].neurons:
            neuron.weights[0].data, neuron.bias.data = -1.0, -0.01

    def __call__(self, xs: Any, /) -> Any:
        return self.layers[1](self.layers[0]([-xs[0]]))


class Named(Module):
    """`layers` means something else."""

    def __init__(self, layers: Any) -> None:
        self.layers, self.w, self.b = layers, Value(0.5), Value(0.0)

    def __call__(self, xs: Any, /) -> Any:
        return [self.w * xs[0] + self.b]


@pytest.mark.parametrize("engine", ["auto", "eager", "native"])
def test_layers_are_not_fed_with_rows_that_they_never_see(engine: str) -> None:
    """A network that does more than call its layers is trained as any, and is not called dead."""
    inputs, _ = moons(20, seed=0)
    history = fit(Features(), inputs, [a + b for a, b in inputs], engine=engine, progress=False)
    assert history.diagnosis is None
    positive = [[x[0] + 0.2] for x in X]
    history = fit(Negative(), positive, Y, steps=300, engine=engine, progress=False)
    assert history.diagnosis is None or history.diagnosis.kind != "dead network"
    assert history.loss[-1] < 0.2 * history.loss[0]


LAYERS = [2, "ab", {"a": 1}, [[Value(1.0)]], [abs], [Value(2.0)], [], None, (3,)]


@pytest.mark.parametrize("layers", LAYERS, ids=map(str, LAYERS))
@pytest.mark.parametrize("engine", ["eager", "native"])
def test_what_is_called_layers_may_be_anything(layers: Any, engine: str) -> None:
    """As in a network that counts them."""
    history = fit(Named(layers), X, Y, steps=20, learning_rate=0.1, engine=engine, progress=False)
    assert history.loss[-1] < history.loss[0]


def test_dead_units_are_not_counted_of_rows_that_are_never_seen() -> None:
    """The plot refuses what the picture refuses; also a nan that the layers do not give."""
    pytest.importorskip("matplotlib")
    with pytest.raises(ConfigError, match="`Negative` does more than call its layers"):
        plot_dead_units(Negative(), [[1.0], [2.0]])

    class Logarithm(MLP):
        def __call__(self, xs: Any, /) -> Any:
            return [log(out) for out in super().__call__(xs)]

    net = Logarithm(1, [1], seed=0)
    net.load_state(dict.fromkeys(net.state(), -1.0))
    with pytest.raises(ConfigError, match="`Logarithm` does more than call its layers"):
        net.show([1.0])


@pytest.mark.parametrize("outputs", [None, "ab", {"a": 1}, 3, iter([1.0])])
def test_what_is_no_output_is_refused(outputs: Any) -> None:
    """A `__call__` without a `return`, for example."""

    class Forgetful(Module):
        def __init__(self) -> None:
            self.w = Value(1.0)

        def __call__(self, xs: Any, /) -> Any:
            return outputs

    with pytest.raises(ConfigError, match=r"`Forgetful` gave .* for a row"):
        fit(Forgetful(), X, Y, steps=3)


class Closed:
    """A writer that writes no more."""

    def write(self, text: str) -> None:
        raise ValueError("I/O operation on closed file")


@pytest.mark.parametrize("stream", [None, Closed(), object()], ids=["none", "closed", "object"])
@pytest.mark.parametrize("engine", ["eager", "native"])
def test_no_training_is_lost_for_the_sake_of_words(
    stream: Any, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for a bar, nor for what is said of a divergence, where nobody can be told."""
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setattr("sys.stdout", stream)
    history = fit(MLP(1, [1], seed=0), X, Y, optimizer="sgd", learning_rate=100.0, engine=engine)
    assert history.diagnosis is not None
    assert "2 * x" in str((2.0 * Value(3.0, "x")).backtrack())
