"""A Value among Python's numbers: what works, what is refused, and how it says so."""

import copy
import math
import operator
import pickle
import statistics
import subprocess
import sys
from fractions import Fraction
from importlib.util import find_spec

import numpy as np
import pytest

import jangrad
from jangrad import Value, clamp, gradient, jit, log, strict, trace_lines, where
from jangrad.errors import (
    DomainError,
    InnerValue,
    NonFinite,
    NotANumber,
    ShapeError,
    SilentDetach,
    StaleGraph,
)


@pytest.mark.parametrize(
    "data", [2, 2.0, True, np.float64(2), np.float32(2), np.int64(2), np.bool_(1), Fraction(1, 4)]
)
def test_real_numbers_are_accepted(data):
    """int, float, bool, NumPy's real scalars, fractions."""
    assert Value(data).data == float(data)
    assert type(Value(data).data) is float


@pytest.mark.parametrize(
    "data", ["2", None, 2j, np.ones(2), [1.0], (1.0,), {}, b"2", object(), Value(1.0), 10**400]
)
def test_anything_else_is_refused(data):
    """With the thing seen, and what to write instead where there is something."""
    with pytest.raises(NotANumber):
        Value(data)


@pytest.mark.parametrize("other", ["2", None, 2j, [1.0]])
@pytest.mark.parametrize("sign", [operator.add, operator.mul, operator.sub, operator.pow])
def test_operators_refuse_it_too(sign, other):
    """On both sides."""
    with pytest.raises((NotANumber, TypeError)):
        sign(Value(1.0), other)
    with pytest.raises((NotANumber, TypeError)):
        sign(other, Value(1.0))


def test_every_operator_and_its_reflection():
    """Value with Value, with a number on either side, and in place."""
    a = Value(3.0)
    for sign in (operator.add, operator.sub, operator.mul, operator.truediv, operator.pow):
        expected = sign(3.0, 2.0)
        assert sign(a, Value(2.0)).data == expected
        assert sign(a, 2).data == expected
        assert sign(3, Value(2.0)).data == expected
    for sign in (operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow):
        before = a
        after = sign(a, 2.0)
        assert after is not before
        assert before.data == 3.0
    assert (-a).data == -3.0
    assert (+a) is a
    assert abs(-a).data == 3.0


def test_python_number_behaviour():
    """sum, max, min, sorted, comparisons, round, format, hash."""
    a, b = Value(1.5), Value(-2.25)
    assert sum([a, b]).data == -0.75
    assert max([a, b]) is a
    assert min([a, b]) is b
    assert sorted([a, b]) == [b, a]
    assert a > b
    assert a >= 1.5
    assert b < 0
    assert not b > 0
    assert a == 1.5
    assert a != b
    assert a == a
    assert Value(1.5) != Value(1.5)
    assert len({a, b, a}) == 2
    assert f"{a:.3f}" == "1.500"
    assert f"{a}" == "Value(data=1.5)"


def test_our_sum_is_called_as_pythons_own():
    """With a start too, so `from jangrad import *` breaks no program; 0 adds no node."""
    a, b = Value(1.5), Value(-2.25)
    assert jangrad.sum([a, b]).inputs == (a, b)
    assert jangrad.sum([a], b).inputs == (b, a)
    assert jangrad.sum((x for x in (1.0, 2.0)), start=0.5) == 3.5
    assert jangrad.sum([]) == 0.0
    assert jangrad.sum([a]) is a


@pytest.mark.parametrize(
    "use",
    [
        *(float, int, math.exp, bool, complex),
        *(lambda v: [1, 2][v], lambda v: v and 1, lambda v: not v),
        *(lambda v: v.is_integer(), lambda v: v.hex(), lambda v: v.as_integer_ratio()),
    ],
)
def test_a_value_never_turns_silently_into_a_float(use):
    """float(v), math.exp(v), `if v:`, int(v) raise and teach."""
    with pytest.raises(SilentDetach, match=r"\n  try: "):
        use(Value(1.0))


def test_numpy_arrays_of_values():
    """W @ x, np.exp(array), sums: NumPy calls our operators and methods element by element."""
    weights = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([0.5, -1.0])
    assert [v.data for v in weights @ x] == [-1.5, -2.5]
    total = np.exp(weights).sum()
    total.backtrack()
    assert weights[0, 1].grad == pytest.approx(math.exp(2.0))
    assert (np.float64(2.0) * Value(3.0)).data == 6.0
    assert [v.data for v in np.tanh(weights[0])] == [math.tanh(1.0), math.tanh(2.0)]


