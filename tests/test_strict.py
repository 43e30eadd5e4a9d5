"""`with strict():` names the first nan or inf, of values and of gradients."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from jangrad import MLP, Value, fit, grad, gradient, jit, log, sqrt, strict
from jangrad.errors import NonFinite, Untraceable
from jangrad.micrograd import engine as micrograd


def raised(function, *arguments):
    """The text of the error that this raises inside `strict()`."""
    with pytest.raises(NonFinite) as caught, strict():
        function(*arguments)
    return str(caught.value)


# -- gradients of the engine ----------------------------------------------------------------------


@pytest.mark.parametrize("sweep", [lambda y: y.backward(), lambda y: y.backtrack()])
def test_an_infinite_gradient_is_named_with_its_operation_inputs_and_line(sweep):
    """The value is finite, its slope is not."""
    x = Value(0.0)
    text = raised(lambda: sweep(3.0 * sqrt(x)))
    assert text.startswith("the gradient of `sqrt` at (0.0) is inf")
    assert "`sqrt` was computed at test_strict.py" in text
    assert "sweep(3.0 * sqrt(x))" in text
    assert "stay off the edge" in text
    assert not x.has_grad


def test_the_first_of_several_is_named():
    """From the result down: the inf of the outer root reaches the inner one too."""
    x = Value(0.0)
    text = raised(lambda: sqrt(sqrt(x) * 2.0).backward())
    assert text.startswith("the gradient of `sqrt` at (0.0) is inf")
    assert text.count("the gradient of") == 1


def test_gradients_that_overflow_together_are_named():
    """Each contribution to a Value is finite, their sum is not."""
    w = Value(0.5, label="w")
    text = raised(lambda: (w * 1e308 + w * 1e308).backward())
    assert text.startswith("the gradients that reach `w` (0.5) add up to inf")
    assert "zero_grad()" in text


@pytest.mark.parametrize("derivative", [
    lambda x: gradient(sqrt(x), [x]),
    lambda x: grad(sqrt)(x),
    lambda x: grad(sqrt)(0.0),
])  # fmt: skip
def test_a_gradient_as_a_value_is_named_alike(derivative):
    """`gradient` and `grad` say of which operation it is the gradient, not only which of its
    rule failed."""
    text = raised(derivative, Value(0.0))
    assert text.startswith("the gradient of `sqrt` at (0.0): `div` gave inf from (0.5, 0.0)")
    assert "`sqrt` was computed at test_strict.py" in text


def test_a_backward_of_its_own_is_named_by_its_operation():
    """As code for micrograd writes it: what it has handed down is what it is asked for."""
    x = micrograd.Value(0.0)
    root = micrograd.Value(0.0, (x,), "root")

    def hand_down():
        x.grad += math.inf * root.grad

    root._backward = hand_down
    assert raised(root.backward).startswith("the gradient of `root` at (0.0) is inf")


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, np.float32("inf")])
def test_an_assignment_is_named_with_its_line(number):
    """The Value keeps what it had; outside any number may be assigned."""
    w = Value(2.0, label="w")
    with strict():
        with pytest.raises(NonFinite, match=r"was assigned to `w` \(2\.0\)") as error:
            w.data = number
        assert str(float(number)) in error.value.what
        assert error.value.where.endswith("w.data = number")
        assert (w * 3.0).data == 6.0
        w.data = 1.0
    w.data = number
    assert not math.isfinite(w.data)


def test_outside_an_infinite_gradient_is_a_number():
    """Nothing is looked at, and nothing raises."""
    x = Value(0.0)
    sqrt(x).backward()
    assert x.grad == math.inf


def test_finite_gradients_pass():
    """Inside, what is finite is what it is outside."""
    x = Value(4.0)
    with strict():
        sqrt(x).backward()
        (slope,) = gradient(sqrt(x), [x])
    assert (x.grad, slope.data) == (0.25, 0.25)


@pytest.mark.parametrize("inside", ["value", "backward", "compiled", "assigned", "fit"])
def test_other_threads_compute_as_ever(inside):
    """`strict()` holds in the thread that has entered it: a server's other threads know nothing."""
    x, w = Value(0.0), Value(1.0)
    root = sqrt(x)
    invert = jit(lambda x: 1.0 / x)

    def compute():
        if inside == "value":
            return (Value(1.0) / Value(0.0)).data
        if inside == "backward":
            root.backward()
            return x.grad
        if inside == "compiled":
            return invert(0.0)
        if inside == "assigned":
            w.data = math.inf
            return w.data
        net = MLP(1, [1], seed=0)
        history = fit(net, [[1.0]], [1e308], loss=lambda o, t: o[0][0] * 1e308 * 1e308, steps=2)
        return history.loss[-1] * math.inf

    invert(1.0)
    with ThreadPoolExecutor(1) as pool, strict():
        assert abs(pool.submit(compute).result()) == math.inf
        with pytest.raises(NonFinite):
            compute()


def test_a_function_may_be_strict():
    """Inside each of its calls, also where it calls itself; not outside of them."""

    @strict()
    def f(x, depth=2):
        """What it is for."""
        return f(x, depth - 1) if depth else log(x)

    assert f.__doc__ == "What it is for."
    with pytest.raises(NonFinite, match="`log` gave"):
        f(Value(0.0))
    assert f(Value(1.0)).data == 0.0
    assert log(Value(0.0)).data == -math.inf
    with pytest.raises(Untraceable, match=r"`strict\(\)` inside a compiled function"):
        jit(f)(1.0)
    with strict(), pytest.raises(NonFinite):
        jit(f)(0.0)
