"""One cost model, computed from the rules: for inlining, estimates and the choice of the engine."""

import pytest

from jangrad import MLP, Value, costs, ops, rules
from jangrad.compiler.plan.inputs import _is_costly
from jangrad.compiler.program.ir import Operation, number_of
from jangrad.compiler.vector_functions import composed, elementary
from jangrad.nn.activations import activation_names
from jangrad.tape import tape


def cost(rule):
    return costs.cost(rules.rule_of(rule))


def test_a_rule_costs_what_it_is_made_of():
    """Signs, tests, both sides of a choice, and what its functions cost."""
    assert cost("x") == 0.0
    assert cost("a * b + 1") == 2.0
    assert cost("1 / x") == costs.COSTLY
    assert cost("-x if x > 0 and x < 1 else 0") == 5.0
    assert cost("x * sigmoid(x)") == 1.0 + costs.cost_of_value("sigmoid")
    assert costs.cost_of_value("elu") == cost(ops.OPS["elu"].value)


def test_costly_operations_are_those_that_take_as_long_as_a_division():
    """By what they compute, not by what is written: tanh is costly, and its slope is not."""
    assert [name for name in ("mul", "relu", "maximum", "abs", "gate", "neg") if costly(name)] == []
    assert all(map(costly, ("div", "sqrt", "tanh", "exp", "log", "sin", "silu", "elu", "pow")))
    assert not costly("tanh", 0)
    assert not costly("sigmoid", 0)
    assert costly("log", 0)
    assert costly("sin", 0)


def costly(name, slope=-1):
    return _is_costly(number_of(Operation(name, slope)))


@pytest.mark.parametrize("row", ops.ROWS, ids=lambda row: row.name)
def test_every_operation_has_a_cost(row):
    """Of its value and of what its partials contribute; a rule in terms of others is the dearer."""
    assert costs.cost_of_value(row.name) >= 0.0
    for partial in row.partials:
        assert costs.cost(rules.contribution(partial)) >= 0.0


def test_native_operations_have_code_of_their_own():
    """The column says which, and no code is there for others but for the two signs."""
    written = {
        name
        for room in (elementary, composed)
        for name, thing in vars(room).items()
        if name[0] != "_" and getattr(thing, "__module__", "") == room.__name__
    }
    native = {row.name for row in ops.ROWS if row.native}
    assert written == native | {"power", "mod", "with_sign"}


def test_the_mean_cost_of_a_network():
    """A network with tanh costs more a node than one with relu, whose nodes are mostly products."""
    of = {}
    for name in ("relu", "tanh"):
        (out,) = MLP(2, [16, 1], name, seed=0)([Value(1.0), Value(2.0)])
        of[name] = costs.mean_cost(tape([out])[1])
    assert 1.0 < of["relu"] < 1.5 < of["tanh"] < 8.0
    square = Value(2.0) ** 2
    assert costs.mean_cost(tape([square])[1]) == costs.KNOWN_POWER


def test_activations_are_told_by_the_table():
    """One number in, all real numbers, and something to learn."""
    names = activation_names()
    assert names[:4] == ["linear", "leaky_relu", "elu", "prelu"]
    assert {"relu", "tanh", "gelu", "exp"} <= {*names}
    assert not {"log", "neg", "tan", "stop_gradient", "shift", "maximum", "div"} & {*names}
