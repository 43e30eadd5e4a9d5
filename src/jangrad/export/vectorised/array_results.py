"""From a program of scalars to an array program: all classes in order, loops, and results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jangrad.compiler.exporting import Ints, Program
from jangrad.export.vectorised.array_names import Variable
from jangrad.export.vectorised.array_program import (
    Along,
    Array,
    ArrayLoop,
    ArrayProgram,
    ArrayStep,
    Compute,
    Expression,
    Label,
    ReadArray,
)
from jangrad.export.vectorised.array_recovery import LeafPlace, NodeBox, Recovery, Wanted
from jangrad.export.vectorised.array_rolling import RolledLoop
from jangrad.export.vectorised.array_turns import is_regular


def recover(
    program: Program,
    inputs: Sequence[LeafPlace],
    parameters: Sequence[LeafPlace],
    wanted: Sequence[Wanted],
    variables: Sequence[Variable] = (),
    *,
    learning: bool = False,
    loops: bool = False,
) -> ArrayProgram:
    """The array program.

    Args:
        program: the scalars; every output is among the wanted.
        inputs, parameters: where the leaf of each slot is found.
        wanted: the results.
        variables: what names the arrays may have.
        learning: whether a gradient is wanted, which uses again what it needs.
        loops: whether there may be loops; where they are not, steps stand one after the other.
    """
    given = (program, inputs, parameters, wanted, variables, learning)
    found = _Whole(*given, loops).run()
    irregular = any(isinstance(s, ArrayLoop) and not is_regular(s) for s in found.statements)
    return _Whole(*given, False).run() if irregular else found


class _Whole(Recovery):
    def run(self) -> ArrayProgram:
        for unit in self._in_order():
            if isinstance(unit, RolledLoop):
                self._settle_loop(unit)
            else:
                self.settle(unit)
        self.renamed: set[Array] = set()
        self.out.results = [self._result(wanted) for wanted in self.wanted]
        return self.out

    def _in_order(self) -> list[int | RolledLoop]:
        """Classes and loops, behind all that they read."""
        unit_of: dict[int, int | RolledLoop] = {c: c for c in range(len(self.op))}
        for loop in self.loops:
            unit_of.update(dict.fromkeys(loop.classes, loop))
        done: set[int] = set()
        order: list[int | RolledLoop] = []
        for first in range(len(self.op)):
            waiting = [first]
            while waiting:
                unit = unit_of[waiting[-1]]
                mine = unit.classes if isinstance(unit, RolledLoop) else [unit]
                if mine[0] in done:
                    waiting.pop()
                    continue
                needed = [kind for c in mine for kind, _, _ in self.inputs[c]]
                if isinstance(unit, RolledLoop):
                    starts = np.concatenate(list(unit.starts.values()))
                    needed += self.classes.of[starts].tolist()
                left = [k for k in needed if k not in done and k not in mine]
                if left:
                    waiting += left
                    continue
                done.update(mine)
                order.append(unit)
                waiting.pop()
        return order

    # -- loops ------------------------------------------------------------------------------------

    def _settle_loop(self, loop: RolledLoop) -> None:
        """The arrays of a loop; their first axis runs over its steps."""
        (t,) = self.labels([loop.steps])
        made = ArrayLoop(t, [])
        for c in loop.starts:
            self._place_over_steps(c, loop)
        for c in loop.classes:
            if c not in loop.starts:
                if self.inlining.inlines(c):
                    continue
                self._place_over_steps(c, loop)
            array, coords = self.array[c], self.coords[c]
            assert array is not None
            ahead = int(c in loop.starts)
            labels = self.labels(array.shape[1:])
            nodes = np.empty(array.shape, np.int64)
            nodes[tuple(coords)] = self.classes.members[c]
            expression = self.of_class(c, NodeBox(nodes[ahead:], (t, *labels)))
            made.steps.append(ArrayStep(array, ahead, labels, expression))
        for c, start in loop.starts.items():
            array = self.array[c]
            assert array is not None
            nodes = np.empty(array.shape, np.int64)
            nodes[tuple(self.coords[c][:, : len(start)])] = start
            nodes = nodes[0]
            made.starts[array] = self._start(array, nodes)
        self.out.statements.append(made)

    def _place_over_steps(self, c: int, loop: RolledLoop) -> None:
        """Say where the members of a class lie in an array, step after step."""
        members = self.classes.members[c]
        count = loop.steps + (c in loop.starts)
        found = self.boxed(c, self.boxes[c]) if c in self.boxes else None
        if found is None:
            step = members[len(members) // count :][: len(members) // count]
            inner = self.layout_of(c, step, holes=False)
            places = np.repeat(np.arange(count), len(step))
            found = inner._replace(
                shape=(count, *inner.shape),
                places=np.concatenate([places[None], np.tile(inner.places, count)]),
            )
        self.coords[c] = found.places
        self.array[c] = Array(self.name(c), "computed", found.shape, self.batched[c])

    def _start(self, array: Array, nodes: Ints) -> tuple[tuple[Label, ...], Expression]:
        """What a state is before the first step."""
        labels = self.labels(nodes.shape)
        kinds = np.unique(self.classes.of[nodes])
        if len(kinds) == 1:
            return labels, self.read(int(kinds[0]), NodeBox(nodes, labels))
        batched = bool(self.p.batched[nodes].any())
        start = Array(self.names.new(f"{array.name}_start"), "computed", nodes.shape, batched)
        self.out.statements.append(self.filled(start, nodes))
        return labels, ReadArray(start, tuple(Along(0, ((label, 1),)) for label in labels))

    # -- results ----------------------------------------------------------------------------------

    def _result(self, wanted: Wanted) -> Array:
        """The array of a result."""
        nodes = wanted.nodes
        kinds = np.unique(self.classes.of[nodes])
        batched = bool(self.p.batched[nodes].any()) if nodes.size else False
        if len(kinds) == 1:
            found = self._as_it_is(int(kinds[0]), nodes, wanted.name)
            if found is not None:
                return found
        array = Array(wanted.name, "computed", nodes.shape, batched)
        if len(kinds) == 1:
            labels = self.labels(nodes.shape)
            expression = self.read(int(kinds[0]), NodeBox(nodes, labels))
            self.out.statements.append(Compute(array, labels, expression))
        else:
            self.out.statements.append(self.filled(array, nodes))
        return array

    def _as_it_is(self, kind: int, nodes: Ints, name: str) -> Array | None:
        """The array of a class, renamed, where it is the result as it stands."""
        array = self.array[kind]
        if array is None or array.of or array.role != "computed" or array.shape != nodes.shape:
            return None
        at = self.coords[kind][:, self.place[nodes.ravel()]]
        if (
            len(at) != nodes.ndim
            or (at != np.indices(nodes.shape).reshape(nodes.ndim, nodes.size)).any()
        ):
            return None
        if array in self.renamed:  # it is another result already
            return None
        self.renamed.add(array)
        array.name = name
        return array
