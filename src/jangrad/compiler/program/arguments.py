"""Arguments of compiled functions, numbers in any nesting: as one list of numbers, or as rows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from itertools import accumulate, chain
from typing import Any

import numpy as np

from jangrad.arrays import Labelled, Listed, axes_of, like, sequence
from jangrad.compiler.program import containers, sweeps
from jangrad.compiler.program.containers import mapping
from jangrad.engine import Value, as_float
from jangrad.errors import EndlessArgument, NotANumber, ShapeError
from jangrad.guards import kinds
from jangrad.needs import COUNT, SIGN, UNIT
from jangrad.record import Record

_PLAIN = {int, float}
# So often lists may lie in each other, where Python's own limit of calls does not count.
DEEPEST = 200


class Unusual(Exception):
    """An argument is a number that may stand for something else."""


def as_list(given: Any) -> Any:
    """An array of PyTorch, a row or a table of pandas as lists; anything else as it is."""
    if not axes_of(given):
        return given
    if getattr(given, "requires_grad", False):
        raise NotANumber.holding(given)
    check_whole(given)
    try:
        array = np.asarray(given)
    except TypeError as error:  # PyTorch's bfloat16, which NumPy has not
        raise NotANumber(
            f"an array that NumPy cannot take: {error}", try_="array.float()"
        ) from None
    _check_no_times(array)
    return array.tolist()


def filled(argument: Any, leaf: Callable[[Any], Any]) -> Any:
    """The argument with what `leaf` makes of each number in the number's place."""
    if isinstance(argument, (list, tuple)):
        return sequence(type(argument), [filled(item, leaf) for item in argument])
    if isinstance(argument, dict):
        return mapping(argument, ((name, filled(item, leaf)) for name, item in argument.items()))
    if isinstance(argument, np.ndarray) and argument.ndim:
        return Listed(filled(item, leaf) for item in np.asarray(argument))
    if (items := as_list(argument)) is not argument:
        return like(argument)(filled(np.asarray(items), leaf))
    return leaf(argument)


def flatten(
    arguments: Sequence[Any], other: Callable[[Any, list[float], list[Any]], None] | None = None
) -> tuple[list[float], tuple[Any, ...]]:
    """The numbers of the arguments in order, and their nesting in a form that can be compared.

    Args:
        arguments: in any nesting.
        other: takes what is neither a list nor an int nor a float.

    Raises:
        NotANumber: when there is anything but numbers.
        EndlessArgument: when they never end.
    """
    numbers: list[float] = []
    shape: list[Any] = []
    try:
        sweeps.flatten(arguments, numbers, shape, other or _flatten_other, DEEPEST)
    except RecursionError:
        raise EndlessArgument.found() from None
    return numbers, (*shape, len(numbers))


def flatten_usual(argument: Any, numbers: list[float], shape: list[Any]) -> None:
    """For `flatten`: nothing that a call may have to be made otherwise for.

    Raises:
        Unusual: when it is True, False or a member of an Enum, which may count as numbers.
        NotANumber: when it is none.
    """
    if isinstance(argument, (bool, Enum)):
        raise Unusual
    _flatten_other(argument, numbers, shape)


def _flatten_other(argument: Any, numbers: list[float], shape: list[Any]) -> None:
    """The same for what is no list."""
    if isinstance(argument, dict):
        mark: tuple[Any, ...] = type(argument), tuple(argument), kinds(argument), len(numbers)
        if type(argument) is not dict:
            containers.check(argument)
            mark += (argument.default_factory if isinstance(argument, defaultdict) else None,)
        shape.append(mark)
        for item in argument.values():
            sweeps.flatten(item, numbers, shape, _flatten_other, DEEPEST)
    elif isinstance(argument, np.ndarray) and argument.ndim:
        check_whole(argument)
        argument = np.asarray(argument)
        shape.append((np.ndarray, argument.shape, len(numbers)))
        _check_no_times(argument)
        if argument.dtype.kind in "fiub":
            numbers += argument.astype(float).ravel().tolist()
        else:
            numbers += [as_float(item) for item in argument.ravel().tolist()]
    elif type(argument) in _PLAIN:
        numbers.append(argument)
    elif isinstance(argument, Value):
        raise NotANumber(
            f"an argument of a compiled function is a number, not {argument!r}",
            why="it is read at each call; Values that the function closes over are its parameters",
            try_="v.data; grad(f) for the gradient of a compiled f, or f.function(v) for a graph",
        )
    elif (items := as_list(argument)) is not argument:
        if like(argument) is Labelled:
            shape.append(Labelled)
        _flatten_other(np.asarray(items), numbers, shape)
    else:
        numbers.append(as_float(argument))


