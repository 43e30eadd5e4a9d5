"""A training that was kept, as a moving picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.show import saving
from jangrad.show.formula import number

if TYPE_CHECKING:
    from jangrad.train.kept_run import KeptRun

_FRAMES = 40
_WIDTH = 960  # pixels


def save_film(
    run: KeptRun, path: str | os.PathLike[str], net: Any, options: Mapping[str, Any]
) -> Path:
    """Write it as its ending says; `KeptRun.animate` says the options."""

    def gif(
        X: Any = None,
        y: Any = None,
        frames: int = _FRAMES,
        width: float = _WIDTH,
        row: Any = None,
        threshold: float | None = None,
    ) -> bytes:
        from jangrad.show.gif import gif
        from jangrad.show.training_frames import boundary_frames, network_frames

        steps = _steps(run, frames)
        _check_width(width)
        moments = [_moment(run, net, step) for step in steps]
        if X is None:
            return gif(network_frames(moments, row, width))
        return gif(boundary_frames(moments, X, y, run.history, steps, threshold, width))

    def svg(frames: int = _FRAMES) -> str:
        from jangrad.show.training_frames import moving_network

        return moving_network([_moment(run, net, step) for step in _steps(run, frames)])

    writers: saving.Writers = {".gif": gif, ".svg": svg}
    return saving.save(path, writers, options, 'run.animate("training.gif", net)')


def _steps(run: KeptRun, frames: int) -> list[int]:
    """So many of the steps whose weights are known, evenly from the first to the last."""
    if type(frames) is not int or frames < 2:
        raise ConfigError(f"`frames` is {frames!r:.60}, not an integer of at least 2")
    known = run.recorded
    count = min(frames, len(known))
    return [known[round(k * (len(known) - 1) / max(1, count - 1))] for k in range(count)]


def _check_width(width: float) -> None:
    if isinstance(width, bool) or not isinstance(width, (int, float)) or not 50 <= width <= 10_000:
        raise ConfigError(f"`width` is {width!r:.60}, not a number of pixels from 50 to 10,000")


def _moment(run: KeptRun, net: Any, step: int) -> tuple[Any, str]:
    """The network before a step, and how far it is."""
    then = deepcopy(net)
    run.load(then, step)
    losses = run.history.loss
    loss = f", loss {number(float(f'{losses[step]:.3g}'))}" if step < len(losses) else ""
    return then, f"step {step}{loss}"
