"""Columns of numbers standardised: minus their mean, divided by their deviation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

# A column whose deviation is rounding alone is constant.
_ROUNDING = 16 * np.finfo(float).eps


class Scaling(NamedTuple):
    """What is taken from each column, and what it is divided by then.

    >>> scale = Scaling.of(np.array([[1.0, 5.0], [3.0, 5.0]]))
    >>> scale.apply(np.array([[1.0, 5.0], [3.0, 6.0]])).tolist()
    [[-1.0, 0.0], [1.0, 1.0]]
    """

    mean: Any
    size: Any

    @classmethod
    def of(cls, numbers: Any, weights: Any = None) -> Scaling:
        """That of an array of shape (rows, columns), whose rows may have weights.

        A constant column is divided by 1.
        """
        mean = np.average(numbers, axis=0, weights=weights)
        away = numbers - mean
        largest = np.abs(away).max(axis=0)  # whose square may be too large for a double
        largest[largest == 0.0] = 1.0
        away /= largest
        size = largest * np.sqrt(np.average(away * away, axis=0, weights=weights))
        size[size <= _ROUNDING * np.abs(mean)] = 1.0
        return cls(mean, size)

    @classmethod
    def none(cls, columns: int) -> Scaling:
        """One that leaves numbers as they are."""
        return cls(np.zeros(columns), np.ones(columns))

    def apply(self, numbers: Any) -> Any:
        """The numbers, standardised."""
        return (numbers - self.mean) / self.size

    def back(self, numbers: Any) -> Any:
        """The numbers in their own units again."""
        return numbers * self.size + self.mean
