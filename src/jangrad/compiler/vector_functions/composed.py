"""Functions on vectors of numbers that are made of those of `elementary.py`, or are instructions.

Results are as near to the true value as there, everywhere.
"""

from __future__ import annotations

import math

from jangrad.compiler.vector_functions import coefficients as table
from jangrad.compiler.vector_functions.elementary import atan, exp, log, log1p, with_sign
from jangrad.compiler.vector_functions.lanes import Lanes, Vector


def abs(m: Lanes, x: Vector) -> Vector:
    """The size of x."""
    return m.abs(x)


def sqrt(m: Lanes, x: Vector) -> Vector:
    """The square root."""
    return m.sqrt(x)


def floor(m: Lanes, x: Vector) -> Vector:
    """The largest integer that is not above x."""
    return m.floor(x)


def ceil(m: Lanes, x: Vector) -> Vector:
    """The smallest integer that is not below x."""
    return m.ceil(x)


def mod(m: Lanes, a: Vector, b: Vector) -> Vector:
    """`a % b` with the sign of b, from C's fmod, which has that of a."""
    rest, zero = m.rem(a, b), m.const(0.0)
    below, other = m.lt(rest, zero), m.lt(b, zero)
    differ = m.either(m.both(below, m.negated(other)), m.both(other, m.negated(below)))
    y = m.select(differ, m.add(rest, b), rest)
    return m.select(m.eq(rest, zero), with_sign(m, zero, b), y)


def asin(m: Lanes, x: Vector) -> Vector:
    """The angle whose sine is x: of its cosine the square is (1 - x) (1 + x)."""
    one = m.const(1.0)
    return atan(m, m.div(x, m.sqrt(m.mul(m.sub(one, x), m.add(one, x)))))


def acos(m: Lanes, x: Vector) -> Vector:
    """Twice the angle whose tangent is sqrt((1 - x) / (1 + x)), small near 1 without loss."""
    one = m.const(1.0)
    half = atan(m, m.sqrt(m.div(m.sub(one, x), m.add(one, x))))
    return m.add(half, half)


def atan2(m: Lanes, y: Vector, x: Vector) -> Vector:
    """The angle of the point (x, y), from -pi to pi; signed zeros and infinities as in C."""
    above, beside, zero = m.abs(y), m.abs(x), m.const(0.0)
    alike = m.select(m.eq(above, zero), zero, m.const(1.0))
    slope = m.select(m.eq(above, beside), alike, m.div(above, beside))
    angle = atan(m, slope)
    high, low = table.HALF_PI[m.number][:2]
    turned = m.sub(m.const(2.0 * high), m.sub(angle, m.const(2.0 * low)))
    sign = m.iand(m.bits(x), m.int_const(1 << (m.format.size - 1)))
    # a quarter of a circle is one from both sides
    stays = m.either(m.ieq(sign, m.int_const(0)), m.eq(slope, m.const(math.inf)))
    return with_sign(m, m.select(stays, angle, turned), y)


def asinh(m: Lanes, x: Vector) -> Vector:
    """log(a + sqrt(a**2 + 1)) for a = |x|, the 1 apart; far out log(2 a)."""
    a, one = m.abs(x), m.const(1.0)
    square = m.mul(a, a)
    near = m.add(a, m.div(square, m.add(one, m.sqrt(m.add(square, one)))))
    return with_sign(m, _log_of_sum(m, a, near), x)


def acosh(m: Lanes, x: Vector) -> Vector:
    """log(x + sqrt(x**2 - 1)) from x - 1, which is exact near 1; far out log(2 x)."""
    one = m.const(1.0)
    above = m.sub(x, one)
    near = m.add(above, m.sqrt(m.mul(above, m.add(x, one))))
    y = _log_of_sum(m, x, near)
    return m.select(m.lt(x, one), m.const(math.nan), y)


def atanh(m: Lanes, x: Vector) -> Vector:
    """Half of log((1 + a) / (1 - a)) for a = |x|."""
    a = m.abs(x)
    y = log1p(m, m.div(m.add(a, a), m.sub(m.const(1.0), a)))
    return with_sign(m, m.mul(y, m.const(0.5)), x)


def cbrt(m: Lanes, x: Vector) -> Vector:
    """exp(log(a) / 3) for a = |x|, and a step of Newton's method, which takes its error away."""
    a = m.abs(x)
    rough = exp(m, m.mul(log(m, a), m.const(1.0 / 3.0)))
    error = m.sub(rough, m.div(a, m.mul(rough, rough)))
    y = m.fma(error, m.const(-1.0 / 3.0), rough)
    ordinary = m.both(m.lt(m.const(0.0), a), m.lt(a, m.const(math.inf)))
    return with_sign(m, m.select(ordinary, y, a), x)


def _log_of_sum(m: Lanes, x: Vector, near: Vector) -> Vector:
    """log(1 + near), but log(2 x) where x is so large that its square swallows a 1."""
    far = m.lt(m.const(2.0 ** (m.format.mantissa // 2 + 2)), x)
    y = log1p(m, m.select(far, m.sub(x, m.const(1.0)), near))
    return m.add(y, m.select(far, m.const(math.log(2.0)), m.const(0.0)))
