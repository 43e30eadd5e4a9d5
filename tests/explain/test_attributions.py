"""What columns have to do with an answer, against finite differences, long sums, and by hand."""

import numpy as np
import pytest

from jangrad import MLP, Value, log, relu, where
from jangrad.errors import ConfigError, DataError, NonFinite, ShapeError, WrongGradient
from jangrad.explain import gradient_x_input, integrated_gradients, occlusion
from jangrad.nn import Module

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3))


def nets():
    return {
        "tanh": MLP(3, [7, 5, 1], "tanh", seed=1),
        "relu": MLP(3, [9, 6, 1], "relu", seed=2),
        "three": MLP(3, [8, 3], "tanh", seed=3),
    }


@pytest.fixture(params=["tanh", "relu", "three"])
def net(request):
    return nets()[request.param]


def answered(net, rows, k):
    """The k-th output, as `predict` gives it."""
    return np.asarray(net.predict(np.asarray(rows)))[:, k]


def chosen(net, row):
    outputs = np.asarray(net.predict(row[None]))[0]
    return int(outputs.argmax())


def differences(net, row, k, step=1e-6):
    """Central differences of the k-th output by each input."""
    ways = step * np.eye(len(row))
    return (answered(net, row + ways, k) - answered(net, row - ways, k)) / (2 * step)


@pytest.mark.parametrize("baseline", [None, [0.5, -1.0, 2.0]])
def test_slopes_times_inputs(net, baseline):
    """The gradient is that of finite differences; of several outputs that of the largest."""
    found = gradient_x_input(net, X, baseline=baseline)
    start = np.zeros(3) if baseline is None else np.array(baseline)
    for i, row in enumerate(X):
        k = chosen(net, row)
        assert found.parts[i] == pytest.approx((row - start) * differences(net, row, k), abs=1e-7)
        assert found.values[i] == pytest.approx(answered(net, row[None], k)[0])
        assert found.baselines[i] == pytest.approx(answered(net, start[None], k)[0])


def test_integrals_are_those_of_many_small_steps(net):
    """200,000 of them along the way, by the midpoint rule, which knows nothing of pieces."""
    found = integrated_gradients(net, X[:2], tolerance=1e-9)
    shares = (np.arange(20_000) + 0.5) / 20_000
    for i, row in enumerate(X[:2]):
        k = chosen(net, row)
        points = shares[:, None] * row
        step = 1e-6
        for j in range(3):
            way = step * np.eye(3)[j]
            slopes = (answered(net, points + way, k) - answered(net, points - way, k)) / (2 * step)
            assert found.parts[i, j] == pytest.approx(row[j] * slopes.mean(), abs=2e-5)


@pytest.mark.parametrize("tolerance", [1e-3, 1e-6, 1e-10])
def test_parts_sum_to_the_difference(net, tolerance):
    """As closely as it was asked for, whatever bends on the way."""
    start, ends = np.array([0.5, -1.0, 2.0]), 3.0 * X
    found = integrated_gradients(net, ends, baseline=start, tolerance=tolerance)
    off = np.abs(found.parts.sum(axis=1) - (found.values - found.baselines))
    for i, row in enumerate(ends):
        points = start + np.linspace(0.0, 1.0, 500)[:, None] * (row - start)
        moves = answered_slopes(net, points, chosen(net, row)) * np.abs(row - start)
        assert off[i] <= tolerance * moves.sum(axis=1).mean() * 1.05 + 1e-13


def answered_slopes(net, points, k):
    """The sizes of the slopes at each point."""
    return np.abs([differences(net, point, k) for point in points])


class Step(Module):
    """Jumps by 1 where the first input passes 0.3."""

    def __init__(self):
        self.w = Value(2.0)

    def __call__(self, xs):
        return [where(xs[0] > 0.3, 1.0, 0.0) + self.w * xs[1]]


class Spike(Module):
    """All of its slope is in a piece of the way that no coarse rule looks at."""

    def __init__(self):
        self.steep = Value(3e5)

    def __call__(self, xs):
        return [relu(self.steep * (xs[0] - 0.371)) - relu(self.steep * (xs[0] - 0.37101))]


def test_a_spike_is_found():
    """The difference of the answer says that something is missing, and where."""
    found = integrated_gradients(Spike(), [[1.0, 5.0]], names=["a", "b"])
    assert found.parts[0] == pytest.approx([3.0, 0.0], rel=1e-6)


def test_a_jump_is_an_error():
    """The message says how much is missing, and where on the way."""
    with pytest.raises(
        WrongGradient, match=r"row 1 do not sum(.|\n)*1 is missing at 30.0%(.|\n)*try: occl"
    ):
        integrated_gradients(Step(), [[0.2, 1.0], [1.0, 1.0]], names=["a", "b"])
    before = integrated_gradients(Step(), [[0.2, 1.0]], names=["a", "b"])
    assert before.parts[0] == pytest.approx([0.0, 2.0])


def test_what_is_no_number_on_the_way_is_an_error():
    """The logarithm of a negative number."""

    class Logarithm(Module):
        def __call__(self, xs):
            return [log(xs[0])]

    with pytest.raises(NonFinite, match=r"to row 1(.|\n)*another baseline"):
        integrated_gradients(Logarithm(), [[3.0], [-1.0]], names=["a"], baseline=[1.0])
    found = integrated_gradients(Logarithm(), [[3.0]], names=["a"], baseline=[1.0])
    assert found.parts[0, 0] == pytest.approx(np.log(3.0), rel=1e-6)


