"""A table that comes through a pipe: kept on disk while it is read, where it is large."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO
from tempfile import TemporaryDirectory

from jangrad.datasets.fast import LARGE
from jangrad.datasets.sheet import LARGEST, Stream
from jangrad.files import special

_PIECE = 2**20  # bytes


class _Chained:
    """Streams one after the other."""

    def __init__(self, *streams: Stream) -> None:
        self._streams = [*streams]

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""
        while self._streams:
            if found := self._streams[0].read(size):
                return found
            del self._streams[0]
        return b""


def is_pipe(file: str) -> bool:
    """Whether it can be read but once: standard input, or a pipe with a name."""
    return special(file) == "a pipe" if file != "-" else sys.stdin is not None


@contextmanager
def kept_on_disk(file: str) -> Iterator[tuple[Stream, str | None]]:
    """What a pipe gives, from its beginning; and the file that holds all of it, if it is large.

    None does where it is no text, or more than is read of a table at all, or there is no room.
    """
    with nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb") as stream:
        first = stream.read(LARGE)
        if len(first) < LARGE or b"\0" in first:
            yield _Chained(BytesIO(first), stream), None
            return
        with TemporaryDirectory(prefix="jangrad-", ignore_cleanup_errors=True) as folder:
            place = os.path.join(folder, "table.csv")
            size, piece, failed = 0, first, False
            with open(place, "w+b", buffering=0) as kept:
                try:
                    while piece and size <= LARGEST:
                        if kept.write(piece) < len(piece):
                            raise OSError
                        size += len(piece)
                        piece = stream.read(_PIECE)
                except OSError:  # there is no room: what is kept is whole up to here
                    kept.truncate(size)
                    failed = True
                kept.seek(0)
                yield _Chained(kept, BytesIO(piece), stream), None if piece or failed else place
