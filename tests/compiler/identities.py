"""What an arithmetic without signs, infinities and nan could leave out: none of it may be."""

import math
from operator import neg

NUMBERS = [0.0, -0.0, 1.5, -2.5, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e308]
IDENTITIES = {
    "x * 1": lambda x: x * 1.0,
    "1 * x": lambda x: 1.0 * x,
    "x / 1": lambda x: x / 1.0,
    "x * -1": lambda x: x * -1.0,
    "x / -1": lambda x: x / -1.0,
    "x * 0": lambda x: x * 0.0,
    "-0 * x": lambda x: -0.0 * x,
    "0 / x": lambda x: 0.0 / x,
    "x / x": lambda x: x / x,
    "x - x": lambda x: x - x,
    "x + x": lambda x: x + x,
    "x / inf": lambda x: x / math.inf,
    "-x": lambda x: -x,
    "-(-x)": lambda x: neg(neg(x)),
    "x + -0": lambda x: x + -0.0,
    "-0 + x": lambda x: -0.0 + x,
    "x - 0": lambda x: x - 0.0,
    "-0 - x": lambda x: -0.0 - x,
    "(x + 1) - 1": lambda x: (x + 1.0) - 1.0,
    "x - x * 1": lambda x: x - x * 1.0,
    "(2 * x) / 2": lambda x: (2.0 * x) / 2.0,
    "x ** 1": lambda x: x**1,
    # Of these the sign of a zero is lost where they are compiled, as the contract says.
    "x + 0": lambda x: x + 0.0,
    "0 + x": lambda x: 0 + x,
    "x - -0": lambda x: x - -0.0,
    "0 - x": lambda x: 0.0 - x,
}
#: What compiled code gives instead: the addition is left out.
LEFT_OUT = {
    ("x + 0", "-0.0"): -0.0,
    ("0 + x", "-0.0"): -0.0,
    ("x - -0", "-0.0"): -0.0,
    ("0 - x", "0.0"): -0.0,
}


def expected(x):
    """What each is in compiled code for a number, by Python's floats and the contract."""
    found = []
    for name, f in IDENTITIES.items():
        try:
            value = f(x)
        except ZeroDivisionError:
            value = math.nan
        found.append(LEFT_OUT.get((name, repr(x)), value))
    return found


def shown(numbers):
    """Numbers with their signs, nan without."""
    return ["nan" if x != x else float(x).hex() for x in numbers]
