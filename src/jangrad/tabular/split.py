"""Which rows are learned from, which choose when to stop, and which the training never sees."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

_SHARE = 5  # one row in five is for the test, and one in five of the others chooses
_FEWEST = 20  # rows; of fewer none can be spared


class Split(NamedTuple):
    """Indices of rows, each list sorted: to learn from, to choose when to stop, for the test."""

    learn: list[int]
    choose: list[int]
    test: list[int]


def split(y: Sequence[float], seed: int) -> Split:
    """One row in five for the test, one in five of the others to choose; stratified by the target.

    The rows are put in the order of their targets, at random among equal ones, and one of each five
    that follow each other is drawn: every class, and every range of amounts, has its share.

    Args:
        y: the targets, amounts or indices of classes; of fewer than 20 all are learned from.
        seed: of the draws.

    >>> [len(rows) for rows in split([0, 1] * 50, seed=0)]
    [64, 16, 20]
    >>> sum(i % 2 for i in split([0, 1] * 50, seed=0).test)
    10
    """
    rng = Random(seed)
    order = list(range(len(y)))
    rng.shuffle(order)
    if len(order) < _FEWEST:
        return Split(sorted(order), [], [])
    order.sort(key=lambda i: y[i])
    test, others = _drawn(order, rng)
    choose, learn = _drawn(others, rng)
    return Split(sorted(learn), sorted(choose), sorted(test))


def _drawn(order: list[int], rng: Random) -> tuple[list[int], list[int]]:
    """One of each five, and the others, in their order."""
    count = len(order) // _SHARE
    drawn = {order[_SHARE * k + rng.randrange(_SHARE)] for k in range(count)}
    return [i for i in order if i in drawn], [i for i in order if i not in drawn]
