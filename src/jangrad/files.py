"""Files written all at once or not at all, and never over what is not to be replaced.

A reader sees the old file or the whole new one. Links are followed, an older file keeps its
permissions, and devices, folders and pipes are left alone. `check_place` asks for all of it before
hours of work are done whose result is to go there.
"""

from __future__ import annotations

import os
import secrets
import stat
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from jangrad.errors import ConfigError, JangradError, SaveError, either
from jangrad.record import Record

StrPath = str | os.PathLike[str]

_HEAD = 512  # bytes that tell the kind of a file
_SPECIAL = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class Kind(Record):
    """The kind of file that a new one may replace.

    Attributes:
        name: what it is called, such as "a PNG picture".
        begins: whether a file that begins with these bytes is one; an empty file always is.
    """

    name: str
    begins: Callable[[bytes], bool]


def path_of(path: object, error: type[JangradError], try_: str) -> str:
    """What is given for a path, as text.

    Raises:
        JangradError: of the class given, when it is none; with this advice.
    """
    if isinstance(path, (str, bytes, os.PathLike)):
        return os.fsdecode(path)
    raise error(f"a path is text or a `Path`, not {path!r:.60} ({type(path).__name__})", try_=try_)


def special(path: StrPath) -> str:
    """`"a folder"`, `"a device"`, `"a pipe"` or `"a socket"`; `""` for a file, or where is none.

    >>> special("."), special("no such file")
    ('a folder', '')
    """
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return ""
    return next((name for test, name in _SPECIAL if test(mode)), "")


def check_place(path: StrPath, kind: Kind | None = None) -> None:
    """That a file can be written there now; nothing is changed.

    Args:
        path: where it is to be.
        kind: what an older file there has to be, or the place is refused; None for anything.

    Raises:
        SaveError: when it cannot, or it would replace what must not be replaced.
    """
    place = _place(path, kind)
    partial = _beside(place)
    try:
        with open(partial, "xb"):
            pass
        partial.unlink()
    except OSError as error:
        raise _refused(path, _reason(error)) from None


def write_at_once(path: StrPath, data: bytes | Iterable[bytes], kind: Kind | None = None) -> None:
    """Write beside the place and rename over it.

    Args:
        path: where; if it is a link, what it leads to.
        data: the whole file, or its parts, of which one after the other is asked for.
        kind: as for `check_place`.

    Raises:
        SaveError: when it cannot be written; an older file is still whole.
    """
    place = _place(path, kind)
    partial = _beside(place)
    try:
        with open(partial, "xb") as file:
            _keep_owner_and_mode(place, partial)
            for part in [data] if isinstance(data, bytes) else data:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(place)
    except BaseException as error:
        with suppress(OSError):
            partial.unlink()
        if isinstance(error, OSError):
            raise _refused(path, _reason(error)) from error
        raise


def check_apart(out: StrPath, others: Iterable[StrPath]) -> None:
    """That what is written at --out replaces none of the files that a command reads.

    Raises:
        ConfigError: when it is one of them.
    """
    for other in others:
        if os.path.exists(other) and same_place(out, other):
            raise ConfigError(
                f"--out `{out}` and `{other}` are one file",
                where="",
                why="one would replace the other",
                try_="a file of its own for each",
            )


def same_place(first: StrPath, second: StrPath) -> bool:
    """Whether two paths are, or would become, one file: through links or the case of letters too.

    >>> same_place("model.bin", "./Model.bin")
    True
    """
    a, b = Path(os.path.realpath(first)), Path(os.path.realpath(second))
    if a == b:
        return True
    try:
        if a.exists() and b.exists():
            return a.samefile(b)
        one_folder = a.parent.samefile(b.parent)
    except OSError:
        return False
    return one_folder and _folded(a.name) == _folded(b.name)  # one file on many systems


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _place(path: StrPath, kind: Kind | None) -> Path:
    """Where the file itself will lie, once nothing is found that speaks against it."""
    text = path_of(path, SaveError, 'save("name with its ending")')
    if not text:
        raise _refused(path, "its name is empty")
    try:
        place = Path(os.path.realpath(text))
        old = os.stat(place)
    except FileNotFoundError:
        old = None
    except (OSError, ValueError) as error:
        raise _refused(path, _reason(error)) from None
    if old is None:
        if not place.parent.is_dir():
            raise _refused(path, f"it lies in no folder: there is no `{place.parent}`")
        if text.endswith(("/", os.sep)):
            raise _refused(path, "its name is that of a folder")
        return place
    if what := special(text):
        raise _refused(path, f"it is {what}")
    if not os.access(place, os.W_OK):
        raise _refused(path, "the file there may not be written to")
    if kind is not None and old.st_size:
        _check_kind(path, place, kind)
    return place


def _check_kind(path: StrPath, place: Path, kind: Kind) -> None:
    try:
        with open(place, "rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise _refused(path, f"the file there cannot be read: {error.strerror}") from None
    if not kind.begins(head):
        raise SaveError(
            f"the file `{os.fsdecode(path)}` is not {kind.name}, so it is not replaced",
            where="",
            why="what is in it would be lost",
            try_=f"another name, or {either('remove the file first', '--force')}",
        )


def _beside(place: Path) -> Path:
    """A name in the same folder that is short, for the place's own may be as long as names get."""
    return place.with_name(f".jangrad-{secrets.token_hex(4)}.part")


def _keep_owner_and_mode(place: Path, partial: Path) -> None:
    try:
        old = place.stat()
    except OSError:
        return
    if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.chown(partial, old.st_uid, old.st_gid)
    with suppress(OSError):
        partial.chmod(stat.S_IMODE(old.st_mode))


def _reason(error: OSError | ValueError) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _refused(path: StrPath, reason: str) -> SaveError:
    return SaveError(
        f"`{os.fsdecode(path)}` cannot be written to: {reason}",
        why="nothing was changed: an older file of that name is still whole",
        try_="the name of a file, in a folder that exists and may be written to",
    )
