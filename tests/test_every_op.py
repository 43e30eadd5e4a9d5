"""Every operation of the table, told by the table: numeric derivatives, kinks, PyTorch.

A new row is tested at once; the last test names the peer that is still missing.
"""

import inspect
import math
import random

import pytest

import jangrad
from jangrad import Value, engine, foreign, gradcheck, gradient, lists, ops

BUILT_IN = [row for row in ops.OPS.values() if row.name in ops.OURS]
EVERY = pytest.mark.parametrize("row", BUILT_IN, ids=lambda row: row.name)


def points(row, count=12):
    """Points inside the row's domain, away from its kinks."""
    draw = random.Random(row.name)
    inside = row.safe or ((-3.0, 3.0),) * len(row.inputs)
    found = []
    while len(found) < count:
        point = tuple(draw.uniform(*interval) for interval in inside)
        zeros = [ops.run(kink.zero, row.inputs, point) for kink in row.kinks]
        if all(abs(zero) > 1e-2 for zero in zeros):
            found.append(point)
    return found


def apply(row, *inputs):
    return engine.apply(row.name, *inputs)


@EVERY
def test_values_are_the_rule(row):
    """On Values and on plain numbers, in each of the forms, the value is the rule's."""
    for point in points(row):
        expected = ops.evaluate(row.name, *point)
        values = [Value(x) for x in point]
        assert apply(row, *values).data == expected
        if len(point) == 2:
            assert apply(row, values[0], point[1]).data == expected
            assert apply(row, point[0], values[1]).data == expected


@EVERY
def test_first_derivatives_are_the_slopes(row):
    """Both inputs Values, and a plain number on either side, against finite differences."""
    if row.name in ("stop_gradient", "shift"):  # its slope is not the derivative on purpose
        assert row.partials == ("0",)
        return
    for point in points(row):
        gradcheck(lambda x: apply(row, *x), list(point))
        if len(point) == 2:
            gradcheck(lambda a: apply(row, a, point[1]), point[0])  # noqa: B023
            gradcheck(lambda b: apply(row, point[0], b), point[1])  # noqa: B023


@EVERY
def test_second_derivatives_are_the_slopes_of_the_first(row):
    """The gradient as a graph, differentiated again."""
    for point in points(row, 6):
        for position in range(len(point)):

            def slope(x, position=position):
                return gradient(apply(row, *x), list(x))[position] + 0.0 * sum(x)

            gradcheck(slope, list(point))


@EVERY
def test_gradients_as_numbers_and_as_values_agree(row):
    """The engine's contributions and the rules on Values are the same mathematics."""
    for point in points(row):
        inputs = [Value(x) for x in point]
        root = apply(row, *inputs)
        as_values = [slope.data for slope in gradient(root, inputs)]
        root.backtrack()
        assert [x.grad for x in inputs] == pytest.approx(as_values, rel=1e-13, abs=1e-300)


KINKED = [(row, kink) for row in BUILT_IN for kink in row.kinks]


@pytest.mark.parametrize(("row", "kink"), KINKED, ids=lambda part: getattr(part, "name", ""))
def test_at_a_kink_the_chosen_partials_are_used(row, kink):
    """Exactly at the kink, each partial is the one that the table says."""
    at = {
        "x": (0.0,),
        "x - 6": (6.0,),
        "a": (0.0, 0.7),
        "a - b": (1.5, 1.5),
        "x - floor(x + 0.5)": (-2.0,),
        "a / b - floor(a / b + 0.5)": (1.5, 0.5),
    }[kink.zero]
    inputs = [Value(x) for x in at]
    root = apply(row, *inputs)
    root.backtrack()
    assert ops.run(kink.zero, row.inputs, at) == 0.0
    chosen = [ops.run(rule, (*row.inputs, "y"), (*at, root.data)) for rule in kink.chosen]
    assert [x.grad for x in inputs] == pytest.approx(chosen, abs=1e-15)
    if not kink.jump:
        gradcheck(lambda x: apply(row, *x), list(at))


@EVERY
def test_the_free_function_is_there(row):
    """Each operation that is no operator has a function of its name, on Values and on numbers."""
    if row.text[0] in "{-" or row.name in {"abs", *ops.INNER}:
        return
    function = getattr(jangrad, row.name)
    for point in points(row, 3):
        assert function(*point) == ops.evaluate(row.name, *point)
        assert function(*(Value(x) for x in point)).data == ops.evaluate(row.name, *point)


