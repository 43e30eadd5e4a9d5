"""The gradient of an array program, statement after statement from the last to the first.

A read of an array pays the array what the statement is paid, times the slope of the expression,
summed over the labels that the read does not have. Where a read is a part of its array, or picks
places, it is added there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jangrad import ops, rules
from jangrad.algebra import ONE, ZERO, Neg
from jangrad.compiler.exporting import Operation
from jangrad.export.vectorised.array_axes import product_of
from jangrad.export.vectorised.array_program import (
    ROWS,
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
    Mask,
    Masked,
    PartOfArray,
    PickedBy,
    ReadArray,
    Reduce,
    Scatter,
    Statement,
    Sum,
    expressions_of,
    labels_in,
    labels_of,
    reads_in,
    reduced_along,
    runs_along,
    simplified,
    weight,
)
from jangrad.export.vectorised.array_splits import split_axes, split_read
from jangrad.export.vectorised.leaf_names import unused

# What is paid again as it stands, where it is no longer than this.
_LIGHT = 3
_NO_LABEL: Label = -2
_NOTHING = KnownNumber(0.0)
_DIVIDE, _MULTIPLY = Operation("div"), Operation("mul")


class _Payment(NamedTuple):
    """What a read pays its array.

    Attributes:
        read: it.
        labels: all that run where it stands.
        paid: what is paid at each place.
    """

    read: ReadArray
    labels: frozenset[Label]
    paid: Expression


def with_gradient(program: ArrayProgram, root: Array, paid: Expression) -> dict[Array, Array]:
    """Append the gradient to a program.

    Args:
        program: statements are appended.
        root: the array whose gradient is taken.
        paid: the gradient by each of its numbers.

    Returns:
        Of each parameter the array of its gradient.
    """
    return _Gradient(program, root, paid).run()


class _Gradient:
    def __init__(self, program: ArrayProgram, root: Array, paid: Expression) -> None:
        self.program, self.root = program, root
        self.payments: dict[Array, list[_Payment]] = {}
        self.made: list[Statement] = []
        self.of: dict[Array, Expression] = {root: paid}
        self.stored: dict[Array, Array] = {}
        # Gradients that are short expressions, the same along some axis: over the array's labels.
        self.light: dict[Array, tuple[tuple[Label, ...], Expression]] = {}
        self.names = {array.name for array in program.every_array()}
        self.needed = self._needed()
        # Inside of a loop: its label, and the steps of the loop that goes back.
        self.turns: frozenset[Label] = frozenset()
        self.back: list[ArrayStep] = []

    def run(self) -> dict[Array, Array]:
        before = list(self.program.statements)
        for statement in reversed(before):
            if isinstance(statement, ArrayLoop):
                self._pay_loop(statement)
            elif statement.array in self.needed:
                self._pay(statement)
        found = {}
        for parameter in self.program.parameters:
            found[parameter] = self._stored(parameter, *self._total(parameter))
        self.program.statements += self.made
        return found

    def _needed(self) -> set[Array]:
        """The arrays through which the gradient reaches parameters."""
        found = set(self.program.parameters)
        for statement in self.program.statements:
            if not isinstance(statement, ArrayLoop):
                if any(
                    _owner(read.array) in found
                    for e in expressions_of(statement)
                    for read in _paid(e)
                ):
                    found.add(statement.array)
                continue
            computed = [(step.array, step.expression) for step in statement.steps]
            computed += [(array, e) for array, (_, e) in statement.starts.items()]
            for _ in statement.arrays:  # what a step needs may be what it computed before
                for array, e in computed:
                    if any(_owner(read.array) in found for read in _paid(e)):
                        found.add(array)
        return found

    def _new(self, name: str, shape: tuple[int, ...], per_row: bool) -> Array:
        found = unused(name, list(self.names))
        self.names.add(found)
        return Array(found, "computed", shape, per_row)

    def _labels(self, shape: tuple[int, ...]) -> tuple[Label, ...]:
        first = len(self.program.sizes)
        labels = tuple(range(first, first + len(shape)))
        self.program.sizes.update(zip(labels, shape, strict=True))
        return labels

    # -- from a statement to what it reads --------------------------------------------------------

    def _pay(self, statement: Compute | Fill | Scatter) -> None:
        array = statement.array
        self._inner = _inner(array.name)
        self._pay_owner(array)
        if array not in self.of and array not in self.payments:
            return
        rows = frozenset({ROWS}) if array.per_row else frozenset[Label]()
        if isinstance(statement, Compute):
            labels = frozenset(statement.labels) | rows
            index: tuple[Index, ...] = tuple(Along(0, ((x, 1),)) for x in statement.labels)
            y = ReadArray(array, index)
            self._pull(statement.expression, self._gradient_at(array, index), labels, y)
            return
        for part in statement.parts:
            labels = frozenset(part.labels) | rows
            paid = self._gradient_at(array, part.at)
            if part.mask is not None:
                paid = Masked(paid, part.mask)
            self._pull(part.expression, paid, labels)

    def _pay_owner(self, array: Array) -> None:
        """What was paid to an array in another shape is paid to it."""
        for view in [view for view in self.payments if view.of is array]:
            gradient = self._stored(view, *self._total(view)).shaped(array.shape)
            labels = self._labels(array.shape)
            index = tuple(Along(0, ((label, 1),)) for label in labels)
            here = frozenset(labels) | ({ROWS} if array.per_row else frozenset())
            payment = _Payment(ReadArray(array, index), here, ReadArray(gradient, index))
            self.payments.setdefault(array, []).append(payment)

    def _pay_loop(self, loop: ArrayLoop) -> None:
        """What a loop reads is paid by one that goes back; what parameters are paid, behind it."""
        learned = [array for array in loop.arrays if array in self.needed]
        if not any(array in self.payments for array in learned):
            return
        known: set[Array] = set()  # of which there is a gradient already
        for array in learned:
            labels, total, parts = self._total(array)
            self.payments.pop(array, None)
            if array in loop.starts or parts or total != KnownNumber(0.0):
                self.stored[array] = self._stored(array, labels, total, parts)
                known.add(array)
            else:
                self.stored[array] = self._new(f"d{array.name}", array.shape, array.per_row)
        self.turns, self.back = frozenset({loop.label}), []
        for step in reversed(loop.steps):
            array = step.array
            if array not in learned:
                continue
            self._add_up(array, step.ahead, known)
            if array in known:
                at = Along(step.ahead, ((loop.label, 1),))
                index = (at, *(Along(0, ((x, 1),)) for x in step.labels))
                rows = frozenset({ROWS}) if array.per_row else frozenset[Label]()
                self._inner = _inner(array.name)
                paid = ReadArray(self.stored[array], index)
                here = frozenset(step.labels) | self.turns | rows
                self._pull(step.expression, paid, here, ReadArray(array, index))
        for array in loop.starts:
            self._add_up(array, 0, known)
        self.made.append(ArrayLoop(loop.label, self.back, backwards=True))
        self.turns = frozenset()
        for array, (inner, start) in loop.starts.items():
            if array in learned:
                rows = frozenset({ROWS}) if array.per_row else frozenset[Label]()
                index = (Along(0), *(Along(0, ((x, 1),)) for x in inner))
                paid = ReadArray(self.stored[array], index)
                self._pull(start, paid, frozenset(inner) | rows)

    def _add_up(self, array: Array, ahead: int, known: set[Array]) -> None:
        """What the steps of a loop pay an array, of the step itself or of the one before."""
        mine = [p for p in self.payments.get(array, []) if _base(p.read) == ahead]
        if not mine:
            return
        self.payments[array] = [p for p in self.payments[array] if _base(p.read) != ahead]
        labels = self._labels(array.shape[1:])
        whole = [self._whole(p, array, (None, *labels)) for p in mine]
        terms = [term for term in whole if term is not None]
        gradient = self.stored[array]
        if terms or array not in known:
            total = terms[0] if len(terms) == 1 else Sum(tuple(terms)) if terms else _NOTHING
            self.back.append(ArrayStep(gradient, ahead, labels, total, None, array in known))
        for payment, term in zip(mine, whole, strict=True):
            if term is None:
                part = self._part(payment, array)
                self.back.append(
                    ArrayStep(gradient, ahead, part.labels, part.expression, part.at[1:], True)
                )
        known.add(array)

    def _gradient_at(self, array: Array, index: tuple[Index, ...]) -> Expression:
        """The gradient by an array at a place."""
        if array not in self.of and array not in self.light and array not in self.stored:
            labels, total, parts = self._total(array)
            if not parts and _is_light(total) and self._is_spread(total, labels):
                self.light[array] = labels, total
            elif not parts and not frozenset(labels) <= labels_of(total):
                self.light[array] = labels, self._narrow(array, labels, total)
            else:
                self.stored[array] = self._stored(array, labels, total, parts)
        if array in self.light:
            labels, total = self.light[array]
            given = dict(zip(labels, index, strict=True))
            if all(isinstance(x, Along) and x == Along(0, ((_label(x), 1),)) for x in index):
                return relabelled(total, {k: _label(one) for k, one in given.items()})
            self.stored[array] = self._stored(array, labels, total, [])
            del self.light[array]
        if array in self.stored:
            return ReadArray(self.stored[array], index)
        return self.of[array]

    def _is_spread(self, total: Expression, labels: tuple[Label, ...]) -> bool:
        """Whether a gradient needs no array: the same along an axis, a number, another gradient."""
        is_read = isinstance(total, ReadArray) and len(total.at) == len(labels)
        if is_read and all(map(runs_along, total.at, labels)):  # type: ignore[union-attr]
            return True
        is_number = all(read.array is self.program.count for read in reads_in(total))
        return is_number or not frozenset(labels) <= labels_of(total)

    def _narrow(self, array: Array, labels: tuple[Label, ...], total: Expression) -> Expression:
        """A gradient that is the same along some axes, in an array without them."""
        present = labels_of(total)
        kept = tuple(label for label in labels if label in present)
        shape = tuple(self.program.sizes[label] for label in kept)
        made = self._new(f"d{array.name}", shape, ROWS in present)
        self.made.append(Compute(made, kept, total))
        return ReadArray(made, tuple(Along(0, ((label, 1),)) for label in kept))

    def _pull(
        self,
        e: Expression,
        paid: Expression,
        labels: frozenset[Label],
        y: ReadArray | None = None,
    ) -> None:
        """Pay all that an expression reads.

        Args:
            e: the expression.
            paid: the gradient by it.
            labels: all that run here.
            y: where its value is found, if anywhere.
        """
        match e:
            case ReadArray(array, _):
                if _owner(array) in self.needed:
                    self.payments.setdefault(array, []).append(_Payment(e, labels, paid))
            case Sum(parts):
                paid = self._kept(paid, e)
                for part in filter(self._learns, parts):
                    self._pull(part, paid, labels)
            case Masked(inner, mask):
                self._pull(inner, Masked(paid, mask), labels)
            case Reduce("sum", over, body, mask):
                paid = self._kept(paid, body)
                paid = paid if mask is None else Masked(paid, mask)
                self._pull(body, paid, labels | frozenset(over))
            case Applied(operation, parts):
                value: Expression = e if y is None else y
                for k, part in enumerate(parts):
                    if self._learns(part):
                        slope = _slope(operation, k, parts, paid, value)
                        if slope is not None:
                            self._pull(part, slope, labels)

    def _learns(self, e: Expression) -> bool:
        return any(_owner(read.array) in self.needed for read in _paid(e))

    def _kept(self, paid: Expression, e: Expression) -> Expression:
        """What is paid, in an array of its own where it is used more than once."""
        light = weight(paid) < _LIGHT or (weight(paid) == _LIGHT and not labels_of(paid))
        if light or sum(_owner(read.array) in self.needed for read in _paid(e)) < 2:
            return paid
        present = labels_of(paid)
        order = (*(self.turns & present), *sorted(present - {ROWS} - self.turns))
        shape = tuple(self.program.sizes[label] for label in order)
        array = self._new(self._inner, shape, ROWS in present)
        if self.turns & present:
            self.back.append(ArrayStep(array, 0, order[1:], paid))
        else:
            self.made.append(Compute(array, order, paid))
        return ReadArray(array, tuple(Along(0, ((label, 1),)) for label in order))

    # -- from payments to an array ----------------------------------------------------------------

    def _total(self, array: Array) -> tuple[tuple[Label, ...], Expression, list[PartOfArray]]:
        """The gradient by an array over labels: what is paid to all of it, and to parts."""
        labels = self._labels(array.shape)
        terms: list[Expression] = []
        parts: list[PartOfArray] = []
        for payment in self.payments.get(array, []):
            whole = self._whole(payment, array, labels)
            if whole is not None:
                terms.append(whole)
            else:
                parts.append(self._part(payment, array))
        if not terms:
            return labels, KnownNumber(0.0), parts
        return labels, terms[0] if len(terms) == 1 else Sum(tuple(terms)), parts

    def _stored(
        self, array: Array, labels: tuple[Label, ...], total: Expression, parts: list[PartOfArray]
    ) -> Array:
        """The array of a gradient."""
        gradient = self._new(f"d{array.name}", array.shape, array.per_row)
        if parts:
            start = None if total == KnownNumber(0.0) else (labels, total)
            self.made.append(Scatter(gradient, parts, start))
        else:
            self.made.append(Compute(gradient, labels, total))
        return gradient

    def _whole(
        self, payment: _Payment, array: Array, labels: tuple[Label | None, ...]
    ) -> Expression | None:
        """The payment for all of the array; None where the read is a part of it.

        Args:
            payment: it.
            array: what is read.
            labels: of its axes; None for the one of a loop.
        """
        sizes = self.program.sizes
        if not self.turns and split_axes(array, payment.read.at, sizes):
            return self._whole_in_two(payment, array, labels)
        renamed: dict[Label, Label] = {}
        for one, size, label in zip(payment.read.at, array.shape, labels, strict=True):
            if label is None:
                continue
            if not isinstance(one, Along) or one.base:
                return None
            if not one.steps:
                if size != 1:
                    return None
                continue
            if len(one.steps) > 1 or one.steps[0][1] != 1 or one.steps[0][0] in renamed:
                return None
            if self.program.sizes[one.steps[0][0]] != size:
                return None
            renamed[one.steps[0][0]] = label
        return self._summed(payment, frozenset(renamed), array, renamed)

    def _whole_in_two(
        self, payment: _Payment, array: Array, labels: tuple[Label | None, ...]
    ) -> Expression | None:
        """The same where axes are read in two."""
        read = split_read(payment.read, self.program.sizes)
        shape = read.array.shape
        inner = self._labels(shape)
        paid = self._whole(payment._replace(read=read), read.array, inner)
        if paid is None:
            return None
        made = self._new(f"d{array.name}_split", shape, array.per_row)
        self.made.append(Compute(made, inner, paid))
        at = tuple(Along(0, ((label, 1),)) for label in labels if label is not None)
        return ReadArray(made.shaped(array.shape), at)

    def _summed(
        self,
        payment: _Payment,
        kept: frozenset[Label],
        array: Array,
        renamed: Mapping[Label, Label],
    ) -> Expression:
        rows = frozenset({ROWS}) if array.per_row else frozenset[Label]()
        over = payment.labels - kept - rows - self.turns
        # What was summed in the read's place may stand for one number of all rows.
        body = relabelled(payment.paid, renamed)
        if not over:
            return body
        order = tuple(sorted(over, reverse=True))
        return reduced_along("sum", order, body)

    def _part(self, payment: _Payment, array: Array) -> PartOfArray:
        """The payment for a part of the array."""
        index = payment.read.at
        used = frozenset[Label]().union(*map(labels_in, index)) - {ROWS} - self.turns
        kept = used | (frozenset({ROWS}) & _rows_in(index))
        expression = self._summed(payment, kept, array, {})
        rows = (ROWS,) if ROWS in kept and not array.per_row else ()
        return PartOfArray(index, (*rows, *sorted(used)), expression)


def _owner(array: Array) -> Array:
    """The array that has the numbers."""
    return array.of or array


def _is_light(e: Expression) -> bool:
    """Whether it is so short that it is written again."""
    return weight(e) <= _LIGHT and not isinstance(e, Reduce)


def _inner(name: str) -> str:
    """What the gradient inside of an array's expression is called."""
    hidden = name[0] == "h" and name[1:].isdigit()
    return f"dz{name[1:]}" if hidden else f"dz_{name}"


