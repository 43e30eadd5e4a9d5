"""The machine that loops are made for, and how they take rows."""

from __future__ import annotations

from typing import Literal

from jangrad.record import Record


class Target(Record):
    """What a scheduler and a printer must know of a processor.

    Attributes:
        number: LLVM's name of the type of numbers, "double" or "float".
        lanes: how many of them a vector register holds; 1 for loops as they are, one turn after
            the other, which other compilers are given.
        registers: how many vector registers there are.
    """

    number: Literal["double", "float"]
    lanes: int
    registers: int

    @property
    def is_plain(self) -> bool:
        """Whether loops take one turn after the other."""
        return self.lanes == 1

    @property
    def bytes_each(self) -> int:
        return 8 if self.number == "double" else 4


class Chunks(Record):
    """How the rows of a batch are taken.

    Attributes:
        rows: how many are computed at once.
        single: whether they are all, so that sums over them are complete.
        whole: whether the rows of the inputs also lie whole.
        threads: how many run it, each over rows of its own.
    """

    rows: int = 1
    single: bool = False
    whole: bool = False
    threads: int = 1
