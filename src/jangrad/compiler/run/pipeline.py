"""From a program to machine code: every pass by its name, in order.

What it needs is imported with this file alone: a program that is in the cache does without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from itertools import takewhile
from typing import Any, TypeVar

from jangrad.compiler.dtype import Number, dtype_of
from jangrad.compiler.emit.assembly import LlvmModule, assemble
from jangrad.compiler.loops import straight
from jangrad.compiler.loops.loop_ir import LoopProgram
from jangrad.compiler.loops.schedule import loop_program
from jangrad.compiler.loops.supersteps import supersteps
from jangrad.compiler.loops.target import Chunks
from jangrad.compiler.loops.target import Target as Machine
from jangrad.compiler.loops.tiles import rows_of_tile
from jangrad.compiler.loops.untiled import untiled
from jangrad.compiler.plan import irregular, nests
from jangrad.compiler.plan.for_each import for_each
from jangrad.compiler.plan.fuse import fuse
from jangrad.compiler.plan.kernels import Region, Target, followed_by, plan
from jangrad.compiler.plan.layout import arrange
from jangrad.compiler.plan.nests import Plan
from jangrad.compiler.plan.parallel import in_parallel
from jangrad.compiler.program import ir
from jangrad.compiler.program.buffers import PARAMETERS, WHOLE_INPUTS, Buffer
from jangrad.compiler.program.ir import Program
from jangrad.compiler.run import native
from jangrad.compiler.run.binary import Binary
from jangrad.record import Record
from jangrad.switches import switched_off

Made = TypeVar("Made")

#: Whether what each pass makes is verified.
verifying = False
# Lines that are the same are shown again if they are fewer.
_FEW = 3

# A chunk's buffers shall stay in the L2 cache; those of one kernel then fit the L1 cache.
_CHUNK_BYTES = 200_000
_LEAST_ROWS, _MOST_ROWS = 64, 128
# Half of the L1 cache, for what one sum reads of all rows of a chunk.
_NEAR_BYTES = 1 << 14


#: Every pass, in order, and what it does. The first ones are `trace` and `step_source`.
PASSES = {
    "trace": "the function runs once on Values: its scalars, in order; batched: one for each row",
    "mean": "the loss of a row is weighted and summed over the rows of a batch",
    "differentiate": "each gradient is one sum of contributions; f'i: gradient times i-th partial",
    "prune": "what no output depends on is left out",
    "check": "the loss is nan where anything is not finite",
    "outputs": "an output that is an input, or another output too, is a sum of one term",
    "classes": "isomorphic scalars: computed alike, from scalars that are computed alike",
    "kernels": "a loop nest for each class that is not inlined; i counts members, k terms of a sum",
    "fuse": "kernels that work number by number join the one that computes what they read",
    "threads": "sums over the rows are completed by all threads together",
    "loops": "along what vectors run, and what is computed at once; r counts rows",
    "llvm": "the loop program in LLVM's language",
    "machine code": "that of this processor, by LLVM's code generator without any pass",
}


class Stage(Record):
    """What one pass has made, as text."""

    name: str
    text: str


class Passes:
    """Sees what every pass makes, and verifies it where `verifying` is set, as under test.

    Args:
        kept: whether it is kept as text.

    Attributes:
        stages: what has been kept.
    """

    def __init__(self, *, kept: bool = False) -> None:
        self.stages: list[Stage] = []
        self._kept, self._left = kept, list(PASSES)

    def __call__(self, name: str, made: Made) -> Made:
        """What a pass has made."""
        self._left = self._left[self._left.index(name) + 1 :]
        if verifying:
            _verify(made)
        if self._kept:
            self.stages.append(Stage(name, _text(made)))
        return made

    def as_text(self, lines: int | None = None) -> str:
        """What has been kept, of each so many lines, if not all.

        Lines that a program begins with and the one before too are not shown again.
        """
        found: list[str] = []
        before: list[str] = []
        for name, text in self.stages:
            shown = whole = text.splitlines()
            pairs = zip(before, whole, strict=False)
            same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
            if same == len(whole) == len(before):
                shown = ["as before"]
            elif same >= _FEW:
                shown = [f"... {same} lines as before", *whole[same:]]
            more = 0 if lines is None else len(shown) - lines
            shown = shown[:lines] + [f"... {more:,} more lines"] * (more > 0)
            found.append("\n".join([f"== {name}: {PASSES[name]}", "", *shown]))
            before = whole
        return "\n\n".join(found)


def _verify(made: object) -> None:
    if isinstance(made, Program):
        ir.verify(made)
    elif isinstance(made, Plan):
        nests.verify(made)
    elif isinstance(made, LoopProgram):
        from jangrad.compiler.loops.loop_verifier import verify

        verify(made)


def _text(made: object) -> str:
    if isinstance(made, LoopProgram):
        from jangrad.compiler.loops.loop_text import text

        return text(made)
    return str(made)


class Shown(Record):
    """What is text when somebody looks at it."""

    text: Callable[[], str]

    def __str__(self) -> str:
        return self.text()


class Source(Record):
    """What is compiled.

    Attributes:
        program: the scalars.
        regions: where its inputs lie.
        targets: where its outputs go.
        sizes: of each buffer outside but the parameters, how many numbers (a row) it holds.
        then: what runs when this is done, on what it left in the buffers.
        many, each: of an update that treats so many numbers alike, which are rows of its program,
            how many they are, and the buffers outside that have a place for each.
    """

    program: Program
    regions: list[Region]
    targets: list[Target]
    sizes: dict[Buffer, int]
    then: Source | None = None
    many: int = 0
    each: Collection[Buffer] = ()


class LoweredProgram(Record):
    """A program in LLVM's language, with what reports tell of it."""

    program: Program
    plan: Plan
    module: LlvmModule
    sizes: dict[Buffer, int]

    def binary(self) -> Binary:
        """The module in machine code."""
        module = self.module
        number, filled = module.target.number, {}
        for part in self.plan.irregular:
            holds = part.filled(module.chunk, dtype_of(number))
            filled.update({buffer.name: numbers for buffer, numbers in holds.items()})
        return Binary(
            number,
            {buffer.name: size for buffer, size in self.sizes.items()},
            filled,
            [buffer.name for buffer in module.outside],
            module.layout.size,
            module.chunk,
            native.translate(module.text, native.host()),
        )