def test_copy_deepcopy_pickle():
    """A copy shares its inputs; a deep copy and a pickle have their own."""
    a = Value(2.0, label="a")
    b = a * a
    b.label = "b"
    b.backtrack()
    shallow, deep, back = copy.copy(b), copy.deepcopy(b), pickle.loads(pickle.dumps(b))
    assert shallow.inputs == (a, a)
    for twin in (deep, back):
        assert twin.inputs[0] is not a
        assert twin.inputs[0] is twin.inputs[1]
        assert (twin.data, twin.grad, twin.label, twin.inputs[0].label) == (4.0, 1.0, "b", "a")
    pair = copy.deepcopy([a, b])
    assert pair[1].inputs[0] is pair[0]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_a_copy_is_as_stale_as_what_was_copied(copied):
    """A copy of a * a from before a was assigned has no gradient either; one from after it has."""
    a = Value(2.0)
    old = a * a
    a.data = 3.0
    new = a * a
    with pytest.raises(StaleGraph):
        copied(old).backward()
    both = copied(old + new) if copied is not copy.copy else old + new
    with pytest.raises(StaleGraph):
        both.backward()
    fresh = copied(new)
    fresh.backward()
    assert fresh.inputs[0].grad == 6.0


def test_pickles_travel_between_processes():
    """Another process goes on with the graph."""
    sent = pickle.dumps(Value(3.0, label="x") ** 2).hex()
    code = f"import pickle; v = pickle.loads(bytes.fromhex('{sent}')); v.backtrack(); print(v.inputs[0].grad)"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "6.0\n"


def test_powers_where_the_derivative_is_real():
    """Constant exponents of any base, Value exponents of a positive base, 2 ** v, 0 as base."""
    for base, exponent in ((-2.0, 3), (-2.0, -1), (0.0, 2), (0.0, 1), (2.0, 0.5), (0.0, 0)):
        x = Value(base)
        (x**exponent).backtrack()
        expected = 0.0 if exponent == 0 else exponent * base ** (exponent - 1)
        assert x.grad == pytest.approx(expected)
    b = Value(3.0)
    (2**b).backtrack()
    assert b.grad == pytest.approx(8.0 * math.log(2.0))
    a, n = Value(0.0), Value(2.0)
    (a**n).backtrack()
    assert (a.grad, n.grad) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("base", "exponent"), [(-2.0, Value(0.5)), (-2.0, 0.5), (-2.0, Value(2.0))]
)
def test_powers_where_it_is_not_are_explained(base, exponent):
    """The message names the base, its value and the reason."""
    with pytest.raises(DomainError, match=r"a = -2.0(.|\n)*why"):
        Value(base) ** exponent


def test_what_is_advised_instead_of_a_power_works():
    """A plain exponent only where it is whole."""
    with pytest.raises(DomainError, match=r"try: a plain exponent, `a \*\* 2`"):
        Value(-2.0) ** Value(2.0)
    assert (Value(-2.0) ** 2).data == 4.0
    with pytest.raises(DomainError, match=r"try: abs\(a\) \*\* b"):
        Value(-2.0) ** Value(0.5)
    assert (abs(Value(-2.0)) ** Value(0.5)).data == pytest.approx(math.sqrt(2.0))


def test_ieee_at_the_edges():
    """Division by zero, log(0), overflow give inf and nan as in C."""
    zero = Value(0.0)
    assert (1.0 / zero).data == math.inf
    assert (-1.0 / zero).data == -math.inf
    assert math.isnan((zero / zero).data)
    assert log(zero).data == -math.inf
    assert math.isnan(log(Value(-1.0)).data)
    assert Value(1000.0).exp().data == math.inf
    assert (zero**-1).data == math.inf


def test_strict_names_the_operation_its_inputs_and_the_line():
    """The first nan or inf raises at once; outside all is as before."""
    x = Value(0.0)
    with pytest.raises(NonFinite) as caught, strict():
        log(x * 2.0)
    text = str(caught.value)
    assert "`log` gave -inf from (0.0)" in text
    assert "log(x * 2.0)" in text
    assert log(x).data == -math.inf


