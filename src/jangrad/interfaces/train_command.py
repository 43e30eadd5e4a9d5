"""`jangrad train`: a network for the user's own table, and what came of it."""

from __future__ import annotations

import math
import os
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError, DataError, JangradError, SaveError
from jangrad.files import check_place, same_place
from jangrad.interfaces.pictures import check_picture, draw_losses
from jangrad.interfaces.terminal import not_finite, say, say_json, say_wrapped

if TYPE_CHECKING:
    from jangrad.tabular import Model, Score, Training
    from jangrad.train.history import History

_CODES = {"diagnosis": 1, "interrupt": 130}  # exit codes of what ends a training before its time


def train(
    data: str,
    target: str,
    task: str,
    out: str,
    force: bool,
    hidden: str | None,
    epochs: int | None,
    rate: float | None,
    batch: int | None,
    seed: int,
    seeds: int,
    plot: str | None,
    checkpoint: str | None,
    resume: bool,
    as_json: bool,
    **reading: Any,
) -> int:
    """Read a table, train a network, measure it on rows it never saw, save it.

    Args:
        data, target, task, out, force, hidden, epochs, rate, batch, seed, seeds, plot, as_json:
            what was typed.
        reading: how the table is read, as `jangrad.datasets.reading.Reading` has it.

    Returns:
        The exit code: 0, 1 for a training that failed, 130 for one that was interrupted.
    """
    from jangrad.datasets.table import read_source
    from jangrad.export import save_model
    from jangrad.tabular import Training

    sizes = None if hidden is None else hidden_sizes(hidden)
    _check_places(data, out, plot, force)
    source: Any = read_source(data, target, brief=True, **reading)
    if not force:
        _check_replaced(out, source.target)
    settings: dict[str, Any] = {
        "task": task,
        "hidden": sizes,
        "epochs": epochs,
        "rate": rate,
        "batch": batch,
        "keep": seeds > 1,
    }
    training = Training(source, **settings, seed=seed)
    if seeds == 1:
        source = None  # the cells of a large table are let go of
    for line in (*training.notes, *training.choices):
        say_wrapped(line, err=True)
    told = len(training.choices)
    net = training.net
    first = net.state()
    try:
        model = training.run(checkpoint=checkpoint, resume=resume)
    except BaseException:
        if training.net is not net or net.state() != first:
            kept = _unfinished(out, force)
            save_model(kept, training.net, training.about(), force=force)
            say(f"the training broke off; what was learned is saved as {kept}", err=True)
        raise
    for choice in model.choices[told:]:
        say_wrapped(choice, err=True)
    history: Any = model.history
    failed = history.stopped_by in _CODES
    place: str | None = out
    if failed and not force:
        place = _unfinished(out, force) if model.net.state() != first else None
    if place is not None:
        model.save(place, force=force)
    found: dict[str, Any] = {}
    if seeds > 1 and not failed:
        others = range(seed + 1, seed + seeds)
        source = replace(source, notes=[])
        models = _again(model, others, lambda s: Training(source, **settings, seed=s))
        model, found["seeds"] = _kept_of(models)
        history = model.history
        model.save(out, force=force)
    result = _result(model) | {"model": place} | found
    if odd := not_finite(result):
        result["not_finite"] = odd
    if as_json:
        say_json(result)
    else:
        say_wrapped(_told(result, model.test))
    if failed and place != out:
        say(_kept(place, out), err=True)
    if checkpoint is not None and history.stopped_by == "interrupt":
        say(f"the same command with --resume goes on from {checkpoint}", err=True)
    if plot:
        _draw(history, plot, force)
    return _CODES.get(history.stopped_by, 0)


# -- places ------------------------------------------


def _check_places(data: str, out: str, plot: str | None, force: bool) -> None:
    """That all can be written, asked before the training and not after it."""
    from jangrad.export.model_file import MODEL

    check_place(out, None if force else MODEL)
    if plot is not None:
        check_picture(plot, force=force)
    taken = [("the data", data), ("--out", out), *([("--plot", plot)] if plot else [])]
    for i, (name, path) in enumerate(taken):
        for other_name, other in taken[:i]:
            if same_place(path, other):
                raise ConfigError(
                    f"{name} `{path}` and {other_name} `{other}` are one file",
                    where="",
                    why="one would replace the other",
                    try_="a file of its own for each",
                )
        if i and _is_printed_to(path):
            raise ConfigError(
                f"{name} `{path}` is also where the result is printed to",
                where="",
                why="one would replace the other",
                try_="a file of its own for each",
            )


def _check_replaced(out: str, target: str) -> None:
    """That no model of something else is replaced, as where a file is left to its default name."""
    from jangrad.export.answers import load_trained

    try:
        known = load_trained(out)[1].target
    except (OSError, JangradError):  # nothing is there, or nothing that `predict` could still read
        return
    if known != target:
        raise SaveError(
            f"`{out}` is a model that predicts `{known}`, so one that predicts `{target}` does not"
            " replace it",
            where="",
            why="what was learned before would be lost",
            try_="--out with another name; or --force",
        )


