"""Large tables, read by pyarrow (the extra `tables`) in pieces, into columns that are arrays.

It reads what it surely reads as `read_sheet` does: commas, quotes around whole cells, no blank
lines, columns of plain numbers as such and the others as text. Anything else is left to
`read_sheet`, which knows every notation and names the line of a mistake.

Several pieces are parsed at once, each in a thread, and come together in their order. So nothing
of what is found depends on how many threads there are.
"""

from __future__ import annotations

import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from jangrad.datasets.filling import TEXT, Cells, Filling, TablePart, Whole, kind_of_numbers
from jangrad.datasets.packed import Numbers, Texts
from jangrad.datasets.plain_text import NotPlain, check_plain, holds_code
from jangrad.datasets.sheet import UNSEEN, Sheet, head_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE = 2**20  # bytes, from which on it pays to import pyarrow
_PIECE = 2**20
_REST = 2**14  # bytes of a line that goes on behind a piece, at once
_MOST_THREADS = 8
# As `jangrad.datasets.columns.MISSING_NUMBER` has them, in the letters of most programs; a cell in
# other letters makes its column one of text, which is looked at cell by cell.
_MISSING = [
    *("", "?", "NA", "na", "N/A", "n/a", "#N/A", "#NA", "<NA>", "NaN", "nan", "NAN"),
    *("NULL", "null", "Null", "None", "none"),
]
_NUMBERS = "int64", "double", "null"  # pyarrow's types of columns that seem to be numbers
_ODD = re.compile(f"\\0|{UNSEEN.pattern}")
_FAILED = re.compile(r"In CSV column #(\d+): CSV conversion error")


def read_fast(file: str, whole: Whole | None = None, shown: str | None = None) -> Sheet | None:
    """The sheet of a large file; None where `read_sheet` is to read it.

    Args:
        file: the path.
        whole: of the names of the columns those whose numbers are to have all of their digits; the
            others may be kept in single precision. All, when left out.
        shown: what the file is called in messages; its path when left out.
    """
    try:
        if not os.path.isfile(file) or os.path.getsize(file) < LARGE:
            return None
        import pyarrow as pa
    except (ImportError, OSError):
        return None
    names, start = head_of(file)
    if not names:
        return None
    try:
        columns, count = _Reader(file, names, start).columns(whole)
    except (NotPlain, pa.ArrowException, ValueError):
        return None
    finally:
        pa.default_memory_pool().release_unused()
    if all(isinstance(c, Texts) and name in c.cells for name, c in columns.items()):
        return None  # perhaps a row that repeats the names
    return Sheet(shown or file, {name: columns[name] for name in names}, range(2, count + 2), ",")


