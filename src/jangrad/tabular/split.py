"""Which rows are learned from, which choose when to stop, and which the training never sees."""

from __future__ import annotations

from array import array
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_SHARE = 5  # one row in five is for the test, and one in five of the others chooses
_FEWEST = 20  # rows; of fewer none can be spared


class Split(NamedTuple):
    """Indices of rows, sorted arrays: to learn from, to choose when to stop, for the test."""

    learn: NDArray[Any]
    choose: NDArray[Any]
    test: NDArray[Any]


def split(y: ArrayLike, seed: int) -> Split:
    """One row in five for the test, one in five of the others to choose; stratified by the target.

    The rows are put in the order of their targets, at random among equal ones, and one of each five
    that follow each other is drawn: every class, and every range of amounts, has its share.

    Args:
        y: the targets, amounts or indices of classes; of fewer than 20 all are learned from.
        seed: of the draws.

    >>> [len(rows) for rows in split([0, 1] * 50, seed=0)]
    [64, 16, 20]
    >>> int(sum(split([0, 1] * 50, seed=0).test % 2))
    10
    """
    import numpy as np

    targets = np.asarray(y)
    rng = Random(seed)
    shuffled = array("i", range(len(targets)))  # in an eighth of a list's memory
    rng.shuffle(shuffled)
    order = np.frombuffer(shuffled, dtype=np.int32)
    if len(order) < _FEWEST:
        return Split(np.sort(order), order[:0], order[:0])
    order = order[np.argsort(targets[order], kind="stable")]
    test, others = _drawn(order, rng)
    choose, learn = _drawn(others, rng)
    return Split(np.sort(learn), np.sort(choose), np.sort(test))


def _drawn(order: NDArray[Any], rng: Random) -> tuple[NDArray[Any], NDArray[Any]]:
    """One of each five, and the others, in their order."""
    import numpy as np

    drawn = np.zeros(len(order), dtype=bool)
    count = len(order) // _SHARE
    drawn[array("i", (_SHARE * k + rng.randrange(_SHARE) for k in range(count)))] = True
    return order[drawn], order[~drawn]
