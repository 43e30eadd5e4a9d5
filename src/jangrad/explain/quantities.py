"""What is explained of a network: one number, computed from its outputs for a row.

Each is a function of the outputs, on Values, so that it is compiled and differentiated with the
network. Equal ones are one key, under which what was compiled is found again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from jangrad.functions import exp, maximum, sigmoid
from jangrad.lists import logsumexp, softmax


class Answer(Protocol):
    """A number, computed from the outputs for a row; it says in words what it is."""

    @property
    def name(self) -> str: ...
    def __call__(self, outputs: Sequence[Any], /) -> Any: ...


@dataclass(frozen=True)
class RawOutput:
    """An output as it is."""

    index: int
    name: str

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        return outputs[self.index]


@dataclass(frozen=True)
class Amount:
    """An output in the units of the target: scaled, its exponential where it is a logarithm."""

    index: int
    name: str
    mean: float
    size: float
    is_log: bool = False

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        x = outputs[self.index]
        return self.mean + self.size * (exp(x) if self.is_log else x)


@dataclass(frozen=True)
class Probability:
    """That of a class: the softmax of its logit, or the sigmoid of one that is for it or against.

    Attributes:
        sign: 0.0 for a softmax; 1.0 or -1.0 where a logit is for or against this class alone.
    """

    index: int
    name: str
    sign: float = 0.0

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        if self.sign:
            return sigmoid(self.sign * outputs[self.index])
        return softmax(outputs)[self.index]


@dataclass(frozen=True)
class LogOdds:
    """The logarithm of how much likelier a class is than all others: of a probability that is
    nearly 0 or 1 what still differs.
    """

    of: Probability

    @property
    def name(self) -> str:
        """As the probability is called."""
        return self.of.name.replace("the probability", "the log odds")

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        if self.of.sign:
            return self.of.sign * outputs[self.of.index]
        others = [x for i, x in enumerate(outputs) if i != self.of.index]
        return outputs[self.of.index] - logsumexp(others)


@dataclass(frozen=True)
class Own:
    """A function of the user's."""

    function: Callable[[Sequence[Any]], Any]

    @property
    def name(self) -> str:
        """As it was defined."""
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        return self.function(outputs)


@dataclass(frozen=True)
class Lead:
    """By how much the logit of some classes is ahead of all others; above 0 one of them is chosen.

    Attributes:
        of: the class that is to win; or, with `loses`, the one that is to lose to any other.
        sign: where there is one logit for two classes: 1.0 if it is to be above 0, -1.0 below.
    """

    of: int
    loses: bool = False
    sign: float = 0.0

    @property
    def name(self) -> str:
        """For error messages alone."""
        return "the lead of a class"

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        if self.sign:
            return self.sign * outputs[0]
        others = [x for i, x in enumerate(outputs) if i != self.of]
        most = others[0]
        for x in others[1:]:
            most = maximum(most, x)
        return most - outputs[self.of] if self.loses else outputs[self.of] - most


@dataclass(frozen=True)
class Beyond:
    """By how much an answer is above a bound, or below it with a sign of -1.0."""

    answer: Answer
    bound: float
    sign: float

    @property
    def name(self) -> str:
        """For error messages alone."""
        return self.answer.name

    def __call__(self, outputs: Sequence[Any], /) -> Any:
        return self.sign * (self.answer(outputs) - self.bound)
