"""`sweep` beside C written by hand, JAX and micrograd: every rate from every seed.

    python benchmarks/sweeps.py

Two works, full batches, gradient descent, double precision, one pinned core:

- four rows: MLP(3, [4, 4, 1]), relu, squared error, 64 rates from 64 seeds, 1,000 steps
- moons: MLP(2, [16, 16, 1]), relu, hinge loss, 100 rows, 16 rates from 16 seeds, 100 steps

jangrad's figures are those of the whole public call, which draws the weights, follows which copies
diverge or die, and keeps a hundred losses of each; `steps` is what the steps alone take. C has a
copy in each lane too (`yardsticks/sweep.c`), and makes the steps alone. JAX is `vmap` over `vmap`
of a `fori_loop` over `grad`, compiled as a whole. Seconds of processor time, the least of some
rounds; `first` is the first call with no machine code kept, imports not counted. The losses of
trainings that did not end early are compared before a time is taken. micrograd makes a few steps of
one training; what all of them would take is extrapolated from the quickest.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from timing import NotInstalled, in_a_process, pin

ROUNDS = 15
WORKS: dict[str, dict[str, Any]] = {
    "four rows": {
        "sizes": (3, [4, 4, 1]),
        "loss": "squared_error",
        "steps": 1000,
        "side": 64,
        "micrograd steps": 50,
    },
    "moons": {
        "sizes": (2, [16, 16, 1]),
        "loss": "hinge",
        "steps": 100,
        "side": 16,
        "micrograd steps": 5,
    },
}


def data(work: str) -> tuple[Any, Any]:
    from jangrad.datasets import four_rows, moons

    X, y = four_rows() if work == "four rows" else moons(100, seed=1)
    return np.array(X), np.array(y)


def rates(work: str) -> Any:
    return np.geomspace(1e-3, 0.05, WORKS[work]["side"])


def starts(work: str) -> Any:
    """The weights of each seed, in jangrad's order."""
    from jangrad import MLP

    n_inputs, widths = WORKS[work]["sizes"]
    seeds = range(WORKS[work]["side"])
    nets = [MLP(n_inputs, widths, seed=seed) for seed in seeds]
    return np.array([[p.data for p in net.parameters()] for net in nets])


def by_jangrad(work: str) -> Callable[[], Any]:
    """The whole call; the losses of the last step."""
    from jangrad import MLP, sweep

    about, (X, y), tried = WORKS[work], data(work), rates(work)
    options = {"steps": about["steps"], "loss": about["loss"], "optimizer": "sgd"}

    def run() -> Any:
        net = MLP(*about["sizes"])
        return sweep(net, X, y, rates=tried, seeds=about["side"], progress=False, **options).loss

    return run


