"""Loop programs as LLVM's text: one function each, good as written, for no pass improves it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import product
from math import inf
from typing import Any

from jangrad.compiler.emit.addresses import Addresses, Indices, Surroundings
from jangrad.compiler.emit.instruction_selection import Symbol, choose, larger, operate
from jangrad.compiler.emit.lookups import Lookups
from jangrad.compiler.emit.outlined import Outlined
from jangrad.compiler.emit.writer import (
    Writer,
    added_to_earlier,
    spread_over,
    transposed_sum,
)
from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.buffers import ARENA, Buffer
from jangrad.compiler.program.codes import MUL, NEG, REDUCE_MAX, SUM
from jangrad.compiler.vector_functions import Lanes
from jangrad.record import Record

#: Of each local its numbers, one for each turn that is taken at once.
Locals = dict[str, list[Symbol]]


def function_text(function: ir.Function, module: Surroundings) -> tuple[str, list[Buffer]]:
    """The text of a function, and the buffers that it takes, in order.

    A group of kernels takes the arena in the place of buffers that are in it.
    """
    w, offsets = Writer(), module.offsets
    buffers: list[Buffer] = []
    for nest in function.nests:
        _Printer(Addresses(w, module, buffers)).block(nest.body, Indices(), [])
    takes, places = buffers, []
    if function.is_group:
        takes = [*(b for b in buffers if b not in offsets), ARENA]
        places = [
            f"  %{b} = getelementptr i8, ptr %arena, i64 {offsets[b]}"
            for b in buffers
            if b in offsets
        ]
    arguments = ", ".join(
        [
            *(f"ptr noalias %{b}" for b in takes),
            *["i1 %first"] * function.sums_rows,
            *(f"i64 %{field}" for field in function.fields),
        ]
    )
    head = f"define internal void @{function.name}({arguments}) #0 {{"
    return "\n".join([head, "entry:", *places, *w.lines, "  ret void", "}"]), takes


class _Turn(Record):
    """Where an expression is computed.

    Attributes:
        place: where the loops around stand.
        cache: what is in registers already, by what it is.
        known: the locals.
    """

    place: Indices
    cache: dict[Any, Any]
    known: dict[str, Symbol]


class _Printer:
    """Writes the statements of one nest."""

    def __init__(self, at: Addresses) -> None:
        self.w, self.target, self.at = at.w, at.target, at
        self.lookups = Lookups(at)
        self.single = Lanes(self.w, self.target.number, 1)
        self.wide = Lanes(self.w, self.target.number, self.target.lanes)
        self.single.needs = self.wide.needs = at.module.needs
        self.operate: Callable[[int, list[Symbol]], Symbol] = operate
        self.keeps_loads = True

    def lanes(self, place: Indices) -> Lanes:
        return self.single if place.vector is None else self.wide

    # -- loops around tiles -----------------------------------------------------------------------

    def block(self, body: Sequence[ir.Statement], place: Indices, around: list[ir.Loop]) -> None:
        """Loops around others, the innermost of which have the statements of a tile."""
        if isinstance(body[0], ir.Straight):
            self.straight(body[0], place)
            return
        if not isinstance(body[0], ir.Loop):
            self.tile(body, place, around)
            return
        for loop in body:
            assert isinstance(loop, ir.Loop)
            self.loop(loop, place, around)

    def loop(self, loop: ir.Loop, place: Indices, around: list[ir.Loop]) -> None:
        if loop.lanes > 1:
            place = place._replace(vector=loop.over)
        around = [*around, loop]
        if isinstance(loop.stop, int) and loop.stop - loop.start == loop.step:
            self.block(loop.body, place.inside(loop.over, loop.start), around)
            return
        stop = loop.stop if isinstance(loop.stop, int) else self.at.count(loop.stop, place)
        with self.w.loop(loop.start, stop, loop.step) as (i, _):
            self.block(loop.body, place.inside(loop.over, i), around)

    def straight(self, s: ir.Straight, place: Indices) -> None:
        """Each step for all rows of a vector, or for the program if that has none."""
        self.keeps_loads = False
        if place.vector is None:
            self.operate = Outlined(s, self.single).operate
        turn = _Turn(place, {}, {})
        for step in s.steps:
            if isinstance(step, ir.Nest):
                _Printer(self.at).block(step.body, Indices(), [])
            elif isinstance(step, ir.RowSums):
                self.sums(step, turn)
            else:
                self.end(step, turn)

    def sums(self, s: ir.RowSums, turn: _Turn) -> None:
        """Sums over the rows of a vector, as a vector if they are as many."""
        m = self.lanes(turn.place)
        vectors = [_vector(m, self.value(e, turn)) for e in s.values]
        vectors += [m.const(0.0)] * (m.lanes - len(vectors))
        total = transposed_sum(self.w, m, vectors)
        if len(s.values) == m.lanes:
            self.store(s.at, s.adds, m, total, turn)
            return
        for i in range(len(s.values)):
            to = ir.At(s.at.buffer, s.at.place._replace(constant=s.at.place.constant + i))
            one = self.w(f"extractelement {m.type} {total}, i32 {i}")
            self.store(to, s.adds, self.single, one, turn)

    def tile(self, body: Sequence[ir.Statement], place: Indices, around: list[ir.Loop]) -> None:
        """Statements, each for all turns that are taken at once."""
        turns = sorted((loop for loop in around if loop.unroll > 1), key=lambda loop: loop.over)
        found: Locals = {}
        places = [place._replace(offset=offset) for offset in _offsets(turns)]
        for s in body:
            if isinstance(s, ir.Fold):
                places = self.fold(s, places, found)
            elif isinstance(s, ir.Epilogue):
                self.epilogue(s, places, found)
            elif isinstance(s, ir.Loop):
                self.reduction(s, places, found)
            elif isinstance(s, (ir.Set, ir.Update)):
                cache: dict[Any, Any] = {}
                each = [_Turn(place, cache, _of_turn(found, n)) for n, place in enumerate(places)]
                found[s.name] = [self.assigned(s, turn) for turn in each]

    def assigned(self, s: ir.Set | ir.Update, turn: _Turn) -> Symbol:
        """What a local becomes."""
        if isinstance(s, ir.Set):
            return self.value(s.value, turn)
        return self.joined(s, turn, turn.known[s.name])

    # -- sums -------------------------------------------------------------------------------------

    def reduction(self, loop: ir.Loop, places: list[Indices], found: Locals) -> None:
        """Loops over terms, with as many accumulators as places and parts that are summed apart."""
        loops: list[ir.Loop] = []
        inner: ir.Statement = loop
        while isinstance(inner, ir.Loop):
            loops.append(inner)
            (inner,) = inner.body
        assert isinstance(inner, ir.Update)
        update = inner
        vector = next((each.over for each in loops if each.lanes > 1), places[0].vector)
        m = self.single if vector is None else self.wide
        parts = list(_offsets([each for each in loops if each.unroll > 1]))
        known = [_of_turn(found, n) for n in range(len(places))]

        def terms(base: dict[ir.Index, str | int], sums: list[str]) -> list[str]:
            cache: dict[Any, Any] = {}
            following: list[str] = []
            for part in parts:
                for place, mine in zip(places, known, strict=True):
                    here = Indices(vector, {**place.base, **base}, {**place.offset, **part})
                    total = Symbol(m, sums[len(following)])
                    turn = _Turn(here, cache, mine)
                    following.append(self.joined(update, turn, total).vector)
            return following

        def nest(depth: int, base: dict[ir.Index, str | int], sums: list[str]) -> list[str]:
            if depth == len(loops):
                return terms(base, sums)
            each = loops[depth]
            if isinstance(each.stop, int) and each.stop - each.start == each.step:
                return nest(depth + 1, {**base, each.over: each.start}, sums)
            stop = each.stop if isinstance(each.stop, int) else self.at.count(each.stop, places[0])
            carried = [(m.type, total) for total in sums]
            following: list[str] = []
            with self.w.loop(each.start, stop, each.step, carried, following) as (i, phis):
                following += nest(depth + 1, {**base, each.over: i}, phis)
            return following

        nothing = m.const(-inf if update.op == REDUCE_MAX else 0.0)
        first = [_vector(m, total) for total in found[update.name]]
        first += [nothing] * (len(places) * (len(parts) - 1))
        sums = [Symbol(m, name) for name in nest(0, {}, first)]
        found[update.name] = [
            reduce(partial(_join, update.op), sums[n :: len(places)]) for n in range(len(places))
        ]

    def fold(self, s: ir.Fold, places: list[Indices], found: Locals) -> list[Indices]:
        """The sum of the numbers of each vector; returns the places that have one now.

        Where the sums of neighbours are a vector, it stands for all of them.
        """
        vectors = [total.vector for total in found[s.of]]
        if s.along is None:
            join = self.one_by_one if s.in_order else self.horizontal
            found[s.name] = [Symbol(self.single, join(v, s.op)) for v in vectors]
            return places
        lanes = self.target.lanes
        groups = (vectors[i : i + lanes] for i in range(0, len(vectors), lanes))
        found[s.name] = [
            Symbol(self.wide, transposed_sum(self.w, self.wide, group)) for group in groups
        ]
        return [place._replace(vector=s.along) for place in places[::lanes]]

    def one_by_one(self, vector: str, op: int) -> str:
        kind, m = self.wide.type, self.single
        parts = (self.w(f"extractelement {kind} {vector}, i32 {k}") for k in range(self.wide.lanes))
        joined: str = reduce(partial(_join, op), (Symbol(m, part) for part in parts)).vector
        return joined

    def horizontal(self, vector: str, op: int) -> str:
        assert op == SUM, "what is largest is found in order"
        number = self.target.number
        name = f"llvm.vector.reduce.fadd.{self.wide.suffix}"
        self.wide.needs[name] = f"declare {number} @{name}({number}, {self.wide.type})"
        kind = self.wide.type
        return self.w(f"call reassoc {number} @{name}({number} -0.0, {kind} {vector})")

    # -- stores -----------------------------------------------------------------------------------

    def epilogue(self, s: ir.Epilogue, places: list[Indices], found: Locals) -> None:
        """What follows, one turn after the other."""
        cache: dict[Any, Any] = {}
        for n, place in enumerate(places):
            turn = _Turn(place, cache, _of_turn(found, n))
            for each in s.body:
                self.end(each, turn)

    def end(self, s: ir.Set | ir.Store | ir.ScatterAdd, turn: _Turn) -> None:
        m, value = self.lanes(turn.place), self.value(s.value, turn)
        if isinstance(s, ir.Set):
            turn.known[s.name] = value
        elif isinstance(s, ir.Store):
            self.store(s.at, s.adds, m, _vector(m, value), turn)
        else:
            self.lookups.add(m, s.item, turn.place, _vector(m, value), turn.cache)

    def store(self, at: ir.At, adds: bool, m: Lanes, vector: str, turn: _Turn) -> None:
        pointer, _ = self.at.pointer(at, turn.place, turn.cache)
        if adds:
            vector = added_to_earlier(self.w, m, pointer, vector)
        self.w.do(f"store {m.type} {vector}, ptr {pointer}, align {self.target.bytes_each}")

    # -- expressions ------------------------------------------------------------------------------

    def joined(self, s: ir.Update, turn: _Turn, total: Symbol) -> Symbol:
        """The total with one more number."""
        if s.op == REDUCE_MAX:
            return larger(total, self.value(s.value, turn))
        return self.plus(total, s.value, turn)

    def plus(self, total: Symbol, e: ir.Expression, turn: _Turn) -> Symbol:
        """total + e, with one rounding where e is a product."""
        if isinstance(e, ir.Call) and e.op == SUM:
            for term in e.terms:
                total = self.plus(total, term, turn)
            return total
        negated = isinstance(e, ir.Call) and e.op == NEG
        factors = e.terms[0] if isinstance(e, ir.Call) and negated else e
        if isinstance(factors, ir.Call) and factors.op == MUL:
            a, b = (self.value(factor, turn) for factor in factors.terms)
            a = -a if negated else a
            if not (a.known or b.known):
                m = self.lanes(turn.place)
                return Symbol(m, m.fma(a.vector, b.vector, total.vector))
            return total + a * b
        return total + self.value(e, turn)

    def value(self, e: ir.Expression, turn: _Turn) -> Symbol:
        m = self.lanes(turn.place)
        if isinstance(e, ir.Local):
            return turn.known[e.name]
        if isinstance(e, Const):
            return Symbol(m, None, e.number)
        if isinstance(e, ir.Load):
            return Symbol(m, self.load(e.at, turn))
        if isinstance(e, ir.Gather):
            return Symbol(m, self.lookups.read(m, e, turn.place, turn.cache))
        if isinstance(e, ir.Select):
            sides = (self.value(each, turn) for each in (e.equal, e.other))
            return choose(self.value(e.of, turn), e.number, *sides)
        if e.op == SUM and len(e.terms) > 1:  # products are added with one rounding
            total = self.value(e.terms[0], turn)
            for term in e.terms[1:]:
                total = self.plus(total, term, turn)
            return total
        return self.operate(e.op, [self.value(term, turn) for term in e.terms])

    def load(self, at: ir.At, turn: _Turn) -> str:
        place, cache, _ = turn
        m, number = self.lanes(place), self.target.number
        step = 1 if place.vector is None else self.at.step(at, place.vector)
        if step not in (0, 1):
            return self.at.gather(at, place, cache)
        pointer, key = self.at.pointer(at, place, cache)
        known = cache.get((key, step))
        if known is None:
            if step == 1:
                known = self.w(f"load {m.type}, ptr {pointer}, align {self.target.bytes_each}")
            else:
                one = self.w(f"load {number}, ptr {pointer}, align {self.target.bytes_each}")
                known = spread_over(self.w, one, m)
            if self.keeps_loads:
                cache[key, step] = known
        return str(known)


def _offsets(loops: list[ir.Loop]) -> Iterator[dict[ir.Index, int]]:
    """How far on each of the turns is that are taken at once."""
    indices = [loop.over for loop in loops]
    for at in product(*(range(0, loop.step, loop.lanes) for loop in loops)):
        yield dict(zip(indices, at, strict=True))


def _of_turn(found: Locals, n: int) -> dict[str, Symbol]:
    return {name: numbers[n] for name, numbers in found.items()}


def _vector(m: Lanes, total: Symbol) -> str:
    known: str = total.vector if total.m is m or not total.known else m.const(total.number)
    return known


def _join(op: int, total: Symbol, more: Symbol) -> Symbol:
    return larger(total, more) if op == REDUCE_MAX else total + more
