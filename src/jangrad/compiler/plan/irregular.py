"""Irregular nodes: those of a graph without structure, computed from tables and not by loop nests.

A class of few members, or one whose members read wherever they like, is a loop nest of its own that
is hardly worth its code. Where a program has many of these, their scalars are taken out of it: one
function for each operation computes all that are ready, a vector at a time, its operands gathered
from one buffer by a table. So the code does not grow with the graph, the tables do.

To what is left, irregular nodes are inputs that lie in that buffer, and what they read is an output
that goes there. The two parts take turns, wavefront by wavefront: the loop nests of one, then its
irregular nodes. Scalars of which every row of a batch has its own are taken out for themselves;
they are computed one after the other, each for all rows of a chunk.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from jangrad.compiler.plan.gather_program import RECORD, Function, GatherProgram
from jangrad.compiler.plan.kernels import Planner, Region, Target
from jangrad.compiler.plan.nests import Plan
from jangrad.compiler.program import sweeps
from jangrad.compiler.program.classes import Classes
from jangrad.compiler.program.codes import CONST, INPUT, STATIC, SUM
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.ir import LEAVES, MANY, Bytes, Floats, Ints, Program, plain
from jangrad.record import Record
from jangrad.switches import limits

#: A sum of more terms is computed for itself, a vector of terms at a time.
_LONG = 32
#: Powers up to this one have code of their own, whole ones and halves.
_HIGHEST = 8


class Cut(Record):
    """A program without its irregular nodes.

    Attributes:
        program: what is left; irregular nodes are inputs, those that are outputs are copied.
        first_input: the slot of the first of these inputs.
        imports: how many outputs, behind those of the program, go to the start of the buffer.
        wavefront: when each node is computed.
        irregular: the rest.
    """

    program: Program
    first_input: int
    imports: int
    wavefront: Ints
    irregular: GatherProgram


def plan(
    program: Program,
    regions: list[Region],
    targets: list[Target],
    lanes: int,
    *,
    inline: bool = True,
) -> Plan:
    """The kernels of a program, as `kernels.plan` finds them, and its irregular nodes apart.

    Args:
        program, regions, targets, inline: as for `kernels.plan`.
        lanes: how many numbers a vector holds.
    """
    planner = Planner(program, regions, targets, 0, inline=inline)
    taken = []
    for rows in (False, True):
        marks = find(planner.program, planner.classes, planner.after, rows)
        if marks is None:
            continue
        apart = cut(planner.program, planner.classes, marks, lanes)
        buffer = apart.irregular.scalars
        regions = [*regions, Region(buffer, apart.first_input, apart.program.inputs)]
        targets = [*targets, Target(buffer, 0, apart.imports)]
        wavefront = apart.wavefront
        if rows:  # all before the rows is in the wavefronts in which it was
            first = (planner.program.batched == 0) & (planner.after == 0)
            wavefront[: len(first)][first] = planner.wavefront[first]
        planner = Planner(apart.program, regions, targets, 0, wavefront, inline=inline)
        taken.append(apart.irregular)
    return planner.plan()._replace(irregular=taken)


def find(program: Program, classes: Classes, after: Bytes, batched: bool) -> Bytes | None:
    """Mark the irregular nodes; None where they are too few to matter.

    Args:
        program: all scalars.
        classes: which are alike.
        after: which need a sum over the rows of a batch.
        batched: whether those are looked for of which every row has its own.
    """
    sizes = limits()
    if len(program) <= sizes.irregular_scalars:
        return None
    counts = np.diff(program.ptr)
    able = plain()[program.op] & (program.batched == batched) & (after == 0)
    first = np.array([members[0] for members in classes.members])
    if np.count_nonzero(able[first]) <= sizes.irregular_classes:
        return None
    operands = np.bincount(classes.of, counts)
    followed = np.bincount(classes.of, _on_lines(program, classes))
    irregular = able[first] & ((operands < sizes.regular_operands) | (2 * followed < operands))
    marks = irregular[classes.of]
    if np.count_nonzero(irregular) <= sizes.irregular_classes:
        return None
    if np.count_nonzero(marks) <= sizes.irregular_scalars:
        return None
    found: Bytes = marks.astype(np.int8)
    return found


def _on_lines(program: Program, classes: Classes) -> Ints:
    """Of each node, how many operands continue a line of addresses.

    Along the members of its class, or along its own terms: the step from the one before is that of
    the one planner.
    """
    size, edges = len(program), len(program.child)
    counts = np.diff(program.ptr)
    by_class = np.concatenate(classes.members)
    before = np.full(size, -1)
    before[by_class[1:]] = np.where(classes.place[by_class[1:]] > 0, by_class[:-1], -1)
    owner = np.repeat(np.arange(size), counts)
    column = np.arange(edges) - program.ptr[owner]
    kind, place = classes.of[program.child], classes.place[program.child]

    def continues(previous: Ints) -> Bytes:
        """Whether an operand is as far from the previous one as that is from its own."""
        there = previous >= 0
        there &= kind[previous] == kind
        step = place - place[previous]
        found: Bytes = there & there[previous] & (step == step[previous])
        return found

    of_member = before[owner]
    along = np.where((of_member >= 0) & (column < counts[of_member]), program.ptr[of_member], -1)
    along = np.where(along >= 0, along + column, -1)
    within = np.where(column > 0, np.arange(edges) - 1, -1)
    return np.bincount(owner, continues(along) | continues(within), minlength=size)


def cut(program: Program, classes: Classes, marks: Bytes, lanes: int) -> Cut:
    """Take the marked scalars out of a program.

    Args:
        program: all scalars.
        classes: which are alike.
        marks: 1 for an irregular one, as `find` gives them.
        lanes: how many numbers a vector holds.
    """
    is_irregular = marks == 1
    batched = bool(program.batched[np.argmax(is_irregular)])
    wavefront, depth = _wavefronts(program, classes, marks)
    nodes = np.flatnonzero(is_irregular)
    counts = np.diff(program.ptr)
    of_irregular = np.repeat(is_irregular, counts)
    read = np.bincount(program.child[of_irregular], minlength=len(program)) > 0
    is_constant = np.isin(program.op, (CONST, STATIC))
    imports = np.flatnonzero(read & ~is_irregular & ~is_constant)
    of = classes.of[imports]
    imports = imports[np.lexsort((classes.place[imports], of, wavefront[imports]))]
    constants = np.flatnonzero(read & is_constant)
    address = np.full(len(program), -1)
    address[imports] = np.arange(len(imports))
    address[constants] = len(imports) + np.arange(len(constants))
    # The last one changes no sum: it fills the last vector of a long one.
    numbers = np.r_[program.value[constants], -0.0]
    functions, function = _functions(program, nodes, batched)
    irregular = _scheduled(
        *(program, nodes, functions, function, wavefront, depth),
        *(address, len(imports), numbers, batched, 1 if batched else lanes),
    )
    left, wavefront = _left(program, is_irregular, imports, wavefront, address, irregular)
    return Cut(left, program.inputs, len(imports), wavefront, irregular)


def _wavefronts(program: Program, classes: Classes, marks: Bytes) -> tuple[Ints, Ints]:
    """The wavefront of each node, alike in a class; and how deep an irregular one is in it."""
    wavefront, depth = np.zeros(len(program), np.int64), np.zeros(len(program), np.int64)
    of_class = np.zeros(len(classes), np.int64)
    order = np.argsort(classes.level[classes.of], kind="stable")
    arrays = (program.ptr, program.child, marks, classes.of)
    sweeps.wavefronts(order, *arrays, of_class, wavefront, depth)
    return np.where(marks == 1, wavefront, of_class[classes.of]), depth


def _functions(program: Program, nodes: Ints, batched: bool) -> tuple[list[Function], Ints]:
    """What the irregular nodes are computed by, and which of it computes each."""
    op, counts = program.op[nodes], np.diff(program.ptr)[nodes]
    last = program.child[program.ptr[nodes + 1] - 1]
    exponent = np.where(program.op[last] == STATIC, program.value[last], np.nan)
    exponent[~_is_short_power(exponent)] = np.nan
    long = np.isin(op, MANY) & (counts > _LONG) & (not batched)
    # 0 for any exponent, else its double moved to integers from 1.
    halves = np.where(np.isnan(exponent), 0, 2 * exponent + 2 * _HIGHEST + 1).astype(np.int64)
    key = (op * (4 * _HIGHEST + 2) + halves) * 2 + long
    found = np.flatnonzero(np.bincount(key))
    functions = []
    for one in found.tolist():
        rest, is_long = divmod(one, 2)
        number, half = divmod(rest, 4 * _HIGHEST + 2)
        known = (half - 1) / 2 - _HIGHEST if half else None
        functions.append(Function(number, known, bool(is_long)))
    which = np.zeros(key.max() + 1, np.int64)
    which[found] = np.arange(len(found))
    return functions, which[key]


def _is_short_power(exponent: Floats) -> Bytes:
    """Whether a power is a few products and a root, for which it has code of its own."""
    short: Bytes = (np.abs(exponent) <= _HIGHEST) & (exponent % 0.5 == 0)
    return short


def _scheduled(
    program: Program,
    nodes: Ints,
    functions: list[Function],
    function: Ints,
    wavefront: Ints,
    depth: Ints,
    address: Ints,
    imports: int,
    numbers: Floats,
    rows: bool,
    lanes: int,
) -> GatherProgram:
    """The records and tables; fills in the addresses of the nodes."""
    counts = np.diff(program.ptr)
    long = np.array([f.long for f in functions])[function]
    # Groups of nodes that one record computes: ready together, of one function and length.
    own = np.where(long, nodes, 0)
    keys = (own, counts[nodes], function, depth[nodes], wavefront[nodes])
    order = np.lexsort(keys)
    nodes, function, long = nodes[order], function[order], long[order]
    starts = np.zeros(len(nodes), bool)
    starts[0] = True
    for key in keys:
        starts[1:] |= np.diff(key[order]) != 0
    group = np.cumsum(starts) - 1
    heads = np.flatnonzero(starts)
    sizes = np.diff(np.r_[heads, len(nodes)])
    terms = counts[nodes[heads]]
    vectors = -(-sizes // lanes)
    is_long = long[heads]
    nothing = imports + len(numbers) - 1
    out = nothing + 1 + np.r_[0, np.cumsum(vectors * lanes)]
    address[nodes] = out[group] + np.arange(len(nodes)) - heads[group]
    # The last vector of a group is filled with its last scalar.
    padding = np.where(is_long, 0, vectors * lanes - sizes)
    repeats = np.ones(len(nodes), np.int64)
    repeats[heads + sizes - 1] += padding
    filled = np.repeat(nodes, repeats)
    of = np.repeat(group, repeats)
    first = np.r_[0, np.cumsum(sizes + padding)][:-1]
    rank = np.arange(len(filled)) - first[of]
    lengths = np.where(is_long, -(-terms // lanes) * lanes, vectors * lanes * terms)
    last = program.ptr[nodes[heads] + 1] - 1  # a long sum's last vector is filled with nothing
    begin = len(RECORD) * len(heads) + np.r_[0, np.cumsum(lengths)]
    rest = np.where(program.op[nodes[heads]] == SUM, nothing, address[program.child[last]])
    tables = np.r_[np.zeros(begin[0], np.int64), np.repeat(rest, lengths)]
    edge_of = np.repeat(np.arange(len(filled)), counts[filled])
    column = np.arange(len(edge_of)) - np.r_[0, np.cumsum(counts[filled])][edge_of]
    child = program.child[program.ptr[filled][edge_of] + column]
    vector, turn = rank[edge_of] // lanes, rank[edge_of] % lanes
    within = np.where(
        is_long[of[edge_of]], column, (vector * terms[of[edge_of]] + column) * lanes + turn
    )
    tables[begin[of[edge_of]] + within] = address[child]
    records = np.stack(
        [
            *(function[heads], out[:-1], vectors, begin[:-1]),
            np.where(is_long, lengths // lanes, terms),
        ],
        axis=1,
    )
    tables[: records.size] = records.ravel()
    of_wavefront = wavefront[nodes[heads]]
    count = int(wavefront.max()) + 1
    borders = np.searchsorted(of_wavefront, np.arange(count + 1)).tolist()
    return GatherProgram(
        rows,
        int(out[-1]),
        imports,
        numbers,
        nodes,
        functions,
        tables.astype(np.int32),
        list(pairwise(borders)),
        lanes,
    )


def _left(
    program: Program,
    is_irregular: Bytes,
    imports: Ints,
    wavefront: Ints,
    address: Ints,
    irregular: GatherProgram,
) -> tuple[Program, Ints]:
    """The program without irregular nodes, and the wavefront of each node."""
    op, slot = program.op.copy(), program.slot.copy()
    op[is_irregular] = INPUT
    slot[is_irregular] = program.inputs + address[is_irregular]
    counts = np.diff(program.ptr)
    left = program._replace(
        op=op,
        slot=slot,
        ptr=np.r_[0, np.cumsum(np.where(is_irregular, 0, counts))],
        child=program.child[np.repeat(~is_irregular, counts)],
        inputs=program.inputs + irregular.size,
    )
    exported = is_irregular[program.outputs]
    copies, grower = np.r_[imports, program.outputs[exported]], Grower(left)
    at = grower.nodes(SUM, copies, batched=irregular.batched)
    outputs = np.r_[program.outputs, at[: len(imports)]]
    outputs[: len(program.outputs)][exported] = at[len(imports) :]
    is_leaf = np.isin(op, LEAVES)
    wavefront = np.r_[
        np.where(is_leaf, 0, wavefront),
        np.where(is_leaf[imports], 0, wavefront[imports]),
        wavefront[program.outputs[exported]] + 1,
    ]
    return grower.finish(outputs), wavefront
