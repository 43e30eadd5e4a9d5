"""A GPT in scalars: letters come in as integers, which look up rows of Values.

The network of `tests/scalar_gpt.py`, with what a compiler needs: no number is read while it runs.
"""

import math
import random

from jangrad import Value, log_softmax, softmax, table


class GPT:
    """One layer; `loss(tokens)` is the mean surprise at each next token."""

    def __init__(self, vocabulary=27, size=16, heads=4, context=16, seed=42):
        draw = random.Random(seed)

        def matrix(rows, columns):
            return [[Value(draw.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.heads, self.size = heads, size
        self.tokens, self.places = matrix(vocabulary, size), matrix(context, size)
        self.query, self.key, self.value, self.out = (matrix(size, size) for _ in range(4))
        self.up, self.down = matrix(4 * size, size), matrix(size, 4 * size)
        self.head = matrix(vocabulary, size)

    def matrices(self):
        """In the order of `parameters`."""
        attention = (self.query, self.key, self.value, self.out)
        return [self.tokens, self.places, *attention, self.up, self.down, self.head]

    @property
    def parameters(self):
        """All Values, row by row."""
        return [p for matrix in self.matrices() for row in matrix for p in row]

    def loss(self, tokens):
        keys, values, total = [], [], 0.0
        count = len(tokens) - 1
        for place in range(count):
            row = table(self.tokens)[tokens[place]]
            x = [t + p for t, p in zip(row, self.places[place], strict=True)]
            logits = self.step(x, keys, values)
            total = total - table(log_softmax(logits))[tokens[place + 1]]
        return total / count

    def step(self, x, keys, values):
        x = before = norm(x)
        x = norm(x)
        q = linear(x, self.query)
        keys.append(linear(x, self.key))
        values.append(linear(x, self.value))
        width = self.size // self.heads
        joined = []
        for h in range(0, self.size, width):
            scores = [
                sum(q[h + j] * key[h + j] for j in range(width)) / math.sqrt(width) for key in keys
            ]
            weights = softmax(scores)
            for j in range(width):
                joined.append(sum(w * v[h + j] for w, v in zip(weights, values, strict=True)))
        x = before = [a + b for a, b in zip(linear(joined, self.out), before, strict=True)]
        x = [xi.relu() for xi in linear(norm(x), self.up)]
        x = [a + b for a, b in zip(linear(x, self.down), before, strict=True)]
        return linear(x, self.head)


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def norm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def in_torch(matrices, tokens, heads=4):
    """The same loss from tensors, in the order of `GPT.matrices`."""
    import torch

    letters, places, query, key, value, out, up, down, head = matrices
    count, size = len(tokens) - 1, letters.shape[1]

    def torch_norm(x):
        return x * (x.square().mean(1, keepdim=True) + 1e-5).rsqrt()

    before = torch_norm(letters[tokens[:-1]] + places[:count])
    x = torch_norm(before)
    q, k, v = (
        (x @ w.T).view(count, heads, size // heads).transpose(0, 1) for w in (query, key, value)
    )
    scores = q @ k.transpose(1, 2) / math.sqrt(size // heads)
    later = torch.ones(count, count, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(later, -math.inf).softmax(-1)
    before = (weights @ v).transpose(0, 1).reshape(count, size) @ out.T + before
    x = (torch_norm(before) @ up.T).relu() @ down.T + before
    return torch.nn.functional.cross_entropy(x @ head.T, tokens[1:])
