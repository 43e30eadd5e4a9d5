"""Which learning rate: how sharply the loss curves, and what some steps at each rate make of it.

Gradient descent overshoots further each time once its rate is above 2 / c, where c is the largest
eigenvalue of the loss's Hessian, its sharpness (with momentum somewhat more). That is the limit for
the curvature where one begins: steps may lead to where the loss curves less, and a higher rate then
goes down all the same. The other optimisers divide by the size of the gradients, so for them only
trying tells.

Source: LeCun, Simard and Pearlmutter, Automatic Learning Rate Maximization (1992); Cohen et al.,
Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability (2021).
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.derivatives import recording
from jangrad.engine import Value
from jangrad.errors import ConfigError, NoCompiler, Untraceable
from jangrad.tape import write_data
from jangrad.train.curvature import largest_stable_rate, sharpest_curvature
from jangrad.train.optimizers import SGD, Optimizer
from jangrad.train.resolve import (
    Loss,
    Network,
    Penalty,
    check_fit,
    checked_network,
    outputs_of,
    resolve_loss,
    resolve_optimizer,
)
from jangrad.train.rows import read_data
from jangrad.train.settings import count
from jangrad.train.trial import STEPS, is_calm, short_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BELOW, _ABOVE = 8, 2  # halvings and doublings of the largest stable rate that are tried
_SIZES = [10.0 ** (-k / 2) for k in range(9)]  # parts of the weights' size, for other optimisers
_NOTICED = 1e-3  # a part of the loss; to lower it by less is to learn nothing
_LOST = 100.0  # a loss so many times above the start has diverged
# So many numbers a run are worth a compilation; of second derivatives, so many a pass.
_MANY, _MANY_SLOPES = 20_000, 10_000


class ShortRun(NamedTuple):
    """What some steps at a rate have made of the loss.

    Attributes:
        rate: the learning rate.
        loss: the loss after the last step; inf where it was lost.
        calm: whether it went down and was never thrown far above where it began.
    """

    rate: float
    loss: float
    calm: bool


@dataclass(frozen=True, slots=True)
class RateAdvice:
    """A learning rate and the short runs by which it was found; `str()` tells it.

    Attributes:
        rate: the rate after which the loss was least, of those below the limit whose run was calm;
            None where none was.
        sharpness: the curvature of the loss in its steepest direction; None where it is none.
        limit: the rate above which steps overshoot further each time, as far as the loss curves as
            it does before any step; None for optimisers that divide by the size of the gradients.
        start: the loss before any step.
        steps: how many steps were tried at each rate.
        optimizer: the class of the optimiser.
        rows: a table with a `ShortRun` for each rate, the smallest first.
    """

    rate: float | None
    sharpness: float | None
    limit: float | None
    start: float
    steps: int
    optimizer: str
    rows: tuple[ShortRun, ...]

    def __float__(self) -> float:
        """The rate; nan where there is none."""
        return math.nan if self.rate is None else self.rate

    def __str__(self) -> str:
        steps = f"{self.steps} step{'s' * (self.steps != 1)}"
        lines = []
        if self.rate is None:
            lines.append(
                f"no rate lowers the loss of {self.start:.4g} in {steps} of {self.optimizer}:"
                " it has no gradient here, or there is nothing to be learned"
            )
        else:
            lines.append(
                f"learning_rate={self.rate:.2g}: {steps} of {self.optimizer} with all"
                f" rows take the loss from {self.start:.4g} to {self._best:.4g}"
            )
            if self._best > self.start - _NOTICED * abs(self.start):
                lines.append(
                    "which is next to nothing, and no rate does more: the trouble is another one;"
                    " history.diagnosis of a fit\nlooks for it"
                )
        if self.limit is not None and self.sharpness is not None:
            lines.append(
                f"at the start the loss curves by {self.sharpness:.3g} in its steepest direction:"
                f" while it does,\nsteps above {self.limit:.2g} overshoot further each time"
            )
        if self._further:
            rates = " and ".join(f"{one.rate:.2g}" for one in self._further)
            lines.append(
                f"{rates} went down further all the same: try them too, for the limit of the start"
                " need not\nhold on the way"
            )
        lines.append(f"rate       loss after {steps}")
        for one in self.rows:
            if one.loss > _LOST * max(self.start, 0.0):
                lines.append(f"{one.rate:<9.2g}  diverged")
                continue
            mark = "" if one.calm or one.loss == self.start else "thrown about"
            if self.limit is not None and one.calm and one.rate >= self.limit:
                mark = "above the limit of the start"
            mark = "<- this one" if one.rate == self.rate else mark
            lines.append(f"{one.rate:<9.2g}  {one.loss:<9.4g}  {mark}".rstrip())
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    @property
    def _best(self) -> float:
        return next(one.loss for one in self.rows if one.rate == self.rate)

    @property
    def _further(self) -> list[ShortRun]:
        """What is above the limit, calm, and lower than what is advised."""
        if self.limit is None:
            return []
        least = self.start if self.rate is None else self._best
        return [o for o in self.rows if o.calm and o.rate >= self.limit and o.loss < least]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the loss after these steps against the rate, and return matplotlib's axes."""
        from jangrad.show.rate_plot import plot_rates

        return plot_rates(self, ax)


