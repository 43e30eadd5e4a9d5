"""Machine code as it is kept in memory and on disk."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from jangrad.compiler.dtype import Number
from jangrad.record import Record


class Binary(Record):
    """Machine code, and what must be known to run it.

    Attributes:
        number: "double" or "float".
        sizes: of each buffer outside how many numbers (a row) it holds.
        filled: what some of them hold from the start, at their beginning.
        outside: their names in the order of the table of pointers.
        arena: the bytes of the arena.
        chunk: how many rows are computed at once.
        made: the object file.
    """

    number: Number
    sizes: dict[str, int]
    filled: dict[str, Any]
    outside: list[str]
    arena: int
    chunk: int
    made: bytes

    def to_bytes(self) -> bytes:
        """For `from_bytes`: a line of JSON, then what buffers hold, then the object file."""
        about = {name: part for name, part in self._asdict().items() if name != "made"}
        about["filled"] = {n: [str(x.dtype), x.nbytes] for n, x in self.filled.items()}
        filled = [x.tobytes() for x in self.filled.values()]
        return b"".join([json.dumps(about).encode(), b"\n", *filled, self.made])

    @classmethod
    def from_bytes(cls, whole: bytes) -> Binary:
        line, _, rest = whole.partition(b"\n")
        about = json.loads(line)
        for name, (dtype, size) in about["filled"].items():
            about["filled"][name] = np.frombuffer(rest[:size], dtype)
            rest = rest[size:]
        return cls(**about, made=rest)
