"""How each contender trains the MLP of a `Training`, and how it predicts.

A trainer is made once for a Training. `reset()` puts the parameters back to the start and is not
timed; `run()` makes all the steps and gives the loss of each (None where recording them would cost
what is not asked of the others) and the parameters at the end, or what collects them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from benchmarks.works import Array, Training, flat

Trainer = tuple[Callable[[], None], Callable[[], tuple[Any, Any]]]
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


class Missing(Exception):
    """Not in this version, not installed, or not a thing this contender does."""


# -- hand-written C --------------------------------------------------------------------------------


def yardstick(work: Training) -> Trainer:
    """The C of `yardsticks/`."""
    from benchmarks.yardsticks import call

    library, parameters = yardstick_library(work), work.start()
    X, losses = np.ascontiguousarray(work.X), np.zeros(work.steps)
    first = parameters.copy()

    def reset() -> None:
        parameters[:] = first

    if work.optimizer == "adam":
        batches = work.batches()
        index = np.concatenate(batches).astype(np.int64)
        starts = np.cumsum([0, *map(len, batches)]).astype(np.int64)
        y: Array = work.y.astype(np.int64)
        data: tuple[Any, ...] = (X, y, index, starts, work.steps, work.rate, BETA1, BETA2, EPSILON)
    else:
        y = work.y.astype(work.dtype)
        rows = (len(X), work.strength) if work.loss == "hinge" else ()
        data = (X, y, *rows, work.rate, work.steps)

    def run() -> tuple[Any, Array]:
        call(library.train, parameters, *data, losses)
        return losses, parameters

    return reset, run


def yardstick_library(work: Training) -> Any:
    """The library of the C for this network."""
    from benchmarks.yardsticks import built

    if work.sizes == (3, 4, 4, 1):
        return built("four_rows")
    if work.sizes == (2, 16, 16, 1):
        return built("moons")
    n_inputs, n_hidden, n_outputs = work.sizes
    return built(
        "mlp",
        NI=n_inputs,
        NH=n_hidden,
        NO=n_outputs,
        MAX_BATCH=work.batch_size,
        REAL="double" if work.dtype == "float64" else "float",
        REAL_BYTES=np.dtype(work.dtype).itemsize,
    )


# -- jangrad ---------------------------------------------------------------------------------------


def jangrad(work: Training) -> Trainer:
    """`compile_step` of a row's loss: all steps in one call."""
    from jangrad import compile_step
    from jangrad.nn import LOSSES, l2_penalty

    net = work.net()
    parameters = net.parameters()
    first = np.array([p.data for p in parameters], work.dtype).tolist()
    loss_of = LOSSES[work.loss]

    def loss(row: Any, target: Any) -> Any:
        found = loss_of([net(row)], [target])
        return found + l2_penalty(parameters, strength=work.strength) if work.strength else found

    step = compile_step(
        *(loss, parameters, work.optimizer),
        learning_rate=work.rate,
        per_row=True,
        dtype=work.dtype,
    )
    batches = None if work.batch_size is None else work.batches()
    how = {"steps": work.steps} if batches is None else {"batches": batches}

    fresh, rows = step.optimizer.state(), step.pack(work.X, work.y)

    def reset() -> None:
        for p, x in zip(parameters, first, strict=True):
            p.data = x
        step.optimizer.load_state(fresh)

    def run() -> tuple[Any, Array]:
        losses = step.run(rows, **how)
        return losses, lambda: [p.data for p in parameters]

    return reset, run


def jangrad_fit(work: Training, engine: str = "native") -> Trainer:
    """`fit`: with checks, shuffling, diagnosis and History."""
    from jangrad import fit
    from jangrad.nn import l2_penalty

    options: dict[str, Any] = {
        "loss": work.loss,
        "optimizer": work.optimizer,
        "learning_rate": work.rate,
        "steps": work.steps,
        "batch_size": work.batch_size,
        "progress": False,
        "engine": engine,
        "dtype": work.dtype if engine == "native" else "float64",
    }
    if work.strength:
        options["penalty"] = partial(l2_penalty, strength=work.strength)
    net = work.net()
    parameters = net.parameters()
    first = np.array([p.data for p in parameters], work.dtype).tolist()
    X, y = work.X, work.y
    if engine == "eager":
        X, y = X.tolist(), y.tolist()

    def reset() -> None:
        for p, x in zip(parameters, first, strict=True):
            p.data = x

    def run() -> tuple[Any, Array]:
        history = fit(net, X, y, **options)
        return history.loss, lambda: [p.data for p in parameters]

    return reset, run


