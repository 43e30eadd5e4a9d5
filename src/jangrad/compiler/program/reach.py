"""What a function can reach: everything that Python would look at if the function were called now.

A trace sees plain numbers, and the program keeps them. So all places where the function may find
one are noted, as they are: the variables that its code names, what it closes over, its defaults,
attributes whose names are read somewhere, lists, dicts, arrays; and the same of every function of
the user's that it can call.
"""

from __future__ import annotations

import builtins
import functools
import gc
import operator
import os
import random
import sys
import threading
import types
import weakref
from collections import deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, ValuesView
from contextvars import ContextVar
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.program.names import names_in
from jangrad.compiler.program.observers import (
    ABSENT,
    UNREAD,
    attributes_and_values,
    behind,
    called,
    content,
    content_if_any,
    contents_of,
    entries_of,
    has_buffer,
    in_context,
    listed,
    numbers_in,
    objects_in,
    observer_of,
    of_class,
    read_or_absent,
)
from jangrad.compiler.program.owners import (
    PURE,
    absolute,
    is_others_class,
    is_pythons,
    is_users_class,
    is_users_module,
    module_of,
    top_of,
)
from jangrad.engine import Value, attributes_of, compiled
from jangrad.errors import is_users

#: The key of a dict that only its owner may change.
KEPT = type("Kept", (), {})()

# So many objects are looked at; a function that reaches more is one that is not wholly seen.
_MOST = 300_000
_PLAIN = {type(None), bool, int, float, complex, str, bytes, Value, range, slice, types.CodeType}
_PLAIN |= {type(...), type(NotImplemented), types.GetSetDescriptorType, types.MemberDescriptorType}
_PLAIN |= {types.WrapperDescriptorType, types.MethodDescriptorType}
_PLAIN |= {type(ABSENT), type(UNREAD), object}
# Threads wait for each other with these: they change, and hold nothing but what `observers` reads.
_WAITING = {"threading", "_thread", "queue", "_queue", "concurrent", "multiprocessing", "logging"}
_IMPURE = {"open", "input", "next", "id", "eval", "exec", "globals", "__import__"}
_BY_ANY_NAME = {"globals", "eval", "exec"}
_NOT_CALLED = {"__init__", "__new__", "__repr__", "__str__", "__del__", "__init_subclass__"}
_FUNCTIONS = (types.FunctionType, classmethod, staticmethod, property, functools.partial)
_SHOWN_CLASSES = ("jangrad.nn", "jangrad.tables", "jangrad.micrograd", "jangrad.train.history")


class Place(NamedTuple):
    """A place that holds something.

    Attributes:
        kind: "entry" of a dict, "dict", "list", "attribute", "array", or "other".
        holder: the dict, list, array, or object.
        key: of an entry or attribute, its name; of a dict "." where it holds an object's
            attributes; of "other" the function that reads it.
        value: what it holds: one object; of a dict its keys and values, of a list its items, of an
            array its bytes.
        path: the place in the user's words.
        owner: the class whose entry it is.
    """

    kind: str
    holder: Any
    key: Any
    value: Any
    path: str
    owner: type | None = None


#: Attributes that are read, those that are only appended to, and whether any may be.
Known = tuple[set[str], set[str], bool]
_NONE: Known = (set(), set(), False)


