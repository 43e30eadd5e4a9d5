"""Recurrences as loops in NumPy source and for JAX: what they look like, and their numbers."""

import numpy as np
import pytest
from tests.export.test_array_programs import close, engine, run

from jangrad import (
    Value,
    jit,
    logsumexp,
    maximum,
    sigmoid,
    softmax,
    sqrt,
    table,
    tanh,
    where,
)
from jangrad.export import to_jax, to_numpy
from jangrad.export.vectorised.exported import exported


def matrix(rows, columns, seed):
    return [
        [Value(float(x)) for x in row]
        for row in np.random.default_rng(seed).normal(0.0, 0.5, (rows, columns))
    ]


def body(source):
    """The lines of the function, without its docstring."""
    lines = source[source.index("def ") :].splitlines()[2:]
    return [line[4:] for line in lines]


def agrees(f, *arguments):
    """Value and gradient are the engine's, in NumPy and in JAX."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    value, slopes, by_path = engine(f, arguments)
    assert abs(run(to_numpy(f), arguments) - value) <= 1e-12 * max(1.0, abs(value))
    found, gradient = run(to_numpy(f, gradient=True), arguments)
    assert abs(found - value) <= 1e-12 * max(1.0, abs(value))
    close(gradient, slopes)
    pure = to_jax(f)
    inputs = [np.array(x) for x in arguments]
    found, gradient = jax.value_and_grad(pure)(pure.parameters, *inputs)
    assert abs(float(found) - value) <= 1e-12 * max(1.0, abs(value))
    close({path: np.asarray(x) for path, x in gradient.items()}, by_path)


W, U, out = matrix(3, 2, 0), matrix(3, 3, 1), [Value(0.5), Value(-1.0), Value(0.25)]


def dot(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


@jit
def recurrent(sequence):
    h = [0.0] * 3
    total = 0.0
    for x in sequence:
        h = [tanh(dot(w, x) + dot(u, h)) for w, u in zip(W, U, strict=True)]
        total = total + dot(out, h)
    return total


SEQUENCE = np.random.default_rng(2).normal(size=(5, 2)).tolist()


def test_a_recurrence_is_a_loop_and_what_it_gives_is_summed_behind_it():
    """Of all steps at once; the gradient goes back, and parameters are paid behind it."""
    recurrent(SEQUENCE)
    assert body(to_numpy(recurrent)) == [
        "h = np.zeros((6, 3))",
        "for t in range(5):",
        "    h[t + 1] = np.tanh(U @ h[t] + W @ sequence[t])",
        "return (h[1:] @ out).sum()",
    ]
    assert body(to_numpy(recurrent, gradient=True))[-8:] == [
        "dz_h = np.zeros((5, 3))",
        "for t in reversed(range(5)):",
        "    dz_h[t] = dh[t + 1] * (1 - h[t + 1] * h[t + 1])",
        "    dh[t] += dz_h[t] @ U",
        "dW = dz_h.T @ sequence",
        "dU = dz_h.T @ h[:5]",
        "dout = h[1:].sum(axis=0)",
        "return result, {'W': dW, 'U': dU, 'out': dout}",
    ]
    agrees(recurrent, SEQUENCE)


def test_rows_stand_in_front_of_steps():
    """Of a map."""
    batch = np.random.default_rng(3).normal(size=(4, 5, 2))
    expected = recurrent.map(batch.tolist())
    source = to_numpy(recurrent)
    assert "    h[:, t + 1] = np.tanh(h[:, t] @ U.T + sequence[:, t] @ W.T)" in body(source)
    np.testing.assert_allclose(run(source, [batch]), expected, rtol=1e-12)
    _, slopes = run(to_numpy(recurrent, gradient=True), [batch])
    total = sum(recurrent.function(row.tolist()) for row in batch) / 4.0
    total.backtrack()
    for group in exported(recurrent).groups:
        expected = np.reshape([v.grad for v in group.values.flat], group.values.shape)
        np.testing.assert_allclose(slopes[group.name], expected, rtol=1e-11, atol=1e-14)


def test_of_which_the_last_step_is_enough_is_a_variable():
    """Two states, one of which is made of the new one."""
    k, m = Value(1.5), Value(0.25)

    @jit
    def energy(x, v):
        for _ in range(30):
            v = v - 0.1 * (k * x + m * v)
            x = x + 0.1 * v
        return x * x + v * v

    energy(1.0, 0.5)
    lines = body(to_numpy(energy))
    assert lines == [
        "for t in range(30):",
        "    v = v - 0.1 * (k * x + m * v)",
        "    x = 0.1 * v + x",
        "return x * x + v * v",
    ]
    assert "jax.lax.fori_loop(0, 30, step" in to_jax(energy).source
    agrees(energy, 1.0, 0.5)


def test_layers_that_are_alike_are_steps():
    """Their matrices lie in one array, which the step picks from."""
    layers = [matrix(3, 3, seed) for seed in range(4)]

    @jit
    def deep(x):
        for layer in layers:
            x = [tanh(dot(row, x)) for row in layer]
        return sum(x)

    deep([1.0, -0.5, 0.25])
    assert "    x = np.tanh(layers[t] @ x)" in body(to_numpy(deep))
    agrees(deep, [1.0, -0.5, 0.25])


def test_steps_may_go_back_through_what_they_read():
    """Horner's rule: the coefficients from the last to the first."""
    coefficients = [Value(x) for x in (1.0, -2.0, 0.5, 3.0, 0.25)]

    @jit
    def polynomial(x):
        total = coefficients[-1]
        for c in reversed(coefficients[:-1]):
            total = total * x + c
        return total

    polynomial(0.7)
    assert "    total = total * x + coefficients[3 - t]" in body(to_numpy(polynomial))
    agrees(polynomial, 0.7)


