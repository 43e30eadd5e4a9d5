"""What arrays are called: as the user's variables that hold them are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from jangrad.compiler.exporting import Classes, Ints
from jangrad.export.vectorised.array_rolling import Rolled

# What arrays are called that no variable holds, by their operation.
_PLAIN = {"reduce_max": "top", "exp": "e", "sigmoid": "p", "sqrt": "root", "total": "total"}


class Variable(NamedTuple):
    """A variable of the user's code: its name, and the nodes that it led to, in their box."""

    name: str
    nodes: Ints


def over_steps(rolled: Rolled, variables: Sequence[Variable]) -> list[Variable]:
    """Variables that are bound anew at each step of a loop, over all steps."""
    of, place = rolled.classes.of, rolled.classes.place
    found: dict[int, Variable] = {}
    size = {
        c: len(rolled.classes.members[c]) // (loop.steps + (c in loop.starts))
        for loop in rolled.loops
        for c in loop.classes
    }
    for variable in variables:
        nodes = variable.nodes.ravel()
        c = int(of[nodes[0]])
        if c in found or c not in size or len(nodes) != size[c] or (of[nodes] != c).any():
            continue
        step, inner = np.divmod(place[nodes], size[c])
        if (step != step[0]).any() or len(np.unique(inner)) < len(inner):
            continue
        members = rolled.classes.members[c].reshape(-1, size[c])[:, inner]
        found[c] = Variable(variable.name, members.reshape(-1, *variable.nodes.shape))
    return list(found.values())


class ArrayNames:
    """Names, each given once.

    Args:
        classes: the scalars that arrays hold.
        variables: of the user's code.
        taken: names that are taken.

    Attributes:
        whole: of classes that a variable holds as they are, this variable.
    """

    def __init__(
        self, classes: Classes, variables: Sequence[Variable], taken: Iterable[str]
    ) -> None:
        self.whole: dict[int, Variable] = {}
        self._partly: dict[int, str] = {}
        bound: dict[str, dict[int, set[int]]] = {}
        self._taken = set(taken)
        of, members = classes.of, classes.members
        for variable in variables:
            nodes = variable.nodes.ravel()
            c = int(of[nodes[0]])
            if (of[nodes] != c).any():
                continue
            if len(nodes) == len(members[c]) == len(np.unique(nodes)):
                self.whole.setdefault(c, variable)
            self._partly.setdefault(c, variable.name)
            bound.setdefault(variable.name, {}).setdefault(c, set()).update(nodes.tolist())
        # A name that led to several classes may be that of a sum while it grows.
        self._bound = {
            c: name
            for name, found in bound.items()
            for c, places in found.items()
            if len(found) == 1 and len(places) == len(members[c])
        }

    def is_variable(self, c: int) -> bool:
        """Whether a variable holds the class, at once or one part after the other."""
        return c in self.whole or c in self._bound

    def of(self, c: int, operation: str) -> str:
        """A name for the array of a class."""
        if c in self.whole:
            return self.new(self.whole[c].name)
        if c in self._bound or c in self._partly:
            return self.new(self._bound.get(c) or self._partly[c])
        plain = _PLAIN.get(operation)
        return self.new(plain) if plain else self.numbered("h")

    def new(self, name: str) -> str:
        """A name that is not taken: this one, with a number if it must be."""
        if name not in self._taken:
            self._taken.add(name)
            return name
        return self.numbered(name)

    def numbered(self, name: str) -> str:
        """The name with the first number that is free."""
        number = 1
        while f"{name}{number}" in self._taken:
            number += 1
        self._taken.add(f"{name}{number}")
        return f"{name}{number}"
