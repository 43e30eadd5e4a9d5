"""A function of numbers, run once on Values, becomes a program.

Its arguments become inputs, in the order in which they lie in the nesting; Values that it did not
make become parameters; those that it made from plain numbers become constants.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler import ir, sweeps
from jangrad.compiler.arguments import sequence
from jangrad.compiler.codes import CONST, INPUT, PARAM
from jangrad.compiler.ir import Program
from jangrad.engine import (
    Tracing,
    Value,
    as_float,
    read_data,
    tape,
    trace_lines,
    was_argument,
)
from jangrad.engine import argument as new_argument
from jangrad.errors import NotANumber, Untraceable

_turn = threading.RLock()  # the engine knows of one trace at a time


@dataclass
class Trace:
    """What was found.

    Attributes:
        program: the outputs of the function in order.
        params: the Values that it reads, by slot.
        result: the function's result, with the number of an output where a Value was.
        lookups: the inputs that pick rows of tables: (slot, number of rows).
        print: tells traces apart that compute something else, or with other numbers.
        lines: for each node of the program the user's line that made it, `file.py:12: code`, or "";
            empty when they were not asked for.
    """

    program: Program
    params: list[Value]
    result: Any
    lookups: list[tuple[int, int]]
    print: bytes
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Output:
    """Stands in a result for a Value."""

    number: int


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
    lanes: list[bool] = []
    made = []
    for position, argument in enumerate(arguments):
        made.append(_with_leaves(argument, inputs))
        lanes += [position in per_row] * (len(inputs) - len(lanes))
    outputs: list[Value] = []
    with _turn, trace_lines() if lines else nullcontext(), Tracing() as tracing:
        shape = _with_outputs(function(*made), outputs)
    taped = tape(outputs)
    recording = _in_order(*taped)
    params, leaves = _leaves(recording, inputs, parameters, {id(v) for v in tracing.leaves})
    program, places = ir.lower(recording.arrays, *leaves, recording.roots, len(params), len(inputs))
    if any(lanes):
        flags = np.zeros(len(program), np.int8)
        is_input = program.op == INPUT
        flags[is_input] = np.array(lanes, np.int8)[program.slot[is_input]]
        sweeps.spread(program.ptr, program.child, flags)
        program = replace(program, lane=flags)
    slot_of = {id(v): slot for slot, v in enumerate(inputs)} if tracing.lookups else {}
    lookups = [(slot_of[id(v)], n) for v, n in tracing.lookups if id(v) in slot_of]
    found_lines = _lines(program, recording, places) if lines else []
    return Trace(program, params, shape, lookups, _print_of(*taped), found_lines)


def print_again(function: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    """The `print` of another trace of the function; it differs where random numbers are drawn."""
    outputs: list[Value] = []
    with _turn, Tracing():
        _with_outputs(function(*[_with_leaves(argument, []) for argument in arguments]), outputs)
    return _print_of(*tape(outputs))


def _print_of(nodes: list[Value], codes: Any, *arrays: Any) -> bytes:
    """A digest of the operations and of all numbers in them, those of the leaves included."""
    lefts, rights, numbers, _, roots = arrays
    leaves = np.flatnonzero(np.asarray(codes) == 0).tolist()
    numbers = np.array(numbers)
    data = np.empty(len(leaves))
    if leaves:
        read_data([nodes[n] for n in leaves], data)
    numbers[leaves] = data
    found = hashlib.blake2b()
    parts: list[Any] = [codes, lefts, rights, numbers, np.array(roots)]
    for part in parts:
        found.update(part)
    return found.digest()


class _Recording(NamedTuple):
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
    recording: _Recording, inputs: list[Value], parameters: Sequence[Value], constants: set[int]
) -> tuple[list[Value], tuple[Any, Any, Any]]:
    """All parameters, and of each leaf what it is, which one, and its number.

    Args:
        recording: the tape.
        inputs: stand for the arguments.
        parameters: those that are known already.
        constants: the ids of the Values that were made from plain numbers.
    """
    codes, _, _, made_first = recording.arrays
    op, slot = np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    value = np.zeros(len(codes))
    params = list(parameters)
    known = {id(v): (INPUT, n) for n, v in enumerate(inputs)}
    known.update((id(v), (PARAM, n)) for n, v in enumerate(params))
    found: list[tuple[float, int, Value]] = []
    places = np.flatnonzero(codes == 0)
    for n, at in zip(places.tolist(), recording.order[places].tolist(), strict=True):
        leaf = recording.nodes[at]
        kind = known.get(id(leaf))
        if kind is not None:
            op[n], slot[n] = kind
        elif id(leaf) in constants:
            op[n], value[n] = CONST, leaf.data
        elif was_argument(leaf):
            raise Untraceable(
                "the function uses a Value that was an argument of an earlier call",
                why="what an argument was is over when the call returns",
                try_="return what later calls shall know, and give it to them as an argument",
            )
        else:
            found.append((float(made_first[n]), n, leaf))
    # In the order in which they were made, which is the one in which loops will read them.
    for _, n, leaf in sorted(found, key=lambda one: one[0]):
        op[n], slot[n] = PARAM, len(params)
        params.append(leaf)
    return params, (op, slot, value)


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
    if isinstance(given, (list, tuple)):
        return sequence(type(given), [_with_leaves(item, leaves) for item in given])
    if isinstance(given, dict):
        return {name: _with_leaves(item, leaves) for name, item in given.items()}
    if isinstance(given, np.ndarray) and given.ndim:
        return [_with_leaves(item, leaves) for item in given]
    leaves.append(new_argument(given))
    return leaves[-1]


def _with_outputs(result: Any, outputs: list[Value]) -> Any:
    """The result with an `Output` for each Value in it."""
    if isinstance(result, Value):
        outputs.append(result)
        return Output(len(outputs) - 1)
    if isinstance(result, (list, tuple)):
        return sequence(type(result), [_with_outputs(item, outputs) for item in result])
    if isinstance(result, np.ndarray):
        return [_with_outputs(item, outputs) for item in result]
    if isinstance(result, dict):
        return {name: _with_outputs(item, outputs) for name, item in result.items()}
    try:  # a plain number that depends on no argument
        outputs.append(Value(as_float(result)))
    except NotANumber:
        raise Untraceable(
            f"the function returned {result!r:.60} ({type(result).__name__})",
            why="a compiled function returns Values or numbers, in lists, tuples and dicts",
        ) from None
    return Output(len(outputs) - 1)
