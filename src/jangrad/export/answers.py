"""What a model that was trained on a table says of new rows, in the units of that table."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any

from jangrad.arrays import walked_again
from jangrad.datasets import Column, Columns
from jangrad.datasets.columns import unseen
from jangrad.datasets.kinds import written_date
from jangrad.engine import as_float
from jangrad.errors import DataError, ModelFileError, NotANumber
from jangrad.export.model_file import load_model
from jangrad.functions import sigmoid
from jangrad.lists import softmax
from jangrad.nn import MLP

#: Of what a model file says of its table: 2 has kinds of columns and how the training went.
FORMAT = 2


def answers(
    path: str | os.PathLike[str], rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What `jangrad predict` prints, as dicts: the model's answer for each row.

    Args:
        path: a model that `jangrad train` has written.
        rows: a dict a row, with a number or a text for each column that is an input; other names
            are passed over. None, nan, empty texts and texts that were not learned from are filled
            as `jangrad predict` does. Dates may be dates of Python's or pandas'.

    Returns:
        A dict a row: the target, in its own units; of a target of classes the class, its
        probability, and a dict with the `probabilities` of all classes.

    Raises:
        ModelFileError: when the file cannot be used, or does not say which columns it needs.
        DataError: when a row is no dict, lacks a column, or a cell is not of its column's kind.
    """
    net, columns, _ = load_trained(path)
    return answers_to(net, columns, rows)


