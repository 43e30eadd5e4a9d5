"""Passes of the compiler that can be switched off, to find the one that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from jangrad.errors import ConfigError

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
_off: ContextVar[frozenset[str]] = ContextVar("off", default=frozenset())


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
    """The function with the passes switched off that are off now, whenever it is called."""
    off = _off.get()

    @wraps(make)
    def made(*given: Given.args, **named: Given.kwargs) -> Made:
        with without(*off):
            return make(*given, **named)

    return made if off else make