# -- libraries of arrays ---------------------------------------------------------------------------


def numpy(work: Training) -> Trainer:
    """Gradients by hand, as few array operations as the author could."""
    start = work.layers(work.start())
    layers: list[tuple[Array, Array]] = []
    batches = work.batches()
    X, y = work.X, work.y.reshape(len(work.y), -1)

    def reset() -> None:
        layers[:] = [(w.copy(), b.copy()) for w, b in start]

    def run() -> tuple[Any, Array]:
        moments = [[np.zeros_like(p) for p in pair for _ in range(2)] for pair in layers]
        losses = []
        whole = work.batch_size is None
        for k, batch in enumerate(batches, 1):
            inputs, target = (X, y) if whole else (X[batch], y[batch])
            hidden = [inputs]
            for w, b in layers[:-1]:
                hidden.append(np.maximum(hidden[-1] @ w.T + b, 0))
            out = hidden[-1] @ layers[-1][0].T + layers[-1][1]
            loss, grad = _numpy_loss(work, out, target)
            if work.strength:
                loss += work.strength * sum(
                    (p.ravel() @ p.ravel()) for pair in layers for p in pair
                )
            losses.append(loss)
            for i in reversed(range(len(layers))):
                w, b = layers[i]
                gradients = grad.T @ hidden[i], grad.sum(0)
                if i:
                    grad = (grad @ w) * (hidden[i] > 0)
                if work.optimizer == "adam":
                    _numpy_adam((w, b), gradients, moments[i], work.rate, k)
                else:
                    for p, g in zip((w, b), gradients, strict=True):
                        p -= work.rate * (g + 2 * work.strength * p if work.strength else g)
        return losses, flat(layers)

    return reset, run


def _numpy_loss(work: Training, out: Array, target: Array) -> tuple[Any, Array]:
    n = len(out)
    if work.loss == "squared_error":
        e = out - target
        return (e * e).mean(), e * (2 / n)
    if work.loss == "hinge":
        margin = 1 - target * out
        return np.maximum(margin, 0).mean(), np.where(margin > 0, -target / n, 0)
    e = np.exp(out - out.max(1, keepdims=True))
    total = e.sum(1, keepdims=True)
    e /= total
    rows = np.arange(n)
    loss = -np.log(e[rows, target[:, 0]]).mean()
    e[rows, target[:, 0]] -= 1
    return loss, e / e.dtype.type(n)


def _numpy_adam(pair: Any, gradients: Any, moments: list[Array], rate: float, k: int) -> None:
    for p, g, m, v in zip(pair, gradients, moments[::2], moments[1::2], strict=True):
        m *= BETA1
        m += (1 - BETA1) * g
        v *= BETA2
        v += (1 - BETA2) * g * g
        p -= rate / (1 - BETA1**k) * m / (np.sqrt(v) * (1 - BETA2**k) ** -0.5 + EPSILON)


def torch(work: Training) -> Trainer:
    """nn.Linear and the fused optimiser, on one thread; the penalty as weight decay."""
    import torch

    torch.set_num_threads(1)
    dtype = getattr(torch, work.dtype)
    start = [torch.tensor(p) for pair in work.layers(work.start()) for p in pair]
    net = torch_net(work)
    X = torch.tensor(work.X, dtype=dtype)
    y = torch.tensor(work.y) if "softmax" in work.loss else torch.tensor(work.y, dtype=dtype)
    batches = [torch.tensor(batch) for batch in work.batches()]
    losses: dict[str, Callable[[Any, Any], Any]] = {
        "squared_error": lambda out, t: torch.nn.functional.mse_loss(out[:, 0], t),
        "hinge": lambda out, t: (1 - t * out[:, 0]).relu().mean(),
        "softmax_cross_entropy": torch.nn.functional.cross_entropy,
    }
    loss_of, decay = losses[work.loss], 2 * work.strength

    def reset() -> None:
        with torch.no_grad():
            for p, x in zip(net.parameters(), start, strict=True):
                p.copy_(x)

    def run() -> tuple[Any, Array]:
        make = torch.optim.Adam if work.optimizer == "adam" else torch.optim.SGD
        optimizer = make(net.parameters(), lr=work.rate, fused=True, weight_decay=decay)
        found = []
        for batch in batches:
            inputs, target = (X, y) if work.batch_size is None else (X[batch], y[batch])
            optimizer.zero_grad()
            loss = loss_of(net(inputs), target)
            loss.backward()
            optimizer.step()
            found.append(loss.detach())
        arrays = [p.detach().numpy() for p in net.parameters()]
        ends = flat(list(zip(arrays[::2], arrays[1::2], strict=True)))
        return (None if decay else torch.stack(found).numpy()), ends

    return reset, run


