"""A trained network as one safetensors file, whose header holds a JSON description.

Nothing in the file is ever run: the tensor `parameters` holds the numbers, in the order of
`net.parameters()`, and the header's entry `jangrad` says how to rebuild the network around them.
Its entry `sha256` is the checksum of both, which finds flipped bits, and a file is replaced only
when the new one is complete.

    {"version": 1, "network": {...}, "names": [...], "about": {...}, "operations": {...}}

A network of the user's own is code, which is in no file: it has version 2, with the name of its
class and facts to tell it by (`own.py`) instead of `network`, and is loaded into one that is built.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from jangrad import ops
from jangrad.errors import ModelFileError, OperationError, SaveError, either
from jangrad.export.own import builds_itself, check_into, check_same, facts_of, names_of
from jangrad.export.whole import check_again, check_network, checked_about, fresh
from jangrad.files import Kind, path_of, write_at_once
from jangrad.nn import MLP, Module
from jangrad.nn.module import inside
from jangrad.tensors import UnreadableError, packed, unpacked

_ENTRY = "jangrad"
# Of an MLP, and of a network of the user's own.
_VERSION, _OWN_VERSION = 1, 2
_PARTS: dict[Any, dict[str, type]] = {
    _VERSION: {"network": dict, "names": list, "about": dict},
    _OWN_VERSION: {"class": str, "facts": dict, "names": list, "about": dict},
}
_AGAIN = "train it again with `jangrad train`, or take a copy of the file"


# Eight bytes of length, and a header whose entries are in either order.
_HEADER = re.compile(
    rb'.{8}\{"__metadata__":\{(?:"sha256":"[0-9a-f]{64}",)?"jangrad":"\{\\"version\\":', re.DOTALL
)

#: What `save_model` may replace.
MODEL = Kind("a model of jangrad's", lambda head: _HEADER.match(head) is not None)


def save_model(
    path: str | os.PathLike[str],
    net: Module,
    about: dict[str, Any] | None = None,
    *,
    force: bool = False,
) -> None:
    """Write a network, all at once or not at all.

    Args:
        path: the file; `.safetensors` is the usual ending. An older model there is replaced, with
            its permissions kept; a link is followed.
        net: the network. An MLP is loaded by the file alone, and must be as it was built: what
            would load as another function is refused, and attributes that were added are not kept.
            Any other Module, also an MLP with functions of your own, is loaded into a network that
            your code builds: its numbers are in the file, with the names and classes of its parts
            and what else they hold, to tell whether it is the same.
        about: anything that JSON can hold: the columns of the data, how it was trained.
        force: replace another file than a model of jangrad's too.

    Raises:
        ModelFileError: when the place cannot be written to or holds another file, or loading would
            not give the same network: an MLP with shared weights, a changed layer or activation;
            another one with parameters that have no name.
        ConfigError: when `net` is no Module, or `about` is no dict that JSON can hold.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/net.safetensors", MLP(2, [1], seed=0))
    ...     net, about = load_model(f"{folder}/net.safetensors")
    >>> len(net.parameters())
    3
    """
    import numpy as np

    check_network(path, net)
    numbers = np.array([value.data for value in net.named_parameters().values()], "<f8")
    header = {
        **_described(net),
        "about": checked_about(about),
        "operations": {name: [row.value, *row.partials] for name, row in _own(net).items()},
    }
    data = packed(_ENTRY, json.dumps(header), {"parameters": numbers})
    try:
        write_at_once(path, data, None if force else MODEL)
    except SaveError as error:
        raise ModelFileError(
            error.what, where=error.where, why=error.why, try_=error.try_
        ) from error


def _described(net: Module) -> dict[str, Any]:
    """How a network is built, or by what it is known."""
    if isinstance(net, MLP) and builds_itself(net):
        check_again(net)
        return {"version": _VERSION, "network": net.config(), "names": list(net.state())}
    return {
        "version": _OWN_VERSION,
        "class": type(net).__qualname__,
        "facts": facts_of(net),
        "names": names_of(net),
    }


def _own(net: Module) -> dict[str, ops.Op]:
    """The user's operations that the network computes with, where their names are in it."""
    held = (item for _, _, items in inside(net) for _, item in items)
    names = net.activations if isinstance(net, MLP) else held
    return ops.own(dict.fromkeys(name for name in names if isinstance(name, str)))


