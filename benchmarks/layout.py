"""The own layout beside Graphviz dot, on the same boxes and edges of networks.

    python benchmarks/layout.py            all graphs; dot is left out where it is not installed

Crossings, overlaps and edges through boxes are counted on what is drawn: each curve as short
straight pieces. "seen" are crossings of lines: edges out of one box that run on one line are one.
"pairs" are pairs of edges that cross; a line of k edges that is crossed once counts k times.
Times are the best of several rounds; dot's include its start, some 20 ms.
"""

from __future__ import annotations

import math
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from jangrad import MLP, Value
from jangrad.show import derive
from jangrad.show.layered_layout import layout

Point = tuple[float, float]
Sizes = Sequence[Point]
Edges = Sequence[tuple[int, int]]

X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
HIGH, LETTER = 44.0, 7.3
PIECES = 12  # straight pieces a curve is measured by
COUNTED_UP_TO = 500  # nodes; beyond it the pairs of pieces are too many to compare
TARGET = 1.2  # crossings seen, for each one of dot
DRAWN_BY_DOT_UP_TO = 2_500
FLOORS = {2_000: 0.150, 10_000: 1.0}  # nodes, seconds


class Drawing(NamedTuple):
    """Centres of boxes, and each edge as a line of short pieces."""

    centres: list[Point]
    lines: list[list[Point]]


def network(rows: int, *layers: int) -> tuple[Sizes, Edges]:
    """The loss of an MLP over some rows."""
    net = MLP(3, list(layers), "tanh", seed=0)
    loss = sum(((net(X[i % 4])[0] - 1.0) ** 2 for i in range(rows)), start=Value(0.0))
    nodes = derive(loss).nodes
    sizes = [(20.0 + LETTER * (12 + 3 * (node.index % 3)), HIGH) for node in nodes]
    return sizes, sorted({(part.index, node.index) for node in nodes for part in node.children})


def shared(steps: int) -> tuple[Sizes, Edges]:
    """One neuron used again and again."""
    w, b, h = Value(0.5), Value(0.1), Value(1.0)
    for _ in range(steps):
        h = (w * h + b).tanh()
    nodes = derive(h).nodes
    sizes = [(120.0, HIGH) for _ in nodes]
    return sizes, sorted({(part.index, node.index) for node in nodes for part in node.children})


GRAPHS: dict[str, Callable[[], tuple[Sizes, Edges]]] = {
    "MLP(3, [2, 1])": lambda: network(1, 2, 1),
    "MLP(3, [4, 1])": lambda: network(1, 4, 1),
    "MLP(3, [4, 4, 1])": lambda: network(1, 4, 4, 1),
    "its four rows": lambda: network(4, 4, 4, 1),
    "a neuron, 20 times": lambda: shared(20),
    "2,000 nodes": lambda: network(26, 4, 4, 1),
    "10,000 nodes": lambda: network(132, 4, 4, 1),
}


def ours(sizes: Sizes, edges: Edges) -> Drawing:
    """The own layout, its curves as svg.py draws them."""
    placed = layout(sizes, edges)
    lines = []
    for route in placed.routes:
        line = [route[0]]
        for (x1, y1), (x2, y2) in pairwise(route):
            middle = (x1 + x2) / 2
            line += bow((x1, y1), (middle, y1), (middle, y2), (x2, y2))
        lines.append(line)
    return Drawing(list(zip(placed.x, placed.y, strict=True)), lines)


def dots(sizes: Sizes, edges: Edges) -> Drawing:
    """What dot draws."""
    inches = [(wide / 72, high / 72) for wide, high in sizes]
    text = ['digraph{rankdir=LR nodesep=.17 ranksep=.64 node[shape=box fixedsize=true label=""]']
    text += [f"{i}[width={wide:.4f} height={high:.4f}]" for i, (wide, high) in enumerate(inches)]
    text += [f"{u}->{v}[dir=none]" for u, v in edges]
    command = ["dot", "-Tplain"]
    out = subprocess.run(command, input="\n".join(text) + "}", capture_output=True, text=True)
    out.check_returncode()
    centres: list[Point] = [(0.0, 0.0)] * len(sizes)
    by_edge: dict[tuple[int, int], list[Point]] = {}
    for row in out.stdout.splitlines():
        kind, *words = row.split()
        if kind == "node":
            centres[int(words[0])] = (72 * float(words[1]), 72 * float(words[2]))
        elif kind == "edge":
            count = int(words[2])
            numbers = [72 * float(word) for word in words[3 : 3 + 2 * count]]
            points = list(zip(numbers[::2], numbers[1::2], strict=True))
            line = points[:1]
            for i in range(0, count - 1, 3):
                line += bow(*points[i : i + 4])
            by_edge[int(words[0]), int(words[1])] = line
    return Drawing(centres, [by_edge[edge] for edge in edges])


