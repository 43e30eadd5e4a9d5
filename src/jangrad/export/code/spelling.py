"""Rules and operations in the words that C and JavaScript share, and what differs between them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from jangrad import ieee, ops, rules
from jangrad.algebra import Algebra, fold
from jangrad.compiler.exporting import (
    Number,
    Operation,
)
from jangrad.export.code.identifiers import Identifiers

# How tightly an expression binds.
CHOICE, OR, AND, EQUAL, ORDER, SUM, PRODUCT, SIGN, ATOM = range(9)
_LEVELS = {
    "+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT,
    "<": ORDER, "<=": ORDER, ">": ORDER, ">=": ORDER, "==": EQUAL, "!=": EQUAL,
}  # fmt: skip
#: What rules call beside the table, and what sums and lookups need.
HELPERS = ("power", "mod", "largest", "nearest")


class Text(NamedTuple):
    """An expression, and how tightly it binds."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """In parentheses where it binds less than this."""
        return self.text if self.level >= level else f"({self.text})"


class Language(ABC):
    """What C and JavaScript spell differently.

    Args:
        number: "double" or "float".
    """

    #: What a primitive of `ieee.py` is called; a function that is not there has a `helper`.
    primitives: Mapping[str, str]
    #: The signs of comparisons that differ.
    signs: Mapping[str, str] = {}
    #: What the counter of a loop is declared as.
    counts: str
    #: Whether `+=` rounds as is wanted.
    compounds = True
    #: Whether arrays that a function works in are made once, outside of it.
    keeps_arrays = False
    #: Which helpers a helper calls, as `$name` in its text.
    needs: Mapping[str, Sequence[str]] = {}

    def __init__(self, number: Number) -> None:
        self.number = number

    @abstractmethod
    def literal(self, x: float) -> str:
        """A number that is not negative."""

    @abstractmethod
    def rounded(self, made: Text) -> Text:
        """What an operation has made, in the precision that is wanted."""

    @abstractmethod
    def primitive(self, name: str) -> str:
        """The library's function, as it is called."""

    @abstractmethod
    def helper(self, name: str, called: str) -> str:
        """The definition of one of `HELPERS`, or of a primitive that the library lacks."""

    @abstractmethod
    def function(self, name: str, inputs: Sequence[str], value: str) -> str:
        """A function of numbers that returns this."""

    @abstractmethod
    def local(self, name: str, value: str, *, changes: bool) -> str:
        """A new number."""

    @abstractmethod
    def array(self, name: str, size: int) -> str:
        """A new array, with anything in it."""

    def loop(self, index: str, start: int, stop: str, step: int) -> str:
        """The head of a loop, with its brace."""
        on = f"++{index}" if step == 1 else f"{index} += {step}"
        return f"for ({self.counts} {index} = {start}; {index} < {stop}; {on}) {{"


def literal(language: Language, x: float) -> Text:
    """Any number."""
    if x < 0.0 or (x == 0.0 and str(x).startswith("-")):
        return Text(f"-{language.literal(-x)}", SIGN)
    return Text(language.literal(x))


class SpelledFunctions:
    """The functions that a file needs, each after those that it calls.

    Args:
        language: of the file.
        names: gives them theirs.

    Attributes:
        texts: their definitions, in order.
        asks_library: whether one of the library is called.
        flash: bytes of constants that are theirs.
    """

    flash = 0

    def __init__(self, language: Language, names: Identifiers) -> None:
        self.language, self.names = language, names
        self.texts: list[str] = []
        self.asks_library = False
        self._defined: set[str] = set()
        # All that a file may need: what is named after them gets another name.
        needed = [other for others in language.needs.values() for other in others]
        helpers = dict.fromkeys([*HELPERS, *_lacking(language), *needed])
        self._helpers = {name: names.new(name) for name in helpers}
        self._operations = {o: names.new(_told(o)) for o in _every_operation()}

    def helper(self, name: str) -> str:
        """What a helper is called."""
        called = self._helpers[name]
        self.asks_library |= name in ("power", "mod")
        if called not in self._defined:
            self._defined.add(called)
            text = self.language.helper(name, called)
            for other in self.language.needs.get(name, ()):
                text = text.replace(f"${other}(", f"{self.helper(other)}(")
            self.texts.append(text)
        return called

    def operation(self, operation: Operation) -> str:
        """What the function of an operation is called."""
        called = self._operations[operation]
        if called not in self._defined:
            self._defined.add(called)
            inner = self.names.within()
            given = [inner.new(name) for name in operation.arguments]
            known = dict(zip(operation.arguments, map(Text, given), strict=True))
            value = fold(operation.rule, Rules(self, known))
            self.texts.append(self.language.function(called, given, value.text))
        return called

    def call(self, operation: Operation, given: Sequence[Text]) -> Text:
        """An operation of some numbers: as a call, or as it is written where that is short."""
        if operation.partial < 0 and operation.name in ieee.PRIMITIVES:
            return self.primitive(operation.name, given)
        short = self._power(operation, given) if operation.name == "pow" else None
        if short is not None:
            return short
        rule = operation.rule
        names = rules.names_of(rule)
        known = dict(zip(operation.arguments, given, strict=True))
        atoms = {name for name, text in known.items() if text.level == ATOM}
        once = all(names.count(name) <= 1 for name in known if name not in atoms)
        if once and fold(rule, _IsShort()) <= _SHORT:
            return fold(rule, Rules(self, known))
        called = self.operation(operation)
        return Text(f"{called}({', '.join(text.text for text in given)})")

    def _power(self, operation: Operation, given: Sequence[Text]) -> Text | None:
        """A power; a square, a reciprocal and the slope of a square need none."""
        language = self.language
        one, two = literal(language, 1.0), literal(language, 2.0)
        if operation.partial < 0:
            base, exponent = given
            if exponent == literal(language, -1.0):
                return infix(language, "/", one, base)
            if exponent == two and base.level == ATOM:
                return infix(language, "*", base, base)
            return Text(f"{self.helper('power')}({base.text}, {exponent.text})")
        if operation == Operation("pow", 0) and given[2] == two:
            return infix(language, "*", given[0], infix(language, "*", two, given[1]))
        return None

    def primitive(self, name: str, given: Sequence[Text]) -> Text:
        """A function of the library."""
        known = name in self.language.primitives
        self.asks_library |= known
        called = self.language.primitive(name) if known else self.helper(name)
        found = Text(f"{called}({', '.join(text.text for text in given)})")
        return self.language.rounded(found) if known else found


