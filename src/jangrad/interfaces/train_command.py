"""`jangrad train`: a network for the user's own table, and what came of it."""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError, DataError, SaveError
from jangrad.files import check_place, same_place
from jangrad.interfaces.pictures import check_picture, draw_losses
from jangrad.interfaces.terminal import not_finite, say, say_json

if TYPE_CHECKING:
    from jangrad.datasets import Columns, Table
    from jangrad.nn import MLP
    from jangrad.train.history import History

# One row in five is kept from the training, to see what the network does with other rows.
_HELD_OUT = 5
_CODES = {"diagnosis": 1, "interrupt": 130}  # exit codes of what ends a training before its time
_MOST_LABELS = 20  # more different whole numbers are surely amounts


def train(
    data: str,
    target: str,
    ignore: Sequence[str],
    missing: str,
    classes: bool,
    decimal: str | None,
    delimiter: str | None,
    encoding: str | None,
    out: str,
    force: bool,
    hidden: str,
    epochs: int,
    rate: float,
    batch: int,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> int:
    """Read a table, train a network on four fifths of it, measure it on the rest, save it.

    Returns:
        The exit code: 0, 1 for a training that failed, 130 for one that was interrupted.
    """
    from jangrad.datasets import read_csv
    from jangrad.nn import MLP
    from jangrad.train import fit

    sizes = _sizes(hidden)
    _check_places(data, out, plot, force)
    table = read_csv(
        data,
        target,
        ignore=ignore,
        missing=missing,
        classes=classes,
        decimal=decimal,
        delimiter=delimiter,
        encoding=encoding,
    )
    columns = table.columns
    for note in (*table.notes, _task(table)):
        say(note, err=True)
    X = columns.standardise(table.X)
    y, loss = _targets(table.y, columns)
    learned, held_out = _split(len(X), seed)
    outputs = len(columns.classes) if columns.classes and len(columns.classes) > 2 else 1
    net = MLP(len(X[0]), [*sizes, outputs], "relu", init="he", seed=seed)
    about = {"columns": columns.to_dict(), "loss": loss, "rows": len(X)}
    first = net.state()
    try:
        history = fit(
            net,
            [X[i] for i in learned],
            [y[i] for i in learned],
            loss=loss,
            optimizer="adam",
            learning_rate=rate,
            epochs=epochs,
            batch_size=batch,
            seed=seed,
            validation=([X[i] for i in held_out], [y[i] for i in held_out]) if held_out else None,
            patience=max(20, epochs // 10),
        )
    except BaseException:
        if net.state() != first:
            kept = _unfinished(out, force)
            _save(kept, net, about, force)
            say(f"the training broke off; what was learned is saved as {kept}", err=True)
        raise
    failed = history.stopped_by in _CODES
    place: str | None = out
    if failed and not force:
        place = _unfinished(out, force) if net.state() != first else None
    if place is not None:
        _save(place, net, about, force)
    targets = [y[i] for i in learned], [y[i] for i in held_out]
    result = _result(history, columns, *targets) | {
        "rows": len(X),
        "held_out": len(held_out),
        "network": repr(net),
        "model": place,
    }
    if odd := not_finite(result):
        result["not_finite"] = odd
    if as_json:
        say_json(result)
    else:
        say(_told(result))
    if failed and place != out:
        say(_kept(place, out), err=True)
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


def _save(path: str, net: MLP, about: dict[str, Any], force: bool) -> None:
    from jangrad.export import save_model

    save_model(path, net, about, force=force)


def _kept(place: str | None, out: str) -> str:
    if place is None:
        return f"nothing was learned, so nothing was saved (with --force: as {out})"
    return f"{out} stays as it is; with --force what was learned replaces it"


# -- the table ------------------------------------------


def _task(table: Table) -> str:
    """What the network is to learn, and how to choose otherwise."""
    classes = table.classes
    if classes is not None:
        some = ", ".join(classes[:6]) + (" ..." if len(classes) > 6 else "")
        return f"task: to tell {len(classes)} classes of `{table.target}` apart: {some}"
    labels = set(table.y)
    text = f"task: regression, the numbers of `{table.target}` are amounts"
    if len(labels) <= _MOST_LABELS and all(label.is_integer() for label in labels):
        return f"{text} (with --classes: labels of {len(labels)} classes)"
    return text


def _targets(y: Sequence[float], columns: Columns) -> tuple[list[Any], str]:
    """The targets as the loss wants them, and the loss's name."""
    if columns.classes is None:
        scale = columns.target_scale
        return [scale.apply(value) if scale else value for value in y], "squared_error"
    if len(columns.classes) == 2:
        return list(y), "binary_cross_entropy"
    return [int(value) for value in y], "softmax_cross_entropy"


def _split(count: int, seed: int) -> tuple[list[int], list[int]]:
    """Row numbers to learn from, and to measure on; few rows are all learned from."""
    order = list(range(count))
    Random(seed).shuffle(order)
    held_out = count // _HELD_OUT if count >= 20 else 0
    return sorted(order[held_out:]), sorted(order[:held_out])


def _sizes(hidden: str) -> list[int]:
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


def _result(
    history: History, columns: Columns, learned: Sequence[Any], held_out: Sequence[Any]
) -> dict[str, Any]:
    """What was reached, in the units of the target, and what the simplest guess would reach.

    Args:
        history: of the training.
        columns: of the table.
        learned, held_out: the targets that were learned from, and those that were measured on.
    """
    best = history.best_step
    figures = history.validation
    at = figures["step"].index(best) if figures and best in figures["step"] else -1
    result: dict[str, Any] = {
        "task": "classification" if columns.classes else "regression",
        "target": columns.target,
        "steps": len(history),
        "stopped_by": history.stopped_by,
        "training_loss": history.loss[-1] if history.loss else math.nan,
        "diagnosis": str(history.diagnosis) if history.diagnosis else None,
    }
    if not figures:
        return result
    result["validation_loss"] = figures["loss"][at]
    if columns.classes:
        result["validation_accuracy"] = figures["accuracy"][at]
        ((commonest, _),) = Counter(learned).most_common(1)
        result["accuracy_of_the_commonest_class"] = held_out.count(commonest) / len(held_out)
    elif columns.target_scale:
        # the loss is the mean square in units of the target's deviation
        unit = columns.target_scale.std
        result["validation_error"] = figures["loss"][at] ** 0.5 * unit
        mean = math.fsum(learned) / len(learned)
        squares = math.fsum((target - mean) ** 2 for target in held_out) / len(held_out)
        result["error_of_the_mean"] = squares**0.5 * unit
    return result


def _is_useless(result: dict[str, Any]) -> bool:
    """Whether the simplest guess does as well on rows that were kept out."""
    if "validation_accuracy" in result:
        baseline = result["accuracy_of_the_commonest_class"]
        return bool(result["validation_accuracy"] <= baseline < 1.0)
    return bool(0.0 < result.get("error_of_the_mean", 0.0) <= result.get("validation_error", 0.0))


def _told(result: dict[str, Any]) -> str:
    rows, steps = result["rows"] - result["held_out"], result["steps"]
    held_out = result["held_out"]
    did = "was trained on" if result["stopped_by"] in _CODES else "learned from"
    lines = [f"{result['network']} {did} {rows} rows in {steps} steps ({result['stopped_by']})"]
    if "validation_accuracy" in result:
        lines.append(
            f"right on {result['validation_accuracy']:.1%} of {held_out} rows kept out of its steps"
            f" (always the commonest class: {result['accuracy_of_the_commonest_class']:.1%})"
        )
    elif "validation_error" in result:
        lines.append(
            f"off by {result['validation_error']:.4g} on {held_out} rows kept out of its steps"
            f" (root mean square; always the mean: {result['error_of_the_mean']:.4g})"
        )
    elif held_out:
        lines.append(
            f"it ended before it was measured on the {held_out} rows kept out of its steps"
        )
    else:
        lines.append("too few rows to keep some for a test; the loss is on the rows it learned")
    if _is_useless(result):
        lines.append("that is no better: it has learned nothing that helps; try another --rate")
    if "validation_loss" in result:
        lines.append(
            "those rows chose which step to keep and are in the columns' means: new ones may fare"
            " a little worse"
        )
    else:
        lines.append(f"training loss {result['training_loss']:.4g}")
    if result["model"] is not None:
        lines.append(f"saved as {result['model']}")
    return "\n".join(lines)


def _draw(history: History, path: str, force: bool) -> None:
    try:
        draw_losses(history, path, force=force)
    except DataError:
        say("no plot was drawn: the training had no finite loss", err=True)
    except SaveError as error:
        raise SaveError(
            error.what, where="", why="the model was saved all the same", try_=error.try_
        ) from None
