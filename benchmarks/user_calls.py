"""What a user calls, and the same call of other libraries: the rows of `users.py`.

A call is made of `prepare()`, which is not timed, and `run()`, which gives numbers to be compared:
those of all contenders of a row must agree.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import peers, works
from benchmarks.works import Array, Training

Call = tuple[Callable[[], Any], Callable[[], Any]]
Maker = Callable[[], Call]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        calls: of each contender.
        per: how many of what is told one run has, such as steps.
        unit: what is told: "us", "ms" or "s", and of what.
        allowed: how far numbers may be off, relative to the largest.
        first: whether the first call of a process is meant, what it has to import included.
        children: whether processes that it starts do the work.
    """

    calls: dict[str, Maker]
    per: int = 1
    unit: str = "ms"
    allowed: float = 1e-9
    first: bool = False
    children: bool = False


def nothing() -> None:
    """What is to be prepared where nothing is."""


# -- prediction ------------------------------------------------------------------------------------


def predicting(make: Callable[[], Training], of: str, rows: int | None = None) -> dict[str, Maker]:
    """The calls that predict.

    Args:
        make: the network, and its data.
        of: "arrays", "lists", or "one" for a single row in a list.
        rows: so many random rows instead of the data's.
    """

    def call(contender: str) -> Call:
        work = make()
        X = np.asarray(work.X, float)
        if rows is not None:
            X = np.random.default_rng(1).normal(size=(rows, work.sizes[0]))
        predict = PREDICTORS[contender](work)
        given: Any = X if of == "arrays" else X.tolist()
        if contender == "jangrad":
            given = given[0] if of == "one" else given
            return nothing, lambda: predict(given)
        given = given[:1] if of == "one" else given
        if of == "arrays":
            return nothing, lambda: predict(given)
        return nothing, lambda: predict(np.asarray(given)).tolist()

    return {name: partial(call, name) for name in PREDICTORS}


def in_jangrad(work: Training) -> Callable[[Any], Any]:
    """`net.predict`."""
    return work.net().predict


def in_numpy(work: Training) -> Callable[[Array], Array]:
    """Products of matrices."""
    layers = work.layers(work.start())

    def predict(X: Array) -> Array:
        h = X
        for w, b in layers[:-1]:
            h = h @ w.T
            h += b
            np.maximum(h, 0, out=h)
        out: Array = h @ layers[-1][0].T + layers[-1][1]
        return out

    return predict


def in_sklearn(work: Training) -> Callable[[Array], Array]:
    """`predict` of an MLPRegressor with these weights."""
    from sklearn.neural_network import MLPRegressor

    net = MLPRegressor(hidden_layer_sizes=work.sizes[1:-1])
    some = np.random.default_rng(0).normal(size=(3, work.sizes[0]))
    target = np.zeros(3) if work.sizes[-1] == 1 else np.zeros((3, work.sizes[-1]))
    net.partial_fit(some, target)
    layers = work.layers(work.start())
    net.coefs_ = [np.array(w.T, order="C") for w, _ in layers]
    net.intercepts_ = [b.copy() for _, b in layers]
    return lambda X: net.predict(X).reshape(len(X), -1)


def in_torch(work: Training) -> Callable[[Array], Array]:
    """nn.Linear on a tensor that shares the array's memory."""
    import torch

    torch.set_num_threads(1)
    net = peers.torch_net(work)

    def predict(X: Array) -> Array:
        with torch.inference_mode():
            out: Array = net(torch.from_numpy(X)).numpy()
        return out

    return predict


def in_jax(work: Training) -> Callable[[Array], Array]:
    """Products of matrices, compiled."""
    import jax

    jax.config.update("jax_enable_x64", True)
    layers = work.layers(work.start())

    @jax.jit
    def outputs(X: Any) -> Any:
        for w, b in layers[:-1]:
            X = jax.nn.relu(X @ w.T + b)
        return X @ layers[-1][0].T + layers[-1][1]

    return lambda X: np.asarray(outputs(X))


PREDICTORS: dict[str, Callable[[Training], Callable[[Any], Any]]] = {
    "jangrad": in_jangrad,
    "scikit-learn": in_sklearn,
    "PyTorch": in_torch,
    "JAX": in_jax,
    "NumPy": in_numpy,
}


