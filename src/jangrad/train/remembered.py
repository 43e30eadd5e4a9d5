"""What a state of a kept training remembers: how it is asked for, checked and told.

Network, schedule and callbacks may say more of themselves than everybody knows, in a `state()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jangrad.errors import CheckpointError, ConfigError
from jangrad.nn import Module
from jangrad.tape import read_data
from jangrad.train.history import History, history_of
from jangrad.train.identity import described
from jangrad.train.store import Contents, KeptSteps, RunFolder, damaged, read_back, spelled
from jangrad.train.verdict import Diagnosis

if TYPE_CHECKING:
    from jangrad.train.best import Best
    from jangrad.train.config import Config


def has_ended(folder: RunFolder, config: Config, made: int, memory: Mapping[str, Any]) -> bool:
    """Whether a training that has made so many steps is at its end, or goes on to another one.

    Raises:
        CheckpointError: when it has made more steps than are asked for now.
    """
    end = memory["end"]
    if config.total < made or (config.total == made and end is None):
        each, count, wanted, unit = config.an_epoch, made, config.total, "steps"
        if each > 1 and made % each == wanted % each == 0:
            count, wanted, unit = made // each, wanted // each, "epochs"
        raise CheckpointError(
            f"the training in `{folder.path}` has made {count:,} {unit}, but {wanted:,} are asked"
            " for now",
            why="steps that were made are not taken back",
            try_=f"{count:,} {unit} or more; or another folder",
        )
    if end is None:
        return False
    try:
        return _is_over(folder, config, made, memory)
    except (KeyError, TypeError, AttributeError):
        raise damaged(folder.path, "what it remembers of its end lacks a part") from None


def _is_over(folder: RunFolder, config: Config, made: int, memory: Mapping[str, Any]) -> bool:
    end, cut = memory["end"], memory.get("cut")
    if config.total > made and made % config.an_epoch and cut is None:
        raise CheckpointError(
            f"the training in `{folder.path}` has ended within an epoch, and cannot go on with it",
            why="it was kept by a version of jangrad that had not kept what it was before that",
            try_="a training from its beginning, in another folder",
        )
    if end["stopped_by"] == "finished":
        return config.total == made
    if end["stopped_by"] != "patience" or config.patience is None:
        return True
    best = memory["best"] if cut is None or config.total == made else cut["best"]
    return bool(best["waited"] >= config.patience)


def told_of(best: Best) -> dict[str, Any]:
    """The best step so far as data."""
    import numpy as np

    return {
        "step": best.step,
        "figure": best.figure,
        "waited": best.waited,
        "weights": None if best.step is None else np.array(best.weights()),
    }


def put_back(best: Best, told: Mapping[str, Any]) -> None:
    """Be what `told_of` gave."""
    best.step, best.figure, best.waited = told["step"], told["figure"], told["waited"]
    if told["weights"] is not None:
        best.weights = told["weights"].tolist


def figures_of(cut: Mapping[str, Any] | None) -> list[dict[str, float]]:
    """The validation figures of an epoch that the end of a training has cut short."""
    if cut is None:
        return []
    return [{**figures, "step": int(figures["step"])} for figures in cut["figures"]]


def kept_history(steps: KeptSteps, memory: Mapping[str, Any]) -> History:
    """The History of steps that were kept; `stopped_by` is "interrupt" while they can go on."""
    end = memory["end"]
    if end is None:
        engine = "native" if memory["engine"]["native"] else "eager"
        end = {"stopped_by": "interrupt", "best_step": memory["best"]["step"], "engine": engine}
    elif end["diagnosis"] is not None:
        end = {**end, "diagnosis": Diagnosis(**end["diagnosis"])}
    measured = [*steps.measured, *figures_of(memory.get("cut"))]
    return history_of(steps.columns, measured, **end)


def places_of(config: Config) -> list[int]:
    """Which of the parameters learn, in the order of the optimiser."""
    places = {id(parameter): i for i, parameter in enumerate(config.parameters)}
    return [places[id(parameter)] for parameter in config.optimizer.parameters]


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
