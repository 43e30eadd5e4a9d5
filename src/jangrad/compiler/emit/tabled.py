"""Loose scalars as LLVM's text: one function for each operation, and a loop over their records."""

from __future__ import annotations

from jangrad.compiler.emit.spell import Symbol, operate
from jangrad.compiler.emit.writer import Writer
from jangrad.compiler.loops.loop_ir import Irregular
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.pool import RECORD, Function, Loose
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.ir import MANY, OPERATIONS
from jangrad.compiler.vector_functions import LlvmLanes

_RUN = """define internal void @run{numbers}({takes}, i64 %from, i64 %to) #0 {{
entry:
  br label %record
record:
  %i = phi i64 [%from, %entry], [%next, %done]
  %first = mul i64 %i, {record}
{loads}
  %at = getelementptr i32, ptr %{tables}, i64 %begin
  switch i64 %function, label %done [{cases}]
{calls}
done:
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %to
  br i1 %more, label %record, label %end
end:
  ret void
}}"""


def functions_of(
    loose: Loose, target: Target, chunk: int, needs: dict[str, str]
) -> tuple[list[str], list[str]]:
    """The texts of all functions, and the name of that of each stage, which takes the buffers.

    Args:
        loose: what to compute.
        target, chunk: the machine, and how many rows are computed at once.
        needs: gets the declarations of what is called.
    """
    numbers, tables = loose.buffers
    takes = f"ptr %{numbers}, ptr %{tables}"
    names = [f"compute{numbers}.{k}" for k in range(len(loose.functions))]
    texts = [
        _Function(name, function, target, chunk if loose.lane else 0, needs).text()
        for name, function in zip(names, loose.functions, strict=True)
    ]
    loads = []
    for j, field in enumerate(RECORD):
        loads += [
            f"  %{field}.i = add i64 %first, {j}",
            f"  %{field}.at = getelementptr i32, ptr %{tables}, i64 %{field}.i",
            f"  %{field}.32 = load i32, ptr %{field}.at",
            f"  %{field} = zext i32 %{field}.32 to i64",
        ]
    given = f"ptr %{numbers}, ptr %at, i64 %out, i64 %vectors, i64 %terms"
    calls = [
        f"f{k}:\n  call void @{name}({given})\n  br label %done" for k, name in enumerate(names)
    ]
    texts.append(
        _RUN.format(
            numbers=numbers,
            takes=takes,
            tables=tables,
            record=len(RECORD),
            loads="\n".join(loads),
            cases=" ".join(f"i64 {k}, label %f{k}" for k in range(len(names))),
            calls="\n".join(calls),
        )
    )
    stages = []
    for k, (start, stop) in enumerate(loose.stages):
        name = Irregular(loose, k).name
        call = f"  call void @run{numbers}({takes}, i64 {start}, i64 {stop})\n"
        body = f"define internal void @{name}({takes}) #0 {{\n{call * (start < stop)}  ret void\n}}"
        texts.append(body)
        stages.append(name)
    return texts, stages


class _Function:
    """What computes the scalars of one record."""

    def __init__(
        self, name: str, function: Function, target: Target, chunk: int, needs: dict[str, str]
    ) -> None:
        self.name = name
        self.function = function
        self.target = target
        self.chunk = chunk  # 0 where rows have nothing of their own
        self.row = ""  # of the chunk, where a vector of rows begins
        self.w = Writer()
        self.wide = LlvmLanes(self.w, target.number, target.lanes)
        self.single = LlvmLanes(self.w, target.number, 1)
        self.wide.needs = self.single.needs = needs
        op = function.op
        self.nothing = self.wide.const(-0.0 if op == SUM else float("-inf"))

    def text(self) -> str:
        """`compute(numbers, addresses, out, vectors, terms)`."""
        if self.function.long:
            self._long()
        else:
            self.w.loop(0, "%vectors", 1, [], self._vector)
        head = f"define internal void @{self.name}"
        head += "(ptr %numbers, ptr noalias %at, i64 %out, i64 %vectors, i64 %terms) #0 {"
        return "\n".join([head, "entry:", *self.w.lines, "  ret void", "}"])

    def _vector(self, i: str, _: list[str]) -> list[str]:
        """A vector of scalars; or one, for all rows of a chunk."""
        w, lanes = self.w, self.target.lanes
        row = w(f"mul i64 {i}, %terms")

        def of_rows(at: str, _: list[str]) -> list[str]:
            self.row = at
            first = w(f"mul i64 {w(f'add i64 %out, {i}')}, {self.chunk}")
            self._store(self.wide, self._computed(row), w(f"add i64 {first}, {at}"))
            return []

        if self.chunk:
            w.loop(0, self.chunk, lanes, [], of_rows)
        else:
            place = w(f"add i64 %out, {w(f'mul i64 {i}, {lanes}')}")
            self._store(self.wide, self._computed(row), place)
        return []

    def _computed(self, row: str) -> str:
        """What comes of the operands in some rows of the table."""
        w, m = self.w, self.wide
        if self.function.op in MANY:
            return self._many(row, m)
        operands = len(OPERATIONS[self.function.op].arguments)
        terms = [Symbol(m, self._gathered(w(f"add i64 {row}, {j}"))) for j in range(operands)]
        if self.function.exponent is not None:
            terms[-1] = Symbol(m, None, self.function.exponent)
        return str(operate(self.function.op, terms).vector)

    def _many(self, row: str, m: LlvmLanes) -> str:
        """Vectors of terms, one after the other."""

        def more(j: str, so_far: list[str]) -> list[str]:
            term = self._gathered(self.w(f"add i64 {row}, {j}"))
            return [operate(self.function.op, [Symbol(m, so_far[0]), Symbol(m, term)]).vector]

        (total,) = self.w.loop(0, "%terms", 1, [(m.type, self.nothing)], more)
        return total

    def _long(self) -> None:
        """One scalar from vectors of terms."""
        total = self._many("0", self.wide)
        parts = [
            Symbol(self.single, self.w(f"extractelement {self.wide.type} {total}, i32 {k}"))
            for k in range(self.target.lanes)
        ]
        self._store(self.single, operate(self.function.op, parts).vector, "%out")

    def _gathered(self, row: str) -> str:
        """The numbers at the addresses in one row of the table; or at one, of the rows."""
        w, number, lanes = self.w, self.target.number, self.target.lanes
        if self.chunk:
            at = w(f"load i32, ptr {w(f'getelementptr i32, ptr %at, i64 {row}')}")
            first = w(f"mul i64 {w(f'zext i32 {at} to i64')}, {self.chunk}")
            place = w(f"add i64 {first}, {self.row}")
            found = w(f"getelementptr {number}, ptr %numbers, i64 {place}")
            return w(f"load {self.wide.type}, ptr {found}, align {self.target.bytes_each}")
        first = w(f"getelementptr i32, ptr %at, i64 {w(f'mul i64 {row}, {lanes}')}")
        vector = "poison"
        for k in range(lanes):
            at = w(f"load i32, ptr {w(f'getelementptr i32, ptr {first}, i64 {k}')}")
            place = w(f"getelementptr {number}, ptr %numbers, i64 {w(f'zext i32 {at} to i64')}")
            one = w(f"load {number}, ptr {place}")
            vector = w(f"insertelement {self.wide.type} {vector}, {number} {one}, i32 {k}")
        return vector

    def _store(self, m: LlvmLanes, vector: str, place: str) -> None:
        to = self.w(f"getelementptr {self.target.number}, ptr %numbers, i64 {place}")
        self.w.do(f"store {m.type} {vector}, ptr {to}, align {self.target.bytes_each}")
