"""`jangrad predict`: a model's answer for every row of a table."""

from __future__ import annotations

import csv
import io
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from jangrad.errors import ConfigError, DataError, printable
from jangrad.files import Kind, check_place, same_place, write_at_once
from jangrad.interfaces.terminal import json_of, say, say_json


def predict(
    model: str,
    data: str,
    decimal: str | None,
    delimiter: str | None,
    encoding: str | None,
    interval: bool,
    out: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Print the prediction for every row of a table, in the order of the rows, or write them.

    Returns:
        The exit code: 0, or 1 where a prediction is no number.
    """
    from jangrad.datasets import read_rows
    from jangrad.export.answers import answers_of, load_trained

    net, columns, about = load_trained(model)
    older = None if force else _predictions_of(columns.target)
    if out is not None:
        _check_out(out, (model, data), older)
    within = _within(model, about) if interval else None
    table = read_rows(data, columns, decimal=decimal, delimiter=delimiter, encoding=encoding)
    for note in table.notes:
        say(note, err=True)
    results = answers_of(net.predict(columns.standardise(table.X)), columns, within)
    if out is not None:
        text = f"{json_of(results)}\n" if as_json else _csv(results, str)
        write_at_once(out, text.encode(), older)
        say(f"{len(results):,} predictions are in {out}", err=True)
    elif as_json:
        say_json(results)
    else:
        sys.stdout.write(_csv(results, printable if sys.stdout.isatty() else str))
    odd = [i for i, result in enumerate(results) if not _is_known(result)]
    if odd:
        rows = ", ".join(str(i + 1) for i in odd[:5]) + (" ..." if len(odd) > 5 else "")
        say(
            f"{len(odd)} of {len(results)} predictions are no numbers (row {rows}): the model's"
            " weights are not finite, or the inputs are far from what it learned from",
            err=True,
        )
    return 1 if odd else 0


def _predictions_of(target: str) -> Kind:
    """What an older file at --out has to be: what this command writes begins with the target."""
    as_csv = _csv([{target: ""}], str).splitlines()[0]
    as_json = json_of([{target: 0}]).rpartition(":")[0]
    begins = as_csv.encode(), as_json.encode()
    return Kind(f"a file of predictions of `{target}`", lambda head: head.startswith(begins))


def _check_out(out: str, others: Sequence[str], older: Kind | None) -> None:
    """That the predictions can be written there, asked before they are made."""
    for other in others:
        if os.path.exists(other) and same_place(out, other):
            raise ConfigError(
                f"--out `{out}` and `{other}` are one file",
                where="",
                why="one would replace the other",
                try_="a file of its own for each",
            )
    check_place(out, older)


def _within(model: str, about: dict[str, Any]) -> float:
    within = about.get("within")
    if isinstance(within, float) and math.isfinite(within):
        return within
    raise DataError(
        f"`{model}` does not know how far its predictions are from the truth",
        where="",
        why="it predicts classes, was tested on too few rows, or is of an older version",
        try_="train it again with `jangrad train`, on 50 rows or more; of classes there are"
        " probabilities",
    )


def _is_known(result: dict[str, Any]) -> bool:
    return all(math.isfinite(x) for x in result.values() if isinstance(x, float))


def _csv(results: Sequence[dict[str, Any]], shown: Callable[[str], str]) -> str:
    """As CSV, numbers with all their digits; a terminal gets no letters that it would obey."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    rows = [_flat(result) for result in results]
    writer.writerow(map(shown, rows[0]))
    for row in rows:
        writer.writerow(_cell(x, shown) for x in row.values())
    return text.getvalue()


def _cell(x: str | float | None, shown: Callable[[str], str]) -> str:
    return "" if x is None else shown(x) if isinstance(x, str) else repr(x)


def _flat(result: dict[str, Any]) -> dict[str, Any]:
    """The answer as one row: each class has a column of its own."""
    row: dict[str, Any] = {}
    for name, value in result.items():
        if isinstance(value, dict):
            row |= {f"probability of {label}": share for label, share in value.items()}
        else:
            row[name] = value
    return row