def test_a_window_moves_with_the_step():
    """A slice that begins at the step."""
    kernel = [Value(0.5), Value(-0.25), Value(0.125)]

    @jit
    def filtered(signal):
        h = 0.0
        for t in range(6):
            h = tanh(h + dot(kernel, signal[t : t + 3]))
        return h

    filtered([0.1 * t for t in range(8)])
    agrees(filtered, [0.1 * t for t in range(8)])


def test_what_needs_two_steps_before_is_right_too():
    """Fibonacci's way: no loop, or one; the numbers count."""
    a, b = Value(0.9), Value(-0.4)

    @jit
    def second_order(x, y):
        for _ in range(8):
            x, y = y, a * y + b * x
        return y

    second_order(1.0, 0.5)
    agrees(second_order, 1.0, 0.5)


def test_no_gradient_is_nan_for_numbers_that_nobody_reads():
    """Distances of pairs: the square of them has zeros in its diagonal."""
    strength = Value(0.5)

    @jit
    def energy(X):
        total = 0.0
        for i in range(len(X)):
            for j in range(i + 1, len(X)):
                r = sqrt(sum((a - b) ** 2 for a, b in zip(X[i], X[j], strict=True)))
                total = total + strength / r
        return total

    X = np.random.default_rng(4).normal(size=(5, 3)).tolist()
    energy(X)
    agrees(energy, X)


def test_no_gradient_is_nan_for_what_a_mask_hides():
    """Attention to what came before, where what comes later has a far larger score."""
    scale = Value(1.0)

    @jit
    def attention(x):
        total = 0.0
        for t in range(len(x)):
            weights = softmax([scale * x[t] * x[u] for u in range(t + 1)])
            total = total + sum(w * x[u] for u, w in enumerate(weights))
        return total

    x = [1.0, 2.0, 3.0, 1000.0]
    attention(x)
    agrees(attention, x)


def test_gates_on_sums_are_a_loop():
    """The first step multiplies two sums of which one is zeros: each is paired with its like.

    Names are the user's: `n` is no number of rows, and `t` no step.
    """
    many = [matrix(3, width, seed) for seed, width in enumerate((2, 3, 2, 3, 2, 3))]
    Wz, Uz, Wr, Ur, Wn, Un = many

    def gru(xs):
        h = [0.0] * 3
        for x in xs:
            z = [sigmoid(dot(Wz[i], x) + dot(Uz[i], h)) for i in range(3)]
            r = [sigmoid(dot(Wr[i], x) + dot(Ur[i], h)) for i in range(3)]
            t = [ri * hi for ri, hi in zip(r, h, strict=True)]
            n = [tanh(dot(Wn[i], x) + dot(Un[i], t)) for i in range(3)]
            h = [(1 - z[i]) * h[i] + z[i] * n[i] for i in range(3)]
        return h

    X = np.random.default_rng(0).normal(size=(4, 6, 2))
    compiled = jit(gru)
    compiled.map(X)
    source = to_numpy(compiled)
    assert body(source)[-8:] == [
        "h = np.zeros((n, 3))",
        "for step in range(6):",
        "    z = sigmoid(h @ Uz.T + x[:, step] @ Wz.T)",
        "    r = sigmoid(h @ Ur.T + x[:, step] @ Wr.T)",
        "    t = h * r",
        "    n1 = np.tanh(t @ Un.T + x[:, step] @ Wn.T)",
        "    h = h * (1 - z) + z * n1",
        "return h",
    ]
    expected = [[h.data for h in gru(row)] for row in X.tolist()]
    np.testing.assert_allclose(run(source, [X]), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["t", "n", "np", "step", "len"])
def test_variables_may_be_called_as_the_source_calls_its_own(name):
    """Arguments, parameters and variables of the user's."""
    made = {
        "w": [Value(0.1 * i) for i in range(6)],
        "tanh": tanh,
        "dot": dot,
    }
    exec(
        f"def f(xs, {name}):\n    total = 0.0\n    out = []\n"
        f"    for x in xs:\n        total = tanh(total * w[1] + x * {name})\n"
        f"        out.append(total)\n    return out\n"
        f"def g(xs):\n    {name} = 0.0\n    out = []\n"
        f"    for x in xs:\n        {name} = {name} + x * w[2]\n        out.append({name})\n"
        "    return out\n",
        made,
    )
    X = np.random.default_rng(0).normal(size=(3, 6))
    for f, given in ((made["f"], [X, X[:, 0]]), (made["g"], [X])):
        compiled = jit(f)
        compiled.map(*given)
        expected = [
            [v.data for v in f(*row)] for row in zip(*(x.tolist() for x in given), strict=True)
        ]
        np.testing.assert_allclose(run(to_numpy(compiled), given), expected, rtol=1e-12)