def by_c(work: str) -> Callable[[], Any]:
    from yardsticks import HERE, built, call

    assert work == "four rows", HERE
    library, (X, y) = built("sweep"), data(work)
    lanes = 8 if "avx512f" in Path("/proc/cpuinfo").read_text() else 4
    tried, first = rates(work), starts(work)
    steps, copies = WORKS[work]["steps"], len(tried) * len(first)
    each = np.repeat(tried, len(first))
    laid = np.tile(first, (len(tried), 1)).reshape(-1, lanes, 41).transpose(0, 2, 1)
    losses = np.empty((steps, copies))

    def run() -> Any:
        parameters = _aligned(laid)
        call(library.sweep, parameters, X, y, _aligned(each), copies // lanes, steps, losses)
        return losses[-1].reshape(len(tried), -1)

    return run


def _aligned(numbers: Any) -> Any:
    spare = np.empty(numbers.size + 8)
    start = -spare.ctypes.data % 64 // 8
    spare[start : start + numbers.size] = numbers.ravel()
    return spare[start : start + numbers.size]


def by_jax(work: str) -> Callable[[], Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    X, y = data(work)
    n_inputs, widths = WORKS[work]["sizes"]
    steps = WORKS[work]["steps"]
    sizes = [n_inputs, *widths]

    def loss(p: Any) -> Any:
        signals, at = X, 0
        for k, (n_in, n_out) in enumerate(zip(sizes, widths, strict=False)):
            layer = p[at : at + n_out * (n_in + 1)].reshape(n_out, n_in + 1)
            signals, at = signals @ layer[:, :-1].T + layer[:, -1], at + layer.size
            signals = jnp.maximum(signals, 0.0) if k + 1 < len(widths) else signals
        if WORKS[work]["loss"] == "hinge":
            return jnp.mean(jnp.maximum(0.0, 1.0 - y * signals[:, 0]))
        return jnp.mean((signals[:, 0] - y) ** 2)

    def train(rate: Any, p: Any) -> Any:
        def step(k: Any, held: Any) -> Any:
            found, slope = jax.value_and_grad(loss)(held[0])
            return held[0] - rate * slope, found

        return jax.lax.fori_loop(0, steps, step, (p, jnp.float64(0.0)))[1]

    every = jax.jit(jax.vmap(jax.vmap(train, (None, 0)), (0, None)))
    tried, first = rates(work), starts(work)
    return lambda: np.asarray(every(tried, first))


def by_micrograd(work: str) -> tuple[int, float]:
    """How many steps of one training were made, and the seconds of one."""
    from micrograd import nn

    from jangrad import MLP, sweep

    about, (X, y), rate = WORKS[work], data(work), float(rates(work)[-1])
    n_inputs, widths = about["sizes"]
    net = nn.MLP(n_inputs, widths)
    for p, x in zip(net.parameters(), starts(work)[0], strict=True):
        p.data = x
    # Of a neuron micrograd gives the weights first and the bias last, as jangrad does.
    rows, targets = X.tolist(), y.tolist()
    losses, least, steps = [], float("inf"), about["micrograd steps"]
    for _ in range(steps):
        start = time.process_time()
        outputs = [net(row) for row in rows]
        if about["loss"] == "hinge":
            each = [(1 + -t * z).relu() for z, t in zip(outputs, targets, strict=True)]
        else:
            each = [(z - t) ** 2 for z, t in zip(outputs, targets, strict=True)]
        loss = sum(each) * (1.0 / len(each))
        net.zero_grad()
        loss.backward()
        for p in net.parameters():
            p.data -= rate * p.grad
        least = min(least, time.process_time() - start)
        losses.append(loss.data)
    ours = sweep(MLP(*about["sizes"]), X, y, rates=[rate], seeds=[0], steps=steps,
                 loss=about["loss"], optimizer="sgd", progress=False)  # fmt: skip
    assert np.allclose(ours.losses[:, 0, 0], losses, rtol=1e-9), "the trainings differ"
    return steps, least


CONTENDERS = {"jangrad": by_jangrad, "C": by_c, "JAX": by_jax}


def timed(names: list[str], work: str) -> dict[str, Any]:
    """First and later seconds of each contender, in turns, and what they come to."""
    pin()
    runs, first, least, ends = {}, {}, {}, {}
    for name in names:
        runs[name] = CONTENDERS[name](work)
        start = time.process_time()
        ends[name] = runs[name]()
        first[name] = time.process_time() - start
        least[name] = float("inf")
    with steps_watched() as spent:
        for _ in range(ROUNDS):
            for name, run in runs.items():
                spent[0], start = 0.0, time.process_time()
                run()
                least[name] = min(least[name], time.process_time() - start)
                if name == "jangrad":
                    least["steps"] = min(least.get("steps", spent[0]), spent[0])
    if "jangrad" in names:
        ours = ends["jangrad"]
        for theirs in ends.values():
            compared = np.isfinite(ours) & (ours > 1e-9)
            near = np.isclose(theirs, ours, rtol=1e-6)[compared]
            assert near.mean() > 0.7, "the trainings differ"  # others are dead, or chaotic
    return {"first": first, "later": least}


@contextmanager
def steps_watched() -> Iterator[list[float]]:
    """Seconds that machine code has spent on the steps of sweeps, in a list of one."""
    from jangrad.train.compiled.side_by_side import SideBySide
    from jangrad.train.compiled.trainer import Trainer

    spent = [0.0]
    kinds: list[tuple[Any, str]] = [(SideBySide, "run"), (Trainer, "_run")]
    before = [getattr(kind, name) for kind, name in kinds]

    def watched(real: Any) -> Any:
        def run(*given: Any) -> Any:
            start = time.process_time()
            found = real(*given)
            spent[0] += time.process_time() - start
            return found

        return run

    for (kind, name), real in zip(kinds, before, strict=True):
        setattr(kind, name, watched(real))
    yield spent
    for (kind, name), real in zip(kinds, before, strict=True):
        setattr(kind, name, real)


def main() -> None:
    if sys.argv[1:3] == ["--one", "micrograd"]:
        pin()
        print(json.dumps(by_micrograd(sys.argv[3])))
        return
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(timed(sys.argv[3].split(","), sys.argv[2])))
        return
    print(f"{'':24}{'first':>10}{'later':>10}{'ns a step':>12}   seconds")
    for work, about in WORKS.items():
        count = about["side"] ** 2 * about["steps"]
        together = ["jangrad,C", "JAX"] if work == "four rows" else ["jangrad", "JAX"]
        later: dict[str, float] = {}
        for names in together:
            with TemporaryDirectory() as folder:
                try:
                    found = in_a_process(__file__, work, names, JANGRAD_CACHE=folder)
                except NotInstalled as missing:
                    print(f"{work:12}{names:12}needs {missing}")
                    continue
            later |= found["later"]
            for name, seconds in found["later"].items():
                first = f"{found['first'][name]:10.2f}" if name in found["first"] else " " * 10
                print(f"{work:12}{name:12}{first}{seconds:10.3f}{seconds / count * 1e9:12.1f}")
        if "C" in later:
            print(f"{work:12}steps / C    {later['steps'] / later['C']:.2f}"
                  f"   whole call / C   {later['jangrad'] / later['C']:.2f}")  # fmt: skip
        if "JAX" in later:
            print(f"{work:12}JAX / whole call   {later['JAX'] / later['jangrad']:.1f}")
        try:
            steps, seconds = in_a_process(__file__, "micrograd", work)
        except NotInstalled as missing:
            print(f"{work:12}{'micrograd':12}needs {missing}")
            continue
        print(f"{work:12}micrograd   {'':10}{seconds * count:10.0f}{seconds * 1e9:12.0f}"
              f"   extrapolated from {steps} steps of {count:,}")  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    main()
