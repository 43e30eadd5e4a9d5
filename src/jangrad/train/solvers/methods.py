"""The numerics of a full-batch method, for what it was asked for."""

from __future__ import annotations

from jangrad.train.full_batch import LBFGS, FullBatch
from jangrad.train.solvers.damped import Damped
from jangrad.train.solvers.lbfgs import Lbfgs
from jangrad.train.solvers.point import Method


def method_of(asked: FullBatch) -> Method:
    """The method, as it was left by the last run."""
    options = asked.options
    method: Method
    if isinstance(asked, LBFGS):
        method = Lbfgs(int(options["history_size"]), options["ftol"], options["gtol"])
    else:
        method = Damped(options["ftol"], options["xtol"], options["gtol"])
    if asked.memory:
        method.load(asked.memory)
    return method
