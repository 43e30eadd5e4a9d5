"""Where an inf or nan in machine code comes from: what it computed, once more by Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from jangrad.compiler.program.arguments import filled
from jangrad.compiler.program.interpret import interpret
from jangrad.compiler.program.ir import LEAVES, NO_NUMBERS, OPERATIONS
from jangrad.compiler.program.trace import Trace, numbers_of
from jangrad.engine import Value
from jangrad.errors import NonFinite
from jangrad.watching import strict


def raise_non_finite(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    numbers: Sequence[float],
    plain: Collection[int],
    *,
    during: str = "",
    gradient: bool = False,
) -> list[float]:
    """Run a function on Values: raise NonFinite where its first inf or nan is, if there is one.

    Returns:
        Its outputs, in the order of the trace's.

    Args:
        function: what was compiled.
        arguments: some for which it was compiled.
        numbers: those that now stand in their places.
        plain: which of these it is given as plain numbers, for they pick rows.
        during: what the error says it came during.
        gradient: whether its result is also differentiated.
    """
    try:
        with strict():
            found = enumerate(map(float, numbers))
            given = iter([x if i in plain else Value(x) for i, x in found])
            result = function(*[filled(argument, lambda _: next(given)) for argument in arguments])
            for one in _values(result) if gradient else ():
                one.backward()
        return numbers_of(result)
    except NonFinite as error:
        raise (error.during(during) if during else error) from None


def unexplained(during: str, dtype: str, named: tuple[str, str] | None = None) -> NonFinite:
    """The error for an inf or nan that Python does not meet.

    Args:
        during: what it came during.
        dtype: of machine code.
        named: what `in_single` says of it.
    """
    what, where = named or ("machine code gave inf or nan", "")
    return NonFinite(
        f"{during}{': ' if during else ''}{what} in {dtype}",
        where=where or None,
        why="Python, whose floats are double, computes finite numbers from the same ones"
        if dtype == "float32"
        else "it adds in another order than Python, whose numbers are finite",
        try_='dtype="float64"' if dtype == "float32" else "smaller numbers",
    )


def in_single(
    found: Trace, numbers: Sequence[float], lines: Callable[[], Sequence[str]]
) -> tuple[str, str] | None:
    """The first number that only double precision can hold, and the line that computes it.

    Args:
        found: what was compiled.
        numbers: those of its arguments.
        lines: gives that of each node of its program.
    """

    def held(x: float) -> float:
        with np.errstate(over="ignore"):
            return float(np.float32(x))

    program = found.program
    nodes = np.flatnonzero(~np.isin(program.op, NO_NUMBERS)).tolist()
    whole = program._replace(outputs=np.array(nodes))
    params, row = [v.data for v in found.params], list(map(float, numbers))
    exact = interpret(whole, params, [row])
    values = interpret(whole, list(map(held, params)), [list(map(held, row))], held)
    known = {n: x for n, (x,) in zip(nodes, values, strict=True)}
    for n, (true,) in zip(nodes, exact, strict=True):
        x = known[n]
        if math.isfinite(true) and not math.isfinite(x) and program.op[n] not in LEAVES:
            name = str(OPERATIONS[program.op[n]]).replace("sum", "add")
            inputs = ", ".join(f"{known[c]:.8g}" for c in program.inputs_of(n) if c in known)
            return f"`{name}` gave {x} from ({inputs})", (lines() or {n: ""})[n]
    return None


def _values(result: Any) -> list[Value]:
    """The Values of a loss, and of what comes with it."""
    parts = result if isinstance(result, tuple) else (result,)
    return [part for part in parts if isinstance(part, Value)]
