"""Whether a schedule can see what machine code works on, so that it must be asked step by step.

Machine code makes bursts of steps, for which a schedule is asked ahead. One that looks at the
network or the optimiser would see them as they were before the burst.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def sees(function: Any, things: Iterable[Any]) -> bool:
    """Whether a function may reach one of these things; so it may where not all can be looked at.

    >>> rates = {"first": 0.1}
    >>> sees(lambda step: rates["first"] / (1 + step), [rates]), sees(lambda step: 0.1, [rates])
    (True, False)
    """
    from jangrad.compiler.program.reach import Reach  # it brings NumPy

    found = Reach([(function, "schedule")], sought=things)
    return found.finds or found.runs_out or bool(found.unseen)
