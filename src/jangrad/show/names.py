"""The names of the user's own variables, found by themselves.

`e = c + d` gives the Value no name, but at the line where `e.backtrack()` is called the variables
are there to be read. What is looked at: the local variables of that line, then the module's; in
them Values, lists, tuples and dicts of Values, and networks with named parameters.
"""

from __future__ import annotations

import os.path
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from jangrad.engine import Value
from jangrad.errors import is_users

_PACKAGE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "")
# A list of more entries is data, and its entries are told apart well enough by their numbers.
_LONGEST_LIST = 10_000
_DEEPEST = 4
_PLACE = re.compile(r"\.layers\[(\d+)\]\.neurons\[(\d+)\]")
_PLAIN = frozenset({float, int, str, bool, type(None)})

Scope = list[tuple[str, Any]]
_Of = Callable[[str, Any], Iterator[tuple[str, Any]]]


def visible_variables() -> Scope:
    """The variables at the user's line that may lead to a Value, nearest first.

    The copy is shallow and short, so that `backtrack` stays quick inside a training loop.
    """
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith((_PACKAGE, "<jangrad")):
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return []
    near = frame.f_locals
    scopes = [near] if near is frame.f_globals else [near, frame.f_globals]
    return [
        (name, thing)
        for scope in scopes
        for name, thing in scope.items()
        if name[0] != "_" and _may_hold(thing)
    ]


def short_places(text: str) -> str:
    """The places of neurons in a name or formula in short.

    >>> short_places("net.layers[0].neurons[1].weights[2] * v1")
    'net[0][1].weights[2] * v1'
    """
    return _PLACE.sub(r"[\1][\2]", text)


def names_of(scope: Scope) -> dict[Value, str]:
    """What each Value that the variables lead to is called; the first name found wins.

    A variable that is the Value itself goes before one that only leads to it.

    >>> a = Value(1.0)
    >>> sorted(names_of([("xs", [a, Value(2.0)]), ("a", a)]).values())
    ['a', 'xs[1]']
    """
    found: dict[Value, str] = {}
    for name, thing in scope:
        if isinstance(thing, Value):
            found.setdefault(thing, name)
    for name, thing in scope:
        if not isinstance(thing, Value):
            for path, value in _walk(name, thing, 0, _parameters):
                found.setdefault(value, path)
    return found


def activations_of(scope: Scope) -> dict[str, str]:
    """The activation of each neuron in the networks among the variables, by the neuron's name.

    A function that has no name in the table is none of them.

    >>> from jangrad.nn import MLP
    >>> activations_of([("net", MLP(1, [1, 1], "tanh"))])
    {'net.layers[0].neurons[0]': 'tanh', 'net.layers[1].neurons[0]': 'linear'}
    """
    found: dict[str, str] = {}
    for name, thing in scope:
        for path, part in _walk(name, thing, 0, _neurons):
            if isinstance(kind := getattr(part, "activation", None), str):
                found.setdefault(path, kind)
    return found


def _may_hold(thing: Any) -> bool:
    return isinstance(thing, (Value, list, tuple, dict)) or _is_network(thing) or _is_users(thing)


def _is_users(thing: Any) -> bool:
    """Whether it is an object of a class of the user's own, whose attributes are looked at."""
    kind = type(thing)
    if kind.__module__ in ("builtins", "jangrad") or not hasattr(thing, "__dict__"):
        return False
    module = sys.modules.get(kind.__module__)
    return module is not None and is_users(getattr(module, "__file__", None) or "")


def _is_network(thing: Any) -> bool:
    return hasattr(type(thing), "named_parameters") or hasattr(type(thing), "parameters")


def _walk(path: str, thing: Any, depth: int, of: _Of) -> Iterator[tuple[str, Any]]:
    """The Values that something leads to, and what `of` tells of the networks."""
    if isinstance(thing, Value):
        yield path, thing
    elif depth < _DEEPEST and isinstance(thing, (list, tuple)):
        if _is_short(thing):
            for i, item in enumerate(thing):
                yield from _walk(f"{path}[{i}]", item, depth + 1, of)
    elif depth < _DEEPEST and isinstance(thing, dict):
        if _is_short(thing.values()):
            for key, item in thing.items():
                yield from _walk(f"{path}[{key!r}]", item, depth + 1, of)
    elif not isinstance(thing, type) and _is_network(thing):
        yield from of(path, thing)
    elif depth < _DEEPEST and not isinstance(thing, type) and _is_users(thing):
        for name, item in list(vars(thing).items()):
            if _may_hold(item):
                yield from _walk(f"{path}.{name}", item, depth + 1, of)


def _is_short(things: Collection[Any]) -> bool:
    """Whether there are few, and more than plain numbers and text, of which data has very many."""
    return len(things) <= _LONGEST_LIST and not _PLAIN.issuperset(map(type, things))


def _parameters(path: str, network: Any) -> Iterator[tuple[str, Value]]:
    """The parameters of a network; one whose method fails is simply left unnamed."""
    try:
        if hasattr(network, "named_parameters"):
            named: Mapping[str, Any] = network.named_parameters()
        else:
            named = {f"parameters()[{i}]": p for i, p in enumerate(network.parameters())}
    except Exception:
        return
    if isinstance(named, Mapping):
        for name, value in named.items():
            if isinstance(value, Value):
                yield f"{path}.{_as_python(str(name))}", value


def _neurons(path: str, network: Any) -> Iterator[tuple[str, Any]]:
    """What holds a parameter called `bias`, by its name."""
    for name, _ in _parameters("", network):
        owner, _, last = name[1:].rpartition(".")
        if last == "bias":
            yield path + (f".{owner}" if owner else ""), _reached(network, owner)


def _reached(thing: Any, path: str) -> Any:
    """What `layers[0].neurons[1]` is of the thing; None where a key of a dict is no number."""
    for step in re.findall(r"[^.[\]]+", path):
        try:
            thing = thing[int(step)] if step.isdigit() else getattr(thing, step)
        except (AttributeError, KeyError, IndexError, TypeError):
            return None
    return thing


def _as_python(name: str) -> str:
    """`layers.0.weights.2` as Python reaches it: `layers[0].weights[2]`."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", name)
