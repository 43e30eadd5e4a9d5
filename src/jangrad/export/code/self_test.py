"""Known numbers for a self-test: what an export has to give, from the interpreter of programs."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from jangrad.compiler.exporting import dtype_of, interpret
from jangrad.export.code.entries import Entry, Exported

_ROWS = 3  # that a self-test tries
_STEPS = 3  # of training that it makes
#: How far a number may be off, relative to the larger of it and 1.
TOLERANCE = {"double": 1e-9, "float": 1e-4}


class Case(NamedTuple):
    """What a function is given, and what it has to give."""

    given: list[float]
    expected: list[float]


def cases(found: Exported, entry: Entry) -> list[Case]:
    """Some calls of the value or of the gradient; the example that it was traced with first.

    Infinite numbers and nan are no known numbers: these depend on the order of a sum.
    """
    held = _held(found)
    parameters = [held(value.data) for value in found.parameters]
    made = []
    for row in _rows(found, entry):
        outputs = interpret(entry.program, parameters, [list(map(held, row))], held)
        expected = [numbers[0] for numbers in outputs]
        if any(map(math.isfinite, expected)):
            made.append(Case(row, expected))
    return made


def steps(found: Exported, entry: Entry) -> tuple[list[float], list[float]]:
    """What some training steps are given, and the loss before each."""
    optimizer = found.optimizer
    assert optimizer is not None, "a training step has one"
    rule, options = optimizer.rule, optimizer.options
    count, held = found.learning, _held(found)
    parameters = [held(value.data) for value in found.parameters]
    state: Sequence[Sequence[float]] = [[0.0] * count for _ in rule.state]
    row = _rows(found, entry)[-1]
    losses = []
    for step in range(1, _STEPS + 1):
        outputs = interpret(entry.program, parameters, [list(map(held, row))], held)
        loss, *slopes = (numbers[0] for numbers in outputs)
        losses.append(loss)
        given = (parameters[:count], slopes, state, optimizer.learning_rate, step, options)
        parameters[:count], state = rule.on_floats(*given)
    return row, losses


def _held(found: Exported) -> Callable[[float], float]:
    """What becomes of a number that is kept in the precision of the export."""
    kind = dtype_of(found.number)

    def held(x: float) -> float:
        with np.errstate(over="ignore", under="ignore"):
            return float(kind(x))

    return held


def _rows(found: Exported, entry: Entry) -> list[list[float]]:
    """The example, if it is of this function, and others like it; what picks a row stays."""
    source = random.Random(0)
    size = sum(argument.size for argument in entry.arguments)
    example = [*found.examples[0], *[0.0] * size][:size]
    fixed = {slot for slot, _ in entry.lookups}
    rows = [example]
    for _ in range(_ROWS - 1):
        drawn = [float(np.float32(source.uniform(-1.0, 1.0))) for _ in range(size)]
        rows.append([x if n in fixed else drawn[n] for n, x in enumerate(example)])
    return rows
