"""A recurrent network over 20 steps: h = tanh(W x + U h + b), squared error at the end."""

import math

STEPS, INPUTS, HIDDEN = 20, 3, 6


def parameters(draw):
    """W, U, b and the weights that read the last h out."""
    return {
        "W": draw((HIDDEN, INPUTS), 1 / math.sqrt(INPUTS)),
        "U": draw((HIDDEN, HIDDEN), 1 / math.sqrt(HIDDEN)),
        "b": draw((HIDDEN,), 0.1),
        "out": draw((HIDDEN,), 1 / math.sqrt(HIDDEN)),
    }


def inputs(draw):
    """A sequence and what it ends in."""
    return draw((STEPS, INPUTS), 1.0), draw((1,), 1.0)


def loss(p, sequence, target):
    h = [0.0] * HIDDEN
    for x in sequence:
        h = [
            (
                sum(w * xi for w, xi in zip(p["W"][i], x, strict=True))
                + sum(u * hj for u, hj in zip(p["U"][i], h, strict=True))
                + p["b"][i]
            ).tanh()
            for i in range(HIDDEN)
        ]
    out = sum(w * hi for w, hi in zip(p["out"], h, strict=True))
    return (out - target[0]) ** 2


def in_torch(p, sequence, target):
    h = sequence.new_zeros(HIDDEN)
    for x in sequence:
        h = (p["W"] @ x + p["U"] @ h + p["b"]).tanh()
    return (p["out"] @ h - target[0]) ** 2
