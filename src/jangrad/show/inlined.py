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


def inlined(room: str, name: str) -> str:
    """A module as a part of one that holds all of them: what it imports is there already.

    Comments and the spaces before lines stay in the repository.
    """
    code = re.sub(r"^import .*;\n|^ *//.*\n|  //.*$", "", asset(room, name), flags=re.MULTILINE)
    return re.sub(r"^(export |\s+)", "", code, flags=re.MULTILINE)
