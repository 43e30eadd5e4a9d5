"""Which of the user's functions were running as a Value was made, while lines are traced."""

from __future__ import annotations

import _thread
import itertools
import sys
from types import FrameType
from typing import Final

from jangrad import errors

Line = tuple[str, int]


class Call:
    """One call of a function of the user's.

    Attributes:
        name: the function's.
        line: the file and line that called it; None where no code of the user's did.
        thread: in which it ran.
    """

    __slots__ = ("line", "name", "thread")

    def __init__(self, name: str, line: Line | None, thread: int) -> None:
        self.name: Final = name
        self.line: Final = line
        self.thread: Final = thread


class Place(str):
    """A line of the user's as text, with the calls that led to it.

    Attributes:
        calls: that were running, outermost first; all that is made in one of them has the same
            object, and nothing else has.
        line: the file and line that ran in the last of them.
        number: of the places, in the order in which they were told.
    """

    __slots__ = ("calls", "line", "number")
    calls: tuple[Call, ...]
    line: Line | None
    number: int

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


# The frames that were running as the last Value of each thread was made, with their calls. They are
# kept, so that a frame of the next call cannot be taken for the same one.
_running: dict[int, tuple[list[FrameType], tuple[Call, ...]]] = {}
_numbers = itertools.count()


def place() -> Place:
    """The line that makes a Value now, as `errors.user_line()` tells it, with its calls."""
    found = Place(errors.user_line())
    stack: list[FrameType] = []
    outside: FrameType | None = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if errors.is_users(frame.f_code.co_filename):
            # A comprehension belongs to the function that it stands in.
            if frame.f_code.co_name[0] != "<":
                stack.append(frame)
            elif frame.f_code.co_name == "<module>":
                outside = outside or frame
        frame = frame.f_back
    stack.reverse()
    here = _thread.get_ident()
    before, calls = _running.get(here, ([], ()))
    shared = 0
    for old, new in zip(before, stack, strict=False):
        if old is not new:
            break
        shared += 1
    if not shared == len(before) == len(stack):
        callers = [outside, *stack]
        new_calls = [
            Call(stack[k].f_code.co_name, _line_of(callers[k]), here)
            for k in range(shared, len(stack))
        ]
        calls = (*calls[:shared], *new_calls)
        _running[here] = stack, calls
    found.calls, found.number = calls, next(_numbers)
    found.line = _line_of(stack[-1] if stack else outside)
    return found


def forget() -> None:
    """Let go of the frames, with all that they hold."""
    _running.clear()


def _line_of(frame: FrameType | None) -> Line | None:
    return None if frame is None else (frame.f_code.co_filename, frame.f_lineno)
