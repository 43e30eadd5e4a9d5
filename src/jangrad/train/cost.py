"""What a run costs in either engine, estimated from the size of its graphs, never from a clock: the
same run is always made by the same engine, so its numbers are the same to the last bit.

Nor does that depend on what is kept on disk or in this process, which other runs leave there. So
machine code has two prices, that of a new program and that of one that is on disk, and a run is
compiled if Python takes longer than their geometric mean: so it is wrong by no larger factor in one
case than in the other.

The constants are chosen from what `benchmarks/engines.py` measures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from jangrad import ops
from jangrad.record import Record

# Beyond so many nodes a trace takes more memory than a run should surprise anyone with: 400 bytes
# for each, where Python takes 80.
_MOST_TRACED = 5_000_000
_ADD = ops.CODE_OF["add", ops.BOTH]  # two Values
# Kinds are counted among so many nodes, the first: those behind the first rows or outputs.
_LOOKED_AT = 20_000

# Seconds of a step by Python, and in it of each row, each call of jangrad's neurons, each node of a
# network of jangrad's or of the user's, each node that a derivative walks over, each parameter.
_STEP, _ROW, _NEURON, _NODE, _OWN_NODE = 40e-6, 6e-6, 1e-6, 50e-9, 190e-9
_WALKED, _PARAMETER = 5e-6, 1e-6
# Of new memory for a node, which the first step takes and the others have.
_NEW_NODE = 60e-9
# Of a step in machine code and of each addition, or what costs as much (`costs.py`); where
# something is asked after it, of handing the numbers over and of each parameter.
_FAST_STEP, _FAST_ADDITION, _STOP, _STOP_PARAMETER = 3e-6, 0.3e-9, 130e-6, 150e-9


class Price(Record):
    """Seconds until there is machine code.

    Attributes:
        first, further: of the first program, with the libraries, and of each other one.
        kind, node, parameter: of each kind of nodes in a program, each node, each parameter.
    """

    first: float
    further: float
    kind: float
    node: float
    parameter: float


NEW = Price(0.09, 0.1, 14e-3, 2.3e-6, 2.5e-6)
KEPT = Price(0.045, 0.015, 0.3e-3, 0.75e-6, 2e-6)


class Work(Record):
    """What a run is made of.

    Attributes:
        steps: to be made.
        stops: after how many of them a callback, a schedule or a measurement is due.
        parameters: how many learn.
        rows: of a step.
        neurons: calls of jangrad's neurons in a step by Python.
        nodes: that it makes, but for the parameters.
        own: whether a network of the user's makes them.
        walked: the nodes that derivatives inside it walk over.
        traced: the nodes of what is compiled: of one row, or of a batch of each size.
        programs: how many are compiled.
        held_out: how many rows are measured in all, by the rows of a step.
        measures: whether machine code measures them.
        weight: what a node costs in machine code on average, in additions.
    """

    steps: int
    stops: int
    parameters: int
    rows: int
    neurons: int
    nodes: int
    own: bool
    walked: int
    traced: int
    programs: int
    held_out: float = 0.0
    measures: bool = True
    weight: float = 1.0


def by_python(work: Work) -> float:
    """The seconds that the run takes in Python."""
    step = _STEP + work.parameters * _PARAMETER + _graphs(work)
    memory = work.nodes * _NEW_NODE
    return memory + work.steps * step + work.held_out * _graphs(work)


def _graphs(work: Work) -> float:
    """The seconds of all that a step calls."""
    return (
        work.rows * _ROW
        + work.neurons * _NEURON
        + work.nodes * (_OWN_NODE if work.own else _NODE)
        + work.walked * _WALKED
    )


def in_machine_code(work: Work, kinds: int, price: Price) -> float:
    """The seconds that it takes in machine code, whose programs have nodes of so many kinds."""
    made = (
        price.first
        + (work.programs - 1) * price.further
        + kinds * work.programs * price.kind
        + work.traced * price.node
        + work.parameters * price.parameter
    )
    steps = work.steps * (_FAST_STEP + work.nodes * work.weight * _FAST_ADDITION)
    stops = work.stops * (_STOP + work.parameters * _STOP_PARAMETER)
    return made + steps + stops + (0.0 if work.measures else work.held_out * _graphs(work))


def is_faster(work: Work, kinds: Callable[[], int]) -> bool:
    """Whether a run is made in machine code.

    Args:
        work: what it is made of.
        kinds: counts the kinds of nodes; it is asked only where that may matter.

    >>> def four_rows(steps):
    ...     return Work(steps, 0, 41, 4, 36, 300, False, 0, 75, 1)
    >>> is_faster(four_rows(5), lambda: 11), is_faster(four_rows(100_000), lambda: 11)
    (False, True)
    """
    if work.traced > _MOST_TRACED:
        return False
    python = by_python(work)

    def mean(kinds: int) -> float:
        new, kept = (in_machine_code(work, kinds, price) for price in (NEW, KEPT))
        return math.sqrt(new * kept)

    return python > mean(0) and python > mean(kinds())


def kinds_of(
    codes: Sequence[int], lefts: Sequence[int], rights: Sequence[int], most: int = _LOOKED_AT
) -> int:
    """How many kinds of nodes there are: about so many loops are compiled.

    Nodes are of one kind that compute the same as high above the leaves; a sum of many is one high.

    Args:
        codes: of each node its operation, 0 for a leaf.
        lefts, rights: the places of its inputs, -1 for none.
        most: how many nodes are looked at, the first, so that it takes a moment at most.

    >>> from jangrad import Value
    >>> from jangrad.tape import tape
    >>> kinds_of(*tape([sum(Value(2.0) * Value(3.0) for _ in range(9))])[1:4])
    3
    """
    height = [0] * min(len(codes), most)
    kinds = set()
    for n in range(len(height)):
        code = codes[n]
        if not code:
            continue
        top = 0
        for c in (lefts[n], rights[n]):
            if c >= 0:
                above = height[c] + (code != _ADD or codes[c] != _ADD)
                if above > top:
                    top = above
        height[n] = top
        kinds.add((code, top))
    return len(kinds)
