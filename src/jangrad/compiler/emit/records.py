"""The loop over records of irregular nodes, as LLVM's text: it calls the function of each."""

from __future__ import annotations

from collections.abc import Sequence

from jangrad.compiler.loops.loop_ir import Irregular
from jangrad.compiler.plan.gather_program import RECORD
from jangrad.compiler.program.buffers import Buffer

_RUN = """define internal void @run{numbers}({takes}, i64 %from, i64 %to) #0 {{
entry:
  br label %record
record:
  %i = phi i64 [%from, %entry], [%next, %done]
  %first = mul i64 %i, {record}
{loads}
  switch i64 %function, label %done [{cases}]
{calls}
done:
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %to
  br i1 %more, label %record, label %end
end:
  ret void
}}"""


def run_text(part: Irregular, takes: Sequence[Sequence[Buffer]]) -> str:
    """The text of the function that calls what records name, from one of them to another.

    Args:
        part: any wavefront of the scalars.
        takes: the buffers that each function takes.
    """
    numbers, tables = part.scalars.buffers
    loads = []
    for j, field in enumerate(RECORD):
        loads += [
            f"  %{field}.i = add i64 %first, {j}",
            f"  %{field}.at = getelementptr i32, ptr %{tables}, i64 %{field}.i",
            f"  %{field}.32 = load i32, ptr %{field}.at",
            f"  %{field} = zext i32 %{field}.32 to i64",
        ]
    calls = []
    for k, (function, buffers) in enumerate(zip(part.functions, takes, strict=True)):
        fields = [f"i64 %{field}" for field in function.fields]
        given = ", ".join([*(f"ptr %{buffer}" for buffer in buffers), *fields])
        calls.append(f"f{k}:\n  call void @{function.name}({given})\n  br label %done")
    return _RUN.format(
        numbers=numbers,
        takes=_takes(part),
        record=len(RECORD),
        loads="\n".join(loads),
        cases=" ".join(f"i64 {k}, label %f{k}" for k in range(len(part.functions))),
        calls="\n".join(calls),
    )


def wavefront_text(part: Irregular) -> str:
    """The text of the function of a wavefront."""
    start, stop = part.scalars.wavefronts[part.wavefront]
    call = f"  call void @run{part.scalars.scalars}({_takes(part)}, i64 {start}, i64 {stop})\n"
    head = f"define internal void @{part.name}({_takes(part)}) #0 {{"
    return f"{head}\n{call * (start < stop)}  ret void\n}}"


def _takes(part: Irregular) -> str:
    return ", ".join(f"ptr %{buffer}" for buffer in part.scalars.buffers)
