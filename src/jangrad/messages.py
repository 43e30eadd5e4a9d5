"""What messages are made of: the user's line, advice that its reader can follow, printable text."""

from __future__ import annotations

import os.path
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

# What a terminal obeys and does not show, what turns the direction of text, what ends a line
# although it is no "\n", and what XML cannot hold.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

_PACKAGE = os.path.join(os.path.dirname(__file__), "")  # with its slash: `jangrad_demo` is not ours
_ENGINE = os.path.join(_PACKAGE, "engine.py")
# A line of `copy` or `statistics` is no line of the user's.
_STANDARD = os.path.join(os.path.dirname(os.path.__file__), "")
# Where packages are installed, as whole parts of a path: `my-packages` may be anybody's.
_INSTALLED = frozenset({"site-packages", "dist-packages"})
# Whoever uses the command line has no line of Python to be shown.
_COMMANDS = os.path.join(_PACKAGE, "interfaces", "")
_LONGEST_LINE = 100  # letters of the user's code that a message quotes


def user_line() -> str:
    """The innermost line of the running program: `file.py:12: the code`.

    Lines of jangrad and of Python's standard library are passed over, and of installed packages
    where one of the user's own has called them.

    Returns:
        `"file.py:12: code"`, without the code where the source cannot be read, or `""` where there
        is no such line, or the program is the command line.
    """
    frame = sys._getframe(1)
    foreign = ""
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_COMMANDS):
            return ""
        if is_users(name):
            return source_line(name, frame.f_lineno)
        ours = name.startswith((_PACKAGE, "<jangrad", "<frozen"))
        if not foreign and not ours and "-packages" in name:
            foreign = source_line(name, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return foreign


def within() -> bool:
    """Whether it is jangrad itself, not the user's program, that asked the engine for something."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename == _ENGINE:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None and frame.f_code.co_filename.startswith(_PACKAGE)


@lru_cache(maxsize=4096)
def is_users(file: str) -> bool:
    """Whether a file of code is the user's own: not jangrad's, Python's, or an installed package's.

    What has no file, such as a notebook's cell, is.
    """
    return not file.startswith((_PACKAGE, _STANDARD, "<jangrad", "<frozen")) and (
        _INSTALLED.isdisjoint(re.split(r"[/\\]", file))
    )


def source_line(file: str, number: int) -> str:
    """`file.py:12: the code on that line`, with the file's last part only."""
    import linecache  # costs a millisecond at import, and only errors need it

    code = linecache.getline(file, number).strip()
    place = f"{os.path.basename(file)}:{number}"
    if len(code) > _LONGEST_LINE:
        code = code[: _LONGEST_LINE - 3] + "..."
    return f"{place}: {code}" if code else place


_typed: frozenset[str] | None = None  # what a command takes that runs; its users write no Python


@contextmanager
def commands(options: Iterable[str] = ()) -> Iterator[None]:
    """Inside it messages advise what can be typed as a command, which takes these options."""
    global _typed
    _typed = frozenset(options)
    try:
        yield
    finally:
        _typed = None


def either(python: str, command: str) -> str:
    """What to try, as Python writes it; or, while a command runs, as it is typed there.

    >>> either('missing="drop"', "--missing drop")
    'missing="drop"'
    """
    return python if _typed is None else command


def is_command() -> bool:
    """Whether a command runs, and nobody here writes Python."""
    return _typed is not None


def offers(option: str) -> bool:
    """Whether who reads a message can follow the advice: in Python, or where a command takes it."""
    return _typed is None or option in _typed


def printable(text: str, *, line: bool = False) -> str:
    r"""The text with an escape, as in Python's strings, in the place of each letter that acts.

    Names in messages and pictures come from files of others, and a terminal obeys what is printed.
    In a `line` its end and a tab are such letters too.

    >>> printable("a\x1b[31mb"), printable("two\nlines", line=True)
    ('a\\x1b[31mb', 'two\\nlines')
    """
    shown = _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)
    return shown.replace("\n", "\\n").replace("\t", "\\t") if line else shown


def did_you_mean(name: str, choices: object) -> str:
    """`did you mean `relu`?`, or the list of choices where nothing is near."""
    from difflib import get_close_matches

    names = sorted(str(choice) for choice in choices)  # type: ignore[attr-defined]
    small = {each.casefold(): each for each in names}  # ReLU is nearer to relu than to any other
    like = [small[each] for each in get_close_matches(name.casefold(), small, n=1)]
    near = get_close_matches(name, names, n=1) or like
    return f"did you mean `{near[0]}`?" if near else "one of " + ", ".join(names)
