"""`jangrad explain`: why a model answers as it does for one row of a table."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError, DataError
from jangrad.files import check_apart
from jangrad.interfaces.pictures import check_picture, save_figure
from jangrad.interfaces.terminal import say, say_json, say_wrapped

if TYPE_CHECKING:
    from jangrad.datasets import Table
    from jangrad.explain import Attributions, Counterfactual, Dependence, Importances, Influences
    from jangrad.explain.learned import Learned
    from jangrad.tabular import Model

_FEWEST = 20  # rows of ROWS are enough to compare with
_SHOWN = 12  # columns
_MOST = 200  # columns that are changed or shuffled one by one
_DRAWN = 3  # columns whose curves are drawn
_ALIKE = 0.05  # of two probabilities: what has parts then is their log odds


@dataclass
class _Found:
    """All that is told of a row.

    Attributes:
        answer: the value for the row, and for one of which nothing is known.
        parts: of the columns, by integrated gradients; of two probabilities that are nearly the
            same the parts of their log odds.
        lost: the same by occlusion.
        moves: how the answer moves with each column alone; empty without data, as what follows.
        nearest: the nearest row with another decision, where the model decides.
        importances: of the columns, where the data has targets.
        asked: the number of which the parts are, as `jangrad.explain` takes it.
        moved: what the rows of the training did to that; None without its record.
    """

    answer: tuple[float, float]
    parts: Attributions
    lost: Attributions
    moves: list[Dependence]
    nearest: Counterfactual | None
    importances: Importances | None
    asked: Any = None
    moved: Influences | None = None


def explain(
    model: str,
    rows: str,
    row: int,
    data: str | None,
    checkpoint: str | None,
    weight: str | None,
    decimal: str | None,
    delimiter: str | None,
    encoding: str | None,
    out: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Say where the answer for one row comes from, and draw it where that is asked for.

    Returns:
        The exit code, 0.
    """
    from jangrad.datasets import read_rows
    from jangrad.tabular import load

    if weight is not None and checkpoint is None:
        raise ConfigError(
            "--weight was given, but no --checkpoint",
            where="",
            why="what has moved a weight is read from its training",
            try_="--checkpoint FOLDER, which `jangrad train` was given too",
        )
    if out is not None:
        check_apart(out, [model, rows, *([data] if data else [])])
        check_picture(out, force=force)
    loaded = load(model)
    written = {"decimal": decimal, "delimiter": delimiter, "encoding": encoding}
    learned = None if checkpoint is None else _learned(loaded, checkpoint, data or rows, written)
    if weight is not None:
        moved = _moved(loaded, learned, weight=weight)
        if as_json:
            say_json(_content_of_rows(moved))
        else:
            say_wrapped(str(moved))
        if out is not None:
            _draw_alone(moved, out, force)
            say(f"the picture is {out}", err=True)
        return 0
    table = read_rows(rows, loaded.columns, **written)
    _check_row(rows, row, table)
    notes = list(table.notes)
    known, y = _to_compare_with(loaded, rows, data, table, written, notes)
    count = len(loaded.columns.columns)
    if known is not None and count > _MOST:
        notes.append(
            f"of {count:,} columns the {_MOST} with the largest parts are changed one by one, and"
            " how much each matters is not measured"
        )
        y = None
    for note in notes:
        say_wrapped(note, err=True)
    found = _found(loaded, table, row - 1, known, y)
    if learned is not None:
        one = type(table)([table.X[row - 1]], [], loaded.columns)
        found.moved = _moved(loaded, learned, row=one, output=found.asked, later=True)
    if as_json:
        say_json(_content(found, row))
    else:
        say_wrapped("\n".join(_told(loaded, found, row, rows)))
    if out is not None:
        _draw(found, table, row - 1, out, force)
        say(f"the picture is {out}", err=True)
    return 0


def _check_row(rows: str, row: int, table: Table) -> None:
    count = len(table.X)
    if row > count:
        raise DataError(
            f"`{rows}` has {count:,} row{'s' * (count != 1)}, and none is number {row:,}",
            where="",
            why="rows are counted from 1, the line with the names is none",
            try_=f"--row {count}, for the last one",
        )


def _to_compare_with(
    model: Model,
    rows: str,
    data: str | None,
    table: Table,
    written: Any,
    notes: list[str],
) -> tuple[Table | None, list[Any] | None]:
    """The rows to compare with, and their targets where they have some."""
    from jangrad.datasets.table import read_labelled, read_rows

    if data is None and len(table.X) < _FEWEST:
        return None, None
    file = rows if data is None else data
    if file == "-":
        return table, None
    try:
        known = read_labelled(file, model.columns, written).table()
    except DataError as error:
        found = table if data is None else read_rows(file, model.columns, **written)
        notes.append(f"how much each column matters is not measured: {error.what}")
        return found, None
    labels = model.columns.classes
    return known, [labels[int(i)] for i in known.y] if labels else list(known.y)


