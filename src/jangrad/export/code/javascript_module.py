"""`to_javascript`: functions as a module of JavaScript, with types for TypeScript."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.compiler.exporting import (
    RESULTS,
    STEP,
    Buffer,
)
from jangrad.errors import SaveError
from jangrad.export.code.at_once import several_at_once
from jangrad.export.code.entries import Entry, Exported
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.javascript_words import INSIDE, JavaScript
from jangrad.export.code.lines import wrapped
from jangrad.export.code.requests import Loss, requested
from jangrad.export.code.spelling import SpelledFunctions, literal
from jangrad.export.code.storage import Storage, shown, stored, told
from jangrad.export.code.walk import Printed, Tables, Walk
from jangrad.files import Kind, check_place, path_of, write_at_once

if TYPE_CHECKING:
    from jangrad.train.optimizers import Optimizer

_BEGINS = b"// Exported by jangrad"
#: What `to_javascript` may replace.
EXPORTED = Kind("JavaScript of jangrad's", lambda head: head.startswith(_BEGINS))
#: What arguments must be; elements of typed arrays need no look.
_CHECKS = {
    "number": (
        "checkNumber",
        """\
function NAME(name, given) {
    if (typeof given !== "number") {
        throw new TypeError(`${name} is a number, not ${String(given)}`);
    }
}""",
    ),
    "array": (
        "checkArray",
        """\
