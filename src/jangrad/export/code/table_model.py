"""A model that was trained on a table as one function: of its cells, in the units of the table."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from jangrad.datasets import Column, Columns
from jangrad.datasets.kinds import DATES, FIRST, TIMES
from jangrad.engine import Value
from jangrad.export.code.identifiers import Identifiers
from jangrad.functions import lift, sigmoid, where
from jangrad.lists import softmax
from jangrad.nn import MLP


class Labels(NamedTuple):
    """Texts that integers from 0 on stand for.

    Attributes:
        name: whose: an argument's, or the target's.
        texts: in order.
    """

    name: str
    texts: tuple[str, ...]


class TableModel(NamedTuple):
    """The function, and what its numbers mean.

    Attributes:
        function: takes a number for each input, gives the target, or a probability a class.
        example: its arguments.
        labels: of the columns of text, and of a target of classes.
        notes: what callers have to know, a sentence each.
    """

    function: Callable[..., Any]
    example: list[float]
    labels: list[Labels]
    notes: list[str]


def table_model(net: MLP, columns: Columns) -> TableModel:
    """The model as a function of numbers.

    A column of numbers is its number, one of yes and no 1 or 0, one of text the number of its text,
    and of a date each part is an argument. What is nan, or the number of no text, is not known: it
    is filled as in training, or the result is nan.
    """
    names = Identifiers()
    arguments: list[str] = []
    said: list[str] = []
    labels: list[Labels] = []
    for column in columns.columns:
        if column.values is not None:
            labels.append(Labels(names.new(column.name), column.values))
            mine = [labels[-1].name]
        else:
            mine = [names.new(name) for name in column.inputs]
        arguments += mine
        said += _said(column, mine)
    fill = 0.0 if columns.missing == "mean" else math.nan

    def function(*numbers: Any) -> Any:
        row, left = [], list(numbers)
        for column in columns.columns:
            count = 1 if column.values is not None else len(column.scales)
            row += _inputs(column, left[:count], fill)
            del left[:count]
        return _answer(net(row), columns)

    kind = inspect.Parameter.POSITIONAL_ONLY
    signature = inspect.Signature([inspect.Parameter(name, kind) for name in arguments])
    function.__signature__ = signature  # type: ignore[attr-defined]
    target = names.new(columns.target)
    notes = [*said, *(f"{each.name} is the number of its text." for each in labels)]
    if columns.classes is not None:
        labels.append(Labels(target, columns.classes))
        notes.append(f"y is the probability of each class of {columns.target}.")
    else:
        notes.append(f"y is {columns.target}, in the units of the table.")
    filled = "is filled with the mean of the training rows" if fill == 0.0 else "makes y nan"
    notes.append(f"What is not known is NAN, or -1 for a text, and {filled}.")
    example = [0.0 if c.values is not None else s.mean for c in columns.columns for s in _given(c)]
    return TableModel(function, example, labels, notes)


def arguments_of(inputs: Sequence[Sequence[float]], columns: Columns) -> list[list[float]]:
    """The arguments of the function for rows of inputs that are not standardised.

    >>> from jangrad.datasets.columns import Scale
    >>> text = Column("kind", ("cat", "dog"), (Scale(0.5, 0.5), Scale(0.5, 0.5)), "text")
    >>> age = Column("age", None, (Scale(10.0, 2.0),), "number")
    >>> columns = Columns((text, age), "weight", None, None, "mean")
    >>> arguments_of([[0.0, 1.0, 11.0], [0.5, 0.5, 10.0]], columns)  # a dog; of no known kind
    [[1.0, 11.0], [-1.0, 10.0]]
    """
    found = []
    for row in inputs:
        given: list[float] = []
        left = list(row)
        for column in columns.columns:
            cells, left = left[: len(column.scales)], left[len(column.scales) :]
            if column.values is not None:  # what is not known is the share of each text
                cells = [float(cells.index(1.0)) if 1.0 in cells else -1.0]
            given += cells
        found.append(given)
    return found


def _said(column: Column, arguments: Sequence[str]) -> Iterator[str]:
    """What callers have to know of the arguments of a column that their names do not say."""
    if column.kind in DATES or column.kind in TIMES:
        year, month, weekday, days, *hour = arguments
        yield f"Of the date {column.name!r}: {year}; {month} from 1 to 12;"
        yield f"{weekday} from 0, Monday, to 6, Sunday; {days} since {FIRST:%Y-%m-%d}"
        yield f"and {hour[0]} from 0 to 24, both with fractions." if hour else "at midnight."
        return
    (name,) = arguments
    if name != column.name:
        yield f"{name} is the column {column.name!r}."
    if column.kind == "boolean":
        yield f"{name} is 1 for yes and 0 for no."


def _given(column: Column) -> Sequence[Any]:
    """What a column is given by, one a number."""
    return column.scales[:1] if column.values is not None else column.scales


def _inputs(column: Column, numbers: Sequence[Value], fill: float) -> list[Any]:
    """The standardised inputs of a column."""
    equal = lift("equal")
    if column.values is None:
        pairs = zip(numbers, column.scales, strict=True)
        return [where(equal(x, x), (x - s.mean) / s.std, fill) for x, s in pairs]
    (x,) = numbers
    tests = [equal(x, float(n)) for n in range(len(column.values))]
    known = sum(tests[1:], tests[0])
    found = []
    for test, scale in zip(tests, column.scales, strict=True):
        chosen = where(test, scale.apply(1.0), scale.apply(0.0))
        found.append(where(known, chosen, fill))
    return found


def _answer(outputs: Sequence[Value], columns: Columns) -> Any:
    """The target in its own units, or the probability of each class."""
    if columns.classes is None:
        scale = columns.target_scale
        return outputs[0] * scale.std + scale.mean if scale else outputs[0]
    if len(columns.classes) > 2:
        return softmax(outputs)
    one = sigmoid(outputs[0])
    return [1.0 - one, one]
