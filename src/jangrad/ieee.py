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


def mod(a: float, b: float) -> float:
    """`a % b`, which has the sign of b as Python's and PyTorch's remainder; nan for b = 0.

    >>> mod(-1.0, 3.0), mod(1.0, -3.0), mod(1.0, 0.0)
    (2.0, -2.0, nan)
    """
    try:
        return a % b
    except ZeroDivisionError:
        return nan


def _guarded(
    function: Callable[[float], float], *, at_pole: Callable[[float], float] | None = None
) -> Callable[[float], float]:
    """A function of Python's `math` with C's results in the place of its exceptions.

    Args:
        function: it raises OverflowError where C gives an infinity, of the sign of x where it is
            odd, and ValueError at a pole and outside its domain.
        at_pole: what C gives for x where Python raises ValueError; nan if it is left out.
    """
    odd = function is math.sinh

    def guarded(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return -inf if odd and x < 0.0 else inf
        except ValueError:
            return nan if at_pole is None else at_pole(x)

    guarded.__name__ = guarded.__qualname__ = function.__name__
    guarded.__doc__ = f"{(function.__doc__ or '').strip()} As C has it, without exceptions."
    return guarded


def _log_pole(pole: float) -> Callable[[float], float]:
    return lambda x: -inf if x == pole else nan


exp = _guarded(math.exp)
expm1 = _guarded(math.expm1)
exp2 = _guarded(math.exp2)
log = _guarded(math.log, at_pole=_log_pole(0.0))
log2 = _guarded(math.log2, at_pole=_log_pole(0.0))
log10 = _guarded(math.log10, at_pole=_log_pole(0.0))
log1p = _guarded(math.log1p, at_pole=_log_pole(-1.0))
sqrt = _guarded(math.sqrt)
cbrt = math.cbrt
sin = _guarded(math.sin)  # nan at inf
cos = _guarded(math.cos)
tan = _guarded(math.tan)
asin = _guarded(math.asin)
acos = _guarded(math.acos)
atan = math.atan
atan2 = math.atan2
sinh = _guarded(math.sinh)
cosh = _guarded(math.cosh)
tanh = math.tanh
asinh = math.asinh
acosh = _guarded(math.acosh)
atanh = _guarded(math.atanh, at_pole=lambda x: math.copysign(inf, x) if abs(x) == 1.0 else nan)
erf = math.erf
erfc = math.erfc
absolute = math.fabs


def floor(x: float) -> float:
    """The largest integer that is not above x; infinities, nan and signed zeros stay.

    >>> floor(-0.5), floor(-0.0), floor(inf)
    (-1.0, -0.0, inf)
    """
    return math.copysign(float(math.floor(x)), x) if math.isfinite(x) else x


def ceil(x: float) -> float:
    """The smallest integer that is not below x; infinities, nan and signed zeros stay.

    >>> ceil(0.5), ceil(-0.5), ceil(inf)
    (1.0, -0.0, inf)
    """
    return math.copysign(float(math.ceil(x)), x) if math.isfinite(x) else x


# The functions a rule may call, by the name it calls them.
PRIMITIVES: dict[str, Callable[..., float]] = {
    "abs": absolute,
    "floor": floor,
    "ceil": ceil,
    "exp": exp,
    "expm1": expm1,
    "exp2": exp2,
    "log": log,
    "log1p": log1p,
    "log2": log2,
    "log10": log10,
    "sqrt": sqrt,
    "cbrt": cbrt,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "atan2": atan2,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "asinh": asinh,
    "acosh": acosh,
    "atanh": atanh,
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
