"""Update rules of one's own: what they mean by Python, they mean in machine code.

Random rules read names before and after they are renewed, in any order; state may be exchanged,
forgotten, kept or left alone; tests choose by the gradient, the step, the state. Each is run by
Python and in every kind of program that an update is a part of.
"""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jangrad import MLP, Value, compile_step, fit, operation
from jangrad.errors import OperationError
from jangrad.train import Optimizer, UpdateRule

pytestmark = pytest.mark.filterwarnings("ignore:no line of the update:RuntimeWarning")

EXAMPLES = int(os.environ.get("JANGRAD_EXAMPLES", "40"))


def optimizer_of(rule):
    class Mine(Optimizer):
        def __init__(self, parameters, learning_rate=0.05):
            options = dict.fromkeys(rule.options, 0.75)
            super().__init__(parameters, learning_rate, rule, options)

    return Mine


# -- the programs that an update is a part of ----------------------------------------------------


def by_python(make, values, loss, batches):
    optimizer = make(values)
    for batch in batches:
        optimizer.zero_grad()
        loss(values, batch).backward()
        optimizer.step()
    return [v.data for v in values], optimizer


def objective(values, x):
    """Each of the first few in its own way; all others, alike, a little."""
    few = values[:5]
    total = sum((v - 0.3 * k) ** 2 * (1.0 + 0.2 * k) for k, v in enumerate(few)) * x
    return total + 0.01 * sum(v * v for v in values[5:]) if values[5:] else total


def compiled(make, values, per_row, batches):
    optimizer = make(values)
    step = compile_step(
        lambda x: objective(values, x), values, optimizer, per_row=per_row, learning_rate=None
    )
    for batch in batches:
        step([batch] if per_row else batch)
    return [v.data for v in values], optimizer


def start(count):
    return [Value(0.1 * ((7 * k) % 11) - 0.4) for k in range(count)]


def one(make):
    given = (1.0, 0.5, 2.0, 1.5)
    return by_python(make, start(1), objective, given), compiled(make, start(1), False, given)


def some(make):
    given = (1.0, 0.5, 2.0, 1.5)
    return by_python(make, start(5), objective, given), compiled(make, start(5), False, given)


def rows(make):
    given = (1.0, 0.5, 2.0, 1.5)
    return by_python(make, start(9), objective, given), compiled(make, start(9), True, given)


def many(make):
    given = (1.0, 0.5, 2.0)
    return by_python(make, start(1003), objective, given), compiled(make, start(1003), False, given)


def trained(make, threads, engine, sizes):
    net = MLP(sizes[0], [*sizes[1:], 1], "tanh", seed=1)
    X = [[0.1 * (i + j) for j in range(sizes[0])] for i in range(40)]
    optimizer = make(net.parameters())
    fit(
        *(net, X, [x[0] - 0.3 for x in X]),
        optimizer=optimizer,
        steps=4,
        engine=engine,
        threads=threads,
        progress=False,
    )
    return [p.data for p in net.parameters()], optimizer


def network(make):
    return trained(make, 1, "eager", (2, 3)), trained(make, 1, "native", (2, 3))


def threads(make):
    return trained(make, 1, "eager", (2, 20)), trained(make, 2, "native", (2, 20))


def shapes(make):
    """Steps of two shapes on the same numbers."""
    found = []
    for native in (False, True):
        values = start(6)
        optimizer = make(values)

        def loss(xs, values=values):
            return sum(objective(values, x) for x in xs)

        step = compile_step(loss, values, optimizer)
        for xs in ([1.0], [0.5, 0.25], [2.0], [1.0, 1.0]):
            if native:
                step(xs)
            else:
                optimizer.zero_grad()
                loss(xs).backward()
                optimizer.step()
        found.append(([v.data for v in values], optimizer))
    return tuple(found)


PROGRAMS = [one, some, rows, many, network, threads, shapes]


def check(rule, program):
    (right, python), (found, native) = program(optimizer_of(rule))
    assert found == pytest.approx(right, rel=1e-9, abs=1e-12), f"{rule!r}\n{program.__name__}"
    assert python.steps == native.steps
    for name, ours, theirs in zip(rule.state, python.memory, native.memory, strict=True):
        assert list(theirs) == pytest.approx(list(ours), rel=1e-9, abs=1e-12), f"{rule!r}\n{name}"


# -- rules of every kind -------------------------------------------------------------------------

