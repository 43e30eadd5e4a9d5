"""Straight-line code for a small program, or for its rows: every scalar in a register, no loop.

One vector of rows is computed from its inputs to its sums over the rows. A program without rows is
one row, in single numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.loops.schedule import schedule_members
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.plan.nests import Const, Kernel, Plan
from jangrad.compiler.program import codes
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.ir import LEAVES, OVER_ROWS, Program, plain
from jangrad.switches import limits

#: So many terms of a sum are added one after the other at most.
_CHAIN = 3


def phase(program: Program, plan: Plan, *, mapped: bool) -> str:
    """Which phase shall be straight-line code: "rows", "once" of a program without, or none."""
    if mapped:
        return "rows" if _is_small(program) and not plan.irregular else ""
    return "once" if _is_tiny(program, plan) else ""


def code(
    program: Program, plan: Plan, target: Target, phase: str, chunks: Chunks
) -> tuple[ir.Function, list[Kernel]]:
    """The function of a phase, and the kernels behind the rows that it computes as well.

    Args:
        program, plan, target: as for `rows_function`.
        phase: which.
        chunks: how rows are taken.
    """
    if phase == "once":
        return once_function(program, plan, target), []
    then = following(program, plan) if chunks.single and chunks.threads == 1 else []
    return rows_function(program, plan, target, single=chunks.single, then=then), then


def _is_small(program: Program) -> bool:
    """Whether the rows' part of a program shall be straight-line code."""
    here = (program.batched == 1) | np.isin(program.op, OVER_ROWS)
    # Where a row has an array of its own, each item is compared with the index.
    looking = np.flatnonzero(np.isin(program.op, (codes.GATHER, codes.ELEMENT)) & here)
    of = program.child[program.ptr[looking]]
    compared = (program.ptr[of + 1] - program.ptr[of])[program.batched[of] == 1]
    few = 0 < int(here.sum() + compared.sum()) <= limits().straight_scalars
    return few and _terms(program, here) <= limits().straight_terms


def _terms(program: Program, nodes: Any) -> int:
    """How many inputs these nodes have, each of which is a line: a sum may have any number."""
    return int(np.diff(program.ptr)[nodes].sum())


def _is_tiny(program: Program, plan: Plan) -> bool:
    """Whether a program that has no rows shall be straight-line code."""
    used = ~np.isin(program.op, LEAVES)
    most = min(limits().straight_operations, limits().straight_alike * len(plan.classes))
    alone = not plan.irregular and plain()[program.op[used]].all()
    return (
        bool(alone and 0 < used.sum() <= most) and _terms(program, used) <= limits().straight_terms
    )


def following(program: Program, plan: Plan) -> list[Kernel]:
    """The kernels behind the rows that can run on some of the sums over them as on all.

    Such is the update of an optimiser: of each gradient, a parameter and its state one number each,
    which nobody else needs any more.
    """
    sums = np.flatnonzero(program.op == codes.BATCH_SUM)
    buffers = [plan.buffers[kind] for kind in plan.classes.of[sums].tolist()]
    summed: dict[Buffer | None, set[int]] = {}
    for buffer, place in zip(buffers, plan.address[sums].tolist(), strict=True):
        summed.setdefault(buffer, set()).add(place)
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


def rows_function(
    program: Program, plan: Plan, target: Target, *, single: bool, then: Sequence[Kernel] = ()
) -> ir.Function:
    """The function `rows`, for a chunk of rows that is one vector.

    Args:
        program: all of it.
        plan: says where everything lives.
        target: the machine.
        single: whether there is only one chunk, so that sums over the rows are complete at once.
        then: what follows from the sums number by number (`following`); it is computed with them.
    """
    code = _Scheduler(program, plan, target, not single, then).code()
    loop = ir.Loop(ir.ROW, 0, target.lanes, (code,), lanes=target.lanes)
    return ir.Function("rows", (ir.Nest(_label(code), (loop,)),), sums_rows=True)


def once_function(program: Program, plan: Plan, target: Target) -> ir.Function:
    """The function `once` of a program without rows."""
    one_row = program._replace(batched=(~np.isin(program.op, LEAVES)).astype(np.int8))
    code = _Scheduler(one_row, plan, target, False, ()).code()
    return ir.Function("once", (ir.Nest(_label(code), (code,)),))


def _label(code: ir.Straight) -> str:
    return f"straight-line code of {sum(isinstance(step, ir.Set) for step in code.steps)} numbers"


