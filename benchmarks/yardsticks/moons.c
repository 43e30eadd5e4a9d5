/* MLP(2, [16, 16, 1]) with relu: mean hinge loss, an L2 penalty, gradient descent on all rows.

   The lanes are neurons: a layer of 16 is NV registers wide, so no weight's gradient is summed
   across lanes. Rows go in blocks that stay in the L1 cache, and in tiles within a block, so
   that a weight that is loaded serves several rows. The second layer is kept twice, [j][o] for the
   way forward and [o][j] for the way back. Gradients carry the factor -rate from the start. */
#include "lanes.h"

#define H 16
#define NV (H / LANES)
#define GROUP (REGISTERS == 32 ? 10 : 3) /* rows of accumulators that fit beside their inputs */
#define COLUMNS (REGISTERS == 32 ? 8 : 3)

#define BLOCK 52

static ALIGNED vec w1[3][NV], w2[H + 1][NV], back[H][NV], w3[NV]; /* the last row is the bias */
static ALIGNED vec g1[3][NV], g2[H + 1][NV], g3[NV];
static ALIGNED vec h1[BLOCK][NV], h2[BLOCK][NV], partial[BLOCK];
static double b3;

INLINE void forward(const double *x, vec (*a1)[NV], vec (*a2)[NV], vec *out, const int rows) {
    vec a[GROUP][NV];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < NV; v++)
            a1[r][v] = relu((w1[2][v] + x[2 * r] * w1[0][v]) + x[2 * r + 1] * w1[1][v]);
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < NV; v++) a[r][v] = w2[H][v];
    _Pragma("GCC unroll 2") for (int j = 0; j < H; j++) {
        vec h[GROUP];
        UNROLL for (int r = 0; r < rows; r++) h[r] = all(((double *)a1[r])[j]);
        UNROLL for (int v = 0; v < NV; v++) {
            vec w = w2[j][v];
            UNROLL for (int r = 0; r < rows; r++) a[r][v] += h[r] * w;
        }
    }
    UNROLL for (int r = 0; r < rows; r++) {
        vec o = {0};
        UNROLL for (int v = 0; v < NV; v++) {
            vec h = relu(a[r][v]);
            a2[r][v] = h;
            o += h * w3[v];
        }
        out[r] = o;
    }
}

INLINE void backward(vec (*a1)[NV], vec (*d2)[NV], const int rows) {
    vec d[GROUP][NV];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < NV; v++) d[r][v] = (vec){0};
    _Pragma("GCC unroll 2") for (int o = 0; o < H; o++) {
        vec g[GROUP];
        UNROLL for (int r = 0; r < rows; r++) g[r] = all(((double *)d2[r])[o]);
        UNROLL for (int v = 0; v < NV; v++) {
            vec w = back[o][v];
            UNROLL for (int r = 0; r < rows; r++) d[r][v] += g[r] * w;
        }
    }
    UNROLL for (int r = 0; r < rows; r++) /* h1 is not needed any more but for its slope */
        UNROLL for (int v = 0; v < NV; v++) a1[r][v] = where_positive(a1[r][v], d[r][v]);
}

INLINE void second_layer(int j, long rows, const int columns) {
    vec g[COLUMNS][NV];
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int v = 0; v < NV; v++) g[c][v] = g2[j + c][v];
    for (long r = 0; r < rows; r++) {
        vec h[COLUMNS];
        UNROLL for (int c = 0; c < columns; c++) h[c] = all(((double *)h1[r])[j + c]);
        UNROLL for (int v = 0; v < NV; v++) {
            vec d = h2[r][v];
            UNROLL for (int c = 0; c < columns; c++) g[c][v] += h[c] * d;
        }
    }
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int v = 0; v < NV; v++) g2[j + c][v] = g[c][v];
}

/* The sums of the lanes of four vectors. */
INLINE v4 outputs(const vec *p) {
#if BYTES == 64
    v4 half[4];
    UNROLL for (int i = 0; i < 4; i++)
        half[i] = _mm512_castpd512_pd256((__m512d)p[i]) + _mm512_extractf64x4_pd((__m512d)p[i], 1);
    return sums4(half[0], half[1], half[2], half[3]);
#else
    return sums4(p[0], p[1], p[2], p[3]);
#endif
}

static void pack(const double *p) {
    for (int o = 0; o < H; o++) {
        for (int j = 0; j < 3; j++) ((double *)w1[j])[o] = p[3 * o + j];
        for (int j = 0; j < H + 1; j++) ((double *)w2[j])[o] = p[48 + 17 * o + j];
        for (int j = 0; j < H; j++) ((double *)back[o])[j] = p[48 + 17 * o + j];
        ((double *)w3)[o] = p[320 + o];
    }
    b3 = p[336];
}

