"""Which engine makes the steps of a run, where `fit` was asked to choose.

A step is measured while Python computes it, and goes on from there where Python makes it. So what a
network, a loss or a penalty of the user's draws or changes is drawn and changed by that step, and
nothing is called to be measured alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jangrad.costs import mean_cost
from jangrad.derivatives import walked
from jangrad.engine import Value
from jangrad.errors import JangradError, NoCompiler
from jangrad.tape import tape
from jangrad.train.config import Config
from jangrad.train.cost import Work, is_faster, kinds_of
from jangrad.train.layers import listed_layers
from jangrad.train.resolve import Network
from jangrad.train.run import Run

if TYPE_CHECKING:
    from jangrad.compiler.running import Number
    from jangrad.train.steps import Steps

# A function that changes what it reads is measured so often; a first call may make what later use.
_TRIES = 3
# A step of so many rows of a network of the user's own costs less than compiling it.
_FEW_ROWS = 256

_told = False  # that there is no compiler


class EngineChoice:
    """Asked before a step: machine code for the steps to come, or None; and whether that is all.

    Args:
        run: what is trained.
        number: "double" or "float".

    Attributes:
        left: how often it may still be asked.
        was_faster: whether machine code would have been faster at a step before.
    """

    def __init__(self, run: Run, number: Number) -> None:
        self._run, self._number = run, number
        self.left, self.was_faster = _TRIES, False

    def go_on(
        self, *, native: bool, is_over: bool, left: int, was_faster: bool
    ) -> tuple[Steps | None, EngineChoice | None]:
        """Machine code, or what is still to be asked, as a run of before was left.

        Args:
            native: whether machine code made its steps.
            is_over: whether that was the answer.
            left, was_faster: as they were, where it was not.
        """
        if is_over:
            return self._compiled() if native else None, None
        self.left, self.was_faster = left, was_faster
        return None, self

    def __call__(self) -> tuple[Steps | None, bool]:
        config = self._run.config
        if _is_ours(config):
            faster = self._is_faster()
            return self._compiled() if faster else None, self._is_over(faster)
        few = callable(config.loss) or config.size <= _FEW_ROWS
        if few and not self.was_faster:
            # A step costs little next to compiling, and to looking at all that code can reach. So
            # this one is Python's, whatever it changes, and the next is looked at, if that pays.
            self.was_faster = self._is_faster()
            return None, not self.was_faster and self._is_over(False)
        from jangrad.guards import Draws, look  # they bring NumPy

        self.left -= 1
        seen = look(config.roots)
        if seen.runs_out:  # a trace would take from an iterator what the steps are to have
            return None, True
        draws = Draws(seen)
        faster_now = self._is_faster()
        if draws.moved() or not seen.holds():
            return None, not self.left
        faster = faster_now or self.was_faster
        return self._compiled() if faster else None, self._is_over(faster)

    def _is_over(self, faster: bool) -> bool:
        """Whether the answer holds to the end; a run that may go on is looked at again."""
        return faster or self._run.knows_its_end

    def _is_faster(self) -> bool:
        """Begin the next step, and say whether machine code would be done first."""
        before = walked()
        loss, rows = self._run.begin()
        _, codes, lefts, rights, *_ = tape([loss])
        work = self._work(codes, rows, walked() - before)
        return is_faster(work, lambda: kinds_of(codes, lefts, rights))

    def _work(self, codes: Sequence[int], rows: int, walked: int) -> Work:
        """What is left to do.

        Args:
            codes: of the nodes of the step that was begun.
            rows: which it has.
            walked: over how many nodes derivatives have gone in it.
        """
        run, config = self._run, self._run.config
        penalty = [each for each in run.loss_on.penalty if isinstance(each, Value)]
        once = _computed(tape(penalty)[1]) + len(penalty)
        each = _computed(codes) - once
        steps, own = run.to_come, callable(config.loss)
        if own:
            sizes = {config.size, len(config.rows) % config.size or config.size}
            traced = sum(size * each // rows + once for size in sizes)
            programs = len(sizes)
        else:
            programs = 1 if config.held_out is None else 2
            traced = each * programs + once
        stops, held_out = 0, 0.0
        if config.callbacks:
            stops = steps // config.callback_every
        if config.held_out is not None:
            epochs = steps // config.an_epoch
            held_out = epochs * len(config.held_out[0]) / config.size
            stops = max(stops, epochs) if own else stops
        neurons = _neurons(config.net)
        return Work(
            steps=steps,
            stops=steps if run.asks_each else stops,
            parameters=len(config.optimizer),
            rows=config.size,
            neurons=config.size * (neurons or 0),
            nodes=config.size * each // rows + once,
            own=neurons is None,
            walked=config.size * walked // rows,
            traced=traced,
            programs=programs,
            held_out=held_out,
            measures=not own,
            weight=mean_cost(codes),
        )

    def _compiled(self) -> Steps | None:
        from jangrad.train.compiled.fit_steps import compile_run  # it brings LLVM

        try:
            return compile_run(self._run.config, self._number)
        except NoCompiler as error:
            _tell_once(error)
        except JangradError:  # most often Untraceable; what is really wrong, Python will say again
            pass
        return None


def _computed(codes: Sequence[int]) -> int:
    """How many nodes of a tape are no leaves: parameters are, and count but once for all rows."""
    return len(codes) - codes.count(0)


def _neurons(net: Network) -> int | None:
    """How many of jangrad's neurons it is made of; None where it is made of anything else."""
    layers = listed_layers(net) or [net]
    if not all(type(part).__module__.startswith("jangrad.") for part in [net, *layers]):
        return None
    return sum(len(getattr(layer, "neurons", (layer,))) for layer in layers)


def _is_ours(config: Config) -> bool:
    """Whether all code that a step runs is jangrad's, down to the activations of its neurons."""
    layers = listed_layers(config.net)
    neurons = [n for layer in [config.net, *layers] for n in getattr(layer, "neurons", ())]
    ours = all(
        type(part).__module__.startswith("jangrad.")
        and isinstance(getattr(part, "activation", ""), str)
        for part in [config.net, *layers, *neurons]
    )
    return ours and config.penalty is None and not callable(config.loss)


def _tell_once(error: NoCompiler) -> None:
    global _told
    if not _told:
        _told = True
        warnings.warn(
            f"this training and others run in Python, which is slower\n{error}",
            RuntimeWarning,
            stacklevel=9,
        )
