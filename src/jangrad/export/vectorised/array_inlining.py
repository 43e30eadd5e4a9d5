"""Which classes of scalars have an array of their own, and which are a part of an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jangrad import ops, rules
from jangrad.compiler.exporting import (
    ARRAY,
    MANY,
    MUL,
    NEG,
    OPERATIONS,
    OVER_ROWS,
    PARAM,
    SCATTER,
    Inputs,
    Ints,
)
from jangrad.costs import COSTLY
from jangrad.export.vectorised.array_rolling import Rolled, inputs_over_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# An expression of more parts than this is not put into another one.
_HEAVIEST = 9
# Shorter ones are written again, where a gradient needs them.
_LIGHT = 3
# These take a line of their own sooner: calls do not read as signs do.
_CALLS = ("maximum", "minimum")
_TESTS = ("less", "less_equal", "equal")


class Scalars:
    """What classes of scalars are.

    Args:
        rolled: the scalars, and which are alike.
        wanted: the nodes of each result.

    Attributes:
        op, batched: of each class its operation, and whether each row has its own.
        inputs: of each class what its members read of other classes.
        users: of each class those that read it.
        uses: how often each node is read.
        is_ragged: whether sums over different lengths are made of it.
        learns: whether parameters are in it.
    """

    def __init__(self, rolled: Rolled, wanted: Sequence[Ints]) -> None:
        program, classes = rolled.program, rolled.classes
        self.program, self.classes = program, classes
        members = classes.members
        # The last one is no state from before a loop.
        self.op = [int(program.op[m[-1]]) for m in members]
        self.batched = [bool(program.batched[m[-1]]) for m in members]
        self.inputs: list[list[Inputs]] = [
            inputs_over_steps(rolled, c) for c in range(len(members))
        ]
        self.users: list[set[int]] = [set() for _ in members]
        for c, groups in enumerate(self.inputs):
            for kind, _, _ in groups:
                self.users[kind].add(c)
        self.is_ragged = [False] * len(members)
        for c in reversed(range(len(members))):
            self.is_ragged[c] = any(
                self.is_ragged[u] or (kind == c and many.min() < many.max())
                for u in self.users[c]
                for kind, many, _ in self.inputs[u]
            )
        self.learns = [False] * len(members)
        for _ in range(1 + bool(rolled.loops)):  # what a step reads may be of a later class
            for c, groups in enumerate(self.inputs):
                is_parameter = self.op[c] == PARAM
                self.learns[c] |= is_parameter or any(self.learns[k] for k, _, _ in groups)
        self.uses = np.bincount(program.child, minlength=len(program))
        for nodes in wanted:
            np.add.at(self.uses, nodes.ravel(), 1)
        # What is negative is written where it is used, however often that is.
        negative = np.flatnonzero((program.op == NEG) & (self.uses > 1))
        np.add.at(self.uses, program.child[program.ptr[negative]], self.uses[negative] - 1)


class Inlining:
    """Decides class by class, those first that others are made of.

    Args:
        scalars: the classes.
        is_variable: whether a class is a variable of the user's, which keeps its name.
        learning: whether a gradient is wanted, which uses numbers again.
    """

    def __init__(
        self, scalars: Scalars, is_variable: Callable[[int], bool], *, learning: bool
    ) -> None:
        self.s, self.is_variable, self.learning = scalars, is_variable, learning
        count = len(scalars.op)
        self.inlined = [False] * count
        self._heavy, self._sums = [1] * count, [False] * count
        self._reduces = [
            scalars.op[c] in MANY and any(many.max() > 1 for _, many, _ in scalars.inputs[c])
            for c in range(count)
        ]
        self._is_term = [False] * count
        for c in reversed(range(count)):
            self._is_term[c] = any(self._sums_up(u, c) for u in scalars.users[c])

    def _sums_up(self, u: int, c: int) -> bool:
        """Whether a user of a class sums it, by itself or by its own user."""
        s, op = self.s, self.s.op[u]
        if op in MANY:
            return any(
                kind == c and (many.max() > 1 or op in OVER_ROWS) for kind, many, _ in s.inputs[u]
            )
        alone = s.uses[s.classes.members[u]].max() == 1
        return op != MUL and self._is_term[u] and alone and not self.is_variable(u)

    def inlines(self, c: int) -> bool:
        """Whether a class is a part of the expressions that use it; asked once for each."""
        if self.s.op[c] == SCATTER or self._fits(c):
            self.inlined[c] = True
            self._sums[c] = self._has_sums(c)
            # A choice has its test twice, and is written with one.
            is_test = OPERATIONS[self.s.op[c]].name in _TESTS
            self._heavy[c] = min(self._weight(c), 2) if is_test else self._weight(c)
        return self.inlined[c]

    def _fits(self, c: int) -> bool:
        s, op = self.s, self.s.op[c]
        if op == NEG:
            return True
        if OPERATIONS[op].name in _TESTS:  # shorter where it is asked than kept as a number
            return self._weight(c) <= _HEAVIEST and not self._has_sums(c)
        if s.uses[s.classes.members[c]].max() > 1 or self.is_variable(c):
            return False
        if any(s.op[u] == ARRAY for u in s.users[c]):
            return False
        if self.learning and self._is_used_again(c):
            return False
        if op == MUL and self._is_term[c]:  # of a matrix product
            return True
        users = {s.op[u] for u in s.users[c]}
        if OPERATIONS[op].name in _CALLS and users == {op} and not self.learning:
            return not self._has_sums(c)  # of the largest of many
        if self._has_sums(c) and (self._is_term[c] or self._is_factor(c)):
            return False
        return self._weight(c) <= _HEAVIEST

    def _weight(self, c: int) -> int:
        """How much there would be to read in its expression."""
        inside = [self._heavy[k] if self.inlined[k] else 1 for k, _, _ in self.s.inputs[c]]
        return 1 + sum(inside)

    def _has_sums(self, c: int) -> bool:
        """Whether there is a sum in its expression."""
        inside = [self._sums[kind] for kind, _, _ in self.s.inputs[c] if self.inlined[kind]]
        return self._reduces[c] or any(inside)

    def _is_factor(self, c: int) -> bool:
        """Whether it is multiplied in a term of a sum."""
        return any(self.s.op[u] == MUL and self._is_term[u] for u in self.s.users[c])

    def _is_used_again(self, c: int) -> bool:
        """Whether slopes use its numbers, and it is no short expression."""
        operation = OPERATIONS[self.s.op[c]]
        if self._weight(c) <= _LIGHT and operation.cost < COSTLY and operation.name not in _CALLS:
            return False
        if "y" in self._names_of_slopes(c):
            return True
        for u in self.s.users[c]:
            names = self._names_of_slopes(u)
            read = [kind for kind, _, _ in self.s.inputs[u]]
            if names and any(
                kind == c and name in names
                for kind, name in zip(read, OPERATIONS[self.s.op[u]].arguments, strict=False)
            ):
                return True
        return False

    def _names_of_slopes(self, u: int) -> frozenset[str]:
        """What the partials of a class's operation use, by those of its inputs that learn."""
        operation = OPERATIONS[self.s.op[u]]
        row = ops.OPS.get(operation.name)
        if row is None or operation.partial >= 0 or not self.s.learns[u]:
            return frozenset()
        learns = [self.s.learns[kind] for kind, _, _ in self.s.inputs[u]]
        if len(learns) < len(row.partials):  # both inputs are of one class
            learns = [True] * len(row.partials)
        asked = [rules.names_in(p) for p, yes in zip(row.partials, learns, strict=False) if yes]
        return frozenset[str]().union(*asked)
