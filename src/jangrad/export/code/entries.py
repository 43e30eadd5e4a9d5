"""What is exported: the loop programs of a function, of its gradient and of a training step.

All of them read the same parameters, which lie in arrays in the order of `Exported.groups`, those
that learn first.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jangrad.compiler.exporting import (
    ARRAY,
    GRADIENTS,
    INPUTS,
    LEAVES,
    PARAM,
    RESULTS,
    Buffer,
    Compiled,
    Kernel,
    Number,
    Output,
    Plan,
    Program,
    Region,
    Source,
    Target,
    Trace,
    differentiate,
    flatten,
    laid_out,
    plain_loops,
    prune,
    shape_of,
    signature_of,
    spread,
    traced_once,
    with_own_outputs,
)
from jangrad.compiler.exporting import loop_ir as ir
from jangrad.engine import Value
from jangrad.errors import ConfigError, NoGradient
from jangrad.export.code.parameters import ParameterArray, groups_of, paths_to
from jangrad.export.code.table_model import Labels
from jangrad.export.refusals import refuse_estimator, refuse_nothing
from jangrad.needs import COUNT, SIGN, UNIT
from jangrad.watching import trace_lines

if TYPE_CHECKING:
    from jangrad.train.optimizers import Optimizer

_MOST_LINES = 3  # of the user's, beside a loop


class GivenArgument(NamedTuple):
    """One argument of a function.

    Attributes:
        name: what the user calls it.
        shape: of the numbers in it, () for a single one; (size,) where they are nested unevenly.
        start: of its numbers the first one's place among all.
        needs: what some of its numbers have to be, in words.
    """

    name: str
    shape: tuple[int, ...]
    start: int
    needs: list[str]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return int(np.prod(self.shape, dtype=np.int64))


class Entry(NamedTuple):
    """A function of the export.

    Attributes:
        name: "value", "gradient" or "train_step".
        program: its scalars.
        loops: the same as loops.
        arguments: what it is given; argument k is the buffer `inputs` of that number.
        shape: of what it gives, () for one number; None where it is nested unevenly.
        lines: of each nest, by its label, the user's lines that it is from.
        lookups: the inputs that have to be something, with that.
    """

    name: str
    program: Program
    loops: ir.LoopProgram
    arguments: list[GivenArgument]
    shape: tuple[int, ...] | None
    lines: dict[str, list[str]]
    lookups: list[tuple[int, int]]

    @property
    def outputs(self) -> int:
        """How many numbers it gives."""
        return self.loops.sizes.get(RESULTS, 0)


class Exported(NamedTuple):
    """All that a target prints.

    Attributes:
        entries: the functions, the value first.
        groups: the parameters.
        learning: how many of the parameters learn, which are the first ones.
        number: "double" or "float".
        optimizer: what makes the training step, if there is one.
        examples: numbers for the value, for a self-test.
        labels: texts that numbers stand for.
        notes: what callers of the value have to know, a sentence each.
    """

    entries: list[Entry]
    groups: list[ParameterArray]
    learning: int
    number: Number
    optimizer: Optimizer | None
    examples: list[list[float]]
    labels: Sequence[Labels] = ()
    notes: Sequence[str] = ()

    @property
    def parameters(self) -> list[Value]:
        """All of them, in order."""
        return [value for group in self.groups for value in group.values]

    @property
    def kept(self) -> dict[Buffer, str]:
        """What a training step keeps from call to call, and what each is called."""
        assert self.optimizer is not None, "a training step has one"
        state = enumerate(self.optimizer.rule.state)
        return {GRADIENTS: "gradient"} | {Buffer("state", k): f"state_{name}" for k, name in state}


class Traced(NamedTuple):
    """A function that was traced, and what its arguments are called."""

    function: Callable[..., Any]
    found: Trace
    arguments: list[Any]
    number: Number
    names: list[str]


# -- traces ----------------------------------------------------------------------------------------


def traced(function: Any, arguments: Sequence[Any] | None, noun: str = "arguments") -> Traced:
    """The program of a function, for arguments like these, or like those of its first call.

    Raises:
        ConfigError: when nobody says what its arguments are like, or it cannot be called.
        Untraceable: as `jit` says.
    """
    if not callable(function):
        refuse_estimator(function)
        raise ConfigError(
            f"what is exported is a function or a network, not {function!r:.60}",
            try_="a function of numbers, what `jit` gives, or an MLP",
        )
    number: Number = "double"
    if isinstance(function, Compiled):
        number = function.number
        if arguments is None:
            found, given = function.traced(noun)
            return Traced(
                function, _without_caller(found), given, number, _names(function, len(given))
            )
    if arguments is None:
        arguments = _of_network(function, noun)
    if not isinstance(arguments, (list, tuple)):
        raise ConfigError(
            f"`{noun}` is {arguments!r:.60} ({type(arguments).__name__}), not a tuple",
            why="it holds an example of each argument of the function",
            try_=f"{noun}=([0.0, 0.0],) for a function of one list of two numbers",
        )
    plain = getattr(function, "function", function)
    _check_count(function, signature_of(plain), arguments, noun)
    free, form = laid_out(signature_of(plain), arguments, {})
    called = plain if form is None else spread(plain, form)
    found = traced_once(plain, called, free)
    refuse_nothing(_called(function), found.program, found.result)
    return Traced(function, _without_caller(found), list(free), number, _names(function, len(free)))


def _without_caller(found: Trace) -> Trace:
    """The trace without the line that exports, where nothing of the user's is inside of it."""
    with trace_lines():
        here = (Value(0.0) + 0.0).made_at
    return found._replace(lines=["" if line == here else line for line in found.lines])


