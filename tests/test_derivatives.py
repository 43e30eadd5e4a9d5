"""gradient, grad, value_and_grad, jacobian, hessian and hvp, to higher orders and nested."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import pytest

import jangrad
from jangrad import (
    Module,
    Value,
    compile_step,
    exp,
    fit,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    maximum,
    sin,
    tanh,
    value_and_grad,
    where,
)
from jangrad.errors import NotANumber, ShapeError, StaleGraph


def test_gradient_gives_values_in_the_order_of_the_leaves() -> None:
    """One Value a leaf, in order; a leaf that is not behind the root gets 0."""
    a, b, c = Value(2.0), Value(3.0), Value(4.0)
    slopes = gradient(a * b + a, [c, b, a])
    assert [type(s) for s in slopes] == [Value] * 3
    assert [s.data for s in slopes] == [0.0, 2.0, 4.0]


def test_gradient_of_an_inner_value_and_of_the_root() -> None:
    """Inner Values may be asked for; the root's own gradient is 1."""
    a = Value(2.0)
    square = a * a
    root = square * square
    assert [s.data for s in gradient(root, [root, square])] == [1.0, 8.0]


def test_gradient_leaves_grad_alone() -> None:
    """It returns its result and writes to no Value."""
    a = Value(2.0)
    gradient(a * a, [a])
    assert not a.has_grad


@pytest.mark.parametrize("order", range(1, 8))
def test_any_order(order: int) -> None:
    """The n-th derivative of sin at 0.7 is the right one of its four."""
    f: Any = sin
    for _ in range(order):
        f = grad(f)
    expected = [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)][order % 4](0.7)
    assert f(0.7) == pytest.approx(expected, rel=1e-13)


def test_a_constant_function_has_gradient_zero() -> None:
    """A function that ignores its argument, or returns a number, is constant."""
    assert value_and_grad(lambda x: Value(5.0))(2.0) == (5.0, 0.0)
    assert value_and_grad(lambda x: 5.0)([1.0, 2.0]) == (5.0, [0.0, 0.0])


def test_one_output_in_a_list_counts_as_one_value() -> None:
    """A network of one output returns a list of one."""
    assert grad(lambda x: [x * x])(3.0) == 6.0


def test_further_arguments_are_passed_on() -> None:
    """Only the first argument is differentiated."""
    assert grad(lambda x, k: k * x)(3.0, 7.0) == 7.0


def test_the_gradient_is_nested_like_the_argument() -> None:
    """A number, a list, a list of lists, an array: the gradient has the same nesting."""

    def energy(rows: Any) -> Any:
        return sum(w * w for row in rows for w in row)

    assert grad(energy)([[1.0, 2.0], [3.0]]) == [[2.0, 4.0], [6.0]]
    assert grad(energy)(np.array([[1.0], [3.0]])) == [[2.0], [6.0]]
    assert grad(lambda x: x * x)(np.float32(3.0)) == 6.0


def test_jacobian_and_hessian_match_the_textbook() -> None:
    """Polar coordinates: J and its determinant r; the Hessian of x^2 y."""

    def cartesian(p: list[Value]) -> list[Value]:
        return [p[0] * p[1].cos(), p[0] * p[1].sin()]

    (a, b), (c, d) = jacobian(cartesian)([2.0, 0.3])
    assert a * d - b * c == pytest.approx(2.0, rel=1e-15)
    assert hessian(lambda x: x[0] * x[0] * x[1])([2.0, 3.0]) == [[6.0, 4.0], [4.0, 0.0]]


def test_jacobian_of_a_single_result() -> None:
    """A function that returns one Value has a Jacobian of one row."""
    assert jacobian(lambda x: x[0] * x[1])([2.0, 3.0]) == [[3.0, 2.0]]
    assert jacobian(lambda x: x * x)(3.0) == [6.0]


def test_hvp_is_the_hessian_times_the_vector() -> None:
    """The product agrees with the full Hessian."""

    def f(x: list[Value]) -> Value:
        return exp(x[0] * x[1]) * x[2].sin() + x[2] ** 3 * x[0]

    at, vector = [0.3, -0.7, 1.1], [1.0, -2.0, 0.5]
    full = hessian(f)(at)
    expected = [sum(h * v for h, v in zip(row, vector, strict=True)) for row in full]
    assert hvp(f)(at, vector) == pytest.approx(expected, rel=1e-13)


