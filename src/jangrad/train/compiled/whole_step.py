"""`compile_step`: a training step in machine code, for those who write their own loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Never, overload

import numpy as np

from jangrad.compiler.running import (
    Executable,
    Number,
    Trace,
    Variants,
    flatten_calls,
    raise_non_finite,
)
from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.train.compiled.dispatch import Dispatch
from jangrad.train.compiled.row_step import CompiledRowStep
from jangrad.train.compiled.stepper import Doubt, Signature, Stepper
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import check_compilable, number_type, resolve_optimizer
from jangrad.train.settings import checked_parameters, count, no_option, options_answered
from jangrad.watching import is_strict


@overload
def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = ...,
    *,
    learning_rate: float | None = ...,
    per_row: Literal[False] = ...,
    dtype: str = ...,
    check: bool = ...,
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
    check: bool = ...,
) -> CompiledRowStep: ...
@options_answered
def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = "adam",
    *,
    learning_rate: float | None = None,
    per_row: bool = False,
    dtype: str = "float64",
    check: bool = False,
) -> CompiledStep | CompiledRowStep:
    """Compile loss, gradients and the optimiser's update into one step.

    The loss is written with Values and is traced once for each shape of its arguments; an
    integer may pick a row, `jangrad.table(rows)[i]`. All shapes work on the same parameters and the
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
        check: whether each call traces the loss again, and raises Untraceable where it computes
            something else; for what the guards of `docs/compiler.md` cannot see. It takes long.

    Raises:
        ConfigError: when an option does not exist or is out of its range.
        Untraceable: when the optimiser has methods of its own, such as `advance`; at a call, when
            the loss reads a number, draws random numbers, or changes what it reads; the message
            says where.
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
    chosen = resolve_optimizer(
        optimizer, checked_parameters(parameters), learning_rate, "among `parameters`"
    )
    number = number_type(dtype)
    check_compilable(chosen, number)
    kind = CompiledRowStep if per_row else CompiledStep
    return kind(loss, chosen, number, check)


class Packed:
    """The arguments of many steps.

    Attributes:
        owner: the step that has packed them, which alone may run them.
        variants: what is made for each nesting of arguments among them.
        kinds: of each step, which of these.
        offsets: where its numbers begin.
        numbers: all numbers.
        data: the same as machine code takes them.
        shapes: what the nestings were for when the rows of tables were last checked.
        which: the number of each step's program then.
    """

    def __init__(
        self,
        owner: CompiledStep,
        variants: list[Variants[Signature]],
        kinds: Any,
        offsets: Any,
        numbers: Any,
        data: Any,
    ) -> None:
        self.owner, self.variants, self.kinds = owner, variants, kinds
        self.offsets, self.numbers, self.data = offsets, numbers, data
        self.shapes: list[Signature] = []
        self.which: Any = None

    def programs(self) -> Any:
        """The number of each step's program, for what the loss computes now."""
        shapes = [variants.current() for variants in self.variants]
        if shapes == self.shapes and self.which is not None:
            return self.which
        for kind, shape in enumerate(shapes):
            if len(shape.slots):
                mine = np.flatnonzero(self.kinds == kind)
                rows = self.numbers[self.offsets[mine, None] + shape.slots]
                shape.check(rows, mine if len(self.kinds) > 1 else None)
        self.shapes = shapes
        self.which = np.array([shape.member for shape in shapes], np.int64)[self.kinds]
        return self.which


