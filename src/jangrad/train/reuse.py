"""Machine code that `fit` has made for a network, kept for the next `fit` of the same one.

It makes the same numbers as what would be compiled anew, for it is taken only where that would be
the same program: all that a trace could read is as it was, by the guards of the compiler, and so
are the settings that decide what is compiled. A network that dies takes its code with it.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Sequence
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.engine import is_strict

if TYPE_CHECKING:
    from jangrad.compiler.emit.lanes import Number
    from jangrad.train.run import Run
    from jangrad.train.steps import Steps

# Runs of so many kinds, the latest.
_MOST = 8


class _Kept(NamedTuple):
    net: Any  # a weak reference
    called: tuple[Any, ...]
    learning: tuple[Any, ...]
    options: dict[str, float]
    native: Steps


_kept: OrderedDict[Any, _Kept] = OrderedDict()


def keep(run: Run, number: Number) -> None:
    """Keep what has made the steps of a run that has ended, if another run can use it."""
    native, key = run.native, _key(run, number)
    if native is None or not native.rest():
        return
    try:
        net = weakref.ref(run.net, lambda _: _kept.pop(key, None))
    except TypeError:  # an object of a class that does not allow it
        return
    optimizer = run.optimizer
    made_for = _called(run), optimizer.parameters, dict(optimizer.options)
    _kept[key] = _Kept(net, *made_for, native)
    _kept.move_to_end(key)
    while len(_kept) > _MOST:
        _kept.popitem(last=False)


def taken(run: Run, number: Number) -> Steps | None:
    """What was kept of such a run, taken out, for one run at a time can use it."""
    kept = _kept.pop(_key(run, number), None)
    if kept is None:
        return None
    optimizer = run.optimizer
    same = (
        kept.net() is run.net
        and all(map(is_, kept.called, _called(run)))
        and len(kept.learning) == len(optimizer.parameters)
        and all(map(is_, kept.learning, optimizer.parameters))
        and kept.options == optimizer.options
    )
    return kept.native if same and kept.native.resume(run) else None


def _called(run: Run) -> tuple[Any, ...]:
    """What a step calls beside the network, and the layer whose gradients are watched."""
    return run.loss_of, run.penalty, run.optimizer.rule, run.bottom


def _key(run: Run, number: Number) -> tuple[Any, ...]:
    """What can be told at once; `id` may be that of another network, which died."""
    shapes = map(_shape, (run.rows, run.targets, *(run.held_out or ())))
    return id(run.net), number, run.size, run.threads, run.check, is_strict(), *shapes


def _shape(rows: Sequence[Any]) -> tuple[Any, int]:
    return type(rows[0]), len(rows[0]) if isinstance(rows[0], list) else 0
