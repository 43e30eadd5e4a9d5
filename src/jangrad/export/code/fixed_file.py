"""A header and a file of C in fixed point."""

from __future__ import annotations

import re
from typing import Any

from jangrad.compiler.exporting import RESULTS, Buffer
from jangrad.export.code.c_file import CFile, comment
from jangrad.export.code.calibrated import (
    Calibrated,
    FixedPoint,
    calibrated,
    integers,
    measured,
    parameter_integers,
)
from jangrad.export.code.entries import Entry, Exported
from jangrad.export.code.fixed_words import SHIFTS, FixedC, FixedFunctions, FixedWalk
from jangrad.export.code.identifiers import Identifiers, identifier
from jangrad.export.code.self_test import Case
from jangrad.export.code.spelling import SpelledFunctions
from jangrad.export.code.storage import ArrayPart, Storage, stored
from jangrad.export.code.walk import Printed, Section

_TESTED = 3  # rows of a self-test


class FixedFile(CFile):
    """Writes them.

    Args:
        found, prefix, header_name, tested: as for `CFile`.
        dtype: "int8" or "q15".
        rows: examples of what the function will be given.

    Attributes:
        fixed_point: how far it is from double precision on these.
    """

    def __init__(
        self,
        found: Exported,
        prefix: str,
        header_name: str,
        *,
        tested: bool,
        dtype: str,
        rows: object,
    ) -> None:
        self.dtype, self.rows = dtype, rows
        self.one: Calibrated
        self.fixed_point: FixedPoint
        super().__init__(found, prefix, header_name, tested=tested, libm=False)

    def _stored(self) -> tuple[list[Storage], list[Section]]:
        return stored(self.found, self.names)  # sums of integers are vectors in any order

    def _functions(self) -> SpelledFunctions:
        self.number, self.bytes_each = "int16_t", 2
        self.language = FixedC()
        self.one = calibrated(self.found, self.sections, self.rows, self.dtype)
        return FixedFunctions(self.names, self.one.made.tables)

    def _walked(self, entry: Entry, *given: Any) -> Printed:
        comments = {kernel: lines for kernel, lines in entry.lines.items() if lines}
        walk = FixedWalk(
            *(self.one.made.loops, comments, self.functions, self.tables, given[0]),
            *(self.sections, *given[1:]),
        )
        written = walk.written()
        names = {**{b: n for (b, _), n in walk.numbers.items()}, **walk.arrays}
        self.fixed_point = measured(entry, self.one, names)
        unread = [f"    (void){name};" for name in _unread(written)]
        return written._replace(lines=[*written.lines, *[""] * bool(unread), *unread])

    def _returned(self, result: str) -> list[str]:
        cast = f"({self.number})" if re.fullmatch(r"\w+", result) else ""
        return super()._returned(f"{cast}{result}")

    def _said_of(self, array: Storage) -> str:
        _, places = self.one.made.arrays.get(array.name, (16, 0))
        return f", {places} binary places"

    def _kind_of(self, array: Storage) -> tuple[str, int]:
        bits, _ = self.one.made.arrays.get(array.name, (16, 0))
        return f"int{bits}_t", bits // 8

    def _numbers_of(self, array: Storage, part: ArrayPart) -> list[str]:
        numbers = [value.data for value in part.group.values]
        return list(map(str, parameter_integers(self.one.made, array.name, numbers)))

    def _before_names(self) -> list[str]:
        found = ["#include <stdint.h>", ""]
        (entry,) = self.found.entries
        given = [(a.name, Buffer("inputs", k)) for k, a in enumerate(entry.arguments)]
        asks = any("INT16_MIN" in line for body, _ in self.bodies.values() for line in body)
        found += comment(
            "A number is given as an integer: times this, rounded, and from -32767 to 32767"
            f"{'; NAN is INT16_MIN' * asks}. What is given back is the number times its own."
        )
        names = [*given, ("y", RESULTS)]
        macros = Identifiers()  # x and X are two arguments
        for name, buffer in names:
            scale = 2.0 ** self.one.made.places[buffer]
            macro = macros.new(identifier(name).upper())
            found.append(f"#define {self.prefix.upper()}_{macro}_SCALE {scale!r}F")
        return [*found, ""]

    def _before_functions(self) -> list[str]:
        known = self.fixed_point
        width = max(len(each.name) for each in known.classes)
        told = [
            f"   {each.name:{width}}  {each.places:3}  {each.error:8.2g} of {each.largest:.3g}"
            for each in known.classes
        ]
        return [
            "/* Numbers are integers with binary places behind the point: how many there are, and",
            f"   how far numbers are from double precision on {known.rows:,} rows at most.",
            *told[:-1],
            f"{told[-1]} */",
            "",
            *SHIFTS.split("\n"),
        ]

    def _near(self, near: str) -> list[str]:
        return [
            f"static int {near}(int16_t found, int16_t expected)",
            "{",
            "    return found == expected;",
            "}",
        ]

    def _cases(self, entry: Entry) -> list[Case]:
        exact, found = self.one.exact, self.one.found
        cases = []
        for row in range(min(_TESTED, self.one.rows)):
            given: list[float] = []
            for k in range(len(entry.arguments)):
                buffer = Buffer("inputs", k)
                given += integers(exact[buffer][:, row], self.one.made.places[buffer]).tolist()
            cases.append(Case(given, found[RESULTS][:, row].tolist()))
        return cases


def _unread(written: Printed) -> list[str]:
    """Numbers and arrays that nothing reads: beside far larger terms they are cut off as 0."""
    text = "\n".join([*written.lines, written.result])
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = re.findall(r"^    (?:const int32_t|int16_t) (\w+)(?: =|\[)", text, re.MULTILINE)
    stores = re.findall(r"^ +(\w+)\[.*?\] =", text, re.MULTILINE)
    words = re.findall(r"\w+", text)
    return [name for name in names if words.count(name) == 1 + stores.count(name)]