def _found(
    model: Model, table: Table, row: int, known: Table | None, y: list[Any] | None
) -> _Found:
    from jangrad import explain as why
    from jangrad.explain.quantities import LogOdds
    from jangrad.explain.subject import subject_of

    columns = model.columns
    one = type(table)([table.X[row]], [], columns)
    lost = why.occlusion(model, one)
    answer = float(lost.values[0]), float(lost.baselines[0])
    subject = subject_of(model)
    chosen: Any = None
    if columns.classes:
        chosen = columns.classes[int(subject.chosen(subject.rows(one))[0])]
    alike = chosen is not None and abs(answer[0] - answer[1]) < _ALIKE
    probability: Any = subject.pick(chosen)
    explained = LogOdds(probability) if alike else chosen
    parts = why.integrated_gradients(model, one, output=explained)
    found = _Found(answer, parts, lost, [], None, None, explained)
    if known is None:
        return found
    asked = {"output": chosen, "data": known}
    sizes = abs(parts.parts[0])
    largest = {int(j) for j in sizes.argsort()[::-1][:_MOST]}
    names = [name for j, name in enumerate(parts.columns) if j in largest]
    found.moves = [why.partial_dependence(model, one, name, **asked) for name in names]
    if columns.classes:
        found.nearest = why.counterfactual(model, one, known)
    if y is not None and len(y) > 1:
        found.importances = why.permutation_importance(model, known, y)
    return found


def _learned(model: Model, checkpoint: str, data: str, written: Any) -> Learned:
    from jangrad.explain.learned import learned_from

    return learned_from(model, checkpoint, data, **written)


def _moved(model: Model, learned: Learned | None, **asked: Any) -> Influences:
    """What the rows of the training did, in the time that a few trainings take."""
    from jangrad.explain import influences

    return influences(model, None, learned, **asked)


# -- in words ------------------------------------------------------------------------------


def _told(model: Model, found: _Found, row: int, rows: str) -> list[str]:
    from jangrad.explain.wording import share, short

    value, base = map(share if model.columns.classes else short, found.answer)
    target, what = model.columns.target, found.lost.answers[0]
    label = what.split("`")[1]
    if model.columns.classes:
        head = [f"row {row} of {rows}: `{target}` is {label}, with probability {value}"]
    else:
        head = [f"row {row} of {rows}: `{target}` is {value}"]
    if found.parts.answers[0] == what:
        head += [f"if nothing were known it would be {base}; each column's part in the difference:"]
    else:
        head += [
            f"if nothing were known that would be {base}, which is nearly the same; each column's",
            f"part in the difference of their logarithms, {found.parts.answers[0]}:",
        ]
    lines = [head[0], "", *head[1:], *_parts(found)]
    if found.moves:
        lines += ["", "where one column alone is changed, as far as it occurs in the data:"]
        lines += _moves(found)
    if found.nearest is not None:
        lines += ["", "for another answer:", *_indented(str(found.nearest))]
    if found.importances is not None:
        lines += ["", "what the model goes by on all of the data:"]
        lines += _indented(str(found.importances))
    if found.moved is not None:
        lines += ["", "which rows of the training it goes back to:", *_indented(str(found.moved))]
    return lines


def _parts(found: _Found) -> list[str]:
    from jangrad.explain.wording import aligned, bar, cut, rest, short, signed

    parts, cells = found.parts.parts[0].tolist(), found.parts.cells(0)
    without = (found.lost.values[0] - found.lost.parts[0]).tolist()
    order = sorted(range(len(parts)), key=lambda j: -abs(parts[j]))
    most = max(map(abs, parts))
    table = [["column", "is", "part", "", "if not known"]]
    for j in order[:_SHOWN]:
        name, cell = cut(found.parts.columns[j]), cut(cells[j])
        table.append([name, cell, signed(parts[j]), bar(parts[j], most), short(without[j])])
    return [
        *aligned(table, right=(2, 4)),
        *rest(len(parts) - _SHOWN, "column"),
        f"  together {signed(sum(parts))}",
    ]


