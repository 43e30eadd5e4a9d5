"""A function of numbers, run once on Values, becomes a program.

Its arguments become inputs, in the order in which they lie in the nesting; Values that it did not
make become parameters, also those that were computed before, whose numbers are what they are; those
that it made from plain numbers become constants.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from jangrad import ops
from jangrad.arrays import sequence
from jangrad.compiler.program import ir, sweeps
from jangrad.compiler.program.arguments import DEEPEST, filled
from jangrad.compiler.program.codes import CONST, INPUT, PARAM
from jangrad.compiler.program.differentiate import with_gradient
from jangrad.compiler.program.gathers import with_gathers
from jangrad.compiler.program.ir import Ints, Program
from jangrad.derivatives import in_another_thread
from jangrad.engine import Value, as_float, check_fresh, was_argument
from jangrad.engine import argument as new_argument
from jangrad.errors import NotANumber, Untraceable
from jangrad.record import Record
from jangrad.tape import read_data, tape
from jangrad.watching import Tracing, trace_lines


class Trace(Record):
    """What was found.

    Attributes:
        program: the outputs of the function in order.
        params: the Values that it reads, by slot.
        result: the function's result, with the number of an output where a Value was.
        lookups: the inputs that have to be something, such as a row of a table: (slot, need).
        earlier: the Values behind it that were computed before.
        behind: the leaves of which these were computed.
        read: the Values that other threads have read meanwhile, each with its number.
        lines: for each node of the program the user's line that made it, `file.py:12: code`, or "";
            empty when they were not asked for.
        node_of: where lines were asked for, the node of each Value that the function made or was
            given, by its `id`; -1 where it was inlined into another.
    """

    program: Program
    params: list[Value]
    result: Any
    lookups: list[tuple[int, int]]
    earlier: Sequence[Value] = ()
    behind: Sequence[Value] = ()
    read: Sequence[tuple[Value, float]] = ()
    lines: Sequence[str] = ()
    node_of: Mapping[int, int] = {}

    def with_shared(self, width: int) -> Trace:
        """The trace with the first parameters in the place of all inputs but the first `width`."""
        program = self.program
        shared = (program.op == INPUT) & (program.slot >= width)
        op = np.where(shared, PARAM, program.op)
        slot = np.where(shared, program.slot - width, program.slot)
        return self._replace(program=program._replace(op=op, slot=slot, inputs=width))

    def check_earlier(self, learning: Sequence[Value]) -> None:
        """That what was computed before has a gradient, in this step and in those to come.

        Raises:
            Untraceable: when it was computed from Values that learn.
            StaleGraph: when something that it was computed from has been assigned since.
        """
        check_fresh(self.earlier)
        if self.behind and not {*map(id, self.behind)}.isdisjoint(map(id, learning)):
            raise Untraceable(
                "the loss uses a Value that was computed outside of it, from parameters that learn",
                why="it keeps its number while they learn, so from the second step on it is stale",
                try_="compute it inside the loss",
            )

    def uses(self, values: Sequence[Value]) -> bool:
        """Whether the function has a gradient in one of them, be it 0."""
        program, count = self.program, len(values)
        slots = program.slot[(program.op == PARAM) & with_gradient(program)].tolist()
        if any(slot < count and self.params[slot] is values[slot] for slot in slots):
            return True  # as most traces do, whose parameters begin with those that learn
        return not {id(self.params[slot]) for slot in slots}.isdisjoint(map(id, values))


class OfDerivative(Untraceable):
    """The function is a part of a derivative that is being taken in another thread."""


class Output:
    """Stands in a result for a Value."""

    def __init__(self, number: int) -> None:
        self.number = number


def trace(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    parameters: Sequence[Value] = (),
    per_row: Sequence[int] = (),
    *,
    lines: bool = False,
) -> Trace:
    """Run the function once on Values.

    Args:
        function: what to trace; it returns Values in any nesting.
        arguments: numbers in any nesting; what they are does not matter, only how many.
        parameters: Values that get the first parameter slots, in this order, used or not.
        per_row: the positions of the arguments of which each row of a batch has its own.
        lines: whether to find the line of the user's program that made each node.

    Raises:
        Untraceable: when the function reads a number, or returns none that it computed.
        NotANumber, ShapeError: when an argument holds anything but numbers.
    """
    inputs: list[Value] = []
    batched: list[bool] = []
    made = []
    for position, argument in enumerate(arguments):
        made.append(_with_leaves(argument, inputs))
        batched += [position in per_row] * (len(inputs) - len(batched))
    given = [_contents(argument) for argument in made]
    outputs: list[Value] = []
    before = tape([Value(0.0) + 0.0])[5][-1]
    with trace_lines() if lines else nullcontext(), Tracing() as tracing:
        shape = _with_outputs(function(*made), outputs)
    for position, contents in enumerate(given):
        _check_unchanged(contents, position)
    nodes, *arrays = tape(outputs)
    for at in np.flatnonzero(np.asarray(arrays[0]) == ops.CLOSURE)[:1].tolist():
        raise Untraceable.own_backward(nodes[at].op, "compiled")
    if in_another_thread(nodes):
        raise OfDerivative(
            "the function uses a Value by which another thread is taking a derivative",
            why="compiled code gives plain numbers, through which no gradient flows",
            try_="call it as it was written, in that derivative",
        )
    taped, earlier, behind = _from(before, nodes, *arrays)
    recording = _in_order(*taped)
    params, leaves = _leaves(recording, inputs, list(parameters), tracing.leaves)
    program, places = ir.lower(recording.arrays, *leaves, recording.roots, len(params), len(inputs))
    lookups: list[tuple[int, int]] = []
    if tracing.lookups:
        slot_of = {id(v): slot for slot, v in enumerate(inputs)}
        lookups = [(slot_of[id(v)], n) for v, n in tracing.lookups if id(v) in slot_of]
    rows = {slot: need for slot, need in sorted(lookups) if need > 0}
    if rows:
        program, became = with_gathers(program, rows)
        places = np.where(places < 0, -1, became[places])
    if any(batched):
        flags = np.zeros(len(program), np.int8)
        is_input = program.op == INPUT
        flags[is_input] = np.array(batched, np.int8)[program.slot[is_input]]
        sweeps.spread(program.ptr, program.child, flags)
        program = program._replace(batched=flags)
    found_lines: list[str] = []
    node_of: dict[int, int] = {}
    if lines:
        found_lines = _lines(program, recording, places)
        ids = _ids(recording.nodes)[recording.order]
        node_of = dict(zip(ids.tolist(), places.tolist(), strict=True))
    read = list(tracing.elsewhere.values())
    return Trace(program, params, shape, lookups, earlier, behind, read, found_lines, node_of)


def _contents(argument: Any) -> list[tuple[Any, list[Any]]]:
    """All lists and dicts in an argument, each with its keys and items."""
    if not isinstance(argument, (list, tuple, dict)):
        return []
    held = _held(argument)
    found = [] if isinstance(argument, tuple) else [(argument, held)]
    for item in held:
        found += _contents(item)
    return found


def _held(container: Any) -> list[Any]:
    if isinstance(container, dict):
        return [*dict.keys(container), *dict.values(container)]
    return [*(list if isinstance(container, list) else tuple).__iter__(container)]


def _check_unchanged(contents: list[tuple[Any, list[Any]]], position: int) -> None:
    """That the function has left an argument as it was.

    Raises:
        Untraceable: when it has put something else into it, or taken something out.
    """
    for container, before in contents:
        now = _held(container)
        if len(now) != len(before) or not all(map(operator.is_, now, before)):
            raise Untraceable(
                f"the function changes its argument {position + 1}",
                why="what is traced is a copy, so the caller's would stay as it is",
                try_="a new list for what is changed, `ys = [2 * x for x in xs]`; return it, if"
                " callers need it",
            )


def _from(
    before: int, nodes: list[Value], *arrays: Any
) -> tuple[tuple[Any, ...], list[Value], list[Value]]:
    """A tape in which Values that were computed before are leaves; these, and their own leaves."""
    codes, lefts, rights, numbers, times, roots = map(np.asarray, arrays)
    earlier = (codes != 0) & (times <= before)
    if not earlier.any():
        return (nodes, *arrays), [], []
    own = (codes != 0) & ~earlier
    used = np.zeros(len(nodes) + 1, bool)
    for part in (lefts[own], rights[own], roots):
        used[part] = True
    kept = own | used[:-1]
    under = np.zeros(len(nodes) + 1, bool)  # what those are made of that were computed before
    under[lefts[earlier]] = under[rights[earlier]] = True
    behind = [nodes[n] for n in np.flatnonzero((codes == 0) & under[:-1]).tolist()]
    for leaf in behind:
        _check_over(leaf)
    place = np.append(np.where(kept, np.cumsum(kept) - 1, -1), -1)
    codes, numbers = np.where(earlier, 0, codes), np.where(earlier, np.inf, numbers)
    lefts, rights = (np.where(earlier, -1, place[part]) for part in (lefts, rights))
    cut = [part[kept] for part in (codes, lefts, rights, numbers, np.where(earlier, 0, times))]
    found = [nodes[n] for n in np.flatnonzero(earlier).tolist()]
    return ([nodes[n] for n in np.flatnonzero(kept).tolist()], *cut, place[roots]), found, behind


class _Recording(Record):
    """A tape in the order in which the user's loops made it, leaves first.

    Attributes:
        nodes: the Values, as the tape has them.
        order: of each place here, which of them stands there.
        arrays: codes, lefts, rights, numbers.
        roots: the places of the outputs.
    """

    nodes: list[Value]
    order: Any
    arrays: tuple[Any, Any, Any, Any]
    roots: Any


def _in_order(
    nodes: list[Value], codes: Any, lefts: Any, rights: Any, numbers: Any, times: Any, roots: Any
) -> _Recording:
    order = np.argsort(np.asarray(times), kind="stable")
    place = np.empty(len(nodes) + 1, np.int64)
    place[order] = np.arange(len(nodes))
    place[-1] = -1  # where -1, no input, leads
    arrays = (
        np.asarray(codes)[order],
        place[np.asarray(lefts)[order]],
        place[np.asarray(rights)[order]],
        np.asarray(numbers)[order],
    )
    return _Recording(nodes, order, arrays, place[np.array(roots, np.int64)])


def _leaves(
    recording: _Recording, inputs: list[Value], parameters: list[Value], constants: list[Value]
) -> tuple[list[Value], tuple[Any, Any, Any]]:
    """All parameters, and of each leaf what it is, which one, and its number.

    Args:
        recording: the tape.
        inputs: stand for the arguments.
        parameters: those that are known already.
        constants: the Values that were made from plain numbers.
    """
    codes, _, _, made_first = recording.arrays
    op, slot = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    value = np.zeros(len(codes))
    places = np.flatnonzero(codes == 0)
    leaves = recording.order[places]  # where they stand in the tape
    known = [*inputs, *parameters, *constants]
    groups = (len(inputs), len(parameters), len(constants))
    kinds = np.repeat([INPUT, PARAM, CONST], groups)
    slots = np.concatenate([np.arange(size) for size in groups])
    which = _positions(_ids(recording.nodes)[leaves], _ids(known))
    is_known = which >= 0
    op[places[is_known]] = kinds[which[is_known]]
    slot[places[is_known]] = slots[which[is_known]]
    numbered = op[places] == CONST
    value[places[numbered]] = _data_of([recording.nodes[at] for at in leaves[numbered].tolist()])
    params = list(parameters)
    # In the order in which they were made, which is the one in which loops will read them.
    others = np.flatnonzero(~is_known)
    for n in others[np.argsort(made_first[places[others]], kind="stable")].tolist():
        leaf = recording.nodes[leaves[n]]
        _check_over(leaf)
        op[places[n]], slot[places[n]] = PARAM, len(params)
        params.append(leaf)
    return params, (op, np.where(op == CONST, 0, slot), value)


def _check_over(leaf: Value) -> None:
    """That it was no argument of an earlier call."""
    if was_argument(leaf):
        raise Untraceable(
            "the function uses a Value that was an argument of an earlier call",
            why="what an argument was is over when the call returns",
            try_="return what later calls shall know, and give it to them as an argument",
        )


def _ids(values: list[Value]) -> Ints:
    """The `id` of each; to look at the Values themselves would take longer than all else."""
    found = np.empty(len(values), np.int64)
    sweeps.write_ids(values, found)
    return found


def _positions(ids: Ints, known: Ints) -> Any:
    """Where each number stands in the other array; -1 where it does not."""
    if not len(known):
        return np.full(len(ids), -1)
    order = np.argsort(known, kind="stable")
    found = order[np.minimum(np.searchsorted(known, ids, sorter=order), len(known) - 1)]
    return np.where(known[found] == ids, found, -1)


def _data_of(values: list[Value]) -> Any:
    """Their numbers as an array."""
    found = np.empty(len(values))
    read_data(values, found)
    return found


def _lines(program: Program, recording: _Recording, places: Any) -> list[str]:
    """The line that made each node; what has none, such as a term's sign, has that of its user."""
    found = [""] * len(program)
    for at, place in zip(recording.order.tolist(), places.tolist(), strict=True):
        v = recording.nodes[at]
        if place >= 0 and not v.is_leaf:
            found[place] = found[place] or v.made_at
    for n in range(len(program) - 1, -1, -1):
        for c in program.inputs_of(n):
            if program.op[c] not in ir.LEAVES:
                found[c] = found[c] or found[n]
    return found


