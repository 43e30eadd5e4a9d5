"""Neurons, layers of neurons, and layers upon layers: the multi-layer perceptron."""

from __future__ import annotations

import operator
import random
from collections.abc import Mapping, Sequence
from typing import Any, Self

from jangrad.engine import Value, weighted_sum
from jangrad.errors import ConfigError, did_you_mean
from jangrad.foreign import Elsewhere
from jangrad.nn.activations import Activation, activate, checked_activation, name_of
from jangrad.nn.inits import drawn, draws, seed_of
from jangrad.nn.module import Module
from jangrad.nn.number_lists import input_row

_PRELU_SLOPE = 0.25  # He et al., Delving Deep into Rectifiers (2015)


class Neuron(Module):
    """Weights times inputs, plus a bias, through an activation.

    Args:
        n_inputs: how many numbers it takes, at least 1.
        activation: a name, see `activation_names()`, or a function of one Value. With "prelu" the
            slope is learned; it starts at 0.25.
        init: how the weights start: a name of `INITS`, or "auto" to choose by the activation, "he"
            for rectifiers and else "glorot"; the bias starts at 0.
        seed: an integer, a `random.Random` to draw from, or None to let Python's `random` say.
        fan_out: how many neurons share its inputs; only the init "glorot" asks.

    Raises:
        ConfigError: when one of them is unknown or out of range.

    >>> neuron = Neuron(2, "tanh", seed=0)
    >>> neuron
    Neuron(2 -> 1 tanh, 3 parameters)
    >>> print(f"{neuron([1.0, 2.0]):.4f}")
    0.9847
    """

    w = Elsewhere("w", "neuron.weights")
    b = Elsewhere("b", "neuron.bias")
    nin = Elsewhere("nin", "neuron.n_inputs")
    nonlin = Elsewhere("nonlin", "neuron.activation")

    def __init__(
        self,
        n_inputs: int,
        activation: Activation = "relu",
        *,
        init: str = "auto",
        seed: int | random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        self.n_inputs = _size(n_inputs, "n_inputs")
        self.activation = checked_activation(activation)
        init, rng = draws(init, seed)
        draw = drawn(init, self.activation)
        self.weights = [Value(draw(rng, n_inputs, fan_out)) for _ in range(n_inputs)]
        self.bias = Value(0.0)
        self.slope = Value(_PRELU_SLOPE) if self.activation == "prelu" else None

    def __call__(self, xs: Sequence[Value | float], /) -> Value:
        """The output for one row of `n_inputs` numbers or Values.

        Raises:
            ShapeError: when the row has another length.
            NotANumber: when an input is not a number.
        """
        row = input_row(xs, self.n_inputs, self)
        total = weighted_sum(self.bias, self.weights, row)
        if self.slope is not None:
            return total.leaky_relu(self.slope)
        return activate(self.activation, total)

    def __repr__(self) -> str:
        return _described(self, [1], [self.activation])


class Layer(Module):
    """Neurons side by side: each sees all the inputs.

    Args:
        n_inputs, n_outputs: the numbers in and out, at least 1 each.
        activation, init, seed: as for `Neuron`; the neurons draw their weights one after the other.

    Raises:
        ConfigError: when one of them is unknown or out of range.

    >>> layer = Layer(3, 2, seed=0)
    >>> layer
    Layer(3 -> 2 relu, 8 parameters)
    >>> len(layer([1.0, 2.0, 3.0]))
    2
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: Activation = "relu",
        *,
        init: str = "auto",
        seed: int | random.Random | None = None,
    ) -> None:
        self.n_inputs = _size(n_inputs, "n_inputs")
        self.n_outputs = _size(n_outputs, "n_outputs")
        self.activation = checked_activation(activation)
        init, rng = draws(init, seed)
        self.neurons = [
            Neuron(n_inputs, self.activation, init=init, seed=rng, fan_out=n_outputs)
            for _ in range(n_outputs)
        ]

    def __call__(self, xs: Sequence[Value | float], /) -> list[Value]:
        """The `n_outputs` outputs for one row of `n_inputs` numbers or Values.

        Raises:
            ShapeError: when the row has another length.
            NotANumber: when an input is not a number.
        """
        row = input_row(xs, self.n_inputs, self)
        return [neuron(row) for neuron in self.neurons]

    def __repr__(self) -> str:
        return _described(self, [self.n_outputs], [self.activation])


class MLP(Module):
    """A multi-layer perceptron: the outputs of each layer are the inputs of the next.

    With the init "uniform", `seed=s` gives the weights that micrograd gives after `random.seed(s)`.

    Args:
        n_inputs: how many numbers a row has, at least 1.
        widths: how many neurons each layer has; the last number is that of the outputs.
        activation: of all layers but the last, as for `Neuron`; or a list, one for each of them.
        output: the activation of the last layer.
        init: how the weights start, as for `Neuron`; biases start at 0.
        seed: an integer, a `random.Random` to draw from, or None to let Python's `random` say.

    Raises:
        ConfigError: when one of them is unknown or out of range.

    >>> net = MLP(3, [4, 4, 1], seed=0)
    >>> net
    MLP(3 -> 4 relu -> 4 relu -> 1 linear, 41 parameters)
    >>> outputs = net([2.0, 3.0, -1.0])
    >>> len(outputs)
    1
    >>> net.predict([[2.0, 3.0, -1.0]]) == [[outputs[0].data]]
    True
    """

    def __init__(
        self,
        n_inputs: int,
        widths: Sequence[int],
        activation: Activation | Sequence[Activation] = "relu",
        output: Activation = "linear",
        *,
        init: str = "auto",
        seed: int | random.Random | None = 0,
    ) -> None:
        self.n_inputs = _size(n_inputs, "n_inputs")
        self.widths = _sizes(widths)
        self.n_outputs = self.widths[-1]
        hidden = _hidden_activations(activation, len(self.widths) - 1)
        self.activations = [*hidden, checked_activation(output)]
        self.init = init
        self.seed = None if isinstance(seed, (random.Random, type(None))) else seed_of(seed)
        init, rng = draws(init, seed)
        self.layers = [
            Layer(n_in, n_out, activation, init=init, seed=rng)
            for n_in, n_out, activation in zip(
                [self.n_inputs, *self.widths], self.widths, self.activations, strict=False
            )
        ]

    def __call__(self, xs: Sequence[Value | float], /) -> list[Value]:
        """The outputs, one Value each, for one row of `n_inputs` numbers or Values.

        Raises:
            ShapeError: when the row has another length.
            NotANumber: when an input is not a number.
        """
        row: list[Any] = input_row(xs, self.n_inputs, self)
        for layer in self.layers:
            row = layer(row)
        return row

    def __repr__(self) -> str:
        return _described(self, self.widths, self.activations)

    def drawn(self, seed: int) -> list[float]:
        """The numbers with which such a network starts from a seed, in the order of `parameters`.

        >>> net = MLP(2, [3, 1], seed=5)
        >>> net.drawn(5) == [p.data for p in net.parameters()]
        True
        """
        init, rng = draws(self.init, seed)
        found: list[float] = []
        for layer in self.layers:
            draw = drawn(init, layer.activation)
            for _ in range(layer.n_outputs):
                found += [draw(rng, layer.n_inputs, layer.n_outputs) for _ in range(layer.n_inputs)]
                found += [0.0, _PRELU_SLOPE] if layer.activation == "prelu" else [0.0]
        return found

    def config(self) -> dict[str, Any]:
        """How it was built, as plain data for JSON: `MLP.from_config` builds it again.

        Raises:
            ConfigError: when an activation is a function that has no name in the table.
        """
        for activation in self.activations:
            if not isinstance(activation, str):
                raise ConfigError(
                    f"the activation `{name_of(activation)}` is a function, which cannot be saved",
                    why="reading a model file must not run code",
                    try_="one of activation_names(), or jangrad.operation to give yours a name",
                )
        return {
            "n_inputs": self.n_inputs,
            "widths": list(self.widths),
            "activation": list(self.activations[:-1]),
            "output": self.activations[-1],
            "init": self.init,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """A fresh network built as `config()` says; its learned numbers come from `load_state`.

        Raises:
            ConfigError: when an entry is missing, unknown or out of range.

        >>> MLP.from_config(MLP(2, [3, 1], "tanh").config())
        MLP(2 -> 3 tanh -> 1 linear, 13 parameters)
        """
        known = ("n_inputs", "widths", "activation", "output", "init", "seed")
        for name in config:
            if name not in known:
                raise ConfigError(
                    f"a network has no setting `{name}`", try_=did_you_mean(str(name), known)
                )
        for name in ("n_inputs", "widths"):
            if name not in config:
                raise ConfigError(
                    f"the setting `{name}` of the network is missing",
                    try_="all that net.config() returns",
                )
        return cls(**config)

    @classmethod
    def from_torch(cls, model: Any) -> Self:
        """The network that a `torch.nn.Sequential` is, with its numbers.

        Args:
            model: linear layers, each with an activation behind it or none; Sequentials in it are
                taken apart. Dropout and Identity compute nothing when it predicts.

        Raises:
            ConfigError: when it holds anything else.
        """
        from jangrad.nn.torch_modules import widths_of

        n_inputs, widths, activations, layers = widths_of(model)
        net = cls(n_inputs, widths, activations[:-1], activations[-1])
        for layer, (weights, biases) in zip(net.layers, layers, strict=True):
            for neuron, row, bias in zip(layer.neurons, weights, biases, strict=True):
                neuron.bias.data = bias
                for value, number in zip(neuron.weights, row, strict=True):
                    value.data = number
        return net

    def to_torch(self, dtype: str = "float64") -> Any:
        """The network as a `torch.nn.Sequential`, with its numbers as they are now.

        Its `state_dict()` can be written by `safetensors.torch.save_file`.

        Args:
            dtype: "float64", or "float32", which most code for PyTorch expects.

        Raises:
            ConfigError: when PyTorch is not installed, has no such activation, or a layer was
                changed.
        """
        from jangrad.nn.torch_modules import sequential_of

        layers = [
            (
                [[w.data for w in neuron.weights] for neuron in layer.neurons],
                [neuron.bias.data for neuron in layer.neurons],
            )
            for layer in self.layers
        ]
        return sequential_of(layers, [layer.activation for layer in self.layers], dtype)


def _described(net: Any, widths: Sequence[int], activations: Sequence[Activation]) -> str:
    layers = [f"{n} {name_of(a)}" for n, a in zip(widths, activations, strict=True)]
    total = len(net.parameters())
    plan = " -> ".join([str(net.n_inputs), *layers])
    return f"{type(net).__name__}({plan}, {total} parameters)"


def _size(size: Any, name: str) -> int:
    if isinstance(size, (bool, Value)) or not hasattr(type(size), "__index__") or size < 1:
        raise ConfigError(
            f"`{name}` is an integer of at least 1, not {size!r:.60} ({type(size).__name__})"
        )
    return operator.index(size)


def _sizes(widths: Any) -> list[int]:
    widths = widths.tolist() if getattr(widths, "ndim", 0) == 1 else widths
    if not isinstance(widths, (list, tuple)) or not widths:
        raise ConfigError(
            f"`widths` is a list with the width of each layer, not {widths!r:.60}"
            f" ({type(widths).__name__})",
            try_=f"[{widths}]" if isinstance(widths, int) else "[4, 4, 1]",
        )
    return [_size(width, f"widths[{i}]") for i, width in enumerate(widths)]


def _hidden_activations(given: Any, count: int) -> list[Activation]:
    if not isinstance(given, (list, tuple)):
        return [checked_activation(given)] * count
    if len(given) != count:
        raise ConfigError(
            f"`activation` lists {len(given)} activations, but the layers before the last are"
            f" {count}",
            why="the last layer's activation is `output`",
            try_="one name for all of them, or a list of one each",
        )
    return [checked_activation(item) for item in given]
