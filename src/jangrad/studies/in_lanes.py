"""Copies of a small training side by side, one in each lane of the vector registers.

Machine code makes the steps and leaves their losses; here it is seen which copies `fit` would have
called off by then. What only looking closer would tell is left to `one_by_one.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from jangrad.nn.mlp import MLP
from jangrad.studies.sweep_copies import ENDS, FINISHED, INTERRUPTED, Copies, Outcome
from jangrad.train.bursts import Pace, interrupts_held
from jangrad.train.compiled.side_by_side import (
    SideBySide,
    StepLosses,
    copies_executable,
    traced_copies,
)
from jangrad.train.config import Config
from jangrad.train.diagnosis import GROWING, GROWING_STEPS, LOST, STILL_STEPS
from jangrad.train.formulas import formula
from jangrad.train.resolve import check_compilable, number_type, zero_loss
from jangrad.train.schedules import is_blind, rate_at
from jangrad.watching import is_strict

# Batches of more rows fill vectors by themselves, one copy at a time.
_ROWS = 16
# So many products of parameters and rows make straight-line code, or loops in a near cache.
_PRODUCTS = 6000
# So many losses at once are looked at, which stay in a cache.
_LOSSES = 1_000_000

_DIVERGENCE, _DEAD = ENDS.index("divergence"), ENDS.index("dead network")


def suits(copies: Copies, config: Config) -> bool:
    """Whether they can be trained so, as far as one can tell without a trace."""
    size = len(copies) > 1 and config.size <= _ROWS
    small = size and config.size * len(config.optimizer) <= _PRODUCTS
    even = len(config.rows) % config.size == 0
    asked = config.patience is None and not config.callbacks and not config.check
    steady = config.schedule is None or is_blind(config.schedule)
    return small and even and asked and steady and config.engine != "eager" and not is_strict()


def train(
    copies: Copies, config: Config, dtype: str, threads: int, tell: Callable[[float, float], None]
) -> tuple[Outcome, Any]:
    """Train them.

    Args:
        copies: what to train.
        config: the settings of the first.
        dtype, threads, tell: as for `sweep`.

    Returns:
        What came of them, and which have to be trained one by one to know.

    Raises:
        Untraceable, NoGradient, NoCompiler: when they cannot be trained so.
    """
    return _Lanes(copies, config, dtype, threads, tell).train()


class _Lanes:
    def __init__(
        self,
        copies: Copies,
        config: Config,
        dtype: str,
        threads: int,
        tell: Callable[[float, float], None],
    ) -> None:
        self.copies, self.config, self.tell = copies, config, tell
        optimizer, number = config.optimizer, number_type(dtype)
        # A penalty pulls at what no gradient of the loss reaches.
        self.penalized = copies.strength is not None or config.penalty is not None
        check_compilable(optimizer, number)
        strength = copies.strength is not None
        if copies.strength is not None:
            config = config._replace(penalty=partial(copies.strength, strength=1.0))
        trace, data = traced_copies(config, strength=strength)
        own_rows = config.size < len(config.rows)
        names = [name for name in optimizer.options if len(set(copies.numbers.get(name, ()))) > 1]
        options = {n: None if n in names else x for n, x in optimizer.options.items()}
        rates = copies.rates
        if rates is None:
            rates = np.full(len(copies), optimizer.learning_rate)
        columns = [rates, *(copies.numbers[name] for name in names)]
        columns += [copies.strengths] if strength else []
        executable = copies_executable(
            *(trace, len(optimizer), optimizer.rule, options, self._watched(), number),
            strength=strength,
            own_rows=own_rows,
            exact=not optimizer.rule.keeps_nan,
        )
        settings = np.stack(columns, axis=1)
        self.steps = SideBySide(
            executable, copies.start, settings, own_rows=own_rows, threads=threads
        )
        self.data = data.astype(self.steps.dtype) if own_rows else None
        if not own_rows:
            self.steps.set_data(data.ravel())
        else:
            seeds, self.whose = np.unique(np.array(copies.seeds, object), return_inverse=True)
            self.deals = [config._replace(seed=seed).deal for seed in seeds]
        self.outcome = Outcome.blank(len(copies), copies.at, 0)
        self.doubtful = np.zeros(len(copies), bool)
        self.going = np.ones(len(copies), bool)
        c = config
        self.scale = zero_loss(c.loss, c.loss_of, c.outputs, c.targets, c.row_weights)

    def _watched(self) -> list[list[int]]:
        """Of an MLP the parameters of each layer of which none has a gradient where no parameter of
        the layer has: biases, and all of the last; of other networks those nearest the data."""
        config = self.config
        places = {id(p): i for i, p in enumerate(config.optimizer.parameters)}
        layers = config.net.layers if isinstance(config.net, MLP) else []
        found = [[n.bias for n in layer.neurons] for layer in layers[:-1]]
        found += [layer.parameters() for layer in layers[-1:]]
        groups = [[places.get(id(p), -1) for p in group] for group in found]
        if self.penalized or not groups or -1 in {i for group in groups for i in group}:
            return [list(config.watched)]
        return groups

    def train(self) -> tuple[Outcome, Any]:
        """Make all steps."""
        total = self.config.total
        pace, made, tail = Pace(), 0, np.empty((0, len(self.copies)))
        most = max(1, _LOSSES // len(self.copies))
        try:
            while made < total and self.going.any():
                with interrupts_held():
                    count = min(pace.steps, total - made, most)
                    start = time.perf_counter()
                    losses = self.steps.run(count, *self._given(made, count))
                    pace.learn(count, time.perf_counter() - start)
                    if made == 0:
                        self._begin(losses.at([0])[0])
                    self._look(made, tail, losses)
                    last = losses.at(np.arange(max(0, count - GROWING_STEPS), count))
                    tail = np.concatenate([tail, last])[-GROWING_STEPS:]
                    made += count
                self.tell(len(self.copies) * count / total, self._middle(tail[-1]))
        except KeyboardInterrupt:
            pass
        outcome, done = self.outcome, made == total or not self.going.any()
        outcome.ended[self.going] = FINISHED if done else INTERRUPTED
        outcome.steps[self.going] = made
        if made:
            self._end(made)
        return outcome._replace(weights=self.steps.parameters()), np.flatnonzero(self.doubtful)

    def _middle(self, losses: Any) -> float:
        """The middle loss of the copies that go on."""
        return float(np.median(losses[self.going])) if self.going.any() else np.nan

    def _given(self, made: int, count: int) -> tuple[Any, Any, Any]:
        """Rates, data and rows of some steps, where they differ from step to step."""
        rates = order = None
        if (schedule := self.config.schedule) is not None:
            rates = [rate_at(schedule, step) for step in range(made, made + count)]
        if self.data is not None:
            size = self.config.size
            dealt = [deal.batches(made, count).rows.reshape(count, size) for deal in self.deals]
            order = np.stack(dealt, axis=1)[:, self.whose]
        return rates, self.data, order

    # -- what has become of the copies ------------------------------------------------------------

    def _begin(self, first: Any) -> None:
        self.first = first
        # What a loss must outgrow to have diverged; a user's own has a size that only `fit` finds.
        self.size = np.maximum(self.first, self.scale) if self.scale > 0.0 else None
        self.epoch, self.epoch_steps = np.zeros(len(first)), 0

    def _look(self, made: int, tail: Any, losses: StepLosses) -> None:
        """Find out which copies end with these steps, `tail` being the losses before them."""
        with np.errstate(all="ignore"):
            looked_at = self.going.copy()
            suspects = np.flatnonzero(losses.above(GROWING * self.first, self.going))
            if len(suspects):
                whole = np.concatenate([tail[:, suspects], losses.of(suspects)])
                self._diverge(made, suspects, whole, len(tail))
            self._still(made, losses, looked_at)
            self._record(made, losses)
            self._follow_epoch(made, losses)

    def _follow_epoch(self, made: int, losses: StepLosses) -> None:
        """Sum up the losses of the epoch that is under way behind these steps."""
        an_epoch = self.config.an_epoch
        begun = (made + losses.steps - 1) // an_epoch * an_epoch - made
        if begun >= 0:
            self.epoch, self.epoch_steps = losses.sums(begun), losses.steps - begun
        else:
            self.epoch, self.epoch_steps = (
                self.epoch + losses.sums(0),
                self.epoch_steps + losses.steps,
            )

    def _diverge(self, made: int, suspects: Any, losses: Any, before: int) -> None:
        """Follow the rule of `Watch.look` for copies whose loss has grown far, or is no number."""
        if self.size is None:
            self._doubt(suspects)
            return
        size = self.size[suspects]
        rising = losses[1:] > losses[:-1]
        grew = np.zeros(losses.shape, bool)
        if len(losses) > GROWING_STEPS:
            grew[GROWING_STEPS:] = True
            for k in range(GROWING_STEPS):
                grew[GROWING_STEPS:] &= rising[k : len(losses) - GROWING_STEPS + k]
        lost = ((losses > LOST * size) | ((losses > GROWING * size) & grew))[before:]
        broken = ~np.isfinite(losses[before:])
        over = lost | broken
        ends, at = over.any(axis=0), over.argmax(axis=0)
        # Where a gradient was no number one step before is for `fit` to say.
        unsure = ends & broken[at, np.arange(len(at))]
        self._doubt(suspects[unsure])
        ends &= ~unsure
        self._finish(suspects[ends], _DIVERGENCE, made + at[ends] + 1, np.inf)

    def _still(self, made: int, losses: StepLosses, looked_at: Any) -> None:
        """Find the copies that no gradient has reached for so long that `fit` looks for why.

        It looks whenever one has gone so many steps without, and again. Gradient descent leaves
        what has no gradient as it is, so what is dead now has been so since that was gone.
        `looked_at` are the copies that have made these steps.
        """
        patience, config = max(STILL_STEPS, self.config.an_epoch), self.config
        counts = self.steps.still()
        now, most = counts[:, 0].astype(int), counts[:, -1]
        net = config.net
        relu = isinstance(net, MLP) and {*net.activations[:-1]} == {"relu"}
        plain = config.optimizer.rule.lines == formula("plain").lines and not self.penalized
        if not (plain and relu and config.an_epoch == 1 and self.scale > 0.0):
            self._doubt(self.going & (most >= patience))
            return
        looked_at = looked_at & ~self.doubtful
        some = np.flatnonzero(looked_at & (now >= patience))
        now, layers = now[some], counts[some, :-1].astype(int)
        layer = self._dead_layer(some)
        # For how long its dead layer, or all of them, have had no gradient.
        gone = np.where(layer >= 0, layers[np.arange(len(some)), layer], layers.min(axis=1))
        first = np.maximum(-(-(now - gone + 1) // patience), 1) * patience  # the count at that look
        at = losses.steps - 1 - (now - first)
        here = (first <= now) & (at >= 0)
        some, at, layer = some[here], at[here], layer[here]
        last = losses.one(at, some)
        wrong = (last > 1e-9 * self.first[some]) & (last > 1e-9 * self.scale)
        # What diverged before is not dead, but what died before may have diverged behind.
        wrong &= self.going[some] | (made + at + 1 < self.outcome.steps[some])
        dead = wrong & (layer >= 0)
        self._finish(some[dead], _DEAD, made + at[dead] + 1, last[dead])
        self._doubt(some[wrong & ~dead])  # for whether a gradient is exactly 0 hangs on rounding

    def _dead_layer(self, some: Any) -> Any:
        """The first hidden layer, all of relu, of which every unit gives 0 for all rows; or -1."""
        weights = self.steps.parameters(some)
        signals = np.array(self.config.rows)[None].repeat(len(some), axis=0)
        found, begin = np.full(len(some), -1), 0
        for number, layer in enumerate(self.config.net.layers[:-1]):  # type: ignore[attr-defined]
            inputs, units = layer.n_inputs, layer.n_outputs
            end = begin + units * (inputs + 1)
            each = weights[:, begin:end].reshape(len(some), units, inputs + 1)
            signals = signals @ each[:, :, :-1].transpose(0, 2, 1) + each[:, None, :, -1]
            signals, begin = np.maximum(signals, 0.0), end
            found[(found < 0) & (signals == 0.0).all(axis=(1, 2))] = number
        return found

    def _doubt(self, which: Any) -> None:
        self.doubtful[which] = True
        self.going[which] = False

    def _finish(self, which: Any, end: int, steps: Any, loss: Any) -> None:
        self.outcome.ended[which], self.outcome.steps[which] = end, steps
        self.outcome.loss[which] = loss
        self.going[which] = False

    def _record(self, made: int, losses: StepLosses) -> None:
        """Keep the losses that are wanted; of those that have ended, the last."""
        at = self.outcome.at
        here = np.flatnonzero((at >= made) & (at < made + losses.steps))
        if len(here):
            over = ~self.going & (at[here, None] >= self.outcome.steps)
            self.outcome.losses[here] = np.where(
                over, self.outcome.loss, losses.at(at[here] - made)
            )

    def _end(self, made: int) -> None:
        """Keep the losses of what has come to the end, and of steps that none has made."""
        if self.epoch_steps:
            self.outcome.loss[self.going] = (self.epoch / self.epoch_steps)[self.going]
        later = np.flatnonzero(self.outcome.at >= made)
        over = ~self.going if made < self.config.total else np.ones(len(self.going), bool)
        self.outcome.losses[np.ix_(later, np.flatnonzero(over))] = self.outcome.loss[over]
