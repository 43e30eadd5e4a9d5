"""What a child process finds after a fork: nothing held, nothing half done.

A child is a copy of its parent with one thread, the one that forked. Whatever another thread was
doing stays as it was at that moment, for ever: a lock that it held is never let go. So a fork waits
for work that must not be cut in two and never takes long (`awaited`: a backward sweep, a call of
LLVM; and the import of what jangrad needs), and gives the child fresh locks where the work may be
done anew (`renewed`: the call of a compiled function); and what another thread has begun that runs
the user's own code, such as a trace, is forgotten (`in_child`).
"""

from __future__ import annotations

import _imp
import os
import sys
import time
from _thread import RLock, get_ident
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar, overload

_T = TypeVar("_T")

# A module that another thread imports is waited for; of other people's only these, for those of the
# user may do anything.
_IMPORTED = {"jangrad", "numpy", "llvmlite", "rich", "click", "matplotlib", "safetensors"}
_locked: Any = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
# For so many seconds: a lock of somebody else's, held for the fork too, may be what stops them.
_PATIENCE = 60.0
# Outermost first: whoever holds one takes only those behind it.
_awaited: list[tuple[int, Any]] = []
# Who has a lock, by the name of its attribute; made at the first, for it brings a module along.
_owners: Any = None


def awaited(place: int, lock: Any = None) -> Any:
    """A lock for which every fork waits, and that it holds.

    Args:
        place: the locks are taken in this order wherever two are held at once.
        lock: an RLock that is there already; a new one when left out.
    """
    made = RLock() if lock is None else lock
    _awaited.append((place, made))
    _awaited.sort(key=lambda entry: entry[0])
    return made


def renewed(owner: object, name: str, kind: Callable[[], Any]) -> Any:
    """A lock for this attribute of an object or a module; a child has another one in its place."""
    global _owners
    if _owners is None:
        from weakref import WeakKeyDictionary

        _owners = WeakKeyDictionary()
    _owners[owner] = (name, kind)
    return kind()


def _before() -> None:
    deadline = time.monotonic() + _PATIENCE
    for _, lock in _awaited:
        lock.acquire(timeout=max(deadline - time.monotonic(), 0.0))
    _imp.acquire_lock()  # no import begins until the fork is over
    while _imports() and time.monotonic() < deadline:
        _imp.release_lock()
        time.sleep(0.001)
        _imp.acquire_lock()


def _imports() -> bool:
    """Whether another thread is importing what a child may need."""
    for name, found in list(_locked.items()):
        if name.partition(".")[0] in _IMPORTED | sys.stdlib_module_names:
            lock = found()
            if lock is not None and lock.owner not in (None, get_ident()):
                return True
    return False


def _after() -> None:
    for give in (_imp.release_lock, *(lock.release for _, lock in reversed(_awaited))):
        with suppress(RuntimeError):  # it was not to be had
            give()


def _in_child() -> None:
    _after()
    for owner, (name, kind) in list((_owners or {}).items()):
        setattr(owner, name, kind())


def in_child(function: Callable[[], object]) -> None:
    """Call the function in each child process, when it has begun."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=function)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before, after_in_parent=_after, after_in_child=_in_child)


class once(Generic[_T]):  # noqa: N801 (a decorator)
    """A property that is computed at its first use.

    That of `functools` holds one lock for all objects in Python 3.11, which no fork waits for.
    """

    def __init__(self, function: Callable[[Any], _T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once[_T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> _T: ...
    def __get__(self, instance: object | None, owner: type) -> once[_T] | _T:
        if instance is None:
            return self
        found = instance.__dict__[self._name] = self._function(instance)
        return found
