"""Every operation of the table against its definition in many digits, with no other library.

`mpmath` computes each operation from its textbook formula, written anew here: no rule and no
constant of the table is used. A row without a definition fails.

**How far a result may be off.** One rounding moves a number by at most u = 2**-53 of its size, a
function of the C library by two or three u. A rounding of x is as good as another x nearby, so a
value y may be off by u * (|y| + sum of |x * dy/dx|) for each operation of its rule, of which four
at most round: 8 u (2.2 u is the most that is seen). Partials have one rule on top of another: 16 u
(9.7 u is the most). Where a rule subtracts what is nearly equal, `SUBTRACTED` says how large that
is, and it is added to the sum: an absolute error, as any difference of rounded numbers has it.
"""

import random

import mpmath as mp
import pytest

from jangrad import ops, rules

U = 2.0**-53
BUILT_IN = [row for row in ops.OPS.values() if row.name in ops.OURS]
EVERY = pytest.mark.parametrize("row", BUILT_IN, ids=lambda row: row.name)


def selu(x):
    """With its two constants from equation 14 of Klambauer et al. (2017)."""
    return selu_scale() * (x if x > 0 else selu_alpha() * mp.expm1(x))


def selu_alpha():
    return mp.sqrt(2 / mp.pi) / (1 - mp.erfc(1 / mp.sqrt(2)) * mp.sqrt(mp.e))


def selu_scale():
    tail, far = mp.erfc(1 / mp.sqrt(2)) * mp.sqrt(mp.e), mp.erfc(mp.sqrt(2)) * mp.e**2
    square = 2 * far + mp.pi * tail**2 - 2 * (2 + mp.pi) * tail + mp.pi + 2
    return (1 - tail) * mp.sqrt(2 * mp.pi / square)


def gelu_tanh(x):
    return x * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3))) / 2


#: The definitions; those of the names that mpmath itself has are mpmath's.
TRUTH = {
    "add": lambda a, b: a + b,
    "mul": lambda a, b: a * b,
    "sub": lambda a, b: a - b,
    "div": lambda a, b: a / b,
    "mod": lambda a, b: a - b * mp.floor(a / b),
    "neg": lambda x: -x,
    "pow": lambda a, b: a**b,
    "raised": lambda a, b: a**b,
    "power_log": lambda a, b: a**b * mp.log(a),
    "abs": mp.fabs,
    "minimum": min,
    "maximum": max,
    "at_least": max,
    "at_most": min,
    "where_true": lambda a, b: a,
    "where_false": lambda a, b: b,
    "exp2": lambda x: mp.mpf(2) ** x,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "logaddexp": lambda a, b: mp.log(mp.exp(a) + mp.exp(b)),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x)),  # mpmath's own is complex for x < 0
    "xlogy": lambda a, b: a * mp.log(b),
    "rel_entr": lambda a, b: a * mp.log(a / b),
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "logsigmoid": lambda x: -mp.log1p(mp.exp(-x)),
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda a, b: a if a > 0 else a * b,
    "relu6": lambda x: min(max(x, 0), 6),
    "elu": lambda a, b: a if a > 0 else b * mp.expm1(a),
    "selu": selu,
    "gelu": lambda x: x * mp.ncdf(x),
    "gelu_tanh": gelu_tanh,
    "silu": lambda x: x / (1 + mp.exp(-x)),
    "less": lambda a, b: int(a < b),
    "less_equal": lambda a, b: int(a <= b),
    "equal": lambda a, b: int(a == b),
    "gate": lambda a, b: b if a else 0,
    "side": lambda a, b: b if a else 0,
    "stop_gradient": lambda x: x,
    "shift": lambda x: x,
    "minus": lambda a, b: a - b,
    "gather": lambda a, b: 0,
    "scatter": lambda a, b: 0,
}

