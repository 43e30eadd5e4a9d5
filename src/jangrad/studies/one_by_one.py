"""Copies trained one after the other, each as `fit` trains it, by code that is made once."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from jangrad.compiler.running import Trace
from jangrad.errors import NoCompiler, Untraceable
from jangrad.studies.sweep_copies import INTERRUPTED, Copies, Outcome
from jangrad.tape import write_data
from jangrad.train.bursts import interrupts_held
from jangrad.train.choice import EngineChoice
from jangrad.train.compiled.fit_steps import compile_run, traced
from jangrad.train.compiled.held_out import HeldOut
from jangrad.train.compiled.memory import Memory
from jangrad.train.compiled.reuse import keep
from jangrad.train.config import Config
from jangrad.train.diagnosis import Watch
from jangrad.train.looked_at import scene_of
from jangrad.train.progress import Bar
from jangrad.train.resolve import checked_engine, number_type
from jangrad.train.run import Run
from jangrad.train.scene import Scene
from jangrad.train.schedules import is_blind, rate_at
from jangrad.train.steps import Steps
from jangrad.train.verdict import Diagnosis

#: Ends of trainings that were not called off, so that their last weights are worth something.
_WHOLE = ("finished", "patience", "callback", "interrupt")
_IN_TURN = "machine code, one copy after the other"
_BY_PYTHON = "Python, one copy after the other"


def train(
    copies: Copies, first: Config, dtype: str, tell: Callable[[float, float], None]
) -> Outcome:
    """Train them.

    Args:
        copies: what to train; the network is left as the last one has made it.
        first: the settings of the first.
        dtype: of the numbers.
        tell: is told of each training that is done, and of its loss.
    """
    return _Turns(copies, first, dtype).train(tell)


class _Turns:
    def __init__(self, copies: Copies, first: Config, dtype: str) -> None:
        self.copies, self.first, self.number = copies, first, number_type(dtype)
        self.engine = checked_engine(first.engine, dtype)
        width = copies.start.shape[1] if copies.keep else 0
        self.outcome = Outcome.blank(len(copies), copies.at, width)
        self.learning = list(first.optimizer.parameters)
        alone = first.patience is None and first.held_out is not None
        self.measure = Measure(first) if alone else None
        self.native: Steps | None = None
        self.penalties: dict[float, Any] = {}
        self.held = first  # the run for which this was made

    def train(self, tell: Callable[[float, float], None]) -> Outcome:
        copies, outcome, how = self.copies, self.outcome, ""
        order = range(len(copies))
        if copies.strengths is not None:  # so that what is compiled for one serves the next
            order = np.argsort(copies.strengths, kind="stable").tolist()
        try:
            for copy in order:
                quick = self._begin(copy)
                how = _BY_PYTHON if self.native is None else _IN_TURN
                if not self._pass(copy, quick) and not self._run(copy, self._begin(copy)):
                    break
                tell(1.0, outcome.loss[copy])
        except KeyboardInterrupt:  # between two trainings
            outcome.ended[copy] = INTERRUPTED
        keep(self.held, self.native, self.number)
        return outcome._replace(how=how)

    def _begin(self, copy: int) -> Config:
        """The settings of a copy, whose weights the network gets, and an optimiser of its own."""
        config = self.copies.config_of(copy, self.first, self.penalties)
        if self.measure is not None:
            config = config._replace(held_out=None)
        write_data(self.learning, array("d", self.copies.start[copy]))
        self._compile(config)
        return config

    def _compile(self, config: Config) -> None:
        """Have machine code for a copy, if any."""
        if self.native is not None and self.held.penalty is config.penalty:
            self.native.take(config)
            self.held = config
        elif self.engine != "eager":
            keep(self.held, self.native, self.number)
            self.native = None
            try:
                self.native, self.held = compile_run(config, self.number), config
            except (Untraceable, NoCompiler):
                if self.engine == "native":
                    raise
                self.engine = "eager"

    def _pass(self, copy: int, config: Config) -> bool:
        """Make all steps without looking; whether that was right, for none was in trouble."""
        native, total = self.native, config.total
        asked = config.patience is not None or config.held_out or config.callbacks or config.check
        steady = config.schedule is None or is_blind(config.schedule)
        if native is None or asked or not steady:
            return False
        rates = [config.optimizer.learning_rate] * total
        if config.schedule is not None:
            rates = [rate_at(config.schedule, step) for step in range(total)]
        parts: list[Any] = []
        made = 0
        while made < total:
            with interrupts_held():
                count, start = min(native.pace.steps, total - made), time.perf_counter()
                parts.append(native.advance(made, rates[made : made + count])[0])
                native.pace.learn(count, time.perf_counter() - start)
                made += count
        losses, norms, reached = np.concatenate(parts).T
        watch = _Ends(config, lambda: None, (), _no_scene)
        if watch.fine([], losses, norms, reached) < total:
            return False
        self._take(copy, "finished", losses, native.memory.parameters(), {})
        return True

    def _run(self, copy: int, config: Config) -> bool:
        """Train a copy as `fit` does; False where Ctrl-C has ended that."""
        run = Run(config)
        run.watch = _Ends(config, lambda: None, run.first_weights, partial(scene_of, run))
        with Bar(config.total, False) as bar:
            history = run.train(bar, self.native, None)
        self.native = run.native
        ended = history.diagnosis.kind if history.diagnosis is not None else history.stopped_by
        figures = {n: column[-1] for n, column in history.validation.items() if n != "step"}
        self._take(copy, ended, np.array(history.loss), run.weights, figures)
        return ended != "interrupt"

    def _take(
        self, copy: int, ended: str, losses: Any, weights: Any, figures: dict[str, float]
    ) -> None:
        """Keep what has come of a copy."""
        outcome = self.outcome
        outcome.end(copy, ended, losses, self.first)
        if ended not in _WHOLE:
            return
        if outcome.weights is not None:
            outcome.weights[copy] = weights
        if self.measure is not None:
            figures = self.measure(weights)
        for name, figure in figures.items():
            outcome.figure(name)[copy] = figure


def _no_scene() -> Scene:
    raise AssertionError("who only asks whether all is fine is told nothing more")


class _Ends(Watch):
    """Says whether a training is over, and by what name, but looks for no cause and no remedy."""

    def look_back(self, *_: Any) -> Diagnosis | None:
        return None

    def _with_cause(self, found: Diagnosis, losses: Sequence[float]) -> Diagnosis:
        return found

    def _better_rate(self, rate: float, *, shorter: bool = True) -> tuple[float | None, str]:
        return None, ""


class Measure:
    """What the rows that are held out give for a network at the end of its training."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._memory: Memory | None = None
        if callable(config.loss) or config.engine == "eager":
            return
        learning = list(config.optimizer.parameters)
        memory = Memory(learning, len(learning), 0, np.float64)

        def of_rows(one: Any, *given: Any, lines: bool) -> Trace:
            return traced(one, given, learning, per_row=range(len(given)), lines=lines)

        with suppress(Untraceable, NoCompiler):
            self._measure = HeldOut(config, "double", memory, of_rows, memory.hold)
            self._memory = memory

    def __call__(self, weights: Any) -> dict[str, float]:
        """Of these weights."""
        if self._memory is not None:
            self._memory.put(weights)
            return self._measure.measure()
        assert self._config.held_out is not None
        write_data(self._config.optimizer.parameters, array("d", weights))
        return Run(self._config)._measure(*self._config.held_out)


def network(copies: Copies, copy: int) -> Any:
    """A network of its own that is trained as one of the copies."""
    alone = copies.some(np.array([copy]))._replace(net=deepcopy(copies.net))
    config = alone.config()
    write_data(config.optimizer.parameters, array("d", alone.start[0]))
    native: Steps | None = None
    if checked_engine(config.engine, "float64") == "native":
        native = compile_run(config, "double")
    run = Run(config)
    choice = EngineChoice(run, "double") if config.engine == "auto" else None
    with Bar(config.total, False) as bar:
        run.train(bar, native, choice)
    return config.net
