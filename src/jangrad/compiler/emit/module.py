"""A whole module: the kernels, and the function that runs them over the rows of a batch.

`run(buffers, arena, chunks)` takes a table of pointers to the buffers outside (`Module.outside`)
and computes the program once: what no row has for itself, then chunk after chunk of rows, then
what needs the sums over all rows. Where several threads run it together, each does so with its own
rows, and what comes behind the rows is cut up as `plan/parallel.py` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from jangrad.compiler.emit import tabled, threaded
from jangrad.compiler.emit.barrier import barrier
from jangrad.compiler.emit.loops import function_text
from jangrad.compiler.emit.stepping import steps, turn
from jangrad.compiler.emit.straight import following, once_function, rows_function
from jangrad.compiler.emit.writer import Globals
from jangrad.compiler.loops.schedule import functions_of
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.buffers import INPUTS_OF_ROWS, OUTPUTS, WHOLE_INPUTS, Buffer
from jangrad.compiler.plan.layout import Layout, arrange, phases
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.program.ir import Program

#: What `run` takes.
_TAKES = "ptr %buffers, ptr %arena, i64 %chunks"
_ATTRIBUTES = (
    'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }'
)


class Module(NamedTuple):
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
    outside: dict[Buffer, int],
    target: Target,
    chunk: int,
    *,
    straight: bool = False,
    tiny: bool = False,
    single: bool = False,
    repeated: bool = False,
    threads: int = 1,
    triple: str = "",
) -> Module:
    """Write the module.

    Args:
        program: what is computed.
        plan: its kernels.
        outside: of each buffer outside how many numbers it holds; a row of the batch, for those
            that hold one a row.
        target: the machine.
        chunk: how many rows are computed at once.
        straight: whether the rows' part is straight-line code, for chunks of one vector.
        tiny: whether all before the rows is straight-line code; it then has none.
        single: whether there is one chunk only.
        repeated: whether `steps` is wanted too, for a training step.
        threads: how many run the module together, each over its own rows.
        triple: what LLVM calls the machine.
    """
    layout = arrange(plan, chunk, target.bytes_each)
    whole = outside.get(WHOLE_INPUTS, 0)
    tables = Globals()
    needs: dict[str, str] = {}
    functions = []
    takes: dict[str, list[Buffer]] = {}
    before, rows, after = phases(plan)
    if straight:
        then = following(program, plan) if single and threads == 1 else []
        after = [k for k in after if not any(k is other for other in then)]
        text, takes["rows"] = rows_function(program, plan, target, single, tables, needs, then)
        functions.append(text)
    if tiny:
        text, takes["once"] = once_function(program, plan, target, tables, needs)
        functions.append(text)
    stages: list[list[str]] = [[], []]  # the functions of loose scalars, before and for the rows
    for part in plan.loose:
        texts, stages[part.lane] = tabled.functions_of(part, target, chunk, needs)
        functions += texts
        takes.update(dict.fromkeys(stages[part.lane], part.buffers))

    def add(kernels: Sequence[Kernel], stages: Sequence[str] = (), most: int = 8) -> list[str]:
        """Write the functions of these kernels; returns their names, with stages between them."""
        names: list[str] = []
        waiting = list(enumerate(stages))
        for function in functions_of(
            *(kernels, target, chunk), single=single, whole_rows=whole > 0, most=most
        ):
            while waiting and waiting[0][0] < function.stage:
                names.append(waiting.pop(0)[1])
            given = (function, target, chunk, tables, plan.constants, needs, layout.offset, whole)
            text, takes[function.name] = function_text(*given)
            functions.append(text)
            names.append(function.name)
        return names + [name for _, name in waiting]

    order = [
        ["once"] if tiny else add(before, stages[0]),
        ["rows"] if straight else add(rows, stages[1]),
    ]
    rest: list[str] = []
    if threads == 1:
        order.append(add(after))
    else:
        order.append([])
        cut = (list(outside), layout, target, chunk, threads)
        rest = threaded.rest(after, plan, partial(add, most=1), takes, *cut)
        needs["wait"] = barrier(threads, triple)
    pointers = _pointers(takes, outside, layout)
    body = _body(plan, order, takes, outside, target, chunk, alone=single and threads == 1)
    run = "\n".join([f"define void @run({_TAKES}) #0 {{", "entry:", *pointers, *body, *rest])
    run += "\n  ret void\n}"
    if repeated:
        once = ["  call void @run(ptr %buffers, ptr %arena, i64 %chunks)"] if rest else body
        run += "\n" + steps(pointers, once, outside, target, chunk)
    if OUTPUTS in outside:
        run += "\n" + turn(outside[INPUTS_OF_ROWS], target, chunk)
    parts = [*needs.values(), *tables.lines, *functions, run, _ATTRIBUTES]
    return Module("\n".join(parts) + "\n", list(outside), layout, chunk, target)


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
