"""Print `compiler/coefficients.py`: the polynomials and constants of the elementary functions.

    python tools/generate_coefficients.py          rewrite the file
    python tools/generate_coefficients.py --check  exit with 1 when it is stale

Each polynomial is the best one of its degree: the largest weighted error is as small as can be
(Remez' exchange on a grid of Chebyshev points, in 60 decimal digits), its coefficients then rounded
to the number type. The weight turns the error of the polynomial into the relative error of the
function that uses it.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mpmath import mp, mpf

FILE = Path(__file__).parents[1] / "src" / "jangrad" / "compiler" / "coefficients.py"
NUMBERS = ("double", "float")
MANTISSA = {"double": 53, "float": 24}
GRID = 12  # grid points for each coefficient

Real = Callable[[mpf], mpf]


class Best(NamedTuple):
    """The best polynomial for f on an interval: what is asked."""

    f: Real
    weight: Real
    low: str
    high: str
    degrees: tuple[int, int]  # for double, for float
    about: str


def exp_rest(r: mpf) -> mpf:
    return (mp.expm1(r) - r) / r**2


def log_rest(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s) / s**3


def log_rest_5(z: mpf) -> mpf:
    s = mp.sqrt(z)
    return 2 * (mp.atanh(s) - s - s**3 / 3) / s**5


POLYNOMIALS: dict[str, Best] = {
    "EXP": Best(
        exp_rest,
        lambda r: r**2 / mp.expm1(r),
        *("-0.34665", "0.34665", (9, 5)),
        "exp(r) = 1 + r + r**2 EXP(r), |r| <= log(2) / 2",
    ),
    "LOG": Best(
        log_rest,
        lambda z: z,
        *("0", "0.02945", (6, 2)),
        "log(m) = 2 s + s**3 LOG(s**2), s = (m - 1) / (m + 1), m in [sqrt(1/2), sqrt(2)]",
    ),
}


def solve(best: Best, degree: int) -> tuple[list[mpf], mpf]:
    """Coefficients from the constant on, and the largest weighted error."""
    size = degree + 2
    low, high = mpf(best.low), mpf(best.high)
    count = GRID * size
    grid = [
        (low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (2 * i + 1) / (2 * count))
        for i in range(count)
    ]
    target = [best.f(x) for x in grid]
    weight = [best.weight(x) for x in grid]
    chosen = [GRID * i + GRID // 2 for i in range(size)]
    for _ in range(40):
        rows = mp.matrix(size, size)
        right = mp.matrix(size, 1)
        for row, at in enumerate(chosen):
            for power in range(degree + 1):
                rows[row, power] = grid[at] ** power
            rows[row, degree + 1] = (-1) ** row / weight[at]
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
        'Printed by `tools/generate_coefficients.py`.\n"""',
        "",
    ]
    for name, best in POLYNOMIALS.items():
        lines += ["", f"# {best.about}", f"{name} = {{"]
        for number, degree in zip(NUMBERS, best.degrees, strict=True):
            coefficients, error = solve(best, degree)
            lines.append(f'    "{number}": (  # 2 ** {float(mp.log(error, 2)):.1f}')
            lines += [f"        {rounded(c, number)!r}," for c in coefficients]
            lines.append("    ),")
        lines.append("}")
    constants = {
        "LN2": ("log(2) in two parts", lambda n: parts(mp.log(2), n, 2)),
        # The first part times any exponent is exact.
        "LN2_SHORT": (
            "log(2) in two parts, the first short: times an exponent it is exact",
            lambda n: parts(mp.log(2), n, 2, MANTISSA[n] - (12 if n == "double" else 9)),
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
