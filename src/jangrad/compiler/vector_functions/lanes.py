"""What an elementary function is written in: arithmetic on vectors of numbers as IEEE 754 has it.

There are no branches: both sides of a choice are computed, and `select` takes one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from jangrad.compiler.dtype import Number
from jangrad.record import Record

#: What the functions compute with: numbers, integers of the same size (the bits of numbers), or
#: masks. They do not look at it; here it is an instruction's name or a constant.
Vector = Any


class Format(Record):
    """A binary format of IEEE 754: sizes in bits, and the exponent that stands for 1."""

    size: int
    mantissa: int  # without the leading one
    bias: int
    pack: str


FORMATS: dict[Number, Format] = {
    "double": Format(64, 52, 1023, "<d"),
    "float": Format(32, 23, 127, "<f"),
}


def bits_of(x: float, number: Number) -> int:
    """The bits of a number, as an unsigned integer.

    >>> hex(bits_of(1.0, "double"))
    '0x3ff0000000000000'
    """
    return int.from_bytes(struct.pack(FORMATS[number].pack, x), "little")


def rounded(x: float, number: Number) -> Any:
    """x in the number type; infinite beyond its largest number.

    >>> float(rounded(1e300, "float"))
    inf
    """
    with np.errstate(over="ignore"):
        return np.float64(x) if number == "double" else np.float32(x)


def _instruction(name: str, kind: str = "type") -> Callable[..., Vector]:
    """Writes an instruction of vectors of a type that a `Lanes` names."""

    def written(m: Lanes, *vectors: Vector) -> Vector:
        return m.write(f"{name} {getattr(m, kind)} {', '.join(vectors)}")

    return written


def _function(name: str) -> Callable[..., Vector]:
    """Writes a call of one of LLVM's own functions of numbers."""

    def written(m: Lanes, *vectors: Vector) -> Vector:
        return m._call(name, *vectors)

    return written


