"""A program that gives the sum of each of its outputs over the rows of a batch."""

from __future__ import annotations

import numpy as np

from jangrad.compiler.program.codes import BATCH_SCATTER_ADD, BATCH_SUM, ELEMENT, SUM
from jangrad.compiler.program.differentiate import prune
from jangrad.compiler.program.grow import Grower
from jangrad.compiler.program.ir import Ints, Program


def summed(program: Program) -> Program:
    """The program whose outputs are summed over the rows, but for those that all rows share.

    An output that is a sum of its own gives its terms, so that a product among them is added with
    one rounding; one that is an element of a scatter-add of each row becomes one of a scatter-add
    over all.
    """
    own = np.unique(program.outputs[program.batched[program.outputs] == 1]).tolist()
    if not own:
        return prune(program)
    uses = np.bincount(program.child, minlength=len(program))
    grower = Grower(program)
    became = np.arange(len(program))
    scatters: dict[int, Ints] = {}  # over the rows, for those of each row
    for n in own:
        op, used = int(program.op[n]), program.inputs_of(n)
        terms = program.inputs_of(used[0]) if op == ELEMENT else used
        apart = bool(program.batched[terms].all())  # and none of them the same for all rows
        if op == ELEMENT and apart:
            (of,) = used
            if of not in scatters:
                places = program.slot[[of]]
                scatters[of] = grower.wide_sum(np.array(terms), BATCH_SCATTER_ADD, places)
            became[n] = grower.nodes(ELEMENT, scatters[of], slots=program.slot[[n]])[0]
        else:
            flat = op == SUM and apart and uses[n] == 0
            became[n] = grower.wide_sum(np.array(used if flat else [n]), BATCH_SUM)[0]
    return prune(grower.finish(became[program.outputs]))
