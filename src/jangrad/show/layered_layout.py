"""Where the boxes of a graph go: a layered layout, from left (inputs) to right (the root), or down.

The four steps of Sugiyama, Tagawa and Toda, Methods for Visual Understanding of Hierarchical System
Structures (1981), each chosen for expression graphs:

1. a column for every node: the longest path to a root, so that leaves sit beside their use;
2. long edges pass through one chain of bends a source, which bundles them, and keep level beside
   the boxes of a column: they turn between columns;
3. the order inside a column: depth first from the roots, then barycentre sweeps, then swaps of
   neighbours, keeping the order with the fewest crossings;
4. heights: every node wants to be level with its neighbours; the least-squares answer that keeps
   the order and the gaps is found by pooling adjacent violators.

`assets/layout.mjs` is the same algorithm step by step and gives the same numbers, so keep the two
alike: plain loops, no set order, sums from left to right. Nothing recurses.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import NamedTuple

COLUMN_GAP = 46.0
ROW_GAP = 12.0
BEND_GAP = 7.0
_SWEEPS = 24
_PATIENCE = 6
_SWAPPED_UP_TO = 600  # nodes and bends; beyond it swapping neighbours costs more than it gives


class BoxLayout(NamedTuple):
    """Centres of the boxes, the ways of the edges, and the size of the whole, in pixels."""

    x: list[float]
    y: list[float]
    columns: list[int]
    routes: list[list[tuple[float, float]]]  # one an edge: points from the one box to the other
    width: float
    height: float
    crossings: int
    down: bool = False  # inputs above, the root below

    def scale(self, frame: tuple[float, float]) -> float:
        """How large it may be drawn in a frame; 1 is its own size."""
        return min(frame[0] / max(self.width, 1.0), frame[1] / max(self.height, 1.0))


def fitted(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    frame: tuple[float, float],
    gap: float = COLUMN_GAP,
) -> BoxLayout:
    """The layout to the right or the one down, whichever may be drawn larger in the frame.

    Long graphs run down, for boxes are wider than they are high.
    """
    right = layout(sizes, edges, gap)
    if right.scale(frame) >= 1.0:
        return right
    down = _turned(layout([(high, wide) for wide, high in sizes], edges))
    return down if down.scale(frame) > right.scale(frame) else right


def _turned(placed: BoxLayout) -> BoxLayout:
    """Down instead of to the right."""
    return placed._replace(
        x=placed.y,
        y=placed.x,
        routes=[[(y, x) for x, y in route] for route in placed.routes],
        width=placed.height,
        height=placed.width,
        down=True,
    )


def layout(
    sizes: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    gap: float = COLUMN_GAP,
) -> BoxLayout:
    """Place boxes of the given sizes.

    Edges turn between columns only, so that none runs through a box.

    Args:
        sizes: width and height of each node's box, in pixels.
        edges: (input, user) pairs of node numbers, each pair once; an input has the smaller number.
        gap: pixels between two columns.

    Returns:
        Centres, routes and extent; the top left corner is (0, 0).

    >>> placed = layout([(40.0, 20.0)] * 3, [(0, 2), (1, 2)])
    >>> placed.columns, placed.crossings
    ([0, 0, 1], 0)
    """
    columns = _columns(len(sizes), edges)
    graph = _Layers(sizes, edges, columns)
    crossings = graph.order()
    y = graph.heights()
    starts, ends = graph.column_sides(gap)
    top = min((y[v] - graph.high[v] / 2 for v in range(graph.count)), default=0.0)
    y = [value - top for value in y]
    n = len(sizes)
    x = [(starts[c] + ends[c]) / 2 for c in columns]
    ways: dict[int, list[tuple[float, float]]] = {}
    for u, chain in graph.chain.items():
        ways[u] = [(x[u] + sizes[u][0] / 2, y[u]), (ends[columns[u]], y[u])]
        for b in chain:
            c = graph.column[b]
            ways[u] += (starts[c], y[b]), (ends[c], y[b])
    routes = []
    for u, v in edges:
        way = ways[u][: 2 * (columns[v] - columns[u])]
        routes.append([*way, (starts[columns[v]], y[v]), (x[v] - sizes[v][0] / 2, y[v])])
    return BoxLayout(
        x=x,
        y=y[:n],
        columns=columns,
        routes=routes,
        width=ends[-1] if ends else 0.0,
        height=max((y[v] + graph.high[v] / 2 for v in range(graph.count)), default=0.0),
        crossings=crossings,
    )


def _columns(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """A column for every node: as late as its users allow, but not away from two fixed inputs."""
    inputs: list[list[int]] = [[] for _ in range(n)]
    users: list[list[int]] = [[] for _ in range(n)]
    for u, v in edges:
        inputs[v].append(u)
        users[u].append(v)
    column = [0] * n
    for v in range(n):
        for u in inputs[v]:
            column[v] = max(column[v], column[u] + 1)
    last = max(column, default=0)
    for v in range(n - 1, -1, -1):
        column[v] = min((column[w] - 1 for w in users[v]), default=last)
    # A node between two early inputs and one late user would stretch two edges to shorten one.
    for v in range(n):
        if len(inputs[v]) > len(users[v]) and all(len(users[u]) > 1 for u in inputs[v]):
            column[v] = max(column[u] + 1 for u in inputs[v])
    first = min(column, default=0)
    return [c - first for c in column]


class _Layers:
    """The nodes and the bends of long edges, column by column."""

    def __init__(
        self,
        sizes: Sequence[tuple[float, float]],
        edges: Sequence[tuple[int, int]],
        columns: list[int],
    ) -> None:
        self.nodes = len(sizes)
        self.wide = [size[0] for size in sizes]
        self.high = [size[1] for size in sizes]
        self.column = list(columns)
        self.left: list[list[int]] = [[] for _ in sizes]  # neighbours in the column before
        self.right: list[list[int]] = [[] for _ in sizes]
        self.chain: dict[int, list[int]] = {}  # source -> its bends, by column
        for u, v in edges:
            chain = self.chain.setdefault(u, [])
            while len(chain) < columns[v] - columns[u] - 1:
                chain.append(self._bend(chain[-1] if chain else u))
            before = chain[columns[v] - columns[u] - 2] if columns[v] - columns[u] > 1 else u
            self._join(before, v)
        self.count = len(self.column)
        self.layers: list[list[int]] = [[] for _ in range(max(self.column, default=-1) + 1)]

    def _bend(self, before: int) -> int:
        number = len(self.column)
        self.wide.append(0.0)
        self.high.append(0.0)
        self.column.append(self.column[before] + 1)
        self.left.append([])
        self.right.append([])
        self._join(before, number)
        return number

    def _join(self, u: int, v: int) -> None:
        self.right[u].append(v)
        self.left[v].append(u)

    # -- the order inside the columns -------------------------------------------

    def order(self) -> int:
        """Choose the order in every column; returns the number of crossings."""
        self._depth_first()
        best, fewest = [list(layer) for layer in self.layers], self._crossings()
        since = 0  # sweeps without a better order
        for sweep in range(_SWEEPS):
            if fewest == 0 or since == _PATIENCE:
                break
            since += 1
            self._sweep(forward=sweep % 2 == 0)
            if self.count <= _SWAPPED_UP_TO:
                self._swap_neighbours(ties=sweep % 4 < 2)
                self._swap_neighbours(ties=False)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest, since = [list(layer) for layer in self.layers], crossings, 0
        self.layers = best
        self._number()
        return fewest

    def _depth_first(self) -> None:
        """From the roots to the left, each node as soon as it is met: a tree has no crossing."""
        seen = [False] * self.count
        roots = [v for v in range(self.count) if not self.right[v]]
        for root in roots:
            stack = [root]
            while stack:
                v = stack.pop()
                if seen[v]:
                    continue
                seen[v] = True
                self.layers[self.column[v]].append(v)
                stack.extend(reversed(self.left[v]))
        self.place = [0] * self.count
        self._number()

    def _number(self) -> None:
        for layer in self.layers:
            for position, v in enumerate(layer):
                self.place[v] = position

    def _sweep(self, *, forward: bool) -> None:
        """Sort every column by the mean place of the neighbours in the column before it."""
        neighbours = self.left if forward else self.right
        layers = self.layers[1:] if forward else self.layers[-2::-1]
        place = self.place
        for layer in layers:
            key = {}
            for position, v in enumerate(layer):
                near = neighbours[v]
                key[v] = sum([place[u] for u in near]) / len(near) if near else float(position)
            layer.sort(key=key.__getitem__)
            for position, v in enumerate(layer):
                place[v] = position

    def _swap_neighbours(self, ties: bool) -> None:
        """Swap two neighbours wherever that removes crossings, until nothing is left to gain."""
        improved = True
        rounds = 0
        while improved and rounds < 8:
            improved = False
            rounds += 1
            for layer in self.layers:
                for i in range(len(layer) - 1):
                    u, v = layer[i], layer[i + 1]
                    before, after = self._pair_crossings(u, v), self._pair_crossings(v, u)
                    if after < before or (ties and after == before):
                        layer[i], layer[i + 1] = v, u
                        self.place[u], self.place[v] = i + 1, i
                        improved = improved or after < before

    def _pair_crossings(self, u: int, v: int) -> int:
        """Crossings between the edges of u and v when u is above v."""
        total = 0
        for neighbours in (self.left, self.right):
            for a in neighbours[u]:
                for b in neighbours[v]:
                    total += self.place[a] > self.place[b]
        return total

    def _crossings(self) -> int:
        """All crossings: the inversions of the ends of the edges, taken from the top."""
        total = 0
        for layer in self.layers[:-1]:
            met: list[int] = []
            for u in layer:
                for end in sorted([self.place[v] for v in self.right[u]]):
                    total += len(met) - bisect_right(met, end)
                    insort(met, end)
        return total

    # -- heights ----------------------------------------------------------------

    def _gap(self, u: int, v: int) -> float:
        """The least distance of the centres of two neighbours in a column."""
        free = ROW_GAP if u < self.nodes and v < self.nodes else BEND_GAP
        return (self.high[u] + self.high[v]) / 2 + free

    def heights(self) -> list[float]:
        """The height of every centre."""
        y = [0.0] * self.count
        for layer in self.layers:
            at = 0.0
            for i, v in enumerate(layer):
                at += self._gap(layer[i - 1], v) if i else 0.0
                y[v] = at
        for sweep in range(6):
            columns = self.layers[::-1] if sweep % 2 == 0 else self.layers
            for layer in columns:
                wishes = []
                weights = []
                for v in layer:
                    first = self.right[v] if sweep % 2 == 0 else self.left[v]
                    near = first if first and sweep < 2 else self.left[v] + self.right[v]
                    total = 0.0
                    for u in near:
                        total += y[u]
                    wishes.append(total / len(near) if near else y[v])
                    # straight long edges are easier to follow
                    weights.append(4.0 if v >= self.nodes else 1.0)
                self._fit(layer, wishes, weights, y)
        return y

    def _fit(
        self, layer: list[int], wishes: list[float], weights: list[float], y: list[float]
    ) -> None:
        """The heights nearest to the wishes that keep order and gaps (isotonic regression)."""
        offsets = []
        at = 0.0
        for i, v in enumerate(layer):
            at += self._gap(layer[i - 1], v) if i else 0.0
            offsets.append(at)
        means: list[float] = []
        masses: list[float] = []
        lengths: list[int] = []
        for i in range(len(layer)):
            mean = wishes[i] - offsets[i]
            mass = weights[i]
            length = 1
            while means and means[-1] > mean:
                before = masses.pop()
                mean = (means.pop() * before + mean * mass) / (before + mass)
                mass += before
                length += lengths.pop()
            means.append(mean)
            masses.append(mass)
            lengths.append(length)
        i = 0
        for mean, length in zip(means, lengths, strict=True):
            for _ in range(length):
                y[layer[i]] = mean + offsets[i]
                i += 1

    # -- columns ----------------------------------------------------------------

    def column_sides(self, gap: float) -> tuple[list[float], list[float]]:
        """Where every column begins and ends; it is as wide as its widest box."""
        starts, ends = [], []
        at = 0.0
        for layer in self.layers:
            wide = 0.0
            for v in layer:
                wide = max(wide, self.wide[v])
            starts.append(at)
            ends.append(at + wide)
            at += wide + gap
        return starts, ends
