"""A layer whose units are normalised over the batch, then a logistic loss."""

from jangrad import softplus

ROWS, INPUTS, UNITS, EPSILON = 12, 3, 5, 1e-5


def parameters(draw):
    """The layer, the scale and shift after the norm, and the weights of the output."""
    return {
        "W": draw((UNITS, INPUTS), 1.0),
        "scale": draw((UNITS,), 1.0),
        "shift": draw((UNITS,), 0.5),
        "out": draw((UNITS,), 1.0),
    }


def inputs(draw):
    """A batch of rows, and numbers whose signs are the classes."""
    return draw((ROWS, INPUTS), 1.0), draw((ROWS,), 1.0)


def loss(p, X, y):
    units = [[sum(w * xi for w, xi in zip(row, x, strict=True)) for x in X] for row in p["W"]]
    normed = []
    for column, scale, shift in zip(units, p["scale"], p["shift"], strict=True):
        mean = sum(column) / ROWS
        variance = sum((u - mean) ** 2 for u in column) / ROWS
        root = (variance + EPSILON).sqrt()
        normed.append([((u - mean) / root * scale + shift).relu() for u in column])
    total = 0.0
    for i in range(ROWS):
        out = sum(w * column[i] for w, column in zip(p["out"], normed, strict=True))
        total = total + softplus(-y[i] * out)
    return total / ROWS


def in_torch(p, X, y):
    from torch.nn import functional

    units = X @ p["W"].T
    normed = functional.batch_norm(
        units, None, None, p["scale"], p["shift"], training=True, eps=EPSILON
    )
    return functional.softplus(-y * (normed.relu() @ p["out"])).mean()
