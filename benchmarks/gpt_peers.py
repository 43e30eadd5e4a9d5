"""How each contender trains the GPT in scalars: Adam, one name a step. See `peers.py`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from benchmarks.peers import EPSILON, Trainer
from benchmarks.works import Array, names

RATE, BETA1, BETA2 = 0.01, 0.85, 0.99
SHAPES = (27, 16), (16, 16), *[(16, 16)] * 4, (64, 16), (16, 64), (27, 16)


@dataclass(frozen=True)
class Names:
    """One name a step."""

    name: str
    names: tuple[tuple[int, ...], ...]

    @property
    def steps(self) -> int:
        return len(self.names)

    def shorter(self, steps: int) -> Names:
        """The same, for slow contenders."""
        return replace(self, names=self.names[:steps])

    def start(self) -> Array:
        """All parameters at the start."""
        return _start().copy()


def of_all_lengths() -> Names:
    """W3: 300 first names."""
    return Names("scalar GPT", tuple(map(tuple, names(300))))


def of_seven() -> Names:
    """W3 with names of six letters: seven tokens to foresee."""
    return Names("scalar GPT, 7 tokens", tuple(map(tuple, names(300, letters=6))))


@cache
def _start() -> Array:
    from tests.compiler.programs.gpt import GPT

    return np.array([p.data for p in GPT().parameters])


def matrices(parameters: Array) -> list[Array]:
    """The flat parameters as matrices."""
    ends = np.cumsum([a * b for a, b in SHAPES])[:-1]
    parts = np.split(parameters, ends)
    return [part.reshape(shape).copy() for part, shape in zip(parts, SHAPES, strict=True)]


def yardstick(work: Names) -> Trainer:
    """The C of `yardsticks/`."""
    from benchmarks.yardsticks import built, call

    library, parameters, losses = built("gpt"), work.start(), np.zeros(work.steps)
    tokens = np.array([t for name in work.names for t in name], dtype=np.int64)
    starts = np.cumsum([0, *map(len, work.names)]).astype(np.int64)

    def reset() -> None:
        parameters[:] = _start()

    def run() -> tuple[Any, Array]:
        options = (RATE, BETA1, BETA2, EPSILON)
        call(library.train, parameters, tokens, starts, work.steps, *options, losses)
        return losses, parameters

    return reset, run


def jangrad(work: Names) -> Trainer:
    """Plain loops over Values, compiled; the one place that names the call."""
    from tests.compiler.programs.gpt import GPT

    from jangrad import compile_step
    from jangrad.train import Adam

    model = GPT()
    parameters = model.parameters
    documents = [(list(name),) for name in work.names]
    step = compile_step(model.loss, parameters, Adam(parameters, RATE, beta1=BETA1, beta2=BETA2))
    fresh = step.optimizer.state()
    packed: list[Any] = []

    def reset() -> None:
        for p, x in zip(parameters, _start().tolist(), strict=True):
            p.data = x
        step.optimizer.load_state(fresh)

    def run() -> tuple[Any, Array]:
        if not packed:  # the first call compiles
            packed.append(step.pack(documents))
        losses = step.run(packed[0])
        return losses, lambda: [p.data for p in parameters]

    return reset, run


def scalars(work: Names, kind: str, *, collector: bool = True) -> Trainer:
    """The script with its own Value class, or with jangrad's eager one."""
    from tests.scalar_gpt import GPT, OwnValue

    from jangrad import Value

    model = GPT(Value if kind == "jangrad" else OwnValue, vocabulary=27, context=16)
    parameters = model.parameters

    def reset() -> None:
        if not collector:
            gc.collect()
            gc.disable()
        for p, x in zip(parameters, _start().tolist(), strict=True):
            p.data = x

    def run() -> tuple[Any, Array]:
        losses = by_script(model.loss, parameters, work.names, [RATE] * len(work.names))
        return losses, np.array([p.data for p in parameters])

    return reset, run


