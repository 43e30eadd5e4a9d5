"""What stands for arguments where they are differentiated or traced: lists of Values.

Of an array it is a list that neither joins nor repeats; of a list or tuple one of its own class.
"""

from __future__ import annotations

import sys
from typing import Any

from jangrad.errors import ForeignName, Untraceable

_WHOLE = "numpy.array(v), inside the function, for an array of Values"

#: What NumPy's arrays have and lists have not, and how it is written of a list.
_INSTEAD = {
    "shape": "len(v), and len(v[0]) for the length of a row",
    "size": "len(v)",
    "ndim": "len(v), and len(v[0]) for the length of a row",
    "dtype": "nothing: every number in it is a Value",
    "astype": "nothing: every number in it is a Value",
    "T": "list(zip(*v))",
    "transpose": "list(zip(*v))",
    "tolist": "list(v)",
    "sum": "jangrad.sum(v)",
    "mean": "jangrad.mean(v)",
    "dot": "jangrad.dot(v, w)",
    "max": "functools.reduce(jangrad.maximum, v)",
    "min": "functools.reduce(jangrad.minimum, v)",
    "clip": "[x.clamp(low, high) for x in v]",
}


def axes_of(given: Any) -> int:
    """How many axes an array has; 0 for what is none.

    Lists and dicts are not asked: one of the user's may answer for every name (`__getattr__ =
    dict.__getitem__`), with another error for those that it has not.

    >>> axes_of([[1.0]]), axes_of(2.0)
    (0, 0)
    """
    return 0 if isinstance(given, (list, tuple, dict)) else getattr(given, "ndim", 0)


class Listed(list[Any]):
    """What stands for an array: a list that neither joins nor repeats.

    Of an array `v`, `v + v` and `3 * v` are sums and products; of a list they are longer lists, of
    which `(3 * v)[0]` is another number without a word.

    >>> v = Listed([1.0, 2.0])
    >>> v[1], sum(v)
    (2.0, 3.0)
    >>> try:
    ...     3 * v
    ... except TypeError as error:
    ...     print(error.what)
    `*` of an array that is an argument, or of a row of one, which is a list here

    Attributes:
        cut: whether it is a range of another one, of which an array's would be a part.
    """

    cut = False

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, (tuple, list, type(None), type(...))) or (
            getattr(index, "ndim", 0) > 0
        ):
            raise _refusal(
                f"v[{_shown(index)}]",
                why="a list is asked for one place, or for a range of them",
                try_=f"v[0][1] for a number of a row, [row[1] for row in v] for a column; {_WHOLE}",
            )
        if isinstance(index, str):
            raise _refusal(
                f"v[{index!r}]",
                why="what a row of a table holds has places here, and no names",
                try_="f(row.to_dict()); or v.name of the rows of table.itertuples(index=False)",
            )
        if isinstance(index, bool):
            raise _refusal(
                f"v[{index}]", why="of an array that is another axis, and of a list a place"
            )
        found = super().__getitem__(index)
        if type(index) is not slice:
            return found
        part = type(self)(found)
        part.cut = True
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.cut or isinstance(value, (list, tuple)) or getattr(value, "ndim", 0) > 0:
            raise _refusal(
                f"v[{_shown(index)}] = ...",
                why="a range of an array is a part of it, and a row that is assigned is copied;"
                " with lists it is the other way round",
                try_="a new list of what it shall hold, [*row] for a row; v[0] = x and v[0][1] = x"
                f" assign one number; or {_WHOLE}",
            )
        if not hasattr(index, "__index__") or isinstance(index, bool):
            raise _refusal(f"v[{_shown(index)}] = ...", why="a list is asked for one place")
        super().__setitem__(index, value)

    def __getattr__(self, name: str) -> Any:
        numpy = sys.modules.get("numpy")
        if name in _INSTEAD or (name[0] != "_" and hasattr(getattr(numpy, "ndarray", None), name)):
            raise ForeignName(
                f"an array that is an argument has no `{name}`: it is a list of Values here",
                try_="; ".join(filter(None, (_INSTEAD.get(name), _WHOLE))),
            )
        raise AttributeError(f"'list' object has no attribute {name!r}")

    def __bool__(self) -> bool:
        if len(self) > 1:
            raise _refusal(
                "if v:",
                why="an array of several numbers is neither true nor false",
                try_="`if len(v):`",
            )
        return len(self) == 1 and bool(self[0])

    def copy(self) -> Listed:
        """A list of the same Values that neither joins nor repeats."""
        return Listed(self)

    def _refuses(self, other: Any, sign: str) -> Any:
        if getattr(other, "ndim", 0) > 0:
            return NotImplemented  # the other is an array, and computes element by element
        raise _refusal(sign)

    def __neg__(self) -> Any:
        raise _refusal("-")

    def __abs__(self) -> Any:
        raise _refusal("abs")


