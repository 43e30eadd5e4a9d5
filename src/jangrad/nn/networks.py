"""Neuron, Layer and MLP, written out one scalar at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError, did_you_mean
from jangrad.nn import activations
from jangrad.nn.module import Module

# How first weights are drawn, given a generator, the number of inputs and of outputs.
INITS: dict[str, Callable[[Random, int, int], float]] = {
    # as in micrograd
    "uniform": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0),
    # He et al., Delving Deep into Rectifiers (2015): variance 2 / n_in, for rectifiers
    "he": lambda rng, n_in, n_out: rng.gauss(0.0, math.sqrt(2.0 / n_in)),
    # Glorot and Bengio, Understanding the Difficulty of Training (2010): for tanh and sigmoid
    "glorot": lambda rng, n_in, n_out: rng.uniform(-1.0, 1.0) * math.sqrt(6.0 / (n_in + n_out)),
    "zeros": lambda rng, n_in, n_out: 0.0,
}


class Neuron(Module):
    """One neuron: a weight for every input, a bias, and an activation.

    Args:
        n_inputs: how many numbers it takes.
        activation: a name of `jangrad.nn.ACTIVATIONS`, or `prelu`, whose slope is learned.
        init: how weights are drawn: uniform, he, glorot or zeros. The bias starts at 0.
        seed: a number, or a `random.Random` to draw from.
        n_outputs: the width of its layer, which `glorot` needs.

    Calling it with `n_inputs` Values or numbers returns one Value.

    >>> neuron = Neuron(2, "tanh", seed=0)
    >>> neuron.weights[0].data, neuron.bias.data
    (0.6888437030500962, 0.0)
    """

    def __init__(
        self,
        n_inputs: int,
        activation: str = "relu",
        *,
        init: str = "uniform",
        seed: int | Random = 0,
        n_outputs: int = 1,
    ) -> None:
        _at_least_one(n_inputs, "inputs")
        if init not in INITS:
            raise ConfigError(f"there is no init `{init}`", try_=did_you_mean(init, INITS))
        rng = seed if isinstance(seed, Random) else Random(seed)
        self.weights = [Value(INITS[init](rng, n_inputs, n_outputs)) for _ in range(n_inputs)]
        self.bias = Value(0.0)
        if activation == "prelu":
            self.slope = Value(0.25)  # He et al. (2015), section 2.1
        self.activation = activation
        self._activate = activations.activation(activation, getattr(self, "slope", None))

    def __call__(self, inputs: Sequence[Any]) -> Value:  # type: ignore[override]
        inputs = list(inputs)
        if len(inputs) != len(self.weights):
            raise ShapeError(
                f"a neuron with {len(self.weights)} inputs got {len(inputs)}",
                why="every input has a weight of its own",
            )
        total = sum((w * x for w, x in zip(self.weights, inputs, strict=True)), self.bias)
        return self._activate(total)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return (
            f"Neuron({len(self.weights)} -> {self.activation}, {len(self.parameters())} parameters)"
        )


class Layer(Module):
    """Neurons side by side, each of which sees every input.

    Args:
        n_inputs, n_outputs: how many numbers go in and come out.
        activation, init, seed: as for `Neuron`.

    Calling it returns a list of `n_outputs` Values.
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        activation: str = "relu",
        *,
        init: str = "uniform",
        seed: int | Random = 0,
    ) -> None:
        _at_least_one(n_outputs, "outputs")
        rng = seed if isinstance(seed, Random) else Random(seed)
        self.neurons = [
            Neuron(n_inputs, activation, init=init, seed=rng, n_outputs=n_outputs)
            for _ in range(n_outputs)
        ]

    def __call__(self, inputs: Sequence[Any]) -> list[Value]:
        inputs = list(inputs)
        return [neuron(inputs) for neuron in self.neurons]

    def __repr__(self) -> str:
        first = self.neurons[0]
        shape = f"{len(first.weights)} -> {len(self.neurons)} {first.activation}"
        return f"Layer({shape}, {len(self.parameters())} parameters)"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other.

    Args:
        n_inputs: how many numbers go in.
        sizes: the width of every layer; the last one is the number of outputs.
        activation: of the hidden layers: one name, or a list with a name for each hidden layer.
        output: the activation of the last layer.
        init: how weights are drawn: uniform (as in micrograd), he, glorot or zeros.
        seed: the same seed gives the same weights, everywhere.

    Calling it with a row returns a list, one Value an output, also when there is one output.

    Raises:
        ConfigError: for an unknown activation or init, or a size below 1.
        ShapeError: when called with a row of the wrong length.

    >>> net = MLP(3, [4, 4, 1], seed=0)
    >>> net
    MLP(3 -> 4 relu -> 4 relu -> 1 linear, 41 parameters)
    >>> len(net([2.0, 3.0, -1.0]))
    1
    """

    def __init__(
        self,
        n_inputs: int,
        sizes: Sequence[int],
        activation: str | Sequence[str] = "relu",
        *,
        output: str = "linear",
        init: str = "uniform",
        seed: int = 0,
    ) -> None:
        sizes = list(sizes)
        if not sizes:
            raise ConfigError("an MLP needs at least one layer", try_="MLP(3, [4, 4, 1])")
        hidden = [activation] * (len(sizes) - 1) if isinstance(activation, str) else [*activation]
        if len(hidden) != len(sizes) - 1:
            raise ConfigError(
                f"{len(hidden)} activations were given for {len(sizes) - 1} hidden layers",
                try_="one name for all, or one for each hidden layer; `output` is the last layer's",
            )
        self._config = {
            "n_inputs": n_inputs,
            "sizes": sizes,
            "activation": hidden,
            "output": output,
            "init": init,
            "seed": seed,
        }
        rng = Random(seed)
        widths = [n_inputs, *sizes]
        self.layers = [
            Layer(widths[i], widths[i + 1], name, init=init, seed=rng)
            for i, name in enumerate([*hidden, output])
        ]

    def __call__(self, inputs: Sequence[Any]) -> list[Value]:
        outputs = list(inputs)
        if len(outputs) != self._config["n_inputs"]:
            raise ShapeError(
                f"the network takes rows of {self._config['n_inputs']} numbers, but this one has"
                f" {len(outputs)}",
                why="every input has weights of its own",
            )
        for layer in self.layers:
            outputs = layer(outputs)
        return outputs

    def config(self) -> dict[str, Any]:
        """What `from_config` needs to build a network of the same shape, as plain data."""
        return dict(self._config)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> MLP:
        """A network of the shape that `config()` has described."""
        return cls(**config)

    def __repr__(self) -> str:
        parts = [f"{len(layer.neurons)} {layer.neurons[0].activation}" for layer in self.layers]
        shape = " -> ".join([str(self._config["n_inputs"]), *parts])
        return f"MLP({shape}, {len(self.parameters())} parameters)"


def _at_least_one(count: int, what: str) -> None:
    if not isinstance(count, int) or count < 1:
        raise ConfigError(f"the number of {what} is {count!r}, but it must be a whole number >= 1")
