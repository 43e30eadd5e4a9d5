"""The plan of a program that does the same to each of many numbers, from its plans for a few.

An optimiser's update treats a million parameters alike. Planned for a few of them it has the same
kernels, and every size, stride and address in it grows in proportion to how many there are. So two
plans tell what any other is like, and a third one whether they do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from jangrad.compiler.plan.nests import Plan

#: Plans are made for so many numbers, where there are more than `_LEAST`.
_FEW = (17, 23, 40)
_LEAST = 1000
#: What of a plan is grown: all that is told of the second one of two (`kernels.followed_by`).
_GROWN = ("kernels", "sizes", "constants", "inlined")


class _Unlike(Exception):
    """The plans have not the same shape."""


class _Size(NamedTuple):
    """Of how many numbers two plans are, and of how many one is wanted."""

    a: int
    b: int
    wanted: int


def plan_for(count: int, made: Callable[[int], Plan]) -> Plan:
    """The plan for so many numbers; its kernels do not tell which nodes they compute.

    Args:
        count: how many numbers there are.
        made: makes the plan for any count.
    """
    if count <= _LEAST:
        return made(count)
    few = [_without_nodes(made(size)) for size in _FEW]
    try:
        if _parts(_grown(few[0], few[1], _Size(*_FEW))) != _parts(few[2]):
            return made(count)
        found: Plan = _grown(few[0], few[1], _Size(*_FEW[:2], count))
    except _Unlike:
        return made(count)
    return found


def _without_nodes(plan: Plan) -> Plan:
    """The plan without what is told node by node."""
    none = np.zeros(0, np.int64)
    kernels = [replace(k, nodes=none) for k in plan.kernels]
    return replace(plan, kernels=kernels)


def _grown(a: Any, b: Any, size: _Size) -> Any:
    """What stands in the wanted plan where these stand in the plans for a few."""
    if isinstance(a, Plan):
        grown = {name: _grown(getattr(a, name), getattr(b, name), size) for name in _GROWN}
        return replace(a, **grown)
    if type(a) is not type(b):
        raise _Unlike
    if is_dataclass(a) and not isinstance(a, type):
        names = [field.name for field in fields(a)]
        return replace(a, **{n: _grown(getattr(a, n), getattr(b, n), size) for n in names})
    if isinstance(a, dict):
        if list(a) != list(b):
            raise _Unlike
        return {name: _grown(part, b[name], size) for name, part in a.items()}
    if isinstance(a, (list, tuple)):
        if len(a) != len(b):
            raise _Unlike
        parts = [_grown(x, y, size) for x, y in zip(a, b, strict=True)]
        return type(a)(*parts) if hasattr(a, "_fields") else type(a)(parts)
    if isinstance(a, np.ndarray):
        if a.shape != b.shape:
            raise _Unlike
        if a.dtype == np.int64:
            numbers = [_in_proportion(*pair, size) for pair in zip(a.flat, b.flat, strict=True)]
            return np.array(numbers, np.int64).reshape(a.shape)
        if not np.array_equal(a, b, equal_nan=True):
            raise _Unlike
        return a
    if type(a) is int:
        return _in_proportion(a, b, size)
    if a != b:
        raise _Unlike
    return a


def _in_proportion(x: int, y: int, size: _Size) -> int:
    step, rest = divmod(y - x, size.b - size.a)
    if rest:
        raise _Unlike
    return x + step * (size.wanted - size.a)


def _parts(plan: Plan) -> str:
    """All that `_grown` grows, to be compared."""
    return repr((plan.kernels, plan.sizes, plan.constants))
