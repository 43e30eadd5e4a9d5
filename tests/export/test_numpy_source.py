"""NumPy source: the page of examples, what it says of shapes and names, and what is refused."""

import itertools
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jangrad import MLP, Value, grad, jit, log_softmax, relu, table, where
from jangrad.compiler import Compiled
from jangrad.errors import ConfigError, ShapeError
from jangrad.export import to_numpy

PAGE = Path(__file__).parents[2] / "docs" / "arrays.md"
TITLES = re.findall(r"(?m)^## (.*)$", PAGE.read_text(encoding="utf-8"))
EXAMPLES = re.findall(
    r"(?s)## ([^\n]*)\n[^#]*?<td>\n\n```python\n(.*?)\n```\n\n</td><td>\n\n```python\n(.*?)\n```",
    PAGE.read_text(encoding="utf-8"),
)


def run(source, *arguments, **parameters):
    space = {}
    exec(compile(source, "exported.py", "exec"), space)
    return space[source.name](*arguments, **{**source.parameters, **parameters})


def compiled_in(code):
    """The compiled function that an example makes, and what its last line has called it with."""
    calls = []

    def seen(frame, event, given):
        if event == "call" and frame.f_code.co_name in ("__call__", "map"):
            local = frame.f_locals
            if isinstance(local.get("self"), Compiled) and not calls:
                calls.append(local.get("arguments") or local.get("batches"))

    space = {}
    *head, last = code.rsplit("\n", 1)
    exec(compile(head[0], "example.py", "exec"), space)
    sys.setprofile(seen)
    try:
        exec(compile(last, "example.py", "exec"), space)
    finally:
        sys.setprofile(None)
    (f,) = (x for x in space.values() if isinstance(x, Compiled))
    return f, calls[0], "map" if ".map(" in last else "call"


@pytest.mark.parametrize(("title", "loops", "arrays"), EXAMPLES, ids=[e[0] for e in EXAMPLES])
def test_the_page_shows_what_is_made_of_its_loops(title, loops, arrays):
    """Left and right, and both give the same numbers."""
    f, arguments, how = compiled_in(loops)
    source = to_numpy(f)
    assert source.strip() == arrays.strip()
    expected = f.map(*arguments) if how == "map" else f(*arguments)
    found = run(source, *map(np.array, arguments))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_the_page_has_six_examples_and_a_gradient():
    """MLP, cross-entropy, convolution, attention, batch norm, RNN; the second backwards."""
    assert len(EXAMPLES) == 6
    (shown,) = re.findall(r"(?s)## The gradient, too.*?```python\n(.*?)\n```", PAGE.read_text())
    f, _, _ = compiled_in(EXAMPLES[1][1])
    assert to_numpy(f, gradient=True).strip() == shown.strip()


def test_a_network_is_what_one_writes_by_hand():
    """Its layers under the usual names, rows in front."""
    net = MLP(3, [4, 4, 1], "relu", seed=1)
    source = to_numpy(net)
    assert source.splitlines()[5:] == [
        "    h1 = np.maximum(x @ W1.T + b1, 0)",
        "    h2 = np.maximum(h1 @ W2.T + b2, 0)",
        "    return h2 @ W3.T + b3",
    ]
    X = np.random.default_rng(0).normal(size=(7, 3))
    np.testing.assert_allclose(run(source, X), net.predict(X), rtol=1e-12, atol=1e-14)
    assert {k: v.shape for k, v in source.parameters.items()}["W2"] == (4, 4)


