"""`sweep`: a network trained at every rate from every seed, all of them in machine code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np

from jangrad.errors import ConfigError, did_you_mean
from jangrad.studies.axes import grid_of, kept
from jangrad.studies.shares import shared_out
from jangrad.studies.sweep_copies import INTERRUPTED, NOT_BEGUN
from jangrad.studies.sweep_result import Sweep, sweep_of
from jangrad.train.progress import Bar, wanted
from jangrad.train.resolve import Network
from jangrad.train.settings import count

_BACKENDS = ("threads", "joblib")


def sweep(
    net: Network | Callable[[int], Network],
    X: Any,
    y: Any,
    *,
    rates: Iterable[float] | float | None = None,
    seeds: Iterable[int] | int | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    at: Iterable[int] | None = None,
    weights: bool = False,
    threads: int = 1,
    backend: str = "threads",
    progress: bool | None = None,
    **options: Any,
) -> Sweep:
    """Train a network with every rate from every seed, and return what came of each training.

    Small networks are trained side by side, a copy in each lane of the vector registers, all of
    whose steps are made without leaving machine code; others one after the other, by code that is
    compiled once; what cannot be compiled is trained by Python. Either way each copy gets the
    numbers that `fit` gives with the same settings, up to rounding, and ends where `fit` would call
    it off. The network itself is left as it was.

    Args:
        net: an MLP, whose weights are drawn anew from each seed; or a function from a seed to a
            network. Where no seeds are given, any network, which starts as it is.
        X, y: as for `fit`.
        rates: learning rates, > 0; the optimiser's own default when left out.
        seeds: integers, or how many: each is the seed of `MLP(..., seed=seed)` and of the order of
            the rows, `fit(..., seed=seed)`.
        steps, epochs: as for `fit`.
        at: the steps whose losses are kept, from 0; a hundred of them, evenly, when left out.
        weights: whether the weights that each training ends with are kept.
        threads: how many threads share out the copies.
        backend: `"threads"` of this process; or `"joblib"`, which hands the copies to joblib, and
            so to other processes, or to a cluster of Dask or Ray
            (`with joblib.parallel_config(backend="dask"): ...`).
        progress: a bar on stderr, as for `fit`.
        options: all else that `fit` takes (but for callbacks and what keeps runs in folders), the
            options of an optimiser that is named (`momentum`, `beta1`, `beta2`, `alpha`,
            `epsilon`, `weight_decay`, `nesterov`), and `scale`, by which the initial weights are
            multiplied. A `penalty` may be a number, the strength of `jangrad.nn.l2_penalty`.
            `loss`, `optimizer`, `batch_size`, `shuffle`, `schedule`, `penalty`, `dtype`, `scale`
            and the optimiser's may be lists, of which every combination is trained.

    Returns:
        The Sweep: losses by rate and seed, what diverged and when, `str()` for the verdict,
        `plot()` for the pictures. After Ctrl-C it holds what was done.

    Raises:
        ConfigError: when an option does not exist or is out of its range, or nobody knows how the
            network is drawn from a seed.
        ShapeError, DataError, Untraceable, NoCompiler: as for `fit`.

    >>> from jangrad import MLP
    >>> from jangrad.datasets import four_rows
    >>> found = sweep(MLP(3, [4, 4, 1], "tanh"), *four_rows(), rates=[0.001, 0.05, 3.0], seeds=4,
    ...               steps=200, optimizer="sgd")
    >>> found.loss.shape, found.best["rate"]
    ((3, 4), 0.05)
    """
    if backend not in _BACKENDS:
        raise ConfigError(
            f"there is no backend {backend!r:.60}", try_=did_you_mean(str(backend), _BACKENDS)
        )
    threads = count("threads", threads)
    wanted_at = kept(at)
    inner = None if wanted_at is None else np.union1d([0], wanted_at)  # for the verdict
    given = {**options, "steps": steps, "epochs": epochs}
    grid = grid_of(net, X, y, rates, seeds, inner, given, keep=weights)
    copies = int(np.prod(grid.shape))
    with Bar(copies, wanted(progress)) as bar:
        done = 0.0
        losses: list[float] = []  # a copy that is done stands for a step

        def tell(more: float, loss: float) -> None:
            nonlocal done
            done += more
            losses.extend([loss] * (round(done) - len(losses)))
            bar.show(losses, (), native=False, last=len(losses) == copies)

        outcome, how = shared_out(grid, threads, backend, tell)
    if len({id(group.net) for group, _ in grid.groups}) > 1:
        how += ", each seed on a network of its own"
    found = sweep_of(grid, outcome, how, whole=wanted_at is None or wanted_at[0] == 0)
    if found.interrupted and progress is not False:
        done_ = int(np.isin(outcome.ended, (INTERRUPTED, NOT_BEGUN), invert=True).sum())
        left = int((outcome.ended == NOT_BEGUN).sum())
        more = f", {left} had not begun" if left else ""
        with suppress(AttributeError, OSError, ValueError):  # stderr is none, full, or closed
            print(f"interrupted: {done_} of {copies} trainings are done{more}", file=sys.stderr)
    return found
