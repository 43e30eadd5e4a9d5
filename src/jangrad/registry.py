"""The user's own operations: checked, and put into the table."""

from __future__ import annotations

import re
from itertools import product
from keyword import kwlist
from math import isfinite

from jangrad import ops, rules
from jangrad.errors import OperationError

# What a neuron's activation may be called, beside the operations.
_ACTIVATIONS = frozenset({"linear", "prelu"})

# What stands for other things in the functions of a contribution and of an update.
_INSIDE = frozenset({"g", "rate", "step", "options", "state", "parameters", "gradients", "zip"})
_LINES = re.compile(r"v\d+|new_.*")

# Where the partials of a user's operation are tried: no round numbers, for kinks sit there.
_POINTS = (-2.37, -0.83, -0.31, 0.29, 0.71, 1.43, 2.61)


def add_row(row: ops.Op) -> int:
    """Put the user's operation into the table, after checking its rules, and return its first code.

    Raises:
        OperationError: when the name is taken or no identifier, or a rule cannot be read.
    """
    _check(row)
    first = ops.number_codes(row)  # before another thread can find the name
    ops.OPS[row.name] = row
    return first


def _check(row: ops.Op) -> None:
    if not row.name.isidentifier() or row.name in {"x", "a", "b", "y", *kwlist, *rules.CONSTANTS}:
        raise OperationError(f"`{row.name}` is no name for an operation", try_="letters and _")
    if row.name[0] == "_" or row.name in _INSIDE or _LINES.fullmatch(row.name):
        raise OperationError(
            f"`{row.name}` is no name for an operation",
            why="functions that are printed from rules have it inside",
            try_="another name",
        )
    if row.name in ops.OPS or row.name in _ACTIVATIONS:
        raise OperationError(
            f"the operation `{row.name}` is in the table already"
            if row.name in ops.OPS
            else f"`{row.name}` is the name of an activation already",
            why="graphs that were built with it would change their meaning",
            try_="another name",
        )
    for text, names in ((row.value, row.inputs), *((p, (*row.inputs, "y")) for p in row.partials)):
        rules.parse(text, names, ops.functions())
    if row.domain:
        rules.parse(row.domain, row.inputs, {}, test=True)
    try:
        _check_partials(row)
    except (TypeError, OverflowError, RecursionError) as error:
        raise OperationError(f"the rules of `{row.name}` cannot be computed: {error}") from None


def _check_partials(row: ops.Op) -> None:
    """Compare the partials of a new row with central differences where it is smooth.

    Raises:
        OperationError: with both numbers, at the first point where they differ.
    """
    value = rules.build(row.value, row.inputs, ops.float_functions(row.value))
    inside = rules.build(rules.read(row.domain or "1 == 1", test=True), row.inputs, {})
    tested = 0
    for point in product(_POINTS, repeat=len(row.inputs)):
        if not inside(*point):
            continue
        y = value(*point)
        for position, rule in enumerate(row.partials):
            partial = rules.build(rule, (*row.inputs, "y"), ops.float_functions(rule))(*point, y)
            step = 1e-5 * max(1.0, abs(point[position]))
            ends = [
                value(*point[:position], point[position] + sign * step, *point[position + 1 :])
                for sign in (1.0, -1.0)
            ]
            slope = (ends[0] - ends[1]) / (2.0 * step)
            if not (isfinite(slope) and isfinite(partial)):
                continue
            tested += 1
            if abs(slope - partial) > 1e-6 * max(1.0, abs(slope), max(map(abs, ends))):
                at = ", ".join(f"{n} = {x}" for n, x in zip(row.inputs, point, strict=True))
                raise OperationError(
                    f"the partial `{rule}` of `{row.name}` is {partial:.9g} at {at}, but the slope"
                    f" of `{row.value}` is {slope:.9g} there",
                    why="a wrong partial would make every gradient through it wrong",
                    try_=f"the derivative of `{row.value}` by {row.inputs[position]}",
                )
    if not tested:
        raise OperationError(
            f"the rules of `{row.name}` have no finite value where they were tried",
            why=f"its partials are compared with slopes at points between {min(_POINTS)} and"
            f" {max(_POINTS)}" + (f" with {row.domain}" if row.domain else ""),
        )
