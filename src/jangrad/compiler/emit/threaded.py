"""What several threads do behind the rows, as LLVM's text: their pieces, stage after stage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from jangrad.compiler.emit.barrier import WORDS
from jangrad.compiler.emit.writer import Writer
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.layout import Layout
from jangrad.compiler.plan.nests import Kernel, Plan
from jangrad.compiler.plan.parallel import stages
from jangrad.compiler.program.buffers import Buffer


def rest(
    kernels: Sequence[Kernel],
    plan: Plan,
    add: Callable[[Sequence[Kernel]], list[str]],
    takes: dict[str, list[Buffer]],
    outside: Sequence[Buffer],
    layout: Layout,
    target: Target,
    chunk: int,
    threads: int,
) -> list[str]:
    """What `run` does behind the rows.

    Args:
        kernels: those that run there.
        plan: all kernels.
        add: writes the functions of kernels, and says their names.
        takes: the buffers that each function takes.
        outside: the names in a table of buffers, behind which the team is found.
        layout: of the arenas.
        target: the machine.
        chunk: how many rows are computed at once.
        threads: how many there are.
    """
    found, late = stages(kernels, plan, layout, target.bytes_each, chunk, threads)
    across = {f"{k.name}{end}" for k in kernels if k.over_rows for end in ("", "e", "l")}
    # Of each stage the functions, and for pieces how far they move from thread to thread.
    calls: list[list[tuple[list[str], dict[Buffer, int]]]] = []
    for stage in found:
        calls.append([])
        for is_cut, parts in groupby(stage, key=lambda part: bool(part.pieces)):
            if is_cut:
                calls[-1] += [(add(part.pieces), part.steps) for part in parts]
            else:
                calls[-1].append((add([part.kernel for part in parts]), {}))
    at_last = add(late)
    w = Writer()
    team = w(f"load ptr, ptr {w(f'getelementptr ptr, ptr %buffers, i64 {len(outside)}')}")
    thread = w(f"load i64, ptr {team}")
    leads = w(f"icmp eq i64 {thread}, 0")
    ends = w(f"icmp eq i64 {thread}, {threads - 1}")
    known: dict[Buffer, str] = {}
    for name in [*(name for stage in calls for names, _ in stage for name in names), *at_last]:
        whose = range(threads if name in across else 1)
        for buffer in (_of(b, thread) for b in takes[name] for thread in whose):
            if buffer not in known:
                known[buffer] = _pointer(w, team, buffer, list(outside), layout)

    def call(name: str, steps: dict[Buffer, int]) -> None:
        for whose in range(threads if name in across else 1):
            given = []
            for buffer in takes[name]:
                pointer = known[_of(buffer, whose)]
                if steps.get(buffer):
                    moved = w(f"mul i64 {thread}, {steps[buffer]}")
                    pointer = w(f"getelementptr {target.number}, ptr {pointer}, i64 {moved}")
                given.append(f"ptr {pointer}")
            if name in across:
                given.append(f"i1 {int(not whose)}")
            w.do(f"call void @{name}({', '.join(given)})")

    def choose(which: str, then: list[str], other: list[str], steps: dict[Buffer, int]) -> None:
        k = len(w.lines)
        w.do(f"br i1 {which}, label %then{k}, label %other{k}")
        for label, names in (("then", then), ("other", other)):
            w.lines.append(f"{label}{k}:")
            for name in names:
                call(name, steps)
            w.do(f"br label %both{k}")
        w.lines.append(f"both{k}:")

    for functions in calls:
        w.do(f"call void @wait(ptr {team})")
        for names, steps in functions:
            if steps:
                choose(ends, names[-1:], names[:1], steps)
            else:
                choose(leads, names, [], {})
    w.do(f"call void @wait(ptr {team})")
    choose(leads, at_last, [], {})
    return w.lines


def _of(buffer: Buffer, thread: int) -> Buffer:
    """A thread's own buffer, where each has one behind the rows."""
    return buffer._replace(thread=thread) if buffer.per_row else buffer


def _pointer(w: Writer, team: str, buffer: Buffer, outside: list[Buffer], layout: Layout) -> str:
    """Where the buffer of a thread is."""
    name = buffer._replace(thread=0)
    slot = WORDS + 2 * buffer.thread + (name not in outside)
    table = w(f"load ptr, ptr {w(f'getelementptr i64, ptr {team}, i64 {slot}')}")
    if name not in outside:  # the arena itself, or what lies in it
        return w(f"getelementptr i8, ptr {table}, i64 {layout.offset.get(name, 0)}")
    return w(f"load ptr, ptr {w(f'getelementptr ptr, ptr {table}, i64 {outside.index(name)}')}")
