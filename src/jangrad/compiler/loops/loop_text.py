"""Loop programs as text for people: the notation of `loop_ir.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jangrad.compiler.loops import loop_ir as ir
from jangrad.compiler.plan.nests import Const
from jangrad.compiler.program.codes import REDUCE_MAX
from jangrad.compiler.program.ir import OPERATIONS

_FEW = 8  # constants of a buffer are shown


def text(program: ir.LoopProgram) -> str:
    """The buffers with their sizes, then all functions."""
    holders: dict[str, list[str]] = {}
    for buffer, size in program.sizes.items():
        if size:
            each = ", for every row" if buffer.per_row else ""
            holders.setdefault(f"{buffer.role}{each}", []).append(f"{buffer}[{size}]")
    lines = [f"{role}: {' '.join(buffers)}" for role, buffers in holders.items()]
    for buffer, numbers in program.constants.items():
        first = ", ".join(map(_number, numbers[:_FEW].tolist()))
        lines.append(f"{buffer} = {first}{', ...' * (len(numbers) > _FEW)}")
    titles = "once", f"for each {program.chunk} rows", "at the end"
    for title, phase in zip(titles, program.phases, strict=True):
        if phase:
            lines += ["", f"-- {title}", *(line for part in phase for line in _part(part))]
    tables = {part.scalars.scalars: part.functions for part in program.irregular}
    for scalars, functions in tables.items():
        lines += ["", f"-- for records of {scalars}"]
        lines += [line for function in functions for line in _part(function)]
    return "\n".join(lines)


def _part(part: ir.Part) -> Iterator[str]:
    if isinstance(part, ir.Irregular):
        first, last = part.scalars.wavefronts[part.wavefront]
        records = f"records {first}..{last} of {part.scalars.buffers[1]}"
        yield f"{part.name}: irregular nodes of {part.scalars.scalars}, by {records}"
    elif isinstance(part, ir.Superstep):
        yield "when all threads have come:"
        for share in part.shares:
            moves = ", ".join(f"{buffer} {step}" for buffer, step in share.moves.items() if step)
            who = f"each thread, further on by {moves}" if share.moves else "the first thread"
            yield f"  by {who}:"
            for function in share.functions:
                yield from ("    " + line for line in _part(function))
    else:
        if part.is_group:
            yield f"{part.name}, one function:"
        for nest in part.nests:
            yield from _nest(nest)


def _nest(nest: ir.Nest) -> Iterator[str]:
    yield f"{nest.label}:"
    yield from _lines(nest.body, "  ")


def _lines(body: Sequence[ir.Statement | ir.Step], indent: str) -> Iterator[str]:
    for s in body:
        if isinstance(s, ir.Loop):
            at_once = " x ".join(
                [f"{s.unroll}"] * (s.unroll > 1) + [f"a vector of {s.lanes}"] * (s.lanes > 1)
            )
            yield f"{indent}for {s.over} in {s.start}..{s.stop}" + (
                f", {at_once} at once:" if at_once else ":"
            )
            yield from _lines(s.body, indent + "  ")
        elif isinstance(s, ir.Epilogue):
            yield f"{indent}then:"
            yield from _lines(s.body, indent + "  ")
        elif isinstance(s, ir.Straight):
            yield f"{indent}in order:"
            yield from _lines(s.steps, indent + "  ")
        elif isinstance(s, ir.Nest):
            yield from (indent + line for line in _nest(s))
        elif isinstance(s, ir.Set):
            yield f"{indent}{s.name} = {_text(s.value)}"
        elif isinstance(s, ir.Update) and s.op == REDUCE_MAX:
            yield f"{indent}{s.name} = largest({s.name}, {_text(s.value)})"
        elif isinstance(s, ir.Update):
            yield f"{indent}{s.name} += {_text(s.value)}"
        elif isinstance(s, ir.Fold):
            yield f"{indent}{s.name} = {'largest' if s.op == REDUCE_MAX else 'sum'} {s.of}"
        elif isinstance(s, ir.Store):
            yield f"{indent}{s.at} {'+=' if s.adds else '='} {_text(s.value)}"
        elif isinstance(s, ir.RowSums):
            values = ", ".join(map(_text, s.values))
            yield f"{indent}{_run(s)} {'+=' if s.adds else '='} sums over {ir.ROW}: {values}"
        else:
            yield f"{indent}{_text(s.item)} += {_text(s.value)}"


def _number(x: float) -> str:
    return repr(x).removesuffix(".0")


def _run(s: ir.RowSums) -> str:
    """The places of sums that lie side by side."""
    start = s.at.place
    return f"{s.at.buffer}[{start}..{start._replace(constant=start.constant + len(s.values))}]"


def _text(e: ir.Expression) -> str:
    if isinstance(e, Const):
        return _number(e.number)
    if isinstance(e, ir.Local):
        return e.name
    if isinstance(e, ir.Load):
        return str(e.at)
    if isinstance(e, ir.Gather):
        return f"{e.array}[{e.by}; {e.items.size}]"
    if isinstance(e, ir.Select):
        return f"({_text(e.equal)} if {_text(e.of)} == {e.number:g} else {_text(e.other)})"
    terms, name = [_text(t) for t in e.terms], str(OPERATIONS[e.op])
    if name in ("sum", "mul"):
        return (
            f"({(' + ' if name == 'sum' else ' * ').join(terms)})" if len(terms) > 1 else terms[0]
        )
    return f"-{terms[0]}" if name == "neg" else f"{name}({', '.join(terms)})"
