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
from collections import defaultdict, deque
from collections.abc import Callable, ItemsView, Iterable, KeysView, ValuesView
from contextvars import Context, ContextVar
from numbers import Number
from typing import Any

import numpy as np

from jangrad.engine import Value, attributes_of, compiled
from jangrad.errors import is_users
from jangrad.guards import compare, observers
from jangrad.guards.code_names import READING, names_in
from jangrad.guards.observers import ABSENT, UNREAD, is_a, read_or_absent
from jangrad.guards.owners import (
    ASKED,
    PURE,
    READERS,
    absolute,
    is_pythons,
    is_users_class,
    is_users_module,
    module_of,
    numbers_among,
    texts_of,
)
from jangrad.guards.packages import STATES, generators, numbers_in, state_of
from jangrad.guards.places import KEPT, Path, WatchedPlace, owner_of, words
from jangrad.guards.reads import Reads
from jangrad.guards.traits import (
    NOT_CALLED,
    PLAIN,
    SHOWN_CLASSES,
    STREAMS,
    TAKERS,
    TOLD,
    WAITING,
    Facts,
    fields_compared_by,
    names_beside,
    names_in_methods,
)

# So many objects are looked at; a function that reaches more is one that is not wholly seen.
_MOST = 300_000
# By their addresses, for the class of a class may do what it likes with `==` and `hash`.
_PLAIN_IDS = frozenset(map(id, PLAIN))
_IMPURE = {"open", "input", "next", "id", "eval", "exec", "globals", "__import__"}
_IMPURE_OF_NUMPY = {"load", "loadtxt", "genfromtxt", "fromfile", "fromregex", "memmap"}
_BY_ANY_NAME = {"globals", "eval", "exec"}
_PROXIES = frozenset(map(id, weakref.ProxyTypes))
_numbers_or_absent = functools.partial(read_or_absent, numbers_in)
_FUNCTIONS = (types.FunctionType, classmethod, staticmethod, property, functools.partial)


