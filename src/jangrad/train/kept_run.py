"""What a folder that keeps a training tells: its History, weights along the way, rows of steps."""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jangrad.errors import CheckpointError, ConfigError, NameNotFound
from jangrad.nn import Module
from jangrad.tape import write_data
from jangrad.train.remembered import kept_history
from jangrad.train.settings import count
from jangrad.train.shuffle import Deal
from jangrad.train.store import RunFolder, damaged, numbers_in, read_back, steps_in


class KeptRun:
    """A training that `fit` has kept, as `load_run` has read it.

    Attributes:
        history: of the steps that were made, up to the newest checkpoint; `stopped_by` is
            `"interrupt"` where the training can go on.
        settings: what it was called with, in words.
        names: of all parameters.
        learning: the places among these of those that learn.
        recorded: the steps before which weights are known, in order: the first, those that were
            recorded, and the number of all steps, for what the last one has left.
        final: the numbers of all parameters that the network had at the end: where that has put
            back the best ones, these.

    >>> import tempfile
    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> net = MLP(3, [1], seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = fit(net, *four_rows(), steps=20, record=folder, record_every=10)
    ...     run = load_run(folder)
    ...     run.load(net, step=0)
    >>> run
    KeptRun(20 steps of 4 parameters, weights before 3 of them)
    >>> run.recorded, list(run.rows(5)), run.history == history
    ([0, 10, 20], [0, 1, 2, 3], True)
    >>> run.load(net)
    >>> dict(zip(run.names, run.final, strict=True)) == net.state()
    True
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        folder = self._folder = RunFolder(path)
        text, arrays = folder.run()
        self._state = folder.state()
        self.names: list[str] = text["names"]
        n = len(self.names)
        steps = steps_in(folder, self._state, n)
        self._weights = {0: numbers_in(folder, arrays, "first_weights", n).tolist()}
        self.final: list[float] = numbers_in(folder, self._state[1], "now", n).tolist()
        self._weights[len(steps.columns[0])] = self.final.copy()
        try:
            self.settings: dict[str, Any] = text["settings"]
            self.learning: list[int] = text["learning"]
            rows, size, seed = (text["deal"][name] for name in ("rows", "size", "seed"))
            if not all(type(n) is int for n in (rows, size, seed)) or not 1 <= size <= rows:
                raise ValueError
            self._deal = Deal(rows, size, seed, text["deal"]["shuffle"])
            memory = read_back(self._state[0]["memory"], self._state[1])
            self.history = kept_history(steps, memory)
            if self.history.restored:
                best = memory["best"]["weights"]
                best = arrays["first_weights"][self.learning] if best is None else best
                for place, number in zip(self.learning, best.tolist(), strict=True):
                    self.final[place] = number
        except (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError):
            raise damaged(folder.path, "an entry is missing or of another kind") from None
        self._places = steps.recorded
        self.recorded = sorted({*self._places, *self._weights})
        self._part: tuple[int, Any] | None = None  # the one that was read last

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.history)

    def __repr__(self) -> str:
        return (
            f"KeptRun({len(self)} steps of {len(self.names)} parameters,"
            f" weights before {len(self.recorded)} of them)"
        )

    def weights(self, step: int) -> list[float]:
        """The numbers of all parameters before a step, in the order of `names`.

        Raises:
            CheckpointError: when they are not known, or the file that holds them is damaged.
            ConfigError: when it is no number of steps.
        """
        step = count("step", step, least=0)
        if step in self._weights:
            return list(self._weights[step])
        if step not in self._places:
            near = min(self.recorded, key=lambda each: abs(each - step))
            raise CheckpointError(
                f"the weights before step {step} were not recorded",
                why=f"they were before {len(self.recorded)} of {len(self) + 1} steps",
                try_=f"step {near}, the nearest; or fit(..., record=..., record_every=1)",
            )
        number, row = self._places[step]
        if number is None:
            found = self._state[1]["weights"]
        else:
            if self._part is None or self._part[0] != number:
                self._part = number, self._folder.part(number)[1]["weights"]
            found = self._part[1]
        numbers: list[float] = found[row].tolist()
        return numbers

    def rows(self, step: int) -> Sequence[int]:
        """Which rows a step has learned from, by their places in what `fit` was given."""
        return self._deal.batch(step)

    def load(self, net: Any, step: int | None = None) -> None:
        """Give a network the numbers that it had before a step; those of the end when left out.

        Args:
            net: built as the one that was trained.
            step: one of `recorded`.

        Raises:
            CheckpointError: when the weights before this step are not known.
            NameNotFound: when the network has other parameters.
        """
        numbers = self.final if step is None else self.weights(step)
        if isinstance(net, Module) and set(self.names) != set(map(str, range(len(self.names)))):
            net.load_state(dict(zip(self.names, numbers, strict=True)))
            return
        parameters = net.parameters()
        if len(parameters) != len(numbers):
            raise NameNotFound(
                f"the network has {len(parameters)} parameters, but the training had"
                f" {len(numbers)}",
                try_="a network that is built as the one that was trained",
            )
        write_data(parameters, array("d", numbers))

    def animate(
        self,
        path: str | os.PathLike[str],
        net: Any,
        X: Any = None,
        y: Any = None,
        **options: Any,
    ) -> Path:
        """Write how the network changed, as `.gif`; or its weights alone as an `.svg` that moves.

        With rows of two numbers and their targets it is what the network says over the plane,
        beside the loss. Without them it is the network itself: the lines of its weights.

        Args:
            path: the file.
            net: built as the one that was trained; it keeps its own numbers.
            X, y: for a `.gif`, n rows of two numbers and n targets.
            options: of both, `frames`: how many at most, 40 unless it is given. Of a `.gif`,
                `width` in pixels, 940 unless it is given; `row`, whose numbers stand in the
                neurons; `threshold`, as of `plot_decision_boundary`.

        Returns:
            The path.

        Raises:
            CheckpointError: when a file that holds weights is damaged.
            ConfigError: when the ending is another one, or it has no such option.
            NameNotFound: when the network has other parameters.
            ShapeError: when the rows do not have two numbers each.
            SaveError: when the file cannot be written, or a device or a folder is there.

        >>> import tempfile
        >>> from jangrad import MLP, fit
        >>> from jangrad.datasets import four_rows
        >>> net = MLP(3, [2, 1], seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     history = fit(net, *four_rows(), steps=20, record=f"{folder}/run")
        ...     load_run(f"{folder}/run").animate(f"{folder}/weights.svg", net, frames=5).name
        'weights.svg'
        """
        from jangrad.train.film import save_film

        if (X is None) != (y is None):
            lacks = "y" if y is None else "X"
            raise ConfigError(
                f"`{lacks}` is missing", why="the plane is drawn with the rows and their targets"
            )
        rows = {} if X is None else {"X": X, "y": y}
        return save_film(self, path, net, {**rows, **options})


def load_run(path: str | os.PathLike[str]) -> KeptRun:
    """Read a training that `fit(..., checkpoint=path)` or `fit(..., record=path)` has kept.

    It may still go on elsewhere: what is read is its newest checkpoint.

    Raises:
        CheckpointError: when the folder holds none, or it is damaged or of a newer version.
    """
    return KeptRun(path)