def sharpness(net: Network, X: Any, y: Any, *, loss: str | Loss = "squared_error") -> float:
    """How sharply the loss curves in its steepest direction, at the network's weights.

    The size of the largest eigenvalue of its Hessian, to within about a percent. Gradient descent
    is stable for rates below 2 / sharpness. It takes some twenty times as long as second
    derivatives of the loss of all rows do.

    Args:
        net, X, y, loss: as for `fit`.

    Returns:
        It, >= 0; 0.0 where the loss does not curve.

    Raises:
        ShapeError, DataError, ConfigError: as for `fit`.

    Source: LeCun, Simard and Pearlmutter, Automatic Learning Rate Maximization (1992).

    >>> from jangrad.nn import Neuron
    >>> line = Neuron(1, "linear", seed=0)
    >>> round(sharpness(line, [[1.0], [-1.0]], [2.0, 0.0]), 2)  # of (w - 1)**2 + (b - 1)**2
    2.0
    """
    problem = Problem(net, X, y, loss)
    return problem.sharpness()


def suggest_rate(
    net: Network,
    X: Any,
    y: Any,
    *,
    loss: str | Loss = "squared_error",
    optimizer: str | type[Optimizer] = "sgd",
    steps: int = STEPS,
) -> RateAdvice:
    """A learning rate that was tried: some steps at each of a range of rates, from these weights.

    For gradient descent the range lies around the largest stable rate, which follows from the
    sharpness; for other optimisers around the size of the weights. The network is left as it was.

    Args:
        net, X, y, loss: as for `fit`.
        optimizer: a name or a class, as for `fit`.
        steps: how many to try at each rate, of all rows.

    Returns:
        The advice: `.rate`, with `str()`, a table `.rows`, and `.plot()`.

    Raises:
        ShapeError, DataError, ConfigError: as for `fit`.

    >>> from jangrad import MLP
    >>> from jangrad.datasets import four_rows
    >>> advice = suggest_rate(MLP(3, [4, 4, 1], "tanh", seed=0), *four_rows())
    >>> advice.rate < advice.limit
    True
    """
    problem = Problem(net, X, y, loss)
    steps = count("steps", steps)
    made = resolve_optimizer(optimizer, problem.parameters, None)
    sharp = limit = None
    if isinstance(made, SGD):
        sharp = problem.sharpness() or None
        if sharp is not None:
            momentum = made.options.get("momentum", 0.0)
            limit = largest_stable_rate(sharp, momentum, nesterov=made.nesterov)
    if limit is not None:
        rates = [limit * 2.0**k * 0.7 for k in range(-_BELOW, _ABOVE + 1)]
    else:
        size = math.sqrt(math.fsum(x * x for x in problem.first) / len(problem.first)) or 1.0
        rates = sorted(size * part for part in _SIZES)
    rates = [float(f"{rate:.2g}") for rate in rates]
    run = problem.runner(made, steps)
    rows = []
    try:
        for rate in rates:
            problem.put_back()
            losses = run(rate)
            last = losses[-1] if math.isfinite(losses[-1]) else math.inf
            rows.append(ShortRun(rate, last, is_calm(losses)))
    finally:
        problem.put_back()
    calm = [one for one in rows if one.calm and (limit is None or one.rate < limit)]
    best = min(calm, key=lambda one: one.loss).rate if calm else None
    start = problem.loss().data
    return RateAdvice(best, sharp, limit, start, steps, type(made).__name__, tuple(rows))


