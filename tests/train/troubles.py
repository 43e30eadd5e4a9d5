"""Trainings that go wrong, each for one reason, and trainings in which nothing is wrong."""

import math
import random
from functools import partial

from jangrad import MLP, Module, Value
from jangrad.datasets import blobs, circles, four_rows, moons, spirals, xor
from jangrad.nn import Embedding, Layer, Neuron, l2_penalty
from jangrad.train import cosine, warm_up


def table(rows=40, seed=0, noise=0.0):
    """Three columns in -1 .. 1, and a smooth target of them."""
    draw = random.Random(seed)
    X = [[draw.uniform(-1.0, 1.0) for _ in range(3)] for _ in range(rows)]
    return X, [math.sin(2.0 * a) + b * c + draw.gauss(0.0, noise) for a, b, c in X]


def with_number(X, row, column, number):
    """The rows with another number in one place."""
    changed = [list(each) for each in X]
    changed[row][column] = number
    return changed


def all_equal(net, number):
    """A network whose weights are all one number."""
    for p in net.parameters():
        p.data = number
    return net


def shifted(net, layer, bias):
    """A network with these biases in a layer."""
    for neuron in net.layers[layer].neurons:
        neuron.bias.data = bias
    return net


def grown(net, factor):
    """A network whose weights are so many times as large."""
    for p in net.parameters():
        p.data *= factor
    return net


class Gated(Module):
    """A hidden layer, and a rectified neuron that lets it through or not."""

    def __init__(self, bias):
        self.hidden, self.gate = Layer(3, 4, "softplus", seed=0), Neuron(3, "relu", seed=1)
        self.gate.bias.data, self.top = bias, Layer(4, 1, "linear", seed=2)

    def __call__(self, row):
        gate = self.gate(row)
        return self.top([gate * h for h in self.hidden(row)])


class Things(Module):
    """A number of a thing, from a table, and a column beside it."""

    def __init__(self):
        self.table, self.out = Embedding(6, 3, seed=0), Layer(4, 1, "linear", seed=1)

    def __call__(self, row):
        return self.out([*self.table(row[0]), row[1]])


class Skipping(Module):
    """A layer whose inputs are added to what it gives."""

    def __init__(self):
        self.first, self.second = Layer(3, 8, "tanh", seed=0), Layer(8, 8, "tanh", seed=1)
        self.last = Layer(8, 1, "linear", seed=2)

    def __call__(self, row):
        hidden = self.first(row)
        return self.last([a + b for a, b in zip(hidden, self.second(hidden), strict=True)])


class Product(Module):
    """A slope made of two factors that begin at 0."""

    def __init__(self):
        self.a, self.b = Value(0.0), Value(0.0)

    def __call__(self, row):
        return self.a * self.b * row[0]


def things(scale):
    """Rows of a thing and an amount, and a line of both."""
    draw = random.Random(5)
    rows = [[i % 6, draw.uniform(-1.0, 1.0)] for i in range(48)]
    return [[i, scale * x] for i, x in rows], [i / 2 - 1.25 + x for i, x in rows]


class Logarithm(Module):
    """A line of the logarithm of its input."""

    def __init__(self):
        self.slope, self.scale = Value(0.5), Value(1.0)

    def __call__(self, row):
        return [self.slope * (self.scale * row[0]).log()]


class Root(Module):
    """The root of a weighted input, whose slope at 0 has no end."""

    def __init__(self):
        self.slope = Value(0.5)

    def __call__(self, row):
        return [(self.slope * row[0]).sqrt()]


