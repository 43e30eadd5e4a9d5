"""A network as C and as JavaScript beside jangrad's own machine code.

    python benchmarks/exports.py

A row is 10 numbers; the network has two hidden layers of 32 tanh or ReLU neurons and one output.
What each contender gives for all rows is compared with `predict` before any time is shown.
Nanoseconds a row, the least of several rounds, of one call after the other; jangrad also of 100,000
rows in one call. C is compiled by gcc for this processor: without vectors, with -O3, and with sums
in any order, which JavaScript has to make in the order in which they are written. Bytes: code and
constants of the object file with -Os, as `size` counts them, and the module. A tool that is not
installed is shown as "-".
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

ROWS, ROUNDS, CALLS = 100_000, 7, 20_000
SHAPE = (10, [32, 32, 1])
WAYS = {
    "C, no vectors": ("-fno-tree-vectorize",),
    "C": (),
    "C, sums in any order": ("-ffast-math",),
}

_C = """\
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <time.h>
#include "net.h"
static NUMBER x[{rows}][10], y[{rows}][1];
static double now(void)
{{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}}
int main(void)
{{
    double best = 1e300;
    FILE *rows = fopen("rows", "rb");
    if (!rows || fread(x, sizeof x, 1, rows) != 1) return 1;
    for (int round = 0; round < {rounds}; ++round) {{
        const double start = now();
        for (int i = 0; i < {rows}; ++i) net_value(x[i], y[i]);
        const double took = now() - start;
        if (took < best) best = took;
    }}
    for (int i = 0; i < {rows}; ++i) printf("%.9g\\n", (double)y[i][0]);
    fprintf(stderr, "%g", best / {rows});
    return 0;
}}
"""
_JAVASCRIPT = """\
import {{ value }} from "./net.mjs";
import {{ readFileSync }} from "node:fs";
const bytes = readFileSync("rows");
const numbers = new {holder}(bytes.buffer, bytes.byteOffset, {rows} * 10);
const rows = Array.from({{ length: {rows} }}, (_, i) => numbers.subarray(10 * i, 10 * i + 10));
let best = Infinity, found = new Float64Array({rows});
for (let round = 0; round < {rounds}; round++) {{
    const start = performance.now();
    for (let i = 0; i < {rows}; i++) found[i] = value(rows[i])[0];
    best = Math.min(best, performance.now() - start);
}}
console.log(found.join("\\n"));
console.error(best * 1e6 / {rows});
"""


def network(activation: str) -> Any:
    """The network, and its rows."""
    from jangrad import MLP

    return MLP(*SHAPE, activation, seed=0)


def least(run: Callable[[], Any]) -> float:
    """The least time of several rounds, in nanoseconds."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e9


def in_jangrad(net: Any, X: Any, dtype: str) -> tuple[Any, float, float]:
    """What `jit` gives, nanoseconds a call, and a row of many."""
    from jangrad import jit

    f = jit(net, dtype=dtype)
    row = X[0].tolist()
    call = least(lambda: [f(row) for _ in range(CALLS)]) / CALLS
    each = least(lambda: f.map(X)) / len(X)
    return f.map(X)[:, 0], call, each


def in_c(net: Any, X: Any, dtype: str, folder: Path, *flags: str) -> tuple[Any, float, int] | None:
    """The same in C by gcc -O3, nanoseconds a row, and bytes; None without a compiler."""
    from jangrad.export import to_c

    if shutil.which("gcc") is None:
        return None
    to_c(net, folder / "net", dtype=dtype, force=True)
    X.astype(dtype).tofile(folder / "rows")
    number = "double" if dtype == "float64" else "float"
    text = _C.format(rows=len(X), rounds=ROUNDS).replace("NUMBER", number)
    (folder / "main.c").write_text(text)
    how = ["-std=c99", "-O3", "-march=native", *flags]
    _run(folder, "gcc", *how, "main.c", "net.c", "-o", "main", "-lm")
    done = _run(folder, "./main")
    _run(folder, "gcc", "-std=c99", "-Os", "-c", "net.c")
    sizes = _run(folder, "size", "net.o").stdout.split("\n")[1].split()
    return np.array(done.stdout.split(), float), float(done.stderr), int(sizes[0]) + int(sizes[1])


def in_javascript(net: Any, X: Any, dtype: str, folder: Path) -> tuple[Any, float, int] | None:
    """The same in Node."""
    from jangrad.export import to_javascript

    if shutil.which("node") is None:
        return None
    module = to_javascript(net, folder / "net.mjs", dtype=dtype, force=True).module
    X.astype(dtype).tofile(folder / "rows")
    holder = "Float64Array" if dtype == "float64" else "Float32Array"
    text = _JAVASCRIPT.format(rows=len(X), rounds=ROUNDS, holder=holder)
    (folder / "main.mjs").write_text(text)
    done = _run(folder, "node", "main.mjs")
    return np.array(done.stdout.split(), float), float(done.stderr), Path(module).stat().st_size


def _run(folder: Path, *command: str) -> Any:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)


def _line(name: str, found: tuple[Any, float, int] | None, expected: Any, bound: float) -> str:
    if found is None:
        return f"  {name:28}{'-':>12}{'-':>12}"
    outputs, each, size = found
    np.testing.assert_allclose(outputs, expected, rtol=bound, atol=bound)
    return f"  {name:28}{each:>9.0f} ns{size:>10,} B"


def main() -> None:
    X = np.random.default_rng(0).normal(size=(ROWS, SHAPE[0]))
    with tempfile.TemporaryDirectory() as place:
        for activation in ("relu", "tanh"):
            net = network(activation)
            expected = np.asarray(net.predict(X))[:, 0]
            for dtype, bound in (("float64", 1e-8), ("float32", 1e-4)):
                print(f"{activation}, {dtype}{'':22}a row       bytes")
                outputs, call, each = in_jangrad(net, X, dtype)
                np.testing.assert_allclose(outputs, expected, rtol=bound, atol=bound)
                print(f"  {'jangrad, one call a row':28}{call:>9.0f} ns")
                print(f"  {f'jangrad, {ROWS:,} rows':28}{each:>9.0f} ns")
                folder = Path(place)
                for name, flags in WAYS.items():
                    found = in_c(net, X, dtype, folder, *flags)
                    print(_line(name, found, expected, bound))
                there = in_javascript(net, X, dtype, folder)
                print(_line("JavaScript", there, expected, bound))


if __name__ == "__main__":
    main()