def by_script(
    loss_of: Callable[[Any], Any],
    parameters: Sequence[Any],
    names: Sequence[Any],
    rates: Sequence[float],
) -> list[float]:
    """The losses of one name a step, by the formulas of Adam on numbers that remember."""
    m, v, losses = [0.0] * len(parameters), [0.0] * len(parameters), []
    for k, (name, rate) in enumerate(zip(names, rates, strict=True), 1):
        for p in parameters:
            p.grad = 0
        loss = loss_of(name)
        loss.backward()
        losses.append(loss.data)
        for i, p in enumerate(parameters):
            m[i] = BETA1 * m[i] + (1 - BETA1) * p.grad
            v[i] = BETA2 * v[i] + (1 - BETA2) * p.grad**2
            root = (v[i] / (1 - BETA2**k)) ** 0.5
            p.data -= rate * (m[i] / (1 - BETA1**k)) / (root + EPSILON)
    return losses


def torch(work: Names) -> Trainer:
    """Batched matrix products and the fused Adam, on one thread."""
    import torch
    from tests.compiler.programs.gpt import in_torch

    torch.set_num_threads(1)
    start = [torch.tensor(x) for x in matrices(_start())]
    parameters = [x.clone().requires_grad_() for x in start]
    documents = [torch.tensor(name) for name in work.names]

    def reset() -> None:
        with torch.no_grad():
            for p, x in zip(parameters, start, strict=True):
                p.copy_(x)

    def run() -> tuple[Any, Array]:
        optimizer = torch.optim.Adam(parameters, RATE, (BETA1, BETA2), EPSILON, fused=True)
        losses = []
        for tokens in documents:
            optimizer.zero_grad()
            loss = in_torch(parameters, tokens)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        ends = np.concatenate([p.detach().numpy().ravel() for p in parameters])
        return torch.stack(losses).numpy(), ends

    return reset, run


def jax(work: Names) -> Trainer:
    """All steps in one compiled `scan`; names are filled up to the longest and masked."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    start = [jnp.asarray(x) for x in matrices(_start())]
    lengths = np.array([len(name) - 1 for name in work.names])
    most = int(lengths.max())
    tokens = jnp.asarray([[*name, *[0] * (most + 1 - len(name))] for name in work.names])
    share = jnp.asarray((np.arange(most) < lengths[:, None]) / lengths[:, None])
    later = jnp.triu(jnp.ones((most, most), bool), 1)

    def norm(x: Any) -> Any:
        return x * jax.lax.rsqrt((x * x).mean(1, keepdims=True) + 1e-5)

    def loss_of(parameters: Any, tokens: Any, share: Any) -> Any:
        letters, places, query, key, value, out, up, down, head = parameters
        before = norm(letters[tokens[:-1]] + places[:most])
        x = norm(before)
        q, k, v = ((x @ w.T).reshape(most, 4, 4).transpose(1, 0, 2) for w in (query, key, value))
        scores = jnp.where(later, -jnp.inf, q @ k.transpose(0, 2, 1) / 2)
        joined = (jax.nn.softmax(scores) @ v).transpose(1, 0, 2).reshape(most, 16)
        before = joined @ out.T + before
        x = jax.nn.relu(norm(before) @ up.T) @ down.T + before
        each = jnp.take_along_axis(jax.nn.log_softmax(x @ head.T), tokens[1:, None], 1)[:, 0]
        return -(each * share).sum()

    def step(state: Any, name: Any) -> Any:
        parameters, m, v, k = state
        loss, g = jax.value_and_grad(loss_of)(parameters, *name)
        m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
        v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
        rate, root = RATE / (1 - BETA1**k), (1 - BETA2**k) ** -0.5
        parameters = jax.tree.map(
            lambda p, m, v: p - rate * m / (jnp.sqrt(v) * root + EPSILON), parameters, m, v
        )
        return (parameters, m, v, k + 1), loss

    @jax.jit
    def whole(parameters: Any) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        return jax.lax.scan(step, (parameters, zeros, zeros, 1.0), (tokens, share))

    def run() -> tuple[Any, Array]:
        (parameters, *_), losses = jax.block_until_ready(whole(start))
        return np.asarray(losses), np.concatenate([np.asarray(p).ravel() for p in parameters])

    return lambda: None, run


TRAINERS: dict[str, Callable[[Names], Trainer]] = {
    "yardstick": yardstick,
    "jangrad": jangrad,
    "jangrad, eager": partial(scalars, kind="jangrad"),
    "PyTorch": torch,
    "JAX, scan": jax,
    "script": partial(scalars, kind="own"),
    "script, collector off": partial(scalars, kind="own", collector=False),
}
