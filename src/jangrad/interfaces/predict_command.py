"""`jangrad predict`: a model's answer for every row of a table."""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Iterator
from typing import Any

from jangrad.errors import DataError, printable
from jangrad.files import Kind, check_apart, check_place, write_at_once
from jangrad.interfaces.terminal import json_of, say

_BLOCK = 2**16  # rows that are predicted at once


def predict(
    model: str,
    data: str,
    interval: bool,
    out: str | None,
    force: bool,
    as_json: bool,
    **written: Any,
) -> int:
    """Print the prediction for every row of a table, in the order of the rows, or write them.

    Args:
        model, data, interval, out, force, as_json: what was typed.
        written: how the table is, as `jangrad.datasets.reading.Notation` has it.

    Returns:
        The exit code: 0, or 1 where a prediction is no number.
    """
    from jangrad.datasets.table import read_inputs
    from jangrad.export.answers import answers_of, load_trained

    net, columns, about = load_trained(model)
    older = None if force else _predictions_of(columns.target)
    if out is not None:
        check_apart(out, (model, data))
        check_place(out, older)
    within = _within(model, about) if interval else None
    rows, notes = read_inputs(data, columns, brief=True, **written)
    for note in notes:
        say(note, err=True)
    odd: list[int] = []

    def blocks() -> Iterator[list[dict[str, Any]]]:
        """The answers of some rows after the others."""
        for at in range(0, rows.count, _BLOCK):
            outputs = net.predict(rows.standardised(slice(at, at + _BLOCK)))
            results = answers_of(outputs.tolist(), columns, within)
            odd.extend(at + i for i, result in enumerate(results) if not _is_known(result))
            yield results

    acts = out is None and sys.stdout.isatty()
    parts = _json(blocks()) if as_json else _csv(blocks(), printable if acts else str)
    if out is None:
        sys.stdout.writelines(parts)
    else:
        write_at_once(out, (part.encode() for part in parts), older)
        say(f"{rows.count:,} predictions are in {out}", err=True)
    if odd:
        some = ", ".join(str(i + 1) for i in odd[:5]) + (" ..." if len(odd) > 5 else "")
        say(
            f"{len(odd)} of {rows.count} predictions are no numbers (row {some}): the model's"
            " weights are not finite, or the inputs are far from what it learned from",
            err=True,
        )
    return 1 if odd else 0


def _predictions_of(target: str) -> Kind:
    """What an older file at --out has to be: what this command writes begins with the target."""
    as_csv = next(_csv(iter([[{target: ""}]]), str)).splitlines()[0]
    as_json = json_of([{target: 0}]).rpartition(":")[0]
    begins = as_csv.encode(), as_json.encode()
    return Kind(f"a file of predictions of `{target}`", lambda head: head.startswith(begins))


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


def _csv(blocks: Iterator[list[dict[str, Any]]], shown: Callable[[str], str]) -> Iterator[str]:
    """As CSV, numbers with all their digits; a terminal gets no letters that it would obey."""
    head = True
    for results in blocks:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        rows = [_flat(result) for result in results]
        if head:
            writer.writerow(map(shown, rows[0]))
            head = False
        for row in rows:
            writer.writerow(_cell(x, shown) for x in row.values())
        yield text.getvalue()


def _json(blocks: Iterator[list[dict[str, Any]]]) -> Iterator[str]:
    """As one list of JSON's, of which each block is a part."""
    before = "["
    for results in blocks:
        yield before + json_of(results)[1:-2]  # less the brackets and the last end of a line
        before = ","
    yield "\n]\n"


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
