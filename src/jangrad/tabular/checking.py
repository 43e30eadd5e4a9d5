"""A trained network on a later table: is it as good as it was, and is the table as it was?"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from jangrad.datasets.reading import Notation, takes
from jangrad.datasets.table import read_labelled
from jangrad.errors import DataError
from jangrad.tabular.drift import Drift, drift
from jangrad.tabular.model import Model
from jangrad.tabular.scores import Score, score_of_classes, score_of_numbers
from jangrad.tabular.training import predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BINS = 5
_BLOCK = 2**16  # rows that are predicted at once


class Bin(NamedTuple):
    """Rows whose predictions are alike.

    Attributes:
        low, high: between which the predictions lie: probabilities of the class that was chosen, or
            amounts.
        rows: how many.
        said: the mean of the predictions.
        true: the share of them that is right, or the mean of the true amounts.
    """

    low: float
    high: float
    rows: int
    said: float
    true: float


@dataclass(frozen=True)
class Check:
    """What a later table says of a model.

    Attributes:
        score: on its rows.
        before: the score of the test of its training; None where there was none.
        calibration: predictions beside the truth, from the lowest to the highest.
        confusion: how often each class (a row each) was taken for each (a column each); None for
            amounts.
        drifts: of each column, the strongest first; None where the model file does not know.
        notes: what was filled in while the table was read.
    """

    score: Score
    before: Score | None
    calibration: list[Bin]
    confusion: list[list[int]] | None
    drifts: list[Drift] | None
    notes: tuple[str, ...] = field(default=())


@takes(Notation)
def check(model: Model, data: str | os.PathLike[str], **written: Unpack[Notation]) -> Check:
    """Measure a model on a table that has the targets too.

    Args:
        model: from `train` or `load`.
        data: a CSV file with the columns of the training data, the target among them.
        decimal, delimiter, encoding: as for `jangrad.datasets.read_csv`.

    Raises:
        DataError: the file or a cell cannot be used, a target is missing or of no class that the
            model knows; or a prediction is no number.
    """
    import numpy as np

    columns = model.columns
    table = read_labelled(data, columns, written)
    sheet, y = table.sheet, table.y
    rows = range(table.inputs.count)
    found = np.concatenate(
        [
            predictions(model.net, table.inputs.standardised(slice(at, at + _BLOCK)), columns)
            for at in rows[::_BLOCK]
        ]
    )
    if not np.isfinite(found).all():
        raise DataError(
            "some predictions are no numbers",
            where=sheet.file,
            why="the model's weights are not finite, or the inputs are far from its training data",
            try_="`jangrad predict` shows which rows",
        )
    profiles = model.about.get("profiles")
    drifts = None
    if profiles is not None:
        drifts = [
            drift(column, before, sheet.columns[column.name])
            for column, before in zip(columns.columns, profiles, strict=True)
        ]
        drifts.sort(key=lambda one: (not one.is_sure, -one.stability))
    test = model.about.get("training", {}).get("test")
    if columns.classes is None:
        score, confusion, calibration = score_of_numbers(found, y), None, _bins(found, y)
    else:
        chosen = found.argmax(axis=1)
        confusion = np.zeros((len(columns.classes),) * 2, dtype=int)
        np.add.at(confusion, (y, chosen), 1)
        score = score_of_classes(found, y)
        calibration = _bins(found.max(axis=1), chosen == y)
    return Check(
        score,
        None if test is None else Score.from_dict(test),
        calibration,
        None if confusion is None else confusion.tolist(),
        drifts,
        table.notes,
    )


def _bins(said: NDArray[Any], true: NDArray[Any]) -> list[Bin]:
    """Five groups of as many rows in the order of their predictions; fewer where rows are few."""
    import numpy as np

    order = np.argsort(said, kind="stable")
    groups = np.array_split(order, min(_BINS, max(1, len(order) // _BINS)))
    return [
        Bin(
            float(said[rows[0]]),
            float(said[rows[-1]]),
            len(rows),
            float(said[rows].mean()),
            float(true[rows].mean()),
        )
        for rows in groups
    ]
