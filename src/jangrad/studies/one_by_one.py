"""Copies trained one after the other, each as `fit` trains it, by code that is made once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np

from jangrad.compiler.running import Trace
from jangrad.errors import NoCompiler, Untraceable
from jangrad.studies.sweep_copies import Copies, Outcome
from jangrad.tape import read_data, write_data
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
from jangrad.train.steps import Steps
from jangrad.train.verdict import Diagnosis

_IN_TURN = "machine code, one copy after the other"
_BY_PYTHON = "Python, one copy after the other"


def train(copies: Copies, dtype: str, tell: Callable[[float, float], None]) -> Outcome:
    """Train them.

    Args:
        copies: what to train; the network is left as it was.
        dtype: of the numbers.
        tell: is told of each training that is done, and of its loss.
    """
    learning = copies.net.parameters()
    before = array("d", bytes(8 * len(learning)))
    read_data(learning, before)
    try:
        return _train(copies, dtype, tell)
    finally:
        write_data(learning, before)


def _train(copies: Copies, dtype: str, tell: Callable[[float, float], None]) -> Outcome:
    first, number = copies.config(), number_type(dtype)
    config, engine = first, checked_engine(first.engine, dtype)
    width = copies.start.shape[1] if copies.keep else 0
    outcome = Outcome.blank(len(copies), copies.at, width)
    learning = list(config.optimizer.parameters)
    measure = _Measure(config) if config.patience is None and config.held_out else None
    how = ""
    order = range(len(copies))
    if copies.strengths is not None:  # so that what is compiled for one serves the next
        order = np.argsort(copies.strengths, kind="stable").tolist()
    for copy in order:
        write_data(learning, array("d", copies.start[copy]))
        config = copies.config_of(copy, first)
        config = config._replace(held_out=config.held_out if measure is None else None)
        native: Steps | None = None
        if engine != "eager":
            try:
                native = compile_run(config, number)
            except (Untraceable, NoCompiler):
                if engine == "native":
                    raise
                engine = "eager"
        how = _BY_PYTHON if native is None else _IN_TURN
        run = Run(config)
        run.watch = _Ends(config, lambda: None, run.first_weights, partial(scene_of, run))
        with Bar(config.total, False) as bar:
            history = run.train(bar, native, None)
        keep(config, run.native, number)
        kind = history.stopped_by
        if history.diagnosis is not None:
            kind = history.diagnosis.kind
        outcome.end(copy, kind, history.loss, config)
        if outcome.weights is not None:
            outcome.weights[copy] = run.weights
        if kind in ("finished", "patience", "callback"):
            figures = {name: column[-1] for name, column in history.validation.items()}
            if measure is not None:
                figures = measure(run)
            for name, figure in figures.items():
                if name != "step":
                    outcome.figure(name)[copy] = figure
        if kind == "interrupt":
            break
        tell(1.0, outcome.loss[copy])
    return outcome._replace(how=how)


class _Ends(Watch):
    """Says whether a training is over, and by what name, but looks for no cause and no remedy."""

    def look_back(self, *_: Any) -> Diagnosis | None:
        return None

    def _with_cause(self, found: Diagnosis, losses: Sequence[float]) -> Diagnosis:
        return found

    def _better_rate(self, rate: float, *, shorter: bool = True) -> tuple[float | None, str]:
        return None, ""


class _Measure:
    """What the rows that are held out give for a network at the end of its training."""

    def __init__(self, config: Config) -> None:
        assert config.held_out is not None
        self._held_out = config.held_out
        self._memory: Memory | None = None
        if callable(config.loss) or config.engine == "eager":
            return
        learning = list(config.optimizer.parameters)
        memory = Memory(learning, len(learning), 0, np.float64)

        def of_rows(one: Any, *given: Any, lines: bool) -> Trace:
            return traced(one, given, learning, per_row=range(len(given)), lines=lines)

        try:
            self._measure = HeldOut(config, "double", memory, of_rows, memory.hold)
            self._memory = memory
        except (Untraceable, NoCompiler):
            pass

    def __call__(self, run: Run) -> dict[str, float]:
        if self._memory is None:
            return run._measure(*self._held_out)
        self._memory.put(run.weights)
        return self._measure.measure()


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
