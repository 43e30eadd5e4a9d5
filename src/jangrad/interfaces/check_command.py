"""`jangrad check`: whether a model is as good on a later table as it was, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jangrad.interfaces.pictures import check_picture
from jangrad.interfaces.terminal import say, say_json, say_wrapped

if TYPE_CHECKING:
    from jangrad.tabular import Check, Model
    from jangrad.tabular.checking import Bin
    from jangrad.tabular.drift import Drift

_MOST_CLASSES = 12  # whose confusions fit into 80 columns
_MOST_COLUMNS = 10  # whose drift is printed
_SHADES = " ░▒▓█"
_LEGEND = "of its row: ░ less than 25 %, ▒ 25 % or more, ▓ 50 % or more, █ 75 % or more"
_NAME = 16  # letters of a name
_WIDTH = 76  # of a terminal, less what is set in


def check(
    model: str, data: str, out: str | None, force: bool, as_json: bool, **written: Any
) -> int:
    """Measure a model on a table with targets, and compare the table with the training data.

    Args:
        model, data, out, force, as_json: what was typed.
        written: how the table is, as `jangrad.datasets.reading.Notation` has it.

    Returns:
        The exit code, 0.
    """
    from jangrad.tabular import check as measured
    from jangrad.tabular import load

    loaded = load(model)
    if out is not None:
        check_picture(out, force=force)
    found = measured(loaded, data, **written)
    for note in found.notes:
        say_wrapped(note, err=True)
    if as_json:
        say_json(_content(loaded, found))
    else:
        say("\n".join(_told(loaded, found)))
    if out is not None:
        from jangrad.interfaces.check_picture import draw_check

        draw_check(found, loaded.columns.target, loaded.columns.classes, out, force=force)
        say(f"the picture is {out}", err=True)
    return 0


def _content(model: Model, found: Check) -> dict[str, Any]:
    drifts = None if found.drifts is None else [_entry(one) for one in found.drifts]
    labels = model.columns.classes
    return {
        "target": model.columns.target,
        **found.score.to_dict(),
        "before": None if found.before is None else found.before.value,
        "calibration": [bin_._asdict() for bin_ in found.calibration],
        "classes": None if labels is None else list(labels),
        "confusion": found.confusion,
        "drift": drifts,
    }


def _entry(one: Drift) -> dict[str, Any]:
    return one._asdict() | {"missing": list(one.missing)}


def _told(model: Model, found: Check) -> list[str]:
    score = found.score
    lines = [
        f"`{model.columns.target}` on {score.rows:,} row{'s' * (score.rows != 1)}:",
        f"  {score.metric:<28}{score.text(score.value):>10}   ({score.between()})",
    ]
    if found.before is not None:
        value = score.text(found.before.value)
        lines.append(f"  {'on the test of its training':<28}{value:>10}   {_compared(found)}")
    lines += [f"  {name:<28}{value:>10.4g}" for name, value in score.more.items()]
    lines += ["", *_calibration(found.calibration, found.confusion is not None)]
    if found.confusion is not None and model.columns.classes is not None:
        lines += ["", *_confusion(found.confusion, model.columns.classes)]
    return [*lines, "", *_drift(found.drifts)]


def _calibration(bins: Sequence[Bin], classes: bool) -> list[str]:
    if not classes:
        lines = ["calibration: rows in the order of their predictions"]
        lines.append(f"  {'predicted from':>14}{'to':>12}{'rows':>8}{'mean':>12}{'true mean':>12}")
        for b in bins:
            ends = f"{b.low:>14.4g}{b.high:>12.4g}"
            lines.append(f"  {ends}{b.rows:>8,}{b.said:>12.4g}{b.true:>12.4g}")
        return lines
    lines = ["calibration: when it is so sure of its class, so often it is right"]
    for b in bins:
        # So far from what is said only chance of one in 20 takes a share of so many rows.
        low, high = _share_of_chance(b)
        odd = "" if low <= b.said <= high else "too sure" if b.said > high else "too modest"
        lines.append(f"  {b.said:>7.1%} sure: {b.true:>7.1%} of {b.rows:,} rows   {odd}".rstrip())
    return lines


def _compared(found: Check) -> str:
    """What the score says beside that of the training: the intervals of both tell how surely."""
    now, before = found.score, found.before
    if before is None or (
        now.interval[0] <= before.interval[1] and before.interval[0] <= now.interval[1]
    ):
        return "no sure difference"
    if (now.value > before.value) == (now.metric == "accuracy"):
        return "better now: did it learn from some of these rows?"
    return "worse now"


def _share_of_chance(b: Bin) -> tuple[float, float]:
    from jangrad.tabular.scores import wilson

    return wilson(round(b.true * b.rows), b.rows)


def _confusion(counts: Sequence[Sequence[int]], labels: Sequence[str]) -> list[str]:
    """A row for each true class, a column for what it was taken for; darker is more of the row."""
    if len(labels) > _MOST_CLASSES:
        wrong = sorted(
            ((n, i, j) for i, row in enumerate(counts) for j, n in enumerate(row) if n and i != j),
            reverse=True,
        )
        return ["most often mistaken:"] + [
            f"  {labels[i]:.{_NAME}} for {labels[j]:.{_NAME}}: {n} times" for n, i, j in wrong[:10]
        ]
    names = [f"{label:.{_NAME}}" for label in labels]
    side = max(map(len, names))
    room = min(side + 2, (_WIDTH - side) // len(labels))
    digits = max(len(f"{n:,}") for row in counts for n in row)
    width = max(5, room, digits + 2)
    gap = " " * (digits + 3 <= width)  # where there is room for it
    head = "".join(f"{f' {name[: width - 1]:>{width - 2 - len(gap)}}':{width}}" for name in names)
    lines = [
        "confusion: true classes in rows, predicted ones in columns",
        f"  {_LEGEND}",
        f"  {'':{side}}{head}".rstrip(),
    ]
    for name, row in zip(names, counts, strict=True):
        most = max(1, sum(row))
        cells = "".join(f"{n:>{width - 1 - len(gap)},}{gap}{_SHADES[_shade(n, most)]}" for n in row)
        lines.append(f"  {name:{side}}{cells}".rstrip())
    return lines


def _shade(count: int, total: int) -> int:
    return 0 if not count else min(len(_SHADES) - 1, 1 + count * (len(_SHADES) - 1) // total)


def _drift(drifts: Sequence[Drift] | None) -> list[str]:
    if drifts is None:
        return [
            "drift: an older version wrote the model file, without a record of its training data"
        ]
    sure = [one for one in drifts if one.is_sure]
    if not sure:
        of = "the column has not" if len(drifts) == 1 else f"none of {len(drifts):,} columns has"
        return [f"drift: {of} changed more than chance explains"]
    shown = sure[:_MOST_COLUMNS]
    gaps = any(any(one.missing) for one in shown)
    lines = [
        f"drift: {len(sure):,} of {len(drifts):,} columns {'has' if len(sure) == 1 else 'have'}"
        " changed; means, or commonest texts:",
        f"  {'column':{_NAME}}{'index':>7}{'in training':>18}{'here':>18}"
        + (f"{'missing':>14}" if gaps else ""),
    ]
    for one in shown:
        gap = f"{one.missing[0]:.0%} -> {one.missing[1]:.0%}" if any(one.missing) else ""
        lines.append(
            f"  {one.name[:_NAME]:{_NAME}}{one.stability:>7.2f}{one.before:>18.17}{one.now:>18.17}"
            f"{gap:>14}".rstrip()
        )
    if len(sure) > _MOST_COLUMNS:
        lines.append(f"  and {len(sure) - _MOST_COLUMNS:,} others (--json has all)")
    return lines