def command() -> Call:
    """`jangrad predict` on 50,000 rows of two columns, as a process of its own."""
    from jangrad.datasets import moons
    from jangrad.export.answers import answers_of, load_trained

    rows = 50_000
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    model, data = (str(Path(folder) / name) for name in ("net.safetensors", "rows.csv"))

    def jangrad(*arguments: str) -> str:
        start = "import sys; from jangrad.interfaces.cli import main; sys.exit(main())"
        done = [sys.executable, "-c", start, *arguments]
        return subprocess.run(done, capture_output=True, text=True, check=True).stdout

    X, y = moons(200, seed=0)
    table = ["a,b,target", *(f"{a},{b},{t}" for (a, b), t in zip(X, y, strict=True))]
    Path(data).write_text("\n".join(table))
    jangrad("train", data, "--target", "target", "--epochs", "20", "--out", model)
    X = moons(rows, seed=1)[0]
    Path(data).write_text("\n".join(["a,b", *(f"{a},{b}" for a, b in X)]))
    net, columns, _ = load_trained(model)
    first = columns.standardise(X[:20])
    wanted = answers_of([[out.data for out in outputs_of(net, row)] for row in first], columns)

    def run() -> None:
        lines = jangrad("predict", model, data).splitlines()[1:]
        for line, right in zip(lines, wanted, strict=False):
            flat = (right["target"], right["probability"], *right["probabilities"].values())
            for cell, value in zip(line.split(","), flat, strict=True):
                told = isinstance(value, float) and abs(float(cell) - value) < 1e-9
                if not told and cell != str(value):
                    raise ValueError(f"jangrad predict says {line!r}, not {right!r}")
        if len(lines) != rows:
            raise ValueError(f"jangrad predict gives {len(lines)} rows of {rows}")

    return nothing, run


def outputs_of(net: Any, row: list[float]) -> list[Any]:
    """The outputs of one row, in a list however many there are."""
    outputs = net(row)
    return outputs if isinstance(outputs, list) else [outputs]