def lower_to_llvm(
    source: Source,
    number: Number,
    mapped: bool,
    rows: int | None = None,
    *,
    repeated: bool = False,
    threads: int = 1,
    passes: Passes | None = None,
) -> LoweredProgram:
    """The module for this processor.

    Args:
        source: what to compile.
        number: "double" or "float".
        mapped: whether it runs over the rows of a batch.
        rows: how many there are at most, where that is known; for each of the threads.
        repeated: whether it is a training step, with `steps` beside `run`.
        threads: how many run it together, with a `ThreadTeam`.
        passes: sees what each pass makes.
    """
    passes = passes or Passes()
    machine = native.host()
    target = machine.target(number)
    off = switched_off()
    lanes = target.lanes if threads == 1 and "tables" not in off else None
    found = planned(source, lanes, inline="inline" not in off)
    passes("classes", Shown(lambda: found.classes.as_text(found.program)))
    passes("kernels", found)
    in_order = "" if "straight" in off else straight.phase(source.program, found, mapped=mapped)
    small = in_order == "rows"
    fused = passes("fuse", found if "fuse" in off else fuse(found, rows=not small))
    chunk = _chunk(fused, source, target, rows) if mapped and not small else target.lanes
    single = rows is not None and rows <= chunk
    if threads > 1:
        fused = in_parallel(fused, threads, chunk if single and not small else 0)
        passes("threads", fused)
    sizes = {PARAMETERS: source.program.params, **source.sizes}
    for part in fused.irregular:
        sizes.update(part.sizes(chunk))
    layout = arrange(fused, chunk, target.bytes_each, share="share" not in off)
    chunks = Chunks(chunk, single, WHOLE_INPUTS in sizes, threads)
    how: dict[str, Any] = {}
    if in_order:
        code, how["then"] = straight.code(source.program, fused, target, in_order, chunks)
        how["straight"] = {in_order: code}
    if threads > 1:
        how["after"] = supersteps(fused, layout, target, chunks)
    loops = loop_program(fused, target, chunks, sizes, **how)
    loops = passes("loops", untiled(loops) if "tiles" in off else loops)
    written = {"single": single, "repeated": repeated}
    module = assemble(loops, layout, sizes, target, **written, triple=machine.triple)
    passes("llvm", Shown(lambda: module.text))
    return LoweredProgram(source.program, fused, module, sizes)


def planned(source: Source, lanes: int | None = None, *, inline: bool = True) -> Plan:
    """The kernels of a program, and of the one behind it.

    Args:
        source: the programs.
        lanes: how many numbers a vector holds, where scalars without structure may be taken out;
            they work in memory that threads would share.
        inline: whether classes may be inlined into their users.
    """
    given = (source.program, source.regions, source.targets)
    if lanes is None:
        found = plan(*given, inline=inline)
    else:
        found = irregular.plan(*given, lanes, inline=inline)
    then = source.then
    if then is None:
        return found
    second = plan(then.program, then.regions, then.targets, 1, inline=inline)
    if then.many:
        second = for_each(second, then.many, then.each)
    return followed_by(found, second)


def _chunk(found: Plan, source: Source, target: Machine, rows: int | None) -> int:
    """How many rows are computed at once: as many as the L2 cache holds."""
    widths = {**found.sizes, **source.sizes}
    lanes, least = target.lanes, _LEAST_ROWS
    for part in found.irregular:
        if part.batched:
            widths.update(part.sizes(1))
            least = lanes
    rows_of = [b for b in widths if b.per_row and b != WHOLE_INPUTS]
    a_row = sum(widths[buffer] for buffer in rows_of) * target.bytes_each
    chunk = min(max(_CHUNK_BYTES // max(a_row, 1), least), _MOST_ROWS)
    tile = rows_of_tile(target)
    sums = (s for k in found.kernels if k.batched for s in k.segments)
    longest = max((math.prod(s.axes) for s in sums), default=0)
    if rows is not None:  # as few chunks, all of one size, with as few rows too many
        chunks = -(-rows // chunk)
        chunk = -(-rows // chunks)
    elif least == _LEAST_ROWS and longest * chunk * target.bytes_each > _NEAR_BYTES:
        # Rows of its inputs that are a power of two apart would push each other out of that cache,
        # and sums that do not fill the registers wait for it: whole tiles, an odd number of them.
        chunk = (chunk // (2 * tile) * 2 + 1) * tile
    return -(-chunk // lanes) * lanes
