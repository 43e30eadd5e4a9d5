"""What decides the function of a network of the user's own, beside its parameters and its code.

A model file holds the numbers of such a network and these facts. It is loaded into a network that
the user's code has built, if that has the same ones: then it computes what the saved one did.
"""

from __future__ import annotations

import hashlib
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, ModelFileError
from jangrad.export.whole import check_again
from jangrad.nn import MLP, Module
from jangrad.nn.activations import name_of
from jangrad.nn.module import inside

_LONG = 80  # letters of a number or a text that are told as they are


def builds_itself(net: Module) -> bool:
    """Whether `config()` and the numbers of a network are all of it, so that no code is needed.

    An MLP that was changed after it was built is meant to be: what is wrong with it is said then.
    """
    if not isinstance(net, MLP) or not all(isinstance(name, str) for name in net.activations):
        return False
    if type(net) is not MLP:
        try:
            check_again(net)
        except ModelFileError:
            return False
    return True


def facts_of(net: Module) -> dict[str, str]:
    """Classes, numbers, texts and functions that a network holds, by how Python reaches them.

    Attributes whose name starts with an underscore are left alone, as everywhere.

    >>> facts_of(MLP(1, [1, 1], "tanh"))["layers[0].neurons[0].activation"]
    "'tanh'"
    """
    facts: dict[str, str] = {}
    learning = set(map(id, net.parameters()))
    for path, part, items in inside(net):
        if isinstance(part, Module):
            facts[path or "itself"] = type(part).__qualname__
        for place, item in items:
            # How an MLP was begun decides nothing any more.
            begun = isinstance(part, MLP) and place.rpartition(".")[2] in ("init", "seed")
            if not begun and id(item) not in learning and (told := _told(item)):
                facts[place] = told
    return facts


def names_of(net: Module) -> list[str]:
    """The names of the parameters.

    Raises:
        ModelFileError: when some that learn have none.
    """
    named = net.named_parameters()
    known = set(map(id, named.values()))
    if nameless := [value for value in net.parameters() if id(value) not in known]:
        raise ModelFileError(
            f"`{type(net).__name__}` has {len(nameless)} parameters that have no name",
            why="its `parameters()` gives Values that lie in none of its attributes, and a number"
            " is found again by its name",
            try_="an attribute for each of them, or for a list of them",
        )
    return list(named)


def check_into(path: object, into: Any) -> None:
    """That something can be loaded into it.

    Raises:
        ConfigError: when it is no network.
    """
    if not isinstance(into, Module):
        kind = "the class " if isinstance(into, type) else ""
        raise ConfigError(
            f"`into` is {kind}{into!r:.60}, no network",
            why="the numbers of the file become those of its parameters",
            try_=f"load_model({str(path)!r}, into=Net()), with the class of the network",
        )


def check_same(path: object, there: dict[str, str], saved: list[str], net: Module) -> None:
    """That a network is built as the one that is in the file.

    Args:
        path: of the file.
        there, saved: the facts and the names of that one.
        net: the network.

    Raises:
        ModelFileError: when it is not, with what differs.
    """
    here = facts_of(net)
    for place in [*there, *here]:
        if there.get(place) != here.get(place):
            raise ModelFileError(
                f"`{path}` holds another network: {_place(place)} is"
                f" {there.get(place, 'not there')} in the file, but {here.get(place, 'not there')}"
                " in the network given",
                why="with the same numbers it would compute something else",
                try_="a network that is built as the one that was saved",
            )
    names = names_of(net)
    if names != saved:
        odd = [name for name in names if name not in saved] or names
        raise ModelFileError(
            f"`{path}` holds a network with {len(saved)} parameters, but the one given"
            f" has {len(names)}, such as `{(odd or ['none'])[0]}`",
            why="every parameter gets the number of its own name",
            try_="a network that is built as the one that was saved",
        )


def _place(place: str) -> str:
    return "the class" if place == "itself" else f"`{place}`"


def _told(item: Any) -> str:
    """What a part that is no parameter is, in words; "" for what is looked into."""
    if isinstance(item, Value):
        return "" if not item.is_leaf else repr(item.data)
    if item is None or isinstance(item, (bool, int, float, str, bytes, complex)):
        text = repr(item)
        return text if len(text) <= _LONG else f"{text[:_LONG]} {_short(text.encode())}"
    if isinstance(item, (Module, list, tuple, dict)):
        return ""
    if hasattr(item, "dtype") and hasattr(item, "tobytes") and item.dtype.kind != "O":
        return f"{item.dtype} {item.shape} {_short(item.tobytes())}"
    return name_of(item) if callable(item) else type(item).__qualname__


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
