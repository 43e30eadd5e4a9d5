"""Loop nests as LLVM's text: one function a kernel, good as written, for no pass improves it.

The vector axis is the rows of the batch where there is one, else a member axis along which what is
written lies together, else an axis of the reduction. Around it a tile of members shares its loads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from jangrad.compiler.emit.addresses import Addresses, Place
from jangrad.compiler.emit.lanes import LlvmLanes
from jangrad.compiler.emit.lookups import Lookups
from jangrad.compiler.emit.spell import Symbol, larger, operate
from jangrad.compiler.emit.tiles import Shape
from jangrad.compiler.emit.writer import (
    Globals,
    Target,
    Writer,
    added_to_earlier,
    spread_over,
    transposed_sum,
)
from jangrad.compiler.plan.buffers import ARENA, Buffer
from jangrad.compiler.plan.nests import (
    Access,
    Apply,
    Computed,
    Const,
    Follower,
    Kernel,
    Read,
    Segment,
    Term,
)
from jangrad.compiler.program.codes import MUL, NEG, PICK, PUT, SUM

# A long sum is added up in so many parts side by side.
_APART = 4


def function_of(
    kernel: Kernel,
    target: Target,
    chunk: int,
    tables: Globals,
    constants: dict[Buffer, Any],
    needs: dict[str, str],
    *,
    single: bool = False,
    turned: int = 0,
) -> tuple[str, list[Buffer]]:
    """The text of a kernel's function, and the buffers that it takes, in order.

    What it calls is added to `needs`. `single` says that there is only one chunk of rows, so that
    sums over the rows are complete at once; `turned`, unless 0, that buffer XT holds the numbers of
    buffer X row after row, so many in each.
    """
    nest = _Nest(kernel, target, chunk, tables, constants, needs)
    nest.single_chunk = single
    nest.at.turned = turned
    nest.shape.turned = turned > 0
    nest.write()
    arguments = ", ".join(f"ptr noalias %{name}" for name in nest.at.buffers)
    if kernel.over_rows:
        arguments += ", i1 %first"
    body = "\n".join(nest.w.lines)
    head = f"define internal void @{kernel.name}({arguments}) #0 {{"
    return f"{head}\nentry:\n{body}\n  ret void\n}}", nest.at.buffers


def function_of_group(
    name: str,
    kernels: Sequence[Kernel],
    target: Target,
    tables: Globals,
    constants: dict[Buffer, Any],
    needs: dict[str, str],
    offsets: dict[Buffer, int],
) -> tuple[str, list[Buffer]]:
    """The same for several kernels that do not run over rows, one after the other in one function.

    LLVM takes a while for each function, whatever is in it. This one takes the arena, in which
    `offsets` tell where buffers are.
    """
    w = Writer()
    buffers: list[Buffer] = []
    for kernel in kernels:
        nest = _Nest(kernel, target, target.lanes, tables, constants, needs, w, buffers)
        nest.write()
    takes = [*(b for b in buffers if b not in offsets), ARENA]
    places = [
        f"  %{b} = getelementptr i8, ptr %arena, i64 {offsets[b]}" for b in buffers if b in offsets
    ]
    arguments = ", ".join(f"ptr noalias %{b}" for b in takes)
    head = f"define internal void @{name}({arguments}) #0 {{"
    return "\n".join([head, "entry:", *places, *w.lines, "  ret void", "}"]), takes


def write_members(
    kernel: Kernel,
    start: int,
    count: int,
    target: Target,
    w: Writer,
    tables: Globals,
    constants: dict[Buffer, Any],
    needs: dict[str, str],
    buffers: list[Buffer],
) -> None:
    """Into a function that is being written, `count` members of a kernel that has one axis.

    They are a vector's worth, or come one by one.
    """
    nest = _Nest(kernel, target, target.lanes, tables, constants, needs, w, buffers)
    together = count == target.lanes
    kind, axis = ("member", 0) if together else ("", -1)
    for i in range(start, start + count, count if together else 1):
        nest._tile(Place(kind, axis, members=[str(i)]), [([0], 0)], [1])


class _Nest:
    def __init__(
        self,
        kernel: Kernel,
        target: Target,
        chunk: int,
        tables: Globals,
        constants: Any,
        needs: dict[str, str],
        w: Writer | None = None,
        buffers: list[Buffer] | None = None,
    ) -> None:
        self.k = kernel
        self.target = target
        self.chunk = chunk
        self.w = w or Writer()
        buffers = [] if buffers is None else buffers
        if kernel.kept and kernel.out.buffer not in buffers:
            buffers.append(kernel.out.buffer)
        self.at = Addresses(self.w, target, chunk, tables, constants, buffers)
        self.lookups = Lookups(self.w, target, chunk, self.at)
        self.single = LlvmLanes(self.w, target.number, 1)
        self.wide = LlvmLanes(self.w, target.number, target.lanes)
        self.single.needs = self.wide.needs = needs
        self.single_chunk = False
        self.largest = kernel.operation == "largest"
        self.shape = Shape(kernel, target, chunk, turned=False)
        self.computed: list[Symbol] = []  # of the place that is being stored

    def lanes(self, kind: str) -> LlvmLanes:
        return self.wide if kind else self.single

    # -- the loops over members -------------------------------------------------------------------

    def write(self) -> None:
        k, L = self.k, self.target.lanes
        if k.batched or (k.over_rows and k.out.items is not None):
            self._members("lane", -1, {}, {})
            return
        if k.over_rows:
            axis = self.shape.turned_axis()
            main = k.axes[axis] // L * L if axis >= 0 else 0
            if main:
                self._members("member", axis, {}, {axis: main})
            if axis < 0 or main < k.axes[axis]:
                self._members("", -1, {axis: main} if main else {}, {})
            return
        axis = self.shape.member_axis()
        if axis < 0:
            whole = k.rows // L * L if self.shape.rows_lie_together() else 0
            if whole:
                self._members("row", -1, {}, {}, (0, whole, L))
            if whole < k.rows:
                self._members("", -1, {}, {}, (whole, k.rows, 1))
            return
        main = k.axes[axis] // L * L
        self._members("member", axis, {axis: 0}, {axis: main})
        if main < k.axes[axis]:
            if self.shape.may_compute_twice():  # the last vector overlaps the one before
                self._members("member", axis, {axis: k.axes[axis] - L}, {})
            else:
                self._members("", -1, {axis: main}, {})

    def _members(
        self,
        kind: str,
        axis: int,
        starts: dict[int, int],
        stops: dict[int, int],
        rows: tuple[int, int, int] | None = None,
    ) -> None:
        k, L = self.k, self.target.lanes
        begins = [starts.get(i, 0) for i in range(len(k.axes))]
        ends = [stops.get(i, size) for i, size in enumerate(k.axes)]
        spans = [e - b for b, e in zip(begins, ends, strict=True)]
        at, main = self.shape.cut(kind, axis, spans)
        if main:  # whole tiles, then the rest
            border = begins[at] + main
            self._members(kind, axis, starts, {**stops, at: border}, rows)
            self._members(kind, axis, {**starts, at: border}, stops, rows)
            return
        tiles = self.shape.tiles(kind, axis, spans)
        widths = [t * (L if kind == "member" and i == axis else 1) for i, t in enumerate(tiles)]
        steps = [
            [j * (L if kind == "member" and i == axis else 1) for j in range(t)]
            for i, t in enumerate(tiles)
        ]
        members = [list(at) for at in product(*steps)]

        def inside(place: Place) -> None:
            if kind != "lane":
                self._tile(place, [(at, 0) for at in members], tiles)
                return
            done = 0
            for vectors, turns in self.shape.lane_tiles(len(members)):
                offsets = [(at, done + v * L) for at in members for v in range(vectors)]

                def lanes_body(
                    i: str, _: list[str], offsets: list[tuple[list[int], int]] = offsets
                ) -> list[str]:
                    self._tile(replace(place, lane=i), offsets, tiles)
                    return []

                if turns == 1:
                    self._tile(place, offsets, tiles)
                else:
                    self.w.loop(0, turns * vectors * L, vectors * L, [], lanes_body)
                done += turns * vectors * L

        order = self.shape.loop_order()

        def nest(depth: int, place: Place) -> None:
            if depth == len(order):
                inside(place)
                return
            at = order[depth]
            before, behind = place.members[:at], place.members[at + 1 :]
            begin, end, step = begins[at], ends[at], widths[at]
            if end - begin == step:
                index = None if begin == 0 else str(begin)
                nest(depth + 1, replace(place, members=[*before, index, *behind]))
                return

            def body(i: str, _: list[str]) -> list[str]:
                nest(depth + 1, replace(place, members=[*before, i, *behind]))
                return []

            self.w.loop(begin, end, step, [], body)

        start = Place(kind, axis, members=[None] * len(k.axes))
        first, last, step = rows or (0, k.rows, 1)
        if last - first == step:
            nest(0, replace(start, row=str(first) if first else None))
        else:

            def rows_body(i: str, _: list[str]) -> list[str]:
                nest(0, replace(start, row=i))
                return []

            self.w.loop(first, last, step, [], rows_body)

    def _tile(self, place: Place, offsets: list[tuple[list[int], int]], tiles: list[int]) -> None:
        """Compute a tile of members and store them."""
        k = self.k
        places = [replace(place, offsets=at, lane_offset=v) for at, v in offsets]
        totals: list[Symbol] | None = None
        rests = []
        # Reductions that end in vectors to be summed come first, so that all are summed at once.
        for segment in k.segments:
            if self.shape.sums_vectors(segment, place.kind):
                found, rest = self._segment(segment, places)
                totals = found if totals is None else list(map(self._join, totals, found))
                rests += [] if rest is None else [rest]
        if totals is not None:
            totals = self._summed(totals, tiles, places)
            for rest in rests:
                totals = list(map(self._join, totals, rest))
        # Then single terms, from which the others' sums start.
        for segment in sorted(k.segments, key=lambda s: bool(s.axes)):
            if self.shape.sums_vectors(segment, place.kind):
                continue
            if totals is not None and segment.axes:
                totals = self._reduce(segment, places, {}, {}, totals)
                continue
            if totals is not None and not (segment.over_rows or self.largest):
                totals = self._added(segment, places, totals)
                continue
            found, _ = self._segment(segment, places)
            totals = found if totals is None else list(map(self._join, totals, found))
        assert totals is not None
        self._store(places, totals)

    def _segment(
        self, segment: Segment, places: list[Place]
    ) -> tuple[list[Symbol], list[Symbol] | None]:
        """The sum of a segment for each place; the second part is what no vector covered."""
        if not segment.axes and not segment.over_rows:
            cache: dict[Any, Any] = {}
            return [self._value(segment.term, segment, p, cache) for p in places], None
        if not self.shape.sums_vectors(segment, places[0].kind):
            return self._reduce(segment, places, {}, {}), None
        if segment.over_rows:
            inner = [replace(p, kind="lane") for p in places]
            return self._reduce(segment, inner, {}, {}), None
        axis = self.shape.reduce_axis(segment)
        size, L = segment.axes[axis], self.target.lanes
        main = size // L * L
        inner = [replace(p, kind="reduce", axis=axis) for p in places]
        # A sum alone would wait for each of its additions: several begin side by side.
        alone = len(places) == 1 and len(segment.axes) == 1
        apart = main // (_APART * L) * (_APART * L) if alone and main >= 2 * _APART * L else 0
        sums: list[Symbol] = []
        if apart:
            parts = self._reduce(segment, inner, {axis: 0}, {axis: apart}, apart=_APART)
            sums = [reduce(self._join, parts)]
        if apart < main:
            sums = self._reduce(segment, inner, {axis: apart}, {axis: main}, sums or None)
        rest = None
        if main < size:
            rest = self._reduce(segment, places, {axis: main}, {})
        return sums, rest

    def _added(self, segment: Segment, places: list[Place], totals: list[Symbol]) -> list[Symbol]:
        """The totals with the single term of the segment."""
        cache: dict[Any, Any] = {}
        return [
            self._add_term(segment.term, segment, p, cache, total)
            for p, total in zip(places, totals, strict=True)
        ]

    def _reduce(
        self,
        segment: Segment,
        places: list[Place],
        starts: dict[int, int],
        stops: dict[int, int],
        totals: list[Symbol] | None = None,
        apart: int = 1,
    ) -> list[Symbol]:
        """Loops over the terms, with one accumulator a place, which starts from its total.

        Or with so many of a single place, which take the vectors of its terms in turns.
        """
        m = self.lanes(places[0].kind)
        kind, axis = places[0].kind, places[0].axis
        L = self.target.lanes
        order = [i for i in range(len(segment.axes)) if not (kind == "reduce" and i == axis)]
        if kind == "reduce":
            order.append(axis)
        step_of_rows = 1 if kind == "member" else L
        depths = len(order) + (1 if segment.over_rows and self.chunk > step_of_rows else 0)

        def nest(
            depth: int, terms: dict[int, str | None], lane: str | None, sums: list[str]
        ) -> list[str]:
            if depth == depths:
                cache: dict[Any, Any] = {}
                listed = [terms.get(i) for i in range(len(segment.axes))]
                found = []
                for j, (p, total) in enumerate(zip(places * apart, sums, strict=True)):
                    if j and apart > 1:
                        listed[axis] = self.w(f"add i64 {listed[axis]}, {L}")
                    at = replace(p, terms=list(listed), lane=lane if segment.over_rows else p.lane)
                    found.append(self._accumulated(segment, at, cache, Symbol(m, total)).vector)
                return found
            if depth == len(order):  # the rows of the batch
                carried = [(m.type, total) for total in sums]
                return self.w.loop(
                    0,
                    self.chunk,
                    step_of_rows,
                    carried,
                    lambda i, phis: nest(depth + 1, terms, i, phis),
                )
            which = order[depth]
            begin, end = starts.get(which, 0), stops.get(which, segment.axes[which])
            step = L * apart if kind == "reduce" and which == axis else 1
            stop: int | str = end
            if segment.counts is not None:
                stop = self.at.from_table(segment.counts, places[0].row)
            elif end - begin == step:
                index = None if begin == 0 else str(begin)
                return nest(depth + 1, {**terms, which: index}, lane, sums)
            carried = [(m.type, total) for total in sums]
            return self.w.loop(
                begin, stop, step, carried,
                lambda i, phis: nest(depth + 1, {**terms, which: i}, lane, phis),
            )  # fmt: skip

        nothing = m.const(-np.inf if self.largest else 0.0)
        first = [nothing] * len(places) * apart if totals is None else [t.vector for t in totals]
        return [Symbol(m, name) for name in nest(0, {}, None, first)]

    def _join(self, total: Symbol, more: Symbol) -> Symbol:
        return larger(total, more) if self.largest else total + more

    # -- expressions ------------------------------------------------------------------------------

    def _accumulated(
        self, segment: Segment, place: Place, cache: dict[Any, Any], total: Symbol
    ) -> Symbol:
        """The total with one more term of the segment."""
        if self.largest:
            return larger(total, self._value(segment.term, segment, place, cache))
        return self._add_term(segment.term, segment, place, cache, total)

    def _add_term(
        self,
        term: Term,
        segment: Segment | Follower,
        place: Place,
        cache: dict[Any, Any],
        total: Symbol,
    ) -> Symbol:
        """total + term, with one rounding where the term is a product."""
        m = self.lanes(place.kind)
        if isinstance(term, Apply) and term.op == SUM:
            for part in term.terms:
                total = self._add_term(part, segment, place, cache, total)
            return total
        negated = isinstance(term, Apply) and term.op == NEG
        product = term.terms[0] if isinstance(term, Apply) and negated else term
        if isinstance(product, Apply) and product.op == MUL:
            a, b = (self._value(part, segment, place, cache) for part in product.terms)
            a = -a if negated else a
            if not (a.known or b.known):
                return Symbol(m, m.fma(a.vector, b.vector, total.vector))
            return total + a * b
        return total + self._value(term, segment, place, cache)

    def _value(
        self, term: Term, segment: Segment | Follower, place: Place, cache: dict[Any, Any]
    ) -> Symbol:
        m = self.lanes(place.kind)
        if isinstance(term, Computed):
            return self.computed[term.which]
        if isinstance(term, Const):
            return Symbol(m, None, term.number)
        if isinstance(term, Read):
            return Symbol(m, self._load(segment.accesses[term.access], place, cache))
        if term.op == PICK:
            column, by = (segment.accesses[r.access] for r in term.terms if isinstance(r, Read))
            return Symbol(m, self.lookups.read(m, column, by, place, cache))
        if term.op == PUT:  # where, the store will say
            return self._value(term.terms[0], segment, place, cache)
        if term.op == SUM and len(term.terms) > 1:  # products are added with one rounding
            total = self._value(term.terms[0], segment, place, cache)
            for part in term.terms[1:]:
                total = self._add_term(part, segment, place, cache, total)
            return total
        return operate(term.op, [self._value(part, segment, place, cache) for part in term.terms])

    def _load(self, access: Access, place: Place, cache: dict[Any, Any]) -> str:
        m, number = self.lanes(place.kind), self.target.number
        if place.kind == "row":
            on_line = access.line
            if on_line is None or on_line[1] not in (0, 1):
                return self.at.gather(access, place, cache)
        together = {
            "row": (access.line or (0, 0))[1] == 1,
            "lane": access.buffer.per_row,
            "member": place.kind == "member" and access.inner[place.axis] == 1,
            "reduce": place.kind == "reduce" and access.reduce[place.axis] == 1,
        }.get(place.kind, True)
        pointer, key = self.at.pointer(access, place, cache)
        known = cache.get((key, together))
        if known is None:
            if together:
                known = self.w(f"load {m.type}, ptr {pointer}, align {self.target.bytes_each}")
            else:
                one = self.w(f"load {number}, ptr {pointer}, align {self.target.bytes_each}")
                known = spread_over(self.w, one, m)
            cache[key, together] = known
        return str(known)

    # -- sums of vectors, and stores --------------------------------------------------------------

    def _summed(self, vectors: list[Symbol], tiles: list[int], places: list[Place]) -> list[Symbol]:
        """The sum of the numbers of each vector.

        Where the last tile is as long as a vector and is written together, a group of vectors
        becomes one vector of their sums, which stands for the group.
        """
        L = self.target.lanes
        if self.shape.groups(tiles):
            return [
                Symbol(
                    self.wide,
                    transposed_sum(self.w, self.wide, [v.vector for v in vectors[i : i + L]]),
                )
                for i in range(0, len(vectors), L)
            ]
        return [Symbol(self.single, self._horizontal(v.vector)) for v in vectors]

    def _horizontal(self, vector: str) -> str:
        number = self.target.number
        name = f"llvm.vector.reduce.fadd.{self.wide.suffix}"
        self.wide.needs[name] = f"declare {number} @{name}({number}, {self.wide.type})"
        kind = self.wide.type
        return self.w(f"call reassoc {number} @{name}({number} -0.0, {kind} {vector})")

    def _store(self, places: list[Place], totals: list[Symbol]) -> None:
        grouped = len(totals) < len(places)
        step = len(places) // len(totals)
        cache: dict[Any, Any] = {}
        for place, total in zip(places[::step], totals, strict=True):
            m = self.wide if grouped or place.kind else self.single
            if self.k.out.items is not None:
                given = (self.k.out, self.k.place_of_puts, place, self._vector(m, total))
                self.lookups.add(m, *given, cache)
                continue
            self.computed = [self._stored(m, total, self.k.out, place, cache, self.k.kept)]
            for f in self.k.followers:
                number = self._value(f.term, f, place, cache)
                self.computed.append(self._stored(m, number, f.out, place, cache, f.kept))

    def _vector(self, m: LlvmLanes, total: Symbol) -> str:
        known: str = total.vector if total.m is m or not total.known else m.const(total.number)
        return known

    def _stored(
        self,
        m: LlvmLanes,
        total: Symbol,
        out: Access,
        place: Place,
        cache: dict[Any, Any],
        kept: bool,
    ) -> Symbol:
        """The number, after it was stored where it is to be kept."""
        vector = self._vector(m, total)
        if kept:
            pointer, _ = self.at.pointer(out, place, cache)
            if self.k.over_rows and not self.single_chunk:
                vector = added_to_earlier(self.w, m, pointer, vector)
            self.w.do(f"store {m.type} {vector}, ptr {pointer}, align {self.target.bytes_each}")
        return Symbol(m, vector)
