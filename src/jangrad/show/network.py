"""What `net.show()` gives: the classic picture of a network, its SVG, PNG, PDF and page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from math import isnan
from pathlib import Path
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError, printable
from jangrad.forks import once
from jangrad.show import notebook, saving
from jangrad.show.derivation import Derivation, derive
from jangrad.show.names import activations_of, names_of
from jangrad.show.network_svg import LayerColumn, Number, Unit, network_svg


class NetworkPicture:
    """A network as neurons in columns, with a line for each weight; a notebook draws it.

    Lines are the wider the larger the weight is, blue above 0, orange below. With a row, every
    neuron shows the number it gives. The picture keeps the numbers of the moment it was made.

    Args:
        net: an MLP, a Layer or a Neuron; or a Module of your own with `layers` of `neurons` that
            are called one after the other.
        row: the inputs to show activations for; as many as the network takes.

    Raises:
        ConfigError: when the network has no layers of neurons, or does more than they do.
        ShapeError: when the row has another length, or holds rows itself.
        NotANumber: when something in the row is not a number.

    >>> from jangrad.nn import MLP
    >>> picture = NetworkPicture(MLP(2, [3, 1], seed=0), [1.0, 2.0])
    >>> picture
    NetworkPicture(MLP(2 -> 3 relu -> 1 linear, 13 parameters), row=[1.0, 2.0])
    >>> [round(unit.value.data, 3) for unit in picture.columns[-1].units]
    [-0.03]
    """

    def __init__(self, net: Any, row: Sequence[Value | float] | None = None) -> None:
        self._title = printable(repr(net).partition("\n")[0])
        self._layers = layers_of(deepcopy(net))
        self.row: list[float] | None = None
        self._values: list[list[Value]] = []
        if row is not None:
            self._run(net, row)

    def _run(self, net: Any, row: Sequence[Value | float]) -> None:
        """The row through the layers, which must give what the network gives."""
        given = net(row)
        numbers = [x.data if isinstance(x, Value) else float(x) for x in row]
        self.row = numbers
        values = [Value(x, label=f"x{i}") for i, x in enumerate(numbers)]
        self._values = [values]
        self._values += signals_of(net, given, self._layers, values)

    def __repr__(self) -> str:
        row = "" if self.row is None else f", row={self.row}"
        return f"NetworkPicture({self._title}{row})"

    @once
    def _derivation(self) -> Derivation | None:
        """How the outputs came to be: of several their sum, for a gradient is of one number."""
        if self.row is None:
            return None
        outputs = self._values[-1]
        for c, values in enumerate(self._values[1:]):
            for j, value in enumerate(values):
                value.label = f"net.layers[{c}].neurons[{j}]"
        root = outputs[0]
        if len(outputs) > 1:
            root = sum(outputs[1:], outputs[0])
            root.label = "sum of outputs"
        neurons = [
            (f"net.layers[{c}].neurons[{j}]", neuron)
            for c, layer in enumerate(self._layers)
            for j, neuron in enumerate(layer)
        ]
        return derive(root, names_of(neurons), activations_of(neurons))

    @property
    def columns(self) -> list[LayerColumn]:
        """What is drawn: the inputs, then each layer."""
        return self._columns({})

    def _columns(self, nodes: Mapping[Value, int]) -> list[LayerColumn]:
        n_inputs = len(self._layers[0][0].weights)

        def held(value: Value) -> Number:
            return Number(value.data, nodes.get(value))

        def given(c: int, i: int) -> Number | None:
            return held(self._values[c][i]) if self._values else None

        inputs = [Unit(f"x{i}", given(0, i)) for i in range(n_inputs)]
        columns = [LayerColumn(_count(n_inputs, "input"), inputs)]
        for c, layer in enumerate(self._layers):
            units = [
                Unit(
                    f"neuron {j} of layer {c}",
                    given(c + 1, j),
                    held(neuron.bias),
                    [held(w) for w in neuron.weights],
                )
                for j, neuron in enumerate(layer)
            ]
            kind = getattr(layer[0], "activation", "")
            kind = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
            columns.append(LayerColumn(f"{len(layer)} {kind}".strip(), units))
        return columns

    # -- showing and saving -----------------------------------------------------------------------

    def svg(self, *, theme: str = "auto") -> str:
        """The picture as SVG text; of a column of more than 16 units it draws some.

        Args:
            theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not.

        Raises:
            ConfigError: when the theme does not exist.
        """
        return network_svg(self.columns, title=self._title, theme=theme)

    def png(self, *, theme: str = "light", scale: float = 2.0) -> bytes:
        """The picture as PNG.

        Args:
            theme: `"light"` or `"dark"`.
            scale: pixels for each unit of the picture.

        Raises:
            ConfigError: when the theme does not exist, or the scale is not above 0.
        """
        from jangrad.show.painted import png

        return png(self.svg(theme=theme), scale)

    def pdf(self, *, theme: str = "light") -> bytes:
        """The picture as PDF, of lines and letters, not of pixels.

        Args:
            theme: `"light"` or `"dark"`.

        Raises:
            ConfigError: when the theme does not exist.
        """
        from jangrad.show.painted import pdf

        return pdf([self.svg(theme=theme)], self._title)

    def page(self, *, title: str = "", quiz: bool = False, start: int | None = None) -> str:
        """The page that steps through all that is computed for the row, as HTML text.

        It opens with this picture; a neuron that is pressed is explained: its inputs times its
        weights, their sum, its activation with its slope. Where the network has several outputs,
        the gradients are those of their sum.

        Args:
            title: of the page; the network's description when left out.
            quiz: True to begin in the mode that asks for each number before it shows it.
            start: how many steps are done when it opens: 0 for none; left out, all of them.

        Raises:
            ConfigError: when no row was given, or there are fewer steps.
        """
        from jangrad.show.page import page

        if self._derivation is None:
            raise ConfigError(
                "the page steps through what is computed for a row, but no row was given",
                try_='net.show(row).save("net.html")',
            )
        nodes = {node.value: node.index for node in self._derivation}
        columns = self._columns(nodes)
        return page(
            self._derivation,
            title=title or self._title,
            quiz=quiz,
            start=start,
            network=columns,
        )

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: the picture, and with a row the page to step through below it."""
        fits = self._derivation is not None and len(self._derivation) <= notebook.STEPPED
        return notebook.bundle(self.svg(), repr(self), self.page() if fits else None)

    def save(self, path: str | os.PathLike[str], **options: Any) -> Path:
        """Write it as `.svg`, `.png`, `.pdf` or, with a row, as `.html`.

        Args:
            path: the file.
            options: of that format: those of `svg`, `png`, `pdf` or `page`.

        Returns:
            The path.

        Raises:
            ConfigError: when the ending is none of these, or the format has no such option, or a
                page is asked for without a row.
            SaveError: when the file cannot be written, or a device or a folder is there.
        """
        writers: saving.Writers = {
            ".svg": self.svg,
            ".png": self.png,
            ".pdf": self.pdf,
            ".html": self.page,
        }
        return saving.save(path, writers, options, 'save("network.svg")')