def test_occlusion_by_hand(net):
    """One column of the baseline at a time, one row at a time."""
    start = np.array([0.5, -1.0, 2.0])
    found = occlusion(net, X, baseline=start)
    for i, row in enumerate(X):
        k = chosen(net, row)
        for j in range(3):
            without = row.copy()
            without[j] = start[j]
            lost = answered(net, row[None], k)[0] - answered(net, without[None], k)[0]
            assert found.parts[i, j] == pytest.approx(lost, abs=1e-12)


def test_an_output_of_ones_own_choice():
    """By its number, or a function of all of them."""
    net = nets()["three"]
    second = integrated_gradients(net, X, output=1)
    assert second.values == pytest.approx(answered(net, X, 1))
    assert {*second.answers} == {"output 1"}

    def lead(outputs):
        return outputs[0] - outputs[2]

    found = integrated_gradients(net, X, output=lead)
    assert found.values == pytest.approx(answered(net, X, 0) - answered(net, X, 2))
    assert found.answers[0] == "lead"
    parts = [integrated_gradients(net, X, output=k).parts for k in (0, 2)]
    assert found.parts == pytest.approx(parts[0] - parts[1], abs=1e-6)


def test_weights_that_change_are_seen():
    """What was compiled reads them at each call."""
    net = nets()["tanh"]
    before = gradient_x_input(net, X).parts
    neuron = net.layers[2].neurons[0]
    for weight in neuron.weights:
        weight.data = 2.0 * weight.data
    assert gradient_x_input(net, X).parts == pytest.approx(2.0 * before)
    net.layers[0].neurons[0].weights[0].data = 5.0
    assert gradient_x_input(net, X).parts[0] == pytest.approx(
        X[0] * differences(net, X[0], 0), abs=1e-6
    )


def test_a_network_that_machine_code_cannot_have():
    """It reads a number, so Python computes it, with the same result."""

    class Reads(Module):
        def __init__(self):
            self.net = nets()["tanh"]

        def __call__(self, xs):
            assert all(isinstance(x, (float, Value)) for x in xs)
            float(xs[0].data if isinstance(xs[0], Value) else xs[0])
            return self.net(xs)

    names = ["x0", "x1", "x2"]
    ours, theirs = Reads(), nets()["tanh"]
    assert integrated_gradients(ours, X, names=names).parts == pytest.approx(
        integrated_gradients(theirs, X).parts, abs=1e-12
    )
    assert occlusion(ours, X, names=names).parts == pytest.approx(occlusion(theirs, X).parts)


def test_rows_are_a_table():
    """A line for each column of each row, which a frame takes; names come from a frame."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["age", "size", "mass"])
    found = occlusion(nets()["tanh"], frame)
    table = pandas.DataFrame(found.rows)
    assert list(table.columns) == ["row", "column", "value", "answer", "part"]
    assert len(table) == 18
    assert table.pivot(index="row", columns="column", values="part")[
        ["age", "size", "mass"]
    ].to_numpy() == (pytest.approx(found.parts))


def test_words():
    """Of one row its columns, the largest first, and the sum; of many the mean sizes."""
    net = MLP(2, [1], seed=0)
    net.load_state(dict(zip(net.state(), [2.0, -3.0, 0.5], strict=True)))
    assert str(integrated_gradients(net, [1.0, 2.0], names=["age", "size"])) == (
        "the output is -3.5; at the baseline it is 0.5\n"
        "each column's part (integrated gradients, which sum to the difference):\n"
        "  size  2  -6  --------------------\n"
        "  age   1  +2  +++++++\n"
        "together -4"
    )
    assert str(occlusion(net, [[1.0, 2.0], [3.0, 0.0]])) == (
        "occlusion of 2 rows: the output\n"
        "the mean size of each column's part:\n"
        "  x0  4  ++++++++++++++++++++\n"
        "  x1  3  +++++++++++++++"
    )


@pytest.mark.parametrize(
    ("rows", "options", "kind", "words"),
    [
        ([[1.0, 2.0]], {}, ShapeError, r"shape \(1, 2\), but MLP\(3"),
        ([], {}, DataError, "no rows"),
        ([[1.0, float("nan"), 2.0]], {}, DataError, "`x1` of row 0 is nan"),
        ([["a", "b", "c"]], {}, DataError, "not rows of numbers"),
        (X, {"output": 3}, ConfigError, "no output 3"),
        (X, {"output": "cat"}, ConfigError, "no output 'cat'"),
        (X, {"names": ["a", "b"]}, ConfigError, "3 columns are called 'a, b'"),
        (X, {"names": ["a", "a", "b"]}, ConfigError, "no two alike"),
        (X, {"baseline": X}, ShapeError, "6 were given"),
        (X, {"baseline": [1.0]}, ShapeError, r"shape \(1, 1\)"),
    ],
)
def test_what_does_not_fit_is_said(rows, options, kind, words):
    """With the shape, the row or the name."""
    with pytest.raises(kind, match=words):
        gradient_x_input(nets()["three"], rows, **options)


@pytest.mark.parametrize("tolerance", [0.0, -1.0, "a"])
def test_a_tolerance_is_above_0(tolerance):
    """As the message says."""
    with pytest.raises(ConfigError, match="needs tolerance > 0"):
        integrated_gradients(nets()["tanh"], X, tolerance=tolerance)


def test_what_is_no_network_is_said():
    """Of a pipeline, what to explain of it."""
    with pytest.raises(ConfigError, match=r"3 \(int\) is no network"):
        occlusion(3, X)
    pipeline = pytest.importorskip("sklearn.pipeline")
    from jangrad.sklearn import JangradRegressor

    whole = pipeline.make_pipeline(JangradRegressor(max_iter=2, n_iter_no_change=np.inf)).fit(
        X, X[:, 0]
    )
    with pytest.raises(ConfigError, match=r"model\[-1\]"):
        occlusion(whole, X)
