"""What compiled training steps share: the loop over bursts, the optimiser's memory, the shapes."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import signature
from typing import Any

import numpy as np

from jangrad import forks
from jangrad.compiler.running import (
    Executable,
    Output,
    StagesText,
    Trace,
    Variants,
    code_in,
    in_single,
    nesting,
    taken_for_one_row,
    trace,
    unexplained,
    unmet,
)
from jangrad.errors import ConfigError, NoGradient, Untraceable
from jangrad.needs import refusal
from jangrad.record import Record
from jangrad.train.bursts import Pace
from jangrad.train.compiled.memory import Memory
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import check_compilable
from jangrad.train.settings import number_in


class Signature(Record):
    """A nesting of arguments, compiled.

    Attributes:
        words: the nesting.
        member: the number of its program.
        given: the arguments that it was traced with.
        slots, needs: which of the arguments' numbers have to be something, and what.
    """

    words: str
    member: int
    given: Sequence[Any]
    slots: Any
    needs: Any

    __eq__, __hash__ = object.__eq__, object.__hash__

    def check(self, indices: Any, elements: Any, called: str = "element") -> None:
        """That the rows which are looked up are there, and targets are what their loss needs.

        Args:
            indices: shape (elements, slots).
            elements: the number of each element, None where an error is not to name it.
            called: what an element is.
        """
        wrong = unmet(indices, self.needs)
        if wrong.any():
            step, slot = np.argwhere(wrong)[0]
            number = float(indices[step, slot])
            place = "" if elements is None else f"{called} {elements[step]}"
            raise refusal(int(self.needs[slot]), number, place)


class Doubt(Record):
    """What is asked about a step in which checked machine code has met inf or nan.

    Attributes:
        origin: raises NonFinite for a step where Python does.
        some: makes steps unchecked, from this one on, at these rates.
    """

    origin: Callable[[int], None]
    some: Callable[[int, Any], Any]


class Stepper(ABC):
    """Makes training steps in machine code.

    Attributes:
        loss: the function as written.
        optimizer: its rate is read at each call; its memory and its count of steps are kept true.
    """

    def __init__(
        self, loss: Callable[..., Any], optimizer: Optimizer, memory: Memory, check: bool
    ) -> None:
        self.loss = loss
        self._check = check
        self.optimizer = optimizer
        self._memory = memory
        self._shapes: dict[Any, Variants[Signature]] = {}
        self._pace = Pace()
        self._rate, self._even = math.nan, np.empty(0)  # the optimiser's rate, so many times
        self._lock: Any = forks.renewed(self, "_lock", threading.RLock)
        # What of the optimiser programs are made for: others would be other programs.
        self._made_for = optimizer.parameters, optimizer.rule
        self._parts = len(vars(optimizer))

    @property
    def shapes(self) -> list[str]:
        """The nestings of arguments that have been traced, in words."""
        return [known.now.made.words for known in self._shapes.values()]

    def report(self) -> str:
        """What the compiler made of each shape: classes, kernels, loops, memory, cost."""
        return "\n\n".join(
            f"{known.now.made.words}\n{self._executable(known.now.made).report()}"
            for known in self._shapes.values()
        )

    def stages(self, lines: int | None = 40) -> str:
        """The program of each shape after every pass, as `Compiled.stages` gives it."""
        made = [known.now.made for known in self._shapes.values()]
        return StagesText((m.words, self._executable(m).stages(lines)) for m in made)

    def __repr__(self) -> str:
        name = getattr(self.loss, "__name__", type(self.loss).__name__)
        shapes = f"{len(self._shapes)} shape{'s' * (len(self._shapes) != 1)}"
        return f"compile_step({name}, {self.optimizer!r}, {shapes})"

    def __reduce__(self) -> Any:
        raise ConfigError(
            f"{self!r} cannot be copied or pickled",
            why="it trains these very Values, and a copy of them would not be trained",
            try_="compile_step(loss, parameters) of the copies; copy or pickle the network",
        )

    def _placed(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        """The arguments of the loss by position, in which some may be given by name."""
        if not named:
            return arguments
        bound = signature(self.loss).bind(*arguments, **named)
        if bound.kwargs:
            raise ConfigError(
                f"{', '.join(bound.kwargs)} of the loss can be given by name alone",
                why="a step gives all arguments by position, in lists of many steps too",
                try_="a loss without `*` or `**` before them",
            )
        return bound.args

    def _check_mine(self, packed: Any) -> None:
        """That it was packed by this step."""
        if packed.owner is not self:
            raise ConfigError(
                f"what {packed.owner!r} has packed was given to {self!r}",
                why="a step knows only the numbers that it has packed itself",
                try_="step.pack(...) of this step",
            )

    def _check_alone(self) -> None:
        """That this thread is not in the middle of one of these steps."""
        if self._is_making():
            raise ConfigError(
                f"{self!r} was called while it makes a step, in the same thread",
                why="a handler of a signal, or what is called when an object dies, may come at any"
                " moment, where the weights are those of no step",
                try_="note there what is to be done, and do it between two steps",
            )

    def _is_making(self) -> bool:
        """Whether this thread is in the middle of a call."""
        return bool(self._lock._is_owned())

    def _is_left(self, steps: int) -> bool:
        """Whether the optimiser is as the last call has left it, and so many rates are there."""
        optimizer, memory = self.optimizer, self._memory
        parameters, rule = self._made_for
        return (
            optimizer.parameters is parameters
            and optimizer.rule is rule
            and len(vars(optimizer)) == self._parts
            and optimizer.options == memory.options
            and optimizer.learning_rate == self._rate
            and steps <= len(self._even)
        )

    def _follow(self) -> None:
        """Take the optimiser's options as they are now, and refuse what cannot be followed."""
        optimizer = self.optimizer
        parameters, rule = self._made_for
        if optimizer.parameters is not parameters or optimizer.rule is not rule:
            what = "another rule" if optimizer.rule is not rule else "other parameters"
            raise ConfigError(
                f"{optimizer!r} has {what} than when the step was compiled",
                why="they are a part of the compiled step",
                try_="compile_step again",
            )
        if len(vars(optimizer)) != self._parts:  # a method may have been put in its place
            check_compilable(optimizer)
            self._parts = len(vars(optimizer))
        if optimizer.options != self._memory.options:
            optimizer.check_options()
            self._use(optimizer.options)

    @abstractmethod
    def _use(self, options: Mapping[str, float]) -> None: ...

    @abstractmethod
    def _executable(self, shape: Signature) -> Executable: ...

    def _make(
        self,
        total: int,
        rates: Iterable[float] | None,
        some: Callable[[int, Any], Any],
        doubt: Doubt | None,
    ) -> Any:
        """Make so many steps in bursts.

        Args:
            total: how many.
            rates: of each; None for the optimiser's.
            some: makes steps from this one on, at these rates; returns an array whose first column
                are losses.
            doubt: where losses are checked: what is asked about one that is not finite.
        """
        memory, pace = self._memory, self._pace
        rate_of = self._rates(rates, total)
        self._read()
        losses: list[Any] = []
        made = 0
        try:
            while made < total:
                end = min(made + pace.steps, total)
                mark = None if doubt is None else memory.mark()
                start = time.perf_counter()
                results = some(made, rate_of[made:end])
                pace.learn(end - made, time.perf_counter() - start)
                if mark is not None and doubt is not None:
                    fine = int(np.isfinite(results[:, 0]).argmin())
                    if not np.isfinite(results[fine, 0]):
                        memory.back_to(mark)
                        if fine:
                            losses.append(some(made, rate_of[made : made + fine])[:, 0])
                        made += fine
                        end, pace.steps = made + 1, 1
                        memory.write()
                        results = self._unchecked(made, rate_of[made:end], doubt)
                losses.append(results[:, 0].astype(float))
                made = end
        finally:
            try:  # the numbers that the steps have come to, wherever Ctrl-C strikes
                memory.write()
            except KeyboardInterrupt:
                memory.write()
                raise
        return losses[0] if len(losses) == 1 else np.concatenate([np.empty(0), *losses])

    def _read(self) -> None:
        """Take what Values and optimiser hold now."""
        memory, optimizer = self._memory, self.optimizer
        memory.read()
        if not optimizer.is_lent_to(memory):
            memory.load(optimizer.memory, optimizer.steps)
            optimizer.lend(memory)

    def _unchecked(self, step: int, rate: Any, doubt: Doubt) -> Any:
        """Make a step in which machine code has met inf or nan, if Python does not.

        It has computed what is not chosen then, which counts for nothing.
        """
        memory = self._memory
        doubt.origin(step)
        mark = memory.mark()
        results = doubt.some(step, rate)
        if not np.isfinite([*results[:, 0], *memory.parameters()]).all():
            memory.back_to(mark)
            raise unexplained(f"step {step}", np.dtype(memory.dtype).name)
        return results

    def _named_in_single(self, found: Trace, numbers: Sequence[float], during: str) -> None:
        """Raise NonFinite where single precision cannot hold what the loss computes of these."""
        dtype = np.dtype(self._memory.dtype).name
        named = in_single(found, numbers, list) if dtype == "float32" else None
        if named is not None:
            raise unexplained(during, dtype, named)

    def _rates(self, rates: Iterable[float] | None, total: int) -> Any:
        """The rate of each step, and perhaps of more."""
        if rates is None:
            rate = self.optimizer.learning_rate
            if rate != self._rate or total > len(self._even):
                self._rate, self._even = rate, np.full(total, rate, self._memory.dtype)
            return self._even
        rates = list(rates)
        if len(rates) != total:
            raise ConfigError(
                f"`rates` has {len(rates)} numbers for {total} steps", why="each step has its own"
            )
        return np.array([number_in("rate", r, least=0.0) for r in rates], self._memory.dtype)

    def _variants(
        self,
        arguments: Sequence[Any],
        make: Callable[[Trace], Signature],
        per_row: Sequence[int] = (),
    ) -> Variants[Signature]:
        """What is made of the loss for the nesting of these arguments."""

        def traced(*, lines: bool = False) -> Trace:
            given = () if per_row else arguments
            with taken_for_one_row(given, "the loss", "compile_step(..., per_row=True)"):
                found = self._trace(arguments, per_row, lines=lines)
            if not isinstance(found.result, Output):
                raise Untraceable(
                    f"the loss gave a {type(found.result).__name__}, but a step follows one Value",
                    why="training makes one number smaller",
                    try_="their sum, each with its weight",
                )
            found.check_earlier(self.optimizer.parameters)
            if not found.uses(self.optimizer.parameters):
                raise NoGradient.of_loss()
            return found

        def made(found: Trace) -> Signature:
            self._pace = Pace()  # how long a step of this shape takes is not known
            return make(found)

        name = getattr(self.loss, "__name__", type(self.loss).__name__)
        roots = [(self.loss, name), *code_in(arguments)]
        return Variants(traced, roots, made, check=self._check)

    def _trace(self, arguments: Sequence[Any], per_row: Sequence[int], *, lines: bool) -> Trace:
        """The trace of the loss, whose parameters begin with those of the memory."""
        while True:
            params = self._memory.params
            self._lock.release()  # for the loss may wait for another thread that makes a step
            try:
                found = trace(self.loss, arguments, params, per_row, lines=lines)
            finally:
                self._lock.acquire()
            if params is self._memory.params:
                return found

    def _shape(self, call: str, arguments: Sequence[Any], found: Trace, member: int) -> Signature:
        lookups = np.array(sorted(set(found.lookups)), np.int64).reshape(-1, 2)
        words = call.format(", ".join(map(nesting, arguments)))
        return Signature(words, member, arguments, *lookups.T)