def _moves(found: _Found) -> list[str]:
    from jangrad.explain.wording import aligned, cut, rest, short

    table = []
    moves = _by_reach(found.moves)
    for one in moves[:_SHOWN]:
        low = min(one.rows, key=lambda point: point.mean)
        high = max(one.rows, key=lambda point: point.mean)
        ends = [short(low.mean), f"at {cut(low.value)}", "to", short(high.mean)]
        table.append([cut(one.column), *ends, f"at {cut(high.value)}"])
    return [*aligned(table, right=(1, 4)), *rest(len(moves) - _SHOWN, "column")]


def _by_reach(moves: list[Dependence]) -> list[Dependence]:
    """Those that move the answer most first."""

    def reach(one: Dependence) -> float:
        means = [point.mean for point in one.rows]
        return max(means) - min(means)

    return sorted(moves, key=lambda one: -reach(one))


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.splitlines()]


def _content(found: _Found, row: int) -> dict[str, Any]:
    parts, lost, (value, base) = found.parts, found.lost, found.answer
    without = (lost.values[0] - lost.parts[0]).tolist()
    content: dict[str, Any] = {
        "row": row,
        "answer": lost.answers[0].replace("`", ""),
        "value": value,
        "baseline": base,
        "parts_of": parts.answers[0].replace("`", ""),
        "parts": [
            {"column": each.column, "value": each.value, "part": each.part, "if_not_known": x}
            for each, x in zip(parts.rows, without, strict=True)
        ],
        "alone": [
            {
                "column": one.column,
                "values": [{"value": point.value, "answer": point.mean} for point in one.rows],
            }
            for one in found.moves
        ],
        "nearest": None,
        "importance": None,
    }
    if found.nearest is not None:
        near = found.nearest
        content["nearest"] = {
            "found": bool(near),
            "answer": near.after.replace("`", ""),
            "distance": near.distance if near else None,
            "changes": [change._asdict() for change in near.rows],
        }
    if found.importances is not None:
        content["importance"] = {
            "measure": found.importances.measure,
            "error": found.importances.error,
            "columns": [one._asdict() for one in found.importances.rows],
        }
    if found.moved is not None:
        content["training"] = _content_of_rows(found.moved)
    return content


def _content_of_rows(moved: Influences) -> dict[str, Any]:
    return {
        "answer": moved.of.replace("`", ""),
        "begin": moved.begin,
        "end": moved.end,
        "steps": moved.steps,
        "rows": [{"place": one.place, "moved": one.moved} for one in moved.rows],
    }


# -- as a picture --------------------------------------------------------------------------


def _draw(found: _Found, table: Table, row: int, out: str, force: bool) -> None:
    """The parts as bars; below them how the answer moves with the columns that move it most, and
    which rows of the training have moved it."""
    os.environ["MPLBACKEND"] = "agg"  # one that opens windows is not needed, nor need it exist
    import matplotlib.pyplot as plt
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from jangrad.explain.explanation_plots import draw_dependence

    moves = _by_reach(found.moves)[:_DRAWN]
    heights = [0.34 * min(len(found.parts.columns), _SHOWN) + 1.1]
    heights += [3.0] if moves else []
    heights += [] if found.moved is None else [0.34 * min(len(found.moved.rows), _SHOWN) + 1.1]
    figure = plt.figure(
        figsize=(9.0 if moves else 7.0, sum(heights)), layout=ConstrainedLayoutEngine(h_pad=0.1)
    )
    places = figure.add_gridspec(len(heights), max(1, len(moves)), height_ratios=heights)
    found.parts.plot(ax=figure.add_subplot(places[0, :]))
    if found.moved is not None:
        found.moved.plot(ax=figure.add_subplot(places[-1, :]))
    first = None
    for i, one in enumerate(moves):
        ax = figure.add_subplot(places[1, i], sharey=first)
        first = first or ax
        draw_dependence(one, ax, at=_at(one, found, table, row))
        ax.set_title("" if i else ax.get_title("left"), loc="left", fontsize=10)
    save_figure(figure, out, force=force)


def _draw_alone(moved: Influences, out: str, force: bool) -> None:
    os.environ["MPLBACKEND"] = "agg"
    import matplotlib.pyplot as plt

    height = 0.34 * min(len(moved.rows), _SHOWN) + 1.1
    figure, ax = plt.subplots(figsize=(7.0, height), layout="constrained")
    moved.plot(ax=ax)
    save_figure(figure, out, force=force)


def _at(one: Dependence, found: _Found, table: Table, row: int) -> float | None:
    """Where the row is among the values of a column; None where its text is not known."""
    if one.kind == "text":
        cell = found.parts.cells(0)[found.parts.columns.index(one.column)]
        return next((point.number for point in one.rows if point.value == cell), None)
    name = one.column if one.kind == "number" else f"{one.column}: elapsed days"
    return table.X[row][table.inputs.index(name)]