def bow(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """A cubic Bezier curve as points, the first left out; a straight one is its end."""
    if a[1] == b[1] == c[1] == d[1]:
        return [d]
    t = np.linspace(0, 1, PIECES + 1)[1:, None]
    curve = (
        (1 - t) ** 3 * np.array(a)
        + 3 * (1 - t) ** 2 * t * np.array(b)
        + 3 * (1 - t) * t**2 * np.array(c)
        + t**3 * np.array(d)
    )
    return [(float(x), float(y)) for x, y in curve]


def crossings(lines: Sequence[Sequence[Point]]) -> int:
    """Pairs of lines that cross; lines that only meet or run together do not."""
    pieces = [(a, b, number) for number, line in enumerate(lines) for a, b in pairwise(line)]
    p, q = (np.array([piece[i] for piece in pieces]) for i in (0, 1))
    owner = np.array([number for _, _, number in pieces])
    low, high = np.minimum(p[:, 0], q[:, 0]), np.maximum(p[:, 0], q[:, 0])
    pairs: set[tuple[int, int]] = set()
    for i in range(len(p)):
        near = (owner[i + 1 :] != owner[i]) & (high[i + 1 :] >= low[i]) & (low[i + 1 :] <= high[i])
        others = np.flatnonzero(near) + i + 1
        r, s = p[others], q[others]
        apart = side(p[i], q[i], r) * side(p[i], q[i], s) < -1e-9
        apart &= side(r, s, p[i]) * side(r, s, q[i]) < -1e-9
        pairs.update((int(owner[i]), int(owner[j])) for j in others[apart])
    return len(pairs)


def strokes(drawing: Drawing) -> list[list[Point]]:
    """The lines as they are seen: a piece that several edges share is one."""
    return [list(piece) for piece in {piece for line in drawing.lines for piece in pairwise(line)}]


def side(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """On which side of the line from a to b the point c lies."""
    ab, ac = b - a, c - a
    return ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]


def overlaps(sizes: Sizes, drawing: Drawing) -> int:
    """Pairs of boxes that cover each other."""
    centre, size = np.array(drawing.centres), np.array(sizes)
    found = 0
    for i in range(len(size)):
        gap = np.abs(centre[i + 1 :] - centre[i]) - (size[i + 1 :] + size[i]) / 2
        found += int((gap < -0.5).all(axis=1).sum())
    return found


def through(sizes: Sizes, edges: Edges, drawing: Drawing) -> int:
    """Edges that enter a box they do not belong to, by more than a pixel."""
    centre, half = np.array(drawing.centres), np.array(sizes) / 2 - 1.0
    found = 0
    for (u, v), line in zip(edges, drawing.lines, strict=True):
        points = np.array(line)
        fine = np.concatenate([np.linspace(a, b, 8) for a, b in pairwise(points)])
        inside = (np.abs(fine[:, None] - centre[None]) < half[None]).all(axis=2).any(axis=0)
        inside[[u, v]] = False
        found += bool(inside.any())
    return found


def best(draw: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest round."""
    fastest = math.inf
    for _ in range(rounds):
        start = time.perf_counter()
        draw()
        fastest = min(fastest, time.perf_counter() - start)
    return fastest


def main() -> None:
    """Print the table."""
    has_dot = shutil.which("dot") is not None
    titles = ("nodes", "edges", "seen", "ratio", "pairs", "overlaps", "through", "ms", "floor")
    print(f"{'graph':20}{'by':8}" + "".join(f"{title:>9}" for title in titles))
    for name, make in GRAPHS.items():
        sizes, edges = make()
        n = len(sizes)
        drawers = {"dot": dots, "jangrad": ours} if has_dot else {"jangrad": ours}
        seen: dict[str, int] = {}
        for by, draw in drawers.items():
            if by == "dot" and n > DRAWN_BY_DOT_UP_TO:
                continue
            drawing = draw(sizes, edges)
            cells = [str(n), str(len(edges)), "-", "", "-"]
            if n <= COUNTED_UP_TO:
                pairs = crossings(drawing.lines)
                # Two lines of dot may cross twice; that is counted once, in its favour.
                seen[by] = min(pairs, crossings(strokes(drawing)))
                cells[2], cells[4] = str(seen[by]), str(pairs)
            if len(seen) == 2:
                cells[3] = f"{seen['jangrad'] / max(1, seen['dot']):.2f}"
            cells.append(str(overlaps(sizes, drawing)))
            cells.append(str(through(sizes, edges, drawing)) if n <= COUNTED_UP_TO else "-")
            run = layout if by == "jangrad" else dots
            rounds = 5 if by == "jangrad" else 1
            cells.append(f"{1e3 * best(lambda f=run, s=sizes, e=edges: f(s, e), rounds):.1f}")
            if by == "jangrad":
                cells.append(
                    next((f"{1e3 * t:.0f}" for k, t in FLOORS.items() if abs(n - k) < k / 10), "")
                )
            print(f"{name:20}{by:8}" + "".join(f"{cell:>9}" for cell in cells))
    print(f"targets: a ratio of at most {TARGET}, no overlaps, none through a box")
    if not has_dot:
        print("dot is not installed: apt-get install graphviz")


if __name__ == "__main__":
    main()
