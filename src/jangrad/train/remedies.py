"""What a diagnosis advises, tried: the same training once more with what it changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.graph import ordered
from jangrad.nn.losses import LOSSES
from jangrad.nn.mlp import MLP
from jangrad.train.config import Config
from jangrad.train.history import History
from jangrad.train.optimizers import Optimizer
from jangrad.train.resolve import outputs_of
from jangrad.train.scene import is_amount
from jangrad.train.schedules import scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Changes that need another network than the one that was trained.
_BUILT = ("output", "activation", "hidden", "fresh")


@dataclass(frozen=True, slots=True)
class Fix:
    """A training once more, as a diagnosis advises; `str()` compares both.

    Attributes:
        change: what was changed, in words.
        before, after: both Histories. Where targets were scaled, the losses of the second are given
            for the targets as they were.
        net: the network that was trained the second time, a copy that has its weights; or, where a
            network cannot be copied, itself, as it was before.
        weights: the numbers of its parameters behind the second training.
    """

    change: str
    before: History
    after: History
    net: Any
    weights: tuple[float, ...]

    def __str__(self) -> str:
        ended = self.before.diagnosis
        was = "" if ended is None else f" ({ended.kind} at step {ended.step})"
        after, before = self.after, self.before
        lines = [
            f"tried: {self.change}",
            f"  the loss after {len(after)} steps is {after.loss[-1]:.4g}",
            f"  as it was, after {len(before)} steps, {before.loss[-1]:.4g}{was}",
        ]
        if self.after.diagnosis is not None:
            lines.append(f"  now: {self.after.diagnosis.what}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    @property
    def works(self) -> bool:
        """Whether the second training went well, and ended below where the first did."""
        last, was = self.after.loss[-1], self.before.loss[-1]
        return self.after.diagnosis is None and (last < was or not math.isfinite(was))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both loss curves, and return matplotlib's axes."""
        from jangrad.show.plots import plot_history

        return plot_history({"as it was": self.before, "as advised": self.after}, ax)


