"""For `net.play` and `jangrad play`: a user's rows and network as a page, written and opened."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from jangrad.errors import ConfigError, DataError, SaveError, ShapeError, did_you_mean
from jangrad.files import Kind, path_of, write_at_once
from jangrad.nn.mlp import MLP
from jangrad.play.own_network import own_network
from jangrad.play.playground import playground_page
from jangrad.train.resolve import outputs_of
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
#: What a network of one's own leaves no choice of, and what a script could not build.
_OF_LAYERS = {"layers", "activation", "seed", "python"}
#: Rows, all of which are measured many times a second.
MOST = 1000
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
    if len(rows) > MOST:
        raise ConfigError(
            f"a page takes at most {MOST:,} rows, not {len(rows):,}",
            why="it measures all of them many times a second",
            try_=f"X[:{MOST}], y[:{MOST}]",
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
    held: int = 25,
) -> str:
    """The page with a user's rows and network, or with built-in ones.

    Args:
        rows: what it begins with; None for built-in sets alone.
        net: an MLP that it begins with; or any module, whose layers stay as they are.
        title: of the page.
        text: a task, in paragraphs, that stands above.
        show: the controls that are there, of `PARTS`; all of them when left out.
        held: what percentage of the rows, the last ones, is held out at first.

    Raises:
        ConfigError: when a part does not exist, or a network of one's own comes without rows.
        Untraceable: when a network of one's own reads a number, as `jit` says.
        ShapeError: when rows and network do not fit.
    """
    parts = PARTS if show is None else list(show)
    for part in parts:
        if part not in PARTS:
            raise ConfigError(
                f"a playground has no part `{part}`", try_=did_you_mean(str(part), PARTS)
            )
    given: dict[str, Any] = {"own": None, "state": {"held": held}, "start": None}
    left_out, code, outputs = {*PARTS} - {*parts}, "null", 0
    if net is not None and not _is_taken_apart(net):
        if rows is None:
            raise ConfigError(
                f"{net!r:.60} is no network of layers, and there are no rows for it",
                why="a page shows it on the rows that it is for",
                try_="net.play(X, y); or X and y in the script",
            )
        code, outputs = own_network(net, len(rows.X[0]))
        left_out |= _OF_LAYERS
    elif net is not None:
        given["state"] |= _state_of(net, rows)
        given["start"] = [p.data for p in net.parameters()]
        outputs = given["state"].pop("outputs")
    if rows is not None:
        given["own"] = {**rows._asdict(), "outputs": outputs}
        given["state"] |= {"set": "own"}
    return playground_page(given, title, text, [part for part in PARTS if part in left_out], code)


def _state_of(net: Any, rows: PageRows | None) -> dict[str, Any]:
    """The layers of a network, as the page describes them."""
    found = [(len(layer.neurons), layer.activation, layer.n_inputs) for layer in net.layers]
    inputs = found[0][2]
    if rows is not None and len(rows.X[0]) != inputs:
        raise ShapeError(f"a row has {len(rows.X[0])} numbers, but the network takes {inputs}")
    seed = getattr(net, "seed", None)
    raw = found[-1][1] == "linear"
    return {
        "outputs": found[-1][0],
        "loss": "binary_cross_entropy" if raw else "squared_error",
        "layers": [{"units": units, "activation": name} for units, name, _ in found[:-1]],
        "output": found[-1][1],
        "seed": seed if isinstance(seed, int) and seed < 2**32 else 0,
    }


def write_page(path: str | os.PathLike[str], page: str, *, force: bool = False) -> Path:
    """Write a page, which replaces a page only.

    Raises:
        SaveError: when it cannot be written there.
    """
    place = path_of(path, SaveError, 'net.play(X, y, "playground.html")')
    write_at_once(place, page.encode(), None if force else PAGE)
    return Path(place)


def rows_for(net: Module, X: Any, y: Any, names: Sequence[str] | None = None) -> PageRows:
    """`rows_of`, for a network that is there, which says how many outputs it has.

    Raises:
        DataError, ShapeError, ConfigError: as of `rows_of`, or where a row does not fit it.
    """
    first = read_data(X, y)[0][0]
    return rows_of(X, y, names, outputs=len(outputs_of(net, first)))


def _is_taken_apart(net: Any) -> bool:
    """Whether the page can build the network anew: an MLP whose layers are as they were made."""
    if not isinstance(net, MLP) or type(net).__call__ is not MLP.__call__:
        return False
    layers = [(layer.n_inputs, len(layer.neurons)) for layer in net.layers]
    named = all(isinstance(layer.activation, str) for layer in net.layers)
    return named and layers == list(pairwise([net.n_inputs, *net.widths]))


def opened(place: Path) -> None:
    """Open a page in the user's browser, where there is one."""
    import webbrowser

    webbrowser.open(place.resolve().as_uri())