def boundary(contender: str) -> Call:
    """A picture of what a network of two inputs says, on 90 x 90 points."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    work = works.moons()
    if contender == "jangrad":
        from jangrad import plot_decision_boundary

        net, X, y = work.net(), work.X.tolist(), work.y.tolist()

        def draw() -> None:
            plot_decision_boundary(net, X, y)
            pyplot.close("all")

        return nothing, draw
    from sklearn.inspection import DecisionBoundaryDisplay
    from sklearn.neural_network import MLPRegressor

    other = MLPRegressor(hidden_layer_sizes=work.sizes[1:-1]).partial_fit(work.X, work.y)

    def display() -> None:
        DecisionBoundaryDisplay.from_estimator(other, work.X, grid_resolution=90)
        pyplot.scatter(*work.X.T, c=work.y)
        pyplot.close("all")

    return nothing, display


# -- training --------------------------------------------------------------------------------------

TRAINERS: dict[str, Callable[[Training], peers.Trainer]] = {
    "jangrad": peers.jangrad_fit,
    "PyTorch": peers.torch,
    "JAX": peers.jax,
    "NumPy": peers.numpy,
}
_EPOCH = 57  # steps of the digits in batches of 32


def training(make: Callable[[], Training], **others: Callable[[Training], Any]) -> dict[str, Maker]:
    """The calls that train on the same batches, which the others have ready.

    After many steps the last digits have grown to differences, so the losses of the first are
    compared, and the parameters where there are no more.
    """

    def call(trainer: Callable[[Training], peers.Trainer]) -> Call:
        work = make()
        reset, run = trainer(work)

        def numbers() -> Any:
            losses, parameters = run()
            if losses is not None:
                return np.asarray(losses, float)[:_EPOCH]
            return {"parameters": parameters() if callable(parameters) else parameters}

        return reset, numbers

    return {name: partial(call, trainer) for name, trainer in (TRAINERS | others).items()}


def in_sklearn_alone(work: Training) -> peers.Trainer:
    """MLPClassifier's `fit`, which shuffles by itself; it has learned the rows at the end."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    epochs = work.steps // _EPOCH
    net = MLPClassifier(
        work.sizes[1:-1],
        batch_size=work.batch_size,
        learning_rate_init=work.rate,
        alpha=0.0,
        max_iter=epochs,
        n_iter_no_change=10**9,
        random_state=0,
    )

    def run() -> tuple[Any, Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            net.fit(work.X, work.y)
        if epochs >= 100 and net.score(work.X, work.y) < 0.99:
            raise ValueError("scikit-learn has not learned the digits")
        return None, []

    return nothing, run


def all_inside(work: Training) -> peers.Trainer:
    """`compile_step(..., per_row=True).run` with `batch_size=`."""
    return stepping(work, lambda step, rows: step.run(rows, steps=work.steps, batch_size=32))


def drawn_in_python(work: Training) -> peers.Trainer:
    """The same with batches that Python draws for each run, by the same rule."""
    return stepping(work, lambda step, rows: step.run(rows, batches=work.batches()))


def stepping(work: Training, steps: Callable[[Any, Any], Any]) -> peers.Trainer:
    """A compiled step of a row's loss on packed rows."""
    from jangrad import compile_step
    from jangrad.nn import LOSSES

    net, loss_of = work.net(), LOSSES[work.loss]
    parameters = net.parameters()
    first = [p.data for p in parameters]
    step = compile_step(
        lambda row, target: loss_of([net(row)], [target]),
        *(parameters, work.optimizer),
        learning_rate=work.rate,
        per_row=True,
    )
    fresh, rows = step.optimizer.state(), step.pack(work.X, work.y)

    def reset() -> None:
        for p, x in zip(parameters, first, strict=True):
            p.data = x
        step.optimizer.load_state(fresh)

    return reset, lambda: (steps(step, rows), [])


def validated(contender: str, *, measured: bool) -> Call:
    """20 epochs on 1,497 digits, and after each the loss of the 300 others or not."""
    work, epochs = works.digits(), 20
    held = work.X[1497:], work.y[1497:]
    work = replace(work, X=work.X[:1497], y=work.y[:1497], steps=20 * 47)
    if contender == "jangrad":
        from jangrad import fit

        net = work.net()
        parameters, first = net.parameters(), work.start().tolist()

        def reset() -> None:
            for p, x in zip(parameters, first, strict=True):
                p.data = x

        def run() -> Any:
            history = fit(
                *(net, work.X, work.y),
                loss=work.loss,
                batch_size=32,
                epochs=epochs,
                validation=held if measured else None,
                progress=False,
                engine="native",
                learning_rate=work.rate,
            )
            return history.validation["loss"] if measured else history.loss[:47]

        return reset, run
    import torch

    torch.set_num_threads(1)
    start = [torch.tensor(p) for pair in work.layers(work.start()) for p in pair]
    model, loss_of = peers.torch_net(work), torch.nn.functional.cross_entropy
    X, y, held_X, held_y = map(torch.tensor, (work.X, work.y, *held))
    batches = [torch.tensor(batch) for batch in work.batches()]

    def put_back() -> None:
        with torch.no_grad():
            for p, x in zip(model.parameters(), start, strict=True):
                p.copy_(x)

    def train() -> Any:
        optimizer = torch.optim.Adam(model.parameters(), lr=work.rate, fused=True)
        losses, figures = [], []
        for k, batch in enumerate(batches, 1):
            optimizer.zero_grad()
            loss = loss_of(model(X[batch]), y[batch])
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
            if measured and k % 47 == 0:
                with torch.no_grad():
                    figures.append(loss_of(model(held_X), held_y))
        return torch.stack(figures if measured else losses[:47]).numpy()

    return put_back, train


def embedding(contender: str) -> Call:
    """`fit` of a table of 1,000 words, 8 numbers each, and a neuron on them; 36,000 rows."""
    draw = np.random.default_rng(0)
    words = draw.integers(0, 1000, 36_000)
    y = draw.normal(size=len(words))
    weights, head, steps = draw.normal(size=(1000, 8)), draw.normal(size=8), 100
    if contender == "jangrad":
        from jangrad import Module, Value, dot, fit, table

        class Words(Module):
            def __init__(self) -> None:
                self.words = [[Value(x) for x in row] for row in weights.tolist()]
                self.head = [Value(x) for x in head.tolist()]

            def __call__(self, row: Any) -> Any:
                return dot(self.head, table(self.words)[row[0]])

        net, X, t = Words(), words[:, None].tolist(), y.tolist()
        parameters = net.parameters()
        first = [p.data for p in parameters]

        def reset() -> None:
            for p, x in zip(parameters, first, strict=True):
                p.data = x

        def run() -> Any:
            return fit(net, X, t, steps=steps, learning_rate=0.01, progress=False).loss

        return reset, run
    import torch

    torch.set_num_threads(1)
    chosen, target = torch.tensor(words), torch.tensor(y)

    def train() -> Any:
        pair = [torch.tensor(w, requires_grad=True) for w in (weights, head)]
        optimizer, losses = torch.optim.Adam(pair, lr=0.01, fused=True), []
        for _ in range(steps):
            optimizer.zero_grad()
            out = torch.nn.functional.embedding(chosen, pair[0]) @ pair[1]
            loss = torch.nn.functional.mse_loss(out, target)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).numpy()

    return nothing, train


