"""From a table to a network: read, choose, train, and measure on rows that nothing has seen."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Unpack

from jangrad.datasets import Columns
from jangrad.datasets.digits import losses
from jangrad.datasets.packed import BLOCK
from jangrad.datasets.reading import Reading, takes
from jangrad.datasets.source import Source
from jangrad.datasets.standard_inputs import StandardInputs
from jangrad.datasets.table import read_source
from jangrad.errors import ConfigError, DataError, NoCompiler, either
from jangrad.export.answers import FORMAT
from jangrad.nn import MLP
from jangrad.tabular.baselines import baselines
from jangrad.tabular.choices import Choice, choose_settings, choose_task
from jangrad.tabular.drift import profile
from jangrad.tabular.model import Model
from jangrad.tabular.scores import Score, score_of_classes, score_of_numbers
from jangrad.tabular.split import split
from jangrad.train import fit
from jangrad.train.store import RunFolder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jangrad.train.history import History

_FEW = 2000  # rows; of fewer those that chose are worth a second training
_MOST_CLASSES = 20  # more than these, nearly one a row, are names and no classes
_LARGEST = 1e150  # amounts, whose squares are floats too
_SURE = 0.9  # of the predictions lie within the interval that the model file keeps


@takes(Reading)
def train(
    data: str | os.PathLike[str],
    target: str | None = None,
    *,
    task: str = "auto",
    hidden: Sequence[int] | None = None,
    rate: float | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    seed: int = 0,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    **reading: Unpack[Reading],
) -> Model:
    """Train a network on a table, and measure it on rows that its training never sees.

    Args:
        data: a CSV file with the names of the columns in its first line; "-" for standard input.
        target: the column to predict; the last one when left out.
        task: "classification", "regression", or "auto" to choose by the target.
        hidden: neurons of each hidden layer; None to choose, as for those that follow.
        rate: the learning rate of Adam, > 0.
        epochs: passes over the rows, at most; the best of them is kept.
        batch: rows a step.
        seed: of the weights, the split and the order of rows.
        progress: a bar on stderr: True or False, or None for a terminal only.
        checkpoint: a folder that keeps what is needed to go on, made if there is none.
        resume: go on with what was kept there by a call with the same arguments; begin where
            nothing was.
        ignore, missing, decimal, delimiter, encoding: as for `jangrad.datasets.read_csv`.

    Returns:
        The Model, with what was chosen and its score; the same seed gives the same one.

    Raises:
        DataError: the file or a cell cannot be used; the error names file, line and column.
        ConfigError: an option that does not exist or is out of its range.
        CheckpointError: what is kept is another training, or damaged, or there and not asked for.
    """
    training = Training(
        read_source(data, target, brief=True, **reading),
        task=task, hidden=hidden, rate=rate, epochs=epochs, batch=batch, seed=seed,
    )  # fmt: skip
    return training.run(progress=progress, checkpoint=checkpoint, resume=resume)


class Kept:
    """Where a training is kept, for each of its two in a folder of its own.

    Args:
        checkpoint: the folder that holds these, None where nothing is kept.
        resume: whether to go on with what is there.
        progress: whether there is a bar.
    """

    def __init__(self, checkpoint: Any, resume: bool, progress: bool | None) -> None:
        if resume and checkpoint is None:
            raise ConfigError(
                f"{either('`resume=True`', '--resume')} was given, but no"
                f" {either('`checkpoint`', '--checkpoint')}",
                where="",
                why="that is the folder in which the training was kept",
                try_=either('checkpoint="run"', "--checkpoint FOLDER"),
            )
        self._checkpoint, self._resume, self._progress = checkpoint, resume, progress
        self._number = 1

    def following(self) -> Kept:
        """For the training after this one."""
        found = Kept(self._checkpoint, self._resume, self._progress)
        found._number = self._number + 1
        return found

    def options(self) -> dict[str, Any]:
        """What `fit` is given."""
        if self._checkpoint is None:
            return {"progress": self._progress}
        folder = RunFolder(self._checkpoint)
        folder.make()
        place = folder.path / str(self._number)
        return {"progress": self._progress, "checkpoint": place, "resume": self._resume}


class Training:
    """A table that is read, what was chosen for it, and the network that is to learn it.

    Args:
        source: the table; the numbers of a large one are let go of.
        task, hidden, rate, epochs, batch, seed: as for `train`.
        keep: whether the table stays as it is, for another training.

    Attributes:
        net: the network; while `run` runs it holds what was learned so far.
        choices, notes: what was chosen, and what was found out about the table.

    Raises:
        DataError: the targets or a column cannot be used.
        ConfigError: an option that does not exist or is out of its range.
    """

    def __init__(
        self,
        source: Source,
        *,
        task: str = "auto",
        hidden: Sequence[int] | None = None,
        rate: float | None = None,
        epochs: int | None = None,
        batch: int | None = None,
        seed: int = 0,
        keep: bool = False,
    ) -> None:
        import numpy as np

        self._seed = seed
        classes, task_choice = choose_task(source, task)
        y, labels = source.targets(classes=classes)
        _check_targets(source, y, labels)
        self.split = split(y, seed)
        self._learn = len(self.split.learn)
        self._choose = self._learn + len(self.split.choose)
        # Those that are learned from come first, then those that choose, then the test.
        order = np.concatenate(self.split)
        learned = np.sort(order[: self._choose])
        scale = None if labels else source.scale_of_target(y[learned])
        described = source.describe(learned)
        self.columns = Columns(described, source.target, labels, scale, source.missing)
        inputs = StandardInputs(source.sheet, self.columns, "the mean of the column", source.notes)
        self._profiles = [
            profile(column, source.sheet.columns[column.name], learned)
            for column in self.columns.columns
        ]
        self._y = y = y[order]
        # The rows with their targets behind them, as steps want them; in an array that nobody can
        # write into, so that nobody needs a copy.
        table = np.empty((len(order), len(self.columns.inputs) + 1), inputs.dtype)
        for first in range(0, len(order), BLOCK):
            rows = slice(first, first + BLOCK)
            inputs.standardised(rows, table[rows, :-1])
            if not keep:
                inputs.let_go(rows.stop)
        for column in table[:, :-1].T:  # each by itself, for the memory between
            column[:] = column[order]
        table[:, -1] = self._y if scale is None else (self._y - scale.mean) / scale.std
        table.flags.writeable = False
        self._X, self._targets = table[:, :-1], table[:, -1]
        self._settings, chosen = choose_settings(
            self._learn,
            self._X.shape[1],
            hidden=hidden,
            rate=rate,
            epochs=epochs,
            batch=batch,
        )
        two = labels is not None and len(labels) == 2
        of_classes = "binary_cross_entropy" if two else "softmax_cross_entropy"
        self.loss = "squared_error" if labels is None else of_classes
        self.choices = [task_choice, self._rows(), *chosen]
        self.notes = list(source.notes)
        self.net = self._fresh()

    def run(
        self,
        *,
        progress: bool | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> Model:
        """Train the network, and measure it.

        What a training that broke off has learned is in `net`.

        Args:
            progress, checkpoint, resume: as for `train`.

        Raises:
            ConfigError: when it is to go on and nobody says where.
            CheckpointError: what is kept is another training, or damaged, or there and not asked
                for.
        """
        kept = Kept(checkpoint, resume, progress)
        learn, choose = self._learn, self._choose
        history = self._fit(slice(learn), self._settings.epochs, slice(learn, choose), kept)
        best = history.best_step
        choosing_loss = min(history.validation.get("loss", []), default=None)
        ended = history.stopped_by in ("finished", "patience")
        if choose > learn and ended and best is not None:
            epochs = math.ceil((best + 1) / math.ceil(learn / self._settings.batch))
            self._tell_stop(epochs)
            if choose < _FEW:
                self.net = self._fresh()
                history = self._fit(self._in_order(), epochs, slice(0), kept.following())
        test = None if history.stopped_by == "diagnosis" else self._measured()
        model = Model(
            self.net,
            self.columns,
            self.about(history),
            self.choices,
            self.notes,
            history,
            test,
            choosing_loss,
        )
        if test is not None:
            model.about["training"]["test"] = test.to_dict()
            if self.columns.classes is None:
                model.about["within"] = self._within()
        return model

    def about(self, history: History | None = None) -> dict[str, Any]:
        """What the model file says beside the numbers."""
        return {
            "format": FORMAT,
            "jangrad": version("jangrad"),
            "columns": self.columns.to_dict(),
            "loss": self.loss,
            "rows": len(self._y),
            "profiles": self._profiles,
            "training": {
                "choices": [str(choice) for choice in self.choices],
                "seed": self._seed,
                "steps": 0 if history is None else len(history),
                "stopped_by": None if history is None else history.stopped_by,
                "test": None,
            },
        }

    def learned_from(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows that are learned from, as the network takes them, and their targets."""
        return self._X[: self._learn], self._targets[: self._learn]

    def _fresh(self) -> MLP:
        labels = self.columns.classes
        outputs = len(labels) if labels and len(labels) > 2 else 1
        widths = [*self._settings.hidden, outputs]
        return MLP(self._X.shape[1], widths, "tanh", init="glorot", seed=self._seed)

    def _fit(self, rows: Any, epochs: int, choose: slice, kept: Kept) -> History:
        """Train on these rows, and stop where those that choose are met best."""
        targets, settings = self._targets, self._settings
        held_out = (self._X[choose], targets[choose]) if len(targets[choose]) else None
        few = self._choose == self._learn
        options: dict[str, Any] = {
            "loss": self.loss,
            "optimizer": "adam",
            "learning_rate": settings.rate,
            "epochs": epochs,
            "batch_size": settings.batch,
            "seed": self._seed,
            "validation": held_out,
            "patience": settings.patience if held_out or few else None,
            **kept.options(),
        }
        X, y = self._X[rows], targets[rows]
        if X.dtype == "float32":  # of many numbers, which take half the memory and the time
            with suppress(NoCompiler):
                return fit(self.net, X, y, dtype="float32", **options)
        return fit(self.net, X, y, **options)

    def _in_order(self) -> NDArray[Any]:
        """Where the rows that are learned from or choose are kept, in the order of the table."""
        import numpy as np

        return np.argsort(np.concatenate([self.split.learn, self.split.choose]))

    def _measured(self) -> Score | None:
        """The score on the test rows, beside that of simple models."""
        import numpy as np

        X, y, choose = self._X, self._y, self._choose
        labels = self.columns.classes
        if not len(y[choose:]):
            return None
        simple = baselines(
            *(X[:choose], y[:choose], X[choose:], y[choose:], len(labels or ()), self._in_order())
        )
        found = predictions(self.net, X[choose:], self.columns)
        if not np.isfinite(found).all():
            return None
        true = y[choose:]
        score = score_of_numbers(found, true) if labels is None else score_of_classes(found, true)
        return replace(score, baselines=simple)

    def _within(self) -> float | None:
        """How far from the truth nine in ten predictions of the test rows are at most.

        Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005): split
        conformal prediction. None where the test rows are too few to say.
        """
        test = slice(self._choose, None)
        errors = abs(predictions(self.net, self._X[test], self.columns) - self._y[test])
        place = math.ceil((len(errors) + 1) * _SURE)
        return float(sorted(errors)[place - 1]) if place <= len(errors) else None

    def _rows(self) -> Choice:
        learn, choose, test = map(len, self.split)
        total = f"{learn + choose + test:,} rows"
        if not test:
            return Choice("rows", total, "too few to keep some for a test: all are learned from")
        value = f"{learn:,} learn, {choose:,} choose when to stop, {test:,} test"
        return Choice("rows", value, "the test is never seen")

    def _tell_stop(self, epochs: int) -> None:
        why = f"the best on the {len(self.split.choose):,} that choose"
        again = ", then trained anew with them too" if self._choose < _FEW else ""
        self.choices.append(Choice("stop", f"epoch {epochs}", f"{why}{again}"))