#: How large the numbers are that a rule subtracts, of its value and of its partials.
SUBTRACTED = {
    "rel_entr": lambda a, b: abs(a * mp.log(a)),  # log(a) - log(b)
}
SUBTRACTED_IN_PARTIALS = {
    "tanh": lambda x: 1,  # 1 - y * y
    "expm1": lambda x: 1,  # y + 1
    "sigmoid": lambda x: 1,  # 1 - y
    "rel_entr": lambda a, b: abs(mp.log(a)),
}

# Their derivative is 0 on purpose, or they are of columns, which no number is.
NO_DERIVATIVE = {"stop_gradient", "shift", "gather", "scatter"}


def truth(row):
    found = TRUTH.get(row.name) or getattr(mp, row.name, None)
    assert found, f"say in TRUTH what `{row.name}` is"
    return found


def points(row, count):
    """Points all over the domain: numbers of both signs from 1e-12 to 1,000, near and far."""
    draw = random.Random(row.name)
    while count:
        at = tuple(draw.choice([-1.0, 1.0]) * 2.0 ** draw.uniform(-40, 10) for _ in row.inputs)
        if not row.domain or eval(row.domain, {}, dict(zip(row.inputs, at, strict=True))):
            count -= 1
            yield at


def in_range(y):
    """Whether it is a normal number or 0; what overflows or is subnormal has other digits."""
    return y == 0 or 1e-290 < abs(y) < 1e290


@EVERY
def test_values(row):
    """At 300 points; how many lie in the range of floats is counted too."""
    compared = 0
    with mp.workdps(50):
        for at in points(row, 300):
            y = truth(row)(*map(mp.mpf, at))
            found = ops.evaluate(row.name, *at)
            if not in_range(y):
                continue
            compared += 1
            moved = (abs(x * d) for x, d in zip(at, ops.partials(row.name, at, found), strict=True))
            size = abs(y) + sum(moved) + SUBTRACTED.get(row.name, lambda *_: 0)(*at)
            assert abs(found - y) <= 8 * U * size, (at, found, float(y))
    assert compared > 200


@pytest.mark.parametrize(
    "row", [r for r in BUILT_IN if r.name not in NO_DERIVATIVE], ids=lambda row: row.name
)
def test_partials(row):
    """Against derivatives of the definitions, taken in 60 digits; none of the points is a kink."""
    with mp.workdps(60):
        for at in points(row, 30):
            function, exact = truth(row), tuple(map(mp.mpf, at))
            y = function(*exact)
            if not in_range(y):
                continue
            found = ops.partials(row.name, at, ops.evaluate(row.name, *at))
            for i, partial in enumerate(found):
                orders = [int(j == i) for j in range(len(at))]
                slope = mp.re(mp.diff(function, exact, tuple(orders)))
                moved = 0
                for j in range(len(at)):
                    second = tuple(n + (j == k) for k, n in enumerate(orders))
                    moved += abs(exact[j] * mp.re(mp.diff(function, exact, second)))
                size = abs(slope) + moved + SUBTRACTED_IN_PARTIALS.get(row.name, lambda *_: 0)(*at)
                # What 60 digits leave of a derivative that is 0 is no more than 1e-18.
                assert abs(partial - slope) <= 16 * U * size + 1e-18, (at, i, partial, float(slope))


def test_constants_are_correctly_rounded():
    """Each is the float nearest to what it stands for."""
    exact = {
        "pi": lambda: mp.pi,
        "ln_2": lambda: mp.log(2),
        "ln_10": lambda: mp.log(10),
        "sqrt_half": lambda: mp.sqrt(mp.mpf(1) / 2),
        "inv_sqrt_2pi": lambda: 1 / mp.sqrt(2 * mp.pi),
        "sqrt_2_over_pi": lambda: mp.sqrt(2 / mp.pi),
        "two_over_sqrt_pi": lambda: 2 / mp.sqrt(mp.pi),
        "selu_alpha": selu_alpha,
        "selu_scale": selu_scale,
    }
    with mp.workdps(50):
        assert {name: float(value()) for name, value in exact.items()} == rules.CONSTANTS
