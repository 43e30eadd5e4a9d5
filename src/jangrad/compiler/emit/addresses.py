"""Where a kernel's loads and stores go, from where it stands in its loops."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from jangrad.compiler.emit.writer import Globals, Target, Writer
from jangrad.compiler.plan.buffers import WHOLE_INPUTS, Buffer
from jangrad.compiler.plan.nests import Access


@dataclass
class Place:
    """Where a kernel stands in its loops; None for an index is 0.

    Attributes:
        kind: what the vector runs along: "lane", "row" (of members), "member", "reduce", or "" for
            single numbers.
        axis: which member or reduction axis it is.
    """

    kind: str = ""
    axis: int = -1
    row: str | None = None
    members: list[str | None] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    terms: list[str | None] = field(default_factory=list)
    lane: str | None = None
    lane_offset: int = 0


class Addresses:
    """Writes address arithmetic; what has been computed in a block is found in its cache.

    Args:
        w: the function that is written.
        target, chunk: the machine, and how many rows a chunk has.
        tables: get the tables of addresses.
        constants: the numbers of each buffer of constants.
        buffers: the names of those that the function takes; it grows.
    """

    def __init__(
        self,
        w: Writer,
        target: Target,
        chunk: int,
        tables: Globals,
        constants: dict[Buffer, Any],
        buffers: list[Buffer],
    ) -> None:
        self.w = w
        self.target = target
        self.chunk = chunk
        self.tables = tables
        self.constants = constants
        self.buffers = buffers
        self.turned = 0  # how many numbers a row of XT has, where that buffer is

    def gather(self, access: Access, place: Place, cache: dict[Any, Any]) -> str:
        """A vector of numbers from wherever the rows of members read them."""
        each, number = self.target.bytes_each, self.target.number
        kind = f"<{self.target.lanes} x {number}>"
        vector = "poison"
        for j in range(self.target.lanes):
            row = cache.get(("row", j))
            if row is None:
                row = place.row if j == 0 else self.w(f"add i64 {place.row or 0}, {j}")
                cache["row", j] = row
            pointer, _ = self.pointer(access, replace(place, row=row), cache)
            one = self.w(f"load {number}, ptr {pointer}, align {each}")
            vector = self.w(f"insertelement {kind} {vector}, {number} {one}, i32 {j}")
        return vector

    def pointer(
        self, access: Access, place: Place, cache: dict[Any, Any]
    ) -> tuple[str, tuple[Any, ...]]:
        """The address, and a key that equal addresses share."""
        # Along neighbours in a row, X is read where its rows lie whole.
        whole_rows = (
            access.buffer.per_row
            and access.buffer.role == "inputs"
            and place.kind == "member"
            and access.inner[place.axis] == 1
        )
        scale = self.chunk if access.buffer.per_row and not whole_rows else 1
        fixed = 0
        moving: list[tuple[str, int]] = []

        def add(index: str | None, stride: int) -> None:
            nonlocal fixed
            if index is None or stride == 0:
                return
            if index[0] == "%":
                moving.append((index, stride * scale))
            else:
                fixed += int(index) * stride * scale

        if access.table is not None:
            # A table of (row, term); a single row needs no row index.
            width = access.table.shape[1]
            at = self._combined(
                [(i, s) for i, s in ((place.row, width), (place.terms[0], 1)) if i is not None],
                cache,
            )
            add(self._looked_up(access.table, at, cache), 1)
        else:
            on_line = access.line
            if on_line is not None:
                fixed += on_line[0] * scale
                add(place.row, on_line[1])
            else:
                add(self._looked_up(access.rows, place.row, cache), 1)
            for index, stride in zip(place.terms, access.reduce, strict=False):
                add(index, stride)
        for index, offset, stride in zip(place.members, place.offsets, access.inner, strict=True):
            add(index, stride)
            fixed += offset * stride * scale
        if access.buffer.per_row:
            fixed += place.lane_offset if place.kind == "lane" else 0
            if place.lane is not None:
                moving.append((place.lane, self.turned if whole_rows else 1))
        base = self._buffer(WHOLE_INPUTS if whole_rows else access.buffer)
        key = (base, tuple(moving), fixed)
        pointer = cache.get(key)
        if pointer is None:
            pointer = base
            index = self._combined(moving, cache)
            if index is not None:
                pointer = cache.get((base, tuple(moving)))
                if pointer is None:
                    pointer = self.w(f"getelementptr {self.target.number}, ptr {base}, i64 {index}")
                    cache[base, tuple(moving)] = pointer
            if fixed:
                pointer = self.w(f"getelementptr {self.target.number}, ptr {pointer}, i64 {fixed}")
            cache[key] = pointer
        return str(pointer), key

    def _combined(self, moving: list[tuple[str, int]], cache: dict[Any, Any]) -> str | None:
        """The sum of index times stride."""
        total: str | None = None
        for index, stride in moving:
            part = index
            if stride != 1:
                part = cache.get(("mul", index, stride)) or self.w(f"mul nsw i64 {index}, {stride}")
                cache["mul", index, stride] = part
            if total is None:
                total = part
            else:
                known = ("add", total, part)
                total = cache.get(known) or self.w(f"add nsw i64 {total}, {part}")
                cache[known] = total
        return total

    def _looked_up(self, table: Any, at: str | None, cache: dict[Any, Any]) -> str:
        name = self.tables.table(table)
        key = ("table", name, at)
        if key not in cache:
            cache[key] = self.from_table(table, at)
        return str(cache[key])

    def from_table(self, table: Any, at: str | None) -> str:
        name = self.tables.table(table)
        pointer = name if at is None else self.w(f"getelementptr i32, ptr {name}, i64 {at}")
        return self.w(f"zext i32 {self.w(f'load i32, ptr {pointer}')} to i64")

    def _buffer(self, buffer: Buffer) -> str:
        if buffer.role == "constants":
            return self.tables.constants(self.constants[buffer], self.target.number)
        if buffer not in self.buffers:
            self.buffers.append(buffer)
        return f"%{buffer}"
