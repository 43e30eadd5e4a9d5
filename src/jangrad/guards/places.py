"""Places where a function may find something, with what they hold."""

from __future__ import annotations

from typing import Any, TypeAlias

from jangrad.record import Record

#: The key of a dict that only its owner may change.
KEPT = type("Kept", (), {})()

#: A name; or a path, "." or "[", and the attribute or the key behind it. A chain of objects as long
#: as there are objects takes no more room than they do; text is made for messages alone.
Path: TypeAlias = str | tuple[Any, str, Any]
_SHOWN = 8  # steps of a path, at its beginning and at its end


def words(path: Path) -> str:
    """The path as the user would write it, without the middle of a long one.

    >>> words((("net", ".", "layers"), "[", 0))
    'net.layers[0]'
    """
    steps: list[str] = []
    while not isinstance(path, str):
        path, how, key = path
        steps.append(f".{key}" if how == "." else f"[{key!r:.40}]")
    if len(steps) > 2 * _SHOWN:
        steps[_SHOWN:-_SHOWN] = [" ... "]
    return "".join([path, *reversed(steps)])


def owner_of(path: Path) -> Path:
    """The path of that of which it is an attribute; "" where it is none."""
    if isinstance(path, str):
        return path.rpartition(".")[0]
    return path[0] if path[1] == "." else ""


class WatchedPlace(Record):
    """A place that holds something.

    Attributes:
        kind: "entry" of a dict, "dict", its "size", "list", "attribute", "array", or "other".
        holder: the dict, list, array, or object.
        key: of an entry or attribute, its name; of a dict "." where it holds an object's
            attributes; of "other" the function that reads it.
        value: what it holds: one object; of a dict its keys and values, of a list its items, of an
            array its bytes.
        path: where it is.
        owner: the class whose entry it is, or the object whose attributes a dict holds.
    """

    kind: str
    holder: Any
    key: Any
    value: Any
    path: Path
    owner: Any = None
