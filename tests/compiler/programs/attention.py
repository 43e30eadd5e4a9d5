"""One head of attention over a sequence, each place seeing itself and those before it."""

import math

from jangrad import softmax

PLACES, SIZE = 6, 4


def parameters(draw):
    """The matrices of queries, keys and values."""
    return {name: draw((SIZE, SIZE), 1 / math.sqrt(SIZE)) for name in ("query", "key", "value")}


def inputs(draw):
    """A sequence of vectors, and what each is to become."""
    return draw((PLACES, SIZE), 1.0), draw((PLACES, SIZE), 1.0)


def linear(w, x):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def loss(p, sequence, target):
    queries, keys, values = (
        [linear(p[name], x) for x in sequence] for name in ("query", "key", "value")
    )
    total = 0.0
    for t in range(PLACES):
        scores = [
            sum(q * k for q, k in zip(queries[t], keys[u], strict=True)) / math.sqrt(SIZE)
            for u in range(t + 1)
        ]
        weights = softmax(scores)
        for j in range(SIZE):
            out = sum(w * values[u][j] for u, w in enumerate(weights))
            total = total + (out - target[t][j]) ** 2
    return total / (PLACES * SIZE)


def in_torch(p, sequence, target):
    import torch

    q, k, v = (sequence @ p[name].T for name in ("query", "key", "value"))
    out = torch.nn.functional.scaled_dot_product_attention(
        q[None], k[None], v[None], is_causal=True
    )
    return torch.nn.functional.mse_loss(out[0], target)
