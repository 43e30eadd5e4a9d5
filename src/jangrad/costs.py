"""What an operation costs, in additions: computed from its rule, for every estimate alike.

A function of the machine's own, a division and a root have weights, and so have the functions that
the compiler writes by hand; all else is the sum of what its rule is made of. The weights are those
of vectors on a processor of today: throughput, not delay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from jangrad import ops, rules
from jangrad.algebra import Algebra, Rule, fold

#: An operation from here on is costly: it takes at least as long as a division.
COSTLY = 8.0

_SIGNS = {"+": 1.0, "-": 1.0, "*": 1.0, "/": COSTLY, "%": 40.0, "**": 40.0}
_INSTRUCTIONS = {"abs": 1.0, "floor": 1.0, "ceil": 1.0, "sqrt": 10.0}
_FUNCTION = 25.0  # one that is written by hand: a polynomial, and what stands around it
#: A power whose exponent is known is a few products.
KNOWN_POWER = 2.0


class _Cost(Algebra[float]):
    def num(self, value: float) -> float:
        return 0.0

    def const(self, name: str) -> float:
        return 0.0

    def name(self, name: str) -> float:
        return 0.0

    def bin(self, sign: str, left: float, right: float) -> float:
        return left + right + _SIGNS[sign]

    def neg(self, operand: float) -> float:
        return operand + 1.0

    def call(self, function: str, parts: Sequence[float]) -> float:
        return sum(parts) + cost_of_value(function)

    def choice(self, test: float, chosen: float, other: float) -> float:
        return test + chosen + other + 1.0  # vectors compute both sides

    def cmp(self, sign: str, left: float, right: float) -> float:
        return left + right + 1.0

    def logic(self, word: str, parts: Sequence[float]) -> float:
        return sum(parts) + len(parts) - 1.0


@cache
def cost(rule: Rule) -> float:
    """What computing a rule costs, such as what a partial contributes, in additions.

    >>> cost(rules.contribution("1 - y * y")), cost(rules.rule_of("1 / x"))
    (3.0, 8.0)
    """
    return fold(rule, _Cost())


def mean_cost(codes: Iterable[int]) -> float:
    """What an operation of a graph costs on average; leaves are none, and do not count.

    Args:
        codes: of each node its code in the engine.

    >>> mean_cost([0, 0, ops.CODE_OF["mul", ops.BOTH], ops.CODE_OF["tanh", ops.UNARY]])
    13.0
    """
    counts = Counter(codes)
    counts.pop(ops.LEAF, None)
    total = sum(n * _cost_of_code(code) for code, n in counts.items())
    return total / (counts.total() or 1)


def _cost_of_code(code: int) -> float:
    if code == ops.CLOSURE:  # what it computes is the user's own business
        return 1.0
    row, form = ops.CODES[code]
    known = row.name == "pow" and form == ops.NUMBER_RIGHT
    return KNOWN_POWER if known else cost_of_value(row.name)


def cost_of_value(name: str) -> float:
    """What an operation of the table costs.

    >>> cost_of_value("mul"), cost_of_value("tanh"), cost_of_value("elu")
    (1.0, 25.0, 28.0)
    """
    row = ops.OPS[name]
    if name in _INSTRUCTIONS:
        return _INSTRUCTIONS[name]
    return _FUNCTION if row.native else cost(rules.rule_of(row.value))
