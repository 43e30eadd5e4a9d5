"""Statements of Python in lines that fit: broken in brackets, behind commas, in front of signs."""

from __future__ import annotations

_WIDTH = 88
_STEP = 4
# Items that are so short are set side by side.
_SHORT = 24


def in_lines(text: str, indent: int = 0) -> list[str]:
    """A statement in lines of at most 88 characters, where that can be.

    Args:
        text: the statement.
        indent: how far it will stand to the right.

    >>> in_lines("x = 1")
    ['x = 1']
    """
    room = _WIDTH - indent
    if len(text) <= room:
        return [text]
    groups = _groups(text)
    first, last = max(groups, key=lambda group: group[1] - group[0], default=(0, 0))
    outside = len(text) - (last - first)
    target, sign, value = text.partition(" = ")
    if not sign or not _is_target(target):
        target, value = ("return", text[7:]) if text.startswith("return ") else ("", text)
    if outside > room // 2 and target and _signs(value):
        head = "return (" if target == "return" else f"{target} = ("
        return [head, *_indented(_by_signs(value, indent + _STEP)), ")"]
    if last - first < _STEP or outside > room:
        return [text]
    inside = _body(text[first + 1 : last], indent + _STEP)
    return [text[: first + 1], *_indented(inside), text[last:]]


def _is_target(text: str) -> bool:
    return "(" not in text and " " not in text.replace(", ", "")


def _indented(lines: list[str]) -> list[str]:
    return [" " * _STEP + line for line in lines]


def _body(text: str, indent: int) -> list[str]:
    """What stands in brackets, in lines."""
    if len(text) + indent <= _WIDTH:
        return [text]
    items = _split(text, lambda k: text[k : k + 2] == ", ", 2)
    if len(items) == 1:
        return _by_signs(text, indent)
    if all(len(item) <= _SHORT for item in items):
        return _filled(items, indent)
    lines: list[str] = []
    for item in items:
        found = in_lines(item, indent + 1)
        found[-1] += ","
        lines += found
    return lines


def _filled(items: list[str], indent: int) -> list[str]:
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 2 + indent > _WIDTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + item + ","
    return lines


def _by_signs(text: str, indent: int) -> list[str]:
    """An expression in lines that begin with its outermost signs."""
    signs = _signs(text)
    if not signs:
        return in_lines(text, indent) if len(text) + indent > _WIDTH and _groups(text) else [text]
    parts = _split(text, lambda k: text[k : k + 3] in signs, 1)
    lines: list[str] = []
    for part in parts:
        lines += in_lines(part, indent)
    return lines


def _signs(text: str) -> tuple[str, ...]:
    """The loosest signs outside of brackets."""
    for signs in ((" + ", " - "), (" * ", " / ", " @ ")):
        if len(_split(text, lambda k, signs=signs: text[k : k + 3] in signs, 1)) > 1:
            return signs
    return ()


def _depths(text: str) -> list[int]:
    """How many brackets are open at each character, quotes passed over."""
    depth, quoted, found = 0, False, []
    for letter in text:
        quoted ^= letter == "'"
        if not quoted:
            depth -= letter in ")]}"
        found.append(depth + 1000 * quoted)
        if not quoted:
            depth += letter in "([{"
    return found


def _groups(text: str) -> list[tuple[int, int]]:
    """Where outermost brackets open and close."""
    depths = _depths(text)
    opened = [k for k, letter in enumerate(text) if letter in "([{" and depths[k] == 0]
    closed = [k for k, letter in enumerate(text) if letter in ")]}" and depths[k] == 0]
    return list(zip(opened, closed, strict=True))


def _split(text: str, cut, skipped: int) -> list[str]:  # type: ignore[no-untyped-def]
    """The text cut outside of brackets; so many characters of each cut are left out."""
    depths = _depths(text)
    found, start = [], 0
    for k in range(1, len(text)):
        if depths[k] == 0 and cut(k) and k >= start:
            found.append(text[start:k])
            start = k + skipped
    return [*found, text[start:]]
