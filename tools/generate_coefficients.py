"""Print the polynomials and constants of `compiler/vector_functions/`, in `coefficients.py`.

    python tools/generate_coefficients.py          rewrite the file
    python tools/generate_coefficients.py --check  exit with 1 when it is stale

Each polynomial is the best one of its degree: the largest weighted error is as small as can be
(Remez' exchange on a grid of Chebyshev points, in 60 decimal digits), its coefficients then rounded
to the number type. The weight turns the error of the polynomial into the relative error of the
function that uses it. So is the quotient of two polynomials (Muller, Elementary Functions, 3rd
edition, 2016, section 3.4), whose denominator is solved for again and again.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mpmath import mp, mpf

PACKAGE = Path(__file__).parents[1] / "src" / "jangrad" / "compiler" / "vector_functions"
FILE = PACKAGE / "coefficients.py"
NUMBERS = ("double", "float")
MANTISSA = {"double": 53, "float": 24}
GRID = 12  # grid points for each coefficient
# How far the argument goes: from there on tanh and erf are 1, and erfc and gelu are 0.
TANH_FAR = {"double": "19.0625", "float": "9.015625"}
ERF_FAR = {"double": "5.93", "float": "3.93"}
ERFC_FAR = {"double": "28", "float": "10.75"}
GELU_FAR = {"double": "39.5", "float": "15.25"}

Real = Callable[[mpf], mpf]


class Best(NamedTuple):
    """The best polynomial for f on an interval: what is asked."""

    f: Real
    weight: Real
    low: str | mpf
    high: str | mpf
    degree: int


def exp_rest(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2


def log_rest(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s) / s**3


def log_rest_5(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s - s**3 / 3) / s**5


def sin_rest(z: mpf) -> mpf:
    r = mp.sqrt(z)
    return (mp.sin(r) - r) / r**3


def cos_rest(z: mpf) -> mpf:
    return (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2


def atan_rest(z: mpf) -> mpf:
    t = mp.sqrt(z)
    return (mp.atan(t) - t) / t**3


def tanh_factor(z: mpf) -> mpf:
    """2 tanh(a / 2) / a for z = a**2."""
    a = mp.sqrt(z)
    return 2 * mp.tanh(a / 2) / a


def tanh_weight(least: int) -> Real:
    """How an error of t = tanh(a / 2) shows in tanh(a) = 2 t / (1 + t**2).

    To first order, and not below 2 ** least, from where on the second order is felt.
    """

    def weight(z: mpf) -> mpf:
        square = mp.tanh(mp.sqrt(z) / 2) ** 2
        return max((1 - square) / (1 + square), mpf(2) ** least) / tanh_factor(z)

    return weight


def log_erfc(a: mpf) -> mpf:
    return -mp.log(mp.erfc(a)) / a - 1


def erfc_factor(a: mpf) -> mpf:
    return mp.exp(a**2) * mp.erfc(a)


def gelu_factor(a: mpf) -> mpf:
    return erfc_factor(a / mp.sqrt(2)) / 2


# With these M factor(a) (a + M) is nearly flat, at 0 and beyond.
TAIL_M = {erfc_factor: 1.0, gelu_factor: 1.5}


def tail_center(factor: Real, number: str) -> mpf:
    """The K near 4 for which the constant, factor(K) (K + M), is all but a number of the type.

    It is larger than the sum, so that its rounding would be felt.
    """
    for i in range(1000):
        K = mpf(4) + mpf(i) / 256
        constant = factor(K) * (K + TAIL_M[factor])
        if abs(constant - mpf(rounded(constant, number))) < constant / 2 ** (MANTISSA[number] + 6):
            return K
    raise ArithmeticError("no K found")


def tail(factor: Real, far: dict[str, str]) -> Callable[[str], Best]:
    """factor(a) (a + M) as a polynomial in t = (a - K) / (a + K), from 0 to far."""

    def best(number: str) -> Best:
        K = tail_center(factor, number)

        def f(t: mpf) -> mpf:
            a = K * (1 + t) / (1 - t)
            return factor(a) * (a + TAIL_M[factor])

        high = (mpf(far[number]) - K) / (mpf(far[number]) + K)
        return Best(f, lambda t: 1 / f(t), "-1", high, degree(number, 22, 10))

    return best


def degree(number: str, double: int, float_: int) -> int:
    """One of two."""
    return double if number == "double" else float_


# What the lines of the file say, and what is asked for each number type.
POLYNOMIALS: dict[str, tuple[str, Callable[[str], Best]]] = {
    "EXP": (
        "exp(r) = 1 + r + r**2 EXP(r), |r| <= log(2) / 2",
        lambda n: Best(
            exp_rest, lambda r: r**2 / mp.expm1(r), "-0.34665", "0.34665", degree(n, 9, 5)
        ),
    ),
    "LOG": (
        "log(m) = 2 s + s**3 LOG(s**2), s = (m - 1) / (m + 1), m in [sqrt(1/2), sqrt(2)]",
        lambda n: Best(log_rest, lambda z: z, "0", "0.02945", degree(n, 6, 2)),
    ),
    "LOG5": (
        "log(m) = 2 s + 2/3 s**3 + s**5 LOG5(s**2), likewise",
        lambda n: Best(log_rest_5, lambda z: z**2, "0", "0.02945", degree(n, 6, 2)),
    ),
    "SIN": (
        "sin(r) = r + r**3 SIN(r**2), |r| <= pi / 4",
        lambda n: Best(sin_rest, lambda z: z, "0", "0.6170", degree(n, 5, 2)),
    ),
    "COS": (
        "cos(r) = 1 - r**2 / 2 + r**4 COS(r**2), likewise",
        lambda n: Best(cos_rest, lambda z: z**2, "0", "0.6170", degree(n, 5, 2)),
    ),
    "ATAN": (
        "atan(t) = t + t**3 ATAN(t**2), |t| <= tan(pi / 8)",
        lambda n: Best(atan_rest, lambda z: z, "0", "0.1716", degree(n, 10, 4)),
    ),
    "ERF": (
        "erf(a) = 1 - exp(-a - a ERF(a)), from 0 to ERF_FAR",
        lambda n: Best(
            log_erfc, lambda a: a * mp.erfc(a) / mp.erf(a), "0", ERF_FAR[n], degree(n, 23, 9)
        ),
    ),
    "TAIL_ERFC": (
        "exp(a**2) erfc(a) = TAIL_ERFC(t) / (a + M), t = (a - K) / (a + K), up to ERFC_FAR",
        tail(erfc_factor, ERFC_FAR),
    ),
    "TAIL_GELU": (
        "exp(a**2 / 2) erfc(a / sqrt(2)) / 2 = TAIL_GELU(t) / (a + M), likewise",
        tail(gelu_factor, GELU_FAR),
    ),
}


# The same for quotients; both polynomials have the degree, and the denominator begins with 1.
QUOTIENTS: dict[str, tuple[str, Callable[[str], Best]]] = {
    "TANH": (
        "2 tanh(a / 2) = a TANH(a**2), a quotient, from 0 to TANH_FAR",
        lambda n: Best(
            tanh_factor,
            tanh_weight(-29 if n == "double" else -13),
            "0",
            mpf(TANH_FAR[n]) ** 2,
            degree(n, 6, 3),
        ),
    ),
}


def grid_of(best: Best, count: int) -> list[mpf]:
    """Chebyshev points."""
    low, high = mpf(best.low), mpf(best.high)
    return [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]


def solve(best: Best) -> tuple[list[mpf], mpf]:
    """Coefficients from the constant on, and the largest weighted error."""
    size = best.degree + 2
    grid = grid_of(best, GRID * size)
    target = [best.f(x) for x in grid]
    weight = [best.weight(x) for x in grid]
    chosen = [GRID * i + GRID // 2 for i in range(size)]
    for _ in range(40):
        rows = mp.matrix(size, size)
        right = mp.matrix(size, 1)
        for row, at in enumerate(chosen):
            for power in range(best.degree + 1):
                rows[row, power] = grid[at] ** power
            rows[row, best.degree + 1] = (-1) ** row / weight[at]
            right[row] = target[at]
        found = list(mp.lu_solve(rows, right))
        coefficients, level = found[:-1], abs(found[-1])
        errors = [
            (mp.polyval(coefficients[::-1], x) - y) * w
            for x, y, w in zip(grid, target, weight, strict=True)
        ]
        largest = max(map(abs, errors))
        if largest <= level * (1 + mpf(10) ** -9):
            return coefficients, largest
        chosen = exchange(errors, size)
    raise ArithmeticError("Remez' exchange does not settle")


def solve_quotient(best: Best) -> tuple[list[mpf], list[mpf], mpf]:
    """The coefficients above and below, and the largest weighted error.

    That of a / b is f - a / b = (f b - a) / b: linear in both but for the b below, which is taken
    from the round before. The grid is one of square roots, for the error waves most near 0.
    """
    count = best.degree + 1
    size = 2 * count
    roots = grid_of(best._replace(high=mp.sqrt(best.high)), GRID * size)
    grid = [x**2 for x in roots]
    target = [best.f(x) for x in grid]
    weight = [best.weight(x) for x in grid]
    below = [mpf(1)] * len(grid)
    chosen = [GRID * i + GRID // 2 for i in range(size)]
    for _ in range(100):
        rows = mp.matrix(size, size)
        right = mp.matrix(size, 1)
        for row, at in enumerate(chosen):
            scale = weight[at] / below[at]
            for power in range(count):
                rows[row, power] = scale * grid[at] ** power
                if power:
                    rows[row, best.degree + power] = -scale * target[at] * grid[at] ** power
            rows[row, size - 1] = (-1) ** row
            right[row] = scale * target[at]
        found = list(mp.lu_solve(rows, right))
        over, under = found[:count], [mpf(1), *found[count:-1]]
        before, below = below, [mp.polyval(under[::-1], x) for x in grid]
        errors = [
            (mp.polyval(over[::-1], x) / b - y) * w
            for x, b, y, w in zip(grid, below, target, weight, strict=True)
        ]
        largest = max(map(abs, errors))
        if largest <= abs(found[-1]) * (1 + mpf(10) ** -6):
            return over, under, largest
        if all(abs(a / b - 1) < mpf(10) ** -6 for a, b in zip(below, before, strict=True)):
            chosen = exchange(errors, size)
    raise ArithmeticError("Remez' exchange does not settle")


def exchange(errors: list[mpf], size: int) -> list[int]:
    """The places of `size` errors of alternating sign, the largest of all among them."""
    peaks: list[int] = []
    for i, error in enumerate(errors):
        if peaks and (error > 0) == (errors[peaks[-1]] > 0):
            if abs(error) > abs(errors[peaks[-1]]):
                peaks[-1] = i
        else:
            peaks.append(i)
    while len(peaks) > size:
        ends = 0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1
        peaks.pop(ends)
    return peaks


def rounded(x: mpf, number: str, bits: int = 0) -> float:
    """x in the number type, or cut to so many bits."""
    with mp.workprec(bits or MANTISSA[number]):
        found = float(+x)
    pack = "<f" if number == "float" else "<d"
    assert struct.unpack(pack, struct.pack(pack, found))[0] == found
    return found


def parts(x: mpf, number: str, count: int, bits: int = 0) -> tuple[float, ...]:
    """x as a sum of `count` numbers, all but the last of so many bits."""
    found = []
    for i in range(count):
        found.append(rounded(x, number, bits if i < count - 1 else 0))
        x -= mpf(found[-1])
    return tuple(found)


@cache
def text() -> str:
    """The file."""
    mp.dps = 60
    lines = [
        '"""Polynomials (coefficients from the constant on) and constants, by number type.',
        "",
        "Printed by `tools/generate_coefficients.py`.",
        '"""',
    ]
    for name, (about, best) in POLYNOMIALS.items():
        lines += ["", f"# {about}", f"{name} = {{"]
        for number in NUMBERS:
            coefficients, error = solve(best(number))
            lines.append(f'    "{number}": (  # 2 ** {float(mp.log(error, 2)):.1f}')
            lines += [f"        {rounded(c, number)!r}," for c in coefficients]
            lines.append("    ),")
        lines.append("}")
    for name, (about, best) in QUOTIENTS.items():
        lines += ["", f"# {about}", f"{name} = {{"]
        for number in NUMBERS:
            *both, error = solve_quotient(best(number))
            lines.append(f'    "{number}": (  # 2 ** {float(mp.log(error, 2)):.1f}')
            for coefficients in both:
                lines.append("        (")
                lines += [f"            {rounded(c, number)!r}," for c in coefficients]
                lines.append("        ),")
            lines.append("    ),")
        lines.append("}")
    constants = {
        "TANH_FAR": ("tanh is 1 from here on", lambda n: float(TANH_FAR[n])),
        "ERF_FAR": ("erf is 1 from here on", lambda n: float(ERF_FAR[n])),
        "ERFC_FAR": ("erfc is 0 from here on", lambda n: float(ERFC_FAR[n])),
        "GELU_FAR": ("gelu is 0 beyond its negative", lambda n: float(GELU_FAR[n])),
        "M_ERFC": ("the M of TAIL_ERFC", lambda n: TAIL_M[erfc_factor]),
        "M_GELU": ("the M of TAIL_GELU", lambda n: TAIL_M[gelu_factor]),
        "K_ERFC": ("the K of TAIL_ERFC", lambda n: float(tail_center(erfc_factor, n))),
        "K_GELU": ("the K of TAIL_GELU", lambda n: float(tail_center(gelu_factor, n))),
        "LN2": ("log(2) in two parts", lambda n: parts(mp.log(2), n, 2)),
        "LN2_SHORT": (
            "log(2) in two parts, the first short: times an exponent it is exact",
            lambda n: parts(mp.log(2), n, 2, MANTISSA[n] - (12 if n == "double" else 9)),
        ),
        "TWO_THIRDS": ("2/3 in two parts", lambda n: parts(mpf(2) / 3, n, 2)),
        "HALF_PI": ("pi/2 in three parts", lambda n: parts(mp.pi / 2, n, 3)),
        "GELU_1": ("2 sqrt(2/pi) in two parts", lambda n: parts(2 * mp.sqrt(2 / mp.pi), n, 2)),
        "GELU_3": (
            "2 sqrt(2/pi) 0.044715 in two parts",
            lambda n: parts(2 * mp.sqrt(2 / mp.pi) * mpf("0.044715"), n, 2),
        ),
    }
    for name, (about, value) in constants.items():
        lines += ["", f"# {about}", f"{name} = {{"]
        lines += [f'    "{number}": {value(number)!r},' for number in NUMBERS]
        lines.append("}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or compare it."""
    if "--check" in sys.argv:
        return int(FILE.read_text() != text())
    FILE.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
