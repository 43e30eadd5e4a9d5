"""Programs that were compiled before: lately in this process, or ever by this version of jangrad.

A lesson's cell is run again, rates are compared, weights start from other seeds: the program is the
same each time. It is told by all that it is made of, so it is the same program or none.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jangrad import ops
from jangrad.compiler.program.ir import OPERATIONS, Program
from jangrad.compiler.run import native
from jangrad.compiler.run.cache import blake2b, cached
from jangrad.compiler.run.executable import Binary, Executable
from jangrad.engine import Value

if TYPE_CHECKING:
    from jangrad.compiler.run.writing import Written

_MOST = 16
_kept: OrderedDict[bytes, Executable] = OrderedDict()
_lock = threading.Lock()


def compiled(
    program: Program, settings: object, params: list[Value], write: Callable[[], Written]
) -> Executable:
    """The program as machine code, with memory of its own.

    Args:
        program: what was traced.
        settings: all else that decides what is made of it, told apart by its `repr`.
        params: the Values behind the parameters.
        write: writes the module; it is kept, so it must not hold on to Values.
    """
    key = _digest(program, settings)
    with _lock:
        known = _kept.pop(key, None)
    if known is None:
        made_from = [key.hex(), repr(native.host()), compiler()]
        binary = Binary.from_bytes(cached(made_from, lambda: write().binary().to_bytes()))
        # Neither numbers nor Values are kept, only the code.
        known = Executable(binary, native.Code(binary.made, native.host()), [], write)
    with _lock:
        _kept[key] = known
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return known.on(params)


@cache
def compiler() -> str:
    """What compiles: LLVM's version, and every file of the package as it is now."""
    import llvmlite

    found = []
    for folder, _, names in os.walk(Path(__file__).parents[2]):
        for name in names:
            if name.endswith((".py", ".so", ".pyd")):
                about = os.stat(os.path.join(folder, name))
                found.append(f"{name} {about.st_size} {about.st_mtime_ns}")
    return "\n".join([llvmlite.__version__, *sorted(found)])


def _digest(program: Program, settings: object) -> bytes:
    found = blake2b(repr((settings, program.params, program.inputs)).encode())
    for field in fields(program):
        part = getattr(program, field.name)
        if isinstance(part, np.ndarray):
            found.update(f"{field.name} {part.dtype} {part.shape}".encode())
            found.update(part.tobytes())
    for number in np.flatnonzero(np.bincount(program.op)).tolist():
        row = ops.OPS.get(OPERATIONS[number].name)
        found.update(repr(row).encode())
    return found.digest()
