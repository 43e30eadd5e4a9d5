"""A few steps at a rate, to see whether it works before it is advised."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence

from jangrad.engine import Value
from jangrad.graph import ordered
from jangrad.tape import write_data
from jangrad.train.optimizers import Optimizer

#: Steps of such a run: what overshoots a little more each time has gone far by then.
STEPS = 20
# A loss that rises so far above where it began, at any step, is thrown about.
_CALM = 1.5
# A graph is walked tens of times, in Python for second derivatives: some rows stand for all.
_NODES, _FEWEST, _MOST = 40_000, 4, 32


def affordable(loss_of: Callable[[Sequence[int]], Value], rows: Sequence[int]) -> list[int]:
    """The first of these rows: as many as make a loss that is quickly looked at again and again.

    Args:
        loss_of: computes the loss of some rows.
        rows: their numbers.
    """
    some = list(rows[:_MOST])
    if len(some) <= _FEWEST:
        return some
    return some[: max(_FEWEST, _NODES // len(ordered(loss_of(some[:1]))))]


def short_run(
    loss: Callable[[], Value],
    parameters: Sequence[Value],
    optimizer: Optimizer,
    rate: float,
    steps: int = STEPS,
) -> list[float]:
    """The losses before each of some steps and behind the last, as far as they are finite.

    Args:
        loss: computes it from the parameters, which are left where the run has led.
        parameters: what the optimiser moves; it remembers nothing of the run.
        optimizer: whose rule and options it follows, from the beginning.
        rate: of each step.
    """
    numbers = [p.data for p in parameters]
    memory = tuple([0.0] * len(numbers) for _ in optimizer.rule.state)
    losses: list[float] = []
    for step in range(steps + 1):
        here = loss()
        losses.append(here.data)
        if not math.isfinite(here.data) or step == steps:
            break
        for p in parameters:
            p.zero_grad()
        here.backward()
        gradients = [p.grad for p in parameters]
        if not math.isfinite(math.hypot(*gradients)):
            losses.append(math.nan)
            break
        given = (numbers, gradients, memory, rate, step + 1.0, optimizer.options)
        numbers, memory = optimizer.rule.on_floats(*given)
        write_data(list(parameters), array("d", numbers))
    return losses


def is_calm(losses: Sequence[float]) -> bool:
    """Whether a run went down, and was never thrown far above where it began."""
    first, last = losses[0], losses[-1]
    if not all(map(math.isfinite, losses)):
        return False
    return last < first and max(losses) <= first + (_CALM - 1.0) * abs(first)
