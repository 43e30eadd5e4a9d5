"""What is the same for all objects of a class, and what its methods read."""

from __future__ import annotations

import datetime
import operator
import re
import sys
import types
from collections import deque
from functools import cached_property
from typing import Any

import numpy as np

from jangrad.engine import Value
from jangrad.guards.code_names import all_names_in
from jangrad.guards.observers import ABSENT, UNREAD, Observer, observer_of
from jangrad.guards.owners import is_others_class, is_users_class, module_of
from jangrad.guards.packages import shows_numbers

# They have no attributes; those of Values are looked at elsewhere, those of a thread are its own.
_BARE = frozenset(map(id, [list, tuple, dict, set, frozenset, deque, np.ndarray, Value]))
#: Modules whose objects take what is given to them, of which nothing is seen.
TAKERS = {"logging", "queue", "_queue", "multiprocessing", "_multiprocessing", "socket", "_socket"}
#: Modules whose functions read what can be read once.
STREAMS = {"posix", "nt", "os", "socket", "_socket", "select", "subprocess"}
# Threads wait for each other with these: they change, and hold nothing but what `observers` reads.
WAITING = {"threading", "_thread", "queue", "_queue", "concurrent", "multiprocessing", "logging"}
#: They hold nothing that changes.
PLAIN = {type(None), bool, int, float, complex, str, bytes, Value, range, types.CodeType}
PLAIN |= {type(...), type(NotImplemented), types.GetSetDescriptorType, types.MemberDescriptorType}
PLAIN |= {types.WrapperDescriptorType, types.MethodDescriptorType}
PLAIN |= {type(ABSENT), type(UNREAD), object, types.GenericAlias, types.UnionType, np.dtype}
PLAIN |= {re.Pattern, datetime.date, datetime.datetime, datetime.time, datetime.timedelta}
NOT_CALLED = {"__init__", "__new__", "__repr__", "__str__", "__del__", "__init_subclass__"}
TOLD = {"__doc__", "__annotations__", "__name__", "__qualname__", "__module__"}
SHOWN_CLASSES = ("jangrad.nn", "jangrad.tables", "jangrad.micrograd", "jangrad.train.history")


class Facts:
    """What is the same for all objects of a class.

    Attributes:
        kind: the class.
        top: the package that it is from.
        users: whether it is, or inherits from, a class of the user's.
        others: whether code of other packages may read what its objects hold.
        ours: whether methods of a class of jangrad's that is looked into read its objects.
        bare: whether its objects have no attributes to look at.
        waits: whether threads wait for each other with them: most of their attributes are how.
        empty: whether they are known to hold nothing beside attributes.
        hidden: the names of attributes that are how it is made, and nothing that it holds.
        runs_out: whether they are iterators, or streams.
        slots: the names of its members.
    """

    def __init__(self, kind: type) -> None:
        self.kind = kind  # which must not go, for another class might come to lie in its place
        self.top = module_of(kind).partition(".")[0]
        self.users = any(map(is_users_class, kind.__mro__))
        self.ours = any(module_of(part).startswith(SHOWN_CLASSES) for part in kind.__mro__)
        ours = self.top == "jangrad"
        self.others = not (self.users or ours) or any(map(is_others_class, kind.__mro__))
        self.bare = id(kind) in _BARE
        self.waits = self.top in WAITING
        self.empty = False
        self.runs_out = hasattr(kind, "__next__") or self.top in STREAMS
        self.hidden: set[str] = set()
        made = ours and not self.users and not module_of(kind).startswith(SHOWN_CLASSES)
        if made or self.waits:
            for part in kind.__mro__:
                names = names_in_methods(part, tuple(vars(part).values()))
                self.hidden |= {name for name in names if name[:1] == "_"}
        is_exception = issubclass(kind, BaseException)  # such as an OSError with its `errno`
        self.slots = [
            name
            for part in kind.__mro__
            if "__slots__" in vars(part) or is_exception
            for name, member in vars(part).items()
            if isinstance(member, types.MemberDescriptorType)
        ]

    @cached_property
    def observer(self) -> Observer | None:
        """How to look at its objects, if there is a way of its own."""
        return observer_of(self.kind)

    @cached_property
    def whole(self) -> bool:
        """Whether that is all, and they have no attributes beside."""
        return self.observer is not None and self.observer.whole

    @cached_property
    def shows(self) -> bool:
        """Whether the class, which is not the user's, says how an object of it is an array."""
        return shows_numbers(self.kind)


_MOST_CLASSES = 4096
#: Of classes that are not the user's: what they held, and the names that it reads.
_read_by_methods: dict[int, tuple[tuple[Any, ...], frozenset[str]]] = {}


def names_in_methods(kind: type, parts: tuple[Any, ...]) -> frozenset[str]:
    """The attributes that methods of a class may read, such as `_value_` of an Enum.

    All that their code names is among them; to tell what of it is read takes ten times as long.
    """
    before, known = _read_by_methods.get(id(kind), ((), frozenset()))
    if len(before) == len(parts) and all(map(operator.is_, before, parts)):
        return known
    found: set[str] = set()
    for part in parts:
        part = getattr(part, "fget", part)
        if isinstance(part, types.FunctionType):
            found |= all_names_in(part.__code__)
    known = frozenset(found - NOT_CALLED - TOLD)
    if len(_read_by_methods) >= _MOST_CLASSES:
        _read_by_methods.clear()
    _read_by_methods[id(kind)] = parts, known
    return known


def names_beside(kind: type) -> set[str]:
    """The same of all classes in its module, for its objects are made of theirs."""
    found: set[str] = set()
    for other in vars(sys.modules.get(module_of(kind), types)).values():
        if isinstance(other, type) and module_of(other) == module_of(kind):
            found |= names_in_methods(other, tuple(vars(other).values()))
    return found


_WRITTEN = {"__eq__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__"}
_WRITTEN |= {"__setattr__", "__delattr__"}
# What these methods name beside fields.
_BESIDE_FIELDS = {"__class__", "NotImplemented", "hash", "type", "super", "FrozenInstanceError"}
_BESIDE_FIELDS |= {"__setattr__", "__delattr__"}


def fields_compared_by(kind: type, name: str, method: Any) -> set[str] | None:
    """The fields of which a method that `dataclass` has written compares or hashes a tuple.

    Those that refuse to set and delete attributes read none.

    Returns:
        None where `dataclass` has not written it, or for something else.

    >>> from dataclasses import dataclass
    >>> Point = dataclass(type("Point", (), {"__annotations__": {"x": float}}))
    >>> fields_compared_by(Point, "__eq__", Point.__eq__)
    {'x'}
    """
    fields = vars(kind).get("__dataclass_fields__")
    if fields is None or name not in _WRITTEN or type(method) is not types.FunctionType:
        return None
    code = method.__code__
    if code.co_filename != "<string>" or not _BESIDE_FIELDS.union(fields).issuperset(code.co_names):
        return None
    return {*fields}.intersection(code.co_names)
