/* Adam for registers of parameters: Kingma and Ba (2015), Algorithm 1. */
#pragma once

typedef struct {
    REAL beta1, beta2, rate, root2, epsilon; /* rate and root2 with this step's corrections */
} adam_step;

INLINE adam_step adam_corrected(double rate, double beta1, double beta2, double epsilon,
                                double power1, double power2) {
    return (adam_step){beta1, beta2, rate / (1 - power1), sqrt(1 / (1 - power2)), epsilon};
}

/* The move's two parts, and the moments that go on. */
INLINE void adam_moments(vec *mean, vec *square, vec grad, const adam_step *s, vec *above, vec *below) {
    vec a = *mean * s->beta1 + grad * (1 - s->beta1);
    vec b = *square * s->beta2 + grad * grad * (1 - s->beta2);
    *mean = a;
    *square = b;
    *above = s->rate * a;
    *below = root(b) * s->root2 + s->epsilon;
}

INLINE void adam(vec *p, vec *mean, vec *square, vec grad, const adam_step *s) {
    vec above, below;
    adam_moments(mean, square, grad, s, &above, &below);
    *p -= above / below;
}

/* Two registers with one division: a / b = a d (1 / (b d)). */
INLINE void adam_two(vec *p, vec *mean, vec *square, const vec *grad, const adam_step *s) {
    vec a, b, c, d;
    adam_moments(mean, square, grad[0], s, &a, &b);
    adam_moments(mean + 1, square + 1, grad[1], s, &c, &d);
    vec by = 1 / (b * d);
    p[0] -= a * d * by;
    p[1] -= c * b * by;
}