def _check_count(
    function: Any, known: inspect.Signature | None, arguments: Sequence[Any], noun: str
) -> None:
    """That there is an example for each argument."""
    if known is None:
        return
    try:
        known.bind(*arguments)
    except TypeError as error:
        raise ConfigError(
            f"`{noun}` holds {len(arguments)} example(s), and {_called(function)} takes {known}:"
            f" {error}",
            why="it holds an example of each argument, not the numbers of one",
            try_=f"{noun}=({list(arguments)!r:.40},) if that is the only argument",
        ) from None


def _of_network(function: Any, noun: str) -> tuple[Any, ...]:
    width = getattr(function, "n_inputs", None)
    if not isinstance(width, int):
        raise ConfigError(
            f"what the arguments of {_called(function)} are like is not known",
            why="a program has so many numbers, in lists of such lengths, and no others",
            try_=f"{noun}=(example, ...), an example of each argument; or call the `jit` function"
            " once before",
        )
    return ([0.0] * width,)


def _called(function: Any) -> str:
    return f"`{getattr(function, '__name__', type(function).__name__)}`"


def _names(function: Any, count: int) -> list[str]:
    known = signature_of(getattr(function, "function", function))
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in known.parameters.values() if p.kind in kinds] if known else []
    return names if len(names) == count else [f"x{i}" for i in range(count)]


def _arguments(one: Traced) -> list[GivenArgument]:
    found, start = [], 0
    needs = dict(one.found.lookups)
    for name, example in zip(one.names, one.arguments, strict=True):
        size = len(flatten((example,))[0])
        shape = _shape(example, size)
        words = [
            f"{name}{f'[{slot - start}]' * (shape != ())} is {_need(needs[slot])}"
            for slot in range(start, start + size)
            if slot in needs
        ]
        found.append(GivenArgument(name, shape, start, words))
        start += size
    return found


def _need(need: int) -> str:
    said = {SIGN: "-1 or 1", UNIT: "from 0 to 1", COUNT: "0 or more"}
    return said.get(need) or f"an integer from 0 to {need - 1}"


def _shape(example: Any, size: int) -> tuple[int, ...]:
    if isinstance(example, dict):
        return (size,)
    try:
        shape = np.shape(example)
    except ValueError:  # ragged
        return (size,)
    return shape if int(np.prod(shape, dtype=np.int64)) == size else (size,)


# -- programs --------------------------------------------------------------------------------------


def exported(
    value: Traced,
    number: Number,
    *,
    gradient: bool = False,
    loss: Traced | None = None,
    optimizer: Optimizer | None = None,
) -> Exported:
    """The loop programs.

    Args:
        value: what is computed.
        number: "double" or "float".
        gradient: whether its derivatives by its arguments are wanted too.
        loss: what a training step makes smaller.
        optimizer: how, and what learns.
    """
    every = [*value.found.params, *(loss.found.params if loss else [])]
    paths = paths_to([one.function for one in (value, loss) if one])
    learning = list(optimizer.parameters) if optimizer else []
    own = {*map(id, learning)}
    others = list({id(v): v for v in every if id(v) not in own}.values())
    groups = [*groups_of(learning, paths), *groups_of(others, paths)]
    place = {id(v): n for n, v in enumerate(v for group in groups for v in group.values)}
    entries = [_value(value, place, number)]
    if gradient:
        entries.append(_gradient(value, place, number))
    if loss is not None and optimizer is not None:
        entries.append(_step(loss, place, number, optimizer))
    examples = [flatten(value.arguments)[0]]
    return Exported(entries, groups, len(learning), number, optimizer, examples)


def _moved(found: Trace, place: Mapping[int, int]) -> Program:
    """The program with its parameters in their places among all."""
    program = found.program
    to = np.array([place[id(v)] for v in found.params], np.int64)
    is_parameter = program.op == PARAM
    slot = program.slot.copy()
    slot[is_parameter] = to[slot[is_parameter]]
    batched = np.zeros_like(program.batched)  # of a map: one row
    return program._replace(slot=slot, batched=batched, params=len(place))


