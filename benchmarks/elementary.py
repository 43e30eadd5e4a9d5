"""The compiler's elementary functions: how exact they are, how fast, and what compiling them costs.

    python benchmarks/elementary.py                   all three, 20,000 points a range
    python benchmarks/elementary.py --points 100000   more points (they take half an hour)
    python benchmarks/elementary.py tanh gelu         some functions

Units in the last place are counted against MPFR. Times are the best of several rounds over 4,096
numbers in the first-level cache, on one pinned core, beside NumPy's function of the same name and
the C library's, called by a compiled loop (a dash where there is none).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.compiler.vector_functions.truth import DTYPES, TRUTH, samples, ulps

from jangrad.compiler.dtype import Number
from jangrad.compiler.vector_functions import Lanes, Vector
from jangrad.compiler.vector_functions.alone import ArrayFunction, vector_function

SIZE = 4096
IN_C = {"power": "pow"} | {name: name for name in TRUTH if hasattr(__import__("math"), name)}
IN_NUMPY = {name: getattr(np, {"atan2": "arctan2"}.get(name, name), None) for name in TRUTH}
LANES: dict[Number, int] = {"double": 4, "float": 8}


def inputs(name: str) -> int:
    """How many arguments it takes."""
    return 2 if name in ("power", "atan2", "mod") else 1


def exactness(names: list[str], points: int) -> None:
    """The largest error of each function in each range."""
    print(f"Largest error in units in the last place, {points:,} points a range")
    for number in DTYPES:
        for name in names:
            run = ArrayFunction(vector_function(name), number, LANES[number], inputs(name))
            cells = []
            for where, arguments in samples(name, number, points).items():
                missed = ulps(name, number, run(*arguments), *arguments)
                cells.append(f"{where} {missed.max():.2f}")
            print(f"  {number:6} {name:10} " + "  ".join(cells), flush=True)


def best(run: Callable[[], Any]) -> float:
    """Nanoseconds a number."""
    fastest = np.inf
    for _ in range(300):
        start = time.perf_counter()
        run()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest / SIZE * 1e9


def library(name: str, number: Number) -> Callable[[Lanes, Vector], Vector]:
    """The C library's function: what is called beyond a bound that every number is beyond."""
    return lambda m, x: m.beyond(-1.0, IN_C[name], x, x)


def speed(names: list[str]) -> None:
    """Time each beside its peers."""
    print("\nNanoseconds a number        ours     numpy         C")
    for number, dtype in DTYPES.items():
        for name in names:
            arguments = [a[:SIZE] for a in samples(name, number, SIZE)["common"]]
            result = np.empty(SIZE, dtype)
            pointers = [a.ctypes.data for a in (result, *arguments)]
            lanes = LANES[number]
            ours = ArrayFunction(vector_function(name), number, lanes, inputs(name))
            row = [best(lambda ours=ours, p=pointers, n=SIZE // lanes: ours.run(n, *p))]
            peer = IN_NUMPY[name]
            row.append(best(lambda f=peer, a=arguments, r=result: f(*a, out=r)) if peer else np.nan)
            if name in IN_C and inputs(name) == 1:
                theirs = ArrayFunction(library(name, number), number, 1)
                row.append(best(lambda theirs=theirs, p=pointers: theirs.run(SIZE, *p)))
            else:
                row.append(np.nan)
            cells = "".join(f"{x:10.2f}" if x == x else "         -" for x in row)
            print(f"  {number:6} {name:14}{cells}", flush=True)


def cost(names: list[str]) -> None:
    """What one more use of a function adds to code generation: 9 uses less 1, over 8."""
    print("\nMilliseconds of code generation a use inlined, 4 doubles      level 1  level 2  lines")
    for name in names:

        def uses(count: int, name: str = name) -> Callable[..., Vector]:
            def several(m: Lanes, *arguments: Vector) -> Vector:
                total = m.const(0.0)
                for i in range(count):
                    shifted = [m.add(a, m.const(float(i))) for a in arguments]
                    total = m.add(total, vector_function(name)(m, *shifted))
                return total

            return several

        row = []
        for level in (1, 2):
            one, many = (
                min(
                    ArrayFunction(uses(count), "double", 4, inputs(name), level=level).seconds
                    for _ in range(5)
                )
                for count in (1, 9)
            )
            row.append((many - one) / 8 * 1e3)
        lines = ArrayFunction(vector_function(name), "double", 4, inputs(name)).text.count("  %v")
        print(f"  {name:58}{row[0]:9.2f}{row[1]:9.2f}{lines:7d}", flush=True)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="*", choices=[[], *TRUTH])
    parser.add_argument("--points", type=int, default=20_000)
    chosen = parser.parse_args()
    names = chosen.functions or list(TRUTH)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    speed(names)
    cost(names)
    exactness(names, chosen.points)


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
