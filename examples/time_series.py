"""Forecast a time series: the last 12 values go into a network, the next one comes out.

Always compare with the forecasts that cost nothing: the last value, and the value a season ago.

It prints:

    as the month before  0.53
    as a year ago        0.19
    by the network       0.15
"""

import itertools
import math
import random

from jangrad import MLP, fit

SEASON = 12


def series(count: int) -> list[float]:
    """A season that is no sine, a slow trend, and noise."""
    draw = random.Random(0)
    found = []
    for t in range(count):
        phase = 2 * math.pi * t / SEASON
        wave = math.sin(phase) + 0.5 * math.sin(2 * phase + 1)
        found.append(wave + 0.01 * t + draw.gauss(0, 0.1))
    return found


def main() -> None:
    """Learn from the first years, forecast the last two."""
    values = series(240)
    # What changes from month to month has no trend, so it stays as it is for ever.
    changes = [b - a for a, b in itertools.pairwise(values)]
    X = [changes[t - SEASON : t] for t in range(SEASON, len(changes))]
    y = changes[SEASON:]
    learned, kept = slice(0, -24), slice(-24, None)

    net = MLP(SEASON, [8, 1], "tanh", seed=0)
    fit(net, X[learned], y[learned], steps=1500, learning_rate=0.003, progress=False)

    def off(guesses: list[float]) -> float:
        errors = [(g - change) ** 2 for g, change in zip(guesses, y[kept], strict=True)]
        return math.sqrt(sum(errors) / len(errors))

    print(f"as the month before  {off([0.0] * 24):.2f}")
    print(f"as a year ago        {off([row[0] for row in X[kept]]):.2f}")
    print(f"by the network       {off([g for [g] in net.predict(X[kept])]):.2f}")


if __name__ == "__main__":
    main()
