"""Lists, tuples and dicts of other classes than those: arguments and results keep their class.

What is traced is a copy with Values for numbers. It is made without a word of the class's own code,
which runs in the function alone.
"""

from __future__ import annotations

import types
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from jangrad.errors import NotANumber
from jangrad.guards import is_plain

_BUILT_IN = {list, tuple, dict}


def mapping(like: dict[Any, Any], items: Iterable[tuple[Any, Any]]) -> Any:
    """A dict of the kind of another one, and which does the same where a key is missing."""
    kind = type(like)
    if kind is dict:
        return dict(items)
    base: Any = next(part for part in (OrderedDict, defaultdict, dict) if issubclass(kind, part))
    made = base.__new__(kind)
    if base is defaultdict:
        made.default_factory = like.default_factory  # type: ignore[attr-defined]
    for key, item in items:
        base.__setitem__(made, key, item)
    if getattr(like, "__dict__", None) is like:  # its items are its attributes
        made.__dict__ = made
    return made


def check(container: Any) -> None:
    """That a list, tuple or dict has nothing but items.

    Raises:
        NotANumber: when it has attributes, which would be lost.
    """
    held = getattr(container, "__dict__", None)
    names = [] if held is None or held is container else list(held)
    for part in type(container).__mro__:
        for name, member in vars(part).items() if "__slots__" in vars(part) else ():
            if isinstance(member, types.MemberDescriptorType) and hasattr(container, name):
                names.append(name)
    if names:
        kind = type(container).__name__
        raise NotANumber(
            f"an argument of a compiled function is a {kind} with attributes: {', '.join(names)}",
            why="its items are traced, and nobody knows which of its attributes are numbers",
            try_=f"an argument for each of them, `x.{names[0]}`",
        )


def code_in(arguments: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    """What arguments bring along that code may call or read, beside the numbers in them.

    That is their classes, what fills a missing key of a dict, and keys that are objects.
    """
    for argument in arguments:
        kind = type(argument)
        if isinstance(argument, (list, tuple, dict)):
            if kind not in _BUILT_IN:
                yield kind, kind.__name__
            if isinstance(argument, defaultdict):
                yield argument.default_factory, "default_factory"
            if isinstance(argument, dict):
                yield from ((key, f"key {key!r:.40}") for key in argument if not is_plain(key))
            yield from code_in(argument.values() if isinstance(argument, dict) else argument)
