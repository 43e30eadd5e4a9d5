"""Passes of the compiler that can be switched off, and the sizes at which it decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from jangrad.errors import ConfigError
from jangrad.record import Record

Given = ParamSpec("Given")
Made = TypeVar("Made")

#: What can be switched off, in the order in which it is done.
SWITCHES = {
    "inline": "cheap scalars that are used once are computed by the kernel that uses them",
    "tables": "scalars without structure are computed from tables",
    "straight": "small programs are straight-line code",
    "fuse": "kernels that work number by number join others",
    "tiles": "loops take several turns at once, beside the numbers of a vector",
    "share": "buffers between kernels share memory",
}


class Limits(Record):
    """The sizes by which the compiler chooses how a program is computed.

    Attributes:
        straight_scalars: programs with at most so many scalars a row are straight-line code;
        straight_terms: if their scalars have no more inputs than this, all together;
        straight_operations: so are programs without rows that have at most so many operations,
        straight_alike: on average so many of a class; where more are alike, loops are shorter.
        irregular_scalars, irregular_classes: programs with at most so many irregular nodes, or in
            so few classes, have none taken out.
        regular_operands: a class with fewer operands than this has no structure.
        ragged_classes: beyond so many classes it is worth a try to let sums of different lengths
            be alike,
        ragged_fewer: and worth it where so many times fewer are left.
        shared_terms: kernels of fewer terms are left to the first of several threads.
    """

    straight_scalars: int = 350
    straight_terms: int = 1500
    straight_operations: int = 250
    straight_alike: int = 12
    irregular_scalars: int = 250
    irregular_classes: int = 150
    regular_operands: int = 8
    ragged_classes: int = 150
    ragged_fewer: int = 2
    shared_terms: int = 512


_off: ContextVar[frozenset[str]] = ContextVar("off", default=frozenset())


_USUAL = Limits()
_limits: ContextVar[Limits] = ContextVar("limits", default=_USUAL)


def limits() -> Limits:
    """The sizes by which it decides now."""
    return _limits.get()


@contextmanager
def within(**changed: int) -> Iterator[None]:
    """Compile within other limits, fields of `Limits`, whatever is compiled meanwhile."""
    token = _limits.set(_limits.get()._replace(**changed))
    try:
        yield
    finally:
        _limits.reset(token)


def switched_off() -> frozenset[str]:
    """The passes that are left out now."""
    return _off.get()


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Compile without these passes whatever is compiled meanwhile, in this thread.

    It computes the same, up to rounding, and more slowly. Functions that were compiled before
    keep their code; `fit` and `predict` take what was made with the same passes switched off.

    Args:
        names: of passes, keys of `SWITCHES`.

    Raises:
        ConfigError: when there is no such pass, or it is always done.

    >>> from jangrad import jit
    >>> from jangrad.compiler import without
    >>> with without("straight"):
    ...     f = jit(lambda x: 2.0 * x)
    ...     f(1.5)
    3.0
    """
    for name in names:
        if name not in SWITCHES:
            raise ConfigError(
                f"no pass that can be switched off is called {name!r}",
                why="the others are needed to compute anything at all",
                try_=", ".join(SWITCHES),
            )
    token = _off.set(_off.get() | frozenset(names))
    try:
        yield
    finally:
        _off.reset(token)


def as_now(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """The function with the passes off that are off now, and within these limits, always."""
    off, sizes = _off.get(), _limits.get()

    @wraps(make)
    def made(*given: Given.args, **named: Given.kwargs) -> Made:
        with without(*off), within(**sizes._asdict()):
            return make(*given, **named)

    return made if off or sizes != _USUAL else make
