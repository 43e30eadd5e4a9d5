"""The generators of random numbers that a training draws from, and their states as data."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jangrad.errors import CheckpointError

if TYPE_CHECKING:
    from jangrad.guards import Seen


class Generators:
    """Python's and NumPy's, which everybody draws from, and those that functions hold.

    Args:
        looks: of what a step and what is called between steps can reach.
    """

    def __init__(self, *looks: Seen) -> None:
        reached = {id(found): found for seen in looks for found in seen.generators}
        everybodys = self._everybodys()
        for found in everybodys.values():
            reached.pop(id(found), None)
        self._reached = list(reached.values())
        self._before = {name: _state(found) for name, found in self._named().items()}

    @staticmethod
    def _everybodys() -> dict[str, Any]:
        found: dict[str, Any] = {"python": random.random.__self__}  # type: ignore[attr-defined]
        drawn = sys.modules.get("numpy.random")
        if drawn is not None:
            found["numpy"] = drawn.mtrand._rand
        return found

    def _named(self) -> dict[str, Any]:
        reached = {f"{type(x).__name__} {i}": x for i, x in enumerate(self._reached)}
        return {**self._everybodys(), **reached}

    def states(self) -> dict[str, Any]:
        """The states of those that were drawn from since the beginning."""
        now = {name: _state(found) for name, found in self._named().items()}
        return {
            name: state
            for name, state in now.items()
            if name not in self._before or not _equal(state, self._before[name])
        }

    def load(self, states: Mapping[str, Any]) -> None:
        """Go on from what `states` gave.

        Raises:
            CheckpointError: when one of them is not there.
        """
        named = self._named()
        if "numpy" in states and "numpy" not in named:
            import numpy.random  # noqa: F401

            named = self._named()
        if absent := [name for name in states if name not in named]:
            raise CheckpointError(
                f"the training has drawn from the generator `{absent[0]}`, which is not there now",
                why="network, loss, penalty, schedule or callbacks held it, and its state is kept",
                try_="the functions and the network that the training began with",
            )
        for name, state in states.items():
            _put(named[name], state)


def _state(generator: Any) -> Any:
    if isinstance(generator, random.SystemRandom):  # which has none
        return None
    if isinstance(generator, random.Random):
        kind, words, following = generator.getstate()
        return [kind, list(words), following]
    if hasattr(generator, "set_state"):
        return generator.get_state(legacy=False)
    return getattr(generator, "bit_generator", generator).state


def _put(generator: Any, state: Any) -> None:
    if state is None:
        return
    if isinstance(generator, random.Random):
        generator.setstate((state[0], tuple(state[1]), state[2]))
    elif hasattr(generator, "set_state"):
        generator.set_state(state)
    else:
        bits = getattr(generator, "bit_generator", generator)
        bits.state = state


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if hasattr(a, "tolist"):
        return bool(a.tolist() == b.tolist())
    return bool(a == b)
