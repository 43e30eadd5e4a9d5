"""Forty runs of `fit` of many kinds, each with the number of steps that it is to make."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from jangrad import MLP, Module, Neuron, Value, gradient, mean, tanh
from jangrad.nn import l2_penalty
from jangrad.tables import table
from jangrad.train import UpdateRule, cosine
from jangrad.train.optimizers import Optimizer


class Made(NamedTuple):
    """What `fit` is given."""

    net: Any
    X: list[list[float]]
    y: list[Any]
    options: dict[str, Any]


class Run(NamedTuple):
    """A run of `fit`: what makes its network and data, and its steps."""

    make: Callable[[], Made]
    steps: int


def dot(a: Any, b: Any) -> Any:
    """The sum of products."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def drawn(rows: int, inputs: int, classes: int = 0) -> tuple[list[list[float]], list[Any]]:
    """Random rows, with classes or targets of -1 and 1 that can be learned."""
    draw = random.Random(0)
    X = [[draw.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(rows)]
    by = [[draw.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(classes or 1)]
    found = [[dot(w, row) for w in by] for row in X]
    if classes:
        return X, [float(each.index(max(each))) for each in found]
    return X, [1.0 if each[0] > 0.0 else -1.0 for each in found]


def mlp(
    inputs: int, widths: list[int], rows: int, loss: Any, activation: str = "relu", **options: Any
) -> Made:
    """A network of jangrad's own."""
    classes = widths[-1] if loss == "softmax_cross_entropy" else 0
    net = MLP(inputs, widths, activation, seed=0)
    options = {"optimizer": "sgd", "learning_rate": 0.05, **options}
    return Made(net, *drawn(rows, inputs, classes), {"loss": loss, **options})


four = partial(mlp, 3, [4, 4, 1], 4, loss="squared_error", activation="tanh")
moons = partial(mlp, 2, [16, 16, 1], 100, loss="hinge")
digits = partial(mlp, 64, [32, 10], 500, loss="softmax_cross_entropy", batch_size=32)
images = partial(mlp, 784, [128, 10], 64, loss="softmax_cross_entropy", batch_size=32)


# -- what a user adds to them ---------------------------------------------------------------------


def measured() -> Made:
    """Moons with rows that are held out."""
    return moons(validation=drawn(100, 2))


def counted(make: Callable[..., Made]) -> Made:
    """A callback after each step."""
    count = [0]

    def callback(step: Any) -> None:
        count[0] += 1

    return make(callbacks=[callback])


def watched() -> Made:
    """A schedule that looks at a weight at each step."""
    made = four()
    weight = made.net.parameters()[0]
    made.options.pop("learning_rate")
    made.options["schedule"] = lambda step: 0.05 / (1.0 + weight.data**2)
    return made


def cooled() -> Made:
    """A schedule that looks at nothing."""
    made = digits(optimizer="adam")
    made.options.pop("learning_rate")
    made.options["schedule"] = cosine(1e-3, 100)
    return made


def clipped() -> Made:
    """An optimiser of the user's own."""
    made = moons()
    made.options["optimizer"] = Clipped
    return made


class Clipped(Optimizer):
    """Momentum over gradients that are cut off at 1."""

    def __init__(self, parameters: Any, learning_rate: float = 0.1) -> None:
        formula = "v = 0.9 * v + minimum(maximum(g, -1), 1); p = p - rate * v"
        super().__init__(parameters, learning_rate, UpdateRule(formula, ("v",), ()), {})


def penalised() -> Made:
    """A penalty on all weights."""
    return digits(penalty=partial(l2_penalty, strength=1e-4))


# -- networks of one's own ------------------------------------------------------------------------


def weights(*shape: int) -> Any:
    """Random weights in nested lists."""
    draw = random.Random(1)

    def some(first: int, *rest: int) -> list[Any]:
        return [some(*rest) if rest else Value(draw.gauss(0.0, 0.3)) for _ in range(first)]

    return some(*shape)


class Embedding(Module):
    """Each word's numbers, and a layer over them."""

    def __init__(self, words: int, width: int, outputs: int) -> None:
        self.words, self.out = weights(words, width), weights(outputs, width)

    def __call__(self, row: Any) -> Any:
        found = table(self.words)[row[0]]
        return [dot(w, found) for w in self.out]


def embedding(rows: int, words: int, width: int, classes: int, **options: Any) -> Made:
    """Words to classes."""
    draw = random.Random(0)
    X = [[float(draw.randrange(words))] for _ in range(rows)]
    y = [float(draw.randrange(classes)) for _ in X]
    options = {"loss": "softmax_cross_entropy", "learning_rate": 1e-2, **options}
    return Made(Embedding(words, width, classes), X, y, options)


class Bigram(Module):
    """What comes next, straight from a table."""

    def __init__(self, words: int) -> None:
        self.next = weights(words, words)

    def __call__(self, row: Any) -> Any:
        return table(self.next)[row[0]]


def bigram() -> Made:
    """36,000 pairs of letters."""
    draw = random.Random(0)
    X = [[float(draw.randrange(27))] for _ in range(36_000)]
    y = [float(draw.randrange(27)) for _ in X]
    options = {"loss": "softmax_cross_entropy", "optimizer": "sgd", "learning_rate": 10.0}
    return Made(Bigram(27), X, y, options)


class Tied(Module):
    """Encodes and decodes by the same weights."""

    def __init__(self) -> None:
        self.w = weights(4, 16)

    def __call__(self, row: Any) -> Any:
        code = [tanh(dot(w, row)) for w in self.w]
        return [dot([w[i] for w in self.w], code) for i in range(16)]


def tied() -> Made:
    """Rows that are to be found again."""
    X, _ = drawn(50, 16)
    return Made(Tied(), X, X, {"loss": "squared_error", "learning_rate": 1e-2})


class Convolution(Module):
    """3 x 3 kernels over an image of 8 x 8, the mean of each, and a layer."""

    def __init__(self) -> None:
        self.kernels, self.out = weights(4, 9), weights(10, 4)

    def __call__(self, row: Any) -> Any:
        means = []
        for kernel in self.kernels:
            found = [
                dot(kernel, [row[8 * (i + a) + j + b] for a in range(3) for b in range(3)]).relu()
                for i in range(6)
                for j in range(6)
            ]
            means.append(sum(found) / 36)
        return [dot(w, means) for w in self.out]


def convolution() -> Made:
    """Images to classes."""
    options = {"loss": "softmax_cross_entropy", "learning_rate": 1e-2, "batch_size": 20}
    return Made(Convolution(), *drawn(100, 64, 10), options)


class Attention(Module):
    """Eight places of four numbers look at each other."""

    def __init__(self) -> None:
        self.q, self.k, self.v = weights(3, 4, 4)
        self.out = weights(32)

    def __call__(self, row: Any) -> Any:
        places = [row[4 * i : 4 * i + 4] for i in range(8)]
        q, k, v = ([[dot(w, p) for w in m] for p in places] for m in (self.q, self.k, self.v))
        flat = []
        for i in range(8):
            e = [(dot(q[i], k[j]) * 0.5).exp() for j in range(i + 1)]
            total = sum(e)
            flat += [dot(e, [v[j][c] for j in range(i + 1)]) / total for c in range(4)]
        return [dot(self.out, flat)]


class Recurrent(Module):
    """Thirty numbers, one after the other, into eight that are kept."""

    def __init__(self) -> None:
        self.w, self.u, self.out = weights(8, 8), weights(8), weights(8)

    def __call__(self, row: Any) -> Any:
        state = [Value(0.0)] * 8
        for x in row:
            state = [tanh(dot(w, state) + u * x) for w, u in zip(self.w, self.u, strict=True)]
        return [dot(self.out, state)]


class Dropout(Module):
    """Forgets half of its inputs by chance: machine code is refused."""

    def __init__(self) -> None:
        self.below, self.draw = MLP(8, [8, 1], "tanh", seed=0), random.Random(0)

    def __call__(self, row: Any) -> Any:
        return self.below([x if self.draw.random() < 0.5 else 0.0 for x in row])


def own(net: Callable[[], Module], rows: int, inputs: int, **options: Any) -> Made:
    """A network of the user's own that gives one number."""
    return Made(net(), *drawn(rows, inputs), {"loss": "squared_error", **options})


# -- losses of one's own --------------------------------------------------------------------------


def squares(outputs: Any, targets: Any) -> Any:
    """What the named loss does, written by hand."""
    return mean([(o[0] - t) ** 2 for o, t in zip(outputs, targets, strict=True)])


def logs(outputs: Any, targets: Any) -> Any:
    """Of ten outputs those that are far from the target's sign."""
    return mean(
        [(1.0 + (-t * z).exp()).log() for o, t in zip(outputs, targets, strict=True) for z in o]
    )


def pairs(outputs: Any, targets: Any) -> Any:
    """All pairs of rows: near where their targets are equal, apart where not."""
    found = []
    for i, (a, s) in enumerate(zip(outputs, targets, strict=True)):
        for b, t in zip(outputs[:i], targets[:i], strict=True):
            found.append((a[0] - b[0]) ** 2 * (s * t) + (a[0] - b[0]).exp() * 0.01)
    return mean(found)


class Slope(Module):
    """A function and its derivative, as for a differential equation."""

    def __init__(self) -> None:
        self.below = MLP(1, [8, 1], "tanh", seed=0)

    def __call__(self, row: Any) -> Any:
        x = row[0] if isinstance(row[0], Value) else Value(row[0])
        y = self.below([x])
        y = y[0] if isinstance(y, list) else y
        return [gradient(y, [x])[0] - y]


RUNS: dict[str, Run] = {
    "four rows, 5 steps": Run(four, 5),
    "four rows, 100": Run(four, 100),
    "four rows, adam, 1,000": Run(partial(four, optimizer="adam"), 1000),
    "four rows, 10,000": Run(four, 10_000),
    "moons, 1": Run(moons, 1),
    "moons, 20": Run(moons, 20),
    "moons, 100": Run(moons, 100),
    "moons, batches of 10, 100": Run(partial(moons, batch_size=10), 100),
    "digits, batches of 32, 5": Run(digits, 5),
    "digits, batches of 32, 20": Run(digits, 20),
    "digits, batches of 32, 160": Run(digits, 160),
    "images 784-128-10, batches of 32, 1": Run(images, 1),
    "images 784-128-10, batches of 32, 5": Run(images, 5),
    "images 784-128-10, batches of 32, 100": Run(images, 100),
    "a line through 10,000 rows, 1": Run(partial(mlp, 1, [1], 10_000, "squared_error"), 1),
    "a line through 10,000 rows, 20": Run(partial(mlp, 1, [1], 10_000, "squared_error"), 20),
    "neuron of 1,000 inputs, 10 rows, adam, 100": Run(
        lambda: mlp(1000, [1], 10, "squared_error", optimizer="adam")._replace(
            net=Neuron(1000, "tanh", seed=0)
        ),
        100,
    ),
    "12 layers of 8, 10 rows, 20": Run(
        partial(mlp, 8, [8] * 12 + [1], 10, "squared_error", "tanh"), 20
    ),
    "digits, cosine, adam, 100": Run(cooled, 100),
    "moons, 100 held out, 20": Run(measured, 20),
    "moons, 100 held out, 200": Run(measured, 200),
    "four rows, callback each step, 1,000": Run(partial(counted, four), 1000),
    "digits, callback each step, 50": Run(partial(counted, digits), 50),
    "four rows, schedule that looks, 2,000": Run(watched, 2000),
    "digits, float32, 20": Run(partial(digits, dtype="float32"), 20),
    "digits, penalty, 20": Run(penalised, 20),
    "moons, own optimiser, 50": Run(clipped, 50),
    "bigram, 36,000 rows, 100": Run(bigram, 100),
    "embedding 2,000 x 16, batches of 32, 5": Run(
        partial(embedding, 500, 2000, 16, 5, batch_size=32), 5
    ),
    "embedding 500 x 8, 36,000 rows, 100": Run(partial(embedding, 36_000, 500, 8, 5), 100),
    "tied weights, 50 rows, 20": Run(tied, 20),
    "convolution, batches of 20, 20": Run(convolution, 20),
    "attention, 20 rows, 50": Run(partial(own, Attention, 20, 32), 50),
    "recurrent, 20 rows, 1": Run(partial(own, Recurrent, 20, 30), 1),
    "recurrent, 20 rows, 50": Run(partial(own, Recurrent, 20, 30), 50),
    "dropout, 20 rows, 500": Run(partial(own, Dropout, 20, 8), 500),
    "own loss, four rows, 5": Run(partial(four, loss=squares), 5),
    "own loss, four rows, 10,000": Run(partial(four, loss=squares), 10_000),
    "own loss, moons, 20": Run(partial(moons, loss=squares), 20),
    "own loss, moons, 500": Run(partial(moons, loss=squares), 500),
    "own loss, moons, batches of 30, 200": Run(partial(moons, loss=squares, batch_size=30), 200),
    "own loss, 200 digits, 20": Run(partial(mlp, 64, [32, 10], 200, logs), 20),
    "own loss, 200 digits, 1,000": Run(partial(mlp, 64, [32, 10], 200, logs), 1000),
    "own loss, pairs of 60 rows, 50": Run(partial(mlp, 4, [8, 1], 60, pairs, "tanh"), 50),
    "own loss, slopes of 20 rows, 100": Run(
        lambda: Made(Slope(), *drawn(20, 1), {"loss": squares}), 100
    ),
}
