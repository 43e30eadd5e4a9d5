"""The largest stable rate where the trainings of a sweep begin."""

from __future__ import annotations

from array import array
from typing import Any

from jangrad.studies.sweep_copies import Copies
from jangrad.tape import read_data, write_data
from jangrad.train.curvature import largest_stable_rate
from jangrad.train.optimizers import SGD
from jangrad.train.rates import sharpness

# So many starts are looked at, and so many scalars: Python takes some microseconds for each.
_SEEDS = 5
_SCALARS = 200_000


def limits(copies: Copies, copy: int) -> tuple[float, ...]:
    """Those of the first seeds, of copies that have the options of this one."""
    learning = copies.net.parameters()
    made = copies.optimizer(learning, copy)
    if not isinstance(made, SGD):
        return ()
    config = copies.config()
    seeds = list(dict.fromkeys(copies.seeds))
    each = len(learning) * len(config.rows)
    some = seeds[: max(1, min(_SEEDS, _SCALARS // each))]
    before = array("d", bytes(8 * len(learning)))
    read_data(learning, before)
    found: list[float] = []
    try:
        for seed in some:
            write_data(learning, array("d", _start(copies, copy, seed)))
            sharp = sharpness(copies.net, copies.X, copies.y, loss=copies.options["loss"])
            if sharp:
                momentum = made.options.get("momentum", 0.0)
                found.append(largest_stable_rate(sharp, momentum, nesterov=made.nesterov))
    finally:
        write_data(learning, before)
    return tuple(found)


def _start(copies: Copies, copy: int, seed: Any) -> Any:
    """The weights from which a seed starts, with the options of a copy."""
    same = [
        i
        for i, other in enumerate(copies.seeds)
        if other == seed and all(column[i] == column[copy] for column in copies.numbers.values())
    ]
    return copies.start[same[0]]
