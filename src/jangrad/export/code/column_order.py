"""Weights column after column, so that C compilers compute neurons beside each other in vectors.

A neuron adds up its products in the order in which they are written, which no compiler may change:
sums of one neuron cannot be a vector, but those of its neighbours can, if their weights for one
input lie side by side. The loops stay as they are, and so does each sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from jangrad.compiler.exporting import loop_ir as ir
from jangrad.export.code.accesses import (
    ParameterAccess,
    accesses_to_parameters,
    row_and_column,
    span,
)
from jangrad.export.code.entries import Exported
from jangrad.export.code.storage import Storage
from jangrad.export.code.walk import Section, section_of


def by_columns(
    found: Exported, arrays: Sequence[Storage], sections: Sequence[Section]
) -> list[Section]:
    """The sections, with a shape for those that are to lie column after column.

    Args:
        found: what is exported.
        arrays: where its parameters are; those that learn stay as callers know them.
        sections: what of them loops read.
    """
    matrices = {
        array.name: array.parts[0].group.shape
        for array in arrays
        if len(array.parts) == 1 and not array.learns and len(array.parts[0].group.shape) == 2
        if min(array.parts[0].group.shape) > 1
    }
    gains: Counter[str] = Counter()
    for entry in found.entries:
        for access in accesses_to_parameters(entry.loops):
            section = section_of(sections, *access.ends)
            if section.name in matrices:
                _, columns = matrices[section.name]
                if not _is_inside(access, section.start, columns):
                    del matrices[section.name]
                else:
                    gains[section.name] += _gain(access, columns)
    return [
        section._replace(shape=matrices[section.name])
        if section.name in matrices and gains[section.name] > 0
        else section
        for section in sections
    ]


def _is_inside(access: ParameterAccess, start: int, columns: int) -> bool:
    """Whether the loops around tell its row and its column in all turns."""
    if not isinstance(access.by, ir.Load) or any(
        isinstance(symbol, ir.Lookup) or stride < 0 for symbol, stride in access.place.parts
    ):
        return False
    _, column = row_and_column(access.place, start, columns)
    low, high = span(column, access.ranges)
    return low >= 0 and high < columns


def _gain(access: ParameterAccess, columns: int) -> int:
    """1 where neurons become neighbours that are not, -1 where they are neighbours already."""
    *_, outer, inner = [None, None, *access.ranges]
    strides = access.place.stride(outer), access.place.stride(inner)
    return int(strides == (columns, 1)) - int(strides == (1, columns))
