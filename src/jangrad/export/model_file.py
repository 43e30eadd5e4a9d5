"""A trained network as one safetensors file, whose header holds a JSON description.

Nothing in the file is ever run: the tensor `parameters` holds the numbers, in the order of
`net.parameters()`, and the header's entry `jangrad` says how to rebuild the network around them.
A checksum finds flipped bits, and a file is replaced only when the new one is complete.

    {"version": 1, "network": {...}, "names": [...], "sha256": "...", "about": {...}}
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from jangrad.errors import ModelFileError
from jangrad.nn import MLP

_VERSION = 1
_AGAIN = "train it again with `jangrad train`, or take a copy of the file"


def save_model(path: str | os.PathLike[str], net: MLP, about: dict[str, Any] | None = None) -> None:
    """Write a network, all at once or not at all.

    Args:
        path: the file; `.safetensors` is the usual ending.
        net: the network.
        about: anything that JSON can hold: the columns of the data, how it was trained.

    Raises:
        ModelFileError: when the folder is missing or cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_model(f"{folder}/net.safetensors", MLP(2, [1], seed=0))
    ...     net, about = load_model(f"{folder}/net.safetensors")
    >>> len(net.parameters())
    3
    """
    import numpy as np
    from safetensors.numpy import save

    state = net.state()
    numbers = np.array(list(state.values()), dtype="<f8")
    header = {
        "version": _VERSION,
        "network": net.config(),
        "names": list(state),
        "sha256": hashlib.sha256(numbers.tobytes()).hexdigest(),
        "about": about or {},
    }
    data = save({"parameters": numbers}, metadata={"jangrad": json.dumps(header)})
    _write_at_once(Path(path), data)


def _write_at_once(path: Path, data: bytes) -> None:
    """Write beside the file and rename over it: a reader sees the old file or the whole new one."""
    try:
        handle, name = tempfile.mkstemp(prefix=path.name, suffix=".part", dir=path.parent)
    except OSError as error:
        raise ModelFileError(
            f"the model cannot be written to `{path}`: {error.strerror}",
            try_="a folder that exists and may be written to",
        ) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException as error:
        os.unlink(name)
        if isinstance(error, OSError):
            raise ModelFileError(
                f"the model cannot be written to `{path}`: {error.strerror}",
                why="nothing was changed: an older file of that name is still whole",
            ) from error
        raise


def load_model(path: str | os.PathLike[str]) -> tuple[MLP, dict[str, Any]]:
    """Read a network and what was said about it.

    Raises:
        ModelFileError: when the file is missing, truncated, damaged, of a newer version, or not a
            jangrad model.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            header = _header(path, file.metadata())
            numbers = file.get_tensor("parameters").astype("<f8", casting="no")
    except FileNotFoundError:
        raise ModelFileError(
            f"there is no model file `{path}`", try_="the path that `jangrad train` printed"
        ) from None
    except (SafetensorError, OSError, TypeError, MemoryError) as error:
        raise ModelFileError(
            f"`{path}` cannot be read as a model: {error}",
            why="it is truncated, damaged or no safetensors file",
            try_=_AGAIN,
        ) from None
    if hashlib.sha256(numbers.tobytes()).hexdigest() != header["sha256"]:
        raise ModelFileError(
            f"the numbers in `{path}` do not fit their checksum",
            why="the file was damaged after it was written",
            try_=_AGAIN,
        )
    return _rebuilt(path, header, numbers.tolist()), header["about"]


def _header(path: Path, metadata: dict[str, str] | None) -> dict[str, Any]:
    """The description in the header, checked for what is needed of it."""
    try:
        header = json.loads((metadata or {})["jangrad"])
        version = header["version"]
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ModelFileError(
            f"`{path}` is a safetensors file, but not one of jangrad's",
            why="its header has no readable entry `jangrad` that says how to rebuild the network",
            try_="a file that `jangrad train` or `save_model` has written",
        ) from None
    if version != _VERSION:
        raise ModelFileError(
            f"`{path}` has version {version}, but this jangrad reads version {_VERSION}",
            try_="pip install --upgrade jangrad",
        )
    return header  # type: ignore[no-any-return]


def _rebuilt(path: Path, header: dict[str, Any], numbers: list[float]) -> MLP:
    try:
        net = MLP.from_config(header["network"])
        net.load_state(dict(zip(header["names"], numbers, strict=True)))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"`{path}` describes a network that its numbers do not fit: {error}",
            why="the header was changed after it was written",
            try_=_AGAIN,
        ) from None
    return net
