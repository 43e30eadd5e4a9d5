"""Arithmetic of integers that stand for numbers: how many binary places a result has.

No sum overflows, whatever numbers come: its terms lose binary places before that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jangrad.compiler.exporting import MUL, NEG, SUM, Const
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.activation_tables import LEAST, MOST
from jangrad.export.code.integers import (
    CHOOSE,
    EQUAL,
    FITS,
    FLOOR,
    LARGER,
    LESS,
    LIMIT,
    NARROW,
    is_small,
)
from jangrad.export.code.on_rows import Range

#: How much larger numbers may become than rows have shown.
HEADROOM = 1.25
_PLACES = 30  # the most that numbers have
FAR = 60  # binary places by which no factor moves the point


class NotInFixedPoint(Exception):
    """What fixed point does not express, and why."""

    def __init__(self, what: str, nest: ir.Nest, why: str = "") -> None:
        super().__init__(what)
        self.nest, self.why = nest, why


class Fixed(NamedTuple):
    """An expression of integers.

    Attributes:
        e: it.
        places: how many of its binary digits are behind the point.
        low, high: between which it is, whatever comes.
    """

    e: ir.Expression
    places: int
    low: int
    high: int

    @property
    def size(self) -> int:
        return max(-self.low, self.high, 0)

    @property
    def is_narrow(self) -> bool:
        return self.low >= LEAST and self.high <= MOST


#: A number that is known is none of integers before it meets others.
Lowered = Fixed | float
NO_NUMBER = "numbers of 16 bits stand for it in fixed point, which have neither infinity nor nan"


def places_for(low: float, high: float, largest: int = MOST) -> int:
    """The most binary places with which numbers between these are integers of 16 bits, or fewer."""
    size = max(abs(low), abs(high))
    if size == 0.0 or not math.isfinite(size):
        return 15
    return min(math.floor(math.log2(largest) - math.log2(size)), _PLACES)


class FixedNumbers:
    """Arithmetic of them.

    Args:
        nest: the loops that are looked at, for what is refused.
        ranges: of expressions, by their `id`, as rows have shown.
    """

    def __init__(self, nest: ir.Nest, ranges: Mapping[object, Range]) -> None:
        self.nest, self.ranges = nest, ranges

    def check(self, number: float) -> None:
        """That numbers of 16 bits can stand beside this one."""
        if not math.isfinite(number):
            raise NotInFixedPoint(f"the number {number}", self.nest, NO_NUMBER)
        if abs(number) > 2.0**FAR:
            raise NotInFixedPoint(
                f"the number {number:g}", self.nest, "no number of 16 bits is near it"
            )

    def as_fixed(self, x: Lowered) -> Fixed:
        """A number that is known with as many binary places as 16 bits have room for."""
        if isinstance(x, Fixed):
            return x
        return self.constant(x, places_for(x, x))

    def constant(self, x: float, places: int) -> Fixed:
        self.check(x)
        q = math.floor(x * 2.0**places + 0.5)
        if abs(q) > LIMIT:
            raise NotInFixedPoint(f"the number {x} beside so much smaller ones", self.nest)
        return Fixed(Const(q), places, q, q)

    def aligned(self, x: Lowered, places: int) -> Fixed:
        """The same with so many binary places; those that go are cut off."""
        if not isinstance(x, Fixed):
            return self.constant(x, places)
        more = places - x.places
        if more == 0:
            return x
        if more > 0:
            return Fixed(_times(x.e, 1 << more), places, x.low << more, x.high << more)
        if -more > _PLACES:
            return Fixed(Const(0), places, 0, 0)
        return Fixed(call(FLOOR, x.e, Const(-more)), places, x.low >> -more, x.high >> -more)

    def room(self, terms: Sequence[tuple[Lowered, int]]) -> tuple[int, int]:
        """The binary places of a sum of so many such terms, and how large it can be."""
        fixed = [(t, n) for t, n in terms if isinstance(t, Fixed)]
        numbers = sum(abs(t) * n for t, n in terms if not isinstance(t, Fixed))
        self.check(numbers)
        places = max((t.places for t, _ in fixed), default=places_for(numbers, numbers))

        def size(places: int) -> float:
            there = sum(t.size * n * 2.0 ** (places - t.places) for t, n in fixed)
            return there + numbers * 2.0**places + sum(n for _, n in terms)

        while size(places) > LIMIT:
            places -= 1
        return places, math.ceil(size(places))

    def to_places(self, x: Lowered, places: int) -> Fixed:
        """In 16 bits with so many binary places, rounded, and the nearest where it is beyond."""
        if not isinstance(x, Fixed):
            unit = 2.0**-places
            return self.constant(min(max(x, LEAST * unit), MOST * unit), places)
        fewer = x.places - places
        if fewer > _PLACES:
            return Fixed(Const(0), places, 0, 0)
        if fewer < 0:
            if x.size << -fewer > LIMIT:
                low, high = max(x.low, LEAST), min(x.high, MOST)
                x = Fixed(call(NARROW, x.e, Const(0)), x.places, low, high)
            if x.size << -fewer > LIMIT:
                raise NotInFixedPoint("numbers of so different sizes", self.nest)
            x, fewer = self.aligned(x, places), 0
        if fewer == 0 and x.is_narrow:
            return x if is_small(x.e) else x._replace(e=call(FITS, x.e))
        half = (1 << fewer) >> 1
        low, high = (min(max((q + half) >> fewer, LEAST), MOST) for q in (x.low, x.high))
        return Fixed(call(NARROW, x.e, Const(fewer)), places, low, high)

    def narrowed(self, x: Fixed, key: object) -> Fixed:
        """In 16 bits, with as many binary places as rows have shown to be right."""
        if x.is_narrow:
            return x
        low, high = self.ranges.get(key, (0.0, 0.0))
        places = places_for(HEADROOM * low, HEADROOM * high)
        return self.to_places(x, min(places, x.places))

    def negative(self, x: Lowered) -> Lowered:
        if not isinstance(x, Fixed):
            return -x
        return Fixed(call(NEG, x.e), x.places, -x.high, -x.low)

    def total(self, terms: Sequence[Lowered]) -> Lowered:
        if not any(isinstance(t, Fixed) for t in terms):
            return sum(t for t in terms if not isinstance(t, Fixed))
        terms = [t for t in terms if t != 0.0]
        places, _ = self.room([(t, 1) for t in terms])
        made = [self.aligned(t, places) for t in terms]
        if len(made) == 1:
            return made[0]
        low, high = sum(t.low for t in made), sum(t.high for t in made)
        return Fixed(call(SUM, *(t.e for t in made)), places, low, high)

    def times(self, a: Fixed, b: Fixed) -> Fixed:
        ends = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high]
        return Fixed(call(MUL, a.e, b.e), a.places + b.places, min(ends), max(ends))

    def scaled(self, x: Fixed, number: float, key: object) -> Lowered:
        """So many times a number: a power of two only moves the point."""
        if number == 0.0:
            return 0.0
        if number < 0.0:
            made = self.scaled(x, -number, key)
            return self.negative(made)
        exponent = math.log2(number)
        if exponent < -FAR:
            return 0.0
        self.check(number)
        if exponent == int(exponent):
            return x._replace(places=x.places - int(exponent))
        places = places_for(number, number)
        q = math.floor(number * 2.0**places + 0.5)
        while q % 2 == 0 and q:
            q, places = q // 2, places - 1
        return self.times(self.narrowed(x, key), Fixed(Const(q), places, q, q))

    def pair(self, a: Lowered, b: Lowered) -> tuple[Fixed, Fixed]:
        """Two numbers with as many binary places as each other."""
        places, _ = self.room([(a, 1), (b, 1)])
        return self.aligned(a, places), self.aligned(b, places)

    def chosen(self, op: int, a: Lowered, b: Lowered) -> Lowered:
        """The larger, or the smaller one."""
        (a_low, a_high), (b_low, b_high) = ends_of(a), ends_of(b)
        first, second = (a, b) if op == LARGER else (b, a)
        if a_low >= b_high:
            return first
        if b_low >= a_high:
            return second
        u, v = self.pair(a, b)
        ends = max if op == LARGER else min
        return Fixed(call(op, u.e, v.e), u.places, ends(u.low, v.low), ends(u.high, v.high))

    def where(self, test: Lowered, a: Lowered, b: Lowered) -> Lowered:
        if not isinstance(test, Fixed):
            return a if test != 0.0 else b
        if isinstance(a, Fixed) and b == 0.0:
            u, v = a, Fixed(Const(0), a.places, 0, 0)
        elif not (isinstance(a, Fixed) or isinstance(b, Fixed)):
            places = places_for(min(a, b), max(a, b))
            u, v = self.constant(a, places), self.constant(b, places)
        else:
            u, v = self.pair(a, b)
        low, high = min(u.low, v.low), max(u.high, v.high)
        return Fixed(call(CHOOSE, test.e, u.e, v.e), u.places, low, high)

    def compared(self, op: int, a: Lowered, b: Lowered) -> Lowered:
        """Whether a is less than b, or not more, or the same; a number where that is always so."""
        (a_low, a_high), (b_low, b_high) = ends_of(a), ends_of(b)
        if op == EQUAL:
            always, never = a_low == a_high == b_low == b_high, a_high < b_low or b_high < a_low
        elif op == LESS:
            always, never = a_high < b_low, a_low >= b_high
        else:
            always, never = a_high <= b_low, a_low > b_high
        if always or never or any(x != x for x in (a_low, b_low)):  # nothing is less than nan
            return float(always)
        u, v = self.pair(a, b)
        return Fixed(call(op, u.e, v.e), 0, 0, 1)


def ends_of(x: Lowered) -> tuple[float, float]:
    """Between which numbers one is, whatever comes."""
    if not isinstance(x, Fixed):
        return x, x
    return math.ldexp(x.low, -x.places), math.ldexp(x.high, -x.places)


def call(op: int, *terms: ir.Expression) -> ir.Call:
    return ir.Call(op, terms)


def _times(e: ir.Expression, factor: int) -> ir.Expression:
    return Const(e.number * factor) if isinstance(e, Const) else call(MUL, e, Const(factor))
