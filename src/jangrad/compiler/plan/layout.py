"""Where the buffers between kernels lie: one arena, whose places are used again."""

from __future__ import annotations

import numpy as np

from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.program.buffers import Buffer
from jangrad.record import Record

ALIGNMENT = 64  # bytes: a cache line, and the widest vector


class Layout(Record):
    """Offsets in the arena.

    Attributes:
        offset: of each buffer, in bytes, a multiple of 64.
        size: of the arena, in bytes.
        unshared: what it would be if no place were used twice.
    """

    offset: dict[Buffer, int]
    size: int
    unshared: int


def phases(plan: Plan) -> tuple[list[Kernel], list[Kernel], list[Kernel]]:
    """The kernels that run once before the rows of a batch, for each chunk of rows, and after."""
    rows = [k for k in plan.kernels if k.is_of_rows]
    after = [k for k in plan.kernels if k.after]
    before = [k for k in plan.kernels if not (k.is_of_rows or k.after)]
    return before, rows, after


def arrange(plan: Plan, chunk: int, bytes_each: int, *, share: bool = True) -> Layout:
    """Give each class buffer its place.

    Args:
        plan: the kernels.
        chunk: how many rows of a batch are computed at once.
        bytes_each: the size of a number.
        share: whether places may be used again.
    """
    before, rows, after = phases(plan)
    order = [*before, *rows, *after]
    borders = (len(before), len(before) + len(rows))
    live_from: dict[Buffer, int] = {}
    live_to: dict[Buffer, int] = {}
    for time, kernel in enumerate(order):
        for out in kernel.writes:
            if out.buffer in plan.sizes:
                live_from.setdefault(out.buffer, time)  # a sum in tiles is written several times
                live_to[out.buffer] = time
        for access in kernel.reads:
            if access.buffer in plan.sizes:
                live_to[access.buffer] = time
    for kernel in order:  # what is needed by every chunk stays until the last one
        for name in (out.buffer for out in kernel.writes if out.buffer in live_from):
            if live_from[name] < borders[0] <= live_to[name]:
                live_to[name] = max(live_to[name], borders[1] - 1)
            if kernel.over_rows:
                live_from[name] = min(live_from[name], borders[0])
                live_to[name] = max(live_to[name], borders[1] - 1)
    sizes = {
        name: _aligned(count * (chunk if name.per_row else 1) * bytes_each)
        for name, count in plan.sizes.items()
    }
    offset: dict[Buffer, int] = {}
    count = len(sizes)
    first, last, start, stop = (np.zeros(count, np.int64) for _ in range(4))
    # The largest first; each at the lowest place that is free while it is live.
    for n, name in enumerate(sorted(sizes, key=lambda n: (-sizes[n], live_from[n]))):
        interfering = (first[:n] <= live_to[name]) & (last[:n] >= live_from[name]) | (not share)
        by_place = np.argsort(start[:n][interfering], kind="stable")
        begins, ends = start[:n][interfering][by_place], stop[:n][interfering][by_place]
        # Where a gap may begin: one before each of these.
        free = np.maximum.accumulate(np.r_[0, ends])
        fits = np.r_[begins - free[:-1] >= sizes[name], True]
        offset[name] = int(free[np.argmax(fits)])
        first[n], last[n] = live_from[name], live_to[name]
        start[n], stop[n] = offset[name], offset[name] + sizes[name]
    size = max((offset[n] + sizes[n] for n in sizes), default=0)
    return Layout(offset, size, sum(sizes.values()))


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
