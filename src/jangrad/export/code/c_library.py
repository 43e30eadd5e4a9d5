"""Functions of mathematics in C, for machines without a library of them.

NUMBER is the type, and `$name` another function from here. Errors are some units in the last place;
of powers whose exponent is no small integer as many more as the logarithm of the result is large.
"""

from __future__ import annotations

from collections.abc import Sequence

from jangrad.compiler.exporting import ATAN, COS, SIN
from jangrad.export.code.lines import wrapped

#: What each function calls.
NEEDS = {
    "exp": ("scaled",),
    "exp2": ("scaled", "exp"),
    "expm1": ("scaled", "exp"),
    "log": ("scaled",),
    "log2": ("log",),
    "log10": ("log",),
    "log1p": ("log",),
    "sqrt": ("scaled",),
    "tanh": ("expm1",),
    "sinh": ("expm1", "exp"),
    "cosh": ("exp",),
    "ceil": ("floor",),
    "erf": ("exp", "polynomial"),
    "erfc": ("exp", "polynomial"),
    "power": ("exp", "log", "floor"),
    "cbrt": ("exp", "log"),
    "quarters": ("scaled",),
    "near_sin": ("polynomial",),
    "near_cos": ("polynomial",),
    "sin": ("quarters", "near_sin", "near_cos"),
    "cos": ("quarters", "near_sin", "near_cos"),
    "tan": ("quarters", "near_sin", "near_cos"),
    "atan": ("polynomial",),
    "atan2": ("atan",),
    "asin": ("atan", "sqrt"),
    "acos": ("atan", "sqrt"),
    "asinh": ("log1p", "sqrt"),
    "acosh": ("log1p", "sqrt"),
    "atanh": ("log1p",),
}

_ERFC = """\
static NUMBER NAME(NUMBER x)
{
    /* After s_erf.c of fdlibm: "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
       Permission to use, copy, modify, and distribute this software is freely granted, provided
       that this notice is preserved." */
    TABLE pp[5] = {#1.28379167095512558561e-01, #-3.25042107247001499370e-01,
        #-2.84817495755985104766e-02, #-5.77027029648944159157e-03, #-2.37630166566501626084e-05};
    TABLE qq[6] = {#1.0, #3.97917223959155352819e-01, #6.50222499887672944485e-02,
        #5.08130628187576562776e-03, #1.32494738004321644526e-04, #-3.96022827877536812320e-06};
    TABLE pa[7] = {#-2.36211856075265944077e-03, #4.14856118683748331666e-01,
        #-3.72207876035701323847e-01, #3.18346619901161753674e-01, #-1.10894694282396677476e-01,
        #3.54783043256182359371e-02, #-2.16637559486879084300e-03};
    TABLE qa[7] = {#1.0, #1.06420880400844228286e-01, #5.40397917702171048937e-01,
        #7.18286544141962662868e-02, #1.26171219808761642112e-01, #1.36370839120290507362e-02,
        #1.19844998467991074170e-02};
    TABLE ra[8] = {#-9.86494403484714822705e-03, #-6.93858572707181764372e-01,
        #-1.05586262253232909814e+01, #-6.23753324503260060396e+01, #-1.62396669462573470355e+02,
        #-1.84605092906711035994e+02, #-8.12874355063065934246e+01, #-9.81432934416914548592e+00};
    TABLE sa[9] = {#1.0, #1.96512716674392571292e+01, #1.37657754143519042600e+02,
        #4.34565877475229228821e+02, #6.45387271733267880336e+02, #4.29008140027567833386e+02,
        #1.08635005541779435134e+02, #6.57024977031928170135e+00, #-6.04244152148580987438e-02};
    TABLE rb[7] = {#-9.86494292470009928597e-03, #-7.99283237680523006574e-01,
        #-1.77579549177547519889e+01, #-1.60636384855821916062e+02, #-6.37566443368389627722e+02,
        #-1.02509513161107724954e+03, #-4.83519191608651397019e+02};
    TABLE sb[8] = {#1.0, #3.03380607434824582924e+01, #3.25792512996573918826e+02,
        #1.53672958608443695994e+03, #3.19985821950859553908e+03, #2.55305040643316442583e+03,
        #4.74528541206955367215e+02, #-2.24409524465858183362e+01};
    const NUMBER one = #8.45062911510467529297e-01;
    const NUMBER a = x < #0.0 ? -x : x;
    NUMBER y, z, tail;
    if (a < #0.84375) {
        y = $polynomial(pp, 5, x * x) / $polynomial(qq, 6, x * x);
        return NEAR_ZERO;
    }
    if (a < #1.25) {
        y = $polynomial(pa, 7, a - #1.0) / $polynomial(qa, 7, a - #1.0);
        return NEAR_ONE;
    }
    if (!(a < #28.0)) {
        return FAR;
    }
    z = #1.0 / (x * x);
    y = a < #2.857142857142857 ? $polynomial(ra, 8, z) / $polynomial(sa, 9, z)
                              : $polynomial(rb, 7, z) / $polynomial(sb, 8, z);
    z = (NUMBER)(int)(a * SPLIT) / SPLIT; /* of which the square has no rounding */
    tail = $exp(-z * z - #0.5625) * $exp((z - a) * (z + a) + y) / a;
    return BEYOND;
}"""


