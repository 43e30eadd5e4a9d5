"""A training that went wrong, explained: what is behind it, and the way there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from jangrad.engine import Value
from jangrad.errors import either
from jangrad.train.baseline import Baseline, baseline_near
from jangrad.train.causes import cause_of
from jangrad.train.curvature import largest_stable_rate
from jangrad.train.optimizers import SGD
from jangrad.train.scene import Cause, Scene
from jangrad.train.trail import origin_of_nan, trail_of_growth
from jangrad.train.verdict import Diagnosis

#: A loss of this part of the baseline's, or more, is no better.
NO_BETTER = 0.98
# Weights that are no longer than this part of what they were have shrunk.
_SHRUNK = 0.5
#: What is behind a trouble of which nothing else is known.
_USUAL = {"divergence": "rate", "bouncing": "rate", "dead network": "dead units"}


def with_cause(found: Diagnosis, losses: Sequence[float], top: float, scene: Scene) -> Diagnosis:
    """A diagnosis with its cause, and the way from the first bad number to it.

    Args:
        found: the trouble.
        losses: of all steps so far.
        top: a loss up to which nothing has gone wrong yet.
        scene: the training.
    """
    if found.kind == "stuck" and [*scene.now] == [*scene.first]:
        why = f"no weight has moved in any step: they were of the rate {found.rate:.4g}"
        return merged(replace(found, why=why, cause="rate"), None, scene)
    found = merged(found, cause_of(found.kind, scene, losses[-1]), scene)
    if found.kind == "not finite":
        return _with_origin(found, scene)
    row = found.row
    if found.kind == "divergence" or row is not None:
        past = [i for i in range(found.step) if losses[i] <= top] or [0]
        start = past[-1] if found.kind == "divergence" else 0
        batch_of = scene.config.deal.batch
        begun = (s for s in range(start, found.step + 1) if row is None or row in batch_of(s))
        return replace(found, trail=trail_of_growth(scene, next(begun, start), found.rate, row))
    return found


def _with_origin(found: Diagnosis, scene: Scene) -> Diagnosis:
    """A nan or inf with the row and the operation that it comes from."""
    origin = origin_of_nan(scene, found.step)
    if origin is None:
        return found
    row, error, line = origin
    what = f"{error.what}, at {line}" if line else error.what
    found = replace(found, trail=(f"step {found.step}", f"row {row}", what))
    if found.cause:
        return found
    why = f"in row {row} {error.what}" + (f": {error.why.partition('; ')[0]}" if error.why else "")
    try_ = f"a number in row {row} that it can take; or {error.try_}" if error.try_ else found.try_
    return replace(found, why=why, try_=try_, cause="operation", row=row)


def merged(found: Diagnosis, cause: Cause | None, scene: Scene) -> Diagnosis:
    """A diagnosis with a cause in its words."""
    if cause is None:
        changes: dict[str, Any] = {}
        if found.rate_to_try is not None:
            changes["learning_rate"] = found.rate_to_try
        if found.kind == "dead network":
            changes |= {"activation": "tanh", "fresh": True}
        return replace(found, cause=found.cause or _USUAL.get(found.kind, ""), fix=changes)
    fix, better, advice = dict(cause.fix), found.rate_to_try, cause.try_
    if rows := fix.get("leave_out"):
        rest = [i for i in range(len(scene.config.rows)) if i not in set(rows)]
        better = _rate_without(scene, rest, found.rate)
        if better is not None:
            holds = "is right" if better == found.rate else "is below the limit"
            advice += f"; without it learning_rate={better:g} {holds}"
    elif better is not None and found.kind in ("divergence", "not finite", "bouncing"):
        advice += either(f"; or learning_rate={better:g}", f"; or --rate {better:g}")
    if better is not None and not cause.name.startswith("scale"):  # which takes usual rates
        fix["learning_rate"] = better
    return replace(
        found,
        why=cause.why,
        try_=advice,
        rate_to_try=better,
        cause=cause.name,
        row=cause.row,
        column=cause.column,
        layer=found.layer if cause.layer is None else cause.layer,
        fix=fix,
    )


def _rate_without(scene: Scene, rows: list[int], rate: float | None) -> float | None:
    """A rate for these rows alone: the one that was used, if their curvature allows it."""
    optimizer = scene.config.optimizer
    if rate is None or not isinstance(optimizer, SGD):
        return rate
    curvature = scene.curvature(rows)
    if curvature is None:
        return rate
    momentum = optimizer.options.get("momentum", 0.0)
    limit = largest_stable_rate(curvature, momentum, nesterov=optimizer.nesterov)
    return rate if rate < 0.7 * limit else float(f"{(1.0 - momentum) / curvature:.2g}")


def held_by_penalty(step: int, loss: float, scene: Scene) -> Diagnosis | None:
    """What is said of weights that a penalty has shrunk until they say nothing of the rows.

    Args:
        step: the last one.
        loss: with the penalty.
        scene: the training.
    """
    config = scene.config
    before, now = math.hypot(*scene.first), math.hypot(*scene.now)
    if config.penalty is None or baseline_near(config, loss) is None or now > _SHRUNK * before:
        return None
    with scene.at(scene.now):
        given = config.penalty(config.parameters)
        penalty = given.data if isinstance(given, Value) else float(given)
    baseline = baseline_near(config, loss - penalty)
    if baseline is None or loss - penalty < NO_BETTER * baseline.loss:
        return None
    return Diagnosis(
        "baseline",
        step,
        beside(loss - penalty, baseline, scene),
        f"the penalty of {penalty:.3g} holds the weights: their length went from {before:.3g} to"
        f" {now:.3g}",
        "a penalty of a hundredth of that strength",
        cause="penalty",
        baseline=baseline.loss,
        fix={"penalty": 0.01},
    )


def beside(loss: float, baseline: Baseline, scene: Scene) -> str:
    """How a loss and its baseline compare, and how many rows both get right."""
    said, ratio = baseline.said, loss / baseline.loss if baseline.loss else 1.0
    how = "worse than" if ratio > 1.02 else "no better than" if ratio >= NO_BETTER else ""
    what = f"it is {how or 'hardly better than'} always predicting {said}: the loss is {loss:.4g}"
    what += f", that of {said} {baseline.loss:.4g}"
    right = scene.right_share()
    if baseline.right is not None and right is not None:
        what += f"; {100.0 * right:.0f} % of rows are right, by the latter"
        what += f" {100.0 * baseline.right:.0f} %"
    return what
