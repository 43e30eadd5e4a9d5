"""What a step of a loop needs of arrays: its own numbers, and which of them need not be kept."""

from __future__ import annotations

from collections.abc import Callable

from jangrad.export.vectorised.array_program import (
    Along,
    Applied,
    Array,
    ArrayLoop,
    ArrayProgram,
    ArrayStep,
    Compute,
    Expression,
    Fill,
    Index,
    KnownNumber,
    Label,
    LookedUp,
    Masked,
    PickedBy,
    ReadArray,
    Reduce,
    Scatter,
    Statement,
    Sum,
    reads_in,
    reads_of,
)


def rewritten(e: Expression, change: Callable[[ReadArray], Expression]) -> Expression:
    """An expression in which each read is what it is changed to, from the inside out."""
    match e:
        case KnownNumber():
            return e
        case ReadArray(array, index):
            return change(ReadArray(array, tuple(_index(one, change) for one in index)))
        case Applied(operation, parts):
            return Applied(operation, tuple(rewritten(part, change) for part in parts))
        case Sum(parts):
            return Sum(tuple(rewritten(part, change) for part in parts))
        case Reduce(_, _, body, _):
            return e._replace(body=rewritten(body, change))
        case Masked(inner, _):
            return e._replace(expression=rewritten(inner, change))


def _index(one: Index, change: Callable[[ReadArray], Expression]) -> Index:
    if isinstance(one, PickedBy):
        return one._replace(expression=rewritten(one.expression, change))
    return one


def in_turn(e: Expression, label: Label) -> Expression:
    """An expression as a step of a loop has it: the loop's label is a number there."""
    return rewritten(e, lambda read: read._replace(at=turned_indices(read.at, label)))


def turned_indices(at: tuple[Index, ...], label: Label) -> tuple[Index, ...]:
    """Indices as a step of a loop has them."""
    return tuple(_turned(one, label) for one in at)


def _turned(one: Index, label: Label) -> Index:
    if not isinstance(one, Along) or label not in dict(one.steps):
        return one
    rest = tuple(step for step in one.steps if step[0] != label)
    return Along(one.base, rest, (label, dict(one.steps)[label]))


def is_regular(loop: ArrayLoop, *, windows: bool = True) -> bool:
    """Whether the number of a step picks places of arrays by a rule, no tables.

    Args:
        loop: it.
        windows: whether it may also be where a slice begins.
    """
    return all(_is_regular(step.expression, loop.label, windows) for step in loop.steps)


def _is_regular(e: Expression, label: Label, windows: bool) -> bool:
    match e:
        case KnownNumber():
            return True
        case ReadArray(_, index):
            return all(_is_rule(one, label, windows) for one in index)
        case Applied(_, parts) | Sum(parts):
            return all(_is_regular(part, label, windows) for part in parts)
        case Reduce(_, _, body, mask) | Masked(body, mask):
            masked = mask is not None and label in mask.labels
            return not masked and _is_regular(body, label, windows)


def _is_rule(one: Index, label: Label, windows: bool) -> bool:
    match one:
        case Along(_, steps):
            return windows or len(steps) < 2 or label not in dict(steps)
        case LookedUp(_, labels):
            return label not in labels
        case PickedBy(expression, _, _):
            return _is_regular(expression, label, windows)


# -- variables instead of arrays ------------------------------------------------------------------


def carry(program: ArrayProgram) -> dict[ArrayLoop, dict[Array, Array]]:
    """Make variables of arrays of which a loop's steps, and all behind it, read the last alone.

    Args:
        program: its statements are changed.

    Returns:
        Of each loop its variables: arrays without the first axis, for those that had one.
    """
    found: dict[ArrayLoop, dict[Array, Array]] = {}
    for statement in program.statements:
        if isinstance(statement, ArrayLoop):
            found[statement] = _variables(program, statement)
    changed = {old: new for one in found.values() for old, new in one.items()}

    def change(read: ReadArray) -> Expression:
        new = changed.get(read.array)
        return read if new is None else ReadArray(new, read.at[1:])

    program.statements = [_with_reads(statement, change) for statement in program.statements]
    return {
        new: found[old]
        for old, new in zip(
            found, [s for s in program.statements if isinstance(s, ArrayLoop)], strict=True
        )
    }


def _variables(program: ArrayProgram, loop: ArrayLoop) -> dict[Array, Array]:
    """The arrays of a loop of which one step's numbers are enough."""
    last = program.sizes[loop.label]
    inside = [read for step in loop.steps for read in reads_in(step.expression)]
    everywhere = [read for statement in program.statements for read in reads_of(statement)]
    results = set(program.results)
    found = {}
    for array in loop.arrays:
        mine = [step for step in loop.steps if step.array is array]
        if array in results or len(mine) > 1 or mine[0].adds or mine[0].inner is not None:
            continue
        (step,) = mine
        here = [read for read in inside if read.array is array]
        outside = sum(read.array is array for read in everywhere) - len(here)
        at_end = sum(
            read.array is array and step.ahead == 1 and _is_at(read.at[0], last)
            for read in everywhere
        )
        if outside != at_end or not all(_is_last(read, loop, step) for read in here):
            continue
        if step.ahead and not _before(loop, step):
            continue
        found[array] = Array(array.name, "computed", array.shape[1:], array.per_row)
    return found


def _is_at(one: Index, place: int) -> bool:
    return isinstance(one, Along) and one == Along(place)


def _is_last(read: ReadArray, loop: ArrayLoop, step: ArrayStep) -> bool:
    """Whether what is read is of this step, or of the one before."""
    one = read.at[0]
    return isinstance(one, Along) and one.steps == ((loop.label, 1),) and one.base <= step.ahead


def _before(loop: ArrayLoop, step: ArrayStep) -> bool:
    """Whether all that reads the state of the step before stands in front of its new one."""
    k = loop.steps.index(step)
    behind = [read for other in loop.steps[k + 1 :] for read in reads_in(other.expression)]
    return all(read.array is not step.array or _base(read) == 1 for read in behind)


def _base(read: ReadArray) -> int:
    one = read.at[0]
    return one.base if isinstance(one, Along) else 0


def _with_reads(statement: Statement, change: Callable[[ReadArray], Expression]) -> Statement:
    """A statement with other reads."""
    if isinstance(statement, Compute):
        return Compute(statement.array, statement.labels, rewritten(statement.expression, change))
    if isinstance(statement, ArrayLoop):
        steps = [
            step._replace(expression=rewritten(step.expression, change)) for step in statement.steps
        ]
        starts = {
            array: (labels, rewritten(e, change)) for array, (labels, e) in statement.starts.items()
        }
        return ArrayLoop(statement.label, steps, starts, statement.backwards)
    parts = [
        part._replace(
            at=tuple(_index(one, change) for one in part.at),
            expression=rewritten(part.expression, change),
        )
        for part in statement.parts
    ]
    if isinstance(statement, Fill):
        return Fill(statement.array, parts)
    start = statement.start and (statement.start[0], rewritten(statement.start[1], change))
    return Scatter(statement.array, parts, start)
