"""Large tables of numbers, read by pyarrow (the extra `tables`) in pieces, into arrays.

It reads what it surely reads as `read_sheet` does: commas, no quotes, no blank lines, columns of
plain numbers in arrays and the others as text. Anything else is left to `read_sheet`, which knows
every notation and names the line of a mistake.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jangrad.datasets.sheet import Sheet, head_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGE = 2**20  # bytes, from which on it pays to import pyarrow
_PIECE = 2**22
_EXACT = 2**53  # whole numbers up to which a float holds
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
_ODD_LINES = re.compile(rb"\r[^\n]|\n[ \t,]*\r?\n|[eE]-\d{3}")


@dataclass(frozen=True)
class FastSheet(Sheet):
    """A sheet whose columns of numbers are arrays, with nan where nothing is known.

    `rows` has the cells of the other columns alone.
    """

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)

    @cached_property
    def at(self) -> dict[str, int]:
        """Where in a row the cell of a column of text stands."""
        return {name: i for i, name in enumerate(n for n in self.names if n not in self.arrays)}

    def numbers(self, name: str) -> NDArray[Any] | None:
        """The column as an array, if it is one."""
        return self.arrays.get(name)

    def cells(self, name: str) -> list[str]:
        """The cells of one column, from the top."""
        numbers = self.arrays.get(name)
        if numbers is None:
            return super().cells(name)
        return ["" if x != x else repr(x).removesuffix(".0") for x in numbers.tolist()]

    def without(self, rows: set[int]) -> FastSheet:
        """The sheet less the rows of these indices."""
        import numpy as np

        kept = np.ones(len(self.rows), dtype=bool)
        kept[list(rows)] = False
        arrays = {name: numbers[kept] for name, numbers in self.arrays.items()}
        left = [i for i in range(len(self.rows)) if i not in rows]
        return replace(
            self,
            rows=[self.rows[i] for i in left],
            lines=[self.lines[i] for i in left],
            arrays=arrays,
        )


def read_fast(file: str) -> FastSheet | None:
    """The sheet of a large file of numbers; None where `read_sheet` is to read it.

    Args:
        file: the path.
    """
    try:
        if not os.path.isfile(file) or os.path.getsize(file) < _LARGE:
            return None
        import numpy as np
        import pyarrow as pa
        from pyarrow import csv
    except (ImportError, OSError):
        return None
    names, start = head_of(file)
    if not names or not _is_plain(file, start):
        return None

    def batches(columns: list[str] | None) -> Any:
        """Of all columns, each of the type that its cells have; or of these, as text."""
        return csv.open_csv(
            file,
            read_options=csv.ReadOptions(block_size=_PIECE, skip_rows=1, column_names=names),
            parse_options=csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=csv.ConvertOptions(null_values=_MISSING)
            if columns is None
            else csv.ConvertOptions(
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
                include_columns=columns,
            ),
        )

    try:
        pieces: dict[str, list[NDArray[Any]]] = {}
        for batch in batches(None):
            numeric = [f.name for f in batch.schema if str(f.type) in ("int64", "double")]
            for name in numeric:
                cells = batch.column(name).cast(pa.float64())  # a whole number beyond 2**53 fails
                pieces.setdefault(name, []).append(cells.to_numpy(zero_copy_only=False))
        arrays = {name: np.concatenate(pieces.pop(name)) for name in list(pieces)}
        arrays = {name: numbers for name, numbers in arrays.items() if is_usable(numbers)}
        text = [name for name in names if name not in arrays]
        columns: list[list[str]] = [[] for _ in text]
        for batch in batches(text) if text else ():
            for cells, name in zip(columns, text, strict=True):
                cells += map(str.strip, batch.column(name).to_pylist())
    except pa.ArrowException:
        return None
    if not arrays:
        return None
    count = len(next(iter(arrays.values())))
    rows = list(map(list, zip(*columns, strict=True))) if text else [[]] * count
    return FastSheet(file, names, rows, range(2, count + 2), ",", arrays=arrays)


def is_usable(numbers: NDArray[Any]) -> bool:
    """Whether they are finite where they are known, known somewhere, and no digits were lost."""
    import numpy as np

    known = numbers[~np.isnan(numbers)]
    return bool(len(known) and np.isfinite(known).all() and not (abs(known) >= _EXACT).any())


def _is_plain(file: str, start: int) -> bool:
    """Whether the rows have no quotes, NUL bytes, bare carriage returns, blank lines, codes that
    begin with zeros, numbers that may be too small for a float, or spaces that cannot be seen.
    """
    with open(file, "rb") as stream:
        stream.seek(start)
        while piece := stream.read(_PIECE):
            if b"\0" in piece:
                return False
            rest = stream.readline(_PIECE)  # a sparse file has no end of a line
            text = b"\n" + piece + rest
            if any(mark in text for mark in (b'"', b"\0", b"\xe2", b"\xef")) or _has_codes(text):
                return False
            suspect = (b"\n\n", b"\n,", b"\n ", b"\n\t", b"\r", b"e-", b"E-")
            if any(mark in text for mark in suspect) and _ODD_LINES.search(text):
                return False
    return True


def _has_codes(text: bytes) -> bool:
    """Whether a cell begins with a zero before another digit: 007 is a name and no amount."""
    import numpy as np

    signs = np.frombuffer(b"\n" + text + b"\n", dtype=np.uint8)
    zeros = np.flatnonzero(signs == ord("0"))
    after = signs[zeros + 1]
    zeros = zeros[(after >= ord("0")) & (after <= ord("9"))]
    before, earlier = signs[zeros - 1], signs[zeros - 2]
    begins = np.isin(before, [*b",\n"])
    return bool((begins | (np.isin(before, [*b"+-"]) & np.isin(earlier, [*b",\n"]))).any())
