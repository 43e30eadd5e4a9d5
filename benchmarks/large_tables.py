"""A table of a million rows: the memory and the time of `jangrad train` and `predict`, and reading.

    python benchmarks/large_tables.py                   # 1,000,000 rows of 20 columns and a target
    python benchmarks/large_tables.py --rows 100000
    python benchmarks/large_tables.py --epochs 1        # of the training; chosen by itself if not

There are two tables: of numbers alone, and one whose last input is a column of five texts. Each
command runs in a process of its own. Its memory is the peak of its resident set (`ru_maxrss`), less
that of a process that has only imported what the command imports; beside it stands how many times
what the inputs take as float32 that is. Reading is timed beside pandas' C parser as the least of
three, in turns, on a file that the system holds in memory; pyarrow takes as many threads as there
are processors, pandas one, so processor time is shown as well.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.timing import NotInstalled, in_a_process

COLUMNS = 20
TEXTS = ["bread", "cheese", "milk", "rice", "tea"]
#: What the commands import, sooner or later.
IMPORTS = (
    "jangrad.interfaces.cli",
    "jangrad.interfaces.train_command",
    "jangrad.interfaces.predict_command",
    "jangrad.tabular",
    "jangrad.train.compiled.fit_steps",
    "jangrad.compiler.run.pipeline",
    "jangrad.nn.machine_code",
    "llvmlite.binding",
    "safetensors.numpy",
    "pyarrow.csv",
    "rich.progress",
)


def write(place: Path, rows: int, texts: bool) -> None:
    """A table with 20 inputs, about 18 letters a number, and a target that depends on three."""
    draw = np.random.default_rng(0)
    names = [f"x{i}" for i in range(COLUMNS)]
    with open(place, "w", encoding="utf-8") as file:
        file.write(",".join([*names, "y"]) + "\n")
        for first in range(0, rows, 10_000):
            X = draw.normal(size=(min(10_000, rows - first), COLUMNS))
            y = X[:, 0] - 2 * X[:, 1] * X[:, 2] + 0.1 * draw.normal(size=len(X))
            words = draw.choice(TEXTS, len(X)).tolist()
            for row, word, target in zip(X.tolist(), words, y.tolist(), strict=True):
                last = word if texts else repr(row[-1])
                file.write(",".join([*map(repr, row[:-1]), last, repr(target)]) + "\n")


def measured(*command: str, folder: str) -> tuple[float, float]:
    """Seconds, and the peak of the resident set in MB, of a process that Python runs."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(
            [sys.executable, *command], cwd=folder, stdout=nothing, stderr=nothing
        )
        _, code, usage = os.wait4(child.pid, 0)
    if code:
        raise RuntimeError(f"{' '.join(command)} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return time.perf_counter() - start, usage.ru_maxrss * unit / 1e6


def _jangrad(file: str) -> None:
    from jangrad.datasets.table import read_source

    read_source(file, "y", brief=True)


def _pandas(file: str) -> None:
    import pandas  # type: ignore[import-untyped]

    pandas.read_csv(file, engine="c")


READERS: dict[str, Callable[[str], None]] = {"jangrad": _jangrad, "pandas": _pandas}


def read(file: str, reader: str) -> dict[str, float]:
    """In the child: seconds of a clock and of processors, and the peak in MB above the imports."""
    with open(file, "rb") as stream:
        head = b"".join(next(stream) for _ in range(8000))
    with tempfile.NamedTemporaryFile(suffix=".csv") as small:  # so that all is imported
        small.write(head)
        small.flush()
        READERS[reader](small.name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, processor = time.perf_counter(), time.process_time()
    READERS[reader](file)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"wall": wall, "processor": processor, "peak": peak * 1024 / 1e6}


def show(folder: str, name: str, rows: int, epochs: list[str]) -> None:
    """All figures of a table."""
    file = os.path.join(folder, name)
    write(Path(file), rows, name.startswith("mixed"))
    numbers = rows * COLUMNS * 4 / 1e6
    size = os.path.getsize(file) / 1e6
    print(f"\n{name}: {rows:,} x {COLUMNS}, {size:.0f} MB; as float32 {numbers:.0f} MB", flush=True)
    found: dict[str, list[Any]] = {reader: [] for reader in READERS}
    for _ in range(3):
        for reader, times in found.items():
            try:
                times.append(in_a_process(__file__, file, reader))
            except NotInstalled as error:
                print(f"  {reader} needs {error}")
    for reader, times in found.items():
        if times:
            wall, processor, peak = (
                min(t[k] for t in times) for k in ("wall", "processor", "peak")
            )
            print(
                f"  read by {reader:12}{wall:8.2f} s{processor:8.2f} s of processors{peak:8.0f} MB"
            )
    _, base = measured("-c", "; ".join(f"import {name}" for name in IMPORTS), folder=folder)
    print(f"  {'imports alone':20}{'':30}{base:7.0f} MB", flush=True)
    for command in (
        ["train", name, "--target", "y", "--force", *epochs],
        ["predict", "model.safetensors", name, "--out", "found.csv", "--force"],
        ["check", "model.safetensors", name],
    ):
        took, peak = measured("-m", "jangrad.interfaces.cli", *command, folder=folder)
        print(
            f"  {command[0]:20}{took:8.2f} s{'':20}{peak:7.0f} MB"
            f"   {peak - base:+6.0f} MB, {(peak - base) / numbers:.2f} times",
            flush=True,
        )


def main() -> None:
    """Show both tables."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(read(*sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--epochs", default="")
    options = parser.parse_args()
    epochs = ["--epochs", options.epochs] if options.epochs else []
    with tempfile.TemporaryDirectory() as folder:
        for name in ("numbers.csv", "mixed.csv"):
            show(folder, name, options.rows, epochs)


if __name__ == "__main__":
    main()