def test_lines_are_remembered_only_when_asked_for():
    """`trace_lines` says where each Value was made."""
    with trace_lines():
        made = Value(1.0) + 2.0
    assert "made = Value(1.0) + 2.0" in made.made_at
    assert (made * 2.0).made_at == ""


def test_stale_graphs_are_refused():
    """A leaf that was assigned after its use stops the backward pass, until it is used afresh."""
    a = Value(2.0, label="a")
    old = a * a
    a.data = 5.0
    with pytest.raises(StaleGraph, match="`a`"):
        old.backtrack()
    (a * a).backtrack()
    assert a.grad == 10.0


def test_inner_values_cannot_be_assigned():
    """Only leaves hold numbers of their own."""
    with pytest.raises(InnerValue, match="is computed: mul"):
        (Value(2.0) * 3.0).data = 1.0


def test_what_was_not_computed_is_not_zero():
    """`has_grad` tells, and the repr shows no gradient."""
    a = Value(2.0)
    assert not a.has_grad
    assert repr(a) == "Value(data=2.0)"
    (a * 0.0).backtrack()
    assert a.has_grad
    assert repr(a) == "Value(data=2.0, grad=0.0)"
    a.zero_grad()
    assert not a.has_grad


def test_leaves_accumulate_and_inner_nodes_do_not():
    """As in PyTorch, over one graph and over several."""
    a = Value(3.0)
    b = a * a
    c = b * 2.0
    c.backward()
    c.backward()
    assert (a.grad, b.grad) == (24.0, 2.0)
    (a * 1.0).backward()
    assert a.grad == 25.0


def test_detach_stops_the_gradient():
    """The number goes on, the gradient does not."""
    a = Value(3.0)
    (a * a.detach()).backtrack()
    assert a.grad == 3.0


def test_clamp_and_where_pass_the_gradient_of_the_side_taken():
    """At a bound the gradient still passes; outside it is 0."""
    for data, slope in ((0.5, 1.0), (1.0, 1.0), (0.0, 1.0), (1.5, 0.0), (-0.5, 0.0)):
        x = Value(data)
        clamp(x, 0.0, 1.0).backtrack()
        assert x.grad == slope
    x = Value(2.0)
    where(x > 0, x * x, 0.0 / x).backtrack()
    assert x.grad == 4.0


@pytest.mark.parametrize("number", [float, Value])
def test_a_bound_that_is_nan_shows_in_what_is_clamped(number):
    """As in NumPy, PyTorch and JAX: a bound that could not be computed is not left out."""
    nan = number(math.nan)
    for clamped in (
        clamp(number(0.5), nan, 1.0),
        clamp(number(0.5), 0.0, nan),
        clamp(nan, 0.0, 1.0),
    ):
        assert math.isnan(clamped.data if isinstance(clamped, Value) else clamped)


def test_gradients_to_any_order():
    """x ** 5 differentiated five times."""
    x = Value(2.0)
    y = x**5
    for expected in (80.0, 160.0, 240.0, 240.0, 120.0):
        (y,) = gradient(y, [x])
        assert y.data == pytest.approx(expected)


def test_children_are_in_order():
    """Sums of gradients come out the same in every run: nothing depends on a set's order."""
    a, b = Value(1.0), Value(2.0)
    assert (a - b).children == (a, b)
    assert (a - b).inputs == (a, b)
    assert (3.0 - a).inputs == (3.0, a)
    assert (a - 3.0).inputs == (a, 3.0)
    assert (a - 3.0).op == "sub"


@pytest.mark.parametrize("kind", ["array", "scalar", "tensor", "whole tensor"])
def test_arrays_without_axes_are_numbers(kind):
    """On either side of an operator and of a comparison, in `Value`, and as an index of a table."""
    if "tensor" in kind:
        torch = pytest.importorskip("torch")
        two = torch.tensor(2 if "whole" in kind else 2.0)
    else:
        two = np.array(2.0) if kind == "array" else np.float32(2.0)
    v = Value(3.0)
    assert [x.data for x in (v * two, v - two, v**two, Value(two))] == [6.0, 1.0, 9.0, 2.0]
    assert (v > two, v == two, Value(2.0) == two, Value(2.0) != two) == (True, False, True, False)
    assert jangrad.table([4.0, 5.0, 6.0])[two] == 6.0
    compiled = jit(lambda x: where(x == two, x * two, x - two))
    assert [compiled(two), compiled(5.0), compiled([two][0])] == [4.0, 3.0, 4.0]
    if kind in ("array", "scalar"):
        assert (two * v).data == 6.0


