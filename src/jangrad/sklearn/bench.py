"""Networks to train and to predict on: one shape is compiled once in a process.

Machine code belongs to a network, to the Values in it. Estimators come and go by the hundred, in a
search or in cross-validation, each with a network of its own, and most of them of one shape. So the
work is done on networks that stay, with the numbers of the one whose turn it is.
"""

from __future__ import annotations

import sys
import threading
from array import array
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from jangrad import forks
from jangrad.compiler import jit
from jangrad.engine import Value
from jangrad.errors import NoCompiler, Untraceable
from jangrad.nn import MLP, l2_penalty
from jangrad.tape import read_data, write_data
from jangrad.train.settings import Leaves

_MOST = 8  # shapes
_idle: OrderedDict[Any, list[Bench]] = OrderedDict()
_lock = forks.renewed(sys.modules[__name__], "_lock", threading.Lock)


class Decay:
    """The penalty strength * sum of w² over all weights; biases are free.

    The strength is a Value, so it is no constant of the machine code, which serves any of them.
    """

    def __init__(self, net: MLP) -> None:
        weights = {id(w) for layer in net.layers for n in layer.neurons for w in n.weights}
        self._places = [i for i, p in enumerate(net.parameters()) if id(p) in weights]
        self.strength = Value(0.0)

    def __call__(self, parameters: Sequence[Value]) -> Any:
        """The penalty, as `fit` asks for it."""
        return self.strength * l2_penalty([parameters[i] for i in self._places], 1.0)


class Bench:
    """A network that stays, with its penalty."""

    def __init__(self, net: MLP) -> None:
        self.net = net
        self.parameters = Leaves(net.parameters())
        self.decay = Decay(net)
        self._whose: list[Value] = []
        self._outputs = jit(lambda row: net(row))

    def predict(self, rows: Any) -> Any:
        """The outputs for an array of rows, of shape (rows, outputs).

        By machine code whatever their number, so that to the last bit a row's outputs never depend
        on other rows, or on what was asked before.
        """
        try:
            return self._outputs.map(rows)
        except (NoCompiler, Untraceable):
            return self.net.predict(rows)

    def take(self, net: MLP) -> None:
        """Have the numbers of this network, of the same shape."""
        self._whose = _parameters(net)
        _copy(self._whose, self.parameters)

    def give(self) -> None:
        """Let the network whose numbers it has taken have those that they are now."""
        _copy(self.parameters, self._whose)


@contextmanager
def bench_for(net: MLP) -> Iterator[Bench]:
    """A bench that has taken the numbers of this network, for one user at a time."""
    functions = [a if isinstance(a, str) else id(a) for a in net.activations]
    key = net.n_inputs, *net.widths, *functions
    with _lock:
        waiting = _idle.get(key)
        bench = waiting.pop() if waiting else None
    if bench is None:
        bench = Bench(
            MLP(net.n_inputs, net.widths, net.activations[:-1], net.activations[-1], init="zeros")
        )
    bench.take(net)
    try:
        yield bench
    finally:
        bench._whose = []
        with _lock:
            _idle.setdefault(key, []).append(bench)
            _idle.move_to_end(key)
            while len(_idle) > _MOST:
                _idle.popitem(last=False)


def predicted(net: MLP, rows: Any) -> Any:
    """The raw outputs of the network for an array of rows, an array of shape (rows, outputs)."""
    with bench_for(net) as bench:
        return bench.predict(rows)


def _parameters(net: MLP) -> list[Value]:
    """Those of a network that is as it was made, in the order of `parameters()`."""
    found: list[Value] = []
    for layer in net.layers:
        for neuron in layer.neurons:
            found += neuron.weights
            found.append(neuron.bias)
            if neuron.slope is not None:
                found.append(neuron.slope)
    return found


def _copy(source: Sequence[Value], target: Sequence[Value]) -> None:
    numbers = array("d", bytes(8 * len(source)))
    read_data(source, numbers)
    write_data(target, numbers)