def _check_no_times(array: Any) -> None:
    """That an array of NumPy has no times, of which some are integers in a list."""
    if array.dtype.kind in "mM":
        raise NotANumber.holding(array.ravel()[0] if array.size else array)


def check_whole(array: Any) -> None:
    """That no number of an array is masked.

    Raises:
        NotANumber: when one is.
    """
    if type(array) is not np.ndarray and np.ma.is_masked(array):
        raise NotANumber(
            f"an array with masked numbers: {array!r:.60}",
            why="a compiled function takes all numbers of an array",
            try_="array.filled(number), or a mask of 0 and 1 as another argument",
        )


class Flattened(Record):
    """The arguments of many calls.

    Attributes:
        numbers: those of all calls, one after the other; a 0 for a call without any.
        starts: where those of each call begin.
        shapes: the different nestings.
        first: for each of them the first call that has it.
        which: for each call the nesting it has.
    """

    numbers: Any
    starts: Any
    shapes: list[tuple[Any, ...]]
    first: list[int]
    which: Any


def flatten_calls(calls: Sequence[tuple[Any, ...]]) -> Flattened:
    """`flatten` for many calls at once.

    Raises:
        NotANumber: when there is anything but numbers.

    >>> found = flatten_calls([([1.0, 2.0],), ([3.0],), ([4.0, 5.0],)])
    >>> found.starts.tolist(), found.which.tolist(), found.first
    ([0, 2, 3], [0, 1, 0], [0, 1])
    """
    known: dict[Any, int] = {}
    first: list[int] = []
    lists = [call[0] for call in calls if len(call) == 1 and type(call[0]) is list and call[0]]
    if len(lists) == len(calls) and _PLAIN.issuperset(map(type, chain.from_iterable(lists))):
        # As documents are: their lengths tell them apart.
        sizes = list(map(len, lists))
        numbers = list(chain.from_iterable(lists))
        keys: list[Any] = sizes
    else:
        numbers, sizes, keys = [], [], []
        for call in calls:
            found, shape = flatten(call)
            sizes.append(max(len(found), 1))
            numbers += found or [0.0]
            keys.append(shape)
    which = []
    for i, key in enumerate(keys):
        kind = known.setdefault(key, len(known))
        if kind == len(first):
            first.append(i)
        which.append(kind)
    starts = np.array([0, *accumulate(sizes)][:-1], np.int64)
    shapes = [flatten(calls[i])[1] for i in first]
    return Flattened(_array(numbers), starts, shapes, first, np.array(which, np.int64))


def nesting(argument: Any) -> str:
    """The nesting of an argument in words.

    >>> nesting([1.0, 2.0]), nesting(([1, 2], 3.0)), nesting({"x": [[1.0, 2.0]]})
    ('list[2]', 'tuple(list[2], number)', 'dict(x=list[1] of list[2])')
    """
    if isinstance(argument, dict):
        return f"dict({', '.join(f'{name}={nesting(item)}' for name, item in argument.items())})"
    if axes_of(argument):
        return f"array{list(argument.shape)}"
    if not isinstance(argument, (list, tuple)):
        return "number"
    name, kinds = type(argument).__name__, [nesting(item) for item in argument]
    if len(set(kinds)) > 1:
        return f"{name}({', '.join(kinds)})"
    return f"{name}[{len(kinds)}]" + (f" of {kinds[0]}" if {*kinds} - {"number"} else "")


#: What single precision cannot hold becomes inf or 0, whatever NumPy has been told to do about it.
in_single = np.errstate(over="ignore", under="ignore")


class Rows:
    """The rows of a batch, which are looked at a block at a time.

    So they may be a file that no memory would hold (`np.memmap`).

    Args:
        parts: arrays of one length, of any dtype and strides: each has some numbers of each row.
        shared: the numbers that all rows share.

    Attributes:
        parts, shared: as given.
        width: how many numbers each row has for itself.
    """

    def __init__(self, parts: Sequence[Any], shared: Sequence[float] = ()) -> None:
        self.parts, self.shared = parts, shared
        self.width = sum([math.prod(part.shape[1:]) for part in parts])

    def __len__(self) -> int:
        return len(self.parts[0])

    def block(self, first: int, last: int) -> list[Any]:
        """Some of them as arrays of two axes (rows, numbers), side by side."""
        return [part[first:last].reshape(last - first, -1) for part in self.parts]

    def part(self, first: int, last: int) -> Rows:
        """Some of them."""
        return Rows([part[first:last] for part in self.parts], self.shared)

    def numbers(self, row: int) -> list[float]:
        """All numbers of a row, those that all share at the end."""
        return [*np.concatenate(self.block(row, row + 1), axis=1)[0].tolist(), *self.shared]


