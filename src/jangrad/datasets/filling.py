"""The columns of a large table, put together from pieces of its rows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jangrad.datasets.packed import Blocks, Numbers, Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXACT = 2**53  # whole numbers up to which a float holds
_MANY = 4_000_000  # numbers, from which on inputs of networks are kept in single precision
_SPREADS = 1e-30, 1e37  # of which single precision holds the digits

#: Names of columns, of all those that a file has.
Whole = Callable[[Sequence[str]], Iterable[str]]
#: By name the cells of each column: floats, nan for a gap; or texts and which of them each is.
Cells = Mapping[str, Any]
#: The kinds of columns that are read: numbers in single or in double precision, and text.
SINGLE, DOUBLE, TEXT = "single", "double", "text"


def kind_of_numbers(names: Sequence[str], count: int, whole: Whole | None) -> dict[str, str]:
    """In which precision each column is kept if it is one of numbers, in about so many rows."""
    few = count * len(names) <= _MANY
    all_digits = {*names} if few or whole is None else {*whole(names)}
    return {name: DOUBLE if name in all_digits else SINGLE for name in names}


@dataclass
class TablePart:
    """What a piece holds.

    Attributes:
        numbers: by their kind.
        texts: by name the different cells, and which of them each is.
        count: how many rows it has.
    """

    numbers: dict[str, _SomeNumbers]
    texts: dict[str, tuple[list[str], NDArray[Any]]]
    count: int

    @property
    def has_whole(self) -> bool:
        """Whether any number is whole."""
        return any(some.has_whole for some in self.numbers.values())


@dataclass
class _SomeNumbers:
    """Some rows of columns of numbers: as they are kept, their ends, and what equal ones share."""

    block: NDArray[Any]
    low: NDArray[Any]
    high: NDArray[Any]
    keys: list[int]
    has_whole: bool


class Filling:
    """Columns that are put together.

    Args:
        kinds: of each column.
        first: the cells of the first piece.

    Attributes:
        count: how many rows there are so far.
    """

    def __init__(self, kinds: Mapping[str, str], first: Cells) -> None:
        self._kinds = {
            # What begins with gaps alone has no number to be less of.
            name: DOUBLE if kind == SINGLE and _known(first[name]) == 0 else kind
            for name, kind in kinds.items()
        }
        self._groups = {
            kind: _Columns([n for n, k in self._kinds.items() if k == kind], kind, first)
            for kind in (SINGLE, DOUBLE)
            if kind in self._kinds.values()
        }
        self._texts = {name: _Texts() for name, kind in kinds.items() if kind == TEXT}
        self.count = 0

    def part(self, cells: Cells) -> TablePart:
        """What a piece holds. It changes nothing here, so several threads may ask at once."""
        numbers = {kind: group.part(cells) for kind, group in self._groups.items()}
        texts = {name: cells[name] for name in self._texts}
        some = next(iter(cells.values()))
        return TablePart(numbers, texts, len(some[1] if isinstance(some, tuple) else some))

    def add(self, part: TablePart) -> None:
        """Take the rows behind those that were taken before."""
        for kind, group in self._groups.items():
            group.add(part.numbers[kind])
        for name, texts in self._texts.items():
            texts.add(*part.texts[name])
        self.count += part.count

    def done(self) -> tuple[dict[str, Numbers | Texts], dict[str, str]]:
        """The columns; and the kinds of those that are to be read once more, as what they are."""
        columns: dict[str, Numbers | Texts] = {n: t.done() for n, t in self._texts.items()}
        again: dict[str, str] = {}
        for group in self._groups.values():
            again |= {n: k for n, k in group.kinds().items() if k != self._kinds[n]}
            columns |= group.done()
        return {name: c for name, c in columns.items() if name not in again}, again


class _Columns:
    """Columns of numbers of one precision that come in pieces."""

    def __init__(self, names: Sequence[str], kind: str, first: Cells) -> None:
        import numpy as np

        self._names, self._kind = names, kind
        self._own = threading.local()
        self._dtype = np.float32 if kind == SINGLE else np.float64
        width = len(names)
        self._shifts = np.zeros(width)
        if kind == SINGLE:
            with np.errstate(all="ignore"):  # what is not finite is read once more
                self._shifts[:] = [np.nansum(first[name]) / _known(first[name]) for name in names]
        self._blocks: list[NDArray[Any]] = []
        self._low, self._high = np.full(width, np.inf), np.full(width, -np.inf)
        self._has_whole = False
        self._keys = [0] * width

    def part(self, cells: Cells) -> _SomeNumbers:
        """What is kept of some rows."""
        import numpy as np

        rows = [cells[name] for name in self._names]
        width, count = len(rows), len(rows[0])
        block, other = self._room(2 * width * count).reshape(2, width, count)
        np.concatenate(rows, out=block.reshape(-1))
        kept = np.empty((width, count), self._dtype)
        with np.errstate(all="ignore"):
            np.subtract(block, self._shifts[:, None], out=kept, casting="unsafe")
            return _SomeNumbers(
                kept,
                np.fmin.reduce(block, axis=1),
                np.fmax.reduce(block, axis=1),
                [hash(row.tobytes()) for row in block],
                bool((np.floor(block, out=other) == block).any()),
            )

    def _room(self, count: int) -> NDArray[Any]:
        """Some memory for so many numbers, of the thread's own; what is new costs more to clear."""
        import numpy as np

        room = getattr(self._own, "room", None)
        if room is None or len(room) < count:
            room = self._own.room = np.empty(count)
        return room[:count]

    def add(self, some: _SomeNumbers) -> None:
        """Take the next rows."""
        import numpy as np

        self._blocks.append(some.block)
        self._low, self._high = np.fmin(self._low, some.low), np.fmax(self._high, some.high)
        self._has_whole |= some.has_whole
        self._keys = [hash(pair) for pair in zip(self._keys, some.keys, strict=True)]

    def kinds(self) -> dict[str, str]:
        """What each has to be read as: text where it is not finite, or would lose digits."""
        import numpy as np

        low, high = self._low, self._high
        with np.errstate(invalid="ignore"):
            spread = high - low
            exact = (low <= high) & (np.maximum(-low, high) < _EXACT)
        small, large = _SPREADS
        fits = (spread == 0.0) | ((small < spread) & (spread < large))
        kinds = [
            TEXT if not is_exact else self._kind if is_fit else DOUBLE
            for is_exact, is_fit in zip(exact.tolist(), fits.tolist(), strict=True)
        ]
        return dict(zip(self._names, kinds, strict=True))

    def done(self) -> dict[str, Numbers]:
        """The columns."""
        blocks = Blocks(self._blocks)
        each = zip(self._names, self._shifts.tolist(), self._keys, strict=True)
        return {name: Numbers(blocks, i, shift, key) for i, (name, shift, key) in enumerate(each)}


class _Texts:
    """A column of text that comes in pieces."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}
        self._at: list[NDArray[Any]] = []

    def add(self, cells: list[str], which: NDArray[Any]) -> None:
        """Take the texts of the next rows."""
        import numpy as np

        index = self._index
        known = [index.setdefault(cell.strip(), len(index)) for cell in cells]
        self._at.append(np.array(known, np.int32)[which])

    def done(self) -> Texts:
        """The column."""
        import numpy as np

        return Texts([*self._index], np.concatenate(self._at))


def _known(numbers: NDArray[Any]) -> int:
    """How many are known."""
    return int((numbers == numbers).sum())
