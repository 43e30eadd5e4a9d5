"""The eager engine beside its peers, on one pinned core, each in a process of its own.

    python benchmarks/engine.py            all works and all peers that are installed
    python benchmarks/engine.py moons      one work

Every engine computes the same numbers first, checked against jangrad's to 1e-9; then the best of
several rounds is taken, in seconds of the processor, which other programs do not lengthen; with
Python's collector as Python ships it unless the row says otherwise.
"interpreter" runs the same loops on plain floats: what no engine called from them can go below.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

SCALARS = ("jangrad", "micrograd", "micrograd, collector off")
# (work, engine it is compared with, times faster at least)
FLOORS = {
    ("moons", "micrograd"): 250,
    ("moons", "micrograd, collector off"): 20,
    ("chain", "micrograd, collector off"): 18,
    ("dot", "micrograd, collector off"): 20,
    ("gpt", "own class"): 8,
}
CHAIN, DOT, SAMPLES, SLOPE = 10_000, 1_000, 100, 1.0001

Run = Callable[[], tuple[float, float]]  # one round; gives the value and one gradient


def value_class(engine: str) -> Any:
    """The scalar class of an engine."""
    if engine == "jangrad":
        return importlib.import_module("jangrad").Value
    if engine == "own class":
        return importlib.import_module("tests.scalar_gpt").OwnValue
    if engine == "interpreter":
        return float
    return importlib.import_module("micrograd.engine").Value


def chain_of(x: Any) -> Any:
    """10,000 mixed + and *."""
    y = x
    for _ in range(CHAIN // 2):
        y = y * SLOPE
        y = y + x
    return y


def dot_of(a: list[Any], b: list[Any]) -> Any:
    """A dot product as one writes it."""
    return sum(p * q for p, q in zip(a, b, strict=True))


def chain(engine: str) -> Run:
    """Build and backward of the chain."""
    if engine in ("torch", "jax", "autograd"):
        return array_peer(engine, lambda x: chain_of(x[0]), [0.5])
    Value = value_class(engine)

    def run() -> tuple[float, float]:
        x = Value(0.5)
        return finish(chain_of(x), x)

    return run


def dot(engine: str) -> Run:
    """Build and backward of the dot product; the numbers are made once."""
    numbers = [0.01 * k for k in range(2 * DOT)]
    if engine in ("torch", "jax", "autograd"):
        return array_peer(engine, lambda x: dot_of(x[:DOT], x[DOT:]), numbers)
    Value = value_class(engine)
    a, b = [Value(x) for x in numbers[:DOT]], [Value(x) for x in numbers[DOT:]]

    def run() -> tuple[float, float]:
        if engine != "interpreter":
            a[0].grad = 0.0
        return finish(dot_of(a, b), a[0])

    return run


def moons(engine: str) -> Run:
    """A step of micrograd's demo: 100 samples, MLP(2, [16, 16, 1]), hinge and L2."""
    from jangrad.datasets import moons as make

    X, y = make(SAMPLES, seed=1)
    Value = value_class(engine)
    package = "micrograd" if engine.startswith("micrograd") else "jangrad.micrograd"
    nn = importlib.import_module(f"{package}.nn")
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])
    parameters = model.parameters()
    if engine == "interpreter":
        for layer in model.layers:
            for neuron in layer.neurons:
                neuron.w, neuron.b, neuron.nonlin = [w.data for w in neuron.w], 0.0, False
        parameters = [w for layer in model.layers for n in layer.neurons for w in (*n.w, n.b)]

    def run() -> tuple[float, float]:
        inputs = [list(map(Value, row)) for row in X]
        scores = list(map(model, inputs))
        losses: list[Any] = [1 + -yi * score for yi, score in zip(y, scores, strict=True)]
        if engine != "interpreter":
            losses = [loss.relu() for loss in losses]
        total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in parameters)
        if engine == "interpreter":
            return float(total), 0.0
        model.zero_grad()
        total.backward()
        gradient = parameters[0].grad
        for p in parameters:
            p.data -= 0.0 * p.grad  # the update's work, but the same numbers in each round
        return total.data, gradient

    return run


def gpt(engine: str) -> Run:
    """Loss and gradients of a GPT in scalars on one name."""
    from tests.scalar_gpt import GPT

    Value = value_class(engine)
    model = GPT(Value, vocabulary=27)
    name = [26, 4, 12, 12, 0, 11, 24, 26]

    def run() -> tuple[float, float]:
        for p in model.parameters:
            p.grad = 0
        return finish(model.loss(name), model.parameters[-1])

    return run