def torch_net(work: Training) -> Any:
    """The MLP of nn.Linear and nn.ReLU, with the parameters of the start."""
    import torch

    pairs = zip(work.sizes, work.sizes[1:], strict=False)
    dtype = getattr(torch, work.dtype)
    modules: list[Any] = []
    for n_in, n_out in pairs:
        modules += [torch.nn.Linear(n_in, n_out, dtype=dtype), torch.nn.ReLU()]
    net = torch.nn.Sequential(*modules[:-1])
    start = [torch.tensor(p) for pair in work.layers(work.start()) for p in pair]
    with torch.no_grad():
        for p, x in zip(net.parameters(), start, strict=True):
            p.copy_(x)
    return net


def jax(work: Training) -> Trainer:
    """The whole loop in one `fori_loop`, compiled; a short last batch is filled up and masked."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", work.dtype == "float64")
    start = jax.tree.map(jnp.asarray, work.layers(work.start()))
    X, y = jnp.asarray(work.X), jnp.asarray(work.y)
    batches = work.batches()
    most = max(map(len, batches))
    index = jnp.asarray([np.resize(batch, most) for batch in batches])
    share = jnp.asarray(
        [(np.arange(most) < len(batch)) / len(batch) for batch in batches], work.dtype
    )

    def loss_of(layers: Any, inputs: Any, target: Any, weight: Any) -> Any:
        h = inputs
        for w, b in layers[:-1]:
            h = jax.nn.relu(h @ w.T + b)
        out = h @ layers[-1][0].T + layers[-1][1]
        if work.loss == "softmax_cross_entropy":
            each = -jnp.take_along_axis(jax.nn.log_softmax(out), target[:, None], 1)[:, 0]
        elif work.loss == "hinge":
            each = jax.nn.relu(1 - target * out[:, 0])
        else:
            each = (out[:, 0] - target) ** 2
        penalty = work.strength * sum((p * p).sum() for pair in layers for p in pair)
        return (each * weight).sum() + (penalty if work.strength else 0)

    def step(k: Any, state: Any) -> Any:
        layers, m, v, losses = state
        rows = index[k]
        data = (X, y) if work.batch_size is None else (X[rows], y[rows])
        loss, g = jax.value_and_grad(loss_of)(layers, *data, share[k])
        if work.optimizer == "adam":
            m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
            v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
            c1 = -work.rate / jnp.expm1((k + 1) * np.log(BETA1))
            c2 = (-jnp.expm1((k + 1) * np.log(BETA2))) ** -0.5
            move = jax.tree.map(lambda m, v: c1 * m / (jnp.sqrt(v) * c2 + EPSILON), m, v)
        else:
            move = jax.tree.map(lambda g: work.rate * g, g)
        layers = jax.tree.map(lambda p, d: (p - d).astype(p.dtype), layers, move)
        return layers, m, v, losses.at[k].set(loss)

    @jax.jit
    def whole(layers: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, layers)
        state = layers, zeros, zeros, jnp.zeros(work.steps, work.dtype)
        layers, _, _, losses = jax.lax.fori_loop(0, work.steps, step, state)
        return layers, losses

    def run() -> tuple[Any, Array]:
        layers, losses = jax.block_until_ready(whole(start))
        return np.asarray(losses), flat(jax.tree.map(np.asarray, layers))

    return lambda: None, run


# -- peers of scalars, and scikit-learn ------------------------------------------------------------


def micrograd(work: Training, *, collector: bool = True) -> Trainer:
    """micrograd as shipped, or with Python's garbage collector off."""
    from micrograd import nn

    net = nn.MLP(work.sizes[0], list(work.sizes[1:]))
    rows = [row for layer in net.layers for n in layer.neurons for row in (*n.w, n.b)]
    first, X, y = work.start().tolist(), work.X.tolist(), work.y.tolist()

    def reset() -> None:
        if not collector:
            gc.collect()
            gc.disable()
        for p, x in zip(rows, first, strict=True):
            p.data = x

    def run() -> tuple[Any, Array]:
        losses = []
        for _ in range(work.steps):
            outputs = [net(row) for row in X]
            if work.loss == "hinge":
                each = [(1 + -t * z).relu() for z, t in zip(outputs, y, strict=True)]
            else:
                each = [(z - t) ** 2 for z, t in zip(outputs, y, strict=True)]
            loss = sum(each) * (1.0 / len(each))
            if work.strength:
                loss = loss + work.strength * sum(p * p for p in net.parameters())
            net.zero_grad()
            loss.backward()
            for p in net.parameters():
                p.data -= work.rate * p.grad
            losses.append(loss.data)
        return losses, np.array([p.data for p in rows])

    return reset, run


