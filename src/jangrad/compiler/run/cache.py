"""Object files kept between processes, in the user's cache folder.

An entry is named after all that it was made from: the text of the module, the processor, the
versions. It begins with a digest of the code, so a damaged one is noticed and made anew. The folder
is private: where somebody else owns it, or others may write into it, nothing is read or kept.

`JANGRAD_CACHE=0` in the environment turns it off; any other value is the folder to use.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

try:  # `hashlib` would load OpenSSL, which takes longer than all that is hashed
    from _blake2 import blake2b as blake2b
except ImportError:
    from hashlib import blake2b as blake2b

#: The entries may take so many bytes; beyond it those that were used the longest ago go.
LIMIT = 64 << 20
_DIGEST = 32


def cached(made_from: list[str], make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from the cache if it was made before.

    Args:
        made_from: texts that tell all that the result depends on.
        make: makes it.
    """
    place = folder()
    if place is None:
        return make()
    name = _digest("\0".join(made_from).encode()).hex()
    entry = place / name
    found = _read(entry)
    if found is None:
        found = make()
        _write(entry, found)
    return found


def folder() -> Path | None:
    """The folder of the cache, made if need be; None where there is to be none."""
    chosen = os.environ.get("JANGRAD_CACHE", "")
    if chosen == "0":
        return None
    place = Path(chosen) if chosen else _usual_place()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        about = place.stat()
    except OSError:
        return None
    if hasattr(os, "getuid"):
        others = stat.S_IWGRP | stat.S_IWOTH
        if about.st_uid != os.getuid() or about.st_mode & others:
            return None
    return place


def _usual_place() -> Path:
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "jangrad"


def _digest(whole: bytes) -> bytes:
    return blake2b(whole, digest_size=_DIGEST).digest()


def _read(entry: Path) -> bytes | None:
    try:
        whole = entry.read_bytes()
    except OSError:
        return None
    digest, found = whole[:_DIGEST], whole[_DIGEST:]
    if _digest(found) != digest:
        return None  # damaged, or cut short; it is written anew
    with suppress(OSError):
        os.utime(entry)  # used just now
    return found


def _write(entry: Path, made: bytes) -> None:
    """Write the entry whole or not at all, whoever else is writing it."""
    with suppress(OSError):
        handle, name = tempfile.mkstemp(dir=entry.parent, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(made) + made)
            os.replace(name, entry)
        except OSError:
            os.unlink(name)
            raise
        _make_room(entry.parent)


def _make_room(place: Path) -> None:
    entries = []
    for entry in place.iterdir():
        with suppress(OSError):
            about = entry.stat()
            entries.append((about.st_mtime, about.st_size, entry))
    total = sum(size for _, size, _ in entries)
    for _, size, entry in sorted(entries):
        if total <= LIMIT:
            break
        with suppress(OSError):
            entry.unlink()
        total -= size
