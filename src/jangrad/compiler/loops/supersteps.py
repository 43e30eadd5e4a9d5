"""What several threads do behind the rows of a step: supersteps, with a barrier before each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from jangrad.compiler.loops.loop_ir import Function, Share, Superstep
from jangrad.compiler.loops.schedule import functions_of
from jangrad.compiler.loops.target import Chunks, Target
from jangrad.compiler.plan.layout import Layout, phases
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.plan.parallel import between_barriers


def supersteps(plan: Plan, layout: Layout, target: Target, chunks: Chunks) -> list[Superstep]:
    """The kernels behind the rows, in slices where there is enough to do; the last is for one.

    Args:
        plan: all kernels, as `in_parallel` has put them in order.
        layout: of the arenas.
        target, chunks: as for `schedule`.
    """

    def functions(kernels: Sequence[Kernel]) -> tuple[Function, ...]:
        return tuple(functions_of(kernels, target, chunks, most=1))

    after, rows = phases(plan)[2], (chunks.rows, chunks.threads)
    found, late = between_barriers(after, plan, layout, target.bytes_each, *rows)
    made = []
    for together in found:
        shares: list[Share] = []
        for is_cut, parts in groupby(together, key=lambda part: bool(part.slices)):
            if is_cut:
                shares += [Share(functions(part.slices), part.steps) for part in parts]
            else:
                shares.append(Share(functions([part.kernel for part in parts]), {}))
        made.append(Superstep(tuple(shares)))
    return [*made, Superstep((Share(functions(late), {}),))]
