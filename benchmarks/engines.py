"""After how many steps machine code has caught up with Python, and what `fit` believes.

    python benchmarks/engines.py

For each case, in seconds of the processor: a step by Python; what a fresh process takes for one
native step beyond one by Python, which is compiling; and the quotient, the number of steps from
which machine code is done first. Beside each what `jangrad/train/cost.py` believes, whose constants
are chosen from this table.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import Any

from jangrad.train import cost

CASES: dict[str, tuple[int, list[int], str, int, str]] = {
    # inputs, widths, loss, rows a step, optimiser
    "four rows, MLP(3, [4, 4, 1])": (3, [4, 4, 1], "squared_error", 4, "sgd"),
    "moons, 100 rows, MLP(2, [16, 16, 1])": (2, [16, 16, 1], "hinge", 100, "sgd"),
    "digits, 32 rows, MLP(64, [32, 10])": (64, [32, 10], "softmax_cross_entropy", 32, "sgd"),
    "images, 32 rows, MLP(784, [32, 10])": (784, [32, 10], "softmax_cross_entropy", 32, "sgd"),
}


def arguments(name: str) -> tuple[Any, Any, Any, dict[str, Any]]:
    """A network and random data of the case's size."""
    from jangrad import MLP

    inputs, widths, loss, rows, optimizer = CASES[name]
    draw = random.Random(0)
    X = [[draw.uniform(-1.0, 1.0) for _ in range(inputs)] for _ in range(rows)]
    labels = range(10) if widths[-1] > 1 else (-1, 1)
    y = [float(draw.choice(labels)) for _ in range(rows)]
    net = MLP(inputs, widths, "relu", seed=0)
    return net, X, y, {"loss": loss, "optimizer": optimizer, "learning_rate": 1e-3}


def seconds(name: str, engine: str, steps: int) -> float:
    """How long a run takes in this process."""
    from jangrad import fit

    net, X, y, options = arguments(name)
    start = time.process_time()
    fit(net, X, y, steps=steps, engine=engine, progress=False, **options)
    return time.process_time() - start


def fresh(name: str, engine: str, steps: int) -> float:
    """The same in a process of its own, the best of three."""
    command = [sys.executable, __file__, name, engine, str(steps)]
    return min(float(subprocess.check_output(command)) for _ in range(3))


def size(name: str) -> dict[str, int]:
    """What `jangrad.train.cost` asks of the case."""
    from jangrad.engine import tape
    from jangrad.nn import LOSSES

    net, X, y, options = arguments(name)
    traced = len(tape([LOSSES[options["loss"]]([net(X[0])], [y[0]])])[0])
    learning = len(net.parameters())
    nodes = (traced - learning) * len(X) + learning
    return {"traced": traced, "nodes": nodes, "parameters": learning}


def main() -> None:
    """Print the table."""
    print(f"{'':38}{'a step by Python':>24}{'compiling':>22}{'native from step':>22}")
    print(
        f"{'':38}" + f"{'measured':>12}{'believed':>12}" + f"{'measured':>11}{'believed':>11}" * 2
    )
    for name in CASES:
        few = 5 if "images" in name else 50
        step = (seconds(name, "eager", 2 * few) - seconds(name, "eager", few)) / few
        first = fresh(name, "native", 1) - fresh(name, "eager", 1)
        case = size(name)
        thought = cost.eager_step(case["nodes"], case["parameters"])
        prepared = cost.compilation(case["traced"])
        print(
            f"{name:38}{step * 1e3:9.3f} ms{thought * 1e3:9.3f} ms{first * 1e3:8.0f} ms"
            f"{prepared * 1e3:8.0f} ms{first / step:11.0f}{prepared / thought:11.0f}"
        )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(seconds(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    else:
        main()
