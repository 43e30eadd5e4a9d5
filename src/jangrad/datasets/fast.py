"""Large tables, read by pyarrow (the extra `tables`) in pieces, into columns that are arrays.

It reads what it surely reads as `read_sheet` does: commas, no quotes, no blank lines, columns of
plain numbers as such and the others as text. Anything else is left to `read_sheet`, which knows
every notation and names the line of a mistake.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jangrad.datasets.packed import BLOCK, Blocks, Numbers, Texts
from jangrad.datasets.sheet import Sheet, head_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE = 2**20  # bytes, from which on it pays to import pyarrow
_PIECE = 2**18
_SCANNED = 2**16
_EXACT = 2**53  # whole numbers up to which a float holds
_MANY = 4_000_000  # numbers, from which on inputs of networks are kept in single precision
_SPREADS = 1e-30, 1e37  # of which single precision holds the digits
# As `jangrad.datasets.columns.MISSING_NUMBER` has them, in the letters of most programs; a cell in
# other letters makes its column one of text, which is looked at cell by cell.
_MISSING = [
    *(
        "",
        "?",
        "NA",
        "na",
        "N/A",
        "n/a",
        "#N/A",
        "#NA",
        "<NA>",
        "NaN",
        "nan",
        "NAN",
        "-nan",
        "-NaN",
    ),
    *("NULL", "null", "Null", "None", "none"),
]
_FOREIGN = b'"', b"\0", b"\xe2", b"\xef"  # quotes, NUL bytes, spaces that cannot be seen
_BLANK = re.compile(rb"[ \t,]*\r?\n")
_CODE = re.compile(rb"0\d+[ \t]*[,\r\n]")
_FAILED = re.compile(r"In CSV column #(\d+): CSV conversion error")

#: Names of columns, of all those that a file has.
Whole = Callable[[Sequence[str]], Iterable[str]]
#: The kinds of columns that are read: numbers in single or in double precision, and text.
SINGLE, DOUBLE, TEXT = "single", "double", "text"


def read_fast(file: str, whole: Whole | None = None) -> Sheet | None:
    """The sheet of a large file; None where `read_sheet` is to read it.

    Args:
        file: the path.
        whole: of the names of the columns those whose numbers are to have all of their digits; the
            others may be kept in single precision. All, when left out.
    """
    try:
        if not os.path.isfile(file) or os.path.getsize(file) < _LARGE:
            return None
        import numpy  # noqa: F401
        import pyarrow as pa
        from pyarrow import csv
    except (ImportError, OSError):
        return None
    names, start = head_of(file)
    count = _rows_of(file, start) if names else 0
    if not count:
        return None

    def pieces(types: Mapping[str, Any] | None) -> Any:
        """Of these columns, as these types; of all as what they seem to be."""
        seen = {} if types is None else {"include_columns": [*types], "column_types": types}
        return csv.open_csv(
            file,
            read_options=csv.ReadOptions(block_size=_PIECE, skip_rows=1, column_names=names),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                null_values=_MISSING, strings_can_be_null=False, **seen
            ),
            memory_pool=pa.system_memory_pool(),
        )

    def read(kinds: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        text, number = pa.dictionary(pa.int32(), pa.string()), pa.float64()
        types = {name: text if kind == TEXT else number for name, kind in kinds.items()}
        for piece in pieces(types):
            cells = (texts_of if kind == TEXT else floats_of for kind in kinds.values())
            yield {n: of(piece.column(n)) for n, of in zip(kinds, cells, strict=True)}

    try:
        with pieces(None) as first:
            numeric = {f.name for f in first.schema if str(f.type) in ("int64", "double", "null")}
        number = kind_of_numbers(names, count, whole)
        columns: dict[str, Numbers | Texts] = {}
        kinds = {name: number[name] if name in numeric else TEXT for name in names}
        while kinds:
            try:
                found, again = filled(read(kinds), kinds, count)
            except pa.ArrowInvalid as error:
                failed = _FAILED.search(str(error))
                if failed is None or kinds.get(names[int(failed[1])], TEXT) == TEXT:
                    return None
                kinds[names[int(failed[1])]] = TEXT
                continue
            columns |= found
            kinds = again
    except (pa.ArrowException, ValueError):
        return None
    finally:
        pa.system_memory_pool().release_unused()
    numbers = [column for column in columns.values() if isinstance(column, Numbers)]
    if any(column.has_whole for column in numbers) and _has_codes(file, start):
        return None
    return Sheet(file, {name: columns[name] for name in names}, range(2, count + 2), ",")


def kind_of_numbers(names: Sequence[str], count: int, whole: Whole | None) -> dict[str, str]:
    """In which precision each column is kept if it is one of numbers, in so many rows."""
    few = count * len(names) <= _MANY
    all_digits = {*names} if few or whole is None else {*whole(names)}
    return {name: DOUBLE if name in all_digits else SINGLE for name in names}


def filled(
    pieces: Iterable[Mapping[str, Any]], kinds: Mapping[str, str], count: int
) -> tuple[dict[str, Numbers | Texts], dict[str, str]]:
    """The columns of a table that comes in pieces.

    Args:
        pieces: by name the cells of each column: floats, or a pair of texts and which of them.
        kinds: of each column.
        count: how many rows there are.

    Returns:
        The columns; and the kinds of those that are to be read once more, as what they are.

    Raises:
        ValueError: there are more or fewer rows.
    """
    groups = {kind: [n for n, k in kinds.items() if k == kind] for kind in (SINGLE, DOUBLE, TEXT)}
    filling = [
        _Texts(names, count) if kind == TEXT else _Numbers(names, count, kind)
        for kind, names in groups.items()
        if names
    ]
    at = 0
    for piece in pieces:
        for columns in filling:
            end = columns.add(at, piece)
        at = end
    if at != count:
        raise ValueError(f"{at} rows, not {count}")
    right = {name: kind for columns in filling for name, kind in columns.kinds().items()}
    found = {name: column for columns in filling for name, column in columns.done().items()}
    again = {name: kind for name, kind in right.items() if kind != kinds[name]}
    return {name: column for name, column in found.items() if name not in again}, again


class _Numbers:
    """Columns of numbers of one precision that come in pieces."""

    def __init__(self, names: Sequence[str], count: int, kind: str) -> None:
        import numpy as np

        self._names, self._kind = names, kind
        width = len(names)
        dtype = np.float32 if kind == SINGLE else np.float64
        sizes = [min(BLOCK, count - first) for first in range(0, count, BLOCK)]
        self._blocks = [np.empty((width, size), dtype) for size in sizes]
        self._shifts = np.full(width, np.nan if kind == SINGLE else 0.0)
        self._low, self._high = np.full(width, np.inf), np.full(width, -np.inf)
        self._whole = np.zeros(width, bool)
        self._keys = [0] * width

    def add(self, at: int, piece: Mapping[str, Any]) -> int:
        """Take the numbers of the rows from `at` on; returns the row behind them."""
        import numpy as np

        block = np.array([piece[name] for name in self._names])
        end = at + len(block[0])
        self._low = np.fmin(self._low, np.fmin.reduce(block, axis=1))
        self._high = np.fmax(self._high, np.fmax.reduce(block, axis=1))
        # What is no number of single precision, or not finite, is read once more.
        with np.errstate(all="ignore"):
            if np.isnan(self._shifts).any():
                first = np.nansum(block, axis=1) / (block == block).sum(axis=1)
                self._shifts = np.where(np.isnan(self._shifts), first, self._shifts)
            shifted = block - self._shifts[:, None]
            for i in range(at // BLOCK, (end - 1) // BLOCK + 1):  # mostly one
                first, last = max(at, i * BLOCK), min(end, (i + 1) * BLOCK)
                part = shifted[:, first - at : last - at]
                self._blocks[i][:, first - i * BLOCK : last - i * BLOCK] = part
            self._whole |= (np.floor(block) == block).any(axis=1)
        for i, row in enumerate(block):
            self._keys[i] = hash((self._keys[i], row.tobytes()))
        return end

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
        each = zip(
            self._names, self._shifts.tolist(), self._keys, self._whole.tolist(), strict=True
        )
        return {name: Numbers(blocks, i, *about) for i, (name, *about) in enumerate(each)}


class _Texts:
    """Columns of text that come in pieces."""

    def __init__(self, names: Sequence[str], count: int) -> None:
        import numpy as np

        self._index: dict[str, dict[str, int]] = {name: {} for name in names}
        self._at = {name: np.empty(count, np.int32) for name in names}

    def add(self, at: int, piece: Mapping[str, Any]) -> int:
        """Take the texts of the rows from `at` on; returns the row behind them."""
        import numpy as np

        for name, index in self._index.items():
            cells, which = piece[name]
            known = [index.setdefault(cell.strip(), len(index)) for cell in cells]
            end = at + len(which)
            self._at[name][at:end] = np.array(known, np.int32)[which]
        return end

    def kinds(self) -> dict[str, str]:
        """They are what they were read as."""
        return dict.fromkeys(self._index, TEXT)

    def done(self) -> dict[str, Texts]:
        """The columns."""
        return {name: Texts([*index], self._at[name]) for name, index in self._index.items()}


def floats_of(column: Any) -> NDArray[Any]:
    """A column of pyarrow's floats, nan where nothing is known.

    Its own `to_numpy` would import pandas where that is installed, in 60 MB and half a second.
    """
    import numpy as np

    known, numbers = column.buffers()
    rows = slice(column.offset, column.offset + len(column))
    found = np.frombuffer(numbers, np.float64)[rows]
    if not column.null_count:
        return found
    bits = np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")
    return np.where(bits[rows], found, np.nan)


def texts_of(column: Any) -> tuple[list[str], NDArray[Any]]:
    """The different cells of a dictionary of pyarrow's, and which of them stands in each row."""
    import numpy as np

    at = column.indices
    which = np.frombuffer(at.buffers()[1], np.int32)[at.offset : at.offset + len(at)]
    return column.dictionary.to_pylist(), which


