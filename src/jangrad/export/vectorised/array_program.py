"""The array program: what a program of scalars computes, written over indices.

    program     arrays, and statements in order
    array       a name, a shape, and whether each row of a batch has its own
    statement   compute   h[i] = tanh(sum_k(W[i, k] * x[k]) + b[i])
                fill      parts of one array by different expressions
                scatter   an array of zeros to which numbers are added at places
                loop      statements for one step after the other, each of which needs the last
    expression  number
                read      of an array; along each of its axes an index
                apply     an operation of the table, of expressions
                sum       of a few expressions
                reduce    a sum or the largest, along indices, masked perhaps
    index       along     base + stride * i + ...
                lookup    a table of whole numbers, over indices
                picked    a whole number that comes with the call

An index is a number (`Label`) with a size. `ROWS` runs over the rows of the batch; every array that
rows have for themselves is read along it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from jangrad.compiler.exporting import Ints, Operation

Label = int
#: The index that runs over the rows of the batch.
ROWS: Label = -1


@dataclass(eq=False)
class Array:
    """A name for numbers.

    Attributes:
        name: an identifier, told apart from all others of the program.
        role: "argument", "parameter", "constant" or "computed".
        shape: how long it is along each axis, rows not counted.
        per_row: whether each row of the batch has its own.
        numbers: those of a parameter or constant.
        whole: whether its numbers pick places, so that they are integers.
        of: the array whose numbers it has, in another shape; None for its own.
    """

    name: str
    role: str
    shape: tuple[int, ...]
    per_row: bool = False
    numbers: Any = None
    whole: bool = False
    of: Array | None = None

    def shaped(self, shape: tuple[int, ...]) -> Array:
        """The same numbers in another shape."""
        of = self.of or self
        if shape == of.shape:
            return of
        return Array(self.name, self.role, shape, self.per_row, whole=self.whole, of=of)


class Along(NamedTuple):
    """`base + stride * label + ...`.

    Attributes:
        base: where it begins.
        steps: labels, each with its stride.
        turn: the label of a loop in which it stands, with its stride: one number, no axis.
    """

    base: int
    steps: tuple[tuple[Label, int], ...] = ()
    turn: tuple[Label, int] | None = None


class LookedUp(NamedTuple):
    """What a table of whole numbers says; its axes are the labels."""

    table: Ints
    labels: tuple[Label, ...]


class PickedBy(NamedTuple):
    """`base + stride * expression`."""

    expression: Expression
    base: int
    stride: int


Index = Along | LookedUp | PickedBy


class KnownNumber(NamedTuple):
    """A number that is known."""

    value: float


class ReadArray(NamedTuple):
    """Of an array, along each axis an index."""

    array: Array
    at: tuple[Index, ...]


class Applied(NamedTuple):
    """An operation of the table."""

    operation: Operation
    parts: tuple[Expression, ...]


class Sum(NamedTuple):
    """The sum of a few."""

    parts: tuple[Expression, ...]


class Mask(NamedTuple):
    """Which of the numbers along some labels are there."""

    table: Any
    labels: tuple[Label, ...]


class Reduce(NamedTuple):
    """The "sum" or the "max" of an expression along labels, where the mask says so."""

    kind: str
    labels: tuple[Label, ...]
    body: Expression
    mask: Mask | None = None


class Masked(NamedTuple):
    """An expression where the mask says so; else 0, or another number."""

    expression: Expression
    mask: Mask
    outside: float = 0.0


Expression = KnownNumber | ReadArray | Applied | Sum | Reduce | Masked


@dataclass(eq=False)
class Compute:
    """`array[labels] = expression`."""

    array: Array
    labels: tuple[Label, ...]
    expression: Expression


class PartOfArray(NamedTuple):
    """`array[index] = expression` along labels; or `+=` where it is put."""

    at: tuple[Index, ...]
    labels: tuple[Label, ...]
    expression: Expression
    mask: Mask | None = None


@dataclass(eq=False)
class Fill:
    """An array in parts; what no part says is 0."""

    array: Array
    parts: list[PartOfArray]


@dataclass(eq=False)
class Scatter:
    """An array to which each part is added, number by number.

    Attributes:
        start: what it begins as, over labels; zeros if it is None.
    """

    array: Array
    parts: list[PartOfArray]
    start: tuple[tuple[Label, ...], Expression] | None = None


class ArrayStep(NamedTuple):
    """`array[t + ahead, inner] = expression` along labels, in a loop over t; or `+=`.

    Attributes:
        inner: of the axes behind the first; None for all of them.
    """

    array: Array
    ahead: int
    labels: tuple[Label, ...]
    expression: Expression
    inner: tuple[Index, ...] | None = None
    adds: bool = False


@dataclass(eq=False)
class ArrayLoop:
    """Steps that are run in order, for each number of the label, from the last on perhaps.

    Attributes:
        label: it is the first axis of all arrays that are computed.
        steps: what is computed.
        starts: what states are before the first step; they have one place more than there are
            steps.
        backwards: whether the last number comes first.
    """

    label: Label
    steps: list[ArrayStep]
    starts: dict[Array, tuple[tuple[Label, ...], Expression]] = field(default_factory=dict)
    backwards: bool = False

    @property
    def arrays(self) -> list[Array]:
        """What it computes."""
        return list(dict.fromkeys(step.array for step in self.steps))


Statement = Compute | Fill | Scatter | ArrayLoop


@dataclass
class ArrayProgram:
    """Statements over arrays.

    Attributes:
        arguments, parameters, constants: the arrays that are there before it starts.
        statements: in an order in which they can run.
        sizes: of each label.
        results: the array that each result of the function is found in.
        count: what stands for the number of rows, where statements need it.
    """

    arguments: list[Array]
    parameters: list[Array]
    constants: list[Array] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    sizes: dict[Label, int] = field(default_factory=dict)
    results: list[Array] = field(default_factory=list)
    count: Array | None = None

    def every_array(self) -> list[Array]:
        """All arrays."""
        made = [array for statement in self.statements for array in arrays_of(statement)]
        return list(dict.fromkeys([*self.arguments, *self.parameters, *self.constants, *made]))

    def __str__(self) -> str:
        return "\n".join(_lines(self))


# -- expressions that are shorter -----------------------------------------------------------------


def simplified(operation: Operation, parts: tuple[Expression, ...]) -> Expression:
    """The operation of these; what is multiplied by 1 is itself."""
    if operation.name == "mul" and operation.partial < 0:
        for k, part in enumerate(parts):
            if part == KnownNumber(1.0):
                return parts[1 - k]
            if part == KnownNumber(-1.0):
                return Applied(Operation("neg"), (parts[1 - k],))
    return Applied(operation, parts)


def reduced_along(
    kind: str, labels: tuple[Label, ...], body: Expression, mask: Mask | None = None
) -> Reduce | Masked:
    """A sum; a sum of sums is one, and one of what is masked is masked."""
    if isinstance(body, Masked) and mask is None and kind == "sum":
        body, mask, _ = body
    if mask is not None and kind == "sum" and not frozenset(mask.labels) & frozenset(labels):
        return Masked(reduced_along(kind, labels, body), mask)
    if isinstance(body, Reduce) and body.kind == kind and mask is None and body.mask is None:
        return Reduce(kind, labels + body.labels, body.body)
    return Reduce(kind, labels, body, mask)


# -- what is in an expression ---------------------------------------------------------------------


def labels_of(expression: Expression) -> frozenset[Label]:
    """The labels that it depends on.

    >>> x = ReadArray(Array("x", "argument", (3,)), (Along(0, ((1, 1),)),))
    >>> labels_of(Applied(Operation("exp"), (x,)))
    frozenset({1})
    """
    match expression:
        case KnownNumber():
            return frozenset()
        case ReadArray(array, index):
            found = {ROWS} if array.per_row else set()
            for one in index:
                found |= labels_in(one)
            return frozenset(found)
        case Applied(_, parts) | Sum(parts):
            return frozenset[Label]().union(*map(labels_of, parts))
        case Reduce(_, labels, body, mask):
            inside = labels_of(body) | frozenset(mask.labels if mask else ())
            return inside - frozenset(labels)
        case Masked(inner, mask):
            return labels_of(inner) | frozenset(mask.labels)


def labels_in(index: Index) -> frozenset[Label]:
    """The labels that an index depends on."""
    match index:
        case Along(_, steps):
            return frozenset(label for label, _ in steps)
        case LookedUp(_, labels):
            return frozenset(labels)
        case PickedBy(expression, _, _):
            return labels_of(expression)


def runs_along(index: Index, label: Label) -> bool:
    """Whether an index is a label, from 0 on."""
    return isinstance(index, Along) and index == Along(0, ((label, 1),))


def reads_in(expression: Expression) -> Iterator[ReadArray]:
    """What it reads, from left to right."""
    match expression:
        case ReadArray(_, index):
            for one in index:
                if isinstance(one, PickedBy):
                    yield from reads_in(one.expression)
            yield expression
        case Applied(_, parts) | Sum(parts):
            for part in parts:
                yield from reads_in(part)
        case Reduce(_, _, body, _) | Masked(body, _):
            yield from reads_in(body)


def lookups_in(expression: Expression) -> int:
    """How many indices in it are looked up in tables."""
    return sum(isinstance(one, LookedUp) for read in reads_in(expression) for one in read.at)


def weight(expression: Expression) -> int:
    """How much there is to read in it: numbers, arrays and operations."""
    match expression:
        case KnownNumber() | ReadArray():
            return 1
        case Applied(_, parts) | Sum(parts):
            return 1 + sum(map(weight, parts))
        case Reduce(_, _, body, _) | Masked(body, _):
            return 1 + weight(body)


def arrays_of(statement: Statement) -> list[Array]:
    """The arrays that a statement computes."""
    return statement.arrays if isinstance(statement, ArrayLoop) else [statement.array]


def expressions_of(statement: Statement) -> list[Expression]:
    """What a statement computes."""
    if isinstance(statement, ArrayLoop):
        starts = [expression for _, expression in statement.starts.values()]
        return [*starts, *(step.expression for step in statement.steps)]
    if isinstance(statement, Compute):
        return [statement.expression]
    found = [part.expression for part in statement.parts]
    start = getattr(statement, "start", None)
    return found if start is None else [start[1], *found]


def reads_of(statement: Statement) -> Iterator[ReadArray]:
    """What a statement reads."""
    for expression in expressions_of(statement):
        yield from reads_in(expression)
    if isinstance(statement, (Fill, Scatter)):
        for part in statement.parts:
            for one in part.at:
                if isinstance(one, PickedBy):
                    yield from reads_in(one.expression)


# -- as text for people ---------------------------------------------------------------------------

_LETTERS = "ijklmnopqrstuvw"


def _lines(program: ArrayProgram) -> Iterator[str]:
    for array in (*program.arguments, *program.parameters, *program.constants):
        rows = "rows x " * array.per_row
        yield f"{array.role} {array.name}: {rows}{' x '.join(map(str, array.shape)) or 'number'}"
    for statement in program.statements:
        letters: dict[Label, str] = {ROWS: "row"}
        if isinstance(statement, ArrayLoop):
            yield from _loop_lines(statement, letters)
            continue
        name = statement.array.name
        if isinstance(statement, Compute):
            target = _places(statement.array, [_letter(x, letters) for x in statement.labels])
            yield f"{target} = {_shown(statement.expression, letters)}"
            continue
        sign = "=" if isinstance(statement, Fill) else "+="
        yield f"{name} = 0"
        for part in statement.parts:
            places = [_index(one, letters) for one in part.at]
            target = _places(statement.array, places)
            yield f"{target} {sign} {_shown(part.expression, letters)}{_where(part.mask)}"
    yield "return " + ", ".join(array.name for array in program.results)


def _loop_lines(loop: ArrayLoop, letters: dict[Label, str]) -> Iterator[str]:
    for array, (labels, expression) in loop.starts.items():
        target = _places(array, ["0", *(_letter(x, letters) for x in labels)])
        yield f"{target} = {_shown(expression, letters)}"
    t = letters[loop.label] = "t"
    yield f"for {t}{', from the last one on' * loop.backwards}:"
    for array, ahead, labels, expression, index, adds in loop.steps:
        inner = [_letter(x, letters) for x in labels]
        inner = inner if index is None else [_index(one, letters) for one in index]
        target = _places(array, [t + f" + {ahead}" * bool(ahead), *inner])
        yield f"    {target} {'+' * adds}= {_shown(expression, letters)}"


def _places(array: Array, places: list[str]) -> str:
    every = ["row"] * array.per_row + places
    return f"{array.name}[{', '.join(every)}]" if every else array.name


def _letter(label: Label, letters: dict[Label, str]) -> str:
    if label not in letters:
        count = len(letters) - 1
        letters[label] = _LETTERS[count % len(_LETTERS)] + "'" * (count // len(_LETTERS))
    return letters[label]


def _where(mask: Mask | None) -> str:
    return " (masked)" if mask else ""


def _index(index: Index, letters: dict[Label, str]) -> str:
    match index:
        case Along(base, steps, turn):
            steps = steps if turn is None else (turn, *steps)
            parts = [
                ("" if step == 1 else f"{step} ") + _letter(label, letters) for label, step in steps
            ]
            return " + ".join(([str(base)] if base or not steps else []) + parts)
        case LookedUp(_, labels):
            return f"table[{', '.join(_letter(label, letters) for label in labels)}]"
        case PickedBy(expression, _, _):
            return _shown(expression, letters)


def _shown(expression: Expression, letters: dict[Label, str]) -> str:
    match expression:
        case KnownNumber(value):
            return repr(value)
        case ReadArray(array, index):
            return _places(array, [_index(one, letters) for one in index])
        case Applied(operation, parts):
            return f"{operation}({', '.join(_shown(part, letters) for part in parts)})"
        case Sum(parts):
            return "(" + " + ".join(_shown(part, letters) for part in parts) + ")"
        case Reduce(kind, labels, body, mask):
            over = " ".join(_letter(label, letters) for label in labels)
            return f"{kind}_{over}({_shown(body, letters)}{_where(mask)})"
        case Masked(body, mask):
            return f"{_shown(body, letters)}{_where(mask)}"
