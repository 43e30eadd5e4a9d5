"""`race`: one network trained from one start at several learning rates, recorded and judged."""

from __future__ import annotations

import copy
import itertools
import math
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError, DataError
from jangrad.studies.boundaries import column_names, threshold_of
from jangrad.studies.race_verdicts import Verdict, judged
from jangrad.tape import read_data, write_data
from jangrad.train import fit
from jangrad.train.curvature import largest_stable_rate
from jangrad.train.full_batch import FULL_BATCH, FullBatch
from jangrad.train.history import History
from jangrad.train.optimizers import SGD, Optimizer
from jangrad.train.progress import Bar, wanted
from jangrad.train.rates import Problem
from jangrad.train.resolve import Loss, Network, Penalty, resolve_optimizer
from jangrad.train.settings import count, number_in, options_answered

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from jangrad.train.callbacks import Step

#: Moments of a training at which weights are kept, and those at which the sharpness is computed.
_MOMENTS, _LOOKS = 60, 20
_MOST = 12  # rates that can be told apart in a picture
_BY_LIMIT = (0.01, 0.1, 0.5, 1.1, 4.0)  # of the largest stable rate of the start
_BY_DECADES = (0.0001, 0.001, 0.01, 0.1, 1.0)  # for optimisers that divide by gradients' sizes


@dataclass(frozen=True, repr=False)
class Lane:
    """One rate of a race.

    Attributes:
        rate: the learning rate.
        history: what `fit` has returned.
        steps: so many steps were made at each moment whose weights were kept; the first is 0.
        weights: of all parameters, a list for each of these moments.
        looked: the moments at which the sharpness was computed, in steps.
        sharpness: the curvature of the loss in its steepest direction at each of them; nan where it
            has none.
        limit: the sharpness above which steps of this rate overshoot further each time: 2 / rate,
            with momentum more; None for optimisers that divide by the size of the gradients.
        epoch: how many steps make a pass over the rows.
        verdict: what is said of it.
    """

    rate: float
    history: History
    steps: list[int]
    weights: list[list[float]]
    looked: list[int]
    sharpness: list[float]
    limit: float | None
    epoch: int
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def end(self) -> float:
        """Where the loss came to: its mean over the steps of a last pass over the rows."""
        last = self.history.loss[-self.epoch :]
        return math.fsum(last) / len(last) if all(map(math.isfinite, last)) else math.inf

    def __repr__(self) -> str:
        return f"Lane(rate {self.rate:g}: {self.verdict.kind})"


