/* MLP(NI, [NH, NO]) with relu: mean softmax cross-entropy, mini-batches, Adam; REAL is either.

   The lanes are neurons, for the way forward and for the gradients, so that nothing is summed
   across lanes but the NO outputs of a row. Each product is done in tiles: as many rows (or columns
   of the gradient) as there are registers for, beside WIDE registers of neurons. Sums over many
   inputs or rows are cut in tiles that stay in the L1 cache. A gradient goes from the
   registers into Adam and is never kept. */
#include "lanes.h"

#include "adam.h"
#include "elementary.h"

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define BLOCKS (NH / LANES / WIDE)
#define OV ((NO + LANES - 1) / LANES) /* registers of outputs, the last one padded */
#define OUT_TILE MIN(TILE, (REGISTERS - 2) / OV - 1)
#define PIECE 128
#define PANEL (16 * TILE)
_Static_assert(NH % (WIDE * LANES) == 0, "a block of neurons fills its registers");

#if REAL_BYTES == 8
typedef int64_t lane_int;
typedef lane_int ivec __attribute__((vector_size(BYTES)));
DOUBLE_ELEMENTARY(vec, ivec, exp_lanes, log_lanes)
#else
typedef int32_t lane_int;
typedef lane_int ivec __attribute__((vector_size(BYTES)));
FLOAT_ELEMENTARY(vec, ivec, exp_lanes, log_lanes)
#endif

typedef struct {
    vec first[BLOCKS][NI][WIDE], bias1[BLOCKS][WIDE], second[NH][OV], bias2[OV];
} weights;
static ALIGNED weights w, m, v;
static ALIGNED vec back[BLOCKS][NO][WIDE]; /* the second layer, turned */
static ALIGNED vec h[MAX_BATCH][BLOCKS][WIDE], d[BLOCKS][MAX_BATCH][WIDE], z[MAX_BATCH][OV];
static ALIGNED vec g[PANEL][WIDE];
static ALIGNED REAL totals[MAX_BATCH + LANES];
static const REAL *x[MAX_BATCH];

