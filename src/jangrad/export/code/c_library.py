"""Functions of mathematics in C, for machines without a library of them.

NUMBER is the type, and `$name` another function from here. Errors are some units in the last place;
of powers whose exponent is no small integer as many more as the logarithm of the result is large.
"""

from __future__ import annotations

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
}

_ERFC = """\
static NUMBER NAME(NUMBER x)
{
    /* After s_erf.c of fdlibm: "Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved.
       Permission to use, copy, modify, and distribute this software is freely granted, provided
       that this notice is preserved." */
    static const NUMBER pp[5] = {#1.28379167095512558561e-01, #-3.25042107247001499370e-01,
        #-2.84817495755985104766e-02, #-5.77027029648944159157e-03, #-2.37630166566501626084e-05};
    static const NUMBER qq[6] = {#1.0, #3.97917223959155352819e-01, #6.50222499887672944485e-02,
        #5.08130628187576562776e-03, #1.32494738004321644526e-04, #-3.96022827877536812320e-06};
    static const NUMBER pa[7] = {#-2.36211856075265944077e-03, #4.14856118683748331666e-01,
        #-3.72207876035701323847e-01, #3.18346619901161753674e-01, #-1.10894694282396677476e-01,
        #3.54783043256182359371e-02, #-2.16637559486879084300e-03};
    static const NUMBER qa[7] = {#1.0, #1.06420880400844228286e-01, #5.40397917702171048937e-01,
        #7.18286544141962662868e-02, #1.26171219808761642112e-01, #1.36370839120290507362e-02,
        #1.19844998467991074170e-02};
    static const NUMBER ra[8] = {#-9.86494403484714822705e-03, #-6.93858572707181764372e-01,
        #-1.05586262253232909814e+01, #-6.23753324503260060396e+01, #-1.62396669462573470355e+02,
        #-1.84605092906711035994e+02, #-8.12874355063065934246e+01, #-9.81432934416914548592e+00};
    static const NUMBER sa[9] = {#1.0, #1.96512716674392571292e+01, #1.37657754143519042600e+02,
        #4.34565877475229228821e+02, #6.45387271733267880336e+02, #4.29008140027567833386e+02,
        #1.08635005541779435134e+02, #6.57024977031928170135e+00, #-6.04244152148580987438e-02};
    static const NUMBER rb[7] = {#-9.86494292470009928597e-03, #-7.99283237680523006574e-01,
        #-1.77579549177547519889e+01, #-1.60636384855821916062e+02, #-6.37566443368389627722e+02,
        #-1.02509513161107724954e+03, #-4.83519191608651397019e+02};
    static const NUMBER sb[8] = {#1.0, #3.03380607434824582924e+01, #3.25792512996573918826e+02,
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
static NUMBER NAME(const NUMBER *factors, int count, NUMBER t)
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

#: What depends on the precision.
SIZES = {
    "double": {
        "WHOLE": "4503599627370496.0",
        "LARGEST": "1100.0",
        "LN2_HIGH": "6.93147180369123816490e-01",
        "LN2_LOW": "1.90821492927058770002e-10",
        "TERMS": "15",
        "STEPS": "512",
        "SPLIT": "4096.0",
    },
    "float": {
        "WHOLE": "8388608.0F",
        "LARGEST": "155.0F",
        "LN2_HIGH": "6.9314575195e-01F",
        "LN2_LOW": "1.4286067653e-06F",
        "TERMS": "9",
        "STEPS": "64",
        "SPLIT": "64.0F",
    },
}