RULES = [
    ("o = p; p = p - rate * g + 0.5 * (p - b); b = o", ("b",)),
    ("p = p - rate * b; b = 0.9 * b + g", ("b",)),
    ("d = g - b; b = g; p = p - rate * d", ("b",)),
    ("o = p; p = p - rate * (g + 0.1 * b); b = o", ("b",)),
    ("p = p - rate * (g + b); b = 0.1 * p + b", ("b",)),
    ("t = b; b = c; c = t + g; p = p - rate * b", ("b", "c")),
    ("t = b; b = c; c = d; d = t; p = p - rate * (g + 0.01 * b)", ("b", "c", "d")),
    ("b = c; c = b + g; p = p - rate * c", ("b", "c")),
    ("p = p - rate * (b + c); b = 0.5 * c + g; c = 0.5 * b - g", ("b", "c")),
    ("t = p; p = b; b = t - rate * g", ("b",)),
    ("p = p - rate * b; b = 0", ("b",)),
    ("b = step; p = p - rate * g / b", ("b",)),
    ("b = 2 * step; c = b + 1; p = p - rate * g / c", ("b", "c")),
    ("p = p - rate * g", ("b",)),
    ("b = g", ("b",)),
    ("p = rate", ()),
    ("p = 0.25; b = p + g", ("b",)),
    ("rate = 2 * rate; p = p - rate * g", ()),
    ("u = rate * g; rate = 2 * rate; p = p - rate * u", ()),
    ("t = 2 * rate; u = t * g; t = 3 * rate; p = p - u * t", ()),
    ("g = minimum(maximum(g, -0.1), 0.1); p = p - rate * g", ()),
    ("p = p - rate * (3 * g if step == 1 else g)", ()),
    ("p = p - rate * (3 * g if step != 1 else g)", ()),
    ("p = p - rate * (g if p == g / 2 else 2 * g)", ()),
    ("p = p - rate * (1 if g > 0 else -1)", ()),
    ("p = p - rate * (1 if g > 0 else (-1 if g < 0 else 0))", ()),
    ("p = p - rate * (1 if g > 0.1 and b <= 0 or step >= 3 else -1); b = g", ("b",)),
    ("p = p - rate * g * sqrt(2)", ()),
    ("p = p - rate * (2 ** 0.5) * +g / (1 + log(3))", ()),
    ("b = maximum(0.9 * b, abs(g)); p = p - rate * g / (b + 1e-8)", ("b",)),
    ("p = p - rate * tanh(g) * exp(-step)", ()),
    ("p = p - rate * (g / step if step > 2 else 0)", ()),
    ("p = p - rate * (sqrt(g) if g > 0 else g)", ()),
    ("p = p - rate * (g / b if b != 0 else g); b = b + g", ("b",)),
    ("p = p - rate * (g if 1 > 2 else 0.5 * g)", ()),
    ("beta = beta ** step; b = beta * b + g; p = p - rate * b", ("b",), ("beta",)),
    ("b = 0.9 * b + (1 - 0.9) * g; p = p - rate * (1 if b > 0 else -1)", ("b",)),
]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("rule", RULES, ids=[rule[0] for rule in RULES])
def test_each_rule_in_each_program(rule, program):
    """What a line reads is what there was before it, however the update is compiled."""
    check(UpdateRule(rule[0], rule[1], rule[2] if len(rule) > 2 else ()), program)


STATE, OPTIONS = ("b", "c", "d"), ("beta", "gamma")


@st.composite
def update_rules(draw):
    state = STATE[: draw(st.integers(0, 3))]
    options = OPTIONS[: draw(st.integers(0, 2))]
    known = ["p", "g", "rate", "step", *state, *options]

    def number(depth):
        if depth == 0 or draw(st.integers(0, 3)) == 0:
            return draw(st.sampled_from([*known, "p", "g", *state, "0.5", "2", "-0.3"]))
        kind = draw(st.integers(0, 9))
        a = number(depth - 1)
        if kind < 5:
            return f"({a} {'+-*'[kind % 3]} {number(depth - 1)})"
        if kind == 5:
            return f"{a} / (1 + {number(depth - 1)} ** 2)"
        if kind == 6:
            function = draw(st.sampled_from(["tanh", "abs", "relu", "sigmoid", "atan"]))
            return f"{function}({a})"
        if kind == 7:
            return f"{draw(st.sampled_from(['minimum', 'maximum']))}({a}, {number(depth - 1)})"
        return f"({a} if {test()} else {number(depth - 1)})"

    def test():
        if draw(st.booleans()):
            compared = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]))
            return f"step {compared} {draw(st.integers(1, 4))}"
        names = [name for name in known if name not in ("rate", "step", *options)]
        # No round numbers, for a test decides otherwise where it depends on the last digit.
        return f"{draw(st.sampled_from(names))} {draw(st.sampled_from('<>'))} 0.12345"

    lines = []
    for _ in range(draw(st.integers(1, 6))):
        name = draw(st.sampled_from(["p", "p", "g", *state, *state, "t", "u", "rate"]))
        made = number(draw(st.integers(0, 3)))
        if name == "p":
            made = f"p - rate * tanh({made})"
        elif draw(st.booleans()):
            made = f"0.5 * {name if name in known else 'g'} + tanh({made})"
        if name == "rate":
            made = f"0.05 * sigmoid({made})"
        lines.append(f"{name} = {made}")
        known.append(name)
    return UpdateRule("; ".join(lines), state, options)


