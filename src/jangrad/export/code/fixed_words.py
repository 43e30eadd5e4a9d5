"""C of integers that stand for numbers: words, and the walk over a loop program of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jangrad.compiler.exporting import (
    MUL,
    NEG,
    SUM,
    Buffer,
    Const,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.activation_tables import ActivationTable
from jangrad.export.code.c_words import C
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.integers import (
    ANGLE,
    CHOOSE,
    EQUAL,
    FITS,
    FLOOR,
    IS_KNOWN,
    LARGER,
    LESS,
    LESS_EQUAL,
    LONGER,
    LOOK,
    NARROW,
    QUOTIENT,
    RATIO,
    RATIO_PLACES,
    REMAINDER,
    SMALL,
    SMALLER,
)
from jangrad.export.code.lines import wrapped
from jangrad.export.code.spelling import (
    ATOM,
    CHOICE,
    OR,
    ORDER,
    PRODUCT,
    SpelledFunctions,
    Text,
    infix,
    literal,
    negative,
)
from jangrad.export.code.spelling import (
    EQUAL as AS_EQUAL,
)
from jangrad.export.code.spelling import (
    SUM as AS_SUM,
)
from jangrad.export.code.walk import Walk

#: What numbers are between operations, and where they are kept.
WIDE, NARROW_KIND = "int32_t", "int16_t"


class FixedC(C):
    """C99 of integers of 16 and 32 bits."""

    def __init__(self) -> None:
        super().__init__("float")

    def literal(self, x: float) -> str:
        return str(int(x))

    def helper(self, name: str, called: str) -> str:
        return _HELPERS[name].replace("NAME", called)

    def local(self, name: str, value: str, *, changes: bool) -> str:
        return f"{'' if changes else 'const '}{WIDE} {name} = {value};"

    def array(self, name: str, size: int) -> str:
        return f"{NARROW_KIND} {name}[{size}];"


_HELPERS = {
    "narrowed": """\
static int16_t NAME(int32_t x, int places)
{
    /* Halves are rounded up; what is beyond 16 bits stays at their ends. */
    const int32_t rounded = (x + (((int32_t)1 << places) >> 1)) >> places;
    return (int16_t)(rounded < -32768 ? -32768 : rounded > 32767 ? 32767 : rounded);
}""",
    "quotient": """\
static int16_t NAME(int32_t a, int32_t b)
{
    /* Halves are rounded away from 0; what is divided by 0 is as large as can be. */
    const int32_t size = b < 0 ? -b : b;
    const int32_t whole = b == 0 ? (a == 0 ? 0 : 32767) : ((a < 0 ? -a : a) + size / 2) / size;
    const int32_t found = whole > 32767 ? 32767 : whole;
    return (int16_t)((a < 0) != (b < 0) ? -found : found);
}""",
    "remainder": """\
static int32_t NAME(int32_t a, int32_t b)
{
    /* It has the sign of b; what is divided by 0 leaves 0. */
    const int32_t rest = b == 0 ? 0 : a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}""",
    "longer": """\
static int32_t NAME(int32_t a, int32_t b)
{
    const int32_t size = a < 0 ? -a : a, other = b < 0 ? -b : b;
    return size > other ? size : other;
}""",
    "ratio": """\
static int16_t NAME(int32_t a, int32_t b)
{
    /* The smaller size by the larger one, with PLACES binary places; that of two zeros is 0. */
    const int32_t size = a < 0 ? -a : a, other = b < 0 ? -b : b;
    const int32_t most = size > other ? size : other, least = size > other ? other : size;
    return (int16_t)(most == 0 ? 0 : ((least << PLACES) + most / 2) / most);
}""".replace("PLACES", str(RATIO_PLACES)),
    "angle": """\
static int32_t NAME(int32_t nearest, int32_t y, int32_t x, int32_t right)
{
    /* From the angle to the nearest axis, and what a right angle is. */
    const int32_t above = (y < 0 ? -y : y) > (x < 0 ? -x : x) ? right - nearest : nearest;
    const int32_t around = x < 0 ? 2 * right - above : above;
    return y < 0 ? -around : around;
}""",
    "smaller": """\
static int32_t NAME(int32_t a, int32_t b)
{
    return a < b ? a : b;
}""",
    "largest": """\
static int32_t NAME(int32_t so_far, int32_t x)
{
    return x > so_far ? x : so_far;
}""",
    "nearest": """\
static int NAME(int32_t told, int size)
{
    return told < 0 ? 0 : told < size ? (int)told : size - 1;
}""",
    "interpolated": """\
