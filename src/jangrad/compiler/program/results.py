"""Results of compiled functions: numbers and arrays, nested as the function nests its Values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jangrad.arrays import sequence
from jangrad.compiler.program.arguments import as_list
from jangrad.compiler.program.trace import Output
from jangrad.guards import kinds

# Of an array, one of which rows may need; deeper lists stay lists.
_MOST_AXES = 31


def maker(result: Any) -> Callable[[Any], Any]:
    """What makes the function's result from the outputs (numbers, or a row of numbers each).

    Rows of outputs are made for one result: where they are all of it, in order, it is no copy.

    Args:
        result: as the trace found it, with an `Output` for each Value.
    """
    make, size = _maker(result), shape_of(result)
    if not size or (numbers := _numbers_of(result)) != list(range(len(numbers))):
        return make

    rows_first = (
        len(size),
        *range(len(size)),
    )  # as np.moveaxis(..., -1, 0), at a tenth of the time

    def all_of_it(found: Any) -> Any:
        if found.ndim == 1:
            return make(found)
        return found.reshape(*size, found.shape[1]).transpose(rows_first)

    return all_of_it


def _maker(result: Any) -> Callable[[Any], Any]:
    """The same for a part of the result, always in memory of its own."""
    if isinstance(result, Output):
        i = result.number

        def one(found: Any) -> Any:
            return found[i].copy() if found.ndim > 1 else found.item(i)

        return one
    if isinstance(result, dict):
        makers = {name: _maker(item) for name, item in result.items()}
        return lambda found: {name: make(found) for name, make in makers.items()}
    size = shape_of(result)
    if size is not None:
        order = np.array(_numbers_of(result), np.int64).reshape(size)
        return lambda found: np.moveaxis(found[order], -1, 0) if found.ndim > 1 else found[order]
    made = [_maker(item) for item in result]
    kind = type(result)
    return lambda found: sequence(kind, [make(found) for make in made])


def is_nested_alike(a: Any, b: Any) -> bool:
    """Whether two results are the same outputs in the same nesting, keys in the same order."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        keys, others = list(a), list(b)
        if keys != others or kinds(keys) != kinds(others):
            return False
        return all(map(is_nested_alike, a.values(), b.values()))
    if isinstance(a, Output):
        return a.number == b.number  # type: ignore[no-any-return]
    return len(a) == len(b) and all(map(is_nested_alike, a, b))


def stacked(results: list[Any]) -> Any:
    """The same of results of Values, one a row."""
    first = as_list(results[0])
    if isinstance(first, dict):
        return {name: stacked([result[name] for result in results]) for name in first}
    if shape_of(first) is not None:
        return np.array([as_list(result) for result in results])
    parts = zip(*results, strict=True)
    return sequence(type(first), [stacked(list(part)) for part in parts])


def added(results: Sequence[Any]) -> Any:
    """The sum of results of Values, nested as one of them; in halves, so that little is lost."""
    if len(results) == 1:
        return results[0]
    half = (len(results) + 1) // 2
    return _plus(added(results[:half]), added(results[half:]))


def _plus(a: Any, b: Any) -> Any:
    if isinstance(a, dict):
        return {name: _plus(item, b[name]) for name, item in a.items()}
    if isinstance(a, (list, tuple)):
        return sequence(type(a), list(map(_plus, a, b)))
    return a + b


def each(result: Any, function: Callable[[Any], Any]) -> Any:
    """What the function makes of every number in a result, in its nesting."""
    if isinstance(result, dict):
        return {name: each(item, function) for name, item in result.items()}
    if isinstance(result, (list, tuple)):
        return sequence(type(result), [each(item, function) for item in result])
    return function(result)


def shape_of(result: Any) -> tuple[int, ...] | None:
    """The shape of the array that a result is for each row; None where it is no array.

    That is so where lists differ in length, or a tuple keeps results apart.
    """
    result = as_list(result)
    if isinstance(result, (tuple, dict)) or (isinstance(result, list) and not len(result)):
        return None
    if not isinstance(result, list):
        return ()
    shapes = {shape_of(item) for item in result}
    inner = shapes.pop()
    if shapes or inner is None or len(inner) >= _MOST_AXES:
        return None
    return len(result), *inner


def _numbers_of(result: Any) -> list[int]:
    if isinstance(result, Output):
        return [result.number]
    return [number for item in result for number in _numbers_of(item)]
