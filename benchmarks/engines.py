"""How long `fit` takes by each engine, and by the one that `engine="auto"` chooses.

    python benchmarks/engines.py [PART OF A NAME]...

For each of the runs in `runs.py`, in milliseconds of the processor in a process of its own:

- by Python; where that takes long, `~`, of some of its steps, and as much for each of the others
- in machine code, with nothing kept, and with its program on disk
- with `engine="auto"` in both cases, and which engine that was
- how many times as long that took as the better engine; marked `!` beyond 1.5 times and `SLACK`
- what `jangrad/train/cost.py` believes of the first three; its constants are chosen from this table

The least of `ROUNDS` is taken of each.
"""

from __future__ import annotations

import json
import math
import sys
import time
from tempfile import TemporaryDirectory
from typing import Any

from runs import RUNS
from timing import in_a_process, pin

ROUNDS = 2
# Milliseconds: what a process takes at one time and not at another.
SLACK = 50.0
# Python makes as many steps as fit into so many seconds, at least two.
_LONGEST = 4.0


def one(name: str, engine: str, steps: int) -> dict[str, Any]:
    """How long a run takes in this process, in ms, and by which engine."""
    from jangrad import fit

    net, X, y, options = RUNS[name].make()
    if engine == "eager":
        options.pop("dtype", None)
    start = time.process_time()
    history = fit(net, X, y, steps=steps, engine=engine, progress=False, **options)
    took = 1e3 * (time.process_time() - start)
    assert len(history) == steps, (name, history)
    return {"ms": took, "engine": history.engine}


def by_python(name: str) -> tuple[float, bool]:
    """The milliseconds, and whether some of the steps have been left out."""
    steps = RUNS[name].steps

    def least(count: int) -> float:
        rounds = ROUNDS if count == 1 or steps * first < 2000 else 1
        return min(run(name, "eager", count, "0")["ms"] for _ in range(rounds))

    first = math.inf
    first = least(1)
    if steps * first < 1500 * _LONGEST:
        return (first if steps == 1 else least(steps)), False
    some = max(2, int(1e3 * _LONGEST / first))
    if some >= steps:
        return least(steps), False
    took = least(some)
    return took + (steps - some) * (took - first) / (some - 1), True


def run(name: str, engine: str, steps: int, folder: str) -> dict[str, Any]:
    """The same in a process of its own, whose programs are kept in this folder."""
    found: dict[str, Any] = in_a_process(__file__, name, engine, str(steps), JANGRAD_CACHE=folder)
    return found


def twice(name: str, engine: str) -> tuple[float, float, str]:
    """With nothing kept, and then with what that has left; and the engine."""
    found: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        with TemporaryDirectory() as folder:
            for part in found:
                made = run(name, engine, RUNS[name].steps, folder)
                part.append(made["ms"])
    return min(found[0]), min(found[1]), made["engine"]


def believed(name: str) -> list[float]:
    """What the model makes of the run, in ms; nothing where it is not asked."""
    from jangrad import fit
    from jangrad.train import choice, cost

    found: list[float] = []

    class Asked(Exception):
        """Nothing else is wanted."""

    def pays(work: Any, kinds: Any) -> bool:
        counted = kinds()
        prices = [cost.in_machine_code(work, counted, p) for p in (cost.NEW, cost.KEPT)]
        found.extend(1e3 * seconds for seconds in (cost.by_python(work), *prices))
        raise Asked

    net, X, y, options = RUNS[name].make()
    options.pop("dtype", None)
    before, choice.is_faster = choice.is_faster, pays
    try:
        fit(net, X, y, steps=RUNS[name].steps, engine="auto", progress=False, **options)
    except Asked:
        pass
    finally:
        choice.is_faster = before
    return found


def main(parts: list[str]) -> None:
    """Print the table."""
    pin()
    print(
        f"{'ms':42}{'Python':>9} {'new':>7}{'kept':>7}   {'auto':7}{'new':>8}{'kept':>8}"
        f"   {'new':>5}  {'kept':>5}   {'believed: Python':>16}{'new':>7}{'kept':>7}"
    )
    worst = [0.0, 0.0]
    for name in RUNS:
        if parts and not any(part in name for part in parts):
            continue
        python, some = by_python(name)
        refused = "dropout" in name
        new, kept, _ = (math.inf, math.inf, "") if refused else twice(name, "native")
        auto_new, auto_kept, engine = twice(name, "auto")
        if "float32" in name:  # which Python cannot compute
            python = math.inf
        times = []
        for i, (auto, other) in enumerate([(auto_new, new), (auto_kept, kept)]):
            better = min(python, other)
            worst[i] = max(worst[i], auto / better)
            times.append(f"{auto / better:5.2f}{' !'[auto > 1.5 * better + SLACK]}")
        thought = "".join(f"{ms:9.0f}" for ms in believed(name))
        print(
            f"{name:42}{'~' if some else ' '}{python:8.0f} {new:7.0f}{kept:7.0f}   {engine:7}"
            f"{auto_new:8.0f}{auto_kept:8.0f}   {' '.join(times)}   {thought}",
            flush=True,
        )
    print(f"{'most':81}   {worst[0]:5.2f}  {worst[1]:5.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main(sys.argv[1:])
