"""A model in a file as a module of Python that needs NumPy alone, with its numbers in it."""

from __future__ import annotations

import os
import re
import textwrap
from typing import Any, NamedTuple

import numpy as np

from jangrad.datasets import Column, Columns
from jangrad.datasets.kinds import BOOLEANS, TIMES
from jangrad.errors import SaveError
from jangrad.export.vectorised.differences import allowed, apart
from jangrad.export.vectorised.numpy_source import NumpySource, to_numpy
from jangrad.export.vectorised.table_rows import difference, is_date, tried_rows
from jangrad.files import Kind, path_of, write_at_once
from jangrad.nn import MLP

_BEGINS = '"""Exported by jangrad'
_WIDTH = 88
#: What `write_numpy` may replace.
MODULE = Kind("a module of jangrad's", lambda head: head.startswith(_BEGINS.encode()))


class NumpyModule(NamedTuple):
    """What `write_numpy` has made.

    Attributes:
        text: the module.
        difference: the largest difference from jangrad on the rows that were tried.
    """

    text: str
    difference: float


def write_numpy(
    net: MLP,
    columns: Columns | None,
    path: str | os.PathLike[str],
    *,
    dtype: str = "float64",
    force: bool = False,
) -> NumpyModule:
    """Write a model as a module with a function `predict`.

    With columns it takes a dict of columns, or a table of pandas or polars, and gives the target;
    or the class of each row and the probabilities, shape (rows, classes). Without it takes rows.

    Args:
        net, columns: what `load_trained` gives, or a network alone.
        path: where; `.py` is its ending.
        dtype: "float64" or "float32".
        force: replace another file than such a module too.

    Raises:
        ConfigError: when what it computes differs by more than the precision allows.
        SaveError: when the place cannot be written to, or holds another file.
    """
    source = to_numpy(net)
    text = _text(net, source, columns, dtype)
    space: dict[str, Any] = {}
    exec(compile(text, "<exported>", "exec"), space)
    if columns is None:
        X = np.random.default_rng(0).normal(size=(64, net.n_inputs))
        worst = apart(space["predict"](X), np.array(net.predict(X)))
        differs = allowed(worst, source.name, "NumPy", dtype)
    else:
        tried = tried_rows(net, columns)
        found = space["predict"](tried.cells)
        labels, numbers = found if columns.classes is not None else ([], found[:, None])
        differs = difference(tried, labels, numbers, columns, dtype, "NumPy")
    where = path_of(path, SaveError, 'write_numpy(net, columns, "model.py")')
    write_at_once(where, text.encode(), None if force else MODULE)
    return NumpyModule(text, differs)


def _text(net: MLP, source: NumpySource, columns: Columns | None, dtype: str) -> str:
    kinds = _helpers(columns)
    predict = (
        _predict_rows(net, source, dtype) if columns is None else _predict(columns, source, dtype)
    )
    told = "a network" if columns is None else f"a model of {_quoted(columns.target)}"
    constants = _constants(source, columns, dtype)
    head = f'{_BEGINS}: {told}, `predict` is what it computes."""\n\n'
    return head + "\n\n\n".join([source.rstrip(), *kinds, predict, constants]) + "\n"


def _predict_rows(net: MLP, source: NumpySource, dtype: str) -> str:
    given, gives = f"(n, {net.n_inputs})", f"(n, {net.n_outputs})"
    return f'''\
def predict(x):
    """The outputs of the network, shape {gives}, for rows of shape {given}."""
    return {source.name}(np.asarray(x, np.{dtype}), **PARAMETERS)'''


def _predict(columns: Columns, source: NumpySource, dtype: str) -> str:
    """The function from cells to answers."""
    classes, scale = columns.classes, columns.target_scale
    shares = ", and the probabilities, shape (rows, classes)" * (classes is not None)
    lines = [
        "def predict(table):",
        f'    """The {_quoted(columns.target)} of each row{shares}.',
        "",
        "    The table is a dict of columns, or one of pandas or polars:",
        "",
        *[f"    {line}" for column in columns.columns for line in _told(column)],
        '    """',
        '    given = list(getattr(table, "columns", table))',
        "    missing = [name for name in COLUMNS if name not in given]",
        "    if missing:",
        '        raise ValueError(f"the table lacks the columns {missing}; it has {given!r:.300}")',
        "    x = np.concatenate(",
        "        [",
        *[f"            {_read(column, dtype)}," for column in columns.columns],
        "        ],",
        "        axis=1,",
        f"        dtype=np.{dtype},",
        "    )",
    ]
    if columns.missing == "mean":
        lines.append("    x = np.where(np.isnan(x), MEANS, x)")
    lines.append(f"    y = {source.name}((x - MEANS) / DEVIATIONS, **PARAMETERS)")
    if classes is None:
        undone = f" * {scale.std!r} + {scale.mean!r}" if scale is not None else ""
        return "\n".join([*lines, f"    return y[:, 0]{undone}"])
    if len(classes) == 2:
        lines += [
            "    one = 1 / (1 + np.exp(-y))",
            "    p = np.concatenate([1 - one, one], axis=1)",
        ]
    else:
        lines += [
            "    e = np.exp(y - y.max(axis=1, keepdims=True))",
            "    p = e / e.sum(axis=1, keepdims=True)",
        ]
    lines += [
        "    known = np.isfinite(p).all(axis=1)",
        '    return np.where(known, CLASSES[p.argmax(axis=1)], ""), p',
    ]
    return "\n".join(lines)