@settings(max_examples=EXAMPLES, deadline=None)
@given(rule=update_rules(), program=st.sampled_from(PROGRAMS))
def test_random_rules(rule, program):
    """Rules that nobody would write."""
    check(rule, program)


# -- what a rule may hold ------------------------------------------------------------------------


def test_a_line_without_a_parameter_runs_in_its_place():
    """It is computed once a step, and sees what the lines before it have made, no more."""
    rule = UpdateRule("u = rate * g; rate = 2 * rate; t = rate; p = p - t * u", (), ())
    assert rule.on_floats([1.0, 2.0], [1.0, 1.0], (), 0.5, 1.0, {})[0] == [0.5, 1.5]
    rule = UpdateRule("p = p - b; b = 0", ("b",), ())
    assert rule.on_floats([1.0], [0.0], ([0.25],), 0.5, 1.0, {}) == ([0.75], ([0],))


def test_numbers_beyond_the_reals_are_inf_and_nan():
    """As in machine code: a division by 0, the root of a negative number, an overflow."""
    rule = UpdateRule("b = g / b; c = sqrt(g); d = 10 ** (400 * g); p = 2", ("b", "c", "d"), ())
    found = rule.on_floats([1.0, 1.0], [-1.0, 1.0], ([0.0] * 2,) * 3, 0.1, 1.0, {})
    assert repr(found) == "([2, 2], ([-inf, inf], [nan, 1.0], [0.0, inf]))"


def test_tests_look_at_numbers_of_values():
    """Two Values with the same number are equal, in a formula that runs on Values."""
    rule = UpdateRule("p = p - (g if p == g else 0)", (), ())
    (found,), _ = rule.apply([Value(2.0)], [Value(2.0)], (), 0.1, 1, {})
    assert found.data == 0.0


@pytest.mark.usefixtures("own_table")
def test_operations_of_ones_own_in_a_rule():
    """They are called as any function is, in both engines."""
    operation("shrunk", "x / (1 + abs(x))", "1 / (1 + abs(x)) ** 2")
    check(UpdateRule("p = p - rate * shrunk(g)", (), ()), some)


@pytest.mark.parametrize(
    ("formula", "state", "options", "words"),
    [
        ("p -= rate * g", (), (), "`p -` is no name for a number"),
        ("p * 2", (), (), "`p \\* 2` is no name"),
        ("lambda = g; p = p - rate * g", (), (), "`lambda` is no name"),
        ("p = p - rate * g", ("rate",), (), "the name `rate` of a state or an option is taken"),
        ("p = p - b * g", ("b",), ("b",), "the name `b` of a state or an option is taken"),
        ("p = p - rate * gate(g, 1)", (), (), "uses the function `gate`"),
        ("p = p - rate * maximum(g)", (), (), "gives 1 numbers to `maximum`, which takes 2"),
        ("p = p - max(g, 1)", (), (), "uses the function `max`"),
        ("p = g > 0", (), (), "as a number"),
        ("p = p if g else 0", (), (), "as a test"),
        ("p = later; later = g", (), (), "uses the name `later`"),
    ],
)
def test_formulas_that_are_refused(formula, state, options, words):
    """When the rule is made, with what is wrong."""
    with pytest.raises(OperationError, match=words):
        UpdateRule(formula, state, options)


def test_a_rule_that_moves_nothing_is_told():
    """An optimiser with it would do nothing without a word."""
    with pytest.warns(RuntimeWarning, match=r"makes a new `p`.* m = rate \* g\n.*p = p -"):
        UpdateRule("m = rate * g", ("m",), ())
