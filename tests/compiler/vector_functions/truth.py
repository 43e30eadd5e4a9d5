"""The true values of the elementary functions, by MPFR, and how far a result is from them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import gmpy2
import numpy as np
from gmpy2 import mpfr

DTYPES = {"double": np.float64, "float": np.float32}
MANTISSA = {"double": 53, "float": 24}
LOWEST = {"double": -1021, "float": -125}  # the exponent (of frexp) of the smallest normal number
CONTEXT = gmpy2.context(precision=120, emax=1 << 20, emin=-(1 << 20))


def sigmoid(x: Any) -> Any:
    return 1 / (1 + gmpy2.exp(-x))


def softplus(x: Any) -> Any:
    return max(x, mpfr(0)) + gmpy2.log1p(gmpy2.exp(-abs(x)))


def gelu(x: Any) -> Any:
    return x / 2 * gmpy2.erfc(-x / gmpy2.sqrt(mpfr(2)))


def gelu_tanh(x: Any) -> Any:
    u = gmpy2.sqrt(2 / gmpy2.const_pi()) * (x + mpfr("0.044715") * x**3)
    return x * sigmoid(2 * u)


PLAIN = (
    *("exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "erf", "erfc"),
    *("sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
)
TRUTH: dict[str, Callable[..., Any]] = {
    **{name: getattr(gmpy2, name) for name in PLAIN},
    "abs": abs,
    "floor": lambda x: mpfr(gmpy2.floor(x)),
    "ceil": lambda x: mpfr(gmpy2.ceil(x)),
    "mod": lambda a, b: mpfr(float(a) % float(b)),  # the remainder of two doubles is exact
    "power": lambda a, b: a**b,
    "sigmoid": sigmoid,
    "softplus": softplus,
    "logsigmoid": lambda x: -softplus(-x),
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": lambda x: x * sigmoid(x),
}


def ulps(name: str, number: str, results: Any, *arrays: Any) -> Any:
    """By how many units in the last place each result misses the true value.

    A unit is the distance between numbers of that type around the true value. A result that is not
    finite must be what the true value rounds to: then it misses it by 0, else by inf.
    """
    function, missed = TRUTH[name], []
    with gmpy2.context(CONTEXT), np.errstate(over="ignore"):
        for result, *numbers in zip(results.tolist(), *(a.tolist() for a in arrays), strict=True):
            true = function(*map(mpfr, numbers))
            if gmpy2.is_finite(true) and math.isfinite(result):
                exponent = gmpy2.get_exp(true) if true else LOWEST[number]
                unit = max(exponent, LOWEST[number]) - MANTISSA[number]
                missed.append(float(abs(true - mpfr(result)) * mpfr(2) ** -unit))
            else:
                rounded = float(DTYPES[number](float(true)))
                same = rounded == result or (rounded != rounded and result != result)
                missed.append(0.0 if same else math.inf)
    return np.array(missed)


def samples(name: str, number: str, count: int, seed: int = 0) -> dict[str, tuple[Any, ...]]:
    """Arguments by range: where a network lives ("common"), and wherever it could go wrong."""
    draw = np.random.default_rng(seed)
    double = number == "double"
    low, high = (-745.2, 709.8) if double else (-103.3, 88.8)  # of exp: 0 below, inf above

    def uniform(a: float, b: float) -> Any:
        return draw.uniform(a, b, count)

    def spread(a: float, b: float) -> Any:
        return draw.choice([-1.0, 1.0], count) * np.exp2(uniform(a, b))

    subnormal, largest = (-1074.0, 1024.0) if double else (-149.0, 128.0)
    found: dict[str, Any] = {"common": uniform(-3, 3), "near 0": spread(-30, 0)}
    found["tiny"] = spread(subnormal, -30)
    if name in ("log", "log1p", "log2", "log10", "sqrt"):
        shift = 1.0 if name == "log1p" else 0.0
        found = {
            "common": uniform(0.1, 4.0) - shift,
            "near 1": 1.0 - shift + spread(-30, -1),
            "all": np.exp2(uniform(subnormal, largest)),
        }
        if shift:
            found |= {"tiny": spread(subnormal, -30), "near -1": -1 + np.exp2(uniform(-50, 0))}
    elif name in ("asin", "acos", "atanh"):
        near = np.exp2(uniform(-50, 0))
        found["common"] = uniform(-1, 1)
        found |= {"near 1": np.minimum(1 - near, 1 - 2.0**-24), "near -1": near - 1}
        found["near -1"] = np.maximum(found["near -1"], 2.0**-24 - 1)
    elif name == "acosh":
        found = {"common": uniform(1, 4), "near 1": 1 + np.exp2(uniform(-30, 0))}
        found |= {"all": np.exp2(uniform(0, largest)), "far": np.exp2(uniform(5, 40))}
    elif name in ("asinh", "cbrt", "floor", "ceil", "abs"):
        found |= {"all": spread(subnormal, largest), "far": spread(-10, 60)}
    elif name in ("atan2", "mod"):
        pairs = {
            "common": (uniform(-3, 3), uniform(-3, 3)),
            "near": (spread(-20, 20), spread(-20, 20)),
            "all": (spread(subnormal, largest), spread(subnormal, largest)),
            "left": (spread(-30, 0), -np.exp2(uniform(-10, 2))),
        }
        return {
            key: tuple(part.astype(DTYPES[number]) for part in pair) for key, pair in pairs.items()
        }
    elif name == "power":
        a, more = np.exp2(uniform(subnormal, largest)), 1 + spread(-16, -2)
        a, more = (part.astype(DTYPES[number]).astype(float) for part in (a, more))
        with np.errstate(divide="ignore"):
            huge = np.clip(uniform(low, high) / np.log(more), -1e9, 1e9)
            found = {
                "common": (uniform(0.1, 10), uniform(-5, 5)),
                "all": (a, uniform(low, high) / np.log(a)),
                "near 1": (more, huge),
                "whole": (uniform(-10, 10), draw.integers(-20, 20, count)),
                "subnormal": (uniform(1.1, 10), 0.0),
            }
        base = found["subnormal"][0]
        found["subnormal"] = (base, uniform(low, low * 0.95) / np.log(base))
        return {
            key: tuple(np.asarray(part).astype(DTYPES[number]) for part in pair)
            for key, pair in found.items()
        }
    elif name in ("sin", "cos", "tan"):
        far = 2.0**30 if double else 2.0**17
        found["far"] = uniform(-far, far)
        found["multiples"] = (found["far"] / (np.pi / 2)).round() * (np.pi / 2)
        found["beyond"] = spread(17, largest)
    elif name == "atan":
        found["all"] = spread(-60, 60)
    elif name in ("tanh", "erf"):
        found["all"] = uniform(-25, 25) if name == "tanh" else uniform(-7, 7)
    elif name == "erfc":
        found["all"] = uniform(-7, 28) if double else uniform(-5, 11)
        found["subnormal"] = uniform(26, 27.5) if double else uniform(9, 10.2)
    elif name in ("gelu", "gelu_tanh"):
        edge = {"gelu": (38.7, 14.5), "gelu_tanh": (21.7, 11.0)}[name][not double]
        found["all"] = uniform(-edge, edge)
        found["subnormal"] = uniform(-edge, -0.95 * edge)
    elif name == "exp2":
        low, high = low / np.log(2.0), high / np.log(2.0)
        found |= {"all": uniform(low, high), "whole": uniform(low, high).round()}
        found["subnormal"] = uniform(low - 1, low * 0.95)
    elif name in ("sinh", "cosh"):
        found |= {"all": uniform(-high, high), "overflow": uniform(high - 1, high + 1)}
    else:
        found["all"] = uniform(low, high)
        found["subnormal"] = uniform(low - 1, low * 0.95)
        found["overflow"] = uniform(high - 1, high + 1)
    return {key: (part.astype(DTYPES[number]),) for key, part in found.items()}
