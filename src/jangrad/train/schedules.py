"""Schedules: the learning rate as a plain function of the step, which is 0 at first.

    fit(net, X, y, steps=1000, schedule=warm_up(50, then=cosine(0.1, 950)))

Any function `step -> rate` will do; these are the usual ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from jangrad.errors import ConfigError
from jangrad.train.settings import count, number_in

#: A function from the step, 0 at first, to the learning rate.
Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """The same rate at every step.

    Raises:
        ConfigError: when the rate is not above 0 and finite.

    >>> constant(0.1)(500)
    0.1
    """
    rate = number_in("rate", rate, above=0.0)
    return partial(_constant, rate)


def _constant(rate: float, step: int) -> float:
    return rate


def step_decay(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """The rate times `factor` after every so many steps: a staircase.

    Args:
        rate: the first rate, > 0.
        every: how many steps a stair has.
        factor: in (0, 1].

    Raises:
        ConfigError: when one of them is out of its range.

    >>> [step_decay(1.0, every=2, factor=0.5)(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    rate = number_in("rate", rate, above=0.0)
    every = count("every", every)
    factor = number_in("factor", factor, above=0.0, most=1.0)
    return partial(_step_decay, rate, every, factor)


def _step_decay(rate: float, every: int, factor: float, step: int) -> float:
    return rate * factor ** (step // every)


def exponential(rate: float, factor: float) -> Schedule:
    """The rate times `factor` after every step.

    Args:
        rate: the first rate, > 0.
        factor: in (0, 1], 0.999 for example.

    Raises:
        ConfigError: when one of them is out of its range.

    >>> exponential(1.0, 0.5)(3)
    0.125
    """
    rate = number_in("rate", rate, above=0.0)
    factor = number_in("factor", factor, above=0.0, most=1.0)
    return partial(_exponential, rate, factor)


def _exponential(rate: float, factor: float, step: int) -> float:
    return rate * factor**step


def cosine(rate: float, steps: int, *, to: float = 0.0) -> Schedule:
    """From `rate` down to `to` along half a cosine, then `to` for good.

    Args:
        rate: the first rate, > 0.
        steps: how many steps the way down has.
        to: the last rate, from 0 to `rate`.

    Raises:
        ConfigError: when one of them is out of its range.

    Source: Loshchilov and Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts (2017),
    equation 5, one period.

    >>> [round(cosine(1.0, 4)(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    rate = number_in("rate", rate, above=0.0)
    steps = count("steps", steps)
    to = number_in("to", to, least=0.0, most=rate)
    return partial(_cosine, rate, steps, to)


def _cosine(rate: float, steps: int, to: float, step: int) -> float:
    return to + (rate - to) * 0.5 * (1.0 + math.cos(math.pi * min(step / steps, 1.0)))


def warm_up(steps: int, then: Schedule | float) -> Schedule:
    """Rise in a straight line over the first steps, then follow another schedule from its start.

    Args:
        steps: how many steps the rise has; its first rate is 1 / (steps + 1) of the full one.
        then: the schedule that follows, or a rate to keep.

    Raises:
        ConfigError: when one of them is out of its range.

    Source: Goyal et al., Accurate, Large Minibatch SGD (2017), section 2.2.

    >>> [warm_up(3, then=0.4)(step) for step in range(5)]
    [0.1, 0.2, 0.30000000000000004, 0.4, 0.4]
    """
    steps = count("steps", steps)
    if not callable(then):
        then = constant(number_in("then", then, above=0.0))
    return partial(_warm_up, steps, then(0), then)


def _warm_up(steps: int, full: float, then: Schedule, step: int) -> float:
    return full * ((step + 1) / (steps + 1)) if step < steps else then(step - steps)


def scaled(schedule: Schedule, factor: float) -> Schedule:
    """The same with every rate so many times as high.

    >>> scaled(constant(0.5), 0.1)(7)
    0.05
    """
    return partial(_scaled, factor, schedule)


def _scaled(factor: float, schedule: Schedule, step: int) -> float:
    return factor * schedule(step)


def is_blind(schedule: Schedule) -> bool:
    """Whether it is made of this file's functions and numbers alone, so that it looks at nothing.

    >>> is_blind(warm_up(3, then=constant(0.1))), is_blind(warm_up(3, then=lambda step: 0.1))
    (True, False)
    """
    if not isinstance(schedule, partial) or getattr(schedule.func, "__module__", "") != __name__:
        return False
    return all(isinstance(part, (int, float)) or is_blind(part) for part in schedule.args)


def rate_at(schedule: Schedule, step: int) -> float:
    """The schedule's rate at this step.

    Raises:
        ConfigError: when the schedule does not give a finite rate >= 0.
    """
    rate = schedule(step)
    try:
        return number_in("rate", rate, least=0.0)
    except ConfigError:
        raise ConfigError(
            f"the schedule gave {rate!r:.60} at step {step}",
            why="a learning rate is a finite number >= 0",
            try_="a function step -> rate, such as jangrad.train.cosine(0.1, steps=1000)",
        ) from None
