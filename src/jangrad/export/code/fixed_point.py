"""Loop programs in fixed point: numbers as integers of 16 bits, sums of 32, by powers of two.

What binary places a number has follows from the rows that a user gives: the largest number that a
buffer holds for any of them, and a quarter more, is to fit. Parameters that are factors have 8 bits
or 16, all others 16. No sum can overflow, whatever numbers come: where 32 bits would not hold it,
its terms lose binary places first.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    OPERATIONS,
    PARAMETERS,
    REDUCE_MAX,
    SUM,
    Buffer,
    Const,
    evaluate,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import (
    Ends,
    each_of,
    nests_of,
    stores_in,
    table_of,
)
from jangrad.export.code.activation_tables import LEAST, MOST, ActivationTable
from jangrad.export.code.fixed_numbers import (
    FAR,
    HEADROOM,
    Fixed,
    Lowered,
    places_for,
)
from jangrad.export.code.fixed_operations import FixedOperations, Precision
from jangrad.export.code.integers import (
    LARGER,
)
from jangrad.export.code.on_rows import Range
from jangrad.export.code.storage import accesses_to, every_expression, factors_alone
from jangrad.export.code.walk import Section


class InFixedPoint(NamedTuple):
    """A loop program of integers.

    Attributes:
        loops: it.
        places: how many binary places the numbers of each buffer have.
        arrays: of each section of parameters its name, how many bits and binary places they have.
        tables: functions.
    """

    loops: ir.LoopProgram
    places: dict[Buffer, int]
    arrays: dict[str, tuple[int, int]]
    tables: list[ActivationTable]


class LoweringToIntegers(FixedOperations):
    """Makes a loop program one of integers.

    Args:
        loops: it, of floats.
        ranges: of its expressions, by their `id`, as rows have shown.
        held: the same of buffers.
        sections: the arrays of parameters.
        parameters: their numbers.
        precision: how many bits there are.
    """

    def __init__(
        self,
        loops: ir.LoopProgram,
        ranges: Mapping[object, Range],
        held: Mapping[Buffer, Range],
        sections: Sequence[Section],
        parameters: Sequence[float],
        precision: Precision,
    ) -> None:
        super().__init__(next(nests_of(loops)), ranges, precision)
        self.loops, self.held = loops, held
        self.stores = Counter(b for nest in nests_of(loops) for b, _ in stores_in(nest))
        picks = {e.by.buffer for e in every_expression(loops) if isinstance(e, ir.Gather)}
        #: Of each buffer binary places, the least and the largest integer.
        self.formats: dict[Buffer, tuple[int, int, int]] = {}
        for buffer, numbers in loops.constants.items():
            if not np.isfinite(numbers).all():
                self.check(next(x for x in numbers.tolist() if not math.isfinite(x)))
            places = max(places_for(float(np.min(numbers)), float(np.max(numbers))), -FAR)
            whole = constant_integers(numbers, places)
            self.formats[buffer] = places, int(whole.min()), int(whole.max())
        for buffer in loops.sizes:
            if buffer.role == "inputs":
                low, high = held[buffer]
                places = 0 if buffer in picks else places_for(HEADROOM * low, HEADROOM * high)
                self.formats[buffer] = places, LEAST, MOST
        # A part of an array is what the array is.
        self.section = {
            key: max(
                (s for s in sections if s.start <= part.start and part.stop <= s.stop),
                key=lambda s: s.stop - s.start,
            )
            for key, part in accesses_to(loops, sections)
        }
        factors = factors_alone(loops, self.section)
        self.arrays: dict[str, tuple[int, int]] = {}
        self.largest: dict[str, int] = {}
        for section in {s.name: s for s in self.section.values()}.values():
            mine = parameters[section.start : section.stop]
            bits = precision.bits if section.name in factors else 16
            most = (1 << (bits - 1)) - 1
            places = places_for(min(mine), max(mine), most)
            self.arrays[section.name] = bits, places
            self.largest[section.name] = most

    def lowered(self) -> InFixedPoint:
        """The program in integers."""
        phases = [
            [
                _with_nests(part, [self.of_nest(nest) for nest in part.nests])
                for part in phase
                if isinstance(part, ir.Function)
            ]
            for phase in self.loops.phases
        ]
        constants = {
            b: constant_integers(x, self.formats[b][0]) for b, x in self.loops.constants.items()
        }
        once, rows, after = phases
        loops = self.loops._replace(once=[*once], rows=[*rows], after=[*after], constants=constants)
        places = {buffer: format[0] for buffer, format in self.formats.items()}
        return InFixedPoint(loops, places, self.arrays, self.tables)

    # -- statements -------------------------------------------------------------------------------

    def of_nest(self, nest: ir.Nest) -> ir.Nest:
        self.nest = nest
        return nest._replace(body=self.block(nest.body))

    def block(self, body: Sequence[ir.Statement]) -> tuple[ir.Statement, ...]:
        if isinstance(body[0], ir.Loop):
            loops = [s for s in body if isinstance(s, ir.Loop)]
            return tuple(loop._replace(body=self.block(loop.body)) for loop in loops)
        return self.tile(body)

    def tile(self, body: Sequence[ir.Statement]) -> tuple[ir.Statement, ...]:
        """As statements that store come last, the others are before them."""
        flat: list[ir.Statement | Ends] = []
        for each in body:
            flat += each.body if isinstance(each, ir.Epilogue) else [each]
        changing = {s.name for s in each_of(flat) if isinstance(s, ir.Update)}
        known: dict[str, Lowered] = {}
        begins: dict[str, ir.Set] = {}
        found: list[ir.Statement] = []
        ends: list[Ends] = []
        for s in flat:
            if isinstance(s, ir.Set) and s.name in changing:
                begins[s.name] = s
            elif isinstance(s, ir.Set):
                made = self.lower(s.value, known)
                known[s.name] = made
                if isinstance(made, Fixed):
                    known[s.name] = made._replace(e=ir.Local(s.name))
                    (ends if ends else found).append(ir.Set(s.name, made.e))
            elif isinstance(s, (ir.Loop, ir.Update)):
                names = {u.name for u in each_of([s]) if isinstance(u, ir.Update)}
                for name in sorted(names & begins.keys()):
                    ahead = self.ahead(name, flat, known)
                    found.append(self.begin(begins.pop(name), flat, ahead))
                    known[name] = ahead[name]
                found.append(self.reduction(s, known))
            elif isinstance(s, ir.Fold):
                known[s.name] = known[s.of]
                found.append(s)
            else:
                assert isinstance(s, ir.Store), "a value adds to no item"
                ends.append(self.store(s, known))
        return (*found, ir.Epilogue(tuple(ends)))

    def ahead(
        self, name: str, flat: Sequence[ir.Statement | Ends], known: Mapping[str, Lowered]
    ) -> dict[str, Lowered]:
        """Also the numbers between the terms of a sum, all of which say how large it becomes."""
        found = dict(known)
        last = max(n for n, s in enumerate(flat) if any(u.name == name for u, _ in _updates([s])))
        changing = {u.name for u, _ in _updates(flat)}
        for s in flat[:last]:
            if isinstance(s, ir.Set) and s.name not in found and s.name not in changing:
                found[s.name] = self.lower(s.value, found)
        return found

    def begin(
        self, s: ir.Set, flat: Sequence[ir.Statement | Ends], known: dict[str, Lowered]
    ) -> ir.Set:
        """The first number of a sum, with as many binary places as the whole sum has."""
        updates = [(u, turns) for u, turns in _updates(flat) if u.name == s.name]
        first = self.lower(s.value, known)
        if updates[0][0].op == REDUCE_MAX:
            each = [self.of_largest(u, known) for u, _ in updates]
            places = min(x.places for x in each)
            each = [self.aligned(x, places) for x in each]
            if first != -math.inf:
                each.append(self.aligned(first, places))
            low, high = min(x.low for x in each), max(x.high for x in each)
            known[s.name] = Fixed(ir.Local(s.name), places, low, high)
            least = Const(LEAST)  # for what is infinite in floats
            return ir.Set(s.name, least if first == -math.inf else self.aligned(first, places).e)
        counted = [(self.lower(u.value, known), turns) for u, turns in updates]
        places, size = self.room([(first, 1), *counted])
        known[s.name] = Fixed(ir.Local(s.name), places, -size, size)
        return ir.Set(s.name, self.aligned(first, places).e)

    def reduction(self, s: ir.Statement | Ends, known: dict[str, Lowered]) -> ir.Statement:
        if isinstance(s, ir.Loop):
            return s._replace(body=tuple(self.reduction(inner, known) for inner in s.body))
        assert isinstance(s, ir.Update)
        total = known[s.name]
        assert isinstance(total, Fixed)
        value = self.lower(s.value, known)
        if s.op == REDUCE_MAX:
            value = self.of_largest(s, known)
        return s._replace(value=self.aligned(value, total.places).e)

    def of_largest(self, s: ir.Update, known: Mapping[str, Lowered]) -> Fixed:
        """One of those of which the largest is wanted, which has 16 bits."""
        return self.narrowed(self.as_fixed(self.lower(s.value, known)), id(s.value))

    def store(self, s: ir.Store, known: Mapping[str, Lowered]) -> ir.Store:
        value = self.lower(s.value, known)
        buffer = s.at.buffer
        low, high = self.held[buffer]
        if buffer not in self.formats:
            places = places_for(HEADROOM * low, HEADROOM * high)
            if isinstance(value, Fixed):
                alone = value.is_narrow and self.stores[buffer] == 1
                places = value.places if alone else min(places, value.places)
            self.formats[buffer] = places, 0, 0
        places, least, most = self.formats[buffer]
        made = self.to_places(value, places)
        self.formats[buffer] = places, min(least, made.low), max(most, made.high)
        return s._replace(value=made.e)

    # -- expressions ------------------------------------------------------------------------------

    def lower(self, e: ir.Expression, known: Mapping[str, Lowered]) -> Lowered:
        if isinstance(e, Const):
            return float(e.number)
        if isinstance(e, ir.Local):
            return known[e.name]
        if isinstance(e, (ir.Load, ir.Gather)):
            return self.load(e)
        assert isinstance(e, ir.Call), "nothing else was asked for"
        terms = [self.lower(term, known) for term in e.terms]
        if not any(isinstance(term, Fixed) for term in terms):
            numbers = [term for term in terms if not isinstance(term, Fixed)]
            return float(evaluate(e.op, numbers))
        if e.op == SUM:
            return self.total(terms)
        if e.op == MUL:
            return self.product(e, terms)
        if e.op == NEG:
            return self.negative(terms[0])
        if e.op == REDUCE_MAX:
            return functools.reduce(functools.partial(self.chosen, LARGER), terms)
        return self.operation(OPERATIONS[e.op], e, terms)

    def load(self, e: ir.Load | ir.Gather) -> Lowered:
        at = e.at if isinstance(e, ir.Load) else e.array
        if at.buffer == PARAMETERS:
            name = self.section[id(e)].name
            most = self.largest[name]
            return Fixed(e, self.arrays[name][1], -most, most)
        places, low, high = self.formats[at.buffer]
        return math.ldexp(low, -places) if low == high else Fixed(e, places, low, high)

    def product(self, e: ir.Call, terms: Sequence[Lowered]) -> Lowered:
        number = math.prod(t for t in terms if not isinstance(t, Fixed))
        pairs = [(t, x) for t, x in zip(terms, e.terms, strict=True) if isinstance(t, Fixed)]
        if number == 0.0:
            return 0.0
        found, key = pairs[0][0], id(pairs[0][1])
        before: object = key
        for n, (factor, x) in enumerate(pairs[1:], 2):
            found = self.times(self.narrowed(found, before), self.narrowed(factor, id(x)))
            before = (id(e), n)
        return self.scaled(found, number, before)


def constant_integers(numbers: Any, places: int) -> Any:
    """Constants of the program; those that are far beyond 16 bits stay at their ends."""
    whole = np.floor(np.asarray(numbers) * 2.0**places + 0.5)
    return np.clip(whole, LEAST, MOST).astype(np.int64)


def _with_nests(part: ir.Function, nests: Sequence[ir.Nest]) -> ir.Function:
    return part._replace(nests=tuple(nests))


def _updates(
    body: Iterable[ir.Statement | Ends], turns: int = 1
) -> Iterator[tuple[ir.Update, int]]:
    """Each update, and the most turns that the loops around it take."""
    for s in body:
        if isinstance(s, ir.Update):
            yield s, turns
        elif isinstance(s, ir.Loop):
            stop = s.stop if isinstance(s.stop, int) else int(table_of(s.stop).max())
            yield from _updates(s.body, turns * (stop - s.start))
