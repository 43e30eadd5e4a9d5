"""A network's predictions in machine code.

Machine code computes and does nothing else. A network that draws, counts, prints or writes anything
down stays in Python, where each row does it; so does one that cannot be looked at to the end.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from jangrad.compiler.predicting import Code, OfDerivative, Version
from jangrad.errors import JangradError, NoCompiler, NonFinite, Untraceable, is_users
from jangrad.guards import Draws, Seen, look, undone_on_errors, weakly
from jangrad.nn.batch import Batch, next_by_python
from jangrad.nn.known import Known
from jangrad.switches import switched_off

# So many numbers of rows are computed at once, but no fewer rows than this.
_BLOCK, _LEAST = 1 << 17, 2048
# A network that writes something down is given so many rows; a first one may make what others use.
_TRIES = 3
# Machine code that differs so much from Python, of 1 or of the number, computes something else.
_CLOSE = 1e-6

_without_compiler = False


def compile_predictions(
    net: Any, known: Known, batch: Batch, many: bool, done: list[list[float]]
) -> Version | None:
    """The network in machine code; None where it has to stay in Python, which is remembered.

    Args:
        net: what predicts.
        known: what is known of it.
        batch: the rows.
        many: whether the code is for many rows, or for one at a time.
        done: the outputs for the first rows; those that are computed here are added.
    """
    global _without_compiler
    if _without_compiler:
        return None
    key = batch.of_arrays, batch.width, many, switched_off()
    before = known.programs.pop(key, None)
    if known.ready(batch, not many) is None and not _only_computes(net, batch, done):
        known.refused[batch.of_arrays] = _reached(net)
        return None
    try:
        with undone_on_errors([(net, type(net).__name__)]):
            row = batch.first
            program = before or Version(weakly(net), [row], None, many, "double", False)
            program.use(_check_flat)
            _check_alike(program, batch, done)
    except NoCompiler as error:
        _without_compiler = True
        _tell(error)
        return None
    except OfDerivative:  # that another thread takes, and will be done with
        return None
    except Exception:  # most often Untraceable; what is really wrong, Python will say
        known.refused[batch.of_arrays] = _reached(net)
        return None
    known.refused.pop(batch.of_arrays, None)
    known.programs[key] = program
    return program


def _reached(net: Any) -> Seen:
    """What the network can reach now, without holding on to it."""
    seen = look([(weakly(net), type(net).__name__)])
    seen.settle()
    return seen


def _only_computes(net: Any, batch: Batch, done: list[list[float]]) -> bool:
    """Whether a row leaves everything as it was; computes one, or a few."""
    roots = [(net, type(net).__name__)]
    for _ in range(min(_TRIES, batch.count - len(done))):
        seen, whole = look(roots), look(roots, whole=True)
        if seen.unseen or seen.runs_out or seen.prints:
            return False
        draws = Draws(seen)
        next_by_python(net, batch, done)
        if not draws.moved() and seen.holds() and whole.holds():
            return True
    return False


def _check_flat(code: Code) -> None:
    if not code.is_flat:
        raise Untraceable("the network gives no number and no list of numbers")


def outputs_of(program: Version, batch: Batch) -> Any:
    """The outputs for all rows, an array of shape (rows, outputs).

    Returns:
        None where there is an error that Python says in its own words.

    Raises:
        NonFinite: in `strict()`, with the row and the line that computes it.
    """
    try:
        if program.per_row:
            return _many(program, batch.array)
        return _each(program, batch, batch.count)
    except NonFinite:
        if batch.single:  # which has no number
            return None
        raise
    except JangradError:
        return None


def _check_alike(program: Version, batch: Batch, done: list[list[float]]) -> None:
    """That the program gives what Python gave for the rows that are done.

    A network may find out whether it is traced, and compute something else then.
    """
    if not done:
        return
    count, theirs = len(done), np.array(done)
    many = program.per_row
    ours = _many(program, batch.array[:count]) if many else _each(program, batch, count)
    with np.errstate(all="ignore"):
        close = np.abs(ours - theirs) <= _CLOSE * np.maximum(1.0, np.abs(theirs))
        same = close | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if ours.shape != theirs.shape or not same.all():
        raise Untraceable("the network computes something else of Values than of numbers")


def _each(program: Version, batch: Batch, count: int) -> Any:
    """One row after the other, so many of them."""
    found: list[Any] = []
    try:
        for row in islice(batch.lists, count):
            found.append(program.use(partial(_outputs, row)))
    except NonFinite as error:
        raise error.during(f"row {len(found)}") from None
    return np.array(found)


def _many(program: Version, rows: Any) -> Any:
    """In blocks of rows, so that the memory between is small."""
    size = max(_BLOCK // rows.shape[1], _LEAST)
    outputs: Any = None
    for first in range(0, len(rows), size):
        with np.errstate(over="ignore"):  # of numbers that no double can hold
            block = np.ascontiguousarray(rows[first : first + size], float)
        found = program.use(partial(_outputs_of_rows, block, first))
        if outputs is None:
            outputs = np.empty((len(rows), len(found)))
        outputs[first : first + len(block)] = found.T
    return outputs


def _outputs(row: list[float], code: Code) -> Any:
    _check_flat(code)
    return code.outputs(row)


def _outputs_of_rows(rows: Any, first: int, code: Code) -> Any:
    _check_flat(code)
    return code.outputs_of_rows(rows, first)


def _tell(error: NoCompiler) -> None:
    """Warn, at the line of the user's that asked for predictions."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and not is_users(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    warnings.warn(
        f"these predictions and others are computed in Python, which is slower\n{error}",
        RuntimeWarning,
        stacklevel=level,
    )
