"""The best step of a run so far, by the figure of its epoch, and how long it has been the best."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

#: Gives weights; it may make steps again to find them.
Weights = Callable[[], list[float]]


@dataclass
class Best:
    """The best step.

    Attributes:
        weights: gives those behind its figure.
        patience: how many epochs may pass without a better figure, None for any number.
        tolerance: of a figure that is better by no more, patience takes no notice.
        step: its number, None before there is a figure.
        figure: the least so far.
        waited: how many epochs have passed since.
    """

    weights: Weights
    patience: int | None
    tolerance: float = 0.0
    step: int | None = None
    figure: float = math.inf
    waited: int = 0

    def compare(self, step: int, figure: float, weights: Weights) -> None:
        """Take the figure of an epoch if it is the least; `weights` gives those behind it."""
        self.waited = 0 if figure < self.figure - self.tolerance else self.waited + 1
        if figure < self.figure:
            self.step, self.figure, self.weights = step, figure, weights

    def settle(self) -> None:
        """Find the weights now, for soon they cannot be found any more."""
        found = self.weights()
        self.weights = lambda: found

    @property
    def is_over(self) -> bool:
        """Whether patience is over."""
        return self.patience is not None and self.waited >= self.patience