/* Forward, then every gradient, for one block of rows; gives the sum of the hinges. */
static double block(const double *x, const double *y, long rows, double move, double *bias) {
    double go[BLOCK + 4];
    v4 loss = {0}, moved = {0};
    long r = 0;
    for (; r + GROUP <= rows; r += GROUP) forward(x + 2 * r, h1 + r, h2 + r, partial + r, GROUP);
    for (; r < rows; r++) forward(x + 2 * r, h1 + r, h2 + r, partial + r, 1);
    for (r = 0; r < rows; r += 4) { /* a target of 0 pads the last four: its seed is 0 */
        v4 target = {0};
        memcpy(&target, y + r, 8 * (rows - r < 4 ? rows - r : 4));
        v4 margin = 1.0 - target * (outputs(partial + r) + b3);
        v4 seed = where_positive4(margin, target * move);
        loss += where_positive4(target * target, relu4(margin));
        moved += seed;
        memcpy(go + r, &seed, sizeof seed);
    }
    vec last[NV], bias2[NV];
    UNROLL for (int v = 0; v < NV; v++) last[v] = g3[v], bias2[v] = g2[H][v];
    for (r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < NV; v++) {
            vec h = h2[r][v], d = where_positive(h, go[r] * w3[v]);
            last[v] += go[r] * h;
            bias2[v] += d;
            h2[r][v] = d;
        }
    UNROLL for (int v = 0; v < NV; v++) g3[v] = last[v], g2[H][v] = bias2[v];
    int j = 0;
    for (; H - j != 4 && j + COLUMNS <= H; j += COLUMNS) second_layer(j, rows, COLUMNS);
    for (; j < H; j += 2) second_layer(j, rows, 2);
    for (r = 0; r + GROUP <= rows; r += GROUP) backward(h1 + r, h2 + r, GROUP);
    for (; r < rows; r++) backward(h1 + r, h2 + r, 1);
    vec g[3][NV];
    UNROLL for (int j = 0; j < 3; j++) UNROLL for (int v = 0; v < NV; v++) g[j][v] = g1[j][v];
    for (r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < NV; v++) {
            vec d = h1[r][v];
            g[0][v] += x[2 * r] * d;
            g[1][v] += x[2 * r + 1] * d;
            g[2][v] += d;
        }
    UNROLL for (int j = 0; j < 3; j++) UNROLL for (int v = 0; v < NV; v++) g1[j][v] = g[j][v];
    *bias += sum4(moved);
    return sum4(loss);
}

/* w = shrink * w + g, g = 0; adds the squares of the old w. */
INLINE vec update(vec *w, vec *g, long n, double shrink, vec squares) {
    UNROLL for (long i = 0; i < n; i++) {
        squares += w[i] * w[i];
        w[i] = w[i] * shrink + g[i];
        g[i] = (vec){0};
    }
    return squares;
}

/* parameters: for each neuron its weights, then its bias; x: rows of 2; y: -1 or 1. */
void train(double *restrict parameters, const double *restrict x, const double *restrict y,
           long rows, double strength, double rate, long steps, double *restrict losses) {
    double move = rate / rows, shrink = 1 - 2 * strength * rate;
    long blocks = (rows + BLOCK - 1) / BLOCK, size = ((rows + blocks - 1) / blocks + 3) / 4 * 4;
    pack(parameters);
    memset(g1, 0, sizeof g1), memset(g2, 0, sizeof g2), memset(g3, 0, sizeof g3);
    for (long k = 0; k < steps; k++) {
        double loss = 0, bias = 0;
        for (long r = 0; r < rows; r += size)
            loss += block(x + 2 * r, y + r, rows - r < size ? rows - r : size, move, &bias);
        vec z = {0}, a, b, c;
        a = update(w1[0], g1[0], 3 * NV, shrink, z);
        b = update(w2[0], g2[0], 9 * NV, shrink, z);
        c = update(w2[9], g2[9], 8 * NV, shrink, z);
        a = update(w3, g3, NV, shrink, a);
        losses[k] = loss / rows + strength * (sum(a + b + c) + b3 * b3);
        b3 = b3 * shrink + bias;
        for (int i = 0; i < H; i += 4)
            for (int j = 0; j < H; j += 4)
                transpose4((double *)w2[i] + j, H, (double *)back[j] + i, H);
    }
    for (int o = 0; o < H; o++) {
        for (int j = 0; j < 3; j++) parameters[3 * o + j] = ((double *)w1[j])[o];
        for (int j = 0; j < H + 1; j++) parameters[48 + 17 * o + j] = ((double *)w2[j])[o];
        parameters[320 + o] = ((double *)w3)[o];
    }
    parameters[336] = b3;
}

/* out: one number a row of 2. */
void predict(const double *restrict parameters, const double *restrict x, long rows,
             double *restrict out) {
    pack(parameters);
    for (long from = 0; from < rows; from += BLOCK) {
        long n = rows - from < BLOCK ? rows - from : BLOCK, r = 0;
        const double *in = x + 2 * from;
        for (; r + GROUP <= n; r += GROUP) forward(in + 2 * r, h1, h2, partial + r, GROUP);
        for (; r < n; r++) forward(in + 2 * r, h1, h2, partial + r, 1);
        for (r = 0; r < n; r += 4) {
            v4 o = outputs(partial + r) + b3;
            memcpy(out + from + r, &o, 8 * (n - r < 4 ? n - r : 4));
        }
    }
}
