"""How a compiled function may be called: by position or by name, with what is no number, in Python.

Arguments are traced, but for those that are no numbers and have few values: text, None, True and
False, members of an Enum. They are fixed: each of their values has a program of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from enum import Enum
from inspect import Signature, signature
from typing import Any

import numpy as np

from jangrad.compiler.program.arguments import (
    as_list,
    check_whole,
    filled,
    nesting,
    rows_in,
    unlike,
)
from jangrad.compiler.program.results import added, each, stacked
from jangrad.engine import Value
from jangrad.errors import ConfigError, ShapeError, did_you_mean
from jangrad.record import Record


class Argument(Record):
    """How one argument is given.

    Attributes:
        name: by which it is given; "" for one by position.
        fixed: whether it is no number.
        value: it, if it is fixed; or a `ByIdentity` that holds it, where equal ones are not alike.
        kind: its class then, for `Colour.RED`, 1 and True may be equal and are not the same.
    """

    name: str
    fixed: bool
    value: Any
    kind: type | None


class ByIdentity:
    """A fixed argument that is equal to itself alone, whatever its class says of equality.

    Attributes:
        value: the argument.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


#: How all are given; None for traced ones by position.
Form = tuple[Argument, ...] | None


def signature_of(function: Callable[..., Any]) -> Signature | None:
    """What it can be called with; None where nobody knows."""
    try:
        return signature(function, follow_wrapped=False)
    except (TypeError, ValueError):
        return None


def laid_out(
    known: Signature | None, arguments: Sequence[Any], named: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Form]:
    """The arguments that are traced, and how all are given: by position where they have one."""
    if not named and not any(map(is_fixed, arguments)):
        return tuple(arguments), None
    if named and known is not None:
        try:
            bound = known.bind(*arguments, **named)
            arguments, named = bound.args, bound.kwargs
        except TypeError:
            pass  # the function says it with its own name
    every = [("", x) for x in arguments] + list(named.items())
    form = tuple(
        Argument(n, True, _told(x), type(x)) if is_fixed(x) else Argument(n, False, None, None)
        for n, x in every
    )
    free = tuple(x for _, x in every if not is_fixed(x))
    return free, form if named or len(free) < len(every) else None


def is_fixed(argument: Any) -> bool:
    """Whether it is no number, and each of its values has a program of its own."""
    return argument is None or isinstance(argument, (str, bool, Enum))


def _told(fixed: Any) -> Any:
    """What tells a fixed argument from others: members of an Enum, and texts with attributes."""
    itself = isinstance(fixed, Enum) or getattr(fixed, "__dict__", None)
    return ByIdentity(fixed) if itself else fixed


def fixed_in(form: Form) -> list[Any]:
    """The arguments that are no numbers."""
    return [_value(given) for given in form or () if given.fixed]


def _value(given: Argument) -> Any:
    return given.value.value if isinstance(given.value, ByIdentity) else given.value


def spread(function: Callable[..., Any], form: Form) -> Callable[..., Any]:
    """The function of those arguments alone that are traced."""
    if form is None:
        return function

    def of_traced(*free: Any) -> Any:
        rest = iter(free)
        given = [(arg.name, _value(arg) if arg.fixed else next(rest)) for arg in form]
        placed = [value for name, value in given if not name]
        return function(*placed, **{name: value for name, value in given if name})

    return of_traced


def words_of(free: Sequence[str], form: Form) -> str:
    """All arguments in words, given those that are traced: `number, n=number, mode='train'`."""
    if form is None:
        return ", ".join(free)
    rest = iter(free)
    return ", ".join(
        (f"{arg.name}=" if arg.name else "") + (repr(_value(arg)) if arg.fixed else next(rest))
        for arg in form
    )


def holds_value(given: Any) -> bool:
    """Whether there is a Value anywhere in it."""
    if isinstance(given, (list, tuple)):
        return any(map(holds_value, given))
    if isinstance(given, dict):
        return any(map(holds_value, given.values()))
    if isinstance(given, np.ndarray) and given.dtype == object:
        return any(map(holds_value, given.ravel().tolist()))
    return isinstance(given, Value)


