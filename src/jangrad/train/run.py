"""One training run: the loop over steps, in Python or in bursts of machine code.

The loop by Python is the one that says what a step is. Machine code makes bursts of the steps that
are in no trouble; a step that might be is left to Python, which looks at it, makes it and hands
over again. So what happens depends on no engine.
"""

from __future__ import annotations

import math
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from jangrad.derivatives import differentiating, record, recording
from jangrad.engine import Value
from jangrad.errors import ConfigError, JangradError, NoGradient, NonFinite
from jangrad.graph import are_same, ordered
from jangrad.tape import read_data, write_data
from jangrad.train import progress as bars
from jangrad.train.batch_loss import BatchLoss
from jangrad.train.best import Best
from jangrad.train.bursts import interrupts_held
from jangrad.train.callbacks import Step, says_true
from jangrad.train.config import Config
from jangrad.train.diagnosis import Watch
from jangrad.train.history import History, history_of
from jangrad.train.looked_at import curvature, scene_of
from jangrad.train.resolve import outputs_of
from jangrad.train.rows import Rows, Targets, Weights, copies
from jangrad.train.schedules import is_blind, rate_at
from jangrad.train.sight import Sight
from jangrad.train.steps import Choose, Steps

if TYPE_CHECKING:
    from jangrad.train.keeper import Keeper
    from jangrad.train.structure import Structure
    from jangrad.train.verdict import Diagnosis