def _erf_like(near_zero: str, near_one: str, far: str, beyond: str) -> str:
    text = _ERFC.replace("NEAR_ZERO", near_zero).replace("NEAR_ONE", near_one)
    return text.replace("FAR", far).replace("BEYOND", beyond)


#: Their texts. A number after # is one of the type.
TEXTS = {
    "scaled": """\
static NUMBER NAME(NUMBER x, int n)
{
    /* x times 2 to the n, in two parts that are no infinity. */
    for (int part = 0; part < 2; ++part) {
        const int half = part ? n - n / 2 : n / 2;
        NUMBER step = half < 0 ? #0.5 : #2.0;
        for (int rest = half < 0 ? -half : half; rest > 0; rest /= 2) {
            if (rest % 2) {
                x *= step;
            }
            if (rest > 1) {
                step *= step;
            }
        }
    }
    return x;
}""",
    "polynomial": """\
static NUMBER NAME(const IN_FLASH NUMBER *factors, int count, NUMBER t)
{
    NUMBER sum = factors[count - 1];
    for (int k = count - 2; k >= 0; --k) {
        sum = sum * t + factors[k];
    }
    return sum;
}""",
    "abs": """\
static NUMBER NAME(NUMBER x)
{
    return x < #0.0 ? -x : x + #0.0;
}""",
    "floor": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER whole = WHOLE; /* from here on all numbers are whole */
    volatile NUMBER sum;
    NUMBER rounded;
    if (x == #0.0 || !(x < whole && x > -whole)) {
        return x;
    }
    sum = x < #0.0 ? x - whole : x + whole;
    rounded = x < #0.0 ? sum + whole : sum - whole;
    return rounded > x ? rounded - #1.0 : rounded;
}""",
    "ceil": """\
static NUMBER NAME(NUMBER x)
{
    return x == #0.0 ? x : -$floor(-x);
}""",
    "exp": """\
