"""The parameters of what is exported: arrays, by the names that they have in the user's code."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from jangrad.engine import Value
from jangrad.nn.module import Module

Path = tuple[str | int, ...]
#: Parts of a network that lie side by side, as the rows of a matrix do.
_SIDE_BY_SIDE = "neurons"


class ParameterArray(NamedTuple):
    """Parameters that are one array.

    Attributes:
        name: what the user calls them, such as `layers.0.weights`.
        shape: how many there are along each axis.
        values: they, the last axis first.
    """

    name: str
    shape: tuple[int, ...]
    values: list[Value]


def groups_of(values: Sequence[Value], paths: Mapping[int, Path]) -> list[ParameterArray]:
    """Parameters in arrays, in the order in which they are first met.

    Args:
        values: they, each once.
        paths: of each the way to it, by `id`, where there is one.
    """
    found: dict[str, list[tuple[tuple[int, ...], Value]]] = {}
    for value in values:
        name, at = _array(paths.get(id(value), ("parameters",)))
        found.setdefault(name, []).append((at, value))
    return [_group(name, members) for name, members in found.items()]


def _group(name: str, members: list[tuple[tuple[int, ...], Value]]) -> ParameterArray:
    places = [at for at, _ in members]
    shape: tuple[int, ...] = (len(members),)
    if len({*map(len, places)}) == 1 and places[0] and len({*places}) == len(places):
        members = sorted(members, key=lambda member: member[0])
        ranges = [len({*along}) for along in zip(*places, strict=True)]
        if math.prod(ranges) == len(members):
            shape = tuple(ranges)
    return ParameterArray(name, shape, [value for _, value in members])


def _array(path: Path) -> tuple[str, tuple[int, ...]]:
    """The array that a parameter is in, and where.

    >>> _array(("layers", 0, "neurons", 1, "weights", 2))
    ('layers.0.weights', (1, 2))
    """
    words: list[str] = []
    at: list[int] = []
    for k, part in enumerate(path):
        ends = not any(isinstance(later, str) for later in path[k:])
        if isinstance(part, int) and (ends or path[k - 1] == _SIDE_BY_SIDE):
            at.append(part)
        elif part != _SIDE_BY_SIDE or ends:
            words.append(str(part))
    return ".".join(words), tuple(at)


def paths_to(functions: Sequence[Callable[..., Any]]) -> dict[int, Path]:
    """The way to each Value that functions, or the networks that they are, hold or name."""
    found: dict[int, Path] = {}
    for function in functions:
        modules = {*map(id, _modules_of(function))}
        for path, value in _held(function):
            alone = len(modules) == 1 and len(path) > 1 and isinstance(path[0], _Of)
            found.setdefault(id(value), path[1:] if alone else path)
    return found


class _Of(str):
    """The name of a network, which is left out where there is no other one."""


def _modules_of(function: Callable[..., Any]) -> Iterator[Module]:
    for _, held in _roots(function):
        if isinstance(held, Module):
            yield held


def _held(function: Callable[..., Any]) -> Iterator[tuple[Path, Value]]:
    for name, held in _roots(function):
        if isinstance(held, Module):
            start: Path = (_Of(name),) if name else ()
            for path, value in held.named_parameters().items():
                parts = [int(part) if part.isdigit() else part for part in path.split(".")]
                yield (*start, *parts), value
        else:
            yield from _inside(held, (name,), set())


def _roots(
    function: Callable[..., Any], seen: frozenset[int] = frozenset()
) -> Iterator[tuple[str, Any]]:
    """What a function is, or names, with its name; and what the functions that it names do."""
    function = getattr(function, "function", function)  # of `jit`
    if id(function) in seen:
        return
    seen |= {id(function)}
    if isinstance(function, partial):
        for argument in (*function.args, *function.keywords.values()):
            yield "parameters", argument
        yield from _roots(function.func, seen)
        return
    if isinstance(function, Module):
        yield "", function
        return
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Module):
        yield "", owner
    elif owner is not None and not inspect.ismodule(owner):
        yield from getattr(owner, "__dict__", {}).items()
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(plain):
        return
    try:
        known = inspect.getclosurevars(plain)
    except ValueError:  # a name that has no value yet
        return
    for name, held in {**known.globals, **known.nonlocals}.items():
        if inspect.isfunction(held):
            yield from _roots(held, seen)
        else:
            yield name, held


def _inside(held: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, Value]]:
    """The Values in lists, tuples and dicts."""
    if isinstance(held, Value):
        yield path, held
        return
    if id(held) in seen or not isinstance(held, (list, tuple, dict)):
        return
    seen.add(id(held))
    items = held.items() if isinstance(held, dict) else enumerate(held)
    for key, item in items:
        step = key if isinstance(key, int) else str(key)
        yield from _inside(item, (*path, step), seen)
