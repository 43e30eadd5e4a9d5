"""Programs that were compiled before: lately in this process, or ever by this version of jangrad.

A lesson's cell is run again, rates are compared, weights start from other seeds: the program is the
same each time. It is told by all that it is made of, so it is the same program or none:

    the program       every array of it, and what each number in `op` stands for in this process
    rules             of its operations, users' own too, of all that these call, and constants
    settings          the type of numbers, rows and threads, an optimiser's rule and options, and
                      which passes are switched off
    the machine       its processor and the features of that, as LLVM names them
    the compiler      the versions of LLVM, NumPy and Python, and each file that takes part

No environment variable decides what code is made; Values, weights and rates are no part of it.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad import forks, ops, rules
from jangrad.compiler.dtype import Number
from jangrad.compiler.program.ir import OPERATIONS, Program
from jangrad.compiler.run import native
from jangrad.compiler.run.binary import Binary
from jangrad.compiler.run.cache import blake2b, cached
from jangrad.compiler.run.executable import Executable
from jangrad.engine import Value
from jangrad.switches import as_now, limits, switched_off

if TYPE_CHECKING:
    from jangrad.compiler.run.pipeline import LoweredProgram, Passes, Source

_MOST = 16
_programs: OrderedDict[bytes, Executable] = OrderedDict()
_lock = forks.renewed(sys.modules[__name__], "_lock", threading.RLock)


def load_or_compile(
    program: Program,
    settings: object,
    params: list[Value],
    source: Callable[[Passes], Source],
    number: Number,
    mapped: bool,
    rows: int | None = None,
    *,
    calls: Iterable[str] = (),
    **how: Any,
) -> Executable:
    """The program as machine code, with memory of its own.

    Args:
        program: what was traced.
        settings: what decides beside the arguments below what is made of it, told apart by its
            `repr`.
        params: the Values behind the parameters.
        source: says what is made of it; that is kept, so it must not hold on to Values.
        number, mapped, rows, how: as for `lower_to_llvm`.
        calls: the functions of the table that the settings use beside the program's.
    """

    def lower(passes: Passes | None = None) -> LoweredProgram:
        from jangrad.compiler.run.pipeline import Passes, lower_to_llvm

        passes = passes or Passes()
        return lower_to_llvm(source(passes), number, mapped, rows, passes=passes, **how)

    told = settings, number, mapped, rows, how
    key = _digest(program, (told, sorted(switched_off()), limits()), calls)
    with _lock:
        known = _programs.pop(key, None)
    if known is None:
        with native.compiling:
            made_from = [key.hex(), repr(native.host()), native.compiler_version()]
            binary = Binary.from_bytes(cached(made_from, lambda: lower().binary().to_bytes()))
            code = native.MachineCode(binary.made, native.host())
        # Neither numbers nor Values are kept, only the code.
        known = Executable(binary, code, [], as_now(lower))
    with _lock:
        _programs[key] = known
        while len(_programs) > _MOST:
            _programs.popitem(last=False)
    return known.on(params)


def _digest(program: Program, settings: object, calls: Iterable[str]) -> bytes:
    # Which number an operation has depends on what this process met first.
    numbers = np.flatnonzero(np.bincount(program.op)).tolist()
    operations = [OPERATIONS[number] for number in numbers]
    told = (settings, program.params, program.inputs, operations, rules.CONSTANTS)
    found = blake2b(repr(told).encode())
    for name, part in program._asdict().items():
        if isinstance(part, np.ndarray):
            if part.dtype == np.int64 and len(part) and 0 <= part.min() <= part.max() < 1 << 31:
                part = part.astype(np.int32)  # which takes half as long to digest
            found.update(f"{name} {part.dtype} {part.shape}".encode())
            found.update(np.ascontiguousarray(part).data)
    for row in _rows([*(operation.name for operation in operations), *sorted(calls)]):
        found.update(repr(row).encode())
    return found.digest()


def _rows(names: Iterable[str]) -> Iterator[ops.Op]:
    """The rows of these operations, and of all that their rules call, each once."""
    waiting, seen = list(names), set()
    while waiting:
        row = ops.OPS.get(name := waiting.pop())
        if row is not None and name not in seen:
            seen.add(name)
            yield row
            waiting += sorted(set().union(*map(rules.functions_in, (row.value, *row.partials))))
