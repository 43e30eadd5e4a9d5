"""What an integer picks, and integers and masks that are drawn: for letters and for dropout."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from typing import Any

from jangrad.engine import Value
from jangrad.errors import ConfigError, DataError
from jangrad.lists import numbers_of, softmax
from jangrad.nn.inits import AUTO, draws
from jangrad.nn.module import Module
from jangrad.tables import table


class Embedding(Module):
    """A row of numbers for each of `count` things, such as letters or tokens, that are learned.

    Args:
        count: how many there are, at least 1.
        width: the numbers of each, at least 1.
        seed: of the numbers, drawn from the normal distribution: an integer; a generator, to go on
            from where it is; or None for Python's own.

    Raises:
        ConfigError: when one of them is out of range.

    >>> letters = Embedding(27, 2, seed=0)
    >>> letters
    Embedding(27 -> 2, 54 parameters)
    >>> letters(3) == letters.weights[3]
    True
    """

    def __init__(self, count: int, width: int, *, seed: int | random.Random | None = None) -> None:
        self.count, self.width = _size(count, "count"), _size(width, "width")
        _, rng = draws(AUTO, seed)
        self.weights = [[Value(rng.gauss(0.0, 1.0)) for _ in range(width)] for _ in range(count)]

    def __call__(self, index: Any, /) -> list[Value]:
        """The row of this thing; a traced index is looked up at each call.

        Raises:
            NoSuchRow: when there is none; it is an IndexError.
            NotANumber: when the index is no number, or a Value outside a trace.
        """
        row: list[Value] = table(self.weights)[index]
        return row

    def __repr__(self) -> str:
        return f"Embedding({self.count} -> {self.width}, {self.count * self.width} parameters)"


def one_hot(index: Any, count: int) -> list[Any]:
    """`count` numbers that are 0, but for a 1 at the index.

    Args:
        index: an integer from 0 to count - 1, also one that a traced function is given.
        count: at least 1.

    Raises:
        NoSuchRow: when the index is out of range; it is an IndexError.
        NotANumber: when the index is no number, or a Value outside a trace.
        ConfigError: when the count is below 1.

    >>> one_hot(2, 4)
    [0.0, 0.0, 1.0, 0.0]
    """
    places = range(_size(count, "count"))
    if not isinstance(index, Value):
        index = table(list(places))[index]  # which checks it
        return [1.0 if place == index else 0.0 for place in places]
    row: list[Any] = table([[1.0 if i == j else 0.0 for j in places] for i in places])[index]
    return row


def sample(
    logits: Iterable[Any],
    *,
    temperature: float = 1.0,
    seed: int | random.Random | None = None,
) -> int:
    """An index, drawn with the probabilities `softmax(logits)`.

    Args:
        logits: n numbers or Values, n at least 1; -inf is never drawn.
        temperature: above 0. The logits are divided by it: below 1 what is likely becomes more
            so, above 1 less.
        seed: a generator, to go on from where it is, as in a loop; an integer, with which each call
            draws the same; or None for Python's own.

    Raises:
        ConfigError: when the temperature is not above 0 and finite, or the seed is of no use.
        DataError: when a logit is nan or inf, or all of them are -inf.
        ShapeError, NotANumber: when the logits are no list of numbers, or there are none.

    >>> draw = random.Random(0)
    >>> [sample([0.0, 2.0, -math.inf], seed=draw) for _ in range(10)]
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    >>> [sample([0.0, 2.0, -math.inf], temperature=5.0, seed=draw) for _ in range(10)]
    [1, 1, 0, 1, 1, 0, 1, 1, 1, 1]
    """
    if not 0.0 < temperature < math.inf:
        raise ConfigError(
            f"`temperature` is to be above 0 and finite, not {temperature!r}",
            why="the logits are divided by it",
            try_="logits.index(max(logits)), for the likeliest one" if temperature == 0.0 else "",
        )
    _, rng = draws(AUTO, seed)
    plain = [v.data if isinstance(v, Value) else v for v in numbers_of(logits, "sample")]
    for place, logit in enumerate(plain):
        if math.isnan(logit) or logit == math.inf:
            raise DataError(
                f"`logits[{place}]` is {logit}, but a probability follows from a finite number",
                try_="with jangrad.strict(): ..., which says where it comes from",
            )
    if plain and max(plain) == -math.inf:
        raise DataError("all logits are -inf, so none may be drawn")
    return rng.choices(range(len(plain)), softmax([logit / temperature for logit in plain]))[0]


def dropout_mask(
    count: int, rate: float, *, seed: int | random.Random | None = None
) -> list[float]:
    """Factors for `count` numbers: 0 with the probability `rate`, else 1 / (1 - rate).

    Multiplied by it, each number is dropped now and then while a network learns, and keeps its
    mean. It is drawn outside the network and given to it as an argument, so that compiled code has
    another one at each call.

    Args:
        count: at least 1.
        rate: from 0 to below 1.
        seed: as for `sample`.

    Raises:
        ConfigError: when one of them is out of range.

    Source: Srivastava et al., Dropout (2014), scaled while learning.

    >>> dropout_mask(6, 0.5, seed=1)
    [0.0, 2.0, 2.0, 0.0, 0.0, 0.0]
    """
    if not 0.0 <= rate < 1.0:
        raise ConfigError(
            f"`rate` is to be from 0 to below 1, not {rate!r}",
            why="it is the share of the numbers that are dropped",
        )
    _, rng = draws(AUTO, seed)
    return [
        0.0 if rng.random() < rate else 1.0 / (1.0 - rate) for _ in range(_size(count, "count"))
    ]


def _size(size: Any, name: str) -> int:
    if not hasattr(type(size), "__index__") or isinstance(size, Value) or size < 1:
        raise ConfigError(f"`{name}` is to be an integer of at least 1, not {size!r:.60}")
    return int(size)
