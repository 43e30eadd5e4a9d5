"""A training step by several threads at once: each has its share of the rows, then of the update.

Every thread runs the same function on memory of its own, so that each has summed its own rows when
it comes to the barrier behind them. What follows is cut as well: kernels over many numbers into a
slice for each thread, in supersteps with a barrier between where one needs what another has
computed; the first kernels add up the partial sums, in the order of the threads, so no number
depends on who was faster. What only tells the caller of the step runs behind the last barrier, in
the first thread, while the others have begun the next step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from jangrad.compiler.plan.layout import Layout, phases
from jangrad.compiler.plan.nests import Access, Kernel, Plan, Read, Segment
from jangrad.compiler.program.buffers import OPTIONS, RESULTS, STEP, WHOLE_INPUTS, Buffer
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.ir import OPERATIONS, Ints
from jangrad.record import Record
from jangrad.switches import limits

#: Slices of so many numbers begin at the border of a cache line, and are whole vectors.
_WHOLE = 64


def slice_size(size: int, threads: int) -> int:
    """How many of so many numbers each thread computes; the last one computes the rest too."""
    each = size // threads
    return each - each % _WHOLE if each > _WHOLE else each


# -- the order of the kernels -------------------------------------------------------------------


def in_parallel(plan: Plan, threads: int, chunk: int) -> Plan:
    """The plan in the order in which `between_barriers` takes it.

    Sums over the rows are made in one of two ways. Each thread sums over its own rows, and what
    they come to is added up behind the rows; or behind the rows each thread makes some of the sums,
    over the rows of all. The first way moves the sums from core to core, the second way the rows.

    Args:
        plan: the kernels.
        threads: how many there are.
        chunk: how many rows each has, if they are one chunk and the second way is open; else 0.
    """
    before, rows, after = phases(plan)
    summing = [k for k in rows if k.over_rows]
    looks_up = any(k.out.items for k in summing)
    if not looks_up and sum(k.members for k in summing) > 2 * chunk * _read_of_a_row(summing) > 0:
        rows = [k for k in rows if not k.over_rows]
        sums = [k._replace(after=True) for k in summing]
    else:
        sums = list(_sums(summing, threads))
    early: list[Kernel] = []
    known = {STEP, OPTIONS}
    for kernel in after:  # a few scalars that depend on the rate, the step and the options alone
        if _written(kernel) <= set(plan.sizes) and _reads(kernel) <= known:
            known |= _written(kernel)
            early.append(kernel)
    done = {k.name for k in early}
    after = [*sums, *(k for k in after if k.name not in done)]
    late = {k.name for k in _late(after, plan)}
    after.sort(key=lambda k: k.name in late)
    early = [k._replace(after=False) for k in early]
    return plan._replace(kernels=[*before, *early, *rows, *after])


def _sums(kernels: list[Kernel], threads: int) -> Iterator[Kernel]:
    """Kernels that add the partial sums of all threads to those of the first.

    One for each buffer, if all that lies together there is such sums; else one for each kernel.
    """
    for name in dict.fromkeys(k.out.buffer for k in kernels):
        mine = [k for k in kernels if k.out.buffer == name]
        places = np.unique(np.concatenate([_places(k) for k in mine]))
        if places[-1] - places[0] == len(places) - 1:
            axes = [len(places)][: len(places) > 1]
            out = Access(name, places[:1], [1] * len(axes))
            mine = [mine[0]._replace(members=len(places), out=out, rows=1, axes=axes)]
        for kernel in map(_each_once, mine):
            yield kernel._replace(
                name=f"{kernel.name}s",
                operation=str(OPERATIONS[SUM]),
                segments=[
                    Segment(Read(0), [kernel.out._replace(buffer=b)], [], None, False)
                    for b in (name._replace(thread=thread) for thread in range(threads))
                ],
                over_rows=False,
                after=True,
            )


def _each_once(kernel: Kernel) -> Kernel:
    """The kernel over the places that it writes, each of them once though many are added to it."""
    if kernel.out.items is None:
        return kernel
    places = _places(kernel)
    out = kernel.out._replace(rows=places, inner=[], items=None)
    return kernel._replace(members=len(places), out=out, rows=len(places), axes=[])


def _late(after: Sequence[Kernel], plan: Plan) -> list[Kernel]:
    """Those on which nothing but the step's results depends, so that nobody waits for them."""
    late: list[Kernel] = []
    written: set[Buffer] = set()  # by those that stay before them
    read: set[Buffer] = set()
    for kernel in reversed(after):
        names, reads = _written(kernel), _reads(kernel)
        used = {RESULTS}.union(*map(_reads, late)) & {RESULTS, *plan.sizes}
        wanted = names <= used - read and not reads & written
        # What other threads have computed of their rows is theirs again by then.
        others = kernel.over_rows or any(buffer.thread for buffer in reads)
        if wanted and not others and _work(kernel) < limits().shared_terms:
            late.insert(0, kernel)
        else:
            written |= names
            read |= reads
    return late


