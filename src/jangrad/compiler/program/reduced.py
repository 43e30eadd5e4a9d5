"""A program that gives the sum of each of its outputs over the rows of a batch."""

from __future__ import annotations

import numpy as np

from jangrad.compiler.program.codes import BATCH_SCATTER_ADD, BATCH_SUM, ELEMENT, SUM
from jangrad.compiler.program.differentiate import prune
from jangrad.compiler.program.ir import Program


def summed(program: Program) -> Program:
    """The program whose outputs are summed over the rows, but for those that all rows share.

    An output that is a sum of its own gives its terms, so that a product among them is added with
    one rounding; one that is an element of a scatter-add of each row becomes one of a scatter-add
    over all.
    """
    own = np.unique(program.outputs[program.batched[program.outputs] == 1]).tolist()
    uses = np.bincount(program.child, minlength=len(program))
    ops: list[int] = []
    slots: list[int] = []
    inputs: list[list[int]] = []
    became = np.arange(len(program))
    scatters: dict[int, int] = {}  # over the rows, for those of each row

    def add(op: int, slot: int, used: list[int]) -> int:
        ops.append(op)
        slots.append(slot)
        inputs.append(used)
        return len(program) + len(ops) - 1

    for n in own:
        op, used = int(program.op[n]), program.inputs_of(n)
        terms = program.inputs_of(used[0]) if op == ELEMENT else used
        apart = bool(program.batched[terms].all())  # and none of them the same for all rows
        if op == ELEMENT and apart:
            if used[0] not in scatters:
                scatters[used[0]] = add(BATCH_SCATTER_ADD, int(program.slot[used[0]]), terms)
            became[n] = add(ELEMENT, int(program.slot[n]), [scatters[used[0]]])
        else:
            flat = op == SUM and apart and uses[n] == 0
            became[n] = add(BATCH_SUM, 0, used if flat else [n])
    counts = np.array(list(map(len, inputs)), np.int64)
    return prune(
        program._replace(
            op=np.r_[program.op, np.array(ops, np.int64)],
            value=np.r_[program.value, np.zeros(len(ops))],
            slot=np.r_[program.slot, np.array(slots, np.int64)],
            ptr=np.r_[program.ptr, program.ptr[-1] + np.cumsum(counts)],
            child=np.r_[program.child, np.array([c for used in inputs for c in used], np.int64)],
            key=np.r_[program.key, len(program) + np.arange(len(ops))],
            batched=np.r_[program.batched, np.zeros(len(ops), np.int8)],
            outputs=became[program.outputs],
        )
    )
