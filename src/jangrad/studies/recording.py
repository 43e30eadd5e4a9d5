"""`recording`: a training that was recorded, at any of its steps; which rows moved a weight."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import CheckpointError, ConfigError, NameNotFound, did_you_mean
from jangrad.explain.influence import Influence, Influences, influences
from jangrad.nn import MLP
from jangrad.nn.activations import activation_names
from jangrad.studies.boundaries import column_names
from jangrad.train import load_run
from jangrad.train.identity import described, network, summed, without_code
from jangrad.train.resolve import Loss, Network, Penalty
from jangrad.train.rows import read_data
from jangrad.train.settings import count

if TYPE_CHECKING:
    from jangrad.train.history import History
    from jangrad.train.kept_run import KeptRun

_MLP = re.compile(r"MLP\((\d+) -> (.+), \d+ parameters\)")


class Recording:
    """A training that `fit(..., record=path)` has kept, as `recording` has read it.

    Args:
        run: what `jangrad.train.load_run` gives.
        net: a network that is built as the one that was trained.

    Attributes:
        run: what the folder tells: settings, names of the weights, rows of steps.
        history: losses, rates, gradient norms, validation figures.
        steps: those before which weights were recorded, in order; the last is the number of all.
    """

    def __init__(self, run: KeptRun, net: Network) -> None:
        self.run = run
        self.history: History = run.history
        self.steps: list[int] = run.recorded
        self._net = net

    def __repr__(self) -> str:
        net = self.run.settings["net"]
        return f"Recording({net}: {len(self.run)} steps, weights before {len(self.steps)} of them)"

    def at(self, step: int | None = None) -> Network:
        """The network as it was before a step, to the last bit.

        Args:
            step: one of `steps`; what the training has left when it is left out.

        Returns:
            A network of its own, which nothing else changes.

        Raises:
            CheckpointError: when the weights before this step were not recorded.
            ConfigError: when it is no number of steps.
        """
        net = copy.deepcopy(self._net)
        self.run.load(net, step)
        return net

    def moved(
        self,
        weight: str,
        X: Any,
        y: Any,
        first: int = 0,
        last: int | None = None,
        *,
        row_weights: Any = None,
        penalty: Penalty | None = None,
    ) -> Influences:
        """Which rows of the training have moved a weight between two steps, and by how much.

        What is moved is shared out exactly among the gradients of the rows; with momentum also
        among those of earlier steps, which go on moving it. It sums to the change of the weight,
        but for what a penalty has moved.

        Args:
            weight: its name, one of `run.names`.
            X, y, row_weights, penalty: as they were given to `fit`.
            first, last: two of `steps`; all of the training when left out.

        Returns:
            The Influences, with `str()`, `.rows` and `.plot()`.

        Raises:
            NameNotFound: when there is no such weight.
            CheckpointError: when a step was not recorded, or the rows are other ones.
            ConfigError: when `first` does not come before `last`, or the optimiser does not follow
                a formula of jangrad's.
        """
        if weight not in self.run.names:
            raise NameNotFound(
                f"there is no weight `{weight}`", try_=did_you_mean(str(weight), self.run.names)
            )
        last = len(self.run) if last is None else count("last", last)
        first = count("first", first, least=0)
        if first >= last:
            raise ConfigError(
                f"step {first} does not come before step {last}", try_="first=0, the beginning"
            )
        _checked(self.run, X, y)
        given: Any = {"row_weights": row_weights, "penalty": penalty, "weight": weight}
        loss = self.run.settings["loss"]
        until = [
            influences(self.at(step), self.run, X, y, loss=loss, **given)
            for step in (first, last)
            if step
        ]
        if first == 0:
            return until[0]
        before, found = until
        rows = [
            Influence(one.row, one.moved - was.moved, one.place)
            for one, was in zip(found.rows, before.rows, strict=True)
        ]
        return replace(
            found,
            rows=rows,
            together=found.together - before.together,
            begin=before.end,
            steps=last - first,
            since=first,
        )

    def animate(
        self, path: str | os.PathLike[str], X: Any = None, y: Any = None, **options: Any
    ) -> Path:
        """Write how the network changed, as `.gif`; or its weights alone as an `.svg` that moves.

        Args:
            path: the file.
            X, y: rows of two numbers and targets, for a `.gif` of what the network says over the
                plane, beside the loss. Without them it is of the weights.
            options: those of `KeptRun.animate`: `frames`, and of a `.gif` `width`, `row` and
                `threshold`.

        Returns:
            The path.

        Raises:
            CheckpointError: when a file that holds weights is damaged.
            ConfigError: when the ending is another one, or it has no such option.
            ShapeError: when the rows do not have two numbers each.
            SaveError: when the file cannot be written, or a device or a folder is there.
        """
        return self.run.animate(path, self._net, X, y, **options)

    def page(
        self,
        X: Any,
        y: Any,
        *,
        title: str = "",
        names: Sequence[str] | None = None,
        loss: Loss | None = None,
    ) -> str:
        """The training as one HTML file: back to any step, and on from there in another way.

        Each step has its network, boundary, loss and gradients by layer, and the scalars of any
        row, to step through. A weight, a row or the rate can be changed at any of them, and the
        page trains on from there, beside what was recorded; it tells which rows have moved a weight
        between two steps. It asks for no other file and no server. Networks that are no MLP have
        their curves alone.

        Args:
            X, y: as they were given to `fit`.
            title: of the page.
            names: of the inputs; when left out those of a table's columns, or x1, x2, ...
            loss: that of the training, where it is a function of your own: without it the page
                shows what was recorded, and cannot go on from there.

        Returns:
            HTML text, which a notebook opens.

        Raises:
            CheckpointError: when the rows or the loss are not those of the training.
            ConfigError: when there are not as many names as inputs.
        """
        from jangrad.show.notebook import HtmlText
        from jangrad.studies.machine_page import machine_page

        rows, targets = _checked(self.run, X, y)
        names = column_names(X) if names is None else names
        if names is not None and len(names) != len(rows[0]):
            raise ConfigError(f"there are {len(names)} names for {len(rows[0])} inputs")
        there = self.run.settings["loss function"]
        if loss is not None and described(loss) != there:
            raise CheckpointError(
                "`loss` is not what the training has followed",
                why=f"that was {there}, and this is {described(loss)}",
                try_="what was given to `fit`",
            )
        return HtmlText(machine_page(self, rows, targets, title=title, names=names, loss=loss))


def _checked(run: KeptRun, X: Any, y: Any) -> tuple[Any, Any]:
    """The rows and targets, once they are those of the training.

    Raises:
        CheckpointError: when they are not.
    """
    rows, targets = read_data(X, y)
    for name, found in (("X", rows), ("y", targets)):
        there, here = run.settings[name], summed(found)
        if there != here:
            raise CheckpointError(
                f"`{name}` is not what the training has learned from",
                why=f"that was {there}, and this is {here}",
                try_="what was given to `fit`, in the same order",
            )
    return rows, targets


def recording(path: str | os.PathLike[str], net: Network | None = None) -> Recording:
    """Read a training that `fit(..., record=path)` has recorded, to go back to any of its steps.

    Args:
        path: the folder.
        net: a network that is built as the one that was trained; its numbers do not matter. An MLP
            is built again without it.

    Returns:
        The Recording: `.at(step)` gives the network back, `.page(X, y)` is the time machine.

    Raises:
        CheckpointError: when the folder holds no training, or is damaged, or that of another
            network.

    >>> import tempfile
    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> net, (X, y) = MLP(3, [4, 1], "tanh", seed=0), four_rows()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = fit(net, X, y, steps=20, record=folder)
    ...     found = recording(folder)
    >>> found
    Recording(MLP(3 -> 4 tanh -> 1 linear, 21 parameters): 20 steps, weights before 21 of them)
    >>> found.at(0).state() == MLP(3, [4, 1], "tanh", seed=0).state()
    True
    >>> found.at(20).state() == net.state()
    True
    """
    run = load_run(path)
    there = run.settings["net"]
    if net is None:
        net = _built(there)
        if net is None:
            raise CheckpointError(
                f"the recording is of {without_code(there)}, which cannot be built from what it"
                " says",
                try_="recording(path, net), with a network that is built as that one",
            )
    elif without_code(network(net)) != without_code(there):
        raise CheckpointError(
            f"the recording is of {without_code(there)}, and `net` is {without_code(network(net))}",
            try_="a network that is built as the one that was trained",
        )
    found = copy.deepcopy(net)
    run.load(found)
    return Recording(run, found)


def _built(words: str) -> MLP | None:
    """The MLP of these words."""
    found = _MLP.fullmatch(words)
    if found is None:
        return None
    layers = [part.split(" ", 1) for part in found[2].split(" -> ")]
    known = activation_names()
    if not all(len(layer) == 2 and layer[1] in known for layer in layers):
        return None
    activations = [name for _, name in layers]
    widths = [int(units) for units, _ in layers]
    return MLP(int(found[1]), widths, activations[:-1], activations[-1])