X, Y = table()
MANY, _ = table(300)
COIN = [float(random.Random(i).random() < 0.5) for i in range(300)]
MOONS = moons(60, seed=0)
XOR = [[a, b] for a in (-1.0, 1.0) for b in (-1.0, 1.0)] * 6
SIDES = [1.0 if a * b > 0.0 else -1.0 for a, b, _ in MANY]
UNSCALED = [[a, 2000.0 * b + 1900.0, c] for a, b, c in X]
SGD = {"optimizer": "sgd", "learning_rate": 0.05, "steps": 200}
ADAM = {"learning_rate": 0.01, "steps": 200}
HELD = {"learning_rate": 0.05, "steps": 300, "penalty": partial(l2_penalty, strength=10.0)}
SOFTMAX = {"loss": "softmax_cross_entropy"}
THREE = [int(a + b > 0.0) + int(c > 0.3) for a, b, c in X]
tanh, relu = partial(MLP, 3, [8, 1], "tanh", seed=0), partial(MLP, 3, [8, 1], "relu", seed=1)

#: How it is made: net, X, y, options; and what is said: kind, cause, and row, column or layer.
TROUBLES = {
    "an outlier among inputs": (
        lambda: (Neuron(3, "linear", seed=0), with_number(X, 17, 2, 4000.0), Y, SGD),
        ("divergence", "outlier", {"row": 17, "column": 2}),
    ),
    "an outlier in a relu network": (
        lambda: (relu(), with_number(X, 17, 1, -4000.0), Y, SGD),
        ("divergence", "outlier", {"row": 17, "column": 1}),
    ),
    "an outlier in one batch of ten": (
        lambda: (
            Neuron(3, "linear", seed=0),
            with_number(X, 5, 0, 900.0),
            Y,
            SGD | {"batch_size": 4},
        ),
        ("divergence", "outlier", {"row": 5, "column": 0}),
    ),
    "an outlier among targets": (
        lambda: (relu(), X, [*Y[:5], 1e5, *Y[6:]], SGD | {"learning_rate": 0.3}),
        (None, "outlier", {"row": 5, "column": None}),
    ),
    "a column out of scale diverges": (
        lambda: (Neuron(3, "linear", seed=0), UNSCALED, Y, SGD),
        ("divergence", "scale of inputs", {"column": 1}),
    ),
    "a column out of scale stalls gradient descent": (
        lambda: (tanh(), UNSCALED, Y, SGD | {"learning_rate": 0.01}),
        ("baseline", "scale of inputs", {"column": 1}),
    ),
    "a column out of scale stalls Adam": (
        lambda: (tanh(), UNSCALED, Y, ADAM),
        ("baseline", "scale of inputs", {"column": 1}),
    ),
    "targets out of scale": (
        lambda: (relu(), X, [1e4 * t for t in Y], SGD),
        (None, "scale of targets", {"column": None}),
    ),
    "targets beyond tanh": (
        lambda: (MLP(3, [8, 1], "tanh", "tanh", seed=0), X, [14.0 + 10.0 * t for t in Y], ADAM),
        ("baseline", "range of outputs", {"layer": 1}),
    ),
    "targets beyond sigmoid": (
        lambda: (MLP(3, [8, 1], "tanh", "sigmoid", seed=0), X, [t - 2.0 for t in Y], ADAM),
        ("baseline", "range of outputs", {"layer": 1}),
    ),
    "targets below what relu gives": (
        lambda: (MLP(2, [8, 1], "tanh", "relu", seed=0), *MOONS, ADAM | {"steps": 500}),
        (None, "range of outputs", {"layer": 1}),
    ),
    "targets below what relu gives, and dead of it": (
        lambda: (MLP(3, [4, 1], "tanh", output="relu", seed=0), X, [-t - 3.0 for t in Y], SGD),
        ("dead network", "range of outputs", {"layer": 1}),
    ),
    "a product of two parameters that are 0": (
        lambda: (Product(), X, Y, SGD),
        ("no gradient", "no gradient", {}),
    ),
    "weights that are all 0": (
        lambda: (all_equal(tanh(), 0.0), X, Y, ADAM),
        (None, "symmetry", {"layer": 0}),
    ),
    "weights that are all equal": (
        lambda: (all_equal(tanh(), 0.3), X, Y, ADAM | {"steps": 500}),
        (None, "symmetry", {"layer": 0}),
    ),
    "a dead first layer": (
        lambda: (shifted(relu(), 0, -100.0), X, Y, ADAM),
        ("dead network", "dead units", {"layer": 0}),
    ),
    "a dead second layer": (
        lambda: (shifted(MLP(3, [8, 6, 1], seed=0), 1, -100.0), X, Y, ADAM),
        ("dead network", "dead units", {"layer": 1}),
    ),
    "saturated tanh units": (
        lambda: (shifted(tanh(), 0, -20.0), X, Y, SGD),
        (None, "saturated units", {"layer": 0}),
    ),
    "saturated sigmoid units": (
        lambda: (shifted(MLP(3, [8, 1], "sigmoid", seed=0), 0, 30.0), X, Y, SGD),
        (None, "saturated units", {"layer": 0}),
    ),
    "a gradient that vanishes": (
        lambda: (MLP(3, [6] * 8 + [1], "sigmoid", seed=0), X, Y, SGD | {"learning_rate": 0.1}),
        ("baseline", "vanishing gradients", {"layer": 0}),
    ),
    "signals that fade": (
        lambda: (
            grown(MLP(3, [6] * 8 + [1], "tanh", seed=0), 0.25),
            X,
            Y,
            SGD | {"learning_rate": 0.02},
        ),
        (None, "fading signals", {"layer": 7}),
    ),
    "a gradient that explodes": (
        lambda: (grown(MLP(3, [12] * 15 + [1], "tanh", seed=0), 5.0), X, Y, SGD),
        (None, "exploding gradients", {"layer": 0}),
    ),
    "a gate that is shut for every row": (
        lambda: (Gated(-9.0), X, Y, SGD),
        ("baseline", "no gradient", {}),
    ),
    "targets that are equal": (
        lambda: (tanh(), X, [4.0] * len(X), ADAM),
        ("baseline", "equal targets", {}),
    ),
    "a sigmoid below a softmax, which has learned what it can": (
        lambda: (MLP(3, [8, 3], "tanh", "sigmoid", seed=0), X, THREE, ADAM | SOFTMAX),
        ("network", "wrong loss", {"layer": 1}),
    ),
    "a schedule far too low": (
        lambda: (tanh(), X, Y, {"optimizer": "sgd", "schedule": cosine(1e-6, 200), "steps": 200}),
        ("slow", "rate", {}),
    ),
    "equal weights, and L-BFGS": (
        lambda: (all_equal(tanh(), 0.5), X, Y, {"optimizer": "lbfgs", "steps": 50}),
        (None, "symmetry", {"layer": 0}),
    ),
    "a column out of scale beside a table": (
        lambda: (Things(), *things(2000.0), SGD),
        ("divergence", "scale of inputs", {"column": 1}),
    ),
    "a penalty that is all there is": (
        lambda: (tanh(), X, Y, HELD),
        ("baseline", "penalty", {}),
    ),
    "classes as one number": (
        lambda: (
            MLP(2, [1], seed=0),
            [[a, b] for a, b, _ in MANY],
            [2.0 if abs(a) < 0.2 else 1.0 if abs(a) < 0.5 else 0.0 for a, _, _ in MANY],
            ADAM | {"learning_rate": 0.05},
        ),
        ("baseline", "wrong loss", {}),
    ),
    "far too high a rate": (
        lambda: (tanh(), X, Y, SGD | {"learning_rate": 2.0}),
        (None, "rate", {}),
    ),
    "far too high a rate, with momentum": (
        lambda: (MLP(2, [16, 16, 1], seed=0), *MOONS, SGD | {"learning_rate": 0.5}),
        ("divergence", "rate", {}),
    ),
    "far too low a rate": (
        lambda: (tanh(), X, Y, SGD | {"learning_rate": 1e-7}),
        ("slow", "rate", {}),
    ),
    "far too low a rate of Adam": (
        lambda: (tanh(), X, Y, ADAM | {"learning_rate": 1e-7}),
        ("slow", "rate", {}),
    ),
    "a line for exclusive or": (
        lambda: (MLP(2, [1], seed=0), XOR, [a * b for a, b in XOR], ADAM | {"learning_rate": 0.05}),
        ("baseline", "too simple", {}),
    ),
    "classes that overlap": (
        lambda: (
            MLP(3, [1], seed=0),
            MANY,
            COIN,
            ADAM | {"loss": "binary_cross_entropy", "learning_rate": 0.05},
        ),
        ("baseline", "overlap", {}),
    ),
    "two columns that are the same": (
        lambda: (
            MLP(2, [8, 1], "tanh", seed=0),
            [[a, a] for a, _, _ in MANY],
            SIDES,
            ADAM | {"loss": "hinge", "learning_rate": 0.02, "steps": 100},
        ),
        ("baseline", "same inputs", {"column": 1}),
    ),
    "inputs that are constant": (
        lambda: (MLP(2, [8, 1], "tanh", seed=0), [[1.0, 2.0]] * 40, Y, ADAM),
        ("baseline", "constant inputs", {}),
    ),
    "rows that contradict each other": (
        lambda: (
            tanh(),
            [row for row in X for _ in (0, 1)],
            [t for _ in X for t in (-1.0, 1.0)],
            ADAM,
        ),
        ("baseline", "contradictions", {"row": 1}),
    ),
    "a sigmoid below a loss that has one": (
        lambda: (
            MLP(2, [8, 1], "tanh", "sigmoid", seed=0),
            MOONS[0],
            [(t + 1.0) / 2.0 for t in MOONS[1]],
            ADAM | {"loss": "binary_cross_entropy"},
        ),
        ("baseline", "wrong loss", {"layer": 1}),
    ),
    "the logarithm of a negative number": (
        lambda: (Logarithm(), [[1.0], [2.0], [-3.0]], [1.0, 2.0, 3.0], ADAM),
        ("not finite", "operation", {"row": 2}),
    ),
    "a slope without end": (
        lambda: (Root(), [[1.0], [0.0], [4.0]], [1.0, 0.0, 3.0], ADAM),
        ("not finite", "operation", {"row": 1}),
    ),
}

