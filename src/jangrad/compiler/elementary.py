"""Elementary functions on vectors of numbers, without branches.

Each takes a `Lanes` and one of its values, in double or single precision. Results are within 4
units in the last place of the true value (most within 1 or 2, see `benchmarks/elementary.py`),
everywhere: nan, infinities, signed zeros, subnormal inputs and results. `jangrad.ieee` and the rows
of `jangrad.ops` say what the special values are.

The methods are the classical ones: reduce the argument to a small interval without losing bits,
take the best polynomial there (`tools/generate_coefficients.py`), undo the reduction in an order in
which the last rounding is the only large one (Muller, Elementary Functions, 3rd edition, 2016).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from jangrad.compiler import coefficients as table
from jangrad.compiler.lanes import Lanes, Value, bits_of


def exp(m: Lanes, x: Value) -> Value:
    """e ** x."""
    return _exp(m, _clamp(m, x, *_EXP_RANGE[m.number])).value(m)


def sigmoid(m: Lanes, x: Value) -> Value:
    """1 / (1 + exp(-x)), from exp(-|x|), which does not overflow."""
    e = _exp_negative(m, m.abs(x)).value(m)
    return m.div(m.select(m.lt(x, m.const(0.0)), e, m.const(1.0)), m.add(e, m.const(1.0)))


def tanh(m: Lanes, x: Value) -> Value:
    """expm1(2 x) / (expm1(2 x) + 2)."""
    far = 22.0 if m.number == "double" else 10.0  # from here on it is 1
    tiny = 2.0 ** -(m.format.mantissa // 2 + 2)  # up to here it is x
    r = _reduce(m, m.mul(_clamp(m, x, -far, far), m.const(2.0)))
    p = _expm1_near_0(m, r.r)
    scale = r.power(m)
    below = m.fma(scale, p, m.sub(scale, m.const(1.0)))
    above = m.fma(scale, p, m.add(scale, m.const(1.0)))
    return m.select(m.lt(m.abs(x), m.const(tiny)), x, m.div(below, above))


def log(m: Lanes, x: Value) -> Value:
    """The natural logarithm: -inf at zeros, nan below."""
    small = m.lt(x, m.const(_SMALLEST_NORMAL[m.number]))
    lift = 2.0 ** (m.format.mantissa + 2)
    f = _fraction(m, m.select(small, m.mul(x, m.const(lift)), x))
    lifted = m.select(small, m.const(-math.log2(lift)), m.const(0.0))
    y = _log1p_near_0(m, m.sub(f.fraction, m.const(1.0)), m.add(f.exponent, lifted))
    y = m.select(m.lt(x, m.const(math.inf)), y, x)
    y = m.select(m.lt(x, m.const(0.0)), m.const(math.nan), y)
    return m.select(m.eq(x, m.const(0.0)), m.const(-math.inf), y)


# -- what they are made of -----------------------------------------------------------------------

# Beyond these exp is inf and 0; the lower bounds leave room for x * exp(x) and the like.
_EXP_RANGE = {"double": (-800.0, 710.0), "float": (-120.0, 89.0)}
_SMALLEST_NORMAL = {"double": 2.0**-1022, "float": 2.0**-126}


def _clamp(m: Lanes, x: Value, low: float, high: float) -> Value:
    """x kept between two numbers; nan stays."""
    return m.max(m.const(low), m.min(m.const(high), x))


def _polynomial(m: Lanes, x: Value, coefficients: Sequence[float]) -> Value:
    """From the constant on; the even and the odd terms apart, as they can run side by side."""
    square = m.mul(x, x)
    even, odd = (_horner(m, square, coefficients[start::2]) for start in (0, 1))
    return m.fma(odd, x, even)


def _horner(m: Lanes, x: Value, coefficients: Sequence[float]) -> Value:
    y = m.const(coefficients[-1])
    for c in coefficients[-2::-1]:
        y = m.fma(y, x, m.const(c))
    return y


class _Reduced(NamedTuple):
    """x = k log(2) + r. `shifted` has k + 2 bias in its low bits, which is even and positive."""

    shifted: Value
    r: Value

    def power(self, m: Lanes) -> Value:
        """2 ** k, for k of a normal number."""
        bias, mantissa = m.format.bias, m.format.mantissa
        return m.from_bits(m.shl(m.isub(m.bits(self.shifted), m.int_const(bias)), mantissa))

    def powers(self, m: Lanes) -> tuple[Value, Value]:
        """Two numbers whose product is 2 ** k, so that it may overflow or be subnormal."""
        i = m.bits(self.shifted)
        half = m.shr(i, 1)
        first, second = (m.shl(j, m.format.mantissa) for j in (half, m.isub(i, half)))
        return m.from_bits(first), m.from_bits(second)


def _reduce(m: Lanes, x: Value) -> _Reduced:
    """Take multiples of log(2) off (Cody and Waite): the first step is exact with an fma."""
    shifter = m.const(m.shifter + 2 * m.format.bias)
    shifted = m.fma(x, m.const(1.0 / math.log(2.0)), shifter)
    k = m.sub(shifted, shifter)
    high, low = table.LN2[m.number]
    return _Reduced(shifted, m.fma(k, m.const(-low), m.fma(k, m.const(-high), x)))


def _expm1_near_0(m: Lanes, r: Value) -> Value:
    """exp(r) - 1 for |r| <= log(2) / 2, to a relative half unit or so."""
    return m.fma(m.mul(r, r), _polynomial(m, r, table.EXP[m.number]), r)


class _Scaled(NamedTuple):
    """`number` times `scale`: whoever multiplies by the scale last rounds a subnormal once."""

    number: Value
    scale: Value

    def value(self, m: Lanes) -> Value:
        return m.mul(self.number, self.scale)


def _exp(m: Lanes, x: Value) -> _Scaled:
    """exp(x) for x in `_EXP_RANGE`."""
    reduced = _reduce(m, x)
    first, second = reduced.powers(m)
    near_1 = m.add(_expm1_near_0(m, reduced.r), m.const(1.0))
    return _Scaled(m.mul(near_1, first), second)


def _exp_negative(m: Lanes, x: Value) -> _Scaled:
    """exp(-x) for x >= 0."""
    return _exp(m, m.neg(m.min(m.const(-_EXP_RANGE[m.number][0]), x)))


class _Fraction(NamedTuple):
    """x = 2 ** exponent * fraction, the fraction in [sqrt(1/2), sqrt(2))."""

    exponent: Value
    fraction: Value


def _fraction(m: Lanes, x: Value) -> _Fraction:
    """The two parts of a positive normal number."""
    mantissa, bias = m.format.mantissa, m.format.bias
    least = bits_of(math.sqrt(0.5), m.number)
    i = m.isub(m.bits(x), m.int_const(least))  # negative for x < sqrt(1/2)
    raised = m.shr(m.iadd(i, m.int_const((bias + 1) << mantissa)), mantissa)  # positive again
    # the integer becomes the mantissa of a number as large as 2 ** mantissa
    whole = m.from_bits(m.ior(raised, m.int_const(bits_of(2.0**mantissa, m.number))))
    exponent = m.sub(whole, m.const(2.0**mantissa + bias + 1))
    fraction = m.iadd(m.iand(i, m.int_const((1 << mantissa) - 1)), m.int_const(least))
    return _Fraction(exponent, m.from_bits(fraction))


def _log1p_near_0(m: Lanes, f: Value, k: Value) -> Value:
    """log(1 + f) + k log(2), 1 + f in [sqrt(1/2), sqrt(2)], as FreeBSD's libm has it.

    log(1 + f) = f - (h - s (h + R)), where h = f**2 / 2, s = f / (2 + f), R = s**2 LOG(s**2).
    """
    s = m.div(f, m.add(f, m.const(2.0)))
    z = m.mul(s, s)
    rest = m.mul(z, _polynomial(m, z, table.LOG[m.number]))
    h = m.mul(m.mul(f, f), m.const(0.5))
    high, low = (m.const(part) for part in table.LN2_SHORT[m.number])
    small = m.fma(s, m.add(h, rest), m.mul(k, low))
    return m.fma(k, high, m.sub(f, m.sub(h, small)))
