"""Where parameters lie: an array for each of the user's, or for several where loops say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jangrad.engine import Value
from jangrad.export.code.accesses import spans_of
from jangrad.export.code.entries import Exported
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.parameters import ParameterArray
from jangrad.export.code.walk import Section


class ArrayPart(NamedTuple):
    """Some parameters of an array that are the user's own one.

    Attributes:
        group: they.
        first: of them the first one's place in the array.
        name: for those that lie in an array with others, the name of a pointer to them.
    """

    group: ParameterArray
    first: int
    name: str


class Storage(NamedTuple):
    """One array.

    Attributes:
        name: what it is called.
        parts: what lies in it, in order.
        learns: whether its numbers change.
    """

    name: str
    parts: list[ArrayPart]
    learns: bool

    @property
    def values(self) -> list[Value]:
        """What is in it."""
        return [value for part in self.parts for value in part.group.values]


def stored(
    found: Exported, names: Identifiers, prefix: str = ""
) -> tuple[list[Storage], list[Section]]:
    """The arrays of all parameters, and where loops find them.

    Args:
        found: what is exported.
        names: gives the arrays theirs.
        prefix: what the names of those that learn begin with, which callers see.

    An access that moves from one of the user's arrays to the next needs them in one.
    """
    starts = [0]
    for group in found.groups:
        starts.append(starts[-1] + len(group.values))
    joined = [0] * len(starts)  # whether a group lies with the one before
    for entry in found.entries:
        for low, high in spans_of(entry.loops):
            for n, start in enumerate(starts[1:-1], 1):
                joined[n] |= low < start <= high
    arrays: list[Storage] = []
    sections: list[Section] = []
    n = 0
    while n < len(found.groups):
        stop = n + 1
        while joined[stop]:
            stop += 1
        groups = found.groups[n:stop]
        learns = starts[n] < found.learning
        alone = len(groups) == 1
        called = groups[0].name if alone and not (learns and prefix) else "parameters"
        name = names.new(f"{prefix}{called}" if learns else called)
        sections.append(Section(starts[n], starts[stop], name))
        parts = []
        for k, group in enumerate(groups, n):
            inner = name if called == group.name else names.new(group.name)
            parts.append(ArrayPart(group, starts[k] - starts[n], inner))
            if inner != name:
                sections.append(Section(starts[k], starts[k + 1], inner))
        arrays.append(Storage(name, parts, learns))
        n = stop
    return arrays, sections


def told(part: ArrayPart) -> str:
    """What lies in a part of an array, and how."""
    return f"{part.group.name}: {shown(part.group.shape)}"


def shown(shape: Sequence[int]) -> str:
    """A shape in words.

    >>> shown((4, 3))
    '4 x 3'
    """
    return " x ".join(map(str, shape))
