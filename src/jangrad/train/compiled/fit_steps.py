"""A run's steps in machine code.

A named loss is the mean of what each row loses, so one row is traced, and all rows of a batch run
side by side. A user's own loss may mix the rows of a batch, so the whole batch is traced, once for
each size of batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from jangrad.compiler.running import Number, Output, Trace, Tracer, Variants, dtype_of, trace
from jangrad.derivatives import gradient
from jangrad.engine import Value
from jangrad.errors import JangradError, NoGradient, Untraceable
from jangrad.guards import Seen, undone_on_errors
from jangrad.train.batch_loss import checked_loss
from jangrad.train.bursts import Pace
from jangrad.train.compiled.data import check_lookups, table
from jangrad.train.compiled.dispatch import Dispatch
from jangrad.train.compiled.held_out import HeldOut
from jangrad.train.compiled.memory import Memory
from jangrad.train.compiled.residuals import Residuals
from jangrad.train.compiled.reuse import taken
from jangrad.train.compiled.trainer import Trainer
from jangrad.train.config import Config
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import check_compilable, outputs_of
from jangrad.train.rows import copies
from jangrad.train.shuffle import Batches
from jangrad.train.steps import Steps
from jangrad.watching import is_strict

Made = TypeVar("Made")


def compile_run(config: Config, number: Number) -> Steps:
    """The steps of this run in machine code, starting from where it is.

    Args:
        run: what is trained, and how.
        number: "double" or "float".

    Raises:
        Untraceable: when the network, the loss or the penalty cannot be traced, or the optimiser
            has methods of its own. What they have drawn or changed is undone then.
    """
    check_compilable(config.optimizer, number)
    if (known := taken(config, number)) is not None:
        return known
    kind: type[_WholeBatches | _Rows] = _WholeBatches if callable(config.loss) else _Rows
    if config.method is not None and config.method.losses is not None:
        kind = _Squares
    with undone_on_errors(config.roots) as seen:
        return kind(config, number, seen)


class Native(ABC):
    """Makes steps.

    Attributes:
        memory: the numbers that the steps work on.
        pace: how many to make at once.
        measures: whether `measure` can be asked for the rows that are held out.
    """

    memory: Memory
    measures = False

    def __init__(self) -> None:
        self.pace = Pace()

    def load(self, optimizer: Optimizer) -> None:
        """Take the parameters, the options and what the optimiser remembers as they are now."""
        check_compilable(optimizer)
        self._use(optimizer.options)
        self.memory.read()
        self.memory.load(optimizer.memory, optimizer.steps)
        optimizer.lend(self.memory)

    def advance(self, first: int, rates: Sequence[float]) -> tuple[Any, list[dict[str, float]]]:
        """Make a step at each rate, on the batches of the run's steps from this one on.

        Returns:
            An array of shape (steps, 3): the loss, the gradient norm, and whether any
            gradient has reached the parameters that the run's watch looks at. And, if it
            `measures`, the figures of the rows that are held out behind each epoch that has ended.
        """
        return self._advance(first, rates) if rates else (np.empty((0, 3)), [])

    def evaluate(self, numbers: Any) -> tuple[Any, Any, Any]:
        """What all rows lose where the parameters that learn are these, and the gradient.

        For the optimiser that a full-batch method holds, which moves nothing.

        Returns:
            The parameters as they are here, and these two; for a method that needs the parts of a
            sum of squares, what they are for each row, and their derivatives.
        """
        self.memory.put(numbers)
        loss = float(self._all_rows()[0, 0])
        self.memory.put(numbers)
        return np.array(self.memory.parameters()), loss, self.memory.gradients()

    def _all_rows(self) -> Any:
        """Make a step on all rows."""
        return self._advance(0, [1.0])[0]

    def follows(self, optimizer: Optimizer) -> bool:
        """Whether nobody has assigned the optimiser's memory or options, or looked at the first."""
        return optimizer.is_lent_to(self.memory) and optimizer.options == self.memory.options

    def is_left(self, optimizer: Optimizer) -> bool:
        """Whether Values or optimiser are no more as the steps have left them."""
        as_left = self.follows(optimizer) and not optimizer.by_hand
        return not as_left or self.memory.is_left()

    @abstractmethod
    def _use(self, options: Mapping[str, float]) -> None: ...

    @abstractmethod
    def _advance(
        self, first: int, rates: Sequence[float]
    ) -> tuple[Any, list[dict[str, float]]]: ...

    def measure(self) -> dict[str, float]:
        """The figures of the rows that are held out: the mean loss, and perhaps the accuracy."""
        raise NotImplementedError

    def rest(self) -> bool:
        """Hold on to the network and the data no more; whether the steps of another run can be
        made, to the last bit as if they had been compiled for it."""
        return False

    def resume(self, config: Config) -> bool:
        """Make the steps of another run, of the same network; False where it has changed."""
        raise NotImplementedError

    @abstractmethod
    def holds(self) -> bool:
        """Whether all that the network, the loss and the penalty reach is as it was compiled."""

    def take(self, config: Config) -> None:
        """Make the steps of another run, which differs from this one by numbers alone: by weights,
        seed, rate and options of the optimiser."""
        self._config: Any = config
        self.load(config.optimizer)

    def renew(self) -> None:
        """Take all numbers that the steps read as they are now, and compile what has changed.

        The Values must hold what the steps have come to.

        Raises:
            Untraceable: when the network, the loss or the penalty cannot be traced any more.
        """
        self._renew()
        self.memory.read()

    @abstractmethod
    def _renew(self) -> None: ...


