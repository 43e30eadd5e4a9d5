"""The types of `compare.py`, whose source carries none so that Cython may compile it unchanged."""

from collections.abc import Callable, Iterable, Set
from typing import Any

compiled: bool

def are_of(objects: Iterable[Any], kinds: Set[int]) -> bool: ...
def has_dict(owner: Any, found: dict[str, Any]) -> bool: ...
def unchanged(
    sizes: list[Any],
    entries: list[Any],
    dicts: list[Any],
    owners: list[Any],
    lists: list[Any],
    attributes: list[Any],
    arrays: list[Any],
    others: list[Any],
    tags: bytearray,
    same: Callable[[Any, Any], bool],
    absent: Any,
    unread: Any,
) -> bool: ...
