"""The types of `tape.py`, whose source carries none so that Cython may compile it unchanged."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from jangrad.engine import Value

def tape(
    roots: Sequence[Value],
) -> tuple[
    list[Value], array[int], array[int], array[int], array[float], array[int], list[int]
]: ...
def read_data(values: Iterable[Value], to: Any, seen: float = ...) -> float: ...
def write_data(leaves: Iterable[Value], numbers: Any) -> None: ...