function NAME(name, given, size) {
    if (given === null || typeof given !== "object") {
        throw new TypeError(`${name} is an array of ${size} numbers, not ${String(given)}`);
    }
    if (given.length !== size) {
        throw new RangeError(`${name} has ${size} numbers, not ${given.length}`);
    }
    if (!ArrayBuffer.isView(given)) {
        for (let i = 0; i < size; ++i) {
            if (typeof given[i] !== "number") {
                throw new TypeError(`${name}[${i}] is a number, not ${String(given[i])}`);
            }
        }
    }
}""",
    ),
}
_NAMES = {"value": "value", "gradient": "gradient", "train_step": "trainStep"}


class Modules(NamedTuple):
    """What `to_javascript` has written.

    Attributes:
        module, types: the paths of the module and of its types.
        operations: how many each function makes a call, by its name.
    """

    module: str
    types: str
    operations: dict[str, int]


def to_javascript(
    function: Callable[..., Any],
    path: str | os.PathLike[str],
    arguments: Sequence[Any] | None = None,
    *,
    dtype: str | None = None,
    gradient: bool = False,
    loss: Loss | None = None,
    loss_arguments: Sequence[Any] | None = None,
    optimizer: str | type[Optimizer] | Optimizer = "sgd",
    force: bool = False,
) -> Modules:
    """Write a function as an ES module without dependencies, `path.mjs`, and `path.d.mts`.

    It exports `value`, and on request `gradient` and `trainStep` with the `parameters` that this
    changes. Numbers that lie in lists are given in one array, row after row. Sums, products,
    quotients and roots are those of Python to the last bit, in the order of the compiler's loops;
    other functions are JavaScript's.

    Args:
        function, arguments, dtype, gradient, loss, loss_arguments, optimizer: as for `to_c`;
            single precision rounds after every operation.
        path: where; `.mjs` is added where it is missing.
        force: replace files that `to_javascript` has not written.

    Returns:
        What was written.

    Raises:
        ConfigError: when an option has no such value, or the shape of the arguments is not known.
        Untraceable: when the function cannot be traced, as `jit` says.
        NoGradient: when the loss depends on no parameter that learns.
        SaveError: when a place cannot be written to, or holds another file.

    >>> import tempfile
    >>> from jangrad import MLP
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     modules = to_javascript(MLP(3, [4, 4, 1], seed=0), f"{folder}/model")
    ...     with open(modules.types) as file:
    ...         print(file.readlines()[-1].strip())
    export function value(xs: ArrayLike<number>): Float64Array;
    """
    _check_places(path, force)
    given = (function, arguments, dtype, gradient, loss, loss_arguments, optimizer)
    return write_javascript(requested(*given), path, force=force)


def write_javascript(
    found: Exported, path: str | os.PathLike[str], *, force: bool = False
) -> Modules:
    """Write what is exported; the arguments are those of `to_javascript`."""
    module, types = _check_places(path, force)
    written = _Module(found)
    kind = None if force else EXPORTED
    write_at_once(module, written.text().encode(), kind)
    write_at_once(types, written.types().encode(), kind)
    return Modules(module, types, written.operations)


def maker(found: Exported) -> str:
    """The module as a function that makes it anew at each call, with parameters of its own.

    What is made has the functions `value`, `gradient` and `trainStep`, as far as they are there,
    the array `parameters`, and what a training step keeps, such as `state_m`, in `memory`.
    """
    written = _Module(found)
    parts = [f"{_NAMES[name]}: {called}" for name, called in written.called.items()]
    parts += [f"parameters: {array.name}" for array in written.arrays if array.learns]
    kept = ", ".join(f"{wanted}: {name}" for wanted, name in written.memory.items())
    text = re.sub(r"^export ", "", written.text(), flags=re.MULTILINE)
    return f"() => {{\n{text}return {{{', '.join(parts)}, memory: {{{kept}}}}};\n}}"


def _check_places(path: object, force: bool) -> tuple[str, str]:
    """The paths of the module and of its types, at which something can be written."""
    stem = path_of(path, SaveError, 'to_javascript(net, "model.mjs")').removesuffix(".mjs")
    places = f"{stem}.mjs", f"{stem}.d.mts"
    for place in places:
        check_place(place, None if force else EXPORTED)
    return places


class _Module:
    """Writes a module and its types."""

    def __init__(self, found: Exported) -> None:
        self.found = found
        self.language = JavaScript(found.number)
        self.names = Identifiers(["arrays"])
        for label in found.labels:
            self.names.new(f"{label.name}_names")
        self.called = {e.name: self.names.new(_NAMES[e.name]) for e in found.entries}
        self.functions = SpelledFunctions(self.language, self.names)
        self.tables = Tables(self.names)
        self.arrays, self.sections = stored(found, self.names)
        self.kept: list[str] = []  # declarations of what is kept from call to call
        self.memory: dict[str, str] = {}  # what arrays among it are called
        self.given: dict[str, list[str]] = {}
        self.scoped: dict[tuple[str, str], str] = {}  # names that several functions have inside
        self.checks: dict[str, tuple[str, str]] = {}  # of arguments: names, and definitions
        self.bodies = {e.name: self._function(e) for e in found.entries}

    @property
    def operations(self) -> dict[str, int]:
        """How many operations each function makes a call."""
        return {self.called[name]: round(w.operations) for name, (_, w) in self.bodies.items()}

    def _function(self, entry: Entry) -> tuple[list[str], Printed]:
        """Its text, and what is known of it."""
        holder, single = self.language.holder, self.found.number == "float"
        arrays: dict[Buffer, str] = {}
        numbers: dict[tuple[Buffer, int], str] = {}
        begin: list[str] = []
        given = [self._inside("given", argument.name) for argument in entry.arguments]
        for k, (name, argument) in enumerate(zip(given, entry.arguments, strict=True)):
            said = json.dumps(argument.name)
            if argument.shape == ():
                numbers[Buffer("inputs", k), 0] = name
                begin.append(f"{self._check('number')}({said}, {name});")
                begin += [f"{name} = Math.fround({name});"] if single else []
                continue
            arrays[Buffer("inputs", k)] = name
            begin.append(f"{self._check('array')}({said}, {name}, {argument.size});")
            if single:  # where they are rounded
                held = arrays[Buffer("inputs", k)] = self.names.new(f"{name}_single")
                self.kept.append(f"const {held} = new {holder}({argument.size});")
                begin.append(f"{held}.set({name});")
        result = RESULTS if entry.shape == () else None
        if result is None:
            name = arrays[RESULTS] = self._inside("results", "y")
            begin.append(f"const {name} = new {holder}({entry.outputs});")
        slopes = []
        if entry.name == "gradient":
            for k, (name, argument) in enumerate(zip(given, entry.arguments, strict=True)):
                called = f"d_{name}"
                held = arrays[Buffer("gradients", k)] = self._inside("slopes", called)
                begin.append(f"const {held} = new {holder}({argument.size});")
                slopes.append(called if held == called else f"{called}: {held}")
        self.given[entry.name] = given
        heads = list(given)
        if entry.name == "train_step":
            optimizer = self.found.optimizer
            assert optimizer is not None, "a training step has one"
            rate = numbers[STEP, 0] = self.names.new("learningRate")
            numbers[STEP, 1] = self.names.new("steps")
            heads.append(f"{rate} = {optimizer.learning_rate!r}")
            begin.append(f'{self._check("number")}("{rate}", {rate});')
            begin += [f"{rate} = Math.fround({rate});"] if single else []
            self._memory(arrays)
            self.kept.append(f"let {numbers[STEP, 1]} = 0;")
            begin.append(f"{numbers[STEP, 1]} += 1;")
        comments = {kernel: lines for kernel, lines in entry.lines.items() if lines}
        walk = Walk(
            *(several_at_once(entry.loops), comments, self.functions, self.tables, self.names),
            *(self.sections, arrays, numbers, result),
        )
        written = walk.written()
        returned = written.result if result is not None else arrays[RESULTS]
        if slopes:
            returned = f"{{ value: {returned}, {', '.join(slopes)} }}"
        lines = [f"    {line}" for line in begin]
        lines += [*[""] * bool(begin and written.lines), *written.lines]
        lines += [*[""] * bool(written.lines), *wrapped(f"    return {returned};")]
        head = f"export function {self.called[entry.name]}({', '.join(heads)}) {{"
        return [*self._described(entry), head, *lines, "}"], written

    def _check(self, kind: str) -> str:
        """The function that looks at an argument of this kind."""
        name, text = _CHECKS[kind]
        if kind not in self.checks:
            called = self.names.new(name)
            self.checks[kind] = called, text.replace("NAME", called)
        return self.checks[kind][0]

    def _inside(self, role: str, wanted: str) -> str:
        """A name that is the same in all functions, and nothing else's."""
        if (role, wanted) not in self.scoped:
            self.scoped[role, wanted] = self.names.new(wanted)
        return self.scoped[role, wanted]

    def _memory(self, arrays: dict[Buffer, str]) -> None:
        """What a training step keeps from call to call."""
        for buffer, wanted in self.found.kept.items():
            arrays[buffer] = self.memory[wanted] = name = self.names.new(wanted)
            self.kept.append(self.language.array(name, self.found.learning))

    def _described(self, entry: Entry) -> Iterator[str]:
        """JSDoc of a function."""
        yield "/**"
        yield f" * {self._said(entry)}"
        if entry.name == "value":
            yield from (f" * {note}".replace("*/", "* /") for note in self.found.notes)
        for name, argument in zip(self.given[entry.name], entry.arguments, strict=True):
            kind = "number" if argument.shape == () else "ArrayLike<number>"
            rows = f" {shown(argument.shape)}, row after row." if len(argument.shape) > 1 else ""
            needs = "".join(f" {need}." for need in argument.needs[:3])
            yield f" * @param {{{kind}}} {name}{rows}{needs}"
        if entry.name == "train_step":
            yield " * @param {number} [learningRate]"
        yield f" * @returns {{{self._returns(entry)}}}"
        yield " */"

    def _said(self, entry: Entry) -> str:
        if entry.name == "value":
            rows = entry.shape is not None and len(entry.shape) > 1
            return "The value" + (f", {shown(entry.shape or ())}, row after row." if rows else ".")
        if entry.name == "gradient":
            return "The value, and its derivatives by each argument."
        return f"The loss before a step of {type(self.found.optimizer).__name__}."

    def _returns(self, entry: Entry) -> str:
        holder = self.language.holder
        if entry.name == "gradient":
            slopes = "".join(f", d_{name}: {holder}" for name in self.given["gradient"])
            return f"{{ value: number{slopes} }}"
        return "number" if entry.shape == () else holder

    # -- the files --------------------------------------------------------------------------------

    def text(self) -> str:
        """The module."""
        each = ", ".join(f"{count:,} in {name}" for name, count in self.operations.items())
        lines = [f"// Exported by jangrad. Operations a call: {each}."]
        if self.found.number == "float":
            lines += [
                "// In single precision each operation rounds. Arrays that only functions here see",
                "// hold doubles: what is read out of a Float32Array is converted each time.",
            ]
        lines.append("")
        outside = [line for _, written in self.bodies.values() for line in written.outside]
        for array in self.arrays:
            lines += [*self._array(array), ""]
        for name, table in self.tables.addresses.values():
            numbers = ", ".join(map(str, table.tolist()))
            lines += [f"const {name} = new Int32Array([", *wrapped(f"    {numbers}"), "]);", ""]
        for name, constants in self.tables.constants.values():
            numbers = ", ".join(literal(self.language, float(x)).text for x in constants)
            lines += [f"const {name} = new {INSIDE}([", *wrapped(f"    {numbers}"), "]);", ""]
        for label in self.found.labels:
            texts = ", ".join(json.dumps(text) for text in label.texts)
            lines += [*wrapped(f"export const {label.name}_names = [{texts}];"), ""]
        lines += [*self.kept, ""] if self.kept else []
        lines += [*outside, ""] if outside else []
        arrays = re.findall(
            r"^(?:export )?const (\w+) = (?:new \w+Array|\w+\.sub)", "\n".join(lines), re.M
        )
        for definition in [*(text for _, text in self.checks.values()), *self.functions.texts]:
            lines += [definition, ""]
        if arrays:
            lines += [
                "// Functions take their arrays out of here: names of their own are read faster.",
                *wrapped(f"const arrays = {{ {', '.join(arrays)} }};"),
                "",
            ]
        for body, _ in self.bodies.values():
            lines += [*self._with_names(body, arrays), ""]
        return "\n".join(lines).rstrip() + "\n"

    def _with_names(self, body: list[str], arrays: Sequence[str]) -> Iterator[str]:
        """A function that begins with names for the arrays that it uses."""
        used = set(re.findall(r"\b(\w+)(?:\[|\.set)", "\n".join(body)))
        mine = ", ".join(name for name in arrays if name in used)
        for line in body:
            yield line
            if mine and line.startswith("export function"):
                yield from wrapped(f"    const {{ {mine} }} = arrays;")

    def _array(self, array: Storage) -> Iterator[str]:
        """The parameters in an array, and views of its parts."""
        alone = len(array.parts) == 1
        if alone:
            yield f"// {told(array.parts[0])}"
        exported = "export " if array.learns else ""
        holder = self.language.holder if array.learns else INSIDE
        yield f"{exported}const {array.name} = new {holder}(["
        for part in array.parts:
            if not alone:
                yield f"    // {told(part)}"
            numbers = [literal(self.language, value.data).text for value in part.group.values]
            width = part.group.shape[-1]
            for n in range(0, len(numbers), width):
                yield from wrapped(f"    {', '.join(numbers[n : n + width])},")
        yield "]);"
        for part in array.parts:
            if part.name != array.name and part.name in self.tables.sections:
                stop = part.first + len(part.group.values)
                yield f"const {part.name} = {array.name}.subarray({part.first}, {stop});"

    def types(self) -> str:
        """The types of what the module exports."""
        lines = ["// Exported by jangrad.", ""]
        for array in self.arrays:
            if array.learns:
                lines.append(f"export const {array.name}: {self.language.holder};")
        for label in self.found.labels:
            lines.append(f"export const {label.name}_names: string[];")
        for entry in self.found.entries:
            given = [
                f"{name}: {'number' if argument.shape == () else 'ArrayLike<number>'}"
                for name, argument in zip(self.given[entry.name], entry.arguments, strict=True)
            ]
            given += ["learningRate?: number"] if entry.name == "train_step" else []
            returns = self._returns(entry).replace(", ", "; ")
            called = self.called[entry.name]
            lines.append(f"export function {called}({', '.join(given)}): {returns};")
        return "\n".join(lines) + "\n"
