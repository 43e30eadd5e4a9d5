"""What becomes of a network's outputs, and of its loss, without one of its units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.compiler import jit
from jangrad.errors import ConfigError, NoCompiler, Untraceable
from jangrad.explain.asked import outputs_in
from jangrad.explain.subject import subject_of
from jangrad.explain.wording import MOST, aligned, bar, rest, short, signed
from jangrad.nn import MLP
from jangrad.show.notebook import Plotted
from jangrad.train.resolve import resolve_loss

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Ablated(NamedTuple):
    """What a network is without a unit.

    Attributes:
        layer, unit: which one, both from 0.
        moved: how far the outputs move, on average over rows and outputs.
        loss: without it; nan where no targets were given.
        grown: by how much it is more than the loss of the whole network.
    """

    layer: int
    unit: int
    moved: float
    loss: float
    grown: float


@dataclass(frozen=True, eq=False, repr=False)
class Ablation(Plotted):
    """What each unit does for a network; `str()` says it in words.

    Attributes:
        rows: a table with an `Ablated` for each unit of the hidden layers, in their order.
        loss: of the whole network; nan where no targets were given.
        measure: what the loss is.
        outputs: without each unit, an array of shape (units, rows, outputs).
        whole: of the whole network, an array of shape (rows, outputs).
    """

    rows: list[Ablated]
    loss: float
    measure: str
    outputs: NDArray[Any]
    whole: NDArray[Any]

    @property
    def sizes(self) -> list[float]:
        """By what units are put in order: how much the loss grows, or the outputs move."""
        return [one.grown if self.loss == self.loss else one.moved for one in self.rows]

    def __str__(self) -> str:
        sizes = self.sizes
        order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
        most = max(map(abs, sizes))
        rows = f"{len(self.whole):,} row{'s' * (len(self.whole) != 1)}"
        if self.loss != self.loss:
            lines = [f"without a unit (it gives 0) the outputs for {rows} move on average by"]
        else:
            lines = [f"{self.measure} of {rows}: {short(self.loss)}; without a unit (it gives 0):"]
        table = []
        for i in order[:MOST]:
            one = self.rows[i]
            name = f"layer {one.layer}, unit {one.unit}"
            figures = [short(one.moved)]
            if self.loss == self.loss:
                figures = [short(one.loss), signed(one.grown)]
            table.append([name, *figures, bar(sizes[i], most)])
        lines += aligned(table, right=(1, 2) if self.loss == self.loss else (1,))
        return "\n".join(lines + rest(len(order) - MOST, "unit"))

    def __repr__(self) -> str:
        return str(self)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each layer's units as bars side by side, and return matplotlib's axes."""
        from jangrad.explain.explanation_plots import draw_units

        return draw_units(self, ax)


def ablation(
    model: Any, rows: Any, y: Any = None, *, loss: Any = None, names: Sequence[str] | None = None
) -> Ablation:
    """What becomes of the outputs, and of the loss, where a hidden unit gives 0.

    It is as if the weights that lead away from the unit were 0. A unit without which nothing
    changes can be left out; what several do together is not seen.

    Args:
        model: an MLP, or a model or an estimator that has one, as for `gradient_x_input`.
        rows: n rows, as for `gradient_x_input`.
        y: n targets as the user has them; left out, the outputs alone are looked at.
        loss: as for `permutation_importance`; left out, that of the model's training where it is
            known, else "squared_error". It is of the network's own outputs and scaled targets.
        names: as for `gradient_x_input`.

    Returns:
        The Ablation, a line for each unit of the hidden layers.

    Raises:
        ConfigError: when the model has no MLP, or that has no hidden layer, or there is no such
            loss.
        ShapeError, DataError: when rows or targets do not fit the model or each other.

    >>> from jangrad import MLP
    >>> from jangrad.datasets import four_rows
    >>> net, (X, y) = MLP(3, [2, 1], "tanh", seed=0), four_rows()
    >>> found = ablation(net, X, y)
    >>> net.layers[1].neurons[0].weights[0].data = 0.0
    >>> bool(abs(net.predict(X) - found.outputs[0]).max() < 1e-12)
    True
    """
    subject = subject_of(model, rows, names)
    net = subject.net
    if not isinstance(net, MLP) or type(net).__call__ is not MLP.__call__:
        raise ConfigError(
            f"units are left out of an MLP, not of {net!r:.80} ({type(net).__name__})",
            why="only there it is known what is between the layers",
            try_="for another network: its outputs with the unit's weights at 0",
        )
    if len(net.layers) < 2:
        raise ConfigError(f"{net!r:.80} has no hidden layer", why="it has no unit to be left out")
    X = subject.scaled(subject.rows(rows))
    compute = _gated(net)
    widths = net.widths[:-1]
    units = [(c, j) for c, width in enumerate(widths) for j in range(width)]
    whole = compute(X, [[1.0] * width for width in widths])
    outputs = np.empty((len(units), *whole.shape))
    for i, (c, j) in enumerate(units):
        gates = [[1.0] * width for width in widths]
        gates[c][j] = 0.0
        outputs[i] = compute(X, gates)
    measure, losses = "", np.full(len(units) + 1, np.nan)
    if y is not None:
        targets = subject.targets(y, len(X))
        named, loss_of, _ = resolve_loss(subject.loss if loss is None else loss)
        measure = f"mean {named if isinstance(named, str) else getattr(named, '__name__', 'loss')}"
        each = _loss(loss_of)
        losses = np.array([each(found, targets) for found in (whole, *outputs)])
    moved = np.abs(outputs - whole).mean(axis=(1, 2))
    found = [
        Ablated(c, j, float(moved[i]), float(losses[i + 1]), float(losses[i + 1] - losses[0]))
        for i, (c, j) in enumerate(units)
    ]
    return Ablation(found, float(losses[0]), measure, outputs, whole)


def _gated(net: MLP) -> Callable[[NDArray[Any], list[list[float]]], NDArray[Any]]:
    """The outputs for rows where each hidden unit is multiplied by a number."""

    def outputs(row: Any, gates: Any) -> Any:
        for layer, gate in zip(net.layers, [*gates, None], strict=True):
            row = layer(row)
            row = row if gate is None else [g * x for g, x in zip(gate, row, strict=True)]
        return row

    compiled = jit(outputs)

    def compute(X: NDArray[Any], gates: list[list[float]]) -> NDArray[Any]:
        try:
            return np.asarray(compiled.map(X, gates, in_axes=(0, None)))
        except (NoCompiler, Untraceable):
            found = [outputs_in(outputs(row, gates)) for row in X.tolist()]
            return np.array([[x.data for x in row] for row in found])

    return compute


def _loss(loss_of: Callable[..., Any]) -> Callable[[NDArray[Any], NDArray[Any]], float]:
    """The mean over rows of a loss of outputs that are there."""
    compiled = jit(lambda outputs, target: loss_of([outputs], [target]))

    def mean(outputs: NDArray[Any], targets: NDArray[Any]) -> float:
        try:
            return float(compiled.map(outputs, targets, reduce="mean"))
        except (NoCompiler, Untraceable):
            found = [
                loss_of([x], [t]) for x, t in zip(outputs.tolist(), targets.tolist(), strict=True)
            ]
            return float(np.mean([x.data if hasattr(x, "data") else x for x in found]))

    return mean