class Reach:
    """Walks over what functions and other objects can reach.

    Args:
        roots: what is called, each with what it is called in messages.
        known: the names that were read when the same were looked at before.
        sought: objects of which it is asked whether one can be reached.

    Attributes:
        finds: whether one of these can be.
        places: that hold something.
        generators: of random numbers.
        known: the names that are read.
        runs_out: whether there is an iterator, which is another one when it was asked.
        unseen: what cannot be looked at, in words; "" where there is nothing of the kind.
    """

    def __init__(
        self,
        roots: Iterable[tuple[Any, str]],
        known: Known = _NONE,
        *,
        sought: Iterable[Any] = (),
    ) -> None:
        self._roots, self._sought = list(roots), {*map(id, sought)}
        self._names, self._extended, self._dynamic = {*known[0]}, {*known[1]}, known[2]
        self._texts: set[str] = set()
        self._labels = False
        while True:  # a name that is read anywhere may be that of an attribute seen before
            before = self._so_far()
            self._walk()
            if before == self._so_far():
                break
        self.finds = not self._sought.isdisjoint(self._seen)
        self._seen.clear()
        self.known: Known = (self._names, self._extended, self._dynamic)

    def _so_far(self) -> tuple[int, ...]:
        sizes = len(self._names), len(self._extended), len(self._texts)
        return *sizes, self._dynamic, self._labels

    def _walk(self) -> None:
        self.places: list[Place] = []
        self.generators: list[Any] = []
        self.unseen, self.runs_out = "", False
        self._seen: dict[int, Any] = {}
        self._classes: set[tuple[type, bool]] = set()
        self._waiting: list[tuple[Any, str]] = self._roots[::-1]
        # Values hold nothing but numbers, unless the user has given some of them attributes.
        given = {name for name, part in vars(Value).items() if type(part).__name__ == "_Attribute"}
        looked_at = not compiled or self._dynamic or not given.isdisjoint(self._names)
        looked_at = looked_at and (bool(given) or not compiled)
        looked_at = looked_at or self._labels or bool(self._sought)
        self._plain = _PLAIN - {Value} if looked_at else _PLAIN
        while self._waiting:
            found, path = self._waiting.pop()
            if type(found) in self._plain or id(found) in self._seen:
                continue
            if len(self._seen) > _MOST:
                self.unseen = f"more than {_MOST} objects"
                break
            self._seen[id(found)] = found
            self._visit(found, path)

    def _later(self, found: Any, path: str) -> None:
        if type(found) not in self._plain:
            self._waiting.append((found, path))

    def _hold(self, kind: str, holder: Any, key: Any, value: Any, path: str) -> None:
        self.places.append(Place(kind, holder, key, value, path))

    def _reads(self, name: str, value: Any) -> bool:
        """Whether anything may read the attribute; a list may be there to be appended to alone."""
        extended = name in self._extended and type(value) is not list
        return self._dynamic or name in self._names or extended

    # -- what there is ----------------------------------------------------------------------------

    def _visit(self, found: Any, path: str) -> None:
        kind = type(found)
        if kind is types.FunctionType:
            self._function(found, path)
        elif kind is types.MethodType:
            self._later(found.__func__, path)
            self._later(found.__self__, path.rpartition(".")[0] or type(found.__self__).__name__)
        elif isinstance(found, (types.BuiltinFunctionType, types.MethodWrapperType)):
            if isinstance(found.__self__, (types.ModuleType, type(None))):
                self._trust(found, path)
            else:
                self._later(found.__self__, path.rpartition(".")[0] or path)
        elif isinstance(found, functools.partial):
            self._later(found.func, path)
            self._items(found.args, path)
            self._dict(found.keywords, path)
        elif isinstance(found, (staticmethod, classmethod)):
            self._later(found.__func__, path)
        elif isinstance(found, property):
            self._later(found.fget, path)
        elif isinstance(found, functools.cached_property):
            self._later(found.func, path)
        elif isinstance(found, types.ModuleType):
            self._module(found, path)
        elif isinstance(found, type):
            self._class(found, path, made=True)
        elif isinstance(found, weakref.ProxyTypes):
            self._read(behind, found, path)
        elif isinstance(found, Number) and not hasattr(found, "__dict__"):
            if any(map(is_users_class, kind.__mro__)):
                self._instance(found, path)
        else:
            self._data(found, path)

    def _data(self, found: Any, path: str) -> None:
        known = True
        if isinstance(found, BaseException):
            self._items(found.args, path)
            self._hold("attribute", found, "args", found.args, f"{path}.args")
            self._instance(found, path)
        elif isinstance(found, threading.local):
            self._read(attributes_and_values, found, path)
        elif isinstance(found, random.SystemRandom):
            known = False  # it has no state that could be looked at
        elif isinstance(found, (random.Random, *_generators_of_numpy())):
            self.generators.append(found)
            if is_users_class(type(found)):
                self._instance(found, path)
        elif isinstance(found, np.ndarray):
            self._array(found, path)
            if type(found) is not np.ndarray:
                self._instance(found, path)
        elif isinstance(found, list):
            if type(found) is list:
                self._hold("list", found, None, tuple(found), path)
                self._items(found, path)
            else:
                self._read(listed, found, path)
            self._instance(found, path)
        elif isinstance(found, (tuple, frozenset)):
            self._items(found, path)
            self._instance(found, path)
        elif isinstance(found, dict):
            self._dict(found, path)
            self._instance(found, path)
        elif isinstance(found, (set, deque)):
            self._read(tuple, found, path)
            self._instance(found, path)
        elif isinstance(found, types.MappingProxyType):
            self._later(gc.get_referents(found)[0], path)
        elif isinstance(found, (KeysView, ValuesView, ItemsView)) and hasattr(found, "mapping"):
            self._later(found.mapping, path)
        elif isinstance(found, ContextVar):
            self._read(in_context, found, path)
        elif isinstance(found, weakref.ref):
            self._read(called, found, path)
        elif isinstance(found, functools._lru_cache_wrapper):
            self._cache(found, path)
        elif isinstance(found, (operator.attrgetter, operator.methodcaller)):
            self._dynamic = True
        elif isinstance(found, Value):
            self._value(found, path)
            if type(found) is not Value:
                self._class(type(found), path, made=False)
        elif (observer := observer_of(type(found))) is not None:
            if not observer.asked or not observer.asked.isdisjoint(self._names):
                self._read(observer.read, found, path)
            if is_users_class(type(found)):
                self._instance(found, path)
        elif top_of(found) in _WAITING:
            pass
        elif is_users_class(type(found)) or top_of(found) == "jangrad":
            known = self._instance(found, path)
        elif callable(found) and (hasattr(found, "__name__") or top_of(found) in PURE):
            self._trust(found, path)
            self._instance(found, path)  # such as a polynomial of NumPy's
            if isinstance(found, np.ufunc):
                self._items(gc.get_referents(found), path)
        elif has_buffer(found):
            self._read(bytes, found, path)
        elif hasattr(type(found), "__array__"):
            known = read_or_absent(numbers_in, found) is not ABSENT
            if known:
                self._read(numbers_in, found, path)
        else:
            known = self._instance(found, path)
        self.runs_out |= hasattr(type(found), "__next__")
        if not known:
            self.unseen = (
                f"`{path}`, {'an' if kind_of(found)[0] in 'aeiou' else 'a'} {kind_of(found)}"
            )

    def _value(self, found: Value, path: str) -> None:
        """Look at the attributes that the user has given a Value, and at its label."""
        if self._labels:
            self._hold("attribute", found, "label", found.label, f"{path}.label")
        for name, value in attributes_of(found).items():
            if self._reads(name, value):
                self._hold("attribute", found, name, value, f"{path}.{name}")
                self._later(value, f"{path}.{name}")

    def _cache(self, found: Any, path: str) -> None:
        """Look at what a function has kept of its results, and may forget."""
        self._instance(found, path)
        for held in gc.get_referents(found):  # the function, what keeps results, and results
            if type(held) is dict and held is not vars(found):
                values = tuple(held.values())
                self._hold("dict", held, KEPT, (tuple(held), values), path)
                self._items([v for v in values if type(v).__name__ != "_lru_list_elem"], path)
            else:
                self._later(held, path)

    def _read(self, read: Callable[[Any], Any], found: Any, path: str) -> None:
        value = read(found)
        self._hold("other", found, read, value, path)
        if isinstance(value, tuple):
            self._items(value, path)
        else:
            self._later(value, path)

    def _items(self, items: Any, path: str) -> None:
        if self._plain.issuperset(map(type, items)):
            return
        for i, item in enumerate(items):
            if type(item) not in self._plain:
                self._waiting.append((item, f"{path}[{i}]"))

    def _dict(self, found: dict[Any, Any], path: str) -> None:
        if type(found) is dict:
            self._hold("dict", found, None, (tuple(found), tuple(found.values())), path)
        else:
            self._read(entries_of, found, path)
        self._items(tuple(dict.keys(found)), path)
        for key, value in dict.items(found):  # and not by methods of the user's
            self._later(value, f"{path}[{key!r:.40}]")

    def _array(self, found: Any, path: str) -> None:
        if found.dtype.hasobject:
            self._read(objects_in, found, path)
        else:
            self._hold("array", found, None, contents_of(found), path)

    def _function(self, found: types.FunctionType, path: str) -> None:
        if not is_users(found.__code__.co_filename):
            for cell in found.__closure__ or ():
                self._later(read_or_absent(content, cell), path)
            self._items(found.__defaults__ or (), path)
            self._trust(found, path)
            return
        names = names_in(found.__code__)
        self._hold("attribute", found, "__code__", found.__code__, path)
        for name, cell in zip(found.__code__.co_freevars, found.__closure__ or (), strict=True):
            value = read_or_absent(content, cell)
            if name not in names.variables | names.extended and not names.dynamic:
                continue
            if value is ABSENT:
                self._hold("other", cell, content_if_any, value, name)
            else:
                self._hold("attribute", cell, "cell_contents", value, name)
            if name in names.variables or names.dynamic or type(value) is not list:
                self._later(value, name)
        for defaults in ("__defaults__", "__kwdefaults__"):
            value = getattr(found, defaults)
            if value is not None:
                self._hold("attribute", found, defaults, value, f"{path}.{defaults}")
                self._later(value, f"{path}.{defaults}")
        if vars(found):
            self._instance(found, path)
        self._names |= names.attributes
        self._extended |= names.extended
        self._texts |= names.texts
        read = names.variables
        if names.dynamic:
            self._dynamic = True
            read = read | (self._texts & found.__globals__.keys())
            if not _BY_ANY_NAME.isdisjoint(read):
                read = read | _numbers_among(found.__globals__)
        if self._dynamic:  # a name in a string anywhere may be handed to what reads by it
            self._names |= self._texts
        for name in sorted((read | names.extended) - {*found.__code__.co_freevars}):
            value = found.__globals__.get(name, ABSENT)
            self._hold("entry", found.__globals__, name, value, name)
            if value is ABSENT and not is_pythons(builtin := vars(builtins).get(name, ABSENT)):
                value = builtin
                self._hold("entry", vars(builtins), name, value, name)
            if name in read or type(value) is not list:
                self._later(value, name)
            if value is ABSENT and name in _IMPURE:
                self.unseen = f"`{name}`, which `{path}` calls"
        self._labels |= "label" in names.attributes
        for dots, module in names.modules:
            whole = absolute(dots, module, found.__globals__)
            for name in {whole, whole.partition(".")[0]}:
                value = sys.modules.get(name, ABSENT)
                self._hold("entry", sys.modules, name, value, name)
                self._later(value, name)

    def _module(self, found: types.ModuleType, path: str) -> None:
        name = found.__name__
        if name.partition(".")[0] == "jangrad":
            return
        if found is np and "random" in self._names:
            self._later(np.random, "np.random")  # which NumPy imports when it is first asked for
        users = is_users_module(name)
        held = vars(found)
        read = self._names & held.keys()
        if users and self._dynamic:
            read |= _numbers_among(held)
        if users and (type(found) is not types.ModuleType or "__getattr__" in held):
            read |= self._names | {"__getattr__"}  # which are asked for where a name is missing
            self._class(type(found), path, made=False)
            self._hold("attribute", found, "__class__", type(found), path)
        for name in sorted(read):
            value = held.get(name, ABSENT)
            if users:
                self._hold("entry", held, name, value, f"{path}.{name}")
            self._later(value, f"{path}.{name}")

    def _class(self, found: type, path: str, *, made: bool) -> None:
        """Look at what a class holds; `made` when code may make an object of it."""
        if (found, made) in self._classes:
            return
        self._classes |= {(found, made), (found, False)}
        if type(found) is not type and is_users_class(type(found)):
            self._class(type(found), path, made=False)
        users = [kind for kind in found.__mro__ if is_users_class(kind)]
        shown = [kind for kind in found.__mro__ if module_of(kind).startswith(_SHOWN_CLASSES)]
        for kind in found.__mro__:
            if kind in shown or (users and kind not in users):
                for part in vars(kind).values():  # such as `_value_` of an Enum
                    part = getattr(part, "fget", part)
                    if isinstance(part, types.FunctionType):
                        self._names |= names_in(part.__code__).attributes
        if users:
            self._hold("attribute", found, "__mro__", found.__mro__, path)
        for kind in found.__mro__:
            if kind not in users and kind not in shown:
                continue
            (entries,) = gc.get_referents(kind.__dict__)
            for name, value in list(entries.items()):
                special = name.startswith("__") and name.endswith("__")
                if special:
                    reads = isinstance(value, _FUNCTIONS) or is_users_class(type(value))
                    reads = (reads and (made or name not in _NOT_CALLED)) or name in self._names
                else:
                    reads = self._reads(name, value)
                if reads:
                    here = f"{path}.{name}"
                    for below in users:
                        if below is kind:
                            break
                        (its,) = gc.get_referents(below.__dict__)
                        if name not in its:  # where it would come before
                            self._entry(its, name, ABSENT, here, below)
                    self._entry(entries, name, value, here, kind)
                    self._later(value, here)
        if not users:
            self._trust(found, path)

    def _entry(self, entries: Any, name: str, value: Any, path: str, owner: type) -> None:
        """Hold what a class has under a name; those of `ctypes` keep it in dicts of their own."""
        if type(entries) is dict:
            self.places.append(Place("entry", entries, name, value, path, owner))
        else:
            self._hold("other", owner, functools.partial(of_class, name), value, path)

    def _instance(self, found: Any, path: str) -> bool:
        """Look at the attributes of an object; False where nothing can be seen."""
        kind = type(found)
        seen = hasattr(found, "__dict__")
        ours = top_of(found) == "jangrad"
        if getattr(kind, "compile_alike", None) is not None:  # what `jit` has made
            self._later(found.function, path)
            return True
        users = any(map(is_users_class, kind.__mro__))
        if users or ours:
            self._class(kind, path, made=False)
        if users:
            self._hold("attribute", found, "__class__", getattr(found, "__class__", kind), path)
        # Code of other packages may read whatever it likes.
        others = not (users or ours) or any(map(is_others_class, kind.__mro__))
        if seen:
            entries = found.__dict__
            values = [
                value if others or self._reads(name, value) else UNREAD
                for name, value in entries.items()
            ]
            if type(entries) is dict:
                self._hold("dict", entries, ".", (tuple(entries), tuple(values)), path)
            for name, value in zip(entries, values, strict=True):
                self._later(value, f"{path}.{name}")
        for part in kind.__mro__:
            if "__slots__" not in vars(part):
                continue
            seen = True
            for name, member in vars(part).items():
                if isinstance(member, types.MemberDescriptorType):
                    value = getattr(found, name, ABSENT)
                    if others or self._reads(name, value):
                        self._hold("attribute", found, name, value, f"{path}.{name}")
                        self._later(value, f"{path}.{name}")
        return seen or users or ours

    def _trust(self, found: Any, path: str) -> None:
        """A function that is not the user's is not looked into: it may not give the same again."""
        module = module_of(found)
        name = getattr(found, "__name__", "")
        top = module.partition(".")[0]
        if found is os.getenv:
            self._later(os.environ, "os.environ")
        elif module.startswith("numpy.random") or top not in PURE | _WAITING:
            self.unseen = f"`{path}`, which is not Python of yours"
        elif module == "builtins" and name in _IMPURE:
            self.unseen = f"`{name}`"


def kind_of(found: Any) -> str:
    """The class of something in words."""
    return type(found).__name__


def _numbers_among(variables: dict[str, Any]) -> set[str]:
    """The variables of a module that may hold numbers."""
    code = (types.FunctionType, types.ModuleType, type)
    return {
        name
        for name, value in variables.items()
        if not name.startswith("__") and not isinstance(value, code)
    }


def _generators_of_numpy() -> tuple[type, ...]:
    drawn = sys.modules.get("numpy.random")
    return () if drawn is None else (drawn.Generator, drawn.RandomState, drawn.BitGenerator)
