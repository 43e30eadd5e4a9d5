"""What is known of a network's predictions, and whether to compile them pays.

What pays is estimated from the size of the network and the number of rows, never from a clock. A
network is compiled once its predictions by other means have taken as long as compiling it will: so
nobody waits for machine code longer than for the predictions themselves.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jangrad.nn.batch import Batch

if TYPE_CHECKING:
    from jangrad.compiler.jit import Version
    from jangrad.compiler.program.guards import Seen

#: From so many rows on, code for blocks of them is faster.
MANY = 4
# Seconds that Python takes for a row, and for each Value that the network makes of it.
_ROW, _NODE = 10e-6, 40e-9
# Seconds that compiling takes: the first time in a process, later, and for each Value of a row.
# They lie between the prices of a new program and of one that is kept, as in `train/cost.py`.
_FIRST, _LATER, _TRACED = 0.1, 0.04, 1.3e-6
# Seconds until code is found again that was made for rows of the other sort, of arrays or of lists.
_AGAIN = 5e-3
# Seconds of a call of machine code: for one row, and for a block of them.
_CALL, _BLOCK = 10e-6, 50e-6
# Who has asked for single rows so long, as a part of the time that compiling takes, will go on.
_GOES_ON = 0.1
# Beyond so many Values a trace takes more memory than a prediction should surprise anyone with.
_MOST_TRACED = 2_000_000


@dataclass
class Known:
    """What is known of a network's predictions.

    Attributes:
        nodes: how many Values it makes of a row; -1 while nobody knows.
        programs: by whether rows are of arrays, their length, and whether there are many.
        spent: seconds that were spent by other means on few rows, and on many.
        refused: what a network that cannot be compiled could reach then, for either sort of rows.
    """

    nodes: int = -1
    programs: dict[tuple[bool, int, bool], Version] = field(default_factory=dict)
    spent: dict[bool, float] = field(default_factory=lambda: {False: 0.0, True: 0.0})
    refused: dict[bool, Seen] = field(default_factory=dict)

    def ready(self, batch: Batch, many: bool) -> Version | None:
        """The program for these rows and the network as it is now, where there is one."""
        program = self.programs.get((batch.of_arrays, batch.width, many))
        return program if program is not None and program.is_ready() else None

    def pays(self, batch: Batch, rows: int, other: Version | None) -> bool:
        """Whether to compile now, rather than compute so many of the rows by other means."""
        many = batch.count >= MANY
        if other is None:
            seconds = rows * (_ROW + self.nodes * _NODE)
        else:
            seconds = rows * _CALL if many else _BLOCK
        if (not batch.of_arrays, batch.width, many) in self.programs:
            limit = _AGAIN
        else:
            limit = _LATER if "llvmlite" in sys.modules else _FIRST
        limit += self.nodes * _TRACED
        if other is not None and not many:
            limit *= _GOES_ON
        self.spent[many] += seconds
        if self.spent[many] < limit or self.nodes > _MOST_TRACED:
            return False
        refused = self.refused.get(batch.of_arrays)
        return refused is None or not refused.holds()
