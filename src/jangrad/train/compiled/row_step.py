"""Compiled training steps whose loss is that of one row: all rows of a batch run side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Never, Protocol

import numpy as np

from jangrad.arrays import items_of, walked_again
from jangrad.compiler.running import (
    Executable,
    Number,
    Trace,
    Variants,
    dtype_of,
    flatten,
    raise_non_finite,
    rows_of,
)
from jangrad.errors import ConfigError
from jangrad.guards import Seen
from jangrad.record import Record
from jangrad.train.compiled.memory import Memory
from jangrad.train.compiled.stepper import Doubt, Signature, Stepper
from jangrad.train.compiled.trainer import Trainer
from jangrad.train.optimizers import Optimizer
from jangrad.train.settings import count, no_option
from jangrad.train.shuffle import Batches, Deal
from jangrad.watching import is_strict


class PackedRows:
    """Rows of arguments, read once for many runs; made by `CompiledRowStep.pack`.

    Attributes:
        owner: the step that has packed them, which alone may run them.
        table: all numbers of each row, an array of shape (rows, numbers a row).
        first: the arguments of the first row.
        nesting: how numbers lie in them.
        known: for each size of batch that was asked for what is made for it, and for which of
            that the rows have been checked.
    """

    def __init__(self, owner: CompiledRowStep, table: Any, first: list[Any], nesting: Any) -> None:
        self.owner, self.table, self.first, self.nesting = owner, table, first, nesting
        self.known: dict[int, tuple[Variants[Signature], Signature | None]] = {}

    def __len__(self) -> int:
        return len(self.table)


class Ready(Record):
    """What has made the last steps, all of them on all rows, and can make others at once.

    Attributes:
        rows: these, which lie ready.
        trainer: what makes them.
        seen: what the loss could reach then.
    """

    rows: PackedRows
    trainer: Trainer
    seen: Seen


class CompiledRowStep(Stepper):
    """A training step on the mean loss of rows; made by `compile_step(..., per_row=True)`."""

    def __init__(
        self, loss: Callable[..., Any], optimizer: Optimizer, number: Number, check: bool = False
    ) -> None:
        learning, rule = optimizer.parameters, optimizer.rule
        sizes = (len(learning), len(rule.state))
        memory = Memory(list(learning), *sizes, dtype_of(number), optimizer.options)
        super().__init__(loss, optimizer, memory, check)
        self._number = number
        self._trainers: list[Trainer] = []
        self._twins: dict[int, int] = {}  # of each the one whose losses are checked
        self._laid: tuple[Trainer, PackedRows] | None = None  # whose rows lie ready
        self._ready: Ready | None = None

    def __call__(self, *arguments: Any, **named: Any) -> float:
        """Make one step on all these rows; returns the mean loss before it.

        Args:
            arguments, named: for each argument of the loss a list or array with one for each row.

        Raises:
            NotANumber, ShapeError, Untraceable, NoSuchRow: as `run` says.
        """
        return float(self.run(self._placed(arguments, named), steps=1)[0])

    def run(
        self,
        arguments: Sequence[Any] | PackedRows,
        *more: Any,
        steps: int | None = None,
        epochs: int | None = None,
        batches: Iterable[Sequence[int]] | None = None,
        batch_size: int | None = None,
        seed: int | None = 0,
        rates: Iterable[float] | None = None,
        **others: Never,
    ) -> Any:
        """Make many steps, with no Python between them; Ctrl-C ends them after a whole step.

        Args:
            arguments: for each argument of the loss a list or array with one for each row; or
                what `pack` has made of them.
            more, others: nothing; arguments that are given one by one, and options of other
                names, are answered.
            steps: how many steps to make.
            epochs: instead, how many passes over the rows.
            batches: instead, for each step the numbers of the rows that it is made on; or an
                integer array of shape (steps, rows a step).
            batch_size: rows a step, dealt as `fit` deals them; all of them when left out.
            seed: decides how they are dealt; None to let Python's `random` say. Each run begins
                with epoch 0 of its seed, so a loop over runs gives each its own.
            rates: the learning rate of each step, instead of the optimiser's.

        Returns:
            An array with the mean loss before each step.

        Raises:
            NotANumber, ShapeError, Untraceable, NoSuchRow, DataError: before any step is made.
            ConfigError: unless one of steps, epochs and batches is given; when an option is out of
                its range, or there are not as many rates as steps.

        >>> from jangrad import Value, compile_step
        >>> w = Value(0.0)
        >>> step = compile_step(
        ...     lambda x, t: (w * x - t) ** 2, [w], "sgd", learning_rate=0.1, per_row=True
        ... )
        >>> losses = step.run(([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), batches=[[0, 1], [2], [0, 2]])
        >>> [round(loss, 4) for loss in losses.tolist()]
        [10.0, 9.0, 3.2]
        >>> len(step.run(([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), epochs=10, batch_size=2, seed=1))
        20
        >>> round(w.data, 3)
        2.0
        """
        if more:
            raise ConfigError(
                f"a run takes the loss's arguments as one tuple, but was given {1 + len(more)}",
                try_="step.run((X, y), steps=1000)",
            )
        for name in others:
            raise no_option(CompiledRowStep.run, name)
        if batches is None and batch_size is None and rates is None:
            losses = self._at_once(arguments, steps)
            if losses is not None:
                return losses
        lengths = (steps is not None) + (epochs is not None) + (batches is not None)
        if lengths != 1 or (batches is not None and batch_size is not None):
            raise _unclear(steps, epochs, batches, batch_size)
        self._check_alone()
        with self._lock:
            self._follow()
            if isinstance(arguments, PackedRows):
                rows = arguments
                self._check_mine(rows)
            else:
                rows = self.pack(*arguments)
            picked: Picked | None = None
            if batches is not None:
                picked = Given(batches, len(rows))
                total = len(picked.counts)
            else:
                total = count("steps", steps) if epochs is None else count("epochs", epochs)
                if batch_size is not None:
                    deal = Deal(len(rows), count("batch_size", batch_size), seed)
                    total *= 1 if epochs is None else deal.an_epoch
                    picked = deal if deal.an_epoch > 1 else None
            size = len(rows) if picked is None else picked.size
            member = self._member(rows, size)
            plain = self._making(self._trainers[member], rows, picked)
            if not is_strict():
                losses = self._make(total, rates, plain, None)
                now = rows.known[size][0].now
                if picked is None and not (now.numbers or self._check):
                    self._ready = Ready(rows, self._trainers[member], now.seen)
                return losses
            doubt = Doubt(partial(self._origin, rows, picked, member), plain)
            checked = self._trainers[self._twin(member)]
            return self._make(total, rates, self._making(checked, rows, picked), doubt)

    def _at_once(self, rows: Any, steps: Any) -> Any:
        """The losses of so many steps on rows that lie ready; None where anything may have changed.

        A thousand steps of a small network take some 40 microseconds: as many as to look once more
        at all that is asked where something may be new.
        """
        ready, pace = self._ready, self._pace
        if ready is None or ready.rows is not rows or type(steps) is not int or self._is_making():
            return None
        with self._lock:
            if not (self._ready is ready and 0 < steps <= pace.steps and self._is_left(steps)):
                return None
            if is_strict() or not ready.seen.holds():
                return None
            self._read()
            start = time.perf_counter()
            try:
                results = ready.trainer.run(self._even[:steps])
            finally:
                try:
                    self._memory.write()
                except KeyboardInterrupt:
                    self._memory.write()
                    raise
            pace.learn(steps, time.perf_counter() - start)
            return results[:, 0].astype(float)

    def _making(
        self, trainer: Trainer, rows: PackedRows, picked: Picked | None
    ) -> Callable[[int, Any], Any]:
        """What makes steps from a step on, on all rows or on the batches that were picked."""

        def on_all(made: int, rates: Any) -> Any:
            if self._laid != (trainer, rows):
                trainer.set_rows(rows.table)
                self._laid, self._ready = (trainer, rows), None
            return trainer.run(rates)

        def on_batches(made: int, rates: Any) -> Any:
            self._laid = self._ready = None
            assert picked is not None
            packed = trainer.packed(*picked.batches(made, len(rates)))
            return trainer.run(rates, rows.table, packed)

        return on_all if picked is None else on_batches

    def _origin(self, rows: PackedRows, picked: Picked | None, member: int, step: int) -> None:
        """Raise NonFinite where Python meets it in this step: values first, then slopes."""
        plain = next(shape.slots for _, shape in rows.known.values() if shape is not None)
        batch = range(len(rows)) if picked is None else picked.batch(step)
        for slopes in (False, True):
            for row in batch:
                during, numbers = f"step {step}, row {row}", rows.table[row]
                raise_non_finite(
                    self.loss, rows.first, numbers, plain, during=during, gradient=slopes
                )
        for row in batch:
            during = f"step {step}, row {row}"
            self._named_in_single(self._trainers[member].trace, rows.table[row], during)

    def pack(self, *arguments: Any) -> PackedRows:
        """Read rows once for many runs: `step.run(step.pack(X, y), steps=1000)`.

        Args:
            arguments: for each argument of the loss a list or array with one for each row.

        Raises:
            NotANumber, ShapeError: as `run` says.
        """
        arguments = tuple(items_of(walked_again(argument)) for argument in arguments)
        table = rows_of(arguments, "step(X, y)", self._memory.dtype)
        if len(arguments) == 1:  # which may be the caller's own array
            table = table.copy()
        first = [argument[0] for argument in arguments]
        return PackedRows(self, table, first, flatten(first)[1])

    def _member(self, rows: PackedRows, size: int) -> int:
        """The number of what runs rows of this nesting, checked for it, in batches of so many."""
        variants, checked = rows.known.get(size) or (self._known(rows, size), None)
        shape = variants.current()
        if shape is not checked:
            if len(shape.slots):
                shape.check(rows.table[:, shape.slots], np.arange(len(rows)), "row")
            rows.known[size] = variants, shape
        return shape.member

    def _twin(self, member: int) -> int:
        """The number of the trainer that computes the same, and checks its losses."""
        if member not in self._twins:
            self._twins[member] = self._added(self._trainers[member].twin(checked=True))
        return self._twins[member]

    def _known(self, rows: PackedRows, size: int) -> Variants[Signature]:
        variants = self._shapes.get((rows.nesting, size))
        if variants is None:
            make = partial(self._made, rows.first, size)
            variants = self._variants(rows.first, make, range(len(rows.first)))
            self._shapes[rows.nesting, size] = variants
        return variants

    def _made(self, row: Sequence[Any], size: int, found: Trace) -> Signature:
        """A trainer for this trace, among those of the step."""
        call = f"step({size} row{'s' * (size != 1)} of {{}})"
        if len(found.params) > len(self._memory.params):
            self._memory.hold(found.params)
        optimizer = self.optimizer
        trainer = Trainer(
            *(found, len(optimizer), optimizer.rule, optimizer.options),
            number=self._number,
            rows=size,
            with_norm=False,
            memory=self._memory,
        )
        return self._shape(call, row, found, self._added(trainer))

    def _added(self, trainer: Trainer) -> int:
        """The number of one more trainer."""
        for other in self._trainers:  # the memory may have moved
            other.point()
        self._trainers.append(trainer)
        self._laid = self._ready = None
        return len(self._trainers) - 1

    def _use(self, options: Mapping[str, float]) -> None:
        if self._memory.use(options):
            for trainer in self._trainers:
                trainer.compile()
            self._laid = self._ready = None

    def _executable(self, shape: Signature) -> Executable:
        return self._trainers[shape.member].executable


class Picked(Protocol):
    """Which rows make which step: those that were given, or a `Deal`."""

    @property
    def size(self) -> int: ...
    def batch(self, step: int) -> Sequence[int]: ...
    def batches(self, first: int, steps: int) -> Batches: ...


class Given:
    """The batches of the user's own.

    Args:
        batches: the numbers of each one's rows; what runs out is asked once.
        rows: how many there are.

    Raises:
        ConfigError: when one is empty, or holds what is not the index of a row.

    Attributes:
        counts: how many rows each has.
        size: the largest of these.
    """

    def __init__(self, batches: Iterable[Sequence[int]], rows: int) -> None:
        batches = batches if hasattr(batches, "__len__") else list(batches)
        self._batches: Any = batches
        self._rows, self.counts = _checked(self._batches, rows)
        self._ends = self.counts.cumsum()
        self.size = int(self.counts.max(initial=1))

    def batch(self, step: int) -> Sequence[int]:
        """The rows of a step."""
        found: Sequence[int] = self._batches[step]
        return found

    def batches(self, first: int, steps: int) -> Batches:
        """Those of so many steps from this one on."""
        counts, last = self.counts[first : first + steps], first + steps - 1
        return Batches(self._rows[self._ends[first] - counts[0] : self._ends[last]], counts)


def _unclear(steps: object, epochs: object, batches: object, batch_size: object) -> ConfigError:
    """What is said where it is not said once how many steps there are, and of which rows."""
    said = {"steps": steps, "epochs": epochs, "batches": batches}
    given = [f"`{name}`" for name, value in said.items() if value is not None]
    if len(given) == 1:
        return ConfigError(
            f"both `batches` and `batch_size={batch_size!r:.60}` were given",
            why="each says which rows a step is made on",
            try_="epochs=10 instead of `batches`, to have the rows dealt; or `batches` alone",
        )
    return ConfigError(
        f"a run takes one of `steps`, `epochs`, `batches`, not {' and '.join(given) or 'none'}",
        why="each says how many steps there are",
        try_="step.run((X, y), steps=1000); step.run((X, y), epochs=10, batch_size=32); or"
        " step.run((X, y), batches=[[0, 1], [2, 3]])",
    )


def _checked(batches: Any, rows: int) -> tuple[Any, Any]:
    """The rows of all batches, one batch's after the other's, and how many each has.

    Raises:
        ConfigError: when one is empty, or holds what is not the index of a row.
    """
    try:
        if getattr(batches, "ndim", 1) == 2 and batches.dtype.kind in "iu":
            every = batches.astype(np.int64, copy=False).reshape(-1)
            counts = np.full(len(batches), batches.shape[1])
        else:
            every = np.concatenate(batches, dtype=np.int64, casting="equiv")
            counts = np.fromiter(map(len, batches), np.int64, len(batches))
        usual = every.ndim == 1 and counts.all()
    except (TypeError, ValueError):
        usual = False
    if not usual:
        every, counts = _checked_one_by_one(batches)
    # A number below 0 is a very large one without its sign.
    if len(every) and every.view(np.uint64).max() >= rows:
        first = int(np.flatnonzero((every < 0) | (every >= rows))[0])
        i = int(np.searchsorted(counts.cumsum(), first, "right"))
        raise ConfigError(
            f"batch {i} has row {int(every[first])}, but there are {rows} rows",
            why=f"rows are numbered from 0 to {rows - 1}",
        )
    return every, counts


def _checked_one_by_one(batches: Sequence[Sequence[int]]) -> tuple[Any, Any]:
    """The same, of integers of any type; says which batch is none."""
    found = [np.asarray(batch) for batch in batches]
    for i, numbers in enumerate(found):
        if numbers.ndim != 1 or not numbers.size or numbers.dtype.kind not in "iu":
            raise ConfigError(
                f"batch {i} is {batches[i]!r:.60}, not a list of the numbers of its rows",
                try_="batches=[[0, 1], [2, 3]]",
            )
    every = [numbers.astype(np.int64) for numbers in found]
    return np.concatenate([np.zeros(0, np.int64), *every]), np.array([*map(len, every)], np.int64)
