"""An array that is an argument of what is differentiated or traced: a list of its Values."""

from __future__ import annotations

from typing import Any

from jangrad.errors import Untraceable


class Listed(list[Any]):
    """What stands for an array: a list that neither joins nor repeats.

    Of an array `v`, `v + v` and `3 * v` are sums and products; of a list they are longer lists, of
    which `(3 * v)[0]` is another number without a word.

    >>> v = Listed([1.0, 2.0])
    >>> v[1], sum(v)
    (2.0, 3.0)
    >>> try:
    ...     3 * v
    ... except TypeError as error:
    ...     print(error.what)
    `*` of an array that is an argument, which is a list of Values here
    """

    def _joins(self, other: Any) -> Any:
        return self._refuses(other, "+")

    def _repeats(self, other: Any) -> Any:
        return self._refuses(other, "*")

    def _refuses(self, other: Any, sign: str) -> Any:
        if getattr(other, "ndim", 0) > 0:
            return NotImplemented  # the other is an array, and computes element by element
        raise _refusal(sign)

    __add__ = __radd__ = __iadd__ = _joins
    __mul__ = __rmul__ = __imul__ = _repeats


def _refusal(sign: str) -> Untraceable:
    return Untraceable(
        f"`{sign}` of an array that is an argument, which is a list of Values here",
        why="it would join or repeat the list, and not compute with each element",
        try_="[3 * x for x in v]; or numpy.array(v), inside the function, for an array of Values",
    )
