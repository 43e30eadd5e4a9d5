"""Which rows make which step: batches by a rule that any language can repeat.

In each epoch the rows come in the order of a hash of 32 bits. It begins as 0x9e3779b9 and takes in
the seed, the epoch and the row, each from 0, one word of 32 bits after the other:
`hash = mix(hash ^ word)`. `mix` is a bijection, so no two rows of an epoch have the same hash. A
seed from 0 to 2**32 - 1 is one word; a larger one is the words that it needs, lowest first; a
negative one is those of its two's complement, so that -1 is 4294967295. Batches are cut from that
order; the last may be short.

Machine code is told of many steps at once, in arrays; few rows are dealt without NumPy.
"""

from __future__ import annotations

import operator
import random
from collections.abc import Sequence
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError
from jangrad.record import Record

_BEGIN, _WORD = 0x9E3779B9, 0xFFFFFFFF
# Of so many rows NumPy is told, which would take longer to import than to deal fewer.
_MANY = 10_000


def mix(x: Any) -> Any:
    """A hash of 32 bits, of a word or an array of them: Wellons' lowbias32.

    From https://nullprogram.com/blog/2018/07/31/, in the public domain.

    >>> mix(1)
    1753845952
    """
    x = (x ^ x >> 16) * 0x7FEB352D & _WORD
    x = (x ^ x >> 15) * 0x846CA68B & _WORD
    return x ^ x >> 16


def key_of(seed: Any) -> int:
    """The hash of a seed; of one that Python's `random` draws, where it is None.

    Raises:
        ConfigError: when it is no integer.
    """
    if seed is None:
        seed = random.getrandbits(32)
    try:
        if isinstance(seed, Value):
            raise TypeError
        left = operator.index(seed)
    except TypeError:
        raise ConfigError(
            f"`seed` is {seed!r:.60} ({type(seed).__name__}), but needs an integer",
            why="it is a part of the hash by which rows are shuffled",
            try_="seed=0; or None, for another order each time",
        ) from None
    key = mix(_BEGIN ^ left & _WORD)
    while (left := left >> 32) not in (0, -1):
        key = mix(key ^ left & _WORD)
    return int(key)


def order(key: int, epoch: int, rows: int) -> list[int]:
    """The numbers of all rows, in the order of an epoch.

    >>> order(key_of(0), epoch=0, rows=6), order(key_of(0), epoch=1, rows=6)
    ([4, 3, 0, 5, 1, 2], [2, 1, 0, 3, 5, 4])
    """
    if rows >= _MANY:
        found: list[int] = orders(key, range(epoch, epoch + 1), rows)[0].tolist()
        return found
    start = mix(key ^ epoch)
    return sorted(range(rows), key=[mix(start ^ row) for row in range(rows)].__getitem__)


def orders(key: int, epochs: range, rows: int) -> Any:
    """The same of many epochs, an array of shape (epochs, rows)."""
    import numpy as np

    starts = mix(np.array(epochs, np.uint32) ^ key)
    numbers = np.arange(rows, dtype=np.uint32)
    # Hash and row in one number: to sort these is faster than to sort the rows by their hashes.
    both = mix(starts[:, None] ^ numbers).astype(np.uint64) << 32 | numbers
    both.sort(axis=1)
    return (both & _WORD).view(np.int64)


class Batches(Record):
    """The batches of many steps.

    Attributes:
        rows: the numbers of the rows of all batches, one batch's after the other's.
        counts: how many rows each has.
    """

    rows: Any
    counts: Any


class Deal:
    """The rows of each step, the first step being 0.

    Args:
        rows: how many there are.
        size: how many a batch holds; all rows in their order if it is `rows` or more.
        seed: decides how they are shuffled.
        shuffled: else each epoch has all rows in their order.

    Raises:
        ConfigError: when the seed is no integer.

    Attributes:
        size: how many rows the largest batch has.
        an_epoch: how many batches there are in an epoch.

    >>> Deal(5, 2, seed=0).batch(2)
    [2]
    >>> rows, counts = Deal(5, 2, seed=0).batches(1, 3)
    >>> rows.tolist(), counts.tolist()
    ([0, 1, 2, 2, 1], [2, 1, 2])
    """

    def __init__(self, rows: int, size: int, seed: Any, shuffled: bool = True) -> None:
        self._rows, self._key = rows, key_of(seed)
        self.size = min(size, rows)
        self._shuffled = shuffled and self.size < rows
        self.an_epoch = -(-rows // size)
        self._epoch, self._order = -1, list[int]()  # the newest that was asked for alone
        self._held = range(0)  # the epochs whose orders are there
        self._orders: Any = None

    def batch(self, step: int) -> Sequence[int]:
        """The rows of a step."""
        epoch, k = divmod(step, self.an_epoch)
        if not self._shuffled:
            return range(self._rows)[k * self.size : (k + 1) * self.size]
        if epoch != self._epoch:
            self._epoch, self._order = epoch, order(self._key, epoch, self._rows)
        return self._order[k * self.size : (k + 1) * self.size]

    def batches(self, first: int, steps: int) -> Batches:
        """Those of so many steps, at least one, from this one on."""
        import numpy as np

        rows, size, an_epoch = self._rows, self.size, self.an_epoch
        counts = np.full(steps, size)
        counts[an_epoch - 1 - first % an_epoch :: an_epoch] = rows - (an_epoch - 1) * size
        begin = first % an_epoch * size
        every = self._from(first // an_epoch, (first + steps - 1) // an_epoch).reshape(-1)
        return Batches(every[begin : begin + int(counts.sum())], counts)

    def _from(self, first: int, last: int) -> Any:
        """The orders of these epochs and perhaps more, of which those that come again are held."""
        import numpy as np

        if self._orders is None or first not in self._held:
            self._held, self._orders = range(first, first), np.empty((0, self._rows), np.int64)
        kept = self._orders[first - self._held.start :]
        new = range(self._held.stop, last + 1)
        self._held = range(first, max(self._held.stop, last + 1))
        if new:
            if self._shuffled:
                found = orders(self._key, new, self._rows)
            else:
                found = np.tile(np.arange(self._rows), (len(new), 1))
            kept = np.concatenate([kept, found])
        self._orders = kept
        return kept
