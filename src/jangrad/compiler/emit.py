"""Loop nests as LLVM's text: one function a kernel, good as written, for no pass improves it.

The vector axis is the rows of the batch where there is one, else a member axis along which what is
written lies together, else an axis of the reduction. Around it a tile of members shares its loads.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np

from jangrad.compiler.addresses import Addresses, Place
from jangrad.compiler.codes import MUL, PICK, PUT, SUM
from jangrad.compiler.lanes import LlvmLanes
from jangrad.compiler.lookups import Lookups
from jangrad.compiler.nests import Access, Expression, Follower, Kernel, Segment
from jangrad.compiler.spell import Symbol, larger, operate
from jangrad.compiler.writer import (
    Globals,
    Target,
    Writer,
    added_to_earlier,
    spread_over,
    transposed_sum,
)

_TILES = (4, 3, 5, 2, 6, 7)


def function_of(
    kernel: Kernel,
    target: Target,
    chunk: int,
    tables: Globals,
    constants: dict[str, Any],
    needs: dict[str, str],
    *,
    single: bool = False,
    turned: int = 0,
) -> tuple[str, list[str]]:
    """The text of a kernel's function, and the buffers that it takes, in order.

    What it calls is added to `needs`. `single` says that there is only one chunk of rows, so that
    sums over the rows are complete at once; `turned`, unless 0, that buffer XT holds the numbers of
    buffer X row after row, so many in each.
    """
    nest = _Nest(kernel, target, chunk, tables, constants)
    nest.single_chunk = single
    nest.at.turned = turned
    nest.single.needs = nest.wide.needs = needs
    nest.write()
    arguments = ", ".join(f"ptr noalias %{name}" for name in nest.at.buffers)
    if kernel.across:
        arguments += ", i1 %first"
    body = "\n".join(nest.w.lines)
    head = f"define internal void @{kernel.name}({arguments}) #0 {{"
    return f"{head}\nentry:\n{body}\n  ret void\n}}", nest.at.buffers


def function_of_singles(
    name: str,
    kernels: list[Kernel],
    target: Target,
    tables: Globals,
    constants: dict[str, Any],
    needs: dict[str, str],
    offsets: dict[str, int],
) -> tuple[str, list[str]]:
    """The same for kernels of one scalar each, one after the other in one function.

    A program without repetition has thousands of them, and a function each would take far longer to
    translate. It takes the arena, in which `offsets` tell where buffers are.
    """
    w = Writer()
    buffers: list[str] = []
    for kernel in kernels:
        nest = _Nest(kernel, target, target.lanes, tables, constants, w, buffers)
        nest.single.needs = nest.wide.needs = needs
        nest.write()
    takes = [*(b for b in buffers if b not in offsets), "arena"]
    places = [
        f"  %{b} = getelementptr i8, ptr %arena, i64 {offsets[b]}" for b in buffers if b in offsets
    ]
    head = f"define internal void @{name}({', '.join(f'ptr %{b}' for b in takes)}) #0 {{"
    return "\n".join([head, "entry:", *places, *w.lines, "  ret void", "}"]), takes


class _Nest:
    def __init__(
        self,
        kernel: Kernel,
        target: Target,
        chunk: int,
        tables: Globals,
        constants: Any,
        w: Writer | None = None,
        buffers: list[str] | None = None,
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
        self.single_chunk = False
        self.largest = kernel.operation == "largest"
        self.reducing = kernel.is_reducing
        self.computed: list[Symbol] = []  # of the place that is being stored

    def lanes(self, kind: str) -> LlvmLanes:
        return self.wide if kind else self.single

    # -- the loops over members -------------------------------------------------------------------

    def write(self) -> None:
        k, L = self.k, self.target.lanes
        if k.lane or (k.across and k.out.items is not None):
            self._members("lane", -1, {}, {})
            return
        if k.across:
            axis = self._turned_axis()
            main = k.axes[axis] // L * L if axis >= 0 else 0
            if main:
                self._members("member", axis, {}, {axis: main})
            if axis < 0 or main < k.axes[axis]:
                self._members("", -1, {axis: main} if main else {}, {})
            return
        axis = self._member_axis()
        if axis < 0:
            whole = k.rows // L * L if self._rows_lie_together() else 0
            if whole:
                self._members("row", -1, {}, {}, (0, whole, L))
            if whole < k.rows:
                self._members("", -1, {}, {}, (whole, k.rows, 1))
            return
        main = k.axes[axis] // L * L
        self._members("member", axis, {axis: 0}, {axis: main})
        if main < k.axes[axis]:
            if self._may_compute_twice():  # the last vector overlaps the one before
                self._members("member", axis, {axis: k.axes[axis] - L}, {})
            else:
                self._members("", -1, {axis: main}, {})

    def _turned_axis(self) -> int:
        """The axis along which a sum over rows reads neighbours in rows that lie whole."""
        k = self.k
        for axis in range(len(k.axes) - 1, -1, -1):
            if k.out.inner[axis] != 1 or not self.at.turned:
                continue
            accesses = [a for s in k.segments for a in s.accesses]
            plain = all(s.lane and not s.axes for s in k.segments)
            plain = plain and all(a.items is None for a in accesses)
            along = [a.inner[axis] for a in accesses if a.buffer == "X"]
            rest = [a.inner[axis] for a in accesses if a.buffer != "X"]
            if plain and along and set(along) == {1} and not any(rest):
                return axis
        return -1

    def _may_compute_twice(self) -> bool:
        """Whether a member may be written again: not when it is computed from its old number."""
        if self.k.out.items is not None:
            return False
        return not {a.buffer for a in self.k.writes} & {a.buffer for a in self.k.reads}

    def _rows_lie_together(self) -> bool:
        """Whether members that no axis covers can be computed as vectors, their inputs gathered."""
        on_line = self.k.out.line if self.k.out.items is None else None
        return not self.k.axes and not self.reducing and on_line is not None and on_line[1] == 1

    def _member_axis(self) -> int:
        """The axis along which vectors of members can be read and written."""
        k = self.k
        for axis in range(len(k.axes) - 1, -1, -1):
            if k.axes[axis] < self.target.lanes or k.out.inner[axis] != 1:
                continue
            strides = [a.inner[axis] for a in k.reads]
            if k.out.items is not None:  # members along a vector must not meet
                strides.append(2 * self.k.place_of_puts.inner[axis])
            if all(s in (0, 1) for s in strides):
                return axis
        return -1

    def _tiles(self, kind: str, axis: int, spans: list[int]) -> list[int]:
        """How many turns of each member axis are computed together."""
        tiles = [1] * len(spans)
        if not self.reducing:
            return tiles
        big = self.target.registers >= 32
        others = [i for i in range(len(spans)) if i != axis]
        sums_lanes = kind == "" and (self.k.across or self._reduce_axis_of_any() >= 0)
        if others:
            last = others[-1]
            L = self.target.lanes
            if sums_lanes and spans[last] % L == 0 and L <= 8:
                tiles[last] = L
            else:
                tiles[last] = _divisor(spans[last])
            if sums_lanes and len(others) > 1:
                tiles[others[-2]] = next(
                    (d for d in ((4, 2) if big else (2,)) if spans[others[-2]] % d == 0), 1
                )
        if kind == "member":
            for u in (4, 2) if big else (2,):
                if spans[axis] % (u * self.target.lanes) == 0:
                    tiles[axis] = u
                    break
        return tiles

    def _reduce_axis_of_any(self) -> int:
        return max((self._reduce_axis(s) for s in self.k.segments), default=-1)

    def _reduce_axis(self, segment: Segment) -> int:
        """The reduction axis along which vectors of terms can be read."""
        if segment.lane or segment.counts is not None or self.largest:
            return -1
        if any(a.table is not None for a in segment.accesses) or not segment.accesses:
            return -1
        for axis in range(len(segment.axes) - 1, -1, -1):
            strides = [a.reduce[axis] for a in segment.accesses]
            if segment.axes[axis] >= self.target.lanes and all(s in (0, 1) for s in strides):
                return axis
        return -1

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
        tiles = self._tiles(kind, axis, spans)
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
            for vectors, turns in self._lane_tiles(len(members)):
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

        order = self._loop_order()

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

    def _loop_order(self) -> list[int]:
        """The member axes, outermost first.

        Sums over rows read two tables of rows; the larger one moves in the outer loop, so that it
        passes the nearest cache once.
        """
        k = self.k
        order = list(range(len(k.axes)))
        if k.across:
            accesses = [a for s in k.segments for a in s.accesses]
            read = [k.axes[i] * sum(a.inner[i] != 0 for a in accesses) for i in order]
            order.sort(key=lambda i: -read[i])
        return order

    def _lane_tiles(self, members: int) -> list[tuple[int, int]]:
        """How many vectors of rows are computed together, and how often: a main part and a rest."""
        vectors = self.chunk // self.target.lanes
        most = 4
        if self.reducing:
            # Beside the sums lie a vector of rows each, and one number for all of them.
            most = max(1, (self.target.registers - 1) // (members + 1))
        together = -(-vectors // -(-vectors // most))  # tiles of one size, nearly
        tiles = [(together, vectors // together)]
        if vectors % together:
            tiles.append((vectors % together, 1))
        return tiles

    def _tile(self, place: Place, offsets: list[tuple[list[int], int]], tiles: list[int]) -> None:
        """Compute a tile of members and store them."""
        k = self.k
        places = [replace(place, offsets=at, lane_offset=v) for at, v in offsets]
        totals: list[Symbol] | None = None
        rests = []
        # Reductions that end in vectors to be summed come first, so that all are summed at once.
        for segment in k.segments:
            if self._sums_vectors(segment, place.kind):
                found, rest = self._segment(segment, places)
                totals = found if totals is None else list(map(self._join, totals, found))
                rests += [] if rest is None else [rest]
        if totals is not None:
            totals = self._summed(totals, tiles, places)
            for rest in rests:
                totals = list(map(self._join, totals, rest))
        # Then single terms, from which the others' sums start.
        for segment in sorted(k.segments, key=lambda s: bool(s.axes)):
            if self._sums_vectors(segment, place.kind):
                continue
            if totals is not None and segment.axes:
                totals = self._reduce(segment, places, {}, {}, totals)
                continue
            found, _ = self._segment(segment, places)
            totals = found if totals is None else list(map(self._join, totals, found))
        assert totals is not None
        self._store(places, totals)

    def _sums_vectors(self, segment: Segment, kind: str) -> bool:
        return not kind and (segment.lane or self._reduce_axis(segment) >= 0)

    def _segment(
        self, segment: Segment, places: list[Place]
    ) -> tuple[list[Symbol], list[Symbol] | None]:
        """The sum of a segment for each place; the second part is what no vector covered."""
        if not segment.axes and not segment.lane:
            cache: dict[Any, Any] = {}
            return [self._value(segment.term, segment, p, cache) for p in places], None
        if not self._sums_vectors(segment, places[0].kind):
            return self._reduce(segment, places, {}, {}), None
        if segment.lane:
            inner = [replace(p, kind="lane") for p in places]
            return self._reduce(segment, inner, {}, {}), None
        axis = self._reduce_axis(segment)
        size, L = segment.axes[axis], self.target.lanes
        main = size // L * L
        inner = [replace(p, kind="reduce", axis=axis) for p in places]
        sums = self._reduce(segment, inner, {axis: 0}, {axis: main})
        rest = None
        if main < size:
            rest = self._reduce(segment, places, {axis: main}, {})
        return sums, rest

    def _reduce(
        self,
        segment: Segment,
        places: list[Place],
        starts: dict[int, int],
        stops: dict[int, int],
        totals: list[Symbol] | None = None,
    ) -> list[Symbol]:
        """Loops over the terms, with one accumulator a place, which starts from its total."""
        m = self.lanes(places[0].kind)
        kind, axis = places[0].kind, places[0].axis
        L = self.target.lanes
        order = [i for i in range(len(segment.axes)) if not (kind == "reduce" and i == axis)]
        if kind == "reduce":
            order.append(axis)
        step_of_rows = 1 if kind == "member" else L
        depths = len(order) + (1 if segment.lane and self.chunk > step_of_rows else 0)

        def nest(
            depth: int, terms: dict[int, str | None], lane: str | None, sums: list[str]
        ) -> list[str]:
            if depth == depths:
                cache: dict[Any, Any] = {}
                listed = [terms.get(i) for i in range(len(segment.axes))]
                return [
                    self._accumulated(
                        segment,
                        replace(p, terms=listed, lane=lane if segment.lane else p.lane),
                        cache,
                        Symbol(m, total),
                    ).vector
                    for p, total in zip(places, sums, strict=True)
                ]
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
            step = L if kind == "reduce" and which == axis else 1
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
        first = [nothing] * len(places) if totals is None else [t.vector for t in totals]
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
        term: Expression,
        segment: Segment | Follower,
        place: Place,
        cache: dict[Any, Any],
        total: Symbol,
    ) -> Symbol:
        """total + term, with one rounding where the term is a product."""
        m = self.lanes(place.kind)
        if term[0] == MUL:
            a, b = (self._value(part, segment, place, cache) for part in term[1:])
            if not (a.known or b.known):
                return Symbol(m, m.fma(a.vector, b.vector, total.vector))
            return total + a * b
        if term[0] == SUM:
            for part in term[1:]:
                total = self._add_term(part, segment, place, cache, total)
            return total
        return total + self._value(term, segment, place, cache)

    def _value(
        self, term: Expression, segment: Segment | Follower, place: Place, cache: dict[Any, Any]
    ) -> Symbol:
        m = self.lanes(place.kind)
        if term[0] == "computed":
            return self.computed[term[1]]
        if term[0] == "const":
            return Symbol(m, None, term[1])
        if term[0] == "read":
            return Symbol(m, self._load(segment.accesses[term[1]], place, cache))
        if term[0] == PICK:
            column, by = (segment.accesses[part[1]] for part in term[1:])
            return Symbol(m, self.lookups.read(m, column, by, place, cache))
        if term[0] == PUT:  # where, the store will say
            return self._value(term[1], segment, place, cache)
        if term[0] == SUM and len(term) > 2:  # products inside are added with one rounding
            total = self._value(term[1], segment, place, cache)
            for part in term[2:]:
                total = self._add_term(part, segment, place, cache, total)
            return total
        return operate(term[0], [self._value(part, segment, place, cache) for part in term[1:]])

    def _load(self, access: Access, place: Place, cache: dict[Any, Any]) -> str:
        m, number = self.lanes(place.kind), self.target.number
        if place.kind == "row":
            on_line = access.line
            if on_line is None or on_line[1] not in (0, 1):
                return self.at.gather(access, place, cache)
        together = {
            "row": (access.line or (0, 0))[1] == 1,
            "lane": access.lane,
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
        if self._groups(tiles):
            return [
                Symbol(
                    self.wide,
                    transposed_sum(self.w, self.wide, [v.vector for v in vectors[i : i + L]]),
                )
                for i in range(0, len(vectors), L)
            ]
        return [Symbol(self.single, self._horizontal(v.vector)) for v in vectors]

    def _groups(self, tiles: list[int]) -> bool:
        k = self.k
        plain = [s for s in k.segments if not self._sums_vectors(s, "")]
        rest = any(
            s.axes[a] % self.target.lanes for s in k.segments if (a := self._reduce_axis(s)) >= 0
        )
        return (
            bool(tiles)
            and tiles[-1] == self.target.lanes
            and k.out.inner[-1] == 1
            and not plain
            and not rest
        )

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
            if self.k.across and not self.single_chunk:
                vector = added_to_earlier(self.w, m, pointer, vector)
            self.w.do(f"store {m.type} {vector}, ptr {pointer}, align {self.target.bytes_each}")
        return Symbol(m, vector)


def _divisor(size: int) -> int:
    return next((d for d in _TILES if size % d == 0), 1)
