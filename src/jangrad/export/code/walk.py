"""The one walk over loop programs that C and JavaScript share, statement by statement."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    OPERATIONS,
    PARAMETERS,
    REDUCE_MAX,
    SUM,
    Buffer,
    Const,
    Ints,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import (
    Ends,
    Range,
    each_of,
    is_inlined,
    label_of,
    nests_of,
    row_and_column,
    span,
    stores_in,
    table_of,
    word_of,
    written_once,
)
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.lines import wrapped
from jangrad.export.code.spelling import (
    PRODUCT,
    SIGN,
    SpelledFunctions,
    Text,
    infix,
    literal,
    negative,
)


class Section(NamedTuple):
    """Where some parameters lie among all, and the array that holds them.

    Attributes:
        start, stop: which ones.
        name: of the array.
        shape: of a matrix that lies column after column, () else.
    """

    start: int
    stop: int
    name: str
    shape: tuple[int, ...] = ()

    def place(self, place: ir.Affine) -> ir.Affine:
        """A place among all parameters as one in the array."""
        if not self.shape:
            return place._replace(constant=place.constant - self.start)
        rows, columns = self.shape
        row, column = row_and_column(place, self.start, columns)
        strides = Counter(dict(row.parts))
        for symbol, stride in column.parts:
            strides[symbol] += rows * stride
        return ir.Affine(row.constant + rows * column.constant, tuple(strides.items()))


class Tables:
    """The arrays of integers and constants of a file.

    Attributes:
        sections: the names of the sections of parameters that are read or written.
    """

    def __init__(self, names: Identifiers) -> None:
        self.names = names
        self.sections: set[str] = set()
        self.addresses: dict[tuple[bytes, int], tuple[str, Ints]] = {}
        self.constants: dict[bytes, tuple[str, np.ndarray]] = {}

    def address(self, table: Ints) -> str:
        """The name of a table of addresses."""
        flat = np.ascontiguousarray(table).ravel()
        key = flat.tobytes(), flat.size
        if key not in self.addresses:
            self.addresses[key] = self.names.new("table"), flat
        return self.addresses[key][0]

    def constant(self, numbers: np.ndarray) -> str:
        """The name of an array of constants."""
        key = numbers.tobytes()
        if key not in self.constants:
            self.constants[key] = self.names.new("constants"), numbers
        return self.constants[key][0]


class Printed(NamedTuple):
    """A function as it was printed.

    Attributes:
        lines: its statements.
        outside: what stands before it: the arrays that it works in, if it keeps them.
        result: the expression that it returns, where that is one number; "" else.
        scratch: how many numbers it keeps in arrays, and by name.
        operations: how many it makes a call.
    """

    lines: list[str]
    outside: list[str]
    result: str
    scratch: int
    operations: float


class Walk:
    """Prints the statements of one function.

    Args:
        loops: what it computes.
        comments: of each nest, by its kernel, what is said of it.
        functions, tables: those of the file.
        names: gives names inside the function.
        sections: the parameters.
        arrays: the names of the buffers outside.
        numbers: the names of what is no array: of each place in a buffer.
        result: the buffer of the one number that is returned, if it is one.
    """

    def __init__(
        self,
        loops: ir.LoopProgram,
        comments: Mapping[str, list[str]],
        functions: SpelledFunctions,
        tables: Tables,
        names: Identifiers,
        sections: Sequence[Section],
        arrays: Mapping[Buffer, str],
        numbers: Mapping[tuple[Buffer, int], str],
        result: Buffer | None,
    ) -> None:
        self.loops, self.comments = loops, comments
        self.functions, self.language = functions, functions.language
        self.tables, self.names, self.sections = tables, names, sections
        self.arrays, self.numbers, self.result = dict(arrays), dict(numbers), result
        self.inner = names  # what gives names inside a loop
        self.ranges: dict[ir.Index, Range] = {}
        self.turns = 1.0  # of the loops around
        self.operations = 0.0
        self.scratch = 0
        self.returned = ""
        self.indices: dict[ir.Index, str] = {}
        self.turn: Mapping[ir.Index, int] = {}  # of those at once, the one that is printed
        self.lines: list[str] = []
        self.outside: list[str] = []  # lines that stand before the function
        self.said: list[str] = []  # of the nest before
        self.operations_of: list[str] = []  # the nest that is printed
        self.depth = 0
        self.is_last = False  # the nest, behind which nothing changes any more
        once = written_once(loops)
        self.single = {b: said for b, said in once.items() if b not in self.arrays}

    def written(self) -> Printed:
        """The whole function."""
        *before, last = nests_of(self.loops)
        for nest in before:
            self.nest(nest)
        self.is_last = True
        self.nest(last)
        if self.result is not None and not self.returned:
            self.returned = self.numbers[self.result, 0]
        return Printed(self.lines, self.outside, self.returned, self.scratch, self.operations)

    def put(self, line: str) -> None:
        self.lines += wrapped("    " * self.depth + line)

    # -- loops ------------------------------------------------------------------------------------

    def nest(self, nest: ir.Nest) -> None:
        kernel, self.operations_of = label_of(nest)
        declared = self.declared(nest)
        comments = self.comments.get(kernel, [])
        if self.lines:
            self.lines.append("")
        if comments != self.said:
            self.lines += [
                f"    /* {line.replace('*/', '* /').replace('/*', '/ *')} */" for line in comments
            ]
        self.said = comments
        self.lines += declared
        self.depth = 1
        self.block(nest.body)

    def declared(self, nest: ir.Nest) -> list[str]:
        """The arrays that begin with this nest."""
        found = []
        for buffer, said in stores_in(nest):
            known = buffer in self.arrays or (buffer, 0) in self.numbers or buffer == PARAMETERS
            if known or buffer in self.single:
                continue
            name = self.names.numbered(said)
            size = self.loops.sizes[buffer]
            self.arrays[buffer] = name
            self.scratch += size
            made = self.language.array(name, size)
            if self.language.keeps_arrays:
                self.outside.append(made)
            else:
                found.append(f"    {made}")
        return found

    def block(self, body: Sequence[ir.Statement]) -> None:
        if not isinstance(body[0], ir.Loop):
            self.tile(body)
            return
        for s in body:
            assert isinstance(s, ir.Loop)
            with _Inside(self, s):
                if isinstance(s.body[0], ir.Loop):
                    self.block(s.body)
                else:
                    self.tile(s.body, [{s.over: k} for k in range(s.unroll)])

    def tile(
        self, body: Sequence[ir.Statement], turns: Sequence[Mapping[ir.Index, int]] = ({},)
    ) -> None:
        """Statements that begin with a local and end in what is stored; those of several turns."""
        flat: list[ir.Statement | Ends] = []
        for each in body:
            flat += each.body if isinstance(each, ir.Epilogue) else [each]
        changing = {s.name for s in each_of(flat) if isinstance(s, ir.Update)}
        each_known: list[tuple[Mapping[ir.Index, int], dict[str, Text]]] = [(t, {}) for t in turns]
        self.inner = self.names if self.depth == 1 else self.names.within()
        target = self.target_of(flat, changing)
        last = max((n for n, s in enumerate(flat) if isinstance(s, ir.Loop)), default=-1) + 1
        for n, s in enumerate(flat[:last]):
            if isinstance(s, ir.Loop):
                self.reduction(s, each_known)
                continue
            for self.turn, known in each_known:
                self.straight(s, flat[n + 1 :], changing, known, target)
            self.turn = {}
        for self.turn, known in each_known:
            for n, s in enumerate(flat[last:], last + 1):
                self.straight(s, flat[n:], changing, known, target)
        self.turn = {}

    def straight(
        self,
        s: ir.Statement | Ends,
        rest: Sequence[ir.Statement | Ends],
        changing: set[str],
        known: dict[str, Text],
        target: str,
    ) -> None:
        """A statement that is no loop, before the rest."""
        if isinstance(s, ir.Set):
            self.set(s, rest, changing, known, target)
        elif isinstance(s, ir.Update):
            self.update(s, known)
        elif isinstance(s, ir.Fold):
            known[s.name] = known[s.of]
        elif isinstance(s, (ir.Store, ir.ScatterAdd)):
            self.store(s, known, target)

    def target_of(self, flat: Sequence[ir.Statement | Ends], changing: set[str]) -> str:
        """The local that becomes the number that is stored in the end, where there is one."""
        last = flat[-1]
        alone = isinstance(last, ir.Store) and isinstance(last.value, ir.Local)
        if alone and isinstance(last, ir.Store) and isinstance(last.value, ir.Local):
            one = last.at.buffer in self.single and self.depth == 1
            if one and last.value.name in changing:
                return last.value.name
        return ""

    def reduction(
        self, loop: ir.Loop, each_known: Sequence[tuple[Mapping[ir.Index, int], dict[str, Text]]]
    ) -> None:
        with _Inside(self, loop):
            for s in loop.body:
                if isinstance(s, ir.Loop):
                    self.reduction(s, each_known)
                    continue
                assert isinstance(s, ir.Update)
                for self.turn, known in each_known:
                    self.update(s, known)
                self.turn = {}

    def set(
        self,
        s: ir.Set,
        rest: Sequence[ir.Statement | Ends],
        changing: set[str],
        known: dict[str, Text],
        target: str,
    ) -> None:
        value = self.value(s.value, known)
        changes = s.name in changing
        if not changes and is_inlined(s.name, rest):
            known[s.name] = value
            return
        if s.name == target:
            last = rest[-1]
            assert isinstance(last, ir.Store)
            name = self.names.numbered(self.single[last.at.buffer])
        else:
            name = self.inner.numbered(self.computed(s.name))
        known[s.name] = Text(name)
        self.put(self.language.local(name, value.text, changes=changes))

    def computed(self, name: str) -> str:
        """What a local of a nest holds: `f1` that of the first fused operation."""
        return word_of(self.operations_of[int(name[1:]) if name[0] == "f" else 0])

    def update(self, s: ir.Update, known: Mapping[str, Text]) -> None:
        total = known[s.name]
        if s.op == REDUCE_MAX:
            called = self.functions.helper("largest")
            self.count(1)
            self.put(f"{total.text} = {called}({total.text}, {self.value(s.value, known).text});")
            return
        value = self.value(s.value, known)
        self.count(1)
        if not self.language.compounds:
            self.put(f"{total.text} = {infix(self.language, '+', total, value).text};")
        elif value.level == SIGN:
            self.put(f"{total.text} -= {negative(value).text};")
        else:
            self.put(f"{total.text} += {value.text};")

    def store(self, s: ir.Store | ir.ScatterAdd, known: dict[str, Text], target: str) -> None:
        value = self.value(s.value, known)
        if isinstance(s, ir.ScatterAdd):
            item = self.item(s.item)
            self.count(1)
            self.put(f"{item} = {infix(self.language, '+', Text(item), value).text};")
            return
        buffer = s.at.buffer
        single = buffer in self.single and self.depth == 1
        if buffer == self.result and single and self.is_last:
            self.returned = value.text
        elif single:
            if isinstance(s.value, ir.Local) and s.value.name == target:
                self.numbers[buffer, 0] = value.text
                return
            name = self.names.numbered(self.single[buffer])
            self.numbers[buffer, 0] = name
            self.put(self.language.local(name, value.text, changes=False))
        else:
            self.put(f"{self.at(s.at)} = {value.text};")

    # -- expressions ------------------------------------------------------------------------------

    def count(self, operations: float) -> None:
        self.operations += operations * self.turns

    def value(self, e: ir.Expression, known: Mapping[str, Text]) -> Text:
        if isinstance(e, Const):
            return literal(self.language, e.number)
        if isinstance(e, ir.Local):
            return known[e.name]
        if isinstance(e, ir.Load):
            return Text(self.at(e.at))
        if isinstance(e, ir.Gather):
            return Text(self.item(e))
        assert isinstance(e, ir.Call)
        terms = [self.value(term, known) for term in e.terms]
        if e.op in (SUM, MUL):
            self.count(len(terms) - 1)
            found = terms[0]
            for term in terms[1:]:
                found = infix(self.language, "+" if e.op == SUM else "*", found, term)
            return found
        self.count(1)
        if e.op == NEG:
            return negative(terms[0])
        if e.op == REDUCE_MAX:  # nan is passed over
            called = self.functions.helper("largest")
            found = literal(self.language, -math.inf)
            for term in terms:
                found = Text(f"{called}({found.text}, {term.text})")
            return found
        return self.functions.call(OPERATIONS[e.op], terms)

    def item(self, e: ir.Gather) -> str:
        """The item of a column that a number says; the nearest one, if there is none such."""
        size, stride = e.items
        nearest = f"{self.functions.helper('nearest')}({self.at(e.by)}, {size})"
        steps = Text(nearest) if stride == 1 else Text(f"{stride} * {nearest}", PRODUCT)
        return self.at(e.array, steps.text, (size - 1) * stride)

    def at(self, at: ir.At, more: str = "", reach: int = 0) -> str:
        """A place in memory, and `more` from there on, up to so far."""
        buffer, place = at.buffer, at.place
        constant = 0 if self.loops.sizes[buffer] == 1 else place.constant
        if (buffer, constant) in self.numbers:  # no place of it is another one's
            return self.numbers[buffer, constant]
        if buffer == PARAMETERS:
            low, high = span(place, self.ranges)
            low, high = min(low, low + reach), max(high, high + reach)
            section = section_of(self.sections, low, high)
            self.tables.sections.add(section.name)
            return f"{section.name}[{self.address(section.place(place), more)}]"
        if buffer.role == "constants":
            name = self.tables.constant(self.loops.constants[buffer])
        else:
            name = self.arrays[buffer]
        return f"{name}[{self.address(place, more)}]"

    def address(self, place: ir.Affine, more: str = "") -> str:
        """A place as integers."""
        parts = [(more, 1)] if more else []
        for symbol, stride in place.parts:
            text = self.indices[symbol] if isinstance(symbol, ir.Index) else self.looked_up(symbol)
            parts.append((text, stride))
        constant = place.constant + sum(
            stride * self.turn.get(symbol, 0)
            for symbol, stride in place.parts
            if isinstance(symbol, ir.Index)
        )
        parts.sort(key=lambda part: -part[1])
        if constant or not parts:  # in front, where all others go backwards
            parts.insert(len(parts) if not parts or parts[0][1] > 0 else 0, ("", constant))
        found = ""
        for text, stride in parts:
            size = text if abs(stride) == 1 and text else f"{abs(stride)} * {text}".rstrip(" *")
            sign = " - " if stride < 0 else " + "
            found += f"{sign}{size}" if found else f"{'-' * (stride < 0)}{size}"
        return found

    def looked_up(self, lookup: ir.Lookup | ir.Field) -> str:
        table = table_of(lookup)
        assert isinstance(lookup, ir.Lookup), "a table is looked up"
        return f"{self.tables.address(table)}[{self.address(lookup.place)}]"

    def index(self, over: ir.Index) -> str:
        """What a loop counts with, beside the loops around it."""
        letters = {"group": "m", "row": "r", "member": "i", "term": "k"}
        first = letters[over.kind]
        after = {"i": "j", "k": "l"}.get(first, first)
        return first if over.axis == 0 else after if over.axis == 1 else f"{first}{over.axis}"


class _Inside:
    """Prints a loop around what is printed inside."""

    def __init__(self, walk: Walk, loop: ir.Loop) -> None:
        self.walk, self.loop = walk, loop

    def __enter__(self) -> None:
        walk, loop = self.walk, self.loop
        index = walk.index(loop.over)
        if isinstance(loop.stop, int):
            stop, last = str(loop.stop), loop.stop
            turns = float(loop.stop - loop.start)
        else:
            stop, last = walk.looked_up(loop.stop), int(table_of(loop.stop).max())
            turns = float(table_of(loop.stop).mean()) - loop.start
        walk.put(walk.language.loop(index, loop.start, stop, loop.step))
        walk.indices[loop.over] = index
        walk.ranges[loop.over] = loop.start, last - 1
        self.before, walk.turns = walk.turns, walk.turns * turns / loop.step
        walk.depth += 1

    def __exit__(self, *_: object) -> None:
        walk = self.walk
        walk.turns = self.before
        walk.depth -= 1
        walk.put("}")


def section_of(sections: Sequence[Section], low: int, high: int) -> Section:
    """The smallest section that holds all from `low` to `high`."""
    return min(
        (s for s in sections if s.start <= low and high < s.stop), key=lambda s: s.stop - s.start
    )
