"""Programs as loops that take one turn after the other, for compilers of other languages."""

from __future__ import annotations

from jangrad.compiler.dtype import Number
from jangrad.compiler.loops.loop_ir import LoopProgram
from jangrad.compiler.loops.schedule import loop_program
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.nests import Plan
from jangrad.compiler.program.buffers import PARAMETERS
from jangrad.compiler.run.pipeline import Source, planned


def plain_loops(source: Source, number: Number) -> tuple[Plan, LoopProgram]:
    """The kernels of a program, and their loops without vectors, tiles and threads.

    Args:
        source: the program, without rows.
        number: "double" or "float".
    """
    plan = fuse(planned(source))
    sizes = {PARAMETERS: source.program.params, **source.sizes}
    return plan, loop_program(plan, Target(number, 1, 1), Chunks(single=True), sizes)
