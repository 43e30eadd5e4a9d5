/* MLP(3, [4, 4, 1]) with relu on four rows: mean squared error, gradient descent on all of them.

   Four neurons a layer and four rows: either can be the lanes. In the first layer they are neurons,
   for what its weights wait for comes last in a step and is needed first in the next; above it they
   are rows, so that what a step waits for crosses no lane but in two transposes. Sums across lanes
   are left to the weights of the upper layers, which have half a step's time. The gradient of the
   outputs carries the factor -rate from the start: what is summed up is the move of a weight. */
#include "lanes.h"

INLINE void turn(const v4 in[4], v4 out[4]) {
    v4 a = _mm256_unpacklo_pd(in[0], in[1]), b = _mm256_unpackhi_pd(in[0], in[1]);
    v4 c = _mm256_unpacklo_pd(in[2], in[3]), d = _mm256_unpackhi_pd(in[2], in[3]);
    out[0] = _mm256_permute2f128_pd(a, c, 0x20);
    out[1] = _mm256_permute2f128_pd(b, d, 0x20);
    out[2] = _mm256_permute2f128_pd(a, c, 0x31);
    out[3] = _mm256_permute2f128_pd(b, d, 0x31);
}

/* parameters: for each neuron its weights, then its bias; x: 4 rows of 3; losses: one a step. */
void train(double *restrict parameters, const double *restrict x, const double *restrict y,
           double rate, long steps, double *restrict losses) {
    double *p1 = parameters, *p2 = p1 + 16, *p3 = p2 + 20;
    ALIGNED double w2[4][4], b2[4], w3[4]; /* kept as rows; one number is loaded into all lanes */
    v4 w1[4], b3 = all4(p3[4]), target = {y[0], y[1], y[2], y[3]}, move = all4(-rate * 2 / 4);
    for (int j = 0; j < 4; j++) w1[j] = (v4){p1[j], p1[4 + j], p1[8 + j], p1[12 + j]};
    for (int o = 0; o < 4; o++) {
        for (int j = 0; j < 4; j++) w2[o][j] = p2[5 * o + j];
        b2[o] = p2[5 * o + 4], w3[o] = p3[o];
    }

    for (long k = 0; k < steps; k++) {
        v4 a1[4], h1[4], h2[4], d2[4], d1[4], turned[4];
        UNROLL for (int s = 0; s < 4; s++) {
            const double *row = x + 3 * s;
            a1[s] = relu4((w1[3] + row[0] * w1[0]) + (row[1] * w1[1] + row[2] * w1[2]));
        }
        turn(a1, h1);
        UNROLL for (int o = 0; o < 4; o++)
            h2[o] = relu4(((b2[o] + w2[o][0] * h1[0]) + w2[o][1] * h1[1]) +
                          (w2[o][2] * h1[2] + w2[o][3] * h1[3]));
        v4 e = (w3[0] * h2[0] + w3[1] * h2[1]) + (w3[2] * h2[2] + (w3[3] * h2[3] + (b3 - target)));
        v4 seed = e * move;
        losses[k] = sum4(e * e) * 0.25;
        UNROLL for (int o = 0; o < 4; o++) d2[o] = where_positive4(h2[o], e * (w3[o] * move));
        UNROLL for (int j = 0; j < 4; j++)
            d1[j] = where_positive4(h1[j], (d2[0] * w2[0][j] + d2[1] * w2[1][j]) +
                                               (d2[2] * w2[2][j] + d2[3] * w2[3][j]));
        turn(d1, turned);
        UNROLL for (int j = 0; j < 3; j++)
            w1[j] += (x[j] * turned[0] + x[3 + j] * turned[1]) +
                     (x[6 + j] * turned[2] + x[9 + j] * turned[3]);
        w1[3] += (turned[0] + turned[1]) + (turned[2] + turned[3]);
        UNROLL for (int o = 0; o < 4; o++)
            *(v4 *)w2[o] += sums4(d2[o] * h1[0], d2[o] * h1[1], d2[o] * h1[2], d2[o] * h1[3]);
        *(v4 *)b2 += sums4(d2[0], d2[1], d2[2], d2[3]);
        *(v4 *)w3 += sums4(seed * h2[0], seed * h2[1], seed * h2[2], seed * h2[3]);
        b3 += all4(sum4(seed));
    }
    for (int o = 0; o < 4; o++) {
        for (int j = 0; j < 4; j++) p1[4 * o + j] = w1[j][o], p2[5 * o + j] = w2[o][j];
        p2[5 * o + 4] = b2[o], p3[o] = w3[o];
    }
    p3[4] = b3[0];
}

/* out: one number a row of 3. The lanes are four rows. */
void predict(const double *restrict parameters, const double *restrict x, long rows,
             double *restrict out) {
    const double *p1 = parameters, *p2 = p1 + 16, *p3 = p2 + 20;
    for (long r = 0; r < rows; r += 4) {
        v4 in[3], h1[4], o = all4(p3[4]);
        double last[12];
        const double *row = x + 3 * r;
        if (r + 4 > rows) {
            for (int i = 0; i < 12; i++) last[i] = i < 3 * (rows - r) ? row[i] : 0;
            row = last;
        }
        UNROLL for (int j = 0; j < 3; j++) in[j] = (v4){row[j], row[3 + j], row[6 + j], row[9 + j]};
        UNROLL for (int n = 0; n < 4; n++)
            h1[n] = relu4((p1[4 * n + 3] + p1[4 * n] * in[0]) +
                          (p1[4 * n + 1] * in[1] + p1[4 * n + 2] * in[2]));
        UNROLL for (int n = 0; n < 4; n++) {
            const double *w = p2 + 5 * n;
            o += p3[n] * relu4(((w[4] + w[0] * h1[0]) + w[1] * h1[1]) +
                               (w[2] * h1[2] + w[3] * h1[3]));
        }
        if (r + 4 > rows)
            for (long i = 0; i < rows - r; i++) out[r + i] = o[i];
        else
            memcpy(out + r, &o, sizeof o);
    }
}
