"""Where parameters lie: an array for each of the user's, or for several where loops say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from jangrad.compiler.exporting import MUL
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.engine import Value
from jangrad.export.code.accesses import Ends, accesses_to_parameters, each_of, nests_of
from jangrad.export.code.entries import Exported
from jangrad.export.code.identifiers import Identifiers
from jangrad.export.code.parameters import ParameterArray
from jangrad.export.code.walk import Section, section_of


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
        for access in accesses_to_parameters(entry.loops):
            low, high = access.ends
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


def _expressions(s: ir.Statement | Ends) -> Iterator[ir.Expression]:
    if isinstance(s, (ir.Set, ir.Update, ir.Store, ir.ScatterAdd)):
        yield s.value


def _each(e: ir.Expression) -> Iterator[ir.Expression]:
    yield e
    if isinstance(e, ir.Call):
        for term in e.terms:
            yield from _each(term)


def every_expression(loops: ir.LoopProgram) -> Iterator[ir.Expression]:
    """All expressions, and those inside of them."""
    for nest in nests_of(loops):
        for s in each_of(nest.body):
            for e in _expressions(s):
                yield from _each(e)


def accesses_to(
    loops: ir.LoopProgram, sections: Sequence[Section]
) -> Iterator[tuple[int, Section]]:
    """Of each access to parameters, by its `id`, where it is to."""
    for access in accesses_to_parameters(loops):
        yield id(access.by), section_of(sections, *access.ends)


def factors_alone(loops: ir.LoopProgram, section: Mapping[int, Section]) -> set[str]:
    """The sections all of whose numbers are only ever factors."""
    factors: set[str] = set()
    others: set[str] = set()

    def visit(e: ir.Expression, is_factor: bool) -> None:
        if id(e) in section:
            (factors if is_factor else others).add(section[id(e)].name)
        if isinstance(e, ir.Call):
            for term in e.terms:
                visit(term, e.op == MUL)

    for nest in nests_of(loops):
        for s in each_of(nest.body):
            for e in _expressions(s):
                visit(e, False)
    return factors - others
