"""Straight-line code for a small program, or for its rows: every scalar in a register, no loop.

One vector of rows is computed from its inputs to its sums over the rows. What all rows share is
loaded where it is used, for registers are few and loads are cheap. A program without rows is one
row, in single numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from jangrad.compiler.emit.addresses import Addresses, Place
from jangrad.compiler.emit.lookups import Lookups
from jangrad.compiler.emit.printer import write_nest
from jangrad.compiler.emit.spell import Symbol, choose, operate
from jangrad.compiler.emit.writer import (
    Globals,
    Writer,
    added_to_earlier,
    spread_over,
    transposed_sum,
)
from jangrad.compiler.loops.loop_ir import ROW, Affine, At, Gather
from jangrad.compiler.loops.schedule import schedule_members
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.codes import (
    ACROSS,
    COLUMN,
    CONST,
    ELEMENT,
    MUL,
    PICK,
    PINNED,
    PUT,
    SCATTER,
    SCATTER_ACROSS,
    SUM,
)
from jangrad.compiler.program.ir import LEAVES, OPERATIONS, OVER_ROWS, Program, plain
from jangrad.compiler.vector_functions import LlvmLanes

#: Programs with at most so many scalars a row are straight-line code.
MOST_SCALARS = 350
#: So are programs without rows that have at most so many operations.
MOST_OPERATIONS = 250
#: Where more of these are alike, loops over them are shorter.
_MOST_ALIKE = 12
# LLVM takes more than twice as long for code that is twice as long.
_MOST_TERMS = 1500
#: An operation that occurs so often in one, and takes so many instructions, is a function.
_OFTEN, _LONG = 3, 12
#: So many terms of a sum are added one after the other at most.
_CHAIN = 3


def is_small(program: Program) -> bool:
    """Whether the rows' part of a program shall be straight-line code."""
    here = (program.lane == 1) | np.isin(program.op, OVER_ROWS)
    # Where a row has a column of its own, each item is compared with the number that picks.
    looking = np.flatnonzero(np.isin(program.op, (PICK, ELEMENT)) & here)
    of = program.child[program.ptr[looking]]
    compared = (program.ptr[of + 1] - program.ptr[of])[program.lane[of] == 1]
    few = 0 < int(here.sum() + compared.sum()) <= MOST_SCALARS
    return few and _terms(program, here) <= _MOST_TERMS


def _terms(program: Program, nodes: Any) -> int:
    """How many inputs these nodes have, each of which is a line: a sum may have any number."""
    return int(np.diff(program.ptr)[nodes].sum())


def is_tiny(program: Program, plan: Plan) -> bool:
    """Whether a program that has no rows shall be straight-line code."""
    used = ~np.isin(program.op, LEAVES)
    most = min(MOST_OPERATIONS, _MOST_ALIKE * len(plan.classes))
    alone = not plan.loose and plain()[program.op[used]].all()
    return bool(alone and 0 < used.sum() <= most) and _terms(program, used) <= _MOST_TERMS


def rows_function(
    program: Program,
    plan: Plan,
    target: Target,
    single: bool,
    tables: Globals,
    needs: dict[str, str],
    then: Sequence[Kernel] = (),
) -> tuple[str, list[Buffer]]:
    """The text of the function `rows`, and the buffers that it takes, in order.

    Args:
        program: all of it.
        plan: says where everything lives.
        target: the machine; a chunk is one vector of rows.
        single: whether there is only one chunk, so that sums over the rows are complete at once.
        tables: gets the constants.
        needs: gets the declarations of what is called.
        then: what follows from the sums number by number (`following`); it is computed with them.
    """
    rows = _Rows(program, plan, target, single, tables, needs)
    rows.then = then
    rows.write()
    arguments = ", ".join(f"ptr noalias %{name}" for name in rows.buffers)
    head = f"define internal void @rows({arguments}, i1 %first) #0 {{"
    return "\n".join([head, "entry:", *rows.w.lines, "  ret void", "}"]), rows.buffers


