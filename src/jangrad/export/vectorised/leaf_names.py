"""What the parameters of a function are called, and which of them make one array.

A function reaches its parameters through its closure, the module's variables and the objects that
hold them. Lists in lists become the axes of an array, and so do the neurons of a layer; the layers
of a network do not.
"""

from __future__ import annotations

import functools
import keyword
import re
import types
from collections import deque
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np

from jangrad.engine import Value

_PLAIN = (float, int, str, bool, bytes, type(None))
_DEEPEST = 12
# What code calls its weights and biases has short names in formulas.
_SHORT = {"weights": "W", "bias": "b", "biases": "b"}

#: What the source itself calls.
WORDS = {"np", "jnp", "jax", "math", "sliding_window_view", "sigmoid", "len", "range", "reversed"}


class PathStep(NamedTuple):
    """One step on the way to a Value.

    Attributes:
        name: the attribute, key or number.
        axis: whether it is a place along an axis of an array.
        unit: whether it leads to a neuron or the like.
        root: whether it is a variable of the function's.
    """

    name: str | int
    axis: bool = False
    unit: bool = False
    root: bool = False


Path = tuple[PathStep, ...]


class LeafGroup(NamedTuple):
    """Values that make one array.

    Attributes:
        name: an identifier.
        path: how the object that holds them calls it, `layers.0.neurons.weights`.
        values: them, in a box.
    """

    name: str
    path: str
    values: Any


def groups_of(function: Any, wanted: Sequence[Value], taken: Sequence[str]) -> list[LeafGroup]:
    """The arrays of these parameters, in the order in which the function reaches them.

    Args:
        function: what uses them.
        wanted: the parameters.
        taken: names that are taken.
    """
    asked = {id(v) for v in wanted}
    found: dict[int, tuple[Path, Value]] = {}
    for path, value in _from(function):
        found.setdefault(id(value), (path, value))
    boxes: list[tuple[Path, Any]] = []
    for members in _alike(found.values()):
        boxes += [box for box in _boxes(members) if any(id(v) in asked for v in box[1].flat)]
    known = {id(v) for _, box in boxes for v in box.flat}
    rest = [v for v in wanted if id(v) not in known]
    if rest:
        boxes.append(((PathStep("w"),), _box(rest, (len(rest),))))
    boxes = _without_root(boxes)
    names = _named([path for path, _ in boxes], taken)
    return [
        LeafGroup(name, _told(path), box) for name, (path, box) in zip(names, boxes, strict=True)
    ]


def _without_root(boxes: list[tuple[Path, Any]]) -> list[tuple[Path, Any]]:
    """Without the one variable that leads to all of them, as a network does."""
    words = [[step for step in path if not step.axis] for path, _ in boxes]
    if any(len(told) < 2 for told in words) or len({told[0] for told in words}) > 1:
        return boxes
    if not words or not words[0][0].root:
        return boxes
    return [(path[1:], box) for path, box in boxes]


def _box(values: Sequence[Value], shape: tuple[int, ...]) -> Any:
    found = np.empty(len(values), object)
    found[:] = values
    return found.reshape(shape)


# -- walking --------------------------------------------------------------------------------------


def _from(function: Any) -> Iterator[tuple[Path, Value]]:
    """The Values that a function reaches, with the way to each."""
    called: dict[int, Any] = {}
    seen: dict[int, Any] = {}
    waiting = deque([function])
    while waiting:
        one = waiting.popleft()
        if id(one) in called:
            continue
        called[id(one)] = one
        for name, thing in _variables(one):
            if isinstance(thing, (types.FunctionType, types.MethodType, functools.partial)):
                waiting.append(thing)
            elif hasattr(thing, "function") and callable(thing):  # a compiled function
                waiting.append(thing.function)
            else:
                path = (PathStep(name, root=True),) if name else ()
                yield from _walk(thing, path, seen)


def _variables(function: Any) -> Iterator[tuple[str, Any]]:
    """What a function names: its closure, its defaults, its object, the module's variables."""
    if isinstance(function, functools.partial):
        yield "", function.func
        for thing in (*function.args, *function.keywords.values()):
            yield "", thing
        return
    if isinstance(function, types.MethodType):
        yield "", function.__self__
        function = function.__func__
    if not isinstance(function, types.FunctionType):
        yield "", function
        return
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:  # it is empty
            continue
    defaults = function.__defaults__ or ()
    first = code.co_argcount - len(defaults)
    yield from zip(code.co_varnames[first : code.co_argcount], defaults, strict=True)
    yield from (function.__kwdefaults__ or {}).items()
    named = _names_in(code)
    for name, thing in function.__globals__.items():
        if name in named and not isinstance(thing, (types.ModuleType, type)):
            yield name, thing


def _names_in(code: types.CodeType) -> set[str]:
    """All that code names, with the functions inside."""
    found = {*code.co_names}
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            found |= _names_in(const)
    return found


