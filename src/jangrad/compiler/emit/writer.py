"""LLVM's text while it is written: functions with their loops, tables, shuffles of vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from jangrad.compiler.vector_functions import Lanes


class Writer:
    """The body of one function while it is written."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.block = "%entry"
        self._names = 0
        self._loops = 0

    def __call__(self, instruction: str) -> str:
        self._names += 1
        name = f"%v{self._names}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """An instruction that gives nothing."""
        self.lines.append(f"  {instruction}")

    def start(self, block: str) -> None:
        """A block of this name begins here."""
        self.lines.append(f"{block}:")
        self.block = f"%{block}"

    def at(self, kind: str, base: str, index: str | int) -> str:
        """The address of a number of an array."""
        return self(f"getelementptr {kind}, ptr {base}, i64 {index}")

    @contextmanager
    def loop(
        self,
        start: int | str,
        stop: int | str,
        step: int = 1,
        carried: Sequence[tuple[str, str]] = (),
        following: Sequence[str] = (),
    ) -> Iterator[tuple[str, list[str]]]:
        """A loop around what is written meanwhile, which runs at least once.

        Gives the index, and the numbers that are `carried` from turn to turn: of each (type, first
        value). Those of the next turn must be `following` at the end of the block.
        """
        self._loops += 1
        k = self._loops
        before = self.block
        self.do(f"br label %head{k}")
        self.start(f"head{k}")
        at = len(self.lines)
        phis = [f"%p{k}_{j}" for j in range(len(carried))]
        yield f"%i{k}", phis
        self.lines[at:at] = [
            f"  %i{k} = phi i64 [{start}, {before}], [%n{k}, {self.block}]",
            *(
                f"  {phi} = phi {kind} [{first}, {before}], [{new}, {self.block}]"
                for phi, (kind, first), new in zip(phis, carried, following, strict=True)
            ),
        ]
        self.do(f"%n{k} = add nuw nsw i64 %i{k}, {step}")
        self.do(f"%c{k} = icmp ult i64 %n{k}, {stop}")
        self.do(f"br i1 %c{k}, label %head{k}, label %done{k}")
        self.start(f"done{k}")


class Globals:
    """Tables and constants of a module, each once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._names: dict[tuple[str, bytes], str] = {}

    def table(self, numbers: Any) -> str:
        """A table of addresses."""
        whole = np.ascontiguousarray(numbers, np.int32).ravel()
        return self._add("i32", whole, lambda: map(str, whole.tolist()))

    def constants(self, numbers: Any, number: str) -> str:
        """A buffer of numbers."""
        kept = np.ascontiguousarray(numbers, float).ravel()
        return self._add(number, kept, lambda: hexadecimal(kept, number))

    def _add(self, kind: str, numbers: Any, texts: Callable[[], Iterable[str]]) -> str:
        """Its name; each place that reads it asks, but it is spelled once, for it may be long."""
        key = kind, numbers.tobytes()
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"@T{len(self._names)}"
            array = f"[{len(numbers)} x {kind}]"
            items = ", ".join([f"{kind} {text}" for text in texts()])
            self.lines.append(f"{name} = internal constant {array} [{items}], align 64")
        return name


def hexadecimal(numbers: Any, number: str) -> list[str]:
    """Doubles as LLVM reads them without loss; a float is written as the double that equals it."""
    if number == "float":
        with np.errstate(over="ignore"):
            numbers = numbers.astype(np.float32).astype(float)
    return [f"0x{bits:016X}" for bits in numbers.view(np.uint64).tolist()]


def spread_over(w: Writer, one: str, m: Lanes) -> str:
    """A vector that holds one number everywhere."""
    if m.lanes == 1:
        return one
    first = w(f"insertelement {m.type} poison, {m.number} {one}, i32 0")
    mask = f"<{m.lanes} x i32> zeroinitializer"
    return w(f"shufflevector {m.type} {first}, {m.type} poison, {mask}")


def added_to_earlier(w: Writer, m: Lanes, pointer: str, sums: str) -> str:
    """The sums over this chunk of rows with those of the chunks before it, which lie in memory.

    In the `%first` chunk nothing lies there yet; what does is not even added, for it may be nan.
    """
    old = w(f"load {m.type}, ptr {pointer}, align {m.format.size // 8}")
    return str(m.add(w(f"select i1 %first, {m.type} {m.const(0.0)}, {m.type} {old}"), sums))


def transposed_sum(w: Writer, m: Lanes, vectors: list[str]) -> str:
    """n vectors of n numbers become one vector of their n sums, in halving steps.

    Of two vectors one keeps its even blocks in their places and the other its odd ones, which is a
    blend; what is added to them crosses.
    """
    width = 1
    while len(vectors) > 1:
        stay = [j + (m.lanes if j & width else 0) for j in range(m.lanes)]
        cross = [(j ^ width) + (m.lanes if j & width else 0) for j in range(m.lanes)]
        pairs = zip(vectors[::2], vectors[1::2], strict=True)
        vectors = [
            m.add(*(m.fenced(_shuffled(w, m, a, b, order)) for order in (stay, cross)))
            for a, b in pairs
        ]
        width *= 2
    return vectors[0]


def transposed(w: Writer, m: Lanes, vectors: list[str]) -> list[str]:
    """n vectors of n numbers, the rows of a matrix, become its columns."""
    found, width = list(vectors), 1
    while width < m.lanes:
        for i in range(m.lanes):
            if not i & width:
                found[i], found[i | width] = _crossed(w, m, found[i], found[i | width], width)
        width *= 2
    return found


def _crossed(w: Writer, m: Lanes, a: str, b: str, width: int) -> tuple[str, str]:
    """Blocks of this width, a's and b's in turn: those at even places, and those at odd ones."""
    low = [
        j
        for start in range(0, m.lanes, 2 * width)
        for side in (start, m.lanes + start)
        for j in range(side, side + width)
    ]

    high = [j + width for j in low]
    return _shuffled(w, m, a, b, low), _shuffled(w, m, a, b, high)


def _shuffled(w: Writer, m: Lanes, a: str, b: str, order: list[int]) -> str:
    mask = ", ".join(f"i32 {j}" for j in order)
    return w(f"shufflevector {m.type} {a}, {m.type} {b}, <{m.lanes} x i32> <{mask}>")
