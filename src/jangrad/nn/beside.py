"""What is kept of networks beside them, where nothing that looks at a network finds it.

An attribute would be seen by whoever walks over `vars(net)`, copies or compares it, and by the
guards of compiled functions.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from functools import partial
from typing import Any, Generic, TypeVar

Kept = TypeVar("Kept")


class Beside(Generic[Kept]):
    """Things kept for objects, the latest so many, each for as long as its object lives.

    What is kept must not hold on to its object, or the object lives until others come.

    >>> class Net:
    ...     pass
    >>> net, beside = Net(), Beside(8)
    >>> beside.keep(net, "code")
    >>> beside.of(net), len(vars(net))
    ('code', 0)
    >>> del net
    >>> len(beside)
    0
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Any, tuple[weakref.ref[Any], Kept]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._found)

    def of(self, owner: Any, key: Any = None) -> Kept | None:
        """What is kept for this object under a key; None where nothing is."""
        entry = self._found.get((id(owner), key))
        return entry[1] if entry is not None and entry[0]() is owner else None

    def take(self, owner: Any, key: Any = None) -> Kept | None:
        """The same, which is not kept any more."""
        entry = self._found.pop((id(owner), key), None)
        return entry[1] if entry is not None and entry[0]() is owner else None

    def keep(self, owner: Any, kept: Kept, key: Any = None) -> None:
        """Keep this for the object, if its class allows weak references."""
        place = id(owner), key
        try:
            reference = weakref.ref(owner, partial(self._forget, place))
        except TypeError:
            return
        self._found[place] = reference, kept
        self._found.move_to_end(place)
        while len(self._found) > self._most:
            self._found.popitem(last=False)

    def _forget(self, place: Any, gone: Any) -> None:
        entry = self._found.get(place)
        if entry is not None and entry[0] is gone:
            self._found.pop(place, None)

    def clear(self) -> None:
        """Keep nothing."""
        self._found.clear()