@in_single
def rows_of(batches: Sequence[Any], call: str, dtype: Any = float) -> Any:
    """All numbers of each row of a batch: an array of shape (rows, numbers a row).

    It may be the very array that was given, so it is not to be written.

    Args:
        batches: for each argument of a row a list or array with one for each row.
        call: how to give them, for messages: "f.map(X, Y)".
        dtype: of the array.

    Raises:
        ShapeError: when there are no rows, or as many in one as not in another, or one row has
            another nesting than the first.
        NotANumber: when there is anything but numbers.
    """
    count = len(batches[0]) if batches else 0
    parts = [np.asarray(part, dtype).reshape(count, -1) for part in parts_of(batches, call)]
    return np.ascontiguousarray(parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1))


def parts_of(batches: Sequence[Any], call: str) -> list[Any]:
    """An array for each argument of a row, with rows along its first axis; arguments as above.

    An array of numbers is found as it was given.
    """
    counts = {len(batch) if rows_in(batch) else -1 for batch in batches}
    if len(counts) != 1 or min(counts) < 1:
        raise ShapeError(
            f"`{call}` needs as many rows in each argument, at least one, not "
            + (", ".join(nesting(batch) for batch in batches) or "nothing"),
            why="each row is one call of the function",
            try_="lists or arrays with one item a row"
            + (f"; in_axes={_axes(batches)} {_SAME}" if len(counts) > 1 and ".map" in call else ""),
        )
    return list(map(_numbers_of_rows, batches))


_SAME = "where an argument is the same for all rows"


def _axes(batches: Sequence[Any]) -> tuple[int | None, ...]:
    """As `in_axes` has them: rows are in the longest, of which one at least is."""
    sizes = [len(batch) if rows_in(batch) else -1 for batch in batches]
    return tuple(0 if size == max(sizes) else None for size in sizes)


def _numbers_of_rows(batch: Any) -> Any:
    check_whole(batch)
    try:
        whole = np.asarray(batch)
        if whole.dtype.kind in "fiub":
            return whole
    except Exception:  # lists of different lengths; dicts that answer for every name, or raise
        pass
    found = [flatten([row]) for row in batch]
    first = found[0][1]
    for i, (_, shape) in enumerate(found):
        if shape != first:
            raise unlike(batch, i)
    return _array([number for numbers, _ in found for number in numbers]).reshape(len(found), -1)


def _array(numbers: list[float]) -> Any:
    try:
        return np.array(numbers, float)
    except OverflowError:  # an integer that is no float
        return np.array([as_float(number) for number in numbers])


def rows_in(batch: Any) -> bool:
    """Whether it holds rows; what does not is one number."""
    known = isinstance(batch, (list, tuple, dict))
    return known or (hasattr(batch, "__len__") and getattr(batch, "ndim", 1) > 0)


def unlike(batch: Any, i: int) -> ShapeError:
    """The error for a row that is nested otherwise than the first."""
    return ShapeError(
        f"row {i} is another nesting than row 0: {nesting(batch[i])} and not {nesting(batch[0])}",
        why="one compiled function runs over all rows",
        try_="rows of one nesting; or a call for each, which compiles once a nesting",
    )


@contextmanager
def taken_for_one_row(arguments: Sequence[Any], whose: str, of_rows: str) -> Iterator[None]:
    """Say of an error inside that what was given may be many rows.

    Args:
        arguments: what was given.
        whose: what was called with it: "the loss".
        of_rows: how to call it with rows.
    """
    try:
        yield
    except (NotANumber, ShapeError) as error:
        lists = [x for x in arguments if is_list(x)]
        if not lists or (isinstance(error, ShapeError) and not any(map(_holds_lists, lists))):
            raise
        advice = f"{of_rows}, if it is {whose} of one row"
        raise type(error)(
            error.what,
            where=error.where,
            why=f"{whose} was given whole lists",
            try_="; or ".join(filter(None, (advice, error.try_))),
        ) from None


def is_list(given: Any) -> bool:
    """Whether it is a list, a tuple or an array with axes."""
    return isinstance(given, (list, tuple)) or axes_of(given) > 0


def _holds_lists(given: Any) -> bool:
    return len(given) > 0 and is_list(given[0])


def unmet(numbers: Any, needs: Any) -> Any:
    """Of each number whether it is not what is needed (`jangrad.needs`)."""
    no_row = (numbers != np.floor(numbers)) | (numbers < 0.0) | (numbers >= needs)
    if np.all(np.asarray(needs) > 0):
        return no_row
    no_sign, outside = np.abs(numbers) != 1.0, ~((numbers >= 0.0) & (numbers <= 1.0))
    no_target = np.where(
        needs == COUNT, ~(numbers >= 0.0), np.where(needs == UNIT, outside, no_row)
    )
    return np.where(needs == SIGN, no_sign, no_target)