def _read_of_a_row(summing: list[Kernel]) -> int:
    """How many numbers of each row these sums read."""
    found: dict[Buffer, int] = {}
    for kernel in summing:
        for segment in kernel.segments:
            for access in segment.accesses:
                low, high = _reach(access, kernel.axes, segment.axes)
                if access.buffer.per_row:
                    found[access.buffer] = max(found.get(access.buffer, 0), high - low)
    return sum(found.values())


def _reads(kernel: Kernel) -> set[Buffer]:
    return {a.buffer for a in kernel.reads if a.buffer.role != "constants"}


def _writes(kernel: Kernel) -> list[Access]:
    """What it stores."""
    fused = [f.out for f in kernel.fused if f.kept]
    return [kernel.out, *fused] if kernel.kept else fused


def _written(kernel: Kernel) -> set[Buffer]:
    return {a.buffer for a in _writes(kernel)}


def _work(kernel: Kernel) -> int:
    each = max(prod(s.axes) for s in kernel.segments) + len(kernel.fused)
    return kernel.members * each


def _reach(access: Access, axes: list[int], terms: list[int]) -> tuple[int, int]:
    """The first address that an access may use, and the one behind the last."""
    sizes, strides = axes, access.inner
    at = access.rows
    if access.table is not None:
        at = access.table
    elif terms:
        sizes, strides = [*axes, *terms], [*access.inner, *access.reduce]
    far = [(size - 1) * stride for size, stride in zip(sizes, strides, strict=True)]
    if access.items is not None:
        far.append((access.items.size - 1) * access.items.stride)
    low, high = int(at.min()), int(at.max()) + 1
    return low + sum(min(0, f) for f in far), high + sum(max(0, f) for f in far)


def _places(kernel: Kernel) -> Ints:
    """All addresses that it writes."""
    found: Ints = kernel.out.rows
    for size, stride in zip(kernel.axes, kernel.out.inner, strict=True):
        found = (found[:, None] + np.arange(size) * stride).ravel()
    if kernel.out.items is not None:
        size, stride = kernel.out.items
        found = np.unique(found[:, None] + np.arange(size) * stride)
    return found


# -- slices and supersteps -------------------------------------------------------------------------


class Span(Record):
    """Numbers that a part of a kernel reads or writes.

    Attributes:
        space: numbers of different spaces never lie at one place; None is the arena.
        all: where those of all slices begin and stop.
        first: where those of the first slice do.
        step: from a slice to the next; 0 where all of them use the same.
        written: whether they are written.
    """

    space: Buffer | None
    all: tuple[int, int]
    first: tuple[int, int]
    step: int
    written: bool


class Part(Record):
    """What the threads make of a kernel: the first one all of it, or each its slice.

    Attributes:
        kernel: the whole kernel.
        slices: that of each thread, and that of the last if it is another; empty if it is not cut.
        steps: of each buffer how many numbers lie from a slice to the next.
    """

    kernel: Kernel
    slices: list[Kernel]
    steps: dict[Buffer, int]


