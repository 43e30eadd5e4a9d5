"""`jangrad predict`: a model's answer for every row of a table."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jangrad.errors import ModelFileError, printable
from jangrad.interfaces.terminal import say, say_json

if TYPE_CHECKING:
    from jangrad.datasets import Columns
    from jangrad.nn import MLP


def predict(
    model: str, data: str, decimal: str | None, delimiter: str | None, as_json: bool
) -> int:
    """Print the prediction for every row of a table, in the order of the rows.

    Returns:
        The exit code: 0, or 1 where a prediction is no number.
    """
    from jangrad.datasets import Columns, read_rows
    from jangrad.export import load_model

    net, about = load_model(model)
    if "columns" not in about:
        raise ModelFileError(
            f"`{model}` does not say which columns it was trained on",
            where="",
            why="it was saved by `save_model` from Python, not by `jangrad train`",
            try_="load_model(...) and net.predict(rows) in Python",
        )
    columns = Columns.from_dict(about["columns"])
    _check_fit(model, net, columns)
    table = read_rows(data, columns, decimal=decimal, delimiter=delimiter)
    for note in table.notes:
        say(note, err=True)
    results = [_answer(row, columns) for row in net.predict(columns.standardise(table.X))]
    if as_json:
        say_json(results)
    else:
        _print_table(results)
    odd = [i for i, result in enumerate(results) if not _is_known(result)]
    if odd:
        rows = ", ".join(str(i + 1) for i in odd[:5]) + (" ..." if len(odd) > 5 else "")
        say(
            f"{len(odd)} of {len(results)} predictions are no numbers (row {rows}): the model's"
            " weights are not finite, or the inputs are far from what it learned from",
            err=True,
        )
    return 1 if odd else 0


def _check_fit(path: str, net: MLP, columns: Columns) -> None:
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


def _answer(outputs: Sequence[float], columns: Columns) -> dict[str, Any]:
    """What is printed of a row's outputs."""
    from jangrad.functions import sigmoid, softmax

    target, classes = columns.target, columns.classes
    if classes is None:
        scale = columns.target_scale
        return {target: scale.undo(outputs[0]) if scale else outputs[0]}
    one = sigmoid(outputs[0])
    shares = [1.0 - one, one] if len(classes) == 2 else softmax(outputs)
    # Two columns of one name would be one.
    name = "probability" if target != "probability" else "probability of the class"
    if not all(map(math.isfinite, shares)):
        return {target: None, name: math.nan}
    best = shares.index(max(shares))
    return {target: classes[best], name: shares[best]}


def _is_known(result: dict[str, Any]) -> bool:
    return all(math.isfinite(x) for x in result.values() if isinstance(x, float))


def _print_table(results: Sequence[dict[str, Any]]) -> None:
    """As CSV, numbers with all their digits; a terminal gets no letters that it would obey."""
    shown = printable if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(shown, results[0]))
    for result in results:
        writer.writerow(
            [
                shown(x) if isinstance(x, str) else repr(x) if x is not None else ""
                for x in result.values()
            ]
        )
