/* exp and log of each lane, to the last place or two, without a branch.

   exp: x = n ln 2 + r with |r| <= ln(2) / 2, the series of exp(r), and n added to the exponent; for
   arguments up to 88 (float) or 709 (double); below LOW it is exp(LOW), the smallest normal number.
   log: x = 2^n m with m from sqrt(1/2) to sqrt(2); log m = 2 artanh((m - 1) / (m + 1)); for normal
   positive arguments. ln 2 is cut in two, so that n times the first part is exact. */
#pragma once

/* 1 / k! */
INLINE double factorial(int k) {
    double f = 1;
    UNROLL for (int i = 2; i <= 16; i++) f *= i <= k ? i : 1;
    return 1 / f;
}

/* V: vectors of T, I: of whole numbers of its size W; ROUND: 1.5 * 2^MANTISSA_BITS; ROOT_HALF: the
   bits of sqrt(1/2); TERMS of exp's series and ODD ones of artanh's. */
#define ELEMENTARY(T, V, W, I, EXP, LOG, LOW, ROUND, LN2_HIGH, LN2_LOW, MANTISSA_BITS, ROOT_HALF,   \
                   TERMS, ODD)                                                                     \
    INLINE V EXP(V x) {                                                                            \
        I inside = x > (T)LOW;                                                                     \
        x = (V)(((I)x & inside) | ((I)((V){0} + (T)LOW) & ~inside));                               \
        V shifted = x * (T)1.44269504088896340736 + (T)ROUND, n = shifted - (T)ROUND;              \
        V r = (x - n * (T)LN2_HIGH) - n * (T)LN2_LOW, e = (V){0} + (T)factorial(TERMS);            \
        UNROLL for (int k = TERMS - 1; k >= 0; k--) e = e * r + (T)factorial(k);                   \
        return (V)((I)e + ((I)shifted << MANTISSA_BITS));                                          \
    }                                                                                              \
    INLINE V LOG(V x) {                                                                            \
        I bits = (I)x - (W)ROOT_HALF, n = bits >> MANTISSA_BITS;                                   \
        V m = (V)((bits & (((W)1 << MANTISSA_BITS) - 1)) + (W)ROOT_HALF);                          \
        V f = (m - 1) / (m + 1), s = f * f, p = (V){0} + (T)(2.0 / (2 * ODD + 1));                 \
        UNROLL for (int k = ODD - 1; k >= 0; k--) p = p * s + (T)(2.0 / (2 * k + 1));              \
        V whole = __builtin_convertvector(n, V);                                                   \
        return whole * (T)LN2_HIGH + (f * p + whole * (T)LN2_LOW);                                 \
    }

#define DOUBLE_ELEMENTARY(V, I, EXP, LOG)                                                          \
    ELEMENTARY(double, V, int64_t, I, EXP, LOG, -708.0, 0x1.8p52, 0x1.62e42fefa3800p-1,            \
               0x1.ef35793c76730p-45, 52, 0x3fe6a09e667f3bcd, 13, 10)
#define FLOAT_ELEMENTARY(V, I, EXP, LOG)                                                           \
    ELEMENTARY(float, V, int32_t, I, EXP, LOG, -87.0, 0x1.8p23, 0x1.62e400p-1, 0x1.7f7d1cp-20, 23, \
               0x3f3504f3, 7, 4)
