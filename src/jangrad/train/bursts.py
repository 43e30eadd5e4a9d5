"""Machine code in bursts, short enough for Ctrl-C and a bar, long enough to cost nothing."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from jangrad import forks

_handler: Any = None  # what Ctrl-C is to do, while `interrupts_held` keeps it
_SECONDS = 0.05
_GROWTH = 16


class Pace:
    """How many steps make a burst.

    Attributes:
        steps: the next burst's; 1 at first, for a step may take long.
    """

    def __init__(self) -> None:
        self.steps = 1

    def learn(self, steps: int, seconds: float) -> None:
        """A burst of so many steps has taken so long."""
        if seconds * _GROWTH < _SECONDS:
            self.steps = _GROWTH * steps
        else:
            self.steps = max(1, int(steps * _SECONDS / seconds))


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C until the end of the block, so that it never strikes in the middle of a burst."""
    before = signal.getsignal(signal.SIGINT)
    # Only the main thread gets signals; a handler that is not Python's cannot be put back.
    if threading.current_thread() is not threading.main_thread() or before is None:
        yield
        return
    global _handler
    struck = []

    def note(number: int, frame: FrameType | None) -> None:
        struck.append(number)

    _handler = before
    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _handler = None
        if struck:
            signal.raise_signal(signal.SIGINT)


def _put_back() -> None:
    """In a child that another thread has forked, nobody is left to end the block."""
    if _handler is not None:
        signal.signal(signal.SIGINT, _handler)


forks.in_child(_put_back)
