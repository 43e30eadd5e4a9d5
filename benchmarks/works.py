"""What is trained in `compiled.py` and `growth.py`: data, networks, and how they learn.

A `Training` is all a contender needs. Parameters travel as one flat array, in the order in which
jangrad's MLP lists them: for each neuron its weights, then its bias.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Training:
    """An MLP with relu that learns; `strength` is that of an L2 penalty on all parameters."""

    name: str
    sizes: tuple[int, ...]
    X: Array
    y: Array
    loss: str  # "squared_error", "hinge" or "softmax_cross_entropy", the mean over the batch
    optimizer: str  # "sgd" or "adam"
    rate: float
    steps: int
    batch_size: int | None = None
    strength: float = 0.0
    dtype: str = "float64"
    init: str = "uniform"

    def net(self) -> Any:
        """The network as it starts."""
        from jangrad import MLP

        return MLP(self.sizes[0], list(self.sizes[1:]), init=self.init, seed=7)

    def start(self) -> Array:
        """Its parameters."""
        return np.array([p.data for p in self.net().parameters()], dtype=self.dtype)

    def layers(self, parameters: Array) -> list[tuple[Array, Array]]:
        """(weights of shape (out, in), biases) of each layer."""
        found, at = [], 0
        for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False):
            rows = parameters[at : at + n_out * (n_in + 1)].reshape(n_out, n_in + 1)
            found.append((np.ascontiguousarray(rows[:, :-1]), rows[:, -1].copy()))
            at += rows.size
        return found

    def batches(self) -> list[Array]:
        """The rows of each step, as jangrad's `fit` deals them."""
        from jangrad.train.shuffle import Deal

        deal = Deal(len(self.X), self.batch_size or len(self.X), seed=0)
        return [np.array(deal.batch(step)) for step in range(self.steps)]

    def shorter(self, steps: int) -> Training:
        """The same, for slow contenders."""
        return replace(self, steps=min(steps, self.steps))


def flat(layers: list[tuple[Array, Array]]) -> Array:
    """The parameters of layers as one array; the other way round of `Training.layers`."""
    return np.concatenate([np.column_stack((w, b)).ravel() for w, b in layers])


def four_rows() -> Training:
    """W1."""
    from jangrad.datasets import four_rows as make

    X, y = map(np.array, make())
    return Training("four rows", (3, 4, 4, 1), X, y, "squared_error", "sgd", 0.02, 1000)


def moons(rows: int = 100) -> Training:
    """W2."""
    from jangrad.datasets import moons as make

    X, y = map(np.array, make(rows, seed=1))
    return Training("moons", (2, 16, 16, 1), X, y, "hinge", "sgd", 0.05, 1000, strength=1e-4)


def digits(dtype: str = "float64") -> Training:
    """W4: one epoch of scikit-learn's digits."""
    from sklearn.datasets import load_digits

    data = load_digits()
    X, y = (data.data / 16).astype(dtype), data.target
    steps = -(-len(X) // 32)
    return Training(
        "digits" if dtype == "float64" else "digits, float32",
        (64, 32, 10), X, y, "softmax_cross_entropy", "adam", 1e-3, steps, 32,
        dtype=dtype, init="he",
    )  # fmt: skip


def wide(batch_size: int) -> Training:
    """MLP(784, [128, 10]): an epoch of 8,192 made-up rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8192, 784)).astype("float32")
    y = rng.integers(0, 10, len(X))
    steps = len(X) // batch_size
    return Training(
        f"784-128-10, batch {batch_size}",
        (784, 128, 10), X, y, "softmax_cross_entropy", "adam", 1e-3, steps, batch_size,
        dtype="float32", init="he",
    )  # fmt: skip


def names(count: int, letters: int | None = None) -> list[list[int]]:
    """W3: first names as letters from 0 to 25 between two 26s; only those of `letters` letters."""
    import names as package

    files = ("dist.male.first", "dist.female.first")
    folder = Path(package.__file__).parent
    lines = [line for file in files for line in (folder / file).read_text().splitlines()]
    found = [line.split()[0].lower() for line in lines if line.strip()]
    random.Random(0).shuffle(found)
    found = [name for name in found if letters is None or len(name) == letters]
    return [[26, *(ord(letter) - 97 for letter in name), 26] for name in found[:count]]
