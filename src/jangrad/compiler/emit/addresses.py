"""Where loads and stores go, from where a function stands in its loops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jangrad.compiler.emit.writer import Globals, Writer
from jangrad.compiler.loops.loop_ir import Affine, At, Field, Index, Lookup
from jangrad.compiler.loops.target import Target
from jangrad.compiler.program.buffers import Buffer
from jangrad.record import Record


class Indices(Record):
    """The indices of the loops that a function stands in.

    Attributes:
        vector: along what vectors run, if they do.
        base: of each index its name in LLVM's text, or its number where it is known.
        offset: how much further on a turn is that is taken at once with others.
    """

    vector: Index | None = None
    base: Mapping[Index, str | int] = {}
    offset: Mapping[Index, int] = {}

    def inside(self, index: Index, at: str | int) -> Indices:
        """In a loop over this index."""
        return self._replace(base={**self.base, index: at})


class Surroundings(Record):
    """What the functions of a module are written for, and share.

    Attributes:
        target, chunk: the machine, and how many rows a chunk has.
        constants: the numbers of each buffer of constants.
        offsets: where buffers are in the arena.
        whole: how many numbers a row has where it lies whole.
        tables: get the tables of addresses.
        needs: gets the declarations of what is called.
    """

    target: Target
    chunk: int
    constants: dict[Buffer, Any]
    offsets: dict[Buffer, int]
    whole: int
    tables: Globals
    needs: dict[str, str]


class Addresses:
    """Writes address arithmetic; what has been computed in a block is found in its cache.

    Args:
        w: the function that is written.
        module: what it is written for.
        buffers: those that the function takes; it grows.
    """

    def __init__(self, w: Writer, module: Surroundings, buffers: list[Buffer]) -> None:
        self.w, self.module, self.buffers = w, module, buffers
        self.target = module.target
        self._names: dict[Buffer, str] = {}
        self._steps: dict[tuple[int, Index | None], tuple[At, int | None]] = {}

    def strides(self, buffer: Buffer) -> tuple[int, int]:
        """How far it is from a place to the next, and from a row to the next."""
        if buffer.role == "whole inputs":
            return 1, self.module.whole
        return (self.module.chunk, 1) if buffer.per_row else (1, 0)

    def step(self, at: At, vector: Index | None) -> int | None:
        """How far a place moves from one lane of a vector to the next; None where a table says."""
        key = id(at), vector
        known = self._steps.get(key)
        if known is None:
            of_place, of_row = self.strides(at.buffer)
            along = at.place.stride(vector)
            row = 0 if at.row is None else at.row.stride(vector)
            known = at, None if along is None or row is None else along * of_place + row * of_row
            self._steps[key] = known  # with the place, so that no other has its id
        return known[1]

    def lane(self, place: Indices, j: int, cache: dict[Any, Any]) -> Indices:
        """The place of one lane of a vector, as if it stood there alone."""
        assert place.vector is not None
        base = place.base[place.vector]
        if j == 0:
            return place
        if isinstance(base, int):
            return place.inside(place.vector, base + j)
        return place.inside(place.vector, self.once(cache, ("lane", j), f"add i64 {base}, {j}"))

    def once(self, cache: dict[Any, Any], key: tuple[Any, ...], instruction: str) -> str:
        """What an instruction gives, which is written where its key is met first."""
        if key not in cache:
            cache[key] = self.w(instruction)
        return str(cache[key])

    def gather(self, at: At, place: Indices, cache: dict[Any, Any]) -> str:
        """A vector of numbers from wherever its lanes read them."""
        each, number = self.target.bytes_each, self.target.number
        kind = f"<{self.target.lanes} x {number}>"
        vector = "poison"
        for j in range(self.target.lanes):
            pointer, _ = self.pointer(at, self.lane(place, j, cache), cache)
            one = self.w(f"load {number}, ptr {pointer}, align {each}")
            vector = self.w(f"insertelement {kind} {vector}, {number} {one}, i32 {j}")
        return vector

    def pointer(self, at: At, place: Indices, cache: dict[Any, Any]) -> tuple[str, tuple[Any, ...]]:
        """The address, and a key that equal addresses share."""
        of_place, of_row = self.strides(at.buffer)
        moving: list[tuple[str, int]] = []
        fixed = self._spread(at.place, of_place, place, moving, cache)
        if at.row is not None:
            fixed += self._spread(at.row, of_row, place, moving, cache)
        base = self._buffer(at.buffer)
        key = (base, tuple(moving), fixed)
        if key not in cache:
            pointer, index = base, self._combined(moving, cache)
            element = f"getelementptr {self.target.number}, ptr"
            if index is not None:
                pointer = self.once(cache, key[:2], f"{element} {base}, i64 {index}")
            cache[key] = self.w(f"{element} {pointer}, i64 {fixed}") if fixed else pointer
        return str(cache[key]), key

    def _spread(
        self,
        affine: Affine,
        scale: int,
        place: Indices,
        moving: list[tuple[str, int]],
        cache: dict[Any, Any],
    ) -> int:
        """The part that is known now; what is not is appended to `moving`, with its stride."""
        fixed = affine.constant
        for symbol, stride in affine.parts:
            if not isinstance(symbol, Index):
                moving.append((self._value_of(symbol, place, cache), stride * scale))
                continue
            base = place.base[symbol]
            fixed += place.offset.get(symbol, 0) * stride
            if isinstance(base, int):
                fixed += base * stride
            else:
                moving.append((base, stride * scale))
        return fixed * scale

    def _combined(self, moving: list[tuple[str, int]], cache: dict[Any, Any]) -> str | None:
        """The sum of index times stride."""
        total: str | None = None
        for index, stride in moving:
            part = index
            if stride != 1:
                key = ("mul", index, stride)
                part = self.once(cache, key, f"mul nsw i64 {index}, {stride}")
            if total is None:
                total = part
            else:
                total = self.once(cache, ("add", total, part), f"add nsw i64 {total}, {part}")
        return total

    def _value_of(self, symbol: Lookup | Field, place: Indices, cache: dict[Any, Any]) -> str:
        """A number of a table or of a record."""
        if isinstance(symbol, Lookup):
            return self._looked_up(symbol, place, cache)
        if symbol.times is None:
            return f"%{symbol.name}"
        base = place.base[symbol.times]
        return self.once(cache, ("field", symbol, base), f"mul nuw nsw i64 {base}, %{symbol.name}")

    def _looked_up(self, lookup: Lookup, place: Indices, cache: dict[Any, Any]) -> str:
        moving: list[tuple[str, int]] = []
        fixed = self._spread(lookup.place, 1, place, moving, cache)
        at = self._combined(moving, cache)
        if fixed:
            at = str(fixed) if at is None else self.w(f"add nsw i64 {at}, {fixed}")
        if isinstance(lookup.table, Buffer):
            name = self._buffer(lookup.table)
        else:
            name = self.module.tables.table(lookup.table)
        key = ("table", name, at)
        if key not in cache:
            pointer = name if at is None else self.w.at("i32", name, at)
            cache[key] = self.w(f"zext i32 {self.w(f'load i32, ptr {pointer}')} to i64")
        return str(cache[key])

    def count(self, stop: Lookup | Field, place: Indices) -> str:
        """How often a loop turns where a table or a record says so."""
        return self._value_of(stop, place, {})

    def _buffer(self, buffer: Buffer) -> str:
        name = self._names.get(buffer)
        if name is None:
            if buffer.role == "constants":
                name = self.module.tables.constants(
                    self.module.constants[buffer], self.target.number
                )
            else:
                name = f"%{buffer}"
                if buffer not in self.buffers:
                    self.buffers.append(buffer)
            self._names[buffer] = name
        return name