class _Reader:
    """Reads the rows of a file, in pieces."""

    def __init__(self, file: str, names: Sequence[str], start: int) -> None:
        self._file, self._names = file, names
        self._size = os.path.getsize(file)
        self._own = threading.local()
        self._firsts = range(start, max(self._size, start + 1), _PIECE)

    def columns(self, whole: Whole | None) -> tuple[dict[str, Numbers | Texts], int]:
        """The columns by name, and how many rows there are.

        Raises:
            NotPlain: a piece has to be read with more care.
            ArrowException: pyarrow cannot read it.
        """
        import pyarrow as pa

        text = self._lines(self._firsts[0])
        table = self._parsed(text, None)
        rows = table.num_rows * (self._size - self._firsts[0]) // max(len(text), 1)
        number = kind_of_numbers(self._names, rows, whole)
        kinds = {
            field.name: number[field.name] if str(field.type) in _NUMBERS else TEXT
            for field in table.schema
        }
        found: dict[str, Numbers | Texts] = {}
        count = 0
        while kinds:
            filling = Filling(kinds, self._cells(text, kinds))
            try:
                for part in filter(None, self._parts(filling, kinds)):
                    filling.add(part)
            except pa.ArrowInvalid as error:
                failed = _FAILED.search(str(error))
                if failed is None or kinds.get(self._names[int(failed[1])], TEXT) == TEXT:
                    raise
                kinds[self._names[int(failed[1])]] = TEXT
                continue
            columns, kinds = filling.done()
            found, count = found | columns, filling.count
        return found, count

    def _parts(self, filling: Filling, kinds: Mapping[str, str]) -> Iterator[TablePart | None]:
        """What the pieces hold, in their order."""
        threads = min(_processors(), _MOST_THREADS, len(self._firsts))
        work = partial(self._part, filling, dict(kinds))
        waiting: deque[Future[TablePart | None]] = deque()
        with ThreadPoolExecutor(threads) as pool:
            try:
                for first in self._firsts:
                    waiting.append(pool.submit(work, first))
                    if len(waiting) > threads + 1:  # so that few are in memory
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _part(self, filling: Filling, kinds: Mapping[str, str], first: int) -> TablePart | None:
        text = self._lines(first)
        if not text:  # of the middle of the last line
            return None
        part = filling.part(self._cells(text, kinds))
        if part.has_whole and holds_code(text):
            raise NotPlain
        return part

    def _cells(self, text: memoryview, kinds: Mapping[str, str]) -> Cells:
        """The cells of some lines, of columns of these kinds."""
        (batch,) = self._parsed(text, kinds).combine_chunks().to_batches()
        columns = dict(zip(kinds, batch.columns, strict=True))
        cells = {
            n: _texts_of(c) if kinds[n] == TEXT else _amounts_of(c) for n, c in columns.items()
        }
        gaps = (columns[name].null_count for name, kind in kinds.items() if kind != TEXT)
        if len(kinds) == len(self._names) and all(gaps):
            _check_for_blanks(cells, kinds)
        return cells

    def _parsed(self, text: memoryview, kinds: Mapping[str, str] | None) -> Any:
        """A table of pyarrow's of some lines; of all columns as what they seem to be, if None."""
        import pyarrow as pa
        from pyarrow import csv

        rows = check_plain(text)
        seen: dict[str, Any] = {}
        if kinds is not None:
            texts, numbers = pa.dictionary(pa.int32(), pa.string()), pa.float64()
            types = {name: texts if kind == TEXT else numbers for name, kind in kinds.items()}
            seen = {"include_columns": [*types], "column_types": types}
        table = csv.read_csv(
            pa.BufferReader(pa.py_buffer(text)),
            read_options=csv.ReadOptions(
                block_size=len(text) + 1, column_names=self._names, use_threads=False
            ),
            parse_options=csv.ParseOptions(ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(
                null_values=_MISSING, strings_can_be_null=False, **seen
            ),
        )
        if table.num_rows != rows:  # a cell holds the end of a line
            raise NotPlain
        return table

    def _lines(self, first: int) -> memoryview:
        """The lines that begin in the piece from this byte on, until the thread asks for others.

        They lie in memory that each thread has once: what is new each time has to be cleared by the
        system first, which takes longer than to read it.

        Raises:
            NotPlain: the last one is longer than a piece.
        """
        if not hasattr(self._own, "room"):
            self._own.room = bytearray(2 * _PIECE + 2 * _REST)
        room = self._own.room
        with open(self._file, "rb", buffering=0) as stream:
            stream.seek(first - 1)  # the end of a line, or in one that begins before
            count = _read_into(room, 0, min(_PIECE, self._size - first) + 1, stream)
            begin = room.find(b"\n", 0, count) + 1 or count  # of none, in the middle of the last
            while begin < count and not room.endswith(b"\n", 0, count):
                if count > 2 * _PIECE:
                    raise NotPlain
                more = _read_into(room, count, _REST, stream)
                if not more:
                    break
                end = room.find(b"\n", count, count + more) + 1
                count = end or count + more
        return memoryview(room)[begin:count]


def _read_into(room: bytearray, at: int, count: int, stream: Any) -> int:
    """Read so many bytes, fewer at the end of the file; how many they were."""
    found = 0
    while found < count and (more := stream.readinto(memoryview(room)[at + found : at + count])):
        found += more
    return found


def floats_of(column: Any) -> NDArray[Any]:
    """A column of pyarrow's floats, nan where nothing is known.

    Its own `to_numpy` would import pandas where that is installed, in 60 MB and half a second.
    """
    import numpy as np

    rows = slice(column.offset, column.offset + len(column))
    found = np.frombuffer(column.buffers()[1], np.float64)[rows]
    return np.where(_known(column), found, np.nan) if column.null_count else found


def _known(column: Any) -> Any:
    """Which of them are known."""
    import numpy as np

    known = column.buffers()[0]
    if known is None:
        return True
    bits = np.unpackbits(np.frombuffer(known, np.uint8), bitorder="little")
    return bits[column.offset : column.offset + len(column)] > 0


def texts_of(column: Any) -> tuple[list[str], NDArray[Any]]:
    """The different cells of a dictionary of pyarrow's, and which of them stands in each row."""
    import numpy as np

    at = column.indices
    which = np.frombuffer(at.buffers()[1], np.int32)[at.offset : at.offset + len(at)]
    return column.dictionary.to_pylist(), which


def _texts_of(column: Any) -> tuple[list[str], NDArray[Any]]:
    """As `texts_of`.

    Raises:
        NotPlain: there are NUL bytes, or spaces that cannot be seen.
    """
    found = texts_of(column)
    if any(map(_ODD.search, found[0])):
        raise NotPlain
    return found


def _amounts_of(column: Any) -> NDArray[Any]:
    """A column as floats; with inf, so that it is read as text, where `nan(ind)` is none."""
    import numpy as np

    found = floats_of(column)
    if not (column.null_count or np.isnan(found.min())):  # as is most often so
        return found
    unknown = np.isnan(found)
    odd = unknown.sum() > column.null_count
    return np.where(unknown & _known(column), np.inf, found) if odd else found


def _check_for_blanks(cells: Cells, kinds: Mapping[str, str]) -> None:
    """That no row is one of gaps alone, which may be a blank line."""
    import numpy as np

    blank: Any = True
    for name, kind in kinds.items():
        if kind == TEXT:
            different, which = cells[name]
            empty = np.array([not cell.strip() for cell in different], bool)
            blank = blank & empty[which]
        else:
            blank = blank & np.isnan(cells[name])
        if not blank.any():
            return
    raise NotPlain


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