def large() -> Training:
    """535,818 parameters: an epoch of 32 steps on 8,192 made-up rows."""
    name, sizes = "535,818 parameters", (784, 512, 256, 10)
    return replace(works.wide(256), name=name, sizes=sizes)


def long_digits() -> Training:
    """100 epochs of the digits."""
    return replace(works.digits(), steps=100 * _EPOCH)


def ten_epochs() -> Training:
    """10 epochs of the digits."""
    return replace(works.digits(), steps=10 * _EPOCH)


def only(calls: dict[str, Maker], *names: str) -> dict[str, Maker]:
    """Those of these contenders."""
    return {name: calls[name] for name in names}


def four_with(trainer: Callable[[Training], peers.Trainer]) -> dict[str, Maker]:
    """The four rows, with this trainer for jangrad."""
    return training(works.four_rows, jangrad=trainer)


both = ("jangrad", "PyTorch")
sklearns: dict[str, Any] = {"scikit-learn": in_sklearn_alone}
wide_arrays = predicting(lambda: replace(works.wide(256), dtype="float64"), "arrays", 100_000)
single: dict[str, Any] = {"allowed": 2e-3, "unit": "ms"}

ROWS: dict[str, Row] = {
    "predict, 1,797 digits, arrays": Row(predicting(works.digits, "arrays")),
    "predict, 1,797 digits, lists": Row(predicting(works.digits, "lists")),
    "predict, one row of the digits": Row(predicting(works.digits, "one"), unit="us"),
    "predict, one of the four rows": Row(predicting(works.four_rows, "one"), unit="us"),
    "predict, 100,000 rows, 784-128-10": Row(wide_arrays, allowed=1e-5),
    "jangrad predict, 50,000 rows": Row({"jangrad": command}, unit="s", children=True),
    "decision boundary, moons": Row(
        {name: partial(boundary, name) for name in ("jangrad", "scikit-learn")}
    ),
    "fit, digits, batch 32, 100 epochs": Row(
        training(long_digits, **sklearns), 100 * _EPOCH, "us a step", 1e-6
    ),
    "fit, digits, batch 32, 1 epoch": Row(training(works.digits, **sklearns), unit="ms"),
    "fit, digits, 20 epochs": Row(
        {name: partial(validated, name, measured=False) for name in both}, allowed=1e-6
    ),
    "fit, digits, 20 epochs, validation": Row(
        {name: partial(validated, name, measured=True) for name in both}, allowed=1e-6
    ),
    "fit, four rows, 1,000 steps": Row(training(works.four_rows)),
    "fit, four rows, 1,000 steps, first call": Row(training(works.four_rows), first=True),
    "step.run, four rows, 1,000 steps": Row(four_with(peers.jangrad), unit="us"),
    "step.run, digits, batches dealt inside": Row(
        training(ten_epochs, jangrad=all_inside), 10 * _EPOCH, "us a step", 1e-6
    ),
    "step.run, digits, batches drawn in Python": Row(
        only(training(ten_epochs, jangrad=drawn_in_python), "jangrad"), 10 * _EPOCH, "us a step"
    ),
    "fit, embedding, 36,000 rows, 100 steps": Row(
        {name: partial(embedding, name) for name in both}, allowed=1e-6, unit="s"
    ),
    "fit, 535,818 parameters, 32 steps": Row(training(large), **single),
    "fit, 535,818 parameters, 32 steps, first call": Row(training(large), first=True, **single),
}