static int16_t NAME(const IN_FLASH int16_t *items, int32_t x, int count, int shift)
{
    /* On the parabola through three items, which are 2 to the `shift` apart. */
    const int32_t last = (int32_t)(count - 2) << shift;
    const int32_t at = x < 0 ? 0 : x > last ? last : x;
    const int32_t n = at < last ? at >> shift : count - 3;
    const int32_t rest = at - (n << shift);
    const int32_t step = (int32_t)items[n + 1] - items[n];
    const int32_t bend = (int32_t)items[n + 2] - items[n + 1] - step;
    const int32_t curve = rest * (rest - ((int32_t)1 << shift)) >> (shift + 1);
    const int32_t half = ((int32_t)1 << shift) >> 1;
    const int32_t y = items[n] + ((step * rest + bend * curve + half) >> shift);
    return (int16_t)(y < -32767 ? -32767 : y > 32767 ? 32767 : y);
}""",
}
#: What a file of such code asks of its compiler.
SHIFTS = """\
/* A negative number that is shifted keeps its sign, which C leaves to the compiler. */
typedef char shifts_keep_signs[(-2 >> 1) == -1 ? 1 : -1];
"""


class FixedFunctions(SpelledFunctions):
    """The functions that a file of integers needs; of those that are tables the items too.

    Args:
        names: gives them theirs.
        tables: those of the program.
    """

    def __init__(self, names: Identifiers, tables: Sequence[ActivationTable]) -> None:
        self.language, self.names = FixedC(), names
        self.texts: list[str] = []
        self.asks_library = False
        self._defined: set[str] = set()
        self._helpers = {name: names.new(name) for name in _HELPERS}
        self.tables = tables
        self._called = [names.new(f"{table.name}_of") for table in tables]
        self._items = [names.new(f"{table.name}_items") for table in tables]

    def table(self, place: int) -> str:
        """What the function of a table is called."""
        called, items, table = self._called[place], self._items[place], self.tables[place]
        if called not in self._defined:
            self._defined.add(called)
            self.flash += 2 * len(table.items)
            interpolated = self.helper("interpolated")
            numbers = ", ".join(map(str, table.items))
            first = f"x - {table.first}" if table.first > 0 else f"x + {-table.first}"
            lines = [
                f"/* {table.name}: of a number with {table.given} binary places one with"
                f" {table.fraction}. */",
                f"static const IN_FLASH int16_t {items}[{len(table.items)}] = {{",
                *wrapped(f"    {numbers}"),
                "};",
                "",
                f"static int16_t {called}(int32_t x)",
                "{",
                f"    return {interpolated}({items}, {first}, {len(table.items)}, {table.shift});",
                "}",
            ]
            self.texts.append("\n".join(lines))
        return called


class FixedWalk(Walk):
    """Prints the statements of a function of integers."""

    functions: FixedFunctions

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.small: set[str] = set()  # texts that C takes for numbers of 16 bits

    def store(self, s: ir.Store | ir.ScatterAdd, known: dict[str, Text], target: str) -> None:
        value = s.value
        if isinstance(value, ir.Call) and value.op == FITS and isinstance(s, ir.Store):
            is_local = s.at.buffer in self.single and s.at.buffer != self.result
            if is_local or self.value(value.terms[0], known).text in self.small:
                s = s._replace(value=value.terms[0])
        super().store(s, known, target)

    def value(self, e: ir.Expression, known: Mapping[str, Text]) -> Text:
        made = self.made(e, known)
        arrays = isinstance(e, (ir.Load, ir.Gather)) and _buffer(e) not in self.single
        if arrays or isinstance(e, Const) or (isinstance(e, ir.Call) and e.op in SMALL):
            self.small.add(made.text)
        return made

    def made(self, e: ir.Expression, known: Mapping[str, Text]) -> Text:
        """An expression of integers."""
        if isinstance(e, Const):
            return literal(self.language, e.number)
        if not isinstance(e, ir.Call):
            return super().value(e, known)
        if e.op == LOOK:
            self.count(12)
            called = self.functions.table(int(_number(e.terms[1])))
            return Text(f"{called}({self.value(e.terms[0], known).text})")
        terms = [self.value(term, known) for term in e.terms]
        if e.op == FITS:
            if terms[0].text in self.small:
                return terms[0]
            return Text(f"({NARROW_KIND}){terms[0].within(ATOM)}")
        self.count(len(terms) - 1 if e.op in (SUM, MUL) else 1)
        if e.op in (SUM, MUL, NEG):
            # What is added or multiplied has 32 bits, also where `int` has 16.
            if all(term.text in self.small for term in terms[: 1 + (e.op == SUM)]):
                terms[0] = Text(f"({WIDE}){terms[0].within(ATOM)}")
            if e.op == NEG:
                return negative(terms[0])
            found = terms[0]
            for term in terms[1:]:
                found = infix(self.language, "+" if e.op == SUM else "*", found, term)
            return found
        if e.op == FLOOR:
            return Text(f"({terms[0].within(PRODUCT)} >> {terms[1].text})")
        if e.op in _COMPARED:
            sign, level = _COMPARED[e.op]
            return Text(f"{terms[0].within(AS_SUM)} {sign} {terms[1].within(AS_SUM)}", level)
        if e.op == IS_KNOWN:
            return Text(f"{terms[0].text} != INT16_MIN", AS_EQUAL)
        if e.op == CHOOSE:
            test, a, b = (term.within(OR) for term in terms)
            return Text(f"{test} ? {a} : {b}", CHOICE)
        called = self.functions.helper(_CALLED[e.op])
        return Text(f"{called}({', '.join(term.text for term in terms)})")


_COMPARED = {LESS: ("<", ORDER), LESS_EQUAL: ("<=", ORDER), EQUAL: ("==", AS_EQUAL)}
_CALLED = {
    NARROW: "narrowed",
    QUOTIENT: "quotient",
    LARGER: "largest",
    SMALLER: "smaller",
    REMAINDER: "remainder",
    LONGER: "longer",
    RATIO: "ratio",
    ANGLE: "angle",
}


def _buffer(e: ir.Load | ir.Gather) -> Buffer:
    return e.at.buffer if isinstance(e, ir.Load) else e.array.buffer


def _number(e: ir.Expression) -> float:
    assert isinstance(e, Const), "which table is known"
    return e.number