def sklearn(work: Training) -> Trainer:
    """MLPClassifier on the rows in the order of the batches; it gives one loss for the epoch."""
    from sklearn.neural_network import MLPClassifier

    batches = work.batches()
    order = np.concatenate(batches)
    X, y = work.X[order], work.y[order]
    start = work.layers(work.start())
    net = MLPClassifier(
        work.sizes[1:-1],
        batch_size=work.batch_size,
        learning_rate_init=work.rate,
        alpha=0.0,
        shuffle=False,
        max_iter=1,
        n_iter_no_change=10**9,
    )
    net.partial_fit(X, y, classes=np.unique(work.y))

    def reset() -> None:
        net.coefs_[:] = [np.array(w.T, order="C") for w, _ in start]
        net.intercepts_[:] = [b.copy() for _, b in start]
        net.__dict__.pop("_optimizer", None)  # partial_fit makes a new one, with moments of 0

    def run() -> tuple[Any, Array]:
        net.partial_fit(X, y)
        pairs = zip(net.coefs_, net.intercepts_, strict=True)
        return None, flat([(w.T, b) for w, b in pairs])

    return reset, run


TRAINERS: dict[str, Callable[[Training], Trainer]] = {
    "yardstick": yardstick,
    "jangrad": jangrad,
    "jangrad, fit": jangrad_fit,
    "jangrad, eager": partial(jangrad_fit, engine="eager"),
    "numpy": numpy,
    "PyTorch": torch,
    "JAX, fori_loop": jax,
    "scikit-learn": sklearn,
    "micrograd": micrograd,
    "micrograd, collector off": partial(micrograd, collector=False),
}

# -- prediction ------------------------------------------------------------------------------------

Predict = Callable[[], Array]


def predictor(contender: str, work: Training, X: Array) -> Predict:
    """What gives the outputs, shape (rows, outputs), for all rows of X."""
    layers = work.layers(work.start())
    if contender == "yardstick":
        from benchmarks.yardsticks import call

        library, parameters = yardstick_library(work), work.start()
        out = np.zeros((len(X), work.sizes[-1]), work.dtype)

        def in_c() -> Array:
            call(library.predict, parameters, X, len(X), out)
            return out

        return in_c
    if contender == "jangrad":
        import jangrad as package

        options = {"dtype": "float32"} if work.dtype == "float32" else {}
        compiled = package.jit(work.net(), **options)
        return lambda: np.asarray(compiled.map(X))
    if contender == "numpy":

        def in_numpy() -> Array:
            h = X
            for w, b in layers[:-1]:
                h = h @ w.T
                h += b
                np.maximum(h, 0, out=h)
            return h @ layers[-1][0].T + layers[-1][1]

        return in_numpy
    if contender == "PyTorch":
        import torch

        torch.set_num_threads(1)
        net, inputs = torch_net(work), torch.tensor(X)

        def in_torch() -> Array:
            with torch.inference_mode():
                return net(inputs).numpy()

        return in_torch
    raise Missing
