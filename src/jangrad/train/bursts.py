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


class Patience:
    """Inside it Ctrl-C waits until `strike` is called, between two steps; a second one strikes.

    Attributes:
        struck: whether it waits.
    """

    def __init__(self) -> None:
        self.struck = False
        self._before: Any = None

    def __enter__(self) -> Patience:
        before = signal.getsignal(signal.SIGINT)
        ours = threading.current_thread() is threading.main_thread()
        if ours and before not in (None, signal.SIG_IGN):
            self._before = before
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._put_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.struck:
            self.strike()
        self.struck = True

    def _put_back(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
            self._before = None

    def strike(self) -> None:
        """Do what Ctrl-C is to do."""
        self._put_back()
        signal.raise_signal(signal.SIGINT)


def _put_back() -> None:
    """In a child that another thread has forked, nobody is left to end the block."""
    if _handler is not None:
        signal.signal(signal.SIGINT, _handler)


forks.in_child(_put_back)
