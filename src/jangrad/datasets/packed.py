"""Columns of many rows in little memory: numbers in an array, texts as which of a few they are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALL = slice(None)
BLOCK = 2**16  # rows of a large table that are standardised at once


class Texts:
    """A column of text.

    Attributes:
        cells: the different cells; those of a file in the order in which they first stand there.
        at: which of them stands in each row.
    """

    def __init__(self, cells: list[str], at: NDArray[Any]) -> None:
        self.cells, self.at = cells, at

    @classmethod
    def of(cls, cells: Iterable[str]) -> Texts:
        """The column of these cells, from the top.

        >>> texts = Texts.of(["b", "a", "b"])
        >>> texts.cells, texts.at.tolist(), texts.firsts.tolist(), texts.counts().tolist()
        (['b', 'a'], [0, 1, 0], [0, 1], [2, 1])
        """
        import numpy as np

        index: dict[str, int] = {}
        at = np.array([index.setdefault(cell, len(index)) for cell in cells], dtype=np.int32)
        return cls(list(index), at)

    @cached_property
    def firsts(self) -> NDArray[Any]:
        """The row in which each of the different cells stands first."""
        import numpy as np

        found = np.zeros(len(self.cells), dtype=np.intp)
        found[self.at[::-1]] = np.arange(len(self.at))[::-1]  # the last that is written stays
        return found

    @property
    def key(self) -> int:
        """What equal columns have alike."""
        return hash((*self.cells, self.at.tobytes()))

    def counts(self, rows: Any = _ALL) -> NDArray[Any]:
        """In how many of some rows, or of all, each of the different cells stands."""
        import numpy as np

        return np.bincount(self.at[rows], minlength=len(self.cells))

    def changed(self, cells: dict[str, str]) -> Texts:
        """The column with other cells in the place of these."""
        new = Texts.of(cells.get(cell, cell) for cell in self.cells)
        return Texts(new.cells, new.at[self.at])

    def of_rows(self, rows: NDArray[Any]) -> Texts:
        """The column of some rows, with the cells that stand there.

        >>> import numpy as np
        >>> Texts.of(["b", "a", "c", "b"]).of_rows(np.array([1, 3])).cells
        ['a', 'b']
        """
        import numpy as np

        left = Texts(self.cells, self.at[rows])
        used = np.flatnonzero(left.counts())
        used = used[np.argsort(left.firsts[used])]
        place = np.zeros(len(self.cells), dtype=self.at.dtype)
        place[used] = np.arange(len(used))
        return Texts([self.cells[i] for i in used.tolist()], place[left.at])


class Blocks:
    """Columns of numbers, of some rows in each of some arrays of shape (columns, rows).

    Args:
        arrays: one after the other.
    """

    def __init__(self, arrays: Sequence[NDArray[Any]]) -> None:
        self._arrays: list[NDArray[Any] | None] = [*arrays]
        self._ends = [*accumulate(array.shape[1] for array in arrays)]
        self.dtype = arrays[0].dtype

    def column(self, at: int, first: int = 0, last: int | None = None) -> NDArray[Any]:
        """The numbers of a column, from a row on to before another."""
        import numpy as np

        last = self._ends[-1] if last is None else min(last, self._ends[-1])
        begin, end = bisect_right(self._ends, first), bisect_left(self._ends, last) + 1
        begin = min(begin, len(self._ends) - 1)  # of no rows
        parts = [array[at] for array in self._arrays[begin:end] if array is not None]
        if len(parts) < len(self._ends[begin:end]):
            raise RuntimeError("the numbers of this table were learned from, and are not kept")
        kept = parts[0] if len(parts) == 1 else np.concatenate(parts)
        before = self._ends[begin - 1] if begin else 0
        return kept[first - before : last - before]

    def let_go(self, row: int) -> None:
        """Keep what stands before this row no more, as far as whole arrays do."""
        gone = bisect_right(self._ends, row)
        self._arrays[:gone] = [None] * gone


class Numbers:
    """A column of numbers, nan where nothing is known.

    Args:
        blocks: the numbers less `shift`, in double or in single precision, with those of others.
        at: which of these columns it is.
        shift: a number that lies among them. In single precision, a number x is off by at most
            6e-8 times its distance from the shift, which is below (z + sqrt(n)) deviations of the
            column, where x is z deviations from the mean of n numbers.
        key: what equal columns have alike; of the numbers when left out.
    """

    def __init__(
        self, blocks: Blocks, at: int = 0, shift: float = 0.0, key: int | None = None
    ) -> None:
        self.blocks, self._at, self._shift, self._key = blocks, at, shift, key

    @classmethod
    def of(cls, numbers: NDArray[Any]) -> Numbers:
        """The column of these."""
        return cls(Blocks([numbers[None]]))

    def take(self, rows: Any = _ALL) -> NDArray[Any]:
        """The numbers of some rows, or of all, as an array of floats of its own."""
        import numpy as np

        if isinstance(rows, slice) and rows.step is None and rows.stop is not None:
            kept = self.blocks.column(self._at, rows.start or 0, rows.stop)
        else:
            kept = self.blocks.column(self._at)[rows]
        found: NDArray[Any] = np.add(kept, self._shift, dtype=np.float64)
        return found

    @property
    def gaps(self) -> NDArray[Any]:
        """The rows in which nothing is known."""
        numbers = self.take()
        found: NDArray[Any] = (numbers != numbers).nonzero()[0]
        return found

    @property
    def key(self) -> int:
        """What equal columns have alike."""
        if self._key is None:
            self._key = hash(self.take().tobytes())
        return self._key

    def texts(self) -> Texts:
        """The numbers as a column of text, each as it is written shortest."""
        import numpy as np

        different, at = np.unique(self.take(), return_inverse=True)
        return Texts([_spelled(x) for x in different.tolist()], at)

    def of_rows(self, rows: Any) -> Numbers:
        """The column of some rows."""
        kept = self.blocks.column(self._at)[rows]
        return Numbers(Blocks([kept[None]]), 0, self._shift)


def _spelled(x: float) -> str:
    return "" if x != x else repr(x).removesuffix(".0")