def test_arrays_that_are_no_number_are_refused():
    """A text, a complex number, and a tensor of which PyTorch is to have a gradient."""
    wrong = [np.array("a"), np.array(1j), np.array([1.0, 2.0])]
    if find_spec("torch"):
        import torch

        wrong += [torch.tensor(2.0, requires_grad=True), torch.tensor([1.0])]
    for number in wrong:
        with pytest.raises(NotANumber):
            Value(number)


@pytest.mark.parametrize(
    ("error", "way", "ask"),
    [
        (SilentDetach, "v.data for the plain number", round),
        (SilentDetach, "v.data for the plain number", lambda v: round(v, 2)),
        (SilentDetach, "v.data for the plain number", math.trunc),
        (SilentDetach, "v.data for the plain number", math.floor),
        (SilentDetach, "v.data for the plain number", math.isnan),
        (SilentDetach, "v.data for the plain number", complex),
        (SilentDetach, "v.data for the plain number", lambda v: [1, 2][v]),
        (SilentDetach, "v.data for the plain number", lambda v: statistics.mean([v, v])),
        (SilentDetach, "v.data for the plain number", lambda v: np.array([v], dtype=float)),
        (NotANumber, "v.data for the plain number", lambda v: v // v),
        (NotANumber, "v.data for the plain number", lambda v: divmod(v, 2)),
        (NotANumber, "jangrad.dot", lambda v: v @ v),
        (NotANumber, r"v \* 2.0\*\*n", lambda v: v << 2),
        (NotANumber, r"v / 2.0\*\*n", lambda v: v >> 2),
        (NotANumber, "without a modulus", lambda v: pow(v, 2, 5)),
    ],
)
def test_no_plain_number_comes_of_a_value_without_a_word(error, way, ask):
    """What the table has no rule for is refused, with the way to ask for the plain number."""
    with pytest.raises(error, match=way):
        ask(Value(2.5))


def test_operators_that_are_refused_leave_other_classes_their_say():
    """A class of one's own beside `//`, `%` or `@` decides for itself."""

    class Other:
        def __rfloordiv__(self, v):
            return "mine"

        __rmod__ = __rmatmul__ = __rfloordiv__

    assert Value(2.0) // Other() == Value(2.0) % Other() == Value(2.0) @ Other() == "mine"
    assert (np.array([1.0, 2.0]) @ np.array([Value(1.0), Value(2.0)])).data == 5.0


def test_numpy_finds_mean_and_deviation_of_values():
    """Both are Values with their gradients."""
    a, b = Value(1.0), Value(4.0)
    spread = np.std([a, b])
    spread.backward()
    assert (spread.data, a.grad, b.grad) == (1.5, -0.5, 0.5)


@pytest.mark.parametrize("given", [[[1.0], [2.0]], ["a", "b"], [(1.0,)], Value(1.0), 3.0])
def test_our_sum_joins_nothing(given):
    """Lists and text are refused as Python's own does, and so is what is no list."""
    with pytest.raises(ShapeError, match="`sum`"):
        jangrad.sum(given)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "mean", "norm"])
def test_functions_of_lists_ask_for_one(name):
    """A single Value in the place of a list."""
    with pytest.raises(ShapeError, match=rf"try: jangrad\.{name}\(\[a, b, c\]\)"):
        getattr(jangrad, name)(Value(1.0))


def test_a_value_that_is_made_anew_is_another_number_for_what_was_computed_from_it():
    """Another call of `__init__` assigns, so the graph is stale as after `a.data = 5.0`."""
    a = Value(2.0)
    b = a * a
    a.__init__(5.0)
    with pytest.raises(StaleGraph):
        b.backward()
    c = a * a
    c.backward()
    assert (c.data, a.grad) == (25.0, 10.0)
    inner = a * 3.0
    root = inner * inner
    inner.__init__(1.0)
    with pytest.raises(StaleGraph):
        root.backward()
