"""The test problems of Moré, Garbow and Hillstrom, in scalars.

Source: Testing Unconstrained Optimization Software, ACM TOMS 7 (1981); formulas, data, starts and
minima are those of its section 3. Each function takes n Values and returns m residuals; `minima`
are the least sums of their squares that the paper knows, to six digits.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jangrad
from jangrad import atan, cos, exp, sin, sqrt


class Problem(NamedTuple):
    name: str
    residuals: Callable[[Any], list[Any]]
    start: list[float]
    minima: tuple[float, ...]


def rosenbrock(x):
    return [
        part for a, b in zip(x[::2], x[1::2], strict=True) for part in (10.0 * (b - a**2), 1.0 - a)
    ]


def freudenstein_roth(x):
    a, b = x
    return [-13.0 + a + ((5.0 - b) * b - 2.0) * b, -29.0 + a + ((b + 1.0) * b - 14.0) * b]


def powell_badly_scaled(x):
    a, b = x
    return [1e4 * a * b - 1.0, exp(-a) + exp(-b) - 1.0001]


def brown_badly_scaled(x):
    a, b = x
    return [a - 1e6, b - 2e-6, a * b - 2.0]


def beale(x):
    a, b = x
    return [y - a * (1.0 - b**i) for i, y in enumerate((1.5, 2.25, 2.625), 1)]


def jennrich_sampson(x):
    a, b = x
    return [2.0 + 2.0 * i - (exp(i * a) + exp(i * b)) for i in range(1, 11)]


def helical_valley(x):
    a, b, c = x
    turn = atan(b / a) / (2.0 * math.pi) + jangrad.where(a > 0.0, 0.0, 0.5)
    return [10.0 * (c - 10.0 * turn), 10.0 * (sqrt(a**2 + b**2) - 1.0), c]


_BARD = (0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39)


def bard(x):
    a, b, c = x
    return [y - (a + u / ((16.0 - u) * b + min(u, 16.0 - u) * c)) for u, y in enumerate(_BARD, 1)]


_GAUSS = (0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989)


def gaussian(x):
    a, b, c = x
    rows = enumerate([*_GAUSS, *_GAUSS[-2::-1]], 1)
    return [a * exp(-b * ((8.0 - i) / 2.0 - c) ** 2 / 2.0) - y for i, y in rows]


_MEYER = (
    *(34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820),
    *(3307, 2872),
)


def meyer(x):
    a, b, c = x
    return [a * exp(b / (45.0 + 5.0 * i + c)) - y for i, y in enumerate(_MEYER, 1)]


def gulf(x):
    a, b, c = x
    rows = [i / 100.0 for i in range(1, 100)]
    return [exp(-(abs(25.0 + (-50.0 * math.log(t)) ** (2.0 / 3.0) - b) ** c) / a) - t for t in rows]


def box(x):
    a, b, c = x
    return [
        exp(-t * a) - exp(-t * b) - c * (math.exp(-t) - math.exp(-10.0 * t))
        for t in (i / 10.0 for i in range(1, 11))
    ]


def powell_singular(x):
    fours = zip(x[::4], x[1::4], x[2::4], x[3::4], strict=True)
    return [
        part
        for a, b, c, d in fours
        for part in (
            a + 10.0 * b,
            math.sqrt(5.0) * (c - d),
            (b - 2.0 * c) ** 2,
            math.sqrt(10.0) * (a - d) ** 2,
        )
    ]


def wood(x):
    a, b, c, d = x
    return [
        10.0 * (b - a**2),
        1.0 - a,
        math.sqrt(90.0) * (d - c**2),
        1.0 - c,
        math.sqrt(10.0) * (b + d - 2.0),
        (b - d) / math.sqrt(10.0),
    ]


_KOWALIK = (
    (0.1957, 4.0), (0.1947, 2.0), (0.1735, 1.0), (0.1600, 0.5), (0.0844, 0.25), (0.0627, 0.167),
    (0.0456, 0.125), (0.0342, 0.1), (0.0323, 0.0833), (0.0235, 0.0714), (0.0246, 0.0625),
)  # fmt: skip


def kowalik_osborne(x):
    a, b, c, d = x
    return [y - a * (u**2 + u * b) / (u**2 + u * c + d) for y, u in _KOWALIK]


def brown_dennis(x):
    a, b, c, d = x
    rows = [i / 5.0 for i in range(1, 21)]
    return [(a + t * b - math.exp(t)) ** 2 + (c + d * math.sin(t) - math.cos(t)) ** 2 for t in rows]


_OSBORNE_1 = (
    *(0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751, 0.718, 0.685),
    *(0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490, 0.478, 0.467, 0.457, 0.448),
    *(0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406),
)


def osborne_1(x):
    a, b, c, d, e = x
    rows = ((10.0 * i, y) for i, y in enumerate(_OSBORNE_1))
    return [y - (a + b * exp(-t * d) + c * exp(-t * e)) for t, y in rows]


def biggs(x):
    a, b, c, d, e, f = x
    found = []
    for t in (i / 10.0 for i in range(1, 14)):
        y = math.exp(-t) - 5.0 * math.exp(-10.0 * t) + 3.0 * math.exp(-4.0 * t)
        found.append(c * exp(-t * a) - d * exp(-t * b) + f * exp(-t * e) - y)
    return found


_OSBORNE_2 = (
    *(1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608),
    *(0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661),
    *(0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428),
    *(0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559),
    *(0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054),
)


def osborne_2(x):
    a, b, c, d, e, f, g, h, i, j, k = x
    rows = ((row / 10.0, y) for row, y in enumerate(_OSBORNE_2))
    return [
        y
        - (
            a * exp(-t * e)
            + b * exp(-((t - i) ** 2) * f)
            + c * exp(-((t - j) ** 2) * g)
            + d * exp(-((t - k) ** 2) * h)
        )
        for t, y in rows
    ]


def watson(x):
    found = []
    for t in (i / 29.0 for i in range(1, 30)):
        rise = sum(j * v * t ** (j - 1) for j, v in enumerate(x) if j)
        found.append(rise - sum(v * t**j for j, v in enumerate(x)) ** 2 - 1.0)
    return [*found, x[0] + 0.0, x[1] - x[0] ** 2 - 1.0]


def penalty_1(x):
    return [*(math.sqrt(1e-5) * (v - 1.0) for v in x), sum(v**2 for v in x) - 0.25]


def penalty_2(x):
    n, small = len(x), math.sqrt(1e-5)
    found = [x[0] - 0.2]
    for i in range(1, n):
        y = math.exp((i + 1) / 10.0) + math.exp(i / 10.0)
        found.append(small * (exp(x[i] / 10.0) + exp(x[i - 1] / 10.0) - y))
    found += [small * (exp(x[i] / 10.0) - math.exp(-0.1)) for i in range(1, n)]
    return [*found, sum((n - j) * v**2 for j, v in enumerate(x)) - 1.0]


def variably_dimensioned(x):
    total = sum(j * (v - 1.0) for j, v in enumerate(x, 1))
    return [*(v - 1.0 for v in x), total, total**2]


def trigonometric(x):
    n, total = len(x), sum(map(cos, x))
    return [n - total + i * (1.0 - cos(v)) - sin(v) for i, v in enumerate(x, 1)]


def brown_almost_linear(x):
    n, total = len(x), sum(x)
    product = x[0]
    for v in x[1:]:
        product = product * v
    return [*(v + total - (n + 1.0) for v in x[:-1]), product - 1.0]


def boundary_value(x):
    n = len(x)
    h = 1.0 / (n + 1)
    padded = [0.0, *x, 0.0]
    return [
        2.0 * padded[i]
        - padded[i - 1]
        - padded[i + 1]
        + h**2 * (padded[i] + i * h + 1.0) ** 3 / 2.0
        for i in range(1, n + 1)
    ]


def broyden_tridiagonal(x):
    padded = [0.0, *x, 0.0]
    return [
        (3.0 - 2.0 * padded[i]) * padded[i] - padded[i - 1] - 2.0 * padded[i + 1] + 1.0
        for i in range(1, len(x) + 1)
    ]


def chebyquad(x):
    sums, n = [0.0] * len(x), len(x)
    for v in x:
        before, now = 1.0, 2.0 * v - 1.0
        for i in range(n):
            sums[i] = sums[i] + now
            before, now = now, 2.0 * (2.0 * v - 1.0) * now - before
    means = [0.0 if i % 2 else -1.0 / (i**2 - 1.0) for i in range(1, n + 1)]
    return [total / n - mean for total, mean in zip(sums, means, strict=True)]


_grid = [i / 11.0 for i in range(1, 11)]

PROBLEMS = [
    Problem("rosenbrock", rosenbrock, [-1.2, 1.0], (0.0,)),
    Problem("freudenstein_roth", freudenstein_roth, [0.5, -2.0], (0.0, 48.9842)),
    Problem("powell_badly_scaled", powell_badly_scaled, [0.0, 1.0], (0.0,)),
    Problem("brown_badly_scaled", brown_badly_scaled, [1.0, 1.0], (0.0,)),
    Problem("beale", beale, [1.0, 1.0], (0.0,)),
    Problem("jennrich_sampson", jennrich_sampson, [0.3, 0.4], (124.362,)),
    Problem("helical_valley", helical_valley, [-1.0, 0.0, 0.0], (0.0,)),
    Problem("bard", bard, [1.0, 1.0, 1.0], (8.21487e-3, 17.4286)),
    Problem("gaussian", gaussian, [0.4, 1.0, 0.0], (1.12793e-8,)),
    Problem("meyer", meyer, [0.02, 4000.0, 250.0], (87.9458,)),
    Problem("gulf", gulf, [5.0, 2.5, 0.15], (0.0,)),
    Problem("box", box, [0.0, 10.0, 20.0], (0.0,)),
    Problem("powell_singular", powell_singular, [3.0, -1.0, 0.0, 1.0], (0.0,)),
    Problem("wood", wood, [-3.0, -1.0, -3.0, -1.0], (0.0,)),
    Problem(
        "kowalik_osborne", kowalik_osborne, [0.25, 0.39, 0.415, 0.39], (3.07505e-4, 1.02734e-3)
    ),
    Problem("brown_dennis", brown_dennis, [25.0, 5.0, -5.0, -1.0], (85822.2,)),
    Problem("osborne_1", osborne_1, [0.5, 1.5, -1.0, 0.01, 0.02], (5.46489e-5,)),
    Problem("biggs", biggs, [1.0, 2.0, 1.0, 1.0, 1.0, 1.0], (0.0, 5.65565e-3)),
    Problem(
        "osborne_2",
        osborne_2,
        [1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5],
        (4.01377e-2,),
    ),
    Problem("watson", watson, [0.0] * 6, (2.28767e-3,)),
    Problem("extended_rosenbrock", rosenbrock, [-1.2, 1.0] * 5, (0.0,)),
    Problem("extended_powell_singular", powell_singular, [3.0, -1.0, 0.0, 1.0] * 2, (0.0,)),
    Problem("penalty_1", penalty_1, [1.0, 2.0, 3.0, 4.0], (2.24997e-5,)),
    Problem("penalty_2", penalty_2, [0.5] * 4, (9.37629e-6,)),
    Problem(
        "variably_dimensioned", variably_dimensioned, [1.0 - j / 10.0 for j in range(1, 11)], (0.0,)
    ),
    Problem("trigonometric", trigonometric, [0.1] * 10, (0.0, 2.79506e-5)),
    Problem("brown_almost_linear", brown_almost_linear, [0.5] * 10, (0.0, 1.0)),
    Problem("boundary_value", boundary_value, [t * (t - 1.0) for t in _grid], (0.0,)),
    Problem("broyden_tridiagonal", broyden_tridiagonal, [-1.0] * 10, (0.0,)),
    Problem("chebyquad", chebyquad, [i / 9.0 for i in range(1, 9)], (3.51687e-3,)),
]
