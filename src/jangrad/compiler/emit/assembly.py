"""A whole module: the kernels, and the function that runs them over the rows of a batch.

`run(buffers, arena, chunks)` takes a table of pointers to the buffers outside it and computes the
program once: what no row has for itself, then chunk after chunk of rows, then what needs the sums
over all rows. Where several threads run it together, each does so with its own rows, and what comes
behind the rows is cut up as `plan/parallel.py` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from jangrad.compiler.emit import tabled, threaded
from jangrad.compiler.emit.barrier import barrier
from jangrad.compiler.emit.printer import function_text
from jangrad.compiler.emit.stepping import steps, transpose
from jangrad.compiler.emit.straight import once_function, rows_function
from jangrad.compiler.emit.writer import Globals
from jangrad.compiler.loops.loop_ir import Function, LoopProgram, Part, Straight
from jangrad.compiler.loops.schedule import functions_of
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.layout import Layout, arrange, phases
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.program.buffers import INPUTS_OF_ROWS, OUTPUTS, WHOLE_INPUTS, Buffer
from jangrad.compiler.program.ir import Program

#: What `run` takes.
_TAKES = "ptr %buffers, ptr %arena, i64 %chunks"
_ATTRIBUTES = (
    'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }'
)


class LlvmModule(NamedTuple):
    """LLVM's text and what a caller must know.

    Attributes:
        text: the module.
        outside: the buffers that the caller brings, in the order of the table of pointers.
        layout: of the arena.
        chunk: how many rows are computed at once.
        target: the machine it is for.
    """

    text: str
    outside: list[Buffer]
    layout: Layout
    chunk: int
    target: Target


def assemble(
    program: Program,
    plan: Plan,
    loops: LoopProgram,
    outside: dict[Buffer, int],
    target: Target,
    *,
    then: Sequence[Kernel] = (),
    single: bool = False,
    repeated: bool = False,
    threads: int = 1,
    triple: str = "",
) -> LlvmModule:
    """Write the module.

    Args:
        program: what is computed.
        plan: its kernels.
        loops: their loops; of those behind the rows, several threads take other ones.
        outside: of each buffer outside how many numbers it holds; a row of the batch, for those
            that hold one a row.
        target: the machine.
        then: kernels that straight-line code computes with its sums over rows.
        single: whether there is one chunk only.
        repeated: whether `steps` is wanted too, for a training step.
        threads: how many run the module together, each over its own rows.
        triple: what LLVM calls the machine.
    """
    chunk = loops.chunk
    layout = arrange(plan, chunk, target.bytes_each)
    whole = outside.get(WHOLE_INPUTS, 0)
    tables = Globals()
    needs: dict[str, str] = {}
    functions: list[str] = []
    takes: dict[str, list[Buffer]] = {}
    straight = {part.name for phase in loops.phases for part in phase if isinstance(part, Straight)}
    if "rows" in straight:
        text, takes["rows"] = rows_function(program, plan, target, single, tables, needs, then)
        functions.append(text)
    if "once" in straight:
        text, takes["once"] = once_function(program, plan, target, tables, needs)
        functions.append(text)
    for part in plan.loose:
        texts, names = tabled.functions_of(part, target, chunk, needs)
        functions += texts
        takes.update(dict.fromkeys(names, part.buffers))

    def add(parts: Iterable[Part]) -> list[str]:
        """Write those that are loops; returns the names of all."""
        names: list[str] = []
        for part in parts:
            if isinstance(part, Function):
                given = (part, target, chunk, tables, plan.constants, needs, layout.offset, whole)
                text, takes[part.name] = function_text(*given)
                functions.append(text)
            names.append(part.name)
        return names

    def add_pieces(kernels: Sequence[Kernel]) -> list[str]:
        """A function for each kernel, or for many of one scalar."""
        how: dict[str, Any] = {"single": single, "whole_rows": whole > 0, "most": 1}
        return add(functions_of(kernels, target, chunk, **how))

    order = [add(loops.once), add(loops.rows)]
    rest: list[str] = []
    if threads == 1:
        order.append(add(loops.after))
    else:
        order.append([])
        cut = (list(outside), layout, target, chunk, threads)
        rest = threaded.rest(phases(plan)[2], plan, add_pieces, takes, *cut)
        needs["wait"] = barrier(threads, triple)
    pointers = _pointers(takes, outside, layout)
    body = _body(plan, order, takes, outside, target, chunk, alone=single and threads == 1)
    run = "\n".join([f"define void @run({_TAKES}) #0 {{", "entry:", *pointers, *body, *rest])
    run += "\n  ret void\n}"
    if repeated:
        once = ["  call void @run(ptr %buffers, ptr %arena, i64 %chunks)"] if rest else body
        run += "\n" + steps(pointers, once, outside, target, chunk)
    if OUTPUTS in outside:
        run += "\n" + transpose(outside[INPUTS_OF_ROWS], target, chunk)
    parts = [*needs.values(), *tables.lines, *functions, run, _ATTRIBUTES]
    return LlvmModule("\n".join(parts) + "\n", list(outside), layout, chunk, target)


def _pointers(
    takes: dict[str, list[Buffer]], outside: dict[Buffer, int], layout: Layout
) -> list[str]:
    """Where every buffer lies."""
    used = {name for names in takes.values() for name in names}
    lines = []
    for i, name in enumerate(outside):
        lines.append(f"  %a.{name} = getelementptr ptr, ptr %buffers, i64 {i}")
        lines.append(f"  %{name} = load ptr, ptr %a.{name}")
    for name, offset in layout.offset.items():
        if name in used:
            lines.append(f"  %{name} = getelementptr i8, ptr %arena, i64 {offset}")
    return lines


def _body(
    plan: Plan,
    order: list[list[str]],
    takes: dict[str, list[Buffer]],
    outside: dict[Buffer, int],
    target: Target,
    chunk: int,
    *,
    alone: bool,
) -> list[str]:
    """The calls of the kernels; a block of their own leads to the loop over the chunks.

    `alone` says that there is one chunk, and nobody else who runs over it.
    """
    before, rows, after = order
    moving = [b for b in outside if b.per_row and b.role != "irregular"]

    def call(kernel_name: str, first: str) -> str:
        at = [f"{n}.now" if first == "%first" and n in moving else n for n in takes[kernel_name]]
        given = [f"ptr %{n}" for n in at]
        if first and (kernel_name == "rows" or kernel_name in summing):
            given.append(f"i1 {first}")
        return f"  call void @{kernel_name}({', '.join(given)})"

    summing = {k.name for k in plan.kernels if k.over_rows}
    lines = [call(name, "") for name in before]
    if rows and alone:
        lines += [call(name, "true") for name in rows]
    elif rows:
        lines += ["  br label %chunked", "chunked:", "  br label %rows", "rows:"]
        lines.append("  %i = phi i64 [0, %chunked], [%next, %rows]")
        for name in moving:
            size = outside[name] * chunk
            lines.append(f"  %{name}.at = mul i64 %i, {size}")
            lines.append(
                f"  %{name}.now = getelementptr {target.number}, ptr %{name}, i64 %{name}.at"
            )
        lines.append("  %first = icmp eq i64 %i, 0")
        lines += [call(name, "%first") for name in rows]
        lines += [
            "  %next = add i64 %i, 1",
            "  %more = icmp ult i64 %next, %chunks",
            "  br i1 %more, label %rows, label %rest",
            "rest:",
        ]
    return lines + [call(name, "") for name in after]
