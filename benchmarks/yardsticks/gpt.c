/* A GPT in 4,192 numbers: 16 dimensions, 4 heads, one layer, 27 letters, up to 16 places; mean
   cross-entropy of the next letter, one name a step, Adam.

   The places of a name are the rows of every product, the lanes are its outputs. Queries, keys and
   values are kept with their heads side by side ([dimension][head], not [head][dimension]), so that
   in attention the lanes are the four heads and nothing crosses them. Each matrix is kept twice,
   turned for the way back; a gradient goes from the registers into Adam and is never kept. */
#include "lanes.h"

#include "adam.h"
#include "elementary.h"

enum { LETTERS = 27, PADDED = 32, SIZE = 16, HEADS = 4, PLACES = 16, UP = 64, N = WIDE * LANES };

typedef int64_t ivec __attribute__((vector_size(BYTES)));
DOUBLE_ELEMENTARY(vec, ivec, exp_lanes, log_lanes)
DOUBLE_ELEMENTARY(v4, i4, exp4, log4)

/* A matrix is [block of N outputs][input][WIDE]. */
#define REGISTERS_OF(inputs, outputs) ((inputs) * (outputs) / LANES)
typedef struct {
    double letters[LETTERS][SIZE], places[PLACES][SIZE];
    vec qkv[REGISTERS_OF(SIZE, 3 * SIZE)], out[REGISTERS_OF(SIZE, SIZE)];
    vec up[REGISTERS_OF(SIZE, UP)], down[REGISTERS_OF(UP, SIZE)], head[REGISTERS_OF(SIZE, PADDED)];
} weights;
static ALIGNED weights w, m, v;
static ALIGNED struct {
    vec qkv[REGISTERS_OF(SIZE, 3 * SIZE)], out[REGISTERS_OF(SIZE, SIZE)];
    vec up[REGISTERS_OF(SIZE, UP)], down[REGISTERS_OF(UP, SIZE)], head[REGISTERS_OF(SIZE, PADDED)];
} back;

typedef double rows16[PLACES][SIZE];
static ALIGNED rows16 embedded, x0, x1, joined, x2, x3, x4, d4, d3, d2, d_joined, d1, d0, change;
static ALIGNED double qkv[PLACES][3 * SIZE], d_qkv[PLACES][3 * SIZE], scale[3][PLACES];
static ALIGNED double hidden[PLACES][UP], d_hidden[PLACES][UP], logits[PLACES][PADDED];
static ALIGNED v4 attention[PLACES][PLACES];

INLINE void tile(const double *x, long inputs, const vec *u, double *y, long outputs, long n,
                 const int rows) {
    vec a[TILE][WIDE];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int q = 0; q < WIDE; q++) a[r][q] = (vec){0};
    for (long j = 0; j < n; j++) {
        vec b[WIDE];
        UNROLL for (int q = 0; q < WIDE; q++) b[q] = u[j * WIDE + q];
        UNROLL for (int r = 0; r < rows; r++) {
            vec one = all(x[r * inputs + j]);
            UNROLL for (int q = 0; q < WIDE; q++) a[r][q] += one * b[q];
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int q = 0; q < WIDE; q++) *(vec *)(y + r * outputs + q * LANES) = a[r][q];
}

/* y = x u: rows of `inputs` numbers, of which n count, to rows of `outputs`. */
static void product(const double *x, long inputs, const vec *u, double *y, long outputs, long n,
                    long rows) {
    for (long block = 0; block < outputs / N; block++) {
#define BODY(at, size)                                                                             \
    tile(x + at * inputs, inputs, u + block * n * WIDE, y + at * outputs + block * N, outputs, n, size)
        IN_TILES(rows, TILE, BODY)
#undef BODY
    }
}

INLINE void learn_tile(const double *x, long inputs, const double *dy, long outputs, long rows,
                       vec *p, vec *mean, vec *square, const adam_step *s, const int columns) {
    vec a[TILE][WIDE];
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int q = 0; q < WIDE; q++) a[c][q] = (vec){0};
    for (long r = 0; r < rows; r++) {
        vec b[WIDE];
        UNROLL for (int q = 0; q < WIDE; q++) b[q] = *(vec *)(dy + r * outputs + q * LANES);
        UNROLL for (int c = 0; c < columns; c++) {
            vec one = all(x[r * inputs + c]);
            UNROLL for (int q = 0; q < WIDE; q++) a[c][q] += one * b[q];
        }
    }
    UNROLL for (int c = 0; c < columns; c++)
        adam_two(p + c * WIDE, mean + c * WIDE, square + c * WIDE, a[c], s);
}