def _given(arguments: Sequence[GivenArgument]) -> tuple[list[Region], dict[Buffer, int]]:
    """Each argument in a buffer of its own."""
    buffers = [Buffer("inputs", k) for k in range(len(arguments))]
    pairs = list(zip(buffers, arguments, strict=True))
    regions = [Region(b, a.start, a.start + a.size) for b, a in pairs]
    return regions, {b: a.size for b, a in pairs}


def _entry(name: str, one: Traced, source: Source, number: Number, shape: Any) -> Entry:
    found, loops = plain_loops(source, number)
    keys = one.found.program.key.tolist()
    lines = _lines_of(found, dict(zip(keys, one.found.lines, strict=True)))
    return Entry(name, source.program, loops, _arguments(one), shape, lines, one.found.lookups)


def _value(one: Traced, place: Mapping[int, int], number: Number) -> Entry:
    program = with_own_outputs(_moved(one.found, place))
    regions, sizes = _given(_arguments(one))
    count = len(program.outputs)
    source = Source(program, regions, [Target(RESULTS, 0, count)], {**sizes, RESULTS: count})
    return _entry("value", one, source, number, shape_of(one.found.result))


def _gradient(one: Traced, place: Mapping[int, int], number: Number) -> Entry:
    """The value, and its derivatives by all arguments that are no indices."""
    program = _moved(one.found, place)
    if not isinstance(one.found.result, Output):
        outputs = len(program.outputs)
        raise ConfigError(
            f"{_called(one.function)} gives {outputs} number{'s' * (outputs != 1)} in a"
            f" {type(one.found.result).__name__}, so it has no gradient",
            why="a gradient is that of one number",
            try_="a function that returns one Value, such as lambda x: net(x)[0]",
        )
    root = int(program.outputs[0])
    program, slopes = differentiate(program, root, wrt_inputs=True)
    program = program._replace(outputs=np.concatenate([[root], slopes]))
    program = with_own_outputs(prune(program))
    arguments = _arguments(one)
    regions, sizes = _given(arguments)
    targets = [Target(RESULTS, 0)]
    for k, argument in enumerate(arguments):
        targets.append(Target(Buffer("gradients", k), 0, argument.size))
        sizes[Buffer("gradients", k)] = argument.size
    source = Source(program, regions, targets, {**sizes, RESULTS: 1})
    return _entry("gradient", one, source, number, ())


def _step(one: Traced, place: Mapping[int, int], number: Number, optimizer: Optimizer) -> Entry:
    from jangrad.train.compiled.step_program import step_source

    if not isinstance(one.found.result, Output):
        raise ConfigError(
            f"the loss is a {type(one.found.result).__name__}, not a Value",
            why="training follows the gradient of one number",
        )
    if not one.found.uses(optimizer.parameters):
        raise NoGradient.of_loss()
    program = _moved(one.found, place)
    count = len(optimizer.parameters)
    source = step_source(
        *(program, count, optimizer.rule, optimizer.options),
        per_row=False,
        with_norm=False,
        threads=1,
        checked=False,
        exact=False,
    )
    regions, sizes = _given(_arguments(one))
    kept = {b: size for b, size in source.sizes.items() if b not in (INPUTS, GRADIENTS)}
    sizes = {**kept, **sizes, RESULTS: 1, GRADIENTS: count}
    return _entry("train_step", one, source._replace(regions=regions, sizes=sizes), number, ())


# -- the user's lines ------------------------------------------------------------------------------


def _lines_of(plan: Plan, made_by: Mapping[int, str]) -> dict[str, list[str]]:
    """Of each kernel, by its name, the lines that its numbers are from; `made_by` goes by keys."""
    program = plan.program
    _, first = np.unique(program.key, return_index=True)
    forwards = np.zeros(len(program), bool)
    forwards[first] = True
    # An update has a program of its own, whose kernels are of part 1.
    update = str(Buffer("scratch", part=1))
    kernels = [k for k in plan.kernels if not k.name.startswith(f"k{update}")]
    stored = {n for kernel in kernels for n in kernel.nodes.tolist()}
    found = {}
    for kernel in kernels:
        nodes = _behind(kernel, program, stored)
        keys = [(bool(forwards[n]), int(program.key[n])) for n in nodes]
        lines = [(f, made_by[key]) for f, key in keys if made_by.get(key)]
        told = [line if f else f"backwards: {line}" for f, line in dict.fromkeys(lines)]
        found[kernel.name] = told[:_MOST_LINES]
    return found


def _behind(kernel: Kernel, program: Program, stored: set[int]) -> list[int]:
    """The nodes of a kernel, and those that were inlined into them."""
    found: list[int] = []
    waiting = kernel.nodes.tolist()[::-1]
    while waiting:
        n = waiting.pop()
        found.append(n)
        if program.op[n] == ARRAY:
            continue
        inputs = program.inputs_of(n)
        waiting += [c for c in inputs if c not in stored and program.op[c] not in LEAVES]
    return sorted({*found})