/* Hidden units of rows at.., neurons block.., inputs from..to; relu after the last input. */
INLINE void hidden(long at, long block, long from, long to, const int rows) {
    vec a[TILE][WIDE];
    const REAL *in[TILE];
    UNROLL for (int r = 0; r < rows; r++) {
        in[r] = x[at + r];
        UNROLL for (int q = 0; q < WIDE; q++)
            a[r][q] = from ? h[at + r][block][q] : w.bias1[block][q];
    }
    for (long j = from; j < to; j++) {
        vec u[WIDE];
        UNROLL for (int q = 0; q < WIDE; q++) u[q] = w.first[block][j][q];
        UNROLL for (int r = 0; r < rows; r++) {
            vec b = all(in[r][j]);
            UNROLL for (int q = 0; q < WIDE; q++) a[r][q] += b * u[q];
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int q = 0; q < WIDE; q++)
            h[at + r][block][q] = to == NI ? relu(a[r][q]) : a[r][q];
}

INLINE void outputs(long at, const int rows) {
    vec a[TILE][OV];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int q = 0; q < OV; q++) a[r][q] = w.bias2[q];
    for (long j = 0; j < NH; j++) {
        vec u[OV];
        UNROLL for (int q = 0; q < OV; q++) u[q] = w.second[j][q];
        UNROLL for (int r = 0; r < rows; r++) {
            vec b = all(((REAL *)h[at + r])[j]);
            UNROLL for (int q = 0; q < OV; q++) a[r][q] += b * u[q];
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int q = 0; q < OV; q++) z[at + r][q] = a[r][q];
}

static void forward(long rows) {
    for (long block = 0; block < BLOCKS; block++)
        for (long from = 0; from < NI; from += PIECE) {
            long to = MIN(from + PIECE, NI);
#define BODY(at, tile) hidden(at, block, from, to, tile)
            IN_TILES(rows, TILE, BODY)
#undef BODY
        }
    IN_TILES(rows, OUT_TILE, outputs)
}

/* Probabilities minus the right answer, over rows, in place of the outputs; the mean loss. */
static REAL surprise(long rows, const int64_t *labels, const int64_t *index) {
    REAL loss = 0;
    vec share = all(1 / (REAL)rows), lane, inside[OV];
    UNROLL for (int i = 0; i < LANES; i++) lane[i] = i;
    UNROLL for (int q = 0; q < OV; q++) inside[q] = (vec)(lane < (REAL)(NO - q * LANES));
    for (long r = 0; r < rows; r++) {
        vec top = z[r][0], total = {0};
        UNROLL for (int q = 1; q < OV; q++) top = larger(top, z[r][q]);
        REAL most = largest(top);
        loss += most - ((REAL *)z[r])[labels[index[r]]];
        UNROLL for (int q = 0; q < OV; q++) {
            z[r][q] = (vec)((ivec)exp_lanes(z[r][q] - most) & (ivec)inside[q]);
            total += z[r][q];
        }
        totals[r] = sum(total);
        vec scale = share / totals[r];
        UNROLL for (int q = 0; q < OV; q++) z[r][q] *= scale;
        ((REAL *)z[r])[labels[index[r]]] -= share[0];
    }
    for (long r = rows; r % LANES; r++) totals[r] = 1;
    vec logs = {0};
    for (long r = 0; r < rows; r += LANES) logs += log_lanes(*(vec *)(totals + r));
    return (loss + sum(logs)) / rows;
}

/* The hidden units' gradient. */
INLINE void hidden_gradient(long at, long block, const int rows) {
    vec a[TILE][WIDE];
    UNROLL for (int r = 0; r < rows; r++) UNROLL for (int q = 0; q < WIDE; q++) a[r][q] = (vec){0};
    for (long o = 0; o < NO; o++) {
        vec u[WIDE];
        UNROLL for (int q = 0; q < WIDE; q++) u[q] = back[block][o][q];
        UNROLL for (int r = 0; r < rows; r++) {
            vec b = all(((REAL *)z[at + r])[o]);
            UNROLL for (int q = 0; q < WIDE; q++) a[r][q] += b * u[q];
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int q = 0; q < WIDE; q++)
            d[block][at + r][q] = where_positive(h[at + r][block][q], a[r][q]);
}

/* Weights first[at..][block..]: their gradient over rows from..to, and after the last row Adam. */
INLINE void first_layer(long j, long at, long block, long from, long to, int end,
                        const adam_step *s, const int columns) {
    vec a[TILE][WIDE];
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int q = 0; q < WIDE; q++) a[c][q] = from ? g[at + c][q] : (vec){0};
    for (long r = from; r < to; r++) {
        const REAL *in = x[r] + j + at;
        vec u[WIDE];
        UNROLL for (int q = 0; q < WIDE; q++) u[q] = d[block][r][q];
        UNROLL for (int c = 0; c < columns; c++) {
            vec b = all(in[c]);
            UNROLL for (int q = 0; q < WIDE; q++) a[c][q] += b * u[q];
        }
    }
    UNROLL for (int c = 0; c < columns; c++) {
        long i = j + at + c;
        if (end)
            adam_two(w.first[block][i], m.first[block][i], v.first[block][i], a[c], s);
        else
            UNROLL for (int q = 0; q < WIDE; q++) g[at + c][q] = a[c][q];
    }
}

INLINE void second_layer(long at, long rows, const adam_step *s, const int columns) {
    vec a[TILE][OV];
    UNROLL for (int c = 0; c < columns; c++) UNROLL for (int q = 0; q < OV; q++) a[c][q] = (vec){0};
    for (long r = 0; r < rows; r++) {
        const REAL *in = (REAL *)h[r] + at;
        vec u[OV];
        UNROLL for (int q = 0; q < OV; q++) u[q] = z[r][q];
        UNROLL for (int c = 0; c < columns; c++) {
            vec b = all(in[c]);
            UNROLL for (int q = 0; q < OV; q++) a[c][q] += b * u[q];
        }
    }
    UNROLL for (int c = 0; c < columns; c++)
        UNROLL for (int q = 0; q < OV; q++)
            adam(&w.second[at + c][q], &m.second[at + c][q], &v.second[at + c][q], a[c][q], s);
}

#define NEURONS (WIDE * LANES)

static void turn_back(void) {
    for (long j = 0; j < NH; j++)
        UNROLL for (int o = 0; o < NO; o++)
            ((REAL *)back[j / NEURONS][o])[j % NEURONS] = ((REAL *)w.second[j])[o];
}

static void update(long rows, const adam_step *s) {
    for (long block = 0; block < BLOCKS; block++) {
#define BODY(at, tile) hidden_gradient(at, block, tile)
        IN_TILES(rows, TILE, BODY)
#undef BODY
    }
#define BODY(at, tile) second_layer(at, rows, s, tile)
    IN_TILES(NH, OUT_TILE, BODY)
#undef BODY
    for (int q = 0; q < OV; q++) {
        vec a = {0};
        for (long r = 0; r < rows; r++) a += z[r][q];
        adam(&w.bias2[q], &m.bias2[q], &v.bias2[q], a, s);
    }
    for (long block = 0; block < BLOCKS; block++)
        UNROLL for (int q = 0; q < WIDE; q++) {
            vec a = {0};
            for (long r = 0; r < rows; r++) a += d[block][r][q];
            adam(&w.bias1[block][q], &m.bias1[block][q], &v.bias1[block][q], a, s);
        }
    for (long j = 0; j < NI; j += PANEL)
        for (long block = 0; block < BLOCKS; block++)
            for (long from = 0; from < rows; from += PIECE) {
                long to = MIN(from + PIECE, rows), width = MIN(PANEL, NI - j);
                int end = to == rows;
#define BODY(at, tile) first_layer(j, at, block, from, to, end, s, tile)
                IN_TILES(width, TILE, BODY)
#undef BODY
            }
    turn_back();
}

/* p: for each neuron its weights, then its bias; towards 0: into the lanes, else out of them. */
static void exchange(REAL *p, int out) {
#define SWAP(lane, number)                                                                         \
    if (out)                                                                                       \
        number = lane;                                                                             \
    else                                                                                           \
        lane = number;
    for (long o = 0; o < NH; o++) {
        for (long j = 0; j < NI; j++) { 
            SWAP(((REAL *)w.first[o / NEURONS][j])[o % NEURONS], p[o * (NI + 1) + j])
         }
        SWAP(((REAL *)w.bias1)[o], p[o * (NI + 1) + NI])
    }
    p += NH * (NI + 1);
    for (long o = 0; o < NO; o++) {
        for (long j = 0; j < NH; j++) { SWAP(((REAL *)w.second[j])[o], p[o * (NH + 1) + j]) }
        SWAP(((REAL *)w.bias2)[o], p[o * (NH + 1) + NH])
    }
}

static void start(REAL *p) {
    memset(&w, 0, sizeof w), memset(&m, 0, sizeof m), memset(&v, 0, sizeof v);
    for (int o = NO; o < OV * LANES; o++) ((REAL *)w.bias2)[o] = -1e30; /* never the largest */
    exchange(p, 0);
    turn_back();
}

/* data: rows of NI; step k takes the rows index[starts[k] .. starts[k + 1]]. */
void train(REAL *restrict parameters, const REAL *restrict data, const int64_t *restrict labels,
           const int64_t *restrict index, const int64_t *restrict starts, long steps, double rate,
           double beta1, double beta2, double epsilon, double *restrict losses) {
    double power1 = 1, power2 = 1;
    start(parameters);
    for (long k = 0; k < steps; k++) {
        const int64_t *batch = index + starts[k];
        long rows = starts[k + 1] - starts[k];
        for (long r = 0; r < rows; r++) x[r] = data + batch[r] * NI;
        forward(rows);
        losses[k] = surprise(rows, labels, batch);
        power1 *= beta1, power2 *= beta2;
        adam_step s = adam_corrected(rate, beta1, beta2, epsilon, power1, power2);
        update(rows, &s);
    }
    exchange(parameters, 1);
}

/* out: NO raw outputs a row of NI. */
void predict(REAL *restrict parameters, const REAL *restrict data, long rows, REAL *restrict out) {
    start(parameters);
    for (long from = 0; from < rows; from += MAX_BATCH) {
        long n = MIN(MAX_BATCH, rows - from);
        for (long r = 0; r < n; r++) x[r] = data + (from + r) * NI;
        forward(n);
        for (long r = 0; r < n; r++) memcpy(out + (from + r) * NO, z[r], NO * sizeof(REAL));
    }
}