def test_what_reads_the_first_step_has_rows_where_later_steps_have_them():
    """The first step of `calm` reads zeros alone, all others a state that rows have."""
    many = [matrix(3, 3, seed) for seed in range(7)]

    def f(xs):
        calm, state, mood = [0.0] * 3, [0.0] * 3, 1.0
        for t in range(7):
            old, rows = calm, many[t]
            calm = [maximum(tanh(dot(rows[i], state)), 0.5 * old[i]) for i in range(3)]
            mood = where(logsumexp(calm) > 0.25, tanh(0.1 * t), 0.5 * mood)
            state = [sigmoid(dot(rows[i], calm)) + tanh(dot(W[i], xs[t])) for i in range(3)]
        return sum(state) + mood

    X = np.random.default_rng(0).normal(size=(5, 7, 2))
    compiled = jit(f)
    compiled.map(X)
    source = to_numpy(compiled)
    assert "for t in range(" in source
    np.testing.assert_allclose(run(source, [X]), [f(row).data for row in X.tolist()], rtol=1e-12)


def test_windows_of_the_first_axis():
    """A convolution along time over channels that stand behind it."""
    kernel = matrix(3, 2, 5)

    @jit
    def conv(signal):
        total = 0.0
        for t in range(6):
            inner = sum(kernel[k][c] * signal[t + k][c] for k in range(3) for c in range(2))
            total = total + tanh(inner)
        return total

    signal = np.random.default_rng(6).normal(size=(8, 2)).tolist()
    conv(signal)
    agrees(conv, signal)


def test_a_loop_of_which_another_reads_another_number_of_steps_is_right():
    """Each is a loop by itself, but together their steps would not read the same."""

    @jit
    def coupled(signal):
        v, u = 0.0, 1.0
        for t in range(7):
            v = (signal[6 - t] * out[1]).sigmoid() + 0.25 * v
            u = tanh(v * v) * out[2] + 0.5 * u
        return out[0] * (v + u)

    signal = [0.1, 0.4, -0.3, 0.9, 0.2, 0.5, 0.6]
    coupled(signal)
    agrees(coupled, signal)


def test_places_of_columns_in_two_are_not_compared_where_they_are_tables():
    """An axis of two, beside a row that an integer picks and sums over a triangle."""
    w = [Value(x) for x in (1.22, -0.708, 0.522, -0.24, -0.642, 1.457)]

    @jit
    def f(x, i):
        first = (w * 3)[::2][0]
        squares = [a * a + a * a for a in w]
        picked = table([a * squares[0] for a in squares])[i]
        long = squares[::2] * 2
        seen = (squares * 3)[::2]
        running = [
            sum(p * b for p, b in zip(softmax(long[: k + 1]), seen, strict=False))
            for k in range(len(long))
        ]
        rows = [sum(a * b for a, b in zip(row, seen, strict=False)) for row in x]
        turned = [a * b / (1 + a * a) for a, b in zip(squares[1:] + squares[:1], long, strict=True)]
        parts = [*rows, *turned, *running, picked, first]
        return sum(a * (0.5 + 0.25 * k) for k, a in enumerate(parts))

    x = np.random.default_rng(7).normal(size=(8, 6)).tolist()
    f(x, 0)
    agrees(f, x, 0)


def test_what_steps_pay_to_the_same_places_is_added():
    """Each state is read twice by the next, of a table of places."""
    E, scale = matrix(4, 3, 8), Value(0.5)

    @jit
    def twice(ids, start):
        h, g, total = [start] * 3, [start] * 3, 1.0
        for i in ids:
            h = [0.5 * g[k] + 0.25 * table(E)[i][k] for k in range(3)]
            g = [0.5 * h[k] + 0.25 * g[k - 1] for k in range(3)]
            total = total * (0.5 + 0.25 * tanh(sum(g)))
        return scale * total

    twice([1, 3, 0, 2], 0.5)
    assert "np.add.at(" in to_numpy(twice, gradient=True)
    agrees(twice, [1, 3, 0, 2], 0.5)


def test_a_gradient_that_steps_add_to_has_memory_of_its_own():
    """Not a view of the sum that is paid to all steps."""
    scale = Value(0.5)

    @jit
    def paid(xs, start):
        h, g, total = [0.0] * 3, [start] * 3, 1.0
        for x in xs:
            h = [tanh(dot(w, x)) + 0.5 * a for w, a in zip(W, g, strict=True)]
            g = [tanh(dot(u, h[::-1])) * a for u, a in zip(U, g, strict=True)]
            total = total * (0.5 + 0.25 * (-sum(h) * sum(h)).exp())
        return scale * total

    paid(SEQUENCE, 0.5)
    agrees(paid, SEQUENCE, 0.5)
