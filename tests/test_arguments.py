"""What functions over lists, derivatives and losses are given: rows, text, generators, masks."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import jangrad
from jangrad import (
    MLP,
    Value,
    dot,
    entropy,
    gradient,
    hessian,
    hvp,
    jit,
    kl_divergence,
    log_softmax,
    logsumexp,
    nn,
    norm,
    ops,
    softmax,
)
from jangrad.errors import DataError, NoSuchRow, NotANumber, ShapeError


def takes_two(name: str) -> bool:
    """Whether an operation is a function of two inputs, with a method and no operator."""
    return len(ops.OPS[name].inputs) == 2 and hasattr(Value, name) and hasattr(jangrad, name)


X = Value(2.0)
CUBE = X * X * X


@pytest.mark.parametrize(
    "leaves",
    [[X], (X,), (x for x in [X]), map(Value.__pos__, [X]), iter([X]), np.array([X], object)],
)
def test_leaves_of_any_kind_of_list(leaves: Any) -> None:
    """Also of one that can be walked once."""
    assert [slope.data for slope in gradient(CUBE, leaves)] == [12.0]


@pytest.mark.parametrize("root", [[CUBE], (CUBE,), np.array([CUBE], object)])
def test_a_root_in_a_list_of_one(root: Any) -> None:
    """As `grad` takes the output of a network of one output."""
    assert [slope.data for slope in gradient(root, [X])] == [12.0]


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: gradient(CUBE, {X: 1}), ShapeError, "needs a list of Values"),  # type: ignore[arg-type]
    (lambda: gradient(CUBE, {X}), ShapeError, "needs a list of Values"),  # type: ignore[arg-type]
    (lambda: gradient(CUBE, 3), ShapeError, "needs a list of Values, not 3"),  # type: ignore[arg-type]
    (lambda: gradient([CUBE, X], [X]), ShapeError, "is of one Value"),  # type: ignore[arg-type]
    (lambda: gradient(None, [X]), NotANumber, "not None"),  # type: ignore[arg-type]
    (lambda: gradient("y", [X]), NotANumber, "not 'y'"),  # type: ignore[arg-type]
    (lambda: hvp(lambda x: x[0] ** 3)([2.0, 1.0], [1.0]), ShapeError, "is not nested as x"),
    (lambda: hvp(lambda x: x[0] ** 3)([2.0, 1.0], 1.0), ShapeError, "x has 2 numbers"),
    (lambda: dot([[1.0, 2.0], [3.0, 4.0]], [1, 2]), ShapeError, "`dot` multiplies numbers"),
    (lambda: dot(["ab", "c"], [2, 1]), ShapeError, "+ would join them"),
    (lambda: jangrad.sum([None]), ShapeError, "`sum` adds numbers, not None"),
    (lambda: softmax({1.0, 2.0}), ShapeError, "a set has no order, and equal numbers once"),
    (lambda: softmax({X}), ShapeError, "not a set"),
    (lambda: dot({1.0, 2.0}, {3.0, 4.0}), ShapeError, "`dot` takes a list of"),
    (lambda: jangrad.sum({1.0, 2.0}), ShapeError, "`sum` takes a list of"),
    (lambda: jangrad.table({3.0, 2.0}), ShapeError, "not of a set"),
    (lambda: jit(lambda x: x * 2).map({1.0, 2.0}), ShapeError, "rows are a list or an array"),
    (lambda: jit(lambda x: x * 2).map({1.0: 1}), ShapeError, "of a dict it would be the keys"),
    (lambda: jangrad.table([1.0, 2.0])[1.0000000001], NoSuchRow, "row 1.0000000001 was asked"),
    (lambda: softmax([[1.0, 2.0]]), ShapeError, "[jangrad.softmax(row) for row in rows]"),
    (lambda: log_softmax(np.ones((2, 2))), ShapeError, "among them"),
    (lambda: logsumexp("ab"), ShapeError, "there is 'a' among them"),
    (lambda: norm([None]), NotANumber, "not None"),
    (lambda: norm(None), ShapeError, "not None"),  # type: ignore[arg-type]
    (lambda: entropy([[0.5, 0.5]]), ShapeError, "`entropy` takes a list of"),
    (lambda: kl_divergence([0.5], [[0.5]]), ShapeError, "`kl_divergence` takes a list of"),
    (lambda: kl_divergence([], []), ShapeError, "empty list"),
    (lambda: nn.l2_penalty(np.ones((2, 2)), 0.1), ShapeError, "among them"),
    (lambda: nn.l1_penalty([[X]], 0.1), ShapeError, "among them"),  # type: ignore[list-item]
    (lambda: nn.l2_penalty(MLP(1, [1]), 0.1), ShapeError, "net.parameters()"),  # type: ignore[arg-type]
    (lambda: nn.hinge([1.0, 2.0], (t for t in [1, 0])), DataError, "`targets[1]` is 0"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "error", "words"), REFUSED, ids=[words for *_, words in REFUSED])
def test_what_is_no_list_of_numbers_is_refused(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    """With an error of jangrad's, in which is what to write instead."""
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)


