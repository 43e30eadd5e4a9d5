/* Exported by jangrad. Beside its code it needs 64 bytes of constants (flash), 0 bytes of RAM,
   and 0 bytes of stack for arrays. Operations a call: 16 in scores_value. */

#ifndef SCORES_H
#define SCORES_H

#ifdef __cplusplus
extern "C" {
#endif

/* The value. */
void scores_value(const double features[3], double scale, double y[2]);

#ifdef __cplusplus
}
#endif

#endif
/* Exported by jangrad. Beside its code it needs 64 bytes of constants (flash), 0 bytes of RAM,
   and 0 bytes of stack for arrays. Operations a call: 16 in scores_value. */

#include "scores.h"

#include <math.h>

#if defined(__FLASH) && !defined(__STRICT_ANSI__) /* -std=gnu99 of avr-gcc */
#define IN_FLASH __flash
#pragma GCC diagnostic ignored "-Wuninitialized"
#else
#define IN_FLASH
#endif

/* weights: 2 x 3 */
static const IN_FLASH double weights[6] = {
    0.0, 1.0, 2.0,
    0.1, 1.1, 2.1,
};

/* offsets: 2 */
static const IN_FLASH double offsets[2] = {
    0.5, -0.25,
};

void scores_value(const double features[3], double scale, double y[2])
{
    /* written.py:10: totals = [sum(w * x for w, x in zip(row, features, strict=True)) for row in weights] */
    /* written.py:12: return [(total + offset).tanh() * scale for total, offset in pairs] */
    for (int i = 0; i < 2; ++i) {
        y[i] = scale * tanh(offsets[i] + weights[3 * i] * features[0]
                + weights[3 * i + 1] * features[1] + weights[3 * i + 2] * features[2]);
    }
}
