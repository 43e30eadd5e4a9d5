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
    before = w(f"sitofp i64 %made to {number}")
    with w.loop(0, "%chunks") as (c, _):
        for buffer in (b for b in outside if b.role in ("copies", "settings")):
            start = w(f"mul i64 {c}, {outside[buffer] * chunk}")
            w.do(f"%{buffer}.now = getelementptr {number}, ptr %{buffer}, i64 {start}")
        own = w(f"mul i64 {c}, {chunk}")
        done = w(f"mul i64 {c}, %count")
        with w.loop(0, "%count") as (k, _):
            step = w(f"add i64 {k}, 1")
            made = w(f"fadd {number} {before}, {w(f'sitofp i64 {step} to {number}')}")
            w.do(f"store {number} {made}, ptr %S")
            copy = w(f"add i64 {w(f'mul i64 {k}, %stride')}, {own}")
            left = w(f"mul i64 {w(f'add i64 {done}, {k}')}, {chunk}")
            w.do(f"%E.now = getelementptr {number}, ptr %losses, i64 {left}")
            w.do(f"br i1 {w('icmp eq ptr %rates, null')}, label %rated, label %rate")
            w.start("rate")
            rate = w(f"load {number}, ptr {w.at(number, '%rates', k)}")
            for lane in range(chunk):
                w.do(f"store {number} {rate}, ptr {w.at(number, '%H.now', lane)}")
            w.do("br label %rated")
            w.start("rated")
            if INPUTS_OF_ROWS in outside:
                _gather(w, number, chunk, copy)
            w.lines += once
    head = (
        "define void @copies(ptr %buffers, ptr %arena, i64 %chunks, i64 %count, i64 %made,"
        " i64 %stride, ptr %losses, ptr %rates, ptr %data, ptr %order, i64 %size, i64 %width) #0 {"
    )
    return "\n".join([head, "entry:", *w.lines, "  ret void", "}"])


def _gather(w: Writer, number: str, chunk: int, copy: str) -> None:
    """Copy the rows of a step, each number beside those of the other copies of a chunk."""
    with w.loop(0, chunk) as (i, _):
        first = w(f"mul i64 {w(f'add i64 {copy}, {i}')}, %size")
        with w.loop(0, "%size") as (r, _):
            which = w.at("i32", "%order", w(f"add i64 {first}, {r}"))
            row = w(f"sext i32 {w(f'load i32, ptr {which}')} to i64")
            source = w.at(number, "%data", w(f"mul i64 {row}, %width"))
            start = w(f"mul i64 {r}, %width")
            with w.loop(0, "%width") as (j, _):
                one = w(f"load {number}, ptr {w.at(number, source, j)}")
                slot = w(f"add i64 {start}, {j}")
                place = w(f"add i64 {w(f'mul i64 {slot}, {chunk}')}, {i}")
                w.do(f"store {number} {one}, ptr {w.at(number, '%X', place)}")
