"""The variables of the user's code while it runs once: what they were bound to, and led to."""

from __future__ import annotations

import dis
import os.path
import sys
from functools import lru_cache
from types import CodeType, FrameType, TracebackType
from typing import Any, Self

import numpy as np

import jangrad
from jangrad.engine import Value

_PACKAGE = os.path.join(os.path.dirname(os.path.abspath(jangrad.__file__)), "")
_INSIDE = ("<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>", "<lambda>", "<module>")
# What the engine calls where it is plain Python, and what its arrays do.
_LIBRARIES = ("Cython", "numpy")
_MOST = 200_000
_DEEPEST = 4


class Locals:
    """Sees what variables are bound to; a context.

    Attributes:
        found: names, each with a box of Values.
    """

    def __init__(self) -> None:
        self.found: list[tuple[str, Any]] = []
        self._bound: dict[int, dict[str, int]] = {}
        self._seen: set[tuple[str, int]] = set()
        self._held: list[Any] = []

    def __enter__(self) -> Self:
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, event: str, given: Any) -> Any:
        code = frame.f_code
        if code.co_name in _INSIDE or code.co_filename.startswith((_PACKAGE, "<frozen")):
            return None
        if os.path.basename(os.path.dirname(code.co_filename)).startswith("python3"):
            return None
        if frame.f_globals.get("__name__", "").partition(".")[0] in _LIBRARIES:
            return None
        self._bound[id(frame)] = {}
        return self._line

    def _line(self, frame: FrameType, event: str, given: Any) -> Any:
        over = event == "return"
        bound = self._bound.setdefault(id(frame), {})
        held = frame.f_locals
        for name in _readable(frame.f_code):
            thing = held.get(name)
            if bound.get(name) == id(thing) and not over:
                continue
            bound[name] = id(thing)
            if name[0] != "_" and name != "self":
                self._look(name, thing)
        if over:
            self._bound.pop(id(frame), None)
        return self._line

    def _look(self, name: str, thing: Any) -> None:
        if not isinstance(thing, (Value, list, tuple)) or len(self.found) > _MOST:
            return
        shape = _shape(thing, _DEEPEST)
        if shape is None:
            return
        values = list(_flat(thing))
        key = (name, hash(tuple(map(id, values))))
        if key in self._seen:
            return
        self._seen.add(key)
        box = np.empty(len(values), object)
        box[:] = values
        self.found.append((name, box.reshape(shape)))


@lru_cache(1000)
def _readable(code: CodeType) -> tuple[str, ...]:
    """The variables of a function that may be read at each of its lines.

    Of a comprehension some may not: Python 3.13.0 reads what is no cell yet as one, and crashes.
    """
    cells, begun = set[str](), False
    if code.co_cellvars:
        for instruction in dis.get_instructions(code):
            begun |= instruction.opname == "RESUME"
            if begun and instruction.opname == "MAKE_CELL":
                cells.add(instruction.argval)
    names = dict.fromkeys((*code.co_varnames, *code.co_cellvars, *code.co_freevars))
    return tuple(name for name in names if name not in cells)


def _shape(thing: Any, deepest: int) -> tuple[int, ...] | None:
    """The shape of Values in lists of one length; None where they are anything else."""
    if isinstance(thing, Value):
        return ()
    if not isinstance(thing, (list, tuple)) or not len(thing) or not deepest:
        return None
    first = _shape(thing[0], deepest - 1)
    if first is None or any(_shape(item, deepest - 1) != first for item in thing[1:]):
        return None
    return (len(thing), *first)


def _flat(thing: Any) -> Any:
    if isinstance(thing, Value):
        yield thing
    else:
        for item in thing:
            yield from _flat(item)