def _walk(thing: Any, path: Path, seen: dict[int, Any]) -> Iterator[tuple[Path, Value]]:
    if isinstance(thing, Value):
        yield path, thing
        return
    if isinstance(thing, (*_PLAIN, type)) or len(path) > _DEEPEST or id(thing) in seen:
        return
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray):
        thing = thing.tolist() if thing.dtype == object else []
    if isinstance(thing, (list, tuple, deque)):
        axis, unit = _is_axis(thing)
        for i, item in enumerate(thing):
            yield from _walk(item, (*path, PathStep(i, axis, unit)), seen)
    elif isinstance(thing, dict):
        for key, item in thing.items():
            yield from _walk(
                item, (*path, PathStep(key if isinstance(key, int) else str(key))), seen
            )
    elif hasattr(thing, "__dict__") and not isinstance(
        thing, (types.FunctionType, types.ModuleType)
    ):
        for key, item in vars(thing).items():
            yield from _walk(item, (*path, PathStep(key)), seen)


def _is_axis(items: Sequence[Any]) -> tuple[bool, bool]:
    """Whether places in a list are places along an axis, and whether they are units."""
    if all(isinstance(item, (Value, list, tuple)) for item in items):
        return True, False
    unit = all(_is_unit(item) for item in items)
    return unit, unit


def _is_unit(thing: Any) -> bool:
    """Whether it holds Values and flat lists of them alone, as a neuron does."""
    held = getattr(thing, "__dict__", None)
    if held is None or isinstance(thing, (*_PLAIN, type, types.FunctionType)):
        return False
    for item in held.values():
        if isinstance(item, (list, tuple)):
            if not all(isinstance(x, (Value, *_PLAIN)) for x in item):
                return False
        elif not isinstance(item, (Value, *_PLAIN)) and not callable(item):
            return False
    return True


# -- grouping -------------------------------------------------------------------------------------


def _alike(found: Any) -> list[list[tuple[Path, Value]]]:
    """The Values whose paths differ in places along axes alone."""
    groups: dict[Any, list[tuple[Path, Value]]] = {}
    for path, value in found:
        key = tuple(None if step.axis else step.name for step in path)
        groups.setdefault(key, []).append((path, value))
    return list(groups.values())


def _boxes(members: list[tuple[Path, Value]]) -> list[tuple[Path, Any]]:
    """Arrays of Values; lists of several lengths make several, split by their first axis."""
    path = members[0][0]
    axes = [k for k, step in enumerate(path) if step.axis]
    if not axes:
        return [(path, _box([members[0][1]], ()))]
    at = np.array([[path[k].name for k in axes] for path, _ in members], np.int64)
    shape = tuple(int(n) + 1 for n in at.max(axis=0))
    if prod(shape) == len(members):
        box = np.empty(shape, object)
        for place, (_, value) in zip(at.tolist(), members, strict=True):
            box[tuple(place)] = value
        return [(path, box)]
    found = []
    for number in np.unique(at[:, 0]).tolist():
        mine = [(_fixed(path, axes[0]), v) for path, v in members if path[axes[0]].name == number]
        found += _boxes(mine)
    return found


def _fixed(path: Path, k: int) -> Path:
    return (*path[:k], path[k]._replace(axis=False), *path[k + 1 :])


# -- naming ---------------------------------------------------------------------------------------


def _told(path: Path) -> str:
    return ".".join(str(step.name) for step in path if not step.axis)


def _named(paths: list[Path], taken: Sequence[str]) -> list[str]:
    """An identifier for each, as short as tells them apart."""
    short = [_short(path) for path in paths]
    found: list[str] = []
    for path, base in zip(paths, short, strict=True):
        name = base
        if short.count(base) > 1:
            numbers = [step.name for step in path if isinstance(step.name, int) and not step.axis]
            if numbers:
                name = f"{base}{int(numbers[-1]) + 1}"
        if found.count(name) or (name == base and short.count(base) > 1):
            name = as_identifier("_".join(str(step.name) for step in path if not step.axis))
        found.append(unused(name, [*taken, *found]))
    return found


def _short(path: Path) -> str:
    words = [step.name for step in path if isinstance(step.name, str)]
    last = words[-1] if words else "w"
    if any(step.unit for step in path) and last in _SHORT:
        return _SHORT[last]
    return as_identifier(last)


def as_identifier(text: str) -> str:
    """The text as an identifier."""
    word = re.sub(r"\W", "_", text).lstrip("_") or "w"
    return f"p{word}" if word[0].isdigit() else word


def unused(name: str, taken: Sequence[str]) -> str:
    """The name, with a number where it is taken or means something else."""
    banned = {*taken, *WORDS, "n"}
    if name not in banned and not keyword.iskeyword(name):
        return name
    number = 2
    while f"{name}_{number}" in banned:
        number += 1
    return f"{name}_{number}"
