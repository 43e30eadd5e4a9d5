"""Blocks of work that threads share out, and sums that do not depend on who computes what first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from jangrad.errors import ConfigError


def share_out(work: Callable[[int, int], None], count: int, threads: int) -> None:
    """Call `work(thread, i)` for each i below `count`, each in one of so many threads.

    The first of them is the caller's own; the others live as long as this call. They take what is
    next, so those who are done sooner do more. After an error or Ctrl-C each ends the block that it
    has begun, and takes no other.

    Raises:
        ConfigError: when the system starts no more threads.
        Exception: that of the first block that has one; Ctrl-C goes first.
    """
    if threads == 1:
        for i in range(count):
            work(0, i)
        return
    blocks = iter(range(count))  # whose next one is one thread's alone
    errors: list[tuple[int, BaseException]] = []

    def take(thread: int) -> None:
        i = -1
        try:
            for i in blocks:
                if errors:
                    break
                work(thread, i)
        except BaseException as error:
            errors.append((i, error))

    begun: list[threading.Event] = []

    def take_in_thread(thread: int) -> None:
        ended = threading.Event()
        begun.append(ended)  # before it looks for errors, and the caller the other way round
        try:
            take(thread)
        finally:
            ended.set()

    try:
        others = [threading.Thread(target=take_in_thread, args=(k,)) for k in range(1, threads)]
        for other in others:
            other.start()
        take(0)
        _wait(begun)
    except BaseException as error:
        errors.append((-1, not_started(threads, error)))
        _wait(begun)
    if errors:
        raise min(errors, key=lambda each: (isinstance(each[1], Exception), each[0]))[1]


def _wait(begun: list[threading.Event]) -> None:
    """Until those that have begun are done; `join` would not wait again after Ctrl-C."""
    for ended in begun:
        ended.wait()


def not_started(threads: int, error: BaseException) -> BaseException:
    """The error, in words where it is that the system starts no more threads."""
    if not isinstance(error, RuntimeError):
        return error
    return ConfigError(f"the system starts no {threads} threads: {error}", try_="fewer threads")


class BlockSums:
    """A sum of arrays, in pairs, pairs of pairs and so on, in whatever order they come."""

    def __init__(self) -> None:
        # Of each array that is there: the power of two of arrays in it, and which one it is.
        self._parts: dict[tuple[int, int], Any] = {}
        self._lock = threading.Lock()

    def add(self, i: int, part: Any) -> None:
        """Add the i-th array; each comes once."""
        level = 0
        with self._lock, np.errstate(all="ignore"):
            while (other := self._parts.pop((level, i ^ 1), None)) is not None:
                part = other + part
                level, i = level + 1, i >> 1
            self._parts[level, i] = part

    def total(self) -> Any:
        """The sum of all, the first of which are there."""
        smallest, *others = (part for _, part in sorted(self._parts.items()))
        with np.errstate(all="ignore"):
            for part in others:
                smallest = part + smallest
        return smallest
