"""Assets of rooms, and modules of JavaScript as parts of one script in a page."""

from __future__ import annotations

import re
from importlib.resources import files


def asset(room: str, name: str) -> str:
    """The text of a file in a room's `assets`.

    Args:
        room: its package, as `"jangrad.show"`.
        name: the file's.
    """
    return (files(room) / "assets" / name).read_text(encoding="utf-8")


def whole_page(room: str, body: str, *, frames: bool = False, **parts: str) -> str:
    """A page as one HTML file, which asks for nothing: the head that every page has, and a body.

    Args:
        room: the package of the body.
        body: the file's name, in which `{{name}}` stands for a part.
        frames: whether pages may be inside it, made of its own text.
        parts: among them the `title` and the `style`; all are HTML.
    """
    parts["frames"] = "; frame-src 'self'" if frames else ""
    text = asset("jangrad.show", "head.html") + asset(room, body)
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], text)


def inlined(room: str, name: str) -> str:
    """A module as a part of one that holds all of them: what it imports is there already.

    Comments and the spaces before lines stay in the repository.
    """
    code = re.sub(r"^import .*;\n|^ *//.*\n|  //.*$", "", asset(room, name), flags=re.MULTILINE)
    return re.sub(r"^(export |\s+)", "", code, flags=re.MULTILINE)
