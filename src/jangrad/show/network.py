"""The classic picture of a network: neurons in columns, weights as lines, as SVG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError
from jangrad.show.formula import number
from jangrad.show.svg import png

_MOST = 12  # neurons drawn in a column; of more the first and the last are shown
_LAST = 2
_ACROSS, _DOWN, _RADIUS = 190.0, 50.0, 17.0
_POSITIVE, _NEGATIVE = "#0072b2", "#d55e00"  # Okabe and Ito (2008)
_STYLE = """
.jangrad-net{color-scheme:light dark}
.jangrad-net text{font:12px system-ui,sans-serif;fill:#1b1f24}
.jangrad-net .unit{fill:#f6f8fa;stroke:#57606a;stroke-width:1.4}
.jangrad-net .faint{fill:#57606a}
.jangrad-net .paper{fill:#ffffff}
"""
_DARK = """@media screen and (prefers-color-scheme:dark){
.jangrad-net text{fill:#e6edf3}.jangrad-net .unit{fill:#161b22;stroke:#9aa4af}
.jangrad-net .faint{fill:#9aa4af}.jangrad-net .paper{fill:#0d1117}}
"""


class NetworkPicture:
    """What `net.show()` gives: a picture that a notebook draws and that can be saved.

    Lines are weights: the wider the larger, blue above 0, orange below. With a row, each neuron
    shows the number it gives for it.

    Args:
        net: an MLP, a Layer or a Neuron: anything with `layers` of `neurons`, or one of these.
        row: the inputs to show activations for.

    Raises:
        ConfigError: when the network has no layers of neurons.
        ShapeError: when the row does not fit it.

    >>> from jangrad.nn import MLP
    >>> NetworkPicture(MLP(2, [3, 1], seed=0))
    NetworkPicture(2 -> 3 -> 1)
    """

    def __init__(self, net: Any, row: Sequence[float] | None = None) -> None:
        self.net = net
        self.layers = _layers(net)
        self.row = None if row is None else list(row)
        inputs = len(self.layers[0][0].weights)
        if self.row is not None and len(self.row) != inputs:
            raise ShapeError(
                f"the row has {len(self.row)} numbers, but the network {inputs} inputs"
            )
        self.sizes = [inputs, *map(len, self.layers)]
        self.activations = self._activations()

    def __repr__(self) -> str:
        return f"NetworkPicture({' -> '.join(map(str, self.sizes))})"

    def _activations(self) -> list[list[float]] | None:
        if self.row is None:
            return None
        values: list[Any] = list(self.row)
        found = [[float(x) for x in self.row]]
        for layer in self.layers:
            values = [neuron(values) for neuron in layer]
            found.append([value.data for value in values])
        return found

    def svg(self, *, theme: str = "auto") -> str:
        """The picture as SVG text; `theme="light"` does not follow the reader's setting."""
        tallest = max(min(size, _MOST + 1) for size in self.sizes)
        width = _ACROSS * (len(self.sizes) - 1) + 120.0
        height = tallest * _DOWN + 70.0
        spots = [self._spots(size, column, tallest) for column, size in enumerate(self.sizes)]
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="jangrad-net" role="img"'
            f' viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}">',
            f"<title>{escape(f'A network of {self!r}')}</title>",
            f"<desc>{escape(self._description())}</desc>",
            f"<style>{_STYLE}{_DARK if theme == 'auto' else ''}</style>",
            f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
            *self._lines(spots),
            *self._units(spots),
            f'<text class="faint" x="14" y="{height - 14:.0f}">line: weight, wider is larger;'
            f' <tspan fill="{_POSITIVE}">above 0</tspan>,'
            f' <tspan fill="{_NEGATIVE}">below 0</tspan></text>',
            "</svg>\n",
        ]
        return "\n".join(parts)

    def _spots(self, size: int, column: int, tallest: int) -> dict[int, tuple[float, float]]:
        """Where each drawn neuron stands."""
        drawn = list(range(size))
        if size > _MOST:
            drawn = [*range(_MOST - _LAST), *range(size - _LAST, size)]
        rows = min(size, _MOST + 1)
        top = 40.0 + (tallest - rows) * _DOWN / 2
        x = 60.0 + column * _ACROSS
        gap = len(drawn) < size
        return {
            j: (x, top + (i + (gap and i >= _MOST - _LAST)) * _DOWN) for i, j in enumerate(drawn)
        }

    def _lines(self, spots: list[dict[int, tuple[float, float]]]) -> list[str]:
        weights = [w.data for layer in self.layers for neuron in layer for w in neuron.weights]
        largest = max((abs(w) for w in weights if w == w), default=0.0) or 1.0
        lines = []
        for l, layer in enumerate(self.layers):
            for j, (x2, y2) in spots[l + 1].items():
                for k, (x1, y1) in spots[l].items():
                    w = layer[j].weights[k].data
                    size = min(1.0, abs(w) / largest)
                    lines.append(
                        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
                        f' stroke="{_NEGATIVE if w < 0 else _POSITIVE}"'
                        f' stroke-width="{0.3 + 4.2 * size:.2f}" opacity="0.8">'
                        f"<title>weight {number(w)}</title></line>"
                    )
        return lines

    def _units(self, spots: list[dict[int, tuple[float, float]]]) -> list[str]:
        units = []
        for column, places in enumerate(spots):
            hidden = self.sizes[column] - len(places)
            for j, (x, y) in places.items():
                title = f"input {j}"
                if column:
                    neuron = self.layers[column - 1][j]
                    title = f"neuron {j} of layer {column - 1}, bias {number(neuron.bias.data)}"
                text = ""
                if self.activations is not None:
                    a = self.activations[column][j]
                    title += f", gives {number(a)}"
                    text = (
                        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle"'
                        f' style="font-size:10px">{_brief(a)}</text>'
                    )
                units.append(
                    f'<g><title>{escape(title)}</title><circle class="unit" cx="{x:.1f}"'
                    f' cy="{y:.1f}" r="{_RADIUS:.0f}"/>{text}</g>'
                )
            if hidden:
                x, y = places[_MOST - _LAST - 1]
                units.append(
                    f'<text class="faint" x="{x:.1f}" y="{y + _DOWN + 4:.1f}" text-anchor="middle">'
                    f"{hidden} more</text>"
                )
        for column, places in enumerate(spots):
            x, y = min(places.values(), key=lambda spot: spot[1])
            name = "inputs" if column == 0 else self._activation(column - 1)
            units.append(
                f'<text class="faint" x="{x:.1f}" y="{y - _RADIUS - 7:.1f}" text-anchor="middle">'
                f"{escape(name)}</text>"
            )
        return units

    def _activation(self, layer: int) -> str:
        kind = getattr(self.layers[layer][0], "activation", "")
        return kind if isinstance(kind, str) else getattr(kind, "__name__", "")

    def _description(self) -> str:
        weights = sum(len(n.weights) + 1 for layer in self.layers for n in layer)
        said = f"{self.sizes[0]} inputs, layers of {self.sizes[1:]} neurons, {weights} parameters."
        if self.activations is not None:
            outputs = ", ".join(map(number, self.activations[-1]))
            said += f" For the row {self.row} it gives {outputs}."
        return said

    def page(self) -> str:
        """The page that steps through the network's outputs for the row, as HTML text.

        Raises:
            ConfigError: when no row was given.
        """
        from jangrad.show.derivation import derive
        from jangrad.show.names import names_of
        from jangrad.show.page import page

        if self.row is None:
            raise ConfigError(
                "the page shows how outputs are computed, but no row was given",
                try_="net.show(row).save(...)",
            )
        inputs: list[Any] = [Value(x, label=f"x{i}") for i, x in enumerate(self.row)]
        for layer in self.layers:
            inputs = [neuron(inputs) for neuron in layer]
        total = sum(inputs[1:], inputs[0])
        return page(derive(total, names_of([("net", self.net)])), title=repr(self.net))

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it as `.svg`, `.png` (needs the extra `png`) or `.html` (needs a row)."""
        path = Path(path)
        kind = path.suffix.lower()
        if kind == ".svg":
            content = self.svg().encode("utf-8")
        elif kind == ".png":
            content = png(self.svg(theme="light"))
        elif kind == ".html":
            content = self.page().encode("utf-8")
        else:
            raise ConfigError(
                f"`{path.name}` ends in {path.suffix or 'nothing'!r}, which says no format",
                try_=".svg, .png, .html",
            )
        path.write_bytes(content)
        return path

    def _repr_svg_(self) -> str:
        return self.svg()


def _layers(net: Any) -> list[list[Any]]:
    """The neurons of each layer."""
    if hasattr(net, "layers"):
        found = [getattr(layer, "neurons", None) for layer in net.layers]
    elif hasattr(net, "neurons"):
        found = [net.neurons]
    else:
        found = [[net]]
    if not found or any(
        not layer or not all(hasattr(n, "weights") and hasattr(n, "bias") for n in layer)
        for layer in found
    ):
        raise ConfigError(
            f"{net!r:.60} has no layers of neurons to draw",
            why="the picture shows neurons with `weights` and a `bias`, in `layers`",
            try_="an MLP, a Layer or a Neuron; or net(row)[0].backtrack().save('net.svg')",
        )
    return [list(layer) for layer in found if layer is not None]


def _brief(x: float) -> str:
    return number(float(f"{x:.3g}"))