def test_the_hessian_is_symmetric() -> None:
    """Mixed second derivatives agree in either order."""
    full = hessian(lambda x: (x[0] ** x[1]).log() * x[1].tanh() / (x[0] + x[1]))([0.8, 1.7])
    assert full[0][1] == pytest.approx(full[1][0], rel=1e-14)


class FromOne(list[Any]):
    """Counts from 1."""

    def __getitem__(self, place: Any) -> Any:
        return list.__getitem__(self, place - 1)


class Point(NamedTuple):
    """Two numbers by their names."""

    a: float
    b: float


def test_arguments_keep_their_class() -> None:
    """Tuples, named tuples and lists of one's own are what the function is called with."""

    def by_class(x: Any) -> Any:
        return x[0] * (2.0 if isinstance(x, tuple) else 3.0)

    def from_one(x: Any) -> Any:
        return x[1] * 2.0 + x[2] * x[2]

    def named(p: Any) -> Any:
        return p.a * p.a * p.b

    assert value_and_grad(by_class)((1.0,)) == (2.0, [2.0])
    assert value_and_grad(from_one)(FromOne([1.0, 5.0])) == (27.0, [2.0, 10.0])
    assert grad(named)(Point(2.0, 3.0)) == [12.0, 4.0]
    assert hessian(named)(Point(2.0, 3.0)) == [[6.0, 4.0], [4.0, 0.0]]
    assert jangrad.jvp(named)(Point(2.0, 3.0), (1.0, 0.0)) == (12.0, 12.0)


def test_nesting_by_closure() -> None:
    """A derivative inside a derivative keeps the outer variable: d/dx d/dy (x y) is 1, not 0."""
    assert grad(lambda x: grad(lambda y: x * y)(2.0))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    triple = grad(lambda x: grad(lambda y: grad(lambda z: x * x * y * z)(1.0))(2.0))(3.0)
    assert triple == 6.0
    assert grad(lambda x: jacobian(lambda y: [x[0] * y, x[1]])(2.0)[0])([3.0, 5.0]) == [1.0, 0.0]
    assert grad(lambda x: hessian(lambda y: x * y[0] * y[0])([1.0])[0][0])(3.0) == 2.0


def test_an_inner_derivative_that_needs_no_outer_variable_is_plain() -> None:
    """Inside another derivative plain numbers still come back where nothing depends on it."""
    seen: list[Any] = []

    def f(x: Value) -> Value:
        seen.append(grad(lambda y: y * y)(2.0))
        return x * seen[-1]

    assert grad(f)(3.0) == 4.0
    assert seen == [4.0]
    assert type(seen[0]) is float


def test_only_uses_through_the_argument_count() -> None:
    """With a Value as argument, its other uses inside the function are constants."""
    x = Value(3.0)
    slope = grad(lambda y: y * x)(x)
    assert slope.data == 3.0
    pair = grad(lambda p: p[0] * p[1])([x, x])
    assert [s.data for s in pair] == [3.0, 3.0]


def test_values_in_values_out() -> None:
    """Given Values, every operator returns Values that can be differentiated on."""
    x = Value(2.0)
    value, slope = value_and_grad(lambda y: y**4)(x)
    assert (value.data, slope.data) == (16.0, 32.0)
    assert gradient(slope, [x])[0].data == 48.0
    assert gradient(value, [x])[0].data == 32.0
    (row,) = jacobian(lambda p: [p[0] ** 3])([x])
    assert gradient(row[0], [x])[0].data == 12.0
    second = hvp(lambda p: p[0] ** 4)([x], [1.0])[0]
    assert gradient(second, [x])[0].data == 48.0
    objects = grad(lambda p: p[0] ** 3)(np.array([x]))
    assert gradient(objects[0], [x])[0].data == 12.0


def test_a_failing_function_leaves_no_trace() -> None:
    """After an error inside a derivative, the next one gives plain numbers again."""
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: x * (1 / 0))(2.0)
    assert type(grad(lambda x: x * x)(2.0)) is float


