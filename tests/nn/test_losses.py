"""Losses: values and gradients against PyTorch, exactness at the extremes, and their messages."""

import math

import pytest

from jangrad import Value, gradient
from jangrad.errors import ConfigError, DataError, NotANumber, ShapeError
from jangrad.nn import (
    LOSSES,
    absolute_error,
    binary_cross_entropy,
    hinge,
    huber,
    l1_penalty,
    l2_penalty,
    poisson,
    quantile,
    softmax_cross_entropy,
    squared_error,
)

ROWS = [[0.3, -1.7, 2.4], [4.1, 0.9, -0.6]]
REALS = [[1.1, -1.2, -0.5], [0.2, 0.4, 0.8]]
SIGNS = [[1, -1, -1], [-1, 1, 1]]
COUNTS = [[2, 0, 0.25], [0, 7, 1]]
BITS = [[1, 0, 0.25], [0, 1, 1]]
LABELS = [2, 1]
TARGETS = {
    "squared_error": REALS,
    "absolute_error": REALS,
    "huber": REALS,
    "quantile": REALS,
    "poisson": COUNTS,
    "hinge": SIGNS,
    "binary_cross_entropy": BITS,
    "softmax_cross_entropy": LABELS,
}


def values(rows):
    return [[Value(x) for x in row] for row in rows]


def slopes(rows):
    return [[v.grad for v in row] for row in rows]


def evaluated(name, rows, targets, reduction):
    """The loss and its gradient, as plain numbers."""
    outputs = values(rows)
    loss = LOSSES[name](outputs, targets, reduction)
    loss.backward()
    return loss.data, slopes(outputs)


def torch_loss(name, rows, targets, reduction):
    """The same of PyTorch, in float64."""
    torch = pytest.importorskip("torch")
    f = torch.nn.functional
    z = torch.tensor(rows, dtype=torch.float64, requires_grad=True)
    t = torch.tensor(targets, dtype=torch.int64 if name == "softmax_cross_entropy" else z.dtype)
    peers = {
        "squared_error": f.mse_loss,
        "absolute_error": f.l1_loss,
        "huber": f.huber_loss,
        "quantile": lambda z, t, reduction: getattr((t - z).abs() / 2, reduction)(),
        "poisson": lambda z, t, reduction: getattr(
            f.poisson_nll_loss(z, t, reduction="none") + torch.xlogy(t, t) - t, reduction
        )(),
        "hinge": lambda z, t, reduction: getattr(torch.relu(1 - t * z), reduction)(),
        "binary_cross_entropy": f.binary_cross_entropy_with_logits,
        "softmax_cross_entropy": f.cross_entropy,
    }
    loss = peers[name](z, t, reduction=reduction)
    loss.backward()
    return loss.item(), z.grad.tolist()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("name", LOSSES)
def test_agrees_with_pytorch(name, reduction):
    """Value and gradient are PyTorch's to the last digits, for both reductions."""
    value, slope = evaluated(name, ROWS, TARGETS[name], reduction)
    peer_value, peer_slope = torch_loss(name, ROWS, TARGETS[name], reduction)
    assert value == pytest.approx(peer_value, rel=1e-14)
    for row, peer_row in zip(slope, peer_slope, strict=True):
        assert row == pytest.approx(peer_row, rel=1e-13, abs=1e-16)


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "poisson"])
def test_agrees_with_pytorch_for_extreme_outputs(name):
    """Outputs of +-1000 give PyTorch's value and gradient, all finite."""
    rows = [[1000.0, -1000.0, 0.0], [-1000.0, 1000.0, 1000.0]]
    value, slope = evaluated(name, rows, TARGETS[name], "sum")
    peer_value, peer_slope = torch_loss(name, rows, TARGETS[name], "sum")
    assert math.isfinite(value)
    assert value == pytest.approx(peer_value, rel=1e-14)
    for row, peer_row in zip(slope, peer_slope, strict=True):
        assert row == pytest.approx(peer_row, rel=1e-13, abs=1e-16)


@pytest.mark.parametrize("name", LOSSES)
def test_gradient_agrees_with_finite_differences(name):
    """Central differences of the plain loss give the gradient of the loss of Values."""
    _, slope = evaluated(name, ROWS, TARGETS[name], "mean")
    h = 6e-6
    for i, row in enumerate(ROWS):
        for j, x in enumerate(row):
            above, below = ([list(r) for r in ROWS] for _ in range(2))
            above[i][j], below[i][j] = x + h, x - h
            change = LOSSES[name](above, TARGETS[name]) - LOSSES[name](below, TARGETS[name])
            assert slope[i][j] == pytest.approx(change / (2 * h), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("name", LOSSES)
def test_plain_numbers_give_a_plain_number(name):
    """A loss of plain outputs is a float, equal to that of Values."""
    plain = LOSSES[name](ROWS, TARGETS[name])
    assert type(plain) is float
    assert plain == LOSSES[name](values(ROWS), TARGETS[name]).data


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "softmax_cross_entropy"])
def test_flat_lists_and_rows_of_one_are_the_same(name):
    """`[a, b]`, `[[a], [b]]` and NumPy arrays of both say the same, on either side."""
    np = pytest.importorskip("numpy")
    z, t = ROWS[0], TARGETS[name][0]
    expected = LOSSES[name](z, t)
    zs = [z, [[x] for x in z], tuple(z), np.array(z), np.array(z).reshape(-1, 1)]
    ts = [t, [[x] for x in t], tuple(t), np.array(t), np.array(t).reshape(-1, 1)]
    assert {LOSSES[name](a, b) for a in zs for b in ts} == {expected}


