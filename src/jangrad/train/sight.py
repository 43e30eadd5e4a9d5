"""Whether a schedule can see what machine code works on, so that it must be asked step by step.

Machine code makes bursts of steps, for which a schedule is asked ahead. One that looks at the
network or the optimiser would see them as they were before the burst; one that a call of it changes
would be asked for steps that are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Sight:
    """What a schedule can see: of the training, and of what it goes by itself, such as a counter.

    Args:
        schedule: of which it is asked.
        things: that it may see or not.

    >>> calls = [0]
    >>> def schedule(step):
    ...     calls[0] += 1
    ...     return 0.1
    >>> Sight(schedule, [calls]).sees(), Sight(schedule, []).sees()
    (True, False)
    >>> unchanged = Sight(schedule, []).begin()
    >>> unchanged(), schedule(0), unchanged()
    (True, 0.1, False)
    """

    def __init__(self, schedule: Callable[..., Any], things: Iterable[Any]) -> None:
        from jangrad.guards import look  # it brings NumPy

        self._roots, self._things = [(schedule, "schedule")], list(things)
        self._seen = look(self._roots, sought=self._things)

    def _look(self) -> None:
        from jangrad.guards import look

        if not self._seen.holds():
            self._seen = look(self._roots, self._seen, sought=self._things)

    def sees(self) -> bool:
        """Whether it may reach one of the things now; so it may where not all can be looked at."""
        self._look()
        return self._seen.finds or self._seen.runs_out or bool(self._seen.unseen)

    def begin(self) -> Callable[[], bool]:
        """What tells whether it is as it is now: callbacks may have changed it, others drawn."""
        from jangrad.guards import Draws

        self._look()
        holds = self._seen.holds
        if not self._seen.generators:
            return holds
        draws = Draws(self._seen)
        return lambda: holds() and not draws.moved()
