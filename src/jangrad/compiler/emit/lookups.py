"""Reading one item of a column, and adding to one, where a number says which.

A number that is no place of the column counts as the nearest that is; callers are told of it before
the code runs, so this only keeps every access inside its buffer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jangrad.compiler.emit.addresses import Addresses, Place
from jangrad.compiler.emit.lanes import LlvmLanes
from jangrad.compiler.emit.writer import Target, Writer, spread_over
from jangrad.compiler.plan.nests import Access


class Lookups:
    """Writes them.

    Args:
        w: the function that is written.
        target, chunk: the machine, and how many rows a chunk has.
        at: writes the addresses of columns.
    """

    def __init__(self, w: Writer, target: Target, chunk: int, at: Addresses) -> None:
        self.w = w
        self.target = target
        self.chunk = chunk
        self.at = at

    def read(
        self, m: LlvmLanes, column: Access, by: Access, place: Place, cache: dict[Any, Any]
    ) -> str:
        """The items that the numbers at `by` say, one for each lane of m."""
        number = self.target.number
        aligned = f"align {self.target.bytes_each}"
        pointers = self._items(m.lanes, column, by, place, cache)
        if pointers is None:
            pointer = self._item(column, by, place, cache)
            if m.lanes == 1 or steps_along(column, place) == 1:
                return self.w(f"load {m.type}, ptr {pointer}, {aligned}")
            return spread_over(self.w, self.w(f"load {number}, ptr {pointer}, {aligned}"), m)
        vector = "poison"
        for j, pointer in enumerate(pointers):
            one = self.w(f"load {number}, ptr {pointer}, {aligned}")
            vector = self.w(f"insertelement {m.type} {vector}, {number} {one}, i32 {j}")
        return vector

    def add(
        self,
        m: LlvmLanes,
        column: Access,
        by: Access,
        place: Place,
        vector: str,
        cache: dict[Any, Any],
    ) -> None:
        """Add each lane's number to the item that the number at `by` says; they may meet."""
        number = self.target.number
        pointers = self._items(m.lanes, column, by, place, cache)
        if pointers is None and m.lanes > 1 and steps_along(column, place) != 1:
            pointers = [self._item(column, by, place, cache)] * m.lanes
        if pointers is None:
            self._add(m.type, self._item(column, by, place, cache), vector)
            return
        for j, pointer in enumerate(pointers):
            one = self.w(f"extractelement {m.type} {vector}, i32 {j}")
            self._add(number, pointer, one)

    def _add(self, kind: str, pointer: str, numbers: str) -> None:
        aligned = f"align {self.target.bytes_each}"
        old = self.w(f"load {kind}, ptr {pointer}, {aligned}")
        total = self.w(f"fadd {kind} {old}, {numbers}")
        self.w.do(f"store {kind} {total}, ptr {pointer}, {aligned}")

    def _items(
        self, lanes: int, column: Access, by: Access, place: Place, cache: dict[Any, Any]
    ) -> list[str] | None:
        """Each lane's own address; None where the lanes are neighbours, or all at one address."""
        if lanes == 1:
            return None
        step = steps_along(column, place)
        if place.kind != "row" and steps_along(by, place) == 0 and step in (0, 1):
            return None
        found = []
        for j in range(lanes):
            if place.kind == "row":
                row = place.row if j == 0 else self._row(place, j, cache)
                found.append(self._item(column, by, replace(place, row=row), cache))
                continue
            pointer = self._item(column, by, place, cache, j)
            found.append(self._moved(pointer, j * step))
        return found

    def _row(self, place: Place, j: int, cache: dict[Any, Any]) -> str:
        found = cache.get(("row", j))
        if found is None:
            found = cache["row", j] = self.w(f"add i64 {place.row or 0}, {j}")
        return str(found)

    def _item(
        self, column: Access, by: Access, place: Place, cache: dict[Any, Any], lane: int = 0
    ) -> str:
        """The address of the item that is told for this lane, in the column of the first one."""
        assert column.items is not None
        pointer, _ = self.at.pointer(column, place, cache)
        size, stride = column.items
        if column.buffer.per_row:
            stride *= self.chunk
        index = self._index(by, place, size, cache, lane)
        known = ("times", index, stride)
        offset = cache.get(known)
        if offset is None:
            offset = index if stride == 1 else self.w(f"mul nsw i64 {index}, {stride}")
            cache[known] = offset
        return self.w(f"getelementptr {self.target.number}, ptr {pointer}, i64 {offset}")

    def _index(self, by: Access, place: Place, size: int, cache: dict[Any, Any], lane: int) -> str:
        number = self.target.number
        pointer, key = self.at.pointer(by, place, cache)
        move = lane * steps_along(by, place)
        known = ("index", key, move, size)
        found = cache.get(known)
        if found is None:
            x = self.w(
                f"load {number}, ptr {self._moved(pointer, move)}, align {self.target.bytes_each}"
            )
            for test, bound in (("ogt", 0.0), ("olt", float(size - 1))):  # nan counts as 0
                inside = self.w(f"fcmp {test} {number} {x}, {bound}")
                x = self.w(f"select i1 {inside}, {number} {x}, {number} {bound}")
            found = cache[known] = self.w(f"fptosi {number} {x} to i64")
        return str(found)

    def _moved(self, pointer: str, by: int) -> str:
        if by == 0:
            return pointer
        return self.w(f"getelementptr {self.target.number}, ptr {pointer}, i64 {by}")


def steps_along(access: Access, place: Place) -> int:
    """How far an access moves from one lane of a vector to the next."""
    if place.kind == "lane":
        return int(access.buffer.per_row)
    if place.kind == "member":
        return access.inner[place.axis]
    if place.kind == "reduce":
        return access.reduce[place.axis]
    return 0
