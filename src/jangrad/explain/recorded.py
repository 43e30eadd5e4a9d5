"""What is known of a training step by step: weights, learning rate, and which rows made it."""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jangrad.errors import ConfigError
from jangrad.tape import read_data
from jangrad.train.callbacks import Step
from jangrad.train.formulas import formula
from jangrad.train.full_batch import FULL_BATCH, FullBatch
from jangrad.train.kept_run import load_run
from jangrad.train.optimizers import OPTIMIZERS, Optimizer
from jangrad.train.resolve import resolve_optimizer
from jangrad.train.settings import count
from jangrad.train.shuffle import Deal

if TYPE_CHECKING:
    from jangrad.train.history import History


class Moment(NamedTuple):
    """A step of a training.

    Attributes:
        rate: the learning rate of it.
        rows: the numbers of the rows that made it.
        weights: of all parameters before it; None where they were not written down, and are
            computed again from those of the latest moment that has some.
    """

    rate: float
    rows: Sequence[int]
    weights: NDArray[Any] | None


@dataclass
class Recorded:
    """A training, as `influences` needs it.

    Attributes:
        moments: its steps, in order; the first one has weights.
        final: the weights after the last of them.
        rule: what the optimiser does: "plain", "momentum", "nesterov", "adam", "adamw", "rmsprop"
            or "adagrad".
        options: of the optimiser, by name.
        learning: the places of the parameters that it moves; None where it moves all.
    """

    moments: list[Moment]
    final: NDArray[Any]
    rule: str
    options: Mapping[str, float] = field(default_factory=dict)
    learning: Sequence[int] | None = None

    def until(self, weights: NDArray[Any]) -> Recorded:
        """The part of the training that led to these weights.

        Raises:
            ConfigError: when they are those of no moment.
        """
        if np.array_equal(self.final, weights):
            return self
        for i in range(len(self.moments) - 1, -1, -1):
            known = self.moments[i].weights
            if known is not None and np.array_equal(known, weights):
                return replace(self, moments=self.moments[:i], final=weights)
        raise ConfigError(
            "the network has other weights than at any moment that was recorded",
            why="what has moved them is not all known",
            try_="the network as the training left it; callback_every=1, if the weights of the best"
            " epoch were put back",
        )


class Recorder:
    """A callback of `fit` that writes down what `influences` needs.

    Weights are kept as often as it is called: `callback_every=10` takes a tenth of the memory, and
    those between are computed again where they are needed, by the rate of the tenth step.

    Args:
        net: the network, before `fit` trains it.
        rows: how many rows it learns from.
        optimizer, batch_size, seed, shuffle: as they are given to `fit`.

    Attributes:
        run: what was recorded.

    Raises:
        ConfigError: when the optimiser is none of jangrad's that follow gradients step by step, or
            the seed is None, or the number of rows is none.

    >>> from jangrad import MLP, fit
    >>> from jangrad.datasets import four_rows
    >>> net, (X, y) = MLP(3, [4, 1], seed=0), four_rows()
    >>> recorder = Recorder(net, len(X), optimizer="sgd", batch_size=2)
    >>> _ = fit(net, X, y, optimizer="sgd", batch_size=2, steps=10, callbacks=[recorder])
    >>> len(recorder.run.moments), sorted(recorder.run.moments[0].rows)
    (10, [0, 3])
    """

    def __init__(
        self,
        net: Any,
        rows: int,
        *,
        optimizer: str | type[Optimizer] | Optimizer = "adam",
        batch_size: int | None = None,
        seed: int | None = 0,
        shuffle: bool = True,
    ) -> None:
        if seed is None:
            raise ConfigError(
                "the order of rows is not known with seed=None", try_="seed=0, here and for `fit`"
            )
        if optimizer in FULL_BATCH or isinstance(optimizer, FullBatch):
            _rule(lambda name: False, str(optimizer))
        self._parameters = net.parameters()
        rows = count("rows", rows)
        size = rows if batch_size is None else count("batch_size", batch_size)
        self._deal = Deal(rows, size, seed, shuffle)
        made = resolve_optimizer(optimizer, self._parameters, None)
        rule = _rule(lambda name: made.rule == formula(name), type(made).__name__)
        places = {id(p): i for i, p in enumerate(self._parameters)}
        learning = [places[id(p)] for p in made.parameters]
        self.run = Recorded([], self._weights(), rule, dict(made.options), learning)

    def __call__(self, step: Step) -> None:
        """Write down all steps up to this one."""
        first, before = len(self.run.moments), self.run.final
        for k in range(first, step.step + 1):
            rows = self._deal.batch(k)
            self.run.moments.append(Moment(step.rate, rows, before if k == first else None))
        self.run.final = self._weights()

    def _weights(self) -> NDArray[Any]:
        numbers = array("d", bytes(8 * len(self._parameters)))
        read_data(self._parameters, numbers)
        return np.array(numbers)


def repeated_run(recorder: Recorder, history: History, trained: Any) -> Recorded:
    """The run of a training that was not watched, from where it began and how it ended.

    Args:
        recorder: of the network that it began with.
        history: of the training.
        trained: the network as it has left it.
    """
    first, batch = recorder.run.final, recorder._deal.batch
    kept = _kept_steps(SimpleNamespace(history=history, rows=batch))
    moments = [
        Moment(rate, batch(k), None if k else first) for k, rate in enumerate(history.rate[:kept])
    ]
    final = np.array([p.data for p in trained.parameters()])
    return replace(recorder.run, moments=moments, final=final)


