"""What arrays and tables of other packages hold, read by functions of one argument, as `observers`.

Of most their numbers are read as NumPy reads them, and their attributes like those of any object.
"""

from __future__ import annotations

import random
import sys
from typing import Any

import numpy as np

from jangrad.guards.owners import is_users_class

_PLAIN = {type(None), bool, int, float, complex, str, bytes}


def shows_numbers(kind: type) -> bool:
    """Whether a class that is not the user's says how an object of it is an array."""
    for part in kind.__mro__:
        if "__array__" in vars(part):
            return not is_users_class(part)
    return False


def numbers_in(found: Any) -> tuple[Any, ...]:
    """The numbers of what says how it is an array, or its texts, with the shape and the type.

    Raises:
        TypeError: when there are other objects in it, which may be made anew for each that asks.
    """
    array = np.asarray(found)
    if not array.dtype.hasobject:
        return array.tobytes(), array.shape, str(array.dtype)
    items = tuple(array.ravel().tolist())
    if not _PLAIN.issuperset(map(type, items)):
        raise TypeError("no numbers")
    return items, array.shape, str(array.dtype)


def tensor(found: Any) -> tuple[Any, ...]:
    """What a tensor of PyTorch holds: its numbers, what makes a tensor of them, its gradient."""
    torch = sys.modules["torch"]
    numbers = found.detach()
    if found.dtype is torch.bfloat16 or not numbers.is_cpu:
        numbers = numbers.cpu().reshape(-1).contiguous().view(torch.uint8)
    grad = found.grad if found.is_leaf or found.retains_grad else None
    shape, device = tuple(found.shape), str(found.device)
    return (
        *(numbers.numpy(force=True).tobytes(), shape, str(found.dtype)),
        *(device, found.requires_grad, grad),
    )


# What objects of pandas have to be faster, and parts that are read one by one.
_HIDDEN = {"_cache", "_item_cache", "_id", "_references", "_is_copy", "_cacher", "_mgr"}


def labelled(found: Any) -> tuple[Any, ...]:
    """What pandas' tables, columns, labels and arrays hold: attributes, labels, arrays."""
    held = [(name, value) for name, value in vars(found).items() if name not in _HIDDEN]
    for name in ("_ndarray", "_dtype"):
        if name not in vars(found) and hasattr(type(found), name):
            held.append((name, getattr(found, name)))
    # Those of NumPy have classes of their own, and nothing to change.
    held = [(name, str(x) if isinstance(x, np.dtype) else x) for name, x in held]
    inside = vars(found).get("_mgr")
    if inside is not None:
        held += [("axis", axis) for axis in inside.axes]
        held += [("block", block.values) for block in inside.blocks]
        if found.ndim > 1:  # which column is which row of a block
            held += [("", inside.blknos), ("", inside.blklocs)]
    return (*(name for name, _ in held), *(value for _, value in held))


def generators() -> tuple[type, ...]:
    """The classes of NumPy's and PyTorch's generators of random numbers."""
    found: list[type] = []
    drawn, torch = sys.modules.get("numpy.random"), sys.modules.get("torch")
    if drawn is not None:
        found += [drawn.Generator, drawn.RandomState, drawn.BitGenerator]
    if torch is not None and hasattr(torch, "Generator"):
        found.append(torch.Generator)
    return tuple(found)


#: Who reads one of these of a generator reads its state.
STATES = {"getstate", "get_state", "bit_generator", "initial_seed", "__getstate__"}


def state_of(generator: Any) -> Any:
    """The state of a generator of random numbers, in a form that can be compared."""
    if isinstance(generator, random.Random):
        return generator.getstate()
    if hasattr(generator, "get_state"):
        return _comparable(generator.get_state())
    return _comparable(getattr(generator, "bit_generator", generator).state)


def _comparable(state: Any) -> Any:
    if isinstance(state, dict):
        state = tuple(state.values())
    if isinstance(state, tuple):
        return tuple(map(_comparable, state))
    return np.asarray(state).tobytes() if hasattr(state, "tolist") else state
