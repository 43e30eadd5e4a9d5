"""`jangrad inspect`: what a model file holds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jangrad.errors import printable
from jangrad.interfaces.terminal import say, say_json

if TYPE_CHECKING:
    from jangrad.datasets import Column, Columns

_NAME = 24  # letters of a name
_MOST_COLUMNS, _MOST_TEXTS = 60, 4  # that are printed
_ENDED = {
    "patience": "it ended where it no longer got better",
    "diagnosis": "it went wrong",
    "interrupt": "it was interrupted",
}
_FILLS = {
    "mean": "filled with the mean of the training data",
    "error": "refused",
    "drop": "refused (rows with one were left out of the training)",
}


def inspect(model: str, as_json: bool) -> int:
    """Print what a model file holds: columns, classes, network, training and versions.

    Returns:
        The exit code, 0.
    """
    from jangrad.export import load_model
    from jangrad.export.answers import load_trained

    net, about = load_model(model)
    columns: Columns | None = None
    if "columns" in about:
        net, columns, about = load_trained(model)
    content: dict[str, Any] = {
        "file": model,
        "bytes": os.path.getsize(model),
        "jangrad": about.get("jangrad"),
        "format": about.get("format", 1) if columns else None,
        "network": repr(net),
        "parameters": len(net.parameters()),
        "about": about,
    }
    if as_json:
        say_json(content)
        return 0
    lines = _of_table(columns, about) if columns else _of_network(about)
    version = content["jangrad"]
    written = f"jangrad {version}" if version else "save_model, from Python"
    head = f"{model}: {content['bytes']:,} bytes, written by {written}"
    say("\n".join([head, f"network: {net!r}", *lines]))
    return 0


def _of_network(about: Mapping[str, Any]) -> list[str]:
    """Of a network that was saved from Python."""
    if not about:
        return ["nothing is said about it"]
    return ["said about it:", *(f"  {name}: {value!r:.60}" for name, value in about.items())]


def _of_table(columns: Columns, about: Mapping[str, Any]) -> list[str]:
    inputs = len(columns.inputs)
    profiles = about.get("profiles") or [None] * len(columns.columns)
    width = min(
        _NAME, 2 + max(len(name) for name in ("column", *(c.name for c in columns.columns)))
    )
    lines = [*_target(columns, about), *_training(about), ""]
    count = len(columns.columns)
    become = "" if inputs == count else f", which are {_counted(inputs, 'input')} of the network"
    pairs = list(zip(columns.columns, profiles, strict=True))
    gaps = any(profile is not None and profile["missing"] for _, profile in pairs)
    lines += [
        f"it needs {_counted(count, 'column')}{become};",
        f"missing cells are {_FILLS.get(columns.missing, columns.missing)}:",
        f"  {'column':{width}}{'kind':8}{'missing  ' * gaps}in the training data",
    ]
    lines += [_column(column, profile, width, gaps) for column, profile in pairs[:_MOST_COLUMNS]]
    if len(pairs) > _MOST_COLUMNS:
        lines.append(f"  and {len(pairs) - _MOST_COLUMNS:,} others (--json has all)")
    return [printable(line, line=True) for line in lines]


def _target(columns: Columns, about: Mapping[str, Any]) -> list[str]:
    if columns.classes is not None:
        some = ", ".join(columns.classes[:20]) + (" ..." if len(columns.classes) > 20 else "")
        return [f"predicts `{columns.target}`, one of {len(columns.classes)} classes: {some}"]
    scale, within = columns.target_scale, about.get("within")
    lines = [f"predicts `{columns.target}`, an amount"]
    if scale is not None:
        lines[0] += f"; in the training data {scale.mean:.4g}, give or take {scale.std:.4g}"
    if isinstance(within, float):
        lines.append(f"nine in ten predictions of its test were off by {within:.4g} at most")
    return lines


def _training(about: Mapping[str, Any]) -> list[str]:
    from jangrad.tabular.scores import Score

    training = about.get("training")
    if not isinstance(training, Mapping):
        return ["an older version wrote the file, without a record of the training"]
    by = training.get("stopped_by")
    ended = f"; {_ENDED.get(by, by)}" if by not in (None, "finished") else ""
    lines = [
        f"trained on a table of {_counted(about.get('rows', 0), 'row')},"
        f" {_counted(training.get('steps', 0), 'step')}, seed {training.get('seed')}{ended}"
    ]
    if test := training.get("test"):
        score = Score.from_dict(test)
        lines.append(f"on {_counted(score.rows, 'row')} that the training never saw:")
        lines.append(f"  {score.metric}: {score.text(score.value)} ({score.between()})")
        simple = test.get("baselines", {})
        lines += [f"  {name}: {score.text(value)}" for name, value in simple.items()]
    else:
        lines.append("it was not tested: there were too few rows, or the training broke off")
    return [*lines, *map(str, training.get("choices", ()))]


def _column(column: Column, profile: Mapping[str, Any] | None, width: int, gaps: bool) -> str:
    kind = column.kind.split()[0]
    gap = f"{'':9}" if gaps else ""
    if profile is not None and profile["missing"]:
        gap = f"{profile['missing'] / profile['rows']:>7.1%}  "
    name = column.name if len(column.name) < width else f"{column.name[: width - 2]}~"
    return f"  {name:{width}}{kind:8}{gap}{_told(column, profile)}".rstrip()


def _told(column: Column, profile: Mapping[str, Any] | None) -> str:
    """What a column held: the commonest texts, or the mean and most of the numbers."""
    from jangrad.tabular.drift import told

    if column.values is not None and profile is None:
        more = " ..." if len(column.values) > _MOST_TEXTS else ""
        return ", ".join(column.values[:_MOST_TEXTS]) + more
    if profile is None:
        scale = column.scales[0]
        return f"mean {scale.mean:.4g}, deviation {scale.std:.4g}"
    if (counts := profile.get("counts")) is not None and "mean" not in profile:
        total = sum(counts.values()) or 1
        common = sorted(counts, key=lambda text: -counts[text])
        some = [f"{text:.16} {counts[text] / total:.0%}" for text in common[:_MOST_TEXTS]]
        return ", ".join(some) + (" ..." if len(common) > _MOST_TEXTS else "")
    mean, edges = told(profile["mean"], column.kind), profile["edges"]
    if len(edges) < 2:
        return f"mean {mean}"
    low, high = told(edges[0], column.kind), told(edges[-1], column.kind)
    return f"mean {mean}, most {low} to {high}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'s' * (count != 1)}"
