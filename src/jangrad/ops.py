"""The table of operations at work: by name, by code, on plain floats, and in pickles.

The rows themselves are in `op_table.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from zlib import crc32

from jangrad import ieee, rules
from jangrad.algebra import Rule
from jangrad.errors import OperationError
from jangrad.op_row import ADDITIVE as ADDITIVE
from jangrad.op_row import ATOM as ATOM
from jangrad.op_row import MULTIPLICATIVE as MULTIPLICATIVE
from jangrad.op_row import POWER as POWER
from jangrad.op_row import PREFIX as PREFIX
from jangrad.op_row import Kink as Kink
from jangrad.op_row import Op as Op
from jangrad.op_table import INNER as INNER
from jangrad.op_table import ROWS as ROWS

#: The table: every operation by name, in order. `operation` adds the user's own.
OPS: dict[str, Op] = {row.name: row for row in ROWS}

# An operation of two inputs may have a plain number on either side, so it has three forms, each
# with a code of its own: both are Values, the right one is a number, the left one is a number.
UNARY, BOTH, NUMBER_RIGHT, NUMBER_LEFT = "x", "ab", "ac", "cb"
LEAF = 0
CLOSURE = 0xFFFF  # a node with a backward of its own, as `jangrad.micrograd` has them: in no table

#: What each code of the engine means: CODES[code] is (operation, form). Code 0 is a leaf.
CODES: list[tuple[Op, str]] = [(Op("", "", (), "", "", ""), "")]
CODE_OF: dict[tuple[str, str], int] = {}


def digest(row: Op) -> int:
    """A number that tells whether a row is the one that the engine was printed from."""
    told = (row.name, row.value, *row.partials, row.guard, *row.names, str(row.default))
    return crc32("\n".join(told).encode())


def number_codes(row: Op) -> int:
    """Give the row its codes, one a form, and return the first."""
    first = len(CODES)
    for form in (UNARY,) if len(row.partials) == 1 else (BOTH, NUMBER_RIGHT, NUMBER_LEFT):
        CODE_OF[row.name, form] = len(CODES)
        CODES.append((row, form))
    return first


for _row in ROWS:
    number_codes(_row)

#: Codes from here on are the user's own operations.
FIRST_USER_CODE = len(CODES)
OURS = frozenset(OPS)

# The rules on plain floats. They are compiled at their first use: most programs use few of them.
_plain: dict[str, Any] = {
    **ieee.PRIMITIVES,
    "_div": ieee.div,
    "_mod": ieee.mod,
    "_power": ieee.power,
}


class _OnFirstUse(dict[str, Any]):
    """Functions for rules on floats: primitives at once, the table's other rows when asked for."""

    def __missing__(self, name: str) -> Any:
        row = OPS[name]
        self[name] = function = rules.build(row.value, row.inputs, float_functions(row.value))
        return function


_float_functions = _OnFirstUse(_plain)


def float_functions(rule: str | Rule) -> dict[str, Any]:
    """The float functions that a rule calls."""
    return {**_plain, **{name: _float_functions[name] for name in rules.functions_in(rule)}}


def evaluate(name: str, *numbers: float) -> float:
    """The operation's value on plain floats.

    >>> evaluate("mul", 2.0, 3.0)
    6.0
    """
    return float(_float_functions[name](*numbers))


_rule_functions: dict[tuple[str | Rule, tuple[str, ...]], Any] = {}


def run(rule: str | Rule, names: tuple[str, ...], numbers: Sequence[float]) -> float:
    """Any rule, its names standing for these plain floats.

    >>> run("g if y > 0 else 0", ("g", "y"), (2.0, 1.0))
    2.0
    """
    function = _rule_functions.get((rule, names))
    if function is None:
        function = rules.build(rule, names, float_functions(rule))
        _rule_functions[rule, names] = function
    return float(function(*numbers))


_partial_functions: dict[str, tuple[Any, ...]] = {}


def partials(name: str, numbers: tuple[float, ...], y: float) -> tuple[float, ...]:
    """The local partials on plain floats, one an input.

    >>> partials("mul", (2.0, 3.0), 6.0)
    (3.0, 2.0)
    """
    functions = _partial_functions.get(name)
    if functions is None:
        row = OPS[name]
        functions = _partial_functions[name] = tuple(
            rules.build(text, (*row.inputs, "y"), float_functions(text)) for text in row.partials
        )
    return tuple(float(function(*numbers, y)) for function in functions)


_contribution_functions: dict[str, tuple[Any, ...]] = {}


def contributions(
    name: str, numbers: tuple[float, ...], y: float, g: float
) -> tuple[float | None, ...]:
    """What each input gets of the upstream gradient g; None for one that a test did not choose.

    >>> contributions("mul", (2.0, 3.0), 6.0, 0.5)
    (1.5, 1.0)
    >>> contributions("relu", (-1.0,), 0.0, float("inf"))
    (None,)
    """
    functions = _contribution_functions.get(name)
    if functions is None:
        row = OPS[name]
        functions = _contribution_functions[name] = tuple(
            rules.build(rules.contribution(p), (*row.inputs, "y", "g"), float_functions(p))
            for p in row.partials
        )
    found = (function(*numbers, y, g) for function in functions)
    # Only a rule's own 0 is an integer.
    return tuple(None if type(x) is int else float(x) for x in found)


def functions() -> dict[str, int]:
    """What rules may call, and how many inputs each takes."""
    return {name: len(row.partials) for name, row in OPS.copy().items()}


def own(names: Iterable[str]) -> dict[str, Op]:
    """The user's own operations among these, and those that their rules call, by name."""
    found: dict[str, Op] = {}
    waiting = list(names)
    while waiting:
        row = OPS.get(waiting.pop())
        if row is None or row.name in found or row.name in OURS:
            continue
        found[row.name] = row
        for rule in (row.value, *row.partials):
            waiting += rules.functions_in(rule)
    return found


def check_own(rows: Iterable[Op], whose: str) -> None:
    """That the user's operations are registered here with the rules that they had elsewhere.

    Raises:
        OperationError: when one is not.
    """
    for row in rows:
        here = OPS.get(row.name)
        rules_there = [row.value, *row.partials]
        rules_here = here and [here.value, *here.partials]
        if rules_here != rules_there:
            call = ", ".join(map(repr, (row.name, *rules_there)))
            raise OperationError(
                f"{whose} uses the operation `{row.name}`, which is "
                + (f"{rules_here} here and was {rules_there} there" if here else "not here"),
                why="it would compute something else",
                try_=f"jangrad.operation({call}), before loading",
            )


#: An operation as another process knows it: name and form; and what of the user's it is made of.
Sent = str | tuple[str, tuple[Op, ...]]


@cache
def sent(code: int) -> Sent:
    """What stands for a code in a pickle."""
    row, form = CODES[code]
    rows = tuple(own([row.name]).values())
    called = f"{row.name} {form}"
    return (called, rows) if rows else called


@cache
def known_code(sent: Sent) -> int:
    """The code of what `sent` gave in another process.

    Raises:
        OperationError: when it is not here, or with another rule.
    """
    called, rows = (sent, ()) if isinstance(sent, str) else sent
    check_own(rows, "the graph")
    name, form = called.split()
    if (name, form) not in CODE_OF:
        raise OperationError(
            f"the graph uses the operation `{name}`, which is not here",
            why="it was built by another version of jangrad",
            try_="that version, or the expression again",
        )
    return CODE_OF[name, form]
