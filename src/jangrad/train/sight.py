"""Whether a schedule can see what machine code works on, so that it must be asked step by step.

Machine code makes bursts of steps, for which a schedule is asked ahead. One that looks at the
network or the optimiser would see them as they were before the burst.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

#: So many objects are looked at, so many steps away from the function.
_MOST, _FARTHEST = 1000, 5


def sees(function: Any, things: Iterable[Any]) -> bool:
    """Whether a function reaches one of these things: by closure, globals, defaults, attributes."""
    wanted = set(map(id, things))
    known: set[int] = set()
    waiting = [(function, 0)]
    while waiting and len(known) < _MOST:
        one, far = waiting.pop()
        if id(one) in wanted:
            return True
        if id(one) in known or far > _FARTHEST:
            continue
        known.add(id(one))
        waiting += [(part, far + 1) for part in _parts(one)]
    return False


def _parts(one: Any) -> list[Any]:
    if isinstance(one, (type, ModuleType, str, bytes, int, float)):
        return []
    if isinstance(one, MethodType):
        return [one.__self__, one.__func__]
    if isinstance(one, FunctionType):
        cells = [cell.cell_contents for cell in one.__closure__ or () if _is_full(cell)]
        used = [one.__globals__.get(name) for name in _names(one.__code__)]
        return [*cells, *used, *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    if isinstance(one, (list, tuple, set, frozenset)):
        return list(one)
    if isinstance(one, dict):
        return list(one.values())
    own = [*getattr(one, "__dict__", {}).values(), getattr(one, "func", None)]
    calls = [kind.__dict__.get("__call__") for kind in type(one).__mro__]
    return [*own, *calls, *getattr(one, "args", ())]


def _names(code: CodeType) -> list[str]:
    """The global names that a function uses, and the functions inside it."""
    inner = (part for part in code.co_consts if isinstance(part, CodeType))
    return [*code.co_names, *(name for part in inner for name in _names(part))]


def _is_full(cell: Any) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:  # not assigned yet
        return False