def _is_printed_to(path: str) -> bool:
    try:
        file = os.stat(path)
        return any(os.path.samestat(file, os.fstat(s.fileno())) for s in (sys.stdout, sys.stderr))
    except (OSError, ValueError):
        return False


def _unfinished(out: str, force: bool) -> str:
    """Where a training that failed is saved: where no model is lost by it."""
    if force or not os.path.exists(out) or not os.path.getsize(out):
        return out
    path = Path(out)
    stem = path.stem[:60]
    place, number = path.with_name(f"{stem}.unfinished{path.suffix[:60]}"), 1
    while os.path.lexists(place):
        number += 1
        place = path.with_name(f"{stem}.unfinished{number}{path.suffix[:60]}")
    return str(place)


def _kept(place: str | None, out: str) -> str:
    if place is None:
        return f"nothing was learned, so nothing was saved (with --force: as {out})"
    return f"{out} stays as it is; with --force what was learned replaces it"


def hidden_sizes(hidden: str) -> list[int]:
    """`16,16` as [16, 16]."""
    try:
        sizes = [int(part) for part in hidden.split(",") if part.strip()]
    except ValueError:
        sizes = [0]
    if any(size < 1 for size in sizes):
        raise ConfigError(
            f"--hidden is `{hidden}`", where="", try_="whole numbers with commas, such as 16,16"
        )
    return sizes


# -- what came of it ------------------------------------------


def _result(model: Model) -> dict[str, Any]:
    """What was reached, in the units of the target, and what the simplest models reach."""
    history: Any = model.history
    return {
        "task": "classification" if model.columns.classes else "regression",
        "target": model.columns.target,
        "rows": model.about["rows"],
        "network": repr(model.net),
        "choices": [str(choice) for choice in model.choices],
        "steps": len(history),
        "stopped_by": history.stopped_by,
        "training_loss": history.loss[-1] if history.loss else math.nan,
        "diagnosis": str(history.diagnosis) if history.diagnosis else None,
        "test": model.test.to_dict() if model.test else None,
    }


def _again(model: Model, others: Iterable[int], training: Callable[[int], Training]) -> list[Model]:
    """The models of other seeds behind the first: other weights, and other rows for the test."""
    models = [model]
    for seed in others:
        say(f"seed {seed}", err=True)
        other = training(seed).run()
        history: Any = other.history
        if history.stopped_by == "interrupt":
            say(f"seed {seed} was interrupted, and does not count", err=True)
            break
        models.append(other)
    return models


def _kept_of(models: list[Model]) -> tuple[Model, dict[str, Any]]:
    """The model to keep, and what is told of all.

    The rows that choose when to stop choose it too, and never those of the test: the best of
    several tests is better than what is to expect of new rows.
    """
    from jangrad.tabular import Choice

    values = [model.test.value for model in models if model.test is not None]
    found: dict[str, Any] = {"values": values}
    if len(values) > 1:
        found |= {"mean": statistics.fmean(values), "deviation": statistics.stdev(values)}
    sound = [model for model in models if model.choosing_loss is not None and model.test]
    best = min(sound, key=lambda model: model.choosing_loss or 0.0, default=models[0])
    seed = best.about["training"]["seed"]
    why = "the least loss on the rows that choose when to stop; no test has a say"
    if not sound:
        why = "the first: there are too few rows to keep some that could choose"
    choice = Choice("seed", f"{seed}, of {len(models)}", why)
    best.choices.append(choice)
    best.about["training"]["choices"].append(str(choice))
    say_wrapped(choice, err=True)
    return best, found | {"kept": seed}


def _told(result: dict[str, Any], test: Score | None) -> str:
    lines = []
    if test is not None:
        lines = [
            f"on {test.rows:,} rows that the training never saw:",
            f"  {test.metric:<28}{test.text(test.value):>10}   ({test.between()})",
            *(f"  {name:<28}{test.text(value):>10}" for name, value in test.baselines.items()),
            *(f"  {name:<28}{value:>10.4g}" for name, value in test.more.items()),
        ]
        if verdict := test.verdict():
            lines.append(verdict)
        if "mean" in result.get("seeds", {}):
            seeds = result["seeds"]
            lines.append(
                f"{len(seeds['values'])} seeds, each with a test of its own:"
                f" {test.text(seeds['mean'])}, give or take {test.text(seeds['deviation'])};"
                f" kept is seed {seeds['kept']}, whose test stands above"
            )
    elif result["stopped_by"] in _CODES:
        lines = [
            f"the training broke off ({result['stopped_by']}, steps: {result['steps']:,}),"
            " before it was measured"
        ]
    else:
        lines = [
            f"{result['rows']} rows are too few to keep some for a test: nothing is known of new"
            " rows",
            f"training loss {result['training_loss']:.4g} after {result['steps']:,} steps",
        ]
    if result["model"] is not None:
        lines.append(f"saved as {result['model']}")
    return "\n".join(lines)


def _draw(history: History, path: str, force: bool) -> None:
    try:
        draw_losses(history, path, force=force)
        say(f"the picture is {path}", err=True)
    except DataError:
        say("no plot was drawn: the training had no finite loss", err=True)
    except SaveError as error:
        raise SaveError(
            error.what, where="", why="the model was saved all the same", try_=error.try_
        ) from None
