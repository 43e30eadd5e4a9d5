"""A header and a file of C, from all that is exported."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from jangrad.compiler.exporting import (
    RESULTS,
    STEP,
    Buffer,
    Ints,
    dtype_of,
)
from jangrad.errors import ConfigError
from jangrad.export.code import self_test
from jangrad.export.code.c_words import C
from jangrad.export.code.column_order import by_columns
from jangrad.export.code.entries import Entry, Exported
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.lines import wrapped
from jangrad.export.code.spelling import Language, SpelledFunctions, literal
from jangrad.export.code.storage import ArrayPart, Storage, shown, stored, told
from jangrad.export.code.walk import Printed, Section, Tables, Walk

#: AVR has an address space of its own for flash; without it constants lie in RAM. Of arrays of
#: zeros its compiler says that they are not initialised.
_IN_FLASH = """\
#if defined(__FLASH) && !defined(__STRICT_ANSI__) /* -std=gnu99 of avr-gcc */
#define IN_FLASH __flash
#pragma GCC diagnostic ignored "-Wuninitialized"
#else
#define IN_FLASH
#endif
"""
_CONSTANT = "static const IN_FLASH"
_SMALL = (
    (0, 255, "unsigned char", 1),
    (-32768, 32767, "short", 2),
    (-(2**31), 2**31 - 1, "int", 4),
)


class CFile:
    """Writes them.

    Args:
        found: what is exported.
        prefix: what all public names begin with.
        header_name: of the header's file.
        tested: whether there is a self-test.
        libm: whether functions of mathematics are those of a library.
    """

    def __init__(
        self, found: Exported, prefix: str, header_name: str, *, tested: bool, libm: bool
    ) -> None:
        self.found, self.prefix, self.header_name, self.tested = found, prefix, header_name, tested
        self.number: str = found.number  # the type of what is given, kept and returned
        self.bytes_each = dtype_of(found.number)().itemsize
        self.language: Language = C(found.number, libm=libm)
        self.names = Identifiers()
        self.called = {e.name: self.names.new(f"{prefix}_{e.name}") for e in found.entries}
        self.labels = [
            (label, self.names.new(f"{prefix}_{label.name}_names")) for label in found.labels
        ]
        self.tables = Tables(self.names)
        self.arrays, self.sections = self._stored()
        self.turned = {section.name for section in self.sections if section.shape}
        self.statics: dict[str, int] = {}
        self.functions = self._functions()
        self.bodies = {e.name: self._function(e) for e in found.entries}

    # -- functions --------------------------------------------------------------------------------

    def _stored(self) -> tuple[list[Storage], list[Section]]:
        """Where parameters lie."""
        arrays, sections = stored(self.found, self.names, f"{self.prefix}_")
        return arrays, by_columns(self.found, arrays, sections)

    def _functions(self) -> SpelledFunctions:
        """The functions beside those that users call."""
        return SpelledFunctions(self.language, self.names)

    def _walked(self, entry: Entry, *given: Any) -> Printed:
        """The statements of a function."""
        comments = {kernel: lines for kernel, lines in entry.lines.items() if lines}
        walk = Walk(
            *(entry.loops, comments, self.functions, self.tables, given[0]),
            *(self.sections, *given[1:]),
        )
        return walk.written()

    def _function(self, entry: Entry) -> tuple[list[str], Printed]:
        """Its text, and what is known of it."""
        arrays: dict[Buffer, str] = {}
        steps = ""
        if entry.name == "train_step":  # before the arguments, which must not hide them
            self._memory(arrays)
            steps = self.names.new("steps")
        inner = self.names.within()
        number = self.number
        numbers: dict[tuple[Buffer, int], str] = {}
        given: list[str] = []
        for k, argument in enumerate(entry.arguments):
            name = inner.new(argument.name)
            if argument.shape == ():
                numbers[Buffer("inputs", k), 0] = name
                given.append(f"{number} {name}")
            else:
                arrays[Buffer("inputs", k)] = name
                given.append(f"const {number} {name}[{max(argument.size, 1)}]")
        result = RESULTS if entry.shape == () else None
        if result is None:
            arrays[RESULTS] = inner.new("y")
            given.append(f"{number} {arrays[RESULTS]}[{max(entry.outputs, 1)}]")
        if entry.name == "gradient":
            for k, argument in enumerate(entry.arguments):
                name = arrays[Buffer("gradients", k)] = inner.new(f"d_{argument.name}")
                given.append(f"{number} {name}[{max(argument.size, 1)}]")
        if entry.name == "train_step":
            numbers[STEP, 0] = inner.new("learning_rate")
            numbers[STEP, 1] = inner.new("step")
            given.append(f"{number} {numbers[STEP, 0]}")
        written = self._walked(entry, inner, arrays, numbers, result)
        code = [line for line in written.lines if not line.lstrip().startswith("/*")]
        text = "\n".join([*code, written.result])
        begin = [
            f"    (void){name};"
            for name in (re.split(r"\W+", words.partition("[")[0])[-1] for words in given)
            if not re.search(rf"\b{name}\b", text)
        ]
        step = numbers.get((STEP, 1))
        if step and re.search(rf"\b{step}\b", text):
            self.statics[f"static unsigned long {steps};"] = 4
            begin.append(f"    const {number} {step} = ({number})++{steps};")
        kind = "void" if result is None else number
        head = f"{kind} {self.called[entry.name]}({', '.join(given) or 'void'})"
        lines = [*begin, *[""] * bool(begin and written.lines), *written.lines]
        if result is not None:
            lines += [*[""] * bool(written.lines), *self._returned(written.result)]
        return [*wrapped(head), "{", *lines, "}"], written

    def _returned(self, result: str) -> list[str]:
        return wrapped(f"    return {result};")

    def _memory(self, arrays: dict[Buffer, str]) -> None:
        """What a training step keeps from call to call."""
        for buffer, wanted in self.found.kept.items():
            arrays[buffer] = name = self.names.new(wanted)
            count = self.found.learning
            text = f"static {self.number} {name}[{count}];"
            self.statics[text] = count * self.bytes_each

    @property
    def numbers(self) -> tuple[int, int, int, dict[str, int]]:
        """Bytes of flash, of RAM and of the stack, and the operations of each function."""
        values = sum(len(a.values) * self._kind_of(a)[1] for a in self.arrays if self._is_read(a))
        learning = self.found.learning * self.bytes_each
        tables = sum(
            len(numbers) * _kind(numbers)[1] for _, numbers in self.tables.addresses.values()
        )
        tables += sum(len(x) * self.bytes_each for _, x in self.tables.constants.values())
        stack = max(written.scratch for _, written in self.bodies.values()) * self.bytes_each
        operations = {self.called[n]: round(w.operations) for n, (_, w) in self.bodies.items()}
        values += self.functions.flash
        return values + tables, learning + sum(self.statics.values()), stack, operations

    # -- the files --------------------------------------------------------------------------------

    def header(self) -> str:
        """The header."""
        guard = f"{self.prefix.upper()}_H"
        lines = [*self._title(), f"#ifndef {guard}", f"#define {guard}", ""]
        lines += self._before_names()
        lines += ["#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
        for array in self.arrays:
            if array.learns:
                parts = "; ".join(f"{told(part)} from {part.first} on" for part in array.parts)
                lines += comment(f"What learns: {parts}.")
                lines += [f"extern {self.number} {array.name}[{len(array.values)}];", ""]
        for label, name in self.labels:
            lines += comment(f"The texts of {label.name}.")
            lines += [f"extern const char *const {name}[{len(label.texts)}];", ""]
        for entry in self.found.entries:
            lines += comment(" ".join(self._said(entry)))
            head, _, _ = "\n".join(self.bodies[entry.name][0]).partition("\n{")
            lines += [f"{head};", ""]
        if self.tested:
            lines += [f"#ifdef {self.prefix.upper()}_SELF_TEST"]
            lines += comment("How many known numbers the functions miss; it changes what learns.")
            lines += [f"int {self.prefix}_self_test(void);", "#endif", ""]
        lines += ["#ifdef __cplusplus", "}", "#endif", "", "#endif"]
        return "\n".join(lines) + "\n"

    def _before_names(self) -> list[str]:
        """What the header says before it names functions."""
        return []

    def _title(self) -> list[str]:
        flash, ram, stack, operations = self.numbers
        each = ", ".join(f"{count:,} in {name}" for name, count in operations.items())
        said = (
            f"Exported by jangrad. Beside its code it needs {flash:,} bytes"
            f" of constants (flash), {ram:,} bytes of RAM, and {stack:,} bytes of stack for arrays."
            f" Operations a call: {each}."
        )
        return [*comment(said), ""]

    def _said(self, entry: Entry) -> Iterator[str]:
        """What callers have to know of a function."""
        if entry.name == "value":
            yield "The value."
            yield from self.found.notes
        elif entry.name == "gradient":
            yield "The value; its derivatives by each argument are left in the arrays."
        else:
            optimizer = self.found.optimizer
            assert optimizer is not None, "a training step has one"
            yield f"The loss before a step of {type(optimizer).__name__}; a usual learning rate is"
            yield f"{optimizer.learning_rate:g}."
        for argument in entry.arguments:
            if len(argument.shape) > 1:
                yield f"{argument.name}: {shown(argument.shape)}, row after row."
            yield from (f"{need}." for need in argument.needs[:3])
        if entry.shape is not None and len(entry.shape) > 1:
            yield f"y: {shown(entry.shape)}, row after row."

    def source(self) -> str:
        """The file."""
        bodies = [line for lines, _ in self.bodies.values() for line in [*lines, ""]]
        test = self._self_test() if self.tested else []
        lines = [*self._title(), f'#include "{self.header_name}"', ""]
        includes = len(lines)
        for array in filter(self._is_read, self.arrays):
            lines += [*self._array(array), ""]
        for name, numbers in self.tables.addresses.values():
            lines += [*_numbers(f"{_CONSTANT} {_kind(numbers)[0]} {name}", map(str, numbers)), ""]
        for name, constants in self.tables.constants.values():
            texts = [self._literal(float(x)) for x in constants]
            lines += [*_numbers(f"{_CONSTANT} {self.number} {name}", texts), ""]
        for label, name in self.labels:
            quoted = ", ".join(_quoted(text) for text in label.texts)
            head = f"const char *const {name}[{len(label.texts)}] = {{"
            lines += [head, *wrapped(f"    {quoted}"), "};", ""]
        lines += [*self.statics, ""] if self.statics else []
        lines += self._before_functions()
        for definition in self.functions.texts:
            lines += [definition, ""]
        lines += [*bodies, *test]
        if any("IN_FLASH" in line for line in lines):
            lines[includes:includes] = _IN_FLASH.split("\n")
        if self.functions.asks_library or re.search(r"\b(INFINITY|NAN)\b", "\n".join(lines)):
            lines[includes:includes] = ["#include <math.h>", ""]
        return "\n".join(lines).rstrip() + "\n"

    def _before_functions(self) -> list[str]:
        """What the file has before its first function."""
        return []

    def _array(self, array: Storage) -> Iterator[str]:
        """The parameters in an array, and pointers to its parts."""
        constant = "" if array.learns else f"{_CONSTANT} "
        alone = len(array.parts) == 1
        if alone:
            yield f"/* {told(array.parts[0])}{self._said_of(array)} */"
        kind = self._kind_of(array)[0]
        yield f"{constant}{kind} {array.name}[{len(array.values)}] = {{"
        for part in array.parts:
            if not alone:
                yield f"    /* {told(part)}{self._said_of(array)} */"
            numbers = self._numbers_of(array, part)
            width = part.group.shape[-1]
            if array.name in self.turned:
                numbers = [x for n in range(width) for x in numbers[n::width]]
                width = part.group.shape[0]
            for n in range(0, len(numbers), width):
                yield from wrapped(f"    {', '.join(numbers[n : n + width])},")
        yield "};"
        for part in array.parts:
            if part.name != array.name and part.name in self.tables.sections:
                const = "" if array.learns else "const IN_FLASH "
                place = f"{array.name} + {part.first}" if part.first else array.name
                yield f"static {const}{kind} *const {part.name} = {place};"

    def _is_read(self, array: Storage) -> bool:
        """Whether a function reads it: in fixed point what is times 0 is not there."""
        names = {array.name, *(part.name for part in array.parts)}
        return array.learns or not names.isdisjoint(self.tables.sections)

    def _said_of(self, array: Storage) -> str:
        """What is said of the numbers in an array, beside their shape."""
        return ", column after column" if array.name in self.turned else ""

    def _kind_of(self, array: Storage) -> tuple[str, int]:
        """The type of the numbers in an array of parameters, and its bytes."""
        return self.number, self.bytes_each

    def _numbers_of(self, array: Storage, part: ArrayPart) -> list[str]:
        """The numbers of a part of it."""
        return [self._literal(value.data) for value in part.group.values]

    # -- the self-test ----------------------------------------------------------------------------

    def _self_test(self) -> list[str]:
        p = self.prefix
        near = self.names.new("is_near")
        tested = [line for entry in self.found.entries for line in self._tested(entry, near)]
        if not any(near in line for line in tested):
            raise ConfigError(
                "the self-test knows no number: all that the function gives is infinite or nan",
                why="a test that compares nothing would pass whatever the code does",
                try_="arguments=(example, ...), with an example on which the function is finite",
            )
        lines = [f"#ifdef {p.upper()}_SELF_TEST", ""]
        lines += [*self._near(near), ""]
        lines += [
            f"int {p}_self_test(void)",
            "{",
            "    int wrong = 0;",
            *tested,
            "    return wrong;",
            "}",
            "",
            "#if __STDC_HOSTED__",
            "",
            "#include <stdio.h>",
            "",
            "int main(void)",
            "{",
            f"    const int wrong = {p}_self_test();",
            '    printf(wrong ? "fail: %d numbers are wrong\\n" : "pass\\n", wrong);',
            "    return wrong != 0;",
            "}",
            "",
            "#endif",
            "",
            "#endif",
        ]
        return lines

    def _near(self, near: str) -> list[str]:
        """A function that says whether a number is right."""
        number, zero, one = self.number, self._literal(0.0), self._literal(1.0)
        bound = literal(self.language, self_test.TOLERANCE[self.found.number]).text
        return [
            f"static int {near}({number} found, {number} expected)",
            "{",
            f"    const {number} size = expected < {zero} ? -expected : expected;",
            f"    const {number} most = {bound} * (size > {one} ? size : {one});",
            "    return found - expected <= most && expected - found <= most;",
            "}",
        ]

    def _cases(self, entry: Entry) -> list[self_test.Case]:
        """Known numbers of a function."""
        return self_test.cases(self.found, entry)

    def _tested(self, entry: Entry, near: str) -> Iterator[str]:
        """Blocks that call a function and compare what it gives."""
        if entry.name == "train_step":
            row, losses = self_test.steps(self.found, entry)
            call = self._call(entry, row)
            optimizer = self.found.optimizer
            assert optimizer is not None, "a training step has one"
            rate = literal(self.language, optimizer.learning_rate).text
            checks = [
                f"wrong += !{near}({call}{rate}), {self._literal(x)});"
                for x in losses
                if math.isfinite(x)
            ]
            yield from _block([*self._givens(entry, row), *checks])
            return
        number = self.number
        for given, expected in self._cases(entry):
            lines, call = self._givens(entry, given), self._call(entry, given)
            places, outs = [f"y[{n}]" for n in range(len(expected))], []
            if entry.shape == ():
                places = ["y"]
            else:
                lines.append(f"{number} y[{max(len(expected), 1)}];")
                outs.append("y")
            if entry.name == "gradient":
                for k, argument in enumerate(entry.arguments):
                    lines.append(f"{number} d{k}[{max(argument.size, 1)}];")
                    outs.append(f"d{k}")
                    places += [f"d{k}[{n}]" for n in range(argument.size)]
            called = call + ", ".join(outs)
            called = (called if outs else called.removesuffix(", ")) + ")"
            read = entry.shape == () and math.isfinite(expected[0])
            lines.append(f"const {number} y = {called};" if read else f"{called};")
            pairs = zip(places, expected, strict=True)
            known = [(at, x) for at, x in pairs if math.isfinite(x)]
            lines += [f"wrong += !{near}({at}, {self._literal(x)});" for at, x in known]
            yield from _block(lines)

    def _literal(self, x: float) -> str:
        return literal(self.language, x).text

    def _givens(self, entry: Entry, row: Sequence[float]) -> list[str]:
        """Declarations of the arrays that a call is given."""
        found = []
        for k, a in enumerate(entry.arguments):
            if a.shape != ():
                numbers = ", ".join(map(self._literal, row[a.start : a.start + a.size])) or "0"
                size = max(a.size, 1)
                found.append(f"const {self.number} x{k}[{size}] = {{{numbers}}};")
        return found

    def _call(self, entry: Entry, row: Sequence[float]) -> str:
        """The call up to its last input."""
        given = [
            f"x{k}" if a.shape != () else self._literal(row[a.start])
            for k, a in enumerate(entry.arguments)
        ]
        return f"{self.called[entry.name]}({''.join(f'{x}, ' for x in given)}"


def _block(lines: Sequence[str]) -> Iterator[str]:
    yield "    {"
    for line in lines:
        yield from wrapped(f"        {line}")
    yield "    }"


def _quoted(text: str) -> str:
    """A text in C: letters beyond ASCII as the bytes of UTF-8."""
    shown = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}"
        for byte in text.encode()
    )
    return f'"{shown}"'


def _kind(numbers: Ints) -> tuple[str, int]:
    """The smallest type of integers that holds these, and its bytes."""
    low, high = int(numbers.min()), int(numbers.max())
    return next((kind, size) for a, b, kind, size in _SMALL if a <= low and high <= b)


def _numbers(head: str, texts: Iterable[str]) -> list[str]:
    """An array of numbers."""
    numbers = list(texts)
    return [f"{head}[{len(numbers)}] = {{", *wrapped(f"    {', '.join(numbers)}"), "};"]


def comment(text: str) -> list[str]:
    """A comment of several lines."""
    lines = textwrap.wrap(text.replace("*/", "* /").replace("/*", "/ *"), 94)
    return ("/* " + "\n   ".join(lines) + " */").split("\n")