class Problem:
    """A network, its rows and its loss, checked.

    Attributes:
        name, loss_of: the loss as it was named, and the function.
        first: the weights that the network came with.
    """

    def __init__(
        self, net: Network, X: Any, y: Any, loss: str | Loss, penalty: Penalty | None = None
    ) -> None:
        checked_network(net)
        self.net = net
        self.rows, self.targets = read_data(X, y)
        self.name, self.loss_of, _ = resolve_loss(loss)
        self.penalty = penalty
        check_fit(len(outputs_of(net, self.rows[0])), self.targets, ("X", "y"), self.name)
        self.parameters = list(net.parameters())
        if not self.parameters:
            raise ConfigError(f"`{type(net).__name__}` has no parameters, so there is no rate")
        self.first = [p.data for p in self.parameters]
        self._bends: Any = None

    def loss(self) -> Value:
        """That of all rows."""
        with recording():
            outputs = [outputs_of(self.net, row) for row in self.rows]
            found: Value = self.loss_of(outputs, list(self.targets))
            return found if self.penalty is None else found + self.penalty(self.parameters)

    def sharpness(self, *, often: bool = False) -> float:
        """At the network's weights; 0 where it is none.

        Args:
            often: whether it is asked for many weights, for which machine code pays sooner.
        """
        numbers = len(self.parameters) * len(self.rows)
        if (often or numbers > _MANY_SLOPES) and not callable(self.name):
            from jangrad.train.compiled.bends import Bends  # it brings NumPy and LLVM

            try:
                if self._bends is None:
                    data = self.rows, self.targets
                    given = self.net, self.loss_of, self.parameters, data, self.penalty
                    self._bends = Bends(*given)
                return self._bends.sharpness([p.data for p in self.parameters]) or 0.0
            except (Untraceable, NoCompiler):
                pass
        return sharpest_curvature(self.loss(), self.parameters) or 0.0

    def put_back(self) -> None:
        """Give the network the weights that it came with, and no gradients."""
        write_data(self.parameters, array("d", self.first))
        for p in self.parameters:
            p.zero_grad()

    def runner(self, made: Optimizer, steps: int) -> Callable[[float], list[float]]:
        """What makes the steps at a rate and gives the losses: machine code, where that pays."""
        numbers = len(self.parameters) * len(self.rows) * steps
        if numbers > _MANY and not callable(self.name):
            try:
                return self._compiled(made, steps)
            except (Untraceable, NoCompiler):
                pass
        return lambda rate: short_run(self.loss, self.parameters, made, rate, steps)

    def _compiled(self, made: Optimizer, steps: int) -> Callable[[float], list[float]]:
        from jangrad.train.compiled.whole_step import compile_step  # it brings NumPy and LLVM

        def of_row(row: Any, target: Any) -> Any:
            return self.loss_of([outputs_of(self.net, list(row))], [target])

        fresh = made.state()
        step = compile_step(of_row, self.parameters, made, per_row=True)
        data = (list(self.rows), list(self.targets))
        step.run(data, steps=1)

        def run(rate: float) -> list[float]:
            made.load_state(fresh)
            made.learning_rate = rate
            losses = list(map(float, step.run(data, steps=steps)))
            return [*losses, self.loss().data]

        return run
