"""Rules of the table as nested lists, so that a page can put names and numbers into them itself.

A number is a number and an input is its name; all else is a list that begins with what it is:
`["*", "a", "b"]`, `["neg", "x"]`, `["call", "tanh", "x"]`, `["if", test, chosen, other]`,
`["<", "x", 0]`, `["and", test, test]`, `["const", "pi", 3.14]`; and `["num", "inf"]`, for JSON has
no such number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from jangrad import ops, rules
from jangrad.algebra import Algebra, fold
from jangrad.show.equations import notation


def lists_of(row: ops.Op) -> list[Any]:
    """The notation of an operation and its partials, as lists.

    >>> lists_of(ops.OPS["mul"])
    [['*', 'a', 'b'], 'b', 'a']
    """
    whole = [notation(row), *map(rules.rule_of, row.partials)]
    return [fold(rule, _Lists()) for rule in whole]


class _Lists(Algebra[Any]):
    def num(self, value: float) -> Any:
        return value if math.isfinite(value) else ["num", str(value)]

    def const(self, name: str) -> Any:
        return ["const", name, rules.CONSTANTS[name]]

    def name(self, name: str) -> Any:
        return name

    def bin(self, sign: str, left: Any, right: Any) -> Any:
        return [sign, left, right]

    def neg(self, operand: Any) -> Any:
        return ["neg", operand]

    def call(self, function: str, parts: Sequence[Any]) -> Any:
        return ["call", function, *parts]

    def choice(self, test: Any, chosen: Any, other: Any) -> Any:
        return ["if", test, chosen, other]

    def cmp(self, sign: str, left: Any, right: Any) -> Any:
        return [sign, left, right]

    def logic(self, word: str, parts: Sequence[Any]) -> Any:
        return [word, *parts]
