"""`compile_step`: a training step in machine code, for those who write their own loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, overload

import numpy as np

from jangrad.compiler.emit.lanes import Number
from jangrad.compiler.program.arguments import flatten_calls
from jangrad.compiler.run.executable import Executable
from jangrad.compiler.run.family import Family
from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import check_compilable, number_type, resolve_optimizer
from jangrad.train.row_step import CompiledRowStep
from jangrad.train.settings import count
from jangrad.train.stepper import Shape, Stepper


@overload
def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = ...,
    *,
    learning_rate: float | None = ...,
    per_row: Literal[False] = ...,
    dtype: str = ...,
) -> CompiledStep: ...
@overload
def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = ...,
    *,
    learning_rate: float | None = ...,
    per_row: Literal[True],
    dtype: str = ...,
) -> CompiledRowStep: ...
def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = "adam",
    *,
    learning_rate: float | None = None,
    per_row: bool = False,
    dtype: str = "float64",
) -> CompiledStep | CompiledRowStep:
    """Compile loss, gradients and the optimiser's update into one step.

    The loss is written with Values and is traced once for each shape of its arguments; a whole
    number may pick a row, `jangrad.table(rows)[i]`. All shapes work on the same parameters and the
    same optimiser, and compiled steps can be mixed with steps of the optimiser's own.

    Args:
        loss: a function of numbers, in lists, tuples and dicts of any nesting, that returns one
            Value.
        parameters: the Values that learn; others that the loss uses are read at each call.
        optimizer: a name, a class, or one that is made already; its parameters then learn, which
            must be among these.
        learning_rate: > 0; the optimiser's own default when left out.
        per_row: whether the loss is that of one row of data. A step then takes rows, and follows
            the mean of their losses; however many they are, one is traced.
        dtype: "float64" or "float32", of all that is computed; the Values stay double.

    Raises:
        ConfigError: when an option does not exist or is out of its range.
        Untraceable: when the optimiser has methods of its own, such as `advance`; at a call, when
            the loss reads a number, and the message says where.
        NoCompiler: at a call, where llvmlite is missing, too old or broken.

    >>> from jangrad import Value, compile_step
    >>> w, b = Value(0.5), Value(0.0)
    >>> step = compile_step(lambda x, t: (w * x + b - t) ** 2, [w, b], "sgd", learning_rate=0.1)
    >>> step(1.0, 3.0)
    6.25
    >>> losses = step.run([(1.0, 3.0), (2.0, 5.0)] * 300)
    >>> round(w.data, 3), round(b.data, 3)
    (2.0, 1.0)
    >>> step = compile_step(
    ...     lambda x, t: (w * x + b - t) ** 2, [w, b], "sgd", learning_rate=0.1, per_row=True
    ... )
    >>> losses = step.run(([1.0, 2.0, 3.0], [2.0, 3.0, 4.0]), steps=1000)
    >>> round(w.data, 3), round(b.data, 3)
    (1.0, 1.0)
    """
    if not callable(loss):
        raise ConfigError(
            f"`loss` is {loss!r:.60} ({type(loss).__name__}), which cannot be called",
            try_="a function of numbers that returns one Value",
        )
    chosen = resolve_optimizer(optimizer, list(parameters), learning_rate, "among `parameters`")
    check_compilable(chosen)
    number = number_type(dtype)
    return CompiledRowStep(loss, chosen, number) if per_row else CompiledStep(loss, chosen, number)


class Packed(NamedTuple):
    """The arguments of many steps.

    Attributes:
        owner: the step that has packed them, which alone may run them.
        which: the number of each step's program.
        offsets: where its numbers begin.
        data: all numbers.
    """

    owner: CompiledStep
    which: Any
    offsets: Any
    data: Any


class CompiledStep(Stepper):
    """A training step; made by `compile_step`."""

    def __init__(self, loss: Callable[..., Any], optimizer: Optimizer, number: Number) -> None:
        given = (optimizer.parameters, optimizer.rule, optimizer.options, number)
        self._family = Family(*given, with_norm=False)
        super().__init__(loss, optimizer, self._family.memory)

    def __call__(self, *arguments: Any) -> float:
        """Make one step; returns the loss before it.

        Raises:
            NotANumber, Untraceable: as `compile_step` says.
            NoSuchRow: when a number that picks a row of a table is no whole number of its range.
            DataError: when one is a target that a loss of `jangrad.nn` refuses.
        """
        return float(self.run([arguments])[0])

    def run(
        self,
        arguments: Sequence[Any] | Packed,
        *,
        steps: int | None = None,
        rates: Sequence[float] | None = None,
    ) -> Any:
        """Make many steps, with no Python between them; Ctrl-C ends them after a whole step.

        Args:
            arguments: for each step a tuple of the loss's arguments, or what `pack` has made of
                them; with `steps`, one such tuple for all of them.
            steps: how many steps to make on the same arguments.
            rates: the learning rate of each step, instead of the optimiser's.

        Returns:
            An array with the loss before each step.

        Raises:
            NotANumber, Untraceable, NoSuchRow, DataError: before any step is made; the message
                names the element where there are several.
            ConfigError: when there are not as many rates as steps, or one is < 0 or not finite.

        >>> from jangrad import Value, compile_step
        >>> w = Value(1.0)
        >>> step = compile_step(lambda xs: sum(w * x for x in xs) ** 2, [w], "sgd")
        >>> len(step.run([([1.0],), ([1.0, 2.0],), ([3.0],)]))
        3
        >>> len(step.run(([1.0, 2.0],), steps=1000))
        1000
        """
        with self._lock:
            self._follow()
            if isinstance(arguments, Packed):
                packed = arguments
                self._check_mine(packed)
            else:
                packed = self._packed([arguments] if steps is not None else arguments)
            which, offsets = packed.which, packed.offsets
            if steps is not None:
                if len(which) != 1:
                    raise ConfigError(
                        f"`steps` with {len(which)} elements",
                        why="so many steps are made on one",
                        try_="step.run(elements), which makes a step for each",
                    )
                total = count("steps", steps)
                which, offsets = (np.repeat(array, total) for array in (which, offsets))

            def some(made: int, rates: Any) -> Any:
                now = slice(made, made + len(rates))
                return self._family.run(which[now], offsets[now], packed.data, rates)

            return self._make(len(which), rates, some)

    def pack(self, arguments: Sequence[Any]) -> Packed:
        """Read the arguments of many steps once for many runs: `step.run(step.pack(documents))`.

        Args:
            arguments: for each step a tuple of the loss's arguments.

        Raises:
            NotANumber, Untraceable, NoSuchRow: as `run` says.
        """
        with self._lock:
            return self._packed(arguments)

    def _use(self, options: Mapping[str, float]) -> None:
        self._family.use(options)

    def _executable(self, shape: Shape) -> Executable:
        return self._family.members[shape.member]

    # -- arguments --------------------------------------------------------------------------------

    def _packed(self, elements: Sequence[Any]) -> Packed:
        named = len(elements) > 1
        for i, element in enumerate(elements):
            if not isinstance(element, tuple):
                raise ConfigError(
                    f"element {i} is {element!r:.60} ({type(element).__name__}), not a tuple",
                    why="an element holds the arguments of one call of the loss",
                    try_="[(tokens,) for tokens in documents] where the loss takes one",
                )
        found = flatten_calls(elements)
        members = np.empty(len(found.shapes), np.int64)
        for kind, (shape, first) in enumerate(zip(found.shapes, found.first, strict=True)):
            if shape not in self._shapes:
                self._shapes[shape] = self._compiled(elements[first])
            known = self._shapes[shape]
            members[kind] = known.member
            if len(known.slots):
                mine = np.flatnonzero(found.which == kind)
                rows = found.numbers[found.starts[mine, None] + known.slots]
                known.check(rows, mine if named else None)
        data = found.numbers.astype(self._family.dtype, copy=False)
        return Packed(self, members[found.which], found.starts, data)

    def _compiled(self, arguments: tuple[Any, ...]) -> Shape:
        found = self._traced(arguments)
        return self._shape("step({})", arguments, found, self._family.add(found))