class _Rows(Native):
    """Steps with a named loss: the rows of a batch side by side."""

    def __init__(self, config: Config, number: Number, seen: Seen) -> None:
        super().__init__()
        self._number = number
        self._trainers: list[Any] = []
        self._held_out: HeldOut | None = None
        self._take(config)
        self._variants = _variants(self._step, config, self._made, seen)
        if config.held_out is not None and not is_strict():  # where Python names what is not finite
            self._held_out = HeldOut(config, number, self.memory, self._traced, self._hold)
        self.measures = self._held_out is not None
        self.load(config.optimizer)

    def _take(self, config: Config) -> None:
        """Make the steps of this run."""
        self._config = config
        self._all = config.size == len(config.rows)
        dtype = dtype_of(self._number)
        self._data: Any = table(config.rows, config.targets, dtype, weights=config.row_weights)

    def rest(self) -> bool:
        config = self._config
        fresh = self._variants.is_first and not config.check and self.memory.is_first
        if self._held_out is not None:
            fresh &= self._held_out.rest()
        self._config = self._data = None
        self._trainer.rest()
        return fresh

    def resume(self, config: Config) -> bool:
        self._take(config)
        if self._held_out is not None:
            self._held_out.resume(config)
        if not self.holds():
            return False
        self._trainer.resume()
        self._lay(self._trainer, self._variants.now.found)
        self.load(config.optimizer)
        return True

    def _all_rows(self) -> Any:
        return self._trainer.run([1.0])

    def _step(self, *, lines: bool = False) -> Trace:
        """The trace of what a row loses, and perhaps of the penalty."""
        config = self._config
        learning = list(config.optimizer.parameters)

        def one(row: Any, target: Any, *weight: Any) -> Any:
            loss = config.mean_loss([outputs_of(config.net, row)], [target], weight or None)
            return loss if config.penalty is None else (loss, config.penalty(learning))

        weight = [] if config.row_weights is None else config.row_weights[:1]
        found = self._traced(one, config.rows[0], config.targets[0], *weight, lines=lines)
        return of_a_loss(found, config, alone=config.penalty is None)

    def _traced(self, one: Callable[..., Any], *given: Any, lines: bool) -> Trace:
        params = self.memory.params if self._trainers else list(self._config.optimizer.parameters)
        return traced(one, given, params, per_row=range(len(given)), lines=lines)

    def _use(self, options: Mapping[str, float]) -> None:
        if self.memory.use(options):
            for trainer in self._trainers:
                trainer.compile()
                if self._all:
                    trainer.set_rows(self._data)

    def _made(self, found: Trace) -> Any:
        memory = self.memory if self._trainers else None
        if memory is not None:
            self._hold(found.params)
        trainer = self._trainer_of(found, memory)
        self.memory = trainer.memory
        self._trainers.append(trainer)
        self._lay(trainer, found)
        return trainer

    def _trainer_of(self, found: Trace, memory: Memory | None) -> Any:
        config = self._config
        return Trainer(
            *(found, len(config.optimizer), config.optimizer.rule, config.optimizer.options),
            number=self._number,
            rows=config.size,
            watched=config.watched,
            threads=config.threads,
            memory=memory,
            checked=is_strict(),
        )

    def _hold(self, params: list[Value]) -> None:
        """Let the memory hold these parameters, which begin with those that it holds."""
        if len(params) > len(self.memory.params):
            self.memory.hold(params)
            for trainer in self._trainers:  # the memory has moved
                trainer.point()

    def _lay(self, trainer: Trainer, found: Trace) -> None:
        """Check the rows, and give them to what is made of this trace if each step has all."""
        check_lookups(found.lookups, self._data, len(self._config.rows[0]))
        if self._all:
            trainer.set_rows(self._data)

    def holds(self) -> bool:
        held_out = self._held_out
        return self._variants.holds() and (held_out is None or held_out.holds())

    def _renew(self) -> None:
        self._variants.current()
        if self._held_out is not None:
            self._held_out.renew()

    @property
    def _trainer(self) -> Any:
        return self._variants.now.made

    def _advance(self, first: int, rates: Sequence[float]) -> tuple[Any, list[dict[str, float]]]:
        trainer, config, count = self._trainer, self._config, len(rates)
        data, packed = None, None
        if not self._all:
            data, packed = self._data, trainer.packed(*config.deal.batches(first, count))
        if self._held_out is None:
            return trainer.run(rates, data, packed), []
        given: Any = np.asarray(rates, trainer.dtype)
        results, figures = [], []
        ends = config.ends_among(first, count)
        for start, end in pairwise([0, *ends, count] if count not in ends else [0, *ends]):
            now = slice(start, end)
            results.append(trainer.run(given[now], data, packed and packed.part(now)))
            if end in ends:
                figures.append(self.measure())
        return np.concatenate(results), figures

    def measure(self) -> dict[str, float]:
        assert self._held_out is not None
        return self._held_out.measure()


