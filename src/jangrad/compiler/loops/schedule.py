"""The loops of a kernel: along what vectors run, what is computed at once, and in which order.

The vector axis is the rows of the batch where there is one, else a member axis along which what is
written lies together, else an axis of the reduction. Around it a tile of members shares its loads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod

import numpy as np

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.loops.record_functions import functions_of_records
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.loops.tiles import Shape
from jangrad.compiler.plan.gather_program import GatherProgram
from jangrad.compiler.plan.layout import phases
from jangrad.compiler.plan.nests import (
    Access,
    Computed,
    Const,
    FusedOperation,
    Kernel,
    Plan,
    Read,
    Segment,
    Term,
)
from jangrad.compiler.program.buffers import WHOLE_INPUTS, Buffer
from jangrad.compiler.program.codes import GATHER, REDUCE_MAX, SCATTER, SUM

# A long sum has so many accumulators, which do not wait for each other.
_ACCUMULATORS = 4
# So many kernels of one scalar share a function at most, or so many others: longer functions would
# take longer to translate, and shorter ones too, for each of them takes a while.
_MOST_SINGLES, _MOST_TOGETHER = 200, 8


def schedule(kernel: Kernel, target: Target, chunks: Chunks) -> list[ir.Nest]:
    """The loops of a kernel: several nests where parts of its members are computed differently.

    Args:
        kernel: what to compute.
        target, chunks: the machine, and how rows are taken.
    """
    scheduler = _Scheduler(kernel, target, chunks)
    return [ir.Nest(_label(kernel), body) for body in scheduler.nests()]


def schedule_members(kernel: Kernel, start: int, count: int, target: Target) -> list[ir.Nest]:
    """The loops over `count` members of a kernel that has one axis: one vector, or one by one."""
    scheduler = _Scheduler(kernel, target, Chunks(target.lanes, single=True))
    member = ir.Index("member")
    if count == target.lanes:
        body = scheduler.tile(member, {ir.GROUP: 0}, [1])
        loop = ir.Loop(member, start, start + count, body, lanes=count)
        return [ir.Nest(_label(kernel), (loop,))]
    places = range(start, start + count)
    each = (scheduler.tile(None, {ir.GROUP: 0, member: i}, [1]) for i in places)
    return [ir.Nest(_label(kernel), body) for body in each]


def loop_program(
    plan: Plan,
    target: Target,
    chunks: Chunks,
    sizes: Mapping[Buffer, int],
    *,
    straight: Mapping[str, ir.Function] | None = None,
    then: Collection[Kernel] = (),
    after: Sequence[ir.Part] | None = None,
) -> ir.LoopProgram:
    """The loops of all kernels.

    Args:
        plan: the kernels.
        target, chunks: as for `schedule`.
        sizes: of each buffer outside how many places it has.
        straight: the straight-line code of phases, "once" or "rows".
        then: kernels that are computed with it, as `straight.following` says.
        after: what runs behind the rows, where that is known.
    """
    found: list[list[ir.Part]] = []
    for name, kernels in zip(("once", "rows", "after"), phases(plan), strict=True):
        mine = [k for k in kernels if not any(k is other for other in then)]
        irregular = [
            part for part in plan.irregular if name == ("rows" if part.batched else "once")
        ]
        if straight and name in straight:
            found.append([straight[name]])
        elif name == "after" and after is not None:
            found.append(list(after))
        else:
            functions = functions_of(mine, target, chunks)
            found.append(_with_irregular(functions, irregular, target, chunks.rows))
    places = {**sizes, **plan.sizes}
    places |= {part.scalars: part.size for part in plan.irregular}
    places |= {buffer: len(numbers) for buffer, numbers in plan.constants.items()}
    once, rows, rest = found
    how = (chunks.rows, chunks.threads)
    return ir.LoopProgram(once, rows, rest, places, plan.constants, *how)


def _with_irregular(
    functions: Sequence[ir.Function], irregular: Sequence[GatherProgram], target: Target, chunk: int
) -> list[ir.Part]:
    """In turns the loops of a wavefront, then its irregular nodes."""
    waiting = []
    for part in irregular:
        of_records = functions_of_records(part, target, chunk)
        waiting += [ir.Irregular(part, of_records, k) for k in range(len(part.wavefronts))]
    found: list[ir.Part] = []
    for function in functions:
        while waiting and waiting[0].wavefront < function.wavefront:
            found.append(waiting.pop(0))
        found.append(function)
    return found + waiting


def functions_of(
    kernels: Sequence[Kernel], target: Target, chunks: Chunks, most: int = _MOST_TOGETHER
) -> list[ir.Function]:
    """The functions of some kernels, in order.

    LLVM takes a while for each function, whatever is in it, so several kernels share one.

    Args:
        kernels: what to compute.
        target, chunks: as for `schedule`.
        most: how many kernels a function has at most, if they are more than one scalar each.
    """
    found = []
    for group in _grouped(kernels, most):
        first, *others = group
        taken = chunks._replace(single=chunks.single and not first.after)
        each = (schedule(k, target, taken) for k in group)
        nests = tuple(nest for nests in each for nest in nests)
        name = f"group.{first.name}" if others else first.name
        found.append(ir.Function(name, nests, first.over_rows, bool(others), first.wavefront))
    return found


def _grouped(kernels: Sequence[Kernel], most: int) -> Iterator[list[Kernel]]:
    """The kernels that share a function: so many at most, or many more of one scalar each.

    Those that run over rows have a function each, in which buffers of the arena are known not to
    overlap.
    """
    group: list[Kernel] = []
    room = 0
    for kernel in kernels:
        of_rows = kernel.batched or kernel.over_rows
        takes = 1 if kernel.members == 1 and not of_rows else _MOST_SINGLES // most
        if group and (takes > room or of_rows or kernel.wavefront != group[0].wavefront):
            yield group
            group = []
        if not group:
            room = 0 if of_rows else _MOST_SINGLES
        group.append(kernel)
        room -= takes
    if group:
        yield group


def _label(kernel: Kernel) -> str:
    what = [kernel.operation, *(f.operation for f in kernel.fused)]
    return f"{kernel.name}: {kernel.members} of {', then '.join(what)}"


class _Scheduler:
    def __init__(self, kernel: Kernel, target: Target, chunks: Chunks) -> None:
        self.k, self.lanes, self.chunk = kernel, target.lanes, chunks.rows
        self.adds = kernel.over_rows and not chunks.single
        self.op = REDUCE_MAX if kernel.operation == "reduce_max" else SUM
        self.nothing = Const(-np.inf if self.op == REDUCE_MAX else 0.0)
        self.shape = Shape(kernel, target, chunks)
        self.vector: ir.Index | None = None  # of the tile that is being made
        self.fixed: dict[ir.Index, int] = {}  # what loops that turn once would count
        self.alone = True  # whether the tile is a single member

    # -- the loops over members -------------------------------------------------------------------

    def nests(self) -> list[tuple[ir.Statement, ...]]:
        """All loops, a part of the members after the other."""
        k, lanes = self.k, self.lanes
        if k.batched or (k.over_rows and k.out.items is not None):
            return self.members(ir.ROW)
        if k.over_rows:
            axis = self.shape.transposed_axis()
            main = k.axes[axis] // lanes * lanes if axis >= 0 else 0
            found = self.members(ir.Index("member", axis), stops={axis: main}) if main else []
            if axis < 0 or main < k.axes[axis]:
                found += self.members(None, starts={axis: main} if main else {})
            return found
        axis = self.shape.member_axis()
        if axis < 0:
            whole = k.rows // lanes * lanes if self.shape.rows_lie_together() else 0
            found = self.members(ir.GROUP, groups=(0, whole)) if whole else []
            return found + (self.members(None, groups=(whole, k.rows)) if whole < k.rows else [])
        main = k.axes[axis] // lanes * lanes
        found = self.members(ir.Index("member", axis), stops={axis: main})
        if main == k.axes[axis]:
            return found
        if self.shape.may_compute_twice():  # the last vector overlaps the one before
            last = {axis: k.axes[axis] - lanes}
            return found + self.members(ir.Index("member", axis), starts=last)
        return found + self.members(None, starts={axis: main})

    def members(
        self,
        vector: ir.Index | None,
        *,
        starts: dict[int, int] | None = None,
        stops: dict[int, int] | None = None,
        groups: tuple[int, int] | None = None,
    ) -> list[tuple[ir.Statement, ...]]:
        """The loops over members, of which axes may be cut, with vectors along an index."""
        k, starts, stops = self.k, starts or {}, stops or {}
        begins = [starts.get(i, 0) for i in range(len(k.axes))]
        ends = [stops.get(i, size) for i, size in enumerate(k.axes)]
        spans = [e - b for b, e in zip(begins, ends, strict=True)]
        at, main = self.shape.cut(vector, spans)
        if main:  # whole tiles, then the rest
            border = begins[at] + main
            first = self.members(vector, starts=starts, stops={**stops, at: border}, groups=groups)
            rest = self.members(vector, starts={**starts, at: border}, stops=stops, groups=groups)
            return first + rest
        tiles = self.shape.tiles(vector, spans)
        around = [(ir.GROUP, *(groups or (0, k.rows)), 1)]
        around += [
            (ir.Index("member", i), begins[i], ends[i], tiles[i]) for i in self.shape.loop_order()
        ]
        wide = {vector: self.lanes}
        loops = [ir.Loop(i, a, b, (), tile, wide.get(i, 1)) for i, a, b, tile in around]
        fixed = {loop.over: loop.start for loop in loops if _is_once(loop)}
        body = self.tile(vector, fixed, tiles)
        if vector == ir.ROW:
            body = self._over_rows(prod(tiles), body)
        return [_around([loop for loop in loops if not _is_once(loop)], body)]

    def _over_rows(self, members: int, body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
        """The loops over the rows of a chunk, around the members of a tile."""
        found, done = [], 0
        for vectors, turns in self.shape.lane_tiles(members):
            stop = done + turns * vectors * self.lanes
            found.append(ir.Loop(ir.ROW, done, stop, body, vectors, self.lanes))
            done = stop
        return tuple(found)

    # -- what is done for a tile ------------------------------------------------------------------

    def tile(
        self, vector: ir.Index | None, fixed: dict[ir.Index, int], tiles: list[int]
    ) -> tuple[ir.Statement, ...]:
        """The sums of the members of a tile, what follows from them, and where it is stored."""
        self.vector, self.fixed, self.alone = vector, fixed, prod(tiles) == 1
        body: list[ir.Statement] = []
        segments = self.k.segments
        # Reductions that end in vectors to be summed come first, so that all are summed at once.
        of_vectors = [s for s in segments if self.shape.sums_vectors(s, vector)]
        rests: list[ir.Update] = []
        for n, segment in enumerate(of_vectors):
            rest = self._sum_of_vectors(segment, f"v{n}", f"s{n}", body)
            if rest:
                rests.append(ir.Update("t", ir.Local(f"s{n}"), self.op))
            if n:
                body.append(ir.Update("v0", ir.Local(f"v{n}"), self.op))
        if of_vectors:
            last = ir.Index("member", len(tiles) - 1) if self.shape.groups(tiles) else None
            body += [ir.Fold("t", "v0", last), *rests]
        # Then single terms, from which the others' sums start.
        others = [s for s in segments if not any(s is other for other in of_vectors)]
        for n, segment in enumerate(sorted(others, key=lambda s: bool(s.axes))):
            self._join(segment, f"u{n}", body, begun=bool(of_vectors) or n > 0)
        return (*body, ir.Epilogue(tuple(self._stores())))

    def _sum_of_vectors(
        self, segment: Segment, name: str, rest: str, body: list[ir.Statement]
    ) -> bool:
        """Sum terms as vectors; whether some are left over, and summed as `rest`."""
        body.append(ir.Set(name, self.nothing))
        if segment.over_rows:
            body += self._reduction(segment, name, ir.ROW)
            return False
        axis = self.shape.reduce_axis(segment)
        size, lanes, term = segment.axes[axis], self.lanes, ir.Index("term", axis)
        main = size // lanes * lanes
        apart = self._apart(segment, main)
        if apart:
            body += self._reduction(segment, name, term, (0, apart), _ACCUMULATORS)
        if apart < main:
            body += self._reduction(segment, name, term, (apart, main))
        if main == size:
            return False
        body.append(ir.Set(rest, self.nothing))
        body += self._reduction(segment, rest, None, (main, size), axis=axis)
        return True

    def _join(self, segment: Segment, name: str, body: list[ir.Statement], *, begun: bool) -> None:
        """Add a segment to the sum `t`, or begin it."""
        loops = bool(segment.axes) or segment.over_rows
        if begun and (segment.axes or (self.op == SUM and not segment.over_rows)):
            if loops:
                body += self._reduction(segment, "t", None)
            else:
                body.append(ir.Update("t", self._expression(segment.term, segment), self.op))
            return
        name = name if begun else "t"
        if loops:
            body += [ir.Set(name, self.nothing), *self._reduction(segment, name, None)]
        else:
            body.append(ir.Set(name, self._expression(segment.term, segment)))
        if begun:
            body.append(ir.Update("t", ir.Local(name), self.op))

    def _reduction(
        self,
        segment: Segment,
        name: str,
        vector: ir.Index | None,
        span: tuple[int, int] | None = None,
        unroll: int = 1,
        axis: int = -1,
    ) -> tuple[ir.Statement, ...]:
        """The loops over the terms of a segment, which are added to a local.

        Args:
            segment: the terms.
            name: the local.
            vector: a term axis, or the rows, if vectors run along it and not along the members.
            span: from where to where a part of an axis is summed: that of `vector`, or `axis`.
            unroll: how many vectors are added up side by side.
            axis: the axis of the span where there is no vector.
        """
        order = list(range(len(segment.axes)))
        if vector is not None and vector.kind == "term":
            axis = vector.axis
            order = [i for i in order if i != axis] + [axis]
        loops = []
        for i in order:
            index = ir.Index("term", i)
            begin, end = span if span is not None and i == axis else (0, segment.axes[i])
            wide = (unroll, self.lanes) if index == vector else (1, 1)
            stop: int | ir.Lookup = end
            if segment.counts is not None:
                stop = ir.Lookup(segment.counts, self._affine([(ir.GROUP, 1)], self.fixed))
            loops.append(ir.Loop(index, begin, stop, (), *wide))
        if segment.over_rows:
            lanes = self.lanes if self.vector is None else 1
            loops.append(ir.Loop(ir.ROW, 0, self.chunk, (), lanes=lanes))
        fixed = {**self.fixed, **{loop.over: loop.start for loop in loops if _is_once(loop)}}
        term = self._expression(segment.term, segment, fixed)
        loops = [loop for loop in loops if not _is_once(loop)]
        return _around(loops, (ir.Update(name, term, self.op),))

    def _apart(self, segment: Segment, main: int) -> int:
        """How many terms of a lone sum are added up in parts, which do not wait for each other."""
        step = _ACCUMULATORS * self.lanes
        alone = self.alone and len(segment.axes) == 1
        return main // step * step if alone and main >= 2 * step else 0

    def _stores(self) -> list[ir.Set | ir.Store | ir.ScatterAdd]:
        k = self.k
        if k.out.items is not None:
            item = ir.Gather(self._at(k.out), k.out.items, self._at(k.scatter_index))
            return [ir.ScatterAdd(item, ir.Local("t"))]
        found: list[ir.Set | ir.Store | ir.ScatterAdd] = []
        if k.kept:
            found.append(ir.Store(self._at(k.out), ir.Local("t"), self.adds))
        for n, f in enumerate(k.fused, 1):
            found.append(ir.Set(f"f{n}", self._expression(f.term, f)))
            if f.kept:
                found.append(ir.Store(self._at(f.out), ir.Local(f"f{n}")))
        return found

    # -- expressions and places -------------------------------------------------------------------

    def _expression(
        self, term: Term, of: Segment | FusedOperation, fixed: dict[ir.Index, int] | None = None
    ) -> ir.Expression:
        fixed = self.fixed if fixed is None else fixed
        if isinstance(term, Const):
            return term
        if isinstance(term, Computed):
            return ir.Local(f"f{term.which}" if term.which else "t")
        if isinstance(term, Read):
            return ir.Load(self._at(of.accesses[term.access], fixed))
        if term.op == SCATTER:  # where, the store says
            return self._expression(term.terms[0], of, fixed)
        if term.op == GATHER:
            array, by = (of.accesses[t.access] for t in term.terms if isinstance(t, Read))
            assert array.items is not None
            return ir.Gather(self._at(array, fixed), array.items, self._at(by, fixed))
        return ir.Call(term.op, tuple(self._expression(t, of, fixed) for t in term.terms))

    def _at(self, access: Access, fixed: dict[ir.Index, int] | None = None) -> ir.At:
        fixed = self.fixed if fixed is None else fixed
        parts: list[tuple[ir.Coordinate, int]] = []
        start = 0
        if access.table is not None:
            width = access.table.shape[1]
            place = self._affine([(ir.GROUP, width), (ir.Index("term"), 1)], fixed)
            parts.append((ir.Lookup(access.table, place), 1))
        else:
            on_line = access.line
            if on_line is not None:
                start = on_line[0]
                parts.append((ir.GROUP, on_line[1]))
            else:
                parts.append((ir.Lookup(access.rows, self._affine([(ir.GROUP, 1)], fixed)), 1))
            parts += [(ir.Index("term", i), stride) for i, stride in enumerate(access.reduce)]
        parts += [(ir.Index("member", i), stride) for i, stride in enumerate(access.inner)]
        buffer, place = access.buffer, self._affine(parts, fixed, start)
        if not buffer.per_row:
            return ir.At(buffer, place)
        along = self.vector if self.vector is not None and self.vector.kind == "member" else None
        if along is not None and buffer.role == "inputs" and access.inner[along.axis] == 1:
            buffer = WHOLE_INPUTS  # where neighbours of a row lie side by side
        return ir.At(buffer, place, self._affine([(ir.ROW, 1)], fixed))

    def _affine(
        self,
        parts: Sequence[tuple[ir.Coordinate, int]],
        fixed: dict[ir.Index, int],
        constant: int = 0,
    ) -> ir.Affine:
        """Without strides of 0 and with the numbers of what does not move."""
        moving = []
        for symbol, stride in parts:
            if isinstance(symbol, ir.Index) and symbol in fixed:
                constant += fixed[symbol] * stride
            elif stride:
                moving.append((symbol, stride))
        return ir.Affine(constant, tuple(moving))


def _is_once(loop: ir.Loop) -> bool:
    return isinstance(loop.stop, int) and loop.step == 1 and loop.stop - loop.start == 1


def _around(loops: Sequence[ir.Loop], body: tuple[ir.Statement, ...]) -> tuple[ir.Statement, ...]:
    """The body in the loops, the first of which is the outermost."""
    for loop in reversed(loops):
        body = (ir.Loop(loop.over, loop.start, loop.stop, body, loop.unroll, loop.lanes),)
    return body
