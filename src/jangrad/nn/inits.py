"""How weights start: one draw a weight, in order, so that a seed fixes them all."""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Callable
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, did_you_mean


def _uniform(rng: random.Random, fan_in: int, fan_out: int) -> float:
    return rng.uniform(-1, 1)


def _he(rng: random.Random, fan_in: int, fan_out: int) -> float:
    return rng.gauss(0.0, math.sqrt(2.0 / fan_in))


def _glorot(rng: random.Random, fan_in: int, fan_out: int) -> float:
    bound = math.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-bound, bound)


def _zeros(rng: random.Random, fan_in: int, fan_out: int) -> float:
    return 0.0


#: How weights start: each draws one weight of a layer with `fan_in` inputs and `fan_out` outputs.
#:
#: Names:
#:     uniform: between -1 and 1, as micrograd does.
#:     he: normal, variance 2 / fan_in, for the rectifier family: He et al., Delving Deep into
#:         Rectifiers (2015).
#:     glorot: uniform, variance 2 / (fan_in + fan_out), for tanh and sigmoid: Glorot and Bengio,
#:         Understanding the Difficulty of Training Deep Feedforward Neural Networks (2010).
#:     zeros: all neurons of a layer start alike and stay alike: for single neurons and for tests.
INITS: dict[str, Callable[[random.Random, int, int], float]] = {
    "uniform": _uniform,
    "he": _he,
    "glorot": _glorot,
    "zeros": _zeros,
}

#: Not one of these, but one for each activation: `he` for rectifiers, else `glorot`.
AUTO = "auto"
_RECTIFIERS = frozenset(
    {"relu", "leaky_relu", "prelu", "elu", "relu6", "gelu", "gelu_tanh", "silu", "softplus"}
)


def drawn(init: str, activation: object) -> Callable[[random.Random, int, int], float]:
    """What draws a weight below this activation.

    >>> drawn("auto", "relu") is INITS["he"], drawn("auto", "tanh") is INITS["glorot"]
    (True, True)
    """
    if init == AUTO:
        init = "he" if rectifies(activation) else "glorot"
    return INITS[init]


def rectifies(activation: object) -> bool:
    """Whether it is the name of one of the rectifier family.

    >>> rectifies("gelu"), rectifies("tanh")
    (True, False)
    """
    return isinstance(activation, str) and activation in _RECTIFIERS


_PYTHONS_OWN: random.Random = random.uniform.__self__  # type: ignore[attr-defined]


def draws(init: str, seed: int | random.Random | None) -> tuple[str, random.Random]:
    """The init, checked, and the generator that a seed stands for.

    Args:
        init: a name of `INITS`, or "auto".
        seed: an integer; a generator, to go on from where it is; or None for Python's own, the
            one that `random.seed` sets.

    Raises:
        ConfigError: when the init is unknown or the seed is something else.
    """
    if init != AUTO and init not in INITS:
        known = [AUTO, *INITS]
        raise ConfigError(f"there is no init `{init}`", try_=did_you_mean(str(init), known))
    if isinstance(seed, random.Random):
        return init, seed
    if seed is None:
        return init, _PYTHONS_OWN
    return init, random.Random(seed_of(seed))


def seed_of(seed: Any) -> int:
    """The seed as an int of Python's.

    Raises:
        ConfigError: when it is no integer, or below 0.
    """
    if not hasattr(type(seed), "__index__") or isinstance(seed, Value) or seed < 0:
        raise ConfigError(
            f"a seed is an integer of at least 0, not {seed!r:.60} ({type(seed).__name__})",
            why="Python's generator takes -1 for 1" if isinstance(seed, int) else "",
            try_="seed=0, a random.Random, or None",
        )
    return operator.index(seed)