def _told(column: Column) -> list[str]:
    """What a column has to hold."""
    if column.values is not None:
        kind = "one of " + ", ".join(map(_quoted, column.values))
    elif is_date(column):
        kind = "dates, as datetime64 or as text like 2024-03-31"
    elif column.kind == "boolean":
        kind = "yes or no, True or False"
    else:
        kind = "a number" + " in percent" * (column.kind == "percent")
    text = f"{_quoted(column.name)}: {kind}"
    return textwrap.wrap(text, _WIDTH - 4, subsequent_indent="    ")


def _quoted(text: str) -> str:
    """A text in quotes, inside a docstring."""
    return repr(text).replace("\\", "\\\\").replace('"', '\\"')


def _read(column: Column, dtype: str) -> str:
    """The inputs of a column, shape (rows, inputs); nan where nothing is known."""
    cells = f"table[{column.name!r}]"
    if column.values is not None:
        return f"one_hot({cells}, {list(column.values)!r})"
    if is_date(column):
        return f"{'time' if column.kind in TIMES else 'date'}_parts({cells})"
    return f"{'yes_or_no' if column.kind == 'boolean' else 'numbers'}({cells})"


def _helpers(columns: Columns | None) -> list[str]:
    """The functions that read cells."""
    if columns is None:
        return []
    found = {_read(column, "").partition("(")[0] for column in columns.columns}
    found |= {"date_parts"} if "time_parts" in found else set()
    return [text for name, text in _READERS.items() if name in found]


_READERS = {
    "numbers": """\
def numbers(cells):
    return np.asarray(cells, float).reshape(-1, 1)""",
    "one_hot": """\
def one_hot(cells, texts):
    hot = np.asarray(cells, str).reshape(-1, 1) == np.array(texts)
    return np.where(hot.any(axis=1, keepdims=True), hot, np.nan)""",
    "yes_or_no": f"""\
def yes_or_no(cells):
    words = np.char.lower(np.asarray(cells, str)).reshape(-1, 1)
    yes = np.isin(words, {[word for word, x in BOOLEANS.items() if x]!r})
    no = np.isin(words, {[word for word, x in BOOLEANS.items() if not x]!r})
    return np.select([yes, no], [1.0, 0.0], np.nan)""",
    "date_parts": """\
def date_parts(cells):
    when = np.asarray(cells, "datetime64[s]")
    months = when.astype("datetime64[M]").astype(int)
    days = (when - np.datetime64("2000-01-01")) / np.timedelta64(1, "D")
    weekday = np.floor(days + 5) % 7
    parts = np.stack([1970 + months // 12, months % 12 + 1, weekday, days], axis=1)
    return np.where(np.isnat(when)[:, None], np.nan, parts)""",
    "time_parts": """\
def time_parts(cells):
    when = np.asarray(cells, "datetime64[s]")
    hour = when.astype("datetime64[m]").astype(int) % 1440 / 60
    return np.column_stack([date_parts(when), np.where(np.isnat(when), np.nan, hour)])""",
}


def _constants(source: NumpySource, columns: Columns | None, dtype: str) -> str:
    """The numbers of the model."""
    lines = []
    if columns is not None:
        lines += ["COLUMNS = [", *[f"    {column.name!r}," for column in columns.columns], "]"]
        scales = [scale for column in columns.columns for scale in column.scales]
        lines += _array("MEANS = ", np.array([s.mean for s in scales]), dtype, "")
        lines += _array("DEVIATIONS = ", np.array([s.std for s in scales]), dtype, "")
        if columns.classes is not None:
            lines.append(f"CLASSES = np.array({list(columns.classes)!r})")
    lines.append("PARAMETERS = {")
    for name, numbers in source.parameters.items():
        lines += [f"    {line}" for line in _array(f'"{name}": ', numbers, dtype, ",")]
    return "\n".join([*lines, "}"])


def _array(name: str, numbers: Any, dtype: str, end: str) -> list[str]:
    """An array, each row in lines of its own."""
    kind = "" if dtype == "float64" else f", np.{dtype}"
    rows = [_listed(row) for row in np.atleast_2d(numbers.astype(dtype))]
    if numbers.ndim < 2:
        short = f"{name}np.array({rows[0]}{kind}){end}"
        if len(short) + 4 <= _WIDTH:
            return [short]
        lines = _wrapped(rows[0] + kind)
    else:
        lines = ["    [", *[f"    {line}" for row in rows for line in _wrapped(row + ",")]]
        lines += ["    ],", f"    {kind[2:]},"] if kind else ["    ]"]
    return [f"{name}np.array(", *lines, f"){end}"]


def _listed(row: Any) -> str:
    """Numbers of which each has the digits that its precision needs."""
    shown = [str(x) for x in (row.tolist() if row.dtype == float else row)]
    return "[" + ", ".join(re.sub("nan|inf", r"np.\g<0>", x) for x in shown) + "]"


def _wrapped(text: str) -> list[str]:
    return [f"    {line}" for line in textwrap.wrap(text, _WIDTH - 12, subsequent_indent=" ")]
