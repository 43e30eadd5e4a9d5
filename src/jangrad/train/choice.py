"""Which engine makes the steps of a run, where `fit` was asked to choose.

A step is measured while Python computes it, and goes on from there where Python makes it. So what a
network, a loss or a penalty of the user's draws or changes is drawn and changed by that step, and
nothing is called to be measured alone.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from jangrad.engine import Value, tape
from jangrad.errors import JangradError, NoCompiler
from jangrad.train.cost import pays
from jangrad.train.diagnosis import layers_of
from jangrad.train.run import Run

if TYPE_CHECKING:
    from jangrad.compiler.emit.lanes import Number
    from jangrad.train.steps import Steps

# A function that changes what it reads is measured so often; a first call may make what later use.
_TRIES = 3

_told = False  # that there is no compiler


class Choice:
    """Asked before a step: machine code for the steps to come, or None; and whether that is all.

    Args:
        run: what is trained.
        number: "double" or "float".
    """

    def __init__(self, run: Run, number: Number) -> None:
        self._run, self._number = run, number
        self._left = _TRIES

    def __call__(self) -> tuple[Steps | None, bool]:
        self._left -= 1
        if _is_ours(self._run):
            loss, rows = self._run.begin()
        else:
            from jangrad.compiler.program.guards import Draws, look  # they bring NumPy

            seen = look(self._run.roots)
            if seen.runs_out:  # a trace would take from an iterator what the steps are to have
                return None, True
            draws = Draws(seen)
            loss, rows = self._run.begin()
            if draws.moved() or not seen.holds():
                return None, not self._left
        return self._compiled() if self._pays(loss, rows) else None, True

    def _pays(self, loss: Value, rows: int) -> bool:
        """Whether machine code, of one row or of a batch of a user's loss, would be done first."""
        run = self._run
        nodes, *_ = tape([loss])
        learning = {
            *map(id, run.optimizer.parameters)
        }  # each is one node, however many rows use it
        others = sum(id(v) not in learning for v in nodes)  # a row that picks of a table uses few
        count = len(learning)
        traced = others * (run.size if callable(run.loss) else 1) // rows
        steps = run.total - len(run.losses)
        return pays(traced + count, others * run.size // rows + count, count, steps)

    def _compiled(self) -> Steps | None:
        from jangrad.train.native import compile_run  # it brings LLVM

        try:
            return compile_run(self._run, self._number)
        except NoCompiler as error:
            _tell_once(error)
        except JangradError:  # most often Untraceable; what is really wrong, Python will say again
            pass
        return None


def _is_ours(run: Run) -> bool:
    """Whether all code that a step runs is jangrad's, down to the activations of its neurons."""
    layers = layers_of(run.net)
    neurons = [n for layer in [run.net, *layers] for n in getattr(layer, "neurons", ())]
    ours = all(
        type(part).__module__.startswith("jangrad.")
        and isinstance(getattr(part, "activation", ""), str)
        for part in [run.net, *layers, *neurons]
    )
    return ours and run.penalty is None and not callable(run.loss)


def _tell_once(error: NoCompiler) -> None:
    global _told
    if not _told:
        _told = True
        warnings.warn(
            f"this training and others run in Python, which is slower\n{error}",
            RuntimeWarning,
            stacklevel=8,
        )
