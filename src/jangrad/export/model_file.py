"""A trained network as one safetensors file, whose header holds a JSON description.

Nothing in the file is ever run: the tensor `parameters` holds the numbers, in the order of
`net.parameters()`, and the header's entry `jangrad` says how to rebuild the network around them.
Its entry `sha256` is the checksum of both, which finds flipped bits, and a file is replaced only
when the new one is complete.

    {"version": 1, "network": {...}, "names": [...], "about": {...}, "operations": {...}}
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from jangrad import ops
from jangrad.errors import ModelFileError, OperationError, SaveError, either
from jangrad.export.whole import check_again, check_network, checked_about, fresh
from jangrad.files import Kind, path_of, special, write_at_once
from jangrad.nn import MLP

_VERSION = 1
_PARTS = {"network": dict, "names": list, "about": dict}
_AGAIN = "train it again with `jangrad train`, or take a copy of the file"


# Eight bytes of length, and a header whose entries are in either order.
_HEADER = re.compile(
    rb'.{8}\{"__metadata__":\{(?:"sha256":"[0-9a-f]{64}",)?"jangrad":"\{\\"version\\":', re.DOTALL
)

#: What `save_model` may replace.
MODEL = Kind("a model of jangrad's", lambda head: _HEADER.match(head) is not None)


def save_model(
    path: str | os.PathLike[str],
    net: MLP,
    about: dict[str, Any] | None = None,
    *,
    force: bool = False,
) -> None:
    """Write a network, all at once or not at all.

    Args:
        path: the file; `.safetensors` is the usual ending. An older model there is replaced, with
            its permissions kept; a link is followed.
        net: the network, an MLP as it was built: what would load as another function is refused.
            Attributes that were added to it are not in the file.
        about: anything that JSON can hold: the columns of the data, how it was trained.
        force: replace another file than a model of jangrad's too.

    Raises:
        ModelFileError: when the place cannot be written to or holds another file, or loading would
            not give the same network: shared weights, a changed layer or activation, a subclass
            that computes something else.
        ConfigError: when `net` is no MLP, or `about` is no dict that JSON can hold.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/net.safetensors", MLP(2, [1], seed=0))
    ...     net, about = load_model(f"{folder}/net.safetensors")
    >>> len(net.parameters())
    3
    """
    import numpy as np
    from safetensors.numpy import save

    check_network(path, net)
    check_again(net)
    state = net.state()
    numbers = np.array(list(state.values()), dtype="<f8")
    header = {
        "version": _VERSION,
        "network": net.config(),
        "names": list(state),
        "about": checked_about(about),
        "operations": {name: [row.value, *row.partials] for name, row in _own(net).items()},
    }
    text = json.dumps(header)
    metadata = {"jangrad": text, "sha256": _checksum(text, numbers.tobytes())}
    try:
        write_at_once(
            path, save({"parameters": numbers}, metadata=metadata), None if force else MODEL
        )
    except SaveError as error:
        raise ModelFileError(
            error.what, where=error.where, why=error.why, try_=error.try_
        ) from error


def _own(net: MLP) -> dict[str, ops.Op]:
    """The user's operations that the network computes with."""
    return ops.own(name for name in net.activations if isinstance(name, str))


def _checksum(text: str, numbers: bytes) -> str:
    return hashlib.sha256(text.encode() + numbers).hexdigest()


def load_model(path: str | os.PathLike[str]) -> tuple[MLP, dict[str, Any]]:
    """Read a network and what was said about it.

    Raises:
        ModelFileError: when the file is missing, truncated, damaged, of a newer version, or not a
            jangrad model; a pipe, a device or a folder is not waited for or read.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path_of(path, ModelFileError, 'load_model("net.safetensors")'))
    if what := special(path):
        raise ModelFileError(f"`{path}` is {what}, not a model file", try_="the path of a file")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            header = _header(path, metadata)
            numbers = file.get_tensor("parameters").astype("<f8", casting="no")
    except FileNotFoundError:
        raise ModelFileError(
            f"there is no model file `{path}`", try_="the path that `jangrad train` printed"
        ) from None
    except ModelFileError:
        raise
    except (SafetensorError, OSError, TypeError, ValueError, MemoryError) as error:
        if _is_text(path):
            raise ModelFileError(
                f"`{path}` is text, not a model",
                try_=either("the path that `jangrad train` printed", "predict MODEL DATA"),
            ) from None
        raise ModelFileError(
            f"`{path}` cannot be read as a model: {error}",
            why="it is truncated, damaged or no safetensors file",
            try_=_AGAIN,
        ) from None
    if _checksum(metadata["jangrad"], numbers.tobytes()) != metadata.get("sha256"):
        raise ModelFileError(
            f"what is in `{path}` does not fit its checksum",
            why="the file was damaged after it was written",
            try_=_AGAIN,
        )
    return _rebuilt(path, header, numbers.tolist()), header["about"]


def _is_text(path: Path) -> bool:
    """Whether a file begins with letters, as tables do, and no model."""
    with suppress(OSError), open(path, "rb") as file:
        return min(file.read(64), default=0) >= ord("\t")
    return False


def _header(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    """The description in the header, checked for what is needed of it."""
    try:
        header = json.loads(metadata["jangrad"])
        version = header["version"]
        whole = version != _VERSION or all(type(header[k]) is kind for k, kind in _PARTS.items())
    except (KeyError, TypeError, ValueError, RecursionError):
        whole = False
    if not whole:
        raise ModelFileError(
            f"`{path}` is a safetensors file, but not one of jangrad's",
            why="its header has no readable entry `jangrad` that says how to rebuild the network",
            try_="a file that `jangrad train` or `save_model` has written",
        )
    if version != _VERSION:
        raise ModelFileError(
            f"`{path}` has version {version}, but this jangrad reads version {_VERSION}",
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


def _rebuilt(path: Path, header: dict[str, Any], numbers: list[float]) -> MLP:
    try:
        _check_own(path, header)
        # Counted first: a header that was damaged may ask for more neurons than there is memory.
        widths = [header["network"]["n_inputs"], *header["network"]["widths"]]
        count = sum((below + 1) * width for below, width in pairwise(widths))
        if count > len(numbers):
            raise ValueError(f"it has {count} weights, but the file holds {len(numbers)} numbers")
        net = fresh(header["network"])
        net.load_state(dict(zip(header["names"], numbers, strict=True)))
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
