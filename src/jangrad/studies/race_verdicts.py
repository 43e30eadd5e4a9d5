"""What is said of each rate of a race: too slow, best, on the edge of stability, diverged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jangrad.studies.race import Lane

_LATE = 3.0  # of whose steps the best needs less than a part in so many, is too slow
_AS_GOOD = 1.25  # losses within this factor are as good as each other
_TIE = 1e-3  # losses within this part are the same
_EDGE = 0.85  # of the limit; above it the loss curves as sharply as the rate allows
_LOST = 100.0  # a loss so many times above the start has diverged
_DIVERGED = ("divergence", "not finite")


@dataclass(slots=True)
class Verdict:
    """What is said of a rate.

    Attributes:
        kind: `"diverged"`, `"too high"` (it ended above the start), `"too slow"` (the best came as
            low in a third of the steps), `"best"`, `"as good"` (as the best, within a quarter, and
            in less than three times its steps), `"rough"` (higher than the best's rate, and
            worse) or `"behind"`.
        words: lines of them, each of which can stand alone.
        best: whether its loss came lowest, and of those that are as low to a thousandth, first.
        edge: after how many steps the loss began to curve as sharply as the rate allows, and went
            on to; None where it did not.
        rises: in how many steps the loss rose.
    """

    kind: str = ""
    words: tuple[str, ...] = ()
    best: bool = False
    edge: int | None = None
    rises: int = 0


def judged(
    lanes: Sequence[Lane], start: float, stability: float | None, limit: float | None
) -> None:
    """Judge each lane of a race, beside the others.

    Args:
        lanes: the smallest rate first; each gets its verdict.
        start: the loss before any step.
        stability: what a stable rate times a curvature is at most, None where that says nothing.
        limit: the largest rate that is stable at the start.
    """
    alive = [lane for lane in lanes if not _is_lost(lane, start)]
    moved = [lane for lane in alive if lane.end < start]
    best = _best(moved)
    for lane in lanes:
        verdict = lane.verdict
        verdict.rises = sum(b > a for a, b in pairwise(lane.history.loss))
        verdict.best = lane is best
        verdict.kind, words = _said(lane, best, start, limit, lost=lane not in alive)
        if lane in alive and stability is not None:
            verdict.edge = _edge(lane)
            words += _at_the_edge(lane)
        verdict.words = tuple(words)


def _best(lanes: Sequence[Lane]) -> Lane | None:
    """The one that came lowest; of those that came as low, the one that was there first."""
    lowest = min((lane.end for lane in lanes), default=0.0)
    lanes = [lane for lane in lanes if lane.end <= lowest + _TIE * abs(lowest)]
    level = _AS_GOOD * lowest
    return min(lanes, key=lambda lane: _as_low(lane, level) or len(lane.history), default=None)


def _is_lost(lane: Lane, start: float) -> bool:
    found = lane.history.diagnosis
    lost = found is not None and found.kind in _DIVERGED
    return lost or not math.isfinite(lane.end) or lane.end > _LOST * abs(start)


def _said(
    lane: Lane, best: Lane | None, start: float, limit: float | None, *, lost: bool
) -> tuple[str, list[str]]:
    history, steps = lane.history, len(lane.history)
    if lost:
        words = [f"diverged: lost at step {steps - 1}"]
        found = history.diagnosis
        if found is not None and found.growth is not None and found.growth > 1.0:
            words[0] += f", when it grew {found.growth:.3g}-fold a step"
        if limit is not None:
            words.append(f"the rate is {lane.rate / limit:.2g} times the limit of the start")
        return "diverged", words
    if lane.end >= start:
        where = "where it began, at" if lane.end == start else "above its start, of"
        return "too high", [f"no use: it ends {where} {start:.4g}"]
    assert best is not None
    if lane is best:
        return "best", ["the best of these"]
    level = _AS_GOOD * best.end
    if lane.end <= level:
        own, its = _as_low(lane, level) or steps, _as_low(best, level) or steps
        if own >= _LATE * its:
            said = f"too slow: as low after {_steps(own)}, and {best.rate:g} after {its}"
            return "too slow", [said]
        sooner = f", and sooner: after {_steps(own)} instead of {its}" * (its >= _LATE * own)
        return "as good", [f"about as good as {best.rate:g}{sooner}"]
    if lane.rate > best.rate:
        return "rough", [f"too high to come as low as {best.rate:g} does"]
    ahead = _as_low(best, lane.end)
    if ahead is None:
        return "behind", [f"slower than {best.rate:g}"]
    if _LATE * ahead <= steps:
        return "too slow", [f"too slow: {best.rate:g} is as low after {_steps(ahead)}"]
    return "behind", [f"slower than {best.rate:g}, which is as low after {_steps(ahead)}"]


def _as_low(lane: Lane, loss: float) -> int | None:
    """After how many steps the mean over a pass came so low for the first time."""
    losses, width = lane.history.loss, lane.epoch
    for k in range(width, len(losses) + 1):
        if math.fsum(losses[k - width : k]) <= width * loss:
            return k
    return None


def _steps(n: int) -> str:
    return f"{n} step{'' if n == 1 else 's'}"


def _edge(lane: Lane) -> int | None:
    """After how many steps the sharpness has come to its limit, around which it then stays."""
    assert lane.limit is not None
    near = [sharp >= _EDGE * lane.limit for sharp in lane.sharpness]
    first = next((k for k, each in enumerate(near) if each), len(near))
    later = near[first:]
    stays = len(later) >= 3 and 2 * sum(later) >= len(later) and any(later[-2:])
    return lane.looked[first] if stays else None


def _at_the_edge(lane: Lane) -> list[str]:
    """How the sharpness went, where that came to the limit or the loss rose."""
    verdict, limit = lane.verdict, lane.limit
    finite = [x for x in lane.sharpness if math.isfinite(x)]
    if limit is None or not finite:
        return []
    rose = f"the loss rose in {verdict.rises} of {len(lane.history)} steps"
    if verdict.edge is not None:
        since = f"after {_steps(verdict.edge)}" if verdict.edge else "from the start"
        return [f"on the edge of stability {since}:", f"it curves by about {limit:.3g}; {rose}"]
    if finite[0] > limit > finite[-1]:
        return [
            "thrown to where the loss curves less:",
            f"by {finite[-1]:.3g} at the end, and the rate allows {limit:.3g}",
        ]
    if max(finite) >= _EDGE * limit:
        return [f"on the way it curved by {max(finite):.3g}, and the rate allows {limit:.3g}"]
    return []
