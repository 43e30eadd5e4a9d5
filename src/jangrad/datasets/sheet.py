"""A CSV file as text cells with the line each row starts on; no meaning is given to a cell here.

The first line must name the columns: `--target y` needs a name, and a model finds its inputs in
later files by name, whatever their order. A first line of numbers is refused and not guessed about.
`csv.Sniffer` is not used: it guesses from letters too, and fails on short files. What separates the
cells is the mark that makes as many of every one of the first rows as of the names.
"""

from __future__ import annotations

import codecs
import csv
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.datasets.packed import Numbers, Texts
from jangrad.errors import ConfigError, DataError, either
from jangrad.files import path_of, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST = 2**30  # bytes
_PIECE = 2**20
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes"}
_LOOKED_AT = 100  # rows, to find the separator
_SEP_LINE = re.compile(r"\s*\"?sep=([,;\t|])\"?\1*[ ]*(?=[\r\n]|$)", re.IGNORECASE)
UNSEEN = re.compile("[\u200b\u200e\u200f\u2060\ufeff]")  # spaces of no width, direction marks
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DECIMAL = re.compile(
    r"[-+−]?((\d+|\d{1,3}([.,]\d{3})+)[.,]\d*|[.,]\d+)(e[-+]?\d+)?", re.IGNORECASE
)
_SAVED = "save the table as CSV (UTF-8)"
_SIGNATURES = (
    (b"PK\x03\x04", "it is a workbook or a zip file", _SAVED),
    (b"\xd0\xcf\x11\xe0", "it is a workbook", _SAVED),
    (b"\x1f\x8b", "it is compressed by gzip", "unpack it first"),
    (b"BZh91AY&SY", "it is compressed by bzip2", "unpack it first"),
    (b"\xfd7zXZ\x00", "it is compressed by xz", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "it is compressed by zstd", "unpack it first"),
    (b"7z\xbc\xaf", "it is compressed by 7-Zip", "unpack it first"),
    (b"\xff\xfe\x00\x00", "it is in UTF-32", _SAVED),
    (b"\x00\x00\xfe\xff", "it is in UTF-32", _SAVED),
    (b"%PDF-", "it is a PDF", "the table that was printed into it, as CSV (UTF-8)"),
    (b"\x89PNG", "it is a picture", "the table that it shows, as CSV (UTF-8)"),
    (b"SQLite format 3\x00", "it is a database of SQLite", _SAVED),
    (b"\x89HDF", "it is in HDF5", _SAVED),
    (b"ARROW1\x00", "it is in Arrow's own format", f"{_SAVED}, or as Parquet"),
    (b'{"', "it is JSON", _SAVED),
    (b"[{", "it is JSON", _SAVED),
    (b"<?xml", "it is XML", _SAVED),
    (b"<!DOCTYPE html", "it is a page of HTML", "the table that it shows, as CSV (UTF-8)"),
    (b"<html", "it is a page of HTML", "the table that it shows, as CSV (UTF-8)"),
    (b"\x93NUMPY", "it is an array of NumPy", f"{_SAVED}, with names in its first line"),
)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Stream(Protocol):
    """What gives bytes."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


@dataclass(frozen=True)
class Sheet:
    """The columns of a file, by name; cells are stripped of spaces.

    `lines` holds the line each row starts on, counted from 1 as an editor shows it; `empty` the
    lines of rows that have separators and nothing between them. `notes` says what was decided,
    `unit` what `lines` counts.
    """

    file: str
    columns: Mapping[str, Numbers | Texts]
    lines: Sequence[int]
    separator: str
    empty: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    unit: str = "line"

    @property
    def names(self) -> list[str]:
        """The names of the columns, in order."""
        return [*self.columns]

    def numbers(self, name: str) -> Numbers | None:
        """The column, if it was read as one of numbers."""
        column = self.columns[name]
        return column if isinstance(column, Numbers) else None

    def texts(self, name: str) -> Texts:
        """The cells of a column."""
        column = self.columns[name]
        return column.texts() if isinstance(column, Numbers) else column

    def place(self, row: int, name: str) -> str:
        """Where a cell stands, as an error says it."""
        return f"{self.file}, {self.unit} {self.lines[row]}, column `{name}`"

    def place_of(self, cell: str, name: str) -> str:
        """Where a cell stands first in its column."""
        texts = self.texts(name)
        return self.place(int(texts.firsts[texts.cells.index(cell)]), name)

    def changed(self, name: str, cells: dict[str, str]) -> Sheet:
        """The sheet with other cells in the place of these in one column."""
        if not cells:
            return self
        return replace(self, columns={**self.columns, name: self.texts(name).changed(cells)})

    def without(self, rows: NDArray[Any]) -> Sheet:
        """The sheet less the rows of these indices."""
        import numpy as np

        kept = np.ones(len(self.lines), dtype=bool)
        kept[rows] = False
        columns = {name: column.of_rows(kept) for name, column in self.columns.items()}
        return replace(self, columns=columns, lines=np.asarray(self.lines)[kept].tolist())


def read_sheet(
    path: str | os.PathLike[str],
    *,
    every_row: bool = False,
    delimiter: str | None = None,
    encoding: str | None = None,
    stream: Stream | None = None,
) -> Sheet:
    """The sheet of a CSV file in UTF-8, or in UTF-16 with a byte order mark.

    The cells are separated by commas, semicolons, tabs or pipes, and may be quoted; lines end as on
    any system. A first line `sep=;`, as Excel reads it, says which. Rows without any text in them
    are passed over, and so is a first column without a name that counts the rows; any without one
    where rows are kept, for they are read for the columns of other names.

    Args:
        path: the file; "-" for what standard input gives.
        every_row: keep them, and the blank lines before the last row, as rows of empty cells.
        delimiter: what separates the cells; None to find it out.
        encoding: the name of another encoding than UTF-8, such as "cp1252".
        stream: what gives the bytes of the file, if somebody has begun to read it.

    Raises:
        DataError: the file cannot be read, is not text, is a device or larger than 1 GiB, has no
            names or no rows, or a row has more or fewer cells than there are names; or the cells
            may be separated in two ways.
        ConfigError: the delimiter is none of comma, semicolon, tab and pipe, or there is no such
            encoding.
    """
    file = path_of(path, DataError, 'read_csv("table.csv", target="price")')
    if delimiter is not None and delimiter not in tuple(SEPARATORS):
        raise ConfigError(
            f"cells are separated by {_either(SEPARATORS.values())}, not by {delimiter!r:.60}",
            try_="; ".join(_way(mark) for mark in SEPARATORS),
        )
    file, text, found = _text(file, encoding, stream)
    if told := _SEP_LINE.match(text):
        text = "\n" * len(_LINE_END.findall(told[0].encode())) + text[told.end() :]
    separator = delimiter or (told[1] if told else _separator(file, text))
    records = _records(file, text, separator)
    try:
        line, header = next((start, cells) for start, cells in records if any(cells))
    except StopIteration:
        raise DataError(
            f"`{file}` is empty",
            where=file,
            try_="a first line with the names of the columns, then a line for each row",
        ) from None
    rows: list[list[str]] = []
    lines: list[int] = []
    empty: list[int] = []
    nothing: list[int] = []  # lines in which nothing stands; they are rows if another row follows
    for start, row in records:
        if not any(row):
            if every_row:
                nothing.append(start)
            elif len(row) > 1:
                empty.append(start)
            if not every_row or len(row) < min(2, len(header)):
                continue
        elif len(row) != len(header):
            raise DataError(
                f"the row has {_cells(len(row))}, but there {_columns(len(header))}",
                where=f"{file}, line {start}",
                why="each cell belongs to the column whose name stands above it",
                try_="one cell a column, empty where nothing is known; quotes around text that"
                ' holds the separator: "Doe, Jane"'
                + (f"; or {_way(';')} if it is one cell" if len(header) == 1 else ""),
            )
        elif row == header and len(row) > 1:
            raise DataError(
                "the row repeats the names of the columns",
                where=f"{file}, line {start}",
                why="it stands where a second file was put under the first, and would be learned",
                try_="delete the row",
            )
        rows += [[""] * len(header) for _ in nothing]
        lines += nothing
        empty += nothing
        nothing = []
        if any(row):
            rows.append(row)
            lines.append(start)
    names, kept, notes = _named(header, rows, f"{file}, line {line}", every_row)
    if not rows:
        raise DataError(
            f"`{file}` names columns, but has no rows",
            where=f"{file}, line {line}",
            try_="a line for each row under the names",
        )
    columns = {name: Texts.of(row[i] for row in rows) for name, i in zip(names, kept, strict=True)}
    return Sheet(file, columns, lines, separator, tuple(empty), (*found, *notes))


def head_of(file: str) -> tuple[list[str], int]:
    """The names in the first line of a file with commas, and the byte at which its rows begin.

    No names where a name is unusual, or the file may be separated in another way.
    """
    with open(file, "rb") as stream:
        first = stream.readline(_PIECE)
        head = first + stream.read(_PIECE // 4)
    names: list[str] = []
    with suppress(UnicodeDecodeError, DataError, csv.Error):
        text = head.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors="ignore")
        if not _SEP_LINE.match(text) and _separator(file, text) == ",":
            line = UNSEEN.sub("", first.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
            (cells,) = csv.reader([line], skipinitialspace=True, strict=True)
            names = [cell.strip() for cell in cells]
    unusual = "" in names or len(set(names)) < len(names) or any(map(_is_number, names))
    return ([] if unusual else names), len(first)


def _cells(count: int) -> str:
    return f"{count} cell" if count == 1 else f"{count} cells"


def _columns(count: int) -> str:
    return "is 1 column" if count == 1 else f"are {count} columns"


def _either(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}"


def _way(mark: str) -> str:
    shown = r"\t" if mark == "\t" else mark
    return either(f'`delimiter="{shown}"`', f'--delimiter "{shown}"')


def shown(file: str) -> str:
    """What a file is called in messages."""
    return "standard input" if file == "-" else file


def _text(
    file: str, encoding: str | None, stream: Stream | None
) -> tuple[str, str, tuple[str, ...]]:
    """What the file is called, its text, and a note where the encoding was found out."""
    encoding = _checked_encoding(encoding)
    name = shown(file)
    try:
        raw = _raw(file, stream, any_byte=encoding is not None)
    except FileNotFoundError:
        raise DataError(
            f"there is no file `{file}`", where=f"looked in {os.path.dirname(file) or os.getcwd()}"
        ) from None
    except DataError:
        raise
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        raise DataError(f"`{file}` cannot be read: {reason}", where=file) from None
    notes: tuple[str, ...] = ()
    if encoding is None:
        for start, why, try_ in _SIGNATURES:
            if raw.startswith(start):
                raise DataError(f"`{name}` is no CSV file", where=name, why=why, try_=try_)
        if raw.startswith(_WIDE):
            encoding, notes = "utf-16", ("the file is in UTF-16, as its byte order mark says",)
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        bad = f"the byte 0x{raw[at]:02X}"
    else:
        if "\0" not in text:
            return name, UNSEEN.sub("", text), notes
        at, bad = raw.index(b"\0"), "a NUL byte"
    line = len(_LINE_END.findall(raw, 0, at)) + 1
    other = ""
    if not encoding and "NUL" not in bad:
        other = f"; or {_named_encoding('cp1252')}, if Windows wrote it"
    elif not encoding and at < 2:  # a letter and a NUL in turn
        wide = ("utf-16-be", "utf-16-le")[at]
        other = f"; or {_named_encoding(wide)}, if it is in UTF-16 without its mark"
    raise DataError(
        f"`{name}` is not a text file in {(encoding or 'UTF-8').upper()}: it holds {bad}",
        where=f"{name}, line {line}",
        try_=f"save the file again as UTF-8 (in a spreadsheet: `CSV UTF-8`){other}",
    )


def _named_encoding(name: str) -> str:
    return either(f'`encoding="{name}"`', f"--encoding {name}")


def _checked_encoding(encoding: str | None) -> str | None:
    """The encoding's own name; None for UTF-8, in which a byte order mark may stand.

    Raises:
        ConfigError: there is none of this name for text.
    """
    if encoding is None:
        return None
    try:
        name = codecs.lookup(encoding).name
        "a".encode(name)
    except (LookupError, TypeError, ValueError):
        raise ConfigError(
            f"there is no encoding {encoding!r:.60}",
            try_="utf-8, cp1252, latin-1, utf-16, shift_jis, gb18030 and others of Python's",
        ) from None
    return None if name in ("utf-8", "utf-8-sig") else name


def _raw(file: str, stream: Stream | None, *, any_byte: bool) -> bytes:
    """The file up to its end; or to its first NUL byte, unless any byte may stand in its text."""
    if stream is not None:
        return _pieces(stream, shown(file), any_byte)
    if file == "-":
        if sys.stdin is None:
            raise DataError("standard input is closed", try_="a file, or a pipe", where="")
        return _pieces(sys.stdin.buffer, shown(file), any_byte)
    if (what := special(file)) in ("a folder", "a device"):
        raise DataError(f"`{file}` is {what}, not a file", where=file)
    with open(file, "rb") as opened:
        return _pieces(opened, file, any_byte)


def _pieces(stream: Stream, file: str, any_byte: bool) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_PIECE):
        any_byte = any_byte or (not pieces and piece.startswith(_WIDE))
        text, nul, _ = (piece, b"", b"") if any_byte else piece.partition(b"\0")
        pieces.append(text + nul)
        size += len(piece)
        if nul:
            break
        if size > LARGEST:
            raise DataError(
                f"`{file}` has more than {LARGEST / 2**30:.0f} GiB",
                where=file,
                why="as numbers in Python it takes some sixteen times as much memory",
                try_="a part of the rows: most networks here learn as much from a million",
            )
    return b"".join(pieces)


def _records(file: str, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The line it starts on and the stripped cells of every row."""
    # newline="" keeps \r\n inside quotes and splits where an editor does, unlike str.splitlines.
    # strict, or an unclosed quote would swallow the rest of the file without a word.
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        skipinitialspace=True,
        strict=True,
    )
    start = 1
    try:
        for record in reader:
            cells = [cell.strip() for cell in record]
            yield start, cells
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"the row that starts here cannot be read: {error}",
            where=f"{file}, line {start}",
            why="a cell that starts with a quote ends with one, followed by a separator",
            try_='close the quote; a quote inside a quoted cell is written twice: "a 5"" pipe"',
        ) from None


