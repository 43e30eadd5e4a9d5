"""What a stream can write: it may lack the letters of branches, of slopes and of names."""

from __future__ import annotations

import sys

#: The same in letters that every stream has; `del` is what AsciiMath calls ∂.
PLAIN = str.maketrans(
    {"├": "|", "└": "`", "│": "|", "─": "-", "…": "~", "Σ": "sum", "∏": "product", "∂": "del "}
)


def can_take(text: str, encoding: str | None) -> bool:
    """Whether a stream of that encoding has every letter of the text."""
    try:
        text.encode(encoding or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def escaped(text: str, encoding: str | None) -> str:
    """The text with plain letters, and an escape for each that the encoding lacks even so.

    >>> print(escaped("∂π/∂a", "ascii"))
    del \\u03c0/del a
    """
    code = encoding or "utf-8"
    return text.translate(PLAIN).encode(code, "backslashreplace").decode(code)


def output_encoding() -> str | None:
    """That of standard output; a program may have none."""
    return getattr(sys.stdout, "encoding", None)


def for_output(text: str) -> str:
    """The text as standard output can take it: as it is, or `escaped`."""
    encoding = output_encoding()
    return text if can_take(text, encoding) else escaped(text, encoding)
