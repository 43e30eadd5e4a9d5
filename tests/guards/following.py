"""What tests of guards ask of a function and of something that changes what it reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jangrad import jit


def check_that_a_change_is_seen(make: Callable[[], tuple[Callable[..., Any], Any]]) -> None:
    """A call computes what Python would, before and after the change.

    Args:
        make: gives the function, and what changes something that it reads.
    """
    f, change = make()
    compiled = jit(f)
    before = f(1.0)
    assert compiled(1.0) == before
    assert compiled(1.0) == before
    change()
    assert compiled(1.0) == f(1.0) != before
