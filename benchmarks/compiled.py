"""Compiled training beside hand-written C and other libraries, on one pinned core.

    python benchmarks/compiled.py               every work
    python benchmarks/compiled.py moons         those whose name has this word in it

Each contender runs in a process of its own. Before any time is shown, its losses and its parameters
after the last step are compared with those of the yardstick, the C in `yardsticks/`. Then the least
processor time of several rounds is taken, a round being the whole training in one call; contenders
marked * take thousands of times longer and make STEPS_OF_SLOW steps of it. "jangrad" is a compiled
step, as the others are; "jangrad, fit" does what `fit` does besides. Needs gcc, and the packages
names and scikit-learn; a contender that is not installed is shown as "-".
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import gpt_peers, peers, works
from benchmarks.peers import Missing
from benchmarks.timing import NotInstalled, best, in_a_process, pin

TRAININGS: dict[str, Callable[[], Any]] = {
    "four rows": works.four_rows,
    "moons": works.moons,
    "scalar GPT": gpt_peers.of_all_lengths,
    "scalar GPT, 7 tokens": gpt_peers.of_seven,
    "digits": works.digits,
    "digits, float32": lambda: works.digits("float32"),
    "784-128-10, batch 32": lambda: works.wide(32),
    "784-128-10, batch 256": lambda: works.wide(256),
}
ROWS = 100_000
PREDICTIONS = {
    "predict, four rows": works.four_rows,
    "predict, moons": works.moons,
    "predict, digits": works.digits,
    "predict, 784-128-10": lambda: works.wide(256),
}
PREDICTORS = ("yardstick", "jangrad", "numpy", "PyTorch")
SLOW = ("micrograd", "micrograd, collector off", "script", "script, collector off")
SLOW += ("jangrad, eager",)
STEPS_OF_SLOW = 3

# (work, contender): jangrad's time is at most so many times the yardstick's, or its time is at
# least so many times less than the other's.
AT_MOST = {"four rows": 1.2, "moons": 1.25, "scalar GPT": 2.0, "scalar GPT, 7 tokens": 2.0}
AT_MOST |= {"digits": 1.3, "digits, float32": 1.3}
AT_LEAST = {
    ("four rows", "micrograd"): 15_000,
    ("four rows", "JAX, fori_loop"): 20,
    ("moons", "micrograd"): 300_000,
    ("moons", "PyTorch"): 80,
    ("moons", "JAX, fori_loop"): 3,
    ("scalar GPT", "script"): 20_000,
    ("scalar GPT", "PyTorch"): 50,
    ("scalar GPT", "JAX, scan"): 4,
    ("digits", "PyTorch"): 30,
    ("digits", "scikit-learn"): 15,
    ("784-128-10, batch 32", "PyTorch"): 1,
    ("784-128-10, batch 256", "PyTorch"): 1,
} | {(work, peer): 1 for work in PREDICTIONS for peer in ("numpy", "PyTorch")}
MICROSECONDS = {"scalar GPT, 7 tokens": 10.0}

# Seconds of the first call in a fresh process: with an empty object cache, and with a full one.
PREPARATION = {
    "four rows": (0.150, 0.120),
    "moons": (0.250, 0.120),
    "scalar GPT": (0.500, 0.120),
    "784-128-10, batch 32": (3.0, 0.5),
}


def trainers(work: str) -> dict[str, Any]:
    """Who takes part."""
    if work.startswith("scalar GPT"):
        return gpt_peers.TRAINERS
    absent = {"scikit-learn"} if work in ("four rows", "moons") else {*SLOW[:2]}
    if work.startswith("784"):
        absent |= {"jangrad, eager", "scikit-learn"}
    return {name: make for name, make in peers.TRAINERS.items() if name not in absent}


def tolerance(work: str, contender: str) -> float:
    """How far losses and parameters may be off, relative to the largest.

    In double precision only the order of sums differs. A unit that is switched on or off by the
    last digit of a float32 makes a step's difference; and scikit-learn's Adam puts its epsilon
    elsewhere, so that parameters with very small gradients move differently.
    """
    if contender == "scikit-learn":
        return 1e-2
    if work == "predict, 784-128-10":
        return 1e-5
    return 2e-3 if "float32" in work or work.startswith("784") else 1e-9


def train(name: str, contender: str) -> dict[str, Any] | None:
    """In the child: a round for the numbers, then the rounds that are timed."""
    work = TRAININGS[name]()
    if contender in SLOW:
        work = work.shorter(STEPS_OF_SLOW)
    try:
        reset, run = trainers(name)[contender](work)
        reset()
    except (Missing, ModuleNotFoundError):
        return None
    losses, parameters = run()
    parameters = parameters() if callable(parameters) else parameters
    losses = None if losses is None else np.asarray(losses, float).tolist()
    numbers = {"losses": losses, "parameters": np.asarray(parameters, float).tolist()}
    return {"seconds": best(run, reset) / work.steps, "steps": work.steps, **numbers}


def predict(name: str, contender: str) -> dict[str, Any] | None:
    """In the child: the same for prediction; a sum and the first rows stand for the numbers."""
    work = PREDICTIONS[name]()
    X = np.random.default_rng(1).normal(size=(ROWS, work.sizes[0])).astype(work.dtype)
    try:
        run = peers.predictor(contender, work, X)
    except (Missing, ModuleNotFoundError):
        return None
    out = np.asarray(run(), float).reshape(ROWS, -1)
    numbers = [*out.sum(0).tolist(), *out[:8].ravel().tolist(), *out[-8:].ravel().tolist()]
    return {"seconds": best(run), "steps": 1, "losses": numbers, "parameters": []}


def prepare(name: str, contender: str) -> dict[str, Any] | None:
    """In the child: importing the compiler, and the first call, of one step.

    The package itself and NumPy, which the data is in, are there already; so is the network.
    """
    work = TRAININGS[name]().shorter(1)
    work.start()
    start = time.process_time()
    from jangrad import compile_step, fit  # noqa: F401

    imports = time.process_time() - start
    reset, run = trainers(name)[contender](work)
    reset()
    start = time.process_time()
    run()
    return {"seconds": imports + time.process_time() - start}


def check(work: str, contender: str, found: dict[str, Any], right: dict[str, Any]) -> None:
    """Refuse to compare the speed of different numbers."""
    allowed = tolerance(work, contender)
    for what in ("losses", "parameters"):
        if found[what] is None or (what == "parameters" and found["steps"] != right["steps"]):
            continue
        ours, theirs = np.array(right[what]), np.array(found[what])
        ours = ours[: len(theirs)]
        off = float(np.abs(theirs - ours).max(initial=0) / max(1e-300, np.abs(ours).max(initial=0)))
        if not off <= allowed:
            raise ValueError(f"{work}: {contender} gives other {what}, off by {off:.1e}")


def verdict(work: str, contender: str, seconds: float, ours: float | None) -> str:
    """The ratio to jangrad's time, with the floor and whether it is met."""
    if ours is None:
        return ""
    met = {True: "met", False: "MISSED"}
    if contender == "yardstick":
        limit, ratio = AT_MOST.get(work), ours / seconds
        wanted = f"jangrad at most {limit} x: {met[ratio <= limit]}" if limit else ""
        return f"{1 / ratio:>12.2f}   {wanted}"
    if contender == "jangrad":
        limit = MICROSECONDS.get(work)
        return f"{1:>12}   " + (f"under {limit} us: {met[seconds * 1e6 < limit]}" if limit else "")
    limit, ratio = AT_LEAST.get((work, contender)), seconds / ours
    wanted = f"at least {limit:,} x: {met[ratio >= limit]}" if limit else ""
    return f"{ratio:>12,.2f}   {wanted}"