/* One step for a matrix of n inputs, then its turned copy. */
static void learn(const double *x, long n, const double *dy, long outputs, long rows, vec *p,
                  vec *turned, const adam_step *s) {
    vec *mean = (vec *)&m + (p - (vec *)&w), *square = (vec *)&v + (p - (vec *)&w);
    for (long block = 0; block < outputs / N; block++) {
        long first = block * n * WIDE;
#define BODY(at, size)                                                                             \
    long i = first + at * WIDE;                                                                    \
    learn_tile(x + at, n, dy + block * N, outputs, rows, p + i, mean + i, square + i, s, size)
        IN_TILES(n, TILE, BODY)
#undef BODY
    }
    double *from = (double *)p, *to = (double *)turned;
    for (long o = 0; o < outputs; o += 4)
        for (long j = 0; j < n; j += 4)
            transpose4(from + (o / N * n + j) * N + o % N, N,
                       to + (j / N * outputs + o) * N + j % N, N);
}

/* Divides each row by the root of its mean square. */
INLINE void norm(const rows16 x, rows16 y, double *by, long rows) {
    for (long t = 0; t < rows; t++) {
        const v4 *a = (v4 *)x[t];
        v4 squares = (a[0] * a[0] + a[1] * a[1]) + (a[2] * a[2] + a[3] * a[3]);
        by[t] = 1 / sqrt(sum4(squares) / SIZE + 1e-5);
        UNROLL for (int i = 0; i < 4; i++) ((v4 *)y[t])[i] = a[i] * by[t];
    }
}

/* d + the gradient of norm: s dy - x s^3 (dy . x) / SIZE. */
INLINE void norm_back(const rows16 x, const double *by, const rows16 dy, const rows16 d, rows16 out,
                      long rows) {
    for (long t = 0; t < rows; t++) {
        const v4 *a = (v4 *)x[t], *g = (v4 *)dy[t];
        double s = by[t];
        double c = sum4((a[0] * g[0] + a[1] * g[1]) + (a[2] * g[2] + a[3] * g[3])) * s * s * s / SIZE;
        UNROLL for (int i = 0; i < 4; i++) {
            v4 e = s * g[i] - c * a[i];
            ((v4 *)out[t])[i] = d ? ((v4 *)d[t])[i] + e : e;
        }
    }
}

INLINE void add(rows16 x, const rows16 y, long rows) {
    for (long t = 0; t < rows; t++)
        UNROLL for (int i = 0; i < 4; i++) ((v4 *)x[t])[i] += ((v4 *)y[t])[i];
}

static void attend(long rows) {
    for (long t = 0; t < rows; t++) {
        const v4 *q = (v4 *)qkv[t];
        v4 *a = attention[t], top = all4(-INFINITY), total = {0}, out[4] = {0};
        for (long u = 0; u <= t; u++) {
            const v4 *k = (v4 *)qkv[u] + 4;
            a[u] = ((q[0] * k[0] + q[1] * k[1]) + (q[2] * k[2] + q[3] * k[3])) * 0.5;
            top = larger4(a[u], top);
        }
        for (long u = 0; u <= t; u++) {
            const v4 *value = (v4 *)qkv[u] + 8;
            a[u] = exp4(a[u] - top);
            total += a[u];
            UNROLL for (int i = 0; i < 4; i++) out[i] += a[u] * value[i];
        }
        v4 share = 1.0 / total;
        for (long u = 0; u <= t; u++) a[u] *= share;
        UNROLL for (int i = 0; i < 4; i++) ((v4 *)joined[t])[i] = out[i] * share;
    }
}

