"""The tree of a rule, and the one walk over it.

    rule      number, constant or input name       2, pi, x, a, b, y        Num, Const, In
              rule (+ - * / % **) rule, -rule                               BinOp, Neg
              function(rule)                       a name of the table      Call
              rule if test else rule                                        If
    test      rule (< <= > >= == !=) rule                                   Cmp
              test and test, test or test                                   Logic

What is made of a rule, a number, a Value, machine code, JavaScript, LaTeX, is an `Algebra`: it says
what each kind of node means, given what its parts mean; `fold` walks the tree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


# -- the nodes -------------------------------------------------------------------------------------


class Rule:
    """A rule or a test; two are equal if they are written alike.

    `dataclass` would write the methods below, but is imported for longer than jangrad itself.
    """

    __slots__: tuple[str, ...] = ()
    __match_args__: tuple[str, ...] = ()

    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._parts() == self._parts()

    def __hash__(self) -> int:
        return hash((type(self), self._parts()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self._parts()))})"


class Num(Rule):
    """A number as it is written: 0 and 0.0 are two."""

    __slots__ = __match_args__ = ("value",)

    def __init__(self, value: float) -> None:
        self.value = value

    def _parts(self) -> tuple[object, ...]:
        return (repr(self.value),)


class Const(Rule):
    """One of `CONSTANTS`."""

    __slots__ = __match_args__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class In(Rule):
    """An input, or whatever a name stands for."""

    __slots__ = __match_args__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class BinOp(Rule):
    """Arithmetic of two; the sign is one of + - * / % **."""

    __slots__ = __match_args__ = ("sign", "left", "right")

    def __init__(self, sign: str, left: Rule, right: Rule) -> None:
        self.sign, self.left, self.right = sign, left, right


class Neg(Rule):
    """A minus in front."""

    __slots__ = __match_args__ = ("operand",)

    def __init__(self, operand: Rule) -> None:
        self.operand = operand


class Call(Rule):
    """An operation of the table."""

    __slots__ = __match_args__ = ("function", "parts")

    def __init__(self, function: str, parts: tuple[Rule, ...]) -> None:
        self.function, self.parts = function, parts


class If(Rule):
    """`chosen if test else other`."""

    __slots__ = __match_args__ = ("test", "chosen", "other")

    def __init__(self, test: Rule, chosen: Rule, other: Rule) -> None:
        self.test, self.chosen, self.other = test, chosen, other


class Cmp(Rule):
    """A comparison; the sign is one of < <= > >= == !=."""

    __slots__ = __match_args__ = ("sign", "left", "right")

    def __init__(self, sign: str, left: Rule, right: Rule) -> None:
        self.sign, self.left, self.right = sign, left, right


class Logic(Rule):
    """Tests joined by `and` or `or`."""

    __slots__ = __match_args__ = ("word", "parts")

    def __init__(self, word: str, parts: tuple[Rule, ...]) -> None:
        self.word, self.parts = word, parts


ZERO, ONE = Num(0), Num(1)


# -- the one walk ----------------------------------------------------------------------------------


class Algebra(ABC, Generic[T]):
    """What each kind of node means, given what its parts mean."""

    @abstractmethod
    def num(self, value: float) -> T: ...
    @abstractmethod
    def const(self, name: str) -> T: ...
    @abstractmethod
    def name(self, name: str) -> T: ...
    @abstractmethod
    def bin(self, sign: str, left: T, right: T) -> T: ...
    @abstractmethod
    def neg(self, operand: T) -> T: ...
    @abstractmethod
    def call(self, function: str, parts: Sequence[T]) -> T: ...

    # Where nothing chooses, these need not be there.
    def choice(self, test: T, chosen: T, other: T) -> T:
        raise TypeError(f"{type(self).__name__} has no choices")

    def cmp(self, sign: str, left: T, right: T) -> T:
        raise TypeError(f"{type(self).__name__} has no tests")

    def logic(self, word: str, parts: Sequence[T]) -> T:
        raise TypeError(f"{type(self).__name__} has no tests")


def fold(rule: Rule, algebra: Algebra[T]) -> T:
    """What a rule means, from the leaves up and from left to right; of a choice the test first.

    >>> fold(BinOp("*", In("x"), BinOp("-", In("x"), In("a"))), Names())
    ['x', 'x', 'a']
    """
    match rule:
        case In(name):
            return algebra.name(name)
        case Num(value):
            return algebra.num(value)
        case Const(name):
            return algebra.const(name)
        case BinOp(sign, left, right):
            return algebra.bin(sign, fold(left, algebra), fold(right, algebra))
        case Neg(operand):
            return algebra.neg(fold(operand, algebra))
        case Call(function, parts):
            return algebra.call(function, [fold(part, algebra) for part in parts])
        case If(test, chosen, other):
            return algebra.choice(fold(test, algebra), fold(chosen, algebra), fold(other, algebra))
        case Cmp(sign, left, right):
            return algebra.cmp(sign, fold(left, algebra), fold(right, algebra))
        case Logic(word, parts):
            return algebra.logic(word, [fold(part, algebra) for part in parts])
    raise TypeError(f"no rule: {rule!r}")


class Rebuilt(Algebra[Rule]):
    """The rule itself: what a change of a few kinds of nodes is derived from."""

    def num(self, value: float) -> Rule:
        return Num(value)

    def const(self, name: str) -> Rule:
        return Const(name)

    def name(self, name: str) -> Rule:
        return In(name)

    def bin(self, sign: str, left: Rule, right: Rule) -> Rule:
        return BinOp(sign, left, right)

    def neg(self, operand: Rule) -> Rule:
        return Neg(operand)

    def call(self, function: str, parts: Sequence[Rule]) -> Rule:
        return Call(function, tuple(parts))

    def choice(self, test: Rule, chosen: Rule, other: Rule) -> Rule:
        return If(test, chosen, other)

    def cmp(self, sign: str, left: Rule, right: Rule) -> Rule:
        return Cmp(sign, left, right)

    def logic(self, word: str, parts: Sequence[Rule]) -> Rule:
        return Logic(word, tuple(parts))


class Joined(Algebra[list[str]]):
    """What is found in the parts, in the order of the text; leaves have nothing."""

    def num(self, value: float) -> list[str]:
        return []

    def const(self, name: str) -> list[str]:
        return []

    def name(self, name: str) -> list[str]:
        return []

    def bin(self, sign: str, left: list[str], right: list[str]) -> list[str]:
        return left + right

    def neg(self, operand: list[str]) -> list[str]:
        return operand

    def call(self, function: str, parts: Sequence[list[str]]) -> list[str]:
        return [name for part in parts for name in part]

    def choice(self, test: list[str], chosen: list[str], other: list[str]) -> list[str]:
        return chosen + test + other

    def cmp(self, sign: str, left: list[str], right: list[str]) -> list[str]:
        return left + right

    def logic(self, word: str, parts: Sequence[list[str]]) -> list[str]:
        return [name for part in parts for name in part]


class Names(Joined):
    """The names that a rule uses."""

    def name(self, name: str) -> list[str]:
        return [name]


class Functions(Joined):
    """The functions that it calls."""

    def call(self, function: str, parts: Sequence[list[str]]) -> list[str]:
        return [function, *super().call(function, parts)]
