"""An array program as operations on whole arrays (`array_nodes.py`).

Indices become axes: rows first, then those of the array. What lacks an axis in the middle gets one
of size 1 there, so that arrays broadcast from the right. Sums of products become matrix products
where they are some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from jangrad.compiler.exporting import MUL, NEG, OPERATIONS, Operation
from jangrad.export.vectorised.array_axes import (
    Laid,
    factors_of,
    indexed,
    natural_order,
    order_inside,
    preferred,
    product_of,
    sliced,
    those_in,
    turned,
    turns_in,
    widened,
    with_gaps,
    with_new,
)
from jangrad.export.vectorised.array_nodes import (
    Added,
    Called,
    Chosen,
    Einsum,
    Indexed,
    Named,
    Node,
    Places,
    Product,
    Reduced,
    Scalar,
    Spread,
    Transposed,
    Turn,
    Whole,
    Windows,
)
from jangrad.export.vectorised.array_program import (
    ROWS,
    Along,
    Applied,
    Array,
    ArrayProgram,
    Expression,
    Index,
    KnownNumber,
    Label,
    LookedUp,
    Mask,
    Masked,
    PickedBy,
    ReadArray,
    Reduce,
    Sum,
    labels_in,
    labels_of,
    reads_in,
)
from jangrad.export.vectorised.array_splits import joined, split_read

_ADD, _MULTIPLY = Operation("add"), Operation("mul")


def _product_first(reduce: Reduce) -> Reduce:
    """A sum of products: over what both factors have first, over what one has behind it."""
    factors = factors_of(reduce.body)
    if reduce.kind != "sum" or reduce.mask is not None or len(factors) != 2:
        return reduce
    shared = labels_of(factors[0]) & labels_of(factors[1])
    inner = tuple(label for label in reduce.labels if label in shared)
    outer = tuple(label for label in reduce.labels if label not in shared)
    present = labels_of(reduce.body)
    if not inner or not outer or not present.issuperset(outer):
        return reduce
    return Reduce("sum", outer, Reduce("sum", inner, reduce.body))


@dataclass
class Lowering:
    """How expressions of a program become nodes.

    Attributes:
        program: the program; constants that are needed are added.
    """

    program: ArrayProgram

    def __post_init__(self) -> None:
        self._tables: dict[tuple[str, bytes, tuple[int, ...]], Array] = {}
        # Of each array that is computed as a sum the axes that it keeps, and those that its reads
        # would have it keep.
        self.kept: dict[Array, tuple[bool, ...]] = {}
        self._asked: dict[Array, set[tuple[bool, ...]]] = {}
        self._sums: dict[Array, set[tuple[bool, ...]]] = {}

    def keep(self) -> None:
        """From now on sums keep their axes of size 1, where all that reads them needs these."""
        results = set(self.program.results)
        for array, asked in self._asked.items():
            if len(asked) == 1 and array not in results and asked <= self._sums.get(array, set()):
                (pattern,) = asked
                if not all(pattern):
                    self.kept[array] = pattern

    def of_statement(self, array: Array, expression: Expression, order: tuple[Label, ...]) -> Node:
        """What a statement computes."""
        node = self.full(expression, order)
        if isinstance(node, Reduced) and not node.keep:
            axes = [k for k in range(node.rank) if k not in node.axes]
            pattern = tuple(k in axes for k in range(node.rank))
            while pattern and not pattern[0]:
                pattern = pattern[1:]
            self._sums.setdefault(array, set()).add(pattern)
            if array in self.kept:
                return node._replace(keep=True)
        return node

    def full(self, expression: Expression, order: tuple[Label, ...]) -> Node:
        """The expression with exactly these axes."""
        laid = self.aligned(expression, order)
        if laid.axes == order:
            return laid.node
        sizes = tuple(map(self._size, order))
        if laid.axes and all(self._size(x) == 1 for x in order if x not in laid.axes):
            return widened(laid, tuple(x if x in laid.axes else None for x in order)).node
        return Spread(laid.node, sizes)

    def _size(self, label: Label) -> int | None:
        return None if label == ROWS else self.program.sizes[label]

    def aligned(self, expression: Expression, order: tuple[Label, ...]) -> Laid:
        """The expression with axes that broadcast to these."""
        present = those_in(order, labels_of(expression))
        axes = with_gaps(order, present)
        match expression:
            case KnownNumber(value):
                return Laid(Scalar(value), ())
            case ReadArray():
                return self._read(expression, present, axes)
            case Reduce():
                found = self._reduced(expression, present, axes)
                if found.axes == axes:
                    return found
            case Applied(operation, parts):
                if sum(bool(labels_of(part)) for part in parts) == 1:
                    return Laid(self._called(operation, parts, order), axes)
                found = Laid(self._called(operation, parts, present), present)
            case Masked(inner, mask, outside):
                node = self.aligned(inner, present).node
                found = Laid(Chosen(self._masked(mask, present), node, outside), present)
            case Sum(parts):
                terms = tuple(self.aligned(part, present).node for part in parts)
                found = Laid(Added(terms), present)
        return widened(found, axes)

    def _called(
        self, operation: Operation, parts: Sequence[Expression], order: tuple[Label, ...]
    ) -> Node:
        return Called(operation, tuple(self.aligned(part, order).node for part in parts))

    # -- reading ----------------------------------------------------------------------------------

    def _read(
        self, read: ReadArray, present: tuple[Label, ...], axes: tuple[Label | None, ...]
    ) -> Laid:
        read = split_read(read, self.program.sizes)
        array = read.array
        kinds = [self._kind(one, read) for one in read.at]
        pattern = tuple(label is not None for label in axes)
        plain = "many" not in kinds and len(present) == len(array.shape) + array.per_row
        plain = plain and natural_order(read) == present
        whole = plain and all(
            self.item(one, size) == slice(None)
            for one, size in zip(read.at, array.shape, strict=True)
        )
        self._asked.setdefault(array, set()).add(pattern if whole else (True,))
        if array in self.kept:
            return Laid(Named(array), axes)
        if "many" in kinds:
            windows = self._windows(read, kinds)
            if windows is not None:
                return widened(turned(windows, present), axes)
        if "many" not in kinds:
            natural = natural_order(read)
            items: list[Any] = [
                self.item(one, size) for one, size in zip(read.at, array.shape, strict=True)
            ]
            items = [*[slice(None)] * array.per_row, *items]
            if natural == present:
                return Laid(indexed(Named(array), with_new(items, present, axes)), axes)
            return widened(turned(Laid(indexed(Named(array), items), natural), present), axes)
        return widened(turned(self._advanced(read, kinds), present), axes)

    def _kind(self, one: Index, read: ReadArray) -> str:
        """ "one" for an item or a slice, "many" for what needs an array of places."""
        if isinstance(one, Along):
            others = [labels_in(other) for other in read.at if other is not one]
            shared = any(label in other for label, _ in one.steps for other in others)
            backwards = one.turn is not None and any(step < 1 for _, step in one.steps)
            return "one" if len(one.steps) <= 1 and not shared and not backwards else "many"
        return "many"

    def item(self, one: Index, size: int) -> int | Turn | slice:
        """An item of an axis, or a slice of it."""
        assert isinstance(one, Along)
        if not one.steps:
            return one.base if one.turn is None else Turn(*one.turn, one.base)
        ((label, step),) = one.steps
        count = self.program.sizes[label]
        if one.turn is not None:
            end = one.base + step * (count - 1) + 1
            return slice(
                Turn(*one.turn, one.base), Turn(*one.turn, end), step if step > 1 else None
            )
        return sliced(one.base, step, count, size)

    def _windows(self, read: ReadArray, kinds: list[str]) -> Laid | None:
        """Windows that slide along some of the axes."""
        array, sizes = read.array, self.program.sizes
        items: list[Any] = [slice(None)] * array.per_row
        labels: list[Label] = [ROWS] * array.per_row
        sliding: list[tuple[int, Label, int]] = []  # axis, the label inside, how far they slide
        for k, (one, size, kind) in enumerate(zip(read.at, array.shape, kinds, strict=True)):
            if not isinstance(one, Along):
                return None
            if kind == "one":
                items.append(self.item(one, size))
                labels += [label for label, _ in one.steps]
                continue
            others = [labels_in(other) for j, other in enumerate(read.at) if j != k]
            shared = any(label in other for label, _ in one.steps for other in others)
            if shared or len(one.steps) != 2 or one.turn is not None:
                return None
            (outer, stride), (inner, step) = one.steps
            if step != 1 or (stride == 1 and sizes[outer] < sizes[inner]):
                (outer, stride), (inner, step) = (inner, step), (outer, stride)
            if stride < 1 or step != 1:
                return None
            last = one.base + stride * (sizes[outer] - 1) + sizes[inner] - 1
            items.append(sliced(one.base, 1, last + 1 - one.base, size))
            sliding.append((len(labels), inner, stride))
            labels.append(outer)
        windows: Node = indexed(Named(array), items)
        rank = len(labels)
        for count, (axis, inner, _) in enumerate(sliding):
            windows = Windows(windows, sizes[inner], axis, rank + count)
        strides = {axis: stride for axis, _, stride in sliding}
        if max(strides.values()) > 1:
            steps = [strides.get(axis, 1) for axis in range(rank)]
            every = [slice(None, None, step if step > 1 else None) for step in steps]
            windows = indexed(windows, every)
        return Laid(windows, (*labels, *(inner for _, inner, _ in sliding)))

    def _advanced(self, read: ReadArray, kinds: list[str]) -> Laid:
        """A read with arrays of places."""
        array = read.array
        items: list[Any] = [slice(None)] * array.per_row
        left: list[tuple[Index, int]] = []
        kept: list[str] = []
        for one, size, kind in zip(read.at, array.shape, kinds, strict=True):
            if isinstance(one, Along) and not one.steps:
                items.append(self.item(one, size))
            elif kind == "one":
                items.append(self.item(one, size))
                left.append((one, size))
                kept.append(kind)
            else:
                items.append(slice(None))
                left.append((one, size))
                kept.append(kind)
        node = indexed(Named(array), items)
        natural = natural_order(read)
        needs_rows = ROWS in natural
        asked = [
            labels_in(one) for (one, _), kind in zip(left, kept, strict=True) if kind == "many"
        ]
        rows_apart = array.per_row and any(ROWS in labels for labels in asked)
        if len(asked) == 1 and not rows_apart:
            found: list[Any] = [slice(None)] * array.per_row
            axes: list[Label] = [ROWS] * array.per_row
            for (one, _), kind in zip(left, kept, strict=True):
                if kind == "one":
                    assert isinstance(one, Along)
                    found.append(slice(None))
                    axes.append(one.steps[0][0])
                else:
                    labels = those_in(natural, labels_in(one))
                    found.append(self.places(one, labels))
                    axes += labels
            return Laid(indexed(node, found), tuple(axes))
        found = []
        if array.per_row:
            found.append(self.count(ROWS, natural))
        for (one, _), kind in zip(left, kept, strict=True):
            if kind == "one":
                assert isinstance(one, Along)
                found.append(self.count(one.steps[0][0], natural))
            else:
                found.append(self.places(one, natural))
        assert needs_rows or not array.per_row
        return Laid(Indexed(node, tuple(found)), natural)

    def count(self, label: Label, order: tuple[Label, ...]) -> Node:
        size = None if label == ROWS else self.program.sizes[label]
        return widened(Laid(Places(size), (label,)), with_gaps(order, (label,))).node

    def places(self, one: Index, order: tuple[Label, ...]) -> Node:
        """An array of places, with axes that broadcast to these."""
        match one:
            case LookedUp(table, labels):
                there = those_in(order, labels)
                array = self.table("at", np.transpose(table, list(map(labels.index, there))))
                return widened(Laid(Named(array), there), with_gaps(order, there)).node
            case PickedBy(expression, base, stride):
                found = self.aligned(expression, order).node
                whole = all(read.array.whole for read in reads_in(expression))
                found = found if whole else Whole(found)
                if stride != 1:
                    found = Called(_MULTIPLY, (Scalar(stride), found))
                return Added((Scalar(base), found)) if base else found
            case Along(base, steps, turn):
                terms: list[Node] = [Scalar(base)] if base or not steps else []
                if turn is not None:
                    terms = [Turn(*turn, base)]
                for label, step in steps:
                    count = self.count(label, order)
                    terms.append(count if step == 1 else Called(_MULTIPLY, (Scalar(step), count)))
                return terms[0] if len(terms) == 1 else Added(tuple(terms))

    def table(self, name: str, numbers: Any) -> Array:
        """A constant array of these numbers, one for all that are the same."""
        numbers = np.ascontiguousarray(numbers)
        key = numbers.dtype.str, numbers.tobytes(), numbers.shape
        if key not in self._tables:
            found = self.unused(name)
            array = Array(found, "constant", numbers.shape, numbers=numbers)
            array.whole = numbers.dtype.kind == "i"
            self._tables[key] = array
            self.program.constants.append(array)
        return self._tables[key]

    def unused(self, name: str) -> str:
        """A name that no array has."""
        taken = {array.name for array in self.program.every_array()}
        found, number = name, 1
        while found in taken:
            found, number = f"{name}{number}", number + 1
        return found

    # -- sums -------------------------------------------------------------------------------------

    def _reduced(
        self, reduce: Reduce, present: tuple[Label, ...], axes: tuple[Label | None, ...]
    ) -> Laid:
        kind, over, body, mask = _product_first(joined(reduce, self.program.sizes))
        inside = labels_of(body) | frozenset(mask.labels if mask else ())
        missing = [label for label in over if label not in inside]
        over = tuple(label for label in over if label in inside)
        outside: list[tuple[str, Expression]] = []
        if kind == "sum":
            if ROWS in missing:
                body = self._times_rows(body, outside)
                missing.remove(ROWS)
            times = prod(self.program.sizes[label] for label in missing)
            if isinstance(body, KnownNumber) and not over:
                return Laid(Scalar(body.value * times), ())
            if times > 1:
                outside.append(("mul", KnownNumber(float(times))))
            body = self._taken_out(body, over, mask, outside)
        if not over:
            found = self.aligned(body, present)
        else:
            inner = those_in(present, (labels_of(body) | frozenset(mask.labels if mask else ())))
            wide = axes if not outside else inner
            found = self._summed(kind, over, body, mask, inner, wide)
            found = widened(found, with_gaps(present, inner)) if outside else found
        if not outside:
            return found
        node = found.node
        for name, factor in outside:
            if name == "neg":
                node = Called(OPERATIONS[NEG], (node,))
                continue
            other = self.aligned(factor, present).node
            parts = (other, node) if name == "mul" else (node, other)
            node = Called(Operation(name), parts)
        return Laid(node, present)

    def _times_rows(self, body: Expression, outside: list[tuple[str, Expression]]) -> Expression:
        """What is the same for all rows, once for each of them: a mean over rows is itself."""
        assert self.program.count is not None
        rows = ReadArray(self.program.count, ())
        match body:
            case Applied(operation, (a, b)) if operation == Operation("div") and b == rows:
                return a
        outside.append(("mul", rows))
        return body

    def _taken_out(
        self,
        body: Expression,
        over: tuple[Label, ...],
        mask: Mask | None,
        outside: list[tuple[str, Expression]],
    ) -> Expression:
        """The body without what is the same for all terms."""
        match body:
            case Applied(operation, (a,)) if operation == OPERATIONS[NEG]:
                outside.append(("neg", KnownNumber(0.0)))
                return self._taken_out(a, over, mask, outside)
            case Applied(operation, (a, b)) if operation == Operation("div"):
                if not labels_of(b) & frozenset(over):
                    outside.append(("div", b))
                    return self._taken_out(a, over, mask, outside)
            case Applied(operation, _) if operation == OPERATIONS[MUL]:
                factors = factors_of(body)
                varying = [f for f in factors if labels_of(f) & frozenset(over)]
                if varying and len(varying) < len(factors):
                    for factor in factors:
                        if not labels_of(factor) & frozenset(over):
                            outside.append(("mul", factor))
                    return product_of(varying)
        return body

    def _summed(
        self,
        kind: str,
        over: tuple[Label, ...],
        body: Expression,
        mask: Mask | None,
        present: tuple[Label, ...],
        axes: tuple[Label | None, ...],
    ) -> Laid:
        factors = factors_of(body) if kind == "sum" else [body]
        varied = {labels_of(factor) for factor in factors}
        if (
            len(factors) > 1
            and (len(varied) > 1 or len(factors) == 2)
            and self._contracts(factors, over, present, mask)
        ):
            return self._contracted(factors, over, present, mask)
        order = order_inside(body, over, present, mask)
        laid = self.aligned(body, order)
        masked = None
        if mask is not None:
            held = self._masked(mask, order)
            if laid.axes != order:  # the mask has axes that the body lacks
                wide = with_gaps(order, those_in(order, labels_of(body) | set(mask.labels)))
                laid = Laid(Chosen(held, laid.node), wide) if kind == "sum" else laid
                if kind == "sum":
                    held = None  # type: ignore[assignment]
                else:
                    laid = Laid(self.full(body, order), order)
            masked = held
        at = tuple(k for k, label in enumerate(laid.axes) if label in over)
        kept = tuple(None if label in over else label for label in laid.axes)
        count = -1 if over == (ROWS,) else 0
        if ROWS not in over:
            count = prod(self.program.sizes[label] for label in over)
        if mask is not None or len(at) < len(over):
            count = 0
        node = Reduced(kind, laid.node, at, len(laid.axes), False, masked, count)
        short = tuple(label for label in kept if label is not None)
        while kept and kept[0] is None:
            kept = kept[1:]
        if kept == axes != short:
            return Laid(node._replace(keep=True), axes)
        return Laid(node, short)

    def _masked(self, mask: Mask, order: tuple[Label, ...]) -> Node:
        labels = those_in(order, frozenset(mask.labels))
        table = np.transpose(mask.table, [mask.labels.index(label) for label in labels])
        array = self.table("mask", table)
        return widened(Laid(Named(array), labels), with_gaps(order, labels)).node

    def masked_by(self, mask: Mask, order: tuple[Label, ...], node: Node) -> Node:
        """The node where the mask says so, else 0."""
        return Chosen(self._masked(mask, order), node)

    def _contracts(
        self,
        factors: list[Expression],
        over: tuple[Label, ...],
        present: tuple[Label, ...],
        mask: Mask | None,
    ) -> bool:
        """Whether a product is to be summed without being stored."""
        sets = [labels_of(factor) for factor in factors]
        if mask is not None and not any(frozenset(mask.labels) <= labels for labels in sets):
            return False
        if not all(frozenset(over) & labels for labels in sets):
            return False
        if len(factors) == 2 and sets[0] == sets[1]:
            return not present and len(over) == 1  # a @ b
        return True

    def _contracted(
        self,
        factors: list[Expression],
        over: tuple[Label, ...],
        present: tuple[Label, ...],
        mask: Mask | None,
    ) -> Laid:
        chosen = -1
        if mask is not None:
            sets = [labels_of(factor) for factor in factors]
            chosen = next(k for k, s in enumerate(sets) if frozenset(mask.labels) <= s)

        def laid(k: int, order: tuple[Label, ...]) -> Node:
            node = self.aligned(factors[k], order).node
            if k != chosen or mask is None:
                return node
            return Chosen(self._masked(mask, order), node)

        if len(factors) == 2 and len(over) == 1:
            found = self._matrix_product(factors, over[0], present, laid)
            if found is not None:
                return found
        letters = dict(zip(present, "ijlmnopq", strict=False))
        letters.update(zip(over, "krstuvw", strict=False))
        if ROWS in letters:
            letters[ROWS] = "b"
        orders = [preferred(factor, present + over) for factor in factors]
        parts = []
        for k, order in enumerate(orders):
            node = laid(k, order)
            while isinstance(node, Transposed):  # which letters in another order do as well
                order = tuple(order[node.order.index(axis)] for axis in range(len(order)))
                node = node.of
            orders[k] = order
            parts.append(node)
        spec = ",".join("".join(letters[label] for label in order) for order in orders)
        spec += "->" + "".join(letters[label] for label in present)
        return Laid(Einsum(spec, tuple(parts)), present)

    def _matrix_product(
        self, factors: list[Expression], k: Label, present: tuple[Label, ...], laid: Any
    ) -> Laid | None:
        best: tuple[int, Node] | None = None
        for first, second in ((0, 1), (1, 0)):
            f, g = labels_of(factors[first]), labels_of(factors[second])
            shared = those_in(present, f & g)
            p, q = those_in(present, f - g), those_in(present, g - f)
            if shared + p + q != present or len(q) > 1:
                continue
            if shared and not (len(p) == 1 and len(q) == 1):
                continue
            left = laid(first, (*shared, *p, k))
            right = laid(second, (*shared, k, *q))
            cost = turns_in(left) + turns_in(right)
            if best is None or cost < best[0]:
                best = cost, Product(left, right)
        return None if best is None else Laid(best[1], present)
