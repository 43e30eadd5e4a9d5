"""Functions of one number in fixed point: a table, and parabolas through its items."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_SAMPLES = 4096  # at which an error is measured
#: Integers of 16 bits.
LEAST, MOST = -32768, 32767

Numbers = np.ndarray[Any, Any]


class ActivationTable(NamedTuple):
    """A function from integers to integers.

    Attributes:
        name: of the function.
        given: how many binary places its argument has.
        fraction: how many its values have.
        first: the argument at which the table begins.
        shift: from item to item it is 2 to this.
        items: its values, two more than there are steps.
    """

    name: str
    given: int
    fraction: int
    first: int
    shift: int
    items: tuple[int, ...]

    @property
    def last(self) -> int:
        """How far it is from the first argument to the last one."""
        return (len(self.items) - 2) << self.shift

    def __call__(self, x: Numbers) -> Numbers:
        """Its values, as the C code computes them; beyond its ends what is there."""
        items, shift = np.array(self.items, np.int64), self.shift
        at = np.clip(x - self.first, 0, self.last)
        n = np.minimum(at >> shift, len(items) - 3)
        rest = at - (n << shift)
        step, bend = items[n + 1] - items[n], items[n + 2] - 2 * items[n + 1] + items[n]
        half = (1 << shift) >> 1
        found = step * rest + bend * ((rest * (rest - (1 << shift))) >> (shift + 1))
        return np.asarray(np.clip(items[n] + ((found + half) >> shift), -MOST, MOST))


def activation_table(
    name: str,
    function: Callable[[float], float],
    given: int,
    low: float,
    high: float,
    coarse: int,
    most: int,
) -> ActivationTable | None:
    """The smallest table that is near enough, or that of the most items; None if it has no values.

    Args:
        name: of the function.
        function: it, of floats.
        given: how many binary places its argument has.
        low, high: between which its arguments are, as far as is known; on each side an eighth of
            the width is added, or half of that and so on, where it is not defined there; and all
            down to 0 where they are the same.
        coarse: how many units of the result an error may have.
        most: how many steps there may be.
    """
    scale = 2.0**given
    room = (high - low) / 8.0 or max(abs(low), abs(high))
    ends = _integers(low * scale, high * scale)
    wide = _integers((low - room) * scale, (high + room) * scale)

    def at(q: float) -> float:
        return function(q / scale)

    for side in (0, 1):  # of a log or a root up to where it is defined
        while not math.isfinite(at(wide[side])) and wide[side] != ends[side]:
            wide[side] = ends[side] + int((wide[side] - ends[side]) / 2)
    if not all(math.isfinite(at(q)) for q in wide):
        return None
    samples = np.unique(np.linspace(wide[0], wide[1], _SAMPLES).round().astype(np.int64))
    values = np.array([at(q) for q in samples.tolist()])
    if not np.isfinite(values).all():
        return None
    largest = float(np.abs(values).max())
    fraction = 15 if largest == 0.0 else min(math.floor(math.log2(32768.0 / largest)), 30)
    unit = 2.0**-fraction
    # Where all that is beyond is as good as the same, the table ends.
    same = np.flatnonzero(np.abs(values - values[0]) > 0.5 * coarse * unit)
    begin = max(int(same[0]) - 1, 0) if same.size else 0
    same = np.flatnonzero(np.abs(values - values[-1]) > 0.5 * coarse * unit)
    stop = min(int(same[-1]) + 1, len(samples) - 1) if same.size else 1
    samples, values = samples[begin : stop + 1], values[begin : stop + 1]
    first, width = int(samples[0]), max(int(samples[-1] - samples[0]), 1)
    steps = 4
    while True:
        shift = max(0, math.ceil(math.log2(width / steps)))
        made = ActivationTable(name, given, fraction, first, shift, ())
        places = [first + (k << shift) for k in range(-(-width >> shift) + 2)]
        found = [at(q) for q in places]
        found = [x if math.isfinite(x) else values[-1] for x in found]
        made = made._replace(items=tuple(whole(x / unit) for x in found))
        error = np.abs(made(samples) * unit - values).max()
        if error <= coarse * unit or steps >= most or shift == 0:
            return made
        steps *= 2


def _integers(low: float, high: float) -> list[int]:
    """Integers of 16 bits around these."""
    return [max(LEAST, math.floor(low)), min(MOST, math.ceil(high))]


def whole(x: float) -> int:
    """The nearest integer of 16 bits."""
    return int(min(max(math.floor(x + 0.5), -MOST), MOST))