class CompiledStep(Stepper):
    """A training step; made by `compile_step`."""

    def __init__(
        self, loss: Callable[..., Any], optimizer: Optimizer, number: Number, check: bool = False
    ) -> None:
        given = (optimizer.parameters, optimizer.rule, optimizer.options, number)
        self._dispatch = Dispatch(*given, with_norm=False)
        super().__init__(loss, optimizer, self._dispatch.memory, check)

    def __call__(self, *arguments: Any, **named: Any) -> float:
        """Make one step; returns the loss before it.

        Args:
            arguments, named: those of the loss, by position or by name.

        Raises:
            NotANumber, Untraceable: as `compile_step` says.
            NoSuchRow: when a number that picks a row of a table is the index of no row.
            DataError: when one is a target that a loss of `jangrad.nn` refuses.
        """
        return float(self.run([self._placed(arguments, named)])[0])

    def run(
        self,
        arguments: Iterable[Any] | Packed,
        *,
        steps: int | None = None,
        rates: Iterable[float] | None = None,
        **others: Never,
    ) -> Any:
        """Make many steps, with no Python between them; Ctrl-C ends them after a whole step.

        Args:
            arguments: for each step a tuple of the loss's arguments, or what `pack` has made of
                them; with `steps`, one such tuple for all of them.
            steps: how many steps to make on the same arguments.
            rates: the learning rate of each step, instead of the optimiser's.
            others: nothing; options of other names are answered.

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
        for name in others:
            raise no_option(CompiledStep.run, name)
        self._check_alone()
        with self._lock:
            self._follow()
            if isinstance(arguments, Packed):
                packed = arguments
                self._check_mine(packed)
            else:
                packed = self._packed([arguments] if steps is not None else list(arguments))
            which, offsets = packed.programs(), packed.offsets
            if steps is not None:
                if len(which) != 1:
                    raise ConfigError(
                        f"`steps` with {len(which)} elements",
                        why="so many steps are made on one",
                        try_="step.run(elements), which makes a step for each",
                    )
                total = count("steps", steps)
                which, offsets = (np.repeat(array, total) for array in (which, offsets))

            def some(which: Any, made: int, rates: Any) -> Any:
                now = slice(made, made + len(rates))
                return self._dispatch.run(which[now], offsets[now], packed.data, rates)

            making = partial(some, which)
            if not is_strict():
                return self._make(len(which), rates, making, None)
            doubt = Doubt(partial(self._origin, packed), making)
            checked = partial(some, self._dispatch.checked(which))
            return self._make(len(which), rates, checked, doubt)

    def _origin(self, packed: Packed, step: int) -> None:
        """Raise NonFinite where Python meets it in this step."""
        element = min(step, len(packed.kinds) - 1)
        shape, start = packed.shapes[packed.kinds[element]], packed.offsets[element]
        numbers = packed.numbers[start : start + self._dispatch.width(shape.member)]
        during = f"step {step}"
        raise_non_finite(self.loss, shape.given, numbers, shape.slots, during=during, gradient=True)
        self._named_in_single(self._dispatch.trace_of(shape.member), numbers, during)

    def pack(self, arguments: Iterable[Any]) -> Packed:
        """Read the arguments of many steps once for many runs: `step.run(step.pack(documents))`.

        Args:
            arguments: for each step a tuple of the loss's arguments.

        Raises:
            NotANumber, Untraceable, NoSuchRow: as `run` says.
        """
        self._check_alone()
        with self._lock:
            packed = self._packed(list(arguments))
            packed.programs()
            return packed

    def _use(self, options: Mapping[str, float]) -> None:
        self._dispatch.use(options)

    def _executable(self, shape: Signature) -> Executable:
        return self._dispatch.members[shape.member]

    # -- arguments --------------------------------------------------------------------------------

    def _packed(self, elements: Sequence[Any]) -> Packed:
        for i, element in enumerate(elements):
            if not isinstance(element, tuple):
                raise ConfigError(
                    f"element {i} is {element!r:.60} ({type(element).__name__}), not a tuple",
                    why="an element holds the arguments of one call of the loss",
                    try_="the tuple itself, without a list, where steps=n repeats it"
                    if isinstance(element, list) and element and isinstance(element[0], tuple)
                    else "[(tokens,) for tokens in documents] where the loss takes one",
                )
        found = flatten_calls(elements)
        variants = []
        for shape, first in zip(found.shapes, found.first, strict=True):
            known = self._shapes.get(shape)
            if known is None:
                make = partial(self._made, elements[first])
                known = self._shapes[shape] = self._variants(elements[first], make)
            variants.append(known)
        with np.errstate(over="ignore", under="ignore"):
            data = found.numbers.astype(self._dispatch.dtype, copy=False)
        return Packed(self, variants, found.which, found.starts, found.numbers, data)

    def _made(self, arguments: tuple[Any, ...], found: Trace) -> Signature:
        return self._shape("step({})", arguments, found, self._dispatch.add(found))
