"""Kernels: one loop nest for each class that needs a place in memory.

A class whose members are used once, and cheap to compute, is inlined into its user; every other
class is computed by a kernel into a buffer of its own. A kernel is a sum of segments; what is no
sum has one segment with one term.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jangrad.compiler.plan.antidependences import Use, ordered
from jangrad.compiler.plan.factor import Axis, delinearise, separate
from jangrad.compiler.plan.inputs import inlined, inputs_of
from jangrad.compiler.plan.nests import (
    Access,
    Apply,
    Const,
    Kernel,
    Operand,
    Plan,
    Read,
    Segment,
    Strided,
    Term,
)
from jangrad.compiler.plan.reduction_tiles import in_tiles
from jangrad.compiler.program import codes
from jangrad.compiler.program.buffers import PARAMETERS, Buffer
from jangrad.compiler.program.classes import classify
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.ir import (
    LEAVES,
    MANY,
    OPERATIONS,
    OVER_ROWS,
    SCATTER_ADDS,
    Floats,
    Ints,
    Program,
    distinct,
)
from jangrad.compiler.program.sweeps import spread
from jangrad.record import Record


class Region(Record):
    """Input slots that live together in one buffer."""

    buffer: Buffer
    start: int
    stop: int


class Target(Record):
    """Where an output goes, or so many outputs one after the other."""

    buffer: Buffer
    address: int
    size: int = 1


def plan(
    program: Program,
    regions: list[Region],
    targets: list[Target],
    part: int = 0,
    *,
    inline: bool = True,
) -> Plan:
    """Find the kernels of a program whose outputs are nodes of their own (`with_own_outputs`).

    Args:
        program: what to compute.
        regions: where its inputs lie.
        targets: where its outputs go.
        part: 0, or 1 for a program that runs behind another one (`Buffer.part`).
        inline: whether classes may be inlined into their users.
    """
    planner = Planner(program, regions, targets, part, inline=inline)
    found = planner.plan()
    while len(planner.entangled):
        apart = np.concatenate([planner.apart, planner.entangled])
        longer = with_own_outputs(program, apart)
        planner = Planner(longer, regions, targets, part, apart=apart, inline=inline)
        found = planner.plan()
    return found


def followed_by(first: Plan, second: Plan) -> Plan:
    """Both plans as one; the second runs when the first is done."""
    return first._replace(
        kernels=[*first.kernels, *(k._replace(after=True) for k in second.kernels)],
        sizes={**first.sizes, **second.sizes},
        constants={**first.constants, **second.constants},
        inlined=first.inlined + second.inlined,
    )


def with_own_outputs(program: Program, apart: Ints | None = None) -> Program:
    """The program with a one-term sum for each output that is a leaf or `apart`, or twice one."""
    outputs = program.outputs
    first = np.zeros(len(outputs), bool)
    first[np.unique(outputs, return_index=True)[1]] = True
    copied = np.isin(program.op[outputs], (*LEAVES, codes.ELEMENT)) | ~first
    if apart is not None:
        copied |= np.isin(outputs, apart)
    if not copied.any():
        return program
    sources, new, grower = outputs[copied], outputs.copy(), Grower(program)
    new[copied] = grower.nodes(codes.SUM, sources, batched=program.batched[sources])
    return grower.finish(new)


class Planner:
    """What `plan` asks.

    Args:
        program, regions, targets, part, inline: as for `plan`.
        wavefront: when each node is computed, among irregular nodes.
        apart: the nodes that lie in buffers of their own, whoever uses them.

    Attributes:
        entangled: the outputs that must be computed apart, or they would be written over numbers
            that are still to be read; known when the kernels are planned.
    """

    def __init__(
        self,
        program: Program,
        regions: list[Region],
        targets: list[Target],
        part: int,
        wavefront: Ints | None = None,
        apart: Ints | None = None,
        *,
        inline: bool = True,
    ) -> None:
        self.program, self.may_inline = program, inline
        self.apart = np.zeros(0, np.int64) if apart is None else apart
        self.entangled = np.zeros(0, np.int64)
        self.part = part
        self.regions = regions
        size = len(program)
        self.names = names = list(dict.fromkeys(t.buffer for t in targets))
        self.tags = tags = np.zeros(size, np.int64)
        self.address = np.zeros(size, np.int64)
        done = 0
        for target in targets:
            nodes = program.outputs[done : done + target.size]
            tags[nodes] = 1 + names.index(target.buffer)
            self.address[nodes] = target.address + np.arange(target.size)
            done += target.size
        assert done == len(program.outputs), "each output has its target"
        # Inputs of different buffers are not alike.
        for i, region in enumerate(regions):
            here = (program.op == codes.INPUT) & (program.slot >= region.start)
            tags[here & (program.slot < region.stop)] = 1 + len(names) + i
        self.wavefront = np.zeros(size, np.int64) if wavefront is None else wavefront
        # What irregular nodes lie between is not alike either.
        self.classes = classify(program, tags + (tags.max(initial=0) + 1) * self.wavefront)
        after = np.isin(program.op, OVER_ROWS).astype(np.int8)
        spread(program.ptr, program.child, after)
        self.after = after
        self.constants: dict[Buffer, np.ndarray] = {}
        self.items: dict[int, Strided] = {}
        # The arrays whose items lie in a row already: (buffer, address of each array).
        self.views: dict[int, tuple[Buffer, Ints]] = {}
        # What the kernels of each class read: the classes and their nodes.
        self._read_by: list[tuple[int, Ints]] = []

    # -- what a class is made of ------------------------------------------------------------------

    def _look_at_classes(self) -> None:
        program, names, tags = self.program, self.names, self.tags
        members = self.classes.members
        self.op = [int(program.op[m[0]]) for m in members]
        self.batched = [bool(program.batched[m[0]]) for m in members]
        self.out: list[Buffer | None] = [
            names[t - 1] if 0 < (t := tags[m[0]]) <= len(names) else None for m in members
        ]
        self.region = [
            self.regions[tags[m[0]] - 1 - len(names)] if op == codes.INPUT else None
            for m, op in zip(members, self.op, strict=True)
        ]
        self.inputs = [inputs_of(program, self.classes, c) for c in range(len(members))]
        apart = set(self.classes.of[self.apart].tolist())
        kept = [buffer is not None or c in apart for c, buffer in enumerate(self.out)]
        kept = [c or not self.may_inline for c in kept]
        self.inline = inlined(program, self.classes, self.inputs, self.op, self.batched, kept)
        for c in range(len(members)):  # those that others are made of come first
            if self.op[c] in SCATTER_ADDS:
                self.items[c] = self._spread(c)
            elif self.op[c] == codes.ARRAY:
                self._lay(c)

    # -- expressions ------------------------------------------------------------------------------

    def _read(self, c: int, nodes: Ints, reads: list[Operand]) -> Term:
        """The expression of these nodes of class c; what it reads is appended to `reads`."""
        op = self.op[c]
        p = self.program
        if op in (codes.CONST, codes.STATIC):
            numbers = p.value[nodes]
            first = float(numbers.flat[0])
            if (numbers.view(np.int64) == numbers.view(np.int64).flat[0]).all():
                return Const(first)
            # In the order in which they are read, so that their addresses lie on a line.
            at = np.arange(numbers.size).reshape(numbers.shape)
            reads.append(Operand(self._constant(numbers), at))
        elif self.inline[c]:
            return self._term(c, self.classes.place[nodes], reads)
        else:
            at = self._address(c, nodes)
            reads.append(Operand(self._buffer(c), at, self.items.get(c)))
            self._read_by.append((c, at))
        return Read(len(reads) - 1)

    def _term(self, c: int, places: Ints, reads: list[Operand]) -> Term:
        """The expression of the members of class c at these places, any shape."""
        terms: list[Term] = []
        for kind, many, inputs in self.inputs[c]:
            for j in range(int(many.max())):
                terms.append(self._read(kind, inputs[:, j][places], reads))
        return Apply(self.op[c], tuple(terms))

    # -- kernels ----------------------------------------------------------------------------------

    def plan(self) -> Plan:
        self._look_at_classes()
        kernels_of: dict[int, list[Kernel]] = {}
        uses: dict[int, Use] = {}
        sizes = {}
        for c, members in enumerate(self.classes.members):
            if self.op[c] in (*LEAVES, codes.ELEMENT) or self.inline[c] or c in self.views:
                continue
            self._read_by = []
            if c in self.items:
                made = self._scatters(c) if self.op[c] in SCATTER_ADDS else self._copies(c)
            else:
                made = in_tiles(self._kernel(c, members))
            kernels_of[c], uses[c] = made, self._use(c)
            buffer = made[0].out.buffer
            if self.out[c] is None:
                sizes[buffer] = len(members) * (self.items[c].size if c in self.items else 1)
        order, entangled = ordered(uses)
        outputs = [self.classes.members[c] for c in entangled]
        self.entangled = np.concatenate([self.entangled, *outputs])
        kernels = [kernel for c in order for kernel in kernels_of[c]]
        kernels.sort(key=lambda k: k.wavefront)
        buffers = [self._buffer_if_any(c) for c in range(len(self.classes))]
        address = np.empty(len(self.program), np.int64)
        for c, members in enumerate(self.classes.members):
            address[members] = self._address(c, members)
        return Plan(
            *(kernels, sizes, self.constants, sum(self.inline), self.classes),
            *(buffers, address, self.items, self.program),
        )

    def _use(self, c: int) -> Use:
        """What the kernels of a class touch that others write or read too."""
        old: list[tuple[Buffer, Ints]] = []
        new: list[int] = []
        for kind, at in self._read_by:
            if self.op[kind] == codes.PARAM or self.region[kind] is not None:
                if self._buffer(kind) in self.names:
                    old.append((self._buffer(kind), at))
            elif (
                self.op[kind] == codes.ELEMENT or kind in self.views
            ):  # which are where others put them
                new += [k for k, _, _ in self.inputs[kind]]
            else:
                new.append(kind)
        places = (
            self.address[self.classes.members[c]]
            if self.out[c] is not None
            else np.zeros(0, np.int64)
        )
        return Use(self.out[c], places, old, new)

    def _buffer(self, c: int) -> Buffer:
        """The buffer of a class that has one."""
        found = self._buffer_if_any(c)
        assert found is not None
        return found

    def _constant(self, numbers: Floats) -> Buffer:
        """A buffer of these numbers."""
        buffer = Buffer("constants", len(self.constants), part=self.part)
        self.constants[buffer] = numbers.ravel()
        return buffer

    def _buffer_if_any(self, c: int) -> Buffer | None:
        """The buffer in which a class is found, if any."""
        op = self.op[c]
        if op == codes.PARAM:
            return PARAMETERS
        if (region := self.region[c]) is not None:
            buffer: Buffer = region.buffer
            return buffer
        if op == codes.ELEMENT:
            return self._buffer_if_any(self.inputs[c][0][0])
        if c in self.views:
            return self.views[c][0]
        if op in (codes.CONST, codes.STATIC) or self.inline[c]:
            return None
        return self.out[c] or Buffer("scratch", c, self.batched[c], self.part)

    def _address(self, c: int, nodes: Ints) -> Ints:
        """Where these nodes of class c are in its buffer."""
        region = self.region[c]
        if self.op[c] == codes.ELEMENT:
            kind = self.inputs[c][0][0]
            of = self.program.child[self.program.ptr[nodes]]
            moved: Ints = self.program.slot[nodes] * self.items[kind].stride
            return self._address(kind, of) + moved
        if c in self.views:
            viewed: Ints = self.views[c][1][self.classes.place[nodes]]
            return viewed
        if c in self.items:
            size, stride = self.items[c]
            placed: Ints = self.classes.place[nodes] * (size if stride == 1 else 1)
            return placed
        where = self.address if self.out[c] is not None else self.classes.place
        if self.op[c] == codes.PARAM or region is not None:
            where = self.program.slot
        found: Ints = where[nodes] - (region.start if region is not None else 0)
        return found

    # -- arrays and scatter-adds ------------------------------------------------------------------

    def _items(self, c: int) -> Ints:
        """The items of each array of a class, shape (arrays, items)."""
        p, members = self.program, self.classes.members[c]
        width = int(p.ptr[members[0] + 1] - p.ptr[members[0]])
        found: Ints = p.child[p.ptr[members][:, None] + np.arange(width)]
        return found

    def _lay(self, c: int) -> None:
        """Say where the arrays of a class are: where their items are, if these lie in a row."""
        items = self._items(c)
        count = items.shape[1]
        kinds = distinct(self.classes.of[items[0]])
        self.items[c] = Strided(count, 1)
        if all(self.op[kind] in (codes.CONST, codes.STATIC) for kind in kinds):
            buffer = self._constant(self.program.value[items])
            self.views[c] = (buffer, np.arange(len(items)) * count)
            return
        if len(kinds) > 1:
            return
        at = self._address(kinds[0], items)
        steps = np.diff(at, axis=1)
        if count > 1 and (steps == steps[0, 0]).all():
            self.items[c] = Strided(count, int(steps[0, 0]))
            self.views[c] = (self._buffer(kinds[0]), at[:, 0])

    def _spread(self, c: int) -> Strided:
        """How a class of scatter-adds lies: in the order in which their elements are read."""
        p, members = self.program, self.classes.members[c]
        count = int(p.slot[members[0]])
        elements = np.flatnonzero(p.op == codes.ELEMENT)
        elements = elements[self.classes.of[p.child[p.ptr[elements]]] == c]
        first = elements[np.argsort(p.key[elements], kind="stable")][:2]
        side_by_side = len(set(p.slot[first].tolist())) < len(first)
        return Strided(count, len(members) if side_by_side else 1)

    def _copies(self, c: int) -> list[Kernel]:
        """The kernels that lay the items of a class of arrays in a row."""
        items = self._items(c)
        count = items.shape[1]
        kinds = self.classes.of[items[0]]
        kernels = []
        for kind in distinct(kinds):
            (at,) = np.nonzero(kinds == kind)
            reads: list[Operand] = []
            term = self._read(kind, items[:, at].ravel(), reads)
            out = np.arange(len(items))[:, None] * count + at
            parts = [(term, _one_term(reads), np.ones(out.size, np.int64), False)]
            kernel = self._nest(c, out.ravel(), parts)
            kernels.append(kernel._replace(name=f"{kernel.name}i{kind}"))
        return kernels

    def _scatters(self, c: int) -> list[Kernel]:
        """The kernels that clear the scatter-adds of a class, and add what is scattered to them."""
        members = self.classes.members[c]
        size = len(members) * self.items[c].size
        nothing = Segment(Const(0.0), [], [], None, False)
        out = Access(self._buffer(c), np.zeros(1, np.int64), [1])
        name = self._name(c)
        clear = Kernel(
            *(f"{name}c", "clear", size, out, 1, [size], [nothing]),
            *(False, False, members),
            wavefront=int(self.wavefront[members[0]]),
        )
        kernels = [clear]
        for kind, many, updates in self.inputs[c]:
            # Update after update, the scatter-adds side by side; some may have fewer.
            there = np.arange(updates.shape[1])[:, None] < many
            places = self.classes.place[updates.T[there]]
            reads: list[Operand] = []
            term = self._term(kind, places, reads)
            at = np.broadcast_to(self._address(c, members), there.shape)[there]
            parts = [(term, _one_term(reads), np.ones(at.size, np.int64), False)]
            kernel = self._nest(c, at, parts)
            target = kernel.out._replace(items=self.items[c])
            kernels.append(kernel._replace(name=f"{name}p{kind}", out=target))
        return kernels

    def _name(self, c: int) -> str:
        """Of the kernel of a class."""
        return f"k{Buffer('scratch', c, part=self.part)}"

    # -- loop nests -------------------------------------------------------------------------------

    def _kernel(self, c: int, members: Ints) -> Kernel:
        op, count = self.op[c], len(members)
        everyone = np.arange(count)
        out = self._address(c, members)
        parts: list[tuple[Term, list[Operand], Ints, bool]] = []
        if op in MANY:
            for kind, many, inputs in self.inputs[c]:
                reads: list[Operand] = []
                term = self._read(kind, inputs, reads)
                parts.append((term, reads, many, op in OVER_ROWS))
        else:
            reads = []
            term = self._term(c, everyone, reads)
            parts.append((term, _one_term(reads), np.ones(count, np.int64), False))
        return self._nest(c, out, parts)

    def _nest(self, c: int, out: Ints, parts: list[Any]) -> Kernel:
        """The kernel's loops, from the addresses of all that it reads and writes."""
        count = len(out)
        width = max([1, *(r.at.shape[1] for _, reads, _, _ in parts for r in reads)])

        def widened(at: Ints) -> Ints:
            return np.concatenate([at, np.repeat(at[:, :1], width - at.shape[1], axis=1)], axis=1)

        stack = [np.repeat(out[:, None], width, axis=1)]
        stack += [widened(r.at) for _, reads, _, _ in parts for r in reads]
        counts = np.stack([many for _, _, many, _ in parts])
        axes, rest, kept = delinearise(np.stack(stack), counts)
        n = 1
        segments = []
        for i, (term, reads, _, over_rows) in enumerate(parts):
            many = kept[i]
            terms = int(many.max())
            mine = rest[n : n + len(reads), :, :terms]
            strides = [[axis.strides[n + k] for axis in axes] for k in range(len(reads))]
            n += len(reads)
            segments.append(_segment(term, reads, mine, strides, many, over_rows))
        inner = [axis.strides[0] for axis in axes]
        return Kernel(
            self._name(c),
            str(OPERATIONS[self.op[c]]),
            count,
            Access(self._buffer(c), rest[0, :, 0], inner),
            rest.shape[1],
            [axis.size for axis in axes],
            segments,
            self.op[c] in OVER_ROWS,
            bool(self.after[self.classes.members[c][0]]) and self.op[c] not in OVER_ROWS,
            self.classes.members[c],
            wavefront=int(self.wavefront[self.classes.members[c][0]]),
        )


