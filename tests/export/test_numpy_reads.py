"""What a good programmer would have written: the NumPy source of loops that everybody knows."""

import numpy as np
from tests.export.test_array_loops import agrees, body, dot, matrix

from jangrad import Value, exp, jit, log, maximum, minimum, relu, sigmoid, softmax, table, tanh
from jangrad.export import to_numpy


def numbers(*shape, seed=7):
    return np.random.default_rng(seed).normal(size=shape).tolist()


def parameters(count, seed):
    return matrix(1, count, seed)[0]


def windows(image, kernel):
    """Sums over a window that slides along both axes."""
    rows, columns = len(image) - len(kernel) + 1, len(image[0]) - len(kernel[0]) + 1
    found = []
    for i in range(rows):
        found.append([])
        for j in range(columns):
            total = 0.0
            for k, weights in enumerate(kernel):
                for m, w in enumerate(weights):
                    total = total + w * image[i + k][j + m]
            found[-1].append(total)
    return found


def test_windows_slide_along_two_axes():
    kernel = matrix(3, 2, 0)

    @jit
    def conv2d(image):
        return [[relu(total) for total in row] for row in windows(image, kernel)]

    conv2d(numbers(6, 7))
    assert body(to_numpy(conv2d)) == [
        "found = np.einsum('kr,ijkr->ij', kernel, sliding_window_view(image, (3, 2)))",
        "return np.maximum(found, 0)",
    ]


def test_pools_are_slices_and_rows_of_them_a_shape():
    """What is pooled lies in one list: it is computed over its axes, and read in a row."""
    kernel, W = matrix(3, 3, 0), matrix(2, 4, 1)

    @jit
    def loss(image):
        maps = [[relu(total) for total in row] for row in windows(image, kernel)]
        pooled = []
        for i in (0, 2):
            for j in (0, 2):
                upper = maximum(maps[i][j], maps[i][j + 1])
                lower = maximum(maps[i + 1][j], maps[i + 1][j + 1])
                pooled.append(maximum(upper, lower))
        return sum(dot(w, pooled) ** 2 for w in W)

    image = numbers(6, 6)
    loss(image)
    assert body(to_numpy(loss))[2:] == [
        "b = np.maximum(",
        "    np.maximum(maps[::2, ::2], maps[::2, 1::2]),",
        "    np.maximum(maps[1::2, ::2], maps[1::2, 1::2]),",
        ")",
        "total = W @ b.reshape(4)",
        "return (total ** 2).sum()",
    ]
    agrees(loss, image)


def test_a_layer_norm_has_its_mean_and_its_variance():
    """Under their names, though each row binds them anew; gradients need no more arrays."""
    gain, shift = parameters(3, 0), parameters(3, 1)

    @jit
    def loss(X):
        total = 0.0
        for x in X:
            mean = sum(x) / len(x)
            variance = sum((xi - mean) ** 2 for xi in x) / len(x)
            root = (variance + 1e-5) ** 0.5
            for xi, g, b in zip(x, gain, shift, strict=True):
                total = total + ((xi - mean) / root * g + b) ** 2
        return total / len(X)

    X = numbers(4, 3)
    loss(X)
    assert body(to_numpy(loss, gradient=True)) == [
        "mean = X.mean(axis=-1)",
        "h1 = X - mean[:, None]",
        "variance = (h1 ** 2).mean(axis=-1)",
        "root = (variance + 1e-05) ** 0.5",
        "h2 = h1 / root[:, None]",
        "h3 = gain * h2 + shift",
        "total = (h3 ** 2).sum()",
        "result = total / 4",
        "dh3 = 2 * h3 / 4",
        "dgain = (dh3 * h2).sum(axis=0)",
        "dshift = dh3.sum(axis=0)",
        "return result, {'gain': dgain, 'shift': dshift}",
    ]
    agrees(loss, X)


def test_a_penalty_is_a_number_in_the_gradient():
    """Numbers that are paid come together, and are no lines of their own."""
    W, b = matrix(1, 2, 0), parameters(1, 1)

    @jit
    def loss(X, y):
        total = 0.0
        for x, target in zip(X, y, strict=True):
            total = total + (tanh(dot(W[0], x) + b[0]) - target) ** 2
        return total / len(X) + 0.5 * 1e-3 * sum(w**2 for w in W[0])

    X, y = numbers(4, 2), numbers(4)
    loss(X, y)
    assert body(to_numpy(loss, gradient=True))[-5:] == [
        "dh2 = 2 * h2 / 4",
        "dz1 = dh2 * (1 - h1 * h1)",
        "dW = (0.001 * W[0] + dz1 @ X)[None]",
        "db = np.array([dz1.sum()])",
        "return result, {'W': dW, 'b': db}",
    ]
    agrees(loss, X, y)


