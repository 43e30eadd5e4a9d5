"""What a run is told of its steps, and what callbacks are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from jangrad.train.bursts import Pace
from jangrad.train.optimizers import Optimizer

if TYPE_CHECKING:
    from jangrad.compiler.run.memory import Memory
    from jangrad.train.run import Run


class Steps(Protocol):
    """What makes the steps of a run in machine code (`native.py`)."""

    memory: Memory
    pace: Pace
    measures: bool

    def load(self, optimizer: Optimizer) -> None: ...
    def follows(self, optimizer: Optimizer) -> bool: ...
    def is_left(self, optimizer: Optimizer) -> bool: ...
    def advance(self, first: int, rates: Sequence[float]) -> tuple[Any, list[dict[str, float]]]: ...
    def measure(self) -> dict[str, float]: ...
    def holds(self) -> bool: ...
    def renew(self) -> None: ...
    def rest(self) -> bool: ...
    def resume(self, run: Run) -> bool: ...


#: Asked before a step: machine code for the steps to come, if any, and whether that is the answer.
Choose = Callable[[], tuple[Steps | None, bool]]


@dataclass(frozen=True, slots=True)
class Step:
    """What a callback is told after a step.

    Attributes:
        step: 0 at the first.
        epoch: 0 during the first pass over the rows.
        loss: before this step's update, of its batch, penalty included.
        rate: the learning rate.
        gradient_norm: the length of the gradient.
        validation: the figures measured after this step, `{}` if none were.
    """

    step: int
    epoch: int
    loss: float
    rate: float
    gradient_norm: float
    validation: dict[str, float] = field(default_factory=dict)


def says_true(answer: object) -> bool:
    """Whether it is True, Python's or NumPy's; a number or a list is no answer."""
    of_numpy = getattr(getattr(answer, "dtype", None), "kind", "") == "b"
    return answer is True or (of_numpy and getattr(answer, "ndim", 1) == 0 and bool(answer))
