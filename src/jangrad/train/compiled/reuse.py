"""Machine code that `fit` has made for a network, kept for the next `fit` of the same one.

It makes the same numbers as what would be compiled anew, for it is taken only where that would be
the same program: all that a trace could read is as it was, by the guards of the compiler, and so
are the settings that decide what is compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jangrad.graph import are_same
from jangrad.nn.beside import Beside
from jangrad.record import Record
from jangrad.switches import switched_off
from jangrad.watching import is_strict

if TYPE_CHECKING:
    from jangrad.compiler.running import Number
    from jangrad.train.config import Config
    from jangrad.train.steps import Steps


class _Kept(Record):
    called: tuple[Any, ...]
    learning: tuple[Any, ...]
    options: dict[str, float]
    native: Steps


#: What has made the steps of runs that have ended.
kept: Beside[_Kept] = Beside(8)


def keep(config: Config, native: Steps | None, number: Number) -> None:
    """Keep what has made the steps of a run that has ended, if another run can use it."""
    optimizer = config.optimizer
    if native is not None and native.rest():
        made_for = _called(config), optimizer.parameters, dict(optimizer.options)
        kept.keep(config.net, _Kept(*made_for, native), _key(config, number))


def taken(config: Config, number: Number) -> Steps | None:
    """What was kept of such a run, taken out, for one run at a time can use it."""
    found = kept.take(config.net, _key(config, number))
    if found is None:
        return None
    optimizer = config.optimizer
    same = (
        are_same(found.called, _called(config))
        and are_same(found.learning, optimizer.parameters)
        and found.options == optimizer.options
    )
    return found.native if same and found.native.resume(config) else None


def _called(config: Config) -> tuple[Any, ...]:
    """What a step calls beside the network, and the layer whose gradients are watched."""
    return config.loss_of, config.penalty, config.optimizer.rule, config.bottom


def _key(config: Config, number: Number) -> tuple[Any, ...]:
    """What can be told at once."""
    shapes = map(_shape, (config.rows, config.targets, *(config.held_out or ())[:2]))
    return (
        type(config.method),
        config.row_weights is not None,
        number,
        config.size,
        config.threads,
        config.check,
        is_strict(),
        switched_off(),
        *shapes,
    )


def _shape(rows: Sequence[Any]) -> tuple[Any, int]:
    return type(rows[0]), len(rows[0]) if isinstance(rows[0], list) else 0
