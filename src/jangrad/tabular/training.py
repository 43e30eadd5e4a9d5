"""From a table to a network: read, choose, train, and measure on rows that nothing has seen."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jangrad.datasets import Columns
from jangrad.datasets.source import Source, standardised
from jangrad.datasets.table import read_source
from jangrad.errors import ConfigError, DataError, either
from jangrad.export.answers import FORMAT
from jangrad.nn import MLP
from jangrad.tabular.baselines import baselines
from jangrad.tabular.choices import Choice, choose_settings, choose_task
from jangrad.tabular.drift import profile, profile_of_numbers
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
_SURE = 0.9  # of the predictions lie within the interval that the model file keeps


def train(
    data: str | os.PathLike[str],
    target: str | None = None,
    *,
    task: str = "auto",
    ignore: Sequence[str] = (),
    missing: str = "mean",
    decimal: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    hidden: Sequence[int] | None = None,
    rate: float | None = None,
    epochs: int | None = None,
    batch: int | None = None,
    seed: int = 0,
    progress: bool | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
) -> Model:
    """Train a network on a table, and measure it on rows that its training never sees.

    Args:
        data: a CSV file with the names of the columns in its first line; "-" for standard input.
        target: the column to predict; the last one when left out.
        task: "classification", "regression", or "auto" to choose by the target.
        ignore, missing, decimal, delimiter, encoding: as for `jangrad.datasets.read_csv`.
        hidden: neurons of each hidden layer; None to choose, as for those that follow.
        rate: the learning rate of Adam, > 0.
        epochs: passes over the rows, at most; the best of them is kept.
        batch: rows a step.
        seed: of the weights, the split and the order of rows.
        progress: a bar on stderr: True or False, or None for a terminal only.
        checkpoint: a folder that keeps what is needed to go on, made if there is none.
        resume: go on with what was kept there by a call with the same arguments; begin where
            nothing was.

    Returns:
        The Model, with what was chosen and its score; the same seed gives the same one.

    Raises:
        DataError: the file or a cell cannot be used; the error names file, line and column.
        ConfigError: an option that does not exist or is out of its range.
        CheckpointError: what is kept is another training, or damaged, or there and not asked for.
    """
    source = read_source(
        data,
        target,
        ignore=ignore,
        missing=missing,
        decimal=decimal,
        delimiter=delimiter,
        encoding=encoding,
    )
    training = Training(
        source, task=task, hidden=hidden, rate=rate, epochs=epochs, batch=batch, seed=seed
    )
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
        source: the table.
        task, hidden, rate, epochs, batch, seed: as for `train`.

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
    ) -> None:
        import numpy as np

        self._source, self._seed = source, seed
        self._given: dict[str, Any] = {
            "task": task, "hidden": hidden, "rate": rate, "epochs": epochs, "batch": batch
        }  # fmt: skip
        classes, task_choice = choose_task(source, task)
        y, labels = source.targets(classes=classes)
        if labels and _MOST_CLASSES < len(labels) > len(y) / 2:
            raise DataError(
                f"the target `{source.target}` holds {len(labels)} different texts in"
                f" {len(y)} rows",
                where=source.sheet.place(0, source.target),
                why="that is nearly one a row: they are names, not classes",
                try_="another target, or numbers in it",
            )
        self.split = split(y, seed)
        self._learned = sorted([*self.split.learn, *self.split.choose])
        scale = None if labels else source.scale_of_target([y[i] for i in self._learned])
        self.columns = Columns(
            source.describe(self._learned), source.target, labels, scale, source.missing
        )
        self._X = standardised(source.sheet, self.columns, "the mean of the column", source.notes)
        self._y = np.array(y) if labels is None else np.array(y, dtype=int)
        self._settings, chosen = choose_settings(
            len(self.split.learn),
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

    def again(self, seed: int) -> Training:
        """The same table and options with another seed: other weights, another test."""
        return Training(replace(self._source, notes=[]), **self._given, seed=seed)

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
        history = self._fit(self.split.learn, self._settings.epochs, self.split.choose, kept)
        best = history.best_step
        ended = history.stopped_by in ("finished", "patience")
        if self.split.choose and ended and best:
            epochs = math.ceil(best / math.ceil(len(self.split.learn) / self._settings.batch))
            self._tell_stop(epochs)
            if len(self._learned) < _FEW:
                self.net = self._fresh()
                history = self._fit(self._learned, epochs, [], kept.following())
        test = None if history.stopped_by == "diagnosis" else self._measured()
        model = Model(
            self.net,
            self.columns,
            self.about(history),
            self.choices,
            self.notes,
            history,
            test,
        )
        if test is not None:
            model.about["training"]["test"] = test.to_dict()
            if self.columns.classes is None:
                model.about["within"] = self._within()
        return model

    def about(self, history: History | None = None) -> dict[str, Any]:
        """What the model file says beside the numbers."""
        sheet = self._source.sheet
        profiles = []
        for column in self.columns.columns:
            numbers = sheet.numbers(column.name)
            if numbers is None:
                cells = sheet.cells(column.name)
                profiles.append(profile(column, [cells[i] for i in self._learned]))
            else:
                profiles.append(profile_of_numbers(numbers[self._learned]))
        return {
            "format": FORMAT,
            "jangrad": version("jangrad"),
            "columns": self.columns.to_dict(),
            "loss": self.loss,
            "rows": len(self._y),
            "profiles": profiles,
            "training": {
                "choices": [str(choice) for choice in self.choices],
                "seed": self._seed,
                "steps": 0 if history is None else len(history),
                "stopped_by": None if history is None else history.stopped_by,
                "test": None,
            },
        }

    def _fresh(self) -> MLP:
        labels = self.columns.classes
        outputs = len(labels) if labels and len(labels) > 2 else 1
        widths = [*self._settings.hidden, outputs]
        return MLP(self._X.shape[1], widths, "tanh", init="glorot", seed=self._seed)

    def _fit(self, rows: list[int], epochs: int, choose: list[int], kept: Kept) -> History:
        targets = self._targets()
        few = not self.split.choose
        return fit(
            self.net,
            self._X[rows],
            [targets[i] for i in rows],
            loss=self.loss,
            optimizer="adam",
            learning_rate=self._settings.rate,
            epochs=epochs,
            batch_size=self._settings.batch,
            seed=self._seed,
            validation=(self._X[choose], [targets[i] for i in choose]) if choose else None,
            patience=self._settings.patience if choose or few else None,
            **kept.options(),
        )

    def _targets(self) -> list[Any]:
        """The targets as the loss wants them."""
        scale = self.columns.target_scale
        if self.columns.classes is None and scale is not None:
            return [scale.apply(value) for value in self._y.tolist()]
        found: list[Any] = self._y.tolist()
        return [float(x) for x in found] if self.loss == "binary_cross_entropy" else found

    def _measured(self) -> Score | None:
        """The score on the test rows, beside that of simple models."""
        import numpy as np

        rows, labels = self.split.test, self.columns.classes
        if not rows:
            return None
        y = self._y[rows]
        simple = baselines(
            self._X[self._learned], self._y[self._learned], self._X[rows], y, len(labels or ())
        )
        found = predictions(self.net, self._X[rows], self.columns)
        if not np.isfinite(found).all():
            return None
        score = score_of_numbers(found, y) if labels is None else score_of_classes(found, y)
        return replace(score, baselines=simple)

    def _within(self) -> float | None:
        """How far from the truth nine in ten predictions of the test rows are at most.

        Source: Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World (2005): split
        conformal prediction. None where the test rows are too few to say.
        """
        errors = abs(predictions(self.net, self._X[self.split.test], self.columns)
                     - self._y[self.split.test])  # fmt: skip
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
        again = ", then trained anew with them too" if len(self._learned) < _FEW else ""
        self.choices.append(Choice("stop", f"epoch {epochs}", f"{why}{again}"))


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
