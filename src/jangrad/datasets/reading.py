"""How a table is read: the options of `read_csv`, and of all that reads tables as it does."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, TypedDict, TypeVar, cast

from jangrad.datasets.fast import read_fast
from jangrad.datasets.filling import Whole
from jangrad.datasets.notation import check_mark
from jangrad.datasets.parquet import is_parquet, read_parquet
from jangrad.datasets.piped import is_pipe, kept_on_disk
from jangrad.datasets.sheet import Sheet, read_sheet, shown
from jangrad.errors import ConfigError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])
POLICIES = ("mean", "error", "drop")


class Notation(TypedDict, total=False):
    """How a file is written, where it does not tell.

    Attributes:
        decimal: "," or "." as the decimal mark; the other one, and spaces, then group thousands.
        delimiter: what separates the cells: ",", ";", "\\t" or "|".
        encoding: a name such as "cp1252", for a file that is not in UTF-8.
    """

    decimal: str | None
    delimiter: str | None
    encoding: str | None


class Reading(Notation, total=False):
    """Also which columns are inputs, and what becomes of cells in which nothing is known.

    Attributes:
        ignore: columns that are no inputs, such as names or numbers of rows.
        missing: what to do about missing cells of inputs: "mean", "error" or "drop".
    """

    ignore: str | Sequence[str]
    missing: str


_DEFAULTS: dict[str, Any] = {"ignore": (), "missing": POLICIES[0]}  # of the others None


def takes(options: type[Notation | Reading]) -> Callable[[F], F]:
    """Of a function with `**options`: its signature names them, and it is called with no others.

    Args:
        options: which it takes.

    Raises:
        ConfigError: at a call, where an option does not exist or is out of its range.
    """
    kinds = dict(options.__annotations__) | Notation.__annotations__

    def told(function: F) -> F:
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_DEFAULTS.get(name),
                annotation=getattr(kind, "__forward_arg__", kind),
            )
            for name, kind in kinds.items()
        ]
        known = {p.name for p in (*own, *more)}

        @wraps(function)
        def call(*given: Any, **named: Any) -> Any:
            for name in named:
                if name not in known:
                    raise ConfigError(
                        f"`{function.__name__}` has no option `{name}`",
                        try_=did_you_mean(name, known),
                    )
            missing = named.get("missing", POLICIES[0])
            if missing not in POLICIES:
                raise ConfigError(
                    f"there is no way `{missing}` to handle missing cells",
                    try_=did_you_mean(str(missing), POLICIES),
                )
            check_mark(named.get("decimal"))
            return function(*given, **named)

        call.__signature__ = signature.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        return cast(F, call)

    return told


def opened(
    path: str | os.PathLike[str],
    written: Notation,
    whole: Whole | None = None,
    *,
    every_row: bool = False,
) -> Sheet:
    """The sheet of a file: of Parquet, of large CSV by pyarrow if it is there, or cell by cell.

    Args:
        path: the file.
        written: how.
        whole: as for `read_fast`.
        every_row: keep empty lines as rows; as for `read_sheet`.
    """
    delimiter, encoding = written.get("delimiter"), written.get("encoding")
    plain = written.get("decimal") is None and delimiter in (None, ",") and encoding is None
    slowly = partial(read_sheet, path, every_row=every_row, delimiter=delimiter, encoding=encoding)
    if not isinstance(path, (str, os.PathLike)):
        return slowly()
    file = os.fspath(path)
    if is_parquet(file):
        return read_parquet(file, whole)
    if not plain:
        return slowly()
    if not is_pipe(file):
        return read_fast(file, whole) or slowly()
    with kept_on_disk(file) as (stream, place):
        fast = read_fast(place, whole, shown(file)) if place else None
        return fast or slowly(stream=stream)
