"""The words of C."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np

from jangrad import ieee
from jangrad.compiler.exporting import (
    Number,
    dtype_of,
)
from jangrad.export.code import c_library
from jangrad.export.code.lines import wrapped
from jangrad.export.code.spelling import Language, Text

_PRIMITIVES = {name: "fabs" if name == "abs" else name for name in ieee.PRIMITIVES}


class C(Language):
    """C99, which is C++ too.

    Args:
        number: "double" or "float".
        libm: whether the functions of mathematics are the library's.
    """

    counts = "int"

    def __init__(self, number: Number, *, libm: bool = True) -> None:
        super().__init__(number)
        self.suffix = "" if number == "double" else "F"
        self.primitives = _PRIMITIVES if libm else {}
        self.needs = {} if libm else c_library.NEEDS

    def literal(self, x: float) -> str:
        with np.errstate(over="ignore"):
            held = dtype_of(self.number)(x)
        if math.isinf(held):
            return "INFINITY"
        if math.isnan(held):
            return "NAN"
        return f"{held!s}{self.suffix}"

    def rounded(self, made: Text) -> Text:
        return made

    def primitive(self, name: str) -> str:
        return self.primitives[name] + ("f" if self.number == "float" else "")

    def helper(self, name: str, called: str) -> str:
        texts = _HELPERS if self.primitives else {**_WITHOUT_LIBRARY, **c_library.TEXTS}
        text = texts[name].replace("NUMBER", self.number).replace("NAME", called)
        for word, size in c_library.SIZES[self.number].items():
            text = re.sub(rf"\b{word}\b", size, text)
        text = re.sub(r"#(-?[\d.]+(e[-+]?\d+)?)", rf"\1{self.suffix}", text)
        return text.replace("@", "f" * (self.number == "float"))

    def function(self, name: str, inputs: Sequence[str], value: str) -> str:
        given = ", ".join(f"{self.number} {x}" for x in inputs)
        head = f"static {self.number} {name}({given})"
        unused = [f"    (void){x};" for x in inputs if not re.search(rf"\b{x}\b", value)]
        return "\n".join([head, "{", *unused, *wrapped(f"    return {value};"), "}"])

    def local(self, name: str, value: str, *, changes: bool) -> str:
        return f"{'' if changes else 'const '}{self.number} {name} = {value};"

    def array(self, name: str, size: int) -> str:
        return f"{self.number} {name}[{size}];"


_POWER = """\
static NUMBER NAME(NUMBER a, NUMBER b)
{
    /* C takes an infinity for every real power of -INFINITY. */
    return a == -INFINITY && floor@(b) < b ? NAN : pow@(a, b);
}"""
_MOD = """\
static NUMBER NAME(NUMBER a, NUMBER b)
{
    /* The remainder has the sign of b, as in Python. */
    const NUMBER rest = fmod@(a, b);
    if (rest == #0.0) {
        return copysign@(#0.0, b);
    }
    return (rest < #0.0) != (b < #0.0) ? rest + b : rest;
}"""
_LARGEST = """\
static NUMBER NAME(NUMBER so_far, NUMBER x)
{
    return x > so_far ? x : so_far;
}"""
_NEAREST = """\
static int NAME(NUMBER told, int size)
{
    if (!(told > #0.0)) {
        return 0;
    }
    return told < (NUMBER)(size - 1) ? (int)told : size - 1;
}"""
_WITHOUT_LIBRARY = {"largest": _LARGEST, "nearest": _NEAREST}
_HELPERS = {**_WITHOUT_LIBRARY, "power": _POWER, "mod": _MOD}
