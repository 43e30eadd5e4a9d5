"""Python's `math` without its exceptions: plain floats in, IEEE 754 results out.

`math.exp(1000)` raises, `1.0 / 0.0` raises, `(-8.0) ** 0.5` turns complex. Training code wants inf
and nan there, as C, NumPy and PyTorch give them. These are the primitives on which every rule of
`op_table.py` stands; all but `div` and `power` are the C library's functions with the exceptions
translated back.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

inf = math.inf
nan = math.nan


def div(a: float, b: float) -> float:
    """`a / b`, with a signed infinity for a nonzero number over zero and nan for 0 / 0.

    >>> div(1.0, -0.0)
    -inf
    """
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    """`a ** b` as C's pow: nan where the result is not real, inf on overflow and for 0 ** negative.

    C takes -inf for a real power of any kind; here its roots are as those of every negative number.

    >>> power(-8.0, 0.5), power(-inf, 0.5), power(0.0, -1.0), power(10.0, 400.0)
    (nan, nan, inf, inf)
    """
    if a == -inf and b % 1.0 > 0.0:
        return nan
    try:
        return math.pow(a, b)
    except OverflowError:
        # an odd integer power of a negative number overflows downwards
        return -inf if a < 0.0 and b % 2.0 == 1.0 else inf
    except ValueError:
        if a == 0.0:
            # 0 ** negative; the zero's sign survives an odd integer power
            return math.copysign(inf, a) if b % 2.0 == 1.0 else inf
        return nan


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def expm1(x: float) -> float:
    try:
        return math.expm1(x)
    except OverflowError:
        return inf


def log(x: float) -> float:
    try:
        return math.log(x)
    except ValueError:
        return -inf if x == 0.0 else nan


def log1p(x: float) -> float:
    try:
        return math.log1p(x)
    except ValueError:
        return -inf if x == -1.0 else nan


def sqrt(x: float) -> float:
    try:
        return math.sqrt(x)
    except ValueError:
        return nan


def sin(x: float) -> float:
    try:
        return math.sin(x)
    except ValueError:  # sin(inf)
        return nan


def cos(x: float) -> float:
    try:
        return math.cos(x)
    except ValueError:
        return nan


def tan(x: float) -> float:
    try:
        return math.tan(x)
    except ValueError:
        return nan


tanh = math.tanh
atan = math.atan
erf = math.erf
erfc = math.erfc
absolute = math.fabs

# The functions a rule may call, by the name it calls them.
PRIMITIVES: dict[str, Callable[[float], float]] = {
    "abs": absolute,
    "exp": exp,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "sqrt": sqrt,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "tanh": tanh,
    "atan": atan,
    "erf": erf,
    "erfc": erfc,
}


def around(number: Any) -> tuple[float, float]:
    """The nearest floats not above and not below a real number, which has them both if it is one.

    Python compares exactly: where 2 ** 53 + 1 is none, x < 2 ** 53 + 1 says x <= 2 ** 53.

    >>> around(0.5), around(2**53 + 1), around(-(10**400))
    ((0.5, 0.5), (9007199254740992.0, 9007199254740994.0), (-inf, -1.7976931348623157e+308))
    """
    if isinstance(number, float):
        return number, number
    try:
        near = float(number)
    except OverflowError:
        most = sys.float_info.max
        return (most, math.inf) if number > 0 else (-math.inf, -most)
    if near < number:
        return near, math.nextafter(near, math.inf)
    return (math.nextafter(near, -math.inf), near) if near > number else (near, near)
