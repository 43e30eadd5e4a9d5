"""The copies of a sweep, shared out over what trains them."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import numpy as np

from jangrad.errors import ConfigError, NoCompiler, NoGradient, Untraceable
from jangrad.studies import in_lanes, one_by_one
from jangrad.studies.axes import Grid
from jangrad.studies.sweep_copies import FINISHED, INTERRUPTED, Copies, Outcome, kept_steps
from jangrad.tape import read_data, write_data
from jangrad.train.config import Config

#: Is told how many more trainings are done, and a loss.
Tell = Callable[[float, float], None]

_SIDE_BY_SIDE = "machine code, copies side by side"


def shared_out(grid: Grid, threads: int, backend: str, tell: Tell) -> tuple[Outcome, str]:
    """Train all copies of a grid.

    Returns:
        What came of them, in the flat order of the grid, and what made the steps, in words.
    """
    if grid.groups[0][0].at is None:
        at = kept_steps(max(copies.config().total for copies, _ in grid.groups))
        grid = grid._replace(groups=[(c._replace(at=at), places) for c, places in grid.groups])
    else:
        last, total = int(grid.groups[0][0].at[-1]), max(c.config().total for c, _ in grid.groups)
        if last >= total:
            raise ConfigError(
                f"`at` has step {last}, and there are {total}",
                why="the first is step 0",
                try_=f"at=[..., {total - 1}]",
            )
    found: list[tuple[Any, Outcome]] = []
    if backend == "joblib":
        found = _by_joblib(grid)
    else:
        for (copies, places), dtype in zip(grid.groups, grid.dtypes, strict=True):
            outcome = trained(copies, dtype, threads, tell)
            found.append((places, outcome))
            if INTERRUPTED in outcome.ended:
                break
    how = "; ".join(dict.fromkeys(outcome.how for _, outcome in found))
    count = int(np.prod(grid.shape))
    if np.array_equal(found[0][0], np.arange(count)):  # one group, which lies as the grid does
        return found[0][1], how
    first = grid.groups[0][0]
    whole = Outcome.blank(count, first.at, first.start.shape[1] if first.keep else 0)
    for places, outcome in found:
        whole.put(places, outcome)
    return whole, how


def trained(copies: Copies, dtype: str, threads: int, tell: Tell) -> Outcome:
    """Train some copies in this process; the network is left as it was."""
    learning = copies.net.parameters()
    before = array("d", bytes(8 * len(learning)))
    read_data(learning, before)
    gradients = [p.grad for p in learning]
    try:
        config = copies.config()
        if in_lanes.suits(copies, config):
            with suppress(Untraceable, NoCompiler, NoGradient):
                return _in_lanes(copies, config, dtype, threads, tell)
        return one_by_one.train(copies, config, dtype, tell)
    finally:
        write_data(learning, before)
        for parameter, gradient in zip(learning, gradients, strict=True):
            parameter.grad = gradient


def _in_lanes(copies: Copies, config: Config, dtype: str, threads: int, tell: Tell) -> Outcome:
    outcome, doubtful = in_lanes.train(copies, config, dtype, threads, tell)
    outcome = outcome._replace(how=_SIDE_BY_SIDE)
    weights = outcome.weights
    whole = np.isin(outcome.ended, (FINISHED, INTERRUPTED))
    whole[doubtful] = False
    weights[~whole] = np.nan
    if config.held_out:
        measure = one_by_one.Measure(config)
        for copy in np.flatnonzero(whole & (outcome.ended == FINISHED)):
            for name, figure in measure(weights[copy]).items():
                outcome.figure(name)[copy] = figure
    if not copies.keep:
        outcome = outcome._replace(weights=None)
    if len(doubtful):
        some = copies.some(doubtful)
        again = one_by_one.train(some, some.config(), dtype, lambda more, loss: None)
        outcome.put(doubtful, again)
    return outcome


def _by_joblib(grid: Grid) -> list[tuple[Any, Outcome]]:
    try:
        import joblib
    except ImportError as error:
        raise ConfigError(
            '`backend="joblib"` needs joblib', try_='pip install joblib; or backend="threads"'
        ) from error
    workers = joblib.parallel.get_active_backend()[1]
    pool = joblib.Parallel(n_jobs=-1 if workers in (None, 1) else workers)
    jobs = []
    for (copies, places), dtype in zip(grid.groups, grid.dtypes, strict=True):
        parts = min(joblib.effective_n_jobs(pool.n_jobs), len(copies))
        for part in np.array_split(np.arange(len(copies)), parts):
            jobs.append((places[part], copies.some(part), dtype))
    outcomes = pool(joblib.delayed(_alone)(copies, dtype) for _, copies, dtype in jobs)
    return [(job[0], outcome) for job, outcome in zip(jobs, outcomes, strict=True)]


def _alone(copies: Copies, dtype: str) -> Outcome:
    """Train some copies where a job is done, perhaps beside others in one process."""
    own = copies._replace(net=deepcopy(copies.net))
    return trained(own, dtype, 1, lambda more, loss: None)
