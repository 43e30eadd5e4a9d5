"""`compile_step`: a training step in machine code, for those who write their own loop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.family import Family
from jangrad.compiler.lanes import Number
from jangrad.compiler.trace import Output, flatten, nesting, trace
from jangrad.engine import Value
from jangrad.errors import ConfigError, NoSuchRow, Untraceable
from jangrad.train.bursts import Pace, interrupts_held
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import number_type, resolve_optimizer
from jangrad.train.settings import count, number_in


def compile_step(
    loss: Callable[..., Any],
    parameters: Iterable[Value],
    optimizer: str | type[Optimizer] | Optimizer = "adam",
    *,
    learning_rate: float | None = None,
    dtype: str = "float64",
) -> CompiledStep:
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
        dtype: "float64" or "float32", of all that is computed; the Values stay double.

    Raises:
        ConfigError: when an option does not exist or is out of its range.
        Untraceable: at a call, when the loss reads a number; the message says where.

    >>> from jangrad import Value, compile_step
    >>> w, b = Value(0.5), Value(0.0)
    >>> step = compile_step(lambda x, t: (w * x + b - t) ** 2, [w, b], "sgd", learning_rate=0.1)
    >>> step(1.0, 3.0)
    6.25
    >>> losses = step.run([(1.0, 3.0), (2.0, 5.0)] * 300)
    >>> round(w.data, 3), round(b.data, 3)
    (2.0, 1.0)
    """
    if not callable(loss):
        raise ConfigError(
            f"`loss` is {loss!r:.60} ({type(loss).__name__}), which cannot be called",
            try_="a function of numbers that returns one Value",
        )
    chosen = resolve_optimizer(optimizer, list(parameters), learning_rate, "among `parameters`")
    return CompiledStep(loss, chosen, number_type(dtype))


class _Shape(NamedTuple):
    """A nesting of arguments, compiled.

    Attributes:
        words: the nesting.
        member: the number of its program in the family.
        slots, rows: which of the arguments' numbers pick a row, and how many rows there are.
    """

    words: str
    member: int
    slots: Any
    rows: Any

    def check(self, indices: Any, elements: Any) -> None:
        """That the rows which are looked up are there.

        Args:
            indices: shape (steps, slots).
            elements: the number of each step, None where an error is not to name it.
        """
        wrong = (indices % 1.0 != 0.0) | (indices < 0.0) | (indices >= self.rows)
        if wrong.any():
            step, slot = np.argwhere(wrong)[0]
            what = f"row {indices[step, slot]:g} of a table of {self.rows[slot]} rows"
            raise NoSuchRow(
                f"{what} was asked for"
                if elements is None
                else f"element {elements[step]} asks for {what}",
                why=f"rows are looked up by whole numbers from 0 to {self.rows[slot] - 1}, and not"
                " from the end",
            )


