"""What a network does differently for two rows: unit by unit, and what that brings to an output.

A unit's difference times the slope of the output in it, the mean of both rows', is what it brings:
the trapezoidal rule for the way from one row to the other. In the last hidden layer of a network
with a linear output these add up to the whole difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.engine import Value
from jangrad.errors import ConfigError, printable
from jangrad.show.formula import number
from jangrad.show.network_layers import layers_of, signals_of
from jangrad.show.plots import PALETTE, _axes, _plain_frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TOLD = 8  # units in the text
_DRAWN = 12  # and in the picture


class UnitDifference(NamedTuple):
    """How a unit differs between two rows.

    Attributes:
        layer, unit: which, counted from 0.
        a, b: what it gives for the first and the second row.
        difference: b - a.
        brings: what that brings to the difference of the output.
    """

    layer: int
    unit: int
    a: float
    b: float
    difference: float
    brings: float

    @property
    def name(self) -> str:
        """`net[0][1]`."""
        return f"net[{self.layer}][{self.unit}]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a network does differently for two rows; `str()` says it.

    Attributes:
        title: the network.
        inputs: `(column, a, b)` for each input that differs.
        output: which output is asked about.
        a, b: what it is for both rows.
        rows: a table with a `UnitDifference` for each unit but those of the last layer, those that
            bring most first.
        first: the first unit that switches: 0 or less for one row, above 0 for the other; None
            where none does.
    """

    title: str
    inputs: tuple[tuple[int, float, float], ...]
    output: int
    a: float
    b: float
    rows: tuple[UnitDifference, ...]
    first: UnitDifference | None

    def __str__(self) -> str:
        change = number(self.b - self.a)
        lines = [
            self.title,
            f"output {self.output} goes from {number(self.a)} to {number(self.b)}, by {change}",
            "inputs that differ: "
            + (", ".join(f"x{i} {number(a)} -> {number(b)}" for i, a, b in self.inputs) or "none"),
        ]
        if self.first is not None:
            one = self.first
            lines.append(
                f"the first unit that switches is {one.name}: {number(one.a)} -> {number(one.b)}"
            )
        elif self.rows:
            lines.append("no unit switches from one side of 0 to the other")
        shown = [one for one in self.rows if one.difference][:_TOLD]
        if shown:
            table: list[tuple[str, ...]] = [("unit", "a", "b", "difference", "brings")]
            table += [
                (one.name, *map(number, (one.a, one.b, one.difference, one.brings)))
                for one in shown
            ]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines += ["  ".join([
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]) for row in table]  # fmt: skip
        if (rest := sum(bool(one.difference) for one in self.rows) - len(shown)) > 0:
            lines.append(f"and {rest} more units differ")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what the units bring as bars, the largest on top, and return matplotlib's axes."""
        shown = [one for one in self.rows if one.brings][:_DRAWN][::-1]
        ax = _axes(ax, (6.4, 1.2 + 0.32 * max(len(shown), 1)))
        colours = [PALETTE[0] if one.brings > 0.0 else PALETTE[1] for one in shown]
        ax.barh([one.name for one in shown], [one.brings for one in shown], color=colours)
        ax.axvline(0.0, color="#888888", linewidth=0.8)
        change = number(self.b - self.a)
        ax.set_title(f"output {self.output}: {number(self.a)} to {number(self.b)}, by {change}")
        ax.set_xlabel("what the unit brings")
        _plain_frame(ax)
        return ax


def compare(
    net: Any, row_a: Sequence[float], row_b: Sequence[float], output: int | None
) -> Comparison:
    """The comparison of two rows; see `Module.compare`."""
    a, b = _values(net, row_a), _values(net, row_b)
    count = len(a[-1])
    if output is None:
        output = max(range(count), key=lambda k: abs(b[-1][k].data - a[-1][k].data))
    elif type(output) is not int or not 0 <= output < count:
        raise ConfigError(
            f"`output` is {output!r:.60}, and the network has {count} output{'s' * (count > 1)}",
            try_=f"an integer from 0 to {count - 1}",
        )
    for values in (a, b):
        values[-1][output].backward()
    units = [
        UnitDifference(
            k, j, u.data, v.data, v.data - u.data, 0.5 * (u.grad + v.grad) * (v.data - u.data)
        )
        for k, (before, after) in enumerate(zip(a[1:-1], b[1:-1], strict=True))
        for j, (u, v) in enumerate(zip(before, after, strict=True))
    ]
    inputs = tuple(
        (i, u.data, v.data)
        for i, (u, v) in enumerate(zip(a[0], b[0], strict=True))
        if u.data != v.data
    )
    return Comparison(
        printable(repr(net).partition("\n")[0]),
        inputs,
        output,
        a[-1][output].data,
        b[-1][output].data,
        tuple(sorted(units, key=lambda one: (-abs(one.brings), -abs(one.difference)))),
        next((one for one in units if _switches(one)), None),
    )


def _values(net: Any, row: Sequence[float]) -> list[list[Value]]:
    """What each layer gives for a row, the inputs first, of a copy of the network."""
    layers = layers_of(deepcopy(net))
    given = net(row)
    inputs = [Value(float(x.data if isinstance(x, Value) else x)) for x in row]
    return [inputs, *signals_of(net, given, layers, inputs)]


def _switches(one: UnitDifference) -> bool:
    """Whether it is on for one row alone; nan is on no side."""
    known = not (math.isnan(one.a) or math.isnan(one.b))
    return known and (one.a > 0.0) != (one.b > 0.0)