def test_labels_may_be_rows_of_one_or_whole_floats():
    """Labels as a column, as floats or as NumPy integers pick the same outputs."""
    np = pytest.importorskip("numpy")
    expected = softmax_cross_entropy(ROWS, [2, 1])
    for labels in ([[2], [1]], [2.0, 1.0], np.array([2, 1])):
        assert softmax_cross_entropy(ROWS, labels) == expected


def test_targets_may_be_values():
    """Targets that are Values get a gradient too."""
    z, t = Value(3.0), Value(1.0)
    squared_error([z], [t]).backward()
    assert (z.grad, t.grad) == (4.0, -4.0)


def test_known_values():
    """Small cases worked by hand."""
    assert squared_error([3.0, 1.0], [1.0, 1.0], "sum") == 4.0
    assert absolute_error([3.0, 1.0], [1.0, 2.0]) == 1.5
    assert huber([3.0, 0.5], [0.0, 0.0], "sum") == 2.5 + 0.125
    assert huber([3.0], [0.0], delta=2.0) == 4.0
    assert quantile([1.0, 1.0], [3.0, 0.0], level=0.75) == (1.5 + 0.25) / 2
    assert poisson([0.0, 0.0], [0, 1], "sum") == 1.0
    assert poisson([1000.0], [1]) == math.inf
    assert hinge([0.5, 2.0, 2.0], [1, 1, -1], "sum") == 0.5 + 0.0 + 3.0
    assert binary_cross_entropy([0.0], [1]) == math.log(2)
    assert softmax_cross_entropy([[0.0, 0.0, 0.0, 0.0]], [3]) == pytest.approx(math.log(4))


def test_huber_is_smooth_where_its_parts_meet():
    """At a distance of delta the slope is delta, as from both sides; at 0 it is 0."""
    outputs = [Value(2.0), Value(-2.0), Value(0.0)]
    huber(outputs, [0.0, 0.0, 0.0], "sum", delta=2.0).backward()
    assert [v.grad for v in outputs] == [2.0, -2.0, 0.0]


def test_huber_agrees_with_pytorch_for_any_delta():
    """delta means what it means in PyTorch."""
    torch = pytest.importorskip("torch")
    for delta in (0.3, 1.5, 10.0):
        peer = torch.nn.functional.huber_loss(
            torch.tensor(ROWS, dtype=torch.float64),
            torch.tensor(REALS, dtype=torch.float64),
            delta=delta,
        )
        assert huber(ROWS, REALS, delta=delta) == pytest.approx(peer.item(), rel=1e-14)


@pytest.mark.parametrize("name", ["squared_error", "binary_cross_entropy", "softmax_cross_entropy"])
def test_second_derivatives_exist(name):
    """The gradient of a loss can be differentiated again: the curvature is positive."""
    outputs = values(ROWS)
    (first,) = gradient(LOSSES[name](outputs, TARGETS[name]), [outputs[0][0]])
    (second,) = gradient(first, [outputs[0][0]])
    assert second.data > 0.0


def test_penalties():
    """The penalties are strength * sum |p| and strength * sum p², with their gradients."""
    p = [Value(3.0), Value(-2.0), Value(0.0)]
    l1_penalty(p, 0.1).backward()
    assert [v.grad for v in p] == [0.1, -0.1, 0.0]
    for v in p:
        v.zero_grad()
    loss = l2_penalty(p, 0.5)
    loss.backward()
    assert loss.data == 6.5
    assert [v.grad for v in p] == [3.0, -2.0, 0.0]
    assert l1_penalty([], 1.0) == l2_penalty([], 1.0) == 0.0
    assert l1_penalty(p, 0).data == 0.0


one = [Value(1.0)]
two = [[Value(1.0), Value(2.0)]]

