"""The outputs of a network for rows of numbers: by Python, or by machine code where that pays.

What pays is estimated from the size of the network and the number of rows, never from a clock. A
network is compiled once its predictions by other means have taken as long as compiling it will: so
nobody waits for machine code longer than for the predictions themselves.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from jangrad.derivatives import differentiating
from jangrad.engine import Value, tape, tracing
from jangrad.errors import JangradError, NonFinite, ShapeError
from jangrad.nn.batch import Batch
from jangrad.nn.beside import Beside
from jangrad.nn.rows import is_list

if TYPE_CHECKING:
    from jangrad.compiler.jit import Version
    from jangrad.compiler.program.guards import Seen

# Seconds that Python takes for a row, and for each Value that the network makes of it.
_ROW, _NODE = 10e-6, 40e-9
# Seconds that compiling takes: the first time in a process, later, and for each Value of a row.
# They lie between the prices of a new program and of one that is kept, as in `train/cost.py`.
_FIRST, _LATER, _TRACED = 0.1, 0.04, 1.3e-6
# Seconds until code is found again that was made for rows of the other sort, of arrays or of lists.
_AGAIN = 5e-3
# Seconds of a call of machine code: for one row, and for a block of them.
_CALL, _BLOCK = 10e-6, 50e-6
# From so many rows on, code for blocks of them is faster.
_MANY = 4
# Who has asked for single rows so long, as a part of the time that compiling takes, will go on.
_GOES_ON = 0.1
# Of so many rows that came to nan Python is asked first.
_ASKED = 16
# Beyond so many Values a trace takes more memory than a prediction should surprise anyone with.
_MOST_TRACED = 2_000_000

_PLAIN = {float, int}


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
        many = batch.count >= _MANY
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


# Of so many networks, the latest; their code is small.
_beside: Beside[Known] = Beside(256)


def predict(net: Any, rows: Any) -> Any:
    """`Module.predict`."""
    if type(rows) is list:
        outputs = _at_once(net, rows, of_array=False)
        if outputs is not None:
            return [outputs.tolist()]
    elif getattr(rows, "ndim", 0) == 1 and type(rows).__module__ == "numpy":
        outputs = _at_once(net, rows.tolist(), of_array=True)
        if outputs is not None:
            return outputs.reshape(1, -1)
    batch = Batch(net, rows)
    found = _outputs(net, batch)
    if not batch.as_array:
        return found if isinstance(found, list) else found.tolist()
    return _as_array(net, found)


def _at_once(net: Any, row: list[Any], *, of_array: bool) -> Any:
    """The outputs for one row of numbers, where a program for it is known."""
    known = _beside.of(net)
    if known is None or not {*map(type, row)} <= _PLAIN:
        return None
    program = known.programs.get((of_array, len(row), False))
    if program is None or tracing() is not None or differentiating():
        return None
    code = program.at_once
    if code is None or not (code.is_flat and code.is_ready()):
        return None
    if getattr(net, "n_inputs", len(row)) != len(row):
        return None
    with suppress(JangradError):  # which Python says with its place
        outputs = code.outputs(row)
        least = outputs[outputs.argmin()]  # nan where there is one
        return outputs if least == least else None
    return None


def _outputs(net: Any, batch: Batch) -> Any:
    """The outputs for each row: an array where machine code gave them, or lists."""
    if not batch.is_regular or tracing() is not None or differentiating():
        return _by_python(net, batch, [])
    known = _beside.of(net)
    if known is None:
        _beside.keep(net, known := Known())
    many = batch.count >= _MANY
    program, done = known.ready(batch, many), []
    if program is None:
        if known.nodes < 0:
            before = _now()
            done = _by_python(net, batch, [], 1)
            known.nodes = _now() - before
        program = known.ready(batch, not many)
        left = batch.count - len(done)
        if left and known.pays(batch, left, program):
            from jangrad.nn.native import compile_predictions  # it brings NumPy and LLVM

            known.spent[many] = 0.0
            program = compile_predictions(net, known, batch, many, done) or program
    if program is not None:
        from jangrad.nn.native import outputs_of

        found = outputs_of(program, batch)
        if found is not None:
            return _told_of_nan(net, batch, found)
    return _by_python(net, batch, done)


def _told_of_nan(net: Any, batch: Batch, outputs: Any) -> Any:
    """The outputs, of which Python computes those that came to nan: it may know better.

    It refuses powers outside their domain, and code of a user's may tell nan from other numbers.
    Where many come to nan and the first of them do so in Python too, the others are left.
    """
    import numpy as np

    other = False
    for n, i in enumerate(np.flatnonzero(np.isnan(outputs).any(axis=1)).tolist()):
        if n >= _ASKED and not other:
            break
        theirs = np.array(_plain(net(batch.row(i))))
        other |= not np.array_equal(np.isnan(theirs), np.isnan(outputs[i]))
        outputs[i] = theirs
    return outputs


def _now() -> int:
    """The number of Values that have been made."""
    return int(tape([Value(0.0) + 0.0])[5][-1])


def _by_python(
    net: Any, batch: Batch, done: list[list[float]], last: int | None = None
) -> list[list[float]]:
    """The outputs for all rows, or the first ones, of which some are done already."""
    outputs = list(done)
    try:
        for row in islice(batch.rows, len(done), last):
            outputs.append(_plain(net(row)))
    except NonFinite as error:
        raise (error if batch.single else error.during(f"row {len(outputs)}")) from None
    return outputs


def next_by_python(net: Any, batch: Batch, done: list[list[float]]) -> None:
    """Compute one row more."""
    done[:] = _by_python(net, batch, done, len(done) + 1)


def _plain(outputs: Any) -> list[float]:
    items = outputs if is_list(outputs) else [outputs]
    return [x.data if isinstance(x, Value) else float(x) for x in items]


def _as_array(net: Any, outputs: Any) -> Any:
    """The outputs as an array of shape (rows, outputs)."""
    import numpy as np

    if not len(outputs):
        return np.empty((0, getattr(net, "n_outputs", 0)))
    widths = [len(row) for row in outputs] if isinstance(outputs, list) else []
    for i, width in enumerate(widths):
        if width != widths[0]:
            raise ShapeError(
                f"{net!r} gives {width} outputs for `rows[{i}]`, and {widths[0]} for `rows[0]`",
                why="all rows of an array are of one length",
                try_="net.predict(rows.tolist()), for a list for each row",
            )
    return np.asarray(outputs, float)