static void attend_back(long rows) {
    memset(d_qkv, 0, rows * sizeof d_qkv[0]);
    for (long t = 0; t < rows; t++) {
        const v4 *g = (v4 *)d_joined[t], *q = (v4 *)qkv[t], *a = attention[t], *o = (v4 *)joined[t];
        /* sum over u of a (g . value) is g . joined */
        v4 mean = (g[0] * o[0] + g[1] * o[1]) + (g[2] * o[2] + g[3] * o[3]);
        v4 dq[4] = {0};
        for (long u = 0; u <= t; u++) {
            const v4 *k = (v4 *)qkv[u] + 4, *value = k + 4;
            v4 *dk = (v4 *)d_qkv[u] + 4, *dv = dk + 4;
            v4 da = (g[0] * value[0] + g[1] * value[1]) + (g[2] * value[2] + g[3] * value[3]);
            v4 ds = a[u] * (da - mean) * 0.5;
            UNROLL for (int i = 0; i < 4; i++) {
                dv[i] += a[u] * g[i];
                dq[i] += ds * k[i];
                dk[i] += ds * q[i];
            }
        }
        UNROLL for (int i = 0; i < 4; i++) ((v4 *)d_qkv[t])[i] = dq[i];
    }
}

/* The mean loss; logits become their gradient. */
static double surprise(const int64_t *tokens, long rows) {
    double loss = 0, share = 1.0 / rows;
    ALIGNED double totals[PLACES];
    vec lane, inside[PADDED / LANES];
    UNROLL for (int i = 0; i < LANES; i++) lane[i] = i;
    UNROLL for (int q = 0; q < PADDED / LANES; q++) inside[q] = (vec)(lane < (double)(LETTERS - q * LANES));
    for (long t = 0; t < rows; t++) {
        enum { USED = (LETTERS + LANES - 1) / LANES };
        vec *z = (vec *)logits[t], total = {0}, top;
        double *target = logits[t] + tokens[t + 1];
        top = (vec)(((ivec)z[USED - 1] & (ivec)inside[USED - 1]) |
                    ((ivec)z[0] & ~(ivec)inside[USED - 1])); /* the padding is not a letter */
        UNROLL for (int q = 0; q < USED - 1; q++) top = larger(top, z[q]);
        double most = largest(top);
        loss += most - *target;
        UNROLL for (int q = 0; q < USED; q++) {
            z[q] = exp_lanes(z[q] - most);
            if (q == USED - 1) z[q] = (vec)((ivec)z[q] & (ivec)inside[q]);
            total += z[q];
        }
        totals[t] = sum(total);
        vec by = all(share / totals[t]);
        UNROLL for (int q = 0; q < USED; q++) z[q] *= by;
        *target -= share;
    }
    for (long t = rows; t % 4; t++) totals[t] = 1;
    for (long t = 0; t < rows; t += 4) loss += sum4(log4(*(v4 *)(totals + t)));
    return loss * share;
}

static double gradients(const int64_t *tokens, long rows) {
    for (long t = 0; t < rows; t++)
        UNROLL for (int i = 0; i < 4; i++)
            ((v4 *)embedded[t])[i] = ((v4 *)w.letters[tokens[t]])[i] + ((v4 *)w.places[t])[i];
    norm(embedded, x0, scale[0], rows);
    norm(x0, x1, scale[1], rows);
    product(x1[0], SIZE, w.qkv, qkv[0], 3 * SIZE, SIZE, rows);
    attend(rows);
    product(joined[0], SIZE, w.out, x2[0], SIZE, SIZE, rows);
    add(x2, x0, rows);
    norm(x2, x3, scale[2], rows);
    product(x3[0], SIZE, w.up, hidden[0], UP, SIZE, rows);
    for (vec *h = (vec *)hidden; h < (vec *)hidden[rows]; h++) *h = relu(*h);
    product(hidden[0], UP, w.down, x4[0], SIZE, UP, rows);
    add(x4, x2, rows);
    product(x4[0], SIZE, w.head, logits[0], PADDED, SIZE, rows);

    double loss = surprise(tokens, rows);
    product(logits[0], PADDED, back.head, d4[0], SIZE, PADDED, rows);
    product(d4[0], SIZE, back.down, d_hidden[0], UP, SIZE, rows);
    for (long i = 0; i < rows * UP / LANES; i++)
        ((vec *)d_hidden)[i] = where_positive(((vec *)hidden)[i], ((vec *)d_hidden)[i]);
    product(d_hidden[0], UP, back.up, d3[0], SIZE, UP, rows);
    norm_back(x2, scale[2], d3, d4, d2, rows);
    product(d2[0], SIZE, back.out, d_joined[0], SIZE, SIZE, rows);
    attend_back(rows);
    product(d_qkv[0], 3 * SIZE, back.qkv, d1[0], SIZE, 3 * SIZE, rows);
    norm_back(x0, scale[1], d1, d2, d0, rows);
    norm_back(embedded, scale[0], d0, NULL, change, rows);
    return loss;
}

