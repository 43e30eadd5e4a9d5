"""What a sweep says in words: too slow, good, unstable; and how much is luck of the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from jangrad.record import Record

# A training that makes so much of the way down which the best rate makes is as good.
_SHARE = 0.8
# A loss below this part of that of the start is as good as 0.
_NOTHING = 1e-6
# Of a rate at which so many trainings are lost, nobody can rely on one.
_MANY = 0.5


class SweepVerdict(Record):
    """The rates of a sweep, judged by the trainings from all seeds.

    A rate is good if the middle one of its trainings makes four fifths of the way from the loss
    before any step down to where the best rate's middle one ends; in powers of ten, of which there
    are six at most, where losses are above 0.

    Attributes:
        best: the rate whose middle loss is least; None where no training has lowered its loss.
        low, high: the first and the last of the good rates around it.
        unstable: the least rate above these at which half of the trainings diverge; None without.
        middle, start: the middle loss at the best rate, and that before any step.
        quick, slow: a tenth of its trainings ends below the one, a tenth above the other.
        failed: how many of its trainings do not come as far as a good one.
        seeds: of how many.
        below: how many rates are below `low`.
        edge: `"higher"` or `"lower"` where the best is the last that was tried, so that others may
            be better still; else `""`.
        rated: whether there are rates to speak of.
        dead: how many of its trainings have ended as dead networks.
    """

    best: float | None
    low: float
    high: float
    unstable: float | None
    middle: float
    start: float
    quick: float
    slow: float
    failed: int
    seeds: int
    below: int
    edge: str = ""
    rated: bool = True
    dead: int = 0

    def lines(self, limits: Sequence[float]) -> list[str]:
        """It in words; `limits` are largest stable rates at the start of some seeds."""
        if self.best is None:
            if math.isnan(self.low) and not self.rated:
                return [f"no training lowers the loss of {self.start:.4g} in the middle"]
            return [
                f"no rate lowers the loss of {self.start:.4g}: too few steps, rates that are all"
                " too low or too high, or nothing to be learned"
            ]
        found = []
        if self.below:
            found.append(f"too slow below {self.low:.2g}")
        same = self.low == self.high
        found.append(
            f"best at {self.best:.2g}"
            if same
            else f"good from {self.low:.2g} to {self.high:.2g}, best at {self.best:.2g}"
        )
        if self.unstable is not None:
            found.append(f"unstable from {self.unstable:.2g} on")
        if self.edge:
            found.append(f"no {self.edge} rate was tried")
        lines = ["; ".join(found)] if self.rated else []
        where = f"at {self.best:.2g} " if self.rated else ""
        lines.append(
            f"{where}the loss goes from {self.start:.3g} to {self.middle:.3g} in the middle"
        )
        if self.seeds > 1:
            lines[-1] += f", and between {self.quick:.2g} and {self.slow:.2g} for most seeds"
            lines.append(self._luck())
        if limits:
            shown = sorted({f"{x:.2g}" for x in (min(limits), max(limits))}, key=float)
            lines.append(
                f"2 / sharpness at the start is {' to '.join(shown)}: there, steps above it"
                " overshoot further each time"
            )
        return lines

    def _luck(self) -> str:
        where = " at this rate" if self.rated else ""
        if self.dead:
            return (
                f"luck of the seed: {self.dead} of {self.seeds} seeds end as dead networks{where}"
            )
        if not self.failed:
            return f"luck of the seed: none of {self.seeds} seeds fails{where}"
        share = self.failed / self.seeds
        said = "a little" if share < 0.1 else "some" if share < 0.35 else "much"
        return (
            f"luck of the seed: {said}; {self.failed} of {self.seeds} seeds make less than"
            f" {_SHARE:.0%} of the way{where}"
        )


def verdict(
    rates: Sequence[Any], losses: Any, lost: Any, start: Any, dead: Any, made: Any
) -> SweepVerdict:
    """Judge the rates.

    Args:
        rates: in any order.
        losses: at the end, shape (rates, seeds); inf where there is none.
        lost: which have diverged.
        start: the losses before any step.
        dead: which are dead networks.
        made: which of the trainings were made, where a sweep was broken off; of the others, and of
            rates that have no other, nothing is said.
    """
    numbers = np.array([math.nan if rate is None else rate for rate in rates])
    rated = not np.isnan(numbers).any()
    if not made.any():
        made = np.ones_like(made)
    order = np.argsort(numbers, kind="stable")
    order = order[made[order].any(axis=1)]
    numbers, losses, lost, made = numbers[order], losses[order], lost[order], made[order]
    begun = start[np.isfinite(start)]
    first = float(np.median(begun)) if len(begun) else math.nan
    middle = np.array([np.median(x[known]) for x, known in zip(losses, made, strict=True)])
    best = int(middle.argmin())
    of_best = losses[best][made[best]]
    quick, slow = (_quantile(of_best, q) for q in (0.1, 0.9))
    if not middle[best] < first:
        return SweepVerdict(
            best=None,
            low=math.nan,
            high=math.nan,
            unstable=None,
            middle=float(middle[best]),
            start=first,
            quick=quick,
            slow=slow,
            failed=0,
            seeds=len(of_best),
            below=0,
            rated=rated,
        )
    enough = _enough(first, float(middle[best]))
    good = middle <= enough
    low = high = best
    while low > 0 and good[low - 1]:
        low -= 1
    while high + 1 < len(good) and good[high + 1]:
        high += 1
    wild = np.flatnonzero((lost & made).sum(axis=1) >= _MANY * made.sum(axis=1))
    wild = wild[wild > high]
    return SweepVerdict(
        best=float(numbers[best]),
        low=float(numbers[low]),
        high=float(numbers[high]),
        unstable=float(numbers[wild[0]]) if len(wild) else None,
        middle=float(middle[best]),
        start=first,
        quick=quick,
        slow=slow,
        failed=int((of_best > enough).sum()),
        seeds=len(of_best),
        below=low,
        edge=_edge(best, len(numbers)),
        rated=rated,
        dead=int(dead[order][best][made[best]].sum()),
    )


def _edge(best: int, count: int) -> str:
    if count < 2 or 0 < best < count - 1:
        return ""
    return "lower" if best == 0 else "higher"


def _enough(start: float, best: float) -> float:
    """How low a training must come to be as good as one that comes from the start to the best."""
    if start > 0.0 and best >= 0.0:
        return float(start * max(best / start, _NOTHING) ** _SHARE)
    return start - _SHARE * (start - best)


def _quantile(losses: Any, share: float) -> float:
    """One of the losses, of which inf is the largest."""
    return float(np.sort(losses)[min(round(share * (len(losses) - 1)), len(losses) - 1)])
