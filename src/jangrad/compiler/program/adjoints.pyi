"""The types of `adjoints.py`, whose source carries none so that Cython may compile it unchanged."""

from numpy import float64, int8, int64
from numpy.typing import NDArray

Ints = NDArray[int64]
Bytes = NDArray[int8]
Floats = NDArray[float64]

def differentiate(
    op: Ints,
    value: Floats,
    slot: Ints,
    ptr: Ints,
    child: Ints,
    key: Ints,
    batched: Bytes,
    needed: Bytes,
    forced: Bytes,
    plan: Ints,
    partial_op: Ints,
    partial_uses: Ints,
    reaches_op: Ints,
    reaches_uses: Ints,
    bounded: Ints,
    root: int,
    one: int,
    last: int,
    first: Ints,
    links: Ints,
    maybe_nan: Bytes,
    adjoint: Ints,
    rows: Ints,
    gate: int,
    side: int,
    equal: int,
    exact: int,
) -> int: ...
