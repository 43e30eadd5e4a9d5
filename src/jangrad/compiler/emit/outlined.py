"""Operations of straight-line code that are long and occur often: functions, translated once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from jangrad.compiler.emit.instruction_selection import Symbol, operate
from jangrad.compiler.emit.writer import Writer
from jangrad.compiler.loops.loop_ir import Call, Expression, Nest, RowSums, Straight
from jangrad.compiler.program.ir import OPERATIONS
from jangrad.compiler.vector_functions import Lanes

#: An operation that occurs so often, and takes so many instructions, is a function.
_OFTEN, _LONG = 3, 12


class Outlined:
    """Writes operations.

    Args:
        code: where they occur.
        m: the vectors that they work on.
    """

    def __init__(self, code: Straight, m: Lanes) -> None:
        self.m = m
        counts = Counter(_operations(code))
        self._often = {op for op, count in counts.items() if count >= _OFTEN}
        self._short: set[str] = set()  # of those that are not worth a function

    def operate(self, op: int, terms: list[Symbol]) -> Symbol:
        """As `instruction_selection.operate`."""
        m = self.m
        name = f"{str(OPERATIONS[op]).replace(chr(39), '.partial')}.{len(terms)}.once"
        if op not in self._often or name in self._short or any(term.known for term in terms):
            return operate(op, terms)
        if name not in m.needs and not self._define(name, op, len(terms)):
            self._short.add(name)
            return operate(op, terms)
        given = ", ".join(f"{m.type} {term.vector}" for term in terms)
        return Symbol(m, m.write(f"call {m.type} @{name}({given})"))

    def _define(self, name: str, op: int, count: int) -> bool:
        """Define a function, unless it would be short."""
        w, m = Writer(), self.m
        inner = Lanes(w, m.number, m.lanes)
        inner.needs = m.needs
        found = operate(op, [Symbol(inner, f"%x{k}") for k in range(count)])
        if len(w.lines) >= _LONG:
            takes = ", ".join(f"{m.type} %x{k}" for k in range(count))
            head = f"define internal {m.type} @{name}({takes}) noinline {{"
            m.needs[name] = "\n".join([head, *w.lines, f"  ret {m.type} {found.vector}", "}"])
        return name in m.needs


def _operations(code: Straight) -> Iterator[int]:
    """Those that occur, as often as they do."""
    for step in code.steps:
        if isinstance(step, RowSums):
            yield from _within(step.values)
        elif not isinstance(step, Nest):
            yield from _within([step.value])


def _within(expressions: Iterable[Expression]) -> Iterator[int]:
    for e in expressions:
        if isinstance(e, Call):
            yield e.op
            yield from _within(e.terms)
