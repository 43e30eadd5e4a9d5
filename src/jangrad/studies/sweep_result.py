"""What came of a sweep: losses by rate and seed, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jangrad.errors import ConfigError, did_you_mean
from jangrad.studies.axes import Grid, nearest, said
from jangrad.studies.sweep_copies import ENDS, LOST, Copies, Outcome
from jangrad.studies.sweep_verdict import SweepVerdict, verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sweep:
    """What `sweep` returns; `str()` is the verdict.

    Arrays have an axis for each of `axes`, in this order, rates first and seeds second.

    Attributes:
        axes: what was gone through: the rates, the seeds, and the items of other lists, by name.
        loss: that of the last epoch of each training, which for full batches is that of the last
            step; inf where it diverged, nan where it was not begun.
        losses: those of the steps `at`, the first index being the step's.
        at: the steps whose losses were kept.
        ended: why each training ended: `"finished"`, or what `fit` calls one off for:
            `"divergence"`, `"not finite"`, `"dead network"`, `"no gradient"`, `"patience"`; or
            `"interrupt"` and `"not begun"`.
        steps: how many steps it has made.
        validation: the `"loss"`, and where targets are classes the `"accuracy"`, of the rows that
            were held out, after the last step.
        weights: the last weights, with a last index for the parameters; None unless asked for.
        how: what has made the steps, in words.
        groups: the copies that were trained together, each with their places in flat arrays.
        first: the losses before any step.
    """

    axes: Mapping[str, Sequence[Any]]
    loss: Any
    losses: Any
    at: Any
    ended: Any
    steps: Any
    validation: Mapping[str, Any]
    weights: Any
    how: str
    groups: list[tuple[Copies, Any]] = field(repr=False)
    first: Any = field(repr=False)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C has ended it."""
        return bool(np.isin(self.ended, ("interrupt", "not begun")).any())

    @property
    def diverged(self) -> Any:
        """Which trainings were lost; `steps` says after how many steps."""
        return np.isin(self.ended, LOST)

    @property
    def score(self) -> Any:
        """What is compared: the loss of rows that were held out, else the loss; inf where none."""
        found = self.validation.get("loss", self.loss)
        return np.where(np.isnan(found), np.inf, found)

    def of(self, **settings: Any) -> Sweep:
        """Those of its trainings that have these settings, as a sweep of their own.

        Args:
            settings: an item of some axes by name, `loss="huber"`.

        Returns:
            A Sweep, with one item on each of these axes.

        Raises:
            ConfigError: when there is no such axis, or no such item.

        >>> from jangrad import MLP, sweep
        >>> from jangrad.datasets import four_rows
        >>> found = sweep(MLP(3, [4, 1], "tanh"), *four_rows(), rates=[0.01, 0.1], seeds=2,
        ...               steps=20, loss=["huber", "squared_error"])
        >>> found.of(loss="huber").best["rate"], found.of(rate=0.01).loss.shape
        (0.1, (1, 2, 2))
        """
        chosen = {n: self._item(n, x) for n, x in settings.items()}
        some = tuple(slice(chosen[n], chosen[n] + 1) if n in chosen else slice(None)
                     for n in self.axes)  # fmt: skip
        each = (slice(None), *some)
        inside = np.arange(self.loss.size).reshape(self.loss.shape)[some].ravel()
        where = np.full(self.loss.size, -1)
        where[inside] = np.arange(len(inside))
        return replace(
            self,
            axes={n: [x[chosen[n]]] if n in chosen else x for n, x in self.axes.items()},
            **{n: getattr(self, n)[some] for n in ("loss", "ended", "steps", "first")},
            losses=self.losses[each],
            validation={name: figures[some] for name, figures in self.validation.items()},
            weights=None if self.weights is None else self.weights[some],
            groups=[(copies, where[places]) for copies, places in self.groups],
        )

    def _item(self, name: str, item: Any) -> int:
        if name not in self.axes:
            raise ConfigError(
                f"the sweep has no axis `{name}`", try_=did_you_mean(name, list(self.axes))
            )
        return nearest(self.axes[name], item, name)

    @cached_property
    def best(self) -> dict[str, Any]:
        """The settings whose middle score over the seeds is least, by name.

        Raises:
            ConfigError: when there are several losses, for they measure in units of their own.
        """
        if len(losses := self.axes.get("loss", ())) > 1:
            raise ConfigError(
                f"the sweep has {len(losses)} losses, so none of its settings is the best",
                why="a number of one loss says nothing beside that of another",
                try_="found.of(loss=found.axes['loss'][0]), and so of each other",
            )
        middle = np.median(self.score, axis=1)
        place = [int(i) for i in np.unravel_index(int(middle.argmin()), middle.shape)]
        names = [name for name in self.axes if name != "seed"]
        return {n: self.axes[n][i] for n, i in zip(names, place, strict=True)}

    def at_best(self, numbers: Any) -> Any:
        """Of an array of this shape what belongs to the best settings but for rate and seed."""
        place = [nearest(self.axes[n], i, n) for n, i in self.best.items() if n != "rate"]
        return numbers[(..., *place)] if place else numbers

    def place(self, **settings: Any) -> tuple[int, ...]:
        """Where a training is in the arrays, by an item of each axis; those of one may be left out.

        Raises:
            ConfigError: when there is no such axis, or no such item.
        """
        chosen = {name: self._item(name, item) for name, item in settings.items()}
        found = []
        for name, items in self.axes.items():
            if name not in chosen and len(items) > 1:
                shown = ", ".join(f"{n}=..." for n, x in self.axes.items() if len(x) > 1)
                raise ConfigError(f"which `{name}` is not said", try_=shown)
            found.append(chosen.get(name, 0))
        return tuple(found)

    def network(self, **settings: Any) -> Any:
        """One of the networks as `fit` leaves it: a copy that is trained once more.

        Args:
            settings: an item of each axis by name, `rate=0.1, seed=3`.

        Returns:
            A network; of a training that has diverged with its best weights, as `fit` gives it
            back.

        Raises:
            ConfigError: as `place`.
        """
        from jangrad.studies.one_by_one import network

        return network(*self._copy(**settings))

    def _copy(self, **settings: Any) -> tuple[Copies, int]:
        """A training: the copies it belongs to, and which it is of them."""
        flat = int(np.ravel_multi_index(self.place(**settings), self.loss.shape))
        copies, places = next((c, places) for c, places in self.groups if flat in places)
        return copies, int(np.flatnonzero(places == flat)[0])

    @cached_property
    def limits(self) -> tuple[float, ...]:
        """2 / sharpness at the start of the first seeds, where the optimiser is gradient descent.

        With momentum it is more, as `suggest_rate` has it. Above it steps overshoot further each
        time, as long as the loss curves as at the start. Empty for optimisers that divide by the
        size of the gradients.
        """
        from jangrad.studies.stability import limits

        return limits(*self._copy(**self.best, seed=self.axes["seed"][0]))

    @property
    def verdict(self) -> SweepVerdict:
        """Which rates are too slow, which are good, where it becomes unstable, and what luck is."""
        losses = self.at_best(self.score)
        lost = self.at_best(self.diverged)
        dead = self.at_best(self.ended == "dead network")
        start = self.at_best(self.first)
        begun = self.ended != "not begun"
        made = self.at_best(begun if begun.all() else begun & (self.ended != "interrupt"))
        return verdict(self.axes["rate"], losses, lost, start, dead, made)

    def __str__(self) -> str:
        losses = self.axes.get("loss", ())
        parts = [self.of(loss=loss) for loss in losses] if len(losses) > 1 else [self]
        lines = [self._counts(), *(line for part in parts for line in part._said())]
        if len(self.axes.get("penalty", ())) > 1 and not self.validation:
            lines.append(
                "each loss has its penalty in it: rows that are held out, validation=(X, y), tell"
                " which is best"
            )
        return "\n".join(lines)

    def _said(self) -> list[str]:
        """What is best, and what is said of the rates, in lines."""
        others = {n: x for n, x in self.best.items() if n != "rate"}
        told = [f"best {', '.join(f'{n}={said(x)}' for n, x in others.items())}"] if others else []
        return [*told, *self.verdict.lines(self.limits)]

    def __repr__(self) -> str:
        return str(self)

    def _counts(self) -> str:
        shape = " x ".join(
            f"{len(x)} {n}{'s' * (len(x) != 1 and n in ('rate', 'seed'))}"
            for n, x in self.axes.items()
        )
        kinds = [(k, int((self.ended == k).sum())) for k in ENDS[1:]]
        told = "".join(f", {n} by {k}" if k != "not begun" else f", {n} {k}" for k, n in kinds if n)
        return (
            f"{_many(self.loss.size, 'training')} ({shape}) of"
            f" {_many(int(self.steps.max()), 'step')}, by {self.how}"
            + (f"; ended early{told[1:]}" if told else "")
        )

    def plot(self) -> Figure:
        """Draw the map of rates and seeds, the loss against the rate, and the verdict.

        Returns:
            matplotlib's figure; `.savefig("sweep.png")` writes it.
        """
        from jangrad.show.sweep_plot import plot_sweep

        figure: Figure = plot_sweep(self)
        return figure


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def sweep_of(grid: Grid, outcome: Outcome, how: str, *, whole: bool) -> Sweep:
    """What came of a grid; unless `whole`, the losses of the first step were not asked for."""
    shape, skipped = grid.shape, 0 if whole else 1
    return Sweep(
        axes=grid.axes,
        loss=outcome.loss.reshape(shape),
        losses=outcome.losses[skipped:].reshape(-1, *shape),
        at=outcome.at[skipped:],
        ended=np.array(ENDS)[outcome.ended].reshape(shape),
        steps=outcome.steps.reshape(shape),
        validation={name: f.reshape(shape) for name, f in outcome.figures.items()},
        weights=None if outcome.weights is None else outcome.weights.reshape(*shape, -1),
        how=how,
        groups=grid.groups,
        first=outcome.losses[0].reshape(shape),
    )