# -- over rows ------------------------------------------------------------------------------------


class MappedArguments(Record):
    """The arguments of a map that are traced.

    Attributes:
        own: those that have rows, in lists or arrays of NumPy.
        shared: those that are the same for all rows.
        axes: of each argument, in the order of the call, whether it has rows.
    """

    own: list[Any]
    shared: list[Any]
    axes: tuple[bool, ...]

    def in_order(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of its arguments that have rows, and then of those that are shared."""
        axes = self.axes  # alone: what is kept must not hold on to the rows
        if sorted(axes, reverse=True) == list(axes):
            return function
        return lambda *given: function(*_as_called(given, axes))

    def words(self, row: Sequence[Any], form: Form) -> str:
        """The arguments in words; `row` has those of one row first."""
        count = len(self.own)
        words = [nesting(x) + " for all" * (i >= count) for i, x in enumerate(row)]
        return words_of(_as_called(words, self.axes), form)


def _as_called(given: Sequence[Any], axes: Sequence[bool]) -> list[Any]:
    """Arguments in the order of the call, of which those with rows come first."""
    own, shared = iter(given[: sum(axes)]), iter(given[sum(axes) :])
    return [next(own) if has_rows else next(shared) for has_rows in axes]


def batch_of(free: Sequence[Any], form: Form, in_axes: Any) -> MappedArguments:
    """The arguments of a map.

    Args:
        free, form: the arguments of the call (`laid_out`).
        in_axes: for each of them 0 if it has rows, None if all rows share it; where it is left out,
            numbers are shared.

    Raises:
        ConfigError: when `in_axes` is anything else.
        ShapeError: when what has rows is a dict or a set.
    """
    if in_axes is None:
        axes = tuple(map(rows_in, free))
        if True not in axes:
            axes = (True,) * len(axes)
    else:
        axes = _axes(form or [None] * len(free), in_axes)
    own = [_held(x) for x, has_rows in zip(free, axes, strict=True) if has_rows]
    shared = [x for x, has_rows in zip(free, axes, strict=True) if not has_rows]
    return MappedArguments(own, shared, axes)


def _axes(arguments: Sequence[Argument | None], in_axes: Any) -> tuple[bool, ...]:
    """The same where it is said."""
    count = len(arguments)
    if not isinstance(in_axes, (list, tuple)) or len(in_axes) != count:
        raise ConfigError(
            f"`in_axes` is {in_axes!r:.60} for {count} argument{'s' * (count != 1)}",
            why="it says of each whether it has rows or is the same for all of them",
            try_=f"in_axes=({'0, ' * count}), with None in the place of what is shared",
        )
    for axis in in_axes:
        if axis is not None and (type(axis) is not int or axis != 0):
            raise ConfigError(
                f"`in_axes` holds {axis!r:.60}, which is neither 0 nor None",
                why="rows lie along the first axis of an argument",
                try_="0, with np.moveaxis(X, axis, 0) for X; None for what is shared",
            )
    return tuple(
        axis == 0
        for argument, axis in zip(arguments, in_axes, strict=True)
        if argument is None or not argument.fixed
    )


def check_named(known: Signature | None, named: Iterable[str]) -> None:
    """That what a map is given by name is an argument of the function.

    Raises:
        ConfigError: when it is none, as a misspelt option is.
    """
    if known is None or any(p.kind is p.VAR_KEYWORD for p in known.parameters.values()):
        return
    for name in named:
        if name not in known.parameters:
            raise ConfigError(
                f"`f.map` has no option `{name}`, and the function no such argument",
                try_=did_you_mean(name, {*known.parameters, *_MAP}),
            )


_MAP = "in_axes", "reduce", "out", "threads"


def check_options(
    known: Signature | None, in_axes: Any, reduce: Any, out: Any, threads: Any
) -> int:
    """Check how a map is to be made, and say by how many threads.

    Raises:
        ConfigError: when an option has no such value, is also the name of an argument, or does not
            go with another.
    """
    if in_axes is reduce is out is threads is None:  # as most maps are made
        return 1
    given = {"in_axes": in_axes, "reduce": reduce, "out": out, "threads": threads}
    for name, value in given.items():
        if value is not None and known is not None and name in known.parameters:
            raise ConfigError(
                f"`{name}` is an argument of the function and an option of its map",
                why="nobody could tell which one is meant",
                try_="the function's by its position; or another name for it",
            )
    if reduce is not None and reduce not in ("sum", "mean"):
        raise ConfigError(f"`reduce` is {reduce!r:.60}", try_='"sum" or "mean"; None for every row')
    if out is not None:
        _check_out(out, reduce)
    if threads is None:
        return 1
    if isinstance(threads, bool) or not hasattr(threads, "__index__") or threads < 1:
        raise ConfigError(f"`threads` is {threads!r:.60}, but needs an integer >= 1")
    return int(threads)


def _check_out(out: Any, reduce: Any) -> None:
    if reduce is not None:
        raise ConfigError(
            f'`out` gets a result of each row, of which reduce="{reduce}" keeps none',
            try_="one of them",
        )
    if not isinstance(out, np.ndarray) or out.dtype.kind != "f" or not out.flags.writeable:
        what = f"an array of {out.dtype}" if isinstance(out, np.ndarray) else f"{out!r:.60}"
        raise ConfigError(
            f"`out` is {what}, but needs an array of floats that can be written",
            why="results are floats",
            try_="np.empty(shape), or np.lib.format.open_memmap(file, mode='w+', shape=shape)",
        )


def check_place(out: Any, given: Sequence[Any], shape: tuple[int, ...] | None) -> None:
    """That results of this shape can be written to an array, block after block.

    Raises:
        ShapeError: when it has another shape, or they have none.
        ConfigError: when it has memory in common with what is given.
    """
    if shape is None:
        raise ShapeError(
            "`out` is one array, but the function gives tuples, dicts, or lists of several lengths",
            why="a map gives several arrays then",
            try_="f.map(X) without it; or a function that returns one list of numbers",
        )
    if out.shape != shape:
        raise ShapeError(
            f"`out` has the shape {out.shape}, but the results have {shape}",
            why="the first axis is that of the rows, the others are those of one result",
            try_=f"np.empty({shape})",
        )
    if any(np.may_share_memory(out, part) for part in given):
        raise ConfigError(
            "`out` lies in the same memory as the rows",
            why="the results of one block of rows would be written over others",
            try_="an array of its own",
        )


def _held(batch: Any) -> Any:
    """Rows in a list or in an array of NumPy; those of a file stay there."""
    if type(batch) is np.ndarray:
        return batch
    if isinstance(batch, np.ndarray):
        check_whole(batch)
        return np.asarray(batch)
    if isinstance(batch, (Mapping, Set)):
        raise ShapeError(
            f"rows are a list or an array, not a {type(batch).__name__}",
            why="a set has no order, and of a dict it would be the keys",
            try_="a list of them, in an order that you choose; for what all rows share, None in"
            " its place of in_axes",
        )
    return batch if (lists := as_list(batch)) is batch else np.asarray(lists)


def map_in_python(function: Callable[..., Any], batches: Sequence[Any], reduce: str | None) -> Any:
    """The function of each row as it stands, in the layout of `f.map`.

    Args:
        function: gives Values or numbers.
        batches: of one length, at least 1, for each argument.
        reduce: "sum" or "mean", for one result instead; None for all.

    Raises:
        ShapeError: when a row is another nesting than the first.
    """
    lists = [filled(x, lambda x: x) if isinstance(x, np.ndarray) else x for x in batches]
    for rows in lists:
        first = nesting(rows[0])
        for i, row in enumerate(rows):
            if nesting(row) != first:
                raise unlike(rows, i)
    results = [function(*row) for row in zip(*lists, strict=True)]
    if reduce is None:
        return stacked(results)
    total = added(results)
    return total if reduce == "sum" else each(total, lambda x: x / len(results))