@pytest.mark.parametrize(
    "activation", ["tanh", "sigmoid", "gelu", "silu", "elu", "prelu", "softplus"]
)
def test_networks_of_every_activation(activation):
    """Forwards and backwards, the gradient against the engine's."""
    net = MLP(2, [5, 3, 2], activation, seed=2)
    X = np.random.default_rng(1).normal(size=(6, 2))
    Y = np.random.default_rng(2).normal(size=(6, 2))
    np.testing.assert_allclose(run(to_numpy(net), X), net.predict(X), rtol=1e-12, atol=1e-13)
    loss = jit(lambda x, y: sum((o - t) ** 2 for o, t in zip(net(x), y, strict=True)))
    loss.map(X, Y)
    value, slopes = run(to_numpy(loss, gradient=True), X, Y)
    total = sum((loss.function(x.tolist(), y.tolist()) for x, y in zip(X, Y, strict=True)), 0.0) / 6
    total.backtrack()
    assert abs(value - total.data) < 1e-12
    layer = net.layers[1].neurons
    expected = [[w.grad for w in neuron.weights] for neuron in layer]
    np.testing.assert_allclose(slopes["W2"], expected, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(slopes["b2"], [n.bias.grad for n in layer], rtol=1e-11, atol=1e-13)


def test_it_runs_without_jangrad(tmp_path):
    """In a process that cannot import it, with the parameters from a file."""
    net = MLP(3, [4, 1], "gelu", seed=0)
    source = to_numpy(net)
    np.savez(tmp_path / "numbers.npz", **source.parameters)
    code = (
        "import sys\nsys.modules['jangrad'] = None\n"
        + source
        + f"print(mlp(np.eye(3), **np.load({str(tmp_path / 'numbers.npz')!r})).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found = np.array(eval(done.stdout))
    np.testing.assert_allclose(found, net.predict(np.eye(3)), rtol=1e-13)


def test_nothing_of_the_machine_is_in_it():
    """The same function gives the same text, without paths."""
    net = MLP(3, [4, 1], seed=0)
    assert to_numpy(net) == to_numpy(net)
    assert "/" not in to_numpy(net)


def test_results_are_nested_as_the_function_nests_them():
    """In dicts and tuples, lists of several lengths as lists."""
    f = jit(lambda x: {"a": x[0] * 2.0, "b": (x, [x[0] + x[1]])})
    f([1.0, 2.0])
    found = run(to_numpy(f), np.array([1.0, 2.0]))
    assert found["a"] == 2.0
    assert found["b"][0].tolist() == [1.0, 2.0]
    assert found["b"][1].tolist() == [3.0]


def test_arguments_in_dicts_are_taken_apart():
    """Under their keys, as names."""
    f = jit(lambda p, x: sum(w * xi for w, xi in zip(p["w"], x, strict=True)) + p["an offset"])
    p = {"w": [1.0, 2.0], "an offset": 0.5}
    expected = f(p, [3.0, 4.0])
    source = to_numpy(f)
    assert "w = p['w']" in source
    assert "p_an_offset = p['an offset']" in source
    found = run(source, {"w": np.array(p["w"]), "an offset": 0.5}, np.array([3.0, 4.0]))
    assert found == expected


def test_what_has_no_array_form_is_gathered_and_said():
    """By a table of places."""
    order = [3, 0, 2, 2, 1, 3, 3, 1, 0]
    f = jit(lambda x: sum((x[i] * x[j]).tanh() for i, j in itertools.pairwise(order)))
    x = [0.5, -1.0, 2.0, 0.25]
    expected = f(x)
    source = to_numpy(f)
    assert "gathered by tables of places" in source
    assert abs(run(source, np.array(x)) - expected) < 1e-14


def test_choices_are_where():
    """Of both sides."""
    f = jit(lambda x: [where(a > 0.5, a * a, 1.0 - a) for a in x])
    x = [0.1, 0.5, 0.9, -3.0]
    expected = f(x)
    source = to_numpy(f)
    assert "np.where(x > 0.5, x * x, 1 - x)" in source
    np.testing.assert_allclose(run(source, np.array(x)), expected)


def test_quotients_and_powers_of_a_number_are_numpys():
    """inf and nan where a float of Python is an error or complex; other numbers stay as given."""
    f = jit(lambda x, y: [y / (2.0 * x), x**0.5, x**-2, y + 1.0])
    f(1.0, 1.0)
    source = to_numpy(f)
    assert source.count("np.asarray") == source.count("x = np.asarray(x, float)") == 1
    with np.errstate(all="ignore"):
        for x in (0.0, -0.0, -2.0, 1e-200, 3.0, math.inf, math.nan):
            np.testing.assert_allclose(run(source, x, 1.0), f(x, 1.0), rtol=1e-14)
    g = jit(lambda x, y: x * y + x / 3.0)
    g(1.0, 2.0)
    assert "asarray" not in to_numpy(g)


def test_choices_in_a_sum_are_whole():
    """Also where several are added to other terms, and two have the same test."""

    @jit
    def f(x, y):
        jump = where(x > y, x, -1.0) + where(x >= y, x * x, y) + where(x > y, 0.5, y)
        return 3.0 * x + jump - 2.0

    source = ""
    for x, y in ((1.0, 1.0), (2.0, 1.0), (-2.0, 1.0)):
        expected = f(x, y)
        source = to_numpy(f)
        assert run(source, x, y) == pytest.approx(expected, rel=1e-14)
    g = jit(lambda x: where(x, 2.0 * x, 5.0) + where(x == 0.0, 7.0, -x))
    for x in (0.0, 3.0):
        expected = g(x)
        assert run(to_numpy(g), x) == expected
    for choice in ("y < x, x, -1", "y <= x, x * x, y", "y < x, 0.5, y"):
        assert f"np.where({choice})" in source


def test_a_gradient_that_was_traced_is_exported_too():
    """jit(grad(f)) by the argument."""
    f = jit(grad(lambda x: sum(a.tanh() ** 2 for a in x)))
    x = [0.1, -0.5, 2.0]
    expected = f(x)
    np.testing.assert_allclose(run(to_numpy(f), np.array(x)), expected, rtol=1e-13)


def test_rows_that_numbers_pick_are_indices():
    """An embedding, and the log probability of a label."""
    rows = [[Value(0.1 * i + j) for j in range(3)] for i in range(5)]

    @jit
    def loss(word, label):
        return -table(log_softmax(table(rows)[word]))[label]

    expected = loss.map([1, 4, 4], [0, 2, 1])
    source = to_numpy(loss)
    assert "rows[word]" in source
    found = run(source, np.array([1, 4, 4]), np.array([0, 2, 1]))
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    _, slopes = run(to_numpy(loss, gradient=True), np.array([1, 4, 4]), np.array([0, 2, 1]))
    total = sum(loss.function(*pair) for pair in [(1, 0), (4, 2), (4, 1)]) / 3.0
    total.backtrack()
    expected = [[v.grad if v.has_grad else 0.0 for v in row] for row in rows]
    np.testing.assert_allclose(slopes["rows"], expected, rtol=1e-12, atol=1e-15)


def test_f_numpy_is_the_source_and_shows_itself():
    """At a prompt too."""
    w = Value(2.0)
    f = jit(lambda x: relu(w * x))
    f(1.0)
    assert f.numpy() == to_numpy(f)
    assert repr(f.numpy()) == str(to_numpy(f))
    assert f.numpy(gradient=True) == to_numpy(f, gradient=True)


def test_what_no_row_changes_is_there_for_each_row():
    """A constant, a parameter and what they make, alone and beside others, as `f.map` gives it."""
    u = [Value(0.5), Value(-2.0)]
    functions = [
        lambda x: 3.0,
        lambda x: [1.0, 2.0],
        lambda x: u,
        lambda x: 2.0 * u[0],
        lambda x: (u[0] * u[1], x * (u[0] * u[1]), u[0] * u[1]),
        lambda x: {"a": x, "b": [[1.0, u[1]], [2.0, 3.0]], "c": 5.0},
    ]
    for function in functions:
        f = jit(function)
        expected, found = f.map([1.0, 2.0, 3.0]), run(to_numpy(f), np.array([1.0, 2.0, 3.0]))
        assert type(found) is type(expected)
        if isinstance(expected, dict):
            assert list(found) == list(expected)
            found, expected = list(found.values()), list(expected.values())
        if not isinstance(expected, (list, tuple)):
            found, expected = [found], [expected]
        for mine, theirs in zip(found, expected, strict=True):
            np.testing.assert_array_equal(mine, theirs)
    f = jit(functions[0])
    f.map([1.0, 2.0])
    assert to_numpy(f).endswith("    n = len(x)\n    return np.full(n, 3.0)\n")


def test_what_cannot_be_exported_is_refused():
    """With what to do instead."""
    with pytest.raises(ShapeError, match="call it once"):
        to_numpy(jit(lambda x: x))
    with pytest.raises(ConfigError, match="jit"):
        to_numpy(lambda x: x)
    f = jit(lambda x: x * 2.0)
    f(1.0)
    with pytest.raises(ConfigError, match="nothing to learn"):
        to_numpy(f, gradient=True)
    f = jit(lambda x: [])
    f(1.0)
    with pytest.raises(ConfigError, match=r"gives no numbers: \[\]"):
        to_numpy(f)
    w = Value(1.0)
    g = jit(lambda x: [w * x, x])
    g(1.0)
    with pytest.raises(ConfigError, match="gradient is of one number"):
        to_numpy(g, gradient=True)

    class Net:
        def named_parameters(self):
            return {}

        def __call__(self, xs):
            return xs

    with pytest.raises(ConfigError, match="n_inputs"):
        to_numpy(Net())


def test_variables_that_comprehensions_close_over():
    """Their cells are made within the line: to read them before that crashed Python 3.13.0."""

    def f(xs, ws):
        sums = [sum(a * b for b in ws) for a in xs]
        made = [(lambda q: q + a)(b) for a, b in zip(xs, sums, strict=True)]
        return sum(made)

    given = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0])
    f = jit(f)
    assert f(*given) == pytest.approx(run(to_numpy(f), *given), rel=1e-12)
