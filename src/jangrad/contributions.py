"""What makes up a gradient that is a graph, as it walks down, and when it reaches a node at all.

Only the chosen side of a choice has a gradient. What nothing but unchosen sides lead to is not
reached: its gradient is 0, whatever inf or nan its value and its slopes are. Outside a trace the
choices are made, and what is not chosen is left out. In a trace they are made by the numbers of a
later call, so a part of a gradient carries the conditions under which it is one; below a gate that
is shut it may be nan, and it is cut off by its conditions where it meets a part that has others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jangrad import functions
from jangrad.engine import Value
from jangrad.record import Record

if TYPE_CHECKING:
    from jangrad.engine import Operand

#: Up to so many products everything is cut off that may be nan, as derivatives are built. In
#: larger programs, so networks of relus, a product is left alone below a choice that an operation
#: makes (it is nan only where a factor is inf or nan), and what so many alternatives lead to counts
#: as reached.
MOST_EXACT, MOST_ALTERNATIVES = 256, 4

_equal = functions.lift("equal")
_gate = functions.lift("gate")
_gather, _scatter = functions.lift("gather"), functions.lift("scatter")


class Condition:
    """That a test holds, or that it does not, and what must be true above it.

    Attributes:
        explicit: whether it is a choice of the user's, not of an operation's.
        column: whether it is one for each place of a column, as its test is: not 0 where gathered.
    """

    __slots__ = ("above", "column", "explicit", "holds", "test", "value")

    def __init__(self, above: Condition | None, test: Value, holds: bool, explicit: bool) -> None:
        self.above, self.test, self.holds = above, test, holds
        self.explicit: bool = explicit or (above is not None and above.explicit)
        self.column = False
        self.value: Value | None = None  # not 0 where it is true; made when it is used


class Summand(Record):
    """A part of a node's gradient.

    Attributes:
        term: the contribution.
        reach: under which conditions; None for always.
        clean: whether the term is 0 where they are not met. Else it may be anything there.
    """

    term: Operand
    reach: Condition | None = None
    clean: bool = True

    def cut(self) -> Operand:
        """The term, which is 0 where the conditions are not met."""
        return self.term if self.clean else _gate(_value(self.reach), self.term)


class Conditions:
    """The conditions of one walk; equal ones are one object.

    Args:
        exact: whether what is not chosen is cut off at any price.
    """

    def __init__(self, exact: bool) -> None:
        self.exact = exact
        self._known: dict[tuple[int, int, bool], Condition] = {}

    def under(
        self, above: Condition | None, test: Value, holds: bool = True, *, explicit: bool
    ) -> Condition:
        """That the test holds too, or with False that it does not."""
        while test.op in ("equal", "gate"):
            first, number = test.inputs
            if not isinstance(first, Value) or isinstance(number, Value):
                break
            if (number == 0.0) != (test.op == "equal"):
                break
            test, holds = first, holds != (test.op == "equal")
        key = id(above), id(test), holds
        if key not in self._known:
            self._known[key] = Condition(above, test, holds, explicit or self.exact)
        self._known[key].explicit |= explicit
        return self._known[key]

    def gathered(self, above: Condition | None, index: Operand) -> Condition:
        """Of a column, what is at the place of this number."""
        one = Value(1.0) if above is None else _unit(above)
        return self._column(_scatter(one, index))

    def at(self, column: Condition, place: Operand) -> Condition:
        """What is at a place of a column."""
        return self.under(None, _gather(column.test, place), explicit=False)

    def _column(self, test: Value) -> Condition:
        found = Condition(None, test, True, False)
        found.column = True
        return found

    def settle(self, parts: Sequence[Summand]) -> Summand:
        """All parts of a gradient as one."""
        reach = self._any([part.reach for part in parts])
        terms = [p.term if p.reach is reach else p.cut() for p in parts]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return Summand(total, reach, all(p.clean or p.reach is not reach for p in parts))

    def _any(self, reaches: list[Condition | None]) -> Condition | None:
        """Where one of them is true."""
        found: dict[int, Condition] = {}
        first, *rest = reaches
        if first is not None and first.column:
            test = first.test
            for other in rest:
                assert other is not None, "columns are only gathered from"
                test = test + other.test
            return self._column(test) if rest else first
        for reach in reaches:
            while reach is not None:  # a test that holds or does not leaves what is above
                other = self._known.get((id(reach.above), id(reach.test), not reach.holds))
                if other is None or id(other) not in found:
                    break
                del found[id(other)]
                reach = reach.above
            if reach is None:
                return None
            found[id(reach)] = reach
        last, *others = found.values()
        if not others:
            return last
        explicit = any(reach.explicit for reach in found.values())
        if len(found) > MOST_ALTERNATIVES and not explicit:
            return None
        none = _equal(_value(last), 0.0)
        for reach in others:
            none = none * _equal(_value(reach), 0.0)
        return self.under(None, none, holds=False, explicit=explicit)


def _unit(reach: Condition) -> Value:
    """1 where the conditions are met, and 0 elsewhere."""
    one: Value = _equal(_equal(_value(reach), 0.0), 0.0)
    return one


def _value(reach: Condition | None) -> Value:
    """A Value that is not 0 where the conditions are met."""
    chain = []
    while reach is not None and reach.value is None:
        chain.append(reach)
        reach = reach.above
    for reach in reversed(chain):
        own = reach.test if reach.holds else _equal(reach.test, 0.0)
        above = reach.above
        reach.value = own if above is None else _gate(above.value, own)
    assert reach is not None, "what has no condition is clean"
    assert reach.value is not None
    return reach.value