def table(work: str, contenders: list[str], unit: str) -> None:
    """One work: every contender's time, and how many times jangrad's it is."""
    print(f"{work:28}{unit:>14}{'x jangrad':>12}")
    try:
        results = {contender: in_a_process(__file__, work, contender) for contender in contenders}
    except NotInstalled as package:
        print(f"  left out, for the package {package} is not installed\n")
        return
    right = results["yardstick"]
    ours = results["jangrad"] and results["jangrad"]["seconds"]
    for contender, found in results.items():
        label = f"  {contender}{' *' if contender in SLOW else ''}"
        if found is None:
            print(f"{label:28}{'-':>14}")
            continue
        check(work, contender, found, right)
        says = verdict(work, contender, found["seconds"], ours)
        print(f"{label:28}{found['seconds'] * 1e6:>14,.3f}{says}".rstrip(), flush=True)
    print()


def preparation(chosen: list[str]) -> None:
    """First calls in fresh processes, best of three: nothing cached, then what the first left."""
    print(f"{'first call, ms':28}{'empty cache':>12}{'full cache':>18}")
    for work in chosen:
        for contender in ("jangrad", "jangrad, fit"):
            if contender in trainers(work):
                first_calls(work, contender)


def first_calls(work: str, contender: str) -> None:
    """A line of that table."""
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(3):
            point = ("prepare", work, contender)
            try:
                pair = [
                    in_a_process(__file__, *point, XDG_CACHE_HOME=f"{folder}/{k}") for _ in range(2)
                ]
            except NotInstalled:
                return
            times.append([found["seconds"] for found in pair])
    line = f"  {work + contender.removeprefix('jangrad'):30}"
    limits = PREPARATION.get(work, (None, None))
    for seconds, limit in zip(map(min, zip(*times, strict=True)), limits, strict=True):
        says = "" if limit is None else " met" if seconds <= limit else f" > {limit * 1e3:.0f}"
        line += f"{seconds * 1e3:>10.0f}{says:8}"
    print(line.rstrip(), flush=True)


def main() -> None:
    """Print the tables."""
    words = sys.argv[1:]

    def chosen(names: Any) -> list[str]:
        return [name for name in names if not words or any(word in name for word in words)]

    print(f"* extrapolated from {STEPS_OF_SLOW} steps\n")
    for work in chosen(TRAININGS):
        table(work, list(trainers(work)), "us a step")
    for work in chosen(PREDICTIONS):
        table(work, list(PREDICTORS), f"us, {ROWS:,} rows")
    preparation([work for work in chosen(TRAININGS) if "7 tokens" not in work])


def one(*names: str) -> None:
    """In the child: on a pinned core, with a stack deep enough for peers that recurse."""
    pin()
    sys.setrecursionlimit(1_000_000)
    threading.stack_size(1 << 29)

    def work() -> None:
        if names[0] == "prepare":
            print(json.dumps(prepare(*names[1:])))
        else:
            print(json.dumps((train if names[0] in TRAININGS else predict)(*names)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(*sys.argv[2:])
    else:
        main()
