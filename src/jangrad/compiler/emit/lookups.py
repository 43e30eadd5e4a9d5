"""Reading one item of an array, and adding to one, where a number says which.

A number that is no place of the array counts as the nearest that is; callers are told of it before
the code runs, so this only keeps every access inside its buffer.
"""

from __future__ import annotations

from typing import Any

from jangrad.compiler.emit.addresses import Addresses, Indices
from jangrad.compiler.emit.writer import spread_over
from jangrad.compiler.loops.loop_ir import GROUP, At, Gather
from jangrad.compiler.vector_functions import Lanes


class Lookups:
    """Writes them.

    Args:
        at: writes the addresses of arrays.
    """

    def __init__(self, at: Addresses) -> None:
        self.w, self.target, self.at = at.w, at.target, at

    def read(self, m: Lanes, e: Gather, place: Indices, cache: dict[Any, Any]) -> str:
        """The items that are told, one for each lane of m."""
        number = self.target.number
        aligned = f"align {self.target.bytes_each}"
        pointers = self._items(m.lanes, e, place, cache)
        if pointers is None:
            pointer = self._item(e, place, cache)
            if m.lanes == 1 or self.at.step(e.array, place.vector) == 1:
                return self.w(f"load {m.type}, ptr {pointer}, {aligned}")
            return spread_over(self.w, self.w(f"load {number}, ptr {pointer}, {aligned}"), m)
        vector = "poison"
        for j, pointer in enumerate(pointers):
            one = self.w(f"load {number}, ptr {pointer}, {aligned}")
            vector = self.w(f"insertelement {m.type} {vector}, {number} {one}, i32 {j}")
        return vector

    def add(self, m: Lanes, e: Gather, place: Indices, vector: str, cache: dict[Any, Any]) -> None:
        """Add each lane's number to the item that is told; they may meet."""
        number = self.target.number
        pointers = self._items(m.lanes, e, place, cache)
        if pointers is None and m.lanes > 1 and self.at.step(e.array, place.vector) != 1:
            pointers = [self._item(e, place, cache)] * m.lanes
        if pointers is None:
            self._add(m.type, self._item(e, place, cache), vector)
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
        self, lanes: int, e: Gather, place: Indices, cache: dict[Any, Any]
    ) -> list[str] | None:
        """Each lane's own address; None where the lanes are neighbours, or all at one address."""
        if lanes == 1:
            return None
        if place.vector == GROUP:  # where tables may say where they are
            own = (self.at.lane(place, j, cache) for j in range(lanes))
            return [self._item(e, each, cache) for each in own]
        step = self.at.step(e.array, place.vector) or 0
        if self.at.step(e.by, place.vector) == 0 and step in (0, 1):
            return None
        pointers = (self._item(e, place, cache, j) for j in range(lanes))
        return [self._moved(pointer, j * step) for j, pointer in enumerate(pointers)]

    def _item(self, e: Gather, place: Indices, cache: dict[Any, Any], lane: int = 0) -> str:
        """The address of the item that is told for this lane, in the array of the first one."""
        pointer, _ = self.at.pointer(e.array, place, cache)
        size, stride = e.items
        stride *= self.at.strides(e.array.buffer)[0]
        index = self._index(e.by, place, size, cache, lane)
        if stride != 1:
            key = ("times", index, stride)
            index = self.at.once(cache, key, f"mul nsw i64 {index}, {stride}")
        return self.w.at(self.target.number, pointer, index)

    def _index(self, by: At, place: Indices, size: int, cache: dict[Any, Any], lane: int) -> str:
        number = self.target.number
        pointer, key = self.at.pointer(by, place, cache)
        move = lane and lane * (self.at.step(by, place.vector) or 0)
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
        return self.w.at(self.target.number, pointer, by)
