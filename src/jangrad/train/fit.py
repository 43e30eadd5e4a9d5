"""`fit`: the training loop, with everything a person would want of it."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError, ShapeError, did_you_mean
from jangrad.nn import LOSSES
from jangrad.train import progress as bars
from jangrad.train.diagnosis import Diagnosis, Watch, sharpest_curvature
from jangrad.train.history import History
from jangrad.train.optimizers import OPTIMIZERS, Optimizer
from jangrad.train.rows import Rows, Targets, batches, read_data
from jangrad.train.schedules import Schedule, constant, rate_at
from jangrad.train.settings import count

#: How `fit` decides that an output is right, for the losses whose targets are classes.
_CLASSIFIERS: dict[str, Callable[[Sequence[float], Any], bool]] = {
    "hinge": lambda output, target: output[0] * target > 0.0,
    "binary_cross_entropy": lambda output, target: (output[0] > 0.0) == (target > 0.5),
    "softmax_cross_entropy": lambda output, target: output.index(max(output)) == target,
}
# The curvature is measured on so many rows at most: its graph is several times the loss's.
_ROWS_FOR_CURVATURE = 32


class Network(Protocol):
    """What `fit` can train: parameters, and a call from a row to Values computed from them."""

    def __call__(self, row: Any, /) -> list[Value] | Value: ...
    def parameters(self) -> list[Value]: ...


Loss = Callable[[list[list[Value]], Targets], Value]
Penalty = Callable[[list[Value]], Value]


@dataclass(frozen=True, slots=True)
class Step:
    """What a callback is told after each step.

    Attributes:
        step: 0 at the first.
        epoch: 0 during the first pass over the rows.
        loss: before this step's update, of its batch, penalty included.
        rate: the learning rate.
        gradient_norm: the length of the gradient.
        validation: the figures measured after this step, `{}` if none were.
    """

    step: int
    epoch: int
    loss: float
    rate: float
    gradient_norm: float
    validation: dict[str, float] = field(default_factory=dict)


def fit(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss = "squared_error",
    optimizer: str | type[Optimizer] | Optimizer = "adam",
    learning_rate: float | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    schedule: Schedule | None = None,
    penalty: Penalty | None = None,
    validation: tuple[Any, Any] | None = None,
    callbacks: Iterable[Callable[[Step], object]] = (),
    patience: int | None = None,
    progress: bool | None = None,
) -> History:
    """Train a network on rows of data, in place, and return what happened.

    The same arguments and the same initial weights give the same numbers to the last bit, in any
    process. A loss that diverges, turns nan, or stops having a gradient ends the training; the
    best weights are put back and `history.diagnosis` says what happened and what to try. Ctrl-C
    ends it too, with the weights learned so far.

    Args:
        net: an MLP, a single Neuron, or anything with `parameters()` and a call from a row to a
            list of Values.
        X: rows of inputs, n lists of one length, or an array of shape (n, inputs).
        y: n targets, numbers or lists of one length (class numbers for `"softmax_cross_entropy"`).
        loss: a name in `jangrad.nn.LOSSES`, whose mean over the batch is taken, or a function of
            (list of outputs, list of targets) that returns a Value.
        optimizer: `"sgd"`, `"adam"`, `"adamw"`, `"rmsprop"` or `"adagrad"`; or one of their
            classes; or one that is made already, whose parameters are then the ones that learn.
        learning_rate: > 0; the optimiser's own default when left out.
        steps: how many updates to make; 1000 when neither steps nor epochs are given.
        epochs: how many passes over the rows to make, instead of steps.
        batch_size: rows a step; all of them when left out.
        seed: decides how the rows are shuffled into batches.
        schedule: the rate of each step as a function of the step, instead of learning_rate.
        penalty: a function of the parameters that returns a Value to be added to the loss, such as
            `functools.partial(jangrad.nn.l2_penalty, strength=1e-4)`.
        validation: (X, y) to be measured after each epoch and not learned from.
        callbacks: functions called with a `Step` after each step; one that returns True ends the
            training.
        patience: end the training after so many epochs without a better validation loss (training
            loss without validation data); the best weights are put back.
        progress: a bar on stderr: True or False, or None for a terminal only. False also keeps a
            diagnosis from being printed there.

    Returns:
        The History: loss, rate and gradient norm of each step, validation figures, why it ended.

    Raises:
        ShapeError: when rows differ in length, or do not fit each other or the network.
        DataError: when data is empty, nan, inf or not a number.
        ConfigError: when an option does not exist or is out of its range.

    >>> from jangrad.nn import MLP
    >>> X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    >>> net = MLP(3, [4, 4, 1], activation="tanh", seed=0)
    >>> history = fit(net, X, [1.0, -1.0, -1.0, 1.0], learning_rate=0.05, steps=100)
    >>> len(history), history.loss[-1] < 0.01
    (100, True)
    """
    if not (callable(net) and hasattr(net, "parameters")):
        raise ConfigError(
            f"`net` is {net!r:.60} ({type(net).__name__}), which is no network",
            try_="an MLP, or an object with `parameters()` that can be called with a row",
        )
    rows, targets = read_data(X, y)
    loss_of, right = _resolve_loss(loss)
    held_out = _read_validation(validation)
    for (some_rows, some_targets), names in (
        ((rows, targets), ("X", "y")),
        *(((held_out, ("the validation X", "the validation y")),) if held_out else ()),
    ):
        _check_fit(net, some_rows, some_targets, names, loss)
    chosen = _resolve_optimizer(optimizer, net, learning_rate)
    if schedule is not None and learning_rate is not None:
        raise ConfigError(
            f"both `schedule` and `learning_rate={learning_rate!r}` were given",
            why="the schedule is the rate of each step",
            try_="the schedule alone, or jangrad.train.constant(rate)",
        )
    if steps is not None and epochs is not None:
        raise ConfigError(
            f"both `steps={steps!r}` and `epochs={epochs!r}` were given",
            why="each says how long to train",
            try_="one of the two",
        )
    size = len(rows) if batch_size is None else min(count("batch_size", batch_size), len(rows))
    an_epoch = math.ceil(len(rows) / size)
    if epochs is not None:
        total = count("epochs", epochs) * an_epoch
    else:
        total = 1000 if steps is None else count("steps", steps)
    run = _Run(
        net=net,
        rows=rows,
        targets=targets,
        loss_of=loss_of,
        penalty=penalty,
        optimizer=chosen,
        schedule=schedule or constant(chosen.learning_rate),
        size=size,
        an_epoch=an_epoch,
        total=total,
        seed=seed,
        held_out=held_out,
        right=right,
        callbacks=list(callbacks),
        patience=None if patience is None else count("patience", patience),
        scale=_zero_loss(loss, loss_of, net, rows, targets),
    )
    with bars.Bar(total, bars.wanted(progress)) as bar:
        history = run.train(bar)
    if progress is not False:
        _tell(history)
    return history


@dataclass
class _Run:
    """One training run: its settings, checked, and how far it is."""

    net: Network
    rows: Rows
    targets: Targets
    loss_of: Loss
    penalty: Penalty | None
    optimizer: Optimizer
    schedule: Schedule
    size: int
    an_epoch: int
    total: int
    seed: int
    held_out: tuple[Rows, Targets] | None
    right: Callable[[Sequence[float], Any], bool] | None
    callbacks: list[Callable[[Step], object]]
    patience: int | None
    scale: float

    def train(self, bar: bars.Bar) -> History:
        self.parameters = self.net.parameters()
        self.log: list[tuple[float, float, float]] = []  # loss, rate, gradient norm of each step
        self.measured: list[dict[str, float]] = []
        self.weights = self.first_weights = self.best_weights = self._weights()
        self.best = math.inf
        self.best_step: int | None = None
        self.diagnosis: Diagnosis | None = None
        self.watch = self._watch()
        try:
            stopped_by = self._loop(bar)
        except KeyboardInterrupt:
            self._put(self.weights)  # it may have struck between two parameters of one step
            stopped_by = "interrupt"
        restored = self._restore(stopped_by)
        losses, rates, norms = ([row[i] for row in self.log] for i in range(3))
        if self.diagnosis is None and self.log and stopped_by != "interrupt":
            self.diagnosis = self.watch.look_back(losses, norms, rates[-1])
        names = list(self.measured[0]) if self.measured else []
        return History(
            loss=losses,
            rate=rates,
            gradient_norm=norms,
            validation={name: [figures[name] for figures in self.measured] for name in names},
            stopped_by=stopped_by,
            best_step=self.best_step,
            restored=restored,
            diagnosis=self.diagnosis,
        )

    def _loop(self, bar: bars.Bar) -> str:
        waited = 0
        losses: list[float] = []
        deal = batches(len(self.rows), self.size, random.Random(self.seed))
        for step in range(self.total):
            epoch, batch_number = divmod(step, self.an_epoch)
            rate = rate_at(self.schedule, step)
            before = self.weights
            loss, gradients = self._loss_and_gradients(next(deal))
            norm = math.hypot(*gradients)
            losses.append(loss)
            self.log.append((loss, rate, norm))
            self.diagnosis = self.watch.look(losses, norm, rate)
            if self.diagnosis is not None:
                return "diagnosis"
            self._put(self.optimizer.advance(before, gradients, rate))

            figures: dict[str, float] = {}
            if batch_number == self.an_epoch - 1 or step == self.total - 1:
                if self.held_out is not None:
                    figures = self._measure(*self.held_out)
                    self.measured.append({"step": step, **figures})
                    found = figures["loss"], self.weights
                elif self.an_epoch == 1:
                    found = loss, before
                else:
                    mean = math.fsum(losses[-batch_number - 1 :]) / (batch_number + 1)
                    found = mean, self.weights
                if found[0] < self.best:
                    self.best, self.best_weights = found
                    self.best_step = step
                    waited = 0
                else:
                    waited += 1
            bar.show(step + 1, loss, figures, last=step == self.total - 1)
            if self.callbacks:
                told = Step(step, epoch, loss, rate, norm, figures)
                answers = [callback(told) for callback in self.callbacks]
                if any(answer is True for answer in answers):
                    return "callback"
            if self.patience is not None and waited >= self.patience:
                return "patience"
        return "finished"

    def _loss_and_gradients(self, batch: Sequence[int]) -> tuple[float, list[float]]:
        for parameter in self.parameters:
            parameter.zero_grad()
        loss = self._loss(batch)
        loss.backward()
        return loss.data, self.optimizer.gradients()

    def _loss(self, batch: Sequence[int]) -> Value:
        outputs = [_outputs(self.net, self.rows[i]) for i in batch]
        loss = self.loss_of(outputs, [self.targets[i] for i in batch])
        if self.penalty is not None:
            loss = loss + self.penalty(self.optimizer.parameters)
        if type(loss) is not Value:
            raise ConfigError(
                f"the loss is {loss!r:.60} ({type(loss).__name__}), not a Value",
                why="training follows its gradient",
                try_="arithmetic on the outputs that ends in one Value",
            )
        return loss

    def _measure(self, rows: Rows, targets: Targets) -> dict[str, float]:
        outputs = [_outputs(self.net, row) for row in rows]
        figures = {"loss": self.loss_of(outputs, targets).data}
        if self.right is not None:
            pairs = zip(outputs, targets, strict=True)
            hits = [self.right([out.data for out in output], target) for output, target in pairs]
            figures["accuracy"] = sum(hits) / len(hits)
        return figures

    # -- weights ----------------------------------------------------------------------------------

    def _weights(self) -> list[float]:
        return [parameter.data for parameter in self.optimizer.parameters]

    def _put(self, weights: list[float]) -> None:
        self.weights = weights
        for parameter, number in zip(self.optimizer.parameters, weights, strict=True):
            parameter.data = number

    def _restore(self, stopped_by: str) -> bool:
        """Put the best weights back where they are wanted; True if that changed something."""
        wanted = self.patience is not None or stopped_by == "diagnosis"
        newest = self.best_step == len(self.log) - 1 and stopped_by != "diagnosis"
        if not wanted or newest or self.best_weights is self.weights:
            return False
        self._put(self.best_weights)
        return True

    # -- what the watch asks ----------------------------------------------------------------------

    def _watch(self) -> Watch:
        layers = getattr(self.net, "layers", None)
        mine = set(self.optimizer.parameters)
        bottom = [p for p in layers[0].parameters() if p in mine] if layers else []
        return Watch(
            self.optimizer,
            bottom or self.optimizer.parameters,
            self._dead_units,
            self._curvature,
            math.sqrt(math.fsum(w * w for w in self.weights) / len(self.weights)),
            self.scale,
            self.an_epoch,
        )

    def _dead_units(self) -> list[tuple[int, int]]:
        """For each layer how many units it has, and how many give 0 for every row."""
        found = []
        signals: list[list[float]] = self.rows
        for layer in getattr(self.net, "layers", None) or []:
            signals = [[value.data for value in layer(row)] for row in signals]
            alive = [any(unit) for unit in zip(*signals, strict=True)]
            found.append((len(alive), alive.count(False)))
        return found

    def _curvature(self) -> float | None:
        """The sharpest curvature of the loss at the first and the best weights."""
        kept = self.weights
        some = range(min(len(self.rows), _ROWS_FOR_CURVATURE))
        found = []
        for weights in (self.first_weights, self.best_weights):
            self._put(weights)
            found.append(sharpest_curvature(self._loss(some), self.optimizer.parameters))
        self._put(kept)
        return max((c for c in found if c is not None), default=None)


# -- settings -------------------------------------------------------------------------------------


def _resolve_loss(
    loss: str | Loss,
) -> tuple[Loss, Callable[[Sequence[float], Any], bool] | None]:
    if callable(loss):
        return loss, None
    if loss not in LOSSES:
        raise ConfigError(
            f"there is no loss {loss!r}",
            try_=did_you_mean(str(loss), LOSSES) + "; or a function of (outputs, targets)",
        )
    return LOSSES[loss], _CLASSIFIERS.get(loss)


def _resolve_optimizer(
    optimizer: str | type[Optimizer] | Optimizer, net: Network, rate: float | None
) -> Optimizer:
    if isinstance(optimizer, Optimizer):
        if rate is not None:
            raise ConfigError(
                f"both `learning_rate={rate!r}` and {optimizer!r} were given",
                why="an optimiser that is made already has its rate",
                try_=f"fit(..., optimizer={type(optimizer).__name__.lower()!r},"
                f" learning_rate={rate!r})",
            )
        mine = set(net.parameters())
        if any(parameter not in mine for parameter in optimizer.parameters):
            raise ConfigError(
                f"{optimizer!r} holds parameters that are not the network's",
                why="its steps would leave the network as it is",
                try_="an optimiser made from net.parameters()",
            )
        return optimizer
    kind = OPTIMIZERS.get(optimizer) if isinstance(optimizer, str) else optimizer
    if kind is None:
        raise ConfigError(
            f"there is no optimiser {optimizer!r}", try_=did_you_mean(str(optimizer), OPTIMIZERS)
        )
    if not (isinstance(kind, type) and issubclass(kind, Optimizer)):
        raise ConfigError(
            f"`optimizer` is {optimizer!r:.60}, which is no optimiser",
            try_="one of " + ", ".join(map(repr, OPTIMIZERS)),
        )
    make: Callable[..., Optimizer] = kind
    return make(net.parameters(), **({} if rate is None else {"learning_rate": rate}))


def _read_validation(validation: Any) -> tuple[Rows, Targets] | None:
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise DataError(
            f"`validation` is {validation!r:.60}, not a pair", try_="validation=(X_held, y_held)"
        )
    return read_data(validation[0], validation[1], ("the validation X", "the validation y"))


def _outputs(net: Network, row: list[float]) -> list[Value]:
    """The outputs for a row as a list, from a single neuron too."""
    outputs = net(row)
    return [outputs] if isinstance(outputs, Value) else outputs


def _check_fit(
    net: Network, rows: Rows, targets: Targets, names: tuple[str, str], loss: str | Loss
) -> None:
    """That the rows go into the network, and its outputs beside the targets."""
    outputs = len(_outputs(net, rows[0]))
    if loss == "softmax_cross_entropy":
        for i, target in enumerate(targets):
            if isinstance(target, list) or not (target.is_integer() and 0 <= target < outputs):
                raise DataError(
                    f"`{names[1]}[{i}]` is {target}, not a class from 0 to {outputs - 1}",
                    why=f"the network has {outputs} outputs, one a class",
                )
    elif isinstance(loss, str):
        wide = len(targets[0]) if isinstance(targets[0], list) else 1
        if wide != outputs:
            raise ShapeError(
                f"the network has {outputs} outputs, but row 0 of `{names[1]}` has {wide}"
                f" number{'s' * (wide != 1)}",
                why="each output has its target",
                try_='loss="softmax_cross_entropy" if the targets are class numbers'
                if wide == 1
                else f"a last layer of {wide}",
            )


def _zero_loss(
    loss: str | Loss, loss_of: Loss, net: Network, rows: Rows, targets: Targets
) -> float:
    """What a network that always says 0 would lose; 0 where a user's own loss is unknown there."""
    if callable(loss):
        return 0.0
    width = len(_outputs(net, rows[0]))
    nothing = loss_of([[Value(0.0) for _ in range(width)] for _ in rows], targets).data
    return nothing if math.isfinite(nothing) else 0.0


def _tell(history: History) -> None:
    if history.diagnosis is not None:
        kept = ""
        if history.restored:
            best = history.best_step
            whose = "it started with" if best is None else f"of step {best}"
            kept = f"\n  kept: the weights {whose}"
        print(f"{history.diagnosis}{kept}", file=sys.stderr)
    elif history.stopped_by == "interrupt":
        print(f"interrupted after {len(history)} steps; what was learned is kept", file=sys.stderr)
