"""A model that was trained on a table as an ONNX model: from its cells to its answer."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from jangrad.datasets import Column, Columns
from jangrad.datasets.kinds import BOOLEANS, TIMES
from jangrad.export.vectorised.exported import exported
from jangrad.export.vectorised.onnx_dates import date_parts, function_name
from jangrad.export.vectorised.onnx_graph import Graph
from jangrad.export.vectorised.onnx_model import OnnxModel, checked, running, write
from jangrad.export.vectorised.table_rows import difference, is_date, tried_rows
from jangrad.nn import MLP

_ML = "ai.onnx.ml"
# In which words of yes and no may be written; a graph cannot compare letters of any case.
_CASES = (str.lower, str.upper, str.title)


def table_to_onnx(
    net: MLP,
    columns: Columns,
    path: str | os.PathLike[str] | None,
    *,
    dtype: str = "float32",
    force: bool = False,
) -> OnnxModel:
    """The model with scaling, texts, dates and empty cells inside.

    It has an input of shape (n, 1) for each column of the table, under its name: numbers in
    `dtype`, texts, and dates as integers, the seconds since 1970 that `datetime64[s]` holds.
    It gives the target, shape (n, 1), under its name; or the class of each row, shape (n,), and
    the `probabilities`, shape (n, classes). What nothing is known of is nan, "" or NaT.

    Args:
        net, columns: what `load_trained` gives.
        path: where it is written, if anywhere.
        dtype: "float32" or "float64".
        force: replace another file than a model of jangrad's too.

    Returns:
        The model, with the largest difference from `answers` that was found.

    Raises:
        ConfigError: when onnxruntime cannot compute it in that precision, or its numbers differ by
            more than the precision allows.
        SaveError: when the place cannot be written to, or holds another file.
    """
    onnx, runtime = checked(dtype)
    model = _TableGraph(net, columns, dtype).whole()
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    session = running(runtime, data, dtype, columns.target)
    tried = tried_rows(net, columns)
    given = {c.name: _cells(tried.cells[c.name], c, dtype) for c in columns.columns}
    *labels, numbers = session.run(None, given)
    found = OnnxModel(
        data,
        difference(tried, labels[0] if labels else [], numbers, columns, dtype, "onnxruntime"),
        dtype,
    )
    write(found, path, force)
    return found


def _cells(cells: list[Any], column: Column, dtype: str) -> Any:
    """A column as the model is given it."""
    if is_date(column):
        kind: Any = np.int64
    elif column.kind in ("text", "boolean"):
        kind = object
    else:
        kind = dtype
    return (
        np.array(cells).astype(kind)[:, None]
        if kind is np.int64
        else np.array(cells, kind)[:, None]
    )


class _TableGraph(Graph):
    """The graph from cells to answers.

    Columns and answers have names here that no value has; the model has the users'.
    """

    def __init__(self, net: MLP, columns: Columns, dtype: str) -> None:
        super().__init__(exported(net), dtype)
        self.columns = columns
        (self.input,) = (array for a in self.found.arguments for _, array in a.parts)
        (self.output,) = self.program.results

    def whole(self) -> Any:
        """The whole model."""
        columns, target = self.columns, self.columns.target
        names = {f"column {k}": column.name for k, column in enumerate(columns.columns)}
        inputs = [self.info(column.name, *self._kind(column)) for column in columns.columns]
        self.call(self.input.name, self._standardised())
        self.function()
        dates = [column.kind in TIMES for column in columns.columns if is_date(column)]
        functions = {timed: date_parts(timed, self.dtype) for timed in dates}
        if columns.classes is None:
            names["amount"] = target
            self._amount()
            outputs = [self.info(target, self.dtype, ["n", 1])]
        else:
            shares = "probabilities"
            while shares in (target, *names.values()):
                shares += "_"
            names |= {"label": target, "shares": shares}
            self._classes(columns.classes)
            note = ", ".join(columns.classes)
            outputs = [
                self.info(target, object, ["n"], "the class; empty where none is known"),
                self.info(shares, self.dtype, ["n", len(columns.classes)], f"of {note}"),
            ]
        renamed = self._apart(names)
        return self.model_of(
            self.found.name,
            inputs,
            outputs,
            renamed=renamed,
            functions=[*functions.values()],
        )

    def _apart(self, names: dict[str, str]) -> dict[str, str]:
        """The users' names, and others for values that are called so already."""
        wanted = {*names.values()}
        there = {*self.initializers, *self.names} | {x for n in self.nodes for x in n.output}
        found = dict(names)
        for name in sorted(there & wanted):
            other = name
            while other in there | wanted:
                other += "_"
            found[name] = other
        return found

    # -- cells ------------------------------------------------------------------------------------

    def _kind(self, column: Column) -> tuple[Any, list[int | str], str]:
        """The type and the shape of a column, and what is said of it."""
        if is_date(column):
            return np.int64, ["n", 1], "seconds since 1970, as datetime64[s] has them"
        if column.values is not None:
            return object, ["n", 1], f"one of {', '.join(column.values)}"
        if column.kind == "boolean":
            return object, ["n", 1], "yes or no, true or false, on or off"
        return self.dtype, ["n", 1], "in percent" if column.kind == "percent" else "a number"

    def _standardised(self) -> str:
        """The inputs of the network: all columns side by side, filled and scaled."""
        parts: list[str] = []
        for k, column in enumerate(self.columns.columns):
            name = f"column {k}"
            if is_date(column):
                kind = function_name(column.kind in TIMES)
                parts.append(self.make(kind, name, domain="jangrad"))
            elif column.values is not None:
                hot = np.eye(len(column.values))
                parts.append(self._looked_up(k, {t: n for n, t in enumerate(column.values)}, hot))
            elif column.kind == "boolean":
                words = {f(w): int(x) for w, x in BOOLEANS.items() for f in _CASES}
                parts.append(self._looked_up(k, words, np.array([[0.0], [1.0]])))
            else:
                parts.append(name)
        x = self.make("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]
        scales = [scale for column in self.columns.columns for scale in column.scales]
        means = self.initializer("means", [scale.mean for scale in scales])
        if self.columns.missing == "mean":
            x = self.make("Where", self.make("IsNaN", x), means, x)
        deviations = self.initializer("deviations", [scale.std for scale in scales])
        return self.make("Div", self.make("Sub", x, means), deviations)

    def _looked_up(self, k: int, keys: dict[str, int], rows: Any) -> str:
        """The row of each text; nan for one that is not known."""
        table = np.vstack([rows, np.full(rows.shape[1], np.nan)])
        at = self.make(
            "LabelEncoder",
            f"column {k}",
            domain=_ML,
            keys_strings=[*keys],
            values_int64s=[*keys.values()],
            default_int64=len(rows),
        )
        flat = self.make("Squeeze", at, self.ints([1]))
        return self.make(
            "Gather",
            self.initializer(f"texts of {self.columns.columns[k].name}", table),
            flat,
            axis=0,
        )

    # -- answers ----------------------------------------------------------------------------------

    def _amount(self) -> None:
        """The target in its own units."""
        y, scale = self.output.name, self.columns.target_scale
        if scale is not None:
            deviation = self.initializer("target_deviation", scale.std)
            y = self.make("Mul", y, deviation)
            y = self.make("Add", y, self.initializer("target_mean", scale.mean))
        self.call("amount", y)

    def _classes(self, classes: tuple[str, ...]) -> None:
        """The probabilities, and the class of the largest."""
        if len(classes) == 2:
            one = self.make("Sigmoid", self.output.name)
            other = self.make("Sub", self.constant(1.0), one)
            shares = self.make("Concat", other, one, axis=1)
        else:
            shares = self.make("Softmax", self.output.name, axis=1)
        self.call("shares", shares)
        best = self.make("ArgMax", "shares", axis=1, keepdims=0)
        texts = self.initializer("classes", np.array(classes, object))
        unknown = self.make("IsNaN", self.make("ReduceSum", "shares", self.ints([1]), keepdims=0))
        nothing = self.initializer("nothing", np.array("", object))
        self.call("label", self.make("Where", unknown, nothing, self.make("Gather", texts, best)))
