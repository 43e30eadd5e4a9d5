"""What a kernel costs: its operations, the bytes it moves, and the time these should take.

The estimate is that of a roofline: a kernel takes the time of its arithmetic or of its memory
traffic, whichever is longer. The rates are those of one core of a processor of today, not of the
one at hand, so the estimate tells kernels apart rather than seconds.

Source: Williams, Waterman and Patterson, Roofline: An Insightful Visual Performance Model for
Multicore Architectures (2009).
"""

from __future__ import annotations

import math

import numpy as np

from jangrad import costs
from jangrad.compiler.loops.target import Target
from jangrad.compiler.plan.gather_program import GatherProgram
from jangrad.compiler.plan.nests import Access, Apply, Const, Kernel, Segment, Term
from jangrad.compiler.program.ir import MANY, OPERATIONS
from jangrad.record import Record

# Operations a nanosecond in each lane: two fused multiply-adds a cycle at 2.5 GHz.
_RATE = 10.0
# Bytes a nanosecond from and to the L1 cache.
_BANDWIDTH = 150.0


class Estimate(Record):
    """What a kernel, or several, cost a run: over a chunk of rows, if they are of rows.

    Attributes:
        operations: additions, products and the like, one for each scalar.
        bytes: read and written, each place once a kernel.
        nanoseconds: the estimate.
    """

    operations: int
    bytes: int
    nanoseconds: float

    def __add__(self, other: object) -> Estimate:
        if not isinstance(other, Estimate):
            return NotImplemented
        return Estimate(
            self.operations + other.operations,
            self.bytes + other.bytes,
            self.nanoseconds + other.nanoseconds,
        )


NOTHING = Estimate(0, 0, 0.0)


def cost_of(k: Kernel, target: Target, chunk: int) -> Estimate:
    """What a kernel costs.

    Args:
        k: the kernel.
        target: the machine.
        chunk: how many rows are computed at once.
    """
    rows = chunk if k.is_of_rows else 1
    own = chunk if k.batched else 1
    places = _places(k.out, k.axes, [], own) if k.kept else 0
    places += sum(_places(f.out, k.axes, [], own) for f in k.fused if f.kept)
    read = [(a, s.axes) for s in k.segments for a in s.accesses]
    read += [(a, []) for f in k.fused for a in f.accesses]
    for access, reduce in read:
        places += _places(access, k.axes, reduce, chunk if access.buffer.per_row else 1)
    weight = sum(_terms(s, k) * (_weight(s.term) + 1.0) for s in k.segments)
    weight += k.members * sum(_weight(f.term) for f in k.fused)
    moved = places * target.bytes_each
    arithmetic = rows * weight / (_RATE * target.lanes)
    return Estimate(operations_a_row(k) * rows, moved, max(arithmetic, moved / _BANDWIDTH))


def cost_of_irregular(irregular: GatherProgram, target: Target, chunk: int) -> Estimate:
    """What the scalars cost that are computed from tables, these read as well."""
    function, _, vectors, _, terms = irregular.records.T
    long = np.array([f.long for f in irregular.functions])[function]
    each = np.where(long, 1, vectors * (chunk if irregular.batched else target.lanes))
    terms = np.where(long, terms * target.lanes, terms)
    many = np.array([f.op in MANY for f in irregular.functions])[function]
    weights = np.array([OPERATIONS[f.op].cost for f in irregular.functions])
    operations = each * np.where(many, terms, 1)
    moved = int((each * (terms + 1)).sum()) * target.bytes_each + irregular.tables.nbytes
    arithmetic = float((operations * weights[function]).sum()) / (_RATE * target.lanes)
    return Estimate(int(operations.sum()), moved, max(arithmetic, moved / _BANDWIDTH))


def operations_a_row(k: Kernel) -> int:
    """The operations of a kernel, for one row of a batch if it is of rows."""
    own = sum(_terms(segment, k) * (_size(segment.term) + 1) for segment in k.segments)
    return own + k.members * sum(_size(f.term) for f in k.fused)


def _terms(s: Segment, k: Kernel) -> int:
    if s.counts is not None:
        return int(s.counts.sum()) * (k.members // max(k.rows, 1))
    return math.prod(s.axes) * k.members


def _places(access: Access, axes: list[int], reduce: list[int], rows: int) -> int:
    """How many different numbers an access touches; where it looks up, one for each time."""
    if access.items is not None:
        return len(access.rows) * math.prod(axes) * math.prod(reduce) * rows
    if access.table is not None:
        found = len(np.unique(access.table))
    else:
        found = len(np.unique(access.rows))
        found *= math.prod(n for n, step in zip(reduce, access.reduce, strict=False) if step)
    return found * rows * math.prod(n for n, s in zip(axes, access.inner, strict=False) if s)


def _size(term: Term) -> int:
    """How many operations a term has."""
    return 1 + sum(map(_size, term.terms)) if isinstance(term, Apply) else 0


def _weight(term: Term) -> float:
    """The same in additions."""
    if not isinstance(term, Apply):
        return 0.0
    operation = OPERATIONS[term.op]
    known = operation.name == "pow" and operation.partial < 0 and isinstance(term.terms[-1], Const)
    own = costs.KNOWN_POWER if known else operation.cost
    return own + sum(map(_weight, term.terms))
