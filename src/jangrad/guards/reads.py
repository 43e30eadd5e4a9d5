"""Which attributes are read by the code that a function reaches, learned while it is looked at.

A name that is read anywhere may be read of anything: nobody knows which object code will meet. Only
jangrad's own classes read their attributes of objects of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AnySet
from typing import Any

import numpy as np

from jangrad.guards.code_names import CodeNames

# Who reads these of a function or a frame may read all that it can: `f.__globals__[name]`.
_SCOPES = {"__globals__", "f_globals", "f_locals", "__closure__", "__self__"}


class Reads:
    """Names that are read.

    Args:
        before: what was learned when the same was looked at before.
        whole: whether attributes count that nothing reads, too.

    Attributes:
        names: read of anything.
        ours: read of objects of jangrad's classes alone.
        compared: read by methods that `dataclass` has written, to compare and to hash alone.
        extended: only appended to.
        dynamic: whether any may be.
        texts: strings, which may be handed to what reads by a name.
        labels: whether code reads the labels of Values.
        scopes: whether code asks functions and frames for their variables.
    """

    def __init__(self, before: Reads | None = None, *, whole: bool = False) -> None:
        self._whole = whole
        self.names: set[str] = set() if before is None else {*before.names}
        self.ours: set[str] = set() if before is None else {*before.ours}
        self.compared: set[str] = set() if before is None else {*before.compared}
        self.extended: set[str] = set() if before is None else {*before.extended}
        self.dynamic: bool = before is not None and before.dynamic
        self.texts: set[str] = set()
        self.labels = self.scopes = False
        self.begin()

    def begin(self) -> None:
        """Forget which names were passed by, for everything is looked at once more."""
        # Names that nothing was known to read, or to append to, when they were met.
        self._passed: set[str] = set()
        self._passed_attributes: set[str] = set()
        self._passed_of_ours: set[str] = set()
        self._unextended: set[str] = set()
        self._flags = self._state()

    def _state(self) -> tuple[bool, bool, bool, int]:
        texts = len(self.texts) if self.dynamic else 0
        return self.dynamic, self.labels, self.scopes, texts

    def is_complete(self) -> bool:
        """Whether nothing was passed by, since the beginning, that is read."""
        passed = self._passed & self.names or self._passed_of_ours & self.ours
        passed = passed or self._passed_attributes & self.compared
        return not (passed or self._unextended & self.extended) and self._flags == self._state()

    def note(self, found: CodeNames) -> None:
        """Take what the code of a function reads."""
        self.names |= found.attributes
        self.extended |= found.extended
        self.texts |= found.texts
        self.dynamic |= found.dynamic
        asked = found.attributes
        if self.dynamic:  # a name in a string anywhere may be handed to what reads by it
            self.names |= self.texts
            asked = asked | self.texts
        self.labels |= "label" in asked
        self.scopes |= not _SCOPES.isdisjoint(asked)

    def has(self, name: str, value: Any, *, ours: bool = False) -> bool:
        """Whether the attribute may be read; a list may be there to be appended to alone.

        Args:
            name: its name.
            value: what it holds.
            ours: whether it is one of an object of a class of jangrad's.
        """
        if self.dynamic or self._whole or name in self.names or (ours and name in self.ours):
            return True
        if name in self.compared:
            return True
        if name in self.extended:
            if self.scopes or type(value) is not list:  # `items.append.__self__`
                return True
        else:
            self._unextended.add(name)
        self._passed.add(name)
        self._passed_attributes.add(name)
        if ours:
            self._passed_of_ours.add(name)
        return False

    def has_inside(self, name: str, value: Any) -> bool:
        """Whether that which an attribute holds may be looked into, for one of which it is `has`.

        A method that compares or hashes fields as one tuple asks nothing of the numbers of an
        array: it cannot be hashed, it equals itself unseen, and to compare it with another object
        is an error, unless it holds one number or none.
        """
        if self.dynamic or self._whole or name in self.names:
            return True
        if name not in self.compared or type(value) is not np.ndarray or value.size < 2:
            return True
        self._passed.add(name)
        return False

    def read_of(self, hidden: AnySet[str], found: Any) -> tuple[Any, ...]:
        """The attributes of an object that may be read, each behind its name, but for some."""
        return tuple(
            part
            for name, value in tuple(vars(found).items())
            if (self.dynamic or name in self.names) and name not in hidden
            for part in (name, value)
        )

    def among(self, names: Iterable[str]) -> set[str]:
        """Those of these names that are read of anything."""
        found = self.names.intersection(names)
        self._passed.update(name for name in names if name not in found)
        return found