def test_a_hessian_times_what_is_nested_as_x() -> None:
    """A number, a flat list, or lists of lists; or a flat list for those; compiled too."""
    cube = lambda x: x**3
    assert hvp(cube)(2.0, 1.0) == jit(hvp(cube))(2.0, 1.0) == 12.0
    product = lambda x: x[0][0] ** 3 * x[0][1]
    assert hvp(product)([[2.0, 1.0]], [[1.0, 0.0]]) == [[12.0, 12.0]]
    assert hvp(product)([[2.0, 1.0]], [1.0, 0.0]) == [12.0, 12.0]
    v = Value(1.0)
    (slope,) = gradient(hvp(cube)(2.0, v), [v])
    assert slope.data == 12.0
    assert hessian(lambda x: 0.0)([]) == []


def test_plain_numbers_overflow_as_values_do() -> None:
    """A loss of plain numbers is inf, and one True is 1."""
    assert nn.squared_error([1e200], [0.0]) == nn.squared_error([Value(1e200)], [0.0]).data
    assert nn.squared_error([1e200], [0.0]) == math.inf
    assert repr(jangrad.sum([True])) == "1"


MASKED = np.ma.array([1.0, 2.0], mask=[False, True])


@pytest.mark.parametrize(
    "call",
    [
        lambda: Value(np.ma.masked),
        lambda: X * np.ma.masked,
        lambda: MLP(2, [1]).predict([MASKED]),
        lambda: nn.squared_error(MASKED, [0.0, 0.0]),
        lambda: softmax(MASKED),
        lambda: jangrad.grad(lambda x: x[0] * x[1])(MASKED),
    ],
)
def test_a_masked_number_is_none(call: Callable[[], Any]) -> None:
    """What is missing is not 0, nor what lies under the mask."""
    with pytest.raises(NotANumber, match="masked"):
        call()


def _endless(kind: str) -> Any:
    one: Any = {"x": 1.0} if kind == "dict" else [1.0]
    inner = (one,) if kind == "tuple" else one
    one.update(again=one) if kind == "dict" else one.append(inner)
    return one


@pytest.mark.parametrize("kind", ["list", "tuple", "dict"])
def test_an_argument_that_holds_itself_has_no_end(kind: str) -> None:
    """Python's own error would be about its stack."""
    one = _endless(kind)
    w = Value(1.0)
    calls = [jit(lambda x: 1.0), jit(lambda x: 1.0).map, jangrad.compile_step(lambda x: w, [w])]
    for call in [*calls, jangrad.grad(lambda x: x[0])][: None if kind != "dict" else -1]:
        with pytest.raises(ShapeError, match="an argument holds itself"):
            call([one])


DAYS = np.array([["2020-01-01"], ["2020-01-02"]], "datetime64[ns]")
SPAN = np.timedelta64(3, "ns")


