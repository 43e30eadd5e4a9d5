"""A loop program run on many rows at once, in NumPy: each place of memory holds a number a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    OPERATIONS,
    REDUCE_MAX,
    SUM,
    Buffer,
    Const,
    evaluate,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import Ends, nests_of, table_of

Numbers = np.ndarray[Any, Any]
#: Of each buffer its numbers, shape (places, rows).
Memory = dict[Buffer, Numbers]
Range = tuple[float, float]  # the least and the largest


def on_floats(op: int, terms: Sequence[Numbers]) -> Numbers:
    """An operation of the program on numbers a row."""
    with np.errstate(all="ignore"):
        if op == SUM:
            return np.asarray(np.sum(terms, axis=0))
        if op == MUL:
            return np.asarray(np.prod(terms, axis=0))
        if op == NEG:
            return np.negative(terms[0])
        if op == REDUCE_MAX:
            return np.asarray(np.fmax.reduce(terms))
        if OPERATIONS[op] == ("div", -1, False):
            return np.asarray(terms[0] / terms[1])
    each = zip(*(term.tolist() for term in np.broadcast_arrays(*terms)), strict=True)
    return np.array([evaluate(op, list(numbers)) for numbers in each])


class OnRows:
    """Runs a program.

    Args:
        memory: what it reads and writes.
        compute: an operation of numbers.
        number: their type.
        notes: whether the ranges of all expressions are wanted.

    Attributes:
        ranges: of each expression by its `id`, of a product by that and how many factors; nan is
            passed over.
    """

    def __init__(
        self,
        memory: Memory,
        compute: Callable[[int, Sequence[Numbers]], Numbers],
        number: Any,
        notes: bool = False,
    ) -> None:
        self.memory, self.compute, self.number, self.notes = memory, compute, number, notes
        self.rows = np.arange(next(iter(memory.values())).shape[1])
        self.ranges: dict[object, Range] = {}

    def run(self, loops: ir.LoopProgram) -> None:
        """All nests in order."""
        for nest in nests_of(loops):
            self.block(nest.body, {}, {})

    def block(
        self,
        body: Sequence[ir.Statement | Ends],
        turn: Mapping[ir.Index, int],
        known: dict[str, Numbers],
    ) -> None:
        for s in body:
            if isinstance(s, ir.Loop):
                stop = s.stop
                if not isinstance(stop, int):
                    stop = int(table_of(stop).ravel()[self.place(stop.place, turn)])  # type: ignore[union-attr]
                for i in range(s.start, stop):
                    self.block(s.body, {**turn, s.over: i}, known)
            elif isinstance(s, ir.Set):
                known[s.name] = self.value(s.value, turn, known)
            elif isinstance(s, ir.Update):
                value = self.value(s.value, turn, known)
                known[s.name] = self.compute(s.op, [known[s.name], value])
            elif isinstance(s, ir.Fold):
                known[s.name] = known[s.of]
            elif isinstance(s, ir.Epilogue):
                self.block(s.body, turn, known)
            else:
                assert isinstance(s, ir.Store), "a value adds to no item"
                numbers = self.memory[s.at.buffer]
                numbers[self.place(s.at.place, turn)] = self.value(s.value, turn, known)

    def value(
        self, e: ir.Expression, turn: Mapping[ir.Index, int], known: Mapping[str, Numbers]
    ) -> Numbers:
        found = self._value(e, turn, known)
        if self.notes:
            self._note(id(e), found)
        return found

    def _value(
        self, e: ir.Expression, turn: Mapping[ir.Index, int], known: Mapping[str, Numbers]
    ) -> Numbers:
        if isinstance(e, Const):
            return np.full(self.rows.size, e.number, self.number)
        if isinstance(e, ir.Local):
            return known[e.name]
        if isinstance(e, ir.Load):
            return self.load(e.at, turn)
        if isinstance(e, ir.Gather):
            told = self.load(e.by, turn)
            which = np.nan_to_num(np.clip(told, 0, e.items.size - 1)).astype(int)
            place = self.place(e.array.place, turn) + which * e.items.stride
            return np.asarray(self.memory[e.array.buffer][place, self.rows])
        assert isinstance(e, ir.Call), "nothing else is asked for"
        terms = [self.value(term, turn, known) for term in e.terms]
        if self.notes and e.op == MUL:
            factors = [t for t, x in zip(terms, e.terms, strict=True) if not isinstance(x, Const)]
            for k in range(2, len(factors)):
                self._note((id(e), k), self.compute(MUL, factors[:k]))
        return self.compute(e.op, terms)

    def load(self, at: ir.At, turn: Mapping[ir.Index, int]) -> Numbers:
        return np.array(self.memory[at.buffer][self.place(at.place, turn)])

    def place(self, place: ir.Affine, turn: Mapping[ir.Index, int]) -> int:
        total = place.constant
        for symbol, stride in place.parts:
            if isinstance(symbol, ir.Index):
                total += stride * turn[symbol]
            else:
                inner = self.place(symbol.place, turn)  # type: ignore[union-attr]
                total += stride * int(table_of(symbol).ravel()[inner])
        return total

    def _note(self, key: object, numbers: Numbers) -> None:
        known = numbers[np.isfinite(numbers)]
        if known.size:
            low, high = self.ranges.get(key, (np.inf, -np.inf))
            self.ranges[key] = min(low, float(known.min())), max(high, float(known.max()))