class _Scheduler:
    def __init__(
        self, program: Program, plan: Plan, target: Target, adds: bool, then: Sequence[Kernel]
    ) -> None:
        self.p, self.plan, self.target, self.adds, self.then = program, plan, target, adds, then
        self.uses = np.bincount(program.child, minlength=len(program))
        self.uses[program.outputs] += 2  # however few use them
        self.named: set[int] = set()
        self.steps: list[ir.Step] = []

    def code(self) -> ir.Straight:
        """All that rows have for themselves, and what is summed over them."""
        p, outputs = self.p, set(self.p.outputs.tolist())
        runs = self._runs(np.flatnonzero(p.op == codes.BATCH_SUM).tolist())
        # What follows may write what the rows still read, so it comes behind them.
        last = {a.buffer for k in self.then for a in k.reads}
        at_the_end: list[list[int]] = []
        for n in np.flatnonzero((p.batched == 1) | np.isin(p.op, OVER_ROWS)).tolist():
            op = int(p.op[n])
            if op == codes.BATCH_SUM:
                if n in runs and self._buffer(n) in last:
                    at_the_end.append(runs[n])
                elif n in runs:
                    self._store_sums(runs[n])
            elif op == codes.BATCH_SCATTER_ADD:
                self._scatter(n)
            elif op in (codes.ARRAY, codes.SCATTER, codes.SCATTER_ADD):
                continue  # those who look into them find all that is there
            elif not self._is_inlined(n):
                self.steps.append(ir.Set(_name(n), self._computed(n)))
                self.named.add(n)
                if n in outputs:
                    self.steps.append(ir.Store(self._at(n), ir.Local(_name(n))))
        for run in at_the_end[1:]:
            self._load_early(run)
        for run in at_the_end:
            self._store_sums(run)
        return ir.Straight(tuple(self.steps))

    def _is_inlined(self, n: int) -> bool:
        """Whether n is a product whose only user adds or multiplies it."""
        return bool(self.p.op[n] == codes.MUL and self.uses[n] == 1)

    def _buffer(self, n: int) -> Buffer:
        found: Buffer | None = self.plan.buffers[self.plan.classes.of[n]]
        assert found is not None
        return found

    def _at(self, n: int) -> ir.At:
        buffer = self._buffer(n)
        row = ir.Affine(0, ((ir.ROW, 1),)) if buffer.per_row else None
        return ir.At(buffer, ir.Affine(int(self.plan.address[n])), row)

    # -- expressions ------------------------------------------------------------------------------

    def _value(self, n: int) -> ir.Expression:
        if n in self.named:
            return ir.Local(_name(n))
        if self.p.op[n] in (codes.CONST, codes.STATIC):
            return Const(float(self.p.value[n]))
        if self.p.batched[n]:  # a product with one user
            return self._computed(n)
        return ir.Load(self._at(n))

    def _computed(self, n: int) -> ir.Expression:
        op, inputs = int(self.p.op[n]), self.p.inputs_of(n)
        if not inputs:  # an input of the row
            return ir.Load(self._at(n))
        if op == codes.SUM:
            return self._sum(n)
        if op == codes.GATHER:
            return self._picked(*inputs)
        if op == codes.ELEMENT:
            return self._element(inputs[0], int(self.p.slot[n]))
        return ir.Call(op, tuple(map(self._value, inputs)))

    def _sum(self, n: int) -> ir.Expression:
        """In halves, so that one need not wait for the other; products with one rounding."""
        terms = self.p.inputs_of(n)
        products = [c for c in terms if self._is_inlined(c) and self.p.batched[c]]
        return self._halves([*(c for c in terms if c not in products), *products], _name(n))

    def _halves(self, terms: list[int], name: str) -> ir.Expression:
        if len(terms) <= _CHAIN:
            return ir.Call(codes.SUM, tuple(map(self._value, terms)))
        half = (len(terms) + 1) // 2
        parts = (f"{name}a", terms[:half]), (f"{name}b", terms[half:])
        for part, some in parts:
            self.steps.append(ir.Set(part, self._halves(some, part)))
        return ir.Call(codes.SUM, tuple(ir.Local(part) for part, _ in parts))

    # -- arrays -----------------------------------------------------------------------------------

    def _picked(self, array: int, by: int) -> ir.Expression:
        if not self.p.batched[array]:
            return self._item(array, by)
        found, *others = map(self._value, self.p.inputs_of(array))
        for place, item in enumerate(others, 1):
            found = ir.Select(self._value(by), float(place), item, found)
        return found

    def _element(self, scatter: int, place: int) -> ir.Expression:
        found: list[ir.Expression] = [Const(0.0)]
        for update in self.p.inputs_of(scatter):
            number, by = map(self._value, self.p.inputs_of(update))
            found.append(ir.Select(by, float(place), number, Const(0.0)))
        return ir.Call(codes.SUM, tuple(found))

    def _scatter(self, n: int) -> None:
        for update in self.p.inputs_of(n):
            number, by = self.p.inputs_of(update)
            self.steps.append(ir.ScatterAdd(self._item(n, by), self._value(number)))

    def _item(self, array: int, by: int) -> ir.Gather:
        items = self.plan.items[int(self.plan.classes.of[array])]
        return ir.Gather(self._at(array), items, self._at(by))

    # -- sums over the rows -----------------------------------------------------------------------

    def _runs(self, nodes: list[int]) -> dict[int, list[int]]:
        """Sums over the rows that lie side by side, a vector's worth at most, by their last."""
        at = {(self._buffer(n), int(self.plan.address[n])): n for n in nodes}
        runs: list[list[int]] = []
        for (name, place), n in sorted(at.items()):
            before = at.get((name, place - 1))
            if runs and len(runs[-1]) < self.target.lanes and runs[-1][-1] == before:
                runs[-1].append(n)
            else:
                runs.append([n])
        return {max(run): run for run in runs}

    def _load_early(self, run: list[int]) -> None:
        """Load what these sums read and what follows from sums before them writes over."""
        written = {a.buffer for k in self.then for a in k.writes}
        waiting = [c for n in run for c in self.p.inputs_of(n)]
        while waiting:
            n = waiting.pop()
            if n in self.named or self.p.op[n] in (codes.CONST, codes.STATIC):
                continue
            if self.p.batched[n]:  # a product with one user
                waiting += self.p.inputs_of(n)
            elif self._buffer(n) in written:
                self.steps.append(ir.Set(_name(n), ir.Load(self._at(n))))
                self.named.add(n)

    def _store_sums(self, run: list[int]) -> None:
        """The sums of neighbours, at once, and what follows from them."""
        at = self._at(run[0])
        self.steps.append(ir.RowSums(at, tuple(map(self._sum, run)), self.adds))
        for kernel in self.then:
            if at.buffer in {a.buffer for a in kernel.reads}:
                start = at.place.constant
                self.steps += schedule_members(kernel, start, len(run), self.target)


def _name(n: int) -> str:
    return f"%{n}"
