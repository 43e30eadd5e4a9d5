"""What the commands print: text that no terminal obeys, JSON that every program can read."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
import textwrap
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import Any, TextIO

import click

from jangrad.errors import printable

# Where a stream has no such letters, curves are drawn with others; the rest is escaped.
_BRAILLE = dict.fromkeys(range(0x2801, 0x2900), ".") | {0x2800: " "}


def prepare() -> None:
    """Make the streams ready: one that is closed takes nothing, one without a letter escapes it."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started the program
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, TextIOWrapper):
            if isinstance(stream.buffer, RawIOBase):  # PYTHONUNBUFFERED
                # What takes a part of a long text says so, and Python's stream drops the rest.
                encoding, raw = stream.encoding, stream.detach()
                stream = TextIOWrapper(BufferedWriter(raw), encoding, line_buffering=True)
                setattr(sys, name, stream)
            stream.reconfigure(errors="backslashreplace")


def say(text: object, *, err: bool = False) -> None:
    """Print a message or a tree on standard output, or on the error stream."""
    _write(printable(str(text)), sys.stderr if err else sys.stdout)


def say_wrapped(text: object, *, err: bool = False) -> None:
    """Print lines of words; on a terminal none is wider than that, and what follows is set in."""
    stream = sys.stderr if err else sys.stdout
    lines = str(text).split("\n")
    if stream.isatty():
        width = max(shutil.get_terminal_size().columns, 40)
        lines = [part for line in lines for part in _folded(line, width)]
    say("\n".join(lines), err=err)


def _folded(line: str, width: int) -> list[str]:
    if len(line) < width:
        return [line]
    return textwrap.wrap(line, width - 1, subsequent_indent="  ", break_on_hyphens=False)


def say_styled(text: str) -> None:
    """Print what has colours, all of it our own or shown by `printable`."""
    _write(text if sys.stdout.isatty() else click.unstyle(text), sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    # Not by click.echo, which takes UTF-8 for ASCII where that is what was asked for.
    try:
        text.encode(stream.encoding or "utf-8")
    except UnicodeEncodeError:
        from jangrad.show.letters import PLAIN

        text = text.translate(PLAIN | _BRAILLE)
    stream.write(f"{text}\n")
    stream.flush()


def say_json(content: Any) -> None:
    """Print it as JSON, which has no nan and no inf: there is null in their place."""
    _write(json_of(content), sys.stdout)


def json_of(content: Any) -> str:
    """The text that `say_json` prints."""
    text = json.dumps(_finite(content), indent=2, allow_nan=False)
    return text.replace("\x7f", "\\u007f")


def not_finite(content: dict[str, Any]) -> dict[str, str]:
    """The entries that JSON has no number for, as text."""
    return {
        key: str(number)
        for key, number in content.items()
        if isinstance(number, float) and not math.isfinite(number)
    }


def _finite(content: Any) -> Any:
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, dict):
        return {key: _finite(item) for key, item in content.items()}
    return [_finite(item) for item in content] if isinstance(content, list) else content


def drop() -> None:
    """Let go of streams whose reader has gone, or Python would try once more at the exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), stream.fileno())