ONES = [(t + 1.0) / 2.0 for t in MOONS[1]]
BLOBS = blobs(60, seed=0)

#: How it is made: net, X, y, options.
HEALTHY = {
    "four rows": lambda: (MLP(3, [4, 4, 1], "tanh", seed=0), *four_rows(), SGD),
    "four rows by Adam": lambda: (MLP(3, [4, 4, 1], "relu", seed=0), *four_rows(), ADAM),
    "a smooth table": lambda: (tanh(), X, Y, SGD),
    "a smooth table by Adam": lambda: (tanh(), X, Y, ADAM),
    "a smooth table by RMSprop": lambda: (tanh(), X, Y, ADAM | {"optimizer": "rmsprop"}),
    "relu": lambda: (MLP(3, [16, 1], "relu", seed=0), X, Y, SGD | {"learning_rate": 0.02}),
    "sigmoid": lambda: (
        MLP(3, [8, 1], "sigmoid", seed=0),
        X,
        Y,
        SGD | {"steps": 1000, "learning_rate": 0.3},
    ),
    "two layers": lambda: (MLP(3, [8, 8, 1], "tanh", seed=3), X, Y, SGD),
    "momentum": lambda: (
        tanh(),
        X,
        Y,
        {"optimizer": "adagrad", "learning_rate": 0.1, "steps": 200},
    ),
    "mini-batches": lambda: (tanh(), X, Y, ADAM | {"batch_size": 8}),
    "noise": lambda: (tanh(), *table(80, noise=0.3), ADAM),
    "much noise": lambda: (MLP(3, [4, 1], "tanh", seed=0), *table(300, noise=0.8), ADAM),
    "few steps": lambda: (tanh(), X, Y, ADAM | {"steps": 25}),
    "very few steps": lambda: (tanh(), X, Y, SGD | {"steps": 3}),
    "moons": lambda: (MLP(2, [16, 1], "tanh", seed=0), *MOONS, ADAM | {"loss": "hinge"}),
    "moons by relu": lambda: (
        MLP(2, [16, 16, 1], "relu", seed=0),
        *MOONS,
        ADAM | {"loss": "hinge"},
    ),
    "moons by cross-entropy": lambda: (
        MLP(2, [16, 1], "tanh", seed=0),
        MOONS[0],
        ONES,
        ADAM | {"loss": "binary_cross_entropy"},
    ),
    "a line for moons": lambda: (MLP(2, [1], seed=0), *MOONS, SGD | {"loss": "hinge"}),
    "circles": lambda: (
        MLP(2, [16, 1], "tanh", seed=0),
        *circles(60, seed=0),
        ADAM | {"learning_rate": 0.03},
    ),
    "spirals": lambda: (
        MLP(2, [16, 16, 1], "tanh", seed=0),
        *spirals(60, seed=0),
        ADAM | {"learning_rate": 0.03, "steps": 500},
    ),
    "exclusive or": lambda: (
        MLP(2, [8, 1], "tanh", seed=0),
        *xor(),
        ADAM | {"learning_rate": 0.03},
    ),
    "blobs": lambda: (
        MLP(2, [8, 3], "tanh", seed=0),
        *BLOBS,
        ADAM | {"loss": "softmax_cross_entropy"},
    ),
    "outputs in the range of tanh": lambda: (MLP(2, [8, 1], "tanh", "tanh", seed=0), *MOONS, ADAM),
    "a penalty": lambda: (tanh(), X, Y, SGD | {"penalty": partial(l2_penalty, strength=1e-3)}),
    "columns of other sizes, still in scale": lambda: (
        tanh(),
        [[10.0 * a, b, 0.1 * c] for a, b, c in X],
        Y,
        ADAM | {"learning_rate": 0.03, "steps": 500},
    ),
    "a mild outlier": lambda: (tanh(), with_number(X, 3, 0, 5.0), Y, ADAM),
    "L-BFGS": lambda: (tanh(), X, Y, {"optimizer": "lbfgs", "steps": 50}),
    "softmax with a schedule": lambda: (
        MLP(3, [8, 3], "tanh", seed=0),
        X,
        THREE,
        SOFTMAX | {"optimizer": "sgd", "schedule": cosine(0.3, 300), "steps": 300},
    ),
    "logits with a warm-up, by AdamW": lambda: (
        tanh(),
        X,
        [float(t > 0.0) for t in Y],
        {
            "loss": "binary_cross_entropy",
            "optimizer": "adamw",
            "schedule": warm_up(20, 0.02),
            "steps": 300,
        },
    ),
    "huber in batches": lambda: (tanh(), X, Y, ADAM | {"loss": "huber", "batch_size": 12}),
    "a layer that is skipped": lambda: (Skipping(), X, Y, SGD),
    "a table and a column": lambda: (Things(), *things(1.0), ADAM),
    "Levenberg-Marquardt": lambda: (
        tanh(),
        X,
        Y,
        {"optimizer": "levenberg_marquardt", "steps": 30},
    ),
    "counts": lambda: (
        tanh(),
        X,
        [float(round(math.exp(t))) for t in Y],
        ADAM | {"loss": "poisson"},
    ),
    "a gate": lambda: (Gated(1.0), X, Y, SGD | {"learning_rate": 0.02}),
    "residuals": lambda: (Neuron(3, "linear", seed=0), X, [0.0] * len(X), SGD),
    "patience": lambda: (tanh(), X, Y, ADAM | {"patience": 20, "steps": 1000}),
}
