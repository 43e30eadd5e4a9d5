"""The threads that make training steps together, and the memory of each.

The first is the caller's own; the others live as long as a call. Machine code lets go of Python's
lock, so they run at once, and wait for each other at the barriers of `emit/threaded.py`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from jangrad.compiler.running import (
    RESULTS,
    WORDS,
    Executable,
    address,
    aligned,
    not_started,
)

#: How often a thread looks whether the others have come before it sleeps: for some 20 microseconds,
#: longer than it takes to be woken. Where there are fewer processors than threads, never.
_LOOKS = 1000
#: So many arrivals, and no barrier waits any more.
_OPEN = 1 << 62


def shares(rows: int, threads: int, lanes: int) -> tuple[int, int]:
    """How many threads get rows, whole vectors of them, and how many rows each gets."""
    each = -(-rows // threads)
    each = -(-each // lanes) * lanes
    return -(-rows // each), min(each, rows)


class ThreadTeam:
    """Threads over the rows of a step.

    Args:
        executable: what they run, with buffers for all rows.
        threads: how many it was compiled for.
        chunks: of rows, for all of them.
    """

    def __init__(self, executable: Executable, threads: int, chunks: int) -> None:
        self.executable, self.threads, self.chunks = executable, threads, chunks // threads
        self._count = aligned(8 + threads, np.int64)
        words = -(-(WORDS + 2 * threads) // 8) * 8
        self._words = aligned(threads * words, np.uint64).reshape(threads, words)
        self._own: list[Any] = []
        self._places = [self._made(thread) for thread in range(threads)]
        for thread, mine in enumerate(self._words):
            mine[0] = thread
            mine[2] = _LOOKS if threads <= _processors() else 0
            mine[3] = address(self._count)
            mine[WORDS : WORDS + 2 * threads] = np.array(self._places, np.uint64).ravel()

    def _made(self, thread: int) -> tuple[int, int]:
        """Where the table of buffers and the arena of a thread are."""
        buffers = dict(self.executable.buffers)
        for name in ("X", "XT"):
            if name in buffers:
                size = len(buffers[name]) // self.threads
                buffers[name] = buffers[name][thread * size : (thread + 1) * size]
        arena = self.executable._arena
        if thread:  # what a step writes before the threads have come together
            for name in ("S", "R", "G"):
                buffers[name] = aligned(len(buffers[name]), self.executable.dtype)
            arena = aligned(len(arena), np.uint8)
        places = [address(buffers[name]) for name in self.executable.binary.outside]
        table = np.array([*places, address(self._words[thread])], np.uint64)
        self._own += [arena, table, buffers]
        return address(table), address(arena)

    def run(self, steps: Any, rates: Any, watched: Any, data: Any, order: Any, weights: Any) -> Any:
        """Make a step for each rate; arguments as for `stepping.steps`.

        Returns:
            An array of shape (steps, 3).

        Raises:
            ConfigError: when the system starts no more threads.
        """
        results = np.empty((self.threads, len(rates), RESULTS), rates.dtype)
        if data is not None:  # each thread's rows of all steps together
            order, weights = (
                np.ascontiguousarray(
                    a.reshape(len(rates), self.threads, -1).transpose(1, 0, 2), a.dtype
                )
                for a in (order, weights)
            )
        filled = np.full(len(rates), self.chunks, np.int64)
        calls = [
            (
                *(table, arena, self.chunks, len(rates), address(rates)),
                *(address(results[thread]), address(watched), 0 if thread else len(watched)),
                *(
                    (None, None, None)
                    if data is None
                    else (address(a) for a in (data, order[thread], weights[thread]))
                ),
                address(filled),
            )
            for thread, (table, arena) in enumerate(self._places)
        ]
        self._together(steps, calls)
        return results[0]

    def _together(self, function: Callable[..., None], calls: list[tuple[Any, ...]]) -> None:
        """Make each call in a thread, and wait for all of them."""
        self._count[0] = 0
        self._words[:, 1] = 0
        errors: list[BaseException] = []

        def make(call: tuple[Any, ...]) -> None:
            try:
                function(*call)
            except BaseException as error:
                self._count[0] = _OPEN  # nobody shall wait for this thread
                errors.append(error)

        others = [threading.Thread(target=make, args=(call,)) for call in calls[1:]]
        try:
            for other in others:
                other.start()
        except BaseException as error:
            self._count[0] = _OPEN
            errors.append(not_started(self.threads, error))
        else:
            make(calls[0])
        for other in others:
            if other.ident is not None:
                other.join()
        if errors:
            raise errors[0]


def _processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