class Lanes:
    """Vectors of one number type and width: each operation writes an instruction of LLVM.

    Numbers are rounded to nearest, ties to even. Comparisons with nan are false, but for `ne`.
    Integers are computed modulo two to their size.

    >>> lines = []
    >>> def write(instruction):
    ...     lines.append(f"%{len(lines)} = {instruction}")
    ...     return f"%{len(lines) - 1}"
    >>> m = Lanes(write, "double", 4)
    >>> m.fma("%x", "%x", m.const(0.0))
    '%0'
    >>> lines[0][:43]
    '%0 = call <4 x double> @llvm.fma.v4f64(<4 x'
    >>> list(m.needs)
    ['llvm.fma.v4f64']

    Args:
        write: takes the text of an instruction and returns the name of its result.
        number: "double" or "float".
        lanes: how many; 1 gives scalars.

    Attributes:
        type, int_type, mask_type: what the values are called in LLVM.
        needs: of each function that was called its declaration or definition, by name.
    """

    def __init__(self, write: Callable[[str], str], number: Number = "double", lanes: int = 1):
        self.write, self.number, self.lanes = write, number, lanes
        self.format = FORMATS[number]
        self.type, self.int_type, self.mask_type = (
            scalar if lanes == 1 else f"<{lanes} x {scalar}>"
            for scalar in (number, f"i{self.format.size}", "i1")
        )
        self.suffix = f"{'' if lanes == 1 else f'v{lanes}'}f{self.format.size}"
        self.needs: dict[str, str] = {}

    def _splat(self, scalar: str) -> str:
        return scalar.partition(" ")[2] if self.lanes == 1 else f"splat ({scalar})"

    def _call(self, name: str, *arguments: Vector) -> Vector:
        symbol = f"llvm.{name}.{self.suffix}"
        types = ", ".join([self.type] * len(arguments))
        self.needs[symbol] = f"declare {self.type} @{symbol}({types})"
        given = ", ".join(f"{self.type} {a}" for a in arguments)
        return self.write(f"call {self.type} @{symbol}({given})")

    def const(self, x: float) -> Vector:
        """x, rounded to the number type, in every lane."""
        # LLVM spells a float by the bits of the same number as a double
        bits = bits_of(float(rounded(x, self.number)), "double")
        return self._splat(f"{self.number} 0x{bits:016X}")

    add = _instruction("fadd")
    sub = _instruction("fsub")
    mul = _instruction("fmul")
    div = _instruction("fdiv")
    #: C's fmod: what is left of a, with its sign; exact.
    rem = _instruction("frem")
    neg = _instruction("fneg")
    abs, sqrt, floor, ceil = map(_function, ("fabs", "sqrt", "floor", "ceil"))
    #: rint, not roundeven: older C libraries, on which LLVM falls back, have no roundeven
    round_even = _function("rint")
    #: a * b + c, rounded once.
    fma = _function("fma")
    #: The number, of which LLVM must not know how it came about.
    fenced = _function("arithmetic.fence")

    def beyond(self, bound: float, name: str, x: Vector, near: Vector) -> Vector:
        """The C library's function `name` of x in lanes where |x| > bound, else `near`."""
        symbol = f"{name}.beyond.{self.suffix}"
        if symbol not in self.needs:
            scalar_name = name if self.number == "double" else f"{name}f"
            self.needs[scalar_name] = f"declare {self.number} @{scalar_name}({self.number})"
            self.needs[f"llvm.fabs.{self.suffix}"] = (
                f"declare {self.type} @llvm.fabs.{self.suffix}({self.type})"
            )
            self.needs[symbol] = self._define_beyond(symbol, bound, scalar_name)
        return self.write(f"call {self.type} @{symbol}({self.type} {x}, {self.type} {near})")

    def _define_beyond(self, symbol: str, bound: float, scalar_name: str) -> str:
        """A function that leaves at once when no lane is far out, else goes lane by lane."""
        one, vector, n = self.number, self.type, self.lanes
        lines = [
            f"define internal {vector} @{symbol}({vector} %x, {vector} %near) noinline {{",
            f"  %size = call {vector} @llvm.fabs.{self.suffix}({vector} %x)",
            f"  %far = fcmp ogt {vector} %size, {self.const(bound)}",
        ]
        if n == 1:
            return "\n".join(
                [
                    *lines,
                    "  br i1 %far, label %call, label %done",
                    "call:",
                    f"  %y = call {one} @{scalar_name}({one} %x)",
                    f"  ret {one} %y",
                    "done:",
                    f"  ret {one} %near",
                    "}",
                ]
            )
        return "\n".join(
            [
                *lines,
                f"  %set = bitcast {self.mask_type} %far to i{n}",
                f"  %none = icmp eq i{n} %set, 0",
                "  br i1 %none, label %done, label %lane",
                "done:",
                f"  ret {vector} %near",
                "lane:",
                "  %i = phi i32 [0, %0], [%next, %after]",
                f"  %y = phi {vector} [%near, %0], [%kept, %after]",
                f"  %is_far = extractelement {self.mask_type} %far, i32 %i",
                "  br i1 %is_far, label %call, label %after",
                "call:",
                f"  %from = extractelement {vector} %x, i32 %i",
                f"  %to = call {one} @{scalar_name}({one} %from)",
                f"  %put = insertelement {vector} %y, {one} %to, i32 %i",
                "  br label %after",
                "after:",
                f"  %kept = phi {vector} [%y, %lane], [%put, %call]",
                "  %next = add i32 %i, 1",
                f"  %last = icmp eq i32 %next, {n}",
                "  br i1 %last, label %end, label %lane",
                "end:",
                f"  ret {vector} %kept",
                "}",
            ]
        )

    lt = _instruction("fcmp olt")
    le = _instruction("fcmp ole")
    eq = _instruction("fcmp oeq")
    ne = _instruction("fcmp une")
    both = _instruction("and", "mask_type")
    either = _instruction("or", "mask_type")

    def negated(self, a: Vector) -> Vector:
        return self.write(f"xor {self.mask_type} {a}, {self._splat('i1 true')}")

    def select(self, mask: Vector, a: Vector, b: Vector) -> Vector:
        """a where the mask holds, else b."""
        return self.write(f"select {self.mask_type} {mask}, {self.type} {a}, {self.type} {b}")

    def bits(self, a: Vector) -> Vector:
        return self.write(f"bitcast {self.type} {a} to {self.int_type}")

    def from_bits(self, i: Vector) -> Vector:
        return self.write(f"bitcast {self.int_type} {i} to {self.type}")

    def int_const(self, i: int) -> Vector:
        return self._splat(f"i{self.format.size} {i}")

    iadd = _instruction("add", "int_type")
    isub = _instruction("sub", "int_type")
    iand = _instruction("and", "int_type")
    ior = _instruction("or", "int_type")
    ixor = _instruction("xor", "int_type")
    ieq = _instruction("icmp eq", "int_type")

    def shl(self, i: Vector, count: int) -> Vector:
        return self.write(f"shl {self.int_type} {i}, {self.int_const(count)}")

    def shr(self, i: Vector, count: int) -> Vector:
        """Shifted right, zeros coming in."""
        return self.write(f"lshr {self.int_type} {i}, {self.int_const(count)}")

    # -- made of the above -----------------------------------------------------------------------

    def gt(self, a: Vector, b: Vector) -> Vector:
        return self.lt(b, a)

    def ge(self, a: Vector, b: Vector) -> Vector:
        return self.le(b, a)

    def min(self, a: Vector, b: Vector) -> Vector:
        """a if a < b else b, so b where either is nan: one instruction on x86."""
        return self.select(self.lt(a, b), a, b)

    def max(self, a: Vector, b: Vector) -> Vector:
        """a if a > b else b, so b where either is nan: one instruction on x86."""
        return self.select(self.lt(b, a), a, b)

    @property
    def shifter(self) -> float:
        """Added to a number below a quarter of it, it leaves the rounded number in the low bits."""
        return 1.5 * 2.0**self.format.mantissa
