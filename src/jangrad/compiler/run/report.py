"""What the compiler did, in words."""

from __future__ import annotations

from collections.abc import Sequence

from jangrad.compiler.emit.assembly import LlvmModule
from jangrad.compiler.plan.layout import phases
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.program.codes import ARRAY
from jangrad.compiler.program.ir import LEAVES, Program
from jangrad.compiler.run.cost_model import (
    NOTHING,
    Estimate,
    cost_of,
    cost_of_irregular,
    operations_a_row,
)

_MOST_LINES = 3  # of the user's, shown below a kernel


def report(
    program: Program,
    plan: Plan,
    module: LlvmModule,
    code_bytes: int,
    seconds: float,
    made_by: Sequence[str] = (),
) -> str:
    """Classes, kernels and their loops, memory and cost of a compiled program.

    Args:
        program, plan, module: what was made.
        code_bytes: how large its machine code is.
        seconds: what a run over one chunk of rows was measured to take.
        made_by: for each node of the program the user's line that made it, where known.
    """
    costs = {k.name: cost_of(k, module.target, module.chunk) for k in plan.kernels}
    irregular_parts = {part.batched: part for part in plan.irregular}
    for part in plan.irregular:
        costs[part.scalars.name] = cost_of_irregular(part, module.target, module.chunk)
    before, rows, after = phases(plan)
    each_row = sum(map(operations_a_row, rows))
    if True in irregular_parts:
        each_row += costs[irregular_parts[True].scalars.name].operations // module.chunk
    total = sum(costs.values(), NOTHING)
    run = f"a run over {module.chunk} rows" if rows else "a run"
    lines = [
        f"{len(program)} scalars in {len(plan.classes)} classes;"
        f" {plan.inlined} classes inlined into {len(plan.kernels)} kernels",
        f"{run}: {total.operations:,} operations"
        + (f", {each_row:,} of them for each row" if rows else "")
        + f"; {total.bytes:,} bytes read and written",
        f"estimated {_time(total.nanoseconds)}, measured {_time(seconds * 1e9)}",
        f"arena {module.layout.size:,} bytes ({module.layout.unshared:,} before places were"
        f" shared); machine code {code_bytes:,} bytes",
    ]

    def add(text: str, cost: Estimate, made: list[str]) -> None:
        numbers = f"{cost.operations:>12,}{cost.bytes:>12,}{_time(cost.nanoseconds):>12}"
        lines.append(f"{text:58}{numbers}")
        lines.extend(f"          {line}" for line in made)

    for title, kernels, irregular in (
        ("once", before, irregular_parts.get(False)),
        ("for each chunk of rows", rows, irregular_parts.get(True)),
        ("at the end", after, None),
    ):
        if kernels or irregular:
            lines.append(f"{title + ':':58}{'operations':>12}{'bytes':>12}{'estimated':>12}")
        for kernel in kernels:
            add(f"  {kernel}", costs[kernel.name], _made_by(kernel, plan, made_by))
        if irregular is not None:
            name = irregular.scalars.name
            text = f"  {name:>5} = {len(irregular.nodes):,} scalars without structure, from tables"
            made = [made_by[n] for n in irregular.nodes.tolist() if n < len(made_by)]
            add(text, costs[name], _shortened(made))
    return "\n".join(lines)


def _time(nanoseconds: float) -> str:
    """A time of three digits with its unit."""
    for unit in ("ns", "us", "ms"):
        if nanoseconds < 999.5:
            return f"{nanoseconds:.3g} {unit}"
        nanoseconds /= 1000.0
    return f"{nanoseconds:.3g} s"


def _made_by(k: Kernel, plan: Plan, made_by: Sequence[str]) -> list[str]:
    """The user's lines that a kernel is from: of its members and of what is inlined into them."""
    if not made_by:
        return []
    stored = {n for other in plan.kernels for n in other.nodes.tolist()}
    found: list[str] = []
    waiting = k.nodes.tolist()[::-1]
    while waiting:
        n = waiting.pop()
        if n < len(made_by):
            found.append(made_by[n])
        if plan.program.op[n] == ARRAY:  # whose items are stored, or leaves
            continue
        inputs = plan.program.inputs_of(n)
        waiting += [c for c in inputs if c not in stored and plan.program.op[c] not in LEAVES]
    return _shortened(found)


def _shortened(made: list[str]) -> list[str]:
    """The first few of the lines, each once."""
    lines = [line for line in dict.fromkeys(made) if line]
    more = len(lines) - _MOST_LINES
    return lines[:_MOST_LINES] + ([f"and {more} more lines"] if more > 0 else [])
