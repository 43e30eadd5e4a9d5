"""The rows that a model of a table or an estimator has learned from, as training was given them.

A training that is kept holds checksums of its rows, and no rows. So the table is read once more,
divided as it was then, and the rows are known to be the same by these checksums.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from jangrad.datasets.reading import Notation, opened, takes
from jangrad.datasets.source import source_of
from jangrad.datasets.standard_inputs import StandardInputs
from jangrad.errors import CheckpointError, ConfigError, DataError, ShapeError, either
from jangrad.explain.recorded import Recorded, Recorder, repeated_run
from jangrad.tabular import Model
from jangrad.tabular.split import split
from jangrad.train.identity import summed
from jangrad.train.kept_run import KeptRun, load_run
from jangrad.train.resolve import Penalty


@dataclass(frozen=True, eq=False)
class Learned:
    """What a model of a table has learned from.

    Attributes:
        run: its training.
        rows: in the user's units, of shape (rows, inputs), in the order of the training.
        y: their targets: labels, or amounts.
        places: where each of them stands in the file, `"line 17"`; `"row 16"` of an estimator's.
        row_weights, penalty: as for `fit`; of an estimator those of its training.
    """

    run: KeptRun | Recorded
    rows: NDArray[Any]
    y: list[Any]
    places: list[str]
    row_weights: Any = None
    penalty: Penalty | None = None


@takes(Notation)
def learned_from(
    model: Model,
    checkpoint: str | os.PathLike[str],
    data: str | os.PathLike[str],
    **written: Unpack[Notation],
) -> Learned:
    """What a model has learned from.

    Args:
        model: from `jangrad.tabular.train`, or from a file.
        checkpoint: the folder in which its training was kept.
        data: the table it was trained on.
        decimal, delimiter, encoding: as for `jangrad.datasets.read_csv`.

    Raises:
        ConfigError: when it is no such model.
        CheckpointError: when the folder does not hold the training of this model.
        DataError: when the table cannot be read, or is another one.
    """
    if not isinstance(model, Model):
        raise ConfigError(
            f"`{data}` is a file, and `model` is {model!r:.60}, not the model of a table",
            try_="its rows and targets as numbers; or a model of jangrad.tabular",
        )
    run = _run_of(model, checkpoint)
    like = model.columns
    sheet = opened(data, written, lambda _: [like.target])
    wanted = [*(column.name for column in like.columns), like.target]
    if absent := [name for name in wanted if name not in sheet.names]:
        raise _another(sheet.file, f"it has no column `{absent[0]}`")
    decimal = written.get("decimal")
    source = source_of(sheet, wanted[:-1], like.target, like.missing, decimal)
    y, labels = source.targets(classes=like.classes is not None)
    if labels != like.classes:
        raise _another(sheet.file, f"`{like.target}` holds other classes")
    inputs = StandardInputs(source.sheet, like, "the mean of the column", [])
    parts = split(y, model.about["training"]["seed"])
    rows = _same(run, inputs.standardised(), parts)
    if rows is None:
        raise _another(sheet.file, "the rows have another checksum")
    targets = y[rows].tolist()
    lines = np.asarray(source.sheet.lines)[rows].tolist()
    return Learned(
        run,
        np.asarray(inputs.listed())[rows],
        targets if labels is None else [labels[i] for i in targets],
        [f"{source.sheet.unit} {line}" for line in lines],
    )


def repeated(model: Any, X: Any, y: Any) -> Learned:
    """What an estimator of jangrad.sklearn has learned from, and its steps.

    They follow from its seed and its hyper-parameters, so nothing need have been kept.

    Args:
        model: the estimator, after `fit`.
        X, y: as they were given to `fit`.

    Raises:
        ConfigError: when it went on from an earlier training, or its solver makes no such steps.
        ShapeError: when there are more or fewer rows or targets than it was given.
    """
    net, optimizer, penalty, lesson = model._repeated()
    if isinstance(optimizer, str):
        raise ConfigError(
            f"the solver `{optimizer}` is no optimiser that follows a formula step by step",
            why="a step follows from all rows together and from the steps before it",
            try_='solver="adam" or "sgd"; or train an MLP: fit(net, ..., checkpoint=folder), then'
            " influences(net, load_run(folder), ..., later=True)",
        )
    X = X.toarray() if hasattr(X, "toarray") else X
    X, y = (np.asarray(each.to_numpy() if hasattr(each, "to_numpy") else each) for each in (X, y))
    given = sum(model._rows)
    if len(X) != given or y.shape[:1] != (given,):
        raise ShapeError(
            f"there are {len(X)} rows and {len(np.atleast_1d(y))} targets, but `fit` was given"
            f" {given}",
            try_="the X and y of `fit`, those too that were held out",
        )
    rows = np.arange(given) if lesson.rows is None else lesson.rows
    recorder = Recorder(
        net,
        len(rows),
        optimizer=optimizer,
        batch_size=lesson.pace.batch,
        seed=model.seed_,
        shuffle=bool(lesson.params["shuffle"]),
    )
    run = repeated_run(recorder, model.history_, model.network_)
    if not run.moments:
        raise ConfigError(
            f"no step has led to the weights of this {type(model).__name__}",
            why="those before the first step were the best, and were put back",
            try_=f"a smaller learning_rate_init than {lesson.pace.rate:g}",
        )
    places = [f"row {i}" for i in rows.tolist()]
    return Learned(run, X[rows], y[rows].tolist(), places, lesson.counts, penalty)


def _run_of(model: Model, checkpoint: str | os.PathLike[str]) -> KeptRun:
    """The one of the two trainings in a folder that has ended with these weights."""
    weights, found = list(model.net.state().values()), False
    for number in ("2", "1"):  # the second is that with all rows
        place = Path(checkpoint) / number
        if place.is_dir():
            run, found = load_run(place), True
            if run.final == weights:
                return run
    raise CheckpointError(
        f"`{checkpoint}` holds "
        + ("the training of another model" if found else "no training of a table"),
        why="which rows made each step is read there, and followed to the weights of the model",
        try_=either("train(..., checkpoint=...)", "jangrad train --checkpoint FOLDER")
        + ", and the model that comes of it; of several --seeds it holds that of the first",
    )


def _same(run: KeptRun, X: NDArray[Any], parts: Any) -> NDArray[Any] | None:
    """The indices of the rows that a training was given, in its order; None where it was others."""
    for rows in (np.sort(np.concatenate([parts.learn, parts.choose])), parts.learn):
        if summed(X[rows]) == run.settings.get("X"):
            return np.asarray(rows)
    return None


def _another(file: str, what: str) -> DataError:
    return DataError(
        f"`{file}` is not the table that the model was trained on: {what}",
        where=file,
        why="what each row has done is computed from the rows that made the steps",
        try_="that table, as it was then"
        + either("", "; --data FILE says which, where it is not that of ROWS"),
    )
