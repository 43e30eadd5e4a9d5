"""The largest stable rate where the trainings of a sweep begin."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from jangrad.errors import NoCompiler, Untraceable
from jangrad.studies.sweep_copies import Copies
from jangrad.tape import read_data, write_data
from jangrad.train.compiled.fit_steps import compile_run
from jangrad.train.compiled.reuse import keep
from jangrad.train.config import Config
from jangrad.train.curvature import largest_stable_rate
from jangrad.train.optimizers import SGD
from jangrad.train.rates import sharpness

# So many starts are looked at; by Python so many scalars, of which each takes microseconds.
_SEEDS, _SCALARS = 8, 50_000
# Steps of the power iteration, at most, and of which length gradients are compared.
_STEPS, _LENGTH = 30, 1e-6


def limits(copies: Copies, copy: int) -> tuple[float, ...]:
    """Those of the first seeds, of copies that have the options of this one."""
    learning = copies.net.parameters()
    made = copies.optimizer(learning, copy)
    if not isinstance(made, SGD):
        return ()
    before = array("d", bytes(8 * len(learning)))
    read_data(learning, before)
    try:
        curvatures = _curvatures(copies, copy)
    finally:
        write_data(learning, before)
    momentum = made.options.get("momentum", 0.0)
    found = [c and largest_stable_rate(c, momentum, nesterov=made.nesterov) for c in curvatures]
    return tuple(rate for rate in found if rate)


def _curvatures(copies: Copies, copy: int) -> list[float]:
    """The sharpness at each of some starts; 0 where there is none."""
    first = copies.config()
    config = first._replace(size=len(first.rows), an_epoch=1, held_out=None, penalty=None)
    seeds = list(dict.fromkeys(copies.seeds))[:_SEEDS]
    starts = [copies.start[_place(copies, copy, seed)] for seed in seeds]
    if config.engine != "eager" and not callable(config.loss):
        try:
            native = compile_run(config, "double")
        except (Untraceable, NoCompiler):
            pass
        else:
            found = [_sharpest(lambda p: native.evaluate(p)[2], start) for start in starts]
            keep(config, native, "double")
            return found
    each = len(first.optimizer) * len(first.rows)
    return [_by_python(copies, config, start) for start in starts[: max(1, _SCALARS // each)]]


def _by_python(copies: Copies, config: Config, start: Any) -> float:
    write_data(config.optimizer.parameters, array("d", start))
    return sharpness(copies.net, copies.X, copies.y, loss=copies.options["loss"])


def _sharpest(slopes: Callable[[Any], Any], start: Any) -> float:
    """The size of the largest eigenvalue of a Hessian, to within some percent, by power iteration.

    Products with it are differences of gradients, as in LeCun, Simard and Pearlmutter, Automatic
    Learning Rate Maximization by On-Line Estimation of the Hessian's Eigenvectors (1992).

    Args:
        slopes: the gradient as a function of the parameters.
        start: where.
    """
    direction, curvature = slopes(start), 0.0
    reach = _LENGTH * max(float(np.linalg.norm(start)), 1.0)
    for _ in range(_STEPS):
        length = float(np.linalg.norm(direction))
        if not 0.0 < length < np.inf:
            return 0.0
        move = direction * (reach / length)
        direction = (slopes(start + move) - slopes(start - move)) / (2.0 * reach)
        before, curvature = curvature, float(np.linalg.norm(direction))
        if abs(curvature - before) <= 0.005 * curvature:
            break
    return curvature if np.isfinite(curvature) else 0.0


def _place(copies: Copies, copy: int, seed: Any) -> int:
    """A copy that starts from a seed, with the options of this copy."""
    for i, other in enumerate(copies.seeds):
        if other == seed and all(c[i] == c[copy] for c in copies.numbers.values()):
            return i
    raise AssertionError("each seed is gone through with all options")
