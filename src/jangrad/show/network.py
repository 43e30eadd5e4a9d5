"""What `net.show()` gives: the classic picture of a network, its SVG, PNG, PDF and page."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from jangrad.arrays import walked_again
from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError, printable
from jangrad.forks import once
from jangrad.show import formula, notebook, saving
from jangrad.show.derivation import Derivation, derive
from jangrad.show.drawing import Look
from jangrad.show.names import activations_of, names_of
from jangrad.show.network_layers import layers_of, signals_of
from jangrad.show.network_svg import LayerColumn, Number, Unit, network_svg
from jangrad.show.themes import checked_theme
from jangrad.show.unit_states import states_of


class NetworkPicture:
    """A network as neurons in columns, with a line for each weight; a notebook draws it.

    Lines are the wider the larger the weight is, blue above 0, orange below. With a row, every
    neuron shows the number it gives. The picture keeps the numbers of the moment it was made.

    Args:
        net: an MLP, a Layer or a Neuron; or a Module of your own with `layers` of `neurons` that
            are called one after the other.
        row: the inputs to show activations for; as many as the network takes.
        inputs: what the inputs are called.
        classes: what the outputs are called; of one output that tells two classes apart both.
        rows: the data to judge units by: those that give 0 for every row are marked as dead, those
            of tanh or sigmoid that are next to an end for nearly all of them as saturated.

    Raises:
        ConfigError: when the network has no layers of neurons, or does more than they do.
        DataError: when `rows` holds none.
        ShapeError: when the row has another length, or holds rows itself; when there are not as
            many names as inputs or outputs.
        NotANumber: when something in the row is not a number.

    >>> from jangrad.nn import MLP
    >>> picture = NetworkPicture(MLP(2, [3, 1], seed=0), [1.0, 2.0])
    >>> picture
    NetworkPicture(MLP(2 -> 3 relu -> 1 linear, 13 parameters), row=[1.0, 2.0])
    >>> [round(unit.value.data, 3) for unit in picture.columns[-1].units]
    [-0.03]
    """

    def __init__(
        self,
        net: Any,
        row: Sequence[Value | float] | None = None,
        *,
        inputs: Sequence[str] | None = None,
        classes: Sequence[str] | None = None,
        rows: Iterable[Sequence[float]] | None = None,
    ) -> None:
        self._title = printable(repr(net).partition("\n")[0])
        self._layers = layers_of(deepcopy(net))
        n_inputs, n_outputs = len(self._layers[0][0].weights), len(self._layers[-1])
        self._inputs = [f"x{i}" for i in range(n_inputs)]
        if inputs is not None:
            self._inputs = _names(inputs, n_inputs, "input")
        self._classes = [""] * n_outputs
        if classes is not None:
            self._classes = _names(classes, n_outputs, "output")
        self._states = [[""] * len(layer) for layer in self._layers]
        if rows is not None:
            self._states = states_of(net, self._layers, list(rows))
        self.row: list[float] | None = None
        self._values: list[list[Value]] = []
        if row is not None:
            self._run(net, row)

    def _run(self, net: Any, row: Sequence[Value | float]) -> None:
        """The row through the layers, which must give what the network gives."""
        given = net(row)
        numbers = [x.data if isinstance(x, Value) else float(x) for x in row]
        self.row = numbers
        values = [Value(x, name) for x, name in zip(numbers, self._inputs, strict=True)]
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

        inputs = [Unit(name, given(0, i), beside=name) for i, name in enumerate(self._inputs)]
        last = len(self._layers) - 1
        columns = [LayerColumn(_count(n_inputs, "input"), inputs)]
        for c, layer in enumerate(self._layers):
            units = [
                Unit(
                    f"neuron {j} of layer {c}",
                    given(c + 1, j),
                    held(neuron.bias),
                    [held(w) for w in neuron.weights],
                    self._states[c][j],
                    self._classes[j] if c == last else "",
                )
                for j, neuron in enumerate(layer)
            ]
            kind = getattr(layer[0], "activation", "")
            kind = kind if isinstance(kind, str) else getattr(kind, "__name__", "")
            columns.append(LayerColumn(f"{len(layer)} {kind}".strip(), units))
        return columns

    # -- showing and saving -----------------------------------------------------------------------

    def svg(self, *, theme: str = "auto") -> str:
        """The picture as SVG text, which a notebook draws; of more than 16 units in a column some.

        Args:
            theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not.

        Raises:
            ConfigError: when the theme does not exist.
        """
        return notebook.SvgText(network_svg(self.columns, title=self._title, theme=theme))

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

    def page(
        self,
        *,
        title: str = "",
        quiz: bool = False,
        start: int | None = None,
        theme: str = "auto",
        forward_only: bool = False,
        digits: int = formula.DIGITS,
    ) -> str:
        """The page that steps through all that is computed for the row, as HTML text.

        It opens with this picture; a neuron that is pressed is explained: its inputs times its
        weights, their sum, its activation with its slope. Where the network has several outputs,
        the gradients are those of their sum.

        Args:
            title: of the page; the network's description when left out.
            quiz: True to begin in the mode that asks for each number before it shows it.
            start: how many steps are done when it opens: 0 for none; left out, all of them.
            theme: `"auto"` follows the reader's setting, `"light"` and `"dark"` do not.
            forward_only: the values alone: no step backward, no gradients.
            digits: how many digits numbers are written in, 1 to 17.

        Raises:
            ConfigError: when no row was given, there are fewer steps, there is no such theme, or
                `digits` is out of range.
        """
        from jangrad.show.page import page

        if self._derivation is None:
            raise ConfigError(
                "the page steps through what is computed for a row, but no row was given",
                try_='net.show(row).save("net.html")',
            )
        nodes = {node.value: node.index for node in self._derivation}
        columns = self._columns(nodes)
        return notebook.HtmlText(
            page(
                self._derivation,
                title=title or self._title,
                quiz=quiz,
                start=start,
                look=Look(theme=checked_theme(theme), forward_only=forward_only),
                digits=digits,
                network=columns,
            )
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


def _names(names: Sequence[str], count: int, noun: str) -> list[str]:
    """As many names as there are inputs, or outputs; of one output two say which way is which."""
    found = [printable(str(name), line=True) for name in walked_again(names)]
    if noun == "output" and count == 1 and len(found) == 2:
        return [f"low: {found[0]}, high: {found[1]}"]
    if isinstance(names, str) or len(found) != count:
        raise ShapeError(
            f"the network has {_count(count, noun)}, but {len(found)} names are given for them:"
            f" {names!r:.80}",
            try_=f"a list of {count}" + (", or of two classes" if count == 1 else ""),
        )
    return found


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
