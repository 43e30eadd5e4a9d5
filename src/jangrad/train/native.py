"""A run's steps in machine code.

A named loss is the mean of what each row loses, so one row is traced, and all rows of a batch run
side by side. A user's own loss may mix the rows of a batch, so the whole batch is traced, once for
each size of batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from jangrad.compiler import jit
from jangrad.compiler.emit.lanes import Number, dtype_of
from jangrad.compiler.program.arguments import unmet
from jangrad.compiler.program.trace import Output, Trace, print_again, trace
from jangrad.compiler.run.family import Family
from jangrad.compiler.run.memory import Memory
from jangrad.compiler.run.training import Trainer
from jangrad.errors import JangradError, Untraceable
from jangrad.needs import refusal
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import check_compilable, outputs_of
from jangrad.train.rows import Rows, Targets
from jangrad.train.run import Run

# A network that draws random numbers is found by tracing it again: so often, if that is quick.
_TRACES, _TRACED_NODES = 5, 5000


def compile_run(run: Run, number: Number) -> Native:
    """The steps of this run in machine code, starting from where it is.

    Args:
        run: what is trained, and how.
        number: "double" or "float".

    Raises:
        Untraceable: when the network, the loss or the penalty cannot be traced, or the optimiser
            has methods of its own.
    """
    check_compilable(run.optimizer)
    kind = _WholeBatches if callable(run.loss) else _Rows
    return kind(run, number)


class Native(ABC):
    """Makes steps.

    Attributes:
        memory: the numbers that the steps work on.
        measures: whether `measure` can be asked for the rows that are held out.
    """

    memory: Memory
    measures = False

    def load(self, optimizer: Optimizer) -> None:
        """Take the parameters, the options and what the optimiser remembers as they are now."""
        check_compilable(optimizer)
        self._use(optimizer.options)
        self.memory.read()
        self.memory.load(optimizer.memory, optimizer.steps)

    def advance(self, batches: Sequence[Sequence[int]], rates: Sequence[float]) -> Any:
        """Make a step for each batch of rows.

        Returns:
            An array of shape (steps, 3): the loss, the length of the gradient, and whether any
            gradient has reached the parameters that the run's watch looks at.
        """
        return self._advance(batches, rates) if rates else np.empty((0, 3))

    def is_left(self, optimizer: Optimizer) -> bool:
        """Whether Values or optimiser are no more as the steps have left them."""
        if optimizer.by_hand or optimizer.options != self.memory.options:
            return True
        return not optimizer.is_lent_to(self.memory) or self.memory.is_left()

    @abstractmethod
    def _use(self, options: Mapping[str, float]) -> None: ...

    @abstractmethod
    def _advance(self, batches: Sequence[Sequence[int]], rates: Sequence[float]) -> Any: ...

    def measure(self) -> tuple[list[float], list[list[float]]]:
        """What each row that is held out loses, and its outputs."""
        raise NotImplementedError


class _Rows(Native):
    """Steps with a named loss: the rows of a batch side by side."""

    def __init__(self, run: Run, number: Number) -> None:
        learning = list(run.optimizer.parameters)

        def one(row: Any, target: Any) -> Any:
            loss = run.loss_of([outputs_of(run.net, row)], [target])
            return loss if run.penalty is None else (loss, run.penalty(learning))

        found = _traced(one, [run.rows[0], run.targets[0]], run, per_row=(0, 1))
        self._trainer = Trainer(
            *(found, len(learning), run.optimizer.rule, run.optimizer.options),
            per_row=True,
            number=number,
            rows=run.size,
            watched=run.watched,
            threads=run.threads,
        )
        self.memory = self._trainer.memory
        self._data = _table(run.rows, run.targets, self._trainer.dtype)
        _check_lookups(found.lookups, self._data, len(run.rows[0]))
        self._all = run.size == len(run.rows)
        if self._all:
            self._trainer.set_rows(self._data)
        self.load(run.optimizer)
        if run.held_out is not None:
            self.measures = True
            self._held_out = [np.array(part) for part in run.held_out]

            def measured(row: Any, target: Any) -> Any:
                outputs = outputs_of(run.net, row)
                return [run.loss_of([outputs], [target]), *outputs]

            self._measured = jit(measured, dtype=dtype_of(number).__name__)

    def _use(self, options: Mapping[str, float]) -> None:
        if self.memory.use(options):
            self._trainer.compile()
            if self._all:
                self._trainer.set_rows(self._data)

    def _advance(self, batches: Sequence[Sequence[int]], rates: Sequence[float]) -> Any:
        if self._all:
            return self._trainer.run(rates)
        counts = np.fromiter(map(len, batches), np.int64, len(batches))
        packed = self._trainer.packed(np.concatenate(batches), counts)
        return self._trainer.run(rates, self._data, *packed)

    def measure(self) -> tuple[list[float], list[list[float]]]:
        found = self._measured.map(*self._held_out)
        return found[:, 0].tolist(), found[:, 1:].tolist()


class _WholeBatches(Native):
    """Steps with a loss of the user's own: a program for each size of batch."""

    def __init__(self, run: Run, number: Number) -> None:
        self._run = run
        self._family = Family(
            *(run.optimizer.parameters, run.optimizer.rule, run.optimizer.options),
            number=number,
            watched=run.watched,
        )
        self._members: dict[int, int] = {}
        self._data = _table(run.rows, run.targets, self._family.dtype)
        self._all = run.size == len(run.rows)
        # All sizes are compiled now, so that what cannot be traced is said before the first step.
        for size in {run.size, len(run.rows) % run.size or run.size}:
            self._members[size] = self._family.add(self._trace(size))
        self.memory = self._family.memory
        self.load(run.optimizer)

    def _trace(self, size: int) -> Trace:
        run = self._run

        def whole(rows: Any, targets: Any) -> Any:
            loss = run.loss_of([outputs_of(run.net, row) for row in rows], targets)
            return (
                loss if run.penalty is None else loss + run.penalty(list(run.optimizer.parameters))
            )

        params = self._family.memory.params
        if self._all:  # the numbers are the same in each step, so they may be a part of the program
            return _traced(lambda: whole(run.rows, run.targets), [], run, params=params)
        found = _traced(whole, [run.rows[:size], run.targets[:size]], run, params=params)
        inputs, width = len(run.rows[0]), self._data.shape[1]
        targets = size * inputs  # where those of the batch begin
        columns = [
            (slot % inputs if slot < targets else inputs + (slot - targets) % (width - inputs), n)
            for slot, n in found.lookups
        ]
        _check_lookups(columns, self._data, inputs)
        return found

    def _use(self, options: Mapping[str, float]) -> None:
        self._family.use(options)

    def _advance(self, batches: Sequence[Sequence[int]], rates: Sequence[float]) -> Any:
        sizes = np.array([len(batch) for batch in batches])
        which = np.array([self._members[size] for size in sizes.tolist()])
        if self._all:
            offsets, data = np.zeros(len(batches), np.int64), np.zeros(1, self._family.dtype)
        else:
            columns = len(self._run.rows[0])
            parts = []
            for batch in batches:
                picked = self._data[batch]
                parts += [picked[:, :columns].ravel(), picked[:, columns:].ravel()]
            data = np.concatenate(parts)
            ends = np.cumsum(sizes * self._data.shape[1])
            offsets = ends - sizes * self._data.shape[1]
        return self._family.run(which, offsets, data, np.array(rates, self._family.dtype))


