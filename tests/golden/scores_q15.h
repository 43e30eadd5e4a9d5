/* Exported by jangrad. Beside its code it needs 164 bytes of constants (flash), 0 bytes of RAM,
   and 0 bytes of stack for arrays. Operations a call: 50 in scores_value. */

#ifndef SCORES_H
#define SCORES_H

#include <stdint.h>

/* A number is given as an integer: times this, rounded, and from -32767 to 32767. What is given
   back is the number times its own. */
#define SCORES_FEATURES_SCALE 16384.0F
#define SCORES_SCALE_SCALE 65536.0F
#define SCORES_Y_SCALE 65536.0F

#ifdef __cplusplus
extern "C" {
#endif

/* The value. */
void scores_value(const int16_t features[3], int16_t scale, int16_t y[2]);

#ifdef __cplusplus
}
#endif

#endif
