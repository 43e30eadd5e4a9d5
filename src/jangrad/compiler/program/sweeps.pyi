"""The types of `sweeps.py`, whose source carries none so that Cython may compile it unchanged."""

from collections.abc import Callable
from typing import Any

from numpy import float64, int8, int64, uint64
from numpy.typing import NDArray

Ints = NDArray[int64]
Bytes = NDArray[int8]
Floats = NDArray[float64]
Hashes = NDArray[uint64]

compiled: bool

def flatten(
    argument: Any,
    numbers: list[float],
    shape: list[Any],
    other: Callable[[Any, list[float], list[Any]], None],
    deepest: int,
) -> None: ...
def address(array: Any) -> int: ...
def write_ids(objects: list[Any], to: Ints) -> None: ...
def resolve(
    codes: Ints,
    lefts: Ints,
    rights: Ints,
    numbers: Floats,
    role: Ints,
    alias: Ints,
    uses: Ints,
    additive: Bytes,
    shift: Bytes,
) -> None: ...
def lower(
    codes: Ints,
    lefts: Ints,
    rights: Ints,
    numbers: Floats,
    role: Ints,
    alias: Ints,
    uses: Ints,
    additive: Bytes,
    shift: Bytes,
    leaf_op: Ints,
    leaf_slot: Ints,
    opcode: Ints,
    static: Bytes,
    stack: Ints,
    node: Ints,
    op: Ints,
    value: Floats,
    slot: Ints,
    ptr: Ints,
    child: Ints,
) -> int: ...
def spread(ptr: Ints, child: Ints, marks: Bytes) -> None: ...
def reach(ptr: Ints, child: Ints, marks: Bytes) -> None: ...
def find_needed(op: Ints, ptr: Ints, child: Ints, plan: Ints, needed: Bytes) -> None: ...
def hash_nodes(
    own: Hashes,
    ptr: Ints,
    child: Ints,
    salted: Bytes,
    ragged: Bytes,
    seen: Hashes,
    hashes: Hashes,
    level: Ints,
) -> None: ...
def number_alike(hashes: Hashes, table: Ints, of: Ints, first: Ints) -> int: ...
def group_by_class(
    order: Ints, of: Ints, starts: Ints, filled: Ints, by_class: Ints, place: Ints
) -> None: ...
def wavefronts(
    order: Ints,
    ptr: Ints,
    child: Ints,
    irregular: Bytes,
    of: Ints,
    of_class: Ints,
    wavefront: Ints,
    depth: Ints,
) -> None: ...
