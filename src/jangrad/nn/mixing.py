"""Attention and convolutions, as the loops that they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError
from jangrad.lists import dot, softmax, sum
from jangrad.nn.number_lists import as_rows, listed

#: Rows of numbers or Values, all of one length.
Rows = Sequence[Sequence[Any]]


def attention_weights(query: Sequence[Any], keys: Rows) -> list[Any]:
    """How much a query looks at each place: softmax of query . key / sqrt(width), which add to 1.

    Args:
        query: `width` numbers or Values.
        keys: one list of `width` numbers for each place, at least one.

    Raises:
        ShapeError: when there are no keys, or one has another length than the query.
        NotANumber: when something in them is not a number.

    Source: Vaswani et al., Attention Is All You Need (2017), equation 1.

    >>> [round(weight, 3) for weight in attention_weights([2.0, 0.0], [[1.0, 0.0], [0.0, 1.0]])]
    [0.804, 0.196]
    """
    query, rows = listed(query, "query"), as_rows(keys, "keys")
    for place, key in enumerate(rows):
        if len(key) != len(query):
            raise ShapeError(
                f"`keys[{place}]` has {len(key)} numbers, but `query` has {len(query)}",
                why="each number of the query is multiplied by one of the key",
            )
    scale = 1.0 / math.sqrt(len(query))
    return softmax([dot(query, key) * scale for key in rows])


def attention(query: Sequence[Any], keys: Rows, values: Rows) -> list[Any]:
    """The mean of the values, each weighted by how well its key fits the query.

    Args:
        query: `width` numbers or Values.
        keys: one list of `width` numbers for each place, at least one.
        values: one list of numbers for each place, all of one length.

    Returns:
        As many numbers as a value has.

    Raises:
        ShapeError: when the lengths do not fit.
        NotANumber: when something in them is not a number.

    Source: Vaswani et al., Attention Is All You Need (2017), equation 1.

    >>> attention([0.0], [[1.0], [5.0]], [[1.0, 10.0], [3.0, 30.0]])
    [2.0, 20.0]
    """
    weights, rows = attention_weights(query, keys), as_rows(values, "values")
    if len(rows) != len(weights):
        raise ShapeError(
            f"`keys` has {len(weights)} places, but `values` has {len(rows)}",
            why="each place has a key and a value",
        )
    return [dot(weights, column) for column in zip(*rows, strict=True)]


def conv1d(signal: Sequence[Any], kernel: Sequence[Any], stride: int = 1) -> list[Any]:
    """The kernel laid on each place of a signal: the sums of the products.

    As in PyTorch the kernel is not turned round, and lies within the signal.

    Args:
        signal: n numbers or Values.
        kernel: k numbers or Values, k at most n.
        stride: how far it is moved each time, at least 1.

    Returns:
        (n - k) // stride + 1 numbers.

    Raises:
        ShapeError: when the kernel is empty or longer than the signal.
        ConfigError: when the stride is below 1.

    >>> conv1d([1.0, 2.0, 4.0, 8.0], [-1.0, 1.0])
    [1.0, 2.0, 4.0]
    """
    signal, kernel = listed(signal, "signal"), listed(kernel, "kernel")
    width = len(kernel)
    return [
        dot(kernel, signal[start : start + width])
        for start in _starts(len(signal), width, stride, "signal")
    ]


def conv2d(image: Rows, kernel: Rows, stride: int = 1) -> list[list[Any]]:
    """The kernel laid on each place of an image: the sums of the products.

    As in PyTorch the kernel is not turned round, and lies within the image. An image of several
    channels is convolved channel by channel, and the results are added.

    Args:
        image: rows of numbers or Values, all of one length.
        kernel: rows of numbers or Values, no more and no longer than those of the image.
        stride: how far it is moved each time, at least 1.

    Raises:
        ShapeError: when the kernel is larger than the image, or rows differ in length.
        ConfigError: when the stride is below 1.

    >>> conv2d([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0.0, 1.0], [1.0, 0.0]])
    [[6.0, 8.0]]
    """
    rows, kernel_rows = _grid(image, "image"), _grid(kernel, "kernel")
    height, width = len(kernel_rows), len(kernel_rows[0])
    across = _starts(len(rows[0]), width, stride, "image[0]")
    return [
        [
            sum(
                dot(kernel_row, row[left : left + width])
                for kernel_row, row in zip(kernel_rows, rows[top : top + height], strict=True)
            )
            for left in across
        ]
        for top in _starts(len(rows), height, stride, "image")
    ]


def _grid(given: Rows, name: str) -> list[list[Any]]:
    """Rows of numbers, which are refused where they differ in length."""
    for place, row in enumerate(listed(given, name)):
        if isinstance(row, (int, float, Value)):
            raise ShapeError(
                f"`{name}[{place}]` is a number, not a row of them",
                why="an image and a kernel are lists of rows",
                try_="`conv1d`",
            )
    rows = [list(row) for row in as_rows(given, name)]
    for place, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ShapeError(
                f"`{name}[{place}]` has {len(row)} numbers, but `{name}[0]` has {len(rows[0])}",
                why="all rows have one length",
            )
    return rows


def _starts(length: int, width: int, stride: Any, name: str) -> range:
    """Where the kernel lies."""
    if not hasattr(type(stride), "__index__") or isinstance(stride, Value) or stride < 1:
        raise ConfigError(f"`stride` is to be an integer of at least 1, not {stride!r:.60}")
    if not 0 < width <= length:
        raise ShapeError(
            f"the kernel has a length of {width}, and `{name}` of {length}",
            why="the kernel lies within it at each place",
            try_="zeros before and behind it",
        )
    return range(0, length - width + 1, stride)
