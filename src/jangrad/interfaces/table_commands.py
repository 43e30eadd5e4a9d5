"""`jangrad train` and `jangrad predict`: the user's own table."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import click

from jangrad.errors import ConfigError, ModelFileError

if TYPE_CHECKING:
    from jangrad.datasets import Columns
    from jangrad.train.history import History

# One row in five is kept from the training, to see what the network does with rows it never saw.
_HELD_OUT = 5


def train(
    data: str,
    target: str,
    out: str,
    hidden: str,
    epochs: int,
    rate: float,
    batch: int,
    seed: int,
    plot: str | None,
    as_json: bool,
) -> None:
    """Read a table, train a network on four fifths of it, measure it on the rest, save it."""
    from jangrad.datasets import read_csv
    from jangrad.export import save_model
    from jangrad.nn import MLP
    from jangrad.train import fit

    for path in (out, plot):
        if path is not None:
            _check_place(path)
    table = read_csv(data, target)
    columns = table.columns
    for note in table.notes:
        click.echo(note, err=True)
    X = columns.standardise(table.X)
    y, loss = _targets(table.y, columns)
    learned, held_out = _split(len(X), seed)
    outputs = len(columns.classes) if columns.classes and len(columns.classes) > 2 else 1
    net = MLP(len(X[0]), [*_sizes(hidden), outputs], "relu", init="he", seed=seed)
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
    about = {"columns": columns.to_dict(), "loss": loss, "rows": len(X)}
    save_model(out, net, about)
    result = _result(history, columns, [y[i] for i in learned]) | {
        "rows": len(X),
        "held_out": len(held_out),
        "network": repr(net),
        "model": out,
    }
    click.echo(json.dumps(result, indent=2) if as_json else _told(result))
    if plot:
        _draw(history, plot)


def _check_place(path: str) -> None:
    """That a file can be written there, asked before the training and not after it."""
    place = Path(path)
    if place.is_dir() or not place.parent.is_dir():
        fault = "is a folder" if place.is_dir() else f"lies in no folder: {place.parent}"
        raise ConfigError(f"`{path}` {fault}", where="", try_="a file in a folder that exists")


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
        return [int(part) for part in hidden.split(",") if part.strip()]
    except ValueError:
        raise ConfigError(
            f"--hidden is `{hidden}`", where="", try_="whole numbers with commas, such as 16,16"
        ) from None


def _result(history: History, columns: Columns, learned: Sequence[Any]) -> dict[str, Any]:
    """What was reached, in the units of the target."""
    best = history.best_step
    figures = history.validation
    at = figures["step"].index(best) if figures and best in figures["step"] else -1
    result: dict[str, Any] = {
        "steps": len(history),
        "stopped_by": history.stopped_by,
        "training_loss": history.loss[-1],
        "diagnosis": str(history.diagnosis) if history.diagnosis else None,
    }
    if not figures:
        return result
    result["validation_loss"] = figures["loss"][at]
    if columns.classes:
        result["validation_accuracy"] = figures["accuracy"][at]
        largest = max(sum(1 for y in learned if y == label) for label in set(learned))
        result["accuracy_of_the_commonest_class"] = largest / len(learned)
    elif columns.target_scale:
        # the loss is the mean square in units of the target's deviation
        result["validation_error"] = figures["loss"][at] ** 0.5 * columns.target_scale.std
        result["deviation_of_the_target"] = columns.target_scale.std
    return result


def _told(result: dict[str, Any]) -> str:
    lines = [
        f"{result['network']} learned from {result['rows'] - result['held_out']} rows"
        f" in {result['steps']} steps ({result['stopped_by']})"
    ]
    if "validation_accuracy" in result:
        lines.append(
            f"right on {result['validation_accuracy']:.1%} of {result['held_out']} rows it never"
            f" saw (always the commonest class: {result['accuracy_of_the_commonest_class']:.1%})"
        )
    elif "validation_error" in result:
        lines.append(
            f"off by {result['validation_error']:.4g} on {result['held_out']} rows it never saw"
            f" (root mean square; always the mean: {result['deviation_of_the_target']:.4g})"
        )
    else:
        lines.append("too few rows to keep some for a test; the loss is on the rows it learned")
        lines.append(f"training loss {result['training_loss']:.4g}")
    lines.append(f"saved as {result['model']}")
    return "\n".join(lines)


def _draw(history: History, path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from jangrad.show import plot_history

    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    plot_history(history, axes)
    try:
        figure.savefig(path, dpi=150, bbox_inches="tight")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the plot cannot be written to `{path}`: {error}",
            where="",
            why="the model was saved all the same",
            try_="a file that ends in .png, .svg or .pdf",
        ) from None


def predict(model: str, data: str, as_json: bool) -> None:
    """Print the prediction for every row of a table."""
    from jangrad.datasets import Columns, read_rows
    from jangrad.export import load_model
    from jangrad.functions import sigmoid, softmax

    net, about = load_model(model)
    if "columns" not in about:
        raise ModelFileError(
            f"`{model}` does not say which columns it was trained on",
            where="",
            why="it was saved by `save_model` from Python, not by `jangrad train`",
            try_="load_model(...) and net.predict(rows) in Python",
        )
    columns = Columns.from_dict(about["columns"])
    table = read_rows(data, columns)
    for note in table.notes:
        click.echo(note, err=True)
    rows = net.predict(columns.standardise(table.X))
    results: list[dict[str, Any]] = []
    for outputs in rows:
        if columns.classes is None:
            scale = columns.target_scale
            results.append({columns.target: scale.undo(outputs[0]) if scale else outputs[0]})
            continue
        one = sigmoid(outputs[0])
        shares = [1.0 - one, one] if len(columns.classes) == 2 else softmax(outputs)
        best = shares.index(max(shares))
        results.append({columns.target: columns.classes[best], "probability": shares[best]})
    if as_json:
        click.echo(json.dumps(results, indent=2))
        return
    import csv

    writer = csv.DictWriter(sys.stdout, list(results[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {k: f"{v:.6g}" if isinstance(v, float) else v for k, v in r.items()} for r in results
    )
