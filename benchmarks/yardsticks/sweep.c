/* Copies of MLP(3, [4, 4, 1]) with relu on the four rows, one in each lane: mean squared error,
   gradient descent on all rows, a rate each.

   Nothing crosses lanes, and every number of the data is in all of them. The parameters of a vector
   of copies stay beside each other, number by number, for all steps. The gradient of the outputs
   carries the factor -rate from the start: what is summed up is the move of a weight. Rows are
   taken one after the other, so that what is alive at once is one row's units and the sums. */
#include "lanes.h"

/* parameters: for each vector of copies, of each of 41 parameters the lanes side by side; rates: a
   lane each; losses: of each step and copy. */
void sweep(double *restrict parameters, const double *restrict x, const double *restrict y,
           const double *restrict rates, long vectors, long steps, double *restrict losses) {
    for (long v = 0; v < vectors; v++) {
        vec *restrict p = (vec *)parameters + 41 * v;
        vec move = *(vec *)(rates + LANES * v) * all(-2.0 / 4);
        for (long k = 0; k < steps; k++) {
            vec *restrict p1 = p, *restrict p2 = p + 16, *restrict p3 = p + 36;
            vec g1[16], g2[20], g3[5], loss = all(0);
            UNROLL for (int s = 0; s < 4; s++) {
                const double *row = x + 3 * s;
                vec h1[4], h2[4], d1[4], d2[4];
                UNROLL for (int n = 0; n < 4; n++)
                    h1[n] = relu((p1[4 * n + 3] + p1[4 * n] * row[0]) +
                                 (p1[4 * n + 1] * row[1] + p1[4 * n + 2] * row[2]));
                UNROLL for (int n = 0; n < 4; n++)
                    h2[n] = relu(((p2[5 * n + 4] + p2[5 * n] * h1[0]) + p2[5 * n + 1] * h1[1]) +
                                 (p2[5 * n + 2] * h1[2] + p2[5 * n + 3] * h1[3]));
                vec e = (p3[0] * h2[0] + p3[1] * h2[1]) +
                        (p3[2] * h2[2] + (p3[3] * h2[3] + (p3[4] - y[s])));
                vec seed = e * move;
                loss += e * e;
                UNROLL for (int n = 0; n < 4; n++) d2[n] = where_positive(h2[n], seed * p3[n]);
                UNROLL for (int j = 0; j < 4; j++)
                    d1[j] = where_positive(h1[j], (d2[0] * p2[j] + d2[1] * p2[5 + j]) +
                                                      (d2[2] * p2[10 + j] + d2[3] * p2[15 + j]));
                UNROLL for (int n = 0; n < 4; n++) {
                    UNROLL for (int j = 0; j < 3; j++)
                        g1[4 * n + j] = s ? g1[4 * n + j] + d1[n] * row[j] : d1[n] * row[j];
                    g1[4 * n + 3] = s ? g1[4 * n + 3] + d1[n] : d1[n];
                    UNROLL for (int j = 0; j < 4; j++)
                        g2[5 * n + j] = s ? g2[5 * n + j] + d2[n] * h1[j] : d2[n] * h1[j];
                    g2[5 * n + 4] = s ? g2[5 * n + 4] + d2[n] : d2[n];
                    g3[n] = s ? g3[n] + seed * h2[n] : seed * h2[n];
                }
                g3[4] = s ? g3[4] + seed : seed;
            }
            UNROLL for (int i = 0; i < 16; i++) p1[i] += g1[i];
            UNROLL for (int i = 0; i < 20; i++) p2[i] += g2[i];
            UNROLL for (int i = 0; i < 5; i++) p3[i] += g3[i];
            *(vec_u *)(losses + (k * vectors + v) * LANES) = loss * 0.25;
        }
    }
}