@dataclass(frozen=True, repr=False, eq=False)
class Race:
    """A network trained from one start at several rates; `str()` judges each.

    Attributes:
        lanes: one for each rate, the smallest first.
        optimizer: the name of its class.
        steps: how many were to be made.
        start: the loss before any step.
        sharpness: the curvature of the loss there, in its steepest direction; None without one.
        limit: the largest rate that is stable while the loss curves so; None for optimisers that
            divide by the size of the gradients.
        loss: as it was named.
        net, rows, targets: what raced, and what it learned from.
        names: of the inputs, those of a table's columns; None for x1, x2, ...
        interrupted: whether Ctrl-C has kept the other rates from their race.
    """

    lanes: list[Lane]
    optimizer: str
    steps: int
    start: float
    sharpness: float | None
    limit: float | None
    loss: str | Loss
    net: Network = field(repr=False)
    rows: Sequence[Any] = field(repr=False)
    targets: Sequence[Any] = field(repr=False)
    names: Sequence[str] | None = None
    interrupted: bool = False

    @property
    def best(self) -> Lane | None:
        """The lane whose loss came lowest, or as low and first; None where all were lost."""
        return next((lane for lane in self.lanes if lane.verdict.best), None)

    def __str__(self) -> str:
        lines = [
            f"{len(self.lanes)} rate{'s' * (len(self.lanes) != 1)} from one start, {self.steps}"
            f" steps of {self.optimizer} each;"
            f" the loss begins at {self.start:.4g}"
        ]
        if self.limit is not None and self.sharpness is not None:
            lines.append(
                f"there it curves by {self.sharpness:.3g} in its steepest direction: while it does,"
                f" steps above\n{self.limit:.2g} overshoot further each time"
            )
        if self.interrupted:
            lines.append("interrupted: the higher rates are missing")
        lines.append("rate       loss after  verdict")
        for lane in self.lanes:
            end = "lost" if lane.verdict.kind == "diverged" else f"{lane.end:.4g}"
            first, *others = lane.verdict.words
            lines.append(f"{lane.rate:<9.2g}  {end:<10}  {first}")
            lines += [f"{'':<23}{other}" for other in others]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def lane(self, rate: float) -> Lane:
        """That of a rate.

        Raises:
            ConfigError: when it did not race.
        """
        found = next((lane for lane in self.lanes if lane.rate == rate), None)
        if found is None:
            rates = ", ".join(f"{lane.rate:g}" for lane in self.lanes)
            raise ConfigError(f"no rate of this race is {rate!r:.60}", try_=rates)
        return found

    def at(self, rate: float, step: int | None = None) -> Network:
        """A copy of the network as it was at a rate after so many steps.

        Args:
            rate: one of those that raced.
            step: one of `lane(rate).steps`; the last when left out.

        Raises:
            ConfigError: when the rate did not race, the step is no number of steps, or no weights
                were kept there.

        >>> from jangrad import MLP
        >>> from jangrad.datasets import four_rows
        >>> net, (X, y) = MLP(3, [4, 1], "tanh", seed=0), four_rows()
        >>> found = race(net, X, y, [0.01, 0.1], steps=30)
        >>> found.at(0.1, 0).state() == net.state(), found.at(0.1).state() == net.state()
        (True, False)
        """
        lane = self.lane(rate)
        step = lane.steps[-1] if step is None else count("step", step, least=0)
        if step not in lane.steps:
            near = min(lane.steps, key=lambda kept: abs(kept - step))
            raise ConfigError(
                f"no weights were kept after step {step!r:.60} at rate {rate:g}",
                why=f"they were at {len(lane.steps)} moments, from step 0 to {lane.steps[-1]}",
                try_=f"step={near}, the nearest",
            )
        net = copy.deepcopy(self.net)
        write_data(list(net.parameters()), array("d", lane.weights[lane.steps.index(step)]))
        return net

    @property
    def sharpest(self) -> float:
        """Of the lanes that were not lost, the largest curvature; those of lost ones tell nothing.

        0 where none is known.
        """
        kept = [lane for lane in self.lanes if lane.verdict.kind != "diverged"] or self.lanes
        return max((x for lane in kept for x in lane.sharpness if math.isfinite(x)), default=0.0)

    @property
    def plain(self) -> bool:
        """Whether the limit of a rate is 2 / rate, as it is without momentum."""
        lane = self.lanes[0]
        return lane.limit is not None and math.isclose(lane.limit * lane.rate, 2.0)

    @property
    def threshold(self) -> float | None:
        """The output at which one of two classes turns into the other; None where it is not one."""
        return threshold_of(self.loss, self.targets)

    def plot(self) -> Figure:
        """Draw losses, sharpness against its limits and, of two inputs, what was learned.

        Returns:
            matplotlib's figure.
        """
        from jangrad.studies.race_plot import plot_race

        return plot_race(self)

    def page(self, *, title: str = "") -> str:
        """The race as one HTML file with a slider: curves, boundaries and networks side by side.

        It asks for no other file and no server.

        Args:
            title: of the page.

        Returns:
            HTML text, which a notebook opens.
        """
        from jangrad.show.notebook import HtmlText
        from jangrad.studies.race_page import race_page

        return HtmlText(race_page(self, title=title))


