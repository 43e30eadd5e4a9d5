"""What a state of a kept training remembers: how it is asked for, checked and told.

Network, schedule and callbacks may say more of themselves than everybody knows, in a `state()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.nn import Module
from jangrad.tape import read_data
from jangrad.train.diagnosis import Diagnosis
from jangrad.train.history import History, history_of
from jangrad.train.identity import described
from jangrad.train.store import Contents, KeptSteps, RunFolder, damaged, read_back, spelled

if TYPE_CHECKING:
    from jangrad.train.config import Config


def kept_history(steps: KeptSteps, memory: Mapping[str, Any]) -> History:
    """The History of steps that were kept; `stopped_by` is "interrupt" while they can go on."""
    end = memory["end"]
    if end is None:
        engine = "native" if memory["engine"]["native"] else "eager"
        end = {"stopped_by": "interrupt", "best_step": memory["best"]["step"], "engine": engine}
    elif end["diagnosis"] is not None:
        end = {**end, "diagnosis": Diagnosis(**end["diagnosis"])}
    return history_of(steps.columns, steps.measured, **end)


def places_of(config: Config) -> list[int]:
    """Which of the parameters learn, in the order of the optimiser."""
    places = {id(parameter): i for i, parameter in enumerate(config.parameters)}
    return [places[id(parameter)] for parameter in config.optimizer.parameters]


def names_of(config: Config) -> list[str]:
    """The names of the parameters, in their order."""
    net, parameters = config.net, config.parameters
    if isinstance(net, Module):
        named = {id(value): name for name, value in net.named_parameters().items()}
        if all(id(parameter) in named for parameter in parameters):
            return [named[id(parameter)] for parameter in parameters]
    return [str(i) for i in range(len(parameters))]


def numbers_of(parameters: Any) -> Any:
    """The numbers of Values, as an array."""
    import numpy as np

    found = np.empty(len(parameters))
    read_data(parameters, found)
    return found


def has_state(thing: Any) -> bool:
    return callable(getattr(thing, "state", None)) and callable(getattr(thing, "load_state", None))


def overrides(net: Any) -> bool:
    """Whether a network says more of itself than its parameters."""
    return has_state(net) and getattr(type(net), "state", None) is not Module.state


def own_state(thing: Any, what: str) -> Any:
    """What something says of itself, if it does.

    Raises:
        ConfigError: when that cannot be kept.
    """
    if not has_state(thing):
        return None
    state = thing.state()
    try:
        spelled(state, {})
    except TypeError as error:
        raise ConfigError(
            f"`state()` of the {what} `{described(thing) or what}` cannot be kept: {error}",
            why="a training is kept as arrays and JSON, which is never run",
            try_="numbers, text, None, NumPy arrays, and lists and dicts of them",
        ) from None
    return state


_NONE = type(None)
#: What a state remembers, and of which kind that is.
_REMEMBERED: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("optimizer", "best", "engine", "random"), (dict,)),
    "still": (int,),
    "callbacks": (list,),
    "end": (dict, _NONE),
    **dict.fromkeys(("network", "schedule"), (dict, list, str, int, float, _NONE)),
}


def read_memory(folder: RunFolder, state: Contents) -> dict[str, Any]:
    """What a state remembers, checked for what is needed of it."""
    try:
        found: dict[str, Any] = read_back(state[0]["memory"], state[1])
        entries = {name: type(found[name]) for name in _REMEMBERED}
        if all(kind in _REMEMBERED[name] for name, kind in entries.items()):
            return found
        raise TypeError
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise damaged(folder.path, "what it remembers lacks a part") from None