def _base(read: ReadArray) -> int:
    """How far ahead of a loop's step an array is read."""
    one = read.at[0]
    return one.base if isinstance(one, Along) else 0


def _label(one: Index) -> Label:
    """The first label of an index, or none there is."""
    return one.steps[0][0] if isinstance(one, Along) and one.steps else _NO_LABEL


def _rows_in(index: tuple[Index, ...]) -> frozenset[Label]:
    return frozenset[Label]().union(*map(labels_in, index)) if index else frozenset()


def _paid(e: Expression) -> Iterator[ReadArray]:
    """The reads that an expression pays."""
    match e:
        case ReadArray():
            yield e
        case Sum(parts):
            for part in parts:
                yield from _paid(part)
        case Masked(inner, _) | Reduce("sum", _, inner, _):
            yield from _paid(inner)
        case Applied(operation, parts):
            for k, part in enumerate(parts):
                if _partial(operation, k) != "0":
                    yield from _paid(part)


def _partial(operation: Operation, k: int) -> str:
    """The partial of an operation; those of a payment are not asked for."""
    if operation.partial >= 0:
        return "0"
    partials = ops.OPS[operation.name].partials
    return partials[k] if k < len(partials) else "0"


def _slope(
    operation: Operation, k: int, parts: tuple[Expression, ...], paid: Expression, y: Expression
) -> Expression | None:
    """What an operation makes of what it is paid, for one of its inputs."""
    partial = _partial(operation, k)
    rule = rules.rule_of(partial)
    if rule == ZERO:
        return None
    if rule == ONE:
        return paid
    if rule == Neg(ONE):
        return _times(KnownNumber(-1.0), paid)
    name = operation.name
    if name == "mul":
        return _times(paid, parts[1 - k])
    if name == "div" and k == 0:
        if isinstance(paid, Masked):
            return Masked(Applied(operation, (paid.expression, parts[1])), paid.mask)
        return Applied(operation, (paid, parts[1]))
    if name == "pow" and k == 0 and isinstance(parts[1], KnownNumber):
        power = parts[1].value
        rest = (
            parts[0] if power == 2.0 else Applied(operation, (parts[0], KnownNumber(power - 1.0)))
        )
        return _times(_times(KnownNumber(power), rest), paid)
    slope = Operation(name, k)
    given = dict(zip(ops.OPS[name].inputs, parts, strict=True))
    given.update(g=paid, y=y)
    return Applied(slope, tuple(given[argument] for argument in slope.arguments))


