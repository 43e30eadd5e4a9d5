"""Reverse mode on the scalars, in pull form: each gradient is one sum of contributions.

So every gradient is gathered and written once; nothing is zeroed first and nothing is added to.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from jangrad import ops, rules
from jangrad.algebra import ONE, Rule
from jangrad.compiler.program import adjoints, codes, sweeps
from jangrad.compiler.program.classes import classify
from jangrad.compiler.program.ir import (
    MANY,
    OPERATIONS,
    SCATTER_ADDS,
    Bools,
    Ints,
    Operation,
    Program,
    number_of,
)
from jangrad.record import Record

# What each input is given is the gradient of the node, or what lies at its place there.
_PASSED = (*(op for op in MANY if op != codes.REDUCE_MAX), codes.ARRAY, codes.ELEMENT)
# The contribution is the other one, at the same place.
_TRANSPOSED = {codes.GATHER: codes.SCATTER, codes.SCATTER: codes.GATHER}


class _Plans(Record):
    """For each operation and input how the gradient passes."""

    how: Ints
    partial: Ints  # the operation that contributes
    uses: Ints  # what that uses beside the upstream gradient: a bit for each of a, b and y
    reaches: Ints  # the operation that says whether it does at all; -1 where it always does
    reaches_uses: Ints
    bounded: Ints  # 1 where the upstream gradient is multiplied by constants alone


_NO_CHOICE = (-1, 0, 1)


def _plans(program: Program) -> _Plans:
    """Those of the operations in the program; of others nothing is asked."""
    used = np.flatnonzero(np.bincount(program.op)).tolist()
    rows = [(_planned(op, 0), _planned(op, 1)) for op in used]
    table = np.zeros((len(OPERATIONS), 2, 6), np.int64)
    table[used] = np.array(rows, np.int64).reshape(len(used), 2, 6)
    return _Plans(*(np.ascontiguousarray(table[:, :, k]) for k in range(6)))


def _planned(op: int, i: int) -> tuple[int, ...]:
    """How the gradient passes to an input of an operation, as the fields of `_Plans` say it."""
    operation = OPERATIONS[op]
    row = ops.OPS.get(operation.name)
    if op in _PASSED:
        return codes.PASS, 0, 0, *_NO_CHOICE
    if op in _TRANSPOSED:
        how = (codes.TIMES_OTHER, _TRANSPOSED[op]) if i == 0 else (codes.NOTHING, 0)
        return (*how, 0, *_NO_CHOICE)
    if op == codes.REDUCE_MAX or row is None or operation.partial >= 0 or i >= len(row.partials):
        return codes.NOTHING, 0, 0, *_NO_CHOICE
    return _plan(row, i)


@cache
def _plan(row: ops.Op, i: int) -> tuple[int, ...]:
    rule = row.partials[i]
    if rule == "0":
        return codes.NOTHING, 0, 0, *_NO_CHOICE
    if rule == "1":
        return codes.PASS, 0, 0, *_NO_CHOICE
    if rule == "-1":
        return codes.NEGATE, codes.NEG, 0, *_NO_CHOICE
    if row.name == "mul":
        return codes.TIMES_OTHER, codes.MUL, 0, *_NO_CHOICE
    reaches = rules.contributes(rule)
    return (
        *(codes.PARTIAL, number_of(Operation(row.name, i)), _uses(row, rules.contribution(rule))),
        number_of(Operation(row.name, i, True)) if reaches != ONE else -1,
        _uses(row, reaches),
        not rules.names_at_ends(rule),
    )


def _uses(row: ops.Op, rule: Rule) -> int:
    used = rules.names_in(rule)
    names = (row.inputs[0], row.inputs[-1] if len(row.inputs) > 1 else "", "y")
    return sum(1 << b for b, name in enumerate(names) if name in used)


def has_choices(program: Program) -> bool:
    """Whether an operation of it may contribute nothing by a choice of its own, as relu does."""
    used = np.flatnonzero(np.bincount(program.op)).tolist()
    rows = (ops.OPS.get(OPERATIONS[op].name) for op in used if OPERATIONS[op].partial < 0)
    return any(rules.contributes(rule) != ONE for row in rows if row for rule in row.partials)


def differentiate(
    program: Program, root: int, *, exact: bool = True, wrt_inputs: bool = False
) -> tuple[Program, Ints]:
    """The program with the gradient of node `root` by each parameter (or each input) appended.

    Args:
        program: what is differentiated.
        root: its node.
        exact: whether what is not chosen is cut off wherever it may be nan; else products are left
            alone below choices that operations make, as relu does.
        wrt_inputs: whether by the inputs.

    Returns:
        The longer program, and the node of each gradient; where there is none, a constant 0.
    """
    plans = _plans(program)
    wanted, slots = (codes.INPUT, program.inputs) if wrt_inputs else (codes.PARAM, program.params)
    leaves = program.op == wanted
    needed = leaves.astype(np.int8)
    # What comes behind the root, such as other gradients, is not on the way.
    sweeps.find_needed(program.op, program.ptr[: root + 2], program.child, plans.how, needed)

    size, edges = len(program), len(program.child)
    below = np.zeros(size, np.int8)
    below[root] = 1
    sweeps.reach(program.ptr, program.child, below)
    used = program.child[np.repeat(below == 1, np.diff(program.ptr))]
    contributions = np.bincount(used, minlength=size)
    forced = (needed == 1) & (contributions >= 2)
    # If one of a class is given two, all its members get a sum: they stay one class.
    member_of = classify(program).of
    shared = np.zeros(member_of.max() + 1, bool)
    np.logical_or.at(shared, member_of, forced)
    forced = (shared[member_of] & (needed == 1)) | leaves

    # A gradient of a scatter-add is an array with an input for each of its places.
    places = int(program.slot[np.isin(program.op, SCATTER_ADDS)].sum())
    # Where a gradient passes one side of a choice alone, some eight nodes more may cut it off.
    room = size + 2 + 10 * edges + 2 * size
    op, slot, key, value, batched = (
        _with_room(part, room)
        for part in (program.op, program.slot, program.key, program.value, program.batched)
    )
    ptr = _with_room(program.ptr, room + 1)
    child = _with_room(program.child, 25 * edges + 2 * size + places + 8)
    op[size : size + 2] = codes.CONST  # 1, the gradient of the root by itself, and 0
    value[size] = 1.0
    ptr[size + 1 : size + 3] = edges
    first = np.full(size, -1, np.int64)
    links = np.zeros((4, 2 * edges + 2), np.int64)
    maybe_nan = np.zeros(2 * edges + 2, np.int8)
    conditions = np.zeros((17, 2 * edges + 2 * size + 2), np.int64)
    adjoint = np.full(size, size + 1, np.int64)
    how = (plans.how, plans.partial, plans.uses, plans.reaches, plans.reaches_uses, plans.bounded)
    count = adjoints.differentiate(
        *(op, value, slot, ptr, child, key, batched, needed, forced.astype(np.int8), *how),
        *(root, size, size + 1, first, links, maybe_nan, adjoint, conditions),
        *(number_of(Operation("gate")), number_of(Operation("side"))),
        *(number_of(Operation("equal")), int(exact)),
    )
    longer = program._replace(
        op=op[:count],
        value=value[:count],
        slot=slot[:count],
        ptr=ptr[: count + 1],
        child=child[: ptr[count]],
        key=key[:count],
        batched=batched[:count],
    )
    gradients = np.full(slots, size + 1, np.int64)
    gradients[program.slot[leaves]] = adjoint[leaves]
    return longer, gradients


def _with_room(part: Any, size: int) -> Any:
    """The array with zeros behind it; what is not written of these takes no memory."""
    found = np.zeros(size, part.dtype)
    found[: len(part)] = part
    return found


def prune(program: Program) -> Program:
    """The program without the nodes that no output uses."""
    return only(program, reached(program))


def reached(program: Program) -> Bools:
    """Which nodes some output uses."""
    keep = np.zeros(len(program), np.int8)
    keep[program.outputs] = 1
    sweeps.reach(program.ptr, program.child, keep)
    found: Bools = keep == 1
    return found


def with_gradient(program: Program) -> Bools:
    """Which nodes some output depends on by more than steps, such as comparisons and `detach`."""
    rows = [ops.OPS.get(o.name) for o in OPERATIONS]
    flat = np.array([row is not None and {*row.partials} == {"0"} for row in rows])
    flat[[codes.GATHER, codes.SCATTER]] = False  # whose gradients are arrays
    ends = flat[program.op]
    counts = np.diff(program.ptr)
    # Where the gradient ends, edges lead back to where they begin.
    child = np.where(
        np.repeat(ends, counts), np.repeat(np.arange(len(program)), counts), program.child
    )
    return reached(program._replace(child=child))


def only(program: Program, kept: Bools) -> Program:
    """The program with these nodes alone."""
    place = np.cumsum(kept) - 1
    counts = np.diff(program.ptr)
    edges = np.repeat(kept, counts)
    return program._replace(
        op=program.op[kept],
        value=program.value[kept],
        slot=program.slot[kept],
        ptr=np.r_[0, np.cumsum(counts[kept])],
        child=place[program.child[edges]],
        key=program.key[kept],
        batched=program.batched[kept],
        outputs=place[program.outputs],
    )
