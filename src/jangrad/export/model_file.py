"""A trained network as one safetensors file, whose header holds a JSON description.

Nothing in the file is ever run: the tensor `parameters` holds the numbers, in the order of
`net.parameters()`, and the header's entry `jangrad` says how to rebuild the network around them.
Its entry `sha256` is the checksum of both, which finds flipped bits, and a file is replaced only
when the new one is complete.

    {"version": 1, "network": {...}, "names": [...], "about": {...}}
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from itertools import pairwise
from pathlib import Path
from typing import Any

from jangrad.errors import ModelFileError
from jangrad.nn import MLP

_VERSION = 1
_PARTS = {"network": dict, "names": list, "about": dict}
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
        "about": about or {},
    }
    text = json.dumps(header)
    metadata = {"jangrad": text, "sha256": _checksum(text, numbers.tobytes())}
    _write_at_once(Path(path), save({"parameters": numbers}, metadata=metadata))


def _checksum(text: str, numbers: bytes) -> str:
    return hashlib.sha256(text.encode() + numbers).hexdigest()


def _write_at_once(path: Path, data: bytes) -> None:
    """Write beside the file and rename over it: a reader sees the old file or the whole new one."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(partial, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ModelFileError(
                f"the model cannot be written to `{path}`: {error.strerror}",
                why="nothing was changed: an older file of that name is still whole",
                try_="a folder that exists and may be written to",
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
            metadata = file.metadata() or {}
            header = _header(path, metadata)
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
    if _checksum(metadata["jangrad"], numbers.tobytes()) != metadata.get("sha256"):
        raise ModelFileError(
            f"what is in `{path}` does not fit its checksum",
            why="the file was damaged after it was written",
            try_=_AGAIN,
        )
    return _rebuilt(path, header, numbers.tolist()), header["about"]


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


def _rebuilt(path: Path, header: dict[str, Any], numbers: list[float]) -> MLP:
    try:
        # Counted first: a header that was damaged may ask for more neurons than there is memory.
        widths = [header["network"]["n_inputs"], *header["network"]["widths"]]
        count = sum((below + 1) * width for below, width in pairwise(widths))
        if count > len(numbers):
            raise ValueError(f"it has {count} weights, but the file holds {len(numbers)} numbers")
        net = MLP.from_config(header["network"])
        net.load_state(dict(zip(header["names"], numbers, strict=True)))
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"`{path}` describes a network that its numbers do not fit: {error}",
            why="the header was changed after it was written",
            try_=_AGAIN,
        ) from None
    return net
