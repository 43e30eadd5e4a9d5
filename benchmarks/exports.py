"""A network in C, JavaScript, NumPy and ONNX, beside jangrad and what others make of it.

    python benchmarks/exports.py

A row is 10 numbers; the network has two hidden layers of 32 tanh or ReLU neurons and one output.
What each contender gives for all rows is compared with `predict` before any time is shown.
Nanoseconds a row, the least of rounds that take turns: where each row is a call, and where 100,000
rows are one.
C is compiled by gcc -O3 for this processor: without vectors, with them, and with sums in any order;
JavaScript has to make them in the order in which they are written. Bytes of C are those of the
object file with -Os: flash is code and constants, RAM what it has all the time and all of its
functions have on the stack; other bytes are those of the file that holds the model.

JavaScript in single precision takes 2.0 to 2.8 times as long as C without vectors, in double 1.7:
JavaScript has no arithmetic of singles, and an engine does not find it, so that a product and the
sum that it is added to are rounded by four conversions, to single and back. Four neurons at once
are as fast as eight or sixteen, so it is no waiting that is left; and one rounding for both would
give other numbers than C's.

Beside it emlearn, which generates C in single precision; scikit-learn, whose MLPRegressor gets the
weights; onnxruntime on one thread, and JAX, with what jangrad has exported for them. One that is
not installed, or cannot do it, says so. m2cgen has no neural networks; keras2c needs TensorFlow.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import export_peers
from benchmarks.peers import Missing

ROWS, PASSES, ROUNDS, CALLS = 100_000, 3, 3, 20_000
FEW = 2000  # rows on which the scales of fixed point are found
SHAPE = (10, [32, 32, 1])
WAYS = {
    "C, no vectors": ("-fno-tree-vectorize",),
    "C": (),
    "C, sums in any order": ("-ffast-math",),
}


class Measured(NamedTuple):
    """What a contender gives, and what it costs; None where it has no such thing.

    Attributes:
        outputs: for all rows, or the first.
        call: nanoseconds a row, each of which is a call.
        each: nanoseconds a row, of all in one call.
        flash, ram: bytes.
        apart: how far its outputs may be from `predict`; what its precision allows if None.
    """

    outputs: Any
    call: float | None = None
    each: float | None = None
    flash: int | None = None
    ram: int | None = None
    apart: float | None = None


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
    for (int i = 0; i < {rows}; ++i) printf("%.17g\\n", (double)y[i][0]);
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


def in_jangrad(net: Any, X: Any, dtype: str, folder: Path) -> Measured:
    """What `jit` gives."""
    from jangrad import jit

    f = jit(net, dtype=dtype)
    row = X[0].tolist()
    call = least(lambda: [f(row) for _ in range(CALLS)]) / CALLS
    return Measured(f.map(X)[:, 0], call, least(lambda: f.map(X)) / len(X))


def in_c(net: Any, X: Any, dtype: str, folder: Path, *flags: str) -> Measured:
    """What jangrad writes in C."""
    from jangrad.export import to_c

    if shutil.which("gcc") is None:
        raise Missing("no gcc")
    to_c(net, folder / "net", dtype=dtype, force=True)
    return compiled(X.astype(dtype), folder, *flags)


def in_fixed_point(net: Any, X: Any, dtype: str, folder: Path, kind: str) -> Measured:
    """The same in integers, compared on the rows by which scales and errors are found."""
    from jangrad.export import to_c

    if dtype != "float32":
        raise Missing("integers of 16 bits")
    if shutil.which("gcc") is None:
        raise Missing("no gcc")
    files = to_c(net, folder / "net", dtype=kind, rows=X[:FEW].tolist(), force=True)
    scales = re.findall(r"#define NET_[XY]S?_SCALE ([\d.]+)F", (folder / "net.h").read_text())
    of_x, of_y = map(float, scales)
    rows = np.clip(np.rint(X * of_x), -32767, 32767).astype(np.int16)
    found = compiled(rows, folder)
    apart = files.fixed_point.classes[-1].error
    return found._replace(outputs=found.outputs[:FEW] / of_y, apart=apart)


def compiled(rows: Any, folder: Path, *flags: str) -> Measured:
    """`net.c` and `net.h`, with their function `net_value`, by gcc -O3."""
    rows.tofile(folder / "rows")
    number = {"float64": "double", "float32": "float", "int16": "int16_t"}[rows.dtype.name]
    text = _C.format(rows=len(rows), rounds=ROUNDS).replace("NUMBER", number)
    (folder / "main.c").write_text(text)
    how = ["-std=c99", "-O3", "-march=native", *flags]
    _run(folder, "gcc", *how, "main.c", "net.c", "-o", "main", "-lm")
    done = _run(folder, "./main")
    _run(folder, "gcc", "-std=c99", "-Os", *flags, "-fstack-usage", "-c", "net.c")
    sizes = _run(folder, "size", "net.o").stdout.split("\n")[1].split()
    code, data, bss = map(int, sizes[:3])
    used = (folder / "net.su").read_text().splitlines()
    stack = sum(int(line.split("\t")[1]) for line in used)
    outputs = np.array(done.stdout.split(), float)
    return Measured(outputs, float(done.stderr), None, code + data, data + bss + stack)


def in_javascript(net: Any, X: Any, dtype: str, folder: Path) -> Measured:
    """What jangrad writes in JavaScript, in Node."""
    from jangrad.export import to_javascript

    if shutil.which("node") is None:
        raise Missing("no node")
    module = to_javascript(net, folder / "net.mjs", dtype=dtype, force=True).module
    X.astype(dtype).tofile(folder / "rows")
    holder = "Float64Array" if dtype == "float64" else "Float32Array"
    text = _JAVASCRIPT.format(rows=len(X), rounds=ROUNDS, holder=holder)
    (folder / "main.mjs").write_text(text)
    done = _run(folder, "node", "main.mjs")
    outputs = np.array(done.stdout.split(), float)
    return Measured(outputs, float(done.stderr), None, Path(module).stat().st_size)


def in_emlearn(net: Any, X: Any, dtype: str, folder: Path) -> Measured:
    """What emlearn writes in C for the same weights."""
    if dtype != "float32":
        raise Missing("single precision only")
    if shutil.which("gcc") is None:
        raise Missing("no gcc")
    includes = export_peers.write_emlearn(net, folder)
    return compiled(X.astype(dtype), folder, f"-I{includes}")


def in_python(make: Any, net: Any, X: Any, dtype: str, folder: Path) -> Measured:
    """What is called from Python."""
    run, flash = make(net, dtype)
    rows = X.astype(dtype)
    row = rows[:1].copy()
    run(row)
    call = least(lambda: [run(row) for _ in range(CALLS // 20)]) / (CALLS // 20)
    outputs = np.asarray(run(rows)).reshape(-1)
    return Measured(outputs, call, least(lambda: run(rows)) / len(X), flash)


def _run(folder: Path, *command: str) -> Any:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)


def alternated(net: Any, X: Any, dtype: str, folder: Path) -> dict[str, Measured | Missing]:
    """Each contender after the other, and all of them again; the least times of each."""
    expected = np.asarray(net.predict(X))[:, 0]
    bound = 1e-8 if dtype == "float64" else 1e-4
    best: dict[str, Measured | Missing] = {}
    for _ in range(PASSES):
        for name, measure in contenders().items():
            try:
                found = measure(net, X, dtype, folder)
            except Missing as lack:
                best[name] = lack
                continue
            near = found.apart or bound
            wanted = expected[: len(found.outputs)]
            np.testing.assert_allclose(found.outputs, wanted, rtol=near, atol=near)
            before = best.setdefault(name, found)
            assert isinstance(before, Measured)
            times = [
                None if new is None or old is None else min(new, old)
                for new, old in zip(found[1:3], before[1:3], strict=True)
            ]
            best[name] = found._replace(call=times[0], each=times[1])
    return best


def _line(name: str, found: Measured | Missing) -> str:
    if isinstance(found, Missing):
        return f"  {name:28}  {found}"
    times = [f"{'-' if t is None else f'{t:,.0f}':>12}" for t in (found.call, found.each)]
    sizes = [f"{'-' if n is None else f'{n:,}':>10}" for n in (found.flash, found.ram)]
    return f"  {name:28}{''.join(times)}{''.join(sizes)}"


def contenders() -> dict[str, Callable[..., Measured]]:
    """Each of them, by its name."""
    found: dict[str, Callable[..., Measured]] = {"jangrad": in_jangrad}
    for name, flags in WAYS.items():
        found[name] = lambda *given, flags=flags: in_c(*given, *flags)
    for kind in ("q15", "int8"):
        found[f"C, {kind}"] = lambda *given, kind=kind: in_fixed_point(*given, kind)
    found["JavaScript"] = in_javascript
    found["emlearn, C"] = in_emlearn
    for name, make in export_peers.IN_PYTHON.items():
        found[name] = lambda *given, make=make: in_python(make, *given)
    return found


def main() -> None:
    X = np.random.default_rng(0).normal(size=(ROWS, SHAPE[0]))
    head = "".join(f"{title:>12}" for title in ("ns a call", "ns a row")) + "     flash       RAM"
    with tempfile.TemporaryDirectory() as place:
        for activation in ("relu", "tanh"):
            for dtype in ("float64", "float32"):
                print(f"{f'{activation}, {dtype}':30}{head}")
                found = alternated(network(activation), X, dtype, Path(place))
                for name, measured in found.items():
                    print(_line(name, measured), flush=True)


if __name__ == "__main__":
    main()
