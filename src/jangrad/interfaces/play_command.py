"""`jangrad play`: a page in which a network learns, from a table, a script, or built-in sets."""

from __future__ import annotations

import os
import random
import runpy
from typing import Any

from jangrad.errors import ConfigError
from jangrad.interfaces.terminal import say


def play(
    subject: str | None, target: str | None, out: str, force: bool, closed: bool, **reading: Any
) -> int:
    """Write the page and open it.

    Args:
        subject: a table, `script.py:net`, or None for the built-in sets.
        target: the column of a table that is predicted.
        out, force: where the page is written, and whether it may replace any file.
        closed: whether it is not opened.
        reading: how a table is read, as `jangrad.datasets.reading.Reading` has it.
    """
    from jangrad.play.opening import opened, page_of, write_page

    if subject is None:
        page = page_of()
    elif ".py" in subject:
        page = _of_script(subject)
    else:
        page = _of_table(subject, target, reading)
    place = write_page(out, page, force=force)
    say(f"wrote {place}")
    if not closed:
        opened(place)
    return 0


def _of_table(path: str, target: str | None, reading: dict[str, Any]) -> str:
    from jangrad.datasets import read_csv
    from jangrad.play.opening import MOST, page_of, rows_of, scaled

    table = read_csv(path, target, **reading)
    for note in table.notes:
        say(note, err=True)
    # Tables are often sorted, and the last rows of a page are held out.
    order = random.Random(0).sample(range(len(table.X)), len(table.X))[:MOST]
    if len(order) < len(table.X):
        say(f"{MOST:,} of {len(table.X):,} rows, drawn by chance", err=True)
    X, y = [table.X[i] for i in order], [table.y[i] for i in order]
    rows = scaled(rows_of(X, y, table.inputs, table.classes))
    say("columns are scaled to mean 0 and standard deviation 1", err=True)
    return page_of(rows, title=f"{os.path.basename(path)}: {table.target}")


def _of_script(subject: str) -> str:
    from jangrad.play.opening import page_of, rows_for
    from jangrad.train.resolve import checked_network

    path, _, name = subject.rpartition(":")
    if not path.endswith(".py"):
        raise ConfigError(
            f"`{subject}` names no network in its script",
            where="",
            try_=f"{subject.removesuffix(':')}:net, where the script has a variable `net`",
        )
    if not os.path.exists(path):
        raise ConfigError(f"there is no script `{path}`", where="")
    found = runpy.run_path(path)
    if name not in found:
        raise ConfigError(f"`{path}` has no variable `{name}`", where="", try_="its network's name")
    net, rows = found[name], None
    checked_network(net)
    if "X" in found and "y" in found:
        rows = rows_for(net, found["X"], found["y"])
    return page_of(rows, net, title=os.path.basename(path))
