"""An array program as a graph of ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from jangrad.compiler.exporting import NEG, OPERATIONS, Operation
from jangrad.export.vectorised.array_lowering import Lowering
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
    Array,
    ArrayLoop,
    Compute,
    Fill,
    PartOfArray,
    Scatter,
)
from jangrad.export.vectorised.exported import ExportedArrays
from jangrad.export.vectorised.node_looks import is_mean
from jangrad.export.vectorised.onnx_nodes import NodeBuilder
from jangrad.export.vectorised.onnx_words import operation

_DIVIDED = Operation("div")
_NO_LOOPS = "what is exported for models has no loops"
_LAST = 1 << 62  # beyond every axis

# Nodes whose numbers are attributes, which are of single precision.
_ACTIVATIONS = {"leaky_relu": "LeakyRelu", "elu": "Elu", "selu": "Selu"}

Shape = tuple[int | None, ...]


class Graph(NodeBuilder):
    """The nodes of a function, as they are made.

    Args:
        found: the function.
        dtype: of its numbers.
    """

    def __init__(self, found: ExportedArrays, dtype: Any) -> None:
        super().__init__(dtype)
        self.found, self.program = found, found.program
        self.lowering = Lowering(self.program)

    def model(self) -> Any:
        """The whole model."""
        inputs = [self._info(array) for a in self.found.arguments for _, array in a.parts]
        self.function()
        outputs = [self._info(array) for array in self.program.results]
        return self.model_of(self.found.name, inputs, outputs)

    def function(self) -> None:
        """The nodes from the arguments to the results."""
        self.names |= {array.name for array in self.program.every_array()}
        for group in self.found.groups:
            self.initializer(group.name, self.found.parameters[group.name])
        for statement in self.program.statements:
            assert not isinstance(statement, ArrayLoop), _NO_LOOPS
            if isinstance(statement, Compute):
                order = (ROWS,) * statement.array.per_row + statement.labels
                node = self.lowering.full(statement.expression, order)
                self.call(statement.array.name, self.value(node))
            else:
                self._filled(statement)

    def _info(self, array: Array) -> Any:
        shape: list[int | str] = ["n"] if array.per_row else []
        kind = np.dtype(np.int64) if array.whole else self.dtype
        return self.info(array.name, kind, [*shape, *array.shape])

    # -- values -----------------------------------------------------------------------------------

    def value(self, node: Node) -> str:
        """What a node computes, by its name."""
        match node:
            case Turn():
                raise AssertionError(_NO_LOOPS)
            case Scalar(number):
                return self.constant(number)
            case Named(array) if array.of is not None:
                sizes = [-1] * array.per_row + [*array.shape]
                return self.make("Reshape", self.value(Named(array.of)), self.ints(sizes))
            case Named(array):
                if array.role == "constant" and array.name not in self.initializers:
                    self.initializer(array.name, array.numbers)
                return array.name
            case Indexed():
                return self._indexed(node)
            case Transposed(of, order):
                return self.make("Transpose", self.value(of), perm=list(order))
            case Windows(of, size, axis):
                return self._windows(of, size, axis)
            case Called(op, (Reduced() as total, count)) if op == _DIVIDED:
                if total.mask is None and is_mean(total, count):
                    return self._reduced(total._replace(kind="mean"))
                return self._called(node, [self.value(total), self.value(count)])
            case Called(_, parts):
                return self._called(node, [self.value(part) for part in parts])
            case Added(parts):
                return self._added(parts)
            case Reduced():
                return self._reduced(node)
            case Product(left, right):
                return self._product(left, right)
            case Einsum(spec, parts):
                return self.make("Einsum", *map(self.value, parts), equation=spec)
            case Chosen(mask, of, other):
                return self.make("Where", self.value(mask), self.value(of), self.constant(other))
            case Places(size):
                if size is not None:
                    return self.array(np.arange(size))
                zero, one = self.array(np.array(0)), self.array(np.array(1))
                return self.make("Range", zero, self._count(), one)
            case Whole(of):
                return self.make("Cast", self.value(of), to=self.onnx.TensorProto.INT64)
            case Spread(of, shape):
                return self.make("Expand", self.value(of), self._shape(shape))

    def _called(self, node: Called, parts: list[str]) -> str:
        op = node.operation
        if op.partial < 0 and op.name in ("gate", "side"):
            test = self.make("Equal", parts[0], self.constant(0.0))
            return self.make("Where", test, self.constant(0.0), parts[1])
        if op.partial < 0 and op.name in _ACTIVATIONS and self.dtype == np.float32:
            kind = _ACTIVATIONS[op.name]
            if op.name == "selu":
                return self.make(kind, parts[0])
            if isinstance(node.parts[1], Scalar):
                return self.make(kind, parts[0], alpha=node.parts[1].value)
        if all(_is_whole(part) for part in node.parts):  # arithmetic of places
            return self.make({"mul": "Mul", "add": "Add"}[op.name], *map(self._place, node.parts))
        double = self.dtype == np.float64
        return operation(self.make, self.constant, op, parts, double)

    def _place(self, node: Node) -> str:
        """A number of a place."""
        return (
            self.array(np.array(int(node.value))) if isinstance(node, Scalar) else self.value(node)
        )

    def _added(self, parts: Sequence[Node]) -> str:
        gemm = self._gemm(parts)
        if gemm is not None:
            return gemm
        read = self._place if all(map(_is_whole, parts)) else self.value
        found = ""
        for part in sorted(parts, key=_is_negative):
            if found and isinstance(part, Called) and _is_negative(part):
                found = self.make("Sub", found, read(part.parts[0]))
            else:
                found = self.make("Add", found, read(part)) if found else read(part)
        return found

    def _gemm(self, parts: Sequence[Node]) -> str | None:
        """`x @ W.T + b` as one node, as a layer is drawn."""
        if len(parts) != 2:
            return None
        for product, bias in (parts, parts[::-1]):
            if not (isinstance(product, Product) and isinstance(bias, Named)):
                continue
            if bias.array.per_row or len(bias.array.shape) != 1:
                continue
            left, right, turned = product.left, product.right, 0
            if isinstance(right, Transposed):
                right, turned = right.of, 1
            if not isinstance(right, Named) or right.array.per_row or len(right.array.shape) != 2:
                continue
            if self.rank(left) != 2:
                continue
            parts_of = (self.value(left), self.value(right), self.value(bias))
            return self.make("Gemm", *parts_of, transB=turned)
        return None

    def _product(self, left: Node, right: Node) -> str:
        # onnxruntime joins a Transpose of three axes and a MatMul by a vector, and gets them wrong.
        turned = isinstance(left, Transposed) and self.rank(left) > 2
        if turned and self.rank(right) == 1:
            column = self.make("Unsqueeze", self.value(right), self.ints([1]))
            found = self.make("MatMul", self.value(left), column)
            return self.make("Squeeze", found, self.ints([-1]))
        return self.make("MatMul", self.value(left), self.value(right))

    def _reduced(self, node: Reduced) -> str:
        value = self.value(node.of)
        if node.mask is not None:
            other = 0.0 if node.kind == "sum" else -np.inf
            value = self.make("Where", self.value(node.mask), value, self.constant(other))
        kind = {"sum": "ReduceSum", "max": "ReduceMax", "mean": "ReduceMean"}[node.kind]
        return self.make(kind, value, self.ints(node.axes), keepdims=int(node.keep))

    # -- parts of arrays --------------------------------------------------------------------------

    def _indexed(self, node: Indexed) -> str:
        found, items = self.value(node.of), node.items
        many = [item for item in items if not (item is None or isinstance(item, (int, slice)))]
        if len(many) > 1:
            return self.make("GatherND", found, self._together(items))
        slices: list[tuple[int, int, int, int]] = []
        axis = 0
        for item in items:
            if isinstance(item, slice) and item != slice(None):
                step = item.step or 1
                start = item.start if item.start is not None else 0 if step > 0 else -1
                end = item.stop if item.stop is not None else _LAST if step > 0 else -_LAST
                slices.append((start, end, axis, step))
            axis += item is not None
        if slices:
            columns = zip(*slices, strict=True)
            found = self.make("Slice", found, *map(self.ints, columns))
        axis, new = 0, []
        at = 0  # of the array as it becomes
        for item in items:
            if item is None:
                new.append(at)
                at += 1
            elif isinstance(item, int):
                found = self.make("Gather", found, self.array(np.array(item)), axis=axis)
            elif isinstance(item, slice):
                axis, at = axis + 1, at + 1
            else:
                found = self.make("Gather", found, self.value(item), axis=axis)
                width = self.rank(item)
                axis, at = axis + width, at + width
        return self.make("Unsqueeze", found, self.ints(new)) if new else found

    def _together(self, items: Sequence[Any]) -> str:
        """Places along all axes, side by side, for nodes that take them so."""
        values = [
            self.value(item) if not isinstance(item, int) else self.array(np.array(item))
            for item in items
        ]
        nothing = self.array(np.array(0))
        total = values[0]
        for value in values[1:]:
            total = self.make("Add", total, value)
        none = self.make("Mul", total, nothing)  # zeros of the shape of all of them
        wide = [
            self.make("Unsqueeze", self.make("Add", value, none), self.ints([-1]))
            for value in values
        ]
        return self.make("Concat", *wide, axis=-1)

    def _windows(self, of: Node, size: int, axis: int) -> str:
        shape = self.shape(of)
        length = shape[axis]
        assert length is not None
        at = np.arange(length - size + 1)[:, None] + np.arange(size)
        found = self.make("Gather", self.value(of), self.array(at), axis=axis)
        rank = len(shape) + 1
        order = [k for k in range(rank) if k != axis + 1] + [axis + 1]
        return self.make("Transpose", found, perm=order)

    def _filled(self, statement: Fill | Scatter) -> None:
        """An array in parts."""
        array = statement.array
        shape: Shape = (None,) * array.per_row + array.shape
        found = self.make("Expand", self.constant(0.0), self._shape(shape))
        if isinstance(statement, Scatter) and statement.start is not None:
            labels, expression = statement.start
            found = self.value(self.lowering.full(expression, (ROWS,) * array.per_row + labels))
        how = "add" if isinstance(statement, Scatter) else "none"
        for part in statement.parts:
            found = self._put(array, found, part, how)
        self.call(array.name, found)

    def _put(self, array: Array, found: str, part: PartOfArray, how: str) -> str:
        rows = (ROWS,) if array.per_row and ROWS not in part.labels else ()
        order = (*rows, *part.labels)
        if not order and not array.shape:
            return self.value(self.lowering.full(part.expression, order))
        places = [self.lowering.count(ROWS, order)] if array.per_row else []
        places += [self.lowering.places(one, order) for one in part.at]
        places = [p if not isinstance(p, Scalar) else int(p.value) for p in places]  # type: ignore[misc]
        value = self.lowering.full(part.expression, order)
        if part.mask is not None:
            value = self.lowering.masked_by(part.mask, order, value)
        at = self._together(places)
        sizes = tuple(None if x == ROWS else self.program.sizes[x] for x in order)
        at = self.make("Expand", at, self._shape((*sizes, len(places))))
        updates = self.make("Expand", self.value(value), self._shape(sizes))
        return self.make("ScatterND", found, at, updates, reduction=how)

    # -- shapes -----------------------------------------------------------------------------------

    def _count(self) -> str:
        """How many rows there are."""
        array = next(x for a in self.found.arguments for _, x in a.parts if x.per_row)
        shape = self.make("Shape", array.name)
        return self.make("Gather", shape, self.array(np.array(0)), axis=0)

    def _shape(self, shape: Shape) -> str:
        if None not in shape:
            return self.ints([n for n in shape if n is not None])
        rows = self.make("Unsqueeze", self._count(), self.ints([0]))
        parts = [rows if n is None else self.ints([n]) for n in shape]
        return self.make("Concat", *parts, axis=0)

    def rank(self, node: Node) -> int:
        """How many axes a node has."""
        return len(self.shape(node))

    def shape(self, node: Node) -> Shape:
        """How long a node is along each axis; None for rows."""
        match node:
            case Turn():
                raise AssertionError(_NO_LOOPS)
            case Scalar():
                return ()
            case Named(array):
                return (None,) * array.per_row + array.shape
            case Transposed(of, order):
                inner = self.shape(of)
                return tuple(inner[k] for k in order)
            case Windows(of, size, axis):
                inner = self.shape(of)
                length = inner[axis]
                assert length is not None
                return (*inner[:axis], length - size + 1, *inner[axis + 1 :], size)
            case Called(_, parts) | Added(parts):
                return _broadcast([self.shape(part) for part in parts])
            case Chosen(mask, of):
                return _broadcast([self.shape(mask), self.shape(of)])
            case Reduced(_, of, axes, _, keep):
                inner = self.shape(of)
                return tuple(
                    1 if k in axes else n for k, n in enumerate(inner) if keep or k not in axes
                )
            case Product(left, right):
                return _product(self.shape(left), self.shape(right))
            case Einsum(spec, parts):
                sizes: dict[str, int | None] = {}
                inputs, output = spec.split("->")
                for letters, part in zip(inputs.split(","), parts, strict=True):
                    sizes.update(zip(letters, self.shape(part), strict=True))
                return tuple(sizes[letter] for letter in output)
            case Places(size):
                return (size,)
            case Whole(of):
                return self.shape(of)
            case Spread(_, shape):
                return shape
            case Indexed(of, items):
                return self._shape_of_part(self.shape(of), items)

    def _shape_of_part(self, inner: Shape, items: Sequence[Any]) -> Shape:
        many = [i for i in items if not (i is None or isinstance(i, (int, slice)))]
        if len(many) > 1:
            return _broadcast([self.shape(item) for item in many])
        found: list[int | None] = []
        axis = 0
        for item in items:
            if item is None:
                found.append(1)
                continue
            if isinstance(item, slice):
                size = inner[axis]
                found.append(None if size is None else len(range(*item.indices(size))))
            elif not isinstance(item, int):
                found += self.shape(item)
            axis += 1
        return (*found, *inner[axis:])


def _broadcast(shapes: Sequence[Shape]) -> Shape:
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(
        None if None in sizes else max(n for n in sizes if n is not None)
        for sizes in zip(*wide, strict=True)
    )


def _product(left: Shape, right: Shape) -> Shape:
    if len(left) == 1 or len(right) == 1:
        return (
            (*left[:-1], *(right[:-2] if len(right) > 1 else ()), *right[-1:])
            if len(right) > 1
            else left[:-1]
        )
    return (*_broadcast([left[:-2], right[:-2]]), left[-2], right[-1])


def _is_negative(node: Node) -> bool:
    return isinstance(node, Called) and node.operation == OPERATIONS[NEG]


def _is_whole(node: Node) -> bool:
    """Whether it is arithmetic of places."""
    match node:
        case Scalar(value):
            return float(value).is_integer()
        case Places() | Whole():
            return True
        case Named(array):
            return array.whole
        case Indexed(of, _) | Transposed(of, _):
            return _is_whole(of)
        case Called(_, parts) | Added(parts):
            return all(map(_is_whole, parts)) and not all(isinstance(p, Scalar) for p in parts)
    return False