class Run:
    """One training run, and how far it is."""

    #: Whether it makes all steps, unless something goes wrong or is asked for between them.
    knows_its_end = True
    #: What keeps it, where `fit` was asked for that.
    keeper: Keeper | None = None

    def __init__(self, config: Config) -> None:
        self.config = config
        self.optimizer = config.optimizer
        self.native: Steps | None = None
        self.losses: list[float] = []
        self.rates: list[float] = []  # asked of the schedule, perhaps for steps to come
        self.failed: BaseException | None = None  # what the schedule has raised for a step to come
        self.norms: list[float] = []
        self.measured: list[dict[str, float]] = []
        self.weights = self.first_weights = self._weights()
        self.learning, self.rule = self.optimizer.parameters, self.optimizer.rule
        self.steps_itself = self.optimizer.by_hand == "step"
        self._is_blind = self.config.schedule is None or is_blind(self.config.schedule)
        self._sight: Sight | None = None
        self.asks_each = not self._is_blind  # also of what may look at the network, or change it
        self.asks_ahead = True  # whether that changes nothing that anybody could see
        self.loss_on = BatchLoss(config)
        self.structure: Structure | None = None  # made where callbacks may change it
        self.still: list[Value] = []
        if not are_same(self.config.parameters, self.learning):
            ids = set(map(id, self.learning))
            self.still = [p for p in self.config.parameters if id(p) not in ids]
        self.best = Best(lambda: self.first_weights, config.patience, config.tolerance)
        self.whole: Best | None = None  # before the figure of an epoch that the end has cut short
        self.diagnosis: Diagnosis | None = None
        scene = partial(scene_of, self)
        self.watch = Watch(config, partial(curvature, self), self.first_weights, scene)
        self.ahead = False  # whether machine code has made steps of which the Values do not know

    def train(self, bar: bars.Bar, native: Steps | None, choose: Choose | None) -> History:
        """Make the steps, in bursts of machine code where there is some.

        Args:
            bar: shows how far it is.
            native: machine code to begin with.
            choose: is asked for some before a step, until it has chosen.
        """
        self.choose, keeper = choose, self.keeper
        self._take(native)
        self._recorded = differentiating()
        try:
            with nullcontext() if keeper is None else keeper.patience:
                if keeper is not None:
                    keeper.restore(self)
                stopped_by = self._loop(bar)
        except KeyboardInterrupt:
            stopped_by = "interrupt"
        except BaseException as error:
            self._finish()
            self._tell_on(error)
            raise
        self._finish()
        if keeper is not None and stopped_by != "interrupt":
            keeper.take(self)
        restored = self._restore(stopped_by)
        if self.diagnosis is None and self.losses and stopped_by != "interrupt":
            rate = self.looked_back_rate
            # What was learned counts for more than words on it, which ask the user's own code.
            with suppress(Exception, KeyboardInterrupt):
                self.diagnosis = self.watch.look_back(self.losses, self.norms, rate)
        history = self._history(stopped_by, restored)
        if keeper is not None and stopped_by != "interrupt":
            keeper.end(history)
        return history

    def memory(self) -> dict[str, Any]:
        """What the steps to come depend on, beside parameters and figures, as plain data."""
        optimizer, native = self.optimizer, self.native
        lent = native is not None and optimizer.is_lent_to(native.memory)
        found = {
            "state": optimizer.state(),
            "rate": optimizer.learning_rate,
            "options": dict(optimizer.options),
        }
        if native is not None and lent:  # nobody has changed it
            optimizer.lend(native.memory)
        return found

    def load_memory(self, memory: dict[str, Any]) -> None:
        """Go on from what `memory` gave."""
        self.optimizer.load_state(memory["state"])
        self.optimizer.learning_rate = memory["rate"]
        self.optimizer.options.update(memory["options"])

    @property
    def looked_back_rate(self) -> float | None:
        """The learning rate of the last step; None where steps have none."""
        return self.rates[len(self.losses) - 1]

    @property
    def to_come(self) -> int:
        """How many steps are to be made, as far as anybody knows."""
        return self.config.total - len(self.losses)

    def _take(self, native: Steps | None) -> None:
        """Let machine code make the steps from now on, if there is some."""
        self.native = native
        if native is None:
            return
        self.loss_on.forget()
        if self.config.schedule is not None and not self._is_blind:
            things = (self.config.net, self.optimizer, *self.config.parameters, *self.learning)
            self._sight = Sight(self.config.schedule, things)
            self.asks_each = self._sight.sees()

    def _finish(self) -> None:
        """Give everything back to Python, as the last whole step has left it."""
        with interrupts_held():
            record(self._recorded)  # an interrupt may have struck where a loss begins or ends
            self.settle()
            self.optimizer.take_back()
            self.weights = self._weights()

    def _tell_on(self, error: BaseException) -> None:
        """Hang the history on an error that ends the training."""
        with suppress(AttributeError, TypeError):  # of an exception that takes no more attributes
            error.history = self._history("error", False)  # type: ignore[attr-defined]
            error.add_note(
                f"training ended after {len(self.losses)} steps: the network and the optimiser are"
                " as the last one left them, and the error's `history` tells of them"
            )

    def _history(self, stopped_by: str, restored: bool) -> History:
        return history_of(
            (self.losses, self.rates[: len(self.losses)], self.norms),
            self.measured,
            stopped_by=stopped_by,
            best_step=self.best.step,
            restored=restored,
            diagnosis=self.diagnosis,
            engine="eager" if self.native is None else "native",
        )

    def _loop(self, bar: bars.Bar) -> str:
        while len(self.losses) < self.config.total:
            if self.keeper is not None:
                self.keeper.between(self)
            if self.choose is not None:
                chosen, over = self.choose()
                self.choose = None if over else self.choose
                self._take(chosen)
            if self._differs():
                self._renew()
            ended = self._burst() if self.native is not None else self._step()
            if not ended:
                ended = self._after(bar)
            if ended:
                return ended
        if self.config.check:
            self._renew()
        return "finished"

    # -- a step by Python -------------------------------------------------------------------------

    def _step(self) -> str:
        """Make one step; returns why training ends with it, `""` if it goes on."""
        step = len(self.losses)
        rate = self._rates(step, 1)[0]
        if self.asks_each:
            self.weights = self._weights()
        before = self.weights
        loss, gradients = self._loss_and_gradients(self.config.deal.batch(step))
        norm = math.hypot(*gradients)
        made = self.optimizer.steps
        try:
            self.losses.append(loss)
            self.norms.append(norm)
            reached = any(parameter.grad for parameter in self.watch.bottom)
            self.diagnosis = self.watch.look(self.losses, norm, rate, reached=reached)
            if self.diagnosis is not None:
                return "diagnosis"
            self._advance(before, gradients, rate)
        except BaseException:
            if self.optimizer.steps == made:  # a step that was not made is none
                del self.losses[step:], self.norms[step:]
            raise
        if self.config.ends_epoch(step) and self.config.held_out is None:
            weights = before if self.config.an_epoch == 1 else self.weights
            self._compare(step, self._epoch_loss(step), lambda: weights)
        return ""

    def _advance(self, before: list[float], gradients: list[float], rate: float) -> None:
        """The update itself, as the optimiser makes it."""
        optimizer = self.optimizer
        if self.steps_itself:
            optimizer.step(*([rate] if self.config.schedule is not None else []))
            self.weights = self._weights()
            return
        self.weights = optimizer.move(before, gradients, rate)

    def _loss_and_gradients(self, batch: Sequence[int]) -> tuple[float, list[float]]:
        if not self.loss_on.begun:
            self._forget_gradients()
        try:
            loss = self.loss_on(batch)
            if not self.losses and set(map(id, ordered(loss))).isdisjoint(map(id, self.learning)):
                raise NoGradient.of_loss()
            loss.backward()
        except NonFinite as error:  # inside strict()
            raise self._found(error, batch) from None
        return loss.data, self.optimizer.gradients()

    def begin(self) -> tuple[Value, int]:
        """Begin the next step: its loss on one row, or all of a user's loss; and on how many.

        If Python makes the step it goes on from there, so that nothing is called twice.
        """
        self._rates(len(self.losses), 1)
        batch = self.config.deal.batch(len(self.losses))
        some = batch if callable(self.config.loss) else batch[:1]
        self._forget_gradients()
        try:
            return self.loss_on.begin(some), len(some)
        except NonFinite as error:  # inside strict()
            raise self._found(error, batch) from None

    def _forget_gradients(self) -> None:
        for parameter in self.still:
            parameter.zero_grad()
        self.optimizer.zero_grad()

    def _found(self, error: NonFinite, batch: Sequence[int]) -> NonFinite:
        """The error, with the step, and the row if one alone leads to it."""
        step, config = f"step {len(self.losses)}", self.config
        for slopes in (False, True):
            for i in batch:
                try:
                    outputs = [outputs_of(config.net, config.rows[i])]
                    loss = config.loss_of(outputs, [config.targets[i]])
                    if slopes:
                        loss.backward()
                except NonFinite as found:
                    return found.during(f"{step}, row {i}")
                except Exception:  # a loss that does without a batch is not asked for one row
                    return error.during(step)
        return error.during(step)

    # -- a burst of machine code ------------------------------------------------------------------

    def _burst(self) -> str:
        """Make steps until there is something to do between them, or one that may be in trouble."""
        first = len(self.losses)
        with interrupts_held():
            assert self.native is not None
            pace = self.native.pace
            count = min(pace.steps, self._steps_to_next_stop(first))
            if self.asks_each or not self.asks_ahead:
                count = 1
            if self.asks_each:
                self.settle()
            rates = self._rates(first, count)
            if self.asks_each:
                self._renew()
            count = len(rates)
            native = self.native
            if native is None:  # it has handed over
                return self._step()
            mark = native.memory.mark()
            before, told = replace(self.best), len(self.measured)
            try:
                start = time.perf_counter()
                results, measured = native.advance(first, rates)
                pace.learn(count, time.perf_counter() - start)
                losses, norms, reached = results.T
                fine = self.watch.fine(self.losses, losses, norms, reached)
                self.losses += losses[:fine].tolist()
                self.norms += norms[:fine].tolist()

                def weights_after(steps: int) -> list[float]:
                    now = native.memory.mark()
                    native.memory.back_to(mark)
                    native.advance(first, rates[:steps])
                    weights = native.memory.parameters()
                    native.memory.back_to(now)
                    return weights

                if self.config.held_out is None:
                    kept = self._count_epochs(first, losses[:fine], weights_after)
                else:
                    kept = self._count_measured(first, fine, measured, weights_after)
                del self.losses[first + kept :], self.norms[first + kept :]
                if kept < count:
                    native.memory.back_to(mark)
                    native.advance(first, rates[:kept])
                    pace.steps = 1
            except BaseException:  # as if the burst had not begun
                native.memory.back_to(mark)
                del self.losses[first:], self.norms[first:], self.measured[told:]
                self.best = before
                raise
            self.watch.passed(reached[:kept])
            self.optimizer.lend(native.memory)
            self.ahead = kept > 0 or self.ahead
        if kept:
            return ""
        self.settle()
        ended = self._step()
        native.load(self.optimizer)
        return ended

    def _steps_to_next_stop(self, step: int) -> int:
        """How many steps may be made before a callback or a measurement is due."""
        config, native = self.config, self.native
        stops = [config.total - step]
        if config.callbacks:
            stops.append(config.callback_every - step % config.callback_every)
        if config.held_out is not None and native is not None and not native.measures:
            stops.append(config.an_epoch - step % config.an_epoch)
        if self.keeper is not None:
            stops.append(self.keeper.steps_to_stop(step))
        return min(stops)

    def _count_measured(
        self,
        first: int,
        fine: int,
        measured: Sequence[dict[str, float]],
        weights_after: Callable[[int], list[float]],
    ) -> int:
        """Follow what was measured behind epochs since `first`; how many steps are kept."""
        for count, figures in zip(self.config.ends_among(first, fine), measured, strict=False):
            self.measured.append({"step": first + count - 1, **figures})
            self._compare(first + count - 1, figures["loss"], partial(weights_after, count))
            if self.best.is_over:
                return count
        return fine

    def _count_epochs(
        self, first: int, losses: Any, weights_after: Callable[[int], list[float]]
    ) -> int:
        """Follow the figures of the epochs that ended since `first`; how many steps are kept."""
        every, end = self.config.an_epoch, len(self.losses)
        if every == 1 and self.config.patience is None:  # only the best of all counts
            best = first + (int(losses.argmin()) if len(losses) else 0)
            steps = range(best, min(best + 1, end))
        else:
            steps = range(first - first % every + every - 1, end + every - 1, every)
        for step in steps:
            if step >= end:
                step = end - 1
                if not self.config.ends_epoch(step):
                    break
            count = step - first + (every > 1)
            loss = self.losses[step] if every == 1 else self._epoch_loss(step)
            self._compare(step, loss, partial(weights_after, count))
            if self.best.is_over:
                return step - first + 1
        return end - first

    def settle(self) -> None:
        """Give the Values the numbers that machine code has come to."""
        if self.ahead:
            assert self.native is not None
            self.native.memory.write()
            self.weights = self._weights()
            self.ahead = False

    def _is_outdated(self) -> bool:
        """Whether a schedule of the user's own has changed what the steps are made of."""
        return not self._is_blind and self._differs()

    def _differs(self) -> bool:
        """Whether what the loss reads, or the optimiser, is not what machine code has."""
        native = self.native
        return native is not None and not (native.holds() and native.follows(self.optimizer))

    def _renew(self) -> None:
        """Let machine code take what callbacks or the schedule have changed."""
        if self.native is None:
            return
        self.settle()
        try:
            left = self.native.is_left(self.optimizer)
            if left or not self.native.holds():
                self.best.settle()
            if left:
                self.native.load(self.optimizer)
            self.native.renew()
        except JangradError:
            if self.config.engine == "native":
                raise
            self.native = None  # Python goes on, from where machine code has come to

    # -- between steps ----------------------------------------------------------------------------

    def _after(self, bar: bars.Bar) -> str:
        """Measure, show and tell after a step; returns why training ends with it, or `""`."""
        step = len(self.losses) - 1
        figures: dict[str, float] = {}
        if self.config.held_out is not None and self.config.ends_epoch(step):
            if not self.measured or self.measured[-1]["step"] != step:
                self.settle()
                figures = self._measure(*self.config.held_out)
                self.measured.append({"step": step, **figures})
                weights = self.weights
                self._compare(step, figures["loss"], lambda: weights)
            figures = {name: x for name, x in self.measured[-1].items() if name != "step"}
        native, last = self.native is not None, step == self.config.total - 1
        bar.show(self.losses, self.measured, native=native, last=last)
        if self.config.callbacks and (step + 1) % self.config.callback_every == 0:
            self.settle()
            epoch = step // self.config.an_epoch
            told = Step(step, epoch, self.losses[-1], self.rates[step], self.norms[-1], figures)
            answers = [callback(told) for callback in self.config.callbacks]
            self._take_over()
            if any(map(says_true, answers)):
                return "callback"
            self._renew()
        return "patience" if self.best.is_over else ""

    def _take_over(self) -> None:
        """Go on from the weights that callbacks have left.

        Raises:
            ConfigError: when they have changed what learns, or by which rule.
        """
        optimizer = self.optimizer
        if not ((self.structure and self.structure.holds()) or self._has_its_parameters()):
            what = "the network has other parameters"
        elif optimizer.parameters is not self.learning:
            what = "the optimiser has other parameters"
        elif optimizer.rule is not self.rule:
            what = "the optimiser has another rule"
        else:
            self.steps_itself = optimizer.by_hand == "step"
            self.weights = self._weights()
            if self._sight is not None:
                self.asks_each = self._sight.sees()
            return
        raise ConfigError(
            f"{what} after a callback than before",
            why="training goes on with what it began with",
            try_="end this training by `return True`, and begin another one with `fit`",
        )

    def _has_its_parameters(self) -> bool:
        from jangrad.train.structure import Structure  # it brings NumPy

        others = list(self.config.net.parameters())
        self.structure = Structure(self.config.net)
        return are_same(others, self.config.parameters)

    def _measure(self, rows: Rows, targets: Targets, weights: Weights) -> dict[str, float]:
        if self.native is not None and self.native.measures:
            return self.native.measure()
        with recording():
            values = [outputs_of(self.config.net, row) for row in rows]
            figures = {"loss": self.config.mean_loss(values, copies(targets), weights).data}
        if (right := self.config.right) is not None:
            outputs = [[out.data for out in row] for row in values]
            hits = [right(row, target) for row, target in zip(outputs, targets, strict=True)]
            counts = [1.0] * len(hits) if weights is None else weights
            figures["accuracy"] = math.fsum(compress(counts, hits)) / math.fsum(counts)
        return figures

    def _compare(self, step: int, figure: float, weights: Callable[[], list[float]]) -> None:
        """Take the figure of an epoch; more steps later on know none of one that was cut short."""
        if (step + 1) % self.config.an_epoch:
            self.whole = replace(self.best)
        self.best.compare(step, figure, weights)

    def _epoch_loss(self, step: int) -> float:
        """The mean loss of the rows of this step's epoch, up to it; a short batch counts less."""
        return self.config.epoch_loss(self.losses[step - step % self.config.an_epoch : step + 1])

    def _rates(self, first: int, count: int) -> list[float]:
        """The rates of these steps; the schedule is asked once a step, in order.

        Where it fails at a step to come, the rates before that: the run may never get there, and if
        it does, it fails there.
        """
        missing, changed = first + count - len(self.rates), False
        if self.config.schedule is None:
            self.rates += [self.optimizer.learning_rate] * missing
        else:
            own = self._sight if self.asks_ahead and not self.asks_each else None
            unchanged = None if own is None else own.begin()
            try:
                for step in range(len(self.rates), first + count):
                    if self.failed is not None:
                        raise self.failed
                    self.rates.append(rate_at(self.config.schedule, step))
                    outdated = self._is_outdated()  # by the schedule, from this step on
                    if unchanged is not None and not unchanged():
                        self.asks_ahead = False  # it goes by what its calls change
                    elif not outdated:
                        continue
                    changed = outdated and step == first
                    count = max(step - first, 1)
                    break
            except BaseException as error:
                if len(self.rates) <= first:
                    raise
                self.failed = error
        if changed:
            self._renew()
        return self.rates[first : first + count]

    # -- weights ----------------------------------------------------------------------------------

    def _weights(self) -> list[float]:
        found = array("d", bytes(8 * len(self.optimizer)))
        read_data(self.optimizer.parameters, found)
        return found.tolist()

    def put(self, weights: list[float]) -> None:
        """Give the parameters that learn these numbers."""
        self.weights = weights
        write_data(self.optimizer.parameters, array("d", weights))

    def _restore(self, stopped_by: str) -> bool:
        """Put the best weights back where they are wanted; True if that changed something."""
        wanted = self.config.patience is not None or stopped_by == "diagnosis"
        newest = self.best.step == len(self.losses) - 1 and stopped_by != "diagnosis"
        if not wanted or newest:
            return False
        best = self.best.weights()
        if best == self.weights:
            return False
        self.put(best)
        return True