def load_model(
    path: str | os.PathLike[str], *, into: Module | None = None
) -> tuple[Any, dict[str, Any]]:
    """Read a network and what was said about it.

    Args:
        path: a file that `save_model` or `jangrad train` has written.
        into: a network that gets the numbers; the file of any Module but an MLP needs one, built as
            the saved one was. On an error it stays as it is.

    Returns:
        The network, `into` where that was given, and what was said about it.

    Raises:
        ModelFileError: when the file is missing, truncated, damaged, of a newer version, or not a
            jangrad model; a pipe, a device or a folder is not waited for or read. When `into` is
            missing, or another network.
        ConfigError: when `into` is no Module.

    >>> import tempfile
    >>> from jangrad import Value
    >>> class Line(Module):
    ...     def __init__(self, slope=0.0):
    ...         self.slope = Value(slope)
    ...     def __call__(self, row):
    ...         return [self.slope * row[0]]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/line.safetensors", Line(2.5))
    ...     line, _ = load_model(f"{folder}/line.safetensors", into=Line())
    >>> line.predict([[2.0]])
    [[5.0]]
    """
    path = Path(path_of(path, ModelFileError, 'load_model("net.safetensors")'))
    if into is not None:
        check_into(path, into)

    def header_of(metadata: Mapping[str, str]) -> dict[str, Any]:
        return _header(path, metadata)

    try:
        header, arrays = unpacked(path, _ENTRY, header_of)
        numbers = _numbers(arrays)
    except UnreadableError as error:
        raise _unreadable(path, error) from None
    net = into
    if header["version"] == _VERSION:
        built = _rebuilt(path, header, numbers)
        net = built if into is None else _taken_over(path, built, into)
    elif into is None:
        raise ModelFileError(
            f"`{path}` holds the numbers of a `{header['class']}`, a network of your own",
            why="what it computes is code, and no file of jangrad's holds any",
            try_=f"load_model({str(path)!r}, into={header['class']}(...))",
        )
    else:
        _check_own(path, header)
        check_same(path, header["facts"], header["names"], into)
        _fill(path, header, numbers, into)
    return net, header["about"]


def _numbers(arrays: Mapping[str, Any]) -> list[float]:
    found = arrays.get("parameters")
    if len(arrays) != 1 or found is None or found.dtype != "<f8" or found.ndim != 1:
        raise UnreadableError("it has other tensors than `parameters`, a row of doubles")
    listed: list[float] = found.tolist()
    return listed


def _unreadable(path: Path, error: UnreadableError) -> ModelFileError:
    if error.how == "special":
        return ModelFileError(
            f"`{path}` {str(error).replace('it is', 'is')}, not a model file",
            try_="the path of a file",
        )
    if error.how == "missing":
        return ModelFileError(
            f"there is no model file `{path}`", try_="the path that `jangrad train` printed"
        )
    if error.how == "text":
        return ModelFileError(
            f"`{path}` is text, not a model",
            try_=either("the path that `jangrad train` printed", "predict MODEL DATA"),
        )
    if error.how == "changed":
        return ModelFileError(
            f"what is in `{path}` does not fit its checksum",
            why="the file was damaged after it was written",
            try_=_AGAIN,
        )
    return ModelFileError(
        f"`{path}` cannot be read as a model: {error}",
        why="it is truncated, damaged or no safetensors file",
        try_=_AGAIN,
    )


def _header(path: Path, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The description in the header, checked for what is needed of it."""
    try:
        header = json.loads(metadata[_ENTRY])
        version = header["version"]
        parts = _PARTS.get(version, {}) if type(version) is int else {"version": int}
        whole = all(type(header[k]) is kind for k, kind in parts.items())
    except (KeyError, TypeError, ValueError, RecursionError):
        whole = False
    if not whole:
        raise ModelFileError(
            f"`{path}` is a safetensors file, but not one of jangrad's",
            why="its header has no readable entry `jangrad` that says how to rebuild the network",
            try_="a file that `jangrad train` or `save_model` has written",
        )
    if version not in _PARTS:
        raise ModelFileError(
            f"`{path}` has version {version}, but this jangrad reads versions up to {max(_PARTS)}",
            try_="pip install --upgrade jangrad",
        )
    return header  # type: ignore[no-any-return]


def _check_own(path: Path, header: dict[str, Any]) -> None:
    """That the user's operations in it are here, with the rules that they had."""
    try:
        own = header.get("operations", {}).items()
        rows = [ops.Op(name, value, tuple(slopes), "", "", "") for name, (value, *slopes) in own]
        ops.check_own(rows, f"the network in `{path}`")
    except OperationError as error:
        raise ModelFileError(error.what, why=error.why, try_=error.try_) from None
    except (AttributeError, TypeError, ValueError):
        raise _unreadable(path, UnreadableError("its operations are none")) from None


def _rebuilt(path: Path, header: dict[str, Any], numbers: list[float]) -> MLP:
    try:
        _check_own(path, header)
        # Counted first: a header that was damaged may ask for more neurons than there is memory.
        widths = [header["network"]["n_inputs"], *header["network"]["widths"]]
        count = sum((below + 1) * width for below, width in pairwise(widths))
        if count > len(numbers):
            raise ValueError(f"it has {count} weights, but the file holds {len(numbers)} numbers")
        net = fresh(header["network"])
        _fill(path, header, numbers, net)
    except ModelFileError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"`{path}` describes a network that its numbers do not fit: "
            f"{getattr(error, 'what', error)}",
            why="the header was changed after it was written",
            try_=_AGAIN,
        ) from None
    return net


def _fill(path: Path, header: dict[str, Any], numbers: list[float], net: Module) -> None:
    """Give a network the numbers of the file."""
    names = header["names"]
    if len(names) != len(numbers):
        raise ModelFileError(
            f"`{path}` has {len(numbers)} numbers for {len(names)} parameters",
            why="the header was changed after it was written",
            try_=_AGAIN,
        )
    net.load_state(dict(zip(names, numbers, strict=True)))


def _taken_over(path: Path, built: MLP, net: Module) -> Module:
    """A network with the numbers of an MLP from a file, once it is built as that one."""
    check_same(path, facts_of(built), names_of(built), net)
    net.load_state(built.state())
    return net
