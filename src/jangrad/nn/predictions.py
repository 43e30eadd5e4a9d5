"""The outputs of a network for rows of numbers: by Python, or by machine code where that pays."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from jangrad.derivatives import differentiating
from jangrad.engine import Value
from jangrad.errors import JangradError, ShapeError
from jangrad.nn.batch import Batch, by_python, plain
from jangrad.nn.beside import Beside
from jangrad.nn.known import MANY, Known
from jangrad.switches import switched_off
from jangrad.tape import tape
from jangrad.watching import tracing

# Of so many rows that came to nan Python is asked first.
_ASKED = 16
_PLAIN = {float, int}


# Of so many networks, the latest; their code is small.
_beside: Beside[Known] = Beside(256)


def predict(net: Any, rows: Any) -> Any:
    """`Module.predict`."""
    if type(rows) is list:
        outputs = _at_once(net, rows, of_array=False)
        if outputs is not None:
            return [outputs.tolist()]
    elif (
        getattr(rows, "ndim", 0) == 1
        and type(rows).__module__ == "numpy"
        and rows.dtype.kind in ("f", "i", "u")
    ):
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
    program = known.programs.get((of_array, len(row), False, switched_off()))
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
        return by_python(net, batch, [])
    known = _beside.of(net)
    if known is None:
        _beside.keep(net, known := Known())
    many = batch.count >= MANY
    program, done = known.ready(batch, many), []
    if program is None:
        if known.nodes < 0:
            before = _now()
            done = by_python(net, batch, [], 1)
            known.nodes = _now() - before
        program = known.ready(batch, not many)
        left = batch.count - len(done)
        if left and known.is_faster(batch, left, program):
            from jangrad.nn.machine_code import compile_predictions  # it brings NumPy and LLVM

            known.spent[many] = 0.0
            program = compile_predictions(net, known, batch, many, done) or program
    if program is not None:
        from jangrad.nn.machine_code import outputs_of

        found = outputs_of(program, batch)
        if found is not None:
            return _told_of_nan(net, batch, found)
    return by_python(net, batch, done)


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
        theirs = np.array(plain(net(batch.row(i))))
        other |= not np.array_equal(np.isnan(theirs), np.isnan(outputs[i]))
        outputs[i] = theirs
    return outputs


def _now() -> int:
    """The number of Values that have been made."""
    return int(tape([Value(0.0) + 0.0])[5][-1])


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