def test_branches_and_kinks() -> None:
    """Python's own `if` and jangrad's where and maximum give the derivative of the taken branch."""
    assert grad(lambda x: x * x if x > 0 else -x)(-2.0) == -1.0
    assert grad(lambda x: where(x > 0, x * x, -x))(3.0) == 6.0
    assert grad(grad(lambda x: maximum(x * x, 1.0)))(3.0) == 2.0


def test_a_deep_chain_is_differentiated_without_recursion() -> None:
    """gradient works for 100,000 operations in a row."""
    x = Value(1.0)
    v = x
    for _ in range(100_000):
        v = v * 1.0
    assert gradient(v, [x])[0].data == 1.0


def test_refused_arguments(golden: Any) -> None:
    """Each misuse says what was given and what is needed."""
    x = Value(2.0)
    wrong = {
        "gradient by one Value": lambda: gradient(x * x, x),  # type: ignore[arg-type]
        "gradient by a number": lambda: gradient(x * x, [2.0]),  # type: ignore[list-item]
        "several results": lambda: grad(lambda y: [y, y])(2.0),
        "no result": lambda: grad(lambda y: None)(2.0),
        "a text": lambda: grad(lambda y: y)("2"),
        "a vector too short": lambda: hvp(lambda y: y[0] * y[1])([1.0, 2.0], [1.0]),
    }
    texts = []
    for name, call in wrong.items():
        with pytest.raises((ShapeError, NotANumber)) as caught:
            call()
        texts.append(f"-- {name}\n{caught.value.what}\n  try: {caught.value.try_}\n")
    golden("errors_derivatives.txt", "\n".join(texts))


