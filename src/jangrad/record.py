"""Tuples whose parts have names, as those of `typing.NamedTuple`, made without compiling code.

`NamedTuple` and `dataclass` write code for each class and compile it when its module is imported,
which takes 0.1 to 0.9 ms a class: for those of the compiler as long as all else in a first call.
Here all classes share the code.
"""

from __future__ import annotations

from collections import _tuplegetter  # type: ignore[attr-defined]
from typing import Any, ClassVar, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Record(tuple[Any, ...]):
    """A tuple; a subclass names its parts, and gives the last ones defaults.

    >>> class Point(Record):
    ...     x: float
    ...     y: float = 0.0
    >>> point = Point(1.0)
    >>> point.x, point
    (1.0, Point(x=1.0, y=0.0))
    >>> point._replace(y=2.0)
    Point(x=1.0, y=2.0)
    """

    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        own = vars(cls)
        cls._fields = tuple(own.get("__annotations__", ()))
        cls._defaults = {name: own[name] for name in cls._fields if name in own}
        for index, name in enumerate(cls._fields):
            setattr(cls, name, _tuplegetter(index, None))

    def __new__(cls, *parts: Any, **named: Any) -> Self:
        if len(parts) != len(cls._fields) or named:
            rest, known = cls._fields[len(parts) :], cls._defaults | named
            parts += tuple([known[name] for name in rest if name in known])
            if len(parts) != len(cls._fields) or any(name not in rest for name in named):
                raise TypeError(f"{cls.__name__} takes {', '.join(cls._fields)}")
        return tuple.__new__(cls, parts)

    def _asdict(self) -> dict[str, Any]:
        """The parts by name."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **others: Any) -> Self:
        """The same with some other parts."""
        made = tuple.__new__(type(self), map(others.pop, self._fields, self))
        if others:
            raise TypeError(f"{type(self).__name__} has no {', '.join(others)}")
        return made

    def __repr__(self) -> str:
        parts = [f"{name}={part!r}" for name, part in self._asdict().items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)
