"""Whether a model file would hold all of a network: what is loaded must compute the same.

A file holds the numbers of an MLP and how it was built, and no code. A network that was changed
after it was built, or does more than an MLP, would come back as another function or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Sized
from typing import Any

from jangrad.errors import ConfigError, ModelFileError
from jangrad.nn import MLP, Layer, Module, Neuron
from jangrad.nn.activations import name_of

# What decides the function that an object of each class computes.
_OWN = {
    MLP: ("__call__", "config", "layers", "n_inputs"),
    Layer: ("__call__", "neurons", "n_inputs"),
    Neuron: ("__call__", "weights", "bias", "slope", "activation", "n_inputs"),
}
_OF_ALL = ("predict", "parameters", "named_parameters", "state", "__getattribute__", "__getattr__")
_WHY = "the file holds an MLP's numbers and no code: it would be loaded as another function"
_BY_HAND = "net.state() as JSON, and the class that reads it in your own code: net.load_state(...)"


def check_network(path: object, net: object) -> None:
    """That `net` is a network, and that the two were not given in the other order.

    Raises:
        ConfigError: when they were, or it is none.
    """
    if isinstance(path, Module):
        raise ConfigError(
            f"the path comes first, but `path` is {path!r:.60}",
            try_="save_model(path, net)",
        )
    if not isinstance(net, Module):
        kind = f"{type(net).__module__}.{type(net).__qualname__}"
        raise ConfigError(
            f"a model file holds a Module, not {net!r:.60} ({kind})",
            why="the parameters of one are found by their names",
            try_="save_model(path, net), with a class that derives from jangrad.Module",
        )


def checked_about(about: object) -> dict[str, Any]:
    """What is said about a network, once JSON can hold it.

    Raises:
        ConfigError: when it is no dict, or holds something that JSON has not.
    """
    if about is None:
        return {}
    if not isinstance(about, dict):
        raise ConfigError(
            f"`about` is a dict, not {about!r:.60} ({type(about).__name__})",
            try_='about={"note": ...}',
        )
    try:
        again = json.loads(json.dumps(about, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"`about` holds what JSON cannot: {error}",
            why="it is kept in the file's header, as JSON",
            try_="text, finite numbers, True, False, None, and lists and dicts of them",
        ) from None
    if _keys(about) != _keys(again):
        raise ConfigError(
            "`about` has keys that are no text, which JSON would turn into text",
            try_="str(key) for each",
        )
    return about


def fresh(config: dict[str, Any]) -> MLP:
    """The network as it was built, but for the numbers: an init of the user's need not be here."""
    init, seed = config.get("init", "uniform"), config.get("seed")
    if not isinstance(init, str) or not isinstance(seed, (int, type(None))):
        raise TypeError(f"the init is {init!r:.60} and the seed {seed!r:.60}")
    net = MLP.from_config({**config, "init": "zeros", "seed": 0})
    net.init, net.seed = init, seed
    return net


def check_again(net: MLP) -> None:
    """That the network which `config()` describes computes what this one does.

    Raises:
        ModelFileError: when it would not, or its numbers have other names.
    """
    try:
        again = fresh(net.config())
        found, wanted = _facts(net), _facts(again)
    except (AttributeError, TypeError) as error:
        raise ModelFileError(
            f"{type(net).__name__} lacks a part of an MLP: {error}", why=_WHY, try_=_BY_HAND
        ) from None
    for place in [*wanted, *found]:
        if found.get(place) != wanted.get(place):
            raise ModelFileError(
                f"`{place}` is {found.get(place)}, but would be loaded as {wanted.get(place)}",
                why=_WHY,
                try_=f"it as MLP(...) builds it, or {_BY_HAND}",
            )
    names, fresh_names = net.named_parameters(), again.named_parameters()
    if absent := [name for name in fresh_names if name not in names]:
        raise ModelFileError(
            f"`{absent[0]}` is no parameter of its own: it is shared with another, computed, or a"
            " plain number",
            why=_WHY,
            try_=f"a Value of its own for each weight, or {_BY_HAND}",
        )
    if more := [name for name in names if name not in fresh_names]:
        raise ModelFileError(
            f"`{more[0]}` is a parameter that an MLP does not have", why=_WHY, try_=_BY_HAND
        )


def _facts(net: MLP) -> dict[str, object]:
    """What decides the function, its numbers left out, by the place where Python finds it."""
    facts: dict[str, object] = {"net": _kind(net, MLP), "net.n_inputs": net.n_inputs}
    facts["net.layers"] = _count(net.layers, "layer")
    for i, layer in enumerate(net.layers):
        place = f"net.layers[{i}]"
        facts[place] = _kind(layer, Layer)
        facts[f"{place}.n_inputs"] = layer.n_inputs
        facts[f"{place}.neurons"] = _count(layer.neurons, "neuron")
        for j, neuron in enumerate(layer.neurons):
            inside = f"{place}.neurons[{j}]"
            facts[inside] = _kind(neuron, Neuron)
            facts[f"{inside}.n_inputs"] = neuron.n_inputs
            facts[f"{inside}.activation"] = name_of(neuron.activation)
            facts[f"{inside}.weights"] = _count(neuron.weights, "weight")
            facts[f"{inside}.slope"] = "None" if neuron.slope is None else "a slope"
    return facts


def _kind(thing: object, base: type) -> str:
    """The name of the class; of another one, or one that changes what it computes, the whole."""
    changed = [
        name
        for name in (*_OWN[base], *_OF_ALL)
        if getattr(type(thing), name, None) is not getattr(base, name, None)
        or (name in vars(thing) and hasattr(base, name))
    ]
    if isinstance(thing, base) and not changed:
        return base.__name__
    own = f", with a `{changed[0]}` of its own" if isinstance(thing, base) else ""
    return f"a {type(thing).__module__}.{type(thing).__qualname__}{own}"


def _count(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}{'s' * (len(items) != 1)}"


def _keys(data: object) -> object:
    """The keys of every dict in it, in its shape."""
    if isinstance(data, dict):
        return {key: _keys(item) for key, item in data.items()}
    return [_keys(item) for item in data] if isinstance(data, (list, tuple)) else None