class _Squares(_Rows):
    """The parts of a sum of squares, for a method that makes the steps by itself."""

    def _step(self, *, lines: bool = False) -> Trace:
        """The trace of how far the outputs for a row are off, each with its gradient."""
        config = self._config
        learning = list(config.optimizer.parameters)

        def one(row: Any, target: Any) -> Any:
            targets = target if isinstance(target, list) else [target]
            off = [z - t for z, t in zip(outputs_of(config.net, row), targets, strict=True)]
            return [v for each in off for v in (each, *gradient(each, learning))]

        found = self._traced(one, config.rows[0], config.targets[0], lines=lines)
        found.check_earlier(config.optimizer.parameters)
        return found

    def _trainer_of(self, found: Trace, memory: Memory | None) -> Any:
        return Residuals(found, len(self._config.optimizer), self._number, memory)

    def evaluate(self, numbers: Any) -> tuple[Any, Any, Any]:
        self.memory.put(numbers)
        return np.array(self.memory.parameters()), *self._trainer.run()


class _WholeBatches(Native):
    """Steps with a loss of the user's own: a program for each size of batch."""

    def __init__(self, config: Config, number: Number, seen: Seen | None) -> None:
        super().__init__()
        self._config = config
        self._dispatch = Dispatch(
            *(config.optimizer.parameters, config.optimizer.rule, config.optimizer.options),
            number=number,
            watched=config.watched,
        )
        self._members: dict[int, Variants[int]] = {}
        self._data = table(config.rows, config.targets, self._dispatch.dtype)
        self._all = config.size == len(config.rows)
        # All sizes are compiled now, so that what cannot be traced is said before the first step.
        for size in {config.size, len(config.rows) % config.size or config.size}:
            tracer = partial(self._trace, size)
            make = partial(self._dispatch.add, checked=is_strict())
            self._members[size], seen = _variants(tracer, config, make, seen), None
        self.memory = self._dispatch.memory
        self.load(config.optimizer)

    def holds(self) -> bool:
        return all(variants.holds() for variants in self._members.values())

    def _renew(self) -> None:
        for variants in self._members.values():
            variants.current()

    def _trace(self, size: int, *, lines: bool = False) -> Trace:
        config = self._config

        def whole(rows: Any, targets: Any) -> Any:
            loss = config.loss_of([outputs_of(config.net, row) for row in rows], targets)
            learning = list(config.optimizer.parameters)
            return checked_loss(loss if config.penalty is None else loss + config.penalty(learning))

        params = self._dispatch.memory.params
        if self._all:  # the numbers are the same in each step, so they may be a part of the program
            found = traced(
                lambda: whole(config.rows, copies(config.targets)), [], params, lines=lines
            )
            return of_a_loss(found, config)
        some = config.rows[:size], config.targets[:size]
        found = of_a_loss(traced(whole, some, params, lines=lines), config)
        inputs, width = len(config.rows[0]), self._data.shape[1]
        targets = size * inputs  # where those of the batch begin
        columns = [
            (slot % inputs if slot < targets else inputs + (slot - targets) % (width - inputs), n)
            for slot, n in found.lookups
        ]
        check_lookups(columns, self._data, inputs)
        return found

    def _use(self, options: Mapping[str, float]) -> None:
        self._dispatch.use(options)

    def _advance(self, first: int, rates: Sequence[float]) -> tuple[Any, list[dict[str, float]]]:
        steps = len(rates)
        which, offsets = np.empty(steps, np.int64), np.zeros(steps, np.int64)
        if self._all:
            which[:] = self._members[self._config.size].now.made
            data: Any = np.zeros(1, self._dispatch.dtype)
        else:
            data = self._gathered(self._config.deal.batches(first, steps), which, offsets)
        given = np.array(rates, self._dispatch.dtype)
        return self._dispatch.run(which, offsets, data, given), []

    def _gathered(self, batches: Batches, which: Any, offsets: Any) -> Any:
        """Their numbers; fills in the program of each batch, and where its numbers begin."""
        starts, columns = batches.counts.cumsum() - batches.counts, len(self._config.rows[0])
        parts, end = [], 0
        for size, variants in self._members.items():
            mine = np.flatnonzero(batches.counts == size)
            if not len(mine):
                continue
            rows = batches.rows[starts[mine, None] + np.arange(size)]
            picked = self._data[rows]  # of shape (batches, rows, numbers a row)
            halves = picked[:, :, :columns], picked[:, :, columns:]
            part = np.concatenate([half.reshape(len(mine), -1) for half in halves], axis=1)
            which[mine] = variants.now.made
            offsets[mine] = end + part.shape[1] * np.arange(len(mine))
            parts.append(part.reshape(-1))
            end += part.size
        return np.concatenate(parts)


