"""The ways in which the compiler may compute a program, chosen by hand."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from jangrad.compiler.loops import straight
from jangrad.compiler.plan import loose
from jangrad.compiler.program import classes as alike_classes
from jangrad.compiler.run import memory_cache

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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(straight, "MOST_SCALARS", rows)
        patch.setattr(straight, "MOST_OPERATIONS", operations)
        patch.setattr(straight, "_MOST_ALIKE", alike)
        patch.setattr(loose, "MOST_SCALARS", scalars)
        patch.setattr(loose, "MOST_CLASSES", classes)
        patch.setattr(loose, "_LEAST_OPERANDS", operands)
        patch.setattr(alike_classes, "_MANY", many)
        patch.setattr(alike_classes, "_FEWER", fewer)
        patch.setattr(memory_cache, "_programs", OrderedDict())  # what was compiled in another way
        yield
