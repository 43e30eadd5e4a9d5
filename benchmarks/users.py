"""Public calls as a user makes them, beside the same calls of other libraries, on one pinned core.

    python benchmarks/users.py                  every row
    python benchmarks/users.py predict          those whose name has this word in it
    python benchmarks/users.py --list           the names

Each contender runs in a process of its own. Before any time is shown, its numbers are compared with
jangrad's. Then the least processor time of several rounds is taken; a first call is timed once in
each of several processes, with all that it imports, and with what jangrad keeps on disk there
already. Behind a time stands how many times jangrad's it is. The others have their batches dealt
before the clock starts. `pip install '.[bench]'` brings them; what is not installed is named.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import compiled
from benchmarks.timing import NotInstalled, in_a_process, pin
from benchmarks.user_calls import ROWS, Row, nothing

PACKAGES = {
    "jangrad": "jangrad",
    "scikit-learn": "sklearn",
    "PyTorch": "torch",
    "JAX": "jax",
    "NumPy": "numpy",
}
FIRST_CALLS = ("four rows", "moons", "scalar GPT", "784-128-10, batch 32")
PROCESSES = 3
SECONDS = 1.0  # of rounds, about, and three of them at least
LONG = 10.0  # what takes longer is not repeated
IMPORT, FIRST = "import", "first calls"


def all_time() -> float:
    """Seconds of the processor so far, those of children that have ended included."""
    return time.process_time() + sum(os.times()[2:4])


def measure(name: str, contender: str) -> dict[str, Any]:
    """In the child: a round for the numbers, then the rounds that are timed."""
    row = ROWS[name]
    clock = all_time if row.children else time.process_time
    start = clock()
    if row.first:
        imported(contender)
    imports = clock() - start
    prepare, run = row.calls[contender]()
    prepare()
    start = clock()
    found = run()
    least = imports + clock() - start
    if not row.first and least < LONG:
        # What needs no preparation is made so often that reading the clock costs nothing.
        times = max(1, int(0.001 / max(least, 1e-6))) if prepare is nothing else 1
        least, spent, rounds = float("inf"), 0.0, 0
        while rounds < 3 or (spent < SECONDS and rounds < 100_000):
            prepare()
            start = clock()
            for _ in range(times):
                run()
            took = clock() - start
            least, spent, rounds = min(least, took / times), spent + took, rounds + 1
    return {"seconds": least / row.per, "numbers": listed(found)}


def imported(contender: str) -> None:
    """What a first call has to import; jangrad and NumPy are there already."""
    if contender == "jangrad":
        from jangrad import compile_step, fit  # noqa: F401
    else:
        importlib.import_module(PACKAGES[contender])


def listed(found: Any) -> Any:
    """What is compared: the sums of columns and some of the rows stand for many outputs."""
    if found is None or isinstance(found, dict):
        return None
    numbers = np.asarray(found, float)
    if numbers.ndim == 1:
        return numbers.tolist()
    return [*numbers.sum(0).tolist(), *numbers[:8].ravel().tolist(), *numbers[-8:].ravel().tolist()]


def check(name: str, contender: str, found: dict[str, Any], ours: dict[str, Any]) -> None:
    """Refuse to compare the speed of different numbers."""
    if found["numbers"] is None or ours["numbers"] is None:
        return
    right, theirs = np.array(ours["numbers"]), np.array(found["numbers"])
    if right.size != theirs.size:
        raise ValueError(f"{name}: {contender} gives {theirs.size} numbers, not {right.size}")
    off = float(np.abs(theirs.ravel() - right.ravel()).max() / max(1e-300, np.abs(right).max()))
    if not off <= ROWS[name].allowed:
        raise ValueError(f"{name}: {contender} gives other numbers, off by {off:.1e}")


def in_processes(row: Row, *arguments: str) -> dict[str, Any]:
    """One measurement; the least of several processes where each can make but one."""
    rounds = PROCESSES + 1 if row.first else 1  # the first one fills the cache
    found = [in_a_process(__file__, *arguments) for _ in range(rounds)]
    best: dict[str, Any] = min(found, key=lambda one: float(one["seconds"]))
    return best


def import_time(package: str) -> float:
    """How long its import takes, the least of several processes."""
    code = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"
    command = [sys.executable, "-c", code.format(package)]
    return min(float(subprocess.check_output(command)) for _ in range(PROCESSES))


def line(name: str, unit: str, results: dict[str, float | None]) -> None:
    """One row of the table."""
    scale = {"us": 1e6, "ms": 1e3, "s": 1.0}[unit.split()[0]]
    ours = results["jangrad"]
    cells = []
    for contender in PACKAGES:
        took = results.get(contender)
        told = "-" if took is None else f"{took * scale:,.4g}"
        others = contender != "jangrad" and took is not None and ours
        ratio = f"({took / ours:,.3g} x)" if others else ""
        cells.append(f"{told:>13} {ratio:<11}" if contender != "jangrad" else f"{told:>10}")
    print(f"{name:47}{unit:>10}{''.join(cells)}".rstrip(), flush=True)


def measured(name: str, present: list[str]) -> None:
    """Measure and print a row."""
    row, results = ROWS[name], {}
    ours: dict[str, Any] | None = None
    for contender in PACKAGES:
        if contender not in row.calls or contender not in present:
            continue
        try:
            found = in_processes(row, name, contender)
        except NotInstalled as package:
            print(f"{name:47}left out, for the package {package} is not installed")
            return
        ours = ours or found
        check(name, contender, found, ours)
        results[contender] = found["seconds"]
    line(name, row.unit, {"jangrad": None, **results})


def main() -> None:
    """Print the table."""
    words = sys.argv[1:]
    names = [*ROWS, IMPORT, FIRST]
    if "--help" in words:
        print(__doc__)
        return
    if words == ["--list"]:
        print(*names, sep="\n")
        return
    chosen = [name for name in names if not words or any(word in name for word in words)]
    if not chosen:
        sys.exit(f"no row has {' or '.join(words)} in its name; --list shows all names")
    present = [name for name, package in PACKAGES.items() if importlib.util.find_spec(package)]
    absent = [name for name in PACKAGES if name not in present]
    if absent:
        print(f"not installed, so not measured: {', '.join(absent)} (pip install '.[bench]')\n")
    heads = "".join(f"{name:>13}{'':12}" for name in [*PACKAGES][1:])
    print(f"{'':57}{'jangrad':>10}{heads}".rstrip())
    for name in chosen:
        if name == IMPORT:
            line(name, "ms", {each: import_time(PACKAGES[each]) for each in present})
        elif name in ROWS:
            measured(name, present)
    if FIRST in chosen:
        print()
        compiled.preparation([*FIRST_CALLS])


def one(name: str, contender: str) -> None:
    """In the child: on a pinned core."""
    pin()
    print(json.dumps(measure(name, contender)))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        main()
