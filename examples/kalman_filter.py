"""Fit a Kalman filter by gradient: how much of a wobble is real, and how much is measured wrongly?

A level walks at random, and is measured with an error. The filter tells how likely the
measurements are, given how far the level walks in a step and how large the errors are. Both are
found by making the measurements as likely as can be.

It prints:

    the level walks by 0.27 a step, and truly by 0.3
    a measurement is off by 1.01, and truly by 1.0
"""

import math
import random
from typing import Any

from jangrad import exp, log, minimize

WALK, ERROR = 0.3, 1.0


def measured(count: int) -> list[float]:
    """Measurements of a level that walks."""
    draw = random.Random(1)
    level, found = 0.0, []
    for _ in range(count):
        level += draw.gauss(0, WALK)
        found.append(level + draw.gauss(0, ERROR))
    return found


def unlikeliness(logs: Any, measurements: list[float]) -> Any:
    """Minus the mean logarithm of the likelihood.

    Source: Durbin and Koopman, Time Series Analysis by State Space Methods (2012), section 2.2.
    """
    walk, error = exp(2 * logs[0]), exp(2 * logs[1])  # variances, which are above 0 in this way
    level, variance, total = measurements[0], error, 0.0
    for measurement in measurements[1:]:
        variance = variance + walk  # a step of the level
        spread = variance + error
        surprise = measurement - level
        total = total + 0.5 * (log(2 * math.pi * spread) + surprise * surprise / spread)
        gain = variance / spread  # how far the measurement is believed
        level = level + gain * surprise
        variance = variance * (1 - gain)
    return total / (len(measurements) - 1)


def main() -> None:
    """Find both numbers from 500 measurements."""
    measurements = measured(500)
    found = minimize(lambda logs: unlikeliness(logs, measurements), [0.0, 0.0])
    walk, error = (math.exp(x) for x in found.x)
    print(f"the level walks by {walk:.2f} a step, and truly by {WALK}")
    print(f"a measurement is off by {error:.2f}, and truly by {ERROR}")


if __name__ == "__main__":
    main()
