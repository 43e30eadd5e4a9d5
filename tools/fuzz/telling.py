"""Stories told: what their text may use, and the comparison of one way with another."""

from __future__ import annotations

import collections
import functools
import itertools
import random
import threading
import types
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from tools.fuzz.kinds import KINDS
from tools.fuzz.peers import peers
from tools.fuzz.ways import (
    ALL,
    Auto,
    Interpreted,
    Native,
    Nudged,
    Planned,
    Seen,
    Single,
    Way,
    difference,
)

import jangrad
from jangrad import functions, lists
from jangrad.train import SGD, Adagrad, Adam, AdamW, RMSprop
from jangrad.train.update_rule import UpdateRule


class Box:
    """Holds something."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self.calls = 0

    @property
    def twice(self) -> Any:
        return 2.0 * self.number

    def halved(self) -> Any:
        return 0.5 * self.number

    def counted(self) -> float:
        self.calls += 1
        return float(self.calls)


class Slotted:
    """Holds a number in a slot."""

    __slots__ = ("number",)

    def __init__(self, number: Any) -> None:
        self.number = number


_count = itertools.count()


def own(value: str, *partials: str) -> Any:
    """An operation under a new name."""
    return jangrad.operation(f"own_{next(_count)}", value, *partials)


def lazy(box: Box, number: float) -> Any:
    """The Value in the box, made when it is first wanted."""
    if box.number is None:
        box.number = jangrad.Value(number)
    return box.number


def scaled(x: Any, by: Any) -> Any:
    return x * by


def sum_lists(lists: list[list[Any]]) -> list[Any]:
    return [item for some in lists for item in some]


def space(way: Way) -> dict[str, Any]:
    """What the text of a story may use, made anew for each telling."""
    config = types.ModuleType("config")
    found = {
        **{
            name: f
            for name, f in (vars(functions) | vars(lists)).items()
            if name.islower() and callable(f)
        },
        **{name: getattr(jangrad, name) for name in jangrad.__all__ if name != "sum"},
        **KNOWN,
        "config": config,
        "from_config": lambda name: getattr(config, name),
    }
    return {**found, "sum": jangrad.sum, **way.names}


KNOWN: dict[str, Any] = {
    "Adagrad": Adagrad,
    "Adam": Adam,
    "AdamW": AdamW,
    "Box": Box,
    "Planned": Planned,
    "RMSprop": RMSprop,
    "SGD": SGD,
    "Slotted": Slotted,
    "UpdateRule": UpdateRule,
    "collections": collections,
    "functools": functools,
    "itertools": itertools,
    "jangrad": jangrad,
    "lazy": lazy,
    "np": np,
    "own": own,
    "random": random,
    "scaled": scaled,
    "sum_lists": sum_lists,
}


def tell(text: str, way: Way) -> Way:
    """Do a story in one way."""
    names = space(way)
    exec(compile(text, "story.py", "exec"), names)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        random.seed(0)
        np.random.seed(0)
        names["story"](way)
    return way


def compared(text: str, right: Way, way: Way) -> str:
    """What a way makes of a story otherwise than is right, in words; "" or "refused"."""
    try:
        tell(text, way)
    except Exception as error:
        return f"the story ended with {type(error).__name__}: {error}"
    doubt: list[Seen] = []
    for i, (a, b) in enumerate(zip(right.seen, way.seen, strict=False)):
        wrong = difference(a, b, way.tolerance)
        if wrong not in ("", "refused"):
            doubt = doubt or tell(text, Nudged()).seen
            wrong = difference(a, b, way.tolerance, doubt[i])
        if wrong == "refused":
            return wrong  # what comes after it may rest on what was not done
        if wrong:
            return f"work {i}: {wrong}"
    return ""


def faults(text: str, ways: Sequence[type[Way]]) -> tuple[list[str], bool]:
    """What is wrong with some ways, and whether any refused the story."""
    right = tell(text, Way())
    found = {kind.name: compared(text, right, kind()) for kind in ways}
    wrong = [f"{name}: {words}" for name, words in found.items() if words not in ("", "refused")]
    return wrong, "refused" in found.values()


def faults_side_by_side(text: str) -> list[str]:
    """The same where two threads tell the story at once, in machine code."""
    right, found = tell(text, Way()), ["", ""]

    def telling(i: int) -> None:
        found[i] = compared(text, right, Native())

    threads = [threading.Thread(target=telling, args=(i,), daemon=True) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
        if thread.is_alive():
            return ["side by side: a thread still waits after 60 s"]
    return [f"side by side: {words}" for words in found if words not in ("", "refused")]


def text_of(kind: str, name: str) -> str:
    """The story of this kind and name, SEED:NUMBER."""
    return KINDS[kind](random.Random(f"{kind} {name}"))


def told_again(job: tuple[str, str]) -> list[str]:
    """In a fresh process, what is wrong with a story that has been told before."""
    wrong, _ = faults(text_of(*job), [Native])
    return [f"fresh process: {words}" for words in wrong]


#: Kinds whose numbers are tame enough for single precision.
_TAME = {"aliasing", "closures", "lookups", "optimizers"}


def ways_for(kind: str, text: str) -> list[type[Way]]:
    """The ways in which a story of this kind is to be told."""
    found = [way for way in ALL if f"do.{way.serves}" in text]
    if kind not in _TAME:
        found.remove(Single)
    if kind == "draws":
        found.remove(Interpreted)  # it runs a program once, as it was traced
        if "default_rng()" in text:  # which nobody can draw from again
            found = [way for way in found if way is not Auto]
    return [*found, *peers()] if kind == "smooth" else found
