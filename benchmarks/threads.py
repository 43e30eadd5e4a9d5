"""A training step by one thread and by several.

    python benchmarks/threads.py            one thread and two
    python benchmarks/threads.py 1 2 4 8    any numbers of threads; each wants a core of its own

Microseconds of a step on the clock, for threads wait for each other: the quickest of many bursts
of machine code, the starting of the threads included. In brackets how many times as fast as the
first column it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import works

WORKS = {
    "moons, 100 rows": works.moons,
    "moons, 10,000 rows": lambda: works.moons(10_000),
    "digits, batch 32": works.digits,
    "784-128-10, batch 32": lambda: works.wide(32),
    "784-128-10, batch 256": lambda: works.wide(256),
}
BURST, BURSTS = 0.01, 120  # seconds at least, and how many


def bursts(work: Any, threads: int) -> Callable[[int], None]:
    """What makes so many steps in machine code."""
    from jangrad.compiler.program.trace import trace
    from jangrad.nn import LOSSES, l2_penalty
    from jangrad.train.compiled.trainer import Trainer
    from jangrad.train.optimizers import OPTIMIZERS

    net = work.net()
    learning = net.parameters()

    def loss(row: Any, target: Any) -> Any:
        found = LOSSES[work.loss]([net(row)], [target])
        return (found, l2_penalty(learning, strength=work.strength)) if work.strength else found

    optimizer = OPTIMIZERS[work.optimizer](learning)
    size = work.batch_size or len(work.X)
    trainer = Trainer(
        trace(loss, [work.X[0].tolist(), float(work.y[0])], learning, (0, 1)),
        *(len(learning), optimizer.rule, optimizer.options),
        number="float" if work.dtype == "float32" else "double",
        rows=size,
        threads=threads,
    )
    data = np.column_stack([work.X, work.y]).astype(trainer.dtype)
    order = np.random.default_rng(0).permutation(len(data)).tolist()
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    if work.batch_size is None:
        trainer.set_rows(data)

    def run(steps: int) -> None:
        rates = [work.rate] * steps
        if work.batch_size is None:
            trainer.run(rates)
        else:
            some = [batches[k % len(batches)] for k in range(steps)]
            packed = trainer.packed(np.concatenate(some), np.array([*map(len, some)]))
            trainer.run(rates, data, packed)

    return run


def a_step(work: Any, threads: int) -> float:
    """Microseconds."""
    run = bursts(work, threads)

    def seconds(steps: int) -> float:
        start = time.perf_counter()
        run(steps)
        return time.perf_counter() - start

    steps = 1
    while seconds(steps) < BURST:
        steps *= 2
    return 1e6 * min(seconds(steps) for _ in range(BURSTS)) / steps


def main() -> None:
    """Print the table."""
    counts = [int(word) for word in sys.argv[1:]] or [1, 2]
    print(f"{'us a step, threads':26}" + "".join(f"{n:>16}" for n in counts))
    for name, make in WORKS.items():
        try:
            times = [a_step(make(), n) for n in counts]
        except ModuleNotFoundError as error:
            print(f"{name:26}left out, for the package {error.name} is not installed")
            continue
        cells = [f"{t:.1f} ({times[0] / t:.2f})" for t in times]
        print(f"{name:26}" + "".join(f"{cell:>16}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
