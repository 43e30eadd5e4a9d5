"""Whether a schedule can see what machine code works on, so that it must be asked step by step.

Machine code makes bursts of steps, for which a schedule is asked ahead. One that looks at the
network or the optimiser would see them as they were before the burst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
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


class OwnState:
    """What a schedule itself goes by, such as a counter, which a call of it may change.

    >>> calls = [0]
    >>> def schedule(step):
    ...     calls[0] += 1
    ...     return 0.1
    >>> unchanged = OwnState(schedule).begin()
    >>> unchanged(), schedule(0), unchanged()
    (True, 0.1, False)
    """

    def __init__(self, schedule: Any) -> None:
        from jangrad.compiler.program.guards import look

        self._roots = [(schedule, "schedule")]
        self._seen = look(self._roots)

    def begin(self) -> Callable[[], bool]:
        """What tells whether it is as it is now: callbacks may have changed it, others drawn."""
        from jangrad.compiler.program.guards import Draws, look

        if not self._seen.holds():
            self._seen = look(self._roots, self._seen)
        holds = self._seen.holds
        if not self._seen.generators:
            return holds
        draws = Draws(self._seen)
        return lambda: holds() and not draws.moved()
