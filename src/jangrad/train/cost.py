"""What a run costs in either engine, estimated from the size of its graph, never from a clock: the
same run is always made by the same engine, so its numbers are the same to the last bit.

The constants come from `benchmarks/engines.py`.
"""

from __future__ import annotations

# Seconds that Python takes for a step, and for each of its nodes and parameters.
_STEP, _NODE, _PARAMETER = 50e-6, 60e-9, 1e-6
# Seconds that compiling takes: the libraries and what all programs have, and each node traced.
_COMPILE, _COMPILE_NODE = 0.3, 10e-6
# Beyond so many nodes a trace takes more memory than a run should surprise anyone with.
_MOST_TRACED = 500_000


def eager_step(nodes: int, parameters: int) -> float:
    """The seconds of a step by Python."""
    return _STEP + nodes * _NODE + parameters * _PARAMETER


def compilation(traced: int) -> float:
    """The seconds until machine code is there, next to which its steps cost nothing."""
    return _COMPILE + traced * _COMPILE_NODE


def pays(traced: int, nodes: int, parameters: int, steps: int) -> bool:
    """Whether a run is done first in machine code.

    Args:
        traced: the nodes of the graph that is compiled, of one row or of a whole batch.
        nodes: those of a whole batch.
        parameters: how many learn.
        steps: how many are to be made.

    >>> four_rows = {"traced": 116, "nodes": 341, "parameters": 41}
    >>> pays(**four_rows, steps=5), pays(**four_rows, steps=100_000)
    (False, True)
    """
    if traced > _MOST_TRACED:
        return False
    return steps * eager_step(nodes, parameters) > compilation(traced)
