"""Parquet files, read by pyarrow (the extra `tables`): numbers as arrays, the rest as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from typing import Any

from jangrad.datasets.columns import leave_out
from jangrad.datasets.fast import floats_of, texts_of
from jangrad.datasets.filling import TEXT, Filling, Whole, kind_of_numbers
from jangrad.datasets.packed import Numbers, Texts
from jangrad.datasets.sheet import Sheet
from jangrad.errors import DataError
from jangrad.files import special

_SIGNATURE = b"PAR1"
_ROWS = 2**16  # that are read at once


def is_parquet(file: str) -> bool:
    """Whether a file begins as Parquet files do; a pipe is not asked, which gives it but once."""
    if special(file) == "a pipe":
        return False
    with suppress(OSError, ValueError), open(file, "rb") as stream:
        return stream.read(len(_SIGNATURE)) == _SIGNATURE
    return False


def read_parquet(file: str, whole: Whole | None = None) -> Sheet:
    """The sheet of a Parquet file; `lines` counts its rows from 1. Arguments as for `read_fast`.

    Raises:
        DataError: pyarrow is not installed or cannot read it; it has no rows, or a column of lists
            or of other things that are no cells.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise DataError(
            f"`{file}` is a Parquet file, and pyarrow is not installed",
            where=file,
            try_="pip install 'jangrad[tables]', or write the table as CSV",
        ) from None
    try:
        table = parquet.ParquetFile(file)
        names = [name.strip() for name in table.schema_arrow.names]
        count = table.metadata.num_rows
        _check_names(file, names, count)
        kinds: dict[str, str] = {}
        precise = kind_of_numbers(names, count, whole)
        for name, kind in zip(names, table.schema_arrow.types, strict=True):
            kinds[name] = precise[name] if _is_number(_kind(file, name, kind)) else TEXT

        def read(kinds: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
            wanted = [table.schema_arrow.names[names.index(name)] for name in kinds]
            for piece in table.iter_batches(_ROWS, columns=wanted):
                columns = zip(kinds.items(), wanted, strict=True)
                yield {n: _cells(piece.column(old), kind) for (n, kind), old in columns}

        columns: dict[str, Numbers | Texts] = {}
        while kinds:
            pieces = read(kinds)
            first = next(pieces)
            filling = Filling(kinds, first)
            for cells in chain([first], pieces):
                filling.add(filling.part(cells))
            found, kinds = filling.done()
            columns |= found
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"`{file}` cannot be read as Parquet: {str(error).splitlines()[0]:.100}",
            where=file,
            why="it is truncated or damaged",
            try_="a whole copy of the file, or write the table as CSV",
        ) from None
    columns = {name: columns[name] for name in names}
    return Sheet(file, columns, range(1, count + 1), ",", unit="row")


def _check_names(file: str, names: list[str], count: int) -> None:
    if not count or not names or len(set(names)) < len(names) or "" in names:
        raise DataError(
            f"`{file}` has no rows, or columns without names of their own",
            where=file,
            try_="a row or more, and a name for each column",
        )


def _kind(file: str, name: str, kind: Any) -> Any:
    """What the cells of a column are."""
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise DataError(
            f"the column `{name}` holds {kind}, which is no number and no text",
            where=f"{file}, column `{name}`",
            try_=f"a column for each of its parts, or {leave_out(name)}",
        )
    return kind


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _cells(column: Any, kind: str) -> Any:
    """A piece of a column: as floats with nan for null, or as texts and which of them."""
    import numpy as np
    import pyarrow as pa
    from pyarrow import compute

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind != TEXT:
        # A whole number that a float does not hold has digits to lose: 2**53 says that they are.
        return floats_of(column.cast(pa.float64(), safe=False))
    if pa.types.is_null(column.type):
        return [""], np.zeros(len(column), int)
    different, at = texts_of(compute.dictionary_encode(column, null_encoding="encode"))
    return ["" if value is None else str(value) for value in different], at