static NUMBER NAME(NUMBER x)
{
    NUMBER k, r, sum = #1.0;
    if (!(x < LARGEST && x > -LARGEST)) {
        return x > #0.0 ? INFINITY : x < #0.0 ? #0.0 : x;
    }
    k = (NUMBER)(int)(x * #1.4426950408889634 + (x < #0.0 ? -#0.5 : #0.5));
    r = x - k * LN2_HIGH - k * LN2_LOW;
    for (int n = TERMS; n > 0; --n) {
        sum = #1.0 + sum * r / (NUMBER)n;
    }
    return $scaled(sum, (int)k);
}""",
    "exp2": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER k = x < LARGEST && x > -LARGEST ? (NUMBER)(int)x : #0.0;
    return $scaled($exp((x - k) * #0.6931471805599453), (int)k);
}""",
    "expm1": """\
static NUMBER NAME(NUMBER x)
{
    NUMBER k, r, sum = #1.0, power;
    if (!(x < #80.0 && x > -#40.0)) {
        return $exp(x) - #1.0;
    }
    k = (NUMBER)(int)(x * #1.4426950408889634 + (x < #0.0 ? -#0.5 : #0.5));
    r = x - k * LN2_HIGH - k * LN2_LOW;
    for (int n = TERMS; n > 1; --n) {
        sum = #1.0 + sum * r / (NUMBER)n;
    }
    power = $scaled(#1.0, (int)k);
    return power * (sum * r) + (power - #1.0);
}""",
    "log": """\
static NUMBER NAME(NUMBER x)
{
    NUMBER f, s, z, sum = #0.0, half, e = #0.0;
    if (!(x > #0.0)) {
        return x == #0.0 ? -INFINITY : NAN;
    }
    if (x == INFINITY) {
        return x;
    }
    for (int step = STEPS; step > 0; step /= 2) {
        const NUMBER large = $scaled(#1.0, step);
        if (x >= large) {
            x /= large;
            e += (NUMBER)step;
        } else if (x * large < #1.0) {
            x *= large;
            e -= (NUMBER)step;
        }
    }
    if (x > #1.4142135623730951) {
        x *= #0.5;
        e += #1.0;
    } else if (x < #0.7071067811865476) {
        x *= #2.0;
        e -= #1.0;
    }
    f = x - #1.0;
    s = f / (#2.0 + f);
    z = s * s;
    for (int n = TERMS; n > 0; --n) {
        sum = z * (#2.0 / (NUMBER)(2 * n + 1) + sum);
    }
    half = #0.5 * f * f;
    return e * LN2_HIGH - ((half - (s * (half + sum) + e * LN2_LOW)) - f);
}""",
    "log2": """\
static NUMBER NAME(NUMBER x)
{
    return $log(x) * #1.4426950408889634;
}""",
    "log10": """\
static NUMBER NAME(NUMBER x)
{
    return $log(x) * #0.4342944819032518;
}""",
    "log1p": """\
static NUMBER NAME(NUMBER x)
{
    const volatile NUMBER sum = #1.0 + x;
    if (sum == #1.0 || sum == INFINITY) {
        return x;
    }
    return sum == #0.0 ? -INFINITY : $log(sum) * (x / (sum - #1.0));
}""",
    "sqrt": """\
static NUMBER NAME(NUMBER x)
{
    NUMBER root;
    int e = 0;
    if (!(x > #0.0) || x == INFINITY) {
        return x < #0.0 ? NAN : x;
    }
    for (int step = STEPS; step > 1; step /= 2) {
        const NUMBER large = $scaled(#1.0, step);
        if (x >= large) {
            x /= large;
            e += step;
        } else if (x * large < #1.0) {
            x *= large;
            e -= step;
        }
    }
    root = #0.5 + #0.5 * x;
    for (int n = 0; n < 7; ++n) {
        root = #0.5 * (root + x / root);
    }
    return $scaled(root, e / 2);
}""",
    "tanh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER a = x < #0.0 ? -x : x;
    const NUMBER t = a > #30.0 ? INFINITY : $expm1(#2.0 * a);
    const NUMBER y = a > #30.0 ? #1.0 : t / (t + #2.0);
    return x < #0.0 ? -y : x == #0.0 ? x : y;
}""",
    "sinh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER a = x < #0.0 ? -x : x;
    NUMBER y;
    if (a > #30.0) {
        const NUMBER half = $exp(#0.5 * a);
        y = #0.5 * half * half;
    } else {
        const NUMBER t = $expm1(a);
        y = #0.5 * (t + t / (t + #1.0));
    }
    return x < #0.0 ? -y : x == #0.0 ? x : y;
}""",
    "cosh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER half = $exp(#0.5 * (x < #0.0 ? -x : x));
    return #0.5 * half * half + #0.5 / half / half;
}""",
    "power": """\
