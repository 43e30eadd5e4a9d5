"""The operations of the table in fixed point, from sums, products, quotients, choices and tables.

A function of one number is a table. One of two numbers is made of functions of one: what is left
of its arguments lies between ends that are known, so that no rows are needed for them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from jangrad import ops
from jangrad.compiler.exporting import Const, Operation, evaluate
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import word_of
from jangrad.export.code.activation_tables import MOST, ActivationTable, activation_table
from jangrad.export.code.fixed_numbers import (
    HEADROOM,
    NO_NUMBER,
    Fixed,
    FixedNumbers,
    Lowered,
    NotInFixedPoint,
    call,
    places_for,
)
from jangrad.export.code.integers import (
    ANGLE,
    EQUAL,
    IS_KNOWN,
    LARGER,
    LESS,
    LESS_EQUAL,
    LIMIT,
    LONGER,
    LOOK,
    QUOTIENT,
    RATIO,
    RATIO_PLACES,
    REMAINDER,
    SMALLER,
)
from jangrad.export.code.on_rows import Range


class Precision(NamedTuple):
    """One way of writing numbers as integers.

    Attributes:
        bits: of parameters that are factors.
        coarse: how many units of the last place a table of a function may be off.
        steps: the most that a table has.
    """

    bits: int
    coarse: int
    steps: int


PRECISIONS = {"int8": Precision(8, 16, 256), "q15": Precision(16, 2, 1024)}


_POWERS = "it is exp(b log(a)), and a was 0 or negative for a row"
_OF_TWO = "a function that the table does not make of others needs a table of its own for each pair"
#: Beyond this exp(-x) is less than any number of 16 bits beside x.
_FLAT = 24.0


class FixedOperations(FixedNumbers):
    """Operations of them.

    Args:
        nest, ranges: as for `FixedNumbers`.
        precision: how many bits there are.

    Attributes:
        tables: functions that were needed.
    """

    def __init__(self, nest: ir.Nest, ranges: Mapping[object, Range], precision: Precision) -> None:
        super().__init__(nest, ranges)
        self.precision = precision
        self.tables: list[ActivationTable] = []

    def operation(self, operation: Operation, e: ir.Call, terms: Sequence[Lowered]) -> Lowered:
        """An operation of the table, of numbers of which one is not known at least."""
        name = operation.name if operation.partial < 0 else str(operation)
        keys = [id(term) for term in e.terms]
        if name in _STRUCTURAL:
            return _STRUCTURAL[name](self, terms, keys, e)
        given = [(k, t) for k, t in enumerate(terms) if isinstance(t, Fixed)]
        if len(given) > 1 and name in _OF_BOTH:
            return _OF_BOTH[name](self, terms, keys)
        if len(given) > 1:
            raise NotInFixedPoint(f"`{name}` of two numbers that both change", self.nest, _OF_TWO)
        (k, x) = given[0]
        numbers = [t if not isinstance(t, Fixed) else 0.0 for t in terms]

        def function(value: float) -> float:
            return float(evaluate(e.op, [*numbers[:k], value, *numbers[k + 1 :]]))

        narrow = self.narrowed(x, keys[k])
        return self.looked_up(str(operation), function, narrow, *self.seen(keys[k]))

    def seen(self, key: object) -> Range:
        """Between which ends rows have shown an expression to be."""
        return self.ranges.get(key, (0.0, 0.0))

    def looked_up(
        self, name: str, function: Callable[[float], float], x: Fixed, low: float, high: float
    ) -> Fixed:
        """A function of one number of 16 bits, which lies between these ends as far as is known."""
        scale = 2.0**-x.places
        ends = max(low, x.low * scale), min(high, x.high * scale)
        coarse, steps = self.precision.coarse, self.precision.steps
        made = activation_table(word_of(name), function, x.places, *ends, coarse, steps)
        if made is None:
            shown = name.partition("'")[0]
            raise NotInFixedPoint(f"`{shown}` where it has no value", self.nest, NO_NUMBER)
        if made not in self.tables:
            self.tables.append(made)
        place = self.tables.index(made)
        items = made.items
        return Fixed(call(LOOK, x.e, Const(place)), made.fraction, min(items), max(items))

    def table(self, name: str, x: Fixed, low: float, high: float, **numbers: float) -> Fixed:
        """The same of an operation, whose other input is a number."""

        def function(value: float) -> float:
            given = {next(i for i in ops.OPS[name].inputs if i not in numbers): value, **numbers}
            return float(ops.evaluate(name, *(given[i] for i in ops.OPS[name].inputs)))

        return self.looked_up(name, function, x, low, high)

    def quotient(self, terms: Sequence[Lowered], keys: Sequence[int], e: ir.Call) -> Lowered:
        a, b = terms
        if not isinstance(b, Fixed):
            if b == 0.0 or not isinstance(a, Fixed):
                raise NotInFixedPoint("a quotient by 0", self.nest, NO_NUMBER)
            return self.scaled(a, 1.0 / b, keys[0])
        u, v = self.narrowed(self.as_fixed(a), keys[0]), self.narrowed(b, keys[1])
        low, high = self.seen(id(e))
        places = places_for(HEADROOM * low, HEADROOM * high)
        while (more := places + v.places - u.places) > 0 and u.size << more > LIMIT:
            places -= 1
        places += max(-more, 0)
        more = max(more, 0)
        numerator = self.aligned(u, u.places + more)
        size = min(numerator.size, MOST)
        return Fixed(call(QUOTIENT, numerator.e, v.e), places, -size, size)

    def leaky(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Lowered:
        x, slope = terms
        if isinstance(x, Fixed) and not isinstance(slope, Fixed):
            below = self.scaled(x, slope, keys[0]) if slope else 0.0
            return self.where(self.compared(LESS, 0.0, x), x, below)
        a, b = self.in_16_bits(terms, keys)
        below = self.as_fixed(self.chosen(SMALLER, a, 0.0))
        return self.total([self.chosen(LARGER, a, 0.0), self.times(below, b)])

    def gate(self, test: Lowered, value: Lowered) -> Lowered:
        return self.where(test, value, 0.0)

    def size_of(self, x: Lowered) -> Lowered:
        """Without its sign."""
        found = self.chosen(LARGER, x, self.negative(x))
        return found._replace(low=max(found.low, 0)) if isinstance(found, Fixed) else found

    def equal(self, a: Lowered, b: Lowered, e: ir.Call) -> Lowered:
        if e.terms[0] == e.terms[1]:
            x = e.terms[0]
            told = isinstance(x, ir.Load) and x.at.buffer.role == "inputs"
            return Fixed(call(IS_KNOWN, x), 0, 0, 1) if told else 1.0
        return self.compared(EQUAL, a, b)

    def rounded(self, x: Lowered) -> Lowered:
        """The largest integer that is not above it."""
        if not isinstance(x, Fixed) or x.places <= 0:
            return x
        return self.aligned(x, 0)

    # -- functions of two numbers -----------------------------------------------------------------

    def in_16_bits(self, terms: Sequence[Lowered], keys: Sequence[int]) -> list[Fixed]:
        """Each with as many binary places as rows have shown to be right."""
        pairs = zip(terms, keys, strict=True)
        return [self.narrowed(self.as_fixed(term), key) for term, key in pairs]

    def alike(self, terms: Sequence[Lowered], keys: Sequence[int]) -> tuple[Fixed, Fixed]:
        """Two numbers in 16 bits each, with as many binary places as each other."""
        a, b = self.in_16_bits(terms, keys)
        places = min(a.places, b.places)
        return self.to_places(a, places), self.to_places(b, places)

    def ratio(self, a: Fixed, b: Fixed) -> Fixed:
        """The smaller one of their sizes by the larger one, 0 for two zeros."""
        return Fixed(call(RATIO, a.e, b.e), RATIO_PLACES, 0, 1 << RATIO_PLACES)

    def hypot(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Fixed:
        a, b = self.alike(terms, keys)
        longer = Fixed(call(LONGER, a.e, b.e), a.places, 0, max(a.size, b.size))
        longer = self.to_places(longer, a.places)
        return self.times(longer, self.table("hypot", self.ratio(a, b), 0.0, 1.0, a=1.0))

    def atan2(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Fixed:
        a, b = self.alike(terms, keys)
        octant = self.table("atan", self.ratio(a, b), 0.0, 1.0)
        right = self.constant(math.pi / 2.0, octant.places)
        most = 2 * right.high
        made = call(ANGLE, octant.e, a.e, b.e, right.e)
        return Fixed(made, octant.places, -most, most)

    def logaddexp(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Lowered:
        a, b = self.alike(terms, keys)
        apart = self.size_of(self.total([a, self.negative(b)]))
        below = self.to_places(self.negative(apart), a.places - 1)
        return self.total([self.chosen(LARGER, a, b), self.table("softplus", below, -_FLAT, 0.0)])

    def power(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Fixed:
        """exp(b log(a)), as a is positive."""
        a, b = self.in_16_bits(terms, keys)
        (least, most), of_b = self.seen(keys[0]), self.seen(keys[1])
        if least <= 0.0:
            raise NotInFixedPoint("a power of a number that is not positive", self.nest, _POWERS)
        logs = math.log(least), math.log(most)
        corners = [x * y for x in logs for y in of_b]
        exponent = self.times(self.table("log", a, least, most), b)
        places = places_for(HEADROOM * min(corners), HEADROOM * max(corners))
        narrow = self.to_places(exponent, min(places, exponent.places))
        return self.table("exp", narrow, min(corners), max(corners))

    def times_log(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Fixed:
        a, b = self.in_16_bits(terms, keys)
        return self.times(a, self.table("log", b, *self.seen(keys[1])))

    def relative_entropy(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Lowered:
        a = self.narrowed(self.as_fixed(terms[0]), keys[0])
        alone = self.table("rel_entr", a, *self.seen(keys[0]), b=1.0)
        return self.total([alone, self.negative(self.times_log(terms, keys))])

    def elu(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Lowered:
        a, b = self.in_16_bits(terms, keys)
        below = self.as_fixed(self.chosen(SMALLER, a, 0.0))
        low, high = self.seen(keys[0])
        bent = self.table("expm1", below, min(low, 0.0), min(high, 0.0))
        return self.total([self.chosen(LARGER, a, 0.0), self.times(b, bent)])

    def remainder(self, terms: Sequence[Lowered], keys: Sequence[int]) -> Fixed:
        """What a division leaves, exactly, with the sign of the divisor."""
        a, b = (
            self.narrowed(t, k) if isinstance(t, Fixed) else t
            for t, k in zip(terms, keys, strict=True)
        )
        if b == 0.0:
            raise NotInFixedPoint("a remainder by 0", self.nest, NO_NUMBER)
        places = min(self.room_of(a), self.room_of(b))
        fixed = [t.places for t in (a, b) if isinstance(t, Fixed)]
        if len(fixed) == 2:
            places = min(places, max(fixed))
        u, v = self.aligned(a, places), self.aligned(b, places)
        return Fixed(call(REMAINDER, u.e, v.e), places, min(v.low, 0), max(v.high, 0))

    def room_of(self, x: Lowered) -> int:
        """The most binary places with which 32 bits hold it."""
        size = x.size * 2.0**-x.places if isinstance(x, Fixed) else abs(x)
        return places_for(size, size, LIMIT)


_Structural = Callable[[FixedOperations, Sequence[Lowered], Sequence[int], ir.Call], Lowered]
_STRUCTURAL: dict[str, _Structural] = {
    "div": lambda s, t, keys, e: s.quotient(t, keys, e),
    "minus": lambda s, t, keys, e: s.total([t[0], s.negative(t[1])]),
    "maximum": lambda s, t, keys, e: s.chosen(LARGER, *t),
    "at_least": lambda s, t, keys, e: s.chosen(LARGER, *t),
    "minimum": lambda s, t, keys, e: s.chosen(SMALLER, *t),
    "at_most": lambda s, t, keys, e: s.chosen(SMALLER, *t),
    "relu": lambda s, t, keys, e: s.chosen(LARGER, t[0], 0.0),
    "relu6": lambda s, t, keys, e: s.chosen(SMALLER, s.chosen(LARGER, t[0], 0.0), 6.0),
    "abs": lambda s, t, keys, e: s.size_of(t[0]),
    "leaky_relu": lambda s, t, keys, e: s.leaky(t, keys),
    "sign": lambda s, t, keys, e: s.total(
        [s.compared(LESS, 0.0, t[0]), s.negative(s.compared(LESS, t[0], 0.0))]
    ),
    "floor": lambda s, t, keys, e: s.rounded(t[0]),
    "ceil": lambda s, t, keys, e: s.negative(s.rounded(s.negative(t[0]))),
    "less": lambda s, t, keys, e: s.compared(LESS, *t),
    "less_equal": lambda s, t, keys, e: s.compared(LESS_EQUAL, *t),
    "equal": lambda s, t, keys, e: s.equal(t[0], t[1], e),
    "gate": lambda s, t, keys, e: s.gate(*t),
    "side": lambda s, t, keys, e: s.gate(*t),
    "stop_gradient": lambda s, t, keys, e: t[0],
    "shift": lambda s, t, keys, e: t[0],
    "mod": lambda s, t, keys, e: s.remainder(t, keys),
    "where_true": lambda s, t, keys, e: t[0],
    "where_false": lambda s, t, keys, e: t[1],
}
#: Those of two numbers that both change.
_OF_BOTH: dict[str, Callable[[FixedOperations, Sequence[Lowered], Sequence[int]], Lowered]] = {
    "hypot": FixedOperations.hypot,
    "atan2": FixedOperations.atan2,
    "logaddexp": FixedOperations.logaddexp,
    "pow": FixedOperations.power,
    "raised": FixedOperations.power,
    "xlogy": FixedOperations.times_log,
    "rel_entr": FixedOperations.relative_entropy,
    "elu": FixedOperations.elu,
}
