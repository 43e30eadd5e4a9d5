"""Putting back what places held: a trace that is refused has changed nothing."""

from __future__ import annotations

import array
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np

from jangrad.guards import observers, packages
from jangrad.guards.observers import ABSENT, UNREAD
from jangrad.guards.places import KEPT, WatchedPlace


def put_back(place: WatchedPlace) -> None:
    """Give a place what it held, where that can be done; by no method of the user's."""
    with suppress(AttributeError, TypeError, ValueError, KeyError, BufferError):
        if place.holder is not sys.modules and place.key is not KEPT:  # what was imported stays
            _WRITERS[place.kind](place)


def _entry(place: WatchedPlace) -> None:
    _, holder, key, value, _, owner = place
    if owner is not None and value is ABSENT:
        type.__delattr__(owner, key)
    elif owner is not None:
        type.__setattr__(owner, key, value)
    elif value is ABSENT:
        del holder[key]
    else:
        holder[key] = value


def _dict(place: WatchedPlace) -> None:
    if place.owner is not None and getattr(place.owner, "__dict__", None) is not place.holder:
        object.__setattr__(place.owner, "__dict__", place.holder)
    now = dict(place.holder)
    place.holder.clear()
    for name, old in zip(*place.value, strict=True):
        place.holder[name] = now.get(name) if old is UNREAD else old


def _size(place: WatchedPlace) -> None:
    for name, added in list(place.holder.items())[place.value :]:
        if isinstance(added, types.ModuleType):
            continue  # what was imported stays
        if place.owner is not None:
            type.__delattr__(place.owner, name)
        else:
            del place.holder[name]


def _list(place: WatchedPlace) -> None:
    place.holder[:] = place.value


def _array(place: WatchedPlace) -> None:
    numbers, shape, dtype = place.value
    place.holder[...] = np.frombuffer(numbers, dtype).reshape(shape)


def _attribute(place: WatchedPlace) -> None:
    _, holder, key, value, _, _ = place
    for kind in type(holder).__mro__:
        member = vars(kind).get(key)
        if isinstance(member, types.MemberDescriptorType):  # also where it may not be assigned
            if value is ABSENT:
                member.__delete__(holder)
            else:
                member.__set__(holder, value)
            return
    setattr(holder, key, value)


def _other(place: WatchedPlace) -> None:
    read = place.key
    if isinstance(read, partial) and read.func is observers.read_or_absent:
        (read,) = read.args
    write = _CONTENTS.get(read)
    if write is not None and place.value is not ABSENT:
        write(place.holder, place.value)


_WRITERS: dict[str, Callable[[WatchedPlace], None]] = {
    "entry": _entry,
    "dict": _dict,
    "list": _list,
    "array": _array,
    "attribute": _attribute,
    "other": _other,
    "size": _size,
}


# -- what objects hold, by the functions of `observers` that read it ------------------------------


def _items(found: Any, items: Any) -> None:
    if isinstance(found, deque):
        deque.clear(found)
        deque.extend(found, items)
    elif isinstance(found, set):
        set.clear(found)
        set.update(found, items)


def _entries(found: dict[Any, Any], entries: Any) -> None:
    kind = OrderedDict if isinstance(found, OrderedDict) else dict
    half = len(entries) // 2
    kind.clear(found)
    for key, value in zip(entries[:half], entries[half:], strict=True):
        kind.__setitem__(found, key, value)


def _listed(found: list[Any], items: Any) -> None:
    list.__setitem__(found, slice(None), items)


def _attributes(found: Any, entries: Any) -> None:
    _entries(vars(found), entries)


def _objects(found: Any, items: Any) -> None:
    for i, item in enumerate(items):
        found.flat[i] = item


def _bytes(found: Any, numbers: bytes) -> None:
    if isinstance(found, bytearray):
        found[:] = numbers
    elif isinstance(found, array.array):
        del found[:]
        found.frombytes(numbers)
    else:
        memoryview(found).cast("B")[:] = numbers


def _numbers(found: Any, held: tuple[Any, ...]) -> None:
    numbers, shape, dtype = held
    np.asarray(found)[...] = np.frombuffer(numbers, dtype).reshape(shape)


def _tensor(found: Any, held: tuple[Any, ...]) -> None:
    numbers, shape, _, _, requires_grad, grad = held
    old = sys.modules["torch"].frombuffer(bytearray(numbers), dtype=found.dtype).reshape(shape)
    found.detach().copy_(old)
    found.requires_grad_(requires_grad)
    found.grad = grad


def _labelled(found: Any, held: tuple[Any, ...]) -> None:
    half = len(held) // 2
    axes = 0
    for name, value in zip(held[:half], held[half:], strict=True):
        if name in vars(found):
            vars(found)[name] = value
        elif name == "axis":
            vars(found)["_mgr"].set_axis(axes, value)
            axes += 1


def _content(cell: Any, value: Any) -> None:
    cell.cell_contents = value


def _default_factory(found: Any, value: Any) -> None:
    observers.DEFAULT_FACTORY.__set__(found, value)


def _all_in_context(context: Any, held: tuple[Any, ...]) -> None:
    half = len(held) // 2
    for variable, value in zip(held[:half], held[half:], strict=True):
        context.run(variable.set, value)


def _in_context(variable: Any, value: Any) -> None:
    variable.set(value)


_CONTENTS: dict[Any, Callable[[Any, Any], None]] = {
    tuple: _items,
    observers.buffer_of: _bytes,
    observers.entries_of: _entries,
    observers.listed: _listed,
    observers.attributes_and_values: _attributes,
    observers.objects_in: _objects,
    packages.numbers_in: _numbers,
    packages.tensor: _tensor,
    packages.labelled: _labelled,
    observers.in_context: _in_context,
    observers.all_in_context: _all_in_context,
    observers.content_if_any: _content,
    observers.default_factory_of: _default_factory,
}
