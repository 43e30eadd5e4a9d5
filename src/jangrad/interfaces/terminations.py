"""A training that is told to end, by `kill` or by what runs it: it ends as by Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminations() -> Iterator[list[int]]:
    """Inside it SIGTERM interrupts as Ctrl-C does, so what was learned is kept.

    It goes by way of Ctrl-C's own signal, which waits for the end of a burst of machine code.

    Yields:
        A list that holds something once the program was told to end.
    """
    told: list[int] = []
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield told
        return
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN

    def interrupt(number: int, frame: FrameType | None) -> None:
        if told:
            raise KeyboardInterrupt

    def terminate(number: int, frame: FrameType | None) -> None:
        told.append(number)
        signal.raise_signal(signal.SIGINT)

    if ignored:  # of a program in the background, whom Ctrl-C does not mean
        signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield told
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
