"""`jangrad predict`: a model's answer for every row of a table."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Sequence
from typing import Any

from jangrad.errors import printable
from jangrad.interfaces.terminal import say, say_json


def predict(
    model: str,
    data: str,
    decimal: str | None,
    delimiter: str | None,
    encoding: str | None,
    as_json: bool,
) -> int:
    """Print the prediction for every row of a table, in the order of the rows.

    Returns:
        The exit code: 0, or 1 where a prediction is no number.
    """
    from jangrad.datasets import read_rows
    from jangrad.export.answers import answers_of, load_trained

    net, columns = load_trained(model)
    table = read_rows(data, columns, decimal=decimal, delimiter=delimiter, encoding=encoding)
    for note in table.notes:
        say(note, err=True)
    results = answers_of(net.predict(columns.standardise(table.X)), columns)
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
