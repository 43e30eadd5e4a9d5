"""Object files kept between processes, in a folder of jangrad's own in the user's cache folder.

An entry is named after all that it was made from: the text of the module, the processor, the
versions. It says that jangrad wrote it, and holds a digest of the code, so a damaged one is noticed
and made anew. Nothing else in the folder is ever replaced or deleted.

The code is run, so the folder is private: one that somebody else owns or may write into is not
used. It is looked at and used through one handle, for whoever owns a folder above it may put
another in its place at any time. Where there can be no such folder, nothing is kept; that is never
an error.

`JANGRAD_CACHE` in the environment says where it is to be: the folder in which jangrad shall have
its own; `0`, `off`, `no` or `false` for none; `1`, `on`, `yes`, `true` or nothing for the user's
cache folder.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

try:  # `hashlib` would load OpenSSL, which takes longer than all that is hashed
    from _blake2 import blake2b as blake2b
except ImportError:
    from hashlib import blake2b as blake2b

#: The folder, in the one that is named; and how its entries end.
FOLDER, ENDING = "jangrad-code", ".jangrad"
#: The entries may take so many bytes; beyond it those that were used the longest ago go.
LIMIT = 64 << 20
#: How an entry begins.
HEAD = b"machine code that jangrad made and will make again\n"
_DIGEST = 32

_OFF, _ON = ("0", "off", "no", "false"), ("", "1", "on", "yes", "true")
_BY_HANDLE = {os.open, os.unlink, os.rename, os.stat, os.utime} <= os.supports_dir_fd
# Windows has neither these nor handles of folders; there the user's cache folder is private.
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # nor wait for a pipe
_BINARY = getattr(os, "O_BINARY", 0)


def cached(made_from: list[str], make: Callable[[], bytes]) -> bytes:
    """What `make` gives, from the cache if it was made before.

    Args:
        made_from: texts that tell all that the result depends on.
        make: makes it.
    """
    folder = opened()
    if folder is None:
        return make()
    with folder:
        name = _digest("\0".join(made_from).encode()).hex() + ENDING
        found = folder.read(name)
        if found is None:
            found = make()
            folder.write(name, found)
        return found


def opened() -> Folder | None:
    """The folder of the cache, made if need be; None where there is to be none."""
    try:
        base = _base()
        if base is None or not _may_make_in(base):
            return None
        os.makedirs(base, 0o700, exist_ok=True)
        path = os.path.join(base, FOLDER)
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)
        return Folder(path)
    except (OSError, ValueError):
        return None


def _base() -> str | None:
    """The folder that is named; None where there is none, or no cache is wanted."""
    chosen = os.environ.get("JANGRAD_CACHE", "").strip()
    if chosen.lower() in _OFF:
        return None
    if chosen.lower() not in _ON:
        return os.path.abspath(os.path.expanduser(chosen))  # as from a file, without a shell
    if sys.platform == "win32":
        base, else_ = os.environ.get("LOCALAPPDATA", ""), "~/AppData/Local"
    elif sys.platform == "darwin":
        base, else_ = "", "~/Library/Caches"
    else:
        base, else_ = os.environ.get("XDG_CACHE_HOME", ""), "~/.cache"
    if not os.path.isabs(base):
        base = os.path.expanduser(else_)
    return base if os.path.isabs(base) else None  # `~` stays where there is no home


def _may_make_in(base: str) -> bool:
    """Whether the folder is ours or the system's: root leaves nothing in another's home."""
    while not os.path.lexists(base):
        base = os.path.dirname(base)
    return not hasattr(os, "getuid") or os.stat(base).st_uid in (0, os.geteuid())


def _private(about: os.stat_result) -> bool:
    """Whether nobody else can have written it."""
    if not hasattr(os, "getuid"):
        return True
    return about.st_uid == os.geteuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _digest(whole: bytes, name: str = "") -> bytes:
    """Of an entry with its name: one under the name of another is damaged."""
    return blake2b(name.encode() + whole, digest_size=_DIGEST).digest()


class Folder:
    """A folder, held open: what a name in it means does not change with what is above it.

    Args:
        path: where it is.

    Raises:
        OSError: when it is no folder, or not private.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle: int | None = None
        if _BY_HANDLE:
            self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
        about = os.lstat(path) if self._handle is None else os.fstat(self._handle)
        if not stat.S_ISDIR(about.st_mode) or not _private(about):
            self.__exit__()
            raise PermissionError(f"`{path}` is not private")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._handle is not None:
            os.close(self._handle)

    def read(self, name: str) -> bytes | None:
        """What an entry holds; None when there is no such entry, or it is damaged."""
        with suppress(OSError):
            whole = self._read(name, LIMIT)
            found = whole[_DIGEST:]
            if _digest(found, name) == whole[:_DIGEST]:
                with suppress(OSError):  # used just now
                    os.utime(self._at(name), dir_fd=self._handle)
                return found
        return None

    def write(self, name: str, made: bytes) -> None:
        """Write an entry whole or not at all, whoever else is writing it, if there is room."""
        whole = HEAD + _digest(made, name) + made
        if len(whole) > LIMIT or not self._is_free(name):
            return
        with suppress(OSError):
            new = os.urandom(8).hex() + ENDING
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
            handle = os.open(self._at(new), flags, 0o600, dir_fd=self._handle)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(whole)
                at = {"src_dir_fd": self._handle, "dst_dir_fd": self._handle}
                os.replace(self._at(new), self._at(name), **at)
            except BaseException:
                self._delete(new)
                raise
            self._make_room()

    def _at(self, name: str) -> str:
        return os.path.join(self._path, name) if self._handle is None else name

    def _read(self, name: str, most: int) -> bytes:
        """So many bytes of an entry behind its head.

        Raises:
            OSError: when there is no such file, or none that jangrad wrote.
        """
        handle = os.open(self._at(name), os.O_RDONLY | _NO_LINK | _BINARY, dir_fd=self._handle)
        try:
            about = os.fstat(handle)
            if stat.S_ISREG(about.st_mode) and _private(about):
                with os.fdopen(handle, "rb", closefd=False) as file:
                    if HEAD.startswith(file.read(len(HEAD))):  # one that was cut short is ours too
                        return file.read(most)
        finally:
            os.close(handle)
        raise PermissionError(f"`{name}` was not written by jangrad")

    def _is_free(self, name: str) -> bool:
        try:
            self._read(name, 0)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def _delete(self, name: str) -> None:
        with suppress(OSError):
            os.unlink(self._at(name), dir_fd=self._handle)

    def _make_room(self) -> None:
        """Let the entries go that were used the longest ago, when there are too many.

        A quarter is let go at once, so that it is not done for each new entry.
        """
        now, entries = time.time(), []
        for name in os.listdir(self._path if self._handle is None else self._handle):
            if name.endswith(ENDING):
                with suppress(OSError):
                    about = os.lstat(self._at(name), dir_fd=self._handle)
                    # A time to come is that of a clock that was wrong, and tells nothing.
                    used = about.st_mtime if about.st_mtime < now + 60 else 0.0
                    entries.append((used, about.st_size, name))
        if sum(size for _, size, _ in entries) <= LIMIT:
            return
        entries = [entry for entry in entries if self._is_free(entry[2])]
        total = sum(size for _, size, _ in entries)
        for _, size, name in sorted(entries):
            if total <= LIMIT * 3 // 4:
                break
            self._delete(name)
            total -= size
