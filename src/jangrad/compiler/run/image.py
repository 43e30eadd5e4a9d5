"""Object files put into memory without LLVM, whose library takes longer to load than all else.

Its loader is for any object file. Those of the compiler's modules ask for little: code and
constants are only read, and refer to each other by their distance; what they call of the C library
is reached by a jump. So the sections are copied one behind the other, and each distance is written
where the code reads it. A file that asks for more, or is for other processors, is left to LLVM.

Source of the format: System V Application Binary Interface, AMD64 supplement, chapter 4.
"""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np

from jangrad.compiler.program.sweeps import address

# 64 bits, little-endian; and behind a field of the system's: a relocatable file for AMD64.
_BEGINS, _MADE_FOR = b"\x7fELF\x02\x01", b"\x01\x00\x3e\x00"


def _record(fields: str) -> np.dtype[Any]:
    return np.dtype([(name, kind) for name, kind in map(str.split, fields.split(","))])


_BYTE = np.dtype("u1")
_SECTION = _record(
    "name u4, kind u4, flags u8, address u8, offset i8, size i8, link u4, info u4, align i8, of u8"
)
_SYMBOL = _record("name u4, info u1, other u1, section u2, value i8, size u8")
_RELOCATION = _record("offset i8, kind u4, symbol u4, addend i8")
_SHT_SYMTAB, _SHT_RELA, _SHT_NOBITS = 2, 4, 8
_SHF_WRITE, _SHF_ALLOC = 1, 2
# Sections that a symbol may be in, instead of one of the file: none, and from here on no section.
_SHN_UNDEF, _SHN_LORESERVE = 0, 0xFF00
_STB_GLOBAL = 1
_R_X86_64_PC32, _R_X86_64_PLT32 = 2, 4
# jmp *0(%rip), which goes to the address behind it.
_JUMP = bytes([0xFF, 0x25, 0, 0, 0, 0])


class LeftToLlvm(Exception):
    """An object file asks for more than is done here, or the system does."""


class Image:
    """Machine code in memory, freed with this object.

    Args:
        made: an object file.

    Raises:
        LeftToLlvm: when it asks for more than is done here, or the system does.
    """

    def __init__(self, made: bytes) -> None:
        image, self._functions = relocated(made)
        self._memory = mmap.mmap(-1, len(image), mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        held = np.frombuffer(self._memory, np.uint8)
        held[:] = image
        self._start = address(held)
        # It is written, then run: no memory is ever both.
        protect = ctypes.CDLL(None).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        if protect(self._start, len(held), mmap.PROT_READ | mmap.PROT_EXEC):
            raise LeftToLlvm("the system does not let this memory be run")

    def address(self, name: str) -> int:
        """Where a function begins."""
        return self._start + self._functions[name]


def relocated(made: bytes) -> tuple[Any, dict[str, int]]:
    """An object file as it is in memory, wherever that begins.

    Returns:
        Its bytes, and where the functions that can be called begin.

    Raises:
        LeftToLlvm: when it asks for more.
    """
    if made[:6] != _BEGINS or made[16:20] != _MADE_FOR:
        raise LeftToLlvm("no object file for AMD64 in ELF")
    table, count = int.from_bytes(made[40:48], "little"), int.from_bytes(made[60:62], "little")
    sections = np.frombuffer(made, _SECTION, count, table)

    def holds(section: Any, each: Any = _BYTE) -> Any:
        return np.frombuffer(made, each, section["size"] // each.itemsize, section["offset"])

    starts, end = np.full(count, -1), 0
    is_read = sections["flags"] & (_SHF_ALLOC | _SHF_WRITE) == _SHF_ALLOC
    for k in np.flatnonzero(is_read):
        starts[k] = end + -end % sections["align"][k]
        end = starts[k] + sections["size"][k]
    pieces = np.zeros(end, np.uint8)
    for section, start in zip(sections[is_read], starts[is_read], strict=True):
        if section["kind"] != _SHT_NOBITS:
            pieces[start : start + section["size"]] = holds(section)

    (names_of,) = sections[sections["kind"] == _SHT_SYMTAB]
    symbols, names = holds(names_of, _SYMBOL), holds(sections[names_of["link"]]).tobytes()
    within = symbols["section"]
    begins = np.append(starts, -1)[np.where(within < _SHN_LORESERVE, within, count)]
    # Where each symbol is; -1 where it is nowhere in the image.
    places = np.where(begins < 0, -1, begins + symbols["value"])
    image, functions = pieces.tobytes(), {}
    is_missing = np.zeros(len(symbols), bool)
    for k in np.flatnonzero(symbols["info"] >> 4 == _STB_GLOBAL):
        start = symbols["name"][k]
        name = names[start : names.index(0, start)].decode()
        if symbols["section"][k] == _SHN_UNDEF:
            is_missing[k], places[k] = True, len(image)
            image += _JUMP + _of_the_library(name).to_bytes(8, "little")
        elif places[k] >= 0:
            functions[name] = int(places[k])

    bytes_of = np.frombuffer(bytearray(image), np.uint8)
    for section in sections[sections["kind"] == _SHT_RELA]:
        start, wanted = starts[section["info"]], holds(section, _RELOCATION)
        if start < 0:
            continue
        there, kinds = places[wanted["symbol"]], wanted["kind"]
        is_known = (kinds == _R_X86_64_PLT32) | (kinds == _R_X86_64_PC32) & ~is_missing[
            wanted["symbol"]
        ]
        if not (is_known & (there >= 0)).all():
            raise LeftToLlvm("it refers to more than what is in it, by its distance")
        here = start + wanted["offset"]
        distances = (there + wanted["addend"] - here).astype("<i4")
        bytes_of[here[:, None] + np.arange(4)] = distances.view(np.uint8).reshape(-1, 4)
    return bytes_of, functions


def _of_the_library(name: str) -> int:
    """Where a function of the C library is."""
    try:
        found = ctypes.cast(ctypes.CDLL(None)[name], ctypes.c_void_p).value
    except AttributeError:
        raise LeftToLlvm(f"there is no function {name}") from None
    assert found is not None, "a function that is found is somewhere"
    return found
