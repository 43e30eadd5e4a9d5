"""What callbacks are told after a step, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """What a callback is told after a step.

    Attributes:
        step: 0 at the first.
        epoch: 0 during the first pass over the rows.
        loss: before this step's update, of its batch, penalty included.
        rate: the learning rate.
        gradient_norm: the Euclidean norm of the gradient.
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
