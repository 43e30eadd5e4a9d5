"""The plan of a program that does the same to each of many numbers, from its plan for one of them.

An optimiser's update treats a million parameters alike. It is planned for one, as if the parameters
were the rows of a batch; then its kernels run over all, and what they summed over rows is a sum.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from jangrad.compiler.plan.nests import Access, Kernel, Plan, Segment
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.ir import OPERATIONS


def for_each(plan: Plan, many: int, buffers: Collection[Buffer]) -> Plan:
    """The plan for so many numbers; its kernels do not tell which nodes they compute.

    Args:
        plan: that for one, of a program whose rows the numbers are.
        many: how many there are.
        buffers: those outside that have a place for each of them.
    """
    found = _ForEach(many, buffers)
    return plan._replace(
        kernels=[found.kernel(k) for k in plan.kernels],
        sizes={found.whole(b): size * found.places(b) for b, size in plan.sizes.items()},
    )


class _ForEach:
    def __init__(self, many: int, buffers: Collection[Buffer]) -> None:
        self.many, self.buffers = many, buffers
        self.axis = [many] if many > 1 else []

    def places(self, buffer: Buffer) -> int:
        """How many places a buffer has in the place of one."""
        return self.many if buffer.per_row or buffer in self.buffers else 1

    def whole(self, buffer: Buffer) -> Buffer:
        return buffer._replace(per_row=False)

    def kernel(self, k: Kernel) -> Kernel:
        count = self.places(k.out.buffer)
        axis = self.axis if count > 1 else []
        return k._replace(
            operation=str(OPERATIONS[SUM]) if k.over_rows else k.operation,
            members=k.members * count,
            out=self.access(k.out, members=len(axis)),
            axes=[*k.axes, *axis],
            segments=[self.segment(s, len(axis)) for s in k.segments],
            over_rows=False,
            after=False,
            nodes=np.zeros(0, np.int64),
        )

    def segment(self, s: Segment, members: int) -> Segment:
        axis = self.axis if s.over_rows else []
        accesses = [self.access(a, members=members, terms=len(axis)) for a in s.accesses]
        return s._replace(accesses=accesses, axes=[*s.axes, *axis], over_rows=False)

    def access(self, a: Access, *, members: int = 0, terms: int = 0) -> Access:
        """The access in loops over the numbers, among the members or the terms if at all."""
        count = self.places(a.buffer)
        step = int(count > 1)
        return a._replace(
            buffer=self.whole(a.buffer),
            rows=a.rows * count,
            inner=[*(s * count for s in a.inner), *[step] * members],
            reduce=(*(s * count for s in a.reduce), *[step] * terms),
            table=None if a.table is None else a.table * count,
        )
