"""Fewer masks: exponents that are -inf where a mask hides them, so that all behind is 0 there.

Sums over 1, 2, 3 ... items are whole squares of which masks hide a part. A softmax of such scores
is written as a person would write it: the scores are masked once, by -inf.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import MUL, NEG, OPERATIONS, Operation
from jangrad.export.vectorised.array_program import (
    Applied,
    Array,
    ArrayLoop,
    ArrayProgram,
    Compute,
    Expression,
    KnownNumber,
    Label,
    Mask,
    Masked,
    ReadArray,
    Reduce,
    Statement,
    Sum,
    labels_in,
    reads_in,
    reads_of,
    runs_along,
)

_EXP, _DIVIDE, _MINUS = Operation("exp"), Operation("div"), Operation("minus")
# What is paid, times exp itself.
_SLOPE_OF_EXP = Operation("exp", 0)


class _Hidden(NamedTuple):
    """What a mask hides of an array: a table, and the axes of the array that it has."""

    table: Any
    axes: tuple[int, ...]


def with_fewer_masks(program: ArrayProgram) -> None:
    """Change the statements of a program."""
    _Masks(program).run()


class _Masks:
    def __init__(self, program: ArrayProgram) -> None:
        self.program = program
        # Arrays that are 0 where a mask hides them, and such that are -inf.
        self.zero: dict[Array, _Hidden] = {}
        self.least: dict[Array, _Hidden] = {}

    def run(self) -> None:
        for statement in self.program.statements:
            if isinstance(statement, Compute):
                self._mask_scores(statement)
        self.program.statements = [self._again(one) for one in self.program.statements]

    # -- scores -----------------------------------------------------------------------------------

    def _mask_scores(self, statement: Compute) -> None:
        """Where a statement is exp of masked scores, mask the scores by -inf instead."""
        match statement.expression:
            case Applied(operation, (Masked(inner, mask),)) if operation == _EXP:
                pass
            case _:
                return
        top = None
        match inner:
            case Applied(sign, (ReadArray() as read, ReadArray() as largest)) if sign == _MINUS:
                top = largest.array
            case ReadArray() as read:
                pass
            case _:
                return
        scores, hidden = read.array, self._hidden(read, mask)
        made = [s for s in self.program.statements if isinstance(s, Compute) and s.array is scores]
        if hidden is None or len(made) != 1 or scores in self.program.results:
            return
        if not self._are_scores(scores, hidden, statement, top):
            return
        (computed,) = made
        labels = tuple(computed.labels[axis] for axis in hidden.axes)
        computed.expression = Masked(computed.expression, Mask(hidden.table, labels), -math.inf)
        statement.expression = Applied(_EXP, (inner,))
        self.least[scores] = hidden
        at = {label: axis for axis, label in enumerate(statement.labels)}
        if all(label in at for label in mask.labels):
            self.zero[statement.array] = _Hidden(mask.table, tuple(at[x] for x in mask.labels))

    def _are_scores(
        self, scores: Array, hidden: _Hidden, exponent: Compute, top: Array | None
    ) -> bool:
        """Whether nothing reads the scores but their exponent and the largest, `top`."""
        found = top is None
        for statement in self.program.statements:
            mine = [read for read in reads_of(statement) if scores in (read.array, read.array.of)]
            if not mine or statement is exponent:
                continue
            match statement:
                case Compute(array, _, Reduce("max", _, ReadArray() as read, Mask() as mask)):
                    if array is not top or len(mine) > 1 or not self._is_hidden(read, hidden, mask):
                        return False
                    found = True
                case _:
                    return False
        return found

    # -- what needs no mask -----------------------------------------------------------------------

    def _again(self, statement: Statement) -> Statement:
        """A statement without the masks that nothing is changed by."""
        if isinstance(statement, ArrayLoop):
            return statement
        if isinstance(statement, Compute):
            statement.expression = self._plain(statement.expression)
            self._note(statement)
            return statement
        statement.parts = [
            part._replace(expression=self._plain(part.expression)) for part in statement.parts
        ]
        return statement

    def _note(self, statement: Compute) -> None:
        """Remember where the array of a statement is 0."""
        at = {label: axis for axis, label in enumerate(statement.labels)}
        masks = []
        if isinstance(statement.expression, Masked) and statement.expression.outside == 0.0:
            masks.append(statement.expression.mask)
        for read in reads_in(statement.expression):
            if read.array in self.zero:
                masks += self._mask_of(read, self.zero[read.array])
        for mask in masks:
            known = all(label in at for label in mask.labels)
            if known and self._is_zero(statement.expression, mask):
                axes = tuple(at[label] for label in mask.labels)
                self.zero.setdefault(statement.array, _Hidden(mask.table, axes))

    def _plain(self, e: Expression) -> Expression:
        match e:
            case Masked(inner, mask, outside):
                inner = self._plain(inner)
                shown = outside == 0.0 and self._is_zero(inner, mask)
                return inner if shown else e._replace(expression=inner)
            case Reduce(kind, _, body, mask):
                body = self._plain(body)
                if mask is not None and self._is_nothing(kind, body, mask):
                    mask = None
                return e._replace(body=body, mask=mask)
            case Applied(_, parts):
                return e._replace(parts=tuple(map(self._plain, parts)))
            case Sum(parts):
                return Sum(tuple(map(self._plain, parts)))
        return e

    def _is_nothing(self, kind: str, body: Expression, mask: Mask) -> bool:
        """Whether what the mask hides changes no sum, or no largest."""
        if kind == "sum":
            return self._is_zero(body, mask)
        known = isinstance(body, ReadArray) and body.array in self.least
        return known and self._is_hidden(body, self.least[body.array], mask)  # type: ignore[union-attr, arg-type]

    def _is_zero(self, e: Expression, mask: Mask) -> bool:
        """Whether an expression is 0 where a mask hides it."""
        match e:
            case KnownNumber(value):
                return value == 0.0
            case ReadArray(array, _):
                return array in self.zero and self._is_hidden(e, self.zero[array], mask)
            case Applied(operation, parts):
                if operation in (OPERATIONS[MUL], _SLOPE_OF_EXP):
                    return any(self._is_zero(part, mask) for part in parts)
                first = operation in (_DIVIDE, OPERATIONS[NEG])
                return first and self._is_zero(parts[0], mask)
            case Masked(_, other, outside):
                return outside == 0.0 and _same(other, mask)
            case Sum(parts):
                return all(self._is_zero(part, mask) for part in parts)
        return False

    # -- tables -----------------------------------------------------------------------------------

    def _hidden(self, read: ReadArray, mask: Mask) -> _Hidden | None:
        """What a mask hides of an array that is read, if its labels are whole axes of it."""
        axes: list[int] = []
        for label in mask.labels:
            mine = [k for k, one in enumerate(read.at) if label in labels_in(one)]
            if len(mine) != 1 or not self._is_whole(read, mine[0], label):
                return None
            axes += mine
        return _Hidden(mask.table, tuple(axes))

    def _is_whole(self, read: ReadArray, axis: int, label: Label) -> bool:
        size = read.array.shape[axis]
        return runs_along(read.at[axis], label) and self.program.sizes[label] == size

    def _mask_of(self, read: ReadArray, hidden: _Hidden) -> list[Mask]:
        """The mask that hides what is hidden of an array that is read."""
        labels: list[Label] = []
        for axis in hidden.axes:
            found = labels_in(read.at[axis])
            if len(found) != 1:
                return []
            labels += found
        whole = all(
            self._is_whole(read, axis, x) for axis, x in zip(hidden.axes, labels, strict=True)
        )
        return [Mask(hidden.table, tuple(labels))] if whole else []

    def _is_hidden(self, read: ReadArray, hidden: _Hidden, mask: Mask) -> bool:
        return any(_same(one, mask) for one in self._mask_of(read, hidden))


def _same(a: Mask, b: Mask) -> bool:
    """Whether masks hide the same places."""
    if set(a.labels) != set(b.labels) or len(a.labels) != len(b.labels):
        return False
    turned = np.transpose(a.table, [a.labels.index(label) for label in b.labels])
    return bool(np.array_equal(turned, b.table))
