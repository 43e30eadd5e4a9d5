"""The ways in which the compiler may compute a program, chosen by hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from jangrad.switches import within

_ALL = 10**9
#: Of each way the limits within which it is chosen: of straight-line code (scalars of rows, other
#: operations, these for each class), of scalars that are taken out of the loop nests (how many
#: stay, in how many classes, and below how many operands a class has no structure), and of sums of
#: different lengths that are alike (in how many classes, and how many times fewer these become).
WAYS = {
    "straight-line": ((_ALL, _ALL, _ALL), (_ALL, _ALL, 0), (150, 2)),
    "loop nests": ((0, 0, 0), (_ALL, _ALL, 0), (150, 2)),
    "ragged loop nests": ((0, 0, 0), (_ALL, _ALL, 0), (0, 0)),
    "tables": ((0, 0, 0), (0, 0, _ALL), (150, 2)),
    "tables and loop nests": ((0, 0, 0), (0, 0, 4), (150, 2)),
    "tables and ragged loop nests": ((0, 0, 0), (0, 0, 4), (0, 0)),
}


@contextmanager
def compiled_as(way: str) -> Iterator[None]:
    """Whatever is compiled meanwhile is computed in this way."""
    (rows, operations, alike), (scalars, classes, operands), (many, fewer) = WAYS[way]
    with within(
        straight_scalars=rows,
        straight_operations=operations,
        straight_alike=alike,
        irregular_scalars=scalars,
        irregular_classes=classes,
        regular_operands=operands,
        ragged_classes=many,
        ragged_fewer=fewer,
    ):
        yield