def array_peer(engine: str, f: Callable[[Any], Any], numbers: list[float]) -> Run:
    """The same function of scalars in a library of arrays."""
    if engine == "torch":
        torch = importlib.import_module("torch")
        leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]

        def run_torch() -> tuple[float, float]:
            for leaf in leaves:
                leaf.grad = None
            out = f(leaves)
            out.backward()
            return out.item(), leaves[0].grad.item()

        return run_torch
    if engine == "jax":
        jax = importlib.import_module("jax")
        jax.config.update("jax_enable_x64", True)
        make: Callable[[float], Any] = jax.numpy.float64
        value_and_grad = jax.value_and_grad(f)
    else:
        make = float
        value_and_grad = importlib.import_module("autograd").value_and_grad(f)
    inputs = [make(x) for x in numbers]

    def run() -> tuple[float, float]:
        out, gradients = value_and_grad(inputs)
        return float(out), float(gradients[0])

    return run


def finish(root: Any, leaf: Any) -> tuple[float, float]:
    """Backward, and what it gave; plain floats have none."""
    if isinstance(root, float):
        return root, 0.0
    root.backward()
    return root.data, leaf.grad


WORKS = {"moons": moons, "chain": chain, "dot": dot, "gpt": gpt}
ARRAYS = ("torch", "jax", "autograd")
ENGINES = {
    "moons": (*SCALARS, "interpreter"),
    "chain": (*SCALARS, *ARRAYS, "interpreter"),
    "dot": (*SCALARS, *ARRAYS, "interpreter"),
    "gpt": ("jangrad", "own class"),
}


def measure(work: str, engine: str) -> dict[str, float]:
    """The best of several rounds, in seconds, with the numbers of one."""
    run = WORKS[work](engine)
    value, gradient = run()
    if engine.endswith("collector off"):
        gc.collect()
        gc.disable()
    best, spent, rounds = float("inf"), 0.0, 0
    while rounds < 3 or (spent < 2.0 and rounds < 300):
        start = time.process_time()
        run()
        took = time.process_time() - start
        best, spent, rounds = min(best, took), spent + took, rounds + 1
    return {"seconds": best, "value": value, "gradient": gradient}


def in_a_process(work: str, engine: str) -> dict[str, float] | None:
    """The figures of one engine; None where it is not installed."""
    command = [sys.executable, __file__, "--one", work, engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if not done.stdout:  # a thread that dies does not make the process fail
        if "ModuleNotFoundError" in done.stderr:
            return None
        raise RuntimeError(done.stderr)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def one(work: str, engine: str) -> None:
    """In the child: measure on a pinned core, with a stack deep enough for recursive peers."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(1 << 29)
    thread = threading.Thread(target=lambda: print(json.dumps(measure(work, engine))))
    thread.start()
    thread.join()


def check(work: str, engine: str, found: dict[str, float], ours: dict[str, float]) -> None:
    """Refuse to compare the speed of different numbers."""
    for name in ("value", "gradient"):
        if abs(found[name] - ours[name]) > 1e-9 * max(1.0, abs(ours[name])):
            raise ValueError(f"{work}: {engine} gives {found[name]} as {name}, not {ours[name]}")


def import_time(module: str) -> float:
    """Seconds that an import takes in a fresh process, the interpreter's own start taken off."""

    def start(code: str) -> float:
        code += "; import time; print(time.process_time())"
        return float(subprocess.check_output([sys.executable, "-c", code]))

    return min(start(f"import {module}") for _ in range(7)) - min(start("pass") for _ in range(7))


def main() -> None:
    """Print the table."""
    works = [work for work in WORKS if work in sys.argv[1:]] or list(WORKS)
    print(f"jangrad's engine is {'native' if compiled() else 'plain Python'}\n")
    print(f"{'work':8}{'engine':28}{'a round':>12}{'times jangrad':>16}{'floor':>8}")
    for work in works:
        ours = in_a_process(work, "jangrad")
        assert ours is not None
        for engine in ENGINES[work]:
            found = ours if engine == "jangrad" else in_a_process(work, engine)
            if found is None:
                print(f"{work:8}{engine:28}{'not installed':>12}")
                continue
            if engine != "interpreter":
                check(work, engine, found, ours)
            floor = str(FLOORS.get((work, engine), ""))
            ratio = found["seconds"] / ours["seconds"]
            if engine == "interpreter":
                floor = f"   its own loop is {ratio:.0%} of jangrad's time"
            print(f"{work:8}{engine:28}{found['seconds'] * 1e3:>9.3f} ms{ratio:>16.2f}{floor:>8}")
        print()
    print(f"import jangrad: {import_time('jangrad') * 1e3:.0f} ms (floor: under 60)")


def compiled() -> bool:
    """Whether jangrad runs native."""
    return bool(importlib.import_module("jangrad.engine").compiled)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:4])
    else:
        main()