def _lacking(language: Language) -> list[str]:
    """The primitives for which a language has no function."""
    return [name for name in ieee.PRIMITIVES if name not in language.primitives]


def _every_operation() -> Iterator[Operation]:
    for name, row in ops.OPS.copy().items():
        yield Operation(name)
        for slope in range(len(row.partials)):
            yield Operation(name, slope)
            yield Operation(name, slope, True)


def _told(operation: Operation) -> str:
    """What the function of an operation is to be called."""
    inputs = ops.OPS[operation.name].inputs
    if operation.partial < 0:
        return operation.name
    by = f"_{inputs[operation.partial]}" if len(inputs) > 1 else ""
    return f"{operation.name}_{'reaches' if operation.reaches else 'slope'}{by}"


# So many signs are written in place; what chooses has too many.
_SHORT, _LONG = 5, 100


class _IsShort(Algebra[int]):
    """How many signs a rule has; many, where it chooses or calls what is no primitive."""

    def num(self, value: float) -> int:
        return 0

    def const(self, name: str) -> int:
        return 0

    def name(self, name: str) -> int:
        return 0

    def bin(self, sign: str, left: int, right: int) -> int:
        return left + right + (1 if sign in _LEVELS else _LONG)

    def neg(self, operand: int) -> int:
        return operand + 1

    def call(self, function: str, parts: Sequence[int]) -> int:
        return sum(parts) + (1 if function in ieee.PRIMITIVES else _LONG)

    def choice(self, test: int, chosen: int, other: int) -> int:
        return _LONG

    def cmp(self, sign: str, left: int, right: int) -> int:
        return _LONG

    def logic(self, word: str, parts: Sequence[int]) -> int:
        return _LONG


class Rules(Algebra[Text]):
    """A rule as an expression.

    Args:
        functions: the functions of the file.
        known: what the names in it stand for.
    """

    def __init__(self, functions: SpelledFunctions, known: Mapping[str, Text]) -> None:
        self.functions, self.known = functions, known
        self.language = functions.language

    def num(self, value: float) -> Text:
        return literal(self.language, float(value))

    def const(self, name: str) -> Text:
        return literal(self.language, rules.CONSTANTS[name])

    def name(self, name: str) -> Text:
        return self.known[name]

    def bin(self, sign: str, left: Text, right: Text) -> Text:
        if sign not in _LEVELS:
            called = self.functions.helper({"%": "mod", "**": "power"}[sign])
            return Text(f"{called}({left.text}, {right.text})")
        return infix(self.language, sign, left, right)

    def neg(self, operand: Text) -> Text:
        return negative(operand)

    def call(self, function: str, parts: Sequence[Text]) -> Text:
        if function in ieee.PRIMITIVES:
            return self.functions.primitive(function, parts)
        return self.functions.call(Operation(function), parts)

    def choice(self, test: Text, chosen: Text, other: Text) -> Text:
        u, v = chosen.within(OR), other.within(OR)
        return Text(f"{test.within(OR)} ? {u} : {v}", CHOICE)

    def cmp(self, sign: str, left: Text, right: Text) -> Text:
        level = _LEVELS[sign]
        spelled = self.language.signs.get(sign, sign)
        return Text(f"{left.within(SUM)} {spelled} {right.within(SUM)}", level)

    def logic(self, word: str, parts: Sequence[Text]) -> Text:
        level, sign = (AND, " && ") if word == "and" else (OR, " || ")
        return Text(sign.join(part.within(EQUAL) for part in parts), level)


def infix(language: Language, sign: str, left: Text, right: Text) -> Text:
    """`left sign right`, as it is rounded; times or by 1 is what it was."""
    level, one = _LEVELS[sign], literal(language, 1.0)
    if right == one and sign in "*/":
        return left
    if left == one and sign == "*":
        return right
    if sign == "+" and right.level == SIGN:  # a + -b
        return infix(language, "-", left, Text(right.text[1:]))
    # What binds alike goes from left to right; a sign after a sign would be another operator.
    text = f"{left.within(level)} {sign} {right.within(level + 1)}"
    return language.rounded(Text(text, level))


def negative(operand: Text) -> Text:
    """`-operand`."""
    if operand.level == SIGN:
        return Text(operand.text[1:])
    return Text(f"-{operand.within(ATOM)}", SIGN)
