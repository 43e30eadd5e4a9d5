"""What tells equal keys of dicts apart: 1 and True are one key, and a function may ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jangrad.engine import Value

#: Equal ones are alike, so their class says it all.
_PLAIN = {str, int, bool, bytes, type(None)}


def is_plain(key: Any) -> bool:
    """Whether it is a number or a text, which holds nothing that may change."""
    return type(key) in _PLAIN or type(key) is float


def kinds(keys: Iterable[Any]) -> tuple[Any, ...]:
    """For each key what tells it from one that is equal to it.

    >>> kinds([1, "x"]) == kinds([2, "y"]), kinds([(1, 2)]) == kinds([(True, 2)])
    (True, False)
    """
    found = tuple(map(type, keys))
    return found if _PLAIN.issuperset(found) else tuple(map(_kind, keys))


def _kind(key: Any) -> Any:
    """Its class and what is in it, to the last class; or, as nobody knows more, how it is shown."""
    kind = type(key)
    plain_object = kind.__eq__ is object.__eq__  # type: ignore[comparison-overlap]
    if kind in _PLAIN or plain_object or isinstance(key, Value):
        return kind
    inside = tuple(map(_kind, vars(key).values())) if hasattr(key, "__dict__") else ()
    if isinstance(key, tuple):
        return kind, tuple(map(_kind, key)), inside
    if isinstance(key, frozenset):
        return kind, frozenset((item, _kind(item)) for item in key), inside
    return kind, repr(key), inside