def _rows_of(file: str, start: int) -> int:
    """How many rows there are; 0 where one has to be read with more care.

    That is where there are quotes, NUL bytes, bare carriage returns, blank lines, or spaces that
    cannot be seen.
    """
    count = 0
    for piece in _pieces_of(file, start):
        rows = _plain_rows(piece)
        if not rows:
            return 0
        count += rows
    return count


def _pieces_of(file: str, start: int) -> Iterator[bytes]:
    """The lines of a file in pieces, each from one end of a line to another."""
    with open(file, "rb") as stream:
        stream.seek(start)
        while piece := stream.read(_SCANNED):
            piece += stream.readline(_SCANNED)  # a sparse file has no end of a line
            yield b"\n" + piece + (b"" if piece.endswith(b"\n") else b"\n")


def _plain_rows(text: bytes) -> int:
    """How many lines a piece has; 0 if one of them is not plain."""
    import numpy as np

    if any(mark in text for mark in _FOREIGN):
        return 0
    signs = np.frombuffer(text, dtype=np.uint8)
    ends = signs == ord("\n")
    if b"\r" in text and not ends[np.flatnonzero(signs == ord("\r")) + 1].all():
        return 0
    lines = np.flatnonzero(ends[:-1]) + 1
    firsts = signs[lines]
    odd = lines[(firsts <= ord(" ")) | (firsts == ord(","))]
    if any(_BLANK.match(text, line) for line in odd.tolist()):
        return 0
    return len(lines)


def _has_codes(file: str, start: int) -> bool:
    """Whether a cell is a whole number behind a zero, or may be too small for a float.

    007 is a name and no amount; and 1e-400 is not 0.
    """
    return any(map(_holds_code, _pieces_of(file, start)))


def _holds_code(text: bytes) -> bool:
    import numpy as np

    signs = np.frombuffer(text, dtype=np.uint8)
    digits = (signs - ord("0")) <= 9  # of unsigned bytes, which wrap
    codes = digits[2:] & (signs[1:-1] == ord("0"))
    signed = (signs == ord("+")) | (signs == ord("-"))
    begins = signs == ord("\n")
    for mark in b", \t":
        begins |= signs == mark
    signed[1:] &= begins[:-1]  # the sign of a cell
    codes &= (begins | signed)[:-2]
    if any(_CODE.match(text, at + 1) for at in np.flatnonzero(codes).tolist()):
        return True
    if b"e-" not in text and b"E-" not in text:
        return False
    powers = np.flatnonzero((signs[:-4] | 32) == ord("e"))
    tiny = signs[powers + 1] == ord("-")
    for after in (2, 3, 4):
        tiny &= digits[powers + after]
    return bool(tiny.any())