@options_answered
def race(
    net: Network,
    X: Any,
    y: Any,
    rates: Iterable[float] | None = None,
    *,
    loss: str | Loss = "squared_error",
    optimizer: str | type[Optimizer] | Optimizer = "sgd",
    steps: int = 300,
    batch_size: int | None = None,
    seed: int | None = 0,
    penalty: Penalty | None = None,
    engine: str = "auto",
    progress: bool | None = None,
) -> Race:
    """Train a network from the same start at several learning rates, and judge each.

    Each rate makes the steps that `fit` makes, to the last bit, and is followed by its losses, its
    weights at up to 61 moments, and how sharply the loss curves on the way: where that comes to
    2 / rate, gradient descent is on the edge of stability. The network and the optimiser are left
    as they were. Ctrl-C ends the race with the rates that are done.

    Args:
        net, X, y, loss, batch_size, seed, penalty, engine: as for `fit`.
        rates: up to 12 numbers > 0; left out, some around the largest rate that is stable at the
            start, or one a decade for optimisers that divide by the size of the gradients.
        optimizer: a name, a class or one that is made already; none that takes no rate.
        steps: how many each rate makes, unless it diverges; 2 or more, for the loss is measured
            before each.
        progress: a bar on stderr over the steps of all rates, as for `fit`.

    Returns:
        The Race: `str()` judges, `.plot()` draws, `.page()` plays it.

    Raises:
        ShapeError, DataError, Untraceable, NoCompiler: as `fit`.
        ConfigError: as `fit`; or when there is no rate, or too many, or the same one twice.

    Source: Cohen et al., Gradient Descent on Neural Networks Typically Occurs at the Edge of
    Stability (2021).

    >>> from jangrad import MLP
    >>> from jangrad.datasets import four_rows
    >>> found = race(MLP(3, [4, 4, 1], "tanh", seed=0), *four_rows(), [0.001, 0.1, 3.0])
    >>> [(lane.rate, lane.verdict.kind) for lane in found.lanes]
    [(0.001, 'too slow'), (0.1, 'best'), (3.0, 'diverged')]
    """
    problem = Problem(net, X, y, loss, penalty)
    if isinstance(optimizer, FullBatch) or optimizer in FULL_BATCH or _is_full_batch(optimizer):
        raise ConfigError(
            f"the optimiser {optimizer!r:.60} takes no rate, so there is no race",
            try_='"sgd", or "adam"',
        )
    made = resolve_optimizer(optimizer, problem.parameters, None)
    fresh, rate_before = made.state(), made.learning_rate
    total = count("steps", steps, least=2)
    stability: float | None = None  # the product of a stable rate and a curvature is at most this
    if isinstance(made, SGD):
        momentum = made.options.get("momentum", 0.0)
        stability = largest_stable_rate(1.0, momentum, nesterov=made.nesterov)
    start = problem.loss().data
    if not math.isfinite(start):
        raise DataError(
            f"the loss is {start:g} before any step",
            why="there is no rate at which it could go down",
            try_="jangrad.strict(), which names the operation that gives it",
        )
    sharp = problem.sharpness(often=True) or None
    limit = None if stability is None or sharp is None else stability / sharp
    named = _checked(rates) if rates is not None else _chosen(limit)
    options = {
        "loss": loss,
        "steps": total,
        "batch_size": batch_size,
        "seed": seed,
        "penalty": penalty,
        "engine": engine,
    }
    lanes: list[Lane] = []
    try:
        with Bar(total * len(named), wanted(progress)) as bar:
            for rate in named:
                problem.put_back()
                made.load_state(fresh)
                made.learning_rate = rate
                seen = _Seen(bar, total * len(lanes), total * len(named))
                lanes.append(_run(problem, (X, y), made, options, stability, seen.step))
                seen.all(total, lanes[-1].end)
    except KeyboardInterrupt:
        if not lanes:
            raise
    finally:
        problem.put_back()
        made.load_state(fresh)
        made.learning_rate = rate_before
    judged(lanes, start, stability, limit)
    return Race(
        *(lanes, type(made).__name__, total, start, sharp, limit, loss),
        *(net, problem.rows, problem.targets),
        names=column_names(X),
        interrupted=len(lanes) < len(named),
    )


