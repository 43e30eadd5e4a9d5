"""The pictures that commands write: where they may go, and loss curves as bytes."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jangrad.errors import ConfigError
from jangrad.files import Kind, check_place, write_at_once

if TYPE_CHECKING:
    from jangrad.show.plots import Curves

#: By the ending of a name, what an older file there has to be.
KINDS = {
    ".png": Kind("a PNG picture", lambda head: head.startswith(b"\x89PNG")),
    ".svg": Kind("an SVG picture", lambda head: b"<svg" in head),
    ".pdf": Kind("a PDF picture", lambda head: head.startswith(b"%PDF")),
}


def check_picture(path: str | Path, *, force: bool = False) -> None:
    """That a picture can be written there, asked before it is computed.

    Raises:
        ConfigError: when the ending says no format.
        SaveError: when it cannot be written, or would replace another kind of file.
    """
    kind = KINDS.get(Path(path).suffix.lower())
    if kind is None:
        raise ConfigError(
            f"`{path}` ends in {Path(path).suffix or 'nothing'!r}, which says no format",
            where="",
            try_="a name that ends in .png, .svg or .pdf",
        )
    check_place(path, None if force else kind)


def draw_losses(
    runs: Curves | Mapping[str, Curves], path: str | Path, *, force: bool = False
) -> None:
    """Draw the loss curves of one run, or of several by name, into a file.

    Raises:
        DataError: when there is no finite loss.
        SaveError: when the file cannot be written.
    """
    os.environ["MPLBACKEND"] = "agg"  # one that opens windows is not needed, nor need it exist
    import matplotlib.pyplot as plt

    from jangrad.show import plot_history

    figure, axes = plt.subplots(figsize=(7.0, 4.2), layout="constrained")
    plot_history(runs, axes)
    save_figure(figure, path, force=force)


def save_figure(figure: Any, path: str | Path, *, force: bool = False) -> None:
    """Write a figure of matplotlib's in the format that the ending of the path says.

    Raises:
        SaveError: when the file cannot be written.
    """
    drawn: Any = io.BytesIO()
    ending = Path(path).suffix.lower()
    figure.savefig(drawn, format=ending[1:], dpi=150, bbox_inches="tight")
    write_at_once(path, drawn.getvalue(), None if force else KINDS[ending])
