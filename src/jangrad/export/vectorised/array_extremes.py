"""The largest and the smallest of an axis, out of what compares its items one after the other."""

from __future__ import annotations

from jangrad.compiler.exporting import Operation
from jangrad.export.vectorised.array_program import (
    Along,
    Applied,
    ArrayProgram,
    Compute,
    Expression,
    Index,
    Masked,
    ReadArray,
    Reduce,
    Sum,
)

_KINDS = {Operation("maximum"): "max", Operation("minimum"): "min"}
# Of two items the comparison itself is as short.
_FEWEST = 3


def with_extremes(program: ArrayProgram) -> None:
    """Change the statements of a program; of values alone, as slopes share ties differently."""
    for statement in program.statements:
        if isinstance(statement, Compute):
            statement.expression = _shorter(statement.expression, program)


def _shorter(e: Expression, program: ArrayProgram) -> Expression:
    match e:
        case Applied(operation, parts):
            if operation in _KINDS:
                found = _extreme(_KINDS[operation], _compared(e, operation), program)
                if found is not None:
                    return found
            return e._replace(parts=tuple(_shorter(part, program) for part in parts))
        case Sum(parts):
            return Sum(tuple(_shorter(part, program) for part in parts))
        case Reduce(_, _, body, _):
            return e._replace(body=_shorter(body, program))
        case Masked(inner, _, _):
            return e._replace(expression=_shorter(inner, program))
    return e


def _compared(e: Expression, operation: Operation) -> list[Expression]:
    """What is compared, from left to right."""
    if isinstance(e, Applied) and e.operation == operation:
        return [one for part in e.parts for one in _compared(part, operation)]
    return [e]


def _extreme(kind: str, compared: list[Expression], program: ArrayProgram) -> Reduce | None:
    """The extreme along an axis of which these are the items; None where they are not."""
    reads = [one for one in compared if isinstance(one, ReadArray)]
    if len(reads) < max(_FEWEST, len(compared)) or len({read.array for read in reads}) > 1:
        return None
    if not all(isinstance(one, Along) for read in reads for one in read.at):
        return None
    first = reads[0]
    along = list(zip(*(read.at for read in reads), strict=True))
    axes = [axis for axis, places in enumerate(along) if len(set(places)) > 1]
    if len(axes) != 1:
        return None
    (axis,) = axes
    places: list[Index] = list(along[axis])
    start = first.at[axis]
    if not isinstance(start, Along) or start.turn is not None:
        return None
    if places != [start._replace(base=start.base + k) for k in range(len(places))] or start.steps:
        return None
    label = len(program.sizes)
    program.sizes[label] = len(places)
    at = (*first.at[:axis], Along(start.base, ((label, 1),)), *first.at[axis + 1 :])
    return Reduce(kind, (label,), ReadArray(first.array, at))
