"""Places where a function may find something, with what they hold."""

from __future__ import annotations

from typing import Any, NamedTuple

#: The key of a dict that only its owner may change.
KEPT = type("Kept", (), {})()


class Place(NamedTuple):
    """A place that holds something.

    Attributes:
        kind: "entry" of a dict, "dict", its "size", "list", "attribute", "array", or "other".
        holder: the dict, list, array, or object.
        key: of an entry or attribute, its name; of a dict "." where it holds an object's
            attributes; of "other" the function that reads it.
        value: what it holds: one object; of a dict its keys and values, of a list its items, of an
            array its bytes.
        path: the place in the user's words.
        owner: the class whose entry it is, or the object whose attributes a dict holds.
    """

    kind: str
    holder: Any
    key: Any
    value: Any
    path: str
    owner: Any = None
