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

from jangrad.compiler.vector_functions import coefficients as table
from jangrad.compiler.vector_functions.lanes import Lanes, Vector, bits_of
from jangrad.record import Record


def exp(m: Lanes, x: Vector) -> Vector:
    """e ** x."""
    return _exp(m, _clamp(m, x, *_EXP_RANGE[m.number])).value(m)


def expm1(m: Lanes, x: Vector) -> Vector:
    """e ** x - 1, without loss near 0."""
    low, high = -2.0 - m.format.mantissa, _EXP_RANGE[m.number][1]
    reduced = _reduce(m, _clamp(m, x, low, high))
    # half of it, for 2 ** k may overflow where the result does not
    scale = reduced.power(m, -1)
    half = m.fma(scale, _expm1_near_0(m, reduced.r), m.sub(scale, m.const(0.5)))
    return _keep_tiny(m, m.format.mantissa + 2, x, m.add(half, half))


def exp2(m: Lanes, x: Vector) -> Vector:
    """2 ** x: only the fraction of x has to be turned into a multiple of log(2)."""
    x = _clamp(m, x, *_EXP2_RANGE[m.number])
    shifter = m.const(m.shifter + 2 * m.format.bias)
    shifted = m.add(x, shifter)
    fraction = m.sub(x, m.sub(shifted, shifter))
    high, low = (m.const(part) for part in table.LN2[m.number])
    p = _expm1_near_0(m, m.fma(fraction, high, m.mul(fraction, low)))
    first, second = _Reduced(shifted, p).powers(m)
    return m.mul(m.mul(m.add(p, m.const(1.0)), first), second)


def cosh(m: Lanes, x: Vector) -> Vector:
    """e ** |x| / 2, and a quarter of its reciprocal."""
    half = _half_exp(m, m.abs(x))
    return m.add(half, m.div(m.const(0.25), half))


def sinh(m: Lanes, x: Vector) -> Vector:
    """The same with a minus; below 1 its series, for there both are nearly alike."""
    a = m.abs(x)
    half = _half_exp(m, a)
    z = m.mul(a, a)
    near = m.fma(m.mul(a, z), _polynomial(m, z, _SINH[m.number]), a)
    far = m.sub(half, m.div(m.const(0.25), half))
    return with_sign(m, m.select(m.lt(a, m.const(1.0)), near, far), x)


def log(m: Lanes, x: Vector) -> Vector:
    """The natural logarithm: -inf at zeros, nan below."""
    f, exponent = _fraction_and_exponent(m, x)
    y = _log1p_near_0(m, m.sub(f, m.const(1.0)), exponent)
    return _log_outside(m, x, m.const(0.0), y)


def log2(m: Lanes, x: Vector) -> Vector:
    """The logarithm to base 2, exact for powers of 2."""
    f, exponent = _fraction_and_exponent(m, x)
    y = _log1p_near_0(m, m.sub(f, m.const(1.0)), m.const(0.0))
    return _log_outside(m, x, m.const(0.0), m.fma(y, m.const(1.0 / math.log(2.0)), exponent))


def log10(m: Lanes, x: Vector) -> Vector:
    """The logarithm to base 10."""
    f, exponent = _fraction_and_exponent(m, x)
    y = _log1p_near_0(m, m.sub(f, m.const(1.0)), m.const(0.0))
    high, low = (m.const(part) for part in _LOG10_2[m.number])
    y = m.fma(exponent, low, m.mul(y, m.const(1.0 / math.log(10.0))))
    return _log_outside(m, x, m.const(0.0), m.fma(exponent, high, y))


def log1p(m: Lanes, x: Vector) -> Vector:
    """log(1 + x), without loss near 0: -inf at -1, nan below."""
    bias, mantissa = m.format.bias, m.format.mantissa
    split = _fraction(m, m.add(x, m.const(1.0)))
    # 2 ** -exponent * (1 + x) - 1 with one rounding; where that has no room the 1 does not matter
    power = m.from_bits(m.shl(m.isub(m.int_const(2 * bias + 1), split.raised), mantissa))
    f = m.select(
        m.lt(x, m.const(2.0 ** (mantissa + 2))),
        m.fma(x, power, m.sub(power, m.const(1.0))),
        m.sub(split.fraction, m.const(1.0)),
    )
    y = _log1p_near_0(m, f, split.exponent)
    return _keep_tiny(m, mantissa + 2, x, _log_outside(m, x, m.const(-1.0), y))