def _one_term(reads: list[Operand]) -> list[Operand]:
    """What members of a single term each read, as sums do."""
    return [r._replace(at=r.at[:, None]) for r in reads]


def _segment(
    term: Term,
    reads: list[Operand],
    at: Ints,
    strides: list[list[int]],
    many: Ints,
    over_rows: bool,
) -> Segment:
    terms = at.shape[2] if len(reads) else int(many.max())
    if terms == 1 and len(many) == 1:
        single = [
            Access(r.buffer, at[k, :, 0], strides[k], items=r.items) for k, r in enumerate(reads)
        ]
        return Segment(term, single, [], None, over_rows)
    ragged = bool((many != many[0]).any())
    axes = separate(at) if reads else [Axis(terms, [])][: terms > 1]
    if ragged and axes is not None and len(axes) > 1:
        axes = None  # a count cuts one axis only
    if ragged and axes == []:
        axes = [Axis(1, [0] * len(reads))]
    accesses = []
    for k, r in enumerate(reads):
        reduce = tuple(axis.strides[k] for axis in axes or ())
        table = at[k] if axes is None else None
        accesses.append(Access(r.buffer, at[k, :, 0], strides[k], reduce, table, r.items))
    sizes = [terms] if axes is None else [axis.size for axis in axes]
    return Segment(term, accesses, sizes, many if ragged else None, over_rows)
