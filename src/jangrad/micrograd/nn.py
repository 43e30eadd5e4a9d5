"""micrograd's module `nn`: the same names, the same random numbers, the same results."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from jangrad.engine import weighted_sum
from jangrad.micrograd.engine import Value


class Module:
    """A thing with parameters."""

    def zero_grad(self) -> None:
        """Set every parameter's gradient to 0."""
        for p in self.parameters():
            p.grad = 0

    def parameters(self) -> list[Value]:
        """The Values to be learned."""
        return []


class Neuron(Module):
    """Weights from the global `random`, a bias of 0, and a rectifier if `nonlin`.

    Args:
        nin: how many numbers it takes.
        nonlin: False for a weighted sum alone.
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Any]) -> Any:
        act: Any = weighted_sum(self.b, self.w, x)
        return act.relu() if self.nonlin else act

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side; calling it gives a list, or the Value itself if there is one.

    Args:
        nin: how many numbers each neuron takes.
        nout: how many neurons there are.
        kwargs: `nonlin`, as for `Neuron`.
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Sequence[Any]) -> Any:
        out = [n(x) for n in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Those of every neuron, in order."""
        return [p for n in self.neurons for p in n.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    """Layers one after the other, rectified but for the last.

    Args:
        nin: how many numbers a row has.
        nouts: how many neurons each layer has.
    """

    def __init__(self, nin: int, nouts: list[int]) -> None:
        sz = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sz[i], sz[i + 1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        """Those of every layer, in order."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