def _times(a: Expression, b: Expression) -> Expression:
    """A product; what is masked stays so on the outside, and numbers come together."""
    if isinstance(a, Masked):
        return Masked(_times(a.expression, b), a.mask)
    if isinstance(b, Masked):
        return Masked(_times(a, b.expression), b.mask)
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Applied) and (one.operation, one.parts[0]) == (
            _DIVIDE,
            KnownNumber(1.0),
        ):
            return Applied(one.operation, (other, one.parts[1]))
    (n, x), (m, y) = _factored(a), _factored(b)
    if 1.0 not in (n, m):
        number, factors = KnownNumber(n * m), [e for e in (x, y) if e is not None]
        return simplified(_MULTIPLY, (number, product_of(factors))) if factors else number
    return simplified(_MULTIPLY, (a, b))


def _factored(e: Expression) -> tuple[float, Expression | None]:
    """A product as its number, and what it is without it; None for nothing."""
    if isinstance(e, KnownNumber):
        return e.value, None
    if not isinstance(e, Applied) or e.operation != _MULTIPLY:
        return 1.0, e
    (n, a), (m, b) = map(_factored, e.parts)
    factors = [x for x in (a, b) if x is not None]
    return n * m, product_of(factors) if factors else None


def relabelled(e: Expression, renamed: Mapping[Label, Label]) -> Expression:
    """An expression over other labels."""
    if not renamed:
        return e
    match e:
        case KnownNumber():
            return e
        case ReadArray(array, index):
            return ReadArray(array, tuple(_reindexed(one, renamed) for one in index))
        case Applied(operation, parts):
            return Applied(operation, tuple(relabelled(part, renamed) for part in parts))
        case Sum(parts):
            return Sum(tuple(relabelled(part, renamed) for part in parts))
        case Masked(inner, mask):
            return Masked(relabelled(inner, renamed), _remasked(mask, renamed))
        case Reduce(kind, labels, body, mask):
            # Its own labels are others than those outside that are called the same.
            renamed = {k: v for k, v in renamed.items() if k not in labels}
            again = None if mask is None else _remasked(mask, renamed)
            return Reduce(kind, labels, relabelled(body, renamed), again)


def _remasked(mask: Mask, renamed: Mapping[Label, Label]) -> Mask:
    return mask._replace(labels=tuple(renamed.get(label, label) for label in mask.labels))


def _reindexed(one: Index, renamed: Mapping[Label, Label]) -> Index:
    match one:
        case Along(base, steps):
            return Along(base, tuple((renamed.get(label, label), step) for label, step in steps))
        case LookedUp(table, labels):
            return LookedUp(table, tuple(renamed.get(label, label) for label in labels))
        case PickedBy(expression, _, _):
            return one._replace(expression=relabelled(expression, renamed))
