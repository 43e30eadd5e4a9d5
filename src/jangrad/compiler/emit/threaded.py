"""What several threads do behind the rows, as LLVM's text: their slices, between barriers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jangrad.compiler.emit.barrier import WORDS
from jangrad.compiler.emit.writer import Writer
from jangrad.compiler.loops.loop_ir import Function, Superstep
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.layout import Layout
from jangrad.compiler.program.buffers import Buffer


def rest(
    steps: Sequence[Superstep],
    takes: Mapping[str, list[Buffer]],
    outside: Sequence[Buffer],
    layout: Layout,
    target: Target,
    threads: int,
) -> list[str]:
    """What `run` does behind the rows.

    Args:
        steps: what threads do between barriers.
        takes: the buffers that each function takes.
        outside: the names in a table of buffers, behind which the team is found.
        layout: of the arenas.
        target: the machine.
        threads: how many there are.
    """
    w = Writer()
    team = w(f"load ptr, ptr {w(f'getelementptr ptr, ptr %buffers, i64 {len(outside)}')}")
    thread = w(f"load i64, ptr {team}")
    leads = w(f"icmp eq i64 {thread}, 0")
    ends = w(f"icmp eq i64 {thread}, {threads - 1}")
    known: dict[Buffer, str] = {}
    for function in (f for step in steps for share in step.shares for f in share.functions):
        whose = range(threads if function.sums_rows else 1)
        for buffer in (b.of(thread) for b in takes[function.name] for thread in whose):
            if buffer not in known:
                known[buffer] = _pointer(w, team, buffer, list(outside), layout)

    def call(function: Function, moves: Mapping[Buffer, int]) -> None:
        for whose in range(threads if function.sums_rows else 1):
            given = []
            for buffer in takes[function.name]:
                pointer = known[buffer.of(whose)]
                if moves.get(buffer):
                    moved = w(f"mul i64 {thread}, {moves[buffer]}")
                    pointer = w(f"getelementptr {target.number}, ptr {pointer}, i64 {moved}")
                given.append(f"ptr {pointer}")
            if function.sums_rows:
                given.append(f"i1 {int(not whose)}")
            w.do(f"call void @{function.name}({', '.join(given)})")

    def choose(
        which: str,
        then: Sequence[Function],
        other: Sequence[Function],
        moves: Mapping[Buffer, int],
    ) -> None:
        k = len(w.lines)
        w.do(f"br i1 {which}, label %then{k}, label %other{k}")
        for label, functions in (("then", then), ("other", other)):
            w.lines.append(f"{label}{k}:")
            for function in functions:
                call(function, moves)
            w.do(f"br label %both{k}")
        w.lines.append(f"both{k}:")

    for step in steps:
        w.do(f"call void @wait(ptr {team})")
        for share in step.shares:
            if share.moves:
                choose(ends, share.functions[-1:], share.functions[:1], share.moves)
            else:
                choose(leads, share.functions, [], {})
    return w.lines


def _pointer(w: Writer, team: str, buffer: Buffer, outside: list[Buffer], layout: Layout) -> str:
    """Where the buffer of a thread is."""
    name = buffer._replace(thread=0)
    slot = WORDS + 2 * buffer.thread + (name not in outside)
    table = w(f"load ptr, ptr {w(f'getelementptr i64, ptr {team}, i64 {slot}')}")
    if name not in outside:  # the arena itself, or what lies in it
        return w(f"getelementptr i8, ptr {table}, i64 {layout.offset.get(name, 0)}")
    return w(f"load ptr, ptr {w(f'getelementptr ptr, ptr {table}, i64 {outside.index(name)}')}")
