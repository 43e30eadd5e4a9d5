"""The mean of a loss over many rows, and its gradient, beside NumPy and JAX.

    python benchmarks/rows.py            every work
    python benchmarks/rows.py network    those whose name has this word in it

Each contender runs in a process of its own. What it gives is compared with NumPy's before any time
is shown. Nanoseconds a row, the least of many rounds: of processor time for one thread, so that
what else runs there is not counted; on the clock for two, which want two idle cores. NumPy and JAX
have as many threads as jangrad (JAX may use them or not; `+` and `tanh` of NumPy never do). A
contender that is not installed is shown as "-".
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import NotInstalled, in_a_process

ROWS, SECONDS = 1_000_000, 3.0
CONTENDERS = ("jangrad", "NumPy", "JAX")
FEATURES, HIDDEN = 10, 8
Found = tuple[float, Any]
Pair = tuple[Callable[[], Any], Callable[[], Found]]  # the mean loss; and with its gradient


def data(work: str) -> tuple[Any, Any, Any]:
    """Weights, rows and targets; of a network those of each hidden neuron, then its output's."""
    random = np.random.default_rng(0)
    X, y = random.normal(size=(ROWS, FEATURES)), random.normal(size=ROWS)
    if work == "line":
        return random.normal(size=FEATURES + 1), X, y
    return random.normal(size=(HIDDEN + 1, FEATURES + 1)) / FEATURES**0.5, X, y


def jangrad(work: str, threads: int) -> Pair:
    """Loops over numbers."""
    from jangrad import dot, jit, tanh, value_and_grad

    w, X, y = data(work)

    def line(w: Any, x: Any, target: Any) -> Any:
        return (dot(w[:-1], x) + w[-1] - target) ** 2

    def network(w: Any, x: Any, target: Any) -> Any:
        hidden = [tanh(dot(a[:-1], x) + a[-1]) for a in w[:-1]]
        return (dot(w[-1][:HIDDEN], hidden) - target) ** 2

    loss = jit({"line": line, "network": network}[work])
    both = value_and_grad(loss)
    options: Any = {"in_axes": (None, 0, 0), "reduce": "mean", "threads": threads}
    return lambda: loss.map(w, X, y, **options), lambda: both.map(w, X, y, **options)


def numpy(work: str, threads: int) -> Pair:
    """Whole arrays; the gradient by hand."""
    w, X, y = data(work)

    def off() -> tuple[Any, Any]:
        if work == "line":
            return None, X @ w[:-1] + w[-1] - y
        hidden = np.tanh(X @ w[:-1, :-1].T + w[:-1, -1])
        return hidden, hidden @ w[-1, :HIDDEN] - y

    def both() -> Found:
        hidden, error = off()
        slope = np.zeros_like(w)
        upstream = 2.0 * error / ROWS
        if work == "line":
            slope[:-1], slope[-1] = upstream @ X, upstream.sum()
        else:
            slope[-1, :HIDDEN] = upstream @ hidden
            below = upstream[:, None] * w[-1, :HIDDEN] * (1.0 - hidden * hidden)
            slope[:-1, :-1], slope[:-1, -1] = below.T @ X, below.sum(axis=0)
        return float(error @ error / ROWS), slope

    return lambda: (lambda error: error @ error / ROWS)(off()[1]), both


def jax(work: str, threads: int) -> Pair:
    """The loss of a row, mapped."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    w, X, y = map(jnp.asarray, data(work))

    def line(w: Any, x: Any, target: Any) -> Any:
        return (w[:-1] @ x + w[-1] - target) ** 2

    def network(w: Any, x: Any, target: Any) -> Any:
        hidden = jnp.tanh(w[:-1, :-1] @ x + w[:-1, -1])
        return (w[-1, :HIDDEN] @ hidden - target) ** 2

    loss = {"line": line, "network": network}[work]

    def mean(w: Any) -> Any:
        return jax.vmap(loss, in_axes=(None, 0, 0))(w, X, y).mean()

    value, both = jax.jit(mean), jax.jit(jax.value_and_grad(mean))
    return lambda: value(w).block_until_ready(), lambda: jax.block_until_ready(both(w))


MAKE = {"jangrad": jangrad, "NumPy": numpy, "JAX": jax}


def one(work: str, contender: str, threads: int) -> None:
    """Check a contender, and print nanoseconds a row."""
    value, both = MAKE[contender](work, threads)
    expected, slope = numpy(work, 1)[1]()
    found, by = both()
    by = [*by[:-1], [*by[-1], *[0.0] * (FEATURES + 1 - len(by[-1]))]] if work == "network" else by
    np.testing.assert_allclose([value(), found], expected, rtol=1e-12)
    np.testing.assert_allclose(np.array(by), slope, rtol=1e-9, atol=1e-12)
    clock = time.process_time if threads == 1 else time.perf_counter
    print(json.dumps([least(run, clock) / ROWS * 1e9 for run in (value, both)]))


def least(run: Callable[[], Any], clock: Callable[[], float]) -> float:
    """Seconds that it takes by this clock."""
    found, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = clock()
        run()
        found = min(found, clock() - start)
    return found


def limits(threads: int) -> dict[str, str]:
    """What libraries read when they are imported."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    flags = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
    return {
        **dict.fromkeys(names, str(threads)),
        "XLA_FLAGS": f"{flags} intra_op_parallelism_threads={threads}",
    }


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--one"]:
        threads = int(sys.argv[4])
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0), reverse=True)[:threads]))
        one(sys.argv[2], sys.argv[3], threads)
        return
    words = sys.argv[1:]
    print(f"{'ns a row, one thread and two':34}" + "".join(f"{name:>18}" for name in CONTENDERS))
    for work in ("line", "network"):
        if words and not any(word in work for word in words):
            continue
        cells: dict[str, list[str]] = {"mean loss": [], "and its gradient": []}
        for contender in CONTENDERS:
            try:
                times = [
                    in_a_process(__file__, work, contender, str(threads), **limits(threads))
                    for threads in (1, 2)
                ]
            except NotInstalled:
                times = []
            for k, row in enumerate(cells.values()):
                row.append(" / ".join(f"{each[k]:.1f}" for each in times) or "-")
        for name, row in cells.items():
            print(f"{work + ', ' + name:34}" + "".join(f"{cell:>18}" for cell in row), flush=True)


if __name__ == "__main__":
    main()