OPERATORS: dict[str, tuple[Callable[..., Any], Callable[[Any], Any]]] = {
    "grad": (lambda w: grad(lambda z: w * z * z)(2.0), lambda w: 2 * w * 2.0),
    "value": (lambda w: value_and_grad(lambda z: w * z * z)(2.0)[0], lambda w: w * 4.0),
    "value_and_grad": (lambda w: value_and_grad(lambda z: w * w * z)(2.0)[1], lambda w: w * w),
    "jacobian": (lambda w: jacobian(lambda z: [w * z[0], z[0]])([2.0])[0][0], lambda w: w * 1.0),
    "hessian": (lambda w: hessian(lambda z: w * w * z[0] ** 2)([1.0])[0][0], lambda w: 2 * w * w),
    "hvp": (lambda w: hvp(lambda z: w * w * z[0] ** 2)([1.0], [3.0])[0], lambda w: 6 * w * w),
    "grad of grad": (lambda w: grad(grad(lambda z: w * w * z**3))(1.0), lambda w: 6 * w * w),
    "closed over twice": (
        lambda w: grad(lambda z: grad(lambda y: w * z * y)(1.0) * z)(2.0),
        lambda w: w * 4.0,
    ),
    "a Value made inside": (
        lambda w: grad(lambda z: (Value(1.0) * w + z) ** 2)(2.0),
        lambda w: 2 * (w + 2.0),
    ),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_what_a_function_closes_over_is_not_lost(name: str) -> None:
    """A derivative inside a loss is followed to its parameters: eager, compiled, in threads."""
    inner, right = OPERATORS[name]
    w = Value(3.0)
    found = inner(w)
    assert isinstance(found, Value)
    wanted = right(w)
    assert found.data == wanted.data
    found.backtrack()
    by_hand = gradient(wanted, [w])[0].data
    assert w.grad == by_hand
    with ThreadPoolExecutor(1) as pool:
        assert grad(lambda v: pool.submit(inner, v).result())(3.0) == by_hand
    assert jit(grad(inner))(3.0) == grad(jit(inner))(3.0) == by_hand
    v = Value(3.0)
    compile_step(lambda: inner(v), [v], "sgd", learning_rate=1.0)()
    assert v.data == 3.0 - by_hand


def test_compiled_functions_in_helper_threads_are_a_part_of_a_derivative() -> None:
    """Those that close over its variable, or over what was computed from it: not plain numbers."""

    def by(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def f(x: Any) -> Any:
            with ThreadPoolExecutor(2) as pool:
                return work(x)(pool) + 0.0 * x

        return f

    def called(x: Any) -> Any:
        g = jit(lambda t: x * t)
        return lambda pool: sum(pool.map(g, [1.0, 2.0]))

    def computed(x: Any) -> Any:
        y = 2.0 * x
        g = jit(lambda t, s=1.0: y * t * s)
        return lambda pool: pool.submit(g, 3.0, s=1.0).result()

    def mapped(x: Any) -> Any:
        g = jit(lambda t: x * t)
        return lambda pool: pool.submit(g.map, [1.0, 2.0]).result().sum()

    assert [grad(by(work))(5.0) for work in (called, computed, mapped)] == [3.0, 6.0, 3.0]
    x = Value(5.0)
    assert [grad(by(work))(x).data for work in (called, computed, mapped)] == [3.0, 6.0, 3.0]
    w = Value(2.0)
    g = jit(lambda t: w * t)
    assert grad(by(lambda x: lambda pool: pool.submit(g, 3.0).result() * x))(1.0) == 6.0
    assert type(g(3.0)) is float


def test_engines_train_alike_on_a_derivative() -> None:
    """A network whose output holds its own slope, as one that learns an equation."""

    class Net(Module):
        def __init__(self) -> None:
            self.w = Value(0.5)

        def __call__(self, row: Any) -> Any:
            def u(z: Any) -> Any:
                return tanh(self.w * z)

            return [u(row[0]) + grad(u)(row[0])]

    found = set()
    for engine in ("eager", "native"):
        net = Net()
        given = {"optimizer": "sgd", "learning_rate": 0.1, "steps": 20, "progress": False}
        fit(net, [[0.5], [1.0], [2.0]], [1.0, 2.0, 3.0], engine=engine, **given)
        found.add(round(net.w.data, 12))
    assert len(found) == 1
    assert 0.919 < found.pop() < 0.920


@pytest.mark.parametrize("operator", [grad, value_and_grad, jacobian, hessian])
def test_a_stale_graph_is_refused(operator: Any) -> None:
    """As `backward()` refuses it: old and new numbers would be mixed."""
    w = Value(2.0)
    y = w * w
    w.data = 5.0
    with pytest.raises(StaleGraph, match="assigned after"):
        gradient(y, [w])
    with pytest.raises(StaleGraph):
        gradient(y * Value(1.0), [Value(1.0)])
    with pytest.raises(StaleGraph):
        operator(lambda x: y * x[0])([1.0])
    with pytest.raises(StaleGraph):
        hvp(lambda x: y * x[0])([1.0], [1.0])
    (fresh,) = gradient(w * w, [w])
    assert fresh.data == 10.0


def test_arguments_may_be_named() -> None:
    """All but the first; keywords, defaults, and those that have no place."""

    def f(x: Any, n: Any = 2, *, scale: Any = 1.0) -> Any:
        return scale * x[0] ** n

    assert grad(f)([3.0]) == [6.0]
    assert grad(f)([3.0], n=3) == [27.0]
    assert grad(f)([3.0], 3, scale=2.0) == [54.0]
    assert value_and_grad(f)([3.0], scale=2.0) == (18.0, [12.0])
    assert jacobian(f)([3.0], scale=2.0) == [[12.0]]
    assert hessian(f)([3.0], n=3) == [[18.0]]
    assert hvp(f)([3.0], [1.0], n=3) == [18.0]
    assert grad(lambda w, x: w * x)(2.0, x=5.0) == 5.0


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x + jangrad.sqrt(x).detach(),
        lambda x: jangrad.where(x < 5.0, x, 2.0 * x),
        lambda x: x * Value(3.0),
        lambda x: x**2,
        lambda x: jangrad.relu(x) ** 3,
    ],
)
def test_derivatives_by_numbers_alone_are_floats(f):
    """What a function makes of its own is nothing that it closes over: floats come back."""
    for derivative in (grad(f), grad(grad(f)), grad(grad(grad(f)))):
        assert type(derivative(2.0)) is float
        assert type(derivative(0.0)) is float


def test_a_dict_is_answered_with_what_to_write() -> None:
    """Its numbers are to be in a list, and the message does not say that it is right as it is."""
    with pytest.raises(NotANumber, match=r"by numbers in lists(.|\n)*try: \[\*d\.values\(\)\]"):
        grad(lambda p: p["a"] * p["a"])({"a": 1.0})
