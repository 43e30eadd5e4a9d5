"""Toy problems: the same seed gives the same numbers on every platform and Python.

Only `Random.random()` is promised to stay the same between versions of Python, so the normal noise
and the shuffle are built on it here. `sin` and `log` may differ in the last bit between platforms;
rounding every coordinate to six decimals takes that away.

Problems of two classes have the targets -1.0 and 1.0, as the hinge loss and a tanh output want them
(and as in micrograd's moons); `blobs` numbers its classes 0 ... k-1, as a cross-entropy wants them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from jangrad.errors import ConfigError

Rows = list[list[float]]
_Label = TypeVar("_Label", int, float)


def four_rows() -> tuple[Rows, list[float]]:
    """The four rows of three inputs, targets -1.0 and 1.0, of the first network one learns.

    >>> X, y = four_rows()
    >>> X[0], y
    ([2.0, 3.0, -1.0], [1.0, -1.0, -1.0, 1.0])

    Source: Andrej Karpathy, "The spelled-out intro to neural networks and backpropagation" (2022).
    """
    X = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    return X, [1.0, -1.0, -1.0, 1.0]


def moons(n: int = 100, noise: float = 0.1, seed: int = 0) -> tuple[Rows, list[float]]:
    """Two interleaved half circles of radius 1: the upper is -1.0, the lower 1.0.

    Args:
        n: how many points, at least 2; the lower moon has the odd one.
        noise: standard deviation of the normal noise on each coordinate, at least 0.
        seed: an integer from 0.

    Returns:
        `(X, y)`, shuffled: n rows of two floats, n targets.

    Raises:
        ConfigError: an argument out of its range.

    >>> X, y = moons(4, noise=0.0)
    >>> sorted(zip(X, y))  # doctest: +NORMALIZE_WHITESPACE
    [([-1.0, 0.0], -1.0), ([0.0, 0.5], 1.0), ([1.0, 0.0], -1.0), ([2.0, 0.5], 1.0)]

    Source: the geometry of scikit-learn's `make_moons`.
    """
    rng = _generator(n, noise, seed, least=2)
    upper = [(math.cos(t), math.sin(t)) for t in _steps(n // 2, math.pi)]
    lower = [(1 - math.cos(t), 0.5 - math.sin(t)) for t in _steps(n - n // 2, math.pi)]
    points = [(p, -1.0) for p in upper] + [(p, 1.0) for p in lower]
    return _finish(points, noise, rng)


def circles(
    n: int = 100, noise: float = 0.1, seed: int = 0, *, factor: float = 0.5
) -> tuple[Rows, list[float]]:
    """A circle of radius 1 (-1.0) around one of radius `factor` (1.0).

    Args:
        n: how many points, at least 2; the inner circle has the odd one.
        noise: standard deviation of the normal noise on each coordinate, at least 0.
        seed: an integer from 0.
        factor: radius of the inner circle, above 0 and below 1.

    Returns:
        `(X, y)`, shuffled: n rows of two floats, n targets.

    Raises:
        ConfigError: an argument out of its range.

    >>> X, y = circles(4, noise=0.0)
    >>> sorted(zip(X, y))  # doctest: +NORMALIZE_WHITESPACE
    [([-1.0, 0.0], -1.0), ([-0.5, 0.0], 1.0), ([0.5, 0.0], 1.0), ([1.0, 0.0], -1.0)]
    """
    rng = _generator(n, noise, seed, least=2)
    if not (_is_real(factor) and 0 < factor < 1):
        raise ConfigError(f"`factor` is a radius between 0 and 1, not {factor!r}", try_="0.5")
    points = []
    for label, radius, count in ((-1.0, 1.0, n // 2), (1.0, factor, n - n // 2)):
        for i in range(count):
            t = 2 * math.pi * i / count
            points.append(((radius * math.cos(t), radius * math.sin(t)), label))
    return _finish(points, noise, rng)


def spirals(
    n: int = 100, noise: float = 0.02, seed: int = 0, *, turns: float = 1.5
) -> tuple[Rows, list[float]]:
    """Two arms that wind from the middle out to radius 1, half a turn apart: -1.0 and 1.0.

    Args:
        n: how many points, at least 2; the arm of 1.0 has the odd one.
        noise: standard deviation of the normal noise on each coordinate, at least 0. The arms are
            1 / (2 turns) apart.
        seed: an integer from 0.
        turns: how often an arm goes round, above 0.

    Returns:
        `(X, y)`, shuffled: n rows of two floats, n targets.

    Raises:
        ConfigError: an argument out of its range.

    >>> X, y = spirals(4, noise=0.0, turns=1.0)
    >>> sorted(zip(X, y))  # doctest: +NORMALIZE_WHITESPACE
    [([-1.0, 0.0], 1.0), ([-0.5, 0.0], -1.0), ([0.5, 0.0], 1.0), ([1.0, 0.0], -1.0)]
    """
    rng = _generator(n, noise, seed, least=2)
    if not (_is_real(turns) and 0 < turns < math.inf):
        raise ConfigError(f"`turns` is a finite number above 0, not {turns!r}", try_="1.5")
    points = []
    for label, start, count in ((-1.0, 0.0, n // 2), (1.0, math.pi, n - n // 2)):
        for i in range(count):
            radius = (i + 1) / count
            t = start + 2 * math.pi * turns * radius
            points.append(((radius * math.cos(t), radius * math.sin(t)), label))
    return _finish(points, noise, rng)


def xor(n: int = 100, noise: float = 0.3, seed: int = 0) -> tuple[Rows, list[float]]:
    """Points around the corners of a square: 1.0 where the signs of the inputs differ, else -1.0.

    Args:
        n: how many points, at least 4, dealt in turn to the corners (-1, -1), (-1, 1), (1, -1)
            and (1, 1).
        noise: standard deviation of the normal noise on each coordinate, at least 0. The target is
            the corner's, even where the noise carries a point across an axis.
        seed: an integer from 0.

    Returns:
        `(X, y)`, shuffled: n rows of two floats, n targets.

    Raises:
        ConfigError: an argument out of its range.

    >>> X, y = xor(4, noise=0.0)
    >>> sorted(zip(X, y))  # doctest: +NORMALIZE_WHITESPACE
    [([-1.0, -1.0], -1.0), ([-1.0, 1.0], 1.0), ([1.0, -1.0], 1.0), ([1.0, 1.0], -1.0)]
    """
    rng = _generator(n, noise, seed, least=4)
    corners = [(-1.0, -1.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 1.0)]
    points = [((a, b), -a * b) for a, b in (corners[i % 4] for i in range(n))]
    return _finish(points, noise, rng)


def blobs(
    n: int = 100,
    noise: float = 0.5,
    seed: int = 0,
    *,
    centers: int | Sequence[Sequence[float]] = 3,
) -> tuple[Rows, list[int]]:
    """A round cloud of points around each centre; the class is the number of the centre, 0 ... k-1.

    Args:
        n: how many points, at least one a centre, dealt to the centres in turn.
        noise: standard deviation of the normal noise on each coordinate, at least 0.
        seed: an integer from 0.
        centers: the centres, each a list of one or more numbers; or how many, 1 or more, which are
            then spread evenly on a circle of radius 2.

    Returns:
        `(X, y)`, shuffled: n rows of as many floats as a centre has, n integers.

    Raises:
        ConfigError: an argument out of its range.

    >>> X, y = blobs(4, noise=0.0, centers=[[0.0, 1.0, 5.0], [2.0, 3.0, 7.0]])
    >>> sorted(zip(X, y))
    [([0.0, 1.0, 5.0], 0), ([0.0, 1.0, 5.0], 0), ([2.0, 3.0, 7.0], 1), ([2.0, 3.0, 7.0], 1)]
    """
    middles = _centers(centers)
    rng = _generator(n, noise, seed, least=len(middles))
    points = [(middles[i % len(middles)], i % len(middles)) for i in range(n)]
    return _finish(points, noise, rng)


def _centers(centers: int | Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    if isinstance(centers, int):
        _whole("centers", centers, least=1)
        turn = [2 * math.pi * i / centers for i in range(centers)]
        return [(2 * math.cos(t), 2 * math.sin(t)) for t in turn]
    try:
        middles = [tuple(center) for center in centers]
    except TypeError:
        middles = []
    if not middles or not all(middles) or len({len(middle) for middle in middles}) > 1:
        raise ConfigError(
            f"`centers` is a list of points with equally many numbers, not {centers!r:.80}",
            try_="centers=[[0.0, 0.0], [3.0, 1.0]]",
        )
    for number in (number for middle in middles for number in middle):
        if not (_is_real(number) and math.isfinite(number)):
            raise ConfigError(f"a centre is made of finite numbers, not {number!r:.80}")
    return middles


def _generator(n: int, noise: float, seed: int, *, least: int) -> Random:
    """The random numbers for these arguments, once they are checked."""
    _whole("n", n, least)
    _whole("seed", seed, least=0)
    if not (_is_real(noise) and 0 <= noise < math.inf):
        raise ConfigError(
            f"`noise` is a standard deviation, a finite number from 0, not {noise!r}", try_="0.1"
        )
    return Random(operator.index(seed))


def _whole(name: str, number: object, least: int) -> None:
    good = not isinstance(number, bool) and hasattr(number, "__index__")
    if not good or operator.index(number) < least:  # type: ignore[arg-type]
        raise ConfigError(f"`{name}` is a whole number from {least}, not {number!r:.80}")


def _is_real(number: object) -> bool:
    return hasattr(number, "__float__") and not isinstance(number, bool)


def _steps(count: int, end: float) -> list[float]:
    """`count` numbers evenly from 0 to `end`, both included."""
    return [end * i / max(count - 1, 1) for i in range(count)]


def _finish(
    points: Sequence[tuple[tuple[float, ...], _Label]], noise: float, rng: Random
) -> tuple[Rows, list[_Label]]:
    """Noise on every coordinate, then the order shuffled (Fisher and Yates)."""
    rows = [([_rounded(x + noise * _normal(rng)) for x in p], label) for p, label in points]
    for i in range(len(rows) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        rows[i], rows[j] = rows[j], rows[i]
    return [row for row, _ in rows], [label for _, label in rows]


def _normal(rng: Random) -> float:
    """A standard normal number (Box and Muller, 1958)."""
    radius = math.sqrt(-2 * math.log(1 - rng.random()))
    return radius * math.cos(2 * math.pi * rng.random())


def _rounded(x: float) -> float:
    return round(float(x), 6) + 0.0  # + 0.0 turns -0.0 into 0.0
