"""Saving what can be shown: the file's ending says the format, and each format has its options."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from jangrad.errors import ConfigError, SaveError, did_you_mean
from jangrad.files import path_of, write_at_once

Writers = Mapping[str, Callable[..., str | bytes]]


def save(
    path: str | os.PathLike[str], writers: Writers, options: Mapping[str, Any], example: str
) -> Path:
    """Write a file as its ending says.

    Args:
        path: where to.
        writers: what makes the content, by the ending; its keywords are the options it takes.
        options: those that were given.
        example: a right call, for messages.

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
    taken = list(signature(write).parameters)
    for option in options:
        if option not in taken:
            raise ConfigError(
                f"a file that ends in {ending!r} has no option `{option}`",
                try_=did_you_mean(option, taken) if taken else "none: it has no options",
            )
    content = write(**options)
    write_at_once(path, content if isinstance(content, bytes) else content.encode("utf-8"))
    return path