static NUMBER NAME(NUMBER a, NUMBER b)
{
    const int whole = $floor(b) == b;
    if (b == #0.0 || a == #1.0) {
        return #1.0;
    }
    if (whole && b < #65.0 && b > -#65.0) {
        const int count = (int)(b < #0.0 ? -b : b);
        NUMBER product = #1.0, quotient = #1.0;
        for (int n = 0; n < count; ++n) {
            product *= a;
            quotient /= a;
        }
        /* A product that overflows has a reciprocal that does not vanish yet. */
        return b > #0.0 ? product : product - product == #0.0 ? #1.0 / product : quotient;
    }
    if (a < #0.0) {
        const int odd = whole && #2.0 * $floor(#0.5 * b) != b;
        if (!whole) {
            return NAN;
        }
        return odd ? -$exp(b * $log(-a)) : a == -#1.0 ? #1.0 : $exp(b * $log(-a));
    }
    return $exp(b * $log(a));
}""",
    "mod": """\
static NUMBER NAME(NUMBER a, NUMBER b)
{
    /* The remainder has the sign of b, as in Python; what is taken off leaves no rounding. */
    const NUMBER size = b < #0.0 ? -b : b;
    NUMBER rest = a < #0.0 ? -a : a, step = size;
    if (!(size > #0.0) || !(rest - rest == #0.0)) {
        return NAN;
    }
    while (step <= #0.5 * rest) {
        step *= #2.0;
    }
    while (step >= size && rest >= size) {
        if (rest >= step) {
            rest -= step;
        }
        step *= #0.5;
    }
    if (rest == #0.0) {
        return b < #0.0 ? -#0.0 : #0.0;
    }
    if (a < #0.0) {
        rest = -rest;
    }
    return (rest < #0.0) != (b < #0.0) ? rest + b : rest;
}""",
    "cbrt": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER a = x < #0.0 ? -x : x;
    NUMBER y;
    if (!(a > #0.0) || a == INFINITY) {
        return x;
    }
    y = $exp($log(a) / #3.0);
    y -= (y - a / (y * y)) / #3.0; /* by Newton's method */
    return x < #0.0 ? -y : y;
}""",
    "quarters": """\
static int NAME(NUMBER *angle)
{
    /* Takes quarters of a circle off, and says how many, up to whole circles. Of the binary digits
       of 2 / pi only those are multiplied that do not give whole circles (Payne and Hanek, Radian
       Reduction for Trigonometric Functions, 1983). */
    static const IN_FLASH unsigned long two_over_pi[DIGITS] = {TWO_OVER_PI};
    const int negative = *angle < #0.0;
    const unsigned long long low = 0xFFFFFFFFU;
    unsigned long long digits[6], product[6] = {0, 0, 0, 0, 0, 0}, factors[2];
    NUMBER x = negative ? -*angle : *angle, part = #0.0;
    int e = 0, count, is_more;
    if (!(x > #0.7853981633974483)) {
        return 0;
    }
    if (x == INFINITY) {
        *angle = NAN;
        return 0;
    }
    for (int step = STEPS; step > 0; step /= 2) {
        const NUMBER large = $scaled(#1.0, step);
        if (x >= large) {
            x /= large;
            e += step;
        }
    }
    if (x < #1.0) {
        x *= #2.0;
        e -= 1;
    }
    /* x is an integer of 53 digits now, times 2 to the e - 52. */
    factors[0] = (unsigned long long)(x * #4503599627370496.0);
    factors[1] = factors[0] >> 32;
    factors[0] &= low;
    for (int n = 0; n < 6; ++n) {
        const int at = e - 54 + 32 * n + 64; /* the first digit, counted from 64 before the point */
        const int word = at / 32 - 2;
        const unsigned long long first = word < 0 ? 0 : two_over_pi[word];
        const unsigned long long second = word < -1 ? 0 : two_over_pi[word + 1];
        digits[n] = (((first << 32) | second) >> (32 - at % 32)) & low;
    }
    for (int k = 0; k < 2; ++k) {
        unsigned long long carry = 0;
        for (int n = 5; n >= k; --n) {
            const unsigned long long sum = digits[n] * factors[k] + product[n - k] + carry;
            product[n - k] = sum & low;
            carry = sum >> 32;
        }
    }
    count = (int)(product[0] >> 30);
    product[0] &= 0x3FFFFFFFU;
    is_more = product[0] >> 29 != 0; /* than a half; the rest is what a whole one has more */
    for (int n = 5; n >= 0; --n) {
        const unsigned long long all = n ? low : 0x3FFFFFFFU;
        part = (part + (NUMBER)(is_more ? all - product[n] : product[n])) / #4294967296.0;
    }
    part *= is_more ? -#6.283185307179586 : #6.283185307179586;
    *angle = negative ? -part : part;
    count += is_more;
    return negative ? (4 - count) & 3 : count & 3;
}""",
    "near_sin": """\
static NUMBER NAME(NUMBER r)
{
    TABLE factors[6] = {SIN};
    const NUMBER z = r * r;
    return r + r * z * $polynomial(factors, 6, z);
}""",
    "near_cos": """\
static NUMBER NAME(NUMBER r)
{
    TABLE factors[6] = {COS};
    const NUMBER z = r * r;
    return #1.0 - (#0.5 * z - z * z * $polynomial(factors, 6, z));
}""",
    "sin": """\
static NUMBER NAME(NUMBER x)
{
    const int turns = $quarters(&x);
    const NUMBER y = turns % 2 ? $near_cos(x) : $near_sin(x);
    return turns > 1 ? -y : y;
}""",
    "cos": """\
static NUMBER NAME(NUMBER x)
{
    const int turns = $quarters(&x);
    const NUMBER y = turns % 2 ? $near_sin(x) : $near_cos(x);
    return turns == 1 || turns == 2 ? -y : y;
}""",
    "tan": """\
static NUMBER NAME(NUMBER x)
{
    const int turns = $quarters(&x);
    const NUMBER s = $near_sin(x), c = $near_cos(x);
    return turns % 2 ? -c / s : s / c;
}""",
    "atan": """\
static NUMBER NAME(NUMBER x)
{
    TABLE factors[11] = {ATAN};
    const NUMBER a = x < #0.0 ? -x : x;
    NUMBER t = a, turned = #0.0, rest = #0.0, z, y;
    if (a > #2.414213562373095) {
        t = -#1.0 / a;
        turned = HALF_PI;
        rest = HALF_PI_LOW;
    } else if (a > #0.4142135623730951) {
        t = (a - #1.0) / (a + #1.0);
        turned = #0.5 * HALF_PI;
        rest = #0.5 * HALF_PI_LOW;
    }
    z = t * t;
    y = turned + (t + (t * z * $polynomial(factors, 11, z) + rest));
    return x < #0.0 ? -y : x == #0.0 ? x : y;
}""",
    "atan2": """\
static NUMBER NAME(NUMBER y, NUMBER x)
{
    const NUMBER above = y < #0.0 ? -y : y + #0.0, beside = x < #0.0 ? -x : x + #0.0;
    const NUMBER angle = $atan(above == beside ? (above == #0.0 ? #0.0 : #1.0) : above / beside);
    const int behind = x < #0.0 || (x == #0.0 && above == #0.0 && #1.0 / x < #0.0);
    const int below = y < #0.0 || (y == #0.0 && #1.0 / y < #0.0);
    const NUMBER turned = behind ? #2.0 * HALF_PI - (angle - #2.0 * HALF_PI_LOW) : angle;
    return below ? -turned : turned;
}""",
    "asin": """\
static NUMBER NAME(NUMBER x)
{
    return $atan(x / $sqrt((#1.0 - x) * (#1.0 + x)));
}""",
    "acos": """\
static NUMBER NAME(NUMBER x)
{
    return #2.0 * $atan($sqrt((#1.0 - x) / (#1.0 + x)));
}""",
    "asinh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER a = x < #0.0 ? -x : x;
    const NUMBER y = a > FAR_OUT ? $log1p(a - #1.0) + #0.6931471805599453
                                 : $log1p(a + a * a / (#1.0 + $sqrt(a * a + #1.0)));
    return x < #0.0 ? -y : x == #0.0 ? x : y;
}""",
    "acosh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER above = x - #1.0;
    if (x > FAR_OUT) {
        return $log1p(above) + #0.6931471805599453;
    }
    return x < #1.0 ? NAN : $log1p(above + $sqrt(above * (x + #1.0)));
}""",
    "atanh": """\
static NUMBER NAME(NUMBER x)
{
    const NUMBER a = x < #0.0 ? -x : x;
    const NUMBER y = #0.5 * $log1p((a + a) / (#1.0 - a));
    return x < #0.0 ? -y : x == #0.0 ? x : y;
}""",
    "erfc": _erf_like(
        "x < #0.25 ? #1.0 - (x + x * y) : #0.5 - (x - #0.5 + x * y)",
        "x > #0.0 ? #1.0 - one - y : #1.0 + (one + y)",
        "x > #0.0 ? #0.0 : x < #0.0 ? #2.0 : x",
        "x > #0.0 ? tail : #2.0 - tail",
    ),
    "erf": _erf_like(
        "x + x * y",
        "x > #0.0 ? one + y : -one - y",
        "x > #0.0 ? #1.0 : x < #0.0 ? -#1.0 : x",
        "x > #0.0 ? #1.0 - tail : tail - #1.0",
    ),
}

# Binary digits of 2 / pi behind the point, 32 a word.
_TWO_OVER_PI = """
    0xA2F9836E, 0x4E441529, 0xFC2757D1, 0xF534DDC0, 0xDB629599, 0x3C439041, 0xFE5163AB, 0xDEBBC561,
    0xB7246E3A, 0x424DD2E0, 0x06492EEA, 0x09D1921C, 0xFE1DEB1C, 0xB129A73E, 0xE88235F5, 0x2EBB4484,
    0xE99C7026, 0xB45F7E41, 0x3991D639, 0x835339F4, 0x9C845F8B, 0xBDF9283B, 0x1FF897FF, 0xDE05980F,
    0xEF2F118B, 0x5A0A6D1F, 0x6D367ECF, 0x27CB09B7, 0x4F463F66, 0x9E5FEA2D, 0x7527BAC7, 0xEBE5F17B,
    0x3D0739F7, 0x8A5292EA, 0x6BFB5FB1, 0x1F8D5D08, 0x56033046
"""


def _words(count: int) -> dict[str, str]:
    """So many of them."""
    words = ", ".join(_TWO_OVER_PI.replace(",", " ").split()[:count])
    return {"DIGITS": str(count), "TWO_OVER_PI": "\n".join(["", *wrapped(f"        {words}")])}


def _factors(numbers: Sequence[float]) -> str:
    """The factors of a polynomial."""
    texts = ", ".join(f"#{x!r}" for x in numbers)
    return "\n".join(["", *wrapped(f"        {texts}")])


# Those of the compiler's own functions.
_POLYNOMIALS = {
    "SIN": _factors(SIN["double"]),
    "COS": _factors(COS["double"]),
    "ATAN": _factors(ATAN["double"]),
}


#: What depends on the precision.
SIZES = {
    "double": {
        "TABLE": "static const IN_FLASH double",
        **_words(37),
        **_POLYNOMIALS,
        "WHOLE": "4503599627370496.0",
        "LARGEST": "1100.0",
        "LN2_HIGH": "6.93147180369123816490e-01",
        "LN2_LOW": "1.90821492927058770002e-10",
        "TERMS": "15",
        "STEPS": "512",
        "SPLIT": "4096.0",
        "FAR_OUT": "268435456.0",
        "HALF_PI": "1.5707963267948966",
        "HALF_PI_LOW": "6.123233995736766e-17",
    },
    "float": {
        "TABLE": "static const IN_FLASH float",
        **_words(9),
        **_POLYNOMIALS,
        "WHOLE": "8388608.0F",
        "LARGEST": "155.0F",
        "LN2_HIGH": "6.9314575195e-01F",
        "LN2_LOW": "1.4286067653e-06F",
        "TERMS": "9",
        "STEPS": "64",
        "SPLIT": "64.0F",
        "FAR_OUT": "8192.0F",
        "HALF_PI": "1.57079637F",
        "HALF_PI_LOW": "-4.37113883e-08F",
    },
}