class Labelled(Listed):
    """What stands for a row, a column or a table of pandas whose labels are numbers, but no places.

    Of such a one `v[0]` is what is labelled 0, wherever that is.
    """

    def __getitem__(self, index: Any) -> Any:
        if not isinstance(index, slice) and hasattr(index, "__index__"):
            raise _refusal(
                f"v[{_shown(index)}]",
                why="its labels are numbers that are not its places, so this may be either",
                try_="f(v.to_numpy()), in which it is the place; or `for x in v`",
            )
        return super().__getitem__(index)


def items_of(given: Any) -> Any:
    """What can be walked through: of a table of pandas its rows, not the names of its columns."""
    if isinstance(given, list) or not hasattr(given, "to_numpy"):
        return given
    return given.to_numpy()


def walked_again(given: Any) -> Any:
    """What can be walked more than once: an iterator as a list, anything else as it is."""
    return list(given) if hasattr(given, "__next__") else given


def like(given: Any) -> type[Listed]:
    """What stands for this array, or column, row or table of pandas."""
    table = getattr(given, "ndim", 0) == 2
    labels: Any = getattr(given, "columns" if table else "index", None)
    if getattr(getattr(labels, "dtype", None), "kind", "") not in ("i", "u", "f"):
        return Listed
    places = not table and labels.tolist() == list(range(len(labels)))
    return Listed if places else Labelled


def _refusing(sign: str) -> Any:
    return lambda self, other: self._refuses(other, sign)


def _growing(name: str) -> Any:
    def refuse(self: Listed, *given: Any) -> Any:
        raise _refusal(
            f"v.{name}(...)",
            why="an array keeps its length and its order",
            try_="[*v, x] for a longer list; list(v), which is one",
        )

    return refuse


_SIGNS = {"+": "add", "*": "mul", "-": "sub", "/": "truediv", "**": "pow", "@": "matmul"}
_TESTS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
for _sign, _name in _SIGNS.items():
    for _kind in ("", "r", "i"):
        setattr(Listed, f"__{_kind}{_name}__", _refusing(_sign))
for _sign, _name in _TESTS.items():
    setattr(Listed, f"__{_name}__", _refusing(_sign))
for _name in ("append", "extend", "insert", "pop", "remove", "clear", "reverse", "__delitem__"):
    setattr(Listed, _name, _growing(_name))


def row_of(given: Any) -> Any:
    """A row of data as a list; one that stands for an array where it is an array."""
    if getattr(getattr(given, "dtype", None), "kind", "") in ("M", "m"):
        return list(given) if getattr(given, "ndim", 0) else given  # times, whose list may be ints
    row = given.tolist() if hasattr(given, "tolist") else given
    return Listed(row) if row is not given and isinstance(row, list) else row


def _shown(index: Any) -> str:
    """An index as it was written, a slice in short."""
    if isinstance(index, tuple):
        return ", ".join(map(_shown, index))
    if not isinstance(index, slice):
        return f"{index!r:.30}"
    ends = ("" if end is None else f"{end!r}" for end in (index.start, index.stop))
    return ":".join(ends)


def _refusal(
    what: str,
    why: str = "a list does not compute with each of its elements: it is joined or repeated",
    try_: str = f"[3 * x for x in v], jangrad.dot(v, w); or {_WHOLE}",
) -> Untraceable:
    return Untraceable(
        f"`{what}` of an array that is an argument, or of a row of one, which is a list here",
        why=why,
        try_=try_,
    )


def sequence(kind: Any, items: list[Any]) -> Any:
    """A list or tuple of this kind."""
    if kind is list:
        return items
    if not issubclass(kind, list):
        # Those of C, such as `time.struct_time`, make themselves.
        return kind(items) if hasattr(kind, "n_fields") else tuple.__new__(kind, items)
    made = list.__new__(kind)
    list.extend(made, items)
    return made
