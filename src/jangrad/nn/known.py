"""What is known of a network's predictions, and whether to compile them pays.

What pays is estimated from the size of the network and the number of rows, never from a clock. A
network is compiled once its predictions by other means have taken as long as compiling it will: so
nobody waits for machine code longer than for the predictions themselves.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jangrad.nn.batch import Batch
from jangrad.record import Record
from jangrad.switches import switched_off

if TYPE_CHECKING:
    from jangrad.compiler.predicting import Version
    from jangrad.guards import Seen

#: Of what rows, and how, a program computes the predictions.
Sort = tuple[bool, int, bool, frozenset[str]]
#: From so many rows on, code for blocks of them is faster.
MANY = 4


class Costs(Record):
    """What is taken into account, in seconds as they were measured, but for the last two.

    Those of compiling lie between what a new program takes and one that is in a cache, as in
    `train/cost.py`.

    Attributes:
        row, node: what Python takes for a row, and for each Value that the network makes of it.
        first, later, traced: what compiling takes the first time in a process, later, and for each
            Value of a row.
        again: until code is found that was made for rows of the other sort, of arrays or of lists.
        call, block: what machine code takes for one row, and for a block of them.
        goes_on: who has asked for single rows for this part of the time that compiling takes, will
            go on.
        most_traced: beyond so many Values a trace takes more memory than a prediction should.
    """

    row: float = 10e-6
    node: float = 40e-9
    first: float = 0.1
    later: float = 0.04
    traced: float = 1.3e-6
    again: float = 5e-3
    call: float = 10e-6
    block: float = 50e-6
    goes_on: float = 0.1
    most_traced: int = 2_000_000


COSTS = Costs()


class Known:
    """What is known of a network's predictions.

    Attributes:
        nodes: how many Values it makes of a row; -1 while nobody knows.
        programs: by whether rows are of arrays, their length, whether there are many, and the
            passes of the compiler that are switched off.
        spent: seconds that were spent by other means on few rows, and on many.
        refused: what a network that cannot be compiled could reach then, for either sort of rows.
    """

    def __init__(self) -> None:
        self.nodes = -1
        self.programs: dict[Sort, Version] = {}
        self.spent = {False: 0.0, True: 0.0}
        self.refused: dict[bool, Seen] = {}

    def ready(self, batch: Batch, many: bool) -> Version | None:
        """The program for these rows and the network as it is now, where there is one."""
        program = self.programs.get((batch.of_arrays, batch.width, many, switched_off()))
        return program if program is not None and program.is_ready() else None

    def is_faster(self, batch: Batch, rows: int, other: Version | None) -> bool:
        """Whether to compile now, rather than compute so many of the rows by other means."""
        many, costs = batch.count >= MANY, COSTS
        if other is None:
            seconds = rows * (costs.row + self.nodes * costs.node)
        else:
            seconds = rows * costs.call if many else costs.block
        if (not batch.of_arrays, batch.width, many, switched_off()) in self.programs:
            limit = costs.again
        else:
            limit = costs.later if "llvmlite.binding" in sys.modules else costs.first
        limit += self.nodes * costs.traced
        if other is not None and not many:
            limit *= costs.goes_on
        self.spent[many] += seconds
        if self.spent[many] < limit or self.nodes > costs.most_traced:
            return False
        refused = self.refused.get(batch.of_arrays)
        return refused is None or not refused.holds()
