"""The plan of an update for many parameters is what those for a few foretell."""

from dataclasses import replace

import numpy as np
import pytest

from jangrad import Value, compile_step
from jangrad.compiler.plan.grown import plan_for
from jangrad.compiler.plan.kernels import plan
from jangrad.compiler.program.buffers import Buffer
from jangrad.train import OPTIMIZERS, SGD, Optimizer, UpdateRule
from jangrad.train.compiled.step_program import _update

RULES = {name: kind([Value(1.0)]) for name, kind in OPTIMIZERS.items()}
RULES["sgd with momentum"] = SGD([Value(1.0)], momentum=0.9)


def counted(optimizer, with_norm):
    """Makes the plan of an update, and the counts for which it was asked."""
    asked = []

    def made(count):
        asked.append(count)
        states = [Buffer("state", k) for k in range(len(optimizer.rule.state))]
        found = _update(count, optimizer.rule, optimizer.options, states, with_norm, 1)
        return plan(found.program, found.regions, found.targets, 1)

    return made, asked


def told(plan):
    """All of a plan but which nodes its kernels compute."""
    kernels = [replace(k, nodes=np.zeros(0)) for k in plan.kernels]
    return repr((kernels, plan.sizes, plan.constants, plan.inlined))


@pytest.mark.parametrize("with_norm", [False, True])
@pytest.mark.parametrize("name", RULES)
def test_updates_grow_with_the_parameters(name, with_norm):
    """They are planned for a few only, and it is the plan for all to the last number."""
    made, asked = counted(RULES[name], with_norm)
    found = plan_for(3001, made)
    assert max(asked) < 100
    assert told(found) == told(made(3001))


@pytest.mark.parametrize("count", [1, 1000])
def test_few_are_planned_as_they_are(count):
    """A plan for one, or for not many, is made at once."""
    made, asked = counted(RULES["adam"], True)
    assert told(plan_for(count, made)) == told(made(count))
    assert asked == [count, count]


@pytest.mark.parametrize(
    "bent",
    [
        lambda k, count: replace(k, members=count // 2 * 2),
        lambda k, count: replace(k, axes=[count] if count < 40 else [count, 1]),
        lambda k, count: replace(k, rows=count * count),
        lambda k, count: replace(k, operation="sum" if count < 20 else "mul"),
        lambda k, count: replace(k, out=replace(k.out, rows=np.arange(count))),
    ],
)
def test_what_does_not_grow_in_proportion_is_planned_whole(bent):
    """A size, a shape, a name that the plans for a few do not foretell."""
    made, asked = counted(RULES["sgd"], False)

    def other(count):
        found = made(count)
        return replace(found, kernels=[bent(k, count) for k in found.kernels])

    assert told(plan_for(3001, other)) == told(other(3001))
    assert asked.count(3001) == 2


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
