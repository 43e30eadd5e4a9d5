"""`jangrad race`: several learning rates on the user's own table, from one start."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.files import Kind, check_place, write_at_once
from jangrad.interfaces.pictures import check_picture, save_figure
from jangrad.interfaces.terminal import say, say_json, say_wrapped
from jangrad.interfaces.train_command import hidden_sizes

if TYPE_CHECKING:
    from jangrad.studies import Race

_PAGE = Kind("an HTML page", lambda head: head[:15].lower().startswith(b"<!doctype html"))


def race(
    data: str,
    target: str,
    task: str,
    rates: str | None,
    hidden: str | None,
    optimizer: str,
    steps: int,
    batch: int | None,
    seed: int,
    out: str | None,
    plot: str | None,
    force: bool,
    as_json: bool,
    **reading: Any,
) -> int:
    """Read a table, train the network that suits it at several rates, and judge each.

    Args:
        data, target, task, rates, hidden, optimizer, steps, batch, seed, out, plot, force, as_json:
            what was typed.
        reading: how the table is read, as `jangrad.datasets.reading.Reading` has it.

    Returns:
        The exit code, 0.
    """
    from jangrad.datasets.table import read_source
    from jangrad.studies import race as run
    from jangrad.tabular import Training

    sizes = None if hidden is None else hidden_sizes(hidden)
    numbers = None if rates is None else _numbers(rates)
    if out is not None:
        check_place(out, None if force else _PAGE)
    if plot is not None:
        check_picture(plot, force=force)
    source = read_source(data, target, brief=True, **reading)
    training = Training(source, task=task, hidden=sizes, seed=seed)
    for line in training.notes:
        say_wrapped(line, err=True)
    X, y = training.learned_from()
    found = run(
        *(training.net, X, y, numbers),
        loss=training.loss, optimizer=optimizer, steps=steps, batch_size=batch, seed=seed,
    )  # fmt: skip
    found = replace(found, names=training.columns.inputs)
    if as_json:
        say_json(_result(found))
    else:
        say_wrapped(found)
    if out is not None:
        page = found.page(title=f"Rates that learn {target}")
        write_at_once(out, page.encode("utf-8"), None if force else _PAGE)
        say(f"the page is {out}", err=True)
    if plot is not None:
        os.environ["MPLBACKEND"] = "agg"
        save_figure(found.plot(), plot, force=force)
        say(f"the picture is {plot}", err=True)
    return 0


def _numbers(rates: str) -> list[float]:
    """`0.01,0.1` as [0.01, 0.1]."""
    try:
        found = [float(part) for part in rates.split(",") if part.strip()]
    except ValueError:
        found = []
    if not found or not all(0.0 < rate < math.inf for rate in found):
        raise ConfigError(
            f"--rates is `{rates}`", where="", try_="numbers above 0 with commas: 0.01,0.1,1"
        )
    return found


def _result(found: Race) -> dict[str, Any]:
    return {
        "optimizer": found.optimizer,
        "steps": found.steps,
        "start": found.start,
        "sharpness": found.sharpness,
        "limit": found.limit,
        "best": None if found.best is None else found.best.rate,
        "rates": [
            {
                "rate": lane.rate,
                "loss": lane.end,
                "steps": len(lane.history),
                "verdict": lane.verdict.kind,
                "words": " ".join(lane.verdict.words),
                "sharpness": lane.sharpness[-1],
                "limit": lane.limit,
            }
            for lane in found.lanes
        ],
    }