@EVERY
def test_extremes_give_numbers_not_exceptions(row):
    """inf, nan, huge and tiny inputs follow IEEE, on numbers and on Values alike."""
    odd = (0.0, -0.0, 1e-320, 1e308, -1e308, math.inf, -math.inf, math.nan, 1000.0, -1000.0)
    for x in odd:
        point = (x,) if len(row.inputs) == 1 else (x, 0.5)
        inputs = [Value(part) for part in point]
        try:
            root = apply(row, *inputs)
        except jangrad.errors.DomainError:
            continue
        root.backtrack()
        assert repr(root.data) == repr(ops.evaluate(row.name, *point))


STABLE = [1000.0, -1000.0, 999.0]


@pytest.mark.parametrize("name", ["sum", "mean", "norm", "logsumexp"])
def test_over_lists_at_a_thousand(name):
    """Value and gradient are right where exp would overflow."""
    function = getattr(lists, name)
    gradcheck(function, STABLE)
    assert math.isfinite(function(STABLE))


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_at_a_thousand(name):
    """Each output is finite, sums are right, gradients are the slopes."""
    function = getattr(lists, name)
    out = [v.data for v in function([Value(x) for x in STABLE])]
    assert all(map(math.isfinite, out))
    total = sum(out if name == "softmax" else map(math.exp, out))
    assert total == pytest.approx(1.0, rel=1e-12)
    for k in range(3):
        gradcheck(lambda x, k=k: function(x)[k], STABLE)


def torch_peers(torch):
    """The same operations in PyTorch."""
    f = torch.nn.functional
    return {
        "add": torch.add,
        "mul": torch.mul,
        "sub": torch.sub,
        "div": torch.div,
        "mod": torch.remainder,
        "neg": torch.neg,
        "pow": torch.pow,
        "raised": torch.pow,
        "power_log": lambda a, b: torch.pow(a, b) * torch.log(a),
        "abs": torch.abs,
        "minimum": torch.minimum,
        "maximum": torch.maximum,
        "at_least": lambda a, b: torch.where(a < b, b, a),
        "at_most": lambda a, b: torch.where(a > b, b, a),
        "where_true": lambda a, b: torch.where(torch.tensor(True), a, b),
        "where_false": lambda a, b: torch.where(torch.tensor(False), a, b),
        "sign": torch.sign,
        "floor": torch.floor,
        "ceil": torch.ceil,
        "exp2": torch.exp2,
        "log2": torch.log2,
        "log10": torch.log10,
        "logaddexp": torch.logaddexp,
        "cbrt": lambda x: x ** (1 / 3),  # there is none; the points are positive
        "hypot": torch.hypot,
        "asin": torch.asin,
        "acos": torch.acos,
        "atan2": torch.atan2,
        "sinh": torch.sinh,
        "cosh": torch.cosh,
        "asinh": torch.asinh,
        "acosh": torch.acosh,
        "atanh": torch.atanh,
        "exp": torch.exp,
        "expm1": torch.expm1,
        "log": torch.log,
        "log1p": torch.log1p,
        "sqrt": torch.sqrt,
        "sin": torch.sin,
        "cos": torch.cos,
        "tan": torch.tan,
        "atan": torch.atan,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x)),
        "logsigmoid": f.logsigmoid,
        "erf": torch.erf,
        "erfc": torch.erfc,
        "relu": torch.relu,
        "leaky_relu": lambda a, b: torch.where(a > 0, a, b * a),
        "relu6": f.relu6,
        "elu": lambda a, b: torch.where(a > 0, a, b * torch.expm1(a)),
        "selu": f.selu,
        "gelu": f.gelu,
        "gelu_tanh": lambda x: f.gelu(x, approximate="tanh"),
        "silu": f.silu,
        "less": lambda a, b: (a < b).double() + 0.0 * a,
        "less_equal": lambda a, b: (a <= b).double() + 0.0 * a,
        "equal": lambda a, b: (a == b).double() + 0.0 * a,
        "gate": lambda a, b: torch.where(a == 0, torch.zeros_like(b), b),
        "side": lambda a, b: torch.where(a == 0, -torch.zeros_like(b), b),
        "stop_gradient": lambda x: x.detach() + 0.0 * x,
        "shift": lambda x: x.detach() + 0.0 * x,
        "minus": torch.sub,
        "xlogy": torch.xlogy,
        "rel_entr": lambda a, b: torch.xlogy(a, a) - torch.xlogy(a, b),
        "gather": lambda a, b: 0.0 * a + 0.0 * b,
        "scatter": lambda a, b: 0.0 * a + 0.0 * b,
    }


@EVERY
def test_pytorch_agrees(row):
    """Value and gradients in double precision; a row without a peer fails here."""
    torch = pytest.importorskip("torch")
    peers = torch_peers(torch)
    assert row.name in peers, f"say in torch_peers what `{row.name}` is in PyTorch"
    for point in points(row, 6):
        inputs = [Value(x) for x in point]
        root = apply(row, *inputs)
        root.backtrack()
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
        out = peers[row.name](*tensors)
        out.backward()
        assert root.data == pytest.approx(out.item(), rel=1e-12, abs=1e-14)
        slopes = [0.0 if t.grad is None else t.grad.item() for t in tensors]
        assert [x.grad for x in inputs] == pytest.approx(slopes, rel=1e-11, abs=1e-13)


