/* Vectors as wide as the host's, for the yardsticks: what a C programmer would keep in a header.

   REAL is double or float. `vec` holds LANES of them; `v4` is four doubles whatever the host, for
   what has four of something: rows, neurons, heads. */
#pragma once
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef REAL
#define REAL double
#endif
#ifdef __AVX512F__
#define BYTES 64
#define REGISTERS 32
#else
#define BYTES 32
#define REGISTERS 16
#endif
#define LANES (BYTES / (int)sizeof(REAL))
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 64")
#define ALIGNED __attribute__((aligned(64)))

typedef REAL vec __attribute__((vector_size(BYTES)));
typedef REAL vec_u __attribute__((vector_size(BYTES), aligned(sizeof(REAL))));
typedef double v4 __attribute__((vector_size(32)));
typedef int64_t i4 __attribute__((vector_size(32)));

INLINE vec all(REAL x) { return x - (vec){0}; }

/* The larger of both; nan where b is nan, as Intel defines it. */
INLINE vec larger(vec a, vec b) {
#if BYTES == 64
    return sizeof(REAL) == 8 ? (vec)_mm512_max_pd((__m512d)a, (__m512d)b)
                             : (vec)_mm512_max_ps((__m512)a, (__m512)b);
#else
    return sizeof(REAL) == 8 ? (vec)_mm256_max_pd((__m256d)a, (__m256d)b)
                             : (vec)_mm256_max_ps((__m256)a, (__m256)b);
#endif
}
INLINE vec relu(vec x) { return larger((vec){0}, x); }

/* x where h > 0, else 0: the slope of relu. */
INLINE vec where_positive(vec h, vec x) {
#if BYTES == 64
    return sizeof(REAL) == 8
               ? (vec)_mm512_maskz_mov_pd(
                     _mm512_cmp_pd_mask((__m512d)h, _mm512_setzero_pd(), _CMP_GT_OQ), (__m512d)x)
               : (vec)_mm512_maskz_mov_ps(
                     _mm512_cmp_ps_mask((__m512)h, _mm512_setzero_ps(), _CMP_GT_OQ), (__m512)x);
#else
    return (vec)((__m256i)(h > 0) & (__m256i)x);
#endif
}

/* Square root of each lane. */
INLINE vec root(vec x) {
#if BYTES == 64
    return sizeof(REAL) == 8 ? (vec)_mm512_sqrt_pd((__m512d)x) : (vec)_mm512_sqrt_ps((__m512)x);
#else
    return sizeof(REAL) == 8 ? (vec)_mm256_sqrt_pd((__m256d)x) : (vec)_mm256_sqrt_ps((__m256)x);
#endif
}

/* A product is done in tiles: TILE rows of WIDE registers are summed up at once, in registers, beside
   WIDE registers of the other factor and one number in all lanes. */
#define WIDE 2
#define TILE (REGISTERS == 32 ? 12 : 6)

/* Runs body(at, size) until n are done, in tiles of nearly one size, a constant in each body. */
#define CASE(size, body)                                                                           \
    case size: {                                                                                   \
        body(at, size);                                                                            \
        break;                                                                                     \
    }
#define CASES_6(body)                                                                              \
    CASE(1, body) CASE(2, body) CASE(3, body) CASE(4, body) CASE(5, body) CASE(6, body)
#if REGISTERS == 32
#define CASES(body)                                                                                \
    CASES_6(body) CASE(7, body) CASE(8, body) CASE(9, body) CASE(10, body) CASE(11, body)          \
    CASE(12, body)
#else
#define CASES(body) CASES_6(body)
#endif
#define IN_TILES(n, most, body)                                                                         \
    for (long at = 0, left = (n), size; left; at += size, left -= size) {                          \
        long tiles = (left + (most) - 1) / (most);                                                     \
        size = (left + tiles - 1) / tiles;                                                         \
        switch (size) { CASES(body) }                                                              \
    }

INLINE v4 larger4(v4 a, v4 b) { return _mm256_max_pd(a, b); }
INLINE v4 relu4(v4 x) { return larger4((v4){0}, x); }
INLINE v4 where_positive4(v4 h, v4 x) { return (v4)((i4)x & (h > 0)); }
INLINE v4 all4(double x) { return (v4){x, x, x, x}; }

/* Each lane of x in all lanes: two exchanges of halves, four within halves. */
INLINE void spread4(v4 x, v4 out[4]) {
    v4 low = _mm256_permute2f128_pd(x, x, 0x00), high = _mm256_permute2f128_pd(x, x, 0x11);
    out[0] = _mm256_unpacklo_pd(low, low);
    out[1] = _mm256_unpackhi_pd(low, low);
    out[2] = _mm256_unpacklo_pd(high, high);
    out[3] = _mm256_unpackhi_pd(high, high);
}

/* Lane k is the sum of the lanes of row k. */
INLINE v4 sums4(v4 a, v4 b, v4 c, v4 d) {
    v4 ab = _mm256_unpacklo_pd(a, b) + _mm256_unpackhi_pd(a, b);
    v4 cd = _mm256_unpacklo_pd(c, d) + _mm256_unpackhi_pd(c, d);
    return _mm256_permute2f128_pd(ab, cd, 0x20) + _mm256_permute2f128_pd(ab, cd, 0x31);
}
INLINE double sum4(v4 a) {
    __m128d pair = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
    return pair[0] + pair[1];
}

INLINE void transpose4(const double *from, long from_row, double *to, long to_row) {
    v4 a = *(v4 *)from, b = *(v4 *)(from + from_row);
    v4 c = *(v4 *)(from + 2 * from_row), d = *(v4 *)(from + 3 * from_row);
    v4 e = _mm256_unpacklo_pd(a, b), f = _mm256_unpackhi_pd(a, b);
    v4 g = _mm256_unpacklo_pd(c, d), h = _mm256_unpackhi_pd(c, d);
    *(v4 *)to = _mm256_permute2f128_pd(e, g, 0x20);
    *(v4 *)(to + to_row) = _mm256_permute2f128_pd(f, h, 0x20);
    *(v4 *)(to + 2 * to_row) = _mm256_permute2f128_pd(e, g, 0x31);
    *(v4 *)(to + 3 * to_row) = _mm256_permute2f128_pd(f, h, 0x31);
}

INLINE REAL largest(vec x) {
    REAL top = x[0];
    UNROLL for (int i = 1; i < LANES; i++) top = x[i] > top ? x[i] : top;
    return top;
}
INLINE REAL sum(vec x) {
    REAL total = 0;
    UNROLL for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}
