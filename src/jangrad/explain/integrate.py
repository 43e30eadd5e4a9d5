"""Gradients integrated along the straight way from a baseline to each row, as finely as needed.

How far the sum of what was integrated is from the difference of the answer is known exactly, on
the whole way and on each piece of it. So pieces that are off are halved, and others are not: a
rectifier that bends on the way costs some fifty evaluations more, wherever it bends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jangrad.errors import NonFinite, WrongGradient
from jangrad.explain.asked import Asked

_PIECES = 4  # to begin with
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)
_NODES, _WEIGHTS = 0.5 * (_NODES + 1.0), 0.5 * _WEIGHTS
_HALVINGS = 50  # pieces are then as short as numbers can be told apart
_MOST = 2_000_000  # numbers that are evaluated at once
_ROUNDING = 64 * np.finfo(float).eps


@dataclass(eq=False)
class _Pieces:
    """Parts of the ways, each of one row, between two shares of its way."""

    row: NDArray[Any]
    begin: NDArray[Any]
    end: NDArray[Any]
    at_begin: NDArray[Any]  # the answer there
    at_end: NDArray[Any]

    def __len__(self) -> int:
        return len(self.row)

    def some(self, which: NDArray[Any]) -> _Pieces:
        return _Pieces(
            *(x[which] for x in (self.row, self.begin, self.end, self.at_begin, self.at_end))
        )


def integrated(
    asked: Asked, start: NDArray[Any], rows: NDArray[Any], tolerance: float
) -> tuple[NDArray[Any], NDArray[Any], float]:
    """What each input adds on the way, of shape (rows, inputs); the answers there and at the start.

    Args:
        asked: the answer.
        start: the inputs of the baseline.
        rows: those of the rows.
        tolerance: how far the parts of a row may be from its difference, as a share of all that
            the inputs add and take away on the way.

    Raises:
        WrongGradient: when they are farther, however finely they are integrated.
        NonFinite: when an answer or a slope on the way is nan or infinite.
    """
    values, base = asked.values(rows), float(asked.values(start[None])[0])
    parts, off, sizes = np.zeros(rows.shape), np.zeros(len(rows)), np.zeros(len(rows))
    least = _ROUNDING * np.maximum(np.abs(values), abs(base))
    pieces = _begun(asked, start, rows, values, base)
    for _ in range(_HALVINGS):
        found = _over(asked, start, rows, pieces)
        gaps = np.abs(found.sum(axis=1) - (pieces.at_end - pieces.at_begin))
        if not np.isfinite(gaps).all():
            raise _not_finite(pieces.row[~np.isfinite(gaps)][0])
        here = np.abs(found).sum(axis=1)
        allowed = np.maximum(tolerance * (sizes + np.bincount(pieces.row, here, len(rows))), least)
        enough = off + np.bincount(pieces.row, gaps, len(rows)) <= allowed
        # Half of what is allowed is shared out by length, and left for where the answer bends.
        length = pieces.end - pieces.begin
        fine = enough[pieces.row] | (gaps <= 0.5 * allowed[pieces.row] * length)
        np.add.at(parts, pieces.row[fine], found[fine])
        off += np.bincount(pieces.row[fine], gaps[fine], len(rows))
        sizes += np.bincount(pieces.row[fine], here[fine], len(rows))
        if fine.all():
            return parts, values, base
        pieces = _halved(asked, start, rows, pieces.some(~fine))
    worst = int(gaps[~fine].argmax())
    raise _jumps(pieces.some(np.array([2 * worst])), values - base, float(gaps[~fine][worst]))


def _begun(
    asked: Asked, start: NDArray[Any], rows: NDArray[Any], values: NDArray[Any], base: float
) -> _Pieces:
    ends = np.linspace(0.0, 1.0, _PIECES + 1)
    count = len(rows)
    row = np.repeat(np.arange(count), _PIECES - 1)
    inner = _at(asked, start, rows, row, np.tile(ends[1:-1], count)).reshape(count, -1)
    at = np.hstack([np.full((count, 1), base), inner, values[:, None]])
    return _Pieces(
        np.repeat(np.arange(count), _PIECES),
        np.tile(ends[:-1], count),
        np.tile(ends[1:], count),
        at[:, :-1].ravel(),
        at[:, 1:].ravel(),
    )


def _at(
    asked: Asked, start: NDArray[Any], rows: NDArray[Any], row: NDArray[Any], share: NDArray[Any]
) -> NDArray[Any]:
    """The answers at these shares of the ways."""
    size = max(1, _MOST // max(1, rows.shape[1]))
    found = [
        asked.values(start + share[i : i + size, None] * (rows[row[i : i + size]] - start))
        for i in range(0, len(row), size)
    ]
    return np.concatenate(found)


def _over(asked: Asked, start: NDArray[Any], rows: NDArray[Any], pieces: _Pieces) -> NDArray[Any]:
    """What each input adds over each piece, by Gauss and Legendre's rule of five points."""
    size = max(1, _MOST // max(1, rows.shape[1] * len(_NODES)))
    found = []
    for i in range(0, len(pieces), size):
        some = slice(i, i + size)
        way = rows[pieces.row[some]] - start
        length = pieces.end[some] - pieces.begin[some]
        shares = pieces.begin[some, None] + length[:, None] * _NODES
        points = start + shares[:, :, None] * way[:, None, :]
        slopes = asked.slopes(points.reshape(-1, rows.shape[1]))[1].reshape(points.shape)
        found.append((_WEIGHTS @ slopes) * length[:, None] * way)
    return np.concatenate(found)


def _halved(asked: Asked, start: NDArray[Any], rows: NDArray[Any], pieces: _Pieces) -> _Pieces:
    middle = 0.5 * (pieces.begin + pieces.end)
    at_middle = _at(asked, start, rows, pieces.row, middle)

    def both(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
        return np.stack([first, second], axis=1).ravel()

    return _Pieces(
        np.repeat(pieces.row, 2),
        both(pieces.begin, middle),
        both(middle, pieces.end),
        both(pieces.at_begin, at_middle),
        both(at_middle, pieces.at_end),
    )


def _not_finite(row: int) -> NonFinite:
    return NonFinite(
        f"the answer or its slope is nan or infinite on the way from the baseline to row {row}",
        why="parts of what is no number are none",
        try_="another baseline, such as the mean of the rows; or jangrad.strict(), which names the"
        " operation",
    )


def _jumps(piece: _Pieces, differences: NDArray[Any], gap: float) -> WrongGradient:
    row, share = int(piece.row[0]), float(piece.begin[0])
    return WrongGradient(
        f"the gradients on the way to row {row} do not sum to the difference"
        f" {differences[row]:.6g}: {gap:.3g} is missing at {share:.1%} of it",
        why="the answer jumps there, or has another gradient than its numbers say",
        try_="occlusion(...), which takes no gradient; or another baseline",
    )
