"""The live bar on stderr."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

_SECONDS_BETWEEN_UPDATES = 0.1
_WIDE = 130  # columns of a terminal, in which the longest words have room
_WORDS = 72  # columns that the shortest take beside the bar
_SHORT = {"loss": "held out", "accuracy": "right"}


class Bar:
    """A bar with the loss beside it, for `with`; silent when `shown` is False.

    Args:
        steps: how many there are to be.
        shown: whether it is drawn.
    """

    def __init__(self, steps: int, shown: bool) -> None:
        self._live: Any = None
        self._due = 0.0
        if not shown:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Left

        console = Console(stderr=True)
        #: Whether there is no room for whole words, as in 80 columns.
        self._narrow = console.width < _WIDE
        self._live = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(4, min(30, console.width - _WORDS))),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            Left(compact=True, elapsed_when_finished=True),
            console=console,
        )
        self._task = self._live.add_task("training", total=steps, figures="")

    def __enter__(self) -> Bar:
        self._draw("start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._draw("stop")

    def _draw(self, how: str, *given: Any, **named: Any) -> None:
        """Draw it, until the terminal is gone: what is learned counts for more than a bar."""
        try:
            if self._live is not None:
                getattr(self._live, how)(*given, **named)
        except (OSError, ValueError):  # it is full, or closed
            self._live = None

    def show(
        self, done: int, loss: float, validation: dict[str, float], *, native: bool, last: bool
    ) -> None:
        """So many steps are done; drawn at most ten times a second, and at the last.

        Args:
            done: how many.
            loss: of the newest.
            validation: the newest figures.
            native: whether machine code makes the steps, which it says.
            last: whether it is the last.
        """
        if self._live is None:
            return
        now = time.monotonic()
        if now < self._due and not last:
            return
        self._due = now + _SECONDS_BETWEEN_UPDATES
        names = _SHORT if self._narrow else {}
        told = {"loss": loss} | {names.get(k, f"validation {k}"): x for k, x in validation.items()}
        digits = 3 if self._narrow else 4
        figures = " ".join(f"{name} {x:.{digits}g}" for name, x in told.items())
        what = "training (native)" if native else "training"
        if self._narrow:
            what = "native" if native else "training"
        self._draw("update", self._task, completed=done, figures=figures, description=what)


def wanted(progress: bool | None) -> bool:
    """Whether to draw: as asked for, else only where a person is looking."""
    if progress is None:
        try:
            return sys.stderr.isatty()
        except (AttributeError, OSError, ValueError):  # it is none, a writer of a log, or closed
            return False
    return progress
