"""A training once more, from its record: what each step was made of, shared out among its rows."""

from __future__ import annotations

import copy
import math
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.compiler import jit
from jangrad.derivatives import gradient
from jangrad.errors import ConfigError, NoCompiler, Untraceable
from jangrad.explain.asked import Losses
from jangrad.explain.recorded import Rates, Recorded, moves
from jangrad.explain.subject import Subject
from jangrad.lists import dot
from jangrad.tape import write_data
from jangrad.train.resolve import Penalty, resolve_loss

_OFF = 0.05  # of what the steps have moved may be due to rounding, or left out

#: The slopes of a number by all parameters, as these are now.
Slopes = Callable[[], NDArray[Any]]


class Data(NamedTuple):
    """What was learned from: the network's inputs, targets, and what each row counts."""

    X: NDArray[Any]
    T: NDArray[Any]
    counts: NDArray[Any]

    def batch(self, rows: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """What each row of a step counts in its mean; its inputs and targets."""
        at = np.array(rows)
        return self.counts[at] / len(at), self.X[at], self.T[at]


class Made(NamedTuple):
    """How a step came to be.

    Attributes:
        weights: before it.
        rates: what the optimiser has multiplied its direction with.
        gradient: of the step's loss.
        pull: how far the parameters move with the squares by which the rates go.
    """

    weights: NDArray[Any]
    rates: Any
    gradient: NDArray[Any]
    pull: Any


@dataclass
class State:
    """Where a training is between two steps: weights, momentum, and the squares of gradients."""

    weights: NDArray[Any]
    rates: Rates
    momentum: Any = 0.0

    def copy(self) -> State:
        """The same, to go on from."""
        return replace(self, rates=copy.copy(self.rates))


class Learner:
    """A copy of the network, whose weights are those of one moment after the other."""

    def __init__(self, subject: Subject, loss: Any, penalty: Penalty | None) -> None:
        _, loss_of, _ = resolve_loss(subject.loss if loss is None else loss)
        net = self.net = copy.deepcopy(subject.net)
        self.names = list(net.named_parameters()) if hasattr(net, "named_parameters") else []
        parameters = self.parameters = net.parameters()
        self.losses = Losses(net, loss_of, parameters)
        self._penalty: Slopes | None = None
        self._penalty_along: Callable[[list[float]], Any] | None = None
        if penalty is not None:
            self._penalty = self.slopes_of(lambda: penalty(list(parameters)))
            self._penalty_along = lambda direction: dot(
                gradient(penalty(list(parameters)), parameters), direction
            )

    def put(self, weights: NDArray[Any] | None) -> None:
        """Have these weights; those that are there where they are not known."""
        if weights is not None:
            write_data(self.parameters, array("d", weights.tolist()))

    def slopes_of(self, function: Callable[[], Any]) -> Slopes:
        """The gradient of a number by all parameters, as they are at each call."""
        compiled = jit(lambda: gradient(function(), self.parameters))

        def slopes() -> NDArray[Any]:
            try:
                return np.asarray(compiled())
            except (NoCompiler, Untraceable):
                return np.array([g.data for g in gradient(function(), self.parameters)])

        return slopes

    def gradient(self, rows: Any, data: Data) -> NDArray[Any]:
        """Of the loss of a step with these rows, at the weights that are there."""
        found = self.losses.slopes(*data.batch(rows))
        return found if self._penalty is None else found + self._penalty()

    def replay(self, record: Recorded, data: Data) -> Replay:
        """All steps once more, once it is seen that they follow from these rows.

        Args:
            record: of the training.
            data: what it has learned from.

        Raises:
            ConfigError: when they do not.
        """
        return Replay(self, record, data)

    def step(self, record: Recorded, data: Data, state: State, k: int) -> Made:
        """Make a step, from what the record says of it."""
        how, moment, learning = moves(record), record.moments[k], _learning(record, self)
        if moment.weights is not None:
            state.weights = moment.weights
        weights = state.weights
        self.put(weights)
        g = self.gradient(moment.rows, data)
        rate, by_squares = state.rates.next(moment.rate, g)
        state.momentum = how.decay * state.momentum + how.gain * g
        direction = how.now * g + how.kept * state.momentum
        move = -rate * direction - _decay(record, moment.rate) * weights
        state.weights = weights + learning * move
        return Made(weights, rate, g, -direction * by_squares)

    def shared_out(self, replay: Replay, slopes: Slopes) -> NDArray[Any]:
        """By how much each row has moved what has these slopes, in all steps together.

        It goes from the last step to the first: by momentum a gradient moves later steps too.
        """
        record, data = replay.record, replay.data
        how, moved, learning = moves(record), np.zeros(len(data.X)), _learning(record, self)
        self.put(record.final)
        after, ahead = slopes(), np.zeros(len(learning))
        for k, step in replay.backwards():
            self.put(step.weights)
            before = slopes()
            # On the way from one to the other the mean of both is right to the second order.
            along = 0.5 * learning * (before + after)
            ahead = how.kept * step.rates * along + how.decay * ahead
            direction = how.now * step.rates * along + how.gain * ahead
            self._share_out(moved, direction, record.moments[k].rows, data)
            after = before
        return moved

    def followed(self, replay: Replay, slopes: Slopes) -> NDArray[Any]:
        """How what has these slopes at the end moves with what each row counts.

        The chain rule backwards through all steps: what a change of weights becomes in the steps
        after it, of which the loss has other gradients then, and the optimiser other rates.
        """
        record, data = replay.record, replay.data
        how, moved, learning = moves(record), np.zeros(len(data.X)), _learning(record, self)
        self.put(record.final)
        along = slopes() * learning
        ahead = squares = np.zeros(len(learning))
        for k, step in replay.backwards():
            moment = record.moments[k]
            self.put(step.weights)
            squares = along * step.pull + how.square_decay * squares
            ahead = how.kept * step.rates * along + how.decay * ahead
            direction = how.now * step.rates * along + how.gain * ahead
            direction = direction - 2.0 * how.square_gain * squares * step.gradient
            self._share_out(moved, direction, moment.rows, data)
            along = along * (1.0 - _decay(record, moment.rate))
            along = along - learning * self.bends(direction, moment.rows, data)
        return moved

    def _share_out(
        self, moved: NDArray[Any], direction: NDArray[Any], rows: Any, data: Data
    ) -> None:
        """Take from each row what its gradient has along a direction."""
        np.add.at(moved, np.array(rows), self.along_each(direction, rows, data))

    def along_each(self, direction: NDArray[Any], rows: Any, data: Data) -> NDArray[Any]:
        """How far the gradient of each row goes down along a direction, in a step with these."""
        counts, X, T = data.batch(rows)
        return np.asarray(-counts * self.losses.along(direction, X, T))

    def bends(self, direction: NDArray[Any], rows: Any, data: Data) -> NDArray[Any]:
        """How the gradient of a step moves with the parameters along a direction."""
        bent = self.losses.bends(direction, *data.batch(rows))
        if self._penalty_along is None:
            return bent
        along, numbers = self._penalty_along, direction.tolist()
        slopes = gradient(along(numbers), self.parameters)
        return np.asarray(bent + np.array([slope.data for slope in slopes]))


class Replay:
    """A training once more, from the last step to the first.

    Weights that were not recorded are computed again; so that they need not all be kept, a stretch
    of steps at a time.

    Args:
        learner: whose weights are those of one moment after the other.
        record: of the training.
        data: what it has learned from.

    Raises:
        ConfigError: when the steps do not follow from these rows.
    """

    def __init__(self, learner: Learner, record: Recorded, data: Data) -> None:
        self.record, self.data = record, data
        self._learner = learner
        self._starts: list[tuple[int, State]] = []
        first = record.moments[0].weights
        assert first is not None
        state, since = State(first, Rates(record)), first
        stretch = math.isqrt(len(record.moments)) + 1
        off = size = 0.0
        following = [*(moment.weights for moment in record.moments[1:]), record.final]
        for k, after in enumerate(following):
            if k % stretch == 0:
                self._starts.append((k, state.copy()))
            learner.step(record, data, state, k)
            if after is not None:
                off += float(((state.weights - after) ** 2).sum())
                size += float(((after - since) ** 2).sum())
                since = after
        if not off <= _OFF**2 * size:
            raise ConfigError(
                "the recorded steps do not follow from these rows:"
                f" {np.sqrt(off / (size or off)):.0%} of what they moved is something else",
                why="rows, targets, loss, row_weights, penalty or optimiser are not those of the"
                " training",
                try_="what was given to `fit`, in the same order",
            )

    def backwards(self) -> Iterator[tuple[int, Made]]:
        """The number of each step, and how it came to be; the last one comes first."""
        stop = len(self.record.moments)
        for begin, start in reversed(self._starts):
            state = start.copy()
            steps = range(begin, stop)
            made = [self._learner.step(self.record, self.data, state, k) for k in steps]
            yield from zip(reversed(steps), reversed(made), strict=True)
            stop = begin


def _learning(record: Recorded, learner: Learner) -> NDArray[Any]:
    """1.0 for each parameter that learns, 0.0 for others."""
    count = len(learner.parameters)
    if record.learning is None:
        return np.ones(count)
    learning = np.zeros(count)
    learning[list(record.learning)] = 1.0
    return learning


def _decay(record: Recorded, rate: float) -> float:
    """By what share of itself each parameter shrinks in a step."""
    return rate * record.options["weight_decay"] if record.rule == "adamw" else 0.0