/* The rows of the two tables; those that the name does not use have the gradient 0. */
static void learn_tables(const int64_t *tokens, long rows, const adam_step *s) {
    enum { ROW = SIZE / LANES };
    static ALIGNED vec g[LETTERS + PLACES][ROW];
    memset(g, 0, sizeof g);
    for (long t = 0; t < rows; t++)
        UNROLL for (int q = 0; q < ROW; q++) {
            vec d = ((vec *)change[t])[q];
            g[tokens[t]][q] += d;
            g[LETTERS + t][q] = d;
        }
    for (long i = 0; i < (LETTERS + PLACES) * ROW; i += 2)
        adam_two((vec *)w.letters + i, (vec *)m.letters + i, (vec *)v.letters + i, (vec *)g + i, s);
}

static void step(const int64_t *tokens, long rows, const adam_step *s) {
    learn(x1[0], SIZE, d_qkv[0], 3 * SIZE, rows, w.qkv, back.qkv, s);
    learn(joined[0], SIZE, d2[0], SIZE, rows, w.out, back.out, s);
    learn(x3[0], SIZE, d_hidden[0], UP, rows, w.up, back.up, s);
    learn(hidden[0], UP, d4[0], SIZE, rows, w.down, back.down, s);
    learn(x4[0], SIZE, logits[0], PADDED, rows, w.head, back.head, s);
    learn_tables(tokens, rows, s);
}

/* Where channel c of a head-by-head row stands when heads are side by side. */
INLINE int beside(int c) { return c % (SIZE / HEADS) * HEADS + c / (SIZE / HEADS); }

/* rows of p, one an output; into the lanes and their turned copy, or out of them. */
static double *matrix(double *p, vec *lanes, vec *turned, int inputs, int outputs, int padded,
                      int first, int sides, int out) {
    double *to = (double *)lanes, *to_turned = (double *)turned;
    for (int i = 0; i < outputs; i++)
        for (int j = 0; j < inputs; j++) {
            int o = first + (sides & 1 ? beside(i) : i), n = sides & 2 ? beside(j) : j;
            double *here = to + (o / N * inputs + n) * N + o % N;
            if (out)
                *p++ = *here;
            else
                to_turned[(n / N * padded + o) * N + n % N] = *here = *p++;
        }
    return p;
}

static void exchange(double *p, int out) {
    double *tables = (double *)w.letters, *end = (double *)w.qkv;
    for (double *a = tables; a < end; a++, p++) *(out ? p : a) = *(out ? a : p);
    for (int i = 0; i < 3; i++)
        p = matrix(p, w.qkv, back.qkv, SIZE, SIZE, 3 * SIZE, i * SIZE, 1, out);
    p = matrix(p, w.out, back.out, SIZE, SIZE, SIZE, 0, 2, out);
    p = matrix(p, w.up, back.up, SIZE, UP, UP, 0, 0, out);
    p = matrix(p, w.down, back.down, UP, SIZE, SIZE, 0, 0, out);
    matrix(p, w.head, back.head, SIZE, LETTERS, PADDED, 0, 0, out);
}

/* parameters: letters, places, query, key, value, out, up, down, head, each row by row; step k
   reads the letters tokens[starts[k] .. starts[k + 1]], at most 17 of them. */
void train(double *restrict parameters, const int64_t *restrict tokens,
           const int64_t *restrict starts, long steps, double rate, double beta1, double beta2,
           double epsilon, double *restrict losses) {
    double power1 = 1, power2 = 1;
    memset(&w, 0, sizeof w), memset(&m, 0, sizeof m), memset(&v, 0, sizeof v);
    memset(&back, 0, sizeof back), memset(logits, 0, sizeof logits);
    exchange(parameters, 0);
    for (long k = 0; k < steps; k++) {
        long rows = starts[k + 1] - starts[k] - 1;
        power1 *= beta1, power2 *= beta2;
        adam_step s = adam_corrected(rate, beta1, beta2, epsilon, power1, power2);
        losses[k] = gradients(tokens + starts[k], rows);
        step(tokens + starts[k], rows, &s);
    }
    exchange(parameters, 1);
}