def following(program: Program, plan: Plan) -> list[Kernel]:
    """The kernels behind the rows that can run on some of the sums over them as on all.

    Such is the update of an optimiser: of each gradient, a parameter and its state one number each,
    which nobody else needs any more.
    """
    sums = np.flatnonzero(program.op == ACROSS)
    homes = [plan.homes[kind] for kind in plan.classes.of[sums].tolist()]
    summed: dict[Buffer | None, set[int]] = {}
    for home, place in zip(homes, plan.address[sums].tolist(), strict=True):
        summed.setdefault(home, set()).add(place)
    after = [k for k in plan.kernels if k.after]

    def fits(k: Kernel) -> bool:
        own = {out.buffer for out in k.writes}
        others = [a for o in after if o is not k for a in (*o.reads, *o.writes)]
        written = {a.buffer for o in plan.kernels if o is not k for a in o.writes}
        if k.is_reducing or k.rows > 1 or len(k.axes) != 1 or own & {a.buffer for a in others}:
            return False
        one_by_one = [a for a in (*k.reads, *k.writes) if a.buffer in own or a.buffer in summed]
        return (
            all(
                a.items is None and a.table is None and a.inner == [1] and a.line == (0, 0)
                for a in one_by_one
            )
            and all(
                a.buffer not in written or summed.get(a.buffer) == set(range(k.axes[0]))
                for a in k.reads
            )
            and any(a.buffer in summed for a in k.reads)
        )

    return [k for k in after if fits(k)]


def once_function(
    program: Program, plan: Plan, target: Target, tables: Globals, needs: dict[str, str]
) -> tuple[str, list[Buffer]]:
    """The text of the function `once` of a program without rows, and the buffers that it takes."""
    one_row = replace(program, lane=(~np.isin(program.op, LEAVES)).astype(np.int8))
    once = _Once(one_row, plan, target._replace(lanes=1), True, tables, needs)
    once.write()
    arguments = ", ".join(f"ptr noalias %{name}" for name in once.buffers)
    head = f"define internal void @once({arguments}) #0 {{"
    return "\n".join([head, "entry:", *once.w.lines, "  ret void", "}"]), once.buffers


#: A vector of rows, from the first one of a chunk on.
_ROWS = Place(ROW, {ROW: 0})