def _with_leaves(given: Any, leaves: list[Value]) -> Any:
    """The argument with a new Value for each number in it."""

    def leaf(number: Any) -> Value:
        leaves.append(new_argument(number))
        return leaves[-1]

    return filled(given, leaf)


def numbers_of(result: Any) -> list[float]:
    """The numbers in a result, in the order of the outputs of its trace."""
    outputs: list[Value] = []
    _with_outputs(result, outputs)
    return [output.data for output in outputs]


def _with_outputs(result: Any, outputs: list[Value], deepest: int = DEEPEST) -> Any:
    """The result with an `Output` for each Value in it."""
    if deepest == 0:
        raise Untraceable(
            f"the function returns lists that lie in each other more than {DEEPEST} times",
            why="so does a list that holds itself, which has no end",
            try_="a flat list",
        )
    if isinstance(result, Value):
        outputs.append(result)
        return Output(len(outputs) - 1)
    if isinstance(result, (list, tuple)):
        return sequence(
            type(result), [_with_outputs(item, outputs, deepest - 1) for item in result]
        )
    if isinstance(result, np.ndarray) and result.ndim:
        return [_with_outputs(item, outputs, deepest - 1) for item in result]
    if isinstance(result, dict):
        return {name: _with_outputs(item, outputs, deepest - 1) for name, item in result.items()}
    if isinstance(result, np.ndarray):  # without axes
        return _with_outputs(result.item(), outputs)
    try:  # a plain number that depends on no argument
        outputs.append(Value(as_float(result)))
    except NotANumber:
        raise Untraceable(
            f"the function returned {result!r:.60} ({type(result).__name__})",
            why="a compiled function returns Values or numbers, in lists, tuples and dicts",
        ) from None
    return Output(len(outputs) - 1)