class _Seen:
    """What the bar of a race is told of a rate.

    Args:
        bar: of all rates.
        before: how many steps those before it had.
        total: how many all have.
    """

    def __init__(self, bar: Bar, before: int, total: int) -> None:
        self.bar, self.before, self.total = bar, before, total

    def step(self, step: Step) -> None:
        """So far it has come."""
        self.all(step.step + 1, step.loss)

    def all(self, steps: int, loss: float) -> None:
        """So many of its steps are behind, whether or not it has made them."""
        done = self.before + steps
        self.bar.show([loss] * done, (), native=False, last=done == self.total)


def _run(
    problem: Problem,
    data: tuple[Any, Any],
    made: Optimizer,
    options: Any,
    stability: float | None,
    seen: Callable[[Step], None],
) -> Lane:
    """Train at the optimiser's rate, and look back at how the loss curved."""
    rate, fresh = made.learning_rate, made.state()
    history, steps, weights = _followed(problem, data, made, options, options["steps"], seen)
    if len(history) < options["steps"]:  # it broke off: once more, looking more often
        problem.put_back()
        made.load_state(fresh)
        made.learning_rate = rate
        history, steps, weights = _followed(problem, data, made, options, len(history), seen)
    looks = _spread(len(steps))
    sharpness = []
    for k in looks:
        write_data(problem.parameters, array("d", weights[k]))
        finite = all(map(math.isfinite, weights[k]))
        sharpness.append(problem.sharpness(often=True) if finite else math.nan)
    limit = None if stability is None else stability / rate
    rows = len(problem.rows)
    epoch = math.ceil(rows / min(options["batch_size"] or rows, rows))
    looked = [steps[k] for k in looks]
    return Lane(rate, history, steps, weights, looked, sharpness, limit, epoch)


def _followed(
    problem: Problem,
    data: tuple[Any, Any],
    made: Optimizer,
    options: Any,
    end: int,
    seen: Callable[[Step], None],
) -> tuple[History, list[int], list[list[float]]]:
    """Train, and keep the weights at moments that lie evenly up to a step."""
    every, total = math.ceil(end / _MOMENTS), options["steps"]
    steps, weights = [0], [list(problem.first)]

    def keep(step: Step) -> None:
        seen(step)
        made_so_far = step.step + 1
        if made_so_far % every and made_so_far != total:
            return
        numbers = array("d", bytes(8 * len(problem.parameters)))
        read_data(problem.parameters, numbers)
        steps.append(made_so_far)
        weights.append(numbers.tolist())

    history = fit(
        *(problem.net, *data),
        optimizer=made,
        callbacks=[keep],
        callback_every=math.gcd(every, total),  # so that it is called behind the last step too
        progress=False,
        **options,
    )
    if history.stopped_by == "interrupt":
        raise KeyboardInterrupt
    return history, steps, weights


def _spread(moments: int) -> list[int]:
    """Up to so many of the moments as are looked at, the first and the last among them."""
    last = moments - 1
    return sorted({round(k * last / _LOOKS) for k in range(_LOOKS + 1)})


def _is_full_batch(optimizer: Any) -> bool:
    return isinstance(optimizer, type) and issubclass(optimizer, FullBatch)


def _checked(rates: Iterable[float]) -> list[float]:
    if isinstance(rates, (str, int, float)) or not hasattr(type(rates), "__iter__"):
        raise ConfigError(
            f"`rates` is {rates!r:.60}, not a list of rates", try_="rates=[0.01, 0.1, 1.0]"
        )
    found = sorted(number_in(f"rates[{i}]", rate, above=0.0) for i, rate in enumerate(rates))
    if not found:
        raise ConfigError("`rates` is empty", try_="rates=[0.01, 0.1, 1.0]; or leave it out")
    if len(found) > _MOST:
        raise ConfigError(
            f"there are {len(found)} rates",
            why="so many curves cannot be told apart",
            try_=f"up to {_MOST}; or jangrad.sweep, for as many as you like",
        )
    twice = next((a for a, b in itertools.pairwise(found) if a == b), None)
    if twice is not None:
        raise ConfigError(f"`rates` has {twice:g} twice", why="both would be the same training")
    return found


def _chosen(limit: float | None) -> list[float]:
    if limit is None:
        return list(_BY_DECADES)
    return [float(f"{part * limit:.2g}") for part in _BY_LIMIT]
