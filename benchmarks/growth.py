"""How preparation and the time of a step grow, with the parameters and with the rows.

    python benchmarks/growth.py [picture.png]

Parameters: MLP(d, [d, 1]), that is (d + 1)² of them, on 32 rows. Rows: the moons' MLP(2, [16, 16,
1]) on all of them at once. Both by gradient descent in double precision, on one pinned core, each
point in a process of its own. Preparation is what the first call takes more than a later one,
imports included, with nothing cached from earlier runs. Times are of the processor. The table is
printed, and drawn in the picture.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import peers, works
from benchmarks.timing import best, in_a_process, pin

# The colours of Okabe and Ito, as in jangrad's own plots.
CONTENDERS = {"jangrad": "#D55E00", "JAX, fori_loop": "#009E73", "PyTorch": "#0072B2"}
WIDTHS = (5, 11, 19, 39, 62, 140, 199, 446, 999)
ROWS = (100, 316, 1_000, 3_162, 10_000, 31_623, 100_000)
AXES = {"parameters": [(d + 1) ** 2 for d in WIDTHS], "rows": list(ROWS)}


def training(axis: str, size: int) -> works.Training:
    """The work at one point; fewer steps where each takes long."""
    if axis == "rows":
        return replace(works.moons(size), steps=max(10, 20_000 // size))
    d = round(size**0.5) - 1
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(32, d)), rng.normal(size=32)
    steps = max(20, 200_000 // size)
    sizes = (d, d, 1)
    return works.Training("square", sizes, X, y, "squared_error", "sgd", 1e-3, steps, init="he")


def measure(contender: str, axis: str, size: int) -> dict[str, float] | None:
    """In the child: seconds of preparation and of a step."""
    work = training(axis, size)
    work.start()  # jangrad's own networks give the start to all
    begin = time.process_time()
    try:
        reset, run = peers.TRAINERS[contender](work)
        reset()
        losses, _ = run()
    except (peers.Missing, ModuleNotFoundError):
        return None
    first = time.process_time() - begin
    if losses is not None and not np.isfinite(losses).all():
        raise ValueError(f"{contender} gives losses that are not finite at {size} {axis}")
    later = best(run, reset)
    return {"preparation": max(0.0, first - later), "step": later / work.steps}


def draw(found: dict[str, dict[str, list[Any]]], path: str) -> None:
    """Two rows of two plots with both axes logarithmic, each line named at its end."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.family": "DejaVu Sans", "font.size": 9.5})
    figure, grid = plt.subplots(2, 2, figsize=(10.5, 7.2), sharex="col")
    titles = {"preparation": "preparation, seconds", "step": "a step, microseconds"}
    for row, (what, title) in enumerate(titles.items()):
        for column, (axis, sizes) in enumerate(AXES.items()):
            plot = grid[row][column]
            ends: list[tuple[float, float, str]] = []
            for contender, color in CONTENDERS.items():
                scale = 1e6 if what == "step" else 1.0
                points = [
                    (size, one[what] * scale)
                    for size, one in zip(sizes, found[axis][contender], strict=True)
                    if one and one[what] > 0
                ]
                if not points:
                    continue
                x, y = zip(*points, strict=True)
                wide = 2.2 if contender == "jangrad" else 1.4
                plot.plot(x, y, "o-", color=color, lw=wide, ms=3.5, clip_on=False)
                ends.append((x[-1], y[-1], contender))
            plot.set_xscale("log")
            plot.set_yscale("log")
            name_lines(plot, ends)
            plot.set_title(title, loc="left", fontsize=10.5)
            plot.grid(which="major", color="#e2e8f0", lw=0.8)
            plot.tick_params(which="both", length=0, colors="#475569")
            for side in ("top", "right", "left", "bottom"):
                plot.spines[side].set_visible(False)
            if row:
                plot.set_xlabel(axis, color="#475569")
    figure.tight_layout(w_pad=4.5, h_pad=2)
    figure.savefig(path, dpi=150, bbox_inches="tight")


def name_lines(plot: Any, ends: list[tuple[float, float, str]]) -> None:
    """The name of each line beside its end, moved up where the one below would touch it."""
    plot.autoscale_view()
    below = -np.inf
    for x, y, contender in sorted(ends, key=lambda end: end[1]):
        at = plot.transData.transform((x, y))[1] * 72 / plot.figure.dpi  # in points
        below = max(at, below + 12)
        plot.annotate(
            contender.partition(",")[0],
            (x, y),
            (7, below - at),
            textcoords="offset points",
            va="center",
            color=CONTENDERS[contender],
            fontweight="bold" if contender == "jangrad" else "normal",
        )


def main() -> None:
    """Measure, print, draw."""
    path = sys.argv[1] if len(sys.argv) > 1 else "growth.png"
    found: dict[str, dict[str, list[Any]]] = {}
    for axis, sizes in AXES.items():
        found[axis] = {contender: [] for contender in CONTENDERS}
        head = "".join(f"{contender:>24}" for contender in CONTENDERS)
        print(f"{axis:>10}{head}      (preparation, s / a step, us)")
        for size in sizes:
            line = f"{size:>10,}"
            for contender in CONTENDERS:
                with tempfile.TemporaryDirectory() as folder:
                    point = (contender, axis, str(size))
                    one = in_a_process(__file__, *point, XDG_CACHE_HOME=folder)
                found[axis][contender].append(one)
                pair = one and f"{one['preparation']:.3f} / {one['step'] * 1e6:,.2f}"
                line += f"{pair or '-':>24}"
            print(line, flush=True)
        print()
    draw(found, path)
    print(f"drawn in {path}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        pin()
        print(json.dumps(measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        main()
