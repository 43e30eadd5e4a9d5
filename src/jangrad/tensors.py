"""Files that hold arrays and a description, and nothing that is run: safetensors and JSON.

The description is an entry of the file's metadata, as JSON. Beside it lies `sha256`, the checksum
of that text and of the bytes of all arrays in the order of their names, which finds flipped bits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from jangrad.errors import JangradError
from jangrad.files import special

#: Gives the description of a file from its metadata, or raises what is wrong with it.
Header = Callable[[Mapping[str, str]], dict[str, Any]]


class UnreadableError(Exception):
    """A file that cannot be read, with the reason in words.

    Attributes:
        how: `"missing"`, `"special"` for a folder, a pipe or a device, `"text"`, `"changed"` where
            the checksum is another, or `""` for all else.
    """

    def __init__(self, reason: str, how: str = "") -> None:
        super().__init__(reason)
        self.how = how


def packed(entry: str, text: str, arrays: Mapping[str, Any]) -> bytes:
    """The bytes of a file.

    Args:
        entry: the name of the description in the metadata.
        text: the description, in JSON.
        arrays: by their names; little-endian.
    """
    from safetensors.numpy import save

    return save(dict(arrays), metadata={entry: text, "sha256": checksum(text, arrays)})


def checksum(text: str, arrays: Mapping[str, Any]) -> str:
    """The checksum of a file with this description and these arrays."""
    found = hashlib.sha256(text.encode())
    for name in sorted(arrays):
        found.update(arrays[name].tobytes())
    return found.hexdigest()


def unpacked(path: Path, entry: str, header: Header) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is in a file: its description and its arrays.

    The arrays take no more memory than the file is long: one that says otherwise is refused.

    Args:
        path: a file; a pipe, a device or a folder is neither waited for nor read.
        entry: the name of the description in the metadata.
        header: is given the metadata before any array is read.

    Raises:
        UnreadableError: when it is missing, truncated, damaged or no safetensors file.
    """
    import numpy as np
    from safetensors import SafetensorError, safe_open

    if what := special(path):
        raise UnreadableError(f"it is {what}", "special")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            found = header(metadata)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        kept = {name: np.asarray(array) for name, array in arrays.items()}
    except JangradError:
        raise
    except FileNotFoundError:
        raise UnreadableError("there is none", "missing") from None
    except (SafetensorError, OSError, TypeError, ValueError, MemoryError) as error:
        raise UnreadableError(str(error), "text" if _is_text(path) else "") from None
    if checksum(metadata[entry], kept) != metadata.get("sha256"):
        raise UnreadableError("what is in it does not fit its checksum", "changed")
    return found, kept


def _is_text(path: Path) -> bool:
    """Whether a file begins with letters, as tables do, and no model."""
    with suppress(OSError), open(path, "rb") as file:
        return min(file.read(64), default=0) >= ord("\t")
    return False
