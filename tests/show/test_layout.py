"""The layout: no overlaps, no edge through a box, and the same numbers in Python and JavaScript."""

import json
import random
import subprocess
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest

from jangrad import MLP, Value
from jangrad.show import derive
from jangrad.show.layered_layout import BEND_GAP, ROW_GAP, fitted, layout


def graph_of(root):
    """Boxes of several widths, and the edges, of all nodes behind a root."""
    nodes = derive(root).nodes
    sizes = [(60.0 + 7.3 * len(node.handle) + node.index % 5 * 20, 44.0) for node in nodes]
    edges = sorted({(part.index, node.index) for node in nodes for part in node.children})
    return sizes, edges


def network(*layers, rows=1):
    net = MLP(3, list(layers), "tanh", seed=0)
    return sum(((net([2.0, 3.0 - i, -1.0])[0] - 1.0) ** 2 for i in range(rows)), start=Value(0.0))


def random_graph(seed, count=60):
    """Boxes of any size, each with up to three inputs among the ones before it."""
    chance = random.Random(seed)
    sizes = [(chance.uniform(20, 200), chance.uniform(20, 60)) for _ in range(count)]
    edges = {(chance.randrange(v), v) for v in range(1, count) for _ in range(chance.randrange(4))}
    return sizes, sorted(edges)


def chain(count):
    x = Value(1.0)
    y = x
    for _ in range(count):
        y = y * 0.9 + x
    return y


GRAPHS = {
    "nothing": ([], []),
    "one box": ([(40.0, 20.0)], []),
    "two apart": ([(40.0, 20.0), (90.0, 44.0)], []),
    "network": graph_of(network(4, 4, 1)),
    "four rows": graph_of(network(4, 4, 1, rows=4)),
    "chain": graph_of(chain(100)),
    **{f"random {seed}": random_graph(seed) for seed in range(8)},
}


@pytest.mark.parametrize("name", GRAPHS)
def test_boxes_keep_apart_and_edges_pass_between_them(name):
    """Every two boxes of a column have a gap between them; no edge enters a foreign box."""
    sizes, edges = GRAPHS[name]
    placed = layout(sizes, edges)
    by_column = {}
    for v, column in enumerate(placed.columns):
        by_column.setdefault(column, []).append(v)
    for some in by_column.values():
        some.sort(key=placed.y.__getitem__)
        for u, v in pairwise(some):
            free = placed.y[v] - placed.y[u] - (sizes[u][1] + sizes[v][1]) / 2
            assert free > ROW_GAP - 1e-9
    for (u, v), route in zip(edges, placed.routes, strict=True):
        assert route[0] == (placed.x[u] + sizes[u][0] / 2, placed.y[u])
        assert route[-1] == (placed.x[v] - sizes[v][0] / 2, placed.y[v])
        for (x1, y1), (x2, y2) in pairwise(route):
            assert x2 > x1 - 1e-9
            inside = [
                w for w in range(len(sizes)) if abs(placed.x[w] - (x1 + x2) / 2) < sizes[w][0] / 2
            ]
            if y1 != y2:  # it turns: between two columns, where there is no box
                assert inside == []
            for w in inside:
                assert w in (u, v) or abs(placed.y[w] - y1) > sizes[w][1] / 2 + BEND_GAP - 1e-9


@pytest.mark.parametrize("name", GRAPHS)
def test_inputs_are_left_of_their_users(name):
    """Everything flows one way, and the extent holds every box."""
    sizes, edges = GRAPHS[name]
    placed = layout(sizes, edges)
    assert all(placed.columns[u] < placed.columns[v] for u, v in edges)
    for x, y, (wide, high) in zip(placed.x, placed.y, sizes, strict=True):
        assert wide / 2 - 1e-9 <= x <= placed.width - wide / 2 + 1e-9
        assert high / 2 - 1e-9 <= y <= placed.height - high / 2 + 1e-9


def test_a_tree_has_no_crossing():
    """Where nothing is shared nothing need cross."""
    terms = [Value(float(i)) * Value(2.0) for i in range(16)]
    while len(terms) > 1:
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=True)]
    assert layout(*graph_of(terms[0])).crossings == 0


def test_long_graphs_run_down():
    """A chain that would be far wider than the frame has its root below, with the same boxes."""
    sizes, edges = graph_of(chain(10))
    placed = fitted(sizes, edges, (600.0, 900.0))
    assert placed.down
    assert all(placed.y[u] + 44 < placed.y[v] for u, v in edges)
    assert placed.scale((600.0, 900.0)) > layout(sizes, edges).scale((600.0, 900.0))
    assert not fitted(sizes, edges, (10_000.0, 900.0)).down


def test_javascript_gives_the_same_positions():
    """The page's own layout is this one, number by number (needs Node.js)."""
    module = Path(str(files("jangrad.show") / "assets" / "layout.mjs")).as_uri()
    graphs = json.dumps(list(GRAPHS.values()))
    script = f"""import {{fitted, layout}} from {json.dumps(module)};
    const frame = [900, 600];
    console.log(JSON.stringify({graphs}.map(([s, e]) => [layout(s, e), fitted(s, e, frame)])));
    """
    try:
        done = subprocess.run(
            ["node", "--input-type=module", "-"], input=script, capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("Node.js is not installed")
    assert done.returncode == 0, done.stderr
    for (sizes, edges), both in zip(GRAPHS.values(), json.loads(done.stdout), strict=True):
        wanted = layout(sizes, edges), fitted(sizes, edges, (900.0, 600.0))
        for python, javascript in zip(wanted, both, strict=True):
            as_json = json.loads(json.dumps(python._asdict()))
            assert javascript == as_json
