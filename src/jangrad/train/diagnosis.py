"""What goes wrong in training, noticed while it happens and said in words.

The growth of a diverging loss. Near a minimum the loss is a parabola in each direction; with
curvature c, gradient descent multiplies the distance to the minimum by (1 - rate * c) a step and
the loss by its square, so it grows once rate > 2 / c.

The rate to try. For gradient descent it is 1 / c of the sharpest direction, half the largest rate
that is stable, with c measured where training started and at the best weights: the largest
eigenvalue of the Hessian, by power iteration on products of the Hessian with a vector. (To infer c
from the growth, c = (1 + sqrt(growth)) / rate, proved too kind: a network that is thrown out of its
first valley meets other curvatures on the way.) With momentum m a gradient goes on acting for
1 / (1 - m) steps, so the rate is (1 - m) / c. The other optimisers divide each gradient by its own
size, so that a weight moves by about the rate whatever the curvature; a rate of a twentieth of the
weights' usual size then reaches any of them within tens of steps; it is more where so few steps are
to be made that no weight could get as far as 2. After a divergence the rate to
try is at least three times smaller than the one that failed. Before it is advised some steps are
made with it, from the first weights and on a few rows; where they are thrown about, it is smaller.

Sources: LeCun, Simard and Pearlmutter, Automatic Learning Rate Maximization by On-Line Estimation
of the Hessian's Eigenvectors (1992); LeCun, Bottou, Orr and Müller, Efficient BackProp (1998),
section 5; Kingma and Ba, Adam (2015), section 2.1; Bengio, Practical Recommendations for
Gradient-Based Training of Deep Architectures (2012), section 3.1.1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jangrad.engine import Value
from jangrad.errors import either, is_command
from jangrad.forks import once
from jangrad.train.config import Config
from jangrad.train.curvature import largest_stable_rate
from jangrad.train.layers import (
    activation_of,
    dead_half,
    dead_layer,
    dead_units,
    layers_of,
    looks_wrong,
)
from jangrad.train.optimizers import SGD
from jangrad.train.resolve import zero_loss
from jangrad.train.schedules import is_blind
from jangrad.train.verdict import Diagnosis, rate_advice

if TYPE_CHECKING:
    from jangrad.train.scene import Scene

# A loss this many times above where it started is lost even if it should turn around.
LOST = 1e6
# Growing five steps in a row to this many times where it started is not an overshoot of momentum.
GROWING = 100.0
GROWING_STEPS = 5
# So many steps without any gradient, at least, before training is called off.
STILL_STEPS = 10
# A loss that fell below this part of what it was half-way is still on its way.
_FALLING = 0.95
# Weights that were moved by so small a part of their size have learned nothing yet.
_MOVED = 0.02
# A rate that is advised instead of one differs from it by more than this factor.
_SAME = 2.0
# So far weights should be able to move in all steps, where each moves them by the rate.
_REACH = 2.0
# A rate so many times above the one that is right can be what keeps a loss where it is.
_FAR = 10.0
#: What units are called dead of: those that can give 0 for good. "" is a function of the user's.
_RECTIFIERS = ("relu", "relu6", "")


class Watch:
    """Looks at each step of a run.

    Args:
        config: what is trained.
        curvature: measures the sharpest curvature, None where it cannot.
        first_weights: the initial weights.
        scene: the training as it can be looked at, made when something has gone wrong.
    """

    def __init__(
        self,
        config: Config,
        curvature: Callable[[], float | None],
        first_weights: Sequence[float],
        scene: Callable[[], Scene],
    ) -> None:
        self._config = config
        self._measured = curvature
        self._first_weights = first_weights
        self._scene = scene
        self._an_epoch = config.an_epoch
        self.still = 0

    @once
    def bottom(self) -> Sequence[Value]:
        """The parameters nearest the data; asked where Python makes a step."""
        learning = self._config.optimizer.parameters
        return [learning[i] for i in self._config.watched]

    @once
    def scale(self) -> float:
        """What a network that always says 0 would lose; most runs never ask."""
        c = self._config
        return zero_loss(c.loss, c.loss_of, c.outputs, c.targets, c.row_weights)

    @once
    def weight_size(self) -> float:
        """The root of the mean square of the initial weights; asked where a rate is to be told."""
        return math.hypot(*self._first_weights) / math.sqrt(len(self._first_weights))

    @once
    def curvature(self) -> float | None:
        """The sharpest, measured when a rate is to be told; a run that is in trouble has ended."""
        return self._measured()

    def _dead_units(self, *, halves: bool = True) -> list[tuple[int, int]]:
        counted = dead_units(self._config.net, self._config.rows, halves=halves)
        kinds = map(activation_of, layers_of(self._config.net))
        return [(n, d * (k in _RECTIFIERS)) for (n, d), k in zip(counted, kinds, strict=False)]

    def _exceeds(self, loss: float, times: float, start: float) -> bool:
        """Whether the loss is more than so many times that of the start and that of saying 0."""
        return loss > times * start and loss > times * self.scale

    def _size(self, losses: Sequence[float]) -> float:
        """What the loss must outgrow to have diverged; inf where it has no size.

        A loss of the user's own may be below 0, or 0 for some rows: a reward, a density, a hinge.
        It is measured by its first epoch, if that is above 0 throughout.
        """
        if self.scale > 0.0:
            return max(losses[0], self.scale)
        first = losses[: self._an_epoch]
        return max(first) if min(first) > 0.0 else math.inf

    def look(
        self, losses: Sequence[float], norm: float, rate: float | None, *, reached: bool
    ) -> Diagnosis | None:
        """The trouble of the step whose loss is the last in the list, if it is in trouble.

        Args:
            losses: of all steps so far.
            norm: the gradient norm.
            rate: the learning rate with which the step is about to be made; None where no loss
                that is larger is ever gone to.
            reached: whether any gradient has reached the bottom.
        """
        found = self._look(losses, norm, rate, reached=reached)
        return found and self._with_cause(found, losses)

    def _look(
        self, losses: Sequence[float], norm: float, rate: float | None, *, reached: bool
    ) -> Diagnosis | None:
        loss = losses[-1]
        if not math.isfinite(loss) or not math.isfinite(norm):
            return self._not_finite(losses, norm, rate)
        start = losses[0]
        if rate is not None and loss > GROWING * start:
            size = self._size(losses)
            if loss > LOST * size or (loss > GROWING * size and _grew(losses)):
                return self._diverged(losses, rate)
        self.still = 0 if reached else self.still + 1
        patience = max(STILL_STEPS, self._an_epoch)
        if self.still and self.still % patience == 0 and self._exceeds(loss, 1e-9, start):
            if dead := dead_layer(self._dead_units()):
                return self._dead(dead, losses, rate)
            if norm == 0.0:
                return self._still(losses, rate)
        return None

    def fine(self, before: Sequence[float], losses: Any, norms: Any, reached: Any) -> int:
        """How many of the next steps are certainly in no trouble, so that none need be looked at.

        Args:
            before: the losses of all steps before these.
            losses, norms, reached: arrays, of what `look` takes for each of these steps.
        """
        start = before[0] if before else float(losses[0])
        limit = GROWING * start
        if not (losses <= limit).all():
            some = [*before[: self._an_epoch], *losses[: self._an_epoch].tolist()]
            limit = GROWING * self._size(some)
        # A sum of squares overflows before the length that it is the square of.
        certain = (losses <= limit) & (norms < math.inf) & (losses > -math.inf)
        count = len(losses) if certain.all() else int(certain.argmin())
        if reached[:count].all():
            return count
        patience = max(STILL_STEPS, self._an_epoch)
        still = self.still
        for step, has_reached in enumerate(reached[:count].tolist()):
            still = 0 if has_reached else still + 1
            if still and still % patience == 0 and self._exceeds(losses[step], 1e-9, start):
                return step
        return count

    def passed(self, reached: Any) -> None:
        """These steps were made unlooked at; arguments as for `fine`."""
        if len(reached) and reached.all():
            self.still = 0
            return
        for has_reached in reached.tolist():
            self.still = 0 if has_reached else self.still + 1

    def look_back(
        self, losses: Sequence[float], norms: Sequence[float], rate: float | None
    ) -> Diagnosis | None:
        """The trouble of a run that came to its end, if it learned nothing, or far too little."""
        found = self._look_back(losses, norms, rate)
        if found is not None:
            explained = self._with_cause(found, losses)
            if found.kind == "stuck" and not _is_certain(explained):
                explained = self._slow(losses, norms, rate) or self._with_cause(
                    self._by_rate(found, losses, norms), losses
                )
            return self._beside_baseline(explained, losses)
        if is_command() or len(losses) < max(2 * STILL_STEPS, 2 * self._an_epoch):
            return None
        return self._no_better(losses, rate) or self._slow(losses, norms, rate)

    def _look_back(
        self, losses: Sequence[float], norms: Sequence[float], rate: float | None
    ) -> Diagnosis | None:
        window = min(self._an_epoch, len(losses))
        first, last = _mean(losses[:window]), _mean(losses[-window:])
        layers = self._dead_units(halves=(far := self._exceeds(last, 0.1, first)))
        if dead := dead_layer(layers):
            return self._dead(dead, losses, rate)
        if far and (dead := dead_half(layers)):
            return self._dead(dead, losses, rate)
        if len(losses) < max(2 * STILL_STEPS, 2 * window):
            return None
        if self.still >= max(STILL_STEPS, window) and self._exceeds(last, 0.01, first):
            return self._still(losses, rate)
        if rate is None or (first <= 0.0 and not self.scale):  # nobody knows how far down it goes
            return None
        quarter = losses[-max(STILL_STEPS, len(losses) // 4) :]
        bounces = (
            self._an_epoch == 1
            and _rises(quarter) > 0.3
            and max(quarter) > 1.5 * min(quarter)
            and min(quarter) > 0.9 * min(losses[: -len(quarter)])
        )
        if bounces and self._exceeds(last, 1e-3, first):
            return self._bouncing(losses, quarter, rate)
        if last > 0.99 * first and self._exceeds(last, 0.01, first):
            what = f"nothing was learned in {len(losses)} steps: the loss went from {first:.4g} to"
            what = f"{what} {last:.4g}, at learning rate {rate:.4g}"
            return Diagnosis("stuck", len(losses) - 1, what, rate=rate)
        return None

    # -- what is behind it ------------------------------------------------------------------------

    def _with_cause(self, found: Diagnosis, losses: Sequence[float]) -> Diagnosis:
        """The same with its cause and the way there, as far as anybody can tell."""
        explained = found
        with suppress(Exception):  # the user's own code is asked for single rows
            from jangrad.train.explained import with_cause  # for when something is wrong

            explained = with_cause(found, losses, max(losses[0], self.scale), self._scene())
        if is_command():  # whose rows are shuffled, and whose columns are made of others
            if explained.row is not None or explained.column is not None:
                return found
            return replace(explained, trail=())
        return explained

    def _beside_baseline(self, found: Diagnosis, losses: Sequence[float]) -> Diagnosis:
        """The same, and what the best would lose that looks at no input, if that is no worse."""
        if self._config.penalty is not None:
            return found
        from jangrad.train.baseline import baseline_near

        baseline = baseline_near(self._config, _mean(losses[-min(self._an_epoch, len(losses)) :]))
        if baseline is None:
            return found
        what = f"{found.what}; always predicting {baseline.said} loses {baseline.loss:.4g}"
        return replace(found, what=what, baseline=baseline.loss)

    def _no_better(self, losses: Sequence[float], rate: float | None) -> Diagnosis | None:
        """A loss that is no better than that of what looks at no input, or could not be."""
        from jangrad.train.baseline import baseline_near

        window = min(self._an_epoch, len(losses))
        last = _mean(losses[-window:])
        middle = losses[: len(losses) // 2 + window][-window:]
        baseline, step = baseline_near(self._config, last), len(losses) - 1
        if baseline is not None and self._config.penalty is not None:
            from jangrad.train.explained import held_by_penalty

            slow = last >= _FALLING * _mean(middle)
            if slow and (held := held_by_penalty(step, last, self._scene())):
                return held
            baseline = None  # it is without the penalty
        if baseline is None and not looks_wrong(self._config.net):
            return None
        from jangrad.train.causes import CERTAIN, cause_of, definite_cause
        from jangrad.train.explained import NO_BETTER, beside, merged

        definite = definite_cause(self._scene, last, None if baseline is None else baseline.loss)
        if baseline is None and definite is None:
            return None
        if baseline is None:
            what = f"as it is built, the network cannot learn this: the loss ends at {last:.4g}"
            found = Diagnosis("network", step, what)
            return merged(found, definite, self._scene())
        scene = self._scene()
        cause = definite or cause_of("baseline", scene, last)
        falling = last < _FALLING * _mean(middle)
        near = last >= NO_BETTER * baseline.loss
        if not near and (cause is None or cause.name == "overlap"):
            return None
        if falling and (cause is None or cause.name not in CERTAIN):
            return None
        found = Diagnosis(
            "baseline",
            step,
            beside(last, baseline, scene),
            "nobody can tell: the rate, the network or the data" if cause is None else "",
            either(
                "another rate, as jangrad.suggest_rate(net, X, y) tells; or more neurons",
                "another --rate; or more neurons: --hidden 32,32",
            ),
            baseline=baseline.loss,
        )
        if cause is None and rate is not None:
            found = self._too_fast(found, rate)
        return found if found.cause else merged(found, cause, scene)

    def _too_fast(self, found: Diagnosis, rate: float) -> Diagnosis:
        """The same with the rate as its cause, where that is far above what is right."""
        better, why = self._better_rate(rate, shorter=False)
        if better is None or not why or rate < _FAR * better:
            return found
        fix = {"learning_rate": better}
        advice = rate_advice(better)
        return replace(found, why=why, try_=advice, rate_to_try=better, cause="rate", fix=fix)

    def _slow(
        self, losses: Sequence[float], norms: Sequence[float], rate: float | None
    ) -> Diagnosis | None:
        """A rate so far below what is possible that the weights are where they began."""
        if (schedule := self._config.schedule) is not None:
            known = is_blind(schedule) and rate is not None
            rate = max(map(schedule, range(len(losses)))) if known else None
        if rate is None or losses[0] <= 0.0:
            return None
        if losses[-1] < 0.9 * losses[0]:
            return None
        size = self.weight_size * math.sqrt(len(self._first_weights))
        if isinstance(self._config.optimizer, SGD):
            moved = rate * math.fsum(norms)
        else:
            moved = rate * len(losses) * math.sqrt(len(self._first_weights))
        if moved > _MOVED * size or not norms[-1]:
            return None
        better, _ = self._better_rate(rate, shorter=False)
        if better is None or better < 10.0 * rate:
            return None
        return Diagnosis(
            "slow",
            len(losses) - 1,
            f"hardly anything was learned in {len(losses)} steps: the loss went from"
            f" {losses[0]:.4g} to {losses[-1]:.4g}, at learning rate {rate:.4g}",
            f"the rate is {better / rate:.2g} times below the one that the loss allows: the weights"
            f" have moved by {moved / size:.1%} of their size at most",
            rate_advice(better),
            rate=rate,
            rate_to_try=better,
            cause="rate",
            fix={"learning_rate": better},
        )

    # -- the words --------------------------------------------------------------------------------

    def unbounded(self, losses: Sequence[float], lowest: float) -> Diagnosis:
        """The trouble of a step that could be of any length, as long as this loss was reached."""
        return Diagnosis(
            "unbounded",
            len(losses) - 1,
            f"the loss has no minimum: from {losses[-1]:.4g} at step {len(losses) - 1} it fell to"
            f" {lowest:.4g} along one step, and fell on",
            "nothing in it grows with the outputs, so no step is too long",
            "a loss with a least value, such as a square; or a penalty on the weights",
        )

    def _not_finite(self, losses: Sequence[float], norm: float, rate: float | None) -> Diagnosis:
        step, loss = len(losses) - 1, losses[-1]
        what = f"the loss is {loss}" if not math.isfinite(loss) else f"the gradient is {norm}"
        if step == 0 or rate is None:
            return Diagnosis(
                "not finite",
                step,
                f"{what} at step {step}" + ", before anything was learned" * (step == 0),
                "the data or the initial weights are too large, or an operation left its domain",
                either(
                    "run it inside `with jangrad.strict():`, which names the operation; or scale"
                    " the columns of X to about -1 .. 1",
                    "smaller numbers in the table, or --ignore the column that holds the largest",
                ),
                rate=rate,
            )
        if losses[-2] > max(losses[0], self.scale) or math.isinf(loss):
            return self._diverged(losses, rate)
        better, _ = self._better_rate(rate)
        return Diagnosis(
            "not finite",
            step,
            f"{what} at step {step}, after a loss of {losses[-2]:.4g}, at learning rate {rate:.4g}",
            "one step was so long that a number overflowed, or an operation left its domain",
            rate_advice(better)
            + either("; inside `with jangrad.strict():` the operation is named", ""),
            rate=rate,
            rate_to_try=better,
        )

    def _diverged(self, losses: Sequence[float], rate: float) -> Diagnosis:
        step = len(losses) - 1
        scale = max(losses[0], self.scale)
        start = max(i for i in range(step) if losses[i] <= scale)
        end = max(i for i in range(step + 1) if math.isfinite(losses[i]))
        growth = None
        if end > start and losses[start] > 0.0 and losses[end] > 0.0:
            growth = (losses[end] / losses[start]) ** (1.0 / (end - start))
        better, why = self._better_rate(rate)
        pace = f", {growth:.3g} times a step" if growth else ""
        way = "grew" if losses[-1] > losses[start] else "fell"
        course = f"from {losses[start]:.4g} at step {start} to {losses[-1]:.4g} at step {step}"
        return Diagnosis(
            "divergence",
            step,
            f"the loss diverged: it {way} {course}{pace}, at learning rate {rate:.4g}",
            why or "each step overshot the minimum by more than it came from",
            rate_advice(better),
            growth,
            rate,
            better,
        )

    def _still(self, losses: Sequence[float], rate: float | None) -> Diagnosis:
        since, layered = len(losses) - self.still, bool(layers_of(self._config.net))
        better = self._smaller_rate(rate) if since else None
        advice = "" if better is None else f"{rate_advice(better)}; or "
        return Diagnosis(
            "no gradient",
            len(losses) - 1,
            f"no gradient has reached the first {'layer' * layered or 'parameters'} since"
            f" step {since}, at a loss of {losses[-1]:.4g}",
            "the units above it are saturated or dead, so nothing in it can learn" * layered
            or "for every row a slope above them is 0; tree.why(parameter) says which",
            advice
            + either(
                "smaller initial weights, inputs and targets scaled to about -1 .. 1",
                "another --seed",
            ),
            rate=rate,
            rate_to_try=better,
        )

    def _dead(self, dead: str, losses: Sequence[float], rate: float | None) -> Diagnosis:
        layers = self._dead_units()
        since = len(losses) - self.still if self.still else len(losses) - 1
        better = self._smaller_rate(rate) if since else None
        advice = "" if better is None else f"{rate_advice(better)}; or "
        when = f"by step {since}" if since else "from the start"
        return Diagnosis(
            "dead network",
            len(losses) - 1,
            f"the network is dead {when}: {dead}, at a loss of {losses[-1]:.4g}",
            "a rectified unit that is 0 for every row has the gradient 0, so it stays 0, and"
            " nothing below it can learn",
            advice
            + either(
                "another seed, or an activation that does not die: tanh, leaky_relu",
                "another --seed, or more neurons: --hidden 32,32",
            ),
            rate=rate,
            rate_to_try=better,
            cause="dead units",
            layer=next((k for k, (units, gone) in enumerate(layers) if units == gone), None),
        )

    def _bouncing(
        self, losses: Sequence[float], quarter: Sequence[float], rate: float
    ) -> Diagnosis:
        better, why = self._better_rate(rate)
        return Diagnosis(
            "bouncing",
            len(losses) - 1,
            f"the loss bounces between {min(quarter):.4g} and {max(quarter):.4g} over the last"
            f" {len(quarter)} steps, at learning rate {rate:.4g}",
            why or "the steps are longer than the valley is wide",
            rate_advice(better),
            rate=rate,
            rate_to_try=better,
        )

    def _by_rate(
        self, found: Diagnosis, losses: Sequence[float], norms: Sequence[float]
    ) -> Diagnosis:
        """What was not learned, by what the rate or the gradient says of it."""
        rate = found.rate
        assert rate is not None
        if norms[-1] < 1e-3 * norms[0]:
            better = self._smaller_rate(rate)
            advice = "" if better is None else f"{rate_advice(better)}; or "
            why = f"the gradient has vanished, from {norms[0]:.3g} to {norms[-1]:.3g}: the units"
            why += " are saturated, or this is a minimum"
            try_ = advice + either("inputs scaled to about -1 .. 1", "another --seed")
            return replace(found, why=why, try_=try_, rate_to_try=better)
        window = min(self._an_epoch, len(losses))
        grew = _mean(losses[-window:]) > _mean(losses[:window])
        better, why = self._better_rate(rate, shorter=grew)
        if better is not None and rate / _SAME < better < rate * _SAME:
            why = f"not the rate, which is about as large as the loss allows ({better:g}): perhaps"
            why += " the inputs do not tell the targets, or the network cannot bend so far"
            try_ = either("more neurons, or other inputs", "more neurons: --hidden 32,32")
            return replace(found, why=why, try_=try_)
        if better is None or better > rate:
            why = "the steps are too short, or the network cannot tell these rows apart"
        return replace(found, why=why, try_=rate_advice(better), rate_to_try=better)

    # -- the rate to try --------------------------------------------------------------------------

    def _smaller_rate(self, rate: float | None) -> float | None:
        """A rate below the present one, where that one is what did the harm."""
        if rate is None:
            return None
        better, _ = self._better_rate(rate, shorter=False)
        return better if better is not None and better < rate else None

    def _better_rate(self, rate: float, *, shorter: bool = True) -> tuple[float | None, str]:
        """A rate to try instead, of two digits, and why; a third of this one at most if `shorter`.

        Args:
            rate: the one in use.
            shorter: whether it is known to be too large.
        """
        why, optimizer = "", self._config.optimizer
        if not isinstance(optimizer, SGD):
            better = self.weight_size / 20.0 or rate / 3.0
            better = max(better, _REACH / self._config.total)
            if rate > better:
                why = (
                    f"{type(optimizer).__name__} moves each weight by about the rate,"
                    f" {rate:.3g}, and the weights began at about {self.weight_size:.2g}"
                )
        else:
            curvature = self.curvature
            if curvature is None:
                return (float(f"{rate / 3.0:.2g}"), why) if shorter else (None, why)
            momentum = optimizer.options.get("momentum", 0.0)
            better = (1.0 - momentum) / curvature
            limit = largest_stable_rate(curvature, momentum, nesterov=optimizer.nesterov)
            if rate > limit:
                why = (
                    f"at the start the loss curves by {curvature:.3g} in its steepest direction:"
                    f" while it does, steps above {limit:.2g} overshoot further each time"
                )
        return self._tried(min(better, rate / 3.0) if shorter else better), why

    def _tried(self, rate: float) -> float:
        """The rate in two digits, or less, as some steps have shown to work; it, if none does."""
        advised = float(f"{rate:.2g}")
        if self._config.optimizer.by_hand:
            return advised
        with suppress(Exception):  # of the user's own code, and inside strict()
            scene = self._scene()
            for times in (1.0, 3.0, 9.0, 27.0):
                smaller = float(f"{rate / times:.2g}")
                if scene.is_calm(smaller):
                    return smaller
        return advised


def _is_certain(found: Diagnosis) -> bool:
    """Whether what is behind it is known, whatever the rate."""
    from jangrad.train.causes import CERTAIN

    return found.cause in CERTAIN


def _grew(losses: Sequence[float]) -> bool:
    tail = losses[-GROWING_STEPS - 1 :]
    return len(tail) > GROWING_STEPS and all(a < b for a, b in pairwise(tail))


def _rises(losses: Sequence[float]) -> float:
    """The share of steps at which the loss rose."""
    pairs = list(pairwise(losses))
    return sum(a < b for a, b in pairs) / len(pairs) if pairs else 0.0


def _mean(numbers: Sequence[float]) -> float:
    return math.fsum(numbers) / len(numbers)