def _separator(file: str, text: str) -> str:
    """The mark that makes the same number of cells of the names and of every row looked at.

    Raises:
        DataError: two marks do.
    """
    head = text.lstrip("\r\n ")[:100_000]
    widths: dict[str, list[int]] = {}
    for mark in SEPARATORS:
        reader = csv.reader(io.StringIO(head, newline=""), delimiter=mark, skipinitialspace=True)
        try:
            read = list(islice(reader, _LOOKED_AT))
        except csv.Error:
            read = [[]]
        if len(head) < len(text) and len(read) > 1:
            read.pop()  # cut off, perhaps
        widths[mark] = [len(cells) for cells in read if any(map(str.strip, cells))] or [1]
    even = [mark for mark, found in widths.items() if found[0] > 1 and len(set(found)) == 1]
    if len(even) > 1:
        raise DataError(
            f"the cells may be separated by {' or by '.join(SEPARATORS[mark] for mark in even)}",
            where=file,
            why="each makes as many cells of every row as of the names",
            try_=" or ".join(_way(mark) for mark in even),
        )
    # the first of the best: a comma where there is none
    return even[0] if even else max(widths, key=lambda mark: widths[mark][0])


def _named(
    header: list[str], rows: list[list[str]], where: str, every_row: bool
) -> tuple[list[str], list[int], list[str]]:
    """The names of the columns once they are names, where the columns stand, and what was decided.

    Columns of nothing are left out, as a last separator makes.
    """
    blank = {i for i, name in enumerate(header) if not name and not any(row[i] for row in rows)}
    kept = [i for i in range(len(header)) if i not in blank]
    names = [header[i] for i in kept]
    if all(_is_number(name) for name in names) or any(_DECIMAL.fullmatch(name) for name in names):
        shown = ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")
        raise DataError(
            f"the first line holds numbers, not the names of the columns: {shown}",
            where=where,
            why="columns are found by name",
            try_="put a line with the names above it, such as " + _example(len(names)),
        )
    notes = []
    if names[0] == "" and (every_row or _count_the_rows([row[kept[0]] for row in rows])):
        names, kept = names[1:], kept[1:]
        note = "left out: the first column, which has no name"
        notes.append(note + ("" if every_row else " and counts the rows"))
    if "" in names:
        raise DataError(
            f"column {names.index('') + 1} of {len(names)} has no name",
            where=where,
            why="columns are found by name",
            try_="name it, or take the column out (pandas writes one with the row numbers,"
            " unless told `to_csv(..., index=False)`)",
        )
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if first.setdefault(name, i) != i:
            raise DataError(
                f"columns {first[name] + 1} and {i + 1} are both named `{name}`",
                where=where,
                why="columns are found by name",
                try_="give each column a name of its own",
            )
    return names, kept, notes


def _count_the_rows(cells: list[str]) -> bool:
    """Whether they are 0, 1, 2 ... as pandas writes them, or 1, 2, 3 ... as R does."""
    return any(cells == [str(i) for i in range(first, first + len(cells))] for first in (0, 1))


def _is_number(name: str) -> bool:
    return _DECIMAL.fullmatch(name) is not None or name.lstrip("+-−").isdecimal()


def _example(count: int) -> str:
    return ",".join(["x1", "x2", "...", "y"] if count > 3 else ["x1", "x2", "y"][3 - count :])