MESSAGES = [
    (lambda: squared_error([], []), ShapeError, "`outputs` is empty"),
    (lambda: squared_error(one, []), ShapeError, "`targets` is empty"),
    (lambda: squared_error([[]], [[]]), ShapeError, "`outputs[0]` is an empty row"),
    (
        lambda: squared_error(Value(1.0), 1.0),
        ShapeError,
        "`outputs` is to be a list, not Value(data=1.0) (Value)",
    ),
    (
        lambda: squared_error([Value(1.0), Value(2.0), Value(3.0)], [1.0, 2.0]),
        ShapeError,
        "`outputs` has 3 rows, but `targets` has 2 rows",
    ),
    (
        lambda: squared_error(two, [1.0, 2.0]),
        ShapeError,
        "try: [net(x)] and [targets], if they belong to one row",
    ),
    (
        lambda: squared_error(two, [1.0]),
        ShapeError,
        "`outputs[0]` and `targets[0]` differ in length: 2 and 1",
    ),
    (
        lambda: squared_error([*two, [1.0]], [[1.0, 2.0], [1.0]]),
        ShapeError,
        "`outputs[1]` has another length than `outputs[0]`: 1 and 2",
    ),
    (
        lambda: squared_error([[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0], [1.0]]),
        ShapeError,
        "`targets[1]` has another length than `targets[0]`: 1 and 2",
    ),
    (
        lambda: squared_error(one, ["cat"]),
        NotANumber,
        "`targets[0]` is to be a real number, not 'cat' (str)",
    ),
    (
        lambda: squared_error(two, [[1.0, None]]),
        NotANumber,
        "`targets[0][1]` is to be a real number, not None (NoneType)",
    ),
    (
        lambda: squared_error([["x"]], [1.0]),
        NotANumber,
        "`outputs[0][0]` is to be a real number, not 'x' (str)",
    ),
    (lambda: squared_error(one, [1.0], "men"), ConfigError, "did you mean `mean`?"),
    (lambda: hinge(one, [1.0], "none"), ConfigError, "there is no reduction `none`"),
    (
        lambda: huber(one, [1.0], delta=0),
        ConfigError,
        "`delta` is a number above 0 and finite, not 0 (int)",
    ),
    (
        lambda: huber(one, [1.0], delta="1"),
        ConfigError,
        "`delta` is a number above 0 and finite, not '1' (str)",
    ),
    (
        lambda: quantile(one, [1.0], level=1.0),
        ConfigError,
        "`level` is a number above 0 and below 1, not 1.0 (float)",
    ),
    (
        lambda: poisson([1.0, 2.0], [1, -2]),
        DataError,
        "`targets[1]` is -2, but `poisson` needs targets of 0 or more",
    ),
    (
        lambda: hinge([1.0, 2.0], [1, 0]),
        DataError,
        "`targets[1]` is 0, but `hinge` needs targets that are -1 or 1",
    ),
    (lambda: hinge(one, [0]), DataError, "try: 2 * y - 1 for targets of 0 and 1"),
    (lambda: hinge([[1.0, 2.0]], [[1, 2]]), DataError, "`targets[0][1]` is 2"),
    (
        lambda: binary_cross_entropy(one, [-1]),
        DataError,
        "`targets[0]` is -1, but `binary_cross_entropy` needs targets of 0 or 1",
    ),
    (lambda: binary_cross_entropy(one, [math.nan]), DataError, "`targets[0]` is nan"),
    (lambda: binary_cross_entropy(one, [Value(3.0)]), DataError, "`targets[0]` is 3"),
    (
        lambda: softmax_cross_entropy(two, [2]),
        DataError,
        "why: a label is an integer from 0 to 1: the index of the right output",
    ),
    (lambda: softmax_cross_entropy(two, [-1]), DataError, "`labels[0]` is -1"),
    (lambda: softmax_cross_entropy(two, [0.5]), DataError, "`labels[0]` is 0.5"),
    (lambda: softmax_cross_entropy(two, [math.nan]), DataError, "`labels[0]` is nan"),
    (lambda: softmax_cross_entropy(two, [Value(1.0)]), DataError, "`labels[0]` is a Value"),
    (
        lambda: softmax_cross_entropy(two, [[0, 1]]),
        ShapeError,
        "`labels[0]` has 2 numbers, but a label is one",
    ),
    (
        lambda: softmax_cross_entropy(two, [0, 1]),
        ShapeError,
        "`outputs` has 1 row, but `labels` has 2 rows",
    ),
    (
        lambda: softmax_cross_entropy([one], [0]),
        ShapeError,
        "`outputs[0]` has 1 output, but `softmax_cross_entropy` needs one a class",
    ),
    (
        lambda: l1_penalty(one, -0.1),
        ConfigError,
        "`strength` is a number 0 or above and finite, not -0.1 (float)",
    ),
    (lambda: l2_penalty(one, math.inf), ConfigError, "not inf (float)"),
]


@pytest.mark.parametrize(("call", "error", "words"), MESSAGES, ids=[m[2] for m in MESSAGES])
def test_every_message(call, error, words):
    """Each mistake raises its own class and says what was seen, where, and what to try."""
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
    assert "test_losses.py" in caught.value.where