@EVERY
def test_methods_and_functions_say_what_they_are(row):
    """The docstring of both is the row's: formula, partials, domain, kinks, source."""
    if row.name in ops.INNER or row.text[0] in "{-" or row.name == "abs":
        return
    for function in (getattr(Value, row.name), getattr(jangrad, row.name)):
        doc = inspect.getdoc(function)
        if function is getattr(jangrad, row.name) and row.default is not None:
            continue  # it is written by hand
        formula = row.text.format(**dict(zip(row.inputs, row.called, strict=True)))
        assert doc.startswith(f"`{formula}")
        assert "Partial derivatives, with y the value: ∂y/∂" in doc
        assert ("It needs " in doc) == bool(row.domain)
        assert ("Source: " in doc) == (row.source != "calculus")


@pytest.mark.parametrize(
    "row", [r for r in BUILT_IN if r.default is not None], ids=lambda r: r.name
)
def test_parameters_have_the_names_and_defaults_of_the_row(row):
    """As methods and as functions, by name and by default, with a Value and with a number."""
    of, last = row.called
    x = Value(-2.0)
    for given in (0.5, Value(0.5)):
        expected = ops.evaluate(row.name, -2.0, 0.5)
        assert getattr(x, row.name)(**{last: given}).data == expected
        assert getattr(jangrad, row.name)(**{of: x, last: given}).data == expected
    default = ops.evaluate(row.name, -2.0, row.default)
    assert getattr(x, row.name)().data == getattr(jangrad, row.name)(x).data == default


def test_every_method_of_a_value_says_what_it_does():
    """All that a reader may call, printed or written by hand."""
    # Other tests give attributes to Values, and `absolute` is what NumPy calls `__abs__`.
    others = (foreign.Elsewhere, engine._Attribute)
    held = {name: inspect.getattr_static(Value, name) for name in dir(Value) if name[0] != "_"}
    public = {name: thing for name, thing in held.items() if not isinstance(thing, others)}
    assert {"exp", "leaky_relu", "backward", "data"} <= {*public}
    assert [name for name, thing in public.items() if not thing.__doc__] in ([], ["absolute"])


def test_a_remainder_has_the_sign_of_the_divisor():
    """As Python's, also beside zeros and infinities, on plain numbers, Values and compiled."""
    compiled = jangrad.jit(lambda a, b: a % b)
    numbers = [0.0, -0.0, 0.3, -0.3, 1.0, 5.5, -5.5, 7.0, 1e300, -1e-310, math.inf, -math.inf]
    for a in numbers:
        for b in numbers:
            expected = a % b if b else math.nan
            ways = [Value(a) % Value(b), Value(a) % b, a % Value(b)]
            found = [way.data for way in ways] + [compiled(a, b), ops.evaluate("mod", a, b)]
            assert {repr(x).replace("-nan", "nan") for x in found} == {repr(expected)}, (a, b)


def test_sums_of_exponentials_of_infinities():
    """As NumPy's logaddexp: inf wins, -inf counts for nothing, and two share the gradient."""
    inf = math.inf
    for a, b, expected in (
        (inf, inf, inf),
        (inf, -inf, inf),
        (-inf, -inf, -inf),
        (-inf, 1.5, 1.5),
        (1e300, 1e300, 1e300),
        (-800.0, -800.0, -800.0 + math.log(2.0)),
    ):
        assert jangrad.logaddexp(a, b) == jangrad.logaddexp(b, a) == expected
        x, y = Value(a), Value(b)
        jangrad.logaddexp(x, y).backtrack()
        assert x.grad + y.grad == 1.0


def test_lengths_and_angles_neither_overflow_nor_vanish():
    """hypot and the slopes of atan2, at sizes whose squares are inf or 0."""
    for size in (1e300, 1e-300):
        a, b = Value(3.0 * size), Value(4.0 * size)
        length = a.hypot(b)
        assert length.data == pytest.approx(5.0 * size, rel=4e-16)
        length.backtrack()
        assert (a.grad, b.grad) == pytest.approx((0.6, 0.8), rel=1e-15)
        a.atan2(b).backtrack()
        assert (a.grad, b.grad) == pytest.approx((0.16 / size, -0.12 / size), rel=1e-15)
    for x in (1e200, -1e200):
        v = Value(x)
        v.asinh().backtrack()
        assert v.grad == pytest.approx(1e-200, rel=1e-15)
