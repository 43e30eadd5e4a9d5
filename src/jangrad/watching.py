"""What is done while every new Value is looked at: traces, `strict()`, `trace_lines()`.

A context holds in its own thread, and the engine looks while any is open (`watch`). The file runs
as plain Python and compiles with Cython (`watching.pxd`), as the engine above it does.
"""

from __future__ import annotations

import _thread
from contextlib import ContextDecorator

from jangrad import calls, forks
from jangrad.errors import Untraceable

try:
    import cython
except ImportError:
    from jangrad import nocython as cython

if not cython.compiled:
    LINES, STRICT, TRACING, SWEEPS = 1, 2, 4, 8  # constants of C in the compiled file

watch = 0  # the bits of all contexts together
_contexts = []  # those that are open, in whatever thread
_traces = {}  # the trace that is running in each thread
_lock = forks.awaited(3)


class Watching(ContextDecorator):
    """A context in which every new Value is looked at; it costs nothing outside."""

    def __init__(self, bits):
        self.bits = bits

    def __enter__(self):
        if self.bits & STRICT and tracing() is not None and not is_strict():
            raise refused(
                Untraceable(
                    "`strict()` inside a compiled function",
                    why="it looks at numbers, and none is there while the function is traced",
                    try_="`with jangrad.strict():` around the calls of the compiled function",
                )
            )
        self.thread = _thread.get_ident()
        self._change(_contexts.append)

    def __exit__(self, *_):
        self._change(_contexts.remove)

    def _recreate_cm(self):
        """As a decorator: each call of the function is inside a context of its own."""
        return Watching(self.bits)

    def _change(self, how):
        # Contexts of several threads end in any order.
        with _lock:
            how(self)
            _look_again()


def _look_again():
    global watch
    now = 0
    for context in _contexts:
        now |= context.bits
    watch = now
    if not now & (LINES | STRICT):
        calls.forget()


def _forget_other_threads():
    """In a child process their contexts would never end, and their numbers are given again."""
    me = _thread.get_ident()
    for thread in [thread for thread in _traces if thread != me]:
        del _traces[thread]
    _contexts[:] = [context for context in _contexts if context.thread == me]
    _look_again()


forks.in_child(_forget_other_threads)


# -- source lines, nan and inf -------------------------------------------------------------------


def strict():
    """Inside `with jangrad.strict():` the first nan or inf raises NonFinite and names its origin.

    It holds in its own thread: for values and gradients, for compiled functions and steps, and for
    `fit`. `@jangrad.strict()` above a function holds inside each of its calls.

    >>> from jangrad import Value, strict
    >>> with strict():
    ...     Value(1.0) / Value(0.0)
    Traceback (most recent call last):
    ...
    jangrad.errors.NonFinite: `div` gave inf from (1.0, 0.0)
      ...
    """
    return Watching(LINES | STRICT)


def is_strict():
    """Whether a nan or inf raises NonFinite now."""
    if not watch & STRICT:
        return False
    here = _thread.get_ident()  # other threads compute as ever
    for context in list(_contexts):
        if context.bits & STRICT and context.thread == here:
            return True
    return False


def trace_lines():
    """Inside `with jangrad.trace_lines():` every Value remembers the user's line that made it.

    Large graphs are then folded as the program is written: by its calls, loops and statements.
    """
    return Watching(LINES)


# -- backward passes ------------------------------------------------------------------------------


class SweepWatching(Watching):
    """A context that is told of each backward pass of its thread, before it and behind it."""

    def __init__(self):
        Watching.__init__(self, SWEEPS)

    def sweeping(self, root):
        """A pass from this root is about to begin."""

    def swept(self, root):
        """It has ended."""


def tell_of_sweep(root, over):
    """Tell those that watch this thread that a backward pass begins, or is over."""
    here = _thread.get_ident()
    for context in list(_contexts):
        if context.bits & SWEEPS and context.thread == here:
            if over:
                context.swept(root)
            else:
                context.sweeping(root)


# -- traces --------------------------------------------------------------------------------------


class Tracing:
    """A context in which no number can be read and comparisons are operations, in this thread.

    Attributes:
        leaves: those made inside, which are constants; all others are inputs or parameters.
        lookups: the Values that picked a row of a table, each with the table's length.
        columns: the columns of tables that rows were picked of, by what is in them.
        elsewhere: the Values that other threads, which may help, have read; each with its number.
        refused: the first error that the function was answered with; it is raised at the end, for
            a function that catches it may go on with what holds for this one call.

    Raises:
        Untraceable: on leaving, when anything was refused.
    """

    def __init__(self):
        self.leaves, self.lookups, self.columns, self.elsewhere = [], [], {}, {}
        self.refused = None
        self.watching = Watching(TRACING)

    def __enter__(self):
        if tracing() is not None:
            raise undone("a trace inside a trace", "call the function itself")
        _traces[_thread.get_ident()] = self
        self.watching.__enter__()
        return self

    def __exit__(self, kind, *_):
        self.watching.__exit__()
        del _traces[_thread.get_ident()]
        if kind is None and self.refused is not None:
            raise self.refused


def tracing():
    """The trace that is running in this thread, in which no number can be read; None outside."""
    return _traces.get(_thread.get_ident()) if watch & TRACING else None


def is_traced():
    """Whether this thread traces; others compute as ever."""
    return tracing() is not None


def refused(error):
    """The error, remembered by the trace of this thread; by all of them, if it has none."""
    own = tracing()
    for trace in [own] if own is not None else list(_traces.values()):
        if trace.refused is None:
            trace.refused = error
    return error


def unread(what, instead=""):
    """The error for a number that was read of a traced Value."""
    if is_traced():
        return refused(Untraceable.reading(what, instead))
    return refused(Untraceable.outside(f"`{what}`"))


def undone(what, instead):
    """The error for what a trace must not do."""
    return refused(Untraceable.doing(what, instead))


def note_read(v, number):
    """Tell all traces that a thread without one has read this number of a Value."""
    for trace in list(_traces.values()):
        trace.elsewhere.setdefault(id(v), (v, number))