def _traced(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    run: Run,
    *,
    per_row: Sequence[int] = (),
    params: Sequence[Any] | None = None,
) -> Trace:
    """The trace of a loss that computes the same each time."""
    params = run.optimizer.parameters if params is None else params
    try:
        found = trace(function, arguments, params, per_row)
        more = min(max(_TRACED_NODES // len(found.program), 1), _TRACES - 1)
        same = all(print_again(function, arguments) == found.print for _ in range(more))
    except JangradError:
        raise
    except Exception as error:
        raise Untraceable(
            f"the loss or the network fails on Values that are traced:"
            f" {type(error).__name__}: {error}",
            why="rows and targets are Values then, of which no number can be read",
            try_='jangrad\'s own functions; or engine="eager"',
        ) from error
    if isinstance(found.result, Output) != (run.penalty is None or not per_row):
        raise Untraceable(
            f"the loss is a {type(found.result).__name__}, not a Value",
            why="training follows its gradient",
        )
    if not same:
        raise Untraceable(
            "the loss or the network computes something else each time it is called",
            why="a program keeps the random numbers of the one call that was traced",
            try_='engine="eager"',
        )
    return found


def _check_lookups(lookups: Sequence[tuple[int, int]], data: Any, inputs: int) -> None:
    """That the rows of tables which the data asks for are there, and targets are what is needed.

    Args:
        lookups: columns of the data, and what their numbers have to be.
        data: each row with its targets behind it.
        inputs: how many columns come before the targets.
    """
    for column, need in lookups:
        numbers = data[:, column]
        wrong = np.flatnonzero(unmet(numbers, need))
        if len(wrong):
            row = int(wrong[0])
            place = f"X[{row}][{column}]" if column < inputs else f"y[{row}]"
            raise refusal(need, float(numbers[row]), f"`{place}`")


def _table(rows: Rows, targets: Targets, dtype: Any) -> Any:
    """Each row with its targets behind it: shape (rows, inputs + targets)."""
    inputs, behind = np.asarray(rows), np.asarray(targets).reshape(len(rows), -1)
    return np.concatenate([inputs, behind], axis=1, dtype=dtype, casting="same_kind")