def _check_targets(source: Source, y: NDArray[Any], labels: Sequence[str] | None) -> None:
    """That there is something to tell apart, and no name for nearly each row.

    Raises:
        DataError: there is not.
    """
    place = source.sheet.place(0, source.target)
    if labels and _MOST_CLASSES < len(labels) > len(y) / 2:
        raise DataError(
            f"the target `{source.target}` holds {len(labels)} different texts in {len(y)} rows",
            where=place,
            why="that is nearly one a row: they are names, not classes",
            try_="another target, or numbers in it",
        )
    if labels is None and abs(y).max() > _LARGEST:
        row = int(abs(y).argmax())
        raise DataError(
            f"the target `{source.target}` is {y[row]:g}",
            where=source.sheet.place(row, source.target),
            why="the squares of such amounts are beyond what a float holds, and errors are measured"
            " by their squares",
            try_=f"another unit, in which amounts are below {_LARGEST:g}",
        )
    if labels is None and len(y) > 1 and y.min() == y.max():
        lost = losses(source.target, source.sheet.texts(source.target).cells)
        labels_are = either('task="classification"', "--task classification")
        raise DataError(
            f"the target `{source.target}` is {y[0]:g} in every row",
            where=f"{source.sheet.file}, column `{source.target}`",
            why=lost[0] if lost else "there is nothing to learn: the answer is always the same",
            try_="rows in which it differs, or another target"
            + (f"; or {labels_are}, if they are labels" if lost else ""),
        )


def predictions(net: MLP, X: NDArray[Any], columns: Columns) -> NDArray[Any]:
    """What a network says of standardised rows: amounts, or the probabilities of the classes."""
    import numpy as np

    outputs = np.asarray(net.predict(X))
    if columns.classes is None:
        scale = columns.target_scale
        column = outputs[:, 0]
        return column if scale is None else scale.mean + scale.std * column
    if len(columns.classes) == 2:
        outputs = np.concatenate([np.zeros_like(outputs), outputs], axis=1)
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
