"""`net.play` and `jangrad play`: a user's rows and network as a page, written and opened."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.errors import ConfigError, DataError, SaveError, ShapeError, did_you_mean
from jangrad.files import Kind, path_of, write_at_once
from jangrad.play.playground import playground_page
from jangrad.train.rows import read_data

if TYPE_CHECKING:
    from jangrad.nn.module import Module

#: The parts of a page that a teacher may leave out.
PARTS = (
    *("data", "layers", "activation", "rate", "optimizer", "loss", "batch", "penalty", "seed"),
    *("speed", "rates", "python", "museum"),
)
#: A file that may be replaced by a page.
PAGE = Kind("a page of HTML", lambda head: head.lstrip()[:9].lower() == b"<!doctype")
_MOST = 1000  # rows, all of which are measured many times a second
_CLASSES = 6  # so many have a colour and a mark


class PageRows(NamedTuple):
    """PageRows to learn from, as the page takes them.

    Attributes:
        X, y: inputs and targets: -1 and 1, or numbers of classes, or amounts.
        kind: which of them: "two", "classes" or "amounts".
        names: of the inputs.
        classes: what two or more classes are called, or None.
    """

    X: list[list[float]]
    y: list[float]
    kind: str
    names: list[str]
    classes: list[str] | None


def rows_of(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    outputs: int = 0,
) -> PageRows:
    """PageRows and targets, and what kind of targets they are.

    Args:
        X, y: as for `fit`, one target a row.
        names: of the inputs; x1, x2, ... when left out.
        classes: what the classes 0, 1, ... are called, where targets are such.
        outputs: of a network that has that many; 0 for one that follows from the targets.

    Raises:
        DataError, ShapeError: as of `fit`, or where a row has more than one target.
        ConfigError: when there are too many rows for a page.

    >>> found = rows_of([[0.0, 1.0], [1.0, 0.0]], [0, 1])
    >>> found.kind, found.y, found.names
    ('two', [-1.0, 1.0], ['x1', 'x2'])
    """
    rows, targets = read_data(X, y)
    if len(rows) > _MOST:
        raise ConfigError(
            f"a page takes at most {_MOST:,} rows, not {len(rows):,}",
            why="it measures all of them many times a second",
            try_=f"X[:{_MOST}], y[:{_MOST}]",
        )
    single = [t[0] if isinstance(t, list) and len(t) == 1 else t for t in targets]
    if isinstance(single[0], list):
        raise ShapeError(
            f"`y[0]` has {len(single[0])} numbers, but the playground draws one target a row",
            try_="the number of the class, or one of the numbers",
        )
    kind = _kind_of(single, outputs, classes)
    if kind == "two":
        single = [1.0 if t > 0 else -1.0 for t in single]
    called = [f"x{i + 1}" for i in range(len(rows[0]))] if names is None else list(names)
    return PageRows(list(rows), single, kind, called, list(classes) if classes else None)


def _kind_of(y: Sequence[float], outputs: int, classes: Sequence[str] | None) -> str:
    if outputs <= 1 and ({*y} <= {-1.0, 1.0} or {*y} <= {0.0, 1.0}):
        return "two"
    counts = all(t >= 0 and t.is_integer() for t in y)
    k = max(outputs, len(classes or ()), 1 + int(max(y)) if counts else 0)
    if outputs > 1 or classes or (outputs == 0 and counts and 2 < k <= _CLASSES):
        if not counts or k > _CLASSES:
            wrong = next((t for t in y if t < 0 or not t.is_integer() or t >= k), max(y))
            raise DataError(
                f"a target is {wrong:g}, but the playground draws classes from 0 to {_CLASSES - 1}",
                why=f"the network has {outputs} outputs, one a class" if outputs > 1 else "",
                try_="numbers of classes as targets; a network with one output for amounts",
            )
        return "classes"
    return "amounts"


def scaled(rows: PageRows) -> PageRows:
    """The same with inputs, and amounts, of mean 0 and standard deviation 1.

    >>> scaled(rows_of([[1.0], [3.0]], [10.0, 30.0])).X
    [[-1.0], [1.0]]
    """
    columns = [_scaled(column) for column in zip(*rows.X, strict=True)]
    y = _scaled(rows.y) if rows.kind == "amounts" else rows.y
    return rows._replace(X=[list(row) for row in zip(*columns, strict=True)], y=y)


def _scaled(column: Sequence[float]) -> list[float]:
    mean = math.fsum(column) / len(column)
    size = math.sqrt(math.fsum((x - mean) ** 2 for x in column) / len(column)) or 1.0
    return [round((x - mean) / size, 6) for x in column]


def page_of(
    rows: PageRows | None = None,
    net: Module | None = None,
    *,
    title: str = "Playground",
    text: str = "",
    show: Sequence[str] | None = None,
) -> str:
    """The page with a user's rows and network, or with built-in ones.

    Args:
        rows: what it begins with; None for built-in sets alone.
        net: an MLP that it begins with.
        title: of the page.
        text: a task, in paragraphs, that stands above.
        show: the controls that are there, of `PARTS`; all of them when left out.

    Raises:
        ConfigError: when a part does not exist, or the network is none of layers of neurons.
        ShapeError: when rows and network do not fit.
    """
    parts = PARTS if show is None else list(show)
    for part in parts:
        if part not in PARTS:
            raise ConfigError(
                f"a playground has no part `{part}`", try_=did_you_mean(str(part), PARTS)
            )
    given: dict[str, Any] = {"own": None, "state": {}, "start": None}
    if rows is not None:
        given["own"] = {**rows._asdict(), "outputs": outputs_of(net)}
        given["state"] |= {"set": "own"}
    if net is not None:
        given["state"] |= _state_of(net, rows)
        given["start"] = [p.data for p in net.parameters()]
    return playground_page(given, title, text, [part for part in PARTS if part not in parts])


def _state_of(net: Any, rows: PageRows | None) -> dict[str, Any]:
    """The layers of a network, as the page describes them."""
    layers: Any = getattr(net, "layers", None)
    try:
        found = [(len(layer.neurons), layer.activation, layer.n_inputs) for layer in layers]
    except (AttributeError, TypeError):
        found = []
    if not found or any(not isinstance(name, str) for _, name, _ in found):
        raise ConfigError(
            f"the playground shows layers of neurons, and {net!r:.60} is none of them"
            if not found
            else "an activation of the network is a function of your own",
            why="in the page layers are put together of the table's operations",
            try_="an MLP; jangrad.operation gives an activation of your own a name",
        )
    inputs = found[0][2]
    if rows is not None and len(rows.X[0]) != inputs:
        raise ShapeError(f"a row has {len(rows.X[0])} numbers, but the network takes {inputs}")
    seed = getattr(net, "seed", None)
    raw = found[-1][1] == "linear"
    return {
        "loss": "binary_cross_entropy" if raw else "squared_error",
        "layers": [{"units": units, "activation": name} for units, name, _ in found[:-1]],
        "output": found[-1][1],
        "seed": seed if isinstance(seed, int) else 0,
    }


def write_page(path: str | os.PathLike[str], page: str, *, force: bool = False) -> Path:
    """Write a page, which replaces a page only.

    Raises:
        SaveError: when it cannot be written there.
    """
    place = path_of(path, SaveError, 'net.play(X, y, "playground.html")')
    write_at_once(place, page.encode(), None if force else PAGE)
    return Path(place)


def play(
    net: Module,
    X: Any,
    y: Any,
    path: str | os.PathLike[str] = "playground.html",
    *,
    names: Sequence[str] | None = None,
    title: str = "Playground",
    text: str = "",
    show: Sequence[str] | None = None,
    open_page: bool = True,
) -> Path:
    """Write a page in which the network learns from the rows, and open it; see `Module.play`."""
    rows = rows_of(X, y, names, outputs=outputs_of(net))
    place = write_page(path, page_of(rows, net, title=title, text=text, show=show))
    if open_page:
        opened(place)
    return place


def outputs_of(net: Any) -> int:
    """How many outputs a network of layers has, 0 where it is none."""
    layers = getattr(net, "layers", None) or [net]
    return len(getattr(layers[-1], "neurons", ()))


def opened(place: Path) -> None:
    """Open a page in the user's browser, where there is one."""
    import webbrowser

    webbrowser.open(place.resolve().as_uri())
