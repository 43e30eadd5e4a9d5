"""Machine code from LLVM's text, through llvmlite.

LLVM's library takes longer to load than all else that a first call does when its machine code is in
the cache. So it is loaded where something is compiled, and where nothing else can tell what is
asked for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import numpy as np

from jangrad import forks
from jangrad.compiler.dtype import Number
from jangrad.compiler.loops.target import Target
from jangrad.compiler.run.cache import cached
from jangrad.compiler.run.image import Image, LeftToLlvm
from jangrad.errors import ConfigError, NoCompiler
from jangrad.record import Record

#: The oldest llvmlite that will do, as pyproject.toml says.
OLDEST = "0.45"
#: LLVM's memory manager asks how much memory an object wants, but leaves out the addresses of the
#: functions of the C library; they find room on the page that data of ours is given.
_ROOM = "\n@room = internal global i64 0\n"
# The rooms that decide what is made of a program, beside the files that lie next to them.
_COMPILING = ("compiler", "train")
#: One thread at a time plans and compiles, and imports what that needs.
compiling = forks.awaited(1)


class Host(Record):
    """The processor that code is made for.

    Attributes:
        triple, cpu, features: as LLVM calls them.
        vector_bytes: the width of its vector registers.
        registers: how many there are.
    """

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int

    def target(self, number: Number) -> Target:
        """What the emitter needs to know of it."""
        return Target(number, self.vector_bytes // (8 if number == "double" else 4), self.registers)


@contextmanager
def _refused() -> Iterator[None]:
    """Says of whatever a library raises that is missing, too old or broken what would help."""
    try:
        yield
    except Exception as error:
        raise NoCompiler(
            f"there is no compiler, for llvmlite cannot be used: {error}",
            why='jit, compile_step and engine="native" compile with LLVM, which it brings;'
            " all else does without",
            try_=f"pip install --upgrade 'llvmlite>={OLDEST}'; or the function without `jit`,"
            ' and fit(..., engine="eager")',
        ) from error


@cache
def _llvm() -> Any:
    _library()
    with compiling, _refused():
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
    # What llvmlite holds in each of its calls, also in its destructors.
    lock = getattr(getattr(llvm.ffi.lib, "_lock", None), "_lock", None)
    if lock is not None:
        forks.awaited(2, lock)
    return llvm


@cache
def _library() -> Any:
    """llvmlite, which loads nothing of LLVM yet."""

    def numbers(version: str) -> list[int]:
        return [int(number) for number in version.split(".")[:2]]

    with compiling, _refused():
        import llvmlite

        if numbers(llvmlite.__version__) < numbers(OLDEST):
            raise ImportError(f"its version is {llvmlite.__version__}, older than {OLDEST}")
    return llvmlite


@cache
def compiler_version() -> str:
    """What compiles: the versions of all that takes part, and every file of it now.

    Raises:
        NoCompiler: when llvmlite is missing or too old.
    """
    library = _library()
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    binding = os.path.join(os.path.dirname(library.__file__), "binding")
    files = list(_files(package))
    for folder in (binding, *(os.path.join(package, name) for name in _COMPILING)):
        files += _files(folder, deep=True)
    return "\n".join([sys.version, np.__version__, library.__version__, *sorted(files)])


def _files(folder: str, *, deep: bool = False) -> Iterator[str]:
    """The files of a folder that is there: their names and sizes, and since when they are so."""
    for entry in os.scandir(folder) if os.path.isdir(folder) else ():
        if entry.name.endswith((".py", ".so", ".pyd", ".dll", ".dylib")):
            about = entry.stat()
            # An archive may give a file any date, but not the time at which it was put here.
            when = f"{about.st_mtime_ns} {about.st_ctime_ns}"
            yield f"{os.path.basename(folder)}/{entry.name} {about.st_size} {when}"
        elif deep and entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry.path, deep=True)


@cache
def host() -> Host:
    """This machine's processor.

    Raises:
        NoCompiler: when llvmlite cannot be used.
    """
    told = _told_of_processor()
    if told is None:
        return _asked()
    made_from = ["processor", told, compiler_version()]
    return Host(*json.loads(cached(made_from, lambda: json.dumps(_asked()).encode())))


def _told_of_processor() -> str | None:
    """What the system knows of it: its kind and all of its features; None where it does not say."""
    with suppress(OSError, AttributeError), open("/sys/devices/system/cpu/modalias") as file:
        told = file.read()
        if told.startswith("cpu:type:x86"):
            return f"{told} {os.uname().release}"
    return None


def _asked() -> Host:
    llvm = _llvm()
    known = llvm.get_host_cpu_features()
    triple = llvm.get_default_triple()
    # AVX-512 without its 256-bit forms and without double-word integers is no use to us.
    wide = (
        known.get("avx512f", False)
        and known.get("avx512vl", False)
        and known.get("avx512dq", False)
    )
    width = 64 if wide else 32 if known.get("avx", False) else 16
    registers = 32 if wide or not triple.startswith("x86") else 16
    return Host(triple, llvm.get_host_cpu_name(), known.flatten(), width, registers)


def other(triple: str, cpu: str = "", features: str = "") -> Host:
    """Another processor, for which loops are taken one turn after the other.

    Raises:
        ConfigError: when llvmlite has no such target.
        NoCompiler: when llvmlite cannot be used.
    """
    llvm = _llvm()
    with compiling:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        if not _is_there(triple):
            raise ConfigError(
                f"llvmlite {_library().__version__} makes no code for {triple!r}",
                why="it was built with some of LLVM's targets",
                try_=", ".join(filter(_is_there, _TRIPLES)),
            )
    return Host(triple, cpu, features, 0, 0)


#: What the targets of usual machines are called.
_TRIPLES = (
    *("x86_64-linux-gnu", "aarch64-linux-gnu", "armv7-linux-gnueabihf", "thumbv6m-none-eabi"),
    *("thumbv7m-none-eabi", "thumbv7em-none-eabi", "riscv32-unknown-elf", "riscv64-linux-gnu"),
    *("wasm32-unknown-unknown", "avr", "xtensa", "powerpc64le-linux-gnu", "s390x-linux-gnu"),
)


def _is_there(triple: str) -> bool:
    try:
        _llvm().Target.from_triple(triple)
    except RuntimeError:
        return False
    return True


class MachineCode:
    """Machine code in memory, freed with this object.

    Args:
        made: an object file.
    """

    def __init__(self, made: bytes, machine: Host) -> None:
        self._held: Image | _Loaded
        try:
            self._held = Image(made)
        except LeftToLlvm:
            self._held = _Loaded(made, machine)

    def address(self, name: str) -> int:
        """Where a function begins."""
        return self._held.address(name)


class _Loaded:
    """The same by LLVM's loader, which is for any object file."""

    def __init__(self, made: bytes, machine: Host) -> None:
        llvm = _llvm()
        with compiling:
            empty = llvm.parse_assembly(f'target triple = "{machine.triple}"')
            # Code and constants in one piece: they may be 2 GiB apart at most, or LLVM ends the
            # process, and the pages of a long-lived one lie anywhere.
            self._engine = llvm.create_mcjit_compiler(empty, _target_machine(machine), use_lmm=True)
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(made))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        with compiling:
            found: int = self._engine.get_function_address(name)
        return found


def translate(text: str, machine: Host) -> bytes:
    """The object file of a module: no pass is run, code generation alone at LLVM's level 1."""
    with _parsed(text + _ROOM, machine) as (made_for, module):
        made: bytes = made_for.emit_object(module)
    return made


def relocatable(text: str, machine: Host) -> bytes:
    """The object file of a module for any processor, laid out as that wants it."""
    with _parsed(text, machine) as (made_for, module):
        module.data_layout = str(made_for.target_data)
        made: bytes = made_for.emit_object(module)
    return made


def assembly(text: str, machine: Host) -> str:
    """The same as text for people."""
    with _parsed(text, machine) as (made_for, module):
        found: str = made_for.emit_assembly(module)
    return found


@contextmanager
def _parsed(text: str, machine: Host) -> Iterator[tuple[Any, Any]]:
    """What generates code, and the module, while no other thread compiles."""
    llvm = _llvm()
    with compiling:
        yield _target_machine(machine), llvm.parse_assembly(text)


def _target_machine(machine: Host) -> Any:
    return (
        _llvm()
        .Target.from_triple(machine.triple)
        .create_target_machine(
            cpu=machine.cpu, features=machine.features, opt=1, reloc="pic", codemodel="default"
        )
    )
