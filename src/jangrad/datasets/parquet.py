"""Parquet files, read by pyarrow (the extra `tables`): numbers as arrays, the rest as text."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jangrad.datasets.fast import FastSheet, is_usable
from jangrad.errors import DataError, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIGNATURE = b"PAR1"


def is_parquet(file: str) -> bool:
    """Whether a file begins as Parquet files do."""
    with suppress(OSError, ValueError), open(file, "rb") as stream:
        return stream.read(len(_SIGNATURE)) == _SIGNATURE
    return False


def read_parquet(file: str) -> FastSheet:
    """The sheet of a Parquet file; `lines` counts its rows from 1.

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
        table = parquet.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"`{file}` cannot be read as Parquet: {str(error).splitlines()[0]:.100}",
            where=file,
            why="it is truncated or damaged",
            try_="a whole copy of the file, or write the table as CSV",
        ) from None
    names = [name.strip() for name in table.column_names]
    if not table.num_rows or not names or len(set(names)) < len(names) or "" in names:
        raise DataError(
            f"`{file}` has no rows, or columns without names of their own",
            where=file,
            try_="a row or more, and a name for each column",
        )
    arrays: dict[str, NDArray[Any]] = {}
    text: list[list[str]] = []
    for name, column in zip(names, table.columns, strict=True):
        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise DataError(
                f"the column `{name}` holds {kind}, which is no number and no text",
                where=f"{file}, column `{name}`",
                try_=f"a column for each of its parts, or --ignore {quoted(name)}",
            )
        numbers = _numbers(column) if _is_number(kind) else None
        if numbers is not None and is_usable(numbers):
            arrays[name] = numbers
        else:
            text.append([_cell(value) for value in column.to_pylist()])
    count = table.num_rows
    rows = list(map(list, zip(*text, strict=True))) if text else [[]] * count
    return FastSheet(file, names, rows, range(1, count + 1), ",", arrays=arrays, unit="row")


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def _numbers(column: Any) -> NDArray[Any] | None:
    """The column as floats with nan for null; None where a float would lose digits."""
    import pyarrow as pa

    try:
        found: NDArray[Any] = column.cast(pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return found


def _cell(value: object) -> str:
    return "" if value is None else str(value).strip()
