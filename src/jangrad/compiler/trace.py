"""A function of numbers, run once on Values, becomes a program.

Its arguments become inputs, in the order in which they lie in the nesting; Values that it did not
make become parameters; those that it made from plain numbers become constants.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from jangrad.compiler import ir, sweeps
from jangrad.compiler.codes import CONST, INPUT, PARAM
from jangrad.compiler.ir import Program
from jangrad.engine import Tracing, Value, as_float, tape, trace_lines, was_argument
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
        lines: for each node of the program the user's line that made it, `file.py:12: code`, or "";
            empty when they were not asked for.
    """

    program: Program
    params: list[Value]
    result: Any
    lookups: list[tuple[int, int]]
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
    nodes, *arrays = _in_order(*tape(outputs))
    codes, made_first = (np.asarray(arrays[i]) for i in (0, 3))
    slot_of = {id(v): slot for slot, v in enumerate(inputs)}
    constants = {id(v) for v in tracing.leaves}
    params = list(parameters)
    param_of = {id(v): slot for slot, v in enumerate(params)}
    count = len(nodes)
    leaf_op, leaf_slot = np.zeros(count, np.int64), np.zeros(count, np.int64)
    leaf_value = np.zeros(count)
    found: list[int] = []
    for n in np.flatnonzero(codes == 0).tolist():
        leaf = nodes[n]
        if id(leaf) in slot_of:
            leaf_op[n], leaf_slot[n] = INPUT, slot_of[id(leaf)]
        elif id(leaf) in constants:
            leaf_op[n], leaf_value[n] = CONST, leaf.data
        elif was_argument(leaf):
            raise Untraceable(
                "the function uses a Value that was an argument of an earlier call",
                why="what an argument was is over when the call returns",
                try_="return what later calls shall know, and give it to them as an argument",
            )
        else:
            leaf_op[n] = PARAM
            if id(leaf) not in param_of:
                found.append(n)
    # In the order in which they were made, which is the one in which loops will read them.
    params += [nodes[n] for n in sorted(found, key=lambda n: float(made_first[n]))]
    param_of = {id(v): slot for slot, v in enumerate(params)}
    for n in np.flatnonzero(leaf_op == PARAM).tolist():
        if codes[n] == 0:
            leaf_slot[n] = param_of[id(nodes[n])]
    wanted = {id(v) for v in outputs}
    place_of = {id(v): n for n, v in enumerate(nodes) if id(v) in wanted}
    roots = np.array([place_of[id(v)] for v in outputs], np.int64)
    leaves = (leaf_op, leaf_slot, leaf_value)
    program, places = ir.lower(arrays, *leaves, roots, len(params), len(inputs))
    if any(lanes):
        flags = np.zeros(len(program), np.int8)
        is_input = program.op == INPUT
        flags[is_input] = np.array(lanes, np.int8)[program.slot[is_input]]
        sweeps.spread(program.ptr, program.child, flags)
        program = replace(program, lane=flags)
    lookups = [(slot_of[id(v)], n) for v, n in tracing.lookups if id(v) in slot_of]
    found_lines = _lines(program, nodes, places.tolist()) if lines else []
    return Trace(program, params, shape, lookups, found_lines)


def _lines(program: Program, nodes: list[Value], places: list[int]) -> list[str]:
    """The line that made each node; what has none, such as a term's sign, has that of its user."""
    found = [""] * len(program)
    for v, place in zip(nodes, places, strict=True):
        if place >= 0 and not v.is_leaf:
            found[place] = found[place] or v.made_at
    for n in range(len(program) - 1, -1, -1):
        for c in program.inputs_of(n):
            if program.op[c] not in ir.LEAVES:
                found[c] = found[c] or found[n]
    return found


def _in_order(
    nodes: list[Value], codes: Any, lefts: Any, rights: Any, numbers: Any, times: Any
) -> tuple[Any, ...]:
    """The tape in the order in which the user's loops made it, leaves first."""
    order = np.lexsort((np.arange(len(nodes)), times))
    place = np.empty(len(nodes) + 1, np.int64)
    place[order] = np.arange(len(nodes))
    place[-1] = -1  # where -1, no input, leads
    return (
        [nodes[n] for n in order.tolist()],
        np.asarray(codes)[order],
        place[np.asarray(lefts)[order]],
        place[np.asarray(rights)[order]],
        np.asarray(numbers)[order],
    )


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


def sequence(kind: type, items: list[Any]) -> Any:
    """A list or tuple of this kind; a named tuple takes its items one by one."""
    return kind(*items) if hasattr(kind, "_fields") else kind(items)


def flatten(arguments: Sequence[Any]) -> tuple[list[float], tuple[Any, ...]]:
    """The numbers of the arguments in order, and their nesting in a form that can be compared.

    Raises:
        NotANumber: when there is anything but numbers.
    """
    numbers: list[float] = []
    shape: list[Any] = [len(arguments)]
    for argument in arguments:
        _flatten(argument, numbers, shape)
    return numbers, (*shape, len(numbers))


def _flatten(argument: Any, numbers: list[float], shape: list[Any]) -> None:
    # A number leaves no mark in the shape, so each list says how many numbers came before it.
    if isinstance(argument, (list, tuple)):
        shape.append((type(argument), len(argument), len(numbers)))
        for item in argument:
            _flatten(item, numbers, shape)
    elif isinstance(argument, dict):
        shape.append((dict, tuple(argument), len(numbers)))
        for item in argument.values():
            _flatten(item, numbers, shape)
    elif isinstance(argument, np.ndarray) and argument.ndim:
        shape.append((np.ndarray, argument.shape, len(numbers)))
        if argument.dtype.kind in "fiub":
            numbers += argument.astype(float).ravel().tolist()
        else:
            numbers += [as_float(item) for item in argument.ravel().tolist()]
    elif type(argument) in (float, int):
        numbers.append(argument)
    elif isinstance(argument, Value):
        raise NotANumber(
            f"an argument of a compiled function is a number, not {argument!r}",
            why="it is read at each call; Values that the function closes over are its parameters",
            try_="v.data; for a gradient, jit(grad(f)) and not grad(jit(f))",
        )
    else:
        numbers.append(as_float(argument))


def nesting(argument: Any) -> str:
    """The nesting of an argument in words.

    >>> nesting([1.0, 2.0]), nesting(([1, 2], 3.0)), nesting({"x": [[1.0, 2.0]]})
    ('list[2]', 'tuple(list[2], number)', 'dict(x=list[1] of list[2])')
    """
    if isinstance(argument, dict):
        return f"dict({', '.join(f'{name}={nesting(item)}' for name, item in argument.items())})"
    if isinstance(argument, np.ndarray) and argument.ndim:
        return f"array{list(argument.shape)}"
    if not isinstance(argument, (list, tuple)):
        return "number"
    name, kinds = type(argument).__name__, [nesting(item) for item in argument]
    if len(set(kinds)) > 1:
        return f"{name}({', '.join(kinds)})"
    return f"{name}[{len(kinds)}]" + (f" of {kinds[0]}" if {*kinds} - {"number"} else "")


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