def answers_to(
    net: MLP, columns: Columns, rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What a network that was trained on these columns answers, as `answers`.

    Raises:
        DataError: when a row is no dict, lacks a column, or a cell is not of its column's kind.
    """
    return answers_of(net.predict(columns.standardise(inputs_of(rows, columns))), columns)


def inputs_of(rows: Iterable[Mapping[str, Any]], columns: Columns) -> list[list[float]]:
    """The inputs that rows of cells become, not standardised; means where nothing is known.

    Raises:
        DataError: when a row is no dict, lacks a column, or a cell is not of its column's kind.
    """
    rows = walked_again(rows)  # a `csv.DictReader` can be walked once
    listed = isinstance(rows, Iterable) and not isinstance(rows, Mapping)
    if not listed or not all(isinstance(row, Mapping) for row in rows):
        raise DataError(
            f"`rows` is {rows!r:.60} ({type(rows).__name__}), not a list of dicts",
            why="each number belongs to the column of a name",
            try_=f'[{{"{columns.columns[0].name}": ...}}]; for a table of pandas its'
            ' table.to_dict("records")',
        )
    return [
        [x for column in columns.columns for x in _inputs(row, i, column, columns)]
        for i, row in enumerate(rows)
    ]


def load_trained(path: str | os.PathLike[str]) -> tuple[MLP, Columns, dict[str, Any]]:
    """A network that was trained on a table, the columns of that, and all that was said of it.

    Raises:
        ModelFileError: as `load_model`; when it was not trained on a table, or not on this one.
    """
    net, about = load_model(path)
    if "columns" not in about:
        raise ModelFileError(
            f"`{path}` does not say which columns it was trained on",
            where="",
            why="it was saved by `save_model` from Python, not by `jangrad train`",
            try_="load_model(...) and net.predict(rows) in Python",
        )
    written = about.get("format", 1)
    if not isinstance(written, int) or written > FORMAT:
        raise ModelFileError(
            f"what `{path}` says of its table has format {written}, but this jangrad reads formats"
            f" up to {FORMAT}",
            try_="pip install --upgrade jangrad",
        )
    columns = Columns.from_dict(about["columns"])
    _check_fit(path, net, columns)
    return net, columns, about


def answers_of(
    outputs: Sequence[Sequence[float]], columns: Columns, within: float | None = None
) -> list[dict[str, Any]]:
    """What the outputs for each row say: the target, and of classes their probabilities.

    With `within` an amount has its bounds beside it, so far below and above.
    """
    target, classes = columns.target, columns.classes
    if classes is None:
        scale = columns.target_scale
        amounts = [scale.undo(row[0]) if scale else row[0] for row in outputs]
        if within is None:
            return [{target: x} for x in amounts]
        low, high = _free(f"{target} from", target), _free(f"{target} to", target)
        return [{target: x, low: x - within, high: x + within} for x in amounts]
    name, all_of_them = _free("probability", target), _free("probabilities", target)
    found: list[dict[str, Any]] = []
    for row in outputs:
        shares = _two_shares(row[0]) if len(classes) == 2 else _shares(row)
        best = max(shares)
        known = all(map(math.isfinite, shares))
        label = classes[shares.index(best)] if known else None
        each = dict(zip(classes, shares if known else [math.nan] * len(shares), strict=True))
        found.append({target: label, name: best if known else math.nan, all_of_them: each})
    return found


def _free(name: str, target: str) -> str:
    """A name beside that of the target: two columns of one name would be one."""
    return name if name != target else f"{name} of the class"


def _two_shares(output: float) -> list[float]:
    one = sigmoid(output)
    return [1.0 - one, one]


def _shares(outputs: Sequence[float]) -> list[float]:
    """`softmax`, in a tenth of the time where all outputs are finite."""
    if not all(map(math.isfinite, outputs)):
        return softmax(outputs)
    top = max(outputs)
    powers = [math.exp(x - top) for x in outputs]
    total = 0.0
    for power in powers:  # from left to right, which Python's own sum does not
        total += power
    return [power / total for power in powers]


def _renamed(name: str, row: Mapping[str, Any]) -> str:
    """What to write for a key that may stand for the column that is missing; "" without one."""
    (near,) = get_close_matches(name, map(str, row), 1) or ("",)
    return f"`{name}` instead of `{near}`" if near else ""


def _inputs(row: Mapping[str, Any], i: int, column: Column, columns: Columns) -> list[float]:
    """The inputs that a cell becomes, the means where nothing is known."""
    place = f"rows[{i}], column `{column.name}`"
    if column.name not in row:
        raise DataError(
            f"`rows[{i}]` has no `{column.name}`",
            why="the network was trained with "
            + ", ".join(f"`{each.name}`" for each in columns.columns),
            try_=_renamed(column.name, row) or "a number or a text for each of them",
        )
    cell = row[column.name]
    if cell is None or cell != cell or (isinstance(cell, str) and column.is_missing(cell)):
        if columns.missing != "mean":
            raise DataError(
                f"`{column.name}` is missing",
                where=place,
                why=f"the model was trained with --missing {columns.missing}, so it has no number"
                " to fill in",
                try_="a number, or `jangrad train --missing mean`",
            )
        return [scale.mean for scale in column.scales]
    if column.kind in ("number", "percent") and not isinstance(cell, str):
        with suppress(NotANumber):  # which the column says then
            cell = repr(as_float(cell))
    elif hasattr(cell, "strftime"):
        cell = written_date(cell, column.kind)
    text = str(cell).strip()
    if column.kind == "percent":
        text = text.removesuffix("%").strip()
    found = column.read(text, place)
    if found is None and not isinstance(cell, str):
        raise DataError(
            f"`{column.name}` is {cell!r:.60} ({type(cell).__name__})",
            where=place,
            why="it was learned from " + ("yes and no" if column.values is None else "texts"),
            try_="one of "
            + ", ".join(repr(v) for v in column.values or ("yes", "no", True, False)),
        )
    if found is None and columns.missing != "mean":
        raise unseen(column, text, place)
    return [scale.mean for scale in column.scales] if found is None else found


def _check_fit(path: object, net: MLP, columns: Columns) -> None:
    """That the network has an input for each of the table's and an output for each class."""
    count = 0 if columns.classes is None else len(columns.classes)
    inputs, outputs = len(columns.inputs), count if count > 2 else 1
    for noun, has, wanted in (("input", net.n_inputs, inputs), ("output", net.n_outputs, outputs)):
        if has != wanted or count == 1:
            what = f"`{columns.target}` with {count} classes" if count else f"`{columns.target}`"
            raise ModelFileError(
                f"the network of `{path}` has {has} {noun}s, but its description of the table,"
                f" {inputs} inputs and {what}, needs {wanted}",
                where="",
                why="network and description are not of one training",
                try_="train it again with `jangrad train`",
            )
