"""What a network is made of, and whether it still is."""

from __future__ import annotations

from collections import deque
from typing import Any

from jangrad.engine import Value
from jangrad.guards import ABSENT, UNREAD, same, unchanged
from jangrad.nn.module import Module, slots


class Structure:
    """The attributes and lists in which a network's parameters are found.

    To look whether they hold what they held takes a small part of the time that it takes to gather
    the parameters again.
    """

    def __init__(self, net: Any) -> None:
        self._dicts: list[Any] = []
        self._owners: list[Any] = []
        self._lists: list[Any] = []
        # Whether all that may hold parameters is looked at.
        self._known = getattr(type(net), "parameters", None) is Module.parameters
        seen: dict[int, Any] = {}
        waiting = [net]
        while waiting:
            holder = waiting.pop()
            if isinstance(holder, Value) or id(holder) in seen:
                continue
            seen[id(holder)] = holder
            waiting += self._contents(holder)
        self._tags = bytearray(8 * (len(self._dicts) // 3))

    def _contents(self, holder: Any) -> list[Any]:
        kind: Any = type(holder)
        if kind is list:
            self._lists += (holder, tuple(holder))
            return list(holder)
        if kind is tuple:
            return list(holder)
        if kind is dict or (isinstance(holder, Module) and not slots(kind)):
            inside = holder if kind is dict else vars(holder)
            self._dicts += (inside, tuple(inside), tuple(inside.values()))
            if kind is not dict:
                self._owners += (holder, inside, kind)
            return list(inside.values())
        kinds = (Module, dict, list, tuple, set, frozenset, deque)
        of_objects = getattr(getattr(holder, "dtype", None), "kind", "") == "O"
        self._known &= not (isinstance(holder, kinds) or of_objects)
        return []

    def holds(self) -> bool:
        """Whether all is as it was; False also where something is never looked at."""
        return self._known and unchanged(
            *([], [], self._dicts, self._owners, self._lists, [], [], []),
            self._tags,
            same,
            ABSENT,
            UNREAD,
        )
