"""Copies of one network that are trained beside each other, and what came of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from jangrad.record import Record
from jangrad.train.config import Config
from jangrad.train.fit import config_of
from jangrad.train.optimizers import Optimizer

# So many losses of each training are kept where nothing else is asked for.
_KEPT = 100
#: How a training can end, by the number that outcomes hold: as it was asked to, or by what `fit`
#: would have called it off for.
ENDS = (
    *("finished", "divergence", "not finite", "dead network", "no gradient"),
    *("patience", "callback", "interrupt", "not begun"),
)
#: Those by which a loss is lost.
LOST = ("divergence", "not finite")
FINISHED, INTERRUPTED, NOT_BEGUN = (ENDS.index(n) for n in ("finished", "interrupt", "not begun"))


class Copies(Record):
    """Trainings that differ by numbers alone, which can be sent to another process.

    Attributes:
        net, X, y: as `fit` was given them.
        options: what else it takes, but for what follows.
        kind, fixed: the class of the optimiser, and its options that are no numbers.
        start: the weights that each copy begins with, shape (copies, parameters).
        rates: a learning rate each; None where the optimiser's own, or a schedule, decides.
        seeds: what decides how the rows of each are shuffled.
        numbers: options of the optimiser by name, a number a copy.
        strength, strengths: a penalty of jangrad's own, and its strength for each copy, where
            they may differ by that.
        at: the steps whose losses are wanted; None until it is known how many there are.
        keep: whether the weights that each ends with are wanted.
    """

    net: Any
    X: Any
    y: Any
    options: Mapping[str, Any]
    kind: type[Optimizer]
    fixed: Mapping[str, Any]
    start: Any
    rates: Any
    seeds: Sequence[Any]
    numbers: Mapping[str, Any]
    strength: Callable[..., Any] | None
    strengths: Any
    at: Any
    keep: bool

    def __len__(self) -> int:
        return len(self.start)

    def some(self, places: Any) -> Copies:
        """The copies at these places."""
        return self._replace(
            start=self.start[places],
            rates=None if self.rates is None else self.rates[places],
            seeds=[self.seeds[i] for i in places],
            numbers={name: column[places] for name, column in self.numbers.items()},
            strengths=None if self.strengths is None else self.strengths[places],
        )

    def optimizer(self, parameters: Any, copy: int) -> Optimizer:
        """That of a copy."""
        numbers = {name: float(column[copy]) for name, column in self.numbers.items()}
        if self.rates is not None:
            numbers["learning_rate"] = float(self.rates[copy])
        make: Any = self.kind
        made: Optimizer = make(parameters, **numbers, **self.fixed)
        return made

    def config(self) -> Config:
        """The settings of the first copy, checked.

        Raises:
            ShapeError, DataError, ConfigError: as `fit`.
        """
        optimizer = self.optimizer(self.net.parameters(), 0)
        given = (self.net, self.X, self.y)
        made = config_of(
            *given, optimizer=optimizer, learning_rate=None, seed=self.seeds[0], **self.options
        )
        return self.config_of(0, made, {})

    def config_of(self, copy: int, first: Config, penalties: dict[float, Any]) -> Config:
        """Those of another copy, made from the first one's; `penalties` are those made so far."""
        penalty = first.penalty
        if self.strength is not None:
            number = float(self.strengths[copy])
            penalty = penalties.setdefault(number, partial(self.strength, strength=number))
        optimizer = self.optimizer(first.optimizer.parameters, copy)
        return first._replace(optimizer=optimizer, seed=self.seeds[copy], penalty=penalty)


class Outcome(Record):
    """What came of some copies.

    Attributes:
        loss: of the last epoch that each has made; inf where it diverged, nan before the first.
        losses: at the steps that were asked for, shape (steps, copies), of all that were made.
        ended, steps: the number of an end (`ENDS`) each, and how many steps it has made.
        figures: by name what the rows that are held out gave for the last weights, else nan.
        at: these steps.
        weights: the last weights, shape (copies, parameters); None where they are not wanted.
        how: what made the steps, in words.
    """

    loss: Any
    losses: Any
    ended: Any
    steps: Any
    figures: dict[str, Any]
    at: Any
    weights: Any
    how: str = ""

    @classmethod
    def blank(cls, copies: int, at: Any, width: int) -> Outcome:
        """Of copies that have not begun; `width` is how many weights are kept of each, or 0."""
        return cls(
            np.full(copies, np.nan),
            np.full((len(at), copies), np.nan),
            np.full(copies, NOT_BEGUN, np.int8),
            np.zeros(copies, np.int64),
            {},
            at,
            np.full((copies, width), np.nan) if width else None,
        )

    def end(self, copy: int, kind: str, losses: Any, config: Config) -> None:
        """Take the losses of all steps of a copy, and why it has ended."""
        self.ended[copy], self.steps[copy] = ENDS.index(kind), len(losses)
        made = self.at[self.at < len(losses)]
        self.losses[: len(made), copy] = losses[made]
        if kind in LOST:
            self.loss[copy] = math.inf
        elif len(losses):
            start = (len(losses) - 1) // config.an_epoch * config.an_epoch
            self.loss[copy] = config.epoch_loss(losses[start:].tolist())
        if kind != "interrupt":  # of what is called off nothing more is known
            self.losses[len(made) :, copy] = self.loss[copy]

    def figure(self, name: str) -> Any:
        """The column of figures of this name."""
        return self.figures.setdefault(name, np.full(len(self.loss), np.nan))

    def put(self, places: Any, other: Outcome) -> None:
        """Take what came of the copies at these places."""
        self.loss[places] = other.loss
        self.losses[:, places] = other.losses
        self.ended[places] = other.ended
        self.steps[places] = other.steps
        for name, column in other.figures.items():
            self.figure(name)[places] = column
        if self.weights is not None:
            self.weights[places] = other.weights


def kept_steps(total: int) -> Any:
    """The steps whose losses are kept where nobody has asked for others, the last one too."""
    return np.unique(np.linspace(0, total - 1, min(_KEPT, total)).round().astype(np.int64))
