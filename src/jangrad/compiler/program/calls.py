"""How a compiled function may be called: by position or by name, with what is no number, in Python.

Arguments are traced, but for those that are no numbers and have few values: text, None, True and
False, members of an Enum. They are fixed: each of their values has a program of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from enum import Enum
from inspect import Signature, signature
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.program.arguments import as_list, filled, nesting, rows_in, unlike
from jangrad.compiler.program.results import stacked
from jangrad.engine import Value
from jangrad.errors import ShapeError


class Argument(NamedTuple):
    """How one argument is given.

    Attributes:
        name: by which it is given; "" for one by position.
        fixed: whether it is no number.
        value: it, if it is fixed; or a `Thing` that holds it, where equal ones are not alike.
        kind: its class then, for `Colour.RED`, 1 and True may be equal and are not the same.
    """

    name: str
    fixed: bool
    value: Any
    kind: type | None


class Thing:
    """A fixed argument that is equal to itself alone, whatever its class says of equality.

    Attributes:
        value: the argument.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.value is self.value

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
    return Thing(fixed) if itself else fixed


def fixed_in(form: Form) -> list[Any]:
    """The arguments that are no numbers."""
    return [_value(given) for given in form or () if given.fixed]


def _value(given: Argument) -> Any:
    return given.value.value if isinstance(given.value, Thing) else given.value


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


def words_of(free: Sequence[Any], form: Form) -> str:
    """The arguments in words: `number, list[2], n=number, mode='train'`."""
    if form is None:
        return ", ".join(map(nesting, free))
    rest = iter(free)
    return ", ".join(
        (f"{arg.name}=" if arg.name else "")
        + (repr(_value(arg)) if arg.fixed else nesting(next(rest)))
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


def batches_of(free: Sequence[Any]) -> list[Any]:
    """Rows for each argument; a number that all rows share is there for each of them."""
    for x in free:
        if isinstance(x, (Mapping, Set)):
            raise ShapeError(
                f"rows are a list or an array, not a {type(x).__name__}",
                why="a set has no order, and of a dict it would be the keys",
                try_="a list of them, in an order that you choose",
            )
    batches = [
        x if type(x) is np.ndarray or (lists := as_list(x)) is x else np.asarray(lists)
        for x in free
    ]
    counts = [len(x) for x in batches if rows_in(x)]
    return [x if rows_in(x) or not counts else [x] * counts[0] for x in batches]


def map_in_python(function: Callable[..., Any], batches: Sequence[Any]) -> Any:
    """The function of each row as it stands, in the layout of `f.map`.

    Args:
        function: gives Values or numbers.
        batches: of one length, at least 1, for each argument.

    Raises:
        ShapeError: when a row is another nesting than the first.
    """
    lists = [filled(x, lambda x: x) if isinstance(x, np.ndarray) else x for x in batches]
    for rows in lists:
        first = nesting(rows[0])
        for i, row in enumerate(rows):
            if nesting(row) != first:
                raise unlike(rows, i)
    return stacked([function(*row) for row in zip(*lists, strict=True)])
