"""The program, one scalar after the other, in plain floats: slow, obvious, the tests' oracle."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from jangrad import ops
from jangrad.compiler.program import codes
from jangrad.compiler.program.ir import NO_NUMBERS, OPERATIONS, Program


def interpret(
    program: Program,
    params: Sequence[float],
    rows: Sequence[Sequence[float]],
    held: Callable[[float], float] | None = None,
) -> list[list[float]]:
    """The outputs: for each a list of one number, or of one a row where each row has its own.

    Args:
        program: what to run.
        params: the number of each parameter.
        rows: for each row of the batch the number of each input; one row where there is no batch.
        held: what becomes of each number that is computed, where that is no double.
    """
    # Of each node one number, or one a row; an array is a list, a scatter (number, place).
    found: list[list[Any]] = []
    for n in range(len(program)):
        op = int(program.op[n])
        inputs = [found[c] for c in program.inputs_of(n)]
        count = len(rows) if program.batched[n] else 1
        if op == codes.PARAM:
            found.append([params[program.slot[n]]])
        elif op == codes.INPUT:
            found.append([row[program.slot[n]] for row in rows[:count]])
        elif op in (codes.CONST, codes.STATIC):
            found.append([float(program.value[n])])
        elif op == codes.BATCH_SUM:
            found.append([math.fsum(x for numbers in inputs for x in numbers)])
        elif op == codes.BATCH_SCATTER_ADD:
            updates = [x for numbers in inputs for x in numbers]
            found.append([_scattered(updates, int(program.slot[n]))])
        elif op == codes.SCATTER_ADD:
            updates = [[_of_row(x, r) for x in inputs] for r in range(count)]
            found.append([_scattered(row, int(program.slot[n])) for row in updates])
        elif op == codes.ELEMENT:
            found.append([array[program.slot[n]] for array in inputs[0]])
        else:
            found.append([evaluate(op, [_of_row(x, r) for x in inputs]) for r in range(count)])
        if held is not None and op not in NO_NUMBERS:
            found[n] = list(map(held, found[n]))
    return [found[n] for n in program.outputs]


def _of_row(numbers: list[Any], row: int) -> Any:
    return numbers[row if len(numbers) > 1 else 0]


def _scattered(updates: list[Any], size: int) -> list[float]:
    array = [0.0] * size
    for number, place in updates:
        array[place] += number
    return array


def evaluate(op: int, inputs: list[Any]) -> Any:
    """An operation of numbers of one row; an array is a list, a scatter (number, place)."""
    if op == codes.ARRAY:
        return inputs
    if op == codes.GATHER:
        return inputs[0][int(inputs[1])]
    if op == codes.SCATTER:
        return inputs[0], int(inputs[1])
    if op == codes.SUM:
        total = inputs[0]
        for x in inputs[1:]:
            total += x
        return total
    if op == codes.REDUCE_MAX:
        top = -math.inf
        for x in inputs:
            top = max(top, x)  # nan is passed over
        return top
    operation = OPERATIONS[op]
    if operation.partial < 0:
        return ops.evaluate(operation.name, *inputs)
    return ops.run(operation.rule, operation.arguments, inputs)
