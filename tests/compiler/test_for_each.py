"""The plan of an update of many parameters, made from its plan for one."""

import numpy as np
import pytest

from jangrad import Value, compile_step
from jangrad.compiler.plan.for_each import for_each
from jangrad.compiler.plan.kernels import plan
from jangrad.compiler.program.buffers import Buffer
from jangrad.train import OPTIMIZERS, SGD, Optimizer, UpdateRule
from jangrad.train.compiled.step_program import _update

RULES = {name: kind([Value(1.0)]) for name, kind in OPTIMIZERS.items()}
RULES["sgd with momentum"] = SGD([Value(1.0)], momentum=0.9)
_TO_ONE_NUMBER = UpdateRule("m = rate; p = 0.5", ("m",), ())
RULES["all to one number"] = Optimizer([Value(1.0)], 0.1, _TO_ONE_NUMBER, {})


def planned(count, optimizer, with_norm, alike):
    states = [Buffer("state", k) for k in range(len(optimizer.rule.state))]
    how = (optimizer.rule, optimizer.options, states, with_norm, 1)
    found = _update(count, *how, alike=alike)
    made = plan(found.program, found.regions, found.targets, 1)
    return for_each(made, found.many, found.each) if alike else made


def told(plan):
    """All of a plan but which nodes its kernels compute."""
    kernels = [k._replace(nodes=np.zeros(0)) for k in plan.kernels]
    return repr((kernels, plan.sizes, plan.constants, plan.inlined))


@pytest.mark.parametrize("with_norm", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_an_update_of_one_tells_that_of_many(name, with_norm):
    """It is the plan of the program of all parameters, to the last number."""
    for count in (5, 41, 3001):
        found, whole = (planned(count, RULES[name], with_norm, alike) for alike in (True, False))
        assert told(found) == told(whole)


class Leveled(Optimizer):
    """Moves each parameter by almost the same, in a direction that is remembered."""

    def __init__(self, parameters, learning_rate=0.01):
        rule = UpdateRule(
            "m = b * m + (1 - b) * g; p = p - rate * m / sqrt(m * m + 0.01)", ("m",), ("b",)
        )
        super().__init__(parameters, learning_rate, rule, {"b": 0.9})


def test_many_parameters_learn_as_in_python():
    """1,500 of them, from one step to the next, by an optimiser of the user's own as well."""
    for make in (SGD, OPTIMIZERS["adam"], Leveled):
        values = [Value(k / 1500) for k in range(1500)]
        twins = [Value(k / 1500) for k in range(1500)]

        def loss(x, w=values):
            return sum((wi * x - 0.5) ** 2 for wi in w)

        def same(x, w=twins):
            return loss(x, w)

        step, optimizer = compile_step(loss, values, make(values, 0.01)), make(twins, 0.01)
        for x in (1.0, 0.5, -1.0):
            step(x)
            same(x).backtrack()
            optimizer.step()
        expected = [v.data for v in twins]
        assert [v.data for v in values] == pytest.approx(expected, rel=1e-12, abs=1e-14)
