"""From a program of scalars to an array program.

Each class of scalars that are computed alike becomes one array, or a part of the expression that
uses it. Its axes are found from where its members read (`array_layout.py`); of a gradient they are
those of what it is the gradient of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    ARRAY,
    BATCH_SCATTER_ADD,
    CONST,
    ELEMENT,
    GATHER,
    INPUT,
    MANY,
    OPERATIONS,
    OVER_ROWS,
    PARAM,
    REDUCE_MAX,
    SCATTER_ADD,
    STATIC,
    SUM,
    Ints,
    Operation,
    Program,
)
from jangrad.export.vectorised.array_alike import sorted_alike
from jangrad.export.vectorised.array_inlining import Inlining, Scalars
from jangrad.export.vectorised.array_layout import (
    ClassLayout,
    arrangements,
    in_order,
    index_of,
    layout,
    reduced,
)
from jangrad.export.vectorised.array_names import ArrayNames, Variable, over_steps
from jangrad.export.vectorised.array_program import (
    ROWS,
    Along,
    Applied,
    Array,
    ArrayProgram,
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
    Sum,
    lookups_in,
    reduced_along,
    simplified,
)
from jangrad.export.vectorised.array_rolling import rolled, unrolled
from jangrad.export.vectorised.leaf_names import WORDS

_SCATTERS = (SCATTER_ADD, BATCH_SCATTER_ADD)
# So few terms may be written one by one, where they have no regular form.
_FEW = 4


class LeafPlace(NamedTuple):
    """Where a leaf is found: an array, and its place along each axis."""

    array: Array
    at: tuple[int, ...]


class Wanted(NamedTuple):
    """A result: what it is called, and its nodes in a box."""

    name: str
    nodes: Ints


class NodeBox(NamedTuple):
    """Nodes of one class, one for each place of a box.

    Attributes:
        nodes: them, some other where `valid` is False.
        labels: the axes.
        valid: where they count; None for everywhere.
    """

    nodes: Ints
    labels: tuple[Label, ...]
    valid: Any = None


class Recovery:
    """Finds the array of each class.

    Args:
        program: the scalars; every output is among the wanted.
        inputs, parameters: where the leaf of each slot is found.
        wanted: the results.
        variables: what names the arrays may have.
        learning: whether a gradient is wanted, which uses again what it needs.
        loops: whether there may be loops.
    """

    def __init__(
        self,
        program: Program,
        inputs: Sequence[LeafPlace],
        parameters: Sequence[LeafPlace],
        wanted: Sequence[Wanted],
        variables: Sequence[Variable],
        learning: bool,
        loops: bool,
    ) -> None:
        self.leaves = {INPUT: inputs, PARAM: parameters}
        arrays = list(dict.fromkeys(place.array for place in (*inputs, *parameters)))
        self.out = ArrayProgram(
            [a for a in arrays if a.role == "argument"],
            [a for a in arrays if a.role == "parameter"],
        )
        alike = sorted_alike(program, self._tags(program, arrays))
        found = rolled(alike) if loops else unrolled(alike)
        self.p, self.classes, moved, self.loops, _ = found
        self.wanted = wanted = [w._replace(nodes=moved[w.nodes]) for w in wanted]
        variables = [v._replace(nodes=moved[v.nodes]) for v in variables]
        variables = [*over_steps(found, variables), *variables]
        self.place = self.classes.place
        self.scalars = Scalars(found, [w.nodes for w in wanted])
        self.op, self.batched = self.scalars.op, self.scalars.batched
        self.inputs = self.scalars.inputs
        taken = {array.name for array in arrays} | {w.name for w in wanted}
        taken |= WORDS
        taken |= {"n"} if any(array.per_row for array in arrays) else set()  # how many rows
        self.names = ArrayNames(self.classes, variables, taken)
        states = {c for loop in self.loops for c in loop.starts}
        self.inlining = Inlining(
            self.scalars, lambda c: c in states or self.names.is_variable(c), learning=learning
        )
        self.inline = self.inlining.inlined
        self.boxes = self._wanted_boxes()
        # Of each class that is found in an array: which one, and the place of each member.
        self.array: list[Array | None] = [None] * len(self.op)
        self.coords: list[Ints] = [np.zeros((0, 0), np.int64)] * len(self.op)
        self.number: dict[int, KnownNumber] = {}  # of classes of one number that is known
        self.constants: dict[tuple[bytes, tuple[int, ...]], Array] = {}

    def _tags(self, program: Program, arrays: list[Array]) -> Ints:
        """Leaves of different arrays are not alike."""
        number = {id(array): 1 + i for i, array in enumerate(arrays)}
        tags = np.zeros(len(program), np.int64)
        for op, places in self.leaves.items():
            which = np.array([number[id(place.array)] for place in places], np.int64)
            mine = program.op == op
            tags[mine] = which[program.slot[mine]]
        return tags

    # -- classes ----------------------------------------------------------------------------------

    def settle(self, c: int) -> None:
        """Say where the members of a class are found; compute them if they have an array."""
        op, members = self.op[c], self.classes.members[c]
        if op in self.leaves:
            places = [self.leaves[op][slot] for slot in self.p.slot[members].tolist()]
            self.array[c] = places[0].array
            self.coords[c] = _stacked([place.at for place in places])
        elif op in (CONST, STATIC):
            return
        elif op == ELEMENT:
            self._elements(c)
        elif op in _SCATTERS:
            self._scatter(c)
        elif op == ARRAY:
            self._column(c)
        elif not self.inlining.inlines(c):
            self._compute(c)

    def _compute(self, c: int) -> None:
        members = self.classes.members[c]
        found = self._layout(c)
        labels = self.labels(found.shape)
        nodes, valid = found.box(members)
        expression = self.of_class(c, NodeBox(nodes, labels, valid))
        if self._is_found(c, expression, labels, found):
            return
        if c in self.boxes and lookups_in(expression) and self._compute_apart(c, found):
            return
        array = Array(self.name(c, expression), "computed", found.shape, self.batched[c])
        self.array[c], self.coords[c] = array, found.places
        self.out.statements.append(Compute(array, labels, expression))

    def _compute_apart(self, c: int, wanted: ClassLayout) -> bool:
        """Compute a class over axes of its own where these, in a row, are the wanted ones."""
        members = self.classes.members[c]
        found = self.layout_of(c, members, holes=False)
        if prod(found.shape) != len(members) or (found.flat != wanted.flat).any():
            return False
        labels = self.labels(found.shape)
        expression = self.of_class(c, NodeBox(found.box(members)[0], labels))
        if lookups_in(expression):
            return False
        array = Array(self.name(c, expression), "computed", found.shape, self.batched[c])
        self.array[c], self.coords[c] = array.shaped(wanted.shape), wanted.places
        self.out.statements.append(Compute(array, labels, expression))
        return True

    def name(self, c: int, expression: Expression | None = None) -> str:
        """A name for the array of a class."""
        is_sum = isinstance(expression, Reduce) and expression.kind == "sum"
        return self.names.of(c, "total" if is_sum else OPERATIONS[self.op[c]].name)

    def _is_found(
        self, c: int, expression: Expression, labels: tuple[Label, ...], found: ClassLayout
    ) -> bool:
        """Whether the members are numbers that are known, or lie in an array already."""
        if isinstance(expression, KnownNumber):
            self.number[c] = expression
            return True
        if not isinstance(expression, ReadArray) or expression.array.per_row != self.batched[c]:
            return False
        if any(isinstance(one, PickedBy) for one in expression.at):
            return False
        at = dict(zip(labels, found.places, strict=True))
        count = len(self.classes.members[c])
        self.array[c] = expression.array
        self.coords[c] = (
            _stacked([()] * count)
            if not expression.at
            else np.stack([_at(one, at, count) for one in expression.at])
        )
        return True

    def _layout(self, c: int) -> ClassLayout:
        if c in self.boxes:
            return self.boxed(c, self.boxes[c])
        return self.layout_of(c, self.classes.members[c], holes=self.scalars.is_ragged[c])

    def layout_of(self, c: int, members: Ints, *, holes: bool) -> ClassLayout:
        """The axes of some members of a class, with holes perhaps."""
        found = layout(self.columns(c, members), len(members), holes=holes)
        for coords in self._read_whole(c, members):
            turned = in_order(found, coords)
            if turned is not None:
                return turned
        return found

    def _read_whole(self, c: int, nodes: Ints) -> Iterator[list[Ints]]:
        """Where nodes read of each array, along its axes."""
        for kind, _, inputs in self.inputs[c]:
            read = inputs[:, 0][self.place[nodes]]
            if self.inline[kind]:
                yield from self._read_whole(kind, read)
            elif self.array[kind] is not None:
                yield [axis[self.place[read]] for axis in self.coords[kind]]

    def boxed(self, c: int, box: Ints) -> ClassLayout:
        """Members where they stand in a box of all of them."""
        places = np.empty((box.ndim, box.size), np.int64)
        places[:, self.place[box.ravel()]] = np.indices(box.shape).reshape(box.ndim, box.size)
        return ClassLayout(box.shape, places)

    def columns(self, c: int, nodes: Ints) -> list[Ints]:
        """Where nodes of a class read, along each axis of each array; of sums the first terms."""
        found = []
        for kind, _, inputs in self.inputs[c]:
            found += self._columns_of(kind, inputs[:, 0][self.place[nodes]])
        return found

    def _columns_of(self, kind: int, nodes: Ints) -> list[Ints]:
        if self.inline[kind]:
            return self.columns(kind, nodes)
        if self.array[kind] is None:
            return []
        return [axis[self.place[nodes]] for axis in self.coords[kind]]

    def labels(self, shape: Sequence[int]) -> tuple[Label, ...]:
        """New labels for axes of these sizes."""
        first = len(self.out.sizes)
        labels = tuple(range(first, first + len(shape)))
        self.out.sizes.update(zip(labels, shape, strict=True))
        return labels

    def _wanted_boxes(self) -> dict[int, Ints]:
        """The axes that classes should have: those of results, and of the user's variables."""
        found = {c: variable.nodes for c, variable in self.names.whole.items()}
        for one in self.wanted:
            nodes = one.nodes.ravel()
            kinds = self.classes.of[nodes]
            if len(nodes) and (kinds == kinds[0]).all():
                c = int(kinds[0])
                if len(nodes) == len(self.classes.members[c]) == len(np.unique(nodes)):
                    found[c] = one.nodes
        return found

    # -- expressions ------------------------------------------------------------------------------

    def read(self, kind: int, box: NodeBox) -> Expression:
        """The numbers of nodes of a class."""
        if self.op[kind] in (CONST, STATIC):
            return self._constant(self.p.value[box.nodes], box)
        if kind in self.number:
            return self.number[kind]
        if self.inline[kind]:
            return self.of_class(kind, box)
        array = self.array[kind]
        assert array is not None
        at = self.place[box.nodes]
        index = [
            index_of(axis[at], box.labels, box.valid, size)
            for axis, size in zip(self.coords[kind], array.shape, strict=True)
        ]
        return ReadArray(array, self._with_single(index, array, box.labels))

    def _with_single(
        self, index: list[Index], array: Array, labels: tuple[Label, ...]
    ) -> tuple[Index, ...]:
        """Labels of size 1 run along axes of size 1, so that these stay."""
        used = {label for one in index if isinstance(one, Along) for label, _ in one.steps}
        spare = [label for label in labels if self.out.sizes[label] == 1 and label not in used]
        for axis, one in enumerate(index):
            if spare and array.shape[axis] == 1 and isinstance(one, Along) and one == Along(0):
                index[axis] = Along(0, ((spare.pop(0), 1),))
        return tuple(index)

    def _constant(self, numbers: Any, box: NodeBox) -> Expression:
        bits, valid = numbers.view(np.int64), box.valid
        table, kept = reduced(bits, valid)
        if not kept:
            return KnownNumber(float(table.reshape(-1).view(np.float64)[0]))
        table = np.ascontiguousarray(table)
        key = table.tobytes(), table.shape
        if key not in self.constants:
            name = self.names.new("c")
            array = Array(name, "constant", table.shape, numbers=table.view(np.float64))
            self.constants[key] = array
            self.out.constants.append(array)
        index = tuple(Along(0, ((box.labels[axis], 1),)) for axis in kept)
        return ReadArray(self.constants[key], index)

    def of_class(self, c: int, box: NodeBox) -> Expression:
        """What nodes of a class compute."""
        op, at = self.op[c], self.place[box.nodes]
        if op == GATHER:
            return self._picked(c, box)
        if op not in MANY:
            parts = [
                self.read(kind, box._replace(nodes=inputs[:, 0][at]))
                for kind, _, inputs in self.inputs[c]
            ]
            if box.valid is not None and OPERATIONS[op].name == "exp":
                # Where nobody looks it could be inf, and 0 times that is nan.
                table, kept = reduced(box.valid, None)
                mask = Mask(table, tuple(box.labels[axis] for axis in kept))
                parts = [Masked(part, mask) for part in parts]
            return simplified(OPERATIONS[op], tuple(parts))
        parts = []
        for kind, many, inputs in self.inputs[c]:
            found = self._terms(op, kind, inputs[at], many[at], box)
            parts += found.parts if isinstance(found, Sum) and op != REDUCE_MAX else [found]
        if op == REDUCE_MAX:
            found = parts[0]
            for part in parts[1:]:
                found = Applied(Operation("maximum"), (found, part))
            return found
        return parts[0] if len(parts) == 1 else Sum(tuple(parts))

    def _terms(self, op: int, kind: int, nodes: Ints, many: Ints, box: NodeBox) -> Expression:
        """The sum (or the largest) of terms of one class, for the nodes in a box."""
        rows = (ROWS,) if op in OVER_ROWS and self.batched[kind] else ()
        name = "max" if op == REDUCE_MAX else "sum"
        if nodes.shape[-1] == 1:
            found = self.read(kind, box._replace(nodes=nodes[..., 0]))
            return reduced_along(name, rows, found) if rows else found
        columns = self._columns_of(kind, nodes)
        best: tuple[int, Expression] | None = None
        for sizes, arranged in arrangements(nodes, many, columns, box.valid):
            labels = self.labels(sizes)
            inner = NodeBox(arranged.nodes, box.labels + labels, arranged.valid)
            body = self.read(kind, inner)
            mask = self._mask(inner, box)
            found = reduced_along(name, labels + rows, body, mask)
            cost = lookups_in(body)
            if best is None or cost < best[0]:
                best = cost, found
            if cost == 0:
                break
        assert best is not None
        if best[0] and nodes.shape[-1] <= _FEW and not rows and (many == nodes.shape[-1]).all():
            terms = [
                self.read(kind, box._replace(nodes=nodes[..., j])) for j in range(nodes.shape[-1])
            ]
            if sum(map(lookups_in, terms)) < best[0] and op == SUM:
                return Sum(tuple(terms))
        return best[1]

    def _mask(self, inner: NodeBox, outer: NodeBox) -> Mask | None:
        """Which terms there are, but for those of nodes that are not there themselves."""
        if inner.valid is None:
            return None
        extra = len(inner.labels) - len(outer.labels)
        asked = None
        if outer.valid is not None:
            wide = outer.valid.reshape(outer.valid.shape + (1,) * extra)
            asked = np.broadcast_to(wide, inner.valid.shape)
        table, kept = reduced(inner.valid, asked)
        if not kept and table.all():
            return None
        return Mask(table, tuple(inner.labels[axis] for axis in kept))

    # -- columns and scatters ---------------------------------------------------------------------

    def _items(self, nodes: Ints) -> Ints:
        """The items of columns, shape (*nodes, items)."""
        start = self.p.ptr[nodes]
        width = int(self.p.ptr[nodes.flat[0] + 1] - start.flat[0])
        found: Ints = self.p.child[start[..., None] + np.arange(width)]
        return found

    def _column(self, c: int) -> None:
        """A class of columns has an array of its own where its items lie in none."""
        members = self.classes.members[c]
        if self._view(NodeBox(members, self.labels([len(members)]))) is not None:
            self.inline[c] = True
            return
        items = self._items(members)
        array = Array(self.names.new("column"), "computed", items.shape, self.batched[c])
        self.array[c] = array
        self.coords[c] = np.arange(len(members))[None]
        self.out.statements.append(self.filled(array, items))

    def _view(self, box: NodeBox) -> tuple[ReadArray, Label] | None:
        """What columns are as a part of an array, and the label along their items."""
        items = self._items(box.nodes)
        kinds = self.classes.of[items]
        if (kinds != kinds.flat[0]).any():
            return None
        (label,) = self.labels([items.shape[-1]])
        valid = None if box.valid is None else np.repeat(box.valid[..., None], items.shape[-1], -1)
        found = self.read(int(kinds.flat[0]), NodeBox(items, (*box.labels, label), valid))
        if not isinstance(found, ReadArray):
            return None
        along = [one for one in found.at if isinstance(one, Along)]
        steps = [one.steps for one in along if label in dict(one.steps)]
        others = [one for one in found.at if isinstance(one, LookedUp) and label in one.labels]
        return None if len(steps) != 1 or len(steps[0]) != 1 or others else (found, label)

    def _picked(self, c: int, box: NodeBox) -> Expression:
        """Of columns the items that numbers say."""
        at = self.place[box.nodes]
        (column, _, columns), (number, _, numbers) = self.inputs[c]
        which = self.read(number, box._replace(nodes=numbers[:, 0][at]))
        mine = box._replace(nodes=columns[:, 0][at])
        if not self.inline[column]:
            array = self.array[column]
            assert array is not None
            places = self.coords[column][0][self.place[mine.nodes]]
            first = index_of(places, box.labels, box.valid, array.shape[0])
            return ReadArray(array, (first, PickedBy(which, 0, 1)))
        found = self._view(mine)
        if found is None:  # which these columns are not, beside others of their class
            items = self._items(mine.nodes)
            array = Array(self.names.new("column"), "computed", items.shape, self.batched[column])
            self.out.statements.append(self.filled(array, items))
            along = [Along(0, ((label, 1),)) for label in box.labels]
            return ReadArray(array, (*along, PickedBy(which, 0, 1)))
        read, label = found
        index: list[Index] = []
        for one in read.at:
            if isinstance(one, Along) and label in dict(one.steps):
                index.append(PickedBy(which, one.base, one.steps[0][1]))
            else:
                index.append(one)
        return ReadArray(read.array, tuple(index))

    def _scatter(self, c: int) -> None:
        """A class of scatters, each of which is the last axis of an array."""
        members = self.classes.members[c]
        size = int(self.p.slot[members[0]])
        shape = (len(members), size) if len(members) > 1 else (size,)
        array = Array(self.name(c), "computed", shape, self.batched[c])
        self.array[c] = array
        self.coords[c] = np.arange(len(members))[None]
        parts = []
        for kind, many, updates in self.inputs[c]:
            label, term = self.labels(updates.shape)
            there = np.arange(updates.shape[1]) < many[:, None]
            box = NodeBox(updates, (label, term), None if there.all() else there)
            (number, _, numbers), (place, _, places) = self.inputs[kind]
            at = self.place[updates]
            value = self.read(number, box._replace(nodes=numbers[:, 0][at]))
            where = PickedBy(self.read(place, box._replace(nodes=places[:, 0][at])), 0, 1)
            mask = None if box.valid is None else Mask(there, (label, term))
            rows = (ROWS,) if self.batched[kind] else ()
            index: tuple[Index, ...] = (where,)
            if len(members) > 1:
                index = (Along(0, ((label, 1),)), where)
            parts.append(PartOfArray(index, (*rows, label, term), value, mask))
        self.out.statements.append(Scatter(array, parts))

    def _elements(self, c: int) -> None:
        """Elements are found where their scatters are."""
        members = self.classes.members[c]
        of = self.p.child[self.p.ptr[members]]
        kind = int(self.classes.of[of[0]])
        self.array[c] = self.array[kind]
        rows = (
            self.place[of][None] if len(self.classes.members[kind]) > 1 else np.zeros((0, len(of)))
        )
        self.coords[c] = np.concatenate([rows, self.p.slot[members][None]]).astype(np.int64)

    def filled(self, array: Array, nodes: Ints) -> Fill:
        """An array whose numbers are of several classes."""
        parts = []
        for kind in np.unique(self.classes.of[nodes]).tolist():
            mine = np.argwhere(self.classes.of[nodes] == kind)
            these = nodes[tuple(mine.T)]
            found = layout(list(mine.T), len(these))
            labels = self.labels(found.shape)
            boxed, valid = found.box(these)
            if valid is not None:
                found = ClassLayout((len(these),), np.arange(len(these))[None])
                labels, boxed = self.labels(found.shape), these
            spread = [np.empty(boxed.shape, np.int64) for _ in mine.T]
            for axis, places in zip(spread, mine.T, strict=True):
                axis.reshape(-1)[found.flat] = places
            index = tuple(
                index_of(axis, labels, None, size)
                for axis, size in zip(spread, array.shape, strict=True)
            )
            parts.append(PartOfArray(index, labels, self.read(kind, NodeBox(boxed, labels))))
        return Fill(array, parts)


def _stacked(at: list[tuple[int, ...]]) -> Ints:
    """Places along each axis, shape (axes, places)."""
    return np.array(at, np.int64).reshape(len(at), -1).T


def _at(index: Index, places: dict[Label, Ints], count: int) -> Ints:
    """What an index says at these places of its labels."""
    if isinstance(index, Along):
        found = np.full(count, index.base)
        for label, stride in index.steps:
            found = found + stride * places[label]
        return found
    assert isinstance(index, LookedUp)
    looked: Ints = index.table[tuple(places[label] for label in index.labels)]
    return np.broadcast_to(looked, (count,))
