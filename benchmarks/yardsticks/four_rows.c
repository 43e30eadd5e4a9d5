/* MLP(3, [4, 4, 1]) with relu on four rows: mean squared error, gradient descent on all of them.

   A layer has four neurons, so the lanes are neurons and nothing is summed across lanes but the
   output. All weights stay in registers or on the stack from the first step to the last; the second
   layer is kept twice, so that neither direction transposes it. The gradient of the outputs carries
   the factor -rate from the start: what is accumulated is the move of a weight. */
#include "lanes.h"

/* parameters: for each neuron its weights, then its bias; x: 4 rows of 3; losses: one a step. */
void train(double *restrict parameters, const double *restrict x, const double *restrict y,
           double rate, long steps, double *restrict losses) {
    double *p1 = parameters, *p2 = p1 + 16, *p3 = p2 + 20;
    v4 w1[4], w2[5], back[4], w3, b3 = all4(p3[4]), target = {y[0], y[1], y[2], y[3]};
    for (int j = 0; j < 4; j++) w1[j] = (v4){p1[j], p1[4 + j], p1[8 + j], p1[12 + j]};
    for (int j = 0; j < 5; j++) w2[j] = (v4){p2[j], p2[5 + j], p2[10 + j], p2[15 + j]};
    for (int o = 0; o < 4; o++) back[o] = (v4){p2[5 * o], p2[5 * o + 1], p2[5 * o + 2], p2[5 * o + 3]};
    w3 = (v4){p3[0], p3[1], p3[2], p3[3]};
    double move = -rate * 2 / 4;

    for (long k = 0; k < steps; k++) {
        v4 h1[4], s1[4][4], h2[4], d2[4], d1[4], go[4];
        UNROLL for (int s = 0; s < 4; s++) {
            const double *row = x + 3 * s;
            h1[s] = relu4((w1[3] + row[0] * w1[0]) + (row[1] * w1[1] + row[2] * w1[2]));
        }
        UNROLL for (int s = 0; s < 4; s++) {
            spread4(h1[s], s1[s]);
            h2[s] = relu4(((w2[4] + s1[s][0] * w2[0]) + s1[s][1] * w2[1]) +
                          (s1[s][2] * w2[2] + s1[s][3] * w2[3]));
        }
        v4 e = sums4(h2[0] * w3, h2[1] * w3, h2[2] * w3, h2[3] * w3) + (b3 - target);
        v4 seed = e * move;
        losses[k] = sum4(e * e) * 0.25;
        spread4(seed, go);
        UNROLL for (int s = 0; s < 4; s++) d2[s] = where_positive4(h2[s], go[s] * w3);
        w3 += (go[0] * h2[0] + go[1] * h2[1]) + (go[2] * h2[2] + go[3] * h2[3]);
        b3 += all4(sum4(seed));
        v4 turned[4] = {back[0], back[1], back[2], back[3]};
        UNROLL for (int s = 0; s < 4; s++) {
            v4 s2[4];
            spread4(d2[s], s2);
            d1[s] = where_positive4(h1[s], (s2[0] * turned[0] + s2[1] * turned[1]) +
                                               (s2[2] * turned[2] + s2[3] * turned[3]));
            UNROLL for (int o = 0; o < 4; o++) back[o] += s2[o] * h1[s];
        }
        UNROLL for (int j = 0; j < 3; j++)
            w1[j] += (x[j] * d1[0] + x[3 + j] * d1[1]) + (x[6 + j] * d1[2] + x[9 + j] * d1[3]);
        w1[3] += (d1[0] + d1[1]) + (d1[2] + d1[3]);
        UNROLL for (int s = 0; s < 4; s++)
            UNROLL for (int j = 0; j < 4; j++) w2[j] += s1[s][j] * d2[s];
        w2[4] += (d2[0] + d2[1]) + (d2[2] + d2[3]);
    }
    for (int o = 0; o < 4; o++) {
        for (int j = 0; j < 4; j++) p1[4 * o + j] = w1[j][o];
        for (int j = 0; j < 5; j++) p2[5 * o + j] = w2[j][o];
        p3[o] = w3[o];
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