def test_rows_that_are_picked_are_paid_as_rows():
    rows, W = matrix(5, 3, 0), matrix(4, 3, 1)

    @jit
    def loss(word, label):
        logits = [dot(w, table(rows)[word]) for w in W]
        return log(sum(exp(logit) for logit in logits)) - table(logits)[label]

    loss.map([1, 2, 1], [0, 3, 2])
    lines = body(to_numpy(loss, gradient=True))
    assert "np.add.at(drows, word, db)" in lines
    assert "dlogits = de[:, None] * e" in lines
    assert not any("broadcast_to" in line for line in lines)


def test_what_is_hidden_from_a_softmax_is_infinitely_small():
    """Scores are masked once; no sum, maximum or product behind them needs the mask."""
    query = matrix(2, 2, 0)

    @jit
    def attention(x):
        total = 0.0
        for t, q in enumerate([dot(w, row) for w in query] for row in x):
            weights = softmax([dot(q, row) for row in x[: t + 1]])
            for j in range(2):
                total = total + sum(w * row[j] for w, row in zip(weights, x, strict=False)) ** 2
        return total

    x = numbers(5, 2)
    attention(x)
    lines = body(to_numpy(attention))
    assert sum("mask" in line for line in lines) == 1
    assert lines[2:6] == [
        "top = total.max(axis=0)",
        "e = np.exp(total - top)",
        "total1 = e.sum(axis=0)",
        "weights = e / total1",
    ]
    agrees(attention, x)
    agrees(attention, [[a * 300.0 for a in row] for row in x])


def test_scores_that_something_else_reads_are_masked_where_they_are_used():
    """A sum of the scores would be -inf."""
    query = parameters(1, 0)

    @jit
    def attention(x):
        total = 0.0
        for t in range(len(x)):
            scores = [query[0] * x[t] * x[u] for u in range(t + 1)]
            total = total + dot(softmax(scores), x[: t + 1]) + 0.1 * sum(scores)
        return total

    x = numbers(4)
    attention(x)
    assert "-np.inf)" not in to_numpy(attention).replace("initial=-np.inf)", "")
    agrees(attention, x)


def test_comparisons_one_after_the_other_are_the_smallest():
    centres = matrix(3, 2, 0)

    @jit
    def distance(points):
        total = 0.0
        for p in points:
            ds = [sum((a - b) ** 2 for a, b in zip(p, c, strict=True)) for c in centres]
            nearest = ds[0]
            for d in ds[1:]:
                nearest = minimum(nearest, d)
            total = total + nearest
        return total

    points = numbers(6, 2)
    distance(points)
    assert body(to_numpy(distance)) == [
        "ds = ((points[:, None] - centres) ** 2).sum(axis=-1)",
        "return ds.min(axis=-1).sum()",
    ]
    agrees(distance, points)


def test_gates_are_calls_of_a_sigmoid():
    """Of several; one alone stands as it is."""
    W = matrix(6, 2, 0)

    @jit
    def gated(x):
        a = [dot(w, x) for w in W]
        return [
            sigmoid(u) * tanh(v) * sigmoid(w) for u, v, w in zip(a[:2], a[2:4], a[4:], strict=True)
        ]

    gated(numbers(2))
    source = to_numpy(gated)
    assert "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n" in source
    assert body(source[source.index("def gated") :])[-1] == (
        "return sigmoid(a[:2]) * np.tanh(a[2:4]) * sigmoid(a[4:])"
    )

    @jit
    def single(x):
        return sigmoid(dot(W[0], x))

    single(numbers(2))
    assert body(to_numpy(single)) == ["return 1 / (1 + np.exp(-(W[0] @ x)))"]


def test_places_that_are_nothing_are_not_written():
    """But a zero with a sign is."""
    w = Value(2.0)

    @jit
    def corner(x):
        return [[w * x, 0.0], [0.0, exp(x)]]

    corner(1.5)
    assert not any(line.endswith("= 0") for line in body(to_numpy(corner)))

    @jit
    def signed(x):
        return [[w * x, -0.0], [-0.0, exp(x)]]

    signed(1.5)
    assert sum("= -0.0" in line for line in body(to_numpy(signed))) == 1
