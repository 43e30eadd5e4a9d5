"""Where an inf or nan in machine code comes from: what it computed, once more by Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from jangrad.compiler.program.arguments import filled
from jangrad.engine import Value, strict
from jangrad.errors import NonFinite


def find(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    numbers: Sequence[float],
    plain: Collection[int],
    *,
    during: str = "",
    slopes: bool = False,
) -> None:
    """Run a function on Values: raise NonFinite where its first inf or nan is, if there is one.

    Args:
        function: what was compiled.
        arguments: some for which it was compiled.
        numbers: those that now stand in their places.
        plain: which of these it is given as plain numbers, for they pick rows.
        during: what the error says it came during.
        slopes: whether its result is also differentiated.
    """
    given = iter([x if i in plain else Value(x) for i, x in enumerate(map(float, numbers))])
    try:
        with strict():
            result = function(*[filled(argument, lambda _: next(given)) for argument in arguments])
            for one in _values(result) if slopes else ():
                one.backward()
    except NonFinite as error:
        raise (error.during(during) if during else error) from None


def unexplained(during: str, dtype: str) -> NonFinite:
    """The error for an inf or nan that Python does not meet."""
    return NonFinite(
        f"{during}{': ' if during else ''}machine code gave inf or nan in {dtype}",
        why="Python, whose floats are double, computes finite numbers from the same ones"
        if dtype == "float32"
        else "it adds in another order than Python, whose numbers are finite",
        try_='dtype="float64"' if dtype == "float32" else "smaller numbers",
    )


def _values(result: Any) -> list[Value]:
    """The Values of a loss, and of what comes with it."""
    parts = result if isinstance(result, tuple) else (result,)
    return [part for part in parts if isinstance(part, Value)]
