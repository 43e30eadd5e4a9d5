"""The shape of a kernel's code: along what its vectors run, and what is computed together."""

from __future__ import annotations

from jangrad.compiler.loops.loop_ir import ROW, Index
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.plan.nests import Kernel, Segment

_TILES = (4, 3, 5, 2, 6, 7)
# So many multiplications and additions begin in a cycle, and one takes so many.
_AT_ONCE, _LATENCY = 2, 4


class Shape:
    """Chooses for a kernel.

    Args:
        kernel: whose code is written.
        target, chunks: the machine, and how rows are taken.

    An axis is -1 where there is none.
    """

    def __init__(self, kernel: Kernel, target: Target, chunks: Chunks) -> None:
        self.k, self.target, self.chunks = kernel, target, chunks

    def transposed_axis(self) -> int:
        """The axis along which a sum over rows reads neighbours in rows that lie whole."""
        k = self.k
        for axis in range(len(k.axes) - 1, -1, -1):
            if k.out.inner[axis] != 1 or not self.chunks.whole:
                continue
            accesses = [a for s in k.segments for a in s.accesses]
            plain = all(s.over_rows and not s.axes for s in k.segments)
            plain = plain and all(a.items is None for a in accesses)
            along = [a.inner[axis] for a in accesses if a.buffer.role == "inputs"]
            rest = [a.inner[axis] for a in accesses if a.buffer.role != "inputs"]
            if plain and along and set(along) == {1} and not any(rest):
                return axis
        return -1

    def may_compute_twice(self) -> bool:
        """Whether a member may be written again: not when it is computed from its old number."""
        if self.k.out.items is not None:
            return False
        return not {a.buffer for a in self.k.writes} & {a.buffer for a in self.k.reads}

    def rows_lie_together(self) -> bool:
        """Whether members that no axis covers can be computed as vectors, their inputs gathered."""
        k = self.k
        on_line = k.out.line if k.out.items is None else None
        return not k.axes and not k.is_reducing and on_line is not None and on_line[1] == 1

    def member_axis(self) -> int:
        """The axis along which vectors of members can be read and written."""
        k = self.k
        for axis in range(len(k.axes) - 1, -1, -1):
            if k.axes[axis] < self.target.lanes or k.out.inner[axis] != 1:
                continue
            strides = [a.inner[axis] for a in k.reads]
            if k.out.items is not None:  # members along a vector must not meet
                strides.append(2 * self.k.scatter_index.inner[axis])
            if all(s in (0, 1) for s in strides):
                return axis
        return -1

    def tiles(self, vector: Index | None, spans: list[int]) -> list[int]:
        """How many turns of each member axis are computed together; vectors count as one turn.

        Args:
            vector: along what vectors run, if they do.
            spans: how long each member axis is.
        """
        tiles = [1] * len(spans)
        if not self.k.is_reducing or self.target.is_plain:
            return tiles
        big = self.target.registers >= 32
        axis = _axis_of(vector)
        others = [i for i in range(len(spans)) if i != axis]
        sums_lanes = vector is None and (self.k.over_rows or self._reduce_axis_of_any() >= 0)
        L = self.target.lanes
        if axis >= 0:
            height, tiles[axis] = self._member_tile(spans[others[-1]] if others else 1, spans[axis])
            if others:
                tiles[others[-1]] = height
        elif others:
            last = others[-1]
            if sums_lanes and spans[last] % L == 0 and L <= 8:
                tiles[last] = L
                if len(others) == 1 and _cycles(2 * L) == _LATENCY and spans[last] % (2 * L) == 0:
                    tiles[last] = 2 * L
            elif vector == ROW:
                fitting = [t for t in _TILES if spans[last] % t == 0]
                tiles[last] = min(fitting, key=self._turns_of, default=1)
            else:
                tiles[last] = _divisor(spans[last])
            if sums_lanes and len(others) > 1:
                more = (4, 2) if big or tiles[last] <= 2 else (2,)
                tiles[others[-2]] = next((d for d in more if spans[others[-2]] % d == 0), 1)
                # Fewer sums than these would wait for each other.
                if tiles[others[-2]] == 1 and tiles[last] == L and spans[last] % (2 * L) == 0:
                    tiles[last] = 2 * L
        return tiles

    def cut(self, vector: Index | None, spans: list[int]) -> tuple[int, int]:
        """Where to cut a member axis in two whose length has no divisor for a tile; else (-1, 0).

        Args:
            vector: along what vectors run, if they do.
            spans: how long each member axis is.
        """
        last = max((i for i in range(len(spans)) if i != _axis_of(vector)), default=-1)
        if last < 0 or not self.k.is_reducing or _divisor(spans[last]) > 2 or self.target.is_plain:
            return -1, 0
        sums_lanes = vector is None and (self.k.over_rows or self._reduce_axis_of_any() >= 0)
        tile = self.target.lanes if sums_lanes and self.target.lanes <= 8 else _TILES[0]
        main = spans[last] // tile * tile
        return (last, main) if 0 < main < spans[last] else (-1, 0)

    def _reduce_axis_of_any(self) -> int:
        return max((self.reduce_axis(s) for s in self.k.segments), default=-1)

    def reduce_axis(self, segment: Segment) -> int:
        """The reduction axis along which vectors of terms can be read."""
        if segment.over_rows or segment.counts is not None or self.k.operation == "reduce_max":
            return -1
        if self.target.is_plain:
            return -1
        if any(a.table is not None for a in segment.accesses) or not segment.accesses:
            return -1
        for axis in range(len(segment.axes) - 1, -1, -1):
            strides = [a.reduce[axis] for a in segment.accesses]
            if segment.axes[axis] >= self.target.lanes and all(s in (0, 1) for s in strides):
                return axis
        return -1

    def loop_order(self) -> list[int]:
        """The member axes, outermost first.

        Sums over rows read two tables of rows; the larger one moves in the outer loop, so that it
        passes the L1 cache once.
        """
        k = self.k
        order = list(range(len(k.axes)))
        if k.over_rows:
            accesses = [a for s in k.segments for a in s.accesses]
            read = [k.axes[i] * sum(a.inner[i] != 0 for a in accesses) for i in order]
            order.sort(key=lambda i: -read[i])
        return order

    def lane_tiles(self, members: int) -> list[tuple[int, int]]:
        """How many vectors of rows are computed together, and how often: a main part and a rest."""
        vectors = self.chunks.rows // self.target.lanes
        most = 4
        if self.k.is_reducing:
            # Beside the sums lie a vector of rows each, and one number for all of them.
            most = max(1, (self.target.registers - 1) // (members + 1))
        together = -(-vectors // -(-vectors // most))  # tiles of one size, nearly
        tiles = [(together, vectors // together)]
        if vectors % together:
            tiles.append((vectors % together, 1))
        return tiles

    def _member_tile(self, others: int, along: int) -> tuple[int, int]:
        """How many other members, and how many vectors of members, are summed together."""
        most = (4, 2, 1) if self.target.registers >= 32 or others == 1 else (2, 1)
        vectors = [v for v in most if along % (v * self.target.lanes) == 0]
        heights = [t for t in _TILES if others % t == 0] or [1]
        # Beside the sums lie the vectors of one factor, and one number of the other for all lanes.
        room = self.target.registers - 1
        pairs = [(t, v) for t in heights for v in vectors if t * v + v <= room]
        return min(pairs, key=lambda pair: _cycles(pair[0] * pair[1]) / (pair[0] * pair[1]))

    def _turns_of(self, members: int) -> float:
        """How many cycles one term of all rows takes a member, where so many share a tile."""
        tiles = self.lane_tiles(members)
        return sum(turns * _cycles(members * vectors) for vectors, turns in tiles) / members

    def sums_vectors(self, segment: Segment, vector: Index | None) -> bool:
        """Whether the terms of a segment are summed as vectors, of which one number is made."""
        return vector is None and (segment.over_rows or self.reduce_axis(segment) >= 0)

    def groups(self, tiles: list[int]) -> bool:
        """Whether the numbers that are made of vectors are vectors again, along the last axis."""
        k = self.k
        plain = [s for s in k.segments if not self.sums_vectors(s, None)]
        rest = any(
            s.axes[a] % self.target.lanes for s in k.segments if (a := self.reduce_axis(s)) >= 0
        )
        return (
            bool(tiles)
            and tiles[-1] % self.target.lanes == 0
            and k.out.inner[-1] == 1
            and not plain
            and not rest
        )


def rows_of_tile(target: Target) -> int:
    """How many rows share a tile with `_TILES[0]` members, where sums fill the registers."""
    return (target.registers - 1) // (_TILES[0] + 1) * target.lanes


def _axis_of(vector: Index | None) -> int:
    """The member axis that it is, else -1."""
    return vector.axis if vector is not None and vector.kind == "member" else -1


def _cycles(sums: int) -> float:
    """How long one more term for each of so many sums takes."""
    return max(sums / _AT_ONCE, _LATENCY)


def _divisor(size: int) -> int:
    return next((d for d in _TILES if size % d == 0), 1)
