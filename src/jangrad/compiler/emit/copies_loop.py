"""The loops over copies of a training and their steps.

All steps of a chunk of copies are made, then those of the next, so what a chunk works on stays in
the cache nearest to the processor.
"""

from __future__ import annotations

from collections.abc import Sequence

from jangrad.compiler.emit.writer import Writer
from jangrad.compiler.loops.target import Target
from jangrad.compiler.program.buffers import INPUTS_OF_ROWS, Buffer

#: What buffers hold of which each chunk of copies has a place of its own.
MOVING = ("copies", "settings", "losses")


def copies(
    pointers: Sequence[str],
    once: Sequence[str],
    outside: dict[Buffer, int],
    target: Target,
    chunk: int,
) -> str:
    """`copies(buffers, arena, chunks, count, made, stride, losses, rates, data, order, size,
    width)`.

    Makes `count` steps of each copy, `made` of which came before. The losses of a chunk of copies
    lie step after step behind those of the chunk before. Unless `rates` is null it has the rate of
    each step, the same for all copies. Where copies have batches of their own, the rows of copy c
    at step k are those of `data`, of `width` numbers each, whose `size` numbers lie at
    `order[(k * stride + c) * size]`.

    Args:
        pointers: the instructions that find the buffers.
        once: those of one step of a chunk.
        outside: the buffers outside, and how many numbers (a copy) they hold.
        target, chunk: the machine, and how many copies a chunk has.
    """
    w = Writer()
    number = target.number
    w.lines += pointers
    moving = [b for b in outside if b.role in ("copies", "settings")]
    before = w(f"sitofp i64 %made to {number}")

    def at(base: str, index: str | int, kind: str = number) -> str:
        return w(f"getelementptr {kind}, ptr {base}, i64 {index}")

    def of_chunk(c: str, _: list[str]) -> list[str]:
        for buffer in moving:
            start = w(f"mul i64 {c}, {outside[buffer] * chunk}")
            w.do(f"%{buffer}.now = getelementptr {number}, ptr %{buffer}, i64 {start}")
        own = w(f"mul i64 {c}, {chunk}")
        done = w(f"mul i64 {c}, %count")

        def of_step(k: str, _: list[str]) -> list[str]:
            step = w(f"add i64 {k}, 1")
            made = w(f"fadd {number} {before}, {w(f'sitofp i64 {step} to {number}')}")
            w.do(f"store {number} {made}, ptr %S")
            copy = w(f"add i64 {w(f'mul i64 {k}, %stride')}, {own}")
            left = w(f"mul i64 {w(f'add i64 {done}, {k}')}, {chunk}")
            w.do(f"%E.now = getelementptr {number}, ptr %losses, i64 {left}")
            w.do(f"br i1 {w('icmp eq ptr %rates, null')}, label %rated, label %rate")
            w.start("rate")
            rate = w(f"load {number}, ptr {at('%rates', k)}")
            for lane in range(chunk):
                w.do(f"store {number} {rate}, ptr {at('%H.now', lane)}")
            w.do("br label %rated")
            w.start("rated")
            if INPUTS_OF_ROWS in outside:
                _gather(w, target, chunk, copy)
            w.lines += once
            return []

        w.loop(0, "%count", 1, [], of_step)
        return []

    w.loop(0, "%chunks", 1, [], of_chunk)
    head = (
        "define void @copies(ptr %buffers, ptr %arena, i64 %chunks, i64 %count, i64 %made,"
        " i64 %stride, ptr %losses, ptr %rates, ptr %data, ptr %order, i64 %size, i64 %width) #0 {"
    )
    return "\n".join([head, "entry:", *w.lines, "  ret void", "}"])


def _gather(w: Writer, target: Target, chunk: int, copy: str) -> None:
    """Copy the rows of a step, each number beside those of the other copies of a chunk."""
    number = target.number

    def of_copy(i: str, _: list[str]) -> list[str]:
        first = w(f"mul i64 {w(f'add i64 {copy}, {i}')}, %size")

        def of_row(r: str, _: list[str]) -> list[str]:
            which = w(f"getelementptr i32, ptr %order, i64 {w(f'add i64 {first}, {r}')}")
            row = w(f"sext i32 {w(f'load i32, ptr {which}')} to i64")
            source = w(f"getelementptr {number}, ptr %data, i64 {w(f'mul i64 {row}, %width')}")
            start = w(f"mul i64 {r}, %width")

            def of_number(j: str, _: list[str]) -> list[str]:
                one = w(f"load {number}, ptr {w(f'getelementptr {number}, ptr {source}, i64 {j}')}")
                slot = w(f"add i64 {start}, {j}")
                place = w(f"add i64 {w(f'mul i64 {slot}, {chunk}')}, {i}")
                to = w(f"getelementptr {number}, ptr %X, i64 {place}")
                w.do(f"store {number} {one}, ptr {to}")
                return []

            w.loop(0, "%width", 1, [], of_number)
            return []

        w.loop(0, "%size", 1, [], of_row)
        return []

    w.loop(0, chunk, 1, [], of_copy)
