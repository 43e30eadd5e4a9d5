"""What calls an object without holding it, so that what is made of the object does not keep it."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any


class Weakly:
    """Calls an object that somebody else holds; guards look at the object itself.

    >>> class Net:
    ...     def __call__(self, x):
    ...         return 2 * x
    >>> net = Net()
    >>> Weakly(net)(3)
    6
    """

    def __init__(self, called: Any) -> None:
        self.reference = weakref.ref(called)
        self.__name__ = type(called).__name__

    def __call__(self, *arguments: Any) -> Any:
        called: Any = self.reference()
        return called(*arguments)


def weakly(called: Any) -> Any:
    """The object without being held, if its class allows that."""
    try:
        return Weakly(called)
    except TypeError:
        return called


class References:
    """Weak references to some objects, to hold in their places."""

    def __init__(self, called: Iterable[Any]) -> None:
        self._of = {id(x.reference()): x.reference for x in called if type(x) is Weakly}

    def __len__(self) -> int:
        return len(self._of)

    def __contains__(self, held: Any) -> bool:
        return id(held) in self._of

    def instead_of(self, held: Any) -> Any:
        """The reference to one of the objects; anything else as it is."""
        return self._of.get(id(held), held)
