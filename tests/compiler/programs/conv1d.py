"""Two one-dimensional convolutions, the second with stride 2, a mean over places, softplus."""

from jangrad import softplus

LENGTH, CHANNELS, WIDTH = 16, 3, 4


def parameters(draw):
    """Filters and biases of both layers."""
    return {
        "first": draw((CHANNELS, WIDTH), 0.5),
        "b": draw((CHANNELS,), 0.1),
        "second": draw((CHANNELS, CHANNELS, WIDTH), 0.3),
        "c": draw((CHANNELS,), 0.1),
    }


def inputs(draw):
    """A signal."""
    return (draw((LENGTH,), 1.0),)


def loss(p, signal):
    first = [
        [
            (sum(p["first"][c][k] * signal[t + k] for k in range(WIDTH)) + p["b"][c]).leaky_relu(
                0.1
            )
            for t in range(LENGTH - WIDTH + 1)
        ]
        for c in range(CHANNELS)
    ]
    places = range(0, len(first[0]) - WIDTH + 1, 2)
    total = 0.0
    for o in range(CHANNELS):
        for t in places:
            y = p["c"][o]
            for c in range(CHANNELS):
                for k in range(WIDTH):
                    y = y + p["second"][o][c][k] * first[c][t + k]
            total = total + softplus(y)
    return total / (CHANNELS * len(places))


def in_torch(p, signal):
    from torch.nn import functional

    x = functional.conv1d(signal[None, None], p["first"][:, None], p["b"])
    x = functional.conv1d(functional.leaky_relu(x, 0.1), p["second"], p["c"], stride=2)
    return functional.softplus(x).mean()
