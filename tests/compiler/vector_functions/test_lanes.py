"""What machine code computes is what NumPy does, bit for bit."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from tests.compiler.vector_functions.numpy_lanes import NumpyLanes
from tests.compiler.vector_functions.truth import DTYPES

from jangrad.compiler.vector_functions import bits_of
from jangrad.compiler.vector_functions.alone import ArrayFunction

UNARY = ("neg", "abs", "sqrt", "round_even")
BINARY = ("add", "sub", "mul", "div", "min", "max")
TESTS = ("lt", "le", "eq", "ne", "gt", "ge")
INTEGER = ("iadd", "isub", "iand", "ior", "ixor")


def flag(m, mask):
    return m.select(mask, m.const(1.0), m.const(0.0))


FUNCTIONS = {
    **{name: lambda m, a, b, c, n=name: getattr(m, n)(a) for name in UNARY},
    **{name: lambda m, a, b, c, n=name: getattr(m, n)(a, b) for name in BINARY},
    **{name: lambda m, a, b, c, n=name: flag(m, getattr(m, n)(a, b)) for name in TESTS},
    **{
        name: lambda m, a, b, c, n=name: m.from_bits(getattr(m, n)(m.bits(a), m.bits(b)))
        for name in INTEGER
    },
    "ieq": lambda m, a, b, c: flag(m, m.ieq(m.bits(a), m.bits(b))),
    "both": lambda m, a, b, c: flag(m, m.both(m.lt(a, b), m.lt(b, c))),
    "either": lambda m, a, b, c: flag(m, m.either(m.lt(a, b), m.lt(b, c))),
    "negated": lambda m, a, b, c: flag(m, m.negated(m.lt(a, b))),
    "shl": lambda m, a, b, c: m.from_bits(m.shl(m.bits(a), 5)),
    "shr": lambda m, a, b, c: m.from_bits(m.shr(m.bits(a), 5)),
    "int_const": lambda m, a, b, c: m.from_bits(m.int_const(bits_of(1.5, m.number))),
}


def points(number):
    info = np.finfo(DTYPES[number])
    sizes = [0.0, info.smallest_subnormal, info.tiny, 0.1, 0.5, 1.0, 1.5, 2.5, info.max, np.inf]
    numbers = np.array([np.nan, *sizes, *(-x for x in sizes)], DTYPES[number])
    return [part.ravel() for part in np.meshgrid(numbers, numbers, numbers)]


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("number", DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_both_kinds_agree(name, number, lanes):
    """Every operation but fma, on every triple of special numbers; a nan is a nan."""
    arguments = points(number)
    with np.errstate(all="ignore"):
        wanted = FUNCTIONS[name](NumpyLanes(number), *arguments)
    wanted = np.broadcast_to(np.asarray(wanted, DTYPES[number]), arguments[0].shape)
    got = ArrayFunction(FUNCTIONS[name], number, lanes, 3)(*arguments)
    np.testing.assert_array_equal(got, wanted)
    zero = wanted == 0.0
    assert np.array_equal(np.signbit(got[zero]), np.signbit(wanted[zero]))


@pytest.mark.parametrize("number", DTYPES)
def test_fma_rounds_once(number):
    """a * b + c keeps what a rounded product loses; NumPy's is the same on ordinary numbers."""
    draw = np.random.default_rng(0)
    a, b = (draw.normal(size=4000).astype(DTYPES[number]) for _ in range(2))
    c = -(a * b) + draw.choice([0, 1e-3, 1.0], 4000).astype(DTYPES[number])
    fma = lambda m, a, b, c: m.fma(a, b, c)
    got = ArrayFunction(fma, number, 4, 3)(a, b, c)
    np.testing.assert_array_equal(got, fma(NumpyLanes(number), a, b, c))
    assert np.count_nonzero(got != a * b + c) > 1000


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("number", DTYPES)
def test_constants_are_rounded(number, lanes):
    """0.1 in the number type, and inf beyond the largest number of single precision."""
    for x in (0.1, -0.0, 1e-40, 1e300, -1e300, np.inf, np.nan):
        with np.errstate(over="ignore"):
            wanted = DTYPES[number](x)
        got = ArrayFunction(lambda m, a, x=x: m.const(x), number, lanes)(np.zeros(4))
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(NumpyLanes(number).const(x), wanted)
