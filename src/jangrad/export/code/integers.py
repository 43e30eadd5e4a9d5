"""Operations on integers that stand for numbers: a number times a power of two, rounded.

They are the operations of a loop program that was made for fixed point, beside sums, products,
signs and the largest of the compiler's own. All that they compute is less than 2 to the 30th, so
that 32 bits hold it and half a unit that is added before it is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    REDUCE_MAX,
    SUM,
    Const,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.activation_tables import LEAST, MOST, ActivationTable

#: What no intermediate result exceeds.
LIMIT = 1 << 30

# FLOOR and NARROW are told how many binary places go; NARROW rounds halves up and keeps what is
# beyond 16 bits within them. FITS is of 16 bits already. LOOK is told which table. QUOTIENT rounds
# halves away from 0, what is divided by 0 is the largest. IS_KNOWN is 0 for the least integer.
FLOOR, NARROW, FITS, LOOK, QUOTIENT, LESS, LESS_EQUAL, EQUAL = range(-1, -9, -1)
CHOOSE, LARGER, SMALLER, IS_KNOWN = range(-9, -13, -1)
# REMAINDER has the sign of what divides; that by 0 is 0. LONGER is the larger of two without their
# signs, RATIO the smaller one divided by it, with so many binary places; that of two zeros is 0.
# ANGLE is told the one to the nearest axis, y, x, and what a right angle is.
REMAINDER, LONGER, RATIO, ANGLE = range(-13, -17, -1)
RATIO_PLACES = 14

Numbers = np.ndarray[Any, Any]


#: What has 16 bits in C.
SMALL = (NARROW, FITS, LOOK, QUOTIENT, RATIO)


def is_small(e: ir.Expression) -> bool:
    """Whether C takes it for one of 16 bits."""
    if isinstance(e, ir.Call):
        return e.op in SMALL
    return isinstance(e, (ir.Load, ir.Gather, Const))


def on_integers(
    tables: Sequence[ActivationTable],
) -> Callable[[int, Sequence[Numbers]], Numbers]:
    """Operations as the C code makes them, a number a row."""

    def compute(op: int, terms: Sequence[Numbers]) -> Numbers:
        if op == LOOK:
            return np.asarray(tables[int(terms[1][0])](terms[0]))
        found = np.asarray(_COMPUTED[op](*terms), np.int64)
        assert int(np.abs(found).max(initial=0)) <= LIMIT, "32 bits hold all"
        return found

    return compute


def _narrow(x: Numbers, places: Numbers) -> Numbers:
    half = (1 << places) >> 1
    return np.asarray(np.clip((x + half) >> places, LEAST, MOST))


def _quotient(a: Numbers, b: Numbers) -> Numbers:
    size = np.abs(b)
    whole = (np.abs(a) + size // 2) // np.maximum(size, 1)
    whole = np.where(b == 0, np.where(a == 0, 0, MOST), np.minimum(whole, MOST))
    return np.asarray(np.where((a < 0) != (b < 0), -whole, whole))


def _remainder(a: Numbers, b: Numbers) -> Numbers:
    return np.where(b == 0, 0, np.mod(a, np.where(b == 0, 1, b)))


def _ratio(a: Numbers, b: Numbers) -> Numbers:
    shorter, longer = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    return np.asarray(((shorter << RATIO_PLACES) + longer // 2) // np.maximum(longer, 1))


def _angle(nearest: Numbers, y: Numbers, x: Numbers, right: Numbers) -> Numbers:
    above = np.where(np.abs(y) > np.abs(x), right - nearest, nearest)
    around = np.where(x < 0, 2 * right - above, above)
    return np.where(y < 0, -around, around)


_COMPUTED: dict[int, Callable[..., Any]] = {
    SUM: lambda *terms: np.sum(terms, axis=0),
    MUL: lambda *terms: np.prod(terms, axis=0),
    NEG: lambda x: -x,
    REDUCE_MAX: lambda *terms: np.maximum.reduce(terms),
    FLOOR: lambda x, places: x >> places,
    NARROW: _narrow,
    FITS: lambda x: x,
    QUOTIENT: _quotient,
    LESS: lambda a, b: a < b,
    LESS_EQUAL: lambda a, b: a <= b,
    EQUAL: lambda a, b: a == b,
    CHOOSE: lambda test, a, b: np.where(test != 0, a, b),
    LARGER: np.maximum,
    SMALLER: np.minimum,
    IS_KNOWN: lambda x: x != LEAST,
    REMAINDER: _remainder,
    LONGER: lambda a, b: np.maximum(np.abs(a), np.abs(b)),
    RATIO: _ratio,
    ANGLE: _angle,
}
