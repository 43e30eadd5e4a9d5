"""gradcheck: right gradients pass, wrong ones are found, kinks are understood."""

import math

import pytest

from jangrad import MLP, Value, exp, gradcheck, log, maximum, operation, ops, relu, sin, tan
from jangrad.errors import ShapeError, WrongGradient


@pytest.mark.parametrize(
    ("f", "at", "slope"),
    [
        (lambda x: x**3, 2.0, 12.0),
        (lambda x: x**3, 0.0, 0.0),
        (exp, 100.0, 2.6881171418161356e43),
        (lambda x: sin(50.0 * x), 1.0, 48.24830142460569),
        (lambda x: x**0.5, 1e-8, 5000.0),
        (log, 1e-6, 1e6),
        (tan, 1.5, 1.0 / math.cos(1.5) ** 2),
        (lambda x: 1e-12 * x + 1.0, 1.0, 1e-12),
        (lambda x: x * 1e9, -3e5, 1e9),
    ],
)
def test_smooth_functions_of_any_scale(f, at, slope):
    """Large and small numbers, steep and flat functions, the edge of a domain."""
    (checked,) = gradcheck(f, at)
    assert checked.gradient == pytest.approx(slope, rel=1e-12)
    assert not checked.is_kink


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-7])
def test_close_to_a_kink_the_side_counts(distance):
    """A step across the kink would give half the slope; the steps become small enough."""
    assert gradcheck(relu, distance)[0].gradient == 1.0
    assert gradcheck(relu, -distance)[0].gradient == 0.0


def test_at_a_kink_both_sides_are_told():
    """Any gradient between the two slopes is right."""
    (checked,) = gradcheck(relu, 0.0)
    assert checked.is_kink
    assert checked.slopes == pytest.approx((0.0, 1.0))
    (checked,) = gradcheck(abs, 0.0)  # whose central differences are 0 as for a flat function
    assert checked.slopes == pytest.approx((-1.0, 1.0))
    assert not gradcheck(lambda x: x * x, 0.0)[0].is_kink
    report = gradcheck(lambda x: maximum(x[0], 2.0 * x[1]), [2.0, 1.0])
    assert [c.gradient for c in report] == [0.5, 1.0]


@pytest.mark.usefixtures("own_table")
@pytest.mark.parametrize("factor", [1.0005, 0.9995, 1.5, -1.0])
def test_a_rule_broken_by_a_twentieth_of_a_percent_is_found(monkeypatch, factor):
    """The partial of tanh, off by 0.05 %: both numbers are in the message."""
    broken = operation("checked_tanh", "tanh(x)", "1 - y * y")
    right = ops.partials("tanh", (0.5,), 0.46211715726000973)[0]
    monkeypatch.setitem(
        ops._contribution_functions, "checked_tanh", (lambda x, y, g: g * factor * (1.0 - y * y),)
    )
    with pytest.raises(WrongGradient) as caught:
        gradcheck(broken, 0.5)
    assert f"{factor * right:.9g}" in str(caught.value)
    assert f"{right:.9g}" in str(caught.value)


def test_outside_the_slopes_of_a_kink_is_wrong():
    """A stopped gradient at a kink is no choice between its sides."""
    with pytest.raises(WrongGradient, match=r"on the left and .* on the right"):
        gradcheck(lambda x: relu(x) + 3.0 * x.detach(), 0.0)


def test_networks_are_checked_by_their_parameters():
    """Values are moved and put back, gradients too."""
    net = MLP(2, [3, 1], "tanh", seed=1)
    before = net.state()
    net.parameters()[0].grad = 7.0
    report = gradcheck(lambda _: (net([0.3, -0.2])[0] - 1.0) ** 2, net.parameters())
    assert len(report) == 13
    assert net.state() == before
    assert net.parameters()[0].grad == 7.0
    assert not net.parameters()[1].has_grad


def test_names_and_labels_in_the_report(golden):
    """Each number under its place or its label."""
    first = gradcheck(lambda x: x[0] * x[1][0].tanh(), [2.0, [0.5]])
    second = gradcheck(lambda v: relu(v), Value(0.0, label="bias"))
    golden("gradcheck.txt", f"{first}\n{second}")


def test_what_cannot_be_checked_is_said(golden):
    """A point outside the domain, randomness, no Value, nothing to move."""
    calls = iter(range(100))
    messages = []
    for f, at in (
        (log, -1.0),
        (lambda x: x + float(next(calls)), 1.0),
        (lambda x: [x], 1.0),
        (lambda x: x, []),
    ):
        with pytest.raises((WrongGradient, ShapeError)) as caught:
            gradcheck(f, at)
        caught.value.where = ""
        messages.append(f"{type(caught.value).__name__}: {caught.value}")
    golden("errors_gradcheck.txt", "\n\n".join(messages))


def test_gradients_of_all_that_is_used_are_put_back():
    """Also of Values that the function closes over, leaves and inner ones."""
    w, b = Value(3.0), Value(1.0)
    inner = w * 5.0
    inner.backward()
    gradcheck(lambda x: w * x + inner * b, 2.0)
    assert (w.grad, inner.grad, b.has_grad) == (5.0, 1.0, False)
    gradcheck(lambda x: w * x, w)
    assert (w.data, w.grad) == (3.0, 5.0)