def sigmoid(m: Lanes, x: Vector) -> Vector:
    """1 / (1 + exp(-x)), from exp(-|x|), which does not overflow."""
    e = _exp_negative(m, m.abs(x)).value(m)
    return m.div(m.select(m.lt(x, m.const(0.0)), e, m.const(1.0)), m.add(e, m.const(1.0)))


def softplus(m: Lanes, x: Vector) -> Vector:
    """log(1 + exp(x)) as max(x, 0) + log1p(exp(-|x|))."""
    e = _exp_negative(m, m.abs(x)).value(m)
    large = m.gt(e, m.const(math.sqrt(2.0) - 1.0))
    f = m.select(large, m.fma(e, m.const(0.5), m.const(-0.5)), e)
    k = m.select(large, m.const(1.0), m.const(0.0))
    return m.add(m.max(x, m.const(0.0)), _log1p_near_0(m, f, k))


def logsigmoid(m: Lanes, x: Vector) -> Vector:
    """log(sigmoid(x)) = -softplus(-x)."""
    return m.neg(softplus(m, m.neg(x)))


def tanh(m: Lanes, x: Vector) -> Vector:
    """p q / (q**2 + p**2 / 4), where p / q is 2 tanh(x / 2).

    An error in tanh(x / 2) shows the less in tanh(x) the nearer they are to 1, so that polynomials
    of low degree are good enough. Near 0, where p is nearly x and q nearly 1, the rest is added
    last.
    """
    a, one = m.abs(x), m.const(1.0)
    z = m.mul(a, a)
    more_p, more_q = (_tree(m, z, side[1:]) for side in table.TANH[m.number])
    p, more_q = m.fma(m.mul(a, z), more_p, a), m.mul(z, more_q)
    square = m.fma(more_q, more_q, m.add(more_q, more_q))
    square = m.fma(m.mul(p, m.const(0.25)), p, square)
    y = m.min(one, m.div(m.fma(p, more_q, p), m.add(square, one)))
    return with_sign(m, m.select(m.lt(m.const(table.TANH_FAR[m.number]), a), one, y), x)


