"""Machine code of any processor as an object file, with a header in C."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from jangrad.compiler.dtype import Number, dtype_of
from jangrad.compiler.emit.assembly import assemble
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.kernels import Region, with_own_outputs
from jangrad.compiler.plan.kernels import Target as Place
from jangrad.compiler.plan.layout import arrange
from jangrad.compiler.program.buffers import INPUTS, PARAMETERS, RESULTS
from jangrad.compiler.program.trace import Trace
from jangrad.compiler.run import native
from jangrad.compiler.run.pipeline import Source
from jangrad.compiler.run.plain import plain_loops
from jangrad.errors import ConfigError, SaveError
from jangrad.files import Kind, check_place, path_of, write_at_once
from jangrad.record import Record

_HEADER = Kind("a header of jangrad's", lambda head: head.startswith(b"/* Machine code"))
#: How object files begin: ELF, Mach-O, COFF by its machine, WebAssembly.
_OBJECT = re.compile(
    rb"\x7fELF|\xcf\xfa\xed\xfe|\xce\xfa\xed\xfe|\x64\x86|\x4c\x01|\x64\xaa|\x00asm"
)
_OBJECTS = Kind("an object file", lambda head: _OBJECT.match(head) is not None)
_ENTRY = """
define void @{name}(ptr %x, ptr %y) #0 {{
entry:
  %table = alloca [{count} x ptr]
{stores}
  call void @run(ptr %table, ptr @arena, i64 1)
  ret void
}}
"""


class Object(Record):
    """What was written.

    Attributes:
        path, header: the object file and its header.
        size: of the object file, in bytes.
    """

    path: str
    header: str
    size: int


def save_object(
    found: Trace,
    number: Number,
    path: str | os.PathLike[str],
    target: str | None,
    cpu: str,
    features: str,
    force: bool,
) -> Object:
    """Write the program of a call; the arguments are those of `Compiled.save_object`."""
    stem = path_of(path, SaveError, 'f.save_object("model.o")').removesuffix(".o")
    places = f"{stem}.o", f"{stem}.h"
    kinds = (None, None) if force else (_OBJECTS, _HEADER)
    for place, kind in zip(places, kinds, strict=True):
        check_place(place, kind)
    machine = native.other(target, cpu, features) if target else native.host()
    if machine.triple.startswith("avr") and number == "double":
        raise ConfigError(
            "numbers of double precision cannot be handed to code of AVR processors",
            why="their compilers take a `double` for four bytes, and LLVM for eight",
            try_='jit(f, dtype="float32")',
        )
    name = re.sub(r"\W", "_", Path(stem).name, flags=re.ASCII)
    name = f"f_{name}" if not name or name[0].isdigit() else name
    parameters = [value.data for value in found.params]
    made = native.relocatable(_text(found, number, machine, name, parameters), machine)
    inputs, outputs = found.program.inputs, len(found.program.outputs)
    header = _header(name, machine, number, inputs, outputs)
    for place, data, kind in zip(places, (made, header.encode()), kinds, strict=True):
        write_at_once(place, data, kind)
    return Object(*places, len(made))


def _text(
    found: Trace, number: Number, machine: native.Host, name: str, parameters: Sequence[float]
) -> str:
    """The module: the loops as they are, and one function that hands them their memory."""
    program = with_own_outputs(found.program)
    count = len(program.outputs)
    sizes = {INPUTS: program.inputs, RESULTS: count}
    source = Source(program, [Region(INPUTS, 0, program.inputs)], [Place(RESULTS, 0, count)], sizes)
    plan, loops = plain_loops(source, number)
    target = Target(number, 1, 1)
    module = assemble(
        *(loops, arrange(plan, 1, target.bytes_each)),
        *({PARAMETERS: program.params, **sizes}, target),
        single=True,
        triple=machine.triple,
    )
    given = {INPUTS: "%x", RESULTS: "%y", PARAMETERS: "@parameters"}
    stores = [_store(n, given[buffer]) for n, buffer in enumerate(module.outside)]
    with np.errstate(over="ignore"):
        held = [_literal(float(dtype_of(number)(x))) for x in parameters]
    numbers = ", ".join(f"{number} {x}" for x in held)
    arena = f"[{max(module.layout.size, 1)} x i8]"
    parts = [
        f'target triple = "{machine.triple}"',
        module.text.replace("define void @run(", "define internal void @run("),
        f"@parameters = internal constant [{len(held)} x {number}] [{numbers}]",
        f"@arena = internal global {arena} zeroinitializer, align 64",
        _ENTRY.format(name=name, count=len(module.outside), stores="\n".join(stores)),
    ]
    return "\n".join(parts)


def _store(n: int, pointer: str) -> str:
    return f"  %at{n} = getelementptr ptr, ptr %table, i64 {n}\n  store ptr {pointer}, ptr %at{n}"


def _literal(x: float) -> str:
    """A number as LLVM reads it, by its bits."""
    return f"0x{np.float64(x).view(np.uint64):016X}"


def _header(name: str, machine: native.Host, number: Number, inputs: int, outputs: int) -> str:
    guard = f"{name.upper()}_H"
    return f"""\
/* Machine code of {name}.o for {machine.triple}, from jangrad.
   It needs no memory but its own, and from the libraries of a compiler what the processor lacks:
   fma, sqrt, or arithmetic of this precision. It is for one caller at a time. */

#ifndef {guard}
#define {guard}

#ifdef __cplusplus
extern "C" {{
#endif

/* All numbers of the arguments, in order; all that the function gives. */
void {name}(const {number} x[{max(inputs, 1)}], {number} y[{max(outputs, 1)}]);

#ifdef __cplusplus
}}
#endif

#endif
"""
