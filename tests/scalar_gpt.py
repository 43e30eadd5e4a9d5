"""A GPT written in scalars, as a script that brings its own Value class would have it.

Linear maps, softmax, root-mean-square norm and attention over Python lists; the only thing asked
of a Value is arithmetic, `log`, `exp`, `relu`, `data`, `grad` and `backward`.
"""

import itertools
import math
import random


class OwnValue:
    """The class such a script carries: children, local gradients, a recursive order."""

    __slots__ = ("children", "data", "grad", "local")

    def __init__(self, data, children=(), local=()):
        self.data, self.grad, self.children, self.local = data, 0, children, local

    def __add__(self, other):
        other = other if isinstance(other, OwnValue) else OwnValue(other)
        return OwnValue(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, OwnValue) else OwnValue(other)
        return OwnValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, k):
        return OwnValue(self.data**k, (self,), (k * self.data ** (k - 1),))

    def log(self):
        return OwnValue(math.log(self.data), (self,), (1 / self.data,))

    def exp(self):
        y = math.exp(self.data)
        return OwnValue(y, (self,), (y,))

    def relu(self):
        return OwnValue(max(0, self.data), (self,), (float(self.data > 0),))

    def __neg__(self):
        return self * -1

    def __radd__(self, other):
        return self + other

    def __sub__(self, other):
        return self + (-other)

    def __rsub__(self, other):
        return -self + other

    def __rmul__(self, other):
        return self * other

    def __truediv__(self, other):
        return self * other**-1

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for child in v.children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1
        for v in reversed(order):
            for child, local in zip(v.children, v.local, strict=True):
                child.grad += local * v.grad


class GPT:
    """One layer; `loss(tokens)` is the mean surprise at each next token."""

    def __init__(self, Value, vocabulary=11, size=16, heads=4, context=8, seed=42):
        draw = random.Random(seed)

        def matrix(rows, columns, spread=0.08):
            return [[Value(draw.gauss(0, spread)) for _ in range(columns)] for _ in range(rows)]

        self.heads, self.size = heads, size
        self.tokens, self.places = matrix(vocabulary, size), matrix(context, size)
        self.query, self.key, self.value, self.out = (matrix(size, size) for _ in range(4))
        self.up, self.down = matrix(4 * size, size), matrix(size, 4 * size)
        self.head = matrix(vocabulary, size)
        parts = (self.tokens, self.places, self.query, self.key, self.value, self.out)
        self.parameters = [
            p for part in (*parts, self.up, self.down, self.head) for row in part for p in row
        ]

    def loss(self, tokens):
        keys, values, losses = [], [], []
        for place, (token, target) in enumerate(itertools.pairwise(tokens)):
            logits = self.step(token, place, keys, values)
            losses.append(-softmax(logits)[target].log())
        return (1 / len(losses)) * sum(losses)

    def step(self, token, place, keys, values):
        x = [t + p for t, p in zip(self.tokens[token], self.places[place], strict=True)]
        x = norm(x)
        before = x
        x = norm(x)
        q, k, v = (linear(x, w) for w in (self.query, self.key, self.value))
        keys.append(k)
        values.append(v)
        size = self.size // self.heads
        joined = []
        for h in range(0, self.size, size):
            scores = [sum(q[h + j] * key[h + j] for j in range(size)) / size**0.5 for key in keys]
            weights = softmax(scores)
            joined += [
                sum(w * value[h + j] for w, value in zip(weights, values, strict=True))
                for j in range(size)
            ]
        x = [a + b for a, b in zip(linear(joined, self.out), before, strict=True)]
        before = x
        x = [xi.relu() for xi in linear(norm(x), self.up)]
        x = [a + b for a, b in zip(linear(x, self.down), before, strict=True)]
        return linear(x, self.head)


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits):
    top = max(v.data for v in logits)
    exps = [(v - top).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def norm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]
