"""A loss curve that is drawn while the loss goes on, each time in the same short time.

Steps are joined to groups, of which the least and the largest loss are kept, so that no spike is
lost and a curve of a million steps is drawn as quickly as one of a hundred.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import chain

from jangrad.show.braille import curve

_MOST = 200  # groups; a terminal has some hundred columns, a notebook some hundred pixels more
_WIDE = 10.0  # a logarithmic axis helps once the losses span this factor
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640.0, 200.0, 72.0, 10.0, 22.0
# They stand out from light and from dark grounds.
_TRAINING, _HELD_OUT = "#0b84c6", "#d9660a"


class LiveLoss:
    """Losses as they come.

    Attributes:
        lows, highs: the least and the largest finite loss of each group of steps; nan without one.
        width: how many steps make a group.

    >>> live = LiveLoss(most=2)
    >>> live.take([4.0, 1.0, 3.0])
    >>> live.lows, live.highs, live.width
    ([1.0, 3.0], [4.0, 3.0], 2)
    """

    def __init__(self, most: int = _MOST) -> None:
        self.lows: list[float] = []
        self.highs: list[float] = []
        self.width = 1
        self._most = most
        self._last = math.nan
        self._steps = 0

    def take(self, losses: Sequence[float]) -> None:
        """Look at the losses of all steps so far, of which those since the last call are new."""
        whole = self._steps // self.width  # groups; one that was not yet full is looked at again
        while len(losses) > self._most * self.width:
            whole, self.width = whole // 2, 2 * self.width
            for kept, choose in ((self.lows, _least), (self.highs, _largest)):
                kept[:] = [choose(kept[i : i + 2]) for i in range(0, 2 * whole, 2)]
        del self.lows[whole:], self.highs[whole:]
        for first in range(whole * self.width, len(losses), self.width):
            some = losses[first : first + self.width]
            if not math.isfinite(sum(some)):
                some = [x for x in some if math.isfinite(x)]
            self.lows.append(min(some, default=math.nan))
            self.highs.append(max(some, default=math.nan))
        self._steps = len(losses)
        self._last = losses[-1] if losses else math.nan

    def lines(self, width: int, height: int = 6) -> list[str]:
        """The curve for a terminal, so many letters wide beside its labels of ten letters."""
        return curve([*chain(*zip(self.lows, self.highs, strict=True))], width, height)

    def svg(self, measured: Sequence[tuple[int, float]] = ()) -> str:
        """The curve as SVG text for a page, in whose colour of text the axes are.

        Args:
            measured: validation losses, each with the number of its step.
        """
        pairs = list(zip(self.lows, self.highs, strict=True))
        ends = max(self._steps - 1, 1)
        points = [
            (min((k + 0.5) * self.width - 0.5, ends), y)
            for k, pair in enumerate(pairs)
            for y in (pair if pair[0] != pair[1] else pair[:1])
            if math.isfinite(y)
        ]
        held = [(float(step), y) for step, y in _thinned(measured) if math.isfinite(y)]
        shown = [y for _, y in chain(points, held)]
        said = f"loss of {self._steps:,} steps, now {self._last:.4g}"
        parts = [
            f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(said)}"'
            ' style="max-width:640px;width:100%;display:block">'
        ]
        if shown:
            low, high = min(shown), max(shown)
            positive = min((y for y in shown if y > 0.0), default=math.inf)  # zeros lie at the edge
            logarithmic = low >= 0.0 and high > _WIDE * positive

            def scaled(y: float) -> float:
                return math.log10(max(y, positive)) if logarithmic else y

            floor = scaled(low)
            span = scaled(high) - floor or 1.0

            def at(step: float, y: float) -> str:
                across = _LEFT + (_WIDTH - _LEFT - 8.0) * step / ends
                up = (scaled(y) - floor) / span
                return f"{across:.1f},{_TOP + (_HEIGHT - _TOP - _BOTTOM) * (1.0 - up):.1f}"

            for marks, colour, dashes in (
                (points, _TRAINING, ""),
                (held, _HELD_OUT, ' stroke-dasharray="5 3"'),
            ):
                if marks:
                    line = " ".join(at(*mark) for mark in marks)
                    parts.append(
                        f'<polyline points="{line}" fill="none" stroke="{colour}"'
                        f' stroke-width="1.8" stroke-linejoin="round"{dashes}/>'
                    )
            labels = [(_TOP + 4.0, high), (_HEIGHT - _BOTTOM + 4.0, low)]
            parts += [_text(_LEFT - 8.0, y, f"{x:.3g}", "end") for y, x in labels]
        base = _HEIGHT - _BOTTOM
        frame = f"M{_LEFT:g} {_TOP:g}V{base:g}H{_WIDTH - 8.0:g}"
        parts += [
            f'<path d="{frame}" fill="none" stroke="currentColor" opacity=".45"/>',
            _text(_LEFT, _HEIGHT - 5.0, "step 0", "start"),
            _text(_WIDTH - 8.0, _HEIGHT - 5.0, f"{ends:,}", "end"),
        ]
        if held:
            middle = (_LEFT + _WIDTH) / 2.0
            parts += [
                _text(middle - 8.0, _HEIGHT - 5.0, "training", "end", _TRAINING),
                _text(middle + 8.0, _HEIGHT - 5.0, "held out, dashed", "start", _HELD_OUT),
            ]
        return "".join([*parts, "</svg>"])


def _thinned(marks: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """So few of them that they are quickly drawn, the newest included."""
    stride = len(marks) // _MOST + 1
    return marks[(len(marks) - 1) % stride :: stride] if marks else marks


def _text(x: float, y: float, text: str, anchor: str, colour: str = "currentColor") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}"'
        f' font-size="12" font-family="system-ui,sans-serif">{escape(text)}</text>'
    )


def _least(some: Sequence[float]) -> float:
    return min((x for x in some if x == x), default=math.nan)


def _largest(some: Sequence[float]) -> float:
    return max((x for x in some if x == x), default=math.nan)
