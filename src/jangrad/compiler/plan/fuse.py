"""Fusion: kernels that work number by number join a kernel that runs over the same numbers.

A rectifier behind a layer's sums, its slope times a gradient, the lines of an optimiser's update:
each reads what the kernel before has just computed, which is still in a register. Joined, nothing
is loaded again, and what nobody else reads is not even stored.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from jangrad.compiler.plan.nests import (
    Access,
    Apply,
    Computed,
    FusedOperation,
    Kernel,
    Plan,
    Read,
    Term,
)
from jangrad.compiler.program.buffers import Buffer
from jangrad.compiler.program.codes import SUM

# A kernel looks for one to join among so many before it.
_FARTHEST = 50


def fuse(plan: Plan, *, rows: bool = True) -> Plan:
    """The plan with kernels joined.

    Args:
        plan: the kernels in order.
        rows: whether those over the rows of a batch are joined too.
    """
    done: list[Kernel] = []
    writer: dict[
        tuple[Any, Buffer], int
    ] = {}  # of each phase and buffer the last kernel that writes
    for kernel in plan.kernels:
        needs = [writer.get((_phase(kernel), a.buffer), -1) for a in kernel.reads]
        at = len(done)
        if rows or not kernel.is_of_rows:
            at = _producer(kernel, done, max(needs, default=-1))
        if at < len(done):
            done[at] = _joined(done[at], kernel)
        else:
            done.append(kernel)
        writer[_phase(kernel), kernel.out.buffer] = at
    read = {a.buffer for k in done for a in k.reads}
    writers = Counter(b for k in done for b in {a.buffer for a in k.writes})

    def kept(out: Access) -> bool:
        """Whether it must be in memory: others read it, or it is a result, or made in tiles."""
        name = out.buffer
        return name not in plan.sizes or name in read or writers[name] > 1

    kernels = [
        k._replace(
            kept=kept(k.out),
            fused=[f._replace(kept=kept(f.out)) for f in k.fused],
        )
        if k.fused
        else k
        for k in done
    ]
    stored = {a.buffer for k in kernels for a in k.writes}
    sizes = {name: size for name, size in plan.sizes.items() if name in stored}
    return plan._replace(kernels=kernels, sizes=sizes)


def _producer(kernel: Kernel, done: list[Kernel], last: int) -> int:
    """Which of the kernels before it is joined by this one; their count where none is.

    Args:
        kernel: the one that would follow.
        done: those before it.
        last: the last of these that writes what it reads, -1 if none does.
    """
    found = len(done)
    if kernel.over_rows or kernel.is_reducing or kernel.operation == "reduce_max":
        return found
    if kernel.out.items is not None:  # its members may meet
        return found
    if kernel.members == 1 and not kernel.batched:
        return found
    for n in range(len(done) - 1, max(last, len(done) - _FARTHEST, 0) - 1, -1):
        other = done[n]
        if _phase(other) != _phase(kernel):
            continue
        if _fits(kernel, other, close=n == last):
            found = n
        # What has run already must not be noticed by what runs between the two.
        if any(a.buffer == kernel.out.buffer for a in (*other.reads, *other.writes)):
            break
    return found


def _phase(k: Kernel) -> tuple[bool, bool, int]:
    return k.is_of_rows, k.after, k.wavefront


def _fits(kernel: Kernel, producer: Kernel, *, close: bool) -> bool:
    """Whether the kernel runs over the same numbers as the producer, in the same way.

    Args:
        kernel: would follow.
        producer: the kernel to be joined.
        close: whether it reads what the producer writes.
    """
    if (
        producer.over_rows
        or producer.out.items
        or (producer.batched, producer.rows, producer.axes)
        != (kernel.batched, kernel.rows, kernel.axes)
    ):
        return False
    if not kernel.batched:  # vectors run along the members, so all must lie alike
        accesses = [kernel.out, *kernel.reads]
        steps = producer.out.inner
        if producer.is_reducing or kernel.rows > 1:
            return False
        if any(i not in (0, s) for a in accesses for i, s in zip(a.inner, steps, strict=True)):
            return False
        if kernel.out.inner != steps:
            return False
    if not close:  # then it has to share what is loaded
        shares = any(_alike(a, b) for a in kernel.reads for b in producer.reads)
        if producer.is_reducing or not shares:
            return False
    # Memory that one of them writes, the other must touch at the same place.
    written = [*producer.writes, kernel.out]
    touched = [*producer.reads, *producer.writes, *kernel.reads]
    return all(_alike(a, b) for a in written for b in touched if a.buffer == b.buffer)


def _alike(a: Access, b: Access) -> bool:
    """Whether two accesses are to the same number, wherever the loops stand."""
    if a.items or b.items:  # which item is not known
        return False
    return (
        (a.buffer, a.inner) == (b.buffer, b.inner)
        and not (a.reduce or b.reduce)
        and a.table is None
        and b.table is None
        and np.array_equal(a.rows, b.rows)
    )


def _joined(producer: Kernel, kernel: Kernel) -> Kernel:
    """The producer with one more operation fused into it."""
    computed = [out.buffer for out in producer.writes]
    accesses: list[Access] = []

    def read(term: Term, own: list[Access]) -> Term:
        if isinstance(term, Read):
            access = own[term.access]
            if access.buffer in computed:
                return Computed(computed.index(access.buffer))
            accesses.append(access)
            return Read(len(accesses) - 1)
        if isinstance(term, Apply):
            return Apply(term.op, tuple(read(part, own) for part in term.terms))
        return term

    terms = [read(s.term, s.accesses) for s in kernel.segments]
    term = terms[0] if len(terms) == 1 else Apply(SUM, tuple(terms))
    added = FusedOperation(kernel.operation, kernel.out, term, accesses)
    return producer._replace(
        fused=[*producer.fused, added],
        nodes=np.concatenate([producer.nodes, kernel.nodes]),
    )
