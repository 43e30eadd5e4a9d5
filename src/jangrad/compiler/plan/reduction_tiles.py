"""Long sums in tiles, so that what they read stays in the L1 cache."""

from __future__ import annotations

from jangrad.compiler.plan.nests import Access, Kernel, Read
from jangrad.compiler.program.codes import SUM
from jangrad.compiler.program.ir import OPERATIONS

#: Sums of more than twice as many terms a row run in tiles of about so many.
_TILE = 128


def in_tiles(kernel: Kernel) -> list[Kernel]:
    """A kernel whose long sums run in tiles, each over all its members.

    What a tile reads of every row then stays in the L1 cache while all members pass.
    """
    reducing = [s for s in kernel.segments if s.axes]
    if not kernel.batched or len(reducing) != 1 or kernel.operation != str(OPERATIONS[SUM]):
        return [kernel]
    (segment,) = reducing
    size = segment.axes[0]
    if len(segment.axes) > 1 or segment.counts is not None or size <= 2 * _TILE:
        return [kernel]
    count = -(-size // _TILE)
    length = -(-size // count)
    so_far = segment._replace(term=Read(0), accesses=[kernel.out._replace()], axes=[])
    tiles = []
    for k, start in enumerate(range(0, size, length)):
        accesses = [_from(a, start, start + length) for a in segment.accesses]
        part = segment._replace(accesses=accesses, axes=[min(length, size - start)])
        rest = [s for s in kernel.segments if s is not segment] if k == 0 else [so_far]
        name = kernel.name if k == 0 else f"{kernel.name}p{k}"
        tiles.append(kernel._replace(name=name, segments=[*rest, part]))
    return tiles


def _from(access: Access, start: int, stop: int) -> Access:
    """The access to these terms of a sum."""
    if access.table is not None:
        return access._replace(table=access.table[:, start:stop])
    return access._replace(rows=access.rows + start * access.reduce[0])
