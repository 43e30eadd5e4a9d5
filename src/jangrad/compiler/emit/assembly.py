"""A whole module: the kernels, and the function that runs them over the rows of a batch.

`run(buffers, arena, chunks)` takes a table of pointers to the buffers outside it and computes the
program once: what no row has for itself, then chunk after chunk of rows, then what needs the sums
over all rows. Where several threads run it together, each does so with its own rows, and what comes
behind the rows is cut up as `plan/parallel.py` says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain

from jangrad.compiler.emit import records, threaded
from jangrad.compiler.emit.addresses import Surroundings
from jangrad.compiler.emit.barrier import barrier
from jangrad.compiler.emit.copies_loop import MOVING, copies
from jangrad.compiler.emit.printer import function_text
from jangrad.compiler.emit.stepping import steps, transpose
from jangrad.compiler.emit.writer import Globals
from jangrad.compiler.loops.loop_ir import Function, LoopProgram, Part, Superstep
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.layout import Layout
from jangrad.compiler.program.buffers import (
    INPUTS_OF_ROWS,
    LOSSES,
    OUTPUTS,
    WHOLE_INPUTS,
    Buffer,
)
from jangrad.record import Record

#: What `run` takes.
_TAKES = "ptr %buffers, ptr %arena, i64 %chunks"
_ATTRIBUTES = (
    'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }'
)


class LlvmModule(Record):
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
    loops: LoopProgram,
    layout: Layout,
    outside: dict[Buffer, int],
    target: Target,
    *,
    single: bool = False,
    repeated: bool = False,
    triple: str = "",
) -> LlvmModule:
    """Write the module.

    Args:
        loops: what to write.
        layout: of the arena.
        outside: of each buffer outside how many numbers it holds; a row of the batch, for those
            that hold one a row.
        target: the machine.
        single: whether there is one chunk only.
        repeated: whether `steps` is wanted too, for a training step.
        triple: what LLVM calls the machine.
    """
    chunk, threads = loops.chunk, loops.threads
    whole = outside.get(WHOLE_INPUTS, 0)
    given = (target, chunk, loops.constants, layout.offset, whole)
    module = Surroundings(*given, Globals(), {})
    functions: list[str] = []
    takes: dict[str, list[Buffer]] = {}

    def written(function: Function) -> list[Buffer]:
        """Write a function; returns the buffers that it takes."""
        text, buffers = function_text(function, module)
        functions.append(text)
        return buffers

    def add(parts: Iterable[Part]) -> list[str]:
        """Write those that are to run, with what they call; returns their names."""
        names: list[str] = []
        for part in parts:
            if isinstance(part, Function):
                takes[part.name] = written(part)
            elif isinstance(part, Superstep):
                for share in part.shares:
                    add(share.functions)
                continue
            else:
                if part.wavefront == 0:
                    functions.append(records.run_text(part, list(map(written, part.functions))))
                functions.append(records.wavefront_text(part))
                takes[part.name] = part.scalars.buffers
            names.append(part.name)
        return names

    order = [add(phase) for phase in loops.phases]
    rest: list[str] = []
    if threads > 1:
        steps_of_threads = [part for part in loops.after if isinstance(part, Superstep)]
        rest = threaded.rest(steps_of_threads, takes, list(outside), layout, target, threads)
        module.needs["wait"] = barrier(threads, triple)
    pointers = _pointers(takes, outside, layout)
    summing = {function.name for function in loops.functions if function.sums_rows}

    def calls(names: Iterable[str], moving: Collection[Buffer], first: str) -> list[str]:
        """The calls of functions, which find the place of this chunk in the buffers that move."""
        lines = []
        for name in names:
            given = [f"ptr %{b}{'.now' * (b in moving)}" for b in takes[name]]
            given += [f"i1 {first}"] * (name in summing)
            lines.append(f"  call void @{name}({', '.join(given)})")
        return lines

    before, rows, after = order
    if single and threads == 1:
        body = calls([*before, *rows, *after], (), "true")
    else:
        moving = [b for b in outside if b.per_row and b.role != "irregular"]
        chunks = _over_chunks(calls(rows, moving, "%first"), moving, outside, target, chunk)
        body = calls(before, (), "") + chunks * bool(rows) + calls(after, (), "")
    run = "\n".join([f"define void @run({_TAKES}) #0 {{", "entry:", *pointers, *body, *rest])
    run += "\n  ret void\n}"
    if repeated:
        once = ["  call void @run(ptr %buffers, ptr %arena, i64 %chunks)"] if rest else body
        run += "\n" + steps(pointers, once, outside, target, chunk)
    if LOSSES in outside:
        once = calls(chain(*order), {b for b in outside if b.role in MOVING}, "true")
        run += "\n" + copies(pointers, once, outside, target, chunk)
    if OUTPUTS in outside:
        run += "\n" + transpose(outside[INPUTS_OF_ROWS], target, chunk)
    parts = [*module.needs.values(), *module.tables.lines, *functions, run, _ATTRIBUTES]
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


def _over_chunks(
    calls: list[str], moving: list[Buffer], outside: dict[Buffer, int], target: Target, chunk: int
) -> list[str]:
    """The loop over the chunks around these calls, to which a block of its own leads."""
    lines = ["  br label %chunked", "chunked:", "  br label %rows", "rows:"]
    lines.append("  %i = phi i64 [0, %chunked], [%next, %rows]")
    for name in moving:
        size = outside[name] * chunk
        lines.append(f"  %{name}.at = mul i64 %i, {size}")
        lines.append(f"  %{name}.now = getelementptr {target.number}, ptr %{name}, i64 %{name}.at")
    return [
        *lines,
        "  %first = icmp eq i64 %i, 0",
        *calls,
        "  %next = add i64 %i, 1",
        "  %more = icmp ult i64 %next, %chunks",
        "  br i1 %more, label %rows, label %rest",
        "rest:",
    ]
