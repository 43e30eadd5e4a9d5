"""A root against one of the numbers behind it, with the tangent that its gradient says."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from jangrad import ops
from jangrad.errors import ConfigError
from jangrad.show import saving
from jangrad.show.derivation import Derivation, Node
from jangrad.show.formula import number
from jangrad.show.what_if import check_known

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 7  # points that are told in text


@dataclass(frozen=True, slots=True)
class Curve:
    """A root against one number, all others as they are; `str()` is a table of some of its points.

    Attributes:
        name: what the tree calls the number.
        root: what it calls the root.
        at: where the number is.
        value: of the root there.
        slope: of the root there, its gradient.
        x: the numbers that were tried, in order.
        y: the root for each of them, nan or inf where it is so.
    """

    name: str
    root: str
    at: float
    value: float
    slope: float
    x: tuple[float, ...]
    y: tuple[float, ...]

    def tangent(self, x: float) -> float:
        """The straight line through where it is, as steep as the gradient says."""
        return self.value + self.slope * (x - self.at)

    @property
    def rows(self) -> list[Mapping[str, float]]:
        """The points as a table, which a frame of pandas takes."""
        return [
            {self.name: x, self.root: y, "tangent": self.tangent(x)}
            for x, y in zip(self.x, self.y, strict=True)
        ]

    def __str__(self) -> str:
        return self._table(_SHOWN)

    def _table(self, points: int) -> str:
        """About so many of its points, evenly."""
        step = max(1, (len(self.x) - 1) // (points - 1))
        rows = [(self.name, self.root, "tangent")]
        rows += [
            (number(x), number(y), number(self.tangent(x)))
            for x, y in zip(self.x[::step], self.y[::step], strict=True)
        ]
        wide = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = ["  ".join(cell.rjust(w) for cell, w in zip(r, wide, strict=True)) for r in rows]
        about = f"{self.root} against {self.name}; at {number(self.at)} its slope is"
        return "\n".join([f"{about} {number(self.slope)}", *lines])

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """The curve, the point where it is, and the tangent there.

        Args:
            ax: matplotlib axes to draw on; a new figure when left out.

        Returns:
            The axes; `save` writes the picture.

        Raises:
            DataError: when none of its points is finite.
        """
        from jangrad.show.curve_plot import plot_curve

        return plot_curve(self, ax)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as `.png`, `.svg` or `.pdf`, the picture; or as `.txt`, the table of it all.

        Args:
            path: the file.

        Returns:
            The path.

        Raises:
            ConfigError: when the ending is none of these.
            DataError: when a picture is asked for and none of its points is finite.
            SaveError: when the file cannot be written, or a device or a folder is there.
        """

        def drawn(kind: str) -> bytes:
            from matplotlib.figure import Figure

            figure, held = Figure(figsize=(6.4, 4.2), layout="constrained"), BytesIO()
            self.plot(figure.add_subplot())
            figure.savefig(held, format=kind, dpi=150)
            return held.getvalue()

        writers: dict[str, Callable[[], str | bytes]] = {
            f".{kind}": partial(drawn, kind) for kind in ("png", "svg", "pdf")
        }
        writers[".txt"] = lambda: self._table(len(self.x)) + "\n"
        return saving.save(path, writers, {}, 'tree.curve("a").save("curve.png")')


def curve(
    derivation: Derivation, node: Node, low: float | None, high: float | None, points: int
) -> Curve:
    """The root for so many numbers in the place of a node's, evenly from `low` to `high`.

    Raises:
        ConfigError: when there is no such range, or what the number leads to has a backward of its
            own, whose value nobody can compute.
    """
    reach = max(1.0, abs(node.data)) if math.isfinite(node.data) else 1.0
    start = node.data - reach if low is None else low
    end = node.data + reach if high is None else high
    if not -math.inf < start < end < math.inf:
        raise ConfigError(
            f"a curve from {number(start)} to {number(end)} has no points",
            try_="two numbers, low=-1.0, high=1.0, the smaller one first",
        )
    if type(points) is not int or not 2 <= points <= 100_000:
        raise ConfigError(f"`points` is {points!r:.60}, not an integer from 2 to 100,000")
    behind = {node}
    moved = []
    for other in derivation.nodes[node.index + 1 :]:
        if any(part in behind for part in other.children):
            check_known(other)
            behind.add(other)
            moved.append(other)
    x = tuple(start + (end - start) * k / (points - 1) for k in range(points))
    y = tuple(_root(derivation, node, moved, at) for at in x)
    root = derivation.root
    return Curve(node.handle, root.handle, node.data, root.data, node.grad or 0.0, x, y)


def _root(derivation: Derivation, node: Node, moved: list[Node], at: float) -> float:
    """The root with another number in the place of a node's."""
    now = {node: at}
    for other in moved:
        inputs = (
            now.get(part, part.data) if isinstance(part, Node) else part for part in other.inputs
        )
        now[other] = ops.evaluate(other.op, *inputs)
    return now.get(derivation.root, derivation.root.data)
