"""The whole library once, small, in a second: when this fails, look here first."""

from __future__ import annotations

import pytest

from jangrad import Value, grad, operation


def test_the_first_example() -> None:
    """The five lines of the project's origin give 7 and 2."""
    a = Value(2.0)
    b = Value(3.0)
    c = a * a
    d = a * b
    e = c + d
    e.backtrack()
    assert (e.data, a.grad, b.grad) == (10.0, 7.0, 2.0)
    assert (c.grad, d.grad, e.grad) == (1.0, 1.0, 1.0)


def test_a_neuron_learns() -> None:
    """One weight goes to the slope of the data by plain gradient descent."""
    w = Value(0.0)
    rows = [(1.0, 3.0), (2.0, 6.0)]
    for _ in range(50):
        loss = sum((w * x - y) ** 2 for x, y in rows)
        loss.backtrack()
        w.data -= 0.1 * w.grad
    assert w.data == pytest.approx(3.0, abs=1e-12)


def test_third_derivative() -> None:
    """Derivatives nest to any order."""
    assert grad(grad(grad(lambda x: x**4)))(2.0) == 48.0


@pytest.mark.usefixtures("own_table")
def test_an_operation_in_one_line() -> None:
    """A user's own operation is differentiated like any other."""
    cube = operation("tiny_cube", "x ** 3", "3 * x ** 2")
    x = Value(2.0)
    cube(x).backtrack()
    assert x.grad == 12.0


def test_every_public_name_is_there() -> None:
    """`from jangrad import *` brings what the front door promises, and each name resolves."""
    import jangrad

    assert {"Value", "MLP", "fit", "grad", "tanh", "Tree", "softmax"} <= set(jangrad.__all__)
    assert "serve" not in jangrad.__all__
    assert all(getattr(jangrad, name) is not None for name in jangrad.__all__)
