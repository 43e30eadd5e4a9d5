"""What a training run is made of: network, data, loss, optimiser, and how long it goes on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from jangrad.engine import Value
from jangrad.graph import are_same
from jangrad.lists import sum
from jangrad.nn.module import Module
from jangrad.record import Record
from jangrad.train.callbacks import Step
from jangrad.train.full_batch import FullBatch
from jangrad.train.layers import listed_layers
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import Loss, Network, Penalty, Right
from jangrad.train.rows import HeldOut, Rows, Targets, Weights
from jangrad.train.schedules import Schedule
from jangrad.train.shuffle import Deal


class Config(Record):
    """The settings of `fit`, checked.

    Attributes:
        parameters: of the network.
        outputs: how many the network gives for a row.
        loss, loss_of: as it was named, and the function.
        size, an_epoch, total: the rows of a step, the steps of an epoch, and all steps.
        optimizer: what is done with a gradient; of a full-batch method, what it holds.
        method: a full-batch method, where one makes the steps.
        row_weights: what each row's loss is multiplied by.
        held_out: rows to be measured, their targets and what they count.
        right: whether the outputs for a row are right, where targets are classes.
    """

    net: Network
    parameters: list[Value]
    rows: Rows
    targets: Targets
    row_weights: Weights
    outputs: int
    loss: str | Loss
    loss_of: Loss
    penalty: Penalty | None
    optimizer: Optimizer
    method: FullBatch | None
    schedule: Schedule | None
    size: int
    an_epoch: int
    total: int
    seed: int | None
    shuffle: bool
    held_out: HeldOut | None
    right: Right | None
    callbacks: list[Callable[[Step], object]]
    callback_every: int
    patience: int | None
    tolerance: float
    threads: int
    check: bool
    engine: str

    @property
    def roots(self) -> list[tuple[Any, str]]:
        """What is called in a step, each with its name for messages."""
        from jangrad.guards import weakly  # it brings NumPy

        found = [(weakly(self.net), "net"), (self.loss_of, "loss"), (self.penalty, "penalty")]
        return [(each, name) for each, name in found if each is not None]

    @property
    def names(self) -> list[str]:
        """The names of the parameters, in their order."""
        if isinstance(self.net, Module):
            named = {id(value): name for name, value in self.net.named_parameters().items()}
            if all(id(parameter) in named for parameter in self.parameters):
                return [named[id(parameter)] for parameter in self.parameters]
        return [str(i) for i in range(len(self.parameters))]

    def mean_loss(self, outputs: Any, targets: Targets, weights: Sequence[Any] | None) -> Any:
        """The loss of some rows: the mean of what each loses, times its weight."""
        if weights is None:
            return self.loss_of(outputs, targets)
        rows = zip(weights, outputs, targets, strict=True)
        return sum(w * self.loss_of([row], [target]) for w, row, target in rows) / len(weights)

    @cached_property
    def deal(self) -> Deal:
        """Which rows make which step."""
        return Deal(len(self.rows), self.size, self.seed, self.shuffle)

    @cached_property
    def bottom(self) -> Any:
        """The layer nearest the data; None where nobody knows."""
        return next(iter(listed_layers(self.net)), None)

    @cached_property
    def watched(self) -> Sequence[int]:
        """Which of the parameters that learn are nearest the data; all where nobody knows."""
        learning = self.optimizer.parameters
        bottom = [] if self.bottom is None else list(self.bottom.parameters())
        if are_same(bottom, learning[: len(bottom)]):  # as is most often so
            return range(len(bottom) or len(learning))
        ids = set(map(id, bottom))
        found = [i for i, p in enumerate(learning) if id(p) in ids]
        return found or range(len(learning))

    def epoch_loss(self, losses: Sequence[float]) -> float:
        """The mean loss of the rows of an epoch, of those of its first steps, or all."""
        rows = min(len(losses) * self.size, len(self.rows))
        short = len(losses) * self.size - rows  # so many rows the last of all batches lacks
        return (self.size * math.fsum(losses) - short * losses[-1]) / rows

    def ends_among(self, first: int, count: int) -> list[int]:
        """Behind how many of so many steps, from the first on, an epoch or the training ends."""
        every = self.an_epoch
        ends = list(range(every - first % every, count + 1, every))
        return ends if first + count < self.total or count in ends[-1:] else [*ends, count]

    def ends_epoch(self, step: int) -> bool:
        """Whether an epoch or the training ends with this step."""
        return step % self.an_epoch == self.an_epoch - 1 or step == self.total - 1
