"""Graphs without structure: random programs of many scalars, as machine code and by the engine.

    python benchmarks/random_graphs.py              1,000 to 100,000 operations
    python benchmarks/random_graphs.py 300 50000    as many

Each operation is drawn from the rule table and its operands from all that is there already: 100
inputs, 100 parameters and the results so far, none nearer to the edge of a domain than to make it
large. Results are the mean of those that no operation uses, and the last eight; for gradients, by
the inputs, the mean alone; `map` gets a thousand equal rows. What machine code gives is compared
with the engine before any time is shown. Each point runs in a process of its own on one pinned
core, with an empty object cache. Columns: how many scalars were traced, gradients included; seconds
that the first call took, imports included, and what of it went into each pass; microseconds of a
later call, and of the engine, which makes the graph and, for gradients, walks it back. Times are of
the processor, the least of several.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.timing import best, in_a_process, pin

SIZES = (1_000, 5_000, 20_000, 50_000, 100_000)
KINDS = ("jit(f)", "jit(value_and_grad(f))", "jit(f).map, for each of 1,000 rows")
ROWS = 1_000
LEAVES = 100  # inputs, and as many parameters
LARGEST, LEAST = 3.0, 1e-2
TOLERANCE = 1e-12

# The passes of the first call: what their time is called, and the functions that are timed. One
# that runs inside another is taken off the outer one's time.
PASSES = {
    "trace": [("jit", "trace")],
    "classes": [("plan.kernels", "classify")],
    "kernels": [("run.pipeline", "planned")],
    "emit": [("run.pipeline", "assemble")],
    "LLVM": [("run.native", "translate"), ("run.native", "MachineCode")],
}


def steps(count: int, seed: int = 0) -> list[tuple[str, list[int]]]:
    """Random operations: the name, and the places of the operands."""
    from jangrad import ops

    draw = random.Random(seed)
    rows = [row for name, row in ops.OPS.items() if name not in ops.INNER]
    known = [draw.choice((-1.0, 1.0)) * draw.uniform(0.2, 1.5) for _ in range(2 * LEAVES)]
    found: list[tuple[str, list[int]]] = []
    while len(found) < count:
        row = draw.choice(rows)
        operands = [draw.randrange(len(known)) for _ in row.inputs]
        point = tuple(known[i] for i in operands)
        # Away from kinks, which lie at 0 and where operands are equal.
        if min(map(abs, (*point, point[0] - point[-1] if len(point) > 1 else 1.0))) < LEAST:
            continue
        value = ops.evaluate(row.name, *point)
        if not abs(value) < LARGEST:
            continue
        if all(abs(slope) < LARGEST for slope in ops.partials(row.name, point, value)):
            found.append((row.name, operands))
            known.append(value)
    return found


def function(program: list[tuple[str, list[int]]]) -> tuple[Any, list[float], Any]:
    """The program as f(x), numbers for x, and the function that gives the mean alone."""
    from jangrad import Value, functions

    draw = random.Random(0)
    given = [draw.choice((-1.0, 1.0)) * draw.uniform(0.2, 1.5) for _ in range(2 * LEAVES)]
    parameters = [Value(number) for number in given[LEAVES:]]
    used = {i for _, operands in program for i in operands}
    unused = [i for i in range(2 * LEAVES, 2 * LEAVES + len(program)) if i not in used]
    lifted = {name: functions.lift(name) for name, _ in program}
    calls = [(lifted[name], operands[0], operands[-1], len(operands)) for name, operands in program]

    def mean(x: Any, last: list[Any] | None = None) -> Any:
        known = [*x, *parameters]
        for call, a, b, count in calls:
            known.append(call(known[a]) if count == 1 else call(known[a], known[b]))
        if last is not None:
            last += known[-8:]
        return sum(known[i] for i in unused) / len(unused)

    def both(x: Any) -> Any:
        last: list[Any] = []
        return [mean(x, last), *last]

    return both, given[:LEAVES], mean


def timed(spent: dict[str, float]) -> None:
    """Have each pass add the time that it takes to `spent`."""
    import importlib

    inner = [0.0]

    def wrap(name: str, plain: Any) -> Any:
        def run(*arguments: Any, **more: Any) -> Any:
            outside, inner[0] = inner[0], 0.0
            start = time.process_time()
            try:
                return plain(*arguments, **more)
            finally:
                took = time.process_time() - start
                spent[name] += took - inner[0]
                inner[0] = outside + took

        return run

    for name, places in PASSES.items():
        spent[name] = 0.0
        for module, function_name in places:
            home = importlib.import_module(f"jangrad.compiler.{module}")
            setattr(home, function_name, wrap(name, getattr(home, function_name)))


def measure(kind: str, count: int) -> dict[str, Any]:
    """In the child: the seconds of each pass, of a call, and of the engine."""
    import numpy as np

    from jangrad import Value, jit, value_and_grad

    both, x, mean = function(steps(count))
    with_gradient, rows = kind == KINDS[1], kind == KINDS[2]
    f = jit(value_and_grad(mean) if with_gradient else both)
    given = np.tile(x, (ROWS, 1))

    def machine() -> Any:
        return f.map(given) if rows else f(x)

    def engine() -> list[float]:
        leaves = [Value(number) for number in x]
        if not with_gradient:
            return [v.data for v in both(leaves)]
        root = mean(leaves)
        root.backward()
        return [root.data, *(v.grad for v in leaves)]

    spent: dict[str, float] = {}
    start = time.process_time()
    timed(spent)
    result = machine()
    first = time.process_time() - start
    passes = dict(spent)  # `traced` below traces once more
    found = np.concatenate([np.ravel(part) for part in result]) if with_gradient else result
    expected = np.array(engine())
    wrong = float(np.abs(found - expected).max() / max(1.0, np.abs(expected).max()))
    if not wrong < TOLERANCE:
        raise ValueError(f"{kind} of {count} operations is off by {wrong:g}")
    return {
        "scalars": len(f.traced()[0].program),
        "first": first,
        **passes,
        "call": best(machine) / (ROWS if rows else 1),
        "engine": best(engine),
    }


def main() -> None:
    """Print a table for each kind."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    for kind in KINDS:
        print(kind)
        passes = "".join(f"{name:>9}" for name in PASSES)
        print(f"{'operations':>10}{'scalars':>10}{'first':>9}{passes}{'call, us':>11}", end="")
        print(f"{'engine, us':>12}{'engine / call':>15}")
        for size in sizes:
            with tempfile.TemporaryDirectory() as folder:
                one = in_a_process(__file__, kind, str(size), XDG_CACHE_HOME=folder)
            seconds = "".join(f"{one[name]:9.3f}" for name in ("first", *PASSES))
            print(f"{size:>10,}{one['scalars']:>10,}{seconds}", end="")
            print(f"{one['call'] * 1e6:11,.1f}{one['engine'] * 1e6:12,.0f}", end="")
            print(f"{one['engine'] / one['call']:15.1f}", flush=True)
        print()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        pin()
        print(json.dumps(measure(sys.argv[2], int(sys.argv[3]))))
    else:
        main()
