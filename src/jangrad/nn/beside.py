"""What is kept of a network beside it: nothing that looks at the network finds it there.

An attribute would be seen by whoever walks over `vars(net)`, copies or compares it, and by the
guards of compiled functions. What is kept may hold on to the network, as its guards do, and goes
all the same when nothing else does.
"""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import Any, Generic, TypeVar

Kept = TypeVar("Kept")

_KEY = "_kept beside"


class Beside(Generic[Kept]):
    """One thing kept for each of some objects, for as long as they live.

    Were it held here, an object that it holds on to would never go; only the object itself may
    hold it. So it lies among the object's attributes while the collector of garbage looks for
    what nobody holds, when no code of the user's is running, and at no other time.

    >>> class Net:
    ...     pass
    >>> net, beside = Net(), Beside()
    >>> beside.keep(net, [net])
    >>> beside.of(net) == [net], len(vars(net))
    (True, 0)
    >>> gone = weakref.ref(net)
    >>> del net
    >>> _ = gc.collect()
    >>> gone() is None
    True
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[weakref.ref[Any], Kept | None]] = {}
        gc.callbacks.append(self._collecting)

    def of(self, owner: Any) -> Kept | None:
        """What is kept for this object; None where nothing is."""
        entry = self._found.get(id(owner))
        return entry[1] if entry is not None and entry[0]() is owner else None

    def keep(self, owner: Any, kept: Kept) -> None:
        """Keep this for the object, instead of what was kept."""
        place = id(owner)
        self._found[place] = weakref.ref(owner, partial(self._forget, place)), kept

    def _forget(self, place: int, gone: Any) -> None:
        if place in self._found and self._found[place][0] is gone:
            del self._found[place]

    def _collecting(self, phase: str, about: dict[str, int]) -> None:
        if not about["generation"]:  # of what was made lately; the others are not looked at
            return
        for place, (reference, kept) in list(self._found.items()):
            owner = reference()
            if owner is None:
                continue
            attributes = object.__getattribute__(owner, "__dict__")
            if phase == "start":
                attributes[_KEY] = kept
                self._found[place] = reference, None
            else:
                back = attributes.pop(_KEY, None)
                if kept is None:  # and none has come meanwhile, from another thread
                    self._found[place] = reference, back
