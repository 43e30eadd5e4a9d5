"""Operations on whole arrays: what NumPy, JAX and ONNX can say.

They broadcast from the right.
"""

from __future__ import annotations

from typing import NamedTuple

from jangrad.compiler.exporting import Operation
from jangrad.export.vectorised.array_program import Array


class Scalar(NamedTuple):
    """A number."""

    value: float


class Named(NamedTuple):
    """An array of the program."""

    array: Array


class Indexed(NamedTuple):
    """A part of an array: an item, a slice or places along each axis; None is a new axis."""

    of: Node
    items: tuple[int | Turn | slice | Node | None, ...]


class Turn(NamedTuple):
    """A number of a loop: `stride * t + base`."""

    label: int
    stride: int
    base: int


class Transposed(NamedTuple):
    """An array with its axes in another order."""

    of: Node
    order: tuple[int, ...]


class Windows(NamedTuple):
    """All stretches of a size along an axis; they lie along a new last axis.

    Attributes:
        rank: how many axes there are before.
    """

    of: Node
    size: int
    axis: int
    rank: int


class Called(NamedTuple):
    """An operation of the table, number by number."""

    operation: Operation
    parts: tuple[Node, ...]


class Added(NamedTuple):
    """A sum of a few arrays."""

    parts: tuple[Node, ...]


class Reduced(NamedTuple):
    """A "sum" or "max" along axes, of what the mask says.

    Attributes:
        many: how many numbers that is; -1 for the rows alone, 0 where it is not known.
    """

    kind: str
    of: Node
    axes: tuple[int, ...]
    rank: int
    keep: bool = False
    mask: Node | None = None
    many: int = 0


class Product(NamedTuple):
    """A matrix product."""

    left: Node
    right: Node


class Einsum(NamedTuple):
    """A sum of products, as `numpy.einsum` has it."""

    spec: str
    parts: tuple[Node, ...]


class Chosen(NamedTuple):
    """The one where a mask says so; else 0, or another number."""

    mask: Node
    of: Node
    other: float = 0.0


class Places(NamedTuple):
    """0, 1, 2 ... up to a size, or for each row."""

    size: int | None


class Whole(NamedTuple):
    """Numbers as integers."""

    of: Node


class Spread(NamedTuple):
    """The same numbers all over a shape; None is the number of rows."""

    of: Node
    shape: tuple[int | None, ...]


Node = (
    Scalar
    | Named
    | Indexed
    | Turn
    | Transposed
    | Windows
    | Called
    | Added
    | Reduced
    | Product
    | Einsum
    | Chosen
    | Places
    | Whole
    | Spread
)