def _variants(
    tracer: Tracer, config: Config, make: Callable[[Trace], Made], seen: Seen | None
) -> Variants[Made]:
    return Variants(tracer, config.roots, make, check=config.check, doubt=True, fresh=seen)


def traced(
    function: Callable[..., Any],
    arguments: Sequence[Any],
    params: Sequence[Value],
    *,
    per_row: Sequence[int] = (),
    lines: bool = False,
) -> Trace:
    """The trace of what calls the network and the loss."""
    try:
        return trace(function, arguments, params, per_row, lines=lines)
    except JangradError:
        raise
    except Exception as error:
        raise Untraceable(
            f"the loss or the network fails on Values that are traced:"
            f" {type(error).__name__}: {error}",
            why="rows and targets are Values then, of which no number can be read",
            try_='jangrad\'s own functions; or engine="eager"',
        ) from error


def of_a_loss(found: Trace, config: Config, *, alone: bool = True) -> Trace:
    """The trace of a loss, once it is one.

    Args:
        found: the trace.
        run: whose loss it is.
        alone: whether it gives the loss and no penalty beside it.
    """
    if isinstance(found.result, Output) != alone:
        raise Untraceable(
            f"the loss is a {type(found.result).__name__}, not a Value",
            why="training follows its gradient",
        )
    found.check_earlier(config.optimizer.parameters)
    if not found.uses(config.optimizer.parameters):
        raise NoGradient.of_loss()
    return found