class CompiledStep:
    """A training step; made by `compile_step`.

    Attributes:
        loss: the function as written.
        optimizer: its rate is read at each call; its memory and its count of steps are kept true.
    """

    def __init__(self, loss: Callable[..., Any], optimizer: Optimizer, number: Number) -> None:
        self.loss = loss
        self.optimizer = optimizer
        self._family = Family(optimizer.parameters, optimizer.rule, optimizer.options, number)
        self._shapes: dict[Any, _Shape] = {}
        self._lock = threading.Lock()

    def __call__(self, *arguments: Any) -> float:
        """Make one step; returns the loss before it.

        Raises:
            NotANumber, Untraceable: as `compile_step` says.
            NoSuchRow: when a number that picks a row of a table is no whole number of its range.
        """
        return float(self.run([arguments])[0])

    def run(
        self,
        arguments: Sequence[Any],
        *,
        steps: int | None = None,
        rates: Sequence[float] | None = None,
    ) -> Any:
        """Make many steps, with no Python between them; Ctrl-C ends them after a whole step.

        Args:
            arguments: for each step a tuple of the loss's arguments; with `steps`, one such tuple
                for all of them.
            steps: how many steps to make on the same arguments.
            rates: the learning rate of each step, instead of the optimiser's.

        Returns:
            An array with the loss before each step.

        Raises:
            NotANumber, Untraceable, NoSuchRow: before any step is made; the message names the
                element where there are several.
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
            if steps is not None:
                total = count("steps", steps)
                which, offsets, data = self._packed([arguments], named=False)
                which, offsets = (np.repeat(array, total) for array in (which, offsets))
            else:
                which, offsets, data = self._packed(arguments, named=len(arguments) > 1)
                total = len(which)
            return self._steps(which, offsets, data, self._rates(rates, total))

    @property
    def shapes(self) -> list[str]:
        """The nestings of arguments that have been traced, in words."""
        return [known.words for known in self._shapes.values()]

    def report(self) -> str:
        """What the compiler made of each shape: classes, kernels, loops, memory, cost."""
        return "\n\n".join(
            f"{known.words}\n{self._family.members[known.member].report()}"
            for known in self._shapes.values()
        )

    def __repr__(self) -> str:
        name = getattr(self.loss, "__name__", type(self.loss).__name__)
        shapes = f"{len(self._shapes)} shape{'s' * (len(self._shapes) != 1)}"
        return f"compile_step({name}, {self.optimizer!r}, {shapes})"

    # -- steps ------------------------------------------------------------------------------------

    def _steps(self, which: Any, offsets: Any, data: Any, rates: Any) -> Any:
        memory, optimizer = self._family.memory, self.optimizer
        memory.read()
        if not optimizer.is_lent_by(memory.state):
            memory.load(optimizer.memory, optimizer.steps)
        losses = np.empty(len(which))
        made, pace = 0, Pace()
        try:
            while made < len(which):
                with interrupts_held():
                    now = slice(made, min(made + pace.steps, len(which)))
                    with pace.measured(now.stop - made):
                        results = self._family.run(which[now], offsets[now], data, rates[now])
                    losses[now] = results[:, 0]
                    made += len(results)
                    optimizer.lend(optimizer.steps + len(results), memory.state)
        finally:
            memory.write()
        return losses

    def _rates(self, rates: Sequence[float] | None, total: int) -> Any:
        if rates is None:
            return np.full(total, self.optimizer.learning_rate, self._family.dtype)
        if len(rates) != total:
            raise ConfigError(
                f"`rates` has {len(rates)} numbers for {total} steps", why="each step has its own"
            )
        return np.array([number_in("rate", r, least=0.0) for r in rates], self._family.dtype)

    # -- arguments --------------------------------------------------------------------------------

    def _packed(self, elements: Sequence[Any], *, named: bool) -> tuple[Any, Any, Any]:
        """For each element its program and where its numbers begin; and all numbers."""
        members: list[int] = []
        starts: list[int] = []
        numbers: list[float] = []
        for i, element in enumerate(elements):
            if not isinstance(element, tuple):
                raise ConfigError(
                    f"element {i} is {element!r:.60} ({type(element).__name__}), not a tuple",
                    why="an element holds the arguments of one call of the loss",
                    try_="[(tokens,) for tokens in documents] where the loss takes one",
                )
            starts.append(len(numbers))
            found, shape = flatten(element)
            numbers += found or [0.0]  # one that nothing reads, where there are none
            known = self._shapes.get(shape)
            if known is None:
                known = self._shapes[shape] = self._compiled(element)
            members.append(known.member)
        which, offsets = np.array(members, np.int64), np.array(starts, np.int64)
        data, present = np.array(numbers), set(members)
        for known in self._shapes.values():
            if known.member in present and len(known.slots):
                mine = np.flatnonzero(which == known.member)
                known.check(data[offsets[mine, None] + known.slots], mine if named else None)
        return which, offsets, data.astype(self._family.dtype, copy=False)

    def _compiled(self, arguments: tuple[Any, ...]) -> _Shape:
        found = trace(self.loss, arguments, parameters=self._family.memory.params)
        if not isinstance(found.result, Output):
            raise Untraceable(
                f"the loss gave a {type(found.result).__name__}, but a step follows one Value",
                why="training makes one number smaller",
                try_="their sum, each with its weight",
            )
        words = f"step({', '.join(map(nesting, arguments))})"
        lookups = np.array(sorted(set(found.lookups)), np.int64).reshape(-1, 2)
        return _Shape(words, self._family.add(found), *lookups.T)