def signals_of(
    net: Any, given: Any, layers: list[list[Any]], values: Sequence[Any]
) -> list[list[Value]]:
    """What each neuron gives for a row, layer by layer.

    Args:
        net: the network.
        given: what it gives for the row; that must be what the last layer gives.
        layers: its neurons.
        values: the row.

    Raises:
        ConfigError: when it gives something else.
    """
    found = []
    for layer in layers:
        values = [neuron(values) for neuron in layer]
        found.append(values)
    outputs = [given] if isinstance(given, Value) else list(given)
    if len(outputs) != len(values) or not all(
        a.data == b.data or (isnan(a.data) and isnan(b.data))
        for a, b in zip(outputs, values, strict=True)
    ):
        raise ConfigError(
            f"`{type(net).__name__}` does more than call its layers one after the other",
            why="the picture shows what each neuron gives, and would show other numbers than"
            " the network computes",
            try_="net.show() without a row; or net(row)[0].backtrack() for all it computes",
        )
    return found


def layers_of(net: Any) -> list[list[Any]]:
    """The neurons of each layer.

    Raises:
        ConfigError: when the network has no layers of neurons, or one does not follow the other.
    """
    if hasattr(net, "layers"):
        found = [getattr(layer, "neurons", None) for layer in net.layers]
    else:
        found = [getattr(net, "neurons", [net])]
    if not found or not all(
        layer and all(hasattr(n, "weights") and hasattr(n, "bias") for n in layer)
        for layer in found
    ):
        raise ConfigError(
            f"`{type(net).__name__}` has no layers of neurons to draw",
            why="the picture shows neurons, with `weights` and a `bias`, in `layers`",
            try_="an MLP, a Layer or a Neuron; or net(row)[0].backtrack().save('net.svg')",
        )
    layers = [list(layer) for layer in found if layer]
    for c, layer in enumerate(layers):
        before = len(layers[c - 1]) if c else len(layer[0].weights)
        for neuron in layer:
            if len(neuron.weights) != before:
                raise ShapeError(
                    f"a neuron of layer {c} has {len(neuron.weights)} weights for {before} inputs",
                    why="each neuron is drawn with a line from every one of its inputs",
                )
    return layers


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