@pytest.mark.parametrize("unit", ["ns", "s", "D"])
@pytest.mark.parametrize(
    "call",
    [
        lambda days, span: Value(span),
        lambda days, span: X * span,
        lambda days, span: jit(lambda x: 2.0 * x)(span),
        lambda days, span: jit(lambda x: 2.0 * x).map(days[:, 0]),
        lambda days, span: jit(lambda x: 2.0 * x[0])(days[:, 0]),
        lambda days, span: jangrad.grad(lambda x: x[0] * x[1])(days[:, 0]),
        lambda days, span: MLP(1, [1], seed=0).predict(days),
        lambda days, span: jangrad.fit(MLP(1, [1], seed=0), days, [1.0, 2.0], steps=1),
        lambda days, span: jangrad.fit(MLP(1, [1], seed=0), [[1.0], [2.0]], days, steps=1),
    ],
)
def test_times_are_no_numbers_in_any_unit(call: Callable[..., Any], unit: str) -> None:
    """Those of pandas, in nanoseconds, are integers of 19 digits inside."""
    with pytest.raises((NotANumber, DataError), match=r"datetime64|timedelta64|datetime\.date"):
        call(DAYS.astype(f"datetime64[{unit}]"), SPAN.astype(f"timedelta64[{unit}]"))


@pytest.mark.parametrize("times", ["M8[ns]", "m8[ns]", "m8[s]"])
def test_times_of_pandas_are_no_numbers(times: str) -> None:
    """Nor in a column, nor in a table, of one row or of many."""
    pandas = pytest.importorskip("pandas")
    column = pandas.Series(np.array([1, 2], times))
    table = pandas.DataFrame(np.array([[1, 2], [3, 4]]).astype(times))
    w = Value(1.0)
    f = jit(lambda x: x[0] * 2.0 + x[1])
    step = jangrad.compile_step(lambda x: (w * x[0] - x[1]) ** 2, [w])
    for call in (lambda: f(column), lambda: f.map(table), lambda: step(column)):
        with pytest.raises(NotANumber):
            call()


def test_numbers_that_other_libraries_differentiate_are_refused() -> None:
    """Their gradient would end here without a word."""
    torch = pytest.importorskip("torch")
    with pytest.raises(NotANumber, match="Tensor"):
        norm(torch.tensor([3.0, 4.0], requires_grad=True))
    assert norm(torch.tensor([3.0, 4.0])) == 5.0


def test_numbers_that_jax_differentiates_are_refused() -> None:
    """As those of PyTorch; plain ones are numbers."""
    jax = pytest.importorskip("jax")
    with pytest.raises(NotANumber, match="Tracer"):
        jax.grad(lambda z: (X * z).data)(1.0)
    assert (X * jax.numpy.float32(2.0)).data == 4.0


@pytest.mark.parametrize("other", [Decimal("1.5"), np.array([1.5]), np.array([1.0, 2.0]), object()])
@pytest.mark.parametrize("name", sorted(n for n in ops.OURS - ops.INNER if takes_two(n)))
def test_a_method_refuses_what_is_no_number(name: str, other: Any) -> None:
    """An operator leaves it to the other side, whose answer Python asks for; a call has no side."""
    with pytest.raises(NotANumber):
        getattr(jangrad, name)(X, other)
    with pytest.raises(NotANumber):
        getattr(X, name)(other)


def test_a_refused_argument_in_a_trace_is_remembered() -> None:
    """A function that catches it may go on with what holds for this one call."""

    def f(x: Any) -> Any:
        try:
            return jangrad.maximum(x, object())
        except NotANumber:
            return x

    with pytest.raises(NotANumber):
        jit(f)(1.0)


@pytest.mark.parametrize("f", [jangrad.sum, jangrad.mean, norm, softmax, logsumexp])
def test_an_array_without_axes_is_no_list(f: Any) -> None:
    with pytest.raises(ShapeError, match="takes a list of Values or numbers"):
        f(np.array(1.0))


def test_numbers_that_numpy_has_not() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(NotANumber, match=r"NumPy cannot take(.|\n)*array\.float\(\)"):
        jit(lambda x: x * 2.0).map(torch.ones(3, dtype=torch.bfloat16))