def sin(m: Lanes, x: Vector) -> Vector:
    """The sine; beyond `_FAR` the C library's."""
    angle = _reduced_angle(m, x)
    y = m.select(angle.odd(m), _cos_near_0(m, angle), _sin_near_0(m, angle))
    y = _keep_tiny(m, m.format.mantissa // 2 + 2, x, angle.negate(m, y, 0))
    return m.beyond(_FAR[m.number], "sin", x, y)


def cos(m: Lanes, x: Vector) -> Vector:
    """The cosine; beyond `_FAR` the C library's."""
    angle = _reduced_angle(m, x)
    y = m.select(angle.odd(m), _sin_near_0(m, angle), _cos_near_0(m, angle))
    return m.beyond(_FAR[m.number], "cos", x, angle.negate(m, y, 1))


def tan(m: Lanes, x: Vector) -> Vector:
    """The tangent; beyond `_FAR` the C library's."""
    angle = _reduced_angle(m, x)
    odd, s, c = angle.odd(m), _sin_near_0(m, angle), _cos_near_0(m, angle)
    y = m.div(m.select(odd, m.neg(c), s), m.select(odd, s, c))
    return m.beyond(_FAR[m.number], "tan", x, _keep_tiny(m, m.format.mantissa // 2 + 2, x, y))


def atan(m: Lanes, x: Vector) -> Vector:
    """The arctangent, turned by a quarter or an eighth of a circle towards 0."""
    a, zero, one = m.abs(x), m.const(0.0), m.const(1.0)
    middle, large = (m.gt(a, m.const(math.tan(part * math.pi / 8.0))) for part in (1, 3))

    def choose(at_large: Vector, at_middle: Vector, near: Vector) -> Vector:
        return m.select(large, at_large, m.select(middle, at_middle, near))

    t = m.div(choose(m.const(-1.0), m.sub(a, one), a), choose(a, m.add(a, one), one))
    high, low = table.HALF_PI[m.number][:2]
    base, rest = (choose(m.const(p), m.const(p / 2.0), zero) for p in (high, low))
    z = m.mul(t, t)
    y = m.fma(m.mul(z, t), _polynomial(m, z, table.ATAN[m.number]), rest)
    return with_sign(m, m.add(base, m.add(t, y)), x)


def erf(m: Lanes, x: Vector) -> Vector:
    """The error function, as 1 - exp(log(erfc(x)))."""
    a = m.min(m.const(table.ERF_FAR[m.number]), m.abs(x))
    reduced = _reduce(m, m.neg(m.fma(a, _polynomial(m, a, table.ERF[m.number]), a)))
    p, scale = _expm1_near_0(m, reduced.r), reduced.power(m)
    return with_sign(m, m.fma(m.neg(scale), p, m.sub(m.const(1.0), scale)), x)


def erfc(m: Lanes, x: Vector) -> Vector:
    """1 - erf(x), without loss where it is small."""
    a = m.min(m.const(table.ERFC_FAR[m.number]), m.abs(x))
    square, square_low = _product(m, a, a)
    p, inverse, lost = _tail(m, a, "ERFC")
    tail = _product(m, p, inverse)
    y = _exp(m, m.neg(square), m.sub(lost, square_low), tail).value(m)
    return m.select(m.lt(x, m.const(0.0)), m.sub(m.const(2.0), y), y)


def gelu(m: Lanes, x: Vector) -> Vector:
    """x times the normal distribution function, as max(x, 0) - |x| / 2 erfc(|x| / sqrt(2))."""
    a = m.min(m.const(table.GELU_FAR[m.number]), m.abs(x))
    square, square_low = _product(m, m.mul(a, m.const(0.5)), a)
    p, inverse, lost = _tail(m, a, "GELU")
    tail = _product(m, a, m.mul(p, inverse))
    h = _exp(m, m.neg(square), m.sub(lost, square_low), tail).value(m)
    y = m.select(m.lt(x, m.const(0.0)), m.neg(h), m.sub(x, h))
    return _not_at_minus_inf(m, x, y)


def gelu_tanh(m: Lanes, x: Vector) -> Vector:
    """x / 2 (1 + tanh(u)) = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x**3)."""
    a = m.min(m.const(_GELU_TANH_FAR[m.number]), m.abs(x))
    # 2 u = a (A + B a**2) in two parts: an error in the exponent is one in every digit
    (A, A_low), (B, B_low) = (
        [m.const(part) for part in parts]
        for parts in (table.GELU_1[m.number], table.GELU_3[m.number])
    )
    square, square_low = _product(m, a, a)
    p, p_low = _product(m, B, square)
    p_low = m.fma(B, square_low, m.fma(B_low, square, p_low))
    s, s_low = _sum(m, A, p)
    u, u_low = _product(m, a, s)
    u_low = m.fma(a, m.add(m.add(s_low, A_low), p_low), u_low)
    return _times_sigmoid(m, x, _exp(m, m.neg(u), m.neg(u_low)), _GELU_TANH_FAR[m.number])


def silu(m: Lanes, x: Vector) -> Vector:
    """x sigmoid(x)."""
    return _times_sigmoid(m, x, _exp_negative(m, m.abs(x)), -_EXP_RANGE[m.number][0])


def power(m: Lanes, a: Vector, b: Vector) -> Vector:
    """`ieee.power`: nan where it is not real, 1 for b = 0 and for a = 1 whatever the other."""
    size, one, inf = m.abs(a), m.const(1.0), m.const(math.inf)
    log_high, log_low = _precise_log(m, size)
    high = m.mul(b, log_high)
    low = m.fma(b, log_low, m.fma(b, log_high, m.neg(high)))
    bounds = _EXP_RANGE[m.number]
    finite = m.lt(m.abs(high), m.const(-bounds[0]))
    y = _exp(m, _clamp(m, high, *bounds), m.select(finite, low, m.const(0.0))).value(m)
    # the sign of a negative base survives an odd exponent; no other fraction of it is real
    half_b = m.mul(b, m.const(0.5))
    whole = m.eq(m.round_even(b), b)
    odd = m.both(whole, m.ne(m.round_even(half_b), half_b))
    y = m.select(odd, with_sign(m, y, a), y)
    unreal = m.both(m.lt(a, m.const(0.0)), m.negated(whole))
    y = m.select(m.both(unreal, m.eq(b, b)), m.const(math.nan), y)
    turning = m.both(m.eq(a, m.const(-1.0)), m.eq(m.abs(b), inf))
    is_one = m.either(m.either(m.eq(b, m.const(0.0)), m.eq(a, one)), turning)
    return m.select(is_one, one, y)


# -- small helpers -------------------------------------------------------------------------------


def _clamp(m: Lanes, x: Vector, low: float, high: float) -> Vector:
    """x kept between two numbers; nan stays."""
    return m.max(m.const(low), m.min(m.const(high), x))


def _keep_tiny(m: Lanes, exponent: int, x: Vector, y: Vector) -> Vector:
    """x where |x| < 2 ** -exponent, so small that the function rounds to it: -0 and subnormals."""
    return m.select(m.lt(m.abs(x), m.const(2.0**-exponent)), x, y)


def with_sign(m: Lanes, y: Vector, x: Vector) -> Vector:
    """y >= 0 with the sign of x."""
    sign = m.iand(m.bits(x), m.int_const(1 << (m.format.size - 1)))
    return m.from_bits(m.ior(m.bits(y), sign))


def _not_at_minus_inf(m: Lanes, x: Vector, y: Vector) -> Vector:
    """y, but nan at -inf, where the rule is inf * 0."""
    return m.select(m.eq(x, m.const(-math.inf)), m.const(math.nan), y)


def _product(m: Lanes, a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """a * b, and what rounding took from it."""
    p = m.mul(a, b)
    return p, m.fma(a, b, m.neg(p))


def _sum(m: Lanes, a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """a + b, and what rounding took from it (Knuth)."""
    s = m.add(a, b)
    back = m.sub(s, a)
    return s, m.add(m.sub(a, m.sub(s, back)), m.sub(b, back))


def _ordered_sum(m: Lanes, a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """The same for |a| >= |b| or a = 0 (Dekker)."""
    s = m.add(a, b)
    return s, m.sub(b, m.sub(s, a))


def _polynomial(m: Lanes, x: Vector, coefficients: Sequence[float]) -> Vector:
    """From the constant on; the even and the odd terms apart, as they can run side by side."""
    square = m.mul(x, x)
    even, odd = (_horner(m, square, coefficients[start::2]) for start in (0, 1))
    return m.fma(odd, x, even)


def _blocks(m: Lanes, x: Vector, coefficients: Sequence[float]) -> Vector:
    """The same for |x| up to 1, where even and odd terms are large and of opposite sign."""
    fourth = m.mul(square := m.mul(x, x), square)
    blocks = [_horner(m, x, coefficients[at : at + 8]) for at in range(0, len(coefficients), 8)]
    return _combined(m, m.mul(fourth, fourth), blocks)


def _tree(m: Lanes, x: Vector, coefficients: Sequence[float]) -> Vector:
    """The same in as few steps one after the other as there can be (Estrin)."""
    terms = [m.const(c) for c in coefficients]
    while True:
        ends = [terms[-1]] if len(terms) % 2 else []
        pairs = zip(terms[::2], terms[1::2], strict=False)
        terms = [m.fma(high, x, low) for low, high in pairs] + ends
        if len(terms) == 1:
            return terms[0]
        x = m.mul(x, x)


def _horner(m: Lanes, x: Vector, coefficients: Sequence[float]) -> Vector:
    return _combined(m, x, [m.const(c) for c in coefficients])


def _combined(m: Lanes, x: Vector, terms: Sequence[Vector]) -> Vector:
    y = terms[-1]
    for term in terms[-2::-1]:
        y = m.fma(y, x, term)
    return y


# -- exponentials --------------------------------------------------------------------------------

# Beyond these exp is inf and 0; the lower bounds leave room for x * exp(x) and the like.
_EXP_RANGE = {"double": (-800.0, 710.0), "float": (-120.0, 89.0)}
# Beyond these 2 ** x is inf and 0.
_EXP2_RANGE = {"double": (-1100.0, 1025.0), "float": (-160.0, 129.0)}
# Beyond these e ** x / 2 is inf.
_HALF_EXP_FAR = {"double": 711.0, "float": 90.0}
# sinh(x) / x - 1 by x ** 2, up to 1; of the series no term is left out that would be seen.
_SINH = {
    number: [1.0 / math.factorial(k) for k in range(3, last + 1, 2)]
    for number, last in (("double", 17), ("float", 11))
}
# log10(2) in two parts, the first short: times an exponent it is exact.
_LOG10_2 = {
    "double": (0.3010299956640665, -8.532344317057107e-14),
    "float": (0.301025390625, 4.605038981195214e-06),
}
# Beyond this gelu_tanh is x or 0.
_GELU_TANH_FAR = {"double": 22.0, "float": 11.25}


class _Reduced(Record):
    """x = k log(2) + r. `shifted` has k + 2 bias in its low bits, which is even and positive."""

    shifted: Vector
    r: Vector

    def power(self, m: Lanes, more: int = 0) -> Vector:
        """2 ** (k + more), which must be a normal number."""
        bias, mantissa = m.format.bias, m.format.mantissa
        return m.from_bits(m.shl(m.isub(m.bits(self.shifted), m.int_const(bias - more)), mantissa))

    def powers(self, m: Lanes) -> tuple[Vector, Vector]:
        """Two numbers whose product is 2 ** k, so that it may overflow or be subnormal."""
        i = m.bits(self.shifted)
        half = m.shr(i, 1)
        first, second = (m.shl(j, m.format.mantissa) for j in (half, m.isub(i, half)))
        return m.from_bits(first), m.from_bits(second)


def _reduce(m: Lanes, x: Vector) -> _Reduced:
    """Take multiples of log(2) off (Cody and Waite): the first step is exact with an fma."""
    shifter = m.const(m.shifter + 2 * m.format.bias)
    shifted = m.fma(x, m.const(1.0 / math.log(2.0)), shifter)
    k = m.sub(shifted, shifter)
    high, low = table.LN2[m.number]
    return _Reduced(shifted, m.fma(k, m.const(-low), m.fma(k, m.const(-high), x)))


def _expm1_near_0(m: Lanes, r: Vector) -> Vector:
    """exp(r) - 1 for |r| <= log(2) / 2, to a relative half unit or so."""
    return m.fma(m.mul(r, r), _polynomial(m, r, table.EXP[m.number]), r)


class _Scaled(Record):
    """`number` times `scale`: whoever multiplies by the scale last rounds a subnormal once."""

    number: Vector
    scale: Vector

    def value(self, m: Lanes) -> Vector:
        return m.mul(self.number, self.scale)


def _exp(
    m: Lanes, x: Vector, low: Vector | None = None, times: tuple[Vector, Vector] | None = None
) -> _Scaled:
    """times * exp(x + low) for x in `_EXP_RANGE` and a low of less than its last place.

    What it is multiplied by comes in two parts.
    """
    reduced = _reduce(m, x)
    p = _expm1_near_0(m, reduced.r if low is None else m.add(reduced.r, low))
    first, second = reduced.powers(m)
    near = m.add(p, m.const(1.0)) if times is None else m.add(m.fma(p, *times), times[0])
    return _Scaled(m.mul(near, first), second)


def _exp_negative(m: Lanes, x: Vector) -> _Scaled:
    """exp(-x) for x >= 0."""
    return _exp(m, m.neg(m.min(m.const(-_EXP_RANGE[m.number][0]), x)))


def _half_exp(m: Lanes, x: Vector) -> Vector:
    """exp(x) / 2 for x >= 0, also where exp(x) is too large."""
    reduced = _reduce(m, m.min(m.const(_HALF_EXP_FAR[m.number]), x))
    first, second = reduced.powers(m)
    near = m.add(_expm1_near_0(m, reduced.r), m.const(1.0))
    return m.mul(m.mul(near, m.mul(first, m.const(0.5))), second)


def _times_sigmoid(m: Lanes, x: Vector, e: _Scaled, far: float) -> Vector:
    """x / (1 + e) for x >= 0, x e / (1 + e) below, where e = exp(-u) is 0 from -far on."""
    negative, one = m.lt(x, m.const(0.0)), m.const(1.0)
    above = m.mul(m.max(m.const(-far), x), m.select(negative, e.number, one))
    y = m.div(above, m.add(e.value(m), one))
    return _not_at_minus_inf(m, x, m.mul(y, m.select(negative, e.scale, one)))


def _tail(m: Lanes, a: Vector, name: str) -> tuple[Vector, Vector, Vector]:
    """The slow factor of erfc or gelu for a >= 0: a polynomial in (a - K) / (a + K), over a + M.

    Gives the polynomial, the inverse of a + M, and the relative error of the inverse, which the
    caller adds to the exponent of the exponential. Shepherd and Laframboise, Chebyshev
    approximation of (1 + 2x) exp(x**2) erfc(x) (1981).
    """
    K, M, coefficients = (getattr(table, f"{kind}_{name}")[m.number] for kind in ("K", "M", "TAIL"))
    one = m.const(1.0)
    over_t = m.add(a, m.const(K))
    over, over_low = _sum(m, a, m.const(M))
    inverses = m.div(one, m.mul(over_t, over))  # both with one division
    inverse, inverse_t = m.mul(inverses, over_t), m.mul(inverses, over)
    minus = m.neg(inverse)
    lost = m.fma(over_low, minus, m.fma(over, minus, one))
    inverse_t = m.fma(inverse_t, m.fma(m.neg(inverse_t), over_t, one), inverse_t)
    t = m.fma(inverse_t, m.const(-2.0 * K), one)
    return _blocks(m, t, coefficients), inverse, lost


# -- logarithms ----------------------------------------------------------------------------------

_SMALLEST_NORMAL = {"double": 2.0**-1022, "float": 2.0**-126}


class _Fraction(Record):
    """x = 2 ** exponent * fraction, the fraction in [sqrt(1/2), sqrt(2))."""

    raised: Vector  # the exponent + bias + 1, an integer
    exponent: Vector
    fraction: Vector


def _fraction(m: Lanes, x: Vector) -> _Fraction:
    """The parts of a positive normal number."""
    mantissa, bias = m.format.mantissa, m.format.bias
    least = bits_of(math.sqrt(0.5), m.number)
    i = m.isub(m.bits(x), m.int_const(least))  # negative for x < sqrt(1/2)
    raised = m.shr(m.iadd(i, m.int_const((bias + 1) << mantissa)), mantissa)  # positive again
    # the integer becomes the mantissa of a number as large as 2 ** mantissa
    whole = m.from_bits(m.ior(raised, m.int_const(bits_of(2.0**mantissa, m.number))))
    exponent = m.sub(whole, m.const(2.0**mantissa + bias + 1))
    fraction = m.iadd(m.iand(i, m.int_const((1 << mantissa) - 1)), m.int_const(least))
    return _Fraction(raised, exponent, m.from_bits(fraction))


def _fraction_and_exponent(m: Lanes, x: Vector) -> tuple[Vector, Vector]:
    """The same for any positive number."""
    lift = m.format.mantissa + 2
    small = m.lt(x, m.const(_SMALLEST_NORMAL[m.number]))
    split = _fraction(m, m.select(small, m.mul(x, m.const(2.0**lift)), x))
    lifted = m.select(small, m.const(float(-lift)), m.const(0.0))
    return split.fraction, m.add(split.exponent, lifted)


def _log1p_near_0(m: Lanes, f: Vector, k: Vector) -> Vector:
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


def _log_outside(m: Lanes, x: Vector, pole: Vector, y: Vector) -> Vector:
    """y, but x at inf and nan, -inf at the pole and nan below it."""
    y = m.select(m.lt(x, m.const(math.inf)), y, x)
    y = m.select(m.lt(x, pole), m.const(math.nan), y)
    return m.select(m.eq(x, pole), m.const(-math.inf), y)


def _precise_log(m: Lanes, x: Vector) -> tuple[Vector, Vector]:
    """log(x) for x >= 0 in two parts, to 10 bits more than the number type has.

    log(fraction) = 2 s + 2/3 s**3 + s**5 LOG5(s**2); the first two terms in two parts each.
    """
    fraction, k = _fraction_and_exponent(m, x)
    f = m.sub(fraction, m.const(1.0))
    d, d_low = _ordered_sum(m, m.const(2.0), f)
    inverse = m.div(m.const(1.0), d)
    s = m.mul(f, inverse)
    minus_s = m.neg(s)
    s_low = m.mul(m.fma(minus_s, d_low, m.fma(minus_s, d, f)), inverse)
    z, z_low = _product(m, s, s)
    z_low = m.fma(m.add(s, s), s_low, z_low)
    cube, cube_low = _product(m, s, z)
    cube_low = m.fma(s, z_low, m.fma(s_low, z, cube_low))
    two_thirds, two_thirds_low = (m.const(part) for part in table.TWO_THIRDS[m.number])
    t, t_low = _product(m, cube, two_thirds)
    t_low = m.fma(cube, two_thirds_low, m.fma(cube_low, two_thirds, t_low))
    rest = m.mul(m.mul(cube, z), _polynomial(m, z, table.LOG5[m.number]))
    ln2, ln2_low = (m.const(part) for part in table.LN2_SHORT[m.number])
    total, low_1 = _ordered_sum(m, m.mul(k, ln2), m.add(s, s))
    total, low_2 = _ordered_sum(m, total, t)
    low = m.add(m.add(low_1, low_2), m.fma(k, ln2_low, m.fma(s_low, m.const(2.0), t_low)))
    high, low = _ordered_sum(m, total, m.add(low, rest))
    high = m.select(m.lt(x, m.const(math.inf)), high, x)
    return m.select(m.eq(x, m.const(0.0)), m.const(-math.inf), high), low


# -- the circle ----------------------------------------------------------------------------------

# Up to here k pi/2 can be taken off in three parts without loss.
_FAR = {"double": 2.0**30, "float": 2.0**17}


class _Angle(Record):
    """x = k pi/2 + r + low; `shifted` has k in its low bits."""

    shifted: Vector
    r: Vector
    low: Vector
    square: Vector  # of r

    def odd(self, m: Lanes) -> Vector:
        """Whether k is odd, so that sine and cosine change places."""
        one = m.int_const(1)
        return m.ieq(m.iand(m.bits(self.shifted), one), one)

    def negate(self, m: Lanes, y: Vector, quarters: int) -> Vector:
        """y, negated where (k + quarters) mod 4 is 2 or 3."""
        i = m.iadd(m.bits(self.shifted), m.int_const(quarters))
        sign = m.shl(m.iand(i, m.int_const(2)), m.format.size - 2)
        return m.from_bits(m.ixor(m.bits(y), sign))


def _reduced_angle(m: Lanes, x: Vector) -> _Angle:
    """Take multiples of pi/2 off (Cody and Waite), |x| <= `_FAR`; the first fma is exact."""
    shifter = m.const(m.shifter)
    shifted = m.fma(x, m.const(2.0 / math.pi), shifter)
    k = m.sub(shifted, shifter)
    first, second, third = (m.const(-part) for part in table.HALF_PI[m.number])
    rough = m.fma(k, first, x)
    step, step_low = _product(m, k, second)
    r, low = _sum(m, rough, step)
    low = m.fma(k, third, m.add(low, step_low))
    return _Angle(shifted, r, low, m.mul(r, r))


def _sin_near_0(m: Lanes, angle: _Angle) -> Vector:
    """sin(r + low) = r + r**3 SIN(r**2) + low cos(r)."""
    r, low, z = angle.r, angle.low, angle.square
    bent = m.fma(m.mul(z, m.const(-0.5)), low, low)
    return m.add(r, m.fma(m.mul(z, r), _polynomial(m, z, table.SIN[m.number]), bent))


def _cos_near_0(m: Lanes, angle: _Angle) -> Vector:
    """cos(r + low) = 1 - r**2 / 2 + r**4 COS(r**2) - low sin(r)."""
    r, low, z = angle.r, angle.low, angle.square
    h = m.mul(z, m.const(0.5))
    w = m.sub(m.const(1.0), h)
    lost = m.sub(m.sub(m.const(1.0), w), h)
    rest = m.fma(m.neg(r), low, lost)
    return m.add(w, m.fma(m.mul(z, z), _polynomial(m, z, table.COS[m.number]), rest))