def cut(kernel: Kernel, threads: int, chunk: int) -> Part:
    """A slice for each thread, if there is enough to do."""
    whole = Part(kernel, [], {})
    if any(a.items is not None for a in (*kernel.writes, *kernel.reads)):
        return whole
    at = next((i for i, size in enumerate(kernel.axes) if size >= threads), -1)
    if at < 0 or (_work(kernel) < limits().shared_terms and not kernel.over_rows):
        return whole
    size = kernel.axes[at]
    each = slice_size(size, threads)
    steps: dict[Buffer, int] = {}
    for access in (*kernel.writes, *kernel.reads):
        step = access.inner[at] * each
        buffer = access.buffer
        if buffer.per_row and buffer.role == "inputs":
            steps[WHOLE_INPUTS] = step
        step *= chunk if buffer.per_row else 1
        if steps.setdefault(buffer, step) != step or (buffer.role == "constants" and step):
            return whole  # one pointer is moved for each buffer, and none to a constant

    def shortened(name: str, length: int) -> Kernel:
        axes = [length if i == at else other for i, other in enumerate(kernel.axes)]
        return kernel._replace(name=name, members=kernel.members // size * length, axes=axes)

    last = size - (threads - 1) * each
    slices = [shortened(f"{kernel.name}e", each)]
    if last != each:
        slices.append(shortened(f"{kernel.name}l", last))
    return Part(kernel, slices, steps)


def between_barriers(
    kernels: Sequence[Kernel],
    plan: Plan,
    layout: Layout,
    bytes_each: int,
    chunk: int,
    threads: int,
) -> tuple[list[list[Part]], list[Kernel]]:
    """What runs between barriers, and what the first thread does at last."""
    late = _late(kernels, plan)  # which `in_parallel` has put at the end
    found: list[list[Part]] = [[]]
    used: list[tuple[bool, list[Span]]] = []  # by the parts of the superstep
    for kernel in kernels[: len(kernels) - len(late)]:
        part = cut(kernel, threads, chunk)
        mine = bool(part.slices), list(_spans(part, layout, bytes_each, chunk))
        if any(_collide(other, mine) for other in used):
            found.append([])
            used = []
        found[-1].append(part)
        used.append(mine)
    return found, late


def _spans(part: Part, layout: Layout, bytes_each: int, chunk: int) -> Iterator[Span]:
    kernel = part.kernel
    first = part.slices[0] if part.slices else kernel
    used: list[tuple[bool, list[int], Access]] = [(True, [], a) for a in _writes(kernel)]
    used += [(False, s.axes, a) for s in kernel.segments for a in s.accesses]
    used += [(False, [], a) for f in kernel.fused for a in f.accesses]
    for written, terms, access in used:
        if access.buffer.role == "constants":
            continue
        offset = layout.offset.get(access.buffer)
        base = 0 if offset is None else offset // bytes_each
        scale = chunk if access.buffer.per_row else 1
        whole, own = (
            (base + scale * low, base + scale * high)
            for low, high in (_reach(access, k.axes, terms) for k in (kernel, first))
        )
        space = access.buffer if offset is None else None
        step = part.steps.get(access.buffer, 0)
        yield Span(space, whole, own, step, written)


def _collide(a: tuple[bool, list[Span]], b: tuple[bool, list[Span]]) -> bool:
    """Whether a thread might use what another one writes, for all that is known."""
    if not (a[0] or b[0]):  # both run in the first thread
        return False
    return any(
        (x.written or y.written)
        and x.space == y.space
        and x.all[0] < y.all[1]
        and y.all[0] < x.all[1]
        and (x.step != y.step or max(x.first[1], y.first[1]) - min(x.first[0], y.first[0]) > x.step)
        for x in a[1]
        for y in b[1]
    )