class Reach:
    """Walks over what functions and other objects can reach.

    Args:
        roots: what is called, each with what it is called in messages.
        known: the names that were read when the same were looked at before.
        sought: objects of which it is asked whether one can be reached.
        whole: whether to hold attributes that nothing reads, too.

    Attributes:
        finds: whether one of these can be.
        prints: whether anything may be printed, logged, or warned of.
        places: that hold something.
        generators: of random numbers.
        reads: the names that are read.
        runs_out: whether there is an iterator, which is another one when it was asked.
        unseen: what cannot be looked at, in words; "" where there is nothing of the kind.
    """

    def __init__(
        self,
        roots: Iterable[tuple[Any, str]],
        known: Reads | None = None,
        *,
        sought: Iterable[Any] = (),
        whole: bool = False,
    ) -> None:
        self._facts: dict[int, Facts] = {}  # by the addresses of the classes
        self._arrays: dict[int, tuple[Any, Any]] = {}  # which are kept, and what they hold
        self._roots, self._whole, self._sought = list(roots), whole, {*map(id, sought)}
        self.reads = Reads(known, whole=whole)
        while True:
            self.reads.begin()
            self._walk()
            if self.reads.is_complete():
                break
        self.finds = not self._sought.isdisjoint(self._seen)
        self._seen.clear()
        self._arrays.clear()

    def _walk(self) -> None:
        self.places: list[WatchedPlace] = []
        self.generators: list[Any] = []
        self.unseen, self.runs_out, self.prints = "", False, False
        self._missed: tuple[Path, str] | None = None  # the last that cannot be looked at
        self._seen: dict[int, Any] = {}
        self._classes: set[tuple[int, bool]] = set()
        self._modules: set[int] = set()  # all of whose entries are held
        self._waiting: list[tuple[Any, Path]] = [*self._roots[::-1]]
        # Values hold nothing but numbers, unless the user has given some of them attributes.
        given = {name for name, part in vars(Value).items() if type(part).__name__ == "_Attribute"}
        looked_at = not compiled or self.reads.dynamic or bool(self.reads.among(given))
        looked_at = looked_at and (bool(given) or not compiled)
        looked_at = looked_at or self.reads.labels or bool(self._sought)
        self._plain = _PLAIN_IDS - {id(Value)} if looked_at else _PLAIN_IDS
        while self._waiting:
            found, path = self._waiting.pop()
            if id(type(found)) in self._plain or id(found) in self._seen:
                continue
            if len(self._seen) > _MOST:
                self.unseen = f"more than {_MOST} objects"
                return
            self._seen[id(found)] = found
            self._visit(found, path)
        if self._missed is not None:
            self.unseen = f"`{words(self._missed[0])}`{self._missed[1]}"

    def _later(self, found: Any, path: Path) -> None:
        if id(type(found)) not in self._plain:
            self._waiting.append((found, path))

    def _hold(self, kind: str, holder: Any, key: Any, value: Any, path: Path) -> None:
        self.places.append(WatchedPlace(kind, holder, key, value, path))

    def _look(self, kind: str, holder: Any, key: Any, value: Any, path: Path) -> None:
        """Hold what is found in a place, and look into it later."""
        self._hold(kind, holder, key, value, path)
        self._later(value, path)

    # -- what there is ----------------------------------------------------------------------------

    def _visit(self, found: Any, path: Path) -> None:
        kind = type(found)
        self.reads.dynamic |= id(found) in READERS
        if kind is types.FunctionType:
            self._function(found, path)
        elif kind is types.MethodType:
            name = getattr(found.__func__, "__name__", "")
            self.reads.dynamic |= name in READING
            self.reads.names.add(name)  # of what it is bound to
            self._later(found.__func__, path)
            self._later(found.__self__, owner_of(path) or type(found.__self__).__name__)
        elif kind is types.BuiltinFunctionType or kind is types.MethodWrapperType:
            if isinstance(found.__self__, (types.ModuleType, type(None))):
                self._trust(found, path)
            else:
                self.reads.names.add(found.__name__)
                self._later(found.__self__, owner_of(path) or path)
        elif id(kind) in _PROXIES:  # which may stand for nothing
            self._read(observers.behind, found, path)
        elif issubclass(kind, types.ModuleType):
            self._module(found, path)
        elif issubclass(kind, type):
            self._class(found, path, made=True)
        else:
            self._object(found, path)

    def _object(self, found: Any, path: Path) -> None:
        """Look at what an object holds by its kind, and at its attributes."""
        kind = type(found)
        facts = self._facts_of(kind)
        known = True if facts.empty else self._contents(found, kind, facts, path)
        if facts.waits:
            self._hung(found, facts, path)
        elif not facts.bare:
            self._instance(found, facts, path)
        self.runs_out |= facts.runs_out
        if known is None:
            known = not observers.hides(kind)
        if not known:
            article = "an" if kind.__name__[0] in "aeiou" else "a"
            self._missed = path, f", {article} {kind.__name__}"

    def _facts_of(self, kind: type) -> Facts:
        facts = self._facts.get(id(kind))
        if facts is None:
            facts = self._facts[id(kind)] = Facts(kind)
        return facts

    def _contents(self, found: Any, kind: type, facts: Facts, path: Path) -> bool | None:
        """Look at what an object holds beside its attributes.

        Returns:
            Whether that can be seen; None where nobody knows that there is anything.
        """
        stream = found is sys.stdout or found is sys.stderr
        self.prints |= stream or facts.top in TAKERS
        if stream or self._wrapped(found, kind, path) or self._collection(found, kind, path):
            return True
        if issubclass(kind, random.SystemRandom):
            return False
        if issubclass(kind, (random.Random, *generators())):
            self.generators.append(found)
            bits = not hasattr(found, "bit_generator") and hasattr(found, "state")
            if self.reads.among(STATES | {"state"} if bits else STATES):
                self._read(state_of, found, path)
        elif (observer := facts.observer) is not None:
            if not observer.asked or self.reads.among(observer.asked):
                read = self._read(observer.read, found, path)
                return not facts.shows or read is not ABSENT
        elif facts.waits:
            pass
        elif facts.top == "jangrad":
            facts.empty = True
        elif is_users_class(kind) and kind.__base__ is object:
            return None
        elif facts.shows:
            return self._read(_numbers_or_absent, found, path) is not ABSENT
        elif callable(found) and (hasattr(found, "__name__") or facts.top in PURE):
            self._trust(found, path)
            if isinstance(found, np.ufunc):
                self._items(gc.get_referents(found), path)
        elif observers.has_buffer(found):
            self._read(observers.buffer_of, found, path)
        else:
            return None
        return True

    def _wrapped(self, found: Any, kind: type, path: Path) -> bool:
        """Look at what stands behind an object, if it is there for something else."""
        if issubclass(kind, functools.partial):
            self._later(found.func, path)
            self._items(found.args, path)
            self._dict(found.keywords, path)
        elif issubclass(kind, (staticmethod, classmethod)):
            self._later(found.__func__, path)
            if issubclass(kind, classmethod):  # which may make an object of its class
                self.reads.names |= {"__init__", "__new__"}
        elif issubclass(kind, property):
            self._later(found.fget, path)
        elif issubclass(kind, functools.cached_property):
            self._later(found.func, path)
        elif kind is types.MappingProxyType:
            self._later(gc.get_referents(found)[0], path)
        elif is_a(kind, (KeysView, ValuesView, ItemsView)) and hasattr(found, "mapping"):
            self._later(found.mapping, path)
        elif issubclass(kind, ContextVar):
            self._read(observers.in_context, found, path)
        elif kind is Context:
            self._read(observers.all_in_context, found, path)
        elif kind is types.CellType:
            self._read(observers.content_if_any, found, path)
        elif issubclass(kind, weakref.ref):
            self._read(observers.called, found, path)
        elif issubclass(kind, functools._lru_cache_wrapper):
            self._cache(found, path)
        elif kind is slice:
            self._items((found.start, found.stop, found.step), path)
        elif issubclass(kind, (operator.attrgetter, operator.methodcaller)):
            self.reads.dynamic = True
        else:
            return False
        return True

    def _collection(self, found: Any, kind: type, path: Path) -> bool:
        """Look at items, and at numbers of all sorts."""
        if kind is list:
            self._hold("list", found, None, tuple(found), path)
            self._items(found, path)
        elif issubclass(kind, list):
            self._read(observers.listed, found, path)
        elif issubclass(kind, (tuple, frozenset)):
            self._items(found, path)
        elif issubclass(kind, dict):
            self._dict(found, path)
        elif issubclass(kind, (set, deque)):
            self._read(tuple, found, path)
        elif issubclass(kind, np.ndarray):
            self._array(found, path)
        elif issubclass(kind, Value):
            self._value(found, path)
        elif issubclass(kind, BaseException):
            self._items(found.args, path)
            self._hold("attribute", found, "args", found.args, (path, ".", "args"))
            for name in self.reads.among({"__cause__", "__context__"}):
                self._look("attribute", found, name, getattr(found, name), (path, ".", name))
        elif issubclass(kind, threading.local):
            self._read(observers.attributes_and_values, found, path)
        else:
            known = issubclass(kind, np.generic) and not issubclass(kind, np.void)
            return known or is_a(kind, Number)
        return True

    def _value(self, found: Value, path: Path) -> None:
        """Look at the attributes that the user has given a Value, at its label, and its class."""
        if type(found) is not Value:
            self._class(type(found), path, made=False)
        if self.reads.labels:
            self._hold("attribute", found, "label", found.label, (path, ".", "label"))
        for name, value in attributes_of(found).items():
            if self.reads.has(name, value):
                self._look("attribute", found, name, value, (path, ".", name))

    def _cache(self, found: Any, path: Path) -> None:
        """Look at what a function has kept of its results, and may forget."""
        self._instance(found, self._facts_of(type(found)), path)
        for held in gc.get_referents(found):  # the function, what keeps results, and results
            if type(held) is dict and held is not vars(found):
                values = tuple(held.values())
                self._hold("dict", held, KEPT, (tuple(held), values), path)
                self._items([v for v in values if type(v).__name__ != "_lru_list_elem"], path)
            else:
                self._later(held, path)

    def _read(self, read: Callable[[Any], Any], found: Any, path: Path) -> Any:
        value = read(found)
        self._hold("other", found, read, value, path)
        if isinstance(value, tuple):
            self._items(value, path)
        else:
            self._later(value, path)
        return value

    def _items(self, items: Any, path: Path) -> None:
        if compare.are_of(items, self._plain):
            return
        for i, item in enumerate(items):
            if id(type(item)) not in self._plain:
                self._waiting.append((item, (path, "[", i)))

    def _dict(self, found: dict[Any, Any], path: Path) -> None:
        items = tuple(dict.items(found))  # and not by methods of the user's
        if type(found) is dict:
            held = tuple(key for key, _ in items), tuple(value for _, value in items)
            self._hold("dict", found, None, held, path)
        else:
            self._read(observers.entries_of, found, path)
            if issubclass(type(found), defaultdict):
                self._read(observers.default_factory_of, found, (path, ".", "default_factory"))
        self._items(tuple(key for key, _ in items), path)
        for key, value in items:
            self._later(value, (path, "[", key))

    def _array(self, found: Any, path: Path) -> None:
        if found.dtype.hasobject:
            self._read(observers.objects_in, found, path)
        else:
            held = self._arrays.get(id(found))
            if held is None:  # in this walk, or in those before
                held = self._arrays[id(found)] = found, observers.kept_contents_of(found)
            self._hold("array", found, None, held[1], path)
            if found.dtype.names:  # which may be changed in place
                self._read(observers.fields_of, found, path)
            if self.reads.among(("flags",)):
                self._read(observers.flags_of, found, path)

    def _function(self, found: types.FunctionType, path: Path) -> None:
        if not is_users(found.__code__.co_filename):
            for cell in found.__closure__ or ():
                self._later(read_or_absent(observers.content, cell), path)
            self._items(found.__defaults__ or (), path)
            if vars(found):
                self._instance(found, self._facts_of(types.FunctionType), path)
            self._trust(found, path)
            return
        names = names_in(found.__code__)
        every = names.dynamic or self.reads.scopes
        self._told(found, path)
        self._hold("attribute", found, "__code__", found.__code__, path)
        for name, cell in zip(found.__code__.co_freevars, found.__closure__ or (), strict=True):
            value = read_or_absent(observers.content, cell)
            if name not in names.variables | names.extended and not every:
                continue
            if value is ABSENT:
                self._hold("other", cell, observers.content_if_any, value, name)
            else:
                self._hold("attribute", cell, "cell_contents", value, name)
            if self._whole or every or name in names.variables or type(value) is not list:
                self._later(value, name)
        for defaults in ("__defaults__", "__kwdefaults__"):
            value = getattr(found, defaults)
            if value is not None:
                self._look("attribute", found, defaults, value, (path, ".", defaults))
        self._size(vars(found), path)
        if vars(found):
            self._instance(found, self._facts_of(types.FunctionType), path)
        self.reads.note(names)
        if self._whole:  # what the code assigns is held too
            self._entries(found.__globals__, found.__module__ or path)
        read = names.variables
        if every:
            read = read | (self.reads.texts & found.__globals__.keys())
            if self.reads.scopes or not _BY_ANY_NAME.isdisjoint(read):
                self._size(found.__globals__, path)
                read = read | numbers_among(found.__globals__)
        for name in sorted((read | names.extended) - {*found.__code__.co_freevars}):
            value = found.__globals__.get(name, ABSENT)
            self._hold("entry", found.__globals__, name, value, name)
            builtin = vars(builtins).get(name, ABSENT)
            if value is ABSENT and builtin is not ABSENT and not is_pythons(builtin):
                value = builtin
                self._hold("entry", vars(builtins), name, value, name)
            if name in read or self._whole or type(value) is not list:
                self._later(value, name)
            if value is ABSENT and name in _IMPURE:
                self._missed = name, f", which `{words(path)}` calls"
            self.prints |= value is ABSENT and name == "print"
        modules = names.modules | (texts_of(found, read) if names.imports else set())
        for dots, module in modules:
            whole = absolute(dots, module, found.__globals__)
            for name in {whole, whole.partition(".")[0]}:
                value = sys.modules.get(name, ABSENT)
                self._look("entry", sys.modules, name, value, name)

    def _module(self, found: types.ModuleType, path: Path) -> None:
        name = found.__name__
        if name.partition(".")[0] == "jangrad":
            return
        if found is np and self.reads.among({"random"}):
            self._later(np.random, "np.random")  # which NumPy imports when it is first asked for
        users = is_users_module(name)
        held = vars(found)
        if users:
            (self._entries if self._whole else self._size)(held, path)
        read = self.reads.among(held)
        if users and self.reads.dynamic:
            read |= numbers_among(held)
        if users and "__getattr__" in held:
            read |= {"__getattr__"}
        if users and type(found) is not types.ModuleType:
            self._class(type(found), path, made=False)
            self._hold("attribute", found, "__class__", type(found), path)
        for name in sorted(read):
            value = held[name]
            if users:
                self._hold("entry", held, name, value, (path, ".", name))
            self._later(value, (path, ".", name))

    def _class(self, found: type, path: Path, *, made: bool) -> None:
        """Look at what a class holds; `made` when code may make an object of it."""
        if (id(found), made) in self._classes:
            return
        self._classes |= {(id(found), made), (id(found), False)}
        if type(found) is not type and is_users_class(type(found)):
            self._class(type(found), path, made=False)
        users = [kind for kind in found.__mro__ if is_users_class(kind)]
        if users:
            self._told(found, path)
            self._hold("attribute", found, "__mro__", found.__mro__, path)
        ours = self._facts_of(found).ours
        for kind in found.__mro__:
            shown = module_of(kind).startswith(SHOWN_CLASSES)
            (entries,) = gc.get_referents(kind.__dict__)
            if not is_users_class(kind):
                if users or shown:
                    names = self.reads.ours if shown else self.reads.names
                    names |= names_in_methods(kind, tuple(entries.values()))
                if shown and not users:
                    self.reads.ours |= names_beside(kind)
                if not shown:
                    continue
            elif self.reads.among({"__subclasses__"}):
                self._read(observers.subclasses_of, kind, (path, ".", "__subclasses__()"))
            self._size(entries, path, kind)
            for name, value in list(entries.items()):
                special = name.startswith("__") and name.endswith("__")
                if special:
                    reads = isinstance(value, _FUNCTIONS) or is_users_class(type(value))
                    reads = reads and (made or name not in NOT_CALLED)
                    reads = reads or bool(self.reads.among((name,)))
                else:
                    reads = self.reads.has(name, value, ours=ours)
                if reads:
                    here = (path, ".", name)
                    for below in users:
                        if below is kind:
                            break
                        (its,) = gc.get_referents(below.__dict__)
                        if name not in its:  # where it would come before
                            self._entry(its, name, ABSENT, here, below)
                    self._entry(entries, name, value, here, kind)
                    if (compared := fields_compared_by(kind, name, value)) is not None:
                        self.reads.compared |= compared
                    elif self.reads.has_inside(name, value):
                        self._later(value, here)
        if not users:
            self._trust(found, path)

    def _told(self, found: Any, path: Path) -> None:
        """Look at what a function or a class tells of itself, where that is asked for."""
        told = {*vars(found), "__name__"} if isinstance(found, type) else TOLD
        for name in self.reads.among(TOLD & told):
            self._look("attribute", found, name, getattr(found, name, None), (path, ".", name))

    def _entries(self, held: dict[str, Any], path: Path) -> None:
        """Hold all that a module has, once, without looking at what that holds."""
        if id(held) in self._modules:
            return
        self._modules.add(id(held))
        self._size(held, path)
        for name, value in list(held.items()):
            self._hold("entry", held, name, value, (path, ".", name))

    def _size(self, entries: Any, path: Path, owner: type | None = None) -> None:
        """Hold how many names there are, of which a new one may be found before others."""
        if type(entries) is dict:
            self.places.append(WatchedPlace("size", entries, None, len(entries), path, owner))

    def _entry(self, entries: Any, name: str, value: Any, path: Path, owner: type) -> None:
        """Hold what a class has under a name; those of `ctypes` keep it in dicts of their own."""
        if type(entries) is dict:
            self.places.append(WatchedPlace("entry", entries, name, value, path, owner))
        else:
            self._hold("other", owner, functools.partial(observers.of_class, name), value, path)

    def _instance(self, found: Any, facts: Facts, path: Path) -> None:
        """Look at the attributes of an object."""
        kind = type(found)
        reads = functools.partial(self.reads.has, ours=facts.ours)
        if getattr(kind, "compile_alike", None) is not None:  # what `jit` has made
            self._later(found.function, path)
            for name in sorted(self.reads.among(vars(found)) - {"function", "__wrapped__"}):
                self._look("entry", vars(found), name, vars(found)[name], (path, ".", name))
            return
        if not facts.users and hasattr(found, "__name__") and facts.top not in PURE:
            return  # a function of another package
        if facts.users or facts.top == "jangrad":
            self._class(kind, path, made=False)
        if facts.users:
            self._hold("attribute", found, "__class__", getattr(found, "__class__", kind), path)
        if facts.whole:
            return
        entries = None if issubclass(kind, threading.local) else getattr(found, "__dict__", None)
        if isinstance(entries, dict):
            items = tuple(entries.items())
            values = [
                value
                if facts.others or (reads(name, value) and name not in facts.hidden)
                else UNREAD
                for name, value in items
            ]
            if type(entries) is dict:
                held = tuple(name for name, _ in items), tuple(values)
                self.places.append(WatchedPlace("dict", entries, ".", held, path, found))
            else:
                self._read(observers.entries_of, entries, path)
            for (name, _), value in zip(items, values, strict=True):
                if id(type(value)) not in self._plain and self.reads.has_inside(name, value):
                    self._waiting.append((value, (path, ".", name)))
        for name in facts.slots:
            value = getattr(found, name, ABSENT)
            if facts.others or reads(name, value):
                self._hold("attribute", found, name, value, (path, ".", name))
                if self.reads.has_inside(name, value):
                    self._later(value, (path, ".", name))

    def _hung(self, found: Any, facts: Facts, path: Path) -> None:
        """Look at attributes of what threads wait for each other with, such as a user has given."""
        held = getattr(found, "__dict__", {})
        for name in self.reads.among(held) - facts.hidden:
            self._later(held[name], (path, ".", name))
        if held:
            read = functools.partial(self.reads.read_of, facts.hidden)
            self._hold("other", found, read, read(found), path)

    def _trust(self, found: Any, path: Path) -> None:
        """A function that is not the user's is not looked into: it may not give the same again."""
        module, name = module_of(found), getattr(found, "__name__", "")
        top = module.partition(".")[0]
        self.prints |= found is print or top in ("logging", "warnings")
        self.runs_out |= top in STREAMS
        if found is os.getenv:
            self._later(os.environ, "os.environ")
        elif any(found is asked for asked in ASKED):
            self._read(observers.called, found, path)
        elif module.startswith("numpy.random") or top not in PURE | WAITING:
            self._missed = path, ", which is not Python of yours"
        elif top == "numpy" and name in _IMPURE_OF_NUMPY:
            self._missed = path, ", which reads a file"
        elif module == "builtins" and name in _IMPURE:
            self._missed = name, ""
