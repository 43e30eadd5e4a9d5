"""Lines of code that are not too long."""

from __future__ import annotations

_SIGNS = frozenset("+-*/?:&|<>")


def wrapped(line: str, width: int = 100) -> list[str]:
    """A line in several, broken in front of signs and behind commas, outside of brackets first.

    >>> wrapped("y = first + second[i + 1];", 18)
    ['y = first', '        + second[i + 1];']
    """
    indent = " " * (len(line) - len(line.lstrip()) + 8)
    found, rest = [], line
    while len(rest) > width:
        at = _break(rest, width)
        if at < 0:
            break
        found.append(rest[:at])
        rest = indent + rest[at + 1 :]
    return [*found, rest]


def _break(line: str, width: int) -> int:
    """The place of the space at which a line is broken, -1 where there is none."""
    begin = len(line) - len(line.lstrip())
    depth, best, at = 0, (0, False, 0), -1
    for n, letter in enumerate(line[:width]):
        depth += (letter in "([") - (letter in ")]") + 99 * ((letter == "[") - (letter == "]"))
        if letter != " " or n <= begin:
            continue
        if line[n - 1] == "," or (line[n + 1] in _SIGNS and line[n + 2 : n + 3] in (" ", "=")):
            early = n <= begin + (width - begin) // 3
            rank = (-depth - 50 * early, line[n + 1] not in "*/", n)
            if at < 0 or rank > best:
                best, at = rank, n
    return at
