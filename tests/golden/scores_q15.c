/* Exported by jangrad. Beside its code it needs 164 bytes of constants (flash), 0 bytes of RAM,
   and 0 bytes of stack for arrays. Operations a call: 50 in scores_value. */

#include "scores.h"

#if defined(__FLASH) && !defined(__STRICT_ANSI__) /* -std=gnu99 of avr-gcc */
#define IN_FLASH __flash
#pragma GCC diagnostic ignored "-Wuninitialized"
#else
#define IN_FLASH
#endif

/* weights: 2 x 3, 13 binary places */
static const IN_FLASH int16_t weights[6] = {
    0, 8192, 16384,
    819, 9011, 17203,
};

/* offsets: 2, 15 binary places */
static const IN_FLASH int16_t offsets[2] = {
    16384, -8192,
};

/* Numbers are integers with binary places behind the point: how many there are, and
   how far numbers are from double precision on 8 rows at most.
   y   16   1.7e-05 of 0.247 */

/* A negative number that is shifted keeps its sign, which C leaves to the compiler. */
typedef char shifts_keep_signs[(-2 >> 1) == -1 ? 1 : -1];

static int16_t interpolated(const IN_FLASH int16_t *items, int32_t x, int count, int shift)
{
    /* On the parabola through three items, which are 2 to the `shift` apart. */
    const int32_t last = (int32_t)(count - 2) << shift;
    const int32_t at = x < 0 ? 0 : x > last ? last : x;
    const int32_t n = at < last ? at >> shift : count - 3;
    const int32_t rest = at - (n << shift);
    const int32_t step = (int32_t)items[n + 1] - items[n];
    const int32_t bend = (int32_t)items[n + 2] - items[n + 1] - step;
    const int32_t curve = rest * (rest - ((int32_t)1 << shift)) >> (shift + 1);
    const int32_t half = ((int32_t)1 << shift) >> 1;
    const int32_t y = items[n] + ((step * rest + bend * curve + half) >> shift);
    return (int16_t)(y < -32767 ? -32767 : y > 32767 ? 32767 : y);
}

/* tanh: of a number with 13 binary places one with 15. */
static const IN_FLASH int16_t tanh_items[74] = {
    -32610, -32590, -32566, -32539, -32509, -32474, -32435, -32391, -32342, -32285, -32221, -32149,
            -32068, -31976, -31872, -31754, -31622, -31472, -31303, -31113, -30899, -30658, -30388,
            -30084, -29743, -29361, -28934, -28457, -27925, -27334, -26677, -25951, -25149, -24266,
            -23297, -22239, -21087, -19838, -18492, -17047, -15505, -13869, -12145, -10339, -8460,
            -6520, -4531, -2507, -464, 1583, 3617, 5624, 7588, 9496, 11336, 13099, 14775, 16360,
            17849, 19240, 20533, 21729, 22829, 23838, 24759, 25597, 26357, 27045, 27665, 28223,
            28724, 29173, 29575, 29934
};

static int16_t tanh_of(int32_t x)
{
    return interpolated(tanh_items, x + 24692, 74, 9);
}

static int16_t narrowed(int32_t x, int places)
{
    /* Halves are rounded up; what is beyond 16 bits stays at their ends. */
    const int32_t rounded = (x + (((int32_t)1 << places) >> 1)) >> places;
    return (int16_t)(rounded < -32768 ? -32768 : rounded > 32767 ? 32767 : rounded);
}

void scores_value(const int16_t features[3], int16_t scale, int16_t y[2])
{
    /* written.py:10: totals = [sum(w * x for w, x in zip(row, features, strict=True)) for row in weights] */
    /* written.py:12: return [(total + offset).tanh() * scale for total, offset in pairs] */
    for (int i = 0; i < 2; ++i) {
        y[i] = narrowed((int32_t)scale * tanh_of(narrowed((int32_t)offsets[i] * 1024
                + ((int32_t)weights[3 * i] * features[0] >> 2)
                + ((int32_t)weights[3 * i + 1] * features[1] >> 2)
                + ((int32_t)weights[3 * i + 2] * features[2] >> 2), 12)), 15);
    }
}
