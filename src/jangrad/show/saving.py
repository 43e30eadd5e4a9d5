"""Saving what can be shown: the file's ending says the format, and each format has its options."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from jangrad.errors import ConfigError, SaveError, did_you_mean
from jangrad.files import path_of, write_at_once

Writers = Mapping[str, Callable[..., str | bytes]]


def save(
    path: str | os.PathLike[str],
    writers: Writers,
    options: Mapping[str, Any],
    example: str,
    more: Iterable[str] = (),
) -> Path:
    """Write a file as its ending says.

    Args:
        path: where to.
        writers: what makes the content, by the ending; its keywords are the options it takes.
        options: those that were given.
        example: a right call, for messages.
        more: the options that a writer with a `**` takes besides.

    Raises:
        ConfigError: when no writer has that ending, or it does not take one of the options.
        SaveError: when the file cannot be written.
    """
    path = Path(path_of(path, SaveError, example))
    ending = path.suffix.lower()
    write = writers.get(ending)
    if write is None:
        raise ConfigError(
            f"`{path.name}` ends in {path.suffix!r}, which says no format"
            if path.suffix
            else f"`{path.name}` has no ending, which would say the format",
            try_=", ".join(writers),
        )
    taken = _options(write, more)
    for option in options:
        if option not in taken:
            others = [end for end, other in writers.items() if option in _options(other, more)]
            raise ConfigError(
                f"a file that ends in {ending!r} has no option `{option}`",
                why=_whose(others),
                try_=did_you_mean(option, taken) if taken else "none: it has no options",
            )
    content = write(**options)
    write_at_once(path, content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def _options(write: Callable[..., str | bytes], more: Iterable[str]) -> list[str]:
    named = signature(write).parameters.values()
    found = [each.name for each in named if each.kind is not Parameter.VAR_KEYWORD]
    return found if len(found) == len(named) else list(dict.fromkeys([*found, *more]))


def _whose(endings: list[str]) -> str:
    *some, last = endings or [""]
    return f"{', '.join(some)} and {last} have it" if some else last and f"{last} has it"