class _Rows:
    def __init__(
        self,
        program: Program,
        plan: Plan,
        target: Target,
        single: bool,
        tables: Globals,
        needs: dict[str, str],
    ) -> None:
        self.p = program
        self.plan = plan
        self.target = target
        self.single = single
        self.tables = tables
        self.w = Writer()
        self.m = LlvmLanes(self.w, target.number, target.lanes)
        self.scalar = LlvmLanes(self.w, target.number, 1)
        self.m.needs = self.scalar.needs = needs
        self.buffers: list[Buffer] = []
        at = Addresses(self.w, target, target.lanes, tables, plan.constants, self.buffers)
        self.lookups = Lookups(self.w, target, at)
        self.cache: dict[Any, Any] = {}
        self.uses = np.bincount(program.child, minlength=len(program))
        self.stored = set(program.outputs.tolist())
        self.uses[program.outputs] += 2  # however few use them
        self.known: dict[int, Symbol] = {}
        self.then: Sequence[Kernel] = ()

    def write(self) -> None:
        p = self.p
        runs = self._runs(np.flatnonzero(p.op == ACROSS).tolist())
        # What follows may write what the rows still read.
        last = {a.buffer for k in self.then for a in k.reads}
        at_the_end: list[list[int]] = []
        for n in np.flatnonzero((p.lane == 1) | np.isin(p.op, OVER_ROWS)).tolist():
            op = int(p.op[n])
            if op == ACROSS:
                if n in runs and self._home(n) in last:
                    at_the_end.append(runs[n])
                elif n in runs:
                    self._store_sums(runs[n])
            elif op == SCATTER_ACROSS:
                self._scatter(n)
            elif op in (COLUMN, PUT, SCATTER):
                continue  # those who look into them find all that is there
            elif self._melts(n):
                continue
            else:
                self.known[n] = self._compute(n)
                if n in self.stored:
                    self._store_rows(n)
        for run in at_the_end:
            self._store_sums(run)

    def _melts(self, n: int) -> bool:
        """Whether n is a product whose only user adds or multiplies it."""
        return bool(self.p.op[n] == MUL and self.uses[n] == 1)

    def _home(self, n: int) -> Buffer:
        found: Buffer | None = self.plan.homes[self.plan.classes.of[n]]
        assert found is not None
        return found

    # -- values -----------------------------------------------------------------------------------

    def _value(self, n: int) -> Symbol:
        found = self.known.get(n)
        if found is not None:
            return found
        p = self.p
        if p.op[n] in (CONST, PINNED):
            return Symbol(self.m, None, float(p.value[n]))
        if p.lane[n]:  # a product with one user
            return self._compute(n)
        one = self.w(f"load {self.target.number}, ptr {self._pointer(n)}")
        return Symbol(self.m, spread_over(self.w, one, self.m))

    def _compute(self, n: int) -> Symbol:
        p = self.p
        inputs = p.inputs_of(n)
        if not inputs:  # an input of the row
            kind = self.m.type
            pointer = self._pointer(n, self.target.lanes)
            return Symbol(
                self.m, self.w(f"load {kind}, ptr {pointer}, align {self.target.bytes_each}")
            )
        if p.op[n] == SUM:
            return self._sum(inputs)
        if p.op[n] == PICK:
            return self._picked(*inputs)
        if p.op[n] == ELEMENT:
            return self._element(inputs[0], int(p.slot[n]))
        return self._operate(int(p.op[n]), [self._value(c) for c in inputs])

    def _operate(self, op: int, terms: list[Symbol]) -> Symbol:
        return operate(op, terms)

    def _sum(self, terms: list[int]) -> Symbol:
        """In halves, so that one need not wait for the other; products with one rounding."""
        products = [c for c in terms if self._melts(c) and self.p.lane[c]]
        return self._halves([*(c for c in terms if c not in products), *products])

    def _halves(self, terms: list[int]) -> Symbol:
        if len(terms) <= _CHAIN:
            return self._chain(terms)
        half = (len(terms) + 1) // 2
        return self._halves(terms[:half]) + self._halves(terms[half:])

    def _chain(self, terms: list[int]) -> Symbol:
        """One after the other."""
        total = self._value(terms[0])
        for c in terms[1:]:
            if self._melts(c) and self.p.lane[c]:
                a, b = (self._value(i) for i in self.p.inputs_of(c))
                if not (a.known or b.known):
                    total = Symbol(self.m, self.m.fma(a.vector, b.vector, total.vector))
                    continue
            total = total + self._value(c)
        return total

    # -- columns ----------------------------------------------------------------------------------

    def _picked(self, column: int, by: int) -> Symbol:
        if not self.p.lane[column]:
            there = self._item(column, by)
            return Symbol(self.m, self.lookups.read(self.m, there, _ROWS, self.cache))
        found, *others = (self._value(c) for c in self.p.inputs_of(column))
        for place, item in enumerate(others, 1):
            found = choose(self._value(by), float(place), item, found)
        return found

    def _element(self, scatter: int, place: int) -> Symbol:
        total = Symbol(self.m, None, 0.0)
        for put in self.p.inputs_of(scatter):
            number, by = (self._value(c) for c in self.p.inputs_of(put))
            total = total + choose(by, float(place), number, Symbol(self.m, None, 0.0))
        return total

    def _scatter(self, n: int) -> None:
        for put in self.p.inputs_of(n):
            number, by = self.p.inputs_of(put)
            vector = self._value(number).vector
            self.lookups.add(self.m, self._item(n, by), _ROWS, vector, self.cache)

    def _item(self, column: int, by: int) -> Gather:
        items = self.plan.items[int(self.plan.classes.of[column])]
        return Gather(self._place(column), items, self._place(by))

    def _place(self, n: int) -> At:
        row = Affine(0, ((ROW, 1),)) if self.p.lane[n] else None
        return At(self._home(n), Affine(int(self.plan.address[n])), row)

    # -- memory -----------------------------------------------------------------------------------

    def _pointer(self, n: int, scale: int = 1) -> str:
        return self._at(self._home(n), int(self.plan.address[n]) * scale)

    def _at(self, buffer: Buffer, place: int) -> str:
        if buffer not in self.buffers:
            self.buffers.append(buffer)
        return self.w(f"getelementptr {self.target.number}, ptr %{buffer}, i64 {place}")

    def _store_rows(self, n: int) -> None:
        vector = self.known[n].vector
        self.w.do(
            f"store {self.m.type} {vector}, ptr {self._pointer(n, self.target.lanes)},"
            f" align {self.target.bytes_each}"
        )

    def _runs(self, nodes: list[int]) -> dict[int, list[int]]:
        """Sums over the rows that lie side by side, a vector's worth at most, by their last."""
        at = {(self._home(n), int(self.plan.address[n])): n for n in nodes}
        runs: list[list[int]] = []
        for (name, place), n in sorted(at.items()):
            before = at.get((name, place - 1))
            if runs and len(runs[-1]) < self.target.lanes and runs[-1][-1] == before:
                runs[-1].append(n)
            else:
                runs.append([n])
        return {max(run): run for run in runs}

    def _store_sums(self, run: list[int]) -> None:
        """The sums of neighbours, at once."""
        vectors = [self._sum(self.p.inputs_of(n)).vector for n in run]
        vectors += [self.m.const(0.0)] * (self.target.lanes - len(run))
        sums = transposed_sum(self.w, self.m, vectors)
        home, start = self._home(run[0]), int(self.plan.address[run[0]])
        self._add_to(home, start, sums, len(run))
        for kernel in self.then:
            if home in {a.buffer for a in kernel.reads}:
                given = (self.tables, self.plan.constants, self.m.needs, self.buffers)
                for nest in schedule_members(kernel, start, len(run), self.target):
                    write_nest(nest, self.target, self.target.lanes, self.w, *given)

    def _add_to(self, buffer: Buffer, start: int, sums: str, count: int) -> None:
        m = self.m
        if count == self.target.lanes:
            self._accumulate(self._at(buffer, start), m, sums)
            return
        for i in range(count):
            one = self.w(f"extractelement {m.type} {sums}, i32 {i}")
            self._accumulate(self._at(buffer, start + i), self.scalar, one)

    def _accumulate(self, pointer: str, m: LlvmLanes, sums: str) -> None:
        if not self.single:
            sums = added_to_earlier(self.w, m, pointer, sums)
        self.w.do(f"store {m.type} {sums}, ptr {pointer}, align {self.target.bytes_each}")


class _Once(_Rows):
    """A program without rows. Its longer operations are functions, translated once each."""

    def _operate(self, op: int, terms: list[Symbol]) -> Symbol:
        often = np.count_nonzero(self.p.op == op) >= _OFTEN
        if not often or any(term.known for term in terms):
            return operate(op, terms)
        m = self.m
        name = f"{str(OPERATIONS[op]).replace(chr(39), '.slope')}.{len(terms)}.once"
        takes = [f"{m.type} %x{k}" for k in range(len(terms))]
        if name not in m.needs:
            w = Writer()
            inner = LlvmLanes(w, m.number, m.lanes)
            inner.needs = m.needs
            found = operate(op, [Symbol(inner, f"%x{k}") for k in range(len(terms))])
            if len(w.lines) < _LONG:
                return operate(op, terms)
            body = "\n".join([*w.lines, f"  ret {m.type} {found.vector}"])
            head = f"define internal {m.type} @{name}({', '.join(takes)}) noinline {{"
            m.needs[name] = f"{head}\n{body}\n}}"
        given = ", ".join(f"{m.type} {term.vector}" for term in terms)
        return Symbol(m, self.w(f"call {m.type} @{name}({given})"))
