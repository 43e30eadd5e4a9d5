"""Loop programs in fixed point: numbers as integers of 16 bits, sums of 32, by powers of two.

What binary places a number has follows from the rows that a user gives: the largest number that a
buffer holds for any of them, and a quarter more, is to fit. Parameters that are factors have 8 bits
or 16, all others 16. No sum can overflow, whatever numbers come: where 32 bits would not hold it,
its terms lose binary places first.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    OPERATIONS,
    PARAMETERS,
    REDUCE_MAX,
    SUM,
    Buffer,
    Call,
    Const,
    Epilogue,
    Expression,
    Fold,
    Function,
    Gather,
    Load,
    Local,
    Loop,
    LoopProgram,
    Nest,
    Operation,
    Set,
    Statement,
    Store,
    Update,
    evaluate,
)
from jangrad.export.code.accesses import (
    Ends,
    each_of,
    nests_of,
    stores_in,
    table_of,
    word_of,
)
from jangrad.export.code.activation_tables import LEAST, MOST, ActivationTable, activation_table
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
    EQUAL,
    IS_KNOWN,
    LARGER,
    LESS,
    LESS_EQUAL,
    LIMIT,
    LOOK,
    QUOTIENT,
    SMALLER,
)
from jangrad.export.code.on_rows import Range
from jangrad.export.code.storage import accesses_to, every_expression, factors_alone
from jangrad.export.code.walk import Section


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


class InFixedPoint(NamedTuple):
    """A loop program of integers.

    Attributes:
        loops: it.
        places: how many binary places the numbers of each buffer have.
        arrays: of each section of parameters its name, how many bits and binary places they have.
        tables: functions.
    """

    loops: LoopProgram
    places: dict[Buffer, int]
    arrays: dict[str, tuple[int, int]]
    tables: list[ActivationTable]


class LoweringToIntegers(FixedNumbers):
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
        loops: LoopProgram,
        ranges: Mapping[object, Range],
        held: Mapping[Buffer, Range],
        sections: Sequence[Section],
        parameters: Sequence[float],
        precision: Precision,
    ) -> None:
        super().__init__(next(nests_of(loops)), ranges)
        self.loops, self.held, self.precision = loops, held, precision
        self.tables: list[ActivationTable] = []
        self.stores = Counter(b for nest in nests_of(loops) for b, _ in stores_in(nest))
        picks = {e.by.buffer for e in every_expression(loops) if isinstance(e, Gather)}
        #: Of each buffer binary places, the least and the largest integer.
        self.formats: dict[Buffer, tuple[int, int, int]] = {}
        for buffer, numbers in loops.constants.items():
            for number in np.asarray(numbers).tolist():
                self.check(number)
            places = places_for(float(np.min(numbers)), float(np.max(numbers)))
            self.formats[buffer] = places, LEAST, MOST
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
                if isinstance(part, Function)
            ]
            for phase in self.loops.phases
        ]
        constants = {
            b: np.floor(np.asarray(x) * 2.0 ** self.formats[b][0] + 0.5).astype(np.int64)
            for b, x in self.loops.constants.items()
        }
        once, rows, after = phases
        loops = self.loops._replace(once=[*once], rows=[*rows], after=[*after], constants=constants)
        places = {buffer: format[0] for buffer, format in self.formats.items()}
        return InFixedPoint(loops, places, self.arrays, self.tables)

    # -- statements -------------------------------------------------------------------------------

    def of_nest(self, nest: Nest) -> Nest:
        self.nest = nest
        return nest._replace(body=self.block(nest.body))

    def block(self, body: Sequence[Statement]) -> tuple[Statement, ...]:
        if isinstance(body[0], Loop):
            loops = [s for s in body if isinstance(s, Loop)]
            return tuple(loop._replace(body=self.block(loop.body)) for loop in loops)
        return self.tile(body)

    def tile(self, body: Sequence[Statement]) -> tuple[Statement, ...]:
        """As statements that store come last, the others are before them."""
        flat: list[Statement | Ends] = []
        for each in body:
            flat += each.body if isinstance(each, Epilogue) else [each]
        changing = {s.name for s in each_of(flat) if isinstance(s, Update)}
        known: dict[str, Lowered] = {}
        begins: dict[str, Set] = {}
        found: list[Statement] = []
        ends: list[Ends] = []
        for s in flat:
            if isinstance(s, Set) and s.name in changing:
                begins[s.name] = s
            elif isinstance(s, Set):
                made = self.lower(s.value, known)
                known[s.name] = made
                if isinstance(made, Fixed):
                    known[s.name] = made._replace(e=Local(s.name))
                    (ends if ends else found).append(Set(s.name, made.e))
            elif isinstance(s, (Loop, Update)):
                names = {u.name for u in each_of([s]) if isinstance(u, Update)}
                for name in sorted(names & begins.keys()):
                    found.append(self.begin(begins.pop(name), flat, known))
                found.append(self.reduction(s, known))
            elif isinstance(s, Fold):
                known[s.name] = known[s.of]
                found.append(s)
            else:
                assert isinstance(s, Store), "a value adds to no item"
                ends.append(self.store(s, known))
        return (*found, Epilogue(tuple(ends)))

    def begin(self, s: Set, flat: Sequence[Statement | Ends], known: dict[str, Lowered]) -> Set:
        """The first number of a sum, with as many binary places as the whole sum has."""
        updates = [(u, turns) for u, turns in _updates(flat) if u.name == s.name]
        first = self.lower(s.value, known)
        if updates[0][0].op == REDUCE_MAX:
            places = min(self.of_largest(u, known).places for u, _ in updates)
            known[s.name] = Fixed(Local(s.name), places, LEAST, MOST)
            least = Const(LEAST)  # for what is infinite in floats
            return Set(s.name, least if first == -math.inf else self.aligned(first, places).e)
        counted = [(self.lower(u.value, known), turns) for u, turns in updates]
        places, size = self.room([(first, 1), *counted])
        known[s.name] = Fixed(Local(s.name), places, -size, size)
        return Set(s.name, self.aligned(first, places).e)

    def reduction(self, s: Statement | Ends, known: dict[str, Lowered]) -> Statement:
        if isinstance(s, Loop):
            return s._replace(body=tuple(self.reduction(inner, known) for inner in s.body))
        assert isinstance(s, Update)
        total = known[s.name]
        assert isinstance(total, Fixed)
        value = self.lower(s.value, known)
        if s.op == REDUCE_MAX:
            value = self.of_largest(s, known)
        return s._replace(value=self.aligned(value, total.places).e)

    def of_largest(self, s: Update, known: Mapping[str, Lowered]) -> Fixed:
        """One of those of which the largest is wanted, which has 16 bits."""
        return self.narrowed(self.as_fixed(self.lower(s.value, known)), id(s.value))

    def store(self, s: Store, known: Mapping[str, Lowered]) -> Store:
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

    def lower(self, e: Expression, known: Mapping[str, Lowered]) -> Lowered:
        if isinstance(e, Const):
            return float(e.number)
        if isinstance(e, Local):
            return known[e.name]
        if isinstance(e, (Load, Gather)):
            return self.load(e)
        assert isinstance(e, Call), "nothing else was asked for"
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
            found = terms[0]
            for term in terms[1:]:
                found = self.chosen(LARGER, found, term)
            return found
        return self.operation(OPERATIONS[e.op], e, terms)

    def load(self, e: Load | Gather) -> Fixed:
        at = e.at if isinstance(e, Load) else e.array
        if at.buffer == PARAMETERS:
            name = self.section[id(e)].name
            most = self.largest[name]
            return Fixed(e, self.arrays[name][1], -most, most)
        places, low, high = self.formats[at.buffer]
        return Fixed(e, places, low, high)

    def product(self, e: Call, terms: Sequence[Lowered]) -> Lowered:
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

    def operation(self, operation: Operation, e: Call, terms: Sequence[Lowered]) -> Lowered:
        name = operation.name if operation.partial < 0 else str(operation)
        keys = [id(term) for term in e.terms]
        if name in _STRUCTURAL:
            made = _STRUCTURAL[name](self, terms, keys, e)
            if made is not None:
                return made
        given = [(k, t) for k, t in enumerate(terms) if isinstance(t, Fixed)]
        if name == "mod" or len(given) != 1:
            many = "two numbers that both change" if len(given) > 1 else "a number"
            raise NotInFixedPoint(f"`{name}` of {many}", self.nest)
        (k, x) = given[0]
        numbers = [t if not isinstance(t, Fixed) else 0.0 for t in terms]

        def function(value: float) -> float:
            return float(evaluate(e.op, [*numbers[:k], value, *numbers[k + 1 :]]))

        return self.looked_up(operation, function, self.narrowed(x, keys[k]), keys[k])

    def looked_up(
        self, operation: Operation, function: Callable[[float], float], x: Fixed, key: int
    ) -> Fixed:
        scale = 2.0**-x.places
        low, high = self.ranges.get(key, (0.0, 0.0))
        ends = max(low, x.low * scale), min(high, x.high * scale)
        coarse, steps = self.precision.coarse, self.precision.steps
        word = word_of(str(operation))
        made = activation_table(word, function, x.places, *ends, coarse, steps)
        if made is None:
            raise NotInFixedPoint(f"`{operation.name}` where it has no value", self.nest, NO_NUMBER)
        if made not in self.tables:
            self.tables.append(made)
        place = self.tables.index(made)
        items = made.items
        return Fixed(call(LOOK, x.e, Const(place)), made.fraction, min(items), max(items))

    def quotient(self, terms: Sequence[Lowered], keys: Sequence[int], e: Call) -> Lowered:
        a, b = terms
        if not isinstance(b, Fixed):
            if b == 0.0 or not isinstance(a, Fixed):
                raise NotInFixedPoint("a quotient by 0", self.nest, NO_NUMBER)
            return self.scaled(a, 1.0 / b, keys[0])
        u, v = self.narrowed(self.as_fixed(a), keys[0]), self.narrowed(b, keys[1])
        low, high = self.ranges.get(id(e), (0.0, 0.0))
        places = places_for(HEADROOM * low, HEADROOM * high)
        while (more := places + v.places - u.places) > 0 and u.size << more > LIMIT:
            places -= 1
        places += max(-more, 0)
        more = max(more, 0)
        numerator = self.aligned(u, u.places + more)
        size = min(numerator.size, MOST)
        return Fixed(call(QUOTIENT, numerator.e, v.e), places, -size, size)

    def leaky(self, x: Lowered, slope: Lowered, key: int) -> Lowered | None:
        if not isinstance(x, Fixed) or isinstance(slope, Fixed):
            return None
        below = self.scaled(x, slope, key) if slope else 0.0
        return self.where(self.compared(LESS, 0.0, x).e, x, below)

    def gate(self, test: Lowered, value: Lowered) -> Lowered:
        if not isinstance(test, Fixed):
            return value if test != 0.0 else 0.0
        return self.where(test.e, value, 0.0)

    def equal(self, a: Lowered, b: Lowered, e: Call) -> Lowered:
        if e.terms[0] == e.terms[1]:
            x = e.terms[0]
            told = isinstance(x, Load) and x.at.buffer.role == "inputs"
            return Fixed(call(IS_KNOWN, x), 0, 0, 1) if told else 1.0
        return self.compared(EQUAL, a, b)

    def rounded(self, x: Lowered) -> Lowered:
        """The largest integer that is not above it."""
        if not isinstance(x, Fixed) or x.places <= 0:
            return x
        return self.aligned(x, 0)


_Structural = Callable[[LoweringToIntegers, Sequence[Lowered], Sequence[int], Call], Lowered | None]
_STRUCTURAL: dict[str, _Structural] = {
    "div": lambda s, t, keys, e: s.quotient(t, keys, e),
    "minus": lambda s, t, keys, e: s.total([t[0], s.negative(t[1])]),
    "maximum": lambda s, t, keys, e: s.chosen(LARGER, *t),
    "at_least": lambda s, t, keys, e: s.chosen(LARGER, *t),
    "minimum": lambda s, t, keys, e: s.chosen(SMALLER, *t),
    "at_most": lambda s, t, keys, e: s.chosen(SMALLER, *t),
    "relu": lambda s, t, keys, e: s.chosen(LARGER, t[0], 0.0),
    "relu6": lambda s, t, keys, e: s.chosen(SMALLER, s.chosen(LARGER, t[0], 0.0), 6.0),
    "abs": lambda s, t, keys, e: s.chosen(LARGER, t[0], s.negative(t[0])),
    "leaky_relu": lambda s, t, keys, e: s.leaky(t[0], t[1], keys[0]),
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
    "where_true": lambda s, t, keys, e: t[0],
    "where_false": lambda s, t, keys, e: t[1],
}


def _with_nests(part: Function, nests: Sequence[Nest]) -> Function:
    return part._replace(nests=tuple(nests))


def _updates(body: Iterable[Statement | Ends], turns: int = 1) -> Iterator[tuple[Update, int]]:
    """Each update, and the most turns that the loops around it take."""
    for s in body:
        if isinstance(s, Update):
            yield s, turns
        elif isinstance(s, Loop):
            stop = s.stop if isinstance(s.stop, int) else int(table_of(s.stop).max())
            yield from _updates(s.body, turns * (stop - s.start))
