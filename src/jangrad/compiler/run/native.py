"""Machine code from LLVM's text, through llvmlite."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from jangrad import forks
from jangrad.compiler.dtype import Number
from jangrad.compiler.loops.target import Target
from jangrad.errors import ConfigError, NoCompiler

#: The oldest llvmlite that will do, as pyproject.toml says.
OLDEST = "0.45"
#: LLVM's memory manager asks how much memory an object wants, but leaves out the addresses of the
#: functions of the C library; they find room on the page that data of ours is given.
_ROOM = "\n@room = internal global i64 0\n"
#: One thread at a time plans and compiles, and imports what that needs.
compiling = forks.awaited(1)


class Host(NamedTuple):
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


@cache
def _llvm() -> Any:
    with compiling:
        try:
            llvm = _imported()
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
        except Exception as error:  # whatever a broken library raises
            raise NoCompiler(
                f"there is no compiler, for llvmlite cannot be used: {error}",
                why='jit, compile_step and engine="native" compile with LLVM, which it brings;'
                " all else does without",
                try_=f"pip install --upgrade 'llvmlite>={OLDEST}'; or the function without `jit`,"
                ' and fit(..., engine="eager")',
            ) from error
        # What llvmlite holds in each of its calls, also in its destructors.
        lock = getattr(getattr(llvm.ffi.lib, "_lock", None), "_lock", None)
        if lock is not None:
            forks.awaited(2, lock)
    return llvm


def _imported() -> Any:
    import llvmlite

    def numbers(version: str) -> list[int]:
        return [int(number) for number in version.split(".")[:2]]

    if numbers(llvmlite.__version__) < numbers(OLDEST):
        raise ImportError(f"its version is {llvmlite.__version__}, older than {OLDEST}")
    import llvmlite.binding as llvm

    return llvm


@cache
def host() -> Host:
    """This machine's processor.

    Raises:
        NoCompiler: when llvmlite cannot be used.
    """
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
        try:
            llvm.Target.from_triple(triple)
        except RuntimeError:
            raise ConfigError(
                f"llvmlite {_version()} makes no code for {triple!r}",
                why="it was built with some of LLVM's targets",
                try_=", ".join(name for name in _TRIPLES if _is_there(name)),
            ) from None
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


def _version() -> str:
    import llvmlite

    return str(llvmlite.__version__)


class MachineCode:
    """Machine code in memory, freed with this object.

    Args:
        made: an object file.
    """

    def __init__(self, made: bytes, machine: Host) -> None:
        llvm = _llvm()
        with compiling:
            empty = llvm.parse_assembly(f'target triple = "{machine.triple}"')
            # Code and constants in one piece: they may be 2 GiB apart at most, or LLVM ends the
            # process, and the pages of a long-lived one lie anywhere.
            self._engine = llvm.create_mcjit_compiler(empty, _target_machine(machine), use_lmm=True)
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(made))
            self._engine.finalize_object()
        self.size = len(made)

    def address(self, name: str) -> int:
        """Where a function begins."""
        with compiling:
            found: int = self._engine.get_function_address(name)
        return found


def translate(text: str, machine: Host) -> bytes:
    """The object file of a module: no pass is run, code generation alone at LLVM's level 1."""
    llvm = _llvm()
    with compiling:
        made: bytes = _target_machine(machine).emit_object(llvm.parse_assembly(text + _ROOM))
    return made


def relocatable(text: str, machine: Host) -> bytes:
    """The object file of a module for any processor, laid out as that wants it."""
    llvm = _llvm()
    with compiling:
        made_for = _target_machine(machine)
        module = llvm.parse_assembly(text)
        module.data_layout = str(made_for.target_data)
        made: bytes = made_for.emit_object(module)
    return made


def assembly(text: str, machine: Host) -> str:
    """The same as text for people."""
    llvm = _llvm()
    with compiling:
        found: str = _target_machine(machine).emit_assembly(llvm.parse_assembly(text))
    return found


def _target_machine(machine: Host) -> Any:
    return (
        _llvm()
        .Target.from_triple(machine.triple)
        .create_target_machine(
            cpu=machine.cpu, features=machine.features, opt=1, reloc="pic", codemodel="default"
        )
    )