def recorded(run: Any) -> Recorded:
    """A run of any sort as it is needed here.

    Args:
        run: a `Recorded`; or a training that `fit` has kept: its folder, or what
            `jangrad.train.load_run` gives of it.

    Raises:
        ConfigError: when it records no training, or one of an optimiser that is not known here.
    """
    if isinstance(run, Recorded):
        return run
    if isinstance(run, (str, os.PathLike)):
        run = load_run(run)
    settings = getattr(run, "settings", None)
    if settings is None or not hasattr(run, "recorded"):
        raise ConfigError(
            f"`run` is {run!r:.60} ({type(run).__name__}), which records no training",
            try_="recorder.run, of a Recorder that was a callback of `fit`",
        )
    of, known = " of the optimizer", {*run.recorded}
    options = {
        name.removesuffix(of): number for name, number in settings.items() if name.endswith(of)
    }
    told = options.pop("rule", None)
    rule = _rule(lambda name: repr(formula(name)) == told, settings["optimizer"])
    moments = [
        Moment(rate, run.rows(k), np.array(run.weights(k)) if k in known else None)
        for k, rate in enumerate(run.history.rate)
    ]
    return Recorded(moments[: _kept_steps(run)], np.array(run.final), rule, options, run.learning)


def _kept_steps(run: Any) -> int:
    """How many steps have led to the weights at the end: fewer, where the best were put back."""
    history = run.history
    if not history.restored:
        return len(history)
    if history.best_step is None:
        return 0
    # The loss of all rows in one step is that of the weights before it.
    whole = {*run.rows(0)} == {*run.rows(1)} and not history.validation
    return int(history.best_step) + (0 if whole else 1)


def _rule(is_it: Callable[[str], bool], optimizer: str) -> str:
    """The name of an optimiser's formula."""
    found = next(filter(is_it, _RULES), None)
    if found is None:
        kinds = {*FULL_BATCH, *(kind.__name__ for kind in FULL_BATCH.values())}
        at_minimum = optimizer.partition("(")[0] in kinds
        raise ConfigError(
            f"`{optimizer}` is no optimiser that follows a formula of jangrad's step by step",
            why="a step follows from all rows together and from the steps before it"
            if at_minimum
            else "what each row has done to a step is not known",
            try_="fit(..., checkpoint=folder), then influences(..., load_run(folder), ...,"
            " later=True): what each row does to the minimum"
            if at_minimum
            else "one of " + ", ".join(OPTIMIZERS),
        )
    return found


_RULES = ("plain", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad")


@dataclass(frozen=True)
class Moves:
    """How a step follows from gradients: -rates * (now * g + kept * m).

    The momentum is m = decay * m + gain * g, and the squares by which rates go
    v = square_decay * v + square_gain * g * g.
    """

    now: float
    kept: float = 0.0
    decay: float = 0.0
    gain: float = 0.0
    square_decay: float = 0.0
    square_gain: float = 0.0


def moves(run: Recorded) -> Moves:
    """How the steps of a run follow from gradients."""
    o = run.options
    if run.rule == "momentum":
        return Moves(0.0, 1.0, o["momentum"], 1.0)
    if run.rule == "nesterov":
        return Moves(1.0, o["momentum"], o["momentum"], 1.0)
    if run.rule in ("adam", "adamw"):
        kept, squared = o["beta1"], o["beta2"]
        return Moves(0.0, 1.0, kept, 1.0 - kept, squared, 1.0 - squared)
    if run.rule == "rmsprop":
        return Moves(1.0, square_decay=o["alpha"], square_gain=1.0 - o["alpha"])
    if run.rule == "adagrad":
        return Moves(1.0, square_decay=1.0, square_gain=1.0)
    return Moves(1.0)


class Rates:
    """The rate of each parameter in each step, from the gradients one after the other."""

    def __init__(self, run: Recorded) -> None:
        self._run, self._how = run, moves(run)
        self._squares: Any = 0.0
        self._step = 0

    @property
    def needs_gradients(self) -> bool:
        """Whether they depend on them."""
        return self._how.square_gain > 0.0

    def next(self, rate: float, gradient: NDArray[Any]) -> tuple[Any, Any]:
        """Those of the next step, a number or one a parameter; and their slopes by the squares."""
        self._step += 1
        if not self.needs_gradients:
            return rate, 0.0
        o, how = self._run.options, self._how
        self._squares = how.square_decay * self._squares + how.square_gain * gradient * gradient
        bias = 1.0
        if self._run.rule in ("adam", "adamw"):
            rate = rate / (1.0 - o["beta1"] ** self._step)
            bias = 1.0 - o["beta2"] ** self._step
        root = np.sqrt(self._squares / bias)
        rates = rate / (root + o["epsilon"])
        # Where all gradients were 0 no rate matters.
        slopes = np.divide(
            -0.5 * rates, bias * root * (root + o["epsilon"]), np.zeros_like(root), where=root > 0.0
        )
        return rates, slopes