@dataclass(frozen=True, slots=True)
class KnownTraining:
    """A training that can be made once more.

    Attributes:
        fit: `jangrad.fit`.
        config: its settings.
        first: the weights that it began with.
        history: what happened.
        dtype: of its numbers.
    """

    fit: Callable[..., History]
    config: Config
    first: Sequence[float]
    history: History
    dtype: str

    def again(self, fix: Mapping[str, Any]) -> Fix:
        """Train once more, with changes.

        Raises:
            ConfigError: when the network would have to be built in another way, and nobody knows
                how.
        """
        if any(key in fix for key in _BUILT):
            return self._trained(fix, *self._built(fix))
        copied = self._copied()
        if copied is not None:
            return self._trained(fix, *copied)
        net, optimizer = self.config.net, self.config.optimizer
        now, state = [p.data for p in optimizer.parameters], optimizer.state()
        try:
            _begin(optimizer, self.first)
            return self._trained(fix, net, optimizer)
        finally:
            optimizer.load_state(state)
            _put(optimizer, now)

    def _trained(self, fix: Mapping[str, Any], net: Any, optimizer: Optimizer) -> Fix:
        rows, targets, weights, factor = self._data(fix)
        rate = fix.get("learning_rate")
        config = self.config
        ours = isinstance(config.loss, str) and LOSSES[config.loss] is config.loss_of
        options: dict[str, Any] = {
            "loss": config.loss if ours else config.loss_of,
            "steps": config.total,
            "batch_size": min(config.size, len(rows)),
            "seed": config.seed,
            "shuffle": config.shuffle,
            "row_weights": weights,
            "penalty": self._penalty(fix),
            "engine": config.engine,
            "dtype": self.dtype,
            "progress": False,
        }
        if config.method is not None:
            after = self.fit(net, rows, targets, optimizer=type(config.method), **options)
        else:
            after = self._fitted(net, optimizer, rate, (rows, targets), options)
        if factor != 1.0:
            after = replace(after, loss=[factor * x for x in after.loss])
        rated = after.rate and config.method is None
        said = _said(fix, after.rate[0] if rated else None)
        if fix.get("scale_inputs") and len(self._amounts) < len(self.config.rows[0]):
            said = said.replace("every column", f"column {', '.join(map(str, self._amounts))}")
        return Fix(said, self.history, after, net, tuple(p.data for p in optimizer.parameters))

    def _fitted(
        self, net: Any, optimizer: Optimizer, rate: float | None, data: Any, options: Any
    ) -> History:
        """With the rate; and where that is wrong now, once more with what is advised then."""
        start = [p.data for p in optimizer.parameters]
        fresh, schedule = optimizer.state(), self.config.schedule
        for _ in range(2):
            if rate is not None and schedule is None:
                optimizer.learning_rate = rate
            elif rate is not None and not any(self.history.rate):  # nothing to be scaled
                schedule, optimizer.learning_rate = None, rate
            elif rate is not None and schedule is not None:
                schedule = scaled(schedule, rate / (max(self.history.rate) or 1.0))
            after = self.fit(net, *data, optimizer=optimizer, schedule=schedule, **options)
            found = after.diagnosis
            if found is None or found.rate_to_try is None:
                break
            if found.kind != "divergence" and found.cause != "rate":
                break
            rate = found.rate_to_try
            optimizer.load_state(fresh)
            _put(optimizer, start)
        return after

    def _copied(self) -> tuple[Any, Optimizer] | None:
        """Copies of network and optimiser, as they began; None where a copy is no network of its
        own, for its code holds the parameters of the first.
        """
        config = self.config
        try:
            net, optimizer = deepcopy((config.net, config.optimizer))
            mine = self._behind(net, optimizer.parameters)
            theirs = self._behind(config.net, config.optimizer.parameters)
            strays = self._behind(net, config.optimizer.parameters)
        except Exception:  # a lock, an open file: much cannot be copied
            return None
        if strays or mine != theirs:
            return None
        _begin(optimizer, self.first)
        return net, optimizer

    def _behind(self, net: Any, parameters: Sequence[Value]) -> set[int]:
        """Which of these parameters the loss of the first row was computed from."""
        config = self.config
        loss = config.loss_of([outputs_of(net, config.rows[0])], [config.targets[0]])
        roots = [loss] if config.penalty is None else [loss, config.penalty(net.parameters())]
        behind = set(map(id, ordered(*[root for root in roots if isinstance(root, Value)])))
        return {i for i, p in enumerate(parameters) if id(p) in behind}

    def _built(self, fix: Mapping[str, Any]) -> tuple[Any, Optimizer]:
        """The network and its optimiser, built in another way."""
        config = self.config
        if not isinstance(config.net, MLP):
            found = self.history.diagnosis
            where = "" if found is None or found.layer is None else f" (layer {found.layer + 1})"
            needs = _said({key: fix[key] for key in _BUILT if key in fix}, None)
            raise ConfigError(
                f"`{type(config.net).__name__}` cannot be built in another way by itself, and the"
                f" advice needs {needs}{where}",
                why="only its author knows how; a rate, the rows and their scale are changed by"
                " themselves",
                try_="a network with that change, and fit once more"
                + ("" if found is None else f". The advice was: {found.try_}"),
            )
        plan = config.net.config()
        if "output" in fix:
            plan["output"] = fix["output"]
        if "hidden" in fix:
            plan["widths"], plan["activation"] = [fix["hidden"], plan["widths"][-1]], ["tanh"]
        elif "activation" in fix:
            plan["activation"] = [fix["activation"]] * len(plan["activation"])
        made = MLP.from_config({**plan, "seed": plan["seed"] or 0, "init": "auto"})
        kind: Any = type(config.optimizer)
        given: Any = made.parameters(), config.optimizer.learning_rate
        if kind is Optimizer:  # what a full-batch method holds
            given = *given, config.optimizer.rule, config.optimizer.options
        optimizer = kind(*given)
        if optimizer.options.keys() == config.optimizer.options.keys():
            optimizer.options.update(config.optimizer.options)
        if "fresh" not in fix:
            _begin(optimizer, self.first)
        return made, optimizer

    def _penalty(self, fix: Mapping[str, Any]) -> Any:
        """The penalty, or a part of it."""
        penalty, part = self.config.penalty, fix.get("penalty")
        if penalty is None or part is None:
            return penalty
        return lambda parameters: part * penalty(parameters)

    @property
    def _amounts(self) -> list[int]:
        """The columns of X that can be scaled."""
        first = self.config.rows[0]
        return [j for j in range(len(first)) if is_amount(self.config.net, first, j)]

    def _data(self, fix: Mapping[str, Any]) -> tuple[Any, Any, Any, float]:
        """Rows, targets, weights of rows, and the factor that makes losses those of before."""
        config = self.config
        left_out = set(fix.get("leave_out", ()))
        kept = [i for i in range(len(config.rows)) if i not in left_out]
        rows = [config.rows[i] for i in kept]
        targets = [config.targets[i] for i in kept]
        weights = config.row_weights and [config.row_weights[i] for i in kept]
        factor = 1.0
        if fix.get("scale_inputs"):
            columns = list(zip(*rows, strict=True))
            for j in self._amounts:
                columns[j] = _standard(columns[j])
            rows = [list(row) for row in zip(*columns, strict=True)]
        if fix.get("scale_targets"):
            flat = [x for t in targets for x in (t if isinstance(t, list) else [t])]
            mean, spread = _mean_and_spread(flat)
            factor = spread**2 if config.loss == "squared_error" else spread
            targets = [
                [(x - mean) / spread for x in t] if isinstance(t, list) else (t - mean) / spread
                for t in targets
            ]
        return rows, targets, weights, factor


def _begin(optimizer: Optimizer, first: Sequence[float]) -> None:
    """Put parameters and optimiser back to where a training began."""
    state = optimizer.state()
    zero = {k: [0.0] * len(v) for k, v in state.items() if isinstance(v, list)}
    optimizer.load_state({**state, **zero, "steps": 0})
    _put(optimizer, first)


def _put(optimizer: Optimizer, numbers: Sequence[float]) -> None:
    for p, number in zip(optimizer.parameters, numbers, strict=True):
        p.data = number


def _standard(column: Sequence[float]) -> tuple[float, ...]:
    mean, spread = _mean_and_spread(column)
    return tuple((x - mean) / spread for x in column)


def _mean_and_spread(numbers: Sequence[float]) -> tuple[float, float]:
    mean = math.fsum(numbers) / len(numbers)
    spread = math.sqrt(math.fsum((x - mean) ** 2 for x in numbers) / len(numbers))
    return mean, spread or 1.0


def _said(fix: Mapping[str, Any], rate: float | None) -> str:
    """The changes in words."""
    words = []
    if rows := fix.get("leave_out"):
        words.append(f"without row{'s' * (len(rows) > 1)} {', '.join(map(str, rows))}")
    for name, what in (("scale_inputs", "every column of X"), ("scale_targets", "targets")):
        if fix.get(name):
            words.append(f"{what} scaled to mean 0 and spread 1")
    words += [f'{name}="{fix[name]}"' for name in ("output", "activation") if name in fix]
    if "hidden" in fix:
        words.append(f"a hidden layer of {fix['hidden']} tanh units")
    if "penalty" in fix:
        words.append(f"the penalty times {fix['penalty']:g}")
    if "fresh" in fix:
        words.append("weights that are drawn anew")
    if rate is not None:
        words.append(f"learning_rate={rate:g}")
    return ", ".join(words)
